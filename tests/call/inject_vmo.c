/* zi-test: timeout=300 no-tsan */ /* one thread, and scans of sparse VMOs that take minutes there */
/* VMOs when memory is out or the host refuses: see inject_t.h. */
#include "inject_t.h"

static zx_handle_t create(uint64_t pages, uint32_t options)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;

	CALL(zx_vmo_create(pages * PG, options, &vmo));
	return inj_watch(vmo);
}

static zx_handle_t child(zx_handle_t parent, uint32_t options, uint64_t page, uint64_t pages)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;

	CALL(zx_vmo_create_child(parent, options, page * PG, pages * PG, &vmo));
	return inj_watch(vmo);
}

static void put(zx_handle_t vmo, uint64_t page, uint8_t value)
{
	CALL_PART(zx_vmo_write(vmo, &value, page * PG, 1));
}

static void expect(zx_handle_t vmo, uint64_t page, uint8_t want)
{
	uint8_t byte = 0;

	CALL(zx_vmo_read(vmo, &byte, page * PG, 1));
	cr_assert_eq(byte, want, "%s: page %" PRIu64 " holds %d instead of %d", inj.spec, page,
		     byte, want);
}

static zx_vaddr_t map(zx_handle_t vmo, uint64_t page, uint64_t pages, uint32_t options)
{
	zx_vaddr_t addr = 0;

	CALL(zx_vmar_map(zx_vmar_root_self(), options, 0, vmo, page * PG, pages * PG, &addr));
	return addr;
}

static void unmap(zx_vaddr_t addr, uint64_t pages)
{
	CALL(zx_vmar_unmap(zx_vmar_root_self(), addr, pages * PG));
}

/* ---- create, map, touch, unmap, close */

static void plain(void)
{
	zx_handle_t vmo = create(8, 0);
	zx_vaddr_t addr = map(vmo, 0, 8, INJ_RW);

	CALL_PART(inj_store(addr, 1));
	CALL_PART(inj_store(addr + 5 * PG, 5));
	put(vmo, 3, 3);
	CALL_LOAD(addr + 3 * PG, 3);
	CALL_LOAD(addr + 7 * PG, 0);
	expect(vmo, 0, 1);
	expect(vmo, 5, 5);
	unmap(addr, 8);
	inj_close(vmo);
}

/* spec: vmo 1.1 #7 */
Test(inject_vmo, plain__each_point_fails__no_memory_or_fine, .timeout = 300)
{
	cr_assert_gt(inj_run(plain, true), 10u);
}

/* ---- a tree of snapshots */

static void snapshots(void)
{
	zx_handle_t a = create(40, 0), b, c, d;
	zx_vaddr_t at_a, at_b, at_c;

	for (uint8_t i = 0; i < 20; i++)
		put(a, i * 2u, (uint8_t)(i + 1));
	at_a = map(a, 0, 40, INJ_RW);
	b = child(a, ZX_VMO_CHILD_SNAPSHOT, 0, 40);
	at_b = map(b, 0, 40, INJ_RW);
	CALL_LOAD(at_b + 4 * PG, 3);
	CALL_PART(inj_store(at_b + 4 * PG, 103));
	CALL_PART(inj_store(at_a + 6 * PG, 104));
	c = child(b, ZX_VMO_CHILD_SNAPSHOT, 2, 30);
	at_c = map(c, 0, 30, INJ_RW);
	for (uint8_t i = 8; i < 16; i++)
		CALL_PART(inj_store(at_c + i * PG, i));
	put(b, 12, 112);
	d = child(c, ZX_VMO_CHILD_SNAPSHOT, 0, 50);
	put(d, 45, 45);
	put(d, 0, 46);
	expect(c, 0, 2);
	expect(d, 2, 103);
	CALL_LOAD(at_a + 4 * PG, 3);
	inj_close(b);
	CALL_LOAD(at_b + 4 * PG, 103);
	unmap(at_b, 40);
	expect(c, 2, 103);
	expect(c, 10, 10);
	unmap(at_a, 40);
	inj_close(a);
	CALL_LOAD(at_c + 4 * PG, 4);
	expect(d, 8, 8);
	inj_close(d);
	unmap(at_c, 30);
	inj_close(c);
}

