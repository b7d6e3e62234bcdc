/* zi-test: valgrind */
/*
 * VmoMapping: the tests of the original crate statement by statement, then the contract of
 * clients.md B.3.5 row by row.
 */
#include <signal.h>
#include <string.h>

#include <zirconia/mmio.h>

#include "t.h"

static zx_info_vmo_t vmo_info(zx_handle_t vmo)
{
	zx_info_vmo_t info;

	T_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	return info;
}

/* ---- the three tests of the original */

/* spec: clients B.3.5 acceptance #1 */
Test(mmio_vmo, mapping__store8_and_load8_everywhere__values_come_back)
{
	enum { TEST_LEN = 256 };
	zirconia_mmio_region_t mmio;
	zx_handle_t vmo;

	T_OK(zx_vmo_create(TEST_LEN, 0, &vmo));
	T_OK(zirconia_vmo_mapping_map(0, TEST_LEN, vmo, &mmio));

	for (size_t i = 0; i < TEST_LEN; i++)
		cr_assert_eq(zirconia_mmio_try_store8(&mmio, i, (uint8_t)i), ZIRCONIA_MMIO_OK);

	for (size_t i = 0; i < TEST_LEN; i++) {
		uint8_t value;

		cr_assert_eq(zirconia_mmio_try_load8(&mmio, i, &value), ZIRCONIA_MMIO_OK);
		cr_assert_eq(value, (uint8_t)i);
	}
	zirconia_mmio_release(&mmio);
}

/* spec: clients B.3.5 acceptance #2 */
Test(mmio_vmo, mapping__at_an_offset_inside_a_page__shows_the_bytes_there)
{
	enum { VMO_SIZE = 1024, TEST_OFFSET = 128, TEST_LEN = 256 };
	zirconia_mmio_region_t mmio;
	zx_handle_t vmo;

	T_OK(zx_vmo_create(VMO_SIZE, 0, &vmo));

	/* The offset of every 16-bit location goes into that location, little endian. */
	for (uint64_t i = 0; i < VMO_SIZE; i += 2) {
		const uint8_t addr[2] = {(uint8_t)i, (uint8_t)(i >> 8)};

		T_OK(zx_vmo_write(vmo, addr, i, sizeof(addr)));
	}

	T_OK(zirconia_vmo_mapping_map(TEST_OFFSET, TEST_LEN, vmo, &mmio));

	for (size_t i = 0; i < TEST_LEN; i += 2) {
		uint16_t value;

		cr_assert_eq(zirconia_mmio_try_load16(&mmio, i, &value), ZIRCONIA_MMIO_OK);
		cr_assert_eq(value, i + TEST_OFFSET);
	}
	zirconia_mmio_release(&mmio);
}

/* spec: clients B.3.5 acceptance #3 */
Test(mmio_vmo, mapping__released__vmo_is_mapped_no_more)
{
	enum { TEST_LEN = 256 };
	zirconia_mmio_region_t mapping;
	zx_handle_t read_handle;
	zx_handle_t vmo;

	T_OK(zx_vmo_create(TEST_LEN, 0, &vmo));
	T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_READ, &read_handle));

	T_OK(zirconia_vmo_mapping_map(0, TEST_LEN, vmo, &mapping));
	cr_assert_eq(vmo_info(read_handle).num_mappings, 1);
	zirconia_mmio_release(&mapping);

	cr_assert_eq(vmo_info(read_handle).num_mappings, 0);
	t_close(read_handle);
}

/* ---- the rest of the contract */

