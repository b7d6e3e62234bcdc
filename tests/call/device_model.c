/* zi-test: valgrind */
/* Device models: every kind of access of a driver becomes a call, on plain mappings. */
#include <lib/mmio/mmio-buffer.h>
#include <zirconia/device_model.h>

#include "device_t.h"

/* Volatile: the compiler cannot know that a load of a register comes by here. */
static volatile struct {
	size_t offset, width;
	uint64_t value, answer;
	int loads, stores;
} seen;

#define SEEN ((void *)(uintptr_t)&seen)

static uint64_t model_load(void *ctx, size_t offset, size_t width)
{
	cr_assert_eq(ctx, (void *)(uintptr_t)&seen);
	seen.offset = offset;
	seen.width = width;
	seen.loads++;
	return seen.answer;
}

static void model_store(void *ctx, size_t offset, size_t width, uint64_t value)
{
	cr_assert_eq(ctx, (void *)(uintptr_t)&seen);
	seen.offset = offset;
	seen.width = width;
	seen.value = value;
	seen.stores++;
}

static const zirconia_mmio_backend_t model = {model_load, model_store, NULL};

/* A modelled page, and a page of memory behind it. Skips where there is no decoder. */
static zx_paddr_t setup(void)
{
	zx_paddr_t at = 0;
	zx_status_t st;

	T_OK(zirconia_device_memory_alloc(2 * PG, 0, &at));
	st = zirconia_device_model_add(at, PG, &model, SEEN);
	if (st == ZX_ERR_NOT_SUPPORTED)
		t_lacks("decoder", "no decoder here");
	T_OK(st);
	return at;
}

static zx_handle_t physical(zx_paddr_t at, size_t size)
{
	zx_handle_t h;

	T_OK(zx_vmo_create_physical(dev_root(), at, size, &h));
	return h;
}

Test(call_device_model, plain_volatile_accesses__each_is_one_call)
{
	const zx_paddr_t at = setup();
	uint8_t *map = t_map(physical(at, 2 * PG), 0, 2 * PG);
	volatile uint8_t *r8 = map + 3;
	volatile uint16_t *r16 = (volatile uint16_t *)(void *)(map + 6);
	volatile uint32_t *r32 = (volatile uint32_t *)(void *)(map + 0x44);
	volatile uint64_t *r64 = (volatile uint64_t *)(void *)(map + 0xff8);

	seen.answer = 0xfedcba9876543210;
	cr_assert_eq(*r32, 0x76543210u);
	cr_assert(seen.loads == 1 && seen.offset == 0x44 && seen.width == 4);
	cr_assert_eq(*r8, 0x10);
	cr_assert(seen.offset == 3 && seen.width == 1);
	cr_assert_eq(*r16, 0x3210);
	cr_assert(seen.offset == 6 && seen.width == 2);
	cr_assert_eq(*r64, 0xfedcba9876543210);
	cr_assert(seen.offset == 0xff8 && seen.width == 8 && seen.loads == 4);
	seen.answer = 0xffffffffffffff80;
	cr_assert_eq((int64_t) * (volatile int8_t *)r8, -128);
	cr_assert_eq((int64_t) * (volatile int32_t *)r32, -128);
	cr_assert_eq((uint64_t)*r8, 0x80);
	*r32 = 0x12345678;
	cr_assert(seen.stores == 1 && seen.offset == 0x44 && seen.width == 4 &&
		  seen.value == 0x12345678);
	*r8 = 0xab;
	cr_assert(seen.width == 1 && seen.value == 0xab);
	*r16 = (uint16_t)seen.loads;
	cr_assert(seen.width == 2 && seen.value == 7);
	*r64 = UINT64_MAX;
	cr_assert(seen.width == 8 && seen.value == UINT64_MAX && seen.stores == 4);
	/* The page behind it is memory, though it traps as well. */
	map[PG + 5] = 9;
	cr_assert_eq(map[PG + 5], 9);
	cr_assert_eq(*(uint8_t *)zirconia_device_ptr(at + PG + 5, 1), 9);
	cr_assert(seen.stores == 4 && seen.loads == 7);
	t_unmap(map, 2 * PG);
}

