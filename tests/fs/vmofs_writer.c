/*
 * What fsync(2) returned for is there afterwards:
 *
 *   vmofs_writer write FOLDER LOG SEED   writes until that fails, and logs after each fsync what was
 *                                        written before it; a line that begins with "end" is whole
 *   vmofs_writer check FOLDER LOG        is all of it there?
 *
 * Three files are written, each in its way: "log" grows at its end; "blocks" has blocks of 4 KiB
 * that are overwritten at random, each with a version that only grows; "new-N" are written whole
 * under another name, synced and renamed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4096, BLOCKS = 256, SECTOR = 512, WHOLE = 30000 };

static uint64_t state;

static uint64_t below(uint64_t n)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (state >> 33) % n;
}

static unsigned char byte_at(uint64_t off)
{
	return (unsigned char)(off * 31 + off / 4096 * 7 + 1);
}

static unsigned char whole_byte(uint64_t number, size_t i)
{
	return (unsigned char)(number * 13 + i);
}

/* Writes fail when the server is killed: that is the end. */
static bool put(int fd, const void *bytes, size_t n, uint64_t off)
{
	return pwrite(fd, bytes, n, (off_t)off) == (ssize_t)n;
}

static void fill_block(unsigned char *block, uint64_t number, uint64_t version)
{
	for (size_t i = 0; i < BLOCK; i += SECTOR) {
		memset(block + i, (int)(number + version), SECTOR);
		memcpy(block + i, &version, sizeof(version));
	}
}

static bool write_log(int fd, FILE *log, uint64_t *size)
{
	unsigned char bytes[20000];
	const size_t n = 1 + below(sizeof(bytes));

	for (size_t i = 0; i < n; i++)
		bytes[i] = byte_at(*size + i);
	if (!put(fd, bytes, n, *size))
		return false;
	*size += n;
	if (below(4) != 0)
		return true;
	if ((below(2) == 0 ? fsync(fd) : fdatasync(fd)) < 0)
		return false;
	fprintf(log, "log %llu\n", (unsigned long long)*size);
	return true;
}

static bool write_blocks(int fd, FILE *log, uint64_t *versions, uint64_t *written)
{
	unsigned char block[BLOCK];

	for (uint64_t k = below(12); k != 0; k--) {
		const uint64_t b = below(BLOCKS);

		fill_block(block, b, versions[b] + 1);
		if (!put(fd, block, BLOCK, b * BLOCK))
			return false;
		written[b] = ++versions[b];
	}
	if (below(3) != 0)
		return true;
	if (fsync(fd) < 0)
		return false;
	for (uint64_t b = 0; b < BLOCKS; b++)
		if (written[b] != 0)
			fprintf(log, "block %llu %llu\n", (unsigned long long)b,
				(unsigned long long)written[b]);
	memset(written, 0, BLOCKS * sizeof(*written));
	return true;
}

static bool write_whole(int dir, FILE *log, uint64_t number)
{
	static unsigned char bytes[WHOLE];
	char name[32];
	int fd = openat(dir, "temporary", O_RDWR | O_CREAT | O_TRUNC, 0600);
	bool ok = fd >= 0;

	for (size_t i = 0; i < WHOLE; i++)
		bytes[i] = whole_byte(number, i);
	ok = ok && put(fd, bytes, WHOLE, 0) && fsync(fd) == 0;
	if (fd >= 0)
		ok = close(fd) == 0 && ok;
	snprintf(name, sizeof(name), "new-%llu", (unsigned long long)number % 20);
	if (!ok || renameat(dir, "temporary", dir, name) < 0 || fsync(dir) < 0)
		return false;
	fprintf(log, "whole %llu\n", (unsigned long long)number);
	return true;
}

static int write_all(const char *folder, const char *log_name, uint64_t seed)
{
	static uint64_t versions[BLOCKS], written[BLOCKS];
	const int dir = open(folder, O_RDONLY | O_DIRECTORY);
	const int growing = openat(dir, "log", O_RDWR | O_CREAT | O_TRUNC, 0600);
	const int blocks = openat(dir, "blocks", O_RDWR | O_CREAT | O_TRUNC, 0600);
	FILE *log = fopen(log_name, "w");
	uint64_t size = 0, number = 1;
	bool ok = dir >= 0 && growing >= 0 && blocks >= 0 && log != NULL && fsync(dir) == 0;

	if (!ok) {
		perror(folder);
		return 2;
	}
	state = seed;
	while (ok) {
		switch (below(8)) {
		case 0:
			ok = write_whole(dir, log, number++);
			break;
		case 1:
		case 2:
			ok = write_blocks(blocks, log, versions, written);
			break;
		default:
			ok = write_log(growing, log, &size);
			break;
		}
		/* The log lies in another file system, and nobody kills it. */
		fflush(log);
	}
	printf("writing ended: %s\n", strerror(errno));
	fprintf(log, "end\n");
	return fclose(log) != 0;
}

