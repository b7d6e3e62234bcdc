/* The table of page states and events of a pager root, and the transitions that it names. */
#include "vm/dirty.h"

#include <string.h>

#include "base/assert.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/trap.h"

enum action {
	KEEP,    /* nothing happens */
	ASK,     /* the pager has to supply the page first */
	WRITE,   /* becomes dirty; with trap_dirty the pager has to agree first */
	DIRTY,   /* becomes dirty */
	CLEAN,   /* a marker becomes a clean page of zeros; an awaiting page is clean now */
	FILL,    /* becomes clean: the bytes are there */
	MARK,    /* becomes a marker */
	FLAG,    /* is remembered as always needed */
	COLD,    /* is remembered as not needed */
	AWAIT,   /* write-back begins */
	PREFIX,  /* the same, or its end, for the interval that begins here */
	ZERO,    /* becomes part of a dirty zero interval */
	UNTRACK, /* becomes part of an untracked one */
	DROP,    /* becomes absent */
	MISSING, /* the event fails */
};

/* clang-format off */
static const uint8_t table[ZI_EVENTS][ZI_PAGE_STATES] = {
	/*
	 *                           ABSENT   MARKER   CLEAN    DIRTY    AWAITING ZERO     UNTRACKED
	 */
	[ZI_EV_READ] =             { ASK,     KEEP,    KEEP,    KEEP,    KEEP,    KEEP,    KEEP },
	[ZI_EV_WRITE] =            { ASK,     WRITE,   WRITE,   KEEP,    WRITE,   WRITE,   WRITE },
	[ZI_EV_COMMIT] =           { ASK,     CLEAN,   KEEP,    KEEP,    KEEP,    WRITE,   WRITE },
	[ZI_EV_ALWAYS_NEED] =      { ASK,     KEEP,    FLAG,    FLAG,    FLAG,    KEEP,    KEEP },
	[ZI_EV_DONT_NEED] =        { KEEP,    KEEP,    COLD,    KEEP,    KEEP,    KEEP,    KEEP },
	[ZI_EV_SUPPLY] =           { FILL,    KEEP,    KEEP,    KEEP,    KEEP,    KEEP,    KEEP },
	[ZI_EV_SUPPLY_ZERO] =      { MARK,    KEEP,    KEEP,    KEEP,    KEEP,    KEEP,    KEEP },
	[ZI_EV_OP_DIRTY] =         { MISSING, DIRTY,   DIRTY,   KEEP,    DIRTY,   DIRTY,   DIRTY },
	[ZI_EV_WB_BEGIN] =         { KEEP,    KEEP,    KEEP,    AWAIT,   KEEP,    PREFIX,  KEEP },
	[ZI_EV_WB_BEGIN_ZERO] =    { KEEP,    KEEP,    KEEP,    KEEP,    KEEP,    PREFIX,  KEEP },
	[ZI_EV_WB_END] =           { KEEP,    KEEP,    KEEP,    KEEP,    CLEAN,   PREFIX,  KEEP },
	[ZI_EV_ZERO] =             { ZERO,    KEEP,    ZERO,    ZERO,    ZERO,    KEEP,    ZERO },
	[ZI_EV_ZERO_PINNED] =      { KEEP,    KEEP,    WRITE,   KEEP,    WRITE,   KEEP,    KEEP },
	[ZI_EV_ZERO_PART] =        { ASK,     KEEP,    WRITE,   KEEP,    WRITE,   KEEP,    KEEP },
	[ZI_EV_UNTRACK] =          { UNTRACK, UNTRACK, UNTRACK, UNTRACK, UNTRACK, UNTRACK, KEEP },
	[ZI_EV_EVICT] =            { KEEP,    KEEP,    DROP,    KEEP,    KEEP,    KEEP,    KEEP },
	[ZI_EV_EVICT_FORCED] =     { KEEP,    KEEP,    DROP,    KEEP,    KEEP,    KEEP,    KEEP },
	[ZI_EV_DETACH] =           { KEEP,    DROP,    DROP,    KEEP,    KEEP,    KEEP,    KEEP },
};
/* clang-format on */

/* Own pages that are pinned are let alone by these. */
static bool minds_pins(enum zi_page_event ev)
{
	return ev == ZI_EV_WB_BEGIN || ev == ZI_EV_EVICT || ev == ZI_EV_EVICT_FORCED ||
	       ev == ZI_EV_DETACH;
}

