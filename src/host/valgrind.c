/*
 * Under Valgrind, resolving a fault needs an option that is not the default, and a program cannot turn on.
 *
 * Valgrind leaves out register updates that no one can see. A fault handler sees them: without
 * --vex-iropt-register-updates=allregs-at-mem-access, code that faults on VMO memory goes on with old values
 * in its registers. That would look like a bug of the program, so it is told. Plain VMOs are not concerned:
 * they never come to the handler.
 */
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "base/span.h"
#include "host/host_i.h"

#if defined(ZI_HAVE_VALGRIND) && defined(__x86_64__)

static volatile uint64_t
	register_seen; /* written by a handler that the compiler does not see run */
static uintptr_t after_access;

static void on_access(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	register_seen = (uint64_t)uc->uc_mcontext.gregs[REG_R8];
	uc->uc_mcontext.gregs[REG_RIP] = (greg_t)after_access;
}

/* Faults between two writes of one register, in a piece of code that is translated as a whole. */
__attribute__((noinline)) static void fault_between_writes(void *page)
{
	uintptr_t scratch;

	__asm__ volatile("leaq 2f(%%rip), %0\n\t"
			 "movq %0, %1\n\t"
			 "movl $7, %%r8d\n\t"
			 "leaq 1f(%%rip), %0\n\t"
			 "jmpq *%0\n"
			 "1:\n\t"
			 "movl $1, %%r8d\n\t"
			 "movb (%2), %%al\n\t"
			 "movl $2, %%r8d\n"
			 "2:\n"
			 : "=&r"(scratch), "=m"(after_access)
			 : "r"(page)
			 : "rax", "r8", "memory", "cc");
}

bool zi_valgrind_has_exact_registers(void)
{
	struct sigaction act = {.sa_sigaction = on_access, .sa_flags = SA_SIGINFO | SA_NODEFER};
	struct sigaction before;
	void *page = mmap(NULL, ZI_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return true;
	ZI_VG_MAKE_DEFINED(page, ZI_PAGE);
	sigemptyset(&act.sa_mask);
	register_seen = 0;
	if (sigaction(SIGSEGV, &act, &before) == 0) {
		fault_between_writes(page);
		sigaction(SIGSEGV, &before, NULL);
	}
	munmap(page, ZI_PAGE);
	return register_seen == 1;
}

void zi_valgrind_advise(void)
{
	if (!zi_valgrind_has_exact_registers())
		VALGRIND_PRINTF("zirconia: give Valgrind the option "
				"--vex-iropt-register-updates=allregs-at-mem-access; without it, "
				"code that faults on the memory of clones or pagers goes wrong\n");
}

#else

bool zi_valgrind_has_exact_registers(void)
{
	return true;
}

void zi_valgrind_advise(void)
{
}

#endif
