/*
 * The end of a process while its threads are in the library: in waits, on pages of a pager, in the middle of faults and calls. Whatever ends it,
 * it ends at once, with its own exit status.
 *
 * zi-test: trap no-tsan timeout=300
 */
#include <stdlib.h>
#include <zircon/syscalls.h>

#include "child_t.h"

/* In the children: Criterion's checks are for the process that runs the test. */
static void live_world(void)
{
	child_objects();
	child_start_waits();
	child_start_work();
	pg_sleep_ms(20);
}

static void by_exit(void)
{
	live_world();
	exit(7);
}

static void by_underscore_exit(void)
{
	live_world();
	_exit(7);
}

static void by_quick_exit(void)
{
	live_world();
	quick_exit(7);
}

static void by_process_exit(void)
{
	live_world();
	zx_process_exit(7);
}

static void *exit_soon(void *arg)
{
	pg_sleep_ms(20);
	exit(7);
	return arg;
}

/* The first thread ends, the others go on until one of them ends the process. */
static void by_first_thread_then_exit(void)
{
	live_world();
	child_thread(exit_soon, NULL);
	pthread_exit(NULL);
}

/* Handlers of atexit may still use everything. */
static void use_it(void)
{
	zx_handle_t vmo;
	char byte = 1;

	C_OK(zx_vmo_create(PG, 0, &vmo));
	C_OK(zx_vmo_write(vmo, &byte, 0, 1));
	C_OK(zx_vmo_read(child_with.vmo, &byte, 0, 1));
	C_OK(zx_handle_close(vmo));
}

static void by_exit_with_handlers(void)
{
	C_CHECK(atexit(use_it) == 0);
	live_world();
	exit(7);
}

static const struct {
	const char *name;
	void (*fn)(void);
} ways[] = {
	{"exit", by_exit},
	{"_exit", by_underscore_exit},
	{"quick_exit", by_quick_exit},
	{"zx_process_exit", by_process_exit},
	{"end of the first thread, then exit", by_first_thread_then_exit},
	{"exit with handlers that call", by_exit_with_handlers},
};

Test(call_exit, threads_everywhere__each_way__ends_at_once)
{
	T_EACH (ways, w) {
		for (int i = 0; i < 4; i++)
			CHILD_EXITS(w->name, w->fn, 7);
	}
}

/* ---- signals */

static int ending_signal;

static void by_signal(void)
{
	live_world();
	kill(getpid(), ending_signal);
	pause();
}

Test(call_exit, threads_everywhere__signal_without_handler__kills_as_usual)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGKILL};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		ending_signal = signals[i];
		CHILD_IS_KILLED(strsignal(ending_signal), by_signal, ending_signal);
	}
}

/* The only thread waits. */
static void alone_in_a_wait(void)
{
	struct sigaction quit = {.sa_handler = SIG_DFL};

	child_objects();
	sigaction(SIGALRM, &quit, NULL);
	alarm(1);
	in_wait_one(NULL);
}

Test(call_exit, only_thread_waits__signal_without_handler__kills_as_usual)
{
	CHILD_IS_KILLED("SIGALRM", alone_in_a_wait, SIGALRM);
}

static _Atomic int handled;

static void count(int sig)
{
	(void)sig;
	handled++;
}

static void *signal_often(void *arg)
{
	const pthread_t waiter = *(pthread_t *)arg;

	for (int i = 0; i < 20; i++) {
		pg_sleep_ms(2);
		pthread_kill(waiter, SIGUSR1);
	}
	pg_sleep_ms(5);
	C_OK(zx_object_signal(child_with.event, 0, ZX_USER_SIGNAL_0));
	return NULL;
}

