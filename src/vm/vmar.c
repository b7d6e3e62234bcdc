/* VMARs as objects: life, death, and walks over what is below them. */
#include "vm/vmar.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/inject.h"
#include "host/host.h"
#include "vm/vmar_i.h"

/* ---- life */

struct zi_vmar *zi_vmar_new(struct zi_aspace *as, zx_vaddr_t base, uint64_t len, uint32_t flags)
{
	struct zi_vmar *v = ZI_ALLOC(VMAR, calloc(1, sizeof(*v)));

	if (v == NULL)
		return NULL;
	atomic_init(&v->refs, 1);
	v->aspace = as;
	zi_aspace_ref(as);
	v->base = base;
	v->len = len;
	v->flags = flags;
	return v;
}

void zi_vmar_ref(struct zi_vmar *v)
{
	atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
}

void zi_vmar_unref(struct zi_vmar *v)
{
	if (v == NULL || atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1)
		return;
	/*
	 * The tree's reference goes only after death, or with a VMAR that never came into a tree.
	 */
	ZI_DASSERT(v->children.top == NULL && v->node.height == 0);
	struct zi_aspace *as = v->aspace;

	free(v);
	zi_aspace_unref(as);
}

void zi_vmar_insert_locked(struct zi_vmar *parent, struct zi_vmar *child)
{
	child->parent = parent;
	child->high_priority = parent->high_priority;
	child->node.base = child->base;
	child->node.len = child->len;
	child->node.is_vmar = true;
	zi_children_insert(&parent->children, &child->node);
}

void zi_vmar_insert_mapping_locked(struct zi_vmar *parent, struct zi_mapping *m)
{
	m->vmar = parent;
	m->vmar_node.base = m->base;
	m->vmar_node.len = m->len;
	m->vmar_node.is_vmar = false;
	m->vmar_node.serial = parent->aspace->next_serial++;
	zi_children_insert(&parent->children, &m->vmar_node);
}

/* ---- death */

void zi_dead_add(struct zi_dead *dead, struct zi_child *c)
{
	c->up = dead->list;
	dead->list = c;
}

void zi_dead_free(struct zi_dead *dead)
{
	while (dead->list != NULL) {
		struct zi_child *c = dead->list;

		dead->list = c->up;
		if (c->is_vmar)
			zi_vmar_unref(zi_child_vmar(c));
		else
			zi_mapping_free(zi_child_mapping(c));
	}
}

bool zi_vmar_meets_vdso_locked(const struct zi_aspace *as, zx_vaddr_t base, uint64_t len)
{
	const struct zi_mapping *m = as->vdso;

	return m != NULL && m->base < base + len && base < m->base + m->len;
}

zx_status_t zi_vmar_cut_locked(struct zi_mapping *m, zx_vaddr_t start, uint64_t len, bool restore,
			       struct zi_dead *dead)
{
	struct zi_mapping *spare = NULL;
	bool used = false;
	zx_status_t st;

	if (start > m->base && start + len < m->base + m->len) {
		spare = zi_mapping_new_spare(m);
		if (spare == NULL)
			return ZX_ERR_NO_MEMORY;
	}
	st = zi_mapping_cut(m, start, len, spare, &used, restore);
	if (spare != NULL && !used)
		zi_dead_add(dead, &spare->vmar_node);
	if (st != ZX_OK)
		return st;
	if (m->len == 0) {
		zi_children_remove(&m->vmar->children, &m->vmar_node);
		zi_dead_add(dead, &m->vmar_node);
		return ZX_OK;
	}
	zi_children_resize(&m->vmar_node, m->base, m->len);
	if (used) {
		m->mergeable = spare->mergeable = true;
		spare->vmar_node.made_with = m->vmar_node.made_with;
		spare->vmar_node.private_copy = m->vmar_node.private_copy;
		zi_vmar_insert_mapping_locked(m->vmar, spare);
	}
	return ZX_OK;
}

/*
 * Goes down to the first child again and again instead of recursing: nobody limits how deep VMARs
 * are nested.
 * DIFFERS: taking a mapping out of the host may need memory that is not there; then the status is
 * NO_MEMORY.
 */
