/* zi-test: valgrind */
/* Contiguous and physical VMOs: making them, and every operation on them. */
#include "device_t.h"

/* spec: clients A.5 #1-4 #6-9 */
Test(call_vmo_physical, create_contiguous__each_wrong_argument__its_status)
{
	const zx_handle_t bti = dev_bti(), vmo = t_vmo(PG);
	const struct {
		const char *name;
		zx_handle_t bti;
		size_t size;
		uint32_t align;
		zx_status_t want;
	} rows[] = {
		{"size 0", 0, 0, 0, ZX_ERR_INVALID_ARGS},
		{"part of a page", 0, PG + 1, 0, ZX_ERR_INVALID_ARGS},
		{"alignment below a page", 0, PG, 11, ZX_ERR_INVALID_ARGS},
		{"alignment 1", 0, PG, 1, ZX_ERR_INVALID_ARGS},
		{"alignment 64", 0, PG, 64, ZX_ERR_INVALID_ARGS},
		{"largest alignment", 0, PG, UINT32_MAX, ZX_ERR_INVALID_ARGS},
		{"no BTI", 0, PG, 0, ZX_ERR_BAD_HANDLE},
		{"VMO as BTI", vmo, PG, 0, ZX_ERR_WRONG_TYPE},
		{"without MAP", vmo_dup(bti, t_rights(bti) & ~ZX_RIGHT_MAP), PG, 0,
		 ZX_ERR_ACCESS_DENIED},
		{"above the largest", bti, MAX_SIZE + PG, 0, ZX_ERR_OUT_OF_RANGE},
		{"more than there is", bti, MAX_SIZE, 0, ZX_ERR_NO_MEMORY},
		{"alignment that cannot be", bti, PG, 63, ZX_ERR_NO_MEMORY},
		{"a page", bti, PG, 0, ZX_OK},
		{"page alignment", bti, 3 * PG, 12, ZX_OK},
		{"2 MiB alignment", bti, 3 * PG, 21, ZX_OK},
	};

	T_EACH (rows, r) {
		zx_handle_t h = ZX_HANDLE_INVALID;

		T_ZX_ROW(r->name, zx_vmo_create_contiguous(r->bti, r->size, r->align, &h), r->want);
		if (r->want == ZX_OK) {
			zx_paddr_t addrs[3];
			zx_handle_t pmt;

			T_OK(zx_bti_pin(bti, RW, h, 0, r->size, addrs, r->size / PG, &pmt));
			if (r->align != 0)
				cr_assert_eq(addrs[0] & ((1ull << r->align) - 1), 0, "%s", r->name);
			for (size_t i = 1; i < r->size / PG; i++)
				cr_assert_eq(addrs[i], addrs[0] + i * PG, "%s", r->name);
			T_OK(zx_pmt_unpin(pmt));
			t_close(h);
		}
	}
	T_ZX(zx_vmo_create_contiguous(bti, PG, 0, NULL), ZX_ERR_INVALID_ARGS);
}

/* spec: clients A.5 properties #1-5; clients A.2 #6 */ /* spec: vmo 7.2 #5; vmo 7.3 #3 */
Test(call_vmo_physical, contiguous__new__committed_zero_cached)
{
	const zx_handle_t cont = dev_contiguous(5 * PG);
	zx_info_vmo_t info = vmo_info(cont);
	static const uint8_t zeros[5 * 4096];
	static uint8_t bytes[5 * 4096];

	cr_assert_eq(info.size_bytes, 5 * PG);
	cr_assert_eq(info.flags,
		     ZX_INFO_VMO_TYPE_PAGED | ZX_INFO_VMO_CONTIGUOUS | ZX_INFO_VMO_VIA_HANDLE);
	cr_assert_eq(info.cache_policy, ZX_CACHE_POLICY_CACHED);
	cr_assert_eq(t_rights(cont), VMO_RIGHTS);
	EXPECT_BYTES("new", cont, 5 * PG, 5 * PG, 5 * PG);
	cr_assert_eq(vmo_stream(cont), 0);
	T_OK(zx_vmo_read(cont, bytes, 0, sizeof(bytes)));
	cr_assert_eq(memcmp(bytes, zeros, sizeof(zeros)), 0);
	/* Freed and made again: no old bytes. */
	vmo_fill(cont, 0, 5 * PG, 'o');
	t_close(cont);
	const zx_handle_t again = dev_contiguous(5 * PG);

	T_OK(zx_vmo_read(again, bytes, 0, sizeof(bytes)));
	cr_assert_eq(memcmp(bytes, zeros, sizeof(zeros)), 0);
	T_OK(zirconia_debug_check(again));
}

