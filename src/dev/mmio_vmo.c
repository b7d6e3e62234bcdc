/* MMIO regions over a mapping of a VMO: zirconia/mmio.h says what is promised. */
#include <stdlib.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zirconia/inject.h>
#include <zirconia/mmio.h>

struct mapping {
	zx_vaddr_t addr; /* page-aligned, in the root VMAR */
	size_t size;     /* bytes, a multiple of the page size */
};

static void mapping_end(void *ctx)
{
	struct mapping *m = ctx;

	/* As in the original, a mapping that is gone already is nobody's error. */
	(void)zx_vmar_unmap(zx_vmar_root_self(), m->addr, m->size);
	free(m);
}

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
	struct mapping *m;
	zx_status_t st;

	if (size > PTRDIFF_MAX)
		return ZX_ERR_OUT_OF_RANGE;
	cover = cover_of(offset, size);
	st = prepare(vmo, &cover, cache_policy);
	if (st != ZX_OK)
		return st;
	m = zirconia_inject_here("alloc.mmio") != ZX_OK ? NULL : malloc(sizeof(*m));
	claim = m != NULL ? zirconia_mmio_claim_new(mapping_end, m) : NULL;
	if (claim == NULL) {
		free(m);
		return ZX_ERR_NO_MEMORY;
	}
	m->size = cover.map_size;
	st = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_MAP_RANGE,
			 0, vmo, cover.vmo_off, cover.map_size, &m->addr);
	if (st != ZX_OK) {
		free(claim); /* nothing to end yet */
		free(m);
		return st;
	}
	zirconia_mmio_region_from_memory((void *)(m->addr + cover.in_page), size, claim,
					 out_region);
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
