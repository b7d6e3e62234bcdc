/* zi-test: valgrind */
/* The handle table and the life of objects from the inside. */
#include "object_fake.h"

#include "object/handle_i.h"

#define ALL 0x7fffffffu

/* ---- objects */

Test(object_handle, object_new__fresh_or_used_memory__zeroed_with_one_reference)
{
	for (unsigned round = 0; round < 3; round++) {
		struct fake *all[200];

		for (unsigned i = 0; i < 200; i++) {
			struct fake *f = all[i] = zi_object_new(&fake_ops, i);

			cr_assert_eq(f->object.counts, 1);
			cr_assert_eq(f->object.signals, i);
			cr_assert(f->zeroes == NULL && f->destroys == NULL && f->number == 0);
			cr_assert(zi_list_is_empty(&f->object.observers));
			cr_assert(i == 0 || f->object.koid > all[i - 1]->object.koid);
			f->number = UINT64_MAX;
		}
		cr_assert_eq(zi_object_live(), 200);
		for (unsigned i = 0; i < 200; i++)
			zi_object_unref(&all[i]->object);
		cr_assert_eq(zi_object_live(), 0);
	}
}

Test(object_handle, last_reference_and_last_handle__each_once_and_in_this_order)
{
	_Atomic unsigned zeroes = 0, destroys = 0;
	struct fake *f = fake_new(&zeroes, &destroys);
	zx_handle_t a = fake_handle(f, ALL), b = fake_handle(f, ALL);

	zi_object_ref(&f->object);
	zi_object_unref(&f->object);
	zi_object_unref(&f->object);
	T_OK(zi_handle_close(a));
	cr_assert(zeroes == 0 && destroys == 0);
	cr_assert(zi_object_tryref(&f->object));
	T_OK(zi_handle_close(b));
	cr_assert(zeroes == 1 && destroys == 0);
	zi_object_unref(&f->object);
	cr_assert(zeroes == 1 && destroys == 1);
	cr_assert_not(zi_object_tryref(&f->object), "its memory is of the same kind still");
}

/* ---- handles */

Test(object_handle, remove__the_last_handle__object_with_a_reference_and_rights)
{
	_Atomic unsigned zeroes = 0, destroys = 0;
	struct fake *f = fake_new(&zeroes, &destroys), *got = NULL;
	zx_handle_t h = fake_handle(f, 0x123);
	zx_rights_t rights = 0;

	zi_object_unref(&f->object);
	T_OK(zi_handle_remove(h, &got, &rights));
	cr_assert(got == f && rights == 0x123);
	cr_assert(zeroes == 1 && destroys == 0);
	T_ZX(zi_handle_remove(h, &got, NULL), ZX_ERR_BAD_HANDLE);
	zi_object_unref(&f->object);
	cr_assert_eq(destroys, 1);
	cr_assert_eq(zi_handle_live(), 0);
}

Test(object_handle, publish__bad_address__handle_and_object_are_gone)
{
	_Atomic unsigned zeroes = 0, destroys = 0;
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_ZX(zi_handle_publish(&fake_new(&zeroes, &destroys)->object, ALL, t_bad_ptr()),
	     ZX_ERR_INVALID_ARGS);
	cr_assert(zeroes == 1 && destroys == 1);
	cr_assert_eq(zi_handle_live(), 0);
	T_OK(zi_handle_publish(&fake_new(&zeroes, &destroys)->object, ALL, &h));
	cr_assert_eq(zi_handle_live(), 1);
	T_OK(zi_handle_close(h));
	cr_assert(zeroes == 2 && destroys == 2);
}

Test(object_handle, get__object_kept_while_the_handle_closes__still_there)
{
	_Atomic unsigned destroys = 0;
	struct fake *f = fake_new(NULL, &destroys), *got = NULL;
	zx_handle_t h = fake_handle(f, 5);
	zx_rights_t rights = 0;

	zi_object_unref(&f->object);
	T_ZX(zi_handle_get(h, ZX_OBJ_TYPE_EVENT, 2, &got, &rights), ZX_ERR_WRONG_TYPE);
	T_ZX(zi_handle_get(h, 60, 2, &got, &rights), ZX_ERR_ACCESS_DENIED);
	T_ZX(zi_handle_get(h, ZX_OBJ_TYPE_NONE, 2, &got, &rights), ZX_ERR_ACCESS_DENIED);
	cr_assert(got == NULL && rights == 0);
	T_OK(zi_handle_get(h, 60, 5, &got, &rights));
	cr_assert(got == f && rights == 5);
	T_OK(zi_handle_close(h));
	cr_assert_eq(destroys, 0);
	zi_object_unref(&got->object);
	cr_assert_eq(destroys, 1);
}

