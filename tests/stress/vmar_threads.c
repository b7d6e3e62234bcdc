/* zi-test: timeout=300 helgrind */
/*
 * Threads on one address space: each has a region of its own, in which everything must be exactly
 * as it left it, and all tear at a region that they share, in which only the tree has to stay
 * whole.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "../call/vmar_t.h"
#include "vm/vmar.h"

#define THREADS 4
#define PAGES 32

static zx_handle_t shared;
static zx_vaddr_t shared_base;
static zx_handle_t shared_vmo;
static _Atomic bool stop;

static bool is_one_of(zx_status_t st, const zx_status_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (st == list[i])
			return true;
	}
	return false;
}

#define EXPECT_ONE_OF(expr, ...)                                                               \
	do {                                                                                   \
		const zx_status_t list_[] = {__VA_ARGS__};                                     \
		const zx_status_t st_ = (expr);                                                \
		cr_assert(is_one_of(st_, list_, sizeof(list_) / sizeof(list_[0])), "%s is %s", \
			  #expr, zx_status_get_string(st_));                                   \
	} while (0)

static void tear_at_shared(uint64_t *random)
{
	const uint64_t page = t_below(random, PAGES), pages = 1 + t_below(random, PAGES - page);
	const zx_vaddr_t at = shared_base + page * PG;
	zx_info_maps_t rows[8];
	zx_handle_t child = ZX_HANDLE_INVALID;
	zx_vaddr_t addr = 0;
	size_t actual;
	uint8_t bytes[64];

	switch (t_below(random, 12)) {
	case 0:
	case 1:
		EXPECT_ONE_OF(zx_vmar_map(shared, RW | SPECIFIC, page * PG, shared_vmo, page * PG,
					  pages * PG, &addr),
			      ZX_OK, ZX_ERR_ALREADY_EXISTS);
		break;
	case 2:
	case 3:
		EXPECT_ONE_OF(zx_vmar_map(shared, RW | OVERWRITE, page * PG, shared_vmo, 0,
					  pages * PG, &addr),
			      ZX_OK, ZX_ERR_INVALID_ARGS);
		break;
	case 4:
		EXPECT_ONE_OF(zx_vmar_unmap(shared, at, pages * PG), ZX_OK, ZX_ERR_INVALID_ARGS);
		break;
	case 5:
		EXPECT_ONE_OF(zx_vmar_protect(shared, t_below(random, 2) ? R : 0, at, pages * PG),
			      ZX_OK, ZX_ERR_NOT_FOUND, ZX_ERR_ACCESS_DENIED);
		break;
	case 6:
		EXPECT_ONE_OF(op(shared, t_below(random, 2) ? ZX_VMAR_OP_COMMIT : ZX_VMAR_OP_ZERO,
				 at, pages * PG),
			      ZX_OK, ZX_ERR_BAD_STATE, ZX_ERR_INVALID_ARGS, ZX_ERR_OUT_OF_RANGE);
		break;
	case 7:
		T_OK(zx_object_get_info(shared, ZX_INFO_VMAR_MAPS, rows, sizeof(rows), NULL, NULL));
		break;
	case 8:
		EXPECT_ONE_OF(zx_vmar_allocate(shared, CAN_ALL, 0, PG, &child, &addr), ZX_OK,
			      ZX_ERR_NO_RESOURCES);
		if (child != ZX_HANDLE_INVALID) {
			EXPECT_ONE_OF(zx_vmar_map(child, RW, 0, shared_vmo, 0, PG, &addr), ZX_OK,
				      ZX_ERR_BAD_STATE);
			EXPECT_ONE_OF(zx_vmar_destroy(child), ZX_OK, ZX_ERR_BAD_STATE);
			t_close(child);
		}
		break;
	case 9:
		EXPECT_ONE_OF(zx_process_read_memory(zx_process_self(), at, bytes, sizeof(bytes),
						     &actual),
			      ZX_OK, ZX_ERR_NOT_FOUND, ZX_ERR_OUT_OF_RANGE);
		break;
	case 10:
		EXPECT_ONE_OF(try_write(at + 8, 1), ZX_OK, ZX_ERR_NOT_FOUND, ZX_ERR_ACCESS_DENIED,
			      ZX_ERR_OUT_OF_RANGE);
		break;
	default:
		EXPECT_ONE_OF(try_read(at), ZX_OK, ZX_ERR_NOT_FOUND, ZX_ERR_ACCESS_DENIED,
			      ZX_ERR_OUT_OF_RANGE);
	}
}

/* What a page of the own region must show: its number, 0: hole. */
static void own_round(uint64_t *random, zx_handle_t v, zx_vaddr_t base, zx_handle_t vmo,
		      uint8_t *shows, bool *writable)
{
	const uint64_t page = t_below(random, PAGES), pages = 1 + t_below(random, PAGES - page);
	const bool w = t_below(random, 2);
	zx_vaddr_t addr = 0;
	uint64_t i;

	switch (t_below(random, 4)) {
	case 0:
		T_OK(zx_vmar_map(v, (w ? RW : R) | OVERWRITE, page * PG, vmo, page * PG, pages * PG,
				 &addr));
		for (i = page; i < page + pages; i++) {
			shows[i] = (uint8_t)(i + 1);
			writable[i] = w;
		}
		break;
	case 1:
		T_OK(zx_vmar_unmap(v, base + page * PG, pages * PG));
		memset(&shows[page], 0, pages);
		break;
	case 2:
		i = page;
		while (i < page + pages && shows[i] != 0)
			i++;
		T_ZX(zx_vmar_protect(v, w ? RW : R, base + page * PG, pages * PG),
		     i < page + pages ? ZX_ERR_NOT_FOUND : ZX_OK);
		if (i == page + pages) {
			for (i = page; i < page + pages; i++)
				writable[i] = w;
		}
		break;
	default:
		break;
	}
	for (i = 0; i < 4; i++) {
		const uint64_t p = t_below(random, PAGES);
		const zx_vaddr_t at = base + p * PG;

		if (shows[p] == 0) {
			T_ZX(try_read(at), ZX_ERR_NOT_FOUND);
			continue;
		}
		cr_assert_eq(byte_at(at), shows[p]);
		T_ZX(try_write(at + 1, 7), writable[p] ? ZX_OK : ZX_ERR_ACCESS_DENIED);
	}
}

