/* zi-test: valgrind */
/* Writes at an offset and at the end: how far they go, what grows, what is cleared. */
#include "stream_t.h"

enum how { AT_SEEK, AT_OFFSET, AT_END };

/*
 * A write of `len` bytes at `pos`, in one of the ways; the stream's offset is `pos` before it,
 * except AT_OFFSET.
 */
static zx_status_t put(enum how how, zx_handle_t stream, uint64_t pos, size_t len, size_t *actual)
{
	const void *bytes = s_bytes(len, 'w');

	if (how == AT_OFFSET)
		return s_write_at(stream, pos, bytes, len, actual);
	if (how == AT_END)
		return s_append(stream, bytes, len, actual);
	s_seek_to(stream, pos);
	return s_write(stream, bytes, len, actual);
}

/* ---- room: the table of 10.4 step 3 and of 10.5 */

#define GROWS ZX_VMO_RESIZABLE

struct room_row {
	const char *name;
	uint32_t options;
	uint64_t size, stream_size, pos; /* appends need pos == stream_size */
	size_t len;
	zx_status_t want;
	size_t actual;
	uint64_t size_after;
	bool no_resize; /* the VMO's handle lacks RESIZE */
};

static void check_room(const struct room_row *r)
{
	for (enum how how = AT_SEEK; how <= AT_END; how++) {
		if (how == AT_END && r->pos != r->stream_size)
			continue;
		zx_handle_t vmo = s_vmo(r->options, r->size, r->stream_size, 0);
		zx_handle_t weak = r->no_resize ? vmo_without(vmo, ZX_RIGHT_RESIZE) : vmo;
		zx_handle_t stream = s_stream(weak, S_WRITE, 3);
		const uint64_t end = r->pos + r->actual;
		const uint64_t after = end > r->stream_size ? end : r->stream_size;
		zx_off_t seek;
		size_t actual;

		T_ZX_ROW(r->name, put(how, stream, r->pos, r->len, &actual), r->want);
		cr_assert_eq(actual, r->want == ZX_OK ? r->actual : 777777, "%s: %zu", r->name,
			     actual);
		cr_assert_eq(vmo_size(vmo), r->size_after, "%s: VMO size %" PRIu64, r->name,
			     vmo_size(vmo));
		if (r->want != ZX_OK) {
			cr_assert_eq(vmo_stream(vmo), r->stream_size, "%s", r->name);
			seek = how == AT_SEEK ? r->pos : 3;
		} else {
			cr_assert_eq(vmo_stream(vmo), after, "%s: stream size", r->name);
			cr_assert(vmo_all(vmo, r->pos, r->actual, 'w'), "%s: content", r->name);
			seek = how == AT_OFFSET ? 3 : end;
		}
		cr_assert_eq(s_seek(stream), seek, "%s: seek %" PRIu64, r->name, s_seek(stream));
		t_close(stream);
		if (weak != vmo)
			t_close(weak);
		t_close(vmo);
	}
}

#define P2 (2 * ZX_PAGE_SIZE)

/* spec: pager 10.4 room #1 #6; pager 10.5 #1 #3; pager 10.4 #6 */
static const struct room_row room_always[] = {
	{"inside", 0, P2, 8000, 100, 50, ZX_OK, 50, P2, false},
	{"overwrites the end", 0, P2, 8000, 7990, 50, ZX_OK, 50, P2, false},
	{"at the end", 0, P2, 8000, 8000, 50, ZX_OK, 50, P2, false},
	{"past the end, in the VMO", 0, P2, 100, 5000, 50, ZX_OK, 50, P2, false},
	{"up to the last byte", 0, P2, 100, 100, P2 - 100, ZX_OK, P2 - 100, P2, false},
	{"partial", 0, P2, 8190, 8190, 100, ZX_OK, 2, P2, false},
	{"partial, past the end", 0, P2, 10, 8100, 100, ZX_OK, 92, P2, false},
	{"resizable, fits", GROWS, P2, 8000, 8000, 192, ZX_OK, 192, P2, false},
	{"no right to resize, partial", GROWS, P2, 8190, 8190, 100, ZX_OK, 2, P2, true},
};

