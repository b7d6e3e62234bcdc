/* The thread that answers the kernel, and what it answers: libfuse's calls become calls of the table. */
#define FUSE_USE_VERSION 314

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <fuse_lowlevel.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fs/fs_i.h"

/* So often it is looked whether the program has other threads left. */
#define LOOK_MSEC 1000
/* So long it is waited until nothing is mounted any more. */
#define GONE_MSEC 10000
/* Of ours. */
#define THREADS 2

struct zi_server {
	pthread_t thread;
	struct zi_looker *looker;
	_Atomic bool stop;  /* wish; see poke() */
	_Atomic bool ended; /* the thread is on its last line */
	/* of the start: */
	const char *asked_dir;
	bool read_only;
	const struct zi_why *why;
	sem_t started;
	zx_status_t status;
	/* the thread's; descriptors are of its own table */
	struct zi_mount mount;
	struct fuse *fuse;
	pid_t tid;
	int wake[2]; /* pipe */
	uid_t uid;
	gid_t gid;
	bool gone; /* it is unmounted */
};

static struct zi_server *server_here(void)
{
	return fuse_get_context()->private_data;
}

static zx_status_t ask(struct zi_look *job)
{
	return zi_looker_do(server_here()->looker, job);
}

static int errno_of(zx_status_t st)
{
	switch (st) {
	case ZX_OK:
		return 0;
	case ZX_ERR_NOT_FOUND:
		return -ENOENT;
	case ZX_ERR_NOT_DIR:
		return -ENOTDIR;
	case ZX_ERR_NOT_FILE:
		return -EISDIR;
	case ZX_ERR_ACCESS_DENIED:
		return -EACCES;
	case ZX_ERR_NO_MEMORY:
		return -ENOMEM;
	case ZX_ERR_NOT_SUPPORTED:
		return -EOPNOTSUPP;
	case ZX_ERR_BAD_STATE:
		return -EBUSY;
	case ZX_ERR_OUT_OF_RANGE:
		return -ENOSPC;
	case ZX_ERR_SHOULD_WAIT:
		return -EAGAIN;
	case ZX_ERR_INVALID_ARGS:
		return -EINVAL;
	default:
		return -EIO;
	}
}

/* ---- what is there */

static mode_t type_of(enum zi_entry_kind kind)
{
	return kind == ZI_ENTRY_DIR ? S_IFDIR : kind == ZI_ENTRY_LINK ? S_IFLNK : S_IFREG;
}

static int on_getattr(const char *path, struct stat *out, struct fuse_file_info *fi)
{
	const struct zi_server *s = server_here();
	struct zi_entry e;
	zx_status_t st = ask(&(struct zi_look){.what = ZI_DO_LOOK, .path = path, .entry = &e});

	(void)fi;
	if (st != ZX_OK)
		return errno_of(st);
	memset(out, 0, sizeof(*out));
	out->st_mode = type_of(e.kind);
	if (e.kind == ZI_ENTRY_DIR)
		out->st_mode |= 0555;
	else if (e.kind == ZI_ENTRY_LINK)
		out->st_mode |= 0777;
	else
		out->st_mode |= (e.readable ? 0444u : 0u) | (e.writable ? 0200u : 0u);
	out->st_nlink = e.kind == ZI_ENTRY_DIR ? 2 : 1;
	out->st_uid = s->uid;
	out->st_gid = s->gid;
	out->st_size = (off_t)(e.size > INT64_MAX ? INT64_MAX : e.size);
	clock_gettime(CLOCK_REALTIME, &out->st_mtim);
	out->st_atim = out->st_ctim = out->st_mtim;
	return 0;
}

struct filling {
	fuse_fill_dir_t fill;
	void *buf;
	bool full;
};

static bool add_name(void *ctx, const char *name, enum zi_entry_kind kind)
{
	struct filling *f = ctx;
	struct stat st = {.st_mode = type_of(kind)};

	f->full = f->fill(f->buf, name, &st, 0, 0) != 0;
	return !f->full;
}

