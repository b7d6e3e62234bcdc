/*
 * Virtual memory address regions. What holds for every call is said in zircon/syscalls.h.
 *
 * Making calls take offsets from the base of the region; the others take addresses. Addresses that
 * calls return are page-aligned and never 0. A region is destroyed by zx_vmar_destroy on it or on a
 * region around it, by unmapping around it, or with its process; its handles stay open.
 */
#ifndef ZIRCON_CALLS_VMAR_H_
#define ZIRCON_CALLS_VMAR_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Reserves a part of a region as a region of its own. `size` is a multiple of the page size. The
 * handle has ZX_DEFAULT_VMAR_RIGHTS and READ, WRITE, EXECUTE for each CAN_MAP_* given.
 *
 * options: ZX_VM_CAN_MAP_READ, _WRITE, _EXECUTE: what may be mapped in it; ZX_VM_CAN_MAP_SPECIFIC:
 * places in it may be chosen; ZX_VM_COMPACT: keep what is in it together; ZX_VM_SPECIFIC: at
 * `offset`; ZX_VM_OFFSET_IS_UPPER_LIMIT: ending at `offset` at the latest; ZX_VM_ALIGN_*. Without
 * SPECIFIC and OFFSET_IS_UPPER_LIMIT, offset is 0 and the system chooses the place.
 *
 * Errors, in order:
 *   handle errors         parent_vmar is no open VMAR handle with READ, WRITE, EXECUTE for each
 *                         CAN_MAP_*
 *   ZX_ERR_INVALID_ARGS   an option that the call does not have, or size not page-aligned
 *   ZX_ERR_BAD_STATE      the parent is destroyed
 *   ZX_ERR_INVALID_ARGS   size is 0
 *   ZX_ERR_ACCESS_DENIED  the parent does not permit a CAN_MAP_* itself
 *   ZX_ERR_INVALID_ARGS   SPECIFIC with UPPER_LIMIT; an offset without either; offset not
 *                         page-aligned
 *   ZX_ERR_ACCESS_DENIED  SPECIFIC or UPPER_LIMIT in a parent without CAN_MAP_SPECIFIC
 *   ZX_ERR_INVALID_ARGS   the range does not fit into the parent; SPECIFIC: it is not aligned as
 *                         asked
 *   ZX_ERR_ALREADY_EXISTS SPECIFIC: something is there
 *   ZX_ERR_NO_RESOURCES   no gap is large enough
 *   ZX_ERR_NO_MEMORY      not enough memory
 *   ZX_ERR_INVALID_ARGS   child_addr or child_vmar cannot be written
 *
 * Source: Zircon reference, zx_vmar_allocate.
 */
__ZX_CALL(zx_status_t, zx_vmar_allocate,
	  (zx_handle_t parent_vmar, zx_vm_option_t options, size_t offset, size_t size,
	   zx_handle_t *child_vmar, zx_vaddr_t *child_addr));

/*
 * Unmaps everything in a region and all regions in it, destroys them, and gives the range back.
 *
 * Errors, in order:
 *   handle errors         handle is no open VMAR handle with ZX_RIGHT_OP_CHILDREN
 *   ZX_ERR_NOT_SUPPORTED  it is the root region of a live process
 *   ZX_ERR_BAD_STATE      it is destroyed already
 *
 * Source: Zircon reference, zx_vmar_destroy.
 */
__ZX_CALL(zx_status_t, zx_vmar_destroy, (zx_handle_t handle));

