/*
 * Objects: creation, children, death and re-homing, names, cache policy, accounting.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define TYPES                                                              \
	(ZX_VMO_CHILD_SNAPSHOT | ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE | \
	 ZX_VMO_CHILD_SNAPSHOT_MODIFIED | ZX_VMO_CHILD_SLICE | ZX_VMO_CHILD_REFERENCE)
#define SNAPSHOTS                                                          \
	(ZX_VMO_CHILD_SNAPSHOT | ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE | \
	 ZX_VMO_CHILD_SNAPSHOT_MODIFIED)

static bool round_up(uint64_t size, uint64_t *out)
{
	if (size > UINT64_MAX - (M_PAGE - 1))
		return false;
	*out = (size + M_PAGE - 1) / M_PAGE * M_PAGE;
	return true;
}

static bool in_range(uint64_t off, uint64_t len, uint64_t max)
{
	return off <= max && len <= max - off;
}

uint64_t m_size(const struct m_vmo *v)
{
	return v->slice ? v->window : v->store->size;
}

/* ---- life */

static struct m_vmo *vmo_new(struct m_store *store)
{
	struct m_vmo *v = calloc(1, sizeof(*v));

	if (v == NULL)
		abort();
	v->store = store;
	v->policy = ZX_CACHE_POLICY_CACHED;
	v->handle = true;
	m_store_view(store);
	return v;
}

static void new_stream(struct m_vmo *v, uint64_t bytes)
{
	v->stream = calloc(1, sizeof(*v->stream));
	if (v->stream == NULL)
		abort();
	*v->stream = (struct m_stream){.users = 1, .bytes = bytes};
}

static void adopt(struct m_vmo *parent, struct m_vmo *child)
{
	child->parent = parent;
	if (parent == NULL)
		return;
	child->next = parent->children;
	parent->children = child;
	parent->nchildren++;
}

static void leave_parent(struct m_vmo *v)
{
	struct m_vmo **link;

	if (v->parent == NULL)
		return;
	link = &v->parent->children;
	while (*link != v)
		link = &(*link)->next;
	*link = v->next;
	v->parent->nchildren--;
}

/* The object goes: its children become its parent's, or nobody's. */
void m_released(struct m_vmo *v)
{
	if (v->handle || v->nmappings != 0)
		return;
	leave_parent(v);
	while (v->children != NULL) {
		struct m_vmo *child = v->children;

		v->children = child->next;
		adopt(v->parent, child);
	}
	m_store_unview(v->store);
	if (--v->stream->users == 0)
		free(v->stream);
	free(v);
}

void m_close(struct m_vmo *v)
{
	v->handle = false;
	m_released(v);
}

/* ---- creation */

