/* zx_vmar_unmap_handle_close_thread_exit. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmar_t.h"

#define STACK_PAGES 64

struct job {
	zx_handle_t vmar, close_handle;
	zx_vaddr_t addr;
	size_t size;
	zx_status_t status; /* what the call answered, when it did */
	bool returned;
};

static void *give_back(void *arg)
{
	struct job *job = arg;

	job->status = zx_vmar_unmap_handle_close_thread_exit(job->vmar, job->addr, job->size,
							     job->close_handle);
	job->returned = true;
	return NULL;
}

static void run(struct job *job)
{
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, give_back, job), 0);
	cr_assert_eq(pthread_join(thread, NULL), 0);
}

static void wait_closed(zx_handle_t peer)
{
	zx_signals_t observed = 0;

	T_OK(zx_object_wait_one(peer, ZX_EVENTPAIR_PEER_CLOSED, ZX_TIME_INFINITE, &observed));
}

/* spec: vmar 7.4 #1 */
Test(call_vmar_thread_exit, unmap_fails__any_reason__its_status_and_nothing_else)
{
	zx_vaddr_t base, inner_base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 16, &base), vmo = t_vmo(4 * PG);
	zx_handle_t event = an_event(), inner = sub(v, CAN_ALL, 8, 4, &inner_base);
	const struct {
		const char *name;
		zx_handle_t vmar;
		zx_vaddr_t addr;
		size_t size;
		zx_status_t want;
	} cases[] = {
		{"bad handle", ZX_HANDLE_INVALID, base, PG, ZX_ERR_BAD_HANDLE},
		{"wrong type", event, base, PG, ZX_ERR_WRONG_TYPE},
		{"unaligned", v, base + 1, PG, ZX_ERR_INVALID_ARGS},
		{"size 0", v, base, 0, ZX_ERR_INVALID_ARGS},
		{"outside", v, base, 17 * PG, ZX_ERR_INVALID_ARGS},
		{"region in part", v, base + 8 * PG, PG, ZX_ERR_INVALID_ARGS},
		{"everything", zx_vmar_root_self(), the_vdso().base, PG, ZX_ERR_ACCESS_DENIED},
	};

	map_at(v, RW, 0, vmo, 0, 4);
	T_EACH (cases, c) {
		struct job job = {c->vmar, event, c->addr, c->size, ZX_OK, false};

		run(&job);
		cr_assert(job.returned, "%s: the thread ended", c->name);
		T_ZX_ROW(c->name, job.status, c->want);
		T_OK(zx_handle_check_valid(event));
		cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	}
	t_close(inner);
	t_close(event);
	t_close(vmo);
	t_close(v);
}

/* spec: vmar 7.4 #3 */
Test(call_vmar_thread_exit, other_memory__unmapped__handle_closed_and_thread_gone)
{
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 16, &base), vmo = t_vmo(4 * PG);
	zx_handle_t mine = ZX_HANDLE_INVALID, other = ZX_HANDLE_INVALID;
	struct job job = {v, ZX_HANDLE_INVALID, base, 4 * PG, ZX_OK, false};

	map_at(v, RW, 0, vmo, 0, 4);
	T_OK(zx_eventpair_create(0, &mine, &other));
	job.close_handle = other;
	run(&job);
	cr_assert_not(job.returned);
	T_ZX(try_read(base), ZX_ERR_NOT_FOUND);
	T_ZX(zx_handle_check_valid(other), ZX_ERR_NOT_FOUND);
	wait_closed(mine);
	/* Nothing to close is fine. */
	map_at(v, RW, 0, vmo, 0, 4);
	job.close_handle = ZX_HANDLE_INVALID;
	run(&job);
	cr_assert_not(job.returned);
	cr_assert_eq(vmo_info(vmo).num_mappings, 0);
	t_close(mine);
	t_close(vmo);
	t_close(v);
}

/* spec: vmar 7.4 #2 */
Test(call_vmar_thread_exit, bad_handle_to_close__unmapped__traps, .signal = SIGILL)
{
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 16, &base);

	zx_vmar_unmap_handle_close_thread_exit(v, base, PG, a_closed_handle());
}

/* A detached thread on a stack that is a mapping of ours. */
static void start_on(zx_vaddr_t stack, struct job *job)
{
	pthread_attr_t attr;
	pthread_t thread;

	cr_assert_eq(pthread_attr_init(&attr), 0);
	cr_assert_eq(pthread_attr_setstack(&attr, (void *)stack, STACK_PAGES * PG), 0);
	cr_assert_eq(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED), 0);
	cr_assert_eq(pthread_create(&thread, &attr, give_back, job), 0);
	pthread_attr_destroy(&attr);
}

static void *add_one(void *arg)
{
	++*(int *)arg;
	return NULL;
}

/*
 * The C library must not stumble over the memory that is gone: it lists the stacks of its threads.
 */
static void expect_threads_work(void)
{
	pthread_t thread[4];
	int n[4] = {0};
	int status = -1;
	pid_t child;

	for (int i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, add_one, &n[i]), 0);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(pthread_join(thread[i], NULL), 0);
	cr_assert(n[0] == 1 && n[1] == 1 && n[2] == 1 && n[3] == 1);
	child = fork();
	if (child == 0)
		_exit(7);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

Test(call_vmar_thread_exit, own_stack__given_back__unmapped_then_handle_closed)
{
	/* Sanitizers keep books of stacks and look at them after the end of their thread. */
	t_require("native");
	for (int round = 0; round < 50; round++) {
		zx_handle_t vmo = t_vmo(STACK_PAGES * PG), mine, other;
		zx_vaddr_t base;
		zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, STACK_PAGES + 2, &base);
		struct job job = {.vmar = v, .size = STACK_PAGES * PG};

		job.addr = map_at(v, RW, 1, vmo, 0, STACK_PAGES);
		T_OK(zx_eventpair_create(0, &mine, &other));
		job.close_handle = other;
		start_on(job.addr, &job);
		wait_closed(mine);
		cr_assert_not(job.returned);
		cr_assert_eq(vmo_info(vmo).num_mappings, 0);
		T_ZX(try_read(job.addr), ZX_ERR_NOT_FOUND);
		T_ZX(try_read(job.addr + (STACK_PAGES - 1) * PG), ZX_ERR_NOT_FOUND);
		if (round % 16 == 0)
			expect_threads_work();
		/* The range can be used at once. */
		map_at(v, RW, 1, vmo, 0, STACK_PAGES);
		T_OK(zx_vmar_destroy(v));
		t_close(v);
		t_close(mine);
		t_close(vmo);
	}
}

Test(call_vmar_thread_exit, own_stack__unmap_refused__thread_goes_on)
{
	t_require("native");
	zx_handle_t vmo = t_vmo(STACK_PAGES * PG), mine, other, inner;
	zx_vaddr_t base, inner_base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, STACK_PAGES + 8, &base);
	struct job job = {.vmar = v, .addr = base, .size = (STACK_PAGES + 1) * PG};
	volatile bool *returned = &job.returned;

	map_at(v, RW, 0, vmo, 0, STACK_PAGES);
	inner = sub(v, 0, STACK_PAGES, 2, &inner_base);
	T_OK(zx_eventpair_create(0, &mine, &other));
	job.close_handle = other;
	start_on(base, &job);
	while (!*returned)
		usleep(1000);
	T_ZX(job.status, ZX_ERR_INVALID_ARGS);
	T_OK(zx_handle_check_valid(other));
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	t_close(inner);
	t_close(mine);
	t_close(other);
	t_close(vmo);
	t_close(v);
}
