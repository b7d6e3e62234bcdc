/* Mapping for calls that have more than VMOs to map. */
#ifndef ZI_SYSCALLS_VMAR_I_H
#define ZI_SYSCALLS_VMAR_I_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

struct zi_vmar_object;
struct zi_vmo;

struct zi_map_what {
	struct zi_vmo *vmo;
	zx_rights_t rights;  /* to it: READ, WRITE, EXECUTE, MAP count */
	uint64_t off, len;   /* bytes, not checked yet */
	bool no_stream_size; /* programs do not see one */
	zx_koid_t list_koid; /* what listings tell of the mapping; 0, NULL: the VMO's */
	const char *list_name;
};

/* Rows 3 and later of zx_vmar_map: maps, and stores the address at a user address. */
zx_status_t zi_map_for_user(const struct zi_vmar_object *o, zx_rights_t vmar_rights,
			    const struct zi_map_what *what, zx_vm_option_t options,
			    size_t vmar_offset, zx_vaddr_t *mapped_addr);

#endif
