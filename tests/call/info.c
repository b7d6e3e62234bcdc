/* zi-test: valgrind */
/* zx_object_get_info: the rules that all topics share, and the topics about handles and tasks. */
#include "object_t.h"

static zx_handle_t job, vmar, process, timer, event, mappable;

static void setup(void)
{
	job = zx_job_default();
	process = a_process(job, &vmar);
	timer = a_timer();
	event = an_event();
	mappable = a_clock(ZX_CLOCK_OPT_MAPPABLE);
}

static void teardown(void)
{
	T_OK(zx_handle_close_many((zx_handle_t[]){vmar, process, timer, event, mappable}, 5));
}

TestSuite(call_info, .init = setup, .fini = teardown);

/* ---- topics and handles */

enum about { ANY, TASK, PROCESS, JOB, THREAD, TIMER, CLOCK, VMAR, VMO, NOTHING, SYSTEM };

/*
 * Each topic: what it is about, its record (0: none is ever written), whether it is a list, the
 * rights it needs.
 */
static const struct topic {
	const char *name;
	uint32_t topic;
	enum about about;
	size_t record;
	bool list;
	zx_rights_t rights;
} topics[] = {
	{"HANDLE_VALID", ZX_INFO_HANDLE_VALID, ANY, 0, false, 0},
	{"HANDLE_BASIC", ZX_INFO_HANDLE_BASIC, ANY, 32, false, 0},
	{"HANDLE_COUNT", ZX_INFO_HANDLE_COUNT, ANY, 4, false, ZX_RIGHT_INSPECT},
	{"PROCESS", ZX_INFO_PROCESS, PROCESS, 24, false, ZX_RIGHT_INSPECT},
	{"PROCESS_THREADS", ZX_INFO_PROCESS_THREADS, PROCESS, 8, true, ZX_RIGHT_ENUMERATE},
	{"JOB_CHILDREN", ZX_INFO_JOB_CHILDREN, JOB, 8, true, ZX_RIGHT_ENUMERATE},
	{"JOB_PROCESSES", ZX_INFO_JOB_PROCESSES, JOB, 8, true, ZX_RIGHT_ENUMERATE},
	{"THREAD", ZX_INFO_THREAD, THREAD, 72, false, ZX_RIGHT_INSPECT},
	{"THREAD_STATS", ZX_INFO_THREAD_STATS, THREAD, 16, false, ZX_RIGHT_INSPECT},
	{"TASK_STATS_V1", ZX_INFO_TASK_STATS_V1, PROCESS, 32, false, ZX_RIGHT_INSPECT},
	{"TASK_STATS", ZX_INFO_TASK_STATS, PROCESS, 40, false, ZX_RIGHT_INSPECT},
	{"TASK_RUNTIME_V1", ZX_INFO_TASK_RUNTIME_V1, TASK, 16, false, ZX_RIGHT_INSPECT},
	{"TASK_RUNTIME", ZX_INFO_TASK_RUNTIME, TASK, 32, false, ZX_RIGHT_INSPECT},
	{"PROCESS_MAPS_V1", ZX_INFO_PROCESS_MAPS_V1, PROCESS, 96, true, ZX_RIGHT_INSPECT},
	{"PROCESS_MAPS_V2", ZX_INFO_PROCESS_MAPS_V2, PROCESS, 104, true, ZX_RIGHT_INSPECT},
	{"PROCESS_MAPS", ZX_INFO_PROCESS_MAPS, PROCESS, 152, true, ZX_RIGHT_INSPECT},
	{"PROCESS_VMOS_V1", ZX_INFO_PROCESS_VMOS_V1, PROCESS, 104, true, ZX_RIGHT_INSPECT},
	{"PROCESS_VMOS_V2", ZX_INFO_PROCESS_VMOS_V2, PROCESS, 120, true, ZX_RIGHT_INSPECT},
	{"PROCESS_VMOS_V3", ZX_INFO_PROCESS_VMOS_V3, PROCESS, 128, true, ZX_RIGHT_INSPECT},
	{"PROCESS_VMOS", ZX_INFO_PROCESS_VMOS, PROCESS, sizeof(zx_info_vmo_t), true,
	 ZX_RIGHT_INSPECT},
	{"VMAR_MAPS", ZX_INFO_VMAR_MAPS, VMAR, 152, true, ZX_RIGHT_INSPECT},
	{"VMAR", ZX_INFO_VMAR, VMAR, 16, false, ZX_RIGHT_INSPECT},
	{"VMO_V1", ZX_INFO_VMO_V1, VMO, 104, false, 0},
	{"VMO_V2", ZX_INFO_VMO_V2, VMO, 120, false, 0},
	{"VMO_V3", ZX_INFO_VMO_V3, VMO, 128, false, 0},
	{"VMO", ZX_INFO_VMO, VMO, sizeof(zx_info_vmo_t), false, 0},
	{"JOB", ZX_INFO_JOB, JOB, 16, false, ZX_RIGHT_INSPECT},
	{"TIMER", ZX_INFO_TIMER, TIMER, 24, false, ZX_RIGHT_INSPECT},
	{"HANDLE_TABLE", ZX_INFO_HANDLE_TABLE, PROCESS, 40, true,
	 ZX_RIGHT_INSPECT | ZX_RIGHT_MANAGE_PROCESS | ZX_RIGHT_MANAGE_THREAD},
	{"PROCESS_HANDLE_STATS", ZX_INFO_PROCESS_HANDLE_STATS, PROCESS, 256, false,
	 ZX_RIGHT_INSPECT},
	{"CLOCK_MAPPED_SIZE", ZX_INFO_CLOCK_MAPPED_SIZE, CLOCK, 8, false, ZX_RIGHT_INSPECT},
	{"SOCKET", ZX_INFO_SOCKET, NOTHING, 0, false, 0},
	{"MSI", ZX_INFO_MSI, NOTHING, 0, false, 0},
	{"VCPU", ZX_INFO_VCPU, NOTHING, 0, false, 0},
	{"CPU_STATS", ZX_INFO_CPU_STATS, SYSTEM, 0, false, 0},
	{"GUEST_STATS", ZX_INFO_GUEST_STATS, SYSTEM, 0, false, 0},
	{"KMEM_STATS_V1", ZX_INFO_KMEM_STATS_V1, SYSTEM, 0, false, 0},
	{"KMEM_STATS", ZX_INFO_KMEM_STATS, SYSTEM, 0, false, 0},
	{"KMEM_STATS_EXTENDED", ZX_INFO_KMEM_STATS_EXTENDED, SYSTEM, 0, false, 0},
	{"KMEM_STATS_COMPRESSION", ZX_INFO_KMEM_STATS_COMPRESSION, SYSTEM, 0, false, 0},
	{"POWER_DOMAINS", ZX_INFO_POWER_DOMAINS, SYSTEM, 0, false, 0},
	{"MEMORY_STALL", ZX_INFO_MEMORY_STALL, SYSTEM, 0, false, 0},
};

