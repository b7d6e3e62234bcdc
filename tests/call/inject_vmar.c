/* zi-test: timeout=300 */
/* Address regions and mappings when memory is out or the host refuses: see inject_t.h. */
#include "inject_t.h"

#define MAY_MAP (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC)

static zx_handle_t filled(uint64_t pages)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;

	CALL(zx_vmo_create(pages * PG, 0, &vmo));
	inj_watch(vmo);
	for (uint64_t i = 0; i < pages; i++) {
		const uint8_t byte = (uint8_t)(i + 1);

		CALL_PART(zx_vmo_write(vmo, &byte, i * PG, 1));
	}
	return vmo;
}

/* What a mapping is, as listings tell it. */
static void expect_maps(zx_handle_t vmar, unsigned want)
{
	zx_info_maps_t maps[32];
	size_t actual = 0, avail = 0;

	CALL(zx_object_get_info(vmar, ZX_INFO_VMAR_MAPS, maps, sizeof(maps), &actual, &avail));
	unsigned n = 0;
	for (size_t i = 0; i < actual; i++)
		n += maps[i].type == ZX_INFO_MAPS_TYPE_MAPPING;
	cr_assert_eq(n, want, "%s: %u mappings instead of %u", inj.spec, n, want);
}

static void expect_access(zx_vaddr_t addr, uint32_t access, zx_status_t want)
{
	zx_status_t st = zirconia_fault_probe((const volatile void *)addr, 1, access);

	cr_assert_eq(st, want, "%s: access %u at page %s instead of %s", inj.spec, access,
		     zx_status_get_string(st), zx_status_get_string(want));
}

/* ---- regions */

static void regions(void)
{
	zx_handle_t vmo = filled(16), outer = 0, inner = 0;
	zx_vaddr_t base = 0, deep = 0, at = 0;

	CALL(zx_vmar_allocate(zx_vmar_root_self(), MAY_MAP, 0, 64 * PG, &outer, &base));
	CALL(zx_vmar_allocate(outer, MAY_MAP | ZX_VM_SPECIFIC, 16 * PG, 32 * PG, &inner, &deep));
	cr_assert_eq(deep, base + 16 * PG);
	CALL(zx_vmar_map(outer, INJ_RW | ZX_VM_SPECIFIC, 0, vmo, 0, 8 * PG, &at));
	CALL(zx_vmar_map(inner, INJ_RW | ZX_VM_SPECIFIC, 2 * PG, vmo, 8 * PG, 8 * PG, &at));
	CALL_LOAD(at + PG, 10);
	CALL(zx_vmar_map(inner, ZX_VM_PERM_READ, 0, vmo, 0, 4 * PG, &at));
	CALL_LOAD(at + 3 * PG, 4);
	expect_maps(outer, 3);
	CALL(zx_vmar_unmap(inner, at, 4 * PG));
	expect_maps(outer, 2);
	CALL(zx_vmar_destroy(inner));
	expect_access(deep + 2 * PG, ZX_VM_PERM_READ, ZX_ERR_NOT_FOUND);
	CALL_LOAD(base + 7 * PG, 8);
	CALL(zx_vmar_destroy(outer));
	expect_access(base, ZX_VM_PERM_READ, ZX_ERR_NOT_FOUND);
	inj_close(inner);
	inj_close(outer);
	inj_close(vmo);
}

/* spec: vmar 2 #19 */
Test(inject_vmar, regions__each_point_fails__nothing_half_done, .timeout = 300)
{
	cr_assert_gt(inj_run(regions, true), 20u);
}

/* ---- protections and holes */

