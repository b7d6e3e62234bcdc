/* What the tests of device calls share: the objects that everything begins with. No test logic. */
#ifndef DEVICE_T_H
#define DEVICE_T_H

#include <string.h>

#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/resource.h>
#include <zirconia/device.h>

#include "vmo_t.h"

#define RW (ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE)

UNUSED_OK zx_handle_t dev_root(void)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zirconia_device_resource(ZX_RSRC_KIND_ROOT, &h));
	return h;
}

UNUSED_OK zx_handle_t dev_resource(zx_handle_t parent, uint32_t options, uint64_t base, size_t size)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_resource_create(parent, options, base, size, NULL, 0, &h));
	return h;
}

UNUSED_OK zx_handle_t dev_iommu(void)
{
	const zx_iommu_desc_dummy_t desc = {.reserved = 0};
	const zx_handle_t root = dev_root();
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_iommu_create(root, ZX_IOMMU_TYPE_DUMMY, &desc, sizeof(desc), &h));
	t_close(root);
	return h;
}

UNUSED_OK zx_handle_t dev_bti(void)
{
	const zx_handle_t iommu = dev_iommu();
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_bti_create(iommu, 0, 7, &h));
	t_close(iommu);
	return h;
}

UNUSED_OK zx_info_bti_t dev_bti_info(zx_handle_t bti)
{
	zx_info_bti_t info;

	T_OK(zx_object_get_info(bti, ZX_INFO_BTI, &info, sizeof(info), NULL, NULL));
	return info;
}

/* Pins one page at `off`; the address goes to *out_addr, which may be NULL. */
UNUSED_OK zx_handle_t dev_pin_page(zx_handle_t bti, zx_handle_t vmo, uint64_t off,
				   zx_paddr_t *out_addr)
{
	zx_handle_t pmt = ZX_HANDLE_INVALID;
	zx_paddr_t addr = 0;

	T_OK(zx_bti_pin(bti, RW, vmo, off, PG, &addr, 1, &pmt));
	if (out_addr != NULL)
		*out_addr = addr;
	return pmt;
}

UNUSED_OK zx_handle_t dev_contiguous(uint64_t size)
{
	const zx_handle_t bti = dev_bti();
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_vmo_create_contiguous(bti, size, 0, &h));
	t_close(bti);
	return h;
}

/* A physical VMO over memory laid out for it. */
UNUSED_OK zx_handle_t dev_physical(uint64_t size, zx_paddr_t *out_addr)
{
	const zx_handle_t root = dev_root();
	zx_handle_t h = ZX_HANDLE_INVALID;
	zx_paddr_t addr;

	T_OK(zirconia_device_memory_alloc(size, 0, &addr));
	T_OK(zx_vmo_create_physical(root, addr, size, &h));
	t_close(root);
	if (out_addr != NULL)
		*out_addr = addr;
	return h;
}

#endif
