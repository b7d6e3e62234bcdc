/*
 * The handle table.
 *
 * A handle value is mixer ^ (generation:12 | slot:18 | 11). The mixer is random per process, the generation counts the uses
 * of the slot. Freed slots wait in a queue behind at least SLOTS_IDLE others, so that a closed value names a handle again only
 * after some two million handles were made.
 *
 * Reading takes no lock. The key of a slot holds the value together with a 32-bit count of uses; it is cleared first and
 * written last, so that a reader who sees the same key twice has read an object and rights that belong to it. Slots
 * never go back to the system, and objects are type-stable: whatever a late reader touches is memory of the right kind.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include <zircon/rights.h>

#include "base/assert.h"
#include "base/slab.h"
#include "base/time.h"
#include "object/fork_i.h"
#include "object/object.h"
#include "object/observer.h"
#include "vm/fault.h"

#define SLOT_BITS 18
#define SLOTS_MAX (1u << SLOT_BITS) /* Zircon's limit too */
#define GENERATION_MASK ((1u << (30 - SLOT_BITS)) - 1)
#define CHUNK_SLOTS 256u
#define CHUNKS (SLOTS_MAX / CHUNK_SLOTS)
/* 16 KiB of slots go round: they stay in the first-level cache. */
#define SLOTS_IDLE 512u
#define NO_SLOT UINT32_MAX
#define ONE_HANDLE ((uint64_t)1 << 32) /* in zi_object.counts */

struct slot {
	_Atomic uint64_t key;             /* uses << 32 | value; value 0: free */
	struct zi_object *_Atomic object; /* one reference while in use; stale while free */
	_Atomic uint32_t rights;
	_Atomic uint32_t waited; /* observers may wait through this handle */
	_Atomic uint64_t order; /* in use: counts up with every handle made; free: next free slot */
};
_Static_assert(sizeof(struct slot) == 32, "a chunk is one slab of 8 KiB");

static struct slot *_Atomic chunks[CHUNKS];
static _Atomic uint32_t mixer; /* low two bits clear; set before the first chunk */

static struct {
	struct zi_lock lock;
	uint32_t slots; /* that exist */
	uint32_t nfree;
	uint32_t first_free; /* queue through `order` */
	uint32_t last_free;
	uint64_t order; /* of the last handle made */
} table = {.lock = ZI_LOCK_INIT(ZI_RANK_HANDLES), .first_free = NO_SLOT, .last_free = NO_SLOT};

static inline struct slot *slot_at(uint32_t index)
{
	struct slot *chunk =
		atomic_load_explicit(&chunks[index / CHUNK_SLOTS], memory_order_acquire);

	return chunk == NULL ? NULL : &chunk[index % CHUNK_SLOTS];
}

/* The slot that the value could name; NULL: none, whatever its state. */
static inline struct slot *slot_of(zx_handle_t value)
{
	uint32_t plain = value ^ atomic_load_explicit(&mixer, memory_order_relaxed);

	if ((plain & ZX_HANDLE_FIXED_BITS_MASK) != ZX_HANDLE_FIXED_BITS_MASK)
		return NULL;
	return slot_at((plain >> 2) & (SLOTS_MAX - 1));
}

static zx_handle_t value_of(uint32_t index, uint32_t uses)
{
	uint32_t base = (uses & GENERATION_MASK) << SLOT_BITS | index;

	return atomic_load_explicit(&mixer, memory_order_relaxed) ^
	       (base << 2 | ZX_HANDLE_FIXED_BITS_MASK);
}

/* ---- lookup */

/*
 * What a slot says of a handle; false: it is not in the table. Object and rights belong together only if the key is the same
 * afterwards, and the object may be gone until it is referenced.
 */
static inline bool read_slot(zx_handle_t handle, struct slot **out_slot, uint64_t *out_key,
			     struct zi_object **out_object, zx_rights_t *out_rights)
{
	struct slot *s = slot_of(handle);

	if (s == NULL)
		return false;
	*out_slot = s;
	*out_key = atomic_load_explicit(&s->key, memory_order_acquire);
	if ((uint32_t)*out_key != handle)
		return false;
	*out_object = atomic_load_explicit(&s->object, memory_order_acquire);
	*out_rights = atomic_load_explicit(&s->rights, memory_order_acquire);
	return true;
}

/* NULL: not in the table. Otherwise a reference is taken. */
static inline struct zi_object *look_up(zx_handle_t handle, zx_rights_t *out_rights,
					uint64_t *out_key)
{
	struct zi_object *o;
	struct slot *s;

	if (!read_slot(handle, &s, out_key, &o, out_rights) || !zi_object_tryref(o))
		return NULL;
	if (atomic_load_explicit(&s->key, memory_order_acquire) == *out_key)
		return o;
	zi_object_unref(o);
	return NULL;
}

