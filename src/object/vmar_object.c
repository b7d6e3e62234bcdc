/*
 * VMAR objects: a VMAR of the vm ring with handles. It has neither signals nor a name of its own.
 */
#include "object/object.h"
#include "vm/vmar.h"

static void vmar_object_destroy(struct zi_object *o)
{
	/* The VMAR stays in its tree, and its mappings with it. */
	zi_vmar_unref(((struct zi_vmar_object *)o)->vmar);
}

static const struct zi_object_ops vmar_object_ops = {
	.type = ZX_OBJ_TYPE_VMAR,
	.type_name = "vmar",
	.size = sizeof(struct zi_vmar_object),
	.destroy = vmar_object_destroy,
};

zx_status_t zi_vmar_object_new(struct zi_vmar *vmar, struct zi_vmar_object **out_object)
{
	struct zi_vmar_object *o = zi_object_new(&vmar_object_ops, 0);

	if (o == NULL) {
		zi_vmar_unref(vmar);
		return ZX_ERR_NO_MEMORY;
	}
	o->vmar = vmar;
	*out_object = o;
	return ZX_OK;
}
