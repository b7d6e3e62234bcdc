/* zi-test: valgrind */
/* I/O buffers as objects: peers and when they are gone, signals, names, what listings tell. */
#include "iob_t.h"

#define R ZX_VM_PERM_READ

/* ---- ZX_IOB_PEER_CLOSED */

/* spec: pager 12.3 #4 */
Test(call_iob_peer, handles__last_one_closed__peer_is_told)
{
	struct iob iob = i_plain();
	zx_handle_t dup = vmo_dup(iob.end[0], ZX_RIGHT_SAME_RIGHTS);

	t_close(iob.end[0]);
	cr_assert_not(i_peer_closed(iob.end[1]));
	t_close(dup);
	cr_assert(i_peer_closed(iob.end[1]));
	t_close(iob.end[1]);
}

/* spec: pager 12.3 #4; abi 5.3 IOB */
Test(call_iob_peer, mappings__outlive_the_handles__peer_is_told_after_the_last)
{
	zx_iob_region_t regions[2] = {i_private(NONE, A_MAP_ALL, 3 * PG),
				      i_private(NONE, A_MAP_ALL, PG)};
	struct iob iob = i_open(regions, 2);
	uint8_t *a = i_map(iob.end[0], 0, I_RW, 3 * PG), *b = i_map(iob.end[0], 0, R, PG);
	uint8_t *c = i_map(iob.end[0], 1, I_RW, PG);
	/* Mappings of the other end do not count. */
	uint8_t *mine = i_map(iob.end[1], 0, I_RW, 3 * PG);

	t_close(iob.end[0]);
	cr_assert_not(i_peer_closed(iob.end[1]));
	t_unmap(b, PG);
	/* A mapping that is cut in two is gone when both parts are. */
	t_unmap(a + PG, PG);
	t_unmap(c, PG);
	t_unmap(a, PG);
	cr_assert_not(i_peer_closed(iob.end[1]));
	a[2 * PG] = 'x';
	cr_assert_eq(mine[2 * PG], 'x');
	t_unmap(a + 2 * PG, PG);
	cr_assert(i_peer_closed(iob.end[1]));
	cr_assert_eq(mine[2 * PG], 'x');
	t_unmap(mine, 3 * PG);
	t_close(iob.end[1]);
}

Test(call_iob_peer, mappings__unmapped_before_the_handle_is_closed__told_at_close)
{
	struct iob iob = i_plain();
	uint8_t *a = i_map(iob.end[0], 0, I_RW, PG);

	t_unmap(a, PG);
	cr_assert_not(i_peer_closed(iob.end[1]));
	a = i_map(iob.end[0], 0, I_RW, PG);
	t_unmap(a, PG);
	cr_assert_not(i_peer_closed(iob.end[1]));
	t_close(iob.end[0]);
	cr_assert(i_peer_closed(iob.end[1]));
}

/* A region whose VMAR is destroyed, or mapped over, is unmapped like any other. */
Test(call_iob_peer, mappings__destroyed_or_overwritten__count_as_unmapped)
{
	const zx_vm_option_t can = ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_SPECIFIC;
	struct iob first = i_plain(), second = i_plain();
	zx_handle_t vmar;
	zx_vaddr_t base, addr;

	T_OK(zx_vmar_allocate(zx_vmar_root_self(), can, 0, 4 * PG, &vmar, &base));
	T_OK(zx_vmar_map_iob(vmar, R | ZX_VM_SPECIFIC, 0, first.end[0], 0, 0, PG, &addr));
	T_OK(zx_vmar_map_iob(vmar, R | ZX_VM_SPECIFIC, PG, second.end[0], 0, 0, PG, &addr));
	t_close(first.end[0]);
	t_close(second.end[0]);
	T_OK(zx_vmar_map(vmar, R | ZX_VM_SPECIFIC_OVERWRITE, 0, t_vmo(PG), 0, PG, &addr));
	cr_assert(i_peer_closed(first.end[1]));
	cr_assert_not(i_peer_closed(second.end[1]));
	T_OK(zx_vmar_destroy(vmar));
	cr_assert(i_peer_closed(second.end[1]));
}

