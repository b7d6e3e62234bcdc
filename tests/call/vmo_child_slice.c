/* zi-test: valgrind */
/* Slices: a window into the parent's pages. */
#include "vmo_t.h"

static zx_status_t create(zx_handle_t h, uint32_t options, uint64_t off, uint64_t size)
{
	zx_handle_t child = ZX_HANDLE_INVALID;
	const zx_status_t st = zx_vmo_create_child(h, options, off, size, &child);

	if (st == ZX_OK)
		t_close(child);
	return st;
}

/* Of a parent with two pages. */
static const struct {
	const char *name;
	uint64_t off, size;
	zx_status_t fixed, resizable, uncached;
} rows[] = {
	/* spec: vmo 5.4 #1 */
	{"unaligned offset", 1, PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"unaligned offset, size above all", 1, MAX_SIZE + 1, ZX_ERR_INVALID_ARGS,
	 ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	/* spec: vmo 5.4 #2 */
	{"size above all", 0, MAX_SIZE + 1, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE,
	 ZX_ERR_OUT_OF_RANGE},
	/* spec: vmo 5.4 #3 */ /* spec: vmo 17.1 #9 #10 */
	{"over the end", PG, 2 * PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"over the end by rounding", 0, 2 * PG + 1, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS,
	 ZX_ERR_INVALID_ARGS},
	{"over the end by rounding, inside unrounded", PG, PG + 1, ZX_ERR_INVALID_ARGS,
	 ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"at the end", 2 * PG, 1, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	{"nothing behind the end", 3 * PG, 0, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS,
	 ZX_ERR_INVALID_ARGS},
	{"wraps", UINT64_MAX - PG + 1, 2 * PG, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS,
	 ZX_ERR_INVALID_ARGS},
	{"largest", 0, MAX_SIZE, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS, ZX_ERR_INVALID_ARGS},
	/* spec: vmo 5.4 #4 #5 */
	{"nothing at the end", 2 * PG, 0, ZX_OK, ZX_ERR_NOT_SUPPORTED, ZX_ERR_BAD_STATE},
	{"nothing", 0, 0, ZX_OK, ZX_ERR_NOT_SUPPORTED, ZX_ERR_BAD_STATE},
	{"one byte", PG, 1, ZX_OK, ZX_ERR_NOT_SUPPORTED, ZX_ERR_BAD_STATE},
	{"all but a byte", 0, 2 * PG - 1, ZX_OK, ZX_ERR_NOT_SUPPORTED, ZX_ERR_BAD_STATE},
	{"everything", 0, 2 * PG, ZX_OK, ZX_ERR_NOT_SUPPORTED, ZX_ERR_BAD_STATE},
};

Test(call_vmo_child_slice, create__each_row__status_of_each_parent)
{
	zx_handle_t fixed = t_vmo(2 * PG), resizable = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE);
	zx_handle_t uncached = t_vmo(2 * PG);
	zx_handle_t both = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE);

	T_OK(zx_vmo_set_cache_policy(uncached, ZX_CACHE_POLICY_WRITE_COMBINING));
	T_OK(zx_vmo_set_cache_policy(both, ZX_CACHE_POLICY_UNCACHED));
	T_EACH (rows, r) {
		T_ZX_ROW(r->name, create(fixed, SLICE, r->off, r->size), r->fixed);
		T_ZX_ROW(r->name, create(fixed, SLICE | NO_WRITE, r->off, r->size), r->fixed);
		T_ZX_ROW(r->name, create(resizable, SLICE, r->off, r->size), r->resizable);
		T_ZX_ROW(r->name, create(uncached, SLICE, r->off, r->size), r->uncached);
		T_ZX_ROW(r->name, create(both, SLICE, r->off, r->size), r->resizable);
	}
}

