/* zi-test: valgrind */
/* The tree of children against a model that looks at every page. */
#include "vm/vmar_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "t.h"

#define PAGES 96
#define LO (0x40000 * ZI_PAGE)
#define HI (LO + PAGES * ZI_PAGE)

/* One child per page at most; owner[i] is the child that covers page i. */
static struct zi_children tree;
static struct zi_child *owner[PAGES];

static uint64_t addr_of(uint64_t page)
{
	return LO + page * ZI_PAGE;
}

static bool model_free(uint64_t page, uint64_t pages)
{
	for (uint64_t i = page; i < page + pages; i++) {
		if (owner[i] != NULL)
			return false;
	}
	return true;
}

static void model_set(uint64_t page, uint64_t pages, struct zi_child *c)
{
	for (uint64_t i = page; i < page + pages; i++)
		owner[i] = c;
}

static struct zi_child *model_at_or_after(uint64_t addr)
{
	uint64_t page = addr < LO ? 0 : (addr - LO) / ZI_PAGE;

	while (page < PAGES && owner[page] == NULL)
		page++;
	return page < PAGES ? owner[page] : NULL;
}

/*
 * Candidate number `skip` by trying every address; *out_count is the number of candidates passed.
 */
static bool model_place(uint64_t size, uint64_t align, uint64_t limit, uint64_t skip,
			uint64_t *out_base, uint64_t *out_count)
{
	*out_count = 0;
	for (uint64_t s = LO; s + size <= HI && s + size <= limit; s += ZI_PAGE) {
		if (s % align != 0 || !model_free((s - LO) / ZI_PAGE, size / ZI_PAGE))
			continue;
		if (skip == *out_count) {
			*out_base = s;
			return true;
		}
		++*out_count;
	}
	return false;
}

static void compare_order(void)
{
	struct zi_child *c = zi_children_first(&tree), *prev = NULL;
	uint64_t page = 0, count = 0;

	for (; c != NULL; prev = c, c = zi_children_next(c)) {
		while (page < PAGES && owner[page] == NULL)
			page++;
		cr_assert(page < PAGES && owner[page] == c, "another child at page %lu", page);
		cr_assert_eq(c->base, addr_of(page));
		cr_assert_eq(zi_children_prev(c), prev);
		page += c->len / ZI_PAGE;
		count++;
	}
	cr_assert(model_free(page, PAGES - page), "a child is missing");
	cr_assert_eq(tree.count, count);
}

static void compare_queries(uint64_t *random)
{
	const uint64_t addr = LO - ZI_PAGE + t_below(random, (PAGES + 2) * ZI_PAGE);
	const uint64_t page = t_below(random, PAGES), pages = 1 + t_below(random, PAGES - page);
	const uint64_t size = (1 + t_below(random, 8)) * ZI_PAGE;
	const uint64_t align = ZI_PAGE << t_below(random, 5);
	const uint64_t limit = t_below(random, 2) ? HI : addr_of(t_below(random, PAGES + 1));
	const uint64_t skip = t_below(random, 12);
	uint64_t want, got, passed, rest = skip;
	bool found;

	cr_assert_eq(zi_children_at_or_after(&tree, addr), model_at_or_after(addr));
	cr_assert_eq(zi_children_is_free(&tree, addr_of(page), pages * ZI_PAGE),
		     model_free(page, pages));

	found = model_place(size, align, limit, skip, &want, &passed);
	cr_assert_eq(zi_children_find_place(&tree, LO, HI, size, align, limit, &rest, &got), found);
	if (found)
		cr_assert_eq(got, want, "place %#lx, not %#lx", got, want);
	else
		cr_assert_eq(skip - rest, passed, "%lu candidates, not %lu", skip - rest, passed);
}