static int on_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t off,
		      struct fuse_file_info *fi, enum fuse_readdir_flags flags)
{
	struct filling f = {.fill = fill, .buf = buf};
	zx_status_t st;

	(void)off, (void)fi, (void)flags;
	add_name(&f, ".", ZI_ENTRY_DIR);
	add_name(&f, "..", ZI_ENTRY_DIR);
	st = ask(&(struct zi_look){.what = ZI_DO_LIST, .path = path, .add = add_name, .ctx = &f});
	return f.full ? -ENOMEM : errno_of(st);
}

static int on_readlink(const char *path, char *buf, size_t size)
{
	return errno_of(
		ask(&(struct zi_look){.what = ZI_DO_LINK, .path = path, .to = buf, .size = size}));
}

/* ---- files */

static int on_open(const char *path, struct fuse_file_info *fi)
{
	const int mode = fi->flags & O_ACCMODE;
	struct zi_look job = {.what = ZI_DO_OPEN,
			      .path = path,
			      .to_read = mode != O_WRONLY,
			      .to_write = mode != O_RDONLY};
	zx_status_t st;

	/* The size is the program's business. */
	if ((fi->flags & O_TRUNC) != 0)
		return -EPERM;
	st = ask(&job);
	fi->fh = (uintptr_t)job.file;
	/* Sizes are not known before, and bytes change without anybody telling. */
	fi->direct_io = 1;
	return errno_of(st);
}

static struct zi_opened *opened(const struct fuse_file_info *fi)
{
	return (struct zi_opened *)(uintptr_t)fi->fh;
}

static int on_read(const char *path, char *buf, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct zi_look job = {.what = ZI_DO_READ,
			      .file = opened(fi),
			      .off = (uint64_t)off,
			      .to = buf,
			      .size = size};
	zx_status_t st = ask(&job);

	(void)path;
	return st == ZX_OK ? (int)job.done : errno_of(st);
}

static int on_write(const char *path, const char *buf, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	struct zi_look job = {.what = ZI_DO_WRITE,
			      .file = opened(fi),
			      .off = (uint64_t)off,
			      .from = buf,
			      .size = size};
	zx_status_t st = ask(&job);

	(void)path;
	return st == ZX_OK ? (int)job.done : errno_of(st);
}

static int on_release(const char *path, struct fuse_file_info *fi)
{
	(void)path;
	return errno_of(ask(&(struct zi_look){.what = ZI_DO_CLOSE, .file = opened(fi)}));
}

/* ---- what cannot be done: a plain answer instead of "not implemented" */

static int no_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
	(void)path, (void)size, (void)fi;
	return -EPERM;
}

static int no_chmod(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	(void)path, (void)mode, (void)fi;
	return -EPERM;
}

static int no_chown(const char *path, uid_t uid, gid_t gid, struct fuse_file_info *fi)
{
	(void)path, (void)uid, (void)gid, (void)fi;
	return -EPERM;
}

static int no_utimens(const char *path, const struct timespec tv[2], struct fuse_file_info *fi)
{
	(void)path, (void)tv, (void)fi;
	return -EPERM;
}

static int no_mknod(const char *path, mode_t mode, dev_t dev)
{
	(void)path, (void)mode, (void)dev;
	return -EROFS;
}

static int no_mkdir(const char *path, mode_t mode)
{
	(void)path, (void)mode;
	return -EROFS;
}

static int no_unlink(const char *path)
{
	(void)path;
	return -EROFS;
}

static int no_link(const char *from, const char *to)
{
	(void)from, (void)to;
	return -EROFS;
}

static int no_rename(const char *from, const char *to, unsigned flags)
{
	(void)from, (void)to, (void)flags;
	return -EROFS;
}

