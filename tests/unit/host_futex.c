/* zi-test: valgrind */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/lock.h"
#include "t.h"

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000 + ts.tv_nsec;
}

Test(host_futex, wait__other_value__returns_at_once)
{
	_Atomic uint32_t word = 5;

	errno = ENOTTY;
	cr_assert(zi_futex_wait(&word, 4, INT64_MAX));
	cr_assert_eq(errno, ENOTTY);
}

Test(host_futex, wait__deadline__passes)
{
	_Atomic uint32_t word = 5;
	int64_t start = now();

	errno = ENOTTY;
	while (zi_futex_wait(&word, 5, start + 20000000))
		continue;
	cr_assert_geq(now(), start + 20000000);
	cr_assert_eq(errno, ENOTTY);
}

Test(host_futex, wait__deadline_in_the_past__times_out)
{
	static const int64_t past[] = {INT64_MIN, -1, 0, 1};
	_Atomic uint32_t word = 5;

	T_EACH (past, d)
		cr_assert_not(zi_futex_wait(&word, 5, *d), "%lld", (long long)*d);
}

static _Atomic uint32_t gate;

static void *wait_at_gate(void *arg)
{
	while (gate == 0)
		zi_futex_wait(&gate, 0, INT64_MAX);
	return arg;
}

Test(host_futex, wake__all__everybody_goes_on)
{
	pthread_t thread[4];

	for (unsigned i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, wait_at_gate, NULL), 0);
	nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	gate = 1;
	zi_futex_wake(&gate, UINT32_MAX);
	for (unsigned i = 0; i < 4; i++)
		cr_assert_eq(pthread_join(thread[i], NULL), 0);
}
