/*
 * Runs a fuzzer's function without libFuzzer: first every file of the folders and files named, then inputs that are made of them, the same
 * ones in every run (ZI_SEED=N: others). The input at work lies in a file, which is still there when the program died of it.
 *
 *     PROGRAM [-runs=N] [-seconds=N] [FILE|FOLDER…]
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 4096, SEEDS_MAX = 512 };

static struct seed {
	uint8_t *data;
	size_t size;
} seeds[SEEDS_MAX];
static size_t seed_count;

static char last_path[256];
static uint8_t *last; /* of the file: the input at work, without its length, which is the file's */
static int last_fd = -1;

static uint64_t state;

static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static size_t below(size_t limit)
{
	return (size_t)(next() % limit);
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void open_last(const char *program)
{
	const char *name = strrchr(program, '/');

	snprintf(last_path, sizeof(last_path), "fuzz-%s-%d.input",
		 name != NULL ? name + 1 : program, (int)getpid());
	last_fd = open(last_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (last_fd < 0 || ftruncate(last_fd, INPUT_MAX) != 0)
		die(last_path);
	last = mmap(NULL, INPUT_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, last_fd, 0);
	if (last == MAP_FAILED)
		die("mmap");
}

/* An allocation of its own, so that a sanitizer sees its ends. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size != 0 ? size : 1);

	if (copy == NULL)
		die("malloc");
	memcpy(copy, data, size);
	memcpy(last, data, size);
	if (ftruncate(last_fd, (off_t)size) != 0)
		die("ftruncate");
	LLVMFuzzerTestOneInput(copy, size);
	if (ftruncate(last_fd, INPUT_MAX) != 0)
		die("ftruncate");
	free(copy);
}

static void add_file(const char *path)
{
	uint8_t buffer[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	struct seed *s;

	if (f == NULL)
		die(path);
	if (seed_count == SEEDS_MAX) {
		fprintf(stderr, "more than %d inputs\n", SEEDS_MAX);
		exit(2);
	}
	s = &seeds[seed_count];
	s->size = fread(buffer, 1, sizeof(buffer), f);
	s->data = malloc(s->size != 0 ? s->size : 1);
	if (ferror(f) || s->data == NULL)
		die(path);
	memcpy(s->data, buffer, s->size);
	seed_count++;
	fclose(f);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void add(const char *path)
{
	struct dirent **list;
	struct stat st;
	char file[1024];
	int n;

	if (stat(path, &st) != 0)
		die(path);
	if (!S_ISDIR(st.st_mode)) {
		add_file(path);
		return;
	}
	n = scandir(path, &list, NULL, by_name);
	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			snprintf(file, sizeof(file), "%s/%s", path, list[i]->d_name);
			add_file(file);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

/* ---- making inputs */

static void mutate(uint8_t *data, size_t *size)
{
	static const uint64_t numbers[] = {0,      1,          2,          0x7f,         0x80,
					   0xff,   0xfff,      0x1000,     0x1001,       0x7fff,
					   0x8000, 0xffff,     0x7fffffff, 0x80000000,   0xffffffff,
					   ~0ull,  ~0ull >> 1, 1ull << 63, 0 - 0x1000ull};
	const uint64_t number = numbers[below(sizeof(numbers) / sizeof(numbers[0]))];
	const size_t at = *size != 0 ? below(*size) : 0, room = *size - at;
	const size_t width = (size_t)1 << below(4), len = 1 + below(16);

	switch (below(8)) {
	case 0:
		if (*size != 0)
			data[at] ^= (uint8_t)(1u << below(8));
		break;
	case 1:
		if (*size != 0)
			data[at] = (uint8_t)next();
		break;
	case 2:
	case 3:
		memcpy(data + at, &number, width < room ? width : room);
		break;
	case 4: /* gap */
		if (*size + len <= INPUT_MAX) {
			memmove(data + at + len, data + at, room);
			for (size_t i = 0; i < len; i++)
				data[at + i] = (uint8_t)next();
			*size += len;
		}
		break;
	case 5:
		if (room > len) {
			memmove(data + at, data + at + len, room - len);
			*size -= len;
		}
		break;
	case 6: /* a piece of it elsewhere */
		if (*size > 16) {
			const size_t from = below(*size - 16);

			memmove(data + at, data + from, room < 16 ? room : 16);
		}
		break;
	case 7: /* the rest of another one */
		if (seed_count != 0) {
			const struct seed *s = &seeds[below(seed_count)];
			const size_t from = s->size != 0 ? below(s->size) : 0;
			const size_t n =
				s->size - from < INPUT_MAX - at ? s->size - from : INPUT_MAX - at;

			memcpy(data + at, s->data + from, n);
			*size = at + n;
		}
		break;
	}
}

static void make(uint8_t *data, size_t *size)
{
	if (seed_count != 0 && below(4) != 0) {
		const struct seed *s = &seeds[below(seed_count)];

		memcpy(data, s->data, s->size);
		*size = s->size;
	} else {
		*size = below(below(4) == 0 ? INPUT_MAX + 1 : 256);
		for (size_t i = 0; i < *size; i++)
			data[i] = (uint8_t)next();
	}
	for (size_t i = below(8); i > 0; i--)
		mutate(data, size);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	const char *seed = getenv("ZI_SEED");
	unsigned long runs = 20000, done = 0;
	double seconds = 5, start;
	uint8_t input[INPUT_MAX];
	size_t size;

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "-runs=", 6) == 0)
			runs = strtoul(argv[i] + 6, NULL, 10);
		else if (strncmp(argv[i], "-seconds=", 9) == 0)
			seconds = strtod(argv[i] + 9, NULL);
		else
			add(argv[i]);
	}
	const uint64_t first = seed != NULL ? strtoull(seed, NULL, 0) : 1;

	state = first;
	open_last(argv[0]);
	for (size_t i = 0; i < seed_count; i++)
		run(seeds[i].data, seeds[i].size);
	start = now();
	/* The inputs are the same everywhere; how many of them fit into the time is not. */
	for (; done < runs && now() - start < seconds; done++) {
		make(input, &size);
		run(input, size);
	}
	unlink(last_path);
	printf("%zu files and %lu inputs made of them, %.1f s, seed %" PRIu64 "\n", seed_count,
	       done, now() - start, first);
	return 0;
}
