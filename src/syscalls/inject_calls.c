/* The calls as injection points. */
#include "base/inject.h"

#define HAS_STATUS_STATUS true
#define HAS_STATUS_HANDLE false
#define HAS_STATUS_VALUE false
#define HAS_STATUS_VOID false
#define HAS_STATUS_NEVER false

const struct zi_inject_call zi_inject_calls[] = {
#define ZI_CALL(type, name, params, args, area, answer) {#name, HAS_STATUS_##answer},
#include "syscalls/table.def"
#undef ZI_CALL
};

const unsigned zi_inject_ncalls = sizeof(zi_inject_calls) / sizeof(zi_inject_calls[0]);

_Static_assert(ZI_POINTS + sizeof(zi_inject_calls) / sizeof(zi_inject_calls[0]) <= ZI_POINTS_MAX,
	       "every point has a place");
