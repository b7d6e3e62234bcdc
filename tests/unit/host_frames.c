/* zi-test: valgrind */
/* The memory behind frames. */
#include <errno.h>
#include <string.h>

#include "host/host_i.h"
#include "t.h"
#include "t_world.h"

const bool t_world_is_mine = true;

static struct zi_extent e;

static void start(uint64_t pages)
{
	T_OK(zi_host_start());
	T_OK(zi_extent_alloc(pages, 1, ZI_EXTENT_ZERO, &e));
}

Test(host_frames, untouched__asked__no_data_and_zero)
{
	uint64_t at, n;
	uint8_t buf[100];

	start(64);
	cr_assert_not(zi_frames_next_data(e.frame, 64, &at, &n));
	memset(buf, 1, sizeof(buf));
	zi_frames_peek(e.frame, 5000, buf, sizeof(buf));
	cr_assert(t_all(buf, sizeof(buf), 0));
	cr_assert_not(zi_frames_next_data(e.frame, 64, &at, &n), "peeking made frames resident");
}

Test(host_frames, next_data__several_runs__exact_and_inside)
{
	uint64_t at = 0, n = 0;

	start(64);
	*zi_frame_ptr(e.frame + 2) = 1;
	memset(zi_frame_ptr(e.frame + 10), 1, 5 * T_PAGE);
	*zi_frame_ptr(e.frame + 63) = 1;
	errno = ENOTTY;
	cr_assert(zi_frames_next_data(e.frame, 64, &at, &n));
	cr_assert(at == e.frame + 2 && n == 1);
	cr_assert_not(zi_frames_next_data(e.frame, 2, &at, &n));
	cr_assert(zi_frames_next_data(e.frame + 3, 9, &at, &n));
	cr_assert(at == e.frame + 10 && n == 2, "a run is cut at the end of the range");
	cr_assert(zi_frames_next_data(e.frame + 12, 52, &at, &n));
	cr_assert(at == e.frame + 12 && n == 3, "a run may begin inside of data");
	cr_assert(zi_frames_next_data(e.frame + 15, 49, &at, &n));
	cr_assert(at == e.frame + 63 && n == 1);
	cr_assert_eq(errno, ENOTTY);
}

Test(host_frames, discard__resident__reads_zero_and_is_gone)
{
	uint64_t at, n;

	start(16);
	memset(zi_frame_ptr(e.frame), 5, 16 * T_PAGE);
	zi_frames_discard(e.frame + 3, 4);
	cr_assert(zi_frames_next_data(e.frame + 3, 13, &at, &n));
	cr_assert(at == e.frame + 7 && n == 9);
	cr_assert(zi_frame_is_zero(e.frame + 3) && zi_frame_is_zero(e.frame + 6));
	cr_assert_eq(*zi_frame_ptr(e.frame + 2), 5);
	cr_assert_eq(*zi_frame_ptr(e.frame + 7), 5);
}

Test(host_frames, populate__holes_and_data__resident_and_unchanged)
{
	uint64_t at, n;

	start(16);
	*zi_frame_ptr(e.frame + 4) = 9;
	T_OK(zi_frames_populate(e.frame + 1, 8));
	cr_assert(zi_frames_next_data(e.frame, 16, &at, &n));
	cr_assert(at == e.frame + 1 && n == 8);
	cr_assert_eq(*zi_frame_ptr(e.frame + 4), 9);
	cr_assert(zi_frame_is_zero(e.frame + 5));
}

Test(host_frames, peek__across_frames__bytes)
{
	uint8_t got[3 * T_PAGE];

	start(4);
	memset(zi_frame_ptr(e.frame), 1, T_PAGE);
	memset(zi_frame_ptr(e.frame + 2), 3, T_PAGE);
	zi_frames_peek(e.frame, 100, got, sizeof(got));
	cr_assert(t_all(got, T_PAGE - 100, 1));
	cr_assert(t_all(got + T_PAGE - 100, T_PAGE, 0));
	cr_assert(t_all(got + 2 * T_PAGE - 100, T_PAGE, 3));
	cr_assert(t_all(got + 3 * T_PAGE - 100, 100, 0));
}

Test(host_frames, is_zero__one_byte_anywhere__false)
{
	start(1);
	*zi_frame_ptr(e.frame) = 0;
	cr_assert(zi_frame_is_zero(e.frame));
	for (size_t i = 0; i < T_PAGE; i += t_has("no-valgrind") ? 1 : 61) {
		zi_frame_ptr(e.frame)[i] = 0x80;
		cr_assert_not(zi_frame_is_zero(e.frame), "byte %zu", i);
		zi_frame_ptr(e.frame)[i] = 0;
	}
}
