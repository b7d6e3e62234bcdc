/*
 * Which points fail now.
 *
 * There are two plans: the one in force, and the one that the next specification is read into. Whoever reaches a point counts
 * itself as a reader of the plan while it looks, and looks again when the plan changed meanwhile; a new specification waits for
 * the readers of the plan that it overwrites. So points take no lock, and may be reached anywhere.
 */
#include "base/inject_i.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <zircon/errors.h>

#include "base/annotate.h"
#include "base/format.h"
#include "base/options.h"
#include "base/status.h"

#define STDERR 2
#define NS_PER_S 1000000000
/* Exit code for a specification in the environment that cannot be read: EX_CONFIG. */
#define BAD_SPEC 78

enum { UNREAD, READING, READ };

_Atomic uint32_t zi_inject_armed = 1;

static _Atomic int environment = UNREAD;
static struct zi_inject_plan plans[2];
static _Atomic(struct zi_inject_plan *) active; /* NULL: nothing is injected */
static atomic_flag changing = ATOMIC_FLAG_INIT;

/* ---- names */

static const struct {
	const char *name, *text;
	enum zi_inject_kind kind;
	int error;
} points[] = {
#define ZI_POINT(id, name, kind, error, text) {name, text, ZI_INJECT_##kind, error},
#include "base/inject.def"
#undef ZI_POINT
};

unsigned zi_inject_npoints(void)
{
	return ZI_POINTS + zi_inject_ncalls;
}

const char *zi_inject_point_name(unsigned point)
{
	return point < ZI_POINTS ? points[point].name : zi_inject_calls[point - ZI_POINTS].name;
}

enum zi_inject_kind zi_inject_point_kind(unsigned point)
{
	if (point < ZI_POINTS)
		return points[point].kind;
	return zi_inject_calls[point - ZI_POINTS].has_status ? ZI_INJECT_CALL : ZI_INJECT_DELAY;
}

int zi_inject_point_errno(unsigned point)
{
	return point < ZI_POINTS && points[point].error != 0 ? points[point].error :
							       ZX_ERR_NO_MEMORY;
}

const char *zi_inject_name(size_t index)
{
	return index < zi_inject_npoints() ? zi_inject_point_name((unsigned)index) : NULL;
}

const char *zi_inject_text(size_t index)
{
	if (index >= zi_inject_npoints())
		return NULL;
	if (index < ZI_POINTS)
		return points[index].text;
	return zi_inject_calls[index - ZI_POINTS].has_status ? "the call" : "the call (delay only)";
}

bool zi_inject_matches(const struct zi_inject_rule *rule, const char *name)
{
	return rule->prefix ? strncmp(rule->name, name, strlen(rule->name)) == 0 :
			      strcmp(rule->name, name) == 0;
}

/* ---- the plan in force */

static struct zi_inject_plan *plan_hold(void)
{
	for (;;) {
		struct zi_inject_plan *p = atomic_load(&active);

		if (p == NULL)
			return NULL;
		atomic_fetch_add(&p->readers, 1);
		if (atomic_load(&active) == p)
			return p;
		atomic_fetch_sub(&p->readers, 1);
	}
}

static void plan_release(struct zi_inject_plan *p)
{
	atomic_fetch_sub(&p->readers, 1);
}

/* Requires `changing`. */
static bool replace(const char *spec, struct zi_inject_problem *out_problem)
{
	struct zi_inject_plan *now = atomic_load(&active);
	struct zi_inject_plan *next = now == &plans[0] ? &plans[1] : &plans[0];

	if (spec != NULL) {
		while (atomic_load(&next->readers) != 0)
			sched_yield();
		if (!zi_inject_read_spec(spec, next, out_problem))
			return false;
	}
	atomic_store(&active, spec != NULL ? next : NULL);
	atomic_store(&zi_inject_armed, spec != NULL);
	/* Nobody acts on the old one once this has returned. */
	while (now != NULL && atomic_load(&now->readers) != 0)
		sched_yield();
	return true;
}

static void read_environment(void)
{
	struct zi_inject_problem problem;

	if (replace(zi_option(ZI_OPTION_INJECT)->text, &problem))
		return;
	zi_print_fd(STDERR, "zirconia: ZIRCONIA_INJECT, character %zu: %s\n", problem.at + 1,
		    problem.what);
	_exit(BAD_SPEC);
}

static void change_lock(void)
{
	while (atomic_flag_test_and_set(&changing))
		sched_yield();
}

/* Once, by whoever comes first. A specification that the program set before that stays. */
static void ready(void)
{
	int saved = errno;
	int unread = UNREAD;

	if (atomic_load_explicit(&environment, memory_order_acquire) == READ) {
		ZI_HG_AFTER(&environment);
		return;
	}
	if (atomic_compare_exchange_strong(&environment, &unread, READING)) {
		change_lock();
		read_environment();
		atomic_flag_clear(&changing);
		ZI_HG_BEFORE(&environment);
		atomic_store_explicit(&environment, READ, memory_order_release);
	}
	while (atomic_load_explicit(&environment, memory_order_acquire) != READ)
		sched_yield();
	ZI_HG_AFTER(&environment);
	errno = saved;
}

bool zi_inject_set(const char *spec, struct zi_inject_problem *out_problem)
{
	bool ok;

	ready();
	change_lock();
	ok = replace(spec, out_problem);
	atomic_flag_clear(&changing);
	return ok;
}

bool zi_inject_parse(const char *spec, struct zi_inject_problem *out_problem)
{
	static struct zi_inject_plan scratch;
	bool ok;

	change_lock();
	ok = zi_inject_read_spec(spec, &scratch, out_problem);
	atomic_flag_clear(&changing);
	return ok;
}

