#!/usr/bin/env bash
# Random operations on a mounted vmofs and on a plain folder, with answers compared: vmofs_fsx.c. ZI_SEED and ZI_OPERATIONS
# make it another run, or a longer one.
# zi-test: serial timeout=300
set -euo pipefail
# shellcheck source=tests/support/fuse.bash
. "$ZI_SOURCE/tests/support/fuse.bash"
require_fuse
operations=${ZI_OPERATIONS:-1500}
seed=${ZI_SEED:-$(date +%s)}

# Plenty of memory; so little that pages go all the time; each write passed on; everything put off.
for options in defaults pages=64,readahead=0,writeback=0.2 kernel_cache=off,pages=256,close=wait writeback=100,close=start,timeout=0; do
	# shellcheck disable=SC2086
	start ${options:+$([ "$options" = defaults ] || echo "-o $options")}
	"$programs/vmofs_fsx" "$mnt" "$plain" "$seed" "$operations" || fail "with $options"
	stop
	same_trees "$lower" "$plain"
	echo "$options: the same"
	rm -rf "${lower:?}"/* "${plain:?}"/*
	seed=$((seed + 1))
done
