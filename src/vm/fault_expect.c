/*
 * Expected faults: frames in the stack of whoever expects one, newest first per thread, and the
 * trap hook that ends the faulting code.
 *
 * The hook runs in the signal handler of the faulting thread. It writes the frame and the saved
 * registers, nothing else: the handler returns as usual, and the thread goes on in leave(), outside
 * of any handler, from where it jumps.
 */
#include "vm/fault_expect.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include <zircon/syscalls/exception.h>

#include "base/assert.h"
#include "base/lock.h"
#include "host/host.h"
#include "vm/fault.h"
#include "vm/vm.h"

static _Thread_local zirconia_fault_frame_t *innermost;

/* Two registers of 32 bytes. */
#define SHORT_MAX 64

_Atomic uint64_t zi_fault_short_max;
uint8_t zi_fault_avx;

zx_status_t zi_fault_start(void)
{
	const zx_status_t st = zi_vm_start();

	if (st != ZX_OK)
		return st;
#if defined(__x86_64__)
	/* Every thread that comes here stores the same. */
	__atomic_store_n(&zi_fault_avx, __builtin_cpu_supports("avx") != 0, __ATOMIC_RELAXED);
#endif
	atomic_store_explicit(&zi_fault_short_max, SHORT_MAX, memory_order_release);
	return ZX_OK;
}

/* ---- registers of the interrupted code */

#if defined(__x86_64__)

#define GENERAL_PROTECTION 13

static bool is_general_protection(const ucontext_t *uc)
{
	return uc->uc_mcontext.gregs[REG_TRAPNO] == GENERAL_PROTECTION;
}

static uintptr_t stack_pointer(const ucontext_t *uc)
{
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RSP];
}

static void go_on_at(ucontext_t *uc, const char *ip)
{
	uc->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)ip;
}

static void go_on_with_status(ucontext_t *uc, int64_t status)
{
	uc->uc_mcontext.gregs[REG_RDX] = status;
	go_on_at(uc, zi_try_landing);
}

static void go_on_in(ucontext_t *uc, void (*fn)(zirconia_fault_frame_t *), uintptr_t sp,
		     zirconia_fault_frame_t *arg)
{
	const greg_t direction_flag = 0x400;

	/* As after a call: the stack pointer is 8 past a multiple of 16, and strings go upwards. */
	uc->uc_mcontext.gregs[REG_RSP] = (greg_t)((sp & ~(uintptr_t)15) - 8);
	uc->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)fn;
	uc->uc_mcontext.gregs[REG_RDI] = (greg_t)(uintptr_t)arg;
	uc->uc_mcontext.gregs[REG_EFL] &= ~direction_flag;
}

#elif defined(__aarch64__)

static bool is_general_protection(const ucontext_t *uc)
{
	(void)uc;
	return false;
}

static uintptr_t stack_pointer(const ucontext_t *uc)
{
	return uc->uc_mcontext.sp;
}

static void go_on_at(ucontext_t *uc, const char *ip)
{
	uc->uc_mcontext.pc = (uintptr_t)ip;
}

static void go_on_with_status(ucontext_t *uc, int64_t status)
{
	uc->uc_mcontext.regs[1] = (uint64_t)status;
	go_on_at(uc, zi_try_landing);
}

static void go_on_in(ucontext_t *uc, void (*fn)(zirconia_fault_frame_t *), uintptr_t sp,
		     zirconia_fault_frame_t *arg)
{
	uc->uc_mcontext.sp = sp & ~(uintptr_t)15;
	uc->uc_mcontext.pc = (uintptr_t)fn;
	uc->uc_mcontext.regs[0] = (uintptr_t)arg;
}

#else
#error "expected faults are written for x86-64 and AArch64"
#endif

/* ---- the hook */

static uint32_t access_bit(enum zi_trap_access access)
{
	switch (access) {
	case ZI_ACCESS_WRITE:
		return ZX_VM_PERM_WRITE;
	case ZI_ACCESS_EXEC:
		return ZX_VM_PERM_EXECUTE;
	case ZI_ACCESS_READ:
		break;
	}
	return ZX_VM_PERM_READ;
}

/* For memory that is not ours: what Zircon would say if the host's mapping were one of its own. */
static zx_status_t told_status(const struct zi_trap *trap, zx_status_t status)
{
	if (status != ZX_OK)
		return status;
	if (is_general_protection(trap->ucontext))
		return ZX_ERR_NOT_FOUND;
	if (trap->is_sigbus)
		return ZX_ERR_OUT_OF_RANGE;
	return zi_user_probe(trap->addr, trap->access == ZI_ACCESS_WRITE);
}

