/* zi-test: valgrind */
/* Snapshots of anonymous VMOs: who sees what, through calls and through mappings. */
#include "vmo_t.h"

/* spec: vmo 5.6 #1 */ /* spec: vmo 5.8 #1-3 */ /* spec: vmo 17.1 #2 */
Test(call_vmo_child_snapshot, all_types__both_sides_written__isolated)
{
	T_EACH (snapshot_types, type) {
		zx_handle_t p = t_vmo(4 * PG);

		vmo_fill(p, 0, 3 * PG, 'p');
		zx_handle_t c = vmo_child(p, *type, 0, 4 * PG);
		cr_assert(vmo_all(c, 0, 3 * PG, 'p'));
		cr_assert(vmo_all(c, 3 * PG, PG, 0));
		vmo_fill(p, 0, PG, 'q');      /* shared page, by the parent */
		vmo_fill(c, PG, PG, 'c');     /* shared page, by the child */
		vmo_fill(p, 3 * PG, PG, 'q'); /* absent page, by the parent */
		cr_assert(vmo_all(c, 0, PG, 'p'));
		cr_assert(vmo_all(c, PG, PG, 'c'));
		cr_assert(vmo_all(c, 2 * PG, PG, 'p'));
		cr_assert(vmo_all(c, 3 * PG, PG, 0));
		cr_assert(vmo_all(p, 0, PG, 'q'));
		cr_assert(vmo_all(p, PG, 2 * PG, 'p'));
		cr_assert(vmo_all(p, 3 * PG, PG, 'q'));
		vmo_fill(c, 3 * PG, PG, 'd');
		cr_assert(vmo_all(p, 3 * PG, PG, 'q'));
		/* One byte forks the whole page with its content. */
		T_OK(zx_vmo_write(c, "x", 2 * PG + 100, 1));
		cr_assert(vmo_all(c, 2 * PG, 100, 'p'));
		cr_assert(vmo_all(c, 2 * PG + 101, PG - 101, 'p'));
		cr_assert(vmo_all(p, 2 * PG, PG, 'p'));
		t_close(c);
		cr_assert(vmo_all(p, PG, 2 * PG, 'p'));
		t_close(p);
	}
}

/* spec: vmo 5.8 #2 */
Test(call_vmo_child_snapshot, parent__zeroed_or_transferred_out__child_keeps)
{
	zx_handle_t p = t_vmo(4 * PG), to = t_vmo(4 * PG);

	vmo_fill(p, 0, 4 * PG, 'p');
	zx_handle_t c = vmo_child(p, SNAPSHOT, 0, 4 * PG);
	T_OK(vmo_op(p, ZX_VMO_OP_ZERO, 0, PG + 5));
	T_OK(zx_vmo_transfer_data(to, 0, 0, PG, p, 2 * PG));
	T_OK(zx_vmo_set_stream_size(p, 3 * PG + 7));
	cr_assert(vmo_all(c, 0, 4 * PG, 'p'));
	cr_assert(vmo_all(p, 0, PG + 5, 0));
	cr_assert(vmo_all(p, PG + 5, PG - 5, 'p'));
	cr_assert(vmo_all(p, 2 * PG, PG, 0));
	cr_assert(vmo_all(p, 3 * PG, 7, 'p'));
	cr_assert(vmo_all(p, 3 * PG + 7, PG - 7, 0));
	cr_assert(vmo_all(to, 0, PG, 'p'));
}

