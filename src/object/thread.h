/*
 * Threads of this process that asked for their handle. Threads of the C library are not known
 * before; nobody can tell when one begins.
 */
#ifndef ZI_OBJECT_THREAD_H
#define ZI_OBJECT_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <zircon/syscalls/object.h>
#include <zircon/types.h>

#include "object/object.h"

struct zi_process;

struct zi_thread {
	struct zi_object object;
	struct zi_process *process; /* one reference; fixed */
	pthread_t pthread;          /* valid while alive */
	zx_handle_t self;           /* what zx_thread_self() answers; the library's own */
	_Atomic zx_thread_state_t state;
	/* guarded by the tasks lock: */
	struct zi_link in_process; /* on process->threads while alive */
	bool alive;
	char name[ZX_MAX_NAME_LEN];
};

/* The calling thread's, NULL while it has none. */
extern _Thread_local struct zi_thread *zi_thread_current __attribute__((tls_model("initial-exec")));

/*
 * What ZX_INFO_THREAD says of the calling thread: ZX_THREAD_STATE_BLOCKED_* around a wait, RUNNING
 * after it.
 */
static inline void zi_thread_set_state(zx_thread_state_t state)
{
	if (zi_thread_current != NULL)
		atomic_store_explicit(&zi_thread_current->state, state, memory_order_relaxed);
}

/*
 * Handle of the calling thread, made at the first call; ZX_HANDLE_INVALID without memory. thread.c
 */
zx_handle_t zi_thread_self(void);
/*
 * What the end of a thread does to its object: TERMINATED, off the list of its process, the handle
 * closed. Runs by itself when a thread ends; a thread that leaves without its destructors calls it
 * first.
 */
void zi_thread_leave(void);
/* Nanoseconds of processor time; 0 for a dead one. */
int64_t zi_thread_runtime(struct zi_thread *t);

#endif
