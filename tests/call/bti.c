/* zi-test: valgrind */
/* Bus transaction initiators: pinning, what it forbids, unpinning, quarantine. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device_t.h"

#define READ ZX_BTI_PERM_READ
#define WRITE ZX_BTI_PERM_WRITE
#define EXEC ZX_BTI_PERM_EXECUTE
#define COMPRESS ZX_BTI_COMPRESS
#define CONTIGUOUS ZX_BTI_CONTIGUOUS
#define MANY (64 * T_PAGE / 8)

static zx_status_t pin(zx_handle_t bti, uint32_t options, zx_handle_t vmo, uint64_t off,
		       uint64_t size, size_t n)
{
	static zx_paddr_t addrs[MANY + 1];
	zx_handle_t pmt = ZX_HANDLE_INVALID;
	const zx_status_t st = zx_bti_pin(bti, options, vmo, off, size, addrs, n, &pmt);

	cr_assert_eq(st == ZX_OK, pmt != ZX_HANDLE_INVALID);
	if (st == ZX_OK)
		T_OK(zx_pmt_unpin(pmt));
	return st;
}

/* spec: clients A.7 #1 #2 #4 #5; clients A.2 #3 */
Test(call_bti, create__options_before_handle__rights_and_name)
{
	const zx_handle_t iommu = dev_iommu(), vmo = t_vmo(PG);
	zx_handle_t bti = ZX_HANDLE_INVALID, weak = vmo_dup(iommu, 0);
	char name[ZX_MAX_NAME_LEN];

	T_ZX(zx_bti_create(ZX_HANDLE_INVALID, 1, 0, &bti), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_bti_create(ZX_HANDLE_INVALID, 0, 0, &bti), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_bti_create(vmo, 0, 0, &bti), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_bti_create(iommu, 0, 0, NULL), ZX_ERR_INVALID_ARGS);
	T_OK(zx_bti_create(weak, 0, UINT64_MAX, &bti));
	cr_assert_eq(t_rights(bti), ZX_RIGHT_TRANSFER | ZX_RIGHT_DUPLICATE | ZX_RIGHT_INSPECT |
					    ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_GET_PROPERTY |
					    ZX_RIGHT_SET_PROPERTY | ZX_RIGHT_MAP);
	T_OK(zx_object_set_property(bti, ZX_PROP_NAME, "disk", 4));
	T_OK(zx_object_get_property(bti, ZX_PROP_NAME, name, sizeof(name)));
	cr_assert_str_eq(name, "disk");
	/* The same id again is another BTI. */
	zx_handle_t twin = ZX_HANDLE_INVALID;

	T_OK(zx_bti_create(iommu, 0, UINT64_MAX, &twin));
	cr_assert_neq(t_koid(twin), t_koid(bti));
	t_close(iommu); /* the BTI does not need it */
	t_close(dev_pin_page(twin, vmo, 0, NULL));
	T_ZX(pin(twin, RW, vmo, 0, PG, 1), ZX_ERR_BAD_STATE); /* its quarantine is its own */
	T_OK(zx_bti_release_quarantine(twin));
	T_OK(pin(bti, RW, vmo, 0, PG, 1));
	T_OK(zirconia_device_bti(&bti));
	T_OK(pin(bti, RW, vmo, 0, PG, 1));
}

