/* zi-test: valgrind */
/* zirconia_print_maps: the address map as text. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zirconia/print_maps.h>

#include "t.h"

/* What is printed for a handle; the status is checked. */
static const char *printed(zx_handle_t handle, zx_status_t want)
{
	static char text[1 << 16];
	FILE *file = tmpfile();
	size_t n;

	cr_assert_not_null(file);
	T_ZX(zirconia_print_maps(fileno(file), handle), want);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

Test(print_maps, vmar_with_mappings__one_line_each_in_zircons_terms)
{
	const zx_handle_t vmo = t_vmo(8 * T_PAGE);
	zx_handle_t outer;
	zx_handle_t inner;
	zx_vaddr_t base;
	zx_vaddr_t sub;
	zx_vaddr_t addr;
	char want[1024];

	T_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "pages", 5));
	T_OK(zx_vmar_allocate(zx_vmar_root_self(),
			      ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC, 0,
			      512 * T_PAGE, &outer, &base));
	T_OK(zx_vmar_allocate(outer, ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_SPECIFIC,
			      16 * T_PAGE, 256 * T_PAGE + T_PAGE, &inner, &sub));
	T_OK(zx_vmar_map(outer, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_SPECIFIC, 0, vmo, T_PAGE,
			 4 * T_PAGE, &addr));
	T_OK(zx_vmar_protect(outer, 0, base + 2 * T_PAGE, 2 * T_PAGE));
	*(volatile char *)base = 1;
	T_OK(zx_vmar_map(outer, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, 300 * T_PAGE, vmo, 0, T_PAGE,
			 &addr));

	snprintf(want, sizeof(want),
		 "useralloc %#zx-%#zx 2M\n"
		 "  rw- %#zx-%#zx 8K \"pages\" koid %" PRIu64 " offset 0x1000 committed 4K\n"
		 "  --- %#zx-%#zx 8K \"pages\" koid %" PRIu64 " offset 0x3000 committed 0B\n"
		 "  useralloc %#zx-%#zx 1.0M\n"
		 "  r-- %#zx-%#zx 4K \"pages\" koid %" PRIu64 " offset 0 committed 0B\n",
		 base, base + 512 * T_PAGE, base, base + 2 * T_PAGE, t_koid(vmo), base + 2 * T_PAGE,
		 base + 4 * T_PAGE, t_koid(vmo), sub, sub + 257 * T_PAGE, base + 300 * T_PAGE,
		 base + 301 * T_PAGE, t_koid(vmo));
	cr_assert_str_eq(printed(outer, ZX_OK), want);
}

Test(print_maps, own_process__address_space_and_root_first)
{
	const char *text = printed(zx_process_self(), ZX_OK);
	char head[64];

	snprintf(head, sizeof(head), "proc:%" PRIu64 " 0x", t_koid(zx_process_self()));
	cr_assert_eq(strncmp(text, head, strlen(head)), 0, "%s", text);
	cr_assert_not_null(strstr(text, "\n  root 0x"), "%s", text);
}

Test(print_maps, more_rows_than_the_first_guess__all_printed)
{
	const zx_handle_t vmo = t_vmo(T_PAGE);
	const char *text;
	unsigned lines = 0;

	for (int i = 0; i < 300; i++)
		(void)t_map(vmo, 0, T_PAGE);
	text = printed(zx_vmar_root_self(), ZX_OK);
	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	cr_assert_geq(lines, 301, "%s", text);
}

Test(print_maps, errors__statuses)
{
	const zx_handle_t vmo = t_vmo(T_PAGE);
	zx_handle_t no_inspect;

	cr_assert_str_empty(printed(ZX_HANDLE_INVALID, ZX_ERR_BAD_HANDLE));
	cr_assert_str_empty(printed(vmo, ZX_ERR_WRONG_TYPE));
	T_OK(zx_handle_duplicate(zx_vmar_root_self(), ZX_RIGHT_READ, &no_inspect));
	cr_assert_str_empty(printed(no_inspect, ZX_ERR_ACCESS_DENIED));
	T_ZX(zirconia_print_maps(-1, zx_vmar_root_self()), ZX_ERR_IO);
}
