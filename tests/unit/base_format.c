/* zi-test: valgrind */
/* The formatter of the fault path against the one of the C library. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/format.h"
#include "t.h"

#define SAME(...)                                                                    \
	do {                                                                         \
		char ours[200], theirs[200];                                         \
		int n = snprintf(theirs, sizeof(theirs), __VA_ARGS__);               \
		cr_assert_eq(zi_format(ours, sizeof(ours), __VA_ARGS__), (size_t)n); \
		cr_assert_str_eq(ours, theirs);                                      \
	} while (0)

Test(base_format, numbers__all_forms__as_printf)
{
	static const int64_t values[] = {0,      1,         -1,        9,         10,       255,
					 -12345, INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX};

	T_EACH (values, v) {
		SAME("%d|%i|%u|%x|%o", (int)*v, (int)*v, (unsigned)*v, (unsigned)*v, (unsigned)*v);
		SAME("%" PRId64 "|%" PRIu64 "|%" PRIx64, *v, (uint64_t)*v, (uint64_t)*v);
		SAME("%lld|%llx|%zu|%jd", (long long)*v, (long long)*v, (size_t)*v, (intmax_t)*v);
		SAME("%5d|%-5d|%05d|%20d|%020d|%-20d|", (int)*v, (int)*v, (int)*v, (int)*v, (int)*v,
		     (int)*v);
		SAME("%*d|%016" PRIx64 "|", 8, (int)*v, (uint64_t)*v);
		SAME("%hx|%hhx|%hu", (unsigned short)*v, (unsigned char)*v, (unsigned short)*v);
	}
}

Test(base_format, text__all_forms__as_printf)
{
	SAME("%s", "");
	SAME("plain 100%%");
	SAME("%s and %s", "one", "two");
	SAME("%10s|%-10s|%.2s|%.*s|%5.1s|", "abc", "abc", "abc", 1, "abc", "abc");
	SAME("%c%c%3c|", 'x', 'y', 'z');
	SAME("%p", (void *)0x7f001234);
}

Test(base_format, long_text__small_buffer__cut)
{
	char buf[8];

	memset(buf, 'Z', sizeof(buf));
	cr_assert_eq(zi_format(buf, 4, "%s", "abcdef"), 3);
	cr_assert_str_eq(buf, "abc");
	cr_assert_eq(buf[4], 'Z');
	cr_assert_eq(zi_format(buf, 1, "abc"), 0);
	cr_assert_eq(buf[0], 0);
	buf[0] = 'Q';
	cr_assert_eq(zi_format(buf, 0, "abc"), 0);
	cr_assert_eq(buf[0], 'Q');
}

Test(base_format, print_fd__any__written_and_errno_kept)
{
	char text[100] = "";
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	errno = ENOTTY;
	zi_print_fd(ends[1], "%s=%d\n", "x", -5);
	zi_print_fd(-1, "nowhere");
	cr_assert_eq(errno, ENOTTY);
	cr_assert_eq(read(ends[0], text, sizeof(text) - 1), 5);
	cr_assert_str_eq(text, "x=-5\n");
	close(ends[0]);
	close(ends[1]);
}
