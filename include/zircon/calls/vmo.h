/*
 * Virtual memory objects. What holds for every call is said in zircon/syscalls.h. "Outside" means
 * that offset + size passes the end of the VMO or wraps.
 */
#ifndef ZIRCON_CALLS_VMO_H_
#define ZIRCON_CALLS_VMO_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Makes a VMO of `size` bytes, rounded up to pages, that reads zero and takes no memory until
 * written. Its stream size is `size`, unrounded. The handle has ZX_DEFAULT_VMO_RIGHTS.
 *
 * options: ZX_VMO_RESIZABLE (adds ZX_RIGHT_RESIZE), ZX_VMO_DISCARDABLE, ZX_VMO_UNBOUNDED (as large
 * as a VMO can be; `size` is the stream size only).
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  RESIZABLE with UNBOUNDED
 *   ZX_ERR_OUT_OF_RANGE  not UNBOUNDED, and rounding size up wraps
 *   ZX_ERR_INVALID_ARGS  any other option
 *   ZX_ERR_OUT_OF_RANGE  larger than a VMO can be
 *   ZX_ERR_NO_MEMORY     not enough memory for the object
 *   ZX_ERR_INVALID_ARGS  out cannot be written
 *
 * Source: Zircon reference, zx_vmo_create.
 */
__ZX_CALL(zx_status_t, zx_vmo_create, (uint64_t size, uint32_t options, zx_handle_t *out));

/*
 * Copies buffer_size bytes from byte `offset` of the VMO into the buffer, in ascending order.
 * Reading commits nothing. The stream size does not matter. After an error an unknown part has been
 * copied.
 *
 * Errors, in order:
 *   handle errors        handle is no open VMO handle with ZX_RIGHT_READ
 *   ZX_ERR_NOT_SUPPORTED physical VMO
 *   ZX_ERR_OUT_OF_RANGE  offset + buffer_size wraps
 *   ZX_ERR_BAD_STATE     the cache policy is not ZX_CACHE_POLICY_CACHED
 *   ZX_ERR_OUT_OF_RANGE  outside the VMO; nothing is copied
 *   ZX_ERR_NOT_FOUND     the VMO is discardable and was discarded
 *   the pager's error    a page could not be had; ZX_ERR_BAD_STATE after the pager detached
 *   ZX_ERR_NOT_FOUND     nothing is mapped at a part of the buffer, NULL included
 *   ZX_ERR_ACCESS_DENIED a part of the buffer may not be written
 *   ZX_ERR_OUT_OF_RANGE  a part of the buffer is a mapping past the end of its VMO
 *
 * Source: Zircon reference, zx_vmo_read.
 */
__ZX_CALL(zx_status_t, zx_vmo_read,
	  (zx_handle_t handle, void *buffer, uint64_t offset, size_t buffer_size));

/*
 * Copies buffer_size bytes from the buffer to byte `offset` of the VMO, in ascending order,
 * committing the pages. The stream size neither matters nor changes. After an error an unknown part
 * has been copied.
 *
 * Errors: those of zx_vmo_read, with ZX_RIGHT_WRITE needed, the buffer read, and after the
 * discarded VMO also
 *   ZX_ERR_NO_MEMORY     no memory for a page
 *
 * Source: Zircon reference, zx_vmo_write.
 */
__ZX_CALL(zx_status_t, zx_vmo_write,
	  (zx_handle_t handle, const void *buffer, uint64_t offset, size_t buffer_size));

/*
 * Moves the pages of [src_offset, src_offset + length) of src_vmo to `offset` of dst_vmo; the
 * source reads zero afterwards. Ranges of one VMO may overlap. options is 0; everything is
 * page-aligned.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  options is not 0, or offset, length or src_offset is not page-aligned
 *   handle errors        dst_vmo is no open VMO handle with ZX_RIGHT_WRITE
 *   handle errors        src_vmo is no open VMO handle with ZX_RIGHT_READ and ZX_RIGHT_WRITE
 *   ZX_ERR_NOT_SUPPORTED src_vmo is physical or contiguous
 *   ZX_ERR_OUT_OF_RANGE  outside src_vmo
 *   ZX_ERR_NOT_SUPPORTED src_vmo is backed by a pager itself
 *   ZX_ERR_BAD_STATE     a page of the source range is pinned
 *  From here on the pages have been taken from the source and are lost:
 *   ZX_ERR_NOT_SUPPORTED dst_vmo is physical or contiguous
 *   ZX_ERR_OUT_OF_RANGE  outside dst_vmo
 *   ZX_ERR_NOT_SUPPORTED dst_vmo is backed by a pager itself
 *   ZX_ERR_BAD_STATE     a page of the destination range is pinned
 *   ZX_ERR_NO_MEMORY     not enough memory
 *
 * Source: Zircon reference, zx_vmo_transfer_data.
 */
