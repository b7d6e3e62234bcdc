/*
 * A DMA device and its driver: registers, pinned memory, a virtqueue, an interrupt. The driver's part is as for Fuchsia: its plain
 * accesses of mapped registers are calls of the device's model. cc 95_virtio.c $(pkg-config --cflags --libs zirconia)
 *
 * zi-test: valgrind
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hw/arch_ops.h>
#include <lib/mmio/mmio-buffer.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/port.h>
#include <zirconia/device.h>
#include <zirconia/device_model.h>
#include <zirconia/virtio.h>

#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

/* ---- what both know: the registers, 32 bits each unless said otherwise */

enum {
	REG_MAGIC = 0x00,
	REG_QUEUE_SIZE = 0x04,
	REG_QUEUE_DESC = 0x08,  /* 64 bits */
	REG_QUEUE_AVAIL = 0x10, /* 64 bits */
	REG_QUEUE_USED = 0x18,  /* 64 bits */
	REG_READY = 0x20,       /* reads 1 when the queue was accepted */
	REG_NOTIFY = 0x24,
	REG_ERRORS = 0x28,
	REGISTERS_LEN = 0x1000,
};

#define MAGIC 0x7265766fu

/* ---- the device: turns every request around */

struct device {
	zirconia_driver_mem_t mem; /* first: translate() finds the device by it */
	zirconia_virtqueue_t queue;
	zx_handle_t interrupt;
	uint32_t size, ready, errors;
	uint64_t desc, avail, used;
};

/* The device sees physical memory. Asking for the pointer is what asks whether it is memory. */
static bool translate(const zirconia_driver_mem_t *mem, zirconia_driver_range_t range,
		      zirconia_device_range_t *out)
{
	const size_t len = zirconia_driver_range_len(range);
	void *p = zirconia_device_ptr(range.start, len);

	(void)mem;
	if (p == NULL)
		return false;
	*out = (zirconia_device_range_t){(uintptr_t)p, (uintptr_t)p + len};
	return true;
}

static void interrupt_driver(void *ctx)
{
	CHECK(zx_interrupt_trigger(((struct device *)ctx)->interrupt, 0, zx_clock_get_boot()) ==
	      ZX_OK);
}

/* One request: its bytes, as many as there are, come back in reverse. */
static zirconia_chain_result_t serve(zirconia_chain_t *chain)
{
	zirconia_chain_result_t r;
	char text[256], back[256];
	size_t len = 0, done = 0, n;

	do {
		r = zirconia_chain_read(chain, text + len, sizeof(text) - len, &n);
		len += n;
	} while (r == ZIRCONIA_CHAIN_OK && n != 0 && len < sizeof(text));
	for (size_t i = 0; i < len; i++)
		back[i] = text[len - 1 - i];
	if (r == ZIRCONIA_CHAIN_OK)
		r = zirconia_chain_to_writable(chain, false);
	while (r == ZIRCONIA_CHAIN_OK && done < len) {
		r = zirconia_chain_write(chain, back + done, len - done, &n);
		if (n == 0)
			break;
		done += n;
	}
	return r;
}

static void notified(struct device *dev)
{
	zirconia_chain_result_t r;
	zirconia_chain_t chain;

	while ((r = zirconia_virtqueue_next_chain(&dev->queue, &chain)) == ZIRCONIA_CHAIN_OK) {
		if (serve(&chain) != ZIRCONIA_CHAIN_OK)
			dev->errors++;
		zirconia_chain_drop(&chain);
	}
	if (r != ZIRCONIA_CHAIN_END)
		dev->errors++;
}

static uint64_t reg_load(void *ctx, size_t offset, size_t width)
{
	const struct device *dev = ctx;

	(void)width;
	switch (offset) {
	case REG_MAGIC:
		return MAGIC;
	case REG_READY:
		return dev->ready;
	case REG_ERRORS:
		return dev->errors;
	default:
		return 0;
	}
}

