/*
 * Page requests: how they are built, split, delivered, cancelled and answered.
 *
 * zi-test: trap valgrind
 */
#include "pager_t.h"

/* ---- 2.1, 2.2: what a request asks for */

/* spec: pager 3.1 #4 #6 #7 #8; vmo 4.2 #8 */
Test(pager_requests, absent_run__of_an_operation__is_one_request)
{
	static const struct {
		const char *name;
		enum pg_what what;
		uint32_t op;
		uint64_t first, pages, asked_first, asked_pages;
	} rows[] = {
		{"read of all", PG_VMO_READ, 0, 0, 10, 0, 4},
		{"read from a present page", PG_VMO_READ, 0, 4, 6, 6, 4},
		{"read of less than the run", PG_VMO_READ, 0, 6, 2, 6, 2},
		{"commit", PG_VMO_OP, ZX_VMO_OP_COMMIT, 1, 9, 1, 3},
		{"prefetch", PG_VMO_OP, ZX_VMO_OP_PREFETCH, 0, 10, 0, 4},
		{"always need", PG_VMO_OP, ZX_VMO_OP_ALWAYS_NEED, 5, 5, 6, 4},
		{"write", PG_VMO_WRITE, 0, 2, 3, 2, 2},
	};

	T_EACH (rows, r) {
		/* Pages 4 and 5 are there. */
		struct pg p = pg_open(0, 10 * PG);
		struct pg_call c = {.what = r->what,
				    .vmo = p.vmo,
				    .op = r->op,
				    .off = r->first * PG,
				    .len = r->pages * PG};

		pg_supply(&p, 4, 1);
		pg_supply_zero(&p, 5, 1);
		pg_go(&c);
		pg_expect(__FILE__, __LINE__, &p, PG_KEY, ZX_PAGER_VMO_READ, r->asked_first,
			  r->asked_pages);
		PG_BLOCKS(&c);
		PG_QUIET(&p);
		pg_supply(&p, 0, 10);
		PG_ENDS(&c, ZX_OK);
		PG_QUIET(&p);
		free(c.buffer);
		pg_close(&p);
	}
}

Test(pager_requests, unaligned_read__asks_for_whole_pages)
{
	struct pg p = pg_open(0, 4 * PG);
	struct pg_call c = {.what = PG_VMO_READ, .vmo = p.vmo, .off = PG - 1, .len = 2};

	pg_go(&c);
	PG_READ(&p, 0, 2);
	pg_supply(&p, 0, 2);
	PG_ENDS(&c, ZX_OK);
	cr_assert(c.buffer[0] == pg_byte(0) && c.buffer[1] == pg_byte(1));
	pg_close(&p);
}

/* spec: pager 3.1 #5 */
Test(pager_requests, write__large__asks_in_batches)
{
	const uint64_t batch = 256;
	struct pg p = pg_open(PG_TRAP, 300 * PG);
	struct pg_call c = pg_write_call(p.vmo, 0, 300);

	pg_go(&c);
	PG_READ(&p, 0, batch);
	pg_supply(&p, 0, batch);
	PG_DIRTY(&p, 0, batch);
	T_OK(pg_dirty(&p, 0, batch));
	PG_READ(&p, batch, 300 - batch);
	pg_supply(&p, batch, 300 - batch);
	PG_DIRTY(&p, batch, 300 - batch);
	T_OK(pg_dirty(&p, batch, 300 - batch));
	PG_ENDS(&c, ZX_OK);
	PG_RANGES(&p, "0+300");
	pg_close(&p);
}

