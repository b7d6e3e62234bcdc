/* zi-test: valgrind */
/* zx_vmar_map_iob: who may map what, and what mappings are. */
#include <zirconia/fault.h>

#include "iob_t.h"

#define R ZX_VM_PERM_READ
#define W ZX_VM_PERM_WRITE
#define X ZX_VM_PERM_EXECUTE

static zx_handle_t other_end;
static uint32_t index_to_map;

static zx_status_t map_into(zx_handle_t vmar)
{
	zx_vaddr_t addr;

	return zx_vmar_map_iob(vmar, R, 0, other_end, index_to_map, 0, PG, &addr);
}

static zx_status_t map_of(zx_handle_t end)
{
	zx_vaddr_t addr;

	return zx_vmar_map_iob(zx_vmar_root_self(), 0, 0, end, index_to_map, 0, PG, &addr);
}

/* spec: pager 12.2 #1 #2 #3; vmar 7.2 #1 #2 #3 */
Test(call_iob_map, handles_and_index__checked_first_and_in_order)
{
	struct iob iob = i_plain();
	zx_vaddr_t addr;

	other_end = iob.end[0];
	vmo_expect_handle_checks("VMAR", map_into, zx_vmar_root_self(), ZX_RIGHT_READ, ZX_OK);
	vmo_expect_handle_checks("end", map_of, iob.end[0], ZX_RIGHT_MAP, ZX_OK);
	index_to_map = 1;
	/* No right is asked for before the region is. */
	vmo_expect_handle_checks("end", map_of, iob.end[1], 0, ZX_ERR_OUT_OF_RANGE);
	index_to_map = UINT32_MAX;
	vmo_expect_handle_checks("end", map_of, iob.end[1], 0, ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmar_map_iob(ZX_HANDLE_INVALID, UINT32_MAX, 1, ZX_HANDLE_INVALID, 9, 1, 0, NULL),
	     ZX_ERR_BAD_HANDLE);
	T_ZX(zx_vmar_map_iob(iob.end[0], UINT32_MAX, 1, ZX_HANDLE_INVALID, 9, 1, 0, NULL),
	     ZX_ERR_WRONG_TYPE);
	T_ZX(zx_vmar_map_iob(zx_vmar_root_self(), UINT32_MAX, 1, iob.end[0], 9, 1, 0, &addr),
	     ZX_ERR_OUT_OF_RANGE);
}

/* Every access × every set of handle rights × every permission. */
/* spec: pager 12.2 #4 #5; vmar 7.2 #5 */
Test(call_iob_map, permissions__access_and_rights_together)
{
	static const zx_vm_option_t perms[] = {0, R, W, R | W, X, R | X, R | W | X};

	for (unsigned access = 1; access < 4; access++) {
		for (unsigned end = 0; end < 2; end++) {
			/* The other end may write, so that there can be such a region at all. */
			const zx_iob_region_t region = i_private(
				NONE, end == 0 ? access | END1(A_WRITE) : A_WRITE | END1(access),
				PG);
			struct iob iob = i_open(&region, 1);

			for (unsigned k = 0; k < 8; k++) {
				const zx_rights_t rights = (k & 1 ? ZX_RIGHT_READ : 0) |
							   (k & 2 ? ZX_RIGHT_WRITE : 0) |
							   (k & 4 ? ZX_RIGHT_MAP : 0);
				zx_handle_t h = vmo_dup(iob.end[end], rights);

				T_EACH (perms, p) {
					const bool r = (access & A_READ) && (k & 1);
					const bool w = (access & A_WRITE) && (k & 2);
					zx_status_t want = ZX_OK;
					void *addr = NULL;
					char row[64];

					snprintf(row, sizeof(row),
						 "access %u end %u rights %u perm %u", access, end,
						 k, *p);
					if (!(k & 4))
						want = ZX_ERR_ACCESS_DENIED;
					else if ((*p & (W | X)) && !(*p & R))
						want = ZX_ERR_INVALID_ARGS;
					else if (((*p & R) && !r) || ((*p & W) && !w) || (*p & X))
						want = ZX_ERR_ACCESS_DENIED;
					T_ZX_ROW(row, i_map_status(h, 0, *p, 0, PG, &addr), want);
					if (want == ZX_OK)
						t_unmap(addr, PG);
				}
				t_close(h);
			}
			t_close(iob.end[0]);
			t_close(iob.end[1]);
		}
	}
}

Test(call_iob_map, access_of_the_other_end_only__access_denied)
{
	const zx_iob_region_t region = i_private(NONE, END1(A_READ | A_WRITE), PG);
	struct iob iob = i_open(&region, 1);
	void *addr;

	T_ZX(i_map_status(iob.end[0], 0, 0, 0, PG, &addr), ZX_ERR_ACCESS_DENIED);
	T_ZX(i_map_status(iob.end[0], 0, UINT32_MAX, 0, PG, &addr), ZX_ERR_ACCESS_DENIED);
	T_OK(i_map_status(iob.end[1], 0, R | W, 0, PG, &addr));
}

