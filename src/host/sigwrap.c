/*
 * Who owns SIGSEGV and SIGBUS: our handler in front, the program's behind it.
 *
 * The library exports sigaction, signal, sigprocmask and pthread_sigmask. Once our handler is
 * installed, a handler that the program sets for the two signals becomes the chained one, and is what it reads
 * back. The two signals are taken out of every mask that the program sets, at any time: a thread that blocks
 * everything before the first VMO exists would die at its first fault later. What the program reads back as a
 * mask is the mask in force. The masks of ppoll, pselect and sigsuspend are left alone: they hold only
 * while the thread sleeps.
 *
 * In a build with AddressSanitizer or ThreadSanitizer the wrappers are left out, because these interpose the
 * same functions; then a handler that the program sets after the first VMO replaces ours.
 *
 * The chained handler gets its own mask blocked (less the two signals), SA_RESETHAND and SA_SIGINFO are
 * honoured; SA_NODEFER behaves as if set, and it runs on the signal stack if the thread has one.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/inject.h"
#include "host/host_i.h"

#define EXPORT __attribute__((visibility("default")))
#define KERNEL_SIGSET 8 /* bytes of the kernel's signal set */

typedef int (*sigaction_fn)(int, const struct sigaction *, struct sigaction *);
typedef int (*sigmask_fn)(int, const sigset_t *, sigset_t *);

static struct {
	atomic_flag
		busy; /* guards the rest; held with all signals blocked, because handlers take it too */
	bool installed;
	struct sigaction segv;
	struct sigaction bus;
} chained = {.busy = ATOMIC_FLAG_INIT};

/* ------------------------------------------------------------------ the real functions */

static int raw_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)syscall(SYS_rt_sigprocmask, how, set, old, KERNEL_SIGSET);
}

#if ZI_SANITIZED

static int real_sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	return sigaction(sig, act, old);
}

#else

/* What the kernel takes; its order of fields is not that of the C library. */
struct kernel_sigaction {
	void *handler;
	unsigned long flags;
#if defined(__x86_64__)
	void (*restorer)(void);
#endif
	uint64_t mask;
};

#if defined(__x86_64__)
#define KERNEL_SA_RESTORER 0x04000000u
/* In exactly these two instructions, by which debuggers and unwinders know the frame of a signal. */
void zi_signal_return(void);
__asm__(".text\n"
	".p2align 4\n"
	".hidden zi_signal_return\n"
	".globl zi_signal_return\n"
	".type zi_signal_return, @function\n"
	"nop\n"
	"zi_signal_return:\n"
	"	movq $15, %rax\n"
	"	syscall\n"
	".size zi_signal_return, .-zi_signal_return\n");
#endif

static int raw_sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	struct kernel_sigaction in = {0};
	struct kernel_sigaction out = {0};

	if (act != NULL) {
		in.handler = (void *)act->sa_sigaction;
		in.flags = (unsigned long)(unsigned)act->sa_flags;
		memcpy(&in.mask, &act->sa_mask, sizeof(in.mask));
#if defined(__x86_64__)
		in.flags |= KERNEL_SA_RESTORER;
		in.restorer = zi_signal_return;
#endif
	}
	if (syscall(SYS_rt_sigaction, sig, act != NULL ? &in : NULL, &out, KERNEL_SIGSET) < 0)
		return -1;
	if (old != NULL) {
		memset(old, 0, sizeof(*old));
		old->sa_sigaction = (void (*)(int, siginfo_t *, void *))out.handler;
		old->sa_flags = (int)(unsigned)out.flags;
		memcpy(&old->sa_mask, &out.mask, sizeof(out.mask));
	}
	return 0;
}

/* The next definition after ours; a static program has none, then the kernel is asked directly. */
static int real_sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	static _Atomic(sigaction_fn) found;
	sigaction_fn fn = atomic_load_explicit(&found, memory_order_acquire);

	if (fn == NULL) {
		void *symbol = dlsym(RTLD_NEXT, "sigaction");

		fn = symbol != NULL ? (sigaction_fn)symbol : raw_sigaction;
		atomic_store_explicit(&found, fn, memory_order_release);
	}
	return fn(sig, act, old);
}

#endif

/* ------------------------------------------------------------------ the chain */

static struct sigaction *slot_of(int sig)
{
	return sig == SIGSEGV ? &chained.segv : &chained.bus;
}

static void chained_lock(sigset_t *out_mask)
{
	sigset_t all;

	sigfillset(&all);
	raw_sigmask(SIG_BLOCK, &all, out_mask);
	while (atomic_flag_test_and_set_explicit(&chained.busy, memory_order_acquire))
		sched_yield();
}

static void chained_unlock(const sigset_t *mask)
{
	atomic_flag_clear_explicit(&chained.busy, memory_order_release);
	raw_sigmask(SIG_SETMASK, mask, NULL);
}

