/* The slots of the handle table: between handle.c and handle_slot.c. */
#ifndef ZI_OBJECT_HANDLE_I_H
#define ZI_OBJECT_HANDLE_I_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

struct zi_object;

#define ZI_SLOT_BITS 18
#define ZI_SLOTS_MAX (1u << ZI_SLOT_BITS) /* Zircon's limit too */
#define ZI_SLOT_CHUNK 256u                /* slots that are made at once */

struct zi_slot {
	_Atomic uint64_t key;             /* uses << 32 | value; value 0: free */
	struct zi_object *_Atomic object; /* one reference while in use; stale while free */
	_Atomic uint32_t rights;
	_Atomic uint32_t waited; /* observers may wait through this handle */
	_Atomic uint64_t order;  /* in use: counts up with every handle; free: next free slot */
};

extern struct zi_slot *_Atomic zi_slot_chunks[ZI_SLOTS_MAX / ZI_SLOT_CHUNK];
extern _Atomic uint32_t zi_slot_mixer; /* low two bits clear; set before the first chunk */

static inline uint32_t zi_slot_index(zx_handle_t value)
{
	uint32_t plain = value ^ atomic_load_explicit(&zi_slot_mixer, memory_order_relaxed);

	return plain >> 2 & (ZI_SLOTS_MAX - 1);
}

static inline struct zi_slot *zi_slot_at(uint32_t index)
{
	struct zi_slot *chunk =
		atomic_load_explicit(&zi_slot_chunks[index / ZI_SLOT_CHUNK], memory_order_acquire);

	return chunk == NULL ? NULL : &chunk[index % ZI_SLOT_CHUNK];
}

/* The slot that the value could name, whatever its state; NULL: none. The mixer leaves the low two
 * bits alone. */
static inline struct zi_slot *zi_slot_of(zx_handle_t value)
{
	if ((value & ZX_HANDLE_FIXED_BITS_MASK) != ZX_HANDLE_FIXED_BITS_MASK)
		return NULL;
	return zi_slot_at(zi_slot_index(value));
}

/* Puts an object into a free slot and answers the new value: NO_MEMORY, NO_RESOURCES. */
zx_status_t zi_slot_fill(struct zi_object *o, zx_rights_t rights, zx_handle_t *out_value);
/* A slot whose key the caller has cleared becomes free. */
void zi_slot_free(struct zi_slot *s, uint32_t index);

struct zi_slot_seen {
	uint64_t order;
	zx_handle_t value;
};
/* Fills up to `room` entries with the slots in use, in no order; answers how many there are. */
size_t zi_slot_list(struct zi_slot_seen *out, size_t room);
/* Memory of the table, which only grows. */
size_t zi_slot_bytes(void);
/* How many handles were ever made. */
uint64_t zi_slot_uses(void);

#endif
