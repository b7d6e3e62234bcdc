/* zi-test: valgrind */
/*
 * zx_vmar_map: the table of checks, what is accepted though documentation forbids it, and results.
 */
#include "vmar_t.h"

enum vmo_kind { PLAIN, RESIZABLE, DISCARDABLE, EXECUTABLE, KINDS };

/* Tried in an arena with a region at page 8 of 4 pages and a mapping at page 16 of 4 pages. */
static const struct {
	const char *name;
	uint32_t options;
	uint64_t vmar_offset;
	enum vmo_kind vmo;
	uint64_t vmo_offset, len;
	zx_status_t want;
} rows[] = {
	/* spec: vmar 3.1 #5 */
	{"write", W, 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"execute", X, 0, EXECUTABLE, 0, PG, ZX_ERR_INVALID_ARGS},
	{"write and execute", W | X, 0, EXECUTABLE, 0, PG, ZX_ERR_INVALID_ARGS},
	{"write comes before map range and overwrite", W | ZX_VM_MAP_RANGE | OVERWRITE, 0, PLAIN, 0,
	 PG, ZX_ERR_INVALID_ARGS},
	{"write with read for XOM", W | ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED, 0, PLAIN, 0, PG, ZX_OK},
	/* spec: vmar 3.1 #6 */
	{"map range and overwrite", R | ZX_VM_MAP_RANGE | OVERWRITE, 0, PLAIN, 0, PG,
	 ZX_ERR_INVALID_ARGS},
	{"map range and overwrite before the right", RW | X | ZX_VM_MAP_RANGE | OVERWRITE, 0, PLAIN,
	 0, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #7 */
	{"can map read", R | CAN_READ, 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"can map write", R | CAN_WRITE, 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"can map execute", R | CAN_EXECUTE, 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #11 */
	{"fault beyond without allow faults", R | BEYOND, 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"fault beyond, discardable", R | BEYOND, 0, DISCARDABLE, 0, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #13 */
	{"bit 16", R | 1u << 16, 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"bit 20", R | 1u << 20, 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"bit 23", R | 1u << 23, 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"alignment 1", R | ALIGN(1), 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"alignment 9", R | ALIGN(9), 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"alignment 33", R | ALIGN(33), 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"alignment 255", R | ALIGN(255), 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"bit 16 before non-resizable", R | 1u << 16 | ZX_VM_REQUIRE_NON_RESIZABLE, 0, RESIZABLE, 0,
	 PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #14 */
	{"resizable, non-resizable asked", R | ZX_VM_REQUIRE_NON_RESIZABLE, 0, RESIZABLE, 0, PG,
	 ZX_ERR_NOT_SUPPORTED},
	{"the same before compact", R | ZX_VM_REQUIRE_NON_RESIZABLE | ZX_VM_COMPACT, 0, RESIZABLE,
	 1, 0, ZX_ERR_NOT_SUPPORTED},
	{"non-resizable asked and had", R | ZX_VM_REQUIRE_NON_RESIZABLE, 0, PLAIN, 0, PG, ZX_OK},
	/* spec: vmar 3.1 #15 */
	{"discardable without allow faults", R, 0, DISCARDABLE, 0, PG, ZX_ERR_NOT_SUPPORTED},
	{"discardable before compact", R | ZX_VM_COMPACT, 0, DISCARDABLE, 1, 0,
	 ZX_ERR_NOT_SUPPORTED},
	{"discardable with allow faults", R | FAULTS, 0, DISCARDABLE, 0, PG, ZX_OK},
	/* spec: vmar 3.1 #16 */
	{"compact", R | ZX_VM_COMPACT, 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"can map specific", R | CAN_SPECIFIC, 0, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #18 */
	{"VMO offset 1", R, 0, PLAIN, 1, PG, ZX_ERR_INVALID_ARGS},
	{"VMO offset unaligned before the length", R, 0, PLAIN, PG - 1, UINT64_MAX,
	 ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #19 */
	{"length wraps when rounded", R, 0, PLAIN, 0, UINT64_MAX, ZX_ERR_OUT_OF_RANGE},
	{"first length that wraps", R, 0, PLAIN, 0, UINT64_MAX - PG + 2, ZX_ERR_OUT_OF_RANGE},
	{"last length that does not", R, 0, PLAIN, 0, UINT64_MAX - PG + 1, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #20 */
	{"VMO offset + length is 2^64", R, 0, PLAIN, UINT64_MAX - PG + 1, PG, ZX_ERR_OUT_OF_RANGE},
	{"VMO offset + rounded length is 2^64", R, 0, PLAIN, UINT64_MAX - PG + 1, 1,
	 ZX_ERR_OUT_OF_RANGE},
	{"VMO offset + length above 2^64", R, 0, PLAIN, UINT64_MAX - PG + 1, 2 * PG,
	 ZX_ERR_OUT_OF_RANGE},
	{"last VMO offset, length 0", R, 0, PLAIN, UINT64_MAX - PG + 1, 0, ZX_ERR_INVALID_ARGS},
	{"one below that", R, 0, PLAIN, UINT64_MAX - 2 * PG + 1, PG, ZX_OK},
	/* spec: vmar 3.1 #23 */
	{"length 0", R, 0, PLAIN, 0, 0, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #25 */
	{"specific with upper limit", R | SPECIFIC | UPPER, 4 * PG, PLAIN, 0, PG,
	 ZX_ERR_INVALID_ARGS},
	{"overwrite with upper limit", R | OVERWRITE | UPPER, 4 * PG, PLAIN, 0, PG,
	 ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #26 */
	{"offset alone", R, PG, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #27 */
	{"specific, unaligned offset", R | SPECIFIC, 1, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"overwrite, unaligned offset", R | OVERWRITE, PG + 1, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"upper limit, unaligned offset", R | UPPER, 4 * PG - 1, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #29 */
	{"specific at the end", R | SPECIFIC, ARENA_PAGES *PG, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"specific past the end", R | SPECIFIC, (ARENA_PAGES - 1) * PG, PLAIN, 0, PG + 1,
	 ZX_ERR_INVALID_ARGS},
	{"overwrite past the end", R | OVERWRITE, (ARENA_PAGES - 1) * PG, PLAIN, 0, 2 * PG,
	 ZX_ERR_INVALID_ARGS},
	{"specific, last offset of all", R | SPECIFIC, UINT64_MAX - PG + 1, PLAIN, 0, PG,
	 ZX_ERR_INVALID_ARGS},
	{"larger than the region", R, 0, PLAIN, 0, ARENA_PAGES *PG + 1, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #30 */
	{"upper limit past the end", R | UPPER, (ARENA_PAGES + 1) * PG, PLAIN, 0, PG,
	 ZX_ERR_INVALID_ARGS},
	{"upper limit, larger than the region", R | UPPER, ARENA_PAGES *PG, PLAIN, 0,
	 (ARENA_PAGES + 1) * PG, ZX_ERR_INVALID_ARGS},
	{"upper limit below the length", R | UPPER, PG, PLAIN, 0, PG + 1, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #31 */
	{"specific, not aligned as asked", R | SPECIFIC | ALIGN(32), PG, PLAIN, 0, PG,
	 ZX_ERR_INVALID_ARGS},
	{"overwrite, not aligned as asked", R | OVERWRITE | ALIGN(32), 16 * PG, PLAIN, 0, PG,
	 ZX_ERR_INVALID_ARGS},
	{"alignment does not look at the VMO offset", R | SPECIFIC | ALIGN(12), PG, PLAIN, PG, PG,
	 ZX_OK},
	/* spec: vmar 3.1 #32 */
	{"specific over a mapping", R | SPECIFIC, 19 * PG, PLAIN, 0, PG, ZX_ERR_ALREADY_EXISTS},
	{"specific around a mapping", R | SPECIFIC, 15 * PG, PLAIN, 0, 6 * PG,
	 ZX_ERR_ALREADY_EXISTS},
	{"specific over a region", R | SPECIFIC, 8 * PG, PLAIN, 0, PG, ZX_ERR_ALREADY_EXISTS},
	{"specific into a region", R | SPECIFIC, 7 * PG, PLAIN, 0, PG + 1, ZX_ERR_ALREADY_EXISTS},
	/* spec: vmar 3.1 #34 */
	{"overwrite inside a region", R | OVERWRITE, 9 * PG, PLAIN, 0, PG, ZX_ERR_INVALID_ARGS},
	{"overwrite into a region", R | OVERWRITE, 7 * PG, PLAIN, 0, 2 * PG, ZX_ERR_INVALID_ARGS},
	{"overwrite around a region", R | OVERWRITE, 7 * PG, PLAIN, 0, 6 * PG, ZX_ERR_INVALID_ARGS},
	{"overwrite exactly a region", R | OVERWRITE, 8 * PG, PLAIN, 0, 4 * PG,
	 ZX_ERR_INVALID_ARGS},
	{"overwrite a region and a mapping", R | OVERWRITE, 8 * PG, PLAIN, 0, 12 * PG,
	 ZX_ERR_INVALID_ARGS},
	/* spec: vmar 3.1 #35 */
	{"no hole is large enough", R, 0, PLAIN, 0, (ARENA_PAGES - 19) * PG, ZX_ERR_NO_RESOURCES},
	{"no hole below the limit", R | UPPER, 20 * PG, PLAIN, 0, 9 * PG, ZX_ERR_NO_RESOURCES},
	/* legal ones */
	{"no permission", 0, 0, PLAIN, 0, PG, ZX_OK},
	{"read", R, 0, PLAIN, 0, PG, ZX_OK},
	{"read for XOM", ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED, 0, PLAIN, 0, PG, ZX_OK},
	{"read and write", RW, 0, PLAIN, 0, PG, ZX_OK},
	{"read and execute", R | X, 0, EXECUTABLE, 0, PG, ZX_OK},
	{"all three", RW | X, 0, EXECUTABLE, 0, PG, ZX_OK},
	{"one byte", RW, 0, PLAIN, 0, 1, ZX_OK},
	{"exact hole", RW, 0, PLAIN, 0, (ARENA_PAGES - 20) * PG, ZX_OK},
	{"specific between both", RW | SPECIFIC, 12 * PG, PLAIN, 0, 4 * PG, ZX_OK},
	{"specific, last page", RW | SPECIFIC, (ARENA_PAGES - 1) * PG, PLAIN, 0, 1, ZX_OK},
	{"overwrite of nothing", RW | OVERWRITE, 30 * PG, PLAIN, 0, PG, ZX_OK},
	{"map range", RW | ZX_VM_MAP_RANGE, 0, PLAIN, 0, 4 * PG, ZX_OK},
	{"map range without permission", ZX_VM_MAP_RANGE, 0, PLAIN, 0, 4 * PG, ZX_OK},
	{"alignment below a page", R | SPECIFIC | ALIGN(10), PG, PLAIN, 0, PG, ZX_OK},
	{"fault beyond", R | FAULTS | BEYOND, 0, PLAIN, 0, PG, ZX_OK},
	{"upper limit at the end", R | UPPER, ARENA_PAGES *PG, PLAIN, 0, PG, ZX_OK},
	/* spec: vmar 3.2 #1 */
	{"resizable without allow faults", RW, 0, RESIZABLE, 0, PG, ZX_OK},
	{"reaches past the VMO's end", RW, 0, PLAIN, 0, 8 * PG, ZX_OK},
	{"begins at the VMO's end", RW, 0, PLAIN, 4 * PG, PG, ZX_OK},
	{"begins far past the VMO's end", RW, 0, PLAIN, UINT64_C(1) << 50, PG, ZX_OK},
	{"the last page that a VMO could have", RW, 0, PLAIN, UINT64_C(0xFFFFFFFFFFFE0000) - PG, PG,
	 ZX_OK},
};

static void each_row(const struct arena *a)
{
	zx_handle_t vmos[KINDS] = {
		[PLAIN] = t_vmo(4 * PG),
		[RESIZABLE] = t_vmo_options(4 * PG, ZX_VMO_RESIZABLE),
		[DISCARDABLE] = t_vmo_options(4 * PG, ZX_VMO_DISCARDABLE),
		[EXECUTABLE] = executable_vmo(4 * PG),
	};
	zx_vaddr_t base;
	zx_handle_t child = sub(a->vmar, 0, 8, 4, &base), fixed = t_vmo(4 * PG);

	map_at(a->vmar, R, 16, fixed, 0, 4);
	T_EACH (rows, r) {
		zx_vaddr_t addr = 0x123;
		char row[160];

		snprintf(row, sizeof(row), "%s: %s", a->name, r->name);
		T_ZX_ROW(row,
			 zx_vmar_map(a->vmar, r->options, r->vmar_offset, vmos[r->vmo],
				     r->vmo_offset, r->len, &addr),
			 r->want);
		if (r->want != ZX_OK) {
			cr_assert_eq(addr, 0x123, "%s: the result was written", row);
		} else {
			const uint64_t len = (r->len + PG - 1) & ~(PG - 1);

			cr_assert(addr % PG == 0 && addr >= a->base &&
					  addr + len <= a->base + ARENA_PAGES * PG,
				  "%s", row);
			if (r->options & (SPECIFIC | OVERWRITE))
				cr_assert_eq(addr, a->base + r->vmar_offset, "%s", row);
			if (r->options & UPPER)
				cr_assert_leq(addr + len, a->base + r->vmar_offset, "%s", row);
			T_OK(zx_vmar_unmap(a->vmar, addr, r->len));
		}
		EXPECT_MAPS(row, a->vmar, {'V', 1, 8, 4, 0, 0, 0}, {'M', 1, 16, 4, R, fixed, 0});
	}
	for (int i = 0; i < KINDS; i++) {
		cr_assert_eq(vmo_info(vmos[i]).num_mappings, 0, "%s: a mapping is left", a->name);
		t_close(vmos[i]);
	}
	t_close(fixed);
	t_close(child);
}

Test(call_vmar_map, options_offsets_length__each_row__its_status)
{
	in_both(each_row);
}

/* spec: vmar 3.1 #1 #2 */
Test(call_vmar_map, handles__each_kind__in_order)
{
	zx_handle_t event = an_event(), closed = a_closed_handle(), vmo = t_vmo(PG);
	zx_vaddr_t base, addr;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 4, &base);

	T_ZX(zx_vmar_map(ZX_HANDLE_INVALID, UINT32_MAX, 1, event, 1, 0, NULL), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_map(closed, UINT32_MAX, 1, vmo, 1, 0, NULL), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_map(event, UINT32_MAX, 1, ZX_HANDLE_INVALID, 1, 0, NULL), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_vmar_map(vmo, UINT32_MAX, 1, vmo, 1, 0, NULL), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_vmar_map(v, UINT32_MAX, 1, ZX_HANDLE_INVALID, 1, 0, NULL), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_map(v, UINT32_MAX, 1, closed, 1, 0, NULL), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_map(v, UINT32_MAX, 1, event, 1, 0, NULL), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_vmar_map(v, UINT32_MAX, 1, v, 1, 0, NULL), ZX_ERR_WRONG_TYPE);
	/* A dead region's handle is a handle: the VMO is looked at. */
	T_OK(zx_vmar_destroy(v));
	T_ZX(zx_vmar_map(v, R, 0, closed, 0, PG, &addr), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_map(v, R, 0, vmo, 0, PG, &addr), ZX_ERR_BAD_STATE);
	t_close(v);
	t_close(vmo);
	t_close(event);
}

/* spec: vmar 3.1 #4 #8 #9 #10 */
static void rights(const struct arena *a)
{
	static const struct {
		const char *name;
		uint32_t options;
		zx_rights_t vmar_missing, vmo_missing;
		zx_status_t want;
	} cases[] = {
		{"VMO without map", 0, 0, ZX_RIGHT_MAP, ZX_ERR_ACCESS_DENIED},
		{"VMO without map, before the permissions", W, 0, ZX_RIGHT_MAP,
		 ZX_ERR_ACCESS_DENIED},
		{"VMO without read", R, 0, ZX_RIGHT_READ, ZX_ERR_ACCESS_DENIED},
		{"VMO without read, XOM", ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED, 0, ZX_RIGHT_READ,
		 ZX_ERR_ACCESS_DENIED},
		{"VMO without write", RW, 0, ZX_RIGHT_WRITE, ZX_ERR_ACCESS_DENIED},
		{"VMO without execute", R | X, 0, ZX_RIGHT_EXECUTE, ZX_ERR_ACCESS_DENIED},
		{"region without read", R, ZX_RIGHT_READ, 0, ZX_ERR_ACCESS_DENIED},
		{"region without write", RW, ZX_RIGHT_WRITE, 0, ZX_ERR_ACCESS_DENIED},
		{"region without execute", R | X, ZX_RIGHT_EXECUTE, 0, ZX_ERR_ACCESS_DENIED},
		{"right before bit 20", R | 1u << 20, ZX_RIGHT_READ, 0, ZX_ERR_ACCESS_DENIED},
		{"right before fault beyond", R | BEYOND, ZX_RIGHT_READ, 0, ZX_ERR_ACCESS_DENIED},
		{"can map write before the right", R | CAN_WRITE, ZX_RIGHT_READ, 0,
		 ZX_ERR_INVALID_ARGS},
		{"write without read before the right", W, ZX_RIGHT_WRITE, 0, ZX_ERR_INVALID_ARGS},
		{"nothing asked for, no right but map", 0, ROOT_RIGHTS, ~ZX_RIGHT_MAP, ZX_OK},
		{"read with read alone", R, ROOT_RIGHTS & ~ZX_RIGHT_READ,
		 ~(ZX_RIGHT_MAP | ZX_RIGHT_READ), ZX_OK},
	};
	zx_handle_t vmo = executable_vmo(PG);

	T_EACH (cases, c) {
		zx_handle_t weak_vmar = without(a->vmar, c->vmar_missing);
		zx_handle_t weak_vmo = without(vmo, c->vmo_missing);
		zx_vaddr_t addr = 0;

		T_ZX_ROW(c->name, zx_vmar_map(weak_vmar, c->options, 0, weak_vmo, 0, PG, &addr),
			 c->want);
		if (c->want == ZX_OK)
			T_OK(zx_vmar_unmap(weak_vmar, addr, PG));
		t_close(weak_vmar);
		t_close(weak_vmo);
	}
	t_close(vmo);
}

Test(call_vmar_map, rights__each_missing__access_denied_in_its_place)
{
	in_both(rights);
}

/* 1.4: what the handles had at the call is what protect may ever give. */
static void max_protection(const struct arena *a)
{
	zx_handle_t vmo = executable_vmo(PG), read_only = without(vmo, ZX_RIGHT_WRITE);
	zx_handle_t no_execute = without(a->vmar, ZX_RIGHT_EXECUTE);
	zx_vaddr_t addr = 0;

	T_OK(zx_vmar_map(a->vmar, 0, 0, vmo, 0, PG, &addr));
	T_OK(zx_vmar_protect(a->vmar, RW | X, addr, PG));
	T_OK(zx_vmar_unmap(a->vmar, addr, PG));
	T_OK(zx_vmar_map(a->vmar, 0, 0, read_only, 0, PG, &addr));
	T_OK(zx_vmar_protect(a->vmar, R | X, addr, PG));
	T_ZX(zx_vmar_protect(a->vmar, RW, addr, PG), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmar_unmap(a->vmar, addr, PG));
	T_OK(zx_vmar_map(no_execute, 0, 0, vmo, 0, PG, &addr));
	T_OK(zx_vmar_protect(a->vmar, RW, addr, PG));
	T_ZX(zx_vmar_protect(a->vmar, R | X, addr, PG), ZX_ERR_ACCESS_DENIED);
	/* Closing handles changes nothing. */
	t_close(no_execute);
	t_close(read_only);
	t_close(vmo);
	T_OK(zx_vmar_protect(a->vmar, R, addr, PG));
	T_OK(zx_vmar_protect(a->vmar, RW, addr, PG));
}

Test(call_vmar_map, handles_rights__at_the_call__become_the_maximum)
{
	in_both(max_protection);
}

/* spec: vmar 3.1 #22 */
static void dead_region(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(PG);
	zx_vaddr_t base, addr;
	zx_handle_t v = arena_of(a->vmar, CAN_READ, 2, &base);

	T_OK(zx_vmar_destroy(v));
	T_ZX(zx_vmar_map(v, R, 0, vmo, 1, PG, &addr), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_map(v, R, 0, vmo, 0, UINT64_MAX, &addr), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmar_map(v, R, 0, vmo, 0, PG, &addr), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmar_map(v, R, 0, vmo, 0, 0, &addr), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmar_map(v, R | SPECIFIC, 1, vmo, 0, PG, &addr), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmar_map(v, R, 0, vmo, 0, PG, NULL), ZX_ERR_BAD_STATE);
	t_close(v);
	t_close(vmo);
}

Test(call_vmar_map, dead_region__other_arguments_wrong_too__order_of_checks)
{
	in_both(dead_region);
}

/* spec: vmar 3.1 #28 */
static void no_can_map_specific(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(PG);
	zx_vaddr_t base, addr;
	zx_handle_t v = arena_of(a->vmar, CAN_READ, 4, &base);

	T_ZX(zx_vmar_map(v, R | SPECIFIC, 0, vmo, 0, PG, &addr), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_map(v, R | OVERWRITE, 0, vmo, 0, PG, &addr), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_map(v, R | UPPER, 4 * PG, vmo, 0, PG, &addr), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_map(v, R | SPECIFIC, 1, vmo, 0, PG, &addr), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_map(v, R | SPECIFIC, 4 * PG, vmo, 0, PG, &addr), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmar_map(v, R, 0, vmo, 0, PG, &addr));
	t_close(v);
	t_close(vmo);
}

Test(call_vmar_map, region_without_can_map_specific__each_placement__access_denied)
{
	in_both(no_can_map_specific);
}

/* spec: vmar 3.1 #33 */
Test(call_vmar_map, vdso__overwritten__access_denied)
{
	const zx_handle_t root = zx_vmar_root_self();
	const zx_info_maps_t vdso = the_vdso();
	zx_handle_t vmo = t_vmo(PG);
	zx_vaddr_t addr = 0x123;
	zx_info_vmar_t info;

	cr_assert_eq(vdso.u.mapping.mmu_flags, R | X);
	T_OK(zx_object_get_info(root, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
	const uint64_t off = vdso.base - info.base;

	T_ZX(zx_vmar_map(root, R | OVERWRITE, off, vmo, 0, PG, &addr), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_map(root, R | OVERWRITE, off + vdso.size - PG, vmo, 0, PG, &addr),
	     ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_map(root, R | OVERWRITE, off - PG, vmo, 0, 2 * PG, &addr),
	     ZX_ERR_ACCESS_DENIED);
	/* Told before a region in the range. */
	zx_vaddr_t base;
	zx_handle_t v = sub(root, 0, off / PG - 4, 2, &base);

	T_ZX(zx_vmar_map(root, R | OVERWRITE, off - 4 * PG, vmo, 0, 4 * PG + vdso.size, &addr),
	     ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_map(root, R | OVERWRITE, off - 4 * PG, vmo, 0, 4 * PG, &addr),
	     ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_map(root, R | SPECIFIC, off, vmo, 0, PG, &addr), ZX_ERR_ALREADY_EXISTS);
	cr_assert_eq(addr, 0x123);
	T_OK(zx_vmar_destroy(v));
	t_close(v);
	t_close(vmo);
}

/* spec: vmar 3.1 #38 */
static void discarded(const struct arena *a)
{
	zx_handle_t vmo = t_vmo_options(2 * PG, ZX_VMO_DISCARDABLE);
	zx_vmo_lock_state_t state;
	zx_vaddr_t addr = 0x123;

	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, 2 * PG, &state, sizeof(state)));
	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_UNLOCK, 0, 2 * PG, NULL, 0));
	T_OK(zirconia_debug_discard(vmo));
	T_ZX(zx_vmar_map(a->vmar, RW | FAULTS | ZX_VM_MAP_RANGE, 0, vmo, 0, 2 * PG, &addr),
	     ZX_ERR_NOT_FOUND);
	cr_assert_eq(addr, 0x123);
	EXPECT_EMPTY(a->name, a->vmar);
	/* Without permission there is nothing to populate; without the option neither. */
	T_OK(zx_vmar_map(a->vmar, FAULTS | ZX_VM_MAP_RANGE, 0, vmo, 0, 2 * PG, &addr));
	T_OK(zx_vmar_map(a->vmar, RW | FAULTS, 0, vmo, 0, 2 * PG, &addr));
	if (a->real)
		T_ZX(try_read(addr), ZX_ERR_NOT_FOUND);
	t_close(vmo);
}

Test(call_vmar_map, map_range__discarded_vmo__not_found)
{
	in_both(discarded);
}

/* spec: vmar 3.1 #39 */
static void bad_result(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(4 * PG), old = t_vmo(8 * PG);
	zx_vaddr_t *bad = t_no_access_page();

	T_ZX(zx_vmar_map(a->vmar, R, 0, vmo, 0, PG, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_map(a->vmar, R, 0, vmo, 0, PG, bad), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_map(a->vmar, R, 0, vmo, 0, PG, t_before_guard(7)), ZX_ERR_INVALID_ARGS);
	EXPECT_EMPTY(a->name, a->vmar);
	cr_assert_eq(vmo_info(vmo).num_mappings, 0);
	/* What was overwritten does not come back. */
	map_at(a->vmar, R, 4, old, 0, 8);
	T_ZX(zx_vmar_map(a->vmar, R | OVERWRITE, 6 * PG, vmo, 0, 2 * PG, bad), ZX_ERR_INVALID_ARGS);
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 4, 2, R, old, 0}, {'M', 1, 8, 4, R, old, 4});
	if (a->real)
		T_ZX(try_read(a->base + 6 * PG), ZX_ERR_NOT_FOUND);
	t_close(old);
	t_close(vmo);
}

Test(call_vmar_map, bad_result_pointer__valid_arguments__mapping_removed)
{
	in_both(bad_result);
}

/* The result may lie in memory that only faults make present, also in the mapping itself. */
Test(call_vmar_map, result_pointer__inside_the_new_mapping__written_there)
{
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 4, &base), vmo = t_vmo(PG);
	zx_vaddr_t *inside = (zx_vaddr_t *)base;

	T_OK(zx_vmar_map(v, RW | SPECIFIC, 0, vmo, 0, PG, inside));
	cr_assert_eq(*inside, base);
	/* Not writable there: the mapping goes again. */
	T_OK(zx_vmar_unmap(v, base, PG));
	T_ZX(zx_vmar_map(v, R | SPECIFIC, 0, vmo, 0, PG, inside), ZX_ERR_INVALID_ARGS);
	EXPECT_EMPTY("read-only", v);
	t_close(v);
	t_close(vmo);
}

/* spec: vmar 3.4 #1 */
static void overwrite(const struct arena *a)
{
	zx_handle_t old = t_vmo(16 * PG), new = t_vmo(16 * PG);

	number_pages(old, 16);
	number_pages(new, 16);
	/* in the middle of one, which is split */
	map_at(a->vmar, RW, 0, old, 0, 8);
	map_at(a->vmar, R | OVERWRITE, 3, new, 8, 2);
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 0, 3, RW, old, 0}, {'M', 1, 3, 2, R, new, 8},
		    {'M', 1, 5, 3, RW, old, 5});
	cr_assert_eq(vmo_info(old).num_mappings, 2);
	cr_assert_eq(vmo_info(new).num_mappings, 1);
	if (a->real) {
		for (uint64_t p = 0; p < 8; p++)
			cr_assert_eq(byte_at(a->base + p * PG), p == 3 ? 9 : p == 4 ? 10 : p + 1);
	}
	/* over several, holes among them; front and back of the outer ones stay */
	map_at(a->vmar, R, 10, old, 10, 2);
	map_at(a->vmar, RW | OVERWRITE, 2, new, 0, 9);
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 0, 2, RW, old, 0}, {'M', 1, 2, 9, RW, new, 0},
		    {'M', 1, 11, 1, R, old, 11});
	if (a->real) {
		cr_assert_eq(byte_at(a->base + PG), 2);
		for (uint64_t p = 2; p < 11; p++)
			cr_assert_eq(byte_at(a->base + p * PG), p - 1);
		cr_assert_eq(byte_at(a->base + 11 * PG), 12);
	}
	/* exactly one; both options are the same as overwrite alone */
	map_at(a->vmar, R | OVERWRITE | SPECIFIC, 2, old, 7, 9);
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 0, 2, RW, old, 0}, {'M', 1, 2, 9, R, old, 7},
		    {'M', 1, 11, 1, R, old, 11});
	cr_assert_eq(vmo_info(new).num_mappings, 0);
	if (a->real)
		cr_assert_eq(byte_at(a->base + 2 * PG), 8);
	/* by what shows nothing: past the VMO's end */
	map_at(a->vmar, RW | OVERWRITE, 1, new, 15, 3);
	if (a->real) {
		cr_assert_eq(byte_at(a->base + PG), 16);
		T_ZX(try_read(a->base + 2 * PG), ZX_ERR_OUT_OF_RANGE);
		T_ZX(try_read(a->base + 3 * PG), ZX_ERR_OUT_OF_RANGE);
		cr_assert_eq(byte_at(a->base + 4 * PG), 10);
	}
	t_close(old);
	t_close(new);
}

Test(call_vmar_map, overwrite__parts_and_wholes__replaces_exactly_the_range)
{
	in_both(overwrite);
}

/* spec: vmar 3.4 #2 */ /* The VMO offset is honoured. */
static void upper_limit(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(8 * PG);
	zx_vaddr_t addr = 0;

	number_pages(vmo, 8);
	T_OK(zx_vmar_map(a->vmar, R | UPPER, 4 * PG, vmo, 3 * PG, 4 * PG, &addr));
	cr_assert_eq(addr, a->base);
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 0, 4, R, vmo, 3});
	if (a->real)
		cr_assert_eq(byte_at(addr), 4);
	T_ZX(zx_vmar_map(a->vmar, R | UPPER, 4 * PG, vmo, 0, PG, &addr), ZX_ERR_NO_RESOURCES);
	t_close(vmo);
}

