/*
 * MMIO regions: a range of device memory that is accessed in exactly the widths asked for, each
 * access checked for alignment and range.
 *
 * A region is a view of memory that a claim keeps alive; here the claim is a mapping of a VMO in
 * the root VMAR, which is unmapped when the region is released. Offsets are relative to the
 * region's start.
 *
 *   Rust (mmio crate)                      C
 *   VmoMapping::map(offset, size, vmo)     zirconia_vmo_mapping_map(offset, size, vmo, &region)
 *   MmioRegion::len()                      zirconia_mmio_len(&region)
 *   check_aligned_for / capacity / suitable   zirconia_mmio_check(&region, offset, width)
 *   try_load8 .. try_load64                zirconia_mmio_try_load8 .. zirconia_mmio_try_load64
 *   try_store8 .. try_store64              zirconia_mmio_try_store8 .. zirconia_mmio_try_store64
 *   drop(region)                           zirconia_mmio_release(&region)
 *
 * Concurrent loads are allowed. A store excludes every other access to the same bytes; whoever
 * shares a region between threads sees to that. Byte order is the host's.
 */
#ifndef ZIRCONIA_MMIO_H_
#define ZIRCONIA_MMIO_H_

#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/* What an access can meet. These are not zx_status_t values. */
typedef enum zirconia_mmio_error {
	ZIRCONIA_MMIO_OK = 0,
	ZIRCONIA_MMIO_OUT_OF_RANGE = 1,
	ZIRCONIA_MMIO_UNALIGNED = 2,
} zirconia_mmio_error_t;

/* Keeps the memory of a region alive. */
typedef struct zirconia_mmio_claim zirconia_mmio_claim_t;

/*
 * To be changed only by the functions below. All zero: an empty region without a claim, may be
 * released.
 */
typedef struct zirconia_mmio_region {
	volatile uint8_t *base; /* offset 0 */
	size_t len;             /* bytes */
	zirconia_mmio_claim_t *claim;
} zirconia_mmio_region_t;

/*
 * Maps bytes [offset, offset + size) of a VMO, readable and writable, with the given
 * ZX_CACHE_POLICY_*. Neither end has to be page-aligned. The handle is consumed on every path; the
 * mapping keeps the VMO alive. *out_region is written only on success.
 *
 * In this order:
 *   ZX_ERR_OUT_OF_RANGE   size exceeds PTRDIFF_MAX
 *   ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   the handle is not a VMO's
 *   a status of zx_vmo_set_cache_policy    the VMO has another policy, and it cannot be changed.
 *                                          A change is not undone by later failures
 *   ZX_ERR_OUT_OF_RANGE   the pages of the range are not all inside the VMO
 *   ZX_ERR_NO_MEMORY      no memory for the claim
 *   a status of zx_vmar_map                ZX_ERR_INVALID_ARGS for size 0 at a page-aligned offset
 */
zx_status_t zirconia_vmo_mapping_map_with_cache_policy(size_t offset, size_t size, zx_handle_t vmo,
						       uint32_t cache_policy,
						       zirconia_mmio_region_t *out_region);

/* The same with ZX_CACHE_POLICY_UNCACHED_DEVICE, as registers of a device want it. */
zx_status_t zirconia_vmo_mapping_map(size_t offset, size_t size, zx_handle_t vmo,
				     zirconia_mmio_region_t *out_region);

/*
 * Ends the region, and with it the claim: the memory is unmapped, an access to its old address
 * faults. *region becomes all zero.
 */
void zirconia_mmio_release(zirconia_mmio_region_t *region);

static inline size_t zirconia_mmio_len(const zirconia_mmio_region_t *region)
{
	return region->len;
}

/*
 * Would an access of `width` bytes (a power of two) be refused? Alignment, judged by address, comes
 * before range.
 */
static inline zirconia_mmio_error_t zirconia_mmio_check(const zirconia_mmio_region_t *region,
							size_t offset, size_t width)
{
	if ((((uintptr_t)region->base + offset) & (width - 1)) != 0)
		return ZIRCONIA_MMIO_UNALIGNED;
	if (offset > region->len || region->len - offset < width)
		return ZIRCONIA_MMIO_OUT_OF_RANGE;
	return ZIRCONIA_MMIO_OK;
}

/*
 * Checked accesses. A refused one touches nothing, and a refused load leaves *out_value as it was.
 * An accepted one is a single load or store of the width in the function's name, neither merged,
 * repeated nor left out, in program order.
 */
#define ZIRCONIA_MMIO_ACCESS_(bits)                                                              \
	static inline zirconia_mmio_error_t zirconia_mmio_try_load##bits(                        \
		const zirconia_mmio_region_t *region, size_t offset, uint##bits##_t *out_value)  \
	{                                                                                        \
		const zirconia_mmio_error_t err = zirconia_mmio_check(region, offset, bits / 8); \
                                                                                                 \
		if (err == ZIRCONIA_MMIO_OK)                                                     \
			*out_value = *(const volatile uint##bits##_t *)(region->base + offset);  \
		return err;                                                                      \
	}                                                                                        \
                                                                                                 \
	static inline zirconia_mmio_error_t zirconia_mmio_try_store##bits(                       \
		zirconia_mmio_region_t *region, size_t offset, uint##bits##_t value)             \
	{                                                                                        \
		const zirconia_mmio_error_t err = zirconia_mmio_check(region, offset, bits / 8); \
                                                                                                 \
		if (err == ZIRCONIA_MMIO_OK)                                                     \
			*(volatile uint##bits##_t *)(region->base + offset) = value;             \
		return err;                                                                      \
	}

ZIRCONIA_MMIO_ACCESS_(8)
ZIRCONIA_MMIO_ACCESS_(16)
ZIRCONIA_MMIO_ACCESS_(32)
ZIRCONIA_MMIO_ACCESS_(64)

#undef ZIRCONIA_MMIO_ACCESS_

__END_CDECLS

#endif
