/* What would an access meet? The checks of a fault, without the fault. */
#include "base/lock.h"
#include "base/span.h"
#include "vm/fault_expect.h"
#include "vm/mapping.h"
#include "vm/vmar.h"
#include "vm/vmo_i.h"

/*
 * First byte of the VMO that the mapping cannot show, not counting what faults beyond a stream
 * size.
 */
static uint64_t shown_end_locked(const struct zi_mapping *m)
{
	const uint64_t size = zi_vmo_size_locked(m->vmo);
	uint64_t limit;

	if (!m->fault_beyond_stream)
		return size;
	return zi_page_up_checked(zi_vmo_stream_size_locked(m->vmo), &limit) ? zi_min(limit, size) :
									       size;
}

zx_status_t zi_fault_judge_locked(const struct zi_mapping *m, zx_vaddr_t addr, uint32_t access,
				  zx_vaddr_t *out_end)
{
	const uint64_t off = m->vmo_off + (addr - m->base);
	uint32_t need = access;
	uint64_t shown;

	if (access == ZX_VM_PERM_EXECUTE)
		need |= ZX_VM_PERM_READ;
	if ((zi_mapping_prot_at(m, addr, out_end) & need) != need)
		return ZX_ERR_ACCESS_DENIED;
	shown = shown_end_locked(m);
	if (off >= shown)
		return ZX_ERR_OUT_OF_RANGE;
	*out_end = zi_min(*out_end, addr + (shown - off));
	if (zi_vmo_is_discarded(m->vmo))
		return ZX_ERR_NOT_FOUND;
	return ZX_OK;
}

static zx_status_t judge_ours(struct zi_aspace *as, zx_vaddr_t addr, uint32_t access,
			      zx_vaddr_t *out_end)
{
	struct zi_mapping *m;

	ZI_LOCK_SCOPE(&as->lock);
	m = zi_aspace_find_locked(as, addr);
	if (m == NULL)
		return ZX_ERR_NOT_FOUND;
	ZI_LOCK_SCOPE(&m->vmo->tree->lock);
	return zi_fault_judge_locked(m, addr, access, out_end);
}

/*
 * One page of memory that is not emulated: only trying tells. A write that changes nothing is tried
 * for a write.
 */
static zx_status_t judge_foreign(zx_vaddr_t addr, uint32_t access, zx_vaddr_t *out_end)
{
	volatile void *p = (volatile void *)addr;
	zx_status_t st = (zx_status_t)zi_try_load8(p).status;

	*out_end = zi_page_down(addr) + ZI_PAGE;
	if (st == ZX_OK && access == ZX_VM_PERM_WRITE)
		st = (zx_status_t)zi_try_touch(p).status;
	return st;
}

zx_status_t zi_fault_probe(uintptr_t addr, size_t len, uint32_t access)
{
	struct zi_aspace *as = zi_aspace_self();
	zx_vaddr_t last;
	zx_vaddr_t end;
	zx_status_t st;

	if (len == 0)
		return ZX_OK;
	if (as == NULL)
		return ZX_ERR_NO_MEMORY;
	/* A range that wraps reaches addresses that no program has: the walk ends there. */
	if (__builtin_add_overflow(addr, len - 1, &last))
		last = UINTPTR_MAX;
	for (;; addr = end) {
		if (addr >= as->base && addr - as->base < as->len)
			st = judge_ours(as, addr, access, &end);
		else
			st = judge_foreign(addr, access, &end);
		if (st != ZX_OK || end > last || end <= addr)
			return st;
	}
}

/* Accesses resolve themselves, whatever the engine: one to each page is all it takes. */
zx_status_t zi_fault_make_ready(uintptr_t addr, size_t len, bool write)
{
	const struct zi_aspace *as = zi_aspace_self_if_started();
	zx_vaddr_t last;

	if (as == NULL || len == 0 || __builtin_add_overflow(addr, len - 1, &last))
		return ZX_OK;
	/* Only what is ours: the rest is as ready as it will ever be. */
	addr = zi_max(addr, as->base);
	last = zi_min(last, as->base + as->len - 1);
	while (addr <= last) {
		volatile void *p = (volatile void *)addr;
		zx_status_t st = (zx_status_t)(write ? zi_try_touch(p) : zi_try_load8(p)).status;

		if (st != ZX_OK)
			return st;
		addr = zi_page_down(addr) + ZI_PAGE;
	}
	return ZX_OK;
}
