/* PageBuf: zirconia/page_buf.h says what is promised. */
#include <stdbool.h>
#include <string.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zirconia/page_buf.h>

#include "dev/misuse_i.h"

/* False when the product or its rounding to pages does not fit. */
static bool mapped_bytes(size_t capacity, size_t elem_size, size_t *out_bytes, size_t *out_mapped)
{
	const size_t mask = (size_t)zx_system_get_page_size() - 1;

	if (__builtin_mul_overflow(capacity, elem_size, out_bytes) ||
	    __builtin_add_overflow(*out_bytes, mask, out_mapped))
		return false;
	*out_mapped &= ~mask;
	return true;
}

static zx_status_t map_whole(zx_handle_t vmar, zx_vm_option_t options, zx_handle_t vmo, size_t len,
			     zx_vaddr_t *out_base)
{
	return zx_vmar_map(vmar, options, 0, vmo, 0, len, out_base);
}

static void unmap_whole(zx_handle_t vmar, zx_vaddr_t base, size_t len)
{
	const zx_status_t st = zx_vmar_unmap(vmar, base, len);

	if (st != ZX_OK)
		zi_dev_misuse("page_buf", "a mapping of the buffer could not be unmapped", st);
}

/* Leaves extra_vmar to the caller when it fails. */
static zx_status_t init(zirconia_page_buf_t *out_buf, size_t capacity, size_t elem_size,
			zx_handle_t extra_vmar)
{
	zirconia_page_buf_t buf = {.elem_size = elem_size, .extra_vmar = extra_vmar};
	size_t bytes;
	zx_status_t st;

	if (elem_size == 0)
		return ZX_ERR_INVALID_ARGS;
	if (!mapped_bytes(capacity, elem_size, &bytes, &buf.mapped_len))
		return ZX_ERR_OUT_OF_RANGE;
	st = zx_vmo_create(bytes, 0, &buf.vmo);
	if (st != ZX_OK)
		return st;
	st = map_whole(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_ALLOW_FAULTS,
		       buf.vmo, buf.mapped_len, &buf.base);
	if (st != ZX_OK)
		goto close_vmo;
	if (extra_vmar != ZX_HANDLE_INVALID) {
		st = map_whole(extra_vmar, ZX_VM_PERM_READ, buf.vmo, buf.mapped_len,
			       &buf.extra_base);
		if (st != ZX_OK)
			goto unmap;
	}
	zirconia_page_buf_set_name(&buf, ZIRCONIA_PAGE_BUF_DEFAULT_NAME);
	*out_buf = buf;
	return ZX_OK;

unmap:
	unmap_whole(zx_vmar_root_self(), buf.base, buf.mapped_len);
close_vmo:
	zx_handle_close(buf.vmo);
	return st;
}

zx_status_t zirconia_page_buf_init(zirconia_page_buf_t *out_buf, size_t capacity, size_t elem_size)
{
	return init(out_buf, capacity, elem_size, ZX_HANDLE_INVALID);
}

zx_status_t zirconia_page_buf_init_with_extra_vmar(zirconia_page_buf_t *out_buf, size_t capacity,
						   size_t elem_size, zx_handle_t extra_vmar)
{
	/* An invalid handle must not silently mean "no second mapping". */
	const zx_status_t st = extra_vmar == ZX_HANDLE_INVALID ?
				       ZX_ERR_BAD_HANDLE :
				       init(out_buf, capacity, elem_size, extra_vmar);

	if (st != ZX_OK && extra_vmar != ZX_HANDLE_INVALID)
		zx_handle_close(extra_vmar);
	return st;
}

void zirconia_page_buf_set_name(const zirconia_page_buf_t *buf, const char *name)
{
	const zx_status_t st = zx_object_set_property(buf->vmo, ZX_PROP_NAME, name,
						      strnlen(name, ZX_MAX_NAME_LEN));

	if (st != ZX_OK)
		zi_dev_misuse("page_buf", "the VMO of the buffer could not be named", st);
}

void *zirconia_page_buf_as_mut(zirconia_page_buf_t *buf, size_t elem_size, size_t elem_align)
{
	if (elem_align > zx_system_get_page_size())
		zi_dev_misuse("page_buf", "elements aligned to more than a page cannot be held",
			      ZX_OK);
	if (elem_size != buf->elem_size)
		zi_dev_misuse("page_buf", "the buffer was made for elements of another size",
			      ZX_OK);
	return (void *)buf->base;
}

void zirconia_page_buf_release(zirconia_page_buf_t *buf)
{
	if (buf->vmo == ZX_HANDLE_INVALID)
		return;
	unmap_whole(zx_vmar_root_self(), buf->base, buf->mapped_len);
	if (buf->extra_vmar != ZX_HANDLE_INVALID) {
		unmap_whole(buf->extra_vmar, buf->extra_base, buf->mapped_len);
		zx_handle_close(buf->extra_vmar);
	}
	zx_handle_close(buf->vmo);
	memset(buf, 0, sizeof(*buf));
}
