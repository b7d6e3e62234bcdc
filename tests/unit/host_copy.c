/* zi-test: valgrind */
/* The fallible copy: counts must be exact for every alignment, length and hole. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "host/host.h"
#include "t.h"

/* What copy.S may use: 1 rep movsb, 2 AVX, 4 AVX-512. Each way of copying must be as exact as the others. */
extern uint8_t zi_copy_machine;

#define PAGES 24
#define LEN (PAGES * T_PAGE)

static uint8_t *new_area(void)
{
	uint8_t *p = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert(p != MAP_FAILED);
	return p;
}

static void protect(uint8_t *area, unsigned page, int prot)
{
	cr_assert_eq(mprotect(area + page * T_PAGE, T_PAGE, prot), 0);
}

enum hole { NO_HOLE, NO_ACCESS, READ_ONLY };

struct side {
	uint8_t *area;
	unsigned page[2];
	enum hole hole[2];
};

static void place_holes(struct side *s, bool on)
{
	for (unsigned i = 0; i < 2; i++)
		if (s->hole[i] != NO_HOLE)
			protect(s->area, s->page[i],
				on ? (s->hole[i] == NO_ACCESS ? PROT_NONE : PROT_READ) :
				     PROT_READ | PROT_WRITE);
}

/* Bytes from `off` to the first that this kind of access cannot touch, at most n. */
static size_t reachable(const struct side *s, size_t off, size_t n, bool write)
{
	for (unsigned i = 0; i < 2; i++) {
		size_t from = s->page[i] * T_PAGE, to = from + T_PAGE;

		if (s->hole[i] == NO_HOLE || (s->hole[i] == READ_ONLY && !write) || off >= to)
			continue;
		if (off >= from)
			return 0;
		if (off + n > from)
			n = from - off;
	}
	return n;
}

static struct zi_copy_result copy_by(unsigned kind, void *dst, const void *src, size_t n)
{
	zx_status_t st = 77;
	struct zi_copy_result r;

	if (kind == 0)
		return zi_copy_captured(dst, src, n);
	r = zi_copy_resolved(dst, src, n, &st);
	cr_assert_eq(st, ZX_OK);
	return r;
}

static void random_side(uint64_t *seed, struct side *s)
{
	for (unsigned i = 0; i < 2; i++) {
		s->page[i] = (unsigned)t_below(seed, t_below(seed, 2) ? 4 : PAGES);
		s->hole[i] = (enum hole)t_below(seed, 3);
	}
	if (s->page[0] == s->page[1])
		s->hole[1] = NO_HOLE;
}

static size_t random_length(uint64_t *seed, size_t max)
{
	static const size_t scale[] = {20, 70, 300, 700, 5000, 9000, 40000, LEN};
	size_t n = t_below(seed, scale[t_below(seed, 8)]);

	return n > max ? max : n;
}

/* An offset near a page border, or anywhere. */
static size_t random_offset(uint64_t *seed)
{
	size_t page = t_below(seed, 4) * T_PAGE;

	if (t_below(seed, 3) == 0)
		return t_below(seed, LEN);
	return t_below(seed, 2) ? page + t_below(seed, 80) :
				  (page + T_PAGE - 1 - t_below(seed, 80)) % LEN;
}

static void run_random(unsigned rounds)
{
	static uint8_t dst_before[LEN], src_before[LEN];
	uint64_t seed = t_seed();
	struct side dst = {.area = new_area()}, src = {.area = new_area()};

	for (size_t i = 0; i < LEN; i++) {
		src_before[i] = src.area[i] = (uint8_t)t_random(&seed);
		dst_before[i] = dst.area[i] = (uint8_t)~src.area[i];
	}
	for (unsigned i = 0; i < rounds; i++) {
		size_t d = random_offset(&seed), s = random_offset(&seed);
		size_t n = random_length(&seed, LEN - (d > s ? d : s));
		unsigned kind = (unsigned)t_below(&seed, 2);
		size_t by_dst, by_src, want;
		struct zi_copy_result r;

		random_side(&seed, &dst);
		random_side(&seed, &src);
		by_dst = reachable(&dst, d, n, true);
		by_src = reachable(&src, s, n, false);
		want = by_dst < by_src ? by_dst : by_src;
		place_holes(&dst, true);
		place_holes(&src, true);
		r = copy_by(kind, dst.area + d, src.area + s, n);
		place_holes(&dst, false);
		place_holes(&src, false);

		cr_assert_eq(r.done, want, "dst %zx src %zx n %zu: %zu instead of %zu", d, s, n,
			     r.done, want);
		if (want == n) {
			cr_assert_eq(r.fault, 0);
		} else if (by_dst != by_src) {
			cr_assert_eq(r.fault_write, by_dst < by_src);
			cr_assert_eq(r.fault,
				     (uintptr_t)(r.fault_write ? dst.area + d : src.area + s) +
					     want);
		}
		cr_assert(memcmp(dst.area + d, src_before + s, want) == 0);
		cr_assert(memcmp(dst.area, dst_before, d) == 0);
		cr_assert(memcmp(dst.area + d + want, dst_before + d + want, LEN - d - want) == 0,
			  "bytes past the count were written");
		memcpy(dst.area + d, dst_before + d, want);
	}
	cr_assert(memcmp(src.area, src_before, LEN) == 0);
	munmap(dst.area, LEN);
	munmap(src.area, LEN);
}