static void describe(const struct zi_trap *trap, zx_status_t status, zirconia_fault_info_t *info)
{
	memset(info, 0, sizeof(*info));
	info->access = access_bit(trap->access);
	info->ip = trap->ip;
	info->err_code = trap->err_code;
	if (is_general_protection(trap->ucontext)) {
		info->type = ZX_EXCP_GENERAL;
		info->status = ZX_OK;
		return;
	}
	info->type = ZX_EXCP_FATAL_PAGE_FAULT;
	info->status = told_status(trap, status);
	info->addr = trap->addr;
}

__attribute__((noreturn)) static void leave(zirconia_fault_frame_t *frame)
{
	pthread_sigmask(SIG_SETMASK, (const sigset_t *)(const void *)frame->sigmask, NULL);
	innermost = frame->outer;
	longjmp(frame->env, 1);
}

/* A fault this close to the stack pointer means that the stack itself cannot be used. */
#define NEAR_STACK ((uintptr_t)1 << 16)

/*
 * Where leave() has its stack: where the faulting code had it, since below that everything is free
 * and carries no marks of a sanitizer. When it has run out of stack, where the frame's owner had
 * it.
 */
static uintptr_t stack_to_leave_on(const struct zi_trap *trap, const zirconia_fault_frame_t *frame)
{
	const uintptr_t sp = stack_pointer(trap->ucontext);

	return trap->addr - (sp - NEAR_STACK) < 2 * NEAR_STACK ? frame->sp : sp;
}

static bool is_between(uintptr_t ip, const char *begin, const char *end)
{
	return ip - (uintptr_t)begin < (uintptr_t)end - (uintptr_t)begin;
}

bool zi_fault_expecter(const struct zi_trap *trap, zx_status_t status)
{
	ucontext_t *uc = trap->ucontext;
	zirconia_fault_frame_t *frame = innermost;

	if (is_between(trap->ip, zi_try_begin, zi_try_end)) {
		go_on_with_status(uc, told_status(trap, status));
		return true;
	}
	if (is_between(trap->ip, (const char *)(uintptr_t)zi_fault_copy, zi_fault_copy_end)) {
		go_on_at(uc, zi_fault_copy_again);
		return true;
	}
	/*
	 * Another number of locks than at the frame's beginning: the fault struck a signal handler
	 * of the program in the middle of a call of ours, or the call itself is broken. Leaving
	 * would keep the lock forever.
	 */
	if (frame == NULL || frame->locks_held != zi_locks_held)
		return false;
	describe(trap, status, &frame->info);
	go_on_in(uc, leave, stack_to_leave_on(trap, frame), frame);
	return true;
}

/* ---- frames */

void zi_fault_frame_begin(zirconia_fault_frame_t *frame, uintptr_t sp)
{
	_Static_assert(sizeof(sigset_t) <= sizeof(frame->sigmask), "the frame holds a signal mask");
	_Static_assert(_Alignof(sigset_t) <= _Alignof(unsigned long), "and holds it aligned");
	/*
	 * Without a started library nothing can be caught; what faults then meets the default
	 * action.
	 */
	(void)zi_fault_expect_start();
	pthread_sigmask(SIG_SETMASK, NULL, (sigset_t *)(void *)frame->sigmask);
	frame->locks_held = zi_locks_held;
	frame->sp = sp;
	frame->outer = innermost;
	innermost = frame;
}

void zi_fault_frame_end(zirconia_fault_frame_t *frame)
{
	if (innermost != frame)
		ZI_PANIC("zirconia_fault_end: not the innermost frame of this thread");
	innermost = frame->outer;
}

/* ---- many bytes */

size_t zi_fault_copy_slow(void *dst, const void *src, size_t n)
{
	return zi_fault_expect_start() == ZX_OK ? zi_copy_count(dst, src, n) : 0;
}

size_t zi_fault_fill(void *dst, uint8_t value, size_t n)
{
	static const uint8_t zeros[ZI_PAGE];
	uint8_t values[512];
	const uint8_t *src = zeros;
	size_t block = sizeof(zeros);
	size_t done = 0;

	if (value != 0) {
		memset(values, value, sizeof(values));
		src = values;
		block = sizeof(values);
	}
	while (done < n) {
		const size_t want = n - done < block ? n - done : block;
		const size_t got = zi_fault_copy(ZI_USER_AT(dst, done), src, want);

		done += got;
		if (got < want)
			break;
	}
	return done;
}
