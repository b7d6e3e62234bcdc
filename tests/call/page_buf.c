/* zi-test: valgrind */
/*
 * PageBuf: the tests of the original crate statement by statement, then the contract of clients.md
 * D row by row.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zirconia/page_buf.h>

#include "t.h"

/* The element of most tests. */
typedef struct {
	uint8_t bytes[16];
} elem_t;

struct maps {
	zx_info_maps_t *rows;
	size_t count;
};

/* Addresses [start, end). */
struct range {
	zx_vaddr_t start;
	zx_vaddr_t end;
};

/* All rows of a VMAR, asked for again until they fit. Free with free(rows). */
static struct maps maps_vec(zx_handle_t vmar)
{
	struct maps maps = {NULL, 16};
	size_t actual;
	size_t avail;

	for (;;) {
		maps.rows = realloc(maps.rows, maps.count * sizeof(*maps.rows));
		cr_assert_not_null(maps.rows);
		T_OK(zx_object_get_info(vmar, ZX_INFO_VMAR_MAPS, maps.rows,
					maps.count * sizeof(*maps.rows), &actual, &avail));
		if (actual == avail) {
			maps.count = actual;
			return maps;
		}
		maps.count = 2 * avail;
	}
}

static bool contains(struct range range, zx_vaddr_t addr)
{
	return range.start <= addr && addr < range.end;
}

/*
 * Mappings whose start or end lies in the range. Rows come sorted by address: *out_first is the
 * lowest.
 */
static size_t find_zx_mappings(struct range range, zx_info_maps_t *out_first)
{
	const struct maps maps = maps_vec(zx_vmar_root_self());
	size_t found = 0;

	for (size_t i = 0; i < maps.count; i++) {
		const zx_info_maps_t *row = &maps.rows[i];

		if (row->type != ZX_INFO_MAPS_TYPE_MAPPING)
			continue;
		if (!contains(range, row->base) && !contains(range, row->base + row->size))
			continue;
		if (found++ == 0)
			*out_first = *row;
	}
	free(maps.rows);
	return found;
}

static struct range range_of(zx_vaddr_t base, size_t len)
{
	return (struct range){base, base + len};
}

/* ---- the six tests of the original */

/* spec: clients D acceptance #1 */
Test(page_buf, basic__create_fill_release__one_exact_named_mapping_then_none)
{
	zirconia_page_buf_t buf;
	zx_info_maps_t row;

	T_OK(zirconia_page_buf_init(&buf, 100, sizeof(elem_t)));
	cr_assert_geq(zirconia_page_buf_len(&buf), 100);
	for (size_t i = 0; i < zirconia_page_buf_len(&buf); i++)
		memset(ZIRCONIA_PAGE_BUF_AS_MUT(&buf, elem_t)[i].bytes, 1, sizeof(elem_t));

	const struct range desired = range_of(buf.base, buf.mapped_len);

	cr_assert_gt(find_zx_mappings(desired, &row), 0);
	cr_assert_str_eq(row.name, ZIRCONIA_PAGE_BUF_DEFAULT_NAME);
	cr_assert_eq(row.base, desired.start);
	cr_assert_eq(row.base + row.size, desired.end);
	cr_assert_eq(row.u.mapping.vmo_koid, t_koid(buf.vmo));

	zirconia_page_buf_release(&buf);
	cr_assert_eq(find_zx_mappings(desired, &row), 0);
}

/* spec: clients D acceptance #2 */
Test(page_buf, set_name__new_name__shown_by_the_mapping)
{
	zirconia_page_buf_t buf;
	zx_info_maps_t row;

	T_OK(zirconia_page_buf_init(&buf, 100, sizeof(elem_t)));
	zirconia_page_buf_set_name(&buf, "setting_name_works");

	cr_assert_gt(find_zx_mappings(range_of(buf.base, buf.mapped_len), &row), 0);
	cr_assert_str_eq(row.name, "setting_name_works");
	zirconia_page_buf_release(&buf);
}

/* spec: clients D acceptance #3 */
Test(page_buf, object_info__into_untouched_buffer__takes_every_row)
{
	zirconia_page_buf_t buf;
	size_t actual;
	size_t avail;

	T_OK(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR_MAPS, NULL, 0, &actual, &avail));
	cr_assert_eq(actual, 0);
	T_OK(zirconia_page_buf_init(&buf, avail * 2, sizeof(zx_info_maps_t)));

	T_OK(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR_MAPS,
				ZIRCONIA_PAGE_BUF_AS_MUT(&buf, zx_info_maps_t),
				zirconia_page_buf_len(&buf) * sizeof(zx_info_maps_t), &actual,
				&avail));
	cr_assert_eq(actual, avail, "should have consumed all of the mappings");
	cr_assert_eq(ZIRCONIA_PAGE_BUF_AS_MUT(&buf, zx_info_maps_t)[0].type,
		     ZX_INFO_MAPS_TYPE_VMAR);
	zirconia_page_buf_release(&buf);
}

