/* Debug hooks on VMOs: what a kernel does by itself under pressure, on demand. */
#include <zirconia/debug.h>

#include <zircon/rights.h>
#include <zircon/types.h>

#include "object/object.h"
#include "vm/pager.h"
#include "vm/vmo.h"

zx_status_t zirconia_debug_discard(zx_handle_t vmo)
{
	struct zi_vmo_object *o;
	zx_status_t st = zi_handle_get(vmo, ZX_OBJ_TYPE_VMO, ZX_RIGHT_NONE, &o, NULL);

	if (st != ZX_OK)
		return st;
	st = zi_vmo_discard(o->vmo) ? ZX_OK : ZX_ERR_BAD_STATE;
	zi_object_unref(&o->object);
	return st;
}

zx_status_t zirconia_debug_check(zx_handle_t vmo)
{
	struct zi_vmo_object *o;
	zx_status_t st = zi_handle_get(vmo, ZX_OBJ_TYPE_VMO, ZX_RIGHT_NONE, &o, NULL);

	if (st != ZX_OK)
		return st;
	st = zi_vmo_check(o->vmo) ? ZX_OK : ZX_ERR_INTERNAL;
	zi_object_unref(&o->object);
	return st;
}

zx_status_t zirconia_debug_evict(zx_handle_t vmo, uint64_t offset, uint64_t length,
				 uint32_t options, uint64_t *out_pages)
{
	struct zi_vmo_object *o;
	uint64_t pages = 0;
	zx_status_t st = zi_handle_get(vmo, ZX_OBJ_TYPE_VMO, ZX_RIGHT_NONE, &o, NULL);

	if (st != ZX_OK)
		return st;
	if (o->vmo->pager_koid == ZX_KOID_INVALID ||
	    (options & ~(ZIRCONIA_EVICT_ALWAYS_NEEDED | ZIRCONIA_EVICT_NOT_NEEDED)) != 0)
		st = ZX_ERR_INVALID_ARGS;
	else
		st = zi_pager_evict(o->vmo, offset, length,
				    (options & ZIRCONIA_EVICT_ALWAYS_NEEDED) != 0,
				    (options & ZIRCONIA_EVICT_NOT_NEEDED) != 0, &pages);
	zi_object_unref(&o->object);
	if (st == ZX_OK && out_pages != NULL)
		*out_pages = pages;
	return st;
}
