/*
 * Clock objects: zx_clock_create, _read, _update, _get_details, zx_vmar_map_clock, and the two
 * calls for mapped clocks.
 */
#include <zircon/rights.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/clock.h>

#include "object/clock.h"
#include "object/object.h"
#include "syscalls/entry.h"
#include "syscalls/vmar_i.h"
#include "vm/fault.h"
#include "vm/vm.h"
#include "vm/vmo.h"

static uint64_t version_of(uint64_t options)
{
	return (options & ZX_CLOCK_ARGS_VERSION_MASK) >> ZX_CLOCK_ARGS_VERSION_SHIFT;
}

static zx_status_t get_clock(zx_handle_t handle, zx_rights_t rights, struct zi_clock **out)
{
	return zi_handle_get(handle, ZX_OBJ_TYPE_CLOCK, rights, out, NULL);
}

/*
 * ZX_ERR_INVALID_ARGS  version not 0 or 1; `args` with version 0, or bad with version 1; unknown
 *                      options; CONTINUOUS without MONOTONIC; backstop negative, or in the future
 *                      with AUTO_START; bad `out`
 * ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES
 */
zx_status_t zx_clock_create(uint64_t options, const void *args, zx_handle_t *out)
{
	ZI_ENTRY(zx_clock_create);
	zx_clock_create_args_v1_t v1 = {.backstop_time = 0};
	zx_rights_t rights = ZX_DEFAULT_CLOCK_RIGHTS;
	struct zi_clock *c;
	zx_status_t st = ZX_OK;

	switch (version_of(options)) {
	case 0:
		if (args != NULL)
			st = ZX_ERR_INVALID_ARGS;
		break;
	case 1:
		st = zi_user_read(&v1, args, sizeof(v1));
		break;
	default:
		st = ZX_ERR_INVALID_ARGS;
		break;
	}
	if (st != ZX_OK)
		return st;
	options &= ~ZX_CLOCK_ARGS_VERSION_MASK;
	st = zi_clock_new(options, v1.backstop_time, &c);
	if (st != ZX_OK)
		return st;
	if (options & ZX_CLOCK_OPT_MAPPABLE)
		rights |= ZX_RIGHT_MAP;
	return zi_handle_publish(&c->object, rights, out);
}

/*
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (READ). ZX_ERR_INVALID_ARGS: bad `now`
 */
zx_status_t zx_clock_read(zx_handle_t handle, zx_time_t *now)
{
	ZI_ENTRY(zx_clock_read);
	struct zi_clock *c;
	zx_status_t st = get_clock(handle, ZX_RIGHT_READ, &c);

	if (st != ZX_OK)
		return st;
	const zx_time_t time = zi_clock_read(c);

	zi_object_unref(&c->object);
	return zi_user_write(now, &time, sizeof(time));
}

/*
 * ZX_ERR_INVALID_ARGS  options are not exactly version 1; `details` NULL
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (READ)
 * ZX_ERR_INVALID_ARGS  bad `details`
 */
zx_status_t zx_clock_get_details(zx_handle_t handle, uint64_t options, void *details)
{
	ZI_ENTRY(zx_clock_get_details);
	zx_clock_details_v1_t v1;
	struct zi_clock *c;
	zx_status_t st;

	if (options != ZX_CLOCK_ARGS_VERSION(1) || details == NULL)
		return ZX_ERR_INVALID_ARGS;
	st = get_clock(handle, ZX_RIGHT_READ, &c);
	if (st != ZX_OK)
		return st;
	zi_clock_details(c, &v1);
	zi_object_unref(&c->object);
	return zi_user_write(details, &v1, sizeof(v1));
}

/* Both versions of the arguments as the newer one. */
static zx_status_t read_update_args(uint64_t version, const void *user,
				    zx_clock_update_args_v2_t *out)
{
	zx_clock_update_args_v1_t v1;
	zx_status_t st;

	if (user == NULL || (version != 1 && version != 2))
		return ZX_ERR_INVALID_ARGS;
	if (version == 2)
		return zi_user_read(out, user, sizeof(*out));
	st = zi_user_read(&v1, user, sizeof(v1));
	if (st != ZX_OK)
		return st;
	*out = (zx_clock_update_args_v2_t){
		.rate_adjust = v1.rate_adjust,
		.synthetic_value = v1.value,
		.error_bound = v1.error_bound,
	};
	return ZX_OK;
}

/*
 * ZX_ERR_INVALID_ARGS  version not 1 or 2; bad `args`; no option or an unknown one; rate beyond
 *                      1000 ppm
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (WRITE)
 * ZX_ERR_INVALID_ARGS  reference value with version 1, or with neither value nor rate
 * ZX_ERR_BAD_STATE     not started, and no value given
 * ZX_ERR_INVALID_ARGS  a value for a continuous clock that was started; for a monotonic one that
 *                      was started (version 2) a value without reference, or a rate with value or
 *                      reference; the clock would go back, or below its backstop
 */
