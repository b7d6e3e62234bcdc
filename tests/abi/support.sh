#!/usr/bin/env bash
# The support table: README holds the one that belongs to the library, the headers agree with it, and the tool notices when not.
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-support.XXXXXX")
trap 'rm -rf "$work"' EXIT
tool="$ZI_SOURCE/tools/support-table"
library="$ZI_BUILD/lib/libzirconia.a"
status=0

expect() {
	local want=$1 what=$2 got=0
	shift 2
	"$@" >"$work/out" 2>&1 || got=$?
	if [ "$got" -ne "$want" ]; then
		cat "$work/out"
		echo "FAILED: $what: exit code $got instead of $want"
		status=1
	fi
}

expect 0 "README says what the library does" "$tool" "$library" --check "$ZI_SOURCE/README.md"
expect 0 "the comments of the headers do" "$tool" "$library" --check-headers

# A README with a call moved to the other column, and one without a table, are noticed; --write repairs both.
"$tool" "$library" >"$work/table"
# shellcheck disable=SC2016
grep -q '^| vmo | `zx_vmo_create`' "$work/table" || { echo "FAILED: zx_vmo_create is not in the first column"; status=1; }
cp "$ZI_SOURCE/README.md" "$work/good.md"
"$tool" "$library" --write "$work/good.md"
# shellcheck disable=SC2016
sed 's/`zx_vmo_create`, //' "$work/good.md" >"$work/moved.md"
sed '/^| vmo |/d' "$work/good.md" >"$work/short.md"
for readme in moved short; do
	expect 1 "a wrong table is noticed ($readme)" "$tool" "$library" --check "$work/$readme.md"
	expect 0 "the table is put right ($readme)" "$tool" "$library" --write "$work/$readme.md"
	expect 0 "the table that was put right is right ($readme)" "$tool" "$library" --check "$work/$readme.md"
done
grep -v support-table "$work/good.md" >"$work/bare.md"
expect 1 "missing markers are noticed" "$tool" "$library" --check "$work/bare.md"

# A call that is only in unsupported.c is weak, one with a file of its own is not; a library without it is refused.
cat >"$work/weak.c" <<'C'
int zx_vmo_create(void) __attribute__((weak));
int zx_vmo_create(void) { return 0; }
C
"$CC" -c "$work/weak.c" -o "$work/weak.o"
ar rcs "$work/weak.a" "$work/weak.o"
expect 1 "a library that lacks calls is refused" "$tool" "$work/weak.a"
grep -q 'the library has no zx_vmo_read' "$work/out" || { echo "FAILED: the missing call is not named"; status=1; }
if grep -q 'the library has no zx_vmo_create$' "$work/out"; then echo "FAILED: the call that is there is missed"; status=1; fi

tail -n 1 "$work/table"
exit $status
