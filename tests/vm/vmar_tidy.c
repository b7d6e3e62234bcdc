/* What is unmapped must not go on costing the program host maps, wherever it was mapped. */
#include <stdio.h>
#include <string.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#include "t.h"

#define PG ((uint64_t)T_PAGE)
#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

enum {
	ROUNDS = 6000,
	KEPT = 700, /* what some hundreds of pieces may take */
	MANY = 5000,
	KEPT_AMONG_MANY = 7000,
};

static unsigned count_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned n = 0;

	cr_assert_not_null(f);
	for (int c; (c = getc(f)) != EOF;)
		n += c == '\n';
	fclose(f);
	return n;
}

static void expect_at_most(unsigned before, unsigned kept)
{
	const unsigned now = count_maps();

	cr_assert_leq(now, before + kept, "%u host maps, %u before", now, before);
}

static char *map_at(zx_handle_t vmar, zx_handle_t vmo, uint64_t page)
{
	zx_vaddr_t addr;

	T_OK(zx_vmar_map(vmar, RW | ZX_VM_SPECIFIC, page * PG, vmo, 0, PG, &addr));
	return (char *)addr;
}

Test(vm_vmar_tidy, mapped_ever_elsewhere__unmapped__host_maps_stay_few)
{
	zx_handle_t vmo = t_vmo(PG);
	const unsigned before = count_maps();

	for (uint64_t i = 0; i < ROUNDS; i++) {
		char *p = map_at(zx_vmar_root_self(), vmo, 1000 + 3 * i);

		*p = (char)i;
		t_unmap(p, PG);
		if (i % 1000 == 999)
			expect_at_most(before, KEPT);
	}
	t_close(vmo);
}

/* Going through many mappings is dear and done less often, but done. */
Test(vm_vmar_tidy, mapped_ever_elsewhere_among_many__unmapped__host_maps_stay_bounded)
{
	zx_handle_t vmo;
	unsigned before;

	t_require("maps");
	vmo = t_vmo(PG);
	for (uint64_t i = 0; i < MANY; i++)
		map_at(zx_vmar_root_self(), vmo, 1000 + 3 * i);
	before = count_maps();
	for (uint64_t i = 0; i < 3 * ROUNDS; i++) {
		t_unmap(map_at(zx_vmar_root_self(), vmo, 1000 + 3 * (MANY + i)), PG);
		if (i % 1000 == 999)
			expect_at_most(before, KEPT_AMONG_MANY);
	}
	T_OK(zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)map_at(zx_vmar_root_self(), vmo, 999),
			   (3 * MANY + 1) * PG));
	t_close(vmo);
}

Test(vm_vmar_tidy, vmars_ever_elsewhere__destroyed__host_maps_stay_few)
{
	zx_handle_t vmo = t_vmo(PG);
	const unsigned before = count_maps();

	for (uint64_t i = 0; i < ROUNDS; i++) {
		zx_handle_t v;
		zx_vaddr_t base;

		T_OK(zx_vmar_allocate(zx_vmar_root_self(),
				      ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE |
					      ZX_VM_CAN_MAP_SPECIFIC | ZX_VM_SPECIFIC,
				      (1000 + 5 * i) * PG, 4 * PG, &v, &base));
		*map_at(v, vmo, 1) = (char)i;
		T_OK(zx_vmar_destroy(v));
		t_close(v);
		if (i % 1000 == 999)
			expect_at_most(before, KEPT);
	}
	t_close(vmo);
}

/* Everything that is still mapped goes on as it was: also between, beside, and inside of VMARs. */
Test(vm_vmar_tidy, others_mapped__keep_their_memory)
{
	enum { OTHERS = 40 };
	zx_handle_t vmo = t_vmo(PG), others = t_vmo(OTHERS * PG), snapshot, inner, outer;
	char *at[OTHERS], *child;
	zx_vaddr_t addr;

	T_OK(zx_vmar_allocate(zx_vmar_root_self(),
			      ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC |
				      ZX_VM_SPECIFIC,
			      1000 * PG, 10000 * PG, &outer, &addr));
	T_OK(zx_vmar_allocate(outer,
			      ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC |
				      ZX_VM_SPECIFIC,
			      100 * PG, 9000 * PG, &inner, &addr));
	for (uint64_t i = 0; i < OTHERS; i++) {
		T_OK(zx_vmar_map(i % 2 == 0 ? inner : outer, RW | ZX_VM_SPECIFIC,
				 i % 2 == 0 ? 150 * i * PG : (i * 2 + 1) * PG, others, i * PG, PG,
				 &addr));
		at[i] = (char *)addr;
		*at[i] = (char)(i + 1);
	}
	T_OK(zx_vmo_create_child(others, ZX_VMO_CHILD_SNAPSHOT, 0, OTHERS * PG, &snapshot));
	child = t_map(snapshot, 0, OTHERS * PG);
	child[3 * PG] = 'c';
	for (uint64_t i = 0; i < 3000; i++) {
		char *p = map_at(i % 3 == 0 ? zx_vmar_root_self() : inner, vmo,
				 i % 3 == 0 ? 20000 + 3 * i : 150 * (i % OTHERS) + 3 + i % 140);

		*p = (char)i;
		T_OK(zx_vmar_unmap(i % 3 == 0 ? zx_vmar_root_self() : inner, (zx_vaddr_t)p, PG));
		*at[i % OTHERS] = (char)(i % OTHERS + 1);
	}
	for (uint64_t i = 0; i < OTHERS; i++) {
		cr_assert_eq(*at[i], (char)(i + 1));
		cr_assert_eq(child[i * PG], i == 3 ? 'c' : (char)(i + 1));
	}
	t_unmap(child, OTHERS * PG);
	t_close(snapshot);
	T_OK(zx_vmar_destroy(outer));
	t_close(inner);
	t_close(outer);
	t_close(others);
	t_close(vmo);
}
