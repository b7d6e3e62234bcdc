/* Unmapping a range: direct children only, mappings in part, VMARs as a whole or not at all. */
#include "vm/vmar.h"
#include "vm/vmar_i.h"

static zx_status_t check_args(zx_vaddr_t addr, uint64_t *len)
{
	if (!zi_is_page_aligned(addr))
		return ZX_ERR_INVALID_ARGS;
	*len = zi_page_up(*len);
	return *len == 0 ? ZX_ERR_INVALID_ARGS : ZX_OK;
}

static zx_status_t check_range_locked(struct zi_vmar *v, zx_vaddr_t addr, uint64_t len,
				      bool op_children)
{
	const zx_vaddr_t end = addr + len;
	struct zi_child *c;

	if (v->dead)
		return ZX_ERR_BAD_STATE;
	if (!zi_vmar_contains(v, addr, len))
		return ZX_ERR_INVALID_ARGS;
	if (zi_vmar_meets_vdso_locked(v->aspace, addr, len))
		return ZX_ERR_ACCESS_DENIED;
	for (c = zi_children_at_or_after(&v->children, addr); c != NULL && c->base < end;
	     c = zi_children_next(c)) {
		const bool inside = c->base >= addr && zi_child_end(c) <= end;

		if (c->is_vmar && (!op_children || !inside))
			return ZX_ERR_INVALID_ARGS;
	}
	return ZX_OK;
}

/* The range was checked. NO_MEMORY: what lies below the child that could not go stays unmapped. */
static zx_status_t unmap_locked(struct zi_vmar *v, zx_vaddr_t addr, uint64_t len,
				struct zi_dead *dead)
{
	const zx_vaddr_t end = addr + len;
	struct zi_child *c = zi_children_at_or_after(&v->children, addr);
	struct zi_child *next;

	for (; c != NULL && c->base < end; c = next) {
		const zx_vaddr_t from = zi_max(c->base, addr), to = zi_min(zi_child_end(c), end);
		zx_status_t st;

		next = zi_children_next(c);
		if (c->is_vmar)
			st = zi_vmar_destroy_locked(zi_child_vmar(c), dead);
		else
			st = zi_vmar_cut_locked(zi_child_mapping(c), from, to - from, true, dead);
		if (st != ZX_OK)
			return st;
	}
	return ZX_OK;
}

zx_status_t zi_vmar_unmap(struct zi_vmar *v, zx_vaddr_t addr, uint64_t len, bool op_children)
{
	struct zi_dead dead = {0};
	zx_status_t st = check_args(addr, &len);

	if (st != ZX_OK)
		return st;
	zi_lock(&v->aspace->lock);
	st = check_range_locked(v, addr, len, op_children);
	if (st == ZX_OK)
		st = unmap_locked(v, addr, len, &dead);
	zi_aspace_tidy_locked(v->aspace);
	zi_unlock(&v->aspace->lock);
	zi_dead_free(&dead);
	return st;
}

zx_status_t zi_vmar_unmap_check(struct zi_vmar *v, zx_vaddr_t addr, uint64_t len, bool op_children)
{
	zx_status_t st = check_args(addr, &len);

	if (st != ZX_OK)
		return st;
	ZI_LOCK_SCOPE(&v->aspace->lock);
	return check_range_locked(v, addr, len, op_children);
}
