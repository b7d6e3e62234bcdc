/* zi-test: valgrind */
/* Mapped clocks: the page that programs read, without the call that maps it. */
#include <zircon/syscalls.h>
#include <zircon/syscalls/clock.h>

#include "object_fake.h"

#include "host/host.h"
#include "object/clock.h"
#include "vm/node.h"
#include "vm/vmo.h"

#define V(n) ZX_CLOCK_ARGS_VERSION(n)

static struct zi_clock *clock_of(uint64_t options, int64_t backstop)
{
	struct zi_clock *c = NULL;

	T_OK(zi_clock_new(options, backstop, &c));
	return c;
}

static void update(struct zi_clock *c, uint64_t options, int64_t value, int32_t rate)
{
	const zx_clock_update_args_v2_t args = {
		.synthetic_value = value, .rate_adjust = rate, .error_bound = 4};

	T_OK(zi_clock_update(c, options, &args, true));
}

Test(object_clock, apply__lines__rounded_down_and_clamped)
{
	const struct {
		const char *name;
		zx_clock_transformation_t line;
		int64_t reference, want;
	} rows[] = {
		{"one to one", {10, 100, {1, 1}}, 15, 105},
		{"stopped", {0, 77, {0, 1}}, INT64_MAX, 77},
		{"down", {0, 0, {1, 3}}, 5, 1},
		{"down below zero", {0, 0, {1, 3}}, -5, -2},
		{"exact below zero", {0, 0, {1, 3}}, -6, -2},
		{"clamped", {0, INT64_MAX, {1, 1}}, 1, INT64_MAX},
		{"clamped below", {0, INT64_MIN, {1, 1}}, -1, INT64_MIN},
		{"whole range", {INT64_MIN, 0, {1, 1}}, INT64_MAX, INT64_MAX},
		{"large rate", {0, 0, {UINT32_MAX, 1}}, INT64_MAX, INT64_MAX},
	};

	T_EACH (rows, r) {
		int64_t got = zi_clock_apply(&r->line, r->reference);

		cr_assert_eq(got, r->want, "%s: %lld", r->name, (long long)got);
	}
}

Test(object_clock, page__clock_updated__shows_the_state)
{
	struct zi_clock *c = clock_of(ZX_CLOCK_OPT_MAPPABLE | ZX_CLOCK_OPT_MONOTONIC, 500);
	zx_clock_details_v1_t own, mapped;
	uint8_t page[4096];
	zx_time_t now = 0;

	T_OK(zi_vmo_read(zi_clock_vmo(c), page, 0, sizeof(page)));
	T_OK(zx_clock_read_mappable(page, &now));
	cr_assert_eq(now, 500);

	update(c,
	       ZX_CLOCK_UPDATE_OPTION_SYNTHETIC_VALUE_VALID |
		       ZX_CLOCK_UPDATE_OPTION_ERROR_BOUND_VALID,
	       1000, 0);
	T_OK(zi_vmo_read(zi_clock_vmo(c), page, 0, sizeof(page)));
	zx_time_t before = zi_clock_read(c);

	T_OK(zx_clock_read_mappable(page, &now));
	cr_assert(before <= now && now <= zi_clock_read(c));
	zi_clock_details(c, &own);
	T_OK(zx_clock_get_details_mappable(page, V(1), &mapped));
	mapped.query_ticks = own.query_ticks;
	cr_assert_eq(memcmp(&own, &mapped, sizeof(own)), 0);
	T_ZX(zx_clock_get_details_mappable(page, V(1), NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_clock_get_details_mappable(page, V(2), &mapped), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_clock_get_details_mappable(page, V(1), t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_clock_read_mappable(page, t_bad_ptr()), ZX_ERR_INVALID_ARGS);

	/* Not a clock's. */
	page[0] ^= 1;
	T_ZX(zx_clock_read_mappable(page, &now), ZX_ERR_INVALID_ARGS);
	zi_object_unref(&c->object);
}

static struct {
	struct zi_clock *clock;
	const void *page; /* as a program maps it */
	_Atomic bool done;
	_Atomic unsigned strange, reads;
} mapped;

static void *read_page(void *arg)
{
	zx_time_t last = 0;

	(void)arg;
	while (!atomic_load(&mapped.done)) {
		zx_time_t now = 0;

		if (zx_clock_read_mappable(mapped.page, &now) != ZX_OK || now < last)
			atomic_fetch_add(&mapped.strange, 1);
		last = now;
		/* Both ways of reading tell of one clock. */
		now = zi_clock_read(mapped.clock);
		if (now < last)
			atomic_fetch_add(&mapped.strange, 1);
		last = now;
		atomic_fetch_add(&mapped.reads, 1);
	}
	return NULL;
}

static void *bend(void *arg)
{
	for (unsigned i = 0; i < 1000; i++)
		update(mapped.clock, ZX_CLOCK_UPDATE_OPTION_RATE_ADJUST_VALID, 0,
		       (int32_t)((i * 31 + (unsigned)(uintptr_t)arg) % 2001) - 1000);
	return NULL;
}

Test(object_clock, page__read_while_threads_update__never_goes_back_and_ends_with_the_last_state)
{
	pthread_t reader, benders[2];
	zx_clock_details_v1_t own, shown;

	mapped.clock = clock_of(
		ZX_CLOCK_OPT_MAPPABLE | ZX_CLOCK_OPT_MONOTONIC | ZX_CLOCK_OPT_AUTO_START, 0);
	/* The page as the arena shows it: what a mapping would show. */
	mapped.page = zi_frame_ptr(zi_node_frame(mapped.clock->vmo->node, 0, NULL));
	reader = start(read_page, NULL);
	while (atomic_load(&mapped.reads) == 0)
		zx_nanosleep(0);
	for (uintptr_t i = 0; i < 2; i++)
		benders[i] = start(bend, (void *)i);
	finish(benders[0]);
	finish(benders[1]);
	atomic_store(&mapped.done, true);
	finish(reader);
	cr_assert_eq(mapped.strange, 0);
	zi_clock_details(mapped.clock, &own);
	T_OK(zx_clock_get_details_mappable(mapped.page, V(1), &shown));
	cr_assert_eq(own.generation_counter, shown.generation_counter);
	cr_assert_eq(own.generation_counter, 2000);
	zi_object_unref(&mapped.clock->object);
}