/* spec: vmo 5.2 #7 */
Test(inject_vmo, snapshots__each_point_fails__contents_stay, .timeout = 300)
{
	cr_assert_gt(inj_run(snapshots, true), 50u);
}

/* ---- children of the other kinds */

static void children(void)
{
	zx_handle_t a = create(16, 0), slice, reference, modified, below;
	zx_vaddr_t at;

	for (uint8_t i = 0; i < 16; i += 3)
		put(a, i, (uint8_t)(i + 1));
	slice = child(a, ZX_VMO_CHILD_SLICE, 2, 10);
	put(slice, 1, 60);
	expect(a, 3, 60);
	CALL(zx_vmo_create_child(a, ZX_VMO_CHILD_REFERENCE, 0, 0, &reference));
	inj_watch(reference);
	put(reference, 4, 70);
	expect(a, 4, 70);
	below = child(slice, ZX_VMO_CHILD_SLICE, 2, 4);
	at = map(below, 0, 4, INJ_RW);
	CALL_PART(inj_store(at, 71));
	expect(a, 4, 71);
	unmap(at, 4);
	inj_close(below);
	inj_close(slice);
	inj_close(reference);
	modified = child(a, ZX_VMO_CHILD_SNAPSHOT_MODIFIED, 0, 16);
	put(modified, 9, 90);
	put(a, 6, 61);
	expect(a, 9, 10);
	expect(modified, 6, 7);
	below = child(modified, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 4, 8);
	put(below, 0, 5);
	expect(modified, 4, 71);
	inj_close(modified);
	expect(below, 5, 90);
	inj_close(a);
	expect(below, 2, 7);
	inj_close(below);
}

Test(inject_vmo, children__each_point_fails__contents_stay, .timeout = 300)
{
	cr_assert_gt(inj_run(children, true), 30u);
}

/* ---- sizes */

static void sizes(void)
{
	zx_handle_t a = create(4, ZX_VMO_RESIZABLE), b;
	zx_vaddr_t at = map(a, 0, 64, INJ_RW | ZX_VM_ALLOW_FAULTS);
	uint64_t size = 0;

	put(a, 0, 1);
	put(a, 3, 4);
	CALL(zx_vmo_set_size(a, 40 * PG));
	CALL_PART(inj_store(at + 39 * PG, 40));
	CALL_LOAD(at + 3 * PG, 4);
	b = child(a, ZX_VMO_CHILD_SNAPSHOT | ZX_VMO_CHILD_RESIZABLE, 0, 40);
	CALL(zx_vmo_set_size(b, 400 * PG));
	put(b, 300, 30);
	CALL(zx_vmo_set_size(b, 2 * PG));
	CALL(zx_vmo_set_size(b, 40 * PG));
	expect(b, 3, 0);
	expect(b, 0, 1);
	CALL(zx_vmo_set_size(a, 2 * PG));
	CALL(zx_vmo_set_size(a, 8 * PG));
	CALL_LOAD(at + 3 * PG, 0);
	CALL(zx_vmo_set_stream_size(a, 5 * PG + 3));
	CALL(zx_vmo_get_size(a, &size));
	cr_assert_eq(size, 8 * PG);
	unmap(at, 64);
	inj_close(a);
	expect(b, 0, 1);
	inj_close(b);
}

Test(inject_vmo, sizes__each_point_fails__sizes_stay, .timeout = 300)
{
	cr_assert_gt(inj_run(sizes, true), 30u);
}

/* ---- operations on ranges */

static void op(zx_handle_t vmo, uint32_t what, uint64_t page, uint64_t pages)
{
	CALL_PART(zx_vmo_op_range(vmo, what, page * PG, pages * PG, NULL, 0));
}

