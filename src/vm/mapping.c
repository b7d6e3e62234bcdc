/* Mappings as objects: making, cutting, merging, protections. */
#include "vm/mapping.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/inject.h"
#include "base/slab.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/mapping_i.h"
#include "vm/trap.h"
#include "vm/vmar.h"

static bool prot_reserve(struct zi_mapping *m, uint32_t want)
{
	if (want <= m->prot_cap)
		return true;
	uint32_t cap = want * 2;
	bool few = m->prot == m->prot_few;
	struct zi_prot_range *p =
		ZI_ALLOC(PROTECTIONS, realloc(few ? NULL : m->prot, cap * sizeof(*p)));

	if (p == NULL)
		return false;
	if (few)
		memcpy(p, m->prot_few, sizeof(m->prot_few));
	m->prot = p;
	m->prot_cap = cap;
	return true;
}

/* Index of the protection range that covers byte `off` of the mapping. */
static uint32_t prot_index(const struct zi_mapping *m, uint64_t off)
{
	uint32_t lo = 0, hi = m->nprot;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (m->prot[mid].start <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

uint32_t zi_mapping_prot_at(const struct zi_mapping *m, zx_vaddr_t addr, zx_vaddr_t *out_end)
{
	uint32_t i = prot_index(m, addr - m->base);

	if (out_end != NULL)
		*out_end = m->base + (i + 1 < m->nprot ? m->prot[i + 1].start : m->len);
	return m->prot[i].prot;
}

/* Room for two more ranges must be reserved. [from, to) gets `prot`. */
static void prot_set(struct zi_mapping *m, uint64_t from, uint64_t to, uint32_t prot)
{
	struct zi_prot_range *p = m->prot;
	uint32_t i = prot_index(m, from);
	uint32_t j = prot_index(m, to - 1);
	uint32_t after = p[j].prot;
	uint32_t keep = p[i].start < from ? i + 1 : i; /* ranges before `from` */
	bool tail = to < (j + 1 < m->nprot ? p[j + 1].start : m->len);
	uint32_t rest = m->nprot - (j + 1);

	memmove(&p[keep + 1 + (tail ? 1 : 0)], &p[j + 1], rest * sizeof(*p));
	p[keep] = (struct zi_prot_range){from, prot};
	if (tail)
		p[keep + 1] = (struct zi_prot_range){to, after};
	m->nprot = keep + 1 + (tail ? 1 : 0) + rest;
	/* Neighbours with equal protection are one range. */
	uint32_t out = 0;

	for (uint32_t k = 1; k < m->nprot; k++) {
		if (p[k].prot == p[out].prot)
			continue;
		p[++out] = p[k];
	}
	m->nprot = out + 1;
}

struct zi_mapping *zi_mapping_new(struct zi_aspace *as, struct zi_vmo *vmo, zx_vaddr_t base,
				  uint64_t len, uint64_t vmo_off, uint32_t prot, uint32_t max_prot)
{
	struct zi_mapping *m = ZI_ALLOC(MAPPING, zi_slab_alloc(sizeof(*m)));

	if (m == NULL)
		return NULL;
	m->prot = m->prot_few;
	m->prot_cap = sizeof(m->prot_few) / sizeof(m->prot_few[0]);
	zi_vmo_ref(vmo);
	m->aspace = as;
	m->vmo = vmo;
	m->base = base;
	m->len = len;
	m->vmo_off = vmo_off;
	m->max_prot = max_prot;
	m->prot[0] = (struct zi_prot_range){0, prot};
	m->nprot = 1;
	return m;
}

struct zi_mapping *zi_mapping_new_spare(const struct zi_mapping *like)
{
	struct zi_mapping *m = zi_mapping_new(like->aspace, like->vmo, 0, 0, 0, 0, like->max_prot);

	if (m == NULL)
		return NULL;
	if (!prot_reserve(m, like->nprot)) {
		zi_mapping_free(m);
		return NULL;
	}
	m->vmar = like->vmar;
	m->fault_beyond_stream = like->fault_beyond_stream;
	m->mergeable = true;
	m->list_koid = like->list_koid;
	m->list_name = like->list_name;
	return m;
}

void zi_mapping_free(struct zi_mapping *m)
{
	if (m == NULL)
		return;
	ZI_DASSERT(!zi_link_is_linked(&m->in_vmo));
	zi_pageset_clear_all(&m->shown);
	zi_vmo_unref(m->vmo);
	if (m->prot != m->prot_few)
		free(m->prot);
	zi_slab_free(m, sizeof(*m));
}

static void link_locked(struct zi_mapping *m)
{
	zi_list_add_tail(&m->vmo->mappings, &m->in_vmo);
	m->vmo->nmappings++;
}

static void unlink_locked(struct zi_mapping *m)
{
	zi_list_del(&m->in_vmo);
	m->vmo->nmappings--;
}

zx_status_t zi_mapping_attach(struct zi_mapping *m, bool must)
{
	ZI_LOCK_SCOPE(&m->vmo->tree->lock);
	zx_status_t st = zi_mapping_place(m, m->base, m->base + m->len, 0, false);

	if (st != ZX_OK && zi_mapping_give_up(m) && must)
		st = ZX_OK;
	if (st == ZX_OK)
		link_locked(m);
	return st;
}

/* Protections from `from` on become those of `to`, starting at 0 there. */
static void prot_split_off(struct zi_mapping *m, uint64_t from, struct zi_mapping *to)
{
	uint32_t i = prot_index(m, from);

	to->nprot = m->nprot - i;
	memcpy(to->prot, &m->prot[i], to->nprot * sizeof(*m->prot));
	to->prot[0].start = from;
	for (uint32_t k = 0; k < to->nprot; k++)
		to->prot[k].start -= from;
}

/* Ranges at and past `len` go. */
static void prot_truncate(struct zi_mapping *m, uint64_t len)
{
	m->nprot = prot_index(m, len - 1) + 1;
}

zx_status_t zi_mapping_cut(struct zi_mapping *m, zx_vaddr_t start, uint64_t len,
			   struct zi_mapping *spare, bool *out_used, bool restore)
{
	const uint64_t from = start - m->base, to = from + len;

	ZI_DASSERT(from < m->len && to <= m->len && len > 0);
	ZI_LOCK_SCOPE(&m->vmo->tree->lock);
	*out_used = false;
	if (restore && m->aspace->placed) {
		zx_status_t st = zi_place_hide(start, len);

		if (st != ZX_OK)
			return st;
	}
	if (m->aspace->placed)
		zi_trap_forget_refused(start, start + len);
	if (from == 0 && to == m->len) {
		unlink_locked(m);
		m->len = 0;
	} else if (from == 0) {
		uint32_t i = prot_index(m, to);

		m->nprot -= i;
		memmove(m->prot, &m->prot[i], m->nprot * sizeof(*m->prot));
		m->prot[0].start = to;
		for (uint32_t k = 0; k < m->nprot; k++)
			m->prot[k].start -= to;
		m->base += len;
		m->len -= len;
		m->vmo_off += len;
	} else if (to == m->len) {
		prot_truncate(m, from);
		m->len = from;
	} else {
		ZI_ASSERT(spare != NULL);
		prot_split_off(m, to, spare);
		spare->base = m->base + to;
		spare->len = m->len - to;
		spare->vmo_off = m->vmo_off + to;
		prot_truncate(m, from);
		m->len = from;
		link_locked(spare);
		*out_used = true;
	}
	return ZX_OK;
}

bool zi_mapping_merge(struct zi_mapping *left, struct zi_mapping *right)
{
	ZI_DASSERT(left->vmo == right->vmo && left->base + left->len == right->base &&
		   left->vmo_off + left->len == right->vmo_off);
	ZI_LOCK_SCOPE(&left->vmo->tree->lock);

	if (!prot_reserve(left, left->nprot + right->nprot))
		return false;
	uint32_t skip = left->prot[left->nprot - 1].prot == right->prot[0].prot ? 1 : 0;

	for (uint32_t i = skip; i < right->nprot; i++) {
		left->prot[left->nprot] = right->prot[i];
		left->prot[left->nprot].start += left->len;
		left->nprot++;
	}
	left->len += right->len;
	unlink_locked(right);
	right->len = 0;
	return true;
}

zx_status_t zi_mapping_protect(struct zi_mapping *m, zx_vaddr_t start, uint64_t len, uint32_t prot)
{
	ZI_LOCK_SCOPE(&m->vmo->tree->lock);

	if (!prot_reserve(m, m->nprot + 2))
		return ZX_ERR_NO_MEMORY;
	prot_set(m, start - m->base, start - m->base + len, prot);
	return zi_mapping_reprotect(m, start, start + len, 0);
}

zx_status_t zi_mapping_set_vmo(struct zi_mapping *m, struct zi_vmo *vmo, uint64_t vmo_off)
{
	struct zi_vmo *old = m->vmo;
	uint64_t old_off = m->vmo_off;
	struct zi_lock *lock = &old->tree->lock;

	zi_lock(lock);
	unlink_locked(m);
	zi_unlock(lock);
	m->vmo = vmo;
	m->vmo_off = vmo_off;
	zx_status_t st = zi_mapping_attach(m, false);

	if (st == ZX_OK) {
		zi_vmo_unref(old);
		return ZX_OK;
	}
	m->vmo = old;
	m->vmo_off = old_off;
	/* What was shown a moment ago needs no new frames; only the kernel could refuse, and then the range faults. */
	ZI_LOCK_SCOPE(lock);
	zi_mapping_place(m, m->base, m->base + m->len, 0, false);
	link_locked(m);
	return st;
}

void zi_mapping_populate(struct zi_mapping *m, zx_vaddr_t start, uint64_t len)
{
	ZI_LOCK_SCOPE(&m->vmo->tree->lock);

	/* Best effort; placing own pages anew fills their page tables. */
	(void)zi_mapping_place(m, start, start + len, 0, true);
}

void zi_mapping_attribute(struct zi_mapping *m, zx_vaddr_t start, uint64_t len, struct zi_attr *out)
{
	zi_vmo_attribute(m->vmo, m->vmo_off + (start - m->base), len, out);
}