/* spec: pager 10.4 room #2 #4 #6 */
static const struct room_row room_growing[] = {
	{"no room", 0, P2, P2, P2, 1, ZX_ERR_NO_SPACE, 0, P2, false},
	{"no room, far behind", 0, P2, P2, 1 << 20, 1, ZX_ERR_NO_SPACE, 0, P2, false},
	{"no right to resize", GROWS, P2, P2, P2, 1, ZX_ERR_NO_SPACE, 0, P2, true},
	{"empty VMO, no room", 0, 0, 0, 0, 1, ZX_ERR_NO_SPACE, 0, 0, false},
	{"rounding wraps", 0, P2, P2, UINT64_MAX - 10, 5, ZX_ERR_OUT_OF_RANGE, 0, P2, false},
	{"rounding wraps, resizable", GROWS, P2, P2, UINT64_MAX - 10, 5, ZX_ERR_OUT_OF_RANGE, 0, P2,
	 false},
	{"larger than a VMO can be", GROWS, P2, P2, MAX_SIZE, 1, ZX_ERR_OUT_OF_RANGE, 0, P2, false},
	{"larger than a VMO can be, fixed", 0, P2, P2, MAX_SIZE, 1, ZX_ERR_NO_SPACE, 0, P2, false},
	{"grows by a page", GROWS, P2, P2, P2, 1, ZX_OK, 1, P2 + ZX_PAGE_SIZE, false},
	{"grows across the end", GROWS, P2, 8000, 8000, 5000, ZX_OK, 5000, P2 + 2 * ZX_PAGE_SIZE,
	 false},
	{"grows from nothing", GROWS, 0, 0, 0, 5000, ZX_OK, 5000, P2, false},
	{"grows to a page border", GROWS, P2, 0, P2, ZX_PAGE_SIZE, ZX_OK, ZX_PAGE_SIZE,
	 P2 + ZX_PAGE_SIZE, false},
	{"grows behind a gap", GROWS, P2, 10, 20000, 100, ZX_OK, 100, 5 * ZX_PAGE_SIZE, false},
};

/* spec: pager 10.4 room #3 #5 #6 */
static const struct room_row room_fixed[] = {
	{"no room", 0, P2, P2, P2, 1, ZX_ERR_OUT_OF_RANGE, 0, P2, false},
	{"rounding wraps", 0, P2, P2, UINT64_MAX - 10, 5, ZX_ERR_OUT_OF_RANGE, 0, P2, false},
	{"resizable, no room", GROWS, P2, P2, P2, 1, ZX_ERR_OUT_OF_RANGE, 0, P2, false},
	{"resizable, behind a gap", GROWS, P2, 10, 20000, 100, ZX_ERR_OUT_OF_RANGE, 0, P2, false},
	{"resizable, partial", GROWS, P2, 8190, 8190, 100, ZX_OK, 2, P2, false},
	{"resizable, empty", GROWS, 0, 0, 0, 1, ZX_ERR_OUT_OF_RANGE, 0, 0, false},
};

Test(call_stream_write, room__default__resizable_vmos_grow)
{
	unsetenv("ZIRCONIA_BEHAVIOUR");
	T_EACH (room_always, r)
		check_room(r);
	T_EACH (room_growing, r)
		check_room(r);
}

Test(call_stream_write, room__2025__resizable_vmos_grow)
{
	s_behaviour("2025");
	T_EACH (room_always, r)
		check_room(r);
	T_EACH (room_growing, r)
		check_room(r);
}

Test(call_stream_write, room__2026__no_vmo_grows)
{
	s_behaviour("2026");
	T_EACH (room_always, r)
		check_room(r);
	T_EACH (room_fixed, r)
		check_room(r);
}

/* The room is made before the copy, and not undone. */
/* spec: pager 10.4 #7 */
Test(call_stream_write, buffer__bad__vmo_has_grown_but_sizes_and_seek_stay)
{
	zx_handle_t vmo = s_vmo(ZX_VMO_RESIZABLE, PG, 100, 0);
	zx_handle_t stream = s_stream(vmo, S_WRITE, 2 * PG);
	size_t actual;

	T_ZX(s_write(stream, NULL, 10, &actual), ZX_ERR_NOT_FOUND);
	cr_assert_eq(actual, 777777);
	cr_assert_eq(vmo_size(vmo), 3 * PG);
	cr_assert_eq(vmo_stream(vmo), 100);
	cr_assert_eq(s_seek(stream), 2 * PG);
	/*
	 * A stream that never had its own size apart from the VMO's does not get longer by growth
	 * alone.
	 */
	zx_handle_t plain = t_vmo_options(PG, ZX_VMO_RESIZABLE);
	zx_handle_t other = s_stream(plain, S_WRITE, PG);

	T_ZX(s_write(other, NULL, 10, &actual), ZX_ERR_NOT_FOUND);
	cr_assert_eq(vmo_size(plain), 2 * PG);
	cr_assert_eq(vmo_stream(plain), PG);
}

