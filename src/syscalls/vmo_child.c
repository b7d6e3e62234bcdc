/* zx_vmo_create_child. */
#include <zircon/rights.h>
#include <zircon/syscalls.h>
#include <zircon/types.h>

#include "base/span.h"
#include "object/object.h"
#include "syscalls/entry.h"
#include "syscalls/vmo_i.h"
#include "vm/vm.h"
#include "vm/vmo.h"

static const uint32_t snapshot_types = ZX_VMO_CHILD_SNAPSHOT |
				       ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE |
				       ZX_VMO_CHILD_SNAPSHOT_MODIFIED;

/* Rights of a child made through a handle with the rights `in`. */
static zx_rights_t child_rights(zx_rights_t in, uint32_t options)
{
	zx_rights_t rights =
		(in & ~ZX_RIGHT_RESIZE) | ZX_RIGHT_GET_PROPERTY | ZX_RIGHT_SET_PROPERTY;

	if (options & ZX_VMO_CHILD_RESIZABLE)
		rights |= ZX_RIGHT_RESIZE;
	if (options & ZX_VMO_CHILD_NO_WRITE)
		rights &= ~ZX_RIGHT_WRITE;
	else if (options & snapshot_types)
		rights = (rights | ZX_RIGHT_WRITE) & ~ZX_RIGHT_EXECUTE;
	return rights;
}

/*
 * ZX_ERR_OUT_OF_RANGE    rounding the size wraps: told before anything about the handle
 * ZX_ERR_INVALID_ARGS    NO_WRITE with RESIZABLE: likewise
 * ZX_ERR_ACCESS_DENIED   no DUPLICATE or READ; no RESIZE when a resizable reference is asked for
 * … then the rows of zi_vmo_create_child
 * ZX_ERR_INVALID_ARGS    bad out: the child is gone again
 */
zx_status_t zx_vmo_create_child(zx_handle_t handle, uint32_t options, uint64_t offset,
				uint64_t size, zx_handle_t *out)
{
	ZI_ENTRY(zx_vmo_create_child);
	const uint32_t resizable_reference = ZX_VMO_CHILD_REFERENCE | ZX_VMO_CHILD_RESIZABLE;
	zx_rights_t needed = ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ;
	struct zi_vmo_object *parent;
	struct zi_vmo *child;
	zx_rights_t rights;
	uint64_t rounded;
	zx_status_t st;

	if (!zi_page_up_checked(size, &rounded))
		return ZX_ERR_OUT_OF_RANGE;
	if ((options & ZX_VMO_CHILD_NO_WRITE) && (options & ZX_VMO_CHILD_RESIZABLE))
		return ZX_ERR_INVALID_ARGS;
	if ((options & resizable_reference) == resizable_reference && !zi_behaviour_2025())
		needed |= ZX_RIGHT_RESIZE;
	st = zi_handle_get(handle, ZX_OBJ_TYPE_VMO, needed, &parent, &rights);
	if (st != ZX_OK)
		return st;
	st = zi_vmo_create_child(parent->vmo, options, offset, size, &child);
	if (st == ZX_OK && (rights & ZX_RIGHT_GET_PROPERTY)) {
		char name[ZX_MAX_NAME_LEN];

		zi_vmo_get_name(parent->vmo, name);
		zi_vmo_set_name(child, name, sizeof(name));
	}
	zi_object_unref(&parent->object);
	if (st != ZX_OK)
		return st;
	return zi_vmo_publish(child, child_rights(rights, options), out);
}
