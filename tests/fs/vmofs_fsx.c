/*
 * Random operations on files of two folders at once, one in the file system that is tried and one
 * in a plain one: each answer has to be the same, errno included, and so has what is read.
 *
 *   vmofs_fsx TRIED PLAIN SEED OPERATIONS [MOST]
 *
 * MOST: how large files get, in bytes. The folders are left as they are at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 4, LOG = 24, CHUNK = 96 << 10 };

static uint64_t state, seed, step;
static uint64_t most = 512 << 10;
static int dirs[2];       /* tried, plain */
static int fds[FILES][2]; /* -1: not open */
static char *bytes[2];
static char past[LOG][160];

static uint64_t below(uint64_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % n;
}

static void complain(const char *what, long long tried, long long plain)
{
	printf("seed %llu, operation %llu: %s: tried %lld, plain %lld (errno %d)\n",
	       (unsigned long long)seed, (unsigned long long)step, what, tried, plain, errno);
	printf("the last operations:\n");
	for (uint64_t i = step > LOG ? step - LOG : 0; i <= step; i++)
		printf("  %llu %s\n", (unsigned long long)i, past[i % LOG]);
	exit(1);
}

#define NOTE(...) snprintf(past[step % LOG], sizeof(past[0]), __VA_ARGS__)

/* Both answers, errno as a negative number. */
static void same(const char *what, long long tried, long long plain)
{
	if (tried != plain)
		complain(what, tried, plain);
}

#define BOTH(what, expr)                           \
	do {                                       \
		long long r_[2];                   \
		for (int s = 0; s < 2; s++) {      \
			errno = 0;                 \
			r_[s] = (long long)(expr); \
			if (r_[s] < 0)             \
				r_[s] = -errno;    \
		}                                  \
		same(what, r_[0], r_[1]);          \
	} while (0)

static void name_of(int file, char out[16])
{
	snprintf(out, 16, "f%d", file);
}

static void same_bytes(const char *what, size_t n, uint64_t off)
{
	if (memcmp(bytes[0], bytes[1], n) == 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (bytes[0][i] != bytes[1][i]) {
			char text[64];

			snprintf(text, sizeof(text), "%s: byte %llu", what,
				 (unsigned long long)(off + i));
			complain(text, (unsigned char)bytes[0][i], (unsigned char)bytes[1][i]);
		}
}

static uint64_t size_of(int file)
{
	struct stat st[2];

	for (int s = 0; s < 2; s++)
		if (fstat(fds[file][s], &st[s]) < 0)
			complain("fstat", s, errno);
	same("size", (long long)st[0].st_size, (long long)st[1].st_size);
	same("links", (long long)st[0].st_nlink, (long long)st[1].st_nlink);
	same("mode", st[0].st_mode, st[1].st_mode);
	return (uint64_t)st[1].st_size;
}

/* Mostly small, and often at the edge of a page. */
static uint64_t length(void)
{
	const uint64_t n = below(4) == 0 ? 1 + below(CHUNK) : 1 + below(6000);

	return below(4) == 0 ? (n + 4095) / 4096 * 4096 : n;
}

static uint64_t offset(uint64_t limit)
{
	const uint64_t off = below(limit + 1);

	return below(3) == 0 ? off / 4096 * 4096 : off;
}

static void do_open(int file, int extra)
{
	char name[16];

	name_of(file, name);
	if (fds[file][0] >= 0)
		for (int s = 0; s < 2; s++)
			if (close(fds[file][s]) < 0)
				complain("close", s, errno);
	NOTE("open %s %#x", name, extra);
	for (int s = 0; s < 2; s++) {
		fds[file][s] = openat(dirs[s], name, O_RDWR | O_CREAT | extra, 0644);
		if (fds[file][s] < 0)
			complain("open", s, errno);
	}
}

static void do_read(int file)
{
	const uint64_t off = offset(size_of(file) + 5000), n = length();

	NOTE("read f%d %llu + %llu", file, (unsigned long long)off, (unsigned long long)n);
	memset(bytes[0], 1, n);
	memset(bytes[1], 1, n);
	BOTH("read", pread(fds[file][s], bytes[s], n, (off_t)off));
	same_bytes("read", n, off);
}

static void do_write(int file)
{
	uint64_t off = offset(below(3) == 0 ? most : size_of(file)), n = length();

	if (off + n > most)
		off = most - n;
	NOTE("write f%d %llu + %llu", file, (unsigned long long)off, (unsigned long long)n);
	for (uint64_t i = 0; i < n; i++)
		bytes[0][i] = (char)(step * 31 + i * 7 + i / 4096);
	if (below(8) == 0)
		memset(bytes[0], 0, n);
	BOTH("write", pwrite(fds[file][s], bytes[0], n, (off_t)off));
}

static void do_truncate(int file)
{
	const uint64_t size = offset(below(3) == 0 ? most : size_of(file));

	NOTE("truncate f%d %llu", file, (unsigned long long)size);
	if (below(2) == 0) {
		BOTH("ftruncate", ftruncate(fds[file][s], (off_t)size));
	} else {
		char path[64];

		/* By the descriptor in any case: the name may be another file's by now. */
		for (int s = 0; s < 2; s++) {
			snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[file][s]);
			if (truncate(path, (off_t)size) < 0)
				complain("truncate", s, errno);
		}
	}
	(void)size_of(file);
}

