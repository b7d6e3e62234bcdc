/* Pins: pages that stay committed and keep their frames until they are unpinned. */
#include "base/assert.h"
#include "base/inject.h"
#include "base/slab.h"
#include "host/host.h"
#include "vm/vmo_i.h"

enum { ZI_PIN_MAX = 31 };

static uint64_t pins_at(const struct zi_node *n, uint64_t pgi)
{
	uint64_t count = 0;

	ZI_LIST_FOREACH (l, &n->pins) {
		const struct zi_pin *p = ZI_CONTAINER(l, struct zi_pin, link);

		if (pgi >= p->first && pgi - p->first < p->pages)
			count++;
	}
	return count;
}

/* The count can only rise where a pin begins: looking at those pages is enough. */
static bool is_full(const struct zi_node *n, uint64_t first, uint64_t pages)
{
	if (n->npins < ZI_PIN_MAX)
		return false;
	if (pins_at(n, first) >= ZI_PIN_MAX)
		return true;
	ZI_LIST_FOREACH (l, &n->pins) {
		const struct zi_pin *p = ZI_CONTAINER(l, struct zi_pin, link);

		if (p->first >= first && p->first < first + pages &&
		    pins_at(n, p->first) >= ZI_PIN_MAX)
			return true;
	}
	return false;
}

/*
 * All pages at once, or none: what was there may have been evicted while another page was asked
 * for.
 */
static zx_status_t ready_all(struct zi_node *n, uint64_t first, uint64_t pages, bool write,
			     struct zi_page_wait *wait)
{
	const enum zi_page_event need = write ? ZI_EV_WRITE : ZI_EV_COMMIT;

	for (uint64_t done = 0; done < pages;) {
		uint64_t got = 0;
		zx_status_t st = zi_node_ready(n, need, first + done, pages - done, pages - done,
					       wait, &got);

		if (st != ZX_OK)
			return st;
		done += got;
	}
	if (write && n->source != NULL)
		n->source->modified = true;
	return ZX_OK;
}

static zx_status_t pin(struct zi_vmo *v, uint64_t off, uint64_t len, bool write,
		       struct zi_page_wait *wait)
{
	uint64_t end;

	if (off + len < off || !zi_page_up_checked(off + len, &end))
		return ZX_ERR_OUT_OF_RANGE;
	ZI_LOCK_SCOPE(&v->tree->lock);
	if (!zi_in_range(off, len, zi_vmo_size_locked(v)))
		return ZX_ERR_OUT_OF_RANGE;
	uint64_t start = zi_page_down(off);

	if (start == end)
		return ZX_ERR_INVALID_ARGS;
	if (zi_vmo_is_discarded(v))
		return ZX_ERR_NOT_FOUND;
	uint64_t first = zi_vmo_page(v, start), pages = (end - start) >> ZI_PAGE_SHIFT;

	/* Nobody counts the pins of physical memory. */
	if (v->kind != ZI_VMO_PHYSICAL && is_full(v->node, first, pages))
		return ZX_ERR_UNAVAILABLE;
	struct zi_pin *pin = ZI_ALLOC(PIN, zi_slab_alloc(sizeof(*pin)));

	if (pin == NULL)
		return ZX_ERR_NO_MEMORY;
	zx_status_t st = ready_all(v->node, first, pages, write, wait);

	if (st != ZX_OK) {
		zi_slab_free(pin, sizeof(*pin));
		return st;
	}
	pin->first = first;
	pin->pages = pages;
	zi_list_add_tail(&v->node->pins, &pin->link);
	v->node->npins++;
	return ZX_OK;
}

zx_status_t zi_vmo_pin(struct zi_vmo *v, uint64_t off, uint64_t len, bool write)
{
	struct zi_page_wait wait = {0};
	zx_status_t st;

	do {
		st = pin(v, off, len, write, &wait);
	} while (zi_page_wait_again(&wait, &st));
	zi_page_wait_done(&wait);
	return st;
}

void zi_vmo_unpin(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	uint64_t first = zi_vmo_page(v, zi_page_down(off));
	uint64_t pages = (zi_page_up(off + len) - zi_page_down(off)) >> ZI_PAGE_SHIFT;

	ZI_LOCK_SCOPE(&v->tree->lock);
	ZI_LIST_FOREACH (l, &v->node->pins) {
		struct zi_pin *p = ZI_CONTAINER(l, struct zi_pin, link);

		if (p->first != first || p->pages != pages)
			continue;
		zi_list_del(l);
		v->node->npins--;
		zi_slab_free(p, sizeof(*p));
		return;
	}
	ZI_PANIC("unpin of a range that is not pinned");
}

void zi_vmo_pinned_addrs(struct zi_vmo *v, uint64_t off, uint64_t pages, uint64_t *out_addrs)
{
	uint64_t pgi, run;

	ZI_LOCK_SCOPE(&v->tree->lock);
	pgi = zi_vmo_page(v, off);
	while (pages > 0) {
		const uint64_t frame = zi_node_frame(v->node, pgi, &run);

		run = zi_min(run, pages);
		for (uint64_t i = 0; i < run; i++)
			*out_addrs++ = (frame + i) << ZI_PAGE_SHIFT;
		pgi += run;
		pages -= run;
	}
}
