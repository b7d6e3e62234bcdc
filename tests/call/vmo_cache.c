/* ZX_VMO_OP_CACHE_*, the hints, and PREFETCH. */
#include "vmo_t.h"

static const struct {
	const char *name;
	uint32_t op;
	zx_rights_t right;
} cache_ops[] = {
	{"CACHE_SYNC", ZX_VMO_OP_CACHE_SYNC, ZX_RIGHT_READ},
	{"CACHE_CLEAN", ZX_VMO_OP_CACHE_CLEAN, ZX_RIGHT_READ},
	{"CACHE_CLEAN_INVALIDATE", ZX_VMO_OP_CACHE_CLEAN_INVALIDATE, ZX_RIGHT_READ},
	{"CACHE_INVALIDATE", ZX_VMO_OP_CACHE_INVALIDATE, ZX_RIGHT_WRITE},
};

static uint32_t the_op;

static zx_status_t call_nothing(zx_handle_t h)
{
	return vmo_op(h, the_op, UINT64_MAX, 0);
}

/* On a VMO of two pages. */
static const struct {
	const char *name;
	uint64_t off, size;
	zx_status_t want;
} ranges[] = {
	/* spec: vmo 4.6 #4 */
	{"nothing", 0, 0, ZX_ERR_INVALID_ARGS},
	{"nothing at the end", 2 * PG, 0, ZX_ERR_INVALID_ARGS},
	{"nothing behind the end", UINT64_MAX, 0, ZX_ERR_INVALID_ARGS},
	/* spec: vmo 4.6 #5 */
	{"past the end", 2 * PG, 1, ZX_ERR_OUT_OF_RANGE},
	{"over the end", 1, 2 * PG, ZX_ERR_OUT_OF_RANGE},
	{"wraps", UINT64_MAX, 1, ZX_ERR_OUT_OF_RANGE},
	{"wraps with a large size", 1, UINT64_MAX, ZX_ERR_OUT_OF_RANGE},
	{"one byte", 5, 1, ZX_OK},
	{"unaligned", 5, PG, ZX_OK},
	{"everything", 0, 2 * PG, ZX_OK},
};

/* spec: vmo 4.6 #2 */
Test(call_vmo_cache, cache_ops__each_range__its_status_and_no_commit)
{
	T_EACH (cache_ops, o) {
		zx_handle_t vmo = t_vmo(2 * PG);

		the_op = o->op;
		vmo_expect_handle_checks(o->name, call_nothing, vmo, o->right, ZX_ERR_INVALID_ARGS);
		T_EACH (ranges, r) {
			T_ZX_ROW(r->name, vmo_op(vmo, o->op, r->off, r->size), r->want);
			EXPECT_BYTES(r->name, vmo, 0, 0, 0);
		}
		vmo_fill(vmo, PG, PG, 'c');
		T_OK(vmo_op(vmo, o->op, 0, 2 * PG));
		EXPECT_BYTES(o->name, vmo, PG, PG, PG);
		cr_assert(vmo_all(vmo, PG, PG, 'c'));
		t_close(vmo);
	}
}

Test(call_vmo_cache, cache_ops__every_kind__ok)
{
	T_EACH (cache_ops, o) {
		zx_handle_t vmo = t_vmo(2 * PG);
		zx_handle_t slice = vmo_child(vmo, SLICE, PG, PG);
		zx_handle_t ref = vmo_child(vmo, REFERENCE, 0, 0);

		vmo_fill(vmo, 0, PG, 'p');
		zx_handle_t clone = vmo_child(vmo, SNAPSHOT, 0, 2 * PG);
		T_ZX_ROW(o->name, vmo_op(clone, o->op, 0, 2 * PG), ZX_OK);
		EXPECT_BYTES("clone", clone, PG, 0, PG / 2);
		T_ZX_ROW(o->name, vmo_op(ref, o->op, 0, 2 * PG), ZX_OK);
		T_ZX_ROW(o->name, vmo_op(slice, o->op, 0, PG), ZX_OK);
		T_ZX_ROW(o->name, vmo_op(slice, o->op, 0, PG + 1), ZX_ERR_OUT_OF_RANGE);
		for (uint32_t policy = 1; policy <= 3; policy++) {
			zx_handle_t uncached = t_vmo(PG);

			T_OK(zx_vmo_set_cache_policy(uncached, policy));
			T_ZX_ROW(o->name, vmo_op(uncached, o->op, 0, PG), ZX_OK);
			t_close(uncached);
		}
	}
}

static zx_handle_t discarded_vmo(void)
{
	zx_vmo_lock_state_t state;
	zx_handle_t vmo = t_vmo_options(2 * PG, ZX_VMO_DISCARDABLE);

	vmo_fill(vmo, 0, 2 * PG, 'd');
	T_OK(vmo_lock(vmo, 2 * PG, &state));
	T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, 2 * PG));
	T_OK(zirconia_debug_discard(vmo));
	return vmo;
}

