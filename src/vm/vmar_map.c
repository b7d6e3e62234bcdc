/* Mapping a VMO: checks, place, overwriting, and the merge with the neighbours. */
#include "base/assert.h"
#include "host/host.h"
#include "vm/node.h"
#include "vm/vm.h"
#include "vm/vmar.h"
#include "vm/vmar_i.h"
#include "vm/vmo.h"

#define PERM_BITS (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)
#define PLACE_BITS (ZX_VM_SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE | ZX_VM_OFFSET_IS_UPPER_LIMIT)
#define UNASSIGNED_BITS 0x00ff0000u

/* ---- checks that look at nothing but the arguments and what never changes about the VMO */

static zx_status_t check_args(const struct zi_map_args *a, uint64_t *out_len)
{
	const uint32_t o = a->options;
	const struct zi_vmo *vmo = a->vmo;

	if ((o & ZX_VM_FAULT_BEYOND_STREAM_SIZE) != 0 && (o & ZX_VM_ALLOW_FAULTS) == 0)
		return ZX_ERR_INVALID_ARGS;
	if ((o & UNASSIGNED_BITS) != 0 || !zi_vm_align_is_valid(o))
		return ZX_ERR_INVALID_ARGS;
	if ((o & ZX_VM_REQUIRE_NON_RESIZABLE) != 0 && zi_vmo_is_resizable(vmo))
		return ZX_ERR_NOT_SUPPORTED;
	if ((o & ZX_VM_ALLOW_FAULTS) == 0 && vmo->discardable)
		return ZX_ERR_NOT_SUPPORTED;
	if ((o & (ZX_VM_COMPACT | ZX_VM_CAN_MAP_SPECIFIC)) != 0)
		return ZX_ERR_INVALID_ARGS;
	if (!zi_is_page_aligned(a->vmo_off))
		return ZX_ERR_INVALID_ARGS;
	if (!zi_page_up_checked(a->len, out_len) || a->vmo_off + *out_len < a->vmo_off)
		return ZX_ERR_OUT_OF_RANGE;
	return ZX_OK;
}

/* The kernels of 2025 mapped physical VMOs past their end. */
static zx_status_t check_physical(struct zi_vmo *vmo, uint64_t off, uint64_t len)
{
	if (vmo->kind != ZI_VMO_PHYSICAL || zi_behaviour_2025())
		return ZX_OK;
	return zi_in_range(off, len, zi_vmo_get_size(vmo)) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}

static bool is_discarded(struct zi_vmo *vmo)
{
	if (!vmo->discardable)
		return false;
	ZI_LOCK_SCOPE(&vmo->tree->lock);
	return vmo->node->discard == ZI_DISCARD_GONE;
}

/* ---- place */

static zx_status_t check_overwrite_locked(struct zi_vmar *v, zx_vaddr_t base, uint64_t len)
{
	struct zi_child *c;

	if (zi_vmar_meets_vdso_locked(v->aspace, base, len))
		return ZX_ERR_ACCESS_DENIED;
	for (c = zi_children_at_or_after(&v->children, base); c != NULL && c->base < base + len;
	     c = zi_children_next(c)) {
		if (c->is_vmar)
			return ZX_ERR_INVALID_ARGS;
	}
	return ZX_OK;
}

static zx_status_t choose_base_locked(struct zi_vmar *v, uint32_t options, const struct zi_place *p,
				      zx_vaddr_t *out_base)
{
	if (!p->specific)
		return zi_vmar_find_place_locked(v, p, out_base) ? ZX_OK : ZX_ERR_NO_RESOURCES;
	*out_base = v->base + p->off;
	if (zi_children_is_free(&v->children, *out_base, p->len))
		return ZX_OK;
	if ((options & ZX_VM_SPECIFIC_OVERWRITE) == 0)
		return ZX_ERR_ALREADY_EXISTS;
	return check_overwrite_locked(v, *out_base, p->len);
}

/*
 * Takes mappings out of the way but leaves in the host what they showed: the new mapping replaces
 * it in one step, so that nobody sees a hole. Memory is needed only where one mapping goes on at
 * both sides, and then nothing else is in the way: on failure nothing has changed.
 */
static zx_status_t clear_way_locked(struct zi_vmar *v, zx_vaddr_t base, uint64_t len,
				    struct zi_dead *dead, bool *out_cleared)
{
	const zx_vaddr_t end = base + len;
	struct zi_child *c = zi_children_at_or_after(&v->children, base);
	struct zi_child *next;

	*out_cleared = false;
	for (; c != NULL && c->base < end; c = next) {
		const zx_vaddr_t from = zi_max(c->base, base), to = zi_min(zi_child_end(c), end);
		zx_status_t st;

		next = zi_children_next(c);
		st = zi_vmar_cut_locked(zi_child_mapping(c), from, to - from, false, dead);
		if (st != ZX_OK) {
			ZI_DASSERT(!*out_cleared);
			return st;
		}
		*out_cleared = true;
	}
	return ZX_OK;
}

/* ---- map */

static zx_status_t map_locked(struct zi_vmar *v, const struct zi_map_args *a,
			      const struct zi_place *p, struct zi_map_result *out_result,
			      struct zi_dead *dead)
{
	const uint32_t prot = a->options & PERM_BITS;
	struct zi_mapping *m;
	zx_vaddr_t base;
	bool cleared;
	zx_status_t st;

	if (v->dead)
		return ZX_ERR_BAD_STATE;
	if (p->len == 0)
		return ZX_ERR_INVALID_ARGS;
	st = zi_vmar_check_place_locked(v, p);
	if (st == ZX_OK)
		st = choose_base_locked(v, a->options, p, &base);
	if (st != ZX_OK)
		return st;

