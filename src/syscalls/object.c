/* zx_object_*: calls for objects of any type. */
#include <zircon/rights.h>
#include <zircon/syscalls.h>

#include "base/park.h"
#include "object/info.h"
#include "object/object.h"
#include "object/port.h"
#include "object/property.h"
#include "object/task.h"
#include "object/wait.h"
#include "syscalls/entry.h"
#include "vm/fault.h"

/* ---- signals */

/*
 * ZX_ERR_BAD_HANDLE, ZX_ERR_ACCESS_DENIED (SIGNAL)
 * ZX_ERR_NOT_SUPPORTED  the type has no signals
 * ZX_ERR_INVALID_ARGS   a bit that programs may not change
 */
zx_status_t zx_object_signal(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask)
{
	ZI_ENTRY(zx_object_signal);
	struct zi_object *o;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_SIGNAL, &o, NULL);

	if (st != ZX_OK)
		return st;
	if (!o->ops->waitable)
		st = ZX_ERR_NOT_SUPPORTED;
	else if ((clear_mask | set_mask) & ~o->ops->user_signals)
		st = ZX_ERR_INVALID_ARGS;
	else
		zi_object_update_signals(o, clear_mask, set_mask, 0);
	zi_object_unref(o);
	return st;
}

static zx_status_t signal_peer(struct zi_object *o, uint32_t clear_mask, uint32_t set_mask)
{
	struct zi_object *peer;

	if (o->ops->get_peer == NULL)
		return ZX_ERR_NOT_SUPPORTED;
	if ((clear_mask | set_mask) & ~o->ops->peer_signals)
		return ZX_ERR_INVALID_ARGS;
	peer = o->ops->get_peer(o);
	if (peer == NULL)
		return ZX_ERR_PEER_CLOSED;
	zi_object_update_signals(peer, clear_mask, set_mask, 0);
	zi_object_unref(peer);
	return ZX_OK;
}

/*
 * ZX_ERR_BAD_HANDLE, ZX_ERR_ACCESS_DENIED (SIGNAL_PEER)
 * ZX_ERR_NOT_SUPPORTED  the type has no peer
 * ZX_ERR_INVALID_ARGS   a bit that programs may not change
 * ZX_ERR_PEER_CLOSED
 */
zx_status_t zx_object_signal_peer(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask)
{
	ZI_ENTRY(zx_object_signal_peer);
	struct zi_object *o;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_SIGNAL_PEER, &o, NULL);

	if (st != ZX_OK)
		return st;
	st = signal_peer(o, clear_mask, set_mask);
	zi_object_unref(o);
	return st;
}

/* ---- waits */

/* Handle, WAIT, waitable: with one reference in item->object. */
static zx_status_t get_waitable(zx_handle_t handle, struct zi_object **out_object,
				uint64_t *out_way)
{
	struct zi_object *o;
	zx_status_t st = zi_handle_get_way(handle, ZX_RIGHT_WAIT, &o, out_way);

	if (st != ZX_OK)
		return st;
	if (!o->ops->waitable) {
		zi_object_unref(o);
		return ZX_ERR_NOT_SUPPORTED;
	}
	*out_object = o;
	return ZX_OK;
}

/*
 * ZX_ERR_BAD_HANDLE, ZX_ERR_ACCESS_DENIED (WAIT)
 * ZX_ERR_NOT_SUPPORTED  the type has no signals
 * ZX_ERR_CANCELED       the handle was closed
 * ZX_ERR_TIMED_OUT
 * ZX_ERR_INVALID_ARGS   bad `observed`
 */
zx_status_t zx_object_wait_one(zx_handle_t handle, zx_signals_t signals, zx_instant_mono_t deadline,
			       zx_signals_t *observed)
{
	ZI_ENTRY(zx_object_wait_one);
	struct zi_wait_item item = {.trigger = signals};
	zx_status_t st = get_waitable(handle, &item.object, &item.way);

	if (st != ZX_OK)
		return st;
	st = zi_wait_one(&item, deadline);
	zi_object_unref(item.object);
	if (observed == NULL)
		return st;
	zx_status_t written = zi_user_write(observed, &item.pending, sizeof(item.pending));

	return written == ZX_OK ? st : written;
}

/*
 * ZX_ERR_OUT_OF_RANGE   more than 64 items
 * ZX_ERR_INVALID_ARGS   bad `items`
 * and per item, in order, ZX_ERR_BAD_HANDLE, ZX_ERR_ACCESS_DENIED (WAIT), ZX_ERR_NOT_SUPPORTED
 * ZX_ERR_CANCELED       a handle was closed
 * ZX_ERR_TIMED_OUT
 */
