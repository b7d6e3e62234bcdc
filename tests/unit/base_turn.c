/* zi-test: helgrind */
/* Turns: one thread at a time, however long it takes. */
#include <pthread.h>
#include <sched.h>

#include "base/lock.h"
#include "base/turn.h"
#include "t.h"

enum { THREADS = 4, ROUNDS = 20000 };

static struct zi_turn turn;
static long counter; /* in turn */
static _Atomic int inside;

static void *count(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		zi_turn_take(&turn);
		if (atomic_fetch_add(&inside, 1) != 0)
			abort();
		counter++;
		/* Now and then long enough for the others to fall asleep. */
		if (i % 1024 == 0)
			for (int k = 0; k < 50; k++)
				sched_yield();
		atomic_fetch_sub(&inside, 1);
		zi_turn_give(&turn);
	}
	return NULL;
}

Test(base_turn, many_threads__take_and_give__one_at_a_time)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, count, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(counter, (long)THREADS * ROUNDS);
	cr_assert_eq(atomic_load(&turn.word), 0);
}

/* Program memory may be touched, so it must not count as one of our locks. */
Test(base_turn, taken__is_no_lock_held)
{
	zi_turn_take(&turn);
	cr_assert_eq(zi_locks_held, 0);
	zi_turn_give(&turn);
}
