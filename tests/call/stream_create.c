/* zi-test: valgrind */
/* zx_stream_create, and what a stream is as an object. */
#include "device_t.h"
#include "stream_t.h"

static uint32_t mode;

static zx_status_t create(zx_handle_t vmo)
{
	zx_handle_t stream = ZX_HANDLE_INVALID;
	const zx_status_t st = zx_stream_create(mode, vmo, 0, &stream);

	if (st == ZX_OK)
		t_close(stream);
	return st;
}

/* spec: pager 10.1 #1 */
Test(call_stream_create, options__any_unknown_bit__invalid_args_before_the_handle)
{
	zx_handle_t vmo = t_vmo(PG), stream = 0x5a;

	for (unsigned bit = 3; bit < 32; bit++) {
		T_ZX(zx_stream_create(1u << bit, vmo, 0, &stream), ZX_ERR_INVALID_ARGS);
		T_ZX(zx_stream_create(1u << bit | S_BOTH, ZX_HANDLE_INVALID, 0, NULL),
		     ZX_ERR_INVALID_ARGS);
	}
	cr_assert_eq(stream, 0x5a);
}

/* spec: pager 10.1 #2 */
Test(call_stream_create, handle__wrong_in_every_way__the_mode_says_which_rights)
{
	static const struct {
		const char *name;
		uint32_t mode;
		zx_rights_t needed;
	} rows[] = {
		{"nothing", 0, 0},
		{"read", S_READ, ZX_RIGHT_READ},
		{"write", S_WRITE, ZX_RIGHT_WRITE},
		{"both", S_BOTH, ZX_RIGHT_READ | ZX_RIGHT_WRITE},
		{"append alone", S_APPEND, 0},
		{"write, append", S_WRITE | S_APPEND, ZX_RIGHT_WRITE},
		{"all", ZX_STREAM_CREATE_MASK, ZX_RIGHT_READ | ZX_RIGHT_WRITE},
	};
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_RESIZABLE);

	T_EACH (rows, r) {
		mode = r->mode;
		vmo_expect_handle_checks(r->name, create, vmo, r->needed, ZX_OK);
	}
}

/* spec: pager 10.1 #5 */
Test(call_stream_create, out__bad_in_every_way__invalid_args_and_no_handle)
{
	zx_handle_t vmo = t_vmo(PG);
	const char *name;

	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		zx_handle_t *out = vmo_bad_out(i, &name);

		T_ZX_ROW(name, zx_stream_create(S_READ, vmo, 0, out), ZX_ERR_INVALID_ARGS);
	}
	t_close(vmo);
	cr_assert_eq(vmo_handles(), 0);
}

/* spec: pager 10.1 effect #1 */
Test(call_stream_create, rights__are_those_of_the_mode_and_not_of_the_handle)
{
	static const struct {
		uint32_t mode;
		zx_rights_t rights;
	} rows[] = {
		{0, 0xd0c3},      {S_READ, 0xd0c7},   {S_WRITE, 0xd0cb},
		{S_BOTH, 0xd0cf}, {S_APPEND, 0xd0c3}, {ZX_STREAM_CREATE_MASK, 0xd0cf},
	};
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_RESIZABLE);
	zx_handle_t bare = vmo_dup(vmo, ZX_RIGHT_READ | ZX_RIGHT_WRITE);

	T_EACH (rows, r) {
		zx_handle_t stream = s_stream(bare, r->mode, 0);
		zx_info_handle_basic_t info;

		cr_assert_eq(t_rights(stream), r->rights, "mode %u: %x", r->mode, t_rights(stream));
		T_OK(zx_object_get_info(stream, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					NULL));
		cr_assert_eq(info.type, ZX_OBJ_TYPE_STREAM);
		cr_assert_eq(info.related_koid, 0);
		cr_assert_neq(info.koid, t_koid(vmo));
		t_close(stream);
	}
}

