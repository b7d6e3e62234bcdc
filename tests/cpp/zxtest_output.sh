#!/usr/bin/env bash
# What zxtest prints and how it exits: failures, messages, filters, repetition, lists. The programs fail on purpose.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-zxtest.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() { echo "FAILED: $*"; sed 's/^/    /' "$work/out" 2>/dev/null; exit 1; }

echo '#include <gtest/gtest.h>' | "$CXX" -x c++ -E - >/dev/null 2>&1 || { echo "GoogleTest (libgtest-dev) is not installed"; exit 77; }
flags=(-Wall -Wextra -Wconversion -Werror -I"$ZI_SOURCE/include")
zxtest=$ZI_BUILD/lib/libzirconia_zxtest.a
[ -e "$zxtest" ] || fail "$zxtest is not built"
"$CC" -std=gnu11 "${flags[@]}" -c "$here/failing/failing_c.c" -o "$work/failing_c.o"
"$CXX" -std=c++17 "${flags[@]}" "$here/failing/failing.cc" "$work/failing_c.o" -o "$work/failing" "$zxtest" -lgtest \
	-L"$ZI_BUILD/lib" -Wl,-rpath,"$ZI_BUILD/lib" -lzirconia -pthread

# run STATUS ARGUMENT...: the exit status, output in $work/out.
run() {
	local want=$1 got=0
	shift
	"$work/failing" "$@" >"$work/out" 2>&1 || got=$?
	[ "$got" -eq "$want" ] || fail "exit status $got instead of $want with $*"
}
has() { grep -qF -- "$1" "$work/out" || fail "no \"$1\""; }
hasnt() { ! grep -qF -- "$1" "$work/out" || fail "there is \"$1\""; }

run 1 -f '-Skipped.*'
for text in "message 99" "Actual: 41, 42" ZX_ERR_IO_REFUSED ZX_ERR_NO_SPACE "from byte 2: 63 64  /  58 64" '"left", "right"' \
	"nothing dies" "fault: write of 0, ZX_ERR_NOT_FOUND" "fatal but going on" "reached the end" "in the helper" "Failures in: Fails()" \
	"message 98" ZX_ERR_SHOULD_WAIT "from byte 2: 63 64  /  59 64" "reached the end in C" "Expected: death" \
	"[  FAILED  ] 4 tests" "[  PASSED  ] 2 tests" "failing.cc:"; do
	has "$text"
done
hasnt "reached too far"
run 0 --gtest_filter='Passing.*'
has "[  PASSED  ] 2 tests"
run 0 -f 'Passing.One' -i 3
[ "$(grep -c '^\[       OK \]' "$work/out")" -eq 3 ] || fail "-i 3 ran it $(grep -c OK "$work/out") times"
run 0 -f 'Skipped.*'
has "[  SKIPPED ] 1 test"
export ZXTEST_SKIPPED_STATUS=77
run 77 -f 'Skipped.*'
run 0 -f 'Skipped.*:Passing.*'
run 1 -f 'Skipped.*:Failing.AssertReturns'
unset ZXTEST_SKIPPED_STATUS
run 0 -l
has "FailingInC."
hasnt "RUN"
run 0 -f 'Passing.*' -s -r 5
has "[  PASSED  ] 2 tests"
echo "what zxtest prints and how it exits is right"