zx_status_t zi_handle_get(zx_handle_t handle, zx_obj_type_t type, zx_rights_t rights,
			  void *out_object, zx_rights_t *out_rights)
{
	zx_status_t st = ZX_OK;
	zx_rights_t has;
	uint64_t key;
	struct zi_object *o = look_up(handle, &has, &key);

	if (o == NULL)
		return ZX_ERR_BAD_HANDLE;
	if (type != ZX_OBJ_TYPE_NONE && o->ops->type != type)
		st = ZX_ERR_WRONG_TYPE;
	else if ((has & rights) != rights)
		st = ZX_ERR_ACCESS_DENIED;
	if (st != ZX_OK) {
		zi_object_unref(o);
		return st;
	}
	*(struct zi_object **)out_object = o;
	if (out_rights != NULL)
		*out_rights = has;
	return ZX_OK;
}

zx_status_t zi_handle_get_way(zx_handle_t handle, zx_rights_t rights, void *out_object,
			      uint64_t *out_way)
{
	zx_rights_t has;
	struct zi_object *o = look_up(handle, &has, out_way);

	if (o == NULL)
		return ZX_ERR_BAD_HANDLE;
	if ((has & rights) != rights) {
		zi_object_unref(o);
		return ZX_ERR_ACCESS_DENIED;
	}
	*(struct zi_object **)out_object = o;
	return ZX_OK;
}

/*
 * Marking and the look at the key that follows it are sequentially consistent, as are the clearing of the key and the look
 * at the mark that follows that: one of the two sides sees the other.
 */
void zi_handle_way_mark(uint64_t way)
{
	struct slot *s = slot_of((uint32_t)way);

	/* May mark a slot that is used anew already: its closing looks for observers in vain. */
	if (s != NULL && !atomic_load_explicit(&s->waited, memory_order_relaxed))
		atomic_store(&s->waited, 1);
}

bool zi_handle_way_is_open(uint64_t way)
{
	struct slot *s = slot_of((uint32_t)way);

	return s != NULL && atomic_load(&s->key) == way;
}

bool zi_handle_is_open(zx_handle_t handle)
{
	struct slot *s = slot_of(handle);

	return s != NULL && (uint32_t)atomic_load_explicit(&s->key, memory_order_acquire) == handle;
}

/* ---- making */

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

static void push_free_locked(uint32_t index, struct slot *s)
{
	atomic_store_explicit(&s->order, NO_SLOT, memory_order_relaxed);
	if (table.nfree++ == 0)
		table.first_free = index;
	else
		atomic_store_explicit(&slot_at(table.last_free)->order, index,
				      memory_order_relaxed);
	table.last_free = index;
}

static void grow_locked(void)
{
	struct slot *chunk = zi_slab_alloc(CHUNK_SLOTS * sizeof(struct slot));

	if (chunk == NULL)
		return;
	if (table.slots == 0)
		atomic_store_explicit(&mixer, random_mixer(), memory_order_relaxed);
	atomic_store_explicit(&chunks[table.slots / CHUNK_SLOTS], chunk, memory_order_release);
	for (uint32_t i = 0; i < CHUNK_SLOTS; i++)
		push_free_locked(table.slots + i, &chunk[i]);
	table.slots += CHUNK_SLOTS;
}

/* Takes over one reference and one count of handles; on failure both stay the caller's. */
static zx_status_t insert(struct zi_object *o, zx_rights_t rights, zx_handle_t *out_handle)
{
	ZI_LOCK_SCOPE(&table.lock);
	if (table.nfree < SLOTS_IDLE && table.slots < SLOTS_MAX)
		grow_locked();
	if (table.nfree == 0)
		return table.slots == SLOTS_MAX ? ZX_ERR_NO_RESOURCES : ZX_ERR_NO_MEMORY;

	uint32_t index = table.first_free;
	struct slot *s = slot_at(index);
	uint32_t uses = (uint32_t)(atomic_load_explicit(&s->key, memory_order_relaxed) >> 32) + 1;
	zx_handle_t value = value_of(index, uses);

	table.first_free = (uint32_t)atomic_load_explicit(&s->order, memory_order_relaxed);
	table.nfree--;
	/* Release: whoever sees one of these also sees that the key of the use before is gone. */
	atomic_store_explicit(&s->object, o, memory_order_release);
	atomic_store_explicit(&s->rights, rights, memory_order_release);
	atomic_store_explicit(&s->waited, 0, memory_order_relaxed);
	atomic_store_explicit(&s->order, ++table.order, memory_order_relaxed);
	atomic_store_explicit(&s->key, (uint64_t)uses << 32 | value, memory_order_release);
	*out_handle = value;
	return ZX_OK;
}