/* spec: clients D acceptance #4 */
Test(page_buf, vmo_read__into_the_mapping__bytes_arrive)
{
	const size_t len = 8 * zx_system_get_page_size();
	uint8_t *source_contents = malloc(len);
	zirconia_page_buf_t buf;
	zx_handle_t source_vmo;

	cr_assert_not_null(source_contents);
	T_OK(zirconia_page_buf_init(&buf, len, 1));
	memset(source_contents, 42, len);
	T_OK(zx_vmo_create(len, 0, &source_vmo));
	T_OK(zx_vmo_write(source_vmo, source_contents, 0, len));

	uint8_t *in_mapping = ZIRCONIA_PAGE_BUF_AS_MUT(&buf, uint8_t);

	T_OK(zx_vmo_read(source_vmo, in_mapping, 0, len));
	cr_assert_arr_eq(in_mapping, source_contents, len);
	t_close(source_vmo);
	zirconia_page_buf_release(&buf);
	free(source_contents);
}

/* spec: clients D acceptance #5 */
Test(page_buf, set_size__of_its_vmo__unavailable)
{
	zirconia_page_buf_t buf;
	uint64_t vmo_size;

	T_OK(zirconia_page_buf_init(&buf, 100, sizeof(elem_t)));
	cr_assert_geq(zirconia_page_buf_len(&buf), 100);
	T_OK(zx_vmo_get_size(buf.vmo, &vmo_size));
	cr_assert_geq(vmo_size, 100 * 16);
	T_ZX(zx_vmo_set_size(buf.vmo, vmo_size * 2), ZX_ERR_UNAVAILABLE);
	zirconia_page_buf_release(&buf);
}

/* spec: clients D acceptance #6 #7 */
Test(page_buf, extra_vmar__create_release__read_only_mapping_then_none)
{
	zirconia_page_buf_t buf;
	zx_handle_t extra_vmar;
	zx_info_maps_t row;

	T_OK(zx_handle_duplicate(zx_vmar_root_self(), ZX_RIGHT_SAME_RIGHTS, &extra_vmar));
	T_OK(zirconia_page_buf_init_with_extra_vmar(&buf, 100, sizeof(elem_t), extra_vmar));

	const struct range expected = range_of(buf.extra_base, buf.mapped_len);

	cr_assert_gt(find_zx_mappings(expected, &row), 0);

	const struct range observed = range_of(row.base, row.size);

	cr_assert(contains(observed, expected.start));
	cr_assert(contains(observed, expected.end) || observed.end == expected.end);
	cr_assert_eq(row.u.mapping.vmo_koid, t_koid(buf.vmo));
	cr_assert_eq(row.u.mapping.vmo_offset, 0);
	cr_assert_eq(row.u.mapping.mmu_flags, ZX_VM_PERM_READ,
		     "extra mapping must not be writeable");

	zirconia_page_buf_release(&buf);
	cr_assert_eq(find_zx_mappings(expected, &row), 0, "extra mapping must be dropped too");
}

/* ---- the rest of the contract */

/* spec: clients D "byte count", "VMO", "map 1", "len" */
Test(page_buf, init__sizes_that_cannot_be__statuses)
{
	static const struct {
		const char *name;
		size_t capacity;
		size_t elem_size;
		zx_status_t want;
	} rows[] = {
		{"no elements", 0, 16, ZX_ERR_INVALID_ARGS},
		{"elements of no bytes", 100, 0, ZX_ERR_INVALID_ARGS},
		{"product overflows", SIZE_MAX / 8, 16, ZX_ERR_OUT_OF_RANGE},
		{"rounding overflows", SIZE_MAX, 1, ZX_ERR_OUT_OF_RANGE},
		{"larger than any VMO", SIZE_MAX - 2 * ZX_PAGE_SIZE, 1, ZX_ERR_OUT_OF_RANGE},
		{"one byte", 1, 1, ZX_OK},
		{"a page and a byte", ZX_PAGE_SIZE + 1, 1, ZX_OK},
		{"elements that do not divide a page", 3, 3000, ZX_OK},
	};

	T_EACH (rows, r) {
		zirconia_page_buf_t buf;
		zirconia_page_buf_t before;

		memset(&buf, 0x5a, sizeof(buf));
		before = buf;
		T_ZX_ROW(r->name, zirconia_page_buf_init(&buf, r->capacity, r->elem_size), r->want);
		if (r->want != ZX_OK) {
			cr_assert_arr_eq(&buf, &before, sizeof(buf), "%s: changed", r->name);
			continue;
		}
		const size_t pages = (r->capacity * r->elem_size + T_PAGE - 1) / T_PAGE;

		cr_assert_eq(zirconia_page_buf_len_bytes(&buf), pages * T_PAGE, "%s", r->name);
		cr_assert_eq(zirconia_page_buf_len(&buf), pages * T_PAGE / r->elem_size, "%s",
			     r->name);
		cr_assert(t_all((void *)buf.base, buf.mapped_len, 0), "%s", r->name);
		zirconia_page_buf_release(&buf);
		cr_assert_eq(buf.vmo, ZX_HANDLE_INVALID);
		zirconia_page_buf_release(&buf);
	}
}

