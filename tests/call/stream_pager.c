/* zi-test: trap */
/*
 * Streams on pager-backed VMOs, and the order of operations on the stream size: a page that is not
 * there stops one of them for as long as a test likes, and shows who waits for it.
 */
#include "pager_t.h"

#define S_BOTH (ZX_STREAM_MODE_READ | ZX_STREAM_MODE_WRITE)

/* ---- calls in threads */

enum what { READ, READ_AT, WRITE, WRITE_AT, APPEND, SEEK, SET_SIZE, SET_STREAM };

struct sc {
	enum what what;
	zx_handle_t handle; /* stream; SET_*: VMO */
	uint64_t pos;
	size_t len;
	uint8_t buffer[4 * ZX_PAGE_SIZE];
	size_t actual;
	zx_status_t status;
	_Atomic bool started, done;
	pthread_t id;
};

static void *sc_main(void *arg)
{
	struct sc *c = arg;
	zx_iovec_t v = {c->buffer, c->len};

	atomic_store(&c->started, true);
	switch (c->what) {
	case READ:
		c->status = zx_stream_readv(c->handle, 0, &v, 1, &c->actual);
		break;
	case READ_AT:
		c->status = zx_stream_readv_at(c->handle, 0, c->pos, &v, 1, &c->actual);
		break;
	case WRITE:
		c->status = zx_stream_writev(c->handle, 0, &v, 1, &c->actual);
		break;
	case WRITE_AT:
		c->status = zx_stream_writev_at(c->handle, 0, c->pos, &v, 1, &c->actual);
		break;
	case APPEND:
		c->status = zx_stream_writev(c->handle, ZX_STREAM_APPEND, &v, 1, &c->actual);
		break;
	case SEEK:
		c->status = zx_stream_seek(c->handle, ZX_STREAM_SEEK_ORIGIN_CURRENT, 0, &c->pos);
		break;
	case SET_SIZE:
		c->status = zx_vmo_set_size(c->handle, c->pos);
		break;
	case SET_STREAM:
		c->status = zx_vmo_set_stream_size(c->handle, c->pos);
		break;
	}
	atomic_store(&c->done, true);
	return NULL;
}

static struct sc *sc_go(enum what what, zx_handle_t handle, uint64_t pos, size_t len, int byte)
{
	struct sc *c = calloc(1, sizeof(*c));

	cr_assert_not_null(c);
	c->what = what;
	c->handle = handle;
	c->pos = pos;
	c->len = len;
	memset(c->buffer, byte, sizeof(c->buffer));
	cr_assert_eq(pthread_create(&c->id, NULL, sc_main, c), 0);
	while (!atomic_load(&c->started))
		pg_sleep_ms(0);
	return c;
}

/* It goes on waiting: it would have been done long ago. */
static void waits_at(int line, struct sc *c)
{
	pg_sleep_ms(25);
	cr_assert(!atomic_load(&c->done), "line %d: did not wait: %d", line, c->status);
}

#define WAITS(c) waits_at(__LINE__, c)

static void ends_at(int line, struct sc *c, zx_status_t status, size_t actual)
{
	for (int i = 0; i < 10000 && !atomic_load(&c->done); i++)
		pg_sleep_ms(1);
	cr_assert(atomic_load(&c->done), "line %d: hangs", line);
	pthread_join(c->id, NULL);
	cr_assert_eq(c->status, status, "line %d: %d", line, c->status);
	if (status == ZX_OK)
		cr_assert_eq(c->actual, actual, "line %d: %zu bytes", line, c->actual);
	free(c);
}

#define ENDS(c, status, actual) ends_at(__LINE__, c, status, actual)

/* At once, while others wait. */
#define DOES(what, handle, pos, len, status, actual) \
	ENDS(sc_go(what, handle, pos, len, 'q'), status, actual)

static zx_handle_t stream_on(zx_handle_t vmo, zx_off_t seek)
{
	zx_handle_t stream = ZX_HANDLE_INVALID;

	T_OK(zx_stream_create(S_BOTH, vmo, seek, &stream));
	return stream;
}

static uint64_t stream_size(zx_handle_t vmo)
{
	uint64_t size = 1;

	T_OK(zx_vmo_get_stream_size(vmo, &size));
	return size;
}

static uint64_t vmo_bytes(zx_handle_t vmo)
{
	uint64_t size = 1;

	T_OK(zx_vmo_get_size(vmo, &size));
	return size;
}

