/*
 * A second runner for the same Criterion tests, used with sanitizers and under Valgrind. Criterion's own runner does not start
 * under ThreadSanitizer, ignores the exit code by which a sanitizer or Valgrind tells of a leak at exit, and starts the program
 * anew for each test, which takes seconds under Valgrind. This one forks, runs the test, and looks at the exit code.
 * It replaces the functions that Criterion's assertion macros call at their end; the macros stay as they are.
 */
#include <errno.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "t_world.h"

extern struct criterion_test *__start_cr_tst[] __attribute__((weak));
extern struct criterion_test *__stop_cr_tst[] __attribute__((weak));
extern struct criterion_suite *__start_cr_sts[] __attribute__((weak));
extern struct criterion_suite *__stop_cr_sts[] __attribute__((weak));

/* What the child tells the parent; a shared page. */
struct verdict {
	_Atomic unsigned failures;
	_Atomic bool skipped;
};

static struct verdict *verdict;
static const struct criterion_test *current;
static const struct criterion_suite *current_suite;
static sigjmp_buf leave_test;
static pid_t test_thread;

/* ---- what the macros call */

void criterion_send_assert(struct criterion_assert_stats *stats)
{
	if (stats->passed)
		return;
	verdict->failures++;
	fprintf(stderr, "[----] %s:%u: Assertion failed\n[----]   %s\n", stats->file, stats->line,
		stats->message);
}

void cri_asserts_passed_incr(void)
{
}

/* Another thread cannot jump into the test's frame: it ends the process, and the verdict is already written. */
__attribute__((noreturn)) static void leave(void)
{
	fflush(NULL);
	if (gettid() != test_thread)
		_exit(1);
	siglongjmp(leave_test, 1);
}

void criterion_abort_test(void)
{
	verdict->failures += verdict->failures == 0;
	leave();
}

void criterion_continue_test(void)
{
}

void criterion_skip_test(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fprintf(stderr, "[SKIP] %s::%s: ", current->category, current->name);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	verdict->skipped = true;
	leave();
}

void criterion_test_die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	criterion_abort_test();
}

void criterion_internal_test_setup(void)
{
	t_world_begin();
	if (current_suite != NULL && current_suite->data->init != NULL)
		current_suite->data->init();
	if (current->data->init != NULL)
		current->data->init();
}

void criterion_internal_test_main(void (*fn)(void))
{
	if (sigsetjmp(leave_test, 1) == 0)
		fn();
}

void criterion_internal_test_teardown(void)
{
	if (current->data->fini != NULL)
		current->data->fini();
	if (current_suite != NULL && current_suite->data->fini != NULL)
		current_suite->data->fini();
	if (verdict->failures == 0 && !verdict->skipped)
		verdict->failures += !t_world_is_empty();
}

/* ---- one test */

static const struct criterion_suite *suite_of(const struct criterion_test *test)
{
	for (struct criterion_suite **s = __start_cr_sts; s < __stop_cr_sts; s++) {
		if (*s != NULL && strcmp((*s)->name, test->category) == 0)
			return *s;
	}
	return NULL;
}

/*
 * Valgrind 3.19 sometimes fails to extend the stack for the frame of a signal handler, and ends the
 * program. A stack that is large enough beforehand needs no extension.
 */
__attribute__((noinline)) static void grow_stack(void)
{
	volatile char pages[256 * 1024];

	for (size_t i = sizeof(pages); i > 0; i -= 4096)
		pages[i - 1] = 0;
}

__attribute__((noreturn)) static void run_child(double timeout)
{
	const struct itimerval limit = {
		.it_value = {.tv_sec = (time_t)timeout,
			     .tv_usec = (suseconds_t)((timeout - (double)(time_t)timeout) * 1e6)},
	};

	test_thread = gettid();
	grow_stack();
	if (timeout > 0)
		setitimer(ITIMER_REAL, &limit, NULL);
	if (sigsetjmp(leave_test, 1) == 0)
		current->test();
	fflush(NULL);
	/* A failed test leaves what it held; only a good one is searched for leaks by exit(). */
	if (verdict->failures != 0 || verdict->skipped)
		_exit(verdict->failures != 0);
	exit(0);
}