/* spec: vmo 4.4 effect #5 #11; clients A.5 properties #5 #7 */
Test(call_vmo_physical, contiguous__zeroed__same_pages_in_place)
{
	const zx_handle_t cont = dev_contiguous(2 * PG), bti = dev_bti();
	zx_handle_t pmt;
	zx_paddr_t addr;

	T_OK(zx_bti_pin(bti, RW | ZX_BTI_CONTIGUOUS, cont, 0, 2 * PG, &addr, 1, &pmt));
	uint8_t *device = zirconia_device_ptr(addr, 2 * T_PAGE);

	T_OK(zx_pmt_unpin(pmt));
	vmo_fill(cont, 0, 2 * PG, 'c');
	cr_assert(t_all(device, 2 * T_PAGE, 'c'));
	T_OK(vmo_op(cont, ZX_VMO_OP_ZERO, 0, PG + 5));
	cr_assert(t_all(device, T_PAGE + 5, 0) && device[T_PAGE + 5] == 'c');
	EXPECT_BYTES("zeroed", cont, 2 * PG, 2 * PG, 2 * PG);
	T_OK(zx_vmo_set_cache_policy(cont, ZX_CACHE_POLICY_WRITE_COMBINING));
	T_ZX(vmo_op(cont, ZX_VMO_OP_ZERO, 0, PG), ZX_ERR_BAD_STATE);
	T_ZX(vmo_op(cont, ZX_VMO_OP_ZERO, 0, 2 * PG), ZX_ERR_BAD_STATE);
	cr_assert_eq(device[T_PAGE + 5], 'c');
	T_OK(zx_vmo_set_cache_policy(cont, ZX_CACHE_POLICY_CACHED));
}

/* spec: clients A.4 #2-6; clients A.3 validation #3 #4; clients A.4 properties #1 */
Test(call_vmo_physical, create_physical__each_wrong_argument__its_status)
{
	const zx_handle_t root = dev_root();
	zx_handle_t all;
	zx_paddr_t at;

	T_OK(zirconia_device_resource(ZX_RSRC_KIND_MMIO, &all));
	T_OK(zirconia_device_memory_alloc(4 * PG, 0, &at));
	const zx_handle_t part = dev_resource(root, ZX_RSRC_KIND_MMIO, at + PG + 8, PG);
	const struct {
		const char *name;
		zx_handle_t resource;
		uint64_t addr;
		size_t size;
		zx_status_t want;
	} rows[] = {
		{"no handle", 0, at, PG, ZX_ERR_BAD_HANDLE},
		{"no resource", t_vmo(PG), at, PG, ZX_ERR_WRONG_TYPE},
		{"another kind", dev_resource(root, ZX_RSRC_KIND_IRQ, at & 0xffffffff, PG), at, PG,
		 ZX_ERR_WRONG_TYPE},
		{"before", part, at, PG, ZX_ERR_OUT_OF_RANGE},
		{"size 0 of a range", part, at + PG, 0, ZX_ERR_OUT_OF_RANGE},
		{"past it", part, at + PG, 2 * PG + 1, ZX_ERR_OUT_OF_RANGE},
		{"over page bounds of the resource", part, at + PG, 2 * PG, ZX_OK},
		{"its second page", part, at + 2 * PG, PG, ZX_OK},
		{"unaligned in it", part, at + PG + 8, PG, ZX_ERR_INVALID_ARGS},
		{"odd size in it", part, at + PG, PG - 1, ZX_ERR_INVALID_ARGS},
		{"size 0", root, at, 0, ZX_ERR_INVALID_ARGS},
		{"size 0 of all", all, at, 0, ZX_ERR_INVALID_ARGS},
		{"rounding wraps", root, at, SIZE_MAX, ZX_ERR_OUT_OF_RANGE},
		{"above the largest", root, at + 1, MAX_SIZE + PG, ZX_ERR_OUT_OF_RANGE},
		{"address unaligned", root, at + 1, PG, ZX_ERR_INVALID_ARGS},
		{"odd size", root, at, PG + 1, ZX_ERR_INVALID_ARGS},
		{"wraps", root, 0 - PG, 2 * PG, ZX_ERR_INVALID_ARGS},
		{"no memory there", root, 0 - PG, PG, ZX_ERR_NO_MEMORY},
		{"nor there", root, 0, PG, ZX_ERR_NO_MEMORY},
		{"all of it", all, at, 4 * PG, ZX_OK},
	};

	T_EACH (rows, r) {
		zx_handle_t h = ZX_HANDLE_INVALID;

		T_ZX_ROW(r->name, zx_vmo_create_physical(r->resource, r->addr, r->size, &h),
			 r->want);
		cr_assert_eq(h != ZX_HANDLE_INVALID, r->want == ZX_OK);
		if (r->want == ZX_OK)
			cr_assert_eq(vmo_size(h), r->size);
	}
	T_ZX(zx_vmo_create_physical(root, at, PG, NULL), ZX_ERR_INVALID_ARGS);
}

