/* zi-test: valgrind */
/* zx_process_read_memory and zx_process_write_memory. */
#include "vmar_t.h"

typedef zx_status_t transfer_call(zx_handle_t process, zx_vaddr_t addr, void *buffer, size_t size,
				  size_t *actual);

static zx_status_t read_call(zx_handle_t process, zx_vaddr_t addr, void *buffer, size_t size,
			     size_t *actual)
{
	return zx_process_read_memory(process, addr, buffer, size, actual);
}

static zx_status_t write_call(zx_handle_t process, zx_vaddr_t addr, void *buffer, size_t size,
			      size_t *actual)
{
	return zx_process_write_memory(process, addr, buffer, size, actual);
}

static const struct {
	const char *name;
	transfer_call *call;
	zx_rights_t rights;
	bool writes;
} calls[] = {
	{"read", read_call, ZX_RIGHT_READ | ZX_RIGHT_WRITE, false},
	{"write", write_call, ZX_RIGHT_WRITE, true},
};

static void arguments(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(4 * PG), event = an_event(), closed = a_closed_handle();
	uint8_t byte = 5;
	size_t actual = 77;

	map_at(a->vmar, RW, 4, vmo, 0, 4);
	const zx_vaddr_t at = a->base + 4 * PG;

	T_EACH (calls, c) {
		/* spec: vmar 11.3 #2 */
		T_ZX_ROW(c->name, c->call(closed, at, NULL, 1, &actual), ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(c->name, c->call(a->process, at, NULL, 1, &actual), ZX_ERR_INVALID_ARGS);
		/* spec: vmar 11.3 #3; abi 9.18 memory #2 */
		T_ZX_ROW(c->name, c->call(closed, at, &byte, 0, &actual), ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(c->name, c->call(closed, at, &byte, (64u << 20) + 1, &actual),
			 ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(c->name, c->call(a->process, at, &byte, SIZE_MAX, &actual),
			 ZX_ERR_INVALID_ARGS);
		/* spec: vmar 11.3 #4; abi 9.18 memory #3 #4 */
		T_ZX_ROW(c->name, c->call(closed, at, &byte, 1, &actual), ZX_ERR_BAD_HANDLE);
		T_ZX_ROW(c->name, c->call(ZX_HANDLE_INVALID, 0, &byte, 1, &actual),
			 ZX_ERR_BAD_HANDLE);
		T_ZX_ROW(c->name, c->call(event, at, &byte, 1, &actual), ZX_ERR_WRONG_TYPE);
		T_ZX_ROW(c->name, c->call(a->vmar, at, &byte, 1, &actual), ZX_ERR_WRONG_TYPE);
		for (unsigned bit = 0; bit < 24; bit++) {
			const zx_rights_t right = (zx_rights_t)1 << bit;

			if ((c->rights & right) == 0)
				continue;
			zx_handle_t weak = without(a->process, right);

			T_ZX_ROW(c->name, c->call(weak, at, &byte, 1, &actual),
				 ZX_ERR_ACCESS_DENIED);
			t_close(weak);
		}
		/* spec: vmar 11.3 #5; abi 9.18 memory #6 */
		T_ZX_ROW(c->name, c->call(a->process, 0, &byte, 1, &actual), ZX_ERR_NOT_FOUND);
		T_ZX_ROW(c->name, c->call(a->process, at - 1, &byte, 1, &actual), ZX_ERR_NOT_FOUND);
		T_ZX_ROW(c->name, c->call(a->process, at + 4 * PG, &byte, 1, &actual),
			 ZX_ERR_NOT_FOUND);
		T_ZX_ROW(c->name, c->call(a->process, UINT64_MAX, &byte, 1, &actual),
			 ZX_ERR_NOT_FOUND);
		/* spec: vmar 11.3 #11 */
		T_ZX_ROW(c->name, c->call(a->process, at, t_no_access_page(), 1, &actual),
			 ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(c->name, c->call(a->process, at, t_before_guard(100), 200, &actual),
			 ZX_ERR_INVALID_ARGS);
		cr_assert_eq(actual, 77, "%s: the count was written", c->name);
		/* spec: vmar 11.3 #12 */
		T_ZX_ROW(c->name, c->call(a->process, at, &byte, 1, NULL), ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(c->name, c->call(a->process, at, &byte, 1, t_no_access_page()),
			 ZX_ERR_INVALID_ARGS);
		zx_handle_t exact = dup_of(a->process, c->rights);

		T_ZX_ROW(c->name, c->call(exact, at, &byte, 1, &actual), ZX_OK);
		cr_assert_eq(actual, 1);
		actual = 77;
		t_close(exact);
	}
	/* The data was transferred although the count could not be told. */
	byte = 42;
	T_ZX(zx_process_write_memory(a->process, at + 9, &byte, 1, NULL), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(vmo_byte(vmo, 9), 42);
	t_close(event);
	t_close(vmo);
}

Test(call_vmar_process_memory, arguments__each__its_status_in_order)
{
	in_both(arguments);
}

/* spec: vmar 11.3 #6 */
Test(call_vmar_process_memory, vdso__read_but_not_written)
{
	const zx_info_maps_t vdso = the_vdso();
	uint8_t bytes[16];
	size_t actual = 77;

	T_ZX(zx_process_write_memory(zx_process_self(), vdso.base, bytes, 1, &actual),
	     ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_process_write_memory(zx_process_self(), vdso.base + vdso.size - 1, bytes, 16,
				     &actual),
	     ZX_ERR_ACCESS_DENIED);
	cr_assert_eq(actual, 77);
	T_OK(zx_process_read_memory(zx_process_self(), vdso.base + vdso.size - 5, bytes, 16,
				    &actual));
	cr_assert_eq(actual, 5);
}

static void states_of_the_vmo(const struct arena *a)
{
	zx_handle_t uncached = t_vmo(PG), small = t_vmo_options(2 * PG, ZX_VMO_RESIZABLE);
	zx_handle_t lost = t_vmo_options(PG, ZX_VMO_DISCARDABLE);
	zx_vmo_lock_state_t state;
	uint8_t bytes[16] = {0};
	size_t actual = 77;

	T_OK(zx_vmo_set_cache_policy(uncached, ZX_CACHE_POLICY_UNCACHED));
	map_at(a->vmar, RW, 4, uncached, 0, 2);
	map_at(a->vmar, RW, 8, small, 0, 4);
	map_at(a->vmar, RW | FAULTS, 16, lost, 0, 1);
	T_OK(zx_vmo_op_range(lost, ZX_VMO_OP_LOCK, 0, PG, &state, sizeof(state)));
	T_OK(zx_vmo_op_range(lost, ZX_VMO_OP_UNLOCK, 0, PG, NULL, 0));
	T_OK(zirconia_debug_discard(lost));
	T_EACH (calls, c) {
		/* spec: vmar 11.3 #8 */
		T_ZX_ROW(c->name, c->call(a->process, a->base + 4 * PG, bytes, 1, &actual),
			 ZX_ERR_BAD_STATE);
		T_ZX_ROW(c->name, c->call(a->process, a->base + 5 * PG, bytes, 1, &actual),
			 ZX_ERR_BAD_STATE);
		/* spec: vmar 11.3 #9; abi 9.18 memory #8 */
		T_ZX_ROW(c->name, c->call(a->process, a->base + 10 * PG, bytes, 1, &actual),
			 ZX_ERR_OUT_OF_RANGE);
		/* spec: vmar 11.3 #10 */
		T_ZX_ROW(c->name, c->call(a->process, a->base + 16 * PG, bytes, 1, &actual),
			 ZX_ERR_NOT_FOUND);
	}
	cr_assert_eq(actual, 77);
	/* Up to the VMO's end is a short count. */
	T_EACH (calls, c) {
		T_ZX_ROW(c->name, c->call(a->process, a->base + 10 * PG - 3, bytes, 16, &actual),
			 ZX_OK);
		cr_assert_eq(actual, 3);
	}
	T_OK(zx_vmo_set_size(small, 0));
	T_EACH (calls, c)
		T_ZX_ROW(c->name, c->call(a->process, a->base + 8 * PG, bytes, 1, &actual),
			 ZX_ERR_OUT_OF_RANGE);
	t_close(lost);
	t_close(small);
	t_close(uncached);
}

Test(call_vmar_process_memory, vmo__uncached_short_or_discarded__its_status)
{
	in_both(states_of_the_vmo);
}

/* spec: vmar 11.3 effect #1; abi 9.18 memory #9 */
static void one_mapping(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(64 * PG), other = t_vmo(4 * PG);
	uint8_t *bytes = malloc(70 * PG);
	size_t actual = 0;

	for (uint64_t i = 0; i < 8 * PG; i++)
		bytes[i] = (uint8_t)(i * 7 / 3);
	T_OK(zx_vmo_write(vmo, bytes, 0, 8 * PG));
	map_at(a->vmar, RW, 4, vmo, 0, 4);
	map_at(a->vmar, RW, 8, other, 0, 4);
	/* Not over the border, though the neighbour is mapped; protections do not matter. */
	T_OK(zx_vmar_protect(a->vmar, 0, a->base + 5 * PG, 2 * PG));
	memset(bytes, 0, 70 * PG);
	T_OK(zx_process_read_memory(a->process, a->base + 4 * PG + 5, bytes, 70 * PG, &actual));
	cr_assert_eq(actual, 4 * PG - 5);
	for (uint64_t i = 0; i < actual; i++)
		cr_assert_eq(bytes[i], (uint8_t)((i + 5) * 7 / 3));
	cr_assert_eq(bytes[actual], 0);
	/* Writes too: read-only and inaccessible pages of a mapping that may be writable. */
	memset(bytes, 0x5a, 70 * PG);
	T_OK(zx_vmar_protect(a->vmar, R, a->base + 4 * PG, PG));
	T_OK(zx_process_write_memory(a->process, a->base + 4 * PG + PG / 2, bytes, 2 * PG,
				     &actual));
	cr_assert_eq(actual, 2 * PG);
	memset(bytes, 0, 70 * PG);
	T_OK(zx_vmo_read(vmo, bytes, PG / 2, 2 * PG));
	cr_assert(t_all(bytes, 2 * PG, 0x5a));
	/* A merged mapping is one. */
	map_at(a->vmar, RW, 20, vmo, 0, 4);
	map_at(a->vmar, RW, 24, vmo, 4, 4);
	T_OK(zx_process_read_memory(a->process, a->base + 20 * PG, bytes, 70 * PG, &actual));
	cr_assert_eq(actual, 8 * PG);
	/* Larger than any buffer inside. */
	map_at(a->vmar, RW, 0, vmo, 0, 4);
	T_OK(zx_vmar_unmap(a->vmar, a->base, ARENA_PAGES * PG));
	map_at(a->vmar, RW, 0, vmo, 0, 64);
	T_OK(zx_process_read_memory(a->process, a->base + 1, bytes, 70 * PG, &actual));
	cr_assert_eq(actual, 64 * PG - 1);
	t_close(other);
	t_close(vmo);
	free(bytes);
}

Test(call_vmar_process_memory, transfer__over_borders_and_protections__one_mapping_at_most)
{
	in_both(one_mapping);
}

/* spec: vmar 11.3 effect #2 */
static void private_copy(const struct arena *a)
{
	zx_handle_t vmo = t_vmo(8 * PG), read_only = without(vmo, ZX_RIGHT_WRITE);
	zx_info_maps_t before[4], after[4];
	uint8_t byte = 0xdb;
	size_t actual = 0;

	number_pages(vmo, 8);
	T_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "code", 4));
	map_at(a->vmar, R, 4, read_only, 2, 4);
	T_OK(zx_vmar_protect(a->vmar, 0, a->base + 5 * PG, PG));
	cr_assert_eq(list(a->vmar, before, 4), 4);
	T_OK(zx_process_write_memory(a->process, a->base + 4 * PG + 1, &byte, 1, &actual));
	cr_assert_eq(actual, 1);
	/* The VMO is as it was; the mapping shows another one of the same name. */
	cr_assert_eq(vmo_byte(vmo, 2 * PG + 1), 0);
	cr_assert_eq(vmo_info(vmo).num_mappings, 0);
	cr_assert_eq(list(a->vmar, after, 4), 4);
	for (int i = 1; i < 4; i++) {
		cr_assert(after[i].base == before[i].base && after[i].size == before[i].size);
		cr_assert_eq(after[i].u.mapping.mmu_flags, before[i].u.mapping.mmu_flags);
		cr_assert_str_eq(after[i].name, "code");
		cr_assert_neq(after[i].u.mapping.vmo_koid, t_koid(vmo));
		cr_assert_eq(after[i].u.mapping.vmo_koid, after[1].u.mapping.vmo_koid);
		cr_assert_eq(after[i].u.mapping.vmo_offset, after[i].base - a->base - 4 * PG);
	}
	T_OK(zx_process_read_memory(a->process, a->base + 4 * PG + 1, &byte, 1, &actual));
	cr_assert_eq(byte, 0xdb);
	T_OK(zx_process_read_memory(a->process, a->base + 6 * PG, &byte, 1, &actual));
	cr_assert_eq(byte, 5);
	if (a->real) {
		cr_assert_eq(byte_at(a->base + 4 * PG + 1), 0xdb);
		cr_assert_eq(byte_at(a->base + 6 * PG), 5);
		T_ZX(try_read(a->base + 5 * PG), ZX_ERR_ACCESS_DENIED);
		T_ZX(try_write(a->base + 4 * PG, 1), ZX_ERR_ACCESS_DENIED);
	}
	/* Once: the second write goes to the same copy, also in what a split leaves. */
	byte = 0xdc;
	T_OK(zx_vmar_unmap(a->vmar, a->base + 6 * PG, PG));
	T_OK(zx_process_write_memory(a->process, a->base + 7 * PG, &byte, 1, &actual));
	cr_assert_eq(list(a->vmar, before, 4), 4);
	cr_assert_eq(before[3].u.mapping.vmo_koid, after[1].u.mapping.vmo_koid);
	/* The maximum stays. */
	T_ZX(zx_vmar_protect(a->vmar, RW, a->base + 4 * PG, PG), ZX_ERR_ACCESS_DENIED);
	t_close(read_only);
	t_close(vmo);
}

Test(call_vmar_process_memory, written_where_never_writable__private_copy_made_once)
{
	in_both(private_copy);
}

/* spec: vmar 11.4 #1 */
Test(call_vmar_process_memory, never_started_and_dead_process__written_and_read)
{
	struct process p = other_process();
	zx_handle_t vmo = t_vmo(4 * PG);
	const char text[] = "another process's memory";
	char back[sizeof(text)] = "";
	size_t actual = 0;
	zx_vaddr_t at;

	at = map_at(p.root, RW, 77, vmo, 0, 4);
	T_OK(zx_process_write_memory(p.process, at + PG - 5, text, sizeof(text), &actual));
	cr_assert_eq(actual, sizeof(text));
	T_OK(zx_process_read_memory(p.process, at + PG - 5, back, sizeof(back), &actual));
	cr_assert_str_eq(back, text);
	T_OK(zx_vmo_read(vmo, back, PG - 5, sizeof(back)));
	cr_assert_str_eq(back, text);
	T_OK(zx_task_kill(p.process));
	T_ZX(zx_process_read_memory(p.process, at, back, 1, &actual), ZX_ERR_NOT_FOUND);
	T_ZX(zx_process_write_memory(p.process, at, back, 1, &actual), ZX_ERR_NOT_FOUND);
	t_close(vmo);
	end_process(&p);
}

/* Buffer and target may be the same memory. */
Test(call_vmar_process_memory, self__buffer_in_the_same_mapping__copied)
{
	zx_vaddr_t base;
	zx_handle_t v = arena_of(zx_vmar_root_self(), CAN_ALL, 64, &base), vmo = t_vmo(64 * PG);
	size_t actual = 0;

	map_at(v, RW, 0, vmo, 0, 64);
	memset((void *)base, 0x31, 20 * PG);
	T_OK(zx_process_read_memory(zx_process_self(), base, (void *)(base + 32 * PG), 20 * PG,
				    &actual));
	cr_assert_eq(actual, 20 * PG);
	cr_assert(t_all((void *)(base + 32 * PG), 20 * PG, 0x31));
	T_OK(zx_process_write_memory(zx_process_self(), base + 7, (void *)(base + 8), PG, &actual));
	cr_assert_eq(actual, PG);
	t_close(vmo);
	t_close(v);
}
