/*
 * Time without objects: the two clocks of the system, ticks, deadlines, sleep. They need no handle
 * and cannot fail.
 */
#include <stdatomic.h>

#include <zircon/syscalls.h>

#include "base/park.h"
#include "base/time.h"
#include "syscalls/entry.h"

zx_instant_mono_t zx_clock_get_monotonic(void)
{
	ZI_ENTRY_VALUE(zx_clock_get_monotonic);
	return zi_time_mono();
}

zx_instant_boot_t zx_clock_get_boot(void)
{
	ZI_ENTRY_VALUE(zx_clock_get_boot);
	return zi_time_boot();
}

/* DIFFERS: A tick is one nanosecond, whatever counter the processor has. */
zx_instant_mono_ticks_t zx_ticks_get(void)
{
	ZI_ENTRY_VALUE(zx_ticks_get);
	return zi_time_mono();
}

zx_instant_boot_ticks_t zx_ticks_get_boot(void)
{
	ZI_ENTRY_VALUE(zx_ticks_get_boot);
	return zi_time_boot();
}

zx_ticks_t zx_ticks_per_second(void)
{
	ZI_ENTRY_VALUE(zx_ticks_per_second);
	return 1000000000;
}

zx_instant_mono_t zx_deadline_after(zx_duration_mono_t nanoseconds)
{
	ZI_ENTRY_VALUE(zx_deadline_after);
	return zx_time_add_duration(zi_time_mono(), nanoseconds);
}

zx_status_t zx_nanosleep(zx_instant_mono_t deadline)
{
	ZI_ENTRY(zx_nanosleep);
	zi_sleep_until(deadline);
	return ZX_OK;
}
