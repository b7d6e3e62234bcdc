/* zi-test: valgrind */
/* zx_vmo_get_size and zx_vmo_set_size. */
#include "vmo_t.h"

static zx_handle_t the_vmo;

static zx_status_t call_get(zx_handle_t h)
{
	uint64_t size;

	return zx_vmo_get_size(h, &size);
}

static zx_status_t call_get_stream(zx_handle_t h)
{
	uint64_t size;

	return zx_vmo_get_stream_size(h, &size);
}

static zx_status_t call_get_bad(zx_handle_t h)
{
	return zx_vmo_get_size(h, NULL);
}

static zx_status_t call_set(zx_handle_t h)
{
	return zx_vmo_set_size(h, 100);
}

static zx_status_t call_set_wrapping(zx_handle_t h)
{
	return zx_vmo_set_size(h, UINT64_MAX);
}

/* spec: vmo 3.1 #1 #2; vmo 3.2 #1 #2 */
Test(call_vmo_size, handle__wrong_in_every_way__three_checks_first)
{
	the_vmo = t_vmo_options(PG, ZX_VMO_RESIZABLE);
	vmo_expect_handle_checks("get_size", call_get, the_vmo, 0, ZX_OK);
	vmo_expect_handle_checks("get_stream_size", call_get_stream, the_vmo, 0, ZX_OK);
	vmo_expect_handle_checks("get_size, bad pointer", call_get_bad, the_vmo, 0,
				 ZX_ERR_INVALID_ARGS);
	vmo_expect_handle_checks("set_size", call_set, the_vmo, ZX_RIGHT_WRITE | ZX_RIGHT_RESIZE,
				 ZX_OK);
	vmo_expect_handle_checks("set_size, wrapping", call_set_wrapping, the_vmo,
				 ZX_RIGHT_WRITE | ZX_RIGHT_RESIZE, ZX_ERR_OUT_OF_RANGE);
	zx_handle_t fixed = t_vmo(PG);
	vmo_expect_handle_checks("set_size of a fixed one", call_set, fixed, ZX_RIGHT_WRITE,
				 ZX_ERR_UNAVAILABLE);
}

Test(call_vmo_size, get__bad_pointer__invalid_args)
{
	zx_handle_t vmo = t_vmo(PG);

	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		const char *name;
		uint64_t *bad = vmo_bad_out(i, &name);

		T_ZX_ROW(name, zx_vmo_get_size(vmo, bad), ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(name, zx_vmo_get_stream_size(vmo, bad), ZX_ERR_INVALID_ARGS);
	}
}

static const struct {
	const char *name;
	uint32_t options;
	zx_rights_t missing;
	uint64_t size;
	zx_status_t want;
} rows[] = {
	/* spec: vmo 3.2 #2 */ /* spec: vmo 17.1 #7 */
	{"resizable, no RESIZE", ZX_VMO_RESIZABLE, ZX_RIGHT_RESIZE, PG, ZX_ERR_ACCESS_DENIED},
	{"resizable, no RESIZE, wraps", ZX_VMO_RESIZABLE, ZX_RIGHT_RESIZE, UINT64_MAX,
	 ZX_ERR_ACCESS_DENIED},
	/* spec: vmo 3.2 #4 */
	{"wraps", ZX_VMO_RESIZABLE, 0, UINT64_MAX, ZX_ERR_OUT_OF_RANGE},
	{"first that wraps", ZX_VMO_RESIZABLE, 0, UINT64_MAX - PG + 2, ZX_ERR_OUT_OF_RANGE},
	{"fixed, wraps", 0, 0, UINT64_MAX, ZX_ERR_OUT_OF_RANGE},
	{"unbounded, wraps", ZX_VMO_UNBOUNDED, 0, UINT64_MAX, ZX_ERR_OUT_OF_RANGE},
	/* spec: vmo 3.2 #5 */
	{"fixed", 0, 0, 2 * PG, ZX_ERR_UNAVAILABLE},
	{"fixed, same size", 0, 0, PG, ZX_ERR_UNAVAILABLE},
	{"fixed, above the largest", 0, 0, MAX_SIZE + 1, ZX_ERR_UNAVAILABLE},
	{"unbounded", ZX_VMO_UNBOUNDED, 0, PG, ZX_ERR_UNAVAILABLE},
	{"discardable", ZX_VMO_DISCARDABLE, 0, PG, ZX_ERR_UNAVAILABLE},
	/* spec: vmo 3.2 #6 */
	{"above the largest", ZX_VMO_RESIZABLE, 0, MAX_SIZE + 1, ZX_ERR_OUT_OF_RANGE},
	{"above the largest, no wrap", ZX_VMO_RESIZABLE, 0, UINT64_MAX - PG + 1,
	 ZX_ERR_OUT_OF_RANGE},
	{"the largest", ZX_VMO_RESIZABLE, 0, MAX_SIZE, ZX_OK},
	{"nothing", ZX_VMO_RESIZABLE, 0, 0, ZX_OK},
	{"same", ZX_VMO_RESIZABLE, 0, PG, ZX_OK},
	{"one byte", ZX_VMO_RESIZABLE, 0, 1, ZX_OK},
	{"more", ZX_VMO_RESIZABLE, 0, 5 * PG + 7, ZX_OK},
	{"resizable and discardable", ZX_VMO_RESIZABLE | ZX_VMO_DISCARDABLE, 0, 3 * PG, ZX_OK},
};

