/*
 * Choosing operations and arguments. An episode runs from one reset to the next and has its own taste: some kinds of operation are
 * switched off, sizes, crowding and the share of wrong arguments differ. Uniform programs would hardly ever do the same thing often
 * enough to reach deep states.
 */
#include <string.h>

#include "world.h"

/* ---- arguments */

uint64_t g_wild(struct rng *r)
{
	static const uint64_t wild[] = {0,
					1,
					M_PAGE - 1,
					M_PAGE + 1,
					1ull << 32,
					1ull << 47,
					1ull << 63,
					M_MAX_SIZE - M_PAGE,
					M_MAX_SIZE,
					M_MAX_SIZE + 1,
					UINT64_MAX - M_PAGE,
					UINT64_MAX - M_PAGE + 1,
					UINT64_MAX - 1,
					UINT64_MAX};

	return wild[rng_below(r, sizeof(wild) / sizeof(wild[0]))];
}

bool g_bad(struct world *w, struct rng *r)
{
	return rng_percent(r, w->episode.bad);
}

unsigned g_var(struct world *w, struct rng *r)
{
	const unsigned start = (unsigned)rng_below(r, W_VMOS);

	for (unsigned i = 0; i < W_VMOS; i++) {
		if (w->vmo[(start + i) % W_VMOS] != NULL)
			return (start + i) % W_VMOS;
	}
	return W_VMOS;
}

uint64_t g_pages(struct world *w, struct rng *r)
{
	return rng_percent(r, 60) ? 1 + rng_below(r, 3) : 1 + rng_below(r, w->episode.max_pages);
}

uint64_t g_page(struct world *w, struct rng *r, const struct m_vmo *v)
{
	static const uint64_t far[] = {0, 1ull << 18, 1ull << 28, 1ull << 40, 1ull << 51};
	const uint64_t pages = m_size(v) / M_PAGE;

	(void)w;
	if (pages <= 512)
		return rng_below(r, pages + (pages == 0 || rng_percent(r, 8) ? 3 : 0));
	if (v->store->nslots != 0 && rng_percent(r, 60)) {
		const uint64_t pgi =
			v->store->slots[rng_below(r, v->store->nslots)].pgi - v->base / M_PAGE;

		if (pgi < pages)
			return pgi - (pgi != 0 && rng_percent(r, 30)) + rng_percent(r, 30);
	}
	if (rng_percent(r, 10))
		return pages - rng_below(r, 4);
	return far[rng_below(r, 5)] % pages + rng_below(r, 4);
}

uint64_t g_offset(struct world *w, struct rng *r, const struct m_vmo *v)
{
	static const uint16_t in_page[] = {0, 0, 0, 1, 8, 100, 2048, 4088, 4095};

	return g_page(w, r, v) * M_PAGE +
	       (rng_percent(r, 70) ? in_page[rng_below(r, 9)] : rng_below(r, M_PAGE));
}

uint64_t g_length(struct world *w, struct rng *r)
{
	const uint64_t what = rng_below(r, 100);

	if (what < 65)
		return rng_below(r, 65);
	if (what < 80)
		return M_PAGE;
	if (what < 92)
		return rng_below(r, 3 * M_PAGE);
	return g_pages(w, r) * M_PAGE;
}

uint64_t g_size(struct world *w, struct rng *r)
{
	uint64_t size = rng_below(r, w->episode.max_pages + 1) * M_PAGE;

	if (rng_percent(r, 20) && size != 0)
		size -= rng_below(r, M_PAGE);
	if (w->episode.far && rng_percent(r, 10))
		size = (1ull << (30 + rng_below(r, 33))) + size;
	return size;
}

/* ---- episodes */

static void new_episode(struct world *w, struct rng *r)
{
	const unsigned missing = rng_percent(r, 50) ? 20 : 60;
	struct episode *e = &w->episode;

	e->total = 0;
	for (unsigned i = 0; i < w_nkinds(); i++) {
		e->weight[i] = w_kind(i)->weight;
		/* Nothing without create; some of the others are missing, one in ten is frequent. */
		if (i > 0 && rng_percent(r, missing))
			e->weight[i] = 0;
		else if (i > 0 && rng_percent(r, 10))
			e->weight[i] *= 5;
		e->total += e->weight[i];
	}
	e->max_vmos = 2 + (unsigned)rng_below(r, rng_percent(r, 50) ? 6 : W_VMOS - 2);
	e->max_maps = (unsigned)rng_below(r, 17);
	e->max_pages = rng_percent(r, 70) ? 1 + rng_below(r, 8) :
		       rng_percent(r, 80) ? 16 :
					    100 + rng_below(r, 200);
	e->vmar_pages = rng_percent(r, 50) ? 32 : rng_percent(r, 50) ? 128 : M_VMAR_PAGES;
	e->far = rng_percent(r, 10);
	e->look = rng_percent(r, 50) ? 100 : rng_percent(r, 50) ? 10 : 0;
	e->bad = rng_percent(r, 50) ? 0 : rng_percent(r, 80) ? 3 : 15;
	e->checked = false;
	e->left = 20 + rng_below(r, rng_percent(r, 80) ? 300 : 3000);
}

static uint8_t kind_of(const char *name)
{
	uint8_t kind = 0;

	while (strcmp(w_kind(kind)->name, name) != 0)
		kind++;
	return kind;
}

bool g_next(struct world *w, struct rng *r, struct op *op)
{
	struct episode *e = &w->episode;

	*op = (struct op){.v = W_VMOS, .w = W_VMOS, .serial = ++w->serial};
	if (e->left == 0 && !e->checked) {
		e->checked = true;
		op->kind = kind_of("check");
		op->opt = UINT32_MAX;
		return true;
	}
	if (e->left == 0) {
		new_episode(w, r);
		op->kind = kind_of("reset");
		return true;
	}
	for (unsigned tries = 0; tries < 50; tries++) {
		unsigned pick = (unsigned)rng_below(r, e->total), kind = 0;

		while (pick >= e->weight[kind])
			pick -= e->weight[kind++];
		op->kind = (uint8_t)kind;
		op->v = op->w = W_VMOS;
		op->look = rng_percent(r, e->look);
		op->opt = 0;
		op->a = op->b = op->c = 0;
		if (w_kind(kind)->make(w, r, op)) {
			e->left--;
			return true;
		}
	}
	e->left = 0;
	return g_next(w, r, op);
}