static void ranges(void)
{
	zx_handle_t a = create(32, 0), b;
	zx_vaddr_t at = map(a, 0, 32, INJ_RW);

	op(a, ZX_VMO_OP_COMMIT, 0, 8);
	put(a, 1, 2);
	put(a, 20, 21);
	b = child(a, ZX_VMO_CHILD_SNAPSHOT, 0, 32);
	op(b, ZX_VMO_OP_COMMIT, 0, 32);
	op(b, ZX_VMO_OP_ZERO, 0, 2);
	op(a, ZX_VMO_OP_ZERO, 18, 10);
	expect(a, 20, 0);
	expect(b, 20, 21);
	expect(b, 1, 0);
	expect(a, 1, 2);
	op(a, ZX_VMO_OP_PREFETCH, 0, 32);
	op(a, ZX_VMO_OP_ALWAYS_NEED, 0, 32);
	op(a, ZX_VMO_OP_DONT_NEED, 0, 32);
	inj_close(b);
	op(a, ZX_VMO_OP_DECOMMIT, 0, 4);
	CALL_LOAD(at + PG, 0);
	CALL_PART(zx_vmar_op_range(zx_vmar_root_self(), ZX_VMAR_OP_COMMIT, at, 32 * PG, NULL, 0));
	CALL_PART(
		zx_vmar_op_range(zx_vmar_root_self(), ZX_VMAR_OP_MAP_RANGE, at, 32 * PG, NULL, 0));
	CALL_PART(zx_vmar_op_range(zx_vmar_root_self(), ZX_VMAR_OP_ZERO, at + PG, 4 * PG, NULL, 0));
	CALL_PART(zx_vmar_op_range(zx_vmar_root_self(), ZX_VMAR_OP_DECOMMIT, at, 32 * PG, NULL, 0));
	unmap(at, 32);
	inj_close(a);
}

Test(inject_vmo, ranges__each_point_fails__contents_stay, .timeout = 300)
{
	cr_assert_gt(inj_run(ranges, true), 30u);
}

/* ---- discardable and contiguous ones, names, properties, executable */

static void kinds(void)
{
	zx_handle_t a = create(8, ZX_VMO_DISCARDABLE), b = create(4, ZX_VMO_UNBOUNDED | 0), c;
	uint64_t state = 0;
	char name[ZX_MAX_NAME_LEN] = "name";

	CALL(zx_vmo_op_range(a, ZX_VMO_OP_TRY_LOCK, 0, 8 * PG, NULL, 0));
	put(a, 2, 3);
	CALL(zx_vmo_op_range(a, ZX_VMO_OP_UNLOCK, 0, 8 * PG, NULL, 0));
	SURE(zirconia_debug_discard(a));
	zx_vmo_lock_state_t lock;
	CALL(zx_vmo_op_range(a, ZX_VMO_OP_LOCK, 0, 8 * PG, &lock, sizeof(lock)));
	cr_assert_eq(lock.discarded_size, 8 * PG);
	put(a, 2, 4);
	CALL(zx_object_set_property(a, ZX_PROP_NAME, name, sizeof(name)));
	CALL(zx_object_get_property(a, ZX_PROP_NAME, name, sizeof(name)));
	put(b, 1000, 1);
	expect(b, 1000, 1);
	CALL(zx_object_get_property(b, ZX_PROP_VMO_CONTENT_SIZE, &state, sizeof(state)));
	CALL(zx_vmo_replace_as_executable(b, ZX_HANDLE_INVALID, &c));
	for (unsigned i = 0; i < inj.nwatched; i++)
		if (inj.watched[i] == b)
			inj.watched[i] = c;
	expect(c, 1000, 1);
	inj_close(c);
	inj_close(a);
}

Test(inject_vmo, kinds__each_point_fails__contents_stay, .timeout = 300)
{
	cr_assert_gt(inj_run(kinds, false), 15u);
}

/* ---- pages moved from one to another, large sparse ones, many segments */

static void sparse(void)
{
	zx_handle_t a = create(1u << 20, 0), b;

	for (uint64_t i = 0; i < 12; i++)
		put(a, i * 70000, (uint8_t)(i + 1));
	b = child(a, ZX_VMO_CHILD_SNAPSHOT, 0, 1u << 20);
	for (uint64_t i = 0; i < 12; i++)
		put(b, i * 70000 + 1, (uint8_t)(i + 101));
	op(b, ZX_VMO_OP_ZERO, 60000, 300000);
	expect(b, 70000, 0);
	expect(b, 0, 1);
	expect(a, 70000, 2);
	expect(b, 700001, 111);
	inj_close(a);
	expect(b, 770001, 112);
	inj_close(b);
}