static void *on_init(struct fuse_conn_info *conn, struct fuse_config *cfg)
{
	/* Pipes would be descriptors of the program, for copies of a few kilobytes. */
	conn->want &= ~((unsigned)FUSE_CAP_SPLICE_READ | (unsigned)FUSE_CAP_SPLICE_WRITE |
			(unsigned)FUSE_CAP_SPLICE_MOVE);
	cfg->direct_io = 1;
	cfg->entry_timeout = cfg->attr_timeout = cfg->negative_timeout = 0;
	return fuse_get_context()->private_data;
}

static const struct fuse_operations operations = {
	.init = on_init,
	.getattr = on_getattr,
	.readdir = on_readdir,
	.readlink = on_readlink,
	.open = on_open,
	.read = on_read,
	.write = on_write,
	.release = on_release,
	.truncate = no_truncate,
	.chmod = no_chmod,
	.chown = no_chown,
	.utimens = no_utimens,
	.mknod = no_mknod,
	.mkdir = no_mkdir,
	.unlink = no_unlink,
	.rmdir = no_unlink,
	.symlink = no_link,
	.link = no_link,
	.rename = no_rename,
};

/* ---- the thread */

/*
 * Are our threads the only ones that have not ended? A first thread that left by pthread_exit is
 * still listed, as a zombie.
 */
static bool are_last_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *e;
	int alive = 0;

	if (dir == NULL)
		return false;
	while (alive <= THREADS && (e = readdir(dir)) != NULL) {
		char path[300], state = 'Z';
		FILE *f;

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/stat", e->d_name);
		f = fopen(path, "re");
		/* The name stands in brackets, and may hold any. */
		if (f != NULL) {
			char line[512] = "";
			const char *end;

			if (fgets(line, sizeof(line), f) != NULL &&
			    (end = strrchr(line, ')')) != NULL)
				(void)sscanf(end + 1, " %c", &state);
			fclose(f);
		}
		alive += state != 'Z' && state != 'X';
	}
	closedir(dir);
	return alive == THREADS;
}

static void loop(struct zi_server *s, bool *out_last)
{
	struct fuse_session *session = fuse_get_session(s->fuse);
	struct pollfd p[2] = {{.fd = s->mount.device, .events = POLLIN},
			      {.fd = s->wake[0], .events = POLLIN}};
	struct fuse_buf buf = {0};

	while (!fuse_session_exited(session) && !atomic_load(&s->stop)) {
		const int n = poll(p, 2, LOOK_MSEC);

		if (n == 0 && are_last_threads()) {
			*out_last = true;
			break;
		}
		if (n <= 0 || p[0].revents == 0)
			continue;
		const int got = fuse_session_receive_buf(session, &buf);

		if (got == -EINTR || got == -EAGAIN)
			continue;
		if (got <= 0)
			break;
		fuse_session_process_buf(session, &buf);
	}
	free(buf.mem);
}

/* ---- its beginning and end */

/*
 * Nothing of the program's stays open here: a pipe that it closes is closed. False: the system does
 * not let us.
 */
static bool isolate(struct zi_server *s)
{
	int null;

	if (unshare(CLONE_FILES) != 0)
		return false;
	/* Not by the C library's function: sanitizers would take it for the program's. */
	if (syscall(SYS_close_range, 0u, ~0u, 0u) != 0) {
		const long max = sysconf(_SC_OPEN_MAX);

		for (long fd = 0; fd < max; fd++)
			syscall(SYS_close, fd);
	}
	/* libfuse has things to say on stderr. */
	null = open("/dev/null", O_RDWR);
	return null == 0 && dup(null) == 1 && dup(null) == 2 && pipe2(s->wake, O_CLOEXEC) == 0;
}

/* libfuse takes an open device for a mount point by this name. */
static bool attach(struct zi_server *s)
{
	char *argv[] = {(char *)"zxfs", NULL};
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	char name[32];

	/* A request that was there when it was looked for can be gone when it is read. */
	(void)fcntl(s->mount.device, F_SETFL, O_NONBLOCK);
	s->fuse = fuse_new(&args, &operations, sizeof(operations), s);
	fuse_opt_free_args(&args);
	if (s->fuse == NULL)
		return false;
	snprintf(name, sizeof(name), "/dev/fd/%d", s->mount.device);
	return fuse_mount(s->fuse, name) == 0;
}