/*
 * Maps `len` bytes, rounded up to pages, from byte vmo_offset of the VMO. The mapping keeps the VMO
 * alive; it may reach past its end, where accesses fault.
 *
 * options: ZX_VM_PERM_READ, _WRITE, _EXECUTE (0: no access for now), ZX_VM_SPECIFIC: at
 * vmar_offset; ZX_VM_SPECIFIC_OVERWRITE: there, replacing mappings; ZX_VM_OFFSET_IS_UPPER_LIMIT:
 * ending there at the latest; ZX_VM_ALIGN_*; ZX_VM_MAP_RANGE: with the pages that exist, for speed;
 * ZX_VM_ALLOW_FAULTS; ZX_VM_REQUIRE_NON_RESIZABLE; ZX_VM_FAULT_BEYOND_STREAM_SIZE;
 * ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   handle is no open VMAR handle, then vmo no open VMO
 *                            handle
 *   ZX_ERR_NOT_SUPPORTED  FAULT_BEYOND_STREAM_SIZE, and the VMO is physical or contiguous
 *   ZX_ERR_ACCESS_DENIED  vmo lacks ZX_RIGHT_MAP
 *   ZX_ERR_INVALID_ARGS   WRITE or EXECUTE without READ; MAP_RANGE with SPECIFIC_OVERWRITE;
 *                         CAN_MAP_*
 *   ZX_ERR_ACCESS_DENIED  a permission whose right (READ, WRITE, EXECUTE) handle or vmo lacks
 *   ZX_ERR_INVALID_ARGS   FAULT_BEYOND_STREAM_SIZE without ALLOW_FAULTS; unknown options
 *   ZX_ERR_NOT_SUPPORTED  REQUIRE_NON_RESIZABLE, and it is; no ALLOW_FAULTS, and the VMO is
 *                         discardable
 *   ZX_ERR_INVALID_ARGS   COMPACT or CAN_MAP_SPECIFIC; vmo_offset not page-aligned
 *   ZX_ERR_OUT_OF_RANGE   rounding len up, or vmo_offset + len, wraps; outside a physical VMO
 *   ZX_ERR_BAD_STATE      the region is destroyed
 *   ZX_ERR_INVALID_ARGS   len is 0; SPECIFIC or OVERWRITE with UPPER_LIMIT; an offset without any
 *                         of them; vmar_offset not page-aligned
 *   ZX_ERR_ACCESS_DENIED  one of them in a region without CAN_MAP_SPECIFIC
 *   ZX_ERR_INVALID_ARGS   the range does not fit into the region, or is not aligned as asked
 *   ZX_ERR_ALREADY_EXISTS SPECIFIC: something is there
 *   ZX_ERR_INVALID_ARGS   OVERWRITE: a region is there
 *   ZX_ERR_NO_RESOURCES   no gap is large enough
 *   ZX_ERR_NO_MEMORY      not enough memory, or the machine allows no more mappings
 *   other errors          MAP_RANGE: what the VMO answered, ZX_ERR_NOT_FOUND after it was discarded
 *   ZX_ERR_INVALID_ARGS   mapped_addr cannot be written; what OVERWRITE replaced does not come back
 *
 * Source: Zircon reference, zx_vmar_map.
 */
__ZX_CALL(zx_status_t, zx_vmar_map,
	  (zx_handle_t handle, zx_vm_option_t options, size_t vmar_offset, zx_handle_t vmo,
	   uint64_t vmo_offset, size_t len, zx_vaddr_t *mapped_addr));

/*
 * Unmaps [addr, addr + len), len rounded up to pages, and destroys the regions that lie wholly in
 * it. Mappings are cut where the range ends; gaps are fine. No right is needed, except OP_CHILDREN
 * for regions.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   handle is no open VMAR handle
 *   ZX_ERR_INVALID_ARGS   addr not page-aligned; len is 0 or rounding it up wraps
 *   ZX_ERR_BAD_STATE      the region is destroyed
 *   ZX_ERR_INVALID_ARGS   the range is not inside the region; it holds a part of a region, or all
 *                         of one and handle lacks ZX_RIGHT_OP_CHILDREN
 *   ZX_ERR_NO_MEMORY      not enough memory to cut a mapping; what came before stays unmapped
 *
 * Source: Zircon reference, zx_vmar_unmap.
 */
__ZX_CALL(zx_status_t, zx_vmar_unmap, (zx_handle_t handle, zx_vaddr_t addr, size_t len));

/*
 * Sets the permissions of the mappings in [addr, addr + len), len rounded up to pages. options is a
 * combination of ZX_VM_PERM_* (0: no access) that the mappings' creation permits. In mappings of
 * regions below this one permissions can only be taken away, with ZX_RIGHT_OP_CHILDREN.
 *
 * Errors, in order; until ZX_ERR_NO_MEMORY nothing has changed:
 *   handle errors         handle is no open VMAR handle with READ, WRITE, EXECUTE for each
 *                         permission
 *   ZX_ERR_INVALID_ARGS   WRITE or EXECUTE without READ; addr not page-aligned; other options; len
 *                         is 0 or rounding it up wraps
 *   ZX_ERR_BAD_STATE      the region is destroyed
 *   ZX_ERR_INVALID_ARGS   the range is not inside the region
 *  The first in order of addresses of:
 *   ZX_ERR_NOT_FOUND      a page with no mapping
 *   ZX_ERR_ACCESS_DENIED  a mapping that does not permit it
 *   ZX_ERR_INVALID_ARGS   a mapping in a region below, and handle lacks ZX_RIGHT_OP_CHILDREN
 *   ZX_ERR_ACCESS_DENIED  such a mapping, and a permission that it does not have now
 *  Then:
 *   ZX_ERR_NO_MEMORY      not enough memory; a part may have changed
 *
 * Source: Zircon reference, zx_vmar_protect.
 */
