/*
 * Page size and other fixed limits. ZX_PAGE_SIZE is the size of the pages that this library
 * emulates; portable programs ask zx_system_get_page_size().
 */
#ifndef ZIRCON_LIMITS_H_
#define ZIRCON_LIMITS_H_

#include <stddef.h>
#include <stdint.h>

#define ZX_PAGE_SHIFT ((uint32_t)12u)
#define ZX_PAGE_SIZE ((uintptr_t)(1u << 12))
#define ZX_PAGE_MASK (ZX_PAGE_SIZE - 1u)

#define ZX_MIN_PAGE_SHIFT ((uint32_t)12u)
#if defined(__aarch64__)
#define ZX_MAX_PAGE_SHIFT ((uint32_t)16u)
#else
#define ZX_MAX_PAGE_SHIFT ((uint32_t)21u)
#endif
#define ZX_MIN_PAGE_SIZE ((uintptr_t)(1u << ZX_MIN_PAGE_SHIFT))
#define ZX_MAX_PAGE_SIZE ((uintptr_t)(1u << ZX_MAX_PAGE_SHIFT))

#endif /* ZIRCON_LIMITS_H_ */
