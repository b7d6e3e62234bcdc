/* zi-test: valgrind */
/* zx_object_wait_async, zx_port_cancel, zx_port_cancel_key. */
#include "object_t.h"

#define TIMESTAMP ZX_WAIT_ASYNC_TIMESTAMP
#define EDGE ZX_WAIT_ASYNC_EDGE
#define BOOT ZX_WAIT_ASYNC_BOOT_TIMESTAMP

static bool next(zx_handle_t port, zx_port_packet_t *p)
{
	zx_status_t st = zx_port_wait(port, 0, p);

	cr_assert(st == ZX_OK || st == ZX_ERR_TIMED_OUT);
	return st == ZX_OK;
}

static void expect(zx_handle_t port, uint64_t key, zx_signals_t observed)
{
	zx_port_packet_t p;

	cr_assert(next(port, &p), "no packet, key %" PRIu64 " is missing", key);
	cr_assert_eq(p.key, key, "key %" PRIu64 " instead of %" PRIu64, p.key, key);
	cr_assert_eq(p.type, ZX_PKT_TYPE_SIGNAL_ONE);
	cr_assert_eq(p.signal.observed, observed, "0x%x", p.signal.observed);
}

static void expect_empty(zx_handle_t port)
{
	zx_port_packet_t p;

	cr_assert_not(next(port, &p), "a packet with key %" PRIu64, p.key);
}

static void queue_user(zx_handle_t port, uint64_t key)
{
	zx_port_packet_t p;

	memset(&p, 0, sizeof(p));
	p.key = key;
	T_OK(zx_port_queue(port, &p));
}

/* ---- wait_async: checks */

/* spec: abi 9.8 wait_async #1 #2 #3 #4 #5 #6 #7 */
Test(call_port_async, wait_async__each_row__first_of_the_order)
{
	zx_handle_t port = a_port(), event = an_event(), stale = a_stale_handle();
	zx_handle_t no_write = without(port, ZX_RIGHT_WRITE),
		    no_wait = without(event, ZX_RIGHT_WAIT);
	zx_handle_t bare = dup_of(event, 0);
	const struct {
		const char *name;
		zx_handle_t handle, port;
		uint32_t options;
		zx_status_t want;
	} rows[] = {
		{"unknown option", stale, stale, 8, ZX_ERR_INVALID_ARGS},
		{"unknown option among known", stale, stale, 0x80000000 | EDGE,
		 ZX_ERR_INVALID_ARGS},
		{"both timestamps", stale, stale, TIMESTAMP | BOOT, ZX_ERR_INVALID_ARGS},
		{"both timestamps and edge", stale, stale, TIMESTAMP | BOOT | EDGE,
		 ZX_ERR_INVALID_ARGS},
		{"stale port", event, stale, 0, ZX_ERR_BAD_HANDLE},
		{"port is an event", stale, event, 0, ZX_ERR_WRONG_TYPE},
		{"port is an event without rights", stale, bare, 0, ZX_ERR_WRONG_TYPE},
		{"port without WRITE", stale, no_write, 0, ZX_ERR_ACCESS_DENIED},
		{"stale handle", stale, port, 0, ZX_ERR_BAD_HANDLE},
		{"handle without WAIT", no_wait, port, 0, ZX_ERR_ACCESS_DENIED},
		{"a port cannot be waited for", port, port, 0, ZX_ERR_ACCESS_DENIED},
		{"good", event, port, 0, ZX_OK},
		{"good, edge and boot time", event, port, EDGE | BOOT, ZX_OK},
	};

	T_EACH (rows, r) {
		T_ZX_ROW(r->name, zx_object_wait_async(r->handle, r->port, 5, USER0, r->options),
			 r->want);
	}
	T_OK(zx_object_signal(event, 0, USER0));
	expect(port, 5, USER0);
	expect(port, 5, USER0);
	expect_empty(port);
	t_close(port);
	t_close(event);
	t_close(no_write);
	t_close(no_wait);
	t_close(bare);
}

/* ---- wait_async: what happens */

