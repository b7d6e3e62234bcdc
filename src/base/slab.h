/*
 * Memory for small objects that may be made on the fault path: no malloc, no stdio, usable in a
 * signal handler (its lock is a leaf and is never held while program memory is touched).
 * Memory once taken from the system stays with its size class ("type stable"): a stale pointer
 * into a freed object still points to an object of that class, which lock-free readers rely on.
 */
#ifndef ZI_BASE_SLAB_H
#define ZI_BASE_SLAB_H

#include <stddef.h>

/* size 1..8192 bytes; zeroed; 16-byte aligned (64 from 64 bytes up); NULL when memory is out. */
void *zi_slab_alloc(size_t size);
/* `size` as given to zi_slab_alloc. NULL is accepted. */
void zi_slab_free(void *p, size_t size);
/* Bytes handed out and not freed, for leak checks. */
size_t zi_slab_live(void);

/*
 * A cache of one kind of object with a class of its own: memory is never reused for another kind, and is
 * NOT zeroed on reuse (fields that lock-free readers look at keep their meaning).
 */
struct zi_cache;
struct zi_cache *zi_cache_new(const char *name, size_t size); /* NULL when memory is out */
/* *out_fresh (may be NULL) tells that the object was never used before and is all zero. */
void *zi_cache_alloc(struct zi_cache *c, _Bool *out_fresh);
void zi_cache_free(struct zi_cache *c, void *p); /* NULL is accepted */

/* For tests: n further allocations succeed, then all fail; negative: none fails (the normal state). */
void zi_slab_fail_after(long n);
/* In the child of fork(2): every object is forgotten, caches stay usable and are empty. */
void zi_slab_after_fork(void);

/*
 * Zeroed, page-aligned memory straight from the system and back, for slabs and for arrays that outgrow them. Provided
 * by the host ring (host/pages.c). bytes > 0; NULL when memory is out. Usable on the fault path.
 */
void *zi_pages_from_system(size_t bytes);
void zi_pages_to_system(void *p, size_t bytes);
size_t zi_pages_live(void);     /* bytes from the system that did not go back */
void zi_pages_after_fork(void); /* in the child: what the parent had counts no more */
/* How many of these bytes the slabs and the magazines of threads have. */
size_t zi_slab_held(void);

#endif