/* ---- looking */

static uint64_t run_clear(const struct zi_pageset *s, uint64_t pgi, uint64_t max)
{
	if (zi_pageset_is_empty(s))
		return max;
	uint64_t next = zi_pageset_next_set(s, pgi);

	return next == ZI_PAGESET_END ? max : zi_min(max, next - pgi);
}

static uint64_t run_set(const struct zi_pageset *s, uint64_t pgi, uint64_t max)
{
	return zi_min(max, zi_pageset_next_clear(s, pgi) - pgi);
}

/* Is pgi a member? *run is cut to where that answer ends. */
static bool member(const struct zi_pageset *s, uint64_t pgi, uint64_t *run)
{
	uint64_t clear = run_clear(s, pgi, *run);

	*run = clear != 0 ? clear : run_set(s, pgi, *run);
	return clear == 0;
}

enum zi_page_state zi_page_state(const struct zi_node *n, uint64_t pgi, uint64_t max,
				 uint64_t *out_run)
{
	const struct zi_source *s = n->source;
	enum zi_page_state state = ZI_PAGE_ABSENT;
	uint64_t run = max;

	if (member(&n->own, pgi, &run))
		state = member(&s->dirty, pgi, &run)    ? ZI_PAGE_DIRTY :
			member(&s->awaiting, pgi, &run) ? ZI_PAGE_AWAITING :
							  ZI_PAGE_CLEAN;
	else if (member(&n->mark, pgi, &run))
		state = member(&s->dirty, pgi, &run)     ? ZI_PAGE_ZERO :
			member(&s->untracked, pgi, &run) ? ZI_PAGE_UNTRACKED :
							   ZI_PAGE_MARKER;
	if (out_run != NULL)
		*out_run = run;
	return state;
}

bool zi_page_is_writable(const struct zi_node *n, uint64_t pgi)
{
	return zi_pageset_test(&n->own, pgi) && zi_pageset_test(&n->source->dirty, pgi);
}

/* Is the page pinned? *run is cut to where that answer ends. */
static bool pinned(const struct zi_node *n, uint64_t pgi, uint64_t *run)
{
	bool any = false;

	ZI_LIST_FOREACH (l, &n->pins) {
		const struct zi_pin *p = ZI_CONTAINER(l, struct zi_pin, link);

		if (p->first > pgi) {
			*run = zi_min(*run, p->first - pgi);
		} else if (pgi - p->first < p->pages) {
			*run = zi_min(*run, p->first + p->pages - pgi);
			any = true;
		}
	}
	return any;
}

/* ---- transitions. Each for pages [first, first+pages) of one state */

static void drop(struct zi_pageset *s, uint64_t first, uint64_t pages)
{
	/* Without memory to split a full subtree a bit stays; the other sets decide then. */
	if (!zi_pageset_is_empty(s))
		(void)zi_pageset_clear(s, first, pages);
}

/* Zero content, or none, becomes pages of zeros. The caller decides between clean and dirty. */
static zx_status_t make_own(struct zi_node *n, uint64_t first, uint64_t pages)
{
	zx_status_t st = zi_node_ensure_frames(n, first, pages);

	if (st != ZX_OK)
		return st;
	if (!zi_pageset_set(&n->own, first, pages)) {
		drop(&n->own, first, pages);
		return ZX_ERR_NO_MEMORY;
	}
	n->touched = true;
	drop(&n->mark, first, pages);
	return ZX_OK;
}

static zx_status_t to_dirty(struct zi_node *n, enum zi_page_state from, uint64_t first,
			    uint64_t pages)
{
	struct zi_source *s = n->source;
	zx_status_t st = ZX_OK;

	if (from == ZI_PAGE_ZERO)
		zi_awaited_cut(n, first, pages);
	if (!zi_pageset_set(&s->dirty, first, pages)) {
		/*
		 * A marker that is half dirty already reads and writes the same; only its books are
		 * early.
		 */
		return ZX_ERR_NO_MEMORY;
	}
	if (from == ZI_PAGE_MARKER || from == ZI_PAGE_ZERO || from == ZI_PAGE_UNTRACKED) {
		st = make_own(n, first, pages);
		if (st != ZX_OK)
			return st;
		drop(&s->untracked, first, pages);
	}
	drop(&s->awaiting, first, pages);
	zi_source_resolve(s, ZI_ASK_DIRTY, first, pages, ZX_OK);
	return ZX_OK;
}

