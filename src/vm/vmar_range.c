/* zx_vmar_op_range: an operation on the VMOs behind a range of addresses, mapping by mapping. */
#include "vm/vm.h"
#include "vm/vmar.h"
#include "vm/vmar_i.h"
#include "vm/vmo.h"

/* What an operation asks of the mapping, and what it leaves to do on the page table. */
struct range_op {
	uint32_t op;
	uint32_t max_prot; /* bits that the mapping's maximum must have */
	bool direct_only;  /* refused for mappings that are not children of the VMAR itself */
	bool populates;    /* afterwards pages that exist are entered in the page table */
};

static const struct range_op range_ops[] = {
	{ZX_VMAR_OP_COMMIT, ZX_VM_PERM_WRITE, true, true},
	{ZX_VMAR_OP_DECOMMIT, ZX_VM_PERM_WRITE, true, false},
	{ZX_VMAR_OP_MAP_RANGE, 0, false, true},
	{ZX_VMAR_OP_ZERO, ZX_VM_PERM_WRITE, false, false},
	{ZX_VMAR_OP_DONT_NEED, 0, false, false},
	{ZX_VMAR_OP_ALWAYS_NEED, 0, false, true},
	{ZX_VMAR_OP_PREFETCH, ZX_VM_PERM_READ, true, true},
};

static const struct range_op *find_op(uint32_t op)
{
	for (size_t i = 0; i < sizeof(range_ops) / sizeof(range_ops[0]); i++) {
		if (range_ops[i].op == op)
			return &range_ops[i];
	}
	return NULL;
}

bool zi_vmar_op_is_known(uint32_t op)
{
	return find_op(op) != NULL;
}

/* The part of one mapping that is next. */
struct piece {
	struct zi_vmo *vmo; /* one reference */
	zx_vaddr_t addr;
	uint64_t off; /* in the VMO */
	uint64_t len;
};

/*
 * Zircon compares without regard to a piece that starts past the limit: the subtraction wraps and
 * the piece passes.
 */
static zx_status_t check_stream(const struct zi_mapping *m, uint64_t off, uint64_t len)
{
	uint64_t limit;

	if (!m->fault_beyond_stream || zi_behaviour_2025())
		return ZX_OK;
	limit = zi_min(zi_page_up(zi_vmo_get_stream_size(m->vmo)), zi_vmo_get_size(m->vmo));
	return len > limit - off ? ZX_ERR_OUT_OF_RANGE : ZX_OK;
}

/* *out_piece is filled on ZX_OK. */
static zx_status_t next_piece_locked(struct zi_vmar *v, const struct range_op *op, zx_vaddr_t at,
				     zx_vaddr_t end, bool op_children, struct piece *out_piece)
{
	struct zi_mapping *m;
	zx_status_t st;

	if (v->dead)
		return ZX_ERR_BAD_STATE;
	m = zi_vmar_first_mapping_locked(v, at);
	if (m == NULL || m->base > at)
		return ZX_ERR_BAD_STATE;
	if (m->vmar != v && (op->direct_only || !op_children))
		return ZX_ERR_INVALID_ARGS;

	const uint64_t off = m->vmo_off + (at - m->base);
	const uint64_t len = zi_min(m->base + m->len, end) - at;

	st = check_stream(m, off, len);
	if (st != ZX_OK)
		return st;
	if ((op->max_prot & ~m->max_prot) != 0)
		return ZX_ERR_ACCESS_DENIED;
	zi_vmo_ref(m->vmo);
	*out_piece = (struct piece){.vmo = m->vmo, .addr = at, .off = off, .len = len};
	return ZX_OK;
}

/* No lock is held: this may wait for a pager. */
static zx_status_t work_on_vmo(const struct range_op *op, const struct piece *p)
{
	switch (op->op) {
	case ZX_VMAR_OP_COMMIT:
		return zi_vmo_commit(p->vmo, p->off, p->len);
	case ZX_VMAR_OP_DECOMMIT:
		return zi_vmo_decommit(p->vmo, p->off, p->len);
	case ZX_VMAR_OP_ZERO:
		if (zi_behaviour_2025())
			return ZX_ERR_NOT_SUPPORTED;
		return zi_vmo_zero(p->vmo, p->off, p->len);
	case ZX_VMAR_OP_DONT_NEED:
	case ZX_VMAR_OP_ALWAYS_NEED:
		return zi_vmo_hint(p->vmo, op->op, p->off, p->len);
	case ZX_VMAR_OP_PREFETCH:
		return zi_vmo_prefetch(p->vmo, p->off, p->len);
	default:
		return ZX_OK; /* MAP_RANGE: the page table is all its work */
	}
}

/* Whatever still shows the piece after the lock was away. Only speed depends on it. */
static void populate(struct zi_vmar *v, const struct piece *p)
{
	ZI_LOCK_SCOPE(&v->aspace->lock);
	struct zi_mapping *m;

	if (v->dead || !v->aspace->placed)
		return;
	m = zi_vmar_first_mapping_locked(v, p->addr);
	if (m == NULL || m->vmo != p->vmo || m->base > p->addr ||
	    m->vmo_off + (p->addr - m->base) != p->off)
		return;
	zi_mapping_populate(m, p->addr, zi_min(p->len, m->base + m->len - p->addr));
}

zx_status_t zi_vmar_op_range(struct zi_vmar *v, uint32_t op_code, zx_vaddr_t addr, uint64_t len,
			     bool op_children)
{
	const struct range_op *op = find_op(op_code);
	const zx_vaddr_t end = addr + zi_page_up(len);
	zx_status_t st = ZX_OK;
	bool meets_vdso;

	if (op == NULL || zi_page_up(len) == 0 || !zi_is_page_aligned(addr))
		return ZX_ERR_INVALID_ARGS;
	if (!zi_vmar_contains(v, addr, zi_page_up(len)))
		return ZX_ERR_OUT_OF_RANGE;
	zi_lock(&v->aspace->lock);
	meets_vdso = zi_vmar_meets_vdso_locked(v->aspace, addr, end - addr);
	if (v->dead)
		st = ZX_ERR_BAD_STATE;
	else if (meets_vdso)
		st = ZX_ERR_ACCESS_DENIED;
	zi_unlock(&v->aspace->lock);

	while (st == ZX_OK && addr < end) {
		struct piece p = {0};

		zi_lock(&v->aspace->lock);
		st = next_piece_locked(v, op, addr, end, op_children, &p);
		zi_unlock(&v->aspace->lock);
		if (st != ZX_OK)
			break;
		st = work_on_vmo(op, &p);
		if (st == ZX_OK && op->populates)
			populate(v, &p);
		addr += p.len;
		zi_vmo_unref(p.vmo);
	}
	return st;
}
