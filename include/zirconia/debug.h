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

__END_CDECLS

#endif /* ZIRCONIA_DEBUG_H_ */
