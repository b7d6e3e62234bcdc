/* Register access and pinning. Their goals are times, not ratios: the rival is the plain way plus what we may cost, or the goal itself. */
#include <zircon/process.h>
#include <zirconia/device.h>
#include <zirconia/mmio.h>

#include "bench.h"

#define LOAD_MAY_COST 1.5 /* ns */
#define PINNED 64
#define PIN_MAY_COST (2000.0 + 10.0 * PINNED) /* ns */

static uint64_t memory[512] __attribute__((aligned(4096)));
static volatile uint32_t sink;

/* Offsets that the compiler does not know, as those of a driver with several registers. */
static volatile size_t first_offset;

static double mmio_loads(uint64_t n)
{
	zirconia_mmio_region_t regs;
	size_t at = first_offset;
	uint32_t sum = 0;
	double t;

	zirconia_mmio_region_from_memory(memory, sizeof(memory), NULL, &regs);
	__asm__ volatile("" : : "r"(&regs) : "memory"); /* it could be any region */
	t = bench_now();
	for (uint64_t i = 0; i < n; i++) {
		sum += zirconia_mmio_load32(&regs, at);
		at = (at + 4) & 0xfff;
	}
	t = bench_now() - t;
	sink = sum;
	return t;
}

static double volatile_loads(uint64_t n)
{
	size_t at = first_offset;
	uint32_t sum = 0;
	double t = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		sum += *(const volatile uint32_t *)((const uint8_t *)memory + at);
		at = (at + 4) & 0xfff;
	}
	t = bench_now() - t;
	sink = sum;
	return t + LOAD_MAY_COST * (double)n;
}

static double pin_unpin(uint64_t n)
{
	zx_handle_t bti, vmo, pmt;
	zx_paddr_t addrs[PINNED];
	double t;

	BENCH_OK(zirconia_device_bti(&bti));
	BENCH_OK(zx_vmo_create(PINNED * BENCH_PAGE, 0, &vmo));
	BENCH_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, PINNED * BENCH_PAGE, NULL, 0));
	t = bench_now();
	for (uint64_t i = 0; i < n; i++) {
		BENCH_OK(zx_bti_pin(bti, ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE, vmo, 0,
				    PINNED * BENCH_PAGE, addrs, PINNED, &pmt));
		BENCH_OK(zx_pmt_unpin(pmt));
	}
	t = bench_now() - t;
	BENCH_OK(zx_handle_close(vmo));
	BENCH_OK(zx_handle_close(bti));
	return t;
}

static double pin_goal(uint64_t n)
{
	return PIN_MAY_COST * (double)n;
}

const struct bench_row bench_device[] = {
	{"Mmio/Load32", "a volatile load, plus 1.5 ns", 1.00, 2000000, mmio_loads, volatile_loads,
	 0},
	{"Bti/PinUnpin64", "2 us and 10 ns for each page", 1.00, 20000, pin_unpin, pin_goal, 0},
	{.name = NULL},
};
