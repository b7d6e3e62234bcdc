/* zi-test: valgrind */
/*
 * Faults as a program sees them: asked about, tried, and caught (zirconia/fault.h). Each cause of
 * vmar.md 8.1 goes every way.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <zircon/process.h>
#include <zircon/syscalls/exception.h>
#include <zirconia/debug.h>
#include <zirconia/fault.h>

#include "t.h"

#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

static zx_vaddr_t map(zx_vm_option_t options, zx_handle_t vmo, uint64_t off, size_t len)
{
	zx_vaddr_t addr = 0;

	T_OK(zx_vmar_map(zx_vmar_root_self(), options, 0, vmo, off, len, &addr));
	return addr;
}

/* ---- causes: each makes an address */

static zx_vaddr_t plain(void)
{
	return map(RW, t_vmo(T_PAGE), 0, T_PAGE) + 5;
}

static zx_vaddr_t unmapped(void)
{
	const zx_vaddr_t addr = map(RW, t_vmo(T_PAGE), 0, T_PAGE);

	T_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, T_PAGE));
	return addr + 17;
}

static zx_vaddr_t empty_vmar(void)
{
	zx_vaddr_t addr;
	zx_handle_t vmar;

	T_OK(zx_vmar_allocate(zx_vmar_root_self(), 0, 0, 4 * T_PAGE, &vmar, &addr));
	return addr + T_PAGE;
}

static zx_vaddr_t null_pointer(void)
{
	return 0;
}

static zx_vaddr_t foreign_no_access(void)
{
	return (zx_vaddr_t)t_no_access_page() + 3;
}

static zx_vaddr_t no_permission(void)
{
	return map(0, t_vmo(T_PAGE), 0, T_PAGE);
}

static zx_vaddr_t read_only(void)
{
	return map(ZX_VM_PERM_READ, t_vmo(T_PAGE), 0, T_PAGE) + T_PAGE - 1;
}

static zx_vaddr_t protected_later(void)
{
	const zx_vaddr_t addr = map(RW, t_vmo(3 * T_PAGE), 0, 3 * T_PAGE);

	*(volatile char *)(addr + T_PAGE) = 1;
	T_OK(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, addr + T_PAGE, T_PAGE));
	return addr + T_PAGE;
}

static zx_vaddr_t past_the_end(void)
{
	return map(RW | ZX_VM_ALLOW_FAULTS, t_vmo(T_PAGE), 0, 2 * T_PAGE) + T_PAGE;
}

static zx_vaddr_t wholly_past_the_end(void)
{
	return map(RW | ZX_VM_ALLOW_FAULTS, t_vmo(T_PAGE), 8 * T_PAGE, T_PAGE);
}

static zx_vaddr_t read_only_past_the_end(void)
{
	return map(ZX_VM_PERM_READ | ZX_VM_ALLOW_FAULTS, t_vmo(T_PAGE), 0, 2 * T_PAGE) + T_PAGE;
}

static zx_vaddr_t shrunk(void)
{
	const zx_handle_t vmo = t_vmo_options(2 * T_PAGE, ZX_VMO_RESIZABLE);
	const zx_vaddr_t addr = map(RW, vmo, 0, 2 * T_PAGE);

	*(volatile char *)(addr + T_PAGE) = 1;
	T_OK(zx_vmo_set_size(vmo, T_PAGE));
	return addr + T_PAGE;
}

static zx_vaddr_t beyond_stream_size(void)
{
	const zx_handle_t vmo = t_vmo(4 * T_PAGE);
	const zx_vaddr_t addr =
		map(RW | ZX_VM_ALLOW_FAULTS | ZX_VM_FAULT_BEYOND_STREAM_SIZE, vmo, 0, 4 * T_PAGE);

	T_OK(zx_vmo_set_stream_size(vmo, T_PAGE + 1));
	*(volatile char *)(addr + 2 * T_PAGE - 1) = 1;
	return addr + 2 * T_PAGE;
}

