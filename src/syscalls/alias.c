/*
 * The second name of every call. They are functions that pass the call on and not aliases of the
 * linker, which could name only what stands in the same object.
 */
#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls-next.h>
#include <zircon/syscalls.h>

#define ZI_ALIAS_VALUE(type, name, params, args) \
	type _##name params                      \
	{                                        \
		return name args;                \
	}
#define ZI_ALIAS_VOID(type, name, params, args) \
	type _##name params                     \
	{                                       \
		name args;                      \
	}
#define ZI_ALIAS_STATUS ZI_ALIAS_VALUE
#define ZI_ALIAS_HANDLE ZI_ALIAS_VALUE
#define ZI_ALIAS_NEVER ZI_ALIAS_VOID

#define ZI_CALL(type, name, params, args, area, answer) ZI_ALIAS_##answer(type, name, params, args)
#include "syscalls/table.def"