static void detach(struct zi_server *s, bool attached)
{
	if (!attached)
		close(s->mount.device);
	/* Closes the device once it has it. */
	if (s->fuse != NULL)
		fuse_destroy(s->fuse);
	s->gone = zi_mount_close(&s->mount, GONE_MSEC);
}

static zx_status_t begin(struct zi_server *s)
{
	zx_status_t st;

	if (!isolate(s))
		return zi_why(s->why, ZX_ERR_NOT_SUPPORTED,
			      "a thread cannot have a table of descriptors of its own: %s",
			      strerror(errno));
	s->tid = gettid();
	s->uid = geteuid();
	s->gid = getegid();
	st = zi_mount_open(&s->mount, s->asked_dir, s->read_only, s->why);
	if (st != ZX_OK || attach(s))
		return st;
	detach(s, false);
	return zi_why(s->why, ZX_ERR_NO_MEMORY, "no memory");
}

static void *serve(void *arg)
{
	struct zi_server *s = arg;
	bool last = false;

	s->status = begin(s);
	const bool ok = s->status == ZX_OK;

	/* After this the server is gone if it did not start. */
	sem_post(&s->started);
	if (!ok)
		return NULL;
	loop(s, &last);
	detach(s, true);
	atomic_store(&s->ended, true);
	/* Not here: what the program writes at its end would go nowhere. */
	if (last)
		zi_looker_exit(s->looker);
	return NULL;
}

/* ---- from other threads */

static void server_free(struct zi_server *s)
{
	if (s->looker != NULL)
		zi_looker_stop(s->looker);
	sem_destroy(&s->started);
	free(s);
}

zx_status_t zi_server_start(const struct zi_inspect *tree, const char *dir, bool read_only,
			    const struct zi_why *why, struct zi_server **out_server)
{
	struct zi_server *s = calloc(1, sizeof(*s));
	zx_status_t st;

	if (s == NULL)
		return zi_why(why, ZX_ERR_NO_MEMORY, "no memory");
	s->asked_dir = dir;
	s->read_only = read_only;
	s->why = why;
	sem_init(&s->started, 0, 0);
	s->looker = zi_looker_start(tree);
	if (s->looker == NULL || !zi_thread_start(&s->thread, "zxfs", serve, s)) {
		server_free(s);
		return zi_why(why, ZX_ERR_NO_MEMORY, "no memory, or no more threads");
	}
	while (sem_wait(&s->started) != 0)
		continue;
	st = s->status;
	if (st == ZX_OK) {
		*out_server = s;
		return ZX_OK;
	}
	pthread_join(s->thread, NULL);
	server_free(s);
	return st;
}

const char *zi_server_dir(const struct zi_server *s)
{
	return s->mount.dir;
}

bool zi_server_ended(struct zi_server *s)
{
	return atomic_load(&s->ended);
}

/* The pipe is in the thread's table; without /proc the thread looks at the wish once in a while. */
static void poke(const struct zi_server *s)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/fd/%d", (int)s->tid, s->wake[1]);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, "", 1);
	close(fd);
}

zx_status_t zi_server_stop(struct zi_server *s)
{
	struct timespec deadline;
	bool gone;

	if (pthread_equal(s->thread, pthread_self()))
		return ZX_ERR_BAD_STATE;
	atomic_store(&s->stop, true);
	if (!zi_server_ended(s))
		poke(s);
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += 2 + GONE_MSEC / 1000;
	if (pthread_timedjoin_np(s->thread, NULL, &deadline) != 0)
		return ZX_ERR_BAD_STATE;
	gone = s->gone;
	server_free(s);
	return gone ? ZX_OK : ZX_ERR_TIMED_OUT;
}
