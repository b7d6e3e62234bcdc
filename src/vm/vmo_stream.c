/* What a stream transfer does before its copy. */
#include "vm/vmo_stream.h"

#include "base/span.h"
#include "host/host.h"
#include "vm/vm.h"
#include "vm/vmo_i.h"

zx_status_t zi_vmo_stream_open(struct zi_vmo *v)
{
	if (v->kind != ZI_VMO_PAGED)
		return ZX_ERR_WRONG_TYPE;
	ZI_LOCK_SCOPE(&v->tree->lock);
	if (!zi_vmo_have_stream_counter(v))
		return ZX_ERR_NO_MEMORY;
	/* From now on the stream size does not follow when a write makes the VMO larger. */
	if (!v->stream->set)
		zi_vmo_store_stream_size(v, zi_vmo_size_locked(v));
	return ZX_OK;
}

/* Where a read ends; not behind `pos` when there is nothing to read. */
static uint64_t read_end_locked(const struct zi_vmo *v, uint64_t pos, uint64_t capacity)
{
	uint64_t end;

	if (__builtin_add_overflow(pos, capacity, &end) && !zi_behaviour_2025())
		end = UINT64_MAX;
	return zi_size_op_limit_locked(v, zi_min(end, zi_vmo_stream_size_locked(v)));
}

void zi_vmo_stream_begin_read(struct zi_vmo *v, uint64_t pos, uint64_t capacity,
			      struct zi_size_op *op, uint64_t *out_len)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	uint64_t end = read_end_locked(v, pos, capacity);

	*out_len = 0;
	if (end <= pos)
		return;
	*out_len = end - pos;
	zi_size_op_enter_locked(v, op, ZI_SIZE_OP_READ, end);
}

/*
 * Room for [pos, *end): all of it, or as far as the VMO goes; it is made larger if that is allowed.
 */
static zx_status_t make_room_locked(struct zi_vmo *v, uint64_t pos, bool can_grow, uint64_t *end)
{
	const uint64_t size = zi_vmo_size_locked(v);
	zx_status_t why = ZX_ERR_NO_SPACE;
	uint64_t want;

	if (!zi_page_up_checked(*end, &want)) {
		why = ZX_ERR_OUT_OF_RANGE;
	} else if (want <= size) {
		return ZX_OK;
	} else if (can_grow && v->resizable && zi_streams_grow()) {
		zx_status_t st = zi_vmo_resize_locked(v, want >> ZI_PAGE_SHIFT);

		if (st == ZX_OK)
			return ZX_OK;
		if (st == ZX_ERR_OUT_OF_RANGE)
			why = st;
	}
	if (size <= pos)
		return zi_streams_grow() ? why : ZX_ERR_OUT_OF_RANGE;
	*end = size;
	return ZX_OK;
}

zx_status_t zi_vmo_stream_begin_write(struct zi_vmo *v, uint64_t pos, uint64_t capacity,
				      bool can_grow, struct zi_size_op *op, uint64_t *out_len)
{
	uint64_t end;

	if (__builtin_add_overflow(pos, capacity, &end))
		return ZX_ERR_FILE_BIG;
	zi_lock(&v->tree->lock);
	zi_size_op_enter_locked(v, op, ZI_SIZE_OP_WRITE, end);
	zx_status_t st = make_room_locked(v, pos, can_grow, &end);
	uint64_t size = zi_vmo_stream_size_locked(v);

	op->bytes = end;
	zi_unlock(&v->tree->lock);
	/* Nobody else moves the end of the stream meanwhile: this write does, and it is first. */
	if (st == ZX_OK && size < pos)
		st = zi_vmo_zero(v, size, pos - size);
	if (st != ZX_OK) {
		zi_size_op_leave(v, op);
		return st;
	}
	*out_len = end - pos;
	return ZX_OK;
}

zx_status_t zi_vmo_stream_begin_append(struct zi_vmo *v, uint64_t capacity, bool can_grow,
				       struct zi_size_op *op, uint64_t *out_pos, uint64_t *out_len)
{
	zx_status_t st = ZX_OK;
	uint64_t end;

