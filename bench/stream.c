/* Streams against file descriptors. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

enum { PAGES = 256 };

static zx_handle_t filled_vmo(void)
{
	char page[BENCH_PAGE];
	zx_handle_t vmo;

	memset(page, 0x5a, sizeof(page));
	BENCH_OK(zx_vmo_create(PAGES * BENCH_PAGE, 0, &vmo));
	for (uint64_t i = 0; i < PAGES; i++)
		BENCH_OK(zx_vmo_write(vmo, page, i * BENCH_PAGE, BENCH_PAGE));
	return vmo;
}

static zx_handle_t stream_on(zx_handle_t vmo)
{
	const uint32_t both = ZX_STREAM_MODE_READ | ZX_STREAM_MODE_WRITE;
	zx_handle_t stream;

	BENCH_OK(zx_stream_create(both, vmo, 0, &stream));
	zx_handle_close(vmo);
	return stream;
}

/* On pages that a pager has supplied. */
static zx_handle_t supplied_stream(void)
{
	static zx_handle_t stream;
	zx_handle_t port, pager, vmo, aux = ZX_HANDLE_INVALID;

	if (stream != ZX_HANDLE_INVALID)
		return stream;
	aux = filled_vmo();
	BENCH_OK(zx_port_create(0, &port));
	BENCH_OK(zx_pager_create(0, &pager));
	BENCH_OK(zx_pager_create_vmo(pager, 0, port, 0, PAGES * BENCH_PAGE, &vmo));
	BENCH_OK(zx_pager_supply_pages(pager, vmo, 0, PAGES * BENCH_PAGE, aux, 0));
	zx_handle_close(aux);
	stream = stream_on(vmo);
	return stream;
}

static zx_handle_t filled_stream(void)
{
	static zx_handle_t stream;

	if (stream == ZX_HANDLE_INVALID)
		stream = stream_on(filled_vmo());
	return stream;
}

static int filled_memfd(void)
{
	static int fd = -1;
	char page[BENCH_PAGE];

	if (fd >= 0)
		return fd;
	memset(page, 0x5a, sizeof(page));
	fd = memfd_create("bench", MFD_CLOEXEC);
	BENCH_TRUE(fd >= 0);
	for (off_t i = 0; i < PAGES; i++)
		BENCH_TRUE(pwrite(fd, page, BENCH_PAGE, i * (off_t)BENCH_PAGE) ==
			   (ssize_t)BENCH_PAGE);
	return fd;
}

static double zx_read_at(uint64_t n)
{
	zx_handle_t stream = supplied_stream();
	char page[BENCH_PAGE] = {1};
	zx_iovec_t to = {page, sizeof(page)};
	size_t got;
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		BENCH_OK(zx_stream_readv_at(stream, 0, i % PAGES * BENCH_PAGE, &to, 1, &got));
		BENCH_TRUE(got == BENCH_PAGE);
	}
	return bench_now() - t;
}

static double memfd_pread(uint64_t n)
{
	int fd = filled_memfd();
	char page[BENCH_PAGE] = {1};
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		ssize_t got = pread(fd, page, BENCH_PAGE, (off_t)(i % PAGES * BENCH_PAGE));

		BENCH_TRUE(got == (ssize_t)BENCH_PAGE);
	}
	return bench_now() - t;
}

static double zx_write_at(uint64_t n)
{
	zx_handle_t stream = filled_stream();
	char page[BENCH_PAGE] = {1};
	zx_iovec_t from = {page, sizeof(page)};
	size_t put;
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		BENCH_OK(zx_stream_writev_at(stream, 0, i % PAGES * BENCH_PAGE, &from, 1, &put));
		BENCH_TRUE(put == BENCH_PAGE);
	}
	return bench_now() - t;
}

static double memfd_pwrite(uint64_t n)
{
	int fd = filled_memfd();
	char page[BENCH_PAGE] = {1};
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		ssize_t put = pwrite(fd, page, BENCH_PAGE, (off_t)(i % PAGES * BENCH_PAGE));

		BENCH_TRUE(put == (ssize_t)BENCH_PAGE);
	}
	return bench_now() - t;
}

static double zx_append(uint64_t n)
{
	char line[64] = "a line of a log";
	zx_iovec_t from = {line, sizeof(line)};
	zx_handle_t vmo, stream;

	BENCH_OK(zx_vmo_create(0, ZX_VMO_RESIZABLE, &vmo));
	BENCH_OK(zx_stream_create(ZX_STREAM_MODE_WRITE | ZX_STREAM_MODE_APPEND, vmo, 0, &stream));
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		BENCH_OK(zx_stream_writev(stream, 0, &from, 1, NULL));
	t = bench_now() - t;
	zx_handle_close(stream);
	zx_handle_close(vmo);
	return t;
}

static double memfd_append(uint64_t n)
{
	char line[64] = "a line of a log";
	int fd = memfd_create("bench", MFD_CLOEXEC);

	BENCH_TRUE(fd >= 0 && fcntl(fd, F_SETFL, O_APPEND) == 0);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		BENCH_TRUE(write(fd, line, sizeof(line)) == (ssize_t)sizeof(line));
	t = bench_now() - t;
	close(fd);
	return t;
}

const struct bench_row bench_stream[] = {
	{"Stream/Read4096", "pread of a memfd", 0.60, 20000, zx_read_at, memfd_pread, 0},
	{"Stream/Write4096", "pwrite of a memfd", 0, 20000, zx_write_at, memfd_pwrite, 0},
	{"Stream/Append64", "write to a memfd opened for appending", 0, 20000, zx_append,
	 memfd_append, 0},
	{0},
};
