/*
 * What the tests of fork and of exit share: a child process with a time limit, checks that work in it, where Criterion's do not, and
 * threads that keep the library busy or wait in it. No test logic.
 */
#ifndef CHILD_T_H
#define CHILD_T_H

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pager_t.h"

/* Ends the child with the line's number on stderr. */
#define C_CHECK(cond)                                                                 \
	do {                                                                          \
		if (!(cond)) {                                                        \
			dprintf(2, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			_exit(99);                                                    \
		}                                                                     \
	} while (0)
#define C_OK(expr)                                                                 \
	do {                                                                       \
		const zx_status_t c_st = (expr);                                   \
		if (c_st != ZX_OK) {                                               \
			dprintf(2, "%s:%d: %s is %s\n", __FILE__, __LINE__, #expr, \
				zx_status_get_string(c_st));                       \
			_exit(99);                                                 \
		}                                                                  \
	} while (0)

enum { CHILD_LIMIT_S = 20 };

/* The wait status of a child that runs `fn`, and exits with 0 when that returns. A child that hangs is ended by SIGALRM. */
PG_OK int child_status(void (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		alarm(CHILD_LIMIT_S);
		fn();
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

#define CHILD_EXITS(row, fn, code)                                                \
	do {                                                                      \
		const int c_status = child_status(fn);                            \
		cr_assert(WIFEXITED(c_status) && WEXITSTATUS(c_status) == (code), \
			  "%s: status 0x%x", (row), (unsigned)c_status);          \
	} while (0)

#define CHILD_IS_KILLED(row, fn, sig)                                                              \
	do {                                                                                       \
		const int c_status = child_status(fn);                                             \
		cr_assert(WIFSIGNALED(c_status) && WTERMSIG(c_status) == (sig), "%s: status 0x%x", \
			  (row), (unsigned)c_status);                                              \
	} while (0)

/* ---- threads */

PG_OK pthread_t child_thread(void *(*fn)(void *), void *arg)
{
	pthread_t thread;

	C_CHECK(pthread_create(&thread, NULL, fn, arg) == 0);
	return thread;
}

/* Objects that the threads below use; made by child_objects(). */
static struct {
	zx_handle_t event, port, vmo;
	struct pg pager;
	uint8_t *paged;
} child_with;

static _Atomic bool child_stop;

PG_OK void child_objects(void)
{
	C_OK(zx_event_create(0, &child_with.event));
	C_OK(zx_port_create(0, &child_with.port));
	C_OK(zx_vmo_create(64 * PG, 0, &child_with.vmo));
	C_OK(zx_port_create(0, &child_with.pager.port));
	C_OK(zx_pager_create(0, &child_with.pager.pager));
	C_OK(zx_pager_create_vmo(child_with.pager.pager, 0, child_with.pager.port, 1, 8 * PG,
				 &child_with.pager.vmo));
	zx_vaddr_t at;

	C_OK(zx_vmar_map(zx_vmar_root_self(), PG_RW, 0, child_with.pager.vmo, 0, 8 * PG, &at));
	child_with.paged = (uint8_t *)at;
}

PG_OK void *in_wait_one(void *arg)
{
	(void)zx_object_wait_one(child_with.event, ZX_USER_SIGNAL_7, ZX_TIME_INFINITE, NULL);
	return arg;
}

PG_OK void *in_wait_many(void *arg)
{
	zx_wait_item_t items[2] = {{child_with.event, ZX_USER_SIGNAL_7, 0},
				   {child_with.vmo, ZX_USER_SIGNAL_7, 0}};

	(void)zx_object_wait_many(items, 2, ZX_TIME_INFINITE);
	return arg;
}

PG_OK void *in_port_wait(void *arg)
{
	zx_port_packet_t packet;

	(void)zx_port_wait(child_with.port, ZX_TIME_INFINITE, &packet);
	return arg;
}

PG_OK void *in_nanosleep(void *arg)
{
	zx_nanosleep(ZX_TIME_INFINITE);
	return arg;
}

PG_OK void *in_pager_call(void *arg)
{
	char byte;

	(void)zx_vmo_read(child_with.pager.vmo, &byte, 0, 1);
	return arg;
}

PG_OK void *in_pager_fault(void *arg)
{
	(void)*(volatile uint8_t *)(child_with.paged + 5 * PG);
	return arg;
}

/* Clones, faults in them, mapping and unmapping, until child_stop. */
PG_OK void *busy_with_faults(void *arg)
{
	while (!child_stop) {
		zx_handle_t child;
		zx_vaddr_t at;

		C_OK(zx_vmo_create_child(child_with.vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 16 * PG,
					 &child));
		C_OK(zx_vmar_map(zx_vmar_root_self(), PG_RW, 0, child, 0, 16 * PG, &at));
		for (size_t i = 0; i < 16; i++)
			((volatile uint8_t *)at)[i * PG] = 1;
		C_OK(zx_vmar_unmap(zx_vmar_root_self(), at, 16 * PG));
		C_OK(zx_handle_close(child));
	}
	return arg;
}

/* Objects, packets, timers, until child_stop. */
PG_OK void *busy_with_objects(void *arg)
{
	while (!child_stop) {
		zx_handle_t event, port, timer;
		zx_port_packet_t packet = {.type = ZX_PKT_TYPE_USER};

		C_OK(zx_event_create(0, &event));
		C_OK(zx_port_create(0, &port));
		C_OK(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &timer));
		C_OK(zx_object_wait_async(event, port, 1, ZX_USER_SIGNAL_0, 0));
		C_OK(zx_timer_set(timer, zx_clock_get_monotonic() + 20000, 0));
		C_OK(zx_object_signal(event, 0, ZX_USER_SIGNAL_0));
		C_OK(zx_port_wait(port, ZX_TIME_INFINITE, &packet));
		C_OK(zx_handle_close(timer));
		C_OK(zx_handle_close(port));
		C_OK(zx_handle_close(event));
	}
	return arg;
}

static const struct {
	const char *name;
	void *(*fn)(void *);
} child_waits[] = {
	{"zx_object_wait_one", in_wait_one},
	{"zx_object_wait_many", in_wait_many},
	{"zx_port_wait", in_port_wait},
	{"zx_nanosleep", in_nanosleep},
	{"a call on a pager's page", in_pager_call},
	{"a load of a pager's page", in_pager_fault},
};

static void *(*const child_work[])(void *) = {busy_with_faults, busy_with_faults, busy_with_objects,
					      busy_with_objects};

PG_OK void child_start_waits(void)
{
	for (size_t i = 0; i < sizeof(child_waits) / sizeof(child_waits[0]); i++)
		pthread_detach(child_thread(child_waits[i].fn, NULL));
}

PG_OK void child_start_work(void)
{
	for (size_t i = 0; i < sizeof(child_work) / sizeof(child_work[0]); i++)
		pthread_detach(child_thread(child_work[i], NULL));
}

#endif
