/*
 * zx_vmo_read and zx_vmo_write: copies between a user buffer and frames, page by page, under the
 * tree lock.
 */
#include <string.h>

#include "base/assert.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/dirty.h"
#include "vm/fault.h"
#include "vm/trap.h"
#include "vm/vm.h"
#include "vm/vmo_i.h"

/*
 * The lock is let go after this many pages (40 us), so that others get a turn; a clone looks up its
 * chain once for them.
 */
enum { ZI_IO_PAGES = 256 };
/* A write asks for so many pages at once, and makes so many dirty. */
enum { ZI_WRITE_BATCH = 256, ZI_WRITE_BATCH_2025 = 16 };
/* So many pages without memory are worth a system call. */
enum { ZI_FRESH_PAGES = 4 };

/* Rows 2-5: what holds before each piece. */
static zx_status_t check_locked(const struct zi_vmo *v, uint64_t off, uint64_t len)
{
	if (v->kind == ZI_VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	if (off + len < off)
		return ZX_ERR_OUT_OF_RANGE;
	if (v->cache_policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	if (off + len > zi_vmo_size_locked(v))
		return ZX_ERR_OUT_OF_RANGE;
	return ZX_OK;
}

/* One piece, inside one run of frames. *out_n: bytes done. */
static struct zi_copy_result read_own(void *user, struct zi_found f, uint64_t skip, uint64_t n,
				      uint64_t *out_n)
{
	uint64_t run;
	uint64_t frame = zi_node_frame(f.node, f.pgi, &run);

	n = zi_min(n, zi_min(run, f.pages) * ZI_PAGE - skip);
	f.node->touched = true;
	struct zi_copy_result r = zi_copy_captured(user, zi_frame_ptr(frame) + skip, n);

	*out_n = r.done;
	return r;
}

/* A soft page may be a hole, which reading must not fill: look through the file first. */
static struct zi_copy_result read_soft(void *user, struct zi_found f, uint64_t skip, uint64_t n,
				       uint64_t *out_n)
{
	uint8_t page[ZI_PAGE];
	/* What a pager root holds softly is zero for certain. */
	uint64_t frame =
		f.node->touched && f.node->source == NULL ? zi_node_frame(f.node, f.pgi, NULL) : 0;

	n = zi_min(n, ZI_PAGE - skip);
	if (frame == 0) {
		memset(page, 0, n);
	} else {
		zi_frames_peek(frame, skip, page, n);
		for (uint64_t i = 0; i < n; i++) {
			if (page[i] == 0)
				continue;
			/* There is content: remember, and next time no system call is needed. */
			if (zi_pageset_set(&f.node->own, f.pgi, 1) &&
			    !zi_pageset_is_empty(&f.node->mark))
				zi_pageset_clear(&f.node->mark, f.pgi, 1);
			break;
		}
	}
	struct zi_copy_result r = zi_copy_captured(user, page, n);

	*out_n = r.done;
	return r;
}

/* Resolves the fault of a captured copy on the user's buffer, no lock held. */
static zx_status_t resolve_user(const struct zi_copy_result *r, bool write)
{
	bool ours;
	zx_status_t st = zi_fault(r->fault, write, false, &ours);

	if (ours)
		return st;
	return zi_user_probe(r->fault, write);
}

/* Bytes that count of a transfer that began at `start` and stands at `off` with `left` to go. */
static uint64_t whole_chunks(uint64_t start, uint64_t off, uint64_t left)
{
	return (left == 0 ? off : zi_max(start, zi_page_down(off))) - start;
}

static zx_status_t read_pages(struct zi_vmo *v, uint8_t *to, uint64_t off, uint64_t len,
			      struct zi_page_wait *wait, uint64_t *out_done)
{
	const uint64_t start = off;
	struct zi_copy_result r = {0};

	*out_done = 0;
	for (;;) {
		zi_lock(&v->tree->lock);
		zx_status_t st = check_locked(v, off, len);

		if (st == ZX_OK && len != 0 && zi_vmo_is_discarded(v))
			st = ZX_ERR_NOT_FOUND;
		if (st != ZX_OK || len == 0) {
			zi_unlock(&v->tree->lock);
			return st;
		}
		uint64_t budget = zi_min(len, ZI_IO_PAGES * ZI_PAGE - (off & ZI_PAGE_MASK));

		r.fault = 0;
		while (budget > 0 && r.fault == 0) {
			uint64_t skip = off & ZI_PAGE_MASK, n;
			struct zi_found f =
				zi_node_lookup(v->node, zi_vmo_page(v, off),
					       zi_page_up(skip + budget) >> ZI_PAGE_SHIFT);

			if (f.kind == ZI_FOUND_ABSENT) {
				f = zi_node_lookup(v->node, zi_vmo_page(v, off),
						   zi_page_up(skip + len) >> ZI_PAGE_SHIFT);
				st = zi_page_wait_ask(wait, f.node->source, ZI_ASK_READ, f.pgi,
						      f.pages);
				break;
			}
			r = f.kind == ZI_FOUND_OWN ? read_own(to, f, skip, budget, &n) :
						     read_soft(to, f, skip, budget, &n);
			to = ZI_USER_AT(to, n);
			off += n;
			len -= n;
			budget -= n;
		}
		*out_done = whole_chunks(start, off, len);
		zi_unlock(&v->tree->lock);
		if (zi_page_wait_again(wait, &st))
			continue;
		if (st != ZX_OK || (len == 0 && r.fault == 0))
			return st;
		if (r.fault != 0) {
			if (!r.fault_write)
				return ZX_ERR_INTERNAL; /* our own memory: the host is out of it */
			st = resolve_user(&r, true);
			if (st != ZX_OK)
				return st;
		}
	}
}

/* A buffer whose faults hold the thread in the kernel is copied to while no lock is held. */
static zx_status_t copy_to_user(uint8_t *user, const uint8_t *from, uint64_t n)
{
	while (n > 0) {
		struct zi_copy_result r = zi_copy_captured(user, from, n);

		user = ZI_USER_AT(user, r.done);
		from += r.done;
		n -= r.done;
		if (r.fault != 0) {
			zx_status_t st = resolve_user(&r, true);

			if (st != ZX_OK)
				return st;
		}
	}
	return ZX_OK;
}

static zx_status_t check(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	return check_locked(v, off, len);
}

static zx_status_t read_through_buffer(struct zi_vmo *v, uint8_t *user, uint64_t off, uint64_t len,
				       struct zi_page_wait *wait, uint64_t *out_done)
{
	uint8_t page[ZI_PAGE];
	zx_status_t st = ZX_OK;
	uint64_t got;

	*out_done = 0;
	while (st == ZX_OK && *out_done < len) {
		const uint64_t at = off + *out_done, left = len - *out_done;
		const uint64_t n = zi_min(left, ZI_PAGE - (at & ZI_PAGE_MASK));

		st = check(v, at, left);
		if (st == ZX_OK)
			st = read_pages(v, page, at, n, wait, &got);
		if (st == ZX_OK)
			st = copy_to_user(ZI_USER_AT(user, *out_done), page, n);
		if (st == ZX_OK)
			*out_done += n;
	}
	return st;
}

zx_status_t zi_vmo_read_counted(struct zi_vmo *v, void *user, uint64_t off, uint64_t len,
				uint64_t *out_done)
{
	struct zi_page_wait wait = {.early = true};
	zx_status_t st = len != 0 && zi_trap_holds_threads(user, len) ?
				 read_through_buffer(v, user, off, len, &wait, out_done) :
				 read_pages(v, user, off, len, &wait, out_done);

	zi_page_wait_done(&wait);
	return st;
}

zx_status_t zi_vmo_read(struct zi_vmo *v, void *user, uint64_t off, uint64_t len)
{
	uint64_t done;

	return zi_vmo_read_counted(v, user, off, len, &done);
}

/* Makes the page of byte `off`, and what else a batch may take along, the node's own to write. */
static zx_status_t ready_to_write(struct zi_vmo *v, uint64_t off, uint64_t len,
				  struct zi_page_wait *wait)
{
	struct zi_node *n = v->node;
	const uint64_t pgi = zi_vmo_page(v, off);
	uint64_t left, pages = 1, done;

	if (v->tree->source == NULL)
		return zi_node_own(n, pgi, 1);
	left = zi_min(zi_page_up((off & ZI_PAGE_MASK) + len) >> ZI_PAGE_SHIFT,
		      zi_vmo_write_batch());
	/* What becomes dirty together does so before the first byte is copied. */
	if (n->source != NULL)
		pages = zi_max(zi_pages_not_dirty(n, pgi, left), 1);
	return zi_node_ready(n, ZI_EV_WRITE, pgi, pages, left, wait, &done);
}

/* Pages of a pager's VMO from pgi on, at most max, that read zero and have no memory. */
static uint64_t fresh_pages(const struct zi_node *n, uint64_t pgi, uint64_t max)
{
	uint64_t run;

	if (n->source == NULL || max < ZI_FRESH_PAGES)
		return 0;
	switch (zi_page_state(n, pgi, max, &run)) {
	case ZI_PAGE_MARKER:
	case ZI_PAGE_ZERO:
	case ZI_PAGE_UNTRACKED:
		return run;
	default:
		return 0;
	}
}

/*
 * Pages that were fresh and are to be overwritten whole: the kernel fills them as they come, where a
 * copy would fault on each and see it cleared first. Answers how many were; others go the usual way.
 */
static uint64_t fill_fresh(struct zi_node *n, uint64_t pgi, uint64_t pages, const uint8_t *from)
{
	uint64_t run, frame;

	if (pages < ZI_FRESH_PAGES)
		return 0;
	frame = zi_node_frame(n, pgi, &run);
	n->touched = true;
	pages = zi_frames_write(frame, zi_min(run, pages), from);
	if (pages != 0)
		n->source->modified = true;
	return pages;
}

/* The stream size grows to what was written. */
static void advance_locked(struct zi_vmo *v, uint64_t end)
{
	if (end > zi_vmo_stream_size_locked(v))
		zi_vmo_store_stream_size(v, end);
}

static zx_status_t write_pages(struct zi_vmo *v, const uint8_t *from, uint64_t off, uint64_t len,
			       bool advance, struct zi_page_wait *wait, uint64_t *out_done)
{
	const uint64_t start = off;
	struct zi_copy_result r = {0};

	*out_done = 0;
	for (;;) {
		zi_lock(&v->tree->lock);
		zx_status_t st = check_locked(v, off, len);

		if (st == ZX_OK && len != 0 && zi_vmo_is_discarded(v))
			st = ZX_ERR_NOT_FOUND;
		if (st != ZX_OK || len == 0) {
			zi_unlock(&v->tree->lock);
			return st;
		}
		uint64_t budget = zi_min(len, ZI_IO_PAGES * ZI_PAGE - (off & ZI_PAGE_MASK));

		r.fault = 0;
		while (budget > 0 && r.fault == 0) {
			uint64_t skip = off & ZI_PAGE_MASK;
			uint64_t pgi = zi_vmo_page(v, off), run;
			uint64_t fresh = 0;
			struct zi_node *n = v->node;

			/* The page is made own before the buffer is looked at. */
			if (n->source != NULL ? !zi_page_is_writable(n, pgi) :
						!zi_pageset_test(&n->own, pgi) ||
							!zi_pageset_is_empty(&n->shadow)) {
				if (skip == 0)
					fresh = fresh_pages(n, pgi, budget >> ZI_PAGE_SHIFT);
				st = ready_to_write(v, off, len, wait);
				if (st != ZX_OK)
					break;
			}
			fresh = fill_fresh(n, pgi, fresh, from);
			if (fresh != 0) {
				from += fresh << ZI_PAGE_SHIFT;
				off += fresh << ZI_PAGE_SHIFT;
				len -= fresh << ZI_PAGE_SHIFT;
				budget -= fresh << ZI_PAGE_SHIFT;
				continue;
			}
			uint64_t frame = zi_node_frame(n, pgi, &run);
			uint64_t len_here = zi_min(budget, ZI_PAGE - skip);

			n->touched = true;
			r = zi_copy_captured(zi_frame_ptr(frame) + skip, from, len_here);
			if (n->source != NULL && r.done > 0)
				n->source->modified = true;
			from = ZI_USER_AT(from, r.done);
			off += r.done;
			len -= r.done;
			budget -= r.done;
		}
		*out_done = whole_chunks(start, off, len);
		if (advance && *out_done != 0)
			advance_locked(v, start + *out_done);
		zi_unlock(&v->tree->lock);
		if (zi_page_wait_again(wait, &st))
			continue;
		if (st != ZX_OK || (len == 0 && r.fault == 0))
			return st;
		if (r.fault != 0) {
			if (r.fault_write)
				return ZX_ERR_NO_MEMORY; /* a frame could not be had */
			st = resolve_user(&r, false);
			if (st != ZX_OK)
				return st;
		}
	}
}

uint64_t zi_vmo_write_batch(void)
{
	return zi_behaviour_2025() ? ZI_WRITE_BATCH_2025 : ZI_WRITE_BATCH;
}

static zx_status_t copy_from_user(uint8_t *to, const uint8_t *user, uint64_t n)
{
	while (n > 0) {
		struct zi_copy_result r = zi_copy_captured(to, user, n);

		to += r.done;
		user = ZI_USER_AT(user, r.done);
		n -= r.done;
		if (r.fault != 0) {
			zx_status_t st = resolve_user(&r, false);

			if (st != ZX_OK)
				return st;
		}
	}
	return ZX_OK;
}

/* The page is made own before the buffer is looked at, as in write_pages. */
static zx_status_t ready_page(struct zi_vmo *v, uint64_t off, uint64_t len,
			      struct zi_page_wait *wait)
{
	zx_status_t st;

	do {
		ZI_LOCK_SCOPE(&v->tree->lock);
		st = check_locked(v, off, len);
		if (st == ZX_OK && zi_vmo_is_discarded(v))
			st = ZX_ERR_NOT_FOUND;
		if (st == ZX_OK)
			st = ready_to_write(v, off, len, wait);
	} while (zi_page_wait_again(wait, &st));
	return st;
}

static zx_status_t write_through_buffer(struct zi_vmo *v, const uint8_t *user, uint64_t off,
					uint64_t len, bool advance, struct zi_page_wait *wait,
					uint64_t *out_done)
{
	uint8_t page[ZI_PAGE];
	zx_status_t st = ZX_OK;
	uint64_t put;

	*out_done = 0;
	while (st == ZX_OK && *out_done < len) {
		const uint64_t at = off + *out_done, left = len - *out_done;
		const uint64_t n = zi_min(left, ZI_PAGE - (at & ZI_PAGE_MASK));

		st = ready_page(v, at, left, wait);
		if (st == ZX_OK)
			st = copy_from_user(page, ZI_USER_AT(user, *out_done), n);
		if (st == ZX_OK)
			st = write_pages(v, page, at, n, advance, wait, &put);
		if (st == ZX_OK)
			*out_done += n;
	}
	return st;
}

zx_status_t zi_vmo_write_counted(struct zi_vmo *v, const void *user, uint64_t off, uint64_t len,
				 bool advance, uint64_t *out_done)
{
	struct zi_page_wait wait = {0};
	zx_status_t st = len != 0 && zi_trap_holds_threads(user, len) ?
				 write_through_buffer(v, user, off, len, advance, &wait, out_done) :
				 write_pages(v, user, off, len, advance, &wait, out_done);

	zi_page_wait_done(&wait);
	return st;
}

zx_status_t zi_vmo_write(struct zi_vmo *v, const void *user, uint64_t off, uint64_t len)
{
	uint64_t done;

	return zi_vmo_write_counted(v, user, off, len, false, &done);
}
