/* The state of this library: at most one mount, which ends with the process. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <zirconia/fs.h>

#include "fs/fs_i.h"
#include "inspect/server.h"

#define EXPORT __attribute__((visibility("default")))

/* How long the end of the process waits for somebody who is just mounting or unmounting. */
#define EXIT_SECONDS 2

static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static struct zi_server *server;                             /* NULL: nothing is mounted */
static pid_t owner; /* a child that was made without our handlers may come here too */

zx_status_t zi_why(const struct zi_why *why, zx_status_t st, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, why->size, fmt, ap);
	va_end(ap);
	return st;
}

/*
 * The mount is the parent's, and its thread and descriptors are not here. Their memory stays as it
 * is: a copy that nobody frees.
 */
static void in_child(void)
{
	server = NULL;
	pthread_mutex_init(&changing, NULL);
}

/*
 * Whatever goes wrong here, another process unmounts as soon as this one is gone. But who started the
 * program should find nothing mounted when it has ended.
 */
static void at_exit(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += EXIT_SECONDS;
	if (pthread_mutex_timedlock(&changing, &t) != 0)
		return;
	if (server != NULL && owner == getpid() && zi_server_stop(server) != ZX_ERR_BAD_STATE)
		server = NULL;
	pthread_mutex_unlock(&changing);
}

static bool watch(void)
{
	static bool watching;

	if (!watching)
		watching = pthread_atfork(NULL, NULL, in_child) == 0 && atexit(at_exit) == 0;
	return watching;
}

static zx_status_t mount_locked(const struct zi_inspect *tree, const char *dir, uint32_t options,
				const struct zi_why *why)
{
	if (tree->version != ZI_INSPECT_VERSION)
		return zi_why(why, ZX_ERR_NOT_SUPPORTED, "%s is of another version", ZI_FS_LIBRARY);
	if (server != NULL && owner != getpid())
		server = NULL;
	/* Somebody else may have unmounted it. */
	if (server != NULL && zi_server_ended(server) && zi_server_stop(server) != ZX_ERR_BAD_STATE)
		server = NULL;
	if (server != NULL)
		return zi_why(why, ZX_ERR_ALREADY_EXISTS, "the process is shown at %s already",
			      zi_server_dir(server));
	if (!watch())
		return zi_why(why, ZX_ERR_NO_MEMORY, "no memory");
	owner = getpid();
	return zi_server_start(tree, dir, (options & ZIRCONIA_FS_READ_ONLY) != 0, why, &server);
}

EXPORT zx_status_t zirconia_fs_server_mount(const struct zi_inspect *tree, const char *dir,
					    uint32_t options, char *why, size_t why_size)
{
	const struct zi_why explain = {.text = why, .size = why_size};
	zx_status_t st;

	pthread_mutex_lock(&changing);
	st = mount_locked(tree, dir, options, &explain);
	pthread_mutex_unlock(&changing);
	return st;
}

EXPORT zx_status_t zirconia_fs_server_unmount(void)
{
	zx_status_t st = ZX_ERR_BAD_STATE;

	pthread_mutex_lock(&changing);
	if (server != NULL && owner == getpid()) {
		st = zi_server_stop(server);
		if (st == ZX_ERR_BAD_STATE)
			st = ZX_ERR_TIMED_OUT;
		else
			server = NULL;
	}
	pthread_mutex_unlock(&changing);
	return st;
}