__ZX_CALL(zx_status_t, zx_vmo_transfer_data,
	  (zx_handle_t dst_vmo, uint32_t options, uint64_t offset, uint64_t length,
	   zx_handle_t src_vmo, uint64_t src_offset));

/*
 * Tells the size, a multiple of the page size. No right is needed.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *   ZX_ERR_WRONG_TYPE    handle is not a VMO
 *   ZX_ERR_INVALID_ARGS  size cannot be written
 *
 * Source: Zircon reference, zx_vmo_get_size.
 */
__ZX_CALL(zx_status_t, zx_vmo_get_size, (zx_handle_t handle, uint64_t *size));

/*
 * Resizes to `size` bytes, rounded up to pages; the stream size becomes `size`. Bytes from `size`
 * to the end of its page become zero, as does all that is added. Pages cut off are gone; mappings
 * of them fault.
 *
 * Errors, in order:
 *   handle errors        handle is no open VMO handle with ZX_RIGHT_WRITE
 *   ZX_ERR_ACCESS_DENIED the VMO is resizable, and handle lacks ZX_RIGHT_RESIZE
 *   ZX_ERR_UNAVAILABLE   physical or contiguous VMO
 *   ZX_ERR_OUT_OF_RANGE  rounding size up wraps
 *   ZX_ERR_UNAVAILABLE   the VMO is not resizable
 *   ZX_ERR_OUT_OF_RANGE  larger than a VMO can be
 *   ZX_ERR_BAD_STATE     a page that would be cut off is pinned
 *   ZX_ERR_INVALID_ARGS  a child whose end would lie past 2^64 in its ancestor
 *   ZX_ERR_NO_MEMORY     not enough memory
 *
 * Source: Zircon reference, zx_vmo_set_size.
 */
__ZX_CALL(zx_status_t, zx_vmo_set_size, (zx_handle_t handle, uint64_t size));

/*
 * Tells the stream size: how many bytes count as content. 0 for physical and contiguous VMOs. No
 * right is needed.
 *
 * Errors: those of zx_vmo_get_size.
 *
 * Source: Zircon reference, zx_vmo_get_stream_size.
 */
__ZX_CALL(zx_status_t, zx_vmo_get_stream_size, (zx_handle_t handle, uint64_t *size));

/*
 * Sets the stream size, and makes everything from the smaller of the old and the new one to the end
 * of the VMO zero. The size of the VMO does not change. Setting the value that it has does nothing.
 *
 * Errors, in order:
 *   handle errors        handle is no open VMO handle with ZX_RIGHT_WRITE
 *   ZX_ERR_NOT_SUPPORTED physical or contiguous VMO
 *   ZX_ERR_OUT_OF_RANGE  size is more than the VMO has
 *   ZX_ERR_BAD_STATE     the cache policy does not allow the zeroing, or a page is pinned
 *   ZX_ERR_NO_MEMORY, or the pager's error   the zeroing failed; some of it may be done
 *
 * Source: Zircon reference, zx_vmo_set_stream_size.
 */
__ZX_CALL(zx_status_t, zx_vmo_set_stream_size, (zx_handle_t handle, uint64_t size));

