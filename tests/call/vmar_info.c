/* zi-test: valgrind */
/* ZX_INFO_VMAR, VMAR_MAPS, PROCESS_MAPS, PROCESS_VMOS, TASK_STATS. */
#include "vmar_t.h"

#define ROOM 4096

struct listing {
	void *rows;
	size_t actual, avail;
};

/* Everything of an array topic; rows are the caller's to free. */
static struct listing whole(zx_handle_t handle, uint32_t topic, size_t row_size)
{
	struct listing l = {.rows = calloc(ROOM, row_size)};

	T_OK(zx_object_get_info(handle, topic, l.rows, ROOM * row_size, &l.actual, &l.avail));
	cr_assert_eq(l.actual, l.avail);
	return l;
}

/* ---- handles and buffers */

static const struct {
	const char *name;
	uint32_t topic;
	size_t row_size;
	bool of_process, array;
} topics[] = {
	{"VMAR", ZX_INFO_VMAR, sizeof(zx_info_vmar_t), false, false},
	{"VMAR_MAPS", ZX_INFO_VMAR_MAPS, sizeof(zx_info_maps_t), false, true},
	{"PROCESS_MAPS", ZX_INFO_PROCESS_MAPS, sizeof(zx_info_maps_t), true, true},
	{"PROCESS_MAPS_V2", ZX_INFO_PROCESS_MAPS_V2, sizeof(zx_info_maps_v2_t), true, true},
	{"PROCESS_MAPS_V1", ZX_INFO_PROCESS_MAPS_V1, sizeof(zx_info_maps_v1_t), true, true},
	{"PROCESS_VMOS", ZX_INFO_PROCESS_VMOS, sizeof(zx_info_vmo_t), true, true},
	{"PROCESS_VMOS_V3", ZX_INFO_PROCESS_VMOS_V3, sizeof(zx_info_vmo_v3_t), true, true},
	{"PROCESS_VMOS_V2", ZX_INFO_PROCESS_VMOS_V2, sizeof(zx_info_vmo_v2_t), true, true},
	{"PROCESS_VMOS_V1", ZX_INFO_PROCESS_VMOS_V1, sizeof(zx_info_vmo_v1_t), true, true},
	{"TASK_STATS", ZX_INFO_TASK_STATS, sizeof(zx_info_task_stats_t), true, false},
	{"TASK_STATS_V1", ZX_INFO_TASK_STATS_V1, sizeof(zx_info_task_stats_v1_t), true, false},
};

static zx_handle_t target(bool of_process)
{
	return of_process ? zx_process_self() : zx_vmar_root_self();
}

Test(call_vmar_info, handle__each_topic__bad_handle_wrong_type_access_denied)
{
	zx_handle_t event = an_event();
	size_t actual = 77, avail = 78;

	T_EACH (topics, t) {
		zx_handle_t weak = without(target(t->of_process), ZX_RIGHT_INSPECT);
		zx_handle_t exact = dup_of(target(t->of_process), ZX_RIGHT_INSPECT);
		uint8_t buffer[256];

		T_ZX_ROW(t->name,
			 zx_object_get_info(ZX_HANDLE_INVALID, t->topic, NULL, 0, &actual, &avail),
			 ZX_ERR_BAD_HANDLE);
		T_ZX_ROW(t->name, zx_object_get_info(event, t->topic, NULL, 0, &actual, &avail),
			 ZX_ERR_WRONG_TYPE);
		T_ZX_ROW(t->name,
			 zx_object_get_info(target(!t->of_process), t->topic, NULL, 0, &actual,
					    &avail),
			 ZX_ERR_WRONG_TYPE);
		T_ZX_ROW(t->name, zx_object_get_info(weak, t->topic, NULL, 0, &actual, &avail),
			 ZX_ERR_ACCESS_DENIED);
		cr_assert(actual == 77 && avail == 78, "%s: counts written", t->name);
		T_ZX_ROW(t->name,
			 zx_object_get_info(exact, t->topic, buffer, sizeof(buffer), NULL, NULL),
			 ZX_OK);
		t_close(weak);
		t_close(exact);
	}
	/* spec: vmar 9.4 #12 */
	T_ZX(zx_object_get_info(zx_job_default(), ZX_INFO_TASK_STATS, NULL, 0, NULL, NULL),
	     ZX_ERR_WRONG_TYPE);
	T_ZX(zx_object_get_info(zx_thread_self(), ZX_INFO_TASK_STATS, NULL, 0, NULL, NULL),
	     ZX_ERR_WRONG_TYPE);
	t_close(event);
}

