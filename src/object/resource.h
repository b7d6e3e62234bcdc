/*
 * Resources: objects that permit ranges of something that there is only one of. What gives the first one out is zirconia/device.h.
 */
#ifndef ZI_OBJECT_RESOURCE_H
#define ZI_OBJECT_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/syscalls/resource.h>
#include <zircon/types.h>

#include "object/object.h"

struct zi_resource;

/* The start of every zi_resource is its struct zi_object. */
static inline struct zi_object *zi_resource_object(struct zi_resource *r)
{
	return (struct zi_object *)r;
}

/* ROOT, or the one that stands for every range of another kind. INVALID_ARGS: no such kind. */
zx_status_t zi_resource_new_root(zx_rsrc_kind_t kind, struct zi_resource **out_resource);
/* Rows 4-7 of zx_resource_create. */
zx_status_t zi_resource_check_child(struct zi_resource *parent, uint32_t options, uint64_t base,
				    uint64_t size);
/* Rows 9-13. `name` is cut at 31 bytes. */
zx_status_t zi_resource_new(uint32_t options, uint64_t base, uint64_t size, const char *name,
			    size_t name_len, struct zi_resource **out_resource);

/* Those of lib/fake-resource/resource.h, with rules of their own: all that is made of one is fake, too. */
zx_status_t zi_resource_new_fake_root(struct zi_resource **out_resource);
bool zi_resource_is_fake(const struct zi_resource *r);
/* WRONG_TYPE, ACCESS_DENIED */
zx_status_t zi_resource_validate_fake(const struct zi_resource *r, zx_rsrc_kind_t kind,
				      uint64_t base, uint64_t size);
zx_status_t zi_resource_new_fake(struct zi_resource *parent, uint32_t options, uint64_t base,
				 uint64_t size, const char *name, size_t name_len,
				 struct zi_resource **out_resource);

/*
 * Does the resource permit [base, base+size) of the kind? BAD_HANDLE, WRONG_TYPE (no resource, or of another kind), OUT_OF_RANGE,
 * ACCESS_DENIED (the filter). No right is asked for.
 */
zx_status_t zi_resource_validate(zx_handle_t handle, zx_rsrc_kind_t kind, uint64_t base,
				 uint64_t size);
/* The same for one privilege of the system, where another privilege is of the wrong type, too. */
zx_status_t zi_resource_validate_system(zx_handle_t handle, uint64_t base);

/*
 * Denies ranges to the roots, as the platform does for memory in use. NULL: nothing is denied. Not to be changed while others make
 * resources or use them.
 */
typedef bool zi_resource_filter(void *ctx, zx_rsrc_kind_t kind, uint64_t base, uint64_t size);
void zi_resource_set_filter(zi_resource_filter *deny, void *ctx);

#endif
