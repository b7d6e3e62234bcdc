/*
 * The soak test: rounds of random work in many threads of one process, and a look at what is left between them.
 */
#ifndef SOAK_H
#define SOAK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One thread of a round. */
struct soak_worker {
	const char *name;
	uint64_t seed; /* of this round */
	double seconds;
	_Atomic uint64_t done; /* pieces of work; one that does not grow for a minute hangs */
};

extern _Atomic bool soak_stop; /* the round is over */

/* Ends the process: the library did something wrong. */
__attribute__((noreturn, format(printf, 2, 3))) void soak_fail(const struct soak_worker *w,
							       const char *format, ...);

/* ---- work.c: what threads do until soak_stop; the argument is their struct soak_worker */

void *soak_model(void *worker);   /* random programs, compared with a model after every step */
void *soak_clones(void *worker);  /* threads that share trees of clones */
void *soak_objects(void *worker); /* events, ports, timers, threads that come and go */
void *soak_pagers(void *worker);  /* pagers, their servers, and who waits for pages */
void *soak_forks(void *worker);   /* children that have a world of their own */

/* ---- sample.c */

/* What the process holds while nothing is going on. */
struct soak_sample {
	double rss;    /* MiB, without what slabs keep */
	double slabs;  /* MiB that slabs keep for ever */
	double heap;   /* KiB that somebody has from malloc */
	uint64_t maps; /* lines of /proc/self/maps */
	uint64_t fds;
	uint64_t threads;
};

void soak_sample_take(struct soak_sample *out);
/* Resident memory just now, MiB. */
double soak_rss(void);
void soak_sample_print_head(void);
void soak_sample_print(double seconds, double peak, uint64_t work, const struct soak_sample *s);
/* Compares the last third of the samples with the one before; says what has grown. */
bool soak_is_steady(const struct soak_sample *samples, size_t n);

#endif