static void do_map(int file, bool write)
{
	const uint64_t size = size_of(file);
	uint64_t off, n, page;

	NOTE("map f%d", file);
	if (size == 0)
		return;
	off = below(size);
	n = length();
	if (n > size - off)
		n = size - off;
	page = off / 4096 * 4096;
	NOTE("map for %s f%d %llu + %llu of %llu", write ? "writing" : "reading", file,
	     (unsigned long long)off, (unsigned long long)n, (unsigned long long)size);
	for (int s = 0; s < 2; s++) {
		const size_t len = n + (off - page);
		char *at = mmap(NULL, len, write ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
				fds[file][s], (off_t)page);

		if (at == MAP_FAILED)
			complain("mmap", s, errno);
		if (write) {
			for (uint64_t i = 0; i < n; i++)
				at[off - page + i] = (char)(step * 13 + i);
			if (step % 3 == 0 && msync(at, len, MS_SYNC) < 0)
				complain("msync", s, errno);
		} else {
			/* To the end of the last page, which reads zero past the end of the file. */
			const uint64_t end = (off + n + 4095) / 4096 * 4096;

			if (off + n == size)
				n = end - off;
			memcpy(bytes[s], at + (off - page), n);
			if (off + n == end && s == 0)
				n = size - off < n ? size - off : n;
		}
		munmap(at, len);
	}
	if (!write)
		same_bytes("map", n, off);
}

static void do_fallocate(int file)
{
	static const struct {
		int mode;
		const char *name;
	} modes[] = {
		{FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, "punch"},
		{FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, "zero, keep size"},
		{FALLOC_FL_ZERO_RANGE, "zero"},
		{FALLOC_FL_KEEP_SIZE, "allocate, keep size"},
		{0, "allocate"},
	};
	const int m = (int)below(sizeof(modes) / sizeof(modes[0]));
	uint64_t off = offset(size_of(file)), n = length();

	if (off + n > most)
		off = most - n;
	NOTE("fallocate (%s) f%d %llu + %llu", modes[m].name, file, (unsigned long long)off,
	     (unsigned long long)n);
	BOTH("fallocate", fallocate(fds[file][s], modes[m].mode, (off_t)off, (off_t)n));
	(void)size_of(file);
}

static void do_sync(int file)
{
	NOTE("fsync f%d", file);
	if (below(2) == 0)
		BOTH("fsync", fsync(fds[file][s]));
	else
		BOTH("fdatasync", fdatasync(fds[file][s]));
}

