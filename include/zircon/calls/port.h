/*
 * Ports, events and event pairs. What holds for every call is said in zircon/syscalls.h.
 */
#ifndef ZIRCON_CALLS_PORT_H_
#define ZIRCON_CALLS_PORT_H_

#include <zircon/syscalls/port.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Makes a port: a queue of packets. options is 0, or ZX_PORT_BIND_TO_INTERRUPT for a port that
 * takes interrupts too. The handle has ZX_DEFAULT_PORT_RIGHTS; a port cannot be waited for as an
 * object.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  other options, or out cannot be written
 *   ZX_ERR_NO_MEMORY     not enough memory
 *
 * Source: Zircon reference, zx_port_create.
 */
__ZX_CALL(zx_status_t, zx_port_create, (uint32_t options, zx_handle_t *out));

/*
 * Puts a packet at the end of the queue. Its key, status and payload are kept, its type becomes
 * ZX_PKT_TYPE_USER.
 *
 * Errors, in order:
 *   handle errors        handle is no open port handle with ZX_RIGHT_WRITE
 *   ZX_ERR_INVALID_ARGS  packet cannot be read
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_BAD_HANDLE    the last handle to the port was closed meanwhile
 *   ZX_ERR_SHOULD_WAIT   too many packets of this kind are waiting (more than 4096)
 *
 * Source: Zircon reference, zx_port_queue.
 */
__ZX_CALL(zx_status_t, zx_port_queue, (zx_handle_t handle, const zx_port_packet_t *packet));

/*
 * Takes the first packet, waiting for one until the deadline. Interrupt packets come before others.
 * A packet wakes one of the threads that wait.
 *
 * Errors, in order:
 *   handle errors        handle is no open port handle with ZX_RIGHT_READ
 *   ZX_ERR_TIMED_OUT     no packet came before the deadline
 *   ZX_ERR_INVALID_ARGS  packet cannot be written; what it should have got is lost
 *
 * Source: Zircon reference, zx_port_wait.
 */
__ZX_CALL(zx_status_t, zx_port_wait,
	  (zx_handle_t handle, zx_instant_mono_t deadline, zx_port_packet_t *packet));

/*
 * Removes the registrations that were made with zx_object_wait_async through this very `source`
 * handle and with this key, and their packets if they are still queued.
 *
 * Errors, in order:
 *   handle errors        handle is no open port handle with ZX_RIGHT_WRITE
 *   ZX_ERR_BAD_HANDLE    source is not open
 *   ZX_ERR_ACCESS_DENIED source lacks ZX_RIGHT_WAIT
 *   ZX_ERR_NOT_SUPPORTED the type of source cannot be waited for
 *   ZX_ERR_NOT_FOUND     there was nothing to remove
 *
 * Source: Zircon reference, zx_port_cancel.
 */
__ZX_CALL(zx_status_t, zx_port_cancel, (zx_handle_t handle, zx_handle_t source, uint64_t key));

/*
 * Removes every registration with this key, whatever its source, and every queued packet with it,
 * packets of programs included; interrupt packets stay. options is 0.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  options is not 0
 *   handle errors        handle is no open port handle with ZX_RIGHT_WRITE
 *   ZX_ERR_NOT_FOUND     there was nothing to remove
 *
 * Source: Zircon reference, zx_port_cancel_key.
 */
__ZX_CALL(zx_status_t, zx_port_cancel_key, (zx_handle_t handle, uint32_t options, uint64_t key));

/*
 * Makes an event, an object that holds nothing but signals. options is 0. The handle has
 * ZX_DEFAULT_EVENT_RIGHTS.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  options is not 0, or out cannot be written
 *   ZX_ERR_NO_MEMORY     not enough memory
 *
 * Source: Zircon reference, zx_event_create.
 */
__ZX_CALL(zx_status_t, zx_event_create, (uint32_t options, zx_handle_t *out));

/*
 * Makes two events that can signal each other. When the last handle to one is closed, the other
 * shows ZX_EVENTPAIR_PEER_CLOSED. options is 0. The handles have ZX_DEFAULT_EVENTPAIR_RIGHTS.
 *
 * Errors, in order:
 *   ZX_ERR_NOT_SUPPORTED options is not 0
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  out0 or out1 cannot be written
 *
 * Source: Zircon reference, zx_eventpair_create.
 */
__ZX_CALL(zx_status_t, zx_eventpair_create,
	  (uint32_t options, zx_handle_t *out0, zx_handle_t *out1));

__END_CDECLS

#endif /* ZIRCON_CALLS_PORT_H_ */
