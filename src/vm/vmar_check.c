/* Full walk over an address space, for tests and stress. */
#include "vm/vmar.h"
#include "vm/vmar_i.h"

#define PERM_BITS (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)

static bool check_mapping(const struct zi_vmar *parent, struct zi_mapping *m)
{
	const struct zi_child *c = &m->vmar_node;

	if (m->aspace != parent->aspace || m->vmar != parent || m->vmo == NULL ||
	    m->base != c->base || m->len != c->len)
		return false;
	if (!zi_is_page_aligned(m->base) || !zi_is_page_aligned(m->len) ||
	    !zi_is_page_aligned(m->vmo_off))
		return false;
	if (m->nprot == 0 || m->prot[0].start != 0)
		return false;
	for (uint32_t i = 0; i < m->nprot; i++) {
		const struct zi_prot_range *r = &m->prot[i];

		if ((r->prot & ~PERM_BITS) != 0 || (r->prot & ~m->max_prot) != 0)
			return false;
		if (r->start >= m->len || !zi_is_page_aligned(r->start))
			return false;
		if (i > 0 && (r->start <= r[-1].start || r->prot == r[-1].prot))
			return false;
	}
	return true;
}

static bool check_vmar(const struct zi_aspace *as, struct zi_vmar *v)
{
	return !v->dead && v->aspace == as && atomic_load(&v->refs) > 0 && v->len > 0 &&
	       zi_is_page_aligned(v->base) && zi_is_page_aligned(v->len) &&
	       zi_children_check(&v->children, v->base, zi_vmar_end(v));
}

bool zi_aspace_check(struct zi_aspace *as)
{
	ZI_LOCK_SCOPE(&as->lock);
	struct zi_vmar_walk w;

	if (as->root == NULL)
		return as->vdso == NULL;
	if (!check_vmar(as, as->root) || as->root->parent != NULL)
		return false;
	for (zi_vmar_walk_first_locked(as->root, &w); w.child != NULL;
	     zi_vmar_walk_next_locked(&w)) {
		if (!w.child->is_vmar) {
			struct zi_mapping *m = zi_child_mapping(w.child);

			if (!check_mapping(m->vmar, m) || zi_aspace_find_locked(as, m->base) != m)
				return false;
			continue;
		}

		struct zi_vmar *v = zi_child_vmar(w.child);

		if (!check_vmar(as, v) || v->base != v->node.base || v->len != v->node.len)
			return false;
	}
	return as->placed ==
	       (as->vdso != NULL && zi_aspace_find_locked(as, as->vdso->base) == as->vdso);
}
