/* VMOs backed by a pager: making, write-back, eviction, detaching. */
#include "vm/pager.h"

#include "base/assert.h"
#include "base/slab.h"
#include "vm/dirty.h"
#include "vm/trap.h"
#include "vm/vm.h"
#include "vm/vmo_i.h"

/* ---- making */

static zx_status_t check_create(uint64_t size, uint32_t options, uint64_t *out_bytes)
{
	const bool unbounded = (options & ZX_VMO_UNBOUNDED) != 0;
	uint64_t bytes;

	if (unbounded && (options & ZX_VMO_RESIZABLE) != 0)
		return ZX_ERR_INVALID_ARGS;
	if (unbounded && size == UINT64_MAX)
		return ZX_ERR_INVALID_ARGS;
	if (!zi_page_up_checked(size, &bytes) || bytes > ZI_VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	if ((options & ~(ZX_VMO_RESIZABLE | ZX_VMO_TRAP_DIRTY | ZX_VMO_UNBOUNDED)) != 0)
		return ZX_ERR_INVALID_ARGS;
	*out_bytes = unbounded ? ZI_VMO_MAX_SIZE : bytes;
	return ZX_OK;
}

/*
 * What lies past the content of an unbounded VMO reads zero, and nobody asks or tells the pager
 * about it.
 */
static zx_status_t mark_rest(struct zi_node *n, uint64_t first, struct zi_pageset *untracked)
{
	if (first >= n->size)
		return ZX_OK;
	if (!zi_pageset_set(&n->mark, first, n->size - first) ||
	    !zi_pageset_set(untracked, first, n->size - first))
		return ZX_ERR_NO_MEMORY;
	return ZX_OK;
}

zx_status_t zi_pager_vmo_create(uint64_t size, uint32_t options, zx_koid_t pager,
				const struct zi_source_ops *ops, void *ctx, struct zi_vmo **out_vmo)
{
	uint64_t bytes;
	zx_status_t st = check_create(size, options, &bytes);
	struct zi_pageset untracked = {0};
	struct zi_vmo *v;

	if (st != ZX_OK)
		return st;
	st = zi_vmo_create(bytes, options & (ZX_VMO_RESIZABLE | ZX_VMO_UNBOUNDED), &v);
	if (st != ZX_OK)
		return st;
	if (v->stream == NULL && size != bytes) {
		v->stream = zi_stream_size_new();
		if (v->stream == NULL)
			st = ZX_ERR_NO_MEMORY;
	}
	if (st == ZX_OK && (options & ZX_VMO_UNBOUNDED) != 0)
		st = mark_rest(v->node, zi_page_up(size) >> ZI_PAGE_SHIFT, &untracked);
	if (st == ZX_OK)
		st = zi_source_new(v->node, ops, ctx, (options & ZX_VMO_TRAP_DIRTY) != 0);
	if (st != ZX_OK) {
		zi_pageset_clear_all(&untracked);
		zi_vmo_unref(v);
		return st;
	}
	v->node->source->untracked = untracked;
	if (v->stream != NULL) {
		v->stream->set = true;
		v->stream->bytes = size;
	}
	/* Chosen here, where the environment may be asked; faults come later. */
	(void)zi_trap_engine();
	v->pager_backed = true;
	v->pager_koid = pager;
	*out_vmo = v;
	return ZX_OK;
}

struct zi_source *zi_source_of(const struct zi_vmo *v)
{
	return v->tree->source;
}

/* ---- end */

void zi_pager_detach(struct zi_vmo *v)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	struct zi_node *n = v->node;
	struct zi_source *s = n->source;
	uint64_t done;

	zi_source_detach(s, false);
	zi_node_hide(n, 0, n->size);
	s->all_hidden = true;
	(void)zi_pages_apply(n, ZI_EV_DETACH, 0, n->size, &done);
	zi_pages_drop_lingering(n);
	s->all_hidden = false;
}

void zi_pager_closed(struct zi_source *s)
{
	ZI_LOCK_SCOPE(&s->tree->lock);
	zi_source_detach(s, true);
}

/* ---- op_range */

static bool in_range_locked(const struct zi_vmo *v, uint64_t off, uint64_t len)
{
	return zi_in_range(off, len, zi_vmo_size_locked(v));
}

zx_status_t zi_pager_fail(struct zi_vmo *v, uint64_t off, uint64_t len, zx_status_t error)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	struct zi_source *s = v->node->source;

	if (!in_range_locked(v, off, len))
		return ZX_ERR_OUT_OF_RANGE;
	if (s->detached)
		return ZX_ERR_BAD_STATE;
	zi_source_resolve(s, ZI_ASK_READ, off >> ZI_PAGE_SHIFT, len >> ZI_PAGE_SHIFT, error);
	zi_source_resolve(s, ZI_ASK_DIRTY, off >> ZI_PAGE_SHIFT, len >> ZI_PAGE_SHIFT, error);
	return ZX_OK;
}

