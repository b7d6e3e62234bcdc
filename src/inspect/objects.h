/* Texts about handles, ports, and what the process can have. */
#ifndef ZI_INSPECT_OBJECTS_H
#define ZI_INSPECT_OBJECTS_H

#include <zircon/types.h>

struct zi_text;

zx_status_t zi_handles_print(struct zi_text *t);
zx_status_t zi_ports_print(struct zi_text *t);
zx_status_t zi_limits_print(struct zi_text *t);

/* "READ|WRITE": names of Zircon's, what has none as a number; "-" for nothing. */
void zi_rights_print(struct zi_text *t, zx_rights_t rights);

#endif
