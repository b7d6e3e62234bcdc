/* zi-test: valgrind */
/* zx_vmar_op_range: the table of checks, and each operation on each kind of range. */
#include "vmar_t.h"

#define COMMIT ZX_VMAR_OP_COMMIT
#define DECOMMIT ZX_VMAR_OP_DECOMMIT
#define MAP_RANGE ZX_VMAR_OP_MAP_RANGE
#define ZERO ZX_VMAR_OP_ZERO
#define DONT_NEED ZX_VMAR_OP_DONT_NEED
#define ALWAYS_NEED ZX_VMAR_OP_ALWAYS_NEED
#define PREFETCH ZX_VMAR_OP_PREFETCH

static const struct {
	const char *name;
	uint32_t op;
	zx_rights_t right;
	bool direct_only;     /* refused below sub-regions */
	uint32_t needs_max;   /* what the mapping must be allowed to be */
	zx_status_t past_end; /* on a mapping that reaches past its VMO */
} ops[] = {
	{"commit", COMMIT, ZX_RIGHT_WRITE, true, W, ZX_ERR_OUT_OF_RANGE},
	{"decommit", DECOMMIT, ZX_RIGHT_WRITE, true, W, ZX_ERR_OUT_OF_RANGE},
	{"map range", MAP_RANGE, ZX_RIGHT_READ, false, 0, ZX_OK},
	{"zero", ZERO, ZX_RIGHT_WRITE, false, W, ZX_ERR_OUT_OF_RANGE},
	{"dont need", DONT_NEED, 0, false, 0, ZX_OK},
	{"always need", ALWAYS_NEED, 0, false, 0, ZX_OK},
	{"prefetch", PREFETCH, ZX_RIGHT_READ, true, R, ZX_ERR_OUT_OF_RANGE},
};

