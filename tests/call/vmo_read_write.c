/* zi-test: valgrind */
/* zx_vmo_read and zx_vmo_write: checks, bad buffers, and what is transferred when one of them strikes half-way. */
#include <sys/mman.h>

#include "vmo_t.h"

static zx_handle_t the_vmo;
static uint8_t bytes[4 * T_PAGE];

static zx_status_t call_read(zx_handle_t h)
{
	return zx_vmo_read(h, bytes, 0, 1);
}

static zx_status_t call_write(zx_handle_t h)
{
	return zx_vmo_write(h, bytes, 0, 1);
}

static zx_status_t call_read_nonsense(zx_handle_t h)
{
	return zx_vmo_read(h, NULL, UINT64_MAX, SIZE_MAX);
}

static zx_status_t call_write_nonsense(zx_handle_t h)
{
	return zx_vmo_write(h, NULL, UINT64_MAX, SIZE_MAX);
}

/* spec: vmo 2.1 #1 */
Test(call_vmo_read_write, handle__wrong_in_every_way__three_checks_first)
{
	the_vmo = t_vmo(PG);
	vmo_expect_handle_checks("read", call_read, the_vmo, ZX_RIGHT_READ, ZX_OK);
	vmo_expect_handle_checks("write", call_write, the_vmo, ZX_RIGHT_WRITE, ZX_OK);
	vmo_expect_handle_checks("read nonsense", call_read_nonsense, the_vmo, ZX_RIGHT_READ,
				 ZX_ERR_OUT_OF_RANGE);
	vmo_expect_handle_checks("write nonsense", call_write_nonsense, the_vmo, ZX_RIGHT_WRITE,
				 ZX_ERR_OUT_OF_RANGE);
}

/* On a VMO of two pages. */
static const struct {
	const char *name;
	uint64_t off;
	size_t len;
	zx_status_t cached;
	zx_status_t uncached;
} ranges[] = {
	/* spec: vmo 2.1 #3 */
	{"end wraps to 0", UINT64_MAX, 1, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE},
	{"length wraps", 1, SIZE_MAX, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE},
	{"both large", UINT64_MAX - 5, 4096, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE},
	/* spec: vmo 2.1 #4 */ /* spec: vmo 2.1 #5 */
	{"one byte past the end", 2 * PG, 1, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE},
	{"starts inside, ends outside", PG, T_PAGE + 1, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE},
	{"as long as can be", 0, SIZE_MAX, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE},
	{"last offset, no length", UINT64_MAX, 0, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE},
	{"inside", 100, 200, ZX_OK, ZX_ERR_BAD_STATE},
	{"everything", 0, 2 * T_PAGE, ZX_OK, ZX_ERR_BAD_STATE},
	{"last byte", 2 * PG - 1, 1, ZX_OK, ZX_ERR_BAD_STATE},
	/* spec: vmo 2.1 #6 */
	{"nothing at the start", 0, 0, ZX_OK, ZX_ERR_BAD_STATE},
	{"nothing at the end", 2 * PG, 0, ZX_OK, ZX_ERR_BAD_STATE},
	{"nothing behind the end", 2 * PG + 1, 0, ZX_ERR_OUT_OF_RANGE, ZX_ERR_BAD_STATE},
};

Test(call_vmo_read_write, range__each_row__its_status_and_nothing_moved_on_error)
{
	T_EACH (ranges, r) {
		zx_handle_t vmo = t_vmo(2 * PG);

		memset(bytes, 0x55, sizeof(bytes));
		T_ZX_ROW(r->name, zx_vmo_read(vmo, bytes, r->off, r->len), r->cached);
		if (r->cached != ZX_OK)
			cr_assert(t_all(bytes, sizeof(bytes), 0x55), "%s: buffer touched", r->name);
		memset(bytes, 0x55, sizeof(bytes));
		T_ZX_ROW(r->name, zx_vmo_write(vmo, bytes, r->off, r->len), r->cached);
		if (r->cached != ZX_OK || r->len == 0)
			EXPECT_BYTES(r->name, vmo, 0, 0, 0);

		T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
		T_ZX_ROW(r->name, zx_vmo_read(vmo, bytes, r->off, r->len), r->uncached);
		T_ZX_ROW(r->name, zx_vmo_write(vmo, bytes, r->off, r->len), r->uncached);
		t_close(vmo);
	}
}

