#include <stdatomic.h>

#include "base/koid.h"

/* Zircon reserves the numbers below 1024 for fixed purposes. */
static _Atomic uint64_t next_koid = 1024;

uint64_t zi_koid_next(void)
{
	return atomic_fetch_add_explicit(&next_koid, 1, memory_order_relaxed);
}
