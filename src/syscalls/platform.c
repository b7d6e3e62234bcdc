/*
 * DIFFERS: there is no firmware's screen, no secure monitor and no message signalled interrupt: who may ask is told as on Zircon, then the
 * screen is missing (INVALID_ARGS) and the others are not supported.
 */
#include <zircon/syscalls.h>
#include <zircon/syscalls/resource.h>
#include <zircon/syscalls/smc.h>

#include "object/resource.h"
#include "syscalls/entry.h"
#include "vm/fault.h"

zx_status_t zx_framebuffer_get_info(zx_handle_t resource, uint32_t *format, uint32_t *width,
				    uint32_t *height, uint32_t *stride)
{
	ZI_ENTRY(zx_framebuffer_get_info);
	const zx_status_t st =
		zi_resource_validate_system(resource, ZX_RSRC_SYSTEM_FRAMEBUFFER_BASE);

	(void)format, (void)width, (void)height, (void)stride;
	return st == ZX_OK ? ZX_ERR_INVALID_ARGS : st;
}

/* By the calling convention of the firmware: whose service a function belongs to, in six bits. */
static uint64_t service_of(uint32_t func_id)
{
	return (func_id >> 24) & 0x3f;
}

zx_status_t zx_smc_call(zx_handle_t handle, const zx_smc_parameters_t *parameters,
			zx_smc_result_t *out_smc_result)
{
	ZI_ENTRY(zx_smc_call);
	zx_smc_parameters_t copy;
	zx_status_t st;

	if (parameters == NULL || out_smc_result == NULL)
		return ZX_ERR_INVALID_ARGS;
	st = zi_user_read(&copy, parameters, sizeof(copy));
	if (st == ZX_OK)
		st = zi_resource_validate(handle, ZX_RSRC_KIND_SMC, service_of(copy.func_id), 1);
	return st == ZX_OK ? ZX_ERR_NOT_SUPPORTED : st;
}

static zx_status_t msi(zx_handle_t handle)
{
	const zx_status_t st = zi_resource_validate_system(handle, ZX_RSRC_SYSTEM_MSI_BASE);

	return st == ZX_OK ? ZX_ERR_NOT_SUPPORTED : st;
}

zx_status_t zx_msi_allocate(zx_handle_t handle, uint32_t count, zx_handle_t *out_allocation)
{
	ZI_ENTRY(zx_msi_allocate);
	(void)count, (void)out_allocation;
	return msi(handle);
}

/* No allocation can exist to be named here. */
zx_status_t zx_msi_create(zx_handle_t handle, uint32_t options, uint32_t msi_id, zx_handle_t vmo,
			  size_t vmo_offset, zx_handle_t *out_interrupt)
{
	ZI_ENTRY(zx_msi_create);
	(void)options, (void)msi_id, (void)vmo, (void)vmo_offset, (void)out_interrupt;
	return msi(handle);
}
