#!/usr/bin/env bash
# Static capabilities of zirconia/vm_object.h: an operation without its right does not compile, with it it does.
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-static.XXXXXX")
trap 'rm -rf "$work"' EXIT
status=0

# try RIGHTS EXPRESSION: does it compile for a type with these rights?
try() {
	cat >"$work/one.c" <<TXT
#include <zirconia/vm_object.h>
ZIRCONIA_VM_STATIC_OBJECT(some_t, $1);
ZIRCONIA_VM_STATIC_OBJECT(all_t, ZIRCONIA_VM_RIGHTS_ALL);
ZIRCONIA_VM_STATIC_OBJECT(reading_t, ZIRCONIA_VM_RIGHT_READ);
void fn(some_t *s, all_t *all, some_t *same, reading_t *reading, zirconia_vm_reader_fallible_t *r,
	zirconia_vm_writer_fallible_t *w, zirconia_vm_page_t *page, zirconia_vm_operation_t op);
void fn(some_t *s, all_t *all, some_t *same, reading_t *reading, zirconia_vm_reader_fallible_t *r,
	zirconia_vm_writer_fallible_t *w, zirconia_vm_page_t *page, zirconia_vm_operation_t op)
{
	(void)s; (void)all; (void)same; (void)reading; (void)r; (void)w; (void)page; (void)op;
	(void)($2);
}
TXT
	"$CC" -std=c11 -fsyntax-only -Wall -Wextra -Werror -I"$ZI_SOURCE/include" "$work/one.c" 2>"$work/err"
}

# each RIGHT EXPRESSION: needs exactly this right
each() {
	if ! try "$1" "$2"; then
		echo "FAILED: does not compile with $1: $2"
		cat "$work/err"
		status=1
	fi
	if try "ZIRCONIA_VM_RIGHTS_ALL & ~$1" "$2"; then
		echo "FAILED: compiles without $1: $2"
		status=1
	elif ! grep -q -e negative -e 'size of array' "$work/err"; then
		echo "FAILED: for another reason: $2"
		cat "$work/err"
		status=1
	fi
}

each ZIRCONIA_VM_RIGHT_READ 'ZIRCONIA_VM_READ(s, 0, w).count'
each ZIRCONIA_VM_RIGHT_READ 'ZIRCONIA_VM_RESTRICT(s, reading)'
each ZIRCONIA_VM_RIGHT_DUP 'ZIRCONIA_VM_DUP(s, same)'
for expression in 'WRITE(s, 0, r).count' 'CLEAR(s, 0, 1)' 'FILL_ZEROS(s, 0, 1).count' 'DECOMMIT(s, 0, 1)' 'RESIZE(s, 1)' \
	'REPLACE(s, r, 0)' 'COMMIT_ON(s, 0, 0, page)' 'TRY_COMMIT_PAGE(s, 0, page).index' \
	'TRY_OPERATE_ON_RANGE(s, 0, 1, op, r).index'; do
	each ZIRCONIA_VM_RIGHT_WRITE "ZIRCONIA_VM_$expression"
done

# Rights that there are not, and a share of another type.
if try 16 'ZIRCONIA_VM_SIZE(s)'; then
	echo "FAILED: a type with an unknown right compiles"
	status=1
fi
if try ZIRCONIA_VM_RIGHT_DUP 'ZIRCONIA_VM_DUP(s, all)'; then
	echo "FAILED: dup to a type with more rights compiles"
	status=1
fi
exit $status