/* spec: abi 9.8 wait_async #10 */
Test(call_port_async, wait_async__each_kind__one_packet_with_these_fields)
{
	static const uint32_t options[] = {0, TIMESTAMP, BOOT, EDGE, EDGE | TIMESTAMP, EDGE | BOOT};
	zx_handle_t port = a_port();

	T_EACH (options, o) {
		for (int set_before = 0; set_before < 2; set_before++) {
			zx_handle_t event = an_event();
			zx_time_t mono = zx_clock_get_monotonic(), boot = zx_clock_get_boot();
			zx_port_packet_t p;

			if (set_before)
				T_OK(zx_object_signal(event, 0, USER0 | SIGNALED));
			T_OK(zx_object_wait_async(event, port, 0xfeedfacecafebeef, USER0 | USER1,
						  *o));
			if (!set_before || (*o & EDGE)) {
				expect_empty(port);
				T_OK(zx_object_signal(event, USER0, SIGNALED));
				T_OK(zx_object_signal(event, 0, USER0 | SIGNALED));
			}
			cr_assert(next(port, &p));
			cr_assert_eq(p.key, 0xfeedfacecafebeef);
			cr_assert_eq(p.type, ZX_PKT_TYPE_SIGNAL_ONE);
			cr_assert_eq(p.status, ZX_OK);
			cr_assert_eq(p.signal.trigger, USER0 | USER1);
			cr_assert_eq(p.signal.observed, USER0 | SIGNALED);
			cr_assert_eq(p.signal.count, 1);
			cr_assert_eq(p.signal.reserved1, 0);
			if (*o & TIMESTAMP)
				cr_assert(p.signal.timestamp >= mono &&
					  p.signal.timestamp <= zx_clock_get_monotonic());
			else if (*o & BOOT)
				cr_assert(p.signal.timestamp >= boot &&
					  p.signal.timestamp <= zx_clock_get_boot());
			else
				cr_assert_eq(p.signal.timestamp, 0);
			/* Once only. */
			T_OK(zx_object_signal(event, USER0, USER1));
			T_OK(zx_object_signal(event, USER1, USER0));
			expect_empty(port);
			t_close(event);
		}
	}
	t_close(port);
}

Test(call_port_async, wait_async__its_handle_closes__the_wait_is_gone_and_a_queued_packet_stays)
{
	zx_handle_t port = a_port(), event = an_event(), way = dup_of(event, SAME),
		    other = dup_of(event, SAME);

	T_OK(zx_object_wait_async(way, port, 1, USER0, 0));
	T_OK(zx_object_wait_async(way, port, 2, USER1, 0));
	T_OK(zx_object_wait_async(event, port, 3, USER1, 0));
	T_OK(zx_object_signal(event, 0, USER0));
	t_close(other);
	t_close(way);
	T_OK(zx_object_signal(event, 0, USER1));
	expect(port, 1, USER0);
	expect(port, 3, USER0 | USER1);
	expect_empty(port);

	T_OK(zx_object_wait_async(event, port, 4, SIGNALED, 0));
	T_OK(zx_handle_replace(event, SAME, &event));
	T_OK(zx_object_signal(event, 0, SIGNALED));
	expect_empty(port);
	t_close(event);
	t_close(port);
}

Test(call_port_async, wait_async__port_closes__its_waits_vanish)
{
	zx_handle_t port = a_port(), copy = dup_of(port, 0), event = an_event();

	for (uint64_t key = 0; key < 50; key++)
		T_OK(zx_object_wait_async(event, port, key, USER0, 0));
	T_OK(zx_object_wait_async(event, port, 50, SIGNALED, EDGE));
	t_close(port);
	T_OK(zx_object_signal(event, 0, SIGNALED));
	t_close(copy);
	T_OK(zx_object_signal(event, 0, USER0));
	t_close(event);
}

/* ---- port_cancel */

