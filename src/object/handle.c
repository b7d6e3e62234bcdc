/*
 * Handles: from values to objects and rights, and how they come and go.
 *
 * Reading takes no lock. The key of a slot holds the value together with a 32-bit count of uses; it
 * is cleared first and written last, so that a reader who sees the same key twice has read an
 * object and rights that belong to it. Slots never go back to the system, and objects are
 * type-stable: whatever a late reader touches is memory of the right kind.
 */
#include <stdlib.h>

#include <zircon/rights.h>

#include "base/assert.h"
#include "base/inject.h"
#include "object/handle_i.h"
#include "object/object.h"
#include "object/observer.h"
#include "vm/fault.h"

#define ONE_HANDLE ((uint64_t)1 << 32) /* in zi_object.counts */

/* ---- lookup */

/*
 * What a slot says of a handle; false: it is not in the table. Object and rights belong together
 * only if the key is the same afterwards, and the object may be gone until it is referenced.
 */
static inline bool read_slot(zx_handle_t handle, struct zi_slot **out_slot, uint64_t *out_key,
			     struct zi_object **out_object, zx_rights_t *out_rights)
{
	struct zi_slot *s = zi_slot_of(handle);

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
	struct zi_slot *s;

	if (!read_slot(handle, &s, out_key, &o, out_rights) || !zi_object_tryref(o))
		return NULL;
	if (atomic_load_explicit(&s->key, memory_order_acquire) == *out_key) {
		ZI_HG_AFTER(o);
		return o;
	}
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
 * Marking and the look at the key that follows it are sequentially consistent, as are the clearing
 * of the key and the look at the mark that follows that: one of the two sides sees the other.
 */
void zi_handle_way_mark(uint64_t way)
{
	struct zi_slot *s = zi_slot_of((uint32_t)way);

	/* May mark a slot that is used anew already: its closing looks for observers in vain. */
	if (s != NULL && !atomic_load_explicit(&s->waited, memory_order_acquire))
		atomic_store(&s->waited, 1);
}

bool zi_handle_way_is_open(uint64_t way)
{
	struct zi_slot *s = zi_slot_of((uint32_t)way);

	return s != NULL && atomic_load(&s->key) == way;
}

bool zi_handle_is_open(zx_handle_t handle)
{
	struct zi_slot *s = zi_slot_of(handle);

	return s != NULL && (uint32_t)atomic_load_explicit(&s->key, memory_order_acquire) == handle;
}

/* ---- making */

/*
 * The object of a handle that was removed: gives up the count of handles, and keeps the reference.
 * Only the last count is a matter of two steps, since what follows it needs the object.
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
	zx_status_t st = zi_slot_fill(o, rights, out_handle);

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
 * Makes a second handle from a first one, whose key and rights were read before. BAD_HANDLE when
 * that was closed meanwhile: objects without handles never get one here again.
 */
static zx_status_t duplicate(struct zi_slot *s, uint64_t key, struct zi_object *o,
			     zx_rights_t rights, zx_handle_t *out_handle)
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
	struct zi_slot *s;
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
static bool clear_slot(struct zi_slot *s, uint64_t key, struct zi_object **out_object,
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

	zi_slot_free(s, zi_slot_index((uint32_t)way));
	return true;
}

/*
 * Removes a handle; the count of handles and the reference are the caller's. NULL: not in the
 * table.
 */
static struct zi_object *take_out(zx_handle_t handle, zx_rights_t *out_rights)
{
	struct zi_slot *s = zi_slot_of(handle);
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
	struct zi_slot *s;
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
	return zi_slot_list(NULL, 0);
}

size_t zi_handle_max(void)
{
	return ZI_SLOTS_MAX;
}

static int latest_first(const void *a, const void *b)
{
	const struct zi_slot_seen *x = a, *y = b;

	return x->order < y->order ? 1 : x->order > y->order ? -1 : 0;
}

uint64_t zi_handle_made(void)
{
	return zi_slot_uses();
}

/* Any two tables with different handles in them differ here, but for one time in 2^64. */
struct zi_handle_stamp zi_handle_stamp(void)
{
	struct zi_handle_stamp stamp = {.made = zi_slot_uses()};
	struct zi_slot_seen *all = NULL;
	size_t room = 0, n;

	while ((n = zi_slot_list(all, room)) > room) {
		free(all);
		room = n + 64;
		all = malloc(room * sizeof(*all));
		if (all == NULL)
			return stamp;
	}
	for (size_t i = 0; i < n; i++) {
		/* Spread over the word, so that sums of different sets differ. */
		uint64_t x = all[i].order * UINT64_C(0x9e3779b97f4a7c15);

		x ^= x >> 32;
		stamp.open += x * UINT64_C(0xd6e8feb86659fd93);
	}
	free(all);
	return stamp;
}

bool zi_handle_walk(bool (*fn)(void *ctx, zx_handle_t value, struct zi_object *o,
			       zx_rights_t rights),
		    void *ctx)
{
	struct zi_slot_seen *all = NULL;
	size_t room = 0, n;

	for (;;) {
		n = zi_slot_list(all, room);
		if (n <= room)
			break;
		free(all);
		room = n + 64; /* for those that come meanwhile */
		all = ZI_ALLOC(LIST, malloc(room * sizeof(*all)));
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
