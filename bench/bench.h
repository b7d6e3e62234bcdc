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
	double goal;       /* ours / theirs must not be above; 0: no goal. For "at_least": must not be below */
	/*
	 * Operations in one round; for each both functions answer the time in ns of all n together. NAN:
	 * the row cannot be had here.
	 */
	uint64_t n;
	double (*ours)(uint64_t n);
	double (*theirs)(uint64_t n);
	int at_least;      /* the row is a throughput: the ratio is theirs / ours */
};

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

double bench_now(void); /* ns, monotonic */

/* A status that is not ZX_OK ends the benchmark: its figures would mean nothing. */
#define BENCH_OK(expr)                                                                     \
	do {                                                                               \
		zx_status_t st_ = (expr);                                                  \
		if (st_ != ZX_OK) {                                                        \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #expr,      \
				zx_status_get_string(st_));                                \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

/* The same for Linux calls. */
#define BENCH_TRUE(expr)                                                                   \
	do {                                                                               \
		if (!(expr)) {                                                             \
			fprintf(stderr, "%s:%d: %s failed\n", __FILE__, __LINE__, #expr);  \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

#define BENCH_PAGE ((size_t)4096)

#endif
