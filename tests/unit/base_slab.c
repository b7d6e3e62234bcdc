/* zi-test: valgrind helgrind */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/slab.h"
#include "t.h"
#include "t_world.h"

const bool t_world_is_mine = true;

Test(base_slab, alloc__every_size__zeroed_aligned_and_disjoint)
{
	size_t step = t_has("no-valgrind") ? 1 : 37;

	for (size_t size = 1; size <= 8192; size += step) {
		uint8_t *a = zi_slab_alloc(size), *b = zi_slab_alloc(size);
		size_t align = size >= 64 ? 64 : 16;

		cr_assert(a != NULL && b != NULL && a != b);
		cr_assert_eq((uintptr_t)a % align, 0, "size %zu", size);
		cr_assert_eq((uintptr_t)b % align, 0, "size %zu", size);
		cr_assert(a + size <= b || b + size <= a);
		cr_assert(t_all(a, size, 0) && t_all(b, size, 0));
		memset(a, 0xff, size);
		memset(b, 0xff, size);
		cr_assert_eq(zi_slab_live(), 2 * size);
		zi_slab_free(a, size);
		zi_slab_free(b, size);
		cr_assert_eq(zi_slab_live(), 0);
	}
	zi_slab_free(NULL, 5);
}

Test(base_slab, random_use__always__contents_stay)
{
	enum { MAX = 2000 };
	static struct {
		uint8_t *p;
		size_t size;
		uint8_t fill;
	} o[MAX];
	uint64_t seed = t_seed();
	size_t n = 0, live = 0;
	unsigned rounds = t_has("no-valgrind") ? 100000 : 5000;

	for (unsigned round = 0; round < rounds; round++) {
		if (n < MAX && t_below(&seed, 100) < 52) {
			o[n].size = 1 + t_below(&seed, (uint64_t)1 << (1 + t_below(&seed, 13)));
			if (o[n].size > 8192)
				o[n].size = 8192;
			o[n].fill = (uint8_t)t_random(&seed);
			o[n].p = zi_slab_alloc(o[n].size);
			cr_assert_not_null(o[n].p);
			cr_assert(t_all(o[n].p, o[n].size, 0));
			memset(o[n].p, o[n].fill, o[n].size);
			live += o[n].size;
			n++;
		} else if (n > 0) {
			size_t i = t_below(&seed, n);

			cr_assert(t_all(o[i].p, o[i].size, o[i].fill));
			zi_slab_free(o[i].p, o[i].size);
			live -= o[i].size;
			o[i] = o[--n];
		}
		cr_assert_eq(zi_slab_live(), live);
	}
}

Test(base_slab, freed__allocated_again__memory_is_reused)
{
	void *first = zi_slab_alloc(100);

	for (unsigned i = 0; i < 1000; i++) {
		zi_slab_free(first, 100);
		cr_assert_eq(zi_slab_alloc(100), first);
	}
}

Test(base_slab, fail_after__n_allocations__null)
{
	zi_slab_fail_after(2);
	cr_assert_not_null(zi_slab_alloc(8));
	cr_assert_not_null(zi_slab_alloc(8));
	cr_assert_null(zi_slab_alloc(8));
	cr_assert_null(zi_slab_alloc(8));
	cr_assert_null(zi_cache_new("x", 8));
	zi_slab_fail_after(-1);
	cr_assert_not_null(zi_slab_alloc(8));
}

#if !defined(__SANITIZE_ADDRESS__)
Test(base_slab, free__twice__stops, .signal = SIGABRT)
{
	void *p = zi_slab_alloc(40);

	zi_slab_free(p, 40);
	zi_slab_free(p, 40);
}
#endif

Test(base_slab, free__wrong_size__stops, .signal = SIGABRT)
{
	zi_slab_free(zi_slab_alloc(40), 400);
}

Test(base_slab, free__middle_of_an_object__stops, .signal = SIGABRT)
{
	zi_slab_free((char *)zi_slab_alloc(512) + 64, 512);
}

/* ---- caches */

