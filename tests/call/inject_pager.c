/* zi-test: trap timeout=300 */
/* Pagers and streams when memory is out or the host refuses: see inject_t.h. */
#include <pthread.h>
#include <stdatomic.h>

#include <zirconia/zirconia.h>

#include "inject_t.h"

struct side {
	zx_handle_t port, pager, vmo, aux;
};

static void engine(void)
{
	const char *wanted = getenv("ZIRCONIA_TRAP");

	if (wanted != NULL && strcmp(wanted, zirconia_trap_engine()) != 0)
		t_lacks("engines", "the trap engine that is asked for is not available here");
}

static struct side open_side(uint32_t options, uint64_t pages)
{
	struct side s = {0};

	CALL(zx_port_create(0, &s.port));
	CALL(zx_pager_create(0, &s.pager));
	CALL(zx_pager_create_vmo(s.pager, options, s.port, 7, pages * PG, &s.vmo));
	inj_watch(s.vmo);
	CALL(zx_vmo_create(64 * PG, 0, &s.aux));
	return s;
}

static void close_side(struct side *s)
{
	inj_close(s->vmo);
	inj_close(s->pager);
	inj_close(s->port);
	inj_close(s->aux);
}

/* A failure may have emptied the auxiliary VMO: it is filled each time. */
static zx_status_t supply(struct side *s, uint64_t page, uint64_t pages, uint8_t value)
{
	for (uint64_t i = 0; i < pages; i++) {
		const uint8_t byte = (uint8_t)(value + i);
		zx_status_t st = zx_vmo_write(s->aux, &byte, i * PG, 1);

		if (st != ZX_OK)
			return st;
	}
	return zx_pager_supply_pages(s->pager, s->vmo, page * PG, pages * PG, s->aux, 0);
}

static void op(struct side *s, uint32_t what, uint64_t page, uint64_t pages)
{
	CALL_PART(zx_pager_op_range(s->pager, what, s->vmo, page * PG, pages * PG, 0));
}

static void put(zx_handle_t vmo, uint64_t page, uint8_t value)
{
	CALL_PART(zx_vmo_write(vmo, &value, page * PG, 1));
}

static void expect(zx_handle_t vmo, uint64_t page, uint8_t want)
{
	uint8_t byte = 0;

	CALL(zx_vmo_read(vmo, &byte, page * PG, 1));
	cr_assert_eq(byte, want, "%s: page %" PRIu64 " holds %d instead of %d", inj.spec, page,
		     byte, want);
}

static uint64_t dirty_pages(struct side *s, uint64_t pages)
{
	zx_vmo_dirty_range_t ranges[32];
	size_t actual = 0, avail = 0;
	uint64_t sum = 0;

	CALL(zx_pager_query_dirty_ranges(s->pager, s->vmo, 0, pages * PG, ranges, sizeof(ranges),
					 &actual, &avail));
	for (size_t i = 0; i < actual; i++)
		sum += ranges[i].length / PG;
	return sum;
}

/* ---- without waiting */

