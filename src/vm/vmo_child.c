/* zx_vmo_create_child after its handle checks: snapshots, slices, references. */
#include "base/assert.h"
#include "base/slab.h"
#include "vm/vm.h"
#include "vm/vmo_i.h"

enum {
	ZI_CHILD_TYPES = ZX_VMO_CHILD_SNAPSHOT | ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE |
			 ZX_VMO_CHILD_SNAPSHOT_MODIFIED | ZX_VMO_CHILD_SLICE |
			 ZX_VMO_CHILD_REFERENCE,
	ZI_CHILD_MODIFIERS = ZX_VMO_CHILD_RESIZABLE | ZX_VMO_CHILD_NO_WRITE,
};

/* Which sort of clone, or why not. */
static zx_status_t clone_kind(const struct zi_vmo *v, uint32_t type, bool *out_bidirectional)
{
	const struct zi_node *up = v->node->parent;

	if (!v->pager_backed) {
		*out_bidirectional = true;
		return v->slice ? ZX_ERR_NOT_SUPPORTED : ZX_OK;
	}
	if (up != NULL && up->hidden)
		*out_bidirectional = true;
	else
		*out_bidirectional = type == ZX_VMO_CHILD_SNAPSHOT_MODIFIED && up != NULL;
	return v->slice && *out_bidirectional ? ZX_ERR_NOT_SUPPORTED : ZX_OK;
}

