/* VMO objects: a VMO of the vm ring with handles, signals and a name. */
#include "object/vmo_object.h"

#include <zircon/rights.h>

#include "object/object.h"
#include "vm/vmo.h"

static struct zi_vmo *vmo_of(struct zi_object *o)
{
	return ((struct zi_vmo_object *)o)->vmo;
}

static void vmo_object_destroy(struct zi_object *o)
{
	struct zi_vmo *vmo = vmo_of(o);

	/* Mappings and children may keep the VMO: nobody can observe its signals any more. */
	zi_vmo_unhook_unref(vmo);
}

static void vmo_object_get_name(struct zi_object *o, char name[ZX_MAX_NAME_LEN])
{
	zi_vmo_get_name(vmo_of(o), name);
}

static void vmo_object_set_name(struct zi_object *o, const char *name, size_t len)
{
	zi_vmo_set_name(vmo_of(o), name, len);
}

static const struct zi_object_ops vmo_object_ops = {
	.type = ZX_OBJ_TYPE_VMO,
	.type_name = "vmo",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL,
	.size = sizeof(struct zi_vmo_object),
	.destroy = vmo_object_destroy,
	.get_name = vmo_object_get_name,
	.set_name = vmo_object_set_name,
};

/* Called under the tree lock, so that the signal and num_children agree whoever comes and goes at once. */
static void on_zero_children(void *ctx, bool zero)
{
	struct zi_object *o = ctx;

	zi_object_update_signals(o, zero ? 0 : ZX_VMO_ZERO_CHILDREN,
				 zero ? ZX_VMO_ZERO_CHILDREN : 0, 0);
}

zx_status_t zi_vmo_object_new(struct zi_vmo *vmo, struct zi_vmo_object **out_object)
{
	/* The VMO outlives its handles where it is mapped: the koid that listings show is its own. */
	struct zi_vmo_object *o =
		zi_object_new_as(&vmo_object_ops, ZX_VMO_ZERO_CHILDREN, vmo->koid);

	if (o == NULL) {
		zi_vmo_unref(vmo);
		return ZX_ERR_NO_MEMORY;
	}
	o->vmo = vmo;
	zi_vmo_set_children_hook(vmo, on_zero_children, &o->object);
	*out_object = o;
	return ZX_OK;
}

zx_status_t zi_vmo_property_get_content_size(struct zi_object *o, uint64_t *out_bytes)
{
	if (o->ops->type != ZX_OBJ_TYPE_VMO)
		return ZX_ERR_WRONG_TYPE;
	*out_bytes = zi_vmo_get_stream_size(vmo_of(o));
	return ZX_OK;
}

zx_status_t zi_vmo_property_set_content_size(struct zi_object *o, uint64_t bytes)
{
	if (o->ops->type != ZX_OBJ_TYPE_VMO)
		return ZX_ERR_WRONG_TYPE;
	return zi_vmo_set_content_size(vmo_of(o), bytes);
}