/* spec: clients A.8 #1-14 #19 #20; clients A.8 addresses #2 #3 */ /* spec: vmo 14 #1 #2 #3 */
Test(call_bti, pin__each_wrong_argument__its_status)
{
	const zx_handle_t bti = dev_bti(), vmo = t_vmo(4 * PG), cont = dev_contiguous(4 * PG);
	const zx_rights_t all = t_rights(vmo);
	const struct {
		const char *name;
		zx_handle_t bti;
		uint32_t options;
		zx_handle_t vmo;
		uint64_t off, size;
		size_t n;
		zx_status_t want;
	} rows[] = {
		{"no BTI", 0, RW, vmo, 1, PG, 1, ZX_ERR_BAD_HANDLE},
		{"VMO as BTI", vmo, RW, vmo, 1, PG, 1, ZX_ERR_WRONG_TYPE},
		{"BTI without MAP", vmo_dup(bti, t_rights(bti) & ~ZX_RIGHT_MAP), RW, vmo, 1, PG, 1,
		 ZX_ERR_ACCESS_DENIED},
		{"offset unaligned", bti, RW, 0, 1, PG, 1, ZX_ERR_INVALID_ARGS},
		{"size unaligned", bti, RW, 0, 0, PG + 1, 1, ZX_ERR_INVALID_ARGS},
		{"too many addresses", bti, RW, 0, 0, PG, MANY + 1, ZX_ERR_INVALID_ARGS},
		{"most addresses", bti, RW, 0, 0, PG, MANY, ZX_ERR_BAD_HANDLE},
		{"no VMO", bti, RW, 0, 0, PG, 1, ZX_ERR_BAD_HANDLE},
		{"BTI as VMO", bti, RW, bti, 0, PG, 1, ZX_ERR_WRONG_TYPE},
		{"VMO without MAP", bti, 64, vmo_dup(vmo, all & ~ZX_RIGHT_MAP), 0, PG, 1,
		 ZX_ERR_ACCESS_DENIED},
		{"read without READ", bti, READ | 64, vmo_dup(vmo, all & ~ZX_RIGHT_READ), 0, PG, 1,
		 ZX_ERR_ACCESS_DENIED},
		{"write without WRITE", bti, RW | 64, vmo_dup(vmo, all & ~ZX_RIGHT_WRITE), 0, PG, 1,
		 ZX_ERR_ACCESS_DENIED},
		{"execute without READ", bti, EXEC, vmo_dup(vmo, all & ~ZX_RIGHT_READ), 0, PG, 1,
		 ZX_ERR_ACCESS_DENIED},
		{"execute without EXECUTE", bti, EXEC, vmo, 0, PG, 1, ZX_OK},
		{"read only", bti, READ, vmo_dup(vmo, all & ~ZX_RIGHT_WRITE), 0, PG, 1, ZX_OK},
		{"write only", bti, WRITE, vmo_dup(vmo, all & ~ZX_RIGHT_READ), 0, PG, 1, ZX_OK},
		{"compressed and contiguous", bti, RW | COMPRESS | CONTIGUOUS, cont, 0, PG, 1,
		 ZX_ERR_INVALID_ARGS},
		{"contiguous of a plain one", bti, RW | CONTIGUOUS, vmo, 0, PG, 1,
		 ZX_ERR_INVALID_ARGS},
		{"another bit", bti, RW | 32, vmo, 0, PG, 1, ZX_ERR_INVALID_ARGS},
		{"size 0", bti, RW, vmo, 0, 0, 0, ZX_ERR_INVALID_ARGS},
		{"size 0 beyond the end", bti, RW, vmo, 8 * PG, 0, 0, ZX_ERR_INVALID_ARGS},
		{"wraps", bti, RW, vmo, PG, UINT64_MAX - PG + 1, 1, ZX_ERR_OUT_OF_RANGE},
		{"past the end", bti, RW, vmo, 3 * PG, 2 * PG, 2, ZX_ERR_OUT_OF_RANGE},
		{"begins past the end", bti, RW, vmo, 5 * PG, PG, 1, ZX_ERR_OUT_OF_RANGE},
		{"range before permissions", bti, 0, vmo, 4 * PG, PG, 1, ZX_ERR_OUT_OF_RANGE},
		{"no permission", bti, 0, vmo, 0, PG, 1, ZX_ERR_INVALID_ARGS},
		{"no permission, compressed", bti, COMPRESS, vmo, 0, PG, 1, ZX_ERR_INVALID_ARGS},
		{"too few addresses", bti, RW, vmo, 0, 2 * PG, 1, ZX_ERR_INVALID_ARGS},
		{"an address too many", bti, RW, vmo, 0, PG, 2, ZX_ERR_INVALID_ARGS},
		{"compressed, too few", bti, RW | COMPRESS, vmo, 0, 2 * PG, 1, ZX_ERR_INVALID_ARGS},
		{"contiguous, too many", bti, RW | CONTIGUOUS, cont, 0, 2 * PG, 2,
		 ZX_ERR_INVALID_ARGS},
		{"compressed", bti, RW | COMPRESS, vmo, 0, 2 * PG, 2, ZX_OK},
		{"contiguous", bti, RW | CONTIGUOUS, cont, PG, 2 * PG, 1, ZX_OK},
		{"contiguous by page", bti, RW, cont, 0, 4 * PG, 4, ZX_OK},
		{"the last page", bti, RW, vmo, 3 * PG, PG, 1, ZX_OK},
	};

	T_EACH (rows, r) {
		T_ZX_ROW(r->name, pin(r->bti, r->options, r->vmo, r->off, r->size, r->n), r->want);
		cr_assert_eq(dev_bti_info(bti).pmo_count, 0, "%s", r->name);
		cr_assert_eq(dev_bti_info(bti).quarantine_count, 0, "%s", r->name);
	}
	/* Nothing was left pinned. */
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
	T_OK(zx_vmo_set_cache_policy(cont, ZX_CACHE_POLICY_UNCACHED));
}

