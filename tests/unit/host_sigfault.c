/* zi-test: valgrind */
/* The fault handler: what it tells the resolver, and what happens to faults that nobody resolves. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/lock.h"
#include "host/host_i.h"
#include "t.h"
#include "t_world.h"

const bool t_world_is_mine = true;

/* Accesses that may fault; the compiler must not think that nothing else happens in them. */
static void poke(volatile uint8_t *at)
{
	ZI_VG_MAKE_DEFINED((void *)(uintptr_t)at, 1);
	__asm__ volatile("" ::: "memory");
	*at = 1;
	__asm__ volatile("" ::: "memory");
}

static void peek(const volatile uint8_t *at)
{
	ZI_VG_MAKE_DEFINED((void *)(uintptr_t)at, 1);
	__asm__ volatile("" ::: "memory");
	(void)*at;
	__asm__ volatile("" ::: "memory");
}

static uint8_t *page;
static struct zi_trap seen;
static unsigned asked;
static zx_status_t answer;
static bool fix = true;

static bool resolver(const struct zi_trap *trap, zx_status_t *out_status)
{
	seen = *trap;
	asked++;
	errno = EBADMSG;
	*out_status = answer;
	return fix && mprotect(page, T_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0;
}

static void start(void)
{
	T_OK(zi_host_start());
	page = mmap(NULL, T_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert(page != MAP_FAILED);
	zi_trap_set_resolver(resolver);
}

Test(host_sigfault, read_and_write__resolved__told_exactly)
{
	static const struct {
		const char *name;
		int prot;
		bool write;
		enum zi_trap_access access;
	} rows[] = {
		{"read of no access", PROT_NONE, false, ZI_ACCESS_READ},
		{"write of no access", PROT_NONE, true, ZI_ACCESS_WRITE},
		{"write of read-only", PROT_READ, true, ZI_ACCESS_WRITE},
	};

	start();
	T_EACH (rows, r) {
		volatile uint8_t *at = page + 77;

		cr_assert_eq(mprotect(page, T_PAGE, r->prot), 0);
		asked = 0;
		errno = ENOTTY;
		if (r->write)
			poke(at);
		else
			peek(at);
		cr_assert_eq(errno, ENOTTY, "%s: errno was lost", r->name);
		cr_assert_eq(asked, 1, "%s", r->name);
		cr_assert_eq(seen.addr, (uintptr_t)at, "%s", r->name);
		cr_assert_eq(seen.access, r->access, "%s", r->name);
		cr_assert_neq(seen.ip, 0);
		cr_assert_not(seen.is_sigbus);
		cr_assert_not_null(seen.ucontext);
	}
}

#if defined(__x86_64__)
Test(host_sigfault, call_into_data__resolved__told_as_exec)
{
	void (*fn)(void);

	start();
	cr_assert_eq(mprotect(page, T_PAGE, PROT_READ | PROT_WRITE), 0);
	page[5] = 0xc3; /* ret */
	fn = (void (*)(void))(void *)(page + 5);
	fn();
	cr_assert_eq(asked, 1);
	cr_assert_eq(seen.access, ZI_ACCESS_EXEC);
	cr_assert_eq(seen.addr, (uintptr_t)page + 5);
	cr_assert_eq(seen.ip, (uintptr_t)page + 5);
}
#endif

static int short_file;

static bool grow_file(const struct zi_trap *trap, zx_status_t *out_status)
{
	seen = *trap;
	*out_status = ZX_ERR_OUT_OF_RANGE;
	return ftruncate(short_file, (off_t)T_PAGE) == 0;
}

Test(host_sigfault, access_past_the_file__resolved__told_as_sigbus)
{
	volatile uint8_t *p;

	start();
	short_file = memfd_create("short", MFD_CLOEXEC);
	p = mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, short_file, 0);
	cr_assert(p != MAP_FAILED);
	zi_trap_set_resolver(grow_file);
	poke(p + 9);
	cr_assert(seen.is_sigbus);
	cr_assert_eq(seen.addr, (uintptr_t)p + 9);
	close(short_file);
}

/* ---- unresolved */

Test(host_sigfault, unresolved__no_handler__dies_as_usual, .signal = SIGSEGV)
{
	start();
	fix = false;
	poke(page);
}

Test(host_sigfault, unresolved_sigbus__no_handler__dies_as_usual, .signal = SIGBUS)
{
	volatile uint8_t *p;

	start();
	fix = false;
	short_file = memfd_create("short", MFD_CLOEXEC);
	p = mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, short_file, 0);
	peek(p);
}

Test(host_sigfault, no_resolver__no_handler__dies_as_usual, .signal = SIGSEGV)
{
	start();
	zi_trap_set_resolver(NULL);
	poke(page);
}

Test(host_sigfault, sent_signal__no_handler__dies_as_usual, .signal = SIGSEGV)
{
	start();
	raise(SIGSEGV);
}

/* A resolver that faults again and again must end, not eat the stack. */
static bool faulting_resolver(const struct zi_trap *trap, zx_status_t *out_status)
{
	(void)out_status;
	asked++;
	poke((uint8_t *)trap->addr);
	return true;
}

Test(host_sigfault, fault_in_the_resolver__endless__dies, .signal = SIGSEGV)
{
	start();
	zi_trap_set_resolver(faulting_resolver);
	poke(page);
}

/* ---- the order of those who are asked */

static char trace[16];
static unsigned traced;
static zx_status_t told;

static void note(char who)
{
	trace[traced++] = who;
}

static bool noting_resolver(const struct zi_trap *trap, zx_status_t *out_status)
{
	(void)trap;
	note('r');
	*out_status = answer;
	return false;
}

