/* zx_status_get_string */
#include <zircon/status.h>

#include "base/status.h"
#include "syscalls/entry.h"

const char *zx_status_get_string(zx_status_t status)
{
	ZI_ENTRY_VALUE(zx_status_get_string);
	return zi_status_name(status);
}