enum outcome { PASSED, FAILED, CRASHED, SKIPPED };

static enum outcome run_test(const struct criterion_test *test)
{
	const struct criterion_test_extra_data *data = test->data;
	const struct criterion_test_extra_data *of_suite;
	double timeout = data->timeout;
	int want_signal = data->signal;
	int status;
	pid_t pid;

	current = test;
	current_suite = suite_of(test);
	of_suite = current_suite != NULL ? current_suite->data : NULL;
	if (of_suite != NULL && want_signal == 0)
		want_signal = of_suite->signal;
	if (of_suite != NULL && !(timeout > 0))
		timeout = of_suite->timeout;
	if (getenv("ZI_ON_VALGRIND") != NULL)
		timeout *= 10;

	printf("[RUN ] %s::%s\n", test->category, test->name);
	if (data->kind_ != CR_TEST_NORMAL) {
		printf("[FAIL] parameterized tests are not for this runner: loop over a table "
		       "instead\n");
		return FAILED;
	}
	fflush(NULL);
	memset(verdict, 0, sizeof(*verdict));
	pid = fork();
	if (pid == 0)
		run_child(timeout);
	if (pid < 0) {
		printf("[FAIL] fork: %s\n", strerror(errno));
		return FAILED;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;

	if (WIFSIGNALED(status) && WTERMSIG(status) != want_signal) {
		printf("[FAIL] %s::%s: %s\n", test->category, test->name,
		       WTERMSIG(status) == SIGALRM ? "TIMEOUT" : strsignal(WTERMSIG(status)));
		return CRASHED;
	}
	if (verdict->skipped)
		return SKIPPED;
	if (verdict->failures != 0 || (want_signal != 0 && !WIFSIGNALED(status)) ||
	    (WIFEXITED(status) && WEXITSTATUS(status) != data->exit_code)) {
		printf("[FAIL] %s::%s: %u failed assertions, exit status 0x%x\n", test->category,
		       test->name, (unsigned)verdict->failures, (unsigned)status);
		return FAILED;
	}
	printf("[PASS] %s::%s\n", test->category, test->name);
	return PASSED;
}

/* ---- all tests */

static int by_name(const void *a, const void *b)
{
	const struct criterion_test *x = *(struct criterion_test *const *)a;
	const struct criterion_test *y = *(struct criterion_test *const *)b;
	const int order = strcmp(x->category, y->category);

	return order != 0 ? order : strcmp(x->name, y->name);
}

static bool selected(const struct criterion_test *test, const char *filter)
{
	char name[512];

	snprintf(name, sizeof(name), "%s/%s", test->category, test->name);
	return filter == NULL || fnmatch(filter, name, 0) == 0;
}

int main(int argc, char **argv)
{
	const size_t n = (size_t)(__stop_cr_tst - __start_cr_tst);
	unsigned count[4] = {0};
	const char *filter = NULL;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc)
			filter = argv[i + 1];
	}
	verdict = mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (verdict == MAP_FAILED)
		return 2;
	qsort(__start_cr_tst, n, sizeof(__start_cr_tst[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		const struct criterion_test *test = __start_cr_tst[i];
		const struct criterion_suite *suite = suite_of(test);

		if (test->data->disabled || (suite != NULL && suite->data->disabled) ||
		    !selected(test, filter))
			continue;
		count[run_test(test)]++;
	}
	/* Criterion's words, for whoever counts: failing includes crashing. */
	printf("[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | Crashing: %u\n",
	       count[PASSED] + count[FAILED] + count[CRASHED], count[PASSED],
	       count[FAILED] + count[CRASHED], count[CRASHED]);
	fflush(NULL);
	/* No leak check of the runner itself. */
	_exit(count[FAILED] + count[CRASHED] != 0);
}
