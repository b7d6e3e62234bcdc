/* zi-test: valgrind */
/* The suite must be run so that resolved faults are exact, natively (always) and under Valgrind (with its option). */
#include "host/host_i.h"
#include "t.h"

Test(host_valgrind, registers__at_a_fault__exact)
{
	cr_assert(zi_valgrind_has_exact_registers());
}

/* The check borrows the handler and gives it back. */
static void other_handler(int sig)
{
	(void)sig;
}

Test(host_valgrind, check__done__handler_as_before)
{
	struct sigaction now;

	signal(SIGSEGV, other_handler);
	cr_assert(zi_valgrind_has_exact_registers());
	cr_assert_eq(sigaction(SIGSEGV, NULL, &now), 0);
	cr_assert(now.sa_handler == other_handler);
}
