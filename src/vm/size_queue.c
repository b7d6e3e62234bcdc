/* Queues around the stream size: who may go on, who has to wait. The table is in size_queue.h. */
#include "vm/size_queue.h"

#include "base/assert.h"
#include "base/park.h"
#include "base/span.h"
#include "vm/vmo_i.h"

/* Is `before`, which is ahead in the queue of changes, in the way of a new operation? */
static bool change_is_in_the_way(const struct zi_size_op *before, enum zi_size_op_kind kind,
				 uint64_t bytes, uint64_t stream_size)
{
	switch (kind) {
	case ZI_SIZE_OP_WRITE:
		return bytes > stream_size ||
		       (before->kind == ZI_SIZE_OP_SET && before->bytes < bytes);
	case ZI_SIZE_OP_APPEND:
		return before->kind != ZI_SIZE_OP_WRITE || before->bytes > stream_size;
	case ZI_SIZE_OP_SET:
		return before->kind != ZI_SIZE_OP_WRITE ||
		       before->bytes > zi_min(stream_size, bytes);
	default:
		return false;
	}
}

static bool must_wait_for_changes(const struct zi_stream_size *s, enum zi_size_op_kind kind,
				  uint64_t bytes, uint64_t stream_size)
{
	ZI_LIST_FOREACH (l, &s->changes) {
		if (change_is_in_the_way(ZI_CONTAINER(l, struct zi_size_op, in_changes), kind,
					 bytes, stream_size))
			return true;
	}
	return false;
}

static bool must_wait_for_reads(const struct zi_stream_size *s, uint64_t bytes)
{
	ZI_LIST_FOREACH (l, &s->reads) {
		const struct zi_size_op *before = ZI_CONTAINER(l, struct zi_size_op, in_reads);

		if (before->kind == ZI_SIZE_OP_READ && before->bytes > bytes)
			return true;
	}
	return false;
}

void zi_size_op_enter_locked(struct zi_vmo *v, struct zi_size_op *op, enum zi_size_op_kind kind,
			     uint64_t bytes)
{
	struct zi_stream_size *s = v->stream;

	zi_lock_assert_held(&v->tree->lock);
	*op = (struct zi_size_op){.kind = kind, .bytes = bytes};
	if (kind == ZI_SIZE_OP_READ) {
		zi_list_add_tail(&s->reads, &op->in_reads);
		return;
	}
	op->wants_changes = must_wait_for_changes(s, kind, bytes, zi_vmo_stream_size_locked(v));
	op->wants_reads = kind == ZI_SIZE_OP_SET && must_wait_for_reads(s, bytes);
	zi_list_add_tail(&s->changes, &op->in_changes);
	if (kind == ZI_SIZE_OP_SET) {
		zi_list_add_tail(&s->reads, &op->in_reads);
		s->nsets++;
	}
	if (!op->wants_changes && !op->wants_reads)
		return;
	zi_unlock(&v->tree->lock);
	zi_park(&op->turn, INT64_MAX);
	zi_lock(&v->tree->lock);
}

/*
 * The operation was before others: is it the turn of this one now? Answers a word that wants to be
 * woken, or NULL.
 */
static _Atomic uint32_t *tell(const struct zi_stream_size *s, struct zi_size_op *op)
{
	if (!op->wants_changes && !op->wants_reads)
		return NULL;
	if (op->wants_changes && s->changes.next != &op->in_changes)
		return NULL;
	if (op->wants_reads && s->reads.next != &op->in_reads)
		return NULL;
	op->wants_changes = op->wants_reads = false;
	return zi_park_set(&op->turn) ? &op->turn : NULL;
}

void zi_size_op_leave_unlock(struct zi_vmo *v, struct zi_size_op *op)
{
	struct zi_stream_size *s = v->stream;
	_Atomic uint32_t *wake[2] = {NULL, NULL};

	zi_lock_assert_held(&v->tree->lock);
	if (zi_link_is_linked(&op->in_changes))
		zi_list_del(&op->in_changes);
	if (zi_link_is_linked(&op->in_reads))
		zi_list_del(&op->in_reads);
	if (op->kind == ZI_SIZE_OP_SET)
		s->nsets--;
	if (!zi_list_is_empty(&s->changes))
		wake[0] = tell(s, ZI_CONTAINER(s->changes.next, struct zi_size_op, in_changes));
	if (s->nsets != 0 && !zi_list_is_empty(&s->reads))
		wake[1] = tell(s, ZI_CONTAINER(s->reads.next, struct zi_size_op, in_reads));
	zi_unlock(&v->tree->lock);
	/* The operations may be over by now: waking a word in vain does no harm. */
	for (unsigned i = 0; i < 2; i++) {
		if (wake[i] != NULL)
			zi_futex_wake(wake[i], 1);
	}
}

void zi_size_op_leave(struct zi_vmo *v, struct zi_size_op *op)
{
	zi_lock(&v->tree->lock);
	zi_size_op_leave_unlock(v, op);
}

uint64_t zi_size_op_limit_locked(const struct zi_vmo *v, uint64_t end)
{
	const struct zi_stream_size *s = v->stream;

	if (s->nsets == 0)
		return end;
	ZI_LIST_FOREACH (l, &s->reads) {
		const struct zi_size_op *op = ZI_CONTAINER(l, struct zi_size_op, in_reads);

		if (op->kind == ZI_SIZE_OP_SET)
			end = zi_min(end, op->bytes);
	}
	return end;
}