static zx_vaddr_t discarded(void)
{
	const zx_handle_t vmo = t_vmo_options(T_PAGE, ZX_VMO_DISCARDABLE);
	const zx_vaddr_t addr = map(RW | ZX_VM_ALLOW_FAULTS, vmo, 0, T_PAGE);
	zx_vmo_lock_state_t state;

	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, T_PAGE, &state, sizeof(state)));
	*(volatile char *)addr = 1;
	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_UNLOCK, 0, T_PAGE, NULL, 0));
	T_OK(zirconia_debug_discard(vmo));
	return addr;
}

static zx_vaddr_t unlocked(void)
{
	const zx_handle_t vmo = t_vmo_options(T_PAGE, ZX_VMO_DISCARDABLE);
	const zx_vaddr_t addr = map(RW | ZX_VM_ALLOW_FAULTS, vmo, 0, T_PAGE);

	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_TRY_LOCK, 0, T_PAGE, NULL, 0));
	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_UNLOCK, 0, T_PAGE, NULL, 0));
	return addr;
}

static zx_vaddr_t written_clone(void)
{
	const zx_handle_t parent = t_vmo(T_PAGE);
	zx_handle_t child;

	T_OK(zx_vmo_write(parent, "parent", 0, 6));
	T_OK(zx_vmo_create_child(parent, ZX_VMO_CHILD_SNAPSHOT, 0, T_PAGE, &child));
	return map(RW, child, 0, T_PAGE);
}

static zx_vaddr_t foreign_file_cut_short(void)
{
	FILE *file = tmpfile();
	void *p;

	cr_assert_not_null(file);
	p = mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
	cr_assert_neq(p, MAP_FAILED);
	fclose(file);
	return (zx_vaddr_t)p;
}

static const struct {
	const char *name;
	zx_vaddr_t (*make)(void);
	zx_status_t read;
	zx_status_t write;
} causes[] = {
	{"plain mapping", plain, ZX_OK, ZX_OK},
	/* spec: vmar 8.1 #1 #2 */
	{"hole", unmapped, ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FOUND},
	{"empty VMAR", empty_vmar, ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FOUND},
	{"null pointer", null_pointer, ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FOUND},
	{"page of the host's without access", foreign_no_access, ZX_ERR_ACCESS_DENIED,
	 ZX_ERR_ACCESS_DENIED},
	{"file of the host's that is too short", foreign_file_cut_short, ZX_ERR_OUT_OF_RANGE,
	 ZX_ERR_OUT_OF_RANGE},
	/* spec: vmar 8.1 #3 */
	{"mapping without permissions", no_permission, ZX_ERR_ACCESS_DENIED, ZX_ERR_ACCESS_DENIED},
	{"read-only mapping", read_only, ZX_OK, ZX_ERR_ACCESS_DENIED},
	{"page protected later", protected_later, ZX_OK, ZX_ERR_ACCESS_DENIED},
	{"read-only mapping past the end", read_only_past_the_end, ZX_ERR_OUT_OF_RANGE,
	 ZX_ERR_ACCESS_DENIED},
	/* spec: vmar 8.1 #4 */
	{"past the end", past_the_end, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE},
	{"wholly past the end", wholly_past_the_end, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE},
	{"shrunk", shrunk, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE},
	/* spec: vmar 8.1 #5 */
	{"beyond the stream size", beyond_stream_size, ZX_ERR_OUT_OF_RANGE, ZX_ERR_OUT_OF_RANGE},
	/* spec: vmar 8.1 #6 */
	{"discarded", discarded, ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FOUND},
	{"unlocked but not discarded", unlocked, ZX_OK, ZX_OK},
	/* spec: vmar 8.1 #9 */
	{"page of a clone", written_clone, ZX_OK, ZX_OK},
};

/* ---- ask */

Test(fault, probe__each_cause__status_and_no_fault)
{
	T_EACH (causes, c) {
		const void *addr = (void *)c->make();

		T_ZX_ROW(c->name, zirconia_fault_probe(addr, 1, ZX_VM_PERM_READ), c->read);
		T_ZX_ROW(c->name, zirconia_fault_probe(addr, 1, ZX_VM_PERM_WRITE), c->write);
		T_ZX_ROW(c->name, zirconia_fault_probe(addr, 0, ZX_VM_PERM_WRITE), ZX_OK);
	}
}

