/*
 * zx_vmar_unmap_handle_close_thread_exit: a thread gives back its own stack and ends.
 *
 * The C library keeps the control block and the thread-local memory of a thread on the stack that
 * pthread_attr_setstack gave it, goes on using them until the thread has left user mode, and has
 * the block linked with those of other threads meanwhile. So the stack cannot go while the thread
 * is on it, however few instructions follow. Instead the call checks that the unmap will do, ends
 * the thread in the regular way, and another thread unmaps and closes right after that.
 * DIFFERS: when the range holds the caller's stack or control block, it is unmapped, and then the
 * handle closed, a moment after the thread's end instead of before it. That needs memory:
 * ZX_ERR_NO_MEMORY with nothing changed.
 */
#include <pthread.h>

#include <zircon/syscalls.h>

#include "base/span.h"
#include "object/object.h"
#include "syscalls/entry.h"
#include "vm/vmar.h"

/* How far below the caller's frame the end of the thread may reach: unwinding and destructors. */
#define STACK_BELOW ((uintptr_t)64 * 1024)

static bool meets(zx_vaddr_t addr, size_t size, uintptr_t from, uintptr_t to)
{
	return from < addr ? addr < to : from - addr < zi_page_up(size);
}

static bool holds_caller(zx_vaddr_t addr, size_t size)
{
	const uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
	const uintptr_t block = (uintptr_t)pthread_self();

	return meets(addr, size, frame - STACK_BELOW, frame) || meets(addr, size, block, block + 1);
}

/*
 * Nothing returns to the program from here on: a bad handle stops the thread as it does on Zircon.
 */
static void close_or_trap(zx_handle_t handle)
{
	if (zx_handle_close(handle) != ZX_OK)
		__builtin_trap();
}

static void close_late(void *ctx)
{
	zx_handle_close((zx_handle_t)(uintptr_t)ctx);
}

static zx_status_t unmap_late(struct zi_vmar *vmar, zx_vaddr_t addr, size_t size, bool op_children,
			      zx_handle_t close_handle)
{
	zx_status_t st = zi_vmar_unmap_check(vmar, addr, size, op_children);

	if (st != ZX_OK)
		return st;
	if (close_handle != ZX_HANDLE_INVALID && zx_handle_check_valid(close_handle) != ZX_OK)
		__builtin_trap();
	return zi_vmar_unmap_after_thread(vmar, addr, size, op_children, close_late,
					  (void *)(uintptr_t)close_handle);
}

zx_status_t zx_vmar_unmap_handle_close_thread_exit(zx_handle_t vmar_handle, zx_vaddr_t addr,
						   size_t size, zx_handle_t close_handle)
{
	ZI_ENTRY(zx_vmar_unmap_handle_close_thread_exit);
	struct zi_vmar_object *o;
	zx_rights_t rights;
	zx_status_t st = zi_handle_get(vmar_handle, ZX_OBJ_TYPE_VMAR, ZX_RIGHT_NONE, &o, &rights);

	if (st != ZX_OK)
		return st;

	const bool op_children = (rights & ZX_RIGHT_OP_CHILDREN) != 0;
	const bool late = holds_caller(addr, size);

	if (late)
		st = unmap_late(o->vmar, addr, size, op_children, close_handle);
	else
		st = zi_vmar_unmap(o->vmar, addr, size, op_children);
	zi_object_unref(&o->object);
	if (st != ZX_OK)
		return st;
	if (!late)
		close_or_trap(close_handle);
	zx_thread_exit();
}
