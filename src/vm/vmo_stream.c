/* What a stream transfer does before its copy. */
#include "vm/vmo_stream.h"

#include "base/span.h"
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

void zi_vmo_stream_begin_read(struct zi_vmo *v, uint64_t pos, uint64_t capacity,
			      struct zi_size_op *op, uint64_t *out_len)
{
	uint64_t end;

	if (__builtin_add_overflow(pos, capacity, &end) && !zi_behaviour_2025())
		end = UINT64_MAX;
	ZI_LOCK_SCOPE(&v->tree->lock);
	end = zi_size_op_limit_locked(v, zi_min(end, zi_vmo_stream_size_locked(v)));
	*out_len = 0;
	if (end <= pos)
		return;
	*out_len = end - pos;
	zi_size_op_enter_locked(v, op, ZI_SIZE_OP_READ, end);
}

/* Room for [pos, *end): all of it, or as far as the VMO goes; it is made larger if that is allowed. */
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