/* spec: vmo 3.2 effect #8 */
Test(call_vmo_child_slice, parents__of_every_kind__accepted_unless_resizable)
{
	zx_handle_t plain = t_vmo(4 * PG), resizable = t_vmo_options(4 * PG, ZX_VMO_RESIZABLE);
	zx_handle_t unbounded = t_vmo_options(0, ZX_VMO_UNBOUNDED);
	zx_handle_t slice = vmo_child(plain, SLICE, PG, 2 * PG);
	zx_handle_t ref = vmo_child(plain, REFERENCE, 0, 0);
	zx_handle_t resizable_ref = vmo_child(resizable, REFERENCE, 0, 0);
	zx_handle_t clone = vmo_child(plain, SNAPSHOT, 0, 4 * PG);
	zx_handle_t resizable_clone = vmo_child(plain, SNAPSHOT | CHILD_RESIZABLE, 0, 4 * PG);
	zx_handle_t fixed_clone = vmo_child(resizable, SNAPSHOT, 0, 4 * PG);

	T_ZX(create(unbounded, SLICE, 0, MAX_SIZE), ZX_OK);
	T_ZX(create(unbounded, SLICE, MAX_SIZE - PG, PG), ZX_OK);
	T_ZX(create(slice, SLICE, 0, 2 * PG), ZX_OK);
	T_ZX(create(slice, SLICE, 0, 3 * PG), ZX_ERR_INVALID_ARGS);
	T_ZX(create(slice, SLICE, 2 * PG, PG), ZX_ERR_INVALID_ARGS);
	T_ZX(create(ref, SLICE, 0, 4 * PG), ZX_OK);
	T_ZX(create(resizable_ref, SLICE, 0, 4 * PG), ZX_ERR_NOT_SUPPORTED);
	T_ZX(create(clone, SLICE, 0, 4 * PG), ZX_OK);
	T_ZX(create(fixed_clone, SLICE, 0, 4 * PG), ZX_OK);
	T_ZX(create(resizable_clone, SLICE, 0, 4 * PG), ZX_ERR_NOT_SUPPORTED);
	T_ZX(create(clone, SLICE | CHILD_RESIZABLE, 0, 4 * PG), ZX_ERR_INVALID_ARGS);
}

/* spec: vmo 5.8 #10 */
Test(call_vmo_child_slice, content__through_either__one_store)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, 2 * PG);
	char byte = 0;

	vmo_fill(vmo, 0, 4 * PG, 'p');
	cr_assert(vmo_all(slice, 0, 2 * PG, 'p'));
	vmo_fill(slice, PG - 5, 10, 's');
	cr_assert(vmo_all(vmo, 2 * PG - 5, 10, 's'));
	cr_assert(vmo_all(vmo, 0, 2 * PG - 5, 'p'));
	T_ZX(zx_vmo_read(slice, &byte, 2 * PG, 1), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmo_write(slice, &byte, 2 * PG - 1, 2), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmo_read(slice, &byte, UINT64_MAX - PG, PG + 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_BYTES("parent", vmo, 4 * PG, 4 * PG, 4 * PG);
	EXPECT_BYTES("slice", slice, 0, 0, 0);
}

Test(call_vmo_child_slice, mappings__of_slice_and_parent__coherent)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, 2 * PG),
		    nested = vmo_child(slice, SLICE, PG, PG);
	uint8_t *whole = t_map(vmo, 0, 4 * PG);
	uint8_t *part = t_map(slice, 0, 2 * PG);
	uint8_t *inner = t_map(nested, 0, PG);

	whole[PG] = 1;
	cr_assert_eq(part[0], 1);
	part[PG + 7] = 2;
	cr_assert_eq(whole[2 * PG + 7], 2);
	cr_assert_eq(inner[7], 2);
	inner[8] = 3;
	cr_assert_eq(whole[2 * PG + 8], 3);
	cr_assert_eq(vmo_byte(slice, PG + 8), 3);
	EXPECT_BYTES("parent", vmo, 2 * PG, 2 * PG, 2 * PG);
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	cr_assert_eq(vmo_info(slice).num_mappings, 1);
	T_OK(vmo_op(slice, ZX_VMO_OP_DECOMMIT, PG, PG));
	cr_assert(t_all(inner, PG, 0));
	cr_assert(t_all(whole + 2 * PG, PG, 0));
	inner[0] = 4;
	cr_assert_eq(whole[2 * PG], 4);
}

Test(call_vmo_child_slice, mapping__past_the_window__does_not_reach_the_parent)
{
	zx_handle_t vmo = t_vmo(4 * PG), other = t_vmo(PG);
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, PG);
	zx_vaddr_t addr;

	vmo_fill(vmo, 0, 4 * PG, 'p');
	T_OK(zx_vmar_map(zx_vmar_root_self(),
			 ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_ALLOW_FAULTS, 0, slice, 0,
			 2 * PG, &addr));
	cr_assert(t_all((void *)addr, PG, 'p'));
	T_ZX(zx_vmo_write(other, (void *)(addr + PG), 0, 1), ZX_ERR_OUT_OF_RANGE);
}

