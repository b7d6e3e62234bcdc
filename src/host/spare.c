/*
 * Past its limit on maps the kernel refuses every new one, also one that takes the place of another, so that nothing could be
 * given back. Unmapping a whole map always goes through: these are here to be unmapped.
 */
#include "host/spare.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/inject.h"
#include "base/span.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

enum { SPARES = 16 };

static char *base; /* spares are every other page from here on; what lies between is not ours */
static _Atomic uint32_t there; /* bit n: spare n is mapped */

static char *spare(unsigned n)
{
	return base + 2 * n * ZI_PAGE;
}

void zi_spare_open(void)
{
	char *p = ZI_HOST(
		MMAP, MAP_FAILED,
		mmap(NULL, 2 * SPARES * ZI_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	if (p == MAP_FAILED)
		return;
	base = p;
	for (unsigned n = 0; n < SPARES; n++) {
		if (ZI_HOST(MUNMAP, -1, munmap(spare(n) + ZI_PAGE, ZI_PAGE)) < 0)
			return; /* already at the limit: those cut off so far must do */
		atomic_fetch_or_explicit(&there, 1u << n, memory_order_relaxed);
	}
}

void zi_spare_close(void)
{
	uint32_t have = atomic_exchange_explicit(&there, 0, memory_order_relaxed);

	for (; have != 0; have &= have - 1)
		munmap(spare((unsigned)__builtin_ctz(have)), ZI_PAGE);
	base = NULL;
}

bool zi_spare_take(void)
{
	uint32_t have = atomic_load_explicit(&there, memory_order_relaxed);

	while (have != 0) {
		uint32_t bit = have & -have;

		if (!atomic_compare_exchange_weak_explicit(
			    &there, &have, have & ~bit, memory_order_acq_rel, memory_order_relaxed))
			continue;
		return ZI_HOST(MUNMAP, -1, munmap(spare((unsigned)__builtin_ctz(bit)), ZI_PAGE)) ==
		       0;
	}
	return false;
}

void zi_spare_refill(void)
{
	uint32_t missing =
		~atomic_load_explicit(&there, memory_order_relaxed) & (((uint32_t)1 << SPARES) - 1);
	int saved = errno;

	if (__builtin_expect(missing == 0 || base == NULL, 1))
		return;
	unsigned n = (unsigned)__builtin_ctz(missing);
	void *p = ZI_HOST(MMAP, MAP_FAILED,
			  mmap(spare(n), ZI_PAGE, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));

	/* An old kernel takes the address for a hint; somebody else may live there by now. */
	if (p != MAP_FAILED && p != spare(n))
		munmap(p, ZI_PAGE);
	else if (p != MAP_FAILED)
		atomic_fetch_or_explicit(&there, 1u << n, memory_order_release);
	errno = saved;
}
