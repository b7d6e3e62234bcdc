/* Life of nodes and their frames. */
#include "vm/node.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/inject.h"
#include "base/slab.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/source.h"
#include "vm/trap.h"

/* Clearing this many stale pages by hand is cheaper than a hole punch and the faults after it. */
enum { ZI_CLEAR_BY_HAND = 64 };

/*
 * A resizable or huge node takes frames in pieces; the first piece has at least this many pages of
 * room.
 */
enum { ZI_SEGMENT_MIN = 16 };

/*
 * Frames are address space of the arena, which thousands of huge, hardly touched nodes must share.
 * A node without a past that is not too large takes one piece; any other takes pieces of 1 GiB,
 * aligned to that, where it is touched.
 */
enum { ZI_WHOLE_SHARE = 8, ZI_SEGMENT_SPARSE = 1 << 18 };

static uint64_t chunk_pages(const struct zi_node *n, uint64_t end)
{
	uint64_t whole = zi_host_caps()->max_segment_pages / ZI_WHOLE_SHARE;

	if (n->parent == NULL && zi_max(n->size, end) <= whole)
		return whole;
	return zi_min(whole, ZI_SEGMENT_SPARSE);
}

void zi_tree_ref(struct zi_tree *t)
{
	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
}

void zi_tree_unref(struct zi_tree *t)
{
	if (atomic_load_explicit(&t->refs, memory_order_acquire) != 1 &&
	    atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
		return;
	zi_source_free(t->source);
	zi_slab_free(t, sizeof(*t));
}

static struct zi_tree *tree_new(void)
{
	struct zi_tree *t = ZI_ALLOC(TREE, zi_slab_alloc(sizeof(*t)));

	if (t == NULL)
		return NULL;
	zi_lock_init(&t->lock, ZI_RANK_TREE);
	atomic_init(&t->refs, 1);
	return t;
}

struct zi_node *zi_node_new(struct zi_tree *tree, uint64_t pages)
{
	struct zi_node *n = ZI_ALLOC(NODE, zi_slab_alloc(sizeof(*n)));

	if (n == NULL)
		return NULL;
	if (tree == NULL) {
		tree = tree_new();
		if (tree == NULL) {
			zi_slab_free(n, sizeof(*n));
			return NULL;
		}
	} else {
		zi_tree_ref(tree);
	}
	n->tree = tree;
	n->size = pages;
	n->segs = &n->seg0;
	n->segs_cap = 1;
	zi_list_init(&n->children);
	zi_list_init(&n->vmos);
	zi_list_init(&n->pins);
	return n;
}

static void segs_free_array(struct zi_segment *segs, uint32_t cap)
{
	if (cap > 1)
		zi_pages_to_system(segs, cap * sizeof(*segs));
}

/* Frees all frames of the node. */
static void node_drop_frames(struct zi_node *n)
{
	for (uint32_t i = 0; i < n->nsegs; i++) {
		const struct zi_segment *s = &n->segs[i];

		if (s->ext_frame != 0)
			zi_extent_free(s->ext_frame, s->ext_pages, n->touched);
	}
	segs_free_array(n->segs, n->segs_cap);
	n->segs = &n->seg0;
	n->segs_cap = 1;
	n->nsegs = 0;
	n->touched = false;
}

void zi_node_free(struct zi_node *n)
{
	ZI_DASSERT(n->nvmos == 0 && n->nchildren == 0 && n->npins == 0);
	if (n->source != NULL)
		zi_source_root_gone(n->source);
	node_drop_frames(n);
	zi_pageset_clear_all(&n->own);
	zi_pageset_clear_all(&n->shadow);
	zi_pageset_clear_all(&n->mark);
	zi_pageset_clear_all(&n->stale);
	struct zi_tree *t = n->tree;

	zi_slab_free(n, sizeof(*n));
	/* The caller holds the tree lock and a reference of its own: this is never the last one. */
	atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel);
}

