/* One operation among more and more VMOs, mappings, ancestors, pages. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zircon/process.h>

#include "bench.h"

enum { MAP_PAGES = 16, DEPTH_PAGES = 64, CHAIN_MAX = 256 };

static zx_handle_t vmo_new(uint64_t pages)
{
	zx_handle_t vmo;

	BENCH_OK(zx_vmo_create(pages * BENCH_PAGE, 0, &vmo));
	return vmo;
}

static zx_handle_t snapshot(zx_handle_t vmo, uint64_t pages)
{
	zx_handle_t child;

	BENCH_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, pages * BENCH_PAGE, &child));
	return child;
}

/* ---- VMOs */

static double zx_create_among(uint64_t count, uint64_t n)
{
	zx_handle_t *vmos = malloc(count * sizeof(*vmos));

	BENCH_TRUE(vmos != NULL);
	for (uint64_t i = 0; i < count; i++)
		vmos[i] = vmo_new(1);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		zx_handle_close(vmo_new(1));
	t = bench_now() - t;
	for (uint64_t i = 0; i < count; i++)
		zx_handle_close(vmos[i]);
	free(vmos);
	return t;
}

static double memfd_create_among(uint64_t count, uint64_t n)
{
	struct rlimit limit;

	BENCH_TRUE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	if (count + 100 > limit.rlim_cur)
		return -1;
	int *fds = malloc(count * sizeof(*fds));

	BENCH_TRUE(fds != NULL);
	for (uint64_t i = 0; i < count; i++)
		BENCH_TRUE((fds[i] = memfd_create("bench", MFD_CLOEXEC)) >= 0);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		close(memfd_create("bench", MFD_CLOEXEC));
	t = bench_now() - t;
	for (uint64_t i = 0; i < count; i++)
		close(fds[i]);
	free(fds);
	return t;
}

/* ---- mappings */

/* A VMAR with `count` mappings and gaps between them, and room for more. */
static zx_handle_t crowd(uint64_t count)
{
	zx_handle_t vmar, vmo = vmo_new(1);
	zx_vaddr_t base, addr;

	BENCH_OK(zx_vmar_allocate(zx_vmar_root_self(),
				  ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC,
				  0, (count + 16) * 64 * BENCH_PAGE, &vmar, &base));
	for (uint64_t i = 0; i < count; i++)
		BENCH_OK(zx_vmar_map(vmar, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, i * 8 * BENCH_PAGE,
				     vmo, 0, BENCH_PAGE, &addr));
	zx_handle_close(vmo);
	return vmar;
}

static void disperse(zx_handle_t vmar)
{
	BENCH_OK(zx_vmar_destroy(vmar));
	zx_handle_close(vmar);
}

static double zx_map_among(uint64_t count, uint64_t n)
{
	zx_handle_t vmar = crowd(count), vmo = vmo_new(MAP_PAGES);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		zx_vaddr_t addr;

		BENCH_OK(zx_vmar_map(vmar, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
				     MAP_PAGES * BENCH_PAGE, &addr));
		BENCH_OK(zx_vmar_unmap(vmar, addr, MAP_PAGES * BENCH_PAGE));
	}
	t = bench_now() - t;
	zx_handle_close(vmo);
	disperse(vmar);
	return t;
}

static double mmap_among(uint64_t count, uint64_t n)
{
	const int fd = memfd_create("bench", MFD_CLOEXEC);
	const size_t room = count * 8 * BENCH_PAGE;

	BENCH_TRUE(fd >= 0 && ftruncate(fd, MAP_PAGES * (off_t)BENCH_PAGE) == 0);
	char *at = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	BENCH_TRUE(at != MAP_FAILED);
	for (uint64_t i = 0; i < count; i++)
		BENCH_TRUE(mmap(at + i * 8 * BENCH_PAGE, BENCH_PAGE, PROT_READ,
				MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		void *p = mmap(NULL, MAP_PAGES * BENCH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			       0);

		BENCH_TRUE(p != MAP_FAILED);
		munmap(p, MAP_PAGES * BENCH_PAGE);
	}
	t = bench_now() - t;
	munmap(at, room);
	close(fd);
	return t;
}

/* The first store to a page after a snapshot: a fault that has to find its mapping among the others. */
static double zx_fault_among(uint64_t count, uint64_t n)
{
	zx_handle_t vmar = crowd(count), vmo = vmo_new(1);
	zx_vaddr_t addr;
	double sum = 0;

	BENCH_OK(zx_vmar_map(vmar, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, BENCH_PAGE,
			     &addr));
	for (uint64_t i = 0; i < n; i++) {
		*(volatile char *)addr = 1;
		zx_handle_t child = snapshot(vmo, 1);
		double t = bench_now();

		*(volatile char *)addr = 2;
		sum += bench_now() - t;
		zx_handle_close(child);
	}
	zx_handle_close(vmo);
	disperse(vmar);
	return sum;
}

/* ---- clones of clones */

static zx_handle_t chain_new(zx_handle_t *chain, uint64_t depth)
{
	char page[BENCH_PAGE] = {1};

	BENCH_TRUE(depth <= CHAIN_MAX);
	chain[0] = vmo_new(DEPTH_PAGES);
	for (uint64_t i = 0; i < DEPTH_PAGES; i++)
		BENCH_OK(zx_vmo_write(chain[0], page, i * BENCH_PAGE, BENCH_PAGE));
	for (uint64_t d = 1; d <= depth; d++) {
		chain[d] = snapshot(chain[d - 1], DEPTH_PAGES);
		BENCH_OK(zx_vmo_write(chain[d], page, 0,
				      1)); /* so that the next one stands below it */
	}
	return chain[depth];
}

static void chain_end(const zx_handle_t *chain, uint64_t depth)
{
	for (uint64_t d = 0; d <= depth; d++)
		zx_handle_close(chain[d]);
}

static double zx_read_deep(uint64_t depth, uint64_t n)
{
	static char all[DEPTH_PAGES * BENCH_PAGE];
	zx_handle_t chain[CHAIN_MAX + 1], last = chain_new(chain, depth);
	double t = bench_now();

	for (uint64_t i = 0; i < n / DEPTH_PAGES; i++)
		BENCH_OK(zx_vmo_read(last, all, 0, sizeof(all)));
	t = bench_now() - t;
	chain_end(chain, depth);
	return t;
}

static double zx_snapshot_deep(uint64_t depth, uint64_t n)
{
	zx_handle_t chain[CHAIN_MAX + 1], last = chain_new(chain, depth);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		zx_handle_close(snapshot(last, DEPTH_PAGES));
	t = bench_now() - t;
	chain_end(chain, depth);
	return t;
}

/* ---- pages */

static zx_handle_t present(uint64_t pages)
{
	zx_handle_t vmo = vmo_new(pages);

	BENCH_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, pages * BENCH_PAGE, NULL, 0));
	return vmo;
}

