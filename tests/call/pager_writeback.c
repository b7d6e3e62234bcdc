/*
 * Write-back: dirty states, zero intervals, the modified bit, and the races between writers and the
 * pager.
 *
 * zi-test: trap valgrind
 */
#include "pager_t.h"

/* A VMO of one page, grown by `pages`: those are one dirty zero interval from page 1 on. */
static struct pg grown(uint32_t options, uint64_t pages)
{
	struct pg p = pg_open(PG_RESIZABLE | options, PG);

	T_OK(zx_vmo_set_size(p.vmo, (1 + pages) * PG));
	(void)pg_modified(&p);
	return p;
}

static void put(const struct pg *p, uint64_t page)
{
	T_OK(zx_vmo_write(p->vmo, "x", page * PG, 1));
}

static uint8_t get(const struct pg *p, uint64_t page)
{
	uint8_t b = 0xee;

	T_OK(zx_vmo_read(p->vmo, &b, page * PG, 1));
	return b;
}

/* Reading the page asks the pager: it is absent. It is supplied then. */
static void expect_absent(const struct pg *p, uint64_t page)
{
	struct pg_call c = pg_read_call(p->vmo, page, 1);

	pg_go(&c);
	pg_expect(__FILE__, __LINE__, p, PG_KEY, ZX_PAGER_VMO_READ, page, 1);
	pg_supply(p, page, 1);
	PG_ENDS(&c, ZX_OK);
	free(c.buffer);
}

/* ---- 4.3: races */

/* spec: pager 4.3 #1 #5 #6 */
Test(pager_writeback, write_between_begin_and_end__page_stays_dirty)
{
	struct pg p = pg_open(0, 4 * PG);

	pg_supply(&p, 0, 4);
	put(&p, 0);
	put(&p, 1);
	PG_RANGES(&p, "0+2");
	pg_begin(&p, 0, 4, false);
	PG_RANGES(&p, "0+2");
	put(&p, 1);
	pg_begin(&p, 0, 1, false);
	pg_end(&p, 0, 4);
	PG_RANGES(&p, "1+1");
	/* END without BEGIN does nothing; of a part, that part. */
	pg_end(&p, 0, 4);
	PG_RANGES(&p, "1+1");
	put(&p, 2);
	pg_begin(&p, 1, 2, false);
	pg_end(&p, 1, 1);
	PG_RANGES(&p, "2+1");
	pg_end(&p, 0, 4);
	PG_RANGES(&p, "");
	pg_close(&p);
}

/*
 * The same with stores through mappings: each first store after BEGIN is noticed, in all mappings.
 */
Test(pager_writeback, stores_through_mappings__noticed_after_begin)
{
	struct pg p = pg_open(0, 4 * PG);
	volatile uint8_t *a = pg_map(p.vmo, 0, 4), *b = pg_map(p.vmo, 0, 4);

	pg_supply(&p, 0, 4);
	cr_assert(a[0] == pg_byte(0) && b[PG] == pg_byte(1));
	a[0] = 1;
	b[0] = 2;
	b[PG] = 3;
	PG_RANGES(&p, "0+2");
	for (int round = 0; round < 3; round++) {
		pg_begin(&p, 0, 4, false);
		cr_assert(a[PG] == 3 + round && b[0] == 2 + round);
		pg_end(&p, 0, 4);
		PG_RANGES(&p, "");
		(round & 1 ? a : b)[0] = (uint8_t)(3 + round);
		PG_RANGES(&p, "0+1");
		a[PG] = (uint8_t)(4 + round);
		PG_RANGES(&p, "0+2");
		/* Between BEGIN and END. */
		pg_begin(&p, 0, 2, false);
		(round & 1 ? b : a)[PG] = (uint8_t)(4 + round);
		pg_end(&p, 0, 2);
		PG_RANGES(&p, "1+1");
	}
	pg_close(&p);
}

