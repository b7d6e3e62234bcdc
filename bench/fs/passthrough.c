/*
 * What vmofs is compared with: the plain way to pass a folder through FUSE, as the example of the
 * same name that comes with libfuse does it. Each inode that the kernel knows has an O_PATH
 * descriptor; open files are descriptors of the folder's; reads are answered from the descriptor,
 * writes go to it by splice where that is possible; the kernel caches as it does by default; many
 * threads. Written for the comparison: only what its programs call is there.
 *
 *   passthrough FOLDER MOUNTPOINT [option of FUSE...]
 */
#define FUSE_USE_VERSION 312

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse_lowlevel.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct inode {
	struct inode *next, **link;
	int fd;
	ino_t ino;
	dev_t dev;
	uint64_t lookups;
};

static const double timeout = 1.0;
static struct inode root = {.lookups = 2};
static struct inode *inodes;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct inode *inode_of(fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? &root : (struct inode *)(uintptr_t)ino;
}

static int fd_of(fuse_ino_t ino)
{
	return inode_of(ino)->fd;
}

static int find(fuse_ino_t parent, const char *name, struct fuse_entry_param *e)
{
	int fd = openat(fd_of(parent), name, O_PATH | O_NOFOLLOW);
	struct inode *i;
	int err;

	*e = (struct fuse_entry_param){.attr_timeout = timeout, .entry_timeout = timeout};
	if (fd < 0)
		return errno;
	if (fstatat(fd, "", &e->attr, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0) {
		err = errno;
		close(fd);
		return err;
	}
	pthread_mutex_lock(&lock);
	for (i = inodes; i != NULL; i = i->next)
		if (i->ino == e->attr.st_ino && i->dev == e->attr.st_dev)
			break;
	if (i != NULL) {
		close(fd);
	} else {
		i = calloc(1, sizeof(*i));
		if (i == NULL)
			abort();
		i->fd = fd;
		i->ino = e->attr.st_ino;
		i->dev = e->attr.st_dev;
		i->next = inodes;
		i->link = &inodes;
		if (inodes != NULL)
			inodes->link = &i->next;
		inodes = i;
	}
	i->lookups++;
	pthread_mutex_unlock(&lock);
	e->ino = (fuse_ino_t)(uintptr_t)i;
	return 0;
}

static void forget(fuse_ino_t ino, uint64_t times)
{
	struct inode *i = inode_of(ino);

	if (i == &root)
		return;
	pthread_mutex_lock(&lock);
	i->lookups -= times;
	if (i->lookups == 0) {
		*i->link = i->next;
		if (i->next != NULL)
			i->next->link = i->link;
		close(i->fd);
		free(i);
	}
	pthread_mutex_unlock(&lock);
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e;
	const int err = find(parent, name, &e);

	if (err != 0)
		fuse_reply_err(req, err);
	else
		fuse_reply_entry(req, &e);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t times)
{
	forget(ino, times);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *all)
{
	for (size_t i = 0; i < count; i++)
		forget(all[i].ino, all[i].nlookup);
	fuse_reply_none(req);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	if (fstatat(fd_of(ino), "", &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_attr(req, &st, timeout);
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *to, int what,
		       struct fuse_file_info *fi)
{
	char path[64];
	int st = 0;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd_of(ino));
	if ((what & FUSE_SET_ATTR_SIZE) != 0)
		st = fi != NULL ? ftruncate((int)fi->fh, to->st_size) : truncate(path, to->st_size);
	if (st == 0 && (what & FUSE_SET_ATTR_MODE) != 0)
		st = chmod(path, to->st_mode);
	if (st < 0)
		fuse_reply_err(req, errno);
	else
		op_getattr(req, ino, fi);
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	fuse_reply_err(req, unlinkat(fd_of(parent), name, 0) < 0 ? errno : 0);
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd_of(ino));
	fd = open(path, fi->flags & ~O_NOFOLLOW);
	if (fd < 0) {
		fuse_reply_err(req, errno);
		return;
	}
	fi->fh = (uint64_t)fd;
	fuse_reply_open(req, fi);
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	struct fuse_entry_param e;
	const int fd = openat(fd_of(parent), name, (fi->flags | O_CREAT) & ~O_NOFOLLOW, mode);
	const int err = fd < 0 ? errno : find(parent, name, &e);

	if (err != 0) {
		fuse_reply_err(req, err);
		return;
	}
	fi->fh = (uint64_t)fd;
	fuse_reply_create(req, &e, fi);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	struct fuse_bufvec from = FUSE_BUFVEC_INIT(size);

	(void)ino;
	from.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	from.buf[0].fd = (int)fi->fh;
	from.buf[0].pos = off;
	fuse_reply_data(req, &from, FUSE_BUF_SPLICE_MOVE);
}

static void op_write_buf(fuse_req_t req, fuse_ino_t ino, struct fuse_bufvec *from, off_t off,
			 struct fuse_file_info *fi)
{
	struct fuse_bufvec to = FUSE_BUFVEC_INIT(fuse_buf_size(from));
	ssize_t n;

	(void)ino;
	to.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	to.buf[0].fd = (int)fi->fh;
	to.buf[0].pos = off;
	n = fuse_buf_copy(&to, from, 0);
	if (n < 0)
		fuse_reply_err(req, (int)-n);
	else
		fuse_reply_write(req, (size_t)n);
}

static void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	fuse_reply_err(req, close(dup((int)fi->fh)) < 0 ? errno : 0);
}

static void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	close((int)fi->fh);
	fuse_reply_err(req, 0);
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *fi)
{
	(void)ino;
	fuse_reply_err(req,
		       (data_only ? fdatasync((int)fi->fh) : fsync((int)fi->fh)) < 0 ? errno : 0);
}

static const struct fuse_lowlevel_ops ops = {
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.unlink = op_unlink,
	.open = op_open,
	.create = op_create,
	.read = op_read,
	.write_buf = op_write_buf,
	.flush = op_flush,
	.release = op_release,
	.fsync = op_fsync,
};

int main(int argc, char **argv)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	struct fuse_args args;
	struct fuse_session *session;
	int st = 1;

	if (argc < 3 || config == NULL) {
		fprintf(stderr, "passthrough FOLDER MOUNTPOINT [OPTION...]\n");
		return 2;
	}
	umask(0);
	root.fd = open(argv[1], O_PATH);
	if (root.fd < 0) {
		perror(argv[1]);
		return 1;
	}
	const char *point = argv[2];

	argv[2] = argv[0];
	args = (struct fuse_args)FUSE_ARGS_INIT(argc - 2, argv + 2);
	session = fuse_session_new(&args, &ops, sizeof(ops), NULL);
	if (session != NULL && fuse_set_signal_handlers(session) == 0 &&
	    fuse_session_mount(session, point) == 0) {
		st = fuse_session_loop_mt(session, config);
		fuse_session_unmount(session);
	}
	return st != 0;
}
