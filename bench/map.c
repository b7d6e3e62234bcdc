/* Mapping, unmapping, first touches. */
#include <sys/mman.h>
#include <unistd.h>

#include <zircon/process.h>

#include "bench.h"

enum { PAGES = 16, TOUCH_PAGES = 4096, MANY = 20000, FEW = 10, TURNS = 100 };

static double zx_map_unmap_in(zx_handle_t vmar, uint64_t n)
{
	zx_handle_t vmo;

	BENCH_OK(zx_vmo_create(PAGES * BENCH_PAGE, 0, &vmo));
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		zx_vaddr_t addr;

		BENCH_OK(zx_vmar_map(vmar, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
				     PAGES * BENCH_PAGE, &addr));
		BENCH_OK(zx_vmar_unmap(vmar, addr, PAGES * BENCH_PAGE));
	}
	t = bench_now() - t;
	zx_handle_close(vmo);
	return t;
}

static double zx_map_unmap(uint64_t n)
{
	return zx_map_unmap_in(zx_vmar_root_self(), n);
}

static double linux_map_unmap(uint64_t n)
{
	int fd = memfd_create("bench", MFD_CLOEXEC);

	BENCH_TRUE(fd >= 0 && ftruncate(fd, PAGES * (off_t)BENCH_PAGE) == 0);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		void *p = mmap(NULL, PAGES * BENCH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		BENCH_TRUE(p != MAP_FAILED);
		munmap(p, PAGES * BENCH_PAGE);
	}
	t = bench_now() - t;
	close(fd);
	return t;
}

/*
 * Many VMOs, all mapped before the first is unmapped, and in another order each time: nothing comes
 * back to where it was a moment ago.
 */
static double zx_map_unmap_by_turns(uint64_t n)
{
	zx_handle_t vmo[TURNS];
	zx_vaddr_t addr[TURNS];

	for (unsigned i = 0; i < TURNS; i++)
		BENCH_OK(zx_vmo_create(PAGES * BENCH_PAGE, 0, &vmo[i]));
	double t = bench_now();

	for (uint64_t k = 0; k < n / TURNS; k++) {
		for (uint64_t i = 0; i < TURNS; i++)
			BENCH_OK(zx_vmar_map(
				zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0,
				vmo[(i * 7 + k) % TURNS], 0, PAGES * BENCH_PAGE, &addr[i]));
		for (uint64_t i = 0; i < TURNS; i++)
			BENCH_OK(zx_vmar_unmap(zx_vmar_root_self(), addr[i], PAGES * BENCH_PAGE));
	}
	t = bench_now() - t;
	for (unsigned i = 0; i < TURNS; i++)
		zx_handle_close(vmo[i]);
	return t;
}

static double linux_map_unmap_by_turns(uint64_t n)
{
	void *addr[TURNS];
	int fd[TURNS];

	for (unsigned i = 0; i < TURNS; i++) {
		fd[i] = memfd_create("bench", MFD_CLOEXEC);
		BENCH_TRUE(fd[i] >= 0 && ftruncate(fd[i], PAGES * (off_t)BENCH_PAGE) == 0);
	}
	double t = bench_now();

	for (uint64_t k = 0; k < n / TURNS; k++) {
		for (uint64_t i = 0; i < TURNS; i++) {
			addr[i] = mmap(NULL, PAGES * BENCH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
				       fd[(i * 7 + k) % TURNS], 0);
			BENCH_TRUE(addr[i] != MAP_FAILED);
		}
		for (uint64_t i = 0; i < TURNS; i++)
			munmap(addr[i], PAGES * BENCH_PAGE);
	}
	t = bench_now() - t;
	for (unsigned i = 0; i < TURNS; i++)
		close(fd[i]);
	return t;
}

static double touch(volatile char *p, uint64_t n)
{
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		p[i * BENCH_PAGE] = 1;
	return bench_now() - t;
}

static double zx_first_touch(uint64_t n)
{
	zx_handle_t vmo;
	zx_vaddr_t addr;

	BENCH_OK(zx_vmo_create(n * BENCH_PAGE, 0, &vmo));
	BENCH_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
			     n * BENCH_PAGE, &addr));
	double t = touch((volatile char *)addr, n);

	BENCH_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, n * BENCH_PAGE));
	zx_handle_close(vmo);
	return t;
}

static double linux_first_touch(uint64_t n)
{
	int fd = memfd_create("bench", MFD_CLOEXEC);

	BENCH_TRUE(fd >= 0 && ftruncate(fd, (off_t)(n * BENCH_PAGE)) == 0);
	void *p = mmap(NULL, n * BENCH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	BENCH_TRUE(p != MAP_FAILED);
	double t = touch(p, n);

	munmap(p, n * BENCH_PAGE);
	close(fd);
	return t;
}

static zx_handle_t crowded[2];

/* A VMAR that holds `count` mappings with gaps between them, made once. */
static zx_handle_t crowded_vmar(int count)
{
	zx_handle_t *slot = &crowded[count == MANY];
	zx_handle_t vmo;
	zx_vaddr_t base;

	if (*slot != ZX_HANDLE_INVALID)
		return *slot;
	BENCH_OK(zx_vmar_allocate(zx_vmar_root_self(),
				  ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC,
				  0, ((size_t)count + 1) * 64 * BENCH_PAGE, slot, &base));
	BENCH_OK(zx_vmo_create(BENCH_PAGE, 0, &vmo));
	for (size_t i = 0; i < (size_t)count; i++) {
		zx_vaddr_t addr;

		BENCH_OK(zx_vmar_map(*slot, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, i * 8 * BENCH_PAGE,
				     vmo, 0, BENCH_PAGE, &addr));
	}
	zx_handle_close(vmo);
	return *slot;
}

void bench_map_end(void)
{
	for (int i = 0; i < 2; i++) {
		if (crowded[i] == ZX_HANDLE_INVALID)
			continue;
		BENCH_OK(zx_vmar_destroy(crowded[i]));
		zx_handle_close(crowded[i]);
		crowded[i] = ZX_HANDLE_INVALID;
	}
}

static double zx_map_many(uint64_t n)
{
	return zx_map_unmap_in(crowded_vmar(MANY), n);
}

static double zx_map_few(uint64_t n)
{
	return zx_map_unmap_in(crowded_vmar(FEW), n);
}

const struct bench_row bench_map[] = {
	{"Map/MapUnmap16Pages", "mmap + munmap", 1.3, 5000, zx_map_unmap, linux_map_unmap, 0},
	{"Map/MapUnmap16Pages/ByTurns", "mmap + munmap", 0, 5000, zx_map_unmap_by_turns,
	 linux_map_unmap_by_turns, 0},
	{"Map/FirstTouch", "a shared memfd mapping", 1.1, TOUCH_PAGES, zx_first_touch,
	 linux_first_touch, 0},
	{"Map/MapUnmapAmong20000", "among 10 (also zirconia)", 2, 2000, zx_map_many, zx_map_few, 0},
	{0},
};
