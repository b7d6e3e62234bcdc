/* zi-test: valgrind */
/* Fake BTIs: what they take, what they tell. clients.md A.16 and A.18. */
#include <lib/fake-bti/bti.h>

#include "device_t.h"

static zx_handle_t fake(void)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(fake_bti_create(&h));
	cr_assert_neq(h, ZX_HANDLE_INVALID);
	return h;
}

/* spec: clients A.18 #1 #2; clients A.16 fake #10 #15 #16 */
Test(call_fake_bti, pin_of_128_pages__no_permission__every_address_is_the_page_size)
{
	const zx_handle_t bti = fake(), vmo = t_vmo(512 * 1024);
	zx_paddr_t addrs[128];
	zx_handle_t pmt;

	T_OK(zx_bti_pin(bti, 0, vmo, 0, 512 * 1024, addrs, 128, &pmt));
	T_EACH (addrs, a)
		cr_assert_eq(*a, FAKE_BTI_PHYS_ADDR);
	cr_assert_eq(FAKE_BTI_PHYS_ADDR, PG);
	cr_assert_eq(vmo_committed(vmo), 0); /* nothing is pinned */
	T_OK(zx_pmt_unpin(pmt));
	T_OK(zx_handle_close(bti));
}

/* spec: clients A.18 #3; clients A.16 fake #22 */
Test(call_fake_bti, contiguous_vmo__is_plain_and_pins_with_one_address)
{
	const zx_handle_t bti = fake();
	zx_handle_t vmo, pmt;
	zx_paddr_t addr;

	T_ZX(zx_vmo_create_contiguous(bti, 0, 0, &vmo), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmo_create_contiguous(bti, PG, 5, &vmo), ZX_ERR_INVALID_ARGS);
	T_OK(zx_vmo_create_contiguous(bti, 512 * 1024, 0, &vmo));
	cr_assert_eq(vmo_info(vmo).flags & ZX_INFO_VMO_CONTIGUOUS, 0);
	T_OK(zx_bti_pin(bti, ZX_BTI_CONTIGUOUS, vmo, 0, 512 * 1024, &addr, 1, &pmt));
	cr_assert_eq(addr, PG);
	T_OK(zx_pmt_unpin(pmt));
}

/* spec: clients A.18 #5; clients A.16 calls #1; clients A.16 fake #17 #18 */
Test(call_fake_bti, pinned_vmos__in_order__with_handles_of_their_own)
{
	const zx_handle_t bti = fake(), a = t_vmo(4 * PG), b = t_vmo(4 * PG);
	fake_bti_pinned_vmo_info_t info[3];
	zx_paddr_t addrs[4];
	zx_handle_t first, second;
	size_t n = 77;

	T_OK(fake_bti_get_pinned_vmos(bti, NULL, 0, &n));
	cr_assert_eq(n, 0);
	T_OK(zx_bti_pin(bti, RW, a, PG, 2 * PG, addrs, 2, &first));
	T_OK(zx_bti_pin(bti, RW, b, 0, 4 * PG, addrs, 4, &second));
	T_OK(fake_bti_get_pinned_vmos(bti, NULL, 0, &n));
	cr_assert_eq(n, 2);
	cr_assert_eq(dev_bti_info(bti).pmo_count, 2);
	T_OK(fake_bti_get_pinned_vmos(bti, info, 1, &n));
	cr_assert(n == 2 && t_koid(info[0].vmo) == t_koid(a) && info[0].offset == PG &&
		  info[0].size == 2 * PG);
	cr_assert(info[0].vmo != a);
	T_OK(zx_handle_close(info[0].vmo));
	T_OK(zx_pmt_unpin(first));
	T_OK(fake_bti_get_pinned_vmos(bti, info, 3, &n));
	cr_assert(n == 1 && t_koid(info[0].vmo) == t_koid(b) && info[0].offset == 0 &&
		  info[0].size == 4 * PG);
	T_OK(fake_bti_get_pinned_vmos(bti, info, 0, NULL));
	/* Closed, not unpinned: stays listed, is no quarantine, and hinders nothing. */
	t_close(second);
	T_OK(fake_bti_get_pinned_vmos(bti, NULL, 0, &n));
	cr_assert_eq(n, 1);
	cr_assert(dev_bti_info(bti).pmo_count == 1 && dev_bti_info(bti).quarantine_count == 0);
	T_OK(zx_bti_release_quarantine(bti));
	T_OK(zx_bti_pin(bti, RW, a, 0, PG, addrs, 1, &first));
	T_ZX(zx_pmt_unpin(t_vmo(PG)), ZX_ERR_WRONG_TYPE);
	T_ZX(fake_bti_get_pinned_vmos(dev_bti(), NULL, 0, &n), ZX_ERR_WRONG_TYPE);
	T_ZX(fake_bti_get_pinned_vmos(a, NULL, 0, &n), ZX_ERR_WRONG_TYPE);
}

