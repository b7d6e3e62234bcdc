/*
 * Page sources: where the absent pages of a pager root come from, and the states of the pages it
 * has.
 *
 * A source belongs to one tree, the one whose root node it feeds. Requests are guarded by the tree
 * lock like everything else of the tree. All numbers are pages of the root node unless the name
 * says bytes.
 *
 * The vm ring knows nothing of ports: how a request reaches whoever serves it is up to the
 * callbacks.
 */
#ifndef ZI_VM_SOURCE_H
#define ZI_VM_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

#include "base/list.h"
#include "base/pageset.h"

struct zi_node;
struct zi_tree;

enum zi_ask { ZI_ASK_READ, ZI_ASK_DIRTY, ZI_ASKS };

enum zi_source_packet { ZI_PACKET_READ, ZI_PACKET_DIRTY, ZI_PACKET_COMPLETE };

/* A source has one packet, which is busy from being sent until somebody took it. */
struct zi_source_ops {
	/* Tree lock held. Bytes. False: nobody will ever take it. */
	bool (*send)(void *ctx, enum zi_source_packet kind, uint64_t off, uint64_t len);
	/*
	 * Tree lock held. True: the packet was not taken and never will be. False:
	 * zi_source_packet_taken was or will be called.
	 */
	bool (*withdraw)(void *ctx);
	/* The tree is gone: the last call. No lock held. */
	void (*gone)(void *ctx);
};

/*
 * One thread's wish for pages. Either it is outstanding itself, or it waits behind the outstanding
 * one that covers its start. From a slab, so that a thread that leaves its wait by longjmp leaves
 * no pointer into its stack behind.
 */
struct zi_request {
	struct zi_link link;      /* source->asked[ask], or owner->waiters */
	struct zi_link waiters;   /* requests behind this one, in order of arrival */
	struct zi_link in_fifo;   /* source->fifo while it waits for the packet */
	struct zi_request *owner; /* the one that this one waits behind; NULL: outstanding */
	struct zi_source *source;
	bool attached; /* on one of the lists */
	bool early;    /* woken whenever the next page that it needs has come */
	enum zi_ask ask;
	uint64_t first, pages;
	uint64_t left;             /* outstanding ones: pages not resolved yet */
	uint64_t next;             /* early ones: the page needed next */
	_Atomic zx_status_t error; /* told by the pager; ZX_OK: none */
	_Atomic uint32_t word;     /* ZI_PARK_* */
};

/*
 * The first pages of the dirty zero interval that starts at `start` are being written back. The end
 * may lie past the interval's.
 */
struct zi_awaited {
	uint64_t start, end;
};

/* Futex words to be woken once the tree lock is released. */
struct zi_source_wakes {
	unsigned count;
	_Atomic uint32_t *words[16];
};

struct zi_source {
	struct zi_tree *tree; /* no reference: the tree owns its source */
	struct zi_node *root; /* NULL once it is gone */
	const struct zi_source_ops *ops;
	void *ctx;
	bool trap_dirty; /* fixed: clean pages become dirty only with the pager's consent */
	bool detached;   /* absent pages stay absent: detached, or the pager is gone */
	bool closed;     /* the pager is gone: nothing is sent any more */
	bool modified;
	bool all_hidden;    /* no mapping shows anything of the root now */
	bool complete_due;  /* COMPLETE is to be sent … */
	bool complete_sent; /* … and was */
	enum { ZI_PACKET_FREE, ZI_PACKET_BUSY, ZI_PACKET_LOST } packet;
	struct zi_request *in_packet;  /* whom the packet speaks for; NULL: COMPLETE, forgotten */
	struct zi_link asked[ZI_ASKS]; /* outstanding requests by page, disjoint */
	struct zi_link fifo;           /* outstanding ones that were not sent yet */
	struct zi_source_wakes *wakes; /* where wakes are collected; NULL: woken at once */

