/* How mappings show pages of pager roots: see trap.h. */
#include "base/assert.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/dirty.h"
#include "vm/mapping_i.h"
#include "vm/trap.h"
#include "vm/vmar.h"

/*
 * A read fault shows what is there of the aligned block of so many pages around it, as on Zircon.
 */
enum { ZI_SHOW_BLOCK = 16 };
/* What one page of the page table maps: marks need one, be the pages there or not. */
#define ZI_STORE_CHUNK ((uint64_t)2 << 20)

void zi_node_hide(struct zi_node *n, uint64_t first, uint64_t pages)
{
	/* Neither can fail but for want of host maps, and then a mapping loses all it shows. */
	if (zi_trap_watches_frames())
		(void)zi_node_write_protect(n, first, pages);
	else
		(void)zi_node_replace(n, first, pages, false);
}

bool zi_node_can_linger(struct zi_node *n, uint64_t first, uint64_t pages)
{
	/*
	 * DIFFERS: with the trap engines sigbus and thread, a zero page that several mappings show asks
	 * the pager as soon as its write-back has ended; Zircon's mappings that have read it go on
	 * reading zero.
	 */
	return !zi_trap_watches_frames() || zi_node_count_mappings(n, first, pages) <= 1;
}

void zi_node_end_lingering(struct zi_node *n, uint64_t first, uint64_t pages)
{
	struct zi_pageset *s = &n->source->lingering;
	const uint64_t end = first + pages;

	if (zi_pageset_is_empty(s))
		return;
	for (uint64_t p = zi_pageset_next_set(s, first); p < end; p = zi_pageset_next_set(s, p)) {
		const uint64_t run = zi_min(zi_pageset_next_clear(s, p), end) - p;

		zi_node_hide(n, p, run);
		if (zi_trap_watches_frames())
			zi_node_discard_frames(n, p, run);
		/*
		 * Without memory to split a full set the bit stays, and the page is hidden once
		 * more.
		 */
		if (!zi_pageset_clear(s, p, run))
			p += run;
	}
}

/* The page of the root that the mapping shows at va. */
static struct zi_found found_at(const struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end)
{
	return zi_node_lookup(m->vmo->node, zi_mapping_page(m, va), (end - va) >> ZI_PAGE_SHIFT);
}

/* ---- which pages are shown: only so that they are not shown once more, which would drop what the
 * processors know of them */

static uint64_t vmo_page(const struct zi_mapping *m, zx_vaddr_t va)
{
	return (m->vmo_off + (va - m->base)) >> ZI_PAGE_SHIFT;
}

static bool is_shown(const struct zi_mapping *m, zx_vaddr_t va)
{
	return zi_pageset_test(&m->shown, vmo_page(m, va));
}

static zx_status_t place(struct zi_mapping *m, zx_vaddr_t va, uint64_t len, uint64_t frame,
			 uint32_t prot)
{
	zx_status_t st = zi_place_frames(va, len, frame, prot, true);

	if (st == ZX_OK)
		(void)zi_pageset_set(&m->shown, vmo_page(m, va), len >> ZI_PAGE_SHIFT);
	return st;
}

static zx_status_t reserve(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end)
{
	if (!zi_pageset_is_empty(&m->shown))
		(void)zi_pageset_clear(&m->shown, vmo_page(m, va), (end - va) >> ZI_PAGE_SHIFT);
	return zi_place_absent(va, end - va);
}

/* Shows the pages that are there, without write access. */
static zx_status_t show_present(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end, uint32_t prot)
{
	while (va < end) {
		struct zi_found f = found_at(m, va, end);
		uint64_t run;
		uint64_t frame = f.kind == ZI_FOUND_OWN ? zi_node_frame(f.node, f.pgi, &run) : 0;
		uint64_t pages = f.pages;

		if (frame != 0) {
			pages = zi_min(pages, run);
			f.node->touched = true;
			zx_status_t st = place(m, va, pages << ZI_PAGE_SHIFT, frame, prot);

			if (st != ZX_OK)
				return st;
		}
		va += pages << ZI_PAGE_SHIFT;
	}
	return ZX_OK;
}

