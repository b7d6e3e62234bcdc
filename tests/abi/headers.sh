#!/usr/bin/env bash
# Each public header stands by itself, twice included, in C99, C11, C++17 and C++20, without a warning. Those of C++ only are left
# out in C; <zxtest/zxtest.h> and the mocks that fail a test of it need GoogleTest in C++.
#
# zi-test: timeout=400
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

# In C, a header of Fuchsia's C++ libraries is one of these.
is_c() {
	case "$1" in
	lib/mmio-ptr/* | lib/mmio/mmio-c.h | lib/mmio/mmio-buffer.h | lib/fzl/memory-probe.h | lib/fzl/time.h) true ;;
	lib/* | fbl/* | zxtest/cpp/*) false ;;
	*) true ;;
	esac
}

has_gtest() { echo '#include <gtest/gtest.h>' | "$CXX" -x c++ -E - >/dev/null 2>&1; }

while IFS= read -r header; do
	printf '#include <%s>\n#include <%s>\nextern int something;\n' "$header" "$header" >"$work/one.c"
	cp "$work/one.c" "$work/one.cc"
	if is_c "$header"; then
		try "$CC" -std=c99 "$work/one.c"
		try "$CC" -std=c11 "$work/one.c"
	fi
	if [[ $header == zxtest/* || $header == lib/driver/mock-mmio/* ]] && ! has_gtest; then
		echo "<$header> was not looked at in C++: GoogleTest is not installed"
	elif [ -n "${CXX:-}" ]; then
		try "$CXX" -std=c++17 "$work/one.cc"
		try "$CXX" -std=c++20 "$work/one.cc"
	fi
	[ $status -eq 0 ] || { echo "in <$header>"; exit 1; }
	count=$((count + 1))
done < <(cd "$ZI_SOURCE/include" && find . -name '*.h' | sed 's|^[.]/||' | LC_ALL=C sort)
[ $count -gt 0 ] || exit 1
echo "$count headers are fine by themselves"