zx_status_t m_create(uint64_t size, uint32_t options, struct m_vmo **out_vmo)
{
	const bool unbounded = options & ZX_VMO_UNBOUNDED;
	uint64_t rounded = M_MAX_SIZE;
	struct m_vmo *v;

	if (unbounded && (options & ZX_VMO_RESIZABLE))
		return ZX_ERR_INVALID_ARGS;
	if (!unbounded && !round_up(size, &rounded))
		return ZX_ERR_OUT_OF_RANGE;
	if (options & ~(ZX_VMO_RESIZABLE | ZX_VMO_DISCARDABLE | ZX_VMO_UNBOUNDED))
		return ZX_ERR_INVALID_ARGS;
	if (size > rounded || rounded > M_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	v = vmo_new(m_store_new(NULL, rounded));
	new_stream(v, size);
	v->resizable = options & ZX_VMO_RESIZABLE;
	v->discardable = options & ZX_VMO_DISCARDABLE;
	v->rights = ZX_DEFAULT_VMO_RIGHTS | (v->resizable ? ZX_RIGHT_RESIZE : 0);
	*out_vmo = v;
	return ZX_OK;
}

static zx_status_t new_snapshot(struct m_vmo *v, uint64_t off, uint64_t size, uint64_t stream,
				struct m_vmo **out)
{
	struct m_store *from = v->store, *to;

	if (off % M_PAGE != 0)
		return ZX_ERR_INVALID_ARGS;
	if (size > M_MAX_SIZE || off > UINT64_MAX - size)
		return ZX_ERR_OUT_OF_RANGE;
	if (v->slice && !in_range(off, size, v->window))
		return ZX_ERR_OUT_OF_RANGE;
	if (v->policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	if (from->root_off > UINT64_MAX - off || from->root_off + off > UINT64_MAX - size)
		return ZX_ERR_INVALID_ARGS;
	if (v->slice)
		return ZX_ERR_NOT_SUPPORTED;
	to = m_store_new(from->family, size);
	to->root_off = from->root_off + off;
	m_share(to, from, off / M_PAGE, size / M_PAGE);
	*out = vmo_new(to);
	(*out)->snapshot = true;
	new_stream(*out, stream);
	return ZX_OK;
}

static zx_status_t new_slice(struct m_vmo *v, uint64_t off, uint64_t size, uint64_t stream,
			     struct m_vmo **out)
{
	if (off % M_PAGE != 0)
		return ZX_ERR_INVALID_ARGS;
	if (size > M_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	if (!in_range(off, size, m_size(v)))
		return ZX_ERR_INVALID_ARGS;
	if (v->resizable)
		return ZX_ERR_NOT_SUPPORTED;
	if (v->policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	*out = vmo_new(v->store);
	(*out)->slice = true;
	(*out)->base = v->base + off;
	(*out)->window = size;
	new_stream(*out, stream);
	return ZX_OK;
}

static zx_status_t new_reference(struct m_vmo *v, uint64_t off, uint64_t size, bool resizable,
				 struct m_vmo **out)
{
	if (off != 0 || size != 0)
		return ZX_ERR_INVALID_ARGS;
	if (v->slice || (resizable && !v->resizable))
		return ZX_ERR_NOT_SUPPORTED;
	if (v->policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	*out = vmo_new(v->store);
	(*out)->reference = true;
	(*out)->stream = v->stream;
	v->stream->users++;
	return ZX_OK;
}

static zx_rights_t child_rights(zx_rights_t in, uint32_t type, bool resizable, bool no_write)
{
	zx_rights_t r = (in & ~ZX_RIGHT_RESIZE) | ZX_RIGHT_GET_PROPERTY | ZX_RIGHT_SET_PROPERTY;

	if (resizable)
		r |= ZX_RIGHT_RESIZE;
	if (no_write)
		r &= ~ZX_RIGHT_WRITE;
	else if (type & SNAPSHOTS)
		r = (r | ZX_RIGHT_WRITE) & ~ZX_RIGHT_EXECUTE;
	return r;
}

zx_status_t m_create_child(struct m_vmo *v, uint32_t options, uint64_t off, uint64_t size,
			   struct m_vmo **out_child)
{
	const bool resizable = options & ZX_VMO_CHILD_RESIZABLE,
		   no_write = options & ZX_VMO_CHILD_NO_WRITE;
	const uint32_t type = options & TYPES;
	zx_rights_t needed = ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ;
	struct m_vmo *child;
	uint64_t rounded;
	zx_status_t st;

	if (!round_up(size, &rounded))
		return ZX_ERR_OUT_OF_RANGE;
	if (no_write && resizable)
		return ZX_ERR_INVALID_ARGS;
	if (resizable && (options & ZX_VMO_CHILD_REFERENCE))
		needed |= ZX_RIGHT_RESIZE;
	if ((v->rights & needed) != needed)
		return ZX_ERR_ACCESS_DENIED;
	if (v->discardable)
		return ZX_ERR_NOT_SUPPORTED;
	if (type == 0 || (type & (type - 1)) != 0 || (resizable && type == ZX_VMO_CHILD_SLICE) ||
	    (options & ~(TYPES | ZX_VMO_CHILD_RESIZABLE | ZX_VMO_CHILD_NO_WRITE)) != 0)
		return ZX_ERR_INVALID_ARGS;

	if (type == ZX_VMO_CHILD_SLICE)
		st = new_slice(v, off, rounded, size, &child);
	else if (type == ZX_VMO_CHILD_REFERENCE)
		st = new_reference(v, off, rounded, resizable, &child);
	else
		st = new_snapshot(v, off, rounded, size, &child);
	if (st != ZX_OK)
		return st;

	adopt(v, child);
	child->resizable = type == ZX_VMO_CHILD_REFERENCE ? v->resizable : resizable;
	child->immutable = type == ZX_VMO_CHILD_SNAPSHOT && no_write;
	child->rights = child_rights(v->rights, type, resizable, no_write);
	if (v->rights & ZX_RIGHT_GET_PROPERTY)
		memcpy(child->name, v->name, sizeof(child->name));
	*out_child = child;
	return ZX_OK;
}

/* ---- properties */

zx_status_t m_set_name(struct m_vmo *v, const char *name)
{
	if (!(v->rights & ZX_RIGHT_SET_PROPERTY))
		return ZX_ERR_ACCESS_DENIED;
	memset(v->name, 0, sizeof(v->name));
	strncpy(v->name, name, sizeof(v->name) - 1);
	return ZX_OK;
}

zx_status_t m_set_cache_policy(struct m_vmo *v, uint32_t policy)
{
	if (policy & ~(uint32_t)ZX_CACHE_POLICY_MASK)
		return ZX_ERR_INVALID_ARGS;
	if (!(v->rights & ZX_RIGHT_MAP))
		return ZX_ERR_ACCESS_DENIED;
	if (v->nmappings != 0 || v->nchildren != 0 || v->parent != NULL || v->store->views != 1 ||
	    v->slice || v->reference || (v->discardable && policy != ZX_CACHE_POLICY_CACHED))
		return ZX_ERR_BAD_STATE;
	v->policy = policy;
	return ZX_OK;
}

/* An uncached VMO that still shares its history with others: what whole-page zeroing does there is not settled. */
bool m_uncached_kin(const struct m_vmo *v)
{
	return v->policy != ZX_CACHE_POLICY_CACHED && v->store->family->stores > 1;
}

/* Discarded, and given new pages by a transfer since: other operations say that no pages are involved. */
bool m_refilled(const struct m_vmo *v)
{
	return v->store->discard == M_DISCARDED && v->store->nslots != 0;
}

/* ---- accounting */

/* Content of pages [first, end) of the store. */
static void count_pages(const struct m_store *s, uint64_t first, uint64_t end, zx_info_vmo_t *info)
{
	const uint64_t one = 1ull << 63; /* a byte, in fractions */
	uint64_t fraction = 0;

	for (size_t i = 0; i < s->nslots; i++) {
		const uint64_t sharers = s->slots[i].page->nsharers;

		if (s->slots[i].pgi < first || s->slots[i].pgi >= end)
			continue;
		info->committed_bytes += M_PAGE;
		if (sharers == 1)
			info->committed_private_bytes += M_PAGE;
		info->committed_scaled_bytes += M_PAGE / sharers;
		fraction += one / sharers * (M_PAGE % sharers);
		if (fraction >= one) {
			fraction -= one;
			info->committed_scaled_bytes++;
		}
	}
	info->committed_fractional_scaled_bytes = fraction;
	info->populated_bytes = info->committed_bytes;
	info->populated_private_bytes = info->committed_private_bytes;
	info->populated_scaled_bytes = info->committed_scaled_bytes;
	info->populated_fractional_scaled_bytes = fraction;
}

void m_count(const struct m_vmo *v, uint64_t off, uint64_t len, zx_info_vmo_t *out_info)
{
	*out_info = (zx_info_vmo_t){0};
	if (!v->slice && !v->reference)
		count_pages(v->store, off / M_PAGE, (off + len) / M_PAGE, out_info);
}

void m_info(const struct m_vmo *v, zx_info_vmo_t *out_info)
{
	*out_info = (zx_info_vmo_t){
		.koid = v->koid,
		.size_bytes = m_size(v),
		.parent_koid = v->parent != NULL ? v->parent->koid : 0,
		.num_children = v->nchildren,
		.num_mappings = v->nmappings,
		.flags = ZX_INFO_VMO_TYPE_PAGED | ZX_INFO_VMO_VIA_HANDLE,
		.handle_rights = v->rights,
		.cache_policy = v->policy,
		.committed_change_events = v->store->change_events,
	};
	memcpy(out_info->name, v->name, sizeof(v->name));
	out_info->share_count = (size_t)__builtin_popcountll(v->aspaces);
	if (out_info->share_count == 0)
		out_info->share_count = 1;
	if (v->resizable)
		out_info->flags |= ZX_INFO_VMO_RESIZABLE;
	if (v->snapshot && v->parent != NULL)
		out_info->flags |= ZX_INFO_VMO_IS_COW_CLONE;
	if (v->discardable)
		out_info->flags |= ZX_INFO_VMO_DISCARDABLE;
	if (v->immutable)
		out_info->flags |= ZX_INFO_VMO_IMMUTABLE;
	if (!v->slice && !v->reference)
		count_pages(v->store, 0, UINT64_MAX, out_info);
}
