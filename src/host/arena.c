/*
 * Extents of the arena: power-of-two sizes at multiples of their size.
 *
 * Free extents lie in lists by size class; frames that were never handed out lie between two marks, `low`
 * (small classes grow up from it) and `high` (large classes grow down from it). When neither a list
 * nor the marks can serve a request, a larger free extent is split; when there is none, all free
 * extents are merged with their neighbours. Offset space is plentiful, so that is rare.
 *
 * A freed extent may keep resident frames ("kept"), because the kernel takes 2 us to hand out a page and
 * most of that again to take it back, while clearing one costs about 0.1 us. Lock: `store.lock` only
 * for the lists; scanning, clearing and punching happen outside, on extents that nobody else knows.
 */
#include <string.h>

#include "base/assert.h"
#include "base/inject.h"
#include "base/lock.h"
#include "base/pageset.h"
#include "base/slab.h"
#include "base/span.h"
#include "host/host_i.h"

#define ORDERS 33
#define NO_FRAME 0

/*
 * Frames that all free extents together may keep. Measured for a one-page extent that is taken, written and freed: 80 ns
 * with its frame kept, 4 us without. 64 MiB cover the burst of a program that drops and remakes its working set of small
 * VMOs, and are nothing that a user would miss.
 */
#define KEPT_MAX 16384
/* And one extent alone, so that one large VMO does not push out the kept frames of a thousand small ones. */
#define KEPT_MAX_EXTENT (KEPT_MAX / 2)

/*
 * Up to here an extent that must read zero is cleared with memset. Measured, per page: memset 0.06-0.1 us against 4 us for
 * punching it out and the fault that brings it back. So clearing wins whenever pages are used again, and the limit only
 * bounds the time lost (1.5 us) when they are not.
 */
#define CLEAR_MAX 16

/* Classes up to 64 MiB grow from below, the others from above: few gaps between. */
#define SMALL_ORDER 14

#define WARM_RECENT 64

/* Free extents that are not worth looking for neighbours. */
#define LISTED_MIN 4096

/* A group is so many extents of one size, and at least so many frames. */
#define GROUP_EXTENTS 16
#define GROUP_MIN 64

enum kind {
	CLEAN,    /* nothing resident */
	FEW_KEPT, /* at most CLEAR_MAX kept frames */
	MANY_KEPT,
	GAP, /* clean, and not used before space is scarce: see ends_group() */
	KINDS
};

struct run {
	uint32_t off; /* pages from the start of the extent */
	uint32_t pages;
};

struct free_extent {
	struct free_extent *next;
	uint64_t frame;
	uint32_t kept; /* frames in runs[] */
	uint16_t nruns;
	bool zeroed; /* kept frames hold zeros */
	struct run runs[ZI_EXTENT_STALE];
};

static struct {
	struct zi_lock lock;
	uint64_t pages; /* frames of the arena, 0: not started */
	uint64_t low;
	uint64_t high;
	uint64_t live;      /* frames handed out */
	uint64_t lost;      /* frames of free extents for which no descriptor could be had */
	uint64_t kept;      /* kept frames of all free extents */
	uint64_t listed;    /* free extents */
	uint64_t extents;   /* handed out less what came back, be it in other pieces */
	uint64_t most;      /* the largest number of extents so far */
	uint64_t left_over; /* free extents after they were last merged */
	bool merged;        /* nothing was freed since all extents were merged */
	size_t descriptors; /* that were ever made */
	struct free_extent *spare;
	struct free_extent *lists[ORDERS][KINDS];
	/*
	 * First frames of live extents that were handed out as zero but with resident frames: if they come
	 * back untouched, these frames are still resident and zero. Most come back soon: they never get
	 * further than the table of recent ones, which costs no memory.
	 */
	uint64_t warm_recent[WARM_RECENT];
	struct zi_pageset warm;
} store = {.lock = ZI_LOCK_INIT(ZI_RANK_STORE)};

void zi_arena_reset(uint64_t pages)
{
	memset(&store, 0, sizeof(store));
	zi_lock_init(&store.lock, ZI_RANK_STORE);
	store.pages = store.high = pages;
	store.low = 1;
}

static unsigned order_of(uint64_t pages)
{
	return pages <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(pages - 1);
}

static inline uint64_t order_pages(unsigned order)
{
	return (uint64_t)1 << order;
}

