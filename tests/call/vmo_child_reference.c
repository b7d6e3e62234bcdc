/* References: a second VMO over all pages of the first. */
#include "vmo_t.h"

static zx_status_t create(zx_handle_t h, uint32_t options, uint64_t off, uint64_t size)
{
	zx_handle_t child = ZX_HANDLE_INVALID;
	const zx_status_t st = zx_vmo_create_child(h, options, off, size, &child);

	if (st == ZX_OK)
		t_close(child);
	return st;
}

enum parent { PLAIN, RESIZABLE, UNCACHED, SLICED, PARENTS };

static const struct {
	const char *name;
	enum parent parent;
	uint32_t options;
	uint64_t off, size;
	zx_status_t want;
} rows[] = {
	/* spec: vmo 5.5 #2 */
	{"offset", PLAIN, REFERENCE, PG, 0, ZX_ERR_INVALID_ARGS},
	{"unaligned offset", PLAIN, REFERENCE, 1, 0, ZX_ERR_INVALID_ARGS},
	{"size", PLAIN, REFERENCE, 0, PG, ZX_ERR_INVALID_ARGS},
	{"one byte", PLAIN, REFERENCE, 0, 1, ZX_ERR_INVALID_ARGS},
	{"largest size", PLAIN, REFERENCE, 0, MAX_SIZE, ZX_ERR_INVALID_ARGS},
	{"slice parent, offset", SLICED, REFERENCE, PG, 0, ZX_ERR_INVALID_ARGS},
	{"uncached parent, size", UNCACHED, REFERENCE, 0, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmo 5.5 #3 */
	{"slice parent", SLICED, REFERENCE, 0, 0, ZX_ERR_NOT_SUPPORTED},
	{"slice parent, not writable", SLICED, REFERENCE | NO_WRITE, 0, 0, ZX_ERR_NOT_SUPPORTED},
	/* spec: vmo 5.5 #6 */
	{"uncached parent", UNCACHED, REFERENCE, 0, 0, ZX_ERR_BAD_STATE},
	{"uncached parent, resizable", UNCACHED, REFERENCE | CHILD_RESIZABLE, 0, 0,
	 ZX_ERR_BAD_STATE},
	{"plain", PLAIN, REFERENCE, 0, 0, ZX_OK},
	{"plain, not writable", PLAIN, REFERENCE | NO_WRITE, 0, 0, ZX_OK},
	{"resizable", RESIZABLE, REFERENCE, 0, 0, ZX_OK},
	{"both resizable", RESIZABLE, REFERENCE | CHILD_RESIZABLE, 0, 0, ZX_OK},
	/* A handle to a fixed VMO has no RESIZE, and that is asked for first. */
	{"resizable of plain", PLAIN, REFERENCE | CHILD_RESIZABLE, 0, 0, ZX_ERR_ACCESS_DENIED},
	{"resizable of a slice", SLICED, REFERENCE | CHILD_RESIZABLE, 0, 0, ZX_ERR_ACCESS_DENIED},
};

Test(call_vmo_child_reference, create__each_row__its_status)
{
	zx_handle_t parents[PARENTS];

	parents[PLAIN] = t_vmo(2 * PG);
	parents[RESIZABLE] = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE);
	parents[UNCACHED] = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE);
	T_OK(zx_vmo_set_cache_policy(parents[UNCACHED], ZX_CACHE_POLICY_UNCACHED_DEVICE));
	parents[SLICED] = vmo_child(t_vmo(2 * PG), SLICE, 0, 2 * PG);
	T_EACH (rows, r)
		T_ZX_ROW(r->name, create(parents[r->parent], r->options, r->off, r->size), r->want);
}

/* spec: vmo 5.8 #10 */
Test(call_vmo_child_reference, content_and_sizes__through_either__one_store)
{
	zx_handle_t vmo = t_vmo_options(3 * PG, ZX_VMO_RESIZABLE);
	zx_handle_t ref = vmo_child(vmo, REFERENCE | CHILD_RESIZABLE, 0, 0);

	vmo_fill(vmo, 0, PG, 'v');
	vmo_fill(ref, PG, PG, 'r');
	cr_assert(vmo_all(ref, 0, PG, 'v'));
	cr_assert(vmo_all(vmo, PG, PG, 'r'));
	EXPECT_BYTES("parent", vmo, 2 * PG, 2 * PG, 2 * PG);
	EXPECT_BYTES("reference", ref, 0, 0, 0);
	T_OK(zx_vmo_set_size(ref, 5 * PG));
	cr_assert_eq(vmo_size(vmo), 5 * PG);
	vmo_fill(vmo, 4 * PG, PG, 'w');
	cr_assert(vmo_all(ref, 4 * PG, PG, 'w'));
	T_OK(zx_vmo_set_stream_size(vmo, 4 * PG + 1));
	cr_assert_eq(vmo_stream(ref), 4 * PG + 1);
	cr_assert(vmo_all(ref, 4 * PG + 1, PG - 1, 0));
	T_OK(vmo_op(ref, ZX_VMO_OP_DECOMMIT, 0, PG));
	cr_assert(vmo_all(vmo, 0, PG, 0));
}