/* BEGIN of zeros never touches real pages. spec: pager 4.3 #2 */
Test(pager_writeback, begin_zero__page_written_since_the_query__not_cleaned)
{
	struct pg p = grown(0, 4);

	PG_RANGES(&p, "1+4z");
	put(&p, 2);
	PG_RANGES(&p, "1+1z 2+1 3+2z");
	pg_begin(&p, 1, 4, true);
	pg_end(&p, 1, 4);
	PG_RANGES(&p, "2+1");
	cr_assert_eq(get(&p, 2), 'x');
	expect_absent(&p, 1);
	expect_absent(&p, 3);
	pg_close(&p);
}

/* ---- 1.5: intervals */

/* Write-back has to begin at an interval's start, and clips. spec: pager 1.5 BEGIN table #4 #5 */
Test(pager_writeback, interval__begin_not_at_its_start__nothing_begins)
{
	struct pg p = grown(0, 8);

	pg_begin(&p, 2, 4, false);
	pg_end(&p, 1, 8);
	PG_RANGES(&p, "1+8z");
	pg_begin(&p, 0, 4, false);
	pg_end(&p, 2, 7);
	PG_RANGES(&p, "1+8z");
	/* Pages 1-3 were begun; END cleans what it covers and forgets the rest. */
	pg_end(&p, 0, 3);
	PG_RANGES(&p, "3+6z");
	pg_end(&p, 0, 9);
	PG_RANGES(&p, "3+6z");
	expect_absent(&p, 1);
	expect_absent(&p, 2);
	cr_assert_eq(get(&p, 3), 0);
	/* A later, shorter BEGIN does not take back. */
	pg_begin(&p, 3, 5, true);
	pg_begin(&p, 3, 1, true);
	pg_end(&p, 3, 6);
	PG_RANGES(&p, "8+1z");
	pg_close(&p);
}

/*
 * The pieces of an interval that was split after BEGIN are cleaned in one call, but not by a call
 * on the right one alone.
 */
Test(pager_writeback, interval__split_after_begin__pieces_are_cleaned_together)
{
	for (int together = 0; together < 2; together++) {
		struct pg p = grown(0, 9);

		pg_begin(&p, 1, 9, true);
		put(&p, 4);
		put(&p, 7);
		if (together) {
			pg_end(&p, 1, 9);
			PG_RANGES(&p, "4+1 7+1");
		} else {
			pg_end(&p, 5, 5);
			PG_RANGES(&p, "1+3z 4+1 5+2z 7+1 8+2z");
			pg_end(&p, 1, 5);
			PG_RANGES(&p, "4+1 6+1z 7+1 8+2z");
		}
		pg_close(&p);
	}
}

/* When its first page is taken out an interval keeps what was begun. */
Test(pager_writeback, interval__first_page_written_after_begin__rest_is_cleaned)
{
	struct pg p = grown(0, 6);

	pg_begin(&p, 1, 4, true);
	put(&p, 1);
	put(&p, 2);
	pg_end(&p, 3, 4);
	PG_RANGES(&p, "1+2 5+2z");
	pg_close(&p);
}

/*
 * Intervals that come to touch are one: the left one's write-back goes on, the right one's is
 * forgotten.
 */
Test(pager_writeback, intervals__joined__left_ones_writeback_stays)
{
	struct pg p = grown(0, 7);

	put(&p, 4);
	PG_RANGES(&p, "1+3z 4+1 5+3z");
	pg_begin(&p, 1, 7, true);
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, 4, 1));
	PG_RANGES(&p, "1+7z");
	pg_end(&p, 1, 7);
	PG_RANGES(&p, "4+4z");
	/* The page before an interval is zeroed: it begins there now, and nothing is begun. */
	put(&p, 4);
	pg_begin(&p, 5, 3, true);
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, 4, 1));
	pg_end(&p, 4, 4);
	PG_RANGES(&p, "4+4z");
	pg_close(&p);
}

/* Shrinking cuts intervals, growing adds to them. */
Test(pager_writeback, intervals__resized__cut_and_joined)
{
	struct pg p = grown(0, 4);

	pg_begin(&p, 1, 4, true);
	T_OK(zx_vmo_set_size(p.vmo, 3 * PG));
	PG_RANGES(&p, "1+2z");
	T_OK(zx_vmo_set_size(p.vmo, 6 * PG));
	PG_RANGES(&p, "1+5z");
	pg_end(&p, 0, 6);
	PG_RANGES(&p, "3+3z");
	pg_close(&p);
}

