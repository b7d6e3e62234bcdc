/*
 * Ends: detaching, closing the VMO, the pager and the port, at every step of a request. Nothing
 * hangs but what the specification says.
 *
 * zi-test: trap timeout=300
 */
#include "pager_t.h"

/* ---- detach */

/* spec: pager 6 #1 #2 #3; pager 2.7 #1; pager 9.2 #2 */
Test(pager_close, detach__requests_outstanding__fail_and_packets_vanish)
{
	struct pg p = pg_open(PG_TRAP, 16 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 16);
	struct pg_call c[6] = {
		pg_read_call(p.vmo, 0, 2),
		pg_write_call(p.vmo, 8, 1),
		pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 4, 2),
		pg_load_call(addr + 10 * PG),
		pg_store_call(addr + 9 * PG),
		pg_op_call(p.vmo, ZX_VMO_OP_ALWAYS_NEED, 12, 2),
	};

	pg_supply(&p, 8, 2);
	T_OK(pg_dirty(&p, 9, 1));
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, 15, 1));
	pg_begin(&p, 9, 1, false);
	for (int i = 0; i < 6; i++) {
		pg_go(&c[i]);
		PG_BLOCKS(&c[i]);
		if (i == 0)
			PG_READ(&p, 0, 2);
	}
	T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
	for (int i = 0; i < 5; i++)
		PG_ENDS(&c[i], ZX_ERR_BAD_STATE);
	PG_ENDS(&c[5], ZX_OK);
	PG_COMPLETE(&p);
	PG_QUIET(&p);
	PG_RANGES(&p, "9+1 15+1z");
	cr_assert_eq(pg_committed(p.vmo), 1);
	/* Written back it is clean, and stays until it is evicted, or detached once more. */
	pg_end(&p, 9, 1);
	cr_assert_eq(addr[9 * PG], pg_byte(9));
	T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
	PG_QUIET(&p);
	struct pg_call l = pg_load_call(addr + 9 * PG);
	pg_go(&l);
	PG_ENDS(&l, ZX_ERR_BAD_STATE);
	t_unmap(addr, 16 * PG);
	t_close(p.vmo);
	PG_QUIET(&p);
}

/* spec: pager 6 after #1-14 */
Test(pager_close, detached__every_call__as_the_table_says)
{
	struct pg p = pg_open(PG_RESIZABLE, 6 * PG);
	struct pg_call c;
	uint8_t b[2 * 4096];

	/* 0 clean, 1 dirty, 2 awaiting, 3 zero, 4 absent, 5 absent. */
	pg_supply(&p, 0, 3);
	T_OK(zx_vmo_write(p.vmo, "d", PG, 1));
	T_OK(zx_vmo_write(p.vmo, "w", 2 * PG, 1));
	pg_begin(&p, 2, 1, false);
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, 3, 1));
	T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
	PG_COMPLETE(&p);

	T_ZX(zx_vmo_read(p.vmo, b, 0, 1), ZX_ERR_BAD_STATE);
	T_OK(zx_vmo_read(p.vmo, b, PG, 2 * PG));
	T_ZX(zx_vmo_read(p.vmo, b, 3 * PG, PG + 1), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmo_write(p.vmo, b, 0, 1), ZX_ERR_BAD_STATE);
	T_ZX(pg_vmo_op(p.vmo, ZX_VMO_OP_COMMIT, 1, 5), ZX_ERR_BAD_STATE);
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_COMMIT, 1, 3));
	T_ZX(pg_vmo_op(p.vmo, ZX_VMO_OP_PREFETCH, 0, 6), ZX_ERR_BAD_STATE);
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_PREFETCH, 1, 3));
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ALWAYS_NEED, 0, 6));
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_DONT_NEED, 0, 6));
	T_ZX(zx_vmo_op_range(p.vmo, ZX_VMO_OP_ZERO, 4 * PG + 1, 8, NULL, 0), ZX_ERR_BAD_STATE);
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, 4, 1));
	T_ZX(pg_supply_status(&p, p.vmo, 5, 1), ZX_ERR_BAD_STATE);
	T_ZX(pg_fail(&p, 5, 1, ZX_ERR_IO), ZX_ERR_BAD_STATE);
	/* COMMIT of the zero page above has made it dirty; the write-back goes on. */
	PG_RANGES(&p, "1+3 4+1z");
	pg_begin(&p, 0, 6, false);
	pg_end(&p, 0, 6);
	PG_RANGES(&p, "");
	T_ZX(zx_vmo_read(p.vmo, b, 4 * PG, 1), ZX_ERR_BAD_STATE);
	T_OK(zx_vmo_read(p.vmo, b, 3 * PG, 1));
	T_OK(zx_vmo_set_size(p.vmo, 8 * PG));
	T_OK(zx_vmo_read(p.vmo, b, 6 * PG, 2 * PG));
	T_OK(zx_vmo_set_size(p.vmo, 5 * PG + 8));
	T_OK(zx_vmo_set_stream_size(p.vmo, 5 * PG));
	cr_assert(pg_modified(&p));
	c = pg_read_call(p.vmo, 0, 1);
	pg_go(&c);
	PG_ENDS(&c, ZX_ERR_BAD_STATE);
	PG_QUIET(&p);
	pg_close(&p);
}

