/*
 * The radix tree of page indexes.
 *
 * A slot (the root, or a child pointer) is NULL for "no member below", FULL for "all members", or points
 * to a node (level > 0) or a leaf (level 0) that has some members and lacks some. That is kept at all
 * times, also when memory runs out in the middle of a change; and the tree is never higher than its
 * largest member needs, except that a root which became FULL keeps its height.
 */
#include <stddef.h>

#include "base/assert.h"
#include "base/inject.h"
#include "base/pageset.h"
#include "base/slab.h"
#include "base/span.h"

#define INDEX_END ((uint64_t)1 << 52)
#define LEAF_BITS 9u
#define NODE_BITS 6u
#define FANOUT 64u
#define WORDS 8u
#define HEIGHT_MAX 8u /* 512 * 64^8 > 2^52 */
#define FULL ((void *)1)

struct leaf {
	uint64_t word[WORDS];
};

struct node {
	uint64_t count; /* members below */
	uint64_t some;  /* bit i: child i is not NULL */
	uint64_t full;  /* bit i: child i is FULL */
	void *child[FANOUT];
};

static inline unsigned level_shift(unsigned level)
{
	return LEAF_BITS + NODE_BITS * level;
}

/* Pages that a slot of this level covers. */
static inline uint64_t level_pages(unsigned level)
{
	return (uint64_t)1 << level_shift(level);
}

static inline bool is_inner(const void *slot)
{
	return (uintptr_t)slot > 1;
}

static uint64_t leaf_count(const struct leaf *lf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < WORDS; i++)
		n += (unsigned)__builtin_popcountll(lf->word[i]);
	return n;
}

static uint64_t slot_count(const void *slot, unsigned level)
{
	if (slot == NULL)
		return 0;
	if (slot == FULL)
		return level_pages(level);
	return level == 0 ? leaf_count(slot) : ((const struct node *)slot)->count;
}

static void slot_free(void *slot, unsigned level)
{
	if (!is_inner(slot))
		return;
	if (level == 0) {
		zi_slab_free(slot, sizeof(struct leaf));
		return;
	}

	struct node *nd = slot;

	for (uint64_t left = nd->some & ~nd->full; left != 0; left &= left - 1)
		slot_free(nd->child[__builtin_ctzll(left)], level - 1);
	zi_slab_free(nd, sizeof(*nd));
}

static void node_put(struct node *nd, unsigned i, void *slot)
{
	uint64_t bit = (uint64_t)1 << i;

	nd->child[i] = slot;
	nd->some = slot != NULL ? nd->some | bit : nd->some & ~bit;
	nd->full = slot == FULL ? nd->full | bit : nd->full & ~bit;
}

/* Makes a leaf or node that stands for `slot`, which is NULL or FULL. */
static void *expand(void *slot, unsigned level)
{
	if (level == 0) {
		struct leaf *lf = ZI_ALLOC(PAGESET, zi_slab_alloc(sizeof(*lf)));

		if (lf != NULL && slot == FULL)
			for (unsigned i = 0; i < WORDS; i++)
				lf->word[i] = UINT64_MAX;
		return lf;
	}

	struct node *nd = ZI_ALLOC(PAGESET, zi_slab_alloc(sizeof(*nd)));

	if (nd != NULL && slot == FULL) {
		nd->count = level_pages(level);
		nd->some = nd->full = UINT64_MAX;
		for (unsigned i = 0; i < FANOUT; i++)
			nd->child[i] = FULL;
	}
	return nd;
}

/* What a leaf should be replaced by when it has become empty or full; itself otherwise. */
static void *leaf_collapse(struct leaf *lf)
{
	uint64_t any = 0;
	uint64_t all = UINT64_MAX;

	for (unsigned i = 0; i < WORDS; i++) {
		any |= lf->word[i];
		all &= lf->word[i];
	}
	if (any != 0 && all != UINT64_MAX)
		return lf;
	zi_slab_free(lf, sizeof(*lf));
	return any == 0 ? NULL : FULL;
}

static void *node_collapse(struct node *nd)
{
	void *slot;

	if (nd->some == 0)
		slot = NULL;
	else if (nd->full == UINT64_MAX)
		slot = FULL;
	else
		return nd;
	zi_slab_free(nd, sizeof(*nd));
	return slot;
}

