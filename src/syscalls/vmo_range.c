/* zx_vmo_op_range: which right each operation asks for; the operations are the vm ring's. */
#include <zircon/rights.h>
#include <zircon/syscalls.h>
#include <zircon/types.h>

#include "object/object.h"
#include "syscalls/entry.h"
#include "vm/fault.h"
#include "vm/vmo.h"

/* Any one of the bits in `rights` will do; 0: the operation asks for none. */
struct range_op {
	uint32_t op;
	zx_rights_t rights;
};

static const struct range_op range_ops[] = {
	{ZX_VMO_OP_COMMIT, ZX_RIGHT_WRITE},
	{ZX_VMO_OP_DECOMMIT, ZX_RIGHT_WRITE},
	{ZX_VMO_OP_LOCK, ZX_RIGHT_READ | ZX_RIGHT_WRITE},
	{ZX_VMO_OP_UNLOCK, ZX_RIGHT_READ | ZX_RIGHT_WRITE},
	{ZX_VMO_OP_CACHE_SYNC, ZX_RIGHT_READ},
	{ZX_VMO_OP_CACHE_INVALIDATE, ZX_RIGHT_WRITE},
	{ZX_VMO_OP_CACHE_CLEAN, ZX_RIGHT_READ},
	{ZX_VMO_OP_CACHE_CLEAN_INVALIDATE, ZX_RIGHT_READ},
	{ZX_VMO_OP_ZERO, ZX_RIGHT_WRITE},
	{ZX_VMO_OP_TRY_LOCK, ZX_RIGHT_READ | ZX_RIGHT_WRITE},
	{ZX_VMO_OP_DONT_NEED, ZX_RIGHT_NONE},
	{ZX_VMO_OP_ALWAYS_NEED, ZX_RIGHT_NONE},
	{ZX_VMO_OP_PREFETCH, ZX_RIGHT_READ},
};

static const struct range_op *range_op_find(uint32_t op)
{
	for (size_t i = 0; i < sizeof(range_ops) / sizeof(range_ops[0]); i++) {
		if (range_ops[i].op == op)
			return &range_ops[i];
	}
	return NULL;
}

/* The buffer is looked at only once the lock is taken; a bad one gives the lock back as an unlock does. */
static zx_status_t lock_range(struct zi_vmo *vmo, uint64_t off, uint64_t len, void *user,
			      size_t user_size)
{
	zx_vmo_lock_state_t state;
	zx_status_t st = zi_vmo_lock_range(vmo, off, len, &state);

	if (st != ZX_OK)
		return st;
	if (user_size < sizeof(state) || zi_user_write(user, &state, sizeof(state)) != ZX_OK) {
		/* A resizable VMO may have changed its size since: the lock is released with the size of now. */
		while (zi_vmo_unlock_range(vmo, 0, len) == ZX_ERR_OUT_OF_RANGE)
			len = zi_vmo_get_size(vmo);
		return ZX_ERR_INVALID_ARGS;
	}
	return ZX_OK;
}

static zx_status_t vmo_op(struct zi_vmo *vmo, uint32_t op, uint64_t off, uint64_t len, void *user,
			  size_t user_size)
{
	switch (op) {
	case ZX_VMO_OP_COMMIT:
		return zi_vmo_commit(vmo, off, len);
	case ZX_VMO_OP_DECOMMIT:
		return zi_vmo_decommit(vmo, off, len);
	case ZX_VMO_OP_ZERO:
		return zi_vmo_zero(vmo, off, len);
	case ZX_VMO_OP_LOCK:
		return lock_range(vmo, off, len, user, user_size);
	case ZX_VMO_OP_TRY_LOCK:
		return zi_vmo_try_lock_range(vmo, off, len);
	case ZX_VMO_OP_UNLOCK:
		return zi_vmo_unlock_range(vmo, off, len);
	case ZX_VMO_OP_DONT_NEED:
	case ZX_VMO_OP_ALWAYS_NEED:
		return zi_vmo_hint(vmo, op, off, len);
	case ZX_VMO_OP_PREFETCH:
		return zi_vmo_prefetch(vmo, off, len);
	default:
		return zi_vmo_cache_op(vmo, op, off, len);
	}
}

/* Handle, then operation (unknown: ZX_ERR_INVALID_ARGS), then its right, then the operation's own rows. */
zx_status_t zx_vmo_op_range(zx_handle_t handle, uint32_t op, uint64_t offset, uint64_t size,
			    void *buffer, size_t buffer_size)
{
	ZI_ENTRY(zx_vmo_op_range);
	struct zi_vmo_object *o;
	zx_rights_t rights;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_NONE, &o, &rights);

	if (st != ZX_OK)
		return st;
	const struct range_op *known = range_op_find(op);

	if (known == NULL)
		st = ZX_ERR_INVALID_ARGS;
	else if (known->rights != ZX_RIGHT_NONE && !(rights & known->rights))
		st = ZX_ERR_ACCESS_DENIED;
	else
		st = vmo_op(o->vmo, op, offset, size, buffer, buffer_size);
	zi_object_unref(&o->object);
	return st;
}
