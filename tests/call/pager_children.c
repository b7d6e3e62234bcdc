/*
 * Children of pager VMOs: which kinds there are, what they see, and whose pages they ask for.
 *
 * zi-test: trap valgrind
 */
#include "pager_t.h"

#define SNAPSHOT ZX_VMO_CHILD_SNAPSHOT
#define ON_WRITE ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE
#define MODIFIED ZX_VMO_CHILD_SNAPSHOT_MODIFIED
#define SLICE ZX_VMO_CHILD_SLICE
#define REFERENCE ZX_VMO_CHILD_REFERENCE

static zx_handle_t child(zx_handle_t vmo, uint32_t options, uint64_t first, uint64_t pages)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_vmo_create_child(vmo, options, first * PG, pages * PG, &h));
	return h;
}

static zx_status_t child_status(zx_handle_t vmo, uint32_t options, uint64_t first, uint64_t pages)
{
	zx_handle_t h = ZX_HANDLE_INVALID;
	const zx_status_t st = zx_vmo_create_child(vmo, options, first * PG, pages * PG, &h);

	if (st == ZX_OK)
		t_close(h);
	return st;
}

static uint8_t get(zx_handle_t vmo, uint64_t page)
{
	uint8_t b = 0xee;

	T_OK(zx_vmo_read(vmo, &b, page * PG, 1));
	return b;
}

static void put(zx_handle_t vmo, uint64_t page, uint8_t value)
{
	T_OK(zx_vmo_write(vmo, &value, page * PG, 1));
}

/* ---- which kinds */

/* spec: pager 5.1 kinds #1-5; pager 13 #22 #23; vmo 5.3 #7; vmo 15.2 #12 #13 #14 #15 #16 #17 */
Test(pager_children, kinds__of_the_root__allowed_or_not)
{
	struct pg fixed = pg_open(0, 4 * PG), sized = pg_open(PG_RESIZABLE, 4 * PG);
	static const struct {
		const char *name;
		uint32_t options;
		uint64_t pages;
		zx_status_t fixed, sized;
	} rows[] = {
		{"SNAPSHOT", SNAPSHOT, 4, ZX_ERR_NOT_SUPPORTED, ZX_ERR_NOT_SUPPORTED},
		{"AT_LEAST_ON_WRITE", ON_WRITE, 4, ZX_OK, ZX_OK},
		{"AT_LEAST_ON_WRITE, past the end", ON_WRITE, 40, ZX_OK, ZX_OK},
		{"MODIFIED", MODIFIED, 4, ZX_OK, ZX_OK},
		{"SLICE", SLICE, 4, ZX_OK, ZX_ERR_NOT_SUPPORTED},
		{"REFERENCE", REFERENCE, 0, ZX_OK, ZX_OK},
		{"REFERENCE, resizable", REFERENCE | ZX_VMO_CHILD_RESIZABLE, 0,
		 ZX_ERR_ACCESS_DENIED, ZX_OK},
	};

	for (int detached = 0; detached < 2; detached++) {
		T_EACH (rows, r) {
			T_ZX_ROW(r->name, child_status(fixed.vmo, r->options, 0, r->pages),
				 r->fixed);
			T_ZX_ROW(r->name, child_status(sized.vmo, r->options, 0, r->pages),
				 r->sized);
		}
		zx_handle_t deep = child(child(fixed.vmo, ON_WRITE, 0, 4), ON_WRITE, 0, 4);
		T_ZX(child_status(deep, SNAPSHOT, 0, 1), ZX_ERR_NOT_SUPPORTED);
		if (!detached) {
			PG_QUIET(&fixed);
			PG_QUIET(&sized);
			T_OK(zx_pager_detach_vmo(fixed.pager, fixed.vmo));
			T_OK(zx_pager_detach_vmo(sized.pager, sized.vmo));
		}
	}
}

