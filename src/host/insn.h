/*
 * Doing the work of one instruction that moves data from or to memory that is not there: for device models. The decoder is the
 * Zydis library, loaded when somebody asks for it, where the build found its headers.
 */
#ifndef ZI_HOST_INSN_H
#define ZI_HOST_INSN_H

#include <stdbool.h>
#include <stdint.h>

/* Is there a decoder for this machine? Loads it; not in a signal handler. */
bool zi_insn_start(void);

struct zi_insn_memory {
	uint64_t (*load)(void *ctx, unsigned width); /* bytes: 1, 2, 4, 8 */
	void (*store)(void *ctx, unsigned width, uint64_t value);
	void *ctx;
};

/*
 * [fault] The instruction at the context's instruction pointer accesses memory once: does that through the callbacks, sets the register and
 * steps on. False: it does something else, and nothing was done. Callbacks may do what the interrupted program might.
 */
bool zi_insn_step(void *ucontext, const struct zi_insn_memory *memory);

#endif
