/* zi-test: valgrind */
/* What all transfers check first, and reads. */
#include "stream_t.h"

/* ---- the head that readv, readv_at, writev and writev_at share */

enum { READV, READV_AT, WRITEV, WRITEV_AT, CALLS };

static const char *const call_names[CALLS] = {"readv", "readv_at", "writev", "writev_at"};
static unsigned which;
static uint32_t call_options;
static zx_iovec_t *call_vectors;
static size_t call_count, *call_actual;

static zx_status_t call(zx_handle_t stream)
{
	switch (which) {
	case READV:
		return zx_stream_readv(stream, call_options, call_vectors, call_count, call_actual);
	case READV_AT:
		return zx_stream_readv_at(stream, call_options, 0, call_vectors, call_count,
					  call_actual);
	case WRITEV:
		return zx_stream_writev(stream, call_options, call_vectors, call_count,
					call_actual);
	default:
		return zx_stream_writev_at(stream, call_options, 0, call_vectors, call_count,
					   call_actual);
	}
}

static zx_rights_t call_right(void)
{
	return which < WRITEV ? ZX_RIGHT_READ : ZX_RIGHT_WRITE;
}

/* Sets the arguments for a call that would transfer nothing. */
static void set_call(unsigned i, zx_iovec_t *vectors, size_t count, size_t *actual)
{
	which = i;
	call_options = 0;
	call_vectors = vectors;
	call_count = count;
	call_actual = actual;
}

/* spec: pager 10.2 #1 #2 */
Test(call_stream_head, options_and_array__wrong__told_before_the_handle)
{
	zx_handle_t stream = s_stream(t_vmo(PG), S_BOTH, 0);
	uint8_t byte = 'x';
	zx_iovec_t v = {&byte, 1};
	size_t actual = 9;

	for (unsigned i = 0; i < CALLS; i++) {
		for (unsigned bit = i == WRITEV ? 1 : 0; bit < 32; bit++) {
			set_call(i, &v, 1, &actual);
			call_options = 1u << bit;
			T_ZX_ROW(call_names[i], call(stream), ZX_ERR_INVALID_ARGS);
			T_ZX_ROW(call_names[i], call(ZX_HANDLE_INVALID), ZX_ERR_INVALID_ARGS);
		}
		set_call(i, NULL, 0, &actual);
		T_ZX_ROW(call_names[i], call(stream), ZX_ERR_INVALID_ARGS);
		T_ZX_ROW(call_names[i], call(ZX_HANDLE_INVALID), ZX_ERR_INVALID_ARGS);
		call_count = 1;
		T_ZX_ROW(call_names[i], call(stream), ZX_ERR_INVALID_ARGS);
	}
	cr_assert_eq(actual, 9);
	cr_assert_eq(s_seek(stream), 0);
}

/* spec: pager 10.2 #3 */
Test(call_stream_head, handle__wrong_in_every_way__three_checks)
{
	zx_handle_t stream = s_stream(t_vmo(PG), S_BOTH, 0);
	zx_iovec_t *unreadable = t_no_access_page();
	zx_iovec_t none = {NULL, 0};

	for (unsigned i = 0; i < CALLS; i++) {
		set_call(i, &none, 1, NULL);
		vmo_expect_handle_checks(call_names[i], call, stream, call_right(), ZX_OK);
		/* Before the array is looked at. */
		set_call(i, unreadable, 1, NULL);
		vmo_expect_handle_checks(call_names[i], call, stream, call_right(),
					 ZX_ERR_INVALID_ARGS);
	}
}

/* spec: pager 10.2 #4 #5 */
Test(call_stream_head, array__unreadable_or_sum_wraps__invalid_args)
{
	zx_handle_t vmo = s_vmo(0, PG, PG, 'v');
	zx_handle_t stream = s_stream(vmo, S_BOTH, 0);
	uint8_t byte = 'x';
	const char *name;
	size_t actual = 9;

	for (unsigned i = 0; i < CALLS; i++) {
		for (unsigned k = 0; k < VMO_BAD_OUTS; k++) {
			void *bad = vmo_bad_out(k, &name);

			/* A page that can be read holds an array of nonsense: its sum wraps. */
			set_call(i, bad == NULL ? (void *)8 : bad, 4, &actual);
			T_ZX_ROW(name, call(stream), ZX_ERR_INVALID_ARGS);
		}
		/* The last of many entries is not there. */
		zx_iovec_t *many = t_before_guard(20 * sizeof(*many));

		memset(many, 0, 20 * sizeof(*many));
		set_call(i, many, 21, &actual);
		T_ZX_ROW("21 of 20", call(stream), ZX_ERR_INVALID_ARGS);
		call_count = SIZE_MAX;
		T_ZX_ROW("without end", call(stream), ZX_ERR_INVALID_ARGS);
		call_count = 20;
		T_ZX_ROW("20 of 20", call(stream), ZX_OK);
		many[0] = (zx_iovec_t){&byte, 1};
		many[19].capacity = SIZE_MAX;
		T_ZX_ROW("sum wraps", call(stream), ZX_ERR_INVALID_ARGS);
		actual = 9;
	}
	cr_assert(vmo_all(vmo, 0, PG, 'v'));
	cr_assert_eq(s_seek(stream), 0);
}

