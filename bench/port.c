/* Ports against eventfd, and two threads against one. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls/port.h>

#include "bench.h"

static double zx_queue_wait(uint64_t n)
{
	zx_port_packet_t packet = {.key = 1};
	zx_handle_t port;

	BENCH_OK(zx_port_create(0, &port));
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		BENCH_OK(zx_port_queue(port, &packet));
		BENCH_OK(zx_port_wait(port, ZX_TIME_INFINITE, &packet));
	}
	t = bench_now() - t;
	zx_handle_close(port);
	return t;
}

static double eventfd_write_read(uint64_t n)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	uint64_t value = 1;

	BENCH_TRUE(fd >= 0);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		BENCH_TRUE(write(fd, &value, sizeof(value)) == sizeof(value));
		BENCH_TRUE(read(fd, &value, sizeof(value)) == sizeof(value));
	}
	t = bench_now() - t;
	close(fd);
	return t;
}

struct ports {
	zx_handle_t ask, answer;
	uint64_t n;
};

static void *zx_echo(void *arg)
{
	struct ports *p = arg;
	zx_port_packet_t packet;

	for (uint64_t i = 0; i < p->n; i++) {
		BENCH_OK(zx_port_wait(p->ask, ZX_TIME_INFINITE, &packet));
		BENCH_OK(zx_port_queue(p->answer, &packet));
	}
	return NULL;
}

static double zx_round_trip(uint64_t n)
{
	struct ports p = {.n = n};
	zx_port_packet_t packet = {.key = 1};
	pthread_t thread;

	BENCH_OK(zx_port_create(0, &p.ask));
	BENCH_OK(zx_port_create(0, &p.answer));
	BENCH_TRUE(pthread_create(&thread, NULL, zx_echo, &p) == 0);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		BENCH_OK(zx_port_queue(p.ask, &packet));
		BENCH_OK(zx_port_wait(p.answer, ZX_TIME_INFINITE, &packet));
	}
	t = bench_now() - t;
	pthread_join(thread, NULL);
	zx_handle_close(p.ask);
	zx_handle_close(p.answer);
	return t;
}

struct fds {
	int ask, answer;
	uint64_t n;
};

static void *fd_echo(void *arg)
{
	struct fds *f = arg;
	uint64_t value;

	for (uint64_t i = 0; i < f->n; i++) {
		BENCH_TRUE(read(f->ask, &value, sizeof(value)) == sizeof(value));
		BENCH_TRUE(write(f->answer, &value, sizeof(value)) == sizeof(value));
	}
	return NULL;
}

static double eventfd_round_trip(uint64_t n)
{
	struct fds f = {eventfd(0, EFD_CLOEXEC), eventfd(0, EFD_CLOEXEC), n};
	uint64_t value = 1;
	pthread_t thread;

	BENCH_TRUE(f.ask >= 0 && f.answer >= 0);
	BENCH_TRUE(pthread_create(&thread, NULL, fd_echo, &f) == 0);
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		BENCH_TRUE(write(f.ask, &value, sizeof(value)) == sizeof(value));
		BENCH_TRUE(read(f.answer, &value, sizeof(value)) == sizeof(value));
	}
	t = bench_now() - t;
	pthread_join(thread, NULL);
	close(f.ask);
	close(f.answer);
	return t;
}

/* Reads and writes a VMO of its own, and maps it every `map_every` rounds (0: never). */
struct job {
	uint64_t n, map_every;
	int copies;
};

static void *work(void *arg)
{
	const struct job *job = arg;
	char page[BENCH_PAGE] = {1};
	zx_handle_t vmo;
	zx_vaddr_t addr;

	BENCH_OK(zx_vmo_create(16 * BENCH_PAGE, 0, &vmo));
	for (uint64_t i = 0; i < job->n; i++) {
		uint64_t off = i % 16 * BENCH_PAGE;

		if (job->copies) {
			BENCH_OK(zx_vmo_write(vmo, page, off, BENCH_PAGE));
			BENCH_OK(zx_vmo_read(vmo, page, off, BENCH_PAGE));
		}
		if (job->map_every == 0 || i % job->map_every != 0)
			continue;
		BENCH_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0,
				     16 * BENCH_PAGE, &addr));
		BENCH_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, 16 * BENCH_PAGE));
	}
	zx_handle_close(vmo);
	return NULL;
}

/* The same with plain Linux: maps only. */
static void *linux_work(void *arg)
{
	const struct job *job = arg;
	int fd = memfd_create("bench", MFD_CLOEXEC);

	BENCH_TRUE(fd >= 0 && ftruncate(fd, 16 * (off_t)BENCH_PAGE) == 0);
	for (uint64_t i = 0; i < job->n; i++) {
		void *p = mmap(NULL, 16 * BENCH_PAGE, PROT_READ, MAP_SHARED, fd, 0);

		BENCH_TRUE(p != MAP_FAILED);
		munmap(p, 16 * BENCH_PAGE);
	}
	close(fd);
	return NULL;
}

/* Time for the job's rounds shared between so many threads (1 or 2). */
static double threads(void *(*fn)(void *), struct job job, int count)
{
	pthread_t other;
	double t = bench_now();

	job.n /= (unsigned)count;
	if (count == 2)
		BENCH_TRUE(pthread_create(&other, NULL, fn, &job) == 0);
	fn(&job);
	if (count == 2)
		pthread_join(other, NULL);
	return bench_now() - t;
}

static double two_threads(uint64_t n)
{
	return threads(work, (struct job){n, 16, 1}, 2);
}
static double one_thread(uint64_t n)
{
	return threads(work, (struct job){n, 16, 1}, 1);
}
static double two_copy(uint64_t n)
{
	return threads(work, (struct job){n, 0, 1}, 2);
}
static double one_copies(uint64_t n)
{
	return threads(work, (struct job){n, 0, 1}, 1);
}
static double two_map(uint64_t n)
{
	return threads(work, (struct job){n, 1, 0}, 2);
}
static double two_mmap(uint64_t n)
{
	return threads(linux_work, (struct job){n, 1, 0}, 2);
}

const struct bench_row bench_port[] = {
	{"Port/QueueWait", "eventfd write + read", 0.5, 100000, zx_queue_wait, eventfd_write_read,
	 0},
	{"Port/RoundTrip", "eventfd round trip", 0.5, 5000, zx_round_trip, eventfd_round_trip, 0},
	{"Threads/TwoOverOne", "one thread (also zirconia)", 1.8, 100000, two_threads, one_thread,
	 1},
	/* Its parts: what depends on us alone, and what two threads of one process get from the kernel. */
	{"Threads/ReadWriteTwoOverOne", "one thread (also zirconia)", 1.8, 100000, two_copy,
	 one_copies, 1},
	{"Threads/TwoMapUnmap", "mmap + munmap by two threads", 1.3, 20000, two_map, two_mmap, 0},
	{0},
};
