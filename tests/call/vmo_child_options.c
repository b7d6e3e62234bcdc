/* zx_vmo_create_child: which options go together, and the checks that all types share. */
#include "vmo_t.h"

#define TYPES (SNAPSHOT | ON_WRITE | MODIFIED | SLICE | REFERENCE)

static const struct {
	const char *name;
	uint32_t bit;
} types[] = {{"SNAPSHOT", SNAPSHOT},
	     {"AT_LEAST_ON_WRITE", ON_WRITE},
	     {"MODIFIED", MODIFIED},
	     {"SLICE", SLICE},
	     {"REFERENCE", REFERENCE}};

static zx_status_t create(zx_handle_t h, uint32_t options, uint64_t off, uint64_t size)
{
	zx_handle_t child = ZX_HANDLE_INVALID;
	const zx_status_t st = zx_vmo_create_child(h, options, off, size, &child);

	if (st == ZX_OK)
		t_close(child);
	else
		cr_assert_eq(child, ZX_HANDLE_INVALID);
	return st;
}

static uint64_t whole(uint32_t options)
{
	return (options & REFERENCE) ? 0 : PG;
}

/* Every combination of the eight low bits. The parent is plain, so that RESIZABLE references lack the right to be asked for. */
/* spec: vmo 5.1 #1-7; vmo 5.2 #5 */
Test(call_vmo_child_options, all_combinations__fixed_parent__status)
{
	zx_handle_t vmo = t_vmo(PG);

	for (uint32_t options = 0; options < 256; options++) {
		const uint32_t type = options & TYPES;
		const bool one = __builtin_popcount(type) == 1;
		const bool resizable = (options & CHILD_RESIZABLE) != 0;
		zx_status_t want = ZX_OK;
		char row[16];

		snprintf(row, sizeof(row), "%#x", options);
		if (resizable && (options & NO_WRITE))
			want = ZX_ERR_INVALID_ARGS;
		else if (resizable && (options & REFERENCE))
			want = ZX_ERR_ACCESS_DENIED; /* a handle to a fixed VMO has no RESIZE */
		else if ((options & (1u << 1)) || !one || (resizable && type == SLICE))
			want = ZX_ERR_INVALID_ARGS;
		T_ZX_ROW(row, create(vmo, options, 0, whole(options)), want);
	}
}

Test(call_vmo_child_options, all_combinations__resizable_parent__status)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_RESIZABLE);

	for (uint32_t options = 0; options < 256; options++) {
		const uint32_t type = options & TYPES;
		const bool one = __builtin_popcount(type) == 1;
		const bool resizable = (options & CHILD_RESIZABLE) != 0;
		zx_status_t want = ZX_OK;
		char row[16];

		snprintf(row, sizeof(row), "%#x", options);
		if ((resizable && (options & NO_WRITE)) || (options & (1u << 1)) || !one ||
		    (resizable && type == SLICE))
			want = ZX_ERR_INVALID_ARGS;
		else if (type == SLICE)
			want = ZX_ERR_NOT_SUPPORTED;
		T_ZX_ROW(row, create(vmo, options, 0, whole(options)), want);
	}
}

/* spec: vmo 5.1 #7 */
Test(call_vmo_child_options, unknown_bits__with_each_type__invalid_args)
{
	zx_handle_t vmo = t_vmo(PG);

	for (unsigned bit = 0; bit < 32; bit++) {
		if ((UINT32_C(1) << bit) & (TYPES | CHILD_RESIZABLE | NO_WRITE))
			continue;
		T_EACH (types, t)
			T_ZX_ROW(t->name,
				 create(vmo, t->bit | (UINT32_C(1) << bit), 0, whole(t->bit)),
				 ZX_ERR_INVALID_ARGS);
	}
	T_ZX(create(vmo, UINT32_MAX & ~CHILD_RESIZABLE, 0, 0), ZX_ERR_INVALID_ARGS);
	T_ZX(create(vmo, UINT32_MAX, 0, 0), ZX_ERR_INVALID_ARGS);
}

