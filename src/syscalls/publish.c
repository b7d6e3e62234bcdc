/* The end of calls that make two objects at once. */
#include "object/object.h"
#include "syscalls/handle_i.h"
#include "vm/fault.h"

zx_status_t zi_publish_two(struct zi_object *a, zx_rights_t rights_a, zx_handle_t *user_a,
			   struct zi_object *b, zx_rights_t rights_b, zx_handle_t *user_b)
{
	zx_handle_t handle_a = ZX_HANDLE_INVALID, handle_b = ZX_HANDLE_INVALID;
	zx_status_t st = zi_handle_add(a, rights_a, &handle_a);

	if (st == ZX_OK)
		st = zi_handle_add(b, rights_b, &handle_b);
	zi_object_unref(a);
	zi_object_unref(b);
	if (st == ZX_OK)
		st = zi_user_write(user_a, &handle_a, sizeof(handle_a));
	if (st == ZX_OK)
		st = zi_user_write(user_b, &handle_b, sizeof(handle_b));
	if (st == ZX_OK)
		return ZX_OK;
	if (handle_a != ZX_HANDLE_INVALID)
		zi_handle_close(handle_a);
	if (handle_b != ZX_HANDLE_INVALID)
		zi_handle_close(handle_b);
	return st;
}
