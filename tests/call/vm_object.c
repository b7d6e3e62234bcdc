/* zi-test: valgrind */
/*
 * Objects of zirconia/vm_object.h without a pager: options, rights, commits, data, sizes; rows of
 * clients.md E.5.
 */
#include <signal.h>

#include <zircon/syscalls/object.h>

#include "vm_object_t.h"

#define ONLY(right) (ZIRCONIA_VM_RIGHTS_ALL & ~(right))

/* ---- options */

Test(vm_object, alloc__sizes_and_flags__rounded_and_kept)
{
	static const struct {
		size_t bytes, pages;
		uint32_t flags;
	} rows[] = {
		{0, 0, 0},
		{1, 1, ZIRCONIA_VM_RESIZABLE},
		{T_PAGE, 1, ZIRCONIA_VM_DMA},
		{T_PAGE + 1, 2, ZIRCONIA_VM_RESIZABLE | ZIRCONIA_VM_DMA},
		{3 * T_PAGE, 3, ZIRCONIA_VM_CONTIGUOUS},
	};

	T_EACH (rows, r) {
		const zirconia_vm_object_options_t options = {r->bytes, r->flags, {NULL, NULL}, 0};
		zirconia_vm_object_t o;

		VO_OK(zirconia_vm_object_alloc(&options, &o));
		cr_assert_eq(zirconia_vm_object_size(&o), r->pages * T_PAGE);
		cr_assert_eq(zirconia_vm_object_flags(&o), r->flags);
		/* Pages come when they are used, except that contiguous ones are there at once. */
		cr_assert_eq(vo_committed(&o),
			     (r->flags & ZIRCONIA_VM_CONTIGUOUS) != 0 ? r->pages : 0);
		zirconia_vm_object_done(&o);
		cr_assert_null(o.pages);
		zirconia_vm_object_done(&o);
	}
}

Test(vm_object, alloc__impossible__invalid_args_and_nothing_changed)
{
	static const zirconia_vm_pager_ops_t ops;
	static const struct {
		const char *name;
		zirconia_vm_object_options_t options;
	} rows[] = {
		{"unknown flag", {T_PAGE, 8, {NULL, NULL}, 0}},
		{"size wraps", {SIZE_MAX, 0, {NULL, NULL}, 0}},
		{"larger than a VMO can be", {SIZE_MAX - 2 * T_PAGE, 0, {NULL, NULL}, 0}},
		{"contiguous and resizable",
		 {T_PAGE, ZIRCONIA_VM_CONTIGUOUS | ZIRCONIA_VM_RESIZABLE, {NULL, NULL}, 0}},
		{"contiguous with a pager", {T_PAGE, ZIRCONIA_VM_CONTIGUOUS, {&ops, NULL}, 0}},
		{"BTI that is none", {T_PAGE, ZIRCONIA_VM_CONTIGUOUS, {NULL, NULL}, 0xbad3}},
	};

	T_EACH (rows, r) {
		zirconia_vm_object_t o = {NULL, 77};

		cr_assert_eq(zirconia_vm_object_alloc(&r->options, &o), ZIRCONIA_VM_INVALID_ARGS,
			     "%s", r->name);
		cr_assert(o.pages == NULL && o.rights == 77, "%s", r->name);
	}
}

/* ---- rights */

static zirconia_vm_commit_t count_pages(void *arg, zirconia_vm_committer_t *committer)
{
	(void)committer;
	++*(size_t *)arg;
	return (zirconia_vm_commit_t){ZIRCONIA_VM_OK, false, 0};
}

static const uint8_t a_page[T_PAGE] = {1, 2, 3};
static uint8_t bytes[T_PAGE];

