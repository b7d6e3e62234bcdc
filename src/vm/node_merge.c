/*
 * Death of nodes. A hidden node that is left with one child merges with it: the child takes the hidden node's frames over and
 * brings its own few pages along, or, when the hidden node has less to bring, the other way round.
 */
#include <string.h>

#include "base/assert.h"
#include "base/slab.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/node.h"

/* A child with at most this many own pages moves without counting what the hidden node holds. */
enum { ZI_MERGE_FEW = 64 };

void zi_node_prune(struct zi_node *n, uint64_t first, uint64_t pages)
{
	uint64_t end = first + pages;

	while (first < end) {
		uint64_t run;

		if (zi_node_sharers(n, first, end - first, &run) != 0) {
			first += run;
			continue;
		}
		/* Nobody sees these pages of n, be they its own or an ancestor's seen through it. */
		for (uint64_t p = first; p < first + run;) {
			struct zi_found f = zi_node_lookup(n, p, first + run - p);

			if (f.node == n) {
				zi_node_discard_frames(n, p, f.pages);
				zi_pageset_clear(&n->own, p, f.pages);
				zi_pageset_clear(&n->shadow, p, f.pages);
				zi_pageset_clear(&n->stale, p, f.pages);
			} else if (n->parent != NULL && n->parent->hidden) {
				zi_node_prune(n->parent, p + n->parent_off, f.pages);
			}
			p += f.pages;
		}
		first += run;
	}
}

/* Copies one page between frames; the destination frame exists. */
static void copy_frame(struct zi_node *dst, uint64_t to, const struct zi_node *src, uint64_t from)
{
	uint64_t d = zi_node_frame(dst, to, NULL), s = zi_node_frame(src, from, NULL);

	dst->touched = true;
	memcpy(zi_frame_ptr(d), zi_frame_ptr(s), ZI_PAGE);
	zi_pageset_clear(&dst->stale, to, 1);
}

/* The pages of `v` with bytes of their own, which must come along when its frames go. */
static bool next_own(struct zi_node *v, uint64_t *pgi)
{
	uint64_t p = zi_pageset_next_set(&v->own, *pgi);

	while (p < v->size && zi_pageset_test(&v->shadow, p))
		p = zi_pageset_next_set(&v->own, p + 1);
	*pgi = p;
	return p < v->size;
}

/* The sets of pages of a merged node. */
struct sets {
	struct zi_pageset own, mark, shadow, stale;
};

/*
 * u's sets as v will have them. Where both count pages alike they are u's themselves, changed in place: nobody but v looks at u, and
 * v does not look where it holds pages itself, so that changes made in vain do no harm.
 */
static bool sets_begin(struct zi_node *u, const struct zi_node *v, struct sets *copy,
		       struct zi_pageset *out[3])
{
	const uint64_t d = v->parent_off, window = v->parent_limit;
	const uint64_t rest = ((uint64_t)1 << 52) - window;

	if (d == 0) {
		out[0] = &u->own, out[1] = &u->mark, out[2] = &u->shadow;
		return zi_pageset_clear(&u->own, window, rest) &&
		       zi_pageset_clear(&u->mark, window, rest) &&
		       zi_pageset_clear(&u->shadow, window, rest);
	}
	out[0] = &copy->own, out[1] = &copy->mark, out[2] = &copy->shadow;
	return zi_pageset_copy(&copy->own, 0, &u->own, d, window) &&
	       zi_pageset_copy(&copy->mark, 0, &u->mark, d, window) &&
	       zi_pageset_copy(&copy->shadow, 0, &u->shadow, d, window);
}

/* The prepared sets become v's. */
static void sets_finish(struct zi_node *u, struct zi_node *v, struct sets *copy)
{
	zi_pageset_clear_all(&v->own);
	zi_pageset_clear_all(&v->mark);
	zi_pageset_clear_all(&v->shadow);
	zi_pageset_clear_all(&v->stale);
	v->stale = copy->stale;
	if (v->parent_off != 0) {
		v->own = copy->own;
		v->mark = copy->mark;
		v->shadow = copy->shadow;
		return;
	}
	v->own = u->own;
	v->mark = u->mark;
	v->shadow = u->shadow;
	u->own = u->mark = u->shadow = (struct zi_pageset){0};
}

