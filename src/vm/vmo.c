/* VMOs: making, ending, names, the family of parents and children. */
#include "vm/vmo.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/inject.h"
#include "base/koid.h"
#include "base/slab.h"
#include "host/host.h"
#include "vm/vm.h"
#include "vm/vmo_i.h"

void zi_vmo_ref(struct zi_vmo *v)
{
	atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
}

struct zi_stream_size *zi_stream_size_new(void)
{
	struct zi_stream_size *s = ZI_ALLOC(STREAM_SIZE, zi_slab_alloc(sizeof(*s)));

	if (s == NULL)
		return NULL;
	s->refs = 1;
	zi_list_init(&s->changes);
	zi_list_init(&s->reads);
	return s;
}

struct zi_vmo *zi_vmo_new(enum zi_vmo_kind kind, struct zi_node *node)
{
	struct zi_vmo *v = ZI_ALLOC(VMO, zi_slab_alloc(sizeof(*v)));

	if (v == NULL)
		return NULL;
	atomic_init(&v->refs, 1);
	v->kind = kind;
	v->koid = zi_koid_next();
	v->tree = node->tree;
	zi_tree_ref(v->tree);
	v->node = node;
	zi_list_init(&v->mappings);
	zi_list_init(&v->children);
	zi_list_add_tail(&node->vmos, &v->in_node);
	node->nvmos++;
	return v;
}

void zi_vmo_adopt(struct zi_vmo *parent, struct zi_vmo *child)
{
	child->parent = parent;
	zi_list_add_tail(&parent->children, &child->in_parent);
	if (parent->nchildren++ == 0 && parent->on_zero_children != NULL)
		parent->on_zero_children(parent->zero_children_ctx, false);
}

/* The children of a dying VMO go to its own parent; then it leaves that parent. */
static void leave_family(struct zi_vmo *v)
{
	struct zi_vmo *up = v->parent;

	ZI_LIST_FOREACH_SAFE (l, &v->children) {
		struct zi_vmo *c = ZI_CONTAINER(l, struct zi_vmo, in_parent);

		zi_list_del(l);
		c->parent = up;
		if (up != NULL) {
			zi_list_add_tail(&up->children, &c->in_parent);
			up->nchildren++;
		}
	}
	if (up == NULL)
		return;
	zi_list_del(&v->in_parent);
	if (--up->nchildren == 0 && up->on_zero_children != NULL)
		up->on_zero_children(up->zero_children_ctx, true);
}

void zi_vmo_unref(struct zi_vmo *v)
{
	/* Whoever sees its own reference alone need not count it down: nobody can add another. */
	if (v == NULL || (atomic_load_explicit(&v->refs, memory_order_acquire) != 1 &&
			  atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1))
		return;
	struct zi_tree *tree = v->tree;
	struct zi_vmo *keep = v->keep_parent;
	/*
	 * References of this VMO and of its node only: no relative, no mapping, no fault can come here any more. The end of a pager can: it
	 * finds its trees by itself.
	 */
	const bool alone = tree->source == NULL &&
			   atomic_load_explicit(&tree->refs, memory_order_acquire) == 2;

	if (!alone)
		zi_lock(&tree->lock);
	ZI_DASSERT(v->nmappings == 0);
	leave_family(v);
	if (v->stream != NULL && --v->stream->refs == 0)
		zi_slab_free(v->stream, sizeof(*v->stream));
	struct zi_node *n = v->node;

	zi_list_del(&v->in_node);
	n->nvmos--;
	zi_slab_free(v, sizeof(*v));
	zi_node_orphaned(n);
	if (!alone)
		zi_unlock(&tree->lock);
	zi_tree_unref(tree);
	zi_vmo_unref(keep);
}

zx_status_t zi_vmo_create(uint64_t size, uint32_t options, struct zi_vmo **out_vmo)
{
	const bool unbounded = (options & ZX_VMO_UNBOUNDED) != 0;
	uint64_t bytes;

	if (unbounded && (options & ZX_VMO_RESIZABLE) != 0)
		return ZX_ERR_INVALID_ARGS;
	if (!zi_page_up_checked(size, &bytes) && !unbounded)
		return ZX_ERR_OUT_OF_RANGE;
	if ((options & ~(ZX_VMO_RESIZABLE | ZX_VMO_DISCARDABLE | ZX_VMO_UNBOUNDED)) != 0)
		return ZX_ERR_INVALID_ARGS;
	if (unbounded) {
		bytes = ZI_VMO_MAX_SIZE;
		if (size > bytes && !zi_behaviour_2025())
			return ZX_ERR_OUT_OF_RANGE;
	}
	if (bytes > ZI_VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	zx_status_t st = zi_vm_start();

	if (st != ZX_OK)
		return st;
	struct zi_node *n = zi_node_new(NULL, bytes >> ZI_PAGE_SHIFT);

	if (n == NULL)
		return ZX_ERR_NO_MEMORY;
	struct zi_vmo *v = zi_vmo_new(ZI_VMO_PAGED, n);

	if (v != NULL && (size != bytes)) {
		v->stream = zi_stream_size_new();
		if (v->stream == NULL) {
			zi_vmo_unref(v);
			return ZX_ERR_NO_MEMORY;
		}
		v->stream->set = true;
		v->stream->bytes = size;
	}
	if (v == NULL) {
		struct zi_tree *t = n->tree;

		zi_tree_ref(t);
		zi_node_free(n);
		zi_tree_unref(t);
		return ZX_ERR_NO_MEMORY;
	}
	v->resizable = (options & ZX_VMO_RESIZABLE) != 0;
	v->discardable = (options & ZX_VMO_DISCARDABLE) != 0;
	v->unbounded = unbounded;
	*out_vmo = v;
	return ZX_OK;
}

void zi_vmo_set_children_hook(struct zi_vmo *v, void (*fn)(void *ctx, bool zero), void *ctx)
{
	/* No lock: the hook is called for v only once it has children, and nobody can give it any yet. */
	v->zero_children_ctx = ctx;
	v->on_zero_children = fn;
}

void zi_vmo_unhook_unref(struct zi_vmo *v)
{
	/* The last reference ends the VMO: there is nothing left that could call the hook. */
	if (atomic_load_explicit(&v->refs, memory_order_acquire) != 1) {
		ZI_LOCK_SCOPE(&v->tree->lock);
		v->on_zero_children = NULL;
	}
	zi_vmo_unref(v);
}

void zi_vmo_get_name(struct zi_vmo *v, char out_name[ZX_MAX_NAME_LEN])
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	memcpy(out_name, v->name, ZX_MAX_NAME_LEN);
}

void zi_vmo_set_name(struct zi_vmo *v, const char *name, size_t len)
{
	char buf[ZX_MAX_NAME_LEN] = {0};

	if (len > ZX_MAX_NAME_LEN - 1)
		len = ZX_MAX_NAME_LEN - 1;
	memcpy(buf, name, strnlen(name, len));
	ZI_LOCK_SCOPE(&v->tree->lock);
	memcpy(v->name, buf, ZX_MAX_NAME_LEN);
}
