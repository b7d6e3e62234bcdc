/* zi-test: valgrind */
/* ZX_VMO_ZERO_CHILDREN. */
#include <pthread.h>

#include "vmo_t.h"

static const uint32_t all_types[] = {SNAPSHOT, ON_WRITE, MODIFIED, SLICE, REFERENCE};

/* spec: vmo 8 #1 #2 #3 */
Test(call_vmo_zero_children, children__made_and_closed__signal_follows_the_count)
{
	T_EACH (all_types, type) {
		zx_handle_t p = t_vmo(PG);

		cr_assert(vmo_zero_children(p));
		zx_handle_t a = vmo_whole_child(p, *type);
		cr_assert_not(vmo_zero_children(p));
		cr_assert(vmo_zero_children(a)); /* children begin without any */
		zx_handle_t b = vmo_whole_child(p, *type);
		t_close(a);
		cr_assert_not(vmo_zero_children(p));
		t_close(b);
		cr_assert(vmo_zero_children(p));
		a = vmo_whole_child(p, *type);
		cr_assert_not(vmo_zero_children(p));
		t_close(a);
		cr_assert(vmo_zero_children(p));
		t_close(p);
	}
}

/* spec: vmo 8 #4 */ /* spec: vmo 17.1 #12 */
Test(call_vmo_zero_children, chain__middle_closed__only_the_last_one_signals)
{
	T_EACH (snapshot_types, type) {
		zx_handle_t p = t_vmo(PG);
		zx_handle_t c = vmo_child(p, *type, 0, PG), g = vmo_child(c, SLICE, 0, PG);

		t_close(c);
		cr_assert_not(vmo_zero_children(p));
		t_close(g);
		cr_assert(vmo_zero_children(p));
		t_close(p);
	}
}

/* spec: vmo 8 #6 */
Test(call_vmo_zero_children, mapped_child__closed__signals_at_the_unmap)
{
	T_EACH (all_types, type) {
		zx_handle_t p = t_vmo(PG);
		zx_handle_t c = vmo_whole_child(p, *type);
		void *map = t_map(c, 0, PG);

		t_close(c);
		cr_assert_not(vmo_zero_children(p));
		t_unmap(map, PG);
		cr_assert(vmo_zero_children(p)); /* synchronously, in the unmapping thread */
		t_close(p);
	}
}

