/*
 * Readers and writers over memory (zirconia/vm_cursor.h): every row of clients.md E.1 for every
 * kind of cursor.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zirconia/vm_cursor.h>

#include "t.h"

static zx_vaddr_t map(zx_vm_option_t options, zx_handle_t vmo, size_t len)
{
	zx_vaddr_t addr = 0;

	T_OK(zx_vmar_map(zx_vmar_root_self(), options, 0, vmo, 0, len, &addr));
	return addr;
}

static zirconia_vm_reader_fallible_t fallible_reader(const void *p, size_t n)
{
	return zirconia_vm_reader_to_fallible(zirconia_vm_reader_from(p, n));
}

static zirconia_vm_writer_fallible_t fallible_writer(void *p, size_t n)
{
	return zirconia_vm_writer_to_fallible(zirconia_vm_writer_from(p, n));
}

/* n bytes at the end of readable and writable memory, with a hole behind. */
static uint8_t *before_hole(size_t n)
{
	return t_before_guard(n);
}

/* ---- constructors, queries, trims: one test per type, made from one text */

#define QUERIES(name, type, make, left)                                              \
	/* spec: clients E.1 "remain / avail", "has_remain / has_avail" */           \
	/* spec: clients E.1 "cursor", "limit", "skip" */                            \
	Test(vm_io_cursor, queries__##name##__follow_the_cursor)                     \
	{                                                                            \
		uint8_t bytes[10] = {0};                                             \
		type##_t c = make(bytes, 10);                                        \
                                                                                     \
		cr_assert_eq(type##_##left(&c), 10);                                 \
		cr_assert(type##_has_##left(&c));                                    \
		cr_assert_eq(type##_cursor(&c), bytes);                              \
		cr_assert_eq(type##_limit(&c, 20), &c);                              \
		cr_assert_eq(type##_##left(&c), 10, "limit never grows");            \
		cr_assert_eq(type##_limit(&c, 10), &c);                              \
		cr_assert_eq(type##_##left(&c), 10);                                 \
		cr_assert_eq(type##_limit(&c, 7), &c);                               \
		cr_assert_eq(type##_##left(&c), 7);                                  \
		cr_assert_eq(type##_skip(&c, 3), &c);                                \
		cr_assert_eq(type##_cursor(&c), bytes + 3);                          \
		cr_assert_eq(type##_##left(&c), 4);                                  \
		type##_t copy = c;                                                   \
		cr_assert_eq(type##_skip(&copy, 4), &copy);                          \
		cr_assert_not(type##_has_##left(&copy));                             \
		cr_assert_eq(type##_##left(&c), 4, "a copy moves alone");            \
		cr_assert_eq(type##_##left(type##_limit(type##_skip(&c, 0), 0)), 0); \
	}                                                                            \
	/* spec: clients E.1 "skip" */                                               \
	Test(vm_io_cursor, skip__##name##_past_the_end__aborts, .signal = SIGABRT)   \
	{                                                                            \
		uint8_t bytes[4] = {0};                                              \
		type##_t c = make(bytes, 4);                                         \
                                                                                     \
		type##_skip(&c, 5);                                                  \
	}

QUERIES(reader, zirconia_vm_reader, zirconia_vm_reader_from, remain)
QUERIES(fallible_reader, zirconia_vm_reader_fallible, zirconia_vm_reader_from_user, remain)
QUERIES(writer, zirconia_vm_writer, zirconia_vm_writer_from, avail)
QUERIES(fallible_writer, zirconia_vm_writer_fallible, zirconia_vm_writer_from_user, avail)

/* spec: clients E.1 "to_fallible" */
Test(vm_io_cursor, to_fallible__moved_cursors__kept)
{
	uint8_t bytes[10] = {0};
	zirconia_vm_reader_t r = zirconia_vm_reader_from(bytes, 10);
	zirconia_vm_writer_t w = zirconia_vm_writer_from(bytes, 10);

	zirconia_vm_reader_limit(zirconia_vm_reader_skip(&r, 2), 5);
	zirconia_vm_writer_limit(zirconia_vm_writer_skip(&w, 3), 4);

	const zirconia_vm_reader_fallible_t fr = zirconia_vm_reader_to_fallible(r);
	const zirconia_vm_writer_fallible_t fw = zirconia_vm_writer_to_fallible(w);

	cr_assert(zirconia_vm_reader_fallible_cursor(&fr) == bytes + 2 &&
		  zirconia_vm_reader_fallible_remain(&fr) == 5);
	cr_assert(zirconia_vm_writer_fallible_cursor(&fw) == bytes + 3 &&
		  zirconia_vm_writer_fallible_avail(&fw) == 4);
}

/* spec: clients E.1 "from_kernel_space" */
Test(vm_io_cursor, from__empty_range__pointer_not_looked_at)
{
	zirconia_vm_reader_t r = zirconia_vm_reader_from((void *)UINTPTR_MAX, 0);
	zirconia_vm_writer_t w = zirconia_vm_writer_from(NULL, 0);

	cr_assert_not(zirconia_vm_reader_has_remain(&r));
	cr_assert_eq(zirconia_vm_read(&r, &w), 0);
}

Test(vm_io_cursor, from__range_that_wraps__aborts, .signal = SIGABRT)
{
	zirconia_vm_reader_from((void *)(UINTPTR_MAX - 3), 5);
}

/* spec: clients E.1 "from_user_space" */
Test(vm_io_cursor, from_user__range_that_wraps__aborts, .signal = SIGABRT)
{
	zirconia_vm_reader_from_user((void *)T_PAGE, SIZE_MAX);
}

Test(vm_io_cursor, from_user__past_user_space__aborts, .signal = SIGABRT)
{
	zirconia_vm_writer_from_user((void *)(((uintptr_t)1 << 48) - 4), 8);
}

/* ---- many bytes */

/* The four pairs behind one form; an infallible copy never errs. */
enum pair { II, FF, FI, IF };
static const char *const pair_names[] = {"both infallible", "both fallible", "reader fallible",
					 "writer fallible"};

struct copied {
	zirconia_vm_count_t result;
	size_t read;    /* by how much the reader moved */
	size_t written; /* and the writer */
};

static struct copied copy(enum pair pair, void *dst, size_t avail, const void *src, size_t remain)
{
	zirconia_vm_reader_t r = zirconia_vm_reader_from(src, remain);
	zirconia_vm_writer_t w = zirconia_vm_writer_from(dst, avail);
	zirconia_vm_reader_fallible_t fr = zirconia_vm_reader_to_fallible(r);
	zirconia_vm_writer_fallible_t fw = zirconia_vm_writer_to_fallible(w);
	struct copied c = {{0, ZIRCONIA_VM_OK}, 0, 0};

	switch (pair) {
	case II:
		c.result.count = zirconia_vm_read(&r, &w);
		break;
	case FF:
		c.result = zirconia_vm_read_fallible(&fr, &fw);
		break;
	case FI:
		c.result = zirconia_vm_read_from_fallible(&fr, &w);
		break;
	case IF:
		c.result = zirconia_vm_read_to_fallible(&r, &fw);
		break;
	}
	c.read = pair == II || pair == IF ? remain - zirconia_vm_reader_remain(&r) :
					    remain - zirconia_vm_reader_fallible_remain(&fr);
	c.written = pair == II || pair == FI ? avail - zirconia_vm_writer_avail(&w) :
					       avail - zirconia_vm_writer_fallible_avail(&fw);
	return c;
}

/* spec: clients E.1 "read(writer) / write(reader)", "read_fallible / write_fallible" */
Test(vm_io_cursor, copy__lengths_differ__shorter_side_counts)
{
	for (enum pair pair = II; pair <= IF; pair++) {
		for (size_t remain = 0; remain <= 6; remain++) {
			for (size_t avail = 0; avail <= 6; avail++) {
				const uint8_t src[6] = {1, 2, 3, 4, 5, 6};
				uint8_t dst[6] = {9, 9, 9, 9, 9, 9};
				const size_t n = remain < avail ? remain : avail;
				const struct copied c = copy(pair, dst, avail, src, remain);

				cr_assert(c.result.error == ZIRCONIA_VM_OK && c.result.count == n &&
						  c.read == n && c.written == n,
					  "%s, %zu to %zu", pair_names[pair], remain, avail);
				cr_assert_arr_eq(dst, src, n);
				cr_assert(t_all(dst + n, 6 - n, 9));
			}
		}
	}
}

/* spec: clients E.1 "read_fallible / write_fallible" */
Test(vm_io_cursor, copy__nothing_to_do__memory_not_touched)
{
	for (enum pair pair = FF; pair <= IF; pair++) {
		uint8_t byte = 1;

		cr_assert_eq(copy(pair, (void *)16, 4, &byte, 0).result.error, ZIRCONIA_VM_OK);
		cr_assert_eq(copy(pair, &byte, 0, (void *)16, 4).result.error, ZIRCONIA_VM_OK);
	}
}

/*
 * ---- holes of every kind: `edge` is where it begins, two pages before it are good on both counts
 */

static zx_vaddr_t hole_unmapped(void)
{
	const zx_vaddr_t addr =
		map(ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, t_vmo(4 * T_PAGE), 4 * T_PAGE);

	T_OK(zx_vmar_unmap(zx_vmar_root_self(), addr + 2 * T_PAGE, T_PAGE));
	return addr + 2 * T_PAGE;
}

static zx_vaddr_t hole_read_only(void)
{
	const zx_vaddr_t addr =
		map(ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, t_vmo(4 * T_PAGE), 4 * T_PAGE);

	T_OK(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, addr + 2 * T_PAGE, T_PAGE));
	return addr + 2 * T_PAGE;
}

static zx_vaddr_t hole_no_access(void)
{
	const zx_vaddr_t addr =
		map(ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, t_vmo(4 * T_PAGE), 4 * T_PAGE);

	T_OK(zx_vmar_protect(zx_vmar_root_self(), 0, addr + 2 * T_PAGE, T_PAGE));
	return addr + 2 * T_PAGE;
}

static zx_vaddr_t hole_past_the_end(void)
{
	return map(ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_ALLOW_FAULTS, t_vmo(2 * T_PAGE),
		   4 * T_PAGE) +
	       2 * T_PAGE;
}

/*
 * The pager of the VMO has gone: what it had not supplied fails for good. Pages that were written
 * stay.
 */
static zx_vaddr_t hole_of_a_pager(void)
{
	uint8_t page[2 * T_PAGE] = {1};
	zx_handle_t port, pager, vmo, aux = t_vmo(2 * T_PAGE);
	zx_vaddr_t addr;

	T_OK(zx_port_create(0, &port));
	T_OK(zx_pager_create(0, &pager));
	T_OK(zx_pager_create_vmo(pager, 0, port, 0, 4 * T_PAGE, &vmo));
	T_OK(zx_vmo_write(aux, page, 0, 2 * T_PAGE));
	T_OK(zx_pager_supply_pages(pager, vmo, 0, 2 * T_PAGE, aux, 0));
	T_OK(zx_vmo_write(vmo, page, 0, 2 * T_PAGE));
	T_OK(zx_pager_detach_vmo(pager, vmo));
	addr = map(ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, vmo, 4 * T_PAGE);
	/* Faults now: to Valgrind one in a plain store is a mistake of the program. */
	T_OK(zirconia_probe_write8((void *)addr, 1));
	T_OK(zirconia_probe_write8((void *)(addr + T_PAGE), 1));
	return addr + 2 * T_PAGE;
}

static zx_vaddr_t hole_of_the_host(void)
{
	return (zx_vaddr_t)t_before_guard(2 * T_PAGE) + 2 * T_PAGE;
}

static const struct {
	const char *name;
	zx_vaddr_t (*make)(void);
	bool readable; /* only writing meets it */
} holes[] = {
	{"unmapped", hole_unmapped, false},
	{"read-only", hole_read_only, true},
	{"no access", hole_no_access, false},
	{"past the end", hole_past_the_end, false},
	{"guard of the host", hole_of_the_host, false},
	{"page that a pager failed", hole_of_a_pager, false},
};

/* zi-test: valgrind timeout=240 */
/* spec: clients E.1 "read_fallible / write_fallible" */
Test(vm_io_cursor, copy__into_a_hole__exact_counts_for_every_length_and_alignment)
{
	/*
	 * Every length up to two pages where a fault takes microseconds; a sample where it takes
	 * many.
	 */
	const size_t step = t_has("native") ? 1 : 61;
	uint8_t *other = aligned_alloc(T_PAGE, 4 * T_PAGE);

	cr_assert_not_null(other);
	T_EACH (holes, h) {
		const zx_vaddr_t edge = h->make();
		uint8_t *good = (uint8_t *)(edge - 2 * T_PAGE);

		for (size_t i = 0; i < 2 * T_PAGE; i++)
			good[i] = (uint8_t)(i % 251);
		for (size_t align = 0; align < 16; align++) {
			uint8_t *mem = other + align;

			for (size_t n = 0; n <= 2 * T_PAGE; n += step) {
				const size_t want = n + 1 + n % 300;
				const enum pair from = align % 2 == 0 ? FF : FI;
				const enum pair to = align % 2 == 0 ? FF : IF;
				struct copied c;

				if (!h->readable) {
					memset(mem, 0xcc, n + 8);
					c = copy(from, mem, want, (void *)(edge - n), want);
					cr_assert(
						c.result.error == ZIRCONIA_VM_PAGE_FAULT &&
							c.result.count == n && c.read == n &&
							c.written == n,
						"from %s, %zu bytes, alignment %zu: error %d, %zu",
						h->name, n, align, c.result.error, c.result.count);
					cr_assert(memcmp(mem, (void *)(edge - n), n) == 0 &&
							  t_all(mem + n, 8, 0xcc),
						  "from %s, %zu bytes, alignment %zu", h->name, n,
						  align);
				}
				memset(mem, (int)(n % 255 + 1), n + 1);
				c = copy(to, (void *)(edge - n), want, mem, want);
				cr_assert(c.result.error == ZIRCONIA_VM_PAGE_FAULT &&
						  c.result.count == n && c.read == n &&
						  c.written == n,
					  "to %s, %zu bytes, alignment %zu: error %d, %zu", h->name,
					  n, align, c.result.error, c.result.count);
				cr_assert_eq(memcmp((void *)(edge - n), mem, n), 0,
					     "to %s, %zu bytes, alignment %zu", h->name, n, align);
			}
		}
	}
	free(other);
}

/* ---- values */

struct three {
	uint8_t a;
	uint32_t b;
	uint64_t c;
};

/* spec: clients E.1 "read_val(T)", "write_val(T)" infallible */
Test(vm_io_cursor, val__infallible__round_trip_at_any_alignment_and_short)
{
	uint8_t bytes[64];

	for (size_t align = 0; align < 9; align++) {
		zirconia_vm_writer_t w = zirconia_vm_writer_from(bytes + align, 29);
		zirconia_vm_reader_t r = zirconia_vm_reader_from(bytes + align, 29);
		const struct three in = {1, 0x22222222, 0x3333333333333333};
		const uint32_t in32 = 0x44556677;
		const uint8_t in8 = 0x88;
		struct three out;
		uint32_t out32 = 0;
		uint8_t out8 = 0;

		memset(&out, 0, sizeof(out));
		cr_assert_eq(ZIRCONIA_VM_WRITE_VAL(&w, &in8), ZIRCONIA_VM_OK);
		cr_assert_eq(ZIRCONIA_VM_WRITE_VAL(&w, &in32), ZIRCONIA_VM_OK);
		cr_assert_eq(ZIRCONIA_VM_WRITE_VAL(&w, &in), ZIRCONIA_VM_OK);
		cr_assert_eq(zirconia_vm_writer_avail(&w), 0 + 29 - 5 - sizeof(in));
		cr_assert_eq(ZIRCONIA_VM_READ_VAL(&r, &out8), ZIRCONIA_VM_OK);
		cr_assert_eq(ZIRCONIA_VM_READ_VAL(&r, &out32), ZIRCONIA_VM_OK);
		cr_assert_eq(ZIRCONIA_VM_READ_VAL(&r, &out), ZIRCONIA_VM_OK);
		cr_assert(out8 == in8 && out32 == in32 && out.a == in.a && out.b == in.b &&
			  out.c == in.c);
	}

	/* Three bytes are no u32. */
	zirconia_vm_reader_t r = zirconia_vm_reader_from(bytes, 3);
	zirconia_vm_writer_t w = zirconia_vm_writer_from(bytes, 3);
	uint32_t value = 7;

	cr_assert_eq(ZIRCONIA_VM_READ_VAL(&r, &value), ZIRCONIA_VM_INVALID_ARGS);
	cr_assert_eq(ZIRCONIA_VM_WRITE_VAL(&w, &value), ZIRCONIA_VM_INVALID_ARGS);
	cr_assert(value == 7 && zirconia_vm_reader_remain(&r) == 3 &&
		  zirconia_vm_writer_avail(&w) == 3);
}

/* spec: clients E.1 "read_val(T)", "write_val(T)" fallible */
Test(vm_io_cursor, val__fallible__round_trip_short_and_restored_after_a_fault)
{
	uint8_t *mem = before_hole(64);
	zirconia_vm_writer_fallible_t w = zirconia_vm_writer_from_user(mem, 80);
	zirconia_vm_reader_fallible_t r = zirconia_vm_reader_from_user(mem, 80);
	const struct three in = {1, 0x22222222, 0x3333333333333333};
	struct three out;
	uint32_t value = 7;

	memset(&out, 0, sizeof(out));
	cr_assert_eq(ZIRCONIA_VM_WRITE_VAL_FALLIBLE(&w, &in), ZIRCONIA_VM_OK);
	cr_assert_eq(ZIRCONIA_VM_READ_VAL_FALLIBLE(&r, &out), ZIRCONIA_VM_OK);
	cr_assert(out.a == in.a && out.b == in.b && out.c == in.c);
	cr_assert_eq(zirconia_vm_writer_fallible_cursor(&w), mem + sizeof(in));
	cr_assert_eq(zirconia_vm_reader_fallible_cursor(&r), mem + sizeof(in));

	/*
	 * A value across the edge: cursors stay, bytes before the edge may have been written, later
	 * ones cannot.
	 */
	zirconia_vm_writer_fallible_skip(&w, 62 - sizeof(in));
	zirconia_vm_reader_fallible_skip(&r, 62 - sizeof(in));
	cr_assert_eq(ZIRCONIA_VM_WRITE_VAL_FALLIBLE(&w, &value), ZIRCONIA_VM_PAGE_FAULT);
	cr_assert_eq(ZIRCONIA_VM_READ_VAL_FALLIBLE(&r, &value), ZIRCONIA_VM_PAGE_FAULT);
	cr_assert_eq(zirconia_vm_writer_fallible_cursor(&w), mem + 62);
	cr_assert_eq(zirconia_vm_reader_fallible_cursor(&r), mem + 62);

	/* The length comes first: nothing is touched for a value that does not fit. */
	zirconia_vm_writer_fallible_limit(&w, 3);
	zirconia_vm_reader_fallible_limit(&r, 3);
	value = 7;
	cr_assert_eq(ZIRCONIA_VM_WRITE_VAL_FALLIBLE(&w, &value), ZIRCONIA_VM_INVALID_ARGS);
	cr_assert_eq(ZIRCONIA_VM_READ_VAL_FALLIBLE(&r, &value), ZIRCONIA_VM_INVALID_ARGS);
	cr_assert_eq(value, 7);
}

/* ---- once */

#define ONCE(bits, pattern)                                                                      \
	/* spec: clients E.1 "read_once(T) / write_once(T)" */                                   \
	Test(vm_io_cursor, once##bits##__aligned_and_short__value_or_invalid_args)               \
	{                                                                                        \
		uint64_t store[3] = {0};                                                         \
		zirconia_vm_writer_t w = zirconia_vm_writer_from(store, 2 * bits / 8);           \
		zirconia_vm_reader_t r = zirconia_vm_reader_from(store, 2 * bits / 8);           \
		const uint##bits##_t in = (uint##bits##_t)pattern;                               \
		uint##bits##_t out = 0;                                                          \
                                                                                                 \
		cr_assert_eq(ZIRCONIA_VM_WRITE_ONCE(&w, &in), ZIRCONIA_VM_OK);                   \
		cr_assert_eq(zirconia_vm_write_once##bits(&w, in), ZIRCONIA_VM_OK);              \
		cr_assert_eq(ZIRCONIA_VM_WRITE_ONCE(&w, &in), ZIRCONIA_VM_INVALID_ARGS);         \
		cr_assert_eq(ZIRCONIA_VM_READ_ONCE(&r, &out), ZIRCONIA_VM_OK);                   \
		cr_assert_eq(out, in);                                                           \
		out = 0;                                                                         \
		cr_assert_eq(zirconia_vm_read_once##bits(&r, &out), ZIRCONIA_VM_OK);             \
		cr_assert_eq(out, in);                                                           \
		cr_assert_eq(ZIRCONIA_VM_READ_ONCE(&r, &out), ZIRCONIA_VM_INVALID_ARGS);         \
		cr_assert_eq(memcmp((uint8_t *)store + 2 * bits / 8, "\0\0\0\0\0\0\0\0", 8), 0); \
	}

ONCE(8, 0xa1)
ONCE(16, 0xa1b2)
ONCE(32, 0xa1b2c3d4)
ONCE(64, 0xa1b2c3d4e5f60718)

/* A length that is short is told even where the cursor is also misaligned. */
Test(vm_io_cursor, once__short_and_misaligned__invalid_args)
{
	uint64_t store = 0;
	zirconia_vm_reader_t r = zirconia_vm_reader_from((uint8_t *)&store + 1, 3);
	uint32_t value = 5;

	cr_assert_eq(ZIRCONIA_VM_READ_ONCE(&r, &value), ZIRCONIA_VM_INVALID_ARGS);
	cr_assert_eq(value, 5);
}

/* spec: clients E.1 "read_once(T) / write_once(T)" */
Test(vm_io_cursor, read_once__misaligned__aborts, .signal = SIGABRT)
{
	uint64_t store[2] = {0};
	zirconia_vm_reader_t r = zirconia_vm_reader_from((uint8_t *)store + 1, 8);
	uint16_t value;

	ZIRCONIA_VM_READ_ONCE(&r, &value);
}

Test(vm_io_cursor, write_once__misaligned__aborts, .signal = SIGABRT)
{
	uint64_t store[2] = {0};
	zirconia_vm_writer_t w = zirconia_vm_writer_from((uint8_t *)store + 4, 8);
	const uint64_t value = 1;

	ZIRCONIA_VM_WRITE_ONCE(&w, &value);
}

/* ---- atomics */

/* spec: clients E.1 "atomic_compare_exchange(u32)" and the series of E.2 */
Test(vm_io_cursor, compare_exchange__series__previous_values_and_success)
{
	uint32_t *word = (uint32_t *)map(ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, t_vmo(T_PAGE), T_PAGE);
	zirconia_vm_writer_fallible_t w = zirconia_vm_writer_from_user(word, 8);
	zirconia_vm_reader_fallible_t r = zirconia_vm_reader_from_user(word, 8);
	static const struct {
		uint32_t expected, desired, previous;
		bool exchanged;
	} series[] = {
		{0, 100, 0, true},     {100, 200, 100, true},  {300, 400, 200, false},
		{200, 300, 200, true}, {200, 400, 300, false},
	};
	uint32_t value;

	T_EACH (series, s) {
		uint32_t previous = 1;
		bool exchanged = !s->exchanged;

		cr_assert_eq(zirconia_vm_atomic_compare_exchange32(&w, &r, s->expected, s->desired,
								   &previous, &exchanged),
			     ZIRCONIA_VM_OK);
		cr_assert(previous == s->previous && exchanged == s->exchanged, "%u -> %u: %u, %d",
			  s->expected, s->desired, previous, exchanged);
	}
	cr_assert_eq(zirconia_vm_atomic_load32(&r, &value), ZIRCONIA_VM_OK);
	cr_assert_eq(value, 300);
	/* No cursor moved. */
	cr_assert_eq((const void *)zirconia_vm_reader_fallible_cursor(&r), (const void *)word);
	cr_assert_eq((void *)zirconia_vm_writer_fallible_cursor(&w), (void *)word);
}

/* spec: clients E.1 "atomic_load(u32)", "atomic_compare_exchange(u32)" */
Test(vm_io_cursor, atomics__short_or_faulting__errors_and_nothing_changed)
{
	uint32_t *word = (uint32_t *)before_hole(4);
	zirconia_vm_reader_fallible_t r = zirconia_vm_reader_from_user(word, 4);
	zirconia_vm_writer_fallible_t w = zirconia_vm_writer_from_user(word, 4);
	zirconia_vm_reader_fallible_t short_r = zirconia_vm_reader_from_user(word, 3);
	zirconia_vm_writer_fallible_t short_w = zirconia_vm_writer_from_user(word, 3);
	zirconia_vm_reader_fallible_t bad_r = zirconia_vm_reader_from_user(word + 1, 4);
	zirconia_vm_writer_fallible_t bad_w = zirconia_vm_writer_from_user(word + 1, 4);
	uint32_t value = 7;
	bool exchanged = true;

	*word = 5;
	cr_assert_eq(zirconia_vm_atomic_load32(&short_r, &value), ZIRCONIA_VM_INVALID_ARGS);
	cr_assert_eq(zirconia_vm_atomic_load32(&bad_r, &value), ZIRCONIA_VM_PAGE_FAULT);
	cr_assert_eq(zirconia_vm_atomic_compare_exchange32(&w, &short_r, 5, 6, &value, &exchanged),
		     ZIRCONIA_VM_INVALID_ARGS);
	cr_assert_eq(zirconia_vm_atomic_compare_exchange32(&short_w, &r, 5, 6, &value, &exchanged),
		     ZIRCONIA_VM_INVALID_ARGS);
	cr_assert_eq(
		zirconia_vm_atomic_compare_exchange32(&bad_w, &bad_r, 5, 6, &value, &exchanged),
		ZIRCONIA_VM_PAGE_FAULT);
	cr_assert(*word == 5 && value == 7 && exchanged);
}

Test(vm_io_cursor, atomic_load__misaligned__aborts, .signal = SIGABRT)
{
	uint64_t store = 0;
	zirconia_vm_reader_fallible_t r = fallible_reader((uint8_t *)&store + 2, 4);
	uint32_t value;

	zirconia_vm_atomic_load32(&r, &value);
}

Test(vm_io_cursor, compare_exchange__different_places__aborts, .signal = SIGABRT)
{
	uint32_t store[2] = {0};
	zirconia_vm_reader_fallible_t r = fallible_reader(&store[0], 4);
	zirconia_vm_writer_fallible_t w = fallible_writer(&store[1], 4);
	uint32_t value;
	bool exchanged;

	zirconia_vm_atomic_compare_exchange32(&w, &r, 0, 1, &value, &exchanged);
}

Test(vm_io_cursor, compare_exchange__misaligned__aborts, .signal = SIGABRT)
{
	uint64_t store = 0;
	zirconia_vm_reader_fallible_t r = fallible_reader((uint8_t *)&store + 2, 4);
	zirconia_vm_writer_fallible_t w = fallible_writer((uint8_t *)&store + 2, 4);
	uint32_t value;
	bool exchanged;

	zirconia_vm_atomic_compare_exchange32(&w, &r, 0, 1, &value, &exchanged);
}

/* ---- zeros */

/* spec: clients E.1 "fill_zeros(len)" infallible */
Test(vm_io_cursor, fill_zeros__infallible__as_many_as_fit)
{
	uint8_t bytes[12];
	zirconia_vm_writer_t w = zirconia_vm_writer_from(bytes, 8);

	memset(bytes, 0xff, sizeof(bytes));
	cr_assert_eq(zirconia_vm_fill_zeros(&w, 0), 0);
	cr_assert_eq(zirconia_vm_fill_zeros(&w, 10), 8);
	cr_assert_eq(zirconia_vm_writer_avail(&w), 0);
	cr_assert(t_all(bytes, 8, 0) && t_all(bytes + 8, 4, 0xff));
	cr_assert_eq(zirconia_vm_fill_zeros(&w, 1), 0);
}

/* spec: clients E.1 "fill_zeros(len)" fallible */
Test(vm_io_cursor, fill_zeros__fallible__count_and_cursor_at_the_fault)
{
	for (size_t n = 0; n < 2 * T_PAGE; n += 331) {
		uint8_t *mem = before_hole(n);
		zirconia_vm_writer_fallible_t w = zirconia_vm_writer_from_user(mem, n + 100);
		zirconia_vm_count_t done;

		memset(mem, 0xff, n);
		done = zirconia_vm_fill_zeros_fallible(&w, n / 2);
		cr_assert(done.error == ZIRCONIA_VM_OK && done.count == n / 2);
		done = zirconia_vm_fill_zeros_fallible(&w, SIZE_MAX);
		cr_assert(done.error == ZIRCONIA_VM_PAGE_FAULT && done.count == n - n / 2);
		cr_assert_eq(zirconia_vm_writer_fallible_cursor(&w), mem + n);
		cr_assert(t_all(mem, n, 0));
		zirconia_vm_writer_fallible_limit(&w, 0);
		done = zirconia_vm_fill_zeros_fallible(&w, 5);
		cr_assert(done.error == ZIRCONIA_VM_OK && done.count == 0);
	}
}

/* spec: clients E.2 "limit(3) then copying" */
Test(vm_io_cursor, limit__before_a_copy__bounds_it)
{
	const uint8_t src[5] = {1, 2, 3, 4, 5};
	uint8_t dst[5] = {0};
	zirconia_vm_reader_t r = zirconia_vm_reader_from(src, 5);
	zirconia_vm_writer_t w = zirconia_vm_writer_from(dst, 5);

	cr_assert_eq(zirconia_vm_read(zirconia_vm_reader_limit(&r, 3), &w), 3);
	cr_assert_eq(memcmp(dst, "\1\2\3\0\0", 5), 0);
}

/* spec: clients E.1 "Error values" */
Test(vm_io_cursor, errors__as_errno__table)
{
	static const int want[] = {0, EINVAL, ENOMEM, EFAULT, EFAULT, EIO, EBUSY, EOVERFLOW};

	for (int e = ZIRCONIA_VM_OK; e <= ZIRCONIA_VM_OVERFLOW; e++)
		cr_assert_eq(zirconia_vm_error_errno((zirconia_vm_error_t)e), want[e], "error %d",
			     e);
}
