/* What changes the pages that an object of zirconia/vm_object.h has: decommit, resize, replace. */
#include <zircon/syscalls.h>

#include "vmio/vm_object_i.h"

static zirconia_vm_error_t decommit_anonymous(struct zirconia_vm_pages *p, uint64_t offset,
					      uint64_t len)
{
	zx_status_t st;

	st = zx_vmo_op_range(p->vmo, ZX_VMO_OP_DECOMMIT, offset, len, NULL, 0);
	/* Contiguous objects, and those that share pages with a snapshot. */
	if (st == ZX_ERR_NOT_SUPPORTED)
		st = zx_vmo_op_range(p->vmo, ZX_VMO_OP_ZERO, offset, len, NULL, 0);
	return zirconia_vm_error_from_status(st);
}

zirconia_vm_error_t zirconia_vm_object_decommit(const zirconia_vm_object_t *object, size_t start,
						size_t end)
{
	struct zirconia_vm_pages *p = object->pages;
	zirconia_vm_error_t err;
	size_t first, behind;

	if ((object->rights & ZIRCONIA_VM_RIGHT_WRITE) == 0)
		return ZIRCONIA_VM_ACCESS_DENIED;
	zirconia_vm_page_idx_range(start, end, &first, &behind);
	zi_vm_shut(p);
	if (start > end || end > atomic_load(&p->size)) {
		zi_vm_open(p);
		return ZIRCONIA_VM_INVALID_ARGS;
	}
	if (p->pager.ops != NULL)
		return zi_vm_drop_open(p, first, behind, SIZE_MAX);
	err = decommit_anonymous(p, first * ZI_VM_PAGE, (behind - first) * ZI_VM_PAGE);
	zi_vm_open(p);
	return err;
}

/* The pages between the sizes are zeros then; to a pager they are absent. */
static zx_status_t grow_locked(struct zirconia_vm_pages *p, size_t old_size, size_t new_size)
{
	zx_status_t st;

	st = zx_vmo_set_size(p->vmo, new_size);
	if (st == ZX_OK && p->pager.ops != NULL)
		st = zi_vm_forget_zeros(p, old_size, new_size - old_size);
	if (st == ZX_OK)
		atomic_store(&p->size, new_size);
	return st;
}

zirconia_vm_error_t zirconia_vm_object_resize(const zirconia_vm_object_t *object, size_t new_size)
{
	struct zirconia_vm_pages *p = object->pages;
	zx_status_t st = ZX_OK;
	size_t old_size;

	if ((object->rights & ZIRCONIA_VM_RIGHT_WRITE) == 0)
		return ZIRCONIA_VM_ACCESS_DENIED;
	if ((p->flags & ZIRCONIA_VM_RESIZABLE) == 0)
		zirconia_vm_misuse("an object that is not resizable is resized");
	if (new_size > SIZE_MAX - (ZI_VM_PAGE - 1))
		return ZIRCONIA_VM_INVALID_ARGS;
	new_size = (new_size + ZI_VM_PAGE - 1) & ~(ZI_VM_PAGE - 1);
	zi_vm_shut(p);
	old_size = atomic_load(&p->size);
	if (new_size < old_size && p->pager.ops != NULL)
		return zi_vm_drop_open(p, new_size / ZI_VM_PAGE, old_size / ZI_VM_PAGE, new_size);
	if (new_size > old_size) {
		st = grow_locked(p, old_size, new_size);
	} else if (new_size < old_size) {
		st = zx_vmo_set_size(p->vmo, new_size);
		if (st == ZX_OK)
			atomic_store(&p->size, new_size);
	}
	zi_vm_open(p);
	return zirconia_vm_error_from_status(st);
}

zirconia_vm_error_t zirconia_vm_object_replace(const zirconia_vm_object_t *object, const void *page,
					       size_t index)
{
	struct zirconia_vm_pages *p = object->pages;
	zirconia_vm_error_t err;

	if ((object->rights & ZIRCONIA_VM_RIGHT_WRITE) == 0)
		return ZIRCONIA_VM_ACCESS_DENIED;
	if (index >= atomic_load(&p->size) / ZI_VM_PAGE)
		return ZIRCONIA_VM_INVALID_ARGS;
	err = zi_vm_commit(p, index, ZI_VM_WITHOUT_PAGER, false);
	if (err != ZIRCONIA_VM_OK)
		return err;
	return zi_vm_put(p, index * ZI_VM_PAGE, page, ZI_VM_PAGE);
}

/* ---- contracts of zirconia/vm_io.h */

static zirconia_vm_error_t check_range(const zirconia_vm_object_t *object, size_t offset,
				       size_t len)
{
	size_t end;

	if (__builtin_add_overflow(offset, len, &end))
		return ZIRCONIA_VM_OVERFLOW;
	return end > zirconia_vm_object_size(object) ? ZIRCONIA_VM_INVALID_ARGS : ZIRCONIA_VM_OK;
}

static zirconia_vm_error_t io_read(void *object, size_t offset,
				   zirconia_vm_writer_fallible_t *writer)
{
	zirconia_vm_error_t err;

	err = zirconia_vm_object_check_rights(object, ZIRCONIA_VM_RIGHT_READ);
	if (err == ZIRCONIA_VM_OK)
		err = check_range(object, offset, zirconia_vm_writer_fallible_avail(writer));
	if (err == ZIRCONIA_VM_OK)
		err = zirconia_vm_object_read(object, offset, writer).error;
	/* The object may have shrunk meanwhile. */
	if (err == ZIRCONIA_VM_OK && zirconia_vm_writer_fallible_has_avail(writer))
		err = ZIRCONIA_VM_INVALID_ARGS;
	return err;
}

static zirconia_vm_error_t io_write(void *object, size_t offset,
				    zirconia_vm_reader_fallible_t *reader)
{
	return zirconia_vm_object_write(object, offset, reader).error;
}

static zirconia_vm_count_t io_fill(void *object, size_t offset, size_t len)
{
	return zirconia_vm_object_fill_zeros(object, offset, len);
}

zirconia_vm_io_t zirconia_vm_object_io(zirconia_vm_object_t *object)
{
	static const zirconia_vm_io_ops_t ops = {io_read, io_write};

	return (zirconia_vm_io_t){&ops, object};
}

zirconia_vm_io_fill_t zirconia_vm_object_io_fill(zirconia_vm_object_t *object)
{
	static const zirconia_vm_io_fill_ops_t ops = {io_fill};

	return (zirconia_vm_io_fill_t){&ops, object};
}
