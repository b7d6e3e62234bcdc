#!/usr/bin/env bash
# When what was written goes to the folder below: not before there is a reason, and then with each of the reasons.
# zi-test: serial timeout=60
set -euo pipefail
# shellcheck source=tests/support/fuse.bash
. "$ZI_SOURCE/tests/support/fuse.bash"
require_fuse

below() {
	cat "$lower/$1" 2>/dev/null || true
}
# Within some seconds: a busy machine takes its time.
soon() {
	local i
	for ((i = 0; i < 100; i++)); do
		[ "$(below "$1")" != "$2" ] || return 0
		sleep 0.05
	done
	fail "$3: \"$(below "$1")\" below, not \"$2\""
}

# hold <name>: a file stays open; what is said to descriptor 5 is written to it and no descriptor of it closed. (The shell's own
# redirections close duplicates.)
hold() {
	rm -f "$work/pipe"
	mkfifo "$work/pipe"
	cat <"$work/pipe" >"$mnt/$1" 2>"$work/out" &
	holder=$!
	exec 5>"$work/pipe"
}
release() {
	exec 5>&-
	wait $holder || true
}
dirty() {
	local i
	for ((i = 0; i < 100; i++)); do
		[ "$(stat_of dirty_bytes)" != "$1" ] || return 0
		sleep 0.05
	done
	fail "$(stat_of dirty_bytes) bytes are dirty, not $1"
}

# Nothing but fsync, the close, and the end.
start -o kernel_cache=off,writeback=3600,close=wait
hold kept
echo kept >&5
dirty 5
[ "$(stat_of dirty_files)" = 1 ] || fail "dirty files: $(stat_of dirty_files)"
[ "$(below kept)" = "" ] || fail "written without a reason"
sync "$mnt/kept"
[ "$(below kept)" = kept ] || fail "fsync"
[ "$(stat_of dirty_files)" = 0 ] || fail "dirty after fsync"
echo more >&5
dirty 5
[ "$(below kept)" = kept ] || fail "written without a reason, after fsync"
release
[ "$(below kept)" = "$(printf 'kept\nmore')" ] || fail "close=wait"
stop

# The timer.
start -o kernel_cache=off,writeback=0.2
hold timer
echo timer >&5
soon timer timer "the timer"
echo again >&5
soon timer "$(printf 'timer\nagain')" "the timer, once more"
release
stop

# A close that has it begin.
start -o writeback=3600
echo closed >"$mnt/closed"
soon closed closed "close=start"
stop

# The budget: most of what does not fit is below, long before anything else asks for it.
start -o kernel_cache=off,writeback=3600,pages=256
head -c 8M /dev/urandom >"$work/large"
hold large
cat "$work/large" >&5
for ((i = 0; i < 200; i++)); do
	[ "$(stat_of write_bytes)" != 8388608 ] || break
	sleep 0.05
done
[ "$(stat -c %s "$lower/large")" -gt 4000000 ] || fail "the budget: $(stat -c %s "$lower/large") bytes below"
[ "$(stat_of resident_pages)" -le 1024 ] || fail "the budget: $(stat_of resident_pages) pages"
[ "$(stat_of evicted)" -gt 1000 ] || fail "the budget: $(stat_of evicted) evicted"
# The kernel has its own copy.
dd if="$mnt/large" iflag=nocache count=0 status=none
cmp "$mnt/large" "$work/large" || fail "large file"
[ "$(stat_of requests)" -gt 0 ] || fail "no page was asked for"
release
stop
cmp "$lower/large" "$work/large" || fail "large file below"

# Reading in order, the pager is ahead.
start -o readahead=256
[ "$(md5sum <"$mnt/large")" = "$(md5sum <"$work/large")" ] || fail "read in order"
ahead=$(stat_of requests)
stop
start -o readahead=0
cat "$mnt/large" >/dev/null
[ "$(stat_of pages_ahead)" = 0 ] || fail "readahead=0"
[ "$(stat_of requests)" -gt $((ahead * 2)) ] || fail "reading ahead saves nothing: $ahead requests, without it $(stat_of requests)"
stop

# The end: what is open is saved.
start -o kernel_cache=off,writeback=3600
hold end
echo end >&5
dirty 4
kill "$pid"
gone "$pid" || fail "no end"
release
[ "$(below end)" = end ] || fail "the end"
pid=