/* A handle that the topic is about. */
static zx_handle_t target(const struct topic *t)
{
	switch (t->about) {
	case ANY:
		return event;
	case TASK:
	case PROCESS:
		return zx_process_self();
	case JOB:
		return job;
	case THREAD:
		return zx_thread_self();
	case TIMER:
		return timer;
	case CLOCK:
		return mappable;
	case VMAR:
		return zx_vmar_root_self();
	case VMO: {
		static zx_handle_t vmo;

		return vmo = t_vmo(T_PAGE);
	}
	default:
		return ZX_HANDLE_INVALID;
	}
}

static void drop(const struct topic *t, zx_handle_t h)
{
	if (t->about == VMO)
		t_close(h);
}

#define UNTOUCHED ((size_t)0x1234567)

/* ---- the order of checks */

/* spec: abi 9.11 #1 */
Test(call_info, unknown_topics__with_any_handle__not_supported)
{
	for (uint32_t number = 0; number < 64; number++) {
		for (uint32_t version = 0; version < 16; version++) {
			const uint32_t topic = number | version << 28;
			size_t actual = UNTOUCHED, avail = UNTOUCHED;
			bool known = false;
			char buffer[8];

			T_EACH (topics, t) {
				known |= t->topic == topic;
			}
			/* Those that belong to objects which other tests make. */
			static const uint32_t others[] = {ZX_INFO_THREAD_EXCEPTION_REPORT_V1,
							  ZX_INFO_THREAD_EXCEPTION_REPORT,
							  ZX_INFO_RESOURCE,
							  ZX_INFO_BTI,
							  ZX_INFO_STREAM,
							  ZX_INFO_IOB,
							  ZX_INFO_IOB_REGIONS,
							  ZX_INFO_INTERRUPT};

			T_EACH (others, o) {
				known |= *o == topic;
			}
			if (known)
				continue;
			T_ZX(zx_object_get_info(a_stale_handle(), topic, buffer, 8, &actual,
						&avail),
			     ZX_ERR_NOT_SUPPORTED);
			T_ZX(zx_object_get_info(zx_process_self(), topic, buffer, 8, &actual,
						&avail),
			     ZX_ERR_NOT_SUPPORTED);
			cr_assert(actual == UNTOUCHED && avail == UNTOUCHED, "topic 0x%x", topic);
		}
	}
	T_ZX(zx_object_get_info(event, UINT32_MAX, NULL, 0, NULL, NULL), ZX_ERR_NOT_SUPPORTED);
	T_ZX(zx_object_get_info(event, 41, NULL, 0, NULL, NULL), ZX_ERR_NOT_SUPPORTED);
}

