/*
 * MMIO regions: a range of device memory that is accessed in exactly the widths asked for, each
 * access checked for alignment and range.
 *
 * A region is a view of something that a claim keeps alive: a mapping of a VMO in the root VMAR,
 * memory of the program, or callbacks that stand in for a device (a backend). When the last region
 * with the claim is released, the claim ends: what was mapped is unmapped. Offsets are relative to
 * the region's start.
 *
 *   Rust (mmio crate)                      C
 *   VmoMapping::map(offset, size, vmo)     zirconia_vmo_mapping_map(offset, size, vmo, &region)
 *   Memory::new_unchecked(claim, ptr, len) zirconia_mmio_region_from_memory(ptr, len, claim, &region)
 *   Memory::borrow_uninit(&mut memory)     the same with claim NULL
 *   an UnsafeMmio of one's own             zirconia_mmio_region_from_backend(...)
 *   region.len(), align_offset(a)          zirconia_mmio_len, zirconia_mmio_align_offset
 *   check_aligned_for, check_capacity_for  zirconia_mmio_check_aligned, zirconia_mmio_check_capacity
 *   check_suitable_for                     zirconia_mmio_check
 *   try_load8 .. try_load64                zirconia_mmio_try_load8 .. zirconia_mmio_try_load64
 *   try_store8 .. try_store64              zirconia_mmio_try_store8 .. zirconia_mmio_try_store64
 *   load8 .., store8 ..                    zirconia_mmio_load8 .., zirconia_mmio_store8 ..: abort
 *   try_masked_load, try_masked_modify     zirconia_mmio_try_masked_load8 .. and _modify8 ..
 *   write_barrier()                        zirconia_mmio_write_barrier
 *   into_split(), into_split_send()        zirconia_mmio_into_split(&region)
 *   try_split_off(mid), split_off(mid)     zirconia_mmio_try_split_off, zirconia_mmio_split_off
 *   drop(region)                           zirconia_mmio_release(&region)
 *
 * Concurrent loads are allowed. A store excludes every other access to the same bytes; whoever
 * shares a region between threads sees to that. Parts that were split off share no byte, and each
 * can belong to another thread. Byte order is the host's.
 */
#ifndef ZIRCONIA_MMIO_H_
#define ZIRCONIA_MMIO_H_

#include <stdbool.h>
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

/* Keeps the memory of regions alive. */
typedef struct zirconia_mmio_claim zirconia_mmio_claim_t;

/*
 * What stands behind a region that is no memory. `offset` counts from the start of the first region
 * that was made, and `width` is 1, 2, 4 or 8 bytes: alignment and range are checked before.
 */
typedef struct zirconia_mmio_backend {
	uint64_t (*load)(void *ctx, size_t offset, size_t width);
	void (*store)(void *ctx, size_t offset, size_t width, uint64_t value);
	void (*write_barrier)(void *ctx); /* NULL: of no interest */
} zirconia_mmio_backend_t;

/*
 * To be changed only by the functions below. All zero: an empty region without a claim, may be
 * released.
 */
typedef struct zirconia_mmio_region {
	volatile uint8_t *base; /* offset 0; with a backend only its alignment means something */
	size_t len;             /* bytes */
	zirconia_mmio_claim_t *claim;
	const zirconia_mmio_backend_t *backend; /* NULL: base is memory */
	void *ctx;                              /* of the backend */
	size_t start;                           /* of this part in the first region */
	bool splittable;
} zirconia_mmio_region_t;

/*
 * A claim of one's own: `end(ctx)` is called when the last region with it is released. NULL: no
 * memory. A claim that was given to no region is ended by zirconia_mmio_claim_drop.
 */
zirconia_mmio_claim_t *zirconia_mmio_claim_new(void (*end)(void *ctx), void *ctx);
void zirconia_mmio_claim_drop(zirconia_mmio_claim_t *claim);

/*
 * A region over memory of the program. It takes the claim over, NULL for none: then the memory just
 * has to live longer. `len` is PTRDIFF_MAX at most; more aborts.
 */
void zirconia_mmio_region_from_memory(void *memory, size_t len, zirconia_mmio_claim_t *claim,
				      zirconia_mmio_region_t *out_region);

/*
 * A region of `len` bytes whose accesses are calls of a backend, which has to live as long as the
 * region; offset 0 counts as aligned for every width. The claim is taken over.
 */
