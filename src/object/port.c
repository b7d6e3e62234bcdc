/*
 * The queues of ports and the threads that wait for packets.
 *
 * A thread that finds nothing spins on the count of packets, then sleeps on a word of its own, in a
 * list. Queueing wakes the first of the list; packets are not handed over, so a thread that spins
 * or comes by may be faster, and the woken one sleeps again.
 */
#include "object/port.h"

#include "base/assert.h"
#include "base/inject.h"
#include "base/park.h"
#include "base/slab.h"
#include "base/time.h"
#include "object/port_i.h"
#include "object/thread.h"

/* Zircon compares before it inserts: one more than this fits. */
#define USER_PACKETS_MAX 4096u
/* User packets kept for the next ones: spares both ways through the slab. */
#define SPARES_MAX 32u

const struct zi_port_packet_ops zi_port_user_ops = {.hold = NULL};
const struct zi_port_packet_ops zi_port_signal_ops = {.hold = NULL};

struct sleeper {
	struct zi_link link;
	_Atomic uint32_t word; /* ZI_PARK_*; set under the port's lock when taken off the list */
};

static bool is_ours(const struct zi_port_packet *p)
{
	return p->ops == &zi_port_user_ops || p->ops == &zi_port_signal_ops;
}

void zi_port_packet_free(struct zi_port_packet *p)
{
	if (p->ops == &zi_port_user_ops) {
		zi_slab_free(p, sizeof(*p));
		return;
	}
	zi_slab_free(ZI_CONTAINER(p, struct zi_async_wait, packet), sizeof(struct zi_async_wait));
}

_Atomic uint32_t *zi_port_push_locked(struct zi_port *port, struct zi_link *queue,
				      struct zi_port_packet *p)
{
	zi_list_add_tail(queue, &p->link);
	atomic_fetch_add_explicit(&port->pending, 1, memory_order_release);
	if (p->ops == &zi_port_user_ops)
		port->users++;
	if (zi_list_is_empty(&port->sleepers))
		return NULL;
	struct sleeper *s = ZI_CONTAINER(port->sleepers.next, struct sleeper, link);

	zi_list_del(&s->link);
	return zi_park_set(&s->word) ? &s->word : NULL;
}

void zi_port_pull_locked(struct zi_port *port, struct zi_port_packet *p)
{
	zi_list_del(&p->link);
	atomic_fetch_sub_explicit(&port->pending, 1, memory_order_relaxed);
	if (p->ops == &zi_port_user_ops)
		port->users--;
}

static struct zi_port_packet *first_locked(struct zi_port *port)
{
	struct zi_link *queue = &port->interrupts;

	if (zi_list_is_empty(queue))
		queue = &port->queue;
	return zi_list_is_empty(queue) ? NULL :
					 ZI_CONTAINER(queue->next, struct zi_port_packet, link);
}

/* ---- queueing */

bool zi_port_queue_kernel(struct zi_port *port, struct zi_port_packet *p, bool interrupt)
{
	_Atomic uint32_t *word;

	zi_lock(&port->lock);
	ZI_DASSERT(!zi_link_is_linked(&p->link));
	if (port->closed) {
		zi_unlock(&port->lock);
		return false;
	}
	word = zi_port_push_locked(port, interrupt ? &port->interrupts : &port->queue, p);
	zi_unlock(&port->lock);
	if (word != NULL)
		zi_futex_wake(word, 1);
	return true;
}

bool zi_port_cancel_kernel(struct zi_port *port, struct zi_port_packet *p)
{
	ZI_LOCK_SCOPE(&port->lock);
	if (!zi_link_is_linked(&p->link))
		return false;
	zi_port_pull_locked(port, p);
	return true;
}

