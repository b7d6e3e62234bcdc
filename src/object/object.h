/*
 * Kernel objects and handles: what every handle-visible thing has in common.
 *
 * An object has a reference count (anything internal) and a handle count. When the last handle
 * goes, ops->on_zero_handles runs once; when the last reference goes, ops->destroy frees the
 * object. Objects live in type-stable memory so that handle lookup needs no lock: it takes a
 * reference only if the count is not zero and then checks the slot again.
 */
#ifndef ZI_OBJECT_OBJECT_H
#define ZI_OBJECT_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

#include "base/list.h"
#include "base/lock.h"

struct zi_object;

struct zi_object_ops {
	zx_obj_type_t type;
	const char *type_name; /* "vmo": for reports */
	bool waitable;
	zx_signals_t user_signals; /* bits that zx_object_signal may change */
	zx_signals_t peer_signals; /* bits for zx_object_signal_peer; 0: the type has no peer */
	size_t size;               /* of the whole object: its cache */
	void (*on_zero_handles)(struct zi_object *o); /* may be NULL */
	/* Releases what the object holds, not the memory; may be NULL. */
	void (*destroy)(struct zi_object *o);
	zx_koid_t (*related_koid)(struct zi_object *o); /* NULL: 0 */
	/*
	 * Peer of a peered object with one reference, or NULL once it has no handles; NULL fn: no
	 * peer.
	 */
	struct zi_object *(*get_peer)(struct zi_object *o);
	/* ZX_PROP_NAME; NULL: nameless. `name` is 32 bytes, NUL-terminated, zero-filled. */
	void (*get_name)(struct zi_object *o, char name[ZX_MAX_NAME_LEN]);
	/* len <= 31, no NUL inside */
	void (*set_name)(struct zi_object *o, const char *name, size_t len);
};

struct zi_object {
	/* Handles << 32 | references, one of which is each handle's own. 0: free memory. */
	_Atomic uint64_t counts;
	const struct zi_object_ops *ops;
	zx_koid_t koid;
	struct zi_lock lock; /* rank OBJECT: signals and observers */
	zx_signals_t signals;
	struct zi_link observers;
};

/*
 * Where in Zircon a handle is a row of a table under one lock, a handle here is a slot that is read
 * without one. What must be atomic is arranged so:
 *   lookup x close      the reference is taken first, then the slot is looked at again
 *   duplicate x close   a duplicate counts itself only while the object has handles
 *   wait x close        a wait marks the slot, joins the object's observers, and looks at the slot
 *                       again under the object's lock
 */

/* ---- object.c */

/*
 * Zeroed object of ops->size bytes with one reference, no handle, a fresh koid and the given
 * signals; NULL: no memory.
 */
void *zi_object_new(const struct zi_object_ops *ops, zx_signals_t signals);
/* The same for something that has its koid already. */
void *zi_object_new_as(const struct zi_object_ops *ops, zx_signals_t signals, zx_koid_t koid);
void zi_object_ref(struct zi_object *o);
void zi_object_destroy(struct zi_object *o); /* for zi_object_unref only: the counts are 0 */
static inline uint32_t zi_object_handles(struct zi_object *o)
{
	return (uint32_t)(atomic_load_explicit(&o->counts, memory_order_relaxed) >> 32);
}
/*
 * For pointers that are not references (lists of children): false when the object is going or gone.
 */
static inline bool zi_object_tryref(struct zi_object *o)
{
	uint64_t counts = atomic_load_explicit(&o->counts, memory_order_relaxed);

	do {
		if (counts == 0)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&o->counts, &counts, counts + 1, memory_order_acq_rel, memory_order_relaxed));
	return true;
}
/* NULL is accepted; no lock of ours may be held. */
static inline void zi_object_unref(struct zi_object *o)
{
	if (o == NULL)
		return;
	ZI_HG_BEFORE(o);
	if (atomic_fetch_sub_explicit(&o->counts, 1, memory_order_acq_rel) == 1) {
		ZI_HG_AFTER(o);
		zi_object_destroy(o);
	}
}
/* Objects that exist, and handles that are open: for leak checks. */
size_t zi_object_live(void);
/* Calls fn for every kind of which there are objects. */
void zi_object_each_kind(void (*fn)(void *ctx, const char *type_name, size_t live), void *ctx);
size_t zi_handle_live(void);
size_t zi_handle_max(void); /* that can be open at once */
/*
 * In the child of fork(2): no handle is open and no object exists; the process, its job and its
 * root VMAR are made anew when somebody asks. Registered with pthread_atfork when the library
 * is loaded, together with the same of the rings below.
 */
void zi_object_after_fork(void);
/*
 * Called before the first object is made, perhaps also before some of the next; locks may be held.
 * Implemented by whoever shows the objects to others (inspect/mount.c).
 */
void zi_object_about_to_exist(void);

/* ---- signals.c */

/*
 * state = (state & ~clear) | set, observers told by Zircon's rule; strobe bits fire without being
 * kept.
 */
void zi_object_update_signals(struct zi_object *o, zx_signals_t clear, zx_signals_t set,
			      zx_signals_t strobe);

zx_signals_t zi_object_signals(struct zi_object *o);