/*
 * Does something to [offset, offset + size). `op` and the right that it needs:
 *   ZX_VMO_OP_COMMIT      WRITE   gives every page memory of its own, copying shared pages
 *   ZX_VMO_OP_DECOMMIT    WRITE   frees pages: the range reads zero. Page-aligned
 *   ZX_VMO_OP_ZERO        WRITE   makes bytes zero, freeing whole pages where it can
 *   ZX_VMO_OP_LOCK        READ or WRITE   discardable VMOs: keeps the content; `buffer` gets a
 *                                 zx_vmo_lock_state_t. The range is the whole VMO, for all three
 *   ZX_VMO_OP_TRY_LOCK    ...     the same, unless the content is gone
 *   ZX_VMO_OP_UNLOCK      ...     takes one lock back
 *   ZX_VMO_OP_CACHE_SYNC, _CACHE_CLEAN, _CACHE_CLEAN_INVALIDATE   READ
 *   ZX_VMO_OP_CACHE_INVALIDATE   WRITE
 *   ZX_VMO_OP_DONT_NEED, ZX_VMO_OP_ALWAYS_NEED   none   hints; the range counts only below a pager
 *   ZX_VMO_OP_PREFETCH    READ    brings content in; commits nothing that was never written
 * Only LOCK looks at buffer and buffer_size (bytes).
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *   ZX_ERR_WRONG_TYPE    handle is not a VMO
 *   ZX_ERR_INVALID_ARGS  unknown op
 *   ZX_ERR_ACCESS_DENIED handle lacks the right
 *   ZX_ERR_NOT_SUPPORTED physical VMO, except for hints and PREFETCH; DECOMMIT of a contiguous VMO;
 *                        locks of a VMO that is not discardable
 *   ZX_ERR_BAD_STATE     ZERO: the cache policy does not allow it
 *   ZX_ERR_INVALID_ARGS  cache operations: size is 0
 *   ZX_ERR_OUT_OF_RANGE  outside the VMO (COMMIT and PREFETCH round outwards first); locks: not the
 *                        whole VMO
 *   ZX_ERR_NOT_SUPPORTED DECOMMIT: the VMO shares pages with a snapshot, or is backed by a pager
 *                        itself
 *   ZX_ERR_INVALID_ARGS  DECOMMIT: offset or size is not page-aligned
 *   ZX_ERR_BAD_STATE     DECOMMIT: a page is pinned; UNLOCK: the VMO is not locked
 *   ZX_ERR_UNAVAILABLE   TRY_LOCK: the content was discarded
 *   ZX_ERR_INVALID_ARGS  LOCK: buffer is too small or cannot be written; the lock is taken back
 *   ZX_ERR_NOT_FOUND     COMMIT: the content was discarded
 *   ZX_ERR_NO_MEMORY, or the pager's error   a page could not be had
 *
 * Source: Zircon reference, zx_vmo_op_range.
 */
__ZX_CALL(zx_status_t, zx_vmo_op_range,
	  (zx_handle_t handle, uint32_t op, uint64_t offset, uint64_t size, void *buffer,
	   size_t buffer_size));

/*
 * Makes a child VMO of [offset, offset + size) of the parent. The handle has the parent handle's
 * rights with GET_PROPERTY and SET_PROPERTY added, RESIZE only with ZX_VMO_CHILD_RESIZABLE, and for
 * snapshots WRITE instead of EXECUTE. While a VMO has children it does not show
 * ZX_VMO_ZERO_CHILDREN.
 *
 * options, exactly one of:
 *   ZX_VMO_CHILD_SNAPSHOT                    both see the content of now and keep their own changes
 *   ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE  the child may see changes until it writes
 *   ZX_VMO_CHILD_SNAPSHOT_MODIFIED           the same, and a snapshot of what was changed
 *   ZX_VMO_CHILD_SLICE                       a window into the same pages
 *   ZX_VMO_CHILD_REFERENCE                   the same pages and sizes; offset and size are 0
 * and: ZX_VMO_CHILD_RESIZABLE (not for slices; a reference only of a resizable parent), or
 * ZX_VMO_CHILD_NO_WRITE (the handle lacks WRITE).
 * A snapshot may reach past the end of its parent; that part reads zero.
 *
 * Errors, in order:
 *   ZX_ERR_OUT_OF_RANGE  rounding size up to pages wraps
 *   ZX_ERR_INVALID_ARGS  NO_WRITE with RESIZABLE
 *   handle errors        handle is no open VMO handle with DUPLICATE and READ, and RESIZE for a
 *                        resizable reference
 *   ZX_ERR_NOT_SUPPORTED the parent is discardable
 *   ZX_ERR_INVALID_ARGS  the options do not go together, or are unknown
 *  Snapshots:
 *   ZX_ERR_NOT_SUPPORTED the parent is physical
 *   ZX_ERR_INVALID_ARGS  the parent is contiguous, or offset is not page-aligned
 *   ZX_ERR_OUT_OF_RANGE  larger than a VMO can be, offset + size wraps, or outside a parent that is
 *                        a slice
 *   ZX_ERR_BAD_STATE     the parent's cache policy is not ZX_CACHE_POLICY_CACHED
 *   ZX_ERR_NOT_SUPPORTED the kind of snapshot cannot be made of this parent: SNAPSHOT below a
 *                        pager, a full snapshot of a slice, MODIFIED at the end of a chain of
 *                        children
 *   ZX_ERR_INVALID_ARGS  the child's end would lie past 2^64 in its ancestor
 *   ZX_ERR_BAD_STATE     a page of the parent is pinned and a full snapshot was asked for
 *  Slices:
 *   ZX_ERR_INVALID_ARGS  offset is not page-aligned
 *   ZX_ERR_OUT_OF_RANGE  larger than a VMO can be
 *   ZX_ERR_INVALID_ARGS  outside the parent
 *   ZX_ERR_NOT_SUPPORTED the parent is resizable
 *   ZX_ERR_BAD_STATE     cache policy not ZX_CACHE_POLICY_CACHED, unless contiguous or physical
 *  References:
 *   ZX_ERR_NOT_SUPPORTED the parent is physical
 *   ZX_ERR_INVALID_ARGS  offset or size is not 0
 *   ZX_ERR_NOT_SUPPORTED the parent is a slice or contiguous; RESIZABLE, and the parent is not
 *   ZX_ERR_BAD_STATE     the parent's cache policy is not ZX_CACHE_POLICY_CACHED
 *  All:
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  out cannot be written
 *
 * Source: Zircon reference, zx_vmo_create_child.
 */
