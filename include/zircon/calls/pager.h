/*
 * User pagers: VMOs whose pages a program supplies on request. What holds for every call is said in
 * zircon/syscalls.h. "Handle errors of the pair" are those of `pager` (right MANAGE_VMO), then
 * those of `pager_vmo` (the right named), then ZX_ERR_INVALID_ARGS when the VMO was not made by
 * this pager.
 */
#ifndef ZIRCON_CALLS_PAGER_H_
#define ZIRCON_CALLS_PAGER_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Makes a pager. options is 0. The handle has ZX_DEFAULT_PAGER_RIGHTS and cannot be duplicated;
 * closing it detaches all VMOs.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  options is not 0
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  out cannot be written
 *
 * Source: Zircon reference, zx_pager_create.
 */
__ZX_CALL(zx_status_t, zx_pager_create, (uint32_t options, zx_handle_t *out));

/*
 * Makes a VMO of `size` bytes, rounded up to pages, whose pages are absent. An access to one queues
 * a packet of type ZX_PKT_TYPE_PAGE_REQUEST with `key` on the port, and waits. The port lives as
 * long as the VMO.
 *
 * options: ZX_VMO_RESIZABLE, ZX_VMO_UNBOUNDED, ZX_VMO_TRAP_DIRTY (the first write to a page asks
 * too).
 *
 * Errors, in order:
 *   handle errors        pager is no open pager handle with ZX_RIGHT_ATTACH_VMO
 *   handle errors        port is no open port handle with ZX_RIGHT_WRITE
 *   ZX_ERR_BAD_STATE     the last handle to the pager was closed meanwhile
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  RESIZABLE with UNBOUNDED
 *   ZX_ERR_OUT_OF_RANGE  larger than a VMO can be, not UNBOUNDED
 *   ZX_ERR_INVALID_ARGS  UNBOUNDED with a size of UINT64_MAX; other options
 *   ZX_ERR_INVALID_ARGS  out cannot be written
 *
 * Source: Zircon reference, zx_pager_create_vmo.
 */
__ZX_CALL(zx_status_t, zx_pager_create_vmo,
	  (zx_handle_t pager, uint32_t options, zx_handle_t port, uint64_t key, uint64_t size,
	   zx_handle_t *out));

/*
 * Ends the pager's service for a VMO: clean pages are dropped, accesses to absent pages fail,
 * requests that wait fail with ZX_ERR_BAD_STATE; the port gets ZX_PAGER_VMO_COMPLETE. Detaching
 * again is fine.
 *
 * Errors, in order:
 *   handle errors        pager is no open pager handle with ATTACH_VMO and MANAGE_VMO
 *   handle errors        vmo is no open VMO handle with ZX_RIGHT_WRITE
 *   ZX_ERR_INVALID_ARGS  the VMO was not made by this pager
 *
 * Source: Zircon reference, zx_pager_detach_vmo.
 */
__ZX_CALL(zx_status_t, zx_pager_detach_vmo, (zx_handle_t pager, zx_handle_t vmo));

/*
 * Moves the pages of `length` bytes from aux_offset of aux_vmo to `offset` of the pager's VMO,
 * where pages are absent; pages that are there stay. The source reads zero afterwards. Pages of it
 * without memory are supplied as zeros. Waiting accesses go on.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  offset, length or aux_offset not page-aligned
 *   handle errors        of the pair, with ZX_RIGHT_WRITE
 *   handle errors        aux_vmo is no open VMO handle with READ and WRITE
 *   ZX_ERR_NOT_SUPPORTED aux_vmo is physical or contiguous
 *   ZX_ERR_OUT_OF_RANGE  outside aux_vmo
 *   ZX_ERR_NOT_SUPPORTED aux_vmo is backed by a pager itself
 *   ZX_ERR_BAD_STATE     a page of the source range is pinned
 *   ZX_ERR_NO_MEMORY     not enough memory
 *  From here on the source range may be empty already:
 *   ZX_ERR_OUT_OF_RANGE  outside pager_vmo
 *   ZX_ERR_BAD_STATE     pager_vmo is detached
 *   ZX_ERR_NO_MEMORY     not enough memory; a part was supplied
 *
 * Source: Zircon reference, zx_pager_supply_pages.
 */
