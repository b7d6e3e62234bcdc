/*
 * The end of a thread as Linux tells it. The caller leaves with a robust mutex locked; the kernel hands the mutex to
 * the thread that waits for it when the caller has left user mode for good. That is later than anything
 * the C library tells: its last functions still run on the stack that is to go, and its book of thread
 * stacks names that memory until they are done.
 */
#include "host/after_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/assert.h"

struct after_thread {
	pthread_mutex_t alive; /* locked by the thread that ends */
	void (*fn)(void *ctx);
	void *ctx;
};

static void *wait_for_end(void *arg)
{
	struct after_thread *a = arg;
	const int e = pthread_mutex_lock(&a->alive);

	ZI_ASSERT(e == EOWNERDEAD);
	pthread_mutex_consistent(&a->alive);
	pthread_mutex_unlock(&a->alive);
	pthread_mutex_destroy(&a->alive);
	a->fn(a->ctx);
	free(a);
	return NULL;
}

static int make_robust(pthread_mutex_t *m)
{
	pthread_mutexattr_t attr;
	int e = pthread_mutexattr_init(&attr);

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
	e = pthread_create(&thread, &attr, wait_for_end, a);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return e;
}

zx_status_t zi_host_after_thread(void (*fn)(void *ctx), void *ctx)
{
	struct after_thread *a = malloc(sizeof(*a));

	if (a == NULL)
		return ZX_ERR_NO_MEMORY;
	a->fn = fn;
	a->ctx = ctx;
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
