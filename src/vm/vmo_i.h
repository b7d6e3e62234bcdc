/* What the vmo_*.c files share. Tree lock held unless said otherwise. */
#ifndef ZI_VM_VMO_I_H
#define ZI_VM_VMO_I_H

#include "base/span.h"
#include "vm/dirty.h"
#include "vm/node.h"
#include "vm/vmo.h"

static inline uint64_t zi_vmo_size_locked(const struct zi_vmo *v)
{
	return v->slice ? v->window : v->node->size << ZI_PAGE_SHIFT;
}

/* First node page of VMO byte `off`. */
static inline uint64_t zi_vmo_page(const struct zi_vmo *v, uint64_t off)
{
	return (v->base + off) >> ZI_PAGE_SHIFT;
}

static inline bool zi_vmo_is_discarded(const struct zi_vmo *v)
{
	return v->node->discard == ZI_DISCARD_GONE;
}

/* No lock needed for the first two. A VMO over `node` with one reference; the tree gains a reference. NULL: no memory. */
struct zi_vmo *zi_vmo_new(enum zi_vmo_kind kind, struct zi_node *node);
struct zi_stream_size *zi_stream_size_new(void);
/* Makes `child` the object child of `parent` and says so to whoever waits for zero children. */
void zi_vmo_adopt(struct zi_vmo *parent, struct zi_vmo *child);
uint64_t zi_vmo_stream_size_locked(const struct zi_vmo *v);
/* Makes sure that there is a stream size counter; references share it. False: no memory. */
bool zi_vmo_have_stream_counter(struct zi_vmo *v);
/* New VMO size after the checks of arguments; the stream size stays, if there is a counter. */
zx_status_t zi_vmo_resize_locked(struct zi_vmo *v, uint64_t pages);
/* Stores a stream size; mappings that end with it follow. */
void zi_vmo_store_stream_size(struct zi_vmo *v, uint64_t size);
/*
 * ZERO of [off, off+len) bytes after the range check: partial pages are written, whole ones given up. SHOULD_WAIT: something of it has
 * to be asked for first; release the lock, zi_page_wait_again, and try all of it again.
 */
zx_status_t zi_vmo_zero_locked(struct zi_vmo *v, uint64_t off, uint64_t len,
			       struct zi_page_wait *wait);
/* Writes from page pgi on make at most this many pages dirty, or ask for them, at once. */
uint64_t zi_vmo_write_batch(void);

#endif