Test(call_vmar_map, upper_limit__vmo_offset_given__shown_from_there)
{
	in_both(upper_limit);
}

/* spec: vmar 3.4 #3 */
static void nothing_committed(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(8 * PG);
	zx_info_vmo_t info;

	map_at(a->vmar, RW, 0, vmo, 0, 8);
	info = vmo_info(vmo);
	cr_assert_eq(info.num_mappings, 1);
	cr_assert_eq(info.share_count, 1);
	cr_assert_eq(info.committed_bytes, 0);
	T_OK(zx_vmar_unmap(a->vmar, a->base, 8 * PG));
	cr_assert_eq(vmo_info(vmo).num_mappings, 0);
	/* MAP_RANGE commits nothing either. */
	map_at(a->vmar, RW | ZX_VM_MAP_RANGE, 0, vmo, 0, 8);
	cr_assert_eq(vmo_info(vmo).committed_bytes, 0);
	number_pages(vmo, 1);
	map_at(a->vmar, RW | ZX_VM_MAP_RANGE, 10, vmo, 0, 16);
	cr_assert_eq(vmo_info(vmo).committed_bytes, PG);
	cr_assert_eq(vmo_info(vmo).num_mappings, 2);
	if (!a->real) {
		/* A second address space counts as a second sharer. */
		zx_vaddr_t addr = 0;

		T_OK(zx_vmar_map(zx_vmar_root_self(), R, 0, vmo, 0, PG, &addr));
		cr_assert_eq(vmo_info(vmo).share_count, 2);
		T_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, PG));
	} else {
		cr_assert_eq(byte_at(a->base + 7 * PG), 0);
		cr_assert_eq(vmo_info(vmo).committed_bytes, PG, "reading commits");
		T_OK(try_write(a->base + 3 * PG, 9));
		cr_assert_eq(vmo_info(vmo).committed_bytes, 2 * PG);
		cr_assert_eq(vmo_byte(vmo, 3 * PG), 9);
		cr_assert_eq(byte_at(a->base + 13 * PG), 9, "another mapping shows another page");
	}
	t_close(vmo);
}