static void sets_drop(struct sets *copy)
{
	zi_pageset_clear_all(&copy->own);
	zi_pageset_clear_all(&copy->mark);
	zi_pageset_clear_all(&copy->shadow);
	zi_pageset_clear_all(&copy->stale);
}

/* u's segments, seen from v's page 0, go to v. What v cannot see of them is freed or left unused. */
static void take_segments(struct zi_node *u, struct zi_node *v)
{
	uint64_t d = v->parent_off;
	uint32_t out = 0;

	for (uint32_t i = 0; i < u->nsegs; i++) {
		struct zi_segment s = u->segs[i];

		if (s.first + s.pages <= d) {
			if (s.ext_frame != 0)
				zi_extent_free(s.ext_frame, s.ext_pages, u->touched);
			continue;
		}
		uint64_t cut = s.first < d ? d - s.first : 0;

		s.first = s.first + cut - d;
		s.frame += cut;
		s.pages -= cut;
		u->segs[out++] = s;
	}
	u->nsegs = out;
	v->seg0 = u->seg0;
	v->segs = u->segs == &u->seg0 ? &v->seg0 : u->segs;
	v->nsegs = u->nsegs;
	v->segs_cap = u->segs_cap;
	u->segs = &u->seg0;
	u->nsegs = 0;
	u->segs_cap = 1;
}

/* Beyond this many runs one placement of everything, and the soft faults after it, cost less than one per run. */
enum { ZI_REPLACE_RUNS = 64 };

/* Places the runs of `changed` anew: each by itself, or all in one when they are many. */
static void replace_changed(struct zi_node *v, const struct zi_pageset *changed, uint64_t window)
{
	uint64_t runs = 0, first = 0, end = 0;

	for (uint64_t p = zi_pageset_next_set(changed, 0); p < window; runs++) {
		if (runs == 0)
			first = p;
		end = zi_min(zi_pageset_next_clear(changed, p), window);
		p = zi_pageset_next_set(changed, end);
	}
	if (runs > ZI_REPLACE_RUNS) {
		zi_node_replace(v, first, end - first, false);
		return;
	}
	for (uint64_t p = zi_pageset_next_set(changed, 0); p < window;) {
		uint64_t run = zi_min(zi_pageset_next_clear(changed, p), window) - p;

		zi_node_replace(v, p, run, true);
		p = zi_pageset_next_set(changed, p + run);
	}
}

/* v, the only child of u, takes u's place under u's parent. */
static void take_place(struct zi_node *u, struct zi_node *v)
{
	v->parent_off = u->parent != NULL ? v->parent_off + u->parent_off : 0;
	/* root_off stays: it says where the node was projected when it was made, and what may wrap was decided by that. */
	zi_list_del(&v->in_parent);
	u->nchildren = 0;
	v->parent = u->parent;
	if (u->parent == NULL)
		return;
	zi_list_insert_before(&u->in_parent, &v->in_parent);
	zi_list_del(&u->in_parent);
	u->parent = NULL;
}