/* spec: vmo 5.2 #1 */ /* spec: vmo 5.2 #2 */
Test(call_vmo_child_options, rounding_and_no_write_resizable__before_the_handle)
{
	zx_handle_t closed = t_vmo(PG), event, vmo = t_vmo(PG);
	zx_handle_t bare = vmo_dup(vmo, 0);
	zx_handle_t discardable = t_vmo_options(PG, ZX_VMO_DISCARDABLE);

	t_close(closed);
	T_OK(zx_event_create(0, &event));
	zx_handle_t handles[] = {ZX_HANDLE_INVALID, closed, event, bare, discardable, vmo};
	T_EACH (handles, h) {
		T_EACH (types, t) {
			T_ZX(create(*h, t->bit, 0, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
			T_ZX(create(*h, t->bit, 1, UINT64_MAX - PG + 2), ZX_ERR_OUT_OF_RANGE);
			/* Rounding comes first of all. */
			T_ZX(create(*h, t->bit | NO_WRITE | CHILD_RESIZABLE, 0, UINT64_MAX),
			     ZX_ERR_OUT_OF_RANGE);
			T_ZX(create(*h, t->bit | NO_WRITE | CHILD_RESIZABLE, 0, PG),
			     ZX_ERR_INVALID_ARGS);
		}
		T_ZX(create(*h, 0, 0, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
		T_ZX(create(*h, UINT32_MAX, 0, PG), ZX_ERR_INVALID_ARGS);
	}
}

static uint32_t the_options;

static zx_status_t call_create(zx_handle_t h)
{
	return create(h, the_options, 0, whole(the_options));
}

static zx_status_t call_create_nonsense(zx_handle_t h)
{
	return create(h, 0, 5, 7);
}

/* spec: vmo 5.2 #3 */
Test(call_vmo_child_options, handle__wrong_in_every_way__after_those_two)
{
	const zx_rights_t needed = ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ;
	zx_handle_t vmo = t_vmo(PG), resizable = t_vmo_options(PG, ZX_VMO_RESIZABLE);

	T_EACH (types, t) {
		the_options = t->bit;
		vmo_expect_handle_checks(t->name, call_create, vmo, needed, ZX_OK);
	}
	the_options = REFERENCE | CHILD_RESIZABLE;
	vmo_expect_handle_checks("resizable reference", call_create, resizable,
				 needed | ZX_RIGHT_RESIZE, ZX_OK);
	the_options = SNAPSHOT | CHILD_RESIZABLE; /* needs no RESIZE */
	vmo_expect_handle_checks("resizable snapshot", call_create, resizable, needed, ZX_OK);
	vmo_expect_handle_checks("nonsense", call_create_nonsense, vmo, needed,
				 ZX_ERR_INVALID_ARGS);
}

/* spec: vmo 5.2 #4 */ /* spec: vmo 17.1 #8 */
Test(call_vmo_child_options, discardable__any_options__not_supported_before_they_are_checked)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_DISCARDABLE | ZX_VMO_RESIZABLE);
	static const uint32_t odd[] = {0,
				       SNAPSHOT | SLICE,
				       1u << 1,
				       1u << 31,
				       NO_WRITE,
				       CHILD_RESIZABLE,
				       SLICE | CHILD_RESIZABLE,
				       REFERENCE | CHILD_RESIZABLE};

	T_EACH (types, t)
		T_ZX_ROW(t->name, create(vmo, t->bit, 0, PG), ZX_ERR_NOT_SUPPORTED);
	T_EACH (odd, o) {
		T_ZX(create(vmo, *o, 0, PG), ZX_ERR_NOT_SUPPORTED);
		T_ZX(create(vmo, *o, 5, MAX_SIZE + PG), ZX_ERR_NOT_SUPPORTED);
	}
	cr_assert_eq(vmo_info(vmo).num_children, 0);
}

static const struct {
	const char *name;
	uint64_t off, size;
	bool uncached;
	zx_status_t want;
} snapshot_rows[] = {
	/* spec: vmo 5.3 #3 */
	{"unaligned offset", 1, PG, false, ZX_ERR_INVALID_ARGS},
	{"unaligned offset, nothing", PG + 1, 0, false, ZX_ERR_INVALID_ARGS},
	{"unaligned offset, size above all", 1, MAX_SIZE + 1, false, ZX_ERR_INVALID_ARGS},
	{"unaligned offset, uncached", 1, PG, true, ZX_ERR_INVALID_ARGS},
	/* spec: vmo 5.3 #4 */
	{"size above all", 0, MAX_SIZE + 1, false, ZX_ERR_OUT_OF_RANGE},
	{"size above all, uncached", 0, MAX_SIZE + 1, true, ZX_ERR_OUT_OF_RANGE},
	/* spec: vmo 5.3 #5 */
	{"end wraps", UINT64_MAX - PG + 1, 2 * PG, false, ZX_ERR_OUT_OF_RANGE},
	{"end wraps, rounded size", UINT64_MAX - PG + 1, PG + 1, false, ZX_ERR_OUT_OF_RANGE},
	{"end wraps to 0", UINT64_MAX - PG + 1, PG, false, ZX_ERR_OUT_OF_RANGE},
	{"end wraps, uncached", UINT64_MAX - PG + 1, 2 * PG, true, ZX_ERR_OUT_OF_RANGE},
	/* spec: vmo 5.3 #6 */
	{"uncached", 0, PG, true, ZX_ERR_BAD_STATE},
	{"uncached, nothing", 0, 0, true, ZX_ERR_BAD_STATE},
	{"everything", 0, 2 * PG, false, ZX_OK},
	{"nothing", 0, 0, false, ZX_OK},
	{"nothing at the end", 2 * PG, 0, false, ZX_OK},
	{"behind the end", 100 * PG, PG, false, ZX_OK},
	{"over the end", PG, 10 * PG, false, ZX_OK},
	{"far behind the end", UINT64_C(1) << 60, PG, false, ZX_OK},
	{"unaligned size", 0, 5, false, ZX_OK},
	{"largest", 0, MAX_SIZE, false, ZX_OK},
	{"last page of all offsets", UINT64_MAX - 2 * PG + 1, PG, false, ZX_OK},
};

/* spec: vmo 5.2 #6 */
Test(call_vmo_child_options, snapshot_types__each_row__status_and_sizes)
{
	T_EACH (snapshot_rows, r) {
		T_EACH (snapshot_types, type) {
			zx_handle_t vmo = t_vmo(2 * PG), child = ZX_HANDLE_INVALID;

			vmo_fill(vmo, 0, 2 * PG, 'p');
			if (r->uncached)
				T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
			T_ZX_ROW(r->name, zx_vmo_create_child(vmo, *type, r->off, r->size, &child),
				 r->want);
			if (r->want == ZX_OK) {
				cr_assert_eq(vmo_size(child), (r->size + PG - 1) / PG * PG, "%s",
					     r->name);
				cr_assert_eq(vmo_stream(child), r->size, "%s", r->name);
				t_close(child);
			} else {
				cr_assert_eq(child, ZX_HANDLE_INVALID);
			}
			cr_assert_eq(vmo_info(vmo).num_children, 0);
			EXPECT_BYTES(r->name, vmo, 2 * PG, 2 * PG, 2 * PG);
			t_close(vmo);
		}
	}
}

/* spec: vmo 5.3 #8 */
Test(call_vmo_child_options, snapshot__offset_wraps_when_projected_on_the_root__invalid_args)
{
	zx_handle_t vmo = t_vmo(PG);
	zx_handle_t far = vmo_child(vmo, SNAPSHOT, UINT64_C(1) << 63, PG);

	T_EACH (snapshot_types, type) {
		T_ZX(create(far, *type, UINT64_C(1) << 63, PG), ZX_ERR_INVALID_ARGS);
		T_ZX(create(far, *type, (UINT64_C(1) << 63) - PG, 2 * PG), ZX_ERR_INVALID_ARGS);
		T_ZX(create(far, *type, UINT64_MAX - PG + 1, 2 * PG), ZX_ERR_OUT_OF_RANGE);
		T_ZX(create(far, *type, UINT64_C(1) << 62, PG), ZX_OK);
	}
}

/* spec: vmo 5.3 #5 #9; vmo 5.6 #2 */
Test(call_vmo_child_options, snapshot_of_a_slice__range_first__then_not_supported)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, 2 * PG);

	T_EACH (snapshot_types, type) {
		T_ZX(create(slice, *type, 1, PG), ZX_ERR_INVALID_ARGS);
		T_ZX(create(slice, *type, 0, MAX_SIZE + 1), ZX_ERR_OUT_OF_RANGE);
		T_ZX(create(slice, *type, 0, 3 * PG), ZX_ERR_OUT_OF_RANGE);
		T_ZX(create(slice, *type, 2 * PG, PG), ZX_ERR_OUT_OF_RANGE);
		T_ZX(create(slice, *type, 3 * PG, 0), ZX_ERR_OUT_OF_RANGE);
		T_ZX(create(slice, *type, 0, 2 * PG), ZX_ERR_NOT_SUPPORTED);
		T_ZX(create(slice, *type, 0, 0), ZX_ERR_NOT_SUPPORTED);
	}
}

