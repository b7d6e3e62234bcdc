/* Events: nothing but signals. */
#include "object/event.h"

#include "object/object.h"

static const struct zi_object_ops event_ops = {
	.type = ZX_OBJ_TYPE_EVENT,
	.type_name = "event",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL | ZX_EVENT_SIGNALED,
	.size = sizeof(struct zi_object),
};

struct zi_object *zi_event_new(void)
{
	return zi_object_new(&event_ops, 0);
}
