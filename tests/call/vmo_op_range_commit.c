/* zx_vmo_op_range: what all operations share, and COMMIT. */
#include "vmo_t.h"

static uint32_t the_op;

static zx_status_t call_op(zx_handle_t h)
{
	return vmo_op(h, the_op, 0, PG);
}

static zx_status_t call_unknown(zx_handle_t h)
{
	return vmo_op(h, 5, UINT64_MAX, UINT64_MAX);
}

static zx_status_t call_commit_nonsense(zx_handle_t h)
{
	return vmo_op(h, ZX_VMO_OP_COMMIT, UINT64_MAX, UINT64_MAX);
}

/* spec: vmo 4 #1 */
Test(call_vmo_op_range_commit, unknown_op__any_handle__invalid_args_after_the_handle)
{
	static const uint32_t unknown[] = {0, 5, 15, 16, 100, 0x80000001u, UINT32_MAX};
	zx_handle_t vmo = t_vmo(PG);
	zx_handle_t bare = vmo_dup(vmo, 0);

	vmo_expect_handle_checks("op 5", call_unknown, vmo, 0, ZX_ERR_INVALID_ARGS);
	T_EACH (unknown, op) {
		T_ZX(vmo_op(vmo, *op, 0, PG), ZX_ERR_INVALID_ARGS);
		T_ZX(vmo_op(bare, *op, 0, PG), ZX_ERR_INVALID_ARGS);
	}
}

/* spec: vmo 4.1 #1-8 */
Test(call_vmo_op_range_commit, rights__each_op__exactly_those_it_needs)
{
	static const struct {
		const char *name;
		uint32_t op;
		zx_rights_t needed, enough; /* all of `needed`, or any one of `enough` */
		zx_status_t last;
	} ops[] = {
		{"COMMIT", ZX_VMO_OP_COMMIT, ZX_RIGHT_WRITE, 0, ZX_OK},     /* spec: vmo 4.2 #1 */
		{"DECOMMIT", ZX_VMO_OP_DECOMMIT, ZX_RIGHT_WRITE, 0, ZX_OK}, /* spec: vmo 4.3 #1 */
		{"ZERO", ZX_VMO_OP_ZERO, ZX_RIGHT_WRITE, 0, ZX_OK},         /* spec: vmo 4.4 #1 */
		{"CACHE_SYNC", ZX_VMO_OP_CACHE_SYNC, ZX_RIGHT_READ, 0,
		 ZX_OK}, /* spec: vmo 4.6 #2 */
		{"CACHE_CLEAN", ZX_VMO_OP_CACHE_CLEAN, ZX_RIGHT_READ, 0, ZX_OK},
		{"CACHE_CLEAN_INVALIDATE", ZX_VMO_OP_CACHE_CLEAN_INVALIDATE, ZX_RIGHT_READ, 0,
		 ZX_OK},
		{"CACHE_INVALIDATE", ZX_VMO_OP_CACHE_INVALIDATE, ZX_RIGHT_WRITE, 0, ZX_OK},
		{"PREFETCH", ZX_VMO_OP_PREFETCH, ZX_RIGHT_READ, 0, ZX_OK},
		{"DONT_NEED", ZX_VMO_OP_DONT_NEED, 0, 0, ZX_OK},
		{"ALWAYS_NEED", ZX_VMO_OP_ALWAYS_NEED, 0, 0, ZX_OK},
		/* spec: vmo 4.5 #1 */
		{"LOCK", ZX_VMO_OP_LOCK, 0, ZX_RIGHT_READ | ZX_RIGHT_WRITE, ZX_ERR_NOT_SUPPORTED},
		{"TRY_LOCK", ZX_VMO_OP_TRY_LOCK, 0, ZX_RIGHT_READ | ZX_RIGHT_WRITE,
		 ZX_ERR_NOT_SUPPORTED},
		{"UNLOCK", ZX_VMO_OP_UNLOCK, 0, ZX_RIGHT_READ | ZX_RIGHT_WRITE,
		 ZX_ERR_NOT_SUPPORTED},
	};
	zx_handle_t vmo = t_vmo(PG);

	T_EACH (ops, o) {
		the_op = o->op;
		if (o->enough == 0) {
			vmo_expect_handle_checks(o->name, call_op, vmo, o->needed, o->last);
			continue;
		}
		zx_handle_t none = vmo_without(vmo, o->enough);
		T_ZX_ROW(o->name, call_op(none), ZX_ERR_ACCESS_DENIED);
		zx_handle_t read = vmo_dup(vmo, ZX_RIGHT_READ);
		T_ZX_ROW(o->name, call_op(read), o->last);
		zx_handle_t write = vmo_dup(vmo, ZX_RIGHT_WRITE);
		T_ZX_ROW(o->name, call_op(write), o->last);
	}
}

