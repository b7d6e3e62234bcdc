/*
 * zx_pager_supply_pages: pages leave the auxiliary VMO and fill what is absent in the pager's. Two
 * trees, and never both locks: long runs of pages go over with their frames, others travel in
 * batches through a buffer. Whatever fails, the auxiliary range is as it was or empty.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/inject.h"
#include "host/host.h"
#include "vm/dirty.h"
#include "vm/pager.h"
#include "vm/trap.h"
#include "vm/vm.h"
#include "vm/vmo_i.h"

/*
 * 64 KiB stay in the processor's cache on their way, and a batch is one run of frames nearly
 * always.
 */
enum { ZI_BATCH_PAGES = 16 };
/*
 * Up to this many pages the auxiliary frames are cleared and kept: the next bytes will come the
 * same way.
 */
enum { ZI_KEEP_PAGES = 64 };

struct batch {
	uint8_t *bytes;
	uint64_t pages;
	bool keep;                 /* frames of the auxiliary VMO may stay resident */
	bool data[ZI_BATCH_PAGES]; /* false: the page is zero */
};

/* ---- from the auxiliary VMO */

/* Rows 7-11. */
static zx_status_t check_aux(const struct zi_vmo *aux, uint64_t off, uint64_t len)
{
	if (off + len < off || (aux->slice && !zi_in_range(off, len, aux->window)))
		return ZX_ERR_OUT_OF_RANGE;
	if (len == 0)
		return ZX_OK;
	if (!zi_in_range(off, len, zi_vmo_size_locked(aux)))
		return ZX_ERR_OUT_OF_RANGE;
	if (aux->node->source != NULL)
		return ZX_ERR_NOT_SUPPORTED;
	if (zi_node_is_pinned(aux->node, zi_vmo_page(aux, off), len >> ZI_PAGE_SHIFT))
		return ZX_ERR_BAD_STATE;
	return ZX_OK;
}

static void copy_out(struct zi_node *n, uint64_t first, struct batch *b)
{
	for (uint64_t i = 0; i < b->pages;) {
		struct zi_found f = zi_node_lookup_content(n, first + i, b->pages - i);

		for (uint64_t k = 0; k < f.pages; k++, i++) {
			b->data[i] = f.kind == ZI_FOUND_OWN;
			if (b->data[i])
				memcpy(b->bytes + i * ZI_PAGE,
				       zi_frame_ptr(zi_node_frame(f.node, f.pgi + k, NULL)),
				       ZI_PAGE);
		}
	}
}

/* The pages of a node without relatives become zero without giving their memory back. */
static bool clear_and_keep(struct zi_node *n, uint64_t first, const struct batch *b)
{
	if (!b->keep || n->parent != NULL || n->npins != 0 || n->contiguous)
		return false;
	for (uint64_t i = 0; i < b->pages; i++)
		if (b->data[i])
			memset(zi_frame_ptr(zi_node_frame(n, first + i, NULL)), 0, ZI_PAGE);
	return zi_pageset_clear(&n->own, first, b->pages);
}

/* *rest: bytes from `off` on that are still to come, checked as a whole. */
static zx_status_t take(struct zi_vmo *aux, uint64_t off, uint64_t rest, struct batch *b)
{
	const uint64_t first = zi_vmo_page(aux, off);
	struct zi_page_wait wait = {0};
	zx_status_t st;

	/* A clone of another pager's VMO may have to ask that pager. */
	do {
		uint64_t ready = 0;

		zi_lock(&aux->tree->lock);
		st = check_aux(aux, off, rest);
		if (st == ZX_OK && rest != 0) {
			st = zi_node_ready(aux->node, ZI_EV_READ, first, b->pages,
					   rest >> ZI_PAGE_SHIFT, &wait, &ready);
			if (st == ZX_OK) {
				/* What was ready is enough for a batch. */
				b->pages = ready;
				copy_out(aux->node, first, b);
				if (!clear_and_keep(aux->node, first, b))
					st = zi_node_zero(aux->node, first, b->pages);
			}
		}
		zi_unlock(&aux->tree->lock);
	} while (zi_page_wait_again(&wait, &st));
	zi_page_wait_done(&wait);
	return st;
}

/* ---- into the pager's VMO */