/* All frames are shown; the kernel watches those without memory. */
static zx_status_t place_watched(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end, uint32_t prot)
{
	/* The same root behind all of it, and its pages in order. */
	struct zi_found f = found_at(m, va, va + ZI_PAGE);
	uint64_t pages = (end - va) >> ZI_PAGE_SHIFT;
	zx_status_t st = zi_node_ensure_frames(f.node, f.pgi, pages);

	/* Who maps anew sees what is there. */
	zi_node_end_lingering(f.node, f.pgi, pages);
	f.node->touched = true;
	while (st == ZX_OK && va < end) {
		uint64_t run;
		uint64_t frame = zi_node_frame(f.node, f.pgi, &run);

		run = zi_min(run, (end - va) >> ZI_PAGE_SHIFT);
		st = zi_place_watched(va, run << ZI_PAGE_SHIFT, frame, prot);
		va += run << ZI_PAGE_SHIFT;
		f.pgi += run;
	}
	return st;
}

zx_status_t zi_mapping_place_source(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end,
				    uint32_t prot, bool populate)
{
	zx_status_t st = ZX_OK;

	prot &= ~(uint32_t)ZX_VM_PERM_WRITE;
	if (zi_trap_watches_frames())
		return place_watched(m, va, end, prot);
	/* What is shown already stays: a store that was noticed once need not be again. */
	if (!populate)
		st = reserve(m, va, end);
	else if (prot != 0)
		st = show_present(m, va, end, prot);
	return st;
}

/* Pages left out of the mapping are bare reservation, which must not be made accessible. */
static zx_status_t place_refused(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end)
{
	uintptr_t page;
	zx_status_t st = ZX_OK;

	while (st == ZX_OK && zi_trap_take_refused(va, end, &page))
		st = place_watched(m, page, page + ZI_PAGE,
				   zi_mapping_prot_at(m, page, NULL) & ~(uint32_t)ZX_VM_PERM_WRITE);
	return st;
}

static zx_status_t reprotect_watched(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end,
				     uint32_t prot, bool lower)
{
	zx_status_t st;

	/* Clones never show pages of the root writable. */
	if (lower && m->vmo->node->source == NULL)
		return ZX_OK;
	st = place_refused(m, va, end);
	if (st != ZX_OK || (lower && end - va <= ZI_STORE_CHUNK && zi_watch_stores(va, end - va)))
		return st;
	return zi_place_protect(va, end - va, prot & ~(uint32_t)ZX_VM_PERM_WRITE);
}

zx_status_t zi_mapping_reprotect_source(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end,
					uint32_t prot, bool lower)
{
	if (zi_trap_watches_frames())
		return reprotect_watched(m, va, end, prot, lower);
	/*
	 * Nothing tells which pages are shown, and raising the others would show the bare
	 * reservation.
	 */
	return lower ? ZX_OK : reserve(m, va, end);
}

/* Can the page at va be shown along with its neighbour, page pgi of the root? */
static bool is_neighbour(const struct zi_mapping *m, zx_vaddr_t va, const struct zi_node *root,
			 uint64_t pgi, uint64_t frame)
{
	if (is_shown(m, va))
		return false;
	struct zi_found f = found_at(m, va, va + ZI_PAGE);

	return f.node == root && f.pgi == pgi && f.kind == ZI_FOUND_OWN &&
	       !zi_page_is_writable(root, pgi) && zi_node_frame(root, pgi, NULL) == frame;
}

