/*
 * Ordinary memory in the place of registers, for tests.
 */
#ifndef LIB_MMIO_PTR_FAKE_H_
#define LIB_MMIO_PTR_FAKE_H_

#include <lib/mmio-ptr/mmio-ptr.h>

#ifdef __cplusplus

/* Of the same type. */
template <typename T> MMIO_PTR T *FakeMmioPtr(T *memory)
{
	return memory;
}

#else

static inline MMIO_PTR volatile void *FakeMmioPtr(volatile void *memory)
{
	return memory;
}

#endif

#endif /* LIB_MMIO_PTR_FAKE_H_ */
