/* Objects of zirconia/vm_object.h: their beginning and end, rights, and their place among zx_*. */
#include <stdlib.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>

#include "vmio/vm_object_i.h"
#include "vmio/wait.h"
#include <zirconia/inject.h>

static zx_status_t make_vmo(struct zirconia_vm_pages *p, zx_handle_t bti)
{
	const uint32_t resizable = (p->flags & ZIRCONIA_VM_RESIZABLE) != 0 ? ZX_VMO_RESIZABLE : 0;
	const size_t size = atomic_load(&p->size);
	zx_status_t st;

	if (p->pager.ops != NULL) {
		st = zx_port_create(0, &p->port);
		if (st == ZX_OK)
			st = zx_pager_create(0, &p->zx_pager);
		if (st == ZX_OK)
			st = zx_pager_create_vmo(p->zx_pager, resizable | ZX_VMO_TRAP_DIRTY,
						 p->port, 0, size, &p->vmo);
		return st;
	}
	if ((p->flags & ZIRCONIA_VM_CONTIGUOUS) != 0 && bti != ZX_HANDLE_INVALID)
		return zx_vmo_create_contiguous(bti, size, 0, &p->vmo);
	st = zx_vmo_create(size, resizable, &p->vmo);
	if (st == ZX_OK && (p->flags & ZIRCONIA_VM_CONTIGUOUS) != 0)
		st = zx_vmo_op_range(p->vmo, ZX_VMO_OP_COMMIT, 0, size, NULL, 0);
	return st;
}

static void close_all(struct zirconia_vm_pages *p)
{
	(void)zx_handle_close(p->vmo);
	(void)zx_handle_close(p->zx_pager);
	(void)zx_handle_close(p->port);
	pthread_cond_destroy(&p->moved);
	pthread_mutex_destroy(&p->lock);
	pthread_rwlock_destroy(&p->using);
	free(p->states);
	free(p);
}

zirconia_vm_error_t zirconia_vm_object_alloc(const zirconia_vm_object_options_t *options,
					     zirconia_vm_object_t *out_object)
{
	const uint32_t known = ZIRCONIA_VM_RESIZABLE | ZIRCONIA_VM_CONTIGUOUS | ZIRCONIA_VM_DMA;
	struct zirconia_vm_pages *p;
	zx_status_t st;

	if ((options->flags & ~known) != 0 || options->size > SIZE_MAX - (ZI_VM_PAGE - 1))
		return ZIRCONIA_VM_INVALID_ARGS;
	if ((options->flags & ZIRCONIA_VM_CONTIGUOUS) != 0 &&
	    ((options->flags & ZIRCONIA_VM_RESIZABLE) != 0 || options->pager.ops != NULL))
		return ZIRCONIA_VM_INVALID_ARGS;
	p = zirconia_inject_here("alloc.vm_object") != ZX_OK ? NULL : calloc(1, sizeof(*p));
	if (p == NULL)
		return ZIRCONIA_VM_NO_MEMORY;
	atomic_init(&p->refs, 1);
	atomic_init(&p->size, (options->size + ZI_VM_PAGE - 1) & ~(ZI_VM_PAGE - 1));
	p->flags = options->flags;
	p->pager = options->pager;
	pthread_rwlock_init(&p->using, NULL);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->moved, NULL);
	st = make_vmo(p, options->bti);
	if (st == ZX_OK && p->pager.ops != NULL &&
	    pthread_create(&p->service, NULL, zi_vm_service_main, p) != 0)
		st = ZX_ERR_NO_MEMORY;
	if (st != ZX_OK) {
		close_all(p);
		return zirconia_vm_error_from_status(st);
	}
	*out_object = (zirconia_vm_object_t){p, ZIRCONIA_VM_RIGHTS_ALL};
	return ZIRCONIA_VM_OK;
}

void zirconia_vm_object_done(zirconia_vm_object_t *object)
{
	struct zirconia_vm_pages *p = object->pages;

	*object = (zirconia_vm_object_t){NULL, 0};
	if (p == NULL || atomic_fetch_sub(&p->refs, 1) > 1)
		return;
	if (p->pager.ops != NULL) {
		(void)zx_pager_detach_vmo(p->zx_pager, p->vmo);
		zi_vmio_join(p->service);
	}
	close_all(p);
}

/* ---- shares */

zirconia_vm_error_t zirconia_vm_object_dup(const zirconia_vm_object_t *object,
					   zirconia_vm_object_t *out_object)
{
	if ((object->rights & ZIRCONIA_VM_RIGHT_DUP) == 0)
		return ZIRCONIA_VM_ACCESS_DENIED;
	atomic_fetch_add(&object->pages->refs, 1);
	*out_object = *object;
	return ZIRCONIA_VM_OK;
}

void zirconia_vm_object_restrict(zirconia_vm_object_t *object, uint32_t mask)
{
	object->rights &= mask;
}

