/*
 * zx_vmo_*: handles, rights, and copies of arguments. Every check that follows them stands in the vm ring.
 * DIFFERS: job policies are not kept, so that ZX_POL_NEW_VMO and ZX_POL_AMBIENT_MARK_VMO_EXEC always allow.
 */
#include <zircon/rights.h>
#include <zircon/syscalls.h>
#include <zircon/types.h>

#include "base/span.h"
#include "object/object.h"
#include "object/resource.h"
#include "syscalls/entry.h"
#include "syscalls/vmo_i.h"
#include "vm/fault.h"
#include "vm/vmo.h"

zx_status_t zi_vmo_publish(struct zi_vmo *vmo, zx_rights_t rights, zx_handle_t *user_out)
{
	struct zi_vmo_object *o;
	zx_status_t st = zi_vmo_object_new(vmo, &o);

	if (st != ZX_OK)
		return st;
	return zi_handle_publish(&o->object, rights, user_out);
}

/*
 * ZX_ERR_INVALID_ARGS    RESIZABLE with UNBOUNDED; unknown option; bad out
 * ZX_ERR_OUT_OF_RANGE    the rounded size wraps or is above the largest one
 * ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES
 */
zx_status_t zx_vmo_create(uint64_t size, uint32_t options, zx_handle_t *out)
{
	ZI_ENTRY(zx_vmo_create);
	struct zi_vmo *vmo;
	zx_status_t st = zi_vmo_create(size, options, &vmo);

	if (st != ZX_OK)
		return st;
	zx_rights_t rights = ZX_DEFAULT_VMO_RIGHTS;
	if (options & ZX_VMO_RESIZABLE)
		rights |= ZX_RIGHT_RESIZE;
	return zi_vmo_publish(vmo, rights, out);
}

zx_status_t zx_vmo_read(zx_handle_t handle, void *buffer, uint64_t offset, size_t buffer_size)
{
	ZI_ENTRY(zx_vmo_read);
	struct zi_vmo_object *o;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_READ, &o, NULL);

	if (st != ZX_OK)
		return st;
	st = zi_vmo_read(o->vmo, buffer, offset, buffer_size);
	zi_object_unref(&o->object);
	return st;
}

zx_status_t zx_vmo_write(zx_handle_t handle, const void *buffer, uint64_t offset,
			 size_t buffer_size)
{
	ZI_ENTRY(zx_vmo_write);
	struct zi_vmo_object *o;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_WRITE, &o, NULL);

	if (st != ZX_OK)
		return st;
	st = zi_vmo_write(o->vmo, buffer, offset, buffer_size);
	zi_object_unref(&o->object);
	return st;
}

static zx_status_t get_size(zx_handle_t handle, uint64_t (*get)(struct zi_vmo *),
			    uint64_t *user_out)
{
	struct zi_vmo_object *o;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_NONE, &o, NULL);

	if (st != ZX_OK)
		return st;
	uint64_t bytes = get(o->vmo);
	zi_object_unref(&o->object);
	return zi_user_write(user_out, &bytes, sizeof(bytes));
}

zx_status_t zx_vmo_get_size(zx_handle_t handle, uint64_t *size)
{
	ZI_ENTRY(zx_vmo_get_size);
	return get_size(handle, zi_vmo_get_size, size);
}

zx_status_t zx_vmo_get_stream_size(zx_handle_t handle, uint64_t *size)
{
	ZI_ENTRY(zx_vmo_get_stream_size);
	return get_size(handle, zi_vmo_get_stream_size, size);
}

/*
 * ZX_ERR_ACCESS_DENIED   no WRITE; or the VMO is resizable and the handle has no RESIZE
 * ZX_ERR_UNAVAILABLE     the VMO is physical, contiguous, or not resizable
 * ZX_ERR_OUT_OF_RANGE    rounding wraps (told before "not resizable"), or above the largest size
 * ZX_ERR_BAD_STATE       a page to be removed is pinned
 * ZX_ERR_INVALID_ARGS    the new end wraps when projected on the root of the tree
 */