/* Futex words that owe a wake once the locks are released: see zi_park_set. */
struct zi_wakes {
	unsigned count;
	_Atomic uint32_t *words[16];
};
/* Adds a word; when there is no room it is woken at once. NULL is accepted. */
void zi_wakes_add(struct zi_wakes *w, _Atomic uint32_t *word);
void zi_wakes_flush(struct zi_wakes *w);
/*
 * The same as zi_object_update_signals for state that the object's own lock guards. The caller
 * holds it, starts with a zeroed struct zi_wakes and flushes that after the lock.
 */
void zi_object_update_signals_locked(struct zi_object *o, zx_signals_t clear, zx_signals_t set,
				     zx_signals_t strobe, struct zi_wakes *wakes);

/* ---- handle.c */

/* A new handle; takes a reference of its own. NO_MEMORY / NO_RESOURCES when the table is full. */
zx_status_t zi_handle_add(struct zi_object *o, zx_rights_t rights, zx_handle_t *out_handle);
/*
 * Lookup: BAD_HANDLE, WRONG_TYPE (type != ZX_OBJ_TYPE_NONE and differs), ACCESS_DENIED (a bit of
 * `rights` missing), in that order. On success *out_object has one more reference (zi_object_unref
 * it); out_rights may be NULL.
 */
zx_status_t zi_handle_get(zx_handle_t handle, zx_obj_type_t type, zx_rights_t rights,
			  void *out_object, zx_rights_t *out_rights);
/*
 * Removes a handle and returns its object with one reference and its rights: for consuming calls.
 * BAD_HANDLE. Waits made through the handle are cancelled, and if it was the object's last,
 * on_zero_handles has run.
 */
zx_status_t zi_handle_remove(zx_handle_t handle, void *out_object, zx_rights_t *out_rights);
/* BAD_HANDLE; no special case for ZX_HANDLE_INVALID. */
zx_status_t zi_handle_close(zx_handle_t handle);
/*
 * The usual end of a creating call: makes a handle for `o`, stores it at the user address, drops
 * the caller's reference. A bad user pointer removes the handle again: ZX_ERR_INVALID_ARGS. The
 * reference is dropped on every path.
 */
zx_status_t zi_handle_publish(struct zi_object *o, zx_rights_t rights, zx_handle_t *user_out);
/*
 * Calls fn for every handle, most recent first, with a reference held during the call; stops when
 * fn answers false. Handles that come or go meanwhile may or may not be seen. No lock is held
 * during fn. False: no memory, fn was not called.
 */
bool zi_handle_walk(bool (*fn)(void *ctx, zx_handle_t value, struct zi_object *o,
			       zx_rights_t rights),
		    void *ctx);
/*
 * What tells whether the table has changed: `made` counts the handles ever made, `open` stands for
 * the set of those that are open. Equal before and after a walk: exactly these were open at the
 * moment of the first stamp. All 0 but `made` without memory.
 */
struct zi_handle_stamp {
	uint64_t made, open;
};
struct zi_handle_stamp zi_handle_stamp(void);
uint64_t zi_handle_made(void); /* the first of the two alone, which is cheap */
/*
 * zx_handle_duplicate and zx_handle_replace after the address of the result; replace closes the
 * handle also when `rights` are no subset.
 */
zx_status_t zi_handle_duplicate(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out_handle);
zx_status_t zi_handle_replace(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out_handle);
/* Is the value that of an open handle? */
bool zi_handle_is_open(zx_handle_t handle);

/*
 * A handle as the way to an object, for waits: the number is never reused, unlike the handle's
 * value. What zi_handle_get_way hands out is what zi_handle_way_is_open asks about. Marking it
 * promises that observers are looked for when the handle goes.
 */
zx_status_t zi_handle_get_way(zx_handle_t handle, zx_rights_t rights, void *out_object,
			      uint64_t *out_way);
void zi_handle_way_mark(uint64_t way);
bool zi_handle_way_is_open(uint64_t way);

/* ---- objects that more than one file makes; each struct begins with struct zi_object */

struct zi_vmo;
struct zi_vmo_object {
	struct zi_object object;
	struct zi_vmo *vmo; /* one reference */
};
/*
 * Wraps a VMO (takes over the reference), wires ZX_VMO_ZERO_CHILDREN. On NO_MEMORY the reference is
 * dropped.
 */
zx_status_t zi_vmo_object_new(struct zi_vmo *vmo, struct zi_vmo_object **out_object);

struct zi_vmar;
struct zi_vmar_object {
	struct zi_object object;
	struct zi_vmar *vmar; /* one reference */
};
zx_status_t zi_vmar_object_new(struct zi_vmar *vmar, struct zi_vmar_object **out_object);

/* ---- holders.c */

/*
 * VMO number `index` of those that an object gives access to, or keeps; valid while the object is
 * referenced. NULL: there are no more. *out_rights: ZX_RIGHT_READ and _WRITE as far as a handle
 * with `rights` allows them.
 */
struct zi_vmo *zi_object_vmo(struct zi_object *o, uint32_t index, zx_rights_t rights,
			     zx_rights_t *out_rights);

#endif