/* spec: vmo 8 #2 */
Test(call_vmo_zero_children, create__with_a_bad_out__signal_comes_back)
{
	zx_handle_t p = t_vmo(PG), port = ZX_HANDLE_INVALID;
	zx_port_packet_t packet;

	T_OK(zx_port_create(0, &port));
	T_OK(zx_object_wait_async(p, port, 1, ZX_VMO_ZERO_CHILDREN, ZX_WAIT_ASYNC_EDGE));
	T_ZX(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
	T_ZX(zx_vmo_create_child(p, SNAPSHOT, 0, PG, NULL), ZX_ERR_INVALID_ARGS);
	cr_assert(vmo_zero_children(p));
	/* It was away for a moment. */
	T_OK(zx_port_wait(port, 0, &packet));
	cr_assert_eq(packet.key, 1);
	cr_assert(packet.signal.observed & ZX_VMO_ZERO_CHILDREN);
}

/* spec: vmo 8 #7 */
Test(call_vmo_zero_children, signal__by_the_user__refused)
{
	zx_handle_t p = t_vmo(PG);

	T_ZX(zx_object_signal(p, ZX_VMO_ZERO_CHILDREN, 0), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_object_signal(p, 0, ZX_VMO_ZERO_CHILDREN), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_object_signal(p, 0, ZX_VMO_ZERO_CHILDREN | ZX_USER_SIGNAL_1), ZX_ERR_INVALID_ARGS);
	cr_assert(vmo_zero_children(p));
	T_OK(zx_object_signal(p, 0, ZX_USER_SIGNAL_1));
	T_OK(zx_object_signal(p, ZX_USER_SIGNAL_1, 0));
	cr_assert(vmo_zero_children(p));
}

/* A level: what holds at the registration fires at once; an edge needs a change. */
Test(call_vmo_zero_children, wait_async__level_and_edge__as_for_any_signal)
{
	zx_handle_t p = t_vmo(PG), port = ZX_HANDLE_INVALID;
	zx_port_packet_t packet;

	T_OK(zx_port_create(0, &port));
	T_OK(zx_object_wait_async(p, port, 7, ZX_VMO_ZERO_CHILDREN, 0));
	T_OK(zx_port_wait(port, 0, &packet));
	cr_assert_eq(packet.key, 7);
	cr_assert_eq(packet.type, ZX_PKT_TYPE_SIGNAL_ONE);
	zx_handle_t c = vmo_child(p, SNAPSHOT, 0, PG);
	T_OK(zx_object_wait_async(p, port, 8, ZX_VMO_ZERO_CHILDREN, 0));
	T_OK(zx_object_wait_async(p, port, 9, ZX_VMO_ZERO_CHILDREN, ZX_WAIT_ASYNC_EDGE));
	T_ZX(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
	t_close(c);
	uint64_t keys = 0;
	for (unsigned i = 0; i < 2; i++) {
		T_OK(zx_port_wait(port, 0, &packet));
		keys += packet.key;
	}
	cr_assert_eq(keys, 17);
	T_OK(zx_object_wait_async(p, port, 10, ZX_VMO_ZERO_CHILDREN, ZX_WAIT_ASYNC_EDGE));
	T_ZX(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
}

static zx_handle_t the_child;

static void *close_later(void *arg)
{
	zx_nanosleep(zx_deadline_after(ZX_MSEC(20)));
	t_close(the_child);
	return arg;
}

static void *unmap_later(void *map)
{
	zx_nanosleep(zx_deadline_after(ZX_MSEC(20)));
	t_unmap(map, PG);
	return NULL;
}

Test(call_vmo_zero_children, waiter__blocked__woken_by_close_and_by_unmap, .timeout = 20)
{
	zx_handle_t p = t_vmo(PG);
	zx_signals_t observed = 0;
	pthread_t thread;

	the_child = vmo_child(p, SNAPSHOT, 0, PG);
	cr_assert_eq(pthread_create(&thread, NULL, close_later, NULL), 0);
	T_OK(zx_object_wait_one(p, ZX_VMO_ZERO_CHILDREN, ZX_TIME_INFINITE, &observed));
	cr_assert(observed & ZX_VMO_ZERO_CHILDREN);
	pthread_join(thread, NULL);

	the_child = vmo_child(p, SLICE, 0, PG);
	void *map = t_map(the_child, 0, PG);
	t_close(the_child);
	cr_assert_eq(pthread_create(&thread, NULL, unmap_later, map), 0);
	T_OK(zx_object_wait_one(p, ZX_VMO_ZERO_CHILDREN, ZX_TIME_INFINITE, &observed));
	pthread_join(thread, NULL);
}

static void *make_and_close(void *arg)
{
	const zx_handle_t p = *(zx_handle_t *)arg;

	for (unsigned i = 0; i < 300; i++) {
		zx_handle_t c = vmo_whole_child(p, all_types[i % 5]);

		cr_assert_not(vmo_zero_children(p), "a child of ours lives");
		t_close(c);
	}
	return NULL;
}

Test(call_vmo_zero_children, creators_and_closers__race__signal_right_at_the_end, .timeout = 60)
{
	pthread_t threads[4];
	zx_handle_t p = t_vmo(PG);

	T_EACH (threads, t)
		cr_assert_eq(pthread_create(t, NULL, make_and_close, &p), 0);
	T_EACH (threads, t)
		pthread_join(*t, NULL);
	cr_assert(vmo_zero_children(p));
	cr_assert_eq(vmo_info(p).num_children, 0);
}
