/*
 * Address spaces and the tree of VMARs inside them, below the handle layer. Every function checks
 * what Zircon checks after handles and rights, in Zircon's order; statuses are final. Addresses are
 * absolute, offsets are from the VMAR's base, both in bytes.
 *
 * An address space has one root VMAR. The children of a VMAR are VMARs and mappings: disjoint,
 * page-aligned, inside it. What no child covers is a hole. VMARs and mappings are alive or dead,
 * and dead is final; a dead VMAR stays as long as somebody holds a reference, a dead mapping is
 * freed at once. The tree holds one reference on every VMAR that is alive; a VMAR holds one on its
 * address space.
 *
 * The address space lock guards the tree. Functions without `_locked` take it. References to VMARs
 * and VMOs are dropped after it is released.
 */
#ifndef ZI_VM_VMAR_H
#define ZI_VM_VMAR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

#include "base/lock.h"
#include "base/span.h"
#include "vm/mapping.h"
#include "vm/vmar_tree.h"

struct zi_vmar {
	_Atomic uint32_t refs;
	struct zi_aspace *aspace; /* one reference */
	zx_vaddr_t base;          /* base, len and flags never change, not even by death */
	uint64_t len;
	uint32_t flags; /* ZX_VM_CAN_MAP_* and ZX_VM_COMPACT */
	/* guarded by the address space lock: */
	bool dead;
	bool high_priority;     /* memory priority HIGH; kept in the books only */
	struct zi_vmar *parent; /* NULL: root or dead */
	struct zi_children children;
	struct zi_child node; /* in parent->children */
};

struct zi_aspace {
	struct zi_lock lock; /* ZI_RANK_ASPACE */
	_Atomic uint32_t refs;
	bool placed; /* mappings have host memory behind them: self only */
	zx_vaddr_t base;
	uint64_t len;
	_Atomic zx_koid_t koid; /* of the process that made it: for the name `proc:<koid>` */
	/* guarded by the lock: */
	struct zi_vmar *root;    /* one reference; NULL once destroyed */
	struct zi_mapping *vdso; /* the code mapping that nobody may touch; NULL: none */
	uint64_t next_serial;
	bool randomize;  /* placement is random; else lowest address first */
	uint64_t random; /* state of the placement's random numbers */
	uint32_t gaps;   /* between mappings, when zi_aspace_tidy_locked last went through them */
};

/* Range of an address space that nobody runs in (the x64 user range). */
#define ZI_ASPACE_BASE 0x200000ull
#define ZI_ASPACE_TOP 0x7ffffffff000ull

/*
 * What checks about the range of a VMAR speak of; Zircon's containment: addr lies strictly inside,
 * also when len is 0.
 */
static inline bool zi_vmar_contains(const struct zi_vmar *v, zx_vaddr_t addr, uint64_t len)
{
	return addr >= v->base && addr - v->base < v->len && v->len - (addr - v->base) >= len;
}

static inline zx_vaddr_t zi_vmar_end(const struct zi_vmar *v)
{
	return v->base + v->len;
}

static inline struct zi_vmar *zi_child_vmar(struct zi_child *c)
{
	return ZI_CONTAINER(c, struct zi_vmar, node);
}

static inline struct zi_mapping *zi_child_mapping(struct zi_child *c)
{
	return ZI_CONTAINER(c, struct zi_mapping, vmar_node);
}

/* ---- aspace.c */

/*
 * The process's own address space, made by the first call (through zi_vm_start). No reference is
 * given: it stays until the process ends. NULL when memory or address space is out.
 */
struct zi_aspace *zi_aspace_self(void);
/* The same if it is there already, else NULL. Signal-safe. */
struct zi_aspace *zi_aspace_self_if_started(void);
/*
 * In the child of fork(2): forgets self's address space; the next zi_aspace_self() makes a new one.
 * Nothing is freed.
 */
void zi_aspace_after_fork(void);
/* For leak checks, as zi_self_end: destroys it, and the next zi_aspace_self() makes a new one. */
void zi_aspace_self_end(void);
/* An address space kept in the books only, with one reference. NULL: no memory. */
struct zi_aspace *zi_aspace_new(void);
void zi_aspace_ref(struct zi_aspace *as);
void zi_aspace_unref(struct zi_aspace *as); /* NULL is accepted; no lock held */
/*
 * Tears the tree down: the root and all below it is dead. Again: nothing. Not for self. Whoever
 * made the address space must call this before dropping that reference, since until then tree and
 * address space keep each other.
 */
void zi_aspace_destroy(struct zi_aspace *as);
/* The root VMAR with a new reference; NULL once destroyed. */
struct zi_vmar *zi_aspace_root(struct zi_aspace *as);
/* The mapping that covers addr, NULL: none. Lock held. Signal-safe, O(log n) per level of VMARs. */
struct zi_mapping *zi_aspace_find_locked(struct zi_aspace *as, zx_vaddr_t addr);
/*
 * Writes where addr lies, such as "root/useralloc@0x7f0000000000", without the mapping,
 * NUL-terminated and cut to `size` bytes. False: outside of the address space, or it is destroyed
 * (buf is empty then). Lock held. Signal-safe.
 */