static void push_locked(unsigned order, struct free_extent *d)
{
	enum kind kind = d->nruns == 0 ? CLEAN : d->kept <= CLEAR_MAX ? FEW_KEPT : MANY_KEPT;

	d->next = store.lists[order][kind];
	store.lists[order][kind] = d;
	store.kept += d->kept;
	store.listed++;
}

static struct free_extent *pop_locked(unsigned order, enum kind kind)
{
	struct free_extent *d = store.lists[order][kind];

	if (d != NULL) {
		store.lists[order][kind] = d->next;
		store.kept -= d->kept;
		store.listed--;
	}
	return d;
}

/*
 * To find the end of a run of resident frames the kernel walks it all, 18 ns a page, also past the extent that is
 * asked about: with ten thousand resident small extents side by side, 180 us for every question. So the last
 * extent of each group is left out while there is space, and the hole ends the walk.
 */
static bool ends_group(unsigned order, uint64_t frame)
{
	uint64_t group = zi_max(GROUP_MIN, GROUP_EXTENTS * order_pages(order));

	return order <= SMALL_ORDER && (frame + order_pages(order)) % group == 0;
}

static struct free_extent *descriptor_new_locked(void)
{
	struct free_extent *d = ZI_ALLOC(EXTENT, zi_slab_alloc(sizeof(*d)));

	store.descriptors += d != NULL;
	return d;
}

static void push_clean_locked(unsigned order, uint64_t frame, enum kind kind)
{
	struct free_extent *d = store.spare;

	if (d != NULL)
		store.spare = d->next;
	else
		d = descriptor_new_locked();
	if (d == NULL) {
		/* Only offset space is lost, no memory. */
		store.lost += order_pages(order);
		return;
	}
	d->frame = frame;
	d->kept = 0;
	d->nruns = 0;
	d->next = store.lists[order][kind];
	store.lists[order][kind] = d;
	store.listed++;
}

static void spare_locked(struct free_extent *d)
{
	d->next = store.spare;
	store.spare = d;
}

/* Frees [from, to), which nobody touched, as extents of natural alignment. */
static void push_range_locked(uint64_t from, uint64_t to)
{
	while (from < to) {
		unsigned order = (unsigned)__builtin_ctzll(from);
		unsigned fits = 63 - (unsigned)__builtin_clzll(to - from);

		if (order > fits)
			order = fits;
		push_clean_locked(order, from, ends_group(order, from) ? GAP : CLEAN);
		from += order_pages(order);
	}
}

static uint64_t take_unused_locked(unsigned order)
{
	uint64_t size = order_pages(order);
	uint64_t at;

	if (order <= SMALL_ORDER) {
		at = (store.low + size - 1) & ~(size - 1);
		if (ends_group(order, at))
			at += size;
		if (at > store.high || size > store.high - at)
			return NO_FRAME;
		push_range_locked(store.low, at);
		store.low = at + size;
		return at;
	}
	if (size > store.high)
		return NO_FRAME;
	at = (store.high - size) & ~(size - 1);
	if (at < store.low)
		return NO_FRAME;
	push_range_locked(at + size, store.high);
	store.high = at;
	return at;
}

static void discard_runs(uint64_t frame, struct free_extent *d)
{
	for (unsigned i = 0; i < d->nruns; i++)
		zi_frames_discard(frame + d->runs[i].off, d->runs[i].pages);
	d->nruns = 0;
	d->kept = 0;
}

static uint64_t split_locked(unsigned order)
{
	for (unsigned have = order + 1; have < ORDERS; have++) {
		struct free_extent *d = NULL;

		for (enum kind kind = CLEAN; d == NULL && kind < KINDS; kind++)
			d = pop_locked(have, kind);
		if (d == NULL)
			continue;
		discard_runs(d->frame, d);

		uint64_t frame = d->frame;

		spare_locked(d);
		while (have > order) {
			have--;
			push_clean_locked(have, frame + order_pages(have), CLEAN);
		}
		return frame;
	}
	return NO_FRAME;
}

/* Sorts a list by frame, without further memory. */
static struct free_extent *sorted(struct free_extent *list)
{
	struct free_extent *half[2] = {NULL, NULL};
	struct free_extent *out = NULL;
	struct free_extent **tail = &out;