static zx_status_t fill(struct zi_node *n, uint64_t first, const uint8_t *bytes, uint64_t pages)
{
	n->touched = true;
	for (uint64_t done = 0; done < pages;) {
		uint64_t run;
		uint64_t frame = zi_node_frame(n, first + done, &run);
		zx_status_t st = ZX_OK;

		run = zi_min(run, pages - done);
		if (zi_trap_watches_frames())
			st = zi_frames_fill(frame, run, bytes + done * ZI_PAGE);
		else if (run > 1)
			st = zi_frames_populate(frame, run);
		if (st != ZX_OK)
			return st;
		if (!zi_trap_watches_frames())
			memcpy(zi_frame_ptr(frame), bytes + done * ZI_PAGE, run * ZI_PAGE);
		done += run;
	}
	return ZX_OK;
}

/* Pages [first, first+pages) are absent; those of the batch from `at` on take their place. */
static zx_status_t insert(struct zi_node *n, uint64_t first, const struct batch *b, uint64_t at,
			  uint64_t pages)
{
	zx_status_t st = zi_node_ensure_frames(n, first, pages);

	if (st != ZX_OK)
		return st;
	zi_node_end_lingering(n, first, pages);
	for (uint64_t i = 0; i < pages;) {
		const bool data = b->data[at + i];
		uint64_t run = 1, done;

		while (i + run < pages && b->data[at + i + run] == data)
			run++;
		if (data)
			st = fill(n, first + i, b->bytes + (at + i) * ZI_PAGE, run);
		if (st == ZX_OK)
			st = zi_pages_apply(n, data ? ZI_EV_SUPPLY : ZI_EV_SUPPLY_ZERO, first + i,
					    run, &done);
		if (st != ZX_OK)
			return st;
		i += run;
	}
	return ZX_OK;
}

static zx_status_t put_locked(struct zi_vmo *v, uint64_t off, uint64_t rest, const struct batch *b)
{
	const uint64_t first = zi_vmo_page(v, off);
	struct zi_node *n = v->node;

	if (!zi_in_range(off, rest, zi_vmo_size_locked(v)))
		return ZX_ERR_OUT_OF_RANGE;
	if (n->source->detached)
		return ZX_ERR_BAD_STATE;
	for (uint64_t i = 0; i < b->pages;) {
		uint64_t run;
		zx_status_t st = ZX_OK;

		if (zi_page_state(n, first + i, b->pages - i, &run) == ZI_PAGE_ABSENT)
			st = insert(n, first + i, b, i, run);
		if (st != ZX_OK)
			return st;
		i += run;
	}
	return ZX_OK;
}

static zx_status_t put(struct zi_vmo *v, uint64_t off, uint64_t rest, const struct batch *b)
{
	struct zi_source_wakes wakes = {0};
	zx_status_t st;

	if (off + rest < off)
		return ZX_ERR_OUT_OF_RANGE;
	if (rest == 0)
		return ZX_OK;
	zi_lock(&v->tree->lock);
	v->node->source->wakes = &wakes;
	st = put_locked(v, off, rest, b);
	v->node->source->wakes = NULL;
	zi_unlock(&v->tree->lock);
	zi_source_wakes_flush(&wakes);
	return st;
}

/* After an error: none of the range may be left behind. */
static void empty(struct zi_vmo *aux, uint64_t off, uint64_t len)
{
	ZI_LOCK_SCOPE(&aux->tree->lock);
	if (len != 0 && check_aux(aux, off, len) == ZX_OK)
		(void)zi_node_zero(aux->node, zi_vmo_page(aux, off), len >> ZI_PAGE_SHIFT);
}

/* ---- pages that go over as they are */

static bool take_frames(struct zi_vmo *aux, uint64_t off, uint64_t rest, struct zi_moving *out)
{
	ZI_LOCK_SCOPE(&aux->tree->lock);
	return check_aux(aux, off, rest) == ZX_OK &&
	       zi_node_move_out(aux->node, zi_vmo_page(aux, off), rest >> ZI_PAGE_SHIFT, out);
}

