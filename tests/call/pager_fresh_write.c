/*
 * Writes of many pages to pages that read zero and have no memory yet: they get their bytes another
 * way than those that have.
 *
 * zi-test: trap valgrind
 */
#include "pager_t.h"

enum { PAGES = 40 };

/* How the pages came to read zero. */
static const struct kind {
	const char *name;
	uint32_t options;
	void (*make)(struct pg *p);
	const char *ranges; /* dirty before */
} kinds[4];

static void none(struct pg *p)
{
	(void)p;
}

static void grow(struct pg *p)
{
	T_OK(zx_vmo_set_size(p->vmo, PAGES * PG));
}

static void supply(struct pg *p)
{
	T_OK(zx_vmo_set_size(p->vmo, PAGES * PG));
	T_OK(zx_vmo_set_size(p->vmo, 0));
	t_close(p->vmo);
	p->vmo = pg_vmo(p, PG_KEY, 0, PAGES * PG);
	PG_COMPLETE(p);
	pg_supply_zero(p, 0, PAGES);
}

static void zero(struct pg *p)
{
	t_close(p->vmo);
	p->vmo = pg_vmo(p, PG_KEY, 0, PAGES * PG);
	PG_COMPLETE(p);
	pg_supply(p, 0, PAGES);
	T_OK(pg_vmo_op(p->vmo, ZX_VMO_OP_ZERO, 0, PAGES));
}

static const struct kind kinds[4] = {
	{"untracked", ZX_VMO_UNBOUNDED, none, ""},
	{"grown", ZX_VMO_RESIZABLE, grow, "0+40z"},
	{"supplied", ZX_VMO_RESIZABLE, supply, ""},
	{"zeroed", ZX_VMO_RESIZABLE, zero, "0+40z"},
};

static uint8_t *pattern(size_t len)
{
	uint8_t *bytes = malloc(len);

	cr_assert_not_null(bytes);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 13 + i / PG + 1);
	return bytes;
}

static void expect_ranges(const struct pg *p, const char *row, const char *expected)
{
	zx_vmo_dirty_range_t r[8];
	char text[256] = "";
	size_t n, at = 0;

	T_OK(zx_pager_query_dirty_ranges(p->pager, p->vmo, 0, PAGES * PG, r, sizeof(r), &n, NULL));
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%llu+%llu%s",
				       i > 0 ? " " : "", (unsigned long long)(r[i].offset / PG),
				       (unsigned long long)(r[i].length / PG),
				       r[i].options != 0 ? "z" : "");
	cr_assert_str_eq(text, expected, "%s: %s, not %s", row, text, expected);
}

/* What is written is there, through calls and through a mapping that has shown zeros; no more is. */
Test(call_pager_fresh_write, write__pages_without_memory__bytes_arrive)
{
	static const struct {
		uint64_t off, len;
		const char *dirty; /* of pages that were clean */
	} writes[] = {
		{0, PAGES * PG, "0+40"},         {3 * PG, 20 * PG, "3+20"},
		{3 * PG + 100, 20 * PG, "3+21"}, {7, 3 * PG, "0+4"},
		{5 * PG, 4 * PG + 1, "5+5"},
	};

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
			struct pg p = pg_open(kinds[k].options, 0);
			const uint64_t off = writes[i].off, len = writes[i].len;
			uint8_t *bytes = pattern(len), *seen = malloc(PAGES * PG);
			uint8_t *map;

			kinds[k].make(&p);
			expect_ranges(&p, kinds[k].name, kinds[k].ranges);
			map = pg_map(p.vmo, 0, PAGES);
			for (uint64_t page = 0; page < PAGES; page += 3)
				cr_assert_eq(map[page * PG], 0);
			(void)pg_modified(&p);
			T_OK(zx_vmo_write(p.vmo, bytes, off, len));
			cr_assert(pg_modified(&p));
			if (kinds[k].ranges[0] == '\0')
				expect_ranges(&p, kinds[k].name, writes[i].dirty);
			T_OK(zx_vmo_read(p.vmo, seen, 0, PAGES * PG));
			cr_assert(t_all(seen, off, 0), "%s %zu: before", kinds[k].name, i);
			cr_assert(memcmp(seen + off, bytes, len) == 0, "%s %zu", kinds[k].name, i);
			cr_assert(t_all(seen + off + len, PAGES * PG - off - len, 0),
				  "%s %zu: behind", kinds[k].name, i);
			cr_assert(memcmp(map, seen, PAGES * PG) == 0, "%s %zu: mapping",
				  kinds[k].name, i);
			t_unmap(map, PAGES * PG);
			free(bytes);
			free(seen);
			pg_close(&p);
		}
	}
}