/* spec: abi 9.8 port_cancel #1 #2 #3 #5 */
Test(call_port_async, cancel__each_row__first_of_the_order)
{
	zx_handle_t port = a_port(), event = an_event(), stale = a_stale_handle();
	zx_handle_t no_write = without(port, ZX_RIGHT_WRITE),
		    no_wait = without(event, ZX_RIGHT_WAIT);
	const struct {
		const char *name;
		zx_handle_t port, source;
		zx_status_t want;
	} rows[] = {
		{"stale port", stale, event, ZX_ERR_BAD_HANDLE},
		{"port is an event", event, stale, ZX_ERR_WRONG_TYPE},
		{"port without WRITE", no_write, stale, ZX_ERR_ACCESS_DENIED},
		{"stale source", port, stale, ZX_ERR_BAD_HANDLE},
		{"source without WAIT", port, no_wait, ZX_ERR_ACCESS_DENIED},
		{"source is a port", port, port, ZX_ERR_ACCESS_DENIED},
		{"nothing there", port, event, ZX_ERR_NOT_FOUND},
	};

	T_EACH (rows, r) {
		T_ZX_ROW(r->name, zx_port_cancel(r->port, r->source, 1), r->want);
	}
	t_close(port);
	t_close(event);
	t_close(no_write);
	t_close(no_wait);
}

/* spec: abi 9.8 port_cancel #6 */
Test(call_port_async, cancel__waits_and_packets__exactly_those_of_handle_port_and_key)
{
	zx_handle_t port = a_port(), other_port = a_port();
	zx_handle_t event = an_event(), way = dup_of(event, SAME), other = an_event();

	T_OK(zx_object_wait_async(event, port, 1, USER0, 0));
	T_OK(zx_object_wait_async(event, port, 1, USER1, 0));
	T_OK(zx_object_wait_async(event, port, 2, USER0, 0));
	T_OK(zx_object_wait_async(way, port, 1, USER0, 0));
	T_OK(zx_object_wait_async(event, other_port, 1, USER0, 0));
	T_OK(zx_object_wait_async(other, port, 1, USER0, 0));
	queue_user(port, 1);
	T_OK(zx_object_signal(other, 0, USER0));
	/* One wait has fired, one has not: both go. */
	T_OK(zx_object_wait_async(event, port, 1, SIGNALED, 0));
	T_OK(zx_object_signal(event, 0, SIGNALED));
	T_OK(zx_port_cancel(port, event, 1));
	T_ZX(zx_port_cancel(port, event, 1), ZX_ERR_NOT_FOUND);
	T_ZX(zx_port_cancel(port, event, 3), ZX_ERR_NOT_FOUND);
	T_ZX(zx_port_cancel(other_port, way, 1), ZX_ERR_NOT_FOUND);

	T_OK(zx_object_signal(event, 0, USER0 | USER1));
	zx_port_packet_t p;

	cr_assert(next(port, &p) && p.type == ZX_PKT_TYPE_USER && p.key == 1);
	expect(port, 1, USER0);
	expect(port, 2, USER0 | USER1 | SIGNALED);
	expect(port, 1, USER0 | USER1 | SIGNALED);
	expect_empty(port);
	expect(other_port, 1, USER0 | USER1 | SIGNALED);
	expect_empty(other_port);

	/* A packet that is queued, with its wait long gone. */
	T_OK(zx_object_wait_async(event, port, 9, USER0, 0));
	T_OK(zx_port_cancel(port, event, 9));
	expect_empty(port);
	t_close(port);
	t_close(other_port);
	t_close(event);
	t_close(way);
	t_close(other);
}

/* ---- port_cancel_key */

/* spec: abi 9.8 port_cancel_key #1 #2 #3 */
Test(call_port_async, cancel_key__each_row__first_of_the_order)
{
	zx_handle_t port = a_port(), event = an_event(), no_write = without(port, ZX_RIGHT_WRITE);
	const struct {
		const char *name;
		zx_handle_t port;
		uint32_t options;
		zx_status_t want;
	} rows[] = {
		{"options", a_stale_handle(), 1, ZX_ERR_INVALID_ARGS},
		{"high option", port, 1u << 31, ZX_ERR_INVALID_ARGS},
		{"stale", a_stale_handle(), 0, ZX_ERR_BAD_HANDLE},
		{"event", event, 0, ZX_ERR_WRONG_TYPE},
		{"without WRITE", no_write, 0, ZX_ERR_ACCESS_DENIED},
		{"nothing there", port, 0, ZX_ERR_NOT_FOUND},
	};

	T_EACH (rows, r) {
		T_ZX_ROW(r->name, zx_port_cancel_key(r->port, r->options, 1), r->want);
	}
	t_close(port);
	t_close(event);
	t_close(no_write);
}