/* spec: clients A.8 #21 #22 */
Test(call_bti, pin__bad_out_pointers__unpinned_again_without_quarantine)
{
	const zx_handle_t bti = dev_bti(), vmo = t_vmo(2 * PG);
	zx_paddr_t addrs[2];
	zx_handle_t pmt;

	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		const char *name;
		void *bad = vmo_bad_out(i, &name);

		T_ZX_ROW(name, zx_bti_pin(bti, RW, vmo, 0, 2 * PG, bad, 2, &pmt),
			 ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(name, zx_bti_pin(bti, RW, vmo, 0, 2 * PG, addrs, 2, bad),
			 ZX_ERR_INVALID_ARGS);
		cr_assert_eq(dev_bti_info(bti).pmo_count, 0, "%s", name);
		cr_assert_eq(dev_bti_info(bti).quarantine_count, 0, "%s", name);
		T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, 2 * PG, NULL, 0));
	}
}

/* spec: clients A.8 addresses #1; clients A.8 pages #1; clients A.2 #4; clients A.6 #6 */ /* spec: vmo 7.4 #6 */
Test(call_bti, pin__absent_pages__committed_and_reached_at_their_addresses)
{
	const zx_handle_t bti = dev_bti(), vmo = t_vmo(300 * PG);
	static zx_paddr_t addrs[300];
	zx_handle_t pmt;
	uint8_t byte;

	T_OK(zx_vmo_write(vmo, "x", 5 * PG + 7, 1));
	T_OK(zx_bti_pin(bti, READ, vmo, 0, 300 * PG, addrs, 300, &pmt));
	cr_assert_eq(t_rights(pmt), ZX_RIGHT_INSPECT);
	cr_assert_eq(vmo_committed(vmo), 300 * PG);
	for (unsigned i = 0; i < 300; i++) {
		uint8_t *p = zirconia_device_ptr(addrs[i], T_PAGE);

		cr_assert(addrs[i] != 0 && addrs[i] % PG == 0 && p != NULL);
		p[9] = (uint8_t)i;
		T_OK(zx_vmo_read(vmo, &byte, i * PG + 9, 1));
		cr_assert_eq(byte, (uint8_t)i);
	}
	cr_assert_eq(*(uint8_t *)zirconia_device_ptr(addrs[5] + 7, 1), 'x');
	T_OK(zx_pmt_unpin(pmt));
	cr_assert_eq(vmo_committed(vmo), 300 * PG);
	T_OK(zirconia_debug_check(vmo));
	/* Not memory at all. */
	cr_assert_null(zirconia_device_ptr(0, 1));
	cr_assert_null(zirconia_device_ptr(UINT64_MAX, 1));
	cr_assert_null(zirconia_device_ptr(PG, SIZE_MAX));
}

