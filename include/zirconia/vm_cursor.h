/*
 * Cursors over memory, after the VmReader and VmWriter of Asterinas: a reader or a writer is the
 * range of bytes that is still to be read or written, and moves on as it is used.
 *
 * A cursor is infallible (its memory is known to be there) or fallible (an access may fault; it
 * then answers an error and how far it came, and nobody is killed). These are distinct types; an
 * infallible one can be turned into a fallible one, never back.
 *
 *   Rust                                   C
 *   VmReader<Infallible>, <Fallible>       zirconia_vm_reader_t, zirconia_vm_reader_fallible_t
 *   VmWriter<Infallible>, <Fallible>       zirconia_vm_writer_t, zirconia_vm_writer_fallible_t
 *   from_kernel_space(ptr, len), from(&[u8])   zirconia_vm_reader_from(ptr, len),
 *                                              zirconia_vm_writer_from(ptr, len)
 *   from_user_space(ptr, len)              zirconia_vm_reader_from_user(ptr, len),
 *                                          zirconia_vm_writer_from_user(ptr, len)
 *   to_fallible()                          zirconia_vm_reader_to_fallible(r),
 *                                          zirconia_vm_writer_to_fallible(w)
 *   clone(), clone_exclusive()             plain assignment of the struct
 *   remain, has_remain, cursor, limit, skip    zirconia_vm_reader_remain(&r) ...,
 *                                              zirconia_vm_reader_fallible_remain(&r) ...
 *   avail, has_avail, cursor, limit, skip      zirconia_vm_writer_avail(&w) ...,
 *                                              zirconia_vm_writer_fallible_avail(&w) ...
 *   reader.read(w), writer.write(r)        zirconia_vm_read(&r, &w)
 *   read_fallible, write_fallible          zirconia_vm_read_fallible(&r, &w) both sides fallible,
 *                                          zirconia_vm_read_from_fallible(&r, &w) the reader is,
 *                                          zirconia_vm_read_to_fallible(&r, &w) the writer is
 *   read_val::<T>(), write_val(&v)         ZIRCONIA_VM_READ_VAL(&r, &v),
 *                                          ZIRCONIA_VM_WRITE_VAL(&w, &v), and with _FALLIBLE
 *   read_once::<T>(), write_once(&v)       ZIRCONIA_VM_READ_ONCE(&r, &v),
 *                                          ZIRCONIA_VM_WRITE_ONCE(&w, &v)
 *   atomic_load::<u32>()                   zirconia_vm_atomic_load32(&r, &v)
 *   atomic_compare_exchange(&r, old, new)  zirconia_vm_atomic_compare_exchange32(&w, &r, old, new,
 *                                          &previous, &exchanged)
 *   fill_zeros(len)                        zirconia_vm_fill_zeros(&w, len),
 *                                          zirconia_vm_fill_zeros_fallible(&w, len)
 *   panics                                 abort() after one line on stderr
 *
 * Values are plain old data: every pattern of bits is one, and padding goes along. That ranges stay
 * valid while a cursor is over them, that writers do not alias, and what overlapping copies give,
 * is the caller's business.
 */
#ifndef ZIRCONIA_VM_CURSOR_H_
#define ZIRCONIA_VM_CURSOR_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <zircon/compiler.h>
#include <zirconia/fault.h>

__BEGIN_CDECLS

typedef enum zirconia_vm_error {
	ZIRCONIA_VM_OK = 0,
	ZIRCONIA_VM_INVALID_ARGS,
	ZIRCONIA_VM_NO_MEMORY,
	ZIRCONIA_VM_PAGE_FAULT,
	ZIRCONIA_VM_ACCESS_DENIED,
	ZIRCONIA_VM_IO_ERROR,
	ZIRCONIA_VM_NOT_ENOUGH_RESOURCES,
	ZIRCONIA_VM_OVERFLOW,
} zirconia_vm_error_t;

/*
 * The errno that Asterinas answers its processes for an error: 0, EINVAL, ENOMEM, EFAULT, EFAULT,
 * EIO, EBUSY, EOVERFLOW.
 */
int zirconia_vm_error_errno(zirconia_vm_error_t error);

/* How far something came, also when it did not come to its end. */
typedef struct zirconia_vm_count {
	size_t count; /* bytes done */
	zirconia_vm_error_t error;
} zirconia_vm_count_t;

typedef struct zirconia_vm_reader {
	const uint8_t *cursor; /* next byte to read */
	const uint8_t *end;
} zirconia_vm_reader_t;

typedef struct zirconia_vm_reader_fallible {
	const uint8_t *cursor;
	const uint8_t *end;
} zirconia_vm_reader_fallible_t;