/* The bits of word `w` of a leaf that lie in [first, last]. */
static uint64_t word_mask(unsigned w, unsigned first, unsigned last)
{
	unsigned low = w * 64;
	uint64_t mask = UINT64_MAX;

	if (first > low)
		mask &= UINT64_MAX << (first - low);
	if (last < low + 63)
		mask &= UINT64_MAX >> (low + 63 - last);
	return mask;
}

static uint64_t leaf_change(struct leaf *lf, unsigned first, unsigned last, bool set)
{
	unsigned changed = 0;

	for (unsigned w = first / 64; w <= last / 64; w++) {
		uint64_t mask = word_mask(w, first, last);

		mask &= set ? ~lf->word[w] : lf->word[w];
		changed += (unsigned)__builtin_popcountll(mask);
		lf->word[w] ^= mask;
	}
	return changed;
}

/*
 * Sets or clears [first, last], relative to the slot and inside it. Returns the slot's new value; adds
 * the number of changed pages to *changed. Clears *ok when memory ran out.
 */
static void *slot_change(void *slot, unsigned level, uint64_t first, uint64_t last, bool set,
			 uint64_t *changed, bool *ok)
{
	void *goal = set ? FULL : NULL;

	if (slot == goal)
		return slot;
	if (first == 0 && last == level_pages(level) - 1) {
		uint64_t had = slot_count(slot, level);

		*changed += set ? level_pages(level) - had : had;
		slot_free(slot, level);
		return goal;
	}
	if (!is_inner(slot)) {
		void *made = expand(slot, level);

		if (made == NULL) {
			*ok = false;
			return slot;
		}
		slot = made;
	}
	if (level == 0) {
		*changed += leaf_change(slot, (unsigned)first, (unsigned)last, set);
		return leaf_collapse(slot);
	}

	struct node *nd = slot;
	unsigned shift = level_shift(level - 1);
	uint64_t child_mask = level_pages(level - 1) - 1;
	unsigned i_last = (unsigned)(last >> shift);
	uint64_t below = 0;

	for (unsigned i = (unsigned)(first >> shift); i <= i_last && *ok; i++) {
		uint64_t from = i == first >> shift ? first & child_mask : 0;
		uint64_t to = i == i_last ? last & child_mask : child_mask;

		node_put(nd, i, slot_change(nd->child[i], level - 1, from, to, set, &below, ok));
	}
	nd->count = set ? nd->count + below : nd->count - below;
	*changed += below;
	return node_collapse(nd);
}

/* Raises the tree until it covers index `last`. A tree raised in vain is lowered by shrink(). */
static bool grow(struct zi_pageset *s, uint64_t last)
{
	while (last >= level_pages(s->height)) {
		if (s->root != NULL) {
			struct node *nd = ZI_ALLOC(PAGESET, zi_slab_alloc(sizeof(*nd)));

			if (nd == NULL)
				return false;
			nd->count = slot_count(s->root, s->height);
			node_put(nd, 0, s->root);
			s->root = nd;
		}
		s->height++;
	}
	return true;
}

static void shrink(struct zi_pageset *s)
{
	if (s->root == NULL)
		s->height = 0;
	while (s->height > 0 && is_inner(s->root)) {
		struct node *nd = s->root;

		if (nd->some != 1)
			return;
		s->root = nd->child[0];
		s->height--;
		zi_slab_free(nd, sizeof(*nd));
	}
}

void zi_pageset_clear_all(struct zi_pageset *s)
{
	slot_free(s->root, s->height);
	*s = (struct zi_pageset){0};
}

bool zi_pageset_test(const struct zi_pageset *s, uint64_t pgi)
{
	const void *slot = s->root;
	unsigned level = s->height;

	if (pgi >= level_pages(level))
		return false;
	while (is_inner(slot)) {
		if (level == 0) {
			const struct leaf *lf = slot;

			return (lf->word[pgi / 64 % WORDS] >> (pgi % 64) & 1) != 0;
		}
		level--;
		slot = ((const struct node *)slot)->child[pgi >> level_shift(level) & (FANOUT - 1)];
	}
	return slot == FULL;
}

