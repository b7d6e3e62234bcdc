/* zi-test: valgrind */
/* Who is charged for which page: the worked examples and the list of what commits. */
#include "vmo_t.h"

/* spec: vmo 5.10 #1 */
Test(call_vmo_attribution, example_a__snapshot__as_worked_out)
{
	zx_handle_t P = t_vmo(2 * PG);

	vmo_fill(P, 0, PG, 'p');
	EXPECT_BYTES("initial", P, 4096, 4096, 4096);
	zx_handle_t C = vmo_child(P, SNAPSHOT, 0, 8192);
	EXPECT_BYTES("snapshot", P, 4096, 0, 2048);
	EXPECT_BYTES("snapshot", C, 4096, 0, 2048);
	vmo_fill(P, 0, 1, 'q');
	EXPECT_BYTES("P writes page 0", P, 4096, 4096, 4096);
	EXPECT_BYTES("P writes page 0", C, 4096, 4096, 4096);
	vmo_fill(C, 0, 1, 'c'); /* spec: vmo 17.1 #21 */
	EXPECT_BYTES("C writes page 0", P, 4096, 4096, 4096);
	EXPECT_BYTES("C writes page 0", C, 4096, 4096, 4096);
	vmo_fill(C, PG, 1, 'c');
	EXPECT_BYTES("C writes page 1", P, 4096, 4096, 4096);
	EXPECT_BYTES("C writes page 1", C, 8192, 8192, 8192);
	t_close(P);
	EXPECT_BYTES("P closed", C, 8192, 8192, 8192);
	cr_assert_eq(vmo_get(C, 0), 'c');
	cr_assert_eq(vmo_byte(C, 1), 'p');
}

/* spec: vmo 5.10 #2 */ /* spec: vmo 7.1 #13 */ /* spec: vmo 17.1 #1 */
Test(call_vmo_attribution, example_b__three_sharers__as_worked_out)
{
	zx_handle_t P = t_vmo(PG);

	vmo_fill(P, 0, PG, 'p');
	zx_handle_t C1 = vmo_child(P, SNAPSHOT, 0, PG), C2 = vmo_child(P, SNAPSHOT, 0, PG);
	zx_handle_t all[] = {P, C1, C2};
	T_EACH (all, h) {
		EXPECT_BYTES("three", *h, 4096, 0, 1365);
		cr_assert_eq(vmo_info(*h).committed_fractional_scaled_bytes,
			     UINT64_C(0x2AAAAAAAAAAAAAAA));
	}
	vmo_fill(C1, 0, 1, 'c');
	EXPECT_BYTES("C1 writes", C1, 4096, 4096, 4096);
	EXPECT_BYTES("C1 writes", P, 4096, 0, 2048);
	EXPECT_BYTES("C1 writes", C2, 4096, 0, 2048);
	cr_assert_eq(vmo_info(P).committed_fractional_scaled_bytes, 0);
}

/* spec: vmo 5.10 #3 */
Test(call_vmo_attribution, example_c__window_past_the_end__as_worked_out)
{
	zx_handle_t P = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE);

	vmo_fill(P, PG, PG, 'b');
	zx_handle_t C = vmo_child(P, SNAPSHOT, 4096, 12288);
	cr_assert(vmo_all(C, 0, PG, 'b'));
	cr_assert(vmo_all(C, PG, 2 * PG, 0));
	T_OK(zx_vmo_set_size(P, 16384));
	vmo_fill(P, 2 * PG, PG, 'x');
	cr_assert(vmo_all(C, PG, PG, 0));
	EXPECT_BYTES("P", P, 8192, 4096, 4096 + 2048);
	EXPECT_BYTES("C", C, 4096, 0, 2048);
}

