/*
 * Streams below the handle layer: transfers that respect the stream size and move it. A transfer is
 *   begin     queues it (size_queue.h), waits for its turn, decides how far it may go, makes
 *             room and clears gaps
 *   the copy  zi_vmo_read_counted, zi_vmo_write_counted (advance: true), once per buffer
 *   end       lets those go on that wait for it
 * A begin that fails, or finds nothing to do (*out_len 0), is not followed by an end.
 */
#ifndef ZI_VM_VMO_STREAM_H
#define ZI_VM_VMO_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

#include "vm/size_queue.h"

struct zi_vmo;

/* Makes the VMO fit for the rest. WRONG_TYPE: physical or contiguous. NO_MEMORY. */
zx_status_t zi_vmo_stream_open(struct zi_vmo *v);

/* To read `capacity` bytes at `pos`: *out_len of them are there, now and until the end. */
void zi_vmo_stream_begin_read(struct zi_vmo *v, uint64_t pos, uint64_t capacity,
			      struct zi_size_op *op, uint64_t *out_len);
/*
 * To write `capacity` (> 0) bytes at `pos`: there is room for *out_len (> 0). can_grow: the VMO may
 * be made larger. FILE_BIG: the range wraps. NO_SPACE or OUT_OF_RANGE: no room at all. Others: what
 * lies between stream size and `pos` could not be cleared.
 */
zx_status_t zi_vmo_stream_begin_write(struct zi_vmo *v, uint64_t pos, uint64_t capacity,
				      bool can_grow, struct zi_size_op *op, uint64_t *out_len);
/*
 * The same at the end of the stream, wherever that is when its turn has come. OUT_OF_RANGE: the
 * range wraps.
 */
zx_status_t zi_vmo_stream_begin_append(struct zi_vmo *v, uint64_t capacity, bool can_grow,
				       struct zi_size_op *op, uint64_t *out_pos, uint64_t *out_len);
static inline void zi_vmo_stream_end(struct zi_vmo *v, struct zi_size_op *op)
{
	zi_size_op_leave(v, op);
}

/*
 * The short way, for one buffer and where nothing has to be waited for, made, cleared or asked for:
 * all of it under one hold of the lock, without a place in the queues. False: go the long way;
 * bytes may have been copied, but none count. try_write at `*pos`; with `append` that is where the
 * stream ends, and told.
 */
bool zi_vmo_stream_try_read(struct zi_vmo *v, void *user, uint64_t pos, uint64_t capacity,
			    uint64_t *out_done);
bool zi_vmo_stream_try_write(struct zi_vmo *v, const void *user, uint64_t *pos, bool append,
			     uint64_t capacity, uint64_t *out_done);

#endif