Test(call_vmo_read_write, every_policy_but_cached__any_range__bad_state)
{
	for (uint32_t policy = 1; policy <= 3; policy++) {
		zx_handle_t vmo = t_vmo(PG);

		T_OK(zx_vmo_set_cache_policy(vmo, policy));
		T_ZX(zx_vmo_read(vmo, bytes, 0, 1), ZX_ERR_BAD_STATE);
		T_ZX(zx_vmo_write(vmo, bytes, 0, 1), ZX_ERR_BAD_STATE);
		t_close(vmo);
	}
}

/* spec: vmo 2.1 #6 */
Test(call_vmo_read_write, zero_length__bad_buffer__never_touched)
{
	zx_handle_t vmo = t_vmo(PG);

	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		const char *name;
		void *bad = vmo_bad_out(i, &name);

		T_ZX_ROW(name, zx_vmo_read(vmo, bad, 0, 0), ZX_OK);
		T_ZX_ROW(name, zx_vmo_write(vmo, bad, PG, 0), ZX_OK);
		T_ZX_ROW(name, zx_vmo_read(vmo, bad, PG + 1, 0), ZX_ERR_OUT_OF_RANGE);
	}
	cr_assert_eq(vmo_committed(vmo), 0);
}

/* spec: vmo 2.1 #7 */
Test(call_vmo_read_write, discarded__any_range_inside__not_found)
{
	zx_vmo_lock_state_t state;
	zx_handle_t vmo = t_vmo_options(2 * PG, ZX_VMO_DISCARDABLE);

	vmo_fill(vmo, 0, 2 * PG, 1);
	T_OK(vmo_lock(vmo, 2 * PG, &state));
	T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, 2 * PG));
	T_OK(zirconia_debug_discard(vmo));
	T_ZX(zx_vmo_read(vmo, bytes, 0, 1), ZX_ERR_NOT_FOUND);
	T_ZX(zx_vmo_write(vmo, bytes, PG, PG), ZX_ERR_NOT_FOUND);
	T_ZX(zx_vmo_read(vmo, NULL, 0, 1), ZX_ERR_NOT_FOUND);
	T_ZX(zx_vmo_read(vmo, bytes, 0, 0), ZX_OK);
	T_ZX(zx_vmo_read(vmo, bytes, 2 * PG, 0), ZX_OK);
	T_ZX(zx_vmo_read(vmo, bytes, 2 * PG, 1), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_vmo_write(vmo, bytes, UINT64_MAX, 1), ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(vmo_committed(vmo), 0);
}

/* Status of a transfer whose buffer is of this kind, when the call stores into it or loads from it. */
static const struct {
	enum vmo_bad kind;
	zx_status_t store, load;
} bad_buffers[] = {
	/* spec: vmo 2.1 #10 */
	{BAD_UNMAPPED, ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FOUND},
	/* spec: vmo 2.1 #11 */
	{BAD_READ_ONLY, ZX_ERR_ACCESS_DENIED, ZX_OK},
	{BAD_NO_ACCESS, ZX_ERR_ACCESS_DENIED, ZX_ERR_ACCESS_DENIED},
	/* spec: vmo 2.1 #12 */
	{BAD_BEYOND_END, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE},
	{BAD_DISCARDED, ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FOUND},
};

Test(call_vmo_read_write, bad_buffer__from_its_first_byte__status_by_cause)
{
	T_EACH (bad_buffers, b) {
		const char *name = vmo_bad_names[b->kind];
		const struct vmo_buffer buf = vmo_bad_buffer(b->kind);
		zx_handle_t vmo = t_vmo(3 * PG);

		T_ZX_ROW(name, zx_vmo_read(vmo, buf.bad, 0, 1), b->store);
		T_ZX_ROW(name, zx_vmo_read(vmo, buf.bad + 10, PG - 1, 100), b->store);
		T_ZX_ROW(name, zx_vmo_write(vmo, buf.bad, 0, 1), b->load);
		T_ZX_ROW(name, zx_vmo_write(vmo, buf.bad + 10, PG - 1, 100), b->load);
		t_close(vmo);
	}
}

/* All chunks before the failing one are done; a chunk ends at a page boundary of the VMO. */
/* spec: vmo 2.2 #1 #3 */
Test(call_vmo_read_write, bad_buffer__from_its_second_page__first_page_transferred)
{
	T_EACH (bad_buffers, b) {
		const char *name = vmo_bad_names[b->kind];
		const struct vmo_buffer buf = vmo_bad_buffer(b->kind);
		zx_handle_t vmo = t_vmo(3 * PG);

		vmo_fill(vmo, 0, 3 * PG, 0x31);
		T_ZX_ROW(name, zx_vmo_read(vmo, buf.good, 0, 2 * PG), b->store);
		cr_assert(t_all(buf.good, PG, 0x31), "%s: first page not read", name);
		T_ZX_ROW(name, zx_vmo_read(vmo, buf.good + PG - 8, PG - 8, 16), b->store);

		memset(buf.good, 0x44, PG);
		T_ZX_ROW(name, zx_vmo_write(vmo, buf.good, PG, 2 * PG), b->load);
		cr_assert(vmo_all(vmo, 0, PG, 0x31), "%s", name);
		cr_assert(vmo_all(vmo, PG, PG, 0x44), "%s: first page not written", name);
		t_close(vmo);
	}
}

