/*
 * States of the pages of a pager root, and what each event makes of them (the table stands in
 * dirty.c).
 *
 *   state     own  mark  dirty awaiting untracked
 *   ABSENT     -    -     -      -        -       nobody has it: ask the pager
 *   MARKER     -    x     -      -        -       supplied as zero; clean
 *   CLEAN      x    -     -      -        -
 *   DIRTY      x    -     x      -        -
 *   AWAITING   x    -     -      x        -       is being written back
 *   ZERO       -    x     x      -        -       in a dirty zero interval
 *   UNTRACKED  -    x     -      -        x       in a zero interval that nobody writes back
 *
 * `own` and `mark` are the node's, the others the source's. A zero interval is a maximal run of
 * ZERO pages (of UNTRACKED ones): intervals that touch are one. How much of an interval is being
 * written back stands in source->awaited.
 *
 * A mapping shows writable at most pages that are DIRTY, and only after a store has faulted there:
 * `modified` and the transitions depend on the first store to a page.
 */
#ifndef ZI_VM_DIRTY_H
#define ZI_VM_DIRTY_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

#include "vm/node.h"
#include "vm/source.h"

enum zi_page_state {
	ZI_PAGE_ABSENT,
	ZI_PAGE_MARKER,
	ZI_PAGE_CLEAN,
	ZI_PAGE_DIRTY,
	ZI_PAGE_AWAITING,
	ZI_PAGE_ZERO,
	ZI_PAGE_UNTRACKED,
	ZI_PAGE_STATES
};

enum zi_page_event {
	ZI_EV_READ,   /* zx_vmo_read, read fault, prefetch */
	ZI_EV_WRITE,  /* zx_vmo_write, write fault, pin for writing */
	ZI_EV_COMMIT, /* and pin for reading */
	ZI_EV_ALWAYS_NEED,
	ZI_EV_DONT_NEED,
	ZI_EV_SUPPLY, /* the pages' bytes are the caller's business */
	ZI_EV_SUPPLY_ZERO,
	ZI_EV_OP_DIRTY,
	ZI_EV_WB_BEGIN,
	ZI_EV_WB_BEGIN_ZERO,
	ZI_EV_WB_END,
	ZI_EV_ZERO,        /* whole pages */
	ZI_EV_ZERO_PINNED, /* the same for a pinned page: it is cleared in place afterwards */
	ZI_EV_ZERO_PART,   /* before part of a page is cleared */
	ZI_EV_UNTRACK,     /* whole pages past the stream size */
	ZI_EV_EVICT,
	ZI_EV_EVICT_FORCED, /* also what is always needed */
	ZI_EV_DETACH,
	ZI_EVENTS
};

/* All functions: tree lock held, n is a pager root, all numbers are pages. */

/* State of page pgi; *out_run (may be NULL): for how many pages, at most max, it holds. */
enum zi_page_state zi_page_state(const struct zi_node *n, uint64_t pgi, uint64_t max,
				 uint64_t *out_run);

/*
 * Applies the event to the pages in order. *out_done: how many of them are finished.
 *
 * ZX_OK              all
 * ZX_ERR_SHOULD_WAIT the next one has to be asked for: zi_pages_ask
 * ZX_ERR_NOT_FOUND   OP_DIRTY: a page is absent; nothing was changed
 * ZX_ERR_BAD_STATE   UNTRACK: a page is pinned; nothing was changed
 * ZX_ERR_NO_MEMORY
 */
zx_status_t zi_pages_apply(struct zi_node *n, enum zi_page_event ev, uint64_t first, uint64_t pages,
			   uint64_t *out_done);
/*
 * Asks for what the event lacks at page pgi, and at up to `pages` pages from there on. Answers as
 * zi_page_wait_ask.
 */
zx_status_t zi_pages_ask(struct zi_node *n, enum zi_page_event ev, uint64_t pgi, uint64_t pages,
			 struct zi_page_wait *w);
/* Pages from pgi on, at most max, that are there and not dirty. */
uint64_t zi_pages_not_dirty(const struct zi_node *n, uint64_t pgi, uint64_t max);
/* Do stores to the page go unnoticed now? Then a mapping may show it writable. */
bool zi_page_is_writable(const struct zi_node *n, uint64_t pgi);

/*
 * What any node's operation needs of pages [first, first+pages): readable (ZI_EV_READ), owned
 * (ZI_EV_COMMIT) or writable (ZI_EV_WRITE). As many as can be had at once, *out_done; when that is
 * none: SHOULD_WAIT, with up to `want` pages asked for in w, or the error. This is for all nodes,
 * not only pager roots.
 */
zx_status_t zi_node_ready(struct zi_node *n, enum zi_page_event need, uint64_t first,
			  uint64_t pages, uint64_t want, struct zi_page_wait *w,
			  uint64_t *out_done);

/*
 * New size of a pager root: requests that are moot are answered, new pages are zero and dirty.
 * NO_MEMORY: nothing changed.
 */
zx_status_t zi_pages_resize(struct zi_node *n, uint64_t pages);
/*
 * Pages that mappings go on showing although they are absent are shown no more. Everything has been
 * hidden.
 */
void zi_pages_drop_lingering(struct zi_node *n);
bool zi_pages_check(const struct zi_node *n); /* full walk (tests, stress) */

/* ---- zero_interval.c: the books of what is being written back of zero intervals */

/* Pages [first, first+pages), all of state ZERO, stop being that. Called before the sets change. */
void zi_awaited_cut(struct zi_node *n, uint64_t first, uint64_t pages);
/*
 * Pages become ZERO. Called before the sets change: an interval that began right behind them begins
 * with them now.
 */
void zi_awaited_joined(struct zi_node *n, uint64_t first, uint64_t pages);
/* Write-back begins for the interval that starts at `start`, up to `end`. NO_MEMORY */
zx_status_t zi_awaited_begin(struct zi_source *s, uint64_t start, uint64_t end);
/*
 * What is being written back of the interval that starts at `start`: its end, 0 for nothing.
 * Forgets it.
 */
uint64_t zi_awaited_take(struct zi_source *s, uint64_t start);
void zi_awaited_truncate(struct zi_source *s, uint64_t pages); /* the node ends there now */
void zi_awaited_free(struct zi_source *s);

#endif
