/* zi-test: valgrind */
/*
 * Streams and everything else that changes sizes: references, slices, clones, resizing, mappings
 * that end with the stream.
 */
#include <zirconia/fault.h>

#include "stream_t.h"

/* spec: pager 10.8 #4; pager 11 #1 */
Test(call_stream_family, reference__shares_size_and_stream_size)
{
	zx_handle_t vmo = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE);
	zx_handle_t before = vmo_child(vmo, REFERENCE | CHILD_RESIZABLE, 0, 0);
	zx_handle_t stream = s_stream(before, S_BOTH, 0);
	zx_handle_t after = vmo_child(vmo, REFERENCE | CHILD_RESIZABLE, 0, 0);
	zx_handle_t other = s_stream(after, S_BOTH, 0);
	uint8_t text[8];
	size_t actual;

	T_OK(zx_vmo_set_stream_size(vmo, 3));
	T_OK(s_append(stream, "defg", 4, &actual));
	cr_assert_eq(vmo_stream(vmo), 7);
	cr_assert_eq(vmo_stream(after), 7);
	T_OK(s_write_at(other, 3 * PG - 1, "x", 1, &actual));
	const zx_handle_t all[] = {vmo, before, after};
	T_EACH (all, v) {
		cr_assert_eq(vmo_size(*v), 3 * PG);
		cr_assert_eq(vmo_stream(*v), 3 * PG);
	}
	T_OK(s_read_at(other, 3, text, 4, &actual));
	cr_assert_eq(memcmp(text, "defg", 4), 0);
}

/* spec: pager 10.8 #4 */
Test(call_stream_family, slice__has_a_stream_size_of_its_own)
{
	zx_handle_t vmo = s_vmo(0, 4 * PG, 4 * PG, 'v');
	zx_handle_t slice = vmo_child(vmo, SLICE, PG, 2 * PG);
	zx_handle_t stream = s_stream(slice, S_BOTH, 0);
	uint8_t buf[8];
	size_t actual;

	T_OK(zx_vmo_set_stream_size(slice, 5));
	cr_assert_eq(vmo_stream(vmo), 4 * PG);
	T_OK(s_append(stream, "abc", 3, &actual));
	cr_assert_eq(vmo_stream(slice), 8);
	cr_assert_eq(vmo_stream(vmo), 4 * PG);
	T_OK(zx_vmo_read(vmo, buf, PG + 5, 3));
	cr_assert_eq(memcmp(buf, "abc", 3), 0);
	/* It ends where the slice does, and a slice never grows. */
	T_OK(s_write_at(stream, 2 * PG - 1, "xyz", 3, &actual));
	cr_assert_eq(actual, 1);
	T_ZX(s_append(stream, "x", 1, &actual), ZX_ERR_NO_SPACE);
	cr_assert_eq(vmo_byte(vmo, 3 * PG), 'v');
}

/* spec: pager 10.8 #4 */
Test(call_stream_family, clone__writes_stay_in_it)
{
	zx_handle_t vmo = s_vmo(ZX_VMO_RESIZABLE, 2 * PG, 100, 'v');
	zx_handle_t clone = vmo_child(vmo, SNAPSHOT | CHILD_RESIZABLE, 0, 2 * PG);
	zx_handle_t stream = s_stream(clone, S_BOTH, 0);
	size_t actual;

	cr_assert_eq(vmo_stream(clone), 2 * PG);
	T_OK(s_write_at(stream, 50, "c", 1, &actual));
	T_OK(s_append(stream, "d", 1, &actual));
	cr_assert_eq(vmo_stream(clone), 2 * PG + 1);
	cr_assert_eq(vmo_stream(vmo), 100);
	cr_assert_eq(vmo_size(vmo), 2 * PG);
	cr_assert(vmo_all(vmo, 0, 2 * PG, 'v'));
	cr_assert_eq(vmo_byte(clone, 50), 'c');
	cr_assert_eq(vmo_byte(clone, 2 * PG), 'd');
}

/* spec: pager 10.8 #5 */
Test(call_stream_family, shrunk__seek_behind_the_end__stays_and_reads_nothing)
{
	zx_handle_t vmo = s_vmo(ZX_VMO_RESIZABLE, 2 * PG, 2 * PG, 'v');
	zx_handle_t stream = s_stream(vmo, S_BOTH, PG + 100);
	uint8_t byte = 'x';
	size_t actual;

	T_OK(zx_vmo_set_size(vmo, 10));
	T_OK(s_read(stream, &byte, 1, &actual));
	cr_assert_eq(actual, 0);
	cr_assert_eq(byte, 'x');
	cr_assert_eq(s_seek(stream), PG + 100);
	/* Growing back shows zeros. */
	T_OK(zx_vmo_set_size(vmo, 2 * PG));
	T_OK(s_read(stream, &byte, 1, &actual));
	cr_assert_eq(actual, 1);
	cr_assert_eq(byte, 0);
}

/*
 * The stream size follows set_size to the byte, also when it had never been apart from the VMO's.
 */