/* Runs of pages that are not dirty stop at dirty and absent ones. */
Test(pager_requests, dirty_request__mixed_pages__is_the_run_that_needs_it)
{
	struct pg p = pg_open(PG_TRAP | PG_RESIZABLE, 3 * PG);
	struct pg_call c;

	/* C M W Z Z D C, then absent. */
	pg_supply(&p, 0, 1);
	pg_supply_zero(&p, 1, 1);
	pg_supply(&p, 2, 1);
	T_OK(pg_dirty(&p, 2, 1));
	pg_begin(&p, 2, 1, false);
	T_OK(zx_vmo_set_size(p.vmo, 7 * PG));
	T_OK(pg_dirty(&p, 5, 1));
	pg_begin(&p, 6, 1, true);
	pg_end(&p, 6, 1);
	pg_supply(&p, 6, 1);
	PG_RANGES(&p, "2+1 3+2z 5+1");
	c = pg_write_call(p.vmo, 0, 7);
	pg_go(&c);
	PG_DIRTY(&p, 0, 5);
	PG_BLOCKS(&c);
	T_OK(pg_dirty(&p, 0, 5));
	PG_DIRTY(&p, 6, 1);
	T_OK(pg_dirty(&p, 6, 1));
	PG_ENDS(&c, ZX_OK);
	PG_RANGES(&p, "0+7");
	pg_close(&p);
}

/* spec: pager 2.2 overlap #1-4 */
Test(pager_requests, overlapping_requests__never_overlap_for_the_pager)
{
	struct pg p = pg_open(0, 20 * PG);
	struct pg_call middle = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 5, 5);
	struct pg_call inside = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 6, 2);
	struct pg_call over_end = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 8, 6);
	struct pg_call over_start = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 2, 5);

	pg_go(&middle);
	PG_READ(&p, 5, 5);
	PG_BLOCKS(&middle);
	pg_go(&inside);
	PG_BLOCKS(&inside);
	PG_QUIET(&p);
	pg_go(&over_end);
	PG_BLOCKS(&over_end);
	PG_QUIET(&p);
	pg_go(&over_start);
	PG_READ(&p, 2, 3);
	PG_BLOCKS(&over_start);
	PG_QUIET(&p);
	/*
	 * The head of the last one is there: it goes on to what the first one asks for, and waits
	 * for that silently.
	 */
	pg_supply(&p, 2, 3);
	pg_sleep_ms(5);
	PG_BLOCKS(&over_start);
	PG_QUIET(&p);
	/*
	 * The pages that one of them wants come, but it waits for all of the request that it stands
	 * behind.
	 */
	pg_supply(&p, 6, 2);
	pg_sleep_ms(5);
	PG_BLOCKS(&inside);
	pg_supply(&p, 5, 5);
	PG_ENDS(&middle, ZX_OK);
	PG_ENDS(&inside, ZX_OK);
	PG_ENDS(&over_start, ZX_OK);
	/* The tail of the one that ran over the end is asked for only now. */
	PG_READ(&p, 10, 4);
	PG_BLOCKS(&over_end);
	pg_supply(&p, 10, 4);
	PG_ENDS(&over_end, ZX_OK);
	PG_QUIET(&p);
	pg_close(&p);
}

/* spec: pager 3.1 #1; pager 3.2 #10 */
Test(pager_requests, neighbouring_faults__are_not_merged)
{
	struct pg p = pg_open(0, 4 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 4);
	struct pg_call a = pg_load_call(addr), b = pg_load_call(addr + PG);

	pg_go(&a);
	PG_READ(&p, 0, 1);
	pg_go(&b);
	PG_READ(&p, 1, 1);
	PG_BLOCKS(&a);
	PG_BLOCKS(&b);
	pg_supply(&p, 0, 2);
	PG_ENDS(&a, ZX_OK);
	PG_ENDS(&b, ZX_OK);
	cr_assert(a.value == pg_byte(0) && b.value == pg_byte(1));
	pg_close(&p);
}

/* READ and DIRTY requests know nothing of each other. */
Test(pager_requests, read_and_dirty__independent)
{
	struct pg p = pg_open(PG_TRAP, 4 * PG);
	struct pg_call w = pg_write_call(p.vmo, 0, 1), r = pg_read_call(p.vmo, 0, 4);

	pg_supply(&p, 0, 1);
	pg_go(&w);
	PG_DIRTY(&p, 0, 1);
	pg_go(&r);
	PG_READ(&p, 1, 3);
	/* Failing what was asked wakes both, each with its own. */
	T_OK(pg_fail(&p, 0, 4, ZX_ERR_NO_SPACE));
	PG_ENDS(&w, ZX_ERR_NO_SPACE);
	PG_ENDS(&r, ZX_ERR_NO_SPACE);
	PG_RANGES(&p, "");
	pg_close(&p);
}