/*
 * spec: abi 9.11 #7 topic #2 #3 #4 #5 #6 #7 #9 #10 #11 #12 #13 #15 #17 #19 #20
 */
Test(call_info, each_topic__stale_handle_wrong_type_missing_right__first_of_the_order)
{
	zx_handle_t stale = a_stale_handle(), bare_event = dup_of(event, 0);

	T_EACH (topics, t) {
		zx_handle_t h = target(t);
		size_t actual = UNTOUCHED, avail = UNTOUCHED;
		char buffer[8];

		T_ZX_ROW(t->name, zx_object_get_info(stale, t->topic, buffer, 0, &actual, &avail),
			 ZX_ERR_BAD_HANDLE);
		T_ZX_ROW(t->name, zx_object_get_info(0, t->topic, buffer, 0, &actual, &avail),
			 ZX_ERR_BAD_HANDLE);
		if (t->about != ANY) {
			/* INSPECT comes before the type only where several types will do. */
			T_ZX_ROW(t->name,
				 zx_object_get_info(bare_event, t->topic, buffer, 0, &actual,
						    &avail),
				 t->about == TASK ? ZX_ERR_ACCESS_DENIED : ZX_ERR_WRONG_TYPE);
			T_ZX_ROW(t->name,
				 zx_object_get_info(event, t->topic, buffer, 0, &actual, &avail),
				 ZX_ERR_WRONG_TYPE);
		}
		for (unsigned bit = 0; bit < 31; bit++) {
			if (!(t->rights & 1u << bit))
				continue;
			zx_handle_t bare = without(h, 1u << bit);

			T_ZX_ROW(t->name,
				 zx_object_get_info(bare, t->topic, buffer, 0, &actual, &avail),
				 ZX_ERR_ACCESS_DENIED);
			t_close(bare);
		}
		cr_assert(actual == UNTOUCHED && avail == UNTOUCHED, "%s: a counter was written",
			  t->name);
		if (h != ZX_HANDLE_INVALID) {
			/* No other right is needed. */
			zx_handle_t just = dup_of(h, t->rights);
			char *room = malloc(1 << 20);

			T_ZX_ROW(t->name,
				 zx_object_get_info(just, t->topic, room, 1 << 20, NULL, NULL),
				 ZX_OK);
			free(room);
			t_close(just);
		}
		drop(t, h);
	}
	t_close(bare_event);
}

/* ---- buffers */

