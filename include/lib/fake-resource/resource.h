/*
 * Resources for tests of drivers: the root of a world of its own. What is made of it follows simpler
 * rules than the kernel's: a range outside of the parent, or exclusively taken, is
 * ZX_ERR_ACCESS_DENIED; another kind is ZX_ERR_WRONG_TYPE; interrupts and secure monitor calls abort;
 * ZX_INFO_RESOURCE tells no flags. zx_vmo_create_physical makes ordinary VMOs, cached and zeroed, and
 * zx_ioports_request succeeds.
 */
#ifndef LIB_FAKE_RESOURCE_RESOURCE_H_
#define LIB_FAKE_RESOURCE_RESOURCE_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/* ZX_ERR_INVALID_ARGS (out), ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES */
zx_status_t fake_root_resource_create(zx_handle_t *out);

__END_CDECLS

#endif /* LIB_FAKE_RESOURCE_RESOURCE_H_ */
