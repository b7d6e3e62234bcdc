/* VMOs as an onlooker sees them: vm/peek.h says what is promised. */
#include "vm/peek.h"

#include <string.h>

#include "base/span.h"
#include "host/host.h"
#include "vm/mapping.h"
#include "vm/vmar.h"
#include "vm/vmo_i.h"

/* Shadows are compared in pieces of this many pages, so that none is compared often. */
enum { ZI_SHADOW_PIECE = 64 };
/* The lock is let go after this many pages of a copy. */
enum { ZI_PEEK_PAGES = 256 };

static uint64_t pages_of(const struct zi_vmo *v)
{
	return zi_vmo_size_locked(v) >> ZI_PAGE_SHIFT;
}

/* ---- pages */

static enum zi_page_look look_of_state(enum zi_page_state state)
{
	switch (state) {
	case ZI_PAGE_CLEAN:
		return ZI_LOOK_CLEAN;
	case ZI_PAGE_DIRTY:
		return ZI_LOOK_DIRTY;
	case ZI_PAGE_AWAITING:
		return ZI_LOOK_WRITING;
	case ZI_PAGE_ABSENT:
		return ZI_LOOK_ABSENT;
	default:
		return ZI_LOOK_ZERO;
	}
}

/* Pages of n from pgi on that one comparison of shadows may take in. */
static uint64_t shadow_piece(const struct zi_node *n, uint64_t pgi, uint64_t max)
{
	if (zi_pageset_is_empty(&n->shadow))
		return max;
	if (zi_pageset_test(&n->shadow, pgi))
		return zi_min(max, ZI_SHADOW_PIECE);
	const uint64_t next = zi_pageset_next_set(&n->shadow, pgi);

	return next == ZI_PAGESET_END ? max : zi_min(max, next - pgi);
}

static enum zi_page_look look_at(struct zi_node *n, uint64_t pgi, uint64_t max, uint64_t *out_run)
{
	if (n->source != NULL)
		return look_of_state(zi_page_state(n, pgi, max, out_run));
	if (n->discard == ZI_DISCARD_GONE) {
		*out_run = max;
		return ZI_LOOK_ABSENT;
	}
	const struct zi_found f = zi_node_lookup_content(n, pgi, shadow_piece(n, pgi, max));
	const bool elsewhere = f.node != n;

	*out_run = f.pages;
	if (f.kind == ZI_FOUND_ABSENT)
		return ZI_LOOK_ABSENT;
	if (f.kind == ZI_FOUND_SOFT)
		return zi_pageset_test(&f.node->mark, f.pgi) ? ZI_LOOK_ZERO : ZI_LOOK_ABSENT;
	if (!elsewhere)
		return ZI_LOOK_OWN;
	if (!f.node->hidden)
		return ZI_LOOK_SHARED;
	return zi_node_sharers(f.node, f.pgi, f.pages, out_run) > 1 ? ZI_LOOK_SHARED : ZI_LOOK_OWN;
}

/* Is the page pinned? *run is cut to where that answer ends. */
static bool pinned_at(const struct zi_node *n, uint64_t pgi, uint64_t *run)
{
	bool any = false;

	if (n->npins == 0)
		return false;
	ZI_LIST_FOREACH (l, &n->pins) {
		const struct zi_pin *p = ZI_CONTAINER(l, struct zi_pin, link);

		if (p->first > pgi) {
			*run = zi_min(*run, p->first - pgi);
		} else if (pgi - p->first < p->pages) {
			*run = zi_min(*run, p->first + p->pages - pgi);
			any = true;
		}
	}
	return any;
}

/* Appends to the last run where it goes on; runs past the room are only counted. */
struct runs {
	struct zi_page_run *out, last;
	size_t room, count;
};

static void add_run(struct runs *r, const struct zi_page_run *run)
{
	if (r->count > 0 && r->last.look == run->look && r->last.pinned == run->pinned) {
		r->last.pages += run->pages;
	} else {
		r->last = *run;
		r->count++;
	}
	if (r->count <= r->room)
		r->out[r->count - 1] = r->last;
}

size_t zi_vmo_list_pages(struct zi_vmo *v, struct zi_page_run *out, size_t room,
			 uint64_t *out_pages)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	struct runs runs = {.out = out, .room = room};
	const uint64_t base = v->base >> ZI_PAGE_SHIFT, pages = pages_of(v);

	*out_pages = pages;
	for (uint64_t p = 0; p < pages;) {
		struct zi_page_run run = {.first = p};

		run.look = look_at(v->node, base + p, pages - p, &run.pages);
		run.pinned = pinned_at(v->node, base + p, &run.pages);
		add_run(&runs, &run);
		p += run.pages;
	}
	return runs.count;
}

/* ---- bytes */

/* One piece, inside one run of frames; answers its bytes. */
static size_t peek_piece(struct zi_vmo *v, uint64_t off, void *buf, size_t len)
{
	const uint64_t skip = off & ZI_PAGE_MASK;
	struct zi_found f = zi_node_lookup(v->node, zi_vmo_page(v, off),
					   zi_page_up(skip + len) >> ZI_PAGE_SHIFT);
	uint64_t frame = 0, run = f.pages;

	/* What a pager root holds softly is zero for certain. */
	if (f.kind == ZI_FOUND_OWN || (f.kind == ZI_FOUND_SOFT && f.node->source == NULL))
		frame = zi_node_frame(f.node, f.pgi, &run);
	len = (size_t)zi_min(len, zi_min(run, f.pages) * ZI_PAGE - skip);
	/* Through the file: holes stay holes. */
	if (frame != 0 && f.node->touched && !zi_vmo_is_discarded(v))
		zi_frames_peek(frame, skip, buf, len);
	else
		memset(buf, 0, len);
	return len;
}

