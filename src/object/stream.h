/* Streams: a VMO read and written like a file, with an offset of its own. */
#ifndef ZI_OBJECT_STREAM_H
#define ZI_OBJECT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

#include "base/turn.h"
#include "object/object.h"

struct zi_vmo;

struct zi_stream {
	struct zi_object object;
	struct zi_vmo *vmo; /* one reference */
	uint32_t mode;      /* ZX_STREAM_MODE_READ, _WRITE; fixed */
	bool can_grow;      /* the VMO's handle had ZX_RIGHT_RESIZE; fixed */
	_Atomic bool append;
	struct zi_turn turn;   /* who moves the offset has it for the whole of the transfer */
	_Atomic zx_off_t seek; /* written in turn */
};

/* ---- stream.c */

/* WRONG_TYPE: no stream can be made on that VMO. NO_MEMORY. */
zx_status_t zi_stream_new(struct zi_vmo *vmo, uint32_t options, bool can_grow, zx_off_t seek,
			  struct zi_stream **out_stream);
/* INVALID_ARGS: unknown origin; the new offset would be negative or pass 2^64. */
zx_status_t zi_stream_seek(struct zi_stream *s, zx_stream_seek_origin_t origin, int64_t offset,
			   zx_off_t *out_seek);
/* ZX_PROP_STREAM_MODE_APPEND of any object: WRONG_TYPE. */
zx_status_t zi_stream_property_get_append(struct zi_object *o, uint8_t *out_on);
zx_status_t zi_stream_property_set_append(struct zi_object *o, uint8_t on);

/* ---- stream_io.c */

/* Where a program's bytes are: an array of zx_iovec_t in its memory. */
struct zi_user_vectors {
	const zx_iovec_t *entries;
	size_t count;
	uint64_t capacity; /* of all together, when they were looked at first */
	zx_iovec_t first;  /* of one or more: how it was then */
};

/* Adds the capacities up. INVALID_ARGS: the array cannot be read; the sum wraps. */
zx_status_t zi_user_vectors_init(struct zi_user_vectors *v, const zx_iovec_t *user, size_t count);

/* All: the capacity is not 0. *out_actual > 0 exactly on ZX_OK, except for reads at the end. */
zx_status_t zi_stream_read(struct zi_stream *s, const struct zi_user_vectors *to,
			   uint64_t *out_actual);
zx_status_t zi_stream_read_at(struct zi_stream *s, zx_off_t pos, const struct zi_user_vectors *to,
			      uint64_t *out_actual);
/* At the offset, or (append, or the stream's mode) at the end. */
zx_status_t zi_stream_write(struct zi_stream *s, bool append, const struct zi_user_vectors *from,
			    uint64_t *out_actual);
zx_status_t zi_stream_write_at(struct zi_stream *s, zx_off_t pos,
			       const struct zi_user_vectors *from, uint64_t *out_actual);

#endif
