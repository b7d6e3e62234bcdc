/* zi-test: valgrind */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "t.h"

Test(base_assert, true_condition__any__goes_on)
{
	ZI_ASSERT(1 + 1 == 2);
	ZI_DASSERT(1 + 1 == 2);
}

Test(base_assert, false_condition__any__aborts, .signal = SIGABRT)
{
	ZI_ASSERT(1 + 1 == 3);
}

Test(base_assert, panic__any__one_line_with_the_place)
{
	char text[600] = "";
	int ends[2], status;
	pid_t pid;

	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], 2);
		ZI_PANIC("value %d of %s", 5, "thing");
	}
	close(ends[1]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	cr_assert_gt(read(ends[0], text, sizeof(text) - 1), 0);
	close(ends[0]);
	cr_assert(strncmp(text, "zirconia: base_assert.c:", 24) == 0, "%s", text);
	cr_assert(strstr(text, ": value 5 of thing\n") != NULL, "%s", text);
}
