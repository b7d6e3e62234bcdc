/*
 * zx_vmar_*: handles, rights, and copies of results. Every check that follows them stands in the vm
 * ring.
 * DIFFERS: there is no profile of memory priority to set on a VMAR.
 */
#include <zircon/rights.h>
#include <zircon/syscalls.h>
#include <zircon/types.h>

#include "object/object.h"
#include "syscalls/entry.h"
#include "syscalls/vmar_i.h"
#include "vm/fault.h"
#include "vm/vm.h"
#include "vm/vmar.h"
#include "vm/vmo.h"

#define PERM_BITS (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)

static zx_status_t get_vmar(zx_handle_t handle, zx_rights_t rights, struct zi_vmar_object **out,
			    zx_rights_t *out_rights)
{
	return zi_handle_get(handle, ZX_OBJ_TYPE_VMAR, rights, out, out_rights);
}

/* Each of the three permissions with the right that stands for it. */
static zx_rights_t rights_of(uint32_t bits, uint32_t read, uint32_t write, uint32_t execute)
{
	zx_rights_t rights = 0;

	if ((bits & read) != 0)
		rights |= ZX_RIGHT_READ;
	if ((bits & write) != 0)
		rights |= ZX_RIGHT_WRITE;
	if ((bits & execute) != 0)
		rights |= ZX_RIGHT_EXECUTE;
	return rights;
}

static zx_rights_t rights_of_perms(uint32_t perms)
{
	return rights_of(perms, ZX_VM_PERM_READ, ZX_VM_PERM_WRITE, ZX_VM_PERM_EXECUTE);
}

static zx_rights_t rights_of_can_map(uint32_t flags)
{
	return rights_of(flags, ZX_VM_CAN_MAP_READ, ZX_VM_CAN_MAP_WRITE, ZX_VM_CAN_MAP_EXECUTE);
}

static uint32_t perms_of_rights(zx_rights_t rights)
{
	return ((rights & ZX_RIGHT_READ) != 0 ? ZX_VM_PERM_READ : 0) |
	       ((rights & ZX_RIGHT_WRITE) != 0 ? ZX_VM_PERM_WRITE : 0) |
	       ((rights & ZX_RIGHT_EXECUTE) != 0 ? ZX_VM_PERM_EXECUTE : 0);
}

/* No machine here can hide code from reads: the option asks for READ. */
static uint32_t add_read_for_xom(uint32_t options)
{
	if ((options & ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED) != 0)
		options |= ZX_VM_PERM_READ;
	return options;
}

/* ---- allocate */

/* The caller's reference on the VMAR is given away. */
static zx_status_t publish(struct zi_vmar *vmar, zx_handle_t *user_handle, zx_vaddr_t *user_addr)
{
	const zx_vaddr_t base = vmar->base;
	struct zi_vmar_object *o;
	zx_status_t st = zi_user_write(user_addr, &base, sizeof(base));

	if (st != ZX_OK) {
		zi_vmar_unref(vmar);
		return st;
	}
	st = zi_vmar_object_new(vmar, &o);
	if (st != ZX_OK)
		return st;
	return zi_handle_publish(
		&o->object, ZX_DEFAULT_VMAR_RIGHTS | rights_of_can_map(vmar->flags), user_handle);
}

/*
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE
 * ZX_ERR_ACCESS_DENIED    a CAN_MAP option without the handle's right; a place asked for without
 *                         CAN_MAP_SPECIFIC
 * ZX_ERR_INVALID_ARGS     options; size 0 or not of whole pages; place outside or not aligned; bad
 *                         result pointer
 * ZX_ERR_BAD_STATE        the parent is dead (told after options and the size's alignment)
 * ZX_ERR_ALREADY_EXISTS   SPECIFIC over a child
 * ZX_ERR_NO_RESOURCES     no hole is large enough
 */
