/* Ports from the inside: for port.c and port_async.c. */
#ifndef ZI_OBJECT_PORT_I_H
#define ZI_OBJECT_PORT_I_H

#include "object/observer.h"
#include "object/port.h"

struct zi_port {
	struct zi_object object;
	uint32_t options;    /* fixed */
	struct zi_lock lock; /* rank PORT; guards what follows */
	bool closed;         /* the last handle is gone */
	/* Packets in both queues; read without the lock by spinning threads. */
	_Atomic uint32_t pending;
	struct zi_link interrupts; /* struct zi_port_packet.link; goes before `queue` */
	struct zi_link queue;
	uint32_t users;          /* user packets in `queue` */
	struct zi_link waits;    /* struct zi_async_wait.in_port: those not told yet */
	struct zi_link sleepers; /* threads in zi_port_wait, first come first woken */
	struct zi_link spares;   /* user packets to use again, by link */
	uint32_t nspares;
};

/* What tells the port's own packets from those of others. */
extern const struct zi_port_packet_ops zi_port_user_ops;
extern const struct zi_port_packet_ops zi_port_signal_ops;

/* One zx_object_wait_async: an observer first, a packet once it was told. */
struct zi_async_wait {
	struct zi_observer observer;  /* object lock */
	struct zi_port_packet packet; /* port lock */
	struct zi_link in_port;       /* on port->waits until told; port lock */
	struct zi_port *port;         /* no reference: a port that closes removes its waits */
	struct zi_object *object;     /* alive while in_port is linked: the handle holds it */
	uint32_t options;             /* ZX_WAIT_ASYNC_* */
};

/*
 * Puts a packet at the tail. Answers the futex word of a thread to wake after the locks, or NULL.
 * Requires port->lock.
 */
_Atomic uint32_t *zi_port_push_locked(struct zi_port *port, struct zi_link *queue,
				      struct zi_port_packet *p);
void zi_port_pull_locked(struct zi_port *port, struct zi_port_packet *p);
/* Frees a packet of the port's own kinds that is in no queue. */
void zi_port_packet_free(struct zi_port_packet *p);

/* The port lost its last handle: removes all its waits. */
void zi_port_drop_waits(struct zi_port *port);

#endif
