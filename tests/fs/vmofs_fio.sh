#!/usr/bin/env bash
# fio writes and verifies files in a mounted vmofs: at random and in order, by calls and through mappings, with memory for a
# part of the pages only. Then it verifies what the folder below holds.
# zi-test: serial timeout=300
set -euo pipefail
# shellcheck source=tests/support/fuse.bash
. "$ZI_SOURCE/tests/support/fuse.bash"
require_fuse
command -v fio >/dev/null || missing fio "fio is not installed"

run() {
	local where=$1 engine=$2 rw=$3
	shift 3
	(cd "$work" && fio --name="$engine-$rw" --directory="$where" --ioengine="$engine" --rw="$rw" --bs=4k --size=4m \
		--verify=crc32c --verify_fatal=1 --randseed=7 --fallocate=none --end_fsync=1 --thread --output="$work/fio" "$@") ||
		fail "$engine $rw $*: $(tail -n 15 "$work/fio")"
}

for options in pages=768 pages=512,kernel_cache=off; do
	start -o "$options"
	for engine in psync mmap; do
		for rw in write randwrite; do
			run "$mnt" $engine $rw --do_verify=1
			# Once more from the file system, not from the kernel's copy.
			run "$mnt" $engine $rw --verify_only --invalidate=1
		done
	done
	run "$mnt" psync randrw --do_verify=1 --bsrange=512-20k --bs_unaligned
	[ "$(stat_of evicted)" -gt 0 ] || fail "no page was evicted"
	stop
	for engine in psync mmap; do
		for rw in write randwrite; do
			run "$lower" $engine $rw --verify_only
		done
	done
	rm -f "$lower"/*
	echo "$options: verified"
done