Test(object_handle, values__of_many_handles__all_different_with_both_low_bits)
{
	enum { N = 3000 };
	struct fake *f = fake_new(NULL, NULL);
	zx_handle_t *h = malloc(N * sizeof(*h));
	uint8_t *seen = calloc(1, ZI_SLOTS_MAX);

	for (unsigned i = 0; i < N; i++) {
		h[i] = fake_handle(f, ALL);
		cr_assert_eq(h[i] & 3, 3);
		cr_assert_eq(seen[zi_slot_index(h[i])]++, 0, "two handles in one slot");
	}
	cr_assert_eq(zi_handle_live(), N);
	cr_assert_eq(zi_object_handles(&f->object), N);
	for (unsigned i = 0; i < N; i++)
		T_OK(zi_handle_close(h[i]));
	cr_assert_eq(zi_handle_live(), 0);
	zi_object_unref(&f->object);
	free(h);
	free(seen);
}

/*
 * A closed value must not come back for a million handles, whatever number of handles is open
 * meanwhile.
 */
Test(object_handle, slots__one_handle_open_at_a_time__hundreds_go_round_before_one_is_used_again)
{
	struct fake *f = fake_new(NULL, NULL);
	unsigned last_use[4096] = {0}, nearest = UINT32_MAX;

	for (unsigned i = 1; i < 20000; i++) {
		zx_handle_t h = fake_handle(f, ALL);
		uint32_t slot = zi_slot_index(h);

		cr_assert_lt(slot, 4096);
		if (last_use[slot] != 0 && i - last_use[slot] < nearest)
			nearest = i - last_use[slot];
		last_use[slot] = i;
		T_OK(zi_handle_close(h));
	}
	cr_assert_geq(nearest, 244,
		      "a slot was used again after %u handles: its 4096 generations last for %u",
		      nearest, nearest * 4096);
	zi_object_unref(&f->object);
}

/* ---- walking */

struct walked {
	zx_handle_t values[64];
	unsigned n, stop_after;
	zx_handle_t close_at_first;
};

static bool note(void *ctx, zx_handle_t value, struct zi_object *o, zx_rights_t rights)
{
	struct walked *w = ctx;

	cr_assert_eq(o->ops, &fake_ops);
	cr_assert_eq(rights, 0x10 + ((struct fake *)o)->number);
	w->values[w->n++] = value;
	if (w->n == 1 && w->close_at_first != ZX_HANDLE_INVALID)
		T_OK(zi_handle_close(w->close_at_first));
	return w->n != w->stop_after;
}

Test(object_handle, walk__handles_that_come_and_go__most_recent_first)
{
	struct walked w = {.n = 0}, stopped = {.stop_after = 2};
	zx_handle_t h[20];

	for (unsigned i = 0; i < 20; i++) {
		struct fake *f = fake_new(NULL, NULL);

		f->number = i;
		h[i] = fake_handle(f, 0x10 + i);
		zi_object_unref(&f->object);
	}
	/* Slots are used again; the order is that of making all the same. */
	T_OK(zi_handle_close(h[3]));
	w.close_at_first = h[7];
	cr_assert(zi_handle_walk(note, &w));
	cr_assert_eq(w.n, 18, "%u", w.n);
	for (unsigned i = 20, at = 0; i-- > 0;) {
		if (i != 3 && i != 7)
			cr_assert_eq(w.values[at++], h[i]);
	}
	cr_assert(zi_handle_walk(note, &stopped));
	cr_assert(stopped.n == 2 && stopped.values[1] == h[18]);
	for (unsigned i = 0; i < 20; i++)
		T_ZX(zi_handle_close(h[i]), i == 3 || i == 7 ? ZX_ERR_BAD_HANDLE : ZX_OK);
	cr_assert_eq(zi_object_live(), 0);
}

/* ---- ways */

Test(object_handle, way__handle_closed_and_slot_used_again__never_open_again)
{
	struct fake *f = fake_new(NULL, NULL);
	zx_handle_t h = fake_handle(f, ALL);
	struct zi_object *o;
	uint64_t way = 0;

	T_ZX(zi_handle_get_way(h ^ 4, 0, &o, &way), ZX_ERR_BAD_HANDLE);
	T_OK(zi_handle_get_way(h, 1, &o, &way));
	zi_object_unref(o);
	cr_assert(zi_handle_way_is_open(way));
	T_OK(zi_handle_close(h));
	/* All the generations of the slot, and more. */
	for (unsigned i = rounds_of(3000000); i-- > 0;) {
		zx_handle_t again = fake_handle(f, ALL);

		if (zi_handle_way_is_open(way))
			cr_assert_fail("open again with %u handles to go", i);
		T_OK(zi_handle_close(again));
	}
	zi_object_unref(&f->object);
}

