/* zi-test: valgrind */
/* zx_object_signal, zx_object_signal_peer, and whom a change of state tells. */
#include "object_t.h"

/* ---- zx_object_signal */

/* spec: abi 9.6 signal #1 #2 #4 #5 */
Test(call_object_signal, signal__each_row__its_status)
{
	zx_handle_t event = an_event(), bare = without(event, ZX_RIGHT_SIGNAL), timer = a_timer();
	const struct {
		const char *name;
		zx_handle_t handle;
		uint32_t clear, set;
		zx_status_t want;
		zx_signals_t state; /* of the event afterwards; it starts with USER1 */
	} rows[] = {
		{"stale", a_stale_handle(), 0, SIGNALED, ZX_ERR_BAD_HANDLE, USER1},
		{"invalid", ZX_HANDLE_INVALID, 0, 0, ZX_ERR_BAD_HANDLE, USER1},
		{"stale, bad bit", a_stale_handle(), 1, 1, ZX_ERR_BAD_HANDLE, USER1},
		{"no SIGNAL", bare, 0, SIGNALED, ZX_ERR_ACCESS_DENIED, USER1},
		{"no SIGNAL, bad bit", bare, 0, 1, ZX_ERR_ACCESS_DENIED, USER1},
		{"bad bit to set", event, 0, SIGNALED | 1u << 4, ZX_ERR_INVALID_ARGS, USER1},
		{"bad bit to clear", event, USER1 | 1u << 2, 0, ZX_ERR_INVALID_ARGS, USER1},
		{"closed bit", event, 0, CLOSED, ZX_ERR_INVALID_ARGS, USER1},
		{"signaled on a timer", timer, 0, ZX_TIMER_SIGNALED, ZX_ERR_INVALID_ARGS, USER1},
		{"nothing", event, 0, 0, ZX_OK, USER1},
		{"set", event, 0, SIGNALED | USER0, ZX_OK, SIGNALED | USER0 | USER1},
		{"clear", event, USER1, 0, ZX_OK, 0},
		{"both: ends set", event, USER0 | USER1, USER0, ZX_OK, USER0},
		{"all user bits", event, 0, ZX_USER_SIGNAL_ALL, ZX_OK, ZX_USER_SIGNAL_ALL},
	};

	T_EACH (rows, r) {
		T_OK(zx_object_signal(event, ZX_EVENT_SIGNAL_MASK, USER1));
		T_ZX_ROW(r->name, zx_object_signal(r->handle, r->clear, r->set), r->want);
		cr_assert_eq(state_of(event), r->state, "%s: 0x%x", r->name, state_of(event));
	}
	t_close(event);
	t_close(bare);
	t_close(timer);
}

Test(call_object_signal, signal__every_type__only_the_bits_of_its_kind)
{
	struct one_of all[ONE_OF_EACH];

	one_of_each(all);
	for (unsigned i = 0; i < ONE_OF_EACH; i++) {
		const bool own =
			all[i].type == ZX_OBJ_TYPE_EVENT || all[i].type == ZX_OBJ_TYPE_EVENTPAIR;

		if (!all[i].waitable) {
			T_ZX_ROW(all[i].name, zx_object_signal(all[i].handle, 0, USER0),
				 ZX_ERR_ACCESS_DENIED);
			continue;
		}
		for (unsigned bit = 0; bit < 32; bit++) {
			const bool allowed = bit >= 24 || (own && bit == 3);

			T_ZX_ROW(all[i].name, zx_object_signal(all[i].handle, 0, 1u << bit),
				 allowed ? ZX_OK : ZX_ERR_INVALID_ARGS);
			T_ZX_ROW(all[i].name, zx_object_signal(all[i].handle, 1u << bit, 0),
				 allowed ? ZX_OK : ZX_ERR_INVALID_ARGS);
		}
	}
	close_each(all);
}

/* ---- zx_object_signal_peer */

/* spec: abi 9.6 signal_peer #1 #2 #3 #4 #5 #6 */
Test(call_object_signal, signal_peer__each_row__its_status)
{
	zx_handle_t a, b, event = an_event(), orphan, gone, counter = a_counter();

	a_pair(&a, &b);
	a_pair(&orphan, &gone);
	t_close(gone);
	zx_handle_t bare = without(a, ZX_RIGHT_SIGNAL_PEER);
	const struct {
		const char *name;
		zx_handle_t handle;
		uint32_t clear, set;
		zx_status_t want;
		zx_signals_t state; /* of b afterwards */
	} rows[] = {
		{"stale", gone, 0, SIGNALED, ZX_ERR_BAD_HANDLE, 0},
		{"event: its handles lack the right", event, 0, USER0, ZX_ERR_ACCESS_DENIED, 0},
		{"counter: its handles lack the right", counter, 0, USER0, ZX_ERR_ACCESS_DENIED, 0},
		{"no SIGNAL_PEER", bare, 0, USER0, ZX_ERR_ACCESS_DENIED, 0},
		{"no SIGNAL_PEER, bad bit", bare, 0, 1, ZX_ERR_ACCESS_DENIED, 0},
		{"bad bit", a, 0, USER0 | ZX_EVENTPAIR_PEER_CLOSED, ZX_ERR_INVALID_ARGS, 0},
		{"bad bit to clear", a, 1, 0, ZX_ERR_INVALID_ARGS, 0},
		{"bad bit, peer gone", orphan, 0, 1, ZX_ERR_INVALID_ARGS, 0},
		{"peer gone", orphan, 0, USER0, ZX_ERR_PEER_CLOSED, 0},
		{"peer gone, nothing to do", orphan, 0, 0, ZX_ERR_PEER_CLOSED, 0},
		{"set", a, 0, USER0 | ZX_EVENTPAIR_SIGNALED, ZX_OK, USER0 | ZX_EVENTPAIR_SIGNALED},
		{"clear", a, USER0, 0, ZX_OK, 0},
	};

	T_EACH (rows, r) {
		T_OK(zx_object_signal(b, ZX_USER_SIGNAL_ALL | SIGNALED, 0));
		T_ZX_ROW(r->name, zx_object_signal_peer(r->handle, r->clear, r->set), r->want);
		cr_assert_eq(state_of(b), r->state, "%s: 0x%x", r->name, state_of(b));
		cr_assert_eq(state_of(a), 0, "%s: the caller's own end changed", r->name);
	}
	t_close(a);
	t_close(b);
	t_close(event);
	t_close(orphan);
	t_close(bare);
	t_close(counter);
}