	if (list == NULL || list->next == NULL)
		return list;
	for (unsigned i = 0; list != NULL; i ^= 1) {
		struct free_extent *d = list;

		list = d->next;
		d->next = half[i];
		half[i] = d;
	}
	half[0] = sorted(half[0]);
	half[1] = sorted(half[1]);
	while (half[0] != NULL && half[1] != NULL) {
		unsigned i = half[0]->frame < half[1]->frame ? 0 : 1;

		*tail = half[i];
		tail = &half[i]->next;
		half[i] = *tail;
	}
	*tail = half[0] != NULL ? half[0] : half[1];
	return out;
}

/* d takes in the kept frames of its right neighbour. False: too many pieces. */
static bool join_runs(struct free_extent *d, const struct free_extent *other)
{
	const uint32_t shift = (uint32_t)(other->frame - d->frame);
	struct run runs[2 * ZI_EXTENT_STALE];
	unsigned n = 0;

	for (unsigned i = 0; i < d->nruns; i++)
		runs[n++] = d->runs[i];
	for (unsigned i = 0; i < other->nruns; i++) {
		struct run r = {.off = other->runs[i].off + shift, .pages = other->runs[i].pages};

		if (n > 0 && runs[n - 1].off + runs[n - 1].pages == r.off)
			runs[n - 1].pages += r.pages;
		else
			runs[n++] = r;
	}
	if (n > ZI_EXTENT_STALE || other->frame - d->frame > UINT32_MAX / 2)
		return false;
	memcpy(d->runs, runs, n * sizeof(runs[0]));
	if (d->nruns == 0 || other->nruns == 0)
		d->zeroed = d->nruns == 0 ? other->zeroed : d->zeroed;
	else
		d->zeroed = d->zeroed && other->zeroed;
	d->nruns = (uint16_t)n;
	d->kept += other->kept;
	return true;
}

/* Merges every pair of free neighbours. */
static void merge_listed_locked(void)
{
	for (unsigned order = 0; order + 1 < ORDERS; order++) {
		struct free_extent *list = NULL;
		struct free_extent *d;

		for (enum kind kind = CLEAN; kind < KINDS; kind++)
			while ((d = pop_locked(order, kind)) != NULL) {
				d->next = list;
				list = d;
			}
		list = sorted(list);
		while (list != NULL) {
			struct free_extent *other = list->next;
			unsigned to = order;

			d = list;
			list = other;
			if (other != NULL && d->frame % (2 * order_pages(order)) == 0 &&
			    other->frame == d->frame + order_pages(order)) {
				list = other->next;
				if (!join_runs(d, other)) {
					discard_runs(d->frame, d);
					discard_runs(other->frame, other);
				}
				spare_locked(other);
				to = order + 1;
			}
			push_locked(to, d);
		}
	}
	store.left_over = store.listed;
}

/* … also with what was never handed out. */
static void merge_all_locked(void)
{
	push_range_locked(store.low, store.high);
	store.low = store.high;
	merge_listed_locked();
	store.merged = true;
}

/*
 * Whoever takes extents whole and gives them back in pieces would let the lists grow for ever. Many free extents that were
 * all live at the same time are no such thing: they will be wanted again as they are.
 */
static void tidy_locked(void)
{
	if (store.listed > LISTED_MIN + 2 * store.most + 2 * store.left_over)
		merge_listed_locked();
}

static uint64_t take_hard_locked(unsigned order)
{
	uint64_t frame = split_locked(order);
	struct free_extent *d = NULL;

	if (frame != NO_FRAME || store.merged)
		return frame;
	merge_all_locked();
	for (enum kind kind = CLEAN; d == NULL && kind < KINDS; kind++)
		d = pop_locked(order, kind);
	if (d == NULL)
		return split_locked(order);
	discard_runs(d->frame, d);
	frame = d->frame;
	spare_locked(d);
	return frame;
}

static struct free_extent *pop_preferred_locked(unsigned order, unsigned flags)
{
	static const enum kind order_zero[] = {FEW_KEPT, CLEAN, MANY_KEPT};
	static const enum kind order_any[] = {MANY_KEPT, FEW_KEPT, CLEAN};
	const enum kind *kinds = flags == ZI_EXTENT_ANY ? order_any : order_zero;
	struct free_extent *d = NULL;

	for (unsigned i = 0; d == NULL && i < sizeof(order_any) / sizeof(order_any[0]); i++)
		d = pop_locked(order, kinds[i]);
	return d;
}

static uint64_t *warm_slot(uint64_t frame)
{
	/* First frames are multiples of sizes: the low bits alone would crowd a few slots. */
	return &store.warm_recent[frame * 0x9e3779b97f4a7c15u >> 58];
}

