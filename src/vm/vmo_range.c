/* zx_vmo_op_range: commit, decommit, zero, hints, cache operations. */
#include <string.h>

#include "base/assert.h"
#include "host/host.h"
#include "host/machine.h"
#include "vm/vm.h"
#include "vm/vmo_i.h"

/* From here on a commit asks first whether there is so much memory. */
#define ZI_COMMIT_LONG ((uint64_t)256 << 20)

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

/*
 * Works on what is left of [start, *end) of a range; *out_done: pages finished. A pager may have to
 * be asked first.
 */
typedef zx_status_t range_step(struct zi_vmo *v, uint64_t start, uint64_t pages,
			       struct zi_page_wait *wait, uint64_t *out_done);

/*
 * Steps through the range page by page or more at once, waiting in between. What a shrink takes
 * meanwhile is skipped silently; with `lenient` so is every page that cannot be had.
 */
static zx_status_t walk_range(struct zi_vmo *v, uint64_t off, uint64_t len, range_step *step,
			      bool lenient)
{
	struct zi_page_wait wait = {0};
	uint64_t start, end;
	zx_status_t st;
	bool more;

	zi_lock(&v->tree->lock);
	more = round_out(v, off, len, &start, &end);
	zi_unlock(&v->tree->lock);
	if (!more)
		return ZX_ERR_OUT_OF_RANGE;
	do {
		uint64_t done = 0;

		st = ZX_OK;
		zi_lock(&v->tree->lock);
		end = zi_min(end, zi_vmo_size_locked(v));
		if (start < end)
			st = step(v, start, (end - start) >> ZI_PAGE_SHIFT, &wait, &done);
		zi_unlock(&v->tree->lock);
		start += done << ZI_PAGE_SHIFT;
		more = zi_page_wait_again(&wait, &st);
		if (!more && st != ZX_OK && lenient) {
			start += ZI_PAGE;
			st = ZX_OK;
		}
	} while (more || (st == ZX_OK && start < end));
	zi_page_wait_done(&wait);
	return st;
}

static zx_status_t commit_step(struct zi_vmo *v, uint64_t start, uint64_t pages,
			       struct zi_page_wait *wait, uint64_t *out_done)
{
	uint64_t at = zi_vmo_page(v, start);

	if (zi_vmo_is_discarded(v))
		return ZX_ERR_NOT_FOUND;
	zx_status_t st = zi_node_ready(v->node, ZI_EV_COMMIT, at, zi_min(pages, ZI_COMMIT_PAGES),
				       pages, wait, out_done);
	return st == ZX_OK ? populate(v->node, at, *out_done) : st;
}

/*
 * Can what is not there of a long range be had at all? Linux says yes to everything and kills
 * somebody when it was wrong; Zircon answers NO_MEMORY. Shorter ranges are not worth the question.
 */
static bool fits_memory(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	struct zi_attr have = {0};
	bool first; /* memory is what fails first, of all that is checked */

	if (len < ZI_COMMIT_LONG)
		return true;
	zi_lock(&v->tree->lock);
	first = zi_in_range(off, len, zi_vmo_size_locked(v)) && !zi_vmo_is_discarded(v);
	zi_unlock(&v->tree->lock);
	if (!first)
		return true;
	zi_vmo_attribute(v, off, len, &have);
	return len - have.private_ <= zi_host_memory_available();
}