zx_status_t zi_vmar_destroy_locked(struct zi_vmar *v, struct zi_dead *dead)
{
	struct zi_vmar *at = v;
	uint64_t mappings = 0;

	for (;;) {
		struct zi_child *c = zi_children_first(&at->children);

		if (c != NULL && c->is_vmar) {
			at = zi_child_vmar(c);
			continue;
		}
		if (c != NULL) {
			struct zi_mapping *m = zi_child_mapping(c);
			zx_status_t st;

			if (m->is_vdso && at->aspace->vdso == m)
				return ZX_ERR_ACCESS_DENIED;
			st = zi_vmar_cut_locked(m, m->base, m->len, true, dead);
			if (st != ZX_OK)
				return st;
			mappings++;
			continue;
		}

		struct zi_vmar *parent = at->parent;

		at->dead = true;
		if (parent != NULL) {
			zi_children_remove(&parent->children, &at->node);
			at->parent = NULL;
			zi_dead_add(dead, &at->node);
		}
		if (at == v)
			break;
		at = parent;
	}
	/*
	 * Every mapping has left a host map of its own, with untouched reservation between them. One
	 * for all of it takes their place; where the host refuses, they stay, which harms nothing.
	 */
	if (mappings > 1 && v->aspace->placed)
		zi_place_reserve(v->base, v->len);
	return ZX_OK;
}

zx_status_t zi_vmar_destroy(struct zi_vmar *v)
{
	struct zi_dead dead = {0};
	zx_status_t st;

	zi_lock(&v->aspace->lock);
	if (v == v->aspace->root)
		st = ZX_ERR_NOT_SUPPORTED;
	else if (v->dead)
		st = ZX_ERR_BAD_STATE;
	else
		st = zi_vmar_destroy_locked(v, &dead);
	zi_aspace_tidy_locked(v->aspace);
	zi_unlock(&v->aspace->lock);
	zi_dead_free(&dead);
	return st;
}

/* ---- walks */

void zi_vmar_walk_first_locked(struct zi_vmar *top, struct zi_vmar_walk *w)
{
	w->top = top;
	w->child = zi_children_first(&top->children);
	w->depth = 1;
}

/* Next child that is not below c. */
static void walk_past(struct zi_vmar_walk *w)
{
	struct zi_child *c = w->child;

	for (;;) {
		struct zi_child *next = zi_children_next(c);
		struct zi_vmar *parent;

		if (next != NULL) {
			w->child = next;
			return;
		}
		parent = c->is_vmar ? zi_child_vmar(c)->parent : zi_child_mapping(c)->vmar;
		if (parent == w->top) {
			w->child = NULL;
			return;
		}
		c = &parent->node;
		w->depth--;
	}
}

void zi_vmar_walk_next_locked(struct zi_vmar_walk *w)
{
	if (w->child->is_vmar) {
		struct zi_child *below = zi_children_first(&zi_child_vmar(w->child)->children);

		if (below != NULL) {
			w->child = below;
			w->depth++;
			return;
		}
	}
	walk_past(w);
}

/* From where the walk stands, itself included. */
static struct zi_mapping *walk_to_mapping(struct zi_vmar_walk *w)
{
	while (w->child != NULL && w->child->is_vmar)
		zi_vmar_walk_next_locked(w);
	return w->child != NULL ? zi_child_mapping(w->child) : NULL;
}

struct zi_mapping *zi_vmar_first_mapping_locked(struct zi_vmar *v, zx_vaddr_t addr)
{
	struct zi_vmar_walk w = {.top = v};
	struct zi_vmar *at = v;

	/* Down to where addr lies; a VMAR without a child there is passed as a whole. */
	for (;;) {
		struct zi_child *c = zi_children_at_or_after(&at->children, addr);

		if (c == NULL) {
			if (at == v)
				return NULL;
			w.child = &at->node;
			walk_past(&w);
			break;
		}
		w.child = c;
		if (!c->is_vmar)
			break;
		at = zi_child_vmar(c);
	}
	return walk_to_mapping(&w);
}

struct zi_mapping *zi_vmar_next_mapping_locked(struct zi_vmar *v, struct zi_mapping *m)
{
	struct zi_vmar_walk w = {.top = v, .child = &m->vmar_node};

	walk_past(&w);
	return walk_to_mapping(&w);
}

/* ---- memory priority */

zx_status_t zi_vmar_set_priority(struct zi_vmar *v, bool high)
{
	ZI_LOCK_SCOPE(&v->aspace->lock);
	struct zi_vmar_walk w;

	if (v->dead)
		return ZX_ERR_BAD_STATE;
	v->high_priority = high;
	for (zi_vmar_walk_first_locked(v, &w); w.child != NULL; zi_vmar_walk_next_locked(&w)) {
		if (w.child->is_vmar)
			zi_child_vmar(w.child)->high_priority = high;
	}
	return ZX_OK;
}
