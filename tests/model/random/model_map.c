/*
 * Mappings of one vmar of M_VMAR_PAGES pages, made with SPECIFIC or SPECIFIC_OVERWRITE only.
 */
#include <assert.h>
#include <string.h>

#include "model.h"

#define PERMS (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

/* ---- the list */

static void link_vmo(struct m_vmar *a, struct m_vmo *v)
{
	v->nmappings++;
	v->aspaces |= 1ull << a->index;
}

static void unlink_vmo(struct m_vmar *a, struct m_vmo *v)
{
	bool here = false;

	v->nmappings--;
	for (size_t i = 0; i < a->nmaps; i++)
		here |= a->map[i].vmo == v;
	if (!here)
		v->aspaces &= ~(1ull << a->index);
	m_released(v);
}

static void remove_at(struct m_vmar *a, size_t i)
{
	memmove(&a->map[i], &a->map[i + 1], (a->nmaps - i - 1) * sizeof(a->map[0]));
	a->nmaps--;
}

static size_t insert(struct m_vmar *a, struct m_mapping m)
{
	size_t i = 0;

	assert(a->nmaps < M_MAX_MAPPINGS);
	while (i < a->nmaps && a->map[i].first < m.first)
		i++;
	memmove(&a->map[i + 1], &a->map[i], (a->nmaps - i) * sizeof(a->map[0]));
	a->map[i] = m;
	a->nmaps++;
	return i;
}

/* Mapping i + 1 becomes part of mapping i, if they continue one another. */
static void try_merge(struct m_vmar *a, size_t i)
{
	struct m_mapping *l, *r;

	if (i + 1 >= a->nmaps)
		return;
	l = &a->map[i];
	r = &a->map[i + 1];
	if (l->vmo != r->vmo || l->first + l->pages != r->first ||
	    l->vmo_off + l->pages * M_PAGE != r->vmo_off || l->max_prot != r->max_prot ||
	    l->beyond != r->beyond)
		return;
	l->pages += r->pages;
	l->vmo->nmappings--;
	remove_at(a, i + 1);
}

const struct m_mapping *m_mapping_at(const struct m_vmar *a, unsigned page)
{
	for (size_t i = 0; i < a->nmaps; i++) {
		if (page - a->map[i].first < a->map[i].pages)
			return &a->map[i];
	}
	return NULL;
}

/* ---- map, unmap, protect */

static bool contains(unsigned first, unsigned pages)
{
	return first < M_VMAR_PAGES && pages <= M_VMAR_PAGES - first;
}

static void cut(struct m_vmar *a, unsigned first, unsigned pages)
{
	const unsigned end = first + pages;

	for (size_t i = 0; i < a->nmaps;) {
		struct m_mapping *m = &a->map[i], right = *m;
		const unsigned m_end = m->first + m->pages;

		if (m_end <= first || m->first >= end) {
			i++;
			continue;
		}
		right.first = end;
		right.pages = m_end > end ? m_end - end : 0;
		right.vmo_off += (uint64_t)(end - m->first) * M_PAGE;
		if (m->first < first && right.pages != 0) {
			m->pages = first - m->first;
			insert(a, right);
			link_vmo(a, right.vmo);
		} else if (m->first < first) {
			m->pages = first - m->first;
		} else if (right.pages != 0) {
			*m = right;
		} else {
			struct m_vmo *v = m->vmo;

			remove_at(a, i);
			unlink_vmo(a, v);
			continue;
		}
		i++;
	}
}

bool m_map_range_of_nothing(const struct m_vmo *v, uint32_t options, uint64_t vmo_off)
{
	return (options & ZX_VM_MAP_RANGE) && v->store->discard == M_DISCARDED &&
	       (vmo_off >= m_size(v) ||
		((options & ZX_VM_FAULT_BEYOND_STREAM_SIZE) && vmo_off >= v->stream->bytes));
}

zx_status_t m_map(struct m_vmar *a, uint32_t options, unsigned first, unsigned pages,
		  struct m_vmo *v, uint64_t vmo_off)
{
	const uint64_t len = pages * M_PAGE;
	struct m_mapping m = {.first = first, .pages = pages, .vmo = v, .vmo_off = vmo_off};
	size_t i;