static size_t rows_of_root(void)
{
	size_t avail;

	T_OK(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR_MAPS, NULL, 0, NULL, &avail));
	return avail;
}

/* spec: clients D "map 2" */
Test(page_buf, extra_vmar__that_refuses__first_mapping_undone_and_handle_consumed)
{
	zirconia_page_buf_t buf;
	zx_handle_t no_read;
	zx_handle_t destroyed;
	zx_vaddr_t addr;

	T_ZX(zirconia_page_buf_init_with_extra_vmar(&buf, 1, 1, ZX_HANDLE_INVALID),
	     ZX_ERR_BAD_HANDLE);

	T_OK(zx_handle_duplicate(zx_vmar_root_self(), ZX_RIGHT_WRITE, &no_read));
	T_OK(zx_vmar_allocate(zx_vmar_root_self(), ZX_VM_CAN_MAP_READ, 0, T_PAGE, &destroyed,
			      &addr));
	T_OK(zx_vmar_destroy(destroyed));

	const size_t before = rows_of_root();

	T_ZX(zirconia_page_buf_init_with_extra_vmar(&buf, 1, 1, no_read), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_handle_close(no_read), ZX_ERR_BAD_HANDLE);
	T_ZX(zirconia_page_buf_init_with_extra_vmar(&buf, 1, 1, destroyed), ZX_ERR_BAD_STATE);
	T_ZX(zx_handle_close(destroyed), ZX_ERR_BAD_HANDLE);
	cr_assert_eq(rows_of_root(), before);
}

/* spec: clients D "as_mut" */
Test(page_buf, extra_vmar__store_through_first__seen_through_second)
{
	zirconia_page_buf_t buf;
	zx_handle_t extra;
	zx_vaddr_t addr;

	T_OK(zx_vmar_allocate(zx_vmar_root_self(), ZX_VM_CAN_MAP_READ, 0, 4 * T_PAGE, &extra,
			      &addr));
	T_OK(zirconia_page_buf_init_with_extra_vmar(&buf, 512, sizeof(uint32_t), extra));
	cr_assert(addr <= buf.extra_base && buf.extra_base + buf.mapped_len <= addr + 4 * T_PAGE);
	ZIRCONIA_PAGE_BUF_AS_MUT(&buf, uint32_t)[511] = 0xfeedf00d;
	cr_assert_eq(((volatile uint32_t *)buf.extra_base)[511], 0xfeedf00d);
	zirconia_page_buf_release(&buf);
}

/* spec: clients D "as_mut" */
Test(page_buf, as_mut__element_of_another_size__aborts, .signal = SIGABRT)
{
	zirconia_page_buf_t buf;

	T_OK(zirconia_page_buf_init(&buf, 100, sizeof(elem_t)));
	ZIRCONIA_PAGE_BUF_AS_MUT(&buf, uint32_t)[0] = 1;
}

/* spec: clients D "as_mut" */
Test(page_buf, as_mut__alignment_above_a_page__aborts, .signal = SIGABRT)
{
	zirconia_page_buf_t buf;

	T_OK(zirconia_page_buf_init(&buf, 4, 8192));
	zirconia_page_buf_as_mut(&buf, 8192, 8192);
}

/* spec: clients D "destruction" */
Test(page_buf, release__mapping_taken_away_and_vmar_dead__aborts, .signal = SIGABRT)
{
	zirconia_page_buf_t buf;
	zx_handle_t extra;
	zx_handle_t keep;
	zx_vaddr_t addr;

	T_OK(zx_vmar_allocate(zx_vmar_root_self(), ZX_VM_CAN_MAP_READ, 0, T_PAGE, &extra, &addr));
	T_OK(zx_handle_duplicate(extra, ZX_RIGHT_SAME_RIGHTS, &keep));
	T_OK(zirconia_page_buf_init_with_extra_vmar(&buf, 1, 1, extra));
	T_OK(zx_vmar_destroy(keep));
	zirconia_page_buf_release(&buf);
}

/* spec: clients D "destruction" */
Test(page_buf, release__buffer_with_extra_vmar__closes_every_handle)
{
	zirconia_page_buf_t buf;
	zirconia_page_buf_t copy;
	zx_handle_t extra;

	T_OK(zx_handle_duplicate(zx_vmar_root_self(), ZX_RIGHT_SAME_RIGHTS, &extra));
	T_OK(zirconia_page_buf_init_with_extra_vmar(&buf, 1, 1, extra));
	copy = buf;
	zirconia_page_buf_release(&buf);
	T_ZX(zx_handle_close(copy.vmo), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_handle_close(copy.extra_vmar), ZX_ERR_BAD_HANDLE);
}
