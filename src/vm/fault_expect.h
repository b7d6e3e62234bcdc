/*
 * What a program can do about its own faults (zirconia/fault.h): single accesses that answer a
 * status, expectations, probes, and the report on a fault that nobody expected. fault.c knows
 * nothing of this: the trap hooks bring it in after the resolver.
 */
#ifndef ZI_VM_FAULT_EXPECT_H
#define ZI_VM_FAULT_EXPECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>
#include <zirconia/fault.h>

struct zi_mapping;
struct zi_trap;

/*
 * ---- fault_try.S: leaf functions without a frame, in which a fault becomes the status of the
 * result
 */

struct zi_try {
	uint64_t value;
	int64_t status; /* a zx_status_t */
};

struct zi_try zi_try_load8(const volatile void *addr);
struct zi_try zi_try_load16(const volatile void *addr);
struct zi_try zi_try_load32(const volatile void *addr);
struct zi_try zi_try_load64(const volatile void *addr);
struct zi_try zi_try_store8(volatile void *addr, uint64_t value);
struct zi_try zi_try_store16(volatile void *addr, uint64_t value);
struct zi_try zi_try_store32(volatile void *addr, uint64_t value);
struct zi_try zi_try_store64(volatile void *addr, uint64_t value);
/* value: what was there before */
struct zi_try zi_try_cmpxchg32(volatile void *addr, uint64_t expected, uint64_t desired);
/* A write access that changes nothing, atomically. */
struct zi_try zi_try_touch(volatile void *addr);

/* The code of the above, and where a fault in it goes on. */
extern const char zi_try_begin[], zi_try_end[], zi_try_landing[];

/* ---- fault_expect.c */

/* To be the trap hook. Signal context. */
bool zi_fault_expecter(const struct zi_trap *trap, zx_status_t status);
/*
 * Starts the library: without it no fault is ours to handle. The trap handlers outlive everything,
 * also fork(2): once is enough.
 */
extern _Atomic uint64_t zi_fault_short_max; /* bytes; 0: not started. See fault_copy.S */
extern uint8_t zi_fault_avx;                /* set before the other */
zx_status_t zi_fault_start(void);
static inline zx_status_t zi_fault_expect_start(void)
{
	if (atomic_load_explicit(&zi_fault_short_max, memory_order_relaxed) != 0)
		return ZX_OK;
	return zi_fault_start();
}
/* Bodies of the calls of the same name in zirconia/fault.h. */
/* sp: below it the frame's owner needs nothing. */
void zi_fault_frame_begin(zirconia_fault_frame_t *frame, uintptr_t sp);
void zi_fault_frame_end(zirconia_fault_frame_t *frame);
size_t zi_fault_fill(void *dst, uint8_t value, size_t n);

/* ---- fault_copy.S: the body of zirconia_copy_fallible */

size_t zi_fault_copy(void *dst, const void *src, size_t n);
/*
 * For lengths and states that the above does not care for, and for whatever it faulted on
 * (fault_expect.c).
 */
size_t zi_fault_copy_slow(void *dst, const void *src, size_t n);
/* The code of the short copy, and where a fault in it goes on. */
extern const char zi_fault_copy_end[], zi_fault_copy_again[];

/* ---- fault_probe.c */

/*
 * What an access at addr, inside m, would be answered (vmar.md 8.1 rows 3-6), and in *out_end up to
 * where the same holds. Needs the address space lock and the tree lock of m's VMO. Signal-safe.
 */
zx_status_t zi_fault_judge_locked(const struct zi_mapping *m, zx_vaddr_t addr, uint32_t access,
				  zx_vaddr_t *out_end);
/* Body of zirconia_fault_probe after its checks of arguments. */
zx_status_t zi_fault_probe(uintptr_t addr, size_t len, uint32_t access);
/* Accesses every page of the range that lies in self's address space; the first failure, or ZX_OK. */
zx_status_t zi_fault_make_ready(uintptr_t addr, size_t len, bool write);

/* ---- fault_report.c */

/*
 * To be the trap hook: tells in plain words on fd what happened. Signal context; waits for no lock.
 */
void zi_fault_reporter(const struct zi_trap *trap, zx_status_t status, int fd);

#endif
