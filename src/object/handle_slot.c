/*
 * Slots of the handle table: where values come from, and where free slots wait.
 *
 * A handle value is mixer ^ (generation:12 | slot:18 | 11). The mixer is random per process, the
 * generation counts the uses of the slot. The slot of a closed handle goes to a stack without
 * taking the lock; who needs a slot takes the first of a queue, and moves the stack to the queue's
 * end when the queue gets short. So slots are used in turn, and a closed value names a handle again
 * only after more than a million handles were made.
 */
#include <string.h>
#include <sys/auxv.h>

#include "base/inject.h"
#include "base/lock.h"
#include "base/slab.h"
#include "base/time.h"
#include "object/fork_i.h"
#include "object/handle_i.h"

#define GENERATION_MASK ((1u << (30 - ZI_SLOT_BITS)) - 1)
/* 256 slots wait at least; with as many on the stack, 16 KiB go round: half a first-level cache. */
#define QUEUE_SHORT 256u
#define NO_SLOT UINT32_MAX

_Static_assert(sizeof(struct zi_slot) == 32, "a chunk is one slab of 8 KiB");

struct zi_slot *_Atomic zi_slot_chunks[ZI_SLOTS_MAX / ZI_SLOT_CHUNK];
_Atomic uint32_t zi_slot_mixer;

static struct {
	struct zi_lock lock;
	uint32_t slots;      /* that exist */
	uint32_t queued;     /* free ones in the queue */
	uint32_t first_free; /* queue through `order` */
	uint32_t last_free;
	uint64_t order; /* of the last handle made */
} table = {.lock = ZI_LOCK_INIT(ZI_RANK_HANDLES)};

/* Stack of free slots through `order`; only ever taken whole. */
static _Atomic uint32_t returned = NO_SLOT;

static uint32_t random_mixer(void)
{
	const unsigned char *given = (const unsigned char *)getauxval(AT_RANDOM);
	uint64_t x = (uint64_t)zi_time_mono();

	if (given != NULL) {
		uint64_t seed;

		memcpy(&seed, given, sizeof(seed));
		x ^= seed;
	}
	/* Spreads the clock's few changing bits over the word: a forked child has the same seed. */
	x ^= x >> 31;
	x *= UINT64_C(0x9e3779b97f4a7c15);
	x ^= x >> 29;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)(x >> 32) & ~ZX_HANDLE_FIXED_BITS_MASK;
}

static zx_handle_t value_of(uint32_t index, uint32_t uses)
{
	uint32_t base = (uses & GENERATION_MASK) << ZI_SLOT_BITS | index;

	return atomic_load_explicit(&zi_slot_mixer, memory_order_relaxed) ^
	       (base << 2 | ZX_HANDLE_FIXED_BITS_MASK);
}

/* ---- free slots */

static void enqueue_locked(uint32_t index)
{
	if (table.queued++ == 0)
		table.first_free = index;
	else
		atomic_store_explicit(&zi_slot_at(table.last_free)->order, index,
				      memory_order_relaxed);
	table.last_free = index;
}

static void collect_locked(void)
{
	uint32_t index = atomic_exchange_explicit(&returned, NO_SLOT, memory_order_acquire);

	while (index != NO_SLOT) {
		struct zi_slot *s = zi_slot_at(index);
		uint32_t next = (uint32_t)atomic_load_explicit(&s->order, memory_order_relaxed);

		enqueue_locked(index);
		index = next;
	}
}

static void grow_locked(void)
{
	struct zi_slot *chunk =
		ZI_ALLOC(HANDLES, zi_slab_alloc(ZI_SLOT_CHUNK * sizeof(struct zi_slot)));

	if (chunk == NULL)
		return;
	if (table.slots == 0)
		atomic_store_explicit(&zi_slot_mixer, random_mixer(), memory_order_relaxed);
	atomic_store_explicit(&zi_slot_chunks[table.slots / ZI_SLOT_CHUNK], chunk,
			      memory_order_release);
	for (uint32_t i = 0; i < ZI_SLOT_CHUNK; i++)
		enqueue_locked(table.slots + i);
	table.slots += ZI_SLOT_CHUNK;
}

void zi_slot_free(struct zi_slot *s, uint32_t index)
{
	uint32_t next = atomic_load_explicit(&returned, memory_order_relaxed);

	do {
		atomic_store_explicit(&s->order, next, memory_order_relaxed);
	} while (!atomic_compare_exchange_weak_explicit(
		&returned, &next, index, memory_order_release, memory_order_relaxed));
}

zx_status_t zi_slot_fill(struct zi_object *o, zx_rights_t rights, zx_handle_t *out_value)
{
	ZI_LOCK_SCOPE(&table.lock);
	if (table.queued <= QUEUE_SHORT)
		collect_locked();
	if (table.queued <= QUEUE_SHORT && table.slots < ZI_SLOTS_MAX)
		grow_locked();
	if (table.queued == 0)
		return table.slots == ZI_SLOTS_MAX ? ZX_ERR_NO_RESOURCES : ZX_ERR_NO_MEMORY;

	uint32_t index = table.first_free;
	struct zi_slot *s = zi_slot_at(index);
	uint32_t uses = (uint32_t)(atomic_load_explicit(&s->key, memory_order_relaxed) >> 32) + 1;
	zx_handle_t value = value_of(index, uses);

	table.first_free = (uint32_t)atomic_load_explicit(&s->order, memory_order_relaxed);
	table.queued--;
	/* Release: whoever sees one of these also sees that the key of the use before is gone. */
	atomic_store_explicit(&s->object, o, memory_order_release);
	atomic_store_explicit(&s->rights, rights, memory_order_release);
	atomic_store_explicit(&s->waited, 0, memory_order_relaxed);
	atomic_store_explicit(&s->order, ++table.order, memory_order_relaxed);
	ZI_HG_BEFORE(o);
	atomic_store_explicit(&s->key, (uint64_t)uses << 32 | value, memory_order_release);
	*out_value = value;
	return ZX_OK;
}

/* ---- all slots */

size_t zi_slot_bytes(void)
{
	ZI_LOCK_SCOPE(&table.lock);

	return table.slots * sizeof(struct zi_slot);
}

size_t zi_slot_list(struct zi_slot_seen *out, size_t room)
{
	size_t n = 0;

	ZI_LOCK_SCOPE(&table.lock);
	for (uint32_t i = 0; i < table.slots; i++) {
		struct zi_slot *s = zi_slot_at(i);
		uint64_t order = atomic_load_explicit(&s->order, memory_order_acquire);
		zx_handle_t value = (uint32_t)atomic_load_explicit(&s->key, memory_order_acquire);

		if (value == ZX_HANDLE_INVALID)
			continue;
		if (n < room)
			out[n] = (struct zi_slot_seen){order, value};
		n++;
	}
	return n;
}

uint64_t zi_slot_uses(void)
{
	ZI_LOCK_SCOPE(&table.lock);
	return table.order;
}

void zi_handle_after_fork(void)
{
	for (uint32_t i = 0; i < ZI_SLOTS_MAX / ZI_SLOT_CHUNK; i++)
		atomic_store_explicit(&zi_slot_chunks[i], NULL, memory_order_relaxed);
	zi_lock_init(&table.lock, ZI_RANK_HANDLES);
	table.slots = 0;
	table.queued = 0;
	table.order = 0;
	atomic_store_explicit(&returned, NO_SLOT, memory_order_relaxed);
}
