/* zi-test: valgrind */
/*
 * Object I/O (zirconia/vm_io.h): the contracts, for memory, VMOs and objects of a user's own; rows
 * of clients.md E.2.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zirconia/vm_io.h>

#include "t.h"

/*
 * ---- kinds of objects: each holds a page of bytes 0, 1, 2, ... and can be looked at behind the
 * contract's back
 */

struct object {
	zirconia_vm_memory_t memory;
	zirconia_vm_vmo_t vmo;
	zirconia_vm_cursors_t cursors;
	zirconia_vm_cursors_fallible_t cursors_fallible;
	zirconia_vm_error_t refuse; /* what the cursors are refused with */
	uint8_t *bytes;             /* where the content is */

	zirconia_vm_io_t io;
	zirconia_vm_io_fill_t fill;
	zirconia_vm_io_once_t once; /* ops NULL: has no such contract */
};

static zirconia_vm_error_t hand_out_reader(void *object, zirconia_vm_reader_t *out_reader)
{
	struct object *o = object;

	*out_reader = zirconia_vm_reader_from(o->bytes, T_PAGE);
	return o->refuse;
}

static zirconia_vm_error_t hand_out_writer(void *object, zirconia_vm_writer_t *out_writer)
{
	struct object *o = object;

	*out_writer = zirconia_vm_writer_from(o->bytes, T_PAGE);
	return o->refuse;
}

static zirconia_vm_error_t hand_out_reader_fallible(void *object,
						    zirconia_vm_reader_fallible_t *out_reader)
{
	struct object *o = object;

	*out_reader = zirconia_vm_reader_from_user(o->bytes, T_PAGE);
	return o->refuse;
}

static zirconia_vm_error_t hand_out_writer_fallible(void *object,
						    zirconia_vm_writer_fallible_t *out_writer)
{
	struct object *o = object;

	*out_writer = zirconia_vm_writer_from_user(o->bytes, T_PAGE);
	return o->refuse;
}

static void make_memory(struct object *o)
{
	o->bytes = t_before_guard(T_PAGE);
	o->memory = (zirconia_vm_memory_t){o->bytes, T_PAGE};
	o->io = zirconia_vm_memory_io(&o->memory);
	o->fill = zirconia_vm_memory_io_fill(&o->memory);
	o->once = zirconia_vm_memory_io_once(&o->memory);
}

static void make_vmo(struct object *o)
{
	const zx_handle_t vmo = t_vmo(T_PAGE);

	o->bytes = t_map(vmo, 0, T_PAGE);
	zirconia_vm_vmo_init(&o->vmo, vmo);
	o->io = zirconia_vm_vmo_io(&o->vmo);
	o->fill = zirconia_vm_vmo_io_fill(&o->vmo);
	o->once = zirconia_vm_vmo_io_once(&o->vmo);
}

static void make_cursors(struct object *o)
{
	o->bytes = t_before_guard(T_PAGE);
	o->cursors = (zirconia_vm_cursors_t){o, hand_out_reader, hand_out_writer};
	o->io = zirconia_vm_io_of_cursors(&o->cursors);
	o->fill = zirconia_vm_io_fill_of_cursors(&o->cursors);
	o->once = zirconia_vm_io_once_of_cursors(&o->cursors);
}

static void make_cursors_fallible(struct object *o)
{
	o->bytes = t_before_guard(T_PAGE);
	o->cursors_fallible = (zirconia_vm_cursors_fallible_t){o, hand_out_reader_fallible,
							       hand_out_writer_fallible};
	o->io = zirconia_vm_io_of_cursors_fallible(&o->cursors_fallible);
	o->fill = zirconia_vm_io_fill_of_cursors_fallible(&o->cursors_fallible);
}

static const struct kind {
	const char *name;
	void (*make)(struct object *o);
} kinds[] = {
	{"memory", make_memory},
	{"VMO", make_vmo},
	{"cursors", make_cursors},
	{"fallible cursors", make_cursors_fallible},
};

static void refill(struct object *o)
{
	for (size_t i = 0; i < T_PAGE; i++)
		o->bytes[i] = (uint8_t)i;
}

static struct object make(const struct kind *k)
{
	/* The object hands out pointers to itself: it has to stay. */
	static struct object objects[4];
	struct object *o = &objects[k - kinds];

