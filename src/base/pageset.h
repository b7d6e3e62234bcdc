/*
 * A set of page indexes in [0, 2^52): radix tree of 512-bit leaves under nodes of 64 children, where
 * wholly empty and wholly full subtrees cost nothing, so that ranges of any length are cheap.
 * Counts are kept per node. Not locked: the owner's lock guards it. Memory comes from zi_slab: usable on
 * the fault path. A zeroed struct is the empty set.
 */
#ifndef ZI_BASE_PAGESET_H
#define ZI_BASE_PAGESET_H

#include <stdbool.h>
#include <stdint.h>

struct zi_pageset {
	void *root;      /* NULL empty, or tagged full, or node/leaf */
	uint32_t height; /* 0: root is a leaf; n: covers 512 * 64^n pages */
	uint64_t count;  /* members */
};

#define ZI_PAGESET_END UINT64_MAX /* "none" from the next_* functions */

void zi_pageset_clear_all(struct zi_pageset *s); /* frees everything; the set is empty and usable */
bool zi_pageset_test(const struct zi_pageset *s, uint64_t pgi);
/* [first, first+pages). False when memory is out: then nothing of the range that was unset is lost from
 * the set, but part of the range may have been added. */
bool zi_pageset_set(struct zi_pageset *s, uint64_t first, uint64_t pages);
/* Clearing part of a full subtree may need memory too; false as above, part may have been removed. */
bool zi_pageset_clear(struct zi_pageset *s, uint64_t first, uint64_t pages);
/* First member / non-member at or after pgi; ZI_PAGESET_END when there is none (member), never END for
 * non-members below 2^52. */
uint64_t zi_pageset_next_set(const struct zi_pageset *s, uint64_t pgi);
uint64_t zi_pageset_next_clear(const struct zi_pageset *s, uint64_t pgi);
uint64_t zi_pageset_count(const struct zi_pageset *s, uint64_t first, uint64_t pages);
static inline bool zi_pageset_is_empty(const struct zi_pageset *s)
{
	return s->count == 0;
}
/* Members m of src in [first, first+pages) are added to dst as m - first + dst_first. */
bool zi_pageset_copy(struct zi_pageset *dst, uint64_t dst_first, const struct zi_pageset *src,
		     uint64_t first, uint64_t pages);
/* Bytes of memory that the set uses (metadata accounting). */
uint64_t zi_pageset_bytes(const struct zi_pageset *s);
bool zi_pageset_check(const struct zi_pageset *s); /* full walk: counts, no collapsible node */

#endif
