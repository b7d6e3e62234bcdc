/* Signals of objects and the rule by which their observers are told. */
#include "object/object.h"
#include "object/observer.h"

void zi_wakes_add(struct zi_wakes *w, _Atomic uint32_t *word)
{
	if (word == NULL)
		return;
	if (w->count == sizeof(w->words) / sizeof(w->words[0]))
		zi_futex_wake(word, 1);
	else
		w->words[w->count++] = word;
}

void zi_wakes_flush(struct zi_wakes *w)
{
	for (unsigned i = 0; i < w->count; i++)
		zi_futex_wake(w->words[i], 1);
	w->count = 0;
}

zx_signals_t zi_object_signals(struct zi_object *o)
{
	ZI_LOCK_SCOPE(&o->lock);
	return o->signals;
}

/* Requires o->lock. */
static void tell_locked(struct zi_observer *ob, zx_signals_t state, bool canceled,
			struct zi_wakes *wakes)
{
	zi_list_del(&ob->link);
	/* From here on the observer may be gone. */
	zi_wakes_add(wakes, ob->tell(ob, state, canceled));
}

void zi_object_update_signals_locked(struct zi_object *o, zx_signals_t clear, zx_signals_t set,
				     zx_signals_t strobe, struct zi_wakes *wakes)
{
	zx_signals_t before = o->signals;

	o->signals = (before & ~clear) | set;
	if ((set & ~before) == 0 && strobe == 0)
		return;
	/*
	 * Not only the new bits count: an edge observer of an old bit hears of it now, as on
	 * Zircon.
	 */
	zx_signals_t seen = o->signals | strobe;

	ZI_LIST_FOREACH_SAFE (it, &o->observers) {
		struct zi_observer *ob = ZI_CONTAINER(it, struct zi_observer, link);

		if (ob->trigger & seen)
			tell_locked(ob, seen, false, wakes);
	}
}

void zi_object_update_signals(struct zi_object *o, zx_signals_t clear, zx_signals_t set,
			      zx_signals_t strobe)
{
	struct zi_wakes wakes = {.count = 0};

	zi_lock(&o->lock);
	zi_object_update_signals_locked(o, clear, set, strobe, &wakes);
	zi_unlock(&o->lock);
	zi_wakes_flush(&wakes);
}

enum zi_observe zi_observer_add_locked(struct zi_object *o, struct zi_observer *ob, bool edge,
				       zx_signals_t *out_state)
{
	if (out_state != NULL)
		*out_state = o->signals;
	if (!edge && (o->signals & ob->trigger))
		return ZI_OBSERVE_MATCHED;
	/* In this order, against a close at the same time: see zi_handle_way_mark. */
	zi_handle_way_mark(ob->way);
	zi_list_add_tail(&o->observers, &ob->link);
	if (zi_handle_way_is_open(ob->way))
		return ZI_OBSERVE_WAITING;
	zi_list_del(&ob->link);
	return ZI_OBSERVE_CLOSED;
}

enum zi_observe zi_observer_add(struct zi_object *o, struct zi_observer *ob, bool edge,
				zx_signals_t *out_state)
{
	ZI_LOCK_SCOPE(&o->lock);
	return zi_observer_add_locked(o, ob, edge, out_state);
}

bool zi_observer_remove(struct zi_object *o, struct zi_observer *ob, zx_signals_t *out_state)
{
	ZI_LOCK_SCOPE(&o->lock);
	*out_state = o->signals;
	if (!zi_link_is_linked(&ob->link))
		return false;
	zi_list_del(&ob->link);
	return true;
}

void zi_observers_cancel(struct zi_object *o, uint64_t way)
{
	struct zi_wakes wakes = {.count = 0};

	zi_lock(&o->lock);
	ZI_LIST_FOREACH_SAFE (it, &o->observers) {
		struct zi_observer *ob = ZI_CONTAINER(it, struct zi_observer, link);

		if (ob->way == way)
			tell_locked(ob, o->signals | ZX_SIGNAL_HANDLE_CLOSED, true, &wakes);
	}
	zi_unlock(&o->lock);
	zi_wakes_flush(&wakes);
}
