/* zi-test: valgrind */
/* zx_stream_seek, the property and the info topic of streams. */
#include "stream_t.h"

#define START ZX_STREAM_SEEK_ORIGIN_START
#define CURRENT ZX_STREAM_SEEK_ORIGIN_CURRENT
#define END ZX_STREAM_SEEK_ORIGIN_END

static zx_status_t seek_nowhere(zx_handle_t stream)
{
	return zx_stream_seek(stream, CURRENT, 0, NULL);
}

static zx_status_t seek_badly(zx_handle_t stream)
{
	return zx_stream_seek(stream, 3, INT64_MIN, t_no_access_page());
}

/* spec: pager 10.6 seek #1 #2 */
Test(call_stream_seek, handle__wrong_in_every_way__three_checks_one_right_is_enough)
{
	zx_handle_t stream = s_stream(t_vmo(PG), S_BOTH, 0);
	zx_handle_t reader = vmo_without(stream, ZX_RIGHT_WRITE);
	zx_handle_t writer = vmo_without(stream, ZX_RIGHT_READ);
	zx_handle_t neither = vmo_without(stream, ZX_RIGHT_READ | ZX_RIGHT_WRITE);

	vmo_expect_handle_checks("to where it is", seek_nowhere, reader, ZX_RIGHT_READ, ZX_OK);
	vmo_expect_handle_checks("to where it is", seek_nowhere, writer, ZX_RIGHT_WRITE, ZX_OK);
	vmo_expect_handle_checks("nonsense", seek_badly, reader, ZX_RIGHT_READ,
				 ZX_ERR_INVALID_ARGS);
	T_ZX(seek_nowhere(neither), ZX_ERR_ACCESS_DENIED);
	T_ZX(seek_badly(neither), ZX_ERR_ACCESS_DENIED);
}

#define BAD ZX_ERR_INVALID_ARGS

static const struct {
	const char *name;
	zx_off_t from;
	zx_stream_seek_origin_t origin;
	int64_t offset;
	zx_status_t want;
	zx_off_t to;
} rows[] = {
	/* spec: pager 10.6 seek #3 */
	{"start", 5, START, 0, ZX_OK, 0},
	{"start + 7", 5, START, 7, ZX_OK, 7},
	{"start, past the end", 5, START, 1 << 30, ZX_OK, 1 << 30},
	{"start, largest", 5, START, INT64_MAX, ZX_OK, INT64_MAX},
	{"start, negative", 5, START, -1, BAD, 0},
	{"start, most negative", 5, START, INT64_MIN, BAD, 0},
	/* spec: pager 10.6 seek #4 */
	{"current", 5, CURRENT, 0, ZX_OK, 5},
	{"forth", 5, CURRENT, 10, ZX_OK, 15},
	{"back", 5, CURRENT, -3, ZX_OK, 2},
	{"back to 0", 5, CURRENT, -5, ZX_OK, 0},
	{"back too far", 5, CURRENT, -6, BAD, 0},
	{"back from 0", 0, CURRENT, INT64_MIN, BAD, 0},
	{"far and back", UINT64_MAX, CURRENT, -1, ZX_OK, UINT64_MAX - 1},
	{"far and half back", UINT64_MAX, CURRENT, INT64_MIN, ZX_OK, INT64_MAX},
	{"past 2^63", INT64_MAX, CURRENT, 1, ZX_OK, (zx_off_t)INT64_MAX + 1},
	{"to the last number", UINT64_MAX - 1, CURRENT, 1, ZX_OK, UINT64_MAX},
	{"past the last number", UINT64_MAX, CURRENT, 1, BAD, 0},
	/* spec: pager 10.6 seek #5 */
	{"end", 5, END, 0, ZX_OK, 100},
	{"past the end", 5, END, 1, ZX_OK, 101},
	{"before the end", 5, END, -100, ZX_OK, 0},
	{"before the start", 5, END, -101, BAD, 0},
	{"far past the end", 5, END, INT64_MAX, ZX_OK, (zx_off_t)INT64_MAX + 100},
	/* spec: pager 10.6 seek #6 */
	{"no such origin", 5, 3, 0, BAD, 0},
	{"no origin at all", 5, UINT32_MAX, 0, BAD, 0},
};