bool zi_vmar_path_locked(struct zi_aspace *as, zx_vaddr_t addr, char *buf, size_t size);

/* ---- vmar.c */

void zi_vmar_ref(struct zi_vmar *v);
void zi_vmar_unref(struct zi_vmar *v); /* NULL is accepted; no lock held */
/* Rows 2 and later of zx_vmar_destroy. */
zx_status_t zi_vmar_destroy(struct zi_vmar *v);
/* Memory priority of everything below; BAD_STATE: dead. */
zx_status_t zi_vmar_set_priority(struct zi_vmar *v, bool high);

/* Depth-first walk in pre-order over what is below a VMAR. */
struct zi_vmar_walk {
	struct zi_vmar *top;
	struct zi_child *child; /* NULL: at the end */
	size_t depth;           /* of child: direct children of top have 1 */
};
void zi_vmar_walk_first_locked(struct zi_vmar *top, struct zi_vmar_walk *w);
void zi_vmar_walk_next_locked(struct zi_vmar_walk *w);
/* First mapping below v, at any depth, that ends above addr, and the one after m; NULL: none. */
struct zi_mapping *zi_vmar_first_mapping_locked(struct zi_vmar *v, zx_vaddr_t addr);
struct zi_mapping *zi_vmar_next_mapping_locked(struct zi_vmar *v, struct zi_mapping *m);

/* ---- vmar_alloc.c */

/* Rows 2-19 of zx_vmar_allocate. *out_vmar has one reference for the caller. */
zx_status_t zi_vmar_allocate(struct zi_vmar *parent, uint32_t options, uint64_t off, uint64_t size,
			     struct zi_vmar **out_vmar);

/* ---- vmar_map.c */

struct zi_map_args {
	uint32_t options; /* for ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED, READ was added */
	uint64_t vmar_off;
	struct zi_vmo *vmo;
	uint64_t vmo_off;
	uint64_t len;
	uint32_t max_prot;   /* from the rights of both handles */
	zx_koid_t list_koid; /* see struct zi_mapping; 0, NULL: the VMO's */
	const char *list_name;
};

struct zi_map_result {
	zx_vaddr_t addr;
	uint64_t len;
	uint64_t serial;
};

/*
 * Rows 11-38 of zx_vmar_map. On success the mapping stands but is not merged yet: the caller
 * delivers the address and then calls exactly one of zi_vmar_map_finish (merges it with its
 * neighbours) and zi_vmar_map_cancel (removes it).
 */
zx_status_t zi_vmar_map(struct zi_vmar *v, const struct zi_map_args *args,
			struct zi_map_result *out_result);
void zi_vmar_map_finish(struct zi_vmar *v, const struct zi_map_result *r);
void zi_vmar_map_cancel(struct zi_vmar *v, const struct zi_map_result *r);

/* ---- vmar_unmap.c. op_children: the handle has ZX_RIGHT_OP_CHILDREN */

zx_status_t zi_vmar_unmap(struct zi_vmar *v, zx_vaddr_t addr, uint64_t len, bool op_children);
/* The checks alone. */
zx_status_t zi_vmar_unmap_check(struct zi_vmar *v, zx_vaddr_t addr, uint64_t len, bool op_children);

/* ---- vmar_thread.c */

/*
 * Checks as zi_vmar_unmap does, and leaves the rest to another thread: once the calling one has
 * ended, the range is unmapped and then(ctx) called. For ranges that hold the caller's stack.
 * NO_MEMORY: nothing will happen.
 */
zx_status_t zi_vmar_unmap_after_thread(struct zi_vmar *v, zx_vaddr_t addr, uint64_t len,
				       bool op_children, void (*then)(void *ctx), void *ctx);

/* ---- vmar_protect.c */

/* Rows 2-10 of zx_vmar_protect; ZX_VM_PERM_READ already added as for map. */
zx_status_t zi_vmar_protect(struct zi_vmar *v, uint32_t options, zx_vaddr_t addr, uint64_t len,
			    bool op_children);

/* ---- vmar_range.c */

/* Is `op` one of ZX_VMAR_OP_*? */
bool zi_vmar_op_is_known(uint32_t op);
/* Rows 5-10 of zx_vmar_op_range. */
zx_status_t zi_vmar_op_range(struct zi_vmar *v, uint32_t op, zx_vaddr_t addr, uint64_t len,
			     bool op_children);

/* ---- vmar_access.c */

/*
 * What stands at addr, for reading or writing it through its VMO whatever the protection is. To
 * write where the mapping may never be written, the mapping gets a private copy first. NOT_FOUND:
 * nothing; ACCESS_DENIED: writing the vDSO; what making the copy answers. *out_vmo has one
 * reference; *out_len: bytes to the mapping's end.
 */
zx_status_t zi_aspace_access(struct zi_aspace *as, zx_vaddr_t addr, bool write,
			     struct zi_vmo **out_vmo, uint64_t *out_off, uint64_t *out_len);

/* ---- vmar_check.c */

/*
 * Full walk over a tree: every relation named above holds, and in self that the vDSO is there
 * (tests, stress).
 */
bool zi_aspace_check(struct zi_aspace *as);

#endif
