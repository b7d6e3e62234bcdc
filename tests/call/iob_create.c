/* zi-test: valgrind */
/* zx_iob_create and zx_iob_create_shared_region: which regions there can be. */
#include "iob_t.h"

/* spec: pager 12.1 #1 */
Test(call_iob_create, options__any__invalid_args_before_the_rest)
{
	zx_handle_t a = 5, b = 6;

	for (unsigned bit = 0; bit < 64; bit++)
		T_ZX(zx_iob_create(UINT64_C(1) << bit, NULL, 65, &a, &b), ZX_ERR_INVALID_ARGS);
	cr_assert(a == 5 && b == 6);
}

/* spec: pager 12.1 #3 #4 #5 */
Test(call_iob_create, array__count_and_address__checked_in_order)
{
	const zx_iob_region_t page = i_private(NONE, A_MAP_ALL, PG);
	zx_iob_region_t many[ZX_IOB_MAX_REGIONS];
	struct iob iob;
	const char *name;

	T_ZX(i_create(NULL, 65, &iob), ZX_ERR_OUT_OF_RANGE);
	T_ZX(i_create(NULL, SIZE_MAX, &iob), ZX_ERR_OUT_OF_RANGE);
	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		void *bad = vmo_bad_out(i, &name);

		T_ZX_ROW(name, i_create(bad, 64, &iob), ZX_ERR_INVALID_ARGS);
	}
	zx_iob_region_t *edge = t_before_guard(sizeof(*edge));
	*edge = page;
	T_ZX(i_create(edge, 2, &iob), ZX_ERR_INVALID_ARGS);
	T_OK(i_create(edge, 1, &iob));
	T_ZX(i_create(&page, 0, &iob), ZX_ERR_INVALID_ARGS);
	T_ZX(i_create(NULL, 0, &iob), ZX_ERR_INVALID_ARGS);
	for (unsigned i = 0; i < ZX_IOB_MAX_REGIONS; i++)
		many[i] = page;
	T_OK(i_create(many, ZX_IOB_MAX_REGIONS, &iob));
	zx_info_iob_t info;
	T_OK(zx_object_get_info(iob.end[0], ZX_INFO_IOB, &info, sizeof(info), NULL, NULL));
	cr_assert_eq(info.region_count, ZX_IOB_MAX_REGIONS);
}

#define BAD ZX_ERR_INVALID_ARGS
#define PRIVATE ZX_IOB_REGION_TYPE_PRIVATE

static const struct {
	const char *name;
	uint32_t type;
	uint32_t options;
	uint64_t size;
	uint64_t discipline;
	zx_iob_access_t access;
	zx_status_t want;
} rows[] = {
	/* spec: pager 12.1 #6a */
	{"plain", PRIVATE, 0, 100, NONE, A_MAP_ALL, ZX_OK},
	{"empty", PRIVATE, 0, 0, NONE, A_MAP_ALL, ZX_OK},
	{"unknown option", PRIVATE, 1, PG, NONE, A_MAP_ALL, BAD},
	{"all options", PRIVATE, UINT32_MAX, PG, NONE, A_MAP_ALL, BAD},
	{"resizable and unbounded", PRIVATE, ZX_VMO_RESIZABLE | ZX_VMO_UNBOUNDED, PG, NONE,
	 A_MAP_ALL, BAD},
	{"resizable", PRIVATE, ZX_VMO_RESIZABLE, PG, NONE, A_MAP_ALL, ZX_OK},
	{"discardable", PRIVATE, ZX_VMO_DISCARDABLE, PG, NONE, A_MAP_ALL, ZX_OK},
	{"too large", PRIVATE, 0, MAX_SIZE + 1, NONE, A_MAP_ALL, ZX_ERR_OUT_OF_RANGE},
	{"rounding wraps", PRIVATE, 0, UINT64_MAX, NONE, A_MAP_ALL, ZX_ERR_OUT_OF_RANGE},
	{"too large, and no access", PRIVATE, 0, UINT64_MAX, NONE, 0, ZX_ERR_OUT_OF_RANGE},
	{"too large, and no discipline", PRIVATE, 0, UINT64_MAX, 9, 0, ZX_ERR_OUT_OF_RANGE},
	/* spec: pager 12.1 #6c */
	{"type 2", 2, 0, PG, NONE, A_MAP_ALL, BAD},
	{"type all ones", UINT32_MAX, 0, PG, NONE, A_MAP_ALL, BAD},
	/* spec: pager 12.1 #6d */
	{"nobody may anything", PRIVATE, 0, PG, NONE, 0, BAD},
	{"nobody may write", PRIVATE, 0, PG, NONE, A_READ | END1(A_READ), BAD},
	{"unknown bits alone", PRIVATE, 0, PG, NONE, 0xffffff00, BAD},
	{"end 0 writes", PRIVATE, 0, PG, NONE, A_WRITE, ZX_OK},
	{"end 1 writes", PRIVATE, 0, PG, NONE, END1(A_WRITE), ZX_OK},
	{"end 1 writes, end 0 reads", PRIVATE, 0, PG, NONE, A_READ | END1(A_WRITE), ZX_OK},
	/* spec: pager 12.1 discipline #1 */
	{"none, mediated write", PRIVATE, 0, PG, NONE, A_MAP_ALL | A_MWRITE, BAD},
	{"none, mediated read", PRIVATE, 0, PG, NONE, A_MAP_ALL | END1(A_MREAD), BAD},
	/* spec: pager 12.1 discipline #2 */
	{"ids, nobody mediated", PRIVATE, 0, PG, IDS, A_MAP_ALL, ZX_OK},
	{"ids, write", PRIVATE, 0, PG, IDS, A_READ | END1(A_MWRITE), ZX_OK},
	{"ids, read and write", PRIVATE, 0, PG, IDS, A_MREAD | A_MWRITE | END1(A_READ), ZX_OK},
	{"ids, end 0 only reads", PRIVATE, 0, PG, IDS, A_MREAD | END1(A_MWRITE), BAD},
	{"ids, end 1 only reads", PRIVATE, 0, PG, IDS, A_MWRITE | END1(A_MREAD), BAD},
	{"ids, empty region", PRIVATE, 0, 0, IDS, A_ALL, BAD},
	/* spec: pager 12.1 discipline #3 #4 */
	{"private ring", PRIVATE, 0, PG, RING, A_ALL, BAD},
	{"discipline 3", PRIVATE, 0, PG, 3, A_ALL, BAD},
	{"discipline all ones", PRIVATE, 0, PG, UINT64_MAX, A_ALL, BAD},
};

