/*
 * Pinned pages of pager VMOs: what pinning asks for, and what pins keep from happening.
 *
 * zi-test: trap valgrind
 */
#include "device_t.h"
#include "pager_t.h"

struct pin {
	zx_handle_t bti, vmo, pmt;
	uint64_t first, pages;
	bool write;
};

static zx_status_t do_pin(void *arg)
{
	struct pin *p = arg;
	zx_paddr_t addrs[16];

	return zx_bti_pin(p->bti, p->write ? RW : ZX_BTI_PERM_READ, p->vmo, p->first * PG,
			  p->pages * PG, addrs, p->pages, &p->pmt);
}

static struct pg_call pin_call(struct pin *p)
{
	return (struct pg_call){.what = PG_FUNCTION, .fn = do_pin, .arg = p};
}

static struct pin pinned(const struct pg *p, uint64_t first, uint64_t pages, bool write)
{
	struct pin pin = {
		.bti = dev_bti(), .vmo = p->vmo, .first = first, .pages = pages, .write = write};

	T_OK(do_pin(&pin));
	return pin;
}

static void put(const struct pg *p, uint64_t page)
{
	T_OK(zx_vmo_write(p->vmo, "x", page * PG, 1));
}

/* spec: pager 3.1 #13; pager 4.2 #4; vmo 14 #7; clients A.8 pages #2 */
Test(pager_pins, pin__absent_clean_and_zero_pages__asks_as_commit_and_write_do)
{
	for (int trap = 0; trap < 2; trap++) {
		for (int write = 0; write < 2; write++) {
			struct pg p = pg_open(PG_RESIZABLE | (trap ? PG_TRAP : 0), 3 * PG);
			struct pin pin = {.bti = dev_bti(),
					  .vmo = p.vmo,
					  .first = 0,
					  .pages = 5,
					  .write = write};
			struct pg_call c = pin_call(&pin);

			/* A A C, then two dirty zeros. */
			pg_supply(&p, 2, 1);
			T_OK(zx_vmo_set_size(p.vmo, 5 * PG));
			(void)pg_modified(&p);
			pg_go(&c);
			PG_READ(&p, 0, 2);
			pg_supply(&p, 0, 2);
			if (trap && write) {
				PG_DIRTY(&p, 0, 5);
				T_OK(pg_dirty(&p, 0, 5));
			} else if (trap) {
				PG_DIRTY(&p, 3, 2);
				T_OK(pg_dirty(&p, 3, 2));
			}
			PG_ENDS(&c, ZX_OK);
			PG_RANGES(&p, write ? "0+5" : "3+2");
			cr_assert_eq(pg_committed(p.vmo), 5);
			cr_assert_eq(pg_modified(&p), write != 0);
			PG_QUIET(&p);
			T_OK(zx_pmt_unpin(pin.pmt));
			pg_close(&p);
		}
	}
}

/* spec: pager 3.2 #7 */
Test(pager_pins, pin__failed_or_shrunk_or_detached__nothing_is_pinned)
{
	static const struct {
		const char *name;
		zx_status_t status;
	} rows[] = {
		{"fail", ZX_ERR_IO}, {"shrink", ZX_ERR_OUT_OF_RANGE}, {"detach", ZX_ERR_BAD_STATE}};

	for (int i = 0; i < 3; i++) {
		struct pg p = pg_open(PG_RESIZABLE, 4 * PG);
		struct pin pin = {.bti = dev_bti(), .vmo = p.vmo, .first = 0, .pages = 4};
		struct pg_call c = pin_call(&pin);

		pg_supply(&p, 0, 2);
		pg_go(&c);
		PG_READ(&p, 2, 2);
		PG_BLOCKS(&c);
		if (i == 0)
			T_OK(pg_fail(&p, 2, 2, ZX_ERR_IO));
		else if (i == 1)
			T_OK(zx_vmo_set_size(p.vmo, 2 * PG));
		else
			T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
		PG_ENDS(&c, rows[i].status);
		/* A pin would stand in the way of this. */
		T_OK(zx_vmo_set_size(p.vmo, 0));
		pg_close(&p);
	}
}

/* spec: pager 1.5 BEGIN table #2; pager 4.3 #3 #4 */
Test(pager_pins, writeback__pinned_page__stays_dirty)
{
	struct pg p = pg_open(0, 6 * PG);

	pg_supply(&p, 0, 6);
	for (uint64_t i = 0; i < 6; i++)
		put(&p, i);
	struct pin pin = pinned(&p, 2, 2, true);
	pg_begin(&p, 0, 6, false);
	pg_end(&p, 0, 6);
	PG_RANGES(&p, "2+2");
	T_OK(zx_pmt_unpin(pin.pmt));
	/* A page pinned for reading while it is written back becomes clean all the same. */
	pg_begin(&p, 0, 6, false);
	pin = pinned(&p, 2, 1, false);
	pg_end(&p, 0, 6);
	PG_RANGES(&p, "");
	T_OK(zx_pmt_unpin(pin.pmt));
	pg_close(&p);
}

