/*
 * Threads that read, write, fault, resize, clone, evict, write back and detach one pager VMO at the
 * same time, with two threads serving it. Every word of page k is k's number or, in pages that were
 * zeroed or grown, 0: whoever sees anything else has seen a page too early, too late, or another
 * one.
 *
 * zi-test: trap timeout=300
 */
#include "../call/pager_t.h"

#include "object/object.h"
#include "vm/vmo.h"

enum { PAGES = 48, CLIENTS = 4, SERVERS = 2, ROUNDS = 8, ROUND_MS = 250 };

static struct pg p;
static uint8_t *addr;
static _Atomic bool stop, stop_serving;
static _Atomic uint64_t done;

static uint64_t tag(uint64_t page)
{
	return UINT64_C(0x5a00000000000000) | page * UINT64_C(0x0101010101);
}

static bool is_one_of(zx_status_t st, zx_status_t a, zx_status_t b, zx_status_t c)
{
	return st == ZX_OK || st == a || st == b || st == c;
}

static void check_word(uint64_t page, uint64_t word, const char *how)
{
	cr_assert(word == 0 || word == tag(page), "%s: page %d holds %llx", how, (int)page,
		  (unsigned long long)word);
}

/* ---- the service */

static void answer_read(uint64_t first, uint64_t pages)
{
	zx_handle_t aux = t_vmo(pages * PG);
	uint64_t words[T_PAGE / 8];
	zx_status_t st;

	for (uint64_t i = 0; i < pages; i++) {
		for (size_t k = 0; k < T_PAGE / 8; k++)
			words[k] = tag(first + i);
		T_OK(zx_vmo_write(aux, words, i * PG, PG));
	}
	st = zx_pager_supply_pages(p.pager, p.vmo, first * PG, pages * PG, aux, 0);
	cr_assert(is_one_of(st, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE, ZX_OK), "supply: %d", st);
	t_close(aux);
	/* Cut off meanwhile: answer what is left of it. */
	if (st == ZX_ERR_OUT_OF_RANGE && pages > 1)
		for (uint64_t i = 0; i < pages; i++)
			answer_read(first + i, 1);
}

static void answer_dirty(uint64_t first, uint64_t pages)
{
	const zx_status_t st = pg_dirty(&p, first, pages);

	cr_assert(is_one_of(st, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE, ZX_ERR_NOT_FOUND),
		  "dirty: %d", st);
}

/* As for supplies: a request that was cut off by a shrink is failed in what is left of it. */
static void answer_fail(uint64_t first, uint64_t pages)
{
	const zx_status_t st = pg_fail(&p, first, pages, ZX_ERR_IO);

	cr_assert(is_one_of(st, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE, ZX_OK), "fail: %d", st);
	if (st == ZX_ERR_OUT_OF_RANGE && pages > 1)
		for (uint64_t i = 0; i < pages; i++)
			answer_fail(first + i, 1);
}

static void *serve(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;
	zx_port_packet_t k;

	while (!atomic_load(&stop_serving)) {
		if (zx_port_wait(p.port, zx_deadline_after(ZX_MSEC(20)), &k) != ZX_OK)
			continue;
		const uint64_t first = k.page_request.offset / PG,
			       pages = k.page_request.length / PG;

		if (k.page_request.command == ZX_PAGER_VMO_COMPLETE)
			continue;
		if (t_below(&seed, 40) == 0)
			answer_fail(first, pages);
		else if (k.page_request.command == ZX_PAGER_VMO_READ)
			answer_read(first, pages);
		else
			answer_dirty(first, pages);
	}
	return NULL;
}

/* ---- clients */

