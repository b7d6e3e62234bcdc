/*
 * Looks at the world around each test where Criterion's own runner is used. The functions here stand in front of Criterion's, in the
 * process that runs the test.
 */
#include <dlfcn.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "t_world.h"

/* The function of the same name behind this one. */
#define NEXT(name) ((__typeof__(&(name)))next(#name))

static void *next(const char *name)
{
	void *fn = dlsym(RTLD_NEXT, name);

	if (fn == NULL)
		abort();
	return fn;
}

static bool passed = true;
static void (*test)(void);

void criterion_send_assert(struct criterion_assert_stats *stats)
{
	passed = passed && stats->passed;
	NEXT(criterion_send_assert)(stats);
}

static void run_once(void (**fini)(void))
{
	void (*fn)(void) = *fini;

	*fini = NULL;
	if (fn != NULL)
		fn();
}

/*
 * Of failures Criterion hears only until the function of the test returns: what cleans up runs inside it. A test that fails or is
 * skipped leaves earlier, and Criterion does the cleaning.
 */
static void run(void)
{
	struct criterion_test_extra_data *of_suite = criterion_current_suite->data;

	test();
	run_once(&criterion_current_test->data->fini);
	if (of_suite != NULL)
		run_once(&of_suite->fini);
	if (passed)
		cr_assert(t_world_is_empty(), "the world is not empty after the test");
}

void criterion_internal_test_setup(void)
{
	t_world_begin();
	NEXT(criterion_internal_test_setup)();
}

void criterion_internal_test_main(void (*fn)(void))
{
	test = fn;
	NEXT(criterion_internal_test_main)(run);
}
