/*
 * Kinds and bits of zx_system_get_features.
 */
#ifndef ZIRCON_FEATURES_H_
#define ZIRCON_FEATURES_H_

#include <stdint.h>

#define ZX_FEATURE_KIND_CPU ((uint32_t)0u)
#define ZX_FEATURE_KIND_HW_BREAKPOINT_COUNT ((uint32_t)1u)
#define ZX_FEATURE_KIND_HW_WATCHPOINT_COUNT ((uint32_t)2u)
#define ZX_FEATURE_KIND_ADDRESS_TAGGING ((uint32_t)3u)
#define ZX_FEATURE_KIND_VM ((uint32_t)4u)

/* ZX_FEATURE_KIND_CPU: the bits of each processor follow from here. */
#define ZX_HAS_CPU_FEATURES ((uint32_t)(1u << 0))

/* ZX_FEATURE_KIND_VM: pages can be executable without being readable. */
#define ZX_VM_FEATURE_CAN_MAP_XOM ((uint32_t)(1u << 0))

#endif /* ZIRCON_FEATURES_H_ */