/* Large intervals cost nothing. */
Test(pager_writeback, interval__of_terabytes__is_one_entry)
{
	const uint64_t huge = UINT64_C(1) << 44;
	struct pg p = pg_open(PG_RESIZABLE, 0);
	zx_vmo_dirty_range_t r;
	size_t actual, avail;

	T_OK(zx_vmo_set_size(p.vmo, huge));
	T_OK(zx_vmo_write(p.vmo, "x", huge / 2, 1));
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, huge / 2 / PG, 1));
	T_OK(zx_pager_query_dirty_ranges(p.pager, p.vmo, 0, huge, &r, sizeof(r), &actual, &avail));
	cr_assert(actual == 1 && avail == 1 && r.offset == 0 && r.length == huge);
	T_OK(zx_pager_op_range(p.pager, ZX_PAGER_OP_WRITEBACK_BEGIN, p.vmo, 0, huge,
			       ZX_VMO_DIRTY_RANGE_IS_ZERO));
	T_OK(zx_pager_op_range(p.pager, ZX_PAGER_OP_WRITEBACK_END, p.vmo, 0, huge, 0));
	PG_RANGES(&p, "");
	T_OK(zx_vmo_set_size(p.vmo, PG));
	pg_close(&p);
}

/* ---- 4.4 */

/* spec: pager 4.4 mapped */
Test(pager_writeback, page_read_through_a_mapping__written_back_as_zero__goes_on_reading_zero)
{
	struct pg p = grown(0, 4);
	uint8_t *addr = pg_map(p.vmo, 0, 5);
	struct pg_call c;

	cr_assert_eq(addr[PG], 0);
	cr_assert_eq(addr[3 * PG], 0);
	pg_begin(&p, 1, 4, true);
	pg_end(&p, 1, 4);
	PG_RANGES(&p, "");
	/* Mapped before. */
	cr_assert_eq(addr[PG + 5], 0);
	cr_assert_eq(addr[3 * PG + 5], 0);
	PG_QUIET(&p);
	/* Not mapped before; and calls look at the state. */
	c = pg_load_call(addr + 2 * PG);
	pg_go(&c);
	PG_READ(&p, 2, 1);
	pg_supply(&p, 2, 1);
	PG_ENDS(&c, ZX_OK);
	cr_assert_eq(c.value, pg_byte(2));
	c = pg_read_call(p.vmo, 1, 1);
	pg_go(&c);
	PG_READ(&p, 1, 1);
	cr_assert_eq(addr[PG], 0);
	pg_supply(&p, 1, 1);
	PG_ENDS(&c, ZX_OK);
	cr_assert(pg_is_supplied(c.buffer, 1, 1));
	/* What was supplied is seen now. */
	cr_assert_eq(addr[PG], pg_byte(1));
	/* A store asks first. */
	c = pg_store_call(addr + 3 * PG);
	pg_go(&c);
	PG_READ(&p, 3, 1);
	pg_supply(&p, 3, 1);
	PG_ENDS(&c, ZX_OK);
	cr_assert(addr[3 * PG] == 0xd1 && addr[3 * PG + 1] == pg_byte(3));
	PG_QUIET(&p);
	t_unmap(addr, 5 * PG);
	pg_close(&p);
}

Test(pager_writeback, lingering_zero__mapping_made_anew__asks)
{
	struct pg p = grown(0, 2);
	uint8_t *addr = pg_map(p.vmo, 0, 3);

	cr_assert_eq(addr[PG], 0);
	pg_begin(&p, 1, 2, true);
	pg_end(&p, 1, 2);
	t_unmap(addr, 3 * PG);
	addr = pg_map(p.vmo, 0, 3);
	struct pg_call c = pg_load_call(addr + 2 * PG);
	pg_go(&c);
	PG_READ(&p, 2, 1);
	pg_supply(&p, 2, 1);
	PG_ENDS(&c, ZX_OK);
	T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
	PG_COMPLETE(&p);
	c = pg_load_call(addr + PG);
	pg_go(&c);
	PG_ENDS(&c, ZX_ERR_BAD_STATE);
	pg_close(&p);
}