/* spec: vmo 5.8 #4 #5 */
Test(call_vmo_child_snapshot, resize_and_close__of_either__other_unchanged)
{
	for (unsigned k = 0; k < 8; k++) {
		zx_handle_t p = t_vmo_options(4 * PG, ZX_VMO_RESIZABLE);

		vmo_fill(p, 0, 4 * PG, 'p');
		zx_handle_t c = vmo_child(p, SNAPSHOT | CHILD_RESIZABLE, 0, 4 * PG);
		zx_handle_t keeps = k & 1 ? p : c, changes = k & 1 ? c : p;
		if (k & 2)
			T_OK(zx_vmo_set_size(changes, PG));
		if (k & 4)
			t_close(changes);
		cr_assert_eq(vmo_size(keeps), 4 * PG, "case %u", k);
		cr_assert(vmo_all(keeps, 0, 4 * PG, 'p'), "case %u", k);
		EXPECT_BYTES("kept", keeps, 4 * PG,
			     (k & 4) ? 4 * PG :
			     (k & 2) ? 3 * PG :
				       0,
			     (k & 4) ? 4 * PG :
			     (k & 2) ? 3 * PG + PG / 2 :
				       2 * PG);
		if (!(k & 4))
			t_close(changes);
		cr_assert(vmo_all(keeps, 0, 4 * PG, 'p'), "case %u, alone", k);
		EXPECT_BYTES("alone", keeps, 4 * PG, 4 * PG, 4 * PG);
		t_close(keeps);
	}
}

/* spec: vmo 5.8 #7 */
Test(call_vmo_child_snapshot, mappings__of_both__first_write_forks)
{
	T_EACH (snapshot_types, type) {
		zx_handle_t p = t_vmo(4 * PG);
		uint8_t *pm = t_map(p, 0, 4 * PG), *second = t_map(p, 0, 4 * PG);

		memset(pm, 'p', 3 * PG);
		zx_handle_t c = vmo_child(p, *type, 0, 4 * PG);
		uint8_t *cm = t_map(c, 0, 4 * PG);

		cr_assert(t_all(cm, 3 * PG, 'p'));
		cr_assert(t_all(cm + 3 * PG, PG, 0));
		EXPECT_BYTES("read only", c, 3 * PG, 0, 3 * PG / 2);
		pm[0] = 'q';
		cr_assert_eq(second[0], 'q'); /* every mapping of the writer sees it */
		cr_assert_eq(cm[0], 'p');
		cr_assert_eq(pm[1], 'p');
		cm[PG + 9] = 'c';
		cr_assert_eq(pm[PG + 9], 'p');
		cr_assert_eq(second[PG + 9], 'p');
		cr_assert_eq(vmo_byte(c, PG + 9), 'c');
		cr_assert_eq(vmo_byte(p, PG + 9), 'p');
		second[2 * PG] = 's';
		cr_assert_eq(pm[2 * PG], 's');
		cr_assert_eq(cm[2 * PG], 'p');
		pm[3 * PG] = 'n';
		cr_assert_eq(cm[3 * PG], 0);
		cm[3 * PG] = 'm';
		cr_assert_eq(second[3 * PG], 'n');
		EXPECT_BYTES("parent", p, 4 * PG, 4 * PG, 4 * PG);
		EXPECT_BYTES("child", c, 4 * PG, 4 * PG, 4 * PG);
		/* Unmapped and mapped again, it is all still there. */
		t_unmap(cm, 4 * PG);
		cm = t_map(c, 0, 4 * PG);
		cr_assert_eq(cm[0], 'p');
		cr_assert_eq(cm[PG + 9], 'c');
		cr_assert_eq(cm[2 * PG], 'p');
		cr_assert_eq(cm[3 * PG], 'm');
		t_unmap(cm, 4 * PG);
		t_unmap(pm, 4 * PG);
		t_unmap(second, 4 * PG);
		t_close(c);
		t_close(p);
	}
}

