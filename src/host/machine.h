/*
 * The machine and the process: processors, memory, caches, random numbers, ends.
 */
#ifndef ZI_HOST_MACHINE_H
#define ZI_HOST_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Processors that exist, at least 1; the same for the life of the process. */
uint32_t zi_host_cpus(void);
/* Bytes of memory of the machine. */
uint64_t zi_host_physmem(void);
/*
 * Bytes that can still be had before the kernel has to kill somebody: what the machine has available and the control group of
 * the process may still take, whichever is less; swap does not count. UINT64_MAX when nobody tells.
 */
uint64_t zi_host_memory_available(void);
/* Bytes of a line of the data cache; a power of two. */
uint32_t zi_host_dcache_line(void);

/* Makes caches agree. Memory of the program is touched: no lock of ours may be held. */
void zi_host_cache_flush(const void *addr, size_t len, bool insn, bool data, bool invalidate);

/* Fills n bytes, 256 at most, with random numbers fit for keys. */
void zi_host_random(void *buf, size_t n);
/* Stirs n bytes into the source of those numbers; false when the machine does not let us. */
bool zi_host_add_entropy(const void *buf, size_t n);

/* Lets other threads run. */
void zi_host_yield(void);
/* Ends the process, or the thread, without returning. */
_Noreturn void zi_host_exit_process(int code);
_Noreturn void zi_host_exit_thread(void);

#endif
