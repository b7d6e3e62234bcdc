/* The calls of zirconia/fault.h, but for zirconia_copy_fallible, which is vm/fault_copy.S. */
#include <zirconia/fault.h>

#include "vm/fault_expect.h"

zx_status_t zirconia_fault_probe(const volatile void *addr, size_t len, uint32_t access)
{
	zx_status_t st;

	if (access != ZX_VM_PERM_READ && access != ZX_VM_PERM_WRITE && access != ZX_VM_PERM_EXECUTE)
		return ZX_ERR_INVALID_ARGS;
	st = zi_fault_expect_start();
	if (st != ZX_OK)
		return st;
	return zi_fault_probe((uintptr_t)addr, len, access);
}

#define PROBES(bits)                                                                      \
	zx_status_t zirconia_probe_read##bits(const volatile void *addr,                  \
					      uint##bits##_t *out_value)                  \
	{                                                                                 \
		const zx_status_t st = zi_fault_expect_start();                           \
		struct zi_try got;                                                        \
                                                                                          \
		if (st != ZX_OK)                                                          \
			return st;                                                        \
		got = zi_try_load##bits(addr);                                            \
		if (got.status == ZX_OK)                                                  \
			*out_value = (uint##bits##_t)got.value;                           \
		return (zx_status_t)got.status;                                           \
	}                                                                                 \
                                                                                          \
	zx_status_t zirconia_probe_write##bits(volatile void *addr, uint##bits##_t value) \
	{                                                                                 \
		const zx_status_t st = zi_fault_expect_start();                           \
                                                                                          \
		if (st != ZX_OK)                                                          \
			return st;                                                        \
		return (zx_status_t)zi_try_store##bits(addr, value).status;               \
	}

PROBES(8)
PROBES(16)
PROBES(32)
PROBES(64)

zx_status_t zirconia_probe_cmpxchg32(volatile void *addr, uint32_t expected, uint32_t desired,
				     uint32_t *out_previous)
{
	const zx_status_t st = zi_fault_expect_start();
	struct zi_try got;

	if (st != ZX_OK)
		return st;
	got = zi_try_cmpxchg32(addr, expected, desired);
	if (got.status == ZX_OK)
		*out_previous = (uint32_t)got.value;
	return (zx_status_t)got.status;
}

size_t zirconia_fill_fallible(void *dst, uint8_t value, size_t n)
{
	return zi_fault_fill(dst, value, n);
}

/*
 * Not inlined, so that this frame lies right below the owner's: what the owner calls next begins
 * there.
 */
__attribute__((noinline)) zirconia_fault_frame_t *
zirconia_fault_begin(zirconia_fault_frame_t *frame)
{
	uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

#if defined(__x86_64__)
	/* Above the frame pointer lie its old value and the return address, and then the owner. */
	sp += 2 * sizeof(uintptr_t);
#endif
	zi_fault_frame_begin(frame, sp);
	return frame;
}

void zirconia_fault_end(zirconia_fault_frame_t *frame)
{
	zi_fault_frame_end(frame);
}

bool zirconia_fault_catch(void (*fn)(void *arg), void *arg, zirconia_fault_info_t *out_info)
{
	zirconia_fault_frame_t frame;

	if (ZIRCONIA_FAULT_TRY(&frame)) {
		fn(arg);
		zirconia_fault_end(&frame);
		return false;
	}
	if (out_info != NULL)
		*out_info = frame.info;
	return true;
}

zx_status_t zirconia_make_ready(const volatile void *addr, size_t len, bool write)
{
	return zi_fault_make_ready((uintptr_t)addr, len, write);
}