Test(call_stream_family, set_size__stream_made_before__stream_size_is_the_new_size)
{
	static const uint64_t sizes[] = {0, 1, PG - 1, PG, PG + 1, 3 * PG, 5 * PG - 1, 2};
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_RESIZABLE);
	zx_handle_t stream = s_stream(vmo, S_BOTH, 0);

	T_EACH (sizes, size) {
		T_OK(zx_vmo_set_size(vmo, *size));
		cr_assert_eq(vmo_stream(vmo), *size);
		cr_assert_eq(s_info(stream).content_size, *size);
		cr_assert_eq(vmo_size(vmo), (*size + PG - 1) / PG * PG);
	}
}

Test(call_stream_family, set_size__fails__stream_size_stays_and_queue_goes_on)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_RESIZABLE), fixed = t_vmo(PG);
	zx_handle_t stream = s_stream(vmo, S_BOTH, 0), other = s_stream(fixed, S_BOTH, 0);
	size_t actual;

	T_ZX(zx_vmo_set_size(vmo, MAX_SIZE + 1), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmo_set_size(fixed, 1), ZX_ERR_UNAVAILABLE);
	T_ZX(zx_vmo_set_stream_size(vmo, PG + 1), ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(vmo_stream(vmo), PG);
	T_OK(s_append(stream, "a", 1, &actual));
	T_OK(zx_vmo_set_size(vmo, 5));
	T_OK(zx_vmo_set_stream_size(fixed, 5));
	T_OK(s_append(other, "a", 1, &actual));
	cr_assert_eq(vmo_stream(fixed), 6);
}

/* spec: pager 11 beyond #1 */
Test(call_stream_family, mapping_that_ends_with_the_stream__follows_writes)
{
	const zx_vm_option_t options = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_ALLOW_FAULTS |
				       ZX_VM_FAULT_BEYOND_STREAM_SIZE;
	zx_handle_t vmo = s_vmo(ZX_VMO_RESIZABLE, 2 * PG, 100, 0);
	zx_handle_t stream = s_stream(vmo, S_BOTH, 0);
	zx_vaddr_t addr;
	size_t actual;
	uint8_t byte;

	T_OK(zx_vmar_map(zx_vmar_root_self(), options, 0, vmo, 0, 4 * PG, &addr));
	T_OK(zirconia_probe_read8((void *)(addr + PG - 1), &byte));
	T_ZX(zirconia_probe_read8((void *)(addr + PG), &byte), ZX_ERR_OUT_OF_RANGE);
	T_OK(s_write_at(stream, PG, "w", 1, &actual));
	T_OK(zirconia_probe_read8((void *)(addr + PG), &byte));
	cr_assert_eq(byte, 'w');
	T_ZX(zirconia_probe_write8((void *)(addr + 2 * PG), 1), ZX_ERR_OUT_OF_RANGE);
	/* Growth of the VMO. */
	T_OK(s_write_at(stream, 3 * PG - 1, "z", 1, &actual));
	T_OK(zirconia_probe_write8((void *)(addr + 2 * PG), 'm'));
	T_ZX(zirconia_probe_write8((void *)(addr + 3 * PG), 1), ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(vmo_byte(vmo, 2 * PG), 'm');
	/* And back. */
	T_OK(zx_vmo_set_stream_size(vmo, PG));
	T_ZX(zirconia_probe_read8((void *)(addr + PG), &byte), ZX_ERR_OUT_OF_RANGE);
}

/* A plain mapping shows the new pages too, and what was there stays in place. */
Test(call_stream_family, mapping__vmo_grown_by_a_write__new_pages_are_shown)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_RESIZABLE);
	zx_handle_t stream = s_stream(vmo, S_BOTH, 0);
	uint8_t *map = t_map(vmo, 0, 3 * PG);
	size_t actual;

	memset(map, 'm', PG);
	T_OK(s_append(stream, s_bytes(2 * PG, 'w'), 2 * PG, &actual));
	cr_assert(t_all(map, PG, 'm'));
	cr_assert(t_all(map + PG, 2 * PG, 'w'));
	map[2 * PG] = 'x';
	cr_assert_eq(vmo_byte(vmo, 2 * PG), 'x');
	t_unmap(map, 3 * PG);
}

/* A buffer that is mapped from the VMO of the stream: nothing is held that its faults need. */
Test(call_stream_family, buffer_mapped_from_the_same_vmo__works)
{
	zx_handle_t vmo = t_vmo_options(4 * PG, ZX_VMO_RESIZABLE);
	zx_handle_t clone_source = s_vmo(0, 4 * PG, 4 * PG, 's');
	zx_handle_t stream = s_stream(vmo, S_BOTH, 0);
	uint8_t *map = t_map(vmo, 0, 4 * PG);
	size_t actual;

	memset(map, 'a', PG);
	T_OK(s_append(stream, map, PG, &actual));
	cr_assert(vmo_all(vmo, 4 * PG, PG, 'a'));
	T_OK(s_read_at(stream, 0, map + 2 * PG, PG, &actual));
	cr_assert(vmo_all(vmo, 2 * PG, PG, 'a'));
	/* Writing from one part of a clone into another forks pages on the way. */
	zx_handle_t clone = vmo_child(clone_source, SNAPSHOT, 0, 4 * PG);
	uint8_t *shown = t_map(clone, 0, 4 * PG);
	zx_handle_t other = s_stream(clone, S_BOTH, 0);

	shown[0] = 'b';
	T_OK(s_write_at(other, PG, shown, PG, &actual));
	cr_assert_eq(shown[PG], 'b');
	cr_assert(t_all(shown + PG + 1, PG - 1, 's'));
	cr_assert(vmo_all(clone_source, 0, 4 * PG, 's'));
}

