/* More memory than there is: NO_MEMORY, never the kernel's killer. */
#include <zircon/syscalls.h>

#include "t.h"

/* spec: vmo 4.2 #7 */
Test(vmo_memory, commit__more_than_the_machine_has__no_memory)
{
	zx_handle_t vmo;
	uint64_t size = 64 * zx_system_get_physmem();
	zx_info_vmo_t info;

	T_ZX(zx_vmo_create(size, 0, &vmo), ZX_OK);
	T_ZX(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, size, NULL, 0), ZX_ERR_NO_MEMORY);
	T_ZX(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL), ZX_OK);
	cr_assert(info.committed_bytes == 0);
	T_ZX(zx_handle_close(vmo), ZX_OK);
}
