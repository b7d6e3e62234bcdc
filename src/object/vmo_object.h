/* What other files need of VMO objects beyond their making (object.h). */
#ifndef ZI_OBJECT_VMO_OBJECT_H
#define ZI_OBJECT_VMO_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/syscalls/object.h>
#include <zircon/types.h>

struct zi_object;
struct zi_vmo;

/*
 * ZX_PROP_VMO_CONTENT_SIZE, after the checks of NULL, handle, rights and size of the value: WRONG_TYPE when
 * `o` is no VMO. Setting answers as zx_vmo_set_stream_size does after its handle checks.
 */
zx_status_t zi_vmo_property_get_content_size(struct zi_object *o, uint64_t *out_bytes);
zx_status_t zi_vmo_property_set_content_size(struct zi_object *o, uint64_t bytes);

/* ---- info_vmo.c */

/*
 * One record: `via` is one of the ZX_INFO_VMO_VIA_* flags, `rights` what handle_rights shows. immutable: tell of
 * ZX_INFO_VMO_IMMUTABLE, which only ZX_INFO_VMO does (PROCESS_VMOS: false).
 */
void zi_info_vmo_fill(struct zi_vmo *vmo, bool immutable, uint32_t via, zx_rights_t rights,
		      zx_info_vmo_t *out_info);

#endif
