/*
 * Instants, durations and ticks, with arithmetic that saturates instead of wrapping.
 * ZX_TIME_INFINITE and ZX_TIME_INFINITE_PAST are sticky only in this sense: a sum that leaves the
 * range becomes one of them.
 */
#ifndef ZIRCON_TIME_H_
#define ZIRCON_TIME_H_

#include <stdint.h>
#include <time.h>

#include <zircon/compiler.h>

/*
 * Strict C99 hides struct timespec in <time.h>. Where the C library keeps it in a file of its own
 * it is taken from there; elsewhere, in that mode only, the four timespec helpers are missing.
 */
#if defined(__cplusplus) || defined(_POSIX_C_SOURCE) || \
	(defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L)
#define __ZX_HAS_TIMESPEC 1
#elif defined(__GLIBC__)
#include <bits/types/struct_timespec.h>
#define __ZX_HAS_TIMESPEC 1
#endif

__BEGIN_CDECLS

/* Nanoseconds, or ticks, on a clock that the place of use names. */
typedef int64_t zx_time_t;
typedef int64_t zx_duration_t;
typedef int64_t zx_ticks_t;

/* Nanoseconds on the monotonic clock, which stops in suspension, and on the boot clock. */
typedef int64_t zx_instant_mono_t;
typedef int64_t zx_instant_boot_t;
typedef int64_t zx_duration_mono_t;
typedef int64_t zx_duration_boot_t;

/* The same in ticks; zx_ticks_per_second() of them make a second. */
typedef int64_t zx_instant_mono_ticks_t;
typedef int64_t zx_instant_boot_ticks_t;
typedef int64_t zx_duration_mono_ticks_t;
typedef int64_t zx_duration_boot_ticks_t;

#define ZX_TIME_INFINITE INT64_MAX
#define ZX_TIME_INFINITE_PAST INT64_MIN

/* The helpers: a result that does not fit is the nearer infinity. */

__CONSTEXPR static inline zx_time_t zx_time_add_duration(zx_time_t time, zx_duration_t duration)
{
	zx_time_t sum = 0;

	if (!add_overflow(time, duration, &sum))
		return sum;
	return duration > 0 ? ZX_TIME_INFINITE : ZX_TIME_INFINITE_PAST;
}

__CONSTEXPR static inline zx_time_t zx_time_sub_duration(zx_time_t time, zx_duration_t duration)
{
	zx_time_t difference = 0;

	if (!sub_overflow(time, duration, &difference))
		return difference;
	return duration > 0 ? ZX_TIME_INFINITE_PAST : ZX_TIME_INFINITE;
}

__CONSTEXPR static inline zx_duration_t zx_time_sub_time(zx_time_t time1, zx_time_t time2)
{
	return zx_time_sub_duration(time1, time2);
}

__CONSTEXPR static inline zx_duration_t zx_duration_add_duration(zx_duration_t dur1,
								 zx_duration_t dur2)
{
	return zx_time_add_duration(dur1, dur2);
}

__CONSTEXPR static inline zx_duration_t zx_duration_sub_duration(zx_duration_t dur1,
								 zx_duration_t dur2)
{
	return zx_time_sub_duration(dur1, dur2);
}

__CONSTEXPR static inline zx_duration_t zx_duration_mul_int64(zx_duration_t duration,
							      int64_t multiplier)
{
	zx_duration_t product = 0;

	if (!mul_overflow(duration, multiplier, &product))
		return product;
	return (duration < 0) == (multiplier < 0) ? ZX_TIME_INFINITE : ZX_TIME_INFINITE_PAST;
}

__CONSTEXPR static inline int64_t zx_nsec_from_duration(zx_duration_t n)
{
	return n;
}

__CONSTEXPR static inline zx_duration_t zx_duration_from_nsec(int64_t n)
{
	return n;
}

