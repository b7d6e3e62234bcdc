/* Ranges of memory that a driver and a device share, and guest memory over a VMO. zirconia/virtio.h says what is promised. */
#include <zirconia/virtio.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>

bool zirconia_driver_range_from(uint64_t addr, uint32_t len, zirconia_driver_range_t *out_range)
{
	size_t end;

	if (__builtin_add_overflow(addr, len, &end))
		return false;
	*out_range = (zirconia_driver_range_t){.start = addr, .end = end};
	return true;
}

bool zirconia_driver_range_split_at(zirconia_driver_range_t range, size_t offset,
				    zirconia_driver_range_t *out_first,
				    zirconia_driver_range_t *out_second)
{
	if (offset > zirconia_driver_range_len(range))
		return false;
	*out_first = (zirconia_driver_range_t){.start = range.start, .end = range.start + offset};
	*out_second = (zirconia_driver_range_t){.start = range.start + offset, .end = range.end};
	return true;
}

bool zirconia_device_range_split_at(zirconia_device_range_t range, size_t offset,
				    zirconia_device_range_t *out_first,
				    zirconia_device_range_t *out_second)
{
	if (offset > zirconia_device_range_len(range))
		return false;
	*out_first = (zirconia_device_range_t){.start = range.start, .end = range.start + offset};
	*out_second = (zirconia_device_range_t){.start = range.start + offset, .end = range.end};
	return true;
}

void *zirconia_device_range_try_ptr(zirconia_device_range_t range, size_t size, size_t align)
{
	if (zirconia_device_range_len(range) < size || (range.start & (align - 1)) != 0)
		return NULL;
	return (void *)range.start;
}

/* ---- guest memory */

static bool guest_translate(const zirconia_driver_mem_t *mem, zirconia_driver_range_t range,
			    zirconia_device_range_t *out_range)
{
	const zirconia_guest_mem_t *guest = (const zirconia_guest_mem_t *)(const void *)mem;

	/* A range that is no range would pass for one inside. */
	if (guest->size == 0 || range.start > range.end || range.end > guest->size)
		return false;
	out_range->start = guest->base + range.start;
	out_range->end = guest->base + range.end;
	return true;
}

void zirconia_guest_mem_init(zirconia_guest_mem_t *guest)
{
	*guest = (zirconia_guest_mem_t){.mem = {.translate = guest_translate}};
}

static zx_status_t give(zirconia_guest_mem_t *guest, zx_handle_t vmo)
{
	zx_vaddr_t base;
	uint64_t size;
	zx_status_t st;

	if (guest->size != 0)
		return ZX_ERR_BAD_STATE;
	st = zx_vmo_get_size(vmo, &size);
	if (st == ZX_OK)
		st = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
				 size, &base);
	if (st != ZX_OK)
		return st;
	guest->base = base;
	guest->size = size;
	return ZX_OK;
}

zx_status_t zirconia_guest_mem_give_vmo(zirconia_guest_mem_t *guest, zx_handle_t vmo)
{
	const zx_status_t st = give(guest, vmo);

	zx_handle_close(vmo);
	return st;
}

void zirconia_guest_mem_done(zirconia_guest_mem_t *guest)
{
	if (guest->size != 0)
		(void)zx_vmar_unmap(zx_vmar_root_self(), guest->base, guest->size);
	guest->base = 0;
	guest->size = 0;
}

/* ---- transport */

uint64_t zirconia_virtio_notify_addr(uint64_t base, uint16_t queue)
{
	return base + 4 * (uint64_t)queue;
}

bool zirconia_virtio_notify_queue(uint64_t base, uint16_t queues, uint64_t addr,
				  uint16_t *out_queue)
{
	if (addr < base || (addr - base) / 4 >= queues)
		return false;
	*out_queue = (uint16_t)((addr - base) / 4);
	return true;
}

zx_status_t zirconia_virtio_check_trap(uint64_t base, uint64_t len)
{
	return base % 4 != 0 || len == 0 || len % 4 != 0 ? ZX_ERR_INVALID_ARGS : ZX_OK;
}

zx_status_t zirconia_virtio_notify_driver(zx_handle_t event)
{
	return zx_object_signal(event, 0,
				ZIRCONIA_VIRTIO_SET_QUEUE | ZIRCONIA_VIRTIO_SET_INTERRUPT);
}

zx_status_t zirconia_virtio_notify_config(zx_handle_t event)
{
	return zx_object_signal(event, 0,
				ZIRCONIA_VIRTIO_SET_CONFIG | ZIRCONIA_VIRTIO_SET_INTERRUPT);
}
