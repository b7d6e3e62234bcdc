/* The results as a table, as JSON, and as a script that draws them. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* ---- table */

void bench_print_head(void)
{
	printf("%-30s %12s %12s %8s %8s\n", "row", "zirconia ns", "Linux ns", "ratio", "goal");
	fflush(stdout);
}

void bench_print_result(const struct bench_result *r)
{
	char goal[32] = "-";

	if (isnan(r->ratio)) {
		printf("%-30s %12s\n", r->row->name, "not here");
		fflush(stdout);
		return;
	}
	if (r->row->goal > 0)
		snprintf(goal, sizeof(goal), "%s%.2f",
			 r->row->at_least ? ">=" : "<=", r->row->goal);
	printf("%-30s %12.1f %12.1f %8.3f %8s%s\n", r->row->name, r->ours, r->theirs, r->ratio,
	       goal, r->met ? "" : "  MISSED");
	fflush(stdout);
}

void bench_print_scale_head(void)
{
	printf("\n%-34s %12s %12s %8s %8s\n", "scaling", "zirconia ns", "Linux ns", "growth",
	       "goal");
	fflush(stdout);
}

void bench_print_curve(const struct bench_curve *c)
{
	const struct bench_scale *s = c->scale;

	for (int k = 0; k < c->sizes; k++) {
		char name[64], theirs[32] = "-", growth[64] = "";

		snprintf(name, sizeof(name), "%s %llu", s->name, (unsigned long long)s->sizes[k]);
		if (c->theirs[k] >= 0)
			snprintf(theirs, sizeof(theirs), "%.1f", c->theirs[k]);
		if (k == c->sizes - 1)
			snprintf(growth, sizeof(growth), " %8.3f   <=%.2f%s%s", c->growth, s->most,
				 s->beside ? " of Linux" : "",
				 c->met ? "  as expected" : "  MISSED");
		printf("%-34s %12.1f %12s%s\n", name, c->ours[k], theirs, growth);
	}
	fflush(stdout);
}

/* ---- files */

static FILE *open_file(const char *path)
{
	FILE *f = fopen(path, "we");

	if (f == NULL)
		fprintf(stderr, "zirconia-bench: cannot write %s: %s\n", path, strerror(errno));
	return f;
}

static int close_file(const char *path, FILE *f)
{
	const int bad = ferror(f);

	if (fclose(f) == 0 && !bad)
		return 1;
	fprintf(stderr, "zirconia-bench: writing %s failed\n", path);
	return 0;
}

/* Without what would end a JSON string. */
static void copy_clean(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (; *from != '\0' && n + 1 < size; from++)
		if (*from >= ' ' && *from != '"' && *from != '\\')
			to[n++] = *from;
	to[n] = '\0';
}

static void processor_name(char *name, size_t size)
{
	char line[256];
	FILE *f = fopen("/proc/cpuinfo", "re");

	copy_clean(name, size, "unknown");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
			copy_clean(name, size, colon + 2);
			break;
		}
	}
	if (f != NULL)
		fclose(f);
}

