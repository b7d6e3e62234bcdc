/* Snapshot and live clones of nodes. */
#include "base/assert.h"
#include "base/slab.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/node.h"
#include "vm/vmo.h"

static void link_child(struct zi_node *parent, struct zi_node *child, uint64_t off, uint64_t limit)
{
	child->parent = parent;
	child->parent_off = off;
	child->parent_limit = limit;
	child->root_off = parent->root_off + off;
	zi_list_add_tail(&parent->children, &child->in_parent);
	parent->nchildren++;
}

/* n's frames and page sets go to the fresh hidden node h, which takes n's place under n's parent. */
static void push_down(struct zi_node *n, struct zi_node *h)
{
	h->hidden = true;
	h->size = n->size;
	h->touched = n->touched;
	h->seg0 = n->seg0;
	h->segs = n->segs == &n->seg0 ? &h->seg0 : n->segs;
	h->nsegs = n->nsegs;
	h->segs_cap = n->segs_cap;
	h->own = n->own;
	h->shadow = n->shadow;
	h->mark = n->mark;
	h->stale = n->stale;
	n->segs = &n->seg0;
	n->nsegs = 0;
	n->segs_cap = 1;
	n->touched = false;
	n->own = n->shadow = n->mark = n->stale = (struct zi_pageset){0};

	h->root_off = n->root_off;
	if (n->parent != NULL) {
		struct zi_node *up = n->parent;

		h->parent = up;
		h->parent_off = n->parent_off;
		h->parent_limit = n->parent_limit;
		zi_list_insert_before(&n->in_parent, &h->in_parent);
		zi_list_del(&n->in_parent);
		n->parent = NULL;
	}
	link_child(h, n, 0, n->size);
}

zx_status_t zi_node_clone(struct zi_node *n, uint64_t off, uint64_t pages, bool bidirectional,
			  struct zi_node **out_node)
{
	uint64_t limit = off < n->size ? zi_min(off + pages, n->size) - off : 0;
	struct zi_node *q = n;

	if (bidirectional && n->npins != 0)
		return ZX_ERR_BAD_STATE;
	/* Climb while nothing in between holds content of the window. */
	while (q->parent != NULL) {
		if (bidirectional && !q->parent->hidden)
			break;
		if (limit != 0 && zi_node_has_own(q, off, limit))
			break;
		uint64_t seen = zi_min(off + limit, q->parent_limit);

		limit = seen > off ? seen - off : 0;
		off += q->parent_off;
		q = q->parent;
	}
	if (bidirectional &&
	    (n->source != NULL || n->nchildren != 0 ||
	     (q->parent != NULL && !q->hidden && !q->parent->hidden && q->parent->parent != NULL)))
		return ZX_ERR_NOT_SUPPORTED;

	struct zi_node *c = zi_node_new(n->tree, pages);

	if (c == NULL)
		return ZX_ERR_NO_MEMORY;
	if (bidirectional && q == n) {
		struct zi_node *h = zi_node_new(n->tree, n->size);
		zx_status_t st =
			h == NULL ? ZX_ERR_NO_MEMORY : zi_node_write_protect(n, 0, n->size);

		if (st != ZX_OK) {
			if (h != NULL)
				zi_node_free(h);
			zi_node_free(c);
			return st;
		}
		/* Nobody can write now: which shadows differ is settled for good. */
		zi_node_sync_shadow(n, 0, n->size);
		push_down(n, h);
		q = h;
	}
	link_child(q, c, off, limit);
	*out_node = c;
	return ZX_OK;
}