Test(call_device_model, mmio_interfaces__reach_the_model_through_their_mappings)
{
	const zx_paddr_t at = setup();
	zirconia_mmio_region_t region;
	mmio_buffer_t b;

	T_OK(mmio_buffer_init_physical(&b, at, PG, dev_root(), ZX_CACHE_POLICY_UNCACHED_DEVICE));
	seen.answer = 0x1122334455667788;
	cr_assert_eq(MmioRead32((volatile uint32_t *)b.vaddr + 2), 0x55667788u);
	cr_assert(seen.offset == 8 && seen.width == 4);
	MmioWrite64(77, (volatile uint64_t *)b.vaddr + 1);
	cr_assert(seen.width == 8 && seen.value == 77);
	MmioWrite8(5, (volatile uint8_t *)b.vaddr + 9);
	cr_assert(seen.width == 1 && seen.value == 5 && seen.offset == 9);
	mmio_buffer_release(&b);
	T_OK(zirconia_vmo_mapping_map(16, 64, physical(at, PG), &region));
	cr_assert_eq(zirconia_mmio_load16(&region, 2), 0x7788);
	cr_assert(seen.offset == 18 && seen.width == 2);
	zirconia_mmio_store32(&region, 4, 0xabcd);
	cr_assert(seen.offset == 20 && seen.value == 0xabcd);
	zirconia_mmio_release(&region);
}

/* Registers of every number, and the odd ones: high bytes, constants, addresses with an index. */
Test(call_device_model, instructions__each_form__sets_exactly_its_register)
{
#if defined(__x86_64__)
	const zx_paddr_t at = setup();
	uint8_t *map = t_map(physical(at, PG), 0, PG);
	uint64_t out;

	seen.answer = 0x1122334455667788;
#define LOAD(insn, reg, init, want)                                           \
	__asm__ volatile("mov %2, %%" reg "\n\t" insn "\n\tmov %%" reg ", %0" \
			 : "=r"(out)                                          \
			 : "D"(map), "r"(init)                                \
			 : reg, "memory");                                    \
	cr_assert_eq(out, (uint64_t)(want), insn ": %llx", (unsigned long long)out)
	LOAD("movb 1(%%rdi), %%r9b", "r9", (uint64_t)-1, 0xffffffffffffff88);
	LOAD("movw 2(%%rdi), %%r10w", "r10", (uint64_t)-1, 0xffffffffffff7788);
	LOAD("movl 4(%%rdi), %%r11d", "r11", (uint64_t)-1, 0x55667788);
	LOAD("movq 8(%%rdi), %%r12", "r12", (uint64_t)-1, 0x1122334455667788);
	LOAD("movb 1(%%rdi), %%ah", "rax", (uint64_t)-1, 0xffffffffffff88ff);
	LOAD("movb 1(%%rdi), %%sil", "rsi", (uint64_t)-1, 0xffffffffffffff88);
	LOAD("movzbl 1(%%rdi), %%ecx", "rcx", (uint64_t)-1, 0x88);
	LOAD("movzwl 2(%%rdi), %%edx", "rdx", (uint64_t)-1, 0x7788);
	LOAD("movsbl 1(%%rdi), %%ecx", "rcx", (uint64_t)-1, 0xffffff88);
	LOAD("movsbw 1(%%rdi), %%r8w", "r8", 0ull, 0xff88);
	LOAD("movswq 2(%%rdi), %%r8", "r8", 0ull, 0x7788);
	LOAD("movslq 4(%%rdi), %%r15", "r15", 0ull, 0x55667788);
#undef LOAD
	__asm__ volatile("movl $0xdeadbeef, 16(%0)" : : "D"(map) : "memory");
	cr_assert(seen.width == 4 && seen.value == 0xdeadbeef && seen.offset == 16);
	__asm__ volatile("movq $-2, 24(%0,%1,8)" : : "D"(map), "r"(2ull) : "memory");
	cr_assert(seen.width == 8 && seen.value == (uint64_t)-2 && seen.offset == 40);
	__asm__ volatile("movl $0x1234, %%eax\n\tmovb %%ah, 7(%0)" : : "D"(map) : "rax", "memory");
	cr_assert(seen.width == 1 && seen.value == 0x12 && seen.offset == 7);
	__asm__ volatile("movq $0x77, %%r13\n\tmovb %%r13b, 7(%0)" : : "D"(map) : "r13", "memory");
	cr_assert(seen.width == 1 && seen.value == 0x77);
	t_unmap(map, PG);
#endif
}