	memset(o, 0, sizeof(*o));
	k->make(o);
	refill(o);
	return *o;
}

#define EACH_KIND(k, o)                                                                       \
	for (const struct kind *k = kinds; k < kinds + sizeof(kinds) / sizeof(kinds[0]); k++) \
		for (struct object o = make(k), *once_ = &o; once_ != NULL; once_ = NULL)

/* ---- read and write */

/* spec: clients E.2 "read_bytes, read_slice, read_val / write_bytes, write_slice, write_val" */
Test(vm_io_object, bytes_slices_values__inside__round_trip)
{
	EACH_KIND(k, o)
	{
		const uint8_t in[5] = {50, 51, 52, 53, 54};
		const uint16_t in_slice[3] = {0x1111, 0x2222, 0x3333};
		const uint64_t in_val = 0x123456789abcdef0;
		uint8_t out[7];
		uint16_t out_slice[3];
		uint64_t out_val;

		cr_assert_eq(zirconia_vm_io_write_bytes(o.io, 11, in, 5), ZIRCONIA_VM_OK, "%s",
			     k->name);
		cr_assert_eq(zirconia_vm_io_read_bytes(o.io, 10, out, 7), ZIRCONIA_VM_OK, "%s",
			     k->name);
		cr_assert(out[0] == 10 && memcmp(out + 1, in, 5) == 0 && out[6] == 16, "%s",
			  k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_WRITE_SLICE(o.io, 101, in_slice, 3), ZIRCONIA_VM_OK,
			     "%s", k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_READ_SLICE(o.io, 101, out_slice, 3), ZIRCONIA_VM_OK,
			     "%s", k->name);
		cr_assert_arr_eq(out_slice, in_slice, sizeof(in_slice));
		cr_assert_eq(ZIRCONIA_VM_IO_WRITE_VAL(o.io, T_PAGE - 8, &in_val), ZIRCONIA_VM_OK,
			     "%s", k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_READ_VAL(o.io, T_PAGE - 8, &out_val), ZIRCONIA_VM_OK,
			     "%s", k->name);
		cr_assert_eq(out_val, in_val, "%s", k->name);
		/* Behind the contract's back. */
		cr_assert(memcmp(o.bytes + 11, in, 5) == 0 &&
				  memcmp(o.bytes + T_PAGE - 8, &in_val, 8) == 0,
			  "%s", k->name);
	}
}

/*
 * spec: clients E.2 "read/write: offset + length overflows", "offset + length > size", "read_val /
 * write_val"
 */
Test(vm_io_object, ranges__outside__errors_and_nothing_transferred)
{
	static const struct {
		const char *name;
		size_t offset;
		size_t len;
		zirconia_vm_error_t want;
	} rows[] = {
		{"all", 0, T_PAGE, ZIRCONIA_VM_OK},
		{"nothing at the end", T_PAGE, 0, ZIRCONIA_VM_OK},
		{"nothing past the end", T_PAGE + 1, 0, ZIRCONIA_VM_INVALID_ARGS},
		{"one byte too many", 1, T_PAGE, ZIRCONIA_VM_INVALID_ARGS},
		{"value across the end", T_PAGE - 3, 4, ZIRCONIA_VM_INVALID_ARGS},
		{"value past the end", T_PAGE + 1, 4, ZIRCONIA_VM_INVALID_ARGS},
		{"overflow", SIZE_MAX, 2, ZIRCONIA_VM_OVERFLOW},
		{"overflow by one", SIZE_MAX - 3, 4, ZIRCONIA_VM_OVERFLOW},
		{"largest end", SIZE_MAX - 4, 4, ZIRCONIA_VM_INVALID_ARGS},
	};

	EACH_KIND(k, o)
	{
		T_EACH (rows, r) {
			uint8_t buf[T_PAGE + 8];
			zirconia_vm_writer_fallible_t w = zirconia_vm_writer_from_user(buf, r->len);
			zirconia_vm_reader_fallible_t rd =
				zirconia_vm_reader_from_user(buf, r->len);
			const size_t moved = r->want == ZIRCONIA_VM_OK ? r->len : 0;

			memset(buf, 0xee, sizeof(buf));
			cr_assert_eq(zirconia_vm_io_read(o.io, r->offset, &w), r->want,
				     "%s, read %s", k->name, r->name);
			cr_assert_eq(zirconia_vm_writer_fallible_cursor(&w), buf + moved,
				     "%s, read %s", k->name, r->name);
			if (r->want != ZIRCONIA_VM_OK)
				cr_assert(t_all(buf, sizeof(buf), 0xee), "%s, read %s", k->name,
					  r->name);
			else
				cr_assert_eq(memcmp(buf, o.bytes, r->len), 0, "%s, read %s",
					     k->name, r->name);
			memset(buf, 0xdd, sizeof(buf));
			cr_assert_eq(zirconia_vm_io_write(o.io, r->offset, &rd), r->want,
				     "%s, write %s", k->name, r->name);
			cr_assert_eq(zirconia_vm_reader_fallible_cursor(&rd), buf + moved,
				     "%s, write %s", k->name, r->name);
			for (size_t i = 0; i < T_PAGE; i++)
				cr_assert_eq(o.bytes[i], i < moved ? 0xdd : (uint8_t)i,
					     "%s, write %s", k->name, r->name);
			refill(&o);
		}
	}
}