/* Zircon knows no signals: a wait goes on after a handler, with or without SA_RESTART, and its deadline stays. */
static void wait_under_signals(void)
{
	for (int restart = 0; restart < 2; restart++) {
		struct sigaction sa = {.sa_handler = count, .sa_flags = restart ? SA_RESTART : 0};
		pthread_t self = pthread_self(), other;
		zx_signals_t seen = 0;

		handled = 0;
		sigaction(SIGUSR1, &sa, NULL);
		child_objects();
		other = child_thread(signal_often, &self);
		C_OK(zx_object_wait_one(child_with.event, ZX_USER_SIGNAL_0, ZX_TIME_INFINITE,
					&seen));
		C_CHECK(handled > 0);
		pthread_join(other, NULL);

		handled = 0;
		child_objects();
		other = child_thread(signal_often, &self);
		const zx_time_t until = zx_clock_get_monotonic() + ZX_MSEC(25);

		C_CHECK(zx_object_wait_one(child_with.event, ZX_USER_SIGNAL_1, until, &seen) ==
			ZX_ERR_TIMED_OUT);
		C_CHECK(zx_clock_get_monotonic() >= until);
		C_CHECK(handled > 0);
		zx_nanosleep(zx_clock_get_monotonic() + ZX_MSEC(25));
		pthread_join(other, NULL);
	}
}

Test(call_exit, wait__signal_with_handler__goes_on)
{
	CHILD_EXITS("signals", wait_under_signals, 0);
}

static void *supply_later(void *arg)
{
	const pthread_t waiter = *(pthread_t *)arg;
	zx_handle_t aux;

	for (int i = 0; i < 20; i++) {
		pg_sleep_ms(2);
		pthread_kill(waiter, SIGUSR1);
	}
	C_OK(zx_vmo_create(8 * PG, 0, &aux));
	C_OK(zx_vmo_write(aux, "abcdefgh", 5 * PG, 8));
	C_OK(zx_pager_supply_pages(child_with.pager.pager, child_with.pager.vmo, 0, 8 * PG, aux,
				   0));
	C_OK(zx_handle_close(aux));
	return NULL;
}

/* A thread that waits for a page of a pager may get signals too; their handlers run before or after the access. */
static void fault_under_signals(void)
{
	struct sigaction sa = {.sa_handler = count};
	pthread_t self = pthread_self(), other;

	sigaction(SIGUSR1, &sa, NULL);
	child_objects();
	other = child_thread(supply_later, &self);
	C_CHECK(*(volatile uint8_t *)(child_with.paged + 5 * PG) == 'a');
	pthread_join(other, NULL);
	C_CHECK(handled > 0);
}

Test(call_exit, fault_on_a_pager__signal_with_handler__goes_on)
{
	CHILD_EXITS("signals", fault_under_signals, 0);
}

/* ---- the program's own SIGSEGV handler, and threads that leave by way of it */

static void leave_thread(int sig)
{
	(void)sig;
	pthread_exit((void *)0x5e9);
}

static void *touch_nothing(void *arg)
{
	*(volatile char *)arg = 1;
	return NULL;
}

static void end_threads_from_handler(void)
{
	struct sigaction sa = {.sa_handler = leave_thread, .sa_flags = SA_NODEFER};
	zx_vaddr_t at;

	C_CHECK(sigaction(SIGSEGV, &sa, NULL) == 0);
	child_objects();
	C_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, child_with.vmo, 0, PG, &at));
	for (int after = 0; after < 2; after++) {
		for (int i = 0; i < 8; i++) {
			void *result = NULL;

			/* A fault on the library's memory which stays unresolved, and one on somebody else's. */
			pthread_join(child_thread(touch_nothing, i % 2 ? (void *)at : (void *)16),
				     &result);
			C_CHECK(result == (void *)0x5e9);
		}
		/* The second time it is installed after the library's. */
		C_CHECK(sigaction(SIGSEGV, &sa, NULL) == 0);
	}
	child_stop = true;
	use_it();
	C_OK(zx_vmar_protect(zx_vmar_root_self(), PG_RW, at, PG));
	touch_nothing((void *)at);
}

Test(call_exit, own_handler_ends_the_thread__before_and_after__library_goes_on)
{
	CHILD_EXITS("handler", end_threads_from_handler, 0);
}
