/* Transfers between a stream and the buffers of a program. */
#include "base/span.h"
#include "object/stream.h"
#include "vm/fault.h"
#include "vm/vmo.h"
#include "vm/vmo_stream.h"

/* So many entries are read at once when capacities are added up. */
enum { ENTRIES = 8 };

zx_status_t zi_user_vectors_init(struct zi_user_vectors *v, const zx_iovec_t *user, size_t count)
{
	zx_iovec_t some[ENTRIES];

	*v = (struct zi_user_vectors){.entries = user, .count = count};
	for (size_t at = 0; at < count; at += ENTRIES) {
		const size_t n = zi_min(count - at, ENTRIES);
		zx_status_t st = zi_user_read(some, ZI_USER_AT(user, at * sizeof(some[0])),
					      n * sizeof(some[0]));

		if (st != ZX_OK)
			return st;
		if (at == 0)
			v->first = some[0];
		for (size_t i = 0; i < n; i++) {
			if (__builtin_add_overflow(v->capacity, some[i].capacity, &v->capacity))
				return ZX_ERR_INVALID_ARGS;
		}
	}
	return ZX_OK;
}

/*
 * Moves `len` bytes at `pos`, buffer by buffer; the entries are read a second time, each when its
 * turn has come. Once a byte was moved the answer is ZX_OK.
 */
static zx_status_t transfer(struct zi_stream *s, bool write, const struct zi_user_vectors *v,
			    uint64_t pos, uint64_t len, uint64_t *out_actual)
{
	uint64_t moved = 0;
	zx_status_t st = ZX_OK;

	for (size_t i = 0; i < v->count && moved < len && st == ZX_OK; i++) {
		zx_iovec_t entry;
		uint64_t n, done = 0;

		st = zi_user_read(&entry, ZI_USER_AT(v->entries, i * sizeof(entry)), sizeof(entry));
		if (st != ZX_OK || entry.capacity == 0)
			continue;
		n = zi_min(entry.capacity, len - moved);
		if (write)
			st = zi_vmo_write_counted(s->vmo, entry.buffer, pos + moved, n, true,
						  &done);
		else
			st = zi_vmo_read_counted(s->vmo, entry.buffer, pos + moved, n, &done);
		moved += done;
	}
	*out_actual = moved;
	return moved != 0 ? ZX_OK : st;
}

zx_status_t zi_stream_read_at(struct zi_stream *s, zx_off_t pos, const struct zi_user_vectors *to,
			      uint64_t *out_actual)
{
	struct zi_size_op op;
	uint64_t len;

	if (to->count == 1 &&
	    zi_vmo_stream_try_read(s->vmo, to->first.buffer, pos, to->capacity, out_actual))
		return ZX_OK;
	*out_actual = 0;
	zi_vmo_stream_begin_read(s->vmo, pos, to->capacity, &op, &len);
	if (len == 0)
		return ZX_OK;
	zx_status_t st = transfer(s, false, to, pos, len, out_actual);

	zi_vmo_stream_end(s->vmo, &op);
	return st;
}

zx_status_t zi_stream_read(struct zi_stream *s, const struct zi_user_vectors *to,
			   uint64_t *out_actual)
{
	zi_turn_take(&s->turn);
	const zx_off_t pos = atomic_load_explicit(&s->seek, memory_order_relaxed);
	zx_status_t st = zi_stream_read_at(s, pos, to, out_actual);

	atomic_store_explicit(&s->seek, pos + *out_actual, memory_order_relaxed);
	zi_turn_give(&s->turn);
	return st;
}

zx_status_t zi_stream_write_at(struct zi_stream *s, zx_off_t pos,
			       const struct zi_user_vectors *from, uint64_t *out_actual)
{
	struct zi_size_op op;
	uint64_t len;
	zx_status_t st;

	if (from->count == 1 && zi_vmo_stream_try_write(s->vmo, from->first.buffer, &pos, false,
							from->capacity, out_actual))
		return ZX_OK;
	*out_actual = 0;
	st = zi_vmo_stream_begin_write(s->vmo, pos, from->capacity, s->can_grow, &op, &len);
	if (st != ZX_OK)
		return st;
	st = transfer(s, true, from, pos, len, out_actual);
	zi_vmo_stream_end(s->vmo, &op);
	return st;
}

/* The offset follows, also when the end was found but nothing could be copied there. */
static zx_status_t append_in_turn(struct zi_stream *s, const struct zi_user_vectors *from,
				  uint64_t *out_actual)
{
	struct zi_size_op op;
	uint64_t pos, len;
	zx_status_t st = ZX_OK;

	if (from->count != 1 || !zi_vmo_stream_try_write(s->vmo, from->first.buffer, &pos, true,
							 from->capacity, out_actual)) {
		*out_actual = 0;
		st = zi_vmo_stream_begin_append(s->vmo, from->capacity, s->can_grow, &op, &pos,
						&len);
		if (st != ZX_OK)
			return st;
		st = transfer(s, true, from, pos, len, out_actual);
		zi_vmo_stream_end(s->vmo, &op);
	}
	atomic_store_explicit(&s->seek, pos + *out_actual, memory_order_relaxed);
	return st;
}

zx_status_t zi_stream_write(struct zi_stream *s, bool append, const struct zi_user_vectors *from,
			    uint64_t *out_actual)
{
	zx_status_t st;

	zi_turn_take(&s->turn);
	if (append || atomic_load_explicit(&s->append, memory_order_relaxed)) {
		st = append_in_turn(s, from, out_actual);
	} else {
		const zx_off_t pos = atomic_load_explicit(&s->seek, memory_order_relaxed);

		st = zi_stream_write_at(s, pos, from, out_actual);
		atomic_store_explicit(&s->seek, pos + *out_actual, memory_order_relaxed);
	}
	zi_turn_give(&s->turn);
	return st;
}
