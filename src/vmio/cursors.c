/* Object I/O for whatever hands out cursors over itself, and for plain memory: zirconia/vm_io.h. */
#include <zirconia/vm_io.h>

/* ---- slices */

static size_t slice_bytes(size_t n, size_t elem_size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, elem_size, &bytes))
		zirconia_vm_misuse("a slice is larger than the address space");
	return bytes;
}

zirconia_vm_error_t zirconia_vm_io_read_slice(zirconia_vm_io_t io, size_t offset, void *elems,
					      size_t n, size_t elem_size)
{
	return zirconia_vm_io_read_bytes(io, offset, elems, slice_bytes(n, elem_size));
}

zirconia_vm_error_t zirconia_vm_io_write_slice(zirconia_vm_io_t io, size_t offset,
					       const void *elems, size_t n, size_t elem_size)
{
	return zirconia_vm_io_write_bytes(io, offset, elems, slice_bytes(n, elem_size));
}

/* ---- the rules for ranges */

static zirconia_vm_error_t check_range(size_t offset, size_t len, size_t size)
{
	size_t end;

	if (__builtin_add_overflow(offset, len, &end))
		return ZIRCONIA_VM_OVERFLOW;
	return end > size ? ZIRCONIA_VM_INVALID_ARGS : ZIRCONIA_VM_OK;
}

/* `from` is the whole object. */
static zirconia_vm_error_t read_at(zirconia_vm_reader_fallible_t *from, size_t offset,
				   zirconia_vm_writer_fallible_t *writer)
{
	const zirconia_vm_error_t err =
		check_range(offset, zirconia_vm_writer_fallible_avail(writer),
			    zirconia_vm_reader_fallible_remain(from));

	if (err != ZIRCONIA_VM_OK)
		return err;
	return zirconia_vm_read_fallible(zirconia_vm_reader_fallible_skip(from, offset), writer)
		.error;
}

static zirconia_vm_error_t write_at(zirconia_vm_writer_fallible_t *to, size_t offset,
				    zirconia_vm_reader_fallible_t *reader)
{
	const zirconia_vm_error_t err =
		check_range(offset, zirconia_vm_reader_fallible_remain(reader),
			    zirconia_vm_writer_fallible_avail(to));

	if (err != ZIRCONIA_VM_OK)
		return err;
	return zirconia_vm_read_fallible(reader, zirconia_vm_writer_fallible_skip(to, offset))
		.error;
}

/* What is left to be said about `len` zeros of which `done` were written without a fault. */
static zirconia_vm_count_t filled(size_t done, size_t len)
{
	return (zirconia_vm_count_t){done, done < len ? ZIRCONIA_VM_INVALID_ARGS : ZIRCONIA_VM_OK};
}

static const zirconia_vm_count_t outside = {0, ZIRCONIA_VM_INVALID_ARGS};

/* ---- infallible cursors */

static zirconia_vm_error_t sure_read(void *object, size_t offset,
				     zirconia_vm_writer_fallible_t *writer)
{
	const zirconia_vm_cursors_t *c = object;
	zirconia_vm_reader_fallible_t from;
	zirconia_vm_reader_t all;
	zirconia_vm_error_t err;

	err = c->reader(c->object, &all);
	if (err != ZIRCONIA_VM_OK)
		return err;
	from = zirconia_vm_reader_to_fallible(all);
	return read_at(&from, offset, writer);
}

static zirconia_vm_error_t sure_write(void *object, size_t offset,
				      zirconia_vm_reader_fallible_t *reader)
{
	const zirconia_vm_cursors_t *c = object;
	zirconia_vm_writer_fallible_t to;
	zirconia_vm_writer_t all;
	zirconia_vm_error_t err;

	err = c->writer(c->object, &all);
	if (err != ZIRCONIA_VM_OK)
		return err;
	to = zirconia_vm_writer_to_fallible(all);
	return write_at(&to, offset, reader);
}

