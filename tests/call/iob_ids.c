/* zi-test: valgrind */
/* zx_iob_allocate_id: numbers, blobs, and a region whose bytes cannot be trusted. */
#include <pthread.h>

#include "iob_t.h"

struct header {
	_Atomic uint32_t next_id, blob_head;
};

struct entry {
	_Atomic uint32_t size, offset;
};

/* The whole region as end 0 maps it. */
struct ids {
	struct iob iob;
	uint64_t size;
	uint8_t *map;
	struct header *header;
	struct entry *entries;
};

static struct ids ids_open(uint64_t size)
{
	const zx_iob_region_t region = i_private(IDS, A_ALL, size);
	struct ids s = {.iob = i_open(&region, 1), .size = (size + PG - 1) / PG * PG};

	s.map = i_map(s.iob.end[0], 0, I_RW, s.size);
	s.header = (struct header *)s.map;
	s.entries = (struct entry *)(s.map + 8);
	return s;
}

static zx_status_t allocate(const struct ids *s, const void *blob, uint64_t size, uint32_t *id)
{
	return zx_iob_allocate_id(s->iob.end[1], 0, 0, blob, size, id);
}

static zx_status_t call(zx_handle_t end)
{
	uint32_t id;

	return zx_iob_allocate_id(end, 0, 0, NULL, 0, &id);
}

/* spec: pager 12.4 #1 #2 #3 #4 #5 */
Test(call_iob_ids, checks__in_order)
{
	zx_handle_t shared = i_shared_region(2 * PG);
	zx_iob_region_t regions[3] = {i_private(IDS, A_ALL & ~END1(A_MWRITE | A_MREAD), PG),
				      i_private(NONE, A_MAP_ALL, PG), i_shared(shared, A_ALL, 0)};
	struct iob iob = i_open(regions, 3);
	uint32_t id = 9;

	for (unsigned bit = 0; bit < 32; bit++)
		T_ZX(zx_iob_allocate_id(ZX_HANDLE_INVALID, 1u << bit, 99, NULL, 1, NULL),
		     ZX_ERR_INVALID_ARGS);
	vmo_expect_handle_checks("end 0", call, iob.end[0], ZX_RIGHT_WRITE, ZX_OK);
	vmo_expect_handle_checks("end 1", call, iob.end[1], ZX_RIGHT_WRITE, ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_iob_allocate_id(iob.end[0], 0, 3, NULL, 1, &id), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_iob_allocate_id(iob.end[0], 0, UINT32_MAX, NULL, 1, &id), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_iob_allocate_id(iob.end[0], 0, 1, NULL, 1, &id), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_iob_allocate_id(iob.end[0], 0, 2, NULL, 1, &id), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_iob_allocate_id(iob.end[1], 0, 0, NULL, UINT64_MAX, &id), ZX_ERR_ACCESS_DENIED);
	cr_assert_eq(id, 9);
}

/* spec: pager 12.4 layout #1 #2 #3 */
Test(call_iob_ids, numbers__count_from_zero_and_blobs_grow_down)
{
	struct ids s = ids_open(PG);
	uint64_t head = PG;

	cr_assert_eq(s.header->next_id, 0);
	cr_assert_eq(s.header->blob_head, PG);
	cr_assert(t_all(s.map + 8, PG - 8, 0));
	for (uint32_t i = 0; i < 20; i++) {
		uint8_t blob[64];
		uint32_t id = 999;

		memset(blob, (int)i + 1, sizeof(blob));
		/* Sizes 0, 3, 6 … of any alignment. */
		T_OK(allocate(&s, i == 0 ? NULL : blob, i * 3, &id));
		head -= i * 3;
		cr_assert_eq(id, i);
		cr_assert_eq(s.header->next_id, i + 1);
		cr_assert_eq(s.header->blob_head, head);
		cr_assert_eq(s.entries[i].size, i * 3);
		cr_assert_eq(s.entries[i].offset, head);
		cr_assert(t_all(s.map + head, i * 3, (uint8_t)(i + 1)));
	}
	cr_assert_neq(s.entries[0].offset, 0, "an empty blob is told from none");
}

/* spec: pager 12.4 #7 */
Test(call_iob_ids, room__used_up__no_memory_to_the_byte)
{
	static uint8_t blob[2 * ZX_PAGE_SIZE];
	struct ids s = ids_open(PG);
	uint32_t id;

	/* 4096 - 8 for the header - 8 for the entry. */
	T_ZX(allocate(&s, blob, PG - 15, &id), ZX_ERR_NO_MEMORY);
	T_ZX(allocate(&s, blob, UINT64_MAX, &id), ZX_ERR_NO_MEMORY);
	T_ZX(allocate(&s, NULL, UINT64_C(1) << 32, &id), ZX_ERR_NO_MEMORY);
	cr_assert_eq(s.header->next_id, 0);
	T_OK(allocate(&s, blob, PG - 16, &id));
	T_ZX(allocate(&s, NULL, 0, &id), ZX_ERR_NO_MEMORY);
	/* Numbers alone. */
	s = ids_open(PG);
	for (uint32_t i = 0; i < PG / 8 - 1; i++)
		T_OK(allocate(&s, NULL, 0, &id));
	cr_assert_eq(id, PG / 8 - 2);
	T_ZX(allocate(&s, NULL, 0, &id), ZX_ERR_NO_MEMORY);
	/* Less than an entry is left. */
	s = ids_open(PG);
	T_OK(allocate(&s, blob, PG - 16 - 7, &id));
	T_ZX(allocate(&s, NULL, 0, &id), ZX_ERR_NO_MEMORY);
	/* Blobs across pages. */
	s = ids_open(3 * PG);
	memset(blob, 'b', sizeof(blob));
	T_OK(allocate(&s, blob, 2 * PG - 5, &id));
	cr_assert(t_all(s.map + PG + 5, 2 * PG - 5, 'b'));
}

