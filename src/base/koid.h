/* Kernel object ids: one increasing counter, never reused. */
#ifndef ZI_BASE_KOID_H
#define ZI_BASE_KOID_H

#include <stdint.h>

uint64_t zi_koid_next(void); /* first answer is 1024 */

#endif
