/* zi-test: valgrind */
/* zx_vmo_transfer_data. */
#include "vmo_t.h"

static zx_handle_t other_vmo;

static zx_status_t call_as_dst(zx_handle_t h)
{
	return zx_vmo_transfer_data(h, 0, 0, PG, other_vmo, 0);
}

static zx_status_t call_as_src(zx_handle_t h)
{
	return zx_vmo_transfer_data(other_vmo, 0, 0, PG, h, 0);
}

/* spec: vmo 13 #3 #4 */
Test(call_vmo_transfer, handles__wrong_in_every_way__destination_first)
{
	zx_handle_t vmo = t_vmo(PG), closed = t_vmo(PG), event;

	other_vmo = t_vmo(PG);
	vmo_expect_handle_checks("destination", call_as_dst, vmo, ZX_RIGHT_WRITE, ZX_OK);
	vmo_expect_handle_checks("source", call_as_src, vmo, ZX_RIGHT_READ | ZX_RIGHT_WRITE, ZX_OK);
	t_close(closed);
	T_OK(zx_event_create(0, &event));
	zx_handle_t weak = vmo_without(vmo, ZX_RIGHT_WRITE);
	T_ZX(zx_vmo_transfer_data(closed, 0, 0, PG, event, 0), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmo_transfer_data(event, 0, 0, PG, closed, 0), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_vmo_transfer_data(weak, 0, 0, PG, closed, 0), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmo_transfer_data(vmo, 0, 0, PG, weak, 0), ZX_ERR_ACCESS_DENIED);
}

/* spec: vmo 13 #1 #2 */
Test(call_vmo_transfer, options_and_alignment__bad__before_the_handles)
{
	zx_handle_t closed = t_vmo(PG), vmo = t_vmo(4 * PG), src = t_vmo(4 * PG);

	t_close(closed);
	T_ZX(zx_vmo_transfer_data(closed, 1, 0, PG, closed, 0), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmo_transfer_data(vmo, 0x80000000u, 0, PG, src, 0), ZX_ERR_INVALID_ARGS);
	for (unsigned i = 0; i < 3; i++) {
		const uint64_t off = i == 0 ? 1 : PG, len = i == 1 ? PG + 1 : PG,
			       from = i == 2 ? 5 : PG;

		T_ZX(zx_vmo_transfer_data(closed, 0, off, len, closed, from), ZX_ERR_INVALID_ARGS);
		T_ZX(zx_vmo_transfer_data(vmo, 0, off, len, src, from), ZX_ERR_INVALID_ARGS);
	}
	T_ZX(zx_vmo_transfer_data(vmo, 0, UINT64_MAX, PG, src, 0), ZX_ERR_INVALID_ARGS);
}

/* Source and destination have four pages; the source's are 's', the destination's 'd'. */
static const struct {
	const char *name;
	uint64_t off, len, src_off;
	zx_status_t want;
	bool source_zeroed; /* pages are taken before the destination is looked at */
} rows[] = {
	/* spec: vmo 13 #7 */
	{"source past the end", 0, PG, 4 * PG, ZX_ERR_OUT_OF_RANGE, false},
	{"source over the end", 0, 2 * PG, 3 * PG, ZX_ERR_OUT_OF_RANGE, false},
	{"source wraps", 0, 2 * PG, UINT64_MAX - PG + 1, ZX_ERR_OUT_OF_RANGE, false},
	{"both outside", 4 * PG, PG, 4 * PG, ZX_ERR_OUT_OF_RANGE, false},
	/* spec: vmo 13 #11 */ /* spec: vmo 17.1 #16 */
	{"destination past the end", 4 * PG, PG, PG, ZX_ERR_OUT_OF_RANGE, true},
	{"destination over the end", 3 * PG, 2 * PG, PG, ZX_ERR_OUT_OF_RANGE, true},
	{"destination wraps", UINT64_MAX - PG + 1, 2 * PG, PG, ZX_ERR_OUT_OF_RANGE, true},
	{"one page", 0, PG, 2 * PG, ZX_OK, true},
	{"some pages", PG, 3 * PG, 0, ZX_OK, true},
	{"everything", 0, 4 * PG, 0, ZX_OK, true},
	/* spec: vmo 13 effect #13 */
	{"nothing", 0, 0, 0, ZX_OK, false},
	{"nothing at the ends", 4 * PG, 0, 4 * PG, ZX_OK, false},
	{"nothing behind the ends", 100 * PG, 0, 200 * PG, ZX_OK, false},
};