/* spec: clients A.4 properties #1-3; clients A.2 #6 */ /* spec: vmo 7.3 #2 */
Test(call_vmo_physical, physical__new__uncached_and_without_committed_bytes)
{
	const zx_handle_t phys = dev_physical(3 * PG, NULL);
	const zx_info_vmo_t info = vmo_info(phys);

	cr_assert_eq(info.size_bytes, 3 * PG);
	cr_assert_eq(info.flags, ZX_INFO_VMO_CONTIGUOUS | ZX_INFO_VMO_VIA_HANDLE);
	cr_assert_eq(info.cache_policy, ZX_CACHE_POLICY_UNCACHED);
	cr_assert_eq(t_rights(phys), VMO_RIGHTS);
	EXPECT_BYTES("new", phys, 0, 0, 0);
	cr_assert_eq(info.metadata_bytes, 0);
	cr_assert_eq(vmo_stream(phys), 0);
	T_OK(zirconia_debug_check(phys));
}

/* spec: clients A.4 properties #4 #10 */
Test(call_vmo_physical, two_physical_vmos_and_a_device__one_range__one_memory)
{
	const zx_handle_t root = dev_root();
	zx_handle_t first, second, pmt;
	zx_paddr_t at, pinned[2];

	T_OK(zirconia_device_memory_alloc(4 * PG, 16, &at));
	cr_assert_eq(at & 0xffff, 0);
	T_OK(zx_vmo_create_physical(root, at, 3 * PG, &first));
	T_OK(zx_vmo_create_physical(root, at + PG, 3 * PG, &second));
	volatile uint8_t *a = t_map(first, 0, 3 * PG), *b = t_map(second, 0, 3 * PG);
	volatile uint8_t *device = zirconia_device_ptr(at, 4 * T_PAGE);

	cr_assert(t_all((void *)(uintptr_t)device, 4 * T_PAGE, 0));
	a[PG] = 1;
	cr_assert(b[0] == 1 && device[PG] == 1);
	b[2 * PG + 5] = 2;
	cr_assert_eq(device[3 * PG + 5], 2);
	device[2 * PG] = 3;
	cr_assert(a[2 * PG] == 3 && b[PG] == 3);
	T_OK(zx_bti_pin(dev_bti(), RW, second, PG, 2 * PG, pinned, 2, &pmt));
	cr_assert(pinned[0] == at + 2 * PG && pinned[1] == at + 3 * PG);
	T_OK(zx_pmt_unpin(pmt));
	t_close(first);
	t_close(second);
	a[PG] = 9; /* mappings stay */
	cr_assert_eq(device[PG], 9);
	t_unmap((void *)(uintptr_t)a, 3 * PG);
	t_unmap((void *)(uintptr_t)b, 3 * PG);
	/* Nobody's memory went with the VMOs. */
	cr_assert(device[PG] == 9 && device[2 * PG] == 3);
	T_OK(zirconia_device_memory_free(at));
	T_ZX(zirconia_device_memory_free(at), ZX_ERR_NOT_FOUND);
	T_ZX(zirconia_device_memory_alloc(0, 0, &at), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_device_memory_alloc(PG, 11, &at), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_device_memory_alloc(UINT64_MAX, 0, &at), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zirconia_device_memory_alloc(1ull << 62, 0, &at), ZX_ERR_NO_MEMORY);
}

