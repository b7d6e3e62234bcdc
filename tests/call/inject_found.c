/* What the runs of the other inject_ programs found, each by itself. */
#include <zirconia/mmio_mock.h>
#include <zirconia/page_cache.h>

#include "host/host_i.h"
#include "inject_t.h"

static uint64_t frames_live(void)
{
	struct zi_extent_stats stats;

	zi_extent_stats(&stats);
	return stats.live;
}

/* A VMO with its snapshot, one page each of its own. */
static void pair(zx_handle_t *a, zx_handle_t *b)
{
	*a = t_vmo(40 * PG);
	T_OK(zx_vmo_write(*a, "a", 0, 1));
	T_OK(zx_vmo_create_child(*a, ZX_VMO_CHILD_SNAPSHOT, 0, 40 * PG, b));
	T_OK(zx_vmo_write(*a, "A", PG, 1));
	T_OK(zx_vmo_write(*b, "B", 2 * PG, 1));
}

/* The past that two clones share stayed for ever when there was no memory to merge it with the last of them. */
Test(inject_found, last_clones_closed__no_memory_to_merge__all_frames_come_back)
{
	const uint64_t before = frames_live();
	zx_handle_t a, b;

	pair(&a, &b);
	T_OK(zirconia_inject_set("alloc.*"));
	T_OK(zx_handle_close(a));
	cr_assert_gt(zirconia_inject_fired(), 0, "the merge took no memory");
	T_OK(zx_handle_close(b));
	T_OK(zirconia_inject_set(NULL));
	cr_assert_eq(frames_live(), before);
}

/* A VMO whose clone is gone can be decommitted, also when the two were not merged at the time. */
Test(inject_found, decommit__merge_had_no_memory__made_up_for)
{
	zx_handle_t a, b;
	char byte;

	pair(&a, &b);
	T_OK(zirconia_inject_set("alloc.*"));
	T_OK(zx_handle_close(b));
	T_ZX(zx_vmo_op_range(a, ZX_VMO_OP_DECOMMIT, 0, PG, NULL, 0), ZX_ERR_NO_MEMORY);
	T_OK(zirconia_inject_set(NULL));
	T_OK(zx_vmo_op_range(a, ZX_VMO_OP_DECOMMIT, 0, PG, NULL, 0));
	T_OK(zx_vmo_read(a, &byte, 0, 1));
	cr_assert_eq(byte, 0);
	T_OK(zx_vmo_read(a, &byte, PG, 1));
	cr_assert_eq(byte, 'A');
	T_OK(zirconia_debug_check(a));
	t_close(a);
}

/* Frames move from the auxiliary VMO to the pager's in pieces, and came back as pieces that nobody joined again. */
Test(inject_found, supplies__many__records_of_free_memory_stay_few, .timeout = 120)
{
	size_t bytes[2];

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 2000; i++) {
			zx_handle_t all[4];

			T_OK(zx_port_create(0, &all[0]));
			T_OK(zx_pager_create(0, &all[1]));
			T_OK(zx_pager_create_vmo(all[1], 0, all[0], 7, 40 * PG, &all[2]));
			T_OK(zx_vmo_create(64 * PG, 0, &all[3]));
			for (uint64_t k = 0; k < 40; k++)
				T_OK(zx_vmo_write(all[3], "x", k * PG, 1));
			T_OK(zx_pager_supply_pages(all[1], all[2], 0, 40 * PG, all[3], 0));
			T_OK(zx_handle_close_many(all, 4));
		}
		bytes[round] = zi_slab_live();
		cr_assert(zi_arena_check());
	}
	cr_assert_lt(bytes[1], bytes[0] + 64000, "%zu bytes more after 2000 supplies",
		     bytes[1] - bytes[0]);
}

/* An absent page of a pager's VMO may have no memory: it would be read as zeros, and the pager never asked. */
Test(inject_found, frames_discarded__fallocate_refused__no_memory_left)
{
	struct zi_extent ext;

	T_OK(zi_host_start());
	T_OK(zi_extent_alloc(4, 1, ZI_EXTENT_ZERO, &ext));
	memset(zi_frame_ptr(ext.frame), 5, 4 * PG);
	T_OK(zirconia_inject_set("host.fallocate"));
	zi_frames_discard(ext.frame, 4);
	cr_assert_eq(zirconia_inject_fired(), 1);
	T_OK(zirconia_inject_set(NULL));
	cr_assert_eq(zi_frames_find_data(ext.frame, 4), 4);
	cr_assert(t_all(zi_frame_ptr(ext.frame), 4 * PG, 0));
	zi_extent_free(ext.frame, ext.pages, true);
}

static unsigned maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	unsigned n = 0;

	cr_assert_not_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		n++;
	fclose(f);
	return n;
}

/* The spare maps of a start that failed stayed, and so did a key that could not be made: it was never tried again. */
Test(inject_found, start__refused_several_times__nothing_left_and_fine_later)
{
	static const char *const specs[] = {"host.sigaction", "host.sigaction:nth=2",
					    "host.memfd_create", "host.ftruncate", "host.mmap"};
	unsigned before = 0;

	/* Twice: what the C library and sanitizers map for their own first time stays. */
	for (int round = 0; round < 2; round++) {
		(void)maps();
		if (round == 1)
			before = maps();
		T_EACH (specs, spec) {
			T_OK(zirconia_inject_set(*spec));
			T_ZX_ROW(*spec, zi_host_start(), ZX_ERR_NO_MEMORY);
			T_OK(zirconia_inject_set(NULL));
			/* ThreadSanitizer keeps maps of its own for each of ours, also afterwards. */
			if (round == 1 && t_has("no-tsan"))
				cr_assert_leq(maps(), before, "%s: %u maps, before %u", *spec,
					      maps(), before);
		}
	}
	T_OK(zi_host_start());
}