/* spec: abi 9.11 #2 #3 #4 #6 */
Test(call_info, record_topics__buffer_of_each_size__written_once_or_too_small)
{
	T_EACH (topics, t) {
		zx_handle_t h = target(t);
		uint8_t buffer[512];
		size_t actual, avail;

		for (size_t size = 0; t->record != 0 && !t->list && size <= t->record + 9; size++) {
			const bool fits = size >= t->record;

			memset(buffer, 0x5a, sizeof(buffer));
			actual = avail = UNTOUCHED;
			T_ZX_ROW(t->name,
				 zx_object_get_info(h, t->topic, buffer, size, &actual, &avail),
				 fits ? ZX_OK : ZX_ERR_BUFFER_TOO_SMALL);
			cr_assert(actual == (fits ? 1 : 0) && avail == 1, "%s, size %zu", t->name,
				  size);
			cr_assert(t_all(buffer + (fits ? t->record : 0), 100, 0x5a),
				  "%s, size %zu: wrote beyond", t->name, size);
			T_ZX_ROW(t->name, zx_object_get_info(h, t->topic, buffer, size, NULL, NULL),
				 fits ? ZX_OK : ZX_ERR_BUFFER_TOO_SMALL);
		}
		if (t->record != 0 && !t->list) {
			actual = avail = UNTOUCHED;
			T_ZX_ROW(t->name,
				 zx_object_get_info(h, t->topic, NULL, 512, &actual, &avail),
				 ZX_ERR_INVALID_ARGS);
			T_ZX_ROW(t->name,
				 zx_object_get_info(h, t->topic, t_before_guard(t->record - 1), 512,
						    &actual, &avail),
				 ZX_ERR_INVALID_ARGS);
			cr_assert(actual == UNTOUCHED && avail == UNTOUCHED, "%s", t->name);
			T_ZX_ROW(t->name, zx_object_get_info(h, t->topic, NULL, 0, &actual, &avail),
				 ZX_ERR_BUFFER_TOO_SMALL);
			T_ZX_ROW(t->name,
				 zx_object_get_info(h, t->topic, buffer, 512, t_bad_ptr(), &avail),
				 ZX_ERR_INVALID_ARGS);
			T_ZX_ROW(t->name,
				 zx_object_get_info(h, t->topic, buffer, 0, &actual, t_bad_ptr()),
				 ZX_ERR_INVALID_ARGS);
		}
		drop(t, h);
	}
}

/* spec: abi 9.11 #5 #6 */
Test(call_info, array_topics__room_for_each_count__as_many_as_fit_and_the_total)
{
	zx_handle_t extra[3] = {a_job(job), a_job(job), a_process(job, &(zx_handle_t){0})};

	t_map(t_vmo(T_PAGE), 0, T_PAGE);
	T_EACH (topics, t) {
		zx_handle_t h = target(t);
		size_t actual = UNTOUCHED, avail = UNTOUCHED, total;
		uint8_t *buffer;

		if (!t->list)
			continue;
		T_ZX_ROW(t->name, zx_object_get_info(h, t->topic, NULL, 0, &actual, &total), ZX_OK);
		cr_assert_eq(actual, 0, "%s", t->name);
		cr_assert_gt(total, 0, "%s", t->name);
		buffer = malloc((total + 1) * t->record);
		for (size_t room = 0; room <= total + 1; room++) {
			for (size_t more = 0; more <= (room > total ? 0 : t->record - 1);
			     more += t->record - 1) {
				const size_t want = room < total ? room : total;

				memset(buffer, 0x5a, (total + 1) * t->record);
				T_ZX_ROW(t->name,
					 zx_object_get_info(h, t->topic, buffer,
							    room * t->record + more, &actual,
							    &avail),
					 ZX_OK);
				cr_assert_eq(actual, want, "%s, room for %zu: %zu", t->name, room,
					     actual);
				cr_assert_eq(avail, total, "%s, room for %zu: %zu", t->name, room,
					     avail);
				cr_assert(t_all(buffer + want * t->record,
						(total + 1 - want) * t->record, 0x5a),
					  "%s: wrote beyond", t->name);
			}
		}
		T_ZX_ROW(t->name,
			 zx_object_get_info(h, t->topic, buffer, total * t->record, NULL, NULL),
			 ZX_OK);
		T_ZX_ROW(t->name, zx_object_get_info(h, t->topic, NULL, t->record, &actual, &avail),
			 ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(t->name, zx_object_get_info(h, t->topic, buffer, 0, t_bad_ptr(), NULL),
			 ZX_ERR_INVALID_ARGS);
		free(buffer);
	}
	T_OK(zx_handle_close_many(extra, 3));
}

/* ---- handles */

/* spec: abi 9.11 topic #1 */
Test(call_info, handle_valid__bad_pointers__not_even_looked_at)
{
	T_OK(zx_object_get_info(event, ZX_INFO_HANDLE_VALID, t_bad_ptr(), 8, t_bad_ptr(),
				t_bad_ptr()));
	T_OK(zx_object_get_info(event, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL));
	T_ZX(zx_object_get_info(event ^ 1, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL),
	     ZX_ERR_BAD_HANDLE);
}

/* spec: abi 9.10 #5 */
Test(call_info, handle_basic__types_without_kin__related_koid_0)
{
	const zx_obj_type_t kin[] = {ZX_OBJ_TYPE_EVENTPAIR, ZX_OBJ_TYPE_PROCESS,
				     ZX_OBJ_TYPE_THREAD};
	struct one_of all[ONE_OF_EACH];

	one_of_each(all);
	for (unsigned i = 0; i < ONE_OF_EACH; i++) {
		bool has = false;

		T_EACH (kin, type) {
			has |= *type == all[i].type;
		}
		cr_assert_eq(basic(all[i].handle).related_koid != 0, has, "%s", all[i].name);
	}
	close_each(all);
}

/* spec: abi 9.12 #1 */
Test(call_info, handle_count__handles_come_and_go__all_of_the_object)
{
	zx_handle_t copies[100];

	cr_assert_eq(handle_count(event), 1);
	for (unsigned i = 0; i < 100; i++) {
		copies[i] = dup_of(event, i % 2 ? SAME : 0);
		cr_assert_eq(handle_count(event), i + 2);
	}
	T_OK(zx_handle_close_many(copies, 100));
	cr_assert_eq(handle_count(event), 1);
}

/* spec: abi 9.12 #2 */
Test(call_info, handle_stats__by_type__handles_and_not_objects)
{
	zx_info_process_handle_stats_t before, after;
	zx_handle_t copies[5];

	T_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS, &before,
				sizeof(before), NULL, NULL));
	for (unsigned i = 0; i < 5; i++)
		copies[i] = dup_of(timer, 0);
	T_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS, &after,
				sizeof(after), NULL, NULL));
	cr_assert_eq(after.handle_count[ZX_OBJ_TYPE_TIMER],
		     before.handle_count[ZX_OBJ_TYPE_TIMER] + 5);
	after.handle_count[ZX_OBJ_TYPE_TIMER] -= 5;
	cr_assert_eq(memcmp(&before, &after, sizeof(before)), 0);
	T_OK(zx_object_get_info(process, ZX_INFO_PROCESS_HANDLE_STATS, &after, sizeof(after), NULL,
				NULL));
	cr_assert(t_all(&after, sizeof(after), 0), "a process that never ran has no handles");
	T_OK(zx_handle_close_many(copies, 5));
}