/* ---- 2.3: delivery */

/* spec: pager 2.3 #1 #2 #4 #5; pager 2.1 packet */
Test(pager_requests, delivery__one_packet_at_a_time_per_vmo__in_order)
{
	struct pg p = pg_open(PG_TRAP, 8 * PG);
	zx_handle_t other = pg_vmo(&p, 9, 0, 4 * PG);
	struct pg_call c[5] = {
		pg_read_call(p.vmo, 0, 1), pg_read_call(p.vmo, 2, 1), pg_write_call(p.vmo, 6, 1),
		pg_read_call(other, 0, 1), pg_read_call(p.vmo, 4, 1),
	};

	pg_supply(&p, 6, 1);
	for (int i = 0; i < 5; i++) {
		pg_go(&c[i]);
		PG_BLOCKS(&c[i]);
	}
	/*
	 * The first of each VMO is queued; when it is taken the next of the same VMO goes to the
	 * tail.
	 */
	PG_READ(&p, 0, 1);
	pg_expect(__FILE__, __LINE__, &p, 9, ZX_PAGER_VMO_READ, 0, 1);
	PG_READ(&p, 2, 1);
	PG_DIRTY(&p, 6, 1);
	PG_READ(&p, 4, 1);
	PG_QUIET(&p);
	T_OK(pg_dirty(&p, 6, 1));
	pg_supply(&p, 0, 6);
	T_OK(pg_supply_status(&p, other, 0, 1));
	for (int i = 0; i < 5; i++)
		PG_ENDS(&c[i], ZX_OK);
	t_close(other);
	pg_expect(__FILE__, __LINE__, &p, 9, ZX_PAGER_VMO_COMPLETE, 0, 0);
	pg_close(&p);
}

/* spec: pager 2.3 #3 */
Test(pager_requests, delivery__answered_before_it_is_taken__never_seen)
{
	struct pg p = pg_open(0, 8 * PG);
	struct pg_call a = pg_read_call(p.vmo, 0, 1), b = pg_read_call(p.vmo, 2, 1),
		       c = pg_read_call(p.vmo, 4, 1);

	pg_go(&a);
	PG_BLOCKS(&a);
	pg_go(&b);
	PG_BLOCKS(&b);
	pg_go(&c);
	PG_BLOCKS(&c);
	/* One in the port, one in the queue behind it: both are answered unasked. */
	pg_supply(&p, 0, 1);
	PG_ENDS(&a, ZX_OK);
	T_OK(pg_fail(&p, 2, 1, ZX_ERR_IO));
	PG_ENDS(&b, ZX_ERR_IO);
	PG_READ(&p, 4, 1);
	PG_QUIET(&p);
	pg_supply(&p, 4, 1);
	PG_ENDS(&c, ZX_OK);
	pg_close(&p);
}

/* spec: pager 2.3 #6 */
/* Packets of pagers do not count against the port's limit, and are not refused by a full port. */
Test(pager_requests, delivery__port_full_of_user_packets__still_delivered)
{
	struct pg p = pg_open(0, PG);
	zx_port_packet_t user = {.type = ZX_PKT_TYPE_USER}, got;
	struct pg_call c = pg_read_call(p.vmo, 0, 1);
	uint64_t sent = 0;

	while (zx_port_queue(p.port, &user) == ZX_OK)
		sent++;
	pg_go(&c);
	PG_BLOCKS(&c);
	for (uint64_t i = 0; i < sent; i++) {
		T_OK(zx_port_wait(p.port, 0, &got));
		cr_assert_eq(got.type, ZX_PKT_TYPE_USER);
	}
	PG_READ(&p, 0, 1);
	pg_supply(&p, 0, 1);
	PG_ENDS(&c, ZX_OK);
	pg_close(&p);
}

/* ---- 2.5: supply */