static void reg_store(void *ctx, size_t offset, size_t width, uint64_t value)
{
	struct device *dev = ctx;

	(void)width;
	switch (offset) {
	case REG_QUEUE_SIZE:
		dev->size = (uint32_t)value;
		break;
	case REG_QUEUE_DESC:
		dev->desc = value;
		break;
	case REG_QUEUE_AVAIL:
		dev->avail = value;
		break;
	case REG_QUEUE_USED:
		dev->used = value;
		break;
	case REG_READY:
		dev->ready =
			dev->size <= ZIRCONIA_QUEUE_SIZE_MAX &&
			zirconia_virtqueue_configure(&dev->queue, &dev->mem, (uint16_t)dev->size,
						     dev->desc, dev->avail, dev->used);
		dev->queue.notify = interrupt_driver;
		dev->queue.notify_ctx = dev;
		break;
	case REG_NOTIFY:
		if (dev->ready)
			notified(dev);
		break;
	}
}

static const zirconia_mmio_backend_t registers = {reg_load, reg_store, NULL};

/* ---- the driver: nothing in here knows that there is no such device */

enum {
	QUEUE_SIZE = 8,
	DESC_AT = 0x000,
	AVAIL_AT = 0x100,
	USED_AT = 0x200,
	REQUEST_AT = 0x1000,
	ANSWER_AT = 0x1800,
	MEMORY_LEN = 0x2000,
};

struct vring_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

enum { VRING_NEXT = 1, VRING_WRITE = 2 };

struct driver {
	mmio_buffer_t mmio;
	zx_handle_t interrupt, vmo, pmt, port;
	zx_paddr_t paddr;
	uint8_t *mem;
	uint16_t avail_idx;
};

static uint32_t read32(const struct driver *drv, size_t reg)
{
	return MmioRead32((MMIO_PTR volatile uint32_t *)drv->mmio.vaddr + reg / 4);
}

static void write32(const struct driver *drv, uint32_t value, size_t reg)
{
	MmioWrite32(value, (MMIO_PTR volatile uint32_t *)drv->mmio.vaddr + reg / 4);
}

static void write64(const struct driver *drv, uint64_t value, size_t reg)
{
	MmioWrite64(value, (MMIO_PTR volatile uint64_t *)drv->mmio.vaddr + reg / 8);
}

static void driver_start(struct driver *drv, zx_handle_t resource, zx_paddr_t registers_at,
			 zx_handle_t bti, zx_handle_t interrupt)
{
	zx_vaddr_t addr;

	drv->interrupt = interrupt;
	CHECK(mmio_buffer_init_physical(&drv->mmio, registers_at, REGISTERS_LEN, resource,
					ZX_CACHE_POLICY_UNCACHED_DEVICE) == ZX_OK);
	CHECK(read32(drv, REG_MAGIC) == MAGIC);
	/* One piece of memory for rings and data, pinned: the device gets physical addresses. */
	CHECK(zx_vmo_create_contiguous(bti, MEMORY_LEN, 0, &drv->vmo) == ZX_OK);
	CHECK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, drv->vmo, 0,
			  MEMORY_LEN, &addr) == ZX_OK);
	CHECK(zx_bti_pin(bti, ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE | ZX_BTI_CONTIGUOUS, drv->vmo, 0,
			 MEMORY_LEN, &drv->paddr, 1, &drv->pmt) == ZX_OK);
	drv->mem = (uint8_t *)addr;
	CHECK(zx_port_create(ZX_PORT_BIND_TO_INTERRUPT, &drv->port) == ZX_OK);
	CHECK(zx_interrupt_bind(interrupt, drv->port, 1, ZX_INTERRUPT_BIND) == ZX_OK);
	write32(drv, QUEUE_SIZE, REG_QUEUE_SIZE);
	write64(drv, drv->paddr + DESC_AT, REG_QUEUE_DESC);
	write64(drv, drv->paddr + AVAIL_AT, REG_QUEUE_AVAIL);
	write64(drv, drv->paddr + USED_AT, REG_QUEUE_USED);
	write32(drv, 1, REG_READY);
	CHECK(read32(drv, REG_READY) == 1);
}

/* Makes the chain available and rings the bell. */
static void driver_publish(struct driver *drv, uint16_t head)
{
	volatile uint16_t *avail = (volatile uint16_t *)(void *)(drv->mem + AVAIL_AT);

	avail[2 + drv->avail_idx % QUEUE_SIZE] = head;
	hw_wmb();
	avail[1] = ++drv->avail_idx;
	hw_mb();
	write32(drv, 0, REG_NOTIFY);
}

