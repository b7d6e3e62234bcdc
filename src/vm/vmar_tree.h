/*
 * The children of one VMAR: a balanced tree ordered by address that knows the largest hole below
 * every node, so that finding a child, a free range or a place for a new child costs O(log n).
 * Nothing here allocates. The address space lock guards everything.
 */
#ifndef ZI_VM_VMAR_TREE_H
#define ZI_VM_VMAR_TREE_H

#include <stdbool.h>
#include <stdint.h>

/* Embedded in struct zi_mapping and struct zi_vmar. */
struct zi_child {
	struct zi_child *up; /* also links removed children that wait to be freed */
	struct zi_child *left, *right;
	uint64_t base, len; /* bytes; the range that the tree goes by */
	uint64_t lo, hi;    /* lowest base and highest end in this subtree */
	uint64_t hole;      /* bytes; largest one between two neighbours of this subtree */
	int32_t height;     /* 1: leaf; 0: in no tree */
	bool is_vmar;
	/* of a mapping: */
	bool private_copy;  /* its VMO was made for it by zi_aspace_access */
	uint16_t made_with; /* placement options, of which 2025 kernels took note */
	uint64_t serial;    /* tells it from a later one at the same address */
};

struct zi_children {
	struct zi_child *top; /* NULL: no children */
	uint64_t count;
};

static inline uint64_t zi_child_end(const struct zi_child *c)
{
	return c->base + c->len;
}

/* base and len are set; the range is free. */
void zi_children_insert(struct zi_children *t, struct zi_child *c);
void zi_children_remove(struct zi_children *t, struct zi_child *c);
/* The child's range becomes [base, base+len): the order among its neighbours must stay. */
void zi_children_resize(struct zi_child *c, uint64_t base, uint64_t len);

struct zi_child *zi_children_first(const struct zi_children *t);
struct zi_child *zi_children_next(const struct zi_child *c);
struct zi_child *zi_children_prev(const struct zi_child *c);
/* The child that contains addr or else the first one above it; NULL: none. */
struct zi_child *zi_children_at_or_after(const struct zi_children *t, uint64_t addr);
bool zi_children_is_free(const struct zi_children *t, uint64_t base, uint64_t len);

/*
 * Looks for a place for a child. Candidates are all s, multiples of `align` (a power of two), such
 * that [s, s+size) lies in one hole of [lo, hi) and s + size <= limit; they are counted in
 * ascending order. When there are more than *skip, *out_base is candidate number *skip. Otherwise
 * the answer is false and *skip is less by the number of candidates.
 */
bool zi_children_find_place(const struct zi_children *t, uint64_t lo, uint64_t hi, uint64_t size,
			    uint64_t align, uint64_t limit, uint64_t *skip, uint64_t *out_base);

/* Full walk: order, disjointness, balance, all kept values; children lie inside [lo, hi). */
bool zi_children_check(const struct zi_children *t, uint64_t lo, uint64_t hi);

#endif
