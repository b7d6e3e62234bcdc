/* zi-test: valgrind */
/*
 * zx_clock_create, _read, _update, _get_details. Rows come from Zircon's own checks; the
 * specification has no table of them.
 */
#include "object_t.h"

#define MONO ZX_CLOCK_OPT_MONOTONIC
#define CONT ZX_CLOCK_OPT_CONTINUOUS
#define AUTO ZX_CLOCK_OPT_AUTO_START
#define BOOT ZX_CLOCK_OPT_BOOT
#define V(n) ZX_CLOCK_ARGS_VERSION(n)

#define VALUE ZX_CLOCK_UPDATE_OPTION_SYNTHETIC_VALUE_VALID
#define RATE ZX_CLOCK_UPDATE_OPTION_RATE_ADJUST_VALID
#define ERROR ZX_CLOCK_UPDATE_OPTION_ERROR_BOUND_VALID
#define REFERENCE ZX_CLOCK_UPDATE_OPTION_REFERENCE_VALUE_VALID

static zx_time_t read_clock(zx_handle_t clock)
{
	zx_time_t now = -1;

	T_OK(zx_clock_read(clock, &now));
	return now;
}

static zx_clock_details_v1_t details_of(zx_handle_t clock)
{
	zx_clock_details_v1_t details;

	T_OK(zx_clock_get_details(clock, V(1), &details));
	return details;
}

static zx_status_t update1(zx_handle_t clock, uint64_t options, int64_t value, int32_t rate)
{
	const zx_clock_update_args_v1_t args = {
		.value = value, .rate_adjust = rate, .error_bound = 3};

	return zx_clock_update(clock, options | V(1), &args);
}

static zx_status_t update2(zx_handle_t clock, uint64_t options, int64_t value, int64_t reference,
			   int32_t rate)
{
	const zx_clock_update_args_v2_t args = {.synthetic_value = value,
						.reference_value = reference,
						.rate_adjust = rate,
						.error_bound = 3};

	return zx_clock_update(clock, options | V(2), &args);
}

