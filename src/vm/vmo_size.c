/* The two sizes of a VMO: its size in pages and its stream size in bytes. */
#include <string.h>

#include "base/assert.h"
#include "base/slab.h"
#include "vm/mapping_i.h"
#include "vm/size_queue.h"
#include "vm/trap.h"
#include "vm/vm.h"
#include "vm/vmo_i.h"

uint64_t zi_vmo_get_size(struct zi_vmo *v)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	return zi_vmo_size_locked(v);
}

uint64_t zi_vmo_stream_size_locked(const struct zi_vmo *v)
{
	if (v->kind != ZI_VMO_PAGED)
		return 0;
	return v->stream != NULL && v->stream->set ? v->stream->bytes : zi_vmo_size_locked(v);
}

uint64_t zi_vmo_get_stream_size(struct zi_vmo *v)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	return zi_vmo_stream_size_locked(v);
}

/* Mappings made to fault beyond the stream size show more or less now. */
static void follow_stream_size(struct zi_vmo *v, uint64_t from)
{
	ZI_LIST_FOREACH (l, &v->node->vmos) {
		struct zi_vmo *w = ZI_CONTAINER(l, struct zi_vmo, in_node);

		if (w->stream != v->stream)
			continue;
		ZI_LIST_FOREACH (k, &w->mappings) {
			struct zi_mapping *m = ZI_CONTAINER(k, struct zi_mapping, in_vmo);
			uint64_t at = zi_page_down(from) > m->vmo_off ?
					      zi_page_down(from) - m->vmo_off :
					      0;

			if (m->fault_beyond_stream && at < m->len)
				(void)zi_mapping_place(m, m->base + at, m->base + m->len, 0, false);
		}
	}
}

void zi_vmo_store_stream_size(struct zi_vmo *v, uint64_t size)
{
	uint64_t old = zi_vmo_stream_size_locked(v);

	v->stream->set = true;
	v->stream->bytes = size;
	/* What is shown ends with a page. */
	if (zi_stream_shown_end(old) != zi_stream_shown_end(size))
		follow_stream_size(v, zi_min(old, size));
}

bool zi_vmo_have_stream_counter(struct zi_vmo *v)
{
	if (v->stream != NULL)
		return true;
	struct zi_stream_size *s = zi_stream_size_new();

	if (s == NULL)
		return false;
	s->refs = 0;
	ZI_LIST_FOREACH (l, &v->node->vmos) {
		struct zi_vmo *w = ZI_CONTAINER(l, struct zi_vmo, in_node);

		if (w == v || (!w->slice && !v->slice)) {
			w->stream = s;
			s->refs++;
		}
	}
	return true;
}

/* What decides whether the size may change, and the change of the node. */
zx_status_t zi_vmo_resize_locked(struct zi_vmo *v, uint64_t pages)
{
	struct zi_node *n = v->node;

	if (pages > ZI_VMO_MAX_SIZE >> ZI_PAGE_SHIFT)
		return ZX_ERR_OUT_OF_RANGE;
	if (pages < n->size && zi_node_is_pinned(n, pages, n->size - pages))
		return ZX_ERR_BAD_STATE;
	/* Offsets projected on the root must not wrap 2^64 bytes. */
	if (pages > n->size && n->root_off + pages > ((uint64_t)1 << 52) - 1)
		return ZX_ERR_INVALID_ARGS;
	if (n->source == NULL)
		return zi_node_resize(n, pages);
	zx_status_t st = zi_pages_resize(n, pages);

	if (st == ZX_OK)
		n->source->modified = true;
	return st;
}

/* Waits with the tree lock released. Anything but ZX_OK: the operation fails with that. */
static zx_status_t wait_unlocked(struct zi_vmo *v, struct zi_page_wait *wait)
{
	zx_status_t st;

	zi_unlock(&v->tree->lock);
	st = zi_page_wait(wait);
	zi_lock(&v->tree->lock);
	return st;
}

/*
 * Zeroes to the end of the VMO. Failing (uncached VMO, page that cannot be had) changes nothing of
 * the answer.
 */
static void zero_rest_locked(struct zi_vmo *v, uint64_t from, uint64_t end,
			     struct zi_page_wait *wait)
{
	zx_status_t st = ZX_OK;

	while (st == ZX_OK) {
		end = zi_min(end, zi_vmo_size_locked(v));
		if (from >= end ||
		    zi_vmo_zero_locked(v, from, end - from, wait) != ZX_ERR_SHOULD_WAIT)
			break;
		st = wait_unlocked(v, wait);
	}
}

static zx_status_t set_size_locked(struct zi_vmo *v, uint64_t size, uint64_t bytes,
				   struct zi_page_wait *wait)
{
	zx_status_t st = zi_vmo_resize_locked(v, bytes >> ZI_PAGE_SHIFT);

	if (st != ZX_OK)
		return st;
	zero_rest_locked(v, size, bytes, wait);
	if (v->stream != NULL)
		zi_vmo_store_stream_size(v, size);
	return ZX_OK;
}

