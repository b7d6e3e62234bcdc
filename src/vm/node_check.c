/* Full walk over a tree of nodes: every relation of node.h holds. Tree lock held. */
#include "base/assert.h"
#include "base/span.h"
#include "vm/dirty.h"
#include "vm/mapping_i.h"
#include "vm/node.h"
#include "vm/vmo.h"

/* No member of a lies outside of b (inside) or inside of b (!inside). By runs: markers may cover all of a huge node. */
static bool relates(const struct zi_pageset *a, const struct zi_pageset *b, bool inside)
{
	for (uint64_t p = zi_pageset_next_set(a, 0); p != ZI_PAGESET_END;) {
		uint64_t end = zi_pageset_next_clear(a, p);
		uint64_t bad = inside ? zi_pageset_next_clear(b, p) : zi_pageset_next_set(b, p);

		if (bad < end)
			return false;
		p = zi_pageset_next_set(a, end);
	}
	return true;
}

static bool check_frames(const struct zi_node *n)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < n->nsegs; i++) {
		if (n->segs[i].first < end || n->segs[i].pages == 0)
			return false;
		end = n->segs[i].first + n->segs[i].pages;
	}
	for (uint64_t p = zi_pageset_next_set(&n->own, 0); p != ZI_PAGESET_END;
	     p = zi_pageset_next_set(&n->own, p + 1))
		if (zi_node_frame(n, p, NULL) == 0)
			return false;
	return true;
}

static bool check_sets(const struct zi_node *n)
{
	uint64_t seen = n->parent != NULL ? n->parent_limit : 0;

	if (!zi_pageset_check(&n->own) || !zi_pageset_check(&n->mark) ||
	    !zi_pageset_check(&n->shadow) || !zi_pageset_check(&n->stale))
		return false;
	/* Old bytes never stand where a page is own or soft. */
	if (!relates(&n->shadow, &n->own, true) || !relates(&n->mark, &n->own, false) ||
	    !relates(&n->stale, &n->own, false) || !relates(&n->stale, &n->mark, false))
		return false;
	if (zi_pageset_next_set(&n->stale, seen) < n->size && n->source == NULL)
		return false;
	return zi_pageset_next_set(&n->shadow, seen) == ZI_PAGESET_END;
}

static bool check_views(const struct zi_node *n)
{
	uint32_t views = 0;

	ZI_LIST_FOREACH (l, &n->vmos) {
		const struct zi_vmo *v = ZI_CONTAINER(l, struct zi_vmo, in_node);
		uint64_t mappings = 0, children = 0;

		views++;
		if (v->node != n || v->tree != n->tree)
			return false;
		if (v->slice && v->base + v->window > n->size << ZI_PAGE_SHIFT)
			return false;
		ZI_LIST_FOREACH (k, &v->mappings) {
			if (ZI_CONTAINER(k, struct zi_mapping, in_vmo)->vmo != v)
				return false;
			mappings++;
		}
		ZI_LIST_FOREACH (k, &v->children) {
			if (ZI_CONTAINER(k, struct zi_vmo, in_parent)->parent != v)
				return false;
			children++;
		}
		if (mappings != v->nmappings || children != v->nchildren)
			return false;
	}
	return views == n->nvmos;
}

static bool check_node(const struct zi_node *n)
{
	uint32_t children = 0;
	uint64_t pins = 0;

	if (!check_sets(n) || !check_frames(n) || !check_views(n))
		return false;
	if (n->source != NULL && (n->parent != NULL || !zi_pages_check(n)))
		return false;
	if (n->hidden && (n->nvmos != 0 || n->nchildren == 0 || n->npins != 0))
		return false;
	/* Without a pager a visible node is a leaf. */
	if (!n->hidden && n->nchildren != 0) {
		const struct zi_node *root = n;

		while (root->parent != NULL)
			root = root->parent;
		if (root->source == NULL)
			return false;
	}
	if (n->parent != NULL && n->parent_limit > n->size)
		return false;
	ZI_LIST_FOREACH (l, &n->pins) {
		const struct zi_pin *p = ZI_CONTAINER(l, struct zi_pin, link);

		pins++;
		if (zi_pageset_count(&n->own, p->first, p->pages) != p->pages)
			return false;
	}
	if (pins != n->npins)
		return false;
	ZI_LIST_FOREACH (l, &n->children) {
		const struct zi_node *c = ZI_CONTAINER(l, struct zi_node, in_parent);

		children++;
		if (c->parent != n || c->tree != n->tree || !check_node(c))
			return false;
	}
	return children == n->nchildren;
}

bool zi_node_check_tree(struct zi_node *any)
{
	while (any->parent != NULL)
		any = any->parent;
	return check_node(any);
}
