/* zi-test: valgrind */
/* Registers by descriptor, and fields of them. clients.md B.3.6. */
#include <signal.h>

#include <zirconia/mmio_mock.h>
#include <zirconia/mmio_register.h>

#include "t.h"

#define RO ZIRCONIA_MMIO_READ_ONLY
#define WO ZIRCONIA_MMIO_WRITE_ONLY
#define RW ZIRCONIA_MMIO_READ_WRITE

static const zirconia_mmio_register_t STATUS = ZIRCONIA_MMIO_REGISTER(0, 4, RO);
static const zirconia_mmio_register_t COMMAND = ZIRCONIA_MMIO_REGISTER(4, 2, WO);
static const zirconia_mmio_register_t CONTROL = ZIRCONIA_MMIO_REGISTER(8, 4, RW);
static const zirconia_mmio_register_t RING = ZIRCONIA_MMIO_REGISTERS(16, 4, RW, 8, 5);
static const zirconia_mmio_field_t ENABLE = ZIRCONIA_MMIO_BIT(0);
static const zirconia_mmio_field_t SPEED = ZIRCONIA_MMIO_FIELD(6, 4);
static const zirconia_mmio_field_t WHOLE = ZIRCONIA_MMIO_FIELD(31, 0);

static zirconia_mmio_mock_t *mock;
static zirconia_mmio_region_t regs;

static void setup(void)
{
	mock = zirconia_mmio_mock_new(64);
	zirconia_mmio_mock_region(mock, &regs);
}

static void teardown(void)
{
	zirconia_mmio_release(&regs);
	zirconia_mmio_mock_free(mock);
}

TestSuite(call_mmio_register, .init = setup, .fini = teardown);

/* spec: clients B.3.6 #1 #2 */
Test(call_mmio_register, each_mode__the_access_of_its_offset_and_width)
{
	zirconia_mmio_mock_expect_load(mock, 0, 4, 0x80000001);
	zirconia_mmio_mock_expect_store(mock, 4, 2, 0xffff);
	zirconia_mmio_mock_expect_load(mock, 8, 4, 7);
	zirconia_mmio_mock_expect_store(mock, 8, 4, 8);
	cr_assert_eq(zirconia_mmio_register_read(&regs, &STATUS), 0x80000001);
	zirconia_mmio_register_write(&regs, &COMMAND, 0xffff);
	cr_assert_eq(zirconia_mmio_register_read(&regs, &CONTROL), 7);
	zirconia_mmio_register_write(&regs, &CONTROL, 8);
	cr_assert_null(zirconia_mmio_mock_verify(mock));
}

/* spec: clients B.3.6 #8 */
Test(call_mmio_register, each_width__exactly_its_bytes)
{
	uint64_t memory[2] = {UINT64_MAX, UINT64_MAX};
	zirconia_mmio_region_t over;

	zirconia_mmio_region_from_memory(memory, sizeof(memory), NULL, &over);
	for (size_t width = 1; width <= 8; width *= 2) {
		const zirconia_mmio_register_t r = ZIRCONIA_MMIO_REGISTER(8, width, RW);
		const uint64_t most = UINT64_MAX >> (64 - 8 * width);

		cr_assert_eq(zirconia_mmio_register_read(&over, &r), most);
		zirconia_mmio_register_write(&over, &r, most - 1);
		cr_assert_eq(memory[1], UINT64_MAX - 1);
		zirconia_mmio_register_write(&over, &r, most);
		cr_assert(memory[0] == UINT64_MAX && memory[1] == UINT64_MAX);
	}
}

/* spec: clients B.3.6 #4 */
Test(call_mmio_register, indexed__base_plus_stride)
{
	for (size_t i = 0; i < 5; i++) {
		zirconia_mmio_mock_expect_load(mock, 16 + 8 * i, 4, i + 1);
		zirconia_mmio_mock_expect_store(mock, 16 + 8 * i, 4, 100 + i);
		cr_assert_eq(zirconia_mmio_register_read_index(&regs, &RING, i), i + 1);
		zirconia_mmio_register_write_index(&regs, &RING, i, 100 + i);
	}
	cr_assert_null(zirconia_mmio_mock_verify(mock));
	/* Without an index it is the first; a count of 0 is one. */
	const zirconia_mmio_register_t plain = {.offset = 8, .width = 4, .mode = RW};

	zirconia_mmio_mock_expect_load(mock, 16, 4, 5);
	zirconia_mmio_mock_expect_load(mock, 8, 4, 6);
	cr_assert_eq(zirconia_mmio_register_read(&regs, &RING), 5);
	cr_assert_eq(zirconia_mmio_register_read_index(&regs, &plain, 0), 6);
	cr_assert_null(zirconia_mmio_mock_verify(mock));
}