__ZX_CALL(zx_status_t, zx_vmo_create_child,
	  (zx_handle_t handle, uint32_t options, uint64_t offset, uint64_t size, zx_handle_t *out));

/*
 * Sets how mappings of the VMO are cached: ZX_CACHE_POLICY_*. With any but CACHED it cannot be read
 * or written by calls.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  unknown policy
 *   handle errors        handle is no open VMO handle with ZX_RIGHT_MAP
 *   ZX_ERR_BAD_STATE     the VMO has pinned pages, mappings, children or a parent; or it is backed
 *                        by a pager or discardable and the policy is not CACHED. A physical VMO
 *                        accepts the policy that it has at any time
 *
 * Source: Zircon reference, zx_vmo_set_cache_policy.
 */
__ZX_CALL(zx_status_t, zx_vmo_set_cache_policy, (zx_handle_t handle, uint32_t cache_policy));

/*
 * Exchanges a VMO handle for one that has ZX_RIGHT_EXECUTE in addition. The call takes `handle`,
 * whatever it answers. vmex is a resource that covers ZX_RSRC_SYSTEM_VMEX_BASE, or
 * ZX_HANDLE_INVALID.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    handle is not open, or not a VMO
 *   ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_OUT_OF_RANGE   vmex is no such resource
 *   ZX_ERR_INVALID_ARGS  out cannot be written
 *
 * Source: Zircon reference, zx_vmo_replace_as_executable.
 */
__ZX_CALL(zx_status_t, zx_vmo_replace_as_executable,
	  (zx_handle_t handle, zx_handle_t vmex, zx_handle_t *out));

/*
 * Makes a VMO whose pages have consecutive device addresses, the first a multiple of
 * 1 << alignment_log2 (0: the page size). All of it is committed, and stays so.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  size is 0 or no multiple of the page size; alignment_log2 is 1 to 11, or
 *                        64 and more
 *   handle errors        bti is no open BTI handle with ZX_RIGHT_MAP
 *   ZX_ERR_OUT_OF_RANGE  larger than a VMO can be
 *   ZX_ERR_NO_MEMORY     no such run of memory
 *   ZX_ERR_INVALID_ARGS  out cannot be written
 *
 * Source: Zircon reference, zx_vmo_create_contiguous.
 */
__ZX_CALL(zx_status_t, zx_vmo_create_contiguous,
	  (zx_handle_t bti, size_t size, uint32_t alignment_log2, zx_handle_t *out));

/*
 * Makes a VMO of the memory at device address paddr. Its cache policy is ZX_CACHE_POLICY_UNCACHED;
 * calls cannot read or write it. resource is an MMIO resource that covers the range, or the root.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    resource is not open
 *   ZX_ERR_WRONG_TYPE    resource is no resource
 *   ZX_ERR_ACCESS_DENIED the range may not be handed out
 *   ZX_ERR_WRONG_TYPE    resource is of another kind
 *   ZX_ERR_OUT_OF_RANGE  the resource does not cover the range, or rounding size up wraps
 *   ZX_ERR_INVALID_ARGS  paddr or size is not page-aligned, size is 0, or the range wraps
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  out cannot be written
 *
 * Source: Zircon reference, zx_vmo_create_physical.
 */
__ZX_CALL(zx_status_t, zx_vmo_create_physical,
	  (zx_handle_t resource, zx_paddr_t paddr, size_t size, zx_handle_t *out));

/* The name that older programs use for zx_vmo_create_child. */
static inline zx_status_t zx_vmo_clone(zx_handle_t handle, uint32_t options, uint64_t offset,
				       uint64_t size, zx_handle_t *out)
{
	return zx_vmo_create_child(handle, options, offset, size, out);
}

__END_CDECLS

#endif /* ZIRCON_CALLS_VMO_H_ */