Test(host_copy, random_holes__each_way_of_copying__counts_exact)
{
	uint8_t all;

	T_OK(zi_host_start());
	all = zi_copy_machine;
	for (unsigned ways = 0; ways <= 7; ways++) {
		if ((ways & ~all) != 0)
			continue;
		zi_copy_machine = (uint8_t)ways;
		run_random(t_has("no-valgrind") ? 6000 : 400);
	}
}

static void run_short(size_t step)
{
	uint8_t *dst = new_area(), *src = new_area();

	memset(dst, 0, LEN);
	for (size_t i = 0; i < LEN; i++)
		src[i] = (uint8_t)(i * 7 + 1);
	for (unsigned side = 0; side < 3; side++) {
		protect(src, 1, side != 1 ? PROT_NONE : PROT_READ | PROT_WRITE);
		protect(dst, 1, side != 0 ? PROT_READ : PROT_READ | PROT_WRITE);
		for (size_t n = 0; n <= 300; n += step) {
			for (size_t before = 0; before <= n + 2; before++) {
				size_t at = T_PAGE - before;
				size_t want = n < before ? n : before;
				struct zi_copy_result r;

				memset(dst, 0, T_PAGE);
				r = zi_copy_captured(dst + at, src + at, n);
				cr_assert_eq(r.done, want, "side %u n %zu before %zu: %zu", side, n,
					     before, r.done);
				cr_assert_eq(r.fault != 0, want < n);
				cr_assert(memcmp(dst + at, src + at, want) == 0);
			}
		}
	}
	/* The hole before the border: the first bytes fault, and the good ones behind must stay as they are. */
	protect(src, 1, PROT_READ | PROT_WRITE);
	protect(dst, 1, PROT_READ | PROT_WRITE);
	protect(dst, 0, PROT_READ);
	for (size_t n = 2; n <= 300; n += step) {
		for (size_t before = 1; before < n; before++) {
			struct zi_copy_result r = zi_copy_captured(dst + T_PAGE - before, src, n);

			cr_assert_eq(r.done, 0, "n %zu before %zu: %zu", n, before, r.done);
			cr_assert(t_all(dst + T_PAGE, n, 0), "n %zu before %zu", n, before);
		}
	}
	munmap(dst, LEN);
	munmap(src, LEN);
}

/* Every short length at every place around a border, on either side. */
Test(host_copy, short_lengths__around_a_border__counts_exact)
{
	size_t step = t_has("no-valgrind") ? 1 : 7;
	uint8_t all;

	T_OK(zi_host_start());
	all = zi_copy_machine;
	for (unsigned ways = 0; ways <= 7; ways++) {
		if ((ways & ~all) != 0)
			continue;
		zi_copy_machine = (uint8_t)ways;
		run_short(step);
	}
}

