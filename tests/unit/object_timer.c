/* zi-test: valgrind */
/* The service thread of timers. */
#include <dirent.h>
#include <unistd.h>

#include <zircon/syscalls.h>

#include "object_fake.h"

#include "base/time.h"
#include "object/timer.h"

static unsigned threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned n = 0;

	cr_assert_not_null(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* A thread that was joined may be listed a moment longer. */
static bool comes_to(unsigned n)
{
	for (unsigned i = 0; i < 1000; i++) {
		if (threads() == n)
			return true;
		usleep(10000);
	}
	return false;
}

static void *nothing(void *arg)
{
	return arg;
}

Test(object_timer, thread__no_timer_armed__there_is_none_and_a_started_one_goes)
{
	unsigned before, i;
	zx_handle_t timer;

	/*
	 * A sanitizer starts a thread of its own with the first one, and so may the ring that
	 * copies.
	 */
	finish(start(nothing, NULL));
	T_OK(zx_timer_create(0, 0, &timer));
	before = threads();
	for (i = 0; i < 20; i++) {
		usleep(10000);
		before = threads() < before || i == 0 ? threads() : before;
	}
	T_OK(zx_timer_set(timer, 1, 0));
	T_OK(zx_timer_set(timer, ZX_TIME_INFINITE, 0));
	cr_assert(comes_to(before));
	T_OK(zx_timer_set(timer, zi_time_mono() + 1000000000000, 0));
	cr_assert(comes_to(before + 1));
	usleep(20000); /* until it sleeps for that timer */
	T_OK(zx_handle_close(timer));
	cr_assert(comes_to(before));
	cr_assert_eq(zi_object_live(), 0);

	/* And comes back. */
	T_OK(zx_timer_create(0, 0, &timer));
	T_OK(zx_timer_set(timer, zi_time_mono() + 1000000, 0));
	T_OK(zx_object_wait_one(timer, ZX_TIMER_SIGNALED, ZX_TIME_INFINITE, NULL));
	T_OK(zx_handle_close(timer));
}

Test(object_timer, queue__timers_set_cancelled_closed_at_random__each_fires_when_due)
{
	enum { N = 200 };
	const unsigned rounds = rounds_of(20000);
	zx_handle_t timers[N];
	int64_t due[N] = {0}; /* 0: not armed */
	uint64_t seed = t_seed();

	for (unsigned i = 0; i < N; i++)
		T_OK(zx_timer_create(0, 0, &timers[i]));
	for (unsigned round = 0; round < rounds; round++) {
		unsigned i = (unsigned)t_below(&seed, N);
		zx_signals_t state = 0;

		zx_object_wait_one(timers[i], 0, 0, &state);
		if (state & ZX_TIMER_SIGNALED)
			cr_assert(due[i] != 0 && due[i] <= zi_time_mono(),
				  "timer %u fired too early", i);
		switch (t_below(&seed, 4)) {
		case 0:
			T_OK(zx_timer_cancel(timers[i]));
			due[i] = 0;
			break;
		case 1:
			T_OK(zx_handle_close(timers[i]));
			T_OK(zx_timer_create(0, 0, &timers[i]));
			due[i] = 0;
			break;
		default:
			due[i] = zi_time_mono() + (int64_t)t_below(&seed, 3000000);
			T_OK(zx_timer_set(timers[i], due[i], 0));
			break;
		}
	}
	for (unsigned i = 0; i < N; i++) {
		if (due[i] != 0)
			T_OK(zx_object_wait_one(timers[i], ZX_TIMER_SIGNALED,
						zi_time_mono() + 20000000000, NULL));
		T_OK(zx_handle_close(timers[i]));
	}
	/* The thread may hold the one that fired last a moment longer. */
	for (unsigned i = 0; i < 1000 && zi_object_live() != 0; i++)
		usleep(1000);
	cr_assert_eq(zi_object_live(), 0);
}
