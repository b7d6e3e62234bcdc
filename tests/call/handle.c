/* zi-test: valgrind timeout=120 */
/* zx_handle_*: tables of checks, stale and invented values, threads that race. */
#include "object_t.h"

/* ---- lookup */

/* spec: abi 9.1 typed #1 #2 #3 */
Test(call_handle, typed_lookup__each_fault__first_of_the_order)
{
	zx_handle_t port = a_port(), event = an_event();
	zx_handle_t bare_port = dup_of(port, 0), bare_event = dup_of(event, 0);
	zx_port_packet_t packet = {.key = 1};
	const struct {
		const char *name;
		zx_handle_t handle;
		zx_status_t want;
	} rows[] = {
		{"invalid", ZX_HANDLE_INVALID, ZX_ERR_BAD_HANDLE},
		{"stale", a_stale_handle(), ZX_ERR_BAD_HANDLE},
		{"low bits 00", port & ~3u, ZX_ERR_BAD_HANDLE},
		{"low bits 01", port & ~2u, ZX_ERR_BAD_HANDLE},
		{"low bits 10", port & ~1u, ZX_ERR_BAD_HANDLE},
		{"event", event, ZX_ERR_WRONG_TYPE},
		{"event without rights", bare_event, ZX_ERR_WRONG_TYPE},
		{"port without rights", bare_port, ZX_ERR_ACCESS_DENIED},
		{"port", port, ZX_OK},
	};

	T_EACH (rows, r) {
		T_ZX_ROW(r->name, zx_port_queue(r->handle, &packet), r->want);
	}
	t_close(port);
	t_close(event);
	t_close(bare_port);
	t_close(bare_event);
}

/* spec: abi 9.1 untyped #1 #2 */
Test(call_handle, untyped_lookup__each_fault__first_of_the_order)
{
	zx_handle_t event = an_event(), bare = dup_of(event, 0);

	T_ZX(zx_object_signal(a_stale_handle(), 0, SIGNALED), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_object_signal(ZX_HANDLE_INVALID, 0, SIGNALED), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_object_signal(bare, 0, SIGNALED), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_object_signal(event, 0, SIGNALED));
	t_close(event);
	t_close(bare);
}

Test(call_handle, created__every_type__both_low_bits_and_the_rights_of_its_kind)
{
	struct one_of all[ONE_OF_EACH];

	one_of_each(all);
	for (unsigned i = 0; i < ONE_OF_EACH; i++) {
		zx_info_handle_basic_t info = basic(all[i].handle);

		cr_assert_eq(all[i].handle & 3, 3, "%s", all[i].name);
		cr_assert_eq(info.rights, all[i].rights, "%s: 0x%x", all[i].name, info.rights);
		cr_assert_eq(info.type, all[i].type, "%s", all[i].name);
		cr_assert_geq(info.koid, ZX_KOID_FIRST, "%s", all[i].name);
		cr_assert_eq(info.reserved, 0);
	}
	close_each(all);
}

/* ---- zx_handle_close */

/* spec: abi 9.2 #1 #2 #3 */
Test(call_handle, close__each_row__its_status)
{
	zx_handle_t h = an_event();
	struct one_of all[ONE_OF_EACH];

	T_OK(zx_handle_close(ZX_HANDLE_INVALID));
	for (uint32_t low = 0; low < 3; low++)
		T_ZX(zx_handle_close((h & ~3u) | low),
		     h < 4 && low == 0 ? ZX_OK : ZX_ERR_BAD_HANDLE);
	T_OK(zx_handle_check_valid(h));
	T_OK(zx_handle_close(h));
	T_ZX(zx_handle_close(h), ZX_ERR_BAD_HANDLE);

	one_of_each(all);
	for (unsigned i = 0; i < ONE_OF_EACH; i++) {
		zx_handle_t none =
			all[i].rights & ZX_RIGHT_DUPLICATE ? dup_of(all[i].handle, 0) : 0;

		T_ZX_ROW(all[i].name, zx_handle_close(none), ZX_OK);
		if (none != 0)
			T_ZX_ROW(all[i].name, zx_handle_close(none), ZX_ERR_BAD_HANDLE);
	}
	close_each(all);
}