Test(call_vmar_map, mapped__looked_at__counted_but_nothing_committed)
{
	in_both(nothing_committed);
}

/* 1.1: a mapping holds the VMO, not a handle. */
Test(call_vmar_map, handle_closed__mapping__stays_usable)
{
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 4, &base), vmo = t_vmo(PG);

	map_at(v, RW, 1, vmo, 0, 1);
	t_close(vmo);
	T_OK(try_write(base + PG, 77));
	cr_assert_eq(byte_at(base + PG), 77);
	/* 1.2: nor does the region need its handle. */
	t_close(v);
	cr_assert_eq(byte_at(base + PG), 77);
	T_OK(zx_vmar_unmap(zx_vmar_root_self(), base, 4 * PG));
	T_ZX(try_read(base + PG), ZX_ERR_NOT_FOUND);
}

/* 8.6: the mapping keeps its size while the VMO changes its own. */
Test(call_vmar_map, resized_vmo__mapping__faults_past_the_end_only)
{
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 8, &base);
	zx_handle_t vmo = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE);

	map_at(v, RW, 0, vmo, 0, 4);
	T_OK(try_write(base + PG, 1));
	T_ZX(try_write(base + 2 * PG, 1), ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_vmo_set_size(vmo, 3 * PG));
	T_OK(try_write(base + 2 * PG, 2));
	T_ZX(try_read(base + 3 * PG), ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_vmo_set_size(vmo, PG));
	T_ZX(try_read(base + PG), ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_vmo_set_size(vmo, 4 * PG));
	cr_assert_eq(byte_at(base + PG), 0);
	cr_assert_eq(byte_at(base + 3 * PG), 0);
	/* Permission is told before the end: 8.1. */
	T_OK(zx_vmo_set_size(vmo, 0));
	T_OK(zx_vmar_protect(v, R, base, 4 * PG));
	T_ZX(try_write(base, 1), ZX_ERR_ACCESS_DENIED);
	T_ZX(try_read(base), ZX_ERR_OUT_OF_RANGE);
	EXPECT_MAPS("size", v, {'M', 1, 0, 4, R, vmo, 0});
	t_close(v);
	t_close(vmo);
}