Test(call_stream_seek, rows__every_origin__moves_or_stays)
{
	zx_handle_t vmo = s_vmo(0, PG, 100, 'v');

	T_EACH (rows, r) {
		zx_handle_t stream = s_stream(vmo, S_READ, r->from);
		zx_off_t to = 424242;

		T_ZX_ROW(r->name, zx_stream_seek(stream, r->origin, r->offset, &to), r->want);
		cr_assert_eq(to, r->want == ZX_OK ? r->to : 424242, "%s", r->name);
		cr_assert_eq(s_seek(stream), r->want == ZX_OK ? r->to : r->from, "%s", r->name);
		t_close(stream);
	}
}

/* Only the 2025 kernels let a stream size be so large. */
Test(call_stream_seek, end__of_a_very_large_stream__wraps)
{
	uint64_t size = UINT64_MAX - 3;
	zx_off_t to;

	s_behaviour("2025");
	zx_handle_t vmo = t_vmo(PG);
	zx_handle_t stream = s_stream(vmo, S_READ, 0);
	T_OK(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, sizeof(size)));
	T_OK(zx_stream_seek(stream, END, 3, &to));
	cr_assert_eq(to, UINT64_MAX);
	T_ZX(zx_stream_seek(stream, END, 4, &to), ZX_ERR_INVALID_ARGS);
	T_OK(zx_stream_seek(stream, END, INT64_MIN, &to));
}

/* spec: pager 10.6 seek #7 */
Test(call_stream_seek, result__bad_address__moved_all_the_same)
{
	const char *name;

	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		zx_handle_t stream = s_stream(t_vmo(PG), S_READ, 0);
		zx_off_t *out = vmo_bad_out(i, &name);

		T_ZX_ROW(name, zx_stream_seek(stream, START, 9, out),
			 out == NULL ? ZX_OK : ZX_ERR_INVALID_ARGS);
		cr_assert_eq(s_seek(stream), 9, "%s", name);
	}
}

/* ---- ZX_PROP_STREAM_MODE_APPEND */

static size_t value_size;

static zx_status_t get_append(zx_handle_t stream)
{
	uint64_t value = 0;

	return zx_object_get_property(stream, ZX_PROP_STREAM_MODE_APPEND, &value, value_size);
}

static zx_status_t set_append(zx_handle_t stream)
{
	uint64_t value = 0;

	return zx_object_set_property(stream, ZX_PROP_STREAM_MODE_APPEND, &value, value_size);
}

/*
 * The type is looked at last: an event, which the common helper tries, gets WRONG_TYPE only once
 * the rest is right.
 */
/* spec: pager 10.6 property get #1; pager 10.6 property set #1 */
Test(call_stream_append_property, checks__in_order)
{
	zx_handle_t stream = s_stream(t_vmo(PG), S_READ, 0), event;
	zx_status_t (*const calls[])(zx_handle_t) = {get_append, set_append};
	const zx_rights_t right[] = {ZX_RIGHT_GET_PROPERTY, ZX_RIGHT_SET_PROPERTY};

	T_OK(zx_event_create(0, &event));
	zx_handle_t vmo = t_vmo(PG);
	for (unsigned i = 0; i < 2; i++) {
		value_size = 0;
		T_ZX(calls[i](ZX_HANDLE_INVALID), ZX_ERR_BAD_HANDLE);
		T_ZX(calls[i](vmo_without(stream, right[i])), ZX_ERR_ACCESS_DENIED);
		T_ZX(calls[i](event), ZX_ERR_ACCESS_DENIED);
		T_ZX(calls[i](vmo), ZX_ERR_BUFFER_TOO_SMALL);
		T_ZX(calls[i](stream), ZX_ERR_BUFFER_TOO_SMALL);
		value_size = 1;
		T_ZX(calls[i](vmo), ZX_ERR_WRONG_TYPE);
		T_OK(calls[i](stream));
		value_size = 8;
		T_OK(calls[i](stream));
		T_OK(calls[i](vmo_dup(stream, right[i])));
	}
}

