/* zi-test: valgrind */
/* Registers that answer each for itself: callbacks, and expectations. clients.md A.17. */
#include <signal.h>
#include <string.h>

#include <lib/mmio/mmio-buffer.h>
#include <zirconia/device_model.h>
#include <zirconia/mmio_fake.h>

#include "device_t.h"

/* ---- fake registers */

static uint64_t fake_value;

static uint64_t give(void *ctx)
{
	return *(uint64_t *)ctx;
}

static void take(void *ctx, uint64_t value)
{
	*(uint64_t *)ctx += value;
}

/* spec: clients A.17 fake #1 #2 #3 */
Test(call_mmio_fake, fake__without_callbacks__reads_zero_and_ignores_stores)
{
	zirconia_mmio_fake_t *fake = zirconia_mmio_fake_new(4, 8);
	zirconia_mmio_region_t regs, left;

	zirconia_mmio_fake_region(fake, &regs);
	cr_assert_eq(zirconia_mmio_len(&regs), 32);
	for (size_t i = 0; i < 32; i += 4) {
		zirconia_mmio_store32(&regs, i, 7);
		cr_assert_eq(zirconia_mmio_load32(&regs, i), 0);
	}
	uint64_t first = 0x1234567890abcdef, stored = 0;

	zirconia_mmio_fake_on_load(fake, 8, give, &first);
	zirconia_mmio_fake_on_store(fake, 12, take, &stored);
	cr_assert_eq(zirconia_mmio_load32(&regs, 8), 0x90abcdef);
	cr_assert_eq(zirconia_mmio_load8(&regs, 11), 0xef); /* the register, not its byte */
	cr_assert_eq(zirconia_mmio_load64(&regs, 8), first);
	cr_assert_eq(zirconia_mmio_load32(&regs, 12), 0);
	zirconia_mmio_store32(&regs, 12, 5);
	zirconia_mmio_store16(&regs, 14, 6);
	zirconia_mmio_store32(&regs, 8, 100);
	cr_assert_eq(stored, 11);
	zirconia_mmio_split_off(&regs, 12, &left);
	zirconia_mmio_store8(&regs, 3, 1);
	cr_assert_eq(stored, 12);
	zirconia_mmio_fake_on_load(fake, 8, NULL, NULL);
	zirconia_mmio_fake_on_store(fake, 12, NULL, NULL);
	cr_assert_eq(zirconia_mmio_load32(&left, 8), 0);
	zirconia_mmio_store32(&regs, 0, 5);
	cr_assert_eq(stored, 12);
	zirconia_mmio_release(&left);
	zirconia_mmio_release(&regs);
	zirconia_mmio_fake_free(fake);
	zirconia_mmio_fake_free(NULL);
	cr_assert_null(zirconia_mmio_fake_new(0, 8));
	cr_assert_null(zirconia_mmio_fake_new(8, 0));
	cr_assert_null(zirconia_mmio_fake_new(SIZE_MAX / 4, 8));
	cr_assert_null(zirconia_mmio_fake_new(1, PTRDIFF_MAX));
}

/* spec: clients A.17 fake #3 */
Test(call_mmio_fake, fake__register_beyond_the_last__aborts, .signal = SIGABRT)
{
	zirconia_mmio_fake_on_load(zirconia_mmio_fake_new(4, 8), 32, give, &fake_value);
}

/* spec: clients A.17 fake #4 */
Test(call_mmio_fake, fake__behind_a_mapping__answers_a_driver_in_c)
{
	zirconia_mmio_fake_t *fake = zirconia_mmio_fake_new(4, 1024);
	zirconia_mmio_region_t regs;
	mmio_buffer_t buffer;
	uint64_t stored = 1;
	zx_paddr_t at;
	zx_status_t st;

	zirconia_mmio_fake_region(fake, &regs);
	T_OK(zirconia_device_memory_alloc(PG, 0, &at));
	st = zirconia_device_model_add(at, PG, regs.backend, regs.ctx);
	if (st == ZX_ERR_NOT_SUPPORTED)
		t_lacks("decoder", "no decoder here");
	T_OK(st);
	fake_value = 0xfeed;
	zirconia_mmio_fake_on_load(fake, 0x10, give, &fake_value);
	zirconia_mmio_fake_on_store(fake, 0x14, take, &stored);
	T_OK(mmio_buffer_init_physical(&buffer, at, PG, dev_root(),
				       ZX_CACHE_POLICY_UNCACHED_DEVICE));
	cr_assert_eq(MmioRead32((volatile uint32_t *)buffer.vaddr + 4), 0xfeedu);
	MmioWrite32(41, (volatile uint32_t *)buffer.vaddr + 5);
	cr_assert_eq(stored, 42);
	cr_assert_eq(MmioRead32((volatile uint32_t *)buffer.vaddr + 5), 0);
	mmio_buffer_release(&buffer);
	T_OK(zirconia_device_model_remove(at));
	zirconia_mmio_fake_free(fake);
}

