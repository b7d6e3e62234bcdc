/*
 * VMOs that objects of other kinds keep: how they are mapped, named, and reached by the library
 * itself.
 */
#include <string.h>

#include "host/host.h"
#include "vm/vmo_i.h"

zx_status_t zi_vmo_create_view(struct zi_vmo *v, struct zi_vmo **out_view)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	struct zi_vmo *view = zi_vmo_new(v->kind, v->node);

	if (view == NULL)
		return ZX_ERR_NO_MEMORY;
	view->koid = v->koid;
	view->base = v->base;
	view->window = v->window;
	view->slice = v->slice;
	view->reference = true;
	view->resizable = v->resizable;
	view->discardable = v->discardable;
	view->unbounded = v->unbounded;
	view->pager_backed = v->pager_backed;
	view->cache_policy = v->cache_policy;
	memcpy(view->name, v->name, sizeof(view->name));
	view->stream = v->stream;
	if (view->stream != NULL)
		view->stream->refs++;
	zi_vmo_adopt(v, view);
	*out_view = view;
	return ZX_OK;
}

void zi_vmo_set_name_of_views(struct zi_vmo *v, const char *name, size_t len)
{
	zi_vmo_set_name(v, name, len);
	ZI_LOCK_SCOPE(&v->tree->lock);
	ZI_LIST_FOREACH (l, &v->node->vmos) {
		struct zi_vmo *w = ZI_CONTAINER(l, struct zi_vmo, in_node);

		if (w->koid == v->koid)
			memcpy(w->name, v->name, sizeof(w->name));
	}
}

void *zi_vmo_pinned_ptr(struct zi_vmo *v, uint64_t off)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	return zi_frame_ptr(zi_node_frame(v->node, zi_vmo_page(v, off), NULL)) +
	       (off & ZI_PAGE_MASK);
}
