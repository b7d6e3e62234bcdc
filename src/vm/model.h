/*
 * Device models: callbacks that stand in for a physical range. A physical VMO that is made over such a range has no access through its
 * mappings: every access traps and becomes a call.
 */
#ifndef ZI_VM_MODEL_H
#define ZI_VM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>
#include <zirconia/mmio.h>

struct zi_trap;

/* INVALID_ARGS: not whole pages, or none; NOT_SUPPORTED: no decoder; ALREADY_EXISTS: it overlaps another. */
zx_status_t zi_model_add(uint64_t paddr, uint64_t size, const zirconia_mmio_backend_t *model,
			 void *ctx);
/* NOT_FOUND */
zx_status_t zi_model_remove(uint64_t paddr);
/* Is any of the range modelled? */
bool zi_model_covers(uint64_t paddr, uint64_t size);
void zi_model_after_fork(void);
/* For leak checks, with no other thread in a call: removes all. */
void zi_model_end(void);

/* [fault] The thread has faulted at this physical address. */
void zi_model_note(uint64_t paddr);
/* [fault] Does the access of the trap, at the address noted. False: its instruction is none that can be followed. No lock held. */
bool zi_model_trap(const struct zi_trap *trap);

#endif