void zirconia_mmio_region_from_backend(const zirconia_mmio_backend_t *backend, void *ctx,
				       size_t len, zirconia_mmio_claim_t *claim,
				       zirconia_mmio_region_t *out_region);

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
 * Ends the region, and with the last one its claim: what was mapped is unmapped, an access to its old
 * address faults. *region becomes all zero.
 */
void zirconia_mmio_release(zirconia_mmio_region_t *region);

static inline size_t zirconia_mmio_len(const zirconia_mmio_region_t *region)
{
	return region->len;
}

/*
 * The smallest offset at which an access aligned to `align` could be. Alignment is judged by
 * address. Aborts when `align` is no power of two.
 */
size_t zirconia_mmio_align_offset(const zirconia_mmio_region_t *region, size_t align);

/* Would an access of `width` bytes (a power of two) at this offset be unaligned? Ignores range. */
static inline zirconia_mmio_error_t
zirconia_mmio_check_aligned(const zirconia_mmio_region_t *region, size_t offset, size_t width)
{
	return (((uintptr_t)region->base + offset) & (width - 1)) != 0 ? ZIRCONIA_MMIO_UNALIGNED :
									 ZIRCONIA_MMIO_OK;
}

/* Would it leave the region? Ignores alignment. */
static inline zirconia_mmio_error_t
zirconia_mmio_check_capacity(const zirconia_mmio_region_t *region, size_t offset, size_t width)
{
	return offset > region->len || region->len - offset < width ? ZIRCONIA_MMIO_OUT_OF_RANGE :
								      ZIRCONIA_MMIO_OK;
}

/* Would it be refused? Alignment comes before range. */
static inline zirconia_mmio_error_t zirconia_mmio_check(const zirconia_mmio_region_t *region,
							size_t offset, size_t width)
{
	const zirconia_mmio_error_t err = zirconia_mmio_check_aligned(region, offset, width);

	return err != ZIRCONIA_MMIO_OK ? err : zirconia_mmio_check_capacity(region, offset, width);
}

/* An access was refused and its caller has no way to say so: one line on stderr, and abort(). */
void zirconia_mmio_refused(const char *access, size_t offset, size_t len, zirconia_mmio_error_t err)
	__attribute__((noreturn, cold));

/* Memory and accepted accesses first: they are what a driver's loops wait for. */
#define ZIRCONIA_MMIO_RARE_(cond) __builtin_expect(cond, 0)

/*
 * Checked accesses. A refused one touches nothing, and a refused load leaves *out_value as it was.
 * An accepted one is a single load or store of the width in the function's name, neither merged,
 * repeated nor left out, in program order. The forms without "try" abort when refused.
 *
 * masked_load gives the bits of `mask`. masked_modify loads and then stores with the bits of `mask`
 * taken from `value`: two accesses, not atomic; when the load is refused, nothing is stored.
 */