bool zi_signals_install(void)
{
	struct sigaction ours = {.sa_sigaction = zi_trap_on_signal,
				 .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	sigset_t mask;
	bool installed;

	sigemptyset(&ours.sa_mask);
	chained_lock(&mask);
	if (!chained.installed &&
	    ZI_HOST(SIGACTION, -1, real_sigaction(SIGSEGV, &ours, &chained.segv)) == 0) {
		if (ZI_HOST(SIGACTION, -1, real_sigaction(SIGBUS, &ours, &chained.bus)) == 0)
			chained.installed = true;
		else
			real_sigaction(SIGSEGV, &chained.segv, NULL);
	}
	installed = chained.installed;
	sigdelset(&mask, SIGSEGV);
	sigdelset(&mask, SIGBUS);
	chained_unlock(&mask);
	return installed;
}

/* The handlers themselves are inherited; only the guard may have been held by another thread. */
void zi_signals_after_fork(void)
{
	atomic_flag_clear(&chained.busy);
}

/*
 * After this the access is tried again and fails again, now with the default action: exit status, core file
 * and debugger show the program's own instruction. A signal that was sent is sent again.
 */
static void default_action(int sig, bool sent)
{
	struct sigaction def = {.sa_handler = SIG_DFL};
	sigset_t only;

	sigemptyset(&def.sa_mask);
	real_sigaction(sig, &def, NULL);
	if (sent) {
		sigemptyset(&only);
		sigaddset(&only, sig);
		raw_sigmask(SIG_UNBLOCK, &only, NULL);
		syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig);
	}
}

void zi_signals_chain(int sig, siginfo_t *info, void *context)
{
	bool sent = info->si_code <= 0;
	struct sigaction action;
	sigset_t mask;

	chained_lock(&mask);
	action = *slot_of(sig);
	if ((action.sa_flags & (int)SA_RESETHAND) != 0)
		slot_of(sig)->sa_handler = SIG_DFL;
	chained_unlock(&mask);

	if ((action.sa_flags & SA_SIGINFO) == 0) {
		if (action.sa_handler == SIG_IGN && sent)
			return;
		/* A fault cannot be ignored: it would come back for ever. */
		if (action.sa_handler == SIG_IGN || action.sa_handler == SIG_DFL) {
			default_action(sig, sent);
			return;
		}
	}
	sigdelset(&action.sa_mask, SIGSEGV);
	sigdelset(&action.sa_mask, SIGBUS);
	if (!sigisemptyset(&action.sa_mask))
		raw_sigmask(SIG_BLOCK, &action.sa_mask,
			    NULL); /* undone by the return from the signal */
	if ((action.sa_flags & SA_SIGINFO) != 0)
		action.sa_sigaction(sig, info, context);
	else
		action.sa_handler(sig);
}

/* ------------------------------------------------------------------ the exported wrappers */

#if !ZI_SANITIZED

static bool is_ours(int sig)
{
	return sig == SIGSEGV || sig == SIGBUS;
}

static int wrapped_sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	struct sigaction copy;
	struct sigaction before;
	sigset_t mask;

	if (act != NULL) {
		copy = *act;
		sigdelset(&copy.sa_mask, SIGSEGV);
		sigdelset(&copy.sa_mask, SIGBUS);
		act = &copy;
	}
	if (!is_ours(sig))
		return real_sigaction(sig, act, old);

	int rc = 0;

	chained_lock(&mask);
	if (chained.installed) {
		before = *slot_of(sig);
		if (act != NULL)
			*slot_of(sig) = copy;
	} else {
		rc = real_sigaction(sig, act, &before);
	}
	chained_unlock(&mask);
	if (rc == 0 && old != NULL)
		*old = before;
	return rc;
}

EXPORT int sigaction(int sig, const struct sigaction *restrict act, struct sigaction *restrict old)
{
	return wrapped_sigaction(sig, act, old);
}

EXPORT sighandler_t signal(int sig, sighandler_t handler)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};
	struct sigaction old;

	sigemptyset(&act.sa_mask);
	return wrapped_sigaction(sig, &act, &old) == 0 ? old.sa_handler : SIG_ERR;
}

/* Returns the set to use instead of `set`, which may be NULL. */
static const sigset_t *filtered(int how, const sigset_t *set, sigset_t *space)
{
	if (set == NULL || how == SIG_UNBLOCK)
		return set;
	*space = *set;
	sigdelset(space, SIGSEGV);
	sigdelset(space, SIGBUS);
	return space;
}

/* The two signals of the C library's own, which its functions never let a program block. */
static int direct_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t copy;
	uint64_t bits;

	if (set != NULL && how != SIG_UNBLOCK) {
		copy = *set;
		memcpy(&bits, &copy, sizeof(bits));
		bits &= ~((uint64_t)3 << 31);
		memcpy(&copy, &bits, sizeof(bits));
		set = &copy;
	}
	if (old != NULL)
		sigemptyset(old);
	return raw_sigmask(how, set, old);
}

EXPORT int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	static _Atomic(sigmask_fn) found;
	sigmask_fn fn = atomic_load_explicit(&found, memory_order_acquire);
	sigset_t space;

	if (fn == NULL) {
		void *symbol = dlsym(RTLD_NEXT, "sigprocmask");

		fn = symbol != NULL ? (sigmask_fn)symbol : direct_sigmask;
		atomic_store_explicit(&found, fn, memory_order_release);
	}
	return fn(how, filtered(how, set, &space), old);
}

static int direct_thread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	int saved = errno;
	int rc = direct_sigmask(how, set, old) == 0 ? 0 : errno;

	errno = saved;
	return rc;
}

EXPORT int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	static _Atomic(sigmask_fn) found;
	sigmask_fn fn = atomic_load_explicit(&found, memory_order_acquire);
	sigset_t space;

	if (fn == NULL) {
		void *symbol = dlsym(RTLD_NEXT, "pthread_sigmask");

		fn = symbol != NULL ? (sigmask_fn)symbol : direct_thread_sigmask;
		atomic_store_explicit(&found, fn, memory_order_release);
	}
	return fn(how, filtered(how, set, &space), old);
}

#endif