static bool passing_expecter(const struct zi_trap *trap, zx_status_t status)
{
	(void)trap;
	told = status;
	note('e');
	return false;
}

static bool skipping_expecter(const struct zi_trap *trap, zx_status_t status)
{
	passing_expecter(trap, status);
	return mprotect(page, T_PAGE, PROT_READ | PROT_WRITE) == 0;
}

static void noting_reporter(const struct zi_trap *trap, zx_status_t status, int fd)
{
	(void)trap;
	if (fd == 2 && status == answer)
		note('p');
}

static void healing_handler(int sig)
{
	(void)sig;
	note('h');
	mprotect(page, T_PAGE, PROT_READ | PROT_WRITE);
}

static void start_noting(void)
{
	signal(SIGSEGV, healing_handler);
	start();
	zi_trap_set_resolver(noting_resolver);
	zi_trap_set_reporter(noting_reporter);
}

Test(host_sigfault, unresolved__ours__expecter_reporter_handler)
{
	start_noting();
	zi_trap_set_expecter(passing_expecter);
	answer = ZX_ERR_ACCESS_DENIED;
	poke(page);
	cr_assert_str_eq(trace, "reph");
	cr_assert_eq(told, ZX_ERR_ACCESS_DENIED);
}

Test(host_sigfault, unresolved__expected__nobody_else_is_asked)
{
	start_noting();
	zi_trap_set_expecter(skipping_expecter);
	answer = ZX_ERR_NOT_FOUND;
	poke(page);
	cr_assert_str_eq(trace, "re");
}

Test(host_sigfault, unresolved__not_ours__no_report)
{
	start_noting();
	answer = ZX_OK;
	poke(page);
	cr_assert_str_eq(trace, "rh");
}

Test(host_sigfault, sent_signal__any__goes_to_the_handler_only)
{
	start_noting();
	cr_assert_eq(raise(SIGSEGV), 0);
	cr_assert_str_eq(trace, "h");
}

#if defined(__x86_64__)
static sigjmp_buf out;

static void leaving_handler(int sig)
{
	(void)sig;
	note('h');
	siglongjmp(out, 1);
}

/* The hardware does not tell the address: there is nothing to resolve, and nothing to report. */
Test(host_sigfault, non_canonical_address__any__goes_to_the_handler_only)
{
	if (ZI_SANITIZED)
		cr_skip("the signal wrappers are left out here");
	start_noting();
	signal(SIGSEGV, leaving_handler);
	if (sigsetjmp(out, 1) == 0)
		peek((uint8_t *)0x1234000000000000);
	cr_assert_str_eq(trace, "h");
}
#endif

/* ---- a signal handler of the program that interrupted one of our calls */

static int read_end;

static void capture_stderr(void)
{
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(dup2(ends[1], 2), 2);
	close(ends[1]);
	read_end = ends[0];
}

Test(host_sigfault, fault_while_a_lock_is_held__in_the_root__told_and_chained)
{
	struct zi_lock lock = ZI_LOCK_INIT(ZI_RANK_TREE);
	char text[400] = "";

	start_noting();
	page = (uint8_t *)zi_host_caps()->root_base + 5 * T_PAGE;
	capture_stderr();
	zi_lock(&lock);
	poke(page);
	zi_unlock(&lock);
	cr_assert_str_eq(trace, "h");
	cr_assert_gt(read(read_end, text, sizeof(text) - 1), 0);
	close(read_end);
	cr_assert(strstr(text, "signal handler that interrupted a zx_ call") != NULL, "%s", text);
	cr_assert_eq(zi_locks_held, 0);
}

/* ---- threads */

static void *fault_often(void *arg)
{
	volatile uint8_t *p = arg;

	for (unsigned i = 0; i < 500; i++) {
		if (mprotect(arg, T_PAGE, PROT_NONE) != 0)
			return arg;
		ZI_VG_MAKE_DEFINED(arg, T_PAGE);
		*p = (uint8_t)i;
		if (*p != (uint8_t)i)
			return arg;
	}
	return NULL;
}

static bool resolve_any(const struct zi_trap *trap, zx_status_t *out_status)
{
	(void)out_status;
	return mprotect((void *)(trap->addr & ~(T_PAGE - 1)), T_PAGE, PROT_READ | PROT_WRITE) == 0;
}

Test(host_sigfault, many_threads__fault_together__all_resolved)
{
	pthread_t thread[4];
	void *wrong;

	start();
	zi_trap_set_resolver(resolve_any);
	for (unsigned i = 0; i < 4; i++) {
		void *p = mmap(NULL, T_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		cr_assert_eq(pthread_create(&thread[i], NULL, fault_often, p), 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		cr_assert_eq(pthread_join(thread[i], &wrong), 0);
		cr_assert_null(wrong);
	}
}

/* A signal stack of the least size must be enough for a resolved fault. */
static uint8_t small_stack[16384];

static void fault_on_small_stack(int sig)
{
	(void)sig;
	poke(page);
}

Test(host_sigfault, fault_on_a_signal_stack__resolved__fits)
{
	stack_t alt = {.ss_sp = small_stack, .ss_size = sizeof(small_stack)};
	struct sigaction act = {.sa_handler = fault_on_small_stack, .sa_flags = SA_ONSTACK};

	t_require("native");
	start();
	memset(small_stack, 0xcc, sizeof(small_stack));
	cr_assert_eq(sigaltstack(&alt, NULL), 0);
	cr_assert_eq(sigaction(SIGUSR1, &act, NULL), 0);
	raise(SIGUSR1);
	cr_assert_eq(asked, 1);
	cr_assert_eq(page[0], 1);
}
