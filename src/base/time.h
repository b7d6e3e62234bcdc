/*
 * The two clocks of the interface, in nanoseconds. The C library reads both without a system call.
 */
#ifndef ZI_BASE_TIME_H
#define ZI_BASE_TIME_H

#include <stdint.h>
#include <time.h>

static inline int64_t zi_time_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Excludes time that the machine was suspended; deadlines are instants of this clock. */
static inline int64_t zi_time_mono(void)
{
	return zi_time_of(CLOCK_MONOTONIC);
}

static inline int64_t zi_time_boot(void)
{
	return zi_time_of(CLOCK_BOOTTIME);
}

#endif
