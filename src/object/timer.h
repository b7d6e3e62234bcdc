/*
 * Timers. One service thread sleeps until the earliest deadline; it exists while timers are armed,
 * and a second longer.
 */
#ifndef ZI_OBJECT_TIMER_H
#define ZI_OBJECT_TIMER_H

#include <stdint.h>

#include <zircon/types.h>

#include "object/object.h"

#define ZI_TIMER_UNARMED UINT32_MAX

struct zi_timer {
	struct zi_object object;
	uint32_t options; /* ZX_TIMER_SLACK_*; fixed */
	zx_clock_t clock; /* fixed */
	/* guarded by the object's lock: */
	int64_t deadline; /* of `clock`; 0: not armed */
	int64_t slack;    /* only remembered: firing at the deadline is within every slack */
	/* guarded by the lock of the queue: */
	uint32_t place; /* in the queue, or ZI_TIMER_UNARMED */
	int64_t due;    /* monotonic ns at which it is looked at */
};

/* ---- timer.c */

/* NULL: no memory. */
struct zi_timer *zi_timer_new(uint32_t options, zx_clock_t clock);
/* NO_MEMORY: the service thread cannot be started; the timer is unarmed then. */
zx_status_t zi_timer_set(struct zi_timer *t, int64_t deadline, int64_t slack);
void zi_timer_cancel(struct zi_timer *t);
/* The service thread found it due: signals it unless it was cancelled or set anew meanwhile. */
void zi_timer_expire(struct zi_timer *t);

/* ---- timer_queue.c */

/*
 * Room for one more timer, to be given back; false: no memory. With it putting a timer into the
 * queue cannot fail for memory.
 */
bool zi_timer_queue_reserve(void);
void zi_timer_queue_unreserve(void);
/*
 * Puts a timer in, at `due`; may be called again with another time. False: no thread. The queue
 * holds no reference.
 */
bool zi_timer_queue_put(struct zi_timer *t, int64_t due);
void zi_timer_queue_remove(struct zi_timer *t);
void zi_timer_queue_after_fork(void);

#endif
