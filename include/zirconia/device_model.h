/*
 * Device models: callbacks in the place of registers. A driver maps the physical range and uses
 * plain volatile loads and stores, MmioRead32 and its like, or zirconia_mmio_* on the mapping; each
 * access of it is one call of the model, on the thread that made the access.
 */
#ifndef ZIRCONIA_DEVICE_MODEL_H_
#define ZIRCONIA_DEVICE_MODEL_H_

#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>
#include <zirconia/mmio.h>

__BEGIN_CDECLS

/*
 * Has a model stand in for [paddr, paddr + size), whole pages of physical memory. Physical VMOs that are made from now
 * on over any of it trap; those that exist show memory. `offset` counts from paddr; an access is told
 * as it was made, whatever its alignment. The model may make zx_* calls, and wait; it must not
 * access the range through such a mapping itself. It has to live until it is removed.
 *
 * ZX_ERR_INVALID_ARGS    no whole pages of memory
 * ZX_ERR_NOT_SUPPORTED   instructions cannot be decoded here: not x86-64, or without the Zydis library
 * ZX_ERR_ALREADY_EXISTS  some of it is modelled
 * ZX_ERR_NO_MEMORY
 */
zx_status_t zirconia_device_model_add(zx_paddr_t paddr, size_t size,
				      const zirconia_mmio_backend_t *model, void *ctx);

/* VMOs made before go on trapping, and find memory. ZX_ERR_NOT_FOUND: no model begins there. */
zx_status_t zirconia_device_model_remove(zx_paddr_t paddr);

__END_CDECLS

#endif /* ZIRCONIA_DEVICE_MODEL_H_ */
