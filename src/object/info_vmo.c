/* ZX_INFO_VMO in its four layouts: each older one is a prefix of the newest. */
#include <string.h>

#include <zircon/rights.h>

#include "object/info.h"
#include "object/object.h"
#include "object/vmo_object.h"
#include "vm/vmo.h"

void zi_info_vmo_fill(struct zi_vmo *vmo, bool immutable, uint32_t via, zx_rights_t rights,
		      zx_info_vmo_t *out_info)
{
	zi_vmo_info(vmo, immutable, out_info);
	out_info->flags |= via;
	out_info->handle_rights = rights;
}

static size_t record_size(uint32_t topic)
{
	switch (topic) {
	case ZX_INFO_VMO_V1:
		return sizeof(zx_info_vmo_v1_t);
	case ZX_INFO_VMO_V2:
		return sizeof(zx_info_vmo_v2_t);
	case ZX_INFO_VMO_V3:
		return sizeof(zx_info_vmo_v3_t);
	default:
		return sizeof(zx_info_vmo_t);
	}
}

zx_status_t zi_info_vmo(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			size_t *actual, size_t *avail)
{
	struct zi_vmo_object *o;
	zx_info_vmo_t info;
	zx_rights_t rights;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_NONE, &o, &rights);

	if (st != ZX_OK)
		return st;
	memset(&info, 0, sizeof(info));
	zi_info_vmo_fill(o->vmo, true, ZX_INFO_VMO_VIA_HANDLE, rights, &info);
	zi_object_unref(&o->object);
	return zi_info_one(&info, record_size(topic), buffer, size, actual, avail);
}