Test(call_vmo_physical, physical_over_pinned_memory__the_same_bytes)
{
	const zx_handle_t vmo = t_vmo(PG), bti = dev_bti();
	zx_handle_t phys;
	zx_paddr_t addr;
	zx_handle_t pmt = dev_pin_page(bti, vmo, 0, &addr);
	uint8_t byte;

	T_OK(zx_vmo_create_physical(dev_root(), addr, PG, &phys));
	volatile uint8_t *map = t_map(phys, 0, PG);

	map[100] = 77;
	T_OK(zx_vmo_read(vmo, &byte, 100, 1));
	cr_assert_eq(byte, 77);
	t_unmap((void *)(uintptr_t)map, PG);
	T_OK(zx_pmt_unpin(pmt));
}

/* spec: clients A.4 properties #7; vmo 5.4 */
Test(call_vmo_physical, slices_of_physical__keep_their_parent_and_its_koid)
{
	zx_paddr_t at;
	zx_handle_t phys = dev_physical(4 * PG, &at), slice, bad;
	const zx_koid_t koid = t_koid(phys);

	T_ZX(zx_vmo_create_child(phys, SLICE, 1, PG, &bad), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmo_create_child(phys, SLICE, 3 * PG, 2 * PG, &bad), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmo_create_child(phys, SLICE, 0, MAX_SIZE + 1, &bad), ZX_ERR_OUT_OF_RANGE);
	slice = vmo_child(phys, SLICE, PG, 2 * PG);
	cr_assert_eq(vmo_info(slice).parent_koid, koid);
	cr_assert_eq(vmo_info(slice).cache_policy, ZX_CACHE_POLICY_UNCACHED);
	cr_assert_eq(vmo_info(slice).flags & (ZX_INFO_VMO_TYPE_PAGED | ZX_INFO_VMO_CONTIGUOUS),
		     ZX_INFO_VMO_CONTIGUOUS);
	const zx_handle_t inner = vmo_child(slice, SLICE, PG, PG);

	t_close(phys);
	cr_assert_eq(vmo_info(slice).parent_koid, koid);
	volatile uint8_t *map = t_map(inner, 0, PG);

	map[0] = 5;
	cr_assert_eq(*(uint8_t *)zirconia_device_ptr(at + 2 * PG, 1), 5);
	t_unmap((void *)(uintptr_t)map, PG);
	T_ZX(zx_vmo_set_cache_policy(slice, ZX_CACHE_POLICY_CACHED), ZX_ERR_BAD_STATE);
	T_OK(zx_vmo_set_cache_policy(slice, ZX_CACHE_POLICY_UNCACHED));
	T_OK(zirconia_debug_check(inner));
}

/* spec: vmo 9 physical #1 #2; clients A.4 properties #8 */
Test(call_vmo_physical, cache_policy_of_physical__same_value_always_another_only_alone)
{
	const zx_handle_t phys = dev_physical(2 * PG, NULL);

	T_ZX(zx_vmo_set_cache_policy(phys, 4), ZX_ERR_INVALID_ARGS);
	T_OK(zx_vmo_set_cache_policy(phys, ZX_CACHE_POLICY_UNCACHED_DEVICE));
	void *map = t_map(phys, 0, PG);

	T_OK(zx_vmo_set_cache_policy(phys, ZX_CACHE_POLICY_UNCACHED_DEVICE));
	T_ZX(zx_vmo_set_cache_policy(phys, ZX_CACHE_POLICY_CACHED), ZX_ERR_BAD_STATE);
	t_unmap(map, PG);
	const zx_handle_t slice = vmo_child(phys, SLICE, 0, PG);

	T_ZX(zx_vmo_set_cache_policy(phys, ZX_CACHE_POLICY_CACHED), ZX_ERR_BAD_STATE);
	T_OK(zx_vmo_set_cache_policy(phys, ZX_CACHE_POLICY_UNCACHED_DEVICE));
	t_close(slice);
	T_OK(zx_vmo_set_cache_policy(phys, ZX_CACHE_POLICY_CACHED));
	cr_assert_eq(vmo_info(phys).cache_policy, ZX_CACHE_POLICY_CACHED);
}