/* Page 0 is there, page 1 is not; the stream ends 100 bytes into page 1. */
static struct pg open_half(void)
{
	struct pg p = pg_open(PG_RESIZABLE, PG + 100);

	pg_supply(&p, 0, 1);
	return p;
}

/* ---- the order of operations */

/* spec: pager 10.7 #1 #2 #3 #4; pager 11 set #5 */
Test(call_stream_pager, extending_write__blocked__what_moves_the_end_waits_in_order)
{
	struct pg p = open_half();
	zx_handle_t s = stream_on(p.vmo, 0), other = stream_on(p.vmo, 0);
	struct sc *write = sc_go(WRITE_AT, s, PG + 100, 50, 'w');

	PG_READ(&p, 1, 1);
	struct sc *append = sc_go(APPEND, s, 0, 7, 'a');
	WAITS(append);
	struct sc *set = sc_go(SET_SIZE, p.vmo, PG + 155, 0, 0);
	WAITS(set);
	struct sc *second = sc_go(WRITE_AT, other, PG + 160, 5, 'x');
	WAITS(second);
	struct sc *set_stream = sc_go(SET_STREAM, p.vmo, PG + 164, 0, 0);
	WAITS(set_stream);
	/*
	 * What stays inside goes on, as do reads, up to the smallest size that is waiting to be
	 * set.
	 */
	DOES(WRITE_AT, other, 10, 10, ZX_OK, 10);
	DOES(READ_AT, other, 0, 20, ZX_OK, 20);
	DOES(READ_AT, other, PG + 155, 20, ZX_OK, 0);
	/* So do calls that know no stream size. */
	uint8_t byte = 0;
	T_OK(zx_vmo_write(p.vmo, "v", 30, 1));
	T_OK(zx_vmo_read(p.vmo, &byte, 30, 1));
	cr_assert_eq(byte, 'v');
	WAITS(append);
	cr_assert_eq(stream_size(p.vmo), PG + 100);

	pg_supply_zero(&p, 1, 1);
	ENDS(write, ZX_OK, 50);
	ENDS(append, ZX_OK, 7);
	ENDS(set, ZX_OK, 0);
	ENDS(second, ZX_OK, 5);
	ENDS(set_stream, ZX_OK, 0);
	cr_assert_eq(stream_size(p.vmo), PG + 164);
	/* w up to 150, a from there to the cut at 155, zeros, x from 160, cut at 164. */
	uint8_t page[64];
	T_OK(zx_vmo_read(p.vmo, page, PG + 100, 64));
	cr_assert(t_all(page, 50, 'w'));
	cr_assert(t_all(page + 50, 5, 'a'));
	cr_assert(t_all(page + 55, 5, 0));
	cr_assert(t_all(page + 60, 4, 'x'));
	pg_close(&p);
}

/* spec: pager 10.7 #1 #2 #3 #4; pager 10.3 #4 */
Test(call_stream_pager, read__blocked__shrink_below_it_waits_and_limits_the_others)
{
	struct pg p = open_half();
	zx_handle_t s = stream_on(p.vmo, 0), other = stream_on(p.vmo, 0);
	struct sc *read = sc_go(READ_AT, s, PG, 4096, 0xee);

	PG_READ(&p, 1, 1);
	/* Larger, or no smaller than what is being read: no reason to wait. */
	DOES(SET_STREAM, p.vmo, PG + 100, 0, ZX_OK, 0);
	struct sc *set = sc_go(SET_SIZE, p.vmo, 50, 0, 0);
	WAITS(set);
	/* New reads end there already. */
	DOES(READ_AT, other, 0, 1000, ZX_OK, 50);
	DOES(READ_AT, other, 60, 10, ZX_OK, 0);
	DOES(READ_AT, other, PG, 10, ZX_OK, 0);
	/* Writes below it go on, others wait. */
	DOES(WRITE_AT, other, 10, 20, ZX_OK, 20);
	DOES(WRITE_AT, other, 10, 40, ZX_OK, 40);
	struct sc *across = sc_go(WRITE_AT, other, 40, 20, 'x');
	WAITS(across);
	struct sc *append = sc_go(APPEND, s, 0, 5, 'a');
	WAITS(append);
	struct sc *again = sc_go(SET_STREAM, p.vmo, 63, 0, 0);
	WAITS(again);
	WAITS(set);
	cr_assert_eq(stream_size(p.vmo), PG + 100);

	pg_supply(&p, 1, 1);
	for (int i = 0; i < 10000 && !atomic_load(&read->done); i++)
		pg_sleep_ms(1);
	cr_assert(pg_is_supplied(read->buffer, 1, 0) && t_all(read->buffer, 100, pg_byte(1)));
	ENDS(read, ZX_OK, 100);
	ENDS(set, ZX_OK, 0);
	ENDS(across, ZX_OK, 20);
	ENDS(append, ZX_OK, 5);
	ENDS(again, ZX_OK, 0);
	cr_assert_eq(stream_size(p.vmo), 63);
	cr_assert_eq(vmo_bytes(p.vmo), PG);
	uint8_t bytes[23];
	T_OK(zx_vmo_read(p.vmo, bytes, 40, 23));
	cr_assert(t_all(bytes, 20, 'x'));
	cr_assert(t_all(bytes + 20, 3, 'a'));
	pg_close(&p);
}

