/*
 * The error tables of zx_pager_*: every row, in the order of the checks.
 *
 * zi-test: trap valgrind
 */
#include "pager_t.h"

#include <zircon/rights.h>

#define MAX_SIZE UINT64_C(0xFFFFFFFFFFFE0000)

static struct pg pg;

static zx_handle_t with_rights(zx_handle_t handle, zx_rights_t rights)
{
	zx_handle_t out = ZX_HANDLE_INVALID;

	T_OK(zx_handle_duplicate(handle, rights, &out));
	return out;
}

/* A pager's handle cannot be duplicated: a pager of its own with fewer rights, and a VMO of it. */
static struct pg weak_pager(zx_rights_t missing)
{
	struct pg p = pg_open(PG_TRAP, 4 * PG);
	zx_handle_t weak = ZX_HANDLE_INVALID;

	T_OK(zx_handle_replace(p.pager, ZX_DEFAULT_PAGER_RIGHTS & ~missing, &weak));
	p.pager = weak;
	return p;
}

static zx_handle_t closed_handle(void)
{
	zx_handle_t h = t_vmo(PG);

	t_close(h);
	return h;
}

/* ---- zx_pager_create */

/* spec: pager 1.1 #2 #4 */
Test(pager_errors, create__bad_arguments__refused)
{
	zx_handle_t h = 0x5a5a5a5a;

	pg_engine();
	T_ZX(zx_pager_create(1, &h), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_pager_create(UINT32_MAX, NULL), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(h, 0x5a5a5a5a);
	T_ZX(zx_pager_create(0, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_pager_create(0, (zx_handle_t *)(uintptr_t)t_read_only_page()), ZX_ERR_INVALID_ARGS);
	T_OK(zx_pager_create(0, &h));
	cr_assert_eq(t_rights(h), ZX_RIGHT_INSPECT | ZX_RIGHT_TRANSFER | ZX_RIGHT_ATTACH_VMO |
					  ZX_RIGHT_MANAGE_VMO);
	zx_info_handle_basic_t info;
	T_OK(zx_object_get_info(h, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
	cr_assert_eq(info.type, ZX_OBJ_TYPE_PAGER);
	T_ZX(zx_object_wait_one(h, 1, 0, NULL), ZX_ERR_ACCESS_DENIED);
	t_close(h);
}

/* ---- zx_pager_create_vmo */

/* spec: pager 1.2 #2 #3 */
Test(pager_errors, create_vmo__bad_handles__refused_in_order)
{
	zx_handle_t out = 7;
	const zx_handle_t closed = closed_handle();

	pg = pg_open(0, PG);
	T_ZX(zx_pager_create_vmo(closed, UINT32_MAX, closed, 0, PG, &out), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_pager_create_vmo(ZX_HANDLE_INVALID, 0, pg.port, 0, PG, &out), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_pager_create_vmo(pg.port, 0, closed, 0, PG, &out), ZX_ERR_WRONG_TYPE);
	struct pg weak = weak_pager(ZX_RIGHT_ATTACH_VMO);
	T_ZX(zx_pager_create_vmo(weak.pager, 0, closed, 0, PG, &out), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_pager_create_vmo(pg.pager, UINT32_MAX, closed, 0, UINT64_MAX, &out),
	     ZX_ERR_BAD_HANDLE);
	T_ZX(zx_pager_create_vmo(pg.pager, UINT32_MAX, pg.vmo, 0, UINT64_MAX, &out),
	     ZX_ERR_WRONG_TYPE);
	zx_handle_t read_only = with_rights(pg.port, ZX_RIGHT_READ);
	T_ZX(zx_pager_create_vmo(pg.pager, UINT32_MAX, read_only, 0, UINT64_MAX, &out),
	     ZX_ERR_ACCESS_DENIED);
	cr_assert_eq(out, 7);
	/* Only these rights are needed. */
	zx_handle_t write_only = with_rights(pg.port, ZX_RIGHT_WRITE);
	struct pg attach = weak_pager(ZX_RIGHT_MANAGE_VMO | ZX_RIGHT_INSPECT | ZX_RIGHT_TRANSFER);
	T_OK(zx_pager_create_vmo(attach.pager, 0, write_only, 0, PG, &out));
	t_close(out);
	pg_close(&pg);
}

/* spec: pager 1.2 #6 #7 #8 #9 #11; vmo 7.2 #4; pager 9.1 #1 */
Test(pager_errors, create_vmo__options_and_sizes__refused_in_order)
{
	static const struct {
		const char *name;
		uint32_t options;
		uint64_t size;
		zx_status_t status;
	} rows[] = {
		{"resizable and unbounded", ZX_VMO_RESIZABLE | ZX_VMO_UNBOUNDED, PG,
		 ZX_ERR_INVALID_ARGS},
		{"the same, too large", ZX_VMO_RESIZABLE | ZX_VMO_UNBOUNDED, UINT64_MAX,
		 ZX_ERR_INVALID_ARGS},
		{"size wraps", 0, UINT64_MAX, ZX_ERR_OUT_OF_RANGE},
		{"size above the largest", 0, MAX_SIZE + 1, ZX_ERR_OUT_OF_RANGE},
		{"too large and unknown option", 1u << 20, MAX_SIZE + 1, ZX_ERR_OUT_OF_RANGE},
		{"too large and discardable", ZX_VMO_DISCARDABLE, UINT64_MAX, ZX_ERR_OUT_OF_RANGE},
		{"unbounded, all ones", ZX_VMO_UNBOUNDED, UINT64_MAX, ZX_ERR_INVALID_ARGS},
		{"unknown option", 1u << 20, PG, ZX_ERR_INVALID_ARGS},
		{"unknown option with good ones", 1u << 31 | ZX_VMO_TRAP_DIRTY, PG,
		 ZX_ERR_INVALID_ARGS},
		{"discardable", ZX_VMO_DISCARDABLE, PG, ZX_ERR_INVALID_ARGS},
		{"option 0", 1, PG, ZX_ERR_INVALID_ARGS},
		{"plain", 0, PG, ZX_OK},
		{"largest", 0, MAX_SIZE, ZX_OK},
		{"empty", 0, 0, ZX_OK},
		{"trap", ZX_VMO_TRAP_DIRTY, 1, ZX_OK},
		{"resizable trap", ZX_VMO_RESIZABLE | ZX_VMO_TRAP_DIRTY, PG - 1, ZX_OK},
		{"unbounded", ZX_VMO_UNBOUNDED | ZX_VMO_TRAP_DIRTY, 3 * PG + 1, ZX_OK},
	};

	pg = pg_open(0, PG);
	T_EACH (rows, r) {
		zx_handle_t h = 0x77;
		uint64_t size = 1, stream = 1;
		zx_signals_t seen = 0;

		T_ZX_ROW(r->name,
			 zx_pager_create_vmo(pg.pager, r->options, pg.port, 1, r->size, &h),
			 r->status);
		if (r->status != ZX_OK) {
			cr_assert_eq(h, 0x77, "%s", r->name);
			continue;
		}
		T_OK(zx_vmo_get_size(h, &size));
		T_OK(zx_vmo_get_stream_size(h, &stream));
		cr_assert_eq(size,
			     r->options & ZX_VMO_UNBOUNDED ? MAX_SIZE :
							     (r->size + PG - 1) / PG * PG,
			     "%s", r->name);
		cr_assert_eq(stream, r->size, "%s", r->name);
		cr_assert_eq(t_rights(h),
			     (zx_rights_t)(0xD0EF |
					   (r->options & ZX_VMO_RESIZABLE ? ZX_RIGHT_RESIZE : 0)),
			     "%s", r->name);
		T_OK(zx_object_wait_one(h, ZX_VMO_ZERO_CHILDREN, 0, &seen));
		zx_info_vmo_t info;
		T_OK(zx_object_get_info(h, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
		cr_assert_eq(info.flags,
			     ZX_INFO_VMO_TYPE_PAGED | ZX_INFO_VMO_PAGER_BACKED |
				     ZX_INFO_VMO_VIA_HANDLE |
				     (r->options & ZX_VMO_RESIZABLE ? ZX_INFO_VMO_RESIZABLE : 0),
			     "%s: flags %x", r->name, info.flags);
		cr_assert_eq(info.committed_bytes, 0);
		t_close(h);
	}
	T_ZX(zx_pager_create_vmo(pg.pager, 0, pg.port, 1, PG, NULL), ZX_ERR_INVALID_ARGS);
	pg_close(&pg);
}

/* ---- what the calls on a VMO have in common */

enum { CALL_DETACH, CALL_SUPPLY, CALL_OP, CALL_QUERY, CALL_STATS, CALLS };

static const struct {
	const char *name;
	zx_rights_t pager, vmo;
} needs[CALLS] = {
	[CALL_DETACH] = {"detach_vmo", ZX_RIGHT_ATTACH_VMO | ZX_RIGHT_MANAGE_VMO, ZX_RIGHT_WRITE},
	[CALL_SUPPLY] = {"supply_pages", ZX_RIGHT_MANAGE_VMO, ZX_RIGHT_WRITE},
	[CALL_OP] = {"op_range", ZX_RIGHT_MANAGE_VMO, ZX_RIGHT_WRITE},
	[CALL_QUERY] = {"query_dirty_ranges", ZX_RIGHT_MANAGE_VMO, ZX_RIGHT_READ},
	[CALL_STATS] = {"query_vmo_stats", ZX_RIGHT_MANAGE_VMO, ZX_RIGHT_READ},
};

/* Everything that is checked after the handles is wrong too. */
static zx_status_t call(int what, zx_handle_t pager, zx_handle_t vmo)
{
	switch (what) {
	case CALL_DETACH:
		return zx_pager_detach_vmo(pager, vmo);
	case CALL_SUPPLY:
		return zx_pager_supply_pages(pager, vmo, 100 * PG, PG, closed_handle(), 0);
	case CALL_OP:
		return zx_pager_op_range(pager, 99, vmo, 100 * PG, PG, 5);
	case CALL_QUERY:
		return zx_pager_query_dirty_ranges(pager, vmo, 100 * PG, UINT64_MAX, NULL, 100,
						   NULL, NULL);
	default:
		return zx_pager_query_vmo_stats(pager, vmo, 99, NULL, 0);
	}
}

/* spec: pager 1.3 #1 #2 #3; pager 1.4 #2 #3 #4; pager 1.5 #2 #3 #4 */
/* spec: pager 1.6 #1 #2 #3; pager 1.7 #1 #2 #3; pager 5.2 #7 */
Test(pager_errors, calls_on_a_vmo__bad_handles__refused_in_order)
{
	const zx_handle_t closed = closed_handle();

	pg = pg_open(PG_TRAP, 4 * PG);
	struct pg other = pg_open(PG_TRAP, 4 * PG);
	zx_handle_t anonymous = t_vmo(4 * PG);

	for (int i = 0; i < CALLS; i++) {
		const char *name = needs[i].name;

		T_ZX_ROW(name, call(i, closed, closed), ZX_ERR_BAD_HANDLE);
		T_ZX_ROW(name, call(i, ZX_HANDLE_INVALID, pg.vmo), ZX_ERR_BAD_HANDLE);
		T_ZX_ROW(name, call(i, pg.port, closed), ZX_ERR_WRONG_TYPE);
		for (unsigned bit = 0; bit < 32; bit++) {
			if ((needs[i].pager >> bit & 1) == 0)
				continue;
			struct pg weak = weak_pager((zx_rights_t)1 << bit);
			T_ZX_ROW(name, call(i, weak.pager, closed), ZX_ERR_ACCESS_DENIED);
			pg_close(&weak);
		}
		T_ZX_ROW(name, call(i, pg.pager, closed), ZX_ERR_BAD_HANDLE);
		T_ZX_ROW(name, call(i, pg.pager, pg.port), ZX_ERR_WRONG_TYPE);
		zx_handle_t weak = with_rights(other.vmo, 0xD0EF & ~needs[i].vmo);
		T_ZX_ROW(name, call(i, pg.pager, weak), ZX_ERR_ACCESS_DENIED);
		t_close(weak);
		T_ZX_ROW(name, call(i, pg.pager, other.vmo), ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(name, call(i, pg.pager, anonymous), ZX_ERR_INVALID_ARGS);
		static const uint32_t kinds[] = {ZX_VMO_CHILD_SLICE, ZX_VMO_CHILD_REFERENCE,
						 ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE};
		T_EACH (kinds, k) {
			zx_handle_t child = ZX_HANDLE_INVALID;
			T_OK(zx_vmo_create_child(pg.vmo, *k, 0,
						 *k == ZX_VMO_CHILD_REFERENCE ? 0 : PG, &child));
			T_ZX_ROW(name, call(i, pg.pager, child), ZX_ERR_INVALID_ARGS);
			t_close(child);
		}
	}
	/* A duplicate is as good, and only the rights named are needed. */
	zx_handle_t exact = with_rights(pg.vmo, ZX_RIGHT_WRITE);
	struct pg manage = weak_pager(ZX_RIGHT_ATTACH_VMO | ZX_RIGHT_INSPECT | ZX_RIGHT_TRANSFER);
	zx_handle_t manage_write = with_rights(manage.vmo, ZX_RIGHT_WRITE);
	zx_handle_t manage_read = with_rights(manage.vmo, ZX_RIGHT_READ);
	zx_pager_vmo_stats_t stats;
	zx_handle_t aux = t_vmo(PG);
	T_OK(zx_pager_supply_pages(manage.pager, manage_write, 0, PG, aux, 0));
	T_OK(zx_pager_op_range(manage.pager, ZX_PAGER_OP_DIRTY, manage_write, 0, PG, 0));
	T_OK(zx_pager_query_dirty_ranges(manage.pager, manage_read, 0, PG, NULL, 0, NULL, NULL));
	T_OK(zx_pager_query_vmo_stats(manage.pager, manage_read, 0, &stats, sizeof(stats)));
	T_OK(zx_pager_detach_vmo(pg.pager, exact));
	T_OK(zx_pager_detach_vmo(pg.pager, exact));
}

/* ---- zx_pager_supply_pages */

static void aux_is(const char *name, zx_handle_t aux, bool empty)
{
	uint8_t b = 1;

	T_OK(zx_vmo_read(aux, &b, 0, 1));
	cr_assert_eq(b, empty ? 0 : pg_byte(0), "%s: aux", name);
}

/* spec: pager 1.4 #1 #5-16 */
Test(pager_errors, supply__every_row__in_order_and_aux_empty_or_as_before)
{
	pg = pg_open(0, 4 * PG);
	struct pg gone = pg_open(0, 4 * PG);
	zx_handle_t plain = pg_aux(0, 2);
	zx_handle_t no_read = with_rights(plain, 0xD0EF & ~ZX_RIGHT_READ);
	zx_handle_t no_write = with_rights(plain, 0xD0EF & ~ZX_RIGHT_WRITE);
	zx_handle_t slice = ZX_HANDLE_INVALID, pager_slice = ZX_HANDLE_INVALID;

	T_OK(zx_pager_detach_vmo(gone.pager, gone.vmo));
	T_OK(zx_vmo_create_child(plain, ZX_VMO_CHILD_SLICE, 0, PG, &slice));
	T_OK(zx_vmo_create_child(pg.vmo, ZX_VMO_CHILD_SLICE, 0, PG, &pager_slice));
	const struct {
		const char *name;
		uint64_t off, len;
		zx_handle_t aux;
		uint64_t aux_off;
		zx_status_t status;
		bool detached;
		bool emptied;
	} rows[] = {
		{"offset unaligned", 1, PG, plain, 0, ZX_ERR_INVALID_ARGS, false, false},
		{"length unaligned", 0, PG + 1, plain, 0, ZX_ERR_INVALID_ARGS, false, false},
		{"aux offset unaligned", 0, PG, plain, 8, ZX_ERR_INVALID_ARGS, false, false},
		{"aux is no handle", 100 * PG, PG, closed_handle(), 0, ZX_ERR_BAD_HANDLE, false,
		 false},
		{"aux is a port", 100 * PG, PG, pg.port, 0, ZX_ERR_WRONG_TYPE, false, false},
		{"aux without READ", 100 * PG, PG, no_read, 0, ZX_ERR_ACCESS_DENIED, false, false},
		{"aux without WRITE", 100 * PG, PG, no_write, 0, ZX_ERR_ACCESS_DENIED, false,
		 false},
		{"aux range wraps", 100 * PG, 2 * PG, plain, -PG, ZX_ERR_OUT_OF_RANGE, false,
		 false},
		{"aux range wraps, pager's too", -PG, 2 * PG, plain, -PG, ZX_ERR_OUT_OF_RANGE,
		 false, false},
		{"aux range past its end", 0, PG, plain, 2 * PG, ZX_ERR_OUT_OF_RANGE, false, false},
		{"aux range past the slice", 0, 2 * PG, slice, 0, ZX_ERR_OUT_OF_RANGE, false,
		 false},
		{"aux is the VMO itself", 100 * PG, PG, pg.vmo, 0, ZX_ERR_NOT_SUPPORTED, false,
		 false},
		{"aux is another pager's", 100 * PG, PG, gone.vmo, 0, ZX_ERR_NOT_SUPPORTED, false,
		 false},
		{"aux is a slice of it", 100 * PG, PG, pager_slice, 0, ZX_ERR_NOT_SUPPORTED, false,
		 false},
		{"empty, aux far past its end", 0, 0, plain, 64 * PG, ZX_OK, false, false},
		{"empty, past the end", 100 * PG, 0, plain, 0, ZX_OK, false, false},
		{"empty, detached", 0, 0, plain, 0, ZX_OK, true, false},
		{"range wraps", -PG, 2 * PG, plain, 0, ZX_ERR_OUT_OF_RANGE, false, true},
		{"range past the end", 3 * PG, 2 * PG, plain, 0, ZX_ERR_OUT_OF_RANGE, false, true},
		{"range past the end, detached", 3 * PG, 2 * PG, plain, 0, ZX_ERR_OUT_OF_RANGE,
		 true, true},
		{"detached", 0, 2 * PG, plain, 0, ZX_ERR_BAD_STATE, true, true},
		{"good", 0, 2 * PG, plain, 0, ZX_OK, false, true},
	};
	uint8_t page[T_PAGE];

	memset(page, pg_byte(0), PG);
	T_EACH (rows, r) {
		const struct pg *p = r->detached ? &gone : &pg;

		T_OK(zx_vmo_write(plain, page, 0, PG));
		T_ZX_ROW(
			r->name,
			zx_pager_supply_pages(p->pager, p->vmo, r->off, r->len, r->aux, r->aux_off),
			r->status);
		aux_is(r->name, plain, r->emptied);
	}
	/* Page 1 of aux went with an earlier row: it was supplied as zero. */
	cr_assert_eq(pg_committed(pg.vmo), 1);
	cr_assert_eq(pg_committed(plain), 0);
}

/* ---- zx_pager_op_range */

/* spec: pager 1.5 #1 #5 #6; pager 1.5 FAIL #1-5; pager 1.5 DIRTY #1-7 */
/* spec: pager 1.5 BEGIN #1 #2; pager 1.5 END #1 #2 */
Test(pager_errors, op_range__every_row__in_order)
{
	static const uint32_t all[] = {ZX_PAGER_OP_FAIL, ZX_PAGER_OP_DIRTY,
				       ZX_PAGER_OP_WRITEBACK_BEGIN, ZX_PAGER_OP_WRITEBACK_END};
	const uint64_t io = (uint64_t)(int64_t)ZX_ERR_IO;
	enum { TRAP, PLAIN, GONE };
	const struct {
		const char *name;
		int vmo;
		uint32_t op;
		uint64_t off, len, data;
		zx_status_t status;
	} rows[] = {
		{"offset unaligned", TRAP, 99, 1, PG, 0, ZX_ERR_INVALID_ARGS},
		{"length unaligned", TRAP, 99, 0, 7, 0, ZX_ERR_INVALID_ARGS},
		{"op 0", TRAP, 0, 100 * PG, PG, 5, ZX_ERR_NOT_SUPPORTED},
		{"op 5", TRAP, 5, 100 * PG, PG, 5, ZX_ERR_NOT_SUPPORTED},
		{"op all ones", TRAP, UINT32_MAX, 0, PG, 0, ZX_ERR_NOT_SUPPORTED},
		{"FAIL, code above 32 bits", TRAP, ZX_PAGER_OP_FAIL, 100 * PG, PG,
		 UINT64_C(1) << 32 | 0xffffffd8, ZX_ERR_INVALID_ARGS},
		{"FAIL, code not extended", TRAP, ZX_PAGER_OP_FAIL, 100 * PG, PG,
		 (uint32_t)ZX_ERR_IO, ZX_ERR_INVALID_ARGS},
		{"FAIL, 0", TRAP, ZX_PAGER_OP_FAIL, 100 * PG, PG, 0, ZX_ERR_INVALID_ARGS},
		{"FAIL, positive", TRAP, ZX_PAGER_OP_FAIL, 100 * PG, PG, 40, ZX_ERR_INVALID_ARGS},
		{"FAIL, NO_MEMORY", TRAP, ZX_PAGER_OP_FAIL, 0, PG,
		 (uint64_t)(int64_t)ZX_ERR_NO_MEMORY, ZX_ERR_INVALID_ARGS},
		{"FAIL, TIMED_OUT", TRAP, ZX_PAGER_OP_FAIL, 0, PG,
		 (uint64_t)(int64_t)ZX_ERR_TIMED_OUT, ZX_ERR_INVALID_ARGS},
		{"FAIL, past the end", TRAP, ZX_PAGER_OP_FAIL, 4 * PG, PG, io, ZX_ERR_OUT_OF_RANGE},
		{"FAIL, wraps", TRAP, ZX_PAGER_OP_FAIL, -PG, 2 * PG, io, ZX_ERR_OUT_OF_RANGE},
		{"FAIL, past the end, detached", GONE, ZX_PAGER_OP_FAIL, 4 * PG, PG, io,
		 ZX_ERR_OUT_OF_RANGE},
		{"FAIL, detached", GONE, ZX_PAGER_OP_FAIL, 0, PG, io, ZX_ERR_BAD_STATE},
		{"FAIL, empty at the end", TRAP, ZX_PAGER_OP_FAIL, 4 * PG, 0, io, ZX_OK},
		{"FAIL, nothing outstanding", TRAP, ZX_PAGER_OP_FAIL, 0, 4 * PG, io, ZX_OK},
		{"FAIL, data integrity", TRAP, ZX_PAGER_OP_FAIL, 0, PG,
		 (uint64_t)(int64_t)ZX_ERR_IO_DATA_INTEGRITY, ZX_OK},
		{"FAIL, bad state", TRAP, ZX_PAGER_OP_FAIL, 0, PG,
		 (uint64_t)(int64_t)ZX_ERR_BAD_STATE, ZX_OK},
		{"FAIL, no space", PLAIN, ZX_PAGER_OP_FAIL, 0, PG,
		 (uint64_t)(int64_t)ZX_ERR_NO_SPACE, ZX_OK},
		{"FAIL, too small", PLAIN, ZX_PAGER_OP_FAIL, 0, PG,
		 (uint64_t)(int64_t)ZX_ERR_BUFFER_TOO_SMALL, ZX_OK},
		{"DIRTY, data", PLAIN, ZX_PAGER_OP_DIRTY, -PG, 2 * PG, 1, ZX_ERR_INVALID_ARGS},
		{"DIRTY, wraps", PLAIN, ZX_PAGER_OP_DIRTY, -PG, 2 * PG, 0, ZX_ERR_OUT_OF_RANGE},
		{"DIRTY, not trapping", PLAIN, ZX_PAGER_OP_DIRTY, 100 * PG, PG, 0,
		 ZX_ERR_NOT_SUPPORTED},
		{"DIRTY, offset past the end", GONE, ZX_PAGER_OP_DIRTY, 5 * PG, PG, 0,
		 ZX_ERR_OUT_OF_RANGE},
		{"DIRTY, end past the end", GONE, ZX_PAGER_OP_DIRTY, 0, 5 * PG, 0,
		 ZX_ERR_OUT_OF_RANGE},
		{"DIRTY, detached", GONE, ZX_PAGER_OP_DIRTY, 0, PG, 0, ZX_ERR_BAD_STATE},
		{"DIRTY, absent page", TRAP, ZX_PAGER_OP_DIRTY, 0, 4 * PG, 0, ZX_ERR_NOT_FOUND},
		{"DIRTY, empty", TRAP, ZX_PAGER_OP_DIRTY, 4 * PG, 0, 0, ZX_OK},
		{"DIRTY", TRAP, ZX_PAGER_OP_DIRTY, 0, 2 * PG, 0, ZX_OK},
		{"BEGIN, data", TRAP, ZX_PAGER_OP_WRITEBACK_BEGIN, 100 * PG, PG, 2,
		 ZX_ERR_INVALID_ARGS},
		{"BEGIN, data 3", TRAP, ZX_PAGER_OP_WRITEBACK_BEGIN, 100 * PG, PG, 3,
		 ZX_ERR_INVALID_ARGS},
		{"BEGIN, past the end", TRAP, ZX_PAGER_OP_WRITEBACK_BEGIN, PG, 4 * PG, 0,
		 ZX_ERR_OUT_OF_RANGE},
		{"BEGIN, wraps", TRAP, ZX_PAGER_OP_WRITEBACK_BEGIN, -PG, 2 * PG, 1,
		 ZX_ERR_OUT_OF_RANGE},
		{"BEGIN, not trapping", PLAIN, ZX_PAGER_OP_WRITEBACK_BEGIN, 0, 4 * PG, 0, ZX_OK},
		{"BEGIN, detached", GONE, ZX_PAGER_OP_WRITEBACK_BEGIN, 0, 4 * PG, 1, ZX_OK},
		{"END, data", TRAP, ZX_PAGER_OP_WRITEBACK_END, 100 * PG, PG, 1,
		 ZX_ERR_INVALID_ARGS},
		{"END, past the end", TRAP, ZX_PAGER_OP_WRITEBACK_END, 4 * PG, PG, 0,
		 ZX_ERR_OUT_OF_RANGE},
		{"END, wraps", TRAP, ZX_PAGER_OP_WRITEBACK_END, -PG, PG, 0, ZX_ERR_OUT_OF_RANGE},
		{"END, not trapping", PLAIN, ZX_PAGER_OP_WRITEBACK_END, 0, 4 * PG, 0, ZX_OK},
		{"END, detached", GONE, ZX_PAGER_OP_WRITEBACK_END, 4 * PG, 0, 0, ZX_OK},
	};
	struct pg vmos[] = {pg_open(PG_TRAP, 4 * PG), pg_open(0, 4 * PG), pg_open(PG_TRAP, 4 * PG)};

	pg_supply(&vmos[TRAP], 0, 2);
	T_OK(zx_pager_detach_vmo(vmos[GONE].pager, vmos[GONE].vmo));
	T_EACH (rows, r) {
		const struct pg *p = &vmos[r->vmo];

		T_ZX_ROW(r->name,
			 zx_pager_op_range(p->pager, r->op, p->vmo, r->off, r->len, r->data),
			 r->status);
	}
	(void)all;
	PG_RANGES(&vmos[TRAP], "0+2");
}

/* ---- queries */

/* spec: pager 1.6 #4 #5 #6; pager 13 #21 */
Test(pager_errors, query_dirty_ranges__ranges_and_buffers__as_documented)
{
	zx_vmo_dirty_range_t r[8];
	size_t actual = 77, avail = 78;

	pg = pg_open(PG_TRAP | PG_RESIZABLE, 4 * PG);
	T_ZX(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 5 * PG, 0, NULL, 0, NULL, NULL),
	     ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, 4 * PG + 1, r, sizeof(r), &actual,
					 &avail),
	     ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 1, UINT64_MAX, r, sizeof(r), &actual,
					 &avail),
	     ZX_ERR_OUT_OF_RANGE);
	cr_assert(actual == 77 && avail == 78);
	T_OK(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 4 * PG, 0, r, sizeof(r), &actual,
					 &avail));
	cr_assert(actual == 0 && avail == 0);
	/* Nothing dirty: bad buffers are not noticed. */
	T_OK(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, 4 * PG, t_bad_ptr(), 240, NULL,
					 NULL));
	/* 0 C, 1-2 D, 3 A; then a zero interval, a page in it, and the rest. */
	pg_supply(&pg, 0, 3);
	T_OK(pg_dirty(&pg, 1, 2));
	T_OK(zx_vmo_set_size(pg.vmo, 9 * PG));
	T_OK(pg_dirty(&pg, 6, 1));
	PG_RANGES(&pg, "1+2 4+2z 6+1 7+2z");
	/* Unaligned ranges are widened, and every entry is cut to that. */
	T_OK(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 2 * PG + 5, 3 * PG - 6, r, sizeof(r),
					 &actual, &avail));
	cr_assert(actual == 2 && avail == 2);
	cr_assert(r[0].offset == 2 * PG && r[0].length == PG && r[0].options == 0);
	cr_assert(r[1].offset == 4 * PG && r[1].length == PG &&
		  r[1].options == ZX_VMO_DIRTY_RANGE_IS_ZERO);
	T_OK(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 5 * PG + 1, 1, r, sizeof(r), &actual,
					 &avail));
	cr_assert(actual == 1 && r[0].offset == 5 * PG && r[0].length == PG);
	/* As many as fit; all are counted only for who asks. */
	T_OK(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, 9 * PG, r, 2 * sizeof(*r) + 23,
					 &actual, &avail));
	cr_assert(actual == 2 && avail == 4);
	T_OK(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, 9 * PG, NULL, 0, &actual, &avail));
	cr_assert(actual == 0 && avail == 4);
	T_OK(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, 9 * PG, r, sizeof(*r), &actual,
					 NULL));
	cr_assert(actual == 1);
	T_OK(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, 9 * PG, r, sizeof(r), NULL, &avail));
	cr_assert(avail == 4);
	/* Bad memory. */
	T_ZX(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, 9 * PG, NULL, 24, NULL, NULL),
	     ZX_ERR_INVALID_ARGS);
	T_ZX(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, 9 * PG, t_bad_ptr(), 240, &actual,
					 &avail),
	     ZX_ERR_INVALID_ARGS);
	T_ZX(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, 9 * PG, r, sizeof(r), t_bad_ptr(),
					 &avail),
	     ZX_ERR_INVALID_ARGS);
	T_ZX(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, 9 * PG, r, sizeof(r), &actual,
					 t_bad_ptr()),
	     ZX_ERR_INVALID_ARGS);
	cr_assert(actual == 4);
	zx_vmo_dirty_range_t *end = t_before_guard(sizeof(*r));
	T_ZX(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, 9 * PG, end, 2 * sizeof(*r), &actual,
					 &avail),
	     ZX_ERR_INVALID_ARGS);
	/* Still so after detach; what is being written back is dirty still. */
	pg_begin(&pg, 0, 9, false);
	T_OK(zx_pager_detach_vmo(pg.pager, pg.vmo));
	PG_RANGES(&pg, "1+2 4+2z 6+1 7+2z");
}