static void *worker(void *arg)
{
	uint64_t random = (uint64_t)(uintptr_t)arg;
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, PAGES, &base),
		    vmo = t_vmo(PAGES * PG);
	uint8_t shows[PAGES] = {0};
	bool writable[PAGES] = {false};
	const int rounds = t_has("native") ? 6000 : t_has("no-valgrind") ? 1500 : 100;

	number_pages(vmo, PAGES);
	for (int i = 0; i < rounds; i++) {
		own_round(&random, v, base, vmo, shows, writable);
		tear_at_shared(&random);
	}
	T_OK(zx_vmar_destroy(v));
	cr_assert_eq(vmo_info(vmo).num_mappings, 0);
	t_close(v);
	t_close(vmo);
	return NULL;
}

static void *checker(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop)) {
		cr_assert(zi_aspace_check(zi_aspace_self()));
		zx_nanosleep(zx_deadline_after(ZX_MSEC(1)));
	}
	return NULL;
}

Test(stress_vmar, threads__own_and_shared_regions__own_ones_exact)
{
	pthread_t thread[THREADS], check;
	const uint64_t seed = t_seed();

	shared = arena_of(zx_vmar_root_self(), CAN_ALL, PAGES, &shared_base);
	shared_vmo = t_vmo_options((PAGES - 2) * PG, ZX_VMO_RESIZABLE);
	cr_assert_eq(pthread_create(&check, NULL, checker, NULL), 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, worker, (void *)(seed + i * 1000)),
			     0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	atomic_store(&stop, true);
	pthread_join(check, NULL);
	T_OK(zx_vmar_destroy(shared));
	cr_assert_eq(vmo_info(shared_vmo).num_mappings, 0);
	cr_assert(zi_aspace_check(zi_aspace_self()));
	t_close(shared);
	t_close(shared_vmo);
}

