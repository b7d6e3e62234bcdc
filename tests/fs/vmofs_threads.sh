#!/usr/bin/env bash
# Threads write, cut and read while everything is written back and evicted all the time; then what arrived below is compared.
# zi-test: serial timeout=120
set -euo pipefail
# shellcheck source=tests/support/fuse.bash
. "$ZI_SOURCE/tests/support/fuse.bash"
require_fuse
seed=${ZI_SEED:-$(date +%s)}

for options in kernel_cache=off,writeback=0,pages=128 kernel_cache=off,writeback=0,close=wait writeback=0,pages=128; do
	start -o "$options"
	"$programs/vmofs_threads" "$mnt" "$plain" "$seed" "${ZI_SECONDS:-2}" || fail "$options, seed $seed"
	same_trees "$mnt" "$plain"
	stop
	same_trees "$lower" "$plain"
	rm -f "${lower:?}"/* "${plain:?}"/*
	seed=$((seed + 1))
done