/* spec: clients E.2 "the other side faults" */
Test(vm_io_object, other_side__faults__page_fault_and_cursor_behind_what_was_done)
{
	EACH_KIND(k, o)
	{
		for (size_t n = 0; n < 3000; n += 499) {
			uint8_t *mem = t_before_guard(n);
			zirconia_vm_writer_fallible_t w = zirconia_vm_writer_from_user(mem, n + 50);
			zirconia_vm_reader_fallible_t r = zirconia_vm_reader_from_user(mem, n + 50);

			cr_assert_eq(zirconia_vm_io_read(o.io, 7, &w), ZIRCONIA_VM_PAGE_FAULT, "%s",
				     k->name);
			cr_assert_eq(zirconia_vm_writer_fallible_cursor(&w), mem + n, "%s",
				     k->name);
			cr_assert_eq(memcmp(mem, o.bytes + 7, n), 0, "%s", k->name);
			memset(mem, 0xab, n);
			cr_assert_eq(zirconia_vm_io_write(o.io, 7, &r), ZIRCONIA_VM_PAGE_FAULT,
				     "%s", k->name);
			cr_assert_eq(zirconia_vm_reader_fallible_cursor(&r), mem + n, "%s",
				     k->name);
			cr_assert(t_all(o.bytes + 7, n, 0xab), "%s", k->name);
			cr_assert_eq(o.bytes[7 + n], (uint8_t)(7 + n), "%s", k->name);
			refill(&o);
		}
	}
}

/*
 * An object that hands nothing out answers with its own error, before anything else is looked at.
 */
Test(vm_io_object, cursors__refused__that_error)
{
	for (int fallible = 0; fallible <= 1; fallible++) {
		static struct object o;
		uint8_t byte = 0;
		zirconia_vm_count_t filled;

		memset(&o, 0, sizeof(o));
		if (fallible)
			make_cursors_fallible(&o);
		else
			make_cursors(&o);
		o.refuse = ZIRCONIA_VM_ACCESS_DENIED;
		cr_assert_eq(zirconia_vm_io_read_bytes(o.io, SIZE_MAX, &byte, 1),
			     ZIRCONIA_VM_ACCESS_DENIED);
		cr_assert_eq(zirconia_vm_io_write_bytes(o.io, SIZE_MAX, &byte, 1),
			     ZIRCONIA_VM_ACCESS_DENIED);
		filled = zirconia_vm_io_fill_zeros(o.fill, SIZE_MAX, 1);
		cr_assert(filled.error == ZIRCONIA_VM_ACCESS_DENIED && filled.count == 0);
		if (!fallible) {
			cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(o.once, SIZE_MAX, &byte),
				     ZIRCONIA_VM_ACCESS_DENIED);
			cr_assert_eq(ZIRCONIA_VM_IO_WRITE_ONCE(o.once, SIZE_MAX, &byte),
				     ZIRCONIA_VM_ACCESS_DENIED);
		}
	}
}

/* ---- zeros */

