/* ZX_VMO_OP_DECOMMIT. */
#include "vmo_t.h"

static zx_status_t decommit(zx_handle_t h, uint64_t off, uint64_t size)
{
	return vmo_op(h, ZX_VMO_OP_DECOMMIT, off, size);
}

static zx_status_t call_nonsense(zx_handle_t h)
{
	return decommit(h, UINT64_MAX, UINT64_MAX);
}

/* spec: vmo 4.3 #1 */
Test(call_vmo_op_range_decommit, handle__wrong_in_every_way__checks_before_the_range)
{
	zx_handle_t vmo = t_vmo(PG);

	vmo_expect_handle_checks("decommit", call_nonsense, vmo, ZX_RIGHT_WRITE,
				 ZX_ERR_OUT_OF_RANGE);
}

/* On a VMO of four pages, alone and with a relative. */
static const struct {
	const char *name;
	uint64_t off, size;
	zx_status_t alone, related;
	uint64_t pages; /* left committed when alone */
} ranges[] = {
	/* spec: vmo 4.3 #4 */
	{"wraps", UINT64_MAX, 2, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE, 4},
	{"wraps, aligned", PG, UINT64_MAX - PG + 1, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE, 4},
	{"past the end", 4 * PG, PG, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE, 4},
	{"over the end", 3 * PG, 2 * PG, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE, 4},
	{"over the end, unaligned", 1, 4 * PG, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE, 4},
	{"nothing behind the end", 4 * PG + 1, 0, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE, 4},
	/* spec: vmo 4.3 #5 */
	{"nothing", 0, 0, ZX_OK, ZX_OK, 4},
	{"nothing at the end", 4 * PG, 0, ZX_OK, ZX_OK, 4},
	{"nothing, unaligned", 1, 0, ZX_OK, ZX_OK, 4},
	/* spec: vmo 4.3 #6 */ /* spec: vmo 4.3 #7 */
	{"unaligned offset", 1, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_NOT_SUPPORTED, 4},
	{"unaligned size", 0, PG - 1, ZX_ERR_INVALID_ARGS, ZX_ERR_NOT_SUPPORTED, 4},
	{"both unaligned, end aligned", 1, PG - 1, ZX_ERR_INVALID_ARGS, ZX_ERR_NOT_SUPPORTED, 4},
	{"first page", 0, PG, ZX_OK, ZX_ERR_NOT_SUPPORTED, 3},
	{"middle pages", PG, 2 * PG, ZX_OK, ZX_ERR_NOT_SUPPORTED, 2},
	{"everything", 0, 4 * PG, ZX_OK, ZX_ERR_NOT_SUPPORTED, 0},
};

Test(call_vmo_op_range_decommit, range__each_row__status_and_pages)
{
	T_EACH (ranges, r) {
		zx_handle_t vmo = t_vmo(4 * PG);

		vmo_fill(vmo, 0, 4 * PG, 'x');
		T_ZX_ROW(r->name, decommit(vmo, r->off, r->size), r->alone);
		EXPECT_BYTES(r->name, vmo, r->pages * PG, r->pages * PG, r->pages * PG);
		for (uint64_t p = 0; p < 4; p++) {
			const bool gone = r->alone == ZX_OK && p * PG >= r->off &&
					  (p + 1) * PG <= r->off + r->size;

			cr_assert(vmo_all(vmo, p * PG, PG, gone ? 0 : 'x'), "%s: page %" PRIu64,
				  r->name, p);
		}
		t_close(vmo);
	}
}

Test(call_vmo_op_range_decommit, range__with_a_relative__status_for_both)
{
	T_EACH (ranges, r) {
		T_EACH (snapshot_types, type) {
			zx_handle_t vmo = t_vmo(4 * PG);

			vmo_fill(vmo, 0, 4 * PG, 'x');
			zx_handle_t child = vmo_child(vmo, *type, 0, 4 * PG);
			T_ZX_ROW(r->name, decommit(vmo, r->off, r->size), r->related);
			T_ZX_ROW(r->name, decommit(child, r->off, r->size), r->related);
			cr_assert(vmo_all(vmo, 0, 4 * PG, 'x'));
			cr_assert(vmo_all(child, 0, 4 * PG, 'x'));
			t_close(child);
			t_close(vmo);
		}
	}
}

/* spec: vmo 4.3 effect #1 #2 #3 */ /* spec: vmo 17.1 #4 */
Test(call_vmo_op_range_decommit, relatives__come_and_go__support_follows)
{
	T_EACH (snapshot_types, type) {
		zx_handle_t vmo = t_vmo(2 * PG);

		vmo_fill(vmo, 0, 2 * PG, 'p');
		zx_handle_t child = vmo_child(vmo, *type, 0, 2 * PG);
		T_ZX(decommit(vmo, 0, PG), ZX_ERR_NOT_SUPPORTED);
		t_close(child);
		T_OK(decommit(vmo, 0, PG));
		cr_assert_eq(vmo_get(vmo, 0), 0);
		cr_assert_eq(vmo_committed(vmo), PG);

		/* Now the parent goes: what was made as a clone may be decommitted, and does not fall back to old content. */
		child = vmo_child(vmo, *type, 0, 2 * PG);
		T_ZX(decommit(child, PG, PG), ZX_ERR_NOT_SUPPORTED);
		t_close(vmo);
		T_OK(decommit(child, PG, PG));
		cr_assert(vmo_all(child, 0, 2 * PG, 0));
		cr_assert_eq(vmo_committed(child), 0);
		t_close(child);
	}
}

