/*
 * Can one byte be read or written? Asking faults nothing: the access is tried as the library does
 * its own copies.
 */
#ifndef LIB_FZL_MEMORY_PROBE_H_
#define LIB_FZL_MEMORY_PROBE_H_

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>
#include <zirconia/fault.h>

static inline bool probe_for_read(const void *addr)
{
	uint8_t value = 0;

	return zirconia_probe_read8(addr, &value) == ZX_OK;
}

/*
 * The byte that was read is written back, not atomically. Memory that cannot be read cannot be
 * written either.
 */
static inline bool probe_for_write(void *addr)
{
	uint8_t value = 0;

	return zirconia_probe_read8(addr, &value) == ZX_OK &&
	       zirconia_probe_write8(addr, value) == ZX_OK;
}

#endif /* LIB_FZL_MEMORY_PROBE_H_ */