static void client_read(uint64_t *seed)
{
	static _Thread_local uint64_t words[PAGES][T_PAGE / 8];
	const uint64_t first = t_below(seed, PAGES), pages = 1 + t_below(seed, PAGES - first);
	const zx_status_t st = zx_vmo_read(p.vmo, words, first * PG, pages * PG);

	cr_assert(is_one_of(st, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE, ZX_ERR_IO), "read: %d", st);
	for (uint64_t i = 0; st == ZX_OK && i < pages; i++)
		for (size_t k = 0; k < T_PAGE / 8; k += 37)
			check_word(first + i, words[i][k], "read");
}

static void client_write(uint64_t *seed)
{
	const uint64_t page = t_below(seed, PAGES), word = tag(page);
	const zx_status_t st =
		zx_vmo_write(p.vmo, &word, page * PG + t_below(seed, T_PAGE / 8) * 8, 8);

	cr_assert(is_one_of(st, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE, ZX_ERR_IO), "write: %d", st);
}

static void client_load(uint64_t *seed)
{
	const uint64_t page = t_below(seed, PAGES);
	uint64_t word = 0;
	const zx_status_t st =
		zirconia_probe_read64(addr + page * PG + t_below(seed, T_PAGE / 8) * 8, &word);

	cr_assert(is_one_of(st, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE, ZX_ERR_IO), "load: %d", st);
	check_word(page, word, "load");
}

static void client_store(uint64_t *seed)
{
	const uint64_t page = t_below(seed, PAGES);
	const zx_status_t st =
		zirconia_probe_write64(addr + page * PG + t_below(seed, T_PAGE / 8) * 8, tag(page));

	cr_assert(is_one_of(st, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE, ZX_ERR_IO), "store: %d", st);
}

static void client_op(uint64_t *seed)
{
	static const uint32_t ops[] = {ZX_VMO_OP_COMMIT, ZX_VMO_OP_PREFETCH, ZX_VMO_OP_ALWAYS_NEED,
				       ZX_VMO_OP_DONT_NEED};
	const uint64_t first = t_below(seed, PAGES), pages = t_below(seed, PAGES - first);
	const zx_status_t st = pg_vmo_op(p.vmo, ops[t_below(seed, 4)], first, pages);

	cr_assert(is_one_of(st, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE, ZX_ERR_IO), "op: %d", st);
}

static void client_zero(uint64_t *seed)
{
	const uint64_t off = t_below(seed, PAGES * T_PAGE / 8) * 8,
		       len = t_below(seed, 3 * T_PAGE / 8) * 8;
	const zx_status_t st = zx_vmo_op_range(p.vmo, ZX_VMO_OP_ZERO, off, len, NULL, 0);

	cr_assert(is_one_of(st, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE, ZX_ERR_IO), "zero: %d", st);
}

static void client_clone(uint64_t *seed)
{
	const uint64_t off = t_below(seed, PAGES / 2);
	zx_handle_t clone = ZX_HANDLE_INVALID;
	zx_vaddr_t at;
	uint64_t word;

	T_OK(zx_vmo_create_child(p.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, off * PG,
				 PAGES / 2 * PG, &clone));
	T_OK(zx_vmar_map(zx_vmar_root_self(), PG_RW, 0, clone, 0, PAGES / 2 * PG, &at));
	for (int i = 0; i < 6; i++) {
		const uint64_t page = t_below(seed, PAGES / 2),
			       byte = page * PG + t_below(seed, T_PAGE / 8) * 8;
		zx_status_t st;

		if (t_below(seed, 3) == 0) {
			st = zirconia_probe_write64((void *)(at + byte), tag(off + page));
		} else {
			word = 0;
			st = t_below(seed, 2) ? zirconia_probe_read64((void *)(at + byte), &word) :
						zx_vmo_read(clone, &word, byte, 8);
			check_word(off + page, word, "clone");
		}
		cr_assert(is_one_of(st, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE, ZX_ERR_IO),
			  "clone: %d", st);
	}
	t_unmap((void *)at, PAGES / 2 * PG);
	t_close(clone);
}