/* spec: vmo 5.10 #4 */
Test(call_vmo_attribution, example_d__clone_of_a_clone__as_worked_out)
{
	zx_handle_t P = t_vmo(PG);

	vmo_fill(P, 0, PG, 'p');
	zx_handle_t C = vmo_child(P, SNAPSHOT, 0, PG), G = vmo_child(C, SNAPSHOT, 0, PG);
	EXPECT_BYTES("no write in between", P, 4096, 0, 1365);
	EXPECT_BYTES("no write in between", C, 4096, 0, 1365);
	EXPECT_BYTES("no write in between", G, 4096, 0, 1365);
	t_close(G);
	vmo_fill(C, 0, 1, 'c');
	EXPECT_BYTES("C wrote", P, 4096, 4096, 4096);
	EXPECT_BYTES("C wrote", C, 4096, 4096, 4096);
	G = vmo_child(C, SNAPSHOT, 0, PG);
	EXPECT_BYTES("then G", C, 4096, 0, 2048);
	EXPECT_BYTES("then G", G, 4096, 0, 2048);
	EXPECT_BYTES("then G", P, 4096, 4096, 4096);
	t_close(C);
	EXPECT_BYTES("C closed", G, 4096, 4096, 4096);
	cr_assert_eq(vmo_info(G).parent_koid, t_koid(P));
	cr_assert_eq(vmo_info(P).num_children, 1);
	cr_assert_eq(vmo_get(G, 0), 'c');
}

/* spec: vmo 5.10 #5 */
Test(call_vmo_attribution, example_e__zeroing__as_worked_out)
{
	zx_handle_t P = t_vmo(2 * PG);

	vmo_fill(P, 0, 2 * PG, 'p');
	zx_handle_t C = vmo_child(P, SNAPSHOT, 0, 2 * PG);
	EXPECT_BYTES("start", P, 8192, 0, 4096);
	EXPECT_BYTES("start", C, 8192, 0, 4096);
	T_OK(vmo_op(P, ZX_VMO_OP_ZERO, 0, PG));
	EXPECT_BYTES("page 0 of P", P, 4096, 0, 2048);
	EXPECT_BYTES("page 0 of P", C, 8192, 4096, 6144);
	T_OK(vmo_op(C, ZX_VMO_OP_ZERO, PG, PG));
	EXPECT_BYTES("page 1 of C", P, 4096, 4096, 4096);
	EXPECT_BYTES("page 1 of C", C, 4096, 4096, 4096);
}

/* spec: vmo 5.10 #6 */
Test(call_vmo_attribution, example_f__resize__as_worked_out)
{
	zx_handle_t P = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE);

	vmo_fill(P, 0, 2 * PG, 'p');
	zx_handle_t C = vmo_child(P, SNAPSHOT, 0, 2 * PG);
	T_OK(zx_vmo_set_size(P, 0));
	EXPECT_BYTES("shrunk", P, 0, 0, 0);
	EXPECT_BYTES("shrunk", C, 8192, 8192, 8192);
	T_OK(zx_vmo_set_size(P, 8192));
	cr_assert(vmo_all(P, 0, 8192, 0));
	EXPECT_BYTES("grown", P, 0, 0, 0);
}

/* spec: vmo 5.10 #7 */
Test(call_vmo_attribution, example_g__slice_and_reference__as_worked_out)
{
	zx_handle_t P = t_vmo(2 * PG);

	vmo_fill(P, PG, PG, 'p');
	zx_handle_t S = vmo_child(P, SLICE, 4096, 4096);
	cr_assert(vmo_all(S, 0, PG, 'p'));
	EXPECT_BYTES("S", S, 0, 0, 0);
	EXPECT_BYTES("P", P, 4096, 4096, 4096);
	vmo_fill(S, 0, 1, 's');
	cr_assert_eq(vmo_get(P, 1), 's');
	zx_handle_t R = vmo_child(P, REFERENCE, 0, 0);
	EXPECT_BYTES("R", R, 0, 0, 0);
	t_close(P);
	cr_assert_eq(vmo_get(S, 0), 's');
	EXPECT_BYTES("S alone", S, 0, 0, 0);
	EXPECT_BYTES("R alone", R, 0, 0, 0);
}