static zx_status_t dirty_locked(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	uint64_t done;

	if (!in_range_locked(v, off, len))
		return ZX_ERR_OUT_OF_RANGE;
	if (v->node->source->detached)
		return ZX_ERR_BAD_STATE;
	return zi_pages_apply(v->node, ZI_EV_OP_DIRTY, off >> ZI_PAGE_SHIFT, len >> ZI_PAGE_SHIFT,
			      &done);
}

zx_status_t zi_pager_dirty(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	if (off + len < off)
		return ZX_ERR_OUT_OF_RANGE;
	ZI_LOCK_SCOPE(&v->tree->lock);
	uint64_t size = zi_vmo_size_locked(v);

	if (!v->node->source->trap_dirty)
		return ZX_ERR_NOT_SUPPORTED;
	if (off > size)
		return ZX_ERR_OUT_OF_RANGE;
	zx_status_t st = dirty_locked(v, off, len);

	/* Whoever waits has to look again: the page may be gone, or is to be asked for first. */
	if (st != ZX_OK)
		zi_source_resolve(v->node->source, ZI_ASK_DIRTY, off >> ZI_PAGE_SHIFT,
				  zi_min(len, size - off) >> ZI_PAGE_SHIFT, ZX_OK);
	return st;
}

zx_status_t zi_pager_writeback_begin(struct zi_vmo *v, uint64_t off, uint64_t len, bool is_zero)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	const uint64_t first = off >> ZI_PAGE_SHIFT, end = (off + len) >> ZI_PAGE_SHIFT;
	struct zi_node *n = v->node;
	uint64_t done, run;

	if (!in_range_locked(v, off, len))
		return ZX_ERR_OUT_OF_RANGE;
	/*
	 * The next store to every page of the range must be noticed; what is not dirty is not
	 * writable anyway.
	 */
	for (uint64_t p = first; p < end; p += run)
		if (zi_page_state(n, p, end - p, &run) == ZI_PAGE_DIRTY)
			zi_node_hide(n, p, run);
	return zi_pages_apply(n, is_zero ? ZI_EV_WB_BEGIN_ZERO : ZI_EV_WB_BEGIN, first, end - first,
			      &done);
}

zx_status_t zi_pager_writeback_end(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	uint64_t done;

	if (!in_range_locked(v, off, len))
		return ZX_ERR_OUT_OF_RANGE;
	return zi_pages_apply(v->node, ZI_EV_WB_END, off >> ZI_PAGE_SHIFT, len >> ZI_PAGE_SHIFT,
			      &done);
}

/* ---- queries */

bool zi_pager_modified(struct zi_vmo *v, bool reset)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	bool modified = v->node->source->modified;

	if (reset)
		v->node->source->modified = false;
	return modified;
}

/*
 * What the state of a page means to who writes back: 0 nothing, else one more than the option of
 * the range.
 */
static uint64_t dirty_class(enum zi_page_state state)
{
	if (state == ZI_PAGE_ZERO)
		return 1 + ZX_VMO_DIRTY_RANGE_IS_ZERO;
	return state == ZI_PAGE_DIRTY || state == ZI_PAGE_AWAITING ? 1 : 0;
}

void zi_pager_next_dirty(struct zi_vmo *v, uint64_t *pos, uint64_t end,
			 zx_vmo_dirty_range_t *out_ranges, uint32_t max, uint32_t *out_count)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	const struct zi_node *n = v->node;
	const uint64_t stop = zi_min(end >> ZI_PAGE_SHIFT, n->size);
	uint64_t p = *pos >> ZI_PAGE_SHIFT;
	uint32_t count = 0;

	while (p < stop && count < max) {
		uint64_t run, first = p;
		uint64_t what = dirty_class(zi_page_state(n, p, stop - p, &run));

		p += run;
		if (what == 0)
			continue;
		while (p < stop && dirty_class(zi_page_state(n, p, stop - p, &run)) == what)
			p += run;
		out_ranges[count++] = (zx_vmo_dirty_range_t){
			.offset = first << ZI_PAGE_SHIFT,
			.length = (p - first) << ZI_PAGE_SHIFT,
			.options = what - 1,
		};
	}
	*out_count = count;
	*pos = p >= stop ? end : p << ZI_PAGE_SHIFT;
}

/* ---- memory pressure */

zx_status_t zi_pager_evict(struct zi_vmo *v, uint64_t off, uint64_t len, bool forced,
			   bool cold_only, uint64_t *out_pages)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	const enum zi_page_event ev = forced ? ZI_EV_EVICT_FORCED : ZI_EV_EVICT;
	struct zi_node *n = v->node;
	uint64_t before, done, end;

	if (!in_range_locked(v, off, len))
		return ZX_ERR_OUT_OF_RANGE;
	before = n->change_events;
	end = zi_page_up(off + len) >> ZI_PAGE_SHIFT;
	for (uint64_t p = off >> ZI_PAGE_SHIFT; p < end;) {
		uint64_t run = end - p;

		if (cold_only) {
			p = zi_pageset_next_set(&n->source->cold, p);
			if (p >= end)
				break;
			run = zi_min(zi_pageset_next_clear(&n->source->cold, p), end) - p;
		}
		(void)zi_pages_apply(n, ev, p, run, &done);
		p += run;
	}
	*out_pages = n->change_events - before;
	return ZX_OK;
}