static zirconia_vm_error_t do_read(zirconia_vm_object_t *o)
{
	return vo_read(o, 0, bytes, 1).error;
}
static zirconia_vm_error_t do_write(zirconia_vm_object_t *o)
{
	return vo_write(o, 0, bytes, 1).error;
}
static zirconia_vm_error_t do_clear(zirconia_vm_object_t *o)
{
	return zirconia_vm_object_clear(o, 0, 1);
}
static zirconia_vm_error_t do_fill(zirconia_vm_object_t *o)
{
	return zirconia_vm_object_fill_zeros(o, 0, 1).error;
}
static zirconia_vm_error_t do_resize(zirconia_vm_object_t *o)
{
	return zirconia_vm_object_resize(o, 2 * T_PAGE);
}
static zirconia_vm_error_t do_replace(zirconia_vm_object_t *o)
{
	return zirconia_vm_object_replace(o, a_page, 0);
}
static zirconia_vm_error_t do_decommit(zirconia_vm_object_t *o)
{
	return zirconia_vm_object_decommit(o, 0, 1);
}
static zirconia_vm_error_t do_commit(zirconia_vm_object_t *o)
{
	zirconia_vm_page_t page;

	return zirconia_vm_object_commit_on(o, 0, 0, &page);
}
static zirconia_vm_error_t do_try_commit(zirconia_vm_object_t *o)
{
	zirconia_vm_page_t page;

	return zirconia_vm_object_try_commit_page(o, 0, &page).error;
}
static zirconia_vm_error_t do_try_operate(zirconia_vm_object_t *o)
{
	size_t n = 0;

	return zirconia_vm_object_try_operate_on_range(o, 0, 1, count_pages, &n).error;
}
static zirconia_vm_error_t do_operate(zirconia_vm_object_t *o)
{
	size_t n = 0;

	return zirconia_vm_object_operate_on_range(o, 0, 1, count_pages, &n, 0);
}
static zirconia_vm_error_t do_dup(zirconia_vm_object_t *o)
{
	zirconia_vm_object_t other;
	const zirconia_vm_error_t err = zirconia_vm_object_dup(o, &other);

	if (err == ZIRCONIA_VM_OK)
		zirconia_vm_object_done(&other);
	return err;
}
static zirconia_vm_error_t do_begin(zirconia_vm_object_t *o)
{
	return zirconia_vm_object_writeback_begin(o, 0, T_PAGE);
}
static zirconia_vm_error_t do_end(zirconia_vm_object_t *o)
{
	return zirconia_vm_object_writeback_end(o, 0, T_PAGE);
}
static zirconia_vm_error_t do_next(zirconia_vm_object_t *o)
{
	size_t start, end;

	return zirconia_vm_object_next_modified(o, 0, T_PAGE, &start, &end);
}
static zirconia_vm_error_t map(zirconia_vm_object_t *o, zx_vm_option_t options)
{
	zx_vaddr_t addr;
	const zirconia_vm_error_t err = zirconia_vm_object_map(o, options, 0, T_PAGE, &addr);

	if (err == ZIRCONIA_VM_OK)
		T_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, T_PAGE));
	return err;
}
static zirconia_vm_error_t do_map_read(zirconia_vm_object_t *o)
{
	return map(o, ZX_VM_PERM_READ);
}
static zirconia_vm_error_t do_map_write(zirconia_vm_object_t *o)
{
	return map(o, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE);
}
static zirconia_vm_error_t do_map_exec(zirconia_vm_object_t *o)
{
	return map(o, ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE);
}
static zirconia_vm_error_t do_io_read(zirconia_vm_object_t *o)
{
	return zirconia_vm_io_read_bytes(zirconia_vm_object_io(o), 0, bytes, 1);
}
static zirconia_vm_error_t do_io_write(zirconia_vm_object_t *o)
{
	return zirconia_vm_io_write_bytes(zirconia_vm_object_io(o), 0, bytes, 1);
}
static zirconia_vm_error_t do_io_fill(zirconia_vm_object_t *o)
{
	return zirconia_vm_io_fill_zeros(zirconia_vm_object_io_fill(o), 0, 1).error;
}

static const struct operation {
	const char *name;
	zirconia_vm_error_t (*run)(zirconia_vm_object_t *o);
	uint32_t right;
} operations[] = {
	{"read", do_read, ZIRCONIA_VM_RIGHT_READ},
	{"write", do_write, ZIRCONIA_VM_RIGHT_WRITE},
	{"clear", do_clear, ZIRCONIA_VM_RIGHT_WRITE},
	{"fill_zeros", do_fill, ZIRCONIA_VM_RIGHT_WRITE},
	{"resize", do_resize, ZIRCONIA_VM_RIGHT_WRITE},
	{"replace", do_replace, ZIRCONIA_VM_RIGHT_WRITE},
	{"decommit", do_decommit, ZIRCONIA_VM_RIGHT_WRITE},
	{"commit_on", do_commit, ZIRCONIA_VM_RIGHT_WRITE},
	{"try_commit_page", do_try_commit, ZIRCONIA_VM_RIGHT_WRITE},
	{"try_operate_on_range", do_try_operate, ZIRCONIA_VM_RIGHT_WRITE},
	{"operate_on_range", do_operate, ZIRCONIA_VM_RIGHT_WRITE},
	{"dup", do_dup, ZIRCONIA_VM_RIGHT_DUP},
	{"writeback_begin", do_begin, ZIRCONIA_VM_RIGHT_WRITE},
	{"writeback_end", do_end, ZIRCONIA_VM_RIGHT_WRITE},
	{"next_modified", do_next, ZIRCONIA_VM_RIGHT_READ},
	{"map readable", do_map_read, ZIRCONIA_VM_RIGHT_READ},
	{"map writable", do_map_write, ZIRCONIA_VM_RIGHT_WRITE},
	{"map executable", do_map_exec, ZIRCONIA_VM_RIGHT_EXEC},
	{"VmIo read", do_io_read, ZIRCONIA_VM_RIGHT_READ},
	{"VmIo write", do_io_write, ZIRCONIA_VM_RIGHT_WRITE},
	{"VmIoFill", do_io_fill, ZIRCONIA_VM_RIGHT_WRITE},
};