/* spec: pager 2.5 early */
/* Early wake: a reader copies what has come and waits on without a new packet. */
Test(pager_requests, supply_in_pieces__reader__takes_them_as_they_come)
{
	struct pg p = pg_open(0, 8 * PG);
	struct pg_call c = pg_read_call(p.vmo, 0, 8);

	pg_go(&c);
	PG_READ(&p, 0, 8);
	PG_BLOCKS(&c);
	for (uint64_t i = 0; i < 7; i++) {
		pg_supply(&p, i, 1);
		for (int k = 0; k < 2000 && c.buffer[(i + 1) * PG - 1] != pg_byte(i); k++)
			pg_sleep_ms(1);
		cr_assert_eq(c.buffer[(i + 1) * PG - 1], pg_byte(i), "page %d", (int)i);
		cr_assert_eq(c.buffer[(i + 1) * PG], 0xee);
		PG_QUIET(&p);
		/* What it has read is not needed any more. */
		T_OK(zirconia_debug_evict(p.vmo, i * PG, PG, 0, NULL));
	}
	pg_supply(&p, 7, 1);
	PG_ENDS(&c, ZX_OK);
	cr_assert(pg_is_supplied(c.buffer, 0, 8));
	PG_QUIET(&p);
	pg_close(&p);
}

/* Out of order it is woken by the page it needs, or at the end. */
Test(pager_requests, supply_out_of_order__reader__waits_for_its_next_page)
{
	struct pg p = pg_open(0, 8 * PG);
	struct pg_call c = pg_read_call(p.vmo, 0, 8);

	pg_go(&c);
	PG_READ(&p, 0, 8);
	PG_BLOCKS(&c);
	pg_supply(&p, 4, 4);
	pg_sleep_ms(10);
	cr_assert_eq(c.buffer[0], 0xee);
	PG_BLOCKS(&c);
	pg_supply(&p, 0, 2);
	for (int k = 0; k < 2000 && c.buffer[2 * PG - 1] == 0xee; k++)
		pg_sleep_ms(1);
	cr_assert(pg_is_supplied(c.buffer, 0, 2));
	PG_QUIET(&p);
	pg_supply(&p, 2, 2);
	PG_ENDS(&c, ZX_OK);
	cr_assert(pg_is_supplied(c.buffer, 0, 8));
	PG_QUIET(&p);
	pg_close(&p);
}

/* spec: pager 2.5 silent */
/* A silent waiter's own range counts: [6, 10) advances on a supply of [4, 7). */
Test(pager_requests, supply_in_pieces__silent_reader__advances_by_its_own_range)
{
	struct pg p = pg_open(0, 10 * PG);
	struct pg_call first = pg_read_call(p.vmo, 0, 10), second = pg_read_call(p.vmo, 6, 4);

	pg_go(&first);
	PG_READ(&p, 0, 10);
	PG_BLOCKS(&first);
	pg_go(&second);
	PG_BLOCKS(&second);
	pg_supply(&p, 4, 3);
	for (int k = 0; k < 2000 && second.buffer[PG - 1] == 0xee; k++)
		pg_sleep_ms(1);
	cr_assert(pg_is_supplied(second.buffer, 6, 1));
	cr_assert_eq(first.buffer[0], 0xee);
	pg_supply(&p, 7, 3);
	PG_ENDS(&second, ZX_OK);
	PG_QUIET(&p);
	pg_supply(&p, 0, 4);
	PG_ENDS(&first, ZX_OK);
	cr_assert(pg_is_supplied(first.buffer, 0, 10) && pg_is_supplied(second.buffer, 6, 4));
	pg_close(&p);
}

/*
 * Others sleep until all of the request is there. It is a count: a page that comes twice counts
 * twice.
 */