/* spec: pager 4.4 commit */
/* COMMIT of a zero interval makes dirty pages. */
Test(pager_writeback, commit__zero_interval__asks_for_dirty_pages)
{
	struct pg p = grown(PG_TRAP, 4);
	struct pg_call c = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 1, 4);

	cr_assert_eq(get(&p, 2), 0);
	cr_assert_eq(pg_committed(p.vmo), 0);
	pg_go(&c);
	PG_DIRTY(&p, 1, 4);
	T_OK(pg_dirty(&p, 1, 4));
	PG_ENDS(&c, ZX_OK);
	PG_RANGES(&p, "1+4");
	cr_assert_eq(pg_committed(p.vmo), 4);
	cr_assert(!pg_modified(&p));
	pg_close(&p);
}

/* ---- 1.7: the modified bit */

/* spec: pager 1.7 modified #1-6 */
Test(pager_writeback, modified__set_and_not_set_by_each_operation)
{
	struct pg p = pg_open(PG_RESIZABLE, 6 * PG);
	uint8_t buf[16];
	uint64_t size;
	zx_handle_t ref, slice_parent, clone;
	volatile uint8_t *addr = pg_map(p.vmo, 0, 6);

	pg_supply(&p, 0, 4);
	T_OK(pg_fail(&p, 0, 6, ZX_ERR_IO));
	pg_begin(&p, 0, 6, false);
	pg_end(&p, 0, 6);
	T_OK(zx_vmo_read(p.vmo, buf, 0, 8));
	cr_assert_eq(addr[PG], pg_byte(1));
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_COMMIT, 0, 4));
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_PREFETCH, 0, 4));
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ALWAYS_NEED, 0, 4));
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_DONT_NEED, 0, 4));
	T_OK(zx_vmo_get_size(p.vmo, &size));
	T_OK(zx_vmo_set_stream_size(p.vmo, 6 * PG));
	T_OK(zx_vmo_write(p.vmo, buf, 0, 0));
	cr_assert_neq(zx_vmo_set_size(p.vmo, UINT64_MAX), ZX_OK);
	T_ZX(zx_vmo_write(p.vmo, NULL, 0, 8), ZX_ERR_NOT_FOUND);
	cr_assert(!pg_modified(&p), "none of these modifies");

	T_OK(zx_vmo_write(p.vmo, buf, 0, 1));
	cr_assert(pg_modified(&p), "write");
	uint8_t *edge = t_before_guard(4);
	T_ZX(zx_vmo_write(p.vmo, edge, 0, 8), ZX_ERR_ACCESS_DENIED);
	cr_assert(pg_modified(&p), "write that failed after some bytes");
	addr[PG] = addr[PG];
	cr_assert(pg_modified(&p), "store of the same value");
	T_OK(zx_vmo_op_range(p.vmo, ZX_VMO_OP_ZERO, 2 * PG, PG, NULL, 0));
	cr_assert(pg_modified(&p), "zeroed page");
	T_OK(zx_vmo_op_range(p.vmo, ZX_VMO_OP_ZERO, 2 * PG + 8, 8, NULL, 0));
	cr_assert(!pg_modified(&p), "part of a page that reads zero");
	T_OK(zx_vmo_op_range(p.vmo, ZX_VMO_OP_ZERO, 3 * PG + 8, 8, NULL, 0));
	cr_assert(pg_modified(&p), "part of a page");
	T_OK(zx_vmo_set_size(p.vmo, 7 * PG));
	cr_assert(pg_modified(&p), "grow");
	T_OK(zx_vmo_set_size(p.vmo, 7 * PG));
	cr_assert(pg_modified(&p), "same size");
	T_OK(zx_vmo_set_size(p.vmo, 4 * PG));
	cr_assert(pg_modified(&p), "shrink");
	T_OK(zx_vmo_set_stream_size(p.vmo, 3 * PG));
	cr_assert(pg_modified(&p), "stream size");
	T_OK(zx_vmo_create_child(p.vmo, ZX_VMO_CHILD_REFERENCE, 0, 0, &ref));
	T_OK(zx_vmo_create_child(p.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0, 2 * PG,
				 &clone));
	cr_assert(!pg_modified(&p), "children");
	T_OK(zx_vmo_write(clone, buf, 0, 4));
	cr_assert(!pg_modified(&p), "write to a clone");
	T_OK(zx_vmo_write(ref, buf, 0, 4));
	cr_assert(pg_modified(&p), "write to a reference");
	(void)slice_parent;
	pg_close(&p);
}

