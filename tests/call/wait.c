/* zi-test: valgrind */
/* zx_object_wait_one and zx_object_wait_many. */
#include "object_t.h"

/* ---- wait_one without waiting */

/* spec: abi 9.7 wait_one #1 #2 #4 #7 */
Test(call_wait, wait_one__each_row__its_status_and_what_it_writes)
{
	zx_handle_t event = an_event(), bare = without(event, ZX_RIGHT_WAIT), port = a_port();
	const zx_signals_t none = 0xabcdef;
	const struct {
		const char *name;
		zx_handle_t handle;
		zx_signals_t signals;
		zx_time_t deadline;
		zx_status_t want;
		zx_signals_t observed;
	} rows[] = {
		{"stale", a_stale_handle(), SIGNALED, 0, ZX_ERR_BAD_HANDLE, none},
		{"invalid", ZX_HANDLE_INVALID, 0, ZX_TIME_INFINITE, ZX_ERR_BAD_HANDLE, none},
		{"no WAIT", bare, USER0, 0, ZX_ERR_ACCESS_DENIED, none},
		{"port", port, USER0, 0, ZX_ERR_ACCESS_DENIED, none},
		{"root VMAR", zx_vmar_root_self(), USER0, 0, ZX_ERR_ACCESS_DENIED, none},
		{"set, deadline past", event, USER0, 0, ZX_OK, USER0 | SIGNALED},
		{"set, deadline long past", event, USER0, ZX_TIME_INFINITE_PAST, ZX_OK,
		 USER0 | SIGNALED},
		{"set, no deadline", event, USER0, ZX_TIME_INFINITE, ZX_OK, USER0 | SIGNALED},
		{"one of two set", event, USER0 | USER1, 0, ZX_OK, USER0 | SIGNALED},
		{"not set, deadline past", event, USER1, 0, ZX_ERR_TIMED_OUT, USER0 | SIGNALED},
		{"not set, deadline negative", event, USER1, -5, ZX_ERR_TIMED_OUT,
		 USER0 | SIGNALED},
		{"for nothing", event, 0, 0, ZX_ERR_TIMED_OUT, USER0 | SIGNALED},
	};

	T_OK(zx_object_signal(event, 0, USER0 | SIGNALED));
	T_EACH (rows, r) {
		zx_signals_t observed = none;

		T_ZX_ROW(r->name, zx_object_wait_one(r->handle, r->signals, r->deadline, &observed),
			 r->want);
		cr_assert_eq(observed, r->observed, "%s: 0x%x", r->name, observed);
		T_ZX_ROW(r->name, zx_object_wait_one(r->handle, r->signals, r->deadline, NULL),
			 r->want);
	}
	T_ZX(zx_object_wait_one(event, USER0, 0, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_object_wait_one(event, USER1, 0, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_object_wait_one(bare, USER1, 0, t_bad_ptr()), ZX_ERR_ACCESS_DENIED);
	t_close(event);
	t_close(bare);
	t_close(port);
}

Test(call_wait, wait_one__deadline_ahead__timed_out_not_before_it)
{
	zx_handle_t event = an_event();
	static const zx_signals_t masks[] = {0, USER0};

	T_EACH (masks, mask) {
		const zx_time_t deadline = zx_clock_get_monotonic() + ZX_MSEC(20);
		zx_signals_t seen = 77;

		T_ZX(zx_object_wait_one(event, *mask, deadline, &seen), ZX_ERR_TIMED_OUT);
		cr_assert_geq(zx_clock_get_monotonic(), deadline);
		cr_assert_eq(seen, 0);
	}
	t_close(event);
}

/* ---- wait_one that waits */

struct waiting {
	zx_handle_t handle;
	zx_signals_t signals;
	zx_time_t deadline;
	_Atomic zx_handle_t thread;
	zx_status_t status;
	zx_signals_t observed;
};

static void *wait_one(void *arg)
{
	struct waiting *w = arg;

	atomic_store(&w->thread, zx_thread_self());
	w->status = zx_object_wait_one(w->handle, w->signals, w->deadline, &w->observed);
	return NULL;
}

static pthread_t start_waiting(struct waiting *w)
{
	pthread_t t = start(wait_one, w);

	while (atomic_load(&w->thread) == ZX_HANDLE_INVALID)
		sleep_ms(1);
	until_blocked(w->thread, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
	return t;
}

/* spec: abi 9.7 wait_one #5 */
Test(call_wait, wait_one__bit_becomes_set__ok_with_the_state_at_that_moment)
{
	zx_handle_t event = an_event();
	struct waiting w[3] = {
		{.handle = event, .signals = USER0, .deadline = ZX_TIME_INFINITE},
		{.handle = event, .signals = USER0 | USER1, .deadline = FAR},
		{.handle = event, .signals = USER0 | SIGNALED, .deadline = FAR},
	};
	pthread_t t[3];

	for (unsigned i = 0; i < 3; i++)
		t[i] = start_waiting(&w[i]);
	T_OK(zx_object_signal(event, 0, ZX_USER_SIGNAL_7));
	for (unsigned i = 0; i < 3; i++)
		until_blocked(w[i].thread, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
	T_OK(zx_object_signal(event, 0, USER0));
	T_OK(zx_object_signal(event, ZX_USER_SIGNAL_ALL, 0));
	for (unsigned i = 0; i < 3; i++) {
		finish(t[i]);
		T_OK(w[i].status);
		cr_assert_eq(w[i].observed, USER0 | ZX_USER_SIGNAL_7);
	}
	t_close(event);
}

/* spec: abi 9.7 wait_one #6 */
Test(call_wait, wait_one__its_handle_is_closed__canceled_though_others_remain)
{
	for (int replace = 0; replace < 2; replace++) {
		zx_handle_t event = an_event(), other = dup_of(event, SAME);
		struct waiting w = {
			.handle = dup_of(event, SAME), .signals = USER0, .deadline = FAR};
		pthread_t t;

		T_OK(zx_object_signal(event, 0, SIGNALED));
		t = start_waiting(&w);
		t_close(other);
		until_blocked(w.thread, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
		if (replace)
			T_OK(zx_handle_replace(w.handle, SAME, &other));
		else
			t_close(w.handle);
		finish(t);
		T_ZX(w.status, ZX_ERR_CANCELED);
		cr_assert_eq(w.observed, SIGNALED | CLOSED);
		cr_assert_eq(state_of(event), SIGNALED, "the closed bit is no state");
		if (replace)
			t_close(other);
		t_close(event);
	}
}

Test(call_wait, wait_one__for_nothing__ends_by_close_or_deadline_only)
{
	struct waiting w = {.handle = an_event(), .signals = 0, .deadline = FAR};
	zx_handle_t event = dup_of(w.handle, SAME);
	pthread_t t = start_waiting(&w);

	T_OK(zx_object_signal(event, 0, ZX_EVENT_SIGNAL_MASK));
	sleep_ms(5);
	until_blocked(w.thread, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
	t_close(w.handle);
	finish(t);
	T_ZX(w.status, ZX_ERR_CANCELED);
	cr_assert_eq(w.observed, ZX_EVENT_SIGNAL_MASK | CLOSED);
	t_close(event);
}

/* ---- wait_many */

/* spec: abi 9.7 wait_many #1 #2 #3 */
Test(call_wait, wait_many__items_themselves__checked_before_what_they_name)
{
	zx_wait_item_t items[65] = {{.handle = ZX_HANDLE_INVALID}};
	const zx_time_t deadline = zx_clock_get_monotonic() + ZX_MSEC(20);

	T_ZX(zx_object_wait_many(NULL, 0, 0), ZX_ERR_TIMED_OUT);
	T_ZX(zx_object_wait_many(t_bad_ptr(), 0, deadline), ZX_ERR_TIMED_OUT);
	cr_assert_geq(zx_clock_get_monotonic(), deadline);
	T_ZX(zx_object_wait_many(NULL, 65, 0), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_object_wait_many(items, 65, 0), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_object_wait_many(items, SIZE_MAX, 0), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_object_wait_many(NULL, 1, 0), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_object_wait_many(t_bad_ptr(), 64, 0), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_object_wait_many(t_before_guard(sizeof(items[0])), 2, 0), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_object_wait_many(items, 64, 0), ZX_ERR_BAD_HANDLE);
}

/* spec: abi 9.7 wait_many #4 #5 */
Test(call_wait, wait_many__bad_item_at_each_place__its_status_and_items_untouched)
{
	zx_handle_t event = an_event(), bare = without(event, ZX_RIGHT_WAIT),
		    stale = a_stale_handle();

	T_OK(zx_object_signal(event, 0, USER0));
	for (size_t n = 1; n <= 64; n = n < 4 ? n + 1 : n * 4) {
		for (size_t at = 0; at < n; at += n / 3 + 1) {
			zx_wait_item_t items[64], before[64];

			for (size_t i = 0; i < n; i++)
				items[i] = (zx_wait_item_t){event, USER0, 0x77};
			items[at].handle = stale;
			memcpy(before, items, sizeof(before));
			T_ZX(zx_object_wait_many(items, n, 0), ZX_ERR_BAD_HANDLE);
			items[at].handle = before[at].handle = bare;
			T_ZX(zx_object_wait_many(items, n, 0), ZX_ERR_ACCESS_DENIED);
			cr_assert_eq(memcmp(items, before, n * sizeof(items[0])), 0);
			/* The first one in order decides. */
			if (at + 1 < n) {
				items[at + 1].handle = stale;
				T_ZX(zx_object_wait_many(items, n, 0), ZX_ERR_ACCESS_DENIED);
			}
		}
	}
	T_OK(zx_object_signal(event, USER0, 0));
	t_close(event);
	t_close(bare);
}

/* spec: abi 9.7 wait_many #8 #9 */
Test(call_wait, wait_many__polled__pending_of_all_items_and_nothing_else_changes)
{
	zx_handle_t a = an_event(), b = an_event();
	zx_wait_item_t items[] = {{a, USER0, 1}, {b, USER1, 2}, {a, SIGNALED, 3}, {b, 0, 4}};

	T_OK(zx_object_signal(b, 0, USER0));
	T_ZX(zx_object_wait_many(items, 4, 0), ZX_ERR_TIMED_OUT);
	cr_assert(items[0].pending == 0 && items[1].pending == USER0 && items[2].pending == 0 &&
		  items[3].pending == USER0);

	T_OK(zx_object_signal(a, 0, SIGNALED | USER1));
	T_OK(zx_object_wait_many(items, 4, 0));
	cr_assert_eq(items[0].pending, SIGNALED | USER1);
	cr_assert_eq(items[1].pending, USER0);
	cr_assert_eq(items[2].pending, SIGNALED | USER1);
	cr_assert_eq(items[3].pending, USER0);
	cr_assert(items[0].handle == a && items[0].waitfor == USER0 && items[3].handle == b &&
		  items[3].waitfor == 0);
	t_close(a);
	t_close(b);
}

struct many {
	zx_wait_item_t items[64];
	size_t n;
	zx_time_t deadline;
	_Atomic zx_handle_t thread;
	zx_status_t status;
};

static void *wait_many(void *arg)
{
	struct many *m = arg;

	atomic_store(&m->thread, zx_thread_self());
	m->status = zx_object_wait_many(m->items, m->n, m->deadline);
	return NULL;
}

static pthread_t start_many(struct many *m)
{
	pthread_t t = start(wait_many, m);

	while (atomic_load(&m->thread) == ZX_HANDLE_INVALID)
		sleep_ms(1);
	until_blocked(m->thread, ZX_THREAD_STATE_BLOCKED_WAIT_MANY);
	return t;
}

Test(call_wait, wait_many__each_of_64_items_fires__ok_with_its_state_at_that_moment)
{
	for (size_t at = 0; at < 64; at += 9) {
		struct many m = {.n = 64, .deadline = FAR};
		pthread_t t;

		for (size_t i = 0; i < 64; i++)
			m.items[i] = (zx_wait_item_t){an_event(), USER0, 0};
		t = start_many(&m);
		T_OK(zx_object_signal(m.items[at].handle, 0, USER0));
		T_OK(zx_object_signal(m.items[at].handle, USER0, USER1));
		finish(t);
		T_OK(m.status);
		for (size_t i = 0; i < 64; i++) {
			cr_assert_eq(m.items[i].pending, i == at ? USER0 : 0,
				     "item %zu of %zu: 0x%x", i, at, m.items[i].pending);
			t_close(m.items[i].handle);
		}
	}
}

/* spec: abi 9.7 wait_many #7 */
Test(call_wait, wait_many__a_handle_is_closed__canceled_wins_over_ok)
{
	zx_handle_t a = an_event(), b = an_event(), extra = dup_of(b, SAME);
	struct many m = {.items = {{a, USER0, 0}, {b, USER0, 0}, {extra, USER1, 0}},
			 .n = 3,
			 .deadline = FAR};
	pthread_t t = start_many(&m);

	/* Both before the thread can have run, or one after the other: the answer is the same. */
	T_OK(zx_object_signal(b, 0, SIGNALED));
	t_close(extra);
	finish(t);
	T_ZX(m.status, ZX_ERR_CANCELED);
	cr_assert_eq(m.items[0].pending, 0);
	cr_assert_eq(m.items[1].pending, SIGNALED);
	cr_assert_eq(m.items[2].pending, SIGNALED | CLOSED);
	t_close(a);
	t_close(b);
}

Test(call_wait, wait_many__deadline_ahead__timed_out_with_present_states)
{
	zx_handle_t a = an_event();
	zx_wait_item_t items[] = {{a, USER0, 0}, {a, USER0, 0}};
	const zx_time_t deadline = zx_clock_get_monotonic() + ZX_MSEC(20);

	T_OK(zx_object_signal(a, 0, USER1));
	T_ZX(zx_object_wait_many(items, 2, deadline), ZX_ERR_TIMED_OUT);
	cr_assert_geq(zx_clock_get_monotonic(), deadline);
	cr_assert(items[0].pending == USER1 && items[1].pending == USER1);
	t_close(a);
}

/* ---- races */

struct storm {
	_Atomic zx_handle_t event;
	_Atomic bool done;
	_Atomic unsigned strange, ended;
};

static void *wait_always(void *arg)
{
	struct storm *s = arg;

	while (!atomic_load(&s->done)) {
		zx_wait_item_t items[2] = {{atomic_load(&s->event), USER0, 0},
					   {atomic_load(&s->event), USER1, 0}};
		zx_signals_t seen = 0;
		zx_status_t st = zx_object_wait_one(items[0].handle, USER0, FAR, &seen);
		bool fits = st == ZX_ERR_BAD_HANDLE || (st == ZX_OK && (seen & USER0)) ||
			    (st == ZX_ERR_CANCELED && (seen & CLOSED));

		if (!fits)
			atomic_fetch_add(&s->strange, 1);
		st = zx_object_wait_many(items, 2, FAR);
		fits = st == ZX_ERR_BAD_HANDLE || st == ZX_OK ||
		       (st == ZX_ERR_CANCELED && ((items[0].pending | items[1].pending) & CLOSED));
		if (!fits)
			atomic_fetch_add(&s->strange, 1);
		atomic_fetch_add(&s->ended, 1);
	}
	return NULL;
}

Test(call_wait, threads_wait__handle_closed_or_signaled_at_once__every_wait_ends_and_says_why)
{
	struct storm s = {.event = an_event()};
	const unsigned rounds = rounds_of(20000);
	size_t before = open_handles();
	pthread_t t[3];

	for (unsigned i = 0; i < 3; i++)
		t[i] = start(wait_always, &s);
	for (unsigned i = 0; i < rounds; i++) {
		zx_handle_t old = atomic_load(&s.event);

		if (i % 3 == 0)
			T_OK(zx_object_signal(old, 0, i % 2 ? USER0 : USER1));
		if (i % 64 == 0)
			usleep(50);
		atomic_store(&s.event, an_event());
		t_close(old);
	}
	atomic_store(&s.done, true);
	t_close(s.event);
	for (unsigned i = 0; i < 3; i++)
		finish(t[i]);
	cr_assert_eq(s.strange, 0);
	cr_assert_gt(s.ended, 0);
	/* The event went, and each thread's own handle came and went. */
	cr_assert_eq(open_handles(), before - 1);
}