/* spec: vmar 3.1 #3 #21 */
Test(call_vmo_physical, map__beyond_the_end_or_by_stream_size__refused)
{
	const zx_handle_t root = zx_vmar_root_self();
	const zx_vm_option_t rw = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
	const zx_handle_t phys = dev_physical(2 * PG, NULL), cont = dev_contiguous(PG);
	zx_vaddr_t at;

	T_ZX(zx_vmar_map(root, rw, 0, phys, PG, 2 * PG, &at), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmar_map(root, rw | ZX_VM_ALLOW_FAULTS | ZX_VM_FAULT_BEYOND_STREAM_SIZE, 0, phys, 0,
			 PG, &at),
	     ZX_ERR_NOT_SUPPORTED);
	T_ZX(zx_vmar_map(root, rw | ZX_VM_ALLOW_FAULTS | ZX_VM_FAULT_BEYOND_STREAM_SIZE, 0, cont, 0,
			 PG, &at),
	     ZX_ERR_NOT_SUPPORTED);
	T_OK(zx_vmar_map(root, rw | ZX_VM_MAP_RANGE, 0, phys, PG, PG, &at));
	t_unmap((void *)at, PG);
}

/* spec: vmar 11.3 #7 */
Test(call_vmo_physical, process_memory_over_physical__not_supported)
{
	uint8_t *map = t_map(dev_physical(PG, NULL), 0, PG), byte = 0;
	size_t actual;

	T_ZX(zx_process_read_memory(zx_process_self(), (zx_vaddr_t)map, &byte, 1, &actual),
	     ZX_ERR_NOT_SUPPORTED);
	T_ZX(zx_process_write_memory(zx_process_self(), (zx_vaddr_t)map, &byte, 1, &actual),
	     ZX_ERR_NOT_SUPPORTED);
	t_unmap(map, PG);
}

/* ---- the matrix */

enum kind {
	K_CONTIGUOUS,
	K_UNCACHED,
	K_CONTIGUOUS_SLICE,
	K_PHYSICAL,
	K_PHYSICAL_CACHED,
	K_PHYSICAL_SLICE,
	KINDS
};

static const char *const kind_names[] = {"contiguous", "uncached contiguous", "slice of contiguous",
					 "physical",   "cached physical",     "slice of physical"};

static zx_handle_t make(enum kind k)
{
	zx_handle_t vmo =
		k <= K_CONTIGUOUS_SLICE ? dev_contiguous(4 * PG) : dev_physical(4 * PG, NULL);

	if (k == K_UNCACHED)
		T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
	if (k == K_PHYSICAL_CACHED)
		T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED));
	if (k == K_CONTIGUOUS_SLICE || k == K_PHYSICAL_SLICE)
		return vmo_child(vmo, SLICE, 0, 4 * PG);
	return vmo;
}

static uint32_t op_param;

static zx_status_t m_read(zx_handle_t h)
{
	return zx_vmo_read(h, &(char){0}, 0, 1);
}

static zx_status_t m_write(zx_handle_t h)
{
	return zx_vmo_write(h, "w", 0, 1);
}

static zx_status_t m_set_size(zx_handle_t h)
{
	return zx_vmo_set_size(h, 3 * PG);
}

static zx_status_t m_stream(zx_handle_t h)
{
	cr_assert_eq(vmo_stream(h), 0);
	return zx_vmo_set_stream_size(h, 5);
}

static zx_status_t m_content(zx_handle_t h)
{
	const uint64_t size = 5;

	return zx_object_set_property(h, ZX_PROP_VMO_CONTENT_SIZE, &size, sizeof(size));
}

