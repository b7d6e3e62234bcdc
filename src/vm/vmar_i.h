/*
 * What the files of the VMAR tree share. Everything here wants the address space lock, unless said
 * otherwise.
 */
#ifndef ZI_VM_VMAR_I_H
#define ZI_VM_VMAR_I_H

#include "vm/vmar.h"

/*
 * Mappings and VMARs that left the tree: freeing them may destroy VMOs, which waits until the lock
 * is released.
 */
struct zi_dead {
	struct zi_child *list;
};

void zi_dead_add(struct zi_dead *dead, struct zi_child *c);
void zi_dead_free(struct zi_dead *dead); /* no lock held */

/* A VMAR with one reference that stands in no tree yet. NULL: no memory. No lock needed. */
struct zi_vmar *zi_vmar_new(struct zi_aspace *as, zx_vaddr_t base, uint64_t len, uint32_t flags);
/* Takes over one reference of `child`. */
void zi_vmar_insert_locked(struct zi_vmar *parent, struct zi_vmar *child);
void zi_vmar_insert_mapping_locked(struct zi_vmar *parent, struct zi_mapping *m);
/* v alive. NO_MEMORY: part of it is destroyed, v is not. */
zx_status_t zi_vmar_destroy_locked(struct zi_vmar *v, struct zi_dead *dead);

/* After unmapping: keeps what free addresses cost the host within bounds. */
void zi_aspace_tidy_locked(struct zi_aspace *as);

/*
 * Removes a range from a mapping, which may die, shrink or become two. restore as for
 * zi_mapping_cut.
 */
zx_status_t zi_vmar_cut_locked(struct zi_mapping *m, zx_vaddr_t start, uint64_t len, bool restore,
			       struct zi_dead *dead);

/* Does [base, base+len) meet the vDSO code mapping? */
bool zi_vmar_meets_vdso_locked(const struct zi_aspace *as, zx_vaddr_t base, uint64_t len);

/* ---- vmar_alloc.c: what map and allocate have in common */

struct zi_place {
	bool specific, upper_limit;
	uint64_t off;
	uint64_t len;
	uint64_t align; /* power of two, at least a page */
};

/* The alignment exponent of the options: 0 or 10-32. */
bool zi_vm_align_is_valid(uint32_t options);
uint64_t zi_vm_align(uint32_t options);
/* Rows 10-16 of allocate, 25-31 of map. */
zx_status_t zi_vmar_check_place_locked(const struct zi_vmar *v, const struct zi_place *p);
/* A place for a child that need not stand at a certain address; false: no hole is large enough. */
bool zi_vmar_find_place_locked(struct zi_vmar *v, const struct zi_place *p, zx_vaddr_t *out_base);

#endif