/* spec: vmar 6.1 #1 #2 #3 #4 */
static void handles(const struct arena *a)
{
	static const uint32_t unknown[] = {0, 4, 5, 6, 7, 8, 9, 11, 15, 16, 100, UINT32_MAX};
	zx_handle_t event = an_event(), vmo = t_vmo(4 * PG), bare = dup_of(a->vmar, 0);
	char byte = 0;

	map_at(a->vmar, RW, 4, vmo, 0, 4);
	T_ZX(zx_vmar_op_range(ZX_HANDLE_INVALID, 99, 1, 0, &byte, 1), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_op_range(a_closed_handle(), 99, 1, 0, &byte, 1), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_op_range(event, 99, 1, 0, &byte, 1), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_vmar_op_range(vmo, COMMIT, 1, 0, &byte, 1), ZX_ERR_WRONG_TYPE);
	T_EACH (unknown, u) {
		T_ZX(op(a->vmar, *u, a->base + 4 * PG, PG), ZX_ERR_INVALID_ARGS);
		T_ZX(op(bare, *u, a->base + 4 * PG, PG), ZX_ERR_INVALID_ARGS);
	}
	T_EACH (ops, o) {
		zx_handle_t weak = without(a->vmar, o->right), exact = dup_of(a->vmar, o->right);
		const zx_vaddr_t at = a->base + 4 * PG;

		if (o->right != 0) {
			T_ZX_ROW(o->name, zx_vmar_op_range(weak, o->op, 1, 0, &byte, 1),
				 ZX_ERR_ACCESS_DENIED);
			T_ZX_ROW(o->name, op(weak, o->op, at, PG), ZX_ERR_ACCESS_DENIED);
		}
		T_ZX_ROW(o->name, op(exact, o->op, at, 4 * PG), ZX_OK);
		T_ZX_ROW(o->name, zx_vmar_op_range(exact, o->op, at, PG, &byte, 0),
			 ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(o->name, zx_vmar_op_range(exact, o->op, at, PG, NULL, 1),
			 ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(o->name, zx_vmar_op_range(exact, o->op, 0, PG, &byte, 1),
			 ZX_ERR_INVALID_ARGS);
		t_close(weak);
		t_close(exact);
	}
	t_close(bare);
	t_close(vmo);
	t_close(event);
}

Test(call_vmar_op_range, handle_op_rights_buffer__each__in_order)
{
	in_both(handles);
}

/* Pages from the arena's base: 4-7 mapped, the rest not. */
static const struct {
	const char *name;
	uint64_t off, len;
	zx_status_t want;
} ranges[] = {
	/* spec: vmar 6.1 #5 */
	{"size 0", 4 * PG, 0, ZX_ERR_INVALID_ARGS},
	{"size 0 outside", ARENA_PAGES *PG, 0, ZX_ERR_INVALID_ARGS},
	{"size wraps", 4 * PG, UINT64_MAX, ZX_ERR_INVALID_ARGS},
	{"unaligned address", 4 * PG + 1, PG, ZX_ERR_INVALID_ARGS},
	{"unaligned address outside", ARENA_PAGES *PG + 1, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 6.1 #6 */
	{"below", -PG, PG, ZX_ERR_OUT_OF_RANGE},
	{"at the end", ARENA_PAGES *PG, PG, ZX_ERR_OUT_OF_RANGE},
	{"past the end", (ARENA_PAGES - 1) * PG, PG + 1, ZX_ERR_OUT_OF_RANGE},
	{"largest size", 0, UINT64_MAX - PG + 1, ZX_ERR_OUT_OF_RANGE},
	/* spec: vmar 6.1 #9a */
	{"hole first", 3 * PG, 2 * PG, ZX_ERR_BAD_STATE},
	/* spec: vmar 6.1 #10 */
	{"hole at the end", 7 * PG, PG + 1, ZX_ERR_BAD_STATE},
	{"nothing mapped", 20 * PG, PG, ZX_ERR_BAD_STATE},
	{"nothing mapped, last page", (ARENA_PAGES - 1) * PG, PG, ZX_ERR_BAD_STATE},
	/* legal ones: rounded up */
	{"one byte", 4 * PG, 1, ZX_OK},
	{"all", 4 * PG, 4 * PG, ZX_OK},
	{"last byte", 7 * PG, PG - 1, ZX_OK},
};

static void each_range(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(4 * PG);

	map_at(a->vmar, RW, 4, vmo, 0, 4);
	T_EACH (ops, o) {
		T_EACH (ranges, r) {
			char row[160];

			snprintf(row, sizeof(row), "%s, %s: %s", a->name, o->name, r->name);
			T_ZX_ROW(row, op(a->vmar, o->op, a->base + r->off, r->len), r->want);
		}
	}
	t_close(vmo);
}

Test(call_vmar_op_range, address_size__each_op_and_row__its_status)
{
	in_both(each_range);
}

/* spec: vmar 6.1 #7 */
static void dead(const struct arena *a)
{
	zx_vaddr_t base;
	zx_handle_t v = arena_of(a->vmar, CAN_ALL, 4, &base);

	T_OK(zx_vmar_destroy(v));
	T_EACH (ops, o) {
		T_ZX_ROW(o->name, op(v, o->op, base, 4 * PG), ZX_ERR_BAD_STATE);
		T_ZX_ROW(o->name, op(v, o->op, base, 5 * PG), ZX_ERR_OUT_OF_RANGE);
		T_ZX_ROW(o->name, op(v, o->op, base, 0), ZX_ERR_INVALID_ARGS);
	}
	t_close(v);
}

Test(call_vmar_op_range, dead_region__range_outside__told_first)
{
	in_both(dead);
}

/* spec: vmar 6.1 #8 */
Test(call_vmar_op_range, vdso__any_op__access_denied)
{
	const zx_info_maps_t vdso = the_vdso();
	const zx_handle_t root = zx_vmar_root_self();
	zx_info_vmar_t info;

	T_OK(zx_object_get_info(root, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
	T_EACH (ops, o) {
		T_ZX_ROW(o->name, op(root, o->op, vdso.base, PG), ZX_ERR_ACCESS_DENIED);
		/* before the holes below it */
		T_ZX_ROW(o->name, op(root, o->op, info.base, info.len), ZX_ERR_ACCESS_DENIED);
		T_ZX_ROW(o->name, op(root, o->op, vdso.base - PG, 2 * PG), ZX_ERR_ACCESS_DENIED);
		T_ZX_ROW(o->name, op(root, o->op, vdso.base - PG, PG), ZX_ERR_BAD_STATE);
	}
}

/* spec: vmar 6.1 #9b #9c */
static void sub_regions(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(16 * PG), weak = without(a->vmar, ZX_RIGHT_OP_CHILDREN), v;
	zx_vaddr_t base;

	v = sub(a->vmar, CAN_ALL, 8, 4, &base);
	map_at(a->vmar, RW, 4, vmo, 0, 4);
	map_at(v, RW, 0, vmo, 4, 4);
	T_EACH (ops, o) {
		T_ZX_ROW(o->name, op(a->vmar, o->op, base, 4 * PG),
			 o->direct_only ? ZX_ERR_INVALID_ARGS : ZX_OK);
		T_ZX_ROW(o->name, op(a->vmar, o->op, base - 4 * PG, 8 * PG),
			 o->direct_only ? ZX_ERR_INVALID_ARGS : ZX_OK);
		T_ZX_ROW(o->name, op(weak, o->op, base, PG), ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(o->name, op(weak, o->op, base - 4 * PG, 4 * PG), ZX_OK);
		T_ZX_ROW(o->name, op(v, o->op, base, 4 * PG), ZX_OK);
	}
	/* An empty region is a hole. */
	T_OK(zx_vmar_unmap(v, base, 4 * PG));
	T_EACH (ops, o)
		T_ZX_ROW(o->name, op(a->vmar, o->op, base, PG), ZX_ERR_BAD_STATE);
	t_close(v);
	t_close(weak);
	t_close(vmo);
}

Test(call_vmar_op_range, mapping_in_a_region__through_the_parent__by_op_and_right)
{
	in_both(sub_regions);
}

/* spec: vmar 6.1 #9d */
static void fault_beyond(const struct arena *a)
{
	static const struct {
		const char *name;
		uint64_t page, pages; /* the stream ends in page 3 of the VMO */
		bool beyond;
	} pieces[] = {
		{"inside", 0, 4, false},      {"reaches past", 2, 4, true},    {"all", 0, 8, true},
		{"at the limit", 4, 1, true}, {"past the limit", 5, 1, false},
	};
	zx_handle_t vmo = t_vmo(8 * PG);

	T_OK(zx_vmo_set_stream_size(vmo, 3 * PG + 5));
	map_at(a->vmar, RW | FAULTS | BEYOND, 4, vmo, 0, 8);
	T_EACH (ops, o) {
		T_EACH (pieces, p) {
			char row[120];

			snprintf(row, sizeof(row), "%s, %s", o->name, p->name);
			T_ZX_ROW(row,
				 op(a->vmar, o->op, a->base + (4 + p->page) * PG, p->pages * PG),
				 p->beyond ? ZX_ERR_OUT_OF_RANGE : ZX_OK);
		}
	}
	t_close(vmo);
}

Test(call_vmar_op_range, fault_beyond_mapping__piece_past_the_stream__out_of_range)
{
	in_both(fault_beyond);
}

/* spec: vmar 6.1 #9 #9e */
static void maximum(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(16 * PG), read_only = without(vmo, ZX_RIGHT_WRITE);
	zx_handle_t blind = without(vmo, ZX_RIGHT_WRITE | ZX_RIGHT_READ);

	map_at(a->vmar, 0, 4, vmo, 0, 4);
	map_at(a->vmar, R, 8, read_only, 8, 4);
	map_at(a->vmar, 0, 20, blind, 0, 4);
	T_EACH (ops, o) {
		/* The maximum counts, not what is set now. */
		T_ZX_ROW(o->name, op(a->vmar, o->op, a->base + 4 * PG, 4 * PG), ZX_OK);
		T_ZX_ROW(o->name, op(a->vmar, o->op, a->base + 8 * PG, 4 * PG),
			 o->needs_max == W ? ZX_ERR_ACCESS_DENIED : ZX_OK);
		T_ZX_ROW(o->name, op(a->vmar, o->op, a->base + 20 * PG, 4 * PG),
			 o->needs_max != 0 ? ZX_ERR_ACCESS_DENIED : ZX_OK);
	}
	/* Not atomic: what lies below the refused one was done. */
	T_OK(op(a->vmar, DECOMMIT, a->base + 4 * PG, 4 * PG));
	cr_assert_eq(vmo_info(vmo).committed_bytes, 0);
	T_ZX(op(a->vmar, COMMIT, a->base + 6 * PG, 6 * PG), ZX_ERR_ACCESS_DENIED);
	cr_assert_eq(vmo_info(vmo).committed_bytes, 2 * PG);
	T_ZX(op(a->vmar, COMMIT, a->base + 10 * PG, 20 * PG), ZX_ERR_ACCESS_DENIED);
	/* A hole above is told after the work below. */
	T_ZX(op(a->vmar, DECOMMIT, a->base + 6 * PG, 2 * PG), ZX_OK);
	T_OK(zx_vmar_unmap(a->vmar, a->base + 8 * PG, 4 * PG));
	T_ZX(op(a->vmar, COMMIT, a->base + 7 * PG, 2 * PG), ZX_ERR_BAD_STATE);
	cr_assert_eq(vmo_info(vmo).committed_bytes, PG);
	t_close(blind);
	t_close(read_only);
	t_close(vmo);
}

Test(call_vmar_op_range, mapping_with_less_maximum__each_op__by_what_it_needs)
{
	in_both(maximum);
}

static void past_the_end(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(2 * PG);

	map_at(a->vmar, RW, 4, vmo, 0, 4);
	T_EACH (ops, o) {
		T_ZX_ROW(o->name, op(a->vmar, o->op, a->base + 4 * PG, 2 * PG), ZX_OK);
		T_ZX_ROW(o->name, op(a->vmar, o->op, a->base + 4 * PG, 4 * PG), o->past_end);
		T_ZX_ROW(o->name, op(a->vmar, o->op, a->base + 6 * PG, PG), o->past_end);
	}
	t_close(vmo);
}

Test(call_vmar_op_range, mapping_past_the_vmo_end__each_op__out_of_range_or_not)
{
	in_both(past_the_end);
}

static void effects(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(16 * PG);

	map_at(a->vmar, RW, 4, vmo, 2, 8);
	/* spec: vmar 6.2 #1 */
	T_OK(op(a->vmar, COMMIT, a->base + 5 * PG, PG + 1));
	cr_assert_eq(vmo_info(vmo).committed_bytes, 2 * PG);
	T_OK(op(a->vmar, COMMIT, a->base + 4 * PG, 8 * PG));
	cr_assert_eq(vmo_info(vmo).committed_bytes, 8 * PG);
	number_pages(vmo, 16);
	/* spec: vmar 6.2 #2 */
	T_OK(op(a->vmar, DECOMMIT, a->base + 5 * PG, 2 * PG));
	cr_assert_eq(vmo_info(vmo).committed_bytes, 14 * PG);
	cr_assert_eq(vmo_byte(vmo, 3 * PG), 0);
	cr_assert_eq(vmo_byte(vmo, 4 * PG), 0);
	cr_assert_eq(vmo_byte(vmo, 5 * PG), 6);
	/* spec: vmar 6.2 #4 */ /* whole pages */
	T_OK(op(a->vmar, ZERO, a->base + 8 * PG, 1));
	cr_assert_eq(vmo_byte(vmo, 6 * PG), 0);
	cr_assert_eq(vmo_byte(vmo, 7 * PG), 8);
	/* spec: vmar 6.2 #3 #5 #6 #7 */
	T_OK(op(a->vmar, DECOMMIT, a->base + 4 * PG, 8 * PG));
	T_OK(op(a->vmar, COMMIT, a->base + 6 * PG, PG));
	const uint64_t before = vmo_info(vmo).committed_bytes;

	T_OK(op(a->vmar, MAP_RANGE, a->base + 4 * PG, 8 * PG));
	T_OK(op(a->vmar, PREFETCH, a->base + 4 * PG, 8 * PG));
	T_OK(op(a->vmar, ALWAYS_NEED, a->base + 4 * PG, 8 * PG));
	T_OK(op(a->vmar, DONT_NEED, a->base + 4 * PG, 8 * PG));
	cr_assert_eq(vmo_info(vmo).committed_bytes, before);
	if (a->real) {
		T_OK(try_write(a->base + 4 * PG, 3));
		cr_assert_eq(vmo_byte(vmo, 2 * PG), 3);
		cr_assert_eq(byte_at(a->base + 8 * PG), 0);
	}
	/* Pieces without permission are no obstacle. */
	T_OK(zx_vmar_protect(a->vmar, 0, a->base + 5 * PG, 2 * PG));
	T_OK(op(a->vmar, MAP_RANGE, a->base + 4 * PG, 8 * PG));
	if (a->real)
		T_ZX(try_read(a->base + 5 * PG), ZX_ERR_ACCESS_DENIED);
	t_close(vmo);
}

Test(call_vmar_op_range, each_op__on_a_plain_vmo__does_what_it_says)
{
	in_both(effects);
}

/* COMMIT breaks copy-on-write sharing; several mappings are walked. */
static void over_clones(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(4 * PG), child = ZX_HANDLE_INVALID;

	number_pages(vmo, 4);
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 4 * PG, &child));
	map_at(a->vmar, RW, 4, child, 0, 4);
	map_at(a->vmar, RW, 8, vmo, 0, 4);
	cr_assert_eq(vmo_info(child).committed_private_bytes, 0);
	T_OK(op(a->vmar, COMMIT, a->base + 6 * PG, 4 * PG));
	cr_assert_eq(vmo_info(child).committed_private_bytes, 2 * PG + 2 * PG);
	T_OK(op(a->vmar, ZERO, a->base + 7 * PG, 2 * PG));
	cr_assert_eq(vmo_byte(child, 3 * PG), 0);
	cr_assert_eq(vmo_byte(vmo, 0), 0);
	cr_assert_eq(vmo_byte(vmo, 3 * PG), 4);
	cr_assert_eq(vmo_byte(child, 0), 1);
	if (a->real) {
		static const uint8_t shown[] = {1, 2, 3, 0, 0, 2, 3, 4};

		for (uint64_t p = 0; p < 8; p++)
			cr_assert_eq(byte_at(a->base + (4 + p) * PG), shown[p], "page %" PRIu64, p);
	}
	t_close(child);
	t_close(vmo);
}

Test(call_vmar_op_range, clones__committed_and_zeroed__only_their_own_side)
{
	in_both(over_clones);
}

static void discarded(const struct arena *a)
{
	zx_handle_t vmo = t_vmo_options(4 * PG, ZX_VMO_DISCARDABLE);
	zx_vmo_lock_state_t state;

	map_at(a->vmar, RW | FAULTS, 4, vmo, 0, 4);
	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, 4 * PG, &state, sizeof(state)));
	T_OK(op(a->vmar, COMMIT, a->base + 4 * PG, 4 * PG));
	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_UNLOCK, 0, 4 * PG, NULL, 0));
	T_OK(zirconia_debug_discard(vmo));
	T_ZX(op(a->vmar, COMMIT, a->base + 4 * PG, PG), ZX_ERR_NOT_FOUND);
	T_OK(op(a->vmar, DONT_NEED, a->base + 4 * PG, PG));
	t_close(vmo);
}

Test(call_vmar_op_range, commit__discarded_vmo__not_found)
{
	in_both(discarded);
}
