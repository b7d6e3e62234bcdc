/* User pagers against userfaultfd event loops written by hand, with the same threads. */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls/port.h>

#include "bench.h"

enum { BATCH = 16, AHEAD = 64 };
enum { KEY_QUIT = 1, KEY_VMO = 2 };

/* ---- a pager: its thread answers each request with `batch` pages from the one asked for */

struct pager {
	zx_handle_t pager, port, vmo, aux;
	zx_vaddr_t addr;
	uint64_t pages, batch;
	pthread_t thread;
};

static void supply(struct pager *p, uint64_t off, uint64_t len)
{
	static char bytes[AHEAD * BENCH_PAGE];

	/* Supplied pages leave the auxiliary VMO: each round fills it again, as a file system would. */
	memset(bytes, 7, sizeof(uint64_t));
	BENCH_OK(zx_vmo_write(p->aux, bytes, 0, len));
	BENCH_OK(zx_pager_supply_pages(p->pager, p->vmo, off, len, p->aux, 0));
}

static void *serve_pager(void *arg)
{
	struct pager *p = arg;
	for (;;) {
		zx_port_packet_t packet;

		BENCH_OK(zx_port_wait(p->port, ZX_TIME_INFINITE, &packet));
		if (packet.key == KEY_QUIT)
			return NULL;
		if (packet.page_request.command != ZX_PAGER_VMO_READ)
			continue;
		uint64_t off = packet.page_request.offset, len = p->batch * BENCH_PAGE;

		if (len > p->pages * BENCH_PAGE - off)
			len = p->pages * BENCH_PAGE - off;
		supply(p, off, len);
	}
}

static struct pager pager_new(uint64_t pages, uint64_t batch)
{
	struct pager p = {.pages = pages, .batch = batch};

	BENCH_OK(zx_port_create(0, &p.port));
	BENCH_OK(zx_pager_create(0, &p.pager));
	BENCH_OK(zx_pager_create_vmo(p.pager, 0, p.port, KEY_VMO, pages * BENCH_PAGE, &p.vmo));
	BENCH_OK(zx_vmo_create(AHEAD * BENCH_PAGE, 0, &p.aux));
	BENCH_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, p.vmo, 0,
			     pages * BENCH_PAGE, &p.addr));
	return p;
}

static void pager_start(struct pager *p)
{
	BENCH_TRUE(pthread_create(&p->thread, NULL, serve_pager, p) == 0);
}

static void pager_stop(struct pager *p)
{
	zx_port_packet_t quit = {.key = KEY_QUIT};

	BENCH_OK(zx_port_queue(p->port, &quit));
	pthread_join(p->thread, NULL);
}

static void pager_end(struct pager *p)
{
	BENCH_OK(zx_vmar_unmap(zx_vmar_root_self(), p->addr, p->pages * BENCH_PAGE));
	zx_handle_close(p->vmo);
	zx_handle_close(p->aux);
	zx_handle_close(p->pager);
	zx_handle_close(p->port);
}

struct part {
	volatile char *at;
	uint64_t pages;
};

static void *read_part(void *arg)
{
	struct part *part = arg;

	for (uint64_t i = 0; i < part->pages; i++)
		(void)part->at[i * BENCH_PAGE];
	return NULL;
}

static double zx_faults(uint64_t n, uint64_t batch, int threads)
{
	struct pager p = pager_new(n, batch);
	struct part part[2] = {{(volatile char *)p.addr, n / (unsigned)threads},
			       {(volatile char *)p.addr + n / 2 * BENCH_PAGE, n - n / 2}};
	pthread_t other;

	pager_start(&p);
	double t = bench_now();

	if (threads == 2)
		BENCH_TRUE(pthread_create(&other, NULL, read_part, &part[1]) == 0);
	read_part(&part[0]);
	if (threads == 2)
		pthread_join(other, NULL);
	t = bench_now() - t;
	pager_stop(&p);
	pager_end(&p);
	return t;
}

static double zx_fault_single(uint64_t n)
{
	return zx_faults(n, 1, 1);
}
static double zx_fault_batch(uint64_t n)
{
	return zx_faults(n, BATCH, 1);
}
static double zx_fault_two(uint64_t n)
{
	return zx_faults(n, 1, 2);
}

static double zx_supply_ahead(uint64_t n)
{
	struct pager p = pager_new(n, 1);
	static char bytes[AHEAD * BENCH_PAGE];
	double sum = 0;

	for (uint64_t off = 0; off < n * BENCH_PAGE; off += sizeof(bytes)) {
		BENCH_OK(zx_vmo_write(p.aux, bytes, 0, sizeof(bytes)));
		double t = bench_now();

		BENCH_OK(zx_pager_supply_pages(p.pager, p.vmo, off, sizeof(bytes), p.aux, 0));
		sum += bench_now() - t;
	}
	pager_end(&p);
	return sum;
}

static double zx_first_write(uint64_t n)
{
	struct pager p = pager_new(n, 1);

	for (uint64_t off = 0; off < n * BENCH_PAGE; off += AHEAD * BENCH_PAGE)
		supply(&p, off, AHEAD * BENCH_PAGE);
	struct part all = {(volatile char *)p.addr, n};

	read_part(&all);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		((volatile char *)p.addr)[i * BENCH_PAGE] = 1;
	t = bench_now() - t;
	pager_end(&p);
	return t;
}

/* ---- the same by hand */

