/* zi-test: valgrind */
/* ZX_VMO_OP_ZERO: pieces, whole and partial pages, related pages. */
#include "vmo_t.h"

static zx_status_t zero(zx_handle_t h, uint64_t off, uint64_t size)
{
	return vmo_op(h, ZX_VMO_OP_ZERO, off, size);
}

static zx_status_t call_nonsense(zx_handle_t h)
{
	return zero(h, UINT64_MAX - 5, 100);
}

/* spec: vmo 4.4 #1 */
Test(call_vmo_op_range_zero, handle__wrong_in_every_way__checks_before_the_range)
{
	zx_handle_t vmo = t_vmo(PG);

	vmo_expect_handle_checks("zero", call_nonsense, vmo, ZX_RIGHT_WRITE, ZX_ERR_OUT_OF_RANGE);
}

/* On a VMO of four pages of 'x'. `pages` stay committed. */
static const struct {
	const char *name;
	uint64_t off, size;
	zx_status_t want;
	uint64_t pages;
} ranges[] = {
	/* spec: vmo 4.4 #4 */
	{"wraps", UINT64_MAX, 2, ZX_ERR_OUT_OF_RANGE, 4},
	{"past the end", 4 * PG, 1, ZX_ERR_OUT_OF_RANGE, 4},
	{"page past the end", 4 * PG, PG, ZX_ERR_OUT_OF_RANGE, 4},
	{"far past the end", 400 * PG, PG, ZX_ERR_OUT_OF_RANGE, 4},
	{"nothing", 0, 0, ZX_OK, 4},
	{"nothing inside a page", 5, 0, ZX_OK, 4},
	{"nothing at the end", 4 * PG, 0, ZX_OK, 4},
	/* spec: vmo 4.4 effect #1 */
	{"nothing behind the end", 4 * PG + 1, 0, ZX_OK, 4},
	{"nothing far behind the end", UINT64_MAX, 0, ZX_OK, 4},
	{"one byte", 100, 1, ZX_OK, 4},
	{"part of a page", 100, 1000, ZX_OK, 4},
	{"head of a page", 0, PG - 1, ZX_OK, 4},
	{"tail of a page", 1, PG - 1, ZX_OK, 4},
	{"parts of two pages", PG - 10, 20, ZX_OK, 4},
	{"parts around a page", PG - 10, PG + 20, ZX_OK, 3},
	{"part and pages", PG + 7, 3 * PG - 7, ZX_OK, 2},
	{"pages and part", 0, 2 * PG + 7, ZX_OK, 2},
	{"one page", 2 * PG, PG, ZX_OK, 3},
	{"everything", 0, 4 * PG, ZX_OK, 0},
};

static void expect_content(const char *row, zx_handle_t vmo, uint64_t off, uint64_t size,
			   uint8_t old)
{
	cr_assert(vmo_all(vmo, 0, off, old), "%s: before", row);
	cr_assert(vmo_all(vmo, off, size, 0), "%s: inside", row);
	cr_assert(vmo_all(vmo, off + size, 4 * PG - off - size, old), "%s: behind", row);
}

Test(call_vmo_op_range_zero, range__each_row__status_content_and_pages)
{
	T_EACH (ranges, r) {
		zx_handle_t vmo = t_vmo(4 * PG);

		vmo_fill(vmo, 0, 4 * PG, 'x');
		T_ZX_ROW(r->name, zero(vmo, r->off, r->size), r->want);
		if (r->want == ZX_OK && r->size != 0)
			expect_content(r->name, vmo, r->off, r->size, 'x');
		else
			cr_assert(vmo_all(vmo, 0, 4 * PG, 'x'), "%s: content", r->name);
		EXPECT_BYTES(r->name, vmo, r->pages * PG, r->pages * PG, r->pages * PG);
		cr_assert_eq(vmo_size(vmo), 4 * PG);
		cr_assert_eq(vmo_stream(vmo), 4 * PG);
		t_close(vmo);
	}
}

/* spec: vmo 4.4 effect #3 */
Test(call_vmo_op_range_zero, range__starts_inside_and_ends_outside__out_of_range)
{
	static const struct {
		uint64_t off, size;
	} outside[] = {{0, 4 * PG + 1},  {5, 4 * PG},     {3 * PG, 2 * PG},
		       {3 * PG + 5, PG}, {0, UINT64_MAX}, {PG, UINT64_MAX - PG}};

	T_EACH (outside, o) {
		zx_handle_t vmo = t_vmo(4 * PG);

		vmo_fill(vmo, 0, 4 * PG, 'x');
		T_ZX(zero(vmo, o->off, o->size), ZX_ERR_OUT_OF_RANGE);
		/* What lies before the range is never touched. */
		cr_assert(vmo_all(vmo, 0, o->off, 'x'));
		t_close(vmo);
	}
	/* Whole pages are one piece, which is checked before it is done. */
	zx_handle_t vmo = t_vmo(4 * PG);
	vmo_fill(vmo, 0, 4 * PG, 'x');
	T_ZX(zero(vmo, 2 * PG, 3 * PG), ZX_ERR_OUT_OF_RANGE);
	cr_assert(vmo_all(vmo, 0, 4 * PG, 'x'));
}

