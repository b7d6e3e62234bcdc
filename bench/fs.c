/*
 * vmofs against a plain pass-through of FUSE (fs/passthrough.c), each on a folder of its own in the
 * same file system, with the options that each has by default.
 *
 * Both servers and the client run on one processor: what is compared is the work, where else it
 * would be how long an idle processor takes to be woken. A file is opened anew in each round, as
 * programs do it. "Server": the kernel's own copy is dropped first, so that the server answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define MIB ((size_t)1 << 20)
#define SIZE (32 * MIB)
#define CHUNK ((size_t)128 << 10)
enum { FUSE_MAGIC = 0x65735546 };

/* ---- the two servers; started at the first row, ended with the program */

struct server {
	char lower[PATH_MAX], point[PATH_MAX], file[PATH_MAX];
	pid_t pid;
};

static struct server ours, theirs;
static char folder[PATH_MAX];
static pid_t owner;
static char *buffer;
static cpu_set_t all, one;

static void run(const char *program, char *const *argv)
{
	const pid_t child = fork();

	if (child == 0) {
		execvp(program, argv);
		_exit(127);
	}
	if (child > 0)
		waitpid(child, NULL, 0);
}

static void end_server(const struct server *s)
{
	char *helper[] = {"fusermount3", "-u", "-z", "-q", (char *)s->point, NULL};

	if (s->pid <= 0)
		return;
	if (umount2(s->point, MNT_DETACH) < 0)
		run(helper[0], helper);
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
}

static void end(void)
{
	char *rm[] = {"rm", "-rf", folder, NULL};

	if (getpid() != owner)
		return;
	end_server(&ours);
	end_server(&theirs);
	if (folder[0] != '\0')
		run(rm[0], rm);
}

static int is_mounted(const char *point)
{
	struct statfs fs;

	return statfs(point, &fs) == 0 && fs.f_type == FUSE_MAGIC;
}