/* ---- mock registers */

static zirconia_mmio_regs_t *mock;
static zirconia_mmio_region_t regs;

static void setup(void)
{
	mock = zirconia_mmio_regs_new(4, 8, 0);
	zirconia_mmio_regs_region(mock, &regs);
}

static void teardown(void)
{
	zirconia_mmio_release(&regs);
	zirconia_mmio_regs_free(mock);
}

TestSuite(call_mmio_regs, .init = setup, .fini = teardown);

static void expect_text(const char *got, const char *part)
{
	cr_assert(got != NULL && strstr(got, part) != NULL, "%s, not %s", got, part);
}

/* spec: clients A.17 mock #1 #2 #8 */
Test(call_mmio_regs, loads__as_expected__then_the_last_value)
{
	cr_assert_eq(zirconia_mmio_load32(&regs, 4), 0);
	zirconia_mmio_regs_expect_load(mock, 4, 10);
	zirconia_mmio_regs_expect_any_load(mock, 4);
	zirconia_mmio_regs_expect_load(mock, 4, 11);
	cr_assert_eq(zirconia_mmio_load32(&regs, 4), 10);
	cr_assert_eq(zirconia_mmio_load32(&regs, 4), 10);
	cr_assert_eq(zirconia_mmio_load32(&regs, 4), 11);
	cr_assert_eq(zirconia_mmio_load32(&regs, 4), 11);
	zirconia_mmio_store32(&regs, 4, 12);
	cr_assert_eq(zirconia_mmio_load32(&regs, 4), 12);
	cr_assert_eq(zirconia_mmio_load32(&regs, 8), 0); /* another register */
	cr_assert_null(zirconia_mmio_regs_verify_all(mock));
}

/* spec: clients A.17 mock #3 #4 */
Test(call_mmio_regs, stores__as_expected_or_not__told_once)
{
	zirconia_mmio_regs_expect_store(mock, 8, 5);
	zirconia_mmio_regs_expect_any_store(mock, 8);
	zirconia_mmio_regs_expect_store(mock, 8, 6);
	zirconia_mmio_store32(&regs, 8, 5);
	zirconia_mmio_store32(&regs, 8, 1234);
	cr_assert_null(zirconia_mmio_regs_failure(mock));
	zirconia_mmio_store32(&regs, 8, 7);
	expect_text(zirconia_mmio_regs_failure(mock),
		    "a store of another value at offset 8: 0x6 wanted, 0x7 came");
	cr_assert_eq(zirconia_mmio_load32(&regs, 8), 7); /* nothing aborts, and it counts */
	zirconia_mmio_regs_expect_store(mock, 12, 1);
	zirconia_mmio_store32(&regs, 12, 2);
	expect_text(zirconia_mmio_regs_failure(mock), "offset 8"); /* the first one */
}

/* spec: clients A.17 mock #5 #6 */
Test(call_mmio_regs, load_returns_and_clear__the_last_value_and_the_lists)
{
	zirconia_mmio_regs_load_returns(mock, 4, 9);
	cr_assert_eq(zirconia_mmio_load32(&regs, 4), 9);
	zirconia_mmio_regs_expect_any_load(mock, 4);
	zirconia_mmio_regs_load_returns(mock, 4, 8);
	cr_assert_eq(zirconia_mmio_load32(&regs, 4), 8);
	zirconia_mmio_regs_expect_load(mock, 4, 1);
	zirconia_mmio_regs_expect_store(mock, 4, 1);
	zirconia_mmio_regs_clear(mock, 4);
	cr_assert_eq(zirconia_mmio_load32(&regs, 4), 0);
	zirconia_mmio_store32(&regs, 4, 2);
	cr_assert_null(zirconia_mmio_regs_verify_all(mock));
}

