/* zi-test: valgrind */
/*
 * Where kernels of 2025 answer otherwise (vmar 14.2): chosen by ZIRCONIA_BEHAVIOUR, which is read
 * once.
 */
#include "vmar_t.h"

static void as_in(const char *year)
{
	cr_assert_eq(setenv("ZIRCONIA_BEHAVIOUR", year, 1), 0);
}

static void op_range_without_rights(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(4 * PG), bare = dup_of(a->vmar, 0);

	map_at(a->vmar, RW, 0, vmo, 0, 4);
	T_OK(op(bare, ZX_VMAR_OP_COMMIT, a->base, 2 * PG));
	cr_assert_eq(vmo_info(vmo).committed_bytes, 2 * PG);
	T_OK(op(bare, ZX_VMAR_OP_DECOMMIT, a->base, PG));
	T_OK(op(bare, ZX_VMAR_OP_MAP_RANGE, a->base, PG));
	T_OK(op(bare, ZX_VMAR_OP_PREFETCH, a->base, PG));
	T_ZX(op(a->vmar, ZX_VMAR_OP_ZERO, a->base, PG), ZX_ERR_NOT_SUPPORTED);
	T_ZX(op(a->vmar, ZX_VMAR_OP_ZERO, a->base + 4 * PG, PG), ZX_ERR_BAD_STATE);
	t_close(bare);
	t_close(vmo);
}

Test(call_vmar_2025, op_range__2025__no_rights_and_no_zero)
{
	as_in("2025");
	in_both(op_range_without_rights);
}

static void merging(const struct arena *a, uint64_t placed_otherwise)
{
	zx_handle_t vmo = t_vmo(8 * PG);

	map_at(a->vmar, RW, 0, vmo, 0, 2);
	map_at(a->vmar, RW | OVERWRITE, 2, vmo, 2, 2);
	cr_assert_eq(vmo_info(vmo).num_mappings, placed_otherwise);
	map_at(a->vmar, RW | OVERWRITE, 4, vmo, 4, 2);
	cr_assert_eq(vmo_info(vmo).num_mappings, placed_otherwise);
	t_close(vmo);
}

static void merging_2025(const struct arena *a)
{
	merging(a, 2);
}

static void merging_2026(const struct arena *a)
{
	merging(a, 1);
}

Test(call_vmar_2025, neighbours_placed_by_other_options__2025__not_merged)
{
	as_in("2025");
	in_both(merging_2025);
}

Test(call_vmar_2025, neighbours_placed_by_other_options__2026__merged)
{
	as_in("2026");
	in_both(merging_2026);
}

static void write_memory(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(PG), read_only = without(vmo, ZX_RIGHT_WRITE);
	size_t actual = 0;

	map_at(a->vmar, R, 0, read_only, 0, 1);
	T_OK(zx_process_write_memory(a->process, a->base + 3, "x", 1, &actual));
	cr_assert_eq(vmo_byte(vmo, 3), 'x');
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	t_close(read_only);
	t_close(vmo);
}

Test(call_vmar_2025, write_memory_where_never_writable__2025__writes_the_vmo)
{
	as_in("2025");
	in_both(write_memory);
}

static void fault_beyond(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(4 * PG);

	T_OK(zx_vmo_set_stream_size(vmo, PG));
	map_at(a->vmar, RW | FAULTS | BEYOND, 0, vmo, 0, 4);
	T_OK(op(a->vmar, ZX_VMAR_OP_COMMIT, a->base, 4 * PG));
	t_close(vmo);
}

Test(call_vmar_2025, op_range_past_the_stream__2025__only_the_vmo_counts)
{
	as_in("2025");
	in_both(fault_beyond);
}
