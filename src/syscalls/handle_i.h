/* For calls that make two objects at once. */
#ifndef ZI_SYSCALLS_HANDLE_I_H
#define ZI_SYSCALLS_HANDLE_I_H

#include <zircon/types.h>

struct zi_object;

/*
 * zi_handle_publish for two objects: both handles or none. Both references are dropped on every
 * path.
 */
zx_status_t zi_publish_two(struct zi_object *a, zx_rights_t rights_a, zx_handle_t *user_a,
			   struct zi_object *b, zx_rights_t rights_b, zx_handle_t *user_b);

#endif
