/*
 * The queue of page requests of one source: who waits for what, what has been told to the pager,
 * who is woken by what.
 *
 * Outstanding requests of one kind never overlap. The list of them is short, as every one has a
 * thread that sleeps.
 */
#include "vm/source.h"

#include "base/assert.h"
#include "base/inject.h"
#include "base/lock.h"
#include "base/park.h"
#include "base/slab.h"
#include "base/span.h"
#include "vm/dirty.h"
#include "vm/node.h"

static struct zi_request *request_of(struct zi_link *l)
{
	return ZI_CONTAINER(l, struct zi_request, link);
}

/* ---- life */

zx_status_t zi_source_new(struct zi_node *root, const struct zi_source_ops *ops, void *ctx,
			  bool trap_dirty)
{
	struct zi_source *s = ZI_ALLOC(SOURCE, zi_slab_alloc(sizeof(*s)));

	if (s == NULL)
		return ZX_ERR_NO_MEMORY;
	s->tree = root->tree;
	s->root = root;
	s->ops = ops;
	s->ctx = ctx;
	s->trap_dirty = trap_dirty;
	for (int i = 0; i < ZI_ASKS; i++)
		zi_list_init(&s->asked[i]);
	zi_list_init(&s->fifo);
	root->tree->source = s;
	root->source = s;
	return ZX_OK;
}

void zi_source_free(struct zi_source *s)
{
	if (s == NULL)
		return;
	ZI_DASSERT(s->root == NULL);
	s->ops->gone(s->ctx);
	zi_slab_free(s, sizeof(*s));
}

void zi_source_ref(struct zi_source *s)
{
	zi_tree_ref(s->tree);
}

bool zi_source_tryref(struct zi_source *s)
{
	uint32_t refs = atomic_load_explicit(&s->tree->refs, memory_order_relaxed);

	/* One who gives up the only reference frees the tree without counting down: nobody may join him. */
	while (refs > 1)
		if (atomic_compare_exchange_weak_explicit(&s->tree->refs, &refs, refs + 1,
							  memory_order_acquire,
							  memory_order_relaxed))
			return true;
	return false;
}

void zi_source_unref(struct zi_source *s)
{
	zi_tree_unref(s->tree);
}

/* ---- telling the pager */

static void pump(struct zi_source *s)
{
	bool sent = false;

	if (s->packet != ZI_PACKET_FREE || s->closed)
		return;
	if (!zi_list_is_empty(&s->fifo)) {
		struct zi_request *r = ZI_CONTAINER(s->fifo.next, struct zi_request, in_fifo);

		zi_list_del(&r->in_fifo);
		s->in_packet = r;
		sent = s->ops->send(s->ctx,
				    r->ask == ZI_ASK_READ ? ZI_PACKET_READ : ZI_PACKET_DIRTY,
				    r->first << ZI_PAGE_SHIFT, r->pages << ZI_PAGE_SHIFT);
	} else if (s->complete_due && !s->complete_sent) {
		s->complete_sent = true;
		s->in_packet = NULL;
		sent = s->ops->send(s->ctx, ZI_PACKET_COMPLETE, 0, 0);
	} else {
		return;
	}
	s->packet = sent ? ZI_PACKET_BUSY : ZI_PACKET_LOST;
	if (!sent)
		s->in_packet = NULL;
}

void zi_source_packet_taken(struct zi_source *s, bool lost)
{
	if (!lost && zi_inject_is_armed())
		(void)zi_inject_reach(ZI_POINT_PAGER_REQUEST);
	ZI_LOCK_SCOPE(&s->tree->lock);
	s->in_packet = NULL;
	s->packet = lost ? ZI_PACKET_LOST : ZI_PACKET_FREE;
	pump(s);
}

/* The pager need not hear of r (any more). */
static void withdraw(struct zi_source *s, struct zi_request *r)
{
	if (zi_link_is_linked(&r->in_fifo))
		zi_list_del(&r->in_fifo);
	if (s->in_packet != r)
		return;
	s->in_packet = NULL;
	if (s->ops->withdraw(s->ctx)) {
		s->packet = ZI_PACKET_FREE;
		pump(s);
	}
}

