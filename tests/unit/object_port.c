/* zi-test: valgrind helgrind */
/* Packets of the kernel in ports: those of pagers and interrupts. */
#include "object_fake.h"

#include <sched.h>

#include "object/port.h"

/*
 * What a pager would do: a packet that is queued again and again, inside something with references.
 */
struct request {
	struct zi_port_packet packet;
	_Atomic unsigned refs;
	_Atomic unsigned taken, dropped;
	struct zi_port *queue_again;
};

static void hold(struct zi_port_packet *p)
{
	atomic_fetch_add(&ZI_CONTAINER(p, struct request, packet)->refs, 1);
}

static void taken(struct zi_port_packet *p, bool port_closed)
{
	struct request *r = ZI_CONTAINER(p, struct request, packet);

	atomic_fetch_add(port_closed ? &r->dropped : &r->taken, 1);
	if (r->queue_again != NULL && !port_closed)
		zi_port_queue_kernel(r->queue_again, p, false);
	atomic_fetch_sub(&r->refs, 1);
}

static const struct zi_port_packet_ops request_ops = {.hold = hold, .taken = taken};

static struct request request(uint64_t key, zx_packet_type_t type)
{
	return (struct request){
		.packet = {.ops = &request_ops, .packet = {.key = key, .type = type}}};
}

static struct zi_port *port;
static zx_handle_t handle;

static void setup_with(uint32_t options)
{
	port = zi_port_new(options);
	cr_assert_not_null(port);
	T_OK(zi_handle_add(zi_port_object(port), ZX_DEFAULT_PORT_RIGHTS, &handle));
}

static void setup(void)
{
	setup_with(0);
}

static void teardown(void)
{
	zi_handle_close(handle);
	zi_object_unref(zi_port_object(port));
	cr_assert_eq(zi_object_live(), 0);
}

TestSuite(object_port, .init = setup, .fini = teardown);

static uint64_t next(void)
{
	zx_port_packet_t p;

	T_OK(zi_port_wait(port, 0, &p));
	return p.key;
}