Test(call_vmo_child_snapshot, write_call__seen_through_mappings__and_the_other_way)
{
	zx_handle_t p = t_vmo(2 * PG);

	vmo_fill(p, 0, 2 * PG, 'p');
	zx_handle_t c = vmo_child(p, SNAPSHOT, 0, 2 * PG);
	uint8_t *cm = t_map(c, 0, 2 * PG), *pm = t_map(p, 0, 2 * PG);
	cr_assert_eq(cm[0] + pm[0], 2 * 'p'); /* resident in the page tables */
	vmo_fill(c, 0, 10, 'c');
	cr_assert_eq(cm[9], 'c');
	cr_assert_eq(cm[10], 'p');
	cr_assert_eq(pm[9], 'p');
	vmo_fill(p, PG, 10, 'q');
	cr_assert_eq(pm[PG], 'q');
	cr_assert_eq(cm[PG], 'p');
	cm[20] = 'd';
	cr_assert_eq(vmo_byte(c, 20), 'd');
	/* The last sharer takes the page over; its mapping must become writable without losing anything. */
	pm[30] = 'r';
	cm[30] = 'e';
	cr_assert_eq(vmo_byte(p, 30), 'r');
	cr_assert_eq(vmo_byte(c, 30), 'e');
	t_close(p);
	cr_assert_eq(pm[30], 'r');
	cm[PG] = 'f';
	cr_assert_eq(pm[PG], 'q');
}

/* spec: vmo 5.3 effect #1 */ /* spec: vmo 5.10 #3 */
Test(call_vmo_child_snapshot, window__past_the_end__zeros_for_ever)
{
	zx_handle_t p = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE);

	vmo_fill(p, PG, PG, 'b');
	zx_handle_t c = vmo_child(p, SNAPSHOT, PG, 3 * PG);
	cr_assert_eq(vmo_size(c), 3 * PG);
	cr_assert(vmo_all(c, 0, PG, 'b'));
	cr_assert(vmo_all(c, PG, 2 * PG, 0));
	T_OK(zx_vmo_set_size(p, 4 * PG));
	vmo_fill(p, 2 * PG, PG, 'x');
	cr_assert(vmo_all(c, PG, 2 * PG, 0));
	vmo_fill(c, PG, PG, 'c');
	cr_assert(vmo_all(p, 2 * PG, PG, 'x'));
	/* Wholly behind the end. */
	zx_handle_t far = vmo_child(p, SNAPSHOT, 100 * PG, PG);
	cr_assert(vmo_all(far, 0, PG, 0));
	vmo_fill(far, 0, PG, 'f');
	cr_assert(vmo_all(far, 0, PG, 'f'));
	EXPECT_BYTES("far", far, PG, PG, PG);
}

Test(call_vmo_child_snapshot, zero_size__child__legal_and_harmless)
{
	zx_handle_t p = t_vmo(PG);
	char byte = 0;

	vmo_fill(p, 0, PG, 'p');
	zx_handle_t c = vmo_child(p, SNAPSHOT | CHILD_RESIZABLE, 0, 0);
	cr_assert_eq(vmo_size(c), 0);
	cr_assert_eq(vmo_stream(c), 0);
	T_ZX(zx_vmo_read(c, &byte, 0, 1), ZX_ERR_OUT_OF_RANGE);
	/* spec: vmo 7.3 #4 */
	EXPECT_BYTES("empty child", c, 0, 0, 0);
	EXPECT_BYTES("parent", p, PG, PG, PG);
	T_OK(zx_vmo_set_size(c, 2 * PG));
	cr_assert(vmo_all(c, 0, 2 * PG, 0));
	T_ZX(vmo_op(p, ZX_VMO_OP_DECOMMIT, 0, PG), ZX_ERR_NOT_SUPPORTED);
	zx_handle_t of_nothing = vmo_child(t_vmo(0), SNAPSHOT, 0, PG);
	cr_assert(vmo_all(of_nothing, 0, PG, 0));
}

/* spec: vmo 2.2 #7 */ /* spec: vmo 7.4 #2 */
Test(call_vmo_child_snapshot, reading__by_call_and_mapping__commits_nothing)
{
	zx_handle_t p = t_vmo(64 * PG);

	vmo_fill(p, 0, 32 * PG, 'p');
	zx_handle_t c = vmo_child(p, SNAPSHOT, 0, 64 * PG);
	uint8_t *map = t_map(c, 0, 64 * PG);
	cr_assert(vmo_all(c, 0, 32 * PG, 'p'));
	cr_assert(t_all(map, 32 * PG, 'p'));
	cr_assert(t_all(map + 32 * PG, 32 * PG, 0));
	EXPECT_BYTES("child", c, 32 * PG, 0, 16 * PG);
	EXPECT_BYTES("parent", p, 32 * PG, 0, 16 * PG);
}

