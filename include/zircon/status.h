/*
 * Names of status codes.
 */
#ifndef ZIRCON_STATUS_H_
#define ZIRCON_STATUS_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Answers the name of a status as its macro is spelt, "ZX_OK" or "ZX_ERR_NO_MEMORY" for instance,
 * and "(UNKNOWN)" for every number that is no status. The text is constant and never NULL. Safe in
 * threads and signal handlers. Source: Zircon, zircon/status.h.
 */
__ZX_CALL(const char *, zx_status_get_string, (zx_status_t status));

__END_CDECLS

#endif /* ZIRCON_STATUS_H_ */