	if (!(v->rights & ZX_RIGHT_MAP))
		return ZX_ERR_ACCESS_DENIED;
	if ((options & PERMS) == ZX_VM_PERM_WRITE)
		return ZX_ERR_INVALID_ARGS;
	if ((options & ZX_VM_MAP_RANGE) && (options & ZX_VM_SPECIFIC_OVERWRITE))
		return ZX_ERR_INVALID_ARGS;
	if (((options & ZX_VM_PERM_READ) && !(v->rights & ZX_RIGHT_READ)) ||
	    ((options & ZX_VM_PERM_WRITE) && !(v->rights & ZX_RIGHT_WRITE)))
		return ZX_ERR_ACCESS_DENIED;
	if ((options & ZX_VM_FAULT_BEYOND_STREAM_SIZE) && !(options & ZX_VM_ALLOW_FAULTS))
		return ZX_ERR_INVALID_ARGS;
	if ((options & ZX_VM_REQUIRE_NON_RESIZABLE) && v->resizable)
		return ZX_ERR_NOT_SUPPORTED;
	if (!(options & ZX_VM_ALLOW_FAULTS) && v->discardable)
		return ZX_ERR_NOT_SUPPORTED;
	if (vmo_off % M_PAGE != 0)
		return ZX_ERR_INVALID_ARGS;
	if (len != 0 && vmo_off > UINT64_MAX - len)
		return ZX_ERR_OUT_OF_RANGE;
	if (len == 0 || !contains(first, pages))
		return ZX_ERR_INVALID_ARGS;
	if (options & ZX_VM_SPECIFIC_OVERWRITE) {
		v->nmappings++; /* it lives, also when the old mapping was all that kept it */
		cut(a, first, pages);
		v->nmappings--;
	}
	for (unsigned p = first; p < first + pages; p++) {
		if (m_mapping_at(a, p) != NULL)
			return ZX_ERR_ALREADY_EXISTS;
	}
	m.beyond = options & ZX_VM_FAULT_BEYOND_STREAM_SIZE;
	/* MAP_RANGE finds out at once what the first fault would find out. */
	if ((options & ZX_VM_MAP_RANGE) && (options & ZX_VM_PERM_READ) &&
	    v->store->discard == M_DISCARDED)
		return ZX_ERR_NOT_FOUND;
	m.max_prot = (v->rights & ZX_RIGHT_READ ? ZX_VM_PERM_READ : 0) |
		     (v->rights & ZX_RIGHT_WRITE ? ZX_VM_PERM_WRITE : 0);
	memset(&a->prot[first], options & PERMS, pages);
	i = insert(a, m);
	link_vmo(a, v);
	try_merge(a, i);
	if (i > 0)
		try_merge(a, i - 1);
	return ZX_OK;
}

zx_status_t m_unmap(struct m_vmar *a, unsigned first, unsigned pages)
{
	if (pages == 0 || !contains(first, pages))
		return ZX_ERR_INVALID_ARGS;
	cut(a, first, pages);
	return ZX_OK;
}

zx_status_t m_protect(struct m_vmar *a, uint32_t prot, unsigned first, unsigned pages)
{
	if ((prot & PERMS) == ZX_VM_PERM_WRITE || pages == 0 || !contains(first, pages))
		return ZX_ERR_INVALID_ARGS;
	for (unsigned p = first; p < first + pages; p++) {
		const struct m_mapping *m = m_mapping_at(a, p);

		if (m == NULL)
			return ZX_ERR_NOT_FOUND;
		if (prot & ~m->max_prot)
			return ZX_ERR_ACCESS_DENIED;
	}
	memset(&a->prot[first], (int)prot, pages);
	return ZX_OK;
}

/* ---- access */

zx_status_t m_fault(const struct m_vmar *a, unsigned page, bool write)
{
	const struct m_mapping *m = m_mapping_at(a, page);
	uint64_t off;

	if (m == NULL)
		return ZX_ERR_NOT_FOUND;
	if (!(a->prot[page] & (write ? ZX_VM_PERM_WRITE : ZX_VM_PERM_READ)))
		return ZX_ERR_ACCESS_DENIED;
	off = m->vmo_off + (page - m->first) * M_PAGE;
	if (off >= m_size(m->vmo))
		return ZX_ERR_OUT_OF_RANGE;
	if (m->beyond && off >= m->vmo->stream->bytes)
		return ZX_ERR_OUT_OF_RANGE;
	if (m->vmo->store->discard == M_DISCARDED)
		return ZX_ERR_NOT_FOUND;
	return ZX_OK;
}

