/* MMIO regions: claims, splits, and what is not worth inlining. zirconia/mmio.h says what is promised. */
#include <zirconia/inject.h>
#include <zirconia/mmio.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dev/misuse_i.h"

/* Where the regions of backends pretend to lie: aligned for everything. */
#define BACKEND_BASE ((uintptr_t)1 << 30)

struct zirconia_mmio_claim {
	_Atomic size_t regions;
	void (*end)(void *ctx);
	void *ctx;
};

zirconia_mmio_claim_t *zirconia_mmio_claim_new(void (*end)(void *ctx), void *ctx)
{
	zirconia_mmio_claim_t *claim =
		zirconia_inject_here("alloc.mmio") != ZX_OK ? NULL : malloc(sizeof(*claim));

	if (claim == NULL)
		return NULL;
	atomic_init(&claim->regions, 1);
	claim->end = end;
	claim->ctx = ctx;
	return claim;
}

void zirconia_mmio_claim_drop(zirconia_mmio_claim_t *claim)
{
	if (claim == NULL ||
	    atomic_fetch_sub_explicit(&claim->regions, 1, memory_order_acq_rel) != 1)
		return;
	if (claim->end != NULL)
		claim->end(claim->ctx);
	free(claim);
}

static void check_len(size_t len)
{
	if (len > PTRDIFF_MAX)
		zi_dev_misuse("mmio region", "longer than PTRDIFF_MAX", ZX_OK);
}

void zirconia_mmio_region_from_memory(void *memory, size_t len, zirconia_mmio_claim_t *claim,
				      zirconia_mmio_region_t *out_region)
{
	check_len(len);
	*out_region = (zirconia_mmio_region_t){.base = memory, .len = len, .claim = claim};
}

void zirconia_mmio_region_from_backend(const zirconia_mmio_backend_t *backend, void *ctx,
				       size_t len, zirconia_mmio_claim_t *claim,
				       zirconia_mmio_region_t *out_region)
{
	check_len(len);
	*out_region = (zirconia_mmio_region_t){
		.base = (volatile uint8_t *)BACKEND_BASE,
		.len = len,
		.claim = claim,
		.backend = backend,
		.ctx = ctx,
	};
}

void zirconia_mmio_release(zirconia_mmio_region_t *region)
{
	zirconia_mmio_claim_drop(region->claim);
	memset(region, 0, sizeof(*region));
}

size_t zirconia_mmio_align_offset(const zirconia_mmio_region_t *region, size_t align)
{
	if (align == 0 || (align & (align - 1)) != 0)
		zi_dev_misuse("mmio align_offset", "the alignment is no power of two", ZX_OK);
	return (align - ((uintptr_t)region->base & (align - 1))) & (align - 1);
}

void zirconia_mmio_refused(const char *access, size_t offset, size_t len, zirconia_mmio_error_t err)
{
	char why[128];

	snprintf(why, sizeof(why), "%s at offset %zu of a region of %zu bytes is %s", access,
		 offset, len, err == ZIRCONIA_MMIO_UNALIGNED ? "unaligned" : "out of range");
	zi_dev_misuse("mmio", why, ZX_OK);
}

void zirconia_mmio_write_barrier(const zirconia_mmio_region_t *region)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (region->backend != NULL && region->backend->write_barrier != NULL)
		region->backend->write_barrier(region->ctx);
}

void zirconia_mmio_into_split(zirconia_mmio_region_t *region)
{
	region->splittable = true;
}

zirconia_mmio_error_t zirconia_mmio_try_split_off(zirconia_mmio_region_t *region, size_t mid,
						  zirconia_mmio_region_t *out_left)
{
	if (!region->splittable)
		zi_dev_misuse("mmio split_off", "the region was not made splittable", ZX_OK);
	if (mid > region->len)
		return ZIRCONIA_MMIO_OUT_OF_RANGE;
	if (region->claim != NULL)
		atomic_fetch_add_explicit(&region->claim->regions, 1, memory_order_relaxed);
	*out_left = *region;
	out_left->len = mid;
	/* No arithmetic on a pointer to nothing. */
	if (mid != 0)
		region->base += mid;
	region->start += mid;
	region->len -= mid;
	return ZIRCONIA_MMIO_OK;
}

void zirconia_mmio_split_off(zirconia_mmio_region_t *region, size_t mid,
			     zirconia_mmio_region_t *out_left)
{
	const zirconia_mmio_error_t err = zirconia_mmio_try_split_off(region, mid, out_left);

	if (err != ZIRCONIA_MMIO_OK)
		zirconia_mmio_refused("split_off", mid, region->len, err);
}
