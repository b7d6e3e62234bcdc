/* Many threads on the same VMOs: contents stay whole, statuses stay those that the race allows. */
/* zi-test: timeout=240 */
#include <pthread.h>
#include <stdatomic.h>

#include "vmo_t.h"

enum { THREADS = 4, PAGES = 8 };

static zx_handle_t shared;
static atomic_bool stop;
static atomic_uint failures;

#define CHECK(cond)                                                                \
	do {                                                                       \
		if (!(cond)) {                                                     \
			atomic_fetch_add(&failures, 1);                            \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		}                                                                  \
	} while (0)

/* Assertions of the framework belong to the main thread: workers count what went wrong. */
static void run(void *(*const *bodies)(void *), unsigned n)
{
	pthread_t threads[16];

	cr_assert_leq(n, 16);
	atomic_store(&stop, false);
	for (uintptr_t i = 0; i < n; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, bodies[i], (void *)i), 0);
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(atomic_load(&failures), 0);
}

static unsigned rounds(unsigned n)
{
	return t_has("native") ? n : n / 5;
}

static bool uniform(const uint8_t *page)
{
	return t_all(page, T_PAGE, page[0]);
}

/* ---- whole pages written and read by calls: a page is never seen half-written */

static void *write_pages(void *arg)
{
	uint64_t seed = (uintptr_t)arg + 1;
	uint8_t page[T_PAGE];

	for (unsigned i = 0; i < rounds(2000); i++) {
		memset(page, (int)t_below(&seed, 256), sizeof(page));
		CHECK(zx_vmo_write(shared, page, t_below(&seed, PAGES) * PG, PG) == ZX_OK);
	}
	return NULL;
}

static void *read_pages(void *arg)
{
	uint64_t seed = (uintptr_t)arg + 1;
	uint8_t page[T_PAGE];

	for (unsigned i = 0; i < rounds(2000); i++) {
		CHECK(zx_vmo_read(shared, page, t_below(&seed, PAGES) * PG, PG) == ZX_OK);
		CHECK(uniform(page));
	}
	return NULL;
}

Test(call_vmo_threads, read_and_write__same_pages__whole_pages_only, .timeout = 240)
{
	static void *(*const bodies[])(void *) = {write_pages, write_pages, read_pages, read_pages};

	shared = t_vmo(PAGES * PG);
	run(bodies, THREADS);
}

/* ---- with somebody who resizes, zeroes, decommits */

static bool is_ok_or(zx_status_t st, zx_status_t other)
{
	return st == ZX_OK || st == other;
}

static void *write_ranges(void *arg)
{
	uint64_t seed = (uintptr_t)arg + 77;
	uint8_t page[T_PAGE];

	for (unsigned i = 0; i < rounds(2000); i++) {
		memset(page, (int)t_below(&seed, 256), sizeof(page));
		CHECK(is_ok_or(zx_vmo_write(shared, page, t_below(&seed, PAGES) * PG, PG),
			       ZX_ERR_OUT_OF_RANGE));
	}
	return NULL;
}

static void *read_ranges(void *arg)
{
	uint64_t seed = (uintptr_t)arg + 77;
	uint8_t page[T_PAGE];

	for (unsigned i = 0; i < rounds(2000); i++) {
		const zx_status_t st = zx_vmo_read(shared, page, t_below(&seed, PAGES) * PG, PG);

		CHECK(is_ok_or(st, ZX_ERR_OUT_OF_RANGE));
		CHECK(st != ZX_OK || uniform(page));
	}
	return NULL;
}

static void *resize_and_zero(void *arg)
{
	uint64_t seed = (uintptr_t)arg + 78;

	for (unsigned i = 0; i < rounds(1000); i++) {
		const uint64_t page = t_below(&seed, PAGES);

		switch (t_below(&seed, 4)) {
		case 0:
			CHECK(zx_vmo_set_size(shared, (page + 1) * PG) == ZX_OK);
			break;
		case 1:
			CHECK(is_ok_or(vmo_op(shared, ZX_VMO_OP_ZERO, page * PG, PG),
				       ZX_ERR_OUT_OF_RANGE));
			break;
		case 2:
			CHECK(is_ok_or(vmo_op(shared, ZX_VMO_OP_DECOMMIT, page * PG, PG),
				       ZX_ERR_OUT_OF_RANGE));
			break;
		default:
			CHECK(is_ok_or(vmo_op(shared, ZX_VMO_OP_COMMIT, page * PG, PG),
				       ZX_ERR_OUT_OF_RANGE));
			break;
		}
	}
	CHECK(zx_vmo_set_size(shared, PAGES * PG) == ZX_OK);
	return NULL;
}

