/* Files about one VMO, and what a pager has to do. */
#ifndef ZI_INSPECT_VMO_FILES_H
#define ZI_INSPECT_VMO_FILES_H

#include <zircon/types.h>

struct zi_text;
struct zi_vmo;
struct zi_vmo_index;

/* `v` is referenced; ix has its places. */
zx_status_t zi_vmo_print_info(struct zi_vmo_index *ix, struct zi_vmo *v, struct zi_text *t);
zx_status_t zi_vmo_print_name(struct zi_vmo *v, struct zi_text *t);
zx_status_t zi_vmo_print_pages(struct zi_vmo *v, struct zi_text *t);
zx_status_t zi_vmo_print_mappings(struct zi_vmo *v, struct zi_text *t);
/* One line about it, as in process/KOID/vmos; the heading with v NULL. */
zx_status_t zi_vmo_print_line(struct zi_vmo *v, struct zi_text *t);

/* ---- pager_files.c: of all VMOs of the pager that the index knows */

zx_status_t zi_pager_print_requests(struct zi_vmo_index *ix, zx_koid_t pager, struct zi_text *t);
zx_status_t zi_pager_print_dirty(struct zi_vmo_index *ix, zx_koid_t pager, struct zi_text *t);

#endif
