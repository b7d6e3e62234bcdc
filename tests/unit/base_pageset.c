/* zi-test: valgrind */
/* The set of page indexes against a list of ranges, which is slow and simple. */
#include <string.h>
#include <time.h>

#include "base/pageset.h"
#include "base/slab.h"
#include "t.h"

#define END ((uint64_t)1 << 52)

/* The model: a sorted array of disjoint ranges with gaps between them. */
#define MODEL_MAX 4096
struct model {
	size_t n;
	struct {
		uint64_t from, to;
	} r[MODEL_MAX];
};

static void model_insert(struct model *m, size_t at, uint64_t from, uint64_t to)
{
	cr_assert(m->n < MODEL_MAX);
	memmove(&m->r[at + 1], &m->r[at], (m->n - at) * sizeof(m->r[0]));
	m->r[at].from = from;
	m->r[at].to = to;
	m->n++;
}

static void model_remove(struct model *m, size_t at)
{
	m->n--;
	memmove(&m->r[at], &m->r[at + 1], (m->n - at) * sizeof(m->r[0]));
}

static void model_clear(struct model *m, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < m->n;) {
		uint64_t f = m->r[i].from, t = m->r[i].to;

		if (t <= from || f >= to) {
			i++;
			continue;
		}
		model_remove(m, i);
		if (f < from)
			model_insert(m, i++, f, from);
		if (t > to)
			model_insert(m, i++, to, t);
	}
}

static void model_set(struct model *m, uint64_t from, uint64_t to)
{
	size_t at = 0;

	model_clear(m, from, to);
	while (at < m->n && m->r[at].to < from)
		at++;
	if (at < m->n && m->r[at].to == from) {
		from = m->r[at].from;
		model_remove(m, at);
	}
	if (at < m->n && m->r[at].from == to) {
		to = m->r[at].to;
		model_remove(m, at);
	}
	model_insert(m, at, from, to);
}

static bool model_test(const struct model *m, uint64_t pgi)
{
	for (size_t i = 0; i < m->n; i++)
		if (pgi >= m->r[i].from && pgi < m->r[i].to)
			return true;
	return false;
}

static uint64_t model_count(const struct model *m, uint64_t from, uint64_t to)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->n; i++) {
		uint64_t f = m->r[i].from > from ? m->r[i].from : from;
		uint64_t t = m->r[i].to < to ? m->r[i].to : to;

		sum += t > f ? t - f : 0;
	}
	return sum;
}

/* The same members, told by the next_* functions and the count. */
static void require_equal(const struct zi_pageset *s, const struct model *m)
{
	uint64_t at = 0;

	cr_assert(zi_pageset_check(s));
	for (size_t i = 0; i < m->n; i++) {
		cr_assert_eq(zi_pageset_next_set(s, at), m->r[i].from);
		cr_assert_eq(zi_pageset_next_clear(s, m->r[i].from), m->r[i].to);
		at = m->r[i].to;
	}
	cr_assert_eq(zi_pageset_next_set(s, at), ZI_PAGESET_END);
	cr_assert_eq(s->count, model_count(m, 0, END));
	cr_assert_eq(zi_pageset_is_empty(s), m->n == 0);
}

/* Ranges that like borders of leaves and nodes, and the end of the index space. */
static void random_range(uint64_t *seed, uint64_t *first, uint64_t *pages)
{
	unsigned bits = (unsigned)t_below(seed, 53);
	unsigned len_bits = (unsigned)t_below(seed, bits + 1);

	*first = t_random(seed) & ((END - 1) >> (52 - bits));
	*pages = 1 + (t_random(seed) & ((END - 1) >> (52 - len_bits)));
	switch (t_below(seed, 4)) {
	case 0:
		*first &= ~(uint64_t)511;
		break;
	case 1:
		*first &= ~(uint64_t)(512 * 64 - 1);
		*pages = (*pages | 511) + 1;
		break;
	case 2:
		*first = END - 1 - *first;
		break;
	default:
		break;
	}
	if (*pages > END - *first)
		*pages = END - *first;
}