static bool remember_warm_locked(uint64_t frame)
{
	uint64_t *slot = warm_slot(frame);

	if (*slot != NO_FRAME)
		return zi_pageset_set(&store.warm, frame, 1);
	*slot = frame;
	return true;
}

/* Was the extent handed out as warm? Without memory the mark stays, which only costs a look for frames later. */
static bool forget_warm_locked(uint64_t frame)
{
	uint64_t *slot = warm_slot(frame);

	if (*slot == frame) {
		*slot = NO_FRAME;
		return true;
	}
	if (zi_pageset_is_empty(&store.warm) || !zi_pageset_test(&store.warm, frame))
		return false;
	zi_pageset_clear(&store.warm, frame, 1);
	return true;
}

zx_status_t zi_extent_alloc(uint64_t pages, uint64_t align_pages, unsigned flags,
			    struct zi_extent *out)
{
	unsigned order = order_of(zi_max(pages, align_pages));
	struct free_extent got = {.nruns = 0};
	struct free_extent *d;
	bool clear = false;

	ZI_DASSERT(pages > 0 && align_pages > 0 && (align_pages & (align_pages - 1)) == 0);
	if (order >= ORDERS)
		return ZX_ERR_NO_MEMORY;
	zi_lock(&store.lock);
	d = pop_preferred_locked(order, flags);
	if (d != NULL) {
		got = *d;
		spare_locked(d);
	} else {
		got.frame = take_unused_locked(order);
		if (got.frame == NO_FRAME)
			got.frame = take_hard_locked(order);
		if (got.frame == NO_FRAME) {
			zi_unlock(&store.lock);
			return ZX_ERR_NO_MEMORY;
		}
	}
	store.live += order_pages(order);
	store.extents++;
	store.most = zi_max(store.most, store.extents);
	if (got.nruns != 0 && flags == ZI_EXTENT_ZERO)
		clear = got.kept <= CLEAR_MAX && remember_warm_locked(got.frame);
	zi_unlock(&store.lock);

	out->frame = got.frame;
	out->pages = order_pages(order);
	out->nstale = 0;
	out->warm = clear && got.kept == out->pages;
	if (flags == ZI_EXTENT_ANY) {
		for (unsigned i = 0; i < got.nruns; i++) {
			out->stale[i].off = got.runs[i].off;
			out->stale[i].pages = got.runs[i].pages;
		}
		out->nstale = got.nruns;
	} else if (!clear) {
		discard_runs(got.frame, &got);
	} else if (!got.zeroed) {
		for (unsigned i = 0; i < got.nruns; i++)
			memset(zi_frame_ptr(got.frame + got.runs[i].off), 0,
			       (size_t)got.runs[i].pages << ZI_PAGE_SHIFT);
	}
	return ZX_OK;
}

/*
 * Finds the resident frames of an extent about to be freed. What is too much, or in too many pieces, to be kept
 * is given back. False when nothing is left: the extent is clean.
 */
static bool find_runs(struct free_extent *d, uint64_t pages)
{
	uint64_t at = 0;
	uint64_t run_frame;
	uint64_t run_pages;

	d->nruns = 0;
	d->kept = 0;
	if (pages == 1) {
		d->runs[0] = (struct run){.off = 0, .pages = 1};
		d->nruns = 1;
		d->kept = 1;
		return true;
	}
	while (at < pages &&
	       zi_frames_next_data(d->frame + at, pages - at, &run_frame, &run_pages)) {
		uint64_t room = KEPT_MAX_EXTENT - d->kept;

		if (d->nruns == ZI_EXTENT_STALE || room == 0) {
			zi_frames_discard(run_frame, d->frame + pages - run_frame);
			break;
		}
		if (run_pages > room) {
			zi_frames_discard(run_frame + room, d->frame + pages - run_frame - room);
			pages = run_frame - d->frame + room;
			run_pages = room;
		}
		d->runs[d->nruns++] = (struct run){.off = (uint32_t)(run_frame - d->frame),
						   .pages = (uint32_t)run_pages};
		d->kept += (uint32_t)run_pages;
		at = run_frame - d->frame + run_pages;
	}
	return d->nruns != 0;
}

static void gone_locked(unsigned order)
{
	store.live -= order_pages(order);
	store.extents -= store.extents > 0;
	store.merged = false;
	tidy_locked();
}