/* 8.1 #5 */
Test(call_vmar_map, fault_beyond_stream_size__stream_size_moves__mapping_follows)
{
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 16, &base), vmo = t_vmo(4 * PG);

	map_at(v, RW | FAULTS | BEYOND, 0, vmo, 0, 6);
	map_at(v, RW, 8, vmo, 0, 4);
	T_OK(zx_vmo_set_stream_size(vmo, PG + 1));
	T_OK(try_write(base + PG, 1));
	T_ZX(try_write(base + 2 * PG, 1), ZX_ERR_OUT_OF_RANGE);
	T_OK(try_write(base + 10 * PG, 1));
	T_OK(zx_vmo_set_stream_size(vmo, 4 * PG));
	T_OK(try_write(base + 3 * PG, 1));
	T_ZX(try_write(base + 4 * PG, 1), ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_vmo_set_stream_size(vmo, 0));
	T_ZX(try_read(base), ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(byte_at(base + 8 * PG), 0);
	t_close(v);
	t_close(vmo);
}

/* ---- merging: section 10 */

struct merge_case {
	const char *name;
	uint32_t first, second; /* options */
	uint64_t second_page,
		vmo_page; /* the first one is pages 10-13 of the arena and 4-7 of the VMO */
	bool other_vmo, less_max, becomes_one;
};