/* spec: pager 10.2 #6 #9 */
Test(call_stream_head, nothing_to_transfer__ok_and_no_effect)
{
	zx_handle_t vmo = s_vmo(0, PG, 10, 'v');
	zx_handle_t stream = s_stream(vmo, S_BOTH, UINT64_MAX);
	zx_iovec_t none[3] = {{NULL, 0}, {t_no_access_page(), 0}, {(void *)8, 0}};

	for (unsigned i = 0; i < CALLS; i++) {
		for (size_t n = 0; n <= 3; n++) {
			size_t actual = 9;

			set_call(i, none, n, &actual);
			T_ZX_ROW(call_names[i], call(stream), ZX_OK);
			cr_assert_eq(actual, 0);
			call_actual = NULL;
			T_ZX_ROW(call_names[i], call(stream), ZX_OK);
			call_actual = t_no_access_page();
			T_ZX_ROW(call_names[i], call(stream), ZX_ERR_INVALID_ARGS);
		}
	}
	/* No array is read for a count of 0. */
	set_call(READV, t_no_access_page(), 0, NULL);
	T_OK(call(stream));
	cr_assert_eq(s_seek(stream), UINT64_MAX);
	cr_assert_eq(vmo_stream(vmo), 10);
}

/* spec: pager 10.2 #7 */
Test(call_stream_head, actual__bad__invalid_args_but_transferred)
{
	const char *name;

	for (unsigned k = 0; k < VMO_BAD_OUTS; k++) {
		zx_handle_t vmo = s_vmo(0, PG, PG, 'v');
		zx_handle_t stream = s_stream(vmo, S_BOTH, 3);
		uint8_t byte = 'b';
		zx_iovec_t v = {&byte, 1};
		size_t *bad = vmo_bad_out(k, &name);

		if (bad != NULL) {
			T_ZX_ROW(name, zx_stream_readv(stream, 0, &v, 1, bad), ZX_ERR_INVALID_ARGS);
			cr_assert_eq(byte, 'v', "%s", name);
			byte = 'w';
			T_ZX_ROW(name, zx_stream_writev(stream, 0, &v, 1, bad),
				 ZX_ERR_INVALID_ARGS);
			cr_assert_eq(vmo_byte(vmo, 4), 'w', "%s", name);
			cr_assert_eq(s_seek(stream), 5, "%s", name);
		} else {
			T_OK(zx_stream_readv(stream, 0, &v, 1, bad));
			cr_assert_eq(byte, 'v');
		}
		t_close(stream);
		t_close(vmo);
	}
}

/* ---- reads */

