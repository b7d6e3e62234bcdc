/* zi-test: valgrind */
/* Extents: disjoint, aligned, zero when promised, and every frame accounted for. */
#include <pthread.h>
#include <string.h>

#include "base/pageset.h"
#include "base/slab.h"
#include "host/host_i.h"
#include "t.h"
#include "t_world.h"

const bool t_world_is_mine = true;

static void start(uint64_t bytes)
{
	zi_window_limit(bytes);
	T_OK(zi_host_start());
}

static uint64_t resident(uint64_t frame, uint64_t pages)
{
	uint64_t n = 0, at = frame, run, len;

	while (at < frame + pages && zi_frames_next_data(at, frame + pages - at, &run, &len)) {
		n += len;
		at = run + len;
	}
	return n;
}

Test(host_arena, alloc__any_size__rounded_aligned_and_zero)
{
	start(0);
	for (uint64_t pages = 1; pages <= 5000; pages = pages * 3 / 2 + 1) {
		struct zi_extent e;

		T_OK(zi_extent_alloc(pages, 1, ZI_EXTENT_ZERO, &e));
		cr_assert_neq(e.frame, 0);
		cr_assert_geq(e.pages, pages);
		cr_assert_eq(e.frame % e.pages, 0);
		cr_assert_eq(e.nstale, 0);
		cr_assert(zi_arena_check());
		cr_assert_eq(resident(e.frame, e.pages), 0);
		cr_assert(zi_frame_is_zero(e.frame + e.pages - 1));
	}
}

Test(host_arena, alloc__with_alignment__first_frame_aligned)
{
	struct zi_extent e;

	start(0);
	for (uint64_t align = 1; align <= 65536; align *= 4) {
		T_OK(zi_extent_alloc(3, align, ZI_EXTENT_ZERO, &e));
		cr_assert_eq(e.frame % align, 0);
		zi_extent_free(e.frame, e.pages, false);
	}
	cr_assert(zi_arena_check());
}

Test(host_arena, alloc__more_than_exists__no_memory)
{
	static const uint64_t pages[] = {(uint64_t)1 << 33, (uint64_t)1 << 52, UINT64_MAX};
	struct zi_extent e = {.frame = 5};

	start(0);
	T_EACH (pages, n)
		T_ZX(zi_extent_alloc(*n, 1, ZI_EXTENT_ZERO, &e), ZX_ERR_NO_MEMORY);
	T_ZX(zi_extent_alloc(zi_host_caps()->arena_pages, 1, ZI_EXTENT_ZERO, &e), ZX_ERR_NO_MEMORY);
	cr_assert_eq(e.frame, 5, "an output was written by a failed call");
	T_OK(zi_extent_alloc(zi_host_caps()->max_segment_pages, 1, ZI_EXTENT_ZERO, &e));
	cr_assert(zi_arena_check());
}

Test(host_arena, freed_untouched__reused_as_clean)
{
	struct zi_extent a, b;
	struct zi_extent_stats stats;

	start(0);
	T_OK(zi_extent_alloc(4, 1, ZI_EXTENT_ZERO, &a));
	zi_extent_free(a.frame, a.pages, false);
	T_OK(zi_extent_alloc(4, 1, ZI_EXTENT_ANY, &b));
	cr_assert_eq(a.frame, b.frame);
	cr_assert_eq(b.nstale, 0);
	zi_extent_stats(&stats);
	cr_assert_eq(stats.live, 4);
	cr_assert_eq(stats.kept, 0);
}

Test(host_arena, freed_touched__any__stale_runs_named_and_rest_zero)
{
	struct zi_extent e;

	start(0);
	T_OK(zi_extent_alloc(64, 1, ZI_EXTENT_ZERO, &e));
	memset(zi_frame_ptr(e.frame + 3), 1, 2 * T_PAGE);
	memset(zi_frame_ptr(e.frame + 60), 2, 4 * T_PAGE);
	zi_extent_free(e.frame, e.pages, true);
	cr_assert(zi_arena_check());
	T_OK(zi_extent_alloc(64, 1, ZI_EXTENT_ANY, &e));
	cr_assert_eq(e.nstale, 2);
	cr_assert(e.stale[0].off == 3 && e.stale[0].pages == 2);
	cr_assert(e.stale[1].off == 60 && e.stale[1].pages == 4);
	cr_assert(zi_frame_is_zero(e.frame) && zi_frame_is_zero(e.frame + 5) &&
		  zi_frame_is_zero(e.frame + 59));
}