Test(call_vmar_info, buffer__each_topic__counts_and_truncation)
{
	/* Memory of the program's own, so that listing does not change what is listed. */
	uint8_t *buffer = calloc(ROOM, sizeof(zx_info_vmo_t));
	zx_handle_t vmo = t_vmo(PG);

	map_at(zx_vmar_root_self(), R, 5000, vmo, 0, 1);
	T_EACH (topics, t) {
		const zx_handle_t h = target(t->of_process);
		size_t actual = 77, avail = 78, total;

		if (!t->array) {
			/* spec: vmar 9.1 #1 */
			T_ZX_ROW(t->name,
				 zx_object_get_info(h, t->topic, buffer, t->row_size - 1, &actual,
						    &avail),
				 ZX_ERR_BUFFER_TOO_SMALL);
			cr_assert(actual == 0 && avail == 1, "%s", t->name);
			T_ZX_ROW(t->name, zx_object_get_info(h, t->topic, NULL, 0, NULL, NULL),
				 ZX_ERR_BUFFER_TOO_SMALL);
			/* spec: vmar 9.1 #2 */
			memset(buffer, 0xaa, t->row_size + 16);
			T_ZX_ROW(t->name,
				 zx_object_get_info(h, t->topic, buffer, t->row_size + 16, &actual,
						    &avail),
				 ZX_OK);
			cr_assert(actual == 1 && avail == 1, "%s", t->name);
			cr_assert(t_all(buffer + t->row_size, 16, 0xaa), "%s: written too far",
				  t->name);
		} else {
			/* spec: vmar 9.1 #4 */
			T_ZX_ROW(t->name, zx_object_get_info(h, t->topic, NULL, 0, &actual, &total),
				 ZX_OK);
			cr_assert(actual == 0 && total >= 2, "%s: %zu", t->name, total);
			T_ZX_ROW(t->name,
				 zx_object_get_info(h, t->topic, NULL, t->row_size - 1, &actual,
						    &avail),
				 ZX_OK);
			cr_assert(actual == 0 && avail == total, "%s", t->name);
			/* spec: vmar 9.1 #3 */
			memset(buffer, 0xaa, 3 * t->row_size);
			T_ZX_ROW(t->name,
				 zx_object_get_info(h, t->topic, buffer, 2 * t->row_size - 1,
						    &actual, &avail),
				 ZX_OK);
			cr_assert(actual == 1 && avail == total, "%s: %zu of %zu", t->name, actual,
				  avail);
			cr_assert(t_all(buffer + t->row_size, 2 * t->row_size, 0xaa), "%s",
				  t->name);
			T_ZX_ROW(t->name,
				 zx_object_get_info(h, t->topic, buffer, ROOM * t->row_size,
						    &actual, &avail),
				 ZX_OK);
			cr_assert(actual == total && avail == total, "%s", t->name);
		}
		/* spec: vmar 9.1 #5 */
		T_ZX_ROW(t->name, zx_object_get_info(h, t->topic, buffer, t->row_size, NULL, NULL),
			 ZX_OK);
		/* spec: vmar 9.1 #6 */
		T_ZX_ROW(t->name,
			 zx_object_get_info(h, t->topic, t_no_access_page(), t->row_size, &actual,
					    &avail),
			 ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(t->name,
			 zx_object_get_info(h, t->topic, t_before_guard(t->row_size / 2),
					    t->row_size, NULL, NULL),
			 ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(t->name,
			 zx_object_get_info(h, t->topic, buffer, t->row_size, t_no_access_page(),
					    NULL),
			 ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(t->name,
			 zx_object_get_info(h, t->topic, buffer, t->row_size, NULL,
					    t_no_access_page()),
			 ZX_ERR_INVALID_ARGS);
	}
	t_close(vmo);
	free(buffer);
}

/* ---- rows */

static bool zero_union(const zx_info_maps_t *row)
{
	return t_all(&row->u, sizeof(row->u), 0);
}

static void expect_bytes(const zx_info_maps_t *row, uint64_t committed, uint64_t private_bytes,
			 uint64_t scaled)
{
	const zx_info_maps_mapping_t *m = &row->u.mapping;

	cr_assert(m->committed_bytes == committed && m->committed_private_bytes == private_bytes &&
			  m->committed_scaled_bytes == scaled,
		  "%zu/%zu/%zu, not %" PRIu64 "/%" PRIu64 "/%" PRIu64, m->committed_bytes,
		  m->committed_private_bytes, m->committed_scaled_bytes, committed, private_bytes,
		  scaled);
	cr_assert_eq(m->populated_bytes, m->committed_bytes);
	cr_assert_eq(m->populated_private_bytes, m->committed_private_bytes);
	cr_assert_eq(m->populated_scaled_bytes, m->committed_scaled_bytes);
	cr_assert_eq(m->populated_fractional_scaled_bytes, m->committed_fractional_scaled_bytes);
}

/* spec: vmar 9.3 #1 #3; abi 9.14 #1 #2 #3 */
static void order(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(16 * PG), v, inner, empty;
	zx_vaddr_t base, inner_base, empty_base;

	v = sub(a->vmar, CAN_ALL, 8, 16, &base);
	inner = sub(v, CAN_ALL, 0, 8, &inner_base);
	empty = sub(v, CAN_ALL, 12, 2, &empty_base);
	map_at(a->vmar, RW, 2, vmo, 0, 2);
	map_at(inner, R, 0, vmo, 2, 4);
	map_at(v, 0, 9, vmo, 14, 3);
	map_at(a->vmar, RW, 30, vmo, 4, 6);
	T_OK(zx_vmar_protect(a->vmar, R, a->base + 32 * PG, PG));
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 2, 2, RW, vmo, 0}, {'V', 1, 8, 16, 0, 0, 0},
		    {'V', 2, 8, 8, 0, 0, 0}, {'M', 3, 8, 4, R, vmo, 2}, {'M', 2, 17, 3, 0, vmo, 14},
		    {'V', 2, 20, 2, 0, 0, 0}, {'M', 1, 30, 2, RW, vmo, 4},
		    {'M', 1, 32, 1, R, vmo, 6}, {'M', 1, 33, 3, RW, vmo, 7});
	EXPECT_MAPS("inner alone", v, {'V', 1, 0, 8, 0, 0, 0}, {'M', 2, 0, 4, R, vmo, 2},
		    {'M', 1, 9, 3, 0, vmo, 14}, {'V', 1, 12, 2, 0, 0, 0});
	EXPECT_EMPTY("empty", empty);
	/* Destroyed regions do not appear. */
	T_OK(zx_vmar_destroy(inner));
	EXPECT_MAPS("inner gone", v, {'M', 1, 9, 3, 0, vmo, 14}, {'V', 1, 12, 2, 0, 0, 0});
	t_close(empty);
	t_close(inner);
	t_close(v);
	t_close(vmo);
}

Test(call_vmar_info, vmar_maps__nested_regions__depth_first_in_address_order)
{
	in_both(order);
}

/* spec: vmar 9.3 #2 */
static void fields(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(8 * PG), child = ZX_HANDLE_INVALID;
	zx_info_maps_t got[8];

	memset(got, 0xaa, sizeof(got));
	number_pages(vmo, 3);
	map_at(a->vmar, RW, 4, vmo, 1, 12);
	T_OK(zx_vmar_protect(a->vmar, R, a->base + 5 * PG, PG));
	cr_assert_eq(list(a->vmar, got, 8), 4);
	cr_assert_str_eq(got[0].name, "useralloc");
	cr_assert(got[0].base == a->base && got[0].size == ARENA_PAGES * PG && got[0].depth == 0);
	cr_assert(zero_union(&got[0]));
	for (int i = 0; i < 4; i++)
		cr_assert(t_all(got[i].padding1, sizeof(got[i].padding1), 0));
	cr_assert_str_eq(got[1].name, "");
	expect_bytes(&got[1], PG, PG, PG);
	expect_bytes(&got[2], PG, PG, PG);
	/* VMO pages 3 and up are empty, and those from 8 on do not exist. */
	expect_bytes(&got[3], 0, 0, 0);
	/* The name is the VMO's at the moment of the question. */
	T_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "a name", 6));
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 8 * PG, &child));
	map_at(a->vmar, R, 20, child, 0, 3);
	cr_assert_eq(list(a->vmar, got, 8), 5);
	cr_assert_str_eq(got[1].name, "a name");
	expect_bytes(&got[1], PG, 0, PG / 2);
	expect_bytes(&got[4], 3 * PG, 0, 3 * PG / 2);
	if (a->real)
		T_OK(try_write(a->base + 4 * PG, 9));
	else
		T_OK(zx_vmo_write(vmo, "9", PG, 1));
	cr_assert_eq(list(a->vmar, got, 8), 5);
	expect_bytes(&got[1], PG, PG, PG);
	expect_bytes(&got[2], PG, 0, PG / 2);
	expect_bytes(&got[4], 3 * PG, PG, 2 * PG);
	t_close(child);
	t_close(vmo);
}

