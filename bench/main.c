/* Runs the rows, interleaved, and prints the table; JSON goes to $ZIRCONIA_BENCH_OUT/bench.json. */
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

enum { ROUNDS = 9 };

static const struct bench_row *const areas[] = { bench_vmo, bench_map, bench_clone, bench_port, bench_pager, bench_vm_io, bench_stream, bench_device, bench_fs };

double bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), compare);
	return v[n / 2];
}

struct result {
	double ours, theirs, ratio; /* medians; ns per operation */
	int met;
};

static struct result run(const struct bench_row *r)
{
	double ours[ROUNDS], theirs[ROUNDS], ratio[ROUNDS];

	/* One round that is not counted: first touches, caches, the pool of frames. */
	if (isnan(r->ours(r->n)) || isnan(r->theirs(r->n)))
		return (struct result){ .ratio = NAN };
	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = r->ours(r->n) / (double)r->n;
		theirs[i] = r->theirs(r->n) / (double)r->n;
		ratio[i] = r->at_least ? theirs[i] / ours[i] : ours[i] / theirs[i];
	}
	struct result res = { median(ours, ROUNDS), median(theirs, ROUNDS), median(ratio, ROUNDS), 0 };

	/* Goals are given with two digits. */
	res.met = r->at_least ? res.ratio >= r->goal - 0.005 : res.ratio <= r->goal + 0.005;
	return res;
}

static int is_wanted(const struct bench_row *r, int argc, char **argv)
{
	if (argc < 2)
		return 1;
	for (int i = 1; i < argc; i++)
		if (strstr(r->name, argv[i]) != NULL)
			return 1;
	return 0;
}

static FILE *open_json(void)
{
	const char *dir = getenv("ZIRCONIA_BENCH_OUT");
	char path[4096];

	if (dir == NULL)
		return NULL;
	mkdir(dir, 0777);
	snprintf(path, sizeof(path), "%s/bench.json", dir);
	FILE *f = fopen(path, "w");

	if (f == NULL)
		fprintf(stderr, "cannot write %s; going on without it\n", path);
	return f;
}

static void usage(void)
{
	puts("zirconia-bench [ROW...]\n"
	     "Compares zirconia with the plain Linux way. ROW: part of a row's name; none: all rows.\n"
	     "--list  names of all rows\n"
	     "ZIRCONIA_BENCH_OUT=DIR  writes DIR/bench.json");
}

int main(int argc, char **argv)
{
	int done = 0, missed = 0;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		usage();
		return 0;
	}
	int list = argc == 2 && strcmp(argv[1], "--list") == 0;
	FILE *json = list ? NULL : open_json();

	if (!list)
		printf("%-44s %12s %12s %8s %8s\n", "row", "zirconia ns", "Linux ns", "ratio", "goal");
	if (json != NULL)
		fputs("[\n", json);
	for (size_t a = 0; a < sizeof(areas) / sizeof(areas[0]); a++) {
		for (const struct bench_row *r = areas[a]; r->name != NULL; r++) {
			if (list) {
				printf("%-44s against %s\n", r->name, r->rival);
				continue;
			}
			if (!is_wanted(r, argc, argv))
				continue;
			struct result res = run(r);
			char goal[32] = "-";

			if (isnan(res.ratio)) {
				printf("%-44s %12s\n", r->name, "skipped");
				continue;
			}

			if (r->goal != 0)
				snprintf(goal, sizeof(goal), "%s%.2f", r->at_least ? ">=" : "<=", r->goal);
			printf("%-44s %12.1f %12.1f %8.3f %8s%s\n", r->name, res.ours, res.theirs,
			       res.ratio, goal, r->goal != 0 && !res.met ? "  MISSED" : "");
			fflush(stdout);
			if (json != NULL)
				fprintf(json,
					"%s{\"row\": \"%s\", \"rival\": \"%s\", \"ours_ns\": %.2f, "
					"\"theirs_ns\": %.2f, \"ratio\": %.4f, \"goal\": %.3f, \"at_least\": %s}",
					done ? ",\n" : "", r->name, r->rival, res.ours, res.theirs,
					res.ratio, r->goal, r->at_least ? "true" : "false");
			done++;
			missed += r->goal != 0 && !res.met;
		}
	}
	if (json != NULL) {
		fputs("\n]\n", json);
		fclose(json);
	}
	if (list)
		return 0;
	if (done == 0) {
		fprintf(stderr, "no row has such a name; --list names them all\n");
		return 2;
	}
	printf("%d rows, %d goals missed\n", done, missed);
	return 0;
}