	zi_lock(&v->tree->lock);
	zi_size_op_enter_locked(v, op, ZI_SIZE_OP_APPEND, 0);
	*out_pos = zi_vmo_stream_size_locked(v);
	if (__builtin_add_overflow(*out_pos, capacity, &end))
		st = ZX_ERR_OUT_OF_RANGE;
	else
		st = make_room_locked(v, *out_pos, can_grow, &end);
	if (st != ZX_OK) {
		zi_size_op_leave_unlock(v, op);
		return st;
	}
	op->bytes = end;
	zi_unlock(&v->tree->lock);
	*out_len = end - *out_pos;
	return ZX_OK;
}

/* ---- the short way */

/* Longer transfers gain nothing, and keep others waiting for the lock. */
#define SHORT_BYTES (16 * ZI_PAGE)

static bool is_plain_locked(const struct zi_vmo *v, uint64_t pos, uint64_t end)
{
	return end - pos <= SHORT_BYTES && end <= zi_vmo_size_locked(v) &&
	       v->cache_policy == ZX_CACHE_POLICY_CACHED && !zi_vmo_is_discarded(v);
}

bool zi_vmo_stream_try_read(struct zi_vmo *v, void *user, uint64_t pos, uint64_t capacity,
			    uint64_t *out_done)
{
	uint8_t *to = user;

	ZI_LOCK_SCOPE(&v->tree->lock);
	const uint64_t end = read_end_locked(v, pos, capacity);

	*out_done = end > pos ? end - pos : 0;
	if (*out_done != 0 && !is_plain_locked(v, pos, end))
		return false;
	while (pos < end) {
		const uint64_t skip = pos & ZI_PAGE_MASK;
		struct zi_found f = zi_node_lookup(v->node, zi_vmo_page(v, pos),
						   zi_page_up(skip + end - pos) >> ZI_PAGE_SHIFT);
		uint64_t run, n;

		if (f.kind != ZI_FOUND_OWN)
			return false;
		const uint8_t *from = zi_frame_ptr(zi_node_frame(f.node, f.pgi, &run)) + skip;

		n = zi_min(end - pos, zi_min(run, f.pages) * ZI_PAGE - skip);
		f.node->touched = true;
		if (zi_copy_captured(to, from, n).fault != 0)
			return false;
		to = ZI_USER_AT(to, n);
		pos += n;
	}
	return true;
}

bool zi_vmo_stream_try_write(struct zi_vmo *v, const void *user, uint64_t *pos, bool append,
			     uint64_t capacity, uint64_t *out_done)
{
	const uint8_t *from = user;
	uint64_t end;

	ZI_LOCK_SCOPE(&v->tree->lock);
	const uint64_t size = zi_vmo_stream_size_locked(v);
	struct zi_node *n = v->node;

	if (append)
		*pos = size;
	/*
	 * What moves the end must be alone, what does not must not meet a size change; a gap is for
	 * the long way.
	 */
	if (*pos > size || __builtin_add_overflow(*pos, capacity, &end) ||
	    (end > size || append ? !zi_list_is_empty(&v->stream->changes) : v->stream->nsets != 0))
		return false;
	if (!is_plain_locked(v, *pos, end) || n->source != NULL || !zi_pageset_is_empty(&n->shadow))
		return false;
	for (uint64_t at = *pos; at < end;) {
		const uint64_t skip = at & ZI_PAGE_MASK, pgi = zi_vmo_page(v, at);
		const uint64_t len = zi_min(end - at, ZI_PAGE - skip);

		if (!zi_pageset_test(&n->own, pgi))
			return false;
		n->touched = true;
		if (zi_copy_captured(zi_frame_ptr(zi_node_frame(n, pgi, NULL)) + skip, from, len)
			    .fault != 0)
			return false;
		from = ZI_USER_AT(from, len);
		at += len;
	}
	if (end > size)
		zi_vmo_store_stream_size(v, end);
	*out_done = capacity;
	return true;
}
