/* zx_bti_*, zx_pmt_*, and the VMO that is made for a BTI. */
#include <zircon/rights.h>
#include <zircon/syscalls.h>

#include "base/span.h"
#include "object/bti.h"
#include "syscalls/entry.h"
#include "syscalls/vmo_i.h"
#include "vm/physical.h"
#include "vm/vmo.h"

/* As many as fill 64 pages: Zircon copies addresses in one piece. */
#define ADDRS_MAX (64 * ZI_PAGE / sizeof(zx_paddr_t))

zx_status_t zx_bti_create(zx_handle_t iommu, uint32_t options, uint64_t bti_id, zx_handle_t *out)
{
	ZI_ENTRY(zx_bti_create);
	struct zi_object *o;
	struct zi_bti *b;
	zx_status_t st;

	(void)bti_id; /* the dummy has them all */
	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	st = zi_handle_get(iommu, ZX_OBJ_TYPE_IOMMU, ZX_RIGHT_NONE, &o, NULL);
	if (st != ZX_OK)
		return st;
	zi_object_unref(o);
	b = zi_bti_new();
	if (b == NULL)
		return ZX_ERR_NO_MEMORY;
	return zi_handle_publish(zi_bti_object(b), ZX_DEFAULT_BTI_RIGHTS, out);
}

static zx_status_t pin(struct zi_bti *b, struct zi_pin_args *args, zx_handle_t vmo)
{
	zx_status_t st;

	/* A fake one has an order of its own. */
	if (!zi_bti_is_fake(b) && (!zi_is_page_aligned(args->off) ||
				   !zi_is_page_aligned(args->size) || args->num_addrs > ADDRS_MAX))
		return ZX_ERR_INVALID_ARGS;
	args->vmo_handle = vmo;
	st = zi_handle_get(vmo, ZX_OBJ_TYPE_VMO, ZX_RIGHT_NONE, &args->vmo, &args->vmo_rights);
	if (st != ZX_OK)
		return st;
	st = zi_bti_pin(b, args);
	zi_object_unref(&args->vmo->object);
	return st;
}

zx_status_t zx_bti_pin(zx_handle_t handle, uint32_t options, zx_handle_t vmo, uint64_t offset,
		       uint64_t size, zx_paddr_t *addrs, size_t num_addrs, zx_handle_t *pmt)
{
	ZI_ENTRY(zx_bti_pin);
	struct zi_pin_args args = {
		.options = options,
		.off = offset,
		.size = size,
		.user_addrs = addrs,
		.num_addrs = num_addrs,
		.user_pmt = pmt,
	};
	struct zi_bti *b;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_BTI, ZX_RIGHT_MAP, &b, NULL);

	if (st != ZX_OK)
		return st;
	st = pin(b, &args, vmo);
	zi_object_unref(zi_bti_object(b));
	return st;
}

zx_status_t zx_bti_release_quarantine(zx_handle_t handle)
{
	ZI_ENTRY(zx_bti_release_quarantine);
	struct zi_bti *b;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_BTI, ZX_RIGHT_WRITE, &b, NULL);

	if (st != ZX_OK)
		return st;
	zi_bti_release_quarantine(b);
	zi_object_unref(zi_bti_object(b));
	return ZX_OK;
}

/* Unpins first: removing the handle of what is still pinned would quarantine it. */
zx_status_t zx_pmt_unpin(zx_handle_t handle)
{
	ZI_ENTRY(zx_pmt_unpin);
	struct zi_object *o, *removed;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_NONE, &o, NULL);

	if (st != ZX_OK)
		return st;
	const bool is_pmt = zi_pmt_unpin(o);

	zi_object_unref(o);
	st = zi_handle_remove(handle, &removed, NULL);
	if (st != ZX_OK)
		return st;
	zi_object_unref(removed);
	return is_pmt ? ZX_OK : ZX_ERR_WRONG_TYPE;
}

zx_status_t zx_vmo_create_contiguous(zx_handle_t bti, size_t size, uint32_t alignment_log2,
				     zx_handle_t *out)
{
	ZI_ENTRY(zx_vmo_create_contiguous);
	struct zi_vmo *vmo;
	struct zi_bti *b;
	zx_status_t st = zi_vmo_check_contiguous(size, &alignment_log2);

	if (st != ZX_OK)
		return st;
	st = zi_handle_get(bti, ZX_OBJ_TYPE_BTI, ZX_RIGHT_MAP, &b, NULL);
	if (st != ZX_OK)
		return st;
	if (zi_bti_is_fake(b))
		st = zi_vmo_create(size, 0, &vmo);
	else
		st = zi_vmo_create_contiguous(size, alignment_log2, &vmo);
	zi_object_unref(zi_bti_object(b));
	return st == ZX_OK ? zi_vmo_publish(vmo, ZX_DEFAULT_VMO_RIGHTS, out) : st;
}