static zirconia_vm_count_t sure_fill(void *object, size_t offset, size_t len)
{
	const zirconia_vm_cursors_t *c = object;
	zirconia_vm_writer_t to;
	zirconia_vm_error_t err;

	err = c->writer(c->object, &to);
	if (err != ZIRCONIA_VM_OK)
		return (zirconia_vm_count_t){0, err};
	if (offset > zirconia_vm_writer_avail(&to))
		return outside;
	return filled(zirconia_vm_fill_zeros(zirconia_vm_writer_skip(&to, offset), len), len);
}

static zirconia_vm_error_t sure_read_once(void *object, size_t offset, void *out_value, size_t size)
{
	const zirconia_vm_cursors_t *c = object;
	zirconia_vm_reader_t from;
	zirconia_vm_error_t err;

	err = c->reader(c->object, &from);
	if (err != ZIRCONIA_VM_OK)
		return err;
	if (offset > zirconia_vm_reader_remain(&from))
		return ZIRCONIA_VM_INVALID_ARGS;
	return zirconia_vm_read_once(zirconia_vm_reader_skip(&from, offset), out_value, size);
}

static zirconia_vm_error_t sure_write_once(void *object, size_t offset, const void *value,
					   size_t size)
{
	const zirconia_vm_cursors_t *c = object;
	zirconia_vm_writer_t to;
	zirconia_vm_error_t err;

	err = c->writer(c->object, &to);
	if (err != ZIRCONIA_VM_OK)
		return err;
	if (offset > zirconia_vm_writer_avail(&to))
		return ZIRCONIA_VM_INVALID_ARGS;
	return zirconia_vm_write_once(zirconia_vm_writer_skip(&to, offset), value, size);
}

static const zirconia_vm_io_ops_t sure_ops = {sure_read, sure_write};
static const zirconia_vm_io_fill_ops_t sure_fill_ops = {sure_fill};
static const zirconia_vm_io_once_ops_t sure_once_ops = {sure_read_once, sure_write_once};

/* The functions above only read what the pointer points to. */
static void *object_of(const void *cursors)
{
	return (void *)(uintptr_t)cursors;
}

zirconia_vm_io_t zirconia_vm_io_of_cursors(const zirconia_vm_cursors_t *cursors)
{
	return (zirconia_vm_io_t){&sure_ops, object_of(cursors)};
}

zirconia_vm_io_fill_t zirconia_vm_io_fill_of_cursors(const zirconia_vm_cursors_t *cursors)
{
	return (zirconia_vm_io_fill_t){&sure_fill_ops, object_of(cursors)};
}

zirconia_vm_io_once_t zirconia_vm_io_once_of_cursors(const zirconia_vm_cursors_t *cursors)
{
	return (zirconia_vm_io_once_t){&sure_once_ops, object_of(cursors)};
}

/* ---- fallible cursors */

static zirconia_vm_error_t unsure_read(void *object, size_t offset,
				       zirconia_vm_writer_fallible_t *writer)
{
	const zirconia_vm_cursors_fallible_t *c = object;
	zirconia_vm_reader_fallible_t from;
	const zirconia_vm_error_t err = c->reader(c->object, &from);

	return err != ZIRCONIA_VM_OK ? err : read_at(&from, offset, writer);
}

static zirconia_vm_error_t unsure_write(void *object, size_t offset,
					zirconia_vm_reader_fallible_t *reader)
{
	const zirconia_vm_cursors_fallible_t *c = object;
	zirconia_vm_writer_fallible_t to;
	const zirconia_vm_error_t err = c->writer(c->object, &to);

	return err != ZIRCONIA_VM_OK ? err : write_at(&to, offset, reader);
}

