/* Making pages own: commits and forks. */
#include <string.h>

#include "base/assert.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/node.h"

/* Up to this many pages of a soft source are copied from the first resident one on without looking for holes. */
enum { ZI_COPY_DENSE = 64 };

/* Resident pages of [frame, frame+pages) from *at on, *len of them; false: holes only. */
static bool find_content(uint64_t frame, uint64_t pages, uint64_t *at, uint64_t *len)
{
	if (pages > ZI_COPY_DENSE)
		return zi_frames_next_data(frame, pages, at, len);
	uint64_t holes = zi_frames_find_data(frame, pages);

	*at = frame + holes;
	*len = pages - holes;
	return *len != 0;
}

/* Copies `pages` pages from src to dst, whose frames exist. Holes of soft sources stay holes. */
static zx_status_t copy_pages(struct zi_node *dst, uint64_t to, struct zi_found src, uint64_t pages)
{
	dst->touched = true;
	for (uint64_t done = 0; done < pages;) {
		uint64_t run, src_run;
		uint64_t d = zi_node_frame(dst, to + done, &run);
		uint64_t s = zi_node_frame(src.node, src.pgi + done, &src_run);

		run = zi_min(zi_min(run, src_run), pages - done);
		uint64_t at = s, len = run;

		if (s == 0 || (src.kind == ZI_FOUND_SOFT && !find_content(s, run, &at, &len))) {
			/* Nothing there: the fork is a page of zeros, which a clean frame is already. */
			zi_node_clean_stale(dst, to + done, run);
			done += run;
			continue;
		}
		if (at > s)
			zi_node_clean_stale(dst, to + done, at - s);
		done += at - s;
		d += at - s;
		/* One system call instead of one fault per page; stale frames are resident already. */
		if (len > 1 && !zi_pageset_test(&dst->stale, to + done)) {
			zx_status_t st = zi_frames_populate(d, len);

			if (st != ZX_OK)
				return st;
		}
		memcpy(zi_frame_ptr(d), zi_frame_ptr(at), len * ZI_PAGE);
		if (!zi_pageset_is_empty(&dst->stale))
			zi_pageset_clear(&dst->stale, to + done, len);
		done += len;
	}
	return ZX_OK;
}

/* Pages [pgi, pgi+pages) of n, seen in ancestor `src`, become own; all but the first `plain` ones as shadows. */
static zx_status_t fork_run(struct zi_node *n, uint64_t pgi, struct zi_found src, uint64_t pages,
			    uint64_t plain)
{
	zx_status_t st = zi_node_ensure_frames(n, pgi, pages);

	if (st != ZX_OK)
		return st;
	st = copy_pages(n, pgi, src, pages);
	if (st != ZX_OK)
		return st;
	if ((plain < pages && !zi_pageset_set(&n->shadow, pgi + plain, pages - plain)) ||
	    !zi_pageset_set(&n->own, pgi, pages)) {
		/* Whatever part became own is a true copy; nothing else may stay marked. */
		for (uint64_t p = pgi; p < pgi + pages; p++)
			if (!zi_pageset_test(&n->own, p))
				zi_pageset_clear(&n->shadow, p, 1);
		zi_node_replace(n, pgi, pages, false);
		return ZX_ERR_NO_MEMORY;
	}
	st = zi_node_replace(n, pgi, pages, true);
	if (src.node->hidden)
		zi_node_prune(src.node, src.pgi, plain);
	return st;
}

zx_status_t zi_node_own(struct zi_node *n, uint64_t first, uint64_t pages)
{
	uint64_t end = first + pages;

	while (first < end) {
		struct zi_found f = zi_node_lookup(n, first, end - first);
		zx_status_t st = ZX_OK;

		if (f.node != n) {
			if (f.kind == ZI_FOUND_ABSENT)
				return ZX_ERR_SHOULD_WAIT;
			st = fork_run(n, first, f, f.pages, f.pages);
		} else if (f.kind == ZI_FOUND_OWN) {
			if (!zi_pageset_is_empty(&n->shadow))
				zi_pageset_clear(&n->shadow, first, f.pages);
		} else if (f.kind == ZI_FOUND_SOFT) {
			st = zi_node_ensure_frames(n, first, f.pages);
			if (st == ZX_OK && !zi_pageset_set(&n->own, first, f.pages))
				st = ZX_ERR_NO_MEMORY;
			if (st == ZX_OK && !zi_pageset_is_empty(&n->mark))
				zi_pageset_clear(&n->mark, first, f.pages);
		} else {
			return ZX_ERR_SHOULD_WAIT;
		}
		if (st != ZX_OK)
			return st;
		first += f.pages;
	}
	return ZX_OK;
}

zx_status_t zi_node_fork(struct zi_node *n, uint64_t pgi, uint64_t ahead, uint64_t *out_done)
{
	struct zi_found f = zi_node_lookup(n, pgi, 1 + ahead);

	*out_done = 0;
	if (f.kind == ZI_FOUND_ABSENT)
		return ZX_ERR_SHOULD_WAIT;
	if (f.node == n)
		return ZX_OK;
	/* Above a live ancestor a copy made ahead of need would go out of date. */
	uint64_t pages = f.node->hidden ? f.pages : 1;

	*out_done = pages;
	return fork_run(n, pgi, f, pages, 1);
}
