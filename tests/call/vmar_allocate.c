/* zi-test: valgrind */
/* zx_vmar_allocate: the table of checks, places, and what a new region is. */
#include "vmar_t.h"

#define LAST_PAGE (ARENA_PAGES - 1)

/* Tried in an arena with a region at page 8 of 4 pages and a mapping at page 16 of 4 pages. */
static const struct {
	const char *name;
	uint32_t options;
	uint64_t offset, size;
	zx_status_t want;
} rows[] = {
	/* spec: vmar 2 #2 */
	{"map range", ZX_VM_MAP_RANGE, 0, PG, ZX_ERR_INVALID_ARGS},
	{"bit 16", 1u << 16, 0, PG, ZX_ERR_INVALID_ARGS},
	{"bit 17", 1u << 17, 0, PG, ZX_ERR_INVALID_ARGS},
	{"bit 18", 1u << 18, 0, PG, ZX_ERR_INVALID_ARGS},
	{"bit 19", 1u << 19, 0, PG, ZX_ERR_INVALID_ARGS},
	{"bit 20", 1u << 20, 0, PG, ZX_ERR_INVALID_ARGS},
	{"bit 21", 1u << 21, 0, PG, ZX_ERR_INVALID_ARGS},
	{"bit 22", 1u << 22, 0, PG, ZX_ERR_INVALID_ARGS},
	{"bit 23", 1u << 23, 0, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 2 #3 */
	{"alignment 1", ALIGN(1), 0, PG, ZX_ERR_INVALID_ARGS},
	{"alignment 9", ALIGN(9), 0, PG, ZX_ERR_INVALID_ARGS},
	{"alignment 33", ALIGN(33), 0, PG, ZX_ERR_INVALID_ARGS},
	{"alignment 255", ALIGN(255), 0, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 2 #4 */
	{"read permission", R, 0, PG, ZX_ERR_INVALID_ARGS},
	{"write permission", W, 0, PG, ZX_ERR_INVALID_ARGS},
	{"execute permission", X, 0, PG, ZX_ERR_INVALID_ARGS},
	{"read permission for XOM alone is ignored", ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED, 0, PG,
	 ZX_OK},
	/* spec: vmar 2 #5 */
	{"size 1", 0, 0, 1, ZX_ERR_INVALID_ARGS},
	{"size a page and one", 0, 0, PG + 1, ZX_ERR_INVALID_ARGS},
	{"size that would wrap", 0, 0, UINT64_MAX, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 2 #6 */
	{"overwrite", OVERWRITE, 0, PG, ZX_ERR_INVALID_ARGS},
	{"overwrite and specific", OVERWRITE | SPECIFIC, 0, PG, ZX_ERR_INVALID_ARGS},
	{"non-resizable", ZX_VM_REQUIRE_NON_RESIZABLE, 0, PG, ZX_ERR_INVALID_ARGS},
	{"allow faults", FAULTS, 0, PG, ZX_ERR_INVALID_ARGS},
	{"fault beyond", BEYOND, 0, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 2 #8 */
	{"size 0", 0, 0, 0, ZX_ERR_INVALID_ARGS},
	{"size 0, specific", SPECIFIC, 0, 0, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 2 #10 */
	{"specific with upper limit", SPECIFIC | UPPER, 4 * PG, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 2 #11 */
	{"offset alone", 0, PG, PG, ZX_ERR_INVALID_ARGS},
	{"unaligned offset alone", 0, 1, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 2 #12 */
	{"specific, unaligned offset", SPECIFIC, 1, PG, ZX_ERR_INVALID_ARGS},
	{"upper limit, unaligned offset", UPPER, 8 * PG - 1, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 2 #14 */
	{"specific, offset at the end", SPECIFIC, ARENA_PAGES *PG, PG, ZX_ERR_INVALID_ARGS},
	{"specific, offset far out", SPECIFIC, UINT64_MAX - PG + 1, PG, ZX_ERR_INVALID_ARGS},
	{"specific, reaches past the end", SPECIFIC, LAST_PAGE *PG, 2 * PG, ZX_ERR_INVALID_ARGS},
	{"specific, offset + size wraps", SPECIFIC, 2 * PG, UINT64_MAX - PG + 1,
	 ZX_ERR_INVALID_ARGS},
	{"larger than the parent", 0, 0, (ARENA_PAGES + 1) * PG, ZX_ERR_INVALID_ARGS},
	{"largest size", 0, 0, UINT64_MAX - PG + 1, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 2 #15 */
	{"upper limit past the end", UPPER, (ARENA_PAGES + 1) * PG, PG, ZX_ERR_INVALID_ARGS},
	{"upper limit, larger than the parent", UPPER, ARENA_PAGES *PG, (ARENA_PAGES + 1) * PG,
	 ZX_ERR_INVALID_ARGS},
	{"upper limit below the size", UPPER, PG, 2 * PG, ZX_ERR_INVALID_ARGS},
	{"upper limit 0", UPPER, 0, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 2 #16 */
	{"specific, not aligned as asked", SPECIFIC | ALIGN(32), PG, PG, ZX_ERR_INVALID_ARGS},
	/* spec: vmar 2 #17 */
	{"specific over a region", SPECIFIC, 8 * PG, PG, ZX_ERR_ALREADY_EXISTS},
	{"specific over the end of a region", SPECIFIC, 11 * PG, 2 * PG, ZX_ERR_ALREADY_EXISTS},
	{"specific over the start of a region", SPECIFIC, 7 * PG, 2 * PG, ZX_ERR_ALREADY_EXISTS},
	{"specific around a region", SPECIFIC, 7 * PG, 6 * PG, ZX_ERR_ALREADY_EXISTS},
	{"specific over a mapping", SPECIFIC, 17 * PG, PG, ZX_ERR_ALREADY_EXISTS},
	/* spec: vmar 2 #18 */
	{"no hole is large enough", 0, 0, (ARENA_PAGES - 19) * PG, ZX_ERR_NO_RESOURCES},
	{"no hole below the limit", UPPER, 20 * PG, 9 * PG, ZX_ERR_NO_RESOURCES},
	/* legal ones */
	{"one page", 0, 0, PG, ZX_OK},
	{"exact hole", 0, 0, (ARENA_PAGES - 20) * PG, ZX_OK},
	{"specific between both", SPECIFIC, 12 * PG, 4 * PG, ZX_OK},
	{"specific, last page", SPECIFIC, LAST_PAGE *PG, PG, ZX_OK},
	{"upper limit at the end", UPPER, ARENA_PAGES *PG, PG, ZX_OK},
	{"upper limit equal to the size", UPPER, 8 * PG, 8 * PG, ZX_OK},
	{"alignment below a page", ALIGN(10) | SPECIFIC, PG, PG, ZX_OK},
	{"alignment 11", ALIGN(11), 0, PG, ZX_OK},
	{"alignment of a page", ALIGN(12) | SPECIFIC, PG, PG, ZX_OK},
	{"all flags", CAN_ALL | ZX_VM_COMPACT, 0, PG, ZX_OK},
};

static void each_row(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	zx_vaddr_t base;
	zx_handle_t child = sub(a->vmar, 0, 8, 4, &base);

	map_at(a->vmar, R, 16, vmo, 0, 4);
	T_EACH (rows, r) {
		zx_handle_t out = 0xbad0bad3;
		zx_vaddr_t addr = 0x123;
		zx_info_maps_t maps[8];
		char row[160];

		snprintf(row, sizeof(row), "%s: %s", a->name, r->name);
		T_ZX_ROW(row,
			 zx_vmar_allocate(a->vmar, r->options, r->offset, r->size, &out, &addr),
			 r->want);
		if (r->want != ZX_OK) {
			cr_assert(out == 0xbad0bad3 && addr == 0x123, "%s: results written", row);
			cr_assert_eq(list(a->vmar, maps, 8), 3, "%s: something was made", row);
			continue;
		}
		cr_assert(addr >= a->base && addr + r->size <= a->base + ARENA_PAGES * PG, "%s",
			  row);
		if (r->options & SPECIFIC)
			cr_assert_eq(addr, a->base + r->offset, "%s", row);
		if (r->options & UPPER)
			cr_assert_leq(addr + r->size, a->base + r->offset, "%s", row);
		T_OK(zx_vmar_destroy(out));
		t_close(out);
	}
	t_close(child);
	t_close(vmo);
}

Test(call_vmar_allocate, options_offset_size__each_row__its_status)
{
	in_both(each_row);
}

/* spec: vmar 2 #1 */
Test(call_vmar_allocate, handle__each_kind__its_status_before_anything_else)
{
	static const struct {
		const char *name;
		uint32_t flag;
		zx_rights_t right;
	} needs[] = {
		{"read", CAN_READ, ZX_RIGHT_READ},
		{"write", CAN_WRITE, ZX_RIGHT_WRITE},
		{"execute", CAN_EXECUTE, ZX_RIGHT_EXECUTE},
	};
	zx_handle_t event = an_event(), out = ZX_HANDLE_INVALID;
	zx_vaddr_t base, addr = 0;
	zx_handle_t arena = arena_of(zx_vmar_root_self(), CAN_ALL, 16, &base);

	T_ZX(zx_vmar_allocate(ZX_HANDLE_INVALID, UINT32_MAX, 1, 1, NULL, NULL), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_allocate(a_closed_handle(), UINT32_MAX, 1, 1, NULL, NULL), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_allocate(event, UINT32_MAX, 1, 1, NULL, NULL), ZX_ERR_WRONG_TYPE);
	T_EACH (needs, n) {
		zx_handle_t weak = without(arena, n->right), strong = dup_of(arena, n->right);

		T_ZX_ROW(n->name, zx_vmar_allocate(weak, n->flag | 1u << 20, 1, 1, &out, &addr),
			 ZX_ERR_ACCESS_DENIED);
		T_ZX_ROW(n->name, zx_vmar_allocate(weak, n->flag, 0, PG, &out, &addr),
			 ZX_ERR_ACCESS_DENIED);
		T_OK(zx_vmar_allocate(weak, CAN_ALL & ~n->flag, 0, PG, &out, &addr));
		t_close(out);
		T_OK(zx_vmar_allocate(strong, n->flag, 0, PG, &out, &addr));
		t_close(out);
		t_close(weak);
		t_close(strong);
	}
	/* No right is needed for a region that can map nothing. */
	zx_handle_t bare = dup_of(arena, 0);

	T_OK(zx_vmar_allocate(bare, CAN_SPECIFIC, 0, PG, &out, &addr));
	t_close(out);
	t_close(bare);
	t_close(event);
	t_close(arena);
}

/* spec: vmar 2 #7 */
Test(call_vmar_allocate, dead_parent__otherwise_wrong_arguments__order_of_checks)
{
	zx_handle_t out = ZX_HANDLE_INVALID;
	zx_vaddr_t base, addr;
	zx_handle_t dead = arena_of(zx_vmar_root_self(), CAN_READ, 4, &base);

	T_OK(zx_vmar_destroy(dead));
	T_ZX(zx_vmar_allocate(dead, 0, 0, PG, &out, &addr), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmar_allocate(dead, 0, 0, PG, NULL, NULL), ZX_ERR_BAD_STATE);
	/* before it: options, size alignment */
	T_ZX(zx_vmar_allocate(dead, 1u << 20, 0, PG, &out, &addr), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_allocate(dead, FAULTS, 0, PG, &out, &addr), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_allocate(dead, 0, 0, 1, &out, &addr), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_allocate(dead, CAN_WRITE, 0, PG, &out, &addr), ZX_ERR_ACCESS_DENIED);
	/* after it: size 0, placement, bounds */
	T_ZX(zx_vmar_allocate(dead, 0, 0, 0, &out, &addr), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmar_allocate(dead, SPECIFIC | UPPER, 0, PG, &out, &addr), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmar_allocate(dead, SPECIFIC, 1, PG, &out, &addr), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmar_allocate(dead, 0, 0, 100 * PG, &out, &addr), ZX_ERR_BAD_STATE);
	t_close(dead);
}

/* spec: vmar 2 #13 */
Test(call_vmar_allocate, parent_without_can_map_specific__each_placement__access_denied)
{
	zx_handle_t out = ZX_HANDLE_INVALID;
	zx_vaddr_t base, addr;
	zx_handle_t plain = arena_of(zx_vmar_root_self(), CAN_READ, 8, &base);

	T_ZX(zx_vmar_allocate(plain, SPECIFIC, 0, PG, &out, &addr), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_allocate(plain, UPPER, 8 * PG, PG, &out, &addr), ZX_ERR_ACCESS_DENIED);
	/* before it: both options, offset alignment; after it: bounds */
	T_ZX(zx_vmar_allocate(plain, SPECIFIC | UPPER, 0, PG, &out, &addr), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_allocate(plain, SPECIFIC, 1, PG, &out, &addr), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_allocate(plain, SPECIFIC, 8 * PG, PG, &out, &addr), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmar_allocate(plain, 0, 0, PG, &out, &addr));
	t_close(out);
	t_close(plain);
}

static void bad_results(const struct arena *a)
{
	zx_handle_t out = ZX_HANDLE_INVALID;
	void *no_access = t_no_access_page();
	zx_vaddr_t *bad_addr = no_access;
	zx_handle_t *bad_handle = no_access;
	zx_vaddr_t addr = 0;

	/* spec: vmar 2 #20 */
	T_ZX(zx_vmar_allocate(a->vmar, 0, 0, PG, &out, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_allocate(a->vmar, 0, 0, PG, &out, bad_addr), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_allocate(a->vmar, 0, 0, PG, &out, t_before_guard(4)), ZX_ERR_INVALID_ARGS);
	EXPECT_EMPTY(a->name, a->vmar);
	/* spec: vmar 2 #21 */
	T_ZX(zx_vmar_allocate(a->vmar, 0, 0, PG, NULL, &addr), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmar_allocate(a->vmar, 0, 0, PG, bad_handle, &addr), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(out, ZX_HANDLE_INVALID);
	EXPECT_EMPTY(a->name, a->vmar);
	/* Found only after everything else. */
	T_ZX(zx_vmar_allocate(a->vmar, 0, 0, (ARENA_PAGES + 1) * PG, NULL, NULL),
	     ZX_ERR_INVALID_ARGS);
	zx_handle_t full = sub(a->vmar, 0, 0, ARENA_PAGES, &addr);

	T_ZX(zx_vmar_allocate(a->vmar, 0, 0, PG, NULL, NULL), ZX_ERR_NO_RESOURCES);
	T_OK(zx_vmar_destroy(full));
	t_close(full);
}

Test(call_vmar_allocate, bad_result_pointers__valid_arguments__nothing_remains)
{
	in_both(bad_results);
}

static void flags_and_rights(const struct arena *a)
{
	static const struct {
		uint32_t flags;
		zx_rights_t rights;
	} kinds[] = {
		{0, VMAR_RIGHTS},
		{CAN_READ, VMAR_RIGHTS | ZX_RIGHT_READ},
		{CAN_WRITE, VMAR_RIGHTS | ZX_RIGHT_WRITE},
		{CAN_EXECUTE, VMAR_RIGHTS | ZX_RIGHT_EXECUTE},
		{CAN_SPECIFIC, VMAR_RIGHTS},
		{CAN_ALL, ROOT_RIGHTS},
		{CAN_ALL | ZX_VM_COMPACT, ROOT_RIGHTS},
	};

	T_EACH (kinds, k) {
		zx_handle_t v = ZX_HANDLE_INVALID;
		zx_vaddr_t addr = 0;
		zx_info_vmar_t info;

		T_OK(zx_vmar_allocate(a->vmar, k->flags, 0, 3 * PG, &v, &addr));
		cr_assert_eq(t_rights(v), k->rights, "flags %x: rights %x", k->flags, t_rights(v));
		T_OK(zx_object_get_info(v, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
		cr_assert(info.base == addr && info.len == 3 * PG);
		/* CAN_MAP_SPECIFIC and COMPACT are grantable whatever the parent has. */
		zx_handle_t inner = ZX_HANDLE_INVALID;

		T_OK(zx_vmar_allocate(v, CAN_SPECIFIC | ZX_VM_COMPACT, 0, 2 * PG, &inner, &addr));
		T_ZX(zx_vmar_allocate(inner, CAN_READ, 0, PG, &v, &addr), ZX_ERR_ACCESS_DENIED);
		t_close(inner);
		T_OK(zx_vmar_destroy(v));
		t_close(v);
	}
}

Test(call_vmar_allocate, flags__each__become_rights_of_the_handle)
{
	in_both(flags_and_rights);
}

static void waits_and_signals(const struct arena *a)
{
	zx_signals_t observed = 0;
	zx_info_handle_basic_t info;

	T_ZX(zx_object_wait_one(a->vmar, ZX_USER_SIGNAL_0, 0, &observed), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_object_signal(a->vmar, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_object_get_info(a->vmar, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
	cr_assert_eq(info.type, ZX_OBJ_TYPE_VMAR);
	cr_assert_eq(info.related_koid, 0);
}

Test(call_vmar_allocate, handle__wait_and_signal__access_denied)
{
	in_both(waits_and_signals);
}

/* spec: vmar 3.5 #1 */
static void placement(const struct arena *a)
{
	zx_handle_t v = ZX_HANDLE_INVALID;
	zx_vaddr_t addr = 0, seen[ARENA_PAGES];
	bool used[ARENA_PAGES] = {false};

	for (int i = 0; i < ARENA_PAGES; i++) {
		T_OK(zx_vmar_allocate(a->vmar, 0, 0, PG, &v, &seen[i]));
		cr_assert(seen[i] >= a->base && seen[i] < a->base + ARENA_PAGES * PG);
		cr_assert_not(used[(seen[i] - a->base) / PG], "%s: a place was given twice",
			      a->name);
		used[(seen[i] - a->base) / PG] = true;
		t_close(v);
	}
	T_ZX(zx_vmar_allocate(a->vmar, 0, 0, PG, &v, &addr), ZX_ERR_NO_RESOURCES);
	T_OK(zx_vmar_unmap(a->vmar, a->base + 9 * PG, PG));
	T_OK(zx_vmar_unmap(a->vmar, a->base + 20 * PG, 3 * PG));
	T_ZX(zx_vmar_allocate(a->vmar, 0, 0, 4 * PG, &v, &addr), ZX_ERR_NO_RESOURCES);
	T_ZX(zx_vmar_allocate(a->vmar, UPPER, 22 * PG, 3 * PG, &v, &addr), ZX_ERR_NO_RESOURCES);
	T_OK(zx_vmar_allocate(a->vmar, UPPER, 23 * PG, 3 * PG, &v, &addr));
	cr_assert_eq(addr, a->base + 20 * PG);
	t_close(v);
	T_OK(zx_vmar_allocate(a->vmar, 0, 0, PG, &v, &addr));
	cr_assert_eq(addr, a->base + 9 * PG);
	t_close(v);
}

Test(call_vmar_allocate, holes__filled_one_by_one__each_is_found)
{
	in_both(placement);
}

static void alignments(zx_handle_t root)
{
	zx_info_vmar_t info;

	T_OK(zx_object_get_info(root, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
	for (uint32_t exponent = 10; exponent <= 32; exponent++) {
		const uint64_t align = UINT64_C(1) << exponent;
		zx_handle_t v = ZX_HANDLE_INVALID;
		zx_vaddr_t addr = 0;
		zx_status_t st = zx_vmar_allocate(root, ALIGN(exponent), 0, 3 * PG, &v, &addr);

		/* A small reservation need not hold an address of the largest alignments. */
		if (st == ZX_ERR_NO_RESOURCES && info.len < 4 * align)
			continue;
		T_OK(st);
		cr_assert(addr != 0 && (addr & (align - 1)) == 0, "alignment %u: %#lx", exponent,
			  addr);
		T_OK(zx_vmar_destroy(v));
		t_close(v);
	}
}

Test(call_vmar_allocate, alignment__each__kept)
{
	struct process p = other_process();

	alignments(zx_vmar_root_self());
	alignments(p.root);
	end_process(&p);
}

/* spec: vmar 11.5 #1 */
Test(call_vmar_allocate, self_handles__asked__root_of_this_process)
{
	const zx_handle_t root = zx_vmar_root_self();
	zx_info_vmar_t info;
	zx_vaddr_t base;

	cr_assert_neq(root, ZX_HANDLE_INVALID);
	cr_assert_eq(zx_vmar_root_self(), root);
	cr_assert_eq(t_rights(root), ROOT_RIGHTS);
	cr_assert_eq(t_rights(zx_process_self()), 0x6d3cf);
	T_OK(zx_object_get_info(root, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
	cr_assert(info.base != 0 && info.base % PG == 0 && info.len % PG == 0 && info.len > 0);
	cr_assert_gt(info.base + info.len, info.base);
	zx_handle_t v = arena_of(root, CAN_ALL, 4, &base);

	cr_assert(base >= info.base && base + 4 * PG <= info.base + info.len);
	t_close(v);
}

/* 11.1, 11.6: the root of another process is the whole user range. */
Test(call_vmar_allocate, other_process__root__spans_the_user_range)
{
	struct process p = other_process();
	zx_info_vmar_t info;
	zx_handle_t v;
	zx_vaddr_t base;

	T_OK(zx_object_get_info(p.root, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
	cr_assert_eq(info.base, 0x200000);
	cr_assert_eq(info.len, 0x7fffffdff000);
	cr_assert_eq(t_rights(p.root), ROOT_RIGHTS);
	v = sub(p.root, CAN_ALL, 0, info.len / PG, &base);
	cr_assert_eq(base, info.base);
	t_close(v);
	end_process(&p);
}
