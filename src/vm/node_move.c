/*
 * Frames that change their node. A page costs the kernel about as much to hand out as three copies of it cost us, so a run of pages
 * that one node gives up and another one wants goes over as it is: the extents of the two nodes are cut at the ends of the run, and
 * the pieces change their owner. A piece is a host map of its own wherever it is mapped, so short runs are copied.
 */
#include <string.h>

#include "base/assert.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/node.h"
#include "vm/trap.h"

/* Of the receiving node: they are host maps, of which a process has 65,530. */
enum { ZI_MOVE_MAX_SEGS = 1024 };

/* Below, a host map costs more than copying. */
uint64_t zi_node_move_min = 32;

/* The part of s that shows frames [frame, frame + pages) of its extent, which become an extent of their own. */
static bool part_of(const struct zi_segment *s, uint64_t frame, uint64_t pages,
		    struct zi_segment *out)
{
	uint64_t lo = zi_max(s->frame, frame), hi = zi_min(s->frame + s->pages, frame + pages);

	*out = (struct zi_segment){
		.first = s->first + (lo - s->frame),
		.pages = lo < hi ? hi - lo : 0,
		.frame = lo,
		.ext_frame = frame,
		.ext_pages = pages,
	};
	return lo < hi;
}

/* Two halves of an extent in place of it. What shows nothing is freed. False: no memory. */
static bool halve(struct zi_node *n, uint32_t i)
{
	const struct zi_segment s = n->segs[i];
	const uint64_t half = s.ext_pages / 2;
	struct zi_segment left, right;

	if (!zi_node_segs_reserve(n, n->nsegs + 1))
		return false;
	const bool has_left = part_of(&s, s.ext_frame, half, &left);
	const bool has_right = part_of(&s, s.ext_frame + half, half, &right);

	/* It may have come with resident frames that nobody has touched: the whole extent knew, its halves do not. */
	n->touched = true;
	if (!has_left || !has_right) {
		n->segs[i] = has_left ? left : right;
		zi_extent_free(has_left ? right.ext_frame : left.ext_frame, half, true);
		return true;
	}
	memmove(&n->segs[i + 2], &n->segs[i + 1], (n->nsegs - i - 1) * sizeof(n->segs[0]));
	n->segs[i] = left;
	n->segs[i + 1] = right;
	n->nsegs++;
	return true;
}

/* No segment goes on across page pgi. False: no memory, or the frames are borrowed. */
static bool cut(struct zi_node *n, uint64_t pgi)
{
	for (;;) {
		uint32_t i = zi_node_seg_find(n, pgi);

		if (i == n->nsegs || n->segs[i].first >= pgi)
			return true;
		if (n->segs[i].ext_frame == 0 || !halve(n, i))
			return false;
	}
}

/* Segments [i, i + count) are no more; their extents belong to the caller. */
static void drop_segs(struct zi_node *n, uint32_t i, uint32_t count)
{
	memmove(&n->segs[i], &n->segs[i + count], (n->nsegs - i - count) * sizeof(n->segs[0]));
	n->nsegs -= count;
}

/* Into how many extents frames [frame, frame + pages) fall when they are cut out. */
static uint32_t count_pieces(uint64_t frame, uint64_t pages)
{
	uint32_t count = 0;

	while (pages != 0) {
		uint64_t size =
			zi_min((uint64_t)1 << (63 - __builtin_clzll(pages)), frame & -frame);

		frame += size;
		pages -= size;
		count++;
	}
	return count;
}

/* Do the frames of pages [first, end) divide into few extents? Pages without frames are none. */
static bool divides_well(const struct zi_node *n, uint64_t first, uint64_t end)
{
	uint32_t count = 0;

	for (uint32_t i = zi_node_seg_find(n, first); i < n->nsegs && n->segs[i].first < end; i++) {
		const struct zi_segment *s = &n->segs[i];
		const uint64_t lo = zi_max(s->first, first), hi = zi_min(s->first + s->pages, end);

		count += count_pieces(s->frame + (lo - s->first), hi - lo);
		if (s->ext_frame == 0 || count > ZI_MOVE_PIECES)
			return false;
	}
	return true;
}

/* The segments of pages [first, end), which end there: how many, from which on. */
static uint32_t segs_between(const struct zi_node *n, uint64_t first, uint64_t end, uint32_t *out_i)
{
	const uint32_t i = zi_node_seg_find(n, first);
	uint32_t count = 0;

	while (i + count < n->nsegs && n->segs[i + count].first < end)
		count++;
	*out_i = i;
	ZI_DASSERT(count <= ZI_MOVE_PIECES);
	return count;
}