zx_status_t zx_vmo_set_size(zx_handle_t handle, uint64_t size)
{
	ZI_ENTRY(zx_vmo_set_size);
	struct zi_vmo_object *o;
	zx_rights_t rights;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_WRITE, &o, &rights);

	if (st != ZX_OK)
		return st;
	if (zi_vmo_is_resizable(o->vmo) && !(rights & ZX_RIGHT_RESIZE))
		st = ZX_ERR_ACCESS_DENIED;
	else
		st = zi_vmo_set_size(o->vmo, size);
	zi_object_unref(&o->object);
	return st;
}

zx_status_t zx_vmo_set_stream_size(zx_handle_t handle, uint64_t size)
{
	ZI_ENTRY(zx_vmo_set_stream_size);
	struct zi_vmo_object *o;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_WRITE, &o, NULL);

	if (st != ZX_OK)
		return st;
	st = zi_vmo_set_stream_size(o->vmo, size);
	zi_object_unref(&o->object);
	return st;
}

/* The policy's bits come before the handle. */
zx_status_t zx_vmo_set_cache_policy(zx_handle_t handle, uint32_t cache_policy)
{
	ZI_ENTRY(zx_vmo_set_cache_policy);
	struct zi_vmo_object *o;
	zx_status_t st;

	if (cache_policy & ~ZX_CACHE_POLICY_MASK)
		return ZX_ERR_INVALID_ARGS;
	st = zi_handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_MAP, &o, NULL);
	if (st != ZX_OK)
		return st;
	st = zi_vmo_set_cache_policy(o->vmo, cache_policy);
	zi_object_unref(&o->object);
	return st;
}

zx_status_t zi_vmex_check(zx_handle_t vmex)
{
	if (vmex == ZX_HANDLE_INVALID)
		return ZX_OK;
	return zi_resource_validate(vmex, ZX_RSRC_KIND_SYSTEM, ZX_RSRC_SYSTEM_VMEX_BASE, 1);
}

/*
 * Consumes `handle` on every path, and says BAD_HANDLE for a wrong type. What is wrong with `vmex` is told only
 * after the handle was found good.
 */
zx_status_t zx_vmo_replace_as_executable(zx_handle_t handle, zx_handle_t vmex, zx_handle_t *out)
{
	ZI_ENTRY(zx_vmo_replace_as_executable);
	zx_status_t permission = zi_vmex_check(vmex);
	struct zi_object *o;
	zx_rights_t rights;
	zx_status_t st = zi_handle_remove(handle, &o, &rights);

	if (st != ZX_OK)
		return st;
	if (o->ops->type != ZX_OBJ_TYPE_VMO)
		st = ZX_ERR_BAD_HANDLE;
	else
		st = permission;
	if (st != ZX_OK) {
		zi_object_unref(o);
		return st;
	}
	return zi_handle_publish(o, rights | ZX_RIGHT_EXECUTE, out);
}

zx_status_t zx_vmo_transfer_data(zx_handle_t dst_vmo, uint32_t options, uint64_t offset,
				 uint64_t length, zx_handle_t src_vmo, uint64_t src_offset)
{
	ZI_ENTRY(zx_vmo_transfer_data);
	struct zi_vmo_object *dst, *src;
	zx_status_t st;

	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	if (!zi_is_page_aligned(offset | length | src_offset))
		return ZX_ERR_INVALID_ARGS;
	st = zi_handle_get(dst_vmo, ZX_OBJ_TYPE_VMO, ZX_RIGHT_WRITE, &dst, NULL);
	if (st != ZX_OK)
		return st;
	st = zi_handle_get(src_vmo, ZX_OBJ_TYPE_VMO, ZX_RIGHT_READ | ZX_RIGHT_WRITE, &src, NULL);
	if (st == ZX_OK) {
		st = zi_vmo_transfer(dst->vmo, offset, length, src->vmo, src_offset);
		zi_object_unref(&src->object);
	}
	zi_object_unref(&dst->object);
	return st;
}