/* option: comes first, may be NULL. */
static int start_server(struct server *s, const char *program, const char *option, const char *name)
{
	BENCH_TRUE(snprintf(s->lower, PATH_MAX, "%.3000s/%s.lower", folder, name) > 0);
	BENCH_TRUE(snprintf(s->point, PATH_MAX, "%.3000s/%s", folder, name) > 0);
	BENCH_TRUE(snprintf(s->file, PATH_MAX, "%.3000s/%s/file", folder, name) > 0);
	if (mkdir(s->lower, 0700) < 0 || mkdir(s->point, 0700) < 0)
		return 0;
	s->pid = fork();
	if (s->pid == 0) {
		sched_setaffinity(0, sizeof(one), &one);
		if (option != NULL)
			execl(program, program, option, s->lower, s->point, (char *)NULL);
		else
			execl(program, program, s->lower, s->point, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 200 && s->pid > 0; i++) {
		if (is_mounted(s->point))
			return 1;
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
			s->pid = 0;
		usleep(20000);
	}
	return 0;
}

static void fill(const struct server *s)
{
	const int fd = open(s->file, O_RDWR | O_CREAT, 0600);

	BENCH_TRUE(fd >= 0);
	for (off_t at = 0; at < (off_t)SIZE; at += (off_t)MIB)
		BENCH_TRUE(pwrite(fd, buffer, MIB, at) == (ssize_t)MIB);
	BENCH_TRUE(fsync(fd) == 0 && close(fd) == 0);
}

static int start(void)
{
	char self[PATH_MAX] = "", vmofs[PATH_MAX], passthrough[PATH_MAX];
	const char *tmp = getenv("TMPDIR");
	size_t cpu = CPU_SETSIZE - 1;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 0;
	dirname(self);
	snprintf(vmofs, PATH_MAX, "%.3000s/../bin/vmofs", self);
	snprintf(passthrough, PATH_MAX, "%.3000s/passthrough", self);
	if (access(vmofs, X_OK) < 0 || access(passthrough, X_OK) < 0) {
		fprintf(stderr, "Fs rows need libfuse 3\n");
		return 0;
	}
	if (access("/dev/fuse", R_OK | W_OK) < 0) {
		fprintf(stderr, "Fs rows: /dev/fuse: %s\n", strerror(errno));
		return 0;
	}
	snprintf(folder, PATH_MAX, "%.3000s/zirconia-bench.XXXXXX", tmp != NULL ? tmp : "/tmp");
	buffer = malloc(MIB);
	if (buffer == NULL || mkdtemp(folder) == NULL)
		return 0;
	memset(buffer, 0x5a, MIB);
	sched_getaffinity(0, sizeof(all), &all);
	while (cpu > 0 && !CPU_ISSET(cpu, &all))
		cpu--;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	owner = getpid();
	atexit(end);
	if (!start_server(&ours, vmofs, "-f", "vmofs") ||
	    !start_server(&theirs, passthrough, NULL, "passthrough")) {
		fprintf(stderr, "Fs rows: nothing can be mounted\n");
		return 0;
	}
	fill(&ours);
	fill(&theirs);
	return 1;
}

static int ready(void)
{
	static int state = -1;

	if (state < 0)
		state = start();
	return state;
}

/* ---- what is measured; without servers no number */

typedef void measured_t(const struct server *s, int fd, uint64_t n);

static double measure(const struct server *s, int flags, measured_t *fn, uint64_t n)
{
	double t;
	int fd;

	if (!ready())
		return NAN;
	sched_setaffinity(0, sizeof(one), &one);
	t = bench_now();
	fd = open(s->file, flags, 0600);
	BENCH_TRUE(fd >= 0);
	fn(s, fd, n);
	t = bench_now() - t;
	close(fd);
	sched_setaffinity(0, sizeof(all), &all);
	return t;
}

static void drop(const struct server *s)
{
	const int fd = ready() ? open(s->file, O_RDONLY) : -1;

	if (fd < 0)
		return;
	BENCH_TRUE(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
	close(fd);
}

/* Nothing of an earlier round is on its way any more. */
static void settle(const struct server *s, const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, PATH_MAX, "%.3000s/%s", s->point, name);
	fd = open(path, O_RDWR);
	if (fd >= 0) {
		BENCH_TRUE(fsync(fd) == 0);
		close(fd);
	}
}

static void read_in_order(const struct server *s, int fd, uint64_t n)
{
	(void)s;
	for (uint64_t left = n * MIB; left > 0; left -= CHUNK)
		BENCH_TRUE(read(fd, buffer, CHUNK) == (ssize_t)CHUNK);
}

static void read_at_random(const struct server *s, int fd, uint64_t n)
{
	static uint32_t x = 1;

	(void)s;
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	for (uint64_t i = 0; i < n; i++) {
		x = x * 1103515245 + 12345;
		BENCH_TRUE(pread(fd, buffer, BENCH_PAGE,
				 (off_t)((x >> 8) % (SIZE / BENCH_PAGE) * BENCH_PAGE)) ==
			   (ssize_t)BENCH_PAGE);
	}
}

static double read_row(const struct server *s, int dropped, measured_t *fn, uint64_t n)
{
	if (dropped)
		drop(s);
	return measure(s, O_RDONLY, fn, n);
}

#define READ_ROW(name, dropped, fn)                           \
	static double name##_ours(uint64_t n)                 \
	{                                                     \
		return read_row(&ours, (dropped), (fn), n);   \
	}                                                     \
	static double name##_theirs(uint64_t n)               \
	{                                                     \
		return read_row(&theirs, (dropped), (fn), n); \
	}

READ_ROW(sequential, 0, read_in_order)
READ_ROW(random, 0, read_at_random)
READ_ROW(sequential_server, 1, read_in_order)
READ_ROW(random_server, 1, read_at_random)

enum how { KEPT_OPEN, CLOSED, SYNCED };

static double write_row(const struct server *s, size_t each, enum how how, uint64_t n)
{
	char path[PATH_MAX];
	double t;
	int fd;

	if (!ready())
		return NAN;
	settle(&ours, "written");
	settle(&theirs, "written");
	snprintf(path, PATH_MAX, "%.3000s/written", s->point);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	BENCH_TRUE(fd >= 0);
	sched_setaffinity(0, sizeof(one), &one);
	t = bench_now();
	for (uint64_t i = 0; i < n; i++)
		BENCH_TRUE(pwrite(fd, buffer, each, (off_t)(i * each)) == (ssize_t)each);
	if (how == SYNCED)
		BENCH_TRUE(fsync(fd) == 0);
	if (how != KEPT_OPEN)
		BENCH_TRUE(close(fd) == 0);
	t = bench_now() - t;
	sched_setaffinity(0, sizeof(all), &all);
	if (how == KEPT_OPEN)
		close(fd);
	return t;
}

#define WRITE_ROW(name, each, how)                           \
	static double name##_ours(uint64_t n)                \
	{                                                    \
		return write_row(&ours, (each), (how), n);   \
	}                                                    \
	static double name##_theirs(uint64_t n)              \
	{                                                    \
		return write_row(&theirs, (each), (how), n); \
	}

WRITE_ROW(small, 4096, KEPT_OPEN)
WRITE_ROW(small_closed, 4096, CLOSED)
WRITE_ROW(large, MIB, KEPT_OPEN)
WRITE_ROW(large_closed, MIB, CLOSED)
WRITE_ROW(large_synced, MIB, SYNCED)

#define RIVAL "a plain pass-through of FUSE"

const struct bench_row bench_fs[] = {
	{"Fs/ReadSequential1MiB", RIVAL, 1.0, 32, sequential_ours, sequential_theirs, 1},
	{"Fs/ReadRandom4096", RIVAL, 1.0, 16384, random_ours, random_theirs, 1},
	{"Fs/ReadSequential1MiB/Server", RIVAL, 1.0, 32, sequential_server_ours,
	 sequential_server_theirs, 1},
	{"Fs/ReadRandom4096/Server", RIVAL, 1.0, 2000, random_server_ours, random_server_theirs, 1},
	{"Fs/Write4096", RIVAL, 1.0, 4096, small_ours, small_theirs, 1},
	{"Fs/Write4096/Close", RIVAL, 1.0, 4096, small_closed_ours, small_closed_theirs, 1},
	{"Fs/Write1MiB", RIVAL, 1.0, 16, large_ours, large_theirs, 1},
	{"Fs/Write1MiB/Close", RIVAL, 0, 16, large_closed_ours, large_closed_theirs, 1},
	{"Fs/Write1MiB/Sync", RIVAL, 0, 16, large_synced_ours, large_synced_theirs, 1},
	{0},
};
