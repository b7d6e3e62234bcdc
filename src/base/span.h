/* Pages and overflow-checked ranges. */
#ifndef ZI_BASE_SPAN_H
#define ZI_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZI_PAGE_SHIFT 12u
#define ZI_PAGE ((uint64_t)1 << ZI_PAGE_SHIFT)
#define ZI_PAGE_MASK (ZI_PAGE - 1)

static inline bool zi_is_page_aligned(uint64_t n)
{
	return (n & ZI_PAGE_MASK) == 0;
}

static inline uint64_t zi_page_down(uint64_t n)
{
	return n & ~ZI_PAGE_MASK;
}

/* Wraps to 0 for the last PAGE-1 values, as Zircon's rounding does; see zi_page_up_checked. */
static inline uint64_t zi_page_up(uint64_t n)
{
	return (n + ZI_PAGE_MASK) & ~ZI_PAGE_MASK;
}

static inline bool zi_page_up_checked(uint64_t n, uint64_t *out)
{
	*out = zi_page_up(n);
	return *out >= n;
}

/* Zircon's InRange: [off, off+len) lies in [0, max]; an empty range at off == max does. */
static inline bool zi_in_range(uint64_t off, uint64_t len, uint64_t max)
{
	return off <= max && len <= max - off;
}

static inline uint64_t zi_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t zi_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * A pointer of the program, n bytes on. It is a number that a caller gave: it may be NULL, name nothing, or wrap, all of which arithmetic on
 * pointers must not.
 */
#define ZI_USER_AT(p, n) ((__typeof__(p))((uintptr_t)(p) + (n)))

#endif
