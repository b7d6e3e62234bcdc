/* zi-test: valgrind */
/* Jobs, processes, threads: creation, kinship, states, ends. */
#include <sys/wait.h>

#include "object_t.h"

static zx_info_process_t process_info(zx_handle_t h)
{
	zx_info_process_t info;

	T_OK(zx_object_get_info(h, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL));
	return info;
}

static zx_info_job_t job_info(zx_handle_t h)
{
	zx_info_job_t info;

	T_OK(zx_object_get_info(h, ZX_INFO_JOB, &info, sizeof(info), NULL, NULL));
	return info;
}

static bool vmar_is_dead(zx_handle_t vmar)
{
	zx_handle_t child;
	zx_vaddr_t addr;
	zx_status_t st = zx_vmar_allocate(vmar, ZX_VM_CAN_MAP_READ, 0, T_PAGE, &child, &addr);

	if (st == ZX_OK)
		t_close(child);
	cr_assert(st == ZX_OK || st == ZX_ERR_BAD_STATE);
	return st != ZX_OK;
}

/* ---- zx_process_create */

/* spec: abi 9.18 create #1 #2 #3; vmar 11.1 #1 #3 #4 #7 */
Test(call_process, create__each_row__first_of_the_order)
{
	zx_handle_t job = zx_job_default(), event = an_event(), stale = a_stale_handle();
	zx_handle_t no_manage = without(job, ZX_RIGHT_MANAGE_PROCESS);
	const struct {
		const char *name;
		zx_handle_t job;
		const char *text;
		size_t size;
		uint32_t options;
		zx_status_t want;
	} rows[] = {
		{"unknown option", stale, NULL, 0, 2, ZX_ERR_INVALID_ARGS},
		{"shared and unknown option", stale, NULL, 0, 3, ZX_ERR_INVALID_ARGS},
		{"no name", stale, NULL, 4, 0, ZX_ERR_INVALID_ARGS},
		{"no name, size 0", job, NULL, 0, 0, ZX_ERR_INVALID_ARGS},
		{"bad name", stale, t_bad_ptr(), 4, 0, ZX_ERR_INVALID_ARGS},
		{"stale", stale, "name", 4, 0, ZX_ERR_BAD_HANDLE},
		{"event", event, "name", 4, 0, ZX_ERR_WRONG_TYPE},
		{"no MANAGE_PROCESS", no_manage, "name", 4, 0, ZX_ERR_ACCESS_DENIED},
		{"empty name", job, "", 0, 0, ZX_OK},
		{"bad name, size 0", job, t_bad_ptr(), 0, 0, ZX_OK},
	};

	T_EACH (rows, r) {
		zx_handle_t process = 77, vmar = 78;

		T_ZX_ROW(r->name,
			 zx_process_create(r->job, r->text, r->size, r->options, &process, &vmar),
			 r->want);
		if (r->want == ZX_OK) {
			t_close(process);
			t_close(vmar);
		} else {
			cr_assert(process == 77 && vmar == 78, "%s: out was written", r->name);
		}
	}
	size_t before = open_handles();
	zx_handle_t h;

	T_ZX(zx_process_create(job, "n", 1, 0, NULL, &h), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_process_create(job, "n", 1, 0, &h, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_process_create(job, "n", 1, 0, t_bad_ptr(), t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(open_handles(), before);
	t_close(event);
	t_close(no_manage);
}

/* spec: abi 9.18 create #6; abi 9.10 #3 */
Test(call_process, create__new__rights_kinship_and_an_empty_address_space)
{
	zx_handle_t vmar, process = a_process(zx_job_default(), &vmar);
	zx_info_process_t info = process_info(process);
	zx_info_vmar_t range;

	cr_assert_eq(t_rights(process), 0x6d3cf);
	cr_assert_eq(t_rights(vmar), 0x20801f);
	cr_assert_eq(basic(process).related_koid, t_koid(zx_job_default()));
	cr_assert_eq(basic(vmar).related_koid, 0);
	cr_assert_eq(state_of(process), 0);
	cr_assert(info.flags == 0 && info.return_code == 0 && info.start_time == 0);
	T_OK(zx_object_get_info(vmar, ZX_INFO_VMAR, &range, sizeof(range), NULL, NULL));
	cr_assert(range.base == 0x200000 && range.base + range.len == 0x7ffffffff000);
	cr_assert_not(vmar_is_dead(vmar));
	T_ZX(zx_vmar_destroy(vmar), ZX_ERR_NOT_SUPPORTED);
	t_close(process);
	t_close(vmar);
}

Test(call_process, name__longer_than_32_bytes__cut_to_31)
{
	const char *text = "0123456789abcdefghijklmnopqrstuvwxyz0123456789";
	zx_handle_t process, vmar;
	char name[ZX_MAX_NAME_LEN];

	T_OK(zx_process_create(zx_job_default(), text, 46, 0, &process, &vmar));
	T_OK(zx_object_get_property(process, ZX_PROP_NAME, name, sizeof(name)));
	cr_assert_eq(strlen(name), 31);
	cr_assert_eq(memcmp(name, text, 31), 0);
	t_close(process);
	t_close(vmar);
}

/* ---- ends of processes */

Test(call_process, kill__never_started__dead_at_once_with_its_address_space)
{
	zx_handle_t vmar, process = a_process(zx_job_default(), &vmar), port = a_port();
	zx_info_process_t info;

	T_OK(zx_object_wait_async(process, port, 1, ZX_PROCESS_TERMINATED, 0));
	T_OK(zx_task_kill(process));
	cr_assert_eq(state_of(process), ZX_PROCESS_TERMINATED);
	cr_assert(vmar_is_dead(vmar));
	T_OK(zx_port_wait(port, 0, &(zx_port_packet_t){0}));
	info = process_info(process);
	cr_assert_eq(info.flags, ZX_INFO_PROCESS_FLAG_EXITED);
	cr_assert_eq(info.return_code, ZX_TASK_RETCODE_SYSCALL_KILL);
	T_OK(zx_task_kill(process));
	t_close(process);
	t_close(vmar);
	t_close(port);
}

Test(call_process, last_handle__closes__the_process_and_its_address_space_are_gone)
{
	zx_handle_t vmar, process = a_process(zx_job_default(), &vmar), copy = dup_of(process, 0);
	zx_koid_t koid = t_koid(process);
	zx_handle_t found;

	t_close(process);
	cr_assert_not(vmar_is_dead(vmar));
	T_OK(zx_object_get_child(zx_job_default(), koid, ZX_RIGHT_INSPECT, &found));
	t_close(found);
	t_close(copy);
	cr_assert(vmar_is_dead(vmar));
	T_ZX(zx_object_get_child(zx_job_default(), koid, ZX_RIGHT_INSPECT, &found),
	     ZX_ERR_NOT_FOUND);
	t_close(vmar);
}

Test(call_process, kill__bad_handles__first_of_the_order)
{
	zx_handle_t vmar, process = a_process(zx_job_default(), &vmar), event = an_event();
	zx_handle_t bare = without(process, ZX_RIGHT_DESTROY),
		    bare_job = without(zx_job_default(), ZX_RIGHT_DESTROY);

	T_ZX(zx_task_kill(a_stale_handle()), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_task_kill(event), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_task_kill(bare), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_task_kill(bare_job), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_task_kill(zx_thread_self()), ZX_ERR_WRONG_TYPE);
	cr_assert_eq(state_of(process), 0);
	t_close(process);
	t_close(vmar);
	t_close(event);
	t_close(bare);
	t_close(bare_job);
}

Test(call_process, kill__of_self__ends_this_process)
{
	for (int job = 0; job < 2; job++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			zx_task_kill(job ? zx_job_default() : zx_process_self());
			_exit(3);
		}
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
}

/* ---- jobs */

Test(call_process, job_create__each_row__first_of_the_order)
{
	zx_handle_t root = zx_job_default(), event = an_event(), h = 77;
	zx_handle_t no_manage = without(root, ZX_RIGHT_MANAGE_JOB);
	size_t before = open_handles();

	T_ZX(zx_job_create(a_stale_handle(), 1, &h), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_job_create(root, 1u << 31, &h), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_job_create(a_stale_handle(), 0, &h), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_job_create(event, 0, &h), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_job_create(no_manage, 0, &h), ZX_ERR_ACCESS_DENIED);
	cr_assert_eq(h, 77);
	T_ZX(zx_job_create(root, 0, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_job_create(root, 0, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(open_handles(), before);
	t_close(event);
	t_close(no_manage);
}

Test(call_process, jobs__deeper_than_32_levels__out_of_range)
{
	zx_handle_t jobs[33], h = 77;

	jobs[0] = zx_job_default();
	for (unsigned i = 1; i <= 32; i++)
		jobs[i] = a_job(jobs[i - 1]);
	T_ZX(zx_job_create(jobs[32], 0, &h), ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_handle_close_many(jobs + 1, 32));
}

/* spec: abi 9.10 #2 #4 */
Test(call_process, kinship__related_koids__lead_to_the_root_job)
{
	zx_handle_t job = a_job(zx_job_default()), child = a_job(job);

	cr_assert_eq(basic(child).related_koid, t_koid(job));
	cr_assert_eq(basic(job).related_koid, t_koid(zx_job_default()));
	cr_assert_eq(basic(zx_job_default()).related_koid, 0);
	cr_assert_eq(basic(zx_process_self()).related_koid, t_koid(zx_job_default()));
	cr_assert_eq(basic(zx_thread_self()).related_koid, t_koid(zx_process_self()));
	t_close(job);
	t_close(child);
}

Test(call_process, job_signals__children_come_and_go__follow_them)
{
	zx_handle_t job = a_job(zx_job_default()), child, process, vmar;
	const zx_signals_t no_jobs = ZX_JOB_NO_JOBS, no_processes = ZX_JOB_NO_PROCESSES;

	cr_assert_eq(t_rights(job), 0x7dfcf);
	cr_assert_eq(state_of(job), no_jobs | no_processes);
	cr_assert_eq(state_of(zx_job_default()), 0, "this process and the job are there");
	child = a_job(job);
	cr_assert_eq(state_of(job), no_processes);
	process = a_process(job, &vmar);
	cr_assert_eq(state_of(job), 0);
	t_close(child);
	cr_assert_eq(state_of(job), no_jobs);
	T_OK(zx_task_kill(process));
	cr_assert_eq(state_of(job), no_jobs | no_processes);
	t_close(process);
	t_close(vmar);
	process = a_process(job, &vmar);
	cr_assert_eq(state_of(job), no_jobs);
	t_close(process);
	cr_assert_eq(state_of(job), no_jobs | no_processes);
	t_close(vmar);
	t_close(job);
	cr_assert_eq(state_of(zx_job_default()), no_jobs);
}

Test(call_process, job_without_handles__with_children__lives_as_long_as_they)
{
	zx_handle_t job = a_job(zx_job_default()), vmar, process = a_process(job, &vmar), found;
	zx_koid_t koid = t_koid(job);

	t_close(job);
	cr_assert_eq(basic(process).related_koid, koid);
	T_OK(zx_object_get_child(zx_job_default(), koid, SAME, &found));
	cr_assert_eq(t_koid(found), koid);
	t_close(found);
	t_close(process);
	t_close(vmar);
	T_ZX(zx_object_get_child(zx_job_default(), koid, SAME, &found), ZX_ERR_NOT_FOUND);
}

Test(call_process, job_kill__a_tree_of_them__everything_below_is_dead_and_nothing_new_comes)
{
	zx_handle_t job = a_job(zx_job_default()), child = a_job(job), leaf = a_job(child);
	zx_handle_t vmar[3], process[3] = {a_process(job, &vmar[0]), a_process(child, &vmar[1]),
					   a_process(leaf, &vmar[2])};
	zx_handle_t *jobs[3] = {&job, &child, &leaf}, h;

	cr_assert_not(job_info(job).exited);
	T_OK(zx_task_kill(job));
	for (unsigned i = 0; i < 3; i++) {
		cr_assert_eq(state_of(process[i]), ZX_PROCESS_TERMINATED);
		cr_assert_eq(process_info(process[i]).return_code, ZX_TASK_RETCODE_SYSCALL_KILL);
		cr_assert(vmar_is_dead(vmar[i]));
		cr_assert_eq(state_of(*jobs[i]),
			     ZX_JOB_TERMINATED | ZX_JOB_NO_JOBS | ZX_JOB_NO_PROCESSES);
		cr_assert(job_info(*jobs[i]).exited);
		cr_assert_eq(job_info(*jobs[i]).return_code, ZX_TASK_RETCODE_SYSCALL_KILL);
		T_ZX(zx_job_create(*jobs[i], 0, &h), ZX_ERR_BAD_STATE);
		/* spec: vmar 11.1 #5; abi 9.18 create #5 */
		T_ZX(zx_process_create(*jobs[i], "n", 1, 0, &h, &h), ZX_ERR_BAD_STATE);
		T_OK(zx_task_kill(*jobs[i]));
		T_OK(zx_handle_close_many((zx_handle_t[]){process[i], vmar[i]}, 2));
	}
	cr_assert_eq(state_of(zx_job_default()), ZX_JOB_NO_JOBS);
	for (unsigned i = 0; i < 3; i++)
		t_close(*jobs[i]);
}

/* ---- zx_object_get_child */

/* spec: abi 9.9 #1 #2 #3 #4 #5 #7 */
Test(call_process, get_child__each_row__first_of_the_order)
{
	zx_handle_t root = zx_job_default(), self = zx_process_self(), event = an_event();
	zx_handle_t job = a_job(root), grandchild = a_job(job);
	zx_handle_t bare = without(root, ZX_RIGHT_ENUMERATE),
		    few = dup_of(root, ZX_RIGHT_ENUMERATE);
	zx_koid_t thread = t_koid(zx_thread_self());
	const struct {
		const char *name;
		zx_handle_t handle;
		zx_koid_t koid;
		zx_rights_t rights;
		zx_status_t want;
		zx_rights_t get;
	} rows[] = {
		{"stale", a_stale_handle(), t_koid(job), SAME, ZX_ERR_BAD_HANDLE, 0},
		{"no ENUMERATE", bare, t_koid(job), 0xffffffff, ZX_ERR_ACCESS_DENIED, 0},
		{"event", event, t_koid(job), SAME, ZX_ERR_ACCESS_DENIED, 0},
		{"VMO", t_vmo(T_PAGE), t_koid(job), SAME, ZX_ERR_ACCESS_DENIED, 0},
		{"more rights than the parent", few, t_koid(job), ZX_RIGHT_INSPECT,
		 ZX_ERR_ACCESS_DENIED, 0},
		{"more rights, no such child", few, 1, ZX_RIGHT_INSPECT, ZX_ERR_ACCESS_DENIED, 0},
		{"no such thread", self, t_koid(job), SAME, ZX_ERR_NOT_FOUND, 0},
		{"no such child", root, 5, SAME, ZX_ERR_NOT_FOUND, 0},
		{"grandchild", root, t_koid(grandchild), SAME, ZX_ERR_NOT_FOUND, 0},
		{"the job itself", root, t_koid(root), SAME, ZX_ERR_NOT_FOUND, 0},
		{"thread of a process, from the job", root, thread, SAME, ZX_ERR_NOT_FOUND, 0},
		{"child job", root, t_koid(job), ZX_RIGHT_WAIT, ZX_OK, ZX_RIGHT_WAIT},
		{"child job, parent's rights", few, t_koid(job), SAME, ZX_OK, ZX_RIGHT_ENUMERATE},
		{"child process, no rights", root, t_koid(self), 0, ZX_OK, 0},
		{"thread", self, thread, SAME, ZX_OK, ZX_DEFAULT_PROCESS_RIGHTS},
	};

	T_EACH (rows, r) {
		zx_handle_t h = 77;

		T_ZX_ROW(r->name, zx_object_get_child(r->handle, r->koid, r->rights, &h), r->want);
		if (r->want != ZX_OK) {
			cr_assert_eq(h, 77, "%s: out was written", r->name);
			continue;
		}
		cr_assert_eq(t_koid(h), r->koid, "%s", r->name);
		cr_assert_eq(t_rights(h), r->get, "%s: 0x%x", r->name, t_rights(h));
		t_close(h);
	}
	T_ZX(zx_object_get_child(root, t_koid(job), SAME, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_object_get_child(root, t_koid(job), SAME, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(handle_count(job), 1);
	t_close(event);
	t_close(job);
	t_close(grandchild);
	t_close(bare);
	t_close(few);
}

/* ---- self handles and threads */

Test(call_process, self_handles__asked_again_and_by_threads__never_change)
{
	cr_assert_eq(zx_process_self(), zx_process_self());
	cr_assert_eq(zx_vmar_root_self(), zx_vmar_root_self());
	cr_assert_eq(zx_job_default(), zx_job_default());
	cr_assert_eq(zx_thread_self(), zx_thread_self());
	cr_assert_eq(_zx_process_self(), zx_process_self());
	cr_assert_eq(_zx_thread_self(), zx_thread_self());
	cr_assert_eq(t_rights(zx_vmar_root_self()), 0x20801f);
	zx_info_process_t info = process_info(zx_process_self());

	cr_assert_eq(info.flags, ZX_INFO_PROCESS_FLAG_STARTED);
	cr_assert(info.start_time > 0 && info.start_time <= zx_clock_get_monotonic());
	cr_assert_eq(state_of(zx_process_self()), 0);
}

struct visitor {
	zx_handle_t self;
	zx_handle_t kept; /* a duplicate that outlives the thread */
};

static void *visit(void *arg)
{
	struct visitor *v = arg;

	v->self = zx_thread_self();
	v->kept = dup_of(v->self, SAME);
	return NULL;
}

Test(call_process, thread__ends__terminated_and_its_own_handle_closed)
{
	size_t before = open_handles();
	struct visitor v;
	zx_info_thread_t info;

	finish(start(visit, &v));
	T_ZX(zx_handle_check_valid(v.self), ZX_ERR_NOT_FOUND);
	cr_assert_eq(state_of(v.kept), ZX_THREAD_TERMINATED);
	T_OK(zx_object_get_info(v.kept, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL));
	cr_assert_eq(info.state, ZX_THREAD_STATE_DEAD);
	t_close(v.kept);
	cr_assert_eq(open_handles(), before);
}

static void *exit_by_call(void *arg)
{
	*(zx_handle_t *)arg = dup_of(zx_thread_self(), SAME);
	zx_thread_exit();
}

Test(call_process, thread_exit__of_a_thread__ends_it_like_a_return)
{
	zx_handle_t thread = ZX_HANDLE_INVALID;

	finish(start(exit_by_call, &thread));
	cr_assert_eq(state_of(thread), ZX_THREAD_TERMINATED);
	t_close(thread);
}

/* ---- fork */

Test(call_process, fork__in_the_child__an_empty_world_that_works)
{
	zx_handle_t event = an_event(), self = zx_process_self(), root = zx_vmar_root_self();
	zx_handle_t timer = a_timer();
	const bool threads = t_has("no-tsan"); /* it allows none in a forked child */
	size_t before = open_handles();
	int status;

	T_OK(zx_timer_set(timer, zx_clock_get_monotonic() + ZX_SEC(30), 0));
	zx_thread_self();
	pid_t pid = fork();

	if (pid == 0) {
		zx_handle_t h, port;
		zx_port_packet_t p;

		if (zx_handle_check_valid(event) != ZX_ERR_NOT_FOUND ||
		    zx_handle_close(self) != ZX_ERR_BAD_HANDLE ||
		    zx_handle_close(root) != ZX_ERR_BAD_HANDLE)
			_exit(1);
		if (zx_event_create(0, &h) != ZX_OK || zx_port_create(0, &port) != ZX_OK ||
		    zx_object_wait_async(h, port, 3, USER0, 0) != ZX_OK ||
		    zx_object_signal(h, 0, USER0) != ZX_OK || zx_port_wait(port, 0, &p) != ZX_OK ||
		    p.key != 3)
			_exit(2);
		if (zx_process_self() == ZX_HANDLE_INVALID ||
		    zx_thread_self() == ZX_HANDLE_INVALID ||
		    zx_job_default() == ZX_HANDLE_INVALID ||
		    zx_vmar_root_self() == ZX_HANDLE_INVALID)
			_exit(3);
		if (zx_timer_create(0, 0, &h) != ZX_OK ||
		    zx_timer_set(h, zx_clock_get_monotonic() + (threads ? ZX_MSEC(3) : 0), 0) !=
			    ZX_OK ||
		    zx_object_wait_one(h, ZX_TIMER_SIGNALED, FAR, NULL) != ZX_OK)
			_exit(4);
		/* Event, port, timer, and the four of its own. */
		_exit(open_handles() == 7 ? 0 : 5);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status 0x%x", status);
	T_OK(zx_handle_check_valid(event));
	cr_assert_eq(open_handles(), before + 1);
	t_close(timer);
	t_close(event);
}