/* Many ranges: more than are collected at once. */
Test(pager_errors, query_dirty_ranges__many__all_in_order)
{
	enum { PAGES = 200 };
	static zx_vmo_dirty_range_t r[PAGES];
	size_t actual, avail;

	pg = pg_open(PG_TRAP, PAGES * PG);
	pg_supply(&pg, 0, PAGES);
	for (uint64_t i = 0; i < PAGES; i += 2)
		T_OK(pg_dirty(&pg, i, 1));
	T_OK(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, PAGES * PG, r, sizeof(r), &actual,
					 &avail));
	cr_assert(actual == PAGES / 2 && avail == PAGES / 2);
	for (uint64_t i = 0; i < actual; i++)
		cr_assert(r[i].offset == 2 * i * PG && r[i].length == PG && r[i].options == 0);
	T_OK(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, PAGES * PG, r, 37 * sizeof(*r),
					 &actual, &avail));
	cr_assert(actual == 37 && avail == PAGES / 2);
	/* A page more in between joins two. */
	T_OK(pg_dirty(&pg, 1, 1));
	T_OK(zx_pager_query_dirty_ranges(pg.pager, pg.vmo, 0, PAGES * PG, r, sizeof(r), &actual,
					 &avail));
	cr_assert(actual == PAGES / 2 - 1 && r[0].length == 3 * PG);
}