/* spec: vmo 13 effect #1 #2 #5 #8 */ /* spec: vmo 7.4 #17 */
Test(call_vmo_transfer, range__each_row__status_content_and_pages)
{
	T_EACH (rows, r) {
		zx_handle_t src = t_vmo(4 * PG), dst = t_vmo(4 * PG);
		const uint64_t taken = r->source_zeroed ? r->len : 0;

		vmo_fill(src, 0, 4 * PG, 's');
		vmo_fill(dst, 0, 4 * PG, 'd');
		T_OK(zx_vmo_set_stream_size(src, 4 * PG));
		T_ZX_ROW(r->name, zx_vmo_transfer_data(dst, 0, r->off, r->len, src, r->src_off),
			 r->want);
		EXPECT_BYTES(r->name, src, 4 * PG - taken, 4 * PG - taken, 4 * PG - taken);
		for (uint64_t p = 0; p < 4; p++) {
			const bool out = r->source_zeroed && p * PG >= r->src_off &&
					 p * PG < r->src_off + r->len;
			const bool in =
				r->want == ZX_OK && p * PG >= r->off && p * PG < r->off + r->len;

			cr_assert(vmo_all(src, p * PG, PG, out ? 0 : 's'), "%s: source %" PRIu64,
				  r->name, p);
			cr_assert(vmo_all(dst, p * PG, PG, in ? 's' : 'd'),
				  "%s: destination %" PRIu64, r->name, p);
		}
		EXPECT_BYTES(r->name, dst, 4 * PG, 4 * PG, 4 * PG);
		cr_assert_eq(vmo_size(src), 4 * PG);
		cr_assert_eq(vmo_stream(src), 4 * PG);
		cr_assert_eq(vmo_size(dst), 4 * PG);
		cr_assert_eq(vmo_stream(dst), 4 * PG);
		t_close(src);
		t_close(dst);
	}
}

/* spec: vmo 13 #5 */
Test(call_vmo_transfer, same_object_and_offset__nothing_checked_further)
{
	zx_handle_t vmo = t_vmo(2 * PG);
	zx_handle_t dup = vmo_dup(vmo, ZX_RIGHT_SAME_RIGHTS),
		    weak = vmo_without(vmo, ZX_RIGHT_READ);

	vmo_fill(vmo, 0, 2 * PG, 'v');
	T_OK(zx_vmo_transfer_data(vmo, 0, 0, PG, vmo, 0));
	T_OK(zx_vmo_transfer_data(vmo, 0, PG, PG, dup, PG));
	T_OK(zx_vmo_transfer_data(vmo, 0, 100 * PG, 100 * PG, dup, 100 * PG));
	T_OK(zx_vmo_transfer_data(vmo, 0, UINT64_MAX - PG + 1, 2 * PG, vmo, UINT64_MAX - PG + 1));
	T_ZX(zx_vmo_transfer_data(vmo, 0, 0, PG, weak, 0), ZX_ERR_ACCESS_DENIED);
	cr_assert(vmo_all(vmo, 0, 2 * PG, 'v'));
	T_ZX(zx_vmo_transfer_data(vmo, 0, 0, PG, vmo, 2 * PG), ZX_ERR_OUT_OF_RANGE);
}

/* spec: vmo 13 effect #6 */
Test(call_vmo_transfer, same_vmo__overlapping__as_memmove)
{
	for (unsigned k = 0; k < 2; k++) {
		const uint64_t from = k ? 2 : 0, to = k ? 0 : 2;
		zx_handle_t vmo = t_vmo(6 * PG);

		for (uint64_t p = 0; p < 6; p++)
			vmo_fill(vmo, p * PG, PG, (uint8_t)('0' + p));
		T_OK(zx_vmo_transfer_data(vmo, 0, to * PG, 4 * PG, vmo, from * PG));
		for (uint64_t p = 0; p < 4; p++)
			cr_assert(vmo_all(vmo, (to + p) * PG, PG, (uint8_t)('0' + from + p)),
				  "%u: page %" PRIu64, k, p);
		cr_assert(vmo_all(vmo, k ? 4 * PG : 0, 2 * PG, 0));
		EXPECT_BYTES("overlap", vmo, 4 * PG, 4 * PG, 4 * PG);
		t_close(vmo);
	}
}

/* spec: vmo 13 effect #4 */
Test(call_vmo_transfer, uncommitted__source_pages__destination_zero_and_uncommitted)
{
	zx_handle_t src = t_vmo(4 * PG), dst = t_vmo(4 * PG);

	vmo_fill(dst, 0, 4 * PG, 'd');
	vmo_fill(src, PG, PG, 's');
	T_OK(vmo_op(src, ZX_VMO_OP_COMMIT, 3 * PG, PG));
	T_OK(zx_vmo_transfer_data(dst, 0, 0, 4 * PG, src, 0));
	cr_assert(vmo_all(dst, 0, PG, 0));
	cr_assert(vmo_all(dst, PG, PG, 's'));
	cr_assert(vmo_all(dst, 2 * PG, 2 * PG, 0));
	EXPECT_BYTES("destination", dst, 2 * PG, 2 * PG,
		     2 * PG); /* the committed zeros moved too */
	EXPECT_BYTES("source", src, 0, 0, 0);
}