zx_status_t zi_vmo_commit(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	if (v->kind == ZI_VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	if (!fits_memory(v, off, len))
		return ZX_ERR_NO_MEMORY;
	return walk_range(v, off, len, commit_step, false);
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
	if (!zi_node_settle(n))
		return ZX_ERR_NO_MEMORY;
	if (n->parent != NULL || n->source != NULL)
		return ZX_ERR_NOT_SUPPORTED;
	if (!zi_is_page_aligned(off) || !zi_is_page_aligned(len))
		return ZX_ERR_INVALID_ARGS;
	if (zi_node_is_pinned(n, zi_vmo_page(v, off), len >> ZI_PAGE_SHIFT))
		return ZX_ERR_BAD_STATE;
	zi_node_decommit(n, zi_vmo_page(v, off), len >> ZI_PAGE_SHIFT);
	return ZX_OK;
}

/*
 * Part of one page. A page that reads zero is left as it is; else it is written like any write of
 * zeros.
 */
static zx_status_t zero_part(struct zi_vmo *v, uint64_t off, uint64_t len,
			     struct zi_page_wait *wait)
{
	uint64_t pgi = zi_vmo_page(v, off), done;
	struct zi_node *n = v->node;
	zx_status_t st;

	if (zi_behaviour_2025() && v->cache_policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	if (zi_node_lookup_content(n, pgi, 1).kind == ZI_FOUND_SOFT)
		return ZX_OK;
	if (v->cache_policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	st = zi_node_ready(n, n->source != NULL ? ZI_EV_ZERO_PART : ZI_EV_WRITE, pgi, 1, 1, wait,
			   &done);
	if (st != ZX_OK)
		return st;
	if (n->source != NULL)
		n->source->modified = true;
	n->touched = true;
	memset(zi_frame_ptr(zi_node_frame(v->node, pgi, NULL)) + (off & ZI_PAGE_MASK), 0, len);
	return ZX_OK;
}

static zx_status_t zero_whole_source(struct zi_node *n, uint64_t first, uint64_t pages,
				     struct zi_page_wait *wait)
{
	uint64_t done;
	zx_status_t st = zi_pages_apply(n, ZI_EV_ZERO, first, pages, &done);

	if (done > 0)
		n->source->modified = true;
	return st == ZX_ERR_SHOULD_WAIT ? zi_pages_ask(n, ZI_EV_ZERO, first + done, 1, wait) : st;
}

static zx_status_t zero_whole(struct zi_vmo *v, uint64_t off, uint64_t len,
			      struct zi_page_wait *wait)
{
	uint64_t first = zi_vmo_page(v, off), pages = len >> ZI_PAGE_SHIFT;

	if (v->node->source != NULL)
		return zero_whole_source(v->node, first, pages, wait);

	if (v->cache_policy != ZX_CACHE_POLICY_CACHED &&
	    (zi_behaviour_2025() || v->node->contiguous || v->node->parent != NULL ||
	     zi_node_is_pinned(v->node, first, pages)))
		return ZX_ERR_BAD_STATE;
	return zi_node_zero(v->node, first, pages);
}

zx_status_t zi_vmo_zero_locked(struct zi_vmo *v, uint64_t off, uint64_t len,
			       struct zi_page_wait *wait)
{
	zx_status_t st = ZX_OK;

	if (zi_vmo_is_discarded(v))
		return ZX_OK;
	if ((off & ZI_PAGE_MASK) != 0 || len < ZI_PAGE) {
		uint64_t n = zi_min(len, ZI_PAGE - (off & ZI_PAGE_MASK));

		if (n != 0)
			st = zero_part(v, off, n, wait);
		off += n;
		len -= n;
	}
	if (st == ZX_OK && len >= ZI_PAGE) {
		uint64_t n = zi_page_down(len);

		st = zero_whole(v, off, n, wait);
		off += n;
		len -= n;
	}
	if (st == ZX_OK && len != 0)
		st = zero_part(v, off, len, wait);
	return st;
}

/* One piece, with its range check, which is made again after each wait. */
static zx_status_t zero_piece(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	struct zi_page_wait wait = {0};
	zx_status_t st;

	do {
		zi_lock(&v->tree->lock);
		if (zi_behaviour_2025() && v->cache_policy != ZX_CACHE_POLICY_CACHED)
			st = ZX_ERR_BAD_STATE;
		else if (!zi_in_range(off, len, zi_vmo_size_locked(v)))
			st = ZX_ERR_OUT_OF_RANGE;
		else
			st = zi_vmo_zero_locked(v, off, len, &wait);
		zi_unlock(&v->tree->lock);
	} while (zi_page_wait_again(&wait, &st));
	zi_page_wait_done(&wait);
	return st;
}

zx_status_t zi_vmo_zero(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	if (v->kind == ZI_VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	if (zi_behaviour_2025())
		return zero_piece(v, off, len);
	if (len == 0)
		return ZX_OK;
	/* Three pieces, each with its own range check: what comes before a bad piece is done. */
	uint64_t head = zi_is_page_aligned(off) ? 0 : zi_min(len, ZI_PAGE - (off & ZI_PAGE_MASK));
	uint64_t whole = zi_page_down(len - head);
	const uint64_t piece[3] = {head, whole, len - head - whole};

	for (int i = 0; i < 3; i++) {
		if (piece[i] == 0)
			continue;
		zx_status_t st = zero_piece(v, off, piece[i]);

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

/*
 * Below a pager: pages of the root that the VMO sees are marked, after they were brought in where
 * the hint wants that.
 */
static zx_status_t hint_step(struct zi_vmo *v, uint64_t start, uint64_t pages,
			     struct zi_page_wait *wait, uint64_t *out_done, enum zi_page_event ev)
{
	struct zi_found f = zi_node_lookup(v->node, zi_vmo_page(v, start), pages);
	uint64_t done;

	*out_done = f.pages;
	if (f.node->source == NULL)
		return ZX_OK;
	zx_status_t st = zi_pages_apply(f.node, ev, f.pgi, f.pages, &done);

	if (st != ZX_ERR_SHOULD_WAIT || f.node->source->detached)
		return ZX_OK;
	*out_done = done;
	return zi_pages_ask(f.node, ev, f.pgi + done, f.pages - done, wait);
}

static zx_status_t dont_need_step(struct zi_vmo *v, uint64_t start, uint64_t pages,
				  struct zi_page_wait *wait, uint64_t *out_done)
{
	return hint_step(v, start, pages, wait, out_done, ZI_EV_DONT_NEED);
}

static zx_status_t always_need_step(struct zi_vmo *v, uint64_t start, uint64_t pages,
				    struct zi_page_wait *wait, uint64_t *out_done)
{
	return hint_step(v, start, pages, wait, out_done, ZI_EV_ALWAYS_NEED);
}

zx_status_t zi_vmo_hint(struct zi_vmo *v, uint32_t op, uint64_t off, uint64_t len)
{
	if (!v->pager_backed)
		return ZX_OK;
	if (op == ZX_VMO_OP_DONT_NEED || op == ZX_VMAR_OP_DONT_NEED)
		return walk_range(v, off, len, dont_need_step, false);
	return walk_range(v, off, len, always_need_step, true);
}

static zx_status_t prefetch_step(struct zi_vmo *v, uint64_t start, uint64_t pages,
				 struct zi_page_wait *wait, uint64_t *out_done)
{
	return zi_node_ready(v->node, ZI_EV_READ, zi_vmo_page(v, start), pages, pages, wait,
			     out_done);
}

zx_status_t zi_vmo_prefetch(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	uint64_t start, end;

	/* Below a pager pages are brought in; without one there is nothing to do but the checks. */
	if (v->pager_backed)
		return walk_range(v, off, len, prefetch_step, false);
	ZI_LOCK_SCOPE(&v->tree->lock);
	if (v->kind == ZI_VMO_PHYSICAL)
		return zi_in_range(off, len, zi_vmo_size_locked(v)) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
	return round_out(v, off, len, &start, &end) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}