/* spec: vmo 4.2 #1 */
Test(call_vmo_op_range_commit, handle__wrong_in_every_way__checks_before_the_range)
{
	zx_handle_t vmo = t_vmo(PG);

	vmo_expect_handle_checks("commit", call_commit_nonsense, vmo, ZX_RIGHT_WRITE,
				 ZX_ERR_OUT_OF_RANGE);
}

/* On a fresh VMO of four pages. */
static const struct {
	const char *name;
	uint64_t off, size;
	zx_status_t want;
	uint64_t pages; /* committed by it */
} ranges[] = {
	/* spec: vmo 4.2 #3 */
	{"wraps", UINT64_MAX, 2, ZX_ERR_OUT_OF_RANGE, 0},
	{"wraps to 0", PG, UINT64_MAX - PG + 1, ZX_ERR_OUT_OF_RANGE, 0},
	{"rounding up wraps", 0, UINT64_MAX, ZX_ERR_OUT_OF_RANGE, 0},
	{"rounding up wraps, no length", UINT64_MAX, 0, ZX_ERR_OUT_OF_RANGE, 0},
	/* spec: vmo 4.2 #4 */
	{"past the end", 4 * PG, 1, ZX_ERR_OUT_OF_RANGE, 0},
	{"over the end", 3 * PG, PG + 1, ZX_ERR_OUT_OF_RANGE, 0},
	{"from the start over the end", 0, 4 * PG + 1, ZX_ERR_OUT_OF_RANGE, 0},
	{"nothing, behind the end", 5 * PG, 0, ZX_ERR_OUT_OF_RANGE, 0},
	{"nothing, unaligned at the end", 4 * PG + 1, 0, ZX_ERR_OUT_OF_RANGE, 0},
	/* spec: vmo 4.2 #5 */
	{"nothing", 0, 0, ZX_OK, 0},
	{"nothing, at a page", 2 * PG, 0, ZX_OK, 0},
	{"nothing, at the end", 4 * PG, 0, ZX_OK, 0},
	/* spec: vmo 17.1 #22 */
	{"nothing, inside a page", 1, 0, ZX_OK, 1},
	{"nothing, inside the last page", 4 * PG - 1, 0, ZX_OK, 1},
	{"one byte", 100, 1, ZX_OK, 1},
	{"last byte", 4 * PG - 1, 1, ZX_OK, 1},
	{"two bytes of two pages", PG - 1, 2, ZX_OK, 2},
	{"rounded out on both sides", PG - 1, PG + 2, ZX_OK, 3},
	{"everything", 0, 4 * PG, ZX_OK, 4},
};

Test(call_vmo_op_range_commit, range__each_row__status_and_pages)
{
	T_EACH (ranges, r) {
		zx_handle_t vmo = t_vmo(4 * PG);

		T_ZX_ROW(r->name, vmo_op(vmo, ZX_VMO_OP_COMMIT, r->off, r->size), r->want);
		EXPECT_BYTES(r->name, vmo, r->pages * PG, r->pages * PG, r->pages * PG);
		cr_assert(vmo_all(vmo, 0, 4 * PG, 0), "%s: content", r->name);
		T_ZX_ROW(r->name, vmo_op(vmo, ZX_VMO_OP_COMMIT, r->off, r->size), r->want);
		EXPECT_BYTES(r->name, vmo, r->pages * PG, r->pages * PG, r->pages * PG);
		t_close(vmo);
	}
}

/* spec: vmo 4.2 #6 */
Test(call_vmo_op_range_commit, discarded__range_first__then_not_found)
{
	zx_vmo_lock_state_t state;
	zx_handle_t vmo = t_vmo_options(2 * PG, ZX_VMO_DISCARDABLE);

	T_OK(vmo_op(vmo, ZX_VMO_OP_COMMIT, 0, 2 * PG));
	cr_assert_eq(vmo_committed(vmo), 2 * PG);
	T_OK(vmo_lock(vmo, 2 * PG, &state));
	T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, 2 * PG));
	T_OK(zirconia_debug_discard(vmo));
	T_ZX(vmo_op(vmo, ZX_VMO_OP_COMMIT, 0, PG), ZX_ERR_NOT_FOUND);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_COMMIT, 1, 0), ZX_ERR_NOT_FOUND);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_COMMIT, 0, 3 * PG), ZX_ERR_OUT_OF_RANGE);
	T_OK(vmo_op(vmo, ZX_VMO_OP_COMMIT, PG, 0));
	cr_assert_eq(vmo_committed(vmo), 0);
}

