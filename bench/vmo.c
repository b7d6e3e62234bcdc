/* VMOs against memfds. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zircon/process.h>

#include "bench.h"

enum { PAGES = 256 }; /* of the object that is read and written */

static double zx_create(uint64_t n)
{
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		zx_handle_t vmo;

		BENCH_OK(zx_vmo_create(BENCH_PAGE, 0, &vmo));
		zx_handle_close(vmo);
	}
	return bench_now() - t;
}

static double memfd_create_close(uint64_t n)
{
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		int fd = memfd_create("bench", MFD_CLOEXEC);

		BENCH_TRUE(fd >= 0);
		close(fd);
	}
	return bench_now() - t;
}

static double zx_touch(uint64_t n)
{
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		zx_handle_t vmo;
		zx_vaddr_t addr;

		BENCH_OK(zx_vmo_create(BENCH_PAGE, 0, &vmo));
		BENCH_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0,
				     vmo, 0, BENCH_PAGE, &addr));
		*(volatile char *)addr = 1;
		BENCH_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, BENCH_PAGE));
		zx_handle_close(vmo);
	}
	return bench_now() - t;
}

static double memfd_touch(uint64_t n)
{
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		int fd = memfd_create("bench", MFD_CLOEXEC);

		BENCH_TRUE(fd >= 0 && ftruncate(fd, (off_t)BENCH_PAGE) == 0);
		char *p = mmap(NULL, BENCH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		BENCH_TRUE(p != MAP_FAILED);
		*(volatile char *)p = 1;
		munmap(p, BENCH_PAGE);
		close(fd);
	}
	return bench_now() - t;
}

static zx_handle_t filled_vmo(void)
{
	static zx_handle_t vmo;
	char page[BENCH_PAGE];

	if (vmo != ZX_HANDLE_INVALID)
		return vmo;
	memset(page, 0x5a, sizeof(page));
	BENCH_OK(zx_vmo_create(PAGES * BENCH_PAGE, 0, &vmo));
	for (uint64_t i = 0; i < PAGES; i++)
		BENCH_OK(zx_vmo_write(vmo, page, i * BENCH_PAGE, BENCH_PAGE));
	return vmo;
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

static double zx_io(uint64_t n, size_t len, int write)
{
	zx_handle_t vmo = filled_vmo();
	char page[BENCH_PAGE] = {1};
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		uint64_t off = i % PAGES * BENCH_PAGE;

		BENCH_OK(write ? zx_vmo_write(vmo, page, off, len) :
				 zx_vmo_read(vmo, page, off, len));
	}
	return bench_now() - t;
}

static double memfd_io(uint64_t n, size_t len, int write)
{
	int fd = filled_memfd();
	char page[BENCH_PAGE] = {1};
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		off_t off = (off_t)(i % PAGES * BENCH_PAGE);
		ssize_t done = write ? pwrite(fd, page, len, off) : pread(fd, page, len, off);

		BENCH_TRUE(done == (ssize_t)len);
	}
	return bench_now() - t;
}

static double zx_read_page(uint64_t n)
{
	return zx_io(n, BENCH_PAGE, 0);
}
static double zx_write_page(uint64_t n)
{
	return zx_io(n, BENCH_PAGE, 1);
}
static double zx_read_8(uint64_t n)
{
	return zx_io(n, 8, 0);
}
static double memfd_read_page(uint64_t n)
{
	return memfd_io(n, BENCH_PAGE, 0);
}
static double memfd_write_page(uint64_t n)
{
	return memfd_io(n, BENCH_PAGE, 1);
}
static double memfd_read_8(uint64_t n)
{
	return memfd_io(n, 8, 0);
}

enum { INFO_BYTES = 1 << 30 };

static double zx_info(uint64_t n)
{
	static zx_handle_t vmo;
	zx_info_vmo_t info;

	if (vmo == ZX_HANDLE_INVALID) {
		BENCH_OK(zx_vmo_create(INFO_BYTES, 0, &vmo));
		BENCH_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, INFO_BYTES, NULL, 0));
	}
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		BENCH_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
		BENCH_TRUE(info.committed_bytes == INFO_BYTES);
	}
	return bench_now() - t;
}

static double fstat_info(uint64_t n)
{
	int fd = filled_memfd();
	struct stat st;
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		BENCH_TRUE(fstat(fd, &st) == 0);
	return bench_now() - t;
}

static double zx_dup(uint64_t n)
{
	zx_handle_t vmo = filled_vmo();
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		zx_handle_t dup_handle;

		BENCH_OK(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &dup_handle));
		zx_handle_close(dup_handle);
	}
	return bench_now() - t;
}

static double fd_dup(uint64_t n)
{
	int fd = filled_memfd();
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		int other = dup(fd);

		BENCH_TRUE(other >= 0);
		close(other);
	}
	return bench_now() - t;
}

const struct bench_row bench_vmo[] = {
	{"Vmo/CreateClose", "memfd_create + close", 0.10, 20000, zx_create, memfd_create_close, 0},
	{"Vmo/CreateMapTouchUnmapClose", "the same with a memfd of its own", 0.55, 5000, zx_touch,
	 memfd_touch, 0},
	{"Vmo/Read4096", "pread", 0.5, 100000, zx_read_page, memfd_read_page, 0},
	{"Vmo/Write4096", "pwrite", 0.5, 100000, zx_write_page, memfd_write_page, 0},
	{"Vmo/Read8", "pread", 0.3, 200000, zx_read_8, memfd_read_8, 0},
	{"Vmo/Info1GiBAgain", "fstat", 3, 20000, zx_info, fstat_info, 0},
	{"Handle/DuplicateClose", "dup + close", 0.3, 100000, zx_dup, fd_dup, 0},
	{0},
};
