/*
 * The arithmetic of zircon/time.h: it saturates.
 */
#include <stdint.h>

#include "t.h"

#define MAX INT64_MAX
#define MIN INT64_MIN

struct sum {
	const char *name;
	int64_t a, b, want;
};

static const struct sum additions[] = {
	{"zeros", 0, 0, 0},
	{"plain", 5, -7, -2},
	{"up to the end", MAX - 1, 1, MAX},
	{"one past the end", MAX, 1, MAX},
	{"far past the end", MAX, MAX, MAX},
	{"down to the start", MIN + 1, -1, MIN},
	{"one before the start", MIN, -1, MIN},
	{"far before the start", MIN, MIN, MIN},
	{"opposite ends", MAX, MIN, -1},
	{"infinite and back", MAX, -1, MAX - 1},
};

static const struct sum subtractions[] = {
	{"zeros", 0, 0, 0},
	{"plain", 5, -7, 12},
	{"down to the start", MIN + 1, 1, MIN},
	{"one before the start", MIN, 1, MIN},
	{"one past the end", MAX, -1, MAX},
	{"far past the end", MAX, MIN, MAX},
	{"far before the start", MIN, MAX, MIN},
	{"the negative that has no positive", 0, MIN, MAX},
	{"the least less itself", MIN, MIN, 0},
	{"minus one less the least", -1, MIN, MAX},
};

static const struct sum products[] = {
	{"by zero", MAX, 0, 0},
	{"plain", -6, 7, -42},
	{"both negative", -6, -7, 42},
	{"too large", MAX / 2, 3, MAX},
	{"too large from negatives", MIN, -1, MAX},
	{"too small", MAX, -2, MIN},
	{"too small the other way round", MIN, 2, MIN},
	{"by one", MIN, 1, MIN},
};

Test(abi_time, add__anything__saturates)
{
	T_EACH (additions, r) {
		cr_expect_eq(zx_time_add_duration(r->a, r->b), r->want, "%s", r->name);
		cr_expect_eq(zx_duration_add_duration(r->a, r->b), r->want, "%s", r->name);
		cr_expect_eq(zx_ticks_add_ticks(r->a, r->b), r->want, "%s", r->name);
		cr_expect_eq(zx_time_add_duration(r->b, r->a), r->want, "%s turned round", r->name);
	}
}

Test(abi_time, subtract__anything__saturates)
{
	T_EACH (subtractions, r) {
		cr_expect_eq(zx_time_sub_duration(r->a, r->b), r->want, "%s", r->name);
		cr_expect_eq(zx_time_sub_time(r->a, r->b), r->want, "%s", r->name);
		cr_expect_eq(zx_duration_sub_duration(r->a, r->b), r->want, "%s", r->name);
		cr_expect_eq(zx_ticks_sub_ticks(r->a, r->b), r->want, "%s", r->name);
	}
}

Test(abi_time, multiply__anything__saturates)
{
	T_EACH (products, r) {
		cr_expect_eq(zx_duration_mul_int64(r->a, r->b), r->want, "%s", r->name);
		cr_expect_eq(zx_ticks_mul_int64(r->a, r->b), r->want, "%s", r->name);
		cr_expect_eq(zx_duration_mul_int64(r->b, r->a), r->want, "%s turned", r->name);
	}
}

static zx_duration_t by_nsec(int64_t n)
{
	return ZX_NSEC(n);
}
static zx_duration_t by_usec(int64_t n)
{
	return ZX_USEC(n);
}
static zx_duration_t by_msec(int64_t n)
{
	return ZX_MSEC(n);
}
static zx_duration_t by_sec(int64_t n)
{
	return ZX_SEC(n);
}
static zx_duration_t by_min(int64_t n)
{
	return ZX_MIN(n);
}
static zx_duration_t by_hour(int64_t n)
{
	return ZX_HOUR(n);
}

Test(abi_time, units__count_known_only_at_run_time__saturate)
{
	static const struct {
		const char *name;
		zx_duration_t (*function)(int64_t);
		zx_duration_t (*macro)(int64_t);
		int64_t unit;
	} rows[] = {
		{"nsec", zx_duration_from_nsec, by_nsec, 1},
		{"usec", zx_duration_from_usec, by_usec, 1000},
		{"msec", zx_duration_from_msec, by_msec, 1000000},
		{"sec", zx_duration_from_sec, by_sec, 1000000000},
		{"min", zx_duration_from_min, by_min, 60000000000},
		{"hour", zx_duration_from_hour, by_hour, 3600000000000},
	};
	static const int64_t counts[] = {0, 1, -1, 3, -25};

	T_EACH (rows, r) {
		volatile int64_t largest = MAX / r->unit;
		volatile int64_t end = MAX, start = MIN;

		T_EACH (counts, n) {
			cr_expect_eq(r->function(*n), *n * r->unit, "%s", r->name);
			cr_expect_eq(r->macro(*n), *n * r->unit, "%s", r->name);
		}
		cr_expect_eq(r->macro(largest), largest * r->unit, "%s", r->name);
		cr_expect_eq(r->macro(end), MAX, "%s", r->name);
		cr_expect_eq(r->macro(start), MIN, "%s", r->name);
		cr_expect_eq(r->function(end), MAX, "%s", r->name);
		cr_expect_eq(r->function(start), MIN, "%s", r->name);
		if (r->unit > 1)
			cr_expect_eq(r->macro(largest + 1), MAX, "%s", r->name);
	}
	cr_expect_eq(zx_nsec_from_duration(-12), -12);
}

Test(abi_time, timespec__there_and_back__same)
{
	static const int64_t durations[] = {0,  1,           999999999, 1000000000, 1500000000,
					    -1, -1500000000, MAX,       MIN};

	T_EACH (durations, d) {
		struct timespec ts = zx_timespec_from_duration(*d);

		cr_expect_eq(zx_duration_from_timespec(ts), *d, "%lld", (long long)*d);
		ts = zx_timespec_from_time(*d);
		cr_expect_eq(zx_time_from_timespec(ts), *d, "%lld", (long long)*d);
	}
	cr_expect_eq(zx_timespec_from_duration(2500000000).tv_sec, 2);
	cr_expect_eq(zx_timespec_from_duration(2500000000).tv_nsec, 500000000);
}

Test(abi_time, timespec__too_large__saturates)
{
	const struct timespec late = {.tv_sec = MAX / 1000000000 + 1, .tv_nsec = 0};
	const struct timespec early = {.tv_sec = MIN / 1000000000 - 1, .tv_nsec = 0};

	cr_expect_eq(zx_duration_from_timespec(late), ZX_TIME_INFINITE);
	cr_expect_eq(zx_time_from_timespec(early), ZX_TIME_INFINITE_PAST);
}
