/*
 * Ordinary memory in the place of registers, for tests.
 */
#ifndef LIB_MMIO_PTR_FAKE_H_
#define LIB_MMIO_PTR_FAKE_H_

#include <lib/mmio-ptr/mmio-ptr.h>

static inline MMIO_PTR volatile void *FakeMmioPtr(volatile void *memory)
{
	return memory;
}

#endif /* LIB_MMIO_PTR_FAKE_H_ */
