/* zx_stream_*: arguments and handles. */
#include <zircon/rights.h>
#include <zircon/syscalls.h>

#include "object/stream.h"
#include "syscalls/entry.h"
#include "vm/fault.h"

/*
 * ZX_ERR_INVALID_ARGS    options
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (READ, WRITE as the mode says)
 * ZX_ERR_WRONG_TYPE      physical or contiguous VMO
 * ZX_ERR_NO_MEMORY
 * ZX_ERR_INVALID_ARGS    bad `out_stream`
 */
zx_status_t zx_stream_create(uint32_t options, zx_handle_t vmo, zx_off_t seek,
			     zx_handle_t *out_stream)
{
	ZI_ENTRY(zx_stream_create);
	zx_rights_t rights = 0, vmo_rights;
	struct zi_vmo_object *o;
	struct zi_stream *s;
	zx_status_t st;

	if (options & ~ZX_STREAM_CREATE_MASK)
		return ZX_ERR_INVALID_ARGS;
	if (options & ZX_STREAM_MODE_READ)
		rights |= ZX_RIGHT_READ;
	if (options & ZX_STREAM_MODE_WRITE)
		rights |= ZX_RIGHT_WRITE;
	st = zi_handle_get(vmo, ZX_OBJ_TYPE_VMO, rights, &o, &vmo_rights);
	if (st != ZX_OK)
		return st;
	st = zi_stream_new(o->vmo, options, (vmo_rights & ZX_RIGHT_RESIZE) != 0, seek, &s);
	zi_object_unref(&o->object);
	if (st != ZX_OK)
		return st;
	return zi_handle_publish(&s->object, ZX_DEFAULT_STREAM_RIGHTS | rights, out_stream);
}

/*
 * What the transfers check before anything else. On ZX_OK with *out_stream NULL there is nothing to
 * transfer.
 *
 * ZX_ERR_INVALID_ARGS    options; no array
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (`right`)
 * ZX_ERR_INVALID_ARGS    the array cannot be read; the sum of its capacities wraps
 */
static zx_status_t begin(zx_handle_t handle, uint32_t options, uint32_t known, zx_rights_t right,
			 const zx_iovec_t *vectors, size_t count, struct zi_stream **out_stream,
			 struct zi_user_vectors *out_vectors)
{
	struct zi_stream *s;
	zx_status_t st;

	*out_stream = NULL;
	if ((options & ~known) != 0 || vectors == NULL)
		return ZX_ERR_INVALID_ARGS;
	st = zi_handle_get(handle, ZX_OBJ_TYPE_STREAM, right, &s, NULL);
	if (st != ZX_OK)
		return st;
	st = zi_user_vectors_init(out_vectors, vectors, count);
	if (st == ZX_OK && out_vectors->capacity != 0)
		*out_stream = s;
	else
		zi_object_unref(&s->object);
	return st;
}

/* After a transfer: `actual` is told of success only, and a bad one undoes nothing. */
static zx_status_t finish(struct zi_stream *s, zx_status_t st, uint64_t n, size_t *actual)
{
	const size_t count = n;

	if (s != NULL)
		zi_object_unref(&s->object);
	if (st != ZX_OK || actual == NULL)
		return st;
	return zi_user_write(actual, &count, sizeof(count));
}

/*
 * After `begin`: the errors of zx_vmo_read. ZX_ERR_INVALID_ARGS: bad `actual`, and the bytes are
 * read.
 */
zx_status_t zx_stream_readv(zx_handle_t handle, uint32_t options, zx_iovec_t *vectors,
			    size_t num_vectors, size_t *actual)
{
	ZI_ENTRY(zx_stream_readv);
	struct zi_user_vectors to;
	struct zi_stream *s;
	uint64_t n = 0;
	zx_status_t st = begin(handle, options, 0, ZX_RIGHT_READ, vectors, num_vectors, &s, &to);

	if (s != NULL)
		st = zi_stream_read(s, &to, &n);
	return finish(s, st, n, actual);
}

zx_status_t zx_stream_readv_at(zx_handle_t handle, uint32_t options, zx_off_t offset,
			       zx_iovec_t *vectors, size_t num_vectors, size_t *actual)
{
	ZI_ENTRY(zx_stream_readv_at);
	struct zi_user_vectors to;
	struct zi_stream *s;
	uint64_t n = 0;
	zx_status_t st = begin(handle, options, 0, ZX_RIGHT_READ, vectors, num_vectors, &s, &to);

	if (s != NULL)
		st = zi_stream_read_at(s, offset, &to, &n);
	return finish(s, st, n, actual);
}

/*
 * After `begin`:
 * ZX_ERR_FILE_BIG        the range wraps; ZX_ERR_OUT_OF_RANGE when appending
 * ZX_ERR_NO_SPACE        no room, and the VMO cannot be made larger
 * ZX_ERR_OUT_OF_RANGE    no room, and the VMO could never be as large; with the behaviour of 2026
 *                        whenever there is no room
 * … the errors of zx_vmo_write
 * ZX_ERR_INVALID_ARGS    bad `actual`, and the bytes are written
 */
zx_status_t zx_stream_writev(zx_handle_t handle, uint32_t options, const zx_iovec_t *vectors,
			     size_t num_vectors, size_t *actual)
{
	ZI_ENTRY(zx_stream_writev);
	struct zi_user_vectors from;
	struct zi_stream *s;
	uint64_t n = 0;
	zx_status_t st = begin(handle, options, ZX_STREAM_APPEND, ZX_RIGHT_WRITE, vectors,
			       num_vectors, &s, &from);

	if (s != NULL)
		st = zi_stream_write(s, (options & ZX_STREAM_APPEND) != 0, &from, &n);
	return finish(s, st, n, actual);
}

zx_status_t zx_stream_writev_at(zx_handle_t handle, uint32_t options, zx_off_t offset,
				const zx_iovec_t *vectors, size_t num_vectors, size_t *actual)
{
	ZI_ENTRY(zx_stream_writev_at);
	struct zi_user_vectors from;
	struct zi_stream *s;
	uint64_t n = 0;
	zx_status_t st = begin(handle, options, 0, ZX_RIGHT_WRITE, vectors, num_vectors, &s, &from);

	if (s != NULL)
		st = zi_stream_write_at(s, offset, &from, &n);
	return finish(s, st, n, actual);
}

/*
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE
 * ZX_ERR_ACCESS_DENIED   neither READ nor WRITE
 * ZX_ERR_INVALID_ARGS    the new offset would be negative or pass 2^64; unknown origin
 * ZX_ERR_INVALID_ARGS    bad `out_seek`, and the offset has moved
 */
zx_status_t zx_stream_seek(zx_handle_t handle, zx_stream_seek_origin_t whence, int64_t offset,
			   zx_off_t *out_seek)
{
	ZI_ENTRY(zx_stream_seek);
	struct zi_stream *s;
	zx_rights_t rights;
	zx_off_t seek;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_STREAM, ZX_RIGHT_NONE, &s, &rights);

	if (st != ZX_OK)
		return st;
	if ((rights & (ZX_RIGHT_READ | ZX_RIGHT_WRITE)) == 0)
		st = ZX_ERR_ACCESS_DENIED;
	else
		st = zi_stream_seek(s, whence, offset, &seek);
	zi_object_unref(&s->object);
	if (st != ZX_OK || out_seek == NULL)
		return st;
	return zi_user_write(out_seek, &seek, sizeof(seek));
}
