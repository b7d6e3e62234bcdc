/* zx_vmo_set_cache_policy: when it is refused, and what a policy forbids. */
#include "vmo_t.h"

#define CACHED ZX_CACHE_POLICY_CACHED
#define UNCACHED ZX_CACHE_POLICY_UNCACHED

static zx_status_t call_set(zx_handle_t h)
{
	return zx_vmo_set_cache_policy(h, UNCACHED);
}

/* spec: vmo 9 #1 #2; clients A.11 policy #1 */
Test(call_vmo_cache_policy, policy_bits_then_handle__wrong__status)
{
	zx_handle_t vmo = t_vmo(PG), closed = t_vmo(PG);
	static const uint32_t bad[] = {4, 5, 7, 8, 0x80000000u, UINT32_MAX};

	t_close(closed);
	T_EACH (bad, b) {
		T_ZX(zx_vmo_set_cache_policy(vmo, *b), ZX_ERR_INVALID_ARGS);
		T_ZX(zx_vmo_set_cache_policy(closed, *b), ZX_ERR_INVALID_ARGS);
		T_ZX(zx_vmo_set_cache_policy(ZX_HANDLE_INVALID, *b), ZX_ERR_INVALID_ARGS);
	}
	vmo_expect_handle_checks("set", call_set, vmo, ZX_RIGHT_MAP, ZX_OK);
}

/* spec: vmo 9 effect #8 */ /* spec: vmo 7.1 #14 */
Test(call_vmo_cache_policy, every_pair__without_and_with_pages__allowed)
{
	for (uint32_t from = 0; from <= 3; from++) {
		for (uint32_t to = 0; to <= 3; to++) {
			zx_handle_t vmo = t_vmo(2 * PG);

			T_OK(zx_vmo_set_cache_policy(vmo, from));
			T_OK(zx_vmo_set_cache_policy(vmo, to));
			cr_assert_eq(vmo_info(vmo).cache_policy, to);
			t_close(vmo);

			vmo = t_vmo(2 * PG);
			vmo_fill(vmo, 0, PG, 'k');
			T_OK(zx_vmo_set_cache_policy(vmo, from));
			T_OK(vmo_op(vmo, ZX_VMO_OP_COMMIT, PG, PG));
			T_OK(zx_vmo_set_cache_policy(vmo, to));
			cr_assert_eq(vmo_info(vmo).cache_policy, to);
			EXPECT_BYTES("kept", vmo, 2 * PG, 2 * PG, 2 * PG);
			T_OK(zx_vmo_set_cache_policy(vmo, CACHED));
			cr_assert(vmo_all(vmo, 0, PG, 'k'));
			t_close(vmo);
		}
	}
}

static void expect_refused(const char *row, zx_handle_t vmo)
{
	const uint32_t before = vmo_info(vmo).cache_policy;

	for (uint32_t policy = 0; policy <= 3; policy++)
		T_ZX_ROW(row, zx_vmo_set_cache_policy(vmo, policy), ZX_ERR_BAD_STATE);
	cr_assert_eq(vmo_info(vmo).cache_policy, before, "%s", row);
}

static void expect_allowed(const char *row, zx_handle_t vmo)
{
	T_ZX_ROW(row, zx_vmo_set_cache_policy(vmo, 3), ZX_OK);
	T_ZX_ROW(row, zx_vmo_set_cache_policy(vmo, CACHED), ZX_OK);
}

/* spec: vmo 9 #4; clients A.11 policy #1 #2 */
Test(call_vmo_cache_policy, mapped__even_without_access__bad_state)
{
	zx_handle_t vmo = t_vmo(2 * PG);
	zx_vaddr_t addr;
	void *a = t_map(vmo, 0, PG);

	T_OK(zx_vmar_map(zx_vmar_root_self(), 0, 0, vmo, PG, PG, &addr));
	expect_refused("mapped twice", vmo);
	t_unmap(a, PG);
	expect_refused("mapped without access", vmo);
	t_unmap((void *)addr, PG);
	expect_allowed("unmapped", vmo);
}

/* spec: vmo 9 #5 #6; clients A.11 policy #1 */ /* spec: vmo 15.1 #20 j */
Test(call_vmo_cache_policy, relatives__of_each_type__bad_state_until_alone)
{
	static const uint32_t types[] = {SNAPSHOT, ON_WRITE, MODIFIED, SLICE, REFERENCE};

	T_EACH (types, type) {
		const bool snapshot = (*type & (SLICE | REFERENCE)) == 0;
		zx_handle_t p = t_vmo(PG);
		zx_handle_t c = vmo_whole_child(p, *type);

		expect_refused("has a child", p);
		expect_refused("has a parent", c);
		t_close(c);
		expect_allowed("child gone", p);

		c = vmo_whole_child(p, *type);
		t_close(p);
		/* A clone is on its own now; views never are. */
		if (snapshot)
			expect_allowed("parent gone", c);
		else
			expect_refused("parent gone", c);
		t_close(c);
	}
}

