/*
 * libzirconia-fs.so from the inside: how the tree gets into the file system. It calls the C library,
 * libfuse and the table of functions that it was given, nothing else.
 *
 * One thread mounts, serves and unmounts, with a table of file descriptors of its own. So the program
 * does not find descriptors in its table that it did not open, cannot close them, and does not pass
 * them on by fork or exec; and when the program is killed while one of its threads waits for an answer
 * from the tree, the end of this thread closes the device, which ends the wait. Another thread, which
 * has the program's table, makes the calls of the tree.
 */
#ifndef ZI_FS_FS_I_H
#define ZI_FS_FS_I_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

#include "inspect/tree.h"

/* Where a failure is explained. */
struct zi_why {
	char *text;
	size_t size;
};
__attribute__((format(printf, 3, 4))) zx_status_t zi_why(const struct zi_why *why, zx_status_t st,
							 const char *fmt, ...);

/* ---- spawn.c */

/*
 * Starts a program that is no child of this process: it has no part in the program's waits, sends
 * no SIGCHLD, and goes on when the process ends. Descriptor `control` becomes 3 there, `errors` 2;
 * it has no others. Both are closed here. Waits until something can be read from `ours`, the other
 * end of `control`, or until nobody has that open any more. 0, or the errno of what failed.
 */
int zi_spawn(const char *path, char *const argv[], char *const envp[], int ours, int control,
	     int errors, int timeout_msec);

/* ---- mount.c; by the thread that serves */

struct zi_mount {
	char dir[PATH_MAX]; /* absolute, without links */
	int id;             /* of the mount, in mountinfo */
	int device;         /* who reads and writes here serves the file system */
	int control;        /* when this is closed, another process unmounts */
};

/* On failure nothing is open. */
zx_status_t zi_mount_open(struct zi_mount *m, const char *dir, bool read_only,
			  const struct zi_why *why);
/*
 * Unmounts, after the device was closed; waits for it. False: it is still there after so many
 * milliseconds.
 */
bool zi_mount_close(struct zi_mount *m, int msec);

/* ---- look.c */

struct zi_look {
	enum {
		ZI_DO_LOOK,
		ZI_DO_LIST,
		ZI_DO_LINK,
		ZI_DO_OPEN,
		ZI_DO_READ,
		ZI_DO_WRITE,
		ZI_DO_CLOSE,
	} what;
	/* The arguments of that call, as inspect/tree.h has them. */
	const char *path;
	struct zi_entry *entry;
	bool (*add)(void *ctx, const char *name, enum zi_entry_kind kind);
	void *ctx;
	bool to_read, to_write;
	struct zi_opened *file;
	uint64_t off;
	void *to;
	const void *from;
	size_t size, done;
	zx_status_t status;
};

struct zi_looker;

/* NULL: no memory, or no thread. By a thread with the program's descriptors. */
struct zi_looker *zi_looker_start(const struct zi_inspect *tree);
/* Waits for the answer. One thread asks. */
zx_status_t zi_looker_do(struct zi_looker *l, struct zi_look *job);
/* It shall end the process; returns at once, and nothing more may be asked. */
void zi_looker_exit(struct zi_looker *l);
/* Nobody asks any more. */
void zi_looker_stop(struct zi_looker *l);

/* A thread that is not the program's: with a small stack and without its signals. */
bool zi_thread_start(pthread_t *out_thread, const char *name, void *(*fn)(void *arg), void *arg);

/* ---- serve.c */

struct zi_server;

/*
 * Mounts, and starts serving. What zi_mount_open answers; NO_MEMORY; NOT_SUPPORTED: no table of
 * descriptors of its own.
 */
zx_status_t zi_server_start(const struct zi_inspect *tree, const char *dir, bool read_only,
			    const struct zi_why *why, struct zi_server **out_server);
const char *zi_server_dir(const struct zi_server *s);
/* Nobody serves any more, because somebody else unmounted it: zi_server_stop will be quick. */
bool zi_server_ended(struct zi_server *s);
/*
 * Unmounts, ends the thread and frees the server. TIMED_OUT: it is still mounted. BAD_STATE: the
 * thread does not end, and all stays as it is.
 */
zx_status_t zi_server_stop(struct zi_server *s);

#endif