/* A stream grows by what was written. */
Test(call_pager_fresh_write, stream_write__pages_without_memory__size_follows)
{
	struct pg p = pg_open(ZX_VMO_UNBOUNDED, 0);
	uint8_t *bytes = pattern(20 * PG + 5), *seen = malloc(20 * PG + 5);
	zx_iovec_t from = {bytes, 20 * PG + 5}, to = {seen, 20 * PG + 5};
	zx_handle_t stream;
	uint64_t size;
	size_t n;

	T_OK(zx_stream_create(ZX_STREAM_MODE_READ | ZX_STREAM_MODE_WRITE, p.vmo, 0, &stream));
	T_OK(zx_stream_writev_at(stream, 0, 9, &from, 1, &n));
	cr_assert_eq(n, 20 * PG + 5);
	T_OK(zx_vmo_get_stream_size(p.vmo, &size));
	cr_assert_eq(size, 20 * PG + 14);
	T_OK(zx_stream_readv_at(stream, 0, 9, &to, 1, &n));
	cr_assert_eq(n, 20 * PG + 5);
	cr_assert(memcmp(bytes, seen, n) == 0);
	t_close(stream);
	free(bytes);
	free(seen);
	pg_close(&p);
}

/* A buffer that ends early: what came is there, the rest of the batch is dirty and reads zero. */
Test(call_pager_fresh_write, write__buffer_ends_in_the_middle__rest_reads_zero)
{
	struct pg p = pg_open(ZX_VMO_UNBOUNDED, 0);
	uint8_t *bytes = t_before_guard(10 * PG), *seen = malloc(20 * PG);

	for (size_t i = 0; i < 10 * PG; i++)
		bytes[i] = (uint8_t)(i * 3 + 1);
	T_ZX(zx_vmo_write(p.vmo, bytes, 0, 20 * PG), ZX_ERR_ACCESS_DENIED);
	cr_assert(pg_modified(&p));
	expect_ranges(&p, "guard", "0+20");
	T_OK(zx_vmo_read(p.vmo, seen, 0, 20 * PG));
	cr_assert(memcmp(seen, bytes, 10 * PG) == 0);
	cr_assert(t_all(seen + 10 * PG, 10 * PG, 0));
	free(seen);
	pg_close(&p);
}

/* Buffers whose pages the library itself has to bring: a copy on write, and what reads zero. */
Test(call_pager_fresh_write, write__from_mapped_vmos__bytes_arrive)
{
	struct pg p = pg_open(ZX_VMO_UNBOUNDED, 0);
	struct pg other = pg_open(0, PAGES * PG);
	uint8_t *seen = malloc(PAGES * PG);
	zx_handle_t parent = pg_aux(0, PAGES), child;
	uint8_t *from;

	T_OK(zx_vmo_create_child(parent, ZX_VMO_CHILD_SNAPSHOT, 0, PAGES * PG, &child));
	from = pg_map(child, 0, PAGES);
	from[5 * PG] ^= 0xff;
	T_OK(zx_vmo_write(p.vmo, from, 0, PAGES * PG));
	T_OK(zx_vmo_read(p.vmo, seen, 0, PAGES * PG));
	cr_assert(memcmp(seen, from, PAGES * PG) == 0);
	t_unmap(from, PAGES * PG);

	/* The kernel itself could not read these. */
	pg_supply_zero(&other, 0, PAGES / 2);
	pg_supply(&other, PAGES / 2, PAGES / 2);
	from = pg_map(other.vmo, 0, PAGES);
	T_OK(zx_vmo_write(p.vmo, from, PAGES * PG, PAGES * PG));
	T_OK(zx_vmo_read(p.vmo, seen, PAGES * PG, PAGES * PG));
	cr_assert(memcmp(seen, from, PAGES * PG) == 0);
	cr_assert(t_all(seen, PAGES / 2 * PG, 0));
	t_unmap(from, PAGES * PG);
	free(seen);
	t_close(parent);
	t_close(child);
	pg_close(&other);
	pg_close(&p);
}
