/* Shared by the files of the zx_vmo_* calls. */
#ifndef ZI_SYSCALLS_VMO_I_H
#define ZI_SYSCALLS_VMO_I_H

#include <zircon/types.h>

struct zi_vmo;

/* Wraps a VMO and gives it its first handle, stored at a user address; the reference is taken over. */
zx_status_t zi_vmo_publish(struct zi_vmo *vmo, zx_rights_t rights, zx_handle_t *user_out);

/* May the caller mark a VMO executable with this resource? ZX_HANDLE_INVALID asks the job's policy. */
zx_status_t zi_vmex_check(zx_handle_t vmex);

#endif