/* spec: pager 2.5 count */
Test(pager_requests, supply_in_pieces__commit__sleeps_until_the_count_is_full)
{
	struct pg p = pg_open(0, 4 * PG);
	struct pg_call c = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 0, 4);

	pg_go(&c);
	PG_READ(&p, 0, 4);
	PG_BLOCKS(&c);
	for (uint64_t i = 0; i < 3; i++) {
		pg_supply(&p, 0, 1);
		T_OK(zirconia_debug_evict(p.vmo, 0, PG, 0, NULL));
		PG_BLOCKS(&c);
	}
	PG_QUIET(&p);
	/*
	 * The fourth page of three different ones: it looks, and asks anew for what is still
	 * absent.
	 */
	pg_supply(&p, 2, 1);
	PG_READ(&p, 0, 2);
	pg_supply(&p, 0, 2);
	PG_READ(&p, 3, 1);
	pg_supply(&p, 3, 1);
	PG_ENDS(&c, ZX_OK);
	pg_close(&p);
}

/* spec: pager 2.5 many */
Test(pager_requests, one_supply__completes_many_requests)
{
	struct pg p = pg_open(0, 32 * PG);
	struct pg_call c[8];

	for (uint64_t i = 0; i < 8; i++) {
		c[i] = pg_op_call(p.vmo, ZX_VMO_OP_PREFETCH, i * 4, 2);
		pg_go(&c[i]);
		PG_READ(&p, i * 4, 2);
	}
	pg_supply(&p, 0, 32);
	for (int i = 0; i < 8; i++)
		PG_ENDS(&c[i], ZX_OK);
	PG_QUIET(&p);
	pg_close(&p);
}

/* Pages that are there already complete nothing. */
Test(pager_requests, supply__present_pages__unchanged_and_silent)
{
	struct pg p = pg_open(0, 4 * PG);
	uint8_t page[T_PAGE];

	pg_supply(&p, 1, 1);
	T_OK(zx_vmo_write(p.vmo, "changed", PG, 8));
	zx_handle_t aux = pg_aux(0, 4);
	T_OK(zx_pager_supply_pages(p.pager, p.vmo, 0, 4 * PG, aux, 0));
	T_OK(zx_vmo_read(p.vmo, page, PG, PG));
	cr_assert_str_eq((char *)page, "changed");
	cr_assert_eq(pg_committed(p.vmo), 4);
	cr_assert_eq(pg_committed(aux), 0);
	T_OK(zx_vmo_read(aux, page, PG, PG));
	cr_assert(t_all(page, PG, 0));
	PG_RANGES(&p, "1+1");
	pg_close(&p);
}

/* Aux VMOs of every kind that is allowed. spec: pager 1.4 aux #1-6 */
Test(pager_requests, supply__aux_is_mapped_cloned_or_sliced__pages_move)
{
	struct pg p = pg_open(0, 16 * PG);
	uint8_t page[T_PAGE];
	zx_handle_t aux = pg_aux(0, 4), clone, slice;
	uint8_t *addr = pg_map(aux, 0, 4);

	cr_assert_eq(addr[0], pg_byte(0));
	T_OK(zx_pager_supply_pages(p.pager, p.vmo, 0, 2 * PG, aux, 0));
	cr_assert(t_all(addr, 2 * PG, 0));
	cr_assert_eq(addr[2 * PG], pg_byte(2));
	cr_assert_eq(pg_committed(aux), 2);
	addr[0] = 1;
	T_OK(zx_vmo_read(p.vmo, page, 0, PG));
	cr_assert(t_all(page, PG, pg_byte(0)));
	/* A clone gives copies; its parent keeps its own. */
	T_OK(zx_vmo_create_child(aux, ZX_VMO_CHILD_SNAPSHOT, 0, 4 * PG, &clone));
	T_OK(zx_pager_supply_pages(p.pager, p.vmo, 2 * PG, 2 * PG, clone, 2 * PG));
	T_OK(zx_vmo_read(clone, page, 2 * PG, PG));
	cr_assert(t_all(page, PG, 0));
	cr_assert_eq(addr[2 * PG], pg_byte(2));
	T_OK(zx_vmo_create_child(aux, ZX_VMO_CHILD_SLICE, 3 * PG, PG, &slice));
	T_OK(zx_pager_supply_pages(p.pager, p.vmo, 4 * PG, PG, slice, 0));
	cr_assert_eq(addr[3 * PG], 0);
	for (uint64_t i = 0; i < 5; i++) {
		T_OK(zx_vmo_read(p.vmo, page, i * PG, PG));
		cr_assert(t_all(page, PG, pg_byte(i == 4 ? 3 : i)), "page %d", (int)i);
	}
	/* Absent pages of an aux VMO are zeros, present and without memory. */
	zx_handle_t empty = t_vmo(2 * PG);
	T_OK(zx_pager_supply_pages(p.pager, p.vmo, 8 * PG, 2 * PG, empty, 0));
	T_OK(zx_vmo_read(p.vmo, page, 9 * PG, PG));
	cr_assert(t_all(page, PG, 0));
	cr_assert_eq(pg_committed(p.vmo), 5);
	PG_QUIET(&p);
	pg_close(&p);
}