/* A snapshot of the parent forks pages under the slice: it follows the parent, the snapshot does not follow it. */
/* spec: vmo 5.8 #6 */
Test(call_vmo_child_slice, snapshot_of_the_parent__slice_written__snapshot_keeps)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, 2 * PG);

	vmo_fill(vmo, 0, 4 * PG, 'p');
	uint8_t *map = t_map(slice, 0, 2 * PG);
	zx_handle_t clone = vmo_child(vmo, SNAPSHOT, 0, 4 * PG);
	vmo_fill(slice, 0, PG, 's');
	map[PG] = 't';
	cr_assert(vmo_all(vmo, PG, PG, 's'));
	cr_assert_eq(vmo_byte(vmo, 2 * PG), 't');
	cr_assert(vmo_all(clone, 0, 4 * PG, 'p'));
	vmo_fill(clone, 0, 4 * PG, 'c');
	cr_assert(t_all(map, PG, 's'));
	cr_assert(vmo_all(vmo, 3 * PG, PG, 'p'));
	t_unmap(map, 2 * PG);
}

/* spec: vmo 5.10 #7 */ /* spec: vmo 7.3 #1 */ /* spec: vmo 17.1 #3 */ /* spec: vmo 5.9 #5 */
Test(call_vmo_child_slice, parent_closed__slice__keeps_the_store_and_reports_nothing)
{
	zx_handle_t vmo = t_vmo(2 * PG);

	vmo_fill(vmo, PG, PG, 'x');
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, PG),
		    sibling = vmo_child(vmo, SLICE, 0, 2 * PG);
	zx_handle_t ref = vmo_child(vmo, REFERENCE, 0, 0);
	cr_assert(vmo_all(slice, 0, PG, 'x'));
	EXPECT_BYTES("slice", slice, 0, 0, 0);
	EXPECT_BYTES("parent", vmo, PG, PG, PG);
	vmo_fill(slice, 0, 10, 'y');
	cr_assert(vmo_all(vmo, PG, 10, 'y'));
	EXPECT_BYTES("reference", ref, 0, 0, 0);
	t_close(vmo);
	cr_assert(vmo_all(slice, 0, 10, 'y'));
	cr_assert(vmo_all(sibling, PG, 10, 'y'));
	cr_assert(vmo_all(ref, PG, 10, 'y'));
	vmo_fill(sibling, PG, 5, 'z');
	cr_assert(vmo_all(slice, 0, 5, 'z'));
	cr_assert_eq(vmo_info(slice).parent_koid, 0);
	cr_assert_eq(vmo_info(ref).num_children, 0);
	zx_handle_t all[] = {slice, sibling, ref};
	T_EACH (all, h)
		EXPECT_BYTES("orphan", *h, 0, 0, 0);
	T_OK(vmo_op(slice, ZX_VMO_OP_COMMIT, 0, PG));
	T_OK(vmo_op(sibling, ZX_VMO_OP_DECOMMIT, PG, PG));
	cr_assert(vmo_all(slice, 0, PG, 0));
	t_close(ref);
	t_close(sibling);
	vmo_fill(slice, 0, PG, 'w');
	cr_assert(vmo_all(slice, 0, PG, 'w'));
}

Test(call_vmo_child_slice, set_size__on_a_slice__unavailable)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, 2 * PG);

	T_ZX(zx_vmo_set_size(slice, PG), ZX_ERR_UNAVAILABLE);
	T_ZX(zx_vmo_set_size(slice, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	cr_assert_not(vmo_info(slice).flags &
		      (ZX_INFO_VMO_RESIZABLE | ZX_INFO_VMO_IS_COW_CLONE | ZX_INFO_VMO_IMMUTABLE));
	cr_assert_eq(vmo_info(slice).size_bytes, 2 * PG);
}

Test(call_vmo_child_slice, empty_slice__every_operation__on_nothing)
{
	zx_handle_t vmo = t_vmo(PG);
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, 0);
	char byte = 0;

	cr_assert_eq(vmo_size(slice), 0);
	T_OK(zx_vmo_read(slice, &byte, 0, 0));
	T_ZX(zx_vmo_read(slice, &byte, 0, 1), ZX_ERR_OUT_OF_RANGE);
	T_OK(vmo_op(slice, ZX_VMO_OP_COMMIT, 0, 0));
	T_ZX(vmo_op(slice, ZX_VMO_OP_COMMIT, 0, 1), ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_vmo_set_stream_size(slice, 0));
	T_ZX(zx_vmo_set_stream_size(slice, 1), ZX_ERR_OUT_OF_RANGE);
	T_ZX(create(slice, SLICE, 0, 0), ZX_OK);
	cr_assert_eq(vmo_committed(vmo), 0);
}