static zx_status_t to_clean(struct zi_node *n, enum zi_page_state from, uint64_t first,
			    uint64_t pages)
{
	if (from == ZI_PAGE_MARKER)
		return make_own(n, first, pages);
	drop(&n->source->awaiting, first, pages);
	return ZX_OK;
}

/* Content that is given up: no mapping shows it, its memory is free. */
static void give_up(struct zi_node *n, uint64_t first, uint64_t pages)
{
	struct zi_source *s = n->source;

	if (!s->all_hidden)
		zi_node_hide(n, first, pages);
	zi_node_discard_frames(n, first, pages);
	drop(&n->own, first, pages);
	drop(&s->awaiting, first, pages);
	drop(&s->keep, first, pages);
	drop(&s->cold, first, pages);
	drop(&s->lingering, first, pages);
}

static zx_status_t to_zero(struct zi_node *n, enum zi_page_state from, uint64_t first,
			   uint64_t pages, bool tracked)
{
	struct zi_source *s = n->source;

	if (from == ZI_PAGE_ZERO)
		zi_awaited_cut(n, first, pages);
	if (!zi_pageset_set(&n->mark, first, pages))
		return ZX_ERR_NO_MEMORY;
	if (!zi_pageset_set(tracked ? &s->dirty : &s->untracked, first, pages))
		return ZX_ERR_NO_MEMORY;
	if (tracked)
		zi_awaited_joined(n, first, pages);
	drop(tracked ? &s->untracked : &s->dirty, first, pages);
	give_up(n, first, pages);
	if (from == ZI_PAGE_ABSENT)
		zi_source_resolve(s, ZI_ASK_READ, first, pages, ZX_OK);
	return ZX_OK;
}

static zx_status_t to_present(struct zi_node *n, uint64_t first, uint64_t pages, bool marker)
{
	if (!zi_pageset_set(marker ? &n->mark : &n->own, first, pages)) {
		drop(marker ? &n->mark : &n->own, first, pages);
		return ZX_ERR_NO_MEMORY;
	}
	zi_source_resolve(n->source, ZI_ASK_READ, first, pages, ZX_OK);
	return ZX_OK;
}

static zx_status_t to_awaiting(struct zi_node *n, uint64_t first, uint64_t pages)
{
	struct zi_source *s = n->source;

	if (!zi_pageset_set(&s->awaiting, first, pages) ||
	    !zi_pageset_clear(&s->dirty, first, pages))
		return ZX_ERR_NO_MEMORY;
	return ZX_OK;
}

static void to_absent(struct zi_node *n, enum zi_page_state from, uint64_t first, uint64_t pages)
{
	if (from == ZI_PAGE_MARKER)
		drop(&n->mark, first, pages);
	give_up(n, first, pages);
}

/* Does an interval of state `state` begin at pgi? */
static bool begins(const struct zi_node *n, enum zi_page_state state, uint64_t pgi)
{
	return pgi == 0 || zi_page_state(n, pgi - 1, 1, NULL) != state;
}

/*
 * Write-back of [first, first+pages) of a dirty zero interval has ended: it is absent. What
 * mappings of it have shown they go on showing, as on Zircon, until they are dropped for another
 * reason.
 */
static zx_status_t zero_to_absent(struct zi_node *n, uint64_t first, uint64_t pages)
{
	struct zi_source *s = n->source;

	if (zi_node_can_linger(n, first, pages) && zi_pageset_set(&s->lingering, first, pages)) {
		/* The frames read zero and stay as they are. */
	} else {
		zi_node_hide(n, first, pages);
		zi_node_discard_frames(n, first, pages);
		drop(&s->lingering, first, pages);
	}
	if (!zi_pageset_clear(&n->mark, first, pages) || !zi_pageset_clear(&s->dirty, first, pages))
		return ZX_ERR_NO_MEMORY;
	return ZX_OK;
}

/* ---- applying */

struct run {
	enum zi_page_event ev;
	uint64_t first, pages; /* of one state */
	uint64_t cleaned; /* WB_END: the awaiting-clean end carried from interval to interval */
};

