/* What the trap engine is called. */
#include <zirconia/zirconia.h>

#include "vm/trap.h"
#include "vm/vm.h"

const char *zirconia_trap_engine(void)
{
	return zi_vm_start() == ZX_OK ? zi_trap_engine_name() : NULL;
}
