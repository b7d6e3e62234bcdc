/* zi-test: valgrind */
/* zx_object_get_property and zx_object_set_property. */
#include "object_t.h"

#define UNKNOWN 99u

/* What each property needs, and which types have it. */
static const struct {
	const char *name;
	uint32_t id;
	size_t size;
	zx_obj_type_t type; /* NONE: NAME; UPPER_BOUND: no type here */
	bool get, set;
} properties[] = {
	{"NAME", ZX_PROP_NAME, 32, ZX_OBJ_TYPE_NONE, true, true},
	{"PROCESS_DEBUG_ADDR", ZX_PROP_PROCESS_DEBUG_ADDR, 8, ZX_OBJ_TYPE_PROCESS, true, true},
	{"PROCESS_BREAK_ON_LOAD", ZX_PROP_PROCESS_BREAK_ON_LOAD, 8, ZX_OBJ_TYPE_PROCESS, true,
	 true},
	{"PROCESS_VDSO_BASE_ADDRESS", ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, 8, ZX_OBJ_TYPE_PROCESS,
	 true, false},
	{"PROCESS_HW_TRACE_CONTEXT_ID", ZX_PROP_PROCESS_HW_TRACE_CONTEXT_ID, 8, ZX_OBJ_TYPE_PROCESS,
	 false, false},
	{"SOCKET_RX_THRESHOLD", ZX_PROP_SOCKET_RX_THRESHOLD, 8, ZX_OBJ_TYPE_UPPER_BOUND, true,
	 true},
	{"SOCKET_TX_THRESHOLD", ZX_PROP_SOCKET_TX_THRESHOLD, 8, ZX_OBJ_TYPE_UPPER_BOUND, true,
	 true},
	{"JOB_KILL_ON_OOM", ZX_PROP_JOB_KILL_ON_OOM, 8, ZX_OBJ_TYPE_JOB, false, true},
	{"EXCEPTION_STATE", ZX_PROP_EXCEPTION_STATE, 4, ZX_OBJ_TYPE_UPPER_BOUND, true, true},
	{"EXCEPTION_STRATEGY", ZX_PROP_EXCEPTION_STRATEGY, 4, ZX_OBJ_TYPE_UPPER_BOUND, true, true},
	{"VMO_CONTENT_SIZE", ZX_PROP_VMO_CONTENT_SIZE, 8, ZX_OBJ_TYPE_VMO, true, true},
	{"STREAM_MODE_APPEND", ZX_PROP_STREAM_MODE_APPEND, 1, ZX_OBJ_TYPE_UPPER_BOUND, true, true},
	{"unknown", UNKNOWN, 1, ZX_OBJ_TYPE_UPPER_BOUND, false, false},
	{"0", 0, 1, ZX_OBJ_TYPE_UPPER_BOUND, false, false},
};

/* One object of each type whose handles have the two rights. */
static zx_handle_t holders[5];

static void open_holders(void)
{
	holders[0] = zx_process_self();
	holders[1] = zx_thread_self();
	holders[2] = zx_job_default();
	holders[3] = t_vmo(T_PAGE);
	holders[4] = a_process(zx_job_default(), &(zx_handle_t){0});
}

static void name_of(zx_handle_t h, char name[ZX_MAX_NAME_LEN])
{
	memset(name, 0x5a, ZX_MAX_NAME_LEN);
	T_OK(zx_object_get_property(h, ZX_PROP_NAME, name, ZX_MAX_NAME_LEN));
}

/* ---- the checks that all properties share */