/* spec: pager 1.7 #4 #5 #6 */
Test(pager_errors, query_vmo_stats__every_row__in_order)
{
	struct {
		zx_pager_vmo_stats_t s;
		uint32_t more;
	} buf = {{9}, 0xabcdef};

	pg = pg_open(0, 4 * PG);
	T_ZX(zx_pager_query_vmo_stats(pg.pager, pg.vmo, 2, &buf, 3), ZX_ERR_BUFFER_TOO_SMALL);
	T_ZX(zx_pager_query_vmo_stats(pg.pager, pg.vmo, 2, NULL, 4), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_pager_query_vmo_stats(pg.pager, pg.vmo, 3, &buf, 4), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_pager_query_vmo_stats(pg.pager, pg.vmo, 0, NULL, 4), ZX_ERR_INVALID_ARGS);
	cr_assert(buf.s.modified == 9);
	T_OK(zx_pager_query_vmo_stats(pg.pager, pg.vmo, 0, &buf, sizeof(buf)));
	cr_assert(buf.s.modified == 0 && buf.more == 0xabcdef);
	pg_supply(&pg, 0, 1);
	T_OK(zx_vmo_write(pg.vmo, "x", 5, 1));
	for (int i = 0; i < 2; i++) {
		T_OK(zx_pager_query_vmo_stats(pg.pager, pg.vmo, 0, &buf, 4));
		cr_assert_eq(buf.s.modified, ZX_PAGER_VMO_STATS_MODIFIED);
	}
	/* The reset has happened although the answer is lost. */
	T_ZX(zx_pager_query_vmo_stats(pg.pager, pg.vmo, ZX_PAGER_RESET_VMO_STATS, t_bad_ptr(), 4),
	     ZX_ERR_INVALID_ARGS);
	T_OK(zx_pager_query_vmo_stats(pg.pager, pg.vmo, 0, &buf, 4));
	cr_assert_eq(buf.s.modified, 0);
	T_OK(zx_vmo_write(pg.vmo, "x", 5, 1));
	cr_assert(pg_modified(&pg));
	cr_assert(!pg_modified(&pg));
	T_OK(zx_pager_detach_vmo(pg.pager, pg.vmo));
	cr_assert(!pg_modified(&pg));
}

