/* zi-test: valgrind */
/* Expectations on registers: what matches, what does not, what is left. clients.md B.3.7. */
#include <pthread.h>
#include <string.h>

#include <zirconia/mmio_mock.h>

#include "t.h"

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

TestSuite(call_mmio_mock, .init = setup, .fini = teardown);

/* spec: clients B.3.7 #9 #11; clients B.3.2 #11; clients A.17 ordered #1 #2 */
Test(call_mmio_mock, accesses_as_expected__in_order_and_from_parts__nothing_to_tell)
{
	zirconia_mmio_region_t left;

	cr_assert(zirconia_mmio_mock_expect_load(mock, 0, 4, 0x1234));
	cr_assert(zirconia_mmio_mock_expect_store(mock, 36, 2, 7));
	cr_assert(zirconia_mmio_mock_expect_write_barrier(mock));
	cr_assert(zirconia_mmio_mock_expect_load(mock, 8, 8, UINT64_MAX));
	cr_assert_eq(zirconia_mmio_load32(&regs, 0), 0x1234u);
	zirconia_mmio_split_off(&regs, 32, &left);
	zirconia_mmio_store16(&regs, 4, 7);
	zirconia_mmio_write_barrier(&left);
	cr_assert_eq(zirconia_mmio_load64(&left, 8), UINT64_MAX);
	cr_assert_null(zirconia_mmio_mock_verify(mock));
	zirconia_mmio_release(&left);
}

/* spec: clients B.3.7 #7 #8 */
Test(call_mmio_mock, poll__answers_in_order__the_last_again_until_the_next_entry)
{
	static const uint64_t answers[] = {1, 1, 3};

	zirconia_mmio_mock_expect_poll(mock, 4, 4, answers, 3);
	zirconia_mmio_mock_expect_store(mock, 4, 4, 9);
	zirconia_mmio_mock_expect_poll(mock, 8, 4, answers, 1);
	cr_assert(zirconia_mmio_load32(&regs, 4) == 1 && zirconia_mmio_load32(&regs, 4) == 1);
	cr_assert(zirconia_mmio_load32(&regs, 4) == 3 && zirconia_mmio_load32(&regs, 4) == 3);
	zirconia_mmio_store32(&regs, 4, 9);
	cr_assert_null(zirconia_mmio_mock_failure(mock));
	cr_assert_eq(zirconia_mmio_load32(&regs, 8), 1);
	cr_assert_eq(zirconia_mmio_load32(&regs, 8), 1);
	cr_assert_null(zirconia_mmio_mock_verify(mock));
}

static void expect_text(const char *got, const char *part)
{
	cr_assert(got != NULL && strstr(got, part) != NULL, "%s, not %s", got, part);
}

/* spec: clients B.3.7 #2 #7 */
Test(call_mmio_mock, poll__left_too_early__mismatch)
{
	static const uint64_t answers[] = {1, 2};

	zirconia_mmio_mock_expect_poll(mock, 4, 4, answers, 2);
	zirconia_mmio_mock_expect_store(mock, 4, 4, 9);
	zirconia_mmio_load32(&regs, 4);
	zirconia_mmio_store32(&regs, 4, 9);
	expect_text(zirconia_mmio_mock_failure(mock), "expectation mismatch");
}

/* spec: clients B.3.7 #2; clients A.17 ordered #1 */
Test(call_mmio_mock, wrong_accesses__each__named)
{
	static const struct {
		const char *name;
		bool store;
		size_t offset, width;
		uint64_t value;
	} rows[] = {{"kind", false, 8, 4, 0},
		    {"offset", true, 12, 4, 5},
		    {"width", true, 8, 2, 5},
		    {"value", true, 8, 4, 6}};

	T_EACH (rows, r) {
		zirconia_mmio_mock_t *m = zirconia_mmio_mock_new(64);
		zirconia_mmio_region_t region;

		zirconia_mmio_mock_region(m, &region);
		zirconia_mmio_mock_expect_store(m, 8, 4, 5);
		if (!r->store)
			zirconia_mmio_load32(&region, r->offset);
		else if (r->width == 2)
			zirconia_mmio_store16(&region, r->offset, (uint16_t)r->value);
		else
			zirconia_mmio_store32(&region, r->offset, (uint32_t)r->value);
		expect_text(zirconia_mmio_mock_failure(m), "expectation mismatch");
		zirconia_mmio_release(&region);
		zirconia_mmio_mock_free(m);
	}
}

/* spec: clients B.3.7 #1 */
Test(call_mmio_mock, empty_list__any_access__unexpected)
{
	zirconia_mmio_load8(&regs, 0);
	expect_text(zirconia_mmio_mock_verify(mock),
		    "unexpected MMIO access: load of 1 bytes at offset 0");
}