static zx_status_t writeback_zero(struct zi_node *n, struct run *r)
{
	struct zi_source *s = n->source;
	uint64_t end = r->first + r->pages;

	if (!begins(n, ZI_PAGE_ZERO, r->first))
		return ZX_OK;
	if (r->ev != ZI_EV_WB_END)
		return zi_awaited_begin(s, r->first, end);
	r->cleaned = zi_max(r->cleaned, zi_awaited_take(s, r->first));
	end = zi_min(end, r->cleaned);
	return end > r->first ? zero_to_absent(n, r->first, end - r->first) : ZX_OK;
}

/* Zeroing inside an untracked interval, away from both its ends, leaves it untracked. */
static bool is_inside_untracked(const struct zi_node *n, uint64_t first, uint64_t pages)
{
	return first > 0 && zi_page_state(n, first - 1, 1, NULL) == ZI_PAGE_UNTRACKED &&
	       first + pages < n->size &&
	       zi_page_state(n, first + pages, 1, NULL) == ZI_PAGE_UNTRACKED;
}

/* A frame that a pin holds keeps its place: the zeros are written. */
static zx_status_t zero_pinned(struct zi_node *n, uint64_t first, uint64_t pages)
{
	uint64_t done;
	zx_status_t st = zi_pages_apply(n, ZI_EV_ZERO_PINNED, first, pages, &done);

	if (st != ZX_OK)
		return st;
	for (uint64_t p = first; p < first + pages; p++)
		memset(zi_frame_ptr(zi_node_frame(n, p, NULL)), 0, ZI_PAGE);
	return ZX_OK;
}

static bool is_own(enum zi_page_state state)
{
	return state == ZI_PAGE_CLEAN || state == ZI_PAGE_DIRTY || state == ZI_PAGE_AWAITING;
}

static zx_status_t apply_run(struct zi_node *n, enum zi_page_state state, struct run *r)
{
	struct zi_source *s = n->source;
	const uint64_t first = r->first, pages = r->pages;

	switch ((enum action)table[r->ev][state]) {
	case KEEP:
		return ZX_OK;
	case ASK:
		return ZX_ERR_SHOULD_WAIT;
	case WRITE:
		return s->trap_dirty ? ZX_ERR_SHOULD_WAIT : to_dirty(n, state, first, pages);
	case DIRTY:
		return to_dirty(n, state, first, pages);
	case CLEAN:
		return to_clean(n, state, first, pages);
	case FILL:
	case MARK:
		return to_present(n, first, pages, r->ev == ZI_EV_SUPPLY_ZERO);
	case FLAG:
		return zi_pageset_set(&s->keep, first, pages) ? ZX_OK : ZX_ERR_NO_MEMORY;
	case COLD:
		return zi_pageset_set(&s->cold, first, pages) ? ZX_OK : ZX_ERR_NO_MEMORY;
	case AWAIT:
		return to_awaiting(n, first, pages);
	case PREFIX:
		return writeback_zero(n, r);
	case ZERO:
		if (state == ZI_PAGE_UNTRACKED && is_inside_untracked(n, first, pages))
			return ZX_OK;
		return to_zero(n, state, first, pages, true);
	case UNTRACK:
		return to_zero(n, state, first, pages, false);
	case DROP:
		to_absent(n, state, first, pages);
		return ZX_OK;
	case MISSING:
		return ZX_ERR_NOT_FOUND;
	}
	return ZX_ERR_INTERNAL;
}

/* All or nothing: what can fail comes first. */
static zx_status_t prepare(struct zi_node *n, enum zi_page_event ev, uint64_t first, uint64_t pages)
{
	uint64_t end = first + pages, run;

	if (ev == ZI_EV_UNTRACK && zi_node_is_pinned(n, first, pages))
		return ZX_ERR_BAD_STATE;
	if (ev != ZI_EV_OP_DIRTY)
		return ZX_OK;
	for (uint64_t p = first; p < end; p += run)
		if (zi_page_state(n, p, end - p, &run) == ZI_PAGE_ABSENT)
			return ZX_ERR_NOT_FOUND;
	for (uint64_t p = first; p < end; p += run) {
		if (is_own(zi_page_state(n, p, end - p, &run)))
			continue;
		zx_status_t st = zi_node_ensure_frames(n, p, run);

		if (st != ZX_OK)
			return st;
	}
	return ZX_OK;
}

