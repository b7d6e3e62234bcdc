/* Processes and their address spaces, without making those that nobody has asked for. */
#ifndef ZI_INSPECT_TASKS_H
#define ZI_INSPECT_TASKS_H

#include <stdbool.h>

#include <zircon/types.h>

#include "object/task.h"

struct zi_aspace;
struct zi_text;

/*
 * Calls fn for every process; for this process also while it has no object yet (p NULL), if it has
 * an address space. `as` is NULL where nothing was mapped yet. No lock is held. Stops when fn
 * answers false. False: no memory, or fn said so.
 */
bool zi_processes_walk(bool (*fn)(void *ctx, struct zi_process *p, struct zi_aspace *as),
		       void *ctx);
/* With one reference, NULL: none (any more). */
struct zi_process *zi_process_by_koid(zx_koid_t koid);

/* NULL: nothing was mapped yet. Valid while the process is referenced. */
struct zi_aspace *zi_process_aspace_if_made(struct zi_process *p);

/* ---- files of process/KOID; `p` is referenced */

zx_status_t zi_process_print_info(struct zi_process *p, struct zi_text *t);
zx_status_t zi_process_print_threads(struct zi_process *p, struct zi_text *t);

#endif
