#!/usr/bin/env bash
# zi-test: timeout=600
# Sources written as for Fuchsia, built from the installed package by gcc and by clang, unchanged.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-fuchsia.XXXXXX")
trap 'rm -rf "$work"' EXIT

echo '#include <gtest/gtest.h>' | "$CXX" -x c++ -E - >/dev/null 2>&1 || { echo "GoogleTest (libgtest-dev) is not installed"; exit 77; }
"$ZI_CMAKE" --install "$ZI_BUILD" --prefix "$work/prefix" >"$work/log"
# Away from the source tree, so that nothing is found there by accident.
cp -R "$here/fuchsia_project" "$work/project"

compilers=0
for pair in gcc:g++ clang:clang++; do
	if ! command -v "${pair%:*}" >/dev/null || ! command -v "${pair#*:}" >/dev/null; then
		continue
	fi
	build=$work/${pair%:*}
	for step in "$ZI_CMAKE -S $work/project -B $build -DCMAKE_C_COMPILER=${pair%:*} -DCMAKE_CXX_COMPILER=${pair#*:} -DCMAKE_PREFIX_PATH=$work/prefix" \
		"$ZI_CMAKE --build $build" "${ZI_CMAKE%cmake}ctest --test-dir $build --output-on-failure --no-tests=error"; do
		# shellcheck disable=SC2086
		$step >"$work/log" 2>&1 || { cat "$work/log"; echo "FAILED with ${pair%:*}: $step"; exit 1; }
	done
	grep -E 'tests passed' "$work/log"
	compilers=$((compilers + 1))
done
[ $compilers -gt 0 ] || { echo "neither gcc nor clang with C++"; exit 77; }