/* spec: abi 9.12 #3 */
Test(call_info, handle_table__rows__most_recent_first)
{
	zx_info_handle_extended_t rows[64];
	zx_handle_t a, b, copy;
	size_t actual = 0, avail = 0, live = 0;

	zx_process_self(); /* the first call makes a handle */
	a_pair(&a, &b);
	t_close(a_timer());
	copy = dup_of(a, ZX_RIGHT_WAIT);
	T_OK(zx_object_get_info(zx_process_self(), ZX_INFO_HANDLE_TABLE, rows, sizeof(rows),
				&actual, &avail));
	cr_assert(actual == avail && actual < 64);
	const zx_handle_t order[] = {copy, b, a};

	for (unsigned i = 0; i < 3; i++) {
		zx_info_handle_basic_t info = basic(order[i]);

		cr_assert_eq(rows[i].handle_value, order[i], "row %u", i);
		cr_assert(rows[i].type == info.type && rows[i].rights == info.rights &&
			  rows[i].koid == info.koid && rows[i].related_koid == info.related_koid &&
			  rows[i].reserved == 0 && rows[i].peer_owner_koid == 0);
	}
	for (size_t i = 0; i < actual; i++)
		T_OK(zx_handle_check_valid(rows[i].handle_value));

	/*
	 * The quirk: with only `actual` the caller's handles are counted, whichever process is
	 * named.
	 */
	T_OK(zx_object_get_info(process, ZX_INFO_HANDLE_TABLE, NULL, 0, &live, NULL));
	cr_assert_eq(live, avail);
	T_OK(zx_object_get_info(process, ZX_INFO_HANDLE_TABLE, NULL, 4000, &live, NULL));
	cr_assert_eq(live, avail);
	T_OK(zx_object_get_info(process, ZX_INFO_HANDLE_TABLE, NULL, 0, &live, &avail));
	cr_assert(live == 0 && avail == 0);
	T_OK(zx_handle_close_many((zx_handle_t[]){a, b, copy}, 3));
}

/* ---- tasks */

static bool listed(zx_handle_t h, uint32_t topic, zx_koid_t koid)
{
	zx_koid_t koids[32];
	size_t n = 0;

	T_OK(zx_object_get_info(h, topic, koids, sizeof(koids), &n, NULL));
	for (size_t i = 0; i < n; i++) {
		if (koids[i] == koid)
			return true;
	}
	return false;
}