/* spec: clients E.2 "fill_zeros" rows, "segment fill_zeros(1, 3)", "fill_zeros(8192, 3)" */
Test(vm_io_object, fill_zeros__ranges__count_and_error)
{
	static const struct {
		const char *name;
		size_t offset;
		size_t len;
		size_t count;
		zirconia_vm_error_t want;
	} rows[] = {
		{"three of five", 1, 3, 3, ZIRCONIA_VM_OK},
		{"all", 0, T_PAGE, T_PAGE, ZIRCONIA_VM_OK},
		{"nothing at the end", T_PAGE, 0, 0, ZIRCONIA_VM_OK},
		{"one past the last", T_PAGE, 1, 0, ZIRCONIA_VM_INVALID_ARGS},
		{"offset past the end", 8192, 3, 0, ZIRCONIA_VM_INVALID_ARGS},
		{"nothing past the end", 8192, 0, 0, ZIRCONIA_VM_INVALID_ARGS},
		{"length beyond the end", T_PAGE - 10, 100, 10, ZIRCONIA_VM_INVALID_ARGS},
		{"length without bound", 4000, SIZE_MAX, T_PAGE - 4000, ZIRCONIA_VM_INVALID_ARGS},
	};

	EACH_KIND(k, o)
	{
		T_EACH (rows, r) {
			const zirconia_vm_count_t done =
				zirconia_vm_io_fill_zeros(o.fill, r->offset, r->len);

			cr_assert(done.count == r->count && done.error == r->want,
				  "%s, %s: %zu, error %d", k->name, r->name, done.count,
				  done.error);
			for (size_t i = 0; i < T_PAGE; i++) {
				const bool zero = i >= r->offset && i < r->offset + r->count;

				cr_assert_eq(o.bytes[i], zero ? 0 : (uint8_t)i, "%s, %s: byte %zu",
					     k->name, r->name, i);
			}
			refill(&o);
		}
	}
}

/* spec: clients E.2 "VmIoFill" */
Test(vm_io_object, fill_zeros__object_faults__count_so_far)
{
	static struct object o;
	zirconia_vm_count_t done;

	make_cursors_fallible(&o);
	o.bytes += 100; /* the last hundred bytes of the object are in the guard page */
	done = zirconia_vm_io_fill_zeros(o.fill, 10, T_PAGE);
	cr_assert(done.error == ZIRCONIA_VM_PAGE_FAULT && done.count == T_PAGE - 110);
	done = zirconia_vm_io_fill_zeros(o.fill, 0, 20);
	cr_assert(done.error == ZIRCONIA_VM_OK && done.count == 20);
}

/* ---- once */

/* spec: clients E.2 "read_once / write_once" rows */
Test(vm_io_object, once__inside_and_outside__value_or_invalid_args)
{
	EACH_KIND(k, o)
	{
		const uint64_t in64 = 0x0123456789abcdef;
		const uint32_t in32 = 0xfeedf00d;
		const uint16_t in16 = 0xbeef;
		const uint8_t in8 = 0x5a;
		uint64_t out64 = 1;
		uint32_t out32 = 1;
		uint16_t out16 = 1;
		uint8_t out8 = 1;

		if (o.once.ops == NULL)
			continue;
		cr_assert_eq(ZIRCONIA_VM_IO_WRITE_ONCE(o.once, 64, &in64), ZIRCONIA_VM_OK, "%s",
			     k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_WRITE_ONCE(o.once, 72, &in32), ZIRCONIA_VM_OK, "%s",
			     k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_WRITE_ONCE(o.once, 76, &in16), ZIRCONIA_VM_OK, "%s",
			     k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_WRITE_ONCE(o.once, 79, &in8), ZIRCONIA_VM_OK, "%s",
			     k->name);
		cr_assert_eq(memcmp(o.bytes + 64, &in64, 8), 0, "%s", k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(o.once, 64, &out64), ZIRCONIA_VM_OK, "%s",
			     k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(o.once, 72, &out32), ZIRCONIA_VM_OK, "%s",
			     k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(o.once, 76, &out16), ZIRCONIA_VM_OK, "%s",
			     k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(o.once, 79, &out8), ZIRCONIA_VM_OK, "%s",
			     k->name);
		cr_assert(out64 == in64 && out32 == in32 && out16 == in16 && out8 == in8, "%s",
			  k->name);
		cr_assert_eq(o.bytes[78], 78, "%s", k->name);

		/*
		 * The last value, one that begins inside and ends outside, one outside, one that
		 * overflows.
		 */
		cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(o.once, T_PAGE - 8, &out64), ZIRCONIA_VM_OK,
			     "%s", k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(o.once, T_PAGE - 4, &out64),
			     ZIRCONIA_VM_INVALID_ARGS, "%s", k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(o.once, T_PAGE, &out8),
			     ZIRCONIA_VM_INVALID_ARGS, "%s", k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(o.once, T_PAGE + 8, &out8),
			     ZIRCONIA_VM_INVALID_ARGS, "%s", k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_WRITE_ONCE(o.once, T_PAGE - 4, &in64),
			     ZIRCONIA_VM_INVALID_ARGS, "%s", k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_WRITE_ONCE(o.once, T_PAGE + 8, &in8),
			     ZIRCONIA_VM_INVALID_ARGS, "%s", k->name);
		cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(o.once, SIZE_MAX - 7, &out64),
			     ZIRCONIA_VM_INVALID_ARGS, "%s", k->name);
		zirconia_vm_vmo_done(&o.vmo);
	}
}