Test(call_vmo_cache, discarded__cache_ops_hints_prefetch__ok)
{
	zx_handle_t vmo = discarded_vmo();

	T_EACH (cache_ops, o)
		T_ZX_ROW(o->name, vmo_op(vmo, o->op, 0, 2 * PG), ZX_OK);
	T_OK(vmo_op(vmo, ZX_VMO_OP_PREFETCH, 0, 2 * PG));
	T_OK(vmo_op(vmo, ZX_VMO_OP_DONT_NEED, 0, 2 * PG));
	T_OK(vmo_op(vmo, ZX_VMO_OP_ALWAYS_NEED, 0, 2 * PG));
	T_ZX(vmo_op(vmo, ZX_VMO_OP_TRY_LOCK, 0, 2 * PG), ZX_ERR_UNAVAILABLE);
	cr_assert_eq(vmo_committed(vmo), 0);
}

/* spec: vmo 4.7 #1; vmo 4.1 #7 */ /* spec: vmo 17.1 #19 */
Test(call_vmo_cache, hints__anonymous_and_any_range__ok_without_rights)
{
	static const uint32_t ops[] = {ZX_VMO_OP_DONT_NEED, ZX_VMO_OP_ALWAYS_NEED};
	static const uint64_t numbers[] = {0, 1, PG, 2 * PG, 100 * PG, UINT64_MAX - PG, UINT64_MAX};
	zx_handle_t vmo = t_vmo(2 * PG);

	vmo_fill(vmo, 0, PG, 'h');
	zx_handle_t clone = vmo_child(vmo, SNAPSHOT, 0, 2 * PG);
	zx_handle_t slice = vmo_child(vmo, SLICE, 0, PG);
	zx_handle_t kinds[] = {vmo_dup(vmo, 0), clone, slice, discarded_vmo()};

	T_EACH (kinds, k) {
		T_EACH (ops, o) {
			T_EACH (numbers, off) {
				T_EACH (numbers, size)
					T_OK(vmo_op(*k, *o, *off, *size));
			}
		}
	}
	EXPECT_BYTES("unchanged", vmo, PG, 0, PG / 2);
	cr_assert(vmo_all(vmo, 0, PG, 'h'));
}

static zx_status_t call_prefetch(zx_handle_t h)
{
	return vmo_op(h, ZX_VMO_OP_PREFETCH, UINT64_MAX, 1);
}

/* spec: vmo 4.7 #5; vmo 4.1 #8 */
Test(call_vmo_cache, prefetch__each_range__its_status_and_no_commit)
{
	static const struct {
		const char *name;
		uint64_t off, size;
		zx_status_t want;
	} rows[] = {
		{"nothing", 0, 0, ZX_OK},
		{"nothing at the end", 2 * PG, 0, ZX_OK},
		{"nothing behind the end", 3 * PG, 0, ZX_ERR_OUT_OF_RANGE},
		{"one byte", 1, 1, ZX_OK},
		{"last byte", 2 * PG - 1, 1, ZX_OK},
		{"everything", 0, 2 * PG, ZX_OK},
		{"past the end", 2 * PG, 1, ZX_ERR_OUT_OF_RANGE},
		{"over the end", PG, PG + 1, ZX_ERR_OUT_OF_RANGE},
		{"wraps", UINT64_MAX, 1, ZX_ERR_OUT_OF_RANGE},
		{"rounding wraps", 0, UINT64_MAX, ZX_ERR_OUT_OF_RANGE},
	};
	zx_handle_t vmo = t_vmo(2 * PG);

	vmo_expect_handle_checks("prefetch", call_prefetch, vmo, ZX_RIGHT_READ,
				 ZX_ERR_OUT_OF_RANGE);
	T_EACH (rows, r)
		T_ZX_ROW(r->name, vmo_op(vmo, ZX_VMO_OP_PREFETCH, r->off, r->size), r->want);
	EXPECT_BYTES("commits nothing", vmo, 0, 0, 0);
	vmo_fill(vmo, 0, PG, 'p');
	zx_handle_t clone = vmo_child(vmo, SNAPSHOT, 0, 2 * PG);
	T_OK(vmo_op(clone, ZX_VMO_OP_PREFETCH, 0, 2 * PG));
	EXPECT_BYTES("forks nothing", clone, PG, 0, PG / 2);
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, PG);
	T_ZX(vmo_op(slice, ZX_VMO_OP_PREFETCH, PG, 1), ZX_ERR_OUT_OF_RANGE);
	T_OK(vmo_op(slice, ZX_VMO_OP_PREFETCH, 0, PG));
	zx_handle_t uncached = t_vmo(PG);
	T_OK(zx_vmo_set_cache_policy(uncached, ZX_CACHE_POLICY_UNCACHED));
	T_OK(vmo_op(uncached, ZX_VMO_OP_PREFETCH, 0, PG));
}