static uint64_t triple(void *ctx, uint64_t value)
{
	return *(uint64_t *)ctx * value;
}

/* spec: clients B.3.6 #6 */
Test(call_mmio_register, update__reads_changes_and_writes)
{
	uint64_t by = 3;

	zirconia_mmio_mock_expect_load(mock, 8, 4, 5);
	zirconia_mmio_mock_expect_store(mock, 8, 4, 15);
	zirconia_mmio_register_update(&regs, &CONTROL, triple, &by);
	zirconia_mmio_mock_expect_load(mock, 32, 4, 7);
	zirconia_mmio_mock_expect_store(mock, 32, 4, 21);
	zirconia_mmio_register_update_index(&regs, &RING, 2, triple, &by);
	zirconia_mmio_mock_expect_load(mock, 8, 4, 0xffffffff);
	zirconia_mmio_mock_expect_store(mock, 8, 4, 0xffffffaf);
	zirconia_mmio_register_update_field(&regs, &CONTROL, SPEED, 2);
	cr_assert_null(zirconia_mmio_mock_verify(mock));
}

/* spec: clients B.3.6 #7 */
Test(call_mmio_register, fields__their_bits_and_no_others)
{
	static const zirconia_mmio_field_t all = ZIRCONIA_MMIO_FIELD(63, 0),
					   top = ZIRCONIA_MMIO_BIT(63);

	cr_assert_eq(zirconia_mmio_field_mask(SPEED), 0x70);
	cr_assert_eq(zirconia_mmio_field_get(SPEED, 0xffffffa5), 2);
	cr_assert_eq(zirconia_mmio_field_set(SPEED, 0xffffffff, 5), 0xffffffdf);
	cr_assert_eq(zirconia_mmio_field_get(ENABLE, 2), 0);
	cr_assert_eq(zirconia_mmio_field_set(ENABLE, 2, 1), 3);
	cr_assert_eq(zirconia_mmio_field_get(WHOLE, 0x12345678), 0x12345678);
	cr_assert_eq(zirconia_mmio_field_set(WHOLE, 7, 0xffffffff), 0xffffffff);
	cr_assert_eq(zirconia_mmio_field_mask(all), UINT64_MAX);
	cr_assert_eq(zirconia_mmio_field_set(all, 1, UINT64_MAX), UINT64_MAX);
	cr_assert_eq(zirconia_mmio_field_get(top, UINT64_MAX), 1);
	cr_assert_eq(zirconia_mmio_field_set(top, 1, 1), 0x8000000000000001);
}

/* ---- what aborts; spec: clients B.3.6 #3 #5 */

Test(call_mmio_register, write_only__read__aborts, .signal = SIGABRT)
{
	zirconia_mmio_register_read(&regs, &COMMAND);
}

Test(call_mmio_register, read_only__written__aborts, .signal = SIGABRT)
{
	zirconia_mmio_register_write(&regs, &STATUS, 0);
}

Test(call_mmio_register, read_only__updated__aborts, .signal = SIGABRT)
{
	zirconia_mmio_register_update_field(&regs, &STATUS, ENABLE, 1);
}

Test(call_mmio_register, index__of_the_count__aborts, .signal = SIGABRT)
{
	zirconia_mmio_register_read_index(&regs, &RING, 5);
}

Test(call_mmio_register, index__written_far_out__aborts, .signal = SIGABRT)
{
	static const zirconia_mmio_register_t many =
		ZIRCONIA_MMIO_REGISTERS(16, 4, RW, SIZE_MAX / 4, SIZE_MAX);

	zirconia_mmio_register_write_index(&regs, &many, 5, 0);
}

Test(call_mmio_register, value__wider_than_the_register__aborts, .signal = SIGABRT)
{
	zirconia_mmio_register_write(&regs, &COMMAND, 0x10000);
}

Test(call_mmio_register, value__wider_than_the_field__aborts, .signal = SIGABRT)
{
	zirconia_mmio_field_set(SPEED, 0, 8);
}

Test(call_mmio_register, register__outside_of_the_region__aborts, .signal = SIGABRT)
{
	static const zirconia_mmio_register_t outside = ZIRCONIA_MMIO_REGISTER(64, 4, RW);

	zirconia_mmio_register_read(&regs, &outside);
}

Test(call_mmio_register, width__that_there_is_not__aborts, .signal = SIGABRT)
{
	static const zirconia_mmio_register_t odd = ZIRCONIA_MMIO_REGISTER(0, 3, RW);

	zirconia_mmio_register_write(&regs, &odd, 0);
}