/* spec: clients A.16 fake #14 #15; clients A.16 calls #2 */
Test(call_fake_bti, addresses_given__taken_in_order__gone_when_they_are_gone)
{
	static const zx_paddr_t given[] = {0x10000, 0x50000, 0x20000, 0x30000, 0x99000};
	const zx_handle_t vmo = t_vmo(4 * PG), other = t_vmo(4 * PG);
	fake_bti_pinned_vmo_info_t info = {.vmo = vmo, .size = 2 * PG, .offset = PG};
	zx_handle_t bti, pmt;
	zx_paddr_t addrs[4] = {0};
	size_t n = 0;

	T_OK(fake_bti_create_with_paddrs(given, 5, &bti));
	T_OK(zx_bti_pin(bti, RW, vmo, PG, 2 * PG, addrs, 2, &pmt));
	cr_assert(addrs[0] == 0x10000 && addrs[1] == 0x50000);
	T_OK(zx_bti_pin(bti, RW | ZX_BTI_CONTIGUOUS, other, 0, 4 * PG, addrs, 1, &pmt));
	cr_assert_eq(addrs[0], 0x20000);
	T_ZX(zx_bti_pin(bti, RW, vmo, 0, 3 * PG, addrs, 3, &pmt), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_bti_pin(bti, RW, vmo, 0, PG, addrs, 1, &pmt),
	     ZX_ERR_OUT_OF_RANGE); /* the last ones are taken all the same */
	T_OK(zx_bti_pin(bti, RW, vmo, 0, 0, addrs, 0, &pmt));

	T_ZX(fake_bti_get_phys_from_pinned_vmo(bti, info, addrs, 4, NULL), ZX_ERR_INVALID_ARGS);
	memset(addrs, 0, sizeof(addrs));
	T_OK(fake_bti_get_phys_from_pinned_vmo(bti, info, addrs, 4, &n));
	cr_assert(n == 2 && addrs[0] == 0x10000 && addrs[1] == 0x50000 && addrs[2] == 0);
	addrs[1] = 7;
	T_OK(fake_bti_get_phys_from_pinned_vmo(bti, info, addrs, 1, &n));
	cr_assert(n == 2 && addrs[1] == 7);
	n = 0;
	T_OK(fake_bti_get_phys_from_pinned_vmo(bti, info, NULL, 0, &n));
	cr_assert_eq(n, 2);
	info.size = PG;
	T_ZX(fake_bti_get_phys_from_pinned_vmo(bti, info, addrs, 4, &n), ZX_ERR_NOT_FOUND);
	info.vmo = ZX_HANDLE_INVALID;
	T_ZX(fake_bti_get_phys_from_pinned_vmo(bti, info, addrs, 4, &n), ZX_ERR_BAD_HANDLE);
}