/* spec: pager 10.4 #1; pager 10.5 #2 */
Test(call_stream_write, range__wraps__file_big_or_out_of_range_when_appending)
{
	zx_handle_t vmo = s_vmo(ZX_VMO_RESIZABLE, PG, 100, 'v');
	zx_handle_t stream = s_stream(vmo, S_WRITE, UINT64_MAX);
	uint8_t byte = 'x';
	zx_iovec_t all = {&byte, SIZE_MAX};
	size_t actual;

	T_ZX(s_write(stream, &byte, 1, &actual), ZX_ERR_FILE_BIG);
	T_ZX(s_write_at(stream, UINT64_MAX - 8, s_bytes(9, 'w'), 9, &actual), ZX_ERR_FILE_BIG);
	T_ZX(s_write_at(stream, UINT64_MAX - 8, s_bytes(8, 'w'), 8, &actual), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_stream_writev(stream, ZX_STREAM_APPEND, &all, 1, NULL), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_stream_writev_at(stream, 0, 1, &all, 1, NULL), ZX_ERR_FILE_BIG);
	/* Rights and array come first. */
	T_ZX(zx_stream_writev(stream, 0, t_no_access_page(), 1, NULL), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(vmo_size(vmo), PG);
	cr_assert_eq(vmo_stream(vmo), 100);
	cr_assert_eq(s_seek(stream), UINT64_MAX);
	cr_assert(vmo_all(vmo, 0, PG, 'v'));
}

/* spec: pager 10.4 #4; pager 11 zeroed #3 */
Test(call_stream_write, gap__between_end_and_position__becomes_zero)
{
	static const struct {
		uint64_t end, pos;
	} rows[] = {{0, 1},         {100, 101},   {100, 4000},  {100, PG},
		    {100, PG + 1},  {PG, PG + 7}, {PG, 3 * PG}, {5, 3 * PG + 5},
		    {4000, 3 * PG}, {PG - 1, PG}, {0, 3 * PG},  {PG - 1, PG + 1}};

	T_EACH (rows, r) {
		zx_handle_t vmo = s_vmo(0, 4 * PG, r->end, 'v');
		uint8_t *map = t_map(vmo, 0, 4 * PG);
		zx_handle_t stream = s_stream(vmo, S_WRITE, r->pos);
		size_t actual;

		T_OK(s_write(stream, "w", 1, &actual));
		cr_assert(vmo_all(vmo, 0, r->end, 'v'), "%" PRIu64 " to %" PRIu64, r->end, r->pos);
		cr_assert(vmo_all(vmo, r->end, r->pos - r->end, 0), "%" PRIu64 " to %" PRIu64,
			  r->end, r->pos);
		cr_assert_eq(vmo_byte(vmo, r->pos), 'w');
		/* Behind the write everything is as it was. */
		cr_assert(vmo_all(vmo, r->pos + 1, 4 * PG - r->pos - 1, 'v'));
		cr_assert(t_all(map + r->end, r->pos - r->end, 0));
		cr_assert_eq(vmo_stream(vmo), r->pos + 1);
		t_unmap(map, 4 * PG);
		t_close(stream);
		t_close(vmo);
	}
}

Test(call_stream_write, position_inside__nothing_is_cleared)
{
	zx_handle_t vmo = s_vmo(0, 2 * PG, 100, 'v');
	zx_handle_t stream = s_stream(vmo, S_WRITE, 100);
	size_t actual;

	T_OK(s_write(stream, "w", 1, &actual));
	T_OK(s_write_at(stream, 50, "w", 1, &actual));
	cr_assert_eq(vmo_byte(vmo, 100), 'w');
	cr_assert_eq(vmo_byte(vmo, 50), 'w');
	cr_assert(vmo_all(vmo, 51, 49, 'v'));
	cr_assert(vmo_all(vmo, 101, 2 * PG - 101, 'v'));
}

Test(call_stream_write, gap__uncached_page_cannot_be_cleared__its_status)
{
	zx_handle_t vmo = s_vmo(0, 2 * PG, 100, 'v');
	zx_handle_t stream = s_stream(vmo, S_WRITE, PG);
	size_t actual;

	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
	T_ZX(s_write(stream, "w", 1, &actual), ZX_ERR_BAD_STATE);
	cr_assert_eq(vmo_stream(vmo), 100);
	cr_assert_eq(s_seek(stream), PG);
	/* The queue is not stuck after the failure. */
	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED));
	T_OK(s_write(stream, "w", 1, &actual));
	T_OK(zx_vmo_set_stream_size(vmo, 3));
}