Test(fault, probe__arguments__checked)
{
	const zx_vaddr_t addr = plain();

	T_ZX(zirconia_fault_probe((void *)addr, 1, 0), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_fault_probe((void *)addr, 1, RW), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_fault_probe((void *)addr, 1, ZX_VM_SPECIFIC), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_fault_probe((void *)addr, 0, 0), ZX_ERR_INVALID_ARGS);
	/*
	 * No VMO handle can be mapped executable without a resource: reading is allowed, fetching
	 * is not.
	 */
	T_ZX(zirconia_fault_probe((void *)addr, 1, ZX_VM_PERM_EXECUTE), ZX_ERR_ACCESS_DENIED);
}

Test(fault, probe__range__lowest_offender_decides)
{
	/* [0,2) writable, [2,4) read-only, [4,6) past the end, then a hole */
	const zx_handle_t vmo = t_vmo(4 * T_PAGE);
	zx_handle_t vmar;
	zx_vaddr_t base;
	zx_vaddr_t addr;

	T_OK(zx_vmar_allocate(zx_vmar_root_self(),
			      ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC, 0,
			      16 * T_PAGE, &vmar, &base));
	T_OK(zx_vmar_map(vmar, RW | ZX_VM_SPECIFIC | ZX_VM_ALLOW_FAULTS, 0, vmo, 0, 6 * T_PAGE,
			 &addr));
	T_OK(zx_vmar_protect(vmar, ZX_VM_PERM_READ, addr + 2 * T_PAGE, 2 * T_PAGE));

	static const struct {
		const char *name;
		size_t from;
		size_t len;
		uint32_t access;
		zx_status_t want;
	} rows[] = {
		{"first two", 0, 2 * T_PAGE, ZX_VM_PERM_WRITE, ZX_OK},
		{"one byte more", 0, 2 * T_PAGE + 1, ZX_VM_PERM_WRITE, ZX_ERR_ACCESS_DENIED},
		{"all that can be read", 0, 4 * T_PAGE, ZX_VM_PERM_READ, ZX_OK},
		{"one byte more", 0, 4 * T_PAGE + 1, ZX_VM_PERM_READ, ZX_ERR_OUT_OF_RANGE},
		{"all written", 0, 8 * T_PAGE, ZX_VM_PERM_WRITE, ZX_ERR_ACCESS_DENIED},
		{"last byte of the hole's predecessor", 6 * T_PAGE - 1, 2, ZX_VM_PERM_READ,
		 ZX_ERR_OUT_OF_RANGE},
		{"hole", 6 * T_PAGE, 1, ZX_VM_PERM_READ, ZX_ERR_NOT_FOUND},
		{"everything there is", 0, SIZE_MAX, ZX_VM_PERM_READ, ZX_ERR_OUT_OF_RANGE},
	};

	T_EACH (rows, r)
		T_ZX_ROW(r->name, zirconia_fault_probe((void *)(base + r->from), r->len, r->access),
			 r->want);
}

Test(fault, probe__memory_of_the_host__as_it_is)
{
	const char *read_only = t_read_only_page();
	uint8_t *guarded = t_before_guard(T_PAGE + 1);
	int on_stack = 1;

	T_OK(zirconia_fault_probe(&on_stack, sizeof(on_stack), ZX_VM_PERM_WRITE));
	cr_assert_eq(on_stack, 1);
	T_OK(zirconia_fault_probe(read_only, T_PAGE, ZX_VM_PERM_READ));
	T_ZX(zirconia_fault_probe(read_only, 1, ZX_VM_PERM_WRITE), ZX_ERR_ACCESS_DENIED);
	T_OK(zirconia_fault_probe(guarded, T_PAGE + 1, ZX_VM_PERM_WRITE));
	T_ZX(zirconia_fault_probe(guarded, T_PAGE + 2, ZX_VM_PERM_WRITE), ZX_ERR_ACCESS_DENIED);
	T_OK(zirconia_fault_probe((void *)(uintptr_t)zirconia_fault_probe, 1, ZX_VM_PERM_EXECUTE));
	T_ZX(zirconia_fault_probe((void *)UINTPTR_MAX, 1, ZX_VM_PERM_READ), ZX_ERR_NOT_FOUND);
	T_ZX(zirconia_fault_probe((void *)((uintptr_t)1 << 62), 1, ZX_VM_PERM_READ),
	     ZX_ERR_NOT_FOUND);
}

