/*
 * I/O buffers: memory regions with two ends, each of which may map, read and write as the region's
 * access says. What both ends share is a struct zi_iob_state; it lasts as long as one of them.
 */
#ifndef ZI_OBJECT_IOB_H
#define ZI_OBJECT_IOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/syscalls/iob.h>
#include <zircon/types.h>

#include "base/lock.h"
#include "base/turn.h"
#include "object/object.h"

struct zi_iob;
struct zi_iob_state;
struct zi_vmo;

/* Memory that any number of I/O buffers can have as a region: an object of its own. */
struct zi_iob_shared {
	struct zi_object object;
	struct zi_vmo *vmo; /* one reference; all of it pinned */
	uint64_t bytes;     /* its size: a page for head and tail, the rest is the ring */
	struct zi_turn writer;
};

struct zi_iob_region {
	zx_iob_region_t desc; /* as given, but for the size, which is rounded */
	struct zi_vmo *vmo;   /* the memory; one reference */
	bool pinned;          /* all of it, and to be undone */
	/*
	 * What the ends map: views of the VMO, one reference each. Every mapping is of a view of
	 * its own, a child of the end's, so that the first and the last one are told.
	 */
	struct zi_vmo *view[2];
	struct zi_iob_shared *shared; /* one reference; NULL: private memory */
};

/* One end, as the state knows it: it outlives the end where mappings do. */
struct zi_iob_side {
	struct zi_iob_state *state;
	/* guarded by state->lock: */
	struct zi_iob *end; /* no reference; NULL once it is destroyed */
	bool no_handles;
	uint32_t mapped; /* regions with mappings made through this end */
};

struct zi_iob_state {
	struct zi_lock lock; /* inside tree locks, outside of objects' */
	_Atomic uint32_t ends;
	struct zi_iob_side side[2];
	uint32_t nregions;
	struct zi_iob_region regions[];
};

struct zi_iob {
	struct zi_object object;
	struct zi_iob_state *state;
	unsigned id;         /* 0 or 1 */
	zx_koid_t peer_koid; /* also after the peer is gone */
};

/* ---- iob.c */

/* Rows 6 of zx_iob_create, region by region. Both ends have one reference. */
zx_status_t zi_iob_new(const zx_iob_region_t *regions, size_t count, struct zi_iob **out_first,
		       struct zi_iob **out_second);
/* NULL: there is no such region. */
static inline struct zi_iob_region *zi_iob_region_at(struct zi_iob *e, uint32_t index)
{
	return index < e->state->nregions ? &e->state->regions[index] : NULL;
}
/* The region's access, with the bits of this end where those of end 0 are. */
zx_iob_access_t zi_iob_access(const struct zi_iob *e, const struct zi_iob_region *r);
/* What a handle to this end with `rights` may do with the region's memory. */
zx_rights_t zi_iob_map_rights(const struct zi_iob *e, const struct zi_iob_region *r,
			      zx_rights_t rights);

/* ---- iob_region.c */

/* The checks of rows 6a-6e, and the memory. The region is zeroed before. */
zx_status_t zi_iob_region_init(struct zi_iob_region *r, const zx_iob_region_t *desc,
			       struct zi_iob_side side[2],
			       void (*on_unmapped)(void *side, bool zero));
void zi_iob_region_done(struct zi_iob_region *r); /* of a zeroed or half-made one, too */

/* ---- iob_ids.c */

/*
 * Fresh memory of so many bytes becomes an ID allocator. INVALID_ARGS: no offset reaches its end.
 */
zx_status_t zi_iob_ids_init(struct zi_vmo *vmo, uint64_t bytes);
/* Rows 6-9 of zx_iob_allocate_id. `blob` is a user address. */
zx_status_t zi_iob_ids_allocate(const struct zi_iob_region *r, const void *blob, uint64_t blob_size,
				uint32_t *out_id);

/* ---- iob_ring.c */

/* INVALID_ARGS: size is 0 or not of whole pages. Others as zx_vmo_create. */
zx_status_t zi_iob_shared_new(uint64_t size, struct zi_iob_shared **out_shared);
/* Rows 6-10 of zx_iob_writev. */
zx_status_t zi_iob_shared_write(struct zi_iob_shared *s, uint64_t tag, const zx_iovec_t *user,
				size_t count);

#endif