static void change(uint64_t *random)
{
	const uint64_t page = t_below(random, PAGES);
	struct zi_child *c = owner[page];

	if (c == NULL) {
		uint64_t pages = 1 + t_below(random, 6);

		if (pages > PAGES - page || !model_free(page, pages))
			pages = 1;
		c = calloc(1, sizeof(*c));
		c->base = addr_of(page);
		c->len = pages * ZI_PAGE;
		zi_children_insert(&tree, c);
		model_set(page, pages, c);
		return;
	}

	const uint64_t first = (c->base - LO) / ZI_PAGE, pages = c->len / ZI_PAGE;

	if (pages > 1 && t_below(random, 2)) {
		const uint64_t front = t_below(random, pages),
			       back = t_below(random, pages - front);

		model_set(first, pages, NULL);
		model_set(first + front, pages - front - back, c);
		zi_children_resize(c, addr_of(first + front), (pages - front - back) * ZI_PAGE);
		return;
	}
	zi_children_remove(&tree, c);
	model_set(first, pages, NULL);
	free(c);
}

Test(vm_vmar_tree, random_changes__after_every_step__equals_the_model)
{
	uint64_t random = t_seed();
	const int steps = t_has("no-valgrind") ? 60000 : 3000;

	for (int i = 0; i < steps; i++) {
		change(&random);
		cr_assert(zi_children_check(&tree, LO, HI), "check fails after step %d", i);
		compare_queries(&random);
		if (i % 16 == 0)
			compare_order();
	}
	while (tree.top != NULL) {
		struct zi_child *c = tree.top;

		zi_children_remove(&tree, c);
		cr_assert(zi_children_check(&tree, LO, HI));
		free(c);
	}
	cr_assert_eq(tree.count, 0);
}

Test(vm_vmar_tree, place__exact_hole__found)
{
	struct zi_child c[2] = {
		{.base = LO, .len = 3 * ZI_PAGE},
		{.base = LO + 5 * ZI_PAGE, .len = HI - LO - 5 * ZI_PAGE},
	};
	uint64_t base = 0, skip = 0;

	zi_children_insert(&tree, &c[0]);
	zi_children_insert(&tree, &c[1]);
	cr_assert(zi_children_find_place(&tree, LO, HI, 2 * ZI_PAGE, ZI_PAGE, HI, &skip, &base));
	cr_assert_eq(base, LO + 3 * ZI_PAGE);
	cr_assert_not(
		zi_children_find_place(&tree, LO, HI, 3 * ZI_PAGE, ZI_PAGE, HI, &skip, &base));
	cr_assert_not(zi_children_find_place(&tree, LO, HI, 2 * ZI_PAGE, ZI_PAGE,
					     LO + 5 * ZI_PAGE - 1, &skip, &base));
}

/* Near the end of the address space nothing may wrap. */
Test(vm_vmar_tree, place__alignment_reaches_past_the_end__refused)
{
	const uint64_t lo = UINT64_MAX - 16 * ZI_PAGE + 1, hi = UINT64_MAX - ZI_PAGE + 1;
	uint64_t base = 0, skip = 0;

	cr_assert_not(zi_children_find_place(&tree, lo + ZI_PAGE, hi, ZI_PAGE, UINT64_C(1) << 32,
					     hi, &skip, &base));
	cr_assert_not(
		zi_children_find_place(&tree, lo, hi, 16 * ZI_PAGE, ZI_PAGE, hi, &skip, &base));
	cr_assert(zi_children_find_place(&tree, lo, hi, 15 * ZI_PAGE, ZI_PAGE, hi, &skip, &base));
	cr_assert_eq(base, lo);
}

Test(vm_vmar_tree, insert_in_order__twenty_thousand__stays_low)
{
	enum { N = 20000 };
	struct zi_child *c = calloc(N, sizeof(*c));

	for (uint64_t i = 0; i < N; i++) {
		c[i].base = LO + 2 * i * ZI_PAGE;
		c[i].len = ZI_PAGE;
		zi_children_insert(&tree, &c[i]);
	}
	/* An AVL tree of n nodes is less than 1.45 * log2(n) high. */
	cr_assert_leq(tree.top->height, 20);
	cr_assert(zi_children_check(&tree, LO, LO + 2 * N * ZI_PAGE));
	for (uint64_t i = 0; i < N; i += 2)
		zi_children_remove(&tree, &c[i]);
	cr_assert_leq(tree.top->height, 19);
	cr_assert(zi_children_check(&tree, LO, LO + 2 * N * ZI_PAGE));
	free(c);
}
