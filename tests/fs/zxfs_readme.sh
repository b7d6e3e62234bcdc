#!/usr/bin/env bash
# zi-test: serial
# The transcript in the README: its commands, run in their order, print what stands there. Addresses, handles, dates and the
# host's name differ from run to run; of `watch` the last picture is compared, in which more may have happened.
set -euo pipefail
# shellcheck source=tests/support/zxfs.bash
. "$ZI_SOURCE/tests/support/zxfs.bash"
transcript=$(sed -n '/<!-- zxfs:begin/,/<!-- zxfs:end/p' "$ZI_SOURCE/README.md" | sed '/^<!--/d; /^```/d')
[ "$(grep -c '^\$ ' <<<"$transcript")" -ge 8 ] || { echo "FAILED: the transcript was not found"; exit 1; }
require_fuse
work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-readme.XXXXXX")
pid=
# shellcheck disable=SC2317 # the trap calls it
clean() {
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
	wait_mounted "$work/objects" no
	rm -rf "$work"
}
trap clean EXIT
cp "$ZI_BUILD/tests/examples/97_look_inside" "$work/"
cd "$work"
PATH=$ZI_BUILD/bin:$PATH

# What differs between runs becomes equal.
plain() {
	sed -E 's/0x[0-9a-f]{9,16}/ADDRESS/g; s/0x[0-9a-f]{8} /HANDLE /; s/[ \t]+$//'
}

status=0
check() {
	local command=$1 want=$2 got
	case "$command" in
	mkdir*) mkdir objects; return ;;
	*\&)
		# Its messages may not end up in a later command's output.
		eval "exec ${command% &}" >/dev/null 2>&1 &
		pid=$!
		disown
		wait_mounted "$work/objects" yes
		# The tree is there with the first object; the last one to be made is a little later.
		for ((i = 0; i < 500; i++)); do
			! grep -q '"ticks"' objects/handles || break
			sleep 0.01
		done
		return
		;;
	watch*)
		command -v watch >/dev/null || return 0
		# Among all that moves the cursor is the text of the last line.
		got=$(TERM=xterm timeout 5 bash -c "$command" 2>/dev/null | tr '\r' '\n' || true)
		if ! grep -qF "$(tail -n 1 <<<"$want")" <<<"$got"; then
			echo "FAILED: \$ $command"
			echo "$got"
			status=1
		fi
		return
		;;
	esac
	got=$(eval "$command" 2>&1) || { echo "FAILED: \$ $command: status $?"; status=1; }
	if ! diff <(plain <<<"$want") <(plain <<<"$got"); then
		echo "FAILED: \$ $command"
		status=1
	fi
}

command='' want=''
while IFS= read -r line; do
	if [[ $line == '$ '* ]]; then
		[ -z "$command" ] || check "$command" "${want%$'\n'}"
		command=${line#'$ '}
		want=''
	else
		want+=$line$'\n'
	fi
done <<<"$transcript"
check "$command" "${want%$'\n'}"
exit $status