Test(call_vmar_info, vmar_maps__fields__names_counts_and_zeros)
{
	in_both(fields);
}

/* A third of a page: fractions. */
static void fractions(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(PG), one = ZX_HANDLE_INVALID, two = ZX_HANDLE_INVALID;
	const uint64_t byte = UINT64_C(1) << 63;
	zx_info_maps_t got[2];
	uint64_t third;

	number_pages(vmo, 1);
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, PG, &one));
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, PG, &two));
	map_at(a->vmar, R, 0, vmo, 0, 1);
	cr_assert_eq(list(a->vmar, got, 2), 2);
	expect_bytes(&got[1], PG, 0, PG / 3);
	third = got[1].u.mapping.committed_fractional_scaled_bytes;
	cr_assert(third >= byte / 3 - 2 && third <= byte / 3 + 2);
	t_close(one);
	t_close(two);
	t_close(vmo);
}

Test(call_vmar_info, vmar_maps__page_shared_by_three__fraction_told)
{
	in_both(fractions);
}

static void expect_process_maps(zx_handle_t process, zx_handle_t root)
{
	struct listing now = whole(process, ZX_INFO_PROCESS_MAPS, sizeof(zx_info_maps_t));
	struct listing v2 = whole(process, ZX_INFO_PROCESS_MAPS_V2, sizeof(zx_info_maps_v2_t));
	struct listing v1 = whole(process, ZX_INFO_PROCESS_MAPS_V1, sizeof(zx_info_maps_v1_t));
	struct listing vmar = whole(root, ZX_INFO_VMAR_MAPS, sizeof(zx_info_maps_t));
	const zx_info_maps_t *rows = now.rows, *below = vmar.rows;
	char name[ZX_MAX_NAME_LEN];
	zx_info_vmar_t info;

	T_OK(zx_object_get_info(root, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
	snprintf(name, sizeof(name), "proc:%" PRIu64, t_koid(process));
	cr_assert_str_eq(rows[0].name, name);
	cr_assert_eq(rows[0].type, ZX_INFO_MAPS_TYPE_ASPACE);
	cr_assert_str_eq(rows[1].name, "root");
	cr_assert_eq(rows[1].type, ZX_INFO_MAPS_TYPE_VMAR);
	for (size_t i = 0; i < 2; i++) {
		cr_assert(rows[i].base == info.base && rows[i].size == info.len &&
			  rows[i].depth == i);
		cr_assert(zero_union(&rows[i]));
	}
	/* The rest is the root's listing, one level deeper. */
	cr_assert_eq(now.avail, vmar.avail + 1);
	cr_assert(v2.avail == now.avail && v1.avail == now.avail);
	for (size_t i = 0; i < now.avail; i++) {
		const zx_info_maps_v2_t *b = &((zx_info_maps_v2_t *)v2.rows)[i];
		const zx_info_maps_v1_t *c = &((zx_info_maps_v1_t *)v1.rows)[i];
		zx_info_maps_t same = rows[i];

		if (i > 0) {
			same.depth--;
			cr_assert_arr_eq(&same, &below[i - 1], sizeof(same));
			cr_assert_geq(rows[i].base, rows[i - 1].base);
		}
		/* Up to the offset all layouts are the same; then pages instead of bytes. */
		cr_assert_arr_eq(b, &rows[i], offsetof(zx_info_maps_t, u.mapping.committed_bytes));
		cr_assert_arr_eq(c, &rows[i], offsetof(zx_info_maps_t, u.mapping.committed_bytes));
		cr_assert_eq(b->u.mapping.committed_pages, rows[i].u.mapping.committed_bytes / PG);
		cr_assert_eq(b->u.mapping.populated_pages, rows[i].u.mapping.populated_bytes / PG);
		cr_assert_eq(c->u.mapping.committed_pages, rows[i].u.mapping.committed_bytes / PG);
	}
	free(now.rows);
	free(v2.rows);
	free(v1.rows);
	free(vmar.rows);
}

/* spec: vmar 9.4 #3 #4 #5; abi 9.14 #4 #7 */
Test(call_vmar_info, process_maps__self_and_never_started__all_layouts)
{
	struct process p = other_process();
	zx_handle_t vmo = t_vmo(8 * PG), v;
	zx_info_maps_t rows[4];
	size_t actual, avail;
	zx_vaddr_t base;

	/* Nothing but the address space and its root. */
	T_OK(zx_object_get_info(p.process, ZX_INFO_PROCESS_MAPS, rows, sizeof(rows), &actual,
				&avail));
	cr_assert(actual == 2 && avail == 2);
	expect_process_maps(p.process, p.root);
	number_pages(vmo, 3);
	v = sub(p.root, CAN_ALL, 10, 20, &base);
	map_at(v, RW, 5, vmo, 0, 8);
	map_at(p.root, R, 1000, vmo, 2, 2);
	T_OK(zx_vmar_protect(v, 0, base + 6 * PG, PG));
	expect_process_maps(p.process, p.root);
	t_close(v);
	v = arena_of(zx_vmar_root_self(), CAN_ALL, 20, &base);
	map_at(v, RW, 5, vmo, 0, 8);
	T_OK(zx_vmar_protect(v, R, base + 6 * PG, PG));
	expect_process_maps(zx_process_self(), zx_vmar_root_self());
	cr_assert_str_eq(the_vdso().name, "vdso/next");
	t_close(v);
	t_close(vmo);
	end_process(&p);
}

/* ---- dead ones */

static void expect_counts(const char *row, zx_handle_t handle, uint32_t topic, zx_status_t want,
			  size_t want_actual, size_t want_avail)
{
	size_t actual = 77, avail = 78;

	T_ZX_ROW(row, zx_object_get_info(handle, topic, NULL, 0, &actual, &avail), want);
	cr_assert(actual == want_actual && avail == want_avail, "%s: counts %zu, %zu", row, actual,
		  avail);
}

/* spec: vmar 9.4 #1 #2; abi 9.11 topic #14; abi 9.14 #6 */
static void dead_region(const struct arena *a)
{
	zx_vaddr_t base;
	zx_handle_t v = arena_of(a->vmar, CAN_ALL, 5, &base);
	zx_info_vmar_t info;

	T_OK(zx_vmar_destroy(v));
	T_OK(zx_object_get_info(v, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
	cr_assert(info.base == base && info.len == 5 * PG);
	expect_counts("dead", v, ZX_INFO_VMAR_MAPS, ZX_ERR_BAD_STATE, 77, 78);
	t_close(v);
}

Test(call_vmar_info, dead_region__asked__range_but_no_rows)
{
	in_both(dead_region);
}

/* spec: vmar 9.4 #6 #8 #10 #11; abi 9.14 #5; abi 9.15 #2 */
Test(call_vmar_info, process__never_started_and_dead__each_topic)
{
	struct process p = other_process();
	zx_info_task_stats_t stats;

	expect_counts("not started", p.process, ZX_INFO_PROCESS_MAPS, ZX_OK, 0, 2);
	expect_counts("not started", p.process, ZX_INFO_PROCESS_VMOS, ZX_ERR_BAD_STATE, 0, 0);
	memset(&stats, 0xaa, sizeof(stats));
	T_OK(zx_object_get_info(p.process, ZX_INFO_TASK_STATS, &stats, sizeof(stats), NULL, NULL));
	cr_assert(t_all(&stats, sizeof(stats), 0));
	T_OK(zx_task_kill(p.process));
	expect_counts("dead", p.process, ZX_INFO_PROCESS_MAPS, ZX_ERR_BAD_STATE, 0, 0);
	expect_counts("dead", p.process, ZX_INFO_PROCESS_MAPS_V1, ZX_ERR_BAD_STATE, 0, 0);
	expect_counts("dead", p.process, ZX_INFO_PROCESS_MAPS_V2, ZX_ERR_BAD_STATE, 0, 0);
	expect_counts("dead", p.process, ZX_INFO_PROCESS_VMOS, ZX_ERR_BAD_STATE, 0, 0);
	expect_counts("dead", p.process, ZX_INFO_TASK_STATS, ZX_ERR_BAD_STATE, 77, 78);
	T_ZX(zx_object_get_info(p.process, ZX_INFO_PROCESS_MAPS, NULL, 0, t_no_access_page(), NULL),
	     ZX_ERR_INVALID_ARGS);
	end_process(&p);
}

/* ---- PROCESS_VMOS */

/* spec: vmar 9.4 #9; abi 9.15 #1 */
Test(call_vmar_info, process_vmos__self__handles_latest_first_then_mappings)
{
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 32, &base);
	zx_handle_t one = t_vmo(4 * PG), two = t_vmo(8 * PG), weak;
	const zx_koid_t koid_one = t_koid(one), koid_two = t_koid(two);
	struct listing now, old;
	size_t maps_from;

	weak = without(one, ZX_RIGHT_WRITE);
	map_at(v, RW, 0, two, 0, 4);
	map_at(v, R, 8, one, 0, 2);
	/* Protection ranges are no mappings; two mappings of one VMO are two rows. */
	T_OK(zx_vmar_protect(v, R, base + PG, PG));
	map_at(v, R, 12, one, 0, 2);
	now = whole(zx_process_self(), ZX_INFO_PROCESS_VMOS, sizeof(zx_info_vmo_t));
	const zx_info_vmo_t *rows = now.rows;

	cr_assert_geq(now.avail, 7);
	/* The latest handles first. */
	static const uint32_t via =
		ZX_INFO_VMO_VIA_HANDLE | ZX_INFO_VMO_VIA_MAPPING | ZX_INFO_VMO_VIA_IOB_HANDLE;
	const struct {
		zx_koid_t koid;
		zx_rights_t rights;
	} handles[] = {
		{koid_one, t_rights(weak)}, {koid_two, t_rights(two)}, {koid_one, t_rights(one)}};

	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(rows[i].koid, handles[i].koid, "row %zu", i);
		cr_assert_eq(rows[i].handle_rights, handles[i].rights, "row %zu", i);
		cr_assert_eq(rows[i].flags & via, ZX_INFO_VMO_VIA_HANDLE);
	}
	for (maps_from = 3; maps_from < now.avail; maps_from++) {
		if ((rows[maps_from].flags & via) == ZX_INFO_VMO_VIA_MAPPING)
			break;
	}
	/* Mappings in address order: our three, and the vDSO is the last. */
	const zx_koid_t mapped[] = {koid_two, koid_one, koid_one};
	size_t at = maps_from;

	while (at < now.avail && rows[at].koid != koid_two)
		at++;
	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(rows[at + i].koid, mapped[i]);
		cr_assert_eq(rows[at + i].flags & via, ZX_INFO_VMO_VIA_MAPPING);
		cr_assert_eq(rows[at + i].handle_rights, 0);
		cr_assert_eq(rows[at + i].num_mappings, i == 0 ? 1 : 2);
	}
	cr_assert_str_eq(rows[now.avail - 1].name, "vdso/next");
	for (size_t i = maps_from; i < now.avail; i++)
		cr_assert_eq(rows[i].flags & via, ZX_INFO_VMO_VIA_MAPPING);
	/* Older layouts are beginnings of the newest. */
	static const struct {
		uint32_t topic;
		size_t size;
	} versions[] = {
		{ZX_INFO_PROCESS_VMOS_V3, sizeof(zx_info_vmo_v3_t)},
		{ZX_INFO_PROCESS_VMOS_V2, sizeof(zx_info_vmo_v2_t)},
		{ZX_INFO_PROCESS_VMOS_V1, sizeof(zx_info_vmo_v1_t)},
	};

	T_EACH (versions, version) {
		old = whole(zx_process_self(), version->topic, version->size);
		cr_assert_eq(old.avail, now.avail);
		for (size_t i = 0; i < now.avail; i++) {
			const char *row = (const char *)old.rows + i * version->size;

			cr_assert_arr_eq(row, &rows[i], offsetof(zx_info_vmo_v1_t, num_mappings));
		}
		free(old.rows);
	}
	free(now.rows);
	t_close(weak);
	t_close(one);
	t_close(two);
	t_close(v);
}

/* ---- TASK_STATS */

static zx_info_task_stats_t stats_of(zx_handle_t process)
{
	zx_info_task_stats_t now;
	zx_info_task_stats_v1_t old;

	memset(&now, 0xaa, sizeof(now));
	T_OK(zx_object_get_info(process, ZX_INFO_TASK_STATS, &now, sizeof(now), NULL, NULL));
	T_OK(zx_object_get_info(process, ZX_INFO_TASK_STATS_V1, &old, sizeof(old), NULL, NULL));
	cr_assert_arr_eq(&old, &now, sizeof(old));
	return now;
}

static void expect_stats(const char *row, zx_handle_t process, uint64_t mapped,
			 uint64_t private_bytes, uint64_t shared, uint64_t scaled)
{
	const zx_info_task_stats_t s = stats_of(process);

	cr_assert(s.mem_mapped_bytes == mapped && s.mem_private_bytes == private_bytes &&
			  s.mem_shared_bytes == shared && s.mem_scaled_shared_bytes == scaled,
		  "%s: %zu/%zu/%zu/%zu, not %" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64, row,
		  s.mem_mapped_bytes, s.mem_private_bytes, s.mem_shared_bytes,
		  s.mem_scaled_shared_bytes, mapped, private_bytes, shared, scaled);
}

/* spec: abi 9.13 #1 #2 #3 */
Test(call_vmar_info, task_stats__private_cow_and_shared__each_summed)
{
	struct process p = other_process(), q = other_process();
	zx_handle_t vmo = t_vmo(8 * PG), child = ZX_HANDLE_INVALID, third = ZX_HANDLE_INVALID;
	zx_info_task_stats_t s;

	number_pages(vmo, 3);
	map_at(p.root, RW, 0, vmo, 0, 16); /* also what lies past the end */
	expect_stats("private", p.process, 16 * PG, 3 * PG, 0, 0);
	/* A page that is mapped twice in one process counts twice. */
	map_at(p.root, R, 100, vmo, 1, 1);
	expect_stats("twice", p.process, 17 * PG, 4 * PG, 0, 0);
	T_OK(zx_vmar_unmap(p.root, 0x200000 + 100 * PG, PG));
	/* Copy-on-write relatives. */
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 8 * PG, &child));
	expect_stats("cloned", p.process, 16 * PG, 0, 3 * PG, 3 * PG / 2);
	T_OK(zx_vmo_write(vmo, "x", 0, 1));
	expect_stats("one forked", p.process, 16 * PG, PG, 2 * PG, PG);
	/* A second address space maps the same VMO. */
	map_at(q.root, R, 0, vmo, 0, 2);
	expect_stats("shared, p", p.process, 16 * PG, 0, 3 * PG, PG);
	expect_stats("shared, q", q.process, 2 * PG, 0, 2 * PG, 3 * PG / 4);
	T_OK(zx_vmar_unmap(q.root, 0x200000, 2 * PG));
	expect_stats("shared no more", p.process, 16 * PG, PG, 2 * PG, PG);
	/* Thirds: the fraction is told. */
	T_OK(zx_vmo_create_child(child, ZX_VMO_CHILD_SNAPSHOT, 0, 8 * PG, &third));
	s = stats_of(p.process);
	cr_assert_eq(s.mem_scaled_shared_bytes, 2 * PG / 3);
	cr_assert(s.mem_fractional_scaled_shared_bytes > (UINT64_C(1) << 63) / 3 * 2 - 16 &&
		  s.mem_fractional_scaled_shared_bytes < (UINT64_C(1) << 63) / 3 * 2 + 16);
	t_close(third);
	t_close(child);
	t_close(vmo);
	end_process(&q);
	end_process(&p);
}