zx_status_t zx_vmar_allocate(zx_handle_t parent_vmar, zx_vm_option_t options, size_t offset,
			     size_t size, zx_handle_t *child_vmar, zx_vaddr_t *child_addr)
{
	ZI_ENTRY(zx_vmar_allocate);
	struct zi_vmar_object *parent;
	struct zi_vmar *vmar;
	zx_status_t st = get_vmar(parent_vmar, rights_of_can_map(options), &parent, NULL);

	if (st != ZX_OK)
		return st;
	st = zi_vmar_allocate(parent->vmar, options, offset, size, &vmar);
	zi_object_unref(&parent->object);
	if (st != ZX_OK)
		return st;
	zi_vmar_ref(vmar);
	st = publish(vmar, child_vmar, child_addr);
	/* Another thread may have destroyed it already, through an ancestor. */
	if (st != ZX_OK)
		zi_vmar_destroy(vmar);
	zi_vmar_unref(vmar);
	return st;
}

zx_status_t zx_vmar_destroy(zx_handle_t handle)
{
	ZI_ENTRY(zx_vmar_destroy);
	struct zi_vmar_object *o;
	zx_status_t st = get_vmar(handle, ZX_RIGHT_OP_CHILDREN, &o, NULL);

	if (st != ZX_OK)
		return st;
	st = zi_vmar_destroy(o->vmar);
	zi_object_unref(&o->object);
	return st;
}

/* ---- map */

/* Rows 3-10: what depends on rights, and the options whose checks stand among them. */
static zx_status_t check_map_rights(const struct zi_vmo *vmo, uint32_t options,
				    zx_rights_t vmar_rights, zx_rights_t vmo_rights)
{
	const uint32_t prot = options & PERM_BITS;

	if ((options & ZX_VM_FAULT_BEYOND_STREAM_SIZE) != 0 && vmo->kind != ZI_VMO_PAGED)
		return ZX_ERR_NOT_SUPPORTED;
	if ((vmo_rights & ZX_RIGHT_MAP) == 0)
		return ZX_ERR_ACCESS_DENIED;
	if ((prot & (ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)) != 0 && (prot & ZX_VM_PERM_READ) == 0)
		return ZX_ERR_INVALID_ARGS;
	if ((options & ZX_VM_MAP_RANGE) != 0 && (options & ZX_VM_SPECIFIC_OVERWRITE) != 0)
		return ZX_ERR_INVALID_ARGS;
	if (rights_of_can_map(options) != 0)
		return ZX_ERR_INVALID_ARGS;
	if ((rights_of_perms(prot) & ~(vmar_rights & vmo_rights)) != 0)
		return ZX_ERR_ACCESS_DENIED;
	return ZX_OK;
}

static zx_status_t map(struct zi_vmar *vmar, const struct zi_map_args *args, zx_vaddr_t *user_addr)
{
	struct zi_map_result made;
	zx_status_t st = zi_vmar_map(vmar, args, &made);

	if (st != ZX_OK)
		return st;
	st = zi_user_write(user_addr, &made.addr, sizeof(made.addr));
	if (st == ZX_OK)
		zi_vmar_map_finish(vmar, &made);
	else
		zi_vmar_map_cancel(vmar, &made);
	return st;
}

zx_status_t zi_map_for_user(const struct zi_vmar_object *o, zx_rights_t vmar_rights,
			    const struct zi_map_what *what, zx_vm_option_t options,
			    size_t vmar_offset, zx_vaddr_t *mapped_addr)
{
	const struct zi_map_args args = {
		.options = add_read_for_xom(options),
		.vmar_off = vmar_offset,
		.vmo = what->vmo,
		.vmo_off = what->off,
		.len = what->len,
		.max_prot = perms_of_rights(vmar_rights & what->rights),
		.list_koid = what->list_koid,
		.list_name = what->list_name,
	};
	zx_status_t st = check_map_rights(args.vmo, args.options, vmar_rights, what->rights);

	if (st != ZX_OK)
		return st;
	/* Row 12; row 11 has the same status. */
	if (what->no_stream_size && (options & ZX_VM_FAULT_BEYOND_STREAM_SIZE) != 0)
		return ZX_ERR_INVALID_ARGS;
	return map(o->vmar, &args, mapped_addr);
}

/*
 * The order of checks is that of the specification's table for zx_vmar_map; it is too long to
 * repeat here.
 */
