/* zx_vmo_op_range: commit, decommit, zero, hints, cache operations. */
#include <string.h>

#include "base/assert.h"
#include "host/host.h"
#include "vm/vm.h"
#include "vm/vmo_i.h"

/* A long commit lets others in after this many pages. */
enum { ZI_COMMIT_PAGES = 512 };

/* [off, off+len) rounded out to pages; false when that leaves the 64-bit range or the VMO. */
static bool round_out(const struct zi_vmo *v, uint64_t off, uint64_t len, uint64_t *out_start,
		      uint64_t *out_end)
{
	uint64_t end;

	if (off + len < off || !zi_page_up_checked(off + len, &end))
		return false;
	*out_start = zi_page_down(off);
	*out_end = end;
	return zi_in_range(*out_start, end - *out_start, zi_vmo_size_locked(v));
}

/* Makes the frames of own pages resident: memory now, not at the first touch. */
static zx_status_t populate(struct zi_node *n, uint64_t first, uint64_t pages)
{
	n->touched = true;
	while (pages > 0) {
		uint64_t run;
		uint64_t frame = zi_node_frame(n, first, &run);

		run = zi_min(run, pages);
		zx_status_t st = frame != 0 ? zi_frames_populate(frame, run) : ZX_OK;

		if (st != ZX_OK)
			return st;
		first += run;
		pages -= run;
	}
	return ZX_OK;
}

