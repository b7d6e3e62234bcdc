/*
 * Shared regions, and the ring that I/O buffers write to in them.
 *
 *   0   {head, tail}, 64 bits each: bytes ever written, bytes ever taken out
 *   page 1 to the end: the ring. A message is its tag, its length, its bytes, and what is missing
 *   to a multiple of 8; each of these goes on at the start where the ring ends
 *
 * Whoever takes messages out moves the tail through a mapping. Nothing read here is believed.
 */
#include <string.h>

#include <zircon/rights.h>

#include "base/span.h"
#include "object/iob.h"
#include "vm/fault.h"
#include "vm/vmo.h"

enum { VECTORS_MAX = 8 };
#define PAYLOAD_MAX 65519u
#define MESSAGE_HEAD 16u

static struct zi_iob_shared *shared_of(struct zi_object *o)
{
	return ZI_CONTAINER(o, struct zi_iob_shared, object);
}

static void shared_destroy(struct zi_object *o)
{
	struct zi_iob_shared *s = shared_of(o);

	zi_vmo_unpin(s->vmo, 0, s->bytes);
	zi_vmo_unref(s->vmo);
}

static void shared_get_name(struct zi_object *o, char name[ZX_MAX_NAME_LEN])
{
	zi_vmo_get_name(shared_of(o)->vmo, name);
}

static void shared_set_name(struct zi_object *o, const char *name, size_t len)
{
	zi_vmo_set_name_of_views(shared_of(o)->vmo, name, len);
}

static const struct zi_object_ops shared_ops = {
	.type = ZX_OBJ_TYPE_IOB_SHARED_REGION,
	.type_name = "iob shared region",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL,
	.size = sizeof(struct zi_iob_shared),
	.destroy = shared_destroy,
	.get_name = shared_get_name,
	.set_name = shared_set_name,
};

zx_status_t zi_iob_shared_new(uint64_t size, struct zi_iob_shared **out_shared)
{
	struct zi_iob_shared *s;
	struct zi_vmo *vmo;
	zx_status_t st;

	if (size == 0 || !zi_is_page_aligned(size))
		return ZX_ERR_INVALID_ARGS;
	st = zi_vmo_create(size, 0, &vmo);
	if (st != ZX_OK)
		return st;
	st = zi_vmo_commit(vmo, 0, size);
	if (st == ZX_OK)
		st = zi_vmo_pin(vmo, 0, size, true);
	if (st != ZX_OK) {
		zi_vmo_unref(vmo);
		return st;
	}
	s = zi_object_new(&shared_ops, 0);
	if (s == NULL) {
		zi_vmo_unpin(vmo, 0, size);
		zi_vmo_unref(vmo);
		return ZX_ERR_NO_MEMORY;
	}
	s->vmo = vmo;
	s->bytes = size;
	*out_shared = s;
	return ZX_OK;
}

/* ---- writing */

struct message {
	zx_iovec_t vectors[VECTORS_MAX];
	size_t count;
	uint64_t len; /* of the payload */
};

static zx_status_t read_message(struct message *m, const zx_iovec_t *user, size_t count)
{
	zx_status_t st;

	if (count > VECTORS_MAX)
		return ZX_ERR_INVALID_ARGS;
	st = zi_user_read(m->vectors, user, count * sizeof(m->vectors[0]));
	if (st != ZX_OK)
		return st;
	m->count = count;
	m->len = 0;
	for (size_t i = 0; i < count; i++) {
		if (m->vectors[i].capacity > PAYLOAD_MAX - m->len)
			return ZX_ERR_INVALID_ARGS;
		m->len += m->vectors[i].capacity;
	}
	return ZX_OK;
}

/* A word of a message: words are aligned, and so never lie across a page or the end. */
static void put_word(const struct zi_iob_shared *s, uint64_t pos, uint64_t value)
{
	const uint64_t ring = s->bytes - ZI_PAGE;

	memcpy(zi_vmo_pinned_ptr(s->vmo, ZI_PAGE + pos % ring), &value, sizeof(value));
}

static zx_status_t put_payload(const struct zi_iob_shared *s, uint64_t pos, const struct message *m)
{
	const uint64_t ring = s->bytes - ZI_PAGE;

	for (size_t i = 0; i < m->count; i++) {
		const uint8_t *from = m->vectors[i].buffer;
		uint64_t left = m->vectors[i].capacity;

		while (left > 0) {
			const uint64_t at = pos % ring, n = zi_min(left, ring - at);
			zx_status_t st = zi_vmo_write(s->vmo, from, ZI_PAGE + at, n);

			if (st != ZX_OK)
				return st;
			from = ZI_USER_AT(from, n);
			pos += n;
			left -= n;
		}
	}
	return ZX_OK;
}

static zx_status_t write_in_turn(const struct zi_iob_shared *s, uint64_t tag,
				 const struct message *m)
{
	const uint64_t ring = s->bytes - ZI_PAGE;
	const uint64_t size = (m->len + MESSAGE_HEAD + 7) & ~(uint64_t)7;
	_Atomic uint64_t *const head_word = zi_vmo_pinned_ptr(s->vmo, 0);
	_Atomic uint64_t *const tail_word = head_word + 1;
	uint64_t head, tail, next;
	zx_status_t st;

	if (size > ring)
		return ZX_ERR_NO_SPACE;
	head = atomic_load_explicit(head_word, memory_order_relaxed);
	tail = atomic_load_explicit(tail_word, memory_order_acquire);
	if (tail > head || head % 8 != 0 || __builtin_add_overflow(head, size, &next))
		return ZX_ERR_IO_DATA_INTEGRITY;
	if (head - tail > ring - size)
		return ZX_ERR_NO_SPACE;
	/* The last word first, so that what fills up is zero. */
	put_word(s, next - 8, 0);
	put_word(s, head, tag);
	put_word(s, head + 8, m->len);
	st = put_payload(s, head + MESSAGE_HEAD, m);
	if (st == ZX_OK)
		atomic_store_explicit(head_word, next, memory_order_release);
	return st;
}

zx_status_t zi_iob_shared_write(struct zi_iob_shared *s, uint64_t tag, const zx_iovec_t *user,
				size_t count)
{
	struct message m;
	zx_status_t st = read_message(&m, user, count);

	if (st != ZX_OK)
		return st;
	/*
	 * Held while the program's buffers are read: one message is whole before the next begins.
	 */
	zi_turn_take(&s->writer);
	st = write_in_turn(s, tag, &m);
	zi_turn_give(&s->writer);
	if (st == ZX_OK)
		zi_object_update_signals(&s->object, 0, 0, ZX_IOB_SHARED_REGION_UPDATED);
	return st;
}
