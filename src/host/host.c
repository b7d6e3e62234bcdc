/* The start of the host ring, and its new start in the child of a fork. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/inject.h"
#include "base/lock.h"
#include "base/options.h"
#include "base/slab.h"
#include "host/host_i.h"

/* One caller of extents can have this share of the arena at once, so that a few such callers fit. */
#define SEGMENT_SHARE 8

static struct {
	struct zi_lock lock;
	_Atomic bool ready;
	bool advised; /* stays true in children */
	void (*fork_hook)(void);
	struct zi_host_caps caps;
} host = {.lock = ZI_LOCK_INIT(ZI_RANK_STORE)};

static zx_status_t start_locked(void)
{
	struct zi_host_caps caps = {0};
	zx_status_t st;

	zi_options_start();
	zi_probe(&caps);
	st = zi_window_open();
	if (st != ZX_OK)
		return st;
	caps.arena_pages = zi_window.bytes >> 12;
	caps.max_segment_pages = caps.arena_pages / SEGMENT_SHARE;
	caps.root_base = (uintptr_t)zi_window.root;
	caps.root_len = zi_window.bytes;
	zi_arena_reset(caps.arena_pages);
	zi_copy_setup();
	if (caps.on_valgrind && !host.advised)
		zi_valgrind_advise();
	host.advised = true;
	if (!zi_signals_install()) {
		zi_window_close();
		return ZX_ERR_NO_MEMORY;
	}
	host.caps = caps;
	return ZX_OK;
}

zx_status_t zi_host_start(void)
{
	zx_status_t st = ZX_OK;

	if (__builtin_expect(atomic_load_explicit(&host.ready, memory_order_acquire), 1))
		return ZX_OK;

	ZI_LOCK_SCOPE(&host.lock);

	if (!atomic_load_explicit(&host.ready, memory_order_relaxed)) {
		st = start_locked();
		if (st == ZX_OK)
			atomic_store_explicit(&host.ready, true, memory_order_release);
	}
	return st;
}

bool zi_host_is_started(void)
{
	return atomic_load_explicit(&host.ready, memory_order_acquire);
}

const struct zi_host_caps *zi_host_caps(void)
{
	return &host.caps;
}

void zi_host_set_fork_hook(void (*child)(void))
{
	host.fork_hook = child;
}

/*
 * The child has one thread, and every lock may have been held by another. Mappings of VMOs would be
 * shared with the parent, which Zircon does not know: the child gets none of them.
 */
void zi_host_after_fork(void)
{
	zi_lock_after_fork();
	zi_lock_init(&host.lock, ZI_RANK_STORE);
	zi_inject_after_fork();
	zi_slab_after_fork();
	if (host.fork_hook != NULL)
		host.fork_hook();
	atomic_store_explicit(&host.ready, false, memory_order_relaxed);
	zi_signals_after_fork();
	zi_watch_close();
	zi_window_close();
	zi_arena_reset(0);
}

/*
 * Before anybody can be inside of the library: were it registered by the first call, a fork that another thread makes
 * during that call would have a child that waits for locks of nobody.
 */
__attribute__((constructor)) static void watch_forks(void)
{
	/* Fails only without memory; a forked child then goes on with a copy of everything. */
	(void)pthread_atfork(NULL, NULL, zi_host_after_fork);
}
