/*
 * Pagers: objects that VMOs are made from. What tells a pager of its VMO's needs is one packet per
 * VMO, on the port given when the VMO was made.
 */
#ifndef ZI_OBJECT_PAGER_OBJECT_H
#define ZI_OBJECT_PAGER_OBJECT_H

#include <stdint.h>

#include <zircon/types.h>

#include "object/object.h"

struct zi_pager;
struct zi_port;
struct zi_vmo;

/* NULL: no memory. */
struct zi_pager *zi_pager_new(void);
/* The start of every zi_pager is its struct zi_object. */
static inline struct zi_object *zi_pager_object(struct zi_pager *p)
{
	return (struct zi_object *)p;
}
/* Rows 4-10 of zx_pager_create_vmo. The packets of the VMO carry `key`. */
zx_status_t zi_pager_create_vmo(struct zi_pager *p, uint32_t options, struct zi_port *port,
				uint64_t key, uint64_t size, struct zi_vmo **out_vmo);

#endif