static zirconia_vm_count_t unsure_fill(void *object, size_t offset, size_t len)
{
	const zirconia_vm_cursors_fallible_t *c = object;
	zirconia_vm_writer_fallible_t to;
	zirconia_vm_count_t done;
	zirconia_vm_error_t err;

	err = c->writer(c->object, &to);
	if (err != ZIRCONIA_VM_OK)
		return (zirconia_vm_count_t){0, err};
	if (offset > zirconia_vm_writer_fallible_avail(&to))
		return outside;
	done = zirconia_vm_fill_zeros_fallible(zirconia_vm_writer_fallible_skip(&to, offset), len);
	return done.error != ZIRCONIA_VM_OK ? done : filled(done.count, len);
}

static const zirconia_vm_io_ops_t unsure_ops = {unsure_read, unsure_write};
static const zirconia_vm_io_fill_ops_t unsure_fill_ops = {unsure_fill};

zirconia_vm_io_t zirconia_vm_io_of_cursors_fallible(const zirconia_vm_cursors_fallible_t *cursors)
{
	return (zirconia_vm_io_t){&unsure_ops, object_of(cursors)};
}

zirconia_vm_io_fill_t
zirconia_vm_io_fill_of_cursors_fallible(const zirconia_vm_cursors_fallible_t *cursors)
{
	return (zirconia_vm_io_fill_t){&unsure_fill_ops, object_of(cursors)};
}

/* ---- plain memory, whose cursors cannot be refused */

static zirconia_vm_error_t memory_reader(void *object, zirconia_vm_reader_t *out_reader)
{
	const zirconia_vm_memory_t *m = object;

	*out_reader = zirconia_vm_reader_from(m->ptr, m->len);
	return ZIRCONIA_VM_OK;
}

static zirconia_vm_error_t memory_writer(void *object, zirconia_vm_writer_t *out_writer)
{
	const zirconia_vm_memory_t *m = object;

	*out_writer = zirconia_vm_writer_from(m->ptr, m->len);
	return ZIRCONIA_VM_OK;
}

static zirconia_vm_cursors_t memory_cursors(const zirconia_vm_memory_t *m)
{
	return (zirconia_vm_cursors_t){object_of(m), memory_reader, memory_writer};
}

static zirconia_vm_error_t memory_read(void *object, size_t offset,
				       zirconia_vm_writer_fallible_t *writer)
{
	zirconia_vm_cursors_t c = memory_cursors(object);

	return sure_read(&c, offset, writer);
}

static zirconia_vm_error_t memory_write(void *object, size_t offset,
					zirconia_vm_reader_fallible_t *reader)
{
	zirconia_vm_cursors_t c = memory_cursors(object);

	return sure_write(&c, offset, reader);
}

static zirconia_vm_count_t memory_fill(void *object, size_t offset, size_t len)
{
	zirconia_vm_cursors_t c = memory_cursors(object);

	return sure_fill(&c, offset, len);
}

static zirconia_vm_error_t memory_read_once(void *object, size_t offset, void *out_value,
					    size_t size)
{
	zirconia_vm_cursors_t c = memory_cursors(object);

	return sure_read_once(&c, offset, out_value, size);
}

static zirconia_vm_error_t memory_write_once(void *object, size_t offset, const void *value,
					     size_t size)
{
	zirconia_vm_cursors_t c = memory_cursors(object);

	return sure_write_once(&c, offset, value, size);
}

zirconia_vm_io_t zirconia_vm_memory_io(zirconia_vm_memory_t *memory)
{
	static const zirconia_vm_io_ops_t ops = {memory_read, memory_write};

	return (zirconia_vm_io_t){&ops, memory};
}

zirconia_vm_io_fill_t zirconia_vm_memory_io_fill(zirconia_vm_memory_t *memory)
{
	static const zirconia_vm_io_fill_ops_t ops = {memory_fill};

	return (zirconia_vm_io_fill_t){&ops, memory};
}

zirconia_vm_io_once_t zirconia_vm_memory_io_once(zirconia_vm_memory_t *memory)
{
	static const zirconia_vm_io_once_ops_t ops = {memory_read_once, memory_write_once};

	return (zirconia_vm_io_once_t){&ops, memory};
}
