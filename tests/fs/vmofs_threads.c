/*
 * Several threads write, read and cut files at the same time, each with a copy in memory of what
 * should be there:
 *
 *   vmofs_threads TRIED PLAIN SEED SECONDS
 *
 * Each thread has a file of its own, mostly extended by a few bytes, and its own stripes of one file
 * that all share. What should be in TRIED is written to PLAIN at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, MOST = 3 << 20, STRIPE = 1000, STRIPES = 256 };

struct worker {
	int number, own, shared;
	uint64_t state, done, size;
	unsigned char file[MOST], seen[MOST];
	unsigned char stripes[STRIPES][STRIPE]; /* of those that are this thread's */
};

static struct worker workers[THREADS];
static volatile int over;

static uint64_t below(struct worker *w, uint64_t n)
{
	w->state = w->state * 6364136223846793005ull + 1442695040888963407ull;
	return (w->state >> 33) % n;
}

static void fail(const struct worker *w, const char *what, uint64_t at)
{
	printf("thread %d, operation %llu: %s at %llu: %s\n", w->number,
	       (unsigned long long)w->done, what, (unsigned long long)at, strerror(errno));
	exit(1);
}

static void write_own(struct worker *w, uint64_t off, uint64_t n)
{
	if (off + n > MOST)
		n = MOST - off;
	for (uint64_t i = 0; i < n; i++)
		w->file[off + i] = (unsigned char)(w->done + i * 7);
	if (pwrite(w->own, w->file + off, n, (off_t)off) != (ssize_t)n)
		fail(w, "write", off);
	if (off + n > w->size)
		w->size = off + n;
}

static void read_own(struct worker *w)
{
	const uint64_t off = below(w, w->size + 1), n = below(w, 30000);
	const uint64_t left = w->size - off;

	if (pread(w->own, w->seen, n, (off_t)off) != (ssize_t)(n < left ? n : left))
		fail(w, "length read", off);
	if (memcmp(w->seen, w->file + off, n < left ? n : left) != 0)
		fail(w, "bytes read", off);
}

static void cut_own(struct worker *w)
{
	const uint64_t size = below(w, w->size + 5000) % MOST;

	if (ftruncate(w->own, (off_t)size) < 0)
		fail(w, "truncate", size);
	if (size > w->size)
		memset(w->file + w->size, 0, size - w->size);
	w->size = size;
}

static off_t place(const struct worker *w, uint64_t stripe)
{
	const uint64_t at = (stripe * THREADS + (uint64_t)w->number) * STRIPE;

	return (off_t)at;
}

static void use_stripe(struct worker *w)
{
	const uint64_t s = below(w, STRIPES), from = below(w, STRIPE), n = below(w, STRIPE - from);

	if (below(w, 2) == 0) {
		memset(w->stripes[s] + from, (int)w->done, n);
		if (pwrite(w->shared, w->stripes[s] + from, n, place(w, s) + (off_t)from) !=
		    (ssize_t)n)
			fail(w, "write to the shared file", s);
		return;
	}
	if (pread(w->shared, w->seen, STRIPE, place(w, s)) != STRIPE)
		fail(w, "length read of the shared file", s);
	if (memcmp(w->seen, w->stripes[s], STRIPE) != 0)
		fail(w, "bytes of the shared file", s);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (; !over; w->done++) {
		const uint64_t what = below(w, 100);

		if (what < 45)
			write_own(w, w->size, 1 + below(w, w->number == 0 ? 40 : 300));
		else if (what < 55)
			write_own(w, below(w, w->size + 1),
				  1 + below(w, w->number == 0 ? 300000 : 20000));
		else if (what < 65)
			read_own(w);
		else if (what < 67 && (w->number != 0 || w->done % 64 == 0))
			cut_own(w);
		else if (what < 97)
			use_stripe(w);
		else if (what < 99)
			posix_fadvise(w->own, 0, 0, POSIX_FADV_DONTNEED);
		else if (fsync(w->own) < 0)
			fail(w, "fsync", 0);
	}
	return NULL;
}

static int create(const char *folder, const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0) {
		perror(path);
		exit(2);
	}
	return fd;
}

int main(int argc, char **argv)
{
	pthread_t ids[THREADS];
	const uint64_t seed = argc == 5 ? strtoull(argv[3], NULL, 0) : 0;
	uint64_t done = 0;
	char name[16];
	int shared;

	if (argc != 5) {
		fprintf(stderr, "vmofs_threads TRIED PLAIN SEED SECONDS\n");
		return 2;
	}
	shared = create(argv[1], "shared");
	if (ftruncate(shared, STRIPES * THREADS * STRIPE) < 0)
		return 2;
	for (int i = 0; i < THREADS; i++) {
		snprintf(name, sizeof(name), "own%d", i);
		workers[i].number = i;
		workers[i].state = (seed + (unsigned)i) * 31;
		workers[i].own = create(argv[1], name);
		workers[i].shared = shared;
		if (pthread_create(&ids[i], NULL, work, &workers[i]) != 0)
			return 2;
	}
	sleep((unsigned)atoi(argv[4]));
	over = 1;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(ids[i], NULL);
		done += workers[i].done;
	}
	/* What should be there. */
	shared = create(argv[2], "shared");
	for (int i = 0; i < THREADS; i++) {
		const struct worker *w = &workers[i];
		int own;

		snprintf(name, sizeof(name), "own%d", i);
		own = create(argv[2], name);
		if (pwrite(own, w->file, w->size, 0) != (ssize_t)w->size)
			return 2;
		for (uint64_t s = 0; s < STRIPES; s++)
			if (pwrite(shared, w->stripes[s], STRIPE, place(w, s)) != STRIPE)
				return 2;
	}
	printf("%llu operations of %d threads\n", (unsigned long long)done, THREADS);
	return 0;
}