/*
 * The common change: one page, in a leaf that is there and stays partly filled. False when it is another case,
 * and then nothing was done.
 */
static bool change_one(struct zi_pageset *s, uint64_t pgi, bool set)
{
	struct node *path[HEIGHT_MAX];
	void *slot = s->root;
	unsigned level = s->height;
	uint64_t bit = (uint64_t)1 << (pgi % 64);
	uint64_t *word;
	uint64_t one = set ? 1 : UINT64_MAX;

	if (pgi >= level_pages(level))
		return false;
	for (; level > 0 && is_inner(slot); level--) {
		path[level - 1] = slot;
		slot = path[level - 1]->child[pgi >> level_shift(level - 1) & (FANOUT - 1)];
	}
	if (level > 0 || !is_inner(slot))
		return false;
	word = &((struct leaf *)slot)->word[pgi / 64 % WORDS];
	if (((*word & bit) != 0) == set)
		return true;
	/* A word that becomes all ones or all zeros may make the leaf so. */
	if ((*word ^ bit) == (set ? UINT64_MAX : 0))
		return false;
	*word ^= bit;
	for (level = 0; level < s->height; level++)
		path[level]->count += one;
	s->count += one;
	return true;
}

bool zi_pageset_set(struct zi_pageset *s, uint64_t first, uint64_t pages)
{
	uint64_t changed = 0;
	bool ok = true;

	if (pages == 0)
		return true;
	ZI_ASSERT(zi_in_range(first, pages, INDEX_END));
	if (pages == 1 && change_one(s, first, true))
		return true;
	ok = grow(s, first + pages - 1);
	if (ok)
		s->root = slot_change(s->root, s->height, first, first + pages - 1, true, &changed,
				      &ok);
	s->count += changed;
	if (!ok)
		shrink(s);
	return ok;
}

bool zi_pageset_clear(struct zi_pageset *s, uint64_t first, uint64_t pages)
{
	uint64_t covered = level_pages(s->height);
	uint64_t changed = 0;
	bool ok = true;

	if (pages == 0)
		return true;
	ZI_ASSERT(zi_in_range(first, pages, INDEX_END));
	if (first >= covered || s->root == NULL)
		return true;
	if (pages == 1 && change_one(s, first, false))
		return true;
	s->root = slot_change(s->root, s->height, first, zi_min(first + pages, covered) - 1, false,
			      &changed, &ok);
	s->count -= changed;
	shrink(s);
	return ok;
}

/* First bit of value `want` at or after `from` in a leaf; 512 when there is none. */
static unsigned leaf_next(const struct leaf *lf, unsigned from, bool want)
{
	for (unsigned w = from / 64; w < WORDS; w++) {
		uint64_t bits = want ? lf->word[w] : ~lf->word[w];

		if (w == from / 64)
			bits &= UINT64_MAX << (from % 64);
		if (bits != 0)
			return w * 64 + (unsigned)__builtin_ctzll(bits);
	}
	return 1u << LEAF_BITS;
}

/* First index of value `want` at or after `from`, relative to the slot; level_pages() when none. */
static uint64_t slot_next(const void *slot, unsigned level, uint64_t from, bool want)
{
	if (!is_inner(slot))
		return (slot == FULL) == want ? from : level_pages(level);
	if (level == 0)
		return leaf_next(slot, (unsigned)from, want);

	const struct node *nd = slot;
	unsigned shift = level_shift(level - 1);
	uint64_t inside = from & (level_pages(level - 1) - 1);
	unsigned i = (unsigned)(from >> shift);
	uint64_t fit = (want ? nd->some : ~nd->full) & UINT64_MAX << i;

	for (; fit != 0; fit &= fit - 1) {
		unsigned at = (unsigned)__builtin_ctzll(fit);
		uint64_t found = slot_next(nd->child[at], level - 1, at == i ? inside : 0, want);

		if (found < level_pages(level - 1))
			return ((uint64_t)at << shift) + found;
	}
	return level_pages(level);
}

uint64_t zi_pageset_next_set(const struct zi_pageset *s, uint64_t pgi)
{
	uint64_t covered = level_pages(s->height);

	if (s->root == NULL || pgi >= covered)
		return ZI_PAGESET_END;
	pgi = slot_next(s->root, s->height, pgi, true);
	return pgi < covered ? pgi : ZI_PAGESET_END;
}

