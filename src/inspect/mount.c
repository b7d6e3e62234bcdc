/*
 * zirconia_fs_mount, and the option ZIRCONIA_FS. The work is done by a library that is loaded when
 * somebody asks, so that nobody else needs libfuse.
 */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zirconia/fs.h>

#include "base/options.h"
#include "base/park.h"
#include "inspect/server.h"
#include "object/object.h"

#define OPTIONS ZIRCONIA_FS_READ_ONLY

/* ---- the other library */

static struct {
	_Atomic(void *) library; /* stays loaded: a thread of it may run to the end */
	zi_fs_mount_fn *mount;
	zi_fs_unmount_fn *unmount;
} server;

/* Next to the file that this code is in. NULL: not there. */
static void *load_beside(void)
{
	char path[PATH_MAX];
	const char *slash;
	Dl_info info;
	int n;

	if (dladdr((const void *)&zi_inspect, &info) == 0 || info.dli_fname == NULL)
		return NULL;
	slash = strrchr(info.dli_fname, '/');
	if (slash == NULL)
		return NULL;
	n = snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - info.dli_fname), info.dli_fname,
		     ZI_FS_LIBRARY);
	return n < (int)sizeof(path) ? dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) : NULL;
}

static zx_status_t load(char *why, size_t why_size)
{
	static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
	zx_status_t st = ZX_OK;
	void *library;

	if (atomic_load_explicit(&server.library, memory_order_acquire) != NULL)
		return ZX_OK;
	pthread_mutex_lock(&loading);
	library = atomic_load_explicit(&server.library, memory_order_relaxed);
	if (library == NULL) {
		library = load_beside();
		if (library == NULL)
			library = dlopen(ZI_FS_LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
		if (library != NULL) {
			server.mount = (zi_fs_mount_fn *)(uintptr_t)dlsym(library, ZI_FS_MOUNT);
			server.unmount =
				(zi_fs_unmount_fn *)(uintptr_t)dlsym(library, ZI_FS_UNMOUNT);
		}
		if (library != NULL && server.mount != NULL && server.unmount != NULL) {
			atomic_store_explicit(&server.library, library, memory_order_release);
		} else {
			const char *error = dlerror();

			snprintf(why, why_size, "%s cannot be used: %s", ZI_FS_LIBRARY,
				 error == NULL ? "it is of another version" : error);
			st = ZX_ERR_NOT_SUPPORTED;
		}
	}
	pthread_mutex_unlock(&loading);
	return st;
}

/* ---- the calls */

zx_status_t zirconia_fs_mount(const char *dir, uint32_t options, char *why, size_t why_size)
{
	char unused[1];
	zx_status_t st;
	int cancel;

	if (why_size == 0) {
		why = unused;
		why_size = sizeof(unused);
	}
	why[0] = '\0';
	if (dir == NULL || dir[0] == '\0' || strlen(dir) >= PATH_MAX) {
		snprintf(why, why_size, "no directory is given");
		return ZX_ERR_INVALID_ARGS;
	}
	if ((options & ~OPTIONS) != 0) {
		snprintf(why, why_size, "unknown option");
		return ZX_ERR_INVALID_ARGS;
	}
	/* A thread that is cancelled in here would keep the locks. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	st = load(why, why_size);
	if (st == ZX_OK)
		st = server.mount(&zi_inspect, dir, options, why, why_size);
	pthread_setcancelstate(cancel, NULL);
	return st;
}

zx_status_t zirconia_fs_unmount(void)
{
	zx_status_t st;
	int cancel;

	if (atomic_load_explicit(&server.library, memory_order_acquire) == NULL)
		return ZX_ERR_BAD_STATE;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	st = server.unmount();
	pthread_setcancelstate(cancel, NULL);
	return st;
}

/* ---- ZIRCONIA_FS */

static _Atomic uint32_t load_ended;

/* Loading a library opens files: where the program does not see them. */
static void *load_apart(void *unused)
{
	char why[1];

	if (unshare(CLONE_FILES) == 0)
		(void)load(why, sizeof(why));
	if (zi_park_set(&load_ended))
		zi_futex_wake(&load_ended, 1);
	return unused;
}

static void *mount_as_told(void *dir)
{
	pthread_t loader;
	char why[512];

	/* What goes wrong is found, and told, once more by the call. */
	if (pthread_create(&loader, NULL, load_apart, NULL) == 0) {
		pthread_detach(loader);
		(void)zi_park(&load_ended, INT64_MAX);
	}
	if (zirconia_fs_mount(dir, 0, why, sizeof(why)) != ZX_OK)
		zi_option_complain(ZI_OPTION_FS, why);
	free(dir);
	return NULL;
}

/* The directory that is meant now: the program may go to another. NULL: no memory. */
static char *absolute(const char *dir)
{
	char *here, *path = NULL;

	if (dir[0] == '/')
		return strdup(dir);
	here = getcwd(NULL, 0);
	if (here != NULL && asprintf(&path, "%s/%s", here, dir) < 0)
		path = NULL;
	free(here);
	return path;
}

static void start_thread(char *dir)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	bool ok = false;

	/* Signals are the program's threads' business, but for those that a thread causes itself. */
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	if (dir != NULL && pthread_attr_init(&attr) == 0) {
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		ok = pthread_create(&thread, &attr, mount_as_told, dir) == 0;
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		pthread_attr_destroy(&attr);
	}
	if (!ok) {
		zi_option_complain(ZI_OPTION_FS, "no memory, or no thread");
		free(dir);
	}
}

/* Locks may be held, and mounting waits for another process: a thread does that. */
void zi_object_about_to_exist(void)
{
	static atomic_flag asked = ATOMIC_FLAG_INIT;
	const char *dir;

	if (atomic_flag_test_and_set_explicit(&asked, memory_order_relaxed))
		return;
	dir = zi_option(ZI_OPTION_FS)->text;
	if (dir != NULL)
		start_thread(absolute(dir));
}