/* spec: abi 9.8 port_cancel_key #4 */
Test(call_port_async, cancel_key__waits_and_packets_of_all_sources__only_those_with_the_key)
{
	zx_handle_t port = a_port(), other_port = a_port(), events[60];

	for (unsigned i = 0; i < 60; i++) {
		events[i] = an_event();
		T_OK(zx_object_wait_async(events[i], port, i % 2, USER0, 0));
		T_OK(zx_object_wait_async(events[i], port, i % 2, USER1, 0));
		T_OK(zx_object_wait_async(events[i], other_port, 1, USER0, 0));
		queue_user(port, i % 2);
	}
	for (unsigned i = 0; i < 60; i += 3)
		T_OK(zx_object_signal(events[i], 0, USER1));
	T_OK(zx_port_cancel_key(port, 0, 1));
	T_ZX(zx_port_cancel_key(port, 0, 1), ZX_ERR_NOT_FOUND);

	unsigned users = 0, signals = 0;
	zx_port_packet_t p;

	for (unsigned i = 0; i < 60; i++)
		T_OK(zx_object_signal(events[i], 0, USER0));
	while (next(port, &p)) {
		cr_assert_eq(p.key, 0);
		users += p.type == ZX_PKT_TYPE_USER;
		signals += p.type == ZX_PKT_TYPE_SIGNAL_ONE;
	}
	cr_assert_eq(users, 30);
	cr_assert_eq(signals, 40, "30 by user 0, 10 by user 1: %u", signals);
	for (unsigned i = 0; i < 60; i++) {
		expect(other_port, 1, state_of(events[i]));
		t_close(events[i]);
	}
	t_close(port);
	t_close(other_port);
}

/* ---- races */

struct storm {
	_Atomic zx_handle_t port, event;
	_Atomic bool done;
	_Atomic unsigned strange, packets;
};

static bool fine(zx_status_t st, zx_status_t also)
{
	return st == ZX_OK || st == also || st == ZX_ERR_BAD_HANDLE;
}

static void *use_all(void *arg)
{
	struct storm *s = arg;
	unsigned i = 0;

	while (!atomic_load(&s->done)) {
		zx_handle_t event = atomic_load(&s->event), port = atomic_load(&s->port);
		zx_port_packet_t p;
		bool good = true;

		good &= fine(zx_object_wait_async(event, port, i % 4, USER0, i % 2 ? EDGE : 0),
			     ZX_OK);
		good &= fine(zx_object_signal(event, USER0, i % 3 ? USER0 : USER1), ZX_OK);
		if (i % 5 == 0)
			good &= fine(zx_port_cancel(port, event, i % 4), ZX_ERR_NOT_FOUND);
		if (i % 7 == 0)
			good &= fine(zx_port_cancel_key(port, 0, i % 4), ZX_ERR_NOT_FOUND);
		zx_status_t st = zx_port_wait(port, 0, &p);

		good &= fine(st, ZX_ERR_TIMED_OUT);
		if (st == ZX_OK) {
			good &= p.type == ZX_PKT_TYPE_SIGNAL_ONE && p.key < 4 &&
				(p.signal.observed & USER0);
			atomic_fetch_add(&s->packets, 1);
		}
		if (!good)
			atomic_fetch_add(&s->strange, 1);
		i++;
	}
	return NULL;
}

Test(call_port_async,
     threads_wait_signal_cancel__ports_and_events_come_and_go__nothing_strange_is_left)
{
	const unsigned rounds = rounds_of(20000);
	size_t before = open_handles();
	struct storm s = {.port = a_port(), .event = an_event()};
	pthread_t t[3];

	for (unsigned i = 0; i < 3; i++)
		t[i] = start(use_all, &s);
	for (unsigned i = 0; i < rounds; i++) {
		_Atomic zx_handle_t *which = i % 2 ? &s.port : &s.event;
		zx_handle_t old = atomic_exchange(which, i % 2 ? a_port() : an_event());

		if (i % 16 == 0)
			usleep(20);
		t_close(old);
	}
	atomic_store(&s.done, true);
	for (unsigned i = 0; i < 3; i++)
		finish(t[i]);
	t_close(s.port);
	t_close(s.event);
	cr_assert_eq(s.strange, 0);
	cr_assert_gt(s.packets, 0);
	cr_assert_eq(open_handles(), before);
}
