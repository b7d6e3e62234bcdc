/*
 * Benchmarks: each row does one thing with zirconia and the same thing with plain Linux calls, in turn, in one run. What is
 * compared is the ratio: absolute times are noise on a shared machine.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <zircon/status.h>
#include <zircon/syscalls.h>

struct bench_row {
	const char *name;  /* Area/What */
	const char *rival; /* what the plain Linux way is */
	double goal; /* ours / theirs must not be above; 0: no goal. For "at_least": must not be below */
	/*
	 * Operations in one round; for each both functions answer the time in ns of all n together. NAN:
	 * the row cannot be had here.
	 */
	uint64_t n;
	double (*ours)(uint64_t n);
	double (*theirs)(uint64_t n);
	int at_least; /* the row is a throughput: the ratio is theirs / ours */
};

enum { BENCH_SIZES = 8 };

/*
 * One operation among more and more of something. What is expected: that the cost at the last size over that at the first does not
 * exceed a bound. Where even a plain load grows with the size, because caches no longer hold it all, the row is `beside`: at no size
 * must it cost more than so much of what the rival does.
 */
struct bench_scale {
	const char *name;  /* Scale/What */
	const char *unit;  /* what the sizes count */
	const char *rival; /* what the plain Linux way is; NULL: there is none */
	double most;
	int beside;
	uint64_t n; /* operations in one round, as above */
	double (*ours)(uint64_t size, uint64_t n);
	double (*theirs)(uint64_t size, uint64_t n); /* negative: not to be had at this size */
	uint64_t sizes[BENCH_SIZES + 1];             /* ends with 0 */
};

/* Results: medians, ns per operation. */
struct bench_result {
	const struct bench_row *row;
	double ours, theirs, ratio;
	int met;
};

struct bench_curve {
	const struct bench_scale *scale;
	double ours[BENCH_SIZES], theirs[BENCH_SIZES]; /* theirs is negative where there is none */
	double growth; /* or the highest share of the rival's cost */
	int sizes, met;
};

struct bench_report {
	const struct bench_result *results;
	const struct bench_curve *curves;
	int n_results, n_curves;
};

/* report.c: false, with a message, when the file cannot be written. */
int bench_write_json(const char *path, const struct bench_report *r);
int bench_write_plot(const char *path, const struct bench_report *r);
void bench_print_head(void);
void bench_print_result(const struct bench_result *r);
void bench_print_scale_head(void);
void bench_print_curve(const struct bench_curve *c);

/* Rows of each file end with a row without name. */
extern const struct bench_row bench_vmo[];
extern const struct bench_row bench_map[];
extern const struct bench_row bench_clone[];
extern const struct bench_row bench_port[];
extern const struct bench_row bench_pager[];
extern const struct bench_row bench_vm_io[];
extern const struct bench_row bench_stream[];
extern const struct bench_row bench_device[];
extern const struct bench_row bench_fs[];
extern const struct bench_scale bench_scales[];

void bench_map_end(void); /* gives back the host maps that rows of bench_map hold */

double bench_now(void); /* ns, monotonic */

/* A status that is not ZX_OK ends the benchmark: its figures would mean nothing. */
#define BENCH_OK(expr)                                                                \
	do {                                                                          \
		zx_status_t st_ = (expr);                                             \
		if (st_ != ZX_OK) {                                                   \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #expr, \
				zx_status_get_string(st_));                           \
			exit(1);                                                      \
		}                                                                     \
	} while (0)

/* The same for Linux calls. */
#define BENCH_TRUE(expr)                                                                  \
	do {                                                                              \
		if (!(expr)) {                                                            \
			fprintf(stderr, "%s:%d: %s failed\n", __FILE__, __LINE__, #expr); \
			exit(1);                                                          \
		}                                                                         \
	} while (0)

#define BENCH_PAGE ((size_t)4096)

#endif