/* ---- waking */

static void wake(struct zi_source *s, struct zi_request *r)
{
	_Atomic uint32_t *word = &r->word;

	/* From here on r may be gone. */
	if (!zi_park_set(word))
		return;
	if (s->wakes != NULL &&
	    s->wakes->count < sizeof(s->wakes->words) / sizeof(s->wakes->words[0]))
		s->wakes->words[s->wakes->count++] = word;
	else
		zi_futex_wake(word, 1);
}

void zi_source_wakes_flush(struct zi_source_wakes *w)
{
	for (unsigned i = 0; i < w->count; i++)
		zi_futex_wake(w->words[i], 1);
	w->count = 0;
}

/* Everything asked for is there: r and all behind it go on. */
static void complete(struct zi_source *s, struct zi_request *r)
{
	withdraw(s, r);
	ZI_LIST_FOREACH_SAFE (l, &r->waiters) {
		struct zi_request *w = request_of(l);

		zi_list_del(&w->link);
		w->owner = NULL;
		w->attached = false;
		wake(s, w);
	}
	zi_list_del(&r->link);
	r->attached = false;
	wake(s, r);
}

/* ---- asking */

void zi_source_ask(struct zi_source *s, struct zi_request *r, enum zi_ask ask, uint64_t first,
		   uint64_t pages)
{
	struct zi_link *before = &s->asked[ask];

	ZI_DASSERT(!r->attached && pages > 0);
	r->source = s;
	r->ask = ask;
	r->first = first;
	r->pages = pages;
	r->left = pages;
	r->next = first;
	r->error = ZX_OK;
	r->owner = NULL;
	r->attached = true;
	atomic_store_explicit(&r->word, ZI_PARK_EMPTY, memory_order_relaxed);
	zi_list_init(&r->waiters);

	ZI_LIST_FOREACH (l, &s->asked[ask]) {
		struct zi_request *o = request_of(l);

		if (o->first + o->pages <= first)
			continue;
		if (o->first <= first) {
			r->pages = zi_min(pages, o->first + o->pages - first);
			r->owner = o;
			zi_list_add_tail(&o->waiters, &r->link);
			return;
		}
		/* What the other one asks for is asked again later, if it is still absent then. */
		r->pages = r->left = zi_min(pages, o->first - first);
		before = l;
		break;
	}
	zi_list_insert_before(before, &r->link);
	zi_list_add_tail(&s->fifo, &r->in_fifo);
	pump(s);
}

/* `heir`, which waited behind r, becomes what r was. */
static void inherit(struct zi_source *s, struct zi_request *r, struct zi_request *heir)
{
	zi_list_del(&heir->link);
	heir->owner = NULL;
	heir->first = r->first;
	heir->pages = r->pages;
	heir->left = r->left;
	zi_list_insert_before(&r->link, &heir->link);
	if (zi_link_is_linked(&r->in_fifo))
		zi_list_insert_before(&r->in_fifo, &heir->in_fifo);
	if (s->in_packet == r)
		s->in_packet = heir;
	ZI_LIST_FOREACH_SAFE (l, &r->waiters) {
		struct zi_request *w = request_of(l);

		zi_list_del(&w->link);
		w->owner = heir;
		zi_list_add_tail(&heir->waiters, &w->link);
	}
}

void zi_source_cancel(struct zi_request *r)
{
	struct zi_source *s = r->source;

	if (!r->attached)
		return;
	if (r->owner == NULL) {
		if (!zi_list_is_empty(&r->waiters)) {
			inherit(s, r, request_of(r->waiters.next));
			if (zi_link_is_linked(&r->in_fifo))
				zi_list_del(&r->in_fifo);
		} else {
			withdraw(s, r);
		}
	}
	zi_list_del(&r->link);
	r->owner = NULL;
	r->attached = false;
}

/* ---- answers */

