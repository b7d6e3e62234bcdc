/* Runs the rows, interleaved, and prints the table; report.c writes it as JSON and as a plot. */
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

enum { ROUNDS = 9, SCALE_ROUNDS = 5, MAX_ROWS = 200 };

static const struct bench_row *const areas[] = {bench_vmo,    bench_map,    bench_clone,
						bench_port,   bench_pager,  bench_vm_io,
						bench_stream, bench_device, bench_fs};
#define AREAS (sizeof(areas) / sizeof(areas[0]))

struct options {
	const char *json, *plot;
	char **names;
	int count;
};

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

/* ---- what is going on, for whoever waits at a terminal */

static void progress(const char *name, int round, int rounds)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s %d/%d", name, round + 1, rounds);
}

static void progress_end(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* ---- measuring */

static struct bench_result run(const struct bench_row *r)
{
	double ours[ROUNDS], theirs[ROUNDS], ratio[ROUNDS];

	/* One round that is not counted: first touches, caches, the pool of frames. */
	progress(r->name, -1, ROUNDS);
	if (isnan(r->ours(r->n)) || isnan(r->theirs(r->n)))
		return (struct bench_result){r, NAN, NAN, NAN, 1};
	for (int i = 0; i < ROUNDS; i++) {
		progress(r->name, i, ROUNDS);
		ours[i] = r->ours(r->n) / (double)r->n;
		theirs[i] = r->theirs(r->n) / (double)r->n;
		ratio[i] = r->at_least ? theirs[i] / ours[i] : ours[i] / theirs[i];
	}
	progress_end();
	struct bench_result res = {r, median(ours, ROUNDS), median(theirs, ROUNDS),
				   median(ratio, ROUNDS), 0};

	/* Goals are given with two digits. */
	res.met = r->goal <= 0 ||
		  (r->at_least ? res.ratio >= r->goal - 0.005 : res.ratio <= r->goal + 0.005);
	return res;
}

/* All sizes in turn within each round, so that what disturbs the machine meets them all. */
static struct bench_curve run_scale(const struct bench_scale *s)
{
	double ours[BENCH_SIZES][SCALE_ROUNDS], theirs[BENCH_SIZES][SCALE_ROUNDS];
	struct bench_curve c = {.scale = s};

	while (s->sizes[c.sizes] != 0)
		c.sizes++;
	for (int i = 0; i < SCALE_ROUNDS; i++) {
		progress(s->name, i, SCALE_ROUNDS);
		for (int k = 0; k < c.sizes; k++) {
			if (i == 0)
				s->ours(s->sizes[k], s->n);
			ours[k][i] = s->ours(s->sizes[k], s->n) / (double)s->n;
			theirs[k][i] = s->theirs == NULL ?
					       -1 :
					       s->theirs(s->sizes[k], s->n) / (double)s->n;
		}
	}
	progress_end();
	for (int k = 0; k < c.sizes; k++) {
		c.ours[k] = median(ours[k], SCALE_ROUNDS);
		c.theirs[k] = median(theirs[k], SCALE_ROUNDS);
		if (s->beside && c.theirs[k] > 0 && c.ours[k] / c.theirs[k] > c.growth)
			c.growth = c.ours[k] / c.theirs[k];
	}
	if (!s->beside)
		c.growth = c.ours[c.sizes - 1] / c.ours[0];
	c.met = c.growth <= s->most + 0.005;
	return c;
}

/* ---- which rows */

static int matches(const char *row, const char *name)
{
	return strstr(row, name) != NULL;
}

static int is_wanted(const char *row, const struct options *o)
{
	for (int i = 0; i < o->count; i++)
		if (matches(row, o->names[i]))
			return 1;
	return o->count == 0;
}

static int is_known(const char *name)
{
	for (size_t a = 0; a < AREAS; a++)
		for (const struct bench_row *r = areas[a]; r->name != NULL; r++)
			if (matches(r->name, name))
				return 1;
	for (const struct bench_scale *s = bench_scales; s->name != NULL; s++)
		if (matches(s->name, name))
			return 1;
	return 0;
}

static void list(void)
{
	for (size_t a = 0; a < AREAS; a++)
		for (const struct bench_row *r = areas[a]; r->name != NULL; r++)
			printf("%-32s against %s\n", r->name, r->rival);
	for (const struct bench_scale *s = bench_scales; s->name != NULL; s++) {
		int last = 0;

		while (s->sizes[last + 1] != 0)
			last++;
		printf("%-32s among %llu to %llu %s%s%s\n", s->name,
		       (unsigned long long)s->sizes[0], (unsigned long long)s->sizes[last], s->unit,
		       s->rival == NULL ? "" : ", against ", s->rival == NULL ? "" : s->rival);
	}
}

static void usage(FILE *to)
{
	fputs("usage: zirconia-bench [OPTION...] [ROW...]\n"
	      "Compares zirconia with the plain Linux way. ROW: part of a row's name; none: all "
	      "rows.\n"
	      "  --list       the rows\n"
	      "  --json FILE  writes the results as JSON\n"
	      "  --plot FILE  writes a script for gnuplot, which draws them: gnuplot -e "
	      "\"stem='NAME'\" FILE\n"
	      "               makes NAME.svg and NAME-scaling.svg\n",
	      to);
}

/* True: go on with the options; else *status is the exit status. */
static int take_options(int argc, char **argv, struct options *o, int *status)
{
	for (int i = 1; i < argc; i++) {
		const char **value = strcmp(argv[i], "--json") == 0 ? &o->json :
				     strcmp(argv[i], "--plot") == 0 ? &o->plot :
								      NULL;

		*status = 2;
		if (value != NULL && i + 1 < argc) {
			*value = argv[++i];
		} else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			usage(stdout);
			*status = 0;
			return 0;
		} else if (strcmp(argv[i], "--list") == 0) {
			list();
			*status = 0;
			return 0;
		} else if (argv[i][0] == '-') {
			fprintf(stderr, "zirconia-bench: %s\n",
				value != NULL ? "a file name is missing" : "unknown option");
			usage(stderr);
			return 0;
		} else if (!is_known(argv[i])) {
			fprintf(stderr,
				"zirconia-bench: no row is called %s; --list names them all\n",
				argv[i]);
			return 0;
		} else {
			o->names[o->count++] = argv[i];
		}
	}
	return 1;
}

