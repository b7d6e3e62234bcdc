/*
 * Calls on handles of any type. What holds for every call is said in zircon/syscalls.h.
 */
#ifndef ZIRCON_CALLS_HANDLE_H_
#define ZIRCON_CALLS_HANDLE_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Closes a handle. Waits made through it end with ZX_ERR_CANCELED; registrations with ports go. The
 * object lives on while other handles or the system need it. ZX_HANDLE_INVALID is accepted and does
 * nothing. No right is needed.
 *
 * Errors:
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *
 * Source: Zircon reference, zx_handle_close.
 */
__ZX_CALL(zx_status_t, zx_handle_close, (zx_handle_t handle));

/*
 * Closes num_handles handles. Every good one is closed even if others are bad; ZX_HANDLE_INVALID is
 * skipped. The array may be NULL when num_handles is 0.
 *
 * Errors:
 *   ZX_ERR_INVALID_ARGS  a part of the array cannot be read; the handles before it are closed
 *   ZX_ERR_BAD_HANDLE    an entry is not open, or stands in the array twice
 *
 * Source: Zircon reference, zx_handle_close_many.
 */
__ZX_CALL(zx_status_t, zx_handle_close_many, (const zx_handle_t *handles, size_t num_handles));

/*
 * Makes a second handle to the same object with the given rights, a subset of those of `handle`, or
 * ZX_RIGHT_SAME_RIGHTS for all of them. 0 is allowed and gives a handle without rights.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *   ZX_ERR_ACCESS_DENIED handle lacks ZX_RIGHT_DUPLICATE
 *   ZX_ERR_INVALID_ARGS  rights is no subset, or SAME_RIGHTS with other bits; out cannot be written
 *   ZX_ERR_NO_MEMORY     no room for another handle
 *
 * Source: Zircon reference, zx_handle_duplicate.
 */
__ZX_CALL(zx_status_t, zx_handle_duplicate,
	  (zx_handle_t handle, zx_rights_t rights, zx_handle_t *out));

/*
 * Replaces a handle by one with the given rights (as in zx_handle_duplicate) and closes the old
 * one. No right is needed. `out` may be the variable that holds the old handle.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *   ZX_ERR_INVALID_ARGS  rights is no subset; handle has been closed all the same
 *   ZX_ERR_NO_MEMORY     no room for another handle; the old one stays open
 *
 * Source: Zircon reference, zx_handle_replace.
 */
__ZX_CALL(zx_status_t, zx_handle_replace,
	  (zx_handle_t handle, zx_rights_t rights, zx_handle_t *out));

/*
 * Says whether a number is an open handle of this process, without the consequences that a bad
 * handle has elsewhere.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  handle is ZX_HANDLE_INVALID
 *   ZX_ERR_OUT_OF_RANGE  the low two bits are not both set, so it never was a handle
 *   ZX_ERR_NOT_FOUND     handle is not open
 *
 * Source: Zircon reference, zx_handle_check_valid.
 */
__ZX_CALL(zx_status_t, zx_handle_check_valid, (zx_handle_t handle));

__END_CDECLS

#endif /* ZIRCON_CALLS_HANDLE_H_ */
