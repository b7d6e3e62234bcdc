/*
 * Messages between processes, and futexes: declared so that programs link; none is emulated. There
 * is no second process to send to, and the C library has locks.
 */
#ifndef ZIRCON_CALLS_MESSAGE_H_
#define ZIRCON_CALLS_MESSAGE_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Makes the two ends of a channel, which carries messages of bytes and handles. Not emulated.
 * Source: Zircon reference, zx_channel_create.
 */
__ZX_CALL(zx_status_t, zx_channel_create, (uint32_t options, zx_handle_t *out0, zx_handle_t *out1));

/*
 * Takes a message off a channel. Not emulated.
 * Source: Zircon reference, zx_channel_read.
 */
__ZX_CALL(zx_status_t, zx_channel_read,
	  (zx_handle_t handle, uint32_t options, void *bytes, zx_handle_t *handles,
	   uint32_t num_bytes, uint32_t num_handles, uint32_t *actual_bytes,
	   uint32_t *actual_handles));

/*
 * Takes a message off a channel, and tells about its handles. Not emulated.
 * Source: Zircon reference, zx_channel_read_etc.
 */
__ZX_CALL(zx_status_t, zx_channel_read_etc,
	  (zx_handle_t handle, uint32_t options, void *bytes, zx_handle_info_t *handles,
	   uint32_t num_bytes, uint32_t num_handles, uint32_t *actual_bytes,
	   uint32_t *actual_handles));

/*
 * Puts a message into a channel. Not emulated.
 * Source: Zircon reference, zx_channel_write.
 */
__ZX_CALL(zx_status_t, zx_channel_write,
	  (zx_handle_t handle, uint32_t options, const void *bytes, uint32_t num_bytes,
	   const zx_handle_t *handles, uint32_t num_handles));

/*
 * Puts a message into a channel, with a choice for each handle. Not emulated.
 * Source: Zircon reference, zx_channel_write_etc.
 */
__ZX_CALL(zx_status_t, zx_channel_write_etc,
	  (zx_handle_t handle, uint32_t options, const void *bytes, uint32_t num_bytes,
	   zx_handle_disposition_t *handles, uint32_t num_handles));

/*
 * Puts a message into a channel and waits for the reply. Not emulated.
 * Source: Zircon reference, zx_channel_call.
 */
__ZX_CALL(zx_status_t, zx_channel_call,
	  (zx_handle_t handle, uint32_t options, zx_instant_mono_t deadline,
	   const zx_channel_call_args_t *args, uint32_t *actual_bytes, uint32_t *actual_handles));

/*
 * Puts a message into a channel and waits for the reply, with a choice for each handle.
 * Not emulated. Source: Zircon reference, zx_channel_call_etc.
 */
__ZX_CALL(zx_status_t, zx_channel_call_etc,
	  (zx_handle_t handle, uint32_t options, zx_instant_mono_t deadline,
	   zx_channel_call_etc_args_t *args, uint32_t *actual_bytes, uint32_t *actual_handles));

/*
 * Makes the two ends of a socket, which carries bytes or datagrams. Not emulated.
 * Source: Zircon reference, zx_socket_create.
 */
__ZX_CALL(zx_status_t, zx_socket_create, (uint32_t options, zx_handle_t *out0, zx_handle_t *out1));

/*
 * Puts bytes into a socket. Not emulated.
 * Source: Zircon reference, zx_socket_write.
 */
__ZX_CALL(zx_status_t, zx_socket_write,
	  (zx_handle_t handle, uint32_t options, const void *buffer, size_t buffer_size,
	   size_t *actual));

/*
 * Takes bytes out of a socket. Not emulated.
 * Source: Zircon reference, zx_socket_read.
 */
__ZX_CALL(zx_status_t, zx_socket_read,
	  (zx_handle_t handle, uint32_t options, void *buffer, size_t buffer_size, size_t *actual));

/*
 * Stops or resumes writing to a socket, on either end. Not emulated.
 * Source: Zircon reference, zx_socket_set_disposition.
 */
__ZX_CALL(zx_status_t, zx_socket_set_disposition,
	  (zx_handle_t handle, uint32_t disposition, uint32_t disposition_peer));

/*
 * Makes the two ends of a fifo, which carries elements of one size. Not emulated.
 * Source: Zircon reference, zx_fifo_create.
 */
__ZX_CALL(zx_status_t, zx_fifo_create,
	  (size_t elem_count, size_t elem_size, uint32_t options, zx_handle_t *out0,
	   zx_handle_t *out1));

/*
 * Takes elements out of a fifo. Not emulated.
 * Source: Zircon reference, zx_fifo_read.
 */
__ZX_CALL(zx_status_t, zx_fifo_read,
	  (zx_handle_t handle, size_t elem_size, void *data, size_t count, size_t *actual_count));

/*
 * Puts elements into a fifo. Not emulated.
 * Source: Zircon reference, zx_fifo_write.
 */
__ZX_CALL(zx_status_t, zx_fifo_write,
	  (zx_handle_t handle, size_t elem_size, const void *data, size_t count,
	   size_t *actual_count));

/*
 * Sleeps while a word has a value. Not emulated.
 * Source: Zircon reference, zx_futex_wait.
 */
__ZX_CALL(zx_status_t, zx_futex_wait,
	  (const zx_futex_t *value_ptr, zx_futex_storage_t current_value,
	   zx_handle_t new_futex_owner, zx_instant_mono_t deadline));

/*
 * Wakes threads that sleep on a word. Not emulated.
 * Source: Zircon reference, zx_futex_wake.
 */
__ZX_CALL(zx_status_t, zx_futex_wake, (const zx_futex_t *value_ptr, uint32_t wake_count));

/*
 * Wakes some threads that sleep on a word and moves others to another word. Not emulated.
 * Source: Zircon reference, zx_futex_requeue.
 */
__ZX_CALL(zx_status_t, zx_futex_requeue,
	  (const zx_futex_t *value_ptr, uint32_t wake_count, zx_futex_storage_t current_value,
	   const zx_futex_t *requeue_ptr, uint32_t requeue_count, zx_handle_t new_requeue_owner));

/*
 * Wakes one thread that sleeps on a word and makes it the owner. Not emulated.
 * Source: Zircon reference, zx_futex_wake_single_owner.
 */
__ZX_CALL(zx_status_t, zx_futex_wake_single_owner, (const zx_futex_t *value_ptr));

/*
 * Wakes one thread, makes it the owner, and moves others to another word. Not emulated.
 * Source: Zircon reference, zx_futex_requeue_single_owner.
 */
__ZX_CALL(zx_status_t, zx_futex_requeue_single_owner,
	  (const zx_futex_t *value_ptr, zx_futex_storage_t current_value,
	   const zx_futex_t *requeue_ptr, uint32_t requeue_count, zx_handle_t new_requeue_owner));

/*
 * Tells the koid of the thread that owns a word. Not emulated.
 * Source: Zircon reference, zx_futex_get_owner.
 */
__ZX_CALL(zx_status_t, zx_futex_get_owner, (const zx_futex_t *value_ptr, zx_koid_t *koid));

__END_CDECLS

#endif /* ZIRCON_CALLS_MESSAGE_H_ */
