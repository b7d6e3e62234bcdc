/* zi-test: valgrind */
/* The program's handlers for SIGSEGV and SIGBUS, and its masks, while ours are in front. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/host_i.h"
#include "t.h"

/* Sanitizers interpose the same functions, and the library leaves its wrappers out. */
#define NEEDS_WRAPPERS()                                                  \
	do {                                                              \
		if (ZI_SANITIZED)                                         \
			cr_skip("the signal wrappers are left out here"); \
	} while (0)

static uint8_t *page;
static unsigned calls;
static int last_sig;
static siginfo_t last_info;
static sigset_t mask_inside;

static void heal(void)
{
	mprotect(page, T_PAGE, PROT_READ | PROT_WRITE);
}

static void plain_handler(int sig)
{
	calls++;
	last_sig = sig;
	heal();
}

static void info_handler(int sig, siginfo_t *info, void *context)
{
	calls += context != NULL ? 100 : 0;
	last_sig = sig;
	last_info = *info;
	pthread_sigmask(SIG_SETMASK, NULL, &mask_inside);
	heal();
}

static void make_page(void)
{
	page = mmap(NULL, T_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert(page != MAP_FAILED);
}

static void touch(void)
{
	cr_assert_eq(mprotect(page, T_PAGE, PROT_NONE), 0);
	ZI_VG_MAKE_DEFINED(page, T_PAGE);  /* the access is meant to fault */
	__asm__ volatile("" ::: "memory"); /* handlers run here */
	*(volatile uint8_t *)(page + 3) = 1;
	__asm__ volatile("" ::: "memory");
}

Test(host_sigwrap, handler_set_before__fault__chained)
{
	struct sigaction act = {.sa_sigaction = info_handler, .sa_flags = SA_SIGINFO};

	make_page();
	cr_assert_eq(sigaction(SIGSEGV, &act, NULL), 0);
	T_OK(zi_host_start());
	touch();
	cr_assert_eq(calls, 100);
	cr_assert_eq(last_sig, SIGSEGV);
	cr_assert_eq((uintptr_t)last_info.si_addr, (uintptr_t)page + 3);
}

Test(host_sigwrap, handler_set_after__fault__chained_and_read_back)
{
	struct sigaction act = {.sa_handler = plain_handler}, old;

	NEEDS_WRAPPERS();
	make_page();
	T_OK(zi_host_start());
	cr_assert_eq(sigaction(SIGSEGV, NULL, &old), 0);
	cr_assert(old.sa_handler == SIG_DFL, "the program must not see our handler");
	cr_assert_eq(sigaction(SIGSEGV, &act, &old), 0);
	cr_assert(old.sa_handler == SIG_DFL);
	cr_assert_eq(sigaction(SIGSEGV, NULL, &old), 0);
	cr_assert(old.sa_handler == plain_handler);
	touch();
	cr_assert_eq(calls, 1);
	cr_assert(signal(SIGSEGV, SIG_DFL) == plain_handler);
	cr_assert(signal(SIGSEGV, plain_handler) == SIG_DFL);
	touch();
	cr_assert_eq(calls, 2);
}

Test(host_sigwrap, other_signals__any__as_always)
{
	struct sigaction act = {.sa_handler = plain_handler}, old;

	T_OK(zi_host_start());
	make_page();
	cr_assert_eq(sigaction(SIGUSR1, &act, NULL), 0);
	cr_assert_eq(sigaction(SIGUSR1, NULL, &old), 0);
	cr_assert(old.sa_handler == plain_handler);
	raise(SIGUSR1);
	cr_assert_eq(calls, 1);
	cr_assert(signal(SIGUSR1, SIG_IGN) == plain_handler);
	errno = 0;
	cr_assert_eq(sigaction(1000, &act, NULL), -1);
	cr_assert_eq(errno, EINVAL);
	cr_assert(signal(SIGKILL, plain_handler) == SIG_ERR);
}

Test(host_sigwrap, mask_of_the_handler__chained__in_force_without_ours)
{
	struct sigaction act = {.sa_sigaction = info_handler, .sa_flags = SA_SIGINFO};
	sigset_t after;

	NEEDS_WRAPPERS();
	make_page();
	T_OK(zi_host_start());
	sigfillset(&act.sa_mask);
	cr_assert_eq(sigaction(SIGSEGV, &act, NULL), 0);
	touch();
	cr_assert_eq(calls, 100);
	cr_assert(sigismember(&mask_inside, SIGUSR2));
	cr_assert_not(sigismember(&mask_inside, SIGSEGV));
	cr_assert_not(sigismember(&mask_inside, SIGBUS));
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	cr_assert_not(sigismember(&after, SIGUSR2), "the mask must be restored");
}

Test(host_sigwrap, reset_handler__second_fault__default_action, .signal = SIGSEGV)
{
	struct sigaction act = {.sa_handler = plain_handler, .sa_flags = (int)SA_RESETHAND};

	make_page();
	cr_assert_eq(sigaction(SIGSEGV, &act, NULL), 0);
	T_OK(zi_host_start());
	touch();
	cr_assert_eq(calls, 1);
	touch();
}

Test(host_sigwrap, ignored__sent__ignored)
{
	signal(SIGSEGV, SIG_IGN);
	T_OK(zi_host_start());
	raise(SIGSEGV);
}

Test(host_sigwrap, ignored__fault__dies, .signal = SIGSEGV)
{
	make_page();
	signal(SIGSEGV, SIG_IGN);
	T_OK(zi_host_start());
	touch();
}

/* ---- leaving a handler by a jump */

static sigjmp_buf out;

static void jumping_handler(int sig)
{
	(void)sig;
	calls++;
	siglongjmp(out, 1);
}

Test(host_sigwrap, handler_jumps_out__again_and_again__works)
{
	make_page();
	signal(SIGSEGV, jumping_handler);
	T_OK(zi_host_start());
	for (volatile unsigned i = 0; i < 100; i++)
		if (sigsetjmp(out, 1) == 0)
			touch();
	cr_assert_eq(calls, 100);
}

/* ---- masks */

static bool resolver(const struct zi_trap *trap, zx_status_t *out_status)
{
	(void)trap;
	(void)out_status;
	heal();
	return true;
}

static void *fault_with_everything_blocked(void *arg)
{
	sigset_t all, now;

	(void)arg;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	sigprocmask(SIG_SETMASK, &all, &now);
	if (sigismember(&now, SIGSEGV) || !sigismember(&now, SIGUSR1))
		return page;
	touch();
	return NULL;
}

Test(host_sigwrap, everything_blocked__fault__resolved)
{
	pthread_t thread;
	void *wrong;

	NEEDS_WRAPPERS();
	make_page();
	T_OK(zi_host_start());
	zi_trap_set_resolver(resolver);
	cr_assert_eq(pthread_create(&thread, NULL, fault_with_everything_blocked, NULL), 0);
	cr_assert_eq(pthread_join(thread, &wrong), 0);
	cr_assert_null(wrong);
}

Test(host_sigwrap, everything_blocked_before_the_start__fault__resolved)
{
	sigset_t all;

	NEEDS_WRAPPERS();
	make_page();
	sigfillset(&all);
	cr_assert_eq(pthread_sigmask(SIG_BLOCK, &all, NULL), 0);
	T_OK(zi_host_start());
	zi_trap_set_resolver(resolver);
	touch();
}

static void faulting_handler(int sig)
{
	(void)sig;
	calls++;
	touch();
}

Test(host_sigwrap, fault_in_a_handler_that_blocks_all__resolved)
{
	struct sigaction act = {.sa_handler = faulting_handler};

	NEEDS_WRAPPERS();
	make_page();
	T_OK(zi_host_start());
	zi_trap_set_resolver(resolver);
	sigfillset(&act.sa_mask);
	cr_assert_eq(sigaction(SIGUSR1, &act, NULL), 0);
	raise(SIGUSR1);
	cr_assert_eq(calls, 1);
}

Test(host_sigwrap, masks__bad_and_empty__as_always)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	cr_assert_eq(pthread_sigmask(12345, &set, NULL), EINVAL);
	errno = 0;
	cr_assert_eq(sigprocmask(12345, &set, NULL), -1);
	cr_assert_eq(errno, EINVAL);
	cr_assert_eq(pthread_sigmask(SIG_BLOCK, &set, &old), 0);
	cr_assert_not(sigismember(&old, SIGUSR1));
	cr_assert_eq(pthread_sigmask(SIG_UNBLOCK, &set, &old), 0);
	cr_assert(sigismember(&old, SIGUSR1));
	cr_assert_eq(sigprocmask(SIG_SETMASK, NULL, &old), 0);
	cr_assert_not(sigismember(&old, SIGUSR1));
}