/* ---- closing the pager */

/* spec: pager 2.7 #3; pager 4.2 #25 */
Test(pager_close, pager_closed__clean_pages_stay_and_nothing_is_sent)
{
	struct pg p = pg_open(PG_TRAP, 8 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 8);
	struct pg_call c[3] = {pg_read_call(p.vmo, 4, 1), pg_read_call(p.vmo, 5, 1),
			       pg_write_call(p.vmo, 0, 1)};

	pg_supply(&p, 0, 2);
	pg_supply_zero(&p, 2, 1);
	cr_assert_eq(addr[0], pg_byte(0));
	for (int i = 0; i < 3; i++) {
		pg_go(&c[i]);
		PG_BLOCKS(&c[i]);
	}
	PG_READ(&p, 4, 1);
	T_OK(zx_handle_close(p.pager));
	for (int i = 0; i < 3; i++)
		PG_ENDS(&c[i], ZX_ERR_BAD_STATE);
	PG_QUIET(&p);
	cr_assert(addr[0] == pg_byte(0) && addr[PG] == pg_byte(1) && addr[2 * PG] == 0);
	struct pg_call l = pg_load_call(addr + 7 * PG), s = pg_store_call(addr);
	pg_go(&l);
	PG_ENDS(&l, ZX_ERR_BAD_STATE);
	pg_go(&s);
	PG_ENDS(&s, ZX_ERR_BAD_STATE);
	T_OK(zirconia_debug_evict(p.vmo, 0, PG, 0, NULL));
	l = pg_load_call(addr);
	pg_go(&l);
	PG_ENDS(&l, ZX_ERR_BAD_STATE);
	t_unmap(addr, 8 * PG);
	t_close(p.vmo);
	PG_QUIET(&p);
}

/* A COMPLETE that nobody took goes with the pager. */
Test(pager_close, pager_closed__complete_not_taken__withdrawn)
{
	struct pg p = pg_open(0, PG);
	zx_handle_t other = pg_vmo(&p, 3, 0, PG);

	T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
	t_close(other);
	T_OK(zx_handle_close(p.pager));
	/* That of the VMO which is gone is told still: nobody is left to withdraw it. */
	zx_port_packet_t k;
	zx_status_t st = zx_port_wait(p.port, 0, &k);
	cr_assert(st == ZX_ERR_TIMED_OUT || (st == ZX_OK && k.key == 3), "%d", st);
	PG_QUIET(&p);
}

/* ---- closing the VMO */

/* spec: pager 2.7 #2 */
Test(pager_close, vmo_closed__complete_once_after_mappings_and_pins_are_gone)
{
	struct pg p = pg_open(0, 4 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 4);

	pg_supply(&p, 0, 4);
	t_close(p.vmo);
	PG_QUIET(&p);
	cr_assert_eq(addr[PG], pg_byte(1));
	t_unmap(addr, 4 * PG);
	PG_COMPLETE(&p);
	PG_QUIET(&p);
	t_close(p.pager);
	PG_QUIET(&p);
}

Test(pager_close, many_vmos_closed__each_complete)
{
	struct pg p = pg_open(0, 0);
	uint64_t seen = 0;

	for (uint64_t k = 0; k < 60; k++)
		t_close(pg_vmo(&p, k, k % 2 ? PG_RESIZABLE : 0, k * PG));
	for (int i = 0; i < 60; i++) {
		const zx_port_packet_t k = pg_next(&p);

		cr_assert_eq(k.page_request.command, ZX_PAGER_VMO_COMPLETE);
		cr_assert(k.page_request.offset == 0 && k.page_request.length == 0);
		cr_assert_eq(seen >> k.key & 1, 0);
		seen |= UINT64_C(1) << k.key;
	}
	PG_QUIET(&p);
}