/* Every page of the batch is dirty although the buffer was bad. */
Test(pager_writeback, write_with_bad_buffer__batch_is_dirty_not_modified)
{
	struct pg p = pg_open(0, 8 * PG);

	pg_supply(&p, 0, 6);
	put(&p, 4);
	(void)pg_modified(&p);
	T_ZX(zx_vmo_write(p.vmo, NULL, 0, 8 * PG), ZX_ERR_NOT_FOUND);
	/* Up to the first page that was dirty already. */
	PG_RANGES(&p, "0+5");
	cr_assert(!pg_modified(&p));
	pg_close(&p);
}

/* ---- stream size */

/* spec: pager 11 zeroed #1; pager 3.1 #12; pager 3.2 #9 */
Test(pager_writeback, set_stream_size__part_is_tracked_rest_is_not)
{
	struct pg p = pg_open(PG_RESIZABLE | PG_TRAP, 8 * PG);
	struct pg_call c;

	pg_supply(&p, 0, 8);
	T_OK(pg_dirty(&p, 5, 2));
	/* Shrink to the middle of page 2: that page is written, what follows is given up. */
	c = (struct pg_call){.what = PG_SET_STREAM, .vmo = p.vmo, .off = 2 * PG + 100};
	pg_go(&c);
	PG_DIRTY(&p, 2, 1);
	T_OK(pg_dirty(&p, 2, 1));
	PG_ENDS(&c, ZX_OK);
	PG_RANGES(&p, "2+1");
	cr_assert_eq(pg_committed(p.vmo), 3);
	uint8_t b[2];
	T_OK(zx_vmo_read(p.vmo, b, 2 * PG + 99, 2));
	cr_assert(b[0] == pg_byte(2) && b[1] == 0);
	cr_assert_eq(get(&p, 5), 0);
	PG_QUIET(&p);
	/* Growing again: the pages regained are dirty zeros. */
	T_OK(zx_vmo_set_stream_size(p.vmo, 5 * PG));
	PG_RANGES(&p, "2+1 3+2z");
	/* A failure leaves the size as it is. */
	pg_begin(&p, 2, 1, false);
	pg_end(&p, 2, 1);
	c = (struct pg_call){.what = PG_SET_STREAM, .vmo = p.vmo, .off = 2 * PG + 10};
	pg_go(&c);
	PG_DIRTY(&p, 2, 1);
	T_OK(pg_fail(&p, 2, 1, ZX_ERR_NO_SPACE));
	PG_ENDS(&c, ZX_ERR_NO_SPACE);
	uint64_t stream;
	T_OK(zx_vmo_get_stream_size(p.vmo, &stream));
	cr_assert_eq(stream, 5 * PG);
	pg_close(&p);
}

/* spec: pager 1.2 unbounded */
Test(pager_writeback, unbounded__past_the_content__zero_and_untracked)
{
	struct pg p = pg_open(ZX_VMO_UNBOUNDED | PG_TRAP, 2 * PG + 1);
	uint8_t b = 1;

	T_OK(zx_vmo_read(p.vmo, &b, 3 * PG, 1));
	cr_assert_eq(b, 0);
	T_OK(zx_vmo_read(p.vmo, &b, UINT64_C(1) << 60, 1));
	cr_assert_eq(b, 0);
	zx_vmo_dirty_range_t r;
	size_t actual, avail;
	T_OK(zx_pager_query_dirty_ranges(p.pager, p.vmo, 0, UINT64_C(1) << 60, &r, sizeof(r),
					 &actual, &avail));
	cr_assert_eq(avail, 0);
	PG_QUIET(&p);
	expect_absent(&p, 2);
	struct pg_call c = pg_write_call(p.vmo, 9, 1);
	pg_go(&c);
	PG_DIRTY(&p, 9, 1);
	T_OK(pg_dirty(&p, 9, 1));
	PG_ENDS(&c, ZX_OK);
	pg_close(&p);
}