/* ---- 9.5 */

/* spec: vmar 9.5 #1 */
Test(call_vmar_info, buffer_in_the_listed_address_space__uncommitted__all_rows_right)
{
	static const struct {
		uint32_t topic;
		size_t size;
		bool of_process;
	} lists[] = {
		{ZX_INFO_PROCESS_MAPS, sizeof(zx_info_maps_t), true},
		{ZX_INFO_VMAR_MAPS, sizeof(zx_info_maps_t), false},
		{ZX_INFO_PROCESS_VMOS, sizeof(zx_info_vmo_t), true},
	};
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 4096, &base), vmo = t_vmo(PG);

	/* Rows enough for several pages of the buffer. */
	for (uint64_t i = 0; i < 200; i++)
		map_at(v, R, 1000 + 2 * i, vmo, 0, 1);
	T_EACH (lists, l) {
		zx_handle_t buffer = t_vmo(64 * PG);
		struct listing own;
		size_t actual = 0, avail = 0;
		const zx_vaddr_t at = map_at(v, RW, 0, buffer, 0, 64);

		T_OK(zx_object_get_info(target(l->of_process), l->topic, (void *)at, 64 * PG,
					&actual, &avail));
		cr_assert(actual == avail && actual > 200);
		own = whole(target(l->of_process), l->topic, l->size);
		cr_assert_eq(own.avail, avail);
		/* All but the row of the buffer itself, whose pages came meanwhile. */
		size_t differ = 0;

		for (size_t i = 0; i < actual; i++) {
			const char *got = (const char *)at + i * l->size;

			if (memcmp(got, (const char *)own.rows + i * l->size, l->size) != 0)
				differ++;
		}
		cr_assert_leq(differ, l->topic == ZX_INFO_PROCESS_VMOS ? 2 : 1);
		free(own.rows);
		/* A buffer that cannot be written to its end. */
		T_OK(zx_vmar_protect(v, R, at + 5 * PG, PG));
		T_ZX(zx_object_get_info(target(l->of_process), l->topic, (void *)at, 64 * PG, NULL,
					NULL),
		     ZX_ERR_INVALID_ARGS);
		T_OK(zx_vmar_unmap(v, at, 64 * PG));
		t_close(buffer);
	}
	t_close(vmo);
	t_close(v);
}
