/* zi-test: valgrind */
/* Ranges and translation: the tests of the original statement by statement, then guest memory over a VMO. */
#include "virtio_t.h"
#include "vmo_t.h"

#define DRIVER(a, b) ((zirconia_driver_range_t){a, b})
#define DEVICE(a, b) ((zirconia_device_range_t){a, b})

static bool same(zirconia_driver_range_t a, zirconia_driver_range_t b)
{
	return a.start == b.start && a.end == b.end;
}

/* spec: clients C.1 acceptance #1; clients C.1 #2 #3 */
Test(call_virtio_mem, split_at__inside_and_at_both_ends__two_parts)
{
	const zirconia_driver_range_t range = DRIVER(10, 20);
	zirconia_driver_range_t r1, r2;

	cr_assert(zirconia_driver_range_split_at(range, 4, &r1, &r2));
	cr_assert(same(r1, DRIVER(10, 14)) && same(r2, DRIVER(14, 20)));
	cr_assert(zirconia_driver_range_split_at(range, 9, &r1, &r2));
	cr_assert(same(r1, DRIVER(10, 19)) && same(r2, DRIVER(19, 20)));
	cr_assert(zirconia_driver_range_split_at(range, 10, &r1, &r2));
	cr_assert(same(r1, DRIVER(10, 20)));
	cr_assert_eq(zirconia_driver_range_len(r2), 0);
	cr_assert(zirconia_driver_range_split_at(range, 0, &r1, &r2));
	cr_assert_eq(zirconia_driver_range_len(r1), 0);
	cr_assert(same(r2, DRIVER(10, 20)));
	/* Beyond the original's test. */
	cr_assert_not(zirconia_driver_range_split_at(range, 11, &r1, &r2));
	zirconia_device_range_t d1, d2;

	cr_assert(zirconia_device_range_split_at(DEVICE(10, 20), 4, &d1, &d2));
	cr_assert(d1.start == 10 && d1.end == 14 && d2.start == 14 && d2.end == 20);
	cr_assert_not(zirconia_device_range_split_at(DEVICE(10, 20), 11, &d1, &d2));
	cr_assert(zirconia_device_range_split_at(DEVICE(10, 20), 10, &d1, &d2));
	cr_assert_eq(zirconia_device_range_len(d2), 0);
}

/* spec: clients C.1 acceptance #2; clients C.1 #4 */
Test(call_virtio_mem, try_ptr__too_short_or_unaligned__none)
{
	cr_assert_null(zirconia_device_range_try_ptr(DEVICE(65, 128), sizeof(uint64_t),
						     _Alignof(uint64_t)));
	cr_assert_not_null(zirconia_device_range_try_ptr(DEVICE(64, 128), sizeof(uint64_t),
							 _Alignof(uint64_t)));
	cr_assert_null(zirconia_device_range_try_ptr(DEVICE(64, 64 + sizeof(uint64_t) - 1),
						     sizeof(uint64_t), _Alignof(uint64_t)));
	cr_assert_eq(zirconia_device_range_try_ptr(DEVICE(65, 65), 0, 1), (void *)65);
	cr_assert_null(zirconia_device_range_try_ptr(DEVICE(65, 65), 0, 2));
}

/* spec: clients C.1 #1 */
Test(call_virtio_mem, range_from__end_wraps__none)
{
	zirconia_driver_range_t r;

	cr_assert(zirconia_driver_range_from(100, 42, &r) && same(r, DRIVER(100, 142)));
	cr_assert(zirconia_driver_range_from(UINT64_MAX - 5, 5, &r) &&
		  same(r, DRIVER(UINT64_MAX - 5, SIZE_MAX)));
	cr_assert_not(zirconia_driver_range_from(UINT64_MAX - 5, 6, &r));
	cr_assert_not(zirconia_driver_range_from(UINT64_MAX, UINT32_MAX, &r));
	cr_assert(zirconia_driver_range_from(UINT64_MAX, 0, &r));
}