/* The size had changed when the call failed because a mapping could neither follow nor be taken away. */
static void grow_refused(zx_handle_t vmo)
{
	zx_vaddr_t addr;
	uint64_t size;

	T_OK(zx_vmar_map(zx_vmar_root_self(), INJ_RW | ZX_VM_ALLOW_FAULTS, 0, vmo, 0, 4 * PG,
			 &addr));
	T_OK(zx_vmo_write(vmo, "a", 0, 1));
	T_OK(zirconia_inject_set("host.mmap;host.mprotect"));
	T_ZX(zx_vmo_set_size(vmo, 4 * PG), ZX_ERR_NO_MEMORY);
	cr_assert_gt(zirconia_inject_fired(), 0);
	T_OK(zirconia_inject_set(NULL));
	T_OK(zx_vmo_get_size(vmo, &size));
	cr_assert_eq(size, 2 * PG);
	T_OK(zirconia_debug_check(vmo));
	T_ZX(zx_vmo_write(vmo, "b", 2 * PG, 1), ZX_ERR_OUT_OF_RANGE);

	T_OK(zx_vmo_set_size(vmo, 4 * PG));
	cr_assert_eq(*(volatile char *)(addr + 3 * PG), 0);
	*(volatile char *)(addr + 3 * PG) = 'b';
	cr_assert_eq(*(volatile char *)addr, 'a');
	T_OK(zirconia_debug_check(vmo));
	t_unmap((void *)addr, 4 * PG);
}

Test(inject_found, set_size__mappings_cannot_follow__size_stays)
{
	zx_handle_t port, pager, aux = t_vmo(2 * PG), vmo = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE);

	grow_refused(vmo);
	t_close(vmo);
	T_OK(zx_port_create(0, &port));
	T_OK(zx_pager_create(0, &pager));
	T_OK(zx_pager_create_vmo(pager, ZX_VMO_RESIZABLE, port, 7, 2 * PG, &vmo));
	T_OK(zx_pager_supply_pages(pager, vmo, 0, 2 * PG, aux, 0));
	grow_refused(vmo);
	t_close(aux);
	t_close(vmo);
	t_close(pager);
	t_close(port);
}

/* What a mapping replaces was gone from the books when the host refused the new one: nothing was mapped there. */
Test(inject_found, map_over_mapping__host_refuses__faults_place_it)
{
	static const char *const specs[] = {"host.mmap:nth=1", "host.mmap", "alloc.*"};
	zx_handle_t a = t_vmo(4 * PG), b = t_vmo(2 * PG);
	zx_info_vmar_t root;

	T_OK(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root), NULL,
				NULL));

	T_OK(zx_vmo_write(a, "a", 3 * PG, 1));
	T_OK(zx_vmo_write(b, "b", PG, 1));
	T_EACH (specs, spec) {
		char *at = t_map(a, 0, 4 * PG);
		zx_vaddr_t over;
		zx_status_t st;

		at[0] = 'A';
		T_OK(zirconia_inject_set(*spec));
		st = zx_vmar_map(zx_vmar_root_self(), INJ_RW | ZX_VM_SPECIFIC_OVERWRITE,
				 (zx_vaddr_t)at + PG - root.base, b, 0, 2 * PG, &over);
		cr_assert_gt(zirconia_inject_fired(), 0, "%s", *spec);
		T_OK(zirconia_inject_set(NULL));
		cr_assert_eq(at[0], 'A');
		cr_assert_eq(at[3 * PG], 'a');
		if (spec[0][0] == 'a') {
			T_ZX_ROW(*spec, st, ZX_ERR_NO_MEMORY);
			at[2 * PG] = 'B';
			T_OK(zx_vmo_read(a, &at[PG], 2 * PG, 1));
			cr_assert_eq(at[PG], 'B');
		} else {
			T_ZX_ROW(*spec, st, ZX_OK);
			cr_assert_eq(at[2 * PG], 'b');
			at[PG] = 'B';
			T_OK(zx_vmo_read(b, &at[0], 0, 1));
			cr_assert_eq(at[0], 'B');
		}
		T_OK(zirconia_debug_check(a));
		T_OK(zirconia_debug_check(b));
		t_unmap(at, 4 * PG);
		T_OK(zx_vmo_op_range(b, ZX_VMO_OP_ZERO, 0, PG, NULL, 0));
	}
	t_close(a);
	t_close(b);
}

Test(inject_found, thread_self__key_refused__asked_again)
{
	T_OK(zirconia_inject_set("host.pthread_key"));
	cr_assert_eq(zx_thread_self(), ZX_HANDLE_INVALID);
	T_OK(zirconia_inject_set(NULL));
	cr_assert_neq(zx_thread_self(), ZX_HANDLE_INVALID);
}

/* The clients that are built on the calls have points of their own. */
Test(inject_found, clients__no_memory__told)
{
	static const zirconia_page_backend_ops_t none;
	zirconia_page_cache_t *cache = NULL;
	zirconia_mmio_mock_t *mock;

	T_OK(zirconia_inject_set("alloc.page_cache;alloc.mmio_mock"));
	cr_assert_eq(zirconia_page_cache_create(&none, NULL, 1, &cache), ZIRCONIA_VM_NO_MEMORY);
	cr_assert_null(cache);
	cr_assert_null(zirconia_mmio_mock_new(64));
	T_OK(zirconia_inject_set(NULL));
	mock = zirconia_mmio_mock_new(64);
	cr_assert_not_null(mock);
	zirconia_mmio_mock_free(mock);
}
