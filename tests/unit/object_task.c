/* zi-test: valgrind */
/* Jobs and processes: kills against creations and closes. */
#include "object_fake.h"

#include <zircon/process.h>
#include <zircon/syscalls.h>

#include "object/task.h"

static struct {
	_Atomic zx_handle_t job;
	_Atomic bool done;
	_Atomic unsigned strange, made;
} tree;

static bool may(zx_status_t st)
{
	/* The job may be dying or its handle closed. */
	return st == ZX_OK || st == ZX_ERR_BAD_STATE || st == ZX_ERR_BAD_HANDLE;
}

static void *grow(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;

	while (!atomic_load(&tree.done)) {
		zx_handle_t job = atomic_load(&tree.job), child = 0, process = 0, vmar = 0;
		zx_status_t st = zx_job_create(job, 0, &child);

		if (!may(st))
			atomic_fetch_add(&tree.strange, 1);
		if (st == ZX_OK && t_below(&seed, 2) == 0) {
			zx_handle_close(job);
			job = child;
		}
		st = zx_process_create(job, "p", 1, 0, &process, &vmar);
		if (!may(st))
			atomic_fetch_add(&tree.strange, 1);
		if (st == ZX_OK) {
			zx_signals_t seen = 0;

			atomic_fetch_add(&tree.made, 1);
			if (t_below(&seed, 2) == 0 && zx_task_kill(process) != ZX_OK)
				atomic_fetch_add(&tree.strange, 1);
			/* Whoever kills it: the end comes, and with it the signal. */
			zx_object_wait_one(process, ZX_PROCESS_TERMINATED, 0, &seen);
			zx_handle_close(process);
			zx_handle_close(vmar);
		}
		zx_handle_close(child);
	}
	return NULL;
}

Test(object_task, threads__grow_a_tree_while_jobs_are_killed__all_dead_and_nothing_left)
{
	const unsigned rounds = rounds_of(5000);
	pthread_t t[2];
	zx_handle_t root = zx_job_default();

	cr_assert_neq(root, ZX_HANDLE_INVALID);
	const size_t handles = zi_handle_live(), objects = zi_object_live();

	T_OK(zx_job_create(root, 0, (zx_handle_t *)&tree.job));
	for (uintptr_t i = 0; i < 2; i++)
		t[i] = start(grow, (void *)(i + 1));
	for (unsigned i = 0; i < rounds || tree.made < 20; i++) {
		zx_handle_t old = atomic_load(&tree.job), next = 0;
		zx_status_t st = zx_task_kill(old);

		cr_assert(st == ZX_OK || st == ZX_ERR_BAD_HANDLE);
		T_OK(zx_job_create(root, 0, &next));
		atomic_store(&tree.job, next);
		zx_handle_close(old);
	}
	atomic_store(&tree.done, true);
	finish(t[0]);
	finish(t[1]);
	zx_handle_close(tree.job);
	cr_assert_eq(tree.strange, 0);
	cr_assert_gt(tree.made, 0);
	cr_assert_eq(zi_handle_live(), handles);
	cr_assert_eq(zi_object_live(), objects);
	cr_assert_eq(zi_object_signals(&zi_job_root()->object), ZX_JOB_NO_JOBS);
}

/* Killing a job of many processes visits each once: the time must not grow with their square. */
Test(object_task, kill__a_job_of_a_thousand_processes__all_dead)
{
	enum { N = 1000 };
	zx_handle_t job, *process = calloc(N, sizeof(*process)), *vmar = calloc(N, sizeof(*vmar));

	T_OK(zx_job_create(zx_job_default(), 0, &job));
	for (unsigned i = 0; i < N; i++)
		T_OK(zx_process_create(job, "p", 1, 0, &process[i], &vmar[i]));
	T_OK(zx_task_kill(job));
	for (unsigned i = 0; i < N; i++)
		T_OK(zx_object_wait_one(process[i], ZX_PROCESS_TERMINATED, 0, NULL));
	T_OK(zx_object_wait_one(job, ZX_JOB_TERMINATED, 0, NULL));
	T_OK(zx_handle_close_many(process, N));
	T_OK(zx_handle_close_many(vmar, N));
	T_OK(zx_handle_close(job));
	free(process);
	free(vmar);
}