static bool can_move_out(const struct zi_node *n)
{
	return n->parent == NULL && n->nchildren == 0 && n->npins == 0 && n->source == NULL &&
	       !n->contiguous && !n->modelled && zi_pageset_is_empty(&n->stale);
}

/* New frames, which read zero, for `count` segments from s on. False: no memory, nothing changed. */
static bool renew(struct zi_segment *s, uint32_t count)
{
	struct zi_extent ext[ZI_MOVE_PIECES];

	for (uint32_t k = 0; k < count; k++) {
		if (zi_extent_alloc(s[k].ext_pages, 1, ZI_EXTENT_ZERO, &ext[k]) == ZX_OK)
			continue;
		while (k-- > 0)
			zi_extent_free(ext[k].frame, ext[k].pages, false);
		return false;
	}
	for (uint32_t k = 0; k < count; k++)
		s[k].frame = s[k].ext_frame = ext[k].frame;
	return true;
}

bool zi_node_move_out(struct zi_node *n, uint64_t first, uint64_t max, struct zi_moving *out)
{
	uint64_t run;
	uint32_t i;

	if (max < zi_node_move_min || !can_move_out(n))
		return false;
	zi_node_sync_soft(n, first, max);

	const uint64_t frame = zi_node_frame(n, first, &run);
	const uint64_t pages =
		zi_min(zi_min(zi_pageset_next_clear(&n->own, first) - first, max), run);
	const uint64_t end = first + pages;

	if (frame == 0 || pages < zi_node_move_min || !divides_well(n, first, end) ||
	    !cut(n, first) || !cut(n, end))
		return false;
	*out = (struct zi_moving){.pages = pages, .n = segs_between(n, first, end, &i)};
	memcpy(out->piece, &n->segs[i], out->n * sizeof(out->piece[0]));

	const bool mapped = zi_node_count_mappings(n, first, pages) != 0;

	if ((mapped && !renew(&n->segs[i], out->n)))
		return false;
	if (!zi_pageset_clear(&n->own, first, pages)) {
		/* Part of the bits may be gone: soft pages with frames say the same. */
		for (uint32_t k = 0; mapped && k < out->n; k++)
			zi_extent_free(n->segs[i + k].ext_frame, n->segs[i + k].ext_pages, false);
		memcpy(&n->segs[i], out->piece, out->n * sizeof(out->piece[0]));
		return false;
	}
	if (mapped) {
		/* Before anybody else has the frames: from here on nobody stores to them. */
		(void)zi_node_replace(n, first, pages, false);
	} else {
		drop_segs(n, i, out->n);
	}
	for (uint32_t k = 0; k < out->n; k++)
		out->piece[k].first -= first;
	return true;
}

bool zi_node_move_in(struct zi_node *n, uint64_t first, const struct zi_moving *in)
{
	const uint64_t end = first + in->pages;
	struct zi_segment old[ZI_MOVE_PIECES];
	uint32_t i;

	if (n->nsegs > ZI_MOVE_MAX_SEGS || !divides_well(n, first, end) || !cut(n, first) ||
	    !cut(n, end) || !zi_node_segs_reserve(n, n->nsegs + in->n))
		return false;
	zi_node_end_lingering(n, first, in->pages);

	const uint32_t nold = segs_between(n, first, end, &i);

	memcpy(old, &n->segs[i], nold * sizeof(old[0]));
	drop_segs(n, i, nold);
	memmove(&n->segs[i + in->n], &n->segs[i], (n->nsegs - i) * sizeof(n->segs[0]));
	for (uint32_t k = 0; k < in->n; k++) {
		n->segs[i + k] = in->piece[k];
		n->segs[i + k].first += first;
	}
	n->nsegs += in->n;
	n->touched = true;
	/* Where absent pages are not placed at all there is nothing to switch. */
	if (zi_trap_watches_frames())
		(void)zi_node_replace(n, first, in->pages, false);
	for (uint32_t k = 0; k < nold; k++)
		zi_extent_free(old[k].ext_frame, old[k].ext_pages, !zi_trap_watches_frames());
	return true;
}

void zi_moving_free(const struct zi_moving *m)
{
	for (uint32_t k = 0; k < m->n; k++)
		zi_extent_free(m->piece[k].ext_frame, m->piece[k].ext_pages, true);
}