/* spec: vmo 13 effect #3 */
Test(call_vmo_transfer, shared_source__content_moves__relatives_keep_theirs)
{
	zx_handle_t p = t_vmo(3 * PG), dst = t_vmo(3 * PG);

	vmo_fill(p, 0, 3 * PG, 'p');
	zx_handle_t c = vmo_child(p, SNAPSHOT, 0, 3 * PG);
	T_OK(zx_vmo_transfer_data(dst, 0, 0, 2 * PG, c, 0));
	cr_assert(vmo_all(dst, 0, 2 * PG, 'p'));
	cr_assert(vmo_all(p, 0, 3 * PG, 'p'));
	cr_assert(vmo_all(c, 0, 2 * PG, 0));
	cr_assert(vmo_all(c, 2 * PG, PG, 'p'));
	EXPECT_BYTES("destination", dst, 2 * PG, 2 * PG, 2 * PG);
	EXPECT_BYTES("source", c, PG, 0, PG / 2);
	EXPECT_BYTES("relative", p, 3 * PG, 2 * PG, 2 * PG + PG / 2);
	t_close(p);
	cr_assert(vmo_all(c, 0, 2 * PG, 0));
	EXPECT_BYTES("source alone", c, PG, PG, PG);
}

/* spec: vmo 13 effect #5 */
Test(call_vmo_transfer, shared_destination__overwritten__relatives_keep_theirs)
{
	zx_handle_t p = t_vmo(2 * PG), src = t_vmo(2 * PG);

	vmo_fill(p, 0, 2 * PG, 'p');
	zx_handle_t c = vmo_child(p, SNAPSHOT, 0, 2 * PG);
	vmo_fill(src, 0, PG, 's');
	T_OK(zx_vmo_transfer_data(p, 0, 0, 2 * PG, src, 0));
	cr_assert(vmo_all(p, 0, PG, 's'));
	cr_assert(vmo_all(p, PG, PG, 0));
	cr_assert(vmo_all(c, 0, 2 * PG, 'p'));
	EXPECT_BYTES("destination", p, PG, PG, PG);
	EXPECT_BYTES("relative", c, 2 * PG, 2 * PG, 2 * PG);
}

Test(call_vmo_transfer, between_parent_and_child__both_ways__each_isolated)
{
	zx_handle_t p = t_vmo(4 * PG);

	for (uint64_t i = 0; i < 4; i++)
		vmo_fill(p, i * PG, PG, (uint8_t)('0' + i));
	zx_handle_t c = vmo_child(p, SNAPSHOT, 0, 4 * PG);
	T_OK(zx_vmo_transfer_data(c, 0, 0, 2 * PG, p, 2 * PG));
	cr_assert(vmo_all(c, 0, PG, '2'));
	cr_assert(vmo_all(c, PG, PG, '3'));
	cr_assert(vmo_all(c, 2 * PG, PG, '2'));
	cr_assert(vmo_all(p, 0, PG, '0'));
	cr_assert(vmo_all(p, 2 * PG, 2 * PG, 0));
	T_OK(zx_vmo_transfer_data(p, 0, 3 * PG, PG, c, 0)); /* pages that never were shared */
	cr_assert(vmo_all(p, 3 * PG, PG, '2'));
	cr_assert(vmo_all(c, 0, PG, 0));
}

/* spec: vmo 13 effect #7 */
Test(call_vmo_transfer, mapped__both_ends__show_the_move)
{
	zx_handle_t src = t_vmo(3 * PG), dst = t_vmo(3 * PG);
	uint8_t *from = t_map(src, 0, 3 * PG), *to = t_map(dst, 0, 3 * PG);

	memset(from, 's', 3 * PG);
	memset(to, 'd', 3 * PG);
	T_OK(zx_vmo_transfer_data(dst, 0, PG, 2 * PG, src, 0));
	cr_assert(t_all(to, PG, 'd'));
	cr_assert(t_all(to + PG, 2 * PG, 's'));
	cr_assert(t_all(from, 2 * PG, 0));
	cr_assert(t_all(from + 2 * PG, PG, 's'));
	from[0] = 'x';
	cr_assert_eq(to[PG], 's');
	to[PG] = 'y';
	cr_assert_eq(from[0], 'x');
	cr_assert_eq(vmo_get(dst, 1), 'y');
	EXPECT_BYTES("source", src, 2 * PG, 2 * PG, 2 * PG);
}

