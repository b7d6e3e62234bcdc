/*
 * Calls about time that need no object.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "t.h"

static int64_t linux_now(clockid_t id)
{
	struct timespec ts;

	cr_assert_eq(clock_gettime(id, &ts), 0);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

Test(call_clock, get__each_clock__between_two_looks_at_linux)
{
	int64_t before = linux_now(CLOCK_MONOTONIC);
	zx_instant_mono_t mono = zx_clock_get_monotonic();
	int64_t after = linux_now(CLOCK_MONOTONIC);
	zx_instant_boot_t boot;

	cr_expect(before <= mono && mono <= after);
	before = linux_now(CLOCK_BOOTTIME);
	boot = zx_clock_get_boot();
	after = linux_now(CLOCK_BOOTTIME);
	cr_expect(before <= boot && boot <= after);
}

Test(call_clock, get__many_times__never_backwards)
{
	zx_instant_mono_t mono = 0;
	zx_instant_boot_t boot = 0;

	for (int i = 0; i < 1000; i++) {
		zx_instant_mono_t next_mono = zx_clock_get_monotonic();
		zx_instant_boot_t next_boot = _zx_clock_get_boot();

		cr_assert_geq(next_mono, mono);
		cr_assert_geq(next_boot, boot);
		cr_assert_geq(next_boot, next_mono);
		mono = next_mono;
		boot = next_boot;
	}
}

/* The counts of ticks tell the time of the clocks: converted, they lie between two looks at it. */
Test(call_clock, ticks__converted_to_nanoseconds__the_clock)
{
	zx_ticks_t rate = zx_ticks_per_second();
	zx_instant_mono_t before, after;
	double at;

	cr_assert_gt(rate, 0);
	cr_expect_eq(zx_ticks_per_second(), rate);
	before = zx_clock_get_monotonic();
	at = (double)zx_ticks_get() / (double)rate;
	after = zx_clock_get_monotonic();
	cr_expect(at >= (double)before / 1e9 - 1e-3 && at <= (double)after / 1e9 + 1e-3);
	before = zx_clock_get_boot();
	at = (double)zx_ticks_get_boot() / (double)rate;
	after = zx_clock_get_boot();
	cr_expect(at >= (double)before / 1e9 - 1e-3 && at <= (double)after / 1e9 + 1e-3);
}

Test(call_clock, deadline_after__any_duration__now_plus_it)
{
	static const int64_t durations[] = {0, 1, 1000000000, -1, -1000000000};

	T_EACH (durations, d) {
		zx_instant_mono_t before = zx_clock_get_monotonic();
		zx_instant_mono_t at = zx_deadline_after(*d);
		zx_instant_mono_t after = zx_clock_get_monotonic();

		cr_expect(before + *d <= at && at <= after + *d, "%lld", (long long)*d);
	}
	cr_expect_eq(zx_deadline_after(ZX_TIME_INFINITE), ZX_TIME_INFINITE);
	cr_expect_eq(zx_deadline_after(INT64_MAX - 1), ZX_TIME_INFINITE);
	/* The least duration is before every instant, and fits. */
	cr_expect_lt(zx_deadline_after(ZX_TIME_INFINITE_PAST), 0);
}

/* spec: abi 9.8 create #3 */
Test(call_clock, nanosleep__deadline_passed__returns_at_once)
{
	zx_instant_mono_t start = zx_clock_get_monotonic();
	const zx_instant_mono_t past[] = {0, -1, ZX_TIME_INFINITE_PAST, 1, start};

	T_EACH (past, p)
		T_ZX(zx_nanosleep(*p), ZX_OK);
	cr_expect_lt(zx_clock_get_monotonic() - start, ZX_SEC(2));
}

Test(call_clock, nanosleep__deadline_ahead__not_before_it)
{
	for (int i = 1; i <= 5; i++) {
		zx_instant_mono_t deadline = zx_deadline_after(ZX_MSEC(i));

		T_OK(zx_nanosleep(deadline));
		cr_expect_geq(zx_clock_get_monotonic(), deadline);
	}
}

static _Atomic int signals_seen;

static void on_signal(int number)
{
	(void)number;
	signals_seen++;
}

struct sleeper {
	zx_instant_mono_t deadline;
	zx_instant_mono_t woke;
	zx_status_t status;
	_Atomic bool done;
};

static void *sleep_through(void *argument)
{
	struct sleeper *s = argument;

	s->status = zx_nanosleep(s->deadline);
	s->woke = zx_clock_get_monotonic();
	s->done = true;
	return NULL;
}

Test(call_clock, nanosleep__signals_arrive__not_cut_short)
{
	struct sleeper s = {.deadline = zx_deadline_after(ZX_MSEC(60))};
	pthread_t thread;

	signal(SIGUSR1, on_signal);
	cr_assert_eq(pthread_create(&thread, NULL, sleep_through, &s), 0);
	while (!s.done && signals_seen < 5) {
		pthread_kill(thread, SIGUSR1);
		T_OK(zx_nanosleep(zx_deadline_after(ZX_MSEC(2))));
	}
	cr_assert_eq(pthread_join(thread, NULL), 0);
	T_OK(s.status);
	cr_expect_gt(signals_seen, 0);
	cr_expect_geq(s.woke, s.deadline);
}