/* spec: vmar 7.2 #6 */
Test(call_iob_map, handle_without_map__2025__may_map_all_the_same)
{
	void *addr;

	setenv("ZIRCONIA_BEHAVIOUR", "2025", 1);
	struct iob iob = i_plain();
	zx_handle_t h = vmo_dup(iob.end[0], ZX_RIGHT_READ);
	T_OK(i_map_status(h, 0, R, 0, PG, &addr));
	T_ZX(i_map_status(h, 0, R | W, 0, PG, &addr), ZX_ERR_ACCESS_DENIED);
}

/* A mapping can never be given more than access and rights allowed when it was made. */
/* spec: pager 12.2 #6 */
Test(call_iob_map, protect__not_beyond_what_was_allowed)
{
	const zx_iob_region_t region = i_private(NONE, A_READ | END1(A_READ | A_WRITE), PG);
	struct iob iob = i_open(&region, 1);
	uint8_t *reader = i_map(iob.end[0], 0, R, PG);
	uint8_t *writer = i_map(iob.end[1], 0, R, PG);

	T_ZX(zx_vmar_protect(zx_vmar_root_self(), R | W, (zx_vaddr_t)reader, PG),
	     ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmar_protect(zx_vmar_root_self(), R | W, (zx_vaddr_t)writer, PG));
	writer[5] = 'w';
	cr_assert_eq(reader[5], 'w');
	T_ZX(zirconia_probe_write8(reader, 1), ZX_ERR_ACCESS_DENIED);
}

/* spec: vmar 3.1 #11 #12; vmar 3.1 #18 #19; pager 12.2 #5 */
Test(call_iob_map, arguments__checked_as_for_vmos)
{
	struct iob iob = i_plain();
	const zx_vm_option_t beyond = ZX_VM_FAULT_BEYOND_STREAM_SIZE;
	zx_handle_t h = vmo_without(iob.end[0], ZX_RIGHT_WRITE);
	const char *name;
	void *addr;

	/* The library's own memory has no stream size that programs could know. */
	T_ZX(i_map_status(iob.end[0], 0, R | beyond | ZX_VM_ALLOW_FAULTS, 0, PG, &addr),
	     ZX_ERR_INVALID_ARGS);
	T_ZX(i_map_status(iob.end[0], 0, R | beyond, 0, PG, &addr), ZX_ERR_INVALID_ARGS);
	T_ZX(i_map_status(h, 0, R | W | beyond | ZX_VM_ALLOW_FAULTS, 0, PG, &addr),
	     ZX_ERR_ACCESS_DENIED);
	T_ZX(i_map_status(iob.end[0], 0, R, 1, PG, &addr), ZX_ERR_INVALID_ARGS);
	T_ZX(i_map_status(iob.end[0], 0, R, 0, 0, &addr), ZX_ERR_INVALID_ARGS);
	T_ZX(i_map_status(iob.end[0], 0, R, 0, SIZE_MAX, &addr), ZX_ERR_OUT_OF_RANGE);
	T_ZX(i_map_status(iob.end[0], 0, ZX_VM_CAN_MAP_READ, 0, PG, &addr), ZX_ERR_INVALID_ARGS);
	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		void *bad = vmo_bad_out(i, &name);

		T_ZX_ROW(name, i_map_status(iob.end[0], 0, R, 0, PG, bad), ZX_ERR_INVALID_ARGS);
	}
	/* Past the end of the region, as of a VMO. */
	T_OK(i_map_status(iob.end[0], 0, R, PG, PG, &addr));
	T_ZX(zirconia_probe_read8(addr, &(uint8_t){0}), ZX_ERR_OUT_OF_RANGE);
	/*
	 * Nothing is left of the calls that failed: the peer hears of the end as soon as this
	 * mapping is gone.
	 */
	t_close(iob.end[0]);
	t_close(h);
	t_unmap(addr, PG);
	cr_assert(i_peer_closed(iob.end[1]));
}

/* spec: vmar 3.1 #14 #15 */
Test(call_iob_map, options_of_the_memory__count_as_for_vmos)
{
	zx_iob_region_t regions[2] = {i_private(NONE, A_MAP_ALL, PG),
				      i_private(NONE, A_MAP_ALL, PG)};
	void *addr;

	regions[0].private_region.options = ZX_VMO_RESIZABLE;
	regions[1].private_region.options = ZX_VMO_DISCARDABLE;
	struct iob iob = i_open(regions, 2);
	T_ZX(i_map_status(iob.end[0], 0, R | ZX_VM_REQUIRE_NON_RESIZABLE, 0, PG, &addr),
	     ZX_ERR_NOT_SUPPORTED);
	T_OK(i_map_status(iob.end[0], 0, R, 0, PG, &addr));
	T_ZX(i_map_status(iob.end[0], 1, R, 0, PG, &addr), ZX_ERR_NOT_SUPPORTED);
	T_OK(i_map_status(iob.end[0], 1, R | W | ZX_VM_ALLOW_FAULTS, 0, PG, &addr));
}