Test(call_vmo_child_options, bad_out__each_type__invalid_args_and_child_gone)
{
	zx_handle_t vmo = t_vmo(PG);

	vmo_fill(vmo, 0, PG, 'p');
	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		const char *name;
		zx_handle_t *out = vmo_bad_out(i, &name);
		const uint32_t before = vmo_handles();

		T_EACH (types, t) {
			T_ZX_ROW(name, zx_vmo_create_child(vmo, t->bit, 0, whole(t->bit), out),
				 ZX_ERR_INVALID_ARGS);
			cr_assert_eq(vmo_info(vmo).num_children, 0, "%s: %s", name, t->name);
			cr_assert(vmo_zero_children(vmo), "%s: %s", name, t->name);
			EXPECT_BYTES(name, vmo, PG, PG, PG);
			T_OK(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, 0));
		}
		cr_assert_eq(vmo_handles(), before, "%s", name);
	}
	T_OK(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PG)); /* no relative is left */
}

/* spec: vmo 5.3 effect #1 */
Test(call_vmo_child_options, resizability__own_option__independent_of_the_parent)
{
	zx_handle_t fixed = t_vmo(PG), resizable = t_vmo_options(PG, ZX_VMO_RESIZABLE);

	T_EACH (snapshot_types, type) {
		zx_handle_t a = vmo_child(fixed, *type | CHILD_RESIZABLE, 0, PG);
		zx_handle_t b = vmo_child(resizable, *type, 0, PG);

		cr_assert(vmo_info(a).flags & ZX_INFO_VMO_RESIZABLE);
		T_OK(zx_vmo_set_size(a, 2 * PG));
		cr_assert_not(vmo_info(b).flags & ZX_INFO_VMO_RESIZABLE);
		T_ZX(zx_vmo_set_size(b, 2 * PG), ZX_ERR_UNAVAILABLE);
		cr_assert_not(vmo_info(b).flags & ZX_INFO_VMO_DISCARDABLE);
		cr_assert_eq(vmo_info(b).cache_policy, ZX_CACHE_POLICY_CACHED);
		t_close(a);
		t_close(b);
	}
	cr_assert_eq(vmo_size(fixed), PG);
}