/* ---- zx_handle_close_many */

#define MANY 200

/* spec: abi 9.3 #1 #2 #5 */
Test(call_handle, close_many__good_and_zero_entries__all_closed)
{
	zx_handle_t h[MANY];
	size_t before;

	T_OK(zx_handle_close_many(NULL, 0));
	T_OK(zx_handle_close_many(t_bad_ptr(), 0));
	before = open_handles();
	for (unsigned i = 0; i < MANY; i++)
		h[i] = i % 3 == 2 ? ZX_HANDLE_INVALID : an_event();
	T_OK(zx_handle_close_many(h, MANY));
	cr_assert_eq(open_handles(), before);
}

/* spec: abi 9.3 #3 */
Test(call_handle, close_many__bad_entry_anywhere__bad_handle_and_the_others_closed)
{
	static const unsigned places[] = {0, 63, 64, 127, 128, MANY - 1};

	T_EACH (places, place) {
		for (int repeated = 0; repeated < 2; repeated++) {
			size_t before = open_handles();
			zx_handle_t h[MANY];

			for (unsigned i = 0; i < MANY; i++)
				h[i] = an_event();
			t_close(h[*place]);
			h[*place] = repeated ? h[(*place + 1) % MANY] : h[*place];
			T_ZX(zx_handle_close_many(h, MANY), ZX_ERR_BAD_HANDLE);
			cr_assert_eq(open_handles(), before, "bad entry at %u", *place);
		}
	}
}

/* spec: abi 9.3 #4 */
Test(call_handle, close_many__array_ends_unreadable__earlier_chunks_stay_closed)
{
	zx_handle_t *h = t_before_guard(100 * sizeof(*h));
	zx_handle_t keep[100];

	for (unsigned i = 0; i < 100; i++)
		keep[i] = h[i] = an_event();
	T_ZX(zx_handle_close_many(t_bad_ptr(), 1), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_handle_close_many(NULL, 1), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_handle_close_many(h, 128), ZX_ERR_INVALID_ARGS);
	for (unsigned i = 0; i < 100; i++)
		T_ZX(zx_handle_check_valid(keep[i]), i < 64 ? ZX_ERR_NOT_FOUND : ZX_OK);
	T_OK(zx_handle_close_many(keep + 64, 36));
}

/* ---- zx_handle_duplicate */

/* spec: abi 9.4 duplicate #1 #2 #3 #5 */
Test(call_handle, duplicate__each_row__its_status)
{
	zx_handle_t h = an_event(), fixed = without(h, ZX_RIGHT_DUPLICATE),
		    stale = a_stale_handle();
	const zx_rights_t all = t_rights(h);
	const struct {
		const char *name;
		zx_handle_t handle;
		zx_rights_t rights;
		zx_status_t want;
		zx_rights_t get;
	} rows[] = {
		{"stale", stale, SAME, ZX_ERR_BAD_HANDLE, 0},
		{"stale, too many rights", stale, 0xffffffff, ZX_ERR_BAD_HANDLE, 0},
		{"invalid", ZX_HANDLE_INVALID, 0, ZX_ERR_BAD_HANDLE, 0},
		{"no DUPLICATE", fixed, SAME, ZX_ERR_ACCESS_DENIED, 0},
		{"no DUPLICATE, too many rights", fixed, 0xffffffff, ZX_ERR_ACCESS_DENIED, 0},
		{"one right more", h, all | ZX_RIGHT_WRITE, ZX_ERR_INVALID_ARGS, 0},
		{"all bits", h, 0xffffffff, ZX_ERR_INVALID_ARGS, 0},
		{"same rights and another bit", h, SAME | ZX_RIGHT_WAIT, ZX_ERR_INVALID_ARGS, 0},
		{"same rights", h, SAME, ZX_OK, all},
		{"all that it has", h, all, ZX_OK, all},
		{"fewer", h, ZX_RIGHT_WAIT, ZX_OK, ZX_RIGHT_WAIT},
		{"none", h, 0, ZX_OK, 0},
	};

	T_EACH (rows, r) {
		zx_handle_t out = 77;

		T_ZX_ROW(r->name, zx_handle_duplicate(r->handle, r->rights, &out), r->want);
		if (r->want != ZX_OK) {
			cr_assert_eq(out, 77, "%s: out was written", r->name);
			continue;
		}
		cr_assert_neq(out, h, "%s", r->name);
		cr_assert_eq(t_rights(out), r->get, "%s: 0x%x", r->name, t_rights(out));
		cr_assert_eq(t_koid(out), t_koid(h), "%s", r->name);
		cr_assert_eq(handle_count(h), 3, "%s", r->name);
		t_close(out);
		cr_assert_eq(handle_count(h), 2, "%s", r->name);
	}
	t_close(h);
	t_close(fixed);
}

