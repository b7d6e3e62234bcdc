/*
 * zx_pager_*: handles, rights, and copies of arguments. What follows them stands in the vm ring.
 * DIFFERS: job policies are not kept, so that ZX_POL_NEW_PAGER and ZX_POL_NEW_VMO always allow.
 */
#include <zircon/rights.h>
#include <zircon/syscalls.h>
#include <zircon/types.h>

#include "base/span.h"
#include "object/object.h"
#include "object/pager_object.h"
#include "object/port.h"
#include "syscalls/entry.h"
#include "syscalls/vmo_i.h"
#include "vm/fault.h"
#include "vm/pager.h"

zx_status_t zx_pager_create(uint32_t options, zx_handle_t *out)
{
	ZI_ENTRY(zx_pager_create);
	struct zi_pager *p;

	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	p = zi_pager_new();
	if (p == NULL)
		return ZX_ERR_NO_MEMORY;
	return zi_handle_publish(zi_pager_object(p), ZX_DEFAULT_PAGER_RIGHTS, out);
}

zx_status_t zx_pager_create_vmo(zx_handle_t pager, uint32_t options, zx_handle_t port, uint64_t key,
				uint64_t size, zx_handle_t *out)
{
	ZI_ENTRY(zx_pager_create_vmo);
	struct zi_pager *p;
	struct zi_port *q;
	struct zi_vmo *vmo;
	zx_status_t st = zi_handle_get(pager, ZX_OBJ_TYPE_PAGER, ZX_RIGHT_ATTACH_VMO, &p, NULL);

	if (st != ZX_OK)
		return st;
	st = zi_handle_get(port, ZX_OBJ_TYPE_PORT, ZX_RIGHT_WRITE, &q, NULL);
	if (st == ZX_OK) {
		st = zi_pager_create_vmo(p, options, q, key, size, &vmo);
		zi_object_unref(zi_port_object(q));
	}
	zi_object_unref(zi_pager_object(p));
	if (st != ZX_OK)
		return st;
	zx_rights_t rights = ZX_DEFAULT_VMO_RIGHTS;
	if ((options & ZX_VMO_RESIZABLE) != 0)
		rights |= ZX_RIGHT_RESIZE;
	return zi_vmo_publish(vmo, rights, out);
}

/* The three checks that every call on a VMO of a pager begins with. *out_vmo has one reference. */
static zx_status_t get_vmo(zx_handle_t pager, zx_rights_t pager_rights, zx_handle_t vmo,
			   zx_rights_t vmo_rights, struct zi_vmo_object **out_vmo)
{
	struct zi_object *p;
	zx_status_t st = zi_handle_get(pager, ZX_OBJ_TYPE_PAGER, pager_rights, &p, NULL);

	if (st != ZX_OK)
		return st;
	zx_koid_t koid = p->koid;

	zi_object_unref(p);
	st = zi_handle_get(vmo, ZX_OBJ_TYPE_VMO, vmo_rights, out_vmo, NULL);
	if (st == ZX_OK && (*out_vmo)->vmo->pager_koid != koid) {
		zi_object_unref(&(*out_vmo)->object);
		st = ZX_ERR_INVALID_ARGS;
	}
	return st;
}

zx_status_t zx_pager_detach_vmo(zx_handle_t pager, zx_handle_t vmo)
{
	ZI_ENTRY(zx_pager_detach_vmo);
	struct zi_vmo_object *o;
	zx_status_t st =
		get_vmo(pager, ZX_RIGHT_ATTACH_VMO | ZX_RIGHT_MANAGE_VMO, vmo, ZX_RIGHT_WRITE, &o);

	if (st != ZX_OK)
		return st;
	zi_pager_detach(o->vmo);
	zi_object_unref(&o->object);
	return ZX_OK;
}

zx_status_t zx_pager_supply_pages(zx_handle_t pager, zx_handle_t pager_vmo, uint64_t offset,
				  uint64_t length, zx_handle_t aux_vmo, uint64_t aux_offset)
{
	ZI_ENTRY(zx_pager_supply_pages);
	struct zi_vmo_object *o, *aux;
	zx_status_t st;

	if (!zi_is_page_aligned(offset | length | aux_offset))
		return ZX_ERR_INVALID_ARGS;
	st = get_vmo(pager, ZX_RIGHT_MANAGE_VMO, pager_vmo, ZX_RIGHT_WRITE, &o);
	if (st != ZX_OK)
		return st;
	st = zi_handle_get(aux_vmo, ZX_OBJ_TYPE_VMO, ZX_RIGHT_READ | ZX_RIGHT_WRITE, &aux, NULL);
	if (st == ZX_OK) {
		st = zi_pager_supply(o->vmo, offset, length, aux->vmo, aux_offset);
		zi_object_unref(&aux->object);
	}
	zi_object_unref(&o->object);
	return st;
}

/* The statuses that a pager may fail pages with. */
static bool is_failure(uint64_t data)
{
	switch ((int64_t)data) {
	case ZX_ERR_IO:
	case ZX_ERR_IO_DATA_INTEGRITY:
	case ZX_ERR_BAD_STATE:
	case ZX_ERR_NO_SPACE:
	case ZX_ERR_BUFFER_TOO_SMALL:
		return true;
	default:
		return false;
	}
}

