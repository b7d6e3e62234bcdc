/* What a quiet process holds, and whether that grows. */
#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/slab.h"
#include "host/host.h"
#include "soak.h"

#define MIB 1048576.0
#define PAGE 4096.0

double soak_rss(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long rss = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%*u %lu", &rss) != 1)
		rss = 0;
	fclose(f);
	return (double)rss * PAGE / MIB;
}

static uint64_t count_entries(const char *path)
{
	DIR *d = opendir(path);
	uint64_t n = 0;

	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 3; /* ".", "..", and the directory itself, or one thread less than there are */
}

/* Without the pieces that unmapped addresses leave for the next mapping there: they come and go, some hundreds at most. */
static uint64_t count_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[1024];
	uint64_t n = 0;

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		n += strchr(line, '\n') != NULL &&
		     (strstr(line, " ---s ") == NULL || strstr(line, "/memfd:zirconia") == NULL);
	fclose(f);
	return n;
}

void soak_sample_take(struct soak_sample *out)
{
	const struct mallinfo2 heap = mallinfo2();

	/* Frames and malloc's memory that are kept for the next use are not lost. */
	zi_extent_trim();
	malloc_trim(0);
	out->slabs = (double)zi_slab_held() / MIB;
	out->rss = soak_rss() - out->slabs;
	out->heap = (double)heap.uordblks / 1024;
	out->maps = count_maps();
	out->fds = count_entries("/proc/self/fd");
	out->threads = count_entries("/proc/self/task") + 1;
}

void soak_sample_print_head(void)
{
	puts("  seconds        work    peak MiB |  quiet MiB  heap KiB  slabs MiB   maps  fds  "
	     "threads");
}

void soak_sample_print(double seconds, double peak, uint64_t work, const struct soak_sample *s)
{
	printf("%9.0f %11llu %11.1f | %10.1f %9.1f %10.1f %6llu %4llu %8llu\n", seconds,
	       (unsigned long long)work, peak, s->rss, s->heap, s->slabs,
	       (unsigned long long)s->maps, (unsigned long long)s->fds,
	       (unsigned long long)s->threads);
}

/* ---- the verdict */

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double number(const struct soak_sample *s, unsigned what)
{
	const double all[] = {s->rss,          s->heap,        s->slabs,
			      (double)s->maps, (double)s->fds, (double)s->threads};

	return all[what];
}

static double median(const struct soak_sample *samples, size_t n, unsigned what)
{
	double *sorted = calloc(n, sizeof(*sorted)), m;

	if (sorted == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		sorted[i] = number(&samples[i], what);
	qsort(sorted, n, sizeof(*sorted), ascending);
	m = sorted[n / 2];
	free(sorted);
	return m;
}

extern void __asan_init(void) __attribute__((weak));
extern void __tsan_init(void) __attribute__((weak));

bool soak_is_steady(const struct soak_sample *samples, size_t n)
{
	/*
	 * Slabs keep the memory of the busiest moment so far, and a busier one may always come. Everything else comes back to
	 * where it was.
	 */
	static const struct {
		const char *name;
		double share, more; /* allowed growth */
	} rows[] = {
		{"quiet memory, MiB", 0.10, 2},
		{"heap in use, KiB", 0.05, 32},
		{"slabs, MiB", 0.25, 4},
		{"maps", 0.05, 64},
		{"file descriptors", 0, 0},
		{"threads", 0, 1}, /* that of the timers comes and goes */
	};
	/* A sanitizer keeps what was freed, and counts no heap; ThreadSanitizer maps for what the program maps. */
	const unsigned first = &__tsan_init != NULL ? 4 : &__asan_init != NULL ? 3 : 0;
	const size_t third = n / 3;
	bool steady = true;

	if (third == 0) {
		puts("too short to tell whether memory is steady");
		return true;
	}
	for (unsigned i = first; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const double before = median(samples + n - 2 * third, third, i);
		const double after = median(samples + n - third, third, i);
		const bool ok = after <= before * (1 + rows[i].share) + rows[i].more;

		printf("%-20s %10.1f -> %10.1f  %s\n", rows[i].name, before, after,
		       ok ? "steady" : "GROWS");
		steady = steady && ok;
	}
	return steady;
}