Test(call_iob_create, private_regions__every_row__created_or_refused)
{
	T_EACH (rows, r) {
		zx_iob_region_t region = i_private(r->discipline, r->access, r->size);
		struct iob iob = {{0, 0}};

		region.type = r->type;
		region.private_region.options = r->options;
		T_ZX_ROW(r->name, i_create(&region, 1, &iob), r->want);
		cr_assert_eq(iob.end[0] != ZX_HANDLE_INVALID, r->want == ZX_OK, "%s", r->name);
		cr_assert_eq(iob.end[1] != ZX_HANDLE_INVALID, r->want == ZX_OK, "%s", r->name);
		if (r->want != ZX_OK)
			continue;
		/* spec: pager 12.1 effect #1 */
		const zx_iob_region_info_t info = i_info(iob.end[0], 0);
		cr_assert_eq(info.region.size, (r->size + PG - 1) / PG * PG, "%s", r->name);
		t_close(iob.end[0]);
		t_close(iob.end[1]);
	}
}

/* The first bad region decides, whatever is wrong with later ones. */
/* spec: pager 12.1 #6 */
Test(call_iob_create, several_regions__first_bad_one_is_told)
{
	zx_iob_region_t regions[3] = {
		i_private(NONE, A_MAP_ALL, PG),
		i_private(NONE, 0, PG),
		i_private(NONE, A_MAP_ALL, UINT64_MAX),
	};
	struct iob iob;

	T_ZX(i_create(regions, 3, &iob), ZX_ERR_INVALID_ARGS);
	regions[1] = regions[2];
	regions[2] = i_private(NONE, 0, PG);
	T_ZX(i_create(regions, 3, &iob), ZX_ERR_OUT_OF_RANGE);
	T_OK(i_create(regions, 1, &iob));
}

/* spec: pager 12.1 #6b; pager 12.1 discipline #1 #2 #3 */
Test(call_iob_create, shared_regions__every_row__created_or_refused)
{
	zx_handle_t shared = i_shared_region(2 * PG), small = i_shared_region(PG), event;
	zx_handle_t bare = vmo_dup(shared, 0), closed = i_shared_region(PG);
	const zx_iob_region_t good = i_shared(shared, A_MWRITE, 1);
	struct iob iob;

	t_close(closed);
	T_OK(zx_event_create(0, &event));
	T_OK(i_create(&good, 1, &iob));
	cr_assert_eq(i_info(iob.end[0], 0).region.size, 0);
	static const struct {
		const char *name;
		uint32_t options;
		uint64_t size, discipline;
		zx_iob_access_t access;
		zx_status_t want;
	} changes[] = {
		{"options", 1, 0, RING, A_MWRITE, BAD},
		{"a size", 0, PG, RING, A_MWRITE, BAD},
		{"no discipline", 0, 0, NONE, A_MAP_ALL, BAD},
		{"id allocator", 0, 0, IDS, A_MWRITE, BAD},
		{"unknown discipline", 0, 0, 3, A_MWRITE, BAD},
		{"no access", 0, 0, RING, 0, BAD},
		{"only reading by mappings", 0, 0, RING, A_READ | END1(A_READ), BAD},
		{"mediated read", 0, 0, RING, A_MREAD, ZX_OK},
		{"everything", 0, 0, RING, A_ALL, ZX_OK},
	};
	T_EACH (changes, c) {
		zx_iob_region_t region = good;

		region.shared_region.options = c->options;
		region.size = c->size;
		region.discipline.type = c->discipline;
		region.access = c->access;
		T_ZX_ROW(c->name, i_create(&region, 1, &iob), c->want);
	}
	const struct {
		const char *name;
		zx_handle_t handle;
		zx_status_t want;
	} handles[] = {
		{"no handle", ZX_HANDLE_INVALID, ZX_ERR_BAD_HANDLE},
		{"closed", closed, ZX_ERR_BAD_HANDLE},
		{"an event", event, ZX_ERR_WRONG_TYPE},
		{"an I/O buffer", iob.end[0], ZX_ERR_WRONG_TYPE},
		{"a VMO", t_vmo(2 * PG), ZX_ERR_WRONG_TYPE},
		{"no rights", bare, ZX_OK},
		{"one page", small, BAD},
	};
	T_EACH (handles, h) {
		zx_iob_region_t region = good;

		region.shared_region.shared_region = h->handle;
		T_ZX_ROW(h->name, i_create(&region, 1, &iob), h->want);
		/* The handle comes before what follows it. */
		region.access = 0;
		T_ZX_ROW(h->name, i_create(&region, 1, &iob), h->want == ZX_OK ? BAD : h->want);
		region.size = 1;
		T_ZX_ROW(h->name, i_create(&region, 1, &iob), BAD);
	}
}

