/* Streams as objects: making, seeking, what can be asked of them. */
#include "object/stream.h"

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

#include "object/info.h"
#include "vm/vmo.h"
#include "vm/vmo_stream.h"

static void stream_destroy(struct zi_object *o)
{
	zi_vmo_unref(((struct zi_stream *)o)->vmo);
}

static const struct zi_object_ops stream_ops = {
	.type = ZX_OBJ_TYPE_STREAM,
	.type_name = "stream",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL,
	.size = sizeof(struct zi_stream),
	.destroy = stream_destroy,
};

zx_status_t zi_stream_new(struct zi_vmo *vmo, uint32_t options, bool can_grow, zx_off_t seek,
			  struct zi_stream **out_stream)
{
	zx_status_t st = zi_vmo_stream_open(vmo);
	struct zi_stream *s;

	if (st != ZX_OK)
		return st;
	s = zi_object_new(&stream_ops, 0);
	if (s == NULL)
		return ZX_ERR_NO_MEMORY;
	zi_vmo_ref(vmo);
	s->vmo = vmo;
	s->mode = options & (ZX_STREAM_MODE_READ | ZX_STREAM_MODE_WRITE);
	s->can_grow = can_grow;
	atomic_init(&s->append, (options & ZX_STREAM_MODE_APPEND) != 0);
	atomic_init(&s->seek, seek);
	*out_stream = s;
	return ZX_OK;
}

/* `from` + offset; false: less than 0, or more than 64 bits hold. */
static bool move(zx_off_t from, int64_t offset, zx_off_t *out)
{
	if (offset < 0)
		return !__builtin_sub_overflow(from, -(uint64_t)offset, out);
	return !__builtin_add_overflow(from, (uint64_t)offset, out);
}

zx_status_t zi_stream_seek(struct zi_stream *s, zx_stream_seek_origin_t origin, int64_t offset,
			   zx_off_t *out_seek)
{
	zx_off_t from = 0;
	bool known = true;
	zx_status_t st = ZX_ERR_INVALID_ARGS;

	zi_turn_take(&s->turn);
	switch (origin) {
	case ZX_STREAM_SEEK_ORIGIN_START:
		break;
	case ZX_STREAM_SEEK_ORIGIN_CURRENT:
		from = atomic_load_explicit(&s->seek, memory_order_relaxed);
		break;
	case ZX_STREAM_SEEK_ORIGIN_END:
		from = zi_vmo_get_stream_size(s->vmo);
		break;
	default:
		known = false;
	}
	if (known && move(from, offset, out_seek)) {
		atomic_store_explicit(&s->seek, *out_seek, memory_order_relaxed);
		st = ZX_OK;
	}
	zi_turn_give(&s->turn);
	return st;
}

zx_status_t zi_stream_property_get_append(struct zi_object *o, uint8_t *out_on)
{
	if (o->ops->type != ZX_OBJ_TYPE_STREAM)
		return ZX_ERR_WRONG_TYPE;
	*out_on = atomic_load_explicit(&((struct zi_stream *)o)->append, memory_order_relaxed);
	return ZX_OK;
}

zx_status_t zi_stream_property_set_append(struct zi_object *o, uint8_t on)
{
	if (o->ops->type != ZX_OBJ_TYPE_STREAM)
		return ZX_ERR_WRONG_TYPE;
	atomic_store_explicit(&((struct zi_stream *)o)->append, on != 0, memory_order_relaxed);
	return ZX_OK;
}

/* Does not wait for transfers under way, whose end may be far: it tells the offset before them. */
zx_status_t zi_info_stream(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			   size_t *actual, size_t *avail)
{
	struct zi_stream *s;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_STREAM, ZX_RIGHT_INSPECT, &s, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;

	const bool append = atomic_load_explicit(&s->append, memory_order_relaxed);
	const zx_info_stream_t info = {
		.options = s->mode | (append ? ZX_STREAM_MODE_APPEND : 0),
		.seek = atomic_load_explicit(&s->seek, memory_order_relaxed),
		.content_size = zi_vmo_get_stream_size(s->vmo),
	};

	zi_object_unref(&s->object);
	return zi_info_one(&info, sizeof(info), buffer, size, actual, avail);
}
