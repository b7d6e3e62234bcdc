/*
 * Observers: who wants to hear of an object's signals. They live on the object's list, are told
 * once, and are off the list from then on. Everything here happens under the object's lock (rank
 * OBJECT).
 */
#ifndef ZI_OBJECT_OBSERVER_H
#define ZI_OBJECT_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

#include "base/list.h"

struct zi_object;
struct zi_observer;

/*
 * `state` is the complete state; with `canceled` the handle was closed. Called with the object's
 * lock held, the observer off the list already. May take port locks and slabs. Answers a futex word
 * that needs a wake after the lock, or NULL.
 */
typedef _Atomic uint32_t *zi_observer_fn(struct zi_observer *ob, zx_signals_t state, bool canceled);

struct zi_observer {
	struct zi_link link; /* on object->observers; not linked once told */
	uint64_t way;        /* the handle through which it waits: zi_handle_get_way */
	zx_signals_t trigger;
	zi_observer_fn *tell;
};

enum zi_observe {
	ZI_OBSERVE_WAITING, /* it is on the list */
	ZI_OBSERVE_MATCHED, /* the state has a bit of the trigger already; not on the list */
	ZI_OBSERVE_CLOSED,  /* the handle is closed; not on the list */
};

/*
 * Adds an observer; the caller has filled way, trigger and tell, and holds a reference on the
 * object. edge: the present state does not count. *out_state (may be NULL) is the state seen. The
 * _locked form needs the object's lock.
 */
enum zi_observe zi_observer_add(struct zi_object *o, struct zi_observer *ob, bool edge,
				zx_signals_t *out_state);
enum zi_observe zi_observer_add_locked(struct zi_object *o, struct zi_observer *ob, bool edge,
				       zx_signals_t *out_state);
/* Takes it off the list: true. False: it was told already. *out_state is the present state. */
bool zi_observer_remove(struct zi_object *o, struct zi_observer *ob, zx_signals_t *out_state);

/* A handle was closed: tells every observer that waits through it. */
void zi_observers_cancel(struct zi_object *o, uint64_t way);

#endif
