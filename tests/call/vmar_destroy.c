/* zi-test: valgrind */
/* zx_vmar_destroy, and the end of a process that owned regions. */
#include "vmar_t.h"

/* spec: vmar 7.1 #1 */
Test(call_vmar_destroy, handle__each_kind__op_children_needed)
{
	zx_handle_t event = an_event();
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 4, &base);
	zx_handle_t weak = without(v, ZX_RIGHT_OP_CHILDREN), bare = dup_of(v, ZX_RIGHT_OP_CHILDREN);
	zx_handle_t weak_root = without(zx_vmar_root_self(), ZX_RIGHT_OP_CHILDREN);

	T_ZX(zx_vmar_destroy(ZX_HANDLE_INVALID), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_destroy(a_closed_handle()), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_destroy(event), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_vmar_destroy(weak), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_destroy(weak_root), ZX_ERR_ACCESS_DENIED);
	EXPECT_EMPTY("alive", v);
	T_OK(zx_vmar_destroy(bare));
	T_ZX(zx_vmar_destroy(weak), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_destroy(v), ZX_ERR_BAD_STATE);
	t_close(weak_root);
	t_close(weak);
	t_close(bare);
	t_close(v);
	t_close(event);
}

/* spec: vmar 7.1 #2 */
Test(call_vmar_destroy, root__destroyed__not_supported)
{
	struct process p = other_process();
	zx_info_maps_t rows[4];

	T_ZX(zx_vmar_destroy(zx_vmar_root_self()), ZX_ERR_NOT_SUPPORTED);
	T_ZX(zx_vmar_destroy(p.root), ZX_ERR_NOT_SUPPORTED);
	cr_assert_eq(list(p.root, rows, 4), 1);
	/* The only region that ever holds the vDSO. */
	cr_assert_eq(the_vdso().depth, 1);
	end_process(&p);
}

/* spec: vmar 7.1 #3 #5 */
static void everything_below(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(16 * PG), v, inner, innermost;
	zx_vaddr_t base, inner_base, innermost_base;
	zx_koid_t koid;

	number_pages(vmo, 16);
	v = sub(a->vmar, CAN_ALL, 8, 32, &base);
	inner = sub(v, CAN_ALL, 8, 8, &inner_base);
	innermost = sub(inner, CAN_ALL, 2, 4, &innermost_base);
	map_at(v, RW, 0, vmo, 0, 4);
	map_at(inner, R, 0, vmo, 4, 2);
	map_at(innermost, RW, 1, vmo, 6, 2);
	map_at(v, RW, 20, vmo, 8, 4);
	map_at(a->vmar, RW, 0, vmo, 12, 2);
	koid = t_koid(v);
	cr_assert_eq(vmo_info(vmo).num_mappings, 5);
	T_OK(zx_vmar_destroy(v));
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	EXPECT_MAPS(a->name, a->vmar, {'M', 1, 0, 2, RW, vmo, 12});
	expect_dead("v", v, base);
	expect_dead("inner", inner, inner_base);
	expect_dead("innermost", innermost, innermost_base);
	if (a->real) {
		T_ZX(try_read(base), ZX_ERR_NOT_FOUND);
		T_ZX(try_read(innermost_base + PG), ZX_ERR_NOT_FOUND);
		cr_assert_eq(byte_at(a->base), 13);
	}
	/* Checks that stand before the liveness stay in front of it. */
	T_ZX(zx_vmar_unmap(v, base, 0), ZX_ERR_INVALID_ARGS);
	T_ZX(op(v, ZX_VMAR_OP_COMMIT, base - PG, PG), ZX_ERR_OUT_OF_RANGE);
	/* The handle stays a handle: 1.2. */
	zx_handle_t twin = dup_of(v, ZX_RIGHT_SAME_RIGHTS);

	cr_assert_eq(t_koid(twin), koid);
	T_OK(zx_handle_replace(twin, ZX_RIGHT_SAME_RIGHTS, &twin));
	t_close(twin);
	/* The range is free. */
	map_at(a->vmar, RW, 8, vmo, 0, 16);
	if (a->real)
		cr_assert_eq(byte_at(base + PG), 2);
	t_close(innermost);
	t_close(inner);
	t_close(v);
	t_close(vmo);
}

Test(call_vmar_destroy, region__destroyed__everything_below_is_gone)
{
	in_both(everything_below);
}

/* spec: vmar 11.4 #4 */
Test(call_vmar_destroy, process_killed__its_regions__all_dead)
{
	struct process p = other_process();
	zx_handle_t vmo = t_vmo(4 * PG), v;
	zx_info_vmar_t info;
	zx_signals_t observed = 0;
	zx_vaddr_t base;

	v = arena_of(p.root, CAN_ALL, 8, &base);
	map_at(v, RW, 0, vmo, 0, 2);
	map_at(p.root, RW, 100, vmo, 0, 2);
	T_OK(zx_task_kill(p.process));
	T_OK(zx_object_wait_one(p.process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, &observed));
	cr_assert_eq(vmo_info(vmo).num_mappings, 0);
	T_OK(zx_object_get_info(p.root, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
	expect_dead("region", v, base);
	expect_dead("root", p.root, info.base);
	t_close(v);
	t_close(vmo);
	end_process(&p);
}

/* A region's handle keeps neither the process nor its mappings. */
Test(call_vmar_destroy, process_handle_closed__its_regions__all_dead)
{
	struct process p = other_process();
	zx_handle_t vmo = t_vmo(4 * PG);
	zx_info_vmar_t info;

	map_at(p.root, RW, 100, vmo, 0, 2);
	T_OK(zx_object_get_info(p.root, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
	t_close(p.process);
	expect_dead("root", p.root, info.base);
	cr_assert_eq(vmo_info(vmo).num_mappings, 0);
	t_close(p.root);
	t_close(vmo);
}

static size_t count_maps(void)
{
	char text[4096];
	size_t lines = 0, got;
	FILE *f = fopen("/proc/self/maps", "re");

	cr_assert_not_null(f);
	while ((got = fread(text, 1, sizeof(text), f)) > 0)
		for (size_t i = 0; i < got; i++)
			lines += text[i] == '\n';
	fclose(f);
	return lines;
}

/* Scattered mappings, with holes that were never used between them, must not cost the program maps after their end. */
Test(call_vmar_destroy, many_scattered_mappings__destroyed__no_host_maps_are_left)
{
	enum { MANY = 200 };
	zx_vaddr_t base, inner_base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 4 * MANY, &base);
	zx_handle_t inner = sub(v, CAN_ALL, 2 * MANY, 2 * MANY, &inner_base), vmo = t_vmo(PG);
	const size_t before = count_maps();

	for (uint64_t i = 0; i < MANY / 2; i++) {
		map_at(v, R, 2 * i, vmo, 0, 1);
		map_at(inner, R, 2 * i, vmo, 0, 1);
	}
	cr_assert_gt(count_maps(), before + MANY);
	T_OK(zx_vmar_destroy(v));
	cr_assert_leq(count_maps(), before + 3);
	t_close(inner);
	t_close(v);
	t_close(vmo);
}