typedef struct zirconia_vm_writer {
	uint8_t *cursor; /* next byte to write */
	uint8_t *end;
} zirconia_vm_writer_t;

typedef struct zirconia_vm_writer_fallible {
	uint8_t *cursor;
	uint8_t *end;
} zirconia_vm_writer_fallible_t;

/* Says why and aborts: what the functions below do when they are misused. */
void zirconia_vm_misuse(const char *why) __attribute__((noreturn, cold));

/* ---- constructors */

/*
 * [ptr, ptr + len) is valid for the life of the cursor; aborts when it wraps. With len 0, ptr is
 * not looked at.
 */
static inline zirconia_vm_reader_t zirconia_vm_reader_from(const void *ptr, size_t len)
{
	zirconia_vm_reader_t r;

	if (len > UINTPTR_MAX - (uintptr_t)ptr && len != 0)
		zirconia_vm_misuse("a reader's range wraps");
	r.cursor = (const uint8_t *)ptr;
	r.end = len == 0 ? r.cursor : r.cursor + len;
	return r;
}

static inline zirconia_vm_writer_t zirconia_vm_writer_from(void *ptr, size_t len)
{
	zirconia_vm_writer_t w;

	if (len > UINTPTR_MAX - (uintptr_t)ptr && len != 0)
		zirconia_vm_misuse("a writer's range wraps");
	w.cursor = (uint8_t *)ptr;
	w.end = len == 0 ? w.cursor : w.cursor + len;
	return w;
}

/*
 * [ptr, ptr + len) may be anything below the end of user space; aborts when it wraps or reaches
 * further.
 */
zirconia_vm_reader_fallible_t zirconia_vm_reader_from_user(const void *ptr, size_t len);
zirconia_vm_writer_fallible_t zirconia_vm_writer_from_user(void *ptr, size_t len);

/* The argument is used up. */
static inline zirconia_vm_reader_fallible_t zirconia_vm_reader_to_fallible(zirconia_vm_reader_t r)
{
	zirconia_vm_reader_fallible_t f;

	f.cursor = r.cursor;
	f.end = r.end;
	return f;
}

static inline zirconia_vm_writer_fallible_t zirconia_vm_writer_to_fallible(zirconia_vm_writer_t w)
{
	zirconia_vm_writer_fallible_t f;

	f.cursor = w.cursor;
	f.end = w.end;
	return f;
}

/*
 * ---- queries and trims, for each of the four types
 *
 *   remain, avail     bytes between cursor and end
 *   has_remain, has_avail    there are some
 *   cursor            address of the next byte
 *   limit(max)        moves the end so that at most max bytes are left; never grows; returns its
 *                     argument
 *   skip(n)           moves the cursor over n bytes; aborts when there are fewer; returns its
 *                     argument
 */