/* ---- 8: sizes that are no multiple of a page */

/* spec: pager 3.2 #8; pager 3.1 #11; pager 8 rest; pager 11 zeroed #2 */
Test(pager_writeback, set_size__into_an_absent_page__asks_and_ignores_failure)
{
	for (int fail = 0; fail < 2; fail++) {
		struct pg p = pg_open(PG_RESIZABLE, 4 * PG);
		struct pg_call c = {.what = PG_SET_SIZE, .vmo = p.vmo, .off = 2 * PG + 8};
		uint64_t size, stream;

		pg_go(&c);
		PG_READ(&p, 2, 1);
		if (fail)
			T_OK(pg_fail(&p, 2, 1, ZX_ERR_IO));
		else
			pg_supply(&p, 2, 1);
		PG_ENDS(&c, ZX_OK);
		T_OK(zx_vmo_get_size(p.vmo, &size));
		T_OK(zx_vmo_get_stream_size(p.vmo, &stream));
		cr_assert(size == 3 * PG && stream == 2 * PG + 8);
		PG_RANGES(&p, fail ? "" : "2+1");
		pg_close(&p);
	}
}

/* ---- 7: eviction and hints */

/* spec: pager 7 #1 #2 #3; pager 7 hints #1 #2; pager 9.1 #2; vmo 4.7 #2 #3 */
Test(pager_writeback, evict__clean_pages__asked_for_again)
{
	struct pg p = pg_open(0, 6 * PG);
	uint64_t pages;
	zx_info_vmo_t before, after;

	pg_supply(&p, 0, 5);
	pg_supply_zero(&p, 5, 1);
	put(&p, 1);
	put(&p, 2);
	pg_begin(&p, 2, 1, false);
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ALWAYS_NEED, 3, 1));
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_DONT_NEED, 3, 2));
	uint8_t *addr = pg_map(p.vmo, 0, 6);
	cr_assert_eq(addr[4 * PG], pg_byte(4));
	T_OK(zx_object_get_info(p.vmo, ZX_INFO_VMO, &before, sizeof(before), NULL, NULL));
	T_OK(zirconia_debug_evict(p.vmo, 0, 6 * PG, ZIRCONIA_EVICT_NOT_NEEDED, &pages));
	cr_assert_eq(pages, 1, "only page 4 is not needed: always-need wins");
	T_OK(zirconia_debug_evict(p.vmo, 0, 6 * PG, 0, &pages));
	cr_assert_eq(pages, 1, "page 0");
	T_OK(zx_object_get_info(p.vmo, ZX_INFO_VMO, &after, sizeof(after), NULL, NULL));
	cr_assert_eq(after.committed_change_events, before.committed_change_events + 2);
	cr_assert_eq(before.committed_bytes - after.committed_bytes, 2 * PG);
	T_OK(zirconia_debug_evict(p.vmo, 0, 6 * PG, ZIRCONIA_EVICT_ALWAYS_NEEDED, &pages));
	cr_assert_eq(pages, 1, "page 3");
	PG_RANGES(&p, "1+2");
	cr_assert_eq(pg_committed(p.vmo), 2);
	struct pg_call c = pg_load_call(addr + 4 * PG);
	pg_go(&c);
	PG_READ(&p, 4, 1);
	pg_supply(&p, 4, 1);
	PG_ENDS(&c, ZX_OK);
	expect_absent(&p, 0);
	expect_absent(&p, 3);
	/* Written back, it can go. */
	pg_end(&p, 2, 1);
	T_OK(zirconia_debug_evict(p.vmo, 2 * PG, PG, 0, &pages));
	cr_assert_eq(pages, 1);
	expect_absent(&p, 2);
	pg_close(&p);
}
