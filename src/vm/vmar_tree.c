/*
 * AVL tree over the children of a VMAR; every node knows the bounds of its subtree and the largest
 * hole inside.
 */
#include "vm/vmar_tree.h"

#include <stddef.h>

#include "base/assert.h"
#include "base/span.h"

static int32_t height_of(const struct zi_child *c)
{
	return c != NULL ? c->height : 0;
}

/* Recomputes what c keeps about its subtree from its children. */
static void sum_up(struct zi_child *c)
{
	const struct zi_child *l = c->left, *r = c->right;

	c->height = 1 + (height_of(l) > height_of(r) ? height_of(l) : height_of(r));
	c->lo = l != NULL ? l->lo : c->base;
	c->hi = r != NULL ? r->hi : zi_child_end(c);
	c->hole = 0;
	if (l != NULL)
		c->hole = zi_max(l->hole, c->base - l->hi);
	if (r != NULL)
		c->hole = zi_max(c->hole, zi_max(r->hole, r->lo - zi_child_end(c)));
}

/* Puts `with` (or nothing) where c hangs. c's own links stay. */
static void replace(struct zi_children *t, struct zi_child *c, struct zi_child *with)
{
	if (c->up == NULL)
		t->top = with;
	else if (c->up->left == c)
		c->up->left = with;
	else
		c->up->right = with;
	if (with != NULL)
		with->up = c->up;
}

/* The right child takes c's place; returns it. */
static struct zi_child *rotate_left(struct zi_children *t, struct zi_child *c)
{
	struct zi_child *r = c->right;

	replace(t, c, r);
	c->right = r->left;
	if (r->left != NULL)
		r->left->up = c;
	r->left = c;
	c->up = r;
	sum_up(c);
	sum_up(r);
	return r;
}

static struct zi_child *rotate_right(struct zi_children *t, struct zi_child *c)
{
	struct zi_child *l = c->left;

	replace(t, c, l);
	c->left = l->right;
	if (l->right != NULL)
		l->right->up = c;
	l->right = c;
	c->up = l;
	sum_up(c);
	sum_up(l);
	return l;
}

/* Balances and sums up from c to the top. */
static void repair(struct zi_children *t, struct zi_child *c)
{
	while (c != NULL) {
		const int32_t lean = height_of(c->left) - height_of(c->right);

		if (lean > 1) {
			if (height_of(c->left->left) < height_of(c->left->right))
				rotate_left(t, c->left);
			c = rotate_right(t, c);
		} else if (lean < -1) {
			if (height_of(c->right->right) < height_of(c->right->left))
				rotate_right(t, c->right);
			c = rotate_left(t, c);
		} else {
			sum_up(c);
		}
		c = c->up;
	}
}

void zi_children_insert(struct zi_children *t, struct zi_child *c)
{
	struct zi_child **at = &t->top;
	struct zi_child *up = NULL;

	ZI_DASSERT(c->height == 0 && c->len > 0);
	while (*at != NULL) {
		up = *at;
		at = c->base < up->base ? &up->left : &up->right;
	}
	c->up = up;
	c->left = c->right = NULL;
	*at = c;
	t->count++;
	repair(t, c);
}

void zi_children_remove(struct zi_children *t, struct zi_child *c)
{
	struct zi_child *from; /* lowest node whose subtree changed */

	ZI_DASSERT(c->height > 0);
	if (c->left == NULL || c->right == NULL) {
		from = c->up;
		replace(t, c, c->left != NULL ? c->left : c->right);
	} else {
		struct zi_child *heir = c->right;

		while (heir->left != NULL)
			heir = heir->left;
		from = heir->up == c ? heir : heir->up;
		if (heir->up != c) {
			replace(t, heir, heir->right);
			heir->right = c->right;
			heir->right->up = heir;
		}
		heir->left = c->left;
		heir->left->up = heir;
		replace(t, c, heir);
	}
	t->count--;
	c->up = c->left = c->right = NULL;
	c->height = 0;
	repair(t, from);
}

void zi_children_resize(struct zi_child *c, uint64_t base, uint64_t len)
{
	ZI_DASSERT(c->height > 0 && len > 0);
	c->base = base;
	c->len = len;
	for (; c != NULL; c = c->up)
		sum_up(c);
}

struct zi_child *zi_children_first(const struct zi_children *t)
{
	struct zi_child *c = t->top;

	while (c != NULL && c->left != NULL)
		c = c->left;
	return c;
}

