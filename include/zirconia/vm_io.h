/*
 * Object I/O after Asterinas' VmIo, VmIoFill and VmIoOnce: objects that are read and written at an
 * offset, through the cursors of zirconia/vm_cursor.h.
 *
 * Each contract is a struct of functions next to the object they work on, passed by value, so that
 * an object without a contract cannot be passed where it is asked for. Implemented here for VMOs,
 * for plain memory, and for whatever can hand out a reader and a writer over itself; anybody may
 * implement them for objects of their own.
 *
 *   Rust                             C
 *   trait VmIo: read, write          zirconia_vm_io_t: zirconia_vm_io_read, zirconia_vm_io_write
 *     read_bytes, write_bytes        zirconia_vm_io_read_bytes, zirconia_vm_io_write_bytes
 *     read_val, write_val            ZIRCONIA_VM_IO_READ_VAL(io, offset, &v),
 *                                    ZIRCONIA_VM_IO_WRITE_VAL(io, offset, &v)
 *     read_slice, write_slice        ZIRCONIA_VM_IO_READ_SLICE(io, offset, array, n),
 *                                    ZIRCONIA_VM_IO_WRITE_SLICE(io, offset, array, n)
 *   trait VmIoFill: fill_zeros       zirconia_vm_io_fill_t: zirconia_vm_io_fill_zeros
 *   trait VmIoOnce: read_once        zirconia_vm_io_once_t:
 *                                    ZIRCONIA_VM_IO_READ_ONCE(io, offset, &v)
 *     write_once                     ZIRCONIA_VM_IO_WRITE_ONCE(io, offset, &v)
 *   impl by HasVmReaderWriter        zirconia_vm_io_of_cursors, zirconia_vm_io_of_cursors_fallible,
 *                                    and the same with _fill_, _once_
 *   &[u8], Segment, Frame            zirconia_vm_memory_t
 *   Vmo                              zirconia_vm_vmo_t
 *
 * Readers and writers of one object may run at the same time; what they see of each other is not
 * promised, only that nothing breaks.
 */
#ifndef ZIRCONIA_VM_IO_H_
#define ZIRCONIA_VM_IO_H_

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <zircon/compiler.h>
#include <zircon/types.h>
#include <zirconia/vm_cursor.h>

__BEGIN_CDECLS

/* ---- the contracts */

/*
 * No short transfers: on success the writer is full, or the reader empty; whatever stands in the
 * way of that is an error. After an error part of the bytes may have been transferred, and the
 * cursor is behind them.
 */
typedef struct zirconia_vm_io_ops {
	zirconia_vm_error_t (*read)(void *object, size_t offset,
				    zirconia_vm_writer_fallible_t *writer);
	zirconia_vm_error_t (*write)(void *object, size_t offset,
				     zirconia_vm_reader_fallible_t *reader);
} zirconia_vm_io_ops_t;

typedef struct zirconia_vm_io {
	const zirconia_vm_io_ops_t *ops;
	void *object;
} zirconia_vm_io_t;

/* Short fills are told: error and the number of zeros written so far, or ZIRCONIA_VM_OK and len. */
typedef struct zirconia_vm_io_fill_ops {
	zirconia_vm_count_t (*fill_zeros)(void *object, size_t offset, size_t len);
} zirconia_vm_io_fill_ops_t;

typedef struct zirconia_vm_io_fill {
	const zirconia_vm_io_fill_ops_t *ops;
	void *object;
} zirconia_vm_io_fill_t;

/*
 * One load or store, never torn. `size` is 1, 2, 4 or 8. Aborts when the place is not aligned to
 * it.
 */
typedef struct zirconia_vm_io_once_ops {
	zirconia_vm_error_t (*read_once)(void *object, size_t offset, void *out_value, size_t size);
	zirconia_vm_error_t (*write_once)(void *object, size_t offset, const void *value,
					  size_t size);
} zirconia_vm_io_once_ops_t;

typedef struct zirconia_vm_io_once {
	const zirconia_vm_io_once_ops_t *ops;
	void *object;
} zirconia_vm_io_once_t;

/* ---- calls of the contracts */

