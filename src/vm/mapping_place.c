/* Mappings show runs of frames: placing them, and keeping them in step with the nodes. */
#include "base/assert.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/mapping_i.h"
#include "vm/trap.h"
#include "vm/vmar.h"

zx_vaddr_t zi_mapping_shown_end(const struct zi_mapping *m)
{
	const struct zi_vmo *v = m->vmo;
	uint64_t end = v->slice ? v->window : v->node->size << ZI_PAGE_SHIFT;

	if (m->fault_beyond_stream && v->stream != NULL && v->stream->set)
		end = zi_min(end, zi_stream_shown_end(v->stream->bytes));
	if (v->node->discard == ZI_DISCARD_GONE)
		end = 0;
	if (m->vmo_off >= end)
		return m->base;
	return m->base + zi_min(m->len, end - m->vmo_off);
}

/*
 * One run at va: what holds the page, which frames, how far. Frames are made where there are none.
 */
static zx_status_t run_at(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end, struct zi_found *out,
			  uint64_t *out_frame)
{
	*out = zi_node_lookup_frames(m->vmo->node, zi_mapping_page(m, va),
				     (end - va) >> ZI_PAGE_SHIFT);
	if (out->node->source != NULL)
		return ZX_OK;
	uint64_t run;
	uint64_t frame = zi_node_frame(out->node, out->pgi, &run);

	if (frame == 0) {
		zx_status_t st =
			zi_node_ensure_frames(out->node, out->pgi, zi_min(run, out->pages));
		if (st != ZX_OK)
			return st;
		frame = zi_node_frame(out->node, out->pgi, &run);
	}
	out->pages = zi_min(out->pages, run);
	*out_frame = frame;
	return ZX_OK;
}

/* Where pages of a pager root, which the mapping shows at va, end; whatever their state. */
static zx_vaddr_t source_end(const struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end)
{
	while (va < end) {
		struct zi_found f = zi_node_lookup_frames(m->vmo->node, zi_mapping_page(m, va),
							  (end - va) >> ZI_PAGE_SHIFT);

		if (f.node->source == NULL)
			break;
		va += f.pages << ZI_PAGE_SHIFT;
	}
	return va;
}

/* So many pages are shown unasked when they are resident. */
enum { FILL_PAGES = 4 };

/* Writing is for pages that are the node's own to write. */
static uint32_t run_prot(const struct zi_mapping *m, const struct zi_found *f, uint32_t prot,
			 uint32_t mask)
{
	if (f->node->modelled)
		return 0;
	if (f->node != m->vmo->node)
		prot &= ~(uint32_t)ZX_VM_PERM_WRITE;
	return prot & ~mask;
}

zx_status_t zi_mapping_place(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end, uint32_t mask,
			     bool populate)
{
	if (!m->aspace->placed)
		return ZX_OK;
	zx_vaddr_t shown = zi_mapping_shown_end(m);

	while (va < end) {
		zx_vaddr_t stop;
		struct zi_found f;
		uint64_t frame = 0;
		zx_status_t st;

		if (va >= shown)
			return zi_place_reserve(va, end - va);
		uint32_t prot = zi_mapping_prot_at(m, va, &stop);

		stop = zi_min(zi_min(stop, end), shown);
		st = run_at(m, va, stop, &f, &frame);
		if (st != ZX_OK)
			return st;
		uint64_t len = f.pages << ZI_PAGE_SHIFT;

		if (f.node->source != NULL) {
			len = source_end(m, va, stop) - va;
			st = zi_mapping_place_source(m, va, va + len, prot & ~mask, populate);
		} else {
			f.node->touched = true;
			m->placed_runs++;
			/*
			 * Resident frames that fresh VMOs got from the pool: one fault less, and
			 * nothing is committed. Only a few: where pages are not touched after all,
			 * showing and hiding them costs more than the mapping itself.
			 */
			bool fill = f.kind == ZI_FOUND_OWN ?
					    populate :
					    f.node->nsegs == 1 && f.node->segs[0].warm &&
						    f.pages <= FILL_PAGES;

			st = zi_place_run(va, len, frame, run_prot(m, &f, prot, mask),
					  fill && prot != 0);
		}
		if (st != ZX_OK)
			return st;
		va += len;
	}
	return ZX_OK;
}

bool zi_mapping_give_up(struct zi_mapping *m)
{
	if (zi_place_reserve(m->base, m->len) != ZX_OK)
		return false;
	m->unplaced = true;
	m->placed_runs = 0;
	return true;
}

