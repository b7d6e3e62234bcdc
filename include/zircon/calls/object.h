/*
 * Calls on objects of any type: waits, signals, properties, information. What holds for every call
 * is said in zircon/syscalls.h.
 */
#ifndef ZIRCON_CALLS_OBJECT_H_
#define ZIRCON_CALLS_OBJECT_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Waits until one of `signals` is set on the object, or the deadline. Signals that are set already
 * end the wait at once, whatever the deadline. 0 signals wait for the deadline only.
 *
 * observed, optional: the complete state that ended the wait; on ZX_ERR_TIMED_OUT the state then;
 * on ZX_ERR_CANCELED the state with ZX_SIGNAL_HANDLE_CLOSED. Not written on the other errors.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *   ZX_ERR_ACCESS_DENIED handle lacks ZX_RIGHT_WAIT (types that cannot be waited for never have it)
 *   ZX_ERR_NOT_SUPPORTED the type cannot be waited for
 *   ZX_ERR_CANCELED      handle was closed during the wait; other handles to the object do not
 *                        count
 *   ZX_ERR_TIMED_OUT     the deadline came first
 *
 * Source: Zircon reference, zx_object_wait_one.
 */
__ZX_CALL(zx_status_t, zx_object_wait_one,
	  (zx_handle_t handle, zx_signals_t signals, zx_instant_mono_t deadline,
	   zx_signals_t *observed));

/* clang-format off */
/*
 * Waits until one of up to ZX_WAIT_MANY_MAX_ITEMS items sees one of its signals, or the deadline.
 * With ZX_OK, ZX_ERR_TIMED_OUT and ZX_ERR_CANCELED the `pending` of every item is written: state
 * that ended the wait for those that did, current state for the others. A handle may stand in
 * several items.
 *
 * Errors, in order:
 *   ZX_ERR_TIMED_OUT     num_items is 0 and the deadline has come; items is not looked at
 *   ZX_ERR_OUT_OF_RANGE  num_items is more than ZX_WAIT_MANY_MAX_ITEMS
 *   ZX_ERR_INVALID_ARGS  items cannot be read, or written at the end
 *   ZX_ERR_BAD_HANDLE    the first bad item: its handle is not open
 *   ZX_ERR_ACCESS_DENIED ... lacks ZX_RIGHT_WAIT
 *   ZX_ERR_NOT_SUPPORTED ... is of a type that cannot be waited for
 *   ZX_ERR_CANCELED      a handle was closed during the wait, even if another item was satisfied
 *   ZX_ERR_TIMED_OUT     the deadline came first
 *
 * Source: Zircon reference, zx_object_wait_many.
 */
__ZX_CALL(zx_status_t, zx_object_wait_many,
	  (zx_wait_item_t *items, size_t num_items, zx_instant_mono_t deadline));
/* clang-format on */

/*
 * Queues one packet of type ZX_PKT_TYPE_SIGNAL_ONE with `key` on the port when one of `signals` is
 * set: at once if that is so already, or, with ZX_WAIT_ASYNC_EDGE, only when one becomes set later.
 * Each registration fires once. Closing `handle` removes it without a packet.
 *
 * options: ZX_WAIT_ASYNC_EDGE, and one of ZX_WAIT_ASYNC_TIMESTAMP and ZX_WAIT_ASYNC_BOOT_TIMESTAMP
 * for the time in the packet.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  unknown options, or both timestamps
 *   handle errors        port is no open port handle with ZX_RIGHT_WRITE
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *   ZX_ERR_ACCESS_DENIED handle lacks ZX_RIGHT_WAIT
 *   ZX_ERR_NOT_SUPPORTED the type cannot be waited for
 *   ZX_ERR_NO_MEMORY     no room for the registration
 *
 * Source: Zircon reference, zx_object_wait_async.
 */
__ZX_CALL(zx_status_t, zx_object_wait_async,
	  (zx_handle_t handle, zx_handle_t port, uint64_t key, zx_signals_t signals,
	   uint32_t options));

/*
 * Clears the signals of clear_mask and sets those of set_mask, in one step; a bit in both ends up
 * set. Programs may change the user signals of every type that can be waited for, and
 * ZX_EVENT_SIGNALED (ZX_EVENTPAIR_SIGNALED) of events and event pairs.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *   ZX_ERR_ACCESS_DENIED handle lacks ZX_RIGHT_SIGNAL
 *   ZX_ERR_NOT_SUPPORTED the type cannot be waited for
 *   ZX_ERR_INVALID_ARGS  a mask has a bit that programs may not change on this type
 *
 * Source: Zircon reference, zx_object_signal.
 */
__ZX_CALL(zx_status_t, zx_object_signal,
	  (zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask));

/*
 * Does what zx_object_signal does, to the other end.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *   ZX_ERR_ACCESS_DENIED handle lacks ZX_RIGHT_SIGNAL_PEER
 *   ZX_ERR_NOT_SUPPORTED the type has no other end
 *   ZX_ERR_INVALID_ARGS  a mask has a bit that programs may not change on this type
 *   ZX_ERR_PEER_CLOSED   the other end has no handles left
 *
 * Source: Zircon reference, zx_object_signal_peer.
 */
__ZX_CALL(zx_status_t, zx_object_signal_peer,
	  (zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask));

