/* Snapshots against fork(2), the one copy-on-write that plain Linux has. */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zircon/process.h>

#include "bench.h"

enum { MAPPED_PAGES = 8192, BIG_PAGES = 262144, SCATTERED = 4096, DEPTH = 256, DEPTH_PAGES = 256 };

struct mapped {
	zx_handle_t vmo;
	volatile char *at;
};

static struct mapped zx_present(uint64_t pages)
{
	struct mapped m;
	zx_vaddr_t addr;

	BENCH_OK(zx_vmo_create(pages * BENCH_PAGE, 0, &m.vmo));
	BENCH_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, m.vmo, 0,
			     pages * BENCH_PAGE, &addr));
	m.at = (volatile char *)addr;
	for (uint64_t i = 0; i < pages; i++)
		m.at[i * BENCH_PAGE] = 1;
	return m;
}

static void zx_drop(struct mapped m, uint64_t pages)
{
	BENCH_OK(zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)m.at, pages * BENCH_PAGE));
	zx_handle_close(m.vmo);
}

static zx_handle_t snapshot(zx_handle_t vmo, uint64_t pages)
{
	zx_handle_t child;

	BENCH_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, pages * BENCH_PAGE, &child));
	return child;
}

static volatile char *linux_present(uint64_t pages)
{
	char *p = mmap(NULL, pages * BENCH_PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	BENCH_TRUE(p != MAP_FAILED);
	madvise(p, pages * BENCH_PAGE, MADV_NOHUGEPAGE); /* page by page, as the VMO is */
	for (uint64_t i = 0; i < pages; i++)
		p[i * BENCH_PAGE] = 1;
	return p;
}

struct child {
	pid_t pid;
	int pipe;
};

/* A child that holds the memory until it is told to go. */
static struct child fork_child(double *spent)
{
	int fd[2];
	struct child c;
	char byte;

	BENCH_TRUE(pipe(fd) == 0);
	double t = bench_now();

	c.pid = fork();
	BENCH_TRUE(c.pid >= 0);
	if (c.pid == 0) {
		close(fd[1]);
		if (read(fd[0], &byte, 1) != 0)
			_exit(1);
		_exit(0);
	}
	*spent = bench_now() - t;
	close(fd[0]);
	c.pipe = fd[1];
	return c;
}

static void end_child(struct child c)
{
	close(c.pipe);
	waitpid(c.pid, NULL, 0);
}

static double zx_snapshot_mapped(uint64_t n)
{
	struct mapped m = zx_present(MAPPED_PAGES);
	double sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		double t = bench_now();
		zx_handle_t child = snapshot(m.vmo, MAPPED_PAGES);

		sum += bench_now() - t;
		zx_handle_close(child);
		for (uint64_t k = 0; k < MAPPED_PAGES; k++) /* writable and present again */
			m.at[k * BENCH_PAGE] = 1;
	}
	zx_drop(m, MAPPED_PAGES);
	return sum;
}

static double fork_of(uint64_t pages, uint64_t n)
{
	volatile char *p = linux_present(pages);
	double sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		double spent;

		end_child(fork_child(&spent));
		sum += spent;
		for (uint64_t k = 0; k < pages; k++)
			p[k * BENCH_PAGE] = 1;
	}
	munmap((void *)p, pages * BENCH_PAGE);
	return sum;
}

static double fork_mapped(uint64_t n)
{
	return fork_of(MAPPED_PAGES, n);
}

static double zx_snapshot_big(uint64_t n)
{
	zx_handle_t vmo;
	double sum = 0;

	BENCH_OK(zx_vmo_create(BIG_PAGES * BENCH_PAGE, 0, &vmo));
	BENCH_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, BIG_PAGES * BENCH_PAGE, NULL, 0));
	for (uint64_t i = 0; i < n; i++) {
		double t = bench_now();
		zx_handle_t child = snapshot(vmo, BIG_PAGES);

		sum += bench_now() - t;
		zx_handle_close(child);
	}
	zx_handle_close(vmo);
	return sum;
}

static double fork_big(uint64_t n)
{
	return fork_of(BIG_PAGES, n);
}

/* Page numbers in an order that never takes neighbours, alternate pages left out. */
static uint64_t scattered(uint64_t i)
{
	return i * 2 * 2053 % MAPPED_PAGES;
}

static double zx_write_after(uint64_t n, int scatter)
{
	struct mapped m = zx_present(MAPPED_PAGES);
	zx_handle_t child = snapshot(m.vmo, MAPPED_PAGES);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		m.at[(scatter ? scattered(i) : i) * BENCH_PAGE] = 2;
	t = bench_now() - t;
	zx_handle_close(child);
	zx_drop(m, MAPPED_PAGES);
	return t;
}

static double fork_write_after(uint64_t n, int scatter)
{
	volatile char *p = linux_present(MAPPED_PAGES);
	double spent;
	struct child c = fork_child(&spent);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		p[(scatter ? scattered(i) : i) * BENCH_PAGE] = 2;
	t = bench_now() - t;
	end_child(c);
	munmap((void *)p, MAPPED_PAGES * BENCH_PAGE);
	return t;
}