Test(vm_io_object, once__misaligned_in_memory__aborts, .signal = SIGABRT)
{
	static struct object o;
	uint32_t value;

	make_memory(&o);
	ZIRCONIA_VM_IO_READ_ONCE(o.once, 2, &value);
}

Test(vm_io_object, once__misaligned_in_vmo__aborts, .signal = SIGABRT)
{
	static struct object o;
	const uint16_t value = 1;

	make_vmo(&o);
	ZIRCONIA_VM_IO_WRITE_ONCE(o.once, 3, &value);
}

/* ---- VMOs in particular */

/* Statuses of the calls become errors of the contract. */
Test(vm_io_object, vmo__rights_and_handles__errors)
{
	const zx_handle_t vmo = t_vmo(T_PAGE);
	zirconia_vm_vmo_t v;
	uint32_t word = 9;
	zx_handle_t dup;
	zx_handle_t event;

	/* Read-only. */
	T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP, &dup));
	zirconia_vm_vmo_init(&v, dup);
	cr_assert_eq(zirconia_vm_io_read_bytes(zirconia_vm_vmo_io(&v), 0, &word, 4),
		     ZIRCONIA_VM_OK);
	cr_assert_eq(zirconia_vm_io_write_bytes(zirconia_vm_vmo_io(&v), 0, &word, 4),
		     ZIRCONIA_VM_ACCESS_DENIED);
	cr_assert_eq(zirconia_vm_io_fill_zeros(zirconia_vm_vmo_io_fill(&v), 0, 4).error,
		     ZIRCONIA_VM_ACCESS_DENIED);
	cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(zirconia_vm_vmo_io_once(&v), 0, &word),
		     ZIRCONIA_VM_OK);
	cr_assert_eq(ZIRCONIA_VM_IO_WRITE_ONCE(zirconia_vm_vmo_io_once(&v), 0, &word),
		     ZIRCONIA_VM_ACCESS_DENIED);
	zirconia_vm_vmo_done(&v);
	/* Write-only. */
	T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_WRITE, &dup));
	zirconia_vm_vmo_init(&v, dup);
	cr_assert_eq(zirconia_vm_io_read_bytes(zirconia_vm_vmo_io(&v), 0, &word, 4),
		     ZIRCONIA_VM_ACCESS_DENIED);
	cr_assert_eq(zirconia_vm_io_write_bytes(zirconia_vm_vmo_io(&v), 0, &word, 4),
		     ZIRCONIA_VM_OK);
	cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(zirconia_vm_vmo_io_once(&v), 0, &word),
		     ZIRCONIA_VM_ACCESS_DENIED);
	zirconia_vm_vmo_done(&v);
	/* No VMO. */
	T_OK(zx_event_create(0, &event));
	zirconia_vm_vmo_init(&v, event);
	cr_assert_eq(zirconia_vm_io_read_bytes(zirconia_vm_vmo_io(&v), 0, &word, 4),
		     ZIRCONIA_VM_INVALID_ARGS);
	cr_assert_eq(zirconia_vm_io_fill_zeros(zirconia_vm_vmo_io_fill(&v), 0, 4).error,
		     ZIRCONIA_VM_INVALID_ARGS);
	zirconia_vm_vmo_done(&v);
}

