/*
 * The order of operations that depend on the stream size of a VMO, or change it. Every family of
 * references has one stream size (struct zi_stream_size) with two queues: of what may change it,
 * and of what a smaller size would hurt. An operation enters at the tail and goes on at once unless
 * something before it is in its way; then it waits until nothing is before it at all.
 *
 *   operation             changes  reads  waits for what is before it, if that is …
 *   read up to `bytes`              x      (never: pending size changes limit it instead)
 *   write up to `bytes`      x             anything, when `bytes` > stream size;
 *                                          a size change to less than `bytes`
 *   append                   x             an append, a size change, a write to more than the
 *                                          stream size
 *   size change to `bytes`   x       x     a size change, an append, a write to more than the
 *                                          stream size or `bytes`; a read to more than `bytes`
 *
 * So what stays inside the stream runs in parallel, and what moves its end comes one after the
 * other. zx_vmo_read, zx_vmo_write and mappings take no part.
 */
#ifndef ZI_VM_SIZE_QUEUE_H
#define ZI_VM_SIZE_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct zi_vmo;

enum zi_size_op_kind { ZI_SIZE_OP_READ, ZI_SIZE_OP_WRITE, ZI_SIZE_OP_APPEND, ZI_SIZE_OP_SET };

/* One operation under way, on the stack of its thread. Guarded by the tree lock. */
struct zi_size_op {
	enum zi_size_op_kind kind;
	uint64_t bytes;            /* see above; of an append: its end once it has begun */
	struct zi_link in_changes; /* in struct zi_stream_size */
	struct zi_link in_reads;
	bool wants_changes; /* waits until it is the first of that queue */
	bool wants_reads;
	_Atomic uint32_t turn; /* zi_park word: set when it is its turn */
};

/*
 * Enters and waits for its turn. The tree lock is held at entry and at return; while waiting it is
 * not, so that everything may have changed. v->stream must be there.
 */
void zi_size_op_enter_locked(struct zi_vmo *v, struct zi_size_op *op, enum zi_size_op_kind kind,
			     uint64_t bytes);
/*
 * Leaves and lets others go on. No lock held; the second one needs the tree lock and releases it.
 */
void zi_size_op_leave(struct zi_vmo *v, struct zi_size_op *op);
void zi_size_op_leave_unlock(struct zi_vmo *v, struct zi_size_op *op);
/*
 * `end`, or the smallest size that a size change under way will set, if that is less. Tree lock
 * held.
 */
uint64_t zi_size_op_limit_locked(const struct zi_vmo *v, uint64_t end);

#endif