/* spec: vmo 4.4 #3; vmo 4.4 effect #2 #4 */
Test(call_vmo_op_range_zero, uncached__whole_pages_or_parts__ok_or_bad_state)
{
	zx_handle_t vmo = t_vmo(4 * PG);

	vmo_fill(vmo, 0, 3 * PG, 'u');
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
	T_OK(zero(vmo, 0, 0));
	T_OK(zero(vmo, 7, 0));
	T_OK(zero(vmo, 100 * PG, 0));
	T_ZX(zero(vmo, 0, 1), ZX_ERR_BAD_STATE);
	T_ZX(zero(vmo, PG - 1, 1), ZX_ERR_BAD_STATE);
	T_ZX(zero(vmo, PG - 1, PG + 1), ZX_ERR_BAD_STATE);
	EXPECT_BYTES("unchanged", vmo, 3 * PG, 3 * PG, 3 * PG);
	T_OK(zero(vmo, PG, PG));
	EXPECT_BYTES("a whole page", vmo, 2 * PG, 2 * PG, 2 * PG);
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED));
	cr_assert(vmo_all(vmo, 0, PG, 'u'));
	cr_assert(vmo_all(vmo, PG, PG, 0));
	cr_assert(vmo_all(vmo, 2 * PG, PG, 'u'));
}

/* spec: vmo 4.4 effect #6 #7; vmo 7.4 #8 */
Test(call_vmo_op_range_zero, uncommitted__zeroed__stays_uncommitted)
{
	zx_handle_t vmo = t_vmo(4 * PG);

	T_OK(zero(vmo, 0, 4 * PG));
	T_OK(zero(vmo, 10, 20));
	T_OK(zero(vmo, 10, 2 * PG));
	EXPECT_BYTES("nothing there", vmo, 0, 0, 0);
	/* Committed pages of zeros go all the same. */
	T_OK(vmo_op(vmo, ZX_VMO_OP_COMMIT, 0, 4 * PG));
	T_OK(zero(vmo, 0, 2 * PG));
	EXPECT_BYTES("freed", vmo, 2 * PG, 2 * PG, 2 * PG);
}

/* spec: vmo 4.4 effect #8 */
Test(call_vmo_op_range_zero, shared_pages__zeroed_on_either_side__shares_drop)
{
	T_EACH (snapshot_types, type) {
		zx_handle_t p = t_vmo(2 * PG);

		vmo_fill(p, 0, 2 * PG, 'p');
		zx_handle_t c = vmo_child(p, *type, 0, 2 * PG);
		EXPECT_BYTES("start", p, 2 * PG, 0, PG);
		EXPECT_BYTES("start", c, 2 * PG, 0, PG);
		T_OK(zero(p, 0, PG));
		EXPECT_BYTES("parent's page 0", p, PG, 0, PG / 2);
		EXPECT_BYTES("parent's page 0", c, 2 * PG, PG, PG + PG / 2);
		cr_assert(vmo_all(p, 0, PG, 0));
		cr_assert(vmo_all(c, 0, 2 * PG, 'p'));
		T_OK(zero(c, PG, PG));
		EXPECT_BYTES("child's page 1", p, PG, PG, PG);
		EXPECT_BYTES("child's page 1", c, PG, PG, PG);
		cr_assert(vmo_all(c, PG, PG, 0));
		cr_assert(vmo_all(p, PG, PG, 'p'));
		/* Both sides of the same page: the page is gone. */
		T_OK(zero(c, 0, PG));
		T_OK(zero(p, PG, PG));
		EXPECT_BYTES("all gone", p, 0, 0, 0);
		EXPECT_BYTES("all gone", c, 0, 0, 0);
		/* And the zeros survive a relative's death. */
		t_close(p);
		cr_assert(vmo_all(c, 0, 2 * PG, 0));
		EXPECT_BYTES("after the merge", c, 0, 0, 0);
		t_close(c);
	}
}

/* spec: vmo 4.4 effect #13; vmo 7.4 #9 */
Test(call_vmo_op_range_zero, shared_page__part_zeroed__forked)
{
	zx_handle_t p = t_vmo(2 * PG);

	vmo_fill(p, 0, PG, 'p');
	zx_handle_t c = vmo_child(p, SNAPSHOT, 0, 2 * PG);
	T_OK(zero(c, 10, 10));
	EXPECT_BYTES("forked", c, PG, PG, PG);
	EXPECT_BYTES("left alone", p, PG, PG, PG);
	cr_assert(vmo_all(p, 0, PG, 'p'));
	cr_assert(vmo_all(c, 0, 10, 'p'));
	cr_assert(vmo_all(c, 10, 10, 0));
	cr_assert(vmo_all(c, 20, PG - 20, 'p'));
	/* Nothing there, nothing to do. */
	T_OK(zero(c, PG + 10, 10));
	T_OK(zero(p, PG + 10, 10));
	EXPECT_BYTES("still one page", c, PG, PG, PG);
}