static void expect_empty(void)
{
	zx_port_packet_t p;

	T_ZX(zi_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
}

Test(object_port, queue_kernel__with_others__in_order_and_its_maker_is_told)
{
	struct request a = request(1, ZX_PKT_TYPE_PAGE_REQUEST),
		       b = request(3, ZX_PKT_TYPE_PAGE_REQUEST);
	zx_port_packet_t user = {.key = 2};

	cr_assert(zi_port_queue_kernel(port, &a.packet, false));
	T_OK(zi_port_queue_user(port, &user));
	cr_assert(zi_port_queue_kernel(port, &b.packet, false));
	cr_assert_eq(next(), 1);
	cr_assert(a.taken == 1 && a.refs == 0);
	cr_assert_eq(next(), 2);
	cr_assert_eq(b.taken, 0);
	cr_assert_eq(next(), 3);
	cr_assert_eq(b.taken, 1);
	expect_empty();
	/* It can be queued again at once. */
	cr_assert(zi_port_queue_kernel(port, &a.packet, false));
	cr_assert_eq(next(), 1);
	cr_assert_eq(a.taken, 2);
}

Test(object_port, taken__queues_its_packet_again__delivered_again)
{
	struct request r = request(9, ZX_PKT_TYPE_PAGE_REQUEST);

	r.queue_again = port;
	cr_assert(zi_port_queue_kernel(port, &r.packet, false));
	for (unsigned i = 1; i < 10; i++) {
		cr_assert_eq(next(), 9);
		cr_assert_eq(r.taken, i);
	}
	r.queue_again = NULL;
	cr_assert_eq(next(), 9);
	expect_empty();
}

Test(object_port, cancel_kernel__queued_or_not__true_once_and_nobody_is_told)
{
	struct request r = request(1, ZX_PKT_TYPE_PAGE_REQUEST);

	cr_assert_not(zi_port_cancel_kernel(port, &r.packet));
	cr_assert(zi_port_queue_kernel(port, &r.packet, false));
	cr_assert(zi_port_cancel_kernel(port, &r.packet));
	cr_assert_not(zi_port_cancel_kernel(port, &r.packet));
	expect_empty();
	cr_assert(r.taken == 0 && r.dropped == 0 && r.refs == 0);
	cr_assert(zi_port_queue_kernel(port, &r.packet, false));
	cr_assert_eq(next(), 1);
	cr_assert_not(zi_port_cancel_kernel(port, &r.packet));
}

Test(object_port, queue_kernel__port_full_of_user_packets__no_limit_and_no_count)
{
	struct request r[10];
	zx_port_packet_t user = {.key = 100};
	zx_status_t st;
	unsigned n = 0;

	for (unsigned i = 0; i < 10; i++) {
		r[i] = request(i, ZX_PKT_TYPE_PAGE_REQUEST);
		cr_assert(zi_port_queue_kernel(port, &r[i].packet, false));
	}
	do {
		st = zi_port_queue_user(port, &user);
		n += st == ZX_OK;
	} while (st == ZX_OK);
	T_ZX(st, ZX_ERR_SHOULD_WAIT);
	cr_assert_eq(n, 4097);
	cr_assert_eq(next(), 0);
	T_ZX(zi_port_queue_user(port, &user), ZX_ERR_SHOULD_WAIT);
	cr_assert(zi_port_queue_kernel(port, &r[0].packet, false));
	for (unsigned i = 0; i < 10; i++)
		cr_assert(zi_port_cancel_kernel(port, &r[i].packet));
}

Test(object_port, interrupts__queued_after_others__come_first)
{
	struct request irq = request(7, ZX_PKT_TYPE_INTERRUPT),
		       second = request(8, ZX_PKT_TYPE_INTERRUPT);
	zx_port_packet_t user = {.key = 1};

	teardown();
	setup_with(ZX_PORT_BIND_TO_INTERRUPT);
	cr_assert(zi_port_takes_interrupts(port));
	T_OK(zi_port_queue_user(port, &user));
	cr_assert(zi_port_queue_kernel(port, &irq.packet, true));
	cr_assert(zi_port_queue_kernel(port, &second.packet, true));
	/* Another queue: keys do not reach it. */
	T_ZX(zi_port_cancel_key(port, 7), ZX_ERR_NOT_FOUND);
	cr_assert_eq(next(), 7);
	cr_assert(zi_port_cancel_kernel(port, &second.packet));
	cr_assert_eq(next(), 1);
	expect_empty();
}

Test(object_port, cancel_key__kernel_packet_with_that_key__stays)
{
	struct request r = request(5, ZX_PKT_TYPE_PAGE_REQUEST);

	cr_assert(zi_port_queue_kernel(port, &r.packet, false));
	T_ZX(zi_port_cancel_key(port, 5), ZX_ERR_NOT_FOUND);
	cr_assert_eq(next(), 5);
}

Test(object_port, port_closes__kernel_packets_queued__dropped_and_no_more_accepted)
{
	struct request r[3];

	for (unsigned i = 0; i < 3; i++) {
		r[i] = request(i, ZX_PKT_TYPE_PAGE_REQUEST);
		r[i].queue_again = port;
		cr_assert(zi_port_queue_kernel(port, &r[i].packet, i == 2));
	}
	T_OK(zi_handle_close(handle));
	for (unsigned i = 0; i < 3; i++) {
		cr_assert(r[i].dropped == 1 && r[i].taken == 0 && r[i].refs == 0);
		cr_assert_not(zi_port_queue_kernel(port, &r[i].packet, false));
	}
	T_ZX(zi_port_queue_user(port, &(zx_port_packet_t){0}), ZX_ERR_BAD_HANDLE);
	expect_empty();
}

/* ---- threads */

static struct {
	struct request requests[8];
	_Atomic bool done;
	_Atomic unsigned delivered, canceled, strange;
} busy;

static void *queue_and_cancel(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;
	struct request *mine = &busy.requests[(uintptr_t)arg * 4];

	for (unsigned i = rounds_of(20000); i-- > 0;) {
		struct request *r = &mine[t_below(&seed, 4)];
		unsigned before = r->taken;

		if (!zi_port_queue_kernel(port, &r->packet, false))
			atomic_fetch_add(&busy.strange, 1);
		if (t_below(&seed, 2) == 0 && zi_port_cancel_kernel(port, &r->packet)) {
			atomic_fetch_add(&busy.canceled, 1);
			continue;
		}
		/* Not cancelled: it will be taken, exactly once. */
		while (r->taken == before)
			sched_yield();
		if (r->taken != before + 1)
			atomic_fetch_add(&busy.strange, 1);
	}
	return NULL;
}

static void *deliver(void *arg)
{
	zx_port_packet_t p;

	(void)arg;
	while (!atomic_load(&busy.done)) {
		if (zi_port_wait(port, 0, &p) == ZX_OK)
			atomic_fetch_add(&busy.delivered, 1);
		else
			sched_yield(); /* under Valgrind one thread runs at a time */
	}
	return NULL;
}

Test(object_port, threads__queue_cancel_take__each_packet_taken_or_cancelled_once)
{
	pthread_t takers[2], makers[2];

	for (unsigned i = 0; i < 8; i++)
		busy.requests[i] = request(i, ZX_PKT_TYPE_PAGE_REQUEST);
	for (uintptr_t i = 0; i < 2; i++) {
		makers[i] = start(queue_and_cancel, (void *)i);
		takers[i] = start(deliver, NULL);
	}
	finish(makers[0]);
	finish(makers[1]);
	atomic_store(&busy.done, true);
	finish(takers[0]);
	finish(takers[1]);
	cr_assert_eq(busy.strange, 0);
	cr_assert_eq(busy.delivered + busy.canceled, 2 * rounds_of(20000));
	for (unsigned i = 0; i < 8; i++)
		cr_assert_eq(busy.requests[i].refs, 0);
}
