/*
 * Asynchronous waits: observers that turn into packets of a port.
 *
 * A wait is on two lists until it is told: its object's observers and its port's waits. Both are
 * left under both locks, object first. Starting from the port, where only its own lock is known at
 * first, the object is referenced, the port's lock dropped, and the wait looked for again under
 * both.
 */
#include "base/inject.h"
#include "base/slab.h"
#include "base/time.h"
#include "object/port_i.h"

static struct zi_async_wait *wait_of(struct zi_observer *ob)
{
	return ZI_CONTAINER(ob, struct zi_async_wait, observer);
}

static zx_time_t timestamp(uint32_t options)
{
	if (options & ZX_WAIT_ASYNC_TIMESTAMP)
		return zi_time_mono();
	return options & ZX_WAIT_ASYNC_BOOT_TIMESTAMP ? zi_time_boot() : 0;
}

/* The object's lock is held. A cancelled wait leaves no packet. */
static _Atomic uint32_t *tell_async(struct zi_observer *ob, zx_signals_t state, bool canceled)
{
	struct zi_async_wait *w = wait_of(ob);
	struct zi_port *port = w->port;
	_Atomic uint32_t *word = NULL;
	bool queued = false;

	w->packet.packet.signal.observed = state;
	w->packet.packet.signal.timestamp = canceled ? 0 : timestamp(w->options);
	zi_lock(&port->lock);
	zi_list_del(&w->in_port);
	if (!canceled && !port->closed) {
		word = zi_port_push_locked(port, &port->queue, &w->packet);
		queued = true;
	}
	zi_unlock(&port->lock);
	if (!queued)
		zi_port_packet_free(&w->packet);
	return word;
}

/* Off the list of the port, or not even on it: the port is closed. */
static bool join_port(struct zi_port *port, struct zi_async_wait *w)
{
	ZI_LOCK_SCOPE(&port->lock);
	if (port->closed)
		return false;
	zi_list_add_tail(&port->waits, &w->in_port);
	return true;
}

static void leave_port(struct zi_async_wait *w)
{
	zi_lock(&w->port->lock);
	zi_list_del(&w->in_port);
	zi_unlock(&w->port->lock);
	zi_port_packet_free(&w->packet);
}

zx_status_t zi_port_wait_async(struct zi_port *port, struct zi_object *source, uint64_t way,
			       uint64_t key, zx_signals_t signals, uint32_t options)
{
	struct zi_async_wait *w = ZI_ALLOC(WAIT, zi_slab_alloc(sizeof(*w)));
	struct zi_wakes wakes = {.count = 0};
	zx_signals_t state;

	if (w == NULL)
		return ZX_ERR_NO_MEMORY;
	w->observer.way = way;
	w->observer.trigger = signals;
	w->observer.tell = tell_async;
	w->packet.ops = &zi_port_signal_ops;
	w->packet.packet.key = key;
	w->packet.packet.type = ZX_PKT_TYPE_SIGNAL_ONE;
	w->packet.packet.status = ZX_OK;
	w->packet.packet.signal.trigger = signals;
	w->packet.packet.signal.count = 1;
	w->port = port;
	w->object = source;
	w->options = options;

	zi_lock(&source->lock);
	if (!join_port(port, w)) {
		zi_unlock(&source->lock);
		zi_port_packet_free(&w->packet);
		return ZX_ERR_BAD_HANDLE;
	}
	switch (zi_observer_add_locked(source, &w->observer, options & ZX_WAIT_ASYNC_EDGE,
				       &state)) {
	case ZI_OBSERVE_WAITING:
		break;
	case ZI_OBSERVE_MATCHED:
		zi_wakes_add(&wakes, tell_async(&w->observer, state, false));
		break;
	case ZI_OBSERVE_CLOSED:
		/* The handle went the moment after the wait began: as if cancelled. */
		leave_port(w);
		break;
	}
	zi_unlock(&source->lock);
	zi_wakes_flush(&wakes);
	return ZX_OK;
}

