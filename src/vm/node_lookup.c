/* Who holds a page, who else sees it, and how many bytes that makes. */
#include <string.h>

#include "base/assert.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/node.h"

/* Pages from pgi (at most max) to the next member of s; 0 when pgi is a member. */
static uint64_t run_clear(const struct zi_pageset *s, uint64_t pgi, uint64_t max)
{
	if (zi_pageset_is_empty(s))
		return max;
	uint64_t next = zi_pageset_next_set(s, pgi);

	return next == ZI_PAGESET_END ? max : zi_min(max, next - pgi);
}

/* Pages from member pgi (at most max) to the next non-member. */
static uint64_t run_set(const struct zi_pageset *s, uint64_t pgi, uint64_t max)
{
	return zi_min(max, zi_pageset_next_clear(s, pgi) - pgi);
}

struct zi_found zi_node_lookup(struct zi_node *n, uint64_t pgi, uint64_t max)
{
	ZI_DASSERT(max > 0);
	for (;;) {
		uint64_t run = run_clear(&n->own, pgi, max);

		if (run == 0)
			return (struct zi_found){n, pgi, run_set(&n->own, pgi, max), ZI_FOUND_OWN};
		max = run;
		run = run_clear(&n->mark, pgi, max);
		if (run == 0)
			return (struct zi_found){n, pgi, run_set(&n->mark, pgi, max),
						 ZI_FOUND_SOFT};
		max = run;
		if (n->parent == NULL || pgi >= n->parent_limit)
			return (struct zi_found){
				n, pgi, max, n->source != NULL ? ZI_FOUND_ABSENT : ZI_FOUND_SOFT};
		max = zi_min(max, n->parent_limit - pgi);
		pgi += n->parent_off;
		n = n->parent;
	}
}

/* Pages from pgi on, at most max, that n holds itself, own and marked ones in any order; 0: none. */
static uint64_t run_held(const struct zi_node *n, uint64_t pgi, uint64_t max)
{
	const uint64_t end = pgi + max;
	uint64_t p = pgi;

	while (p < end) {
		uint64_t q = zi_pageset_next_clear(&n->own, p);

		if (!zi_pageset_is_empty(&n->mark))
			q = zi_pageset_next_clear(&n->mark, q);
		if (q == p)
			break;
		p = q;
	}
	return zi_min(p, end) - pgi;
}

static struct zi_found held_here(struct zi_node *n, uint64_t pgi, uint64_t pages)
{
	bool own = run_set(&n->own, pgi, pages) == pages && zi_pageset_test(&n->own, pgi);

	return (struct zi_found){n, pgi, pages, own ? ZI_FOUND_OWN : ZI_FOUND_SOFT};
}

struct zi_found zi_node_lookup_frames(struct zi_node *n, uint64_t pgi, uint64_t max)
{
	ZI_DASSERT(max > 0);
	for (;;) {
		if (n->source != NULL)
			return (struct zi_found){n, pgi, max, ZI_FOUND_ABSENT};
		/* Past the window, and in a root, everything is the node's own affair. */
		if (n->parent == NULL || pgi >= n->parent_limit)
			return held_here(n, pgi, max);
		max = zi_min(max, n->parent_limit - pgi);
		uint64_t run = run_held(n, pgi, max);

		if (run != 0)
			return held_here(n, pgi, run);
		max = run_clear(&n->own, pgi, max);
		max = run_clear(&n->mark, pgi, max);
		pgi += n->parent_off;
		n = n->parent;
	}
}

/* First soft page of n in [first, end); `end` when there is none. */
static uint64_t next_soft(const struct zi_node *n, uint64_t first, uint64_t end)
{
	const uint64_t seen = n->parent != NULL ? n->parent_limit : 0;

	while (first < end) {
		first = zi_pageset_next_clear(&n->own, first);
		/* Below the window into the parent only markers are soft. */
		if (first >= end || first >= seen || zi_pageset_test(&n->mark, first))
			break;
		first = zi_min(zi_pageset_next_set(&n->mark, first), seen);
	}
	return zi_min(first, end);
}

/*
 * DIFFERS: a page whose only writes were stores of zeros through a mapping is not counted as committed; Zircon's scanner for zero
 * pages takes it back some time later.
 */