/*
 * A write inside the stream that takes long is waited for by a shrink below its end, and by nothing
 * else.
 */
/* spec: pager 10.7 #4 */
Test(call_stream_pager, overwrite__blocked__only_a_shrink_below_its_end_waits)
{
	struct pg p = open_half();
	zx_handle_t s = stream_on(p.vmo, 0);
	struct sc *write = sc_go(WRITE_AT, s, PG, 50, 'w');

	PG_READ(&p, 1, 1);
	DOES(WRITE_AT, s, 0, 10, ZX_OK, 10);
	struct sc *set = sc_go(SET_SIZE, p.vmo, PG + 20, 0, 0);
	WAITS(set);
	/* An append behind the size change waits as well. */
	struct sc *append = sc_go(APPEND, s, 0, 5, 'a');
	WAITS(append);
	pg_supply_zero(&p, 1, 1);
	ENDS(write, ZX_OK, 50);
	ENDS(set, ZX_OK, 0);
	ENDS(append, ZX_OK, 5);
	cr_assert_eq(stream_size(p.vmo), PG + 25);
	pg_close(&p);
}

/* An append behind a slow write inside the stream does not wait for it. */
/* spec: pager 10.7 #3 */
Test(call_stream_pager, overwrite__blocked__append_elsewhere_goes_on)
{
	struct pg p = pg_open(PG_RESIZABLE, 2 * PG + 100);
	zx_handle_t s = stream_on(p.vmo, 0);

	pg_supply_zero(&p, 2, 1);
	struct sc *write = sc_go(WRITE_AT, s, 0, 50, 'w');
	PG_READ(&p, 0, 1);
	DOES(APPEND, s, 0, 5, ZX_OK, 5);
	DOES(APPEND, s, 0, 5, ZX_OK, 5);
	/* But a write that moves the end wants to be the first. */
	struct sc *extend = sc_go(WRITE_AT, s, 2 * PG + 108, 5, 'e');
	WAITS(extend);
	pg_supply_zero(&p, 0, 1);
	ENDS(write, ZX_OK, 50);
	ENDS(extend, ZX_OK, 5);
	cr_assert_eq(stream_size(p.vmo), 2 * PG + 113);
	pg_close(&p);
}

/* spec: pager 10.7 #6 */
Test(call_stream_pager, offset__held_by_a_blocked_read__only_users_of_it_wait)
{
	struct pg p = open_half();
	zx_handle_t s = stream_on(p.vmo, PG), other = stream_on(p.vmo, 0), same;

	T_OK(zx_handle_duplicate(s, ZX_RIGHT_SAME_RIGHTS, &same));
	struct sc *read = sc_go(READ, s, 0, 50, 0xee);
	PG_READ(&p, 1, 1);
	struct sc *seek = sc_go(SEEK, same, 0, 0, 0);
	WAITS(seek);
	struct sc *write = sc_go(WRITE, same, 0, 10, 'w');
	WAITS(write);
	DOES(READ_AT, same, 0, 10, ZX_OK, 10);
	DOES(WRITE_AT, same, 0, 10, ZX_OK, 10);
	DOES(READ, other, 0, 10, ZX_OK, 10);
	DOES(SEEK, other, 0, 0, ZX_OK, 0);
	zx_info_stream_t info;
	T_OK(zx_object_get_info(same, ZX_INFO_STREAM, &info, sizeof(info), NULL, NULL));
	cr_assert_eq(info.seek, PG);
	pg_supply(&p, 1, 1);
	ENDS(read, ZX_OK, 50);
	ENDS(write, ZX_OK, 10);
	for (int i = 0; i < 10000 && !atomic_load(&seek->done); i++)
		pg_sleep_ms(1);
	cr_assert(seek->pos == PG + 50 || seek->pos == PG + 60, "%llu",
		  (unsigned long long)seek->pos);
	ENDS(seek, ZX_OK, 0);
	pg_close(&p);
}

