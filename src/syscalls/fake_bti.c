/* lib/fake-bti/bti.h: the BTIs that tests of drivers link. */
#include <lib/fake-bti/bti.h>

#include <zircon/rights.h>

#include "base/span.h"
#include "object/bti.h"
#include "vm/fault.h"

static zx_status_t publish(struct zi_bti *b, zx_handle_t *out)
{
	if (b == NULL)
		return ZX_ERR_NO_MEMORY;
	return zi_handle_publish(zi_bti_object(b), ZX_DEFAULT_BTI_RIGHTS, out);
}

zx_status_t fake_bti_create(zx_handle_t *out)
{
	return publish(zi_bti_fake_new(NULL, 0), out);
}

zx_status_t fake_bti_create_with_paddrs(const zx_paddr_t *paddrs, size_t paddr_count,
					zx_handle_t *out)
{
	return publish(zi_bti_fake_new(paddrs, paddr_count), out);
}

static zx_status_t get_fake(zx_handle_t handle, struct zi_bti **out_bti)
{
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_BTI, ZX_RIGHT_NONE, out_bti, NULL);

	if (st == ZX_OK && !zi_bti_is_fake(*out_bti)) {
		zi_object_unref(zi_bti_object(*out_bti));
		st = ZX_ERR_WRONG_TYPE;
	}
	return st;
}

zx_status_t fake_bti_get_pinned_vmos(zx_handle_t bti, fake_bti_pinned_vmo_info_t *out_vmo_info,
				     size_t out_num_vmos, size_t *actual_num_vmos)
{
	struct zi_bti *b;
	zx_status_t st = get_fake(bti, &b);

	if (st != ZX_OK)
		return st;
	const size_t count = zi_bti_fake_count(b);

	for (size_t i = 0; st == ZX_OK && i < count && i < out_num_vmos; i++) {
		fake_bti_pinned_vmo_info_t info = {.vmo = ZX_HANDLE_INVALID};

		st = zi_bti_fake_entry(b, i, &info.vmo, &info.size, &info.offset);
		if (st == ZX_OK)
			st = zi_user_write(ZI_USER_AT(out_vmo_info, i * sizeof(info)), &info,
					   sizeof(info));
	}
	zi_object_unref(zi_bti_object(b));
	if (st == ZX_OK && actual_num_vmos != NULL)
		st = zi_user_write(actual_num_vmos, &count, sizeof(count));
	return st;
}

static zx_status_t write_addrs(struct zi_bti *b, zx_koid_t koid,
			       const fake_bti_pinned_vmo_info_t *info, zx_paddr_t *out_paddrs,
			       size_t room, size_t *actual)
{
	size_t count = 0, i = 0;
	zx_status_t st;

	do {
		zx_paddr_t addr = 0;

		st = zi_bti_fake_addr(b, koid, info->size, info->offset, i, &addr, &count);
		if (st == ZX_OK && i < count && i < room)
			st = zi_user_write(ZI_USER_AT(out_paddrs, i * sizeof(addr)), &addr,
					   sizeof(addr));
		i++;
	} while (st == ZX_OK && i < count && i < room);
	return st == ZX_OK ? zi_user_write(actual, &count, sizeof(count)) : st;
}

zx_status_t fake_bti_get_phys_from_pinned_vmo(zx_handle_t bti, fake_bti_pinned_vmo_info_t vmo_info,
					      zx_paddr_t *out_paddrs, size_t out_num_paddrs,
					      size_t *actual_num_paddrs)
{
	struct zi_vmo_object *vmo;
	struct zi_bti *b;
	zx_status_t st;

	if (actual_num_paddrs == NULL)
		return ZX_ERR_INVALID_ARGS;
	st = get_fake(bti, &b);
	if (st != ZX_OK)
		return st;
	st = zi_handle_get(vmo_info.vmo, ZX_OBJ_TYPE_VMO, ZX_RIGHT_NONE, &vmo, NULL);
	if (st == ZX_OK) {
		const zx_koid_t koid = vmo->object.koid;

		zi_object_unref(&vmo->object);
		st = write_addrs(b, koid, &vmo_info, out_paddrs, out_num_paddrs, actual_num_paddrs);
	}
	zi_object_unref(zi_bti_object(b));
	return st;
}