	m = zi_mapping_new(v->aspace, a->vmo, base, p->len, a->vmo_off, prot, a->max_prot);
	if (m == NULL)
		return ZX_ERR_NO_MEMORY;
	m->fault_beyond_stream = (a->options & ZX_VM_FAULT_BEYOND_STREAM_SIZE) != 0;
	m->list_koid = a->list_koid;
	m->list_name = a->list_name;
	m->vmar_node.made_with = (uint16_t)(a->options & PLACE_BITS);

	st = clear_way_locked(v, base, p->len, dead, &cleared);
	if (st == ZX_OK)
		st = zi_mapping_attach(m, cleared);
	if (st != ZX_OK) {
		zi_dead_add(dead, &m->vmar_node);
		return st;
	}
	zi_vmar_insert_mapping_locked(v, m);
	if ((a->options & ZX_VM_MAP_RANGE) != 0 && prot != 0) {
		if (is_discarded(a->vmo)) {
			st = zi_vmar_cut_locked(m, base, p->len, true, dead);
			return st == ZX_OK ? ZX_ERR_NOT_FOUND : st;
		}
		zi_mapping_populate(m, base, p->len);
	}
	*out_result = (struct zi_map_result){
		.addr = base,
		.len = p->len,
		.serial = m->vmar_node.serial,
	};
	return ZX_OK;
}

/*
 * DIFFERS: with ZX_VM_OFFSET_IS_UPPER_LIMIT the kernel maps from VMO offset 0 whatever vmo_off
 * says. We honour it, as the documentation promises and callers expect.
 */
zx_status_t zi_vmar_map(struct zi_vmar *v, const struct zi_map_args *args,
			struct zi_map_result *out_result)
{
	const uint32_t o = args->options;
	struct zi_dead dead = {0};
	uint64_t len;
	zx_status_t st;

	st = check_args(args, &len);
	if (st == ZX_OK)
		st = check_physical(args->vmo, args->vmo_off, len);
	if (st != ZX_OK)
		return st;

	const struct zi_place place = {
		.specific = (o & (ZX_VM_SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE)) != 0,
		.upper_limit = (o & ZX_VM_OFFSET_IS_UPPER_LIMIT) != 0,
		.off = args->vmar_off,
		.len = len,
		.align = zi_vm_align(o),
	};

	zi_lock(&v->aspace->lock);
	st = map_locked(v, args, &place, out_result, &dead);
	zi_unlock(&v->aspace->lock);
	zi_dead_free(&dead);
	return st;
}

/* ---- after the address was delivered */

/*
 * The mapping that a map call made, if nobody took it away since; other calls may have changed its
 * range.
 */
static struct zi_mapping *find_made_locked(struct zi_vmar *v, const struct zi_map_result *r)
{
	struct zi_child *c = zi_children_at_or_after(&v->children, r->addr);

	for (; c != NULL && c->base - r->addr < r->len; c = zi_children_next(c)) {
		if (!c->is_vmar && c->serial == r->serial)
			return zi_child_mapping(c);
	}
	return NULL;
}

static bool may_merge_locked(struct zi_child *left, struct zi_child *right)
{
	const struct zi_mapping *l, *r;

	if (left == NULL || right == NULL || left->is_vmar || right->is_vmar)
		return false;
	l = zi_child_mapping(left);
	r = zi_child_mapping(right);
	return l->mergeable && r->mergeable && l->vmo == r->vmo && l->base + l->len == r->base &&
	       l->vmo_off + l->len == r->vmo_off && l->max_prot == r->max_prot &&
	       l->fault_beyond_stream == r->fault_beyond_stream &&
	       (left->made_with == right->made_with || !zi_behaviour_2025());
}

/* Two mappings stay two when memory is out: only listings can tell. */
static bool merge_locked(struct zi_vmar *v, struct zi_child *left, struct zi_child *right,
			 struct zi_dead *dead)
{
	struct zi_mapping *l;

	if (!may_merge_locked(left, right))
		return false;
	l = zi_child_mapping(left);
	if (!zi_mapping_merge(l, zi_child_mapping(right)))
		return false;
	zi_children_remove(&v->children, right);
	zi_dead_add(dead, right);
	zi_children_resize(left, l->base, l->len);
	return true;
}

void zi_vmar_map_finish(struct zi_vmar *v, const struct zi_map_result *r)
{
	struct zi_dead dead = {0};
	struct zi_mapping *m;

	zi_lock(&v->aspace->lock);
	m = find_made_locked(v, r);
	if (m != NULL) {
		struct zi_child *c = &m->vmar_node;

		m->mergeable = true;
		merge_locked(v, c, zi_children_next(c), &dead);
		merge_locked(v, zi_children_prev(c), c, &dead);
	}
	zi_unlock(&v->aspace->lock);
	zi_dead_free(&dead);
}

void zi_vmar_map_cancel(struct zi_vmar *v, const struct zi_map_result *r)
{
	struct zi_dead dead = {0};
	struct zi_mapping *m;

	zi_lock(&v->aspace->lock);
	m = find_made_locked(v, r);
	if (m != NULL) {
		/*
		 * Taking it away can only fail for want of memory; then it stays, as any mapping
		 * does.
		 */
		zx_status_t st = zi_vmar_cut_locked(m, m->base, m->len, true, &dead);

		ZI_DASSERT(st == ZX_OK || st == ZX_ERR_NO_MEMORY);
	}
	zi_unlock(&v->aspace->lock);
	zi_dead_free(&dead);
}