/* ---- pages that are not there */

/* spec: pager 10.8 #3; pager 10.2 #8 */
Test(call_stream_pager, read__fails_at_a_page__what_came_before_counts)
{
	struct pg p = pg_open(0, 4 * PG);
	zx_handle_t s = stream_on(p.vmo, 10);
	pg_supply(&p, 0, 2);
	struct sc *read = sc_go(READ, s, 0, 3 * PG, 0xee);
	PG_READ(&p, 2, 2);
	T_OK(pg_fail(&p, 2, 2, ZX_ERR_IO_DATA_INTEGRITY));
	ENDS(read, ZX_OK, 2 * PG - 10);
	zx_info_stream_t info;
	T_OK(zx_object_get_info(s, ZX_INFO_STREAM, &info, sizeof(info), NULL, NULL));
	cr_assert_eq(info.seek, 2 * PG);
	read = sc_go(READ, s, 0, PG, 0xee);
	PG_READ(&p, 2, 1);
	T_OK(pg_fail(&p, 2, 1, ZX_ERR_IO));
	ENDS(read, ZX_ERR_IO, 0);
	/* Nobody comes any more. */
	T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
	DOES(READ, s, 0, PG, ZX_ERR_BAD_STATE, 0);
	pg_close(&p);
}

/* spec: pager 10.8 #1 */
Test(call_stream_pager, write__into_existing_pages__asks_as_any_write)
{
	/* Without trapping: only absent pages are asked for. */
	struct pg p = pg_open(0, 4 * PG);
	zx_handle_t s = stream_on(p.vmo, 0);
	struct sc *write = sc_go(WRITE_AT, s, PG + 5, 10, 'w');

	PG_READ(&p, 1, 1);
	pg_supply(&p, 1, 1);
	ENDS(write, ZX_OK, 10);
	PG_QUIET(&p);
	PG_RANGES(&p, "1+1");
	cr_assert(pg_modified(&p));
	pg_close(&p);

	p = pg_open(PG_TRAP, 4 * PG);
	s = stream_on(p.vmo, 0);
	write = sc_go(WRITE_AT, s, PG + 5, 10, 'w');
	PG_READ(&p, 1, 1);
	pg_supply(&p, 1, 1);
	PG_DIRTY(&p, 1, 1);
	T_OK(pg_dirty(&p, 1, 1));
	ENDS(write, ZX_OK, 10);
	PG_RANGES(&p, "1+1");
	pg_close(&p);
}

/* spec: pager 10.8 #2 */
Test(call_stream_pager, growth__new_pages__need_no_read_but_consent)
{
	struct pg p = pg_open(PG_RESIZABLE, PG);
	zx_handle_t s = stream_on(p.vmo, 0);

	DOES(APPEND, s, 0, PG + 10, ZX_OK, PG + 10);
	PG_QUIET(&p);
	cr_assert_eq(vmo_bytes(p.vmo), 3 * PG);
	PG_RANGES(&p, "1+2");
	pg_close(&p);

	p = pg_open(PG_RESIZABLE | PG_TRAP, PG);
	s = stream_on(p.vmo, 0);
	struct sc *append = sc_go(APPEND, s, 0, 2 * PG, 'w');
	PG_DIRTY(&p, 1, 2);
	T_OK(pg_dirty(&p, 1, 2));
	ENDS(append, ZX_OK, 2 * PG);
	PG_RANGES(&p, "1+2");
	cr_assert_eq(stream_size(p.vmo), 3 * PG);
	/* The pager has no room left. */
	append = sc_go(APPEND, s, 0, 10, 'w');
	PG_DIRTY(&p, 3, 1);
	T_OK(pg_fail(&p, 3, 1, ZX_ERR_NO_SPACE));
	ENDS(append, ZX_ERR_NO_SPACE, 0);
	cr_assert_eq(stream_size(p.vmo), 3 * PG);
	cr_assert_eq(vmo_bytes(p.vmo), 4 * PG);
	pg_close(&p);
}

