/* zi-test: valgrind helgrind */
/* zx_counter_* */
#include "object_t.h"

#define POSITIVE ZX_COUNTER_POSITIVE
#define NON_POSITIVE ZX_COUNTER_NON_POSITIVE

Test(call_counter, create__options_and_out__invalid_args)
{
	zx_handle_t h = 77;
	size_t before = open_handles();

	for (unsigned bit = 0; bit < 32; bit++)
		T_ZX(zx_counter_create(1u << bit, &h), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(h, 77);
	T_ZX(zx_counter_create(0, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_counter_create(0, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(open_handles(), before);
}

Test(call_counter, create__new__zero_and_not_positive)
{
	zx_handle_t c = a_counter();
	int64_t value = 7;

	cr_assert_eq(t_rights(c), ZX_DEFAULT_COUNTER_RIGHTS);
	T_OK(zx_counter_read(c, &value));
	cr_assert_eq(value, 0);
	cr_assert_eq(state_of(c), NON_POSITIVE);
	t_close(c);
}

Test(call_counter, each_call__bad_handles__first_of_the_order)
{
	zx_handle_t c = a_counter(), event = an_event();
	zx_handle_t no_read = without(c, ZX_RIGHT_READ), no_write = without(c, ZX_RIGHT_WRITE);
	const struct {
		const char *name;
		zx_handle_t handle;
		zx_status_t add, read, write;
	} rows[] = {
		{"stale", a_stale_handle(), ZX_ERR_BAD_HANDLE, ZX_ERR_BAD_HANDLE,
		 ZX_ERR_BAD_HANDLE},
		{"event", event, ZX_ERR_WRONG_TYPE, ZX_ERR_WRONG_TYPE, ZX_ERR_WRONG_TYPE},
		{"no READ", no_read, ZX_ERR_ACCESS_DENIED, ZX_ERR_ACCESS_DENIED, ZX_OK},
		{"no WRITE", no_write, ZX_ERR_ACCESS_DENIED, ZX_OK, ZX_ERR_ACCESS_DENIED},
		{"all rights", c, ZX_OK, ZX_OK, ZX_OK},
	};

	T_EACH (rows, r) {
		int64_t value;

		T_ZX_ROW(r->name, zx_counter_add(r->handle, 0), r->add);
		T_ZX_ROW(r->name, zx_counter_read(r->handle, &value), r->read);
		T_ZX_ROW(r->name, zx_counter_write(r->handle, 0), r->write);
	}
	T_ZX(zx_counter_read(c, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_counter_read(c, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	t_close(c);
	t_close(event);
	t_close(no_read);
	t_close(no_write);
}

Test(call_counter, add_and_write__crossing_1__exactly_one_signal)
{
	zx_handle_t c = a_counter();
	const struct {
		const char *name;
		bool write;
		int64_t amount;
		zx_status_t want;
		int64_t value;
	} rows[] = {
		{"add 1", false, 1, ZX_OK, 1},
		{"add 0", false, 0, ZX_OK, 1},
		{"up to the largest", false, INT64_MAX - 1, ZX_OK, INT64_MAX},
		{"beyond the largest", false, 1, ZX_ERR_OUT_OF_RANGE, INT64_MAX},
		{"far beyond", false, INT64_MAX, ZX_ERR_OUT_OF_RANGE, INT64_MAX},
		{"down by the smallest", false, INT64_MIN, ZX_OK, -1},
		{"down to the smallest", false, -INT64_MAX, ZX_OK, INT64_MIN},
		{"beyond the smallest", false, -1, ZX_ERR_OUT_OF_RANGE, INT64_MIN},
		{"write the largest", true, INT64_MAX, ZX_OK, INT64_MAX},
		{"write 0", true, 0, ZX_OK, 0},
		{"write a negative number", true, -5, ZX_OK, -5},
		{"write 1", true, 1, ZX_OK, 1},
	};

	T_EACH (rows, r) {
		int64_t value = 0;

		T_ZX_ROW(r->name,
			 r->write ? zx_counter_write(c, r->amount) : zx_counter_add(c, r->amount),
			 r->want);
		T_OK(zx_counter_read(c, &value));
		cr_assert_eq(value, r->value, "%s: %" PRId64, r->name, value);
		cr_assert_eq(state_of(c), value > 0 ? POSITIVE : NON_POSITIVE, "%s", r->name);
	}
	t_close(c);
}

struct adding {
	zx_handle_t counter;
	int64_t by;
};

static void *add_often(void *arg)
{
	struct adding *a = arg;

	for (int i = 0; i < 5000; i++)
		zx_counter_add(a->counter, a->by);
	return NULL;
}

Test(call_counter, threads_add__up_and_down__nothing_is_lost_and_the_signal_fits)
{
	struct adding up = {a_counter(), 3}, down = {up.counter, -2};
	pthread_t t[2] = {start(add_often, &up), start(add_often, &down)};
	int64_t value = 0;

	finish(t[0]);
	finish(t[1]);
	T_OK(zx_counter_read(up.counter, &value));
	cr_assert_eq(value, 5000);
	cr_assert_eq(state_of(up.counter), POSITIVE);
	t_close(up.counter);
}

static void *take_one(void *arg)
{
	zx_handle_t c = *(zx_handle_t *)arg;

	return (void *)(uintptr_t)(zx_object_wait_one(c, POSITIVE, FAR, NULL) == ZX_OK);
}

Test(call_counter, wait__until_positive__woken_by_add)
{
	zx_handle_t c = a_counter();
	pthread_t t = start(take_one, &c);
	void *ok;

	sleep_ms(2);
	T_OK(zx_counter_add(c, 4));
	pthread_join(t, &ok);
	cr_assert_not_null(ok);
	t_close(c);
}
