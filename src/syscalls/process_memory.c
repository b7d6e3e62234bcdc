/*
 * zx_process_read_memory and zx_process_write_memory: bytes pass through a buffer of ours, so that
 * what is wrong with the program's buffer and what is wrong with the VMO can be told apart.
 */
#include <stdlib.h>

#include <zircon/rights.h>
#include <zircon/syscalls.h>

#include "base/inject.h"
#include "base/span.h"
#include "object/object.h"
#include "object/task.h"
#include "syscalls/entry.h"
#include "vm/fault.h"
#include "vm/vmar.h"
#include "vm/vmo.h"

#define LARGEST ((size_t)64 << 20)
#define CHUNK ((size_t)64 << 10)

/* One of both is NULL. */
struct user_buffer {
	uint8_t *to;
	const uint8_t *from;
};

static zx_status_t transfer_chunk(struct zi_vmo *vmo, uint64_t off, const struct user_buffer *user,
				  size_t done, uint8_t *bounce, size_t n)
{
	zx_status_t st;

	if (user->to != NULL) {
		st = zi_vmo_read(vmo, bounce, off + done, n);
		return st == ZX_OK ? zi_user_write(ZI_USER_AT(user->to, done), bounce, n) : st;
	}
	st = zi_user_read(bounce, ZI_USER_AT(user->from, done), n);
	return st == ZX_OK ? zi_vmo_write(vmo, bounce, off + done, n) : st;
}

static zx_status_t transfer(struct zi_vmo *vmo, uint64_t off, const struct user_buffer *user,
			    size_t len)
{
	const size_t room = len < CHUNK ? len : CHUNK;
	uint8_t *bounce = ZI_ALLOC(PROCESS_COPY, malloc(room));
	zx_status_t st = ZX_OK;

	if (bounce == NULL)
		return ZX_ERR_NO_MEMORY;
	for (size_t done = 0; st == ZX_OK && done < len; done += room)
		st = transfer_chunk(vmo, off, user, done, bounce,
				    len - done < room ? len - done : room);
	free(bounce);
	return st;
}

static zx_status_t access_process(zx_handle_t handle, zx_rights_t rights, zx_vaddr_t vaddr,
				  const struct user_buffer *user, size_t size, size_t *user_actual)
{
	struct zi_process *process;
	struct zi_aspace *as;
	struct zi_vmo *vmo;
	uint64_t off, len, vmo_size;
	zx_status_t st;

	if ((user->to == NULL && user->from == NULL) || size == 0 || size > LARGEST)
		return ZX_ERR_INVALID_ARGS;
	st = zi_handle_get(handle, ZX_OBJ_TYPE_PROCESS, rights, &process, NULL);
	if (st != ZX_OK)
		return st;
	as = zi_process_aspace(process);
	if (as == NULL)
		st = ZX_ERR_NO_MEMORY;
	else
		st = zi_aspace_access(as, vaddr, user->from != NULL, &vmo, &off, &len);
	zi_object_unref(&process->object);
	if (st != ZX_OK)
		return st;

	size = (size_t)zi_min(size, len);
	vmo_size = zi_vmo_get_size(vmo);
	/*
	 * From an offset past the end one byte is tried: the VMO knows what else may be wrong with
	 * it.
	 */
	size = off < vmo_size ? (size_t)zi_min(size, vmo_size - off) : 1;
	st = transfer(vmo, off, user, size);
	zi_vmo_unref(vmo);
	return st == ZX_OK ? zi_user_write(user_actual, &size, sizeof(size)) : st;
}

zx_status_t zx_process_read_memory(zx_handle_t handle, zx_vaddr_t vaddr, void *buffer,
				   size_t buffer_size, size_t *actual)
{
	ZI_ENTRY(zx_process_read_memory);
	const struct user_buffer user = {.to = buffer};

	return access_process(handle, ZX_RIGHT_READ | ZX_RIGHT_WRITE, vaddr, &user, buffer_size,
			      actual);
}

zx_status_t zx_process_write_memory(zx_handle_t handle, zx_vaddr_t vaddr, const void *buffer,
				    size_t buffer_size, size_t *actual)
{
	ZI_ENTRY(zx_process_write_memory);
	const struct user_buffer user = {.from = buffer};

	return access_process(handle, ZX_RIGHT_WRITE, vaddr, &user, buffer_size, actual);
}
