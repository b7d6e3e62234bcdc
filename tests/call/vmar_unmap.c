/* zi-test: valgrind */
/* zx_vmar_unmap: the table of checks, and what becomes of each kind of child. */
#include "vmar_t.h"

/* Tried on an arena with: a region at page 8 of 4 pages, mappings at pages 16-19 and 24-27. */
static const struct {
	const char *name;
	uint64_t off; /* from the arena's base, wraps */
	uint64_t len;
	bool op_children;
	zx_status_t want;
} rows[] = {
	/* spec: vmar 4.1 #2 */
	{"unaligned address", 16 * PG + 1, PG, true, ZX_ERR_INVALID_ARGS},
	{"unaligned address outside", ARENA_PAGES *PG + 8, PG, true, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 4.1 #3 */
	{"length 0", 16 * PG, 0, true, ZX_ERR_INVALID_ARGS},
	{"length wraps when rounded", 16 * PG, UINT64_MAX, true, ZX_ERR_INVALID_ARGS},
	{"first length that wraps", 16 * PG, UINT64_MAX - PG + 2, true, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 4.1 #5 */
	{"one page below", -PG, PG, true, ZX_ERR_INVALID_ARGS},
	{"from below into it", -PG, 2 * PG, true, ZX_ERR_INVALID_ARGS},
	{"at the end", ARENA_PAGES *PG, PG, true, ZX_ERR_INVALID_ARGS},
	{"past the end", (ARENA_PAGES - 1) * PG, PG + 1, true, ZX_ERR_INVALID_ARGS},
	{"largest length", 0, UINT64_MAX - PG + 1, true, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 4.1 #8 */
	{"start of a region", 8 * PG, PG, true, ZX_ERR_INVALID_ARGS},
	{"end of a region", 11 * PG, 2 * PG, true, ZX_ERR_INVALID_ARGS},
	{"middle of a region", 9 * PG, PG, true, ZX_ERR_INVALID_ARGS},
	{"a region in part, mappings whole", 10 * PG, 20 * PG, true, ZX_ERR_INVALID_ARGS},
	{"mapping, and a region in part", 0, 9 * PG, true, ZX_ERR_INVALID_ARGS},
	{"a region without OP_CHILDREN", 8 * PG, 4 * PG, false, ZX_ERR_INVALID_ARGS},
	{"all without OP_CHILDREN", 0, ARENA_PAGES *PG, false, ZX_ERR_INVALID_ARGS},
	{"a region in part without OP_CHILDREN", 8 * PG, PG, false, ZX_ERR_INVALID_ARGS},
	/* nothing is mapped there: 4.1 */
	{"hole", 0, PG, true, ZX_OK},
	{"hole between all", 12 * PG, 4 * PG, false, ZX_OK},
	{"last page", (ARENA_PAGES - 1) * PG, 1, false, ZX_OK},
};

static void fill(const struct arena *a, zx_handle_t vmo, zx_handle_t *region, zx_vaddr_t *base)
{
	*region = sub(a->vmar, CAN_ALL, 8, 4, base);
	map_at(*region, RW, 1, vmo, 0, 2);
	map_at(a->vmar, RW, 16, vmo, 0, 4);
	map_at(a->vmar, R, 24, vmo, 8, 4);
}

#define FULL                                                                              \
	{'V', 1, 8, 4, 0, 0, 0}, {'M', 2, 9, 2, RW, vmo, 0}, {'M', 1, 16, 4, RW, vmo, 0}, \
	{                                                                                 \
		'M', 1, 24, 4, R, vmo, 8                                                  \
	}

static void each_row(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(16 * PG), region, weak = without(a->vmar, ZX_RIGHT_OP_CHILDREN);
	zx_vaddr_t base;

	fill(a, vmo, &region, &base);
	T_EACH (rows, r) {
		char row[160];

		snprintf(row, sizeof(row), "%s: %s", a->name, r->name);
		T_ZX_ROW(row,
			 zx_vmar_unmap(r->op_children ? a->vmar : weak, a->base + r->off, r->len),
			 r->want);
		EXPECT_MAPS(row, a->vmar, FULL);
	}
	t_close(region);
	t_close(weak);
	t_close(vmo);
}

Test(call_vmar_unmap, address_length__each_row__its_status_and_nothing_changed)
{
	in_both(each_row);
}

/* spec: vmar 4.1 #1 */
Test(call_vmar_unmap, handle__each_kind__no_right_needed)
{
	zx_handle_t event = an_event(), vmo = t_vmo(PG);
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 4, &base), bare = dup_of(v, 0);

	T_ZX(zx_vmar_unmap(ZX_HANDLE_INVALID, 1, 0), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_unmap(a_closed_handle(), 1, 0), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_unmap(event, 1, 0), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_vmar_unmap(vmo, 1, 0), ZX_ERR_WRONG_TYPE);
	map_at(v, RW, 0, vmo, 0, 1);
	T_OK(zx_vmar_unmap(bare, base, PG));
	EXPECT_EMPTY("bare", v);
	t_close(bare);
	t_close(v);
	t_close(vmo);
	t_close(event);
}

/* spec: vmar 4.1 #4 #6 */
static void dead_and_empty(const struct arena *a)
{
	zx_vaddr_t base;
	zx_handle_t v = arena_of(a->vmar, 0, 4, &base);

	T_OK(zx_vmar_unmap(v, base, 4 * PG));
	T_OK(zx_vmar_unmap(v, base + PG, 1));
	T_ZX(zx_vmar_unmap(v, base, 5 * PG), ZX_ERR_INVALID_ARGS);
	T_OK(zx_vmar_destroy(v));
	T_ZX(zx_vmar_unmap(v, base, PG), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmar_unmap(v, base, 5 * PG), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmar_unmap(v, base + 1, PG), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_unmap(v, base, 0), ZX_ERR_INVALID_ARGS);
	t_close(v);
}

Test(call_vmar_unmap, dead_or_empty_region__unmapped__order_of_checks)
{
	in_both(dead_and_empty);
}

/* spec: vmar 4.1 #7 */
Test(call_vmar_unmap, vdso__unmapped__access_denied)
{
	const zx_info_maps_t vdso = the_vdso();
	const zx_handle_t root = zx_vmar_root_self();
	zx_handle_t vmo = t_vmo(PG);
	zx_info_vmar_t info;
	zx_vaddr_t addr = 0;

	T_OK(zx_object_get_info(root, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
	T_OK(zx_vmar_map(root, R, 0, vmo, 0, PG, &addr));
	T_ZX(zx_vmar_unmap(root, info.base, info.len), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_unmap(root, vdso.base, PG), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_unmap(root, vdso.base - PG, 2 * PG), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_unmap(root, vdso.base + vdso.size - PG, 1), ZX_ERR_ACCESS_DENIED);
	/* Told before the rule about regions. */
	zx_handle_t weak = without(root, ZX_RIGHT_OP_CHILDREN), v;
	zx_vaddr_t base;

	v = arena_of(root, 0, 4, &base);
	T_ZX(zx_vmar_unmap(weak, info.base, info.len), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmar_unmap(root, vdso.base - PG, PG));
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	T_OK(zx_vmar_unmap(root, addr, PG));
	T_OK(zx_vmar_destroy(v));
	t_close(weak);
	t_close(v);
	t_close(vmo);
}

static void parts(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(16 * PG);

	number_pages(vmo, 16);
	/* spec: vmar 4.2 #1 */
	map_at(a->vmar, RW, 4, vmo, 2, 8);
	T_OK(zx_vmar_unmap(a->vmar, a->base + 4 * PG, 8 * PG));
	EXPECT_EMPTY("whole", a->vmar);
	map_at(a->vmar, RW, 4, vmo, 2, 8);
	T_OK(zx_vmar_unmap(a->vmar, a->base, 30 * PG));
	EXPECT_EMPTY("more than whole", a->vmar);
	/* spec: vmar 4.2 #2 */
	map_at(a->vmar, RW, 4, vmo, 2, 8);
	T_OK(zx_vmar_unmap(a->vmar, a->base + 4 * PG, 2 * PG));
	EXPECT_MAPS("front", a->vmar, {'M', 1, 6, 6, RW, vmo, 4});
	T_OK(zx_vmar_unmap(a->vmar, a->base + 11 * PG, 5 * PG));
	EXPECT_MAPS("back", a->vmar, {'M', 1, 6, 5, RW, vmo, 4});
	/* spec: vmar 4.2 #3 */
	T_OK(zx_vmar_protect(a->vmar, R, a->base + 9 * PG, PG));
	T_OK(zx_vmar_unmap(a->vmar, a->base + 8 * PG, 1));
	EXPECT_MAPS("middle", a->vmar, {'M', 1, 6, 2, RW, vmo, 4}, {'M', 1, 9, 1, R, vmo, 7},
		    {'M', 1, 10, 1, RW, vmo, 8});
	cr_assert_eq(vmo_info(vmo).num_mappings, 2);
	/* The parts keep what they may be. */
	T_OK(zx_vmar_protect(a->vmar, 0, a->base + 9 * PG, PG));
	T_OK(zx_vmar_protect(a->vmar, RW, a->base + 9 * PG, 2 * PG));
	T_ZX(zx_vmar_protect(a->vmar, R | X, a->base + 9 * PG, PG), ZX_ERR_ACCESS_DENIED);
	if (a->real) {
		static const uint8_t shown[] = {5, 6, 0, 8, 9};

		for (uint64_t p = 0; p < 5; p++) {
			if (shown[p] == 0)
				T_ZX(try_read(a->base + (6 + p) * PG), ZX_ERR_NOT_FOUND);
			else
				cr_assert_eq(byte_at(a->base + (6 + p) * PG), shown[p]);
		}
		T_ZX(try_read(a->base + 5 * PG), ZX_ERR_NOT_FOUND);
		T_ZX(try_read(a->base + 11 * PG), ZX_ERR_NOT_FOUND);
	}
	/* spec: vmar 4.2 #6 */
	T_OK(zx_vmar_unmap(a->vmar, a->base, ARENA_PAGES * PG));
	EXPECT_EMPTY("all", a->vmar);
	for (uint64_t p = 0; p < 16; p++)
		cr_assert_eq(vmo_byte(vmo, p * PG), p + 1);
	/* V itself stays alive. */
	map_at(a->vmar, RW, 0, vmo, 0, 1);
	t_close(vmo);
}

Test(call_vmar_unmap, mapping__whole_and_in_parts__split_and_trimmed)
{
	in_both(parts);
}

static void regions(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(16 * PG), v, inner;
	zx_vaddr_t base, inner_base;

	/* spec: vmar 4.2 #4 */
	v = sub(a->vmar, CAN_ALL, 8, 16, &base);
	inner = sub(v, CAN_ALL, 4, 4, &inner_base);
	map_at(inner, RW, 0, vmo, 0, 2);
	map_at(v, RW, 10, vmo, 4, 2);
	map_at(a->vmar, RW, 26, vmo, 8, 2);
	T_OK(zx_vmar_unmap(a->vmar, base, 19 * PG));
	expect_dead("region", v, base);
	expect_dead("inner region", inner, inner_base);
	EXPECT_MAPS("region gone", a->vmar, {'M', 1, 27, 1, RW, vmo, 9});
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	if (a->real) {
		T_ZX(try_read(inner_base), ZX_ERR_NOT_FOUND);
		T_ZX(try_read(base + 10 * PG), ZX_ERR_NOT_FOUND);
	}
	t_close(inner);
	t_close(v);
	/* The range is free again. */
	v = sub(a->vmar, CAN_ALL, 8, 16, &base);
	/* spec: vmar 4.2 #5 */
	T_ZX(zx_vmar_unmap(a->vmar, base, 15 * PG), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_unmap(a->vmar, base + PG, 15 * PG), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_unmap(a->vmar, base + 3 * PG, PG), ZX_ERR_INVALID_ARGS);
	map_at(v, RW, 3, vmo, 0, 1);
	T_ZX(zx_vmar_unmap(a->vmar, base + 3 * PG, PG), ZX_ERR_INVALID_ARGS);
	T_OK(zx_vmar_unmap(v, base + 3 * PG, PG));
	EXPECT_MAPS("own handle", a->vmar, {'V', 1, 8, 16, 0, 0, 0}, {'M', 1, 27, 1, RW, vmo, 9});
	t_close(v);
	t_close(vmo);
}

Test(call_vmar_unmap, region_in_the_range__whole_or_in_part__destroyed_or_refused)
{
	in_both(regions);
}

/* 4.3: the result is that the memory is gone, also for a call that is told to use it. */
Test(call_vmar_unmap, own_memory__unmapped__faults_afterwards)
{
	/* Memcheck takes note of the write that is wrong on purpose. */
	t_require("no-valgrind");
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 4, &base), vmo = t_vmo(2 * PG);
	zirconia_fault_info_t info;
	zirconia_fault_frame_t frame;

	map_at(v, RW, 0, vmo, 0, 2);
	*(volatile uint64_t *)base = 5;
	T_OK(zx_vmar_unmap(v, base, 2 * PG));
	T_ZX(zx_vmo_read(vmo, (void *)base, 0, 8), ZX_ERR_NOT_FOUND);
	memset(&info, 0, sizeof(info));
	if (ZIRCONIA_FAULT_TRY(&frame)) {
		*(volatile uint64_t *)(base + PG + 8) = 6;
		zirconia_fault_end(&frame);
	} else {
		info = frame.info;
	}
	cr_assert_eq(info.type, ZX_EXCP_FATAL_PAGE_FAULT);
	cr_assert_eq(info.status, ZX_ERR_NOT_FOUND);
	cr_assert_eq(info.addr, base + PG + 8);
	cr_assert_eq(info.access, W);
	t_close(v);
	t_close(vmo);
}