Test(fault, probe__untouched_pages__commits_nothing)
{
	const zx_handle_t vmo = t_vmo(8 * T_PAGE);
	const zx_vaddr_t addr = map(RW, vmo, 0, 8 * T_PAGE);
	zx_info_vmo_t info;

	T_OK(zirconia_fault_probe((void *)addr, 8 * T_PAGE, ZX_VM_PERM_WRITE));
	T_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	cr_assert_eq(info.committed_bytes, 0);
}

/* ---- try */

Test(fault, try__each_cause__status_instead_of_fault)
{
	T_EACH (causes, c) {
		volatile void *addr = (volatile void *)c->make();
		uint8_t value = 0x77;

		T_ZX_ROW(c->name, zirconia_probe_write8(addr, 0x2a), c->write);
		T_ZX_ROW(c->name, zirconia_probe_read8(addr, &value), c->read);
		if (c->read != ZX_OK)
			cr_assert_eq(value, 0x77, "%s", c->name);
		else if (c->write == ZX_OK)
			cr_assert_eq(value, 0x2a, "%s", c->name);
	}
}

Test(fault, try__every_width__round_trip_and_page_end)
{
	uint8_t *mem = t_before_guard(64);
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;
	uint8_t v8;

	for (size_t off = 0; off < 8; off++) {
		T_OK(zirconia_probe_write64(mem + off, 0x8877665544332211));
		T_OK(zirconia_probe_read64(mem + off, &v64));
		cr_assert_eq(v64, 0x8877665544332211);
		T_OK(zirconia_probe_read32(mem + off + 4, &v32));
		cr_assert_eq(v32, 0x88776655);
		T_OK(zirconia_probe_read16(mem + off + 2, &v16));
		cr_assert_eq(v16, 0x4433);
		T_OK(zirconia_probe_read8(mem + off + 7, &v8));
		cr_assert_eq(v8, 0x88);
		T_OK(zirconia_probe_write32(mem + off, 0xa3a2a1a0));
		T_OK(zirconia_probe_write16(mem + off, 0xb1b0));
		T_OK(zirconia_probe_write8(mem + off, 0xc0));
		T_OK(zirconia_probe_read64(mem + off, &v64));
		cr_assert_eq(v64, 0x88776655a3a2b1c0);
	}
	/* The last bytes before the guard, and one too far. */
	T_OK(zirconia_probe_read64(mem + 56, &v64));
	T_ZX(zirconia_probe_read64(mem + 57, &v64), ZX_ERR_ACCESS_DENIED);
	T_ZX(zirconia_probe_read32(mem + 61, &v32), ZX_ERR_ACCESS_DENIED);
	T_ZX(zirconia_probe_read16(mem + 63, &v16), ZX_ERR_ACCESS_DENIED);
	T_ZX(zirconia_probe_read8(mem + 64, &v8), ZX_ERR_ACCESS_DENIED);
	T_ZX(zirconia_probe_write64(mem + 57, 0), ZX_ERR_ACCESS_DENIED);
}

Test(fault, try__compare_and_exchange__value_and_status)
{
	uint32_t *word = (uint32_t *)map(RW, t_vmo(T_PAGE), 0, T_PAGE);
	uint32_t previous = 99;

	T_OK(zirconia_probe_cmpxchg32(word, 0, 100, &previous));
	cr_assert(previous == 0 && *word == 100);
	T_OK(zirconia_probe_cmpxchg32(word, 0, 200, &previous));
	cr_assert(previous == 100 && *word == 100);
	T_OK(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, (zx_vaddr_t)word, T_PAGE));
	previous = 99;
	T_ZX(zirconia_probe_cmpxchg32(word, 100, 200, &previous), ZX_ERR_ACCESS_DENIED);
	T_ZX(zirconia_probe_cmpxchg32(word, 1, 200, &previous), ZX_ERR_ACCESS_DENIED);
	cr_assert(previous == 99 && *word == 100);
}

