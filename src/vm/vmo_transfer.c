/*
 * zx_vmo_transfer_data: the pages of the source are taken into a node of their own, the source
 * reads zero from then on, and only then the destination is looked at: a late error loses the data,
 * as on Zircon. One tree lock at a time.
 */
#include <string.h>

#include "base/assert.h"
#include "base/slab.h"
#include "host/host.h"
#include "vm/vm.h"
#include "vm/vmo_i.h"

static void copy_frame(struct zi_node *dst, uint64_t to, const struct zi_node *src, uint64_t from)
{
	dst->touched = true;
	memcpy(zi_frame_ptr(zi_node_frame(dst, to, NULL)),
	       zi_frame_ptr(zi_node_frame(src, from, NULL)), ZI_PAGE);
}

/* Content of [first, first+pages) of n, own or seen in an ancestor, is copied to `bag`. */
static zx_status_t fill(struct zi_node *bag, struct zi_node *n, uint64_t first, uint64_t pages)
{
	for (uint64_t done = 0; done < pages;) {
		struct zi_found f = zi_node_lookup_content(n, first + done, pages - done);

		if (f.kind == ZI_FOUND_ABSENT)
			return ZX_ERR_BAD_STATE;
		if (f.kind == ZI_FOUND_SOFT) {
			done += f.pages;
			continue;
		}
		zx_status_t st = zi_node_own(bag, done, f.pages);

		if (st != ZX_OK)
			return st;
		for (uint64_t i = 0; i < f.pages; i++)
			copy_frame(bag, done + i, f.node, f.pgi + i);
		done += f.pages;
	}
	return ZX_OK;
}

/* Rows 7-9 and 11-13: range, pager root, pins. */
static zx_status_t check_end(const struct zi_vmo *v, uint64_t off, uint64_t len)
{
	if (off + len < off || (v->slice && !zi_in_range(off, len, v->window)))
		return ZX_ERR_OUT_OF_RANGE;
	if (len == 0)
		return ZX_OK;
	if (!zi_in_range(off, len, zi_vmo_size_locked(v)))
		return ZX_ERR_OUT_OF_RANGE;
	if (v->node->source != NULL)
		return ZX_ERR_NOT_SUPPORTED;
	if (zi_node_is_pinned(v->node, zi_vmo_page(v, off), len >> ZI_PAGE_SHIFT))
		return ZX_ERR_BAD_STATE;
	return ZX_OK;
}

/* A clone may have to ask the pager of its root first. */
static zx_status_t ready(struct zi_node *n, uint64_t first, uint64_t pages,
			 struct zi_page_wait *wait)
{
	uint64_t got;

	for (uint64_t done = 0; done < pages; done += got) {
		zx_status_t st = zi_node_ready(n, ZI_EV_READ, first + done, pages - done,
					       pages - done, wait, &got);

		if (st != ZX_OK)
			return st;
	}
	return ZX_OK;
}

static zx_status_t take(struct zi_vmo *src, uint64_t off, uint64_t len, struct zi_node *bag,
			struct zi_page_wait *wait)
{
	ZI_LOCK_SCOPE(&src->tree->lock);
	uint64_t first = zi_vmo_page(src, off), pages = len >> ZI_PAGE_SHIFT;
	zx_status_t st = check_end(src, off, len);

	if (st != ZX_OK || len == 0)
		return st;
	st = ready(src->node, first, pages, wait);
	if (st == ZX_OK)
		st = fill(bag, src->node, first, pages);
	if (st != ZX_OK)
		return st;
	st = zi_node_zero(src->node, first, pages);
	if (st != ZX_OK || !zi_behaviour_2025() || src->node->parent == NULL)
		return st;
	/* The 2025 kernel left a committed zero page behind wherever the source had relatives. */
	for (uint64_t p = zi_pageset_next_set(&bag->own, 0); p < pages && st == ZX_OK;
	     p = zi_pageset_next_set(&bag->own, p + 1))
		st = zi_node_own(src->node, first + p, 1);
	return st;
}

static zx_status_t put(struct zi_vmo *dst, uint64_t off, uint64_t len, struct zi_node *bag)
{
	ZI_LOCK_SCOPE(&dst->tree->lock);
	uint64_t first = zi_vmo_page(dst, off), pages = len >> ZI_PAGE_SHIFT;
	zx_status_t st = check_end(dst, off, len);

	if (st != ZX_OK || len == 0)
		return st;
	st = zi_node_zero(dst->node, first, pages);
	for (uint64_t p = zi_pageset_next_set(&bag->own, 0); p < pages && st == ZX_OK;
	     p = zi_pageset_next_set(&bag->own, p + 1)) {
		st = zi_node_own(dst->node, first + p, 1);
		if (st == ZX_OK)
			copy_frame(dst->node, first + p, bag, p);
	}
	return st;
}

zx_status_t zi_vmo_transfer(struct zi_vmo *dst, uint64_t off, uint64_t len, struct zi_vmo *src,
			    uint64_t src_off)
{
	if (dst == src && off == src_off)
		return ZX_OK;
	if (src->kind != ZI_VMO_PAGED)
		return ZX_ERR_NOT_SUPPORTED;
	struct zi_node *bag = zi_node_new(NULL, len >> ZI_PAGE_SHIFT);

	if (bag == NULL)
		return ZX_ERR_NO_MEMORY;
	struct zi_tree *tree = bag->tree;

	zi_tree_ref(tree);
	struct zi_page_wait wait = {0};
	zx_status_t st;

	do {
		st = take(src, src_off, len, bag, &wait);
	} while (zi_page_wait_again(&wait, &st));
	zi_page_wait_done(&wait);

	if (st == ZX_OK)
		st = dst->kind != ZI_VMO_PAGED ? ZX_ERR_NOT_SUPPORTED : put(dst, off, len, bag);
	zi_node_free(bag);
	zi_tree_unref(tree);
	return st;
}