zx_status_t zi_mapping_reprotect(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end, uint32_t mask)
{
	if (!m->aspace->placed)
		return ZX_OK;
	end = zi_min(end, zi_mapping_shown_end(m));
	if (va >= end)
		return ZX_OK;
	/* Raising protections would give access to the bare reservation where nothing is placed. */
	if (m->unplaced)
		return zi_place_reserve(va, end - va);
	zx_vaddr_t from = va; /* [from, va) is collected with protection `want` */
	uint32_t want = 0;

	while (va < end) {
		zx_vaddr_t stop;
		uint32_t prot = zi_mapping_prot_at(m, va, &stop);
		struct zi_found f;

		stop = zi_min(stop, end);
		f = zi_node_lookup_frames(m->vmo->node, zi_mapping_page(m, va),
					  (stop - va) >> ZI_PAGE_SHIFT);
		uint32_t here = f.node->source != NULL ? UINT32_MAX : run_prot(m, &f, prot, mask);

		if (va > from && here != want) {
			if (want != UINT32_MAX) {
				zx_status_t st = zi_place_protect(from, va - from, want);

				if (st != ZX_OK)
					return st;
			}
			from = va;
		}
		want = here;
		if (here == UINT32_MAX) {
			zx_vaddr_t rest = source_end(m, va, stop);
			zx_status_t st = zi_mapping_reprotect_source(
				m, va, rest, prot, (mask & ZX_VM_PERM_WRITE) != 0);

			if (st != ZX_OK)
				return st;
			from = va = rest;
			continue;
		}
		va += f.pages << ZI_PAGE_SHIFT;
	}
	if (va > from && want != UINT32_MAX)
		return zi_place_protect(from, va - from, want);
	return ZX_OK;
}

/* ------------------------------------------------------------------ all mappings of a node */

enum step { STEP_COUNT, STEP_PLACE, STEP_RAISE, STEP_LOWER };

struct walk {
	enum step step;
	uint32_t mask;
	bool populate;
	uint64_t mappings; /* STEP_COUNT */
	zx_status_t status;
};

static void walk_one(struct walk *w, struct zi_mapping *m, uint64_t first, uint64_t pages)
{
	/* Node pages -> bytes of the VMO -> addresses, clipped to the mapping. */
	uint64_t lo = first << ZI_PAGE_SHIFT, hi = (first + pages) << ZI_PAGE_SHIFT;
	uint64_t base = m->vmo->base + m->vmo_off;

	if (!m->aspace->placed || hi <= base || lo >= base + m->len)
		return;
	lo = lo > base ? lo - base : 0;
	hi = zi_min(hi - base, m->len);
	zx_status_t st = ZX_OK;

	switch (w->step) {
	case STEP_COUNT:
		w->mappings++;
		break;
	case STEP_PLACE:
		st = zi_mapping_place(m, m->base + lo, m->base + hi, w->mask, w->populate);
		/*
		 * Out of host maps. The range must not go on showing frames that are about to be
		 * freed: give all of the mapping's host maps back; faults place again what is
		 * touched.
		 */
		if (st != ZX_OK && zi_mapping_give_up(m))
			st = ZX_OK;
		break;
	case STEP_RAISE:
		st = zi_mapping_reprotect(m, m->base + lo, m->base + hi, 0);
		break;
	case STEP_LOWER:
		st = zi_mapping_reprotect(m, m->base + lo, m->base + hi, ZX_VM_PERM_WRITE);
		break;
	}
	if (st != ZX_OK && w->status == ZX_OK)
		w->status = st;
}

static void walk_node(struct walk *w, struct zi_node *n, uint64_t first, uint64_t pages)
{
	ZI_LIST_FOREACH (l, &n->vmos) {
		struct zi_vmo *v = ZI_CONTAINER(l, struct zi_vmo, in_node);

		ZI_LIST_FOREACH (k, &v->mappings)
			walk_one(w, ZI_CONTAINER(k, struct zi_mapping, in_vmo), first, pages);
	}
	ZI_LIST_FOREACH (l, &n->children) {
		struct zi_node *c = ZI_CONTAINER(l, struct zi_node, in_parent);
		uint64_t lo = zi_max(first, c->parent_off);
		uint64_t hi = zi_min(first + pages, c->parent_off + c->parent_limit);

		if (lo < hi)
			walk_node(w, c, lo - c->parent_off, hi - lo);
	}
}

zx_status_t zi_node_replace(struct zi_node *n, uint64_t first, uint64_t pages, bool populate)
{
	struct walk w = {.step = STEP_COUNT};

	walk_node(&w, n, first, pages);
	if (w.mappings == 0)
		return ZX_OK;
	w.step = STEP_PLACE;
	w.populate = populate;
	/* One thread must not write through a new run while another still reads the old one. */
	w.mask = w.mappings > 1 ? ZX_VM_PERM_WRITE : 0;
	walk_node(&w, n, first, pages);
	if (w.mappings > 1) {
		w.step = STEP_RAISE;
		walk_node(&w, n, first, pages);
	}
	return w.status;
}

uint64_t zi_node_count_mappings(struct zi_node *n, uint64_t first, uint64_t pages)
{
	struct walk w = {.step = STEP_COUNT};

	walk_node(&w, n, first, pages);
	return w.mappings;
}

zx_status_t zi_node_write_protect(struct zi_node *n, uint64_t first, uint64_t pages)
{
	struct walk w = {.step = STEP_LOWER};

	walk_node(&w, n, first, pages);
	return w.status;
}