zx_status_t zx_vmar_map(zx_handle_t handle, zx_vm_option_t options, size_t vmar_offset,
			zx_handle_t vmo, uint64_t vmo_offset, size_t len, zx_vaddr_t *mapped_addr)
{
	ZI_ENTRY(zx_vmar_map);
	struct zi_map_what what = {.off = vmo_offset, .len = len};
	struct zi_vmar_object *vmar_object;
	struct zi_vmo_object *vmo_object;
	zx_rights_t vmar_rights;
	zx_status_t st = get_vmar(handle, ZX_RIGHT_NONE, &vmar_object, &vmar_rights);

	if (st != ZX_OK)
		return st;
	st = zi_handle_get(vmo, ZX_OBJ_TYPE_VMO, ZX_RIGHT_NONE, &vmo_object, &what.rights);
	if (st == ZX_OK) {
		what.vmo = vmo_object->vmo;
		st = zi_map_for_user(vmar_object, vmar_rights, &what, options, vmar_offset,
				     mapped_addr);
		zi_object_unref(&vmo_object->object);
	}
	zi_object_unref(&vmar_object->object);
	return st;
}

/* ---- unmap, protect, op_range */

zx_status_t zx_vmar_unmap(zx_handle_t handle, zx_vaddr_t addr, size_t len)
{
	ZI_ENTRY(zx_vmar_unmap);
	struct zi_vmar_object *o;
	zx_rights_t rights;
	zx_status_t st = get_vmar(handle, ZX_RIGHT_NONE, &o, &rights);

	if (st != ZX_OK)
		return st;
	st = zi_vmar_unmap(o->vmar, addr, len, (rights & ZX_RIGHT_OP_CHILDREN) != 0);
	zi_object_unref(&o->object);
	return st;
}

zx_status_t zx_vmar_protect(zx_handle_t handle, zx_vm_option_t options, zx_vaddr_t addr, size_t len)
{
	ZI_ENTRY(zx_vmar_protect);
	struct zi_vmar_object *o;
	zx_rights_t rights;
	zx_status_t st;

	options = add_read_for_xom(options);
	st = get_vmar(handle, rights_of_perms(options), &o, &rights);
	if (st != ZX_OK)
		return st;
	st = zi_vmar_protect(o->vmar, options, addr, len, (rights & ZX_RIGHT_OP_CHILDREN) != 0);
	zi_object_unref(&o->object);
	return st;
}

/* Kernels of 2025 asked for none. */
static zx_rights_t rights_of_op(uint32_t op)
{
	if (zi_behaviour_2025())
		return ZX_RIGHT_NONE;
	switch (op) {
	case ZX_VMAR_OP_COMMIT:
	case ZX_VMAR_OP_DECOMMIT:
	case ZX_VMAR_OP_ZERO:
		return ZX_RIGHT_WRITE;
	case ZX_VMAR_OP_MAP_RANGE:
	case ZX_VMAR_OP_PREFETCH:
		return ZX_RIGHT_READ;
	default:
		return ZX_RIGHT_NONE;
	}
}

zx_status_t zx_vmar_op_range(zx_handle_t handle, uint32_t op, zx_vaddr_t address, size_t size,
			     void *buffer, size_t buffer_size)
{
	ZI_ENTRY(zx_vmar_op_range);
	struct zi_vmar_object *o;
	zx_rights_t rights;
	zx_status_t st = get_vmar(handle, ZX_RIGHT_NONE, &o, &rights);

	if (st != ZX_OK)
		return st;
	if (!zi_vmar_op_is_known(op))
		st = ZX_ERR_INVALID_ARGS;
	else if ((rights_of_op(op) & ~rights) != 0)
		st = ZX_ERR_ACCESS_DENIED;
	else if (buffer != NULL || buffer_size != 0)
		st = ZX_ERR_INVALID_ARGS;
	else
		st = zi_vmar_op_range(o->vmar, op, address, size,
				      (rights & ZX_RIGHT_OP_CHILDREN) != 0);
	zi_object_unref(&o->object);
	return st;
}
