/* zx_object_get_property and zx_object_set_property. */
#ifndef ZI_OBJECT_PROPERTY_H
#define ZI_OBJECT_PROPERTY_H

#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

/* `value` is user memory. All checks, in order. */
zx_status_t zi_property_get(zx_handle_t handle, uint32_t property, void *value, size_t size);
zx_status_t zi_property_set(zx_handle_t handle, uint32_t property, const void *value, size_t size);

#endif
