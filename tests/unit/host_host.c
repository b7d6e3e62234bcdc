/* zi-test: valgrind */
/* One start for all threads, and a new world in the child of a fork. */
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/slab.h"
#include "host/host_i.h"
#include "t.h"
#include "t_world.h"

const bool t_world_is_mine = true;

static void *start_in_thread(void *arg)
{
	(void)arg;
	return zi_host_start() == ZX_OK ? (void *)zi_host_caps()->root_base : NULL;
}

Test(host_host, start__by_many_threads__one_window)
{
	pthread_t thread[8];
	void *first, *base;

	for (unsigned i = 0; i < 8; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, start_in_thread, NULL), 0);
	pthread_join(thread[0], &first);
	cr_assert_not_null(first);
	for (unsigned i = 1; i < 8; i++) {
		pthread_join(thread[i], &base);
		cr_assert_eq(base, first);
	}
}

/* ---- fork */

static unsigned hooks;
static bool hook_saw_windows;

static void on_fork(void)
{
	hooks++;
	hook_saw_windows = zi_physmap != NULL && zi_slab_live() == 0 && zi_locks_held == 0;
}

static struct zi_cache *cache;
static pid_t parent;

/* Runs in the child; 0 when all is well, otherwise the number of the check that failed. */
static int in_child(const struct zi_extent *old, uintptr_t old_addr, uintptr_t old_physmap)
{
	struct zi_extent e;
	struct zi_extent_stats stats;
	uint8_t byte;
	bool fresh;
	void *p;

	if (hooks != 1 || !hook_saw_windows)
		return 1;
	if (zi_physmap != NULL || zi_window.fd != -1 || zi_window.bytes != 0)
		return 2;
	/* The old mappings are gone: not shared with the parent, and not there at all. */
	if (zi_copy_captured(&byte, (void *)old_addr, 1).done != 0 ||
	    zi_copy_captured(&byte, (void *)old_physmap, 1).done != 0)
		return 3;
	if (zi_host_start() != ZX_OK)
		return 4;
	zi_extent_stats(&stats);
	if (stats.live != 0 || stats.kept != 0 || !zi_arena_check())
		return 5;
	if (zi_extent_alloc(old->pages, 1, ZI_EXTENT_ZERO, &e) != ZX_OK)
		return 6;
	if (!zi_frame_is_zero(e.frame))
		return 7;
	memset(zi_frame_ptr(e.frame), 0xcc, T_PAGE);
	if (zi_place_frames(zi_host_caps()->root_base, T_PAGE, e.frame, ZI_PROT_R, false) !=
		    ZX_OK ||
	    *(volatile uint8_t *)zi_host_caps()->root_base != 0xcc)
		return 8;
	p = zi_cache_alloc(cache, &fresh);
	if (p == NULL || !fresh)
		return 9;
	p = zi_slab_alloc(100);
	if (p == NULL || !t_all(p, 100, 0))
		return 10;
	zi_slab_free(p, 100);
	return 0;
}

static void check_child(const struct zi_extent *e, uintptr_t addr)
{
	uintptr_t physmap = (uintptr_t)zi_frame_ptr(e->frame);
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(in_child(e, addr, physmap));
	cr_assert_gt(pid, 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status), "the child died of signal %d", WTERMSIG(status));
	cr_assert_eq(WEXITSTATUS(status), 0, "check %d failed in the child", WEXITSTATUS(status));
}

static void prepare(struct zi_extent *e)
{
	T_OK(zi_host_start());
	zi_host_set_fork_hook(on_fork);
	parent = getpid();
	cache = zi_cache_new("test", 80);
	cr_assert(cache != NULL && zi_cache_alloc(cache, NULL) != NULL);
	cr_assert_not_null(zi_slab_alloc(100));
	T_OK(zi_extent_alloc(4, 1, ZI_EXTENT_ZERO, e));
	memset(zi_frame_ptr(e->frame), 0x11, T_PAGE);
	T_OK(zi_place_frames(zi_host_caps()->root_base, T_PAGE, e->frame, ZI_PROT_R | ZI_PROT_W,
			     false));
}

Test(host_host, fork__child__has_an_empty_world)
{
	struct zi_extent e;

	prepare(&e);
	check_child(&e, zi_host_caps()->root_base);
	/* The parent noticed nothing. */
	cr_assert_eq(hooks, 0);
	cr_assert_eq(zi_frame_ptr(e.frame)[0], 0x11);
	cr_assert_eq(*(volatile uint8_t *)zi_host_caps()->root_base, 0x11);
	cr_assert(zi_arena_check());
}

static _Atomic bool stop;

static void *keep_locks_busy(void *arg)
{
	(void)arg;
	while (!stop) {
		struct zi_extent e;
		void *p = zi_slab_alloc(64), *q = zi_cache_alloc(cache, NULL);

		if (zi_extent_alloc(2, 1, ZI_EXTENT_ZERO, &e) == ZX_OK)
			zi_extent_free(e.frame, e.pages, false);
		zi_cache_free(cache, q);
		zi_slab_free(p, 64);
	}
	return NULL;
}

Test(host_host, fork__while_others_hold_locks__child_never_hangs)
{
	struct zi_extent e;
	pthread_t thread[2];

	t_require("no-tsan"); /* its own locks do not survive a fork of a threaded process */
	prepare(&e);
	for (unsigned i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, keep_locks_busy, NULL), 0);
	for (unsigned i = 0; i < (t_has("no-valgrind") ? 60 : 4); i++)
		check_child(&e, zi_host_caps()->root_base);
	stop = true;
	for (unsigned i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
}

/* The hook is still there in children of children, and the handlers work again. */
static bool heal(const struct zi_trap *trap, zx_status_t *out_status)
{
	(void)out_status;
	return mprotect((void *)(trap->addr & ~(T_PAGE - 1)), T_PAGE, PROT_READ | PROT_WRITE) == 0;
}

Test(host_host, fork__child_faults__resolved)
{
	struct zi_extent e;
	pid_t pid;
	int status;

	prepare(&e);
	zi_trap_set_resolver(heal);
	pid = fork();
	if (pid == 0) {
		volatile uint8_t *p =
			mmap(NULL, T_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		ZI_VG_MAKE_DEFINED((void *)(uintptr_t)p, T_PAGE);
		*p = 5;
		if (zi_host_start() != ZX_OK)
			_exit(1);
		pid = fork();
		if (pid == 0)
			_exit(hooks == 2 && zi_physmap == NULL && zi_host_start() == ZX_OK ? 0 : 2);
		_exit(waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 3);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}