Test(call_clock_object, create__each_row__its_status)
{
	const zx_clock_create_args_v1_t zero = {0}, past = {1000}, future = {INT64_MAX},
					negative = {-1};
	const struct {
		const char *name;
		uint64_t options;
		const void *args;
		zx_status_t want;
	} rows[] = {
		{"no options", 0, NULL, ZX_OK},
		{"all but mappable", MONO | CONT | AUTO | BOOT, NULL, ZX_OK},
		{"unknown option", 1u << 5, NULL, ZX_ERR_INVALID_ARGS},
		{"unknown high option", UINT64_C(1) << 57, NULL, ZX_ERR_INVALID_ARGS},
		{"continuous alone", CONT, NULL, ZX_ERR_INVALID_ARGS},
		{"version 0 with args", 0, &zero, ZX_ERR_INVALID_ARGS},
		{"version 1", V(1), &zero, ZX_OK},
		{"version 1 without args", V(1), NULL, ZX_ERR_INVALID_ARGS},
		{"version 1, bad args", V(1), t_bad_ptr(), ZX_ERR_INVALID_ARGS},
		{"version 2", V(2), &zero, ZX_ERR_INVALID_ARGS},
		{"version 63", V(63), &zero, ZX_ERR_INVALID_ARGS},
		{"negative backstop", V(1), &negative, ZX_ERR_INVALID_ARGS},
		{"far backstop", V(1), &future, ZX_OK},
		{"far backstop, started", V(1) | AUTO, &future, ZX_ERR_INVALID_ARGS},
		{"past backstop, started", V(1) | AUTO, &past, ZX_OK},
	};

	T_EACH (rows, r) {
		zx_handle_t h = 77;

		T_ZX_ROW(r->name, zx_clock_create(r->options, r->args, &h), r->want);
		if (r->want != ZX_OK) {
			cr_assert_eq(h, 77, "%s", r->name);
			continue;
		}
		cr_assert_eq(t_rights(h), ZX_DEFAULT_CLOCK_RIGHTS, "%s", r->name);
		cr_assert_eq(state_of(h), r->options & AUTO ? ZX_CLOCK_STARTED : 0, "%s", r->name);
		t_close(h);
	}
	T_ZX(zx_clock_create(0, NULL, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_clock_create(0, NULL, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
}

Test(call_clock_object, read__not_started_or_started__backstop_or_reference)
{
	const zx_clock_create_args_v1_t backstop = {12345};
	zx_handle_t clock;

	T_OK(zx_clock_create(V(1), &backstop, &clock));
	cr_assert_eq(read_clock(clock), 12345);
	sleep_ms(1);
	cr_assert_eq(read_clock(clock), 12345);
	t_close(clock);

	for (int boot = 0; boot < 2; boot++) {
		zx_time_t (*reference)(void) = boot ? zx_clock_get_boot : zx_clock_get_monotonic;

		clock = a_clock(AUTO | (boot ? BOOT : 0));
		zx_time_t before = reference(), now = read_clock(clock), after = reference();

		cr_assert(before <= now && now <= after);
		t_close(clock);
	}
}

Test(call_clock_object, read_and_details__bad_arguments__first_of_the_order)
{
	zx_handle_t clock = a_clock(AUTO), event = an_event(), stale = a_stale_handle();
	zx_handle_t no_read = without(clock, ZX_RIGHT_READ);
	zx_clock_details_v1_t d;
	zx_time_t now;
	const struct {
		const char *name;
		zx_handle_t handle;
		zx_status_t want;
	} rows[] = {
		{"stale", stale, ZX_ERR_BAD_HANDLE},
		{"event", event, ZX_ERR_WRONG_TYPE},
		{"no READ", no_read, ZX_ERR_ACCESS_DENIED},
		{"clock", clock, ZX_OK},
	};

	T_EACH (rows, r) {
		T_ZX_ROW(r->name, zx_clock_read(r->handle, &now), r->want);
		T_ZX_ROW(r->name, zx_clock_get_details(r->handle, V(1), &d), r->want);
		T_ZX_ROW(r->name, zx_clock_get_details(r->handle, V(1), t_bad_ptr()),
			 r->want == ZX_OK ? ZX_ERR_INVALID_ARGS : r->want);
		/* These come before the handle. */
		T_ZX_ROW(r->name, zx_clock_get_details(r->handle, V(1), NULL), ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(r->name, zx_clock_get_details(r->handle, 0, &d), ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(r->name, zx_clock_get_details(r->handle, V(2), &d), ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(r->name, zx_clock_get_details(r->handle, V(1) | 1, &d),
			 ZX_ERR_INVALID_ARGS);
	}
	T_ZX(zx_clock_read(clock, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_clock_read(clock, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	t_close(clock);
	t_close(event);
	t_close(no_read);
}

Test(call_clock_object, update__bad_arguments__first_of_the_order_and_nothing_changes)
{
	zx_handle_t clock = a_clock(0), event = an_event(), stale = a_stale_handle();
	zx_handle_t no_write = without(clock, ZX_RIGHT_WRITE);
	const zx_clock_update_args_v2_t args = {.synthetic_value = 1000};
	zx_clock_update_args_v2_t fast = {.rate_adjust = 1001}, slow = {.rate_adjust = -1001};
	const struct {
		const char *name;
		zx_handle_t handle;
		uint64_t options;
		const void *args;
		zx_status_t want;
	} rows[] = {
		{"version 0", stale, VALUE, &args, ZX_ERR_INVALID_ARGS},
		{"version 3", stale, V(3) | VALUE, &args, ZX_ERR_INVALID_ARGS},
		{"no args", stale, V(1) | VALUE, NULL, ZX_ERR_INVALID_ARGS},
		{"bad args", stale, V(2) | VALUE, t_bad_ptr(), ZX_ERR_INVALID_ARGS},
		{"nothing to do", stale, V(1), &args, ZX_ERR_INVALID_ARGS},
		{"unknown option", stale, V(1) | VALUE | 16, &args, ZX_ERR_INVALID_ARGS},
		{"too fast", stale, V(2) | VALUE | RATE, &fast, ZX_ERR_INVALID_ARGS},
		{"too slow", stale, V(1) | VALUE | RATE, &slow, ZX_ERR_INVALID_ARGS},
		{"stale", stale, V(1) | VALUE, &args, ZX_ERR_BAD_HANDLE},
		{"stale, rate ignored", stale, V(2) | VALUE, &fast, ZX_ERR_BAD_HANDLE},
		{"event", event, V(1) | VALUE, &args, ZX_ERR_WRONG_TYPE},
		{"no WRITE", no_write, V(1) | VALUE, &args, ZX_ERR_ACCESS_DENIED},
		{"reference with version 1", clock, V(1) | VALUE | REFERENCE, &args,
		 ZX_ERR_INVALID_ARGS},
		{"reference alone", clock, V(2) | REFERENCE, &args, ZX_ERR_INVALID_ARGS},
		{"reference and error bound", clock, V(2) | REFERENCE | ERROR, &args,
		 ZX_ERR_INVALID_ARGS},
		{"not started, rate alone", clock, V(1) | RATE, &args, ZX_ERR_BAD_STATE},
		{"not started, error bound alone", clock, V(2) | ERROR, &args, ZX_ERR_BAD_STATE},
	};

	T_EACH (rows, r) {
		T_ZX_ROW(r->name, zx_clock_update(r->handle, r->options, r->args), r->want);
	}
	cr_assert_eq(state_of(clock), 0);
	cr_assert_eq(read_clock(clock), 0);
	cr_assert_eq(details_of(clock).generation_counter, 0);
	t_close(clock);
	t_close(event);
	t_close(no_write);
}

Test(call_clock_object, update__rules_of_started_clocks__each_row)
{
	const zx_time_t now = zx_clock_get_monotonic();
	const struct {
		const char *name;
		uint64_t clock;
		uint64_t options;
		int64_t value, reference;
		int32_t rate;
		bool v1;
		zx_status_t want;
	} rows[] = {
		{"any: forward", AUTO, VALUE, INT64_C(1) << 61, 0, 0, true, ZX_OK},
		{"any: back", AUTO, VALUE, 5, 0, 0, true, ZX_OK},
		{"any: back, version 2", AUTO, VALUE | RATE, 5, 0, 9, false, ZX_OK},
		{"any: with reference and rate", AUTO, VALUE | RATE | REFERENCE, 5, now, 9, false,
		 ZX_OK},
		{"monotonic: back", AUTO | MONO, VALUE, 5, 0, 0, true, ZX_ERR_INVALID_ARGS},
		{"monotonic: forward", AUTO | MONO, VALUE, INT64_C(1) << 61, 0, 0, true, ZX_OK},
		{"monotonic: value without reference", AUTO | MONO, VALUE, INT64_C(1) << 61, 0, 0,
		 false, ZX_ERR_INVALID_ARGS},
		{"monotonic: value with reference", AUTO | MONO, VALUE | REFERENCE,
		 INT64_C(1) << 61, now, 0, false, ZX_OK},
		{"monotonic: value, reference, rate", AUTO | MONO, VALUE | REFERENCE | RATE,
		 INT64_C(1) << 61, now, 0, false, ZX_ERR_INVALID_ARGS},
		{"monotonic: rate and reference", AUTO | MONO, REFERENCE | RATE, 0, now, 1, false,
		 ZX_ERR_INVALID_ARGS},
		{"monotonic: rate", AUTO | MONO, RATE, 0, 0, -1000, false, ZX_OK},
		{"continuous: value", AUTO | MONO | CONT, VALUE, INT64_C(1) << 61, 0, 0, true,
		 ZX_ERR_INVALID_ARGS},
		{"continuous: value with reference", AUTO | MONO | CONT, VALUE | REFERENCE,
		 INT64_C(1) << 61, now, 0, false, ZX_ERR_INVALID_ARGS},
		{"continuous: rate", AUTO | MONO | CONT, RATE, 0, 0, 1000, true, ZX_OK},
		{"continuous: error bound", AUTO | MONO | CONT, ERROR, 0, 0, 0, true, ZX_OK},
	};

	T_EACH (rows, r) {
		zx_handle_t clock = a_clock(r->clock);
		zx_clock_details_v1_t before = details_of(clock), after;

		T_ZX_ROW(r->name,
			 r->v1 ? update1(clock, r->options, r->value, r->rate) :
				 update2(clock, r->options, r->value, r->reference, r->rate),
			 r->want);
		after = details_of(clock);
		if (r->want != ZX_OK)
			cr_assert_eq(memcmp(&before.reference_to_synthetic,
					    &after.reference_to_synthetic,
					    sizeof(after.reference_to_synthetic)),
				     0, "%s: it changed", r->name);
		cr_assert_eq(after.generation_counter != before.generation_counter,
			     r->want == ZX_OK, "%s", r->name);
		t_close(clock);
	}
}

Test(call_clock_object, update__below_the_backstop__invalid_args)
{
	const zx_clock_create_args_v1_t backstop = {1000};
	zx_handle_t clock;

	T_OK(zx_clock_create(V(1), &backstop, &clock));
	T_ZX(update1(clock, VALUE, 999, 0), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(state_of(clock), 0);
	T_OK(update1(clock, VALUE, 1000, 0));
	cr_assert_eq(state_of(clock), ZX_CLOCK_STARTED);
	T_ZX(update1(clock, VALUE, 500, 0), ZX_ERR_INVALID_ARGS);
	cr_assert_geq(read_clock(clock), 1000);
	t_close(clock);
}

Test(call_clock_object, update__first_value__starts_the_clock_and_it_runs)
{
	zx_handle_t clock = a_clock(MONO | CONT);
	zx_clock_details_v1_t d;
	zx_time_t before, now, after;

	before = zx_clock_get_monotonic();
	T_OK(update1(clock, VALUE | ERROR, 5000000, 0));
	after = zx_clock_get_monotonic();
	cr_assert_eq(state_of(clock), ZX_CLOCK_STARTED);
	now = read_clock(clock);
	cr_assert(now >= 5000000 && now <= 5000000 + zx_clock_get_monotonic() - before);

	d = details_of(clock);
	cr_assert_eq(d.options, MONO | CONT);
	cr_assert_eq(d.error_bound, 3);
	cr_assert(d.last_value_update_ticks >= before && d.last_value_update_ticks <= after);
	cr_assert_eq(d.last_rate_adjust_update_ticks, d.last_value_update_ticks);
	cr_assert_eq(d.last_error_bounds_update_ticks, d.last_value_update_ticks);
	cr_assert_eq(d.reference_to_synthetic.synthetic_offset, 5000000);
	cr_assert_eq(d.reference_to_synthetic.reference_offset, d.last_value_update_ticks);
	cr_assert_geq(d.query_ticks, after);
	t_close(clock);
}

Test(call_clock_object, update__rate_and_reference__the_line_goes_through_the_given_point)
{
	zx_handle_t clock = a_clock(0);
	const zx_time_t reference = zx_clock_get_monotonic() - ZX_SEC(1000);
	zx_clock_details_v1_t d;

	T_OK(update2(clock, VALUE | REFERENCE | RATE, 77, reference, 1000));
	d = details_of(clock);
	cr_assert_eq(d.reference_to_synthetic.reference_offset, reference);
	cr_assert_eq(d.reference_to_synthetic.synthetic_offset, 77);
	cr_assert_eq((uint64_t)d.reference_to_synthetic.rate.synthetic_ticks * 1000,
		     (uint64_t)d.reference_to_synthetic.rate.reference_ticks * 1001);
	/* A thousand seconds at 1000 ppm are one second more. */
	zx_time_t before = zx_clock_get_monotonic(), now = read_clock(clock);

	cr_assert_geq(now, 77 + (before - reference) + ZX_SEC(1));
	cr_assert_leq(now, 77 + (zx_clock_get_monotonic() - reference) + ZX_SEC(1) + ZX_MSEC(100));

	/* The same rate again changes neither line nor rounding. */
	T_OK(update1(clock, RATE, 0, 1000));
	cr_assert_eq(details_of(clock).reference_to_synthetic.synthetic_offset, 77);
	T_OK(update1(clock, RATE, 0, -1000));
	cr_assert_neq(details_of(clock).reference_to_synthetic.synthetic_offset, 77);
	t_close(clock);
}

struct stepping {
	zx_handle_t clock;
	_Atomic bool done;
	_Atomic unsigned back;
};

static void *watch(void *arg)
{
	struct stepping *s = arg;
	zx_time_t last = 0;

	while (!atomic_load(&s->done)) {
		zx_time_t now = 0;

		zx_clock_read(s->clock, &now);
		if (now < last)
			atomic_fetch_add(&s->back, 1);
		last = now;
	}
	return NULL;
}

Test(call_clock_object, threads_read__rates_change__a_monotonic_clock_never_goes_back)
{
	struct stepping s = {.clock = a_clock(AUTO | MONO | CONT)};
	pthread_t t[2] = {start(watch, &s), start(watch, &s)};

	for (unsigned i = rounds_of(5000); i-- > 0;)
		T_OK(update1(s.clock, RATE, 0, (int32_t)(i * 37 % 2001) - 1000));
	atomic_store(&s.done, true);
	finish(t[0]);
	finish(t[1]);
	cr_assert_eq(s.back, 0);
	t_close(s.clock);
}

/* spec: abi 9.11 topic #21 */
Test(call_clock_object, mappable__create_and_ask__map_right_and_size)
{
	zx_handle_t mappable = a_clock(AUTO | ZX_CLOCK_OPT_MAPPABLE), plain = a_clock(AUTO);
	uint64_t size = 0;

	cr_assert_eq(t_rights(mappable), ZX_DEFAULT_CLOCK_RIGHTS | ZX_RIGHT_MAP);
	T_OK(zx_object_get_info(mappable, ZX_INFO_CLOCK_MAPPED_SIZE, &size, sizeof(size), NULL,
				NULL));
	cr_assert_eq(size, T_PAGE);
	T_ZX(zx_object_get_info(plain, ZX_INFO_CLOCK_MAPPED_SIZE, &size, sizeof(size), NULL, NULL),
	     ZX_ERR_INVALID_ARGS);
	t_close(mappable);
	t_close(plain);
}

Test(call_clock_object, read_mappable__no_clock_there__invalid_args)
{
	static const char zeros[4096] __attribute__((aligned(4096)));
	zx_clock_details_v1_t d;
	zx_time_t now;

	T_ZX(zx_clock_read_mappable(NULL, &now), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_clock_read_mappable(t_bad_ptr(), &now), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_clock_read_mappable(zeros, &now), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_clock_get_details_mappable(zeros, V(1), &d), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_clock_get_details_mappable(zeros, 0, &d), ZX_ERR_INVALID_ARGS);
}
