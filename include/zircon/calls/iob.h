/*
 * I/O buffers. What holds for every call is said in zircon/syscalls.h; more calls are in
 * zircon/syscalls-next.h, mapping is zx_vmar_map_iob.
 */
#ifndef ZIRCON_CALLS_IOB_H_
#define ZIRCON_CALLS_IOB_H_

#include <zircon/syscalls/iob.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Makes an I/O buffer of num_regions regions (zx_iob_region_t) and a handle to each of its ends,
 * with ZX_DEFAULT_IOB_RIGHTS. options is 0. The end that is left shows ZX_IOB_PEER_CLOSED when the
 * other has no handles and no mappings.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  options is not 0
 *   ZX_ERR_OUT_OF_RANGE  more than ZX_IOB_MAX_REGIONS regions
 *   ZX_ERR_INVALID_ARGS  regions cannot be read; there are none
 *  The first region that has:
 *   ZX_ERR_INVALID_ARGS  an unknown type; bad options; access that lets nobody write; a discipline
 *                        that is unknown or does not go with its type and access
 *   ZX_ERR_OUT_OF_RANGE  a size larger than a VMO can be
 *   ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   a shared_region that is no open shared region
 *  Then:
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  ep0_out or ep1_out cannot be written
 *
 * Source: Zircon reference, zx_iob_create.
 */
__ZX_CALL(zx_status_t, zx_iob_create,
	  (uint64_t options, const void *regions, size_t num_regions, zx_handle_t *ep0_out,
	   zx_handle_t *ep1_out));

/*
 * Writes one message, gathered from num_vectors entries (8 at most), into a region with the ring
 * buffer discipline. options is 0.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  options is not 0
 *   handle errors        handle is no open endpoint with ZX_RIGHT_WRITE
 *   ZX_ERR_OUT_OF_RANGE  no such region
 *   ZX_ERR_WRONG_TYPE    the region has another discipline
 *   ZX_ERR_ACCESS_DENIED this endpoint may not write to it
 *   ZX_ERR_INVALID_ARGS  vectors cannot be read; too many of them; more than 65519 bytes
 *   ZX_ERR_NO_SPACE      larger than the ring, or than what is free of it
 *   ZX_ERR_IO_DATA_INTEGRITY   head and tail in the region's memory contradict each other
 *   other errors         the message cannot be read: nothing was written
 *
 * Source: Zircon reference, zx_iob_writev.
 */
__ZX_CALL(zx_status_t, zx_iob_writev,
	  (zx_handle_t handle, zx_iob_write_options_t options, uint32_t region_index,
	   const zx_iovec_t *vectors, size_t num_vectors));

__END_CDECLS

#endif /* ZIRCON_CALLS_IOB_H_ */
