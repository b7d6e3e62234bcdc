/*
 * A register window: driver code that checks every access, over a VMO that stands in for the
 * device. cc 90_mmio.c $(pkg-config --cflags --libs zirconia)
 *
 * zi-test: valgrind
 */
#include <stdio.h>
#include <stdlib.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zirconia/mmio.h>

#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

/* The device's registers lie at offset 0x80 of its VMO. */
enum { REGISTERS_AT = 0x80, REGISTERS_LEN = 0x20 };
enum { REG_ID = 0x00, REG_CONTROL = 0x04, REG_DMA_ADDR = 0x08 };
enum { CONTROL_ENABLE = 1u << 0, CONTROL_IRQ = 1u << 3 };

int main(void)
{
	const uint32_t device_id = 0x1af41050;
	zirconia_mmio_region_t regs;
	zx_handle_t device;
	zx_handle_t window;
	zx_info_vmo_t info;
	zx_vaddr_t model;
	uint32_t value;

	/*
	 * The device's side: memory that is not cached, so that it is reached through a mapping
	 * only.
	 */
	CHECK(zx_vmo_create(ZX_PAGE_SIZE, 0, &device) == ZX_OK);
	CHECK(zx_vmo_set_cache_policy(device, ZX_CACHE_POLICY_UNCACHED_DEVICE) == ZX_OK);
	CHECK(zx_vmo_write(device, &device_id, 0, sizeof(device_id)) == ZX_ERR_BAD_STATE);
	CHECK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, device, 0,
			  ZX_PAGE_SIZE, &model) == ZX_OK);
	volatile uint32_t *control = (volatile uint32_t *)(model + REGISTERS_AT + REG_CONTROL);
	volatile uint64_t *dma_addr = (volatile uint64_t *)(model + REGISTERS_AT + REG_DMA_ADDR);
	*(volatile uint32_t *)(model + REGISTERS_AT + REG_ID) = device_id;

	/* The driver's side: exactly as long as the registers are. */
	CHECK(zx_handle_duplicate(device, ZX_RIGHT_SAME_RIGHTS, &window) == ZX_OK);
	CHECK(zirconia_vmo_mapping_map(REGISTERS_AT, REGISTERS_LEN, window, &regs) == ZX_OK);
	CHECK(zirconia_mmio_try_load32(&regs, REG_ID, &value) == ZIRCONIA_MMIO_OK);
	printf("device 0x%08x, %zu bytes of registers\n", value, zirconia_mmio_len(&regs));
	CHECK(value == device_id);

	CHECK(zirconia_mmio_try_store32(&regs, REG_CONTROL, CONTROL_ENABLE | CONTROL_IRQ) ==
	      ZIRCONIA_MMIO_OK);
	CHECK(zirconia_mmio_try_store64(&regs, REG_DMA_ADDR, 0x123456789abc000) ==
	      ZIRCONIA_MMIO_OK);
	printf("the device sees control 0x%x, address 0x%llx\n", *control,
	       (unsigned long long)*dma_addr);
	CHECK(*control == (CONTROL_ENABLE | CONTROL_IRQ) && *dma_addr == 0x123456789abc000);

	/* Mistakes are answers, not stray accesses. */
	CHECK(zirconia_mmio_try_load32(&regs, REG_ID + 2, &value) == ZIRCONIA_MMIO_UNALIGNED);
	CHECK(zirconia_mmio_try_load32(&regs, REGISTERS_LEN, &value) == ZIRCONIA_MMIO_OUT_OF_RANGE);
	printf("an odd offset is unaligned, the one after the last is out of range\n");

	CHECK(zx_object_get_info(device, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL) == ZX_OK);
	CHECK(info.num_mappings == 2 && info.cache_policy == ZX_CACHE_POLICY_UNCACHED_DEVICE);
	zirconia_mmio_release(&regs);
	CHECK(zx_object_get_info(device, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL) == ZX_OK);
	CHECK(info.num_mappings == 1);
	printf("released: only the device itself maps its registers now\n");

	CHECK(zx_vmar_unmap(zx_vmar_root_self(), model, ZX_PAGE_SIZE) == ZX_OK);
	CHECK(zx_handle_close(device) == ZX_OK);
	return 0;
}
