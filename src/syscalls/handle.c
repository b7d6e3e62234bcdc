/* zx_handle_* */
#include <zircon/rights.h>
#include <zircon/syscalls.h>

#include "base/span.h"
#include "object/object.h"
#include "syscalls/entry.h"
#include "vm/fault.h"

/* Handles that zx_handle_close_many reads at once. */
#define CLOSE_CHUNK 64u

static zx_status_t close_one(zx_handle_t handle)
{
	return handle == ZX_HANDLE_INVALID ? ZX_OK : zi_handle_close(handle);
}

zx_status_t zx_handle_close(zx_handle_t handle)
{
	ZI_ENTRY(zx_handle_close);
	return close_one(handle);
}

/*
 * ZX_ERR_INVALID_ARGS  the array cannot be read; what was read before is closed
 * ZX_ERR_BAD_HANDLE    an entry is not an open handle, or stands there twice; all others are closed
 * DIFFERS: other threads may see a part of a chunk closed; Zircon closes 64 entries in one step.
 */
zx_status_t zx_handle_close_many(const zx_handle_t *handles, size_t num_handles)
{
	ZI_ENTRY(zx_handle_close_many);
	zx_handle_t chunk[CLOSE_CHUNK];
	zx_status_t answer = ZX_OK;

	while (num_handles != 0) {
		size_t n = num_handles < CLOSE_CHUNK ? num_handles : CLOSE_CHUNK;
		zx_status_t st = zi_user_read(chunk, handles, n * sizeof(chunk[0]));

		if (st != ZX_OK)
			return st;
		for (size_t i = 0; i < n; i++) {
			st = close_one(chunk[i]);
			if (st != ZX_OK)
				answer = st;
		}
		handles = ZI_USER_AT(handles, n * sizeof(chunk[0]));
		num_handles -= n;
	}
	return answer;
}

static zx_status_t deliver(zx_handle_t made, zx_handle_t *user)
{
	zx_status_t st = zi_user_write(user, &made, sizeof(made));

	if (st != ZX_OK)
		zi_handle_close(made);
	return st;
}

/*
 * ZX_ERR_BAD_HANDLE, ZX_ERR_ACCESS_DENIED (DUPLICATE)
 * ZX_ERR_INVALID_ARGS  rights that the handle does not have; bad `out`
 * ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES
 */
zx_status_t zx_handle_duplicate(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out)
{
	ZI_ENTRY(zx_handle_duplicate);
	zx_handle_t made;
	zx_status_t st = zi_handle_duplicate(handle, rights, &made);

	return st == ZX_OK ? deliver(made, out) : st;
}

/*
 * ZX_ERR_BAD_HANDLE
 * ZX_ERR_INVALID_ARGS  rights that the handle does not have; bad `out`: it is closed all the same
 * ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES
 */
zx_status_t zx_handle_replace(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out)
{
	ZI_ENTRY(zx_handle_replace);
	zx_handle_t made;
	zx_status_t st = zi_handle_replace(handle, rights, &made);

	return st == ZX_OK ? deliver(made, out) : st;
}

zx_status_t zx_handle_check_valid(zx_handle_t handle)
{
	ZI_ENTRY(zx_handle_check_valid);
	if (handle == ZX_HANDLE_INVALID)
		return ZX_ERR_INVALID_ARGS;
	if ((handle & ZX_HANDLE_FIXED_BITS_MASK) != ZX_HANDLE_FIXED_BITS_MASK)
		return ZX_ERR_OUT_OF_RANGE;
	return zi_handle_is_open(handle) ? ZX_OK : ZX_ERR_NOT_FOUND;
}
