/* The futex behind base/lock.h. Runs on the fault path: keeps errno. */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/inject.h"
#include "base/lock.h"

#define NS_PER_S 1000000000

bool zi_futex_wait(_Atomic uint32_t *word, uint32_t expected, int64_t deadline_ns)
{
	struct timespec until;
	struct timespec *timeout = NULL;
	int saved = errno;
	bool timed_out;

	if (deadline_ns != INT64_MAX) {
		/* The kernel refuses negative times; those before the boot have passed as well as 0. */
		if (deadline_ns < 0)
			deadline_ns = 0;
		until.tv_sec = (time_t)(deadline_ns / NS_PER_S);
		until.tv_nsec = (long)(deadline_ns % NS_PER_S);
		timeout = &until;
	}
	/* The bitset form is the one whose time-out is absolute, in CLOCK_MONOTONIC. */
	timed_out = ZI_HOST(FUTEX_WAIT, -1,
			    syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG,
				    expected, timeout, NULL, FUTEX_BITSET_MATCH_ANY)) < 0 &&
		    errno == ETIMEDOUT;
	errno = saved;
	return !timed_out;
}

void zi_futex_wake(_Atomic uint32_t *word, unsigned count)
{
	int saved = errno;

	syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG,
		count > INT_MAX ? INT_MAX : (int)count, NULL, NULL, 0);
	errno = saved;
}