/* spec: vmar 10.1 #1 */
static const struct merge_case merge_cases[] = {
	{"right neighbour", RW, RW, 14, 8, false, false, true},
	{"left neighbour", RW, RW, 8, 2, false, false, true},
	{"different protections", RW, R, 14, 8, false, false, true},
	{"no protection", RW, 0, 14, 8, false, false, true},
	{"hole between", RW, RW, 15, 9, false, false, false},
	{"VMO offsets do not follow", RW, RW, 14, 9, false, false, false},
	{"VMO offsets equal", RW, RW, 14, 4, false, false, false},
	{"another VMO", RW, RW, 14, 8, true, false, false},
	{"another maximum", R, R, 14, 8, false, true, false},
	{"only one faults beyond", RW | FAULTS, RW | FAULTS | BEYOND, 14, 8, false, false, false},
	{"both fault beyond", RW | FAULTS | BEYOND, RW | FAULTS | BEYOND, 14, 8, false, false,
	 true},
	{"allow faults does not matter", RW, RW | FAULTS, 14, 8, false, false, true},
	{"map range does not matter", RW, RW | ZX_VM_MAP_RANGE, 14, 8, false, false, true},
	{"alignment does not matter", RW, RW | ALIGN(11), 14, 8, false, false, true},
	{"overwrite does not matter", RW, RW | OVERWRITE, 14, 8, false, false, true},
};