__CONSTEXPR static inline zx_duration_t zx_duration_from_usec(int64_t n)
{
	return zx_duration_mul_int64(1000, n);
}

__CONSTEXPR static inline zx_duration_t zx_duration_from_msec(int64_t n)
{
	return zx_duration_mul_int64(1000000, n);
}

__CONSTEXPR static inline zx_duration_t zx_duration_from_sec(int64_t n)
{
	return zx_duration_mul_int64(1000000000, n);
}

__CONSTEXPR static inline zx_duration_t zx_duration_from_min(int64_t n)
{
	return zx_duration_mul_int64(INT64_C(60000000000), n);
}

__CONSTEXPR static inline zx_duration_t zx_duration_from_hour(int64_t n)
{
	return zx_duration_mul_int64(INT64_C(3600000000000), n);
}

__CONSTEXPR static inline zx_ticks_t zx_ticks_add_ticks(zx_ticks_t ticks1, zx_ticks_t ticks2)
{
	return zx_time_add_duration(ticks1, ticks2);
}

__CONSTEXPR static inline zx_ticks_t zx_ticks_sub_ticks(zx_ticks_t ticks1, zx_ticks_t ticks2)
{
	return zx_time_sub_duration(ticks1, ticks2);
}

__CONSTEXPR static inline zx_ticks_t zx_ticks_mul_int64(zx_ticks_t ticks, int64_t multiplier)
{
	return zx_duration_mul_int64(ticks, multiplier);
}

#ifdef __ZX_HAS_TIMESPEC

__CONSTEXPR static inline zx_duration_t zx_duration_from_timespec(struct timespec ts)
{
	return zx_duration_add_duration(zx_duration_from_sec((int64_t)ts.tv_sec),
					zx_duration_from_nsec((int64_t)ts.tv_nsec));
}

/* The nanoseconds carry the sign of the duration, as C's division leaves them. */
__CONSTEXPR static inline struct timespec zx_timespec_from_duration(zx_duration_t duration)
{
	struct timespec ts = {0, 0};

	ts.tv_sec = (time_t)(duration / 1000000000);
	ts.tv_nsec = (long)(duration % 1000000000);
	return ts;
}

__CONSTEXPR static inline zx_time_t zx_time_from_timespec(struct timespec ts)
{
	return zx_duration_from_timespec(ts);
}

__CONSTEXPR static inline struct timespec zx_timespec_from_time(zx_time_t time)
{
	return zx_timespec_from_duration(time);
}

#endif /* __ZX_HAS_TIMESPEC */

/*
 * Durations from a count of units. A count known at compile time gives a constant expression, so an
 * overflow there is diagnosed by the compiler; any other count saturates.
 */
#define ZX_NSEC(n) \
	(__builtin_constant_p(n) ? ((zx_duration_t)(INT64_C(1) * (n))) : zx_duration_from_nsec(n))
#define ZX_USEC(n)                                                          \
	(__builtin_constant_p(n) ? ((zx_duration_t)(INT64_C(1000) * (n))) : \
				   zx_duration_from_usec(n))
#define ZX_MSEC(n)                                                             \
	(__builtin_constant_p(n) ? ((zx_duration_t)(INT64_C(1000000) * (n))) : \
				   zx_duration_from_msec(n))
#define ZX_SEC(n)                                                                 \
	(__builtin_constant_p(n) ? ((zx_duration_t)(INT64_C(1000000000) * (n))) : \
				   zx_duration_from_sec(n))
#define ZX_MIN(n)                                                                  \
	(__builtin_constant_p(n) ? ((zx_duration_t)(INT64_C(60000000000) * (n))) : \
				   zx_duration_from_min(n))
#define ZX_HOUR(n)                                                                   \
	(__builtin_constant_p(n) ? ((zx_duration_t)(INT64_C(3600000000000) * (n))) : \
				   zx_duration_from_hour(n))

__END_CDECLS

#endif /* ZIRCON_TIME_H_ */