Test(call_vmo_size, set__each_row__its_status)
{
	T_EACH (rows, r) {
		zx_handle_t vmo = t_vmo_options(PG, r->options);
		const uint64_t size = vmo_size(vmo), stream = vmo_stream(vmo);
		zx_handle_t weak = vmo_without(vmo, r->missing);

		vmo_put(vmo, 0, 0x61);
		T_ZX_ROW(r->name, zx_vmo_set_size(weak, r->size), r->want);
		if (r->want == ZX_OK) {
			cr_assert_eq(vmo_size(vmo), (r->size + PG - 1) / PG * PG, "%s", r->name);
			cr_assert_eq(vmo_stream(vmo), r->size, "%s: stream", r->name);
		} else {
			cr_assert_eq(vmo_size(vmo), size, "%s: size changed", r->name);
			cr_assert_eq(vmo_stream(vmo), stream, "%s: stream changed", r->name);
			cr_assert_eq(vmo_get(vmo, 0), 0x61, "%s: content changed", r->name);
		}
		t_close(weak);
		t_close(vmo);
	}
}

/* spec: vmo 3.2 #8 */
Test(call_vmo_size, grow__wraps_when_projected_on_the_root__invalid_args)
{
	zx_handle_t root = t_vmo(PG);
	const uint64_t far = UINT64_C(0xFFFFFFFFFF000000);
	zx_handle_t child = vmo_child(root, SNAPSHOT | CHILD_RESIZABLE, far, PG);

	T_ZX(zx_vmo_set_size(child, 32 << 20), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmo_set_size(child, MAX_SIZE), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(vmo_size(child), PG);
	cr_assert_eq(vmo_stream(child), PG);
	T_OK(zx_vmo_set_size(child, 8 << 20));
	T_OK(zx_vmo_set_size(child, 0));
	T_ZX(zx_vmo_set_size(child, MAX_SIZE + 1), ZX_ERR_OUT_OF_RANGE);
}

/* spec: vmo 3.2 effect #12 */ /* spec: vmo 17.1 #6 */
Test(call_vmo_size, set__inside_one_page__only_its_tail_is_zeroed)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_RESIZABLE);

	vmo_fill(vmo, 0, PG, 'a');
	T_OK(zx_vmo_set_size(vmo, 100));
	cr_assert(vmo_all(vmo, 0, 100, 'a'));
	cr_assert(vmo_all(vmo, 100, PG - 100, 0));
	vmo_fill(vmo, 100, PG - 100, 'b');
	T_OK(zx_vmo_set_size(vmo, 200));
	cr_assert(vmo_all(vmo, 0, 100, 'a'));
	cr_assert(vmo_all(vmo, 100, 100, 'b'));
	cr_assert(vmo_all(vmo, 200, PG - 200, 0));
	EXPECT_BYTES("partial zeroing", vmo, PG, PG, PG);
	/* A whole number of pages has no tail. */
	vmo_fill(vmo, 200, PG - 200, 'c');
	T_OK(zx_vmo_set_size(vmo, PG));
	cr_assert(vmo_all(vmo, 200, PG - 200, 'c'));
}

Test(call_vmo_size, set__tail_of_an_uncommitted_page__commits_nothing)
{
	zx_handle_t vmo = t_vmo_options(4 * PG, ZX_VMO_RESIZABLE);

	T_OK(zx_vmo_set_size(vmo, 2 * PG + 9));
	EXPECT_BYTES("shrunk", vmo, 0, 0, 0);
	T_OK(zx_vmo_set_size(vmo, 9 * PG + 9));
	EXPECT_BYTES("grown", vmo, 0, 0, 0);
}