Test(call_vmo_child_snapshot, windows__overlapping_and_nested__each_at_its_offset)
{
	zx_handle_t p = t_vmo(8 * PG);

	for (uint64_t i = 0; i < 8; i++)
		vmo_fill(p, i * PG, PG, (uint8_t)('0' + i));
	zx_handle_t a = vmo_child(p, SNAPSHOT, 2 * PG, 4 * PG); /* 2345 */
	zx_handle_t b = vmo_child(a, SNAPSHOT, PG, 4 * PG);     /* 345. */
	zx_handle_t c = vmo_child(p, SNAPSHOT, 4 * PG, 8 * PG); /* 4567.... */
	zx_handle_t d = vmo_child(b, ON_WRITE, 2 * PG, PG);     /* 5 */
	static const char *const want_b = "345", *const want_c = "4567";

	for (uint64_t i = 0; i < 3; i++)
		cr_assert(vmo_all(b, i * PG, PG, (uint8_t)want_b[i]), "b %" PRIu64, i);
	cr_assert(vmo_all(b, 3 * PG, PG, 0));
	for (uint64_t i = 0; i < 4; i++)
		cr_assert(vmo_all(c, i * PG, PG, (uint8_t)want_c[i]), "c %" PRIu64, i);
	cr_assert(vmo_all(c, 4 * PG, 4 * PG, 0));
	cr_assert(vmo_all(d, 0, PG, '5'));
	vmo_fill(a, 3 * PG, PG, 'a');
	vmo_fill(p, 5 * PG, PG, 'p');
	cr_assert(vmo_all(b, 2 * PG, PG, '5'));
	cr_assert(vmo_all(c, PG, PG, '5'));
	cr_assert(vmo_all(d, 0, PG, '5'));
	EXPECT_BYTES("page 5 has three sharers", d, PG, 0, PG / 3);
	t_close(b);
	t_close(c);
	EXPECT_BYTES("page 5 is d's", d, PG, PG, PG);
	cr_assert(vmo_all(d, 0, PG, '5'));
	cr_assert(vmo_all(a, 3 * PG, PG, 'a'));
	t_close(p);
	cr_assert(vmo_all(a, 0, PG, '2'));
	cr_assert(vmo_all(d, 0, PG, '5'));
	t_close(a);
	cr_assert(vmo_all(d, 0, PG, '5'));
}

Test(call_vmo_child_snapshot, chain__long__every_link_sees_its_time)
{
	enum { LINKS = 64 };
	zx_handle_t chain[LINKS];
	uint8_t *map;

	chain[0] = t_vmo(LINKS * PG);
	for (unsigned i = 1; i < LINKS; i++) {
		vmo_fill(chain[i - 1], i * PG, 1, (uint8_t)i);
		vmo_fill(chain[i - 1], 0, 1, (uint8_t)i);
		chain[i] = vmo_child(chain[i - 1], SNAPSHOT, 0, LINKS * PG);
		vmo_fill(chain[i - 1], 0, 1, (uint8_t)(200 + i)); /* not for the child */
	}
	map = t_map(chain[LINKS - 1], 0, LINKS * PG);
	for (unsigned i = 1; i < LINKS; i++) {
		cr_assert_eq(map[i * PG], i);
		cr_assert_eq(vmo_byte(chain[LINKS - 1], i * PG), i);
	}
	cr_assert_eq(map[0], LINKS - 1);
	/* Close every other one, then the rest from the front: the last one never changes. */
	for (unsigned i = 0; i < LINKS - 1; i += 2)
		t_close(chain[i]);
	for (unsigned i = 1; i < LINKS; i++)
		cr_assert_eq(vmo_byte(chain[LINKS - 1], i * PG), i);
	for (unsigned i = 1; i < LINKS - 1; i += 2)
		t_close(chain[i]);
	for (unsigned i = 1; i < LINKS; i++) {
		cr_assert_eq(map[i * PG], i);
		map[i * PG] = (uint8_t)(i + 1);
		cr_assert_eq(vmo_byte(chain[LINKS - 1], i * PG), i + 1);
	}
	EXPECT_BYTES("last", chain[LINKS - 1], LINKS * PG, LINKS * PG, LINKS * PG);
	T_OK(vmo_op(chain[LINKS - 1], ZX_VMO_OP_DECOMMIT, 0, LINKS * PG));
	cr_assert_eq(map[PG], 0);
}