Test(host_copy, wild_pointers__any__stop_at_once)
{
	static const struct {
		const char *name;
		uintptr_t addr;
		uintptr_t fault;
	} rows[] = {
		{"null", 0, 1},
		{"first page", 8, 8},
		{"non-canonical", 0x8000000000000123u, 0x8000000000000000u},
		{"just non-canonical", 0x1234000000000077u, 0x1234000000000000u},
		{"kernel", 0xffffffff81000010u, 0xffffffff81000010u},
		{"end of the space", UINTPTR_MAX - 7, UINTPTR_MAX - 7},
	};
	static const size_t lengths[] = {1, 3, 7, 8, 9, 31, 64, 100, 700, 5000, 40000};
	uint8_t *area = new_area();

	T_OK(zi_host_start());
	for (unsigned once = 0; once < 2; once++) {
		T_EACH (rows, row) {
			T_EACH (lengths, n) {
				struct zi_copy_result r =
					zi_copy_captured(area, (void *)row->addr, *n);

				cr_assert_eq(r.done, 0, "%s read %zu", row->name, *n);
				cr_assert_eq(r.fault, row->fault, "%s read %zu: %zx", row->name, *n,
					     (size_t)r.fault);
				cr_assert_not(r.fault_write);
				r = zi_copy_captured((void *)row->addr, area, *n);
				cr_assert_eq(r.done, 0, "%s write %zu", row->name, *n);
				cr_assert_eq(r.fault, row->fault, "%s write %zu: %zx", row->name,
					     *n, (size_t)r.fault);
				cr_assert(r.fault_write, "%s write %zu", row->name, *n);
			}
		}
		zi_copy_machine = 0;
	}
	munmap(area, LEN);
}

Test(host_copy, length_without_end__from_good_memory__stops_at_the_hole)
{
	uint8_t *src = new_area(), *dst = new_area();
	struct zi_copy_result r;

	T_OK(zi_host_start());
	protect(src, PAGES - 1, PROT_NONE);
	r = zi_copy_captured(dst, src, SIZE_MAX);
	cr_assert_eq(r.done, LEN - T_PAGE);
	cr_assert_eq(r.fault, (uintptr_t)src + LEN - T_PAGE);
	munmap(src, LEN);
	munmap(dst, LEN);
}

Test(host_copy, nothing__bad_pointers__is_fine)
{
	struct zi_copy_result r;

	T_OK(zi_host_start());
	r = zi_copy_captured(NULL, NULL, 0);
	cr_assert(r.done == 0 && r.fault == 0 && !r.fault_write);
}

/* ---- with a resolver */

static uint8_t *lazy;
static unsigned asked;
static zx_status_t refusal;

static bool resolve_lazy(const struct zi_trap *trap, zx_status_t *out_status)
{
	asked++;
	if (trap->addr - (uintptr_t)lazy >= LEN - T_PAGE) {
		*out_status = refusal;
		return false;
	}
	return mprotect((void *)(trap->addr & ~(T_PAGE - 1)), T_PAGE, PROT_READ | PROT_WRITE) == 0;
}

Test(host_copy, resolved__lazy_pages__all_copied)
{
	static uint8_t from[LEN];
	zx_status_t st = 77;
	struct zi_copy_result r;

	lazy = new_area();
	T_OK(zi_host_start());
	zi_trap_set_resolver(resolve_lazy);
	memset(from, 0x5a, sizeof(from));
	cr_assert_eq(mprotect(lazy, LEN, PROT_NONE), 0);
	r = zi_copy_resolved(lazy + 10, from, LEN - T_PAGE - 10, &st);
	cr_assert_eq(r.done, LEN - T_PAGE - 10);
	cr_assert_eq(r.fault, 0);
	cr_assert_eq(st, ZX_OK);
	cr_assert_eq(asked, PAGES - 1, "pages are asked for %u times in all", asked);
	cr_assert(t_all(lazy + 10, LEN - T_PAGE - 10, 0x5a));

	refusal = ZX_ERR_OUT_OF_RANGE;
	r = zi_copy_resolved(lazy, from, LEN, &st);
	cr_assert_eq(r.done, LEN - T_PAGE);
	cr_assert_eq(st, ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(r.fault, (uintptr_t)lazy + LEN - T_PAGE);
	cr_assert(r.fault_write);
	r = zi_copy_resolved(from, lazy, 10, NULL);
	cr_assert_eq(r.done, 10);
	munmap(lazy, LEN);
}

Test(host_copy, captured__lazy_pages__never_asks)
{
	static uint8_t from[LEN];
	struct zi_copy_result r;

	lazy = new_area();
	T_OK(zi_host_start());
	zi_trap_set_resolver(resolve_lazy);
	protect(lazy, 3, PROT_NONE);
	r = zi_copy_captured(lazy, from, LEN);
	cr_assert_eq(r.done, 3 * T_PAGE);
	r = zi_copy_captured(from, lazy, LEN);
	cr_assert_eq(r.done, 3 * T_PAGE);
	cr_assert_not(r.fault_write);
	cr_assert_eq(asked, 0);
	munmap(lazy, LEN);
}