/* Checks in Zircon's order: room is asked for only once there is memory for the packet. */
static zx_status_t push_user(struct zi_port *port, struct zi_port_packet *fresh,
			     const zx_port_packet_t *packet, struct zi_port_packet **out_unused)
{
	_Atomic uint32_t *word = NULL;
	struct zi_port_packet *p = fresh;
	zx_status_t st = ZX_OK;

	zi_lock(&port->lock);
	if (p == NULL && port->nspares != 0) {
		p = ZI_CONTAINER(port->spares.next, struct zi_port_packet, link);
		zi_list_del(&p->link);
		port->nspares--;
	}
	*out_unused = p;
	if (p == NULL) {
		st = ZX_ERR_NO_MEMORY;
	} else if (port->closed) {
		st = ZX_ERR_BAD_HANDLE;
	} else if (port->users > USER_PACKETS_MAX) {
		st = ZX_ERR_SHOULD_WAIT;
	} else {
		*out_unused = NULL;
		p->ops = &zi_port_user_ops;
		p->packet = *packet;
		p->packet.type = ZX_PKT_TYPE_USER;
		word = zi_port_push_locked(port, &port->queue, p);
	}
	zi_unlock(&port->lock);
	if (word != NULL)
		zi_futex_wake(word, 1);
	return st;
}

/*
 * DIFFERS: a full port is only a status here; Zircon also raises a policy exception in the caller.
 */
zx_status_t zi_port_queue_user(struct zi_port *port, const zx_port_packet_t *packet)
{
	struct zi_port_packet *unused;
	zx_status_t st = push_user(port, NULL, packet, &unused);

	if (st == ZX_ERR_NO_MEMORY) {
		struct zi_port_packet *fresh = ZI_ALLOC(PACKET, zi_slab_alloc(sizeof(*fresh)));

		if (fresh == NULL)
			return ZX_ERR_NO_MEMORY;
		st = push_user(port, fresh, packet, &unused);
	}
	if (unused != NULL) {
		unused->ops = &zi_port_user_ops;
		zi_port_packet_free(unused);
	}
	return st;
}

/* ---- counting */

static uint32_t length(const struct zi_link *head)
{
	uint32_t n = 0;

	ZI_LIST_FOREACH (l, head) {
		n++;
	}
	return n;
}

void zi_port_count(struct zi_port *port, struct zi_port_counts *out)
{
	ZI_LOCK_SCOPE(&port->lock);
	*out = (struct zi_port_counts){
		.options = port->options,
		.interrupts = length(&port->interrupts),
		.users = port->users,
		.others = length(&port->queue) - port->users,
		.waits = length(&port->waits),
		.sleepers = length(&port->sleepers),
	};
}

/* ---- waiting */

/* The packet is in no queue any more and its content copied; no lock is held. */
static void finish(struct zi_port *port, struct zi_port_packet *p, bool port_closed)
{
	if (!is_ours(p)) {
		p->ops->taken(p, port_closed);
		return;
	}
	if (p->ops == &zi_port_user_ops && !port_closed) {
		ZI_LOCK_SCOPE(&port->lock);
		if (port->nspares < SPARES_MAX && !port->closed) {
			zi_list_add_head(&port->spares, &p->link);
			port->nspares++;
			return;
		}
	}
	zi_port_packet_free(p);
}

/*
 * Takes the next packet, false: there is none. Then, if `s` is not NULL, it is in the list of
 * sleepers.
 */
static bool take(struct zi_port *port, zx_port_packet_t *out_packet, struct sleeper *s)
{
	zi_lock(&port->lock);
	struct zi_port_packet *p = first_locked(port);

	if (p == NULL) {
		if (s != NULL)
			zi_list_add_tail(&port->sleepers, &s->link);
		zi_unlock(&port->lock);
		return false;
	}
	zi_port_pull_locked(port, p);
	*out_packet = p->packet;
	if (p->ops == &zi_port_user_ops && port->nspares < SPARES_MAX) {
		zi_list_add_head(&port->spares, &p->link);
		port->nspares++;
		p = NULL;
	} else if (!is_ours(p)) {
		p->ops->hold(p);
	}
	zi_unlock(&port->lock);
	if (p != NULL)
		finish(port, p, false);
	return true;
}