static double zx_write_in_order(uint64_t n)
{
	return zx_write_after(n, 0);
}
static double zx_write_scattered(uint64_t n)
{
	return zx_write_after(n, 1);
}
static double fork_write_in_order(uint64_t n)
{
	return fork_write_after(n, 0);
}
static double fork_write_scattered(uint64_t n)
{
	return fork_write_after(n, 1);
}

static double read_all(volatile char *p, uint64_t n)
{
	double t = bench_now();
	char sum = 0;

	for (uint64_t i = 0; i < n; i++)
		sum = (char)(sum + p[i * BENCH_PAGE]);
	t = bench_now() - t;
	BENCH_TRUE(sum == (char)n);
	return t;
}

static double zx_first_read(uint64_t n)
{
	struct mapped m = zx_present(n);
	zx_handle_t child = snapshot(m.vmo, n);
	zx_vaddr_t addr;

	BENCH_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, child, 0,
			     n * BENCH_PAGE, &addr));
	double t = read_all((volatile char *)addr, n);

	BENCH_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, n * BENCH_PAGE));
	zx_handle_close(child);
	zx_drop(m, n);
	return t;
}

static double memfd_first_read(uint64_t n)
{
	int fd = memfd_create("bench", MFD_CLOEXEC);

	BENCH_TRUE(fd >= 0 && ftruncate(fd, (off_t)(n * BENCH_PAGE)) == 0);
	char *p = mmap(NULL, n * BENCH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	BENCH_TRUE(p != MAP_FAILED);
	for (uint64_t i = 0; i < n; i++)
		p[i * BENCH_PAGE] = 1;
	char *q = mmap(NULL, n * BENCH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	BENCH_TRUE(q != MAP_FAILED);
	double t = read_all(q, n);

	munmap(p, n * BENCH_PAGE);
	munmap(q, n * BENCH_PAGE);
	close(fd);
	return t;
}

/* n rounds of snapshot, write one page, close, after `before` rounds of the same. */
static double rounds(uint64_t before, uint64_t n)
{
	struct mapped m = zx_present(MAPPED_PAGES);
	double t = 0;

	for (uint64_t i = 0; i < before + n; i++) {
		if (i == before)
			t = bench_now();
		zx_handle_t child = snapshot(m.vmo, MAPPED_PAGES);

		m.at[i * 37 % MAPPED_PAGES * BENCH_PAGE] = 3;
		zx_handle_close(child);
	}
	t = bench_now() - t;
	zx_drop(m, MAPPED_PAGES);
	return t;
}

static double rounds_late(uint64_t n)
{
	return rounds(1000 - n / 2, n);
}
static double rounds_early(uint64_t n)
{
	return rounds(20 - n / 2, n);
}

/* Reads n pages through a clone that stands at the end of a chain of `depth` snapshots, each with a page of its own. */
static double read_chain(uint64_t n, int depth)
{
	zx_handle_t chain[DEPTH + 1];
	char page[BENCH_PAGE] = {1};

	BENCH_OK(zx_vmo_create(DEPTH_PAGES * BENCH_PAGE, 0, &chain[0]));
	for (uint64_t i = 0; i < DEPTH_PAGES; i++)
		BENCH_OK(zx_vmo_write(chain[0], page, i * BENCH_PAGE, BENCH_PAGE));
	for (int d = 1; d <= depth; d++) {
		chain[d] = snapshot(chain[d - 1], DEPTH_PAGES);
		BENCH_OK(zx_vmo_write(chain[d], page, 0,
				      1)); /* so that the next one stands below it */
	}
	static char all[DEPTH_PAGES * BENCH_PAGE];
	double t = bench_now();

	for (uint64_t i = 0; i < n / DEPTH_PAGES; i++)
		BENCH_OK(zx_vmo_read(chain[depth], all, 0, sizeof(all)));
	t = bench_now() - t;
	for (int d = 0; d <= depth; d++)
		zx_handle_close(chain[d]);
	return t;
}

static double read_deep(uint64_t n)
{
	return read_chain(n, DEPTH);
}
static double read_shallow(uint64_t n)
{
	return read_chain(n, 1);
}

const struct bench_row bench_clone[] = {
	{"Clone/Snapshot32MiBMapped", "fork(2) holding the same", 1.0, 3, zx_snapshot_mapped,
	 fork_mapped, 0},
	{"Clone/Snapshot1GiBNotMapped", "fork(2) holding the same", 0.01, 1, zx_snapshot_big,
	 fork_big, 0},
	{"Clone/WriteInOrder", "fork(2) copy-on-write", 1.0, MAPPED_PAGES, zx_write_in_order,
	 fork_write_in_order, 0},
	{"Clone/WriteScattered", "fork(2) copy-on-write", 4, SCATTERED, zx_write_scattered,
	 fork_write_scattered, 0},
	{"Clone/FirstRead", "mapping the same memfd again", 1.5, MAPPED_PAGES, zx_first_read,
	 memfd_first_read, 0},
	{"Clone/Round1000", "round 20 (also zirconia)", 1.5, 20, rounds_late, rounds_early, 0},
	{"Clone/ReadDepth256", "depth 1 (also zirconia)", 2, 20 * DEPTH_PAGES, read_deep,
	 read_shallow, 0},
	{0},
};
