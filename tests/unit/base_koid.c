/* zi-test: valgrind helgrind */
#include <pthread.h>

#include "base/koid.h"
#include "t.h"

Test(base_koid, next__first__is_1024_and_grows)
{
	cr_assert_eq(zi_koid_next(), 1024);
	cr_assert_eq(zi_koid_next(), 1025);
}

#define EACH 5000
static uint64_t got[4][EACH];

static void *take(void *arg)
{
	for (unsigned i = 0; i < EACH; i++)
		((uint64_t *)arg)[i] = zi_koid_next();
	return NULL;
}

Test(base_koid, next__by_threads__never_twice)
{
	static bool seen[4 * EACH];
	pthread_t thread[4];

	for (unsigned i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, take, got[i]), 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	for (unsigned i = 0; i < 4 * EACH; i++) {
		uint64_t at = got[i / EACH][i % EACH] - 1024;

		cr_assert_lt(at, 4 * EACH);
		cr_assert_not(seen[at]);
		seen[at] = true;
	}
}
