/*
 * Time without objects: the two clocks of the system, ticks, deadlines, sleep. They need no handle
 * and cannot fail.
 */
#include <stdatomic.h>

#include <zircon/syscalls.h>

#include "base/lock.h"
#include "base/time.h"

zx_instant_mono_t zx_clock_get_monotonic(void)
{
	return zi_time_mono();
}

zx_instant_boot_t zx_clock_get_boot(void)
{
	return zi_time_boot();
}

/* DIFFERS: A tick is one nanosecond, whatever counter the processor has. */
zx_instant_mono_ticks_t zx_ticks_get(void)
{
	return zi_time_mono();
}

zx_instant_boot_ticks_t zx_ticks_get_boot(void)
{
	return zi_time_boot();
}

zx_ticks_t zx_ticks_per_second(void)
{
	return 1000000000;
}

zx_instant_mono_t zx_deadline_after(zx_duration_mono_t nanoseconds)
{
	return zx_time_add_duration(zi_time_mono(), nanoseconds);
}

/* Waits for a word that nobody else knows; Linux signals end such a wait early, never the sleep. */
zx_status_t zx_nanosleep(zx_instant_mono_t deadline)
{
	_Atomic uint32_t word = 0;

	while (zi_time_mono() < deadline)
		zi_futex_wait(&word, 0, deadline);
	return ZX_OK;
}