int bench_write_json(const char *path, const struct bench_report *r)
{
	FILE *f = open_file(path);
	char processor[128], kernel[128];
	struct utsname uts;
	double load[1] = {0};
	const time_t now = time(NULL);
	char when[32] = "";
	struct tm tm;

	if (f == NULL)
		return 0;
	processor_name(processor, sizeof(processor));
	BENCH_TRUE(uname(&uts) == 0);
	copy_clean(kernel, sizeof(kernel), uts.release);
	if (gmtime_r(&now, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (getloadavg(load, 1) != 1)
		load[0] = -1;
	fprintf(f,
		"{\n\"machine\": {\"processor\": \"%s\", \"cores\": %ld, \"kernel\": \"%s\", "
		"\"load\": %.2f, \"time\": \"%s\"},\n",
		processor, sysconf(_SC_NPROCESSORS_ONLN), kernel, load[0], when);
	fputs("\"rows\": [", f);
	for (int i = 0; i < r->n_results; i++) {
		const struct bench_result *res = &r->results[i];

		fprintf(f,
			"%s\n{\"row\": \"%s\", \"rival\": \"%s\", \"ours_ns\": %.2f, "
			"\"theirs_ns\": %.2f, ",
			i == 0 ? "" : ",", res->row->name, res->row->rival, res->ours, res->theirs);
		fprintf(f, "\"ratio\": %.4f, \"goal\": %.3f, \"at_least\": %s, \"met\": %s}",
			res->ratio, res->row->goal, res->row->at_least ? "true" : "false",
			res->met ? "true" : "false");
	}
	fputs("\n],\n\"scaling\": [", f);
	for (int i = 0; i < r->n_curves; i++) {
		const struct bench_curve *c = &r->curves[i];

		fprintf(f,
			"%s\n{\"row\": \"%s\", \"unit\": \"%s\", \"rival\": \"%s\", \"points\": [",
			i == 0 ? "" : ",", c->scale->name, c->scale->unit,
			c->scale->rival == NULL ? "" : c->scale->rival);
		for (int k = 0; k < c->sizes; k++) {
			fprintf(f, "%s{\"size\": %llu, \"ours_ns\": %.2f", k == 0 ? "" : ", ",
				(unsigned long long)c->scale->sizes[k], c->ours[k]);
			if (c->theirs[k] >= 0)
				fprintf(f, ", \"theirs_ns\": %.2f", c->theirs[k]);
			fputs("}", f);
		}
		fprintf(f, "], \"growth\": %.4f, \"at_most\": %.2f, \"of_rival\": %s, \"met\": %s}",
			c->growth, c->scale->most, c->scale->beside ? "true" : "false",
			c->met ? "true" : "false");
	}
	fputs("\n]\n}\n", f);
	return close_file(path, f);
}

/* ---- plot */

/* Bars of the share of the goal that a row takes: left of the line the goal is met. */
static void plot_rows(FILE *f, const struct bench_report *r)
{
	fputs("$rows << EOD\n", f);
	for (int i = 0; i < r->n_results; i++) {
		const struct bench_result *res = &r->results[i];
		const double goal = res->row->goal > 0 ? res->row->goal : 1;
		double share = res->row->at_least ? goal / res->ratio : res->ratio / goal;

		if (share < 0.0011)
			share = 0.0011;
		fprintf(f, "%d %.4f %d \"%s\"\n", r->n_results - i, share, res->met,
			res->row->name);
	}
	fprintf(f,
		"EOD\n"
		"set terminal svg size 900,%d font 'sans,12' background 'white'\n"
		"set output stem.'.svg'\n"
		"set title 'Share of its goal that each row takes (left of the line: met)'\n"
		"set logscale x\nset xrange [0.001:10]\nset yrange [0.3:%d.7]\n"
		"set grid x\nunset key\nset arrow 1 from 1,graph 0 to 1,graph 1 nohead lw 2\n"
		"set style fill solid 0.8 noborder\n"
		"plot $rows using 2:1:(0.001):2:($1-0.35):($1+0.35):($3 == 1 ? 0x4c9a5b : "
		"0xc0504d):ytic(4) with boxxyerror lc rgb variable\n"
		"set output\nreset\n",
		90 + 20 * r->n_results, r->n_results);
}

static void plot_curves(FILE *f, const struct bench_report *r)
{
	for (int i = 0; i < r->n_curves; i++) {
		const struct bench_curve *c = &r->curves[i];

		fprintf(f, "$c%d << EOD\n", i);
		for (int k = 0; k < c->sizes; k++) {
			fprintf(f, "%llu %.2f ", (unsigned long long)c->scale->sizes[k],
				c->ours[k]);
			if (c->theirs[k] >= 0)
				fprintf(f, "%.2f\n", c->theirs[k]);
			else
				fputs("?\n", f);
		}
		fputs("EOD\n", f);
	}
	fprintf(f,
		"set terminal svg size 900,%d font 'sans,12' background 'white'\n"
		"set output stem.'-scaling.svg'\nset datafile missing '?'\n"
		"set multiplot layout %d,2\nset logscale xy\nset grid\nset key top left\nset "
		"ylabel 'ns'\n",
		(r->n_curves + 1) / 2 * 280, (r->n_curves + 1) / 2);
	for (int i = 0; i < r->n_curves; i++) {
		const struct bench_curve *c = &r->curves[i];
		double low = c->ours[0], high = c->ours[0];

		for (int k = 0; k < c->sizes; k++) {
			low = c->ours[k] < low ? c->ours[k] : low;
			high = c->ours[k] > high ? c->ours[k] : high;
			if (c->theirs[k] >= 0) {
				low = c->theirs[k] < low ? c->theirs[k] : low;
				high = c->theirs[k] > high ? c->theirs[k] : high;
			}
		}
		/* A scale of its own for each, but never so fine that noise looks like growth. */
		fprintf(f, "set title '%s'\nset xlabel '%s'\nset yrange [%.3g:%.3g]\n",
			c->scale->name, c->scale->unit, low / 3, high * 6);
		fprintf(f,
			"plot $c%d using 1:2 with linespoints pt 7 lc rgb '#4c9a5b' title "
			"'zirconia'",
			i);
		if (c->scale->rival != NULL)
			fprintf(f,
				", $c%d using 1:3 with linespoints pt 6 lc rgb '#606060' title "
				"'%s'",
				i, c->scale->rival);
		fputs("\n", f);
	}
	fputs("unset multiplot\nset output\n", f);
}

int bench_write_plot(const char *path, const struct bench_report *r)
{
	FILE *f = open_file(path);

	if (f == NULL)
		return 0;
	fputs("if (!exists('stem')) stem = 'bench'\n", f);
	if (r->n_results > 0)
		plot_rows(f, r);
	if (r->n_curves > 0)
		plot_curves(f, r);
	return close_file(path, f);
}
