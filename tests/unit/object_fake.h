/* An object of no real type that tells what happens to it. No test logic. */
#ifndef OBJECT_FAKE_H
#define OBJECT_FAKE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/rights.h>

#include "object/object.h"
#include "t.h"

struct fake {
	struct zi_object object;
	_Atomic unsigned *zeroes; /* NULL: not counted */
	_Atomic unsigned *destroys;
	uint64_t number;
};

static inline void fake_zero(struct zi_object *o)
{
	struct fake *f = (struct fake *)o;

	if (f->zeroes != NULL)
		atomic_fetch_add(f->zeroes, 1);
}

static inline void fake_destroy(struct zi_object *o)
{
	struct fake *f = (struct fake *)o;

	if (f->destroys != NULL)
		atomic_fetch_add(f->destroys, 1);
}

static const struct zi_object_ops fake_ops = {
	.type = 60,
	.type_name = "fake",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL,
	.size = sizeof(struct fake),
	.on_zero_handles = fake_zero,
	.destroy = fake_destroy,
};

static inline __attribute__((unused)) struct fake *fake_new(_Atomic unsigned *zeroes,
							    _Atomic unsigned *destroys)
{
	struct fake *f = zi_object_new(&fake_ops, 0);

	cr_assert_not_null(f);
	f->zeroes = zeroes;
	f->destroys = destroys;
	return f;
}

static inline __attribute__((unused)) zx_handle_t fake_handle(struct fake *f, zx_rights_t rights)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zi_handle_add(&f->object, rights, &h));
	return h;
}

/* Rounds of a loop that takes n natively: fewer where everything takes longer. */
static inline __attribute__((unused)) unsigned rounds_of(unsigned n)
{
	return t_has("native") ? n : t_has("no-valgrind") ? n / 10 : n / 200;
}

static inline __attribute__((unused)) pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	cr_assert_eq(pthread_create(&t, NULL, fn, arg), 0);
	return t;
}

static inline __attribute__((unused)) void finish(pthread_t t)
{
	cr_assert_eq(pthread_join(t, NULL), 0);
}

#endif
