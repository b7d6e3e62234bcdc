/* zi-test: valgrind helgrind */
/* Observers: who is told, what of, and how they leave. */
#include "object_fake.h"

#include "object/observer.h"

#define A ZX_USER_SIGNAL_0
#define B ZX_USER_SIGNAL_1
#define C ZX_USER_SIGNAL_2

struct watcher {
	struct zi_observer observer;
	unsigned told;
	zx_signals_t seen;
	bool canceled;
	_Atomic uint32_t word;
};

static _Atomic uint32_t *tell(struct zi_observer *ob, zx_signals_t state, bool canceled)
{
	struct watcher *w = ZI_CONTAINER(ob, struct watcher, observer);

	w->told++;
	w->seen = state;
	w->canceled = canceled;
	return &w->word;
}

static struct fake *object;
static zx_handle_t handle, other;

static void setup(void)
{
	object = fake_new(NULL, NULL);
	handle = fake_handle(object, 0x7fffffff);
	other = fake_handle(object, 0x7fffffff);
}

static void teardown(void)
{
	zi_handle_close(handle);
	zi_handle_close(other);
	zi_object_unref(&object->object);
	cr_assert_eq(zi_object_live(), 0);
}

TestSuite(object_signals, .init = setup, .fini = teardown);

static void watch(struct watcher *w, zx_handle_t through, zx_signals_t trigger)
{
	struct zi_object *o;

	*w = (struct watcher){.observer = {.trigger = trigger, .tell = tell}};
	T_OK(zi_handle_get_way(through, 0, &o, &w->observer.way));
	zi_object_unref(o);
}

Test(object_signals, update__each_change__told_by_the_rule)
{
	const struct {
		const char *name;
		zx_signals_t before, clear, set, strobe;
		zx_signals_t trigger;
		bool told;
		zx_signals_t seen, after;
	} rows[] = {
		{"new bit", 0, 0, A, 0, A, true, A, A},
		{"new bit of another", 0, 0, A, 0, B, false, 0, A},
		{"old bit again", A, 0, A, 0, A, false, 0, A},
		{"old bit, another is new", A, 0, B, 0, A, true, A | B, A | B},
		{"cleared and set in one", A, A, A, 0, A, false, 0, A},
		{"cleared", A, A, 0, 0, A, false, 0, 0},
		{"old bit cleared, another new", A, A, B, 0, A, false, 0, B},
		{"complete state", A | C, 0, B, 0, B, true, A | B | C, A | B | C},
		{"strobe", 0, 0, 0, A, A, true, A, 0},
		{"strobe of another, old bit", A, 0, 0, B, A, true, A | B, A},
		{"strobe and set", 0, 0, B, A, B, true, A | B, B},
		{"strobe of another", 0, 0, 0, B, A, false, 0, 0},
		{"trigger of nothing", 0, 0, A, B, 0, false, 0, A},
	};

	T_EACH (rows, r) {
		struct watcher w;
		zx_signals_t state;

		zi_object_update_signals(&object->object, ~0u, r->before, 0);
		watch(&w, handle, r->trigger);
		cr_assert_eq(zi_observer_add(&object->object, &w.observer, true, &state),
			     ZI_OBSERVE_WAITING);
		cr_assert_eq(state, r->before);
		zi_object_update_signals(&object->object, r->clear, r->set, r->strobe);
		cr_assert_eq(w.told, r->told ? 1 : 0, "%s", r->name);
		cr_assert_eq(w.seen, r->seen, "%s: 0x%x", r->name, w.seen);
		cr_assert_eq(zi_object_signals(&object->object), r->after, "%s", r->name);
		cr_assert_eq(zi_observer_remove(&object->object, &w.observer, &state), !r->told,
			     "%s", r->name);
		cr_assert_eq(state, r->after);
	}
}

