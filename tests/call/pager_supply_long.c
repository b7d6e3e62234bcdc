/*
 * Long supplies, whose pages go over as they are instead of being copied.
 *
 * zi-test: trap valgrind
 */
#include "pager_t.h"

enum { LONG = 64 };

static void expect_pages(const struct pg *p, const uint8_t *map, uint64_t first, uint64_t pages)
{
	uint8_t b[2] = {0};

	for (uint64_t i = first; i < first + pages; i++) {
		T_OK(zx_vmo_read(p->vmo, b, i * PG + PG - 1, 1));
		cr_assert_eq(b[0], pg_byte(i), "page %d", (int)i);
		cr_assert(t_all(map + i * PG, PG, pg_byte(i)), "mapped page %d", (int)i);
	}
}

/* However the auxiliary VMO was filled and whoever looks at it: it is empty afterwards, usable again, and apart. */
Test(call_pager_supply_long, supply__aux_mapped_or_not__pages_leave_it)
{
	for (int mapped = 0; mapped < 2; mapped++) {
		struct pg p = pg_open(0, 3 * LONG * PG);
		const uint8_t *map = pg_map(p.vmo, 0, 3 * LONG);
		zx_handle_t aux = t_vmo(LONG * PG);
		uint8_t *aux_map = mapped ? t_map(aux, 0, LONG * PG) : NULL;
		uint8_t page[T_PAGE];

		for (uint64_t round = 0; round < 3; round++) {
			for (uint64_t i = 0; i < LONG; i++) {
				memset(page, pg_byte(round * LONG + i), PG);
				if (mapped)
					memcpy(aux_map + i * PG, page, PG);
				else
					T_OK(zx_vmo_write(aux, page, i * PG, PG));
			}
			T_OK(zx_pager_supply_pages(p.pager, p.vmo, round * LONG * PG, LONG * PG,
						   aux, 0));
			cr_assert_eq(pg_committed(aux), 0);
			cr_assert_eq(pg_committed(p.vmo), (round + 1) * LONG);
			T_OK(zx_vmo_read(aux, page, (LONG - 1) * PG, PG));
			cr_assert(t_all(page, PG, 0));
			if (mapped) {
				cr_assert(t_all(aux_map, LONG * PG, 0));
				memset(aux_map, 0xee, LONG * PG);
			}
		}
		expect_pages(&p, map, 0, 3 * LONG);
		cr_assert_str_eq(pg_ranges(&p), "");
		if (mapped)
			t_unmap(aux_map, LONG * PG);
		t_close(aux);
		t_unmap((void *)(uintptr_t)map, 3 * LONG * PG);
		pg_close(&p);
	}
}

/* What is there stays; the rest comes. */
Test(call_pager_supply_long, supply__some_pages_there__only_the_absent_ones_change)
{
	struct pg p = pg_open(0, LONG * PG);
	const uint8_t *map = pg_map(p.vmo, 0, LONG);
	zx_handle_t aux = pg_aux(0, LONG);

	pg_supply_zero(&p, 10, 1);
	pg_supply(&p, 40, 2);
	T_OK(zx_vmo_write(p.vmo, "w", 41 * PG, 1));
	T_OK(zx_pager_supply_pages(p.pager, p.vmo, 0, LONG * PG, aux, 0));
	cr_assert_eq(pg_committed(aux), 0);
	expect_pages(&p, map, 0, 10);
	cr_assert(t_all(map + 10 * PG, PG, 0));
	expect_pages(&p, map, 11, 30);
	cr_assert_eq(map[41 * PG], 'w');
	expect_pages(&p, map, 42, LONG - 42);
	PG_RANGES(&p, "41+1");
	t_close(aux);
	t_unmap((void *)(uintptr_t)map, LONG * PG);
	pg_close(&p);
}

/* Stores go on being noticed, eviction and another supply work, clones see the page. */
Test(call_pager_supply_long, pages__moved_in__live_as_any_other)
{
	struct pg p = pg_open(0, LONG * PG);
	uint8_t *map = pg_map(p.vmo, 0, LONG), *clone_map;
	zx_handle_t clone;
	uint64_t gone;

	T_OK(zx_vmo_create_child(p.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0, LONG * PG,
				 &clone));
	clone_map = pg_map(clone, 0, LONG);
	for (int round = 0; round < 3; round++) {
		zx_handle_t aux = pg_aux(0, LONG);

		T_OK(zx_pager_supply_pages(p.pager, p.vmo, 0, LONG * PG, aux, 0));
		t_close(aux);
		expect_pages(&p, map, 0, LONG);
		cr_assert_eq(clone_map[5 * PG], pg_byte(5));
		map[3 * PG] = 1;
		map[60 * PG] = 1;
		PG_RANGES(&p, "3+1 60+1");
		map[3 * PG] = pg_byte(3);
		map[60 * PG] = pg_byte(60);
		pg_begin(&p, 0, LONG, false);
		pg_end(&p, 0, LONG);
		T_OK(zirconia_debug_evict(p.vmo, 0, LONG * PG, 0, &gone));
		cr_assert_eq(gone, LONG);
		cr_assert_eq(pg_committed(p.vmo), 0);
	}
	t_unmap(clone_map, LONG * PG);
	t_close(clone);
	t_unmap(map, LONG * PG);
	pg_close(&p);
}

/* Errors: the pages are gone from the auxiliary VMO, and nothing comes. */
Test(call_pager_supply_long, supply__out_of_range_or_detached__aux_is_emptied)
{
	struct pg p = pg_open(0, LONG * PG);
	zx_handle_t aux = pg_aux(0, LONG);

	T_ZX(zx_pager_supply_pages(p.pager, p.vmo, 32 * PG, LONG * PG, aux, 0),
	     ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(pg_committed(p.vmo), 0);
	t_close(aux);
	aux = pg_aux(0, LONG);
	T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
	T_ZX(zx_pager_supply_pages(p.pager, p.vmo, 0, LONG * PG, aux, 0), ZX_ERR_BAD_STATE);
	cr_assert_eq(pg_committed(aux), 0);
	cr_assert_eq(pg_committed(p.vmo), 0);
	t_close(aux);
	pg_close(&p);
}

/* More runs than a process has host maps for would be too many: they end in copies, and nothing shows. */
Test(call_pager_supply_long, supplies__thousands__all_arrive, .timeout = 60)
{
	enum { RUN = 32, RUNS = 1500 };
	struct pg p = pg_open(0, RUN * RUNS * PG);
	const uint8_t *map = pg_map(p.vmo, 0, RUN * RUNS);
	zx_handle_t aux = t_vmo(RUN * PG);

	for (uint64_t i = 0; i < RUNS; i++) {
		/* Every other one first, so that neighbours do not come in order. */
		const uint64_t run = i < RUNS / 2 ? i * 2 : (i - RUNS / 2) * 2 + 1;

		for (uint64_t k = 0; k < RUN; k++)
			T_OK(zx_vmo_write(aux, &run, k * PG, sizeof(run)));
		T_OK(zx_pager_supply_pages(p.pager, p.vmo, run * RUN * PG, RUN * PG, aux, 0));
	}
	for (uint64_t i = 0; i < RUN * RUNS; i += 7)
		cr_assert_eq(*(const uint64_t *)(const void *)(map + i * PG), i / RUN);
	t_close(aux);
	t_unmap((void *)(uintptr_t)map, RUN * RUNS * PG);
	pg_close(&p);
}