/* ---- the port */

/* spec: pager 2.7 #4 */
Test(pager_close, port_closed__requests_stay_until_somebody_answers)
{
	struct pg p = pg_open(0, 8 * PG);
	struct pg_call queued = pg_read_call(p.vmo, 0, 1), behind = pg_read_call(p.vmo, 2, 1),
		       later = pg_read_call(p.vmo, 4, 1), last = pg_read_call(p.vmo, 6, 1);

	pg_go(&queued);
	PG_BLOCKS(&queued);
	pg_go(&behind);
	PG_BLOCKS(&behind);
	t_close(p.port);
	pg_go(&later);
	PG_BLOCKS(&later);
	pg_supply(&p, 0, 1);
	PG_ENDS(&queued, ZX_OK);
	T_OK(pg_fail(&p, 2, 1, ZX_ERR_IO));
	PG_ENDS(&behind, ZX_ERR_IO);
	pg_supply(&p, 4, 1);
	PG_ENDS(&later, ZX_OK);
	pg_go(&last);
	PG_BLOCKS(&last);
	T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
	PG_ENDS(&last, ZX_ERR_BAD_STATE);
	t_close(p.vmo);
	t_close(p.pager);
}

/* ---- shrinking */

/* spec: pager 3.2 #1 #3 #4 #5 #6 #10; pager 8 shrink; pager 4.2 #19 */
Test(pager_close, shrink__requests_beyond__wake_and_find_themselves_out_of_range)
{
	struct pg p = pg_open(PG_RESIZABLE | PG_TRAP, 16 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 16);
	struct pg_call c[8] = {
		pg_read_call(p.vmo, 4, 2),
		pg_write_call(p.vmo, 6, 1),
		pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 8, 2),
		pg_op_call(p.vmo, ZX_VMO_OP_PREFETCH, 10, 2),
		pg_op_call(p.vmo, ZX_VMO_OP_ALWAYS_NEED, 12, 1),
		pg_load_call(addr + 13 * PG),
		pg_store_call(addr + 14 * PG),
		pg_op_call(p.vmo, ZX_VMO_OP_ZERO, 15, 1),
	};
	static const zx_status_t expected[8] = {
		ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE, ZX_OK, ZX_OK, ZX_OK, ZX_ERR_OUT_OF_RANGE,
		ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE};

	c[7].off += 1;
	c[7].len = 5;
	pg_supply(&p, 14, 1);
	for (int i = 0; i < 8; i++) {
		pg_go(&c[i]);
		PG_BLOCKS(&c[i]);
	}
	PG_READ(&p, 4, 2);
	T_OK(zx_vmo_set_size(p.vmo, 2 * PG));
	for (int i = 0; i < 8; i++)
		PG_ENDS(&c[i], expected[i]);
	PG_QUIET(&p);
	t_unmap(addr, 16 * PG);
	pg_close(&p);
}

/* A request across the new end loses its tail only; a supply past the end is refused as a whole. */
Test(pager_close, shrink__request_straddles_the_end__head_stays)
{
	struct pg p = pg_open(PG_RESIZABLE, 8 * PG);
	struct pg_call c = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 2, 6), r = pg_read_call(p.vmo, 2, 6);

	pg_go(&c);
	PG_READ(&p, 2, 6);
	pg_go(&r);
	PG_BLOCKS(&r);
	T_OK(zx_vmo_set_size(p.vmo, 4 * PG));
	PG_BLOCKS(&c);
	PG_QUIET(&p);
	T_ZX(pg_supply_status(&p, p.vmo, 2, 6), ZX_ERR_OUT_OF_RANGE);
	PG_BLOCKS(&c);
	pg_supply(&p, 2, 2);
	PG_ENDS(&c, ZX_OK);
	PG_ENDS(&r, ZX_ERR_OUT_OF_RANGE);
	pg_close(&p);
}

Test(pager_close, grow__while_blocked__changes_nothing)
{
	struct pg p = pg_open(PG_RESIZABLE, 4 * PG);
	struct pg_call c = pg_read_call(p.vmo, 0, 4);

	pg_go(&c);
	PG_READ(&p, 0, 4);
	T_OK(zx_vmo_set_size(p.vmo, 10 * PG));
	PG_BLOCKS(&c);
	pg_supply(&p, 0, 10);
	PG_ENDS(&c, ZX_OK);
	cr_assert(pg_is_supplied(c.buffer, 0, 4));
	PG_RANGES(&p, "4+6z");
	pg_close(&p);
}