Test(call_vmo_child_snapshot, many_children_of_one__each_its_own_time)
{
	enum { CHILDREN = 50 };
	zx_handle_t p = t_vmo(2 * PG), child[CHILDREN];

	for (unsigned i = 0; i < CHILDREN; i++) {
		vmo_fill(p, 0, PG, (uint8_t)i);
		child[i] = vmo_child(p, snapshot_types[i % 3], 0, 2 * PG);
	}
	vmo_fill(p, 0, PG, 0xff);
	for (unsigned i = 0; i < CHILDREN; i++) {
		cr_assert(vmo_all(child[i], 0, PG, (uint8_t)i), "child %u", i);
		EXPECT_BYTES("child", child[i], PG, PG, PG);
	}
	cr_assert_eq(vmo_info(p).num_children, CHILDREN);
	for (unsigned i = 0; i < CHILDREN; i++)
		t_close(child[(i * 7) % CHILDREN]);
	T_OK(vmo_op(p, ZX_VMO_OP_DECOMMIT, 0, 2 * PG));
}

Test(call_vmo_child_snapshot, snapshot_and_close__a_thousand_rounds__no_trace)
{
	zx_handle_t p = t_vmo(16 * PG);
	uint8_t *map = t_map(p, 0, 16 * PG);

	memset(map, 1, 16 * PG);
	for (unsigned i = 0; i < 1000; i++) {
		zx_handle_t c = vmo_child(p, SNAPSHOT, 0, 16 * PG);

		map[(i % 16) * PG] = (uint8_t)i;
		if (i & 1) { /* go on with the child, as a fork would */
			cr_assert_eq(vmo_get(c, (i + 1) % 16), map[((i + 1) % 16) * PG]);
			vmo_put(c, i % 16, (uint8_t)i);
		}
		t_close(c);
	}
	EXPECT_BYTES("after all", p, 16 * PG, 16 * PG, 16 * PG);
	for (unsigned i = 984; i < 1000; i++)
		cr_assert_eq(map[(i % 16) * PG], (uint8_t)i);
	T_OK(vmo_op(p, ZX_VMO_OP_DECOMMIT, 0, 16 * PG));
	cr_assert(t_all(map, 16 * PG, 0));
}

/* The same, but the survivor is always the child. */
Test(call_vmo_child_snapshot, snapshot_and_close_the_parent__many_rounds__no_trace)
{
	zx_handle_t vmo = t_vmo(8 * PG);

	vmo_fill(vmo, 0, 8 * PG, 7);
	for (unsigned i = 0; i < 500; i++) {
		zx_handle_t c = vmo_child(vmo, snapshot_types[i % 3], 0, 8 * PG);

		vmo_put(vmo, (i + 3) % 8, 0xee);
		vmo_put(c, i % 8, (uint8_t)i);
		t_close(vmo);
		vmo = c;
	}
	EXPECT_BYTES("after all", vmo, 8 * PG, 8 * PG, 8 * PG);
	for (unsigned i = 492; i < 500; i++)
		cr_assert_eq(vmo_get(vmo, i % 8), (uint8_t)i);
	T_OK(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, 8 * PG));
}