/* spec: clients E.3 "memcpy_fallible" */
Test(fault, copy__across_a_bad_page__exact_counts_both_ways)
{
	/* Three pages: the middle one is read-only, a hole follows. */
	const zx_vaddr_t addr = map(RW, t_vmo(4 * T_PAGE), 0, 4 * T_PAGE);
	uint8_t *mem = (uint8_t *)addr;
	uint8_t *plain_mem = malloc(4 * T_PAGE);

	cr_assert_not_null(plain_mem);
	for (size_t i = 0; i < 4 * T_PAGE; i++)
		mem[i] = (uint8_t)(i * 7 + i / 256);
	T_OK(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, addr + T_PAGE, T_PAGE));
	T_OK(zx_vmar_unmap(zx_vmar_root_self(), addr + 3 * T_PAGE, T_PAGE));

	for (size_t before = 0; before < 70; before++) {
		for (size_t align = 0; align < 9; align++) {
			memset(plain_mem, 0xee, 2 * T_PAGE);
			/* The source ends after `before` bytes. */
			cr_assert_eq(zirconia_copy_fallible(plain_mem + align,
							    mem + 3 * T_PAGE - before, 100),
				     before);
			cr_assert_arr_eq(plain_mem + align, mem + 3 * T_PAGE - before, before);
			cr_assert(t_all(plain_mem + align + before, 110 - before, 0xee));
			/* The destination does. */
			memset(plain_mem, 0x11, 2 * T_PAGE);
			cr_assert_eq(zirconia_copy_fallible(mem + T_PAGE - before,
							    plain_mem + align, 100),
				     before);
			cr_assert_eq(zirconia_copy_fallible(mem + T_PAGE - before,
							    plain_mem + align, before),
				     before);
			cr_assert(t_all(mem + T_PAGE - before, before, 0x11));
			cr_assert_eq(mem[T_PAGE], (uint8_t)(T_PAGE * 7 + T_PAGE / 256));
			cr_assert_eq(zirconia_fill_fallible(mem + T_PAGE - before, 0x33, 100),
				     before);
			cr_assert(t_all(mem + T_PAGE - before, before, 0x33));
		}
	}
	cr_assert_eq(zirconia_copy_fallible(plain_mem, mem + T_PAGE / 2, 3 * T_PAGE),
		     2 * T_PAGE + T_PAGE / 2);
	cr_assert_eq(zirconia_fill_fallible(mem, 0, 3 * T_PAGE), T_PAGE);
	cr_assert(t_all(mem, T_PAGE, 0));
	cr_assert_eq(zirconia_fill_fallible(mem + 2 * T_PAGE, 9, 3 * T_PAGE), T_PAGE);
	cr_assert(t_all(mem + 2 * T_PAGE, T_PAGE, 9));
	/* Nothing is touched for nothing. */
	cr_assert_eq(zirconia_copy_fallible(NULL, NULL, 0), 0);
	cr_assert_eq(zirconia_fill_fallible(NULL, 1, 0), 0);
	cr_assert_eq(zirconia_copy_fallible(NULL, plain_mem, 1), 0);
	free(plain_mem);
}

/* ---- expect */

/* Accesses as the compiler writes them, without the questions that a sanitizer asks first. */
#define BARE                                                                    \
	__attribute__((noinline, no_sanitize("address"), no_sanitize("thread"), \
		       no_sanitize("undefined")))

BARE static void bare_load(void *addr)
{
	/* Valgrind takes the first instruction of a function for one of its caller's. */
	__asm__ volatile("nop");
	(void)*(volatile uint8_t *)addr;
}

BARE static void bare_store(void *addr)
{
	__asm__ volatile("nop");
	*(volatile uint8_t *)addr = 0x42;
}

/* spec: vmar 8.4 */
Test(fault, catch__each_cause__what_the_exception_would_say)
{
	T_EACH (causes, c) {
		const zx_vaddr_t addr = c->make();

		for (int write = 1; write >= 0; write--) {
			const zx_status_t want = write ? c->write : c->read;
			zirconia_fault_info_t info;

			memset(&info, 0x55, sizeof(info));
			cr_assert_eq(zirconia_fault_catch(write ? bare_store : bare_load,
							  (void *)addr, &info),
				     want != ZX_OK, "%s", c->name);
			if (want == ZX_OK) {
				cr_assert_eq(info.type, 0x55555555, "%s: written without a fault",
					     c->name);
				continue;
			}
			T_ZX_ROW(c->name, info.status, want);
			cr_assert_eq(info.type, ZX_EXCP_FATAL_PAGE_FAULT, "%s", c->name);
			cr_assert_eq(info.access, write ? ZX_VM_PERM_WRITE : ZX_VM_PERM_READ, "%s",
				     c->name);
			cr_assert_eq(info.addr, addr, "%s: %zx, not %zx", c->name, info.addr, addr);
			cr_assert_neq(info.ip, 0);
		}
	}
}

