#!/usr/bin/env bash
# Each public header stands by itself, twice included, in C99, C11, C++17 and C++20, without a warning.
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-headers.XXXXXX")
trap 'rm -rf "$work"' EXIT
warnings=(-Wall -Wextra -Wconversion -Wshadow -Wundef -Werror -pedantic)
status=0 count=0

try() {
	if ! "$@" -fsyntax-only -I"$ZI_SOURCE/include" "${warnings[@]}"; then
		echo "FAILED: $*"
		status=1
	fi
}

while IFS= read -r header; do
	printf '#include <%s>\n#include <%s>\nextern int something;\n' "$header" "$header" >"$work/one.c"
	cp "$work/one.c" "$work/one.cc"
	try "$CC" -std=c99 "$work/one.c"
	try "$CC" -std=c11 "$work/one.c"
	if [ -n "${CXX:-}" ]; then
		try "$CXX" -std=c++17 "$work/one.cc"
		try "$CXX" -std=c++20 "$work/one.cc"
	fi
	[ $status -eq 0 ] || { echo "in <$header>"; exit 1; }
	count=$((count + 1))
done < <(cd "$ZI_SOURCE/include" && find . -name '*.h' | sed 's|^[.]/||' | LC_ALL=C sort)
[ $count -gt 0 ] || exit 1
echo "$count headers are fine by themselves"