/* spec: clients B.3.5 #1 #4 #5 #6 */
Test(mmio_vmo, map__ranges__statuses_and_lengths)
{
	static const struct {
		const char *name;
		size_t vmo_size;
		size_t offset;
		size_t size;
		zx_status_t want;
	} rows[] = {
		{"size above the largest signed", T_PAGE, 0, (size_t)PTRDIFF_MAX + 1,
		 ZX_ERR_OUT_OF_RANGE},
		{"largest signed size", T_PAGE, 0, PTRDIFF_MAX, ZX_ERR_OUT_OF_RANGE},
		{"end overflows", T_PAGE, SIZE_MAX - 16, PTRDIFF_MAX, ZX_ERR_OUT_OF_RANGE},
		{"last byte of the address range", T_PAGE, SIZE_MAX, 1, ZX_ERR_OUT_OF_RANGE},
		{"a byte past the end", T_PAGE, 0, T_PAGE + 1, ZX_ERR_OUT_OF_RANGE},
		{"begins at the end", T_PAGE, T_PAGE, 1, ZX_ERR_OUT_OF_RANGE},
		{"begins in the last page, ends past it", 2 * T_PAGE, 2 * T_PAGE - 8, 9,
		 ZX_ERR_OUT_OF_RANGE},
		{"nothing at a page boundary", T_PAGE, 0, 0, ZX_ERR_INVALID_ARGS},
		{"nothing at the end", T_PAGE, T_PAGE, 0, ZX_ERR_INVALID_ARGS},
		{"nothing inside a page", T_PAGE, 8, 0, ZX_OK},
		{"all", 2 * T_PAGE, 0, 2 * T_PAGE, ZX_OK},
		{"the last byte", 2 * T_PAGE, 2 * T_PAGE - 1, 1, ZX_OK},
		{"across a page boundary", 2 * T_PAGE, T_PAGE - 1, 2, ZX_OK},
	};

	T_EACH (rows, r) {
		const zx_handle_t vmo = t_vmo(r->vmo_size);
		zirconia_mmio_region_t mmio = {.len = 77};
		zx_handle_t keep;

		T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &keep));
		/* Cached, so that the VMO can be read by a call afterwards. */
		T_ZX_ROW(r->name,
			 zirconia_vmo_mapping_map_with_cache_policy(r->offset, r->size, vmo,
								    ZX_CACHE_POLICY_CACHED, &mmio),
			 r->want);
		T_ZX_ROW(r->name, zx_handle_close(vmo), ZX_ERR_BAD_HANDLE);
		cr_assert_eq(vmo_info(keep).num_mappings, r->want == ZX_OK, "%s", r->name);
		cr_assert_eq(zirconia_mmio_len(&mmio), r->want == ZX_OK ? r->size : 77, "%s",
			     r->name);
		if (r->want == ZX_OK) {
			if (r->size > 0) {
				uint8_t byte = 0;

				cr_assert_eq(zirconia_mmio_try_store8(&mmio, r->size - 1, 0x5c),
					     ZIRCONIA_MMIO_OK);
				T_OK(zx_vmo_read(keep, &byte, r->offset + r->size - 1, 1));
				cr_assert_eq(byte, 0x5c, "%s", r->name);
			}
			zirconia_mmio_release(&mmio);
			cr_assert_eq(vmo_info(keep).num_mappings, 0, "%s", r->name);
			zirconia_mmio_release(&mmio);
		}
		t_close(keep);
	}
}

/* spec: clients B.3.5 #2 */
Test(mmio_vmo, map__not_a_vmo__status_of_the_query)
{
	zirconia_mmio_region_t mmio;
	zx_handle_t event;

	T_OK(zx_event_create(0, &event));
	T_ZX(zirconia_vmo_mapping_map(0, 1, event, &mmio), ZX_ERR_WRONG_TYPE);
	T_ZX(zirconia_vmo_mapping_map(0, 1, ZX_HANDLE_INVALID, &mmio), ZX_ERR_BAD_HANDLE);
}

/* spec: clients B.3.5 #3 */
Test(mmio_vmo, map__cache_policy__set_when_it_differs_and_kept)
{
	const zx_handle_t vmo = t_vmo(T_PAGE);
	zirconia_mmio_region_t first;
	zirconia_mmio_region_t second;
	zx_handle_t dup;

	cr_assert_eq(vmo_info(vmo).cache_policy, ZX_CACHE_POLICY_CACHED);
	T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &dup));
	T_ZX(zirconia_vmo_mapping_map_with_cache_policy(0, 1, dup, ZX_CACHE_POLICY_MASK + 1,
							&first),
	     ZX_ERR_INVALID_ARGS);

	/* The policy stays although the range is refused. */
	T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &dup));
	T_ZX(zirconia_vmo_mapping_map(0, T_PAGE + 1, dup, &first), ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(vmo_info(vmo).cache_policy, ZX_CACHE_POLICY_UNCACHED_DEVICE);

	T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &dup));
	T_OK(zirconia_vmo_mapping_map(0, 1, dup, &first));

	/* Mapped: another policy is refused, the same one is not asked for. */
	T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &dup));
	T_ZX(zirconia_vmo_mapping_map_with_cache_policy(0, 1, dup, ZX_CACHE_POLICY_CACHED, &second),
	     ZX_ERR_BAD_STATE);
	T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &dup));
	T_OK(zirconia_vmo_mapping_map(0, 1, dup, &second));

	zirconia_mmio_release(&first);
	zirconia_mmio_release(&second);
	t_close(vmo);
}