static void pieces(void)
{
	zx_handle_t vmo = filled(16), vmar = zx_vmar_root_self();
	zx_vaddr_t at = 0, again = 0;

	CALL(zx_vmar_map(vmar, INJ_RW, 0, vmo, 0, 16 * PG, &at));
	CALL_PART(inj_store(at + 4 * PG, 50));
	for (uint64_t i = 0; i < 16; i += 2)
		CALL_PART(zx_vmar_protect(vmar, ZX_VM_PERM_READ, at + i * PG, PG));
	for (uint64_t i = 0; i < 16; i++)
		expect_access(at + i * PG, ZX_VM_PERM_WRITE,
			      i % 2 == 0 ? ZX_ERR_ACCESS_DENIED : ZX_OK);
	CALL_LOAD(at + 4 * PG, 50);
	CALL_PART(inj_store(at + 5 * PG, 51));
	CALL_PART(zx_vmar_unmap(vmar, at + 7 * PG, 2 * PG));
	expect_access(at + 7 * PG, ZX_VM_PERM_READ, ZX_ERR_NOT_FOUND);
	CALL_LOAD(at + 9 * PG, 10);
	CALL_PART(zx_vmar_protect(vmar, INJ_RW, at, 7 * PG));
	CALL_PART(inj_store(at + 6 * PG, 52));
	CALL_PART(zx_vmar_unmap(vmar, at + 10 * PG, 3 * PG));
	/* Over what is left, in one step. */
	zx_info_vmar_t info;
	CALL(zx_object_get_info(vmar, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
	CALL_PART(zx_vmar_map(vmar, ZX_VM_PERM_READ | ZX_VM_SPECIFIC_OVERWRITE,
			      at + 5 * PG - info.base, vmo, 0, 6 * PG, &again));
	cr_assert_eq(again, at + 5 * PG);
	CALL_LOAD(at + 5 * PG, 1);
	CALL_LOAD(at + 3 * PG, 4);
	CALL_LOAD(at + 9 * PG, 50);
	CALL_LOAD(at + 13 * PG, 14);
	CALL_PART(zx_vmar_unmap(vmar, at, 16 * PG));
	for (uint64_t i = 0; i < 16; i++)
		expect_access(at + i * PG, ZX_VM_PERM_READ, ZX_ERR_NOT_FOUND);
	inj_close(vmo);
}

Test(inject_vmar, pieces__each_point_fails__rest_stays, .timeout = 300)
{
	cr_assert_gt(inj_run(pieces, true), 40u);
}

/* ---- another process: regions and mappings that are bookkeeping, memory through calls */

static void elsewhere(void)
{
	zx_handle_t vmo = filled(8), process = 0, root = 0, sub = 0;
	zx_vaddr_t at = 0, base = 0;
	uint8_t bytes[3 * 4096];
	size_t n = 0;

	CALL(zx_process_create(zx_job_default(), "other", 5, 0, &process, &root));
	CALL(zx_vmar_allocate(root, MAY_MAP, 0, 64 * PG, &sub, &base));
	CALL(zx_vmar_map(sub, INJ_RW, 0, vmo, 0, 8 * PG, &at));
	CALL(zx_process_read_memory(process, at + PG - 1, bytes, sizeof(bytes), &n));
	cr_assert_eq(n, sizeof(bytes));
	cr_assert(bytes[1] == 2 && bytes[1 + PG] == 3, "%s", inj.spec);
	CALL_PART(zx_process_write_memory(process, at + 5 * PG, bytes, 2, &n));
	CALL_PART(zx_vmar_protect(sub, ZX_VM_PERM_READ, at + 2 * PG, 3 * PG));
	CALL_PART(zx_process_write_memory(process, at + 3 * PG, bytes, 2, &n));
	CALL_PART(zx_vmar_unmap(sub, at + PG, PG));
	expect_maps(sub, 3);
	zx_info_maps_t maps[32];
	size_t actual = 0, avail = 0;
	CALL(zx_object_get_info(process, ZX_INFO_PROCESS_MAPS, maps, sizeof(maps), &actual,
				&avail));
	CALL(zx_task_kill(process));
	inj_close(sub);
	inj_close(root);
	inj_close(process);
	inj_close(vmo);
}

/* spec: vmar 7.2 #4 */
Test(inject_vmar, elsewhere__each_point_fails__nothing_half_done, .timeout = 300)
{
	cr_assert_gt(inj_run(elsewhere, false), 20u);
}