zx_status_t zx_object_wait_many(zx_wait_item_t *items, size_t num_items, zx_instant_mono_t deadline)
{
	ZI_ENTRY(zx_object_wait_many);
	struct zi_wait_item waits[ZX_WAIT_MANY_MAX_ITEMS];
	zx_wait_item_t copy[ZX_WAIT_MANY_MAX_ITEMS];
	zx_status_t st;
	size_t got = 0;

	if (num_items == 0) {
		zi_sleep_until(deadline);
		return ZX_ERR_TIMED_OUT;
	}
	if (num_items > ZX_WAIT_MANY_MAX_ITEMS)
		return ZX_ERR_OUT_OF_RANGE;
	st = zi_user_read(copy, items, num_items * sizeof(copy[0]));
	for (; st == ZX_OK && got < num_items; got++) {
		waits[got].trigger = copy[got].waitfor;
		st = get_waitable(copy[got].handle, &waits[got].object, &waits[got].way);
		if (st != ZX_OK)
			break;
	}
	bool waited = st == ZX_OK;

	if (waited)
		st = zi_wait_many(waits, num_items, deadline);
	for (size_t i = 0; i < got; i++) {
		copy[i].pending = waits[i].pending;
		zi_object_unref(waits[i].object);
	}
	if (!waited)
		return st;
	zx_status_t written = zi_user_write(items, copy, num_items * sizeof(copy[0]));

	return written == ZX_OK ? st : written;
}

/*
 * ZX_ERR_INVALID_ARGS   unknown options, or both timestamps
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (WRITE)  the port
 * ZX_ERR_BAD_HANDLE, ZX_ERR_ACCESS_DENIED (WAIT), ZX_ERR_NOT_SUPPORTED  the object
 * ZX_ERR_NO_MEMORY
 */
zx_status_t zx_object_wait_async(zx_handle_t handle, zx_handle_t port, uint64_t key,
				 zx_signals_t signals, uint32_t options)
{
	ZI_ENTRY(zx_object_wait_async);
	const uint32_t stamps = ZX_WAIT_ASYNC_TIMESTAMP | ZX_WAIT_ASYNC_BOOT_TIMESTAMP;
	struct zi_object *o;
	struct zi_port *p;
	uint64_t way;
	zx_status_t st;

	if (options & ~(stamps | ZX_WAIT_ASYNC_EDGE))
		return ZX_ERR_INVALID_ARGS;
	if ((options & stamps) == stamps)
		return ZX_ERR_INVALID_ARGS;
	st = zi_handle_get(port, ZX_OBJ_TYPE_PORT, ZX_RIGHT_WRITE, &p, NULL);
	if (st != ZX_OK)
		return st;
	st = get_waitable(handle, &o, &way);
	if (st == ZX_OK) {
		st = zi_port_wait_async(p, o, way, key, signals, options);
		zi_object_unref(o);
	}
	zi_object_unref(zi_port_object(p));
	return st;
}

/* ---- properties, information, children */

zx_status_t zx_object_get_property(zx_handle_t handle, uint32_t property, void *value,
				   size_t value_size)
{
	ZI_ENTRY(zx_object_get_property);
	return zi_property_get(handle, property, value, value_size);
}

zx_status_t zx_object_set_property(zx_handle_t handle, uint32_t property, const void *value,
				   size_t value_size)
{
	ZI_ENTRY(zx_object_set_property);
	return zi_property_set(handle, property, value, value_size);
}

zx_status_t zx_object_get_info(zx_handle_t handle, uint32_t topic, void *buffer, size_t buffer_size,
			       size_t *actual, size_t *avail)
{
	ZI_ENTRY(zx_object_get_info);
	return zi_info_get(handle, topic, buffer, buffer_size, actual, avail);
}

static zx_status_t find_child(struct zi_object *o, zx_koid_t koid, struct zi_object **out_child)
{
	switch (o->ops->type) {
	case ZX_OBJ_TYPE_PROCESS:
		*out_child = zi_process_find_thread((struct zi_process *)o, koid);
		break;
	case ZX_OBJ_TYPE_JOB:
		*out_child = zi_job_find_child((struct zi_job *)o, koid);
		break;
	default:
		return ZX_ERR_WRONG_TYPE;
	}
	return *out_child == NULL ? ZX_ERR_NOT_FOUND : ZX_OK;
}

/*
 * ZX_ERR_BAD_HANDLE
 * ZX_ERR_ACCESS_DENIED  no ENUMERATE; rights that the parent's handle does not have
 * ZX_ERR_NOT_FOUND      no direct child with that koid
 * ZX_ERR_WRONG_TYPE     neither process nor job
 * ZX_ERR_INVALID_ARGS   bad `out`
 */
zx_status_t zx_object_get_child(zx_handle_t handle, uint64_t koid, zx_rights_t rights,
				zx_handle_t *out)
{
	ZI_ENTRY(zx_object_get_child);
	struct zi_object *o, *child = NULL;
	zx_rights_t has;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_ENUMERATE, &o, &has);

	if (st != ZX_OK)
		return st;
	if (rights == ZX_RIGHT_SAME_RIGHTS)
		rights = has;
	st = (has & rights) == rights ? find_child(o, koid, &child) : ZX_ERR_ACCESS_DENIED;
	zi_object_unref(o);
	return st == ZX_OK ? zi_handle_publish(child, rights, out) : st;
}