Test(call_iob_peer, waits_and_ports__hear_of_the_peer)
{
	struct iob iob = i_plain();
	uint8_t *a = i_map(iob.end[0], 0, I_RW, PG);
	zx_port_packet_t packet;
	zx_handle_t port;

	T_OK(zx_port_create(0, &port));
	T_OK(zx_object_wait_async(iob.end[1], port, 7, ZX_IOB_PEER_CLOSED, 0));
	t_close(iob.end[0]);
	T_ZX(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
	t_unmap(a, PG);
	T_OK(zx_port_wait(port, ZX_TIME_INFINITE, &packet));
	cr_assert_eq(packet.key, 7);
	cr_assert_eq(packet.signal.observed, ZX_IOB_PEER_CLOSED);
}

/* spec: pager 12.3 #5 */
Test(call_iob_peer, user_signals__own_and_the_peers)
{
	struct iob iob = i_plain();
	uint8_t *a = i_map(iob.end[0], 0, I_RW, PG);
	zx_handle_t mute = vmo_without(iob.end[1], ZX_RIGHT_SIGNAL_PEER);

	T_OK(zx_object_signal(iob.end[0], 0, ZX_USER_SIGNAL_1));
	T_OK(zx_object_signal_peer(iob.end[0], 0, ZX_USER_SIGNAL_2));
	cr_assert_eq(i_signals(iob.end[0]), ZX_USER_SIGNAL_1);
	cr_assert_eq(i_signals(iob.end[1]), ZX_USER_SIGNAL_2);
	T_ZX(zx_object_signal(iob.end[0], 0, ZX_IOB_PEER_CLOSED), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_object_signal_peer(iob.end[0], 0, ZX_IOB_PEER_CLOSED), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_object_signal_peer(mute, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
	/* Without handles there is no peer to signal, though its mappings are still there. */
	t_close(iob.end[0]);
	T_ZX(zx_object_signal_peer(iob.end[1], 0, ZX_USER_SIGNAL_0), ZX_ERR_PEER_CLOSED);
	cr_assert_not(i_peer_closed(iob.end[1]));
	t_unmap(a, PG);
	T_ZX(zx_object_signal_peer(iob.end[1], 0, ZX_USER_SIGNAL_0), ZX_ERR_PEER_CLOSED);
}

/* ---- information */

/* spec: pager 12.3 #1; abi 9.11 topic #17 */
Test(call_iob_info, iob__options_and_count)
{
	zx_iob_region_t regions[3] = {i_private(NONE, A_MAP_ALL, PG), i_private(IDS, A_ALL, PG),
				      i_private(NONE, A_MAP_ALL, PG)};
	struct iob iob = i_open(regions, 3);
	zx_info_iob_t info;
	size_t actual = 9, avail = 9;

	for (int i = 0; i < 2; i++) {
		memset(&info, 0xee, sizeof(info));
		T_OK(zx_object_get_info(iob.end[i], ZX_INFO_IOB, &info, sizeof(info), &actual,
					&avail));
		cr_assert(actual == 1 && avail == 1);
		cr_assert_eq(info.options, 0);
		cr_assert_eq(info.region_count, 3);
		cr_assert(t_all(info.padding1, sizeof(info.padding1), 0));
	}
	T_ZX(zx_object_get_info(iob.end[0], ZX_INFO_IOB, &info, sizeof(info) - 1, &actual, &avail),
	     ZX_ERR_BUFFER_TOO_SMALL);
	zx_handle_t blind = vmo_without(iob.end[0], ZX_RIGHT_INSPECT);
	for (unsigned t = 0; t < 2; t++) {
		const uint32_t topic = t == 0 ? ZX_INFO_IOB : ZX_INFO_IOB_REGIONS;

		T_ZX(zx_object_get_info(blind, topic, &info, sizeof(info), NULL, NULL),
		     ZX_ERR_ACCESS_DENIED);
		T_ZX(zx_object_get_info(t_vmo(PG), topic, &info, sizeof(info), NULL, NULL),
		     ZX_ERR_WRONG_TYPE);
		T_ZX(zx_object_get_info(ZX_HANDLE_INVALID, topic, &info, sizeof(info), NULL, NULL),
		     ZX_ERR_BAD_HANDLE);
	}
}

/* spec: pager 12.3 #2; abi 9.11 topic #18 */
Test(call_iob_info, regions__each_end_sees_itself_first)
{
	zx_handle_t shared = i_shared_region(4 * PG);
	zx_iob_region_t regions[3] = {
		i_private(NONE, A_READ | END1(A_READ | A_WRITE), 100),
		i_private(IDS, A_MWRITE | END1(A_READ), 3 * PG),
		i_shared(shared, A_MWRITE | END1(A_READ | A_MREAD), 77),
	};
	struct iob iob = i_open(regions, 3);
	zx_iob_region_info_t info[2][3];
	size_t actual = 9, avail = 9;

	for (int e = 0; e < 2; e++) {
		T_OK(zx_object_get_info(iob.end[e], ZX_INFO_IOB_REGIONS, info[e], sizeof(info[e]),
					&actual, &avail));
		cr_assert(actual == 3 && avail == 3);
		for (int i = 0; i < 3; i++) {
			const zx_iob_region_info_t *got = &info[e][i];
			const zx_iob_access_t given = regions[i].access;

			cr_assert_eq(got->region.type, regions[i].type);
			cr_assert_eq(got->region.access,
				     e == 0 ? given : (given >> 4 | given << 4) & 0xff);
			cr_assert_eq(got->region.size, i == 0 ? PG : i == 1 ? 3 * PG : 0);
			cr_assert_eq(got->region.discipline.type, regions[i].discipline.type);
			cr_assert_eq(got->koid, info[0][i].koid);
			cr_assert_neq(got->koid, 0);
		}
	}
	cr_assert_eq(info[0][2].region.discipline.ring_buffer.tag, 77);
	cr_assert_neq(info[0][0].koid, info[0][1].koid);
	cr_assert_neq(info[0][2].koid, t_koid(shared), "the memory is not the object");
	/* As many as fit. */
	T_OK(zx_object_get_info(iob.end[0], ZX_INFO_IOB_REGIONS, info[0],
				2 * sizeof(info[0][0]) + 5, &actual, &avail));
	cr_assert(actual == 2 && avail == 3);
	T_OK(zx_object_get_info(iob.end[0], ZX_INFO_IOB_REGIONS, NULL, 0, &actual, &avail));
	cr_assert(actual == 0 && avail == 3);
	T_ZX(zx_object_get_info(iob.end[0], ZX_INFO_IOB_REGIONS, t_no_access_page(),
				sizeof(info[0]), NULL, NULL),
	     ZX_ERR_INVALID_ARGS);
}

/* spec: pager 12.3 #3 */
Test(call_iob_info, name__of_all_private_regions_and_read_from_the_first)
{
	zx_handle_t shared = i_shared_region(2 * PG);
	zx_iob_region_t regions[3] = {i_private(NONE, A_MAP_ALL, PG), i_shared(shared, A_ALL, 0),
				      i_private(NONE, A_MAP_ALL, PG)};
	struct iob iob = i_open(regions, 3);
	char name[ZX_MAX_NAME_LEN];

	T_OK(zx_object_get_property(iob.end[1], ZX_PROP_NAME, name, sizeof(name)));
	cr_assert_str_eq(name, "");
	T_OK(zx_object_set_property(shared, ZX_PROP_NAME, "shared", 6));
	T_OK(zx_object_set_property(iob.end[1], ZX_PROP_NAME, "buffers", 7));
	T_OK(zx_object_get_property(iob.end[0], ZX_PROP_NAME, name, sizeof(name)));
	cr_assert_str_eq(name, "buffers");
	T_OK(zx_object_get_property(shared, ZX_PROP_NAME, name, sizeof(name)));
	cr_assert_str_eq(name, "shared");
	T_ZX(zx_object_set_property(vmo_without(iob.end[0], ZX_RIGHT_SET_PROPERTY), ZX_PROP_NAME,
				    "x", 1),
	     ZX_ERR_ACCESS_DENIED);
	/* The first region is a shared one. */
	const zx_iob_region_t alone = i_shared(shared, A_ALL, 0);
	struct iob other = i_open(&alone, 1);
	T_OK(zx_object_set_property(other.end[0], ZX_PROP_NAME, "other", 5));
	T_OK(zx_object_get_property(other.end[0], ZX_PROP_NAME, name, sizeof(name)));
	cr_assert_str_eq(name, "shared");
}

/* ---- ZX_INFO_PROCESS_VMOS */

static zx_info_vmo_t listed[64];

static size_t list(void)
{
	size_t actual = 0, avail = 0;

	T_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_VMOS, listed, sizeof(listed),
				&actual, &avail));
	cr_assert_eq(actual, avail);
	return actual;
}

/* Rows with the koid and the flag; *out_row is the last one. */
static unsigned rows_of(zx_koid_t koid, uint32_t via, const zx_info_vmo_t **out_row)
{
	const size_t n = list();
	unsigned count = 0;

	for (size_t i = 0; i < n; i++) {
		if (listed[i].koid != koid || (listed[i].flags & via) == 0)
			continue;
		*out_row = &listed[i];
		count++;
	}
	return count;
}

#define VIA_IOB ZX_INFO_VMO_VIA_IOB_HANDLE

/* spec: pager 12.3 #6; abi 9.15 #3 */
Test(call_iob_info, process_vmos__a_row_for_each_region_of_each_handle)
{
	zx_iob_region_t regions[2] = {i_private(NONE, A_READ | END1(A_READ | A_WRITE), 2 * PG),
				      i_private(NONE, A_WRITE, PG)};
	struct iob iob = i_open(regions, 2);
	const zx_koid_t koid = i_info(iob.end[0], 0).koid, second = i_info(iob.end[0], 1).koid;
	const zx_info_vmo_t *row = NULL;
	uint8_t *map = i_map(iob.end[1], 0, I_RW, 2 * PG);

	map[PG] = 1;
	T_OK(zx_object_set_property(iob.end[0], ZX_PROP_NAME, "mine", 4));
	cr_assert_eq(rows_of(koid, VIA_IOB, &row), 2);
	cr_assert_str_eq(row->name, "mine");
	cr_assert_eq(row->size_bytes, 2 * PG);
	cr_assert_eq(row->committed_bytes, PG);
	cr_assert_eq(row->flags & (ZX_INFO_VMO_VIA_HANDLE | ZX_INFO_VMO_VIA_MAPPING), 0);
	cr_assert_eq(rows_of(koid, ZX_INFO_VMO_VIA_MAPPING, &row), 1);
	cr_assert_eq(row->handle_rights, 0);
	cr_assert_str_eq(row->name, "mine");
	cr_assert_eq(row->flags & VIA_IOB, 0);
	/* Rights: of the handle, as far as the access of its end goes. */
	t_close(iob.end[1]);
	cr_assert_eq(rows_of(koid, VIA_IOB, &row), 1);
	cr_assert_eq(row->handle_rights, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	cr_assert_eq(rows_of(second, VIA_IOB, &row), 1);
	cr_assert_eq(row->handle_rights, ZX_RIGHT_WRITE | ZX_RIGHT_MAP);
	zx_handle_t weak = vmo_dup(iob.end[0], ZX_RIGHT_INSPECT | ZX_RIGHT_MAP);
	t_close(iob.end[0]);
	cr_assert_eq(rows_of(koid, VIA_IOB, &row), 1);
	cr_assert_eq(row->handle_rights, ZX_RIGHT_MAP);
	t_close(weak);
	cr_assert_eq(rows_of(koid, VIA_IOB, &row), 0);
	cr_assert_eq(rows_of(koid, ZX_INFO_VMO_VIA_MAPPING, &row), 1);
	t_unmap(map, 2 * PG);
	cr_assert_eq(rows_of(koid, UINT32_MAX, &row), 0);
}

/* spec: pager 12.3 #2 */
Test(call_iob_info, process_vmos__shared_region__listed_through_io_buffers_only)
{
	zx_handle_t shared = i_shared_region(3 * PG);
	const zx_iob_region_t region = i_shared(shared, A_ALL, 0);
	const zx_info_vmo_t *row = NULL;
	const size_t before = list();

	struct iob first = i_open(&region, 1), second = i_open(&region, 1);
	const zx_koid_t koid = i_info(first.end[0], 0).koid;
	cr_assert_eq(i_info(second.end[1], 0).koid, koid);
	cr_assert_eq(list(), before + 4);
	cr_assert_eq(rows_of(koid, VIA_IOB, &row), 4);
	cr_assert_eq(row->size_bytes, 3 * PG);
	cr_assert_eq(row->committed_bytes, 3 * PG);
	t_close(first.end[0]);
	t_close(first.end[1]);
	t_close(second.end[0]);
	t_close(second.end[1]);
	cr_assert_eq(list(), before);
	t_close(shared);
}

/* The memory of an ID allocator is there from the start. */
/* spec: pager 12.1 effect #3 */
Test(call_iob_info, id_allocator__committed)
{
	const zx_iob_region_t region = i_private(IDS, A_ALL, 5 * PG);
	struct iob iob = i_open(&region, 1);
	const zx_info_vmo_t *row = NULL;

	cr_assert_eq(rows_of(i_info(iob.end[0], 0).koid, VIA_IOB, &row), 2);
	cr_assert_eq(row->committed_bytes, 5 * PG);
	uint8_t *map = i_map(iob.end[0], 0, I_RW, 5 * PG);
	/* Pinned: it cannot be given up. */
	T_ZX(zx_vmar_op_range(zx_vmar_root_self(), ZX_VMAR_OP_DECOMMIT, (zx_vaddr_t)map, PG, NULL,
			      0),
	     ZX_ERR_BAD_STATE);
}