/* spec: clients A.17 mock #7 */
Test(call_mmio_regs, verify__entries_left__one_register_or_all)
{
	zirconia_mmio_regs_expect_load(mock, 4, 1);
	cr_assert_null(zirconia_mmio_regs_failure(mock));
	cr_assert_null(zirconia_mmio_regs_verify(mock, 8));
	expect_text(zirconia_mmio_regs_verify(mock, 4), "a load that never came at offset 4");
	zirconia_mmio_regs_t *other = zirconia_mmio_regs_new(4, 8, 0);

	zirconia_mmio_regs_expect_store(other, 28, 3);
	zirconia_mmio_regs_load_returns(other, 0, 3);
	expect_text(zirconia_mmio_regs_verify_all(other), "a store that never came at offset 28");
	zirconia_mmio_region_t region;

	zirconia_mmio_regs_region(other, &region);
	cr_assert_eq(zirconia_mmio_load32(&region, 0), 0); /* cleared */
	zirconia_mmio_regs_free(other);
}

/* spec: clients A.17 mock #9 */
Test(call_mmio_regs, loads_and_stores__of_one_register__do_not_wait_for_each_other)
{
	zirconia_mmio_regs_expect_load(mock, 0, 1);
	zirconia_mmio_regs_expect_store(mock, 0, 2);
	zirconia_mmio_regs_expect_load(mock, 0, 3);
	zirconia_mmio_store32(&regs, 0, 2);
	cr_assert_eq(zirconia_mmio_load32(&regs, 0), 1);
	cr_assert_eq(zirconia_mmio_load32(&regs, 0), 3);
	cr_assert_null(zirconia_mmio_regs_verify_all(mock));
}

/* spec: clients A.17 mock #10 */
Test(call_mmio_regs, widths__all_of_them__hit_the_register)
{
	zirconia_mmio_regs_load_returns(mock, 8, 0x1122334455667788);
	cr_assert_eq(zirconia_mmio_load8(&regs, 8), 0x88);
	cr_assert_eq(zirconia_mmio_load8(&regs, 11), 0x88);
	cr_assert_eq(zirconia_mmio_load16(&regs, 10), 0x7788);
	cr_assert_eq(zirconia_mmio_load64(&regs, 8), 0x1122334455667788);
	zirconia_mmio_store8(&regs, 9, 0x99);
	cr_assert_eq(zirconia_mmio_load64(&regs, 8), 0x99);
}

/* spec: clients A.17 mock #11 */
Test(call_mmio_regs, first__not_zero__registers_lie_behind_it)
{
	zirconia_mmio_regs_t *m = zirconia_mmio_regs_new(4, 2, 16);
	zirconia_mmio_region_t region;

	zirconia_mmio_regs_region(m, &region);
	cr_assert_eq(zirconia_mmio_len(&region), 72);
	zirconia_mmio_regs_load_returns(m, 64, 1);
	zirconia_mmio_regs_load_returns(m, 68, 2);
	cr_assert(zirconia_mmio_load32(&region, 64) == 1 && zirconia_mmio_load32(&region, 68) == 2);
	cr_assert_null(zirconia_mmio_regs_failure(m));
	zirconia_mmio_load32(&region, 60);
	expect_text(zirconia_mmio_regs_failure(m), "a load of no register at offset 60");
	zirconia_mmio_regs_free(m);
	zirconia_mmio_regs_free(NULL);
	cr_assert_null(zirconia_mmio_regs_new(4, 1, SIZE_MAX));
	cr_assert_null(zirconia_mmio_regs_new(0, 1, 0));
	cr_assert_null(zirconia_mmio_regs_new(1, 0, 0));
	cr_assert_null(zirconia_mmio_regs_new(1, PTRDIFF_MAX, 0));
}

Test(call_mmio_regs, register_that_is_none__named__aborts, .signal = SIGABRT)
{
	zirconia_mmio_regs_expect_load(mock, 32, 1);
}