/* Rows 1-9 of the snapshot table. */
static zx_status_t check_snapshot(const struct zi_vmo *v, uint32_t type, uint64_t off,
				  uint64_t bytes, bool *out_bidirectional)
{
	if (v->kind == ZI_VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	if (v->kind == ZI_VMO_CONTIGUOUS)
		return ZX_ERR_INVALID_ARGS;
	if (!zi_is_page_aligned(off))
		return ZX_ERR_INVALID_ARGS;
	if (bytes > ZI_VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	if (off + bytes < off || (v->slice && !zi_in_range(off, bytes, v->window)))
		return ZX_ERR_OUT_OF_RANGE;
	if (v->cache_policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	if (type == ZX_VMO_CHILD_SNAPSHOT && v->pager_backed)
		return ZX_ERR_NOT_SUPPORTED;
	if (v->node->root_off + zi_vmo_page(v, off) + (bytes >> ZI_PAGE_SHIFT) >= (uint64_t)1 << 52)
		return ZX_ERR_INVALID_ARGS;
	return clone_kind(v, type, out_bidirectional);
}

static zx_status_t check_slice(const struct zi_vmo *v, uint64_t off, uint64_t bytes)
{
	if (!zi_is_page_aligned(off))
		return ZX_ERR_INVALID_ARGS;
	if (bytes > ZI_VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	if (!zi_in_range(off, bytes, zi_vmo_size_locked(v)))
		return ZX_ERR_INVALID_ARGS;
	if (v->resizable)
		return ZX_ERR_NOT_SUPPORTED;
	if (v->kind == ZI_VMO_PAGED && v->cache_policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	return ZX_OK;
}

static zx_status_t check_reference(const struct zi_vmo *v, uint32_t options, uint64_t off,
				   uint64_t size)
{
	if (v->kind == ZI_VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	if (off != 0 || size != 0)
		return ZX_ERR_INVALID_ARGS;
	if (v->slice || v->kind == ZI_VMO_CONTIGUOUS)
		return ZX_ERR_NOT_SUPPORTED;
	if ((options & ZX_VMO_CHILD_RESIZABLE) != 0 && !v->resizable)
		return ZX_ERR_NOT_SUPPORTED;
	if (v->cache_policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	return ZX_OK;
}

/* A counter of its own for a child whose stream size is not its size. */
static zx_status_t give_stream_size(struct zi_vmo *c, uint64_t size)
{
	if (size == zi_vmo_size_locked(c))
		return ZX_OK;
	c->stream = zi_stream_size_new();
	if (c->stream == NULL)
		return ZX_ERR_NO_MEMORY;
	c->stream->set = true;
	c->stream->bytes = size;
	return ZX_OK;
}

static zx_status_t make_snapshot(struct zi_vmo *v, uint32_t options, uint64_t off, uint64_t size,
				 bool bidirectional, struct zi_vmo **out_child)
{
	struct zi_node *n;
	zx_status_t st = zi_node_clone(v->node, zi_vmo_page(v, off),
				       zi_page_up(size) >> ZI_PAGE_SHIFT, bidirectional, &n);

	if (st != ZX_OK)
		return st;
	struct zi_vmo *c = zi_vmo_new(ZI_VMO_PAGED, n);

	if (c == NULL) {
		zi_node_orphaned(n);
		return ZX_ERR_NO_MEMORY;
	}
	c->snapshot = true;
	c->resizable = (options & ZX_VMO_CHILD_RESIZABLE) != 0;
	c->immutable =
		(options & ZX_VMO_CHILD_SNAPSHOT) != 0 && (options & ZX_VMO_CHILD_NO_WRITE) != 0;
	*out_child = c;
	return give_stream_size(c, size);
}

static zx_status_t make_slice(struct zi_vmo *v, uint64_t off, uint64_t size,
			      struct zi_vmo **out_child)
{
	struct zi_vmo *c = zi_vmo_new(v->kind, v->node);

	if (c == NULL)
		return ZX_ERR_NO_MEMORY;
	c->slice = true;
	c->base = v->base + off;
	c->window = zi_page_up(size);
	c->cache_policy = v->cache_policy;
	*out_child = c;
	if (v->kind == ZI_VMO_PHYSICAL) {
		zi_vmo_ref(v);
		c->keep_parent = v;
		c->parent_koid_fixed = v->koid;
	}
	return give_stream_size(c, size);
}

static zx_status_t make_reference(struct zi_vmo *v, struct zi_vmo **out_child)
{
	struct zi_vmo *c = zi_vmo_new(v->kind, v->node);

	if (c == NULL)
		return ZX_ERR_NO_MEMORY;
	c->reference = true;
	c->resizable = v->resizable;
	c->unbounded = v->unbounded;
	c->stream = v->stream;
	if (c->stream != NULL)
		c->stream->refs++;
	*out_child = c;
	return ZX_OK;
}

zx_status_t zi_vmo_create_child(struct zi_vmo *v, uint32_t options, uint64_t off, uint64_t size,
				struct zi_vmo **out_child)
{
	const uint32_t type = options & ZI_CHILD_TYPES;
	struct zi_vmo *c = NULL;
	bool bidirectional;
	uint64_t bytes;
	zx_status_t st;

	if (!zi_page_up_checked(size, &bytes))
		return ZX_ERR_OUT_OF_RANGE;
	if (v->discardable)
		return ZX_ERR_NOT_SUPPORTED;
	if ((options & ~(uint32_t)(ZI_CHILD_TYPES | ZI_CHILD_MODIFIERS)) != 0 || type == 0 ||
	    (type & (type - 1)) != 0)
		return ZX_ERR_INVALID_ARGS;
	if ((options & ZX_VMO_CHILD_RESIZABLE) != 0 &&
	    (type == ZX_VMO_CHILD_SLICE || (options & ZX_VMO_CHILD_NO_WRITE) != 0))
		return ZX_ERR_INVALID_ARGS;

	zi_lock(&v->tree->lock);
	if (type == ZX_VMO_CHILD_SLICE) {
		st = check_slice(v, off, bytes);
		if (st == ZX_OK)
			st = make_slice(v, off, size, &c);
	} else if (type == ZX_VMO_CHILD_REFERENCE) {
		st = check_reference(v, options, off, size);
		if (st == ZX_OK)
			st = make_reference(v, &c);
	} else {
		st = check_snapshot(v, type, off, bytes, &bidirectional);
		if (st == ZX_OK)
			st = make_snapshot(v, options, off, size, bidirectional, &c);
	}
	if (st == ZX_OK) {
		c->pager_backed = v->pager_backed;
		zi_vmo_adopt(v, c);
	}
	zi_unlock(&v->tree->lock);
	if (st != ZX_OK) {
		zi_vmo_unref(c);
		return st;
	}
	*out_child = c;
	return ZX_OK;
}