/* spec: pager 10.2 #8; pager 10.4 #5 #6 */
Test(call_stream_write, buffer__bad_in_the_middle__whole_pages_before_it_count)
{
	for (enum vmo_bad kind = 0; kind < BAD_KINDS; kind++) {
		if (kind == BAD_READ_ONLY)
			continue; /* fine to read from */
		struct vmo_buffer b = vmo_bad_buffer(kind);
		zx_handle_t vmo = s_vmo(0, 4 * PG, 10, 0);
		zx_handle_t stream = s_stream(vmo, S_WRITE, PG - 20);
		const char *name = vmo_bad_names[kind];
		uint8_t good[5] = "good";
		size_t actual;

		memset(b.good, 'b', PG);
		T_OK(s_write(stream, b.good + PG - 30, 60, &actual));
		cr_assert_eq(actual, 20, "%s: %zu", name, actual);
		cr_assert_eq(vmo_stream(vmo), PG, "%s", name);
		cr_assert_eq(s_seek(stream), PG);
		cr_assert(vmo_all(vmo, PG - 20, 20, 'b'));
		/* Nothing at all: an error. */
		cr_assert_neq(s_write(stream, b.good + PG - 10, 60, &actual), ZX_OK, "%s", name);
		cr_assert_eq(actual, 777777);
		cr_assert_eq(vmo_stream(vmo), PG, "%s", name);
		/* Entries before the bad one. */
		zx_iovec_t v[3] = {{good, 4}, {NULL, 0}, {b.bad, 4}};

		T_OK(zx_stream_writev(stream, 0, v, 3, &actual));
		cr_assert_eq(actual, 4);
		cr_assert_eq(vmo_stream(vmo), PG + 4);
		cr_assert_eq(s_seek(stream), PG + 4);
		t_close(stream);
		t_close(vmo);
	}
}

Test(call_stream_write, vectors__many__written_in_order_across_pages)
{
	enum { N = 30 };
	zx_iovec_t v[N];
	static uint8_t memory[N][700];
	zx_handle_t vmo = t_vmo_options(0, ZX_VMO_RESIZABLE);
	zx_handle_t stream = s_stream(vmo, S_BOTH, 0);
	uint64_t seed = t_seed(), pos = 0;
	size_t actual;

	for (int round = 0; round < 20; round++) {
		size_t total = 0, at;

		for (int i = 0; i < N; i++) {
			v[i] = (zx_iovec_t){memory[i], t_below(&seed, 700)};
			memset(memory[i], (int)t_below(&seed, 256), 700);
			total += v[i].capacity;
		}
		T_OK(zx_stream_writev(stream, 0, v, N, &actual));
		cr_assert_eq(actual, total);
		at = pos;
		for (int i = 0; i < N; i++) {
			cr_assert(vmo_all(vmo, at, v[i].capacity, memory[i][0]));
			at += v[i].capacity;
		}
		pos += total;
		cr_assert_eq(s_seek(stream), pos);
		cr_assert_eq(vmo_stream(vmo), pos);
		cr_assert_eq(vmo_size(vmo), (pos + PG - 1) / PG * PG);
	}
}