struct zi_child *zi_children_next(const struct zi_child *c)
{
	if (c->right != NULL) {
		struct zi_child *n = c->right;

		while (n->left != NULL)
			n = n->left;
		return n;
	}
	while (c->up != NULL && c->up->right == c)
		c = c->up;
	return c->up;
}

struct zi_child *zi_children_prev(const struct zi_child *c)
{
	if (c->left != NULL) {
		struct zi_child *p = c->left;

		while (p->right != NULL)
			p = p->right;
		return p;
	}
	while (c->up != NULL && c->up->left == c)
		c = c->up;
	return c->up;
}

struct zi_child *zi_children_at_or_after(const struct zi_children *t, uint64_t addr)
{
	struct zi_child *c = t->top, *best = NULL;

	while (c != NULL) {
		if (zi_child_end(c) > addr) {
			best = c;
			c = c->left;
		} else {
			c = c->right;
		}
	}
	return best;
}

bool zi_children_is_free(const struct zi_children *t, uint64_t base, uint64_t len)
{
	const struct zi_child *c = zi_children_at_or_after(t, base);

	return c == NULL || (c->base >= base && c->base - base >= len);
}

/* ---- places */

struct search {
	uint64_t size, align, limit;
	uint64_t skip; /* candidates still to be passed over */
};

static bool search_hole(struct search *s, uint64_t lo, uint64_t hi, uint64_t *out_base)
{
	const uint64_t end = zi_min(hi, s->limit);
	const uint64_t first = (lo + s->align - 1) & ~(s->align - 1);

	if (first < lo || first > end || end - first < s->size)
		return false;

	const uint64_t candidates = (end - first - s->size) / s->align + 1;

	if (candidates <= s->skip) {
		s->skip -= candidates;
		return false;
	}
	*out_base = first + s->skip * s->align;
	return true;
}

/*
 * Holes of [lo, hi), in which the subtree c lies, in ascending order. The depth is that of the
 * tree: some 30 at most.
 */
static bool search_subtree(struct search *s, const struct zi_child *c, uint64_t lo, uint64_t hi,
			   uint64_t *out_base)
{
	if (lo >= s->limit || hi - lo < s->size)
		return false;
	if (c == NULL)
		return search_hole(s, lo, hi, out_base);
	if (zi_max(c->hole, zi_max(c->lo - lo, hi - c->hi)) < s->size)
		return false;
	return search_subtree(s, c->left, lo, c->base, out_base) ||
	       search_subtree(s, c->right, zi_child_end(c), hi, out_base);
}

bool zi_children_find_place(const struct zi_children *t, uint64_t lo, uint64_t hi, uint64_t size,
			    uint64_t align, uint64_t limit, uint64_t *skip, uint64_t *out_base)
{
	struct search s = {.size = size, .align = align, .limit = limit, .skip = *skip};

	ZI_DASSERT(size > 0 && align > 0 && (align & (align - 1)) == 0);
	if (search_subtree(&s, t->top, lo, hi, out_base))
		return true;
	*skip = s.skip;
	return false;
}

/* ---- check */

/* *prev_end: end of the child before this subtree, then of its last one. */
static bool check_subtree(const struct zi_child *c, uint64_t *prev_end, uint64_t *out_hole,
			  uint64_t *count)
{
	uint64_t left_hole, right_hole;

	*out_hole = 0;
	if (c == NULL)
		return true;
	if ((c->left != NULL && c->left->up != c) || (c->right != NULL && c->right->up != c))
		return false;

	bool ok = check_subtree(c->left, prev_end, &left_hole, count);

	ok = ok && c->len > 0 && c->base >= *prev_end && zi_child_end(c) > c->base;
	if (c->left != NULL)
		left_hole = zi_max(left_hole, c->base - *prev_end);
	*prev_end = zi_child_end(c);
	++*count;
	ok = ok && check_subtree(c->right, prev_end, &right_hole, count);
	if (!ok)
		return false;
	if (c->right != NULL)
		right_hole = zi_max(right_hole, c->right->lo - zi_child_end(c));
	*out_hole = zi_max(left_hole, right_hole);

	const int32_t l = height_of(c->left), r = height_of(c->right);

	return c->hole == *out_hole && c->height == 1 + (l > r ? l : r) && l - r <= 1 &&
	       r - l <= 1 && c->lo == (c->left != NULL ? c->left->lo : c->base) &&
	       c->hi == *prev_end;
}

bool zi_children_check(const struct zi_children *t, uint64_t lo, uint64_t hi)
{
	uint64_t end = lo, hole, count = 0;

	if (t->top != NULL && t->top->up != NULL)
		return false;
	return check_subtree(t->top, &end, &hole, &count) && end <= hi && count == t->count;
}
