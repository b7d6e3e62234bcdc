/* Virtual interrupts: what programs trigger, and others wait for, or receive as packets of a port. */
#ifndef ZI_OBJECT_INTERRUPT_H
#define ZI_OBJECT_INTERRUPT_H

#include <stdint.h>

#include <zircon/types.h>

#include "object/object.h"

struct zi_interrupt;
struct zi_port;

/* options are reported, no more. NULL: no memory. */
struct zi_interrupt *zi_interrupt_new(uint32_t options);
static inline struct zi_object *zi_interrupt_object(struct zi_interrupt *i)
{
	return (struct zi_object *)i;
}

/* The calls after their handle checks. */

/* CANCELED, BAD_STATE, ALREADY_BOUND */
zx_status_t zi_interrupt_bind(struct zi_interrupt *i, struct zi_port *port, uint64_t key);
/* NOT_FOUND, CANCELED */
zx_status_t zi_interrupt_unbind(struct zi_interrupt *i, struct zi_port *port);
/* CANCELED */
zx_status_t zi_interrupt_trigger(struct zi_interrupt *i, int64_t timestamp);
/* BAD_STATE, CANCELED */
zx_status_t zi_interrupt_wait(struct zi_interrupt *i, int64_t *out_timestamp);
/* BAD_STATE, CANCELED */
zx_status_t zi_interrupt_ack(struct zi_interrupt *i);
/* NOT_FOUND: destroyed, but somebody has its packet. */
zx_status_t zi_interrupt_destroy(struct zi_interrupt *i);

#endif