Test(call_iob_map, both_ends__see_the_same_memory)
{
	zx_iob_region_t regions[2] = {i_private(NONE, A_MAP_ALL, 3 * PG),
				      i_private(NONE, A_MAP_ALL, PG)};
	struct iob iob = i_open(regions, 2);
	uint8_t *a = i_map(iob.end[0], 0, I_RW, 3 * PG), *b = i_map(iob.end[1], 0, I_RW, 3 * PG);
	uint8_t *again = i_map(iob.end[0], 0, R, PG), *other = i_map(iob.end[1], 1, I_RW, PG);
	void *last;

	T_OK(i_map_status(iob.end[1], 0, R, 2 * PG, PG, &last));
	cr_assert(t_all(a, 3 * PG, 0));
	a[0] = 'a';
	b[2 * PG] = 'b';
	cr_assert_eq(b[0], 'a');
	cr_assert_eq(a[2 * PG], 'b');
	cr_assert_eq(*(uint8_t *)last, 'b');
	cr_assert_eq(again[0], 'a');
	cr_assert_eq(other[0], 0);
	/* The memory stays without any handle. */
	t_close(iob.end[0]);
	t_close(iob.end[1]);
	a[1] = 'c';
	cr_assert_eq(b[1], 'c');
	t_unmap(a, 3 * PG);
	cr_assert_eq(b[1], 'c');
	b[1] = 'd';
	cr_assert_eq(again[1], 'd');
}

/* spec: vmar 7.2 #7 #8 */
Test(call_iob_map, listing__every_call_a_row_with_koid_and_name)
{
	const zx_iob_region_t region = i_private(NONE, A_MAP_ALL, 2 * PG);
	struct iob iob = i_open(&region, 1);
	zx_handle_t vmar;
	zx_vaddr_t base, addr;
	zx_info_maps_t maps[8];
	size_t actual;

	T_OK(zx_object_set_property(iob.end[0], ZX_PROP_NAME, "buffers", 7));
	T_OK(zx_vmar_allocate(zx_vmar_root_self(), ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_SPECIFIC, 0,
			      4 * PG, &vmar, &base));
	/* Neighbours that would be one mapping if they were of one VMO handle. */
	T_OK(zx_vmar_map_iob(vmar, R | ZX_VM_SPECIFIC, 0, iob.end[0], 0, 0, PG, &addr));
	T_OK(zx_vmar_map_iob(vmar, R | ZX_VM_SPECIFIC, PG, iob.end[0], 0, PG, PG, &addr));
	T_OK(zx_object_get_info(vmar, ZX_INFO_VMAR_MAPS, maps, sizeof(maps), &actual, NULL));
	cr_assert_eq(actual, 3);
	for (int i = 1; i < 3; i++) {
		cr_assert_eq(maps[i].type, ZX_INFO_MAPS_TYPE_MAPPING);
		cr_assert_eq(maps[i].size, PG);
		cr_assert_str_eq(maps[i].name, "buffers");
		cr_assert_eq(maps[i].u.mapping.vmo_koid, i_info(iob.end[0], 0).koid);
		cr_assert_eq(maps[i].u.mapping.vmo_offset, (uint64_t)(i - 1) * PG);
	}
	/* A new name shows in mappings that are there. */
	T_OK(zx_object_set_property(iob.end[1], ZX_PROP_NAME, "renamed", 7));
	T_OK(zx_object_get_info(vmar, ZX_INFO_VMAR_MAPS, maps, sizeof(maps), &actual, NULL));
	cr_assert_str_eq(maps[1].name, "renamed");
	cr_assert_str_eq(maps[2].name, "renamed");
}

/* Into an address space that nobody runs in. */
Test(call_iob_map, process_never_started__mapped_in_the_books)
{
	struct iob iob = i_plain();
	zx_handle_t process, vmar;
	zx_vaddr_t addr;

	T_OK(zx_process_create(zx_job_default(), "other", 5, 0, &process, &vmar));
	T_OK(zx_vmar_map_iob(vmar, I_RW, 0, iob.end[0], 0, 0, PG, &addr));
	uint8_t *mine = i_map(iob.end[1], 0, I_RW, PG);
	uint8_t byte = 0;
	size_t actual;
	mine[7] = 'p';
	T_OK(zx_process_read_memory(process, addr + 7, &byte, 1, &actual));
	cr_assert_eq(byte, 'p');
	t_close(iob.end[0]);
	cr_assert_not(i_peer_closed(iob.end[1]));
	T_OK(zx_vmar_unmap(vmar, addr, PG));
	cr_assert(i_peer_closed(iob.end[1]));
}