/* ---- */

static int lost;

static void missing(const char *what, unsigned long long a, unsigned long long b)
{
	if (lost++ < 10)
		printf("lost: %s %llu (%llu)\n", what, a, b);
}

static void check_log(int dir, uint64_t size)
{
	const int fd = openat(dir, "log", O_RDONLY);
	unsigned char bytes[8192];

	for (uint64_t off = 0; off < size; off += sizeof(bytes)) {
		const uint64_t n = size - off < sizeof(bytes) ? size - off : sizeof(bytes);

		if (pread(fd, bytes, n, (off_t)off) != (ssize_t)n) {
			missing("bytes of the log from", off, size);
			break;
		}
		for (uint64_t i = 0; i < n; i++)
			if (bytes[i] != byte_at(off + i)) {
				missing("byte of the log at", off + i, size);
				break;
			}
	}
	close(fd);
}

/* Each sector is of that version or a later one. */
static void check_blocks(int dir, const uint64_t *versions)
{
	const int fd = openat(dir, "blocks", O_RDONLY);
	unsigned char block[BLOCK];

	for (uint64_t b = 0; b < BLOCKS; b++) {
		if (versions[b] == 0)
			continue;
		if (pread(fd, block, BLOCK, (off_t)(b * BLOCK)) != BLOCK) {
			missing("block", b, versions[b]);
			continue;
		}
		for (size_t i = 0; i < BLOCK; i += SECTOR) {
			uint64_t version;

			memcpy(&version, block + i, sizeof(version));
			if (version < versions[b])
				missing("a newer version of block", b, versions[b]);
			for (size_t k = sizeof(version); k < SECTOR; k++)
				if (block[i + k] != (unsigned char)(b + version)) {
					missing("the rest of block", b, version);
					break;
				}
		}
	}
	close(fd);
}

static void check_whole(int dir, uint64_t number, uint64_t newest)
{
	static unsigned char bytes[WHOLE + 1];
	char name[32];
	uint64_t found = number;
	int fd;

	snprintf(name, sizeof(name), "new-%llu", (unsigned long long)number % 20);
	fd = openat(dir, name, O_RDONLY);
	if (fd < 0 || pread(fd, bytes, sizeof(bytes), 0) != WHOLE) {
		missing("file", number, 0);
		return;
	}
	close(fd);
	/* The next one of that name may have taken its place without being logged. */
	if (bytes[0] != whole_byte(number, 0) && number + 20 <= newest + 1)
		found = number + 20;
	for (size_t i = 0; i < WHOLE; i++)
		if (bytes[i] != whole_byte(found, i)) {
			missing("byte of a file", number, i);
			return;
		}
}

static int check_all(const char *folder, const char *log_name)
{
	static uint64_t versions[BLOCKS], wholes[20];
	const int dir = open(folder, O_RDONLY | O_DIRECTORY);
	FILE *log = fopen(log_name, "r");
	unsigned long long a, b, size = 0, newest = 0, lines = 0;
	char line[128];

	if (dir < 0 || log == NULL) {
		perror(folder);
		return 2;
	}
	while (fgets(line, sizeof(line), log) != NULL) {
		if (strchr(line, '\n') == NULL)
			break;
		lines++;
		if (sscanf(line, "log %llu", &a) == 1) {
			size = a;
		} else if (sscanf(line, "block %llu %llu", &a, &b) == 2) {
			versions[a] = b;
		} else if (sscanf(line, "whole %llu", &a) == 1) {
			newest = a;
			wholes[a % 20] = a;
		}
	}
	check_log(dir, size);
	check_blocks(dir, versions);
	for (int i = 0; i < 20; i++)
		if (wholes[i] != 0)
			check_whole(dir, wholes[i], newest);
	printf("%llu lines: log of %llu bytes, %llu files renamed: %d lost\n", lines, size, newest,
	       lost);
	return lines < 10 ? 3 : lost != 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "write") == 0)
		return write_all(argv[2], argv[3], strtoull(argv[4], NULL, 0));
	if (argc == 4 && strcmp(argv[1], "check") == 0)
		return check_all(argv[2], argv[3]);
	fprintf(stderr, "vmofs_writer write FOLDER LOG SEED | check FOLDER LOG\n");
	return 2;
}
