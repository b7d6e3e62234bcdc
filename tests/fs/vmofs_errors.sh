#!/usr/bin/env bash
# How vmofs ends when it cannot begin: one message, and the exit code of the man page; and what is left of a server that was
# killed.
# zi-test: serial timeout=60
set -euo pipefail
# shellcheck source=tests/support/fuse.bash
. "$ZI_SOURCE/tests/support/fuse.bash"
require_fuse

# expect <exit code> <part of the message> <argument>...
expect() {
	local code=$1 text=$2 got=0
	shift 2
	"$vmofs" "$@" >"$work/out" 2>&1 || got=$?
	[ "$got" -eq "$code" ] || fail "vmofs $*: exit code $got, not $code: $(cat "$work/out")"
	grep -qF -- "$text" "$work/out" || fail "vmofs $*: \"$(cat "$work/out")\" does not say \"$text\""
	! mountpoint -q "$mnt" || [ "$code" -eq 5 ] || fail "vmofs $*: mounted"
}

expect 0 "readahead=N" --help
expect 0 "vmofs " --version
expect 2 "a mount point" "$lower"
expect 2 "too much" "$lower" "$mnt" "$plain"
expect 2 "pages=many" --pages=many "$lower" "$mnt"
expect 2 "pages=1" -o pages=1 "$lower" "$mnt"
expect 2 "readahead=-1" -o readahead=-1 "$lower" "$mnt"
expect 2 "writeback=soon" --writeback=soon "$lower" "$mnt"
expect 2 "close=maybe" -o close=maybe "$lower" "$mnt"
expect 2 "unknown option" -o nonsense "$lower" "$mnt"
expect 2 "unknown option" --nonsense "$lower" "$mnt"
expect 3 "No such file" "$work/none" "$mnt"
touch "$work/file"
expect 3 "not a folder" "$work/file" "$mnt"
expect 4 "No such file" "$lower" "$work/none"
expect 4 "not a folder" "$lower" "$work/file"
mkdir "$lower/inside"
expect 4 "lies inside" "$lower" "$lower/inside"
rmdir "$lower/inside"

start
expect 5 "busy" "$lower" "$mnt"
echo there >"$mnt/file"
expect 5 "busy" "$plain" "$mnt/../mnt/"
[ "$(cat "$mnt/file")" = there ] || fail "the first one does not answer any more"

# Killed: the mount point is stale, and the next one takes it away and says so.
kill -9 "$pid"
gone "$pid" || fail "it cannot be killed"
! ls "$mnt" >/dev/null 2>&1 || fail "not stale"
"$vmofs" "$lower" "$mnt" 2>"$work/out" || fail "a stale mount point: $(cat "$work/out")"
grep -q "whose server was gone" "$work/out" || fail "a stale mount point: \"$(cat "$work/out")\""
pid=$(server)
[ "$(cat "$mnt/file")" = there ] || fail "after the stale one"
[ "$(grep -c " $mnt " /proc/self/mountinfo)" -eq 1 ] || fail "the stale mount is still there"

# SIGTERM saves what the kernel has, too, of a file that is open.
exec 7>"$mnt/open"
echo "not closed" >&7
kill "$pid"
gone "$pid" || fail "SIGTERM does not end it"
exec 7>&- || true
[ "$(cat "$lower/open")" = "not closed" ] || fail "SIGTERM lost what was written"
! mountpoint -q "$mnt" || fail "SIGTERM leaves it mounted"

# In the foreground the exit code is that of the end.
"$vmofs" -f "$lower" "$mnt" 2>"$work/out" &
job=$!
for ((i = 0; i < 100; i++)); do
	! mountpoint -q "$mnt" || break
	sleep 0.05
done
pid=$job
unmount
wait $job || fail "in the foreground: exit code $?, $(cat "$work/out")"

# An ordinary user may not where the device or the mount point is not the user's.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	as_nobody="setpriv --reuid=nobody --regid=nogroup --clear-groups"
	chmod 755 "$work"
	if $as_nobody test -x "$vmofs" -a -r "$ZI_BUILD/lib/libzirconia.so" 2>/dev/null; then
		got=0
		$as_nobody "$vmofs" "$lower" "$mnt" >"$work/out" 2>&1 || got=$?
		[ "$got" -eq 7 ] || fail "as nobody: exit code $got, not 7: $(cat "$work/out")"
		grep -qi "permi" "$work/out" || fail "as nobody: $(cat "$work/out")"
	fi
fi

# A system without the device.
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	got=0
	unshare -m sh -c "mount -t tmpfs none /dev && exec '$vmofs' '$lower' '$mnt'" >"$work/out" 2>&1 || got=$?
	[ "$got" -eq 6 ] || fail "without /dev/fuse: exit code $got, not 6: $(cat "$work/out")"
	grep -q "no FUSE" "$work/out" || fail "without /dev/fuse: $(cat "$work/out")"
fi

# A disk that is full: the write-back fails, fsync says so, and what has room again is saved.
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=1m none "$lower" 2>/dev/null; then
	start -o kernel_cache=off
	got=0
	dd if=/dev/zero of="$mnt/large" bs=64k count=40 conv=fsync 2>"$work/out" || got=$?
	grep -qi "no space" "$work/out" || { umount -l "$lower"; fail "a full disk: $got, $(cat "$work/out")"; }
	rm "$mnt/large"
	echo fits >"$mnt/small"
	# The room comes back when the kernel has forgotten what was removed.
	for ((i = 0; i < 100; i++)); do
		! sync "$mnt/small" 2>/dev/null || break
		sleep 0.05
	done
	sync "$mnt/small"
	stop
	text=$(cat "$lower/small")
	umount "$lower"
	[ "$text" = fits ] || fail "after the disk was full: $text"
fi
