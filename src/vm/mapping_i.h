/* What mapping.c, mapping_place.c and the fault path share. Tree lock held throughout. */
#ifndef ZI_VM_MAPPING_I_H
#define ZI_VM_MAPPING_I_H

#include "base/span.h"
#include "vm/mapping.h"
#include "vm/node.h"
#include "vm/vmo.h"

/* Page of the VMO's node that a mapping shows at va. */
static inline uint64_t zi_mapping_page(const struct zi_mapping *m, zx_vaddr_t va)
{
	return (m->vmo_off + (va - m->base) + m->vmo->base) >> ZI_PAGE_SHIFT;
}

/* End of what mappings show that end with the stream size: with the 2025 behaviour any number. */
static inline uint64_t zi_stream_shown_end(uint64_t stream_size)
{
	uint64_t end;

	return zi_page_up_checked(stream_size, &end) ? end : UINT64_MAX;
}

/* First address of the mapping that shows nothing: VMO end, stream end, discarded content. */
zx_vaddr_t zi_mapping_shown_end(const struct zi_mapping *m);

/* Places [va, end) anew; protections lose the bits of `mask`. populate: fill page tables of own pages. */
zx_status_t zi_mapping_place(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end, uint32_t mask,
			     bool populate);
/* Gives the mapping's host maps back; faults place again what is touched. False: the kernel refuses even that. */
bool zi_mapping_give_up(struct zi_mapping *m);
/* Brings the host's protections of what is shown in [va, end) to what they should be, less the bits of `mask`. */
zx_status_t zi_mapping_reprotect(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end,
				 uint32_t mask);

#endif