/* One sleep: false when the deadline passed. */
static bool sleep_once(struct zi_port *port, struct sleeper *s, int64_t deadline)
{
	bool in_time = true;

	while (in_time && atomic_load_explicit(&s->word, memory_order_acquire) != ZI_PARK_SET)
		in_time = zi_futex_wait(&s->word, ZI_PARK_ASLEEP, deadline);
	ZI_LOCK_SCOPE(&port->lock);
	/* Off the list with the lock held: whoever set the word is done with it. */
	if (zi_link_is_linked(&s->link))
		zi_list_del(&s->link);
	return in_time;
}

/*
 * As on Zircon, closing the last handle of the port does not wake who waits: the caller's reference
 * keeps the port, and nothing can be queued any more.
 */
zx_status_t zi_port_wait(struct zi_port *port, int64_t deadline, zx_port_packet_t *out_packet)
{
	struct zi_spin spin;
	bool got, in_time = true;

	if (take(port, out_packet, NULL))
		return ZX_OK;
	if (deadline <= 0 || (deadline != ZX_TIME_INFINITE && deadline <= zi_time_mono()))
		return ZX_ERR_TIMED_OUT;
	zi_thread_set_state(ZX_THREAD_STATE_BLOCKED_PORT);
	zi_spin_begin(&spin, deadline);
	do {
		struct sleeper s = {.word = ZI_PARK_ASLEEP};

		if (zi_spin_while(&spin, &port->pending, 0)) {
			got = take(port, out_packet, NULL);
			continue;
		}
		got = take(port, out_packet, &s);
		if (!got) {
			in_time = sleep_once(port, &s, deadline);
			got = take(port, out_packet, NULL);
		}
	} while (!got && in_time);
	zi_spin_end(&spin);
	zi_thread_set_state(ZX_THREAD_STATE_RUNNING);
	return got ? ZX_OK : ZX_ERR_TIMED_OUT;
}

/* ---- the object */

static struct zi_port *port_of(struct zi_object *o)
{
	return ZI_CONTAINER(o, struct zi_port, object);
}

static void port_on_zero_handles(struct zi_object *o)
{
	struct zi_port *port = port_of(o);
	struct zi_port_packet *p;

	zi_lock(&port->lock);
	port->closed = true;
	zi_unlock(&port->lock);
	zi_port_drop_waits(port);
	do {
		zi_lock(&port->lock);
		p = first_locked(port);
		if (p != NULL) {
			zi_port_pull_locked(port, p);
			if (!is_ours(p))
				p->ops->hold(p);
		}
		zi_unlock(&port->lock);
		if (p != NULL)
			finish(port, p, true);
	} while (p != NULL);
}

static void port_destroy(struct zi_object *o)
{
	struct zi_port *port = port_of(o);

	ZI_DASSERT(zi_list_is_empty(&port->queue) && zi_list_is_empty(&port->waits));
	ZI_LIST_FOREACH_SAFE (it, &port->spares) {
		zi_port_packet_free(ZI_CONTAINER(it, struct zi_port_packet, link));
	}
}

static const struct zi_object_ops port_ops = {
	.type = ZX_OBJ_TYPE_PORT,
	.type_name = "port",
	.size = sizeof(struct zi_port),
	.on_zero_handles = port_on_zero_handles,
	.destroy = port_destroy,
};

struct zi_port *zi_port_new(uint32_t options)
{
	struct zi_port *port = zi_object_new(&port_ops, 0);

	if (port == NULL)
		return NULL;
	port->options = options;
	zi_lock_init(&port->lock, ZI_RANK_PORT);
	zi_list_init(&port->interrupts);
	zi_list_init(&port->queue);
	zi_list_init(&port->waits);
	zi_list_init(&port->sleepers);
	zi_list_init(&port->spares);
	return port;
}

bool zi_port_takes_interrupts(const struct zi_port *port)
{
	return port->options & ZX_PORT_BIND_TO_INTERRUPT;
}
