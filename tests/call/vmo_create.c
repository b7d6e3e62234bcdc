/* zx_vmo_create: the table of checks and what a new VMO looks like. */
#include "vmo_t.h"

#define R ZX_VMO_RESIZABLE
#define D ZX_VMO_DISCARDABLE
#define T ZX_VMO_TRAP_DIRTY
#define U ZX_VMO_UNBOUNDED

static const struct {
	const char *name;
	uint64_t size;
	uint32_t options;
	zx_status_t want;
} rows[] = {
	/* spec: vmo 1.1 #2 */
	{"resizable and unbounded", PG, R | U, ZX_ERR_INVALID_ARGS},
	{"resizable and unbounded, size wraps", UINT64_MAX, R | U, ZX_ERR_INVALID_ARGS},
	{"resizable, unbounded, discardable", 0, R | U | D, ZX_ERR_INVALID_ARGS},
	/* spec: vmo 1.1 #3 */
	{"size wraps", UINT64_MAX, 0, ZX_ERR_OUT_OF_RANGE},
	{"first size that wraps", UINT64_MAX - PG + 2, 0, ZX_ERR_OUT_OF_RANGE},
	{"size wraps, resizable", UINT64_MAX, R, ZX_ERR_OUT_OF_RANGE},
	{"wrap comes before unknown option", UINT64_MAX, 1u << 31, ZX_ERR_OUT_OF_RANGE},
	{"wrap comes before trap dirty", UINT64_MAX, T, ZX_ERR_OUT_OF_RANGE},
	/* spec: vmo 1.1 #4 */
	{"bit 0", PG, 1u << 0, ZX_ERR_INVALID_ARGS},
	{"trap dirty", PG, T, ZX_ERR_INVALID_ARGS},
	{"trap dirty, resizable", PG, T | R, ZX_ERR_INVALID_ARGS},
	{"trap dirty, unbounded", PG, T | U, ZX_ERR_INVALID_ARGS},
	{"bit 5", PG, 1u << 5, ZX_ERR_INVALID_ARGS},
	{"bit 6 with known ones", PG, (1u << 6) | R | D, ZX_ERR_INVALID_ARGS},
	{"bit 31", PG, 1u << 31, ZX_ERR_INVALID_ARGS},
	{"all bits", PG, UINT32_MAX, ZX_ERR_INVALID_ARGS},
	{"unknown option comes before the largest size", UINT64_MAX - PG + 1, 1u << 5,
	 ZX_ERR_INVALID_ARGS},
	{"unknown option, unbounded, size above all", UINT64_MAX, U | (1u << 0),
	 ZX_ERR_INVALID_ARGS},
	/* spec: vmo 1.1 #5 */
	{"unbounded, stream size above the VMO size", MAX_SIZE + 1, U, ZX_ERR_OUT_OF_RANGE},
	{"unbounded, largest number", UINT64_MAX, U, ZX_ERR_OUT_OF_RANGE},
	{"unbounded and discardable, largest number", UINT64_MAX, U | D, ZX_ERR_OUT_OF_RANGE},
	/* spec: vmo 1.1 #6 */
	{"one byte above the largest size", MAX_SIZE + 1, 0, ZX_ERR_OUT_OF_RANGE},
	{"last size that does not wrap", UINT64_MAX - PG + 1, 0, ZX_ERR_OUT_OF_RANGE},
	{"the same, resizable", UINT64_MAX - PG + 1, R, ZX_ERR_OUT_OF_RANGE},
	/* legal ones */
	{"largest size", MAX_SIZE, 0, ZX_OK},
	{"largest size, resizable", MAX_SIZE, R, ZX_OK},
	{"unbounded, largest stream size", MAX_SIZE, U, ZX_OK},
	{"nothing", 0, 0, ZX_OK},
	{"resizable", 0, R, ZX_OK},
	{"discardable", PG, D, ZX_OK},
	{"resizable and discardable", PG, R | D, ZX_OK},
	{"unbounded and discardable", PG, U | D, ZX_OK},
};