/* spec: clients A.8 #15a; vmo 14 #4; clients A.11 #5 */
Test(call_bti, pin__discarded__not_found)
{
	const zx_handle_t bti = dev_bti(), vmo = t_vmo_options(2 * PG, ZX_VMO_DISCARDABLE);
	zx_vmo_lock_state_t state;

	T_OK(vmo_lock(vmo, 2 * PG, &state));
	zx_handle_t pmt = dev_pin_page(bti, vmo, 0, NULL);

	T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, 2 * PG));
	T_ZX(zirconia_debug_discard(vmo), ZX_ERR_BAD_STATE); /* pinned: kept */
	T_OK(zx_pmt_unpin(pmt));
	T_OK(zirconia_debug_discard(vmo));
	T_ZX(pin(bti, RW, vmo, 0, PG, 1), ZX_ERR_NOT_FOUND);
}

/* spec: clients A.8 #17; vmo 14 #5; clients A.8 pages #3 */
Test(call_bti, pin__32_times__unavailable_where_they_overlap)
{
	const zx_handle_t bti = dev_bti(), vmo = t_vmo(4 * PG);
	zx_handle_t pmts[31];

	for (unsigned i = 0; i < 31; i++) {
		zx_paddr_t addrs[2];

		T_OK(zx_bti_pin(bti, RW, vmo, PG, 2 * PG, addrs, 2, &pmts[i]));
	}
	cr_assert_eq(dev_bti_info(bti).pmo_count, 31);
	T_ZX(pin(bti, RW, vmo, PG, PG, 1), ZX_ERR_UNAVAILABLE);
	T_ZX(pin(bti, RW, vmo, 0, 4 * PG, 4), ZX_ERR_UNAVAILABLE);
	T_OK(pin(bti, RW, vmo, 0, PG, 1));
	T_OK(pin(bti, RW, vmo, 3 * PG, PG, 1));
	T_OK(zx_pmt_unpin(pmts[7]));
	T_OK(pin(bti, RW, vmo, 0, 4 * PG, 4));
	for (unsigned i = 0; i < 31; i++)
		if (i != 7)
			T_OK(zx_pmt_unpin(pmts[i]));
	cr_assert_eq(dev_bti_info(bti).pmo_count, 0);
}

/* spec: clients A.11 #1-4 #6 #7 */
/* spec: vmo 3.2 #7; vmo 4.3 #8; vmo 4.4 effect #10; vmo 5.3 #10; vmo 9 #3; vmo 13 #9 #13; vmo 15.1 #23 */
Test(call_bti, pinned_page__each_operation__allowed_or_bad_state)
{
	const zx_handle_t bti = dev_bti(), vmo = t_vmo_options(4 * PG, ZX_VMO_RESIZABLE),
			  other = t_vmo(4 * PG);
	zx_handle_t child;
	zx_paddr_t addr;

	vmo_fill(vmo, 0, 4 * PG, 'p');
	zx_handle_t pmt = dev_pin_page(bti, vmo, 2 * PG, &addr);
	uint8_t *device = zirconia_device_ptr(addr, T_PAGE);

	T_ZX(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED), ZX_ERR_BAD_STATE);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, 4 * PG), ZX_ERR_BAD_STATE);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 2 * PG, PG), ZX_ERR_BAD_STATE);
	cr_assert_eq(vmo_committed(vmo), 4 * PG);
	T_OK(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PG));
	T_ZX(zx_vmo_set_size(vmo, 2 * PG), ZX_ERR_BAD_STATE);
	cr_assert_eq(vmo_size(vmo), 4 * PG);
	T_OK(zx_vmo_set_size(vmo, 3 * PG));
	T_OK(zx_vmo_set_size(vmo, 4 * PG));
	T_EACH (snapshot_types, type)
		T_ZX(zx_vmo_create_child(vmo, *type, 0, PG, &child), ZX_ERR_BAD_STATE);
	T_OK(zx_vmo_create_child(vmo, REFERENCE, 0, 0, &child));
	t_close(child);
	T_ZX(zx_vmo_transfer_data(vmo, 0, 0, 4 * PG, other, 0), ZX_ERR_BAD_STATE);
	T_ZX(zx_vmo_transfer_data(other, 0, 0, 4 * PG, vmo, 0), ZX_ERR_BAD_STATE);
	T_OK(zx_vmo_transfer_data(other, 0, 0, PG, vmo, PG));
	T_OK(vmo_op(vmo, ZX_VMO_OP_COMMIT, 0, 4 * PG));
	T_OK(zx_vmo_write(vmo, "w", 2 * PG, 1));
	cr_assert_eq(device[0], 'w');
	uint8_t *map = t_map(vmo, 0, 4 * PG);

	map[2 * PG + 1] = 'm';
	cr_assert_eq(device[1], 'm');
	device[2] = 'd';
	cr_assert_eq(map[2 * PG + 2], 'd');
	T_OK(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, (zx_vaddr_t)map, 4 * PG));
	t_unmap(map, 4 * PG);
	/* In place: the page stays, and the device sees the zeros. */
	T_OK(vmo_op(vmo, ZX_VMO_OP_ZERO, 0, 4 * PG));
	cr_assert(t_all(device, T_PAGE, 0));
	cr_assert_eq(vmo_committed(vmo), PG);
	device[0] = 'z';
	cr_assert_eq(vmo_get(vmo, 2), 'z');
	T_OK(zirconia_debug_check(vmo));
	T_OK(zx_pmt_unpin(pmt));
	T_OK(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, 4 * PG));
	T_OK(zx_vmo_set_size(vmo, 0));
}

