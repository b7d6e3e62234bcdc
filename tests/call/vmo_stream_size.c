/* zx_vmo_set_stream_size, and the same number as ZX_PROP_VMO_CONTENT_SIZE. */
#include "vmo_t.h"

static zx_status_t call_set(zx_handle_t h)
{
	return zx_vmo_set_stream_size(h, 100);
}

static zx_status_t call_set_large(zx_handle_t h)
{
	return zx_vmo_set_stream_size(h, UINT64_MAX);
}

/* spec: vmo 3.3 #1; pager 11 set #1 */
Test(call_vmo_stream_size, handle__wrong_in_every_way__three_checks_first)
{
	zx_handle_t fixed = t_vmo(PG), resizable = t_vmo_options(PG, ZX_VMO_RESIZABLE);

	vmo_expect_handle_checks("fixed", call_set, fixed, ZX_RIGHT_WRITE, ZX_OK);
	/* RESIZE is not needed, also where it exists. */
	vmo_expect_handle_checks("resizable", call_set, resizable, ZX_RIGHT_WRITE, ZX_OK);
	vmo_expect_handle_checks("too large", call_set_large, resizable, ZX_RIGHT_WRITE,
				 ZX_ERR_OUT_OF_RANGE);
}

static const struct {
	const char *name;
	uint32_t options;
	uint64_t before, after;
	zx_status_t want;
} rows[] = {
	/* spec: vmo 3.3 #4; pager 11 set #3 */
	{"same", 0, 100, 100, ZX_OK},
	{"same, zero", 0, 0, 0, ZX_OK},
	/* spec: vmo 3.3 #5; pager 11 set #4 */
	{"one more than the VMO", 0, 100, 2 * PG + 1, ZX_ERR_OUT_OF_RANGE},
	{"largest number", 0, 100, UINT64_MAX, ZX_ERR_OUT_OF_RANGE},
	{"resizable: the VMO does not grow", ZX_VMO_RESIZABLE, 100, 2 * PG + 1,
	 ZX_ERR_OUT_OF_RANGE},
	{"unbounded, above the VMO", ZX_VMO_UNBOUNDED, 100, MAX_SIZE + 1, ZX_ERR_OUT_OF_RANGE},
	{"unbounded, all of it", ZX_VMO_UNBOUNDED, 100, MAX_SIZE, ZX_OK},
	{"unbounded, from all to little", ZX_VMO_UNBOUNDED, MAX_SIZE, 3, ZX_OK},
	{"exactly the VMO", 0, 100, 2 * PG, ZX_OK},
	{"smaller", 0, 5000, 10, ZX_OK},
	{"larger", 0, 10, 5000, ZX_OK},
	{"nothing", 0, 5000, 0, ZX_OK},
	{"from nothing", 0, 0, 1, ZX_OK},
	{"discardable", ZX_VMO_DISCARDABLE, 0, 1, ZX_OK},
};

Test(call_vmo_stream_size, set__each_row__its_status)
{
	T_EACH (rows, r) {
		const bool unbounded = (r->options & ZX_VMO_UNBOUNDED) != 0;
		zx_handle_t vmo = t_vmo_options(unbounded ? 0 : 2 * PG, r->options);
		const uint64_t size = vmo_size(vmo);

		T_OK(zx_vmo_set_stream_size(vmo, r->before));
		vmo_fill(vmo, 0, 2 * PG, 's');
		T_ZX_ROW(r->name, zx_vmo_set_stream_size(vmo, r->after), r->want);
		cr_assert_eq(vmo_size(vmo), size, "%s: VMO size", r->name);
		cr_assert_eq(vmo_stream(vmo), r->want == ZX_OK ? r->after : r->before, "%s",
			     r->name);
		if (r->want != ZX_OK || r->before == r->after)
			cr_assert(vmo_all(vmo, 0, 2 * PG, 's'), "%s: content changed", r->name);
		t_close(vmo);
	}
}

