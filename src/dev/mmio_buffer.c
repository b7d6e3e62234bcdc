/* mmio_buffer_t: lib/mmio/mmio-buffer.h says what is promised. */
#include <lib/mmio/mmio-buffer.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

static size_t page_mask(void)
{
	return (size_t)zx_system_get_page_size() - 1;
}

/* Whole pages around the buffer. */
static size_t pages_len(const mmio_buffer_t *b)
{
	return (b->size + (b->offset & page_mask()) + page_mask()) & ~page_mask();
}

static zx_status_t map(mmio_buffer_t *b, uint32_t cache_policy)
{
	const size_t in_page = b->offset & page_mask();
	zx_info_vmo_t info;
	zx_vaddr_t addr;
	uint64_t end;
	zx_status_t st;

	st = zx_object_get_info(b->vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL);
	if (st != ZX_OK)
		return st;
	/* A mapped VMO refuses even the policy it has. */
	if (info.cache_policy != cache_policy) {
		st = zx_vmo_set_cache_policy(b->vmo, cache_policy);
		if (st != ZX_OK)
			return st;
	}
	if (__builtin_add_overflow(b->offset, b->size, &end) || end > info.size_bytes)
		return ZX_ERR_OUT_OF_RANGE;
	st = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_MAP_RANGE,
			 0, b->vmo, b->offset - in_page, pages_len(b), &addr);
	if (st == ZX_OK)
		b->vaddr = (MMIO_PTR void *)(addr + in_page);
	return st;
}

zx_status_t mmio_buffer_init(mmio_buffer_t *buffer, zx_off_t offset, size_t size, zx_handle_t vmo,
			     uint32_t cache_policy)
{
	mmio_buffer_t made = {.offset = offset, .size = size, .vmo = vmo};
	zx_status_t st = buffer == NULL ? ZX_ERR_INVALID_ARGS : map(&made, cache_policy);

	if (st != ZX_OK) {
		zx_handle_close(vmo);
		return st;
	}
	*buffer = made;
	return ZX_OK;
}

zx_status_t mmio_buffer_init_physical(mmio_buffer_t *buffer, zx_paddr_t base, size_t size,
				      zx_handle_t resource, uint32_t cache_policy)
{
	zx_handle_t vmo;
	zx_status_t st = zx_vmo_create_physical(resource, base, size, &vmo);

	return st == ZX_OK ? mmio_buffer_init(buffer, 0, size, vmo, cache_policy) : st;
}

void mmio_buffer_release(mmio_buffer_t *buffer)
{
	if (buffer->vmo == ZX_HANDLE_INVALID)
		return;
	(void)zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)buffer->vaddr & ~page_mask(),
			    pages_len(buffer));
	zx_handle_close(buffer->vmo);
	buffer->vmo = ZX_HANDLE_INVALID;
}

zx_status_t mmio_buffer_pin(mmio_buffer_t *buffer, zx_handle_t bti, mmio_pinned_buffer_t *out)
{
	const uint32_t options = ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE | ZX_BTI_CONTIGUOUS;
	const size_t in_page = buffer->offset & page_mask();
	zx_paddr_t paddr;
	zx_handle_t pmt;
	zx_status_t st = zx_bti_pin(bti, options, buffer->vmo, buffer->offset - in_page,
				    pages_len(buffer), &paddr, 1, &pmt);

	if (st != ZX_OK)
		return st;
	out->mmio = buffer;
	out->pmt = pmt;
	out->paddr = paddr + in_page;
	return ZX_OK;
}

void mmio_buffer_unpin(mmio_pinned_buffer_t *buffer)
{
	if (buffer->pmt == ZX_HANDLE_INVALID)
		return;
	(void)zx_pmt_unpin(buffer->pmt);
	buffer->pmt = ZX_HANDLE_INVALID;
}
