/*
 * IOMMUs, bus transaction initiators (BTI: what a device sees memory through) and pinned memory tokens (PMT: what keeps memory in place for it).
 *
 * A PMT is
 *   live         from zx_bti_pin on
 *   quarantined  its handle was closed without unpinning: a device may still use the pages, so that they stay pinned, and the BTI
 *                pins nothing more until somebody vouches for the device
 *   done         unpinned
 *   leaked       quarantined when nobody can vouch any more, because the BTI has no handle: for ever
 */
#ifndef ZI_OBJECT_BTI_H
#define ZI_OBJECT_BTI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

#include "object/object.h"

struct zi_bti;
struct zi_pmt;

/* The dummy, which passes addresses through. NULL: no memory. */
struct zi_object *zi_iommu_new(void);
/* NULL: no memory. */
struct zi_bti *zi_bti_new(void);
static inline struct zi_object *zi_bti_object(struct zi_bti *b)
{
	return (struct zi_object *)b;
}

/*
 * A fake one, which pins nothing and keeps a list instead. `paddrs` (may be NULL) is the program's own list of addresses to give out, not
 * copied. NULL: no memory.
 */
struct zi_bti *zi_bti_fake_new(const zx_paddr_t *paddrs, size_t count);
bool zi_bti_is_fake(const struct zi_bti *b);
/* The VMO that a PMT pins, NULL: of a fake BTI. No reference is given. */
struct zi_vmo *zi_pmt_vmo(const struct zi_object *pmt);
/* One entry of the list, in the order of the pins: OUT_OF_RANGE when there are fewer. *out_vmo is a fresh handle. */
zx_status_t zi_bti_fake_entry(struct zi_bti *b, size_t index, zx_handle_t *out_vmo,
			      uint64_t *out_size, uint64_t *out_off);
size_t zi_bti_fake_count(struct zi_bti *b);
/* Address number `index` of the entry that is found by VMO, size and offset; *out_count: how many it has. NOT_FOUND: no entry. */
zx_status_t zi_bti_fake_addr(struct zi_bti *b, zx_koid_t vmo, uint64_t size, uint64_t off,
			     size_t index, zx_paddr_t *out_addr, size_t *out_count);

struct zi_pin_args {
	zx_handle_t vmo_handle;
	uint32_t options;
	struct zi_vmo_object *vmo;
	zx_rights_t vmo_rights;
	uint64_t off, size;
	zx_paddr_t *user_addrs; /* user memory */
	size_t num_addrs;
	zx_handle_t *user_pmt; /* user memory */
};

/* Rows 6-21 of zx_bti_pin. */
zx_status_t zi_bti_pin(struct zi_bti *b, const struct zi_pin_args *args);
void zi_bti_release_quarantine(struct zi_bti *b);
/* zx_pmt_unpin of an object whose handle is about to be removed. False: it is no PMT. */
bool zi_pmt_unpin(struct zi_object *o);

/* Is pinning refused while pages are in quarantine? On unless a test says otherwise. */
void zi_bti_enforce_quarantine(bool on);

#endif