/* spec: clients A.8 pages #1 */
Test(call_bti, pin_of_a_clone__pages_of_its_own__relatives_are_free)
{
	const zx_handle_t bti = dev_bti(), vmo = t_vmo(2 * PG);
	zx_paddr_t addr;

	vmo_fill(vmo, 0, 2 * PG, 'p');
	const zx_handle_t child = vmo_child(vmo, SNAPSHOT, 0, 2 * PG);
	zx_handle_t pmt, slice_pmt, again;

	pmt = dev_pin_page(bti, child, PG, &addr);
	*(uint8_t *)zirconia_device_ptr(addr, 1) = 'd';
	uint8_t byte;

	T_OK(zx_vmo_read(child, &byte, PG, 1));
	cr_assert_eq(byte, 'd');
	T_OK(zx_vmo_read(vmo, &byte, PG, 1));
	cr_assert_eq(byte, 'p');
	T_OK(zx_vmo_create_child(vmo, SNAPSHOT, 0, PG, &again));
	T_ZX(zx_vmo_create_child(child, SNAPSHOT, 0, PG, &again), ZX_ERR_BAD_STATE);
	T_OK(zx_pmt_unpin(pmt));
	/* Through a slice it is the parent's page. */
	const zx_handle_t plain = t_vmo(3 * PG), slice = vmo_child(plain, SLICE, PG, 2 * PG);

	slice_pmt = dev_pin_page(bti, slice, PG, &addr);
	*(uint8_t *)zirconia_device_ptr(addr, 1) = 's';
	T_OK(zx_vmo_read(plain, &byte, 2 * PG, 1));
	cr_assert_eq(byte, 's');
	T_ZX(vmo_op(plain, ZX_VMO_OP_DECOMMIT, 2 * PG, PG), ZX_ERR_BAD_STATE);
	T_OK(vmo_op(plain, ZX_VMO_OP_DECOMMIT, 0, 2 * PG));
	T_OK(zx_pmt_unpin(slice_pmt));
	T_OK(zirconia_debug_check(vmo));
}

