/* zirconia/device.h: what a machine and its first program would have handed out. */
#include <zirconia/device.h>
#include <zirconia/device_model.h>

#include <zircon/rights.h>

#include "object/bti.h"
#include "object/resource.h"
#include "vm/model.h"
#include "vm/physical.h"

zx_status_t zirconia_device_resource(zx_rsrc_kind_t kind, zx_handle_t *out_resource)
{
	struct zi_resource *r;
	zx_status_t st = zi_resource_new_root(kind, &r);

	if (st != ZX_OK)
		return st;
	return zi_handle_publish(zi_resource_object(r), ZX_DEFAULT_RESOURCE_RIGHTS, out_resource);
}

zx_status_t zirconia_device_bti(zx_handle_t *out_bti)
{
	struct zi_bti *b = zi_bti_new();

	if (b == NULL)
		return ZX_ERR_NO_MEMORY;
	return zi_handle_publish(zi_bti_object(b), ZX_DEFAULT_BTI_RIGHTS, out_bti);
}

zx_status_t zirconia_device_memory_alloc(uint64_t size, uint32_t align_log2, zx_paddr_t *out_paddr)
{
	return zi_physical_alloc(size, align_log2, out_paddr);
}

zx_status_t zirconia_device_memory_free(zx_paddr_t paddr)
{
	return zi_physical_free(paddr);
}

void *zirconia_device_ptr(zx_paddr_t paddr, size_t len)
{
	return zi_physical_ptr(paddr, len);
}

zx_status_t zirconia_device_model_add(zx_paddr_t paddr, size_t size,
				      const zirconia_mmio_backend_t *model, void *ctx)
{
	return zi_model_add(paddr, size, model, ctx);
}

zx_status_t zirconia_device_model_remove(zx_paddr_t paddr)
{
	return zi_model_remove(paddr);
}

void zirconia_device_set_filter(zirconia_device_filter_t *deny, void *ctx)
{
	zi_resource_set_filter(deny, ctx);
}

void zirconia_device_enforce_quarantine(bool on)
{
	zi_bti_enforce_quarantine(on);
}