__ZX_CALL(zx_status_t, zx_pager_supply_pages,
	  (zx_handle_t pager, zx_handle_t pager_vmo, uint64_t offset, uint64_t length,
	   zx_handle_t aux_vmo, uint64_t aux_offset));

/*
 * Does something to a range of a pager's VMO. `op`, and what `data` means (0 where nothing is
 * said):
 *   ZX_PAGER_OP_FAIL             fails the requests that wait now. data: the status that they get,
 *                            one of ZX_ERR_IO, _IO_DATA_INTEGRITY, _BAD_STATE, _NO_SPACE,
 *                            _BUFFER_TOO_SMALL, sign-extended
 *   ZX_PAGER_OP_DIRTY            makes pages dirty and lets waiting writes go on
 *   ZX_PAGER_OP_WRITEBACK_BEGIN  dirty pages are being written back. data: 0, or
 *                                ZX_VMO_DIRTY_RANGE_IS_ZERO to touch ranges of zeros only
 *   ZX_PAGER_OP_WRITEBACK_END    pages not written again since BEGIN are clean
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  offset or length not page-aligned
 *   handle errors        of the pair, with ZX_RIGHT_WRITE
 *   ZX_ERR_NOT_SUPPORTED unknown op
 *   ZX_ERR_INVALID_ARGS  data is nothing that op takes
 *   ZX_ERR_NOT_SUPPORTED DIRTY: the VMO was made without ZX_VMO_TRAP_DIRTY (after a range that
 *                        wraps)
 *   ZX_ERR_OUT_OF_RANGE  outside the VMO
 *   ZX_ERR_BAD_STATE     FAIL and DIRTY: the VMO is detached
 *   ZX_ERR_NOT_FOUND     DIRTY: a page is absent; nothing became dirty, but writes that wait try
 *                        again
 *   ZX_ERR_NO_MEMORY     DIRTY: not enough memory; likewise
 *
 * Source: Zircon reference, zx_pager_op_range.
 */
__ZX_CALL(zx_status_t, zx_pager_op_range,
	  (zx_handle_t pager, uint32_t op, zx_handle_t pager_vmo, uint64_t offset, uint64_t length,
	   uint64_t data));

/*
 * Lists what is dirty in a range (widened to pages), as zx_vmo_dirty_range_t in ascending order.
 * `buffer` has buffer_size bytes. actual, optional: ranges stored; avail, optional: ranges there
 * are.
 *
 * Errors, in order:
 *   handle errors        of the pair, with ZX_RIGHT_READ
 *   ZX_ERR_OUT_OF_RANGE  outside the VMO
 *   ZX_ERR_INVALID_ARGS  buffer, actual or avail cannot be written
 *
 * Source: Zircon reference, zx_pager_query_dirty_ranges.
 */
__ZX_CALL(zx_status_t, zx_pager_query_dirty_ranges,
	  (zx_handle_t pager, zx_handle_t pager_vmo, uint64_t offset, uint64_t length, void *buffer,
	   size_t buffer_size, size_t *actual, size_t *avail));

/*
 * Tells in a zx_pager_vmo_stats_t whether the VMO was modified since it was made, or since the last
 * call with ZX_PAGER_RESET_VMO_STATS. options is that, or 0.
 *
 * Errors, in order:
 *   handle errors           of the pair, with ZX_RIGHT_READ
 *   ZX_ERR_BUFFER_TOO_SMALL buffer_size is less than the structure has
 *   ZX_ERR_INVALID_ARGS     other options
 *   ZX_ERR_INVALID_ARGS     buffer cannot be written; the reset is done
 *
 * Source: Zircon reference, zx_pager_query_vmo_stats.
 */
__ZX_CALL(zx_status_t, zx_pager_query_vmo_stats,
	  (zx_handle_t pager, zx_handle_t pager_vmo, uint32_t options, void *buffer,
	   size_t buffer_size));

__END_CDECLS

#endif /* ZIRCON_CALLS_PAGER_H_ */