/* ---- points */

static uint64_t mix(uint64_t z)
{
	z += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Counts, and tells whether the rule takes effect this time. What chance decides depends on nothing but seed, rule and count. */
static bool takes_effect(struct zi_inject_plan *p, unsigned index)
{
	struct zi_inject_rule *r = &p->rule[index];
	uint64_t at = atomic_fetch_add_explicit(&r->reached, 1, memory_order_relaxed) + 1;
	uint64_t fired;

	if (at <= r->after)
		return false;
	at -= r->after;
	if ((r->when == ZI_WHEN_NTH && at != r->n) ||
	    (r->when == ZI_WHEN_EVERY && at % r->n != 0) ||
	    (r->when == ZI_WHEN_CHANCE && mix(mix(p->seed + index) + at) >= r->chance))
		return false;
	fired = atomic_load_explicit(&r->fired, memory_order_relaxed);
	do {
		if (fired >= r->times)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&r->fired, &fired, fired + 1, memory_order_relaxed, memory_order_relaxed));
	atomic_fetch_add_explicit(&p->fired, 1, memory_order_relaxed);
	return true;
}

static void tell(const struct zi_inject_rule *r, const char *name, int result)
{
	if (!r->fails)
		zi_print_fd(STDERR, "zirconia: %s delayed\n", name);
	else if (result < 0)
		zi_print_fd(STDERR, "zirconia: %s fails with %s\n", name, zi_status_name(result));
	else
		zi_print_fd(STDERR, "zirconia: %s fails with errno %d\n", name, result);
}

/* All rules count; the first one that has a result gives it; delays add up. */
static int apply(struct zi_inject_plan *p, uint64_t rules, const char *name, int by_itself,
		 int64_t *out_delay)
{
	int result = 0;

	for (; rules != 0; rules &= rules - 1) {
		unsigned index = (unsigned)__builtin_ctzll(rules);
		struct zi_inject_rule *r = &p->rule[index];
		int mine = r->result != 0 ? r->result : by_itself;

		if (!takes_effect(p, index))
			continue;
		*out_delay += r->delay_ns;
		if (r->fails && result == 0)
			result = mine;
		if (r->log)
			tell(r, name, mine);
	}
	return result;
}

static void take_time(int64_t ns)
{
	struct timespec left = {.tv_sec = (time_t)(ns / NS_PER_S),
				.tv_nsec = (long)(ns % NS_PER_S)};

	if (ns != 0)
		while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
			continue;
}

int zi_inject_reach(unsigned point)
{
	int saved = errno;
	int64_t delay = 0;
	int result = 0;

	ready();
	struct zi_inject_plan *p = plan_hold();

	if (p == NULL)
		return 0;
	atomic_fetch_add_explicit(&p->reached[point], 1, memory_order_relaxed);
	if (p->rules_of[point] != 0)
		result = apply(p, p->rules_of[point], zi_inject_point_name(point),
			       zi_inject_point_errno(point), &delay);
	plan_release(p);
	take_time(delay);
	errno = saved;
	return result;
}

bool zi_inject_fails_errno(enum zi_point point)
{
	int error = zi_inject_reach(point);

	if (error != 0)
		errno = error;
	return error != 0;
}

static bool find(const char *name, unsigned *out_point)
{
	for (unsigned i = 0; i < zi_inject_npoints(); i++) {
		if (strcmp(zi_inject_point_name(i), name) == 0) {
			*out_point = i;
			return true;
		}
	}
	return false;
}

static int reach_app(const char *name)
{
	struct zi_inject_plan *p = plan_hold();
	int64_t delay = 0;
	uint64_t rules = 0;
	int result;

	if (p == NULL)
		return 0;
	for (unsigned i = 0; p->has_app && i < p->rules; i++)
		if (zi_inject_matches(&p->rule[i], name))
			rules |= (uint64_t)1 << i;
	result = apply(p, rules, name, ZX_ERR_NO_MEMORY, &delay);
	plan_release(p);
	take_time(delay);
	return result;
}

int zi_inject_reach_name(const char *name)
{
	unsigned point;

	if (!zi_inject_is_armed())
		return 0;
	ready();
	return find(name, &point) ? zi_inject_reach(point) : reach_app(name);
}

uint64_t zi_inject_count(const char *name)
{
	struct zi_inject_plan *p = plan_hold();
	uint64_t count = 0;
	unsigned point;

	if (p == NULL)
		return 0;
	if (find(name, &point)) {
		count = atomic_load_explicit(&p->reached[point], memory_order_relaxed);
	} else {
		for (unsigned i = 0; i < p->rules && count == 0; i++)
			if (!p->rule[i].prefix && strcmp(p->rule[i].name, name) == 0)
				count = atomic_load_explicit(&p->rule[i].reached,
							     memory_order_relaxed);
	}
	plan_release(p);
	return count;
}

uint64_t zi_inject_fired(void)
{
	struct zi_inject_plan *p = plan_hold();
	uint64_t fired = 0;

	if (p != NULL) {
		fired = atomic_load_explicit(&p->fired, memory_order_relaxed);
		plan_release(p);
	}
	return fired;
}

/* Readers were threads of the parent; the plan and its counts are inherited. */
void zi_inject_after_fork(void)
{
	atomic_store(&plans[0].readers, 0);
	atomic_store(&plans[1].readers, 0);
	atomic_flag_clear(&changing);
	if (atomic_load(&environment) == READING)
		atomic_store(&environment, UNREAD);
}