uint64_t m_accessible(const struct m_vmar *a, uint64_t addr, uint64_t len, bool write,
		      zx_status_t *out_why)
{
	uint64_t n = 0;

	*out_why = ZX_OK;
	while (n < len) {
		*out_why = (addr + n) / M_PAGE < M_VMAR_PAGES ?
				   m_fault(a, (unsigned)((addr + n) / M_PAGE), write) :
				   ZX_ERR_NOT_FOUND;
		if (*out_why != ZX_OK)
			return n;
		n += M_PAGE - (addr + n) % M_PAGE;
	}
	return len;
}

/* Calls fn(vmo, buffer, offset, length) for each page of an accessible range. */
static void each_page(const struct m_vmar *a, uint64_t addr, uint8_t *buffer, uint64_t len,
		      bool store)
{
	while (len > 0) {
		const unsigned page = (unsigned)(addr / M_PAGE);
		const struct m_mapping *m = m_mapping_at(a, page);
		const uint64_t in_page = addr % M_PAGE,
			       n = len < M_PAGE - in_page ? len : M_PAGE - in_page;
		const uint64_t off = m->vmo_off + (page - m->first) * M_PAGE + in_page;

		if (store)
			memcpy(m_own(m->vmo->store, (m->vmo->base + off) / M_PAGE)->bytes + in_page,
			       buffer, n);
		else
			m_peek(m->vmo, buffer, off, n);
		addr += n;
		buffer += n;
		len -= n;
	}
}

void m_load(const struct m_vmar *a, uint64_t addr, void *buffer, uint64_t len)
{
	each_page(a, addr, buffer, len, false);
}

void m_store(struct m_vmar *a, uint64_t addr, const void *buffer, uint64_t len)
{
	each_page(a, addr, (uint8_t *)(uintptr_t)buffer, len, true);
}

/* ---- op_range by address */

/* One mapping's part of the range. What counts is what the mapping may ever be allowed, not the VMO handle's rights. */
static zx_status_t op_piece(struct m_mapping *m, uint32_t op, unsigned first, unsigned pages)
{
	const uint64_t off = m->vmo_off + (first - m->first) * M_PAGE, len = pages * M_PAGE;
	const zx_rights_t rights = m->vmo->rights;
	zx_status_t st;

	if (m->beyond) {
		const uint64_t limit = (m->vmo->stream->bytes + M_PAGE - 1) / M_PAGE * M_PAGE;

		if (off <= limit && off + len > limit)
			return ZX_ERR_OUT_OF_RANGE;
	}
	if (!(m->max_prot & ZX_VM_PERM_WRITE))
		return ZX_ERR_ACCESS_DENIED;
	m->vmo->rights = ZX_RIGHT_WRITE;
	if (op == ZX_VMAR_OP_COMMIT)
		st = m_commit(m->vmo, off, len);
	else if (op == ZX_VMAR_OP_DECOMMIT)
		st = m_decommit(m->vmo, off, len);
	else
		st = m_zero(m->vmo, off, len);
	m->vmo->rights = rights;
	return st;
}

zx_status_t m_vmar_op(struct m_vmar *a, uint32_t op, unsigned first, unsigned pages)
{
	unsigned page = first;

	if (pages == 0)
		return ZX_ERR_INVALID_ARGS;
	if (!contains(first, pages))
		return ZX_ERR_OUT_OF_RANGE;
	while (page < first + pages) {
		struct m_mapping *m = (struct m_mapping *)(uintptr_t)m_mapping_at(a, page);
		unsigned end;
		zx_status_t st;

		if (m == NULL)
			return ZX_ERR_BAD_STATE;
		end = m->first + m->pages;
		if (end > first + pages)
			end = first + pages;
		st = op_piece(m, op, page, end - page);
		if (st != ZX_OK)
			return st;
		page = end;
	}
	return ZX_OK;
}