/* Puts the request in two descriptors and room for the answer in a third one; waits for the interrupt. */
static uint32_t driver_ask(struct driver *drv, const char *text, char *answer)
{
	struct vring_desc *desc = (struct vring_desc *)(void *)(drv->mem + DESC_AT);
	const volatile uint32_t *used = (const volatile uint32_t *)(void *)(drv->mem + USED_AT);
	const uint32_t len = (uint32_t)strlen(text), half = len / 2;
	zx_port_packet_t packet;

	memcpy(drv->mem + REQUEST_AT, text, len);
	desc[0] = (struct vring_desc){drv->paddr + REQUEST_AT, half, VRING_NEXT, 1};
	desc[1] = (struct vring_desc){drv->paddr + REQUEST_AT + half, len - half, VRING_NEXT, 2};
	desc[2] = (struct vring_desc){drv->paddr + ANSWER_AT, 256, VRING_WRITE, 0};
	driver_publish(drv, 0);
	CHECK(zx_port_wait(drv->port, ZX_TIME_INFINITE, &packet) == ZX_OK);
	CHECK(packet.type == ZX_PKT_TYPE_INTERRUPT && packet.key == 1);
	CHECK(zx_interrupt_ack(drv->interrupt) == ZX_OK);
	const uint32_t written = used[1 + 2 * ((drv->avail_idx - 1) % QUEUE_SIZE) + 1];

	memcpy(answer, drv->mem + ANSWER_AT, written);
	answer[written] = '\0';
	return written;
}

static void driver_stop(struct driver *drv)
{
	CHECK(zx_pmt_unpin(drv->pmt) == ZX_OK);
	mmio_buffer_release(&drv->mmio);
	CHECK(zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)drv->mem, MEMORY_LEN) == ZX_OK);
	CHECK(zx_handle_close(drv->vmo) == ZX_OK && zx_handle_close(drv->port) == ZX_OK);
}

/* ---- the machine: where the registers lie, what the driver is handed */

int main(void)
{
	static struct device dev = {.mem = {.translate = translate}};
	static struct driver drv;
	zx_handle_t resource, bti;
	zx_paddr_t at;
	char answer[257];

	CHECK(zx_interrupt_create(ZX_HANDLE_INVALID, 0, ZX_INTERRUPT_VIRTUAL, &dev.interrupt) ==
	      ZX_OK);
	CHECK(zirconia_device_bti(&bti) == ZX_OK);
	CHECK(zirconia_device_resource(ZX_RSRC_KIND_MMIO, &resource) == ZX_OK);
	CHECK(zirconia_device_memory_alloc(REGISTERS_LEN, 0, &at) == ZX_OK);
	const zx_status_t st = zirconia_device_model_add(at, REGISTERS_LEN, &registers, &dev);

	if (st == ZX_ERR_NOT_SUPPORTED) {
		printf("plain accesses of registers cannot be followed here (x86-64 and Zydis)\n");
		return 77;
	}
	CHECK(st == ZX_OK);

	driver_start(&drv, resource, at, bti, dev.interrupt);
	printf("registers at 0x%llx; the driver's memory lies at 0x%llx for the device\n",
	       (unsigned long long)at, (unsigned long long)drv.paddr);
	CHECK(driver_ask(&drv, "desserts stressed", answer) == 17);
	printf("asked \"desserts stressed\", got \"%s\"\n", answer);
	CHECK(strcmp(answer, "desserts stressed") == 0);
	CHECK(driver_ask(&drv, "virtio", answer) == 6);
	printf("asked \"virtio\", got \"%s\"\n", answer);
	CHECK(strcmp(answer, "oitriv") == 0);
	CHECK(read32(&drv, REG_ERRORS) == 0);

	/* A descriptor that names no memory is an error that the device counts, and nothing worse. */
	((struct vring_desc *)(void *)(drv.mem + DESC_AT))[5] =
		(struct vring_desc){UINT64_MAX - 3, 4, 0, 0};
	driver_publish(&drv, 5);
	CHECK(read32(&drv, REG_ERRORS) == 1);
	printf("a descriptor outside of memory: refused\n");

	driver_stop(&drv);
	CHECK(zirconia_device_model_remove(at) == ZX_OK);
	CHECK(zirconia_device_memory_free(at) == ZX_OK);
	CHECK(zx_handle_close(bti) == ZX_OK && zx_handle_close(dev.interrupt) == ZX_OK);
	CHECK(zx_handle_close(resource) == ZX_OK);
	return 0;
}