Test(vm_object, operations__with_and_without_the_right__fine_or_access_denied)
{
	T_EACH (operations, op) {
		zirconia_vm_object_t o = vo_anonymous(2, ZIRCONIA_VM_RESIZABLE);

		cr_assert_eq(op->run(&o), ZIRCONIA_VM_OK, "%s", op->name);
		zirconia_vm_object_restrict(&o, ONLY(op->right));
		cr_assert_eq(zirconia_vm_object_rights(&o), ONLY(op->right));
		VO_IS(zirconia_vm_object_check_rights(&o, op->right), ZIRCONIA_VM_ACCESS_DENIED);
		VO_OK(zirconia_vm_object_check_rights(&o, ONLY(op->right)));
		cr_assert_eq(op->run(&o), ZIRCONIA_VM_ACCESS_DENIED, "%s", op->name);
		/* A mask with more does not bring anything back. */
		zirconia_vm_object_restrict(&o, ZIRCONIA_VM_RIGHTS_ALL);
		cr_assert_eq(op->run(&o), ZIRCONIA_VM_ACCESS_DENIED, "%s", op->name);
		zirconia_vm_object_done(&o);
	}
}

Test(vm_object, dup__one_share_done__the_other_keeps_the_content)
{
	zirconia_vm_object_t a = vo_anonymous(1, 0);
	zirconia_vm_object_t b;

	zirconia_vm_object_restrict(&a, ONLY(ZIRCONIA_VM_RIGHT_SIGNAL));
	VO_OK(zirconia_vm_object_dup(&a, &b));
	VO_WRITE(&a, 5, "abc", 3);
	zirconia_vm_object_done(&a);
	cr_assert_eq(zirconia_vm_object_rights(&b), ONLY(ZIRCONIA_VM_RIGHT_SIGNAL));
	VO_READ(&b, 5, bytes, 3);
	cr_assert_eq(memcmp(bytes, "abc", 3), 0);
	zirconia_vm_object_done(&b);
}

ZIRCONIA_VM_STATIC_OBJECT(everything_t, ZIRCONIA_VM_RIGHTS_ALL);
ZIRCONIA_VM_STATIC_OBJECT(writable_t, ZIRCONIA_VM_RIGHT_WRITE);
ZIRCONIA_VM_STATIC_OBJECT(readable_t, ZIRCONIA_VM_RIGHT_READ | ZIRCONIA_VM_RIGHT_DUP);