static zx_handle_t irq;

static void trigger_store(void *ctx, size_t offset, size_t width, uint64_t value)
{
	(void)ctx, (void)offset, (void)width;
	T_OK(zx_interrupt_trigger(irq, 0, (int64_t)value));
}

Test(call_device_model, model__may_call_the_kernel)
{
	static const zirconia_mmio_backend_t triggers = {model_load, trigger_store, NULL};
	const zx_paddr_t at = setup();
	zx_time_t t = 0;

	T_OK(zirconia_device_model_remove(at));
	T_OK(zirconia_device_model_add(at, PG, &triggers, SEEN));
	T_OK(zx_interrupt_create(0, 0, ZX_INTERRUPT_VIRTUAL, &irq));
	volatile uint32_t *map = t_map(physical(at, PG), 0, PG);

	map[1] = 1234;
	T_OK(zx_interrupt_wait(irq, &t));
	cr_assert_eq(t, 1234);
}

Test(call_device_model, registration__ranges_and_removal)
{
	const zx_paddr_t at = setup();
	zx_handle_t before;

	T_ZX(zirconia_device_model_add(at, PG, &model, SEEN), ZX_ERR_ALREADY_EXISTS);
	T_ZX(zirconia_device_model_add(at + 1, PG, &model, SEEN), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_device_model_add(at + PG, 0, &model, SEEN), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_device_model_add(0, PG, &model, SEEN), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_device_model_remove(at + PG), ZX_ERR_NOT_FOUND);
	before = physical(at + PG, PG);
	T_OK(zirconia_device_model_add(at + PG, PG, &model, SEEN));
	volatile uint8_t *map = t_map(before, 0, PG);

	map[0] = 1; /* made before: memory */
	cr_assert_eq(seen.stores, 0);
	const zx_handle_t vmo = physical(at, PG);
	volatile uint8_t *trapping = t_map(vmo, 0, PG);

	trapping[0] = 1;
	cr_assert_eq(seen.stores, 1);
	T_OK(zirconia_device_model_remove(at));
	trapping[0] = 2; /* memory now */
	cr_assert(seen.stores == 1 && *(uint8_t *)zirconia_device_ptr(at, 1) == 2 &&
		  trapping[0] == 2);
}

Test(call_device_model, registers_as_a_buffer__of_a_call__refused)
{
	const zx_paddr_t at = setup();
	uint8_t *map = t_map(physical(at, PG), 0, PG);
	const zx_handle_t vmo = t_vmo(PG);

	cr_assert_neq(zx_vmo_read(vmo, map, 0, 256), ZX_OK);
	cr_assert_neq(zx_vmo_write(vmo, map, 0, 256), ZX_OK);
	cr_assert(seen.loads == 0 && seen.stores == 0);
	/* Protections count before the model does. */
	T_OK(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, (zx_vaddr_t)map, PG));
	cr_assert_eq(*(volatile uint8_t *)map, 0);
	cr_assert_eq(seen.loads, 1);
}