static int present_memfd(uint64_t pages)
{
	const int fd = memfd_create("bench", MFD_CLOEXEC);

	BENCH_TRUE(fd >= 0 && fallocate(fd, 0, 0, (off_t)(pages * BENCH_PAGE)) == 0);
	return fd;
}

/* Pages in an order that no prefetcher foresees. */
static uint64_t any_page(uint64_t i, uint64_t pages)
{
	return i * UINT64_C(0x9e3779b97f4a7c15) >> 20 & (pages - 1); /* sizes are powers of two */
}

static double zx_read_among(uint64_t pages, uint64_t n)
{
	zx_handle_t vmo = present(pages);
	uint64_t value;
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		BENCH_OK(zx_vmo_read(vmo, &value, any_page(i, pages) * BENCH_PAGE, sizeof(value)));
	t = bench_now() - t;
	zx_handle_close(vmo);
	return t;
}

static double pread_among(uint64_t pages, uint64_t n)
{
	const int fd = present_memfd(pages);
	uint64_t value;
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		BENCH_TRUE(pread(fd, &value, sizeof(value),
				 (off_t)(any_page(i, pages) * BENCH_PAGE)) == sizeof(value));
	t = bench_now() - t;
	close(fd);
	return t;
}

static double zx_info_of(uint64_t pages, uint64_t n)
{
	zx_handle_t vmo = present(pages);
	zx_info_vmo_t info;
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		BENCH_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	t = bench_now() - t;
	BENCH_TRUE(info.committed_bytes == pages * BENCH_PAGE);
	zx_handle_close(vmo);
	return t;
}

static double fstat_of(uint64_t pages, uint64_t n)
{
	const int fd = present_memfd(pages);
	struct stat st;
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		BENCH_TRUE(fstat(fd, &st) == 0);
	t = bench_now() - t;
	close(fd);
	return t;
}

static double zx_snapshot_of(uint64_t pages, uint64_t n)
{
	zx_handle_t vmo = present(pages);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		zx_handle_close(snapshot(vmo, pages));
	t = bench_now() - t;
	zx_handle_close(vmo);
	return t;
}

#define VMOS                                 \
	{                                    \
		10, 100, 1000, 10000, 100000 \
	}
#define MAPPINGS                           \
	{                                  \
		10, 100, 1000, 5000, 20000 \
	}
#define DEPTHS                    \
	{                         \
		1, 4, 16, 64, 256 \
	}
#define PAGES                                   \
	{                                       \
		1, 16, 256, 4096, 65536, 262144 \
	}

/*
 * All must stay flat: twice is left for noise and caches. Only small reads all over 1 GiB cannot, as they miss the TLB and every
 * cache: there the measure is pread, which does the same.
 */
const struct bench_scale bench_scales[] = {
	{"Scale/Vmos/CreateClose", "VMOs", "memfds", 2, 0, 5000, zx_create_among,
	 memfd_create_among, VMOS},
	{"Scale/Mappings/MapUnmap", "mappings", "mmap", 2, 0, 2000, zx_map_among, mmap_among,
	 MAPPINGS},
	{"Scale/Mappings/Fault", "mappings", NULL, 2, 0, 500, zx_fault_among, NULL, MAPPINGS},
	{"Scale/Depth/ReadPage", "clones of clones", NULL, 2, 0, 20 * DEPTH_PAGES, zx_read_deep,
	 NULL, DEPTHS},
	{"Scale/Depth/SnapshotClose", "clones of clones", NULL, 2, 0, 500, zx_snapshot_deep, NULL,
	 DEPTHS},
	{"Scale/Pages/Read8", "present pages", "pread", 1, 1, 50000, zx_read_among, pread_among,
	 PAGES},
	{"Scale/Pages/Info", "present pages", "fstat", 2, 0, 20000, zx_info_of, fstat_of, PAGES},
	{"Scale/Pages/SnapshotClose", "present pages", NULL, 2, 0, 200, zx_snapshot_of, NULL,
	 PAGES},
	{0},
};