Test(vm_object, static__each_operation__as_the_dynamic_one)
{
	zirconia_vm_object_t o = vo_anonymous(2, ZIRCONIA_VM_RESIZABLE);
	zirconia_vm_reader_fallible_t r = zirconia_vm_reader_from_user("wxyz", 4);
	zirconia_vm_writer_fallible_t w = zirconia_vm_writer_from_user(bytes, 4);
	zirconia_vm_page_t page;
	everything_t all, twin;
	writable_t writable;
	size_t n = 0;

	VO_OK(ZIRCONIA_VM_TO_STATIC(&o, &all));
	cr_assert_null(o.pages);
	cr_assert_eq(ZIRCONIA_VM_STATIC_RIGHTS(&all), ZIRCONIA_VM_RIGHTS_ALL);
	cr_assert(ZIRCONIA_VM_SIZE(&all) == 2 * T_PAGE &&
		  ZIRCONIA_VM_FLAGS(&all) == ZIRCONIA_VM_RESIZABLE);
	VO_COUNT(ZIRCONIA_VM_WRITE(&all, 7, &r), ZIRCONIA_VM_OK, 4);
	VO_COUNT(ZIRCONIA_VM_READ(&all, 7, &w), ZIRCONIA_VM_OK, 4);
	cr_assert_eq(memcmp(bytes, "wxyz", 4), 0);
	VO_OK(ZIRCONIA_VM_DUP(&all, &twin));
	VO_OK(ZIRCONIA_VM_RESTRICT(&all, &writable));
	cr_assert_null(all.dynamic.pages);
	VO_OK(ZIRCONIA_VM_COMMIT_ON(&writable, 1, 0, &page));
	cr_assert_eq(page.index, 1);
	VO_OK(ZIRCONIA_VM_TRY_COMMIT_PAGE(&writable, 0, &page).error);
	VO_OK(ZIRCONIA_VM_TRY_OPERATE_ON_RANGE(&writable, 1, T_PAGE + 1, count_pages, &n).error);
	cr_assert_eq(n, 2);
	VO_OK(ZIRCONIA_VM_CLEAR(&writable, 7, 9));
	VO_COUNT(ZIRCONIA_VM_FILL_ZEROS(&writable, 10, 1), ZIRCONIA_VM_OK, 1);
	VO_READ(&twin.dynamic, 7, bytes, 4);
	cr_assert_eq(memcmp(bytes, "\0\0y\0", 4), 0);
	VO_OK(ZIRCONIA_VM_REPLACE(&writable, a_page, 1));
	VO_READ(&twin.dynamic, T_PAGE, bytes, 4);
	cr_assert_eq(memcmp(bytes, "\1\2\3\0", 4), 0);
	VO_OK(ZIRCONIA_VM_DECOMMIT(&writable, T_PAGE, T_PAGE + 1));
	cr_assert(vo_page_is(&twin.dynamic, 1, 0));
	VO_OK(ZIRCONIA_VM_RESIZE(&writable, T_PAGE));
	cr_assert_eq(ZIRCONIA_VM_SIZE(&twin), T_PAGE);
	VO_OK(ZIRCONIA_VM_TO_DYN(&writable, &o));
	cr_assert_eq(zirconia_vm_object_rights(&o), ZIRCONIA_VM_RIGHT_WRITE);
	/* Reading is looked at when it runs, too. */
	VO_COUNT(vo_read(&o, 0, bytes, 1), ZIRCONIA_VM_ACCESS_DENIED, 0);
	zirconia_vm_object_done(&o);
	ZIRCONIA_VM_DONE(&twin);
}

Test(vm_object, to_static__missing_or_unknown_rights__errors_and_not_moved)
{
	zirconia_vm_object_t o = vo_anonymous(1, 0);
	zirconia_vm_object_t out = {NULL, 5};
	writable_t writable;
	readable_t readable;

	zirconia_vm_object_restrict(&o, ONLY(ZIRCONIA_VM_RIGHT_WRITE));
	VO_IS(ZIRCONIA_VM_TO_STATIC(&o, &writable), ZIRCONIA_VM_ACCESS_DENIED);
	VO_IS(zirconia_vm_object_narrow(&o, 16, &out), ZIRCONIA_VM_INVALID_ARGS);
	cr_assert(o.pages != NULL && out.pages == NULL && out.rights == 5);
	VO_OK(ZIRCONIA_VM_TO_STATIC(&o, &readable));
	cr_assert_eq(readable.dynamic.rights, ZIRCONIA_VM_RIGHT_READ | ZIRCONIA_VM_RIGHT_DUP);
	ZIRCONIA_VM_DONE(&readable);
}

/* ---- committing */