static zx_status_t show_read(struct zi_mapping *m, zx_vaddr_t page, struct zi_found f,
			     uint64_t frame, uint32_t prot, zx_vaddr_t prot_end)
{
	const zx_vaddr_t block = page - page % (ZI_SHOW_BLOCK * ZI_PAGE);
	const zx_vaddr_t lo = zi_max(block, m->base);
	const zx_vaddr_t hi =
		zi_min(zi_min(block + ZI_SHOW_BLOCK * ZI_PAGE, prot_end), zi_mapping_shown_end(m));
	zx_vaddr_t from = page, to = page + ZI_PAGE;

	if (f.kind == ZI_FOUND_OWN && !zi_page_is_writable(f.node, f.pgi)) {
		while (from > lo && zi_mapping_prot_at(m, from - ZI_PAGE, NULL) == prot &&
		       is_neighbour(m, from - ZI_PAGE, f.node,
				    f.pgi - ((page - from) >> ZI_PAGE_SHIFT) - 1,
				    frame - ((page - from) >> ZI_PAGE_SHIFT) - 1))
			from -= ZI_PAGE;
		while (to < hi &&
		       is_neighbour(m, to, f.node, f.pgi + ((to - page) >> ZI_PAGE_SHIFT),
				    frame + ((to - page) >> ZI_PAGE_SHIFT)))
			to += ZI_PAGE;
	}
	return place(m, from, to - from, frame - ((page - from) >> ZI_PAGE_SHIFT),
		     prot & ~(uint32_t)ZX_VM_PERM_WRITE);
}

/*
 * The piece of the chunk around the page in which protections and kind of placement are the same.
 */
static void store_chunk(const struct zi_mapping *m, zx_vaddr_t page, zx_vaddr_t *out_from,
			zx_vaddr_t *out_end)
{
	zx_vaddr_t from = zi_max(page - page % ZI_STORE_CHUNK, m->base);
	zx_vaddr_t end = from;

	while (end <= page) {
		from = end;
		zi_mapping_prot_at(m, from, &end);
	}
	end = zi_min(zi_min(end, page - page % ZI_STORE_CHUNK + ZI_STORE_CHUNK),
		     zi_mapping_shown_end(m));
	*out_from = m->unplaced ? page : from;
	*out_end = m->unplaced ? page + ZI_PAGE : end;
}

/*
 * The first store in a chunk: from now on its protection allows stores, and a mark on every page
 * that is not shown writable tells of them. Changing a mark costs a tenth of changing a protection,
 * which interrupts all other processors.
 */
static zx_status_t allow_store(struct zi_mapping *m, zx_vaddr_t page, uint32_t prot)
{
	zx_vaddr_t from, end;
	zx_status_t st;

	store_chunk(m, page, &from, &end);
	st = place_refused(m, from, end);
	if (st != ZX_OK)
		return st;
	if (!zi_watch_begin_stores(from, end - from))
		return zi_place_protect(page, ZI_PAGE, prot);
	st = zi_place_protect(from, end - from, prot);
	if (st == ZX_OK && !zi_watch_allow(page, ZI_PAGE))
		st = ZX_ERR_NO_MEMORY;
	return st;
}

/* A frame that reads zero gets memory only now. */
static zx_status_t show_watched(struct zi_mapping *m, zx_vaddr_t page, uint64_t frame,
				uint32_t prot, bool write, bool by_watch)
{
	zx_status_t st = zi_frames_populate(frame, 1);

	if (st == ZX_OK)
		st = place_refused(m, page, page + ZI_PAGE);
	if (st == ZX_OK && m->unplaced) {
		st = zi_place_watched(page, ZI_PAGE, frame, prot & ~(uint32_t)ZX_VM_PERM_WRITE);
		by_watch = false;
	}
	if (st != ZX_OK || !write || (by_watch && zi_watch_allow(page, ZI_PAGE)))
		return st;
	return allow_store(m, page, prot);
}

zx_status_t zi_mapping_show_source(struct zi_mapping *m, zx_vaddr_t page, bool write, bool watched)
{
	struct zi_found f = found_at(m, page, page + ZI_PAGE);
	zx_vaddr_t prot_end;
	uint32_t prot = zi_mapping_prot_at(m, page, &prot_end);
	zx_status_t st = zi_node_ensure_frames(f.node, f.pgi, 1);

	ZI_DASSERT(f.node->source != NULL && f.kind != ZI_FOUND_ABSENT);
	if (st != ZX_OK)
		return st;
	uint64_t frame = zi_node_frame(f.node, f.pgi, NULL);

	f.node->touched = true;
	if (zi_trap_watches_frames())
		return show_watched(m, page, frame, prot, write, watched);
	if (write)
		return place(m, page, ZI_PAGE, frame, prot);
	return show_read(m, page, f, frame, prot, prot_end);
}