int main(int argc, char **argv)
{
	static struct bench_result results[MAX_ROWS];
	static struct bench_curve curves[MAX_ROWS];
	struct bench_report report = {results, curves, 0, 0};
	struct options o = {.names = calloc((size_t)argc, sizeof(char *))};
	int missed = 0, shown = 0, status;

	BENCH_TRUE(o.names != NULL);
	if (!take_options(argc, argv, &o, &status))
		return status;
	for (size_t a = 0; a < AREAS; a++) {
		for (const struct bench_row *r = areas[a]; r->name != NULL; r++) {
			if (!is_wanted(r->name, &o))
				continue;
			BENCH_TRUE(report.n_results < MAX_ROWS);
			if (!shown)
				bench_print_head();
			shown = 1;
			struct bench_result *res = &results[report.n_results++];

			*res = run(r);
			bench_print_result(res);
			if (isnan(res->ratio))
				report.n_results--;
			missed += !res->met;
		}
	}
	bench_map_end();
	for (const struct bench_scale *s = bench_scales; s->name != NULL; s++) {
		if (!is_wanted(s->name, &o))
			continue;
		BENCH_TRUE(report.n_curves < MAX_ROWS);
		if (report.n_curves == 0)
			bench_print_scale_head();
		struct bench_curve *c = &curves[report.n_curves++];

		*c = run_scale(s);
		bench_print_curve(c);
		missed += !c->met;
	}
	printf("%d rows, %d goals missed\n", report.n_results + report.n_curves, missed);
	if (o.json != NULL && !bench_write_json(o.json, &report))
		return 1;
	if (o.plot != NULL && !bench_write_plot(o.plot, &report))
		return 1;
	return 0;
}
