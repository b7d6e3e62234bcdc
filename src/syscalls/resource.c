/* zx_resource_create, and the calls that need a resource only to be allowed. */
#include <zircon/rights.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/resource.h>

#include "base/span.h"
#include "object/bti.h"
#include "object/resource.h"
#include "syscalls/vmo_i.h"
#include "vm/fault.h"
#include "vm/physical.h"

zx_status_t zx_resource_create(zx_handle_t parent_rsrc, uint32_t options, uint64_t base, size_t size,
			       const char *name, size_t name_size, zx_handle_t *resource_out)
{
	char name_copy[ZX_MAX_NAME_LEN] = "";
	struct zi_resource *parent, *r;
	zx_status_t st = zi_handle_get(parent_rsrc, ZX_OBJ_TYPE_RESOURCE, ZX_RIGHT_WRITE, &parent, NULL);

	if (st != ZX_OK)
		return st;
	st = zi_resource_check_child(parent, options, base, size);
	/* Nothing that is made keeps its parent. */
	zi_object_unref(zi_resource_object(parent));
	if (st != ZX_OK)
		return st;
	name_size = zi_min(name_size, sizeof(name_copy) - 1);
	st = zi_user_read(name_copy, name, name_size);
	if (st == ZX_OK)
		st = zi_resource_new(options, base, size, name_copy, name_size, &r);
	if (st != ZX_OK)
		return st;
	return zi_handle_publish(zi_resource_object(r), ZX_DEFAULT_RESOURCE_RIGHTS, resource_out);
}

zx_status_t zx_iommu_create(zx_handle_t resource, uint32_t type, const void *desc, size_t desc_size,
			    zx_handle_t *out)
{
	uint8_t copy[ZX_IOMMU_MAX_DESC_LEN];
	struct zi_object *o;
	zx_status_t st = zi_resource_validate_system(resource, ZX_RSRC_SYSTEM_IOMMU_BASE);

	if (st != ZX_OK)
		return st;
	if (desc_size > sizeof(copy))
		return ZX_ERR_INVALID_ARGS;
	st = zi_user_read(copy, desc, desc_size);
	if (st != ZX_OK)
		return st;
	/* DIFFERS: an Intel IOMMU is a type that is not known, whatever the machine has. */
	if (type != ZX_IOMMU_TYPE_DUMMY)
		return ZX_ERR_NOT_SUPPORTED;
	if (desc_size != sizeof(zx_iommu_desc_dummy_t))
		return ZX_ERR_INVALID_ARGS;
	o = zi_iommu_new();
	if (o == NULL)
		return ZX_ERR_NO_MEMORY;
	return zi_handle_publish(o, ZX_DEFAULT_IOMMU_RIGHTS, out);
}

zx_status_t zx_vmo_create_physical(zx_handle_t resource, zx_paddr_t paddr, size_t size, zx_handle_t *out)
{
	struct zi_vmo *vmo;
	zx_status_t st = zi_resource_validate(resource, ZX_RSRC_KIND_MMIO, paddr, size);

	if (st == ZX_OK)
		st = zi_vmo_create_physical(paddr, size, &vmo);
	return st == ZX_OK ? zi_vmo_publish(vmo, ZX_DEFAULT_VMO_RIGHTS, out) : st;
}
