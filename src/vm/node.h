/*
 * Nodes: the page store behind VMOs, and the trees that copy-on-write clones make of them (words in vm.h).
 * All numbers are pages unless the name says bytes. Everything here needs the tree lock (suffix _locked left
 * out: there is no other kind of function in this file, except where said).
 *
 * Shape. An anonymous visible node is a leaf; inner nodes are hidden and frozen, have two children or
 * more, and nobody maps or writes them. In a pager tree visible nodes may have children too.
 *
 * Who holds page p of node n?  own(n,p): n.  Otherwise marker, or p >= limit, or no parent: n again, softly
 * (a pager root answers "absent").  Otherwise ask the parent at p + parent_off.
 */
#ifndef ZI_VM_NODE_H
#define ZI_VM_NODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

#include "base/list.h"
#include "base/lock.h"
#include "base/pageset.h"
#include "vm/attr.h"

struct zi_mapping;
struct zi_source;
struct zi_vmo;

/* On a cache line of its own: every read and write of a VMO takes the lock, and others have other VMOs. */
struct zi_tree {
	struct zi_lock lock;      /* rank TREE */
	_Atomic uint32_t refs;    /* nodes and VMOs */
	struct zi_source *source; /* of the pager root of this tree; NULL: no pager */
} __attribute__((aligned(64)));

/* Pages [first, first+pages) of the node lie in frames [frame, …). The extent is what must be freed. */
struct zi_segment {
	uint64_t first, pages, frame;
	/* ext_frame 0: borrowed frames (physical memory), never freed */
	uint64_t ext_frame, ext_pages;
	bool warm; /* the frames were resident when they came: showing them may fill page tables */
};

/* One pinned range; overlapping pins are separate entries. */
struct zi_pin {
	struct zi_link link;
	uint64_t first, pages;
};

enum zi_discard_state { ZI_DISCARD_NEVER, ZI_DISCARD_LOCKED, ZI_DISCARD_UNLOCKED, ZI_DISCARD_GONE };

struct zi_node {
	struct zi_tree *tree;
	bool hidden;
	bool contiguous; /* every page own from creation on; zeroed in place */
	bool touched;    /* frames may be resident: freeing must look */
	bool modelled; /* physical: accesses through mappings trap and go to a device model; fixed */
	uint64_t size; /* pages */
	struct zi_node *parent;
	uint64_t parent_off;     /* page 0 of this node lies there in the parent */
	uint64_t parent_limit;   /* first page of this node that does not look into the parent */
	uint64_t root_off;       /* sum of parent_off up to the root */
	struct zi_link children; /* of in_parent */
	struct zi_link in_parent;
	uint32_t nchildren;
	struct zi_link vmos; /* views: VMO, slices, references (struct zi_vmo.in_node) */
	uint32_t nvmos;

	struct zi_segment *segs; /* sorted by first; &seg0 while there is at most one */
	uint32_t nsegs, segs_cap;
	struct zi_segment seg0;

	struct zi_pageset own;
	struct zi_pageset shadow; /* subset of own */
	struct zi_pageset mark;   /* disjoint from own */
	struct zi_pageset stale;  /* frames with old bytes: neither own nor soft pages */

	struct zi_link pins;
	uint64_t npins;
	/* own pages when shadows were last compared for the budget (fault.c) */
	uint64_t shadow_checked;
	uint64_t change_events; /* discards and evictions */
	enum zi_discard_state discard;
	uint64_t lock_count;
	struct zi_source *source; /* pager root only; NULL otherwise */
};

enum zi_found_kind {
	ZI_FOUND_OWN,    /* content for certain, in found.node's frames */
	ZI_FOUND_SOFT,   /* found.node's frame, whatever it holds; absent frames read zero */
	ZI_FOUND_ABSENT, /* pager root without the page: ask the source */
};

struct zi_found {
	struct zi_node *node;
	uint64_t pgi;   /* in found.node */
	uint64_t pages; /* for how many pages from there the same answer holds */
	enum zi_found_kind kind;
};

/* ---- node.c: life and frames */

/* A visible node without parent; its tree is new when `tree` is NULL, else gains a reference. NULL: no memory. */
struct zi_node *zi_node_new(struct zi_tree *tree, uint64_t pages);
/* Frees a node that nothing refers to; keeps its tree reference count right. */
void zi_node_free(struct zi_node *n);
void zi_tree_ref(struct zi_tree *t);
void zi_tree_unref(struct zi_tree *t); /* no lock held */
/* Gives frames to pages that have none. Soft pages read zero afterwards. */
zx_status_t zi_node_ensure_frames(struct zi_node *n, uint64_t first, uint64_t pages);
/* Frame of a page; 0: none yet. *out_run (may be NULL): for how many pages frames go on in order (also of "none"). */
uint64_t zi_node_frame(const struct zi_node *n, uint64_t pgi, uint64_t *out_run);
/* Frees the memory behind pages: they become holes. own, mark, … are the caller's. */
void zi_node_discard_frames(struct zi_node *n, uint64_t first, uint64_t pages);
/* Pages that have become soft must not show old bytes. */
void zi_node_clean_stale(struct zi_node *n, uint64_t first, uint64_t pages);
bool zi_node_is_pinned(const struct zi_node *n, uint64_t first, uint64_t pages);

/* Index of the first segment that ends after pgi. */
uint32_t zi_node_seg_find(const struct zi_node *n, uint64_t pgi);
/* Room for so many segments; false: no memory. */
bool zi_node_segs_reserve(struct zi_node *n, uint32_t want);

/* ---- node_move.c: frames that change their node instead of being copied */