/* spec: pager 12.1 #7 */
Test(call_iob_create, results__bad_address__invalid_args_and_nothing_left)
{
	const zx_iob_region_t region = i_private(NONE, A_MAP_ALL, PG);
	zx_handle_t good;
	const char *name;

	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		void *bad = vmo_bad_out(i, &name);

		T_ZX_ROW(name, zx_iob_create(0, &region, 1, bad, &good), ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(name, zx_iob_create(0, &region, 1, &good, bad), ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(name, zx_iob_create_shared_region(0, PG, bad), ZX_ERR_INVALID_ARGS);
	}
	zx_info_process_handle_stats_t stats;
	T_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS, &stats,
				sizeof(stats), NULL, NULL));
	cr_assert_eq(stats.handle_count[ZX_OBJ_TYPE_IOB], 0);
	cr_assert_eq(stats.handle_count[ZX_OBJ_TYPE_IOB_SHARED_REGION], 0);
}

/* spec: pager 12.1 effect #2; abi 9.10 #1 */
Test(call_iob_create, ends__are_peers_with_all_rights)
{
	struct iob iob = i_plain();
	zx_info_handle_basic_t info[2];

	for (int i = 0; i < 2; i++) {
		T_OK(zx_object_get_info(iob.end[i], ZX_INFO_HANDLE_BASIC, &info[i], sizeof(info[i]),
					NULL, NULL));
		cr_assert_eq(info[i].rights, IOB_RIGHTS);
		cr_assert_eq(info[i].type, ZX_OBJ_TYPE_IOB);
		cr_assert_eq(i_signals(iob.end[i]), 0);
	}
	cr_assert_eq(info[0].related_koid, info[1].koid);
	cr_assert_eq(info[1].related_koid, info[0].koid);
	cr_assert_neq(info[0].koid, info[1].koid);
	/* Also when the peer is gone. */
	t_close(iob.end[0]);
	T_OK(zx_object_get_info(iob.end[1], ZX_INFO_HANDLE_BASIC, &info[1], sizeof(info[1]), NULL,
				NULL));
	cr_assert_eq(info[1].related_koid, info[0].koid);
}

/* spec: pager 12.5 create #1 #2 #3 */
Test(call_iob_create, shared_region__arguments__checked)
{
	static const struct {
		const char *name;
		uint64_t options, size;
		zx_status_t want;
	} args[] = {
		{"an option", 1, PG, BAD},
		{"the highest option", UINT64_C(1) << 63, PG, BAD},
		{"empty", 0, 0, BAD},
		{"one byte", 0, 1, BAD},
		{"not of whole pages", 0, PG + 8, BAD},
		{"not of whole pages, huge", 0, UINT64_MAX, BAD},
		{"larger than a VMO can be", 0, MAX_SIZE + PG, ZX_ERR_OUT_OF_RANGE},
		{"larger than memory", 0, UINT64_C(1) << 50, ZX_ERR_NO_MEMORY},
		{"one page", 0, PG, ZX_OK},
		{"some pages", 0, 16 * PG, ZX_OK},
	};

	T_EACH (args, a) {
		zx_handle_t shared = ZX_HANDLE_INVALID;

		T_ZX_ROW(a->name, zx_iob_create_shared_region(a->options, a->size, &shared),
			 a->want);
		if (a->want != ZX_OK)
			continue;
		zx_info_handle_basic_t info;
		T_OK(zx_object_get_info(shared, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					NULL));
		cr_assert_eq(info.rights, SHARED_RIGHTS);
		cr_assert_eq(info.type, ZX_OBJ_TYPE_IOB_SHARED_REGION);
		cr_assert_eq(info.related_koid, 0);
		t_close(shared);
	}
}
