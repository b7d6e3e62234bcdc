/*
 * Time: the clocks of the system, clock objects, timers, counters. What holds for every call is
 * said in zircon/syscalls.h.
 */
#ifndef ZIRCON_CALLS_CLOCK_H_
#define ZIRCON_CALLS_CLOCK_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Nanoseconds on the monotonic clock: since the machine started, without the time it was suspended.
 * Never goes backwards. Cannot fail. Safe in signal handlers.
 *
 * Source: Zircon reference, zx_clock_get_monotonic.
 */
__ZX_CALL(zx_instant_mono_t, zx_clock_get_monotonic, (void));

/*
 * Nanoseconds on the boot clock: since the machine started, suspended or not. Never goes backwards.
 * Cannot fail. Safe in signal handlers.
 *
 * Source: Zircon reference, zx_clock_get_boot.
 */
__ZX_CALL(zx_instant_boot_t, zx_clock_get_boot, (void));

/*
 * The monotonic clock in ticks. Cannot fail. Safe in signal handlers.
 *
 * Source: Zircon reference, zx_ticks_get.
 */
__ZX_CALL(zx_instant_mono_ticks_t, zx_ticks_get, (void));

/*
 * The boot clock in ticks. Cannot fail. Safe in signal handlers.
 *
 * Source: Zircon reference, zx_ticks_get_boot.
 */
__ZX_CALL(zx_instant_boot_ticks_t, zx_ticks_get_boot, (void));

/*
 * How many ticks make a second; the same for the life of the process. Cannot fail. Safe in signal
 * handlers.
 *
 * Source: Zircon reference, zx_ticks_per_second.
 */
__ZX_CALL(zx_ticks_t, zx_ticks_per_second, (void));

/*
 * The instant that is so many nanoseconds from now on the monotonic clock; ZX_TIME_INFINITE or
 * ZX_TIME_INFINITE_PAST when that does not fit. Cannot fail. Safe in signal handlers.
 *
 * Source: Zircon reference, zx_deadline_after.
 */
__ZX_CALL(zx_instant_mono_t, zx_deadline_after, (zx_duration_mono_t nanoseconds));

/*
 * Sleeps until the deadline; not at all when it has passed. Linux signals do not end the sleep
 * early. Always answers ZX_OK.
 *
 * Source: Zircon reference, zx_nanosleep.
 */
__ZX_CALL(zx_status_t, zx_nanosleep, (zx_instant_mono_t deadline));

/*
 * Makes a clock that programs set. options: ZX_CLOCK_OPT_* (CONTINUOUS needs MONOTONIC), and
 * ZX_CLOCK_ARGS_VERSION(1) if `args` is a zx_clock_create_args_v1_t; otherwise args is NULL. The
 * handle has ZX_DEFAULT_CLOCK_RIGHTS.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  unknown options or version; args cannot be read; CONTINUOUS without
 *                        MONOTONIC; AUTO_START with a backstop later than now, or a negative
 *                        backstop
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  out cannot be written
 *
 * Source: Zircon reference, zx_clock_create.
 */
__ZX_CALL(zx_status_t, zx_clock_create, (uint64_t options, const void *args, zx_handle_t *out));

/*
 * Reads a clock, in nanoseconds. Before its first update it shows its backstop.
 *
 * Errors, in order:
 *   handle errors        handle is no open clock handle with ZX_RIGHT_READ
 *   ZX_ERR_INVALID_ARGS  now cannot be written
 *
 * Source: Zircon reference, zx_clock_read.
 */
__ZX_CALL(zx_status_t, zx_clock_read, (zx_handle_t handle, zx_time_t *now));

/*
 * Tells all about a clock. options is ZX_CLOCK_ARGS_VERSION(1), details a zx_clock_details_v1_t.
 *
 * Errors, in order:
 *   handle errors        handle is no open clock handle with ZX_RIGHT_READ
 *   ZX_ERR_INVALID_ARGS  another version, or details cannot be written
 *
 * Source: Zircon reference, zx_clock_get_details.
 */
__ZX_CALL(zx_status_t, zx_clock_get_details, (zx_handle_t handle, uint64_t options, void *details));

/*
 * Changes the value, rate (parts per million) or error bound of a clock in one step. options is
 * ZX_CLOCK_ARGS_VERSION(1 or 2), which says what `args` is, and ZX_CLOCK_UPDATE_OPTION_* for the
 * fields that count. The first update has a value, and starts the clock.
 *
 * Errors, in order:
 *   handle errors        handle is no open clock handle with ZX_RIGHT_WRITE
 *   ZX_ERR_INVALID_ARGS  unknown options or version, or none that changes anything; args cannot be
 *                        read; a value that would break what the clock promises or lies before its
 *                        backstop; a rate outside its bounds
 *   ZX_ERR_BAD_STATE     the first update has no value
 *
 * Source: Zircon reference, zx_clock_update.
 */