Test(inject_vmo, sparse__each_point_fails__contents_stay, .timeout = 300)
{
	cr_assert_gt(inj_run(sparse, false), 30u);
}

/* ---- whole leaves of page sets, which need memory to lose a page: used memory, markers, committed pages */

static uint8_t pattern[1024 * 4096];

/* All of it: the pattern before page `from`, zeros behind it but for the pages given. */
static void expect_all(zx_handle_t vmo, uint64_t from, const uint16_t pages[3],
		       const uint8_t bytes[3])
{
	static uint8_t got[1024 * 4096];

	/* The points that reading it all reaches are none that matter. */
	if (!inj.failed && zirconia_inject_fired() == 0)
		return;
	CALL(zx_vmo_read(vmo, got, 0, sizeof(got)));
	for (uint64_t i = 0; i < 1024; i++) {
		uint8_t want = i < from ? pattern[i * PG] : 0;

		for (int k = 0; k < 3; k++)
			want = pages[k] == i ? bytes[k] : want;
		cr_assert_eq(got[i * PG], want, "%s: page %" PRIu64 " holds %d instead of %d",
			     inj.spec, i, got[i * PG], want);
		cr_assert_eq(got[i * PG + 1], 0, "%s: page %" PRIu64, inj.spec, i);
	}
}

static void large(void)
{
	zx_handle_t used = create(1024, 0), a, b, c;
	zx_vaddr_t at;

	for (size_t i = 0; i < sizeof(pattern); i += 4096)
		pattern[i] = (uint8_t)(i / 4096 % 251 + 1);
	/* Its memory is what the clones get. */
	CALL_PART(zx_vmo_write(used, pattern, 0, sizeof(pattern)));
	inj_close(used);
	a = create(1024, ZX_VMO_RESIZABLE);
	CALL_PART(zx_vmo_write(a, pattern, 0, sizeof(pattern)));
	b = child(a, ZX_VMO_CHILD_SNAPSHOT | ZX_VMO_CHILD_RESIZABLE, 0, 1024);
	put(b, 700, 7);
	at = map(b, 0, 1024, INJ_RW);
	CALL_PART(inj_store(at + 300 * PG, 8));
	op(b, ZX_VMO_OP_ZERO, 0, 1024);
	put(b, 600, 9);
	CALL_PART(inj_store(at + 100 * PG, 10));
	c = child(b, ZX_VMO_CHILD_SNAPSHOT, 0, 1024);
	put(c, 800, 11);
	put(b, 801, 12);
	op(a, ZX_VMO_OP_ZERO, 512, 512);
	put(a, 900, 13);
	CALL(zx_vmo_set_size(b, 550 * PG));
	CALL(zx_vmo_set_size(b, 1024 * PG));
	expect(b, 600, 0);
	expect(b, 100, 10);
	expect(c, 600, 9);
	expect(c, 801, 0);
	expect(a, 511, (uint8_t)(511 % 251 + 1));
	inj_close(b);
	CALL_LOAD(at + 100 * PG, 10);
	unmap(at, 1024);
	expect(c, 100, 10);
	expect(c, 700, 0);
	expect_all(c, 0, (const uint16_t[]){100, 600, 800}, (const uint8_t[]){10, 9, 11});
	inj_close(c);
	expect_all(a, 512, (const uint16_t[]){900, 900, 900}, (const uint8_t[]){13, 13, 13});
	op(a, ZX_VMO_OP_COMMIT, 0, 1024);
	op(a, ZX_VMO_OP_DECOMMIT, 200, 100);
	expect(a, 250, 0);
	expect(a, 199, (uint8_t)(199 % 251 + 1));
	inj_close(a);
}

Test(inject_vmo, large__each_point_fails__contents_stay, .timeout = 300)
{
	cr_assert_gt(inj_run(large, false), 20u);
}