static void probe(const struct zi_pageset *s, const struct model *m, uint64_t pgi)
{
	bool in = model_test(m, pgi);

	cr_assert_eq(zi_pageset_test(s, pgi), in);
	cr_assert_eq(zi_pageset_next_set(s, pgi) == pgi, in);
	cr_assert_eq(zi_pageset_next_clear(s, pgi) == pgi, !in);
}

static void run_against_model(uint64_t seed, unsigned steps, bool failing)
{
	static struct model m, before;
	struct zi_pageset s = {0};

	m.n = 0;
	for (unsigned i = 0; i < steps; i++) {
		uint64_t first, pages, other, other_pages;
		bool set = t_below(&seed, 100) < 55;
		bool ok;

		random_range(&seed, &first, &pages);
		before = m;
		if (failing)
			zi_slab_fail_after((long)t_below(&seed, 10));
		ok = set ? zi_pageset_set(&s, first, pages) : zi_pageset_clear(&s, first, pages);
		zi_slab_fail_after(-1);
		cr_assert(ok || failing);
		if (set)
			model_set(&m, first, first + pages);
		else
			model_clear(&m, first, first + pages);
		if (!ok) {
			/* Between what was and what was asked for, and nothing outside changed. */
			cr_assert(zi_pageset_check(&s));
			cr_assert_eq(zi_pageset_count(&s, 0, first),
				     model_count(&before, 0, first));
			cr_assert_eq(zi_pageset_count(&s, first + pages, END),
				     model_count(&before, first + pages, END));

			uint64_t low = model_count(set ? &before : &m, first, first + pages);
			uint64_t high = model_count(set ? &m : &before, first, first + pages);
			uint64_t got = zi_pageset_count(&s, first, pages);

			cr_assert(low <= got && got <= high);
			for (uint64_t at = zi_pageset_next_set(&s, first);
			     !set && at < first + pages;) {
				uint64_t to = zi_pageset_next_clear(&s, at);

				if (to > first + pages)
					to = first + pages;
				cr_assert_eq(model_count(&before, at, to), to - at,
					     "a failed clear added members");
				at = zi_pageset_next_set(&s, to);
			}
			ok = set ? zi_pageset_set(&s, first, pages) :
				   zi_pageset_clear(&s, first, pages);
			cr_assert(ok);
		}
		require_equal(&s, &m);
		probe(&s, &m, first);
		probe(&s, &m, first + pages - 1);
		if (first > 0)
			probe(&s, &m, first - 1);
		random_range(&seed, &other, &other_pages);
		probe(&s, &m, other);
		cr_assert_eq(zi_pageset_count(&s, other, other_pages),
			     model_count(&m, other, other + other_pages));
		if (m.n > 60 || (t_below(&seed, 50) == 0 && m.n > 0)) {
			zi_pageset_clear_all(&s);
			m.n = 0;
			require_equal(&s, &m);
			cr_assert_eq(zi_slab_live(), 0);
		}
	}
	zi_pageset_clear_all(&s);
	cr_assert_eq(zi_slab_live(), 0);
}

Test(base_pageset, random_ranges__always__as_the_model)
{
	run_against_model(t_seed(), t_has("no-valgrind") ? 40000 : 1500, false);
}

Test(base_pageset, random_ranges__when_memory_fails__nothing_is_lost)
{
	run_against_model(t_seed(), t_has("no-valgrind") ? 40000 : 1500, true);
}

/* Dense sets in a small space reach every state of leaves and nodes. */
Test(base_pageset, small_space__single_pages__as_a_bitmap)
{
	uint64_t seed = t_seed();
	static uint8_t model[3 * 32768];
	struct zi_pageset s = {0};
	unsigned rounds = t_has("no-valgrind") ? 60 : 4;

	for (unsigned round = 0; round < rounds; round++) {
		bool set = round % 2 == 0;
		unsigned step = 1 + (unsigned)t_below(&seed, 40);

		for (uint64_t i = 0; i < sizeof(model); i++) {
			if (t_below(&seed, step) != 0 && round % 4 < 2)
				continue;
			cr_assert(set ? zi_pageset_set(&s, i, 1) : zi_pageset_clear(&s, i, 1));
			model[i] = set;
		}
		cr_assert(zi_pageset_check(&s));
		for (uint64_t i = 0; i < sizeof(model); i++)
			cr_assert_eq(zi_pageset_test(&s, i), model[i]);
		if (round % 4 == 2)
			cr_assert_eq(zi_pageset_bytes(&s) < 1000, true, "full parts collapse");
		if (round % 4 == 3)
			cr_assert(s.root == NULL && s.height == 0);
	}
	zi_pageset_clear_all(&s);
}