/* spec: vmo 3.3 effect #1; pager 11 zeroed #1 */ /* spec: vmo 17.1 #5 */
Test(call_vmo_stream_size, set__smaller_or_larger__zero_from_the_lesser_one_to_the_end)
{
	static const uint64_t sizes[] = {0,      1,          100,        PG - 1, PG,
					 PG + 1, 2 * PG + 7, 3 * PG - 1, 3 * PG, 4 * PG};

	T_EACH (sizes, from) {
		T_EACH (sizes, to) {
			const uint64_t low = *from < *to ? *from : *to;
			const uint64_t kept = (low + PG - 1) / PG * PG;
			zx_handle_t vmo = t_vmo(4 * PG);
			char row[64];

			snprintf(row, sizeof(row), "%" PRIu64 " to %" PRIu64, *from, *to);
			if (*from == *to)
				continue;
			T_OK(zx_vmo_set_stream_size(vmo, *from));
			vmo_fill(vmo, 0, 4 * PG, 'z');
			T_OK(zx_vmo_set_stream_size(vmo, *to));
			cr_assert(vmo_all(vmo, 0, low, 'z'), "%s: head", row);
			cr_assert(vmo_all(vmo, low, 4 * PG - low, 0), "%s: tail", row);
			/* Whole pages are released, a partial one stays committed. */
			EXPECT_BYTES(row, vmo, kept, kept, kept);
			t_close(vmo);
		}
	}
}

/* spec: vmo 3.3 #6; pager 11 set #6 */
Test(call_vmo_stream_size, uncached__partial_page_with_content__bad_state_and_unchanged)
{
	zx_handle_t vmo = t_vmo(4 * PG);

	vmo_fill(vmo, 0, 4 * PG, 'u');
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_WRITE_COMBINING));
	T_ZX(zx_vmo_set_stream_size(vmo, PG + 5), ZX_ERR_BAD_STATE);
	cr_assert_eq(vmo_stream(vmo), 4 * PG);
	/* Same size: nothing to do. Whole pages: a decommit. */
	T_OK(zx_vmo_set_stream_size(vmo, 4 * PG));
	T_OK(zx_vmo_set_stream_size(vmo, PG));
	cr_assert_eq(vmo_stream(vmo), PG);
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED));
	EXPECT_BYTES("whole pages released", vmo, PG, PG, PG);
	cr_assert(vmo_all(vmo, 0, PG, 'u'));
	cr_assert(vmo_all(vmo, PG, 3 * PG, 0));
	/* A partial page that reads zero needs no writing. */
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
	T_OK(zx_vmo_set_stream_size(vmo, 3 * PG));
	T_OK(zx_vmo_set_stream_size(vmo, 2 * PG + 5));
	cr_assert_eq(vmo_stream(vmo), 2 * PG + 5);
}

Test(call_vmo_stream_size, set__mapped_pages__mapping_shows_zeros)
{
	zx_handle_t vmo = t_vmo(3 * PG);
	uint8_t *map = t_map(vmo, 0, 3 * PG);

	memset(map, 'm', 3 * PG);
	T_OK(zx_vmo_set_stream_size(vmo, 10));
	cr_assert(t_all(map, 10, 'm'));
	cr_assert(t_all(map + 10, 3 * PG - 10, 0));
	EXPECT_BYTES("after", vmo, PG, PG, PG);
	memset(map + PG, 'n', PG);
	cr_assert(vmo_all(vmo, PG, PG, 'n'));
	t_unmap(map, 3 * PG);
}

