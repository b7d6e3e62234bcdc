/*
 * How far the dirty zero intervals of a pager root are being written back: one entry per interval
 * that is, by its start.
 *
 * An entry's end is a promise made when write-back began and may lie past the interval's end of
 * now. The intervals themselves are in the page sets.
 */
#include <string.h>

#include "base/assert.h"
#include "base/inject.h"
#include "base/slab.h"
#include "base/span.h"
#include "vm/dirty.h"

/* First entry whose start is at or after pgi. */
static uint32_t find(const struct zi_source *s, uint64_t pgi)
{
	uint32_t lo = 0, hi = s->nawaited;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (s->awaited[mid].start < pgi)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void remove_range(struct zi_source *s, uint32_t from, uint32_t to)
{
	if (from == to)
		return;
	memmove(&s->awaited[from], &s->awaited[to], (s->nawaited - to) * sizeof(*s->awaited));
	s->nawaited -= to - from;
}

void zi_awaited_cut(struct zi_node *n, uint64_t first, uint64_t pages)
{
	struct zi_source *s = n->source;
	uint32_t from = find(s, first), to = find(s, first + pages);
	uint64_t end = first + pages;

	/* Entries before the range keep their start and their promise. */
	if (from == to)
		return;
	struct zi_awaited last = s->awaited[to - 1];

	/* What is left of the last interval behind the range keeps what was promised for it. */
	if (last.end > end && end < n->size && zi_page_state(n, end, 1, NULL) == ZI_PAGE_ZERO)
		s->awaited[from++] = (struct zi_awaited){end, last.end};
	remove_range(s, from, to);
}

void zi_awaited_joined(struct zi_node *n, uint64_t first, uint64_t pages)
{
	struct zi_source *s = n->source;
	uint32_t i = find(s, first + pages);

	if (i < s->nawaited && s->awaited[i].start == first + pages)
		remove_range(s, i, i + 1);
}

static bool reserve(struct zi_source *s)
{
	if (s->nawaited < s->awaited_cap)
		return true;
	uint32_t cap = s->awaited_cap == 0 ? 256 : s->awaited_cap * 2;
	struct zi_awaited *a = ZI_ALLOC(AWAITED, zi_pages_from_system(cap * sizeof(*a)));

	if (a == NULL)
		return false;
	if (s->awaited != NULL) {
		memcpy(a, s->awaited, s->nawaited * sizeof(*a));
		zi_pages_to_system(s->awaited, s->awaited_cap * sizeof(*a));
	}
	s->awaited = a;
	s->awaited_cap = cap;
	return true;
}

zx_status_t zi_awaited_begin(struct zi_source *s, uint64_t start, uint64_t end)
{
	uint32_t i = find(s, start);

	if (i < s->nawaited && s->awaited[i].start == start) {
		s->awaited[i].end = zi_max(s->awaited[i].end, end);
		return ZX_OK;
	}
	if (!reserve(s))
		return ZX_ERR_NO_MEMORY;
	memmove(&s->awaited[i + 1], &s->awaited[i], (s->nawaited - i) * sizeof(*s->awaited));
	s->awaited[i] = (struct zi_awaited){start, end};
	s->nawaited++;
	return ZX_OK;
}

uint64_t zi_awaited_take(struct zi_source *s, uint64_t start)
{
	uint32_t i = find(s, start);

	if (i == s->nawaited || s->awaited[i].start != start)
		return 0;
	uint64_t end = s->awaited[i].end;

	remove_range(s, i, i + 1);
	return end;
}

void zi_awaited_truncate(struct zi_source *s, uint64_t pages)
{
	remove_range(s, find(s, pages), s->nawaited);
	/* A promise past the end must not cover what grows there later. */
	for (uint32_t i = 0; i < s->nawaited; i++)
		s->awaited[i].end = zi_min(s->awaited[i].end, pages);
}

void zi_awaited_free(struct zi_source *s)
{
	if (s->awaited != NULL)
		zi_pages_to_system(s->awaited, s->awaited_cap * sizeof(*s->awaited));
	s->awaited = NULL;
	s->nawaited = s->awaited_cap = 0;
}
