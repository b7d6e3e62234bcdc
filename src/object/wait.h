/* Waiting for signals in the calling thread. */
#ifndef ZI_OBJECT_WAIT_H
#define ZI_OBJECT_WAIT_H

#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

struct zi_object;

/* One thing to wait for. The caller holds the reference. */
struct zi_wait_item {
	struct zi_object *object;
	uint64_t way; /* from zi_handle_get_way */
	zx_signals_t trigger;
	zx_signals_t pending; /* out */
};

/*
 * ZX_OK, ZX_ERR_CANCELED, ZX_ERR_TIMED_OUT: `pending` of every item is the state at its firing, the
 * present one for those that did not fire, with ZX_SIGNAL_HANDLE_CLOSED where the handle was
 * closed. n <= ZX_WAIT_MANY_MAX_ITEMS.
 */
zx_status_t zi_wait_one(struct zi_wait_item *item, int64_t deadline);
zx_status_t zi_wait_many(struct zi_wait_item *items, size_t n, int64_t deadline);

#endif