/* spec: pager 11 property #2; pager 11 zeroed #4; vmo 3.3 property #2 */
Test(call_stream_family, content_size__2025__any_number)
{
	uint64_t size = 10 * PG + 5;
	uint8_t buf[16];
	size_t actual;

	s_behaviour("2025");
	zx_handle_t vmo = t_vmo(2 * PG);
	zx_handle_t stream = s_stream(vmo, S_BOTH, 0);
	vmo_fill(vmo, 0, 2 * PG, 'v');
	T_OK(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, 8));
	cr_assert_eq(vmo_stream(vmo), size);
	cr_assert_eq(vmo_size(vmo), 2 * PG);
	cr_assert(vmo_all(vmo, 0, 2 * PG, 'v'));
	/* Inside the stream, but not in the VMO. */
	T_ZX(s_read_at(stream, 2 * PG, buf, 1, &actual), ZX_ERR_OUT_OF_RANGE);
	T_ZX(s_write_at(stream, 2 * PG, buf, 1, &actual), ZX_ERR_NO_SPACE);
	T_ZX(s_append(stream, buf, 1, &actual), ZX_ERR_NO_SPACE);
	/* Smaller: what follows is cleared; larger again: the gap keeps its bytes. */
	size = 100;
	T_OK(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, 8));
	cr_assert(vmo_all(vmo, 0, 100, 'v'));
	cr_assert(vmo_all(vmo, 100, 2 * PG - 100, 0));
	vmo_fill(vmo, 100, 100, 'g');
	size = 300;
	T_OK(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, 8));
	cr_assert(vmo_all(vmo, 100, 100, 'g'));
	size = UINT64_MAX;
	T_OK(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, 8));
	cr_assert_eq(vmo_stream(vmo), UINT64_MAX);
	zx_handle_t weak = vmo_without(vmo, ZX_RIGHT_WRITE);
	T_ZX(zx_object_set_property(weak, ZX_PROP_VMO_CONTENT_SIZE, &size, 8),
	     ZX_ERR_ACCESS_DENIED);
}

/* spec: pager 11 property #1 */
Test(call_stream_family, content_size__default__as_set_stream_size)
{
	uint64_t size = 2 * PG + 1;
	zx_handle_t vmo = s_vmo(0, 2 * PG, 100, 'v');

	T_ZX(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, 8), ZX_ERR_OUT_OF_RANGE);
	size = 300;
	T_OK(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, 8));
	cr_assert(vmo_all(vmo, 0, 100, 'v'));
	cr_assert(vmo_all(vmo, 100, 2 * PG - 100, 0));
	size = 0;
	T_OK(zx_object_get_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, 8));
	cr_assert_eq(size, 300);
}

Test(call_stream_family, discarded_vmo__transfer__not_found)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_DISCARDABLE);
	zx_handle_t stream = s_stream(vmo, S_BOTH, 0);
	zx_vmo_lock_state_t state;
	uint8_t byte = 1;
	size_t actual;

	T_OK(s_write(stream, &byte, 1, &actual));
	T_OK(vmo_lock(vmo, PG, &state));
	T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, PG));
	T_OK(zirconia_debug_discard(vmo));
	T_ZX(s_read_at(stream, 0, &byte, 1, &actual), ZX_ERR_NOT_FOUND);
	T_ZX(s_write_at(stream, 0, &byte, 1, &actual), ZX_ERR_NOT_FOUND);
}

/* An unbounded VMO has all the room there is. */
Test(call_stream_family, unbounded__far_behind__written)
{
	zx_handle_t vmo = t_vmo_options(1300, ZX_VMO_UNBOUNDED);
	zx_handle_t stream = s_stream(vmo, S_BOTH, 0);
	uint8_t byte = 0;
	size_t actual;

	cr_assert_eq(vmo_stream(vmo), 1300);
	T_OK(s_write_at(stream, UINT64_C(1) << 33, "u", 1, &actual));
	cr_assert_eq(vmo_stream(vmo), (UINT64_C(1) << 33) + 1);
	T_OK(s_read_at(stream, UINT64_C(1) << 33, &byte, 1, &actual));
	cr_assert_eq(byte, 'u');
	T_OK(s_write_at(stream, MAX_SIZE - 1, "uvw", 3, &actual));
	cr_assert_eq(actual, 1);
	T_ZX(s_write_at(stream, MAX_SIZE, "u", 1, &actual), ZX_ERR_NO_SPACE);
	T_ZX(s_append(stream, "u", 1, &actual), ZX_ERR_NO_SPACE);
}
