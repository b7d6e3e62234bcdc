/* Fallible copies and accesses that may not tear, against the plain ones. */
#include <string.h>

#include <zirconia/fault.h>
#include <zirconia/vm_io.h>

#include "bench.h"

static uint8_t from[2 * BENCH_PAGE] __attribute__((aligned(4096)));
static uint8_t to[2 * BENCH_PAGE] __attribute__((aligned(4096)));

/* Lengths that the compiler does not know, as those of a real transfer. */
static volatile size_t page_len = BENCH_PAGE;
static volatile size_t short_len = 64;

#define COPIES(name, len, call)                                                      \
	static double name(uint64_t n)                                               \
	{                                                                            \
		const size_t bytes = len;                                            \
		double t = bench_now();                                              \
                                                                                     \
		for (uint64_t i = 0; i < n; i++) {                                   \
			call;                                                        \
			/* The bytes are looked at, as far as the compiler knows. */ \
			__asm__ volatile("" : : "r"(to) : "memory");                 \
		}                                                                    \
		return bench_now() - t;                                              \
	}

COPIES(fallible_page, page_len, BENCH_TRUE(zirconia_copy_fallible(to, from, bytes) == bytes))
COPIES(plain_page, page_len, memcpy(to, from, bytes))
COPIES(fallible_short, short_len, BENCH_TRUE(zirconia_copy_fallible(to, from, bytes) == bytes))
COPIES(plain_short, short_len, memcpy(to, from, bytes))

static uint64_t sum;

/* A page of words, word by word; the time is that of one word. */
static double once_loads(uint64_t n)
{
	double t = bench_now();

	for (uint64_t i = 0; i < n;) {
		zirconia_vm_reader_t r = zirconia_vm_reader_from(from, BENCH_PAGE);

		for (; i < n && zirconia_vm_reader_has_remain(&r); i++) {
			uint64_t value;

			BENCH_TRUE(ZIRCONIA_VM_READ_ONCE(&r, &value) == ZIRCONIA_VM_OK);
			sum += value;
		}
	}
	return bench_now() - t;
}

static double once_stores(uint64_t n)
{
	double t = bench_now();

	for (uint64_t i = 0; i < n;) {
		zirconia_vm_writer_t w = zirconia_vm_writer_from(to, BENCH_PAGE);

		for (; i < n && zirconia_vm_writer_has_avail(&w); i++) {
			const uint64_t value = i;

			BENCH_TRUE(ZIRCONIA_VM_WRITE_ONCE(&w, &value) == ZIRCONIA_VM_OK);
		}
	}
	return bench_now() - t;
}

/* What is allowed to a once-access, in ns, on top of the plain one. */
#define ALLOWED 1.0

static double volatile_loads(uint64_t n)
{
	double t = bench_now();

	for (uint64_t i = 0; i < n;) {
		const volatile uint64_t *p = (const volatile uint64_t *)(void *)from;

		for (size_t k = 0; i < n && k < BENCH_PAGE / sizeof(*p); i++, k++)
			sum += p[k];
	}
	return bench_now() - t + ALLOWED * (double)n;
}

static double volatile_stores(uint64_t n)
{
	double t = bench_now();

	for (uint64_t i = 0; i < n;) {
		volatile uint64_t *p = (volatile uint64_t *)(void *)to;

		for (size_t k = 0; i < n && k < BENCH_PAGE / sizeof(*p); i++, k++)
			p[k] = i;
	}
	return bench_now() - t + ALLOWED * (double)n;
}

const struct bench_row bench_vm_io[] = {
	{"VmIo/CopyFallible/4KiB", "memcpy", 1.05, 200000, fallible_page, plain_page, 0},
	{"VmIo/CopyFallible/64", "memcpy", 1.3, 2000000, fallible_short, plain_short, 0},
	{"VmIo/ReadOnce", "volatile load + 1 ns", 1.0, 4000000, once_loads, volatile_loads, 0},
	{"VmIo/WriteOnce", "volatile store + 1 ns", 1.0, 4000000, once_stores, volatile_stores, 0},
	{0},
};