struct uffd {
	int fd;
	char *at;
	uint64_t pages;
	int protect; /* serve write protection instead of absence */
	pthread_t thread;
};

static void *serve_uffd(void *arg)
{
	struct uffd *u = arg;
	static char page[BENCH_PAGE] = {7};
	struct uffd_msg msg;

	while (read(u->fd, &msg, sizeof(msg)) == (ssize_t)sizeof(msg)) {
		uint64_t addr = msg.arg.pagefault.address & ~(uint64_t)(BENCH_PAGE - 1);

		if (addr == (uint64_t)u->at + u->pages * BENCH_PAGE)
			break; /* the page past the end says that it is over */
		if (u->protect) {
			struct uffdio_writeprotect wp = {{addr, BENCH_PAGE}, 0};

			BENCH_TRUE(ioctl(u->fd, UFFDIO_WRITEPROTECT, &wp) == 0);
		} else {
			struct uffdio_copy copy = {addr, (uint64_t)page, BENCH_PAGE, 0, 0};

			BENCH_TRUE(ioctl(u->fd, UFFDIO_COPY, &copy) == 0);
		}
	}
	struct uffdio_copy last = {(uint64_t)u->at + u->pages * BENCH_PAGE, (uint64_t)page,
				   BENCH_PAGE, 0, 0};

	ioctl(u->fd, UFFDIO_COPY, &last);
	return NULL;
}

static struct uffd uffd_new(uint64_t pages, int protect)
{
	struct uffd u = {.pages = pages, .protect = protect};
	struct uffdio_api api = {.api = UFFD_API,
				 .features = protect ? UFFD_FEATURE_PAGEFAULT_FLAG_WP : 0};

	u.fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	BENCH_TRUE(u.fd >= 0 && ioctl(u.fd, UFFDIO_API, &api) == 0);
	u.at = mmap(NULL, (pages + 1) * BENCH_PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	BENCH_TRUE(u.at != MAP_FAILED);
	madvise(u.at, (pages + 1) * BENCH_PAGE, MADV_NOHUGEPAGE);
	struct uffdio_register reg = {.range = {(uint64_t)u.at, (pages + 1) * BENCH_PAGE},
				      .mode = UFFDIO_REGISTER_MODE_MISSING |
					      (protect ? UFFDIO_REGISTER_MODE_WP : 0)};

	BENCH_TRUE(ioctl(u.fd, UFFDIO_REGISTER, &reg) == 0);
	return u;
}

static void uffd_end(struct uffd *u, int served)
{
	if (served) {
		(void)*(volatile char *)(u->at + u->pages * BENCH_PAGE);
		pthread_join(u->thread, NULL);
	}
	munmap(u->at, (u->pages + 1) * BENCH_PAGE);
	close(u->fd);
}

static double uffd_fault_single(uint64_t n)
{
	struct uffd u = uffd_new(n, 0);
	struct part all = {u.at, n};

	BENCH_TRUE(pthread_create(&u.thread, NULL, serve_uffd, &u) == 0);
	double t = bench_now();

	read_part(&all);
	t = bench_now() - t;
	uffd_end(&u, 1);
	return t;
}

static double uffd_supply_ahead(uint64_t n)
{
	struct uffd u = uffd_new(n, 0);
	static char bytes[AHEAD * BENCH_PAGE] = {7};
	double t = bench_now();

	for (uint64_t i = 0; i < n; i += AHEAD) {
		struct uffdio_copy copy = {(uint64_t)u.at + i * BENCH_PAGE, (uint64_t)bytes,
					   sizeof(bytes), 0, 0};

		BENCH_TRUE(ioctl(u.fd, UFFDIO_COPY, &copy) == 0);
	}
	t = bench_now() - t;
	uffd_end(&u, 0);
	return t;
}

static double uffd_first_write(uint64_t n)
{
	struct uffd u = uffd_new(n, 1);
	static char bytes[AHEAD * BENCH_PAGE] = {7};

	for (uint64_t i = 0; i < n; i += AHEAD) {
		struct uffdio_copy copy = {(uint64_t)u.at + i * BENCH_PAGE, (uint64_t)bytes,
					   sizeof(bytes), UFFDIO_COPY_MODE_WP, 0};

		BENCH_TRUE(ioctl(u.fd, UFFDIO_COPY, &copy) == 0);
	}
	BENCH_TRUE(pthread_create(&u.thread, NULL, serve_uffd, &u) == 0);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++)
		((volatile char *)u.at)[i * BENCH_PAGE] = 1;
	t = bench_now() - t;
	uffd_end(&u, 1);
	return t;
}

const struct bench_row bench_pager[] = {
	{"Pager/Fault", "userfaultfd event loop", 0.35, 4096, zx_fault_single, uffd_fault_single,
	 0},
	{"Pager/FaultBatch16", "userfaultfd event loop", 0.10, 4096, zx_fault_batch,
	 uffd_fault_single, 0},
	{"Pager/TwoThreadsOverOne", "one thread faulting (also zirconia)", 1.3, 4096, zx_fault_two,
	 zx_fault_single, 1},
	{"Pager/Supply64", "UFFDIO_COPY of 64 pages", 0.7, 4096, zx_supply_ahead, uffd_supply_ahead,
	 0},
	{"Pager/FirstWrite", "userfaultfd write-protect loop", 0.35, 4096, zx_first_write,
	 uffd_first_write, 0},
	{0},
};
