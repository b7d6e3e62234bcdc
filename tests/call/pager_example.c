/*
 * The worked example of the specification, step by step.
 *
 * zi-test: trap valgrind
 */
#include "pager_t.h"

#include <zircon/rights.h>

static uint8_t content(uint64_t i)
{
	return i < 10000 ? (uint8_t)(i * 31 + i / 4096 + 1) : 0;
}

static void fill(zx_handle_t aux, uint64_t aux_off, uint64_t off, uint64_t len)
{
	uint8_t page[T_PAGE];

	for (uint64_t at = 0; at < len; at += PG) {
		for (uint64_t i = 0; i < PG; i++)
			page[i] = content(off + at + i);
		T_OK(zx_vmo_write(aux, page, aux_off + at, PG));
	}
}

/* spec: pager 14 #1-27 */
Test(pager_example, file_of_10000_bytes__every_step__as_written)
{
	struct pg p;
	uint64_t size, stream;
	zx_handle_t cvmo = ZX_HANDLE_INVALID, aux;
	struct pg_call c;
	size_t actual, avail;
	zx_vmo_dirty_range_t r[4];

	/* 1-3 */
	pg_engine();
	T_OK(zx_port_create(0, &p.port));
	T_OK(zx_pager_create(0, &p.pager));
	T_OK(zx_pager_create_vmo(p.pager, PG_RESIZABLE | PG_TRAP, p.port, PG_KEY, 10000, &p.vmo));
	T_OK(zx_vmo_get_size(p.vmo, &size));
	T_OK(zx_vmo_get_stream_size(p.vmo, &stream));
	cr_assert(size == 12288 && stream == 10000);
	T_OK(zx_handle_duplicate(p.vmo, ZX_RIGHT_SAME_RIGHTS, &cvmo));

	/* 4-8 */
	c = (struct pg_call){.what = PG_VMO_READ, .vmo = cvmo, .off = 0, .len = 10000};
	pg_go(&c);
	PG_READ(&p, 0, 3);
	PG_BLOCKS(&c);
	aux = t_vmo(8192);
	fill(aux, 0, 0, 8192);
	T_OK(zx_pager_supply_pages(p.pager, p.vmo, 0, 8192, aux, 0));
	for (int i = 0; i < 2000 && c.buffer[8191] == 0xee; i++)
		pg_sleep_ms(1);
	cr_assert_eq(c.buffer[8191], content(8191));
	PG_BLOCKS(&c);
	PG_QUIET(&p);
	fill(aux, 0, 8192, 4096);
	T_OK(zx_pager_supply_pages(p.pager, p.vmo, 8192, 4096, aux, 0));
	PG_ENDS(&c, ZX_OK);
	for (uint64_t i = 0; i < 10000; i++)
		cr_assert_eq(c.buffer[i], content(i));

	/* 9-11 */
	uint8_t *addr = pg_map(cvmo, 0, 3);
	c = pg_store_call(addr + 4096);
	pg_go(&c);
	PG_DIRTY(&p, 1, 1);
	T_OK(pg_dirty(&p, 1, 1));
	PG_ENDS(&c, ZX_OK);
	cr_assert_eq(addr[4096], 0xd1);

	/* 12-14 */
	T_OK(zx_vmo_set_size(cvmo, 20000));
	T_OK(zx_vmo_get_size(p.vmo, &size));
	T_OK(zx_vmo_get_stream_size(p.vmo, &stream));
	cr_assert(size == 20480 && stream == 20000);
	cr_assert(pg_modified(&p));
	T_OK(zx_pager_query_dirty_ranges(p.pager, p.vmo, 0, 20480, r, sizeof(r), &actual, &avail));
	cr_assert(actual == 2 && avail == 2);
	cr_assert(r[0].offset == 4096 && r[0].length == 4096 && r[0].options == 0);
	cr_assert(r[1].offset == 12288 && r[1].length == 8192 &&
		  r[1].options == ZX_VMO_DIRTY_RANGE_IS_ZERO);

	/* 15-18 */
	pg_begin(&p, 1, 1, false);
	uint8_t b[4096];
	T_OK(zx_vmo_read(p.vmo, b, 4096, 4096));
	cr_assert(b[0] == 0xd1 && b[1] == content(4097));
	PG_QUIET(&p);
	c = pg_store_call(addr + 4096);
	pg_go(&c);
	PG_DIRTY(&p, 1, 1);
	T_OK(pg_dirty(&p, 1, 1));
	PG_ENDS(&c, ZX_OK);
	pg_end(&p, 1, 1);
	PG_RANGES(&p, "1+1 3+2z");

	/* 19-22 */
	pg_begin(&p, 3, 2, true);
	pg_end(&p, 3, 2);
	PG_RANGES(&p, "1+1");
	c = pg_read_call(cvmo, 3, 1);
	pg_go(&c);
	PG_READ(&p, 3, 1);
	T_OK(pg_fail(&p, 3, 1, ZX_ERR_IO));
	PG_ENDS(&c, ZX_ERR_IO);
	c = pg_read_call(cvmo, 3, 1);
	pg_go(&c);
	PG_READ(&p, 3, 1);
	PG_BLOCKS(&c);

	/* 23-27 */
	T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
	PG_ENDS(&c, ZX_ERR_BAD_STATE);
	PG_COMPLETE(&p);
	PG_RANGES(&p, "1+1");
	pg_begin(&p, 1, 1, false);
	T_OK(zx_vmo_read(p.vmo, b, 4096, 4096));
	pg_end(&p, 1, 1);
	T_OK(zx_vmo_read(p.vmo, b, 4096, 1));
	T_ZX(zx_vmo_read(cvmo, b, 0, 1), ZX_ERR_BAD_STATE);
	t_unmap(addr, 3 * PG);
	t_close(cvmo);
	t_close(p.vmo);
	t_close(p.pager);
	PG_QUIET(&p);
}

/* spec: pager 14 variant */
Test(pager_example, two_readers__one_packet)
{
	struct pg p = pg_open(PG_TRAP, 12288);
	struct pg_call all = pg_read_call(p.vmo, 0, 3), part = pg_read_call(p.vmo, 1, 1);

	pg_go(&all);
	PG_READ(&p, 0, 3);
	pg_go(&part);
	PG_BLOCKS(&part);
	PG_QUIET(&p);
	pg_supply(&p, 0, 2);
	PG_ENDS(&part, ZX_OK);
	PG_BLOCKS(&all);
	pg_supply(&p, 2, 1);
	PG_ENDS(&all, ZX_OK);
	/* On an absent page a store takes two round trips. */
	T_OK(zirconia_debug_evict(p.vmo, 0, PG, 0, NULL));
	uint8_t *addr = pg_map(p.vmo, 0, 3);
	struct pg_call c = pg_store_call(addr);
	pg_go(&c);
	PG_READ(&p, 0, 1);
	pg_supply(&p, 0, 1);
	PG_DIRTY(&p, 0, 1);
	T_OK(pg_dirty(&p, 0, 1));
	PG_ENDS(&c, ZX_OK);
	pg_close(&p);
}
