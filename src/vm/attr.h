/* Attribution counters: bytes of content, split by who else shares them. */
#ifndef ZI_VM_ATTR_H
#define ZI_VM_ATTR_H

#include <stdint.h>

#include "base/span.h"

struct zi_attr {
	uint64_t committed; /* bytes with content, shared ones in full */
	uint64_t private_;  /* bytes that nobody shares copy-on-write */
	uint64_t scaled;    /* every page divided by its sharers: whole bytes … */
	uint64_t fraction;  /* … and 63-bit fraction, 2^63 = one byte */
};

#define ZI_ATTR_ONE ((uint64_t)1 << 63)

static inline void zi_attr_add_scaled(struct zi_attr *a, uint64_t whole, uint64_t fraction)
{
	a->scaled += whole;
	a->fraction += fraction;
	if (a->fraction >= ZI_ATTR_ONE) {
		a->fraction -= ZI_ATTR_ONE;
		a->scaled++;
	}
}

/* `pages` pages of content, each seen by `sharers` VMOs (1: private). */
static inline void zi_attr_add_pages(struct zi_attr *a, uint64_t pages, uint64_t sharers)
{
	uint64_t bytes = pages << ZI_PAGE_SHIFT;

	a->committed += bytes;
	if (sharers <= 1) {
		a->private_ += bytes;
		a->scaled += bytes;
		return;
	}
	uint64_t rest = ZI_PAGE % sharers;
	uint64_t fraction = ZI_ATTR_ONE / sharers * rest; /* per page, rounded down per byte */

	for (uint64_t i = 0; i < pages; i++)
		zi_attr_add_scaled(a, ZI_PAGE / sharers, fraction);
}

#endif