Test(call_vmo_threads, resize_zero_decommit__during_reads_and_writes__clean_statuses,
     .timeout = 240)
{
	static void *(*const bodies[])(void *) = {write_ranges, read_ranges, resize_and_zero,
						  write_ranges, read_ranges};

	shared = t_vmo_options(PAGES * PG, ZX_VMO_RESIZABLE);
	run(bodies, 5);
	cr_assert_eq(vmo_size(shared), PAGES * PG);
	/* Nothing is lost in the books. */
	T_OK(zx_vmo_set_size(shared, 0));
	EXPECT_BYTES("empty", shared, 0, 0, 0);
}

/* ---- snapshots of a VMO that is being written: each is frozen whole pages, and stays so */

static void *snapshot_and_check(void *arg)
{
	uint64_t seed = (uintptr_t)arg + 5;
	uint8_t first[T_PAGE], again[T_PAGE];

	for (unsigned i = 0; i < rounds(300); i++) {
		zx_handle_t child = ZX_HANDLE_INVALID;
		const uint64_t page = t_below(&seed, PAGES);

		CHECK(zx_vmo_create_child(shared, snapshot_types[i % 3], 0, PAGES * PG, &child) ==
		      ZX_OK);
		CHECK(zx_vmo_read(child, first, page * PG, PG) == ZX_OK);
		CHECK(uniform(first));
		if (i & 1) {
			memset(again, 0x99, PG);
			CHECK(zx_vmo_write(child, again, ((page + 1) % PAGES) * PG, PG) == ZX_OK);
		}
		CHECK(zx_vmo_read(child, again, page * PG, PG) == ZX_OK);
		CHECK(memcmp(first, again, PG) == 0);
		CHECK(zx_handle_close(child) == ZX_OK);
	}
	return NULL;
}

Test(call_vmo_threads, snapshots__while_others_write__frozen, .timeout = 240)
{
	static void *(*const bodies[])(void *) = {write_pages, snapshot_and_check, read_pages,
						  snapshot_and_check};

	shared = t_vmo(PAGES * PG);
	vmo_fill(shared, 0, PAGES * PG, 1);
	run(bodies, THREADS);
	cr_assert(vmo_zero_children(shared));
	EXPECT_BYTES("alone", shared, PAGES * PG, PAGES * PG, PAGES * PG);
	T_OK(vmo_op(shared, ZX_VMO_OP_DECOMMIT, 0, PAGES * PG));
}

/* ---- mapped writers, each with pages of its own, while others snapshot and close: no write is lost */

static uint8_t *mapping;

static void *write_own_page(void *arg)
{
	volatile uint64_t *words = (volatile uint64_t *)(void *)(mapping + (uintptr_t)arg * PG);

	for (uint64_t i = 1; i <= rounds(3000); i++) {
		words[i % 512] = i;
		CHECK(words[i % 512] == i);
		CHECK(i == 1 || words[(i - 1) % 512] == i - 1);
	}
	atomic_store(&stop, true);
	return NULL;
}

static void *snapshot_until_stop(void *arg)
{
	uint64_t words[2][512];

	while (!atomic_load(&stop)) {
		zx_handle_t child = ZX_HANDLE_INVALID;

		CHECK(zx_vmo_create_child(shared, SNAPSHOT, 0, PAGES * PG, &child) == ZX_OK);
		for (unsigned i = 0; i < 2; i++)
			CHECK(zx_vmo_read(child, words[i], 0, PG) == ZX_OK);
		/* What the owner wrote after the snapshot is not in it. */
		CHECK(memcmp(words[0], words[1], PG) == 0);
		CHECK(zx_handle_close(child) == ZX_OK);
	}
	return arg;
}

Test(call_vmo_threads, mapped_writes__while_others_snapshot__none_lost, .timeout = 240)
{
	static void *(*const bodies[])(void *) = {write_own_page, write_own_page,
						  snapshot_until_stop, snapshot_until_stop};

	shared = t_vmo(PAGES * PG);
	mapping = t_map(shared, 0, PAGES * PG);
	run(bodies, THREADS);
	for (unsigned p = 0; p < 2; p++) {
		for (uint64_t i = rounds(3000) - 511; i <= rounds(3000); i++)
			cr_assert_eq(((uint64_t *)(void *)(mapping + p * PG))[i % 512], i);
	}
}

/* ---- handles closed under everybody's feet */

static _Atomic zx_handle_t slots[4];

static void *use_slots(void *arg)
{
	uint64_t seed = (uintptr_t)arg + 9;
	uint8_t page[T_PAGE];

	for (unsigned i = 0; i < rounds(3000); i++) {
		const zx_handle_t h = atomic_load(&slots[t_below(&seed, 4)]);
		zx_handle_t child = ZX_HANDLE_INVALID;
		zx_info_vmo_t info;

		memset(page, 0, sizeof(page));
		CHECK(is_ok_or(zx_vmo_read(h, page, 0, PG), ZX_ERR_BAD_HANDLE));
		CHECK(uniform(page));
		memset(page, (int)i, sizeof(page));
		CHECK(is_ok_or(zx_vmo_write(h, page, 0, PG), ZX_ERR_BAD_HANDLE));
		CHECK(is_ok_or(zx_object_get_info(h, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL),
			       ZX_ERR_BAD_HANDLE));
		const zx_status_t st = zx_vmo_create_child(h, SNAPSHOT, 0, PG, &child);
		CHECK(is_ok_or(st, ZX_ERR_BAD_HANDLE));
		if (st == ZX_OK)
			CHECK(zx_handle_close(child) == ZX_OK);
	}
	return NULL;
}