/* v adopts u's frames and copies its own pages into them. False: no memory, nothing changed. */
static bool merge_down(struct zi_node *u, struct zi_node *v)
{
	const uint64_t d = v->parent_off, window = v->parent_limit;
	struct sets copy = {0};
	struct zi_pageset *own_mark_shadow[3];
	struct zi_pageset brought = {0};
	/* Pages that v's mappings show from v's old frames. */
	struct zi_pageset changed = {0};
	bool ok;

	/*
	 * v's frames are left behind, with its shadows and soft pages: those that hold something must be known. Nobody may write
	 * them from here on to the switch.
	 */
	if (!v->hidden && zi_node_write_protect(v, 0, v->size) != ZX_OK)
		return false;
	zi_node_sync_soft(v, 0, v->size);
	zi_node_sync_shadow(v, 0, v->size);
	ok = sets_begin(u, v, &copy, own_mark_shadow) &&
	     zi_pageset_copy(&changed, 0, &v->own, 0, window) &&
	     zi_pageset_copy(&changed, 0, &v->mark, 0, window);
	struct zi_pageset *own = own_mark_shadow[0], *mark = own_mark_shadow[1],
			  *shadow = own_mark_shadow[2];

	/* Everything that can fail comes first: bits of v's own pages and frames for them. */
	for (uint64_t p = 0; ok && next_own(v, &p); p++) {
		ok = zi_node_ensure_frames(u, p + d, 1) == ZX_OK && zi_pageset_set(own, p, 1) &&
		     zi_pageset_set(&brought, p, 1) && zi_pageset_clear(mark, p, 1) &&
		     zi_pageset_clear(shadow, p, 1);
	}
	/* Only now: frames that u has just been given may hold old bytes too. */
	ok = ok && zi_pageset_copy(&copy.stale, 0, &u->stale, d, window);
	for (uint64_t p = zi_pageset_next_set(&v->mark, 0); ok && p < window;) {
		uint64_t run = zi_min(zi_pageset_next_clear(&v->mark, p), window) - p;

		ok = zi_pageset_clear(own, p, run) && zi_pageset_clear(shadow, p, run) &&
		     zi_pageset_clear(&copy.stale, p, run) && zi_pageset_set(mark, p, run);
		p = zi_pageset_next_set(&v->mark, p + run);
	}
	if (!ok) {
		sets_drop(&copy);
		zi_pageset_clear_all(&changed);
		zi_pageset_clear_all(&brought);
		return false;
	}
	/* What u holds outside of v's view is gone: below, above, and under v's markers. */
	uint64_t top = d + window;

	zi_node_discard_frames(u, 0, d);
	for (uint32_t i = 0; i < u->nsegs; i++) {
		uint64_t lo = zi_max(u->segs[i].first, top);
		uint64_t hi = u->segs[i].first + u->segs[i].pages;

		if (lo < hi)
			zi_node_discard_frames(u, lo, hi - lo);
	}
	for (uint64_t p = zi_pageset_next_set(&v->mark, 0); p < window;) {
		uint64_t run = zi_min(zi_pageset_next_clear(&v->mark, p), window) - p;

		zi_node_discard_frames(u, p + d, run);
		p = zi_pageset_next_set(&v->mark, p + run);
	}
	/* v's old frames wait in `old` until the mappings have left them. */
	struct zi_node old = {
		.seg0 = v->seg0, .nsegs = v->nsegs, .segs_cap = v->segs_cap, .touched = v->touched};

	old.segs = v->segs == &v->seg0 ? &old.seg0 : v->segs;
	take_segments(u, v);
	v->touched = u->touched || v->touched;
	sets_finish(u, v, &copy);
	for (uint64_t p = zi_pageset_next_set(&brought, 0); p != ZI_PAGESET_END;
	     p = zi_pageset_next_set(&brought, p + 1))
		copy_frame(v, p, &old, p);

	uint64_t seen = zi_min(d + window, u->parent_limit);

	v->parent_limit = u->parent != NULL && seen > d ? seen - d : 0;
	take_place(u, v);
	if (v->parent == NULL)
		zi_pageset_clear_all(&v->mark);
	/* Soft pages must not show what u's frames held in passing. */
	if (!zi_pageset_is_empty(&v->stale)) {
		uint64_t soft = v->parent != NULL ? v->parent_limit : 0;

		if (soft < v->size)
			zi_node_clean_stale(v, soft, v->size - soft);
	}
	/* Mappings leave the old frames: own pages, markers, and the soft pages past the old window. */
	replace_changed(v, &changed, window);
	if (v->size > window)
		zi_node_replace(v, window, v->size - window, false);
	zi_pageset_clear_all(&changed);
	zi_pageset_clear_all(&brought);
	for (uint32_t i = 0; i < old.nsegs; i++)
		if (old.segs[i].ext_frame != 0)
			zi_extent_free(old.segs[i].ext_frame, old.segs[i].ext_pages, old.touched);
	if (old.segs_cap > 1)
		zi_pages_to_system(old.segs, old.segs_cap * sizeof(*old.segs));
	return true;
}