__ZX_CALL(zx_status_t, zx_vmar_protect,
	  (zx_handle_t handle, zx_vm_option_t options, zx_vaddr_t addr, size_t len));

/*
 * Does something to the memory of the mappings in [address, address + size), size rounded up to
 * pages: ZX_VMAR_OP_COMMIT, _DECOMMIT, _ZERO (right WRITE), _MAP_RANGE, _PREFETCH (right READ),
 * _DONT_NEED, _ALWAYS_NEED (no right), as the like-named operations of zx_vmo_op_range; MAP_RANGE
 * enters pages that exist. buffer is NULL and buffer_size 0. Not done in one step: mappings before
 * the one that fails are finished.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   handle is no open VMAR handle
 *   ZX_ERR_INVALID_ARGS   unknown op
 *   ZX_ERR_ACCESS_DENIED  handle lacks the right
 *   ZX_ERR_INVALID_ARGS   a buffer; size is 0 or rounding it up wraps; address not page-aligned
 *   ZX_ERR_OUT_OF_RANGE   the range is not inside the region
 *   ZX_ERR_BAD_STATE      the region is destroyed
 *  The first in order of addresses of:
 *   ZX_ERR_BAD_STATE      a page with no mapping
 *   ZX_ERR_INVALID_ARGS   a mapping in a region below, with COMMIT, DECOMMIT or PREFETCH, or with
 *                         any op when handle lacks ZX_RIGHT_OP_CHILDREN
 *   ZX_ERR_OUT_OF_RANGE   a FAULT_BEYOND_STREAM_SIZE mapping, past the stream size
 *   ZX_ERR_ACCESS_DENIED  the mapping's creation does not permit writing (COMMIT, DECOMMIT, ZERO)
 *                         or reading (PREFETCH)
 *   other errors          what the VMO answered; ZX_ERR_OUT_OF_RANGE past its end
 *
 * Source: Zircon reference, zx_vmar_op_range.
 */
__ZX_CALL(zx_status_t, zx_vmar_op_range,
	  (zx_handle_t handle, uint32_t op, zx_vaddr_t address, size_t size, void *buffer,
	   size_t buffer_size));

/*
 * Maps [region_offset, region_offset + region_length) of a region of an I/O buffer. The access that
 * the endpoint has in the region, with the rights of `ep`, stands for the rights of a VMO handle.
 * The mapping keeps the memory alive, and the endpoint for its peer.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   handle is no open VMAR handle, then ep no open endpoint
 *   ZX_ERR_OUT_OF_RANGE   no such region
 *   ZX_ERR_ACCESS_DENIED  this endpoint may not map the region
 *   ZX_ERR_INVALID_ARGS   FAULT_BEYOND_STREAM_SIZE
 *   other errors          as zx_vmar_map
 *
 * Source: Zircon reference, zx_vmar_map_iob.
 */
__ZX_CALL(zx_status_t, zx_vmar_map_iob,
	  (zx_handle_t handle, zx_vm_option_t options, size_t vmar_offset, zx_handle_t ep,
	   uint32_t region_index, uint64_t region_offset, size_t region_length,
	   zx_vaddr_t *mapped_addr));

/*
 * Maps the state of a clock made with ZX_CLOCK_OPT_MAPPABLE, for zx_clock_read_mappable. len is
 * what ZX_INFO_CLOCK_MAPPED_SIZE tells. The mapping outlives the clock's handles.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS   PERM_WRITE, PERM_EXECUTE or PERM_READ_IF_XOM_UNSUPPORTED; another len
 *   ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   clock_handle is no open clock handle
 *   ZX_ERR_INVALID_ARGS   the clock cannot be mapped
 *   ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   handle is no open VMAR handle
 *   other errors          as zx_vmar_map, with the rights READ and MAP of clock_handle
 *
 * Source: Zircon reference, zx_vmar_map_clock.
 */
__ZX_CALL(zx_status_t, zx_vmar_map_clock,
	  (zx_handle_t handle, zx_vm_option_t options, uint64_t vmar_offset,
	   zx_handle_t clock_handle, uint64_t len, zx_vaddr_t *mapped_addr));

/*
 * Unmaps a range (which may hold the caller's stack), closes a handle and ends the thread. It
 * returns only when nothing was unmapped. A close_handle that is not open stops the program.
 *
 * Errors: those of zx_vmar_unmap.
 *
 * Source: Zircon reference, zx_vmar_unmap_handle_close_thread_exit.
 */
__ZX_CALL(zx_status_t, zx_vmar_unmap_handle_close_thread_exit,
	  (zx_handle_t vmar_handle, zx_vaddr_t addr, size_t size, zx_handle_t close_handle));

__END_CDECLS

#endif /* ZIRCON_CALLS_VMAR_H_ */
