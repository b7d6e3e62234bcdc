/* zx_port_* */
#include <zircon/rights.h>
#include <zircon/syscalls.h>

#include "object/object.h"
#include "object/port.h"
#include "syscalls/entry.h"
#include "vm/fault.h"

static zx_status_t get_port(zx_handle_t handle, zx_rights_t rights, struct zi_port **out_port)
{
	return zi_handle_get(handle, ZX_OBJ_TYPE_PORT, rights, out_port, NULL);
}

static void put_port(struct zi_port *port)
{
	zi_object_unref(zi_port_object(port));
}

/* ZX_ERR_INVALID_ARGS: unknown options, bad `out`. ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES */
zx_status_t zx_port_create(uint32_t options, zx_handle_t *out)
{
	ZI_ENTRY(zx_port_create);
	struct zi_port *port;

	if (options != 0 && options != ZX_PORT_BIND_TO_INTERRUPT)
		return ZX_ERR_INVALID_ARGS;
	port = zi_port_new(options);
	if (port == NULL)
		return ZX_ERR_NO_MEMORY;
	return zi_handle_publish(zi_port_object(port), ZX_DEFAULT_PORT_RIGHTS, out);
}

/*
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (WRITE)
 * ZX_ERR_INVALID_ARGS  bad `packet`
 * ZX_ERR_NO_MEMORY
 * ZX_ERR_SHOULD_WAIT   4097 user packets are queued
 */
zx_status_t zx_port_queue(zx_handle_t handle, const zx_port_packet_t *packet)
{
	ZI_ENTRY(zx_port_queue);
	zx_port_packet_t copy;
	struct zi_port *port;
	zx_status_t st = get_port(handle, ZX_RIGHT_WRITE, &port);

	if (st != ZX_OK)
		return st;
	st = zi_user_read(&copy, packet, sizeof(copy));
	if (st == ZX_OK)
		st = zi_port_queue_user(port, &copy);
	put_port(port);
	return st;
}

/*
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (READ)
 * ZX_ERR_TIMED_OUT
 * ZX_ERR_INVALID_ARGS  bad `packet`; the packet is lost
 */
zx_status_t zx_port_wait(zx_handle_t handle, zx_instant_mono_t deadline, zx_port_packet_t *packet)
{
	ZI_ENTRY(zx_port_wait);
	zx_port_packet_t got;
	struct zi_port *port;
	zx_status_t st = get_port(handle, ZX_RIGHT_READ, &port);

	if (st != ZX_OK)
		return st;
	st = zi_port_wait(port, deadline, &got);
	put_port(port);
	return st == ZX_OK ? zi_user_write(packet, &got, sizeof(got)) : st;
}

/*
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (WRITE)  the port
 * ZX_ERR_BAD_HANDLE, ZX_ERR_ACCESS_DENIED (WAIT), ZX_ERR_NOT_SUPPORTED  the source
 * ZX_ERR_NOT_FOUND
 */
zx_status_t zx_port_cancel(zx_handle_t handle, zx_handle_t source, uint64_t key)
{
	ZI_ENTRY(zx_port_cancel);
	struct zi_port *port;
	struct zi_object *o;
	uint64_t way;
	zx_status_t st = get_port(handle, ZX_RIGHT_WRITE, &port);

	if (st != ZX_OK)
		return st;
	st = zi_handle_get_way(source, ZX_RIGHT_WAIT, &o, &way);
	if (st == ZX_OK) {
		st = o->ops->waitable ? zi_port_cancel(port, o, way, key) : ZX_ERR_NOT_SUPPORTED;
		zi_object_unref(o);
	}
	put_port(port);
	return st;
}

/*
 * ZX_ERR_INVALID_ARGS  options
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (WRITE)
 * ZX_ERR_NOT_FOUND
 */
zx_status_t zx_port_cancel_key(zx_handle_t handle, uint32_t options, uint64_t key)
{
	ZI_ENTRY(zx_port_cancel_key);
	struct zi_port *port;
	zx_status_t st;

	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	st = get_port(handle, ZX_RIGHT_WRITE, &port);
	if (st != ZX_OK)
		return st;
	st = zi_port_cancel_key(port, key);
	put_port(port);
	return st;
}
