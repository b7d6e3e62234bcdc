/*
 * VMOs as an onlooker sees them: nothing here commits a page, asks a pager, or waits for anything
 * but the tree lock. No memory is allocated either, because the caller may be anybody: lists are
 * written into room that the caller brings, as far as it goes, and the answer is how long the list
 * is. One call shows one moment.
 */
#ifndef ZI_VM_PEEK_H
#define ZI_VM_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/syscalls/object.h>
#include <zircon/types.h>

#include "vm/source.h"
#include "vm/vmo.h"

struct zi_vmo_description {
	zx_info_vmo_t info; /* as zi_vmo_info, with ZX_INFO_VMO_IMMUTABLE */
	uint64_t stream_size;
	enum zi_vmo_kind kind;
	bool slice, reference, unbounded;
	bool discarded;
	uint64_t locks; /* of a discardable VMO */
	uint64_t pins;
	zx_koid_t pager_koid; /* 0: not made by a pager */
	bool detached;        /* of such a one */
};
void zi_vmo_describe(struct zi_vmo *v, struct zi_vmo_description *out);

/* ---- pages */

enum zi_page_look {
	ZI_LOOK_ABSENT,  /* no content anywhere: reads zero, or the pager would be asked */
	ZI_LOOK_ZERO,    /* zero by decree, without memory */
	ZI_LOOK_OWN,     /* content that only this VMO sees */
	ZI_LOOK_SHARED,  /* content that others see as well, copy-on-write */
	ZI_LOOK_CLEAN,   /* as the pager supplied it */
	ZI_LOOK_DIRTY,   /* changed since */
	ZI_LOOK_WRITING, /* its write-back has begun */
};

struct zi_page_run {
	uint64_t first, pages; /* of the VMO */
	enum zi_page_look look;
	bool pinned;
};

/* Consecutive runs that cover the VMO; neighbours differ. *out_pages: its size. */
size_t zi_vmo_list_pages(struct zi_vmo *v, struct zi_page_run *out, size_t room,
			 uint64_t *out_pages);

/* ---- bytes */

/*
 * Bytes from `off` on, up to the end of the VMO; *out_done tells how many. Pages without content,
 * also those that a pager would have to supply, read as zero. NOT_SUPPORTED: physical memory, which
 * may be registers.
 */
zx_status_t zi_vmo_peek(struct zi_vmo *v, uint64_t off, void *buf, size_t len, size_t *out_done);
/*
 * Writes as zx_vmo_write does, but never waits. *out_done may be less than len on ZX_OK.
 *
 * NOT_SUPPORTED, BAD_STATE   as zx_vmo_write
 * OUT_OF_RANGE               `off` is the end of the VMO, or past it
 * SHOULD_WAIT                a pager would have to supply the page, or to agree to its change
 * NO_MEMORY
 */
zx_status_t zi_vmo_poke(struct zi_vmo *v, uint64_t off, const void *buf, size_t len,
			size_t *out_done);

/* ---- relatives, mappings */

size_t zi_vmo_list_children(struct zi_vmo *v, zx_koid_t *out, size_t room);

struct zi_mapping_row {
	zx_vaddr_t base;
	uint64_t len, vmo_off;
	uint32_t prot, max_prot;
	zx_koid_t process; /* 0: its process has no object yet */
};
/* One row for each range of one protection, in the order in which the mappings were made. */
size_t zi_vmo_list_mappings(struct zi_vmo *v, struct zi_mapping_row *out, size_t room);

/* ---- what a pager has to do */

struct zi_request_row {
	enum zi_ask ask;
	uint64_t first, pages;
	uint64_t left;   /* not answered yet */
	uint64_t behind; /* further requests that wait behind this one */
	bool told;       /* the pager has been told of it */
};
/* Of a VMO made by a pager; none for others. READ before DIRTY, by page. */
size_t zi_vmo_list_requests(struct zi_vmo *v, struct zi_request_row *out, size_t room);

#endif