/* spec: pager 5.1 parents #1-6; vmo 5.6 #3-8; vmo 5.3 #11 */
Test(pager_children, kinds__by_shape_of_the_tree__allowed_or_not)
{
	struct pg p = pg_open(0, 4 * PG);

	pg_supply(&p, 0, 4);
	/* Depth 1, with a page of its own so that clones of it hang below it. */
	zx_handle_t a = child(p.vmo, ON_WRITE, 0, 4);
	put(a, 0, 1);
	zx_handle_t chain = child(a, ON_WRITE, 0, 4);
	put(chain, 0, 2);
	T_ZX(child_status(a, MODIFIED, 0, 4), ZX_ERR_NOT_SUPPORTED);
	T_ZX(child_status(chain, MODIFIED, 0, 4), ZX_ERR_NOT_SUPPORTED);
	T_OK(child_status(a, ON_WRITE, 0, 4));
	t_close(chain);
	zx_handle_t b = child(a, MODIFIED, 0, 4);
	/* Both are members of a group now: everything is two-sided. */
	zx_handle_t c = child(b, ON_WRITE, 0, 4);
	zx_handle_t d = child(a, MODIFIED, 0, 4);
	put(b, 0, 7);
	cr_assert(get(a, 0) == 1 && get(b, 0) == 7 && get(c, 0) == 1 && get(d, 0) == 1);
	put(a, 0, 8);
	cr_assert(get(a, 0) == 8 && get(c, 0) == 1 && get(d, 0) == 1);
	/* Slices of members and of clones. */
	zx_handle_t member_slice = child(a, SLICE, 0, 2);
	T_ZX(child_status(member_slice, ON_WRITE, 0, 1), ZX_ERR_NOT_SUPPORTED);
	T_ZX(child_status(member_slice, MODIFIED, 0, 1), ZX_ERR_NOT_SUPPORTED);
	zx_handle_t e = child(p.vmo, ON_WRITE, 0, 4);
	put(e, 1, 1);
	zx_handle_t clone_slice = child(e, SLICE, 0, 2);
	T_OK(child_status(clone_slice, ON_WRITE, 0, 1));
	T_ZX(child_status(clone_slice, MODIFIED, 0, 1), ZX_ERR_NOT_SUPPORTED);
	zx_handle_t root_slice = child(p.vmo, SLICE, 0, 2),
		    root_ref = child(p.vmo, REFERENCE, 0, 0);
	T_OK(child_status(root_slice, MODIFIED, 0, 1));
	T_OK(child_status(root_ref, MODIFIED, 0, 1));
	/*
	 * A clone that owns nothing in the window is skipped: its clone hangs below the root, where
	 * MODIFIED is fine.
	 */
	zx_handle_t f = child(child(p.vmo, ON_WRITE, 0, 4), ON_WRITE, 0, 4);
	put(f, 2, 9);
	T_OK(child_status(f, MODIFIED, 0, 4));
}

/* ---- what they see */

/* spec: pager 5.2 root #1-4; vmo 5.8 #8 */
Test(pager_children, clone__absent_page__asks_the_root_and_sees_its_changes)
{
	struct pg p = pg_open(0, 8 * PG);
	zx_handle_t c = child(p.vmo, ON_WRITE, 2, 4);
	uint8_t *addr = pg_map(c, 0, 4);
	struct pg_call call;

	PG_QUIET(&p);
	/* Requests are in offsets of the root, and cut where the clone's view ends. */
	call = pg_read_call(c, 1, 3);
	pg_go(&call);
	PG_READ(&p, 3, 3);
	pg_supply(&p, 3, 3);
	PG_ENDS(&call, ZX_OK);
	cr_assert(pg_is_supplied(call.buffer, 3, 3));
	cr_assert_eq(pg_committed(c), 0);
	cr_assert_eq(pg_committed(p.vmo), 3);
	call = pg_load_call(addr);
	pg_go(&call);
	PG_READ(&p, 2, 1);
	pg_supply(&p, 2, 1);
	PG_ENDS(&call, ZX_OK);
	cr_assert_eq(call.value, pg_byte(2));
	/* Until it has a copy it sees what the root does, and evictions. */
	put(p.vmo, 2, 0x77);
	cr_assert(addr[0] == 0x77 && get(c, 0) == 0x77);
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, 2, 1));
	cr_assert(addr[0] == 0 && get(c, 0) == 0);
	T_OK(zirconia_debug_evict(p.vmo, 3 * PG, PG, 0, NULL));
	call = pg_load_call(addr + PG);
	pg_go(&call);
	PG_READ(&p, 3, 1);
	pg_supply(&p, 3, 1);
	PG_ENDS(&call, ZX_OK);
	cr_assert_eq(call.value, pg_byte(3));
	put(c, 1, 0x55);
	put(p.vmo, 3, 0x66);
	cr_assert(addr[PG] == 0x55 && addr[PG + 1] == pg_byte(3) && get(p.vmo, 3) == 0x66);
	PG_RANGES(&p, "2+1z 3+1");
	cr_assert_eq(pg_committed(c), 1);
	PG_QUIET(&p);
	pg_close(&p);
}

