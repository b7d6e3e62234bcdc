/*
 * Finding VMOs by koid: through handles of any kind, and through mappings. The index remembers where
 * a VMO was found, not the VMO; what it says is looked at again each time.
 */
#ifndef ZI_INSPECT_VMOS_H
#define ZI_INSPECT_VMOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

struct zi_vmo;

struct zi_vmo_place {
	zx_koid_t koid;
	zx_koid_t pager;    /* that made the VMO; 0: none */
	zx_handle_t handle; /* ZX_HANDLE_INVALID: through a mapping */
	uint32_t index;     /* of the VMO among those of the handle's object */
	zx_koid_t process;  /* whose mapping; 0: of this process */
	zx_vaddr_t addr;
};

/* Starts zeroed. */
struct zi_vmo_index {
	struct zi_vmo_place *at; /* sorted by koid; handles before mappings */
	size_t count, room;
	zx_koid_t *pagers; /* with handles; sorted */
	size_t npagers, pagers_room;
	uint64_t made; /* handles that had ever been made when this was gathered */
	bool no_memory;
};

/* Gathers anew. False: no memory; the index is empty. */
bool zi_vmo_index_gather(struct zi_vmo_index *ix);
void zi_vmo_index_done(struct zi_vmo_index *ix);

/*
 * The VMO with one reference, NULL: there is none with that koid. Gathers anew when the index does
 * not know. out_rights (may be NULL): what all of its handles allow together, see struct zi_entry.
 */
struct zi_vmo *zi_vmo_index_find(struct zi_vmo_index *ix, zx_koid_t koid, zx_rights_t *out_rights);
/* The places of a VMO: from answer[0] on, so many. */
const struct zi_vmo_place *zi_vmo_index_places(const struct zi_vmo_index *ix, zx_koid_t koid,
					       size_t *out_count);
/* The VMO of a place with one reference, if it is still there; see zi_object_vmo for the rights. */
struct zi_vmo *zi_vmo_index_resolve(const struct zi_vmo_place *place, zx_rights_t *out_rights);

#endif
