/*
 * zx_interrupt_*
 * DIFFERS: no device interrupts this process: an interrupt that is not virtual is checked against its resource, and then not supported.
 */
#include <zircon/rights.h>
#include <zircon/syscalls.h>

#include "object/interrupt.h"
#include "object/port.h"
#include "object/resource.h"
#include "syscalls/entry.h"
#include "vm/fault.h"
#include "vm/vm.h"

static zx_status_t get_interrupt(zx_handle_t handle, zx_rights_t rights,
				 struct zi_interrupt **out_interrupt)
{
	return zi_handle_get(handle, ZX_OBJ_TYPE_INTERRUPT, rights, out_interrupt, NULL);
}

static void put_interrupt(struct zi_interrupt *i)
{
	zi_object_unref(zi_interrupt_object(i));
}

zx_status_t zx_interrupt_create(zx_handle_t src_obj, uint32_t src_num, uint32_t options,
				zx_handle_t *out_handle)
{
	ZI_ENTRY(zx_interrupt_create);
	const uint32_t known =
		ZX_INTERRUPT_VIRTUAL | (zi_behaviour_2025() ? 0 : ZX_INTERRUPT_TIMESTAMP_MONO);
	struct zi_interrupt *i;

	if ((options & ZX_INTERRUPT_VIRTUAL) == 0) {
		const zx_status_t st = zi_resource_validate(src_obj, ZX_RSRC_KIND_IRQ, src_num, 1);

		return st == ZX_OK ? ZX_ERR_NOT_SUPPORTED : st;
	}
	if ((options & ~known) != 0)
		return ZX_ERR_INVALID_ARGS;
	i = zi_interrupt_new(options);
	if (i == NULL)
		return ZX_ERR_NO_MEMORY;
	return zi_handle_publish(zi_interrupt_object(i), ZX_DEFAULT_INTERRUPT_RIGHTS, out_handle);
}

zx_status_t zx_interrupt_bind(zx_handle_t handle, zx_handle_t port_handle, uint64_t key,
			      uint32_t options)
{
	ZI_ENTRY(zx_interrupt_bind);
	struct zi_interrupt *i;
	struct zi_port *port;
	zx_status_t st;

	if (options != ZX_INTERRUPT_BIND && options != ZX_INTERRUPT_UNBIND)
		return ZX_ERR_INVALID_ARGS;
	st = get_interrupt(handle, ZX_RIGHT_READ, &i);
	if (st != ZX_OK)
		return st;
	st = zi_handle_get(port_handle, ZX_OBJ_TYPE_PORT, ZX_RIGHT_WRITE, &port, NULL);
	if (st == ZX_OK) {
		if (!zi_port_takes_interrupts(port))
			st = ZX_ERR_WRONG_TYPE;
		else if (options == ZX_INTERRUPT_BIND)
			st = zi_interrupt_bind(i, port, key);
		else
			st = zi_interrupt_unbind(i, port);
		zi_object_unref(zi_port_object(port));
	}
	put_interrupt(i);
	return st;
}

zx_status_t zx_interrupt_wait(zx_handle_t handle, zx_instant_boot_t *out_timestamp)
{
	ZI_ENTRY(zx_interrupt_wait);
	struct zi_interrupt *i;
	int64_t timestamp;
	zx_status_t st = get_interrupt(handle, ZX_RIGHT_WAIT, &i);

	if (st != ZX_OK)
		return st;
	st = zi_interrupt_wait(i, &timestamp);
	put_interrupt(i);
	if (st != ZX_OK || out_timestamp == NULL)
		return st;
	return zi_user_write(out_timestamp, &timestamp, sizeof(timestamp));
}

zx_status_t zx_interrupt_destroy(zx_handle_t handle)
{
	ZI_ENTRY(zx_interrupt_destroy);
	struct zi_interrupt *i;
	zx_status_t st = get_interrupt(handle, ZX_RIGHT_NONE, &i);

	if (st != ZX_OK)
		return st;
	st = zi_interrupt_destroy(i);
	put_interrupt(i);
	return st;
}

zx_status_t zx_interrupt_ack(zx_handle_t handle)
{
	ZI_ENTRY(zx_interrupt_ack);
	struct zi_interrupt *i;
	zx_status_t st = get_interrupt(handle, ZX_RIGHT_WRITE, &i);

	if (st != ZX_OK)
		return st;
	st = zi_interrupt_ack(i);
	put_interrupt(i);
	return st;
}

zx_status_t zx_interrupt_trigger(zx_handle_t handle, uint32_t options, zx_instant_boot_t timestamp)
{
	ZI_ENTRY(zx_interrupt_trigger);
	struct zi_interrupt *i;
	zx_status_t st;

	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	st = get_interrupt(handle, ZX_RIGHT_SIGNAL, &i);
	if (st != ZX_OK)
		return st;
	st = zi_interrupt_trigger(i, timestamp);
	put_interrupt(i);
	return st;
}
