/* Ends of I/O buffers that go in every order, in several threads at once. */
/* zi-test: timeout=240 */
#include <pthread.h>

#include "iob_t.h"

enum { ROUNDS = 1500 };

static unsigned rounds(void)
{
	return t_has("native") ? ROUNDS : ROUNDS / 10;
}

static struct iob pair;
static _Atomic(void *) mapped; /* by one thread for another to unmap */
static pthread_barrier_t start, end;
static _Atomic unsigned failures;

#define CHECK(cond)                                                                \
	do {                                                                       \
		if (!(cond)) {                                                     \
			atomic_fetch_add(&failures, 1);                            \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		}                                                                  \
	} while (0)

/*
 * Each round: this thread unmaps, that one closes the mapping's end, the main one closes or waits
 * at the other end.
 */
static void *unmap_each(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < rounds(); i++) {
		pthread_barrier_wait(&start);
		CHECK(zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)atomic_load(&mapped), PG) ==
		      ZX_OK);
		pthread_barrier_wait(&end);
	}
	return NULL;
}

static void *close_each(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < rounds(); i++) {
		pthread_barrier_wait(&start);
		CHECK(zx_handle_close(pair.end[0]) == ZX_OK);
		pthread_barrier_wait(&end);
	}
	return NULL;
}

Test(call_iob_threads, unmap_and_close__at_once__peer_is_told_or_gone, .timeout = 240)
{
	pthread_t threads[2];

	pthread_barrier_init(&start, NULL, 3);
	pthread_barrier_init(&end, NULL, 3);
	cr_assert_eq(pthread_create(&threads[0], NULL, unmap_each, NULL), 0);
	cr_assert_eq(pthread_create(&threads[1], NULL, close_each, NULL), 0);
	for (unsigned i = 0; i < rounds(); i++) {
		zx_signals_t seen = 0;

		pair = i_plain();
		atomic_store(&mapped, i_map(pair.end[0], 0, I_RW, PG));
		pthread_barrier_wait(&start);
		/* Every third time nobody is left to be told. */
		if (i % 3 == 0)
			CHECK(zx_handle_close(pair.end[1]) == ZX_OK);
		else
			CHECK(zx_object_wait_one(pair.end[1], ZX_IOB_PEER_CLOSED,
						 zx_deadline_after(ZX_SEC(20)), &seen) == ZX_OK);
		pthread_barrier_wait(&end);
		if (i % 3 == 0)
			continue;
		cr_assert_eq(seen, ZX_IOB_PEER_CLOSED);
		t_close(pair.end[1]);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(atomic_load(&failures), 0);
}

/* ---- mapping, signalling and closing against each other */

static void *map_and_unmap(void *arg)
{
	const zx_handle_t mine = pair.end[(uintptr_t)arg % 2];

	for (unsigned i = 0; i < rounds(); i++) {
		void *addr = NULL;

		CHECK(i_map_status(mine, 0, I_RW, 0, PG, &addr) == ZX_OK);
		*(volatile uint8_t *)addr = (uint8_t)i;
		CHECK(zx_object_signal_peer(mine, ZX_USER_SIGNAL_0, ZX_USER_SIGNAL_1) == ZX_OK);
		CHECK(zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)addr, PG) == ZX_OK);
	}
	return NULL;
}

static void *look(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < rounds() / 4; i++) {
		zx_info_vmo_t rows[16];
		zx_iob_region_info_t info;
		size_t actual;

		CHECK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_VMOS, rows,
					 sizeof(rows), &actual, NULL) == ZX_OK);
		CHECK(zx_object_get_info(pair.end[0], ZX_INFO_IOB_REGIONS, &info, sizeof(info),
					 &actual, NULL) == ZX_OK);
		CHECK(zx_object_set_property(pair.end[1], ZX_PROP_NAME, "busy", 4) == ZX_OK);
	}
	return NULL;
}

Test(call_iob_threads, map_unmap_signal_list__at_once__nothing_is_lost, .timeout = 240)
{
	void *(*const bodies[])(void *) = {map_and_unmap, map_and_unmap, map_and_unmap, look};
	pthread_t threads[4];

	pair = i_plain();
	for (uintptr_t i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, bodies[i], (void *)i), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(atomic_load(&failures), 0);
	cr_assert_eq(i_signals(pair.end[0]), ZX_USER_SIGNAL_1);
	t_close(pair.end[1]);
	/* The counts of mappings are back at zero. */
	cr_assert_eq(i_signals(pair.end[0]), ZX_USER_SIGNAL_1 | ZX_IOB_PEER_CLOSED);
}