static zx_status_t op_range(struct zi_vmo *vmo, uint32_t op, uint64_t off, uint64_t len,
			    uint64_t data)
{
	switch (op) {
	case ZX_PAGER_OP_FAIL:
		if (!is_failure(data))
			return ZX_ERR_INVALID_ARGS;
		return zi_pager_fail(vmo, off, len, (zx_status_t)data);
	case ZX_PAGER_OP_DIRTY:
		if (data != 0)
			return ZX_ERR_INVALID_ARGS;
		return zi_pager_dirty(vmo, off, len);
	case ZX_PAGER_OP_WRITEBACK_BEGIN:
		if ((data & ~ZX_VMO_DIRTY_RANGE_IS_ZERO) != 0)
			return ZX_ERR_INVALID_ARGS;
		return zi_pager_writeback_begin(vmo, off, len, data != 0);
	case ZX_PAGER_OP_WRITEBACK_END:
		if (data != 0)
			return ZX_ERR_INVALID_ARGS;
		return zi_pager_writeback_end(vmo, off, len);
	default:
		return ZX_ERR_NOT_SUPPORTED;
	}
}

zx_status_t zx_pager_op_range(zx_handle_t pager, uint32_t op, zx_handle_t pager_vmo,
			      uint64_t offset, uint64_t length, uint64_t data)
{
	ZI_ENTRY(zx_pager_op_range);
	struct zi_vmo_object *o;
	zx_status_t st;

	if (!zi_is_page_aligned(offset | length))
		return ZX_ERR_INVALID_ARGS;
	st = get_vmo(pager, ZX_RIGHT_MANAGE_VMO, pager_vmo, ZX_RIGHT_WRITE, &o);
	if (st != ZX_OK)
		return st;
	st = op_range(o->vmo, op, offset, length, data);
	zi_object_unref(&o->object);
	return st;
}

/* What is collected under one hold of the VMO's lock. */
#define RANGES_AT_ONCE 16

static zx_status_t query_ranges(struct zi_vmo *vmo, uint64_t off, uint64_t len, uint8_t *user,
				size_t user_size, bool count_all, size_t *out_stored,
				size_t *out_found)
{
	zx_vmo_dirty_range_t ranges[RANGES_AT_ONCE];
	const size_t room = user_size / sizeof(ranges[0]);
	uint64_t pos = zi_page_down(off);
	size_t stored = 0, found = 0;

	if (!zi_in_range(off, len, zi_vmo_get_size(vmo)))
		return ZX_ERR_OUT_OF_RANGE;
	const uint64_t end = zi_page_up(off + len);

	while (pos < end && (count_all || stored < room)) {
		uint32_t max = count_all ? RANGES_AT_ONCE :
					   (uint32_t)zi_min(RANGES_AT_ONCE, room - stored);
		uint32_t got, fit;

		zi_pager_next_dirty(vmo, &pos, end, ranges, max, &got);
		fit = (uint32_t)zi_min(got, room - stored);
		if (fit > 0 && zi_user_write(ZI_USER_AT(user, stored * sizeof(ranges[0])), ranges,
					     fit * sizeof(ranges[0])) != ZX_OK)
			return ZX_ERR_INVALID_ARGS;
		stored += fit;
		found += got;
	}
	*out_stored = stored;
	*out_found = found;
	return ZX_OK;
}

zx_status_t zx_pager_query_dirty_ranges(zx_handle_t pager, zx_handle_t pager_vmo, uint64_t offset,
					uint64_t length, void *buffer, size_t buffer_size,
					size_t *actual, size_t *avail)
{
	ZI_ENTRY(zx_pager_query_dirty_ranges);
	struct zi_vmo_object *o;
	size_t stored, found;
	zx_status_t st = get_vmo(pager, ZX_RIGHT_MANAGE_VMO, pager_vmo, ZX_RIGHT_READ, &o);

	if (st != ZX_OK)
		return st;
	st = query_ranges(o->vmo, offset, length, buffer, buffer_size, avail != NULL, &stored,
			  &found);
	zi_object_unref(&o->object);
	if (st == ZX_OK && actual != NULL)
		st = zi_user_write(actual, &stored, sizeof(stored));
	if (st == ZX_OK && avail != NULL)
		st = zi_user_write(avail, &found, sizeof(found));
	return st;
}

/* Resets before it tells: a bad buffer loses the answer. */
zx_status_t zx_pager_query_vmo_stats(zx_handle_t pager, zx_handle_t pager_vmo, uint32_t options,
				     void *buffer, size_t buffer_size)
{
	ZI_ENTRY(zx_pager_query_vmo_stats);
	zx_pager_vmo_stats_t stats = {0};
	struct zi_vmo_object *o;
	zx_status_t st = get_vmo(pager, ZX_RIGHT_MANAGE_VMO, pager_vmo, ZX_RIGHT_READ, &o);

	if (st != ZX_OK)
		return st;
	if (buffer_size < sizeof(stats)) {
		st = ZX_ERR_BUFFER_TOO_SMALL;
	} else if ((options & ~ZX_PAGER_RESET_VMO_STATS) != 0) {
		st = ZX_ERR_INVALID_ARGS;
	} else {
		if (zi_pager_modified(o->vmo, (options & ZX_PAGER_RESET_VMO_STATS) != 0))
			stats.modified = ZX_PAGER_VMO_STATS_MODIFIED;
		st = zi_user_write(buffer, &stats, sizeof(stats));
	}
	zi_object_unref(&o->object);
	return st;
}