/* ---- overwriting is one step for everybody who looks */

static void *reader(void *arg)
{
	const zx_vaddr_t base = (zx_vaddr_t)arg;
	uint64_t random = base;

	while (!atomic_load(&stop)) {
		const uint8_t seen = byte_at(base + t_below(&random, 8) * PG);

		cr_assert(seen == 1 || seen == 2, "%d", seen);
	}
	return NULL;
}

Test(stress_vmar, overwritten_again_and_again__readers__never_fault)
{
	pthread_t thread[2];
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 8, &base), vmo[2];
	uint64_t random = t_seed();
	const int rounds = t_has("native") ? 20000 : t_has("no-valgrind") ? 3000 : 200;

	for (uint8_t i = 0; i < 2; i++) {
		const uint8_t value = (uint8_t)(i + 1);

		vmo[i] = t_vmo(8 * PG);
		for (uint64_t p = 0; p < 8; p++)
			T_OK(zx_vmo_write(vmo[i], &value, p * PG, 1));
	}
	map_at(v, R, 0, vmo[0], 0, 8);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, reader, (void *)base), 0);
	for (int i = 0; i < rounds; i++) {
		const uint64_t page = t_below(&random, 8), pages = 1 + t_below(&random, 8 - page);

		map_at(v, R | OVERWRITE, page, vmo[i % 2], page, pages);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	t_close(vmo[0]);
	t_close(vmo[1]);
	t_close(v);
}

/* ---- many */

static void twenty_thousand(const char *name, zx_handle_t root, bool real)
{
	const uint64_t n = t_has("no-valgrind") ? 20000 : 500;
	zx_vaddr_t base, addr;
	zx_handle_t v = arena_of(root, CAN_ALL | ZX_VM_COMPACT, n, &base), vmo = t_vmo(n * PG);
	uint64_t random = t_seed(), left = n;
	bool *gone = calloc(n, sizeof(*gone));
	size_t avail = 0;

	/* Backwards in the VMO, so that no two are one. */
	for (uint64_t i = 0; i < n; i++) {
		T_OK(zx_vmar_map(v, RW | SPECIFIC, i * PG, vmo, (n - 1 - i) * PG, PG, &addr));
		cr_assert_eq(addr, base + i * PG);
	}
	cr_assert_eq(vmo_info(vmo).num_mappings, n, "%s", name);
	T_ZX(zx_vmar_map(v, RW, 0, vmo, 0, PG, &addr), ZX_ERR_NO_RESOURCES);
	for (uint64_t i = 0; i < n / 4; i++) {
		const uint64_t p = t_below(&random, n);

		T_OK(zx_vmar_unmap(v, base + p * PG, PG));
		left -= !gone[p];
		gone[p] = true;
	}
	cr_assert_eq(vmo_info(vmo).num_mappings, left);
	T_OK(zx_object_get_info(v, ZX_INFO_VMAR_MAPS, NULL, 0, NULL, &avail));
	cr_assert_eq(avail, left + 1);
	for (uint64_t i = 0; real && i < n; i += 7) {
		const zx_vaddr_t at = base + i * PG;

		if (gone[i]) {
			T_ZX(try_read(at), ZX_ERR_NOT_FOUND);
			continue;
		}
		T_OK(try_write(at, (uint8_t)(i + 1)));
		cr_assert_eq(vmo_byte(vmo, (n - 1 - i) * PG), (uint8_t)(i + 1));
	}
	T_OK(zx_vmar_destroy(v));
	cr_assert_eq(vmo_info(vmo).num_mappings, 0);
	t_close(vmo);
	t_close(v);
	free(gone);
}

Test(stress_vmar, twenty_thousand_mappings__one_region__all_right)
{
	t_require("maps");

	struct process p = other_process();

	twenty_thousand("self", zx_vmar_root_self(), true);
	cr_assert(zi_aspace_check(zi_aspace_self()));
	twenty_thousand("other", p.root, false);
	end_process(&p);
}