/* spec: clients B.3.7 #3; clients A.17 ordered #2 */
Test(call_mmio_mock, entries_left__at_the_end__unretired)
{
	zirconia_mmio_mock_expect_load(mock, 0, 4, 0);
	cr_assert_null(zirconia_mmio_mock_failure(mock));
	expect_text(zirconia_mmio_mock_verify(mock), "unretired expectations");
}

/* spec: clients B.3.7 #4 #5 */
Test(call_mmio_mock, entries__outside_or_unaligned__refused)
{
	cr_assert_not(zirconia_mmio_mock_expect_load(mock, 64, 1, 0));
	expect_text(zirconia_mmio_mock_failure(mock), "exceeds region size");
	cr_assert_not(zirconia_mmio_mock_expect_store(mock, SIZE_MAX, 8, 0));
	cr_assert_not(zirconia_mmio_mock_expect_store(mock, 2, 4, 0));
	zirconia_mmio_mock_t *m = zirconia_mmio_mock_new(64);

	cr_assert_not(zirconia_mmio_mock_expect_store(m, 2, 4, 0));
	expect_text(zirconia_mmio_mock_failure(m), "is unaligned");
	zirconia_mmio_mock_free(m);
}

/* spec: clients B.3.7 #6 #10 */
Test(call_mmio_mock, registers_by_descriptor__their_accesses__bounds_and_modes)
{
	static const zirconia_mmio_register_t status =
		ZIRCONIA_MMIO_REGISTER(4, 4, ZIRCONIA_MMIO_READ_ONLY);
	static const zirconia_mmio_register_t ring =
		ZIRCONIA_MMIO_REGISTERS(16, 2, ZIRCONIA_MMIO_READ_WRITE, 4, 3);
	static const zirconia_mmio_register_t doorbell =
		ZIRCONIA_MMIO_REGISTER(8, 8, ZIRCONIA_MMIO_WRITE_ONLY);
	static const uint64_t busy[] = {1, 1, 0};

	cr_assert(zirconia_mmio_mock_expect_register_poll(mock, &status, 0, busy, 3));
	cr_assert(zirconia_mmio_mock_expect_register_write(mock, &ring, 2, 77));
	cr_assert(zirconia_mmio_mock_expect_register_read(mock, &ring, 1, 78));
	cr_assert(zirconia_mmio_mock_expect_register_write(mock, &doorbell, 0, UINT64_MAX));
	while (zirconia_mmio_register_read(&regs, &status) != 0)
		;
	zirconia_mmio_store16(&regs, 24, 77);
	cr_assert_eq(zirconia_mmio_load16(&regs, 20), 78);
	zirconia_mmio_register_write(&regs, &doorbell, UINT64_MAX);
	cr_assert_null(zirconia_mmio_mock_verify(mock));

	const struct {
		const char *name, *text;
		const zirconia_mmio_register_t *reg;
		size_t index;
		bool write;
	} rows[] = {
		{"index", "index out of bounds", &ring, 3, false},
		{"index of one register", "index out of bounds", &status, 1, false},
		{"written", "is read-only", &status, 0, true},
		{"read", "is write-only", &doorbell, 0, false},
	};

	T_EACH (rows, r) {
		zirconia_mmio_mock_t *m = zirconia_mmio_mock_new(64);

		if (r->write)
			cr_assert_not(
				zirconia_mmio_mock_expect_register_write(m, r->reg, r->index, 0));
		else
			cr_assert_not(
				zirconia_mmio_mock_expect_register_read(m, r->reg, r->index, 0));
		expect_text(zirconia_mmio_mock_failure(m), r->text);
		zirconia_mmio_mock_free(m);
	}
}

Test(call_mmio_mock, poll__of_no_values__refused)
{
	cr_assert_not(zirconia_mmio_mock_expect_poll(mock, 4, 4, NULL, 0));
	expect_text(zirconia_mmio_mock_failure(mock), "no values");
}

static void *load_two(void *arg)
{
	const zirconia_mmio_region_t *r = arg;

	for (int i = 0; i < 500; i++)
		zirconia_mmio_load32(r, 0);
	return NULL;
}

/* spec: clients A.17 ordered #3 */
Test(call_mmio_mock, accesses_of_several_threads__each_gets_an_entry)
{
	pthread_t threads[4];

	for (int i = 0; i < 2000; i++)
		zirconia_mmio_mock_expect_load(mock, 0, 4, 1);
	T_EACH (threads, t)
		cr_assert_eq(pthread_create(t, NULL, load_two, &regs), 0);
	T_EACH (threads, t)
		pthread_join(*t, NULL);
	cr_assert_null(zirconia_mmio_mock_verify(mock));
}