/* The kernel forgets its own copy, and the next read asks the file system. */
static void do_forget(int file)
{
	NOTE("forget f%d", file);
	if (fsync(fds[file][0]) < 0)
		complain("fsync", -1, errno);
	posix_fadvise(fds[file][0], 0, 0, POSIX_FADV_DONTNEED);
}

static void do_names(int file)
{
	const int other = (int)below(FILES);
	const mode_t mode = (mode_t)(0600 | below(64));
	char name[16], to[16];

	name_of(file, name);
	name_of(other, to);
	switch (below(4)) {
	case 0:
		NOTE("unlink %s", name);
		BOTH("unlink", unlinkat(dirs[s], name, 0));
		break;
	case 1:
		NOTE("rename %s %s", name, to);
		BOTH("rename", renameat(dirs[s], name, dirs[s], to));
		break;
	case 2:
		NOTE("link %s %s", name, to);
		BOTH("link", linkat(dirs[s], name, dirs[s], to, 0));
		break;
	default:
		NOTE("chmod %s", name);
		BOTH("chmod", fchmodat(dirs[s], name, mode, 0));
		break;
	}
}

static void one(void)
{
	const int file = (int)below(FILES);
	const uint64_t what = below(100);

	if (fds[file][0] < 0)
		do_open(file, 0);
	else if (what < 25)
		do_read(file);
	else if (what < 52)
		do_write(file);
	else if (what < 60)
		do_truncate(file);
	else if (what < 68)
		do_map(file, false);
	else if (what < 76)
		do_map(file, true);
	else if (what < 82)
		do_fallocate(file);
	else if (what < 85)
		do_sync(file);
	else if (what < 89)
		do_forget(file);
	else if (what < 93)
		do_names(file);
	else
		do_open(file, below(10) == 0 ? O_TRUNC : 0);
}

static void compare_all(void)
{
	for (int file = 0; file < FILES; file++) {
		if (fds[file][0] < 0)
			continue;
		const uint64_t size = size_of(file);

		NOTE("compare f%d", file);
		for (uint64_t off = 0; off < size; off += CHUNK) {
			memset(bytes[0], 1, CHUNK);
			memset(bytes[1], 1, CHUNK);
			BOTH("read", pread(fds[file][s], bytes[s], CHUNK, (off_t)off));
			same_bytes("compare", CHUNK, off);
		}
	}
}

int main(int argc, char **argv)
{
	uint64_t operations;

	if (argc < 5) {
		fprintf(stderr, "vmofs_fsx TRIED PLAIN SEED OPERATIONS [MOST]\n");
		return 2;
	}
	umask(022);
	seed = strtoull(argv[3], NULL, 0);
	operations = strtoull(argv[4], NULL, 0);
	if (argc > 5)
		most = strtoull(argv[5], NULL, 0);
	state = seed * 0x9E3779B97F4A7C15ull + 1;
	for (int i = 0; i < 8; i++)
		(void)below(2);
	for (int s = 0; s < 2; s++) {
		dirs[s] = open(argv[1 + s], O_RDONLY | O_DIRECTORY);
		bytes[s] = malloc(CHUNK + 8192);
		if (dirs[s] < 0 || bytes[s] == NULL) {
			perror(argv[1 + s]);
			return 2;
		}
	}
	for (int file = 0; file < FILES; file++)
		fds[file][0] = fds[file][1] = -1;
	for (step = 0; step < operations; step++) {
		one();
		if (step % 2000 == 1999)
			compare_all();
	}
	compare_all();
	for (int file = 0; file < FILES; file++)
		for (int s = 0; s < 2; s++)
			if (fds[file][s] >= 0 && close(fds[file][s]) < 0)
				complain("close", s, errno);
	printf("seed %llu: %llu operations, all the same\n", (unsigned long long)seed,
	       (unsigned long long)operations);
	return 0;
}