/* spec: clients A.9 #1-5 */
Test(call_bti, unpin__any_handle__consumed)
{
	const zx_handle_t bti = dev_bti(), vmo = t_vmo(PG), dup = vmo_dup(vmo, 0);
	zx_handle_t pmt = dev_pin_page(bti, vmo, 0, NULL), more;

	T_ZX(zx_pmt_unpin(ZX_HANDLE_INVALID), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_pmt_unpin(dup), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_object_get_info(dup, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_handle_duplicate(pmt, ZX_RIGHT_SAME_RIGHTS, &more), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_handle_replace(pmt, 0, &pmt)); /* no right is needed */
	T_OK(zx_pmt_unpin(pmt));
	T_ZX(zx_pmt_unpin(pmt), ZX_ERR_BAD_HANDLE);
	cr_assert_eq(dev_bti_info(bti).pmo_count, 0);
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
}

Test(call_bti, closed_vmo__pages_stay_until_unpinned)
{
	const zx_handle_t bti = dev_bti();
	zx_handle_t vmo = t_vmo(PG);
	zx_paddr_t addr;

	T_OK(zx_vmo_write(vmo, "kept", 0, 5));
	zx_handle_t pmt = dev_pin_page(bti, vmo, 0, &addr);

	t_close(vmo);
	for (int i = 0; i < 50; i++)
		vmo_fill(t_vmo(PG), 0, PG, 'o');
	cr_assert_str_eq(zirconia_device_ptr(addr, 5), "kept");
	T_OK(zx_pmt_unpin(pmt));
}

/* spec: clients A.10 #1-4 #7; clients A.8 #18 #22; clients A.6 #6 */
Test(call_bti, closed_token__quarantined__pins_nothing_more_until_released)
{
	const zx_handle_t bti = dev_bti(), vmo = t_vmo(3 * PG);
	zx_handle_t dup = vmo_dup(bti, t_rights(bti) & ~ZX_RIGHT_WRITE);
	zx_handle_t first = dev_pin_page(bti, vmo, 0, NULL),
		    second = dev_pin_page(bti, vmo, PG, NULL);
	zx_info_bti_t info = dev_bti_info(bti);

	cr_assert(info.minimum_contiguity == PG && info.aspace_size == UINT64_MAX);
	cr_assert(info.pmo_count == 2 && info.quarantine_count == 0);
	t_close(first);
	info = dev_bti_info(bti);
	cr_assert(info.pmo_count == 2 && info.quarantine_count == 1);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PG), ZX_ERR_BAD_STATE); /* still pinned */
	T_ZX(pin(bti, RW, vmo, 2 * PG, PG, 1), ZX_ERR_BAD_STATE);
	T_ZX(pin(bti, 0, vmo, 2 * PG, PG, 9), ZX_ERR_BAD_STATE); /* before what follows */
	T_ZX(pin(bti, RW, vmo, 8 * PG, PG, 1), ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(vmo_committed(vmo), 3 * PG); /* what the attempt committed stays */
	T_OK(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 2 * PG, PG));
	/* Another BTI is not concerned. */
	T_OK(pin(dev_bti(), RW, vmo, 0, PG, 1));
	zirconia_device_enforce_quarantine(false);
	T_OK(pin(bti, RW, vmo, 2 * PG, PG, 1));
	zirconia_device_enforce_quarantine(true);
	T_ZX(zx_bti_release_quarantine(0), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_bti_release_quarantine(vmo), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_bti_release_quarantine(dup), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_bti_release_quarantine(bti));
	info = dev_bti_info(bti);
	cr_assert(info.pmo_count == 1 && info.quarantine_count == 0);
	T_OK(zx_bti_release_quarantine(bti));
	T_OK(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PG));
	T_OK(pin(bti, RW, vmo, 0, PG, 1));
	t_close(dup);
	T_OK(zx_pmt_unpin(second));
	/* Without handles a BTI lives on for its tokens. */
	second = dev_pin_page(bti, vmo, PG, NULL);
	t_close(bti);
	T_OK(zx_pmt_unpin(second));
	T_OK(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, 3 * PG));
}

/* ---- VMOs of a pager */

struct pinner {
	pthread_t thread;
	zx_handle_t bti, vmo;
	zx_status_t status;
};

static void *pin_all(void *arg)
{
	struct pinner *p = arg;

	p->status = pin(p->bti, RW, p->vmo, 0, 4 * PG, 4);
	return NULL;
}

