/* Which VMOs an object gives access to. */
#include <zircon/rights.h>
#include <zircon/types.h>

#include "object/bti.h"
#include "object/iob.h"
#include "object/object.h"
#include "object/stream.h"

#define ACCESS (ZX_RIGHT_READ | ZX_RIGHT_WRITE)

static struct zi_vmo *region(struct zi_iob *e, uint32_t index, zx_rights_t rights,
			     zx_rights_t *out_rights)
{
	const struct zi_iob_region *r = zi_iob_region_at(e, index);

	if (r == NULL)
		return NULL;
	*out_rights = zi_iob_map_rights(e, r, rights) & ACCESS;
	return r->vmo;
}

static zx_rights_t of_stream(const struct zi_stream *s)
{
	zx_rights_t rights = 0;

	if ((s->mode & ZX_STREAM_MODE_READ) != 0)
		rights |= ZX_RIGHT_READ;
	if ((s->mode & ZX_STREAM_MODE_WRITE) != 0)
		rights |= ZX_RIGHT_WRITE;
	return rights;
}

struct zi_vmo *zi_object_vmo(struct zi_object *o, uint32_t index, zx_rights_t rights,
			     zx_rights_t *out_rights)
{
	*out_rights = 0;
	if (o->ops->type == ZX_OBJ_TYPE_IOB)
		return region((struct zi_iob *)o, index, rights, out_rights);
	if (index > 0)
		return NULL;
	switch (o->ops->type) {
	case ZX_OBJ_TYPE_VMO:
		*out_rights = rights & ACCESS;
		return ((struct zi_vmo_object *)o)->vmo;
	case ZX_OBJ_TYPE_STREAM:
		*out_rights = rights & of_stream((struct zi_stream *)o);
		return ((struct zi_stream *)o)->vmo;
	case ZX_OBJ_TYPE_PMT:
		return zi_pmt_vmo(o);
	default:
		return NULL;
	}
}
