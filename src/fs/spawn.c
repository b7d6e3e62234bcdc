/*
 * Starting a program behind the back of the one that this code runs in: a first child without exit
 * signal, which a plain wait does not see, starts the real one; so that one belongs to whoever
 * collects orphans.
 *
 * The first child is also what makes a kill at the wrong moment harmless. It holds our end of the
 * socket until the other program has said something: were that to find nobody there any more, it
 * would leave behind what it has mounted.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/fs_i.h"

#define STACK ((size_t)64 * 1024)
/* Above the numbers that the new program gets. */
#define FIRST_FREE 10
#define KERNEL_SIGSET 8

struct job {
	const char *path;
	char *const *argv;
	char *const *envp;
	int ours, control, errors;
	int timeout_msec;
	char *stack; /* of the second child */
	int error;
};

/*
 * Both children share the memory of this process, whose calling thread sleeps meanwhile: they use
 * system calls and nothing that locks or is watched. The C library's functions for signals are
 * wrapped by the library, some others by sanitizers.
 */
/* The same function as clone(2) by the name that ThreadSanitizer does not take for a fork. */
extern int __clone(int (*fn)(void *arg), void *stack, int flags, void *arg, ...);

#define IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))

static void set_signals(const uint64_t *set, uint64_t *before)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, set, before, KERNEL_SIGSET);
}

IN_CHILD static int become(void *arg)
{
	struct job *job = arg;
	const uint64_t none = 0;
	const long null = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);

	syscall(SYS_setsid);
	if (null >= 0 && syscall(SYS_dup3, null, 0, 0) == 0 && syscall(SYS_dup3, null, 1, 0) == 1 &&
	    syscall(SYS_dup3, job->errors, 2, 0) == 2 &&
	    syscall(SYS_dup3, job->control, 3, 0) == 3 && syscall(SYS_chdir, "/") == 0) {
		/* Where the call is missing there is only more that stays open. */
		syscall(SYS_close_range, 4u, ~0u, 0u);
		set_signals(&none, NULL);
		syscall(SYS_execve, job->path, job->argv, job->envp);
	}
	job->error = errno;
	syscall(SYS_exit_group, 127);
	return 0;
}

IN_CHILD static int go_between(void *arg)
{
	struct job *job = arg;
	struct pollfd p = {.fd = job->ours, .events = POLLIN};
	struct timespec limit = {.tv_sec = job->timeout_msec / 1000,
				 .tv_nsec = job->timeout_msec % 1000 * 1000000};

	if (__clone(become, job->stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, job) < 0)
		job->error = errno;
	/* The end of the other program must show. */
	syscall(SYS_close, job->control);
	syscall(SYS_close, job->errors);
	if (job->error == 0)
		syscall(SYS_ppoll, &p, 1, &limit, NULL, KERNEL_SIGSET);
	syscall(SYS_exit_group, 0);
	return 0;
}

/* *out_ended: the stacks are not used any more. */
static int start(struct job *job, char *stacks, bool *out_ended)
{
	const uint64_t all = UINT64_MAX;
	uint64_t before;
	pid_t pid;
	int error = 0;

	job->stack = stacks + STACK;
	/* No handler of the program may run in the children, nor in this thread meanwhile. */
	set_signals(&all, &before);
	pid = __clone(go_between, stacks + STACK, CLONE_VM, job);
	if (pid < 0)
		error = errno;
	/* The child has its own, and must see when nobody else has them. */
	close(job->control);
	close(job->errors);
	if (pid >= 0)
		*out_ended = waitpid(pid, NULL, (int)__WCLONE) == pid;
	set_signals(&before, NULL);
	return error != 0 ? error : job->error;
}

int zi_spawn(const char *path, char *const argv[], char *const envp[], int ours, int control,
	     int errors, int timeout_msec)
{
	struct job job = {
		.path = path,
		.argv = argv,
		.envp = envp,
		.ours = ours,
		.control = fcntl(control, F_DUPFD_CLOEXEC, FIRST_FREE),
		.errors = fcntl(errors, F_DUPFD_CLOEXEC, FIRST_FREE),
		.timeout_msec = timeout_msec,
	};
	char *stacks = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	bool ended = true;
	int error = ENOMEM;

	close(control);
	close(errors);
	if (stacks != MAP_FAILED && job.errors >= 0 && job.control >= 0) {
		error = start(&job, stacks, &ended);
	} else {
		if (job.control >= 0)
			close(job.control);
		if (job.errors >= 0)
			close(job.errors);
	}
	/* Somebody else may have waited for the child: then nobody knows when it is done. */
	if (stacks != MAP_FAILED && ended)
		munmap(stacks, 2 * STACK);
	return error;
}