Test(call_vmo_op_range_zero, grandchildren__zero_in_the_middle__hides_what_is_above)
{
	zx_handle_t a = t_vmo(3 * PG);

	vmo_fill(a, 0, 3 * PG, 'a');
	zx_handle_t b = vmo_child(a, SNAPSHOT, 0, 3 * PG);
	T_OK(zero(b, 0, PG));
	zx_handle_t c = vmo_child(b, SNAPSHOT, 0, 3 * PG);
	cr_assert(vmo_all(c, 0, PG, 0));
	cr_assert(vmo_all(c, PG, 2 * PG, 'a'));
	T_OK(zero(c, PG, PG));
	t_close(b);
	cr_assert(vmo_all(c, 0, 2 * PG, 0));
	cr_assert(vmo_all(c, 2 * PG, PG, 'a'));
	cr_assert(vmo_all(a, 0, 3 * PG, 'a'));
	EXPECT_BYTES("a", a, 3 * PG, 2 * PG, 2 * PG + PG / 2);
	EXPECT_BYTES("c", c, PG, 0, PG / 2);
	t_close(a);
	EXPECT_BYTES("c alone", c, PG, PG, PG);
	cr_assert(vmo_all(c, 0, 2 * PG, 0));
}

Test(call_vmo_op_range_zero, slice_and_reference__zero__bounded_by_the_view)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, 2 * PG);
	zx_handle_t ref = vmo_child(vmo, REFERENCE, 0, 0);

	vmo_fill(vmo, 0, 4 * PG, 'x');
	T_ZX(zero(slice, 2 * PG, 1), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zero(slice, 0, 3 * PG), ZX_ERR_OUT_OF_RANGE);
	cr_assert(vmo_all(vmo, 3 * PG, PG, 'x'));
	vmo_fill(vmo, 0, 4 * PG, 'x');
	T_OK(zero(slice, 10, PG));
	expect_content("slice", vmo, PG + 10, PG, 'x');
	vmo_fill(vmo, 0, 4 * PG, 'x');
	T_OK(zero(ref, PG, 2 * PG));
	expect_content("reference", vmo, PG, 2 * PG, 'x');
}

Test(call_vmo_op_range_zero, mapping__zeroed__shows_zeros_and_can_be_written)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	uint8_t *map = t_map(vmo, 0, 4 * PG);

	memset(map, 'm', 4 * PG);
	T_OK(zero(vmo, PG - 5, PG + 10));
	cr_assert(t_all(map, PG - 5, 'm'));
	cr_assert(t_all(map + PG - 5, PG + 10, 0));
	cr_assert(t_all(map + 2 * PG + 5, 2 * PG - 5, 'm'));
	EXPECT_BYTES("mapped", vmo, 3 * PG, 3 * PG, 3 * PG);
	memset(map + PG, 'n', PG);
	cr_assert(vmo_all(vmo, PG, PG, 'n'));
	/* Also when the pages were shared. */
	zx_handle_t child = vmo_child(vmo, SNAPSHOT, 0, 4 * PG);
	uint8_t *below = t_map(child, 0, 4 * PG);
	cr_assert_eq(below[PG], 'n');
	T_OK(zero(child, PG, PG));
	cr_assert(t_all(below + PG, PG, 0));
	cr_assert(t_all(map + PG, PG, 'n'));
	memset(below + PG, 'o', PG);
	cr_assert(vmo_all(vmo, PG, PG, 'n'));
	T_OK(zero(vmo, PG, PG));
	cr_assert(t_all(map + PG, PG, 0));
	cr_assert(t_all(below + PG, PG, 'o'));
	t_unmap(map, 4 * PG);
	t_unmap(below, 4 * PG);
}

/* spec: vmo 4.4 effect #14 */
Test(call_vmo_op_range_zero, discarded__zero__ok_and_nothing_changes)
{
	zx_vmo_lock_state_t state;
	zx_handle_t vmo = t_vmo_options(2 * PG, ZX_VMO_DISCARDABLE);

	vmo_fill(vmo, 0, 2 * PG, 'd');
	T_OK(vmo_lock(vmo, 2 * PG, &state));
	T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, 2 * PG));
	T_OK(zirconia_debug_discard(vmo));
	T_OK(zero(vmo, 0, 2 * PG));
	T_OK(zero(vmo, 5, 6));
	T_ZX(zero(vmo, 0, 3 * PG), ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(vmo_committed(vmo), 0);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_TRY_LOCK, 0, 2 * PG), ZX_ERR_UNAVAILABLE);
}

Test(call_vmo_op_range_zero, huge__whole_range__only_pages_there_matter)
{
	zx_handle_t vmo = t_vmo_options(0, ZX_VMO_UNBOUNDED);

	vmo_put(vmo, 1, 1);
	vmo_put(vmo, MAX_SIZE / PG - 1, 2);
	T_OK(zero(vmo, 5, MAX_SIZE - 5));
	EXPECT_BYTES("all of it", vmo, 0, 0, 0);
}
