/*
 * What the tests of pagers share: a pager with a VMO and a port, threads whose one call may block,
 * and the packets that they cause. No test logic. Every program that uses it runs under each trap
 * engine; see "trap" in tests/CMakeLists.txt.
 */
#ifndef PAGER_T_H
#define PAGER_T_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/port.h>
#include <zirconia/debug.h>
#include <zirconia/fault.h>
#include <zirconia/zirconia.h>

#include "t.h"

#define PG ((uint64_t)T_PAGE)
#define PG_KEY UINT64_C(0x7061676572)
#define PG_RESIZABLE ZX_VMO_RESIZABLE
#define PG_TRAP ZX_VMO_TRAP_DIRTY
#define PG_RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define PG_OK static inline __attribute__((unused))

/* First in every test: skips when the engine that the run is for is not to be had here. */
PG_OK void pg_engine(void)
{
	const char *wanted = getenv("ZIRCONIA_TRAP");

	if (wanted != NULL && strcmp(wanted, zirconia_trap_engine()) != 0)
		t_lacks("engines", "the trap engine that is asked for is not available here");
}

PG_OK bool pg_engine_is(const char *name)
{
	return strcmp(zirconia_trap_engine(), name) == 0;
}

PG_OK void pg_sleep_ms(long ms)
{
	const struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&ts, NULL);
}

/* ---- a pager, its port, one VMO and an auxiliary VMO */

struct pg {
	zx_handle_t port, pager, vmo;
};

PG_OK zx_handle_t pg_vmo(const struct pg *p, uint64_t key, uint32_t options, uint64_t size)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;

	T_OK(zx_pager_create_vmo(p->pager, options, p->port, key, size, &vmo));
	return vmo;
}

PG_OK struct pg pg_open(uint32_t options, uint64_t size)
{
	struct pg p;

	pg_engine();
	T_OK(zx_port_create(0, &p.port));
	T_OK(zx_pager_create(0, &p.pager));
	p.vmo = pg_vmo(&p, PG_KEY, options, size);
	return p;
}

PG_OK void pg_close(struct pg *p)
{
	t_close(p->vmo);
	t_close(p->pager);
	t_close(p->port);
}

/* The byte that supplied page k is filled with. */
PG_OK uint8_t pg_byte(uint64_t page)
{
	return (uint8_t)(0x11 + page * 7);
}

/* An auxiliary VMO with `pages` pages; page i has the byte of page first + i. */
PG_OK zx_handle_t pg_aux(uint64_t first, uint64_t pages)
{
	zx_handle_t aux = t_vmo(pages * PG);
	uint8_t page[T_PAGE];

	for (uint64_t i = 0; i < pages; i++) {
		memset(page, pg_byte(first + i), PG);
		T_OK(zx_vmo_write(aux, page, i * PG, PG));
	}
	return aux;
}

PG_OK zx_status_t pg_supply_status(const struct pg *p, zx_handle_t vmo, uint64_t first,
				   uint64_t pages)
{
	zx_handle_t aux = pg_aux(first, pages);
	const zx_status_t st = zx_pager_supply_pages(p->pager, vmo, first * PG, pages * PG, aux, 0);

	t_close(aux);
	return st;
}

PG_OK void pg_supply(const struct pg *p, uint64_t first, uint64_t pages)
{
	T_OK(pg_supply_status(p, p->vmo, first, pages));
}

PG_OK void pg_supply_zero(const struct pg *p, uint64_t first, uint64_t pages)
{
	zx_handle_t aux = t_vmo(pages * PG);

	T_OK(zx_pager_supply_pages(p->pager, p->vmo, first * PG, pages * PG, aux, 0));
	t_close(aux);
}

PG_OK zx_status_t pg_op(const struct pg *p, uint32_t op, uint64_t first, uint64_t pages,
			uint64_t data)
{
	return zx_pager_op_range(p->pager, op, p->vmo, first * PG, pages * PG, data);
}

