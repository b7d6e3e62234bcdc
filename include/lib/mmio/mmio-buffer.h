/* mmio_buffer_t for drivers in C, and fdf::MmioBuffer for those in C++. */
#ifndef LIB_MMIO_MMIO_BUFFER_H_
#define LIB_MMIO_MMIO_BUFFER_H_

#include <lib/mmio/mmio-c.h>
#ifdef __cplusplus
#include <lib/mmio/mmio.h>
#endif

#endif /* LIB_MMIO_MMIO_BUFFER_H_ */