Test(vm_object, page_idx_range__table)
{
	static const size_t rows[][4] = {
		{0, 0, 0, 0},
		{0, 1, 0, 1},
		{1, T_PAGE, 0, 1},
		{T_PAGE - 1, T_PAGE + 1, 0, 2},
		{T_PAGE, T_PAGE, 1, 1},
		{T_PAGE + 1, T_PAGE + 1, 1, 2},
		{SIZE_MAX, SIZE_MAX, SIZE_MAX / T_PAGE, SIZE_MAX / T_PAGE + 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t first, end;

		zirconia_vm_page_idx_range(rows[i][0], rows[i][1], &first, &end);
		cr_assert(first == rows[i][2] && end == rows[i][3], "row %zu: %zu..%zu", i, first,
			  end);
	}
}

Test(vm_object, commit__inside_and_outside__page_or_invalid_args)
{
	zirconia_vm_object_t o = vo_anonymous(2, 0);
	zirconia_vm_page_t page = {NULL, 9};
	zirconia_vm_commit_t c;

	VO_IS(zirconia_vm_object_commit_on(&o, 2, 0, &page), ZIRCONIA_VM_INVALID_ARGS);
	VO_IS(zirconia_vm_object_commit_on(&o, SIZE_MAX / T_PAGE, 0, &page),
	      ZIRCONIA_VM_INVALID_ARGS);
	VO_IS(zirconia_vm_object_commit_on(&o, 0, 2, &page), ZIRCONIA_VM_INVALID_ARGS);
	c = zirconia_vm_object_try_commit_page(&o, 2 * T_PAGE, &page);
	cr_assert(c.error == ZIRCONIA_VM_INVALID_ARGS && !c.need_io);
	cr_assert(page.pages == NULL && page.index == 9);
	cr_assert_eq(vo_committed(&o), 0);
	VO_OK(zirconia_vm_object_commit_on(&o, 1, ZIRCONIA_VM_WILL_OVERWRITE, &page));
	cr_assert_eq(page.index, 1);
	cr_assert_eq(vo_committed(&o), 1);
	/* Without a pager there is never any I/O. */
	c = zirconia_vm_object_try_commit_page(&o, T_PAGE - 1, &page);
	cr_assert(c.error == ZIRCONIA_VM_OK && !c.need_io && page.index == 0);
	cr_assert_eq(vo_committed(&o), 2);
	zirconia_vm_object_done(&o);
}

struct trace {
	size_t calls, commit_at, fail_at;
	zirconia_vm_page_t page;
};

static zirconia_vm_commit_t traced(void *arg, zirconia_vm_committer_t *committer)
{
	struct trace *t = arg;
	const size_t at = t->calls++;

	if (at == t->fail_at)
		return (zirconia_vm_commit_t){ZIRCONIA_VM_OVERFLOW, false, 0};
	if (at == t->commit_at)
		return zirconia_vm_commit_here(committer, &t->page);
	return (zirconia_vm_commit_t){ZIRCONIA_VM_OK, false, 0};
}

Test(vm_object, operate_on_range__some_pages__called_in_order_until_an_error)
{
	zirconia_vm_object_t o = vo_anonymous(6, 0);
	struct trace t = {0, 2, 99, {NULL, 0}};

	VO_OK(zirconia_vm_object_operate_on_range(&o, T_PAGE + 5, 4 * T_PAGE + 5, traced, &t, 0));
	cr_assert_eq(t.calls, 4);
	cr_assert_eq(t.page.index, 3);
	/* Only the page that was asked for is there. */
	cr_assert_eq(vo_committed(&o), 1);
	t = (struct trace){0, 99, 1, {NULL, 0}};
	VO_IS(zirconia_vm_object_try_operate_on_range(&o, 0, 6 * T_PAGE, traced, &t).error,
	      ZIRCONIA_VM_OVERFLOW);
	cr_assert_eq(t.calls, 2);
	t.calls = 0;
	VO_IS(zirconia_vm_object_try_operate_on_range(&o, 0, 6 * T_PAGE + 1, traced, &t).error,
	      ZIRCONIA_VM_INVALID_ARGS);
	VO_IS(zirconia_vm_object_operate_on_range(&o, 0, 6 * T_PAGE + 1, traced, &t, 0),
	      ZIRCONIA_VM_INVALID_ARGS);
	VO_IS(zirconia_vm_object_operate_on_range(&o, 0, 1, traced, &t, 4),
	      ZIRCONIA_VM_INVALID_ARGS);
	VO_OK(zirconia_vm_object_operate_on_range(&o, T_PAGE, T_PAGE, traced, &t, 0));
	cr_assert_eq(t.calls, 0);
	zirconia_vm_object_done(&o);
}

Test(vm_object, page_read_write__parts__bounded_by_page_and_cursor)
{
	zirconia_vm_object_t o = vo_anonymous(3, 0);
	uint8_t *good = t_before_guard(T_PAGE);
	zirconia_vm_page_t page;
	zirconia_vm_reader_fallible_t r = zirconia_vm_reader_from_user(a_page, T_PAGE);
	zirconia_vm_writer_fallible_t w;

	VO_OK(zirconia_vm_object_commit_on(&o, 1, 0, &page));
	VO_COUNT(zirconia_vm_page_write(&page, T_PAGE - 2, &r), ZIRCONIA_VM_OK, 2);
	cr_assert_eq(zirconia_vm_reader_fallible_remain(&r), T_PAGE - 2);
	VO_COUNT(zirconia_vm_page_write(&page, T_PAGE, &r), ZIRCONIA_VM_OK, 0);
	w = zirconia_vm_writer_from_user(bytes, 5);
	VO_COUNT(zirconia_vm_page_read(&page, T_PAGE - 3, &w), ZIRCONIA_VM_OK, 3);
	cr_assert(bytes[0] == 0 && bytes[1] == 1 && bytes[2] == 2);
	cr_assert_eq(zirconia_vm_writer_fallible_avail(&w), 2);
	w = zirconia_vm_writer_from_user(good + T_PAGE - 3, 9);
	VO_COUNT(zirconia_vm_page_read(&page, 0, &w), ZIRCONIA_VM_PAGE_FAULT, 3);
	r = zirconia_vm_reader_from_user(good + T_PAGE - 3, 9);
	VO_COUNT(zirconia_vm_page_write(&page, 0, &r), ZIRCONIA_VM_PAGE_FAULT, 3);
	cr_assert_not(zirconia_vm_reader_fallible_remain(&r) != 6);
	zirconia_vm_object_done(&o);
}

/* ---- data */

/* spec: clients E.5 acceptance */
Test(vm_object, write_read__small__round_trip)
{
	zirconia_vm_object_t o = vo_anonymous(1, 0);
	const uint8_t in[4] = {0x12, 0x34, 0x56, 0x78};
	const zirconia_vm_io_t io = zirconia_vm_object_io(&o);
	uint32_t value;

	cr_assert(vo_page_is(&o, 0, 0));
	VO_WRITE(&o, 111, in, 4);
	VO_OK(zirconia_vm_io_write_bytes(io, 222, in, 4));
	VO_OK(ZIRCONIA_VM_IO_READ_VAL(io, 111, &value));
	cr_assert_eq(value, 0x78563412);
	VO_OK(ZIRCONIA_VM_IO_READ_VAL(io, 222, &value));
	cr_assert_eq(value, 0x78563412);
	zirconia_vm_object_done(&o);
}

Test(vm_object, write_read__every_shape__same_bytes)
{
	static const size_t offsets[] = {0, 1, T_PAGE - 1, T_PAGE, T_PAGE + 3, 2 * T_PAGE - 7};
	static const size_t lengths[] = {0,          1,          8,          T_PAGE - 1,    T_PAGE,
					 T_PAGE + 1, 2 * T_PAGE, 3 * T_PAGE, 3 * T_PAGE + 9};
	uint8_t *model = calloc(6, T_PAGE), *back = malloc(6 * T_PAGE), *in = malloc(6 * T_PAGE);
	zirconia_vm_object_t o = vo_anonymous(6, 0);
	uint64_t seed = t_seed();

	T_EACH (offsets, off) {
		T_EACH (lengths, len) {
			for (size_t i = 0; i < *len; i++)
				in[i] = (uint8_t)t_random(&seed);
			memcpy(model + *off, in, *len);
			VO_WRITE(&o, *off, in, *len);
			VO_READ(&o, *off, back, *len);
			cr_assert_eq(memcmp(back, in, *len), 0, "%zu bytes at %zu", *len, *off);
			VO_READ(&o, 0, back, 6 * T_PAGE);
			cr_assert_eq(memcmp(back, model, 6 * T_PAGE), 0, "%zu bytes at %zu", *len,
				     *off);
		}
	}
	zirconia_vm_object_done(&o);
	free(model);
	free(back);
	free(in);
}

Test(vm_object, read__at_and_past_the_end__short_or_invalid_args)
{
	zirconia_vm_object_t o = vo_anonymous(2, 0);
	const zirconia_vm_io_t io = zirconia_vm_object_io(&o);

	VO_COUNT(vo_read(&o, 2 * T_PAGE - 3, bytes, 10), ZIRCONIA_VM_OK, 3);
	VO_COUNT(vo_read(&o, 2 * T_PAGE, bytes, 10), ZIRCONIA_VM_OK, 0);
	VO_COUNT(vo_read(&o, 2 * T_PAGE + 1, bytes, 10), ZIRCONIA_VM_INVALID_ARGS, 0);
	VO_COUNT(vo_read(&o, SIZE_MAX, bytes, 10), ZIRCONIA_VM_INVALID_ARGS, 0);
	/* The contract has no short reads. */
	VO_OK(zirconia_vm_io_read_bytes(io, 2 * T_PAGE - 3, bytes, 3));
	VO_IS(zirconia_vm_io_read_bytes(io, 2 * T_PAGE - 3, bytes, 4), ZIRCONIA_VM_INVALID_ARGS);
	VO_IS(zirconia_vm_io_read_bytes(io, SIZE_MAX, bytes, 4), ZIRCONIA_VM_OVERFLOW);
	zirconia_vm_object_done(&o);
}

Test(vm_object, write__past_the_end__nothing_written)
{
	zirconia_vm_object_t o = vo_anonymous(2, 0);
	uint8_t *in = malloc(2 * T_PAGE);

	memset(in, 7, 2 * T_PAGE);
	VO_COUNT(vo_write(&o, 2 * T_PAGE - 1, in, 2), ZIRCONIA_VM_INVALID_ARGS, 0);
	VO_COUNT(vo_write(&o, 1, in, 2 * T_PAGE), ZIRCONIA_VM_INVALID_ARGS, 0);
	VO_COUNT(vo_write(&o, SIZE_MAX, in, 2), ZIRCONIA_VM_OVERFLOW, 0);
	VO_IS(zirconia_vm_object_clear(&o, 0, 2 * T_PAGE + 1), ZIRCONIA_VM_INVALID_ARGS);
	cr_assert(vo_page_is(&o, 0, 0) && vo_page_is(&o, 1, 0));
	zirconia_vm_object_done(&o);
	free(in);
}

Test(vm_object, write_and_read__other_side_faults__count_and_bytes_before)
{
	static const size_t lengths[] = {1, 100, T_PAGE, T_PAGE + 1, 2 * T_PAGE, 2 * T_PAGE + 5};
	uint8_t *edge = t_before_guard(3 * T_PAGE);
	uint8_t *back = malloc(4 * T_PAGE);

	edge += 3 * T_PAGE;
	T_EACH (lengths, n) {
		for (size_t offset = 0; offset < T_PAGE; offset += 1000) {
			zirconia_vm_object_t o = vo_anonymous(8, 0);

			memset(edge - *n, 0x5a, *n);
			VO_COUNT(vo_write(&o, offset, edge - *n, 4 * T_PAGE),
				 ZIRCONIA_VM_PAGE_FAULT, *n);
			VO_READ(&o, offset, back, *n + 1);
			cr_assert(t_all(back, *n, 0x5a) && back[*n] == 0, "%zu at %zu", *n, offset);
			memset(edge - *n, 0, *n);
			VO_COUNT(vo_read(&o, offset, edge - *n, 4 * T_PAGE), ZIRCONIA_VM_PAGE_FAULT,
				 *n);
			cr_assert(t_all(edge - *n, *n, 0x5a), "%zu at %zu", *n, offset);
			zirconia_vm_object_done(&o);
		}
	}
	free(back);
}

Test(vm_object, clear_and_fill_zeros__ranges__exactly_those_bytes)
{
	zirconia_vm_object_t o = vo_anonymous(3, 0);
	uint8_t *in = malloc(3 * T_PAGE);

	memset(in, 1, 3 * T_PAGE);
	VO_WRITE(&o, 0, in, 3 * T_PAGE);
	VO_OK(zirconia_vm_object_clear(&o, 10, 2 * T_PAGE + 10));
	memset(in + 10, 0, 2 * T_PAGE);
	VO_OK(zirconia_vm_object_clear(&o, 5, 5));
	VO_COUNT(zirconia_vm_object_fill_zeros(&o, 3 * T_PAGE - 4, 4), ZIRCONIA_VM_OK, 4);
	memset(in + 3 * T_PAGE - 4, 0, 4);
	VO_COUNT(zirconia_vm_object_fill_zeros(&o, 3 * T_PAGE - 6, 9), ZIRCONIA_VM_INVALID_ARGS, 6);
	memset(in + 3 * T_PAGE - 6, 0, 6);
	VO_COUNT(zirconia_vm_object_fill_zeros(&o, 3 * T_PAGE + 1, 0), ZIRCONIA_VM_INVALID_ARGS, 0);
	VO_COUNT(zirconia_vm_object_fill_zeros(&o, 3 * T_PAGE, 0), ZIRCONIA_VM_OK, 0);
	for (size_t i = 0; i < 3; i++) {
		VO_READ(&o, i * T_PAGE, bytes, T_PAGE);
		cr_assert_eq(memcmp(bytes, in + i * T_PAGE, T_PAGE), 0, "page %zu", i);
	}
	zirconia_vm_object_done(&o);
	free(in);
}

Test(vm_object, clear__reversed__aborts, .signal = SIGABRT)
{
	zirconia_vm_object_t o = vo_anonymous(1, 0);

	zirconia_vm_object_clear(&o, 2, 1);
}

/* ---- sizes */

/* spec: clients E.5 acceptance */
Test(vm_object, resize__grow_and_shrink__bytes_kept_and_dropped)
{
	zirconia_vm_object_t o = vo_anonymous(1, ZIRCONIA_VM_RESIZABLE);

	VO_WRITE(&o, 10, "x", 1);
	VO_OK(zirconia_vm_object_resize(&o, T_PAGE + 1));
	cr_assert_eq(zirconia_vm_object_size(&o), 2 * T_PAGE);
	VO_WRITE(&o, T_PAGE + 20, "y", 1);
	VO_OK(zirconia_vm_object_resize(&o, 1));
	cr_assert_eq(zirconia_vm_object_size(&o), T_PAGE);
	VO_READ(&o, 10, bytes, 1);
	cr_assert_eq(bytes[0], 'x');
	VO_COUNT(vo_read(&o, T_PAGE + 20, bytes, 1), ZIRCONIA_VM_INVALID_ARGS, 0);
	VO_OK(zirconia_vm_object_resize(&o, 2 * T_PAGE));
	cr_assert(vo_page_is(&o, 1, 0));
	VO_IS(zirconia_vm_object_resize(&o, SIZE_MAX), ZIRCONIA_VM_INVALID_ARGS);
	VO_IS(zirconia_vm_object_resize(&o, SIZE_MAX - 2 * T_PAGE), ZIRCONIA_VM_INVALID_ARGS);
	cr_assert_eq(zirconia_vm_object_size(&o), 2 * T_PAGE);
	zirconia_vm_object_done(&o);
}

Test(vm_object, resize__not_resizable__aborts, .signal = SIGABRT)
{
	zirconia_vm_object_t o = vo_anonymous(1, 0);

	zirconia_vm_object_resize(&o, 1);
}

Test(vm_object, decommit__touched_pages__zero_and_uncommitted)
{
	zirconia_vm_object_t o = vo_anonymous(4, 0);
	uint8_t *in = malloc(4 * T_PAGE);

	memset(in, 3, 4 * T_PAGE);
	VO_WRITE(&o, 0, in, 4 * T_PAGE);
	VO_OK(zirconia_vm_object_decommit(&o, 2 * T_PAGE - 1, 2 * T_PAGE + 1));
	cr_assert_eq(vo_committed(&o), 2);
	cr_assert(vo_page_is(&o, 0, 3) && vo_page_is(&o, 1, 0) && vo_page_is(&o, 2, 0) &&
		  vo_page_is(&o, 3, 3));
	VO_IS(zirconia_vm_object_decommit(&o, 0, 4 * T_PAGE + 1), ZIRCONIA_VM_INVALID_ARGS);
	VO_IS(zirconia_vm_object_decommit(&o, 2, 1), ZIRCONIA_VM_INVALID_ARGS);
	cr_assert(vo_page_is(&o, 0, 3));
	zirconia_vm_object_done(&o);
	free(in);
}

Test(vm_object, decommit__contiguous__zero)
{
	zirconia_vm_object_t o = vo_anonymous(2, ZIRCONIA_VM_CONTIGUOUS);

	VO_WRITE(&o, 0, a_page, T_PAGE);
	VO_OK(zirconia_vm_object_decommit(&o, 0, 1));
	cr_assert(vo_page_is(&o, 0, 0));
	zirconia_vm_object_done(&o);
}

Test(vm_object, replace__inside_and_outside__page_or_invalid_args)
{
	zirconia_vm_object_t o = vo_anonymous(2, 0);

	VO_OK(zirconia_vm_object_replace(&o, a_page, 1));
	VO_READ(&o, T_PAGE, bytes, T_PAGE);
	cr_assert_eq(memcmp(bytes, a_page, T_PAGE), 0);
	VO_IS(zirconia_vm_object_replace(&o, a_page, 2), ZIRCONIA_VM_INVALID_ARGS);
	zirconia_vm_object_done(&o);
}

/* ---- zx_* */

Test(vm_object, handle__rights__follow_those_of_the_share)
{
	zirconia_vm_object_t o = vo_anonymous(1, 0);
	const zx_rights_t rwx = ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_EXECUTE |
				ZX_RIGHT_DUPLICATE | ZX_RIGHT_RESIZE;
	zx_handle_t handle;

	VO_OK(zirconia_vm_object_handle(&o, &handle));
	cr_assert_eq(t_rights(handle) & rwx, rwx & ~ZX_RIGHT_RESIZE);
	t_close(handle);
	zirconia_vm_object_restrict(&o, ZIRCONIA_VM_RIGHT_READ);
	VO_OK(zirconia_vm_object_handle(&o, &handle));
	cr_assert_eq(t_rights(handle) & rwx, ZX_RIGHT_READ);
	t_close(handle);
	zirconia_vm_object_done(&o);
}

Test(vm_object, map__writes__seen_on_the_other_side)
{
	zirconia_vm_object_t o = vo_anonymous(2, 0);
	zx_vaddr_t addr;

	VO_OK(zirconia_vm_object_map(&o, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, T_PAGE, T_PAGE,
				     &addr));
	VO_WRITE(&o, T_PAGE + 3, "in", 2);
	cr_assert_eq(memcmp((void *)(addr + 3), "in", 2), 0);
	memcpy((void *)(addr + 5), "out", 3);
	VO_READ(&o, T_PAGE + 5, bytes, 3);
	cr_assert_eq(memcmp(bytes, "out", 3), 0);
	T_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, T_PAGE));
	VO_IS(zirconia_vm_object_map(&o, ZX_VM_PERM_READ, 1, T_PAGE, &addr),
	      ZIRCONIA_VM_INVALID_ARGS);
	zirconia_vm_object_done(&o);
}