/*
 * A middle VMO that zeroed pages dies. What it leaves to its child must go on hiding the grandparent's pages, however many
 * pages of its own the child has by then.
 */
Test(call_vmo_child_snapshot, middle_with_zeroed_pages__closed__child_keeps_the_zeros)
{
	enum { PAGES = 200 };
	static const uint64_t own_pages[] = {0, 1, 20, 100, 149};

	T_EACH (own_pages, own) {
		zx_handle_t a = t_vmo(PAGES * PG);

		vmo_fill(a, 0, PAGES * PG, 'a');
		zx_handle_t b = vmo_child(a, SNAPSHOT, 0, PAGES * PG);
		vmo_fill(b, 0, PG, 'b');
		T_OK(vmo_op(b, ZX_VMO_OP_ZERO, 150 * PG, 2 * PG));
		zx_handle_t c = vmo_child(b, SNAPSHOT, 0, PAGES * PG);
		uint8_t *map = t_map(c, 0, PAGES * PG);
		for (uint64_t i = 1; i <= *own; i++)
			map[i * PG] = 'c';
		vmo_fill(b, 160 * PG, PG, 'x'); /* not for the child */
		T_OK(vmo_op(b, ZX_VMO_OP_ZERO, 161 * PG, PG));
		t_close(b);
		for (uint64_t i = 0; i < PAGES; i++) {
			const uint8_t want = i == 0               ? 'b' :
					     i == 150 || i == 151 ? 0 :
					     i <= *own            ? 'c' :
								    'a';

			cr_assert_eq(vmo_get(c, i), want, "%" PRIu64 " own, page %" PRIu64, *own,
				     i);
			cr_assert_eq(map[i * PG], want, "%" PRIu64 " own, page %" PRIu64, *own, i);
			cr_assert_eq(vmo_byte(c, i * PG + 1), i != 0 && want == 'c' ? 'a' : want);
		}
		const uint64_t shared = PAGES - 3 - *own;
		EXPECT_BYTES("a", a, PAGES * PG, (PAGES - shared) * PG,
			     (PAGES - shared) * PG + shared * PG / 2);
		EXPECT_BYTES("c", c, (PAGES - 2) * PG, (*own + 1) * PG,
			     (*own + 1) * PG + shared * PG / 2);
		t_close(a);
		cr_assert(vmo_all(c, 150 * PG, 2 * PG, 0));
		EXPECT_BYTES("c alone", c, (PAGES - 2) * PG, (PAGES - 2) * PG, (PAGES - 2) * PG);
		t_unmap(map, PAGES * PG);
		t_close(c);
	}
}

/* A parent that shrank shows its clones zeros where it was cut, also when it grew again before the clone. */
Test(call_vmo_child_snapshot, parent_shrunk_or_regrown__cloned__zeros_behind_the_cut)
{
	for (unsigned k = 0; k < 4; k++) {
		zx_handle_t p = t_vmo_options(4 * PG, ZX_VMO_RESIZABLE);

		vmo_fill(p, 0, 4 * PG, 'p');
		zx_handle_t first = vmo_child(p, SNAPSHOT, 0, 4 * PG);
		T_OK(zx_vmo_set_size(p, 2 * PG));
		if (k & 1)
			T_OK(zx_vmo_set_size(p, 4 * PG));
		if (k & 2)
			vmo_fill(p, 0, PG, 'q');
		zx_handle_t second = vmo_child(p, SNAPSHOT, 0, 4 * PG);
		cr_assert(vmo_all(second, 0, PG, (k & 2) ? 'q' : 'p'), "case %u", k);
		cr_assert(vmo_all(second, PG, PG, 'p'), "case %u", k);
		cr_assert(vmo_all(second, 2 * PG, 2 * PG, 0), "case %u", k);
		cr_assert(vmo_all(first, 0, 4 * PG, 'p'), "case %u", k);
		t_close(p);
		cr_assert(vmo_all(second, 2 * PG, 2 * PG, 0), "case %u", k);
		t_close(first);
		cr_assert(vmo_all(second, 2 * PG, 2 * PG, 0), "case %u", k);
		EXPECT_BYTES("second", second, 2 * PG, 2 * PG, 2 * PG);
		t_close(second);
	}
}

