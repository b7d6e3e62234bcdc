/*
 * Pages, stores and sharing.
 *
 * Invariant: store s stands in page->sharers exactly once when one of its slots points to the page, and never otherwise. A
 * store sees a page at one offset only, because a snapshot's window is one-to-one.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* ---- pages */

static struct m_page *page_new(void)
{
	struct m_page *p = malloc(sizeof(*p));

	if (p == NULL)
		abort();
	p->nsharers = 0;
	memset(p->bytes, 0, sizeof(p->bytes));
	return p;
}

static void sharer_add(struct m_page *p, struct m_store *s)
{
	assert(p->nsharers < M_MAX_STORES);
	p->sharers[p->nsharers++] = s;
}

static void sharer_remove(struct m_page *p, const struct m_store *s)
{
	size_t i = 0;

	while (i < p->nsharers && p->sharers[i] != s)
		i++;
	assert(i < p->nsharers);
	p->sharers[i] = p->sharers[--p->nsharers];
	if (p->nsharers == 0)
		free(p);
}

/* ---- slots */

/* Index of the first slot at or after pgi. */
static size_t find(const struct m_store *s, uint64_t pgi)
{
	size_t low = 0, high = s->nslots;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (s->slots[mid].pgi < pgi)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void insert(struct m_store *s, uint64_t pgi, struct m_page *page)
{
	size_t i = find(s, pgi);

	if (s->nslots == s->cap) {
		s->cap = s->cap == 0 ? 8 : 2 * s->cap;
		s->slots = realloc(s->slots, s->cap * sizeof(*s->slots));
		if (s->slots == NULL)
			abort();
	}
	memmove(&s->slots[i + 1], &s->slots[i], (s->nslots - i) * sizeof(*s->slots));
	s->slots[i] = (struct m_slot){.pgi = pgi, .page = page};
	s->nslots++;
	sharer_add(page, s);
}

struct m_page *m_get(const struct m_store *s, uint64_t pgi)
{
	size_t i = find(s, pgi);

	return i < s->nslots && s->slots[i].pgi == pgi ? s->slots[i].page : NULL;
}

struct m_page *m_own(struct m_store *s, uint64_t pgi)
{
	struct m_page *page = m_get(s, pgi);

	if (page == NULL) {
		page = page_new();
		insert(s, pgi, page);
	} else if (page->nsharers > 1) {
		struct m_page *copy = page_new();

		memcpy(copy->bytes, page->bytes, sizeof(copy->bytes));
		m_drop(s, pgi, pgi + 1);
		insert(s, pgi, copy);
		page = copy;
	}
	return page;
}

void m_drop(struct m_store *s, uint64_t first, uint64_t end)
{
	size_t from = find(s, first), to = find(s, end);

	if (from == to)
		return;
	for (size_t i = from; i < to; i++)
		sharer_remove(s->slots[i].page, s);
	memmove(&s->slots[from], &s->slots[to], (s->nslots - to) * sizeof(*s->slots));
	s->nslots -= to - from;
}

void m_share(struct m_store *to, const struct m_store *from, uint64_t off_pages, uint64_t pages)
{
	for (size_t i = find(from, off_pages);
	     i < from->nslots && from->slots[i].pgi - off_pages < pages; i++)
		insert(to, from->slots[i].pgi - off_pages, from->slots[i].page);
}

struct m_page *m_take(struct m_store *s, uint64_t pgi)
{
	struct m_page *page;
	size_t i = find(s, pgi);

	if (m_get(s, pgi) == NULL)
		return NULL;
	page = m_own(s, pgi);
	page->nsharers = 0;
	memmove(&s->slots[i], &s->slots[i + 1], (s->nslots - i - 1) * sizeof(*s->slots));
	s->nslots--;
	return page;
}

void m_give(struct m_store *s, uint64_t pgi, struct m_page *page)
{
	insert(s, pgi, page);
}

/* ---- stores */

struct m_store *m_store_new(struct m_family *family, uint64_t size)
{
	struct m_store *s = calloc(1, sizeof(*s));

	if (family == NULL)
		family = calloc(1, sizeof(*family));
	if (s == NULL || family == NULL)
		abort();
	family->stores++;
	s->family = family;
	s->size = size;
	return s;
}

void m_store_view(struct m_store *s)
{
	s->views++;
}

void m_store_unview(struct m_store *s)
{
	if (--s->views != 0)
		return;
	m_drop(s, 0, UINT64_MAX);
	if (--s->family->stores == 0)
		free(s->family);
	free(s->slots);
	free(s);
}
