/* The queue of armed timers, a binary heap by time, and the thread that serves it. */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/inject.h"
#include "base/time.h"
#include "object/timer.h"

/* A thread without work waits so long for more before it ends. */
#define LINGER_NS INT64_C(1000000000)

static struct {
	struct zi_lock lock; /* LEAF: taken under the locks of timers */
	struct zi_timer **heap;
	uint32_t count;
	uint32_t reserved; /* timers that exist: the heap has room for all of them */
	uint32_t room;
	bool running; /* the thread exists */
	int64_t sleeps_until;
	_Atomic uint32_t bell; /* the thread's futex: changes when it has to look again */
} queue = {.lock = ZI_LOCK_INIT(ZI_RANK_LEAF)};

/* ---- heap; all with the queue's lock */

static void place_locked(uint32_t i, struct zi_timer *t)
{
	queue.heap[i] = t;
	t->place = i;
}

static void sift_up_locked(uint32_t i)
{
	struct zi_timer *t = queue.heap[i];

	for (; i != 0 && queue.heap[(i - 1) / 2]->due > t->due; i = (i - 1) / 2)
		place_locked(i, queue.heap[(i - 1) / 2]);
	place_locked(i, t);
}

static void sift_down_locked(uint32_t i)
{
	struct zi_timer *t = queue.heap[i];

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child + 1 < queue.count && queue.heap[child + 1]->due < queue.heap[child]->due)
			child++;
		if (child >= queue.count || queue.heap[child]->due >= t->due)
			break;
		place_locked(i, queue.heap[child]);
		i = child;
	}
	place_locked(i, t);
}

static void remove_locked(struct zi_timer *t)
{
	uint32_t i = t->place;

	if (i == ZI_TIMER_UNARMED)
		return;
	t->place = ZI_TIMER_UNARMED;
	struct zi_timer *last = queue.heap[--queue.count];

	if (last == t)
		return;
	place_locked(i, last);
	sift_up_locked(i);
	sift_down_locked(last->place);
}

/* ---- the thread */

/*
 * The earliest timer if it is due, off the queue and referenced. Timers that are going are dropped.
 */
static struct zi_timer *next_due_locked(int64_t now)
{
	while (queue.count != 0 && queue.heap[0]->due <= now) {
		struct zi_timer *t = queue.heap[0];

		remove_locked(t);
		if (zi_object_tryref(&t->object))
			return t;
	}
	return NULL;
}

static void *serve(void *unused)
{
	bool idle = false;

	(void)unused;
	(void)pthread_setname_np(pthread_self(), "zirconia-timer");
	zi_lock(&queue.lock);
	for (;;) {
		struct zi_timer *t = next_due_locked(zi_time_mono());

		if (t != NULL) {
			zi_unlock(&queue.lock);
			zi_timer_expire(t);
			zi_object_unref(&t->object);
			idle = false;
			zi_lock(&queue.lock);
			continue;
		}
		if (queue.count == 0 && idle)
			break;
		const int64_t until =
			queue.count == 0 ? zi_time_mono() + LINGER_NS : queue.heap[0]->due;
		queue.sleeps_until = until;
		uint32_t bell = atomic_load_explicit(&queue.bell, memory_order_relaxed);

		zi_unlock(&queue.lock);
		bool rung = zi_futex_wait(&queue.bell, bell, until);
		zi_lock(&queue.lock);
		idle = !rung && queue.count == 0;
	}
	queue.running = false;
	zi_unlock(&queue.lock);
	return NULL;
}

/* The program's signals are for its own threads; faults of this one could only be ours. */
static bool start_thread(void)
{
	const size_t stack = (size_t)PTHREAD_STACK_MIN + 256 * 1024;
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	bool ok;

	if (pthread_attr_init(&attr) != 0)
		return false;
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ok = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0 &&
	     pthread_attr_setstacksize(&attr, stack) == 0 &&
	     ZI_HOST_E(PTHREAD_CREATE, pthread_create(&thread, &attr, serve, NULL)) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return ok;
}

/* ---- from timers */

/*
 * Makes the thread look again; a wake is owed after the lock. Until it looked, only what is due
 * before `until` rings again.
 */
static void ring_locked(int64_t until)
{
	queue.sleeps_until = until;
	atomic_fetch_add_explicit(&queue.bell, 1, memory_order_relaxed);
}

bool zi_timer_queue_reserve(void)
{
	ZI_LOCK_SCOPE(&queue.lock);
	if (queue.reserved == queue.room) {
		uint32_t room = queue.room == 0 ? 16 : queue.room * 2;
		struct zi_timer **heap =
			ZI_ALLOC(TIMERS, realloc(queue.heap, room * sizeof(*heap)));

		if (heap == NULL)
			return false;
		queue.heap = heap;
		queue.room = room;
	}
	queue.reserved++;
	return true;
}

void zi_timer_queue_unreserve(void)
{
	ZI_LOCK_SCOPE(&queue.lock);
	queue.reserved--;
}

bool zi_timer_queue_put(struct zi_timer *t, int64_t due)
{
	bool ring, start;

	zi_lock(&queue.lock);
	start = !queue.running;
	queue.running = true;
	remove_locked(t);
	t->due = due;
	queue.heap[queue.count++] = t;
	sift_up_locked(queue.count - 1);
	ring = due < queue.sleeps_until;
	if (ring)
		ring_locked(due);
	zi_unlock(&queue.lock);
	if (start && !start_thread()) {
		/*
		 * Timers that others put in meanwhile are served when the next one starts the
		 * thread.
		 */
		ZI_LOCK_SCOPE(&queue.lock);
		queue.running = false;
		remove_locked(t);
		return false;
	}
	if (ring)
		zi_futex_wake(&queue.bell, 1);
	return true;
}

/*
 * A thread that sleeps for a timer that is gone need not know, except of the last one: it would
 * sleep on for nothing. Rung for this, it sleeps for LINGER_NS at most, so that setting and
 * cancelling in turn rings once in that time.
 */
void zi_timer_queue_remove(struct zi_timer *t)
{
	bool ring;

	zi_lock(&queue.lock);
	const bool last = t->place != ZI_TIMER_UNARMED && queue.count == 1;

	remove_locked(t);
	ring = last && queue.sleeps_until > zi_time_mono() + LINGER_NS;
	if (ring)
		ring_locked(0);
	zi_unlock(&queue.lock);
	if (ring)
		zi_futex_wake(&queue.bell, 1);
}

void zi_timer_queue_after_fork(void)
{
	zi_lock_init(&queue.lock, ZI_RANK_LEAF);
	queue.count = 0;
	queue.reserved = 0;
	queue.running = false;
	queue.sleeps_until = 0;
}