/* Next run of v's window, from *pgi on, where v holds nothing and so sees u. Shadows count as held: they are copies. */
static bool next_seen(const struct zi_pageset *held, const struct zi_pageset *mark, uint64_t window,
		      uint64_t *pgi, uint64_t *out_pages)
{
	uint64_t p = *pgi;

	while (p < window) {
		uint64_t q = zi_pageset_next_clear(held, p);

		q = zi_pageset_next_clear(mark, q);
		if (q == p)
			break;
		p = q;
	}
	if (p >= window)
		return false;
	uint64_t end = zi_min(zi_pageset_next_set(held, p), zi_pageset_next_set(mark, p));

	*pgi = p;
	*out_pages = zi_min(end, window) - p;
	return true;
}

/*
 * Resident pages of u in v's window less those that v holds itself: about what v would have to take over. Counted until
 * it is more than `max`.
 */
static uint64_t count_needed(struct zi_node *u, const struct zi_node *v, uint64_t max)
{
	uint64_t end = v->parent_off + v->parent_limit, count = 0;
	uint64_t held = zi_pageset_count(&v->own, 0, v->parent_limit);

	if (!u->touched)
		return 0;
	for (uint64_t q = v->parent_off; q < end && count <= max + held;) {
		uint64_t run, at, len;
		uint64_t frame = zi_node_frame(u, q, &run);

		run = zi_min(run, end - q);
		if (frame != 0 && zi_frames_next_data(frame, run, &at, &len)) {
			count += len;
			run = at + len - frame;
		}
		q += run;
	}
	return count > held ? count - held : 0;
}

/*
 * Pages of v from p on, so far seen in u, move to v: one with bytes, or a run of markers of at most `max` pages, which may be as long
 * as an address space. Returns their number, 0 when memory is out.
 */
static uint64_t bring_pages(struct zi_node *u, struct zi_node *v, uint64_t p, uint64_t max)
{
	uint64_t q = p + v->parent_off;

	if (zi_pageset_test(&u->mark, q)) {
		uint64_t run = zi_min(zi_pageset_next_clear(&u->mark, q) - q, max);

		if (!zi_pageset_set(&v->mark, p, run))
			return 0;
		zi_node_clean_stale(v, p, run);
		return run;
	}
	if (zi_node_ensure_frames(v, p, 1) != ZX_OK)
		return 0;
	copy_frame(v, p, u, q);
	/* u's own shadow of something above it stays one. */
	return (!zi_pageset_test(&u->shadow, q) || zi_pageset_set(&v->shadow, p, 1)) &&
	       zi_pageset_set(&v->own, p, 1);
}

/* The pages of u that v needs, copied into v's frames. False: no memory; what was copied is v's own by now. */
static bool bring_up(struct zi_node *u, struct zi_node *v, const struct zi_pageset *held,
		     const struct zi_pageset *mark)
{
	const uint64_t d = v->parent_off, window = v->parent_limit;
	uint64_t pages;

	uint64_t first_seen = 0;

	if (next_seen(held, mark, window, &first_seen, &pages))
		zi_node_sync_soft(u, d + first_seen, window - first_seen);
	for (uint64_t p = 0; next_seen(held, mark, window, &p, &pages); p += pages) {
		for (uint64_t i = 0; i < pages;) {
			uint64_t next = zi_min(zi_pageset_next_set(&u->own, d + p + i),
					       zi_pageset_next_set(&u->mark, d + p + i));

			if (next >= d + p + pages)
				break;
			i = next - d - p;

			uint64_t brought = bring_pages(u, v, p + i, pages - i);

			if (brought == 0)
				return false;
			i += brought;
		}
	}
	/* A shadow of a page that was u's is the page itself now; one of a page above u stays a shadow. */
	for (uint64_t p = zi_pageset_next_set(&v->shadow, 0); p < window;
	     p = zi_pageset_next_set(&v->shadow, p + 1)) {
		if (!zi_pageset_test(held, p))
			continue;
		if (zi_pageset_test(&u->mark, d + p)) {
			/* A shadow of no content. As a soft page it is content once somebody has stored into it. */
			if (!zi_pageset_set(&v->mark, p, 1))
				return false;
			zi_pageset_clear(&v->own, p, 1);
			zi_pageset_clear(&v->shadow, p, 1);
			continue;
		}
		zi_node_sync_soft(u, d + p, 1);
		if (zi_pageset_test(&u->shadow, d + p))
			continue;
		if (zi_pageset_test(&u->own, d + p))
			zi_pageset_clear(&v->shadow, p, 1);
	}
	return true;
}

