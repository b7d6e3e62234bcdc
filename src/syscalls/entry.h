/*
 * The first line of every call: ZI_ENTRY(name) makes the call an injection point, before it has looked at anything. A call that
 * answers no status has ZI_ENTRY_VALUE(name) and can only be delayed.
 */
#ifndef ZI_SYSCALLS_ENTRY_H
#define ZI_SYSCALLS_ENTRY_H

#include "base/inject.h"

enum zi_call {
#define ZI_CALL(type, name, params, args, area, answer) ZI_CALL_##name,
#include "syscalls/table.def"
#undef ZI_CALL
};

#define ZI_ENTRY(name)                                                                   \
	do {                                                                             \
		if (zi_inject_is_armed()) {                                              \
			const int zi_told = zi_inject_reach(ZI_POINTS + ZI_CALL_##name); \
                                                                                         \
			if (zi_told != 0)                                                \
				return zi_told;                                          \
		}                                                                        \
	} while (0)

#define ZI_ENTRY_VALUE(name)                                               \
	do {                                                               \
		if (zi_inject_is_armed())                                  \
			(void)zi_inject_reach(ZI_POINTS + ZI_CALL_##name); \
	} while (0)

#endif
