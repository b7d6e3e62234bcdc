/* zi-test: valgrind */
/* zx_vmar_protect: the table of checks, all or nothing, and what memory does afterwards. */
#include "vmar_t.h"

/*
 * Tried on an arena laid out as follows, pages of VMO `vmo` at the same numbers:
 *    4-7   RW, may be RW          8-9   hole
 *   10-13  R, may be R           14-17  region: 14-15 RW (may be RW), 16 R (may be RW), 17 hole
 *   18-19  none, may be RWX
 */
static const struct {
	const char *name;
	uint32_t options;
	uint64_t off, len;
	zx_status_t strong; /* through a handle with OP_CHILDREN */
	zx_status_t weak;   /* without */
} rows[] = {
	/* spec: vmar 5.1 #2 */
	{"write", W, 4 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"execute", X, 18 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"write and execute", W | X, 18 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 5.1 #3 */
	{"unaligned address", R, 4 * PG + 1, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 5.1 #4 */
	{"compact", R | ZX_VM_COMPACT, 4 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"specific", R | SPECIFIC, 4 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"overwrite", R | OVERWRITE, 4 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"can map specific", R | CAN_SPECIFIC, 4 * PG, PG, ZX_ERR_INVALID_ARGS,
	 ZX_ERR_INVALID_ARGS},
	{"can map read", R | CAN_READ, 4 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"can map write", R | CAN_WRITE, 4 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"can map execute", R | CAN_EXECUTE, 4 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"map range", R | ZX_VM_MAP_RANGE, 4 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"non-resizable", R | ZX_VM_REQUIRE_NON_RESIZABLE, 4 * PG, PG, ZX_ERR_INVALID_ARGS,
	 ZX_ERR_INVALID_ARGS},
	{"allow faults", R | FAULTS, 4 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"upper limit", R | UPPER, 4 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"fault beyond", R | BEYOND, 4 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"bit 16", R | 1u << 16, 4 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"alignment", R | ALIGN(12), 4 * PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 5.1 #5 */
	{"length 0", R, 4 * PG, 0, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"length wraps", R, 4 * PG, UINT64_MAX, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 5.1 #7 */
	{"below", R, -PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"at the end", R, ARENA_PAGES *PG, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"past the end", R, (ARENA_PAGES - 1) * PG, 2 * PG, ZX_ERR_INVALID_ARGS,
	 ZX_ERR_INVALID_ARGS},
	/* spec: vmar 5.1 #8a */
	{"hole first", R, 3 * PG, 2 * PG, ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FOUND},
	{"hole in the middle", R, 7 * PG, 4 * PG, ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FOUND},
	{"hole before a forbidden one", RW, 9 * PG, 2 * PG, ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FOUND},
	/* spec: vmar 5.1 #8 #8b */
	{"above the maximum", RW, 10 * PG, PG, ZX_ERR_ACCESS_DENIED, ZX_ERR_ACCESS_DENIED},
	{"above the maximum, execute", R | X, 4 * PG, PG, ZX_ERR_ACCESS_DENIED,
	 ZX_ERR_ACCESS_DENIED},
	{"forbidden one before a region", RW, 13 * PG, 2 * PG, ZX_ERR_ACCESS_DENIED,
	 ZX_ERR_ACCESS_DENIED},
	{"maximum before OP_CHILDREN", R | X, 14 * PG, PG, ZX_ERR_ACCESS_DENIED,
	 ZX_ERR_ACCESS_DENIED},
	/* spec: vmar 5.1 #8d #8e */
	{"raising in a region", RW, 16 * PG, PG, ZX_ERR_ACCESS_DENIED, ZX_ERR_INVALID_ARGS},
	{"raising one page of two", RW, 15 * PG, 2 * PG, ZX_ERR_ACCESS_DENIED, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 5.1 #9 */
	{"hole at the end", R, 6 * PG, 3 * PG, ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FOUND},
	{"nothing mapped", 0, 0, PG, ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FOUND},
	{"nothing mapped in the region", 0, 17 * PG, PG, ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FOUND},
	{"hole at the end of the region", R, 14 * PG, 4 * PG, ZX_ERR_NOT_FOUND,
	 ZX_ERR_INVALID_ARGS},
};

struct setting {
	zx_handle_t vmo, read_only, executable, region;
	zx_vaddr_t region_base;
};

#define FULL                                                                                   \
	{'M', 1, 4, 4, RW, s.vmo, 4}, {'M', 1, 10, 4, R, s.vmo, 10}, {'V', 1, 14, 4, 0, 0, 0}, \
		{'M', 2, 14, 2, RW, s.vmo, 14}, {'M', 2, 16, 1, R, s.vmo, 16},                 \
	{                                                                                      \
		'M', 1, 18, 2, 0, s.executable, 18                                             \
	}

static struct setting begin(const struct arena *a)
{
	struct setting s;

	s.vmo = t_vmo(32 * PG);
	number_pages(s.vmo, 32);
	s.read_only = without(s.vmo, ZX_RIGHT_WRITE);
	s.executable = executable_vmo(32 * PG);
	s.region = sub(a->vmar, CAN_ALL, 14, 4, &s.region_base);
	map_at(a->vmar, RW, 4, s.vmo, 4, 4);
	map_at(a->vmar, R, 10, s.read_only, 10, 4);
	map_at(s.region, RW, 0, s.vmo, 14, 3);
	T_OK(zx_vmar_protect(s.region, R, s.region_base + 2 * PG, PG));
	map_at(a->vmar, 0, 18, s.executable, 18, 2);
	return s;
}

static void end(struct setting *s)
{
	t_close(s->vmo);
	t_close(s->read_only);
	t_close(s->executable);
	t_close(s->region);
}

static void each_row(const struct arena *a)
{
	struct setting s = begin(a);
	zx_handle_t weak = without(a->vmar, ZX_RIGHT_OP_CHILDREN);

	EXPECT_MAPS("begin", a->vmar, FULL);
	T_EACH (rows, r) {
		char row[160];

		snprintf(row, sizeof(row), "%s: %s", a->name, r->name);
		T_ZX_ROW(row, zx_vmar_protect(a->vmar, r->options, a->base + r->off, r->len),
			 r->strong);
		T_ZX_ROW(row, zx_vmar_protect(weak, r->options, a->base + r->off, r->len), r->weak);
		EXPECT_MAPS(row, a->vmar, FULL);
	}
	t_close(weak);
	end(&s);
}

Test(call_vmar_protect, options_address_length__each_row__its_status_and_nothing_changed)
{
	in_both(each_row);
}

/* spec: vmar 5.1 #1 */
static void handles(const struct arena *a)
{
	struct setting s = begin(a);
	zx_handle_t event = an_event(), bare = dup_of(a->vmar, 0);
	zx_handle_t no_write = without(a->vmar, ZX_RIGHT_WRITE);

	T_ZX(zx_vmar_protect(ZX_HANDLE_INVALID, UINT32_MAX, 1, 0), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_protect(a_closed_handle(), UINT32_MAX, 1, 0), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_protect(event, UINT32_MAX, 1, 0), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_vmar_protect(bare, R, 1, 0), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_protect(bare, ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED, 1, 0), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_protect(bare, W, 1, 0), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_protect(no_write, W, 1, 0), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_protect(no_write, RW, a->base + 4 * PG, PG), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_protect(no_write, X, a->base, PG), ZX_ERR_INVALID_ARGS);
	EXPECT_MAPS("handles", a->vmar, FULL);
	/* spec: vmar 5.2 #3 */
	T_OK(zx_vmar_protect(bare, 0, a->base + 4 * PG, 4 * PG));
	if (a->real)
		T_ZX(try_read(a->base + 4 * PG), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmar_protect(no_write, R, a->base + 4 * PG, 4 * PG));
	T_ZX(zx_vmar_protect(no_write, RW, a->base + 4 * PG, 4 * PG), ZX_ERR_ACCESS_DENIED);
	t_close(no_write);
	t_close(bare);
	t_close(event);
	end(&s);
}

Test(call_vmar_protect, handle__each_kind__rights_for_what_is_asked)
{
	in_both(handles);
}

/* spec: vmar 5.1 #6 */
static void dead(const struct arena *a)
{
	zx_vaddr_t base;
	zx_handle_t v = arena_of(a->vmar, CAN_ALL, 4, &base);

	T_OK(zx_vmar_destroy(v));
	T_ZX(zx_vmar_protect(v, R, base, PG), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmar_protect(v, R, base, 5 * PG), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmar_protect(v, R, base + 1, PG), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_protect(v, R | SPECIFIC, base, PG), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_protect(v, R, base, 0), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_protect(v, W, base, PG), ZX_ERR_INVALID_ARGS);
	t_close(v);
}

Test(call_vmar_protect, dead_region__other_arguments_wrong_too__order_of_checks)
{
	in_both(dead);
}

/* spec: vmar 5.1 #8c */
Test(call_vmar_protect, vdso__protected__access_denied)
{
	const zx_info_maps_t vdso = the_vdso();
	const zx_handle_t root = zx_vmar_root_self();

	T_ZX(zx_vmar_protect(root, R, vdso.base, vdso.size), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_protect(root, R | X, vdso.base, PG), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_protect(root, 0, vdso.base, PG), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_protect(root, RW, vdso.base, PG), ZX_ERR_ACCESS_DENIED);
	/* The hole below comes first. */
	T_ZX(zx_vmar_protect(root, R, vdso.base - PG, 2 * PG), ZX_ERR_NOT_FOUND);
	cr_assert_eq(the_vdso().u.mapping.mmu_flags, R | X);
}

/* spec: vmar 5.2 #1 */
static void lower_and_raise(const struct arena *a)
{
	struct setting s = begin(a);

	T_OK(zx_vmar_protect(a->vmar, 0, a->base + 5 * PG, 2 * PG - 7));
	EXPECT_MAPS("none", a->vmar, {'M', 1, 4, 1, RW, s.vmo, 4}, {'M', 1, 5, 2, 0, s.vmo, 5},
		    {'M', 1, 7, 1, RW, s.vmo, 7}, {'M', 1, 10, 4, R, s.vmo, 10},
		    {'V', 1, 14, 4, 0, 0, 0}, {'M', 2, 14, 2, RW, s.vmo, 14},
		    {'M', 2, 16, 1, R, s.vmo, 16}, {'M', 1, 18, 2, 0, s.executable, 18});
	if (a->real) {
		T_OK(try_write(a->base + 4 * PG, 1));
		T_ZX(try_read(a->base + 5 * PG), ZX_ERR_ACCESS_DENIED);
		T_ZX(try_write(a->base + 6 * PG, 1), ZX_ERR_ACCESS_DENIED);
		T_OK(try_write(a->base + 7 * PG, 1));
	}
	T_OK(zx_vmar_protect(a->vmar, R, a->base + 5 * PG, PG));
	if (a->real) {
		cr_assert_eq(byte_at(a->base + 5 * PG), 6);
		T_ZX(try_write(a->base + 5 * PG, 1), ZX_ERR_ACCESS_DENIED);
		T_ZX(try_read(a->base + 6 * PG), ZX_ERR_ACCESS_DENIED);
	}
	T_OK(zx_vmar_protect(a->vmar, RW, a->base + 4 * PG, 4 * PG));
	if (a->real) {
		T_OK(try_write(a->base + 5 * PG, 55));
		cr_assert_eq(vmo_byte(s.vmo, 5 * PG), 55);
		cr_assert_eq(byte_at(a->base + 6 * PG), 7);
	}
	/* One row per protection that changed, one mapping all the time. */
	EXPECT_MAPS("raised", a->vmar, FULL);
	/* Maximum of all three. */
	T_OK(zx_vmar_protect(a->vmar, RW | X, a->base + 18 * PG, 2 * PG));
	T_OK(zx_vmar_protect(a->vmar, ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED | X, a->base + 18 * PG,
			     PG));
	EXPECT_MAPS("execute", a->vmar, {'M', 1, 4, 4, RW, s.vmo, 4}, {'M', 1, 10, 4, R, s.vmo, 10},
		    {'V', 1, 14, 4, 0, 0, 0}, {'M', 2, 14, 2, RW, s.vmo, 14},
		    {'M', 2, 16, 1, R, s.vmo, 16}, {'M', 1, 18, 1, R | X, s.executable, 18},
		    {'M', 1, 19, 1, RW | X, s.executable, 19});
	end(&s);
}

Test(call_vmar_protect, lowered_and_raised__any_number_of_times__as_asked)
{
	in_both(lower_and_raise);
}

/* Through an ancestor with OP_CHILDREN: lowering only, over the border of the region too. */
static void through_ancestor(const struct arena *a)
{
	struct setting s = begin(a);

	T_OK(zx_vmar_protect(a->vmar, RW, s.region_base, 2 * PG));
	T_OK(zx_vmar_protect(a->vmar, R, a->base + 10 * PG, 7 * PG));
	EXPECT_MAPS("lowered", a->vmar, {'M', 1, 4, 4, RW, s.vmo, 4}, {'M', 1, 10, 4, R, s.vmo, 10},
		    {'V', 1, 14, 4, 0, 0, 0}, {'M', 2, 14, 3, R, s.vmo, 14},
		    {'M', 1, 18, 2, 0, s.executable, 18});
	T_ZX(zx_vmar_protect(a->vmar, RW, s.region_base, PG), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmar_protect(a->vmar, 0, s.region_base, 3 * PG));
	T_ZX(zx_vmar_protect(a->vmar, R, s.region_base, PG), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmar_protect(a->vmar, 0, s.region_base, 3 * PG));
	if (a->real)
		T_ZX(try_read(s.region_base), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmar_protect(s.region, RW, s.region_base, 3 * PG));
	if (a->real) {
		T_OK(try_write(s.region_base, 3));
		cr_assert_eq(vmo_byte(s.vmo, 14 * PG), 3);
	}
	end(&s);
}

Test(call_vmar_protect, through_an_ancestor__mapping_in_a_region__only_lowered)
{
	in_both(through_ancestor);
}

/* spec: vmar 5.2 #2 */
Test(call_vmar_protect, raised_to_write__snapshot_and_absent_pages__first_write_makes_them)
{
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 8, &base), vmo = t_vmo(4 * PG);
	zx_handle_t child = ZX_HANDLE_INVALID;

	number_pages(vmo, 2);
	map_at(v, R, 0, vmo, 0, 4);
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 4 * PG, &child));
	T_OK(zx_vmar_protect(v, RW, base, 4 * PG));
	cr_assert_eq(vmo_info(vmo).committed_bytes, 2 * PG);
	cr_assert_eq(vmo_info(vmo).committed_private_bytes, 0);
	T_OK(try_write(base, 99));
	T_OK(try_write(base + 3 * PG, 98));
	cr_assert_eq(vmo_info(vmo).committed_bytes, 3 * PG);
	cr_assert_eq(vmo_info(vmo).committed_private_bytes, 2 * PG);
	cr_assert_eq(vmo_byte(child, 0), 1);
	cr_assert_eq(vmo_byte(child, 3 * PG), 0);
	cr_assert_eq(vmo_byte(vmo, 0), 99);
	/* A copy-on-write page is no way around the permission. */
	T_OK(zx_vmar_protect(v, R, base, 4 * PG));
	T_ZX(try_write(base + PG, 1), ZX_ERR_ACCESS_DENIED);
	t_close(child);
	t_close(vmo);
	t_close(v);
}

/* Many ranges inside one mapping. */
static void stripes(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(ARENA_PAGES * PG);
	static zx_info_maps_t got[ARENA_PAGES + 2];

	map_at(a->vmar, RW, 0, vmo, 0, ARENA_PAGES);
	for (uint64_t p = 0; p < ARENA_PAGES; p += 2)
		T_OK(zx_vmar_protect(a->vmar, R, a->base + p * PG, PG));
	cr_assert_eq(list(a->vmar, got, ARENA_PAGES + 2), ARENA_PAGES + 1);
	for (uint64_t p = 0; p < ARENA_PAGES; p++) {
		cr_assert_eq(got[p + 1].u.mapping.mmu_flags, p % 2 ? RW : R);
		if (a->real)
			T_ZX(try_write(a->base + p * PG, 1), p % 2 ? ZX_OK : ZX_ERR_ACCESS_DENIED);
	}
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	T_OK(zx_vmar_protect(a->vmar, RW, a->base, ARENA_PAGES * PG));
	EXPECT_MAPS("one again", a->vmar, {'M', 1, 0, ARENA_PAGES, RW, vmo, 0});
	t_close(vmo);
}

Test(call_vmar_protect, every_second_page__protected__a_row_for_each)
{
	in_both(stripes);
}