/* spec: vmo 15.1 d */
Test(call_vmo_stream_size, slice__own_size__zeroes_only_the_slice)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, 2 * PG);

	vmo_fill(vmo, 0, 4 * PG, 'p');
	T_ZX(zx_vmo_set_stream_size(slice, 2 * PG + 1), ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_vmo_set_stream_size(slice, 7));
	cr_assert_eq(vmo_stream(slice), 7);
	cr_assert_eq(vmo_stream(vmo), 4 * PG);
	cr_assert(vmo_all(vmo, 0, PG + 7, 'p'));
	cr_assert(vmo_all(vmo, PG + 7, 2 * PG - 7, 0));
	cr_assert(vmo_all(vmo, 3 * PG, PG, 'p'));
}

Test(call_vmo_stream_size, shared_pages__zeroed_by_one__relative_keeps_them)
{
	zx_handle_t vmo = t_vmo(3 * PG);

	vmo_fill(vmo, 0, 3 * PG, 'p');
	zx_handle_t clone = vmo_child(vmo, SNAPSHOT, 0, 3 * PG);
	T_OK(zx_vmo_set_stream_size(vmo, PG + 5));
	cr_assert(vmo_all(clone, 0, 3 * PG, 'p'));
	cr_assert(vmo_all(vmo, 0, PG + 5, 'p'));
	cr_assert(vmo_all(vmo, PG + 5, 2 * PG - 5, 0));
	EXPECT_BYTES("vmo", vmo, 2 * PG, PG, PG + PG / 2);
	EXPECT_BYTES("clone", clone, 3 * PG, 2 * PG, 2 * PG + PG / 2);
}

Test(call_vmo_stream_size, discarded__set__works_without_pages)
{
	zx_vmo_lock_state_t state;
	zx_handle_t vmo = t_vmo_options(2 * PG, ZX_VMO_DISCARDABLE);

	vmo_fill(vmo, 0, 2 * PG, 'd');
	T_OK(vmo_lock(vmo, 2 * PG, &state));
	T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, 2 * PG));
	T_OK(zirconia_debug_discard(vmo));
	T_OK(zx_vmo_set_stream_size(vmo, 5));
	cr_assert_eq(vmo_stream(vmo), 5);
	cr_assert_eq(vmo_committed(vmo), 0);
}

/* ---- the property */

static zx_status_t get(zx_handle_t h, void *value, size_t size)
{
	return zx_object_get_property(h, ZX_PROP_VMO_CONTENT_SIZE, value, size);
}

static zx_status_t set(zx_handle_t h, const void *value, size_t size)
{
	return zx_object_set_property(h, ZX_PROP_VMO_CONTENT_SIZE, value, size);
}

/* spec: vmo 3.3 property #1 */
Test(call_vmo_stream_size, get_property__each_error_in_order__its_status)
{
	zx_handle_t vmo = t_vmo(100), event, closed = t_vmo(PG);
	zx_handle_t weak = vmo_without(vmo, ZX_RIGHT_GET_PROPERTY);
	uint64_t value = 7;

	t_close(closed);
	T_OK(zx_event_create(0, &event));
	T_ZX(get(closed, &value, 8), ZX_ERR_BAD_HANDLE);
	T_ZX(get(closed, &value, 7), ZX_ERR_BAD_HANDLE);
	T_ZX(get(weak, &value, 8), ZX_ERR_ACCESS_DENIED);
	T_ZX(get(weak, &value, 0), ZX_ERR_ACCESS_DENIED);
	T_ZX(get(event, &value, 8), ZX_ERR_ACCESS_DENIED); /* events have no property rights */
	T_ZX(get(vmo, &value, 7), ZX_ERR_BUFFER_TOO_SMALL);
	T_ZX(get(zx_process_self(), &value, 7), ZX_ERR_BUFFER_TOO_SMALL);
	T_ZX(get(zx_process_self(), &value, 8), ZX_ERR_WRONG_TYPE);
	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		const char *name;

		T_ZX_ROW(name, get(vmo, vmo_bad_out(i, &name), 8), ZX_ERR_INVALID_ARGS);
	}
	cr_assert_eq(value, 7);
	T_OK(get(vmo, &value, 8));
	cr_assert_eq(value, 100);
	struct {
		uint64_t value, canary;
	} larger = {0, 0x5555};
	T_OK(get(vmo, &larger, sizeof(larger)));
	cr_assert_eq(larger.value, 100);
	cr_assert_eq(larger.canary, 0x5555);
}