/* spec: pager 10.8 #2 */
Test(call_stream_pager, growth__consent_for_a_part__short_count)
{
	struct pg p = pg_open(PG_RESIZABLE | PG_TRAP, PG);
	zx_handle_t s = stream_on(p.vmo, 0);

	/* Page 1 is dirty already, so that only page 2 is asked for. */
	T_OK(zx_vmo_set_size(p.vmo, 2 * PG));
	struct sc *write = sc_go(WRITE_AT, s, PG, 1, 'p');
	PG_DIRTY(&p, 1, 1);
	T_OK(pg_dirty(&p, 1, 1));
	ENDS(write, ZX_OK, 1);
	write = sc_go(WRITE_AT, s, PG, 2 * PG, 'w');
	PG_DIRTY(&p, 2, 1);
	T_OK(pg_fail(&p, 2, 1, ZX_ERR_NO_SPACE));
	ENDS(write, ZX_OK, PG);
	cr_assert_eq(stream_size(p.vmo), 2 * PG);
	pg_close(&p);
}

/* The gap before a write may need the page at the old end. */
/* spec: pager 10.4 #4 */
Test(call_stream_pager, gap__page_at_the_end_is_absent__asked_for_and_its_failure_is_told)
{
	struct pg p = pg_open(PG_RESIZABLE, 100);
	zx_handle_t s = stream_on(p.vmo, 0);
	struct sc *write = sc_go(WRITE_AT, s, 2 * PG, 10, 'w');

	PG_READ(&p, 0, 1);
	T_OK(pg_fail(&p, 0, 1, ZX_ERR_IO));
	ENDS(write, ZX_ERR_IO, 0);
	cr_assert_eq(stream_size(p.vmo), 100);
	cr_assert_eq(vmo_bytes(p.vmo), 3 * PG);
	write = sc_go(WRITE_AT, s, 2 * PG, 10, 'w');
	PG_READ(&p, 0, 1);
	pg_supply(&p, 0, 1);
	ENDS(write, ZX_OK, 10);
	uint8_t page[ZX_PAGE_SIZE];
	T_OK(zx_vmo_read(p.vmo, page, 0, PG));
	cr_assert(t_all(page, 100, pg_byte(0)));
	cr_assert(t_all(page + 100, PG - 100, 0));
	cr_assert_eq(stream_size(p.vmo), 2 * PG + 10);
	pg_close(&p);
}

/* spec: pager 10.8 #4 */
Test(call_stream_pager, clone__reads_reach_the_pager)
{
	struct pg p = pg_open(0, 4 * PG);
	zx_handle_t clone = ZX_HANDLE_INVALID;

	T_OK(zx_vmo_create_child(p.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0, 4 * PG,
				 &clone));
	zx_handle_t s = stream_on(clone, 0);
	struct sc *read = sc_go(READ, s, 0, 2 * PG, 0xee);

	PG_READ(&p, 0, 2);
	pg_supply(&p, 0, 2);
	ENDS(read, ZX_OK, 2 * PG);
	DOES(WRITE_AT, s, 0, PG, ZX_OK, PG);
	PG_RANGES(&p, "");
	t_close(s);
	t_close(clone);
	pg_close(&p);
}

/*
 * The last handle of the pager goes while transfers wait for its pages: they end, and so does
 * whoever waits behind them.
 */
Test(call_stream_pager, pager_closed__blocked_transfers__end_and_the_queue_goes_on)
{
	struct pg p = open_half();
	zx_handle_t s = stream_on(p.vmo, 0), other = stream_on(p.vmo, 0);
	struct sc *write = sc_go(WRITE_AT, s, PG + 100, 50, 'w');

	PG_READ(&p, 1, 1);
	struct sc *append = sc_go(APPEND, s, 0, 5, 'a');
	struct sc *set = sc_go(SET_SIZE, p.vmo, 30, 0, 0);
	WAITS(append);
	WAITS(set);
	t_close(p.pager);
	ENDS(write, ZX_ERR_BAD_STATE, 0);
	ENDS(append, ZX_ERR_BAD_STATE, 0);
	ENDS(set, ZX_OK, 0);
	DOES(APPEND, other, 0, 5, ZX_OK, 5);
	cr_assert_eq(stream_size(p.vmo), 35);
	t_close(p.vmo);
	t_close(p.port);
}
