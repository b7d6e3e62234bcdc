/* ZX_VMO_OP_LOCK, TRY_LOCK, UNLOCK: the table of checks. The states behind them are tried in vmo_discardable.c. */
#include "vmo_t.h"

static const uint32_t family[] = {ZX_VMO_OP_LOCK, ZX_VMO_OP_TRY_LOCK, ZX_VMO_OP_UNLOCK};

static zx_status_t op(zx_handle_t h, uint32_t what, uint64_t off, uint64_t size)
{
	zx_vmo_lock_state_t state;

	return zx_vmo_op_range(h, what, off, size, &state, sizeof(state));
}

/* spec: vmo 4.5 #1 */
Test(call_vmo_lock, rights__read_or_write__either_is_enough)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_DISCARDABLE);
	zx_handle_t read = vmo_dup(vmo, ZX_RIGHT_READ), write = vmo_dup(vmo, ZX_RIGHT_WRITE);
	zx_handle_t neither = vmo_without(vmo, ZX_RIGHT_READ | ZX_RIGHT_WRITE);

	T_EACH (family, f) {
		T_ZX(op(neither, *f, 0, PG), ZX_ERR_ACCESS_DENIED);
		T_ZX(op(neither, *f, 1, PG), ZX_ERR_ACCESS_DENIED);
	}
	T_OK(op(read, ZX_VMO_OP_LOCK, 0, PG));
	T_OK(op(write, ZX_VMO_OP_TRY_LOCK, 0, PG));
	T_OK(op(write, ZX_VMO_OP_UNLOCK, 0, PG));
	T_OK(op(read, ZX_VMO_OP_UNLOCK, 0, PG));
	T_ZX(op(read, ZX_VMO_OP_UNLOCK, 0, PG), ZX_ERR_BAD_STATE);
}

/* spec: vmo 4.5 #2 */
Test(call_vmo_lock, not_discardable__any_range__not_supported)
{
	static const uint32_t options[] = {0, ZX_VMO_RESIZABLE, ZX_VMO_UNBOUNDED};

	T_EACH (options, o) {
		zx_handle_t vmo = t_vmo_options(PG, *o);

		T_EACH (family, f) {
			T_ZX(op(vmo, *f, 0, vmo_size(vmo)), ZX_ERR_NOT_SUPPORTED);
			T_ZX(op(vmo, *f, 1, 7), ZX_ERR_NOT_SUPPORTED);
		}
		t_close(vmo);
	}
	zx_handle_t vmo = t_vmo(PG);
	static const uint32_t kinds[] = {SNAPSHOT, ON_WRITE, MODIFIED, SLICE, REFERENCE};
	T_EACH (kinds, k) {
		zx_handle_t child = vmo_whole_child(vmo, *k);

		T_EACH (family, f)
			T_ZX(op(child, *f, 0, PG), ZX_ERR_NOT_SUPPORTED);
		t_close(child);
	}
}

/* spec: vmo 4.5 #3 */
Test(call_vmo_lock, range__not_exactly_all__out_of_range)
{
	static const struct {
		uint64_t off, size;
	} ranges[] = {{0, 0},          {0, PG},        {0, 3 * PG},     {PG, PG},
		      {1, 2 * PG},     {PG, 2 * PG},   {0, 2 * PG - 1}, {0, 2 * PG + 1},
		      {UINT64_MAX, 1}, {0, UINT64_MAX}};
	zx_handle_t vmo = t_vmo_options(2 * PG, ZX_VMO_DISCARDABLE);

	T_EACH (family, f) {
		T_EACH (ranges, r)
			T_ZX(op(vmo, *f, r->off, r->size), ZX_ERR_OUT_OF_RANGE);
	}
	/* The range comes before the lock count and the buffer. */
	T_ZX(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, PG, NULL, 0), ZX_ERR_OUT_OF_RANGE);
	T_ZX(op(vmo, ZX_VMO_OP_UNLOCK, 0, 2 * PG), ZX_ERR_BAD_STATE);
}

Test(call_vmo_lock, zero_size__zero_length__is_the_whole_range)
{
	zx_handle_t vmo = t_vmo_options(0, ZX_VMO_DISCARDABLE);

	T_ZX(op(vmo, ZX_VMO_OP_LOCK, 0, PG), ZX_ERR_OUT_OF_RANGE);
	T_OK(op(vmo, ZX_VMO_OP_LOCK, 0, 0));
	T_OK(op(vmo, ZX_VMO_OP_TRY_LOCK, 0, 0));
	T_OK(op(vmo, ZX_VMO_OP_UNLOCK, 0, 0));
	T_OK(op(vmo, ZX_VMO_OP_UNLOCK, 0, 0));
	T_ZX(op(vmo, ZX_VMO_OP_UNLOCK, 0, 0), ZX_ERR_BAD_STATE);
}

Test(call_vmo_lock, stream_size__unaligned_creation__range_is_the_vmo_size)
{
	zx_handle_t vmo = t_vmo_options(100, ZX_VMO_DISCARDABLE);

	T_ZX(op(vmo, ZX_VMO_OP_LOCK, 0, 100), ZX_ERR_OUT_OF_RANGE);
	T_OK(op(vmo, ZX_VMO_OP_LOCK, 0, PG));
	zx_handle_t unbounded = t_vmo_options(100, ZX_VMO_DISCARDABLE | ZX_VMO_UNBOUNDED);
	T_ZX(op(unbounded, ZX_VMO_OP_LOCK, 0, PG), ZX_ERR_OUT_OF_RANGE);
	T_OK(op(unbounded, ZX_VMO_OP_LOCK, 0, MAX_SIZE));
}

