/* zi-test: valgrind */
/* Runs that are hidden when they are unmapped, and shown again: the books, and what accesses find. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host/recent.h"
#include "host_place_t.h"

enum { RW = ZI_PROT_R | ZI_PROT_W };

static struct zi_runs cut;
static struct zi_run run;

static uintptr_t at(unsigned page)
{
	return 0x10000000 + page * (uintptr_t)T_PAGE;
}

static bool hide(unsigned page, unsigned pages, uint64_t frame)
{
	struct zi_run old;

	if (!zi_recent_may_hide(&old))
		return false;
	zi_recent_hidden(&(struct zi_run){at(page), pages * T_PAGE, frame, false});
	return true;
}

/* ---- the books */

Test(host_recent, shown__same_range__taken_once)
{
	zi_recent_reset();
	zi_recent_shown(at(3), 2 * T_PAGE, 70);
	cr_assert(zi_recent_take(at(3), 2 * T_PAGE, &run, &cut));
	cr_assert_eq(run.addr, at(3));
	cr_assert_eq(run.frame, 70);
	cr_assert_not(run.hidden);
	cr_assert_not(zi_recent_take(at(3), 2 * T_PAGE, &run, &cut));
}

Test(host_recent, shown__range_that_overlaps__forgotten_and_nothing_cut)
{
	static const struct {
		unsigned page, pages;
	} others[] = {{0, 6}, {4, 1}, {2, 2}, {5, 4}, {3, 2}, {0, 20}};

	T_EACH (others, o) {
		zi_recent_reset();
		zi_recent_shown(at(3), 3 * T_PAGE, 70);
		cr_assert_not(zi_recent_take(at(o->page), o->pages * T_PAGE, &run, &cut));
		cr_assert_eq(cut.count, 0);
		cr_assert_not(zi_recent_take(at(3), 3 * T_PAGE, &run, &cut));
	}
}

Test(host_recent, shown__neighbours__stay)
{
	zi_recent_reset();
	zi_recent_shown(at(3), 2 * T_PAGE, 70);
	cr_assert_not(zi_recent_take(at(2), T_PAGE, &run, &cut));
	cr_assert_not(zi_recent_take(at(5), T_PAGE, &run, &cut));
	cr_assert(zi_recent_take(at(3), 2 * T_PAGE, &run, &cut));
}

Test(host_recent, hidden__part_of_it_taken__cut)
{
	zi_recent_reset();
	cr_assert(hide(3, 3, 70));
	cr_assert(hide(8, 1, 80));
	cr_assert_eq(zi_recent_count_hidden(), 2);
	/* The second is covered as a whole. */
	cr_assert_not(zi_recent_take(at(5), 6 * T_PAGE, &run, &cut));
	cr_assert_eq(cut.count, 1);
	cr_assert_eq(cut.run[0].addr, at(3));
	cr_assert_eq(cut.run[0].len, 3 * T_PAGE);
	cr_assert_eq(zi_recent_count_hidden(), 0);
}

Test(host_recent, shown__too_many__hidden_ones_stay)
{
	zi_recent_reset();
	for (unsigned i = 0; i < ZI_RECENT_HIDDEN; i++)
		cr_assert(hide(i, 1, i + 1));
	for (unsigned i = 0; i < 5 * ZI_RECENT_RUNS; i++)
		zi_recent_shown(at(100 + i), T_PAGE, 500 + i);
	for (unsigned i = 0; i < ZI_RECENT_HIDDEN; i++) {
		cr_assert(zi_recent_take(at(i), T_PAGE, &run, &cut));
		cr_assert(run.hidden);
		cr_assert_eq(run.frame, i + 1);
	}
	/* The last of the others is still known. */
	cr_assert(zi_recent_take(at(100 + 5 * ZI_RECENT_RUNS - 1), T_PAGE, &run, &cut));
	cr_assert_eq(run.frame, 500 + 5 * ZI_RECENT_RUNS - 1);
}

/* Each is one host map: they must not become more, and not be the same for ever. */
Test(host_recent, hidden__too_many__one_makes_way_now_and_then)
{
	struct zi_run old;
	unsigned let = 0;

	zi_recent_reset();
	for (unsigned i = 0; i < ZI_RECENT_HIDDEN; i++)
		cr_assert(hide(i, 1, i + 1));
	for (unsigned i = 0; i < 1000; i++) {
		if (!zi_recent_may_hide(&old))
			continue;
		let++;
		cr_assert_eq(old.len, T_PAGE);
		cr_assert_eq(zi_recent_count_hidden(), ZI_RECENT_HIDDEN - 1);
		zi_recent_hidden(&(struct zi_run){at(100 + i), T_PAGE, 700, false});
	}
	cr_assert_gt(let, 5);
	cr_assert_lt(let, 100);
	cr_assert_eq(zi_recent_count_hidden(), ZI_RECENT_HIDDEN);
}

/* ---- what accesses find */

static void place(unsigned page, unsigned pages, uint64_t first, uint32_t prot)
{
	T_OK(zi_place_run((uintptr_t)root + page * T_PAGE, pages * T_PAGE, e.frame + first, prot,
			  false));
}