/* What pages [first, end) mean for w, which waits for `ask` itself or behind its owner. */
static void note(struct zi_source *s, struct zi_request *w, uint64_t first, uint64_t end,
		 zx_status_t error)
{
	uint64_t lo = zi_max(first, w->first);
	uint64_t hi = zi_min(end, w->first + w->pages);

	if (lo >= hi)
		return;
	bool has_next = w->early && lo <= w->next && w->next < hi;

	if (error != ZX_OK && (lo == w->first || (w->early && lo == w->next)))
		w->error = error;
	/* Who waits behind another's request hears of a failure at its end only. */
	if (has_next && (error == ZX_OK || w->owner == NULL)) {
		w->next = hi;
		wake(s, w);
	}
}

void zi_source_resolve(struct zi_source *s, enum zi_ask ask, uint64_t first, uint64_t pages,
		       zx_status_t error)
{
	uint64_t end = first + pages;

	ZI_LIST_FOREACH_SAFE (l, &s->asked[ask]) {
		struct zi_request *r = request_of(l);
		uint64_t lo = zi_max(first, r->first);
		uint64_t hi = zi_min(end, r->first + r->pages);

		if (r->first >= end)
			break;
		if (lo >= hi)
			continue;
		ZI_LIST_FOREACH (k, &r->waiters)
			note(s, request_of(k), first, end, error);
		/*
		 * A count, not a map: a page that comes twice counts twice, and who is woken looks
		 * for itself.
		 */
		if (r->left <= hi - lo) {
			if (error != ZX_OK && (lo == r->first || (r->early && lo == r->next)))
				r->error = error;
			complete(s, r);
		} else {
			r->left -= hi - lo;
			note(s, r, first, end, error);
		}
	}
}

void zi_source_detach(struct zi_source *s, bool close)
{
	bool first_time = !s->detached;

	s->detached = true;
	if (close) {
		s->closed = true;
		/*
		 * Not even the COMPLETE of an earlier detach is told when nobody has taken it yet.
		 */
		if (s->packet == ZI_PACKET_BUSY && s->ops->withdraw(s->ctx)) {
			s->packet = ZI_PACKET_FREE;
			s->in_packet = NULL;
		}
	}
	if (first_time) {
		/* What was not told yet is not worth telling, not even for a moment. */
		while (!zi_list_is_empty(&s->fifo))
			zi_list_del(s->fifo.next);
		for (int i = 0; i < ZI_ASKS; i++)
			while (!zi_list_is_empty(&s->asked[i]))
				complete(s, request_of(s->asked[i].next));
	}
	if (!close)
		s->complete_due = true;
	pump(s);
}

void zi_source_root_gone(struct zi_source *s)
{
	for (int i = 0; i < ZI_ASKS; i++)
		ZI_DASSERT(zi_list_is_empty(&s->asked[i]));
	zi_pageset_clear_all(&s->dirty);
	zi_pageset_clear_all(&s->awaiting);
	zi_pageset_clear_all(&s->untracked);
	zi_pageset_clear_all(&s->keep);
	zi_pageset_clear_all(&s->cold);
	zi_pageset_clear_all(&s->lingering);
	zi_awaited_free(s);
	s->root = NULL;
	s->complete_due = true;
	pump(s);
}

bool zi_source_check_requests(const struct zi_source *s)
{
	for (int i = 0; i < ZI_ASKS; i++) {
		uint64_t end = 0;

		ZI_LIST_FOREACH (l, &s->asked[i]) {
			const struct zi_request *r = ZI_CONTAINER(l, struct zi_request, link);

			if (r->first < end || r->pages == 0 || r->left == 0 || r->left > r->pages ||
			    !r->attached || r->owner != NULL || (int)r->ask != i)
				return false;
			end = r->first + r->pages;
			ZI_LIST_FOREACH (k, &r->waiters) {
				const struct zi_request *w =
					ZI_CONTAINER(k, struct zi_request, link);

				if (w->owner != r || !w->attached || w->first < r->first ||
				    w->first + w->pages > end || !zi_list_is_empty(&w->waiters))
					return false;
			}
		}
	}
	return !s->detached || zi_list_is_empty(&s->fifo);
}
