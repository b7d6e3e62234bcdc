/* Counters: a number and the two signals that tell whether it is positive. */
#include "object/event.h"
#include "object/object.h"

struct zi_counter {
	struct zi_object object;
	int64_t value; /* object lock */
};

static const struct zi_object_ops counter_ops = {
	.type = ZX_OBJ_TYPE_COUNTER,
	.type_name = "counter",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL,
	.size = sizeof(struct zi_counter),
};

struct zi_counter *zi_counter_new(void)
{
	return zi_object_new(&counter_ops, ZX_COUNTER_NON_POSITIVE);
}

/* Requires the object's lock. */
static void set_locked(struct zi_counter *c, int64_t value, struct zi_wakes *wakes)
{
	bool was = c->value > 0, is = value > 0;

	c->value = value;
	if (is && !was)
		zi_object_update_signals_locked(&c->object, ZX_COUNTER_NON_POSITIVE,
						ZX_COUNTER_POSITIVE, 0, wakes);
	else if (was && !is)
		zi_object_update_signals_locked(&c->object, ZX_COUNTER_POSITIVE,
						ZX_COUNTER_NON_POSITIVE, 0, wakes);
}

zx_status_t zi_counter_add(struct zi_counter *c, int64_t amount)
{
	struct zi_wakes wakes = {.count = 0};
	zx_status_t st = ZX_OK;
	int64_t sum;

	zi_lock(&c->object.lock);
	if (__builtin_add_overflow(c->value, amount, &sum))
		st = ZX_ERR_OUT_OF_RANGE;
	else
		set_locked(c, sum, &wakes);
	zi_unlock(&c->object.lock);
	zi_wakes_flush(&wakes);
	return st;
}

int64_t zi_counter_read(struct zi_counter *c)
{
	ZI_LOCK_SCOPE(&c->object.lock);
	return c->value;
}

void zi_counter_write(struct zi_counter *c, int64_t value)
{
	struct zi_wakes wakes = {.count = 0};

	zi_lock(&c->object.lock);
	set_locked(c, value, &wakes);
	zi_unlock(&c->object.lock);
	zi_wakes_flush(&wakes);
}
