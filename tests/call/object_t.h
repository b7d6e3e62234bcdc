/*
 * What the tests of the calls on handles and objects share: objects of every kind, and values that
 * are no handles. No test logic.
 */
#ifndef OBJECT_T_H
#define OBJECT_T_H

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/clock.h>

#include "t.h"

#define UNUSED_OK static inline __attribute__((unused))

#define SIGNALED ZX_EVENT_SIGNALED
#define CLOSED ZX_SIGNAL_HANDLE_CLOSED
#define USER0 ZX_USER_SIGNAL_0
#define USER1 ZX_USER_SIGNAL_1
#define SAME ZX_RIGHT_SAME_RIGHTS

/* A deadline that no test reaches unless something is wrong. */
#define FAR (zx_clock_get_monotonic() + ZX_SEC(20))

/* ---- objects */

UNUSED_OK zx_handle_t an_event(void)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_event_create(0, &h));
	return h;
}

UNUSED_OK zx_handle_t a_port(void)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_port_create(0, &h));
	return h;
}

UNUSED_OK zx_handle_t a_timer(void)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_timer_create(ZX_TIMER_SLACK_CENTER, ZX_CLOCK_MONOTONIC, &h));
	return h;
}

UNUSED_OK zx_handle_t a_clock(uint64_t options)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_clock_create(options, NULL, &h));
	return h;
}

UNUSED_OK zx_handle_t a_counter(void)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_counter_create(0, &h));
	return h;
}

UNUSED_OK zx_handle_t a_job(zx_handle_t parent)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_job_create(parent, 0, &h));
	return h;
}

UNUSED_OK void a_pair(zx_handle_t *a, zx_handle_t *b)
{
	T_OK(zx_eventpair_create(0, a, b));
}

UNUSED_OK zx_handle_t a_process(zx_handle_t job, zx_handle_t *vmar)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_process_create(job, "second", 6, 0, &h, vmar));
	return h;
}

UNUSED_OK zx_handle_t dup_of(zx_handle_t handle, zx_rights_t rights)
{
	zx_handle_t out = ZX_HANDLE_INVALID;

	T_OK(zx_handle_duplicate(handle, rights, &out));
	return out;
}

UNUSED_OK zx_handle_t without(zx_handle_t handle, zx_rights_t missing)
{
	return dup_of(handle, t_rights(handle) & ~missing);
}

/* A value that was a handle until now. */
UNUSED_OK zx_handle_t a_stale_handle(void)
{
	zx_handle_t h = an_event();

	t_close(h);
	return h;
}

/* One object of each type that calls here make; `made`: close it. */
struct one_of {
	const char *name;
	zx_obj_type_t type;
	zx_rights_t rights;
	bool waitable;
	bool named;
	zx_handle_t handle;
	bool made;
};

#define ONE_OF_EACH 12

UNUSED_OK void one_of_each(struct one_of all[ONE_OF_EACH])
{
	zx_handle_t a, b;

	a_pair(&a, &b);
	const struct one_of objects[ONE_OF_EACH] = {
		{"event", ZX_OBJ_TYPE_EVENT, 0xd003, true, false, an_event(), true},
		{"eventpair", ZX_OBJ_TYPE_EVENTPAIR, 0xf003, true, false, a, true},
		{"other eventpair", ZX_OBJ_TYPE_EVENTPAIR, 0xf003, true, false, b, true},
		{"port", ZX_OBJ_TYPE_PORT, 0x800f, false, false, a_port(), true},
		{"timer", ZX_OBJ_TYPE_TIMER, 0xd00b, true, false, a_timer(), true},
		{"clock", ZX_OBJ_TYPE_CLOCK, 0xd00f, true, false, a_clock(0), true},
		{"counter", ZX_OBJ_TYPE_COUNTER, 0xd00f, true, false, a_counter(), true},
		{"job", ZX_OBJ_TYPE_JOB, 0x7dfcf, true, true, zx_job_default(), false},
		{"process", ZX_OBJ_TYPE_PROCESS, 0x6d3cf, true, true, zx_process_self(), false},
		{"thread", ZX_OBJ_TYPE_THREAD, 0x4d2cf, true, true, zx_thread_self(), false},
		{"vmo", ZX_OBJ_TYPE_VMO, 0xd0ef, true, true, t_vmo(T_PAGE), true},
		{"vmar", ZX_OBJ_TYPE_VMAR, 0x20801f, false, false, zx_vmar_root_self(), false},
	};

	memcpy(all, objects, sizeof(objects));
}

UNUSED_OK void close_each(struct one_of all[ONE_OF_EACH])
{
	for (unsigned i = 0; i < ONE_OF_EACH; i++) {
		if (all[i].made)
			t_close(all[i].handle);
	}
}

/* ---- questions */

UNUSED_OK zx_info_handle_basic_t basic(zx_handle_t h)
{
	zx_info_handle_basic_t info;

	T_OK(zx_object_get_info(h, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
	return info;
}

UNUSED_OK uint32_t handle_count(zx_handle_t h)
{
	zx_info_handle_count_t info;

	T_OK(zx_object_get_info(h, ZX_INFO_HANDLE_COUNT, &info, sizeof(info), NULL, NULL));
	return info.handle_count;
}

/* Present state, by a wait that does not wait. */
UNUSED_OK zx_signals_t state_of(zx_handle_t h)
{
	zx_signals_t state = 0;

	T_ZX(zx_object_wait_one(h, 0, 0, &state), ZX_ERR_TIMED_OUT);
	return state;
}

/* Handles that this process has open. */
UNUSED_OK size_t open_handles(void)
{
	size_t n = 0;

	T_OK(zx_object_get_info(zx_process_self(), ZX_INFO_HANDLE_TABLE, NULL, 0, NULL, &n));
	return n;
}

/* ---- threads */

/* Rounds of a loop that takes n natively: fewer where everything takes longer. */
UNUSED_OK unsigned rounds_of(unsigned n)
{
	return t_has("native") ? n : t_has("no-valgrind") ? n / 10 : n / 200;
}

UNUSED_OK pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	cr_assert_eq(pthread_create(&t, NULL, fn, arg), 0);
	return t;
}

UNUSED_OK void finish(pthread_t t)
{
	cr_assert_eq(pthread_join(t, NULL), 0);
}

UNUSED_OK void sleep_ms(unsigned ms)
{
	usleep(ms * 1000);
}

/*
 * Waits until the thread whose handle is given sleeps in a wait of the library: no test needs to
 * guess how long another thread takes to get there.
 */
UNUSED_OK void until_blocked(zx_handle_t thread, zx_thread_state_t state)
{
	for (unsigned i = 0; i < 20000; i++) {
		zx_info_thread_t info;

		T_OK(zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL));
		if (info.state == state)
			return;
		usleep(500);
	}
	cr_assert_fail("the thread does not come to state 0x%x", state);
}

#endif