Test(call_vmo_size, set__uncached__failure_of_the_zeroing_is_ignored)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_RESIZABLE);

	vmo_fill(vmo, 0, PG, 'a');
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
	T_OK(zx_vmo_set_size(vmo, 100));
	cr_assert_eq(vmo_stream(vmo), 100);
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED));
	cr_assert(vmo_all(vmo, 0, PG, 'a'));
}

/* spec: vmo 3.2 effect #1 #3 #4; vmo 7.4 #10 */
Test(call_vmo_size, shrink_and_grow__own_pages__freed_and_zero_afterwards)
{
	zx_handle_t vmo = t_vmo_options(8 * PG, ZX_VMO_RESIZABLE);

	vmo_fill(vmo, 0, 8 * PG, 'x');
	T_OK(zx_vmo_set_size(vmo, 3 * PG));
	EXPECT_BYTES("shrunk", vmo, 3 * PG, 3 * PG, 3 * PG);
	T_ZX(zx_vmo_read(vmo, &(char){0}, 3 * PG, 1), ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_vmo_set_size(vmo, 8 * PG));
	EXPECT_BYTES("grown", vmo, 3 * PG, 3 * PG, 3 * PG);
	cr_assert(vmo_all(vmo, 0, 3 * PG, 'x'));
	cr_assert(vmo_all(vmo, 3 * PG, 5 * PG, 0));
	T_OK(zx_vmo_set_size(vmo, 0));
	EXPECT_BYTES("nothing", vmo, 0, 0, 0);
	T_OK(zx_vmo_set_size(vmo, PG));
	cr_assert(vmo_all(vmo, 0, PG, 0));
}

Test(call_vmo_size, grow__step_by_step_to_a_large_size__content_kept)
{
	zx_handle_t vmo = t_vmo_options(0, ZX_VMO_RESIZABLE);
	uint64_t pages = 0;

	for (uint64_t want = 1; want < (UINT64_C(1) << 40); want *= 3) {
		T_OK(zx_vmo_set_size(vmo, want * PG));
		vmo_put(vmo, want - 1, (uint8_t)(++pages));
	}
	cr_assert_eq(vmo_committed(vmo), pages * PG);
	pages = 0;
	for (uint64_t want = 1; want < (UINT64_C(1) << 40); want *= 3)
		cr_assert_eq(vmo_get(vmo, want - 1), ++pages, "page %" PRIu64, want - 1);
}

/* spec: vmo 3.2 effect #2 #6 */
Test(call_vmo_size, shrink__shared_pages__relatives_keep_them)
{
	zx_handle_t parent = t_vmo_options(4 * PG, ZX_VMO_RESIZABLE);

	vmo_fill(parent, 0, 4 * PG, 'p');
	zx_handle_t child = vmo_child(parent, SNAPSHOT | CHILD_RESIZABLE, 0, 4 * PG);

	T_OK(zx_vmo_set_size(parent, PG));
	EXPECT_BYTES("parent", parent, PG, 0, PG / 2);
	EXPECT_BYTES("child", child, 4 * PG, 3 * PG, 3 * PG + PG / 2);
	cr_assert_eq(vmo_size(child), 4 * PG);
	cr_assert(vmo_all(child, 0, 4 * PG, 'p'));
	T_OK(zx_vmo_set_size(parent, 4 * PG));
	cr_assert(vmo_all(parent, PG, 3 * PG, 0));
	T_OK(zx_vmo_set_size(child, 0));
	EXPECT_BYTES("parent of nothing", parent, PG, PG, PG);
	cr_assert(vmo_all(parent, 0, PG, 'p'));
}

/* spec: vmo 17.1 #20 */
Test(call_vmo_size, clone__shrunk_and_grown__never_sees_parent_content_again)
{
	zx_handle_t parent = t_vmo(4 * PG);

	vmo_fill(parent, 0, 4 * PG, 'p');
	T_EACH (snapshot_types, type) {
		zx_handle_t child = vmo_child(parent, *type | CHILD_RESIZABLE, 0, 4 * PG);

		T_OK(zx_vmo_set_size(child, PG));
		T_OK(zx_vmo_set_size(child, 6 * PG));
		cr_assert(vmo_all(child, 0, PG, 'p'));
		cr_assert(vmo_all(child, PG, 5 * PG, 0));
		t_close(child);
	}
	/* Growing past the window shows no more of the parent either. */
	zx_handle_t child = vmo_child(parent, SNAPSHOT | CHILD_RESIZABLE, PG, PG);
	T_OK(zx_vmo_set_size(child, 3 * PG));
	cr_assert(vmo_all(child, 0, PG, 'p'));
	cr_assert(vmo_all(child, PG, 2 * PG, 0));
	EXPECT_BYTES("child", child, PG, 0, PG / 2);
}