static void states(void)
{
	struct side s = open_side(ZX_VMO_RESIZABLE | ZX_VMO_TRAP_DIRTY, 40);
	zx_vaddr_t at = 0;
	zx_pager_vmo_stats_t stats;
	zx_port_packet_t packet;
	zx_handle_t clone = 0;

	CALL_PART(supply(&s, 0, 40, 1));
	CALL(zx_vmar_map(zx_vmar_root_self(), INJ_RW, 0, s.vmo, 0, 40 * PG, &at));
	CALL_LOAD(at + 3 * PG, 4);
	op(&s, ZX_PAGER_OP_DIRTY, 2, 4);
	put(s.vmo, 2, 102);
	CALL_PART(inj_store(at + 3 * PG, 103));
	cr_assert_eq(dirty_pages(&s, 40), 4, "%s", inj.spec);
	CALL_PART(
		zx_pager_op_range(s.pager, ZX_PAGER_OP_WRITEBACK_BEGIN, s.vmo, 2 * PG, 2 * PG, 0));
	op(&s, ZX_PAGER_OP_WRITEBACK_END, 2, 2);
	cr_assert_eq(dirty_pages(&s, 40), 2, "%s", inj.spec);
	CALL_LOAD(at + 3 * PG, 103);
	CALL(zx_vmo_create_child(s.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0, 40 * PG,
				 &clone));
	put(clone, 8, 108);
	expect(s.vmo, 8, 9);
	expect(clone, 9, 10);
	op(&s, ZX_PAGER_OP_DIRTY, 20, 10);
	CALL_PART(zx_vmo_op_range(s.vmo, ZX_VMO_OP_ZERO, 20 * PG, 10 * PG, NULL, 0));
	expect(s.vmo, 25, 0);
	CALL(zx_vmo_set_size(s.vmo, 60 * PG));
	cr_assert_eq(dirty_pages(&s, 60), 32, "%s", inj.spec);
	expect(s.vmo, 55, 0);
	CALL_PART(zx_pager_op_range(s.pager, ZX_PAGER_OP_WRITEBACK_BEGIN, s.vmo, 40 * PG, 20 * PG,
				    ZX_VMO_DIRTY_RANGE_IS_ZERO));
	op(&s, ZX_PAGER_OP_WRITEBACK_END, 40, 20);
	CALL_PART(zx_vmo_set_stream_size(s.vmo, 30 * PG));
	CALL(zx_pager_query_vmo_stats(s.pager, s.vmo, ZX_PAGER_RESET_VMO_STATS, &stats,
				      sizeof(stats)));
	cr_assert_eq(stats.modified, ZX_PAGER_VMO_STATS_MODIFIED, "%s", inj.spec);
	CALL_PART(zirconia_debug_evict(s.vmo, 0, 60 * PG, ZIRCONIA_EVICT_ALWAYS_NEEDED, NULL));
	CALL(zx_vmo_set_size(s.vmo, 10 * PG));
	CALL(zx_pager_detach_vmo(s.pager, s.vmo));
	CALL(zx_port_wait(s.port, ZX_TIME_INFINITE, &packet));
	cr_assert_eq(packet.page_request.command, ZX_PAGER_VMO_COMPLETE, "%s", inj.spec);
	inj_close(clone);
	CALL(zx_vmar_unmap(zx_vmar_root_self(), at, 40 * PG));
	close_side(&s);
}

/* spec: pager 1.1 #3; pager 1.2 #5 #10; pager 1.4 #17; pager 1.5 DIRTY #8; pager 8 #9 */ /* spec: vmo 3.2 #9; vmo 3.3 #3 */
Test(inject_pager, states__each_point_fails__states_stay, .timeout = 300)
{
	engine();
	cr_assert_gt(inj_run(states, false), 60u);
}

/* ---- a thread that waits */

struct waiter {
	struct side *s;
	zx_status_t (*access)(struct waiter *w);
	zx_vaddr_t at;
	_Atomic bool failed, done;
	zx_status_t st;
	uint8_t byte;
};

static zx_status_t read_page(struct waiter *w)
{
	return zx_vmo_read(w->s->vmo, &w->byte, 5 * PG, 1);
}

static zx_status_t load_page(struct waiter *w)
{
	return inj_load(w->at + 6 * PG, &w->byte);
}

static zx_status_t store_page(struct waiter *w)
{
	return inj_store(w->at + 7 * PG, 77);
}

static zx_status_t commit_pages(struct waiter *w)
{
	return zx_vmo_op_range(w->s->vmo, ZX_VMO_OP_COMMIT, 10 * PG, 3 * PG, NULL, 0);
}

static void *wait_for_pages(void *arg)
{
	struct waiter *w = arg;

	w->st = w->access(w);
	if (w->st == ZX_ERR_NO_MEMORY && zirconia_inject_fired() != 0) {
		zirconia_inject_set(NULL);
		w->failed = true;
		w->st = w->access(w);
	}
	w->done = true;
	return NULL;
}

