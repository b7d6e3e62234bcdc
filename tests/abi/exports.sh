#!/usr/bin/env bash
# What the libraries export: the public names and nothing else, the same in both, and a symbol for every prototype.
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-exports.XXXXXX")
trap 'rm -rf "$work"' EXIT
status=0

nm -D --defined-only "$ZI_BUILD/lib/libzirconia.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort -u >"$work/shared"
nm -g --defined-only "$ZI_BUILD/lib/libzirconia.a" 2>/dev/null | awk 'NF == 3 { print $3 }' | LC_ALL=C sort -u >"$work/static"

if grep -vE '^(_?zx_[a-z0-9_]+|zirconia_[a-z0-9_]+|mmio_buffer_[a-z_]+|fake_[a-z_]+|sigaction|signal|sigprocmask|pthread_sigmask)$' "$work/shared"; then
	echo "FAILED: the names above are exported and are not public"
	status=1
fi
if ! diff "$work/shared" "$work/static"; then
	echo "FAILED: the archive (>) and the shared library (<) do not export the same names"
	status=1
fi

# Every prototype, asked of the compiler: the declared functions of all public headers.
for header in $(cd "$ZI_SOURCE/include" && find zircon zirconia -name "*.h"); do
	echo "#include \"${header#./}\""
done >"$work/all.c"
"$CC" -I"$ZI_SOURCE/include" -fsyntax-only -std=gnu11 "$work/all.c"
"$CC" -I"$ZI_SOURCE/include" -E -P -std=gnu11 "$work/all.c" | tr '\n' ' ' | tr ';{}' '\n' |
	grep -vE '\b(inline|return|typedef|if|while|for)\b|=' | grep -oE '\b_?(zx|zirconia|mmio_buffer|fake)_[a-z0-9_]+ *\(' | tr -d ' (' |
	grep -v '_t$' | LC_ALL=C sort -u >"$work/declared"
[ "$(wc -l <"$work/declared")" -gt 100 ] || { echo "FAILED: only $(wc -l <"$work/declared") prototypes found"; status=1; }
LC_ALL=C comm -23 "$work/declared" "$work/shared" >"$work/missing"
if [ -s "$work/missing" ]; then
	cat "$work/missing"
	echo "FAILED: the prototypes above have no symbol"
	status=1
fi
# Both spellings of each call; taking a startup handle is a library function and has one.
while IFS= read -r name; do
	grep -qx "_$name" "$work/shared" || { echo "FAILED: no _$name"; status=1; }
done < <(grep '^zx_' "$work/shared" | grep -vx zx_take_startup_handle)
echo "$(wc -l <"$work/shared") exported names, $(wc -l <"$work/declared") prototypes"
exit $status