/* Eviction spares what is always needed unless it is forced to. *run is cut. */
static bool is_spared(const struct zi_node *n, enum zi_page_event ev, enum zi_page_state state,
		      uint64_t pgi, uint64_t *run)
{
	if (!is_own(state))
		return false;
	if (n->npins != 0 && minds_pins(ev) && pinned(n, pgi, run))
		return true;
	return ev == ZI_EV_EVICT && member(&n->source->keep, pgi, run);
}

zx_status_t zi_pages_apply(struct zi_node *n, enum zi_page_event ev, uint64_t first, uint64_t pages,
			   uint64_t *out_done)
{
	zx_status_t st = prepare(n, ev, first, pages);
	struct run r = {.ev = ev, .first = first};
	uint64_t end = first + pages;

	while (st == ZX_OK && r.first < end) {
		enum zi_page_state state = zi_page_state(n, r.first, end - r.first, &r.pages);

		if (!is_spared(n, ev, state, r.first, &r.pages)) {
			if (ev == ZI_EV_ZERO && n->npins != 0 && is_own(state) &&
			    pinned(n, r.first, &r.pages))
				st = zero_pinned(n, r.first, r.pages);
			else
				st = apply_run(n, state, &r);
			if (st != ZX_OK)
				break;
			if ((ev == ZI_EV_EVICT || ev == ZI_EV_EVICT_FORCED) &&
			    state == ZI_PAGE_CLEAN)
				n->change_events += r.pages;
		}
		r.first += r.pages;
	}
	*out_done = r.first - first;
	return st;
}

uint64_t zi_pages_not_dirty(const struct zi_node *n, uint64_t pgi, uint64_t max)
{
	uint64_t len = 0, run;

	while (len < max) {
		enum zi_page_state state = zi_page_state(n, pgi + len, max - len, &run);

		if (state == ZI_PAGE_ABSENT || state == ZI_PAGE_DIRTY)
			break;
		len += run;
	}
	return len;
}

zx_status_t zi_pages_ask(struct zi_node *n, enum zi_page_event ev, uint64_t pgi, uint64_t pages,
			 struct zi_page_wait *w)
{
	uint64_t run;
	enum zi_page_state state = zi_page_state(n, pgi, pages, &run);

	/* A pinned page is about to be cleared in place: its own row says what that takes. */
	if (ev == ZI_EV_ZERO)
		ev = ZI_EV_ZERO_PINNED;
	if (table[ev][state] == ASK)
		return zi_page_wait_ask(w, n->source, ZI_ASK_READ, pgi, run);
	ZI_DASSERT(table[ev][state] == WRITE && n->source->trap_dirty);
	return zi_page_wait_ask(w, n->source, ZI_ASK_DIRTY, pgi, zi_pages_not_dirty(n, pgi, pages));
}

/* ---- for all nodes */

static zx_status_t ready_root(struct zi_node *n, enum zi_page_event need, uint64_t first,
			      uint64_t pages, uint64_t want, struct zi_page_wait *w,
			      uint64_t *out_done)
{
	zx_status_t st = zi_pages_apply(n, need, first, pages, out_done);

	if (st == ZX_ERR_SHOULD_WAIT)
		st = *out_done > 0 ? ZX_OK : zi_pages_ask(n, need, first, want, w);
	else if (st != ZX_OK && *out_done > 0)
		st = ZX_OK;
	return st;
}

zx_status_t zi_node_ready(struct zi_node *n, enum zi_page_event need, uint64_t first,
			  uint64_t pages, uint64_t want, struct zi_page_wait *w, uint64_t *out_done)
{
	uint64_t done = 0;
	zx_status_t st = ZX_OK;

	if (n->source != NULL)
		return ready_root(n, need, first, pages, want, w, out_done);
	while (st == ZX_OK && done < pages) {
		struct zi_found f = zi_node_lookup(n, first + done, pages - done);

		if (f.kind == ZI_FOUND_ABSENT) {
			if (done > 0)
				break;
			f = zi_node_lookup(n, first, want);
			*out_done = 0;
			return zi_page_wait_ask(w, f.node->source, ZI_ASK_READ, f.pgi, f.pages);
		}
		if (need != ZI_EV_READ)
			st = zi_node_own(n, first + done, f.pages);
		if (st == ZX_OK)
			done += f.pages;
	}
	*out_done = done;
	return done > 0 ? ZX_OK : st;
}

/* ---- size */

/*
 * Requests for pages that are cut off: what is absent will not be supplied, what is not dirty will
 * not be.
 */
