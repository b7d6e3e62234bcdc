#!/usr/bin/env bash
# zi-test: serial timeout=400
# The same as an ordinary user: mounting, looking, every end of the program. Root becomes the user nobody; where /dev/fuse is for root
# alone, in a mount namespace with one that is for all.
set -euo pipefail
# shellcheck source=tests/support/zxfs.bash
. "$ZI_SOURCE/tests/support/zxfs.bash"
require_fuse
programs=("$ZI_BUILD/tests/fs/zxfs_content" "$ZI_BUILD/tests/fs/zxfs_ends")
if [ "$(id -u)" -ne 0 ]; then
	echo "skipped: the tests of this folder run as this user already"
	exit 77
fi
as_nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
"${as_nobody[@]}" test -x "${programs[0]}" || { echo "skipped: the user nobody cannot reach $ZI_BUILD"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-user.XXXXXX")
trap 'rm -rf "$work"' EXIT
chown nobody:nogroup "$work"
run() {
	local program
	for program in "${programs[@]}"; do
		echo "== $(basename "$program")"
		"${as_nobody[@]}" env TMPDIR="$work" "$program"
	done
}
if "${as_nobody[@]}" bash -c '[ -r /dev/fuse ] && [ -w /dev/fuse ]'; then
	run
	exit
fi
mkdir "$work/dev"
chown root "$work/dev"
enter() {
	mount --make-rprivate / && mount -t tmpfs -o dev,mode=0755 tmpfs "$work/dev" &&
		mknod -m 0666 "$work/dev/fuse" c 10 229 && mount --bind "$work/dev/fuse" /dev/fuse
}
export -f enter run
export work programs_list="${programs[*]}"
if ! unshare -m bash -c enter 2>/dev/null; then
	echo "skipped: /dev/fuse is for root alone, and no mount namespace can be had"
	exit 77
fi
# shellcheck disable=SC2016 # for the inner shell
unshare -m bash -euc '
	read -ra programs <<<"$programs_list"
	as_nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	enter
	run'