static void merges(const struct arena *a)
{
	T_EACH (merge_cases, c) {
		zx_handle_t vmo = t_vmo(32 * PG), other = t_vmo(32 * PG);
		zx_handle_t second = dup_of(c->other_vmo ? other : vmo,
					    t_rights(vmo) & ~(c->less_max ? ZX_RIGHT_WRITE : 0));
		const uint64_t maps = c->becomes_one ? 1 : 2;

		map_at(a->vmar, c->first, 10, vmo, 4, 4);
		map_at(a->vmar, c->second, c->second_page, second, c->vmo_page, 2);
		cr_assert_eq(vmo_info(vmo).num_mappings + vmo_info(other).num_mappings, maps,
			     "%s, %s: %" PRIu64 " mappings", a->name, c->name,
			     vmo_info(vmo).num_mappings + vmo_info(other).num_mappings);
		T_OK(zx_vmar_unmap(a->vmar, a->base, ARENA_PAGES * PG));
		t_close(second);
		t_close(other);
		t_close(vmo);
	}
}

Test(call_vmar_map, neighbours__each_condition__merged_or_not)
{
	in_both(merges);
}

/* spec: vmar 10.3 #1 */
static void merged_rows(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(16 * PG), child = ZX_HANDLE_INVALID;

	number_pages(vmo, 16);
	map_at(a->vmar, R, 4, vmo, 4, 2);
	map_at(a->vmar, RW, 8, vmo, 8, 2);
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 4, 2, R, vmo, 4}, {'M', 1, 8, 2, RW, vmo, 8});
	/* Joins both sides at once. */
	map_at(a->vmar, RW, 6, vmo, 6, 2);
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 4, 2, R, vmo, 4}, {'M', 1, 6, 4, RW, vmo, 6});
	/* Protection ranges are rows, not mappings. */
	T_OK(zx_vmar_protect(a->vmar, 0, a->base + 7 * PG, PG));
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 4, 2, R, vmo, 4}, {'M', 1, 6, 1, RW, vmo, 6},
		    {'M', 1, 7, 1, 0, vmo, 7}, {'M', 1, 8, 2, RW, vmo, 8});
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	T_OK(zx_vmar_protect(a->vmar, RW, a->base + 4 * PG, 6 * PG));
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 4, 6, RW, vmo, 4});
	/* A hole makes two, filling it makes one again. */
	T_OK(zx_vmar_unmap(a->vmar, a->base + 6 * PG, PG));
	cr_assert_eq(vmo_info(vmo).num_mappings, 2);
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 4, 2, RW, vmo, 4}, {'M', 1, 7, 3, RW, vmo, 7});
	map_at(a->vmar, RW, 6, vmo, 6, 1);
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 4, 6, RW, vmo, 4});
	if (a->real) {
		for (uint64_t p = 4; p < 10; p++) {
			cr_assert_eq(byte_at(a->base + p * PG), p + 1);
			T_OK(try_write(a->base + p * PG + 1, (uint8_t)p));
			cr_assert_eq(vmo_byte(vmo, p * PG + 1), p);
		}
	}
	/* A reference is another VMO object. */
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_REFERENCE, 0, 0, &child));
	map_at(a->vmar, RW, 10, child, 10, 1);
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	t_close(child);
	t_close(vmo);
}

