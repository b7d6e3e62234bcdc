/*
 * Delta debugging: ever smaller pieces of a failing program are left out as long as what remains fails, whatever way; then the numbers
 * in what is left are made simple.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "world.h"

static struct timespec limit;
static bool hangs; /* what is looked for is a program that does not end */

static bool late(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > limit.tv_sec;
}

/* Takes the candidate over if it fails. */
static bool try_ops(struct program *p, const struct op *ops, size_t n, struct failure *failure)
{
	const struct program candidate = {(struct op *)(uintptr_t)ops, n};
	const size_t begun = late() ? 0 : program_fails(&candidate, failure);

	if (begun == 0 || failure->hung != hangs)
		return false;
	memmove(p->ops, ops, begun * sizeof(*ops));
	p->n = begun;
	return true;
}

static void leave_out(struct program *p, struct failure *failure)
{
	struct op *ops = malloc((p->n + 1) * sizeof(*ops));
	bool again;

	if (ops == NULL)
		abort();
	do {
		again = false;
		for (size_t chunk = (p->n + 1) / 2; chunk > 0; chunk /= 2) {
			/* From the end: what comes last is what fails, and needs the least of what is before it. */
			for (size_t end = p->n; end > 0;) {
				const size_t start = end > chunk ? end - chunk : 0;

				memcpy(ops, p->ops, start * sizeof(*ops));
				memcpy(ops + start, p->ops + end, (p->n - end) * sizeof(*ops));
				if (try_ops(p, ops, p->n - (end - start), failure))
					again = true;
				end = start < p->n ? start : p->n;
			}
		}
	} while (again && !late());
	free(ops);
}

static void simplify(struct program *p, struct failure *failure)
{
	struct op *ops = malloc((p->n + 1) * sizeof(*ops));

	if (ops == NULL)
		abort();
	for (size_t i = 0; i < p->n; i++) {
		memcpy(ops, p->ops, p->n * sizeof(*ops));
		ops[i].look = false;
		if (p->ops[i].look)
			try_ops(p, ops, p->n, failure);
		for (unsigned field = 0; field < 3; field++) {
			for (unsigned way = 0; way < 4 && i < p->n; way++) {
				uint64_t *x, old;

				memcpy(ops, p->ops, p->n * sizeof(*ops));
				x = field == 0 ? &ops[i].a : field == 1 ? &ops[i].b : &ops[i].c;
				old = *x;
				*x = way == 0 ? 0 :
				     way == 1 ? M_PAGE :
				     way == 2 ? old / M_PAGE * M_PAGE :
						old / 2 / M_PAGE * M_PAGE;
				if (*x < old)
					try_ops(p, ops, p->n, failure);
			}
		}
	}
	free(ops);
}

void program_shrink(struct program *p, struct failure *failure, unsigned seconds)
{
	const uint64_t seed = failure->seed;
	size_t n;

	hangs = failure->hung;
	clock_gettime(CLOCK_MONOTONIC, &limit);
	limit.tv_sec += seconds;
	leave_out(p, failure);
	simplify(p, failure);
	leave_out(p, failure);
	limit.tv_sec += HANG_SECONDS;
	/* The last candidate was another one: once more, for the text. */
	n = program_fails(p, failure);
	if (n != 0)
		p->n = n;
	failure->seed = seed;
}
