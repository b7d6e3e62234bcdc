# shellcheck shell=bash
# For scripts about what is mounted: ends the script as skipped, or as failed when ZI_REQUIRE lists "fuse", unless FUSE is usable.
fuse_missing() {
	if [[ ",${ZI_REQUIRE:-}," == *,fuse,* ]]; then
		echo "ZI_REQUIRE lists fuse: $1"
		exit 1
	fi
	echo "skipped: $1"
	exit 77
}
require_fuse() {
	[ -c /dev/fuse ] || fuse_missing "there is no /dev/fuse"
	{ [ -r /dev/fuse ] && [ -w /dev/fuse ]; } || fuse_missing "/dev/fuse may not be opened by this user"
	command -v fusermount3 >/dev/null || fuse_missing "there is no fusermount3"
	[ -e "$ZI_BUILD/lib/libzirconia-fs.so" ] || fuse_missing "built without libfuse3"
}

is_mounted() {
	grep -qF " $1 " /proc/self/mountinfo
}

# wait_mounted <directory> <yes|no>: within ten seconds.
wait_mounted() {
	local i
	for ((i = 0; i < 1000; i++)); do
		if is_mounted "$1"; then
			[ "$2" = no ] || return 0
		else
			[ "$2" = yes ] || return 0
		fi
		sleep 0.01
	done
	echo "FAILED: $1 mounted: not $2"
	return 1
}