/*
 * The object of a handle that was removed: gives up the count of handles, and keeps the reference. Only the last count is a
 * matter of two steps, since what follows it needs the object.
 */
static void uncount(struct zi_object *o)
{
	uint64_t before = atomic_fetch_sub_explicit(&o->counts, ONE_HANDLE, memory_order_acq_rel);

	ZI_DASSERT(before >= ONE_HANDLE);
	if (before < 2 * ONE_HANDLE && o->ops->on_zero_handles != NULL)
		o->ops->on_zero_handles(o);
}

/* Gives up both, in one step if there are other handles. */
static void drop(struct zi_object *o)
{
	uint64_t counts = atomic_load_explicit(&o->counts, memory_order_relaxed);

	while (counts >= 2 * ONE_HANDLE) {
		if (atomic_compare_exchange_weak_explicit(
			    &o->counts, &counts, counts - ONE_HANDLE - 1, memory_order_acq_rel,
			    memory_order_relaxed))
			return;
	}
	uncount(o);
	zi_object_unref(o);
}

/* Takes over one reference and one count of handles on every path. */
static zx_status_t insert_or_drop(struct zi_object *o, zx_rights_t rights, zx_handle_t *out_handle)
{
	zx_status_t st = insert(o, rights, out_handle);

	/* As if the handle had been closed right after it was made. */
	if (st != ZX_OK)
		drop(o);
	return st;
}

zx_status_t zi_handle_add(struct zi_object *o, zx_rights_t rights, zx_handle_t *out_handle)
{
	atomic_fetch_add_explicit(&o->counts, ONE_HANDLE + 1, memory_order_relaxed);
	return insert_or_drop(o, rights, out_handle);
}

zx_status_t zi_handle_publish(struct zi_object *o, zx_rights_t rights, zx_handle_t *user_out)
{
	zx_handle_t handle;
	zx_status_t st;

	/* The caller's reference becomes the handle's. */
	atomic_fetch_add_explicit(&o->counts, ONE_HANDLE, memory_order_relaxed);
	st = insert_or_drop(o, rights, &handle);
	if (st != ZX_OK)
		return st;
	st = zi_user_write(user_out, &handle, sizeof(handle));
	if (st != ZX_OK)
		zi_handle_close(handle);
	return st;
}

/*
 * Makes a second handle from a first one, whose key and rights were read before. BAD_HANDLE when that was closed meanwhile:
 * objects without handles never get one here again.
 */
static zx_status_t duplicate(struct slot *s, uint64_t key, struct zi_object *o, zx_rights_t rights,
			     zx_handle_t *out_handle)
{
	uint64_t counts = atomic_load_explicit(&o->counts, memory_order_relaxed);

	do {
		if (counts < ONE_HANDLE)
			return ZX_ERR_BAD_HANDLE;
	} while (
		!atomic_compare_exchange_weak_explicit(&o->counts, &counts, counts + ONE_HANDLE + 1,
						       memory_order_acq_rel, memory_order_relaxed));
	if (atomic_load_explicit(&s->key, memory_order_acquire) != key) {
		drop(o);
		return ZX_ERR_BAD_HANDLE;
	}
	return insert_or_drop(o, rights, out_handle);
}

zx_status_t zi_handle_duplicate(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out_handle)
{
	struct slot *s;
	uint64_t key;
	struct zi_object *o;
	zx_rights_t has;

	if (!read_slot(handle, &s, &key, &o, &has))
		return ZX_ERR_BAD_HANDLE;
	if (rights == ZX_RIGHT_SAME_RIGHTS)
		rights = has;
	if ((has & ZX_RIGHT_DUPLICATE) && (has & rights) == rights)
		return duplicate(s, key, o, rights, out_handle);
	/* The rights may be those of another handle, if this one is closed by now. */
	if (atomic_load_explicit(&s->key, memory_order_acquire) != key)
		return ZX_ERR_BAD_HANDLE;
	return has & ZX_RIGHT_DUPLICATE ? ZX_ERR_INVALID_ARGS : ZX_ERR_ACCESS_DENIED;
}

/* ---- removing */

/* The reference and count of the slot become the caller's. False: somebody else was faster. */
static bool clear_slot(struct slot *s, uint64_t key, struct zi_object **out_object,
		       zx_rights_t *out_rights)
{
	uint64_t cleared = key & ~(uint64_t)UINT32_MAX;
	uint64_t way = key;

	if (!atomic_compare_exchange_strong(&s->key, &key, cleared))
		return false;
	/* Nobody can use the slot anew before it is in the queue: its fields are this thread's. */
	struct zi_object *o = atomic_load_explicit(&s->object, memory_order_relaxed);

	*out_object = o;
	*out_rights = atomic_load_explicit(&s->rights, memory_order_relaxed);
	if (atomic_load(&s->waited))
		zi_observers_cancel(o, way);

	uint32_t plain = (uint32_t)way ^ atomic_load_explicit(&mixer, memory_order_relaxed);
	ZI_LOCK_SCOPE(&table.lock);
	push_free_locked((plain >> 2) & (SLOTS_MAX - 1), s);
	return true;
}

