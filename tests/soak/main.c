/*
 * The soak test: random work in many threads, for minutes or days, in one process.
 *
 *     soak [--seconds S] [--round S] [--seed N]
 *
 * Work goes on in rounds. Between them every thread has ended, and the world must be empty (support/t_world.h); what the
 * process holds then is noted, and at the end must not have grown. The exit status is 0 when everything was right.
 *
 * zi-test: timeout=200
 */
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "soak.h"
#include "t_world.h"

enum { HANGS_S = 60, SAMPLES_MAX = 4096 };

_Atomic bool soak_stop;

static const struct {
	const char *name;
	void *(*fn)(void *worker);
} kinds[] = {
	{"model", soak_model}, /* one: it compares in static memory */
	{"clones", soak_clones}, {"objects", soak_objects}, {"objects", soak_objects},
	{"pagers", soak_pagers}, {"pagers", soak_pagers},   {"forks", soak_forks},
};
enum { WORKERS = sizeof(kinds) / sizeof(kinds[0]) };

static struct soak_worker workers[WORKERS];

extern void __asan_init(void) __attribute__((weak));
extern void __tsan_init(void) __attribute__((weak));

/* Locks of a sanitizer's own do not survive a fork of a process with threads. */
static void *rest(void *worker)
{
	struct soak_worker *w = worker;

	while (!soak_stop) {
		const struct timespec pause = {.tv_nsec = 100000000};

		nanosleep(&pause, NULL);
		w->done++;
	}
	return NULL;
}

static void *run_worker(void *worker)
{
	struct soak_worker *w = worker;
	void *(*fn)(void *) = kinds[w - workers].fn;

	if (fn == soak_forks && (&__asan_init != NULL || &__tsan_init != NULL))
		return rest(w);
	return fn(w);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void soak_fail(const struct soak_worker *w, const char *format, ...)
{
	va_list ap;

	printf("soak: FAILED: %s, seed %llu: ", w->name, (unsigned long long)w->seed);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	_exit(1);
}

static uint64_t work_done(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < WORKERS; i++)
		sum += workers[i].done;
	return sum;
}

/* Waits for the end of the round; nobody may stand still for long. Answers the most memory seen. */
static double watch(double end)
{
	uint64_t seen[WORKERS] = {0};
	double since[WORKERS], peak = 0;

	for (unsigned i = 0; i < WORKERS; i++)
		since[i] = now();
	while (now() < end) {
		const struct timespec pause = {.tv_nsec = 200000000};
		const double rss = soak_rss();

		peak = rss > peak ? rss : peak;
		for (unsigned i = 0; i < WORKERS; i++) {
			if (workers[i].done != seen[i]) {
				seen[i] = workers[i].done;
				since[i] = now();
			} else if (now() - since[i] > HANGS_S) {
				soak_fail(&workers[i], "nothing done for %d seconds", HANGS_S);
			}
		}
		nanosleep(&pause, NULL);
	}
	return peak;
}

/* False: something is left over. */
static bool run_round(uint64_t seed, double seconds, double *out_peak)
{
	pthread_t threads[WORKERS];
	char left[4096];

	soak_stop = false;
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = (struct soak_worker){
			.name = kinds[i].name, .seed = seed * 1000 + i, .seconds = seconds};
		if (pthread_create(&threads[i], NULL, run_worker, &workers[i]) != 0)
			soak_fail(&workers[i], "no thread to be had");
	}
	*out_peak = watch(now() + seconds);
	soak_stop = true;
	alarm(HANGS_S);
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	alarm(0);
	if (t_world_end(2000, left, sizeof(left)))
		return true;
	printf("left over after round %llu:\n%s", (unsigned long long)seed, left);
	return false;
}

static double number(const char *option, const char *text)
{
	char *end = NULL;
	const double n = text != NULL ? strtod(text, &end) : -1;

	if (text == NULL || *text == '\0' || *end != '\0' || n < 0) {
		fprintf(stderr, "%s needs a number\n", option);
		exit(2);
	}
	return n;
}

int main(int argc, char **argv)
{
	static struct soak_sample samples[SAMPLES_MAX];
	double seconds = 9, round = 0, peak;
	uint64_t seed = (uint64_t)time(NULL);
	const double begin = now();
	uint64_t work = 0;
	size_t n = 0;

	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--seconds") == 0) {
			seconds = number(argv[i], value);
		} else if (strcmp(argv[i], "--round") == 0) {
			round = number(argv[i], value);
		} else if (strcmp(argv[i], "--seed") == 0) {
			seed = (uint64_t)number(argv[i], value);
		} else {
			fputs("usage: soak [--seconds S] [--round S] [--seed N]\n", stderr);
			return 2;
		}
	}
	if (round <= 0)
		round = seconds < 30 ? seconds / 3 : seconds < 600 ? seconds / 15 : 30;
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* Only the first arena of malloc gives back what it has free. */
	mallopt(M_ARENA_MAX, 1);
	printf("soak: %.0f seconds in rounds of %.0f, seed %llu\n", seconds, round,
	       (unsigned long long)seed);
	t_world_begin();
	soak_sample_print_head();
	while (now() - begin < seconds && n < SAMPLES_MAX) {
		if (!run_round(seed + n, round, &peak))
			return 1;
		work += work_done();
		soak_sample_take(&samples[n]);
		soak_sample_print(now() - begin, peak, work, &samples[n]);
		n++;
	}
	/* The first rounds fill caches. */
	if (!soak_is_steady(samples, n)) {
		puts("soak: FAILED: it grows");
		return 1;
	}
	printf("soak: passed, %zu rounds\n", n);
	return 0;
}