Test(call_vmo_child_reference, mappings__of_both__coherent_across_resize)
{
	zx_handle_t vmo = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE), other = t_vmo(PG);
	zx_handle_t ref = vmo_child(vmo, REFERENCE, 0, 0);
	uint8_t *a = t_map(vmo, 0, 2 * PG), *b = t_map(ref, 0, 2 * PG);

	a[0] = 1;
	cr_assert_eq(b[0], 1);
	b[PG] = 2;
	cr_assert_eq(a[PG], 2);
	T_OK(zx_vmo_set_size(vmo, PG));
	T_ZX(zx_vmo_write(other, b + PG, 0, 1), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmo_write(other, a + PG, 0, 1), ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_vmo_set_size(vmo, 2 * PG));
	cr_assert_eq(b[PG], 0);
	b[PG] = 3;
	cr_assert_eq(a[PG], 3);
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	cr_assert_eq(vmo_info(ref).num_mappings, 1);
}

/* The option only decides about the right; the property is the parent's. */
Test(call_vmo_child_reference, resizable__property_and_right__are_two_things)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_RESIZABLE), fixed = t_vmo(PG);
	zx_handle_t with = vmo_child(vmo, REFERENCE | CHILD_RESIZABLE, 0, 0);
	zx_handle_t without = vmo_child(vmo, REFERENCE, 0, 0);
	zx_handle_t of_fixed = vmo_child(fixed, REFERENCE, 0, 0);

	cr_assert(vmo_info(with).flags & ZX_INFO_VMO_RESIZABLE);
	cr_assert(vmo_info(without).flags & ZX_INFO_VMO_RESIZABLE);
	cr_assert_not(vmo_info(of_fixed).flags & ZX_INFO_VMO_RESIZABLE);
	cr_assert(t_rights(with) & ZX_RIGHT_RESIZE);
	cr_assert_not(t_rights(without) & ZX_RIGHT_RESIZE);
	T_OK(zx_vmo_set_size(with, 2 * PG));
	/* spec: vmo 15.1 c */
	T_ZX(zx_vmo_set_size(without, 2 * PG), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmo_set_size(of_fixed, 2 * PG), ZX_ERR_UNAVAILABLE);
	cr_assert_not(vmo_info(with).flags & ZX_INFO_VMO_IS_COW_CLONE);
}

Test(call_vmo_child_reference, references__of_references_and_clones__one_family)
{
	zx_handle_t vmo = t_vmo(2 * PG);
	zx_handle_t a = vmo_child(vmo, REFERENCE, 0, 0), b = vmo_child(a, REFERENCE, 0, 0);
	zx_handle_t clone = vmo_child(b, SNAPSHOT, 0, 2 * PG);
	zx_handle_t of_clone = vmo_child(clone, REFERENCE, 0, 0);

	vmo_fill(b, 0, PG, 'b');
	cr_assert(vmo_all(vmo, 0, PG, 'b'));
	cr_assert(vmo_all(clone, 0, PG, 0));
	vmo_fill(of_clone, 0, PG, 'c');
	cr_assert(vmo_all(clone, 0, PG, 'c'));
	cr_assert(vmo_all(a, 0, PG, 'b'));
	cr_assert_eq(vmo_info(b).parent_koid, t_koid(a));
	cr_assert_eq(vmo_info(clone).parent_koid, t_koid(b));
	t_close(a);
	cr_assert_eq(vmo_info(b).parent_koid, t_koid(vmo));
	t_close(vmo);
	cr_assert_eq(vmo_info(b).parent_koid, 0);
	EXPECT_BYTES("orphaned reference", b, 0, 0, 0);
	EXPECT_BYTES("clone", clone, PG, PG, PG);
	EXPECT_BYTES("reference of the clone", of_clone, 0, 0, 0);
	T_OK(zx_vmo_set_stream_size(b, 3));
	cr_assert_eq(vmo_stream(b), 3);
	cr_assert(vmo_all(b, 0, 3, 'b'));
}

/* spec: vmo 5.6 #1 */
Test(call_vmo_child_reference, snapshot_of_a_reference__all_types__full_snapshot)
{
	T_EACH (snapshot_types, type) {
		zx_handle_t vmo = t_vmo(2 * PG);
		zx_handle_t ref = vmo_child(vmo, REFERENCE, 0, 0);

		vmo_fill(vmo, 0, 2 * PG, 'v');
		zx_handle_t clone = vmo_child(ref, *type, 0, 2 * PG);
		vmo_fill(ref, 0, PG, 'r');
		cr_assert(vmo_all(vmo, 0, PG, 'r'));
		cr_assert(vmo_all(clone, 0, 2 * PG, 'v'));
		EXPECT_BYTES("vmo", vmo, 2 * PG, PG, PG + PG / 2);
		EXPECT_BYTES("clone", clone, 2 * PG, PG, PG + PG / 2);
		/* Orphaned references are reported by nobody, but share all the same. */
		t_close(vmo);
		EXPECT_BYTES("reference", ref, 0, 0, 0);
		EXPECT_BYTES("clone", clone, 2 * PG, PG, PG + PG / 2);
		t_close(ref);
		EXPECT_BYTES("clone alone", clone, 2 * PG, 2 * PG, 2 * PG);
		t_close(clone);
	}
}
