/* zi-test: valgrind */
/* Reading of specifications, and when rules take effect. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <zirconia/inject.h>

#include "base/inject.h"
#include "t.h"

static const struct {
	const char *spec;
	int at;
	const char *what; /* NULL: it can be read */
} specs[] = {
	{"", 0, NULL},
	{";;", 0, NULL},
	{" zx_vmo_create : nth=3 : ZX_ERR_NO_MEMORY ; ", 0, NULL},
	{"zx_vmo_create:nth=3:ZX_ERR_NO_MEMORY;host.mmap:every=100;pager.supply:delay=5ms", 0,
	 NULL},
	{"zx_vmo_create:-4", 0, NULL},
	{"zx_clock_get_monotonic:delay=3us", 0, NULL},
	{"zx_futex_wait:ZX_ERR_BAD_STATE", 0, NULL},
	{"host.mmap:EAGAIN", 0, NULL},
	{"host.mmap:11", 0, NULL},
	{"host.lseek:EINVAL", 0, NULL},
	{"alloc.node:ZX_ERR_NO_MEMORY", 0, NULL},
	{"alloc.*:p=0.125:after=3:times=2:log", 0, NULL},
	{"host.*", 0, NULL},
	{"*:delay=1ns", 0, NULL},
	{"zx_*:p=1:ZX_ERR_IO", 0, NULL}, /* for those that have a status */
	{"app.cache:nth=1;app.*:ZX_ERR_IO", 0, NULL},
	{"seed=12;zx_vmo_create:p=0.5:ZX_ERR_IO", 0, NULL},

	{"nothing:nth=1", 0, "\"nothing\": there is no such point"},
	{"host.:nth=1", 0, "\"host.\": there is no such point"},
	{"hosts.*", 0, "\"hosts.*\": there is no such point"},
	{":nth=1", 0, "the name of a point is missing"},
	{"host.mmap;zx_vmo_read:nht=1", 22, "\"nht=1\": there is no such item"},
	{"host.mmap:", 10, "an item is missing"},
	{"host.mmap::nth=1", 10, "an item is missing"},
	{"host.mmap:nth=0", 10, "\"nth=0\": a number from 1 on is needed"},
	{"host.mmap:nth=1x", 10, "\"nth=1x\": a number from 1 on is needed"},
	{"host.mmap:nth=18446744073709551616", 10,
	 "\"nth=18446744073709551616\": a number from 1 on is needed"},
	{"host.mmap:every=", 10, "\"every=\": a number from 1 on is needed"},
	{"host.mmap:nth=1:p=0.5", 16, "\"p=0.5\": only one of nth, every and p can be given"},
	{"host.mmap:p=1.01", 10, "\"p=1.01\": a number from 0 to 1 is needed, as in p=0.01"},
	{"host.mmap:p=2", 10, "\"p=2\": a number from 0 to 1 is needed, as in p=0.01"},
	{"host.mmap:p=.5", 10, "\"p=.5\": a number from 0 to 1 is needed, as in p=0.01"},
	{"host.mmap:p=0,5", 10, "\"p=0,5\": a number from 0 to 1 is needed, as in p=0.01"},
	{"host.mmap:after=-1", 10, "\"after=-1\": a number is needed"},
	{"host.mmap:times=many", 10, "\"times=many\": a number is needed"},
	{"host.mmap:delay=5", 10,
	 "\"delay=5\": a time of at most an hour is needed, with ns, us, ms or s"},
	{"host.mmap:delay=2h", 10,
	 "\"delay=2h\": a time of at most an hour is needed, with ns, us, ms or s"},
	{"host.mmap:delay=3601s", 10,
	 "\"delay=3601s\": a time of at most an hour is needed, with ns, us, ms or s"},
	{"host.mmap:delay=99999999999999999s", 10,
	 "\"delay=99999999999999999s\": a time of at most an hour is needed, with ns, us, ms or s"},
	{"zx_vmo_create", 0, "\"zx_vmo_create\": a status or a delay is needed"},
	{"zx_vmo_create:nth=1", 0, "\"zx_vmo_create\": a status or a delay is needed"},
	{"zx_vmo_create:ZX_OK", 14, "\"ZX_OK\": not a failure"},
	{"zx_vmo_create:ZX_ERR_NONSENSE", 14,
	 "\"ZX_ERR_NONSENSE\": neither a status (ZX_ERR_...) nor an errno (ENOMEM ...)"},
	{"zx_vmo_create:-1025", 14,
	 "\"-1025\": neither a status (ZX_ERR_...) nor an errno (ENOMEM ...)"},
	{"zx_vmo_create:ENOMEM", 14, "\"ENOMEM\": this fails with a status, not with an errno"},
	{"zx_vmo_create:-4:-5", 17, "\"-5\": a second result"},
	{"zx_clock_get_monotonic:ZX_ERR_IO", 23, "\"ZX_ERR_IO\": this can only be delayed"},
	{"pager.request:ZX_ERR_IO", 14, "\"ZX_ERR_IO\": this can only be delayed"},
	{"host.mmap:ZX_ERR_IO", 10,
	 "\"ZX_ERR_IO\": a host call fails with an errno, not with a status"},
	{"host.lseek:ENXIO", 11,
	 "\"ENXIO\": this host call can fail in its own way only: leave the errno out"},
	{"alloc.node:ZX_ERR_IO", 11,
	 "\"ZX_ERR_IO\": an allocation can fail with ZX_ERR_NO_MEMORY only"},
	{"app.x:ENOMEM", 6, "\"ENOMEM\": this fails with a status, not with an errno"},
	{"seed=x", 0, "\"seed=x\": a number is needed"},
	{"seed=1:nth=2", 0, "\"seed=1\": nothing may follow the seed in its rule"},
};

