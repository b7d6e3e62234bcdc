/*
 * The handler of SIGSEGV and SIGBUS.
 *
 * May be used in it: our own locks, zi_slab, futexes, write(2). Not malloc, not stdio. The frame of the handler
 * itself stays small: it may run on a signal stack of the program's making.
 *
 * The handler is installed with an empty mask and SA_NODEFER, so that the thread's mask in it is that of the
 * code that faulted. That is needed for three reasons: a thread that waits for a pager here must
 * stay as killable and interruptible as it was; a handler of the program that we call may touch
 * VMO memory and fault again; and it may leave by longjmp without restoring a mask. What guards
 * against endless recursion is a count of the resolvers under way in this thread.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <ucontext.h>

#include "base/format.h"
#include "base/lock.h"
#include "host/host_i.h"

#define STDERR 2
/*
 * A resolver that waits may be interrupted by a signal handler of the program that faults, and so on. More than
 * this is a fault inside the resolver itself.
 */
#define NESTED_MAX 16

static _Atomic zi_trap_resolver resolver;
static _Atomic zi_trap_reporter reporter;
static _Atomic zi_trap_expecter expecter;

static _Thread_local unsigned nested __attribute__((tls_model("initial-exec")));

void zi_trap_set_resolver(zi_trap_resolver fn)
{
	atomic_store_explicit(&resolver, fn, memory_order_release);
}

void zi_trap_set_reporter(zi_trap_reporter fn)
{
	atomic_store_explicit(&reporter, fn, memory_order_release);
}

void zi_trap_set_expecter(zi_trap_expecter fn)
{
	atomic_store_explicit(&expecter, fn, memory_order_release);
}

#if defined(__x86_64__)

#define PAGE_FAULT_WRITE ((uint64_t)1 << 1)
#define PAGE_FAULT_FETCH ((uint64_t)1 << 4)

static void read_context(struct zi_trap *trap, ucontext_t *uc)
{
	trap->ip = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
	trap->err_code = (uint64_t)uc->uc_mcontext.gregs[REG_ERR];
	trap->access = (trap->err_code & PAGE_FAULT_FETCH) != 0 ? ZI_ACCESS_EXEC :
		       (trap->err_code & PAGE_FAULT_WRITE) != 0 ? ZI_ACCESS_WRITE :
								  ZI_ACCESS_READ;
}

static void continue_at(ucontext_t *uc, uintptr_t ip)
{
	uc->uc_mcontext.gregs[REG_RIP] = (greg_t)ip;
}

#elif defined(__aarch64__)

#define RECORD_ESR 0x45535201u
#define ESR_CLASS(esr) ((esr) >> 26 & 0x3f)
#define ESR_CLASS_FETCH_USER 0x20u
#define ESR_WRITE ((uint64_t)1 << 6)

/* The syndrome register is in a list of tagged records behind the plain registers. */
static void read_context(struct zi_trap *trap, ucontext_t *uc)
{
	const unsigned char *at = (const unsigned char *)uc->uc_mcontext.__reserved;
	const unsigned char *end = at + sizeof(uc->uc_mcontext.__reserved);
	struct {
		uint32_t magic;
		uint32_t size;
		uint64_t value;
	} record;

	trap->ip = (uintptr_t)uc->uc_mcontext.pc;
	trap->access = ZI_ACCESS_READ;
	for (; at + sizeof(record) <= end; at += record.size) {
		memcpy(&record, at, sizeof(record));
		if (record.magic == RECORD_ESR) {
			trap->err_code = record.value;
			if (ESR_CLASS(record.value) == ESR_CLASS_FETCH_USER)
				trap->access = ZI_ACCESS_EXEC;
			else if ((record.value & ESR_WRITE) != 0)
				trap->access = ZI_ACCESS_WRITE;
			return;
		}
		if (record.magic == 0 || record.size == 0)
			return;
	}
}

static void continue_at(ucontext_t *uc, uintptr_t ip)
{
	uc->uc_mcontext.pc = ip;
}

#else
#error "zirconia knows the fault contexts of x86-64 and aarch64 only"
#endif

/* Is si_addr the address of an access that a mapping could satisfy? Not so for non-canonical ones, for one. */
static bool is_page_fault(int sig, const siginfo_t *info)
{
	if (sig == SIGSEGV)
		return info->si_code == SEGV_MAPERR || info->si_code == SEGV_ACCERR;
	return info->si_code == BUS_ADRERR || info->si_code == BUS_OBJERR;
}

static bool has_address(int sig, const siginfo_t *info)
{
	return info->si_code != SI_KERNEL && !(sig == SIGBUS && info->si_code == BUS_ADRALN);
}

/* Explains the faults that are nobody's mistake in a mapping, before the program is left to its fate. */
static void explain(const struct zi_trap *trap)
{
	if (zi_locks_held > 0 && zi_window_in_root(trap->addr))
		zi_print_fd(STDERR,
			    "zirconia: fault on emulated memory at %p in a signal handler that "
			    "interrupted a zx_ call\n",
			    (void *)trap->addr);
	else if (trap->is_sigbus && zi_window_in_physmap(trap->addr))
		zi_print_fd(STDERR,
			    "zirconia: the system has no memory for a page of a VMO "
			    "(address %p in the page store)\n",
			    (void *)trap->addr);
}

static bool resolve(const struct zi_trap *trap, zx_status_t *out_status)
{
	zi_trap_resolver fn = atomic_load_explicit(&resolver, memory_order_acquire);
	bool done;

	/* With a lock of ours held, resolving would wait for ourselves. */
	if (fn == NULL || zi_locks_held > 0 || nested >= NESTED_MAX)
		return false;
	nested++;
	done = fn(trap, out_status);
	nested--;
	return done;
}

static void on_fault(int sig, siginfo_t *info, ucontext_t *uc)
{
	struct zi_trap trap = {
		.addr = (uintptr_t)info->si_addr,
		.is_sigbus = sig == SIGBUS,
		.ucontext = uc,
	};
	struct zi_copy_stop stop;
	zi_trap_expecter expect;
	zi_trap_reporter report;
	enum zi_copy_site site;
	zx_status_t status = ZX_OK;

	read_context(&trap, uc);
	/* Valgrind makes up the fault of a jump, and leaves the hardware code empty. */
	if (trap.err_code == 0 && trap.addr == trap.ip)
		trap.access = ZI_ACCESS_EXEC;
	site = zi_copy_site_of(trap.ip);
	if (site != ZI_COPY_CAPTURED && is_page_fault(sig, info) && resolve(&trap, &status))
		return;
	if (site != ZI_COPY_NONE) {
		stop.addr = trap.addr;
		stop.addr_known = has_address(sig, info);
		stop.write = trap.access == ZI_ACCESS_WRITE;
		stop.status = status;
		continue_at(uc, zi_copy_stop(site, &stop));
		return;
	}
	expect = atomic_load_explicit(&expecter, memory_order_acquire);
	if (expect != NULL && expect(&trap, status))
		return;
	explain(&trap);
	report = atomic_load_explicit(&reporter, memory_order_acquire);
	if (report != NULL && status != ZX_OK)
		report(&trap, status, STDERR);
	zi_signals_chain(sig, info, uc);
}

void zi_trap_on_signal(int sig, siginfo_t *info, void *context)
{
	int saved = errno;

	/* Sent with kill() or the like: no access has failed. */
	if (info->si_code <= 0)
		zi_signals_chain(sig, info, context);
	else
		on_fault(sig, info, context);
	errno = saved;
}
