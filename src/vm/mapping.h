/*
 * Mappings: a range of addresses that shows a range of a VMO, as a leaf of the VMAR tree. This file is the part
 * that touches the VMO and the host: placing runs of frames, protecting, cutting. Where in the VMAR tree a mapping
 * stands, and which checks come first, is vmar.h's.
 */
#ifndef ZI_VM_MAPPING_H
#define ZI_VM_MAPPING_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

#include "base/list.h"
#include "base/pageset.h"
#include "vm/attr.h"
#include "vm/vmar_tree.h"

struct zi_aspace;
struct zi_vmar;
struct zi_vmo;

/* Pages [start, next range's start) of a mapping have protection `prot` (ZX_VM_PERM_* bits). */
struct zi_prot_range {
	uint64_t start; /* bytes from the mapping's base */
	uint32_t prot;
};

struct zi_mapping {
	/* identity: fixed while the mapping lives */
	struct zi_aspace *aspace;
	struct zi_vmar *vmar;     /* parent; guarded by the address space lock */
	struct zi_vmo *vmo;       /* one reference held */
	uint32_t max_prot;        /* ZX_VM_PERM_* that protect may ever grant */
	bool fault_beyond_stream; /* ZX_VM_FAULT_BEYOND_STREAM_SIZE */
	bool mergeable;
	bool is_vdso;
	zx_koid_t list_koid; /* koid shown in listings instead of the VMO's; 0: the VMO's */
	const char
		*list_name; /* name shown instead of the VMO's; NULL: the VMO's (static string) */

	/* range: written with address space lock and tree lock held, read with either */
	zx_vaddr_t base;
	uint64_t len;     /* bytes, page multiple; 0: dead */
	uint64_t vmo_off; /* bytes; may lie past the VMO's end */
	struct zi_prot_range
		*prot; /* sorted, first start is 0, neighbours differ; prot_few or malloc'd */
	struct zi_prot_range prot_few[2];
	uint32_t nprot;
	uint32_t prot_cap;

	struct zi_link in_vmo; /* on vmo->mappings; tree lock */
	bool unplaced; /* given up once: parts may show nothing until they are touched; tree lock */
	uint32_t
		placed_runs; /* host maps placed since the mapping was last in one piece, at most; tree lock */
	struct zi_pageset
		shown; /* placed pages of a pager root, by page of the VMO; a hint; tree lock */
	uint64_t fork_next;  /* VMO page after the last forked block; tree lock (fork.c) */
	uint32_t fork_block; /* pages of the next block; tree lock (fork.c) */

	/* for the VMAR tree only */
	struct zi_child vmar_node; /* in vmar->children */
};

/*
 * All functions: address space lock held by the caller, tree lock taken inside. A mapping of an address space without
 * host placement (aspace->placed false) is only kept in the books.
 */

/* New mapping, not yet attached; takes a reference on vmo. NULL when memory is out. */
struct zi_mapping *zi_mapping_new(struct zi_aspace *as, struct zi_vmo *vmo, zx_vaddr_t base,
				  uint64_t len, uint64_t vmo_off, uint32_t prot, uint32_t max_prot);
/* Frees a mapping that is not (or no longer) attached; drops the VMO reference (which may destroy the VMO). NULL is
 * accepted. */
void zi_mapping_free(struct zi_mapping *m);

/* Links it to the VMO and places its runs over whatever the range held. On failure (NO_MEMORY) the range is a
 * plain reservation and the mapping is not linked. must: what the range held is in the books no more, so a mapping that cannot
 * be placed is linked all the same, and faults place it. */
zx_status_t zi_mapping_attach(struct zi_mapping *m, bool must);

/*
 * Removes [start, start+len) (absolute, inside the mapping, page-aligned) from m. Whole: m becomes dead (len 0, unlinked;
 * free it). Front or end: m shrinks. Middle: `spare` becomes the right part, attached; *out_used tells so. `spare` comes
 * from zi_mapping_new_spare and may be NULL when the middle case is impossible. restore: the host range becomes plain
 * reservation; false when the caller replaces it at once (overwrite). NO_MEMORY: nothing changed.
 */
struct zi_mapping *zi_mapping_new_spare(const struct zi_mapping *like);
zx_status_t zi_mapping_cut(struct zi_mapping *m, zx_vaddr_t start, uint64_t len,
			   struct zi_mapping *spare, bool *out_used, bool restore);

/* `right` begins where `left` ends, in addresses and in the VMO: left swallows right, which becomes dead and must be freed.
 * False when memory is out: nothing changed. */
bool zi_mapping_merge(struct zi_mapping *left, struct zi_mapping *right);

/* Current protection of the pages in the range becomes `prot`. */
zx_status_t zi_mapping_protect(struct zi_mapping *m, zx_vaddr_t start, uint64_t len, uint32_t prot);
/* Protection at an address, and (out_end, may be NULL) the address where it may change. Either lock. */
uint32_t zi_mapping_prot_at(const struct zi_mapping *m, zx_vaddr_t addr, zx_vaddr_t *out_end);

/* Replaces the VMO shown by a mapping (private clone for write_memory): same range, new offset. Takes over one reference
 * of `vmo`; the old reference is dropped. NO_MEMORY: nothing changed. */
zx_status_t zi_mapping_set_vmo(struct zi_mapping *m, struct zi_vmo *vmo, uint64_t vmo_off);

/* Makes present pages of the range resident in page tables; commits nothing. */
void zi_mapping_populate(struct zi_mapping *m, zx_vaddr_t start, uint64_t len);

/* Content bytes shown by the range: bytes past the VMO's end count 0; slices and references count 0. */
void zi_mapping_attribute(struct zi_mapping *m, zx_vaddr_t start, uint64_t len,
			  struct zi_attr *out);

#endif