/* The pager's side, until the access is through. */
static void serve(struct side *s, struct waiter *w)
{
	pthread_t thread;
	zx_port_packet_t p;

	w->s = s;
	cr_assert_eq(pthread_create(&thread, NULL, wait_for_pages, w), 0);
	while (!w->done) {
		zx_status_t st = zx_port_wait(s->port, zx_deadline_after(ZX_MSEC(1)), &p);

		if (st == ZX_ERR_TIMED_OUT)
			continue;
		cr_assert_eq(st, ZX_OK, "%s: the port answers %s", inj.spec,
			     zx_status_get_string(st));
		inj.failed |= w->failed;
		if (p.page_request.command == ZX_PAGER_VMO_READ)
			CALL_PART(supply(s, p.page_request.offset / PG, p.page_request.length / PG,
					 (uint8_t)(p.page_request.offset / PG + 1)));
		else if (p.page_request.command == ZX_PAGER_VMO_DIRTY)
			op(s, ZX_PAGER_OP_DIRTY, p.page_request.offset / PG,
			   p.page_request.length / PG);
		inj.calls = 0; /* how many requests there are depends on what fails */
	}
	pthread_join(thread, NULL);
	inj.failed |= w->failed;
	cr_assert_eq(w->st, ZX_OK, "%s: the access answers %s", inj.spec,
		     zx_status_get_string(w->st));
}

static void waits(void)
{
	struct side s = open_side(ZX_VMO_TRAP_DIRTY, 40);
	struct waiter load = {.access = load_page}, store = {.access = store_page},
		      get = {.access = read_page};
	struct waiter commit = {.access = commit_pages};
	zx_vaddr_t at = 0;

	CALL(zx_vmar_map(zx_vmar_root_self(), INJ_RW, 0, s.vmo, 0, 40 * PG, &at));
	load.at = store.at = at;
	serve(&s, &get);
	cr_assert_eq(get.byte, 6, "%s", inj.spec);
	serve(&s, &load);
	cr_assert_eq(load.byte, 7, "%s", inj.spec);
	serve(&s, &store);
	expect(s.vmo, 7, 77);
	serve(&s, &commit);
	expect(s.vmo, 12, 13);
	CALL(zx_vmar_unmap(zx_vmar_root_self(), at, 40 * PG));
	close_side(&s);
}

/* spec: pager 9.2 #7 */
Test(inject_pager, waits__each_point_fails__no_memory_and_then_the_page, .timeout = 300)
{
	engine();
	cr_assert_gt(inj_run(waits, false), 30u);
}

/* ---- streams */

static void streams(void)
{
	zx_handle_t vmo = 0, stream = 0;
	char text[3 * 4096];
	zx_iovec_t v = {.buffer = text, .capacity = sizeof(text)};
	size_t n = 0;
	zx_off_t seek = 0;
	uint64_t size = 0;

	memset(text, 'x', sizeof(text));
	CALL(zx_vmo_create(0, ZX_VMO_RESIZABLE, &vmo));
	inj_watch(vmo);
	CALL(zx_stream_create(ZX_STREAM_MODE_READ | ZX_STREAM_MODE_WRITE, vmo, 0, &stream));
	CALL_PART(zx_stream_writev_at(stream, 0, 0, &v, 1, &n));
	cr_assert_eq(n, sizeof(text), "%s", inj.spec);
	CALL(zx_vmo_get_stream_size(vmo, &size));
	cr_assert_eq(size, sizeof(text), "%s", inj.spec);
	CALL_PART(zx_stream_writev_at(stream, 0, 20 * PG, &v, 1, &n));
	CALL(zx_stream_readv_at(stream, 0, 20 * PG, &v, 1, &n));
	cr_assert(n == sizeof(text) && text[0] == 'x' && text[sizeof(text) - 1] == 'x', "%s",
		  inj.spec);
	CALL(zx_stream_readv_at(stream, 0, 10 * PG, &v, 1, &n));
	cr_assert(text[0] == 0, "%s", inj.spec);
	CALL(zx_stream_seek(stream, ZX_STREAM_SEEK_ORIGIN_END, 0, &seek));
	cr_assert_eq(seek, 20 * PG + sizeof(text), "%s", inj.spec);
	inj_close(stream);
	inj_close(vmo);
}

/* spec: pager 10.1 #4 */
Test(inject_pager, streams__each_point_fails__no_memory, .timeout = 300)
{
	engine();
	cr_assert_gt(inj_run(streams, true), 8u);
}