/* spec: pager 3.1 #5; pager 5.2 root #1 #2 #3; vmo 4.4 effect #9; vmo 4.3 effect #4 */
Test(pager_children, clone__write__reads_first_and_never_dirties)
{
	struct pg p = pg_open(PG_TRAP, 8 * PG);
	zx_handle_t c = child(p.vmo, ON_WRITE, 0, 8);
	uint8_t *addr = pg_map(c, 0, 8);
	struct pg_call call = pg_write_call(c, 0, 3);

	pg_go(&call);
	PG_READ(&p, 0, 3);
	pg_supply(&p, 0, 3);
	PG_ENDS(&call, ZX_OK);
	call = pg_store_call(addr + 4 * PG);
	pg_go(&call);
	PG_READ(&p, 4, 1);
	pg_supply(&p, 4, 1);
	PG_ENDS(&call, ZX_OK);
	cr_assert(addr[4 * PG] == 0xd1 && addr[4 * PG + 1] == pg_byte(4));
	call = pg_op_call(c, ZX_VMO_OP_COMMIT, 4, 2);
	pg_go(&call);
	PG_READ(&p, 5, 1);
	pg_supply(&p, 5, 1);
	PG_ENDS(&call, ZX_OK);
	cr_assert_eq(pg_committed(c), 5);
	cr_assert_eq(pg_committed(p.vmo), 5);
	/* What is supplied as zero, or zero by size, needs no request. */
	pg_supply_zero(&p, 6, 1);
	put(c, 6, 1);
	PG_QUIET(&p);
	PG_RANGES(&p, "");
	cr_assert(!pg_modified(&p));
	/* Zeroing needs one only for part of a page. */
	T_OK(pg_vmo_op(c, ZX_VMO_OP_ZERO, 7, 1));
	cr_assert_eq(get(c, 7), 0);
	PG_QUIET(&p);
	pg_close(&p);
}

/* spec: pager 5.2 root #4; pager 8; vmo 3.2 effect #7 */
Test(pager_children, clone__root_shrinks__sees_zero_for_good)
{
	struct pg p = pg_open(PG_RESIZABLE, 6 * PG);
	zx_handle_t c = child(p.vmo, ON_WRITE, 0, 10);
	uint8_t *addr = pg_map(c, 0, 10);

	pg_supply(&p, 0, 6);
	cr_assert(get(c, 5) == pg_byte(5) && get(c, 8) == 0 && addr[4 * PG] == pg_byte(4));
	put(c, 3, 0x33);
	T_OK(zx_vmo_set_size(p.vmo, 2 * PG));
	cr_assert(addr[4 * PG] == 0 && get(c, 5) == 0 && addr[3 * PG] == 0x33 &&
		  get(c, 1) == pg_byte(1));
	T_OK(zx_vmo_set_size(p.vmo, 6 * PG));
	pg_begin(&p, 0, 6, true);
	pg_end(&p, 0, 6);
	pg_supply(&p, 2, 4);
	cr_assert(addr[4 * PG] == 0 && get(c, 5) == 0 && addr[3 * PG] == 0x33);
	put(c, 5, 5);
	PG_QUIET(&p);
	pg_close(&p);
}

/* spec: vmo 5.8 #9; vmo 5.10 #8; vmo 7.3 #5; vmo 7.2 #4; pager 9.1 #1 #3 */
Test(pager_children, modified__freezes_what_was_written)
{
	struct pg p = pg_open(0, 4 * PG);

	pg_supply(&p, 0, 1);
	cr_assert_eq(pg_committed(p.vmo), 1);
	zx_handle_t a = child(p.vmo, ON_WRITE, 0, 4);
	cr_assert_eq(pg_committed(a), 0);
	put(a, 0, 1);
	cr_assert_eq(pg_committed(a), 1);
	zx_handle_t b = child(a, MODIFIED, 0, 4);
	zx_info_vmo_t i;
	T_OK(zx_object_get_info(a, ZX_INFO_VMO, &i, sizeof(i), NULL, NULL));
	cr_assert(i.committed_bytes == PG && i.committed_private_bytes == 0 &&
		  i.committed_scaled_bytes == PG / 2);
	T_OK(zx_object_get_info(b, ZX_INFO_VMO, &i, sizeof(i), NULL, NULL));
	cr_assert(i.committed_bytes == PG && i.committed_private_bytes == 0 &&
		  i.committed_scaled_bytes == PG / 2);
	cr_assert(i.flags & ZX_INFO_VMO_PAGER_BACKED && i.flags & ZX_INFO_VMO_IS_COW_CLONE);
	put(a, 0, 2);
	cr_assert(get(b, 0) == 1 && get(p.vmo, 0) == pg_byte(0));
	/* What A had not written is the root's still, for both. */
	struct pg_call call = pg_read_call(b, 1, 1);
	pg_go(&call);
	PG_READ(&p, 1, 1);
	pg_supply(&p, 1, 1);
	PG_ENDS(&call, ZX_OK);
	put(p.vmo, 1, 0x42);
	cr_assert(get(a, 1) == 0x42 && get(b, 1) == 0x42);
	put(b, 1, 0x43);
	put(p.vmo, 1, 0x44);
	cr_assert(get(a, 1) == 0x44 && get(b, 1) == 0x43);
	t_close(a);
	cr_assert(get(b, 0) == 1 && get(b, 1) == 0x43);
	pg_close(&p);
}

