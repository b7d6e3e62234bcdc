/* What the runs of the other inject_ programs found, each by itself. */
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