Test(call_vmo_op_range_commit, buffer__nonsense__ignored_by_all_but_lock)
{
	static const uint32_t ops[] = {
		ZX_VMO_OP_COMMIT,           ZX_VMO_OP_DECOMMIT,    ZX_VMO_OP_ZERO,
		ZX_VMO_OP_CACHE_SYNC,       ZX_VMO_OP_CACHE_CLEAN, ZX_VMO_OP_CACHE_CLEAN_INVALIDATE,
		ZX_VMO_OP_CACHE_INVALIDATE, ZX_VMO_OP_DONT_NEED,   ZX_VMO_OP_ALWAYS_NEED,
		ZX_VMO_OP_PREFETCH,         ZX_VMO_OP_TRY_LOCK,    ZX_VMO_OP_UNLOCK};
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_DISCARDABLE);

	T_EACH (ops, op) {
		char row[16];

		snprintf(row, sizeof(row), "op %u", *op);
		T_ZX_ROW(row, zx_vmo_op_range(vmo, *op, 0, PG, t_no_access_page(), SIZE_MAX),
			 ZX_OK);
	}
}

/* spec: vmo 4.2 effect #1 */
Test(call_vmo_op_range_commit, own_pages__committed_again__content_left_alone)
{
	zx_handle_t vmo = t_vmo(4 * PG);

	vmo_fill(vmo, PG, PG, 'c');
	T_OK(vmo_op(vmo, ZX_VMO_OP_COMMIT, 0, 4 * PG));
	EXPECT_BYTES("all", vmo, 4 * PG, 4 * PG, 4 * PG);
	cr_assert(vmo_all(vmo, 0, PG, 0));
	cr_assert(vmo_all(vmo, PG, PG, 'c'));
	cr_assert(vmo_all(vmo, 2 * PG, 2 * PG, 0));
}

Test(call_vmo_op_range_commit, clone_and_parent__commit__forks_shared_pages)
{
	T_EACH (snapshot_types, type) {
		zx_handle_t parent = t_vmo(3 * PG);

		vmo_fill(parent, 0, 2 * PG, 'p');
		zx_handle_t child = vmo_child(parent, *type, 0, 3 * PG);
		T_OK(vmo_op(child, ZX_VMO_OP_COMMIT, 0, PG));
		EXPECT_BYTES("parent", parent, 2 * PG, PG, PG + PG / 2);
		EXPECT_BYTES("child", child, 2 * PG, PG, PG + PG / 2);
		T_OK(vmo_op(parent, ZX_VMO_OP_COMMIT, 0, 3 * PG));
		EXPECT_BYTES("parent, all", parent, 3 * PG, 3 * PG, 3 * PG);
		EXPECT_BYTES("child, after", child, 2 * PG, 2 * PG, 2 * PG);
		T_OK(vmo_op(child, ZX_VMO_OP_COMMIT, 0, 3 * PG));
		EXPECT_BYTES("child, all", child, 3 * PG, 3 * PG, 3 * PG);
		cr_assert(vmo_all(child, 0, 2 * PG, 'p'));
		vmo_fill(child, 0, PG, 'c');
		cr_assert(vmo_all(parent, 0, 2 * PG, 'p'));
		t_close(child);
		t_close(parent);
	}
}

Test(call_vmo_op_range_commit, slice_and_reference__commit__commits_the_parent)
{
	zx_handle_t parent = t_vmo(4 * PG);
	zx_handle_t slice = vmo_child(parent, SLICE, PG, 2 * PG);
	zx_handle_t ref = vmo_child(parent, REFERENCE, 0, 0);

	T_ZX(vmo_op(slice, ZX_VMO_OP_COMMIT, 0, 2 * PG + 1), ZX_ERR_OUT_OF_RANGE);
	T_ZX(vmo_op(slice, ZX_VMO_OP_COMMIT, 3 * PG, 0), ZX_ERR_OUT_OF_RANGE);
	T_OK(vmo_op(slice, ZX_VMO_OP_COMMIT, PG, PG));
	EXPECT_BYTES("parent", parent, PG, PG, PG);
	EXPECT_BYTES("slice", slice, 0, 0, 0);
	T_OK(vmo_op(ref, ZX_VMO_OP_COMMIT, 2 * PG, 2 * PG));
	EXPECT_BYTES("parent", parent, 2 * PG, 2 * PG, 2 * PG);
	EXPECT_BYTES("reference", ref, 0, 0, 0);
}

Test(call_vmo_op_range_commit, uncached__commit__works)
{
	zx_handle_t vmo = t_vmo(2 * PG);

	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
	T_OK(vmo_op(vmo, ZX_VMO_OP_COMMIT, 0, 2 * PG));
	EXPECT_BYTES("uncached", vmo, 2 * PG, 2 * PG, 2 * PG);
}

Test(call_vmo_op_range_commit, mapping__of_committed_pages__reads_zero_and_writes_through)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	uint8_t *map = t_map(vmo, 0, 4 * PG);

	cr_assert_eq(map[PG], 0);
	T_OK(vmo_op(vmo, ZX_VMO_OP_COMMIT, 0, 4 * PG));
	EXPECT_BYTES("committed", vmo, 4 * PG, 4 * PG, 4 * PG);
	cr_assert(t_all(map, 4 * PG, 0));
	memset(map, 'm', 4 * PG);
	cr_assert(vmo_all(vmo, 0, 4 * PG, 'm'));
	t_unmap(map, 4 * PG);
}