/* spec: pager 5.2 #1-9 */
Test(pager_children, slice_and_reference__are_the_root)
{
	struct pg p = pg_open(PG_TRAP, 8 * PG);
	zx_handle_t slice = child(p.vmo, SLICE, 2, 3), ref = child(p.vmo, REFERENCE, 0, 0);
	uint8_t *in_slice = pg_map(slice, 0, 3), *in_ref = pg_map(ref, 0, 8);
	struct pg_call call = pg_read_call(slice, 0, 3);

	pg_go(&call);
	PG_READ(&p, 2, 3);
	pg_supply(&p, 2, 3);
	PG_ENDS(&call, ZX_OK);
	call = pg_store_call(in_slice + PG);
	pg_go(&call);
	PG_DIRTY(&p, 3, 1);
	T_OK(pg_dirty(&p, 3, 1));
	PG_ENDS(&call, ZX_OK);
	cr_assert(pg_modified(&p));
	cr_assert(in_ref[3 * PG] == 0xd1 && get(p.vmo, 3) == 0xd1);
	call = pg_write_call(ref, 4, 1);
	pg_go(&call);
	PG_DIRTY(&p, 4, 1);
	T_OK(pg_dirty(&p, 4, 1));
	PG_ENDS(&call, ZX_OK);
	cr_assert(in_slice[2 * PG] == 0xd0);
	PG_RANGES(&p, "3+2");
	cr_assert(pg_committed(slice) == 0 && pg_committed(ref) == 0 && pg_committed(p.vmo) == 3);
	T_ZX(pg_vmo_op(slice, ZX_VMO_OP_DECOMMIT, 0, 1), ZX_ERR_NOT_SUPPORTED);
	T_OK(pg_vmo_op(slice, ZX_VMO_OP_ZERO, 0, 1));
	PG_RANGES(&p, "2+1z 3+2");
	cr_assert_eq(in_ref[2 * PG], 0);
	/* Hints through the slice. */
	call = pg_op_call(slice, ZX_VMO_OP_ALWAYS_NEED, 0, 3);
	pg_go(&call);
	PG_ENDS(&call, ZX_OK);
	PG_QUIET(&p);
	pg_close(&p);
}

/* A reference resizes the same object. */
Test(pager_children, reference__resize__is_the_roots)
{
	struct pg p = pg_open(PG_RESIZABLE, 2 * PG);
	zx_handle_t ref = child(p.vmo, REFERENCE | ZX_VMO_CHILD_RESIZABLE, 0, 0);
	uint64_t size;

	T_OK(zx_vmo_set_size(ref, 4 * PG + 1));
	T_OK(zx_vmo_get_size(p.vmo, &size));
	cr_assert_eq(size, 5 * PG);
	T_OK(zx_vmo_get_stream_size(p.vmo, &size));
	cr_assert_eq(size, 4 * PG + 1);
	PG_RANGES(&p, "2+3z");
	pg_close(&p);
}

/* ---- ends */