#if defined(__x86_64__)
Test(fault, catch__address_that_no_page_can_have__general_exception)
{
	zirconia_fault_info_t info;
	uint8_t value = 1;

	cr_assert(zirconia_fault_catch(bare_load, (void *)((uintptr_t)1 << 62), &info));
	cr_assert_eq(info.type, ZX_EXCP_GENERAL);
	T_ZX(info.status, ZX_OK);
	T_ZX(zirconia_probe_read8((void *)((uintptr_t)1 << 62), &value), ZX_ERR_NOT_FOUND);
}
#endif

static void bare_jump(void *addr)
{
	void (*fn)(void);

	memcpy(&fn, &addr, sizeof(fn));
	fn();
}

Test(fault, catch__jump_into_data__execution_denied)
{
	const zx_vaddr_t addr = map(RW, t_vmo(T_PAGE), 0, T_PAGE);
	zirconia_fault_info_t info;

	*(volatile uint8_t *)addr = 0xc3;
	cr_assert(zirconia_fault_catch(bare_jump, (void *)addr, &info));
	T_ZX(info.status, ZX_ERR_ACCESS_DENIED);
	cr_assert_eq(info.access, ZX_VM_PERM_EXECUTE);
	cr_assert_eq(info.addr, addr);
}

struct nest {
	zx_vaddr_t inner;
	zx_vaddr_t outer;
	bool inner_caught;
	zirconia_fault_info_t inner_info;
};

static void nested(void *arg)
{
	struct nest *n = arg;

	n->inner_caught = zirconia_fault_catch(bare_store, (void *)n->inner, &n->inner_info);
	bare_store((void *)n->outer);
}

Test(fault, catch__inside_catch__innermost_takes_it)
{
	struct nest n = {.inner = empty_vmar(), .outer = past_the_end()};
	zirconia_fault_info_t info;

	cr_assert(zirconia_fault_catch(nested, &n, &info));
	cr_assert(n.inner_caught);
	T_ZX(n.inner_info.status, ZX_ERR_NOT_FOUND);
	T_ZX(info.status, ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(info.addr, n.outer);
	cr_assert(zirconia_fault_catch(bare_store, (void *)n.inner, NULL));
}

Test(fault, block__with_and_without_fault__takes_its_part)
{
	const zx_vaddr_t bad = read_only();
	const zx_vaddr_t good = plain();
	zirconia_fault_frame_t frame;
	volatile int passed = 0;
	volatile int caught = 0;

	for (int i = 0; i < 1000; i++) {
		if (ZIRCONIA_FAULT_TRY(&frame)) {
			bare_store((void *)(i % 2 == 0 ? bad : good));
			passed++;
			zirconia_fault_end(&frame);
		} else {
			T_ZX(frame.info.status, ZX_ERR_ACCESS_DENIED);
			cr_assert_eq(frame.info.addr, bad);
			caught++;
		}
	}
	cr_assert_eq(passed, 500);
	cr_assert_eq(caught, 500);
}

Test(fault, block__ended_out_of_order__aborts, .signal = SIGABRT)
{
	zirconia_fault_frame_t outer;
	zirconia_fault_frame_t inner;

	if (ZIRCONIA_FAULT_TRY(&outer)) {
		if (ZIRCONIA_FAULT_TRY(&inner))
			zirconia_fault_end(&outer);
	}
}

static void block_usr1_and_fault(void *addr)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	bare_store(addr);
}

Test(fault, catch__mask_changed_inside__mask_of_the_call_is_back)
{
	sigset_t set;

	cr_assert(zirconia_fault_catch(block_usr1_and_fault, NULL, NULL));
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	cr_assert_not(sigismember(&set, SIGUSR1));
	cr_assert_not(sigismember(&set, SIGSEGV));
	cr_assert_not(sigismember(&set, SIGBUS));

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	cr_assert(zirconia_fault_catch(bare_store, NULL, NULL));
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	cr_assert(sigismember(&set, SIGUSR2));
}