/* spec: vmo 4.5 #4 */
Test(call_vmo_lock, unlock__without_lock__bad_state)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_DISCARDABLE);

	T_ZX(op(vmo, ZX_VMO_OP_UNLOCK, 0, PG), ZX_ERR_BAD_STATE);
	T_OK(op(vmo, ZX_VMO_OP_TRY_LOCK, 0, PG));
	T_OK(op(vmo, ZX_VMO_OP_UNLOCK, 0, PG));
	T_ZX(op(vmo, ZX_VMO_OP_UNLOCK, 0, PG), ZX_ERR_BAD_STATE);
}

/* spec: vmo 4.5 #5 */
Test(call_vmo_lock, try_lock__discarded__unavailable_and_count_unchanged)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_DISCARDABLE);

	T_OK(op(vmo, ZX_VMO_OP_TRY_LOCK, 0, PG));
	T_OK(op(vmo, ZX_VMO_OP_UNLOCK, 0, PG));
	T_OK(zirconia_debug_discard(vmo));
	T_ZX(op(vmo, ZX_VMO_OP_TRY_LOCK, 0, PG), ZX_ERR_UNAVAILABLE);
	T_ZX(op(vmo, ZX_VMO_OP_UNLOCK, 0, PG), ZX_ERR_BAD_STATE);
	T_ZX(op(vmo, ZX_VMO_OP_TRY_LOCK, 0, PG), ZX_ERR_UNAVAILABLE);
}

/* spec: vmo 4.5 #6 */ /* spec: vmo 4.5 #7 */
Test(call_vmo_lock, lock__bad_buffer__invalid_args_and_lock_undone)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_DISCARDABLE);
	zx_vmo_lock_state_t state;

	vmo_put(vmo, 0, 'k');
	for (size_t size = 0; size < sizeof(state); size++) {
		memset(&state, 0x77, sizeof(state));
		T_ZX(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, PG, &state, size),
		     ZX_ERR_INVALID_ARGS);
		cr_assert(t_all(&state, sizeof(state), 0x77), "size %zu: written", size);
		T_ZX(op(vmo, ZX_VMO_OP_UNLOCK, 0, PG), ZX_ERR_BAD_STATE);
	}
	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		const char *name;
		void *bad = vmo_bad_out(i, &name);

		T_ZX_ROW(name, zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, PG, bad, sizeof(state)),
			 ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(name, op(vmo, ZX_VMO_OP_UNLOCK, 0, PG), ZX_ERR_BAD_STATE);
	}
	cr_assert_eq(vmo_get(vmo, 0), 'k');
	/* Undone means unlocked, not never locked: it may be reclaimed now. */
	T_OK(zirconia_debug_discard(vmo));
}

/* spec: vmo 17.1 #17 */
Test(call_vmo_lock, lock__bad_buffer_on_a_discarded_vmo__unlocked_and_usable)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_DISCARDABLE);
	zx_vmo_lock_state_t state;

	for (unsigned k = 0; k < 2; k++) {
		T_OK(vmo_lock(vmo, PG, &state));
		T_OK(op(vmo, ZX_VMO_OP_UNLOCK, 0, PG));
		T_OK(zirconia_debug_discard(vmo));
		T_ZX(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, PG, k ? &state : NULL,
				     k ? sizeof(state) - 1 : sizeof(state)),
		     ZX_ERR_INVALID_ARGS);
		cr_assert_eq(vmo_get(vmo, 0), 0); /* readable again */
		T_OK(op(vmo, ZX_VMO_OP_TRY_LOCK, 0, PG));
		T_OK(op(vmo, ZX_VMO_OP_UNLOCK, 0, PG));
		T_OK(vmo_lock(vmo, PG, &state));
		cr_assert_eq(state.discarded_size, 0); /* nobody is told */
		T_OK(op(vmo, ZX_VMO_OP_UNLOCK, 0, PG));
	}
}

Test(call_vmo_lock, lock__large_buffer__exactly_one_record_written)
{
	zx_handle_t vmo = t_vmo_options(3 * PG, ZX_VMO_DISCARDABLE);
	struct {
		zx_vmo_lock_state_t state;
		uint64_t canary;
	} out;

	memset(&out, 0x77, sizeof(out));
	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, 3 * PG, &out, sizeof(out)));
	cr_assert_eq(sizeof(out.state), 32);
	cr_assert_eq(out.state.offset, 0);
	cr_assert_eq(out.state.size, 3 * PG);
	cr_assert_eq(out.state.discarded_offset, 0);
	cr_assert_eq(out.state.discarded_size, 0);
	cr_assert(t_all(&out.canary, 8, 0x77));
}

Test(call_vmo_lock, locks__through_many_handles__counted_per_vmo)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_DISCARDABLE);

	for (unsigned i = 0; i < 100; i++) {
		zx_handle_t dup = vmo_dup(vmo, ZX_RIGHT_SAME_RIGHTS);

		T_OK(op(dup, i & 1 ? ZX_VMO_OP_LOCK : ZX_VMO_OP_TRY_LOCK, 0, PG));
		t_close(dup); /* closing does not unlock */
		T_ZX(zirconia_debug_discard(vmo), ZX_ERR_BAD_STATE);
	}
	for (unsigned i = 0; i < 100; i++)
		T_OK(op(vmo, ZX_VMO_OP_UNLOCK, 0, PG));
	T_ZX(op(vmo, ZX_VMO_OP_UNLOCK, 0, PG), ZX_ERR_BAD_STATE);
}