zx_status_t zi_vmo_set_size(struct zi_vmo *v, uint64_t size)
{
	struct zi_page_wait wait = {0};
	struct zi_size_op op;
	zx_status_t st;
	uint64_t bytes;

	if (v->kind != ZI_VMO_PAGED)
		return ZX_ERR_UNAVAILABLE;
	if (!zi_page_up_checked(size, &bytes))
		return ZX_ERR_OUT_OF_RANGE;
	if (!v->resizable)
		return ZX_ERR_UNAVAILABLE;
	if (bytes > ZI_VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	zi_lock(&v->tree->lock);
	if (size != bytes && !zi_vmo_have_stream_counter(v)) {
		st = ZX_ERR_NO_MEMORY;
		zi_unlock(&v->tree->lock);
	} else if (v->stream == NULL) {
		/* Without a counter there are no streams, and nobody to wait for. */
		st = set_size_locked(v, size, bytes, &wait);
		zi_unlock(&v->tree->lock);
	} else {
		zi_size_op_enter_locked(v, &op, ZI_SIZE_OP_SET, size);
		st = set_size_locked(v, size, bytes, &wait);
		zi_size_op_leave_unlock(v, &op);
	}
	zi_page_wait_done(&wait);
	return st;
}

/*
 * Of a pager root: what lies past the page of the new stream size is given up without write-back.
 */
static zx_status_t zero_past_stream(struct zi_vmo *v, uint64_t from, uint64_t size, uint64_t total,
				    struct zi_page_wait *wait)
{
	struct zi_node *n = v->node;
	uint64_t tracked = zi_page_up(size), done;
	zx_status_t st = ZX_OK;

	if (from < tracked)
		st = zi_vmo_zero_locked(v, from, tracked - from, wait);
	if (st == ZX_OK && tracked < total)
		st = zi_pages_apply(n, ZI_EV_UNTRACK, zi_vmo_page(v, tracked),
				    (total - tracked) >> ZI_PAGE_SHIFT, &done);
	if (st == ZX_OK) {
		n->source->modified = true;
		zi_node_hide(n, zi_vmo_page(v, from),
			     (total - zi_page_down(from)) >> ZI_PAGE_SHIFT);
	}
	return st;
}

/* What is left to do when the turn has come: the sizes may be others than they were. */
static zx_status_t set_stream_size_locked(struct zi_vmo *v, uint64_t size,
					  struct zi_page_wait *wait)
{
	uint64_t from = zi_min(zi_vmo_stream_size_locked(v), size);
	uint64_t total = zi_vmo_size_locked(v);
	zx_status_t st = ZX_OK;

	if (size > total)
		return ZX_ERR_OUT_OF_RANGE;
	if (from < total)
		st = v->node->source != NULL ? zero_past_stream(v, from, size, total, wait) :
					       zi_vmo_zero_locked(v, from, total - from, wait);
	if (st == ZX_OK)
		zi_vmo_store_stream_size(v, size);
	return st;
}

zx_status_t zi_vmo_set_stream_size(struct zi_vmo *v, uint64_t size)
{
	struct zi_page_wait wait = {0};
	struct zi_size_op op;
	zx_status_t st = ZX_OK;

	if (v->kind != ZI_VMO_PAGED)
		return ZX_ERR_NOT_SUPPORTED;
	zi_lock(&v->tree->lock);
	if (!zi_vmo_have_stream_counter(v))
		st = ZX_ERR_NO_MEMORY;
	else if (size != zi_vmo_stream_size_locked(v) && size > zi_vmo_size_locked(v))
		st = ZX_ERR_OUT_OF_RANGE;
	if (st != ZX_OK || size == zi_vmo_stream_size_locked(v)) {
		zi_unlock(&v->tree->lock);
		return st;
	}
	zi_size_op_enter_locked(v, &op, ZI_SIZE_OP_SET, size);
	do {
		st = set_stream_size_locked(v, size, &wait);
	} while (st == ZX_ERR_SHOULD_WAIT && (st = wait_unlocked(v, &wait)) == ZX_OK);
	zi_size_op_leave_unlock(v, &op);
	zi_page_wait_done(&wait);
	return st;
}

zx_status_t zi_vmo_set_content_size(struct zi_vmo *v, uint64_t size)
{
	struct zi_page_wait wait = {0};
	struct zi_size_op op;

	if (!zi_behaviour_2025())
		return zi_vmo_set_stream_size(v, size);
	if (v->kind != ZI_VMO_PAGED)
		return ZX_ERR_NOT_SUPPORTED;
	zi_lock(&v->tree->lock);
	if (!zi_vmo_have_stream_counter(v)) {
		zi_unlock(&v->tree->lock);
		return ZX_ERR_NO_MEMORY;
	}
	/* The size may lie beyond the VMO, and a gap that a larger size leaves is not cleared. */
	zi_size_op_enter_locked(v, &op, ZI_SIZE_OP_SET, size);
	zero_rest_locked(v, size, zi_vmo_size_locked(v), &wait);
	zi_vmo_store_stream_size(v, size);
	zi_size_op_leave_unlock(v, &op);
	zi_page_wait_done(&wait);
	return ZX_OK;
}