#define ZIRCONIA_MMIO_ACCESS_(bits)                                                              \
	static inline zirconia_mmio_error_t zirconia_mmio_try_load##bits(                        \
		const zirconia_mmio_region_t *region, size_t offset, uint##bits##_t *out_value)  \
	{                                                                                        \
		const zirconia_mmio_error_t err = zirconia_mmio_check(region, offset, bits / 8); \
                                                                                                 \
		if (ZIRCONIA_MMIO_RARE_(err != ZIRCONIA_MMIO_OK))                                \
			return err;                                                              \
		if (!ZIRCONIA_MMIO_RARE_(region->backend != NULL))                               \
			*out_value = *(const volatile uint##bits##_t *)(region->base + offset);  \
		else                                                                             \
			*out_value = (uint##bits##_t)region->backend->load(                      \
				region->ctx, region->start + offset, bits / 8);                  \
		return ZIRCONIA_MMIO_OK;                                                         \
	}                                                                                        \
                                                                                                 \
	static inline zirconia_mmio_error_t zirconia_mmio_try_store##bits(                       \
		zirconia_mmio_region_t *region, size_t offset, uint##bits##_t value)             \
	{                                                                                        \
		const zirconia_mmio_error_t err = zirconia_mmio_check(region, offset, bits / 8); \
                                                                                                 \
		if (ZIRCONIA_MMIO_RARE_(err != ZIRCONIA_MMIO_OK))                                \
			return err;                                                              \
		if (!ZIRCONIA_MMIO_RARE_(region->backend != NULL))                               \
			*(volatile uint##bits##_t *)(region->base + offset) = value;             \
		else                                                                             \
			region->backend->store(region->ctx, region->start + offset, bits / 8,    \
					       value);                                           \
		return ZIRCONIA_MMIO_OK;                                                         \
	}                                                                                        \
                                                                                                 \
	static inline uint##bits##_t zirconia_mmio_load##bits(                                   \
		const zirconia_mmio_region_t *region, size_t offset)                             \
	{                                                                                        \
		uint##bits##_t value = 0;                                                        \
		const zirconia_mmio_error_t err =                                                \
			zirconia_mmio_try_load##bits(region, offset, &value);                    \
                                                                                                 \
		if (ZIRCONIA_MMIO_RARE_(err != ZIRCONIA_MMIO_OK))                                \
			zirconia_mmio_refused("load" #bits, offset, region->len, err);           \
		return value;                                                                    \
	}                                                                                        \
                                                                                                 \
	static inline void zirconia_mmio_store##bits(zirconia_mmio_region_t *region,             \
						     size_t offset, uint##bits##_t value)        \
	{                                                                                        \
		const zirconia_mmio_error_t err =                                                \
			zirconia_mmio_try_store##bits(region, offset, value);                    \
                                                                                                 \
		if (ZIRCONIA_MMIO_RARE_(err != ZIRCONIA_MMIO_OK))                                \
			zirconia_mmio_refused("store" #bits, offset, region->len, err);          \
	}                                                                                        \
                                                                                                 \
	static inline zirconia_mmio_error_t zirconia_mmio_try_masked_load##bits(                 \
		const zirconia_mmio_region_t *region, size_t offset, uint##bits##_t mask,        \
		uint##bits##_t *out_value)                                                       \
	{                                                                                        \
		const zirconia_mmio_error_t err =                                                \
			zirconia_mmio_try_load##bits(region, offset, out_value);                 \
                                                                                                 \
		if (err == ZIRCONIA_MMIO_OK)                                                     \
			*out_value = (uint##bits##_t)(*out_value & mask);                        \
		return err;                                                                      \
	}                                                                                        \
                                                                                                 \
	static inline zirconia_mmio_error_t zirconia_mmio_try_masked_modify##bits(               \
		zirconia_mmio_region_t *region, size_t offset, uint##bits##_t mask,              \
		uint##bits##_t value)                                                            \
	{                                                                                        \
		uint##bits##_t old = 0;                                                          \
		const zirconia_mmio_error_t err =                                                \
			zirconia_mmio_try_load##bits(region, offset, &old);                      \
                                                                                                 \
		if (ZIRCONIA_MMIO_RARE_(err != ZIRCONIA_MMIO_OK))                                \
			return err;                                                              \
		value = (uint##bits##_t)((old & (uint##bits##_t) ~mask) | (value & mask));       \
		return zirconia_mmio_try_store##bits(region, offset, value);                     \
	}

ZIRCONIA_MMIO_ACCESS_(8)
ZIRCONIA_MMIO_ACCESS_(16)
ZIRCONIA_MMIO_ACCESS_(32)
ZIRCONIA_MMIO_ACCESS_(64)

#undef ZIRCONIA_MMIO_ACCESS_
#undef ZIRCONIA_MMIO_RARE_

/* Stores before it are done, for everybody who looks, before those after it. */
void zirconia_mmio_write_barrier(const zirconia_mmio_region_t *region);

/*
 * Lets the region be split: from here on its claim may have several regions. They may be used and
 * released on any threads, in any order.
 */
void zirconia_mmio_into_split(zirconia_mmio_region_t *region);

/*
 * Cuts off the first `mid` bytes: they become *out_left, and *region what is left, whose offsets
 * count from its new start. Either may be empty. ZIRCONIA_MMIO_OUT_OF_RANGE when `mid` is more than
 * the length: nothing changes. Aborts for a region that was not made splittable. The form without
 * "try" aborts when refused.
 */
zirconia_mmio_error_t zirconia_mmio_try_split_off(zirconia_mmio_region_t *region, size_t mid,
						  zirconia_mmio_region_t *out_left);
void zirconia_mmio_split_off(zirconia_mmio_region_t *region, size_t mid,
			     zirconia_mmio_region_t *out_left);

__END_CDECLS

#endif