/* spec: pager 4.2 #15 #18 #20; pager 8 #8; pager 7 #1; pager 1.4 #11; clients A.11 #5 */
Test(pager_pins, pinned_pages__are_not_taken_away)
{
	struct pg p = pg_open(PG_RESIZABLE, 6 * PG);
	uint64_t pages;
	uint8_t b = 0;

	pg_supply(&p, 0, 6);
	struct pin pin = pinned(&p, 2, 2, false);
	T_ZX(zx_vmo_set_size(p.vmo, 3 * PG), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmo_set_stream_size(p.vmo, PG), ZX_ERR_BAD_STATE);
	uint64_t size;
	T_OK(zx_vmo_get_stream_size(p.vmo, &size));
	cr_assert_eq(size, 6 * PG);
	T_OK(zx_vmo_read(p.vmo, &b, 5 * PG, 1));
	cr_assert_eq(b, pg_byte(5));
	T_OK(zirconia_debug_evict(p.vmo, 0, 6 * PG, ZIRCONIA_EVICT_ALWAYS_NEEDED, &pages));
	cr_assert_eq(pages, 4);
	/* Zeroed where they are, which is a write. */
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, 0, 6));
	PG_RANGES(&p, "0+2z 2+2 4+2z");
	T_OK(zx_vmo_read(p.vmo, &b, 2 * PG, 1));
	cr_assert_eq(b, 0);
	cr_assert_eq(pg_committed(p.vmo), 2);
	T_OK(zx_pmt_unpin(pin.pmt));
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, 0, 6));
	PG_RANGES(&p, "0+6z");
	T_OK(zx_vmo_set_size(p.vmo, 0));
	pg_close(&p);
}

/* On trapping VMOs zeroing a pinned clean page asks. */
Test(pager_pins, zero__pinned_clean_page__asks_where_writes_do)
{
	struct pg p = pg_open(PG_TRAP, 4 * PG);

	pg_supply(&p, 0, 4);
	struct pin pin = pinned(&p, 1, 1, false);
	struct pg_call c = pg_op_call(p.vmo, ZX_VMO_OP_ZERO, 0, 4);
	pg_go(&c);
	PG_DIRTY(&p, 1, 1);
	T_OK(pg_dirty(&p, 1, 1));
	PG_ENDS(&c, ZX_OK);
	PG_RANGES(&p, "0+1z 1+1 2+2z");
	T_OK(zx_pmt_unpin(pin.pmt));
	pg_close(&p);
}

/* Detach keeps clean pages that are pinned; the auxiliary range of a supply must not be pinned. */
Test(pager_pins, detach_and_aux__pinned__kept_and_refused)
{
	struct pg p = pg_open(0, 4 * PG);
	uint8_t b = 0;

	pg_supply(&p, 0, 2);
	struct pin pin = pinned(&p, 1, 1, false);
	T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
	T_OK(zx_vmo_read(p.vmo, &b, PG, 1));
	cr_assert_eq(b, pg_byte(1));
	T_ZX(zx_vmo_read(p.vmo, &b, 0, 1), ZX_ERR_BAD_STATE);
	T_OK(zx_pmt_unpin(pin.pmt));

	struct pg q = pg_open(0, 4 * PG);
	zx_handle_t aux = pg_aux(0, 4);
	struct pin other = {.bti = dev_bti(), .vmo = aux, .first = 2, .pages = 1};
	T_OK(do_pin(&other));
	T_ZX(zx_pager_supply_pages(q.pager, q.vmo, 100 * PG, 4 * PG, aux, 0), ZX_ERR_BAD_STATE);
	T_OK(zx_vmo_read(aux, &b, 0, 1));
	cr_assert_eq(b, pg_byte(0));
	T_OK(zx_pager_supply_pages(q.pager, q.vmo, 0, 2 * PG, aux, 0));
	T_OK(zx_pmt_unpin(other.pmt));
	pg_close(&p);
	pg_close(&q);
}

/* COMPLETE waits for the last pin. spec: pager 2.7 #2 */
Test(pager_pins, vmo_closed__pinned__complete_after_the_pin)
{
	struct pg p = pg_open(0, PG);

	pg_supply(&p, 0, 1);
	struct pin pin = pinned(&p, 0, 1, true);
	t_close(p.vmo);
	PG_QUIET(&p);
	T_OK(zx_pmt_unpin(pin.pmt));
	PG_COMPLETE(&p);
}