/* spec: pager 10.6 property get #2; pager 10.6 property set #2; abi 9.16 property #9 */
/* spec: abi 9.17 property #7 */
Test(call_stream_append_property, value__one_byte__any_but_zero_is_on)
{
	static const uint8_t values[] = {0, 1, 2, 0x80, 0xff};
	zx_handle_t stream = s_stream(t_vmo(PG), S_READ, 0);

	T_EACH (values, v) {
		uint8_t got[2] = {0xee, 0xee};

		T_OK(zx_object_set_property(stream, ZX_PROP_STREAM_MODE_APPEND, v, 1));
		T_OK(zx_object_get_property(stream, ZX_PROP_STREAM_MODE_APPEND, got, 2));
		cr_assert_eq(got[0], *v != 0);
		cr_assert_eq(got[1], 0xee);
		cr_assert_eq(s_info(stream).options, S_READ | (*v != 0 ? S_APPEND : 0));
	}
	T_ZX(zx_object_get_property(stream, ZX_PROP_STREAM_MODE_APPEND, t_no_access_page(), 1),
	     ZX_ERR_INVALID_ARGS);
	T_ZX(zx_object_set_property(stream, ZX_PROP_STREAM_MODE_APPEND, t_no_access_page(), 1),
	     ZX_ERR_INVALID_ARGS);
	T_ZX(zx_object_set_property(stream, ZX_PROP_STREAM_MODE_APPEND, NULL, 1),
	     ZX_ERR_INVALID_ARGS);
	cr_assert_eq(s_info(stream).options, S_READ | S_APPEND);
}

/* ---- ZX_INFO_STREAM */

/* spec: pager 10.6 info #1 */
Test(call_stream_info, topic__tells_mode_seek_and_stream_size)
{
	zx_handle_t vmo = s_vmo(0, 2 * PG, 5000, 'v');
	zx_info_stream_t info;
	size_t actual = 9, avail = 9;

	for (uint32_t m = 0; m <= ZX_STREAM_CREATE_MASK; m++) {
		zx_handle_t stream = s_stream(vmo, m, m * 1000);

		info = s_info(stream);
		cr_assert_eq(info.options, m);
		cr_assert_eq(info.seek, m * 1000);
		cr_assert_eq(info.content_size, 5000);
		cr_assert(t_all(info.padding1, sizeof(info.padding1), 0));
		t_close(stream);
	}
	zx_handle_t stream = s_stream(vmo, S_READ, 0);
	T_ZX(zx_object_get_info(stream, ZX_INFO_STREAM, &info, sizeof(info) - 1, &actual, &avail),
	     ZX_ERR_BUFFER_TOO_SMALL);
	cr_assert(actual == 0 && avail == 1);
	T_OK(zx_object_get_info(stream, ZX_INFO_STREAM, &info, sizeof(info), &actual, &avail));
	cr_assert(actual == 1 && avail == 1);
	T_ZX(zx_object_get_info(vmo_without(stream, ZX_RIGHT_INSPECT), ZX_INFO_STREAM, &info,
				sizeof(info), NULL, NULL),
	     ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_object_get_info(vmo, ZX_INFO_STREAM, &info, sizeof(info), NULL, NULL),
	     ZX_ERR_WRONG_TYPE);
	T_OK(zx_vmo_set_stream_size(vmo, 17));
	cr_assert_eq(s_info(stream).content_size, 17);
}