/* Soft pages of n among the resident frames [frame, frame+pages), the first of which holds page pgi. */
static void sync_run(struct zi_node *n, uint64_t pgi, uint64_t frame, uint64_t pages)
{
	const uint64_t end = pgi + pages;

	for (uint64_t p = next_soft(n, pgi, end); p < end; p = next_soft(n, p + 1, end)) {
		if (zi_frame_is_zero(frame + (p - pgi)))
			continue;
		/* Without memory for the bit the page stays unknown and is found again. */
		if (zi_pageset_set(&n->own, p, 1) && !zi_pageset_is_empty(&n->mark))
			zi_pageset_clear(&n->mark, p, 1);
	}
}

void zi_node_sync_soft(struct zi_node *n, uint64_t first, uint64_t pages)
{
	const uint64_t end = first + pages;

	if (!n->touched || n->source != NULL)
		return;
	for (first = next_soft(n, first, end); first < end; first = next_soft(n, first, end)) {
		uint64_t run, at, len;
		uint64_t frame = zi_node_frame(n, first, &run);

		/* Runs of resident frames are walked whole: asking per gap between own pages would ask too often. */
		run = zi_min(run, end - first);
		if (frame == 0 || !zi_frames_next_data(frame, run, &at, &len)) {
			first += run;
			continue;
		}
		first += at - frame;
		sync_run(n, first, at, len);
		first += len;
	}
}

/*
 * DIFFERS: a store through a mapping that leaves the bytes of a shared page as they were may not count as a copy of the page.
 */
/* Shadows [p, p+pages) of n stand in one run of frames, over one run of the ancestor's. Returns those compared. */
static uint64_t compare_shadows(struct zi_node *n, uint64_t p, uint64_t pages)
{
	struct zi_found up = zi_node_lookup(n->parent, p + n->parent_off, pages);
	uint64_t run, their_run;
	uint64_t mine = zi_node_frame(n, p, &run);
	uint64_t theirs = zi_node_frame(up.node, up.pgi, &their_run);

	pages = zi_min(zi_min(pages, up.pages), zi_min(run, their_run));
	uint64_t holes = theirs == 0 ? pages : zi_frames_find_data(theirs, pages);

	for (uint64_t i = 0; i < pages; i++) {
		bool same = i < holes ? zi_frame_is_zero(mine + i) :
					memcmp(zi_frame_ptr(mine + i), zi_frame_ptr(theirs + i),
					       ZI_PAGE) == 0;

		if (!same)
			zi_pageset_clear(&n->shadow, p + i, 1);
	}
	return pages;
}

void zi_node_sync_shadow(struct zi_node *n, uint64_t first, uint64_t pages)
{
	uint64_t end = first + pages;

	if (zi_pageset_is_empty(&n->shadow) || n->parent == NULL)
		return;
	for (uint64_t p = zi_pageset_next_set(&n->shadow, first); p < end;
	     p = zi_pageset_next_set(&n->shadow, p)) {
		uint64_t stop = zi_min(zi_pageset_next_clear(&n->shadow, p), end);

		p += compare_shadows(n, p, stop - p);
	}
}

/* Is page k of n, seen from above, held by n itself? Shadows are transparent. */
static bool is_held(const struct zi_node *n, uint64_t k, uint64_t *run)
{
	uint64_t r = run_clear(&n->own, k, *run);

	if (r == 0) {
		*run = run_set(&n->own, k, *run);
		r = run_clear(&n->shadow, k, *run);
		if (r == 0) {
			*run = run_set(&n->shadow, k, *run);
			return false;
		}
		*run = r;
		return true;
	}
	*run = r;
	r = run_clear(&n->mark, k, *run);
	if (r == 0) {
		*run = run_set(&n->mark, k, *run);
		return true;
	}
	*run = r;
	return false;
}

