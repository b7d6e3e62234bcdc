/*
 * What a call that nobody emulates answers. The definitions are weak: the one that a source file of
 * its own gives replaces the one here when the objects are linked, so nothing has to be listed or
 * kept up to date. (The archive is made of one object for this reason: a linker does not look into
 * an archive for a strong definition once it has a weak one.)
 */
#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls-next.h>
#include <zircon/syscalls.h>

#include "syscalls/entry.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

#define ZI_ANSWER_STATUS(type, name, params)   \
	__attribute__((weak)) type name params \
	{                                      \
		ZI_ENTRY(name);                \
		return ZX_ERR_NOT_SUPPORTED;   \
	}
#define ZI_ANSWER_HANDLE(type, name, params)   \
	__attribute__((weak)) type name params \
	{                                      \
		ZI_ENTRY_VALUE(name);          \
		return ZX_HANDLE_INVALID;      \
	}
#define ZI_ANSWER_VALUE(type, name, params)
#define ZI_ANSWER_VOID(type, name, params)
#define ZI_ANSWER_NEVER(type, name, params)

#define ZI_CALL(type, name, params, args, area, answer) ZI_ANSWER_##answer(type, name, params)
#include "syscalls/table.def"
