/*
 * Kinds of thread state of zx_thread_read_state and zx_thread_write_state.
 */
#ifndef ZIRCON_SYSCALLS_DEBUG_H_
#define ZIRCON_SYSCALLS_DEBUG_H_

#include <zircon/types.h>

__BEGIN_CDECLS

typedef uint32_t zx_thread_state_topic_t;

#define ZX_THREAD_STATE_GENERAL_REGS ((zx_thread_state_topic_t)0u)
#define ZX_THREAD_STATE_FP_REGS ((zx_thread_state_topic_t)1u)
#define ZX_THREAD_STATE_VECTOR_REGS ((zx_thread_state_topic_t)2u)
#define ZX_THREAD_STATE_DEBUG_REGS ((zx_thread_state_topic_t)4u)
#define ZX_THREAD_STATE_SINGLE_STEP ((zx_thread_state_topic_t)5u)

/* Value that goes with ZX_THREAD_STATE_SINGLE_STEP: 0 or 1. */
typedef uint32_t zx_thread_state_single_step_t;

__END_CDECLS

#endif /* ZIRCON_SYSCALLS_DEBUG_H_ */
