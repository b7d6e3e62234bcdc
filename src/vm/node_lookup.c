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
			return (struct zi_found){ n, pgi, run_set(&n->own, pgi, max), ZI_FOUND_OWN };
		max = run;
		run = run_clear(&n->mark, pgi, max);
		if (run == 0)
			return (struct zi_found){ n, pgi, run_set(&n->mark, pgi, max),
						  ZI_FOUND_SOFT };
		max = run;
		if (n->parent == NULL || pgi >= n->parent_limit)
			return (struct zi_found){ n, pgi, max,
						  n->source != NULL ? ZI_FOUND_ABSENT :
								      ZI_FOUND_SOFT };
		max = zi_min(max, n->parent_limit - pgi);
		pgi += n->parent_off;
		n = n->parent;
	}
}

void zi_node_sync_soft(struct zi_node *n, uint64_t first, uint64_t pages)
{
	uint64_t end = first + pages;

	if (!n->touched || n->source != NULL)
		return;
	while (first < end) {
		uint64_t run = run_clear(&n->own, first, end - first);

		if (run == 0) {
			first += run_set(&n->own, first, end - first);
			continue;
		}
		/* Below the window only markers are soft. */
		if (n->parent != NULL && first < n->parent_limit) {
			uint64_t skip = run_clear(&n->mark, first, run);

			if (skip != 0) {
				first += zi_min(skip, n->parent_limit - first);
				continue;
			}
			run = zi_min(run_set(&n->mark, first, run), n->parent_limit - first);
		}
		uint64_t frames;
		uint64_t frame = zi_node_frame(n, first, &frames);

		run = zi_min(run, frames);
		uint64_t at, len;

		if (frame == 0 || !zi_frames_next_data(frame, run, &at, &len)) {
			first += run;
			continue;
		}
		first += at - frame;
		for (uint64_t i = 0; i < len; i++) {
			if (zi_frame_is_zero(at + i))
				continue;
			/* Without memory for the bit the page stays unknown and is found again. */
			if (zi_pageset_set(&n->own, first + i, 1) &&
			    zi_pageset_test(&n->mark, first + i))
				zi_pageset_clear(&n->mark, first + i, 1);
		}
		first += len;
	}
}

void zi_node_sync_shadow(struct zi_node *n, uint64_t first, uint64_t pages)
{
	uint64_t end = first + pages;

	if (zi_pageset_is_empty(&n->shadow) || n->parent == NULL)
		return;
	for (uint64_t p = zi_pageset_next_set(&n->shadow, first); p < end;
	     p = zi_pageset_next_set(&n->shadow, p + 1)) {
		struct zi_found up = zi_node_lookup(n->parent, p + n->parent_off, 1);
		uint64_t mine = zi_node_frame(n, p, NULL);
		uint64_t theirs = zi_node_frame(up.node, up.pgi, NULL);
		uint64_t at, len;
		bool same;

		if (theirs == 0 || !zi_frames_next_data(theirs, 1, &at, &len))
			same = !zi_frames_next_data(mine, 1, &at, &len) || zi_frame_is_zero(mine);
		else
			same = memcmp(zi_frame_ptr(mine), zi_frame_ptr(theirs), ZI_PAGE) == 0;
		if (!same)
			zi_pageset_clear(&n->shadow, p, 1);
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

	ZI_LIST_FOREACH(l, &n->children) {
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

/* As lookup, but shadows are transparent, and a visible ancestor ends the walk (node NULL). */
static struct zi_found lookup_counted(struct zi_node *n, uint64_t pgi, uint64_t max)
{
	for (;;) {
		uint64_t run = max;
		bool held = is_held(n, pgi, &run);

		max = run;
		if (held)
			return (struct zi_found){ n, pgi, max,
						  zi_pageset_test(&n->own, pgi) ? ZI_FOUND_OWN :
										  ZI_FOUND_SOFT };
		if (n->parent == NULL || pgi >= n->parent_limit)
			return (struct zi_found){ n, pgi, max,
						  n->source != NULL ? ZI_FOUND_ABSENT :
								      ZI_FOUND_SOFT };
		max = zi_min(max, n->parent_limit - pgi);
		if (!n->parent->hidden)
			return (struct zi_found){ NULL, 0, max, ZI_FOUND_ABSENT };
		pgi += n->parent_off;
		n = n->parent;
	}
}

void zi_node_attribute(struct zi_node *n, uint64_t first, uint64_t pages, struct zi_attr *out)
{
	uint64_t end = first + pages;
	uint64_t synced = 0; /* soft runs below this page have been looked at */

	zi_node_sync_shadow(n, first, pages);
	while (first < end) {
		struct zi_found f = lookup_counted(n, first, end - first);

		if (f.kind == ZI_FOUND_SOFT && f.node != NULL && first >= synced) {
			zi_node_sync_soft(f.node, f.pgi, f.pages);
			synced = first + f.pages;
			continue;
		}
		if (f.kind == ZI_FOUND_OWN && f.node == n) {
			zi_attr_add_pages(out, f.pages, 1);
		} else if (f.kind == ZI_FOUND_OWN) {
			for (uint64_t done = 0; done < f.pages;) {
				uint64_t run;
				uint64_t sharers = zi_node_sharers(f.node, f.pgi + done,
								   f.pages - done, &run);

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
