/* zi-test: valgrind helgrind */
/*
 * zx_port_*: queueing and waiting for packets, limits, order. Asynchronous waits are in
 * port_async.c.
 */
#include "object_t.h"

#define LIMIT 4097 /* user packets that fit */

static zx_port_packet_t user_packet(uint64_t key)
{
	zx_port_packet_t p;

	memset(&p, 0, sizeof(p));
	p.key = key;
	p.type = 0x12345678;
	p.status = -77;
	for (unsigned i = 0; i < 4; i++)
		p.user.u64[i] = key * 1000 + i;
	return p;
}

static void expect_user(zx_handle_t port, uint64_t key)
{
	zx_port_packet_t p, want = user_packet(key);

	want.type = ZX_PKT_TYPE_USER;
	memset(&p, 0x5a, sizeof(p));
	T_OK(zx_port_wait(port, 0, &p));
	cr_assert_eq(memcmp(&p, &want, sizeof(p)), 0, "packet %" PRIu64 " instead of %" PRIu64,
		     p.key, key);
}

static void expect_empty(zx_handle_t port)
{
	zx_port_packet_t p;

	T_ZX(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
}

/* ---- create */

/* spec: abi 9.8 port_create #1 #3 */
Test(call_port, create__options__0_or_bind_to_interrupt)
{
	size_t before = open_handles();

	for (unsigned bit = 0; bit < 32; bit++) {
		zx_handle_t h = 77;

		T_ZX(zx_port_create(1u << bit, &h), bit == 0 ? ZX_OK : ZX_ERR_INVALID_ARGS);
		if (bit != 0) {
			cr_assert_eq(h, 77);
			T_ZX(zx_port_create(1u << bit | ZX_PORT_BIND_TO_INTERRUPT, &h),
			     ZX_ERR_INVALID_ARGS);
			continue;
		}
		cr_assert_eq(t_rights(h), ZX_DEFAULT_PORT_RIGHTS);
		t_close(h);
	}
	T_ZX(zx_port_create(0, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_port_create(0, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(open_handles(), before);
}

Test(call_port, port__as_an_object__cannot_be_signaled_or_waited_for)
{
	zx_handle_t port = a_port();

	T_ZX(zx_object_signal(port, 0, USER0), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_object_wait_one(port, USER0, 0, NULL), ZX_ERR_ACCESS_DENIED);
	cr_assert_eq(basic(port).related_koid, 0);
	t_close(port);
}

/* ---- queue and wait */

/* spec: abi 9.8 port_queue #1 #2; abi 9.8 port_wait #1 #4 */
Test(call_port, queue_and_wait__bad_handles_and_pointers__first_of_the_order)
{
	zx_handle_t port = a_port(), event = an_event();
	zx_handle_t no_read = without(port, ZX_RIGHT_READ),
		    no_write = without(port, ZX_RIGHT_WRITE);
	zx_port_packet_t p = user_packet(1);
	const struct {
		const char *name;
		zx_handle_t handle;
		zx_status_t queue, wait;
	} rows[] = {
		{"stale", a_stale_handle(), ZX_ERR_BAD_HANDLE, ZX_ERR_BAD_HANDLE},
		{"invalid", ZX_HANDLE_INVALID, ZX_ERR_BAD_HANDLE, ZX_ERR_BAD_HANDLE},
		{"event", event, ZX_ERR_WRONG_TYPE, ZX_ERR_WRONG_TYPE},
		{"no READ", no_read, ZX_OK, ZX_ERR_ACCESS_DENIED},
		{"no WRITE", no_write, ZX_ERR_ACCESS_DENIED, ZX_OK},
	};

	T_EACH (rows, r) {
		T_ZX_ROW(r->name, zx_port_queue(r->handle, &p), r->queue);
		/* The handle comes first. */
		if (r->queue != ZX_OK)
			T_ZX_ROW(r->name, zx_port_queue(r->handle, NULL), r->queue);
	}
	T_EACH (rows, r) {
		T_ZX_ROW(r->name, zx_port_wait(r->handle, 0, &p), r->wait);
	}
	T_ZX(zx_port_queue(port, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_port_queue(port, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_port_queue(port, (void *)((char *)t_before_guard(40))), ZX_ERR_INVALID_ARGS);
	expect_empty(port);

	/* A packet that cannot be delivered is lost. */
	for (uint64_t key = 1; key <= 4; key++) {
		p = user_packet(key);
		T_OK(zx_port_queue(port, &p));
	}
	T_ZX(zx_port_wait(port, 0, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_port_wait(port, 0, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_port_wait(port, 0, t_before_guard(40)), ZX_ERR_INVALID_ARGS);
	expect_user(port, 4);
	T_ZX(zx_port_wait(port, 0, NULL), ZX_ERR_TIMED_OUT);
	t_close(port);
	t_close(event);
	t_close(no_read);
	t_close(no_write);
}

/* spec: abi 9.8 port_queue #6; abi 9.8 port_wait #2 #3 */
Test(call_port, wait__packets_there__in_order_and_unchanged_with_any_deadline)
{
	static const zx_time_t deadlines[] = {0, -1, ZX_TIME_INFINITE_PAST, 1, ZX_TIME_INFINITE};
	zx_handle_t port = a_port();

	T_EACH (deadlines, deadline) {
		zx_port_packet_t p;

		for (uint64_t key = 0; key < 3; key++) {
			p = user_packet(key);
			T_OK(zx_port_queue(port, &p));
		}
		for (uint64_t key = 0; key < 3; key++) {
			T_OK(zx_port_wait(port, *deadline, &p));
			cr_assert(p.key == key && p.type == ZX_PKT_TYPE_USER && p.status == -77 &&
				  p.user.u64[3] == key * 1000 + 3);
		}
		expect_empty(port);
	}
	zx_port_packet_t untouched = user_packet(9), copy = untouched;
	const zx_time_t soon = zx_clock_get_monotonic() + ZX_MSEC(10);

	T_ZX(zx_port_wait(port, soon, &untouched), ZX_ERR_TIMED_OUT);
	cr_assert_geq(zx_clock_get_monotonic(), soon);
	cr_assert_eq(memcmp(&untouched, &copy, sizeof(copy)), 0);
	t_close(port);
}

/* spec: abi 9.8 port_queue #5 */
Test(call_port, queue__limit_reached__should_wait_until_one_is_taken)
{
	zx_handle_t port = a_port(), event = an_event();
	zx_port_packet_t p;

	for (uint64_t key = 0; key < LIMIT; key++) {
		p = user_packet(key);
		if (zx_port_queue(port, &p) != ZX_OK)
			cr_assert_fail("packet %" PRIu64 " does not fit", key);
	}
	p = user_packet(1);
	T_ZX(zx_port_queue(port, &p), ZX_ERR_SHOULD_WAIT);
	T_ZX(zx_port_queue(port, NULL), ZX_ERR_INVALID_ARGS);
	/* Packets of waits are not limited. */
	T_OK(zx_object_signal(event, 0, USER0));
	T_OK(zx_object_wait_async(event, port, LIMIT, USER0, 0));
	T_ZX(zx_port_queue(port, &p), ZX_ERR_SHOULD_WAIT);
	expect_user(port, 0);
	p = user_packet(LIMIT + 1);
	T_OK(zx_port_queue(port, &p));
	T_ZX(zx_port_queue(port, &p), ZX_ERR_SHOULD_WAIT);
	for (uint64_t key = 1; key < LIMIT; key++)
		expect_user(port, key);
	T_OK(zx_port_wait(port, 0, &p));
	cr_assert(p.key == LIMIT && p.type == ZX_PKT_TYPE_SIGNAL_ONE);
	expect_user(port, LIMIT + 1);
	expect_empty(port);
	t_close(port);
	t_close(event);
}

Test(call_port, packets_queued__last_handle_closes__all_are_gone)
{
	zx_handle_t port = a_port(), copy = dup_of(port, 0);
	zx_port_packet_t p = user_packet(1);

	for (unsigned i = 0; i < 100; i++)
		T_OK(zx_port_queue(port, &p));
	t_close(copy);
	expect_user(port, 1);
	t_close(port);
	T_ZX(zx_port_wait(port, 0, &p), ZX_ERR_BAD_HANDLE);
}

/* ---- threads that wait */

struct taking {
	zx_handle_t port;
	zx_time_t deadline;
	_Atomic zx_handle_t thread;
	zx_status_t status;
	zx_port_packet_t packet;
};

static void *take(void *arg)
{
	struct taking *t = arg;

	atomic_store(&t->thread, zx_thread_self());
	t->status = zx_port_wait(t->port, t->deadline, &t->packet);
	return NULL;
}

static pthread_t start_taking(struct taking *taking)
{
	pthread_t t = start(take, taking);

	while (atomic_load(&taking->thread) == ZX_HANDLE_INVALID)
		sleep_ms(1);
	until_blocked(taking->thread, ZX_THREAD_STATE_BLOCKED_PORT);
	return t;
}

Test(call_port, wait__several_threads_sleep__one_packet_wakes_one)
{
	zx_handle_t port = a_port();
	struct taking takers[4] = {{.port = port, .deadline = FAR},
				   {.port = port, .deadline = FAR},
				   {.port = port, .deadline = FAR},
				   {.port = port, .deadline = FAR}};
	pthread_t t[4];
	uint64_t keys = 0;

	for (unsigned i = 0; i < 4; i++)
		t[i] = start_taking(&takers[i]);
	sleep_ms(5);
	for (uint64_t key = 0; key < 4; key++) {
		zx_port_packet_t p = user_packet(key);

		T_OK(zx_port_queue(port, &p));
	}
	for (unsigned i = 0; i < 4; i++) {
		finish(t[i]);
		T_OK(takers[i].status);
		keys |= 1u << takers[i].packet.key;
	}
	cr_assert_eq(keys, 15, "every packet went to one thread");
	expect_empty(port);
	t_close(port);
}

Test(call_port, wait__port_closed_meanwhile__ends_at_the_deadline)
{
	struct taking taking = {.port = a_port(),
				.deadline = zx_clock_get_monotonic() + ZX_MSEC(150)};
	pthread_t t = start_taking(&taking);

	t_close(taking.port);
	finish(t);
	T_ZX(taking.status, ZX_ERR_TIMED_OUT);
	cr_assert_geq(zx_clock_get_monotonic(), taking.deadline);
}

struct traffic {
	zx_handle_t port;
	unsigned each; /* packets of a producer */
	_Atomic unsigned left;
	_Atomic uint64_t sum;
	_Atomic unsigned strange;
};

static void *produce(void *arg)
{
	struct traffic *t = arg;

	for (unsigned i = 1; i <= t->each; i++) {
		zx_port_packet_t p = user_packet(i);
		zx_status_t st;

		while ((st = zx_port_queue(t->port, &p)) == ZX_ERR_SHOULD_WAIT)
			usleep(50);
		if (st != ZX_OK)
			atomic_fetch_add(&t->strange, 1);
	}
	return NULL;
}

static void *consume(void *arg)
{
	struct traffic *t = arg;
	zx_port_packet_t p;

	for (;;) {
		unsigned left = atomic_load(&t->left);

		do {
			if (left == 0)
				return NULL;
		} while (!atomic_compare_exchange_weak(&t->left, &left, left - 1));
		if (zx_port_wait(t->port, FAR, &p) != ZX_OK || p.user.u64[1] != p.key * 1000 + 1)
			atomic_fetch_add(&t->strange, 1);
		else
			atomic_fetch_add(&t->sum, p.key);
	}
}

Test(call_port, many_threads__queue_and_wait__every_packet_arrives_once)
{
	const unsigned each = rounds_of(20000);
	struct traffic traffic = {.port = a_port(), .each = each, .left = 3 * each};
	pthread_t producers[3], consumers[3];

	for (unsigned i = 0; i < 3; i++) {
		producers[i] = start(produce, &traffic);
		consumers[i] = start(consume, &traffic);
	}
	for (unsigned i = 0; i < 3; i++) {
		finish(producers[i]);
		finish(consumers[i]);
	}
	cr_assert_eq(traffic.strange, 0);
	cr_assert_eq(traffic.sum, 3 * (uint64_t)each * (each + 1) / 2);
	expect_empty(traffic.port);
	t_close(traffic.port);
}

static void *echo(void *arg)
{
	zx_handle_t *ports = arg;
	zx_port_packet_t p;

	do {
		if (zx_port_wait(ports[0], FAR, &p) != ZX_OK ||
		    zx_port_queue(ports[1], &p) != ZX_OK)
			return NULL;
	} while (p.key != 0);
	return NULL;
}

Test(call_port, round_trips__two_threads__each_gets_what_the_other_sent)
{
	zx_handle_t ports[2] = {a_port(), a_port()};
	pthread_t t = start(echo, ports);

	for (uint64_t key = rounds_of(5000); key-- > 0;) {
		zx_port_packet_t p = user_packet(key);

		T_OK(zx_port_queue(ports[0], &p));
		T_OK(zx_port_wait(ports[1], FAR, &p));
		cr_assert_eq(p.key, key);
	}
	finish(t);
	t_close(ports[0]);
	t_close(ports[1]);
}