/* Which waits a cancellation is after. */
struct pick {
	struct zi_port *port;
	bool any_key, any_way;
	uint64_t key;
	uint64_t way;
};

static bool is_picked(const struct pick *pick, const struct zi_async_wait *w)
{
	return w->port == pick->port && (pick->any_key || w->packet.packet.key == pick->key) &&
	       (pick->any_way || w->observer.way == pick->way);
}

/* Removes the picked waits of one object. Requires its lock. */
static bool remove_waits_locked(struct zi_object *o, const struct pick *pick)
{
	bool found = false;

	ZI_LIST_FOREACH_SAFE (it, &o->observers) {
		struct zi_observer *ob = ZI_CONTAINER(it, struct zi_observer, link);

		if (ob->tell != tell_async || !is_picked(pick, wait_of(ob)))
			continue;
		zi_list_del(&ob->link);
		leave_port(wait_of(ob));
		found = true;
	}
	return found;
}

/*
 * Takes picked packets out of the queue: those of waits, and with `users` those that programs
 * queued. Packets of the kernel stay: somebody waits for their answer.
 */
static bool remove_packets(const struct pick *pick, bool users)
{
	struct zi_port *port = pick->port;
	bool found = false;

	ZI_LOCK_SCOPE(&port->lock);
	ZI_LIST_FOREACH_SAFE (it, &port->queue) {
		struct zi_port_packet *p = ZI_CONTAINER(it, struct zi_port_packet, link);
		bool picked = false;

		if (p->ops == &zi_port_signal_ops)
			picked = is_picked(pick, ZI_CONTAINER(p, struct zi_async_wait, packet));
		else if (p->ops == &zi_port_user_ops)
			picked = users && p->packet.key == pick->key;
		if (!picked)
			continue;
		zi_port_pull_locked(port, p);
		zi_port_packet_free(p);
		found = true;
	}
	return found;
}

/* An object that a picked wait is for, referenced; NULL: no such wait. */
static struct zi_object *next_source(const struct pick *pick)
{
	ZI_LOCK_SCOPE(&pick->port->lock);
	ZI_LIST_FOREACH (it, &pick->port->waits) {
		struct zi_async_wait *w = ZI_CONTAINER(it, struct zi_async_wait, in_port);

		if (is_picked(pick, w)) {
			/* The handle it waits through cancels it before it gives up the object. */
			zi_object_ref(w->object);
			return w->object;
		}
	}
	return NULL;
}

static bool remove_all_waits(const struct pick *pick)
{
	struct zi_object *o;
	bool found = false;

	while ((o = next_source(pick)) != NULL) {
		zi_lock(&o->lock);
		found |= remove_waits_locked(o, pick);
		zi_unlock(&o->lock);
		zi_object_unref(o);
	}
	return found;
}

zx_status_t zi_port_cancel(struct zi_port *port, struct zi_object *source, uint64_t way,
			   uint64_t key)
{
	const struct pick pick = {.port = port, .key = key, .way = way};

	/* With the lock no wait fires between the two steps. */
	ZI_LOCK_SCOPE(&source->lock);
	bool found = remove_waits_locked(source, &pick);

	found |= remove_packets(&pick, false);
	return found ? ZX_OK : ZX_ERR_NOT_FOUND;
}

zx_status_t zi_port_cancel_key(struct zi_port *port, uint64_t key)
{
	const struct pick pick = {.port = port, .key = key, .any_way = true};
	/* Waits first: one that fires meanwhile is found as a packet. */
	bool found = remove_all_waits(&pick);

	found |= remove_packets(&pick, true);
	return found ? ZX_OK : ZX_ERR_NOT_FOUND;
}

void zi_port_drop_waits(struct zi_port *port)
{
	const struct pick pick = {.port = port, .any_key = true, .any_way = true};

	remove_all_waits(&pick);
}
