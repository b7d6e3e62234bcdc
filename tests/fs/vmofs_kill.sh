#!/usr/bin/env bash
# vmofs is killed with SIGKILL while a program writes: what fsync returned for is in the folder below.
# zi-test: serial timeout=240
set -euo pipefail
# shellcheck source=tests/support/fuse.bash
. "$ZI_SOURCE/tests/support/fuse.bash"
require_fuse
seed=${ZI_SEED:-$(date +%s)}

for options in defaults pages=64,writeback=0.1 kernel_cache=off,pages=128 writeback=3600,close=start; do
	for after in ${ZI_SECONDS:-1.3}; do
		# shellcheck disable=SC2046
		start $([ "$options" = defaults ] || echo "-o $options")
		"$programs/vmofs_writer" write "$mnt" "$work/log" "$seed" >"$work/writer" 2>&1 &
		writer=$!
		sleep "$after"
		kill -9 "$pid"
		wait $writer || fail "the writer: $(cat "$work/writer")"
		unmount -l
		pid=
		"$programs/vmofs_writer" check "$lower" "$work/log" || fail "$options, seed $seed: something is lost"
		rm -f "${lower:?}"/*
		seed=$((seed + 1))
	done
done