/* Index of the first segment that ends after pgi. */
uint32_t zi_node_seg_find(const struct zi_node *n, uint64_t pgi)
{
	uint32_t lo = 0, hi = n->nsegs;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (n->segs[mid].first + n->segs[mid].pages <= pgi)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

uint64_t zi_node_frame(const struct zi_node *n, uint64_t pgi, uint64_t *out_run)
{
	uint32_t i = zi_node_seg_find(n, pgi);

	if (i == n->nsegs || n->segs[i].first > pgi) {
		if (out_run != NULL)
			*out_run = i == n->nsegs ? UINT64_MAX - pgi : n->segs[i].first - pgi;
		return 0;
	}
	const struct zi_segment *s = &n->segs[i];

	if (out_run != NULL)
		*out_run = s->pages - (pgi - s->first);
	return s->frame + (pgi - s->first);
}

bool zi_node_segs_reserve(struct zi_node *n, uint32_t want)
{
	if (want <= n->segs_cap)
		return true;
	uint32_t cap = n->segs_cap == 1 ? 64 : n->segs_cap * 2;
	/* Whole host pages rather than malloc: a fork in the fault handler may come here. */
	struct zi_segment *segs = ZI_ALLOC(SEGMENTS, zi_pages_from_system(cap * sizeof(*segs)));

	if (segs == NULL)
		return false;
	memcpy(segs, n->segs, n->nsegs * sizeof(*segs));
	segs_free_array(n->segs, n->segs_cap);
	n->segs = segs;
	n->segs_cap = cap;
	return true;
}

/* One more segment at index i for pages [first, …), at most `room` of them, at least `need`. */
static zx_status_t seg_add(struct zi_node *n, uint32_t i, uint64_t first, uint64_t need,
			   uint64_t room)
{
	struct zi_extent ext;

	if (!zi_node_segs_reserve(n, n->nsegs + 1))
		return ZX_ERR_NO_MEMORY;
	/* Watched frames of absent pages must have no memory. */
	const unsigned flags = n->parent != NULL                             ? ZI_EXTENT_ANY :
			       n->source != NULL && zi_trap_watches_frames() ? ZI_EXTENT_HOLES :
									       ZI_EXTENT_ZERO;
	zx_status_t st = zi_extent_alloc(need, 1, flags, &ext);
	if (st != ZX_OK)
		return st;
	uint64_t pages = zi_min(ext.pages, room);

	memmove(&n->segs[i + 1], &n->segs[i], (n->nsegs - i) * sizeof(n->segs[0]));
	n->segs[i] = (struct zi_segment){.first = first,
					 .pages = pages,
					 .frame = ext.frame,
					 .ext_frame = ext.frame,
					 .ext_pages = ext.pages,
					 .warm = ext.warm};
	n->nsegs++;
	for (uint32_t k = 0; k < ext.nstale; k++) {
		n->touched = true;
		if (ext.stale[k].off >= pages)
			continue;
		uint64_t len = zi_min(ext.stale[k].pages, pages - ext.stale[k].off);

		if (!zi_pageset_set(&n->stale, first + ext.stale[k].off, len))
			zi_node_discard_frames(n, first + ext.stale[k].off, len);
	}
	/* What is soft already must read zero: markers and what lies beyond the parent's window. */
	if (!zi_pageset_is_empty(&n->stale)) {
		uint64_t soft_from = n->parent != NULL ? zi_max(first, n->parent_limit) : first;

		if (soft_from < first + pages)
			zi_node_clean_stale(n, soft_from, first + pages - soft_from);
		for (uint64_t p = zi_pageset_next_set(&n->mark, first); p < first + pages;) {
			uint64_t end = zi_min(zi_pageset_next_clear(&n->mark, p), first + pages);

			zi_node_clean_stale(n, p, end - p);
			p = zi_pageset_next_set(&n->mark, end);
		}
	}
	return ZX_OK;
}

zx_status_t zi_node_ensure_frames(struct zi_node *n, uint64_t first, uint64_t pages)
{
	const uint64_t chunk = chunk_pages(n, first + pages);
	uint64_t end = first + pages;

	while (first < end) {
		uint32_t i = zi_node_seg_find(n, first);

		if (i < n->nsegs && n->segs[i].first <= first) {
			first = n->segs[i].first + n->segs[i].pages;
			continue;
		}
		uint64_t lo = i > 0 ? n->segs[i - 1].first + n->segs[i - 1].pages : 0;
		uint64_t hi = i < n->nsegs ? n->segs[i].first : UINT64_MAX;
		/* The whole node in one piece where that is sane, else a chunk of it. */
		uint64_t chunk_lo = first - first % chunk;
		uint64_t start = zi_max(lo, chunk_lo);
		uint64_t node_end = zi_max(n->size, end);
		uint64_t stop = zi_min(zi_min(hi, chunk_lo + chunk),
				       zi_max(node_end, start + ZI_SEGMENT_MIN));

		if (n->nsegs == 0 && node_end <= ZI_SEGMENT_MIN)
			stop = zi_max(node_end, 1);
		zx_status_t st =
			seg_add(n, i, start, stop - start, zi_min(hi, chunk_lo + chunk) - start);
		if (st != ZX_OK)
			return st;
	}
	return ZX_OK;
}

void zi_node_discard_frames(struct zi_node *n, uint64_t first, uint64_t pages)
{
	uint64_t end = first + pages;

	if (!n->touched)
		return;
	while (first < end) {
		uint64_t run;
		uint64_t frame = zi_node_frame(n, first, &run);

		run = zi_min(run, end - first);
		if (frame != 0)
			zi_frames_discard(frame, run);
		first += run;
	}
}

void zi_node_clean_stale(struct zi_node *n, uint64_t first, uint64_t pages)
{
	uint64_t end = first + pages;

	if (zi_pageset_is_empty(&n->stale))
		return;
	for (uint64_t p = zi_pageset_next_set(&n->stale, first); p < end;
	     p = zi_pageset_next_set(&n->stale, p)) {
		uint64_t stop = zi_min(zi_pageset_next_clear(&n->stale, p), end);

		if (stop - p > ZI_CLEAR_BY_HAND) {
			zi_node_discard_frames(n, p, stop - p);
		} else {
			for (uint64_t q = p; q < stop; q++)
				memset(zi_frame_ptr(zi_node_frame(n, q, NULL)), 0, ZI_PAGE);
		}
		/* Out of memory here leaves the bit set: the page is merely cleared once more. */
		if (!zi_pageset_clear(&n->stale, p, stop - p))
			p = stop;
	}
}

bool zi_node_is_pinned(const struct zi_node *n, uint64_t first, uint64_t pages)
{
	if (n->npins == 0)
		return false;
	ZI_LIST_FOREACH (l, &n->pins) {
		const struct zi_pin *pin = ZI_CONTAINER(l, struct zi_pin, link);

		if (pin->first < first + pages && first < pin->first + pin->pages)
			return true;
	}
	return false;
}
