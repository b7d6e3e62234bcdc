/*
 * pthread_cancel and pthread_exit: no call of the library is a cancellation point. A thread that is to be cancelled finishes the call that it
 * is in, and keeps nothing that others need.
 */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include <zircon/syscalls/port.h>

#include "vmo_t.h"

/* What every call is tried on; each row begins with new ones. */
static struct {
	zx_handle_t vmo, child, event, port, timer, thread_event;
	zx_vaddr_t addr;
} with;

static void make_all(void)
{
	char bytes[16] = "some bytes";

	with.vmo = t_vmo_options(64 * PG, ZX_VMO_RESIZABLE);
	for (uint64_t page = 0; page < 64; page += 2)
		T_OK(zx_vmo_write(with.vmo, bytes, page * PG, sizeof(bytes)));
	T_OK(zx_vmo_create_child(with.vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 64 * PG, &with.child));
	with.addr = (zx_vaddr_t)t_map(with.child, 0, 32 * PG);
	T_OK(zx_event_create(0, &with.event));
	T_OK(zx_port_create(0, &with.port));
	T_OK(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &with.timer));
}

static void close_all(void)
{
	t_unmap((void *)with.addr, 32 * PG);
	T_OK(zx_handle_close_many(
		(zx_handle_t[]){with.vmo, with.child, with.event, with.port, with.timer}, 5));
}

static zx_status_t create(void)
{
	zx_handle_t h;
	zx_status_t st = zx_vmo_create(PG, 0, &h);

	return st == ZX_OK ? zx_handle_close(h) : st;
}

static zx_status_t decommit(void)
{
	return zx_vmo_op_range(with.vmo, ZX_VMO_OP_DECOMMIT, 0, 64 * PG, NULL, 0);
}

static zx_status_t zero(void)
{
	return zx_vmo_op_range(with.child, ZX_VMO_OP_ZERO, 0, 64 * PG, NULL, 0);
}

static zx_status_t commit(void)
{
	return zx_vmo_op_range(with.child, ZX_VMO_OP_COMMIT, 0, 64 * PG, NULL, 0);
}

static zx_status_t shrink(void)
{
	return zx_vmo_set_size(with.vmo, PG);
}

static zx_status_t read_pages(void)
{
	static char bytes[64 * PG];

	return zx_vmo_read(with.child, bytes, 0, sizeof(bytes));
}

static zx_status_t write_pages(void)
{
	static char bytes[64 * PG];

	return zx_vmo_write(with.child, bytes, 0, sizeof(bytes));
}

/* A fault, with copies of pages: the trap handler is no cancellation point either. */
static zx_status_t store(void)
{
	for (size_t page = 0; page < 32; page++)
		((volatile char *)with.addr)[page * PG] = 'x';
	return ZX_OK;
}

static zx_status_t map_unmap(void)
{
	zx_vaddr_t at;
	zx_status_t st = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0,
				     with.vmo, 0, PG, &at);

	return st == ZX_OK ? zx_vmar_unmap(zx_vmar_root_self(), at, PG) : st;
}

static zx_status_t make_clone(void)
{
	zx_handle_t h;
	zx_status_t st = zx_vmo_create_child(with.child, ZX_VMO_CHILD_SNAPSHOT, 0, 8 * PG, &h);

	return st == ZX_OK ? zx_handle_close(h) : st;
}

static zx_status_t wait_in_vain(void)
{
	return zx_object_wait_one(with.event, ZX_USER_SIGNAL_0,
				  zx_clock_get_monotonic() + ZX_MSEC(20), NULL);
}

static zx_status_t port_wait_in_vain(void)
{
	zx_port_packet_t packet;

	return zx_port_wait(with.port, zx_clock_get_monotonic() + ZX_MSEC(20), &packet);
}

static zx_status_t sleep_a_bit(void)
{
	return zx_nanosleep(zx_clock_get_monotonic() + ZX_MSEC(20));
}

static zx_status_t timer_set(void)
{
	return zx_timer_set(with.timer, 1, 0);
}

static zx_status_t info(void)
{
	zx_info_vmo_t i;

	return zx_object_get_info(with.vmo, ZX_INFO_VMO, &i, sizeof(i), NULL, NULL);
}

static zx_status_t draw(void)
{
	char bytes[16];

	zx_cprng_draw(bytes, sizeof(bytes));
	return ZX_OK;
}

static const struct row {
	const char *name;
	zx_status_t (*call)(void);
	zx_status_t want;
} rows[] = {
	{"create", create, ZX_OK},
	{"zero", zero, ZX_OK},
	{"commit", commit, ZX_OK},
	{"shrink", shrink, ZX_OK},
	{"decommit", decommit, ZX_ERR_NOT_SUPPORTED},
	{"read", read_pages, ZX_OK},
	{"write", write_pages, ZX_OK},
	{"store", store, ZX_OK},
	{"map, unmap", map_unmap, ZX_OK},
	{"clone", make_clone, ZX_OK},
	{"wait_one", wait_in_vain, ZX_ERR_TIMED_OUT},
	{"port_wait", port_wait_in_vain, ZX_ERR_TIMED_OUT},
	{"nanosleep", sleep_a_bit, ZX_OK},
	{"timer_set", timer_set, ZX_OK},
	{"info", info, ZX_OK},
	{"cprng_draw", draw, ZX_OK},
};

