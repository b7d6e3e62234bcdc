/*
 * Random comparison of the library with a naive model of VMOs (model.h), and threads that read and write clones.
 *
 *     random [--seed N] [--steps N] [--seconds S] [--seeds COUNT] [--threads N] [--verbose] [--no-shrink]
 *
 * A difference is shrunk to a short program and printed as C.
 *
 * zi-test: timeout=120
 */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

struct options {
	uint64_t seed;
	size_t steps;   /* per seed */
	double seconds; /* 0: as long as the seeds last */
	uint64_t seeds; /* 0: as long as the time lasts */
	unsigned threads;
	bool verbose, shrink, examples;
};

static void usage(FILE *out)
{
	fputs("usage: random [OPTION...]\n"
	      "Runs random programs over VMOs and mappings and compares the library with a model "
	      "after every step.\n"
	      "  --seed N       first seed; every further one is one more (default: ZI_SEED or the "
	      "clock)\n"
	      "  --steps N      operations per seed (default 50000)\n"
	      "  --seeds COUNT  seeds to run (default: until the time is over)\n"
	      "  --seconds S    time to run (default 8, then 3 with threads; no limit when --seeds "
	      "is given)\n"
	      "  --threads N    only the thread test, with N threads\n"
	      "  --examples     only the model's own test\n"
	      "  --verbose      show every operation as C while it runs\n"
	      "  --no-shrink    leave a failing program as it is\n"
	      "  --help         this text\n",
	      out);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- one seed */

static void run_seed(uint64_t seed, const struct options *o, double end, struct failure *failure)
{
	struct rng r = {seed};
	struct world w;
	struct op op;

	w_init(&w, true, failure);
	w.print = o->verbose ? stdout : NULL;
	for (size_t i = 0; i < o->steps; i++) {
		if (i % 64 == 0) {
			alarm(HANG_SECONDS);
			if (o->seconds > 0 && now() > end)
				break;
		}
		g_next(&w, &r, &op);
		if (!w_step(&w, &op))
			_exit(0);
	}
	w_done(&w);
	if (o->verbose)
		fflush(stdout);
}

/* Shows a failure; shrinks it first when that can be done. */
static void report(uint64_t seed, const struct options *o, struct failure *failure)
{
	struct program whole, p;
	size_t start;

	printf("seed %" PRIu64 ", operation %" PRIu64 ": %s\n", seed, failure->done, failure->text);
	fflush(stdout);
	failure->seed = seed;
	program_of_seed(&whole, seed, failure->done);
	p = whole;
	if (o->shrink) {
		const struct failure first = *failure;

		/* What came before the last reset hardly ever matters. */
		for (start = whole.n; start > 0 && !w_is_reset(&whole.ops[start - 1]); start--)
			continue;
		p = (struct program){whole.ops + start, whole.n - start};
		if (program_fails(&p, failure) == 0) {
			p = whole;
			program_fails(&p, failure);
		}
		if (failure->failed) {
			program_shrink(&p, failure, 90);
		} else {
			puts("It does not fail when it is run again.");
			*failure = first;
		}
	}
	failure->seed = seed;
	program_print(&p, failure, stdout);
	free(whole.ops);
}

static int run_seeds(const struct options *o)
{
	struct failure *failure = mmap(NULL, sizeof(*failure), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const double begin = now(), end = begin + o->seconds;
	uint64_t steps = 0, n = 0;

	if (failure == MAP_FAILED)
		return 2;
	while ((o->seeds == 0 || n < o->seeds) && !(o->seconds > 0 && now() > end)) {
		pid_t pid;

		memset(failure, 0, sizeof(*failure));
		fflush(NULL);
		pid = fork();
		if (pid < 0)
			return 2;
		if (pid == 0) {
			run_seed(o->seed + n, o, end, failure);
			exit(0); /* with a search for leaks, where there is one */
		}
		program_wait(pid, failure);
		if (failure->failed) {
			report(o->seed + n, o, failure);
			return 1;
		}
		steps += failure->done;
		n++;
	}
	printf("%" PRIu64 " operations over %" PRIu64 " seeds from %" PRIu64
	       ", no difference, %.0f per second\n",
	       steps, n, o->seed, (double)steps / (now() - begin));
	return 0;
}

/* ---- options */

static uint64_t number(const char *option, const char *text)
{
	char *end = NULL;
	const uint64_t n = text != NULL ? strtoull(text, &end, 0) : 0;

	if (text == NULL || *text == '\0' || *end != '\0') {
		fprintf(stderr, "%s needs a number\n", option);
		exit(2);
	}
	return n;
}

static struct options parse(int argc, char **argv)
{
	const char *seed = getenv("ZI_SEED");
	struct options o = {.steps = 50000, .shrink = true};

	o.seed = seed != NULL ? number("ZI_SEED", seed) : (uint64_t)time(NULL) * 1000;
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(a, "--verbose") == 0) {
			o.verbose = true;
		} else if (strcmp(a, "--no-shrink") == 0) {
			o.shrink = false;
		} else if (strcmp(a, "--examples") == 0) {
			o.examples = true;
		} else if (strcmp(a, "--help") == 0) {
			usage(stdout);
			exit(0);
		} else {
			i++;
			if (strcmp(a, "--seed") == 0) {
				o.seed = number(a, value);
			} else if (strcmp(a, "--steps") == 0) {
				o.steps = number(a, value);
			} else if (strcmp(a, "--seconds") == 0) {
				o.seconds = (double)number(a, value);
			} else if (strcmp(a, "--seeds") == 0) {
				o.seeds = number(a, value);
			} else if (strcmp(a, "--threads") == 0) {
				o.threads = (unsigned)number(a, value);
			} else {
				usage(stderr);
				exit(2);
			}
		}
	}
	return o;
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	const bool all = o.threads == 0 && o.seconds == 0 && o.seeds == 0;
	int wrong = m_examples();

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("worked examples on the model: %s\n", wrong == 0 ? "right" : "WRONG");
	if (o.examples || wrong != 0)
		return wrong != 0;
	printf("seed %" PRIu64 "\n", o.seed);
	if (o.threads != 0)
		return threads_run(o.threads, o.seconds > 0 ? o.seconds : 3, o.seed);
	if (all)
		o.seconds = 8;
	wrong = run_seeds(&o);
	if (wrong == 0 && all)
		wrong = threads_run(4, 3, o.seed);
	return wrong;
}
