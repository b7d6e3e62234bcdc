/* Which trap engine is in use. */
#include "vm/trap.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/inject.h"
#include "base/lock.h"
#include "base/options.h"
#include "host/host.h"

static const char *const names[] = {
	[ZI_TRAP_MPROTECT] = "mprotect",
	[ZI_TRAP_SIGBUS] = "sigbus",
	[ZI_TRAP_THREAD] = "thread",
};

static struct zi_lock choosing = ZI_LOCK_INIT(ZI_RANK_LEAF);
static _Atomic int chosen = -1;

/* The words of the option are in the order of the engines. */
static bool is_named(enum zi_trap_engine engine)
{
	return zi_option(ZI_OPTION_TRAP)->word == (unsigned)engine + 1;
}

/*
 * What the option names, if it is to be had; else what signals the thread itself; else what works
 * everywhere.
 */
static enum zi_trap_engine choose(void)
{
	if (is_named(ZI_TRAP_MPROTECT))
		return ZI_TRAP_MPROTECT;
	if (is_named(ZI_TRAP_THREAD) && zi_watch_open(ZI_WATCH_EVENTS)) {
		if (zi_trap_threads_start())
			return ZI_TRAP_THREAD;
		zi_watch_close();
	}
	if (zi_watch_open(ZI_WATCH_SIGBUS)) {
		if (is_named(ZI_TRAP_THREAD))
			zi_option_complain(ZI_OPTION_TRAP, "not possible here; sigbus is used");
		return ZI_TRAP_SIGBUS;
	}
	if (zi_option(ZI_OPTION_TRAP)->given)
		zi_option_complain(ZI_OPTION_TRAP, "not possible here; mprotect is used");
	return ZI_TRAP_MPROTECT;
}

/* The child watches nothing and has no service threads: it chooses anew. */
static void after_fork(void)
{
	zi_lock_init(&choosing, ZI_RANK_LEAF);
	zi_trap_threads_after_fork();
	atomic_store_explicit(&chosen, -1, memory_order_relaxed);
}

/* As in host/host.c. */
__attribute__((constructor)) static void watch_forks(void)
{
	(void)pthread_atfork(NULL, NULL, after_fork);
}

enum zi_trap_engine zi_trap_engine(void)
{
	int engine = atomic_load_explicit(&chosen, memory_order_acquire);

	if (__builtin_expect(engine >= 0, 1))
		return (enum zi_trap_engine)engine;

	ZI_LOCK_SCOPE(&choosing);

	engine = atomic_load_explicit(&chosen, memory_order_relaxed);
	if (engine < 0) {
		engine = (int)choose();
		atomic_store_explicit(&chosen, engine, memory_order_release);
	}
	return (enum zi_trap_engine)engine;
}

bool zi_trap_holds_threads(const void *addr, uint64_t len)
{
	const struct zi_host_caps *caps = zi_host_caps();
	const uintptr_t at = (uintptr_t)addr;

	return atomic_load_explicit(&chosen, memory_order_relaxed) == ZI_TRAP_THREAD &&
	       at < caps->root_base + caps->root_len && at + len > caps->root_base;
}

const char *zi_trap_engine_name_if_chosen(void)
{
	const int engine = atomic_load_explicit(&chosen, memory_order_acquire);

	return engine < 0 ? NULL : names[engine];
}

const char *zi_trap_engine_name(void)
{
	return names[zi_trap_engine()];
}
