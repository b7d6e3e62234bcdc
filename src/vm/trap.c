/* Which trap engine is in use. */
#include "vm/trap.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
	[ZI_TRAP_MPROTECT] = "mprotect",
};

enum zi_trap_engine zi_trap_engine(void)
{
	return ZI_TRAP_MPROTECT;
}

const char *zi_trap_engine_name(void)
{
	return names[zi_trap_engine()];
}
