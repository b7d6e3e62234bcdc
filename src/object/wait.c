/*
 * wait_one and wait_many: observers on the waiting thread's stack, all setting one word.
 *
 * Whoever tells an observer has the object's lock, and the waiter takes every object's lock before
 * it returns, unless it has seen the word of its only observer: nobody looks at the stack
 * afterwards.
 */
#include "object/wait.h"

#include <zircon/syscalls/object.h>

#include "base/park.h"
#include "base/time.h"
#include "object/object.h"
#include "object/observer.h"
#include "object/thread.h"

struct waiter {
	struct zi_observer observer;
	_Atomic uint32_t *word;
	zx_signals_t seen; /* when told */
	bool canceled;
};

static _Atomic uint32_t *tell_waiter(struct zi_observer *ob, zx_signals_t state, bool canceled)
{
	struct waiter *w = ZI_CONTAINER(ob, struct waiter, observer);
	_Atomic uint32_t *word = w->word;

	w->seen = state;
	w->canceled = canceled;
	return zi_park_set(word) ? word : NULL;
}

static void waiter_init(struct waiter *w, const struct zi_wait_item *item, _Atomic uint32_t *word)
{
	*w = (struct waiter){
		.observer = {.way = item->way, .trigger = item->trigger, .tell = tell_waiter},
		.word = word,
	};
}

static bool is_past(int64_t deadline)
{
	return deadline <= 0 || (deadline != ZX_TIME_INFINITE && deadline <= zi_time_mono());
}

static bool park(_Atomic uint32_t *word, int64_t deadline, zx_thread_state_t state)
{
	zi_thread_set_state(state);
	bool set = zi_park(word, deadline);
	zi_thread_set_state(ZX_THREAD_STATE_RUNNING);
	return set;
}

zx_status_t zi_wait_one(struct zi_wait_item *item, int64_t deadline)
{
	_Atomic uint32_t word = ZI_PARK_EMPTY;
	struct waiter w;

	item->pending = zi_object_signals(item->object);
	if (item->pending & item->trigger)
		return ZX_OK;
	if (is_past(deadline))
		return ZX_ERR_TIMED_OUT;
	waiter_init(&w, item, &word);
	switch (zi_observer_add(item->object, &w.observer, false, &item->pending)) {
	case ZI_OBSERVE_MATCHED:
		return ZX_OK;
	case ZI_OBSERVE_CLOSED:
		item->pending |= ZX_SIGNAL_HANDLE_CLOSED;
		return ZX_ERR_CANCELED;
	case ZI_OBSERVE_WAITING:
		break;
	}
	if (!park(&word, deadline, ZX_THREAD_STATE_BLOCKED_WAIT_ONE) &&
	    zi_observer_remove(item->object, &w.observer, &item->pending))
		return ZX_ERR_TIMED_OUT;
	item->pending = w.seen;
	return w.canceled ? ZX_ERR_CANCELED : ZX_OK;
}

zx_status_t zi_wait_many(struct zi_wait_item *items, size_t n, int64_t deadline)
{
	struct waiter w[ZX_WAIT_MANY_MAX_ITEMS];
	_Atomic uint32_t word = ZI_PARK_EMPTY;
	bool matched = false, canceled = false;
	size_t added = 0; /* items from here on were not looked at */

	for (; added < n && !matched && !canceled; added++) {
		struct zi_wait_item *item = &items[added];

		waiter_init(&w[added], item, &word);
		switch (zi_observer_add(item->object, &w[added].observer, false, &item->pending)) {
		case ZI_OBSERVE_WAITING:
			break;
		case ZI_OBSERVE_MATCHED:
			w[added].seen = item->pending;
			matched = true;
			break;
		case ZI_OBSERVE_CLOSED:
			w[added].seen = item->pending | ZX_SIGNAL_HANDLE_CLOSED;
			w[added].canceled = canceled = true;
			break;
		}
	}
	if (!matched && !canceled && !is_past(deadline))
		park(&word, deadline, ZX_THREAD_STATE_BLOCKED_WAIT_MANY);
	for (size_t i = 0; i < n; i++) {
		struct zi_wait_item *item = &items[i];

		if (i >= added) {
			item->pending = zi_object_signals(item->object);
		} else if (!zi_observer_remove(item->object, &w[i].observer, &item->pending)) {
			item->pending = w[i].seen;
			canceled |= w[i].canceled;
			matched = true;
		}
	}
	return canceled ? ZX_ERR_CANCELED : matched ? ZX_OK : ZX_ERR_TIMED_OUT;
}