enum { ZI_MOVE_PIECES = 4 };
extern uint64_t zi_node_move_min; /* pages; fewer are copied. Tests lower it */

/* Frames without a node, in order: extents of their own. */
struct zi_moving {
	uint32_t n;
	uint64_t pages;
	struct zi_segment piece[ZI_MOVE_PIECES];
};

/*
 * Own pages [first, …) of n, at most max, leave with their frames; what stays behind reads zero. False: nothing can be moved (too few
 * pages, frames that do not divide well, relatives, pins, no memory), and nothing has changed for who looks.
 */
bool zi_node_move_out(struct zi_node *n, uint64_t first, uint64_t max, struct zi_moving *out);
/* They take the place of the frames of absent pages of a pager root, whose mappings are switched. False: no memory, nothing changed. */
bool zi_node_move_in(struct zi_node *n, uint64_t first, const struct zi_moving *in);
void zi_moving_free(const struct zi_moving *m);

/* ---- node_lookup.c */

/* Answer for page pgi of n, valid for at most max pages. */
struct zi_found zi_node_lookup(struct zi_node *n, uint64_t pgi, uint64_t max);
/*
 * Who holds content for the page: soft pages and shadows are settled first, and what is a shadow still is looked through. OWN:
 * found.node; SOFT: nobody, it reads zero; ABSENT as above.
 */
struct zi_found zi_node_lookup_content(struct zi_node *n, uint64_t pgi, uint64_t max);
/*
 * Whose frames show page pgi of n: as zi_node_lookup, but own and soft pages of one node, which mappings need not tell apart, are
 * one answer. OWN only when all pages of the answer are. Pager roots are not looked into: their answer is ABSENT.
 */
struct zi_found zi_node_lookup_frames(struct zi_node *n, uint64_t pgi, uint64_t max);
/* Soft pages of n in the range whose frames are resident and not zero become own. */
void zi_node_sync_soft(struct zi_node *n, uint64_t first, uint64_t pages);
/* Shadows in the range whose bytes differ from the ancestor's become plain own pages. */
void zi_node_sync_shadow(struct zi_node *n, uint64_t first, uint64_t pages);
/* Visible nodes that see page pgi of n through their children links (n itself not counted); *out_run: for how many pages,
 * at most max. */
uint64_t zi_node_sharers(struct zi_node *n, uint64_t pgi, uint64_t max, uint64_t *out_run);
/* Adds the attribution of [first, first+pages) of visible node n. */
void zi_node_attribute(struct zi_node *n, uint64_t first, uint64_t pages, struct zi_attr *out);
/* Is there content of its own in the range (markers count)? Used by clone placement. */
bool zi_node_has_own(struct zi_node *n, uint64_t first, uint64_t pages);

/* ---- node_own.c */

/*
 * Makes every page of the range own: soft pages are committed, pages seen in an ancestor are forked; shadows become
 * plain. Mappings are switched. Absent pager pages must have been supplied before. NO_MEMORY: part may be done.
 */
zx_status_t zi_node_own(struct zi_node *n, uint64_t first, uint64_t pages);
/*
 * Fork for a write fault at page pgi: also forks up to `ahead` further pages after it, as shadows, where they
 * lie in the same immutable ancestor. *out_done: pages forked from pgi on.
 */
zx_status_t zi_node_fork(struct zi_node *n, uint64_t pgi, uint64_t ahead, uint64_t *out_done);

/* ---- node_zero.c */

/* Pages of the range read zero; pinned ones and contiguous nodes are cleared in place. */
zx_status_t zi_node_zero(struct zi_node *n, uint64_t first, uint64_t pages);
/* Frees own pages; only without parent. */
void zi_node_decommit(struct zi_node *n, uint64_t first, uint64_t pages);
/* New size; shrinking releases what lies beyond and clips children of pager nodes. Pins are checked by the caller. */
zx_status_t zi_node_resize(struct zi_node *n, uint64_t pages);
/* Gives up what n holds and sees in [first, end of node): used by shrink and death. */
void zi_node_release(struct zi_node *n, uint64_t first);

/* ---- node_clone.c */

/*
 * A clone of n's window [off, off+pages): the new visible node, without VMO yet. bidirectional: a full snapshot.
 * NOT_SUPPORTED when the shape forbids it, BAD_STATE when pages are pinned, NO_MEMORY.
 */
zx_status_t zi_node_clone(struct zi_node *n, uint64_t off, uint64_t pages, bool bidirectional,
			  struct zi_node **out_node);

/* ---- node_merge.c */

/* n has lost its last VMO: it dies unless it has children; parents follow. */
void zi_node_orphaned(struct zi_node *n);
/*
 * Merges n with hidden parents of which it is the only child: a merge at the time had no memory. False: again no memory, and n
 * looks as if it had a parent.
 */
bool zi_node_settle(struct zi_node *n);
/* Frees content of hidden n (and what it sees above) in the range that no visible node reaches any more. */
void zi_node_prune(struct zi_node *n, uint64_t first, uint64_t pages);

/* ---- mapping_place.c: mappings follow the node */

/*
 * The answer to "who holds the page" has changed for [first, first+pages) of n: every mapping of n's views, and of nodes
 * below that see through n, is placed anew. With more than one mapping, write access comes back only after all of them
 * show the new frames.
 */
zx_status_t zi_node_replace(struct zi_node *n, uint64_t first, uint64_t pages, bool populate);
/* Write access goes from all mappings of n's views in the range. */
zx_status_t zi_node_write_protect(struct zi_node *n, uint64_t first, uint64_t pages);

/* ---- node_check.c */

bool zi_node_check_tree(struct zi_node *any);

#endif
