/*
 * Pointers to registers, and the only accesses that drivers make through them: one load or store of
 * exactly that width, in a plain integer register. The pointers are not NULL.
 */
#ifndef LIB_MMIO_PTR_MMIO_PTR_H_
#define LIB_MMIO_PTR_MMIO_PTR_H_

#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>

/* Where a compiler can keep registers and memory apart, this would say which it is. */
#define MMIO_PTR

__BEGIN_CDECLS

#if defined(__x86_64__)
/* Written out: a compiler may turn volatile accesses into instructions that a device model cannot follow. */
#define MMIO_PTR_ACCESS_(bits, load, store)                                                      \
	static inline uint##bits##_t MmioRead##bits(MMIO_PTR const volatile uint##bits##_t *ptr) \
	{                                                                                        \
		uint##bits##_t value;                                                            \
                                                                                                 \
		__asm__ volatile(load : "=r"(value) : "m"(*ptr) : "memory");                     \
		return value;                                                                    \
	}                                                                                        \
                                                                                                 \
	static inline void MmioWrite##bits(uint##bits##_t value,                                 \
					   MMIO_PTR volatile uint##bits##_t *ptr)                \
	{                                                                                        \
		__asm__ volatile(store : "=m"(*ptr) : "r"(value) : "memory");                    \
	}

MMIO_PTR_ACCESS_(8, "movb %1, %b0", "movb %b1, %0")
MMIO_PTR_ACCESS_(16, "movw %1, %w0", "movw %w1, %0")
MMIO_PTR_ACCESS_(32, "movl %1, %k0", "movl %k1, %0")
MMIO_PTR_ACCESS_(64, "movq %1, %q0", "movq %q1, %0")
#else
#define MMIO_PTR_ACCESS_(bits)                                                                   \
	static inline uint##bits##_t MmioRead##bits(MMIO_PTR const volatile uint##bits##_t *ptr) \
	{                                                                                        \
		return *ptr;                                                                     \
	}                                                                                        \
                                                                                                 \
	static inline void MmioWrite##bits(uint##bits##_t value,                                 \
					   MMIO_PTR volatile uint##bits##_t *ptr)                \
	{                                                                                        \
		*ptr = value;                                                                    \
	}

MMIO_PTR_ACCESS_(8)
MMIO_PTR_ACCESS_(16)
MMIO_PTR_ACCESS_(32)
MMIO_PTR_ACCESS_(64)
#endif

#undef MMIO_PTR_ACCESS_

/*
 * Copies n bytes out of or into registers: byte by byte until the registers' side is a multiple of
 * eight, then eight at a time, then the rest byte by byte.
 */
static inline void MmioReadBuffer(void *dest, MMIO_PTR const volatile void *mmio, size_t n)
{
	MMIO_PTR const volatile uint8_t *from = (MMIO_PTR const volatile uint8_t *)mmio;
	uint8_t *to = (uint8_t *)dest;

	for (; n > 0 && ((uintptr_t)from & 7) != 0; n--)
		*to++ = MmioRead8(from++);
	for (; n >= 8; n -= 8, from += 8, to += 8) {
		const uint64_t value =
			MmioRead64((MMIO_PTR const volatile uint64_t *)(uintptr_t)from);

		__builtin_memcpy(to, &value, 8);
	}
	for (; n > 0; n--)
		*to++ = MmioRead8(from++);
}

static inline void MmioWriteBuffer(MMIO_PTR volatile void *mmio, const void *source, size_t n)
{
	MMIO_PTR volatile uint8_t *to = (MMIO_PTR volatile uint8_t *)mmio;
	const uint8_t *from = (const uint8_t *)source;

	for (; n > 0 && ((uintptr_t)to & 7) != 0; n--)
		MmioWrite8(*from++, to++);
	for (; n >= 8; n -= 8, from += 8, to += 8) {
		uint64_t value;

		__builtin_memcpy(&value, from, 8);
		MmioWrite64(value, (MMIO_PTR volatile uint64_t *)(uintptr_t)to);
	}
	for (; n > 0; n--)
		MmioWrite8(*from++, to++);
}

__END_CDECLS

#ifdef __cplusplus

/* The width is the pointer's. */
#define MMIO_PTR_OVERLOAD_(bits)                                                           \
	inline uint##bits##_t MmioRead(MMIO_PTR const volatile uint##bits##_t *ptr)        \
	{                                                                                  \
		return MmioRead##bits(ptr);                                                \
	}                                                                                  \
                                                                                           \
	inline void MmioWrite(uint##bits##_t value, MMIO_PTR volatile uint##bits##_t *ptr) \
	{                                                                                  \
		MmioWrite##bits(value, ptr);                                               \
	}

MMIO_PTR_OVERLOAD_(8)
MMIO_PTR_OVERLOAD_(16)
MMIO_PTR_OVERLOAD_(32)
MMIO_PTR_OVERLOAD_(64)

#undef MMIO_PTR_OVERLOAD_

#endif /* __cplusplus */

#endif /* LIB_MMIO_PTR_MMIO_PTR_H_ */
