/* Address maps as text. */
#ifndef ZI_INSPECT_MAPS_H
#define ZI_INSPECT_MAPS_H

#include <zircon/syscalls/object.h>
#include <zircon/types.h>

struct zi_aspace;
struct zi_text;

/* One line, as zirconia_print_maps prints it, but for the indentation and the end of the line. */
void zi_maps_print_row(struct zi_text *t, const zx_info_maps_t *row);
/* "rwx", with '-' for what is missing; prot is ZX_VM_PERM_*. */
void zi_maps_print_prot(struct zi_text *t, uint32_t prot);

/* All of an address space, indented or with branches. BAD_STATE: destroyed. NO_MEMORY. */
zx_status_t zi_maps_print(struct zi_aspace *as, struct zi_text *t);
zx_status_t zi_maps_print_tree(struct zi_aspace *as, struct zi_text *t);

#endif
