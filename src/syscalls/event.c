/* zx_event_create, zx_eventpair_create */
#include <zircon/rights.h>
#include <zircon/syscalls.h>

#include "object/event.h"
#include "object/object.h"
#include "syscalls/entry.h"
#include "syscalls/handle_i.h"

/* ZX_ERR_INVALID_ARGS: options, bad `out`. ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES */
zx_status_t zx_event_create(uint32_t options, zx_handle_t *out)
{
	ZI_ENTRY(zx_event_create);
	struct zi_object *o;

	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	o = zi_event_new();
	return o == NULL ? ZX_ERR_NO_MEMORY : zi_handle_publish(o, ZX_DEFAULT_EVENT_RIGHTS, out);
}

/*
 * ZX_ERR_NOT_SUPPORTED: options. ZX_ERR_INVALID_ARGS: bad `out0` or `out1`. ZX_ERR_NO_MEMORY,
 * ZX_ERR_NO_RESOURCES
 */
zx_status_t zx_eventpair_create(uint32_t options, zx_handle_t *out0, zx_handle_t *out1)
{
	ZI_ENTRY(zx_eventpair_create);
	struct zi_object *a, *b;

	if (options != 0)
		return ZX_ERR_NOT_SUPPORTED;
	if (!zi_eventpair_new(&a, &b))
		return ZX_ERR_NO_MEMORY;
	return zi_publish_two(a, ZX_DEFAULT_EVENTPAIR_RIGHTS, out0, b, ZX_DEFAULT_EVENTPAIR_RIGHTS,
			      out1);
}