static void free_touched(unsigned order, uint64_t frame, bool zeroed)
{
	struct free_extent found = {.frame = frame, .zeroed = zeroed};
	bool keep = find_runs(&found, order_pages(order));
	struct free_extent *d;

	zi_lock(&store.lock);
	forget_warm_locked(frame);
	gone_locked(order);
	if (keep && store.kept + found.kept <= KEPT_MAX) {
		d = store.spare;
		if (d != NULL)
			store.spare = d->next;
		else
			d = descriptor_new_locked();
		if (d != NULL) {
			*d = found;
			push_locked(order, d);
			zi_unlock(&store.lock);
			return;
		}
	}
	store.live += order_pages(order); /* still ours: nobody may get it before it is clean */
	zi_unlock(&store.lock);
	discard_runs(frame, &found);
	zi_lock(&store.lock);
	store.live -= order_pages(order);
	push_clean_locked(order, frame, CLEAN);
	zi_unlock(&store.lock);
}

void zi_extent_free(uint64_t frame, uint64_t pages, bool touched)
{
	unsigned order = order_of(pages);

	ZI_ASSERT(frame != NO_FRAME && pages == order_pages(order) && frame % pages == 0);
	if (!touched) {
		ZI_LOCK_SCOPE(&store.lock);
		ZI_DASSERT(zi_in_range(frame, pages, store.pages));
		if (!forget_warm_locked(frame)) {
			gone_locked(order);
			push_clean_locked(order, frame, CLEAN);
			return;
		}
	}
	free_touched(order, frame, !touched);
}

uint64_t zi_extent_trim(void)
{
	struct free_extent *taken = NULL;
	uint64_t frames = 0;

	/* One at a time, so that the lock is never held for long. */
	for (unsigned order = 0; order < ORDERS; order++) {
		for (enum kind kind = FEW_KEPT; kind <= MANY_KEPT; kind++) {
			for (;;) {
				zi_lock(&store.lock);
				taken = pop_locked(order, kind);
				if (taken != NULL)
					store.live += order_pages(order);
				zi_unlock(&store.lock);
				if (taken == NULL)
					break;
				frames += taken->kept;
				discard_runs(taken->frame, taken);
				ZI_LOCK_SCOPE(&store.lock);
				store.live -= order_pages(order);
				push_locked(order, taken);
			}
		}
	}
	return frames;
}

void zi_extent_stats(struct zi_extent_stats *out)
{
	ZI_LOCK_SCOPE(&store.lock);
	out->live = store.live;
	out->kept = store.kept;
	out->unused = store.high - store.low;
	out->lost = store.lost;
	out->book_bytes = store.descriptors * sizeof(struct free_extent);
}

/* Adds the extent to `seen`; false when a frame of it is there already or the numbers are wrong. */
static bool check_extent(const struct free_extent *d, unsigned order, enum kind kind,
			 struct zi_pageset *seen)
{
	uint64_t sum = 0;
	uint64_t at = 0;

	for (unsigned i = 0; i < d->nruns; i++) {
		if (d->runs[i].off < at || d->runs[i].pages == 0)
			return false;
		at = (uint64_t)d->runs[i].off + d->runs[i].pages;
		sum += d->runs[i].pages;
	}
	return d->frame != NO_FRAME && d->frame % order_pages(order) == 0 &&
	       zi_in_range(d->frame, order_pages(order), store.pages) && sum == d->kept &&
	       at <= order_pages(order) && (kind == CLEAN || kind == GAP) == (d->nruns == 0) &&
	       zi_pageset_count(seen, d->frame, order_pages(order)) == 0 &&
	       zi_pageset_set(seen, d->frame, order_pages(order));
}

bool zi_arena_check(void)
{
	struct zi_pageset seen = {0};
	uint64_t kept = 0;
	bool ok = true;

	ZI_LOCK_SCOPE(&store.lock);
	for (unsigned order = 0; order < ORDERS && ok; order++)
		for (enum kind kind = CLEAN; kind < KINDS && ok; kind++)
			for (struct free_extent *d = store.lists[order][kind]; d != NULL && ok;
			     d = d->next) {
				ok = check_extent(d, order, kind, &seen);
				kept += d->kept;
			}
	if (ok && store.low < store.high)
		ok = zi_pageset_count(&seen, store.low, store.high - store.low) == 0;
	ok = ok && kept == store.kept && store.kept <= KEPT_MAX && zi_pageset_check(&store.warm) &&
	     1 + seen.count + store.live + store.lost + (store.high - store.low) == store.pages;
	zi_pageset_clear_all(&seen);
	return ok;
}