Test(vm_io_object, status__each__error)
{
	static const struct {
		zx_status_t status;
		zirconia_vm_error_t want;
	} rows[] = {
		{ZX_OK, ZIRCONIA_VM_OK},
		{ZX_ERR_ACCESS_DENIED, ZIRCONIA_VM_ACCESS_DENIED},
		{ZX_ERR_NO_MEMORY, ZIRCONIA_VM_NO_MEMORY},
		{ZX_ERR_NO_RESOURCES, ZIRCONIA_VM_NOT_ENOUGH_RESOURCES},
		{ZX_ERR_NO_SPACE, ZIRCONIA_VM_NOT_ENOUGH_RESOURCES},
		{ZX_ERR_BAD_HANDLE, ZIRCONIA_VM_INVALID_ARGS},
		{ZX_ERR_WRONG_TYPE, ZIRCONIA_VM_INVALID_ARGS},
		{ZX_ERR_OUT_OF_RANGE, ZIRCONIA_VM_INVALID_ARGS},
		{ZX_ERR_INVALID_ARGS, ZIRCONIA_VM_INVALID_ARGS},
		{ZX_ERR_NOT_SUPPORTED, ZIRCONIA_VM_INVALID_ARGS},
		{ZX_ERR_NOT_FOUND, ZIRCONIA_VM_IO_ERROR},
		{ZX_ERR_IO, ZIRCONIA_VM_IO_ERROR},
		{ZX_ERR_IO_DATA_INTEGRITY, ZIRCONIA_VM_IO_ERROR},
		{ZX_ERR_BAD_STATE, ZIRCONIA_VM_IO_ERROR},
	};

	T_EACH (rows, r)
		cr_assert_eq(zirconia_vm_error_from_status(r->status), r->want, "%d", r->status);
}

Test(vm_io_object, vmo__grown_after_the_first_once__new_part_reached)
{
	const zx_handle_t vmo = t_vmo_options(T_PAGE, ZX_VMO_RESIZABLE);
	zirconia_vm_vmo_t v;
	zx_info_vmo_t info;
	const uint64_t in = 77;
	uint64_t out = 0;

	zirconia_vm_vmo_init(&v, vmo);

	const zirconia_vm_io_once_t once = zirconia_vm_vmo_io_once(&v);

	cr_assert_eq(ZIRCONIA_VM_IO_WRITE_ONCE(once, 0, &in), ZIRCONIA_VM_OK);
	cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(once, 5 * T_PAGE, &out), ZIRCONIA_VM_INVALID_ARGS);
	T_OK(zx_vmo_set_size(vmo, 8 * T_PAGE));
	cr_assert_eq(ZIRCONIA_VM_IO_WRITE_ONCE(once, 5 * T_PAGE, &in), ZIRCONIA_VM_OK);
	T_OK(zx_vmo_read(vmo, &out, 5 * T_PAGE, sizeof(out)));
	cr_assert_eq(out, 77);
	/* Cut short behind the mapping: the size is asked every time. */
	T_OK(zx_vmo_set_size(vmo, T_PAGE));
	cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(once, 5 * T_PAGE, &out), ZIRCONIA_VM_INVALID_ARGS);
	zirconia_vm_vmo_done(&v);
	T_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	cr_assert_eq(info.num_mappings, 0);
	t_close(vmo);
}

/* Larger than any mapping could be: the page alone is mapped for the access. */
Test(vm_io_object, vmo__too_large_to_map__once_and_bytes_work)
{
	const zx_handle_t vmo = t_vmo((uint64_t)1 << 50);
	const size_t at = ((size_t)1 << 50) - 8;
	const uint64_t in = 0x1122334455667788;
	zirconia_vm_vmo_t v;
	uint64_t out = 0;

	zirconia_vm_vmo_init(&v, vmo);
	cr_assert_eq(ZIRCONIA_VM_IO_WRITE_ONCE(zirconia_vm_vmo_io_once(&v), at, &in),
		     ZIRCONIA_VM_OK);
	cr_assert_eq(ZIRCONIA_VM_IO_READ_ONCE(zirconia_vm_vmo_io_once(&v), at, &out),
		     ZIRCONIA_VM_OK);
	cr_assert_eq(out, in);
	out = 0;
	cr_assert_eq(ZIRCONIA_VM_IO_READ_VAL(zirconia_vm_vmo_io(&v), at, &out), ZIRCONIA_VM_OK);
	cr_assert_eq(out, in);
	zirconia_vm_vmo_done(&v);
}