/* spec: pager 12.4 #6 */
Test(call_iob_ids, header__damaged__io_data_integrity)
{
	static const struct {
		const char *name;
		uint32_t next_id, blob_head;
		zx_status_t want;
	} rows[] = {
		{"blobs behind the end", 0, ZX_PAGE_SIZE + 1, ZX_ERR_IO_DATA_INTEGRITY},
		{"blobs far behind the end", 0, UINT32_MAX, ZX_ERR_IO_DATA_INTEGRITY},
		{"blobs in the header", 0, 7, ZX_ERR_IO_DATA_INTEGRITY},
		{"nothing left", 0, 8, ZX_ERR_NO_MEMORY},
		{"blobs in the index", 10, 87, ZX_ERR_IO_DATA_INTEGRITY},
		{"index up to the blobs", 10, 88, ZX_ERR_NO_MEMORY},
		{"more numbers than fit", ZX_PAGE_SIZE, ZX_PAGE_SIZE, ZX_ERR_IO_DATA_INTEGRITY},
		{"largest number", UINT32_MAX, ZX_PAGE_SIZE, ZX_ERR_IO_DATA_INTEGRITY},
		{"index would wrap 32 bits", 0x20000000, ZX_PAGE_SIZE, ZX_ERR_IO_DATA_INTEGRITY},
		{"fine", 10, 96, ZX_OK},
	};
	struct ids s = ids_open(PG);

	T_EACH (rows, r) {
		uint32_t id;

		s.header->next_id = r->next_id;
		s.header->blob_head = r->blob_head;
		T_ZX_ROW(r->name, allocate(&s, NULL, 0, &id), r->want);
		cr_assert_eq(s.header->next_id, r->next_id + (r->want == ZX_OK), "%s", r->name);
	}
}

/* spec: pager 12.4 #8 */
Test(call_iob_ids, blob__unreadable__number_and_room_are_used_up)
{
	struct ids s = ids_open(PG);
	const char *name;
	uint32_t id = 77;

	for (uint32_t i = 0; i < VMO_BAD_OUTS; i++) {
		void *bad = vmo_bad_out(i, &name);

		if (i == 2)
			continue; /* can be read */
		const uint32_t before = s.header->next_id;
		T_ZX_ROW(name, allocate(&s, bad, 16, &id), ZX_ERR_INVALID_ARGS);
		cr_assert_eq(s.header->next_id, before + 1, "%s", name);
		cr_assert_eq(s.entries[before].offset, 0, "%s: never there", name);
	}
	cr_assert_eq(id, 77);
	T_OK(allocate(&s, "x", 1, &id));
	cr_assert_eq(id, VMO_BAD_OUTS - 1);
}

/* spec: pager 12.4 #9 */
Test(call_iob_ids, entry__in_use__io_data_integrity)
{
	struct ids s = ids_open(PG);
	uint32_t id = 77;

	s.entries[0].size = 1;
	T_ZX(allocate(&s, "x", 1, &id), ZX_ERR_IO_DATA_INTEGRITY);
	cr_assert_eq(s.entries[0].size, 1);
	s.entries[1].offset = 1;
	T_ZX(allocate(&s, "x", 1, &id), ZX_ERR_IO_DATA_INTEGRITY);
	cr_assert_eq(id, 77);
	T_OK(allocate(&s, "x", 1, &id));
	cr_assert_eq(id, 2);
}

/* spec: pager 12.4 #10 */
Test(call_iob_ids, result__bad_address__invalid_args_but_allocated)
{
	struct ids s = ids_open(PG);
	const char *name;

	for (uint32_t i = 0; i < VMO_BAD_OUTS; i++) {
		uint32_t *bad = vmo_bad_out(i, &name);

		T_ZX_ROW(name, allocate(&s, "blob", 4, bad), ZX_ERR_INVALID_ARGS);
		cr_assert_eq(s.header->next_id, i + 1);
		cr_assert_eq(s.entries[i].size, 4);
	}
}

/* ---- threads at both ends */

enum { THREADS = 4, EACH = 400 };

static struct ids shared_ids;
static _Atomic unsigned failures;

static void *allocate_many(void *arg)
{
	const zx_handle_t end = shared_ids.iob.end[(uintptr_t)arg % 2];
	uint8_t blob[40];
	uint32_t id;

	for (uint32_t i = 0; i < EACH; i++) {
		const uint64_t size = i % sizeof(blob);

		memset(blob, (int)((uintptr_t)arg * 16 + size), sizeof(blob));
		if (zx_iob_allocate_id(end, 0, 0, blob, size, &id) != ZX_OK)
			atomic_fetch_add(&failures, 1);
	}
	return NULL;
}

Test(call_iob_ids, many_threads__numbers_and_blobs_are_disjoint, .timeout = 120)
{
	pthread_t threads[THREADS];
	uint64_t end;

	shared_ids = ids_open(12 * PG);
	end = shared_ids.size;
	for (uintptr_t i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, allocate_many, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(atomic_load(&failures), 0);
	cr_assert_eq(shared_ids.header->next_id, THREADS * EACH);
	for (uint32_t i = 0; i < THREADS * EACH; i++) {
		const uint32_t size = shared_ids.entries[i].size, at = shared_ids.entries[i].offset;

		cr_assert_eq(at + size, end, "blob %u", i);
		if (size > 0) {
			cr_assert(t_all(shared_ids.map + at, size, shared_ids.map[at]));
			cr_assert_eq((uint8_t)(shared_ids.map[at] - size) % 16, 0);
		}
		end = at;
	}
	cr_assert_eq(end, shared_ids.header->blob_head);
}
