/* Zeroing, decommitting and resizing nodes. */
#include <string.h>

#include "base/assert.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/node.h"

static void clear_in_place(struct zi_node *n, uint64_t first, uint64_t pages)
{
	for (uint64_t p = first; p < first + pages; p++) {
		uint64_t frame = zi_node_frame(n, p, NULL);

		if (frame != 0)
			memset(zi_frame_ptr(frame), 0, ZI_PAGE);
	}
}

/* A run with one answer, none of it pinned. */
static zx_status_t zero_run(struct zi_node *n, uint64_t first, struct zi_found f)
{
	const bool hides = n->parent != NULL && first < n->parent_limit;

	if (f.node == n && f.kind == ZI_FOUND_SOFT) {
		zi_node_discard_frames(n, first, f.pages);
		return ZX_OK;
	}
	if (f.node == n && f.kind == ZI_FOUND_OWN) {
		uint64_t marked = hides ? zi_min(f.pages, n->parent_limit - first) : 0;

		if (marked != 0 && !zi_pageset_set(&n->mark, first, marked))
			return ZX_ERR_NO_MEMORY;
		if (!zi_pageset_clear(&n->own, first, f.pages))
			return ZX_ERR_NO_MEMORY;
		if (!zi_pageset_is_empty(&n->shadow))
			zi_pageset_clear(&n->shadow, first, f.pages);
		/* The mappings show these very frames: a hole reads zero through all of them. */
		zi_node_discard_frames(n, first, f.pages);
		return ZX_OK;
	}
	/* Seen in an ancestor, or absent in one: a marker hides it. */
	if (!zi_pageset_set(&n->mark, first, f.pages))
		return ZX_ERR_NO_MEMORY;
	zi_node_clean_stale(n, first, f.pages);
	zx_status_t st = zi_node_replace(n, first, f.pages, false);

	if (f.node->hidden)
		zi_node_prune(f.node, f.pgi, f.pages);
	return st;
}

zx_status_t zi_node_zero(struct zi_node *n, uint64_t first, uint64_t pages)
{
	uint64_t end = first + pages;

	if (n->contiguous) {
		clear_in_place(n, first, pages);
		return ZX_OK;
	}
	while (first < end) {
		uint64_t max = end - first;

		if (n->npins != 0) {
			if (zi_node_is_pinned(n, first, 1)) {
				clear_in_place(n, first, 1);
				first++;
				continue;
			}
			max = 1;
		}
		struct zi_found f = zi_node_lookup(n, first, max);
		zx_status_t st = zero_run(n, first, f);

		if (st != ZX_OK)
			return st;
		first += f.pages;
	}
	return ZX_OK;
}

void zi_node_decommit(struct zi_node *n, uint64_t first, uint64_t pages)
{
	ZI_DASSERT(n->parent == NULL && n->source == NULL);
	zi_node_discard_frames(n, first, pages);
	/* Without memory to split a full set the pages stay counted, and read zero all the same. */
	zi_pageset_clear(&n->own, first, pages);
}

void zi_node_release(struct zi_node *n, uint64_t first)
{
	const uint64_t rest = ((uint64_t)1 << 52) - first;
	uint64_t seen_end = n->parent != NULL ? n->parent_limit : 0;

	zi_node_discard_frames(n, first, n->size > first ? n->size - first : 0);
	zi_pageset_clear(&n->own, first, rest);
	zi_pageset_clear(&n->shadow, first, rest);
	zi_pageset_clear(&n->mark, first, rest);
	zi_pageset_clear(&n->stale, first, rest);
	if (n->parent != NULL && seen_end > first) {
		n->parent_limit = first;
		if (n->parent->hidden)
			zi_node_prune(n->parent, first + n->parent_off, seen_end - first);
	}
}

zx_status_t zi_node_resize(struct zi_node *n, uint64_t pages)
{
	uint64_t old = n->size;

	if (pages > old) {
		n->size = pages;
		zx_status_t st = zi_node_replace(n, old, pages - old, false);

		if (st == ZX_OK)
			return ZX_OK;
		/* A mapping could neither be placed nor given up; what others show already goes. */
		n->size = old;
		(void)zi_node_replace(n, old, pages - old, false);
		return st;
	}
	if (pages == old)
		return ZX_OK;
	/* Children of a pager node lose sight of what goes, for good. */
	ZI_LIST_FOREACH (l, &n->children) {
		struct zi_node *c = ZI_CONTAINER(l, struct zi_node, in_parent);
		uint64_t limit = pages > c->parent_off ? pages - c->parent_off : 0;

		if (c->parent_limit <= limit)
			continue;
		uint64_t lost = c->parent_limit - limit;

		c->parent_limit = limit;
		zi_node_clean_stale(c, limit, lost);
		zi_node_replace(c, limit, lost, false);
	}
	n->size = pages;
	zi_node_replace(n, pages, old - pages, false);
	n->size = old; /* release frees up to the old end */
	zi_node_release(n, pages);
	n->size = pages;
	return ZX_OK;
}