static void client_resize(uint64_t *seed)
{
	const uint64_t pages = t_below(seed, 4) == 0 ? t_below(seed, PAGES) : PAGES;

	T_OK(zx_vmo_set_size(p.vmo, pages * PG));
}

static void client_service(uint64_t *seed)
{
	const uint64_t first = t_below(seed, PAGES), pages = t_below(seed, PAGES - first);
	zx_vmo_dirty_range_t r[8];
	size_t n = 0;
	uint64_t size;

	switch (t_below(seed, 3)) {
	case 0:
		(void)zirconia_debug_evict(p.vmo, first * PG, pages * PG, 0, NULL);
		break;
	case 1:
		(void)pg_op(&p, ZX_PAGER_OP_WRITEBACK_BEGIN, first, pages, t_below(seed, 2));
		(void)pg_op(&p, ZX_PAGER_OP_WRITEBACK_END, first, pages, 0);
		break;
	case 2:
		T_OK(zx_vmo_get_size(p.vmo, &size));
		if (zx_pager_query_dirty_ranges(p.pager, p.vmo, 0, size, r, sizeof(r), &n, NULL) ==
		    ZX_OK)
			for (size_t i = 1; i < n; i++)
				cr_assert_geq(r[i].offset, r[i - 1].offset + r[i - 1].length);
		break;
	}
}

static void *client(void *arg)
{
	static void (*const ops[])(uint64_t * seed) = {
		client_read,  client_write,  client_load,    client_load,
		client_store, client_store,  client_op,      client_zero,
		client_clone, client_resize, client_service, client_service,
	};
	uint64_t seed = (uint64_t)(uintptr_t)arg;

	while (!atomic_load(&stop)) {
		ops[t_below(&seed, sizeof(ops) / sizeof(ops[0]))](&seed);
		atomic_fetch_add(&done, 1);
	}
	return NULL;
}

static void one_round(uint64_t *seed, uint32_t options, bool detach)
{
	pthread_t servers[SERVERS], clients[CLIENTS];
	zx_vaddr_t at;

	p = pg_open(PG_RESIZABLE | options, PAGES * PG);
	T_OK(zx_vmar_map(zx_vmar_root_self(), PG_RW | ZX_VM_ALLOW_FAULTS, 0, p.vmo, 0, PAGES * PG,
			 &at));
	addr = (uint8_t *)at;
	atomic_store(&stop, false);
	atomic_store(&stop_serving, false);
	for (int i = 0; i < SERVERS; i++)
		cr_assert_eq(
			pthread_create(&servers[i], NULL, serve, (void *)(uintptr_t)t_random(seed)),
			0);
	for (int i = 0; i < CLIENTS; i++)
		cr_assert_eq(pthread_create(&clients[i], NULL, client,
					    (void *)(uintptr_t)t_random(seed)),
			     0);
	pg_sleep_ms(ROUND_MS);
	if (detach)
		T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
	pg_sleep_ms(detach ? 20 : 0);
	atomic_store(&stop, true);
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(clients[i], NULL);
	atomic_store(&stop_serving, true);
	for (int i = 0; i < SERVERS; i++)
		pthread_join(servers[i], NULL);

	struct zi_vmo_object *o;
	T_OK(zi_handle_get(p.vmo, ZX_OBJ_TYPE_VMO, 0, &o, NULL));
	cr_assert(zi_vmo_check(o->vmo));
	zi_object_unref(&o->object);
	t_unmap(addr, PAGES * PG);
	pg_close(&p);
}

Test(stress_pager, threads__all_operations_at_once__nobody_hangs_or_sees_foreign_pages,
     .timeout = 280)
{
	uint64_t seed = t_seed();

	pg_engine();
	for (int round = 0; round < ROUNDS; round++)
		one_round(&seed, round % 2 ? PG_TRAP : 0, round % 4 == 3);
	fprintf(stderr, "%llu operations\n", (unsigned long long)atomic_load(&done));
}
