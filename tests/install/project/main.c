/* What the user's project runs: one VMO, written and read back, and a wrong call. */
#include <stdio.h>
#include <string.h>

#include <zircon/syscalls.h>

int main(void)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;
	char text[6] = "";

	if (zx_vmo_create(4096, 0, &vmo) != ZX_OK || zx_vmo_write(vmo, "hello", 0, 6) != ZX_OK ||
	    zx_vmo_read(vmo, text, 0, 6) != ZX_OK || strcmp(text, "hello") != 0)
		return 1;
	if (zx_vmo_read(vmo, text, 4095, 2) != ZX_ERR_OUT_OF_RANGE)
		return 2;
	if (zx_handle_close(vmo) != ZX_OK || zx_handle_close(vmo) != ZX_ERR_BAD_HANDLE)
		return 3;
	puts("fine");
	return 0;
}