/* spec: clients A.16 fake #2-13 #20 */
Test(call_fake_bti, pin__what_is_refused_and_what_is_not)
{
	const zx_handle_t bti = fake(), vmo = t_vmo(2 * PG);
	const zx_rights_t all = t_rights(vmo);
	const struct {
		const char *name;
		zx_handle_t vmo;
		uint32_t options;
		uint64_t off, size;
		size_t n;
		zx_status_t want;
	} rows[] = {
		{"no VMO before alignment", 0, RW, 1, PG, 1, ZX_ERR_BAD_HANDLE},
		{"no DUPLICATE before alignment", vmo_dup(vmo, all & ~ZX_RIGHT_DUPLICATE), RW, 1,
		 PG, 1, ZX_ERR_ACCESS_DENIED},
		{"no MAP", vmo_dup(vmo, all & ~ZX_RIGHT_MAP), RW, 1, PG, 1, ZX_ERR_ACCESS_DENIED},
		{"offset unaligned", vmo, RW, 1, PG, 1, ZX_ERR_INVALID_ARGS},
		{"size unaligned", vmo, RW, 0, PG - 1, 1, ZX_ERR_INVALID_ARGS},
		{"read without READ", vmo_dup(vmo, all & ~ZX_RIGHT_READ), ZX_BTI_PERM_READ, 0, PG,
		 1, ZX_ERR_ACCESS_DENIED},
		{"write without WRITE", vmo_dup(vmo, all & ~ZX_RIGHT_WRITE), RW, 0, PG, 1,
		 ZX_ERR_ACCESS_DENIED},
		{"both shapes", vmo, RW | ZX_BTI_COMPRESS | ZX_BTI_CONTIGUOUS, 0, PG, 1,
		 ZX_ERR_INVALID_ARGS},
		{"wrong count", vmo, RW, 0, PG, 2, ZX_ERR_INVALID_ARGS},
		{"contiguous, wrong count", vmo, ZX_BTI_CONTIGUOUS, 0, 2 * PG, 2,
		 ZX_ERR_INVALID_ARGS},
		{"size 0 with an address", vmo, RW, 0, 0, 1, ZX_ERR_INVALID_ARGS},
		{"size 0", vmo, RW, 0, 0, 0, ZX_OK},
		{"beyond the VMO", vmo, RW, 100 * PG, PG, 1, ZX_OK},
		{"no permission", vmo, 0, 0, PG, 1, ZX_OK},
		{"contiguous of a plain one", vmo, RW | ZX_BTI_CONTIGUOUS, 0, 2 * PG, 1, ZX_OK},
		{"compressed", vmo, RW | ZX_BTI_COMPRESS, 0, 2 * PG, 2, ZX_OK},
	};

	T_EACH (rows, r) {
		zx_handle_t pmt = ZX_HANDLE_INVALID;
		zx_paddr_t addrs[2];

		T_ZX_ROW(r->name,
			 zx_bti_pin(bti, r->options, r->vmo, r->off, r->size, addrs, r->n, &pmt),
			 r->want);
		cr_assert_eq(dev_bti_info(bti).pmo_count, r->want == ZX_OK, "%s", r->name);
		if (r->want == ZX_OK)
			T_OK(zx_pmt_unpin(pmt));
	}
	zx_paddr_t addr;
	zx_info_bti_t info = dev_bti_info(bti);
	size_t actual = 9, avail = 9;

	T_ZX(zx_bti_pin(bti, RW, vmo, 0, PG, &addr, 1, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(dev_bti_info(bti).pmo_count, 0);
	cr_assert(info.minimum_contiguity == PG && info.aspace_size == UINT64_MAX);
	T_ZX(zx_object_get_info(bti, ZX_INFO_BTI, &info, 8, &actual, &avail),
	     ZX_ERR_BUFFER_TOO_SMALL);
	cr_assert(actual == 0 && avail == 1);
	T_ZX(fake_bti_create(NULL), ZX_ERR_INVALID_ARGS);
}

Test(call_fake_bti, closed__its_list_goes_with_it)
{
	const zx_handle_t bti = fake(), vmo = t_vmo(PG);
	const uint32_t before = vmo_handles();
	zx_handle_t pmt;
	zx_paddr_t addr;

	T_OK(zx_bti_pin(bti, RW, vmo, 0, PG, &addr, 1, &pmt));
	cr_assert_eq(vmo_handles(), before + 1);
	t_close(pmt);
	cr_assert_eq(vmo_handles(), before + 1);
	t_close(bti);
	cr_assert_eq(vmo_handles(), before);
}