/* spec: pager 10.3 #1 #2 #3 */
Test(call_stream_read, range__end_at_the_stream_size)
{
	static const struct {
		const char *name;
		uint64_t stream_size, pos;
		size_t len, want;
	} rows[] = {
		{"inside", 6000, 10, 100, 100},
		{"to the end exactly", 6000, 5900, 100, 100},
		{"across the end", 6000, 5990, 100, 10},
		{"all and more", 6000, 0, 8192, 6000},
		{"at the end", 6000, 6000, 100, 0},
		{"behind the end", 6000, 6001, 100, 0},
		{"far behind", 6000, UINT64_MAX - 5, 100, 0},
		{"last position", 6000, UINT64_MAX, 1, 0},
		{"empty", 0, 0, 100, 0},
		{"as large as the VMO", 8192, 8000, 8192, 192},
	};

	T_EACH (rows, r) {
		zx_handle_t vmo = t_vmo(2 * PG);
		uint8_t buf[8192];
		size_t actual;

		for (uint64_t i = 0; i < 2 * PG; i += 256)
			vmo_fill(vmo, i, 256, (uint8_t)(i / 256));
		T_OK(zx_vmo_set_stream_size(vmo, r->stream_size));
		zx_handle_t stream = s_stream(vmo, S_READ, r->pos);
		for (int at = 0; at < 2; at++) {
			memset(buf, 0xee, sizeof(buf));
			if (at)
				T_ZX_ROW(r->name, s_read_at(stream, r->pos, buf, r->len, &actual),
					 ZX_OK);
			else
				T_ZX_ROW(r->name, s_read(stream, buf, r->len, &actual), ZX_OK);
			cr_assert_eq(actual, r->want, "%s: %zu", r->name, actual);
			for (size_t i = 0; i < actual; i++)
				cr_assert_eq(buf[i], (uint8_t)((r->pos + i) / 256), "%s", r->name);
			cr_assert(t_all(buf + actual, sizeof(buf) - actual, 0xee), "%s", r->name);
			/* spec: pager 10.3 #5 */
			cr_assert_eq(s_seek(stream), r->pos + r->want, "%s", r->name);
		}
		t_close(stream);
		t_close(vmo);
	}
}

Test(call_stream_read, position_and_capacity__wrap__saturate_unless_2025)
{
	uint8_t buf[16];
	zx_iovec_t v = {buf, SIZE_MAX};
	size_t actual = 9;

	s_behaviour("2025");
	zx_handle_t stream = s_stream(s_vmo(0, PG, 10, 'v'), S_READ, 5);
	T_OK(zx_stream_readv(stream, 0, &v, 1, &actual));
	cr_assert_eq(actual, 0);
}

Test(call_stream_read, capacity__larger_than_anything__read_to_the_end)
{
	uint8_t *buf = t_before_guard(5);
	zx_iovec_t v = {buf, SIZE_MAX};
	size_t actual = 9;
	zx_handle_t stream = s_stream(s_vmo(0, PG, 10, 'v'), S_READ, 5);

	T_OK(zx_stream_readv(stream, 0, &v, 1, &actual));
	cr_assert_eq(actual, 5);
	cr_assert(t_all(buf, 5, 'v'));
	cr_assert_eq(s_seek(stream), 10);
}

/* spec: pager 10.2 #9 */
Test(call_stream_read, vectors__many_of_all_sizes__filled_in_order)
{
	enum { N = 40 };
	static uint8_t memory[N][600];
	zx_iovec_t v[N];
	zx_handle_t vmo = t_vmo(4 * PG);
	zx_handle_t stream = s_stream(vmo, S_READ, 0);
	uint64_t seed = t_seed();

	for (uint64_t i = 0; i < 4 * PG; i++) {
		uint8_t byte = (uint8_t)(i * 7 + i / 256);

		if (i % 97 == 0)
			T_OK(zx_vmo_write(vmo, &byte, i, 1));
	}
	for (int round = 0; round < 50; round++) {
		const uint64_t pos = t_below(&seed, 3 * PG);
		uint64_t at = pos;
		size_t actual, total = 0;

		for (int i = 0; i < N; i++) {
			v[i] = (zx_iovec_t){memory[i],
					    t_below(&seed, 4) == 0 ? 0 : t_below(&seed, 600)};
			total += v[i].capacity;
		}
		memset(memory, 0xee, sizeof(memory));
		s_seek_to(stream, pos);
		T_OK(zx_stream_readv(stream, 0, v, N, &actual));
		cr_assert_eq(actual, pos + total < 4 * PG ? total : 4 * PG - pos);
		for (int i = 0; i < N; i++) {
			size_t n = v[i].capacity;

			if (n > pos + actual - at)
				n = pos + actual - at;
			for (size_t k = 0; k < n; k++, at++)
				cr_assert_eq(memory[i][k],
					     at % 97 == 0 ? (uint8_t)(at * 7 + at / 256) : 0);
			cr_assert(t_all(memory[i] + n, 600 - n, 0xee));
		}
		cr_assert_eq(s_seek(stream), pos + actual);
	}
}

