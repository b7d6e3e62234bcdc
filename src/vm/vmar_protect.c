/* Changing the protection of a range: decided as a whole before anything changes. */
#include "vm/vmar.h"
#include "vm/vmar_i.h"

#define PERM_BITS (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)
#define ALLOWED (PERM_BITS | ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED)

/* Does every page of [from, to) have all of `prot` now? */
static bool has_now_locked(const struct zi_mapping *m, zx_vaddr_t from, zx_vaddr_t to,
			   uint32_t prot)
{
	while (from < to) {
		zx_vaddr_t next;

		if ((prot & ~zi_mapping_prot_at(m, from, &next)) != 0)
			return false;
		from = next;
	}
	return true;
}

static zx_status_t check_mapping_locked(const struct zi_vmar *v, const struct zi_mapping *m,
					zx_vaddr_t from, zx_vaddr_t to, uint32_t prot,
					bool op_children)
{
	if ((prot & ~m->max_prot) != 0 || m->is_vdso)
		return ZX_ERR_ACCESS_DENIED;
	if (m->vmar == v)
		return ZX_OK;
	if (!op_children)
		return ZX_ERR_INVALID_ARGS;
	/* Through an ancestor permissions can only be lowered. */
	return has_now_locked(m, from, to, prot) ? ZX_OK : ZX_ERR_ACCESS_DENIED;
}

static zx_status_t check_range_locked(struct zi_vmar *v, zx_vaddr_t addr, zx_vaddr_t end,
				      uint32_t prot, bool op_children)
{
	zx_vaddr_t at = addr;
	struct zi_mapping *m;

	for (m = zi_vmar_first_mapping_locked(v, addr); m != NULL && m->base < end;
	     m = zi_vmar_next_mapping_locked(v, m)) {
		const zx_vaddr_t to = zi_min(m->base + m->len, end);
		zx_status_t st;

		if (m->base > at)
			return ZX_ERR_NOT_FOUND;
		st = check_mapping_locked(v, m, at, to, prot, op_children);
		if (st != ZX_OK)
			return st;
		at = to;
	}
	return at == end ? ZX_OK : ZX_ERR_NOT_FOUND;
}

zx_status_t zi_vmar_protect(struct zi_vmar *v, uint32_t options, zx_vaddr_t addr, uint64_t len,
			    bool op_children)
{
	const uint32_t prot = options & PERM_BITS;
	const zx_vaddr_t end = addr + zi_page_up(len);
	struct zi_mapping *m;
	zx_status_t st;

	if ((prot & (ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)) != 0 && (prot & ZX_VM_PERM_READ) == 0)
		return ZX_ERR_INVALID_ARGS;
	if (!zi_is_page_aligned(addr) || (options & ~ALLOWED) != 0 || zi_page_up(len) == 0)
		return ZX_ERR_INVALID_ARGS;

	ZI_LOCK_SCOPE(&v->aspace->lock);

	if (v->dead)
		return ZX_ERR_BAD_STATE;
	if (!zi_vmar_contains(v, addr, end - addr))
		return ZX_ERR_INVALID_ARGS;
	st = check_range_locked(v, addr, end, prot, op_children);
	for (m = zi_vmar_first_mapping_locked(v, addr); st == ZX_OK && m != NULL && m->base < end;
	     m = zi_vmar_next_mapping_locked(v, m)) {
		const zx_vaddr_t from = zi_max(m->base, addr), to = zi_min(m->base + m->len, end);

		st = zi_mapping_protect(m, from, to - from, prot);
	}
	return st;
}
