/* Names of statuses for the library itself. */
#ifndef ZI_BASE_STATUS_H
#define ZI_BASE_STATUS_H

#include <zircon/types.h>

/* As zx_status_get_string. Safe in signal handlers. */
const char *zi_status_name(zx_status_t status);

#endif