Test(call_vmo_op_range_decommit, three_relatives__one_of_two_left__still_refused)
{
	zx_handle_t vmo = t_vmo(PG);
	zx_handle_t a = vmo_child(vmo, SNAPSHOT, 0, PG);
	zx_handle_t b = vmo_child(vmo, SNAPSHOT, 0, PG);

	t_close(vmo);
	T_ZX(decommit(a, 0, PG), ZX_ERR_NOT_SUPPORTED);
	T_ZX(decommit(b, 0, PG), ZX_ERR_NOT_SUPPORTED);
	t_close(b);
	T_OK(decommit(a, 0, PG));
}

Test(call_vmo_op_range_decommit, slice_and_reference__decommit__acts_on_the_parent)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, 2 * PG);
	zx_handle_t ref = vmo_child(vmo, REFERENCE, 0, 0);

	vmo_fill(vmo, 0, 4 * PG, 'p');
	T_ZX(decommit(slice, 0, 3 * PG), ZX_ERR_OUT_OF_RANGE);
	T_OK(decommit(slice, PG, PG));
	cr_assert(vmo_all(vmo, 0, 2 * PG, 'p'));
	cr_assert(vmo_all(vmo, 2 * PG, PG, 0));
	T_OK(decommit(ref, 0, PG));
	T_OK(decommit(vmo, 3 * PG, PG));
	EXPECT_BYTES("one page left", vmo, PG, PG, PG);
	/* A snapshot of it makes all three refuse. */
	zx_handle_t child = vmo_child(ref, SNAPSHOT, 0, PG);
	T_ZX(decommit(slice, 0, PG), ZX_ERR_NOT_SUPPORTED);
	T_ZX(decommit(ref, 0, PG), ZX_ERR_NOT_SUPPORTED);
	T_ZX(decommit(vmo, 0, PG), ZX_ERR_NOT_SUPPORTED);
	t_close(child);
	T_OK(decommit(slice, 0, PG));
	EXPECT_BYTES("nothing left", vmo, 0, 0, 0);
}

/* spec: vmo 4.3 effect #6 */
Test(call_vmo_op_range_decommit, mapping__decommitted__reads_zero_and_can_be_written_again)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	uint8_t *map = t_map(vmo, 0, 4 * PG);

	memset(map, 'm', 4 * PG);
	T_OK(decommit(vmo, PG, 2 * PG));
	EXPECT_BYTES("decommitted", vmo, 2 * PG, 2 * PG, 2 * PG);
	cr_assert(t_all(map + PG, 2 * PG, 0));
	EXPECT_BYTES("read again", vmo, 2 * PG, 2 * PG, 2 * PG);
	cr_assert(t_all(map, PG, 'm'));
	map[PG] = 'n';
	EXPECT_BYTES("written again", vmo, 3 * PG, 3 * PG, 3 * PG);
	cr_assert_eq(vmo_get(vmo, 1), 'n');
	t_unmap(map, 4 * PG);
}

Test(call_vmo_op_range_decommit, uncached__decommit__works)
{
	zx_handle_t vmo = t_vmo(2 * PG);

	T_OK(vmo_op(vmo, ZX_VMO_OP_COMMIT, 0, 2 * PG));
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE));
	T_OK(decommit(vmo, 0, PG));
	EXPECT_BYTES("uncached", vmo, PG, PG, PG);
}

/* spec: vmo 4.3 effect #5 */
Test(call_vmo_op_range_decommit, discardable__locked_or_not__state_unchanged)
{
	zx_vmo_lock_state_t state;
	zx_handle_t vmo = t_vmo_options(2 * PG, ZX_VMO_DISCARDABLE);

	vmo_fill(vmo, 0, 2 * PG, 'd');
	T_OK(decommit(vmo, 0, PG)); /* never locked */
	T_OK(vmo_lock(vmo, 2 * PG, &state));
	T_OK(decommit(vmo, PG, PG)); /* locked */
	T_ZX(zirconia_debug_discard(vmo), ZX_ERR_BAD_STATE);
	T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, 2 * PG));
	T_OK(decommit(vmo, 0, 2 * PG)); /* unlocked */
	T_OK(vmo_lock(vmo, 2 * PG, &state));
	cr_assert_eq(state.discarded_size, 0);
	T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, 2 * PG));
	T_OK(zirconia_debug_discard(vmo));
	T_OK(decommit(vmo, 0, 2 * PG)); /* discarded */
	T_ZX(vmo_op(vmo, ZX_VMO_OP_TRY_LOCK, 0, 2 * PG), ZX_ERR_UNAVAILABLE);
}

Test(call_vmo_op_range_decommit, sparse_and_huge__whole_range__returns_quickly)
{
	zx_handle_t vmo = t_vmo_options(0, ZX_VMO_UNBOUNDED);

	vmo_put(vmo, 3, 1);
	vmo_put(vmo, UINT64_C(1) << 40, 2);
	T_OK(decommit(vmo, 0, MAX_SIZE));
	EXPECT_BYTES("all of it", vmo, 0, 0, 0);
	cr_assert_eq(vmo_get(vmo, UINT64_C(1) << 40), 0);
}
