/*
 * Calls that are not part of the stable interface yet. What holds for every call is said in
 * zircon/syscalls.h.
 */
#ifndef ZIRCON_SYSCALLS_NEXT_H_
#define ZIRCON_SYSCALLS_NEXT_H_

#include <zircon/syscalls.h>

__BEGIN_CDECLS

/*
 * Gives a blob the next number in a region with the ID allocator discipline, and keeps a copy of it
 * there. Numbers count from 0. options is 0; blob has blob_size bytes.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  options is not 0
 *   handle errors        handle is no open endpoint with ZX_RIGHT_WRITE
 *   ZX_ERR_OUT_OF_RANGE  no such region
 *   ZX_ERR_WRONG_TYPE    the region has another discipline
 *   ZX_ERR_ACCESS_DENIED this endpoint may not write to it
 *   ZX_ERR_IO_DATA_INTEGRITY   the header in the region's memory is damaged
 *   ZX_ERR_NO_MEMORY     the region is full
 *   ZX_ERR_INVALID_ARGS  blob cannot be read; number and space are used up
 *   ZX_ERR_IO_DATA_INTEGRITY   the entry of the number is not empty
 *   ZX_ERR_INVALID_ARGS  id cannot be written
 *
 * Source: Zircon reference, zx_iob_allocate_id.
 */
__ZX_CALL(zx_status_t, zx_iob_allocate_id,
	  (zx_handle_t handle, zx_iob_allocate_id_options_t options, uint32_t region_index,
	   const void *blob, uint64_t blob_size, uint32_t *id));

/*
 * Makes memory of `size` bytes, a multiple of the page size, that regions of several I/O buffers
 * can share. options is 0. The handle has ZX_DEFAULT_IOB_SHARED_REGION_RIGHTS.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  options is not 0; size is 0 or not page-aligned
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  out cannot be written
 *
 * Source: Zircon reference, zx_iob_create_shared_region.
 */
__ZX_CALL(zx_status_t, zx_iob_create_shared_region,
	  (uint64_t options, uint64_t size, zx_handle_t *out));

/*
 * Makes a process that shares half of its address space with another one. Not emulated.
 * Source: Zircon reference, zx_process_create_shared.
 */
__ZX_CALL(zx_status_t, zx_process_create_shared,
	  (zx_handle_t shared_proc, uint32_t options, const char *name, size_t name_size,
	   zx_handle_t *proc_handle, zx_handle_t *restricted_vmar_handle));

__END_CDECLS

#endif /* ZIRCON_SYSCALLS_NEXT_H_ */
