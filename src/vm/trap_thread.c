/*
 * The engine `thread`: threads of the library resolve accesses for those that wait in the kernel.
 *
 * A fault whose page has to be asked for keeps its service thread until the answer; before that it
 * sees to it that another one is listening, so that threads that fault together are served
 * together. Service threads stay for the next faults.
 *
 * An access that fails cannot be told to its thread directly: the page is taken out of the mapping,
 * the thread tries again, gets SIGSEGV, and finds in its handler what the status is. Until then the
 * page is `refused`, which whoever wants to show it has to know.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/assert.h"
#include "base/inject.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/slab.h"
#include "base/span.h"
#include "base/time.h"
#include "host/host.h"
#include "vm/fault.h"
#include "vm/trap.h"

/* Faults that wait at the same time; more of them wait in the kernel until one is done. */
enum { ZI_SERVICE_MAX = 1024 };
#define SERVICE_STACK ((size_t)128 << 10)
/*
 * A thread that has not come for its answer after this long was in a system call, which has failed
 * with EFAULT.
 */
#define REFUSAL_NS INT64_C(1000000000)

static _Atomic int listening;
static _Atomic int threads;

/* ---- refusals */

struct refusal {
	struct zi_link link;
	uintptr_t page; /* the lowest bit tells that it has been placed again */
	uint32_t thread;
	zx_status_t status;
	int64_t until;
};

/*
 * The want of memory is a reason for refusals itself: there has to be room for some then. With all of these in use the thread
 * tries again, and asks again.
 */
enum { ZI_REFUSAL_RESERVE = 64 };
static struct refusal reserve[ZI_REFUSAL_RESERVE];
static _Atomic uint64_t reserve_used; /* bit n: reserve[n] */

static struct zi_lock refusals_lock = ZI_LOCK_INIT(ZI_RANK_LEAF);
static struct zi_link refusals = {&refusals, &refusals};
static _Atomic unsigned nrefusals;

static struct refusal *refusal_new(void)
{
	struct refusal *r = ZI_ALLOC(REFUSAL, zi_slab_alloc(sizeof(*r)));
	uint64_t used = atomic_load_explicit(&reserve_used, memory_order_relaxed);

	while (r == NULL && used != UINT64_MAX) {
		unsigned n = (unsigned)__builtin_ctzll(~used);

		if (atomic_compare_exchange_weak_explicit(
			    &reserve_used, &used, used | (uint64_t)1 << n, memory_order_acquire,
			    memory_order_relaxed))
			r = &reserve[n];
	}
	return r;
}

static void refusal_free(struct refusal *r)
{
	if (r < reserve || r >= reserve + ZI_REFUSAL_RESERVE)
		zi_slab_free(r, sizeof(*r));
	else
		atomic_fetch_and_explicit(&reserve_used, ~((uint64_t)1 << (r - reserve)),
					  memory_order_release);
}

static bool add_refusal(uintptr_t page, uint32_t thread, zx_status_t status)
{
	struct refusal *r = refusal_new();

	if (r == NULL)
		return false;
	r->page = page;
	r->thread = thread;
	r->status = status;
	r->until = zi_time_mono() + REFUSAL_NS;
	ZI_LOCK_SCOPE(&refusals_lock);
	zi_list_add_tail(&refusals, &r->link);
	atomic_fetch_add_explicit(&nrefusals, 1, memory_order_release);
	return true;
}

bool zi_trap_take_refused(uintptr_t start, uintptr_t end, uintptr_t *out_page)
{
	if (atomic_load_explicit(&nrefusals, memory_order_acquire) == 0)
		return false;
	ZI_LOCK_SCOPE(&refusals_lock);
	ZI_LIST_FOREACH (l, &refusals) {
		struct refusal *r = ZI_CONTAINER(l, struct refusal, link);

		if ((r->page & 1) != 0 || r->page < start || r->page >= end)
			continue;
		*out_page = r->page;
		/* The page is shown again; its thread may still come for the status. */
		r->page |= 1;
		return true;
	}
	return false;
}

static void free_refusals(struct zi_link *list)
{
	ZI_LIST_FOREACH_SAFE (l, list)
		refusal_free(ZI_CONTAINER(l, struct refusal, link));
}

/* A thread that comes for the answer only now finds what anybody finds who comes after the unmapping. */
void zi_trap_forget_refused(uintptr_t start, uintptr_t end)
{
	struct zi_link gone;

	if (atomic_load_explicit(&nrefusals, memory_order_acquire) == 0)
		return;
	zi_list_init(&gone);
	zi_lock(&refusals_lock);
	ZI_LIST_FOREACH_SAFE (l, &refusals) {
		struct refusal *r = ZI_CONTAINER(l, struct refusal, link);

		if (r->page < start || r->page >= end)
			continue;
		zi_list_del(&r->link);
		zi_list_add_tail(&gone, &r->link);
		atomic_fetch_sub_explicit(&nrefusals, 1, memory_order_relaxed);
	}
	zi_unlock(&refusals_lock);
	free_refusals(&gone);
}