/* spec: pager 10.1 effect #2 */
Test(call_stream_create, seek__any_number__kept_and_independent)
{
	static const zx_off_t seeks[] = {0, 1, PG, PG + 1, (zx_off_t)INT64_MAX, UINT64_MAX, 77};
	zx_handle_t vmo = t_vmo(2 * PG);

	T_EACH (seeks, seek) {
		zx_handle_t a = s_stream(vmo, S_BOTH, *seek), b = s_stream(vmo, S_READ, 5);

		cr_assert_eq(s_seek(a), *seek);
		T_OK(zx_stream_seek(b, ZX_STREAM_SEEK_ORIGIN_CURRENT, 3, NULL));
		cr_assert_eq(s_seek(a), *seek);
		cr_assert_eq(s_seek(b), 8);
		t_close(a);
		t_close(b);
	}
}

Test(call_stream_create, without_a_mode__transfers__access_denied)
{
	zx_handle_t stream = s_stream(t_vmo(PG), S_APPEND, 0);
	uint8_t byte = 1;
	size_t actual;

	T_ZX(s_read(stream, &byte, 1, &actual), ZX_ERR_ACCESS_DENIED);
	T_ZX(s_write(stream, &byte, 1, &actual), ZX_ERR_ACCESS_DENIED);
	T_ZX(s_append(stream, &byte, 1, &actual), ZX_ERR_ACCESS_DENIED);
	cr_assert_eq(actual, 777777);
}

/* spec: pager 10.1 effect #3 */
Test(call_stream_create, vmo__all_handles_closed__the_stream_keeps_it)
{
	zx_handle_t vmo = t_vmo_options(PG, ZX_VMO_RESIZABLE);
	zx_handle_t child = vmo_child(vmo, SNAPSHOT, 0, PG);
	zx_handle_t stream = s_stream(child, S_BOTH, 0);
	uint8_t text[6] = "";
	size_t actual;

	t_close(child);
	cr_assert_not(vmo_zero_children(vmo), "the child is still there");
	T_OK(s_write(stream, "hello", 6, &actual));
	T_OK(s_read_at(stream, 0, text, 6, &actual));
	cr_assert_str_eq((char *)text, "hello");
	t_close(stream);
	cr_assert(vmo_zero_children(vmo));
	cr_assert_eq(vmo_byte(vmo, 0), 0);
}

Test(call_stream_create, signals__user_ones__can_be_set_and_awaited)
{
	zx_handle_t stream = s_stream(t_vmo(PG), S_READ, 0);
	zx_signals_t seen = 1;

	T_ZX(zx_object_wait_one(stream, UINT32_MAX, 0, &seen), ZX_ERR_TIMED_OUT);
	cr_assert_eq(seen, 0);
	T_OK(zx_object_signal(stream, 0, ZX_USER_SIGNAL_3));
	T_OK(zx_object_wait_one(stream, ZX_USER_SIGNAL_3, 0, &seen));
	T_ZX(zx_object_signal(stream, 0, ZX_VMO_ZERO_CHILDREN), ZX_ERR_INVALID_ARGS);
	zx_handle_t all;
	T_OK(zx_handle_duplicate(stream, ZX_RIGHT_SAME_RIGHTS, &all));
	T_ZX(zx_object_signal_peer(all, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
}

/* spec: pager 10.1 #3 */
Test(call_stream_create, memory_of_devices__wrong_type_after_the_rights)
{
	const zx_handle_t vmos[] = {dev_contiguous(PG), dev_physical(PG, NULL),
				    vmo_child(dev_contiguous(PG), SLICE, 0, PG)};
	zx_handle_t stream = ZX_HANDLE_INVALID;

	T_EACH (vmos, vmo) {
		T_ZX(zx_stream_create(0, *vmo, 0, &stream), ZX_ERR_WRONG_TYPE);
		T_ZX(zx_stream_create(S_BOTH, *vmo, 0, &stream), ZX_ERR_WRONG_TYPE);
		T_ZX(zx_stream_create(S_BOTH, vmo_without(*vmo, ZX_RIGHT_WRITE), 0, &stream),
		     ZX_ERR_ACCESS_DENIED);
	}
	cr_assert_eq(stream, ZX_HANDLE_INVALID);
}