Test(object_signals, add__level_wait_on_a_set_bit__matched_and_not_kept)
{
	struct watcher w;
	zx_signals_t state = 0;

	zi_object_update_signals(&object->object, 0, A | C, 0);
	watch(&w, handle, A | B);
	cr_assert_eq(zi_observer_add(&object->object, &w.observer, false, &state),
		     ZI_OBSERVE_MATCHED);
	cr_assert_eq(state, A | C);
	cr_assert_eq(w.told, 0);
	cr_assert_not(zi_link_is_linked(&w.observer.link));
	cr_assert_eq(zi_observer_add(&object->object, &w.observer, true, &state),
		     ZI_OBSERVE_WAITING);
	cr_assert(zi_observer_remove(&object->object, &w.observer, &state));
}

Test(object_signals, cancel__one_of_two_handles_closes__its_observers_only)
{
	struct watcher w[4];
	zx_signals_t state;

	for (unsigned i = 0; i < 4; i++) {
		watch(&w[i], i % 2 ? other : handle, A);
		cr_assert_eq(zi_observer_add(&object->object, &w[i].observer, false, NULL),
			     ZI_OBSERVE_WAITING);
	}
	zi_object_update_signals(&object->object, 0, B, 0);
	T_OK(zi_handle_close(handle));
	for (unsigned i = 0; i < 4; i++) {
		cr_assert_eq(w[i].told, i % 2 ? 0 : 1);
		if (i % 2 == 0)
			cr_assert(w[i].canceled && w[i].seen == (B | ZX_SIGNAL_HANDLE_CLOSED));
	}
	cr_assert_eq(zi_object_signals(&object->object), B);
	/* Through a handle that is closed nobody waits. */
	w[0].told = 0;
	cr_assert_eq(zi_observer_add(&object->object, &w[0].observer, false, &state),
		     ZI_OBSERVE_CLOSED);
	cr_assert_not(zi_link_is_linked(&w[0].observer.link));
	zi_object_update_signals(&object->object, 0, A, 0);
	cr_assert(w[0].told == 0 && w[1].told == 1 && w[3].told == 1 && !w[1].canceled);
}

Test(object_signals, update__more_observers_than_wakes_are_kept__all_are_told)
{
	enum { N = 100 };
	struct watcher w[N];

	for (unsigned i = 0; i < N; i++) {
		watch(&w[i], handle, A);
		zi_observer_add(&object->object, &w[i].observer, false, NULL);
	}
	zi_object_update_signals(&object->object, 0, A, 0);
	for (unsigned i = 0; i < N; i++)
		cr_assert_eq(w[i].told, 1);
	cr_assert(zi_list_is_empty(&object->object.observers));
}

/* ---- a wait against the close of its handle */

static struct {
	_Atomic zx_handle_t shared;
	_Atomic bool done;
	_Atomic unsigned strange;
} race;

static void *observe(void *arg)
{
	(void)arg;
	while (!atomic_load(&race.done)) {
		struct watcher w = {.observer = {.trigger = A, .tell = tell}};
		struct zi_object *o;
		zx_signals_t state;

		if (zi_handle_get_way(atomic_load(&race.shared), 0, &o, &w.observer.way) != ZX_OK)
			continue;
		if (zi_observer_add(o, &w.observer, false, &state) == ZI_OBSERVE_WAITING) {
			/*
			 * Either it is still there, or it was told of the close: never lost, never
			 * twice.
			 */
			bool there = zi_observer_remove(o, &w.observer, &state);

			if (w.told != (there ? 0 : 1) || (!there && !w.canceled))
				atomic_fetch_add(&race.strange, 1);
		}
		zi_object_unref(o);
	}
	return NULL;
}

Test(object_signals, threads__observe_through_a_handle_that_closes__nobody_is_left_behind)
{
	const unsigned rounds = rounds_of(100000);
	pthread_t t[2];

	atomic_store(&race.shared, fake_handle(object, 0x7fffffff));
	for (unsigned i = 0; i < 2; i++)
		t[i] = start(observe, NULL);
	for (unsigned i = 0; i < rounds; i++) {
		zx_handle_t old = atomic_exchange(&race.shared, fake_handle(object, 0x7fffffff));

		T_OK(zi_handle_close(old));
	}
	atomic_store(&race.done, true);
	finish(t[0]);
	finish(t[1]);
	T_OK(zi_handle_close(race.shared));
	cr_assert_eq(race.strange, 0);
	cr_assert(zi_list_is_empty(&object->object.observers));
}