PG_OK zx_status_t pg_fail(const struct pg *p, uint64_t first, uint64_t pages, zx_status_t error)
{
	return pg_op(p, ZX_PAGER_OP_FAIL, first, pages, (uint64_t)(int64_t)error);
}

PG_OK zx_status_t pg_dirty(const struct pg *p, uint64_t first, uint64_t pages)
{
	return pg_op(p, ZX_PAGER_OP_DIRTY, first, pages, 0);
}

PG_OK void pg_begin(const struct pg *p, uint64_t first, uint64_t pages, bool zero)
{
	T_OK(pg_op(p, ZX_PAGER_OP_WRITEBACK_BEGIN, first, pages,
		   zero ? ZX_VMO_DIRTY_RANGE_IS_ZERO : 0));
}

PG_OK void pg_end(const struct pg *p, uint64_t first, uint64_t pages)
{
	T_OK(pg_op(p, ZX_PAGER_OP_WRITEBACK_END, first, pages, 0));
}

PG_OK zx_status_t pg_vmo_op(zx_handle_t vmo, uint32_t op, uint64_t first, uint64_t pages)
{
	return zx_vmo_op_range(vmo, op, first * PG, pages * PG, NULL, 0);
}

PG_OK bool pg_modified(const struct pg *p)
{
	zx_pager_vmo_stats_t stats = {0xee};

	T_OK(zx_pager_query_vmo_stats(p->pager, p->vmo, ZX_PAGER_RESET_VMO_STATS, &stats,
				      sizeof(stats)));
	cr_assert_leq(stats.modified, 1);
	return stats.modified == 1;
}

/* Dirty ranges as text: "1+2 4+1z" is pages 1 and 2, and page 4 as zero. */
PG_OK const char *pg_ranges(const struct pg *p)
{
	static char text[512];
	zx_vmo_dirty_range_t r[32];
	size_t actual = 99, avail = 99;
	uint64_t size;
	int n = 0;

	T_OK(zx_vmo_get_size(p->vmo, &size));
	T_OK(zx_pager_query_dirty_ranges(p->pager, p->vmo, 0, size, r, sizeof(r), &actual, &avail));
	cr_assert_eq(actual, avail);
	text[0] = '\0';
	for (size_t i = 0; i < actual; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%llu+%llu%s", i > 0 ? " " : "",
			      (unsigned long long)(r[i].offset / PG),
			      (unsigned long long)(r[i].length / PG), r[i].options != 0 ? "z" : "");
	return text;
}

#define PG_RANGES(p, expected) cr_assert_str_eq(pg_ranges(p), expected)

PG_OK uint64_t pg_committed(zx_handle_t vmo)
{
	zx_info_vmo_t info;

	T_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	return info.committed_bytes / PG;
}

PG_OK uint8_t *pg_map(zx_handle_t vmo, uint64_t first, uint64_t pages)
{
	return t_map(vmo, first * PG, pages * PG);
}

/* ---- packets */

/* The next packet of any kind, within ten seconds. */
PG_OK zx_port_packet_t pg_next(const struct pg *p)
{
	zx_port_packet_t packet;

	memset(&packet, 0xee, sizeof(packet));
	T_OK(zx_port_wait(p->port, zx_deadline_after(ZX_SEC(10)), &packet));
	cr_assert_eq(packet.type, ZX_PKT_TYPE_PAGE_REQUEST);
	cr_assert_eq(packet.status, ZX_OK);
	cr_assert_eq(packet.page_request.flags, 0);
	cr_assert_eq(packet.page_request.reserved0, 0);
	cr_assert_eq(packet.page_request.reserved1, 0);
	return packet;
}

PG_OK void pg_expect(const char *file, int line, const struct pg *p, uint64_t key, uint16_t command,
		     uint64_t first, uint64_t pages)
{
	const zx_port_packet_t k = pg_next(p);

	cr_assert(k.key == key && k.page_request.command == command &&
			  k.page_request.offset == first * PG &&
			  k.page_request.length == pages * PG,
		  "%s:%d: packet key %llx command %u page %llu+%llu, not key %llx command %u page "
		  "%llu+%llu",
		  file, line, (unsigned long long)k.key, k.page_request.command,
		  (unsigned long long)(k.page_request.offset / PG),
		  (unsigned long long)(k.page_request.length / PG), (unsigned long long)key,
		  command, (unsigned long long)first, (unsigned long long)pages);
}