/* ---- who is told: seen through the packets of asynchronous waits */

/* Packets with the key in the port's queue, at most one here; *observed of it. */
static bool told(zx_handle_t port, uint64_t key, zx_signals_t *observed)
{
	zx_port_packet_t p;

	if (zx_port_wait(port, 0, &p) == ZX_ERR_TIMED_OUT)
		return false;
	cr_assert_eq(p.key, key);
	cr_assert_eq(p.type, ZX_PKT_TYPE_SIGNAL_ONE);
	*observed = p.signal.observed;
	return true;
}

/* spec: abi 9.6 notify #1 */
Test(call_object_signal, state__bit_set_again_or_cleared__nobody_is_told)
{
	zx_handle_t event = an_event(), port = a_port();
	zx_signals_t seen = 0;

	T_OK(zx_object_signal(event, 0, USER0));
	T_OK(zx_object_wait_async(event, port, 1, USER0 | USER1, ZX_WAIT_ASYNC_EDGE));
	T_OK(zx_object_signal(event, 0, USER0));
	T_OK(zx_object_signal(event, USER0, USER0));
	T_OK(zx_object_signal(event, USER0, 0));
	cr_assert_not(told(port, 1, &seen));
	T_OK(zx_object_signal(event, 0, USER0));
	cr_assert(told(port, 1, &seen));
	cr_assert_eq(seen, USER0);
	t_close(event);
	t_close(port);
}

/* spec: abi 9.6 notify #2 */
Test(call_object_signal, edge_wait__another_bit_becomes_active__told_of_the_old_one)
{
	zx_handle_t event = an_event(), port = a_port();
	zx_signals_t seen = 0;

	T_OK(zx_object_signal(event, 0, USER0));
	T_OK(zx_object_wait_async(event, port, 1, USER0, ZX_WAIT_ASYNC_EDGE));
	cr_assert_not(told(port, 1, &seen));
	T_OK(zx_object_signal(event, 0, USER1));
	cr_assert(told(port, 1, &seen));
	cr_assert_eq(seen, USER0 | USER1);
	/* Once. */
	T_OK(zx_object_signal(event, USER1, SIGNALED));
	cr_assert_not(told(port, 1, &seen));
	t_close(event);
	t_close(port);
}

/* spec: abi 9.6 notify #3 */
Test(call_object_signal, clock_update__strobe__seen_once_and_not_kept)
{
	zx_handle_t clock = a_clock(ZX_CLOCK_OPT_AUTO_START), port = a_port();
	const uint64_t options =
		ZX_CLOCK_ARGS_VERSION(1) | ZX_CLOCK_UPDATE_OPTION_ERROR_BOUND_VALID;
	const zx_clock_update_args_v1_t args = {.error_bound = 5};
	zx_signals_t seen = 0;

	T_OK(zx_object_wait_async(clock, port, 1, ZX_CLOCK_UPDATED, 0));
	cr_assert_not(told(port, 1, &seen));
	T_OK(zx_clock_update(clock, options, &args));
	cr_assert(told(port, 1, &seen));
	cr_assert_eq(seen, ZX_CLOCK_STARTED | ZX_CLOCK_UPDATED);
	cr_assert_eq(state_of(clock), ZX_CLOCK_STARTED);
	/* An edge waiter of another bit that is set hears of a strobe as well. */
	T_OK(zx_object_wait_async(clock, port, 2, ZX_CLOCK_STARTED, ZX_WAIT_ASYNC_EDGE));
	T_OK(zx_clock_update(clock, options, &args));
	cr_assert(told(port, 2, &seen));
	t_close(clock);
	t_close(port);
}

Test(call_object_signal, all_waiters__one_change__every_one_that_matches_is_told)
{
	zx_handle_t event = an_event(), port = a_port();
	zx_port_packet_t p;

	for (uint64_t key = 0; key < 40; key++)
		T_OK(zx_object_wait_async(event, port, key, key % 2 ? USER0 : USER1, 0));
	T_OK(zx_object_signal(event, 0, USER0));
	for (uint64_t key = 1; key < 40; key += 2) {
		T_OK(zx_port_wait(port, 0, &p));
		cr_assert_eq(p.key, key);
		cr_assert_eq(p.signal.observed, USER0);
		cr_assert_eq(p.signal.trigger, USER0);
	}
	T_ZX(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
	t_close(event);
	t_close(port);
}