/* spec: clients C.1 translations #1-4; clients C.1 #5; clients C.1 acceptance #3 */
Test(call_virtio_mem, guest_memory__inside_and_outside__base_plus_offset_or_none)
{
	const size_t size = 4 * PG;
	const zx_handle_t vmo = t_vmo(size);
	zirconia_guest_mem_t guest;
	zirconia_device_range_t out;
	const struct {
		size_t start, end;
		bool ok;
	} rows[] = {
		{0, 64, true},
		{size - 64, size, true},
		{49, 80, true},
		{0, size, true},
		{0, size + 1, false},
		{size - 64, size + 1, false},
		{size + 100, size + 200, false},
		{size, size, true},
		{0, 0, true},
		{size + 1, size + 1, false},
		{SIZE_MAX, SIZE_MAX, false},
		{100, SIZE_MAX, false},
		{200, 100, false},
	};

	zirconia_guest_mem_init(&guest);
	cr_assert_not(guest.mem.translate(&guest.mem, DRIVER(0, 64), &out));
	cr_assert_not(guest.mem.translate(&guest.mem, DRIVER(0, 0), &out));
	T_ZX(zirconia_guest_mem_give_vmo(&guest, ZX_HANDLE_INVALID), ZX_ERR_BAD_HANDLE);
	const zx_handle_t given = vmo_dup(vmo, ZX_RIGHT_SAME_RIGHTS),
			  more = vmo_dup(vmo, ZX_RIGHT_SAME_RIGHTS);

	T_OK(zirconia_guest_mem_give_vmo(&guest, given));
	T_ZX(zx_handle_close(given), ZX_ERR_BAD_HANDLE);
	T_ZX(zirconia_guest_mem_give_vmo(&guest, more), ZX_ERR_BAD_STATE);
	T_ZX(zx_handle_close(more), ZX_ERR_BAD_HANDLE);
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	T_EACH (rows, r) {
		const bool ok = guest.mem.translate(&guest.mem, DRIVER(r->start, r->end), &out);

		cr_assert_eq(ok, r->ok, "%zu..%zu", r->start, r->end);
		if (ok) {
			cr_assert_eq(out.start, guest.base + r->start);
			cr_assert_eq(out.end, guest.base + r->end);
		}
	}
	*(uint8_t *)(guest.base + 77) = 7;
	uint8_t byte;

	T_OK(zx_vmo_read(vmo, &byte, 77, 1));
	cr_assert_eq(byte, 7);
	zirconia_guest_mem_done(&guest);
	cr_assert_eq(vmo_info(vmo).num_mappings, 0);
	cr_assert_not(guest.mem.translate(&guest.mem, DRIVER(0, 64), &out));
	zirconia_guest_mem_done(&guest);
}

/* spec: clients C.5 #1-3 */
Test(call_virtio_mem, transport__notify_addresses_traps_and_signals)
{
	uint16_t q = 77;
	zx_handle_t event;
	zx_signals_t seen;

	cr_assert_eq(zirconia_virtio_notify_addr(0x1000, 3), 0x100c);
	cr_assert(zirconia_virtio_notify_queue(0x1000, 4, 0x100f, &q) && q == 3);
	cr_assert(zirconia_virtio_notify_queue(0x1000, 4, 0x1000, &q) && q == 0);
	cr_assert_not(zirconia_virtio_notify_queue(0x1000, 4, 0x1010, &q));
	cr_assert_not(zirconia_virtio_notify_queue(0x1000, 4, 0xfff, &q));
	cr_assert_eq(q, 0);
	T_OK(zirconia_virtio_check_trap(0x1000, 4));
	T_ZX(zirconia_virtio_check_trap(0x1002, 4), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_virtio_check_trap(0x1000, 0), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_virtio_check_trap(0x1000, 6), ZX_ERR_INVALID_ARGS);
	T_OK(zx_event_create(0, &event));
	T_OK(zirconia_virtio_notify_driver(event));
	T_OK(zx_object_wait_one(event, ZX_USER_SIGNAL_0, 0, &seen));
	cr_assert_eq(seen & ZX_USER_SIGNAL_ALL, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_2);
	T_OK(zirconia_virtio_notify_config(event));
	T_OK(zx_object_wait_one(event, ZX_USER_SIGNAL_1, 0, &seen));
	T_ZX(zirconia_virtio_notify_driver(ZX_HANDLE_INVALID), ZX_ERR_BAD_HANDLE);
}