Test(call_vmar_map, merged_mapping__listed__one_row_per_protection)
{
	in_both(merged_rows);
}

/* Nobody merges across a region's border. */
static void not_across_regions(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(16 * PG);
	zx_vaddr_t base;
	zx_handle_t v = sub(a->vmar, CAN_ALL, 4, 4, &base);

	map_at(a->vmar, RW, 2, vmo, 2, 2);
	map_at(v, RW, 0, vmo, 4, 4);
	map_at(a->vmar, RW, 8, vmo, 8, 2);
	cr_assert_eq(vmo_info(vmo).num_mappings, 3);
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 2, 2, RW, vmo, 2}, {'V', 1, 4, 4, 0, 0, 0},
		    {'M', 2, 4, 4, RW, vmo, 4}, {'M', 1, 8, 2, RW, vmo, 8});
	t_close(v);
	t_close(vmo);
}

Test(call_vmar_map, neighbours__of_different_regions__stay_apart)
{
	in_both(not_across_regions);
}

Test(call_vmar_map, root_of_self__mapped__never_where_the_host_maps)
{
	/* Host memory and ours never meet: holes of the root region stay reserved. */
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 1024, &base), vmo = t_vmo(PG);
	zx_info_vmar_t root;

	T_OK(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root), NULL,
				NULL));
	map_at(v, RW, 0, vmo, 0, 1);
	T_OK(zx_vmar_unmap(v, base, PG));
	for (int i = 0; i < 200; i++) {
		uint8_t *host = t_no_access_page();

		cr_assert((zx_vaddr_t)host < root.base || (zx_vaddr_t)host >= root.base + root.len);
	}
	T_ZX(try_read(base), ZX_ERR_NOT_FOUND);
	t_close(vmo);
	t_close(v);
}