#define ZIRCONIA_VM_CURSOR_(type, pointer, left)                                          \
	static inline size_t type##_##left(const type##_t *c)                             \
	{                                                                                 \
		return (size_t)((uintptr_t)c->end - (uintptr_t)c->cursor);                \
	}                                                                                 \
	static inline bool type##_has_##left(const type##_t *c)                           \
	{                                                                                 \
		return c->end != c->cursor;                                               \
	}                                                                                 \
	static inline pointer *type##_cursor(const type##_t *c)                           \
	{                                                                                 \
		return c->cursor;                                                         \
	}                                                                                 \
	static inline type##_t *type##_limit(type##_t *c, size_t max)                     \
	{                                                                                 \
		if (max < type##_##left(c))                                               \
			c->end = c->cursor + max;                                         \
		return c;                                                                 \
	}                                                                                 \
	static inline type##_t *type##_skip(type##_t *c, size_t n)                        \
	{                                                                                 \
		if (n > type##_##left(c))                                                 \
			zirconia_vm_misuse("more bytes are skipped than there are left"); \
		c->cursor += n;                                                           \
		return c;                                                                 \
	}

ZIRCONIA_VM_CURSOR_(zirconia_vm_reader, const uint8_t, remain)
ZIRCONIA_VM_CURSOR_(zirconia_vm_reader_fallible, const uint8_t, remain)
ZIRCONIA_VM_CURSOR_(zirconia_vm_writer, uint8_t, avail)
ZIRCONIA_VM_CURSOR_(zirconia_vm_writer_fallible, uint8_t, avail)

#undef ZIRCONIA_VM_CURSOR_

/*
 * ---- many bytes: as many as the reader has left and the writer has room for. Both cursors move by
 * what was copied.
 */

static inline size_t zirconia_vm_read(zirconia_vm_reader_t *r, zirconia_vm_writer_t *w)
{
	const size_t remain = zirconia_vm_reader_remain(r);
	const size_t avail = zirconia_vm_writer_avail(w);
	const size_t n = remain < avail ? remain : avail;

	if (n == 0)
		return 0;
	memmove(w->cursor, r->cursor, n);
	r->cursor += n;
	w->cursor += n;
	return n;
}

/*
 * error is ZIRCONIA_VM_PAGE_FAULT, and count tells how many bytes were copied before; or
 * ZIRCONIA_VM_OK.
 */
zirconia_vm_count_t zirconia_vm_read_fallible(zirconia_vm_reader_fallible_t *r,
					      zirconia_vm_writer_fallible_t *w);
zirconia_vm_count_t zirconia_vm_read_from_fallible(zirconia_vm_reader_fallible_t *r,
						   zirconia_vm_writer_t *w);
zirconia_vm_count_t zirconia_vm_read_to_fallible(zirconia_vm_reader_t *r,
						 zirconia_vm_writer_fallible_t *w);

/* Writes zeros: len bytes, or as many as there is room for. */
static inline size_t zirconia_vm_fill_zeros(zirconia_vm_writer_t *w, size_t len)
{
	const size_t avail = zirconia_vm_writer_avail(w);
	const size_t n = len < avail ? len : avail;

	if (n == 0)
		return 0;
	memset(w->cursor, 0, n);
	w->cursor += n;
	return n;
}

zirconia_vm_count_t zirconia_vm_fill_zeros_fallible(zirconia_vm_writer_fallible_t *w, size_t len);

/*
 * ---- one value, at any alignment
 *
 * ZIRCONIA_VM_INVALID_ARGS   fewer bytes left than the value has: nothing is touched
 * ZIRCONIA_VM_PAGE_FAULT     fallible ones only: the cursor is where it was; bytes at the front of
 *                            the value may have arrived
 */
static inline zirconia_vm_error_t zirconia_vm_read_val(zirconia_vm_reader_t *r, void *out_value,
						       size_t size)
{
	if (zirconia_vm_reader_remain(r) < size)
		return ZIRCONIA_VM_INVALID_ARGS;
	memcpy(out_value, r->cursor, size);
	r->cursor += size;
	return ZIRCONIA_VM_OK;
}

static inline zirconia_vm_error_t zirconia_vm_write_val(zirconia_vm_writer_t *w, const void *value,
							size_t size)
{
	if (zirconia_vm_writer_avail(w) < size)
		return ZIRCONIA_VM_INVALID_ARGS;
	memcpy(w->cursor, value, size);
	w->cursor += size;
	return ZIRCONIA_VM_OK;
}

zirconia_vm_error_t zirconia_vm_read_val_fallible(zirconia_vm_reader_fallible_t *r, void *out_value,
						  size_t size);
zirconia_vm_error_t zirconia_vm_write_val_fallible(zirconia_vm_writer_fallible_t *w,
						   const void *value, size_t size);

#define ZIRCONIA_VM_READ_VAL(reader, out_value) \
	zirconia_vm_read_val((reader), (out_value), sizeof(*(out_value)))
#define ZIRCONIA_VM_WRITE_VAL(writer, value) \
	zirconia_vm_write_val((writer), (value), sizeof(*(value)))
#define ZIRCONIA_VM_READ_VAL_FALLIBLE(reader, out_value) \
	zirconia_vm_read_val_fallible((reader), (out_value), sizeof(*(out_value)))
#define ZIRCONIA_VM_WRITE_VAL_FALLIBLE(writer, value) \
	zirconia_vm_write_val_fallible((writer), (value), sizeof(*(value)))

/*
 * ---- one value of 1, 2, 4 or 8 bytes by exactly one load or store, infallible only
 *
 * ZIRCONIA_VM_INVALID_ARGS when fewer bytes are left. Aborts when the cursor is not aligned to the
 * value's size.
 */
#define ZIRCONIA_VM_ONCE_(bits)                                                                  \
	static inline zirconia_vm_error_t zirconia_vm_read_once##bits(zirconia_vm_reader_t *r,   \
								      uint##bits##_t *out_value) \
	{                                                                                        \
		if (zirconia_vm_reader_remain(r) < bits / 8)                                     \
			return ZIRCONIA_VM_INVALID_ARGS;                                         \
		if (((uintptr_t)r->cursor & (bits / 8 - 1)) != 0)                                \
			zirconia_vm_misuse("a value is read once at an unaligned address");      \
		*out_value = *(const volatile uint##bits##_t *)(const void *)r->cursor;          \
		r->cursor += bits / 8;                                                           \
		return ZIRCONIA_VM_OK;                                                           \
	}                                                                                        \
	static inline zirconia_vm_error_t zirconia_vm_write_once##bits(zirconia_vm_writer_t *w,  \
								       uint##bits##_t value)     \
	{                                                                                        \
		if (zirconia_vm_writer_avail(w) < bits / 8)                                      \
			return ZIRCONIA_VM_INVALID_ARGS;                                         \
		if (((uintptr_t)w->cursor & (bits / 8 - 1)) != 0)                                \
			zirconia_vm_misuse("a value is written once at an unaligned address");   \
		*(volatile uint##bits##_t *)(void *)w->cursor = value;                           \
		w->cursor += bits / 8;                                                           \
		return ZIRCONIA_VM_OK;                                                           \
	}

ZIRCONIA_VM_ONCE_(8)
ZIRCONIA_VM_ONCE_(16)
ZIRCONIA_VM_ONCE_(32)
ZIRCONIA_VM_ONCE_(64)

#undef ZIRCONIA_VM_ONCE_

/* By size, for the macros: `size` is a constant there, so that one branch is left. */
static inline zirconia_vm_error_t zirconia_vm_read_once(zirconia_vm_reader_t *r, void *out_value,
							size_t size)
{
	zirconia_vm_error_t err = ZIRCONIA_VM_INVALID_ARGS;
	uint64_t v64 = 0;
	uint32_t v32 = 0;
	uint16_t v16 = 0;
	uint8_t v8 = 0;

	if (size == 1)
		err = zirconia_vm_read_once8(r, &v8);
	else if (size == 2)
		err = zirconia_vm_read_once16(r, &v16);
	else if (size == 4)
		err = zirconia_vm_read_once32(r, &v32);
	else if (size == 8)
		err = zirconia_vm_read_once64(r, &v64);
	if (err == ZIRCONIA_VM_OK)
		memcpy(out_value,
		       size == 1 ? (const void *)&v8 :
		       size == 2 ? (const void *)&v16 :
		       size == 4 ? (const void *)&v32 :
				   (const void *)&v64,
		       size);
	return err;
}

static inline zirconia_vm_error_t zirconia_vm_write_once(zirconia_vm_writer_t *w, const void *value,
							 size_t size)
{
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;
	uint8_t v8;

	if (size == 1) {
		memcpy(&v8, value, 1);
		return zirconia_vm_write_once8(w, v8);
	}
	if (size == 2) {
		memcpy(&v16, value, 2);
		return zirconia_vm_write_once16(w, v16);
	}
	if (size == 4) {
		memcpy(&v32, value, 4);
		return zirconia_vm_write_once32(w, v32);
	}
	if (size == 8) {
		memcpy(&v64, value, 8);
		return zirconia_vm_write_once64(w, v64);
	}
	return ZIRCONIA_VM_INVALID_ARGS;
}

/*
 * Does not compile (an array of -1 elements) for a value that cannot be accessed at once; else its
 * size.
 */
#define ZIRCONIA_VM_ONCE_SIZE_(value)                                                     \
	(sizeof(*(value)) +                                                               \
	 0 * sizeof(char[sizeof(*(value)) == 1 || sizeof(*(value)) == 2 ||                \
					 sizeof(*(value)) == 4 || sizeof(*(value)) == 8 ? \
				 1 :                                                      \
				 -1]))
#define ZIRCONIA_VM_READ_ONCE(reader, out_value) \
	zirconia_vm_read_once((reader), (out_value), ZIRCONIA_VM_ONCE_SIZE_(out_value))
#define ZIRCONIA_VM_WRITE_ONCE(writer, value) \
	zirconia_vm_write_once((writer), (value), ZIRCONIA_VM_ONCE_SIZE_(value))

/*
 * ---- atomics on a 32-bit word at the cursor of fallible memory: relaxed order; no cursor moves
 *
 * In this order:
 *   ZIRCONIA_VM_INVALID_ARGS   fewer than 4 bytes left, in the writer or the reader
 *   abort                      writer and reader are at different addresses; the address is not
 *                              aligned to 4
 *   ZIRCONIA_VM_PAGE_FAULT     the access faulted; the results are unchanged
 */
zirconia_vm_error_t zirconia_vm_atomic_load32(const zirconia_vm_reader_fallible_t *r,
					      uint32_t *out_value);
/*
 * *out_exchanged: the word was `expected` and is `desired` now. The reader shows that reading the
 * word is allowed.
 */
zirconia_vm_error_t zirconia_vm_atomic_compare_exchange32(const zirconia_vm_writer_fallible_t *w,
							  const zirconia_vm_reader_fallible_t *r,
							  uint32_t expected, uint32_t desired,
							  uint32_t *out_previous,
							  bool *out_exchanged);

__END_CDECLS

#endif