Test(call_vmo_create, options_and_sizes__each_row__its_status)
{
	const uint32_t before = vmo_handles();

	T_EACH (rows, r) {
		zx_handle_t vmo = 0xbad0bad3;

		T_ZX_ROW(r->name, zx_vmo_create(r->size, r->options, &vmo), r->want);
		if (r->want == ZX_OK)
			t_close(vmo);
		else
			cr_assert_eq(vmo, 0xbad0bad3, "%s: the handle was written", r->name);
		cr_assert_eq(vmo_handles(), before, "%s: a VMO is left", r->name);
	}
}

/* spec: vmo 1.1 #8 */
Test(call_vmo_create, bad_out__valid_arguments__invalid_args_and_nothing_left)
{
	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		const char *name;
		zx_handle_t *out = vmo_bad_out(i, &name);
		const uint32_t before = vmo_handles();

		T_ZX_ROW(name, zx_vmo_create(PG, 0, out), ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(name, zx_vmo_create(PG, U, out), ZX_ERR_INVALID_ARGS);
		cr_assert_eq(vmo_handles(), before, "%s: a handle is left", name);
	}
}

Test(call_vmo_create, bad_out__bad_arguments__their_status_first)
{
	T_ZX(zx_vmo_create(UINT64_MAX, 0, NULL), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmo_create(PG, R | U, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmo_create(MAX_SIZE + 1, U, NULL), ZX_ERR_OUT_OF_RANGE);
}

static const struct {
	const char *name;
	uint64_t size;
	uint32_t options;
	uint64_t vmo_size;
	zx_rights_t rights;
	uint32_t flags;
} results[] = {
	/* spec: vmo 1.2 #1 #2 #6 #9 */
	{"zero", 0, 0, 0, VMO_RIGHTS, 0},
	{"one byte", 1, 0, PG, VMO_RIGHTS, 0},
	{"a page less one", PG - 1, 0, PG, VMO_RIGHTS, 0},
	{"a page", PG, 0, PG, VMO_RIGHTS, 0},
	{"a page and one", PG + 1, 0, 2 * PG, VMO_RIGHTS, 0},
	{"16 TiB", UINT64_C(1) << 44, 0, UINT64_C(1) << 44, VMO_RIGHTS, 0},
	{"largest", MAX_SIZE, 0, MAX_SIZE, VMO_RIGHTS, 0},
	{"resizable", 100, R, PG, ALL_VMO_RIGHTS, ZX_INFO_VMO_RESIZABLE},
	{"discardable", 100, D, PG, VMO_RIGHTS, ZX_INFO_VMO_DISCARDABLE},
	{"both", 100, R | D, PG, ALL_VMO_RIGHTS, ZX_INFO_VMO_RESIZABLE | ZX_INFO_VMO_DISCARDABLE},
	{"unbounded", 100, U, MAX_SIZE, VMO_RIGHTS, 0},
	{"unbounded of 0", 0, U, MAX_SIZE, VMO_RIGHTS, 0},
	{"unbounded, discardable", 5000, U | D, MAX_SIZE, VMO_RIGHTS, ZX_INFO_VMO_DISCARDABLE},
};

/* spec: vmo 1.2 #3 #4 #5 #7 */
/* spec: vmo 17.1 #11 */
Test(call_vmo_create, new_vmo__each_option__looks_as_specified)
{
	T_EACH (results, r) {
		zx_handle_t vmo = t_vmo_options(r->size, r->options);
		const zx_info_vmo_t i = vmo_info(vmo);
		zx_signals_t observed = 0;

		cr_assert_eq(vmo_size(vmo), r->vmo_size, "%s: size", r->name);
		cr_assert_eq(vmo_stream(vmo), r->size, "%s: stream size", r->name);
		cr_assert_eq(t_rights(vmo), r->rights, "%s: rights", r->name);
		cr_assert_eq(i.koid, t_koid(vmo), "%s: koid", r->name);
		cr_assert(t_all(i.name, sizeof(i.name), 0), "%s: name", r->name);
		cr_assert_eq(i.size_bytes, r->vmo_size, "%s: size_bytes", r->name);
		cr_assert_eq(i.parent_koid, 0, "%s: parent", r->name);
		cr_assert_eq(i.num_children, 0, "%s: children", r->name);
		cr_assert_eq(i.num_mappings, 0, "%s: mappings", r->name);
		cr_assert_eq(i.share_count, 1, "%s: share count", r->name);
		cr_assert_eq(i.flags, r->flags | ZX_INFO_VMO_TYPE_PAGED | ZX_INFO_VMO_VIA_HANDLE,
			     "%s: flags %x", r->name, i.flags);
		cr_assert_eq(i.handle_rights, r->rights, "%s: handle_rights", r->name);
		cr_assert_eq(i.cache_policy, ZX_CACHE_POLICY_CACHED, "%s: policy", r->name);
		cr_assert_eq(i.committed_change_events, 0, "%s: events", r->name);
		cr_assert(t_all(i.padding1, sizeof(i.padding1), 0), "%s: padding", r->name);
		EXPECT_BYTES(r->name, vmo, 0, 0, 0);
		T_ZX_ROW(r->name, zx_object_wait_one(vmo, 0, 0, &observed), ZX_ERR_TIMED_OUT);
		cr_assert_eq(observed, ZX_VMO_ZERO_CHILDREN, "%s: signals", r->name);
		t_close(vmo);
	}
}

Test(call_vmo_create, content__first_and_last_page__zero_and_uncommitted)
{
	T_EACH (results, r) {
		zx_handle_t vmo = t_vmo_options(r->size, r->options);

		if (r->vmo_size != 0) {
			cr_assert(vmo_all(vmo, 0, PG, 0), "%s: first page", r->name);
			cr_assert(vmo_all(vmo, r->vmo_size - PG, PG, 0), "%s: last page", r->name);
		}
		cr_assert_eq(vmo_committed(vmo), 0, "%s: committed by a read", r->name);
		t_close(vmo);
	}
}

Test(call_vmo_create, huge__writes_far_apart__are_kept)
{
	static const uint64_t pages[] = {
		0, 1, 511, 512, UINT64_C(1) << 22, UINT64_C(1) << 31, MAX_SIZE / PG - 1};

	for (unsigned k = 0; k < 2; k++) {
		zx_handle_t vmo = t_vmo_options(k ? 0 : MAX_SIZE, k ? U : 0);
		uint64_t n = 0;

		T_EACH (pages, p) {
			vmo_put(vmo, *p, (uint8_t)(++n));
			cr_assert_eq(vmo_committed(vmo), n * PG);
		}
		n = 0;
		T_EACH (pages, p)
			cr_assert_eq(vmo_get(vmo, *p), ++n, "page %" PRIu64, *p);
		cr_assert_eq(vmo_get(vmo, 2), 0);
		t_close(vmo);
	}
}

/* spec: vmo 1.2 #8 */
Test(call_vmo_create, discardable__never_locked__is_not_reclaimable)
{
	zx_handle_t vmo = t_vmo_options(PG, D);

	vmo_put(vmo, 0, 7);
	T_ZX(zirconia_debug_discard(vmo), ZX_ERR_BAD_STATE);
	cr_assert_eq(vmo_get(vmo, 0), 7);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, PG), ZX_ERR_BAD_STATE);
	t_close(vmo);
}

Test(call_vmo_create, koids__of_many__are_all_different_and_rise)
{
	zx_koid_t last = 0;

	for (unsigned i = 0; i < 200; i++) {
		zx_handle_t vmo = t_vmo(PG);

		cr_assert_gt(t_koid(vmo), last);
		last = t_koid(vmo);
		t_close(vmo);
	}
}

Test(call_vmo_create, create_write_close__many_times__nothing_adds_up)
{
	const uint32_t before = vmo_handles();

	for (unsigned i = 0; i < 3000; i++) {
		zx_handle_t vmo = t_vmo(3 * PG);

		cr_assert_eq(vmo_get(vmo, 1), 0, "round %u: old content", i);
		vmo_put(vmo, 1, 0xab);
		cr_assert_eq(vmo_committed(vmo), PG, "round %u", i);
		t_close(vmo);
	}
	cr_assert_eq(vmo_handles(), before);
}