zx_status_t zi_vmo_commit(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	uint64_t start, end;

	if (v->kind == ZI_VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	for (bool first = true;; first = false) {
		ZI_LOCK_SCOPE(&v->tree->lock);
		if (first && !round_out(v, off, len, &start, &end))
			return ZX_ERR_OUT_OF_RANGE;
		/* What a concurrent shrink took is skipped silently. */
		end = zi_min(end, zi_vmo_size_locked(v));
		if (start >= end)
			return ZX_OK;
		if (zi_vmo_is_discarded(v))
			return ZX_ERR_NOT_FOUND;
		uint64_t pages = zi_min((end - start) >> ZI_PAGE_SHIFT, ZI_COMMIT_PAGES);
		uint64_t at = zi_vmo_page(v, start);
		zx_status_t st = zi_node_own(v->node, at, pages);

		if (st == ZX_OK)
			st = populate(v->node, at, pages);
		if (st != ZX_OK)
			return st == ZX_ERR_SHOULD_WAIT ? ZX_ERR_BAD_STATE : st;
		start += pages << ZI_PAGE_SHIFT;
	}
}

zx_status_t zi_vmo_decommit(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	if (v->kind != ZI_VMO_PAGED)
		return ZX_ERR_NOT_SUPPORTED;
	ZI_LOCK_SCOPE(&v->tree->lock);
	struct zi_node *n = v->node;

	if (!zi_in_range(off, len, zi_vmo_size_locked(v)))
		return ZX_ERR_OUT_OF_RANGE;
	if (len == 0)
		return ZX_OK;
	if (n->parent != NULL || n->source != NULL)
		return ZX_ERR_NOT_SUPPORTED;
	if (!zi_is_page_aligned(off) || !zi_is_page_aligned(len))
		return ZX_ERR_INVALID_ARGS;
	if (zi_node_is_pinned(n, zi_vmo_page(v, off), len >> ZI_PAGE_SHIFT))
		return ZX_ERR_BAD_STATE;
	zi_node_decommit(n, zi_vmo_page(v, off), len >> ZI_PAGE_SHIFT);
	return ZX_OK;
}

/* Part of one page. A page that reads zero is left as it is; else it is written like any write of zeros. */
static zx_status_t zero_part(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	uint64_t pgi = zi_vmo_page(v, off);

	if (zi_node_lookup_content(v->node, pgi, 1).kind == ZI_FOUND_SOFT)
		return ZX_OK;
	if (v->cache_policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	zx_status_t st = zi_node_own(v->node, pgi, 1);

	if (st != ZX_OK)
		return st;
	v->node->touched = true;
	memset(zi_frame_ptr(zi_node_frame(v->node, pgi, NULL)) + (off & ZI_PAGE_MASK), 0, len);
	return ZX_OK;
}

static zx_status_t zero_whole(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	uint64_t first = zi_vmo_page(v, off), pages = len >> ZI_PAGE_SHIFT;

	if (v->cache_policy != ZX_CACHE_POLICY_CACHED &&
	    (zi_behaviour_2025() || v->node->contiguous || v->node->parent != NULL ||
	     zi_node_is_pinned(v->node, first, pages)))
		return ZX_ERR_BAD_STATE;
	return zi_node_zero(v->node, first, pages);
}

zx_status_t zi_vmo_zero_locked(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	zx_status_t st = ZX_OK;

	if (zi_vmo_is_discarded(v))
		return ZX_OK;
	if ((off & ZI_PAGE_MASK) != 0 || len < ZI_PAGE) {
		uint64_t n = zi_min(len, ZI_PAGE - (off & ZI_PAGE_MASK));

		if (n != 0)
			st = zero_part(v, off, n);
		off += n;
		len -= n;
	}
	if (st == ZX_OK && len >= ZI_PAGE) {
		uint64_t n = zi_page_down(len);

		st = zero_whole(v, off, n);
		off += n;
		len -= n;
	}
	if (st == ZX_OK && len != 0)
		st = zero_part(v, off, len);
	return st;
}

zx_status_t zi_vmo_zero(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	if (v->kind == ZI_VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	ZI_LOCK_SCOPE(&v->tree->lock);
	uint64_t size = zi_vmo_size_locked(v);

	if (zi_behaviour_2025()) {
		if (v->cache_policy != ZX_CACHE_POLICY_CACHED)
			return ZX_ERR_BAD_STATE;
		if (!zi_in_range(off, len, size))
			return ZX_ERR_OUT_OF_RANGE;
		return zi_vmo_zero_locked(v, off, len);
	}
	if (len == 0)
		return ZX_OK;
	/* Three pieces, each with its own range check: what comes before a bad piece is done. */
	uint64_t head = zi_is_page_aligned(off) ? 0 : zi_min(len, ZI_PAGE - (off & ZI_PAGE_MASK));
	uint64_t whole = zi_page_down(len - head);
	const uint64_t piece[3] = { head, whole, len - head - whole };

	for (int i = 0; i < 3; i++) {
		if (piece[i] == 0)
			continue;
		if (!zi_in_range(off, piece[i], size))
			return ZX_ERR_OUT_OF_RANGE;
		zx_status_t st = zi_vmo_zero_locked(v, off, piece[i]);

		if (st != ZX_OK)
			return st;
		off += piece[i];
	}
	return ZX_OK;
}

zx_status_t zi_vmo_cache_op(struct zi_vmo *v, uint32_t op, uint64_t off, uint64_t len)
{
	(void)op; /* the host's caches are coherent: only the checks are left */
	if (v->kind == ZI_VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	if (len == 0)
		return ZX_ERR_INVALID_ARGS;
	ZI_LOCK_SCOPE(&v->tree->lock);
	return zi_in_range(off, len, zi_vmo_size_locked(v)) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}

zx_status_t zi_vmo_hint(struct zi_vmo *v, uint32_t op, uint64_t off, uint64_t len)
{
	(void)op;
	if (!v->pager_backed)
		return ZX_OK;
	ZI_LOCK_SCOPE(&v->tree->lock);
	uint64_t start, end;

	return round_out(v, off, len, &start, &end) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}

zx_status_t zi_vmo_prefetch(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	uint64_t start, end;

	ZI_LOCK_SCOPE(&v->tree->lock);
	if (v->kind == ZI_VMO_PHYSICAL)
		return zi_in_range(off, len, zi_vmo_size_locked(v)) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
	return round_out(v, off, len, &start, &end) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}
