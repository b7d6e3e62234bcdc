/* zx_counter_* */
#include <zircon/rights.h>
#include <zircon/syscalls.h>

#include "object/event.h"
#include "object/object.h"
#include "syscalls/entry.h"
#include "vm/fault.h"

static zx_status_t get_counter(zx_handle_t handle, zx_rights_t rights, struct zi_counter **out)
{
	return zi_handle_get(handle, ZX_OBJ_TYPE_COUNTER, rights, out, NULL);
}

/* ZX_ERR_INVALID_ARGS: options, bad `out`. ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES */
zx_status_t zx_counter_create(uint32_t options, zx_handle_t *out)
{
	ZI_ENTRY(zx_counter_create);
	struct zi_counter *c;

	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	c = zi_counter_new();
	if (c == NULL)
		return ZX_ERR_NO_MEMORY;
	return zi_handle_publish(zi_counter_object(c), ZX_DEFAULT_COUNTER_RIGHTS, out);
}

/*
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (READ and WRITE: the answer tells of
 * the value)
 * ZX_ERR_OUT_OF_RANGE  the sum does not fit
 */
zx_status_t zx_counter_add(zx_handle_t handle, int64_t amount)
{
	ZI_ENTRY(zx_counter_add);
	struct zi_counter *c;
	zx_status_t st = get_counter(handle, ZX_RIGHT_READ | ZX_RIGHT_WRITE, &c);

	if (st != ZX_OK)
		return st;
	st = zi_counter_add(c, amount);
	zi_object_unref(zi_counter_object(c));
	return st;
}

/*
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (READ). ZX_ERR_INVALID_ARGS: bad
 * `value`
 */
zx_status_t zx_counter_read(zx_handle_t handle, int64_t *value)
{
	ZI_ENTRY(zx_counter_read);
	struct zi_counter *c;
	zx_status_t st = get_counter(handle, ZX_RIGHT_READ, &c);

	if (st != ZX_OK)
		return st;
	const int64_t now = zi_counter_read(c);

	zi_object_unref(zi_counter_object(c));
	return zi_user_write(value, &now, sizeof(now));
}

/* ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (WRITE) */
zx_status_t zx_counter_write(zx_handle_t handle, int64_t value)
{
	ZI_ENTRY(zx_counter_write);
	struct zi_counter *c;
	zx_status_t st = get_counter(handle, ZX_RIGHT_WRITE, &c);

	if (st != ZX_OK)
		return st;
	zi_counter_write(c, value);
	zi_object_unref(zi_counter_object(c));
	return ZX_OK;
}
