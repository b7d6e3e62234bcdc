/*
 * Hooks for tests: a kernel does these things by itself, under pressure.
 */
#ifndef ZIRCONIA_DEBUG_H_
#define ZIRCONIA_DEBUG_H_

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Discards a discardable VMO as memory pressure would: all its pages go at once. ZX_ERR_BAD_STATE when the VMO is not
 * reclaimable: not discardable, never locked, locked, discarded already, or with a pinned page. Asks for no right.
 */
zx_status_t zirconia_debug_discard(zx_handle_t vmo);

/*
 * Checks every relation inside the tree of clones that the VMO belongs to: ZX_OK, or ZX_ERR_INTERNAL when one does not hold,
 * which is a defect of the library. Slow. Asks for no right.
 */
zx_status_t zirconia_debug_check(zx_handle_t vmo);

/* Options of zirconia_debug_evict. */
#define ZIRCONIA_EVICT_ALWAYS_NEEDED \
	((uint32_t)1u) /* also pages hinted with ZX_VMO_OP_ALWAYS_NEED: memory is about to run out */
#define ZIRCONIA_EVICT_NOT_NEEDED \
	((uint32_t)2u) /* only pages hinted with ZX_VMO_OP_DONT_NEED: those go first */

/*
 * Evicts clean pages in the range of a VMO made by zx_pager_create_vmo, as memory pressure would; the next access asks the pager again.
 * Pages that are dirty, being written back, or pinned stay. *out_pages (may be NULL) tells how many went. Asks for no right.
 *
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE
 * ZX_ERR_INVALID_ARGS    another VMO, children of one included; unknown option
 * ZX_ERR_OUT_OF_RANGE    the range leaves the VMO
 */
zx_status_t zirconia_debug_evict(zx_handle_t vmo, uint64_t offset, uint64_t length,
				 uint32_t options, uint64_t *out_pages);

__END_CDECLS

#endif /* ZIRCONIA_DEBUG_H_ */