zx_status_t zi_vmo_peek(struct zi_vmo *v, uint64_t off, void *buf, size_t len, size_t *out_done)
{
	char *to = buf;
	size_t budget, done = 0;
	bool more = true;

	*out_done = 0;
	if (v->kind == ZI_VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	while (more) {
		ZI_LOCK_SCOPE(&v->tree->lock);
		const uint64_t size = zi_vmo_size_locked(v);

		budget = off + done >= size ? 0 : (size_t)zi_min(len - done, size - off - done);
		more = budget > ZI_PEEK_PAGES * ZI_PAGE;
		for (budget = (size_t)zi_min(budget, ZI_PEEK_PAGES * ZI_PAGE); budget > 0;) {
			const size_t n = peek_piece(v, off + done, to + done, budget);

			done += n;
			budget -= n;
		}
	}
	*out_done = done;
	return ZX_OK;
}

/* Makes a page the node's own to write, without asking anybody. */
static zx_status_t ready_to_poke(struct zi_node *n, uint64_t pgi)
{
	uint64_t done;

	if (n->source != NULL) {
		if (zi_page_is_writable(n, pgi))
			return ZX_OK;
		return zi_pages_apply(n, ZI_EV_WRITE, pgi, 1, &done);
	}
	if (zi_node_lookup(n, pgi, 1).kind == ZI_FOUND_ABSENT)
		return ZX_ERR_SHOULD_WAIT;
	return zi_node_own(n, pgi, 1);
}

static zx_status_t poke_page(struct zi_vmo *v, uint64_t off, const char *from, size_t len,
			     size_t *out_n)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	struct zi_node *n = v->node;
	const uint64_t pgi = zi_vmo_page(v, off), skip = off & ZI_PAGE_MASK;
	zx_status_t st;

	if (v->kind == ZI_VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	if (v->cache_policy != ZX_CACHE_POLICY_CACHED || zi_vmo_is_discarded(v))
		return ZX_ERR_BAD_STATE;
	if (off >= zi_vmo_size_locked(v))
		return ZX_ERR_OUT_OF_RANGE;
	st = ready_to_poke(n, pgi);
	if (st != ZX_OK)
		return st;
	n->touched = true;
	const struct zi_copy_result r =
		zi_copy_captured(zi_frame_ptr(zi_node_frame(n, pgi, NULL)) + skip, from,
				 (size_t)zi_min(len, ZI_PAGE - skip));

	if (n->source != NULL && r.done > 0)
		n->source->modified = true;
	*out_n = r.done;
	return r.fault == 0 ? ZX_OK : ZX_ERR_NO_MEMORY;
}

zx_status_t zi_vmo_poke(struct zi_vmo *v, uint64_t off, const void *buf, size_t len,
			size_t *out_done)
{
	zx_status_t st = ZX_OK;

	*out_done = 0;
	while (st == ZX_OK && *out_done < len) {
		size_t n = 0;

		st = poke_page(v, off + *out_done, (const char *)buf + *out_done, len - *out_done,
			       &n);
		*out_done += n;
	}
	return *out_done > 0 ? ZX_OK : st;
}

/* ---- relatives, mappings */

size_t zi_vmo_list_children(struct zi_vmo *v, zx_koid_t *out, size_t room)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	size_t count = 0;

	ZI_LIST_FOREACH (l, &v->children) {
		const struct zi_vmo *c = ZI_CONTAINER(l, struct zi_vmo, in_parent);

		/* Views stand for the VMO itself. */
		if (c->koid == v->koid)
			continue;
		if (count < room)
			out[count] = c->koid;
		count++;
	}
	return count;
}

size_t zi_vmo_list_mappings(struct zi_vmo *v, struct zi_mapping_row *out, size_t room)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	size_t count = 0;

	ZI_LIST_FOREACH (l, &v->mappings) {
		const struct zi_mapping *m = ZI_CONTAINER(l, struct zi_mapping, in_vmo);
		zx_vaddr_t from = m->base, to;

		for (; from < m->base + m->len; from = to) {
			const uint32_t prot = zi_mapping_prot_at(m, from, &to);

			if (count++ >= room)
				continue;
			out[count - 1] = (struct zi_mapping_row){
				.base = from,
				.len = to - from,
				.vmo_off = m->vmo_off + (from - m->base),
				.prot = prot,
				.max_prot = m->max_prot,
				.process = atomic_load_explicit(&m->aspace->koid,
								memory_order_relaxed),
			};
		}
	}
	return count;
}

/* ---- what a pager has to do */

size_t zi_vmo_list_requests(struct zi_vmo *v, struct zi_request_row *out, size_t room)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	const struct zi_source *s = v->node->source;
	size_t count = 0;

	for (unsigned ask = 0; s != NULL && ask < ZI_ASKS; ask++) {
		ZI_LIST_FOREACH (l, &s->asked[ask]) {
			const struct zi_request *r = ZI_CONTAINER(l, struct zi_request, link);
			uint64_t behind = 0;

			ZI_LIST_FOREACH (w, &r->waiters) {
				behind++;
			}
			if (count++ < room)
				out[count - 1] = (struct zi_request_row){
					.ask = (enum zi_ask)ask,
					.first = r->first,
					.pages = r->pages,
					.left = r->left,
					.behind = behind,
					.told = !zi_link_is_linked(&r->in_fifo),
				};
		}
	}
	return count;
}