/* spec: abi 9.16 #1 #2 #3 #4 #5 #6 #7 property #5 */
Test(call_property, get__each_property_each_type__first_of_the_order)
{
	open_holders();
	T_EACH (properties, p) {
		T_EACH (holders, h) {
			zx_obj_type_t type = basic(*h).type;
			bool fits = p->type == ZX_OBJ_TYPE_NONE || p->type == type;
			zx_handle_t bare = without(*h, ZX_RIGHT_GET_PROPERTY);
			char value[64];

			memset(value, 0x5a, sizeof(value));
			T_ZX_ROW(p->name, zx_object_get_property(*h, p->id, NULL, 64),
				 ZX_ERR_INVALID_ARGS);
			T_ZX_ROW(p->name, zx_object_get_property(a_stale_handle(), p->id, NULL, 64),
				 ZX_ERR_INVALID_ARGS);
			T_ZX_ROW(p->name, zx_object_get_property(a_stale_handle(), p->id, value, 0),
				 ZX_ERR_BAD_HANDLE);
			T_ZX_ROW(p->name, zx_object_get_property(bare, p->id, value, 0),
				 ZX_ERR_ACCESS_DENIED);
			T_ZX_ROW(p->name, zx_object_get_property(*h, p->id, value, p->size - 1),
				 p->get ? ZX_ERR_BUFFER_TOO_SMALL : ZX_ERR_NOT_SUPPORTED);
			cr_assert(t_all(value, sizeof(value), 0x5a), "%s: written", p->name);
			T_ZX_ROW(p->name, zx_object_get_property(*h, p->id, value, sizeof(value)),
				 !p->get ? ZX_ERR_NOT_SUPPORTED :
				 fits    ? ZX_OK :
					   ZX_ERR_WRONG_TYPE);
			cr_assert(t_all(value + p->size, sizeof(value) - p->size, 0x5a),
				  "%s: beyond the value", p->name);
			if (p->get && fits)
				T_ZX_ROW(p->name,
					 zx_object_get_property(*h, p->id, t_bad_ptr(), 64),
					 ZX_ERR_INVALID_ARGS);
			t_close(bare);
		}
	}
	t_close(holders[3]);
	t_close(holders[4]);
}

/* spec: abi 9.17 #1 #2 #3 #4 #6 #7 */
Test(call_property, set__each_property_each_type__first_of_the_order)
{
	const uint64_t zeros[8] = {0};

	open_holders();
	T_EACH (properties, p) {
		const bool sized = p->id != ZX_PROP_NAME && p->id != ZX_PROP_JOB_KILL_ON_OOM;

		T_EACH (holders, h) {
			zx_obj_type_t type = basic(*h).type;
			bool fits = p->type == ZX_OBJ_TYPE_NONE || p->type == type;
			zx_handle_t bare = without(*h, ZX_RIGHT_SET_PROPERTY);

			/* The thread that runs this needs its name no more than the others. */
			T_ZX_ROW(p->name, zx_object_set_property(*h, p->id, NULL, 64),
				 ZX_ERR_INVALID_ARGS);
			T_ZX_ROW(p->name, zx_object_set_property(a_stale_handle(), p->id, NULL, 0),
				 ZX_ERR_INVALID_ARGS);
			T_ZX_ROW(p->name, zx_object_set_property(a_stale_handle(), p->id, zeros, 0),
				 ZX_ERR_BAD_HANDLE);
			T_ZX_ROW(p->name, zx_object_set_property(bare, p->id, zeros, 0),
				 ZX_ERR_ACCESS_DENIED);
			if (!p->set)
				T_ZX_ROW(p->name, zx_object_set_property(*h, p->id, zeros, 64),
					 ZX_ERR_NOT_SUPPORTED);
			else if (sized)
				T_ZX_ROW(p->name,
					 zx_object_set_property(*h, p->id, zeros, p->size - 1),
					 ZX_ERR_BUFFER_TOO_SMALL);
			if (p->set)
				T_ZX_ROW(p->name, zx_object_set_property(*h, p->id, zeros, 64),
					 fits ? ZX_OK : ZX_ERR_WRONG_TYPE);
			if (p->set && fits)
				T_ZX_ROW(p->name,
					 zx_object_set_property(*h, p->id, t_bad_ptr(), 64),
					 ZX_ERR_INVALID_ARGS);
			t_close(bare);
		}
	}
	t_close(holders[3]);
	t_close(holders[4]);
}

/* ---- names */

/* spec: abi 9.16 property #1; abi 9.17 property #1 */
Test(call_property, name__set_each_way__31_bytes_up_to_a_nul)
{
	const struct {
		const char *name;
		const char *value;
		size_t size;
		const char *want;
	} rows[] = {
		{"with NUL", "abc", 4, "abc"},
		{"without NUL", "abc", 3, "abc"},
		{"stops at a NUL", "ab\0cdef", 7, "ab"},
		{"empty by NUL", "\0abc", 4, ""},
		{"empty by size", "abc", 0, ""},
		{"31 bytes", "0123456789012345678901234567890", 31,
		 "0123456789012345678901234567890"},
		{"32 bytes", "01234567890123456789012345678901", 32,
		 "0123456789012345678901234567890"},
		{"40 bytes", "0123456789012345678901234567890123456789", 40,
		 "0123456789012345678901234567890"},
	};

	open_holders();
	T_EACH (holders, h) {
		zx_handle_t copy = dup_of(*h, ZX_RIGHT_GET_PROPERTY);

		T_EACH (rows, r) {
			char name[ZX_MAX_NAME_LEN];
			size_t n = strlen(r->want);

			T_ZX_ROW(r->name,
				 zx_object_set_property(*h, ZX_PROP_NAME,
							"previous name, rather long", 26),
				 ZX_OK);
			T_ZX_ROW(r->name,
				 zx_object_set_property(*h, ZX_PROP_NAME, r->value, r->size),
				 ZX_OK);
			/* One name for all handles. */
			name_of(copy, name);
			cr_assert_eq(memcmp(name, r->want, n), 0, "%s: %.32s", r->name, name);
			cr_assert(t_all(name + n, sizeof(name) - n, 0), "%s: not filled with zeros",
				  r->name);
		}
		t_close(copy);
	}
	t_close(holders[3]);
	t_close(holders[4]);
}

