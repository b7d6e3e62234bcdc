/*
 * Ports: queues of packets with threads that wait for them.
 *
 * A packet is embedded in whatever it tells of. User packets and the packets of asynchronous waits
 * are the port's own; those of pagers and interrupts belong to their makers, who queue and cancel
 * them here and are told when one was taken.
 */
#ifndef ZI_OBJECT_PORT_H
#define ZI_OBJECT_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/syscalls/port.h>
#include <zircon/types.h>

#include "base/list.h"
#include "object/object.h"

struct zi_port;
struct zi_port_packet;

/*
 * How the maker of a kernel packet learns that it left the queue by being delivered, or because the
 * port was closed.
 */
struct zi_port_packet_ops {
	/* The port's lock is held: only takes a reference on whatever contains the packet. */
	void (*hold)(struct zi_port_packet *p);
	/*
	 * No lock is held: the packet may be queued again. Drops the reference. port_closed: nobody
	 * got it.
	 */
	void (*taken)(struct zi_port_packet *p, bool port_closed);
};

struct zi_port_packet {
	/* In the port's queue; not linked: not queued. Guarded by the port's lock. */
	struct zi_link link;
	const struct zi_port_packet_ops *ops;
	zx_port_packet_t packet;
};

/* zx_port_create; options are 0 or ZX_PORT_BIND_TO_INTERRUPT. NULL: no memory. */
struct zi_port *zi_port_new(uint32_t options);
/* The start of every zi_port is its struct zi_object. */
static inline struct zi_object *zi_port_object(struct zi_port *p)
{
	return (struct zi_object *)p;
}
/* Was it made with ZX_PORT_BIND_TO_INTERRUPT? */
bool zi_port_takes_interrupts(const struct zi_port *p);

/*
 * ---- kernel packets: no limit, no memory needed. They may be queued under any lock of smaller
 * rank than PORT.
 */

/*
 * Queues p at the tail; with `interrupt` in the queue that goes before all others. p->packet and
 * p->ops are filled; its maker holds a reference on the port. False: the port has no handle left,
 * nothing was queued. It must not be queued already.
 */
bool zi_port_queue_kernel(struct zi_port *port, struct zi_port_packet *p, bool interrupt);
/*
 * Takes p out of the queue: true. False: it is not in the queue; if it was, `taken` is or will be
 * called.
 */
bool zi_port_cancel_kernel(struct zi_port *port, struct zi_port_packet *p);

/* ---- the calls, after their handle checks */

/* SHOULD_WAIT: full. BAD_HANDLE: no handle left. NO_MEMORY. */
zx_status_t zi_port_queue_user(struct zi_port *port, const zx_port_packet_t *packet);
/* TIMED_OUT */
zx_status_t zi_port_wait(struct zi_port *port, int64_t deadline, zx_port_packet_t *out_packet);

/* What is in a port at one moment. */
struct zi_port_counts {
	uint32_t options;
	uint32_t interrupts; /* packets of interrupts … */
	uint32_t users;      /* … of zx_port_queue … */
	uint32_t others;     /* … of signals and pagers */
	uint32_t waits;      /* zx_object_wait_async that were not told yet */
	uint32_t sleepers;   /* threads in zx_port_wait */
};
void zi_port_count(struct zi_port *port, struct zi_port_counts *out);

/* ---- port_async.c */

zx_status_t zi_port_wait_async(struct zi_port *port, struct zi_object *source, uint64_t way,
			       uint64_t key, zx_signals_t signals, uint32_t options);
/* NOT_FOUND */
zx_status_t zi_port_cancel(struct zi_port *port, struct zi_object *source, uint64_t way,
			   uint64_t key);
zx_status_t zi_port_cancel_key(struct zi_port *port, uint64_t key);

#endif
