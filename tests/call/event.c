/* zi-test: valgrind helgrind */
/* zx_event_create, zx_eventpair_create, and what becomes of pairs. */
#include "object_t.h"

/* spec: abi 9.8 create #1 */
Test(call_event, create__options__only_0)
{
	for (unsigned bit = 0; bit < 32; bit++) {
		zx_handle_t h = 77;

		T_ZX(zx_event_create(1u << bit, &h), ZX_ERR_INVALID_ARGS);
		cr_assert_eq(h, 77);
	}
}

Test(call_event, create__bad_out__invalid_args_and_no_handle_left)
{
	size_t before = open_handles();

	T_ZX(zx_event_create(0, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_event_create(0, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_event_create(1, NULL), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(open_handles(), before);
}

Test(call_event, create__new__rights_and_state_of_its_kind)
{
	zx_handle_t h = an_event();

	cr_assert_eq(t_rights(h), ZX_DEFAULT_EVENT_RIGHTS);
	cr_assert_eq(state_of(h), 0);
	cr_assert_eq(basic(h).related_koid, 0);
	t_close(h);
}

/* spec: abi 9.8 create #2 */
Test(call_event, eventpair_create__options__not_supported)
{
	for (unsigned bit = 0; bit < 32; bit++) {
		zx_handle_t a = 77, b = 78;

		T_ZX(zx_eventpair_create(1u << bit, &a, &b), ZX_ERR_NOT_SUPPORTED);
		T_ZX(zx_eventpair_create(1u << bit, NULL, NULL), ZX_ERR_NOT_SUPPORTED);
		cr_assert(a == 77 && b == 78);
	}
}

Test(call_event, eventpair_create__either_out_bad__invalid_args_and_no_handle_left)
{
	size_t before = open_handles();
	zx_handle_t h = 77;

	T_ZX(zx_eventpair_create(0, NULL, &h), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_eventpair_create(0, &h, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_eventpair_create(0, t_bad_ptr(), t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(open_handles(), before);
}

/* spec: abi 9.10 #1 */
Test(call_event, eventpair__koids__each_names_the_other_for_ever)
{
	zx_handle_t a, b, copy;

	a_pair(&a, &b);
	cr_assert_eq(t_rights(a), ZX_DEFAULT_EVENTPAIR_RIGHTS);
	cr_assert_eq(t_rights(b), ZX_DEFAULT_EVENTPAIR_RIGHTS);
	cr_assert_eq(basic(a).related_koid, t_koid(b));
	cr_assert_eq(basic(b).related_koid, t_koid(a));
	const zx_koid_t koid = t_koid(b);

	copy = dup_of(a, SAME);
	t_close(b);
	cr_assert_eq(basic(a).related_koid, koid);
	cr_assert_eq(basic(copy).related_koid, koid);
	t_close(a);
	t_close(copy);
}

Test(call_event, eventpair__last_handle_of_one_end_closes__the_other_sees_it)
{
	zx_handle_t a, b, copy;
	zx_signals_t seen = 0;

	a_pair(&a, &b);
	copy = dup_of(b, 0);
	T_OK(zx_object_signal(a, 0, USER0));
	t_close(b);
	cr_assert_eq(state_of(a), USER0, "a handle without rights keeps the end open");
	T_OK(zx_object_signal_peer(a, 0, USER1));
	t_close(copy);
	T_OK(zx_object_wait_one(a, ZX_EVENTPAIR_PEER_CLOSED, 0, &seen));
	cr_assert_eq(seen, USER0 | ZX_EVENTPAIR_PEER_CLOSED);
	T_ZX(zx_object_signal_peer(a, 0, USER1), ZX_ERR_PEER_CLOSED);
	T_OK(zx_object_signal(a, USER0, 0));
	T_ZX(zx_object_signal(a, ZX_EVENTPAIR_PEER_CLOSED, 0), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(state_of(a), ZX_EVENTPAIR_PEER_CLOSED);
	t_close(a);
}

struct ends {
	zx_handle_t a, b;
	pthread_barrier_t both;
};

static void *close_b(void *arg)
{
	struct ends *e = arg;

	pthread_barrier_wait(&e->both);
	zx_object_signal_peer(e->b, 0, USER0);
	zx_handle_close(e->b);
	return NULL;
}

Test(call_event, eventpair__both_ends_close_at_once__nothing_is_left)
{
	const unsigned rounds = rounds_of(3000);
	size_t before = open_handles();

	for (unsigned i = 0; i < rounds; i++) {
		struct ends e;
		pthread_t t;

		a_pair(&e.a, &e.b);
		pthread_barrier_init(&e.both, NULL, 2);
		t = start(close_b, &e);
		pthread_barrier_wait(&e.both);
		zx_status_t st = zx_object_signal_peer(e.a, 0, USER1);

		cr_assert(st == ZX_OK || st == ZX_ERR_PEER_CLOSED);
		T_OK(zx_handle_close(e.a));
		finish(t);
		pthread_barrier_destroy(&e.both);
	}
	cr_assert_eq(open_handles(), before);
}