/* ---- threads */

#define SHARED 64

static struct {
	_Atomic uint64_t published[SHARED]; /* handle << 32 | number of its object */
	_Atomic bool done;
	_Atomic unsigned strange, found;
} crowd;

static void *look_up_all(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;

	while (!atomic_load_explicit(&crowd.done, memory_order_relaxed)) {
		uint64_t pair = atomic_load(&crowd.published[t_below(&seed, SHARED)]);
		struct fake *f;
		zx_rights_t rights;
		zx_status_t st =
			zi_handle_get((uint32_t)(pair >> 32), 60, ZX_RIGHT_READ, &f, &rights);

		if (st == ZX_ERR_BAD_HANDLE)
			continue;
		/* What was found is what the value named, with the rights that it had. */
		if (st != ZX_OK || f->number != (uint32_t)pair ||
		    rights != (ZX_RIGHT_READ | (uint32_t)pair << 8))
			atomic_fetch_add(&crowd.strange, 1);
		else
			atomic_fetch_add_explicit(&crowd.found, 1, memory_order_relaxed);
		if (st == ZX_OK)
			zi_object_unref(&f->object);
	}
	return NULL;
}

static void *replace_all(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg * 77;
	const unsigned rounds = rounds_of(200000);

	for (unsigned i = 0; i < rounds; i++) {
		const uint32_t number = (uint32_t)t_below(&seed, 1 << 20);
		struct fake *f = zi_object_new(&fake_ops, 0);
		zx_handle_t h;

		f->number = number;
		if (zi_handle_add(&f->object, ZX_RIGHT_READ | number << 8, &h) != ZX_OK)
			atomic_fetch_add(&crowd.strange, 1);
		zi_object_unref(&f->object);
		uint64_t old = atomic_exchange(&crowd.published[t_below(&seed, SHARED)],
					       (uint64_t)h << 32 | number);

		if (old != 0 && zi_handle_close((uint32_t)(old >> 32)) != ZX_OK)
			atomic_fetch_add(&crowd.strange, 1);
	}
	return NULL;
}

Test(object_handle, threads__look_up_while_others_close_and_make__each_value_finds_its_own_object)
{
	pthread_t lookers[2], replacers[2];

	for (uintptr_t i = 0; i < 2; i++) {
		lookers[i] = start(look_up_all, (void *)(i + 1));
		replacers[i] = start(replace_all, (void *)(i + 1));
	}
	finish(replacers[0]);
	finish(replacers[1]);
	atomic_store(&crowd.done, true);
	finish(lookers[0]);
	finish(lookers[1]);
	cr_assert_eq(crowd.strange, 0);
	cr_assert_gt(crowd.found, 0);
	for (unsigned i = 0; i < SHARED; i++) {
		if (crowd.published[i] != 0)
			T_OK(zi_handle_close((uint32_t)(crowd.published[i] >> 32)));
	}
	cr_assert_eq(zi_handle_live(), 0);
	cr_assert_eq(zi_object_live(), 0);
}

struct twin {
	_Atomic zx_handle_t handle;
	_Atomic bool done;
	_Atomic unsigned zeroes, destroys;
};

static void *duplicate_it(void *arg)
{
	struct twin *t = arg;

	while (!atomic_load(&t->done)) {
		zx_handle_t copy;

		if (zi_handle_duplicate(atomic_load(&t->handle), ZX_RIGHT_SAME_RIGHTS, &copy) ==
		    ZX_OK)
			zi_handle_close(copy);
	}
	return NULL;
}

Test(object_handle, threads__duplicate_while_the_only_handle_closes__no_handles_comes_exactly_once)
{
	const unsigned rounds = rounds_of(100000);
	struct twin twin = {.zeroes = 0};
	pthread_t t[2] = {start(duplicate_it, &twin), start(duplicate_it, &twin)};

	for (unsigned i = 0; i < rounds; i++) {
		struct fake *f = fake_new(&twin.zeroes, &twin.destroys);
		zx_handle_t h = fake_handle(f, ALL);

		zi_object_unref(&f->object);
		atomic_store(&twin.handle, h);
		if (i % 8 == 0)
			sched_yield();
		T_OK(zi_handle_close(h));
	}
	atomic_store(&twin.done, true);
	finish(t[0]);
	finish(t[1]);
	cr_assert_eq(twin.zeroes, rounds);
	cr_assert_eq(twin.destroys, rounds);
	cr_assert_eq(zi_handle_live(), 0);
}