Test(call_vmo_cache_policy, clone_without_parent__with_a_child_of_its_own__bad_state)
{
	zx_handle_t p = t_vmo(PG);
	zx_handle_t c = vmo_child(p, SNAPSHOT, 0, PG), g = vmo_child(c, SNAPSHOT, 0, PG);

	t_close(p);
	expect_refused("has a child", c);
	expect_refused("has a parent", g);
	t_close(c);
	expect_allowed("alone", g);
	/* A sibling that shares pages is no relative to this call. */
	zx_handle_t q = t_vmo(PG);
	vmo_fill(q, 0, PG, 'q');
	zx_handle_t a = vmo_child(q, SNAPSHOT, 0, PG), b = vmo_child(q, SNAPSHOT, 0, PG);
	t_close(q);
	expect_allowed("sibling", a);
	cr_assert(vmo_all(b, 0, PG, 'q'));
}

/* spec: vmo 9 #7 */
Test(call_vmo_cache_policy, discardable__cached_only)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_DISCARDABLE);

	T_OK(zx_vmo_set_cache_policy(vmo, CACHED));
	for (uint32_t policy = 1; policy <= 3; policy++)
		T_ZX(zx_vmo_set_cache_policy(vmo, policy), ZX_ERR_BAD_STATE);
	T_OK(zx_vmo_set_cache_policy(vmo, CACHED));
}

static zx_status_t child(zx_handle_t vmo, uint32_t type)
{
	zx_handle_t c = ZX_HANDLE_INVALID;
	const zx_status_t st = zx_vmo_create_child(vmo, type, 0, (type & REFERENCE) ? 0 : PG, &c);

	if (st == ZX_OK)
		t_close(c);
	return st;
}

/* spec: vmo 9 effect #1-6; clients A.11 policy #3 */
Test(call_vmo_cache_policy, not_cached__every_operation__as_specified)
{
	for (uint32_t policy = 1; policy <= 3; policy++) {
		zx_handle_t vmo = t_vmo_options(4 * PG, ZX_VMO_RESIZABLE), fixed = t_vmo(PG);
		zx_handle_t other = t_vmo(4 * PG);

		vmo_fill(vmo, 0, 4 * PG, 'u');
		T_OK(zx_vmo_set_cache_policy(vmo, policy));
		T_OK(zx_vmo_set_cache_policy(fixed, policy));
		T_ZX(zx_vmo_read(vmo, &(char){0}, 0, 1), ZX_ERR_BAD_STATE);
		T_ZX(zx_vmo_write(vmo, "w", 0, 1), ZX_ERR_BAD_STATE);
		T_ZX(vmo_op(vmo, ZX_VMO_OP_ZERO, 1, 1), ZX_ERR_BAD_STATE);
		T_ZX(zx_vmo_set_stream_size(vmo, 1), ZX_ERR_BAD_STATE);
		T_EACH (snapshot_types, type)
			T_ZX(child(vmo, *type), ZX_ERR_BAD_STATE);
		T_ZX(child(vmo, REFERENCE), ZX_ERR_BAD_STATE);
		T_ZX(child(fixed, SLICE), ZX_ERR_BAD_STATE);
		T_OK(vmo_op(vmo, ZX_VMO_OP_COMMIT, 0, 4 * PG));
		T_OK(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PG));
		T_OK(vmo_op(vmo, ZX_VMO_OP_PREFETCH, 0, PG));
		T_OK(vmo_op(vmo, ZX_VMO_OP_CACHE_SYNC, 0, PG));
		T_OK(vmo_op(vmo, ZX_VMO_OP_DONT_NEED, 0, PG));
		T_OK(zx_vmo_set_size(vmo, 3 * PG));
		T_OK(zx_vmo_transfer_data(other, 0, 0, PG, vmo, PG));
		T_OK(zx_vmo_transfer_data(vmo, 0, 0, PG, other, 0));
		uint8_t *map = t_map(vmo, 0, 3 * PG);
		cr_assert(t_all(map, PG, 'u'));
		cr_assert(t_all(map + PG, PG, 0));
		cr_assert(t_all(map + 2 * PG, PG, 'u'));
		map[PG] = 'm';
		cr_assert_eq(map[PG], 'm');
		t_unmap(map, 3 * PG);
		EXPECT_BYTES("after all", vmo, 3 * PG, 3 * PG, 3 * PG);
		t_close(vmo);
		t_close(fixed);
		t_close(other);
	}
}