/* Removes a handle; the count of handles and the reference are the caller's. NULL: not in the table. */
static struct zi_object *take_out(zx_handle_t handle, zx_rights_t *out_rights)
{
	struct slot *s = slot_of(handle);
	struct zi_object *o;

	if (s == NULL)
		return NULL;
	uint64_t key = atomic_load_explicit(&s->key, memory_order_acquire);

	if ((uint32_t)key != handle || !clear_slot(s, key, &o, out_rights))
		return NULL;
	return o;
}

zx_status_t zi_handle_remove(zx_handle_t handle, void *out_object, zx_rights_t *out_rights)
{
	zx_rights_t rights;
	struct zi_object *o = take_out(handle, &rights);

	if (o == NULL)
		return ZX_ERR_BAD_HANDLE;
	uncount(o);
	*(struct zi_object **)out_object = o;
	if (out_rights != NULL)
		*out_rights = rights;
	return ZX_OK;
}

zx_status_t zi_handle_close(zx_handle_t handle)
{
	zx_rights_t rights;
	struct zi_object *o = take_out(handle, &rights);

	if (o == NULL)
		return ZX_ERR_BAD_HANDLE;
	drop(o);
	return ZX_OK;
}

zx_status_t zi_handle_replace(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out_handle)
{
	zx_rights_t has;
	struct zi_object *o, *old;
	struct slot *s;
	zx_handle_t made;
	uint64_t key;

	if (!read_slot(handle, &s, &key, &o, &has))
		return ZX_ERR_BAD_HANDLE;
	if (rights == ZX_RIGHT_SAME_RIGHTS)
		rights = has;
	const bool subset = (has & rights) == rights;

	if (subset) {
		zx_status_t st = duplicate(s, key, o, rights, &made);

		if (st != ZX_OK)
			return st;
	}
	if (!clear_slot(s, key, &old, &has)) {
		if (subset)
			zi_handle_close(made);
		return ZX_ERR_BAD_HANDLE;
	}
	drop(old);
	if (!subset)
		return ZX_ERR_INVALID_ARGS;
	*out_handle = made;
	return ZX_OK;
}

/* ---- all handles */

size_t zi_handle_live(void)
{
	ZI_LOCK_SCOPE(&table.lock);
	return table.slots - table.nfree;
}

struct seen {
	uint64_t order;
	zx_handle_t value;
};

/* Fills up to `room` entries; answers how many there are. */
static size_t list_handles(struct seen *out, size_t room)
{
	size_t n = 0;

	ZI_LOCK_SCOPE(&table.lock);
	for (uint32_t i = 0; i < table.slots; i++) {
		struct slot *s = slot_at(i);
		zx_handle_t value = (uint32_t)atomic_load_explicit(&s->key, memory_order_relaxed);

		if (value == ZX_HANDLE_INVALID)
			continue;
		if (n < room)
			out[n] = (struct seen){
				atomic_load_explicit(&s->order, memory_order_relaxed), value};
		n++;
	}
	return n;
}

static int latest_first(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return x->order < y->order ? 1 : x->order > y->order ? -1 : 0;
}

bool zi_handle_walk(bool (*fn)(void *ctx, zx_handle_t value, struct zi_object *o,
			       zx_rights_t rights),
		    void *ctx)
{
	struct seen *all = NULL;
	size_t room = 0, n;

	for (;;) {
		n = list_handles(all, room);
		if (n <= room)
			break;
		free(all);
		room = n + 64; /* for those that come meanwhile */
		all = malloc(room * sizeof(*all));
		if (all == NULL)
			return false;
	}
	if (n > 1)
		qsort(all, n, sizeof(*all), latest_first);
	for (size_t i = 0; i < n; i++) {
		zx_rights_t rights;
		uint64_t key;
		struct zi_object *o = look_up(all[i].value, &rights, &key);
		bool more = true;

		if (o != NULL)
			more = fn(ctx, all[i].value, o, rights);
		zi_object_unref(o);
		if (!more)
			break;
	}
	free(all);
	return true;
}

void zi_handle_after_fork(void)
{
	for (uint32_t i = 0; i < CHUNKS; i++)
		atomic_store_explicit(&chunks[i], NULL, memory_order_relaxed);
	zi_lock_init(&table.lock, ZI_RANK_HANDLES);
	table.slots = 0;
	table.nfree = 0;
	table.first_free = table.last_free = NO_SLOT;
	table.order = 0;
}