#define PG_READ(p, first, pages) \
	pg_expect(__FILE__, __LINE__, p, PG_KEY, ZX_PAGER_VMO_READ, first, pages)
#define PG_DIRTY(p, first, pages) \
	pg_expect(__FILE__, __LINE__, p, PG_KEY, ZX_PAGER_VMO_DIRTY, first, pages)
#define PG_COMPLETE(p) pg_expect(__FILE__, __LINE__, p, PG_KEY, ZX_PAGER_VMO_COMPLETE, 0, 0)

/*
 * Nothing is in the port now. Only meaningful when whoever could ask is known to be blocked or
 * done.
 */
PG_OK void pg_quiet_at(const char *file, int line, const struct pg *p)
{
	zx_port_packet_t k;
	const zx_status_t st = zx_port_wait(p->port, 0, &k);

	cr_assert_eq(st, ZX_ERR_TIMED_OUT,
		     "%s:%d: unexpected packet: status %d, command %u, page %llu+%llu", file, line,
		     st, k.page_request.command, (unsigned long long)(k.page_request.offset / PG),
		     (unsigned long long)(k.page_request.length / PG));
}

#define PG_QUIET(p) pg_quiet_at(__FILE__, __LINE__, p)

/* ---- calls in threads of their own */

enum pg_what {
	PG_VMO_READ,
	PG_VMO_WRITE, /* bytes 0xd0 */
	PG_LOAD,      /* one byte of `addr` */
	PG_STORE,     /* 0xd1 to one byte of `addr` */
	PG_VMO_OP,    /* zx_vmo_op_range */
	PG_VMAR_OP,   /* zx_vmar_op_range */
	PG_SET_SIZE,  /* to `off` */
	PG_SET_STREAM,
	PG_FUNCTION, /* fn(arg) */
};

struct pg_call {
	enum pg_what what;
	zx_handle_t vmo;
	uint64_t off, len; /* bytes */
	uint32_t op;
	uint8_t *addr;
	zx_status_t (*fn)(void *arg);
	void *arg;
	uint8_t *buffer; /* for reads and writes; made when NULL */
	zx_status_t status;
	uint8_t value; /* PG_LOAD */
	_Atomic zx_handle_t thread;
	_Atomic bool done;
	pthread_t id;
};

PG_OK void *pg_call_main(void *arg)
{
	struct pg_call *c = arg;

	atomic_store(&c->thread, zx_thread_self());
	switch (c->what) {
	case PG_VMO_READ:
		c->status = zx_vmo_read(c->vmo, c->buffer, c->off, c->len);
		break;
	case PG_VMO_WRITE:
		c->status = zx_vmo_write(c->vmo, c->buffer, c->off, c->len);
		break;
	case PG_LOAD:
		c->status = zirconia_probe_read8(c->addr, &c->value);
		break;
	case PG_STORE:
		c->status = zirconia_probe_write8(c->addr, 0xd1);
		break;
	case PG_VMO_OP:
		c->status = zx_vmo_op_range(c->vmo, c->op, c->off, c->len, NULL, 0);
		break;
	case PG_VMAR_OP:
		c->status = zx_vmar_op_range(zx_vmar_root_self(), c->op, (zx_vaddr_t)c->addr,
					     c->len, NULL, 0);
		break;
	case PG_SET_SIZE:
		c->status = zx_vmo_set_size(c->vmo, c->off);
		break;
	case PG_SET_STREAM:
		c->status = zx_vmo_set_stream_size(c->vmo, c->off);
		break;
	case PG_FUNCTION:
		c->status = c->fn(c->arg);
		break;
	}
	atomic_store(&c->done, true);
	return NULL;
}