Test(base_slab, cache__reused__bytes_kept)
{
	struct zi_cache *c = zi_cache_new("kept", 72);
	_Bool fresh = false;
	uint8_t *p, *q;

	cr_assert_not_null(c);
	p = zi_cache_alloc(c, &fresh);
	cr_assert(fresh && t_all(p, 72, 0));
	cr_assert_eq((uintptr_t)p % 64, 0);
	cr_assert_eq(zi_slab_live(), 72);
	memset(p, 0xa7, 72);
	zi_cache_free(c, p);
	cr_assert(t_all(p, 72, 0xa7), "a free object must keep its bytes");
	q = zi_cache_alloc(c, &fresh);
	cr_assert_eq(p, q);
	cr_assert_not(fresh);
	cr_assert(t_all(q, 72, 0xa7));
	zi_cache_free(c, q);
	zi_cache_free(c, NULL);
	cr_assert_eq(zi_slab_live(), 0);
}

Test(base_slab, caches__several__memory_never_crosses)
{
	struct zi_cache *a = zi_cache_new("a", 64), *b = zi_cache_new("b", 64);
	static void *from_a[3000];

	T_EACH (from_a, p) {
		*p = zi_cache_alloc(a, NULL);
		cr_assert_not_null(*p);
	}
	T_EACH (from_a, p)
		zi_cache_free(a, *p);
	for (unsigned i = 0; i < 3000; i++) {
		_Bool fresh;
		char *q = zi_cache_alloc(b, &fresh);

		cr_assert(fresh && t_all(q, 64, 0));
		memset(q, 1, 64);
	}
	for (unsigned i = 0; i < 3000; i++) {
		_Bool fresh;
		char *q = zi_cache_alloc(a, &fresh);

		cr_assert_not(fresh);
		cr_assert(t_all(q, 64, 0), "an object of another cache was handed out");
	}
}

Test(base_slab, caches__too_many__null)
{
	unsigned n = 0;

	while (n < 10000 && zi_cache_new("many", 16) != NULL)
		n++;
	cr_assert(n >= 32 && n < 10000);
}

Test(base_slab, after_fork__everything__forgotten_and_usable)
{
	struct zi_cache *c = zi_cache_new("c", 100);
	_Bool fresh = false;
	void *p = zi_slab_alloc(50), *q = zi_cache_alloc(c, NULL);

	zi_slab_after_fork();
	cr_assert_eq(zi_slab_live(), 0);
	cr_assert_neq(zi_slab_alloc(50), p);
	cr_assert_neq(zi_cache_alloc(c, &fresh), q);
	cr_assert(fresh);
}

/* ---- threads */

static struct zi_cache *shared;

static void *churn(void *arg)
{
	uint64_t seed = (uintptr_t)arg;
	uint64_t *slot[32] = {0};

	for (unsigned i = 0; i < 20000; i++) {
		uint64_t **s = &slot[t_below(&seed, 32)];

		if (*s != NULL) {
			if (**s != (uintptr_t)arg)
				return arg;
			**s = 0;
			if (s < slot + 16)
				zi_cache_free(shared, *s);
			else
				zi_slab_free(*s, 48);
			*s = NULL;
		} else {
			*s = s < slot + 16 ? zi_cache_alloc(shared, NULL) : zi_slab_alloc(48);
			if (*s == NULL || **s != 0)
				return arg;
			**s = (uintptr_t)arg;
		}
	}
	for (unsigned i = 0; i < 32; i++) {
		if (slot[i] != NULL)
			*slot[i] = 0;
		if (i < 16)
			zi_cache_free(shared, slot[i]);
		else
			zi_slab_free(slot[i], 48);
	}
	return NULL;
}

Test(base_slab, threads__alloc_and_free__disjoint)
{
	pthread_t thread[4];
	void *wrong;

	shared = zi_cache_new("shared", 48);
	for (uintptr_t i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, churn, (void *)(i + 1)), 0);
	for (unsigned i = 0; i < 4; i++) {
		cr_assert_eq(pthread_join(thread[i], &wrong), 0);
		cr_assert_null(wrong);
	}
	cr_assert_eq(zi_slab_live(), 0);
}