__ZX_CALL(zx_status_t, zx_clock_update, (zx_handle_t handle, uint64_t options, const void *args));

/*
 * Does what zx_clock_read does, with a clock mapped by zx_vmar_map_clock at clock_addr.
 *
 * Errors:
 *   ZX_ERR_INVALID_ARGS  clock_addr is no mapped clock, or now cannot be written
 *
 * Source: Zircon reference, zx_clock_read_mappable.
 */
__ZX_CALL(zx_status_t, zx_clock_read_mappable, (const void *clock_addr, zx_time_t *now));

/*
 * Does what zx_clock_get_details does, with a clock mapped by zx_vmar_map_clock at clock_addr.
 *
 * Errors:
 *   ZX_ERR_INVALID_ARGS  another version; clock_addr is no mapped clock, or details cannot be
 *                        written
 *
 * Source: Zircon reference, zx_clock_get_details_mappable.
 */
__ZX_CALL(zx_status_t, zx_clock_get_details_mappable,
	  (const void *clock_addr, uint64_t options, void *details));

/*
 * Makes a timer. options: ZX_TIMER_SLACK_CENTER, _EARLY or _LATE; clock_id: ZX_CLOCK_MONOTONIC or
 * ZX_CLOCK_BOOT. The handle has ZX_DEFAULT_TIMER_RIGHTS.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  other options or clocks, or out cannot be written
 *   ZX_ERR_NO_MEMORY     not enough memory
 *
 * Source: Zircon reference, zx_timer_create.
 */
__ZX_CALL(zx_status_t, zx_timer_create, (uint32_t options, zx_clock_t clock_id, zx_handle_t *out));

/*
 * Arms a timer: ZX_TIMER_SIGNALED is cleared, and set at the deadline, give or take slack
 * nanoseconds. A deadline in the past sets it at once. An armed timer is armed anew.
 *
 * Errors, in order:
 *   ZX_ERR_OUT_OF_RANGE  slack is less than 0
 *   handle errors        handle is no open timer handle with ZX_RIGHT_WRITE
 *
 * Source: Zircon reference, zx_timer_set.
 */
__ZX_CALL(zx_status_t, zx_timer_set, (zx_handle_t handle, zx_time_t deadline, zx_duration_t slack));

/*
 * Disarms a timer and clears ZX_TIMER_SIGNALED.
 *
 * Errors, in order:
 *   handle errors        handle is no open timer handle with ZX_RIGHT_WRITE
 *
 * Source: Zircon reference, zx_timer_cancel.
 */
__ZX_CALL(zx_status_t, zx_timer_cancel, (zx_handle_t handle));

/*
 * Makes a counter, a number that shows by ZX_COUNTER_POSITIVE or ZX_COUNTER_NON_POSITIVE on which
 * side it is; 0 at first. options is 0. The handle has ZX_DEFAULT_COUNTER_RIGHTS.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  options is not 0, or out cannot be written
 *   ZX_ERR_NO_MEMORY     not enough memory
 *
 * Source: Zircon reference, zx_counter_create.
 */
__ZX_CALL(zx_status_t, zx_counter_create, (uint32_t options, zx_handle_t *out));

/*
 * Adds `amount`, which may be negative.
 *
 * Errors, in order:
 *   handle errors        handle is no open counter handle with READ and WRITE
 *   ZX_ERR_OUT_OF_RANGE  the sum does not fit; the counter is unchanged
 *
 * Source: Zircon reference, zx_counter_add.
 */
__ZX_CALL(zx_status_t, zx_counter_add, (zx_handle_t handle, int64_t amount));

/*
 * Tells the value.
 *
 * Errors, in order:
 *   handle errors        handle is no open counter handle with ZX_RIGHT_READ
 *   ZX_ERR_INVALID_ARGS  value cannot be written
 *
 * Source: Zircon reference, zx_counter_read.
 */
__ZX_CALL(zx_status_t, zx_counter_read, (zx_handle_t handle, int64_t *value));

/*
 * Sets the value.
 *
 * Errors, in order:
 *   handle errors        handle is no open counter handle with ZX_RIGHT_WRITE
 *
 * Source: Zircon reference, zx_counter_write.
 */
__ZX_CALL(zx_status_t, zx_counter_write, (zx_handle_t handle, int64_t value));

__END_CDECLS

#endif /* ZIRCON_CALLS_CLOCK_H_ */