Test(base_pageset, whole_space__set_and_holed__costs_little)
{
	struct zi_pageset s = {0};

	cr_assert(zi_pageset_set(&s, 0, END));
	cr_assert_eq(s.count, END);
	cr_assert_leq(zi_pageset_bytes(&s), 1024);
	cr_assert(zi_pageset_check(&s));
	cr_assert_eq(zi_pageset_next_clear(&s, 5), END);
	cr_assert(zi_pageset_test(&s, END - 1));
	cr_assert_not(zi_pageset_test(&s, END));
	cr_assert(zi_pageset_clear(&s, END - 1, 1));
	cr_assert_eq(s.count, END - 1);
	cr_assert_eq(zi_pageset_next_clear(&s, 0), END - 1);
	cr_assert_eq(zi_pageset_next_set(&s, END - 1), ZI_PAGESET_END);
	cr_assert(zi_pageset_clear(&s, 0, END - 1));
	cr_assert(zi_pageset_is_empty(&s));
	cr_assert_eq(zi_slab_live(), 0);
}

Test(base_pageset, empty_range__any__changes_nothing)
{
	struct zi_pageset s = {0};

	cr_assert(zi_pageset_set(&s, END, 0));
	cr_assert(zi_pageset_clear(&s, 7, 0));
	cr_assert(zi_pageset_is_empty(&s));
	cr_assert_eq(zi_pageset_count(&s, 0, UINT64_MAX), 0);
	cr_assert_eq(zi_pageset_next_set(&s, 0), ZI_PAGESET_END);
	cr_assert_eq(zi_pageset_next_clear(&s, 9), 9);
	cr_assert_eq(zi_pageset_bytes(&s), 0);
}

Test(base_pageset, copy__shifted__members_move)
{
	uint64_t seed = t_seed();
	static struct model m;

	for (unsigned round = 0; round < 200; round++) {
		struct zi_pageset from = {0}, to = {0};
		uint64_t first, pages, shift = t_below(&seed, 1000);

		m.n = 0;
		for (unsigned i = 0; i < 20; i++) {
			uint64_t at = t_below(&seed, 100000), n = 1 + t_below(&seed, 4000);

			cr_assert(zi_pageset_set(&from, at, n));
			model_set(&m, at, at + n);
		}
		first = t_below(&seed, 100000);
		pages = t_below(&seed, 60000);
		cr_assert(zi_pageset_set(&to, first + shift, 1));
		cr_assert(zi_pageset_copy(&to, first + shift, &from, first, pages));
		cr_assert(zi_pageset_check(&to));
		for (uint64_t i = first; i < first + pages; i += 1 + t_below(&seed, 50))
			if (i != first)
				cr_assert_eq(zi_pageset_test(&to, i + shift), model_test(&m, i));
		cr_assert_eq(to.count, model_count(&m, first, first + pages) +
					       (pages == 0 || !model_test(&m, first)));
		zi_pageset_clear_all(&from);
		zi_pageset_clear_all(&to);
	}
	cr_assert_eq(zi_slab_live(), 0);
}

Test(base_pageset, copy__when_memory_fails__says_so)
{
	struct zi_pageset from = {0}, to = {0};

	cr_assert(zi_pageset_set(&from, 3, 5));
	zi_slab_fail_after(0);
	cr_assert_not(zi_pageset_copy(&to, 0, &from, 0, 100));
	zi_slab_fail_after(-1);
	cr_assert(zi_pageset_is_empty(&to) && zi_pageset_check(&to));
	zi_pageset_clear_all(&from);
}