/* spec: pager 5.3 #1; pager 2.7 #2 */
Test(pager_children, clone__outlives_its_parents_handles__still_asks)
{
	struct pg p = pg_open(0, 4 * PG);
	zx_handle_t c = child(p.vmo, ON_WRITE, 0, 4);
	struct pg_call call;

	pg_supply(&p, 0, 1);
	/* The service keeps a handle to answer with. */
	zx_signals_t seen;
	T_ZX(zx_object_wait_one(p.vmo, ZX_VMO_ZERO_CHILDREN, 0, &seen), ZX_ERR_TIMED_OUT);
	call = pg_read_call(c, 0, 2);
	pg_go(&call);
	PG_READ(&p, 1, 1);
	pg_supply(&p, 1, 1);
	PG_ENDS(&call, ZX_OK);
	/* Without a handle a request is told all the same, and the clone's end ends the VMO. */
	t_close(p.vmo);
	call = pg_read_call(c, 2, 1);
	pg_go(&call);
	PG_READ(&p, 2, 1);
	PG_BLOCKS(&call);
	T_OK(zx_handle_close(p.pager));
	PG_ENDS(&call, ZX_ERR_BAD_STATE);
	cr_assert_eq(get(c, 1), pg_byte(1));
	t_close(c);
	PG_QUIET(&p);
}

Test(pager_children, last_clone_closed__complete_is_sent)
{
	struct pg p = pg_open(0, 4 * PG);
	zx_handle_t a = child(p.vmo, ON_WRITE, 0, 4), b = child(a, ON_WRITE, 0, 2),
		    s = child(p.vmo, SLICE, 0, 1);

	t_close(p.vmo);
	PG_QUIET(&p);
	t_close(a);
	t_close(s);
	PG_QUIET(&p);
	t_close(b);
	PG_COMPLETE(&p);
	PG_QUIET(&p);
}

/* spec: pager 5.3 #2 */
Test(pager_children, clone__root_detached__own_and_dirty_pages_stay)
{
	struct pg p = pg_open(PG_RESIZABLE, 6 * PG);
	zx_handle_t c = child(p.vmo, ON_WRITE, 0, 6);
	uint8_t *addr = pg_map(c, 0, 6);
	struct pg_call call;

	/* 0 own of the clone, 1 clean, 2 dirty, 3 zero, 4 absent. */
	pg_supply(&p, 0, 3);
	put(c, 0, 0x10);
	put(p.vmo, 2, 0x20);
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, 3, 1));
	cr_assert(addr[PG] == pg_byte(1) && addr[2 * PG] == 0x20);
	T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
	PG_COMPLETE(&p);
	cr_assert(addr[0] == 0x10 && addr[2 * PG] == 0x20 && addr[3 * PG] == 0);
	call = pg_load_call(addr + PG);
	pg_go(&call);
	PG_ENDS(&call, ZX_ERR_BAD_STATE);
	call = pg_read_call(c, 4, 1);
	pg_go(&call);
	PG_ENDS(&call, ZX_ERR_BAD_STATE);
	call = pg_write_call(c, 4, 1);
	pg_go(&call);
	PG_ENDS(&call, ZX_ERR_BAD_STATE);
	call = pg_write_call(c, 2, 2);
	pg_go(&call);
	PG_ENDS(&call, ZX_OK);
	cr_assert(addr[2 * PG] == 0xd0 && get(p.vmo, 2) == 0x20);
	T_OK(pg_vmo_op(c, ZX_VMO_OP_ZERO, 4, 1));
	cr_assert_eq(get(c, 4), 0);
	T_OK(child_status(c, ON_WRITE, 0, 6));
	PG_QUIET(&p);
	pg_close(&p);
}

/* Transfers and supplies out of clones ask the root first. spec: pager 3.1 #16; vmo 13 #8 #12 */
Test(pager_children, clone__as_source_of_pages__asks_the_root)
{
	struct pg p = pg_open(0, 4 * PG), q = pg_open(0, 4 * PG);
	zx_handle_t c = child(p.vmo, ON_WRITE, 0, 4), plain = t_vmo(4 * PG);

	T_ZX(zx_vmo_transfer_data(plain, 0, 0, PG, p.vmo, 0), ZX_ERR_NOT_SUPPORTED);
	T_ZX(zx_vmo_transfer_data(p.vmo, 0, 0, PG, plain, 0), ZX_ERR_NOT_SUPPORTED);
	pg_supply(&p, 0, 4);
	T_OK(zx_vmo_transfer_data(plain, 0, PG, PG, c, 0));
	cr_assert(get(plain, 1) == pg_byte(0) && get(c, 0) == 0 && get(p.vmo, 0) == pg_byte(0));
	T_OK(zx_pager_supply_pages(q.pager, q.vmo, 0, 4 * PG, c, 0));
	cr_assert(get(q.vmo, 0) == 0 && get(q.vmo, 1) == pg_byte(1) && get(c, 1) == 0 &&
		  get(p.vmo, 1) == pg_byte(1));
	cr_assert_eq(pg_committed(q.vmo), 3);
}