/* spec: vmo 5.10 #9 */
Test(call_vmo_attribution, example_i__partial_overlap__as_worked_out)
{
	zx_handle_t P = t_vmo(4 * PG);

	for (uint64_t i = 0; i < 4; i++)
		vmo_fill(P, i * PG, PG, (uint8_t)('0' + i));
	zx_handle_t C = vmo_child(P, SNAPSHOT, 4096, 8192);
	EXPECT_BYTES("P", P, 16384, 8192, 12288);
	EXPECT_BYTES("C", C, 8192, 0, 4096);
	t_close(P);
	EXPECT_BYTES("P closed", C, 8192, 8192, 8192);
	cr_assert(vmo_all(C, 0, PG, '1'));
	cr_assert(vmo_all(C, PG, PG, '2'));
}

/* Sharers of every number up to 40: the parts add up to the pages that exist. */
/* spec: vmo 7.1 #9 #10 #11 #12 #13 */
Test(call_vmo_attribution, scaled_bytes__of_n_sharers__add_up)
{
	enum { MAX_SHARERS = 40, PAGES = 7 };
	zx_handle_t vmo[MAX_SHARERS];

	vmo[0] = t_vmo(PAGES * PG);
	vmo_fill(vmo[0], 0, PAGES * PG, 's');
	for (uint64_t n = 1; n < MAX_SHARERS; n++) {
		/* Both shapes: children of the root and chains. */
		vmo[n] = vmo_child(vmo[n & 1 ? 0 : n - 1], SNAPSHOT, 0, PAGES * PG);
		unsigned __int128 sum = 0;

		for (uint64_t i = 0; i <= n; i++) {
			const zx_info_vmo_t info = vmo_info(vmo[i]);
			const uint64_t sharers = n + 1;
			const uint64_t one = UINT64_C(1) << 63;
			unsigned __int128 part = (unsigned __int128)(PG / sharers) << 63;

			part += one / sharers * (PG % sharers);
			part *= PAGES;
			cr_assert_eq(info.committed_bytes, PAGES * PG);
			cr_assert_eq(info.committed_private_bytes, 0);
			cr_assert_eq(info.committed_scaled_bytes, (uint64_t)(part >> 63),
				     "%" PRIu64 " sharers", sharers);
			cr_assert_eq(info.committed_fractional_scaled_bytes,
				     (uint64_t)part & (one - 1), "%" PRIu64 " sharers", sharers);
			sum += part;
		}
		/* What rounding loses is less than a byte for each of them. */
		const uint64_t whole = (uint64_t)((sum + n * PAGES * PG) >> 63);
		cr_assert(whole == PAGES * PG || whole == PAGES * PG - 1, "%" PRIu64, whole);
	}
	for (uint64_t n = MAX_SHARERS - 1; n > 0; n--)
		t_close(vmo[n]);
	EXPECT_BYTES("alone again", vmo[0], PAGES * PG, PAGES * PG, PAGES * PG);
}

/* ---- what commits and what does not, row by row */

/* spec: vmo 7.4 #1 #2 #3 */
Test(call_vmo_attribution, faults__through_a_mapping__read_nothing_write_a_page)
{
	zx_handle_t vmo = t_vmo(3 * PG);
	uint8_t *map = t_map(vmo, 0, 3 * PG);

	EXPECT_BYTES("mapped", vmo, 0, 0, 0);
	cr_assert(t_all(map, 3 * PG, 0));
	EXPECT_BYTES("read", vmo, 0, 0, 0);
	map[PG + 5] = 1;
	EXPECT_BYTES("written", vmo, PG, PG, PG);
	map[PG + 6] = 1;
	EXPECT_BYTES("again", vmo, PG, PG, PG);
	map[0] = 1;
	map[2 * PG] = 1;
	EXPECT_BYTES("all", vmo, 3 * PG, 3 * PG, 3 * PG);
	/* shared -> private */
	zx_handle_t child = vmo_child(vmo, SNAPSHOT, 0, 3 * PG);
	EXPECT_BYTES("shared", vmo, 3 * PG, 0, 3 * PG / 2);
	map[0] = 2;
	EXPECT_BYTES("forked", vmo, 3 * PG, PG, PG + PG);
	EXPECT_BYTES("left alone", child, 3 * PG, PG, PG + PG);
}

