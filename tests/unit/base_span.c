/* zi-test: valgrind */
#include "base/span.h"
#include "t.h"

Test(base_span, rounding__borders__as_zircon)
{
	uint64_t out;

	cr_assert_eq(zi_page_down(4095), 0);
	cr_assert_eq(zi_page_down(4096), 4096);
	cr_assert_eq(zi_page_up(1), 4096);
	cr_assert_eq(zi_page_up(4096), 4096);
	cr_assert_eq(zi_page_up(UINT64_MAX), 0, "rounding up wraps");
	cr_assert_eq(zi_page_up(UINT64_MAX - 4095), UINT64_MAX - 4095);
	cr_assert(zi_page_up_checked(UINT64_MAX - 4095, &out) && out == UINT64_MAX - 4095);
	cr_assert_not(zi_page_up_checked(UINT64_MAX - 4094, &out));
	cr_assert(zi_page_up_checked(0, &out) && out == 0);
	cr_assert(zi_is_page_aligned(0) && zi_is_page_aligned(8192) && !zi_is_page_aligned(8191));
}

Test(base_span, in_range__borders__without_overflow)
{
	static const struct {
		uint64_t off, len, max;
		bool in;
	} rows[] = {
		{0, 0, 0, true},
		{5, 0, 5, true},
		{6, 0, 5, false},
		{0, 5, 5, true},
		{1, 5, 5, false},
		{UINT64_MAX, 1, UINT64_MAX, false},
		{UINT64_MAX, 0, UINT64_MAX, true},
		{1, UINT64_MAX, UINT64_MAX, false},
		{0, UINT64_MAX, UINT64_MAX, true},
		{2, UINT64_MAX, 5, false},
	};

	T_EACH (rows, r)
		cr_assert_eq(zi_in_range(r->off, r->len, r->max), r->in, "%td", r - rows);
	cr_assert(zi_min(3, 4) == 3 && zi_max(3, 4) == 4);
}