/* NO_WRITE takes the right, not the content's life: others may still write what they see. */
Test(call_vmo_child_snapshot, no_write__child__cannot_be_written_and_stays)
{
	zx_handle_t p = t_vmo(PG);
	zx_vaddr_t addr;

	vmo_fill(p, 0, PG, 'p');
	zx_handle_t c = vmo_child(p, SNAPSHOT | NO_WRITE, 0, PG);
	T_ZX(zx_vmo_write(c, "x", 0, 1), ZX_ERR_ACCESS_DENIED);
	T_ZX(vmo_op(c, ZX_VMO_OP_ZERO, 0, PG), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, c, 0, PG,
			 &addr),
	     ZX_ERR_ACCESS_DENIED);
	vmo_fill(p, 0, PG, 'q');
	cr_assert(vmo_all(c, 0, PG, 'p'));
	/* A snapshot of it is writable again. */
	zx_handle_t g = vmo_child(c, SNAPSHOT, 0, PG);
	vmo_fill(g, 0, PG, 'g');
	cr_assert(vmo_all(c, 0, PG, 'p'));
}

Test(call_vmo_child_snapshot, huge_sparse__snapshot__costs_only_what_is_there)
{
	zx_handle_t p = t_vmo_options(0, ZX_VMO_UNBOUNDED);
	static const uint64_t pages[] = {0, 1000, UINT64_C(1) << 30, MAX_SIZE / PG - 1};

	T_EACH (pages, i)
		vmo_put(p, *i, 'p');
	zx_handle_t c = vmo_child(p, SNAPSHOT, 0, MAX_SIZE);
	EXPECT_BYTES("child", c, 4 * PG, 0, 2 * PG);
	T_EACH (pages, i) {
		cr_assert_eq(vmo_get(c, *i), 'p');
		vmo_put(c, *i, 'c');
		cr_assert_eq(vmo_get(p, *i), 'p');
	}
	EXPECT_BYTES("child", c, 4 * PG, 4 * PG, 4 * PG);
	vmo_put(p, 500, 'q');
	cr_assert_eq(vmo_get(c, 500), 0);
	t_close(p);
	EXPECT_BYTES("child", c, 4 * PG, 4 * PG, 4 * PG);
}

/* What is zeroed without bytes is remembered by runs, and a merge must go by runs too: page by page would take years. */
Test(call_vmo_child_snapshot, huge_sparse__zeroed_cloned_and_closed__by_runs, .timeout = 20)
{
	const uint64_t size = UINT64_C(1) << 46;
	zx_handle_t p = t_vmo(size);

	vmo_put(p, size / 2 / PG, 7);
	zx_handle_t middle = vmo_child(p, SNAPSHOT, 0, size);

	T_OK(zx_vmo_op_range(middle, ZX_VMO_OP_ZERO, 0, size, NULL, 0));
	zx_handle_t leaf = vmo_child(middle, SNAPSHOT, 0, size);

	/* More pages of its own than the middle one has: these stay, and what it saw of the middle one comes up to it. */
	for (uint64_t i = 0; i < 200; i++)
		vmo_put(leaf, size / 4 / PG + i, (uint8_t)(i + 1));
	t_close(middle);
	cr_expect_eq(vmo_get(leaf, size / 2 / PG), 0, "the zeros of the closed one stay");
	cr_expect_eq(vmo_get(leaf, size / 4 / PG + 9), 10);
	cr_expect_eq(vmo_get(p, size / 2 / PG), 7);
	t_close(leaf);
	t_close(p);
}