Test(host_arena, freed_touched__zero__reads_zero_and_keeps_frames)
{
	struct zi_extent e;
	struct zi_extent_stats stats;

	start(0);
	T_OK(zi_extent_alloc(8, 1, ZI_EXTENT_ZERO, &e));
	memset(zi_frame_ptr(e.frame), 7, 8 * T_PAGE);
	for (unsigned round = 0; round < 3; round++) {
		zi_extent_free(e.frame, e.pages, round == 0);
		zi_extent_stats(&stats);
		cr_assert_eq(stats.kept, 8, "round %u: resident frames must stay accounted", round);
		cr_assert(zi_arena_check());
		T_OK(zi_extent_alloc(8, 1, ZI_EXTENT_ZERO, &e));
		cr_assert_eq(e.nstale, 0);
		cr_assert(t_all(zi_frame_ptr(e.frame), 8 * T_PAGE, 0));
		zi_extent_stats(&stats);
		cr_assert_eq(stats.kept, 0);
	}
	/* Touched again after it was handed out cleared: old bytes must not come back as zero. */
	memset(zi_frame_ptr(e.frame), 9, T_PAGE);
	zi_extent_free(e.frame, e.pages, true);
	T_OK(zi_extent_alloc(8, 1, ZI_EXTENT_ZERO, &e));
	cr_assert(t_all(zi_frame_ptr(e.frame), 8 * T_PAGE, 0));
}

Test(host_arena, freed_touched__many_frames_zero__given_back)
{
	struct zi_extent e;
	struct zi_extent_stats stats;

	start(0);
	T_OK(zi_extent_alloc(512, 1, ZI_EXTENT_ZERO, &e));
	memset(zi_frame_ptr(e.frame), 7, 512 * T_PAGE);
	zi_extent_free(e.frame, e.pages, true);
	zi_extent_stats(&stats);
	cr_assert_eq(stats.kept, 512);
	T_OK(zi_extent_alloc(512, 1, ZI_EXTENT_ZERO, &e));
	cr_assert_eq(resident(e.frame, e.pages), 0);
	cr_assert(t_all(zi_frame_ptr(e.frame), 512 * T_PAGE, 0));
}

Test(host_arena, freed_touched__too_many_runs__rest_given_back)
{
	struct zi_extent e;
	struct zi_extent_stats stats;

	start(0);
	T_OK(zi_extent_alloc(64, 1, ZI_EXTENT_ZERO, &e));
	for (unsigned i = 0; i < 10; i += 2)
		*zi_frame_ptr(e.frame + i) = 1;
	zi_extent_free(e.frame, e.pages, true);
	zi_extent_stats(&stats);
	cr_assert_eq(stats.kept, ZI_EXTENT_STALE);
	cr_assert_eq(resident(e.frame, e.pages), ZI_EXTENT_STALE);
	cr_assert(zi_arena_check());
}

Test(host_arena, freed_touched__very_long_run__kept_in_part)
{
	struct zi_extent e;
	struct zi_extent_stats stats;

	start(0);
	T_OK(zi_extent_alloc(32768, 1, ZI_EXTENT_ZERO, &e));
	T_OK(zi_frames_populate(e.frame + 10, 20000));
	zi_extent_free(e.frame, e.pages, true);
	zi_extent_stats(&stats);
	cr_assert(stats.kept > 0 && stats.kept < 16384, "one extent may not take the whole budget");
	cr_assert_eq(resident(e.frame, e.pages), stats.kept);
	cr_assert(zi_arena_check());
}

Test(host_arena, freed_touched__beyond_the_budget__given_back)
{
	static struct zi_extent e[40];
	struct zi_extent_stats stats;
	uint64_t left = 0;

	start(0);
	T_EACH (e, x) {
		T_OK(zi_extent_alloc(1024, 1, ZI_EXTENT_ZERO, x));
		T_OK(zi_frames_populate(x->frame, x->pages));
	}
	T_EACH (e, x)
		zi_extent_free(x->frame, x->pages, true);
	cr_assert(zi_arena_check());
	zi_extent_stats(&stats);
	cr_assert_eq(stats.kept, 16384);
	T_EACH (e, x)
		left += resident(x->frame, x->pages);
	cr_assert_eq(left, stats.kept);
	cr_assert_eq(zi_extent_trim(), 16384);
	cr_assert(zi_arena_check());
	T_EACH (e, x)
		cr_assert_eq(resident(x->frame, x->pages), 0);
}

