#!/usr/bin/env bash
# The options of the library: what the table in the code has, the header and the README explain, and nobody reads the environment past it.
set -euo pipefail
names() {
	grep -oE 'ZIRCONIA_[A-Z_]+' | LC_ALL=C sort -u
}
code=$(grep -E '^	\[ZI_OPTION_' "$ZI_SOURCE/src/base/options.c" | grep -oE '"ZIRCONIA_[A-Z_]+"' | names)
header=$(grep -E '^ \*   ZIRCONIA_' "$ZI_SOURCE/include/zirconia/zirconia.h" | names)
readme=$(grep -E '^\| `ZIRCONIA_' "$ZI_SOURCE/README.md" | cut -d'|' -f2 | names)
[ "$(wc -l <<<"$code")" -ge 5 ] || { echo "the table in src/base/options.c was not found"; exit 1; }
status=0
diff <(echo "$code") <(echo "$header") || { echo "FAILED: src/base/options.c and <zirconia/zirconia.h> differ"; status=1; }
diff <(echo "$code") <(echo "$readme") || { echo "FAILED: src/base/options.c and the README differ"; status=1; }
others=$(grep -rnE '\b(secure_)?getenv\(' "$ZI_SOURCE/src" --include='*.[ch]' | grep -v '^[^:]*/base/options\.c:' || true)
if [ -n "$others" ]; then
	printf 'FAILED: options are read in src/base/options.c\n%s\n' "$others"
	status=1
fi
exit $status