/* spec: vmo 13 effect #9 #10 */
Test(call_vmo_transfer, uncached_and_discardable__state_not_consulted__works)
{
	zx_handle_t uncached = t_vmo(PG), plain = t_vmo(PG);
	zx_handle_t discardable = t_vmo_options(PG, ZX_VMO_DISCARDABLE);
	zx_vmo_lock_state_t state;

	T_OK(zx_vmo_set_cache_policy(uncached, ZX_CACHE_POLICY_UNCACHED));
	vmo_fill(plain, 0, PG, 'p');
	T_OK(zx_vmo_transfer_data(uncached, 0, 0, PG, plain, 0));
	T_OK(zx_vmo_transfer_data(discardable, 0, 0, PG, uncached, 0));
	cr_assert(vmo_all(discardable, 0, PG, 'p'));
	T_OK(vmo_lock(discardable, PG, &state));
	T_OK(zx_vmo_transfer_data(plain, 0, 0, PG, discardable, 0));
	cr_assert(vmo_all(plain, 0, PG, 'p'));
	T_OK(vmo_op(discardable, ZX_VMO_OP_UNLOCK, 0, PG));
	T_OK(zirconia_debug_discard(discardable));
	T_OK(zx_vmo_transfer_data(discardable, 0, 0, PG, plain, 0));
	T_ZX(zx_vmo_read(discardable, &(char){0}, 0, 1), ZX_ERR_NOT_FOUND);
	T_OK(zx_vmo_transfer_data(plain, 0, 0, PG, discardable, 0));
}

/* spec: vmo 13 effect #11 */
Test(call_vmo_transfer, slices_and_references__act_on_the_store__inside_their_window)
{
	zx_handle_t vmo = t_vmo(4 * PG), dst = t_vmo(4 * PG);
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, 2 * PG),
		    ref = vmo_child(vmo, REFERENCE, 0, 0);

	for (uint64_t i = 0; i < 4; i++)
		vmo_fill(vmo, i * PG, PG, (uint8_t)('0' + i));
	T_ZX(zx_vmo_transfer_data(dst, 0, 0, PG, slice, 2 * PG), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmo_transfer_data(dst, 0, 0, 0, slice, 3 * PG), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmo_transfer_data(slice, 0, 3 * PG, 0, dst, 0), ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_vmo_transfer_data(dst, 0, 0, PG, slice, 0));
	cr_assert(vmo_all(dst, 0, PG, '1'));
	cr_assert(vmo_all(vmo, PG, PG, 0));
	T_OK(zx_vmo_transfer_data(slice, 0, 0, PG, ref, 3 * PG));
	cr_assert(vmo_all(vmo, PG, PG, '3'));
	cr_assert(vmo_all(vmo, 3 * PG, PG, 0));
	/* Through two views of one store, overlapping. */
	T_OK(zx_vmo_transfer_data(vmo, 0, 0, 2 * PG, slice, 0));
	cr_assert(vmo_all(vmo, 0, PG, '3'));
	cr_assert(vmo_all(vmo, PG, PG, '2'));
	cr_assert(vmo_all(vmo, 2 * PG, PG, 0));
	/* The same place seen through a slice is not the same object; the content survives all the same. */
	T_OK(zx_vmo_transfer_data(vmo, 0, PG, PG, slice, 0));
	cr_assert(vmo_all(vmo, PG, PG, '2'));
	EXPECT_BYTES("store", vmo, 2 * PG, 2 * PG, 2 * PG);
}

Test(call_vmo_transfer, large__there_and_back__content_kept)
{
	const uint64_t len = 512 * PG;
	zx_handle_t a = t_vmo(len), b = t_vmo_options(0, ZX_VMO_UNBOUNDED);

	for (uint64_t p = 0; p < 512; p += 3)
		vmo_put(a, p, (uint8_t)(p + 1));
	for (unsigned i = 0; i < 4; i++) {
		T_OK(zx_vmo_transfer_data(b, 0, 1000 * PG, len, a, 0));
		EXPECT_BYTES("a", a, 0, 0, 0);
		EXPECT_BYTES("b", b, 171 * PG, 171 * PG, 171 * PG);
		T_OK(zx_vmo_transfer_data(a, 0, 0, len, b, 1000 * PG));
	}
	for (uint64_t p = 0; p < 512; p++)
		cr_assert_eq(vmo_get(a, p), p % 3 == 0 ? (uint8_t)(p + 1) : 0);
}