/* Many pages, in order and not: what is counted is what was written, whatever is forked ahead. */
Test(call_vmo_attribution, faults__of_many_pages_of_a_clone__exactly_those_written)
{
	enum { PAGES = 256 };
	uint64_t seed = t_seed();
	zx_handle_t vmo = t_vmo(PAGES * PG);
	bool forked[PAGES] = {false};

	vmo_fill(vmo, 0, PAGES * PG, 'p');
	zx_handle_t child = vmo_child(vmo, SNAPSHOT, 0, PAGES * PG);
	uint8_t *map = t_map(child, 0, PAGES * PG);
	for (uint64_t i = 0, n = 0; i < PAGES; i++) {
		const uint64_t page = i < PAGES / 2 ? i : t_below(&seed, PAGES);

		n += !forked[page];
		forked[page] = true;
		map[page * PG + i] = 'c';
		if (i % 37 == 0 || i == PAGES - 1)
			EXPECT_BYTES("child", child, PAGES * PG, n * PG,
				     n * PG + (PAGES - n) * PG / 2);
	}
	for (uint64_t p = 0; p < PAGES; p++)
		cr_assert(vmo_all(vmo, p * PG, PG, 'p'));
}

static void set_up(zx_handle_t *out_p, zx_handle_t *out_c)
{
	*out_p = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE);
	vmo_fill(*out_p, 0, 2 * PG, 'p');
	*out_c = vmo_child(*out_p, SNAPSHOT, 0, 2 * PG);
}

/* spec: vmo 7.4 #12 #13 */ /* spec: vmo 7.5 #1 */
Test(call_vmo_attribution, relative__writes_zeros_shrinks_dies__committed_same_private_rises)
{
	zx_handle_t p, c;

	set_up(&p, &c);
	EXPECT_BYTES("created", c, 2 * PG, 0, PG);
	vmo_put(p, 0, 'q');
	EXPECT_BYTES("parent wrote", c, 2 * PG, PG, PG + PG / 2);
	set_up(&p, &c);
	T_OK(vmo_op(p, ZX_VMO_OP_ZERO, 0, PG));
	EXPECT_BYTES("parent zeroed", c, 2 * PG, PG, PG + PG / 2);
	set_up(&p, &c);
	T_OK(zx_vmo_set_size(p, PG));
	EXPECT_BYTES("parent shrank", c, 2 * PG, PG, PG + PG / 2);
	set_up(&p, &c);
	t_close(p);
	EXPECT_BYTES("parent died", c, 2 * PG, 2 * PG, 2 * PG);
	set_up(&p, &c);
	t_close(c);
	EXPECT_BYTES("child died", p, 2 * PG, 2 * PG, 2 * PG);
	set_up(&p, &c);
	vmo_put(c, 1, 'c');
	EXPECT_BYTES("child wrote", p, 2 * PG, PG, PG + PG / 2);
	set_up(&p, &c);
	T_OK(vmo_op(p, ZX_VMO_OP_COMMIT, 0, 2 * PG)); /* spec: vmo 7.4 #5 */
	EXPECT_BYTES("parent committed", p, 2 * PG, 2 * PG, 2 * PG);
	EXPECT_BYTES("parent committed", c, 2 * PG, 2 * PG, 2 * PG);
}

