/* zi-test: valgrind */
/* Virtual interrupts: every state with every call, packets, waits, the signal. */
#include <pthread.h>
#include <unistd.h>

#include "device_t.h"

#define UNTRIGGERED ZX_VIRTUAL_INTERRUPT_UNTRIGGERED

static zx_handle_t irq_new(void)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_interrupt_create(ZX_HANDLE_INVALID, 0, ZX_INTERRUPT_VIRTUAL, &h));
	return h;
}

static zx_handle_t port_new(void)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_port_create(ZX_PORT_BIND_TO_INTERRUPT, &h));
	return h;
}

static zx_handle_t irq_bound(zx_handle_t port, uint64_t key)
{
	const zx_handle_t irq = irq_new();

	T_OK(zx_interrupt_bind(irq, port, key, ZX_INTERRUPT_BIND));
	return irq;
}

static bool untriggered(zx_handle_t irq)
{
	zx_signals_t seen = 0;

	zx_object_wait_one(irq, ZX_USER_SIGNAL_0, 0, &seen);
	return (seen & UNTRIGGERED) != 0;
}

static void expect_packet(zx_handle_t port, uint64_t key, int64_t timestamp)
{
	zx_port_packet_t p;

	memset(&p, 0xee, sizeof(p));
	T_OK(zx_port_wait(port, 0, &p));
	cr_assert_eq(p.key, key);
	cr_assert_eq(p.type, ZX_PKT_TYPE_INTERRUPT);
	cr_assert_eq(p.status, ZX_OK);
	cr_assert_eq(p.interrupt.timestamp, timestamp, "timestamp %lld",
		     (long long)p.interrupt.timestamp);
	cr_assert(p.interrupt.reserved0 == 0 && p.interrupt.reserved1 == 0 &&
		  p.interrupt.reserved2 == 0);
}