/* Zeroing what somebody waits for answers it. */
Test(pager_close, zero__absent_pages__readers_go_on)
{
	struct pg p = pg_open(0, 4 * PG);
	struct pg_call c = pg_read_call(p.vmo, 0, 4);

	pg_go(&c);
	PG_READ(&p, 0, 4);
	PG_BLOCKS(&c);
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, 0, 4));
	PG_ENDS(&c, ZX_OK);
	cr_assert(t_all(c.buffer, 4 * PG, 0));
	PG_RANGES(&p, "0+4z");
	pg_close(&p);
}

/* ---- injection: each end at each step of each request */

enum step {
	BEFORE,   /* nothing has begun */
	QUEUED,   /* the packet is in the port */
	TAKEN,    /* and was taken */
	PARTLY,   /* part of what was asked for is there */
	SUPPLIED, /* all of it; for a write to a trapped page the second request is next */
	STEPS,
};

enum end {
	DETACH,
	CLOSE_PAGER,
	CLOSE_VMO,
	CLOSE_PORT,
	SHRINK,
	UNMAP,
	ENDS,
};

static const char *const end_names[ENDS] = {"detach",     "close pager", "close VMO",
					    "close port", "shrink",      "unmap"};

static struct pg_call make_call(int what, const struct pg *p, uint8_t *addr)
{
	switch (what) {
	case 0:
		return pg_read_call(p->vmo, 0, 4);
	case 1:
		return pg_write_call(p->vmo, 0, 4);
	case 2:
		return pg_op_call(p->vmo, ZX_VMO_OP_COMMIT, 0, 4);
	case 3:
		return pg_op_call(p->vmo, ZX_VMO_OP_ALWAYS_NEED, 0, 4);
	case 4:
		return pg_load_call(addr);
	case 5:
		return pg_store_call(addr);
	default:
		return pg_op_call(p->vmo, ZX_VMO_OP_PREFETCH, 0, 4);
	}
}

static bool is_one_of(zx_status_t st, const zx_status_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == st)
			return true;
	return false;
}