Test(call_property, name__31_bytes_before_an_unreadable_page__not_read_beyond)
{
	char *text = t_before_guard(31), name[ZX_MAX_NAME_LEN];
	zx_handle_t job = a_job(zx_job_default());

	memset(text, 'x', 31);
	T_OK(zx_object_set_property(job, ZX_PROP_NAME, text, 1000));
	name_of(job, name);
	cr_assert_eq(strlen(name), 31);
	t_close(job);
}

Test(call_property, name__types_without_names__wrong_type)
{
	struct one_of all[ONE_OF_EACH];
	char name[ZX_MAX_NAME_LEN];

	/* Handles of nameless types carry neither right: only the right is missed. */
	one_of_each(all);
	for (unsigned i = 0; i < ONE_OF_EACH; i++) {
		zx_status_t want = all[i].named ? ZX_OK : ZX_ERR_ACCESS_DENIED;

		T_ZX_ROW(all[i].name, zx_object_get_property(all[i].handle, ZX_PROP_NAME, name, 32),
			 want);
	}
	close_each(all);
}

Test(call_property, name__of_new_objects__as_created)
{
	zx_handle_t vmar, process = a_process(zx_job_default(), &vmar),
			  job = a_job(zx_job_default());
	char name[ZX_MAX_NAME_LEN];

	name_of(process, name);
	cr_assert_str_eq(name, "second");
	name_of(job, name);
	cr_assert_str_eq(name, "");
	name_of(zx_job_default(), name);
	cr_assert_str_eq(name, "root");
	name_of(zx_process_self(), name);
	cr_assert_str_neq(name, "");
	t_close(process);
	t_close(vmar);
	t_close(job);
}

/* ---- processes and jobs */

/* spec: abi 9.16 property #2 #3 #4; abi 9.17 property #2 */
Test(call_property, process_addresses__set_and_get__any_value_kept_per_process)
{
	static const uint32_t ids[] = {ZX_PROP_PROCESS_DEBUG_ADDR, ZX_PROP_PROCESS_BREAK_ON_LOAD};
	zx_handle_t vmar, process = a_process(zx_job_default(), &vmar);
	uint64_t value = 1, other = 2;

	T_EACH (ids, id) {
		T_OK(zx_object_get_property(process, *id, &value, sizeof(value)));
		cr_assert_eq(value, 0);
		value = UINT64_MAX - *id;
		T_OK(zx_object_set_property(process, *id, &value, 100));
	}
	T_EACH (ids, id) {
		T_OK(zx_object_get_property(process, *id, &value, sizeof(value)));
		cr_assert_eq(value, UINT64_MAX - *id);
		T_OK(zx_object_get_property(zx_process_self(), *id, &other, sizeof(other)));
		cr_assert_eq(other, 0);
	}
	T_OK(zx_object_get_property(process, ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &value,
				    sizeof(value)));
	cr_assert_eq(value, 0, "a process that never ran has no vDSO");
	T_OK(zx_object_get_property(zx_process_self(), ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &value,
				    sizeof(value)));
	cr_assert_eq(value % T_PAGE, 0);
	t_close(process);
	t_close(vmar);
}

/* spec: abi 9.17 #8 property #3 */
Test(call_property, job_kill_on_oom__values_and_sizes__0_or_1)
{
	const struct {
		const char *name;
		uint64_t value;
		size_t size;
		zx_status_t want;
		bool kills;
	} rows[] = {
		{"1", 1, 8, ZX_OK, true},
		{"2", 2, 8, ZX_ERR_INVALID_ARGS, true},
		{"0", 0, 8, ZX_OK, false},
		{"high bit", UINT64_C(1) << 63, 8, ZX_ERR_INVALID_ARGS, false},
		{"1 with size 0", 1, 0, ZX_OK, true},
		{"0 with size 1", 0, 1, ZX_OK, false},
	};
	zx_handle_t job = a_job(zx_job_default());

	T_EACH (rows, r) {
		zx_info_job_t info;

		T_ZX_ROW(r->name,
			 zx_object_set_property(job, ZX_PROP_JOB_KILL_ON_OOM, &r->value, r->size),
			 r->want);
		T_OK(zx_object_get_info(job, ZX_INFO_JOB, &info, sizeof(info), NULL, NULL));
		cr_assert_eq(info.kill_on_oom, r->kills, "%s", r->name);
	}
	t_close(job);
}