static void *hammer(void *arg)
{
	const zirconia_vm_io_once_t once = *(zirconia_vm_io_once_t *)arg;
	uintptr_t torn = 0;

	for (uint64_t i = 0; i < 20000; i++) {
		const uint64_t in = (i & 0xff) * 0x0101010101010101;
		uint64_t out = 0;

		if (ZIRCONIA_VM_IO_WRITE_ONCE(once, 512, &in) != ZIRCONIA_VM_OK ||
		    ZIRCONIA_VM_IO_READ_ONCE(once, 512, &out) != ZIRCONIA_VM_OK)
			torn++;
		torn += out != (out & 0xff) * 0x0101010101010101;
	}
	return (void *)torn;
}

/* spec: clients E.2 "concurrency", "VmIoOnce" */
Test(vm_io_object, vmo_once__four_threads__no_value_is_torn)
{
	zirconia_vm_vmo_t v;
	zirconia_vm_io_once_t once;
	pthread_t thread[4];

	zirconia_vm_vmo_init(&v, t_vmo(T_PAGE));
	once = zirconia_vm_vmo_io_once(&v);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, hammer, &once), 0);
	for (int i = 0; i < 4; i++) {
		void *torn;

		cr_assert_eq(pthread_join(thread[i], &torn), 0);
		cr_assert_eq((uintptr_t)torn, 0);
	}
	zirconia_vm_vmo_done(&v);
}

/* ---- an object of a user's own, from the functions up */

/* Every byte reads as the low byte of its offset; nothing can be written. */
static zirconia_vm_error_t counter_read(void *object, size_t offset,
					zirconia_vm_writer_fallible_t *writer)
{
	(void)object;
	while (zirconia_vm_writer_fallible_has_avail(writer)) {
		const uint8_t byte = (uint8_t)offset++;
		const zirconia_vm_error_t err = ZIRCONIA_VM_WRITE_VAL_FALLIBLE(writer, &byte);

		if (err != ZIRCONIA_VM_OK)
			return err;
	}
	return ZIRCONIA_VM_OK;
}

static zirconia_vm_error_t counter_write(void *object, size_t offset,
					 zirconia_vm_reader_fallible_t *reader)
{
	(void)object;
	(void)offset;
	(void)reader;
	return ZIRCONIA_VM_IO_ERROR;
}

Test(vm_io_object, own_object__derived_calls__go_through_its_functions)
{
	static const zirconia_vm_io_ops_t ops = {counter_read, counter_write};
	const zirconia_vm_io_t io = {&ops, NULL};
	uint32_t value;

	cr_assert_eq(ZIRCONIA_VM_IO_READ_VAL(io, 0x1fe, &value), ZIRCONIA_VM_OK);
	cr_assert_eq(value, 0x0100fffe);
	cr_assert_eq(ZIRCONIA_VM_IO_WRITE_VAL(io, 0, &value), ZIRCONIA_VM_IO_ERROR);
}

/*
 * A value is zero before its object is asked: one that lies about having filled it shows nothing of
 * the stack.
 */
static zirconia_vm_error_t lazy_read(void *object, size_t offset,
				     zirconia_vm_writer_fallible_t *writer)
{
	(void)object;
	(void)offset;
	(void)writer;
	return ZIRCONIA_VM_OK;
}

/* spec: clients E.2 "values start zeroed before a read" */
Test(vm_io_object, read_val__object_that_writes_nothing__zero)
{
	static const zirconia_vm_io_ops_t ops = {lazy_read, counter_write};
	const zirconia_vm_io_t io = {&ops, NULL};
	uint64_t value = UINT64_MAX;

	cr_assert_eq(ZIRCONIA_VM_IO_READ_VAL(io, 0, &value), ZIRCONIA_VM_OK);
	cr_assert_eq(value, 0);
}

Test(vm_io_object, slice__size_overflows__aborts, .signal = SIGABRT)
{
	static const zirconia_vm_io_ops_t ops = {lazy_read, counter_write};
	const zirconia_vm_io_t io = {&ops, NULL};
	uint64_t values[2];

	ZIRCONIA_VM_IO_READ_SLICE(io, 0, values, SIZE_MAX / 4);
}
