/* What a specification is read into; between inject.c and inject_spec.c only. */
#ifndef ZI_BASE_INJECT_I_H
#define ZI_BASE_INJECT_I_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/inject.h"

enum { ZI_INJECT_RULES = 64, ZI_INJECT_NAME = 48 };

enum zi_inject_kind {
	ZI_INJECT_CALL,  /* a status has to be named, or a delay */
	ZI_INJECT_DELAY, /* nothing but a delay: calls without a status, and others */
	ZI_INJECT_ALLOC,
	ZI_INJECT_HOST,
	ZI_INJECT_FIXED,
	ZI_INJECT_PAGER,
	ZI_INJECT_FAULT,
	ZI_INJECT_APP,
};

enum zi_inject_when { ZI_WHEN_ALWAYS, ZI_WHEN_NTH, ZI_WHEN_EVERY, ZI_WHEN_CHANCE };

struct zi_inject_rule {
	char name[ZI_INJECT_NAME]; /* of the point; with `prefix`, how its name begins */
	bool prefix;
	bool fails; /* otherwise it only delays */
	bool log;
	enum zi_inject_when when;
	int result;      /* status or errno; 0: what the point fails with by itself */
	uint64_t n;      /* NTH, EVERY */
	uint64_t chance; /* of 2^64 */
	uint64_t after;
	uint64_t times; /* UINT64_MAX: no limit */
	int64_t delay_ns;
	_Atomic uint64_t reached;
	_Atomic uint64_t fired;
};

struct zi_inject_plan {
	uint64_t seed;
	unsigned rules;
	bool has_app; /* some rule is for points of programs */
	struct zi_inject_rule rule[ZI_INJECT_RULES];
	uint64_t rules_of[ZI_POINTS_MAX]; /* bit n: rule n is for the point */
	_Atomic uint64_t reached[ZI_POINTS_MAX];
	_Atomic uint64_t fired;
	_Atomic uint32_t readers; /* threads that look at it */
};

bool zi_inject_read_spec(const char *spec, struct zi_inject_plan *plan,
			 struct zi_inject_problem *out_problem);

unsigned zi_inject_npoints(void);
const char *zi_inject_point_name(unsigned point);
enum zi_inject_kind zi_inject_point_kind(unsigned point);
int zi_inject_point_errno(unsigned point); /* what it fails with when the rule names nothing */
/* Is the rule for the point of this name? */
bool zi_inject_matches(const struct zi_inject_rule *rule, const char *name);

#endif