uint64_t zi_node_sharers(struct zi_node *n, uint64_t pgi, uint64_t max, uint64_t *out_run)
{
	uint64_t count = 0;

	ZI_LIST_FOREACH (l, &n->children) {
		struct zi_node *c = ZI_CONTAINER(l, struct zi_node, in_parent);

		if (pgi < c->parent_off) {
			max = zi_min(max, c->parent_off - pgi);
			continue;
		}
		uint64_t k = pgi - c->parent_off;

		if (k >= c->parent_limit)
			continue;
		max = zi_min(max, c->parent_limit - k);
		uint64_t run = max;
		bool held = is_held(c, k, &run);

		/* A shadow that somebody has written since is a page of its own: the relative has not been asked. */
		if (!held && zi_pageset_test(&c->shadow, k)) {
			zi_node_sync_shadow(c, k, run);
			held = is_held(c, k, &run);
		}
		max = run;
		if (held)
			continue;
		if (c->hidden)
			count += zi_node_sharers(c, k, max, &max);
		else
			count++;
	}
	*out_run = max;
	return count;
}

/* As lookup, but shadows are transparent; unless `visible`, a visible ancestor ends the walk (node NULL). */
static struct zi_found lookup_through(struct zi_node *n, uint64_t pgi, uint64_t max, bool visible)
{
	for (;;) {
		uint64_t run = max;
		bool held = is_held(n, pgi, &run);

		max = run;
		if (held)
			return (struct zi_found){n, pgi, max,
						 zi_pageset_test(&n->own, pgi) ? ZI_FOUND_OWN :
										 ZI_FOUND_SOFT};
		if (n->parent == NULL || pgi >= n->parent_limit)
			return (struct zi_found){
				n, pgi, max, n->source != NULL ? ZI_FOUND_ABSENT : ZI_FOUND_SOFT};
		max = zi_min(max, n->parent_limit - pgi);
		if (!visible && !n->parent->hidden)
			return (struct zi_found){NULL, 0, max, ZI_FOUND_ABSENT};
		pgi += n->parent_off;
		n = n->parent;
	}
}

struct zi_found zi_node_lookup_content(struct zi_node *n, uint64_t pgi, uint64_t max)
{
	zi_node_sync_shadow(n, pgi, max);
	struct zi_found f = lookup_through(n, pgi, max, true);

	if (f.kind == ZI_FOUND_SOFT) {
		zi_node_sync_soft(f.node, f.pgi, f.pages);
		f = lookup_through(n, pgi, f.pages, true);
	}
	return f;
}

void zi_node_attribute(struct zi_node *n, uint64_t first, uint64_t pages, struct zi_attr *out)
{
	uint64_t end = first + pages;
	/* Soft pages are looked at once up to the end: those of n, and those of the ancestor that was met last. */
	const struct zi_node *synced = NULL;
	bool self_synced = false;

	zi_node_sync_shadow(n, first, pages);
	while (first < end) {
		struct zi_found f = lookup_through(n, first, end - first, false);

		if (f.kind == ZI_FOUND_SOFT && (f.node == n ? !self_synced : f.node != synced)) {
			zi_node_sync_soft(f.node, f.pgi, zi_min(end - first, f.node->size - f.pgi));
			if (f.node == n)
				self_synced = true;
			else
				synced = f.node;
			continue;
		}
		if (f.kind == ZI_FOUND_OWN && f.node == n) {
			zi_attr_add_pages(out, f.pages, 1);
		} else if (f.kind == ZI_FOUND_OWN) {
			for (uint64_t done = 0; done < f.pages;) {
				uint64_t run;
				uint64_t sharers =
					zi_node_sharers(f.node, f.pgi + done, f.pages - done, &run);

				zi_attr_add_pages(out, run, sharers);
				done += run;
			}
		}
		first += f.pages;
	}
}

bool zi_node_has_own(struct zi_node *n, uint64_t first, uint64_t pages)
{
	if (pages == 0)
		return false;
	zi_node_sync_soft(n, first, pages);
	zi_node_sync_shadow(n, first, pages);
	if (run_clear(&n->mark, first, pages) < pages)
		return true;
	for (uint64_t p = zi_pageset_next_set(&n->own, first); p < first + pages;
	     p = zi_pageset_next_set(&n->own, p + 1)) {
		if (!zi_pageset_test(&n->shadow, p))
			return true;
		p = zi_pageset_next_clear(&n->shadow, p) - 1;
	}
	return false;
}