/* A small arena, filled in every order, never loses space and never hands a frame out twice. */
Test(host_arena, small_arena__random_use__space_is_recovered)
{
	enum { MAX = 700 };
	static struct zi_extent e[MAX];
	struct zi_pageset used = {0};
	uint64_t seed = t_seed();
	unsigned n = 0, full = 0;
	unsigned rounds = t_has("no-valgrind") ? 30000 : 3000;

	start(16 << 20);
	cr_assert_eq(zi_host_caps()->arena_pages, 4096);
	for (unsigned round = 0; round < rounds; round++) {
		if (n < MAX && t_below(&seed, 100) < 56) {
			uint64_t pages = 1 + t_below(&seed, (uint64_t)1 << t_below(&seed, 10));
			unsigned flags = (unsigned)t_below(&seed, 2);
			zx_status_t st = zi_extent_alloc(pages, 1, flags, &e[n]);

			if (st != ZX_OK) {
				T_ZX(st, ZX_ERR_NO_MEMORY);
				full++;
				continue;
			}
			cr_assert_eq(zi_pageset_count(&used, e[n].frame, e[n].pages), 0);
			cr_assert(zi_pageset_set(&used, e[n].frame, e[n].pages));
			for (uint64_t i = 0, s = 0; i < e[n].pages; i++) {
				if (s < e[n].nstale && i == e[n].stale[s].off) {
					i += e[n].stale[s++].pages - 1;
					continue;
				}
				if (t_below(&seed, 8) == 0)
					cr_assert(zi_frame_is_zero(e[n].frame + i));
			}
			n++;
		} else if (n > 0) {
			unsigned at = (unsigned)t_below(&seed, n);
			bool touched = true; /* the checks above read through the physmap */

			if (t_below(&seed, 2))
				memset(zi_frame_ptr(e[at].frame + t_below(&seed, e[at].pages)),
				       0xee, T_PAGE);
			cr_assert(zi_pageset_clear(&used, e[at].frame, e[at].pages));
			zi_extent_free(e[at].frame, e[at].pages, touched);
			e[at] = e[--n];
		}
		if (round % 500 == 0)
			cr_assert(zi_arena_check());
	}
	cr_assert_gt(full, 0, "the arena was never full: the test is too tame");
	while (n > 0) {
		n--;
		zi_extent_free(e[n].frame, e[n].pages, true);
	}
	cr_assert(zi_arena_check());
	/* All came back: half of the arena is to be had in one piece. */
	T_OK(zi_extent_alloc(2048, 1, ZI_EXTENT_ZERO, &e[0]));
	T_OK(zi_extent_alloc(1024, 1, ZI_EXTENT_ZERO, &e[1]));
	cr_assert(t_all(zi_frame_ptr(e[0].frame), 2048 * T_PAGE, 0));
	cr_assert(zi_arena_check());
	zi_pageset_clear_all(&used);
}

/* Where a run ends is found by walking it, so resident neighbours must not make one long run. */
Test(host_arena, many_small_extents__all_resident__runs_stay_short)
{
	uint64_t first = UINT64_MAX, last = 0, at, run, pages;
	uint64_t seed = t_seed();

	start(0);
	for (unsigned i = 0; i < 3000; i++) {
		struct zi_extent e;

		T_OK(zi_extent_alloc(1 + t_below(&seed, 8), 1, ZI_EXTENT_ZERO, &e));
		T_OK(zi_frames_populate(e.frame, e.pages));
		first = e.frame < first ? e.frame : first;
		last = e.frame + e.pages > last ? e.frame + e.pages : last;
	}
	for (at = first; at < last && zi_frames_next_data(at, last - at, &run, &pages);
	     at = run + pages)
		cr_assert_leq(pages, 256, "run of %lu frames", (unsigned long)pages);
	cr_assert_lt(last - first, 3000 * 8 * 3 / 2, "too much space is left out");
	cr_assert(zi_arena_check());
}

Test(host_arena, free__without_memory__only_space_is_lost)
{
	struct zi_extent e[4];
	struct zi_extent_stats stats;

	start(0);
	T_EACH (e, x)
		T_OK(zi_extent_alloc(2, 2, ZI_EXTENT_ZERO, x));
	*zi_frame_ptr(e[0].frame) = 1;
	zi_slab_fail_after(0);
	T_EACH (e, x)
		zi_extent_free(x->frame, x->pages, true);
	zi_slab_fail_after(-1);
	zi_extent_stats(&stats);
	cr_assert_eq(stats.live, 0);
	cr_assert_gt(stats.lost, 0);
	cr_assert_eq(resident(e[0].frame, 2), 0);
	cr_assert(zi_arena_check());
}

/* ---- threads */

static void *churn(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;
	struct zi_extent e[16] = {0};

	for (unsigned i = 0; i < 3000; i++) {
		struct zi_extent *x = &e[t_below(&seed, 16)];

		if (x->frame != 0) {
			uint8_t *p = zi_frame_ptr(x->frame);

			/* Nobody else may have written here. */
			if (*p != (uint8_t)(uintptr_t)arg)
				return "foreign bytes";
			zi_extent_free(x->frame, x->pages, true);
			x->frame = 0;
			continue;
		}
		if (zi_extent_alloc(1 + t_below(&seed, 4), 1, (unsigned)t_below(&seed, 2), x) !=
		    ZX_OK)
			return "no memory";
		*zi_frame_ptr(x->frame) = (uint8_t)(uintptr_t)arg;
	}
	for (unsigned i = 0; i < 16; i++)
		if (e[i].frame != 0)
			zi_extent_free(e[i].frame, e[i].pages, true);
	return NULL;
}

Test(host_arena, threads__alloc_and_free__disjoint)
{
	pthread_t thread[4];
	void *wrong;

	start(0);
	for (uintptr_t i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, churn, (void *)(i + 1)), 0);
	for (unsigned i = 0; i < 4; i++) {
		cr_assert_eq(pthread_join(thread[i], &wrong), 0);
		cr_assert_null(wrong, "%s", (char *)wrong);
	}
	cr_assert(zi_arena_check());
}