/* Moves what is told or too old, and leaves no page out, to `done`. */
static zx_status_t search_locked(uintptr_t page, uint32_t self, int64_t now, struct zi_link *done)
{
	zx_status_t st = ZX_OK;

	ZI_LIST_FOREACH_SAFE (l, &refusals) {
		struct refusal *r = ZI_CONTAINER(l, struct refusal, link);

		if (r->thread == self && (r->page & ~(uintptr_t)1) == page && r->until >= now) {
			st = r->status;
			r->until = 0;
		}
		if ((r->page & 1) != 0 && r->until < now) {
			zi_list_del(&r->link);
			zi_list_add_tail(done, &r->link);
			atomic_fetch_sub_explicit(&nrefusals, 1, memory_order_relaxed);
		}
	}
	return st;
}

zx_status_t zi_trap_take_refusal(uintptr_t page)
{
	struct zi_link done;
	zx_status_t st;

	if (atomic_load_explicit(&nrefusals, memory_order_acquire) == 0)
		return ZX_OK;
	zi_list_init(&done);
	zi_lock(&refusals_lock);
	st = search_locked(page, zi_watch_thread_id(), zi_time_mono(), &done);
	zi_unlock(&refusals_lock);
	free_refusals(&done);
	return st;
}

/* ---- service */

static void serve_one(const struct zi_watch_fault *f)
{
	const uintptr_t page = f->addr & ~(uintptr_t)ZI_PAGE_MASK;
	bool ours, watched;
	zx_status_t st = zi_fault_trapped(f->addr, f->write, false, true, &ours, &watched);

	/* Without memory to remember the refusal the thread tries again, and asks again. */
	if (st != ZX_OK && ours)
		(void)zi_fault_refuse(page, f->thread, st, add_refusal);
	zi_watch_wake(page, ZI_PAGE);
}

static void start_thread(void);

static void *serve(void *arg)
{
	struct zi_watch_fault f;

	(void)arg;
	(void)pthread_setname_np(pthread_self(), "zirconia-fault");
	while (zi_watch_next(&f)) {
		/*
		 * The last one that listened must not be kept waiting: somebody else listens now.
		 */
		if (atomic_fetch_sub_explicit(&listening, 1, memory_order_acq_rel) == 1)
			start_thread();
		serve_one(&f);
		atomic_fetch_add_explicit(&listening, 1, memory_order_acq_rel);
	}
	atomic_fetch_sub_explicit(&listening, 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&threads, 1, memory_order_relaxed);
	return NULL;
}

static bool create_thread(bool small)
{
	pthread_attr_t attr;
	pthread_t id;
	bool ok;

	if (pthread_attr_init(&attr) != 0)
		return false;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (small)
		(void)pthread_attr_setstacksize(&attr, SERVICE_STACK);
	ok = ZI_HOST_E(PTHREAD_CREATE, pthread_create(&id, &attr, serve, NULL)) == 0;
	pthread_attr_destroy(&attr);
	return ok;
}

/* Failing to is bearable: faults wait for the threads that there are. */
static void start_thread(void)
{
	sigset_t all, old;

	if (atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) >= ZI_SERVICE_MAX) {
		atomic_fetch_sub_explicit(&threads, 1, memory_order_relaxed);
		return;
	}
	atomic_fetch_add_explicit(&listening, 1, memory_order_relaxed);
	/* Signals of the program are for its own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	/* The program's thread-local memory comes out of the stack, and may not fit into a small one. */
	if (!create_thread(true) && !create_thread(false)) {
		atomic_fetch_sub_explicit(&listening, 1, memory_order_relaxed);
		atomic_fetch_sub_explicit(&threads, 1, memory_order_relaxed);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

bool zi_trap_threads_idle(void)
{
	return atomic_load_explicit(&listening, memory_order_acquire) >=
	       atomic_load_explicit(&threads, memory_order_relaxed);
}

bool zi_trap_threads_start(void)
{
	start_thread();
	return atomic_load_explicit(&threads, memory_order_relaxed) > 0;
}

void zi_trap_threads_after_fork(void)
{
	/* The threads are the parent's, and the slabs are empty. */
	atomic_store_explicit(&threads, 0, memory_order_relaxed);
	atomic_store_explicit(&listening, 0, memory_order_relaxed);
	atomic_store_explicit(&nrefusals, 0, memory_order_relaxed);
	atomic_store_explicit(&reserve_used, 0, memory_order_relaxed);
	zi_list_init(&refusals);
	zi_lock_init(&refusals_lock, ZI_RANK_LEAF);
}