/* spec: vmo 3.3 property #2 */
Test(call_vmo_stream_size, set_property__each_error_in_order__its_status)
{
	zx_handle_t vmo = t_vmo(100), closed = t_vmo(PG);
	const uint64_t value = 50, large = PG + 1;
	zx_handle_t no_set = vmo_without(vmo, ZX_RIGHT_SET_PROPERTY);
	zx_handle_t no_write = vmo_without(vmo, ZX_RIGHT_WRITE);

	t_close(closed);
	T_ZX(set(closed, &value, 8), ZX_ERR_BAD_HANDLE);
	T_ZX(set(closed, &value, 7), ZX_ERR_BAD_HANDLE);
	T_ZX(set(no_set, &value, 8), ZX_ERR_ACCESS_DENIED);
	T_ZX(set(no_write, &value, 8), ZX_ERR_ACCESS_DENIED);
	T_ZX(set(no_write, &value, 7), ZX_ERR_ACCESS_DENIED);
	T_ZX(set(vmo, &value, 7), ZX_ERR_BUFFER_TOO_SMALL);
	T_ZX(set(zx_process_self(), &value, 7), ZX_ERR_BUFFER_TOO_SMALL);
	T_ZX(set(zx_process_self(), &value, 8), ZX_ERR_WRONG_TYPE);
	T_ZX(set(vmo, NULL, 8), ZX_ERR_INVALID_ARGS);
	T_ZX(set(vmo, t_no_access_page(), 8), ZX_ERR_INVALID_ARGS);
	T_ZX(set(vmo, (uint8_t *)t_before_guard(4), 8), ZX_ERR_INVALID_ARGS);
	T_ZX(set(vmo, vmo_bad_buffer(BAD_BEYOND_END).bad, 8), ZX_ERR_INVALID_ARGS);
	T_ZX(set(vmo, &large, 8), ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(vmo_stream(vmo), 100);
	T_OK(set(vmo, &value, 8));
	cr_assert_eq(vmo_stream(vmo), 50);
}

Test(call_vmo_stream_size, set_property__content__zeroed_as_by_the_call)
{
	zx_handle_t vmo = t_vmo(3 * PG);
	const uint64_t small = 5000, large = 3 * PG;

	vmo_fill(vmo, 0, 3 * PG, 'c');
	T_OK(set(vmo, &small, 8));
	cr_assert(vmo_all(vmo, 0, small, 'c'));
	cr_assert(vmo_all(vmo, small, 3 * PG - small, 0));
	vmo_fill(vmo, small, 100, 'd');
	T_OK(set(vmo, &large, 8));
	cr_assert(vmo_all(vmo, small, 3 * PG - small, 0));
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
	T_ZX(set(vmo, &small, 8), ZX_ERR_BAD_STATE);
	cr_assert_eq(vmo_stream(vmo), large);
}

Test(call_vmo_stream_size, reference_and_clone__property__shared_or_own)
{
	zx_handle_t vmo = t_vmo(3 * PG);
	zx_handle_t ref = vmo_child(vmo, REFERENCE, 0, 0);
	zx_handle_t clone = vmo_child(vmo, SNAPSHOT, 0, 10);
	const uint64_t value = 77;
	uint64_t got = 0;

	T_OK(set(ref, &value, 8));
	T_OK(get(vmo, &got, 8));
	cr_assert_eq(got, 77);
	T_OK(get(clone, &got, 8));
	cr_assert_eq(got, 10);
	t_close(vmo);
	T_OK(get(ref, &got, 8));
	cr_assert_eq(got, 77);
}