static inline zirconia_vm_error_t zirconia_vm_io_read(zirconia_vm_io_t io, size_t offset,
						      zirconia_vm_writer_fallible_t *writer)
{
	return io.ops->read(io.object, offset, writer);
}

static inline zirconia_vm_error_t zirconia_vm_io_write(zirconia_vm_io_t io, size_t offset,
						       zirconia_vm_reader_fallible_t *reader)
{
	return io.ops->write(io.object, offset, reader);
}

static inline zirconia_vm_error_t zirconia_vm_io_read_bytes(zirconia_vm_io_t io, size_t offset,
							    void *buf, size_t len)
{
	zirconia_vm_writer_fallible_t writer =
		zirconia_vm_writer_to_fallible(zirconia_vm_writer_from(buf, len));

	return io.ops->read(io.object, offset, &writer);
}

static inline zirconia_vm_error_t zirconia_vm_io_write_bytes(zirconia_vm_io_t io, size_t offset,
							     const void *buf, size_t len)
{
	zirconia_vm_reader_fallible_t reader =
		zirconia_vm_reader_to_fallible(zirconia_vm_reader_from(buf, len));

	return io.ops->write(io.object, offset, &reader);
}

/* The value is all zero before anything is read into it. */
static inline zirconia_vm_error_t zirconia_vm_io_read_val(zirconia_vm_io_t io, size_t offset,
							  void *out_value, size_t size)
{
	memset(out_value, 0, size);
	return zirconia_vm_io_read_bytes(io, offset, out_value, size);
}

/* n elements of elem_size bytes; aborts when their size overflows, which no array's does. */
zirconia_vm_error_t zirconia_vm_io_read_slice(zirconia_vm_io_t io, size_t offset, void *elems,
					      size_t n, size_t elem_size);
zirconia_vm_error_t zirconia_vm_io_write_slice(zirconia_vm_io_t io, size_t offset,
					       const void *elems, size_t n, size_t elem_size);

#define ZIRCONIA_VM_IO_READ_VAL(io, offset, out_value) \
	zirconia_vm_io_read_val((io), (offset), (out_value), sizeof(*(out_value)))
#define ZIRCONIA_VM_IO_WRITE_VAL(io, offset, value) \
	zirconia_vm_io_write_bytes((io), (offset), (value), sizeof(*(value)))
#define ZIRCONIA_VM_IO_READ_SLICE(io, offset, elems, n) \
	zirconia_vm_io_read_slice((io), (offset), (elems), (n), sizeof(*(elems)))
#define ZIRCONIA_VM_IO_WRITE_SLICE(io, offset, elems, n) \
	zirconia_vm_io_write_slice((io), (offset), (elems), (n), sizeof(*(elems)))

static inline zirconia_vm_count_t zirconia_vm_io_fill_zeros(zirconia_vm_io_fill_t io, size_t offset,
							    size_t len)
{
	return io.ops->fill_zeros(io.object, offset, len);
}

#define ZIRCONIA_VM_IO_READ_ONCE(io, offset, out_value) \
	((io).ops->read_once((io).object, (offset), (out_value), ZIRCONIA_VM_ONCE_SIZE_(out_value)))
#define ZIRCONIA_VM_IO_WRITE_ONCE(io, offset, value) \
	((io).ops->write_once((io).object, (offset), (value), ZIRCONIA_VM_ONCE_SIZE_(value)))

/*
 * ---- objects that hand out cursors over themselves
 *
 * Handing out may fail (memory that is for one direction only, for instance): that error is the
 * answer then. Otherwise:
 *
 *   read, write
 *     ZIRCONIA_VM_OVERFLOW       offset + length overflows
 *     ZIRCONIA_VM_INVALID_ARGS   the end is past the object's: nothing is transferred
 *     ZIRCONIA_VM_PAGE_FAULT     the other side, or a fallible object, faulted
 *   fill_zeros
 *     ZIRCONIA_VM_INVALID_ARGS   offset is past the end, count 0; or the end of the range is, count
 *                                up to the object's end
 *     ZIRCONIA_VM_PAGE_FAULT     a fallible object faulted
 *   read_once, write_once (infallible objects only)
 *     ZIRCONIA_VM_INVALID_ARGS   the value does not lie inside the object
 *
 * DIFFERS: a once-access whose offset is past the end is ZIRCONIA_VM_INVALID_ARGS; the original
 * panics.
 */