/* Only as much as there is room for is read of the buffers. */
Test(call_stream_write, partial__buffers_behind_the_room__not_touched)
{
	zx_handle_t stream = s_stream(t_vmo(PG), S_WRITE, PG - 4);
	uint8_t *four = t_before_guard(4);
	zx_iovec_t v[2] = {{four, 100}, {t_no_access_page(), 100}};
	size_t actual;

	memset(four, '4', 4);
	T_OK(zx_stream_writev(stream, 0, v, 2, &actual));
	cr_assert_eq(actual, 4);
}

/* ---- appending */

/* spec: pager 10.5 #1 #4 #5; pager 10.4 #8; pager 10.6 property set #2 */
Test(call_stream_append, flag_or_mode__at_the_end_and_seek_follows)
{
	zx_handle_t vmo = s_vmo(ZX_VMO_RESIZABLE, PG, 10, 'v');
	zx_handle_t by_flag = s_stream(vmo, S_WRITE, 3);
	zx_handle_t by_mode = s_stream(vmo, S_WRITE | S_APPEND, 3);
	uint8_t off = 0, on = 0x80;
	size_t actual;

	T_OK(s_append(by_flag, "ab", 2, &actual));
	cr_assert_eq(s_seek(by_flag), 12);
	T_OK(s_write(by_mode, "cd", 2, &actual));
	cr_assert_eq(s_seek(by_mode), 14);
	T_OK(s_append(by_mode, "ef", 2, &actual));
	cr_assert_eq(s_seek(by_mode), 16);
	/* writev_at is never affected, and leaves the offset. */
	T_OK(s_write_at(by_mode, 1, "X", 1, &actual));
	cr_assert_eq(s_seek(by_mode), 16);
	cr_assert_eq(vmo_stream(vmo), 16);
	cr_assert_eq(vmo_byte(vmo, 1), 'X');
	/* The mode counts at each call. */
	T_OK(zx_object_set_property(by_mode, ZX_PROP_STREAM_MODE_APPEND, &off, 1));
	s_seek_to(by_mode, 0);
	T_OK(s_write(by_mode, "0", 1, &actual));
	cr_assert_eq(vmo_byte(vmo, 0), '0');
	T_OK(zx_object_set_property(by_mode, ZX_PROP_STREAM_MODE_APPEND, &on, 1));
	T_OK(s_write(by_mode, "gh", 2, &actual));
	cr_assert_eq(s_seek(by_mode), 18);
	uint8_t text[8];
	T_OK(zx_vmo_read(vmo, text, 10, 8));
	cr_assert_eq(memcmp(text, "abcdefgh", 8), 0);
}

/* spec: pager 10.5 #4 */
Test(call_stream_append, nothing_copied__seek_is_the_end_and_size_stays)
{
	zx_handle_t vmo = s_vmo(ZX_VMO_RESIZABLE, PG, 10, 'v');
	zx_handle_t stream = s_stream(vmo, S_WRITE, 3);
	size_t actual;

	T_ZX(s_append(stream, NULL, 5, &actual), ZX_ERR_NOT_FOUND);
	cr_assert_eq(s_seek(stream), 10);
	cr_assert_eq(vmo_stream(vmo), 10);
	/* Without room the end was not even looked for. */
	zx_handle_t full = s_vmo(0, PG, PG, 'v');
	zx_handle_t other = s_stream(full, S_WRITE, 3);

	T_ZX(s_append(other, "x", 1, &actual), ZX_ERR_NO_SPACE);
	cr_assert_eq(s_seek(other), 3);
}

/* The end is what the stream size says, whatever the VMO holds behind it. */
Test(call_stream_append, several_streams__each_continues_where_the_last_one_stopped)
{
	zx_handle_t vmo = t_vmo_options(0, ZX_VMO_RESIZABLE);
	zx_handle_t a = s_stream(vmo, S_WRITE | S_APPEND, 0), b = s_stream(vmo, S_BOTH, 0);
	uint8_t text[13] = "";
	size_t actual;

	T_OK(s_write(a, "one ", 4, &actual));
	T_OK(s_append(b, "two ", 4, &actual));
	T_OK(zx_vmo_set_size(vmo, 6));
	T_OK(s_write(a, "three", 6, &actual));
	T_OK(s_read_at(b, 0, text, sizeof(text), &actual));
	cr_assert_eq(actual, 12);
	cr_assert_str_eq((char *)text, "one twthree");
	cr_assert_eq(s_seek(b), 8);
}
