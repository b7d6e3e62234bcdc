/*
 * The states of a virtual interrupt. Its object lock guards all of it; port locks are taken under that.
 *
 *   IDLE -trigger-> TRIGGERED -wait-> NEEDACK -wait-> WAITING -trigger-> TRIGGERED        not bound
 *   IDLE -trigger-> NEEDACK (a packet is queued) -ack-> IDLE, or NEEDACK again if it was triggered meanwhile      bound
 *   all -destroy-> DESTROYED
 */
#include "object/interrupt.h"

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/port.h>

#include "base/assert.h"
#include "base/park.h"
#include "object/info.h"
#include "object/port.h"
#include "object/thread.h"

enum state { IDLE, WAITING, TRIGGERED, NEEDACK, DESTROYED };

struct zi_interrupt {
	struct zi_object object;
	uint32_t options; /* fixed */
	enum state state;
	int64_t timestamp;        /* of the first trigger that nobody has heard of; 0: none */
	_Atomic uint32_t *waiter; /* word of the thread in WAITING, until it is told */
	struct zi_port *port;     /* a reference; NULL: not bound */
	_Atomic bool queued; /* the packet is in the port's queue; cleared under the port's lock */
	struct zi_port_packet packet;
};

static struct zi_interrupt *interrupt_of(struct zi_object *o)
{
	return ZI_CONTAINER(o, struct zi_interrupt, object);
}

/* ---- the packet */

static void packet_hold(struct zi_port_packet *p)
{
	struct zi_interrupt *i = ZI_CONTAINER(p, struct zi_interrupt, packet);

	zi_object_ref(&i->object);
	atomic_store_explicit(&i->queued, false, memory_order_release);
}

static void packet_taken(struct zi_port_packet *p, bool port_closed)
{
	(void)port_closed;
	zi_object_unref(&ZI_CONTAINER(p, struct zi_interrupt, packet)->object);
}

static const struct zi_port_packet_ops packet_ops = {.hold = packet_hold, .taken = packet_taken};

static bool is_queued(struct zi_interrupt *i)
{
	return atomic_load_explicit(&i->queued, memory_order_acquire);
}

/* The port may have lost its last handle: then nobody will ever read the packet, and the state is as if somebody had. */
static void queue_locked(struct zi_interrupt *i, int64_t timestamp)
{
	i->state = NEEDACK;
	/* Acknowledged before anybody read the packet: it is there still, and tells of the first trigger. */
	if (is_queued(i))
		return;
	i->packet.packet.interrupt.timestamp = timestamp;
	atomic_store_explicit(&i->queued, true, memory_order_release);
	if (!zi_port_queue_kernel(i->port, &i->packet, true))
		atomic_store_explicit(&i->queued, false, memory_order_release);
}

/* True when nobody had taken it yet. */
static bool withdraw_locked(struct zi_interrupt *i)
{
	if (!zi_port_cancel_kernel(i->port, &i->packet))
		return false;
	atomic_store_explicit(&i->queued, false, memory_order_release);
	return true;
}

/* ---- signals */

static void signal_untriggered(struct zi_interrupt *i, bool untriggered, struct zi_wakes *wakes)
{
	const zx_signals_t bit = ZX_VIRTUAL_INTERRUPT_UNTRIGGERED;

	zi_object_update_signals_locked(&i->object, untriggered ? 0 : bit, untriggered ? bit : 0, 0,
					wakes);
}

static void wake_waiter(struct zi_interrupt *i, struct zi_wakes *wakes)
{
	_Atomic uint32_t *word = i->waiter;

	i->waiter = NULL;
	if (word != NULL && zi_park_set(word))
		zi_wakes_add(wakes, word);
}

/* ---- the calls */

zx_status_t zi_interrupt_bind(struct zi_interrupt *i, struct zi_port *port, uint64_t key)
{
	ZI_LOCK_SCOPE(&i->object.lock);
	if (i->state == DESTROYED)
		return ZX_ERR_CANCELED;
	if (i->state == WAITING)
		return ZX_ERR_BAD_STATE;
	if (i->port != NULL)
		return ZX_ERR_ALREADY_BOUND;
	zi_object_ref(zi_port_object(port));
	i->port = port;
	i->packet.packet =
		(zx_port_packet_t){.key = key, .type = ZX_PKT_TYPE_INTERRUPT, .status = ZX_OK};
	if (i->state == TRIGGERED) {
		queue_locked(i, i->timestamp);
		i->timestamp = 0;
	}
	return ZX_OK;
}

zx_status_t zi_interrupt_unbind(struct zi_interrupt *i, struct zi_port *port)
{
	zi_lock(&i->object.lock);
	zx_status_t st = i->port != port       ? ZX_ERR_NOT_FOUND :
			 i->state == DESTROYED ? ZX_ERR_CANCELED :
						 ZX_OK;

	if (st == ZX_OK) {
		withdraw_locked(i);
		i->port = NULL;
	}
	zi_unlock(&i->object.lock);
	if (st == ZX_OK)
		zi_object_unref(zi_port_object(port));
	return st;
}

static zx_status_t trigger_locked(struct zi_interrupt *i, int64_t timestamp, struct zi_wakes *wakes)
{
	if (i->state == DESTROYED)
		return ZX_ERR_CANCELED;
	signal_untriggered(i, false, wakes);
	/* Bound and not idle: kept for the acknowledgement, as only the first of several is. */
	if (i->timestamp == 0)
		i->timestamp = timestamp;
	if (i->port == NULL) {
		i->state = TRIGGERED;
		wake_waiter(i, wakes);
	} else if (i->state != NEEDACK) {
		queue_locked(i, i->timestamp);
		i->timestamp = 0;
	}
	return ZX_OK;
}