static void *replace_slots(void *arg)
{
	uint64_t seed = (uintptr_t)arg + 9;

	for (unsigned i = 0; i < rounds(3000); i++) {
		_Atomic zx_handle_t *slot = &slots[t_below(&seed, 4)];
		const zx_handle_t old = atomic_load(slot);
		zx_handle_t fresh = ZX_HANDLE_INVALID;

		/* A child of what goes, or a new one: families form and dissolve. */
		if (i & 1)
			CHECK(zx_vmo_create_child(old, snapshot_types[i % 3], 0, PG, &fresh) ==
			      ZX_OK);
		else
			CHECK(zx_vmo_create(PG, 0, &fresh) == ZX_OK);
		atomic_store(slot, fresh);
		CHECK(zx_handle_close(old) == ZX_OK);
	}
	return NULL;
}

Test(call_vmo_threads, handles__closed_while_used__bad_handle_or_done, .timeout = 240)
{
	static void *(*const bodies[])(void *) = {use_slots, replace_slots, use_slots};

	for (unsigned i = 0; i < 4; i++)
		atomic_store(&slots[i], t_vmo(PG));
	run(bodies, 3);
	for (unsigned i = 0; i < 4; i++)
		t_close(atomic_load(&slots[i]));
	cr_assert_eq(vmo_handles(), 0);
}

/* ---- locks and discards */

static void *discard_often(void *arg)
{
	while (!atomic_load(&stop))
		CHECK(is_ok_or(zirconia_debug_discard(shared), ZX_ERR_BAD_STATE));
	return arg;
}

static void *lock_and_use(void *arg)
{
	uint8_t page[T_PAGE];
	uint8_t value = 0;

	for (unsigned i = 0; i < rounds(2000); i++) {
		zx_vmo_lock_state_t state;

		CHECK(vmo_lock(shared, PG, &state) == ZX_OK);
		CHECK(zx_vmo_read(shared, page, 0, PG) == ZX_OK);
		/* All there or all gone, as the lock told. */
		CHECK(t_all(page, PG, state.discarded_size != 0 ? 0 : value));
		value = (uint8_t)(i | 1);
		memset(page, value, PG);
		CHECK(zx_vmo_write(shared, page, 0, PG) == ZX_OK);
		CHECK(zx_vmo_read(shared, page, 0, PG) == ZX_OK);
		CHECK(t_all(page, PG, value));
		CHECK(vmo_op(shared, ZX_VMO_OP_UNLOCK, 0, PG) == ZX_OK);
	}
	atomic_store(&stop, true);
	return arg;
}

Test(call_vmo_threads, lock__against_discards__told_exactly, .timeout = 240)
{
	static void *(*const bodies[])(void *) = {lock_and_use, discard_often, discard_often};

	shared = t_vmo_options(PG, ZX_VMO_DISCARDABLE);
	run(bodies, 3);
}

/* ---- transfers between two VMOs, forth and back: no page is lost or doubled */

static zx_handle_t second;

static void *transfer_forth(void *arg)
{
	for (unsigned i = 0; i < rounds(1000); i++) {
		const bool back = ((uintptr_t)arg & 1) != 0;

		CHECK(zx_vmo_transfer_data(back ? shared : second, 0, 0, PAGES * PG,
					   back ? second : shared, 0) == ZX_OK);
	}
	return NULL;
}

Test(call_vmo_threads, transfers__in_both_directions__pages_bounded, .timeout = 240)
{
	static void *(*const bodies[])(void *) = {transfer_forth, transfer_forth, read_pages};

	shared = t_vmo(PAGES * PG);
	second = t_vmo(PAGES * PG);
	for (uint64_t p = 0; p < PAGES; p++)
		vmo_fill(shared, p * PG, PG, (uint8_t)(p + 1));
	run(bodies, 3);
	cr_assert_leq(vmo_committed(shared) + vmo_committed(second), PAGES * PG);
	for (uint64_t p = 0; p < PAGES; p++) {
		const uint8_t a = vmo_get(shared, p), b = vmo_get(second, p);

		cr_assert(a == 0 || a == p + 1);
		cr_assert(b == 0 || b == p + 1);
		cr_assert_not(a != 0 && b != 0, "page %" PRIu64 " is doubled", p);
	}
}