/* u brings its pages into v's frames. False: no memory; v is as good as it was. */
static bool merge_up(struct zi_node *u, struct zi_node *v)
{
	const uint64_t d = v->parent_off, window = v->parent_limit;
	struct zi_pageset held = {0}, mark = {0}, changed = {0};
	uint64_t pages;
	bool ok = zi_pageset_copy(&held, 0, &v->own, 0, window) &&
		  zi_pageset_copy(&mark, 0, &v->mark, 0, window);

	for (uint64_t p = 0; ok && next_seen(&held, &mark, window, &p, &pages); p += pages)
		ok = zi_pageset_set(&changed, p, pages);

	ok = ok && bring_up(u, v, &held, &mark);
	if (ok) {
		uint64_t seen = zi_min(d + window, u->parent_limit);

		v->parent_limit = u->parent != NULL && seen > d ? seen - d : 0;
		take_place(u, v);
		if (v->parent_limit < window)
			zi_node_clean_stale(v, v->parent_limit, window - v->parent_limit);
		/* Shadows with nothing above them any more are copies of zeros: no content. */
		for (uint64_t p = zi_pageset_next_set(&v->shadow, v->parent_limit);
		     p != ZI_PAGESET_END; p = zi_pageset_next_set(&v->shadow, p + 1)) {
			zi_pageset_clear(&v->shadow, p, 1);
			if (zi_frame_is_zero(zi_node_frame(v, p, NULL)))
				zi_pageset_clear(&v->own, p, 1);
		}
		if (v->parent == NULL)
			zi_pageset_clear_all(&v->mark);
	}
	/* What was seen in u is shown from v's frames now: before anybody raises it, also on failure. */
	replace_changed(v, &changed, window);
	zi_pageset_clear_all(&changed);
	zi_pageset_clear_all(&held);
	zi_pageset_clear_all(&mark);
	return ok;
}

/* Hidden u has one child left. False: no memory; a hidden node with one child is legal, only longer. */
static bool merge(struct zi_node *u)
{
	struct zi_node *v = ZI_CONTAINER(u->children.next, struct zi_node, in_parent);
	uint64_t mine;
	bool ok;

	zi_node_sync_soft(v, 0, v->size);
	mine = zi_pageset_count(&v->own, 0, v->size);
	/* Pinned pages keep their frames. */
	if (v->parent_limit > 0 && v->npins == 0 &&
	    (mine <= ZI_MERGE_FEW || mine <= count_needed(u, v, mine)))
		ok = merge_down(u, v);
	else
		ok = merge_up(u, v);
	if (ok)
		zi_node_free(u);
	return ok;
}

/* Once more what had no memory the last time. */
bool zi_node_settle(struct zi_node *n)
{
	while (n->parent != NULL && n->parent->hidden && n->parent->nchildren == 1)
		if (!merge(n->parent))
			return false;
	return true;
}

void zi_node_orphaned(struct zi_node *n)
{
	while (n != NULL && n->nvmos == 0 && n->nchildren == 0) {
		struct zi_node *up = n->parent;
		const uint64_t off = n->parent_off, limit = n->parent_limit;

		ZI_DASSERT(n->npins == 0);
		if (up != NULL) {
			zi_list_del(&n->in_parent);
			up->nchildren--;
			n->parent = NULL;
		}
		zi_node_free(n);
		if (up != NULL && up->hidden && up->nchildren != 0) {
			if (up->nchildren == 1)
				zi_node_settle(
					ZI_CONTAINER(up->children.next, struct zi_node, in_parent));
			else if (limit > 0)
				zi_node_prune(up, off, limit);
			return;
		}
		/* A hidden node whose only child goes was left by a merge that had no memory. */
		n = up;
	}
}