	/* States of pages, see dirty.h. */
	struct zi_pageset dirty;
	struct zi_pageset awaiting;
	struct zi_pageset untracked;
	struct zi_pageset keep;      /* always-need; subset of own */
	struct zi_pageset cold;      /* don't-need: first to be evicted; subset of own */
	struct zi_pageset lingering; /* absent pages that a mapping may go on showing as zero */
	struct zi_awaited *awaited;  /* sorted by start */
	uint32_t nawaited, awaited_cap;
};

/* ---- source.c. Tree lock held, unless said otherwise. */

/* Gives the fresh tree of `root` a source. NO_MEMORY: ctx is not taken over. */
zx_status_t zi_source_new(struct zi_node *root, const struct zi_source_ops *ops, void *ctx,
			  bool trap_dirty);
/*
 * The tree that the source belongs to. tryref: false when the tree is going, or just one reference is left: its VMOs are gone then, and
 * at most a packet holds it. No lock held by unref, unless it is not the last one.
 */
void zi_source_ref(struct zi_source *s);
bool zi_source_tryref(struct zi_source *s);
void zi_source_unref(struct zi_source *s);
/* By the end of the tree; no lock held. NULL is accepted. */
void zi_source_free(struct zi_source *s);
/* The root node is about to be freed. */
void zi_source_root_gone(struct zi_source *s);

/*
 * The packet was taken, or (lost) vanished with its port. No lock held; the caller keeps the tree
 * alive.
 */
void zi_source_packet_taken(struct zi_source *s, bool lost);

/*
 * Makes r wait for pages of the root from `first` on; the request is cut where an outstanding one
 * begins or ends.
 */
void zi_source_ask(struct zi_source *s, struct zi_request *r, enum zi_ask ask, uint64_t first,
		   uint64_t pages);
/* r gives up. If others wait behind it, the first of them takes its place. */
void zi_source_cancel(struct zi_request *r);
/*
 * Pages have come, or what was asked for them is moot; `error` other than ZX_OK: the pager has
 * failed them.
 */
void zi_source_resolve(struct zi_source *s, enum zi_ask ask, uint64_t first, uint64_t pages,
		       zx_status_t error);
/*
 * Nothing is asked any more: waiters look again and find so. With `close` the pager is gone, and
 * COMPLETE is not sent.
 */
void zi_source_detach(struct zi_source *s, bool close);
/* Full walk: requests sorted, disjoint, counted (tests, stress). */
bool zi_source_check_requests(const struct zi_source *s);

void zi_source_wakes_flush(struct zi_source_wakes *w); /* no lock held */

/* ---- page_wait.c */

/* An operation's waits for pages, one after the other. Starts zeroed but for `early`. */
struct zi_page_wait {
	struct zi_request *request; /* NULL: none made yet */
	bool early;                 /* go on as soon as the next page is there */
};

/*
 * Asks for pages [first, first+pages) of the root. SHOULD_WAIT: release the lock and call
 * zi_page_wait. BAD_STATE: detached. An early request that is still under way and covers the page
 * is waited for again. Tree lock held.
 */
zx_status_t zi_page_wait_ask(struct zi_page_wait *w, struct zi_source *s, enum zi_ask ask,
			     uint64_t first, uint64_t pages);
/*
 * Sleeps. ZX_OK: look again. Otherwise the operation fails with that status. No lock held; the
 * caller keeps the tree alive.
 */
zx_status_t zi_page_wait(struct zi_page_wait *w);
/*
 * For loops: false when *st is anything but SHOULD_WAIT. Otherwise sleeps: true to look again, or
 * false and the status in *st.
 */
bool zi_page_wait_again(struct zi_page_wait *w, zx_status_t *st);
/* The end of the operation; drops what is still asked. No lock held. */
void zi_page_wait_done(struct zi_page_wait *w);

/* Reads the options of this file; by zi_vm_start. */
/* Told around every sleep of a thread, so that listings can name it. */
void zi_page_wait_set_hook(void (*fn)(bool waiting));

#endif
