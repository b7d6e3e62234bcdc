/*
 * The machine that drivers run on here: its first resources, its physical memory, its rules.
 *
 * Physical memory is the library's own: an address from zx_bti_pin, a VMO made by
 * zx_vmo_create_physical and zirconia_device_ptr of the same address all reach the same bytes. A
 * test lays out memory for its device with zirconia_device_memory_alloc, and its device model reads
 * and writes what a driver pinned through zirconia_device_ptr.
 */
#ifndef ZIRCONIA_DEVICE_H_
#define ZIRCONIA_DEVICE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zircon/syscalls/resource.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Makes a resource that permits everything, where a program on Zircon would have been given one:
 * ZX_RSRC_KIND_ROOT, or for any other kind one for every range of that kind (base and size 0).
 *
 * ZX_ERR_INVALID_ARGS    no such kind; out_resource cannot be written
 * ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES
 */
zx_status_t zirconia_device_resource(zx_rsrc_kind_t kind, zx_handle_t *out_resource);

/* Makes a BTI on a dummy IOMMU, in one step. Statuses as those of zx_bti_create. */
zx_status_t zirconia_device_bti(zx_handle_t *out_bti);

/*
 * Lays out `size` bytes of physical memory, zeroed, rounded up to pages, at a multiple of
 * 1 << align_log2 (0: a page). Nothing else of the library uses it until it is given back.
 *
 * ZX_ERR_INVALID_ARGS    size is 0; align_log2 is less than that of a page, or 64 or more
 * ZX_ERR_OUT_OF_RANGE    the rounded size wraps
 * ZX_ERR_NO_MEMORY       there is not so much
 */
zx_status_t zirconia_device_memory_alloc(uint64_t size, uint32_t align_log2, zx_paddr_t *out_paddr);

/* Gives it back. Nothing may show or use it any more. ZX_ERR_NOT_FOUND: not laid out so. */
zx_status_t zirconia_device_memory_free(zx_paddr_t paddr);

/*
 * What a device sees at a physical address, for `len` bytes; NULL when that is not all memory. The
 * pointer is good as long as the process lives, whatever the memory is used for meanwhile: a device
 * that goes on after it was told to stop does harm here, too.
 */
void *zirconia_device_ptr(zx_paddr_t paddr, size_t len);

/*
 * Has ranges denied to resources that permit everything, as a platform does for memory in use; the
 * answer is ZX_ERR_ACCESS_DENIED then. `deny` is called without any lock held. NULL: nothing is
 * denied, as at the start. Not to be changed while other threads use resources.
 */
typedef bool zirconia_device_filter_t(void *ctx, zx_rsrc_kind_t kind, uint64_t base, uint64_t size);
void zirconia_device_set_filter(zirconia_device_filter_t *deny, void *ctx);

/*
 * Does zx_bti_pin refuse to pin (ZX_ERR_BAD_STATE) while pages of the BTI are in quarantine? It
 * does at the start.
 */
void zirconia_device_enforce_quarantine(bool on);

__END_CDECLS

#endif /* ZIRCONIA_DEVICE_H_ */