/* Many pages, some of them zero, in one call. */
Test(pager_requests, supply__hundreds_of_pages__all_there)
{
	enum { PAGES = 300 };
	struct pg p = pg_open(0, PAGES * PG);
	zx_handle_t aux = pg_aux(0, PAGES);
	static uint8_t bytes[PAGES * 4096];

	T_OK(zx_vmo_op_range(aux, ZX_VMO_OP_ZERO, 37 * PG, 5 * PG, NULL, 0));
	T_OK(zx_pager_supply_pages(p.pager, p.vmo, 0, PAGES * PG, aux, 0));
	T_OK(zx_vmo_read(p.vmo, bytes, 0, sizeof(bytes)));
	for (uint64_t i = 0; i < PAGES; i++)
		cr_assert(t_all(bytes + i * PG, PG, i >= 37 && i < 42 ? 0 : pg_byte(i)));
	cr_assert_eq(pg_committed(p.vmo), PAGES - 5);
	cr_assert_eq(pg_committed(aux), 0);
	pg_close(&p);
}

/* ---- 2.6: failure */

/* spec: pager 3.2 #1 #3 #4 #5 #6; vmo 4.2 #8; vmo 4.4 #5 */
Test(pager_requests, fail__whole_request__operation_fails_and_asks_again_next_time)
{
	struct pg p = pg_open(0, 4 * PG);
	static const struct {
		const char *name;
		enum pg_what what;
		uint32_t op;
		zx_status_t status;
	} rows[] = {
		{"read", PG_VMO_READ, 0, ZX_ERR_IO_DATA_INTEGRITY},
		{"write", PG_VMO_WRITE, 0, ZX_ERR_IO_DATA_INTEGRITY},
		{"commit", PG_VMO_OP, ZX_VMO_OP_COMMIT, ZX_ERR_IO_DATA_INTEGRITY},
		{"prefetch", PG_VMO_OP, ZX_VMO_OP_PREFETCH, ZX_ERR_IO_DATA_INTEGRITY},
	};

	T_EACH (rows, r) {
		for (int round = 0; round < 2; round++) {
			struct pg_call c = {.what = r->what,
					    .vmo = p.vmo,
					    .op = r->op,
					    .off = PG,
					    .len = 2 * PG};

			pg_go(&c);
			PG_READ(&p, 1, 2);
			T_OK(pg_fail(&p, 0, 4, ZX_ERR_IO_DATA_INTEGRITY));
			PG_ENDS(&c, r->status);
			PG_QUIET(&p);
			free(c.buffer);
		}
	}
	/* Hints ignore it page by page: the rest is asked for. */
	struct pg_call c = pg_op_call(p.vmo, ZX_VMO_OP_ALWAYS_NEED, 0, 3);
	pg_go(&c);
	PG_READ(&p, 0, 3);
	T_OK(pg_fail(&p, 0, 3, ZX_ERR_IO));
	PG_READ(&p, 1, 2);
	T_OK(pg_fail(&p, 1, 2, ZX_ERR_IO));
	PG_READ(&p, 2, 1);
	pg_supply(&p, 2, 1);
	PG_ENDS(&c, ZX_OK);
	/* Part of a page. */
	c = pg_op_call(p.vmo, ZX_VMO_OP_ZERO, 0, 1);
	c.off = 10;
	c.len = 20;
	pg_go(&c);
	PG_READ(&p, 0, 1);
	T_OK(pg_fail(&p, 0, 1, ZX_ERR_IO));
	PG_ENDS(&c, ZX_ERR_IO);
	pg_close(&p);
}