/* spec: vmo 7.4 #7-11 */
Test(call_vmo_attribution, giving_up_pages__each_way__minus_a_page)
{
	zx_handle_t vmo = t_vmo_options(8 * PG, ZX_VMO_RESIZABLE);

	vmo_fill(vmo, 0, 8 * PG, 'v');
	T_OK(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PG));
	EXPECT_BYTES("DECOMMIT", vmo, 7 * PG, 7 * PG, 7 * PG);
	T_OK(vmo_op(vmo, ZX_VMO_OP_ZERO, PG, PG));
	EXPECT_BYTES("ZERO", vmo, 6 * PG, 6 * PG, 6 * PG);
	T_OK(vmo_op(vmo, ZX_VMO_OP_ZERO, 2 * PG, PG - 1));
	EXPECT_BYTES("ZERO of a part", vmo, 6 * PG, 6 * PG, 6 * PG);
	T_OK(zx_vmo_set_size(vmo, 7 * PG));
	EXPECT_BYTES("shrink", vmo, 5 * PG, 5 * PG, 5 * PG);
	T_OK(zx_vmo_set_stream_size(vmo, 5 * PG + 1));
	EXPECT_BYTES("stream size", vmo, 4 * PG, 4 * PG, 4 * PG);
	T_OK(zx_vmo_set_size(vmo, 5 * PG));
	EXPECT_BYTES("shrink by a page", vmo, 3 * PG, 3 * PG, 3 * PG);
}

/* spec: vmo 7.4 #16 */
Test(call_vmo_attribution, bystanders__hints_caches_names__change_nothing)
{
	zx_handle_t p, c;

	set_up(&p, &c);
	T_OK(vmo_op(c, ZX_VMO_OP_PREFETCH, 0, 2 * PG));
	T_OK(vmo_op(c, ZX_VMO_OP_DONT_NEED, 0, 2 * PG));
	T_OK(vmo_op(c, ZX_VMO_OP_ALWAYS_NEED, 0, 2 * PG));
	T_OK(vmo_op(c, ZX_VMO_OP_CACHE_CLEAN_INVALIDATE, 0, 2 * PG));
	T_OK(vmo_op(c, ZX_VMO_OP_CACHE_INVALIDATE, 0, 2 * PG));
	vmo_set_name(c, "c");
	vmo_info(c);
	EXPECT_BYTES("child", c, 2 * PG, 0, PG);
	EXPECT_BYTES("parent", p, 2 * PG, 0, PG);
	cr_assert_eq(vmo_info(c).committed_change_events, 0);
}

/* spec: vmo 7.6 #1 */
Test(call_vmo_attribution, zeros__written_or_committed__never_dropped)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	uint8_t page[T_PAGE] = {0};

	T_OK(zx_vmo_write(vmo, page, 0, PG));
	T_OK(vmo_op(vmo, ZX_VMO_OP_COMMIT, PG, PG));
	for (unsigned i = 0; i < 5; i++)
		EXPECT_BYTES("zeros", vmo, 2 * PG, 2 * PG, 2 * PG);
	/* They are content: a snapshot shares them. */
	zx_handle_t child = vmo_child(vmo, SNAPSHOT, 0, 4 * PG);
	EXPECT_BYTES("shared zeros", child, 2 * PG, 0, PG);
	t_close(vmo);
	EXPECT_BYTES("inherited zeros", child, 2 * PG, 2 * PG, 2 * PG);
}

/* Written through a mapping before the snapshot: the same accounting as written by a call. */
Test(call_vmo_attribution, mapped_writes__then_snapshot__shared_like_any_page)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	uint8_t *map = t_map(vmo, 0, 4 * PG);

	map[0] = map[3 * PG] = 1;
	zx_handle_t child = vmo_child(vmo, SNAPSHOT, 0, 4 * PG);
	EXPECT_BYTES("parent", vmo, 2 * PG, 0, PG);
	EXPECT_BYTES("child", child, 2 * PG, 0, PG);
	uint8_t *below = t_map(child, 0, 4 * PG);
	below[PG] = 1;
	map[2 * PG] = 1;
	EXPECT_BYTES("parent", vmo, 3 * PG, PG, 2 * PG);
	EXPECT_BYTES("child", child, 3 * PG, PG, 2 * PG);
	t_unmap(map, 4 * PG);
	t_close(vmo);
	EXPECT_BYTES("child alone", child, 3 * PG, 3 * PG, 3 * PG);
}
