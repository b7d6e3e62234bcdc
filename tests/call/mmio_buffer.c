/* zi-test: valgrind */
/* mmio_buffer_t: the acceptance statements of clients.md B.1, and the accessors of B.2. */
#include <signal.h>

#include <hw/arch_ops.h>
#include <lib/mmio-ptr/fake.h>
#include <lib/mmio/mmio-buffer.h>

#include "device_t.h"

#define CACHED ZX_CACHE_POLICY_CACHED
#define UNCACHED ZX_CACHE_POLICY_UNCACHED
#define DEVICE ZX_CACHE_POLICY_UNCACHED_DEVICE

static zx_handle_t v;

static void setup(void)
{
	v = t_vmo(PG);
}

TestSuite(call_mmio_buffer, .init = setup);

static zx_handle_t again(void)
{
	return vmo_dup(v, ZX_RIGHT_SAME_RIGHTS);
}

/* spec: clients B.1 acceptance #1 #2 #3 #4 #5 #6 #7; clients B.1 #1-7 */
Test(call_mmio_buffer, init__each_wrong_argument__its_status_and_the_handle_is_gone)
{
	mmio_buffer_t b;
	const struct {
		const char *name;
		mmio_buffer_t *buffer;
		zx_off_t offset;
		size_t size;
		bool no_vmo;
		uint32_t policy;
		zx_status_t want;
	} rows[] = {
		{"no buffer", NULL, 0, PG, false, CACHED, ZX_ERR_INVALID_ARGS},
		{"offset -1", &b, (zx_off_t)-1, PG, false, CACHED, ZX_ERR_OUT_OF_RANGE},
		{"offset behind the end", &b, PG + 1, PG, false, CACHED, ZX_ERR_OUT_OF_RANGE},
		{"size 0", &b, 0, 0, false, CACHED, ZX_ERR_INVALID_ARGS},
		{"size 0 at the end", &b, PG, 0, false, CACHED, ZX_ERR_INVALID_ARGS},
		{"too long", &b, 0, PG + 1, false, CACHED, ZX_ERR_OUT_OF_RANGE},
		{"wraps", &b, 8, SIZE_MAX, false, CACHED, ZX_ERR_OUT_OF_RANGE},
		{"no handle", &b, 0, PG, true, CACHED, ZX_ERR_BAD_HANDLE},
		{"bad policy", &b, 0, PG, false, ZX_CACHE_POLICY_MASK + 1, ZX_ERR_INVALID_ARGS},
		{"bad policy before range", &b, PG + 1, PG, false, ZX_CACHE_POLICY_MASK + 1,
		 ZX_ERR_INVALID_ARGS},
	};

	T_EACH (rows, r) {
		const zx_handle_t vmo = r->no_vmo ? ZX_HANDLE_INVALID : again();

		memset(&b, 0x5a, sizeof(b));
		T_ZX_ROW(r->name, mmio_buffer_init(r->buffer, r->offset, r->size, vmo, r->policy),
			 r->want);
		if (!r->no_vmo)
			T_ZX_ROW(r->name, zx_handle_close(vmo), ZX_ERR_BAD_HANDLE);
		cr_assert(t_all(&b, sizeof(b), 0x5a), "%s", r->name);
		cr_assert_eq(vmo_info(v).num_mappings, 0);
	}
	/* The policy changed before the range was found bad, and stays. */
	T_ZX(mmio_buffer_init(&b, PG, 1, again(), UNCACHED), ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(vmo_info(v).cache_policy, UNCACHED);
}

/* spec: clients B.1 acceptance #8 #9 #10; clients B.1 call #2 */
Test(call_mmio_buffer, init_and_release__mapped_once_and_no_more)
{
	static const struct {
		zx_off_t offset;
		size_t size;
	} rows[] = {{2048, 2048}, {0, 2048}, {0, 4096}, {4095, 1}, {8, 0}};

	T_EACH (rows, r) {
		mmio_buffer_t b;

		T_OK(mmio_buffer_init(&b, r->offset, r->size, again(), CACHED));
		cr_assert(b.offset == r->offset && b.size == r->size && b.vmo != ZX_HANDLE_INVALID);
		cr_assert_eq((uintptr_t)b.vaddr % PG, r->offset);
		cr_assert_eq(vmo_info(v).num_mappings, 1);
		if (r->size > 0) {
			uint8_t byte = 0;

			MmioWrite8(0x5c, (volatile uint8_t *)b.vaddr + r->size - 1);
			T_OK(zx_vmo_read(v, &byte, r->offset + r->size - 1, 1));
			cr_assert_eq(byte, 0x5c);
		}
		mmio_buffer_release(&b);
		cr_assert(b.vmo == ZX_HANDLE_INVALID && b.offset == r->offset && b.size == r->size);
		cr_assert_eq(vmo_info(v).num_mappings, 0);
		mmio_buffer_release(&b);
	}
}

/* spec: clients B.1 acceptance #11 */
Test(call_mmio_buffer, released__store_to_the_old_address__faults, .signal = SIGSEGV)
{
	mmio_buffer_t b;

	T_OK(mmio_buffer_init(&b, 0, PG, again(), CACHED));
	MmioWrite8(1, (volatile uint8_t *)b.vaddr);
	mmio_buffer_release(&b);
	MmioWrite8(2, (volatile uint8_t *)b.vaddr);
}

/* spec: clients B.1 acceptance #12 #13 */
Test(call_mmio_buffer, cache_policy__of_a_mapped_vmo__only_its_own)
{
	mmio_buffer_t b, second;

	T_OK(mmio_buffer_init(&b, 0, PG, again(), UNCACHED));
	T_ZX(mmio_buffer_init(&second, 0, PG, again(), CACHED), ZX_ERR_BAD_STATE);
	T_OK(mmio_buffer_init(&second, 0, PG, again(), UNCACHED));
	mmio_buffer_release(&b);
	mmio_buffer_release(&second);
	T_OK(zx_vmo_set_cache_policy(v, DEVICE));
	T_OK(mmio_buffer_init(&b, 0, PG, again(), UNCACHED));
	T_ZX(mmio_buffer_init(&second, 0, PG, again(), DEVICE), ZX_ERR_BAD_STATE);
	T_OK(mmio_buffer_init(&second, 0, PG, again(), UNCACHED));
}

/* spec: clients B.1 call #1 #3 #4 */
Test(call_mmio_buffer, physical__mapped_and_pinned__at_its_address)
{
	const zx_handle_t root = dev_root(), bti = dev_bti();
	mmio_pinned_buffer_t pinned;
	mmio_buffer_t b, part;
	zx_paddr_t at;

	T_OK(zirconia_device_memory_alloc(2 * PG, 0, &at));
	T_ZX(mmio_buffer_init_physical(&b, at, PG, v, DEVICE), ZX_ERR_WRONG_TYPE);
	T_ZX(mmio_buffer_init_physical(&b, at + 1, PG, root, DEVICE), ZX_ERR_INVALID_ARGS);
	T_OK(mmio_buffer_init_physical(&b, at, 2 * PG, root, DEVICE));
	cr_assert_eq(vmo_info(b.vmo).cache_policy, DEVICE);
	MmioWrite32(0x12345678, (volatile uint32_t *)b.vaddr + 1024);
	cr_assert_eq(*(uint32_t *)zirconia_device_ptr(at + PG, 4), 0x12345678);
	T_OK(mmio_buffer_pin(&b, bti, &pinned));
	cr_assert(pinned.paddr == at && pinned.mmio == &b);
	cr_assert_eq(dev_bti_info(bti).pmo_count, 1);
	mmio_buffer_unpin(&pinned);
	cr_assert_eq(pinned.pmt, ZX_HANDLE_INVALID);
	mmio_buffer_unpin(&pinned);
	cr_assert_eq(dev_bti_info(bti).pmo_count, 0);
	T_OK(mmio_buffer_init(&part, PG + 16, 100, vmo_dup(b.vmo, ZX_RIGHT_SAME_RIGHTS), DEVICE));
	T_OK(mmio_buffer_pin(&part, bti, &pinned));
	cr_assert_eq(pinned.paddr, at + PG + 16);
	mmio_buffer_unpin(&pinned);
	/* Ordinary memory is not in one piece. */
	T_OK(mmio_buffer_init(&part, 0, PG, again(), CACHED));
	T_ZX(mmio_buffer_pin(&part, bti, &pinned), ZX_ERR_INVALID_ARGS);
	t_close(root); /* stayed the caller's */
}

/* spec: clients B.2 #1-3 */
Test(call_mmio_buffer, accessors__each_width_and_any_buffer__exactly_these_bytes)
{
	uint8_t source[40], memory[64] __attribute__((aligned(8))), back[40];

	for (unsigned i = 0; i < sizeof(source); i++)
		source[i] = (uint8_t)(i + 1);
	for (size_t at = 0; at < 9; at++) {
		for (size_t n = 0; n <= 40; n++) {
			memset(memory, 0xee, sizeof(memory));
			memset(back, 0xee, sizeof(back));
			MmioWriteBuffer(FakeMmioPtr(memory + at), source, n);
			cr_assert(t_all(memory, at, 0xee) &&
				  t_all(memory + at + n, sizeof(memory) - at - n, 0xee));
			cr_assert_eq(memcmp(memory + at, source, n), 0);
			MmioReadBuffer(back, FakeMmioPtr(memory + at), n);
			cr_assert(memcmp(back, source, n) == 0 &&
				  t_all(back + n, sizeof(back) - n, 0xee));
		}
	}
	uint64_t word = 0;

	MmioWrite64(0x1122334455667788, &word);
	cr_assert_eq(MmioRead8((uint8_t *)&word + 1), 0x77);
	cr_assert_eq(MmioRead16((uint16_t *)&word + 1), 0x5566);
	cr_assert_eq(MmioRead32((uint32_t *)&word + 1), 0x11223344);
	MmioWrite16(0xaaaa, (uint16_t *)&word);
	hw_wmb();
	MmioWrite8(0xbb, (uint8_t *)&word + 7);
	hw_rmb();
	hw_mb();
	cr_assert_eq(MmioRead64(&word), 0xbb2233445566aaaa);
}