static void unmap(unsigned page, unsigned pages)
{
	T_OK(zi_place_hide((uintptr_t)root + page * T_PAGE, pages * T_PAGE));
}

/* Maps of the process; frames: those in the reservation that show frames without access. */
static unsigned maps(unsigned *out_frames)
{
	const struct zi_host_caps *caps = zi_host_caps();
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512], prot[8];
	unsigned n = 0;
	uintptr_t from;
	uint64_t off;

	*out_frames = 0;
	cr_assert_not_null(f);
	for (; fgets(line, sizeof(line), f) != NULL; n++)
		if (sscanf(line, "%" SCNxPTR "-%*x %7s %" SCNx64, &from, prot, &off) == 3 &&
		    from - caps->root_base < caps->root_len && strcmp(prot, "---s") == 0 &&
		    off < caps->arena_pages * T_PAGE)
			++*out_frames;
	fclose(f);
	return n;
}

Test(host_recent, unmapped__no_access__until_placed_again)
{
	start_with_frames(200);
	zi_frame_ptr(e.frame)[5] = 0x11;
	place(0, 4, 0, RW);
	cr_assert_eq(root[5], 0x11);
	unmap(0, 4);
	cr_assert_eq(zi_recent_count_hidden(), 1);
	for (unsigned i = 0; i < 4; i++) {
		cr_assert_not(can_read(root + i * T_PAGE));
		cr_assert_not(can_write(root + i * T_PAGE));
	}
	zi_frame_ptr(e.frame)[5] = 0x22;
	place(0, 4, 0, ZI_PROT_R);
	cr_assert_eq(zi_recent_count_hidden(), 0);
	cr_assert_eq(root[5], 0x22);
	cr_assert_not(can_write(root));
}

/* What was hidden must not come back for somebody else. */
Test(host_recent, unmapped__other_frames_placed__theirs_are_shown)
{
	unsigned left;

	start_with_frames(200);
	memset(zi_frame_ptr(e.frame), 1, 8 * T_PAGE);
	memset(zi_frame_ptr(e.frame + 8), 2, 8 * T_PAGE);
	place(0, 8, 0, RW);
	cr_assert_eq(root[0], 1);
	unmap(0, 8);
	place(0, 8, 8, RW);
	cr_assert(t_all(root, 8 * T_PAGE, 2));
	unmap(0, 8);
	/* In the middle: on both sides nothing is mapped, and no piece of the old run is left to be shown. */
	place(2, 4, 0, RW);
	cr_assert(t_all(root + 2 * T_PAGE, 4 * T_PAGE, 1));
	cr_assert_not(can_read(root + 1 * T_PAGE));
	cr_assert_not(can_read(root + 6 * T_PAGE));
	cr_assert_eq(zi_recent_count_hidden(), 0);
	(void)maps(&left);
	cr_assert_eq(left, 0);
	place(0, 8, 8, RW);
	cr_assert(t_all(root, 8 * T_PAGE, 2));
}

/* A page of the run was replaced, as a fault does: it is not one run any more. */
Test(host_recent, run_changed_in_part__unmapped__not_hidden)
{
	start_with_frames(200);
	memset(zi_frame_ptr(e.frame), 1, 8 * T_PAGE);
	place(0, 4, 0, RW);
	place(1, 1, 6, RW);
	unmap(0, 4);
	cr_assert_eq(zi_recent_count_hidden(), 0);
	cr_assert_not(can_read(root));
	cr_assert_not(can_read(root + T_PAGE));
}

Test(host_recent, protection_changed_in_part__hidden_and_shown__as_asked)
{
	start_with_frames(200);
	place(0, 4, 0, RW);
	T_OK(zi_place_protect((uintptr_t)root + T_PAGE, T_PAGE, ZI_PROT_R));
	T_OK(zi_place_protect((uintptr_t)root + 3 * T_PAGE, T_PAGE, 0));
	unmap(0, 4);
	cr_assert_eq(zi_recent_count_hidden(), 1);
	cr_assert_not(can_read(root + T_PAGE));
	place(0, 4, 0, RW);
	for (unsigned i = 0; i < 4; i++)
		cr_assert(can_write(root + i * T_PAGE));
}

Test(host_recent, many_scattered__unmapped_each__few_maps_stay)
{
	enum { MANY = 150 };
	unsigned before, left, now;

	start_with_frames(200);
	place(0, 1, 0, RW);
	unmap(0, 1);
	before = maps(&left);
	cr_assert_eq(left, 1);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < MANY; i++)
			place(2 * i, 1, i, RW);
		for (unsigned i = 0; i < MANY; i++)
			unmap(2 * i, 1);
	}
	cr_assert_leq(zi_recent_count_hidden(), ZI_RECENT_HIDDEN);
	(void)maps(&left);
	cr_assert_eq(left, zi_recent_count_hidden());
	T_OK(zi_place_reserve((uintptr_t)root, 2 * MANY * T_PAGE));
	cr_assert_eq(zi_recent_count_hidden(), 0);
	now = maps(&left);
	cr_assert_eq(left, 0);
	/* Sanitizers and Valgrind have maps of their own. */
	if (t_has("native"))
		cr_assert_leq(now, before, "%u maps, before %u", now, before);
}
