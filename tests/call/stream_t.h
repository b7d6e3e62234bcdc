/*
 * What the tests of zx_stream_* share: short names for calls with one buffer, and what a stream
 * tells of itself. No test logic.
 */
#ifndef STREAM_T_H
#define STREAM_T_H

#include "vmo_t.h"

#define S_READ ZX_STREAM_MODE_READ
#define S_WRITE ZX_STREAM_MODE_WRITE
#define S_APPEND ZX_STREAM_MODE_APPEND
#define S_BOTH (S_READ | S_WRITE)

/* First in a test: kernels of which year. Before any call of the library. */
UNUSED_OK void s_behaviour(const char *year)
{
	setenv("ZIRCONIA_BEHAVIOUR", year, 1);
}

UNUSED_OK zx_handle_t s_stream(zx_handle_t vmo, uint32_t options, zx_off_t seek)
{
	zx_handle_t stream = ZX_HANDLE_INVALID;

	T_OK(zx_stream_create(options, vmo, seek, &stream));
	cr_assert_neq(stream, ZX_HANDLE_INVALID);
	return stream;
}

/*
 * A VMO with these options, VMO size and stream size, filled with `value` up to its end whatever
 * the stream size is.
 */
UNUSED_OK zx_handle_t s_vmo(uint32_t options, uint64_t size, uint64_t stream_size, uint8_t value)
{
	zx_handle_t vmo = t_vmo_options(size, options);

	T_OK(zx_vmo_set_stream_size(vmo, stream_size));
	vmo_fill(vmo, 0, size, value);
	return vmo;
}

UNUSED_OK zx_info_stream_t s_info(zx_handle_t stream)
{
	zx_info_stream_t info;

	memset(&info, 0xee, sizeof(info));
	T_OK(zx_object_get_info(stream, ZX_INFO_STREAM, &info, sizeof(info), NULL, NULL));
	return info;
}

UNUSED_OK zx_off_t s_seek(zx_handle_t stream)
{
	return s_info(stream).seek;
}

UNUSED_OK void s_seek_to(zx_handle_t stream, zx_off_t to)
{
	const int64_t first = to > INT64_MAX ? INT64_MAX : (int64_t)to;

	T_OK(zx_stream_seek(stream, ZX_STREAM_SEEK_ORIGIN_START, first, NULL));
	T_OK(zx_stream_seek(stream, ZX_STREAM_SEEK_ORIGIN_CURRENT, (int64_t)(to - (zx_off_t)first),
			    NULL));
}

/* One buffer; *actual is preset so that a call that does not write it is found out. */

UNUSED_OK zx_status_t s_read(zx_handle_t stream, void *buf, size_t len, size_t *actual)
{
	zx_iovec_t v = {buf, len};

	*actual = 777777;
	return zx_stream_readv(stream, 0, &v, 1, actual);
}

UNUSED_OK zx_status_t s_read_at(zx_handle_t stream, zx_off_t off, void *buf, size_t len,
				size_t *actual)
{
	zx_iovec_t v = {buf, len};

	*actual = 777777;
	return zx_stream_readv_at(stream, 0, off, &v, 1, actual);
}

UNUSED_OK zx_status_t s_write(zx_handle_t stream, const void *buf, size_t len, size_t *actual)
{
	zx_iovec_t v = {(void *)(uintptr_t)buf, len};

	*actual = 777777;
	return zx_stream_writev(stream, 0, &v, 1, actual);
}

UNUSED_OK zx_status_t s_append(zx_handle_t stream, const void *buf, size_t len, size_t *actual)
{
	zx_iovec_t v = {(void *)(uintptr_t)buf, len};

	*actual = 777777;
	return zx_stream_writev(stream, ZX_STREAM_APPEND, &v, 1, actual);
}

UNUSED_OK zx_status_t s_write_at(zx_handle_t stream, zx_off_t off, const void *buf, size_t len,
				 size_t *actual)
{
	zx_iovec_t v = {(void *)(uintptr_t)buf, len};

	*actual = 777777;
	return zx_stream_writev_at(stream, 0, off, &v, 1, actual);
}

/* `len` bytes of one value, at most 16 pages; the next call may change them. */
UNUSED_OK const void *s_bytes(size_t len, uint8_t value)
{
	static uint8_t bytes[16 * ZX_PAGE_SIZE];

	cr_assert_leq(len, sizeof(bytes));
	memset(bytes, value, len);
	return bytes;
}

#endif
