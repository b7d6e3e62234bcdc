/* The pager's side: a thread that supplies in pieces and out of order, late, or fails what cannot be read. */
#include "pager.h"

uint8_t disk[PAGES_MAX][T_PAGE];
_Atomic uint64_t service_bad;

static _Atomic bool stop, busy;
static _Atomic uint64_t supplied, reads;
static pthread_t thread;
static uint64_t seed;

static void supply(uint64_t first, uint64_t pages)
{
	const uint64_t skew = t_below(&seed, 3);
	zx_handle_t aux = t_vmo((pages + skew) * PG);

	T_OK(zx_vmo_write(aux, disk[first], skew * PG, pages * PG));
	T_OK(zx_pager_supply_pages(m.p.pager, m.p.vmo, first * PG, pages * PG, aux, skew * PG));
	t_close(aux);
	for (uint64_t i = first; i < first + pages; i++)
		atomic_fetch_or(&supplied, UINT64_C(1) << i);
}

/* A run of pages that are all readable or all not. */
static void serve_run(uint64_t first, uint64_t pages)
{
	if (atomic_load(&service_bad) >> first & 1)
		T_OK(pg_fail(&m.p, first, pages, ZX_ERR_IO));
	else
		supply(first, pages);
}

static void serve_read(uint64_t first, uint64_t pages)
{
	const uint64_t bad = atomic_load(&service_bad);
	uint64_t start[PAGES_MAX], len[PAGES_MAX];
	unsigned n = 0;

	atomic_fetch_add(&reads, 1);
	if (t_below(&seed, 50) == 0)
		zx_nanosleep(zx_deadline_after(ZX_USEC((zx_duration_t)t_below(&seed, 200))));
	for (uint64_t i = first; i < first + pages;) {
		uint64_t end = i + 1;

		while (end < first + pages && ((bad >> end ^ bad >> i) & 1) == 0 &&
		       t_below(&seed, 8) != 0)
			end++;
		start[n] = i;
		len[n++] = end - i;
		i = end;
	}
	for (unsigned i = n; i > 0; i--) {
		const unsigned pick = t_below(&seed, 2) ? 0 : (unsigned)t_below(&seed, i);

		serve_run(start[pick], len[pick]);
		memmove(&start[pick], &start[pick + 1], (i - 1 - pick) * sizeof(start[0]));
		memmove(&len[pick], &len[pick + 1], (i - 1 - pick) * sizeof(len[0]));
	}
}

static void *serve(void *arg)
{
	zx_port_packet_t k;

	while (!atomic_load(&stop)) {
		if (zx_port_wait(m.p.port, ZX_TIME_INFINITE, &k) != ZX_OK ||
		    k.type == ZX_PKT_TYPE_USER)
			continue;
		atomic_store(&busy, true);
		const uint64_t first = k.page_request.offset / PG,
			       pages = k.page_request.length / PG;

		if (k.page_request.command == ZX_PAGER_VMO_READ)
			serve_read(first, pages);
		else if (k.page_request.command == ZX_PAGER_VMO_DIRTY)
			T_OK(pg_dirty(&m.p, first, pages));
		atomic_store(&busy, false);
	}
	return arg;
}

void service_start(void)
{
	atomic_store(&stop, false);
	atomic_store(&service_bad, 0);
	atomic_store(&supplied, 0);
	seed = below(UINT64_MAX);
	for (uint64_t i = 0; i < PAGES_MAX; i++)
		memset(disk[i], (int)pg_byte(i), T_PAGE);
	cr_assert_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

void service_stop(void)
{
	const zx_port_packet_t wake = {.type = ZX_PKT_TYPE_USER};

	atomic_store(&stop, true);
	T_OK(zx_port_queue(m.p.port, &wake));
	pthread_join(thread, NULL);
}

uint64_t service_idle(void)
{
	while (atomic_load(&busy))
		sched_yield();
	return atomic_exchange(&supplied, 0);
}

uint64_t service_reads(void)
{
	return atomic_load(&reads);
}
