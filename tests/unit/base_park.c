/* zi-test: valgrind helgrind */
/* Waiting that spins before it sleeps. */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/park.h"
#include "base/time.h"
#include "t.h"

Test(base_park, park__set_before__true_at_once)
{
	_Atomic uint32_t word = ZI_PARK_EMPTY;

	cr_assert_not(zi_park_set(&word), "nobody sleeps");
	cr_assert(zi_park(&word, 0));
	cr_assert(zi_park(&word, INT64_MAX));
}

Test(base_park, park__nobody_sets__false_at_the_deadline)
{
	for (unsigned i = 0; i < 20; i++) {
		_Atomic uint32_t word = ZI_PARK_EMPTY;
		const int64_t begin = zi_time_mono(), deadline = begin + (i % 2 ? 2000000 : 10000);

		cr_assert_not(zi_park(&word, deadline));
		cr_assert_geq(zi_time_mono(), deadline);
		cr_assert_neq(word, ZI_PARK_SET);
		/* It may be set after that, and is then found. */
		if (zi_park_set(&word))
			zi_futex_wake(&word, 1);
		cr_assert(zi_park(&word, 0));
	}
	_Atomic uint32_t never = ZI_PARK_EMPTY, nor_then = ZI_PARK_EMPTY;

	cr_assert_not(zi_park(&never, 0));
	cr_assert_not(zi_park(&nor_then, -1));
}

#define ROUNDS 20000

static struct {
	_Atomic uint32_t ping, pong;
	_Atomic unsigned strange;
} table;

static void set(_Atomic uint32_t *word)
{
	if (zi_park_set(word))
		zi_futex_wake(word, 1);
}

static void *answer(void *pauses)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (!zi_park(&table.ping, INT64_MAX))
			atomic_fetch_add(&table.strange, 1);
		atomic_store(&table.ping, ZI_PARK_EMPTY);
		/* Long enough now and then for the other side to go to sleep. */
		if (pauses != NULL && i % 64 == 0)
			usleep(300);
		set(&table.pong);
	}
	return NULL;
}

Test(base_park, two_threads__set_each_others_word__no_wake_is_lost)
{
	for (int pauses = 0; pauses < 2; pauses++) {
		pthread_t t;

		cr_assert_eq(pthread_create(&t, NULL, answer, pauses ? &table : NULL), 0);
		for (unsigned i = 0; i < ROUNDS; i++) {
			set(&table.ping);
			if (!zi_park(&table.pong, INT64_MAX))
				atomic_fetch_add(&table.strange, 1);
			atomic_store(&table.pong, ZI_PARK_EMPTY);
		}
		pthread_join(t, NULL);
		cr_assert_eq(table.strange, 0);
	}
}

static void *park_once(void *word)
{
	return (void *)(uintptr_t)zi_park(word, INT64_MAX);
}

Test(base_park, asleep__set_from_elsewhere__the_setter_owes_a_wake)
{
	_Atomic uint32_t word = ZI_PARK_EMPTY;
	pthread_t t;
	void *set_seen;

	cr_assert_eq(pthread_create(&t, NULL, park_once, (void *)&word), 0);
	while (word != ZI_PARK_ASLEEP)
		usleep(100);
	/* Wakes without a reason do not end it. */
	for (unsigned i = 0; i < 10; i++)
		zi_futex_wake(&word, 1);
	usleep(1000);
	cr_assert_eq(word, ZI_PARK_ASLEEP);
	cr_assert(zi_park_set(&word));
	zi_futex_wake(&word, 1);
	pthread_join(t, &set_seen);
	cr_assert_not_null(set_seen);
}