zx_status_t zi_interrupt_trigger(struct zi_interrupt *i, int64_t timestamp)
{
	struct zi_wakes wakes = {.count = 0};

	zi_lock(&i->object.lock);
	zx_status_t st = trigger_locked(i, timestamp, &wakes);

	zi_unlock(&i->object.lock);
	zi_wakes_flush(&wakes);
	return st;
}

/* SHOULD_WAIT: `word` will be set. */
static zx_status_t begin_wait_locked(struct zi_interrupt *i, _Atomic uint32_t *word,
				     int64_t *out_timestamp, struct zi_wakes *wakes)
{
	if (i->port != NULL)
		return ZX_ERR_BAD_STATE;
	switch (i->state) {
	case DESTROYED:
		return ZX_ERR_CANCELED;
	case WAITING:
		return ZX_ERR_BAD_STATE;
	case TRIGGERED:
		*out_timestamp = i->timestamp;
		i->timestamp = 0;
		i->state = NEEDACK;
		return ZX_OK;
	case NEEDACK:
	case IDLE:
		break;
	}
	i->state = WAITING;
	i->waiter = word;
	signal_untriggered(i, true, wakes);
	return ZX_ERR_SHOULD_WAIT;
}

zx_status_t zi_interrupt_wait(struct zi_interrupt *i, int64_t *out_timestamp)
{
	for (;;) {
		_Atomic uint32_t word = ZI_PARK_EMPTY;
		struct zi_wakes wakes = {.count = 0};

		zi_lock(&i->object.lock);
		zx_status_t st = begin_wait_locked(i, &word, out_timestamp, &wakes);

		zi_unlock(&i->object.lock);
		zi_wakes_flush(&wakes);
		if (st != ZX_ERR_SHOULD_WAIT)
			return st;
		zi_thread_set_state(ZX_THREAD_STATE_BLOCKED_INTERRUPT);
		zi_park(&word, ZX_TIME_INFINITE);
		zi_thread_set_state(ZX_THREAD_STATE_RUNNING);
	}
}

static zx_status_t ack_locked(struct zi_interrupt *i, struct zi_wakes *wakes)
{
	const zx_signals_t bit = ZX_VIRTUAL_INTERRUPT_UNTRIGGERED;

	if (i->port == NULL)
		return ZX_ERR_BAD_STATE;
	if (i->state == DESTROYED)
		return ZX_ERR_CANCELED;
	if (i->state != NEEDACK)
		return ZX_OK;
	if (i->timestamp == 0) {
		i->state = IDLE;
		signal_untriggered(i, true, wakes);
		return ZX_OK;
	}
	if (is_queued(i))
		return ZX_ERR_BAD_STATE;
	/* For a moment it was untriggered: who waits for that is told, though it is over. */
	zi_object_update_signals_locked(&i->object, bit, 0, bit, wakes);
	queue_locked(i, i->timestamp);
	i->timestamp = 0;
	return ZX_OK;
}

zx_status_t zi_interrupt_ack(struct zi_interrupt *i)
{
	struct zi_wakes wakes = {.count = 0};

	zi_lock(&i->object.lock);
	zx_status_t st = ack_locked(i, &wakes);

	zi_unlock(&i->object.lock);
	zi_wakes_flush(&wakes);
	return st;
}

zx_status_t zi_interrupt_destroy(struct zi_interrupt *i)
{
	struct zi_wakes wakes = {.count = 0};
	zx_status_t st = ZX_OK;

	zi_lock(&i->object.lock);
	if (i->port != NULL && !withdraw_locked(i) && i->state == NEEDACK)
		st = ZX_ERR_NOT_FOUND;
	i->state = DESTROYED;
	signal_untriggered(i, true, &wakes);
	wake_waiter(i, &wakes);
	zi_unlock(&i->object.lock);
	zi_wakes_flush(&wakes);
	return st;
}

/* ---- the object */

static void interrupt_on_zero_handles(struct zi_object *o)
{
	zi_interrupt_destroy(interrupt_of(o));
}

static void interrupt_destroy(struct zi_object *o)
{
	struct zi_port *port = interrupt_of(o)->port;

	if (port != NULL)
		zi_object_unref(zi_port_object(port));
}

static const struct zi_object_ops interrupt_ops = {
	.type = ZX_OBJ_TYPE_INTERRUPT,
	.type_name = "interrupt",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL,
	.size = sizeof(struct zi_interrupt),
	.on_zero_handles = interrupt_on_zero_handles,
	.destroy = interrupt_destroy,
};

struct zi_interrupt *zi_interrupt_new(uint32_t options)
{
	struct zi_interrupt *i = zi_object_new(&interrupt_ops, ZX_VIRTUAL_INTERRUPT_UNTRIGGERED);

	if (i == NULL)
		return NULL;
	i->options = options;
	i->packet.ops = &packet_ops;
	return i;
}

/* ---- ZX_INFO_INTERRUPT */

zx_status_t zi_info_interrupt(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			      size_t *actual, size_t *avail)
{
	zx_info_interrupt_t info = {.options = 0};
	struct zi_interrupt *i;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_INTERRUPT, ZX_RIGHT_INSPECT, &i, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	info.options = i->options;
	zi_object_unref(&i->object);
	return zi_info_one(&info, sizeof(info), buffer, size, actual, avail);
}