PG_OK void pg_go(struct pg_call *c)
{
	if ((c->what == PG_VMO_READ || c->what == PG_VMO_WRITE) && c->buffer == NULL) {
		c->buffer = malloc(c->len + 1);
		cr_assert_not_null(c->buffer);
		/* Most tests leave it to the end of their process. */
		static uint8_t *kept[64] __attribute__((used));
		static unsigned nkept;
		kept[nkept++ % 64] = c->buffer;
		memset(c->buffer, c->what == PG_VMO_WRITE ? 0xd0 : 0xee, c->len + 1);
	}
	cr_assert_eq(pthread_create(&c->id, NULL, pg_call_main, c), 0);
}

PG_OK struct pg_call pg_read_call(zx_handle_t vmo, uint64_t first, uint64_t pages)
{
	return (struct pg_call){
		.what = PG_VMO_READ, .vmo = vmo, .off = first * PG, .len = pages * PG};
}

PG_OK struct pg_call pg_write_call(zx_handle_t vmo, uint64_t first, uint64_t pages)
{
	return (struct pg_call){
		.what = PG_VMO_WRITE, .vmo = vmo, .off = first * PG, .len = pages * PG};
}

PG_OK struct pg_call pg_load_call(uint8_t *addr)
{
	return (struct pg_call){.what = PG_LOAD, .addr = addr};
}

PG_OK struct pg_call pg_store_call(uint8_t *addr)
{
	return (struct pg_call){.what = PG_STORE, .addr = addr};
}

PG_OK struct pg_call pg_op_call(zx_handle_t vmo, uint32_t op, uint64_t first, uint64_t pages)
{
	return (struct pg_call){
		.what = PG_VMO_OP, .vmo = vmo, .op = op, .off = first * PG, .len = pages * PG};
}

/*
 * Is the call waiting for a page, as listings of threads say? A fault that the library's threads
 * resolve does not show there.
 */
PG_OK bool pg_is_blocked(const struct pg_call *c)
{
	zx_info_thread_t info;
	const zx_handle_t thread = atomic_load(&c->thread);

	if (thread == ZX_HANDLE_INVALID || atomic_load(&c->done))
		return false;
	return zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL) ==
		       ZX_OK &&
	       info.state == ZX_THREAD_STATE_BLOCKED_PAGER;
}

/* Waits until it blocks. */
PG_OK void pg_blocks_at(const char *file, int line, struct pg_call *c)
{
	for (int i = 0; i < 5000 && !pg_is_blocked(c) && !atomic_load(&c->done); i++) {
		/* The thread engine: nobody can tell, so give it time. */
		if (pg_engine_is("thread") && (c->what == PG_LOAD || c->what == PG_STORE) && i > 30)
			break;
		pg_sleep_ms(1);
	}
	cr_assert(!atomic_load(&c->done), "%s:%d: the call did not block: %d", file, line,
		  c->status);
}

#define PG_BLOCKS(c) pg_blocks_at(__FILE__, __LINE__, c)

PG_OK zx_status_t pg_join_at(const char *file, int line, struct pg_call *c)
{
	for (int i = 0; i < 10000 && !atomic_load(&c->done); i++)
		pg_sleep_ms(i < 100 ? 0 : 1);
	cr_assert(atomic_load(&c->done), "%s:%d: the call hangs", file, line);
	pthread_join(c->id, NULL);
	return c->status;
}

/* It ends, with whatever status. */
#define PG_JOIN(c) pg_join_at(__FILE__, __LINE__, c)

PG_OK void pg_ends_at(const char *file, int line, struct pg_call *c, zx_status_t expected)
{
	(void)pg_join_at(file, line, c);
	cr_assert_eq(c->status, expected, "%s:%d: %s, not %s", file, line,
		     zx_status_get_string(c->status), zx_status_get_string(expected));
}

#define PG_ENDS(c, expected) pg_ends_at(__FILE__, __LINE__, c, expected)

/* The bytes that a read of pages has brought are those of the pager. */
PG_OK bool pg_is_supplied(const uint8_t *bytes, uint64_t first, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++)
		if (!t_all(bytes + i * PG, PG, pg_byte(first + i)))
			return false;
	return true;
}

#endif