Test(base_inject, specifications__table__read_or_place_told)
{
	T_EACH (specs, s) {
		char text[128] = "untouched";
		size_t at = 777;
		zx_status_t st = zirconia_inject_check(s->spec, &at, text, sizeof(text));

		T_ZX_ROW(s->spec, st, s->what == NULL ? ZX_OK : ZX_ERR_INVALID_ARGS);
		cr_assert_eq(at, s->what == NULL ? 777 : (size_t)s->at, "%s: at %zu", s->spec, at);
		cr_assert_str_eq(text, s->what == NULL ? "untouched" : s->what, "%s: \"%s\"",
				 s->spec, text);
		T_ZX_ROW(s->spec, zirconia_inject_set(s->spec),
			 s->what == NULL ? ZX_OK : ZX_ERR_INVALID_ARGS);
	}
	T_OK(zirconia_inject_check(NULL, NULL, NULL, 0));
	T_ZX(zirconia_inject_check("x", NULL, NULL, 0), ZX_ERR_INVALID_ARGS);
}

Test(base_inject, specification__too_many_rules__refused)
{
	char spec[65 * 16] = "";
	size_t at = 0;

	for (int i = 0; i < 64; i++)
		strcat(spec, "host.mmap:nth=1;");
	T_OK(zirconia_inject_check(spec, NULL, NULL, 0));
	strcat(spec, "host.mmap");
	T_ZX(zirconia_inject_check(spec, &at, NULL, 0), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(at, 64 * 16u);
}

Test(base_inject, bad_specification__set__rules_stay)
{
	T_OK(zirconia_inject_set("app.x"));
	T_ZX(zirconia_inject_here("app.x"), ZX_ERR_NO_MEMORY);
	T_ZX(zirconia_inject_set("app.x:nht=1"), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_inject_here("app.x"), ZX_ERR_NO_MEMORY);
	cr_assert_eq(zirconia_inject_count("app.x"), 2);
	cr_assert_eq(zirconia_inject_fired(), 2);
}

/* Which of the first 24 times fail: one character each, 'x' for a failure. */
static const struct {
	const char *items, *want;
} patterns[] = {
	{"", "xxxxxxxxxxxxxxxxxxxxxxxx"},
	{":nth=1", "x......................."},
	{":nth=3", "..x....................."},
	{":every=5", "....x....x....x....x...."},
	{":after=20", "....................xxxx"},
	{":times=3", "xxx....................."},
	{":after=2:times=3", "..xxx..................."},
	{":after=2:every=4:times=2", ".....x...x.............."},
	{":after=4:nth=2", ".....x.................."},
	{":times=0", "........................"},
	{":p=0", "........................"},
	{":p=0.0", "........................"},
	{":p=1", "xxxxxxxxxxxxxxxxxxxxxxxx"},
	{":p=1.000", "xxxxxxxxxxxxxxxxxxxxxxxx"},
};

static void run_pattern(const char *items, char got[25])
{
	char spec[64];

	snprintf(spec, sizeof(spec), "app.x%s:ZX_ERR_IO", items);
	T_OK(zirconia_inject_set(spec));
	for (int i = 0; i < 24; i++) {
		zx_status_t st = zirconia_inject_here("app.x");

		got[i] = st == ZX_ERR_IO ? 'x' : st == ZX_OK ? '.' : '?';
	}
	got[24] = '\0';
}

Test(base_inject, rules__table__take_effect_when_they_say)
{
	T_EACH (patterns, p) {
		uint64_t fired = 0;
		char got[25];

		run_pattern(p->items, got);
		cr_assert_str_eq(got, p->want, "%s: %s", p->items, got);
		for (const char *c = got; *c != '\0'; c++)
			fired += *c == 'x';
		cr_assert_eq(zirconia_inject_fired(), fired, "%s", p->items);
		cr_assert_eq(zirconia_inject_count("app.x"), 24, "%s", p->items);
	}
}

Test(base_inject, chance__same_seed__same_outcome)
{
	char first[25], second[25], third[25];
	unsigned hits = 0;

	run_pattern(":p=0.5", first);
	run_pattern(":p=0.5", second);
	cr_assert_str_eq(first, second);
	T_OK(zirconia_inject_set("seed=2;app.x:p=0.5"));
	for (int i = 0; i < 24; i++)
		third[i] = zirconia_inject_here("app.x") != ZX_OK ? 'x' : '.';
	third[24] = '\0';
	cr_assert_str_neq(first, third);

	T_OK(zirconia_inject_set("app.x:p=0.01"));
	for (int i = 0; i < 20000; i++)
		hits += zirconia_inject_here("app.x") != ZX_OK;
	cr_assert(hits > 120 && hits < 280, "%u of 20000 with p=0.01", hits);
}

Test(base_inject, several_rules__one_point__first_result_and_all_delays)
{
	struct timespec from, to;

	T_OK(zirconia_inject_set("app.x:delay=4ms;app.x:ZX_ERR_IO:nth=2;app.*:ZX_ERR_CANCELED:"
				 "every=2;app.x:delay=5ms:nth=1"));
	clock_gettime(CLOCK_MONOTONIC, &from);
	T_OK(zirconia_inject_here("app.x"));
	clock_gettime(CLOCK_MONOTONIC, &to);
	cr_assert_geq((to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec, 9000000);
	T_ZX(zirconia_inject_here("app.x"), ZX_ERR_IO);
	T_OK(zirconia_inject_here("app.y"));
	T_ZX(zirconia_inject_here("app.y"), ZX_ERR_CANCELED);
	cr_assert_eq(zirconia_inject_count("app.y"), 0); /* no rule names it */
}

Test(base_inject, nothing_set__points__not_counted)
{
	T_OK(zirconia_inject_set(""));
	cr_assert_not(zi_inject_fails(ZI_POINT_ALLOC_NODE));
	cr_assert_eq(zirconia_inject_count("alloc.node"), 1);
	T_OK(zirconia_inject_set(""));
	cr_assert_eq(zirconia_inject_count("alloc.node"), 0);
	T_OK(zirconia_inject_set(NULL));
	cr_assert_not(zi_inject_fails(ZI_POINT_ALLOC_NODE));
	cr_assert_eq(zirconia_inject_count("alloc.node"), 0);
	cr_assert_eq(zirconia_inject_fired(), 0);
}

Test(base_inject, host_point__told_to_fail__errno_and_no_call)
{
	bool called = false;

	T_OK(zirconia_inject_set("host.mmap:nth=1;host.mmap:nth=2:EAGAIN"));
	errno = 0;
	cr_assert_eq(ZI_HOST(MMAP, -1, (called = true, 5)), -1);
	cr_assert_eq(errno, ENOMEM);
	cr_assert_eq(ZI_HOST(MMAP, -1, (called = true, 5)), -1);
	cr_assert_eq(errno, EAGAIN);
	errno = 0;
	cr_assert_not(called);
	cr_assert_eq(ZI_HOST(MMAP, -1, (called = true, 5)), 5);
	cr_assert(called);
	cr_assert_eq(errno, 0);
	T_OK(zirconia_inject_set("host.pthread_create"));
	cr_assert_eq(ZI_HOST_E(PTHREAD_CREATE, 0), EAGAIN);
}

Test(base_inject, points__listed__names_differ_and_all_have_text)
{
	const char *text, *name, *other;
	size_t n = 0;

	for (; (name = zirconia_inject_point(n, &text)) != NULL; n++) {
		char spec[80];

		cr_assert(*text != '\0', "%s", name);
		for (size_t i = 0; i < n; i++) {
			other = zirconia_inject_point(i, NULL);
			cr_assert_str_neq(name, other);
		}
		snprintf(spec, sizeof(spec), "%s:delay=1ns", name);
		T_ZX_ROW(name, zirconia_inject_check(spec, NULL, NULL, 0), ZX_OK);
	}
	cr_assert_gt(n, 160u);
	cr_assert_null(zirconia_inject_point(SIZE_MAX, NULL));
}

/* ---- threads */

static _Atomic bool stop;
static _Atomic uint64_t wrong;

static void *reach(void *arg)
{
	(void)arg;
	while (!stop) {
		zx_status_t st = zirconia_inject_here("app.x");

		/* Every specification that is ever set says one of these. */
		if (st != ZX_OK && st != ZX_ERR_IO && st != ZX_ERR_CANCELED)
			wrong++;
		(void)zi_inject_fails(ZI_POINT_ALLOC_NODE);
	}
	return NULL;
}

Test(base_inject, set__while_threads_reach_points__old_or_new_rules)
{
	static const char *const turns[] = {"app.x:ZX_ERR_IO", "app.x:ZX_ERR_CANCELED:every=2", "",
					    NULL};
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, reach, NULL), 0);
	for (unsigned i = 0; i < 400; i++) {
		T_OK(zirconia_inject_set(turns[i % 4]));
		if (i % 4 != 1)
			continue;
		/* Nobody acts on the rules before these any more. */
		for (int k = 0; k < 10; k++)
			cr_assert_neq(zirconia_inject_here("app.x"), ZX_ERR_IO);
	}
	stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(wrong, 0);
}
