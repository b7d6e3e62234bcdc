/* The parts of zirconia/vm_cursor.h that can fault, and the abort of those that were misused. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <zirconia/vm_cursor.h>

/* First address that no program can have. */
#if defined(__aarch64__)
#define USER_END ((uintptr_t)1 << 48)
#else
#define USER_END (((uintptr_t)1 << 47) - 4096)
#endif

void zirconia_vm_misuse(const char *why)
{
	fprintf(stderr, "zirconia: vm_io: %s\n", why);
	abort();
}

int zirconia_vm_error_errno(zirconia_vm_error_t error)
{
	switch (error) {
	case ZIRCONIA_VM_OK:
		return 0;
	case ZIRCONIA_VM_INVALID_ARGS:
		return EINVAL;
	case ZIRCONIA_VM_NO_MEMORY:
		return ENOMEM;
	case ZIRCONIA_VM_PAGE_FAULT:
	case ZIRCONIA_VM_ACCESS_DENIED:
		return EFAULT;
	case ZIRCONIA_VM_IO_ERROR:
		return EIO;
	case ZIRCONIA_VM_NOT_ENOUGH_RESOURCES:
		return EBUSY;
	case ZIRCONIA_VM_OVERFLOW:
		return EOVERFLOW;
	}
	zirconia_vm_misuse("a number that is no error was asked for its errno");
}

static void check_user_range(const void *ptr, size_t len)
{
	const uintptr_t addr = (uintptr_t)ptr;

	if (len > USER_END || addr > USER_END - len)
		zirconia_vm_misuse("a range is not in user space");
}

zirconia_vm_reader_fallible_t zirconia_vm_reader_from_user(const void *ptr, size_t len)
{
	const uint8_t *start = ptr;

	check_user_range(ptr, len);
	return (zirconia_vm_reader_fallible_t){start, (const uint8_t *)((uintptr_t)start + len)};
}

zirconia_vm_writer_fallible_t zirconia_vm_writer_from_user(void *ptr, size_t len)
{
	uint8_t *start = ptr;

	check_user_range(ptr, len);
	return (zirconia_vm_writer_fallible_t){start, (uint8_t *)((uintptr_t)start + len)};
}

/* Copies and moves both cursors on. */
static zirconia_vm_count_t copy(uint8_t **dst, size_t avail, const uint8_t **src, size_t remain)
{
	const size_t want = remain < avail ? remain : avail;
	const size_t got = want == 0 ? 0 : zirconia_copy_fallible(*dst, *src, want);

	*dst += got;
	*src += got;
	return (zirconia_vm_count_t){got, got < want ? ZIRCONIA_VM_PAGE_FAULT : ZIRCONIA_VM_OK};
}

zirconia_vm_count_t zirconia_vm_read_fallible(zirconia_vm_reader_fallible_t *r,
					      zirconia_vm_writer_fallible_t *w)
{
	return copy(&w->cursor, zirconia_vm_writer_fallible_avail(w), &r->cursor,
		    zirconia_vm_reader_fallible_remain(r));
}

zirconia_vm_count_t zirconia_vm_read_from_fallible(zirconia_vm_reader_fallible_t *r,
						   zirconia_vm_writer_t *w)
{
	return copy(&w->cursor, zirconia_vm_writer_avail(w), &r->cursor,
		    zirconia_vm_reader_fallible_remain(r));
}

zirconia_vm_count_t zirconia_vm_read_to_fallible(zirconia_vm_reader_t *r,
						 zirconia_vm_writer_fallible_t *w)
{
	return copy(&w->cursor, zirconia_vm_writer_fallible_avail(w), &r->cursor,
		    zirconia_vm_reader_remain(r));
}

zirconia_vm_count_t zirconia_vm_fill_zeros_fallible(zirconia_vm_writer_fallible_t *w, size_t len)
{
	const size_t avail = zirconia_vm_writer_fallible_avail(w);
	const size_t want = len < avail ? len : avail;
	const size_t got = want == 0 ? 0 : zirconia_fill_fallible(w->cursor, 0, want);

	w->cursor += got;
	return (zirconia_vm_count_t){got, got < want ? ZIRCONIA_VM_PAGE_FAULT : ZIRCONIA_VM_OK};
}

zirconia_vm_error_t zirconia_vm_read_val_fallible(zirconia_vm_reader_fallible_t *r, void *out_value,
						  size_t size)
{
	const uint8_t *start = r->cursor;
	uint8_t *dst = out_value;
	zirconia_vm_count_t done;

	if (zirconia_vm_reader_fallible_remain(r) < size)
		return ZIRCONIA_VM_INVALID_ARGS;
	done = copy(&dst, size, &r->cursor, size);
	if (done.error != ZIRCONIA_VM_OK)
		r->cursor = start;
	return done.error;
}

zirconia_vm_error_t zirconia_vm_write_val_fallible(zirconia_vm_writer_fallible_t *w,
						   const void *value, size_t size)
{
	uint8_t *start = w->cursor;
	const uint8_t *src = value;
	zirconia_vm_count_t done;

	if (zirconia_vm_writer_fallible_avail(w) < size)
		return ZIRCONIA_VM_INVALID_ARGS;
	done = copy(&w->cursor, size, &src, size);
	if (done.error != ZIRCONIA_VM_OK)
		w->cursor = start;
	return done.error;
}

static void check_word_aligned(const void *addr)
{
	if (((uintptr_t)addr & (sizeof(uint32_t) - 1)) != 0)
		zirconia_vm_misuse("an atomic access is at an unaligned address");
}

zirconia_vm_error_t zirconia_vm_atomic_load32(const zirconia_vm_reader_fallible_t *r,
					      uint32_t *out_value)
{
	if (zirconia_vm_reader_fallible_remain(r) < sizeof(*out_value))
		return ZIRCONIA_VM_INVALID_ARGS;
	check_word_aligned(r->cursor);
	return zirconia_probe_read32(r->cursor, out_value) == ZX_OK ? ZIRCONIA_VM_OK :
								      ZIRCONIA_VM_PAGE_FAULT;
}

zirconia_vm_error_t zirconia_vm_atomic_compare_exchange32(const zirconia_vm_writer_fallible_t *w,
							  const zirconia_vm_reader_fallible_t *r,
							  uint32_t expected, uint32_t desired,
							  uint32_t *out_previous,
							  bool *out_exchanged)
{
	if (zirconia_vm_writer_fallible_avail(w) < sizeof(expected) ||
	    zirconia_vm_reader_fallible_remain(r) < sizeof(expected))
		return ZIRCONIA_VM_INVALID_ARGS;
	if (w->cursor != r->cursor)
		zirconia_vm_misuse("an exchange reads and writes at different addresses");
	check_word_aligned(w->cursor);
	if (zirconia_probe_cmpxchg32(w->cursor, expected, desired, out_previous) != ZX_OK)
		return ZIRCONIA_VM_PAGE_FAULT;
	*out_exchanged = *out_previous == expected;
	return ZIRCONIA_VM_OK;
}