Test(call_handle, duplicate__bad_out__invalid_args_and_no_handle_left)
{
	zx_handle_t h = an_event();

	T_ZX(zx_handle_duplicate(h, SAME, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_handle_duplicate(h, SAME, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_handle_duplicate(h, SAME, (zx_handle_t *)(uintptr_t)t_read_only_page()),
	     ZX_ERR_INVALID_ARGS);
	cr_assert_eq(handle_count(h), 1);
	t_close(h);
}

/* ---- zx_handle_replace */

/* spec: abi 9.4 replace #1 #2 #4 */
Test(call_handle, replace__each_row__its_status_and_the_source_is_gone)
{
	const struct {
		const char *name;
		zx_rights_t rights;
		zx_status_t want;
		zx_rights_t get;
	} rows[] = {
		{"same rights", SAME, ZX_OK, 0xd002},
		{"fewer", ZX_RIGHT_WAIT, ZX_OK, ZX_RIGHT_WAIT},
		{"none", 0, ZX_OK, 0},
		{"too many", ZX_RIGHT_READ, ZX_ERR_INVALID_ARGS, 0},
		{"same rights and another bit", SAME | ZX_RIGHT_WAIT, ZX_ERR_INVALID_ARGS, 0},
	};

	T_ZX(zx_handle_replace(a_stale_handle(), 0xffffffff, NULL), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_handle_replace(ZX_HANDLE_INVALID, SAME, NULL), ZX_ERR_BAD_HANDLE);
	T_EACH (rows, r) {
		/* No right is needed, not even DUPLICATE. */
		zx_handle_t first = an_event(), h = without(first, ZX_RIGHT_DUPLICATE), out = 77;
		zx_koid_t koid = t_koid(h);

		T_ZX_ROW(r->name, zx_handle_replace(h, r->rights, &out), r->want);
		T_ZX_ROW(r->name, zx_handle_check_valid(h), ZX_ERR_NOT_FOUND);
		if (r->want != ZX_OK) {
			cr_assert_eq(out, 77, "%s: out was written", r->name);
			cr_assert_eq(handle_count(first), 1, "%s", r->name);
		} else {
			cr_assert_neq(out, h, "%s", r->name);
			cr_assert_eq(t_rights(out), r->get, "%s", r->name);
			cr_assert_eq(t_koid(out), koid, "%s", r->name);
			cr_assert_eq(handle_count(first), 2, "%s", r->name);
			t_close(out);
		}
		t_close(first);
	}
}

Test(call_handle, replace__out_is_the_variable_of_the_source__holds_the_new_one)
{
	zx_handle_t h = an_event();
	const zx_handle_t old = h;

	T_OK(zx_handle_replace(h, SAME, &h));
	cr_assert_neq(h, old);
	cr_assert_eq(handle_count(h), 1);
	t_close(h);
}

Test(call_handle, replace__peer_of_a_pair__never_sees_it_closed)
{
	zx_handle_t a, b;

	a_pair(&a, &b);
	T_OK(zx_handle_replace(b, SAME, &b));
	cr_assert_eq(state_of(a), 0);
	t_close(a);
	t_close(b);
}

/* ---- zx_handle_check_valid */

/* spec: abi 9.5 #1 #2 #3 #4 */
Test(call_handle, check_valid__each_row__its_status)
{
	zx_handle_t h = an_event();

	T_ZX(zx_handle_check_valid(0), ZX_ERR_INVALID_ARGS);
	for (uint32_t low = 0; low < 3; low++)
		T_ZX(zx_handle_check_valid(0x1000 | low), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_handle_check_valid(1), ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_handle_check_valid(h));
	t_close(h);
	T_ZX(zx_handle_check_valid(h), ZX_ERR_NOT_FOUND);
}

/* ---- invented and stale values */

static bool is_live(const zx_info_handle_extended_t *live, size_t n, zx_handle_t value)
{
	for (size_t i = 0; i < n; i++) {
		if (live[i].handle_value == value)
			return true;
	}
	return false;
}

Test(call_handle, a_million_random_values__every_kind_of_call__bad_handle)
{
	zx_info_handle_extended_t live[64];
	const unsigned rounds = rounds_of(1000000);
	uint64_t seed = t_seed();
	zx_port_packet_t packet = {.key = 1};
	zx_handle_t own[8], out;
	size_t n = 0;

	for (unsigned i = 0; i < 8; i++)
		own[i] = an_event();
	T_OK(zx_object_get_info(zx_process_self(), ZX_INFO_HANDLE_TABLE, live, sizeof(live), &n,
				NULL));
	cr_assert_lt(n, 64);
	for (unsigned i = 0; i < rounds; i++) {
		uint64_t random = t_random(&seed);
		zx_handle_t h = (zx_handle_t)random;

		/* Half of them near real ones: one bit differs. */
		if (random >> 63)
			h = own[random >> 40 & 7] ^ (1u << (random >> 32 & 31));
		if (h == ZX_HANDLE_INVALID || is_live(live, n, h))
			continue;
		zx_status_t st[] = {
			zx_handle_close(h),
			zx_handle_duplicate(h, SAME, &out),
			zx_handle_replace(h, 0, &out),
			zx_object_signal(h, 0, SIGNALED),
			zx_object_wait_one(h, SIGNALED, 0, NULL),
			zx_port_queue(h, &packet),
			zx_object_get_info(h, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL),
			zx_task_kill(h),
		};

		T_EACH (st, s) {
			if (*s != ZX_ERR_BAD_HANDLE)
				cr_assert_fail("call %td with 0x%x: %d", s - st, h, *s);
		}
	}
	T_OK(zx_handle_close_many(own, 8));
}

Test(call_handle, a_million_cycles__stale_values__never_name_the_new_handle)
{
	const unsigned cycles = rounds_of(1000000);
	const zx_handle_t first = a_stale_handle();
	zx_handle_t before = first;

	for (unsigned i = 0; i < cycles; i++) {
		zx_handle_t h = an_event();

		if (h == before || h == first)
			cr_assert_fail("value 0x%x is back after %u handles", h, i);
		if (zx_handle_check_valid(before) != ZX_ERR_NOT_FOUND)
			cr_assert_fail("stale value 0x%x is valid after %u handles", before, i);
		t_close(h);
		before = h;
	}
	T_ZX(zx_handle_check_valid(first), ZX_ERR_NOT_FOUND);
}

/* 262,144 handles, this test's own among them. */
Test(call_handle, as_many_as_there_can_be__one_more__no_resources_and_all_still_work)
{
	const size_t limit = 262144;
	zx_handle_t *h, extra = 77;
	size_t n = 0;
	zx_status_t st;

	t_require("native");
	h = malloc(limit * sizeof(*h));
	cr_assert_not_null(h);
	h[n++] = an_event();
	while ((st = zx_handle_duplicate(h[0], SAME, &extra)) == ZX_OK && n < limit)
		h[n++] = extra;
	cr_assert_eq(st, ZX_ERR_NO_RESOURCES);
	cr_assert_gt(n, limit - 64);
	extra = 77;
	T_ZX(zx_event_create(0, &extra), ZX_ERR_NO_RESOURCES);
	cr_assert_eq(extra, 77);
	T_ZX(zx_handle_replace(h[1], SAME, &extra), ZX_ERR_NO_RESOURCES);
	T_OK(zx_handle_check_valid(h[1]));
	cr_assert_eq(handle_count(h[0]), n);

	t_close(h[n - 1]);
	T_OK(zx_event_create(0, &h[n - 1]));
	T_OK(zx_handle_close_many(h, n));
	free(h);
}

/* ---- threads */

struct race {
	_Atomic zx_handle_t shared;
	_Atomic bool done;
	zx_koid_t koids[2];
	_Atomic unsigned strange;
};

/* Looks at whatever the shared value is: an event of the right kind, or nothing. */
static void *look(void *arg)
{
	struct race *r = arg;

	while (!atomic_load(&r->done)) {
		zx_info_handle_basic_t info;
		zx_handle_t h = atomic_load(&r->shared), copy;
		zx_status_t st = zx_object_get_info(h, ZX_INFO_HANDLE_BASIC, &info, sizeof(info),
						    NULL, NULL);

		if (st != ZX_ERR_BAD_HANDLE && (st != ZX_OK || info.type != ZX_OBJ_TYPE_EVENT))
			atomic_fetch_add(&r->strange, 1);
		st = zx_handle_duplicate(h, SAME, &copy);
		if (st == ZX_OK)
			st = zx_handle_close(copy);
		else if (st == ZX_ERR_BAD_HANDLE)
			st = ZX_OK;
		if (st != ZX_OK)
			atomic_fetch_add(&r->strange, 1);
	}
	return NULL;
}

Test(call_handle, threads_look_and_duplicate__handle_closed_and_made_anew__no_other_object_is_seen)
{
	const unsigned rounds = rounds_of(200000);
	struct race r = {.shared = an_event()};
	size_t before = open_handles() - 1;
	pthread_t threads[3];

	for (unsigned i = 0; i < 3; i++)
		threads[i] = start(look, &r);
	for (unsigned i = 0; i < rounds; i++) {
		zx_handle_t h = atomic_load(&r.shared), port;

		T_OK(zx_handle_close(h));
		/* Memory and slot are free for something else now. */
		port = a_port();
		atomic_store(&r.shared, an_event());
		t_close(port);
	}
	atomic_store(&r.done, true);
	for (unsigned i = 0; i < 3; i++)
		finish(threads[i]);
	t_close(r.shared);
	cr_assert_eq(r.strange, 0);
	cr_assert_eq(open_handles(), before);
}

static void *close_too(void *arg)
{
	struct race *r = arg;
	unsigned closed = 0;

	while (!atomic_load(&r->done)) {
		zx_handle_t h = atomic_load(&r->shared), out;

		if (zx_handle_close(h) == ZX_OK)
			closed++;
		if (zx_handle_replace(h, SAME, &out) == ZX_OK)
			closed += zx_handle_close(out) == ZX_OK;
	}
	return (void *)(uintptr_t)closed;
}

Test(call_handle, threads_close_the_same_handle__exactly_one_succeeds)
{
	const unsigned rounds = rounds_of(100000);
	struct race r = {.shared = an_event()};
	size_t before = open_handles() - 1;
	unsigned closed = 0;
	pthread_t threads[3];

	for (unsigned i = 0; i < 3; i++)
		threads[i] = start(close_too, &r);
	for (unsigned i = 0; i < rounds; i++) {
		if (zx_handle_close(atomic_load(&r.shared)) == ZX_OK)
			closed++;
		while (zx_handle_check_valid(atomic_load(&r.shared)) == ZX_OK)
			continue;
		atomic_store(&r.shared, an_event());
	}
	atomic_store(&r.done, true);
	for (unsigned i = 0; i < 3; i++) {
		void *n;

		pthread_join(threads[i], &n);
		closed += (unsigned)(uintptr_t)n;
	}
	if (zx_handle_close(r.shared) == ZX_OK)
		closed++;
	cr_assert_eq(closed, rounds + 1);
	cr_assert_eq(open_handles(), before);
}