/* spec: pager 10.3 #6; pager 10.2 #8 */
Test(call_stream_read, buffer__bad__status_of_the_fault_or_short)
{
	static const zx_status_t want[BAD_KINDS] = {
		[BAD_UNMAPPED] = ZX_ERR_NOT_FOUND,      [BAD_READ_ONLY] = ZX_ERR_ACCESS_DENIED,
		[BAD_NO_ACCESS] = ZX_ERR_ACCESS_DENIED, [BAD_BEYOND_END] = ZX_ERR_OUT_OF_RANGE,
		[BAD_DISCARDED] = ZX_ERR_NOT_FOUND,
	};
	zx_handle_t stream = s_stream(s_vmo(0, 3 * PG, 3 * PG, 'v'), S_READ, 100);
	uint8_t good[64];
	size_t actual;

	for (enum vmo_bad kind = 0; kind < BAD_KINDS; kind++) {
		struct vmo_buffer b = vmo_bad_buffer(kind);
		const char *name = vmo_bad_names[kind];

		s_seek_to(stream, 100);
		T_ZX_ROW(name, s_read(stream, b.bad, 10, &actual), want[kind]);
		cr_assert_eq(actual, 777777);
		/* The page of the VMO that could not be finished does not count. */
		T_ZX_ROW(name, s_read(stream, b.good + PG - 10, 20, &actual), want[kind]);
		cr_assert_eq(s_seek(stream), 100);
		/* Entries before the bad one do, and whole pages before the bad byte. */
		zx_iovec_t v[2] = {{good, 10}, {b.bad, 10}};

		T_OK(zx_stream_readv(stream, 0, v, 2, &actual));
		cr_assert_eq(actual, 10, "%s", name);
		cr_assert(t_all(good, 10, 'v'));
		cr_assert_eq(s_seek(stream), 110, "%s", name);
		s_seek_to(stream, PG - 5);
		T_OK(s_read(stream, b.good + PG - 20, 2 * PG, &actual));
		cr_assert_eq(actual, 5, "%s: %zu", name, actual);
		cr_assert_eq(s_seek(stream), PG, "%s", name);
	}
	T_ZX(s_read(stream, NULL, 10, &actual), ZX_ERR_NOT_FOUND);
	T_ZX(s_read(stream, (void *)UINT64_C(0xffff800000000000), 10, &actual), ZX_ERR_NOT_FOUND);
	/* Where nothing is transferred nothing is touched. */
	s_seek_to(stream, 3 * PG);
	T_OK(s_read(stream, NULL, 10, &actual));
	cr_assert_eq(actual, 0);
}

/*
 * An entry is read a second time when its turn has come: here after the one before it was filled.
 */
Test(call_stream_read, array__overwritten_by_the_transfer__later_entries_are_seen_changed)
{
	zx_handle_t vmo = t_vmo(PG);
	zx_iovec_t v[2], inside;
	uint8_t a[8] = "", b[8] = "";
	size_t actual;

	inside = (zx_iovec_t){b, 4};
	T_OK(zx_vmo_write(vmo, &inside, 0, sizeof(inside)));
	T_OK(zx_vmo_write(vmo, "done", sizeof(inside), 4));
	v[0] = (zx_iovec_t){&v[1], sizeof(v[1])};
	v[1] = (zx_iovec_t){a, 4};
	T_OK(zx_stream_readv_at(s_stream(vmo, S_READ, 0), 0, 0, v, 2, &actual));
	cr_assert_eq(actual, sizeof(inside) + 4);
	cr_assert_eq(memcmp(b, "done", 4), 0);
	cr_assert(t_all(a, 8, 0));
}

Test(call_stream_read, uncached__content__bad_state_but_not_at_the_end)
{
	zx_handle_t vmo = s_vmo(0, PG, 10, 'v');
	zx_handle_t stream = s_stream(vmo, S_READ, 0);
	uint8_t byte;
	size_t actual;

	T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
	T_ZX(s_read(stream, &byte, 1, &actual), ZX_ERR_BAD_STATE);
	T_OK(s_read_at(stream, 10, &byte, 1, &actual));
	cr_assert_eq(actual, 0);
}

Test(call_stream_read, uncommitted__read__zeros_and_no_commit)
{
	zx_handle_t vmo = t_vmo(16 * PG);
	static uint8_t buf[16 * ZX_PAGE_SIZE];
	size_t actual;

	memset(buf, 1, sizeof(buf));
	T_OK(s_read(s_stream(vmo, S_READ, 0), buf, sizeof(buf), &actual));
	cr_assert_eq(actual, sizeof(buf));
	cr_assert(t_all(buf, sizeof(buf), 0));
	cr_assert_eq(vmo_committed(vmo), 0);
}