/* Like put_locked, for the pages of `in`, whose frames are the node's or freed afterwards. */
static zx_status_t put_frames_locked(struct zi_vmo *v, uint64_t off, uint64_t rest,
				     const struct zi_moving *in, bool *out_moved)
{
	const uint64_t first = zi_vmo_page(v, off);
	struct zi_node *n = v->node;
	uint64_t run, done = 0;

	*out_moved = false;
	if (!zi_in_range(off, rest, zi_vmo_size_locked(v)))
		return ZX_ERR_OUT_OF_RANGE;
	if (n->source->detached)
		return ZX_ERR_BAD_STATE;
	if (zi_page_state(n, first, in->pages, &run) == ZI_PAGE_ABSENT && run == in->pages &&
	    zi_node_move_in(n, first, in)) {
		zx_status_t st = zi_pages_apply(n, ZI_EV_SUPPLY, first, in->pages, &done);

		*out_moved = true;
		/* What stays absent may not be shown. */
		if (st != ZX_OK)
			zi_node_discard_frames(n, first + done, in->pages - done);
		return st;
	}
	/* Part of it is there already, or the frames do not fit: copies. */
	for (uint64_t i = 0; i < in->pages; i += ZI_BATCH_PAGES) {
		struct batch b = {.bytes = zi_frame_ptr(in->piece[0].frame + i),
				  .pages = zi_min(in->pages - i, ZI_BATCH_PAGES)};

		memset(b.data, true, sizeof(b.data));
		zx_status_t st =
			put_locked(v, off + (i << ZI_PAGE_SHIFT), b.pages << ZI_PAGE_SHIFT, &b);
		if (st != ZX_OK)
			return st;
	}
	return ZX_OK;
}

static zx_status_t put_frames(struct zi_vmo *v, uint64_t off, uint64_t rest,
			      const struct zi_moving *in)
{
	struct zi_source_wakes wakes = {0};
	bool moved;
	zx_status_t st;

	if (off + rest < off) {
		zi_moving_free(in);
		return ZX_ERR_OUT_OF_RANGE;
	}
	zi_lock(&v->tree->lock);
	v->node->source->wakes = &wakes;
	st = put_frames_locked(v, off, rest, in, &moved);
	v->node->source->wakes = NULL;
	zi_unlock(&v->tree->lock);
	zi_source_wakes_flush(&wakes);
	if (!moved)
		zi_moving_free(in);
	return st;
}

static zx_status_t supply(struct zi_vmo *v, uint64_t off, uint64_t len, struct zi_vmo *aux,
			  uint64_t aux_off, uint8_t *buffer, uint64_t buffer_pages)
{
	struct batch b = {.bytes = buffer, .keep = len <= ZI_KEEP_PAGES * ZI_PAGE};
	struct zi_moving moving;
	bool begun = false;
	zx_status_t st;

	do {
		if (take_frames(aux, aux_off, len, &moving)) {
			begun = true;
			b.pages = moving.pages;
			st = put_frames(v, off, len, &moving);
		} else {
			b.pages = zi_min(len >> ZI_PAGE_SHIFT, buffer_pages);
			st = take(aux, aux_off, len, &b);
			if (st == ZX_OK) {
				begun = true;
				st = put(v, off, len, &b);
			}
		}
		if (st != ZX_OK) {
			if (begun)
				empty(aux, aux_off, len);
			return st;
		}
		off += b.pages << ZI_PAGE_SHIFT;
		aux_off += b.pages << ZI_PAGE_SHIFT;
		len -= b.pages << ZI_PAGE_SHIFT;
	} while (len != 0);
	return ZX_OK;
}

zx_status_t zi_pager_supply(struct zi_vmo *v, uint64_t off, uint64_t len, struct zi_vmo *aux,
			    uint64_t aux_off)
{
	uint8_t one_page[ZI_PAGE];
	uint8_t *buffer;
	zx_status_t st;

	if (aux->kind != ZI_VMO_PAGED)
		return ZX_ERR_NOT_SUPPORTED;
	if (zi_inject_is_armed()) {
		st = zi_inject_reach(ZI_POINT_PAGER_SUPPLY);
		if (st != ZX_OK)
			return st;
	}
	if (len <= ZI_PAGE)
		return supply(v, off, len, aux, aux_off, one_page, 1);
	buffer = ZI_ALLOC(BATCH, malloc(ZI_BATCH_PAGES * ZI_PAGE));
	if (buffer == NULL)
		return ZX_ERR_NO_MEMORY;
	st = supply(v, off, len, aux, aux_off, buffer, ZI_BATCH_PAGES);
	free(buffer);
	return st;
}
