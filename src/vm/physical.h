/*
 * Physical memory: the arena seen as the memory of a machine. A physical address is an offset in the arena, so that an address which a
 * device was given, a physical VMO over it and the physmap all mean the same bytes.
 */
#ifndef ZI_VM_PHYSICAL_H
#define ZI_VM_PHYSICAL_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

struct zi_vmo;

/* ---- physical.c: memory that tests lay out */

/* Zeroed memory for a device, `size` bytes rounded up to pages. OUT_OF_RANGE, INVALID_ARGS (size 0, align), NO_MEMORY. */
zx_status_t zi_physical_alloc(uint64_t size, uint32_t align_log2, uint64_t *out_paddr);
/* NOT_FOUND: no such memory was laid out, or it was given back. */
zx_status_t zi_physical_free(uint64_t paddr);
/* The bytes at a physical address; NULL when the range is not all inside the arena; its first page is no memory. */
void *zi_physical_ptr(uint64_t paddr, uint64_t len);
/* In the child of fork(2). */
void zi_physical_after_fork(void);
/* For leak checks, with no other thread in a call: frees all of it. */
void zi_physical_end(void);

/* ---- vmo_device.c */

/* Rows 1-2 of zx_vmo_create_contiguous, which stand before its handle. *align_log2 of 0 becomes that of a page. */
zx_status_t zi_vmo_check_contiguous(uint64_t size, uint32_t *align_log2);
/* The rows after the handle. */
zx_status_t zi_vmo_create_contiguous(uint64_t size, uint32_t align_log2, struct zi_vmo **out_vmo);
/* Rows 6-8 of zx_vmo_create_physical. */
zx_status_t zi_vmo_create_physical(uint64_t paddr, uint64_t size, struct zi_vmo **out_vmo);

#endif
