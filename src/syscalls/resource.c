/* zx_resource_create, and the calls that need a resource only to be allowed. */
#include <lib/fake-resource/resource.h>
#include <zircon/rights.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/resource.h>

#include "base/span.h"
#include "object/bti.h"
#include "object/resource.h"
#include "syscalls/entry.h"
#include "syscalls/vmo_i.h"
#include "vm/fault.h"
#include "vm/physical.h"
#include "vm/vmo.h"

zx_status_t zx_resource_create(zx_handle_t parent_rsrc, uint32_t options, uint64_t base,
			       size_t size, const char *name, size_t name_size,
			       zx_handle_t *resource_out)
{
	ZI_ENTRY(zx_resource_create);
	char name_copy[ZX_MAX_NAME_LEN] = "";
	struct zi_resource *parent, *r;
	zx_status_t st =
		zi_handle_get(parent_rsrc, ZX_OBJ_TYPE_RESOURCE, ZX_RIGHT_WRITE, &parent, NULL);

	if (st != ZX_OK)
		return st;
	const bool fake = zi_resource_is_fake(parent);

	if (!fake)
		st = zi_resource_check_child(parent, options, base, size);
	name_size = zi_min(name_size, sizeof(name_copy) - 1);
	if (st == ZX_OK)
		st = zi_user_read(name_copy, name, name_size);
	if (st == ZX_OK)
		st = fake ? zi_resource_new_fake(parent, options, base, size, name_copy, name_size,
						 &r) :
			    zi_resource_new(options, base, size, name_copy, name_size, &r);
	/* Nothing that is made keeps its parent. */
	zi_object_unref(zi_resource_object(parent));
	if (st != ZX_OK)
		return st;
	return zi_handle_publish(zi_resource_object(r), ZX_DEFAULT_RESOURCE_RIGHTS, resource_out);
}

zx_status_t zx_iommu_create(zx_handle_t resource, uint32_t type, const void *desc, size_t desc_size,
			    zx_handle_t *out)
{
	ZI_ENTRY(zx_iommu_create);
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

/* NOT_SUPPORTED: the resource is no fake one. */
static zx_status_t check_fake(zx_handle_t resource, zx_rsrc_kind_t kind, uint64_t base,
			      uint64_t size)
{
	struct zi_resource *r;
	zx_status_t st = zi_handle_get(resource, ZX_OBJ_TYPE_RESOURCE, ZX_RIGHT_NONE, &r, NULL);

	if (st != ZX_OK)
		return st;
	st = zi_resource_is_fake(r) ? zi_resource_validate_fake(r, kind, base, size) :
				      ZX_ERR_NOT_SUPPORTED;
	zi_object_unref(zi_resource_object(r));
	return st;
}

zx_status_t zx_vmo_create_physical(zx_handle_t resource, zx_paddr_t paddr, size_t size,
				   zx_handle_t *out)
{
	ZI_ENTRY(zx_vmo_create_physical);
	struct zi_vmo *vmo;
	zx_status_t st = check_fake(resource, ZX_RSRC_KIND_MMIO, paddr, size);

	if (st == ZX_OK) {
		st = zi_vmo_create(size, 0, &vmo);
	} else if (st == ZX_ERR_NOT_SUPPORTED) {
		st = zi_resource_validate(resource, ZX_RSRC_KIND_MMIO, paddr, size);
		if (st == ZX_OK)
			st = zi_vmo_create_physical(paddr, size, &vmo);
	}
	return st == ZX_OK ? zi_vmo_publish(vmo, ZX_DEFAULT_VMO_RIGHTS, out) : st;
}

zx_status_t fake_root_resource_create(zx_handle_t *out)
{
	struct zi_resource *r;
	zx_status_t st = zi_resource_new_fake_root(&r);

	if (st != ZX_OK)
		return st;
	return zi_handle_publish(zi_resource_object(r), ZX_DEFAULT_RESOURCE_RIGHTS, out);
}

/* DIFFERS: the process gets no I/O ports; with a fake resource nothing is asked for, and that succeeds. */
static zx_status_t ioports(zx_handle_t resource, uint16_t io_addr, uint32_t len)
{
	zx_status_t st = check_fake(resource, ZX_RSRC_KIND_IOPORT, io_addr, len);

	if (st != ZX_ERR_NOT_SUPPORTED)
		return st;
	st = zi_resource_validate(resource, ZX_RSRC_KIND_IOPORT, io_addr, len);
	return st == ZX_OK ? ZX_ERR_NOT_SUPPORTED : st;
}

zx_status_t zx_ioports_request(zx_handle_t resource, uint16_t io_addr, uint32_t len)
{
	ZI_ENTRY(zx_ioports_request);
	return ioports(resource, io_addr, len);
}

zx_status_t zx_ioports_release(zx_handle_t resource, uint16_t io_addr, uint32_t len)
{
	ZI_ENTRY(zx_ioports_release);
	return ioports(resource, io_addr, len);
}