/* ---- hints and sizes of vmo.md with pager VMOs */

/* spec: pager 7 hints #1-6; pager 8 #1 #2 #5 #6 #7; vmo 4.7 #2 #3 #6; vmo 3.2 effect #10 */
Test(pager_errors, vmo_calls__on_pager_vmos__checked_in_order)
{
	struct pg fixed = pg_open(0, 4 * PG), sized = pg_open(PG_RESIZABLE, 4 * PG);
	static const uint32_t hints[] = {ZX_VMO_OP_ALWAYS_NEED, ZX_VMO_OP_DONT_NEED};

	T_EACH (hints, h) {
		zx_handle_t bare = with_rights(fixed.vmo, 0);

		T_ZX(zx_vmo_op_range(bare, *h, 4 * PG, 1, NULL, 0), ZX_ERR_OUT_OF_RANGE);
		T_ZX(zx_vmo_op_range(bare, *h, 0, UINT64_MAX, NULL, 0), ZX_ERR_OUT_OF_RANGE);
		T_OK(zx_vmo_op_range(bare, *h, 4 * PG, 0, NULL, 0));
		t_close(bare);
	}
	T_OK(zx_vmo_op_range(fixed.vmo, ZX_VMO_OP_DONT_NEED, 1, 4 * PG - 1, NULL, 0));
	zx_handle_t write_only = with_rights(fixed.vmo, ZX_RIGHT_WRITE);
	T_ZX(zx_vmo_op_range(write_only, ZX_VMO_OP_PREFETCH, 9 * PG, 1, NULL, 0),
	     ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmo_op_range(fixed.vmo, ZX_VMO_OP_PREFETCH, 9 * PG, 1, NULL, 0),
	     ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_vmo_op_range(fixed.vmo, ZX_VMO_OP_PREFETCH, 4 * PG, 0, NULL, 0));
	zx_handle_t read_only = with_rights(fixed.vmo, ZX_RIGHT_READ);
	T_ZX(zx_vmo_op_range(read_only, ZX_VMO_OP_COMMIT, 9 * PG, 1, NULL, 0),
	     ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmo_op_range(fixed.vmo, ZX_VMO_OP_COMMIT, 9 * PG, 1, NULL, 0), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmo_op_range(read_only, ZX_VMO_OP_DECOMMIT, 9 * PG, 1, NULL, 0),
	     ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmo_op_range(fixed.vmo, ZX_VMO_OP_DECOMMIT, 9 * PG, 1, NULL, 0),
	     ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_vmo_op_range(fixed.vmo, ZX_VMO_OP_DECOMMIT, 3, 0, NULL, 0));
	T_ZX(zx_vmo_op_range(fixed.vmo, ZX_VMO_OP_DECOMMIT, 3, 5, NULL, 0), ZX_ERR_NOT_SUPPORTED);
	T_ZX(zx_vmo_op_range(fixed.vmo, ZX_VMO_OP_ZERO, 0, 5 * PG, NULL, 0), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmo_op_range(fixed.vmo, ZX_VMO_OP_LOCK, 0, 4 * PG, NULL, 0), ZX_ERR_NOT_SUPPORTED);

	T_ZX(zx_vmo_set_size(read_only, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_t no_resize = with_rights(sized.vmo, 0xD0EF);
	T_ZX(zx_vmo_set_size(no_resize, UINT64_MAX), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmo_set_size(fixed.vmo, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmo_set_size(fixed.vmo, 4 * PG), ZX_ERR_UNAVAILABLE);
	T_ZX(zx_vmo_set_size(sized.vmo, MAX_SIZE + 1), ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_vmo_set_size(sized.vmo, MAX_SIZE));
	T_OK(zx_vmo_set_size(sized.vmo, 0));
	T_ZX(zx_vmo_set_stream_size(fixed.vmo, 4 * PG + 1), ZX_ERR_OUT_OF_RANGE);
	PG_QUIET(&fixed);
	PG_QUIET(&sized);
}

/* zirconia_debug_evict */
Test(pager_errors, evict__other_vmos_and_ranges__refused)
{
	uint64_t n = 99;

	pg = pg_open(0, 4 * PG);
	zx_handle_t plain = t_vmo(PG), ref = ZX_HANDLE_INVALID;
	T_OK(zx_vmo_create_child(pg.vmo, ZX_VMO_CHILD_REFERENCE, 0, 0, &ref));
	T_ZX(zirconia_debug_evict(ZX_HANDLE_INVALID, 0, 0, 0, &n), ZX_ERR_BAD_HANDLE);
	T_ZX(zirconia_debug_evict(pg.port, 0, 0, 0, &n), ZX_ERR_WRONG_TYPE);
	T_ZX(zirconia_debug_evict(plain, 0, 0, 0, &n), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_debug_evict(ref, 0, 0, 0, &n), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_debug_evict(pg.vmo, 0, PG, 4, &n), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_debug_evict(pg.vmo, 0, 5 * PG, 0, &n), ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(n, 99);
	T_OK(zirconia_debug_evict(pg.vmo, 0, 4 * PG, 0, NULL));
}
