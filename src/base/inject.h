/*
 * Injection points: places where a call, an allocation or a request to the host can be told to fail, or to take its time, for
 * tests (zirconia/inject.h is the side that users see).
 *
 * While nothing is injected a point costs one test of zi_inject_armed. [fault] Points may be reached in the fault handler:
 * they take no lock and no memory.
 */
#ifndef ZI_BASE_INJECT_H
#define ZI_BASE_INJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum zi_point {
#define ZI_POINT(id, name, kind, error, text) ZI_POINT_##id,
#include "base/inject.def"
#undef ZI_POINT
	ZI_POINTS, /* the calls follow, in the order of their table */
	ZI_POINTS_MAX = 320
};

/* The calls; provided by the syscalls ring (syscalls/inject_calls.c). */
struct zi_inject_call {
	const char *name;
	bool has_status; /* otherwise it can only be delayed */
};
extern const struct zi_inject_call zi_inject_calls[];
extern const unsigned zi_inject_ncalls;

/* Not 0: something may be injected, or the environment was not read yet. */
extern _Atomic uint32_t zi_inject_armed __attribute__((visibility("hidden")));

/* The point has been reached. 0, or what it fails with: a status, or an errno of a HOST point. Delays are over on return. */
int zi_inject_reach(unsigned point);

static inline bool zi_inject_is_armed(void)
{
	return __builtin_expect(atomic_load_explicit(&zi_inject_armed, memory_order_relaxed) != 0,
				0);
}

static inline bool zi_inject_fails(enum zi_point point)
{
	return zi_inject_is_armed() && zi_inject_reach(point) != 0;
}

/* The same for host calls that tell by errno. */
bool zi_inject_fails_errno(enum zi_point point);

/* An expression that makes a host call, or is `failed` (with errno set) without making it. */
#define ZI_HOST(point, failed, call) \
	(zi_inject_is_armed() && zi_inject_fails_errno(ZI_POINT_HOST_##point) ? (failed) : (call))
/* The same for calls that answer an errno, 0 being success. */
#define ZI_HOST_E(point, call) (zi_inject_error_or(ZI_POINT_HOST_##point) ?: (call))

static inline int zi_inject_error_or(enum zi_point point)
{
	return zi_inject_is_armed() ? zi_inject_reach(point) : 0;
}

/* An allocation of the library's own that is NULL when it is told to fail. */
#define ZI_ALLOC(point, call) (zi_inject_fails(ZI_POINT_ALLOC_##point) ? NULL : (call))

/* ---- for zirconia/inject.h; none of it in a signal handler */

struct zi_inject_problem {
	size_t at; /* bytes from the start of the specification */
	char what[112];
};

/* NULL: nothing is injected or counted any more. False: the specification is wrong, nothing has changed. */
bool zi_inject_set(const char *spec, struct zi_inject_problem *out_problem);
bool zi_inject_parse(const char *spec, struct zi_inject_problem *out_problem);
/* How often the point was reached since the last set. */
uint64_t zi_inject_count(const char *name);
/* How many failures and delays there were since the last set. */
uint64_t zi_inject_fired(void);
/* NULL behind the last one. */
const char *zi_inject_name(size_t index);
const char *zi_inject_text(size_t index);
/* A point by name: also those of programs, which begin with "app.". */
int zi_inject_reach_name(const char *name);
void zi_inject_after_fork(void);

#endif