static void inject(int what, enum step step, enum end end)
{
	/* What may come out: success when it was quick, and what the end brings. */
	static const zx_status_t allowed[ENDS][4] = {
		[DETACH] = {ZX_OK, ZX_ERR_BAD_STATE},
		[CLOSE_PAGER] = {ZX_OK, ZX_ERR_BAD_STATE},
		[CLOSE_VMO] = {ZX_OK, ZX_ERR_BAD_STATE, ZX_ERR_BAD_HANDLE},
		[CLOSE_PORT] = {ZX_OK, ZX_ERR_BAD_STATE},
		[SHRINK] = {ZX_OK, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE},
		[UNMAP] = {ZX_OK, ZX_ERR_NOT_FOUND, ZX_ERR_BAD_STATE},
	};
	struct pg p = pg_open(PG_RESIZABLE | PG_TRAP, 4 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 4);
	struct pg_call c = make_call(what, &p, addr);
	const bool page_only = what == 4 || what == 5;
	bool mapped = true, vmo = true, pager = true, port = true;
	const struct timespec none = {0, 0};
	struct timespec began, now;
	zx_port_packet_t k;

	if (step != BEFORE) {
		pg_go(&c);
		PG_BLOCKS(&c);
	}
	if (step >= TAKEN)
		PG_READ(&p, 0, page_only ? 1 : 4);
	if (step == PARTLY)
		pg_supply(&p, page_only ? 1 : 0, 2);
	if (step == SUPPLIED)
		pg_supply(&p, 0, 4);

	clock_gettime(CLOCK_MONOTONIC, &began);
	switch (end) {
	case DETACH:
		T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
		break;
	case CLOSE_PAGER:
		t_close(p.pager);
		pager = false;
		break;
	case CLOSE_VMO:
		t_close(p.vmo);
		vmo = false;
		break;
	case CLOSE_PORT:
		t_close(p.port);
		port = false;
		break;
	case SHRINK:
		T_OK(zx_vmo_set_size(p.vmo, 0));
		break;
	case UNMAP:
		t_unmap(addr, 4 * PG);
		mapped = false;
		break;
	case ENDS:
		break;
	}
	if (step == BEFORE)
		pg_go(&c);
	/* These leave who waits to whoever answers; the pager's end does. */
	for (int i = 0; i < 60 && !atomic_load(&c.done); i++) {
		if (i > 3)
			pg_sleep_ms(1);
		else
			nanosleep(&none, NULL);
	}
	if (!atomic_load(&c.done) && (end == CLOSE_VMO || end == CLOSE_PORT || end == UNMAP)) {
		t_close(p.pager);
		pager = false;
	}
	(void)PG_JOIN(&c);
	clock_gettime(CLOCK_MONOTONIC, &now);
	cr_assert_lt((now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000,
		     1000, "call %d, step %d, %s: took too long", what, step, end_names[end]);
	cr_assert(is_one_of(c.status, allowed[end], 4), "call %d, step %d, %s: %s", what, step,
		  end_names[end], zx_status_get_string(c.status));
	if (mapped)
		t_unmap(addr, 4 * PG);
	if (vmo)
		t_close(p.vmo);
	/*
	 * Whatever is left in the port, it is told once that nothing more will come, unless the
	 * pager was closed.
	 */
	if (port) {
		int complete = 0;

		while (zx_port_wait(p.port, 0, &k) == ZX_OK) {
			cr_assert_eq(complete, 0, "a packet after COMPLETE");
			complete += k.page_request.command == ZX_PAGER_VMO_COMPLETE;
		}
		cr_assert(!pager || complete == 1, "call %d, step %d, %s: %d COMPLETE", what, step,
			  end_names[end], complete);
		t_close(p.port);
	}
	if (pager)
		t_close(p.pager);
	free(c.buffer);
}

Test(pager_close, every_end__at_every_step_of_every_request__told_within_a_second, .timeout = 250)
{
	pg_engine();
	for (int what = 0; what < 7; what++)
		for (enum step step = BEFORE; step < STEPS; step++)
			for (enum end end = DETACH; end < ENDS; end++)
				inject(what, step, end);
}

/* The same without knowing where: the end comes at any moment of a run of requests. */
struct server {
	struct pg p;
	_Atomic bool stop;
};

/*
 * What was asked for may have been cut off since: answers are clipped to the size, which may change
 * again.
 */
static void answer(const struct pg *p, uint16_t command, uint64_t first, uint64_t pages)
{
	zx_status_t st;

	do {
		uint64_t size;

		T_OK(zx_vmo_get_size(p->vmo, &size));
		if (first >= size / PG)
			return;
		if (pages > size / PG - first)
			pages = size / PG - first;
		st = command == ZX_PAGER_VMO_READ ? pg_supply_status(p, p->vmo, first, pages) :
						    pg_dirty(p, first, pages);
	} while (st == ZX_ERR_OUT_OF_RANGE);
}

static void *serve(void *arg)
{
	struct server *s = arg;
	zx_port_packet_t k;

	while (!atomic_load(&s->stop)) {
		if (zx_port_wait(s->p.port, zx_deadline_after(ZX_MSEC(20)), &k) != ZX_OK)
			continue;
		if (k.page_request.command != ZX_PAGER_VMO_COMPLETE)
			answer(&s->p, k.page_request.command, k.page_request.offset / PG,
			       k.page_request.length / PG);
	}
	return NULL;
}

Test(pager_close, detach_and_shrink__at_any_moment__nobody_hangs, .timeout = 250)
{
	uint64_t seed = t_seed();

	pg_engine();
	for (int round = 0; round < 60; round++) {
		struct server s = {.p = pg_open(PG_RESIZABLE | PG_TRAP, 32 * PG)};
		uint8_t *addr = pg_map(s.p.vmo, 0, 32);
		struct pg_call c[4];
		pthread_t server;

		cr_assert_eq(pthread_create(&server, NULL, serve, &s), 0);
		for (int i = 0; i < 4; i++) {
			c[i] = make_call((int)t_below(&seed, 7), &s.p,
					 addr + t_below(&seed, 32) * PG);
			if (c[i].what != PG_LOAD && c[i].what != PG_STORE)
				c[i].len = (1 + t_below(&seed, 32)) * PG;
			pg_go(&c[i]);
		}
		const struct timespec delay = {0, (long)t_below(&seed, 400) * 1000};
		nanosleep(&delay, NULL);
		if (round % 2)
			T_OK(zx_pager_detach_vmo(s.p.pager, s.p.vmo));
		else
			T_OK(zx_vmo_set_size(s.p.vmo, t_below(&seed, 32) * PG));
		for (int i = 0; i < 4; i++) {
			(void)PG_JOIN(&c[i]);
			free(c[i].buffer);
		}
		atomic_store(&s.stop, true);
		pthread_join(server, NULL);
		t_unmap(addr, 32 * PG);
		pg_close(&s.p);
	}
}