/* spec: pager 2.6 codes; pager 9.2 #1; pager 3.2 #10 */
Test(pager_requests, fail__every_code__delivered)
{
	static const zx_status_t codes[] = {ZX_ERR_IO, ZX_ERR_IO_DATA_INTEGRITY, ZX_ERR_BAD_STATE,
					    ZX_ERR_NO_SPACE, ZX_ERR_BUFFER_TOO_SMALL};
	struct pg p = pg_open(0, PG);
	uint8_t *addr = pg_map(p.vmo, 0, 1);

	T_EACH (codes, code) {
		struct pg_call r = pg_read_call(p.vmo, 0, 1), l = pg_load_call(addr),
			       s = pg_store_call(addr);

		pg_go(&r);
		PG_READ(&p, 0, 1);
		T_OK(pg_fail(&p, 0, 1, *code));
		PG_ENDS(&r, *code);
		pg_go(&l);
		PG_READ(&p, 0, 1);
		T_OK(pg_fail(&p, 0, 1, *code));
		PG_ENDS(&l, *code);
		pg_go(&s);
		PG_READ(&p, 0, 1);
		T_OK(pg_fail(&p, 0, 1, *code));
		PG_ENDS(&s, *code);
	}
	pg_close(&p);
}

/* spec: pager 2.6 tail */
/* The tail of a request failing does not make the operation fail: it asks for the tail again. */
Test(pager_requests, fail__tail__asked_for_again)
{
	struct pg p = pg_open(0, 4 * PG);
	struct pg_call c = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 0, 4);

	pg_go(&c);
	PG_READ(&p, 0, 4);
	T_OK(pg_fail(&p, 2, 2, ZX_ERR_IO));
	PG_BLOCKS(&c);
	PG_QUIET(&p);
	pg_supply(&p, 0, 2);
	PG_READ(&p, 2, 2);
	pg_supply(&p, 2, 2);
	PG_ENDS(&c, ZX_OK);
	pg_close(&p);
}

/* spec: pager 2.6 head */
/* The head failing is told when the rest is answered, however that is. */
Test(pager_requests, fail__head__told_at_the_end_of_an_ordinary_request)
{
	struct pg p = pg_open(0, 4 * PG);
	struct pg_call c = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 0, 4);

	pg_go(&c);
	PG_READ(&p, 0, 4);
	PG_BLOCKS(&c);
	T_OK(pg_fail(&p, 0, 1, ZX_ERR_IO));
	pg_sleep_ms(10);
	PG_BLOCKS(&c);
	pg_supply(&p, 1, 3);
	PG_ENDS(&c, ZX_ERR_IO);
	cr_assert_eq(pg_committed(p.vmo), 3);
	pg_close(&p);
}

/*
 * A reader that owns the request returns at once; one that waits behind it stays until the request
 * is answered.
 */
/* spec: pager 2.6 reader */
Test(pager_requests, fail__head__owner_and_silent_reader)
{
	struct pg p = pg_open(0, 8 * PG);
	struct pg_call owner = pg_read_call(p.vmo, 0, 8), silent = pg_read_call(p.vmo, 4, 4);

	pg_go(&owner);
	PG_READ(&p, 0, 8);
	PG_BLOCKS(&owner);
	pg_go(&silent);
	PG_BLOCKS(&silent);
	T_OK(pg_fail(&p, 4, 1, ZX_ERR_IO));
	pg_sleep_ms(10);
	PG_BLOCKS(&silent);
	PG_BLOCKS(&owner);
	T_OK(pg_fail(&p, 0, 1, ZX_ERR_NO_SPACE));
	PG_ENDS(&owner, ZX_ERR_NO_SPACE);
	/* It has inherited the request: nothing is sent. */
	PG_BLOCKS(&silent);
	PG_QUIET(&p);
	pg_supply(&p, 1, 3);
	pg_supply(&p, 5, 3);
	PG_ENDS(&silent, ZX_ERR_IO);
	PG_QUIET(&p);
	pg_close(&p);
}