static zx_status_t m_op(zx_handle_t h)
{
	zx_vmo_lock_state_t state;

	return zx_vmo_op_range(h, op_param, 0, 4 * PG, &state, sizeof(state));
}

static zx_status_t m_op_outside(zx_handle_t h)
{
	return vmo_op(h, op_param, 4 * PG, PG);
}

static zx_status_t m_child(zx_handle_t h)
{
	zx_handle_t child = ZX_HANDLE_INVALID;
	const zx_status_t st =
		zx_vmo_create_child(h, op_param, 0, (op_param & REFERENCE) ? 0 : PG, &child);

	if (st == ZX_OK)
		t_close(child);
	return st;
}

static zx_status_t m_reference_range(zx_handle_t h)
{
	zx_handle_t child;

	return zx_vmo_create_child(h, REFERENCE, 0, PG, &child);
}

static zx_status_t m_policy(zx_handle_t h)
{
	return zx_vmo_set_cache_policy(h, ZX_CACHE_POLICY_UNCACHED);
}

static zx_status_t m_transfer_from(zx_handle_t h)
{
	return zx_vmo_transfer_data(t_vmo(PG), 0, 0, PG, h, 0);
}

static zx_status_t m_transfer_to(zx_handle_t h)
{
	return zx_vmo_transfer_data(h, 0, 0, PG, t_vmo(PG), 0);
}

static zx_status_t m_pin(zx_handle_t h)
{
	const zx_handle_t bti = dev_bti();
	zx_handle_t pmt;
	zx_paddr_t addr;
	const zx_status_t st =
		zx_bti_pin(bti, RW | ZX_BTI_CONTIGUOUS, h, PG, 2 * PG, &addr, 1, &pmt);

	if (st == ZX_OK)
		T_OK(zx_pmt_unpin(pmt));
	return st;
}

static zx_status_t m_pin_outside(zx_handle_t h)
{
	zx_paddr_t addr;
	zx_handle_t pmt;

	return zx_bti_pin(dev_bti(), RW, h, 4 * PG, PG, &addr, 1, &pmt);
}

#define OK ZX_OK
#define NS ZX_ERR_NOT_SUPPORTED
#define IA ZX_ERR_INVALID_ARGS
#define BS ZX_ERR_BAD_STATE
#define UN ZX_ERR_UNAVAILABLE
#define RG ZX_ERR_OUT_OF_RANGE
#define AD ZX_ERR_ACCESS_DENIED

