/* zi-test: env:ZIRCONIA_BEHAVIOUR=2025 */
/* VMO calls where the kernels of 2025 answer otherwise than the newest ones, with the run-time option set. */
#include "vmo_t.h"

/* Also when the program is started by hand. */
static void ask_for_2025(void)
{
	setenv("ZIRCONIA_BEHAVIOUR", "2025", 1);
}

TestSuite(call_vmo_behaviour_2025, .init = ask_for_2025);

/* spec: vmo 16 stream size above VMO size at UNBOUNDED creation */
Test(call_vmo_behaviour_2025, create__unbounded_above_the_largest_size__accepted)
{
	zx_handle_t vmo = t_vmo_options(UINT64_MAX, ZX_VMO_UNBOUNDED);

	cr_assert_eq(vmo_size(vmo), MAX_SIZE);
	cr_assert_eq(vmo_stream(vmo), UINT64_MAX);
}

/* spec: vmo 16 ZERO / decommit path, partial-failure order */
Test(call_vmo_behaviour_2025, zero__range_checked_up_front__nothing_changed)
{
	zx_handle_t vmo = t_vmo(4 * PG);

	vmo_fill(vmo, 0, 4 * PG, 'x');
	T_ZX(vmo_op(vmo, ZX_VMO_OP_ZERO, 4 * PG + 1, 0), ZX_ERR_OUT_OF_RANGE);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_ZERO, 5, 4 * PG), ZX_ERR_OUT_OF_RANGE);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_ZERO, 0, 4 * PG + 1), ZX_ERR_OUT_OF_RANGE);
	cr_assert(vmo_all(vmo, 0, 4 * PG, 'x'));
	T_OK(vmo_op(vmo, ZX_VMO_OP_ZERO, 4 * PG, 0));
	T_OK(vmo_op(vmo, ZX_VMO_OP_ZERO, 5, 2 * PG));
	cr_assert(vmo_all(vmo, 5, 2 * PG, 0));
}

Test(call_vmo_behaviour_2025, zero__uncached__bad_state_whatever_the_range)
{
	zx_handle_t vmo = t_vmo(2 * PG);

	vmo_fill(vmo, 0, PG, 'u');
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
	T_ZX(vmo_op(vmo, ZX_VMO_OP_ZERO, 0, 0), ZX_ERR_BAD_STATE);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_ZERO, 0, PG), ZX_ERR_BAD_STATE);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_ZERO, PG + 1, 1), ZX_ERR_BAD_STATE);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_ZERO, 100 * PG, 1), ZX_ERR_BAD_STATE);
	EXPECT_BYTES("kept", vmo, PG, PG, PG);
}

/* spec: vmo 16 set_cache_policy */
Test(call_vmo_behaviour_2025, set_cache_policy__leaving_uncached_with_pages__bad_state)
{
	zx_handle_t vmo = t_vmo(2 * PG), discardable = t_vmo_options(PG, ZX_VMO_DISCARDABLE);

	vmo_fill(vmo, 0, PG, 'u');
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
	for (uint32_t policy = 0; policy <= 3; policy++)
		T_ZX(zx_vmo_set_cache_policy(vmo, policy), ZX_ERR_BAD_STATE);
	T_OK(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PG));
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED));
	T_OK(zx_vmo_set_cache_policy(discardable, ZX_CACHE_POLICY_UNCACHED));
}

/* spec: vmo 16 REFERENCE|RESIZABLE */
Test(call_vmo_behaviour_2025, resizable_reference__handle_without_resize__accepted)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_RESIZABLE), fixed = t_vmo(PG);
	zx_handle_t weak = vmo_without(vmo, ZX_RIGHT_RESIZE), child = ZX_HANDLE_INVALID;
	zx_handle_t ref = vmo_child(weak, REFERENCE | CHILD_RESIZABLE, 0, 0);

	T_OK(zx_vmo_set_size(ref, 3 * PG));
	cr_assert_eq(vmo_size(vmo), 3 * PG);
	T_ZX(zx_vmo_create_child(fixed, REFERENCE | CHILD_RESIZABLE, 0, 0, &child),
	     ZX_ERR_NOT_SUPPORTED);
}

/* spec: vmo 16 transfer source with relatives */
Test(call_vmo_behaviour_2025, transfer__source_with_a_relative__keeps_committed_zero_pages)
{
	zx_handle_t p = t_vmo(2 * PG), dst = t_vmo(2 * PG);

	vmo_fill(p, 0, PG, 'p');
	zx_handle_t c = vmo_child(p, SNAPSHOT, 0, 2 * PG);
	T_OK(zx_vmo_transfer_data(dst, 0, 0, 2 * PG, c, 0));
	cr_assert(vmo_all(dst, 0, PG, 'p'));
	cr_assert(vmo_all(c, 0, 2 * PG, 0));
	EXPECT_BYTES("source", c, PG, PG, PG);
	t_close(c);
	T_OK(zx_vmo_transfer_data(dst, 0, 0, 2 * PG, p, 0));
	EXPECT_BYTES("source without relatives", p, 0, 0, 0);
}