/* A call answers for a bad pointer itself; the frame around it sees nothing. */
static void call_with_bad_pointer(void *arg)
{
	zx_handle_t *vmo = arg;

	T_ZX(zx_vmo_read(*vmo, t_no_access_page(), 0, 1), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmo_create(T_PAGE, 0, t_no_access_page()), ZX_ERR_INVALID_ARGS);
}

/* spec: vmar 8.5 */
Test(fault, catch__call_with_a_bad_pointer__call_answers)
{
	zx_handle_t vmo = t_vmo(T_PAGE);

	cr_assert_not(zirconia_fault_catch(call_with_bad_pointer, &vmo, NULL));
}

struct fault_thread {
	zx_vaddr_t addr;
	zx_status_t want;
	unsigned caught;
};

static void *catch_many(void *arg)
{
	struct fault_thread *t = arg;

	for (int i = 0; i < 2000; i++) {
		zirconia_fault_info_t info;
		uint8_t value;

		if (zirconia_fault_catch(bare_store, (void *)t->addr, &info) &&
		    info.status == t->want && info.addr == t->addr &&
		    zirconia_probe_write8((void *)t->addr, 1) == t->want &&
		    zirconia_fault_probe((void *)t->addr, 1, ZX_VM_PERM_WRITE) == t->want)
			t->caught++;
		(void)zirconia_probe_read8((void *)t->addr, &value);
	}
	return NULL;
}

Test(fault, catch__four_threads__each_its_own)
{
	struct fault_thread t[4] = {
		{.addr = empty_vmar(), .want = ZX_ERR_NOT_FOUND},
		{.addr = read_only(), .want = ZX_ERR_ACCESS_DENIED},
		{.addr = past_the_end(), .want = ZX_ERR_OUT_OF_RANGE},
		{.addr = discarded(), .want = ZX_ERR_NOT_FOUND},
	};
	pthread_t thread[4];

	for (int i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, catch_many, &t[i]), 0);
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(pthread_join(thread[i], NULL), 0);
		cr_assert_eq(t[i].caught, 2000, "thread %d: %u", i, t[i].caught);
	}
}

/* The stack that a thread lost is no hindrance: what was used below the frame is abandoned. */
static void bare_deep(void *arg)
{
	volatile char used[1000];

	used[0] = 1;
	if (*(int *)arg == 0) {
		bare_store((void *)(uintptr_t)(used[0] - 1));
		return;
	}
	--*(int *)arg;
	bare_deep(arg);
	used[0] = 2;
}

Test(fault, catch__far_down_the_stack__comes_back)
{
	for (int i = 0; i < 20; i++) {
		int depth = 100;

		cr_assert(zirconia_fault_catch(bare_deep, &depth, NULL));
		cr_assert_eq(depth, 0);
	}
}

/* A thread whose stack lies in front of an inaccessible page, and which uses it up. */
static void *overflow_thread(void *arg)
{
	bool *caught = arg;
	int depth = 1 << 20;

	*caught = zirconia_fault_catch(bare_deep, &depth, NULL);
	return NULL;
}

static void *overflow_thread_with_signal_stack(void *arg)
{
	static char stack[64 * 1024];
	const stack_t ss = {.ss_sp = stack, .ss_size = sizeof(stack)};

	cr_assert_eq(sigaltstack(&ss, NULL), 0);
	return overflow_thread(arg);
}

Test(fault, catch__stack_used_up__comes_back)
{
	const size_t len = 256 * 1024;
	bool caught = false;
	pthread_attr_t attr;
	pthread_t thread;

	/* The handler of a fault in the stack needs a stack of its own. */
	t_require("native");
	cr_assert_eq(pthread_attr_init(&attr), 0);
	cr_assert_eq(pthread_attr_setstacksize(&attr, len), 0);
	cr_assert_eq(pthread_create(&thread, &attr, overflow_thread_with_signal_stack, &caught), 0);
	cr_assert_eq(pthread_join(thread, NULL), 0);
	cr_assert(caught);
}