/* spec: vmo 2.1 #10 */ /* spec: vmo 2.1 #13 */
Test(call_vmo_read_write, pointers_without_memory__read_and_write__not_found)
{
	static const uintptr_t pointers[] = {0,
					     1,
					     4095,
					     UINT64_C(0x0000800000000000),
					     UINT64_C(0x8000000000000000),
					     UINT64_C(0xffff800000000000),
					     UINT64_C(0xfffffffffffff000),
					     UINT64_MAX};
	zx_handle_t vmo = t_vmo(PG);

	T_EACH (pointers, p) {
		char row[32];

		snprintf(row, sizeof(row), "%#" PRIxPTR, *p);
		T_ZX_ROW(row, zx_vmo_read(vmo, (void *)*p, 0, 1), ZX_ERR_NOT_FOUND);
		T_ZX_ROW(row, zx_vmo_read(vmo, (void *)*p, 0, PG), ZX_ERR_NOT_FOUND);
		T_ZX_ROW(row, zx_vmo_write(vmo, (const void *)*p, 0, 1), ZX_ERR_NOT_FOUND);
		T_ZX_ROW(row, zx_vmo_write(vmo, (const void *)*p, 0, PG), ZX_ERR_NOT_FOUND);
	}
}

/* Memory of the host, outside every region: the same causes, as far as the host can tell them. */
Test(call_vmo_read_write, host_memory__unmapped_or_protected__status_by_cause)
{
	zx_handle_t vmo = t_vmo(PG);
	void *gone =
		mmap(NULL, 3 * T_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *read_only = (void *)(uintptr_t)t_read_only_page();

	cr_assert_neq(gone, MAP_FAILED);
	munmap((uint8_t *)gone + T_PAGE, T_PAGE);
	T_ZX(zx_vmo_read(vmo, (uint8_t *)gone + T_PAGE, 0, 1), ZX_ERR_NOT_FOUND);
	T_ZX(zx_vmo_write(vmo, (uint8_t *)gone + T_PAGE, 0, 1), ZX_ERR_NOT_FOUND);
	T_ZX(zx_vmo_read(vmo, read_only, 0, 1), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmo_write(vmo, read_only, 0, PG));
	cr_assert(vmo_all(vmo, 0, PG, 0xa5));
	T_ZX(zx_vmo_read(vmo, t_no_access_page(), 0, 1), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmo_write(vmo, t_no_access_page(), 0, 1), ZX_ERR_ACCESS_DENIED);
}

/* spec: vmo 2.2 #9; vmo 7.4 #4 */ /* spec: vmo 17.1 #14 */
Test(call_vmo_read_write, write__buffer_bad_at_a_byte__that_page_is_committed_and_none_behind)
{
	const struct vmo_buffer buf = vmo_bad_buffer(BAD_UNMAPPED);
	zx_handle_t vmo = t_vmo(4 * PG);

	T_ZX(zx_vmo_write(vmo, NULL, 0, 4 * PG), ZX_ERR_NOT_FOUND);
	EXPECT_BYTES("bad at the first byte", vmo, PG, PG, PG);
	cr_assert(vmo_all(vmo, 0, PG, 0));
	memset(buf.good, 1, PG);
	T_ZX(zx_vmo_write(vmo, buf.good, PG, 3 * PG), ZX_ERR_NOT_FOUND);
	EXPECT_BYTES("bad at the second page", vmo, 3 * PG, 3 * PG, 3 * PG);
	cr_assert_eq(vmo_get(vmo, 3), 0);
}

/* spec: vmo 2.2 #4 */
Test(call_vmo_read_write, buffer__mapped_and_untouched__faults_as_the_program_would)
{
	zx_handle_t vmo = t_vmo(2 * PG), other = t_vmo(2 * PG);
	uint8_t *map = t_map(other, 0, 2 * PG);

	/* Loading from it shows zeros and commits nothing there. */
	vmo_fill(vmo, 0, 2 * PG, 9);
	T_OK(zx_vmo_write(vmo, map, 0, 2 * PG));
	cr_assert(vmo_all(vmo, 0, 2 * PG, 0));
	EXPECT_BYTES("source of a write", other, 0, 0, 0);
	EXPECT_BYTES("written with zeros", vmo, 2 * PG, 2 * PG, 2 * PG);
	/* Storing into it commits the pages that are touched. */
	vmo_fill(vmo, 0, 2 * PG, 9);
	T_OK(zx_vmo_read(vmo, map + PG, 0, 10));
	EXPECT_BYTES("target of a read", other, PG, PG, PG);
	cr_assert(t_all(map + PG, 10, 9));
	cr_assert(t_all(map + PG + 10, PG - 10, 0));
	t_unmap(map, 2 * PG);
}

/* spec: vmo 2.2 #5 */
Test(call_vmo_read_write, buffer__mapped_from_the_same_vmo__ascending_page_copies)
{
	zx_handle_t vmo = t_vmo(4 * PG);
	uint8_t *map = t_map(vmo, 0, 4 * PG);

	for (uint64_t p = 0; p < 4; p++)
		memset(map + p * PG, (int)('a' + p), PG);
	/* Apart: a plain copy. */
	T_OK(zx_vmo_write(vmo, map, 3 * PG, PG));
	cr_assert(t_all(map + 3 * PG, PG, 'a'));
	/* Forward overlap: page 0 runs through. */
	T_OK(zx_vmo_write(vmo, map, PG, 2 * PG));
	cr_assert(t_all(map, 4 * PG, 'a'));
	for (uint64_t p = 0; p < 4; p++)
		memset(map + p * PG, (int)('a' + p), PG);
	T_OK(zx_vmo_read(vmo, map + PG, 0, 3 * PG));
	cr_assert(t_all(map, 4 * PG, 'a'));
	/* Backward overlap: like memmove. */
	for (uint64_t p = 0; p < 4; p++)
		memset(map + p * PG, (int)('a' + p), PG);
	T_OK(zx_vmo_read(vmo, map, PG, 3 * PG));
	for (uint64_t p = 0; p < 3; p++)
		cr_assert(t_all(map + p * PG, PG, (uint8_t)('b' + p)), "page %" PRIu64, p);
	/* The very same bytes. */
	T_OK(zx_vmo_read(vmo, map, 0, 4 * PG));
	T_OK(zx_vmo_write(vmo, map, 0, 4 * PG));
	cr_assert(t_all(map, PG, 'b'));
	t_unmap(map, 4 * PG);
}

Test(call_vmo_read_write, buffer__mapped_from_a_relative__each_sees_its_own)
{
	zx_handle_t vmo = t_vmo(2 * PG);

	vmo_fill(vmo, 0, PG, 'p');
	zx_handle_t child = vmo_child(vmo, SNAPSHOT, 0, 2 * PG);
	uint8_t *map = t_map(child, 0, 2 * PG);

	T_OK(zx_vmo_write(vmo, map, PG, PG)); /* from the shared page into the parent */
	cr_assert(vmo_all(vmo, PG, PG, 'p'));
	cr_assert(t_all(map + PG, PG, 0));
	vmo_fill(vmo, 0, PG, 'q');
	cr_assert(t_all(map, PG, 'p'));
	T_OK(zx_vmo_read(vmo, map, 0, PG)); /* forks the child's page */
	cr_assert(t_all(map, PG, 'q'));
	memset(map, 'r', PG);
	cr_assert(vmo_all(vmo, 0, PG, 'q'));
	t_unmap(map, 2 * PG);
}

/* spec: vmo 2.2 #6; vmo 7.4 #2 */
Test(call_vmo_read_write, read__uncommitted__zeros_and_nothing_committed)
{
	zx_handle_t vmo = t_vmo(64 * PG);
	uint8_t page[3 * T_PAGE];

	for (uint64_t off = 0; off + sizeof(page) <= 64 * PG; off += 1000) {
		memset(page, 0xff, sizeof(page));
		T_OK(zx_vmo_read(vmo, page, off, sizeof(page)));
		cr_assert(t_all(page, sizeof(page), 0));
	}
	EXPECT_BYTES("after reading", vmo, 0, 0, 0);
	vmo_put(vmo, 5, 1);
	T_OK(zx_vmo_read(vmo, page, 4 * PG, 3 * PG));
	EXPECT_BYTES("around one page", vmo, PG, PG, PG);
}

/* spec: vmo 2.2 #10 #12; vmo 7.4 #3 */
Test(call_vmo_read_write, write__zeros_or_one_byte__commits_the_pages)
{
	zx_handle_t vmo = t_vmo(8 * PG);

	memset(bytes, 0, sizeof(bytes));
	T_OK(zx_vmo_write(vmo, bytes, 0, 1));
	EXPECT_BYTES("one zero", vmo, PG, PG, PG);
	T_OK(zx_vmo_write(vmo, bytes, 2 * PG - 1, 2));
	EXPECT_BYTES("two zeros in two pages", vmo, 3 * PG, 3 * PG, 3 * PG);
	T_OK(zx_vmo_write(vmo, bytes, 4 * PG, 4 * PG));
	EXPECT_BYTES("pages of zeros", vmo, 7 * PG, 7 * PG, 7 * PG);
	T_OK(zx_vmo_write(vmo, bytes, 0, 3 * PG));
	EXPECT_BYTES("again", vmo, 7 * PG, 7 * PG, 7 * PG);
	cr_assert_eq(vmo_info(vmo).committed_change_events, 0);
}

/* spec: vmo 2.2 #11 */
Test(call_vmo_read_write, stream_size__data_beyond_it__is_readable_and_writable)
{
	zx_handle_t vmo = t_vmo(100);

	vmo_fill(vmo, 0, PG, 'x');
	cr_assert(vmo_all(vmo, 0, PG, 'x'));
	cr_assert_eq(vmo_stream(vmo), 100);
	T_OK(zx_vmo_set_stream_size(vmo, 0));
	vmo_fill(vmo, 50, 200, 'y');
	cr_assert(vmo_all(vmo, 50, 200, 'y'));
	cr_assert_eq(vmo_stream(vmo), 0);
}

Test(call_vmo_read_write, random_ranges__many__equal_an_array)
{
	static uint8_t model[16 * T_PAGE], part[16 * T_PAGE];
	uint64_t seed = t_seed();
	const uint64_t size = sizeof(model);
	zx_handle_t vmo = t_vmo(size);

	for (unsigned i = 0; i < 2000; i++) {
		const uint64_t off = t_below(&seed, size + 1);
		const uint64_t len = t_below(&seed, t_below(&seed, 4) ? 200 : 3 * PG);
		const zx_status_t want = off + len <= size ? ZX_OK : ZX_ERR_OUT_OF_RANGE;

		if (t_random(&seed) & 1) {
			memset(part, (int)(i | 1), len);
			T_ZX(zx_vmo_write(vmo, part, off, len), want);
			if (want == ZX_OK)
				memcpy(model + off, part, len);
		} else {
			T_ZX(zx_vmo_read(vmo, part, off, len), want);
			if (want == ZX_OK)
				cr_assert_eq(memcmp(part, model + off, len), 0, "step %u", i);
		}
	}
	T_OK(zx_vmo_read(vmo, part, 0, size));
	cr_assert_eq(memcmp(part, model, size), 0);
}

Test(call_vmo_read_write, large__odd_offsets__arrives_whole)
{
	const size_t len = 3 * 1024 * 1024 + 77;
	uint8_t *from = malloc(len), *to = malloc(len);
	zx_handle_t vmo = t_vmo(len + 4096);
	uint64_t seed = 42;

	cr_assert(from != NULL && to != NULL);
	for (size_t i = 0; i + 8 <= len; i += 8) {
		const uint64_t word = t_random(&seed);

		memcpy(from + i, &word, 8);
	}
	memset(from + len - 8, 3, 8);
	T_OK(zx_vmo_write(vmo, from, 333, len));
	T_OK(zx_vmo_read(vmo, to, 333, len));
	cr_assert_eq(memcmp(from, to, len), 0);
	cr_assert(vmo_all(vmo, 0, 333, 0));
	cr_assert(vmo_all(vmo, 333 + len, 1000, 0));
	free(from);
	free(to);
}

/* Host pages as a buffer: heap, stack and static memory all work, right up to a guard page. */
Test(call_vmo_read_write, buffer__ends_at_a_guard_page__exact_length_works)
{
	zx_handle_t vmo = t_vmo(2 * PG);
	uint8_t *p = t_before_guard(5000);

	vmo_fill(vmo, 0, 2 * PG, 0x17);
	T_OK(zx_vmo_read(vmo, p, 1, 5000));
	cr_assert(t_all(p, 5000, 0x17));
	T_OK(zx_vmo_write(vmo, p, 3000, 5000));
	T_ZX(zx_vmo_read(vmo, p, 1, 5001), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmo_write(vmo, p, 1, 5001), ZX_ERR_ACCESS_DENIED);
}
