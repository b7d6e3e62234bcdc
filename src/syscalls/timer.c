/* zx_timer_* */
#include <zircon/rights.h>
#include <zircon/syscalls.h>

#include "object/timer.h"
#include "syscalls/entry.h"

static zx_status_t get_timer(zx_handle_t handle, struct zi_timer **out)
{
	return zi_handle_get(handle, ZX_OBJ_TYPE_TIMER, ZX_RIGHT_WRITE, out, NULL);
}

/*
 * ZX_ERR_INVALID_ARGS: unknown clock, unknown options, bad `out`. ZX_ERR_NO_MEMORY,
 * ZX_ERR_NO_RESOURCES
 */
zx_status_t zx_timer_create(uint32_t options, zx_clock_t clock_id, zx_handle_t *out)
{
	ZI_ENTRY(zx_timer_create);
	struct zi_timer *t;

	if (clock_id != ZX_CLOCK_MONOTONIC && clock_id != ZX_CLOCK_BOOT)
		return ZX_ERR_INVALID_ARGS;
	if (options > ZX_TIMER_SLACK_LATE)
		return ZX_ERR_INVALID_ARGS;
	t = zi_timer_new(options, clock_id);
	if (t == NULL)
		return ZX_ERR_NO_MEMORY;
	return zi_handle_publish(&t->object, ZX_DEFAULT_TIMER_RIGHTS, out);
}

/*
 * ZX_ERR_OUT_OF_RANGE  negative slack
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (WRITE)
 * ZX_ERR_NO_MEMORY     no thread to serve it
 */
zx_status_t zx_timer_set(zx_handle_t handle, zx_time_t deadline, zx_duration_t slack)
{
	ZI_ENTRY(zx_timer_set);
	struct zi_timer *t;
	zx_status_t st;

	if (slack < 0)
		return ZX_ERR_OUT_OF_RANGE;
	st = get_timer(handle, &t);
	if (st != ZX_OK)
		return st;
	st = zi_timer_set(t, deadline, slack);
	zi_object_unref(&t->object);
	return st;
}

/* ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (WRITE) */
zx_status_t zx_timer_cancel(zx_handle_t handle)
{
	ZI_ENTRY(zx_timer_cancel);
	struct zi_timer *t;
	zx_status_t st = get_timer(handle, &t);

	if (st != ZX_OK)
		return st;
	zi_timer_cancel(t);
	zi_object_unref(&t->object);
	return ZX_OK;
}
