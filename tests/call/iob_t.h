/*
 * What the tests of zx_iob_* share: regions, short names for calls, the layouts in memory. No test
 * logic.
 */
#ifndef IOB_T_H
#define IOB_T_H

#include <stdatomic.h>

#include <zircon/syscalls-next.h>

#include "vmo_t.h"

#define NONE ZX_IOB_DISCIPLINE_TYPE_NONE
#define IDS ZX_IOB_DISCIPLINE_TYPE_ID_ALLOCATOR
#define RING ZX_IOB_DISCIPLINE_TYPE_MEDIATED_WRITE_RING_BUFFER

/* Access of one end; the other one's lies four bits higher. */
#define A_READ ZX_IOB_ACCESS_EP0_CAN_MAP_READ
#define A_WRITE ZX_IOB_ACCESS_EP0_CAN_MAP_WRITE
#define A_MREAD ZX_IOB_ACCESS_EP0_CAN_MEDIATED_READ
#define A_MWRITE ZX_IOB_ACCESS_EP0_CAN_MEDIATED_WRITE
#define END1(bits) ((zx_iob_access_t)((bits) << 4))
#define A_MAP_ALL (A_READ | A_WRITE | END1(A_READ | A_WRITE))
#define A_ALL ((zx_iob_access_t)0xff)

#define IOB_RIGHTS ((zx_rights_t)0xf0ef)
#define SHARED_RIGHTS ((zx_rights_t)0xd0c3)

struct iob {
	zx_handle_t end[2];
};

UNUSED_OK zx_iob_region_t i_private(uint64_t discipline, zx_iob_access_t access, uint64_t size)
{
	return (zx_iob_region_t){
		.type = ZX_IOB_REGION_TYPE_PRIVATE,
		.access = access,
		.size = size,
		.discipline.type = discipline,
	};
}

UNUSED_OK zx_iob_region_t i_shared(zx_handle_t shared, zx_iob_access_t access, uint64_t tag)
{
	return (zx_iob_region_t){
		.type = ZX_IOB_REGION_TYPE_SHARED,
		.access = access,
		.discipline = {.type = RING, .ring_buffer.tag = tag},
		.shared_region.shared_region = shared,
	};
}

UNUSED_OK zx_status_t i_create(const zx_iob_region_t *regions, size_t n, struct iob *out)
{
	*out = (struct iob){{0, 0}};
	return zx_iob_create(0, regions, n, &out->end[0], &out->end[1]);
}

UNUSED_OK struct iob i_open(const zx_iob_region_t *regions, size_t n)
{
	struct iob iob;

	T_OK(i_create(regions, n, &iob));
	return iob;
}

/* One region of one page without discipline that both ends may map for everything. */
UNUSED_OK struct iob i_plain(void)
{
	const zx_iob_region_t region = i_private(NONE, A_MAP_ALL, PG);

	return i_open(&region, 1);
}

UNUSED_OK zx_handle_t i_shared_region(uint64_t size)
{
	zx_handle_t shared = ZX_HANDLE_INVALID;

	T_OK(zx_iob_create_shared_region(0, size, &shared));
	return shared;
}

UNUSED_OK zx_status_t i_map_status(zx_handle_t end, uint32_t index, zx_vm_option_t options,
				   uint64_t off, size_t len, void *out_addr)
{
	return zx_vmar_map_iob(zx_vmar_root_self(), options, 0, end, index, off, len,
			       (zx_vaddr_t *)out_addr);
}

UNUSED_OK void *i_map(zx_handle_t end, uint32_t index, zx_vm_option_t options, size_t len)
{
	void *addr = NULL;

	T_OK(i_map_status(end, index, options, 0, len, &addr));
	return addr;
}

#define I_RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

UNUSED_OK zx_signals_t i_signals(zx_handle_t handle)
{
	zx_signals_t seen = 0;
	const zx_status_t st = zx_object_wait_one(handle, 0, 0, &seen);

	cr_assert_eq(st, ZX_ERR_TIMED_OUT);
	return seen;
}

UNUSED_OK bool i_peer_closed(zx_handle_t end)
{
	return (i_signals(end) & ZX_IOB_PEER_CLOSED) != 0;
}

UNUSED_OK zx_iob_region_info_t i_info(zx_handle_t end, uint32_t index)
{
	zx_iob_region_info_t info[ZX_IOB_MAX_REGIONS];
	size_t actual = 0;

	T_OK(zx_object_get_info(end, ZX_INFO_IOB_REGIONS, info, sizeof(info), &actual, NULL));
	cr_assert_lt(index, actual);
	return info[index];
}

#endif