zx_status_t zx_clock_update(zx_handle_t handle, uint64_t options, const void *args)
{
	ZI_ENTRY(zx_clock_update);
	const uint64_t version = version_of(options);
	zx_clock_update_args_v2_t update;
	struct zi_clock *c;
	zx_status_t st = read_update_args(version, args, &update);

	if (st != ZX_OK)
		return st;
	options &= ~ZX_CLOCK_ARGS_VERSION_MASK;
	if (options == 0 || (options & ~ZX_CLOCK_UPDATE_OPTIONS_ALL))
		return ZX_ERR_INVALID_ARGS;
	if ((options & ZX_CLOCK_UPDATE_OPTION_RATE_ADJUST_VALID) &&
	    (update.rate_adjust < ZX_CLOCK_UPDATE_MIN_RATE_ADJUST ||
	     update.rate_adjust > ZX_CLOCK_UPDATE_MAX_RATE_ADJUST))
		return ZX_ERR_INVALID_ARGS;
	st = get_clock(handle, ZX_RIGHT_WRITE, &c);
	if (st != ZX_OK)
		return st;
	st = zi_clock_update(c, options, &update, version == 1);
	zi_object_unref(&c->object);
	return st;
}

/* ---- mapped clocks: nothing but the mapping is needed */

/* ZX_ERR_INVALID_ARGS: no clock is mapped there; bad `now` */
zx_status_t zx_clock_read_mappable(const void *clock_addr, zx_time_t *now)
{
	ZI_ENTRY(zx_clock_read_mappable);
	struct zi_clock_shown shown;
	zx_status_t st = zi_clock_page_read(clock_addr, &shown);

	if (st != ZX_OK)
		return st;
	const zx_time_t time = zi_clock_apply(&shown.state.line, shown.reference);

	return zi_user_write(now, &time, sizeof(time));
}

/*
 * ZX_ERR_INVALID_ARGS: options are not exactly version 1; no clock is mapped there; bad `details`
 */
zx_status_t zx_clock_get_details_mappable(const void *clock_addr, uint64_t options, void *details)
{
	ZI_ENTRY(zx_clock_get_details_mappable);
	struct zi_clock_shown shown;
	zx_clock_details_v1_t v1;
	zx_status_t st;

	if (options != ZX_CLOCK_ARGS_VERSION(1) || details == NULL)
		return ZX_ERR_INVALID_ARGS;
	st = zi_clock_page_read(clock_addr, &shown);
	if (st != ZX_OK)
		return st;
	zi_clock_fill_details(shown.options, shown.backstop, &shown.state, &v1);
	return zi_user_write(details, &v1, sizeof(v1));
}

/*
 * ZX_ERR_INVALID_ARGS    PERM_WRITE, PERM_EXECUTE or PERM_READ_IF_XOM_UNSUPPORTED; another length
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   the clock
 * ZX_ERR_INVALID_ARGS    the clock cannot be mapped
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   the VMAR
 * … then as zx_vmar_map, with the clock handle's rights READ and MAP
 */
zx_status_t zx_vmar_map_clock(zx_handle_t handle, zx_vm_option_t options, uint64_t vmar_offset,
			      zx_handle_t clock_handle, uint64_t len, zx_vaddr_t *mapped_addr)
{
	ZI_ENTRY(zx_vmar_map_clock);
	const zx_vm_option_t refused =
		ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE | ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED;
	struct zi_map_what what = {
		.len = len, .no_stream_size = true, .list_name = ZI_CLOCK_LIST_NAME};
	struct zi_vmar_object *vmar;
	zx_rights_t vmar_rights;
	struct zi_clock *c;
	zx_status_t st;

	if ((options & refused) != 0 || len != ZI_CLOCK_MAPPED_SIZE)
		return ZX_ERR_INVALID_ARGS;
	st = zi_handle_get(clock_handle, ZX_OBJ_TYPE_CLOCK, ZX_RIGHT_NONE, &c, &what.rights);
	if (st != ZX_OK)
		return st;
	what.vmo = zi_clock_vmo(c);
	what.rights &= ZX_RIGHT_READ | ZX_RIGHT_MAP;
	what.list_koid = c->object.koid;
	st = what.vmo == NULL ?
		     ZX_ERR_INVALID_ARGS :
		     zi_handle_get(handle, ZX_OBJ_TYPE_VMAR, ZX_RIGHT_NONE, &vmar, &vmar_rights);
	if (st == ZX_OK) {
		st = zi_map_for_user(vmar, vmar_rights, &what, options, vmar_offset, mapped_addr);
		zi_object_unref(&vmar->object);
	}
	zi_object_unref(&c->object);
	return st;
}
