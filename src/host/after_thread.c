/*
 * The end of a thread as Linux tells it. The caller leaves with a robust mutex locked; the kernel
 * hands the mutex to the thread that waits for it when the caller has left user mode for good. That
 * is later than anything the C library tells: its last functions still run on the stack that is to
 * go, and its book of thread stacks names that memory until they are done.
 *
 * Then the kernel itself stores once more: a zero into the control block, for those who join. It has
 * done so when the thread is no longer to be found.
 */
#include "host/after_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/inject.h"
#include "host/calls.h"

struct after_thread {
	pthread_mutex_t alive; /* locked by the thread that ends */
	pid_t tid;             /* of that thread */
	void (*fn)(void *ctx);
	void *ctx;
};

/*
 * It is on its way out: this takes microseconds. The first thread of a process stays to be found
 * until the process ends, but its control block is nobody's to unmap.
 */
static void wait_until_gone(pid_t tid)
{
	while (tid != getpid() && syscall(SYS_tgkill, getpid(), tid, 0) == 0)
		zi_sys_pause(10000);
}

static void *wait_for_end(void *arg)
{
	struct after_thread *a = arg;
	int e;

	(void)pthread_setname_np(pthread_self(), "zirconia-end");
	e = pthread_mutex_lock(&a->alive);

	ZI_ASSERT(e == EOWNERDEAD);
	pthread_mutex_consistent(&a->alive);
	pthread_mutex_unlock(&a->alive);
	pthread_mutex_destroy(&a->alive);
	wait_until_gone(a->tid);
	a->fn(a->ctx);
	free(a);
	return NULL;
}

static int make_robust(pthread_mutex_t *m)
{
	pthread_mutexattr_t attr;
	int e = ZI_HOST_E(PTHREAD_MUTEX, pthread_mutexattr_init(&attr));

	if (e != 0)
		return e;
	e = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	if (e == 0)
		e = pthread_mutex_init(m, &attr);
	pthread_mutexattr_destroy(&attr);
	return e;
}

/* A detached thread that no signal of the program's is delivered to. */
static int start_waiter(struct after_thread *a)
{
	sigset_t most, before;
	pthread_attr_t attr;
	pthread_t thread;
	int e = pthread_attr_init(&attr);

	if (e != 0)
		return e;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&most);
	sigdelset(&most, SIGSEGV);
	sigdelset(&most, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &most, &before);
	e = ZI_HOST_E(PTHREAD_CREATE, pthread_create(&thread, &attr, wait_for_end, a));
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return e;
}

zx_status_t zi_host_after_thread(void (*fn)(void *ctx), void *ctx)
{
	struct after_thread *a = ZI_ALLOC(THREAD_EXIT, malloc(sizeof(*a)));

	if (a == NULL)
		return ZX_ERR_NO_MEMORY;
	a->fn = fn;
	a->ctx = ctx;
	a->tid = gettid();
	if (make_robust(&a->alive) != 0) {
		free(a);
		return ZX_ERR_NO_MEMORY;
	}
	pthread_mutex_lock(&a->alive);
	if (start_waiter(a) != 0) {
		pthread_mutex_unlock(&a->alive);
		pthread_mutex_destroy(&a->alive);
		free(a);
		return ZX_ERR_NO_MEMORY;
	}
	return ZX_OK;
}
