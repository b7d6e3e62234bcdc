/* zi-test: valgrind helgrind */
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/lock.h"
#include "t.h"

static struct zi_lock lock = ZI_LOCK_INIT(ZI_RANK_TREE);

Test(base_lock, lock__unlock__counts_and_frees)
{
	struct zi_lock inner;

	zi_lock_init(&inner, ZI_RANK_LEAF);
	cr_assert_eq(zi_locks_held, 0);
	zi_lock(&lock);
	zi_lock(&inner);
	cr_assert_eq(zi_locks_held, 2);
	cr_assert_neq(lock.word, 0);
	zi_lock_assert_held(&lock);
	/* In any order. */
	zi_unlock(&lock);
	cr_assert_eq(zi_locks_held, 1);
	zi_unlock(&inner);
	cr_assert_eq(zi_locks_held, 0);
	cr_assert_eq(lock.word, 0);
}

static int scoped(int way)
{
	ZI_LOCK_SCOPE(&lock);
	if (way == 0)
		return (int)zi_locks_held;
	{
		struct zi_lock inner = ZI_LOCK_INIT(ZI_RANK_OBJECT);

		ZI_LOCK_SCOPE(&inner);
		way = (int)zi_locks_held;
	}
	return way * 10 + (int)zi_locks_held;
}

Test(base_lock, scope__left__unlocks)
{
	cr_assert_eq(scoped(0), 1);
	cr_assert_eq(zi_locks_held, 0);
	cr_assert_eq(scoped(1), 21);
	cr_assert_eq(zi_locks_held, 0);
	cr_assert_eq(lock.word, 0);
}

static void *try_it(void *arg)
{
	bool got = zi_trylock(&lock);

	(void)arg;
	if (got)
		zi_unlock(&lock);
	return got && zi_locks_held == 0 ? &lock : NULL;
}

static void *in_thread(void *(*fn)(void *), void *arg)
{
	pthread_t thread;
	void *result;

	cr_assert_eq(pthread_create(&thread, NULL, fn, arg), 0);
	cr_assert_eq(pthread_join(thread, &result), 0);
	return result;
}

Test(base_lock, trylock__held_by_another__false)
{
	zi_lock(&lock);
	cr_assert_null(in_thread(try_it, NULL));
	zi_unlock(&lock);
	cr_assert_not_null(in_thread(try_it, NULL));
	cr_assert_eq(zi_locks_held, 0);
}

/* ---- exclusion, with more threads than processors so that both spinning and sleeping happen */

#define THREADS 6
static unsigned long counter; /* guarded by lock */
static unsigned rounds;

static void *count(void *arg)
{
	for (unsigned i = 0; i < rounds; i++) {
		zi_lock(&lock);
		counter++;
		if (i % 512 == (uintptr_t)arg)
			nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
		zi_unlock(&lock);
	}
	return zi_locks_held == 0 ? NULL : &lock;
}

Test(base_lock, many_threads__contend__exclusive)
{
	pthread_t thread[THREADS];
	void *wrong;

	rounds = t_has("no-valgrind") ? 20000 : 1000;
	for (uintptr_t i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, count, (void *)i), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		cr_assert_eq(pthread_join(thread[i], &wrong), 0);
		cr_assert_null(wrong);
	}
	cr_assert_eq(counter, (unsigned long)rounds * THREADS);
	cr_assert_eq(lock.word, 0);
}

/* ---- checks of debug builds */

#ifndef NDEBUG

static struct zi_lock outer = ZI_LOCK_INIT(ZI_RANK_ASPACE);

Test(base_lock, wrong_order__debug__stops, .signal = SIGABRT)
{
	zi_lock(&lock);
	zi_lock(&outer);
}

Test(base_lock, equal_ranks__debug__stops, .signal = SIGABRT)
{
	struct zi_lock other = ZI_LOCK_INIT(ZI_RANK_TREE);

	zi_lock(&lock);
	zi_lock(&other);
}

Test(base_lock, taken_twice__debug__stops_and_does_not_hang, .signal = SIGABRT, .timeout = 10)
{
	zi_lock(&lock);
	zi_lock(&lock);
}

Test(base_lock, not_held__unlocked__stops, .signal = SIGABRT)
{
	zi_unlock(&lock);
}

static void *unlock_it(void *arg)
{
	zi_unlock(arg);
	return NULL;
}

Test(base_lock, held_by_another__unlocked__stops, .signal = SIGABRT)
{
	zi_lock(&lock);
	in_thread(unlock_it, &lock);
}

Test(base_lock, not_held__asserted__stops, .signal = SIGABRT)
{
	zi_lock_assert_held(&lock);
}

Test(base_lock, right_order__after_a_trylock_failed__fine)
{
	struct zi_lock leaf = ZI_LOCK_INIT(ZI_RANK_LEAF);

	zi_lock(&outer);
	zi_lock(&lock);
	cr_assert_null(in_thread(try_it, NULL));
	zi_lock(&leaf);
	zi_unlock(&leaf);
	zi_unlock(&lock);
	zi_lock(&lock);
	zi_unlock(&outer);
	zi_unlock(&lock);
}

#endif
