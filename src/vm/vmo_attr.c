/* What is reported about a VMO. */
#include <string.h>

#include "base/assert.h"
#include "vm/mapping_i.h"
#include "vm/peek.h"
#include "vm/vmo_i.h"

/* Distinct address spaces are counted exactly up to this many, then estimated by the mappings. */
enum { ZI_SHARE_EXACT = 64 };

static void attribute_locked(struct zi_vmo *v, uint64_t off, uint64_t len, struct zi_attr *out)
{
	uint64_t size = zi_vmo_size_locked(v);

	/* Views own nothing; physical memory is nobody's. */
	if (v->slice || v->reference || v->kind == ZI_VMO_PHYSICAL || off >= size)
		return;
	len = zi_min(len, size - off);
	if (len != 0)
		zi_node_attribute(v->node, zi_vmo_page(v, off), len >> ZI_PAGE_SHIFT, out);
}

void zi_vmo_attribute(struct zi_vmo *v, uint64_t off, uint64_t len, struct zi_attr *out)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	attribute_locked(v, off, len, out);
}

static uint64_t share_count_locked(const struct zi_vmo *v)
{
	const struct zi_aspace *seen[ZI_SHARE_EXACT];
	uint64_t count = 0;

	if (v->nmappings <= 1)
		return 1;
	ZI_LIST_FOREACH (l, &v->mappings) {
		const struct zi_mapping *m = ZI_CONTAINER(l, struct zi_mapping, in_vmo);
		uint64_t i = 0;

		while (i < count && seen[i] != m->aspace)
			i++;
		if (i < count)
			continue;
		if (count == ZI_SHARE_EXACT)
			return v->nmappings;
		seen[count++] = m->aspace;
	}
	return count;
}

uint64_t zi_vmo_share_count(struct zi_vmo *v)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	return share_count_locked(v);
}

static uint32_t flags_locked(const struct zi_vmo *v, bool immutable)
{
	uint32_t flags = 0;

	if (v->kind != ZI_VMO_PHYSICAL)
		flags |= ZX_INFO_VMO_TYPE_PAGED;
	if (v->kind != ZI_VMO_PAGED)
		flags |= ZX_INFO_VMO_CONTIGUOUS;
	if (v->resizable)
		flags |= ZX_INFO_VMO_RESIZABLE;
	if (v->snapshot && v->parent != NULL)
		flags |= ZX_INFO_VMO_IS_COW_CLONE;
	if (v->pager_backed)
		flags |= ZX_INFO_VMO_PAGER_BACKED;
	if (v->discardable)
		flags |= ZX_INFO_VMO_DISCARDABLE;
	if (v->immutable && immutable)
		flags |= ZX_INFO_VMO_IMMUTABLE;
	return flags;
}

static void info_locked(struct zi_vmo *v, bool immutable, zx_info_vmo_t *out_info)
{
	struct zi_attr a = {0};
	const struct zi_node *n = v->node;

	memset(out_info, 0, sizeof(*out_info));
	attribute_locked(v, 0, UINT64_MAX, &a);
	out_info->koid = v->koid;
	memcpy(out_info->name, v->name, sizeof(out_info->name));
	out_info->size_bytes = zi_vmo_size_locked(v);
	out_info->parent_koid = v->parent_koid_fixed != 0 ? v->parent_koid_fixed :
				v->parent != NULL         ? v->parent->koid :
							    ZX_KOID_INVALID;
	out_info->num_children = v->nchildren;
	out_info->num_mappings = v->nmappings;
	out_info->share_count = share_count_locked(v);
	out_info->flags = flags_locked(v, immutable);
	out_info->committed_bytes = out_info->populated_bytes = a.committed;
	out_info->committed_private_bytes = out_info->populated_private_bytes = a.private_;
	out_info->committed_scaled_bytes = out_info->populated_scaled_bytes = a.scaled;
	out_info->committed_fractional_scaled_bytes = a.fraction;
	out_info->populated_fractional_scaled_bytes = a.fraction;
	out_info->cache_policy = v->cache_policy;
	out_info->committed_change_events = n->change_events;
	if (v->kind != ZI_VMO_PHYSICAL)
		out_info->metadata_bytes = zi_pageset_bytes(&n->own) + zi_pageset_bytes(&n->mark);
}

void zi_vmo_info(struct zi_vmo *v, bool immutable, zx_info_vmo_t *out_info)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	info_locked(v, immutable, out_info);
}

void zi_vmo_describe(struct zi_vmo *v, struct zi_vmo_description *out)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	const struct zi_node *n = v->node;

	*out = (struct zi_vmo_description){
		.stream_size = zi_vmo_stream_size_locked(v),
		.kind = v->kind,
		.slice = v->slice,
		.reference = v->reference,
		.unbounded = v->unbounded,
		.discarded = zi_vmo_is_discarded(v),
		.locks = n->lock_count,
		.pins = n->npins,
		.pager_koid = v->pager_koid,
		.detached = v->pager_koid != 0 && n->source != NULL && n->source->detached,
	};
	info_locked(v, true, &out->info);
}

bool zi_vmo_check(struct zi_vmo *v)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	return zi_node_check_tree(v->node);
}
