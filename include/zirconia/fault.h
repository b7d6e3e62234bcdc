/*
 * Faults as a program can ask about them, expect them and live through them.
 *
 * On Zircon an access that cannot be satisfied raises an exception whose synth_code tells why; a
 * debugger or a test catches it through an exception channel. Here the same is had in the faulting
 * thread:
 *
 *   ask       zirconia_fault_probe            would this access fault, and with which status?
 *                                             Nothing is accessed
 *   try       zirconia_probe_read8 ...        one access that answers a status instead of faulting
 *             zirconia_copy_fallible ...      many bytes; answers how many were done
 *   expect    zirconia_fault_catch            runs a function and catches the fault that ends it
 *             ZIRCONIA_FAULT_TRY              the same for a block of the own function
 *
 * Accesses through these functions are resolved like any other first: they commit pages, fork pages
 * of clones and ask pagers.
 *
 * Memory that is not emulated (the C library's, the stack, a null pointer) is covered too, as if
 * the host's mappings were Zircon's: ZX_ERR_NOT_FOUND where nothing is mapped, ZX_ERR_ACCESS_DENIED
 * where the mapping forbids it, ZX_ERR_OUT_OF_RANGE past the end of a mapped file.
 */
#ifndef ZIRCONIA_FAULT_H_
#define ZIRCONIA_FAULT_H_

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * What Zircon's exception report would say.
 *
 * The type is ZX_EXCP_FATAL_PAGE_FAULT, or ZX_EXCP_GENERAL for an address that no page can have.
 * The status is ZX_ERR_NOT_FOUND, _ACCESS_DENIED, _OUT_OF_RANGE, a pager's code and so on; ZX_OK
 * with ZX_EXCP_GENERAL.
 */
typedef struct zirconia_fault_info {
	uint32_t type;      /* zx_excp_type_t */
	zx_status_t status; /* synth_code */
	uint32_t access;    /* ZX_VM_PERM_READ, _WRITE or _EXECUTE: what was tried */
	uint32_t reserved;
	zx_vaddr_t addr;   /* of the byte that could not be accessed; 0 with ZX_EXCP_GENERAL */
	zx_vaddr_t ip;     /* of the instruction */
	uint64_t err_code; /* the processor's error code where there is one */
} zirconia_fault_info_t;

/* ---- ask */

/*
 * Would an access of the kind `access` (exactly one of ZX_VM_PERM_READ, _WRITE, _EXECUTE) to some
 * byte of [addr, addr + len) fault? Answers for the lowest such byte, as things are now; content
 * that would have to come from a pager is taken to arrive. len 0: ZX_OK.
 *
 * ZX_OK                  no
 * ZX_ERR_NOT_FOUND       no mapping there, or a discarded VMO
 * ZX_ERR_ACCESS_DENIED   the mapping's permissions do not allow it
 * ZX_ERR_OUT_OF_RANGE    past the end of the VMO, or past the stream size of a mapping that faults
 *                        there
 * ZX_ERR_INVALID_ARGS    `access` is something else
 * ZX_ERR_NO_MEMORY       the library could not be started
 *
 * Whether memory that is not emulated can be executed is not looked at beyond its being readable.
 */
zx_status_t zirconia_fault_probe(const volatile void *addr, size_t len, uint32_t access);

/* ---- try */

/*
 * One access of the width in the name, at any alignment; one that is aligned does not tear. ZX_OK,
 * or the status of the fault, and then *out_value is unchanged. ZX_ERR_NO_MEMORY also when the
 * library could not be started.
 */
zx_status_t zirconia_probe_read8(const volatile void *addr, uint8_t *out_value);
zx_status_t zirconia_probe_read16(const volatile void *addr, uint16_t *out_value);
zx_status_t zirconia_probe_read32(const volatile void *addr, uint32_t *out_value);
zx_status_t zirconia_probe_read64(const volatile void *addr, uint64_t *out_value);
zx_status_t zirconia_probe_write8(volatile void *addr, uint8_t value);
zx_status_t zirconia_probe_write16(volatile void *addr, uint16_t value);
zx_status_t zirconia_probe_write32(volatile void *addr, uint32_t value);
zx_status_t zirconia_probe_write64(volatile void *addr, uint64_t value);

/*
 * Atomic and relaxed: if *addr is `expected`, it becomes `desired`. *out_previous is what it was
 * before. `addr` is aligned to 4. ZX_OK, whether or not the value was the expected one, or the
 * status of the fault. The access is a write in either case.
 */
zx_status_t zirconia_probe_cmpxchg32(volatile void *addr, uint32_t expected, uint32_t desired,
				     uint32_t *out_previous);

/*
 * Copies up to n bytes, ascending, and answers how many were copied before a byte of either side
 * faulted: n means all. Nothing is touched for n 0. The ranges may not overlap, or the bytes are
 * undefined.
 */
size_t zirconia_copy_fallible(void *dst, const void *src, size_t n);
/* Stores up to n bytes of one value, the same way. */
size_t zirconia_fill_fallible(void *dst, uint8_t value, size_t n);

/* ---- make ready */

/*
 * System calls of Linux that are given memory which is not there answer EFAULT instead of waiting for it. Afterwards the kernel can
 * read (with `write`: and write) every byte of [addr, addr + len) as it is now: pages were asked for, forked and made dirty as by
 * accesses of the program. What another thread or a pager does next may undo that: callers try again.
 *
 * ZX_OK also when the range is not emulated, or len is 0. Otherwise the status of the access that failed.
 */
zx_status_t zirconia_make_ready(const volatile void *addr, size_t len, bool write);

/* ---- expect */

/*
 * Calls fn(arg). False when it returned; true when it faulted: then it was left on the spot, as by
 * longjmp, *out_info (may be NULL) tells about the fault, and the signal mask is the one of the
 * call. What fn had locked or allocated is left as it was.
 *
 * Only this thread's faults are caught. Calls nest: a fault goes to the innermost. A fault in a
 * signal handler of the program which interrupted a zx_* call is not caught by a frame outside of
 * the handler, because the call could never be finished.
 */
bool zirconia_fault_catch(void (*fn)(void *arg), void *arg, zirconia_fault_info_t *out_info);

/* One expectation, in the stack frame of the function that has it. Only `info` is for its owner. */
typedef struct zirconia_fault_frame {
	zirconia_fault_info_t info; /* after a fault */
	jmp_buf env;
	struct zirconia_fault_frame *outer;
	uintptr_t sp;
	unsigned locks_held;
	unsigned long sigmask[1024 / (8 * sizeof(unsigned long))];
} zirconia_fault_frame_t;

/*
 *	zirconia_fault_frame_t frame;
 *
 *	if (ZIRCONIA_FAULT_TRY(&frame)) {
 *		...                            (may fault; is never left by return, goto or break)
 *		zirconia_fault_end(&frame);
 *	} else {
 *		...                            (frame.info tells)
 *	}
 *
 * As with setjmp, variables of the function that the block changed and the other part reads must be
 * volatile.
 */
#define ZIRCONIA_FAULT_TRY(frame) (setjmp(zirconia_fault_begin(frame)->env) == 0)
zirconia_fault_frame_t *zirconia_fault_begin(zirconia_fault_frame_t *frame);
/* Frames end in the reverse order of their beginning; anything else aborts. */
void zirconia_fault_end(zirconia_fault_frame_t *frame);

__END_CDECLS

#endif
