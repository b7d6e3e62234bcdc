/* MMIO regions over a mapping of a VMO: zirconia/mmio.h says what is promised. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zirconia/mmio.h>

struct zirconia_mmio_claim {
	zx_vaddr_t map_addr; /* page-aligned, in the root VMAR */
	size_t map_size;     /* bytes, a multiple of the page size */
};

/* The page-rounded range of a VMO that covers a byte range. */
struct cover {
	uint64_t vmo_off;
	size_t map_size;
	size_t in_page; /* where the byte range begins in its first page */
};

static struct cover cover_of(size_t offset, size_t size)
{
	const size_t mask = (size_t)zx_system_get_page_size() - 1;
	const size_t in_page = offset & mask;

	/* size is at most PTRDIFF_MAX: the sum cannot wrap. */
	return (struct cover){
		.vmo_off = offset - in_page,
		.map_size = (size + in_page + mask) & ~mask,
		.in_page = in_page,
	};
}

static zx_status_t prepare(zx_handle_t vmo, const struct cover *cover, uint32_t cache_policy)
{
	zx_info_vmo_t info;
	uint64_t end;
	zx_status_t st;

	st = zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL);
	if (st != ZX_OK)
		return st;
	if (info.cache_policy != cache_policy) {
		st = zx_vmo_set_cache_policy(vmo, cache_policy);
		if (st != ZX_OK)
			return st;
	}
	if (__builtin_add_overflow(cover->vmo_off, cover->map_size, &end) || end > info.size_bytes)
		return ZX_ERR_OUT_OF_RANGE;
	return ZX_OK;
}

static zx_status_t map(size_t offset, size_t size, zx_handle_t vmo, uint32_t cache_policy,
		       zirconia_mmio_region_t *out_region)
{
	zirconia_mmio_claim_t *claim;
	struct cover cover;
	zx_status_t st;

	if (size > PTRDIFF_MAX)
		return ZX_ERR_OUT_OF_RANGE;
	cover = cover_of(offset, size);
	st = prepare(vmo, &cover, cache_policy);
	if (st != ZX_OK)
		return st;
	claim = malloc(sizeof(*claim));
	if (claim == NULL)
		return ZX_ERR_NO_MEMORY;
	claim->map_size = cover.map_size;
	st = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_MAP_RANGE,
			 0, vmo, cover.vmo_off, cover.map_size, &claim->map_addr);
	if (st != ZX_OK) {
		free(claim);
		return st;
	}
	out_region->base = (volatile uint8_t *)(claim->map_addr + cover.in_page);
	out_region->len = size;
	out_region->claim = claim;
	return ZX_OK;
}

zx_status_t zirconia_vmo_mapping_map_with_cache_policy(size_t offset, size_t size, zx_handle_t vmo,
						       uint32_t cache_policy,
						       zirconia_mmio_region_t *out_region)
{
	const zx_status_t st = map(offset, size, vmo, cache_policy, out_region);

	zx_handle_close(vmo);
	return st;
}

zx_status_t zirconia_vmo_mapping_map(size_t offset, size_t size, zx_handle_t vmo,
				     zirconia_mmio_region_t *out_region)
{
	return zirconia_vmo_mapping_map_with_cache_policy(
		offset, size, vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE, out_region);
}

void zirconia_mmio_release(zirconia_mmio_region_t *region)
{
	zirconia_mmio_claim_t *claim = region->claim;

	if (claim != NULL) {
		/* As in the original, a mapping that is gone already is nobody's error. */
		(void)zx_vmar_unmap(zx_vmar_root_self(), claim->map_addr, claim->map_size);
		free(claim);
	}
	memset(region, 0, sizeof(*region));
}