/*
 * Reads a property (ZX_PROP_*, with the type of its value in zircon/syscalls/object.h). `value` has
 * value_size bytes; more than the value needs is fine, and left alone. A name is always 32 bytes,
 * filled up with zeros.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS     value is NULL
 *   ZX_ERR_BAD_HANDLE       handle is not open
 *   ZX_ERR_ACCESS_DENIED    handle lacks ZX_RIGHT_GET_PROPERTY
 *   ZX_ERR_NOT_SUPPORTED    there is no such property, or it cannot be read
 *   ZX_ERR_BUFFER_TOO_SMALL value_size is less than the value needs
 *   ZX_ERR_WRONG_TYPE       the type of object does not have the property
 *   ZX_ERR_INVALID_ARGS     value cannot be written
 *
 * Source: Zircon reference, zx_object_get_property.
 */
__ZX_CALL(zx_status_t, zx_object_get_property,
	  (zx_handle_t handle, uint32_t property, void *value, size_t value_size));

/*
 * Sets a property. Of a name at most 31 bytes, up to the first NUL, are taken.
 * ZX_PROP_VMO_CONTENT_SIZE does what zx_vmo_set_stream_size does, and has its errors.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS     value is NULL, even with size 0
 *   ZX_ERR_BAD_HANDLE       handle is not open
 *   ZX_ERR_ACCESS_DENIED    handle lacks ZX_RIGHT_SET_PROPERTY
 *   ZX_ERR_NOT_SUPPORTED    there is no such property, or it cannot be set
 *   ZX_ERR_ACCESS_DENIED    ZX_PROP_VMO_CONTENT_SIZE: handle lacks ZX_RIGHT_WRITE
 *   ZX_ERR_BUFFER_TOO_SMALL value_size is less than the value has; never for a name
 *   ZX_ERR_WRONG_TYPE       the type of object does not have the property
 *   ZX_ERR_INVALID_ARGS     value cannot be read, or is no value of the property
 *
 * Source: Zircon reference, zx_object_set_property.
 */
__ZX_CALL(zx_status_t, zx_object_set_property,
	  (zx_handle_t handle, uint32_t property, const void *value, size_t value_size));

/*
 * Tells about an object: the topics and their records are in zircon/syscalls/object.h. `buffer` has
 * buffer_size bytes.
 *
 * A topic with one record stores it and sets actual and avail, both optional, to 1. A topic with
 * many stores as many whole records as fit, their number in actual and the number there are in
 * avail; for it a buffer that is too small is no error, and NULL is fine with size 0.
 *
 * Needed right: none for HANDLE_VALID, HANDLE_BASIC, VMO and the topics asked of a resource;
 * ENUMERATE for PROCESS_THREADS, JOB_CHILDREN and JOB_PROCESSES; INSPECT, MANAGE_PROCESS and
 * MANAGE_THREAD for HANDLE_TABLE; INSPECT for the rest.
 *
 * Errors, in order:
 *   ZX_ERR_NOT_SUPPORTED    there is no such topic, or no such version of it; the handle is not
 *                           looked at
 *   handle errors           handle is not open, of the wrong type for the topic, or lacks the right
 *   ZX_ERR_BAD_STATE        TASK_STATS, PROCESS_MAPS: the process is dead; PROCESS_VMOS: it does
 *                           not run; VMAR_MAPS: the region is destroyed; EXCEPTION_REPORT: no
 *                           exception
 *   ZX_ERR_INVALID_ARGS     CLOCK_MAPPED_SIZE: the clock cannot be mapped
 *   ZX_ERR_BUFFER_TOO_SMALL one record, and it does not fit: actual is 0, avail 1
 *   ZX_ERR_INVALID_ARGS     buffer, actual or avail cannot be written
 *
 * Source: Zircon reference, zx_object_get_info.
 */
__ZX_CALL(zx_status_t, zx_object_get_info,
	  (zx_handle_t handle, uint32_t topic, void *buffer, size_t buffer_size, size_t *actual,
	   size_t *avail));

/*
 * Makes a handle to a child of a process (a thread) or of a job (a job, then a process), found by
 * its koid among the direct children. rights is a subset of those of `handle`, or
 * ZX_RIGHT_SAME_RIGHTS.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *   ZX_ERR_ACCESS_DENIED handle lacks ZX_RIGHT_ENUMERATE, or rights is no subset
 *   ZX_ERR_NOT_FOUND     no such child
 *   ZX_ERR_WRONG_TYPE    handle is neither process nor job
 *   ZX_ERR_INVALID_ARGS  out cannot be written
 *
 * Source: Zircon reference, zx_object_get_child.
 */
__ZX_CALL(zx_status_t, zx_object_get_child,
	  (zx_handle_t handle, uint64_t koid, zx_rights_t rights, zx_handle_t *out));

/*
 * Applies a profile to a thread or to an address region and all below it. options is not used.
 * Not emulated: there are no profiles.
 *
 * Errors, in order:
 *   handle errors        profile is no open profile handle with ZX_RIGHT_APPLY_PROFILE
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *   ZX_ERR_ACCESS_DENIED a region without ZX_RIGHT_OP_CHILDREN, a thread without
 *                        ZX_RIGHT_MANAGE_THREAD
 *   ZX_ERR_WRONG_TYPE    handle is neither thread nor region
 *   ZX_ERR_BAD_STATE     the region is destroyed and the profile is about memory
 *
 * Source: Zircon reference, zx_object_set_profile.
 */
__ZX_CALL(zx_status_t, zx_object_set_profile,
	  (zx_handle_t handle, zx_handle_t profile, uint32_t options));

__END_CDECLS

#endif /* ZIRCON_CALLS_OBJECT_H_ */