static void resolve_tail(struct zi_node *n, uint64_t first)
{
	struct zi_source *s = n->source;
	uint64_t run;

	for (uint64_t p = first; p < n->size; p += run) {
		enum zi_page_state state = zi_page_state(n, p, n->size - p, &run);

		if (state == ZI_PAGE_ABSENT)
			zi_source_resolve(s, ZI_ASK_READ, p, run, ZX_OK);
		if (state != ZI_PAGE_DIRTY)
			zi_source_resolve(s, ZI_ASK_DIRTY, p, run, ZX_OK);
	}
}

zx_status_t zi_pages_resize(struct zi_node *n, uint64_t pages)
{
	struct zi_source *s = n->source;
	uint64_t old = n->size;

	if (pages > old) {
		uint64_t more = pages - old;
		zx_status_t st = ZX_ERR_NO_MEMORY;

		if (zi_pageset_set(&n->mark, old, more) && zi_pageset_set(&s->dirty, old, more))
			st = zi_node_resize(n, pages);
		if (st != ZX_OK) {
			drop(&n->mark, old, more);
			drop(&s->dirty, old, more);
		}
		return st;
	}
	if (pages == old)
		return ZX_OK;
	resolve_tail(n, pages);
	zx_status_t st = zi_node_resize(n, pages);
	const uint64_t rest = ((uint64_t)1 << 52) - pages;

	drop(&s->dirty, pages, rest);
	drop(&s->awaiting, pages, rest);
	drop(&s->untracked, pages, rest);
	drop(&s->keep, pages, rest);
	drop(&s->cold, pages, rest);
	drop(&s->lingering, pages, rest);
	zi_awaited_truncate(s, pages);
	return st;
}

void zi_pages_drop_lingering(struct zi_node *n)
{
	struct zi_pageset *s = &n->source->lingering;

	for (uint64_t p = zi_pageset_next_set(s, 0); p != ZI_PAGESET_END;) {
		uint64_t end = zi_pageset_next_clear(s, p);

		zi_node_discard_frames(n, p, end - p);
		p = zi_pageset_next_set(s, end);
	}
	zi_pageset_clear_all(s);
}

/* ---- check */

/* a inside b (or, with `apart`, disjoint from it) */
static bool relates(const struct zi_pageset *a, const struct zi_pageset *b, bool apart)
{
	for (uint64_t p = zi_pageset_next_set(a, 0); p != ZI_PAGESET_END;) {
		uint64_t end = zi_pageset_next_clear(a, p);

		if (apart ? run_clear(b, p, end - p) < end - p :
			    !zi_pageset_test(b, p) || zi_pageset_next_clear(b, p) < end)
			return false;
		p = zi_pageset_next_set(a, end);
	}
	return true;
}

bool zi_pages_check(const struct zi_node *n)
{
	const struct zi_source *s = n->source;
	uint64_t last = 0;

	for (uint64_t p = zi_pageset_next_set(&s->dirty, 0); p != ZI_PAGESET_END;
	     p = zi_pageset_next_set(&s->dirty, p + 1))
		if (!zi_pageset_test(&n->own, p) && !zi_pageset_test(&n->mark, p))
			return false;
	for (uint32_t i = 0; i < s->nawaited; i++) {
		const struct zi_awaited *a = &s->awaited[i];

		if (a->end <= a->start || (i > 0 && a->start <= last) ||
		    zi_page_state(n, a->start, 1, NULL) != ZI_PAGE_ZERO ||
		    !begins(n, ZI_PAGE_ZERO, a->start))
			return false;
		last = a->start;
	}
	return relates(&s->awaiting, &n->own, false) && relates(&s->awaiting, &s->dirty, true) &&
	       relates(&s->untracked, &n->mark, false) && relates(&s->untracked, &s->dirty, true) &&
	       relates(&s->keep, &n->own, false) && relates(&s->cold, &n->own, false) &&
	       relates(&s->lingering, &n->own, true) && relates(&s->lingering, &n->mark, true) &&
	       zi_pageset_next_set(&n->own, n->size) == ZI_PAGESET_END &&
	       zi_pageset_next_set(&n->mark, n->size) == ZI_PAGESET_END &&
	       zi_pageset_next_set(&s->lingering, n->size) == ZI_PAGESET_END &&
	       zi_source_check_requests(s);
}