static void *show(void *arg)
{
	_Atomic zx_koid_t *koid = arg;

	atomic_store(koid, t_koid(zx_thread_self()));
	while (atomic_load(koid) != 0)
		sleep_ms(1);
	return NULL;
}

Test(call_info, lists_of_tasks__children_and_threads__while_they_live)
{
	zx_handle_t child = a_job(job), grandchild = a_job(child), other_vmar,
		    other = a_process(child, &other_vmar);
	_Atomic zx_koid_t shown = 0;
	pthread_t t = start(show, (void *)&shown);

	while (atomic_load(&shown) == 0)
		sleep_ms(1);
	const zx_koid_t thread = atomic_load(&shown);

	cr_assert(listed(zx_process_self(), ZX_INFO_PROCESS_THREADS, thread));
	cr_assert(listed(zx_process_self(), ZX_INFO_PROCESS_THREADS, t_koid(zx_thread_self())));
	cr_assert_not(listed(other, ZX_INFO_PROCESS_THREADS, thread));
	cr_assert(listed(job, ZX_INFO_JOB_CHILDREN, t_koid(child)));
	cr_assert_not(listed(job, ZX_INFO_JOB_CHILDREN, t_koid(grandchild)));
	cr_assert(listed(job, ZX_INFO_JOB_PROCESSES, t_koid(zx_process_self())));
	cr_assert_not(listed(job, ZX_INFO_JOB_PROCESSES, t_koid(other)));
	cr_assert(listed(child, ZX_INFO_JOB_PROCESSES, t_koid(other)));
	atomic_store(&shown, 0);
	finish(t);
	T_OK(zx_task_kill(other));
	cr_assert_not(listed(zx_process_self(), ZX_INFO_PROCESS_THREADS, thread));
	cr_assert_not(listed(child, ZX_INFO_JOB_PROCESSES, t_koid(other)));
	T_OK(zx_handle_close_many((zx_handle_t[]){child, grandchild, other, other_vmar}, 4));
}

/* spec: abi 9.11 topic #8 */
Test(call_info, thread__of_the_caller__running_here)
{
	zx_info_thread_stats_t stats;
	zx_info_thread_t info;
	uint64_t cpus = 0;

	T_OK(zx_object_get_info(zx_thread_self(), ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL));
	cr_assert_eq(info.state, ZX_THREAD_STATE_RUNNING);
	cr_assert_eq(info.wait_exception_channel_type, 0);
	for (unsigned i = 0; i < 8; i++)
		cpus |= info.cpu_affinity_mask.mask[i];
	cr_assert_neq(cpus, 0);
	cr_assert_eq(state_of(zx_thread_self()), ZX_THREAD_RUNNING);
	T_OK(zx_object_get_info(zx_thread_self(), ZX_INFO_THREAD_STATS, &stats, sizeof(stats), NULL,
				NULL));
	cr_assert_gt(stats.total_runtime, 0);
	cr_assert_neq(stats.last_scheduled_cpu, ZX_INFO_INVALID_CPU);
	T_ZX(zx_object_get_info(zx_thread_self(), ZX_INFO_THREAD_EXCEPTION_REPORT, &stats, 0, NULL,
				NULL),
	     ZX_ERR_BAD_STATE);
	T_ZX(zx_object_get_info(event, ZX_INFO_THREAD_EXCEPTION_REPORT_V1, &stats, 0, NULL, NULL),
	     ZX_ERR_WRONG_TYPE);
}

Test(call_info, task_runtime__of_each_kind__processor_time_of_those_that_run)
{
	zx_handle_t child = a_job(job);
	const struct {
		const char *name;
		zx_handle_t handle;
		bool runs;
	} rows[] = {
		{"process", zx_process_self(), true}, {"job", job, true},
		{"thread", zx_thread_self(), true},   {"child job", child, false},
		{"other process", process, false},
	};

	T_EACH (rows, r) {
		zx_info_task_runtime_t info = {.cpu_time = -1};

		T_ZX_ROW(r->name,
			 zx_object_get_info(r->handle, ZX_INFO_TASK_RUNTIME, &info, sizeof(info),
					    NULL, NULL),
			 ZX_OK);
		cr_assert_eq(info.cpu_time > 0, r->runs, "%s", r->name);
		cr_assert_geq(info.cpu_time, 0);
	}
	t_close(child);
}