static void expect_no_packet(zx_handle_t port)
{
	zx_port_packet_t p;

	T_ZX(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
}

/* spec: clients A.12 create #1-4; clients A.12 signal #1; clients A.2 #5 */
Test(call_interrupt, create__options_and_resources__statuses)
{
	const zx_handle_t root = dev_root();
	const zx_handle_t irqs = dev_resource(root, ZX_RSRC_KIND_IRQ, 10, 2);
	const struct {
		const char *name;
		zx_handle_t src;
		uint32_t num, options;
		zx_status_t want;
	} rows[] = {
		{"virtual", ZX_HANDLE_INVALID, 3, ZX_INTERRUPT_VIRTUAL, ZX_OK},
		{"virtual, source ignored", t_vmo(PG), 3, ZX_INTERRUPT_VIRTUAL, ZX_OK},
		{"virtual, monotonic", 0, 0, ZX_INTERRUPT_VIRTUAL | ZX_INTERRUPT_TIMESTAMP_MONO,
		 ZX_OK},
		{"virtual, remapped", 0, 0, ZX_INTERRUPT_VIRTUAL | ZX_INTERRUPT_REMAP_IRQ,
		 ZX_ERR_INVALID_ARGS},
		{"virtual, edge", 0, 0, ZX_INTERRUPT_VIRTUAL | ZX_INTERRUPT_MODE_EDGE_LOW,
		 ZX_ERR_INVALID_ARGS},
		{"virtual, wake", 0, 0, ZX_INTERRUPT_VIRTUAL | ZX_INTERRUPT_WAKE_VECTOR,
		 ZX_ERR_INVALID_ARGS},
		{"no source", ZX_HANDLE_INVALID, 10, 0, ZX_ERR_BAD_HANDLE},
		{"no resource", t_vmo(PG), 10, 0, ZX_ERR_WRONG_TYPE},
		{"another kind", dev_resource(root, ZX_RSRC_KIND_MMIO, 10, 2), 10, 0,
		 ZX_ERR_WRONG_TYPE},
		{"not covered", irqs, 12, 0, ZX_ERR_OUT_OF_RANGE},
		{"covered", irqs, 11, 0, ZX_ERR_NOT_SUPPORTED},
		{"root", root, 11, 0, ZX_ERR_NOT_SUPPORTED},
	};

	T_EACH (rows, r) {
		zx_handle_t h = ZX_HANDLE_INVALID;

		T_ZX_ROW(r->name, zx_interrupt_create(r->src, r->num, r->options, &h), r->want);
		cr_assert_eq(h != ZX_HANDLE_INVALID, r->want == ZX_OK);
		if (r->want == ZX_OK) {
			zx_info_interrupt_t info = {.options = 77};

			cr_assert_eq(t_rights(h), ZX_RIGHT_TRANSFER | ZX_RIGHT_DUPLICATE |
							  ZX_RIGHT_WAIT | ZX_RIGHT_INSPECT |
							  ZX_RIGHT_READ | ZX_RIGHT_WRITE |
							  ZX_RIGHT_SIGNAL);
			T_OK(zx_object_get_info(h, ZX_INFO_INTERRUPT, &info, sizeof(info), NULL,
						NULL));
			cr_assert_eq(info.options, r->options);
			cr_assert(untriggered(h));
		}
	}
	T_ZX(zx_interrupt_create(0, 0, ZX_INTERRUPT_VIRTUAL, NULL), ZX_ERR_INVALID_ARGS);
}

/* spec: clients A.12 bind #1-4; clients A.12 trigger #1 #2; clients A.12 wait #1; clients A.12 ack #1 #2; */ /* spec: clients A.12 destroy #1; abi 9.19 #1-6 */
Test(call_interrupt, calls__handle_type_rights_options__in_order)
{
	const zx_handle_t port = port_new(), plain_irq = irq_new(), vmo = t_vmo(PG);
	zx_handle_t plain, weak, weak_port;
	const zx_rights_t all = t_rights(plain_irq);

	T_OK(zx_port_create(0, &plain));
	T_ZX(zx_interrupt_bind(0, 0, 1, 2), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_interrupt_bind(0, port, 1, 0), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_interrupt_bind(vmo, port, 1, 0), ZX_ERR_WRONG_TYPE);
	weak = vmo_dup(plain_irq, all & ~ZX_RIGHT_READ);
	T_ZX(zx_interrupt_bind(weak, vmo, 1, 0), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_interrupt_bind(plain_irq, 0, 1, 0), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_interrupt_bind(plain_irq, vmo, 1, 0), ZX_ERR_WRONG_TYPE);
	weak_port = vmo_dup(plain, t_rights(plain) & ~ZX_RIGHT_WRITE);
	T_ZX(zx_interrupt_bind(plain_irq, weak_port, 1, 0), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_interrupt_bind(plain_irq, plain, 1, 0), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_interrupt_bind(plain_irq, plain, 1, 1), ZX_ERR_WRONG_TYPE);

	T_ZX(zx_interrupt_trigger(0, 1, 1), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_interrupt_trigger(0, 0, 1), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_interrupt_trigger(vmo, 0, 1), ZX_ERR_WRONG_TYPE);
	weak = vmo_dup(plain_irq, all & ~ZX_RIGHT_SIGNAL);
	T_ZX(zx_interrupt_trigger(weak, 0, 1), ZX_ERR_ACCESS_DENIED);

	T_ZX(zx_interrupt_wait(0, NULL), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_interrupt_wait(vmo, NULL), ZX_ERR_WRONG_TYPE);
	weak = vmo_dup(plain_irq, all & ~ZX_RIGHT_WAIT);
	T_ZX(zx_interrupt_wait(weak, NULL), ZX_ERR_ACCESS_DENIED);

	T_ZX(zx_interrupt_ack(0), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_interrupt_ack(vmo), ZX_ERR_WRONG_TYPE);
	weak = vmo_dup(plain_irq, all & ~ZX_RIGHT_WRITE);
	T_ZX(zx_interrupt_ack(weak), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_interrupt_ack(plain_irq), ZX_ERR_BAD_STATE);

	T_ZX(zx_interrupt_destroy(0), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_interrupt_destroy(vmo), ZX_ERR_WRONG_TYPE);
	T_OK(zx_interrupt_destroy(vmo_dup(plain_irq, 0)));
}

/* spec: abi 9.19 #1 #2; clients A.12 wait #5; clients A.12 state #1 #3 #4; clients A.12 signal #2 #4 */
Test(call_interrupt, unbound__triggers_before_waits__the_first_timestamp_is_kept)
{
	const zx_handle_t irq = irq_new();
	zx_time_t t = 0;

	T_OK(zx_interrupt_trigger(irq, 0, 11));
	cr_assert_not(untriggered(irq));
	T_OK(zx_interrupt_trigger(irq, 0, 12));
	T_OK(zx_interrupt_wait(irq, &t));
	cr_assert_eq(t, 11);
	cr_assert_not(untriggered(irq));        /* returning what was there is no new round */
	T_OK(zx_interrupt_trigger(irq, 0, 13)); /* needs an acknowledgement: the next wait is it */
	T_OK(zx_interrupt_wait(irq, NULL));
	T_OK(zx_interrupt_trigger(irq, 0, 14));
	T_ZX(zx_interrupt_wait(irq, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
}

struct waiter {
	pthread_t thread;
	zx_handle_t irq;
	zx_status_t status;
	zx_time_t timestamp;
};

static void *wait_on(void *arg)
{
	struct waiter *w = arg;

	w->status = zx_interrupt_wait(w->irq, &w->timestamp);
	return NULL;
}

/* Returns with the thread waiting: it needs an acknowledgement first, and giving one asserts the signal. */
static void waiting(struct waiter *w, zx_handle_t irq)
{
	T_OK(zx_interrupt_trigger(irq, 0, 1));
	T_OK(zx_interrupt_wait(irq, NULL));
	cr_assert_not(untriggered(irq));
	w->irq = irq;
	w->timestamp = -1;
	cr_assert_eq(pthread_create(&w->thread, NULL, wait_on, w), 0);
	while (!untriggered(irq))
		usleep(500);
}

/* spec: abi 9.19 #2; clients A.12 bind #6; clients A.12 wait #4; clients A.12 state #2; clients A.12 signal #3 */
Test(call_interrupt, waiting__triggered__wakes_with_the_timestamp, .timeout = 20)
{
	const zx_handle_t irq = irq_new();
	struct waiter w;

	waiting(&w, irq);
	T_ZX(zx_interrupt_wait(irq, NULL), ZX_ERR_BAD_STATE);
	T_ZX(zx_interrupt_bind(irq, port_new(), 0, ZX_INTERRUPT_BIND), ZX_ERR_BAD_STATE);
	T_OK(zx_interrupt_trigger(irq, 0, 55));
	pthread_join(w.thread, NULL);
	T_OK(w.status);
	cr_assert_eq(w.timestamp, 55);
	cr_assert_not(untriggered(irq));
}

/* spec: abi 9.19 #6; clients A.12 wait #3 */
Test(call_interrupt, waiting__destroyed_or_closed__canceled, .timeout = 20)
{
	for (int closed = 0; closed < 2; closed++) {
		const zx_handle_t irq = irq_new();
		struct waiter w;

		waiting(&w, irq);
		if (closed)
			t_close(irq);
		else
			T_OK(zx_interrupt_destroy(irq));
		pthread_join(w.thread, NULL);
		T_ZX(w.status, ZX_ERR_CANCELED);
		cr_assert_eq(w.timestamp, -1);
	}
}

/* spec: abi 9.19 #3 #4; clients A.12 bind #5 #7-11; clients A.12 wait #2 */
Test(call_interrupt, bind__in_every_state__statuses)
{
	const zx_handle_t port = port_new(), other = port_new(), irq = irq_new();

	T_ZX(zx_interrupt_bind(irq, port, 5, ZX_INTERRUPT_UNBIND), ZX_ERR_NOT_FOUND);
	T_OK(zx_interrupt_bind(irq, port, 5, ZX_INTERRUPT_BIND));
	T_ZX(zx_interrupt_bind(irq, port, 5, ZX_INTERRUPT_BIND), ZX_ERR_ALREADY_BOUND);
	T_ZX(zx_interrupt_bind(irq, other, 5, ZX_INTERRUPT_BIND), ZX_ERR_ALREADY_BOUND);
	T_ZX(zx_interrupt_bind(irq, other, 5, ZX_INTERRUPT_UNBIND), ZX_ERR_NOT_FOUND);
	T_ZX(zx_interrupt_wait(irq, NULL), ZX_ERR_BAD_STATE);
	T_OK(zx_interrupt_trigger(irq, 0, 3));
	T_OK(zx_interrupt_bind(irq, port, 99, ZX_INTERRUPT_UNBIND));
	expect_no_packet(port); /* the queued one went along */
	T_OK(zx_interrupt_bind(irq, other, 6, ZX_INTERRUPT_BIND));
	T_OK(zx_interrupt_ack(irq));
	T_OK(zx_interrupt_trigger(irq, 0, 4));
	expect_packet(other, 6, 4);
	/* Triggered before it is bound: the packet comes at once. */
	const zx_handle_t early = irq_new();

	T_OK(zx_interrupt_trigger(early, 0, 21));
	T_OK(zx_interrupt_trigger(early, 0, 22));
	T_OK(zx_interrupt_bind(early, port, 7, ZX_INTERRUPT_BIND));
	expect_packet(port, 7, 21);
	T_OK(zx_interrupt_ack(early));
	expect_no_packet(port);
	/* Destroyed. */
	const zx_handle_t gone = irq_new();

	T_OK(zx_interrupt_destroy(gone));
	T_ZX(zx_interrupt_bind(gone, port, 1, ZX_INTERRUPT_BIND), ZX_ERR_CANCELED);
	T_ZX(zx_interrupt_bind(gone, port, 1, ZX_INTERRUPT_UNBIND), ZX_ERR_NOT_FOUND);
	const zx_handle_t bound_gone = irq_bound(port, 1);

	T_OK(zx_interrupt_destroy(bound_gone));
	T_ZX(zx_interrupt_bind(bound_gone, port, 1, ZX_INTERRUPT_BIND), ZX_ERR_CANCELED);
	T_ZX(zx_interrupt_bind(bound_gone, port, 1, ZX_INTERRUPT_UNBIND), ZX_ERR_CANCELED);
}

/* spec: abi 9.19 #1 #5; clients A.12 ack #4; clients A.12 state #1 #4 #6 #8; clients A.12 signal #2 #5 */
Test(call_interrupt, bound__one_pending_trigger__delivered_by_the_acknowledgement)
{
	const zx_handle_t port = port_new();
	const zx_handle_t irq = irq_bound(port, 42);
	zx_port_packet_t user = {.key = 1};

	T_OK(zx_interrupt_ack(irq)); /* idle: nothing to do */
	T_OK(zx_port_queue(port, &user));
	T_OK(zx_interrupt_trigger(irq, 0, 100));
	cr_assert_not(untriggered(irq));
	expect_packet(port, 42, 100); /* goes before what was queued earlier */
	T_OK(zx_port_wait(port, 0, &user));
	T_OK(zx_interrupt_trigger(irq, 0, 101));
	T_OK(zx_interrupt_trigger(irq, 0, 102));
	expect_no_packet(port);
	T_OK(zx_interrupt_ack(irq));
	cr_assert_not(untriggered(irq));
	expect_packet(port, 42, 101);
	T_OK(zx_interrupt_ack(irq));
	cr_assert(untriggered(irq));
	expect_no_packet(port);
	/* Not read yet, and the next one waits: nothing can be acknowledged. */
	T_OK(zx_interrupt_trigger(irq, 0, 103));
	T_OK(zx_interrupt_trigger(irq, 0, 104));
	T_ZX(zx_interrupt_ack(irq), ZX_ERR_BAD_STATE);
	expect_packet(port, 42, 103);
	T_OK(zx_interrupt_ack(irq));
	expect_packet(port, 42, 104);
	/* Not read, but none waits: idle again, and the packet still comes. */
	T_OK(zx_interrupt_ack(irq));
	T_OK(zx_interrupt_trigger(irq, 0, 105));
	expect_packet(port, 42, 105);
	/* zx_port_cancel_key takes nothing out of the queue of interrupts. */
	T_OK(zx_interrupt_ack(irq));
	T_OK(zx_interrupt_trigger(irq, 0, 106));
	T_ZX(zx_port_cancel_key(port, 0, 42), ZX_ERR_NOT_FOUND);
	expect_packet(port, 42, 106);
}

/* An acknowledgement may come before anybody reads the packet; what is triggered then finds it there. */
Test(call_interrupt, acknowledged_unread__triggered_again__one_packet_with_the_first_timestamp)
{
	const zx_handle_t port = port_new(), other = port_new();
	const zx_handle_t irq = irq_bound(port, 42), second = irq_bound(port, 43);

	T_OK(zx_interrupt_trigger(irq, 0, 1));
	T_OK(zx_interrupt_trigger(second, 0, 10));
	T_OK(zx_interrupt_ack(irq));
	cr_assert(untriggered(irq));
	T_OK(zx_interrupt_trigger(irq, 0, 2));
	cr_assert_not(untriggered(irq));
	T_OK(zx_interrupt_trigger(irq, 0, 3));
	T_ZX(zx_interrupt_ack(irq), ZX_ERR_BAD_STATE);
	expect_packet(port, 42, 1);
	expect_packet(port, 43, 10);
	expect_no_packet(port);
	T_OK(zx_interrupt_ack(irq));
	expect_packet(port, 42, 3);
	T_OK(zx_interrupt_ack(irq));
	T_OK(zx_interrupt_trigger(irq, 0, 4));
	T_OK(zx_interrupt_ack(irq));
	T_OK(zx_interrupt_trigger(irq, 0, 5));
	T_OK(zx_interrupt_bind(irq, port, 0, ZX_INTERRUPT_UNBIND));
	expect_no_packet(port);
	T_OK(zx_interrupt_bind(irq, other, 44, ZX_INTERRUPT_BIND));
	T_OK(zx_interrupt_trigger(second, 0, 11));
	T_OK(zx_interrupt_ack(second));
	T_OK(zx_interrupt_trigger(second, 0, 12));
	t_close(port);
	t_close(second);
	t_close(irq);
}

/* spec: abi 9.19 #6; clients A.12 trigger #4; clients A.12 wait #3; clients A.12 ack #3; clients A.12 destroy #2 #3; */
/* spec: clients A.12 state #5 #7; clients A.12 signal #7 */
Test(call_interrupt, destroy__in_every_state__not_found_only_with_a_packet_read)
{
	const zx_handle_t port = port_new();
	zx_handle_t irq = irq_new();

	T_OK(zx_interrupt_destroy(irq));
	T_OK(zx_interrupt_destroy(irq));
	cr_assert(untriggered(irq));
	T_ZX(zx_interrupt_trigger(irq, 0, 1), ZX_ERR_CANCELED);
	T_ZX(zx_interrupt_wait(irq, NULL), ZX_ERR_CANCELED);
	T_ZX(zx_interrupt_ack(irq), ZX_ERR_BAD_STATE);
	irq = irq_new();
	T_OK(zx_interrupt_trigger(irq, 0, 1));
	T_OK(zx_interrupt_destroy(irq));
	cr_assert(untriggered(irq));
	T_ZX(zx_interrupt_wait(irq, NULL), ZX_ERR_CANCELED);

	irq = irq_bound(port, 1);
	T_OK(zx_interrupt_destroy(irq));
	T_ZX(zx_interrupt_ack(irq), ZX_ERR_CANCELED);
	T_ZX(zx_interrupt_wait(irq, NULL), ZX_ERR_BAD_STATE);
	T_ZX(zx_interrupt_trigger(irq, 0, 1), ZX_ERR_CANCELED);
	irq = irq_bound(port, 2);
	T_OK(zx_interrupt_trigger(irq, 0, 1));
	T_OK(zx_interrupt_destroy(irq)); /* the packet was still queued, and is gone */
	expect_no_packet(port);
	irq = irq_bound(port, 3);
	T_OK(zx_interrupt_trigger(irq, 0, 1));
	expect_packet(port, 3, 1);
	T_ZX(zx_interrupt_destroy(irq), ZX_ERR_NOT_FOUND);
	T_ZX(zx_interrupt_ack(irq), ZX_ERR_CANCELED);
	T_OK(zx_interrupt_destroy(irq));
	/* Closing is destroying. */
	irq = irq_bound(port, 4);
	T_OK(zx_interrupt_trigger(irq, 0, 1));
	t_close(irq);
	expect_no_packet(port);
	/* The port may go first. */
	irq = irq_bound(port, 5);
	T_OK(zx_interrupt_trigger(irq, 0, 1));
	t_close(port);
	T_OK(zx_interrupt_trigger(irq, 0, 2));
	T_OK(zx_interrupt_ack(irq));
	t_close(irq);
}

/* spec: clients A.12 signal #6 #8 */
Test(call_interrupt, acknowledged_with_one_pending__waiters_of_the_signal_hear_of_it)
{
	const zx_handle_t port = port_new(), watch = ZX_HANDLE_INVALID;
	const zx_handle_t irq = irq_bound(port, 42);
	zx_handle_t other = watch;
	zx_port_packet_t p;

	T_OK(zx_port_create(0, &other));
	T_OK(zx_interrupt_trigger(irq, 0, 1));
	expect_packet(port, 42, 1);
	T_OK(zx_interrupt_trigger(irq, 0, 2));
	T_OK(zx_object_wait_async(irq, other, 9, UNTRIGGERED, 0));
	expect_no_packet(other);
	T_OK(zx_interrupt_ack(irq));
	T_OK(zx_port_wait(other, 0, &p));
	cr_assert(p.key == 9 && (p.signal.observed & UNTRIGGERED) != 0);
	cr_assert_not(untriggered(irq));
	/* User signals are there too, the interrupt's own is not for users. */
	T_OK(zx_object_signal(irq, 0, ZX_USER_SIGNAL_3));
	T_ZX(zx_object_signal(irq, 0, UNTRIGGERED), ZX_ERR_INVALID_ARGS);
}
