/*
 * Registers of a device, mapped: what drivers in C use. Programs include <lib/mmio/mmio-buffer.h>,
 * which has fdf::MmioBuffer for C++ besides.
 */
#ifndef LIB_MMIO_MMIO_C_H_
#define LIB_MMIO_MMIO_C_H_

#include <stddef.h>
#include <stdint.h>

#include <lib/mmio-ptr/mmio-ptr.h>
#include <zircon/types.h>

__BEGIN_CDECLS

typedef struct {
	MMIO_PTR void *vaddr; /* of byte `offset` of the VMO */
	zx_off_t offset;      /* as asked for */
	size_t size;
	zx_handle_t vmo; /* the buffer's own; ZX_HANDLE_INVALID: there is nothing to release */
} mmio_buffer_t;

typedef struct {
	const mmio_buffer_t *mmio;
	zx_handle_t pmt; /* ZX_HANDLE_INVALID: not pinned */
	zx_paddr_t paddr;
} mmio_pinned_buffer_t;

/*
 * Maps [offset, offset + size) of a VMO with the given ZX_CACHE_POLICY_*, whole pages around it. The
 * handle is consumed on every path. A change of the policy is not undone by a later failure.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS    buffer is NULL
 *   a status of zx_object_get_info with ZX_INFO_VMO
 *   a status of zx_vmo_set_cache_policy, which is called when the VMO has another policy
 *   ZX_ERR_OUT_OF_RANGE    the range wraps, or leaves the VMO
 *   a status of zx_vmar_map; ZX_ERR_INVALID_ARGS for size 0 at a page-aligned offset
 */
zx_status_t mmio_buffer_init(mmio_buffer_t *buffer, zx_off_t offset, size_t size, zx_handle_t vmo,
			     uint32_t cache_policy);

/* The same for physical addresses; the resource stays the caller's. Also statuses of zx_vmo_create_physical. */
zx_status_t mmio_buffer_init_physical(mmio_buffer_t *buffer, zx_paddr_t base, size_t size,
				      zx_handle_t resource, uint32_t cache_policy);

/* Unmaps and closes. Nothing happens when vmo is ZX_HANDLE_INVALID, which it is afterwards. */
void mmio_buffer_release(mmio_buffer_t *buffer);

/*
 * Pins the buffer's pages for reading and writing; *out tells the physical address of its first
 * byte. The VMO must be contiguous or physical. A status of zx_bti_pin.
 */
zx_status_t mmio_buffer_pin(mmio_buffer_t *buffer, zx_handle_t bti, mmio_pinned_buffer_t *out);

/* Unpins, once. */
void mmio_buffer_unpin(mmio_pinned_buffer_t *buffer);

__END_CDECLS

#endif /* LIB_MMIO_MMIO_C_H_ */
