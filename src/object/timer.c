/* Timer objects. */
#include "object/timer.h"

#include <string.h>

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

#include "base/time.h"
#include "object/fork_i.h"
#include "object/info.h"

/*
 * DIFFERS: a timer of the boot clock that came due while the machine was suspended fires up to this
 * long after.
 */
#define BOOT_LOOK_NS INT64_C(1000000000)

static int64_t now_of(zx_clock_t clock)
{
	return clock == ZX_CLOCK_BOOT ? zi_time_boot() : zi_time_mono();
}

/* When to look at a deadline that lies `ahead` ns away. */
static int64_t look_at(zx_clock_t clock, int64_t ahead)
{
	if (clock == ZX_CLOCK_BOOT && ahead > BOOT_LOOK_NS)
		ahead = BOOT_LOOK_NS;
	return zx_time_add_duration(zi_time_mono(), ahead);
}

/* Requires the object's lock. */
static void disarm_locked(struct zi_timer *t)
{
	if (t->deadline != 0)
		zi_timer_queue_remove(t);
	t->deadline = 0;
	t->slack = 0;
}

zx_status_t zi_timer_set(struct zi_timer *t, int64_t deadline, int64_t slack)
{
	struct zi_wakes wakes = {.count = 0};
	zx_status_t st = ZX_OK;

	zi_lock(&t->object.lock);
	disarm_locked(t);
	zi_object_update_signals_locked(&t->object, ZX_TIMER_SIGNALED, 0, 0, &wakes);
	int64_t ahead = zx_time_sub_time(deadline, now_of(t->clock));

	if (ahead <= 0) {
		zi_object_update_signals_locked(&t->object, 0, ZX_TIMER_SIGNALED, 0, &wakes);
	} else if (deadline == ZX_TIME_INFINITE ||
		   zi_timer_queue_put(t, look_at(t->clock, ahead))) {
		t->deadline = deadline;
		t->slack = slack;
	} else {
		st = ZX_ERR_NO_MEMORY;
	}
	zi_unlock(&t->object.lock);
	zi_wakes_flush(&wakes);
	return st;
}

void zi_timer_cancel(struct zi_timer *t)
{
	struct zi_wakes wakes = {.count = 0};

	zi_lock(&t->object.lock);
	disarm_locked(t);
	zi_object_update_signals_locked(&t->object, ZX_TIMER_SIGNALED, 0, 0, &wakes);
	zi_unlock(&t->object.lock);
	zi_wakes_flush(&wakes);
}

void zi_timer_expire(struct zi_timer *t)
{
	struct zi_wakes wakes = {.count = 0};

	zi_lock(&t->object.lock);
	int64_t ahead =
		t->deadline == 0 ? INT64_MAX : zx_time_sub_time(t->deadline, now_of(t->clock));

	if (ahead <= 0) {
		/* It may be in the queue again, set anew to a time that is past by now. */
		disarm_locked(t);
		zi_object_update_signals_locked(&t->object, 0, ZX_TIMER_SIGNALED, 0, &wakes);
	} else if (t->deadline != 0 && t->deadline != ZX_TIME_INFINITE) {
		/*
		 * Set anew meanwhile, or only looked at. This is the service thread: it need not be
		 * started.
		 */
		zi_timer_queue_put(t, look_at(t->clock, ahead));
	}
	zi_unlock(&t->object.lock);
	zi_wakes_flush(&wakes);
}

static struct zi_timer *timer_of(struct zi_object *o)
{
	return ZI_CONTAINER(o, struct zi_timer, object);
}

static void timer_on_zero_handles(struct zi_object *o)
{
	zi_timer_cancel(timer_of(o));
}

static void timer_destroy(struct zi_object *o)
{
	/* The service thread may have put it back between the last close and now. */
	zi_timer_queue_remove(timer_of(o));
	zi_timer_queue_unreserve();
}

static const struct zi_object_ops timer_ops = {
	.type = ZX_OBJ_TYPE_TIMER,
	.type_name = "timer",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL,
	.size = sizeof(struct zi_timer),
	.on_zero_handles = timer_on_zero_handles,
	.destroy = timer_destroy,
};

struct zi_timer *zi_timer_new(uint32_t options, zx_clock_t clock)
{
	struct zi_timer *t;

	if (!zi_timer_queue_reserve())
		return NULL;
	t = zi_object_new(&timer_ops, 0);
	if (t == NULL) {
		zi_timer_queue_unreserve();
		return NULL;
	}
	t->options = options;
	t->clock = clock;
	t->place = ZI_TIMER_UNARMED;
	return t;
}

zx_status_t zi_info_timer(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			  size_t *actual, size_t *avail)
{
	zx_info_timer_t info;
	struct zi_timer *t;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_TIMER, ZX_RIGHT_INSPECT, &t, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	memset(&info, 0, sizeof(info));
	zi_lock(&t->object.lock);
	info.options = t->options;
	info.clock_id = t->clock;
	info.deadline = t->deadline;
	info.slack = t->slack;
	zi_unlock(&t->object.lock);
	zi_object_unref(&t->object);
	return zi_info_one(&info, sizeof(info), buffer, size, actual, avail);
}

void zi_timer_after_fork(void)
{
	zi_timer_queue_after_fork();
}