/* Past the covered part nothing is a member, so the end of that part is the answer when all of it is. */
uint64_t zi_pageset_next_clear(const struct zi_pageset *s, uint64_t pgi)
{
	if (s->root == NULL || pgi >= level_pages(s->height))
		return pgi;
	return slot_next(s->root, s->height, pgi, false);
}

static uint64_t slot_count_range(const void *slot, unsigned level, uint64_t first, uint64_t last)
{
	uint64_t n = 0;

	if (slot == NULL)
		return 0;
	if (slot == FULL)
		return last - first + 1;
	if (first == 0 && last == level_pages(level) - 1)
		return slot_count(slot, level);
	if (level == 0) {
		for (unsigned w = (unsigned)first / 64; w <= last / 64; w++)
			n += (unsigned)__builtin_popcountll(
				((const struct leaf *)slot)->word[w] &
				word_mask(w, (unsigned)first, (unsigned)last));
		return n;
	}

	unsigned shift = level_shift(level - 1);
	uint64_t child_mask = level_pages(level - 1) - 1;

	for (uint64_t i = first >> shift; i <= last >> shift; i++)
		n += slot_count_range(((const struct node *)slot)->child[i], level - 1,
				      i == first >> shift ? first & child_mask : 0,
				      i == last >> shift ? last & child_mask : child_mask);
	return n;
}

uint64_t zi_pageset_count(const struct zi_pageset *s, uint64_t first, uint64_t pages)
{
	uint64_t covered = level_pages(s->height);

	if (pages == 0 || first >= covered || s->root == NULL)
		return 0;
	return slot_count_range(s->root, s->height, first,
				pages > covered - first ? covered - 1 : first + pages - 1);
}

bool zi_pageset_copy(struct zi_pageset *dst, uint64_t dst_first, const struct zi_pageset *src,
		     uint64_t first, uint64_t pages)
{
	uint64_t end = pages > INDEX_END - zi_min(first, INDEX_END) ? INDEX_END : first + pages;

	for (uint64_t at = first; at < end;) {
		uint64_t from = zi_pageset_next_set(src, at);

		if (from >= end)
			break;
		at = zi_min(zi_pageset_next_clear(src, from), end);
		if (!zi_pageset_set(dst, from - first + dst_first, at - from))
			return false;
	}
	return true;
}

static uint64_t slot_bytes(const void *slot, unsigned level)
{
	if (!is_inner(slot))
		return 0;
	if (level == 0)
		return sizeof(struct leaf);

	const struct node *nd = slot;
	uint64_t n = sizeof(*nd);

	for (uint64_t left = nd->some & ~nd->full; left != 0; left &= left - 1)
		n += slot_bytes(nd->child[__builtin_ctzll(left)], level - 1);
	return n;
}

uint64_t zi_pageset_bytes(const struct zi_pageset *s)
{
	return slot_bytes(s->root, s->height);
}

static bool slot_check(const void *slot, unsigned level, uint64_t *out_count)
{
	*out_count = slot_count(slot, level);
	if (!is_inner(slot))
		return true;
	if (level == 0)
		return *out_count != 0 && *out_count != level_pages(0);

	const struct node *nd = slot;
	uint64_t sum = 0;

	for (unsigned i = 0; i < FANOUT; i++) {
		uint64_t bit = (uint64_t)1 << i;
		uint64_t below;

		if (((nd->some & bit) != 0) != (nd->child[i] != NULL) ||
		    ((nd->full & bit) != 0) != (nd->child[i] == FULL) ||
		    !slot_check(nd->child[i], level - 1, &below))
			return false;
		sum += below;
	}
	return sum == nd->count && nd->some != 0 && nd->full != UINT64_MAX;
}

bool zi_pageset_check(const struct zi_pageset *s)
{
	uint64_t count;

	if (s->height > HEIGHT_MAX || !slot_check(s->root, s->height, &count) || count != s->count)
		return false;
	if (s->root == NULL && s->height != 0)
		return false;
	if (is_inner(s->root) && s->height > 0 && ((const struct node *)s->root)->some == 1)
		return false;
	return zi_pageset_next_set(s, INDEX_END) == ZI_PAGESET_END;
}
