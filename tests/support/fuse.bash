# shellcheck shell=bash disable=SC2034 # who sources this uses them
# For the tests in tests/fs that mount vmofs. Sets $work, with the folders lower, plain and mnt in it, and $vmofs; all is
# taken away at the end, whatever mounts are left.

vmofs=$ZI_BUILD/bin/vmofs
programs=$ZI_BUILD/tests/fs

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# Where something is missing the test is skipped, or fails if ZI_REQUIRE lists it.
missing() {
	if [[ ",${ZI_REQUIRE:-}," == *",$1,"* ]]; then
		fail "$1 is required: $2"
	fi
	echo "skipped: $2"
	exit 77
}

require_fuse() {
	[ -x "$vmofs" ] || missing fuse "vmofs is not built: libfuse 3 (libfuse3-dev) is not installed"
	[ -e /dev/fuse ] || missing fuse "there is no /dev/fuse"
	(: <>/dev/fuse) 2>/dev/null || missing fuse "/dev/fuse cannot be opened by $(id -un)"
	if [ "$(id -u)" -ne 0 ] && ! command -v fusermount3 >/dev/null; then
		missing fuse "there is no fusermount3 (package fuse3)"
	fi
	work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-vmofs.XXXXXX")
	lower=$work/lower plain=$work/plain mnt=$work/mnt
	mkdir "$lower" "$plain" "$mnt"
	pid=
	trap clean_up EXIT
	# A sandbox may have the device and still not let anybody mount: exit code 7.
	local code=0
	"$vmofs" "$lower" "$mnt" 2>"$work/probe" || code=$?
	case $code in
	0) ;;
	7) missing fuse "nothing can be mounted here: $(tr '\n' ' ' <"$work/probe")" ;;
	*) fail "vmofs does not start: exit code $code, $(cat "$work/probe")" ;;
	esac
	pid=$(server)
	stop
}

# The process that serves the mount point.
server() {
	local p
	for p in $(pgrep -x vmofs); do
		# It may have ended meanwhile.
		if { tr '\0' '\n' <"/proc/$p/cmdline"; } 2>/dev/null | grep -qxF "$mnt"; then
			echo "$p"
			return
		fi
	done
}

# Whoever started it may not have asked for its end yet; its last thread has ended all the same.
gone() {
	local i tasks
	for ((i = 0; i < 600; i++)); do
		tasks=("/proc/$1/task"/*)
		if [ ! -d "${tasks[0]}" ] || { [ ${#tasks[@]} -eq 1 ] && grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null; }; then
			return 0
		fi
		sleep 0.05
	done
	return 1
}

# start [option...]: in the background.
start() {
	"$vmofs" "$@" "$lower" "$mnt" || fail "vmofs $* ends with $?"
	mountpoint -q "$mnt" || fail "vmofs $*: nothing is mounted"
	pid=$(server)
	[ -n "$pid" ] || fail "vmofs $*: no process"
}

unmount() {
	if [ "$(id -u)" -eq 0 ]; then
		umount "$@" "$mnt"
	elif [ "${1:-}" = -l ]; then
		fusermount3 -u -z "$mnt"
	else
		fusermount3 -u "$mnt"
	fi
}

# Ends it: everything is in $lower then.
stop() {
	local i
	for ((i = 0; i < 40; i++)); do
		unmount 2>"$work/umount" && break
		sleep 0.1
	done
	! mountpoint -q "$mnt" || fail "cannot unmount: $(cat "$work/umount")"
	gone "$pid" || fail "vmofs does not end"
	pid=
}

stat_of() {
	sed -n "s/^$1 //p" "$mnt/.vmofs-stats"
}

same_trees() {
	diff -r "$1" "$2" >"$work/diff" 2>&1 || fail "the folders differ: $(head -n 5 "$work/diff")"
}

clean_up() {
	local status=$?
	while mountpoint -q "$mnt" 2>/dev/null || ! stat "$mnt" >/dev/null 2>&1; do
		unmount -l 2>/dev/null || break
	done
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
	! mountpoint -q "$lower" || umount -l "$lower"
	rm -rf "$work"
	exit $status
}