struct run {
	const struct row *row;
	zx_status_t status;
	bool returned;
};

/* It is cancelled from the start: the first cancellation point would be its last. */
static void *call_cancelled(void *arg)
{
	struct run *run = arg;

	pthread_cancel(pthread_self());
	run->status = run->row->call();
	run->returned = true;
	pthread_testcancel();
	return NULL;
}

static void expect_call_returns(const struct row *row)
{
	struct run run = {.row = row};
	pthread_t thread;
	void *result;

	cr_assert_eq(pthread_create(&thread, NULL, call_cancelled, &run), 0);
	cr_assert_eq(pthread_join(thread, &result), 0);
	cr_assert(run.returned, "%s: cancelled inside the call", row->name);
	cr_assert_eq(result, PTHREAD_CANCELED, "%s", row->name);
	T_ZX_ROW(row->name, run.status, row->want);
}

Test(call_cancel, pending_cancel__each_call__returns_first, .timeout = 30)
{
	T_EACH (rows, r) {
		make_all();
		expect_call_returns(r);
		/* Nobody holds what these need. */
		T_OK(zx_vmo_set_size(with.vmo, 3 * PG));
		T_OK(zero());
		close_all();
	}
}

/* The first call of a program starts the library, which asks the system for much. */
Test(call_cancel, pending_cancel__first_call_of_all__returns_first, .timeout = 30)
{
	expect_call_returns(&rows[0]);
	T_OK(create());
}

/* ---- while waiting */

static _Atomic bool passed_wait;

static void *wait_and_go_on(void *arg)
{
	zx_signals_t seen = 0;

	(void)arg;
	T_OK(zx_object_wait_one(with.event, ZX_USER_SIGNAL_0, ZX_TIME_INFINITE, &seen));
	passed_wait = true;
	pthread_testcancel();
	return NULL;
}

static void *port_wait_and_go_on(void *arg)
{
	zx_port_packet_t packet;

	(void)arg;
	T_OK(zx_port_wait(with.port, ZX_TIME_INFINITE, &packet));
	passed_wait = true;
	pthread_testcancel();
	return NULL;
}

Test(call_cancel, cancel__while_it_waits__ends_after_the_wait, .timeout = 30)
{
	t_require("native"); /* AddressSanitizer takes the stack of a cancelled thread for spoilt */
	for (int of_port = 0; of_port < 2; of_port++) {
		const zx_port_packet_t packet = {.key = 1, .type = ZX_PKT_TYPE_USER};
		pthread_t thread;
		void *result;

		passed_wait = false;
		make_all();
		cr_assert_eq(pthread_create(&thread, NULL,
					    of_port ? port_wait_and_go_on : wait_and_go_on, NULL),
			     0);
		usleep(20000);
		cr_assert_eq(pthread_cancel(thread), 0);
		usleep(20000);
		cr_assert_eq(pthread_tryjoin_np(thread, &result), EBUSY);
		if (of_port)
			T_OK(zx_port_queue(with.port, &packet));
		else
			T_OK(zx_object_signal(with.event, 0, ZX_USER_SIGNAL_0));
		cr_assert_eq(pthread_join(thread, &result), 0);
		cr_assert(passed_wait);
		cr_assert_eq(result, PTHREAD_CANCELED);
		close_all();
	}
}

/* ---- the end of threads */

static void *exit_at_once(void *arg)
{
	(void)arg;
	(void)zx_thread_self();
	store();
	pthread_exit(NULL);
}

static pthread_key_t key;

/* Destructors of the program may run after the library's. */
static void call_late(void *arg)
{
	(void)arg;
	T_OK(create());
	(void)zx_thread_self();
	T_OK(info());
}

static void *exit_with_late_calls(void *arg)
{
	(void)arg;
	T_OK(create());
	(void)zx_thread_self();
	pthread_setspecific(key, &key);
	return NULL;
}

Test(call_cancel, thread_ends__any_way__leaves_nothing, .timeout = 30)
{
	void *(*const ways[])(void *) = {exit_at_once, exit_with_late_calls};
	zx_info_process_handle_stats_t stats;

	make_all();
	/* Before the library makes its own. */
	cr_assert_eq(pthread_key_create(&key, call_late), 0);
	for (size_t way = 0; way < 2; way++) {
		for (int i = 0; i < 20; i++) {
			pthread_t thread;

			cr_assert_eq(pthread_create(&thread, NULL, ways[way], NULL), 0);
			cr_assert_eq(pthread_join(thread, NULL), 0);
		}
	}
	T_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS, &stats,
				sizeof(stats), NULL, NULL));
	cr_assert_eq(stats.handle_count[ZX_OBJ_TYPE_THREAD], 0);
	close_all();
}