typedef struct zirconia_vm_cursors {
	void *object;
	zirconia_vm_error_t (*reader)(void *object, zirconia_vm_reader_t *out_reader);
	zirconia_vm_error_t (*writer)(void *object, zirconia_vm_writer_t *out_writer);
} zirconia_vm_cursors_t;

typedef struct zirconia_vm_cursors_fallible {
	void *object;
	zirconia_vm_error_t (*reader)(void *object, zirconia_vm_reader_fallible_t *out_reader);
	zirconia_vm_error_t (*writer)(void *object, zirconia_vm_writer_fallible_t *out_writer);
} zirconia_vm_cursors_fallible_t;

/* The struct of cursors stays where it is while the result is in use. */
zirconia_vm_io_t zirconia_vm_io_of_cursors(const zirconia_vm_cursors_t *cursors);
zirconia_vm_io_fill_t zirconia_vm_io_fill_of_cursors(const zirconia_vm_cursors_t *cursors);
zirconia_vm_io_once_t zirconia_vm_io_once_of_cursors(const zirconia_vm_cursors_t *cursors);
zirconia_vm_io_t zirconia_vm_io_of_cursors_fallible(const zirconia_vm_cursors_fallible_t *cursors);
zirconia_vm_io_fill_t
zirconia_vm_io_fill_of_cursors_fallible(const zirconia_vm_cursors_fallible_t *cursors);

/* ---- plain memory: [ptr, ptr + len), known to be valid; rules as above */

typedef struct zirconia_vm_memory {
	void *ptr;
	size_t len;
} zirconia_vm_memory_t;

zirconia_vm_io_t zirconia_vm_memory_io(zirconia_vm_memory_t *memory);
zirconia_vm_io_fill_t zirconia_vm_memory_io_fill(zirconia_vm_memory_t *memory);
zirconia_vm_io_once_t zirconia_vm_memory_io_once(zirconia_vm_memory_t *memory);

/*
 * ---- VMOs: up to their size. Rules as above, and what the zx_* calls answer:
 *
 *   ZIRCONIA_VM_ACCESS_DENIED          ZX_ERR_ACCESS_DENIED: the handle lacks READ or WRITE; for
 *                                      once-accesses also MAP
 *   ZIRCONIA_VM_NO_MEMORY              ZX_ERR_NO_MEMORY
 *   ZIRCONIA_VM_NOT_ENOUGH_RESOURCES   ZX_ERR_NO_RESOURCES, _NO_SPACE
 *   ZIRCONIA_VM_INVALID_ARGS           ZX_ERR_BAD_HANDLE, _WRONG_TYPE, _OUT_OF_RANGE,
 *                                      _INVALID_ARGS, _NOT_SUPPORTED
 *   ZIRCONIA_VM_IO_ERROR               others: a pager's code, a discarded VMO
 *
 * Once-accesses go through a mapping in the root VMAR, made by the first and kept;
 * ZIRCONIA_VM_PAGE_FAULT when it faults.
 */
typedef struct zirconia_vm_vmo {
	zx_handle_t vmo;                   /* of the user; stays the user's */
	struct zirconia_vm_window *window; /* mapping for once-accesses, NULL: none yet */
} zirconia_vm_vmo_t;

/* Of a status as in the table above; ZIRCONIA_VM_OK for ZX_OK. */
zirconia_vm_error_t zirconia_vm_error_from_status(zx_status_t status);

void zirconia_vm_vmo_init(zirconia_vm_vmo_t *vmo, zx_handle_t handle);
/*
 * Gives the mapping back. The handle stays open. Nobody uses the VMO's contracts meanwhile or
 * afterwards.
 */
void zirconia_vm_vmo_done(zirconia_vm_vmo_t *vmo);

zirconia_vm_io_t zirconia_vm_vmo_io(zirconia_vm_vmo_t *vmo);
zirconia_vm_io_fill_t zirconia_vm_vmo_io_fill(zirconia_vm_vmo_t *vmo);
zirconia_vm_io_once_t zirconia_vm_vmo_io_once(zirconia_vm_vmo_t *vmo);

__END_CDECLS

#endif