/* spec: vmo 3.2 effect #5 */
Test(call_vmo_size, mapping__of_a_shrunk_vmo__faults_beyond_and_works_after_growth)
{
	zx_handle_t vmo = t_vmo_options(4 * PG, ZX_VMO_RESIZABLE), other = t_vmo(4 * PG);
	uint8_t *map = t_map(vmo, 0, 4 * PG);
	char byte = 1;

	memset(map, 'm', 4 * PG);
	T_OK(zx_vmo_set_size(vmo, 2 * PG));
	cr_assert(t_all(map, 2 * PG, 'm'));
	T_ZX(zx_vmo_write(other, map + 2 * PG, 0, 1), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmo_read(other, map + 4 * PG - 1, 0, 1), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmo_write(other, map + PG, 0, 2 * PG), ZX_ERR_OUT_OF_RANGE);
	cr_assert(vmo_all(other, 0, PG, 'm'));
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	T_OK(zx_vmo_set_size(vmo, 3 * PG + 1));
	cr_assert(t_all(map + 2 * PG, 2 * PG, 0));
	EXPECT_BYTES("grown and read", vmo, 2 * PG, 2 * PG, 2 * PG);
	memset(map + 3 * PG, 'n', 10);
	T_OK(zx_vmo_read(vmo, &byte, 3 * PG + 9, 1));
	cr_assert_eq(byte, 'n');
	t_unmap(map, 4 * PG);
}

/* spec: vmo 3.2 effect #9 */
Test(call_vmo_size, reference__resized_through_either__both_see_it)
{
	zx_handle_t vmo = t_vmo_options(4 * PG, ZX_VMO_RESIZABLE);
	zx_handle_t ref = vmo_child(vmo, REFERENCE | CHILD_RESIZABLE, 0, 0);

	vmo_fill(vmo, 0, 4 * PG, 'r');
	T_OK(zx_vmo_set_size(ref, 100));
	cr_assert_eq(vmo_size(vmo), PG);
	cr_assert_eq(vmo_stream(vmo), 100);
	cr_assert(vmo_all(vmo, 100, PG - 100, 0));
	EXPECT_BYTES("shrunk through the reference", vmo, PG, PG, PG);
	T_OK(zx_vmo_set_size(vmo, 3 * PG));
	cr_assert_eq(vmo_size(ref), 3 * PG);
	cr_assert_eq(vmo_stream(ref), 3 * PG);
	cr_assert_eq(vmo_info(ref).size_bytes, 3 * PG);
}

/* spec: vmo 3.2 effect #11 */
Test(call_vmo_size, discardable__resized_while_locked__unlock_names_the_new_size)
{
	zx_vmo_lock_state_t state;
	zx_handle_t vmo = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE | ZX_VMO_DISCARDABLE);

	T_OK(vmo_lock(vmo, 2 * PG, &state));
	T_OK(zx_vmo_set_size(vmo, 5 * PG));
	T_ZX(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, 2 * PG), ZX_ERR_OUT_OF_RANGE);
	T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, 5 * PG));
	T_ZX(vmo_lock(vmo, 2 * PG, &state), ZX_ERR_OUT_OF_RANGE);
	T_OK(vmo_lock(vmo, 5 * PG, &state));
	cr_assert_eq(state.size, 5 * PG);
}

/* spec: vmo 3.1 #3 #4 #5 #6 */
Test(call_vmo_size, sizes__of_children__own_or_shared)
{
	zx_handle_t vmo = t_vmo_options(4 * PG, 0);
	T_OK(zx_vmo_set_stream_size(vmo, 5000));
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, PG + 1);
	zx_handle_t ref = vmo_child(vmo, REFERENCE, 0, 0);
	zx_handle_t clone = vmo_child(vmo, SNAPSHOT, PG, 100);

	cr_assert_eq(vmo_size(slice), 2 * PG);
	cr_assert_eq(vmo_stream(slice), PG + 1);
	cr_assert_eq(vmo_size(ref), 4 * PG);
	cr_assert_eq(vmo_stream(ref), 5000);
	cr_assert_eq(vmo_size(clone), PG);
	cr_assert_eq(vmo_stream(clone), 100);
	T_OK(zx_vmo_set_stream_size(ref, 6000));
	cr_assert_eq(vmo_stream(vmo), 6000);
	cr_assert_eq(vmo_stream(slice), PG + 1);
	cr_assert_eq(vmo_stream(clone), 100);
}