/* clang-format off */
static const struct {
	const char *name;
	zx_status_t (*call)(zx_handle_t h);
	uint32_t param;
	zx_status_t want[KINDS];
} ops[] = {
	/*                                               con unc csl phy pca psl */
	/* spec: vmo 15.2 #1; vmo 2.1 #2 */
	{"read", m_read, 0,                             {OK, BS, OK, NS, NS, NS}},
	{"write", m_write, 0,                           {OK, BS, OK, NS, NS, NS}},
	/* spec: vmo 15.2 #2; vmo 3.2 #3 */
	{"set_size", m_set_size, 0,                     {UN, UN, UN, UN, UN, UN}},
	/* spec: vmo 15.2 #3 #4; vmo 3.3 #2; pager 11 set #2 */
	{"stream size", m_stream, 0,                    {NS, NS, NS, NS, NS, NS}},
	{"content size", m_content, 0,                  {NS, NS, NS, NS, NS, NS}},
	/* spec: vmo 15.2 #5; vmo 4.2 #2 */
	{"COMMIT", m_op, ZX_VMO_OP_COMMIT,              {OK, OK, OK, NS, NS, NS}},
	/* spec: vmo 15.2 #6; vmo 4.3 #2 #3 */
	{"DECOMMIT", m_op, ZX_VMO_OP_DECOMMIT,          {NS, NS, NS, NS, NS, NS}},
	/* spec: vmo 15.2 #7; vmo 4.4 #2 */
	{"ZERO", m_op, ZX_VMO_OP_ZERO,                  {OK, BS, OK, NS, NS, NS}},
	/* spec: vmo 15.2 #8 */
	{"LOCK", m_op, ZX_VMO_OP_LOCK,                  {NS, NS, NS, NS, NS, NS}},
	{"TRY_LOCK", m_op, ZX_VMO_OP_TRY_LOCK,          {NS, NS, NS, NS, NS, NS}},
	{"UNLOCK", m_op, ZX_VMO_OP_UNLOCK,              {NS, NS, NS, NS, NS, NS}},
	/* spec: vmo 15.2 #9; vmo 4.6 #3 */
	{"CACHE_SYNC", m_op, ZX_VMO_OP_CACHE_SYNC,      {OK, OK, OK, NS, NS, NS}},
	{"CACHE_CLEAN", m_op, ZX_VMO_OP_CACHE_CLEAN,    {OK, OK, OK, NS, NS, NS}},
	{"CACHE_INVALIDATE", m_op, ZX_VMO_OP_CACHE_INVALIDATE, {OK, OK, OK, NS, NS, NS}},
	{"CACHE_CLEAN_INVALIDATE", m_op, ZX_VMO_OP_CACHE_CLEAN_INVALIDATE, {OK, OK, OK, NS, NS, NS}},
	/* spec: vmo 15.2 #10 */
	{"DONT_NEED", m_op, ZX_VMO_OP_DONT_NEED,        {OK, OK, OK, OK, OK, OK}},
	{"ALWAYS_NEED", m_op, ZX_VMO_OP_ALWAYS_NEED,    {OK, OK, OK, OK, OK, OK}},
	/* spec: vmo 15.2 #11; vmo 4.7 #4 */
	{"PREFETCH", m_op, ZX_VMO_OP_PREFETCH,          {OK, OK, OK, OK, OK, OK}},
	{"PREFETCH outside", m_op_outside, ZX_VMO_OP_PREFETCH, {RG, RG, RG, RG, RG, RG}},
	/* spec: vmo 15.2 #12-14; vmo 5.3 #1 #2 */
	{"SNAPSHOT", m_child, SNAPSHOT,                 {IA, IA, IA, NS, NS, NS}},
	{"AT_LEAST_ON_WRITE", m_child, ON_WRITE,        {IA, IA, IA, NS, NS, NS}},
	{"MODIFIED", m_child, MODIFIED,                 {IA, IA, IA, NS, NS, NS}},
	/* spec: vmo 15.2 #15 */
	{"SLICE", m_child, SLICE,                       {OK, OK, OK, OK, OK, OK}},
	/* spec: vmo 15.2 #16; vmo 5.5 #1 #4 */
	{"REFERENCE", m_child, REFERENCE,               {NS, NS, NS, NS, NS, NS}},
	{"REFERENCE with a size", m_reference_range, 0, {IA, IA, IA, NS, NS, NS}},
	/* spec: vmo 15.2 #17 */ /* No handle to them has RESIZE: that is told first. */
	{"resizable REFERENCE", m_child, REFERENCE | CHILD_RESIZABLE, {AD, AD, AD, AD, AD, AD}},
	/* spec: vmo 15.2 #18 */
	{"set_cache_policy", m_policy, 0,               {OK, OK, BS, OK, OK, OK}},
	/* spec: vmo 15.2 #19; vmo 13 #6 #10 */
	{"transfer source", m_transfer_from, 0,         {NS, NS, NS, NS, NS, NS}},
	{"transfer target", m_transfer_to, 0,           {NS, NS, NS, NS, NS, NS}},
	/* spec: vmo 15.2 #20 */
	{"pin", m_pin, 0,                               {OK, OK, OK, OK, OK, OK}},
	{"pin outside", m_pin_outside, 0,               {RG, RG, RG, RG, RG, RG}},
};
/* clang-format on */

/* spec: clients A.4 properties #2 #5 #6 #9; clients A.5 properties #3 #6 #8 */
Test(call_vmo_physical, each_operation__on_each_kind__its_cell)
{
	T_EACH (ops, o) {
		for (enum kind k = 0; k < KINDS; k++) {
			char row[64];
			const zx_handle_t vmo = make(k);

			snprintf(row, sizeof(row), "%s of %s", o->name, kind_names[k]);
			op_param = o->param;
			T_ZX_ROW(row, o->call(vmo), o->want[k]);
			t_close(vmo);
		}
	}
}