/* Returns when the thread waits for its pages. */
static void start_pinner(struct pinner *p, zx_handle_t port)
{
	zx_port_packet_t packet;

	cr_assert_eq(pthread_create(&p->thread, NULL, pin_all, p), 0);
	T_OK(zx_port_wait(port, ZX_TIME_INFINITE, &packet));
	cr_assert_eq(packet.type, ZX_PKT_TYPE_PAGE_REQUEST);
}

/* spec: clients A.8 #15 #15b; vmo 14 #6 #7 */
Test(call_bti, pin_of_a_pager_vmo__waits__fails_as_the_pager_or_the_size_says, .timeout = 20)
{
	struct pinner p = {.bti = dev_bti()};
	const zx_handle_t aux = t_vmo(4 * PG);
	zx_handle_t pager, port;

	T_OK(zx_pager_create(0, &pager));
	T_OK(zx_port_create(0, &port));
	T_OK(zx_pager_create_vmo(pager, ZX_VMO_RESIZABLE, port, 1, 4 * PG, &p.vmo));
	start_pinner(&p, port);
	T_OK(zx_pager_op_range(pager, ZX_PAGER_OP_FAIL, p.vmo, 0, 4 * PG,
			       (uint64_t)ZX_ERR_NO_SPACE));
	pthread_join(p.thread, NULL);
	T_ZX(p.status, ZX_ERR_NO_SPACE);
	start_pinner(&p, port);
	T_OK(zx_vmo_set_size(p.vmo, 0));
	pthread_join(p.thread, NULL);
	T_ZX(p.status, ZX_ERR_OUT_OF_RANGE);
	T_OK(zx_vmo_set_size(p.vmo, 4 * PG)); /* what grows is zero, no need to ask */
	T_OK(pin(p.bti, RW, p.vmo, 0, 4 * PG, 4));
	t_close(p.vmo);
	T_OK(zx_pager_create_vmo(pager, 0, port, 2, 4 * PG, &p.vmo));
	start_pinner(&p, port);
	vmo_fill(aux, 0, 4 * PG, 's');
	T_OK(zx_pager_supply_pages(pager, p.vmo, 0, 4 * PG, aux, 0));
	pthread_join(p.thread, NULL);
	T_OK(p.status);
	T_OK(zirconia_debug_check(p.vmo));
	t_close(p.vmo);
	T_OK(zx_pager_create_vmo(pager, 0, port, 3, 4 * PG, &p.vmo));
	T_OK(zx_pager_detach_vmo(pager, p.vmo));
	T_ZX(pin(p.bti, RW, p.vmo, 0, 4 * PG, 4), ZX_ERR_BAD_STATE);
}

/* Runs the rest of a test in a child whose stderr is read. */
static void expect_one_line(void (*run)(void))
{
	char text[512] = "";
	ssize_t n, total = 0;
	int fds[2], status;
	pid_t pid;

	cr_assert_eq(pipe(fds), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		dup2(fds[1], 2);
		run();
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], text + total, sizeof(text) - 1 - (size_t)total)) > 0)
		total += n;
	close(fds[0]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", text);
	cr_assert_not_null(strstr(text, "quarantine"), "%s", text);
	cr_assert_eq(strchr(text, '\n'), text + total - 1, "%s", text);
}

static void bti_closed_last(void)
{
	const zx_handle_t bti = dev_bti(), vmo = t_vmo(PG);

	t_close(dev_pin_page(bti, vmo, 0, NULL));
	t_close(bti);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PG), ZX_ERR_BAD_STATE);
}

static void token_closed_last(void)
{
	const zx_handle_t bti = dev_bti(), vmo = t_vmo(PG), pmt = dev_pin_page(bti, vmo, 0, NULL);

	t_close(bti);
	t_close(pmt);
	T_ZX(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PG), ZX_ERR_BAD_STATE);
}

/* spec: clients A.10 #5 #6 */
Test(call_bti, quarantine_of_a_bti_without_handles__leaked_with_one_line)
{
	t_require("no-tsan");
	expect_one_line(bti_closed_last);
	expect_one_line(token_closed_last);
}