/* spec: clients B.3.5 #5 */
Test(mmio_vmo, map__handle_without_write__status_of_the_map)
{
	const zx_handle_t vmo = t_vmo(T_PAGE);
	zirconia_mmio_region_t mmio;
	zx_handle_t dup;

	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE));
	T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP, &dup));
	T_ZX(zirconia_vmo_mapping_map(0, 1, dup, &mmio), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_READ | ZX_RIGHT_WRITE, &dup));
	T_ZX(zirconia_vmo_mapping_map(0, 1, dup, &mmio), ZX_ERR_ACCESS_DENIED);
	t_close(vmo);
}

/* spec: clients B.3.5 acceptance #5 #6 */
Test(mmio_vmo, access__every_width_and_offset__aligned_and_inside_or_refused)
{
	zirconia_mmio_region_t mmio;

	/* Starts at an odd address, so that alignment is seen to be the address's. */
	T_OK(zirconia_vmo_mapping_map(T_PAGE - 33, 65, t_vmo(2 * T_PAGE), &mmio));
	for (size_t width = 1; width <= 8; width *= 2) {
		for (size_t i = 0; i <= 80; i++) {
			const bool aligned = (T_PAGE - 33 + i) % width == 0;
			const zirconia_mmio_error_t want = !aligned ? ZIRCONIA_MMIO_UNALIGNED :
							   i + width > 65 ?
								      ZIRCONIA_MMIO_OUT_OF_RANGE :
								      ZIRCONIA_MMIO_OK;
			uint64_t v64 = 7;
			uint32_t v32 = 7;
			uint16_t v16 = 7;
			uint8_t v8 = 7;

			cr_assert_eq(zirconia_mmio_check(&mmio, i, width), want,
				     "width %zu offset %zu", width, i);
			cr_assert_eq(width == 1 ? zirconia_mmio_try_store8(&mmio, i, 0xa0) :
				     width == 2 ? zirconia_mmio_try_store16(&mmio, i, 0xa1a0) :
				     width == 4 ? zirconia_mmio_try_store32(&mmio, i, 0xa3a2a1a0) :
						  zirconia_mmio_try_store64(&mmio, i,
									    0xa7a6a5a4a3a2a1a0),
				     want, "width %zu offset %zu", width, i);
			cr_assert_eq(width == 1 ? zirconia_mmio_try_load8(&mmio, i, &v8) :
				     width == 2 ? zirconia_mmio_try_load16(&mmio, i, &v16) :
				     width == 4 ? zirconia_mmio_try_load32(&mmio, i, &v32) :
						  zirconia_mmio_try_load64(&mmio, i, &v64),
				     want, "width %zu offset %zu", width, i);

			const uint64_t got = width == 1 ? v8 :
					     width == 2 ? v16 :
					     width == 4 ? v32 :
							  v64;
			const uint64_t mask =
				width == 8 ? UINT64_MAX : ((uint64_t)1 << (8 * width)) - 1;

			cr_assert_eq(got, want == ZIRCONIA_MMIO_OK ? 0xa7a6a5a4a3a2a1a0 & mask : 7);
		}
	}
	/* The sum of offset and width is never made. */
	cr_assert_eq(zirconia_mmio_check(&mmio, SIZE_MAX, 1), ZIRCONIA_MMIO_OUT_OF_RANGE);
	zirconia_mmio_release(&mmio);
}

/* spec: clients B.3.5 acceptance #3; clients 0.2 #8 */
Test(mmio_vmo, release__store_to_the_old_address__faults, .signal = SIGSEGV)
{
	zirconia_mmio_region_t mmio;
	volatile uint8_t *old;

	T_OK(zirconia_vmo_mapping_map(0, 16, t_vmo(T_PAGE), &mmio));
	old = mmio.base;
	*old = 1;
	zirconia_mmio_release(&mmio);
	*old = 2;
}