/* ---- VMOs */

/* spec: abi 9.16 property #8; abi 9.17 #5 property #6 */
Test(call_property, vmo_content_size__get_and_set__the_stream_size_with_its_rules)
{
	zx_handle_t vmo = t_vmo(3 * T_PAGE), no_write = without(vmo, ZX_RIGHT_WRITE);
	const uint64_t sizes[] = {0, 1, T_PAGE, 3 * T_PAGE - 1, 3 * T_PAGE};
	uint64_t value = 77, size = 5;

	T_ZX(zx_object_set_property(no_write, ZX_PROP_VMO_CONTENT_SIZE, &size, 0),
	     ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_object_set_property(no_write, ZX_PROP_VMO_CONTENT_SIZE, t_bad_ptr(), 8),
	     ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_object_set_property(zx_job_default(), ZX_PROP_VMO_CONTENT_SIZE, t_bad_ptr(), 8),
	     ZX_ERR_WRONG_TYPE);
	T_EACH (sizes, s) {
		T_OK(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, s, 8));
		T_OK(zx_object_get_property(no_write, ZX_PROP_VMO_CONTENT_SIZE, &value, 8));
		cr_assert_eq(value, *s);
		T_OK(zx_vmo_get_stream_size(vmo, &value));
		cr_assert_eq(value, *s);
	}
	size = 3 * T_PAGE + 1;
	T_ZX(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, 8), ZX_ERR_OUT_OF_RANGE);
	t_close(vmo);
	t_close(no_write);
}

/* ---- registers */

#if defined(__x86_64__)

static void *other_thread(void *arg)
{
	_Atomic zx_handle_t *shared = arg;

	atomic_store(shared, zx_thread_self());
	while (atomic_load(shared) != ZX_HANDLE_INVALID)
		sleep_ms(1);
	return NULL;
}

/* spec: abi 9.16 property #10 */
Test(call_property, registers__of_the_caller_and_of_others__only_its_own)
{
	t_require("no-valgrind"); /* which keeps these registers to itself */
	_Atomic zx_handle_t other = ZX_HANDLE_INVALID;
	pthread_t t = start(other_thread, (void *)&other);
	uint64_t value = 0, before = 0;
	uintptr_t fs;

	while (atomic_load(&other) == ZX_HANDLE_INVALID)
		sleep_ms(1);
	T_ZX(zx_object_get_property(other, ZX_PROP_REGISTER_FS, &value, 8), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_object_set_property(other, ZX_PROP_REGISTER_GS, &value, 8), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_object_get_property(other, ZX_PROP_REGISTER_GS, &value, 7),
	     ZX_ERR_BUFFER_TOO_SMALL);
	T_ZX(zx_object_get_property(zx_process_self(), ZX_PROP_REGISTER_GS, &value, 8),
	     ZX_ERR_WRONG_TYPE);
	atomic_store(&other, ZX_HANDLE_INVALID);
	finish(t);

	T_OK(zx_object_get_property(zx_thread_self(), ZX_PROP_REGISTER_FS, &value, 8));
	__asm__("mov %%fs:0, %0" : "=r"(fs));
	cr_assert_eq(value, fs);
	T_OK(zx_object_set_property(zx_thread_self(), ZX_PROP_REGISTER_FS, &value, 8));

	T_OK(zx_object_get_property(zx_thread_self(), ZX_PROP_REGISTER_GS, &before, 8));
	value = (uintptr_t)&before;
	T_OK(zx_object_set_property(zx_thread_self(), ZX_PROP_REGISTER_GS, &value, 8));
	value = 0;
	T_OK(zx_object_get_property(zx_thread_self(), ZX_PROP_REGISTER_GS, &value, 8));
	cr_assert_eq(value, (uintptr_t)&before);
	/* Not an address that a register may hold; Valgrind's may. */
	value = UINT64_C(1) << 60;
	if (t_has("no-valgrind"))
		T_ZX(zx_object_set_property(zx_thread_self(), ZX_PROP_REGISTER_GS, &value, 8),
		     ZX_ERR_INVALID_ARGS);
	T_OK(zx_object_set_property(zx_thread_self(), ZX_PROP_REGISTER_GS, &before, 8));
}

#endif
