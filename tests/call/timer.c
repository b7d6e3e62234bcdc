/* zi-test: serial */
/* zx_timer_* and ZX_INFO_TIMER. */
#include "object_t.h"

static zx_info_timer_t info_of(zx_handle_t timer)
{
	zx_info_timer_t info;

	T_OK(zx_object_get_info(timer, ZX_INFO_TIMER, &info, sizeof(info), NULL, NULL));
	return info;
}

static zx_time_t in(zx_duration_t ns)
{
	return zx_clock_get_monotonic() + ns;
}

Test(call_timer, create__each_row__its_status)
{
	const struct {
		const char *name;
		uint32_t options;
		zx_clock_t clock;
		zx_status_t want;
	} rows[] = {
		{"center", ZX_TIMER_SLACK_CENTER, ZX_CLOCK_MONOTONIC, ZX_OK},
		{"early", ZX_TIMER_SLACK_EARLY, ZX_CLOCK_MONOTONIC, ZX_OK},
		{"late, boot", ZX_TIMER_SLACK_LATE, ZX_CLOCK_BOOT, ZX_OK},
		{"option 3", 3, ZX_CLOCK_MONOTONIC, ZX_ERR_INVALID_ARGS},
		{"high option", 1u << 31, ZX_CLOCK_MONOTONIC, ZX_ERR_INVALID_ARGS},
		{"clock 2", 0, 2, ZX_ERR_INVALID_ARGS},
		{"high clock", 0, UINT32_MAX, ZX_ERR_INVALID_ARGS},
	};

	T_EACH (rows, r) {
		zx_handle_t h = 77;

		T_ZX_ROW(r->name, zx_timer_create(r->options, r->clock, &h), r->want);
		if (r->want != ZX_OK) {
			cr_assert_eq(h, 77, "%s", r->name);
			continue;
		}
		zx_info_timer_t info = info_of(h);

		cr_assert_eq(t_rights(h), ZX_DEFAULT_TIMER_RIGHTS);
		cr_assert(info.options == r->options && info.clock_id == r->clock &&
			  info.deadline == 0 && info.slack == 0);
		cr_assert_eq(state_of(h), 0);
		t_close(h);
	}
	T_ZX(zx_timer_create(0, 0, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_timer_create(0, 0, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
}

Test(call_timer, set_and_cancel__bad_arguments__first_of_the_order)
{
	zx_handle_t timer = a_timer(), event = an_event(), stale = a_stale_handle();
	zx_handle_t no_write = without(timer, ZX_RIGHT_WRITE);

	T_ZX(zx_timer_set(stale, 0, -1), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_timer_set(timer, 0, INT64_MIN), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_timer_set(stale, 0, 0), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_timer_set(event, 0, 0), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_timer_set(no_write, 0, 0), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_timer_cancel(stale), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_timer_cancel(event), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_timer_cancel(no_write), ZX_ERR_ACCESS_DENIED);
	cr_assert_eq(state_of(timer), 0);
	t_close(timer);
	t_close(event);
	t_close(no_write);
}

Test(call_timer, set__deadline_past__signaled_at_once)
{
	static const zx_time_t deadlines[] = {0, 1, -1, INT64_MIN};
	zx_handle_t timer = a_timer();

	T_EACH (deadlines, deadline) {
		T_OK(zx_timer_set(timer, *deadline, 0));
		cr_assert_eq(state_of(timer), ZX_TIMER_SIGNALED);
		cr_assert_eq(info_of(timer).deadline, 0);
		T_OK(zx_timer_cancel(timer));
		cr_assert_eq(state_of(timer), 0);
	}
	t_close(timer);
}

Test(call_timer, set__deadline_ahead__signaled_then_and_not_before)
{
	for (unsigned clock = ZX_CLOCK_MONOTONIC; clock <= ZX_CLOCK_BOOT; clock++) {
		zx_time_t now =
			clock == ZX_CLOCK_BOOT ? zx_clock_get_boot() : zx_clock_get_monotonic();
		const zx_time_t deadline = now + ZX_MSEC(t_has("native") ? 150 : 3000);
		zx_handle_t timer;
		zx_signals_t seen = 0;

		T_OK(zx_timer_create(ZX_TIMER_SLACK_LATE, clock, &timer));
		T_OK(zx_timer_set(timer, deadline, ZX_USEC(7)));
		cr_assert_eq(state_of(timer), 0);
		cr_assert_eq(info_of(timer).deadline, deadline);
		cr_assert_eq(info_of(timer).slack, ZX_USEC(7));
		T_OK(zx_object_wait_one(timer, ZX_TIMER_SIGNALED, FAR, &seen));
		now = clock == ZX_CLOCK_BOOT ? zx_clock_get_boot() : zx_clock_get_monotonic();
		cr_assert_geq(now, deadline);
		cr_assert_eq(seen, ZX_TIMER_SIGNALED);
		cr_assert_eq(info_of(timer).deadline, 0);
		cr_assert_eq(info_of(timer).slack, 0);
		t_close(timer);
	}
}

Test(call_timer, set_anew__earlier_or_later_or_after_firing__the_last_one_counts)
{
	zx_handle_t timer = a_timer();
	zx_time_t deadline;

	T_OK(zx_timer_set(timer, in(ZX_SEC(100)), 0));
	T_OK(zx_timer_set(timer, in(ZX_MSEC(5)), 0));
	T_OK(zx_object_wait_one(timer, ZX_TIMER_SIGNALED, FAR, NULL));

	/* Setting clears the signal. */
	deadline = in(ZX_MSEC(t_has("native") ? 60 : 500));
	T_OK(zx_timer_set(timer, deadline, 0));
	cr_assert_eq(state_of(timer), 0);
	T_OK(zx_timer_set(timer, deadline, 0));
	T_OK(zx_object_wait_one(timer, ZX_TIMER_SIGNALED, FAR, NULL));
	cr_assert_geq(zx_clock_get_monotonic(), deadline);

	T_OK(zx_timer_set(timer, ZX_TIME_INFINITE, 0));
	cr_assert_eq(state_of(timer), 0);
	cr_assert_eq(info_of(timer).deadline, ZX_TIME_INFINITE);
	t_close(timer);
}

Test(call_timer, cancel__before_the_deadline__never_signaled)
{
	zx_handle_t timer = a_timer();

	T_OK(zx_timer_cancel(timer));
	T_OK(zx_timer_set(timer, in(ZX_MSEC(10)), 0));
	T_OK(zx_timer_cancel(timer));
	cr_assert_eq(info_of(timer).deadline, 0);
	T_ZX(zx_object_wait_one(timer, ZX_TIMER_SIGNALED, in(ZX_MSEC(40)), NULL), ZX_ERR_TIMED_OUT);
	t_close(timer);
}

#define TIMERS 300

Test(call_timer, many_timers__one_port__fire_in_the_order_of_their_deadlines)
{
	zx_handle_t port = a_port(), timers[TIMERS];
	zx_time_t deadlines[TIMERS], start_at = in(t_has("native") ? ZX_MSEC(500) : ZX_SEC(5));
	uint64_t seed = t_seed();
	zx_time_t last = 0;

	for (unsigned i = 0; i < TIMERS; i++) {
		timers[i] = a_timer();
		/* Far enough apart that the times of firing tell the order. */
		deadlines[i] = start_at + (zx_time_t)t_below(&seed, 40) * ZX_MSEC(1);
		T_OK(zx_object_wait_async(timers[i], port, i, ZX_TIMER_SIGNALED,
					  ZX_WAIT_ASYNC_TIMESTAMP));
		T_OK(zx_timer_set(timers[i], deadlines[i], 0));
	}
	/* Some are cancelled, some closed. */
	for (unsigned i = 0; i < TIMERS; i += 10) {
		T_OK(zx_timer_cancel(timers[i]));
		t_close(timers[i + 1]);
	}
	cr_assert_lt(zx_clock_get_monotonic(), start_at,
		     "setting them took too long to tell the order");
	for (unsigned i = 0; i < TIMERS / 10 * 8; i++) {
		zx_port_packet_t p;

		T_OK(zx_port_wait(port, FAR, &p));
		cr_assert(p.key % 10 > 1, "timer %" PRIu64, p.key);
		cr_assert_geq(p.signal.timestamp, deadlines[p.key]);
		cr_assert_geq(deadlines[p.key], last);
		last = deadlines[p.key];
	}
	for (unsigned i = 0; i < TIMERS; i++) {
		if (i % 10 != 1)
			t_close(timers[i]);
	}
	t_close(port);
}

static _Atomic bool done;

static void *set_and_cancel(void *arg)
{
	zx_handle_t timer = *(zx_handle_t *)arg;
	uint64_t seed = (uintptr_t)&seed;

	while (!atomic_load(&done)) {
		if (t_below(&seed, 3) == 0)
			zx_timer_cancel(timer);
		else
			zx_timer_set(timer, in((zx_duration_t)t_below(&seed, 100000)), 0);
	}
	return NULL;
}

Test(call_timer, threads_set_and_cancel__the_same_timer__ends_in_a_state_that_fits)
{
	zx_handle_t timer = a_timer();
	pthread_t t[2];

	for (unsigned i = 0; i < 2; i++)
		t[i] = start(set_and_cancel, &timer);
	for (unsigned i = 0; i < 200; i++)
		zx_object_wait_one(timer, ZX_TIMER_SIGNALED, in(ZX_USEC(200)), NULL);
	atomic_store(&done, true);
	finish(t[0]);
	finish(t[1]);
	/* Armed and signaled exclude each other. */
	sleep_ms(5);
	cr_assert_eq(info_of(timer).deadline, 0);
	T_OK(zx_timer_cancel(timer));
	cr_assert_eq(state_of(timer), 0);
	T_OK(zx_timer_set(timer, in(ZX_MSEC(1)), 0));
	T_OK(zx_object_wait_one(timer, ZX_TIMER_SIGNALED, FAR, NULL));
	t_close(timer);
}