zirconia_vm_error_t zirconia_vm_object_narrow(zirconia_vm_object_t *object, uint32_t rights,
					      zirconia_vm_object_t *out_object)
{
	struct zirconia_vm_pages *p = object->pages;

	if ((rights & ~ZIRCONIA_VM_RIGHTS_ALL) != 0)
		return ZIRCONIA_VM_INVALID_ARGS;
	if ((object->rights & rights) != rights)
		return ZIRCONIA_VM_ACCESS_DENIED;
	*object = (zirconia_vm_object_t){NULL, 0};
	*out_object = (zirconia_vm_object_t){p, rights};
	return ZIRCONIA_VM_OK;
}

size_t zirconia_vm_object_size(const zirconia_vm_object_t *object)
{
	return atomic_load(&object->pages->size);
}

uint32_t zirconia_vm_object_flags(const zirconia_vm_object_t *object)
{
	return object->pages->flags;
}

/* ---- zx_* */

zirconia_vm_error_t zirconia_vm_object_handle(const zirconia_vm_object_t *object,
					      zx_handle_t *out_handle)
{
	zx_rights_t rights = ZX_RIGHTS_BASIC & ~ZX_RIGHT_DUPLICATE;
	zx_handle_t handle, executable;
	zx_status_t st;

	rights |= ZX_RIGHT_MAP | ZX_RIGHT_GET_PROPERTY;
	if ((object->rights & ZIRCONIA_VM_RIGHT_DUP) != 0)
		rights |= ZX_RIGHT_DUPLICATE;
	if ((object->rights & ZIRCONIA_VM_RIGHT_READ) != 0)
		rights |= ZX_RIGHT_READ;
	if ((object->rights & ZIRCONIA_VM_RIGHT_WRITE) != 0)
		rights |= ZX_RIGHT_WRITE;
	st = zx_handle_duplicate(object->pages->vmo, rights, &handle);
	if (st == ZX_OK && (object->rights & ZIRCONIA_VM_RIGHT_EXEC) != 0) {
		st = zx_vmo_replace_as_executable(handle, ZX_HANDLE_INVALID, &executable);
		handle = executable;
	}
	if (st != ZX_OK)
		return zirconia_vm_error_from_status(st);
	*out_handle = handle;
	return ZIRCONIA_VM_OK;
}

zirconia_vm_error_t zirconia_vm_object_map(const zirconia_vm_object_t *object,
					   zx_vm_option_t options, size_t offset, size_t len,
					   zx_vaddr_t *out_addr)
{
	zirconia_vm_error_t err;
	zx_handle_t handle;
	zx_status_t st;

	err = zirconia_vm_object_handle(object, &handle);
	if (err != ZIRCONIA_VM_OK)
		return err;
	st = zx_vmar_map(zx_vmar_root_self(), options, 0, handle, offset, len, out_addr);
	(void)zx_handle_close(handle);
	return zirconia_vm_error_from_status(st);
}

static zirconia_vm_error_t writeback(const zirconia_vm_object_t *object, uint32_t op, size_t start,
				     size_t end)
{
	const struct zirconia_vm_pages *p = object->pages;

	if ((object->rights & ZIRCONIA_VM_RIGHT_WRITE) == 0)
		return ZIRCONIA_VM_ACCESS_DENIED;
	if (p->pager.ops == NULL)
		return ZIRCONIA_VM_OK;
	if (start > end)
		return ZIRCONIA_VM_INVALID_ARGS;
	return zirconia_vm_error_from_status(
		zx_pager_op_range(p->zx_pager, op, p->vmo, start, end - start, 0));
}

zirconia_vm_error_t zirconia_vm_object_writeback_begin(const zirconia_vm_object_t *object,
						       size_t start, size_t end)
{
	return writeback(object, ZX_PAGER_OP_WRITEBACK_BEGIN, start, end);
}

zirconia_vm_error_t zirconia_vm_object_writeback_end(const zirconia_vm_object_t *object,
						     size_t start, size_t end)
{
	return writeback(object, ZX_PAGER_OP_WRITEBACK_END, start, end);
}

zirconia_vm_error_t zirconia_vm_object_next_modified(const zirconia_vm_object_t *object,
						     size_t start, size_t end, size_t *out_start,
						     size_t *out_end)
{
	const struct zirconia_vm_pages *p = object->pages;
	zx_vmo_dirty_range_t dirty = {end, 0, 0};
	size_t actual;
	zx_status_t st;

	if ((object->rights & ZIRCONIA_VM_RIGHT_READ) == 0)
		return ZIRCONIA_VM_ACCESS_DENIED;
	if (start > end || end > atomic_load(&p->size))
		return ZIRCONIA_VM_INVALID_ARGS;
	if (p->pager.ops != NULL) {
		st = zx_pager_query_dirty_ranges(p->zx_pager, p->vmo, start, end - start, &dirty,
						 sizeof(dirty), &actual, NULL);
		if (st != ZX_OK)
			return zirconia_vm_error_from_status(st);
	}
	*out_start = dirty.offset;
	*out_end = dirty.offset + dirty.length;
	return ZIRCONIA_VM_OK;
}
