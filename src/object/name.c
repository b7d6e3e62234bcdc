/* Names of tasks: 31 bytes and a NUL, filled with zeros. */
#include <string.h>

#include "object/task.h"
#include "vm/fault.h"

void zi_name_copy(char dst[ZX_MAX_NAME_LEN], const char *src, size_t len)
{
	if (len > ZX_MAX_NAME_LEN - 1)
		len = ZX_MAX_NAME_LEN - 1;
	len = strnlen(src, len);
	/* The source may be (part of) the destination. */
	memmove(dst, src, len);
	memset(dst + len, 0, ZX_MAX_NAME_LEN - len);
}

zx_status_t zi_name_read(char dst[ZX_MAX_NAME_LEN], const char *user, size_t size)
{
	char buf[ZX_MAX_NAME_LEN];

	if (user == NULL)
		return ZX_ERR_INVALID_ARGS;
	if (size > sizeof(buf))
		size = sizeof(buf);
	zx_status_t st = zi_user_read(buf, user, size);
	if (st != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	zi_name_copy(dst, buf, size);
	return ZX_OK;
}