/* A failure in the middle of what a reader has got so far is told when it comes there. */
Test(pager_requests, fail__next_needed_page__reader_keeps_what_it_has)
{
	struct pg p = pg_open(0, 4 * PG);
	struct pg_call c = pg_read_call(p.vmo, 0, 4);

	pg_go(&c);
	PG_READ(&p, 0, 4);
	pg_supply(&p, 0, 2);
	for (int k = 0; k < 2000 && c.buffer[2 * PG - 1] == 0xee; k++)
		pg_sleep_ms(1);
	PG_BLOCKS(&c);
	T_OK(pg_fail(&p, 2, 1, ZX_ERR_IO));
	PG_ENDS(&c, ZX_ERR_IO);
	cr_assert(pg_is_supplied(c.buffer, 0, 2));
	cr_assert_eq(c.buffer[2 * PG], 0xee);
	pg_close(&p);
}

/* spec: pager 2.6 each */
/* Two waiters on one request, each with its own result. */
Test(pager_requests, fail__two_waiters__each_its_own)
{
	struct pg p = pg_open(0, 4 * PG);
	struct pg_call a = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 0, 4),
		       b = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 2, 2);

	pg_go(&a);
	PG_READ(&p, 0, 4);
	pg_go(&b);
	PG_BLOCKS(&b);
	T_OK(pg_fail(&p, 2, 1, ZX_ERR_IO));
	T_OK(pg_fail(&p, 3, 1, ZX_ERR_IO));
	pg_supply(&p, 0, 2);
	PG_ENDS(&b, ZX_ERR_IO);
	/* For the first one the tail failed: it asks again. */
	PG_READ(&p, 2, 2);
	pg_supply(&p, 2, 2);
	PG_ENDS(&a, ZX_OK);
	pg_close(&p);
}

/* ---- 1.5: OP_DIRTY that fails wakes who waits, and they ask again */

Test(pager_requests, op_dirty__absent_page_in_range__waiters_ask_again)
{
	struct pg p = pg_open(PG_TRAP, 4 * PG);
	struct pg_call c = pg_write_call(p.vmo, 0, 1);

	pg_supply(&p, 0, 1);
	pg_go(&c);
	PG_DIRTY(&p, 0, 1);
	PG_BLOCKS(&c);
	T_ZX(pg_dirty(&p, 0, 2), ZX_ERR_NOT_FOUND);
	PG_DIRTY(&p, 0, 1);
	PG_RANGES(&p, "");
	T_ZX(pg_dirty(&p, 0, 5), ZX_ERR_OUT_OF_RANGE);
	PG_DIRTY(&p, 0, 1);
	/* Evicted meanwhile: it is read first. */
	T_OK(zirconia_debug_evict(p.vmo, 0, PG, 0, NULL));
	T_ZX(pg_dirty(&p, 0, 1), ZX_ERR_NOT_FOUND);
	PG_READ(&p, 0, 1);
	pg_supply(&p, 0, 1);
	PG_DIRTY(&p, 0, 1);
	T_ZX(pg_dirty(&p, 5, 1), ZX_ERR_OUT_OF_RANGE);
	PG_BLOCKS(&c);
	PG_QUIET(&p);
	T_OK(pg_dirty(&p, 0, 1));
	PG_ENDS(&c, ZX_OK);
	PG_RANGES(&p, "0+1");
	pg_close(&p);
}

/* Nobody need have asked. */
Test(pager_requests, op_dirty__unasked__later_writes_do_not_ask)
{
	struct pg p = pg_open(PG_TRAP, 4 * PG);

	pg_supply(&p, 0, 4);
	T_OK(pg_dirty(&p, 1, 2));
	cr_assert(!pg_modified(&p));
	T_OK(zx_vmo_write(p.vmo, "abc", PG, 3));
	cr_assert(pg_modified(&p));
	PG_QUIET(&p);
	PG_RANGES(&p, "1+2");
	pg_close(&p);
}
