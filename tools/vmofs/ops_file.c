/* Requests about open files. */
#include "vmofs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct vf_file *file_of(const struct fuse_file_info *fi)
{
	return (struct vf_file *)(uintptr_t)fi->fh;
}

static bool writes(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct vf_file *f;
	bool same;
	int err;

	if (vf_stats_is(ino)) {
		if (writes(fi->flags))
			fuse_reply_err(req, EACCES);
		else
			vf_stats_open(req, fi);
		return;
	}
	err = vf_file_use(vf_node_of(ino), writes(fi->flags), &f, &same);
	if (err == 0 && (fi->flags & O_TRUNC) != 0) {
		err = vf_file_resize(f, 0);
		if (err != 0)
			vf_file_unuse(f);
	}
	if (err != 0) {
		fuse_reply_err(req, err);
		return;
	}
	fi->fh = (uintptr_t)f;
	fi->keep_cache = same;
	if (fuse_reply_open(req, fi) != 0)
		vf_file_unuse(f);
}

/* *out_made: it was not there before. A descriptor or -errno. */
static int make(fuse_req_t req, const struct vf_node *dir, const char *name, mode_t mode, int flags)
{
	const int how = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
	int fd = openat(dir->fd, name, how | O_CREAT | O_EXCL, mode);
	int err;

	if (fd >= 0) {
		err = vf_attr_give_fd(req, dir->fd, fd);
		if (err == 0)
			return fd;
		close(fd);
		unlinkat(dir->fd, name, 0);
		return -err;
	}
	if (errno != EEXIST || (flags & O_EXCL) != 0)
		return -errno;
	fd = openat(dir->fd, name, how);
	return fd < 0 ? -errno : fd;
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	struct vf_node *dir = vf_node_of(parent);
	struct fuse_entry_param e;
	struct vf_file *f;
	int fd, err;

	if (vf_stats_named(parent, name)) {
		fuse_reply_err(req, EEXIST);
		return;
	}
	fd = make(req, dir, name, mode, fi->flags);
	if (fd < 0) {
		fuse_reply_err(req, -fd);
		return;
	}
	err = vf_node_lookup(dir, name, &e);
	if (err != 0) {
		close(fd);
		fuse_reply_err(req, err);
		return;
	}
	/* Takes the descriptor, too, when it is not used. */
	err = vf_file_use_fd(vf_node_of(e.ino), fd, &f);
	if (err == 0 && (fi->flags & O_TRUNC) != 0 && vf_file_size(f) != 0) {
		err = vf_file_resize(f, 0);
		if (err != 0)
			vf_file_unuse(f);
		else
			e.attr.st_size = 0;
	}
	if (err != 0) {
		vf_node_forget(vf_node_of(e.ino), 1);
		fuse_reply_err(req, err);
		return;
	}
	fi->fh = (uintptr_t)f;
	fi->keep_cache = 1;
	if (fuse_reply_create(req, &e, fi) != 0) {
		vf_file_unuse(f);
		vf_node_forget(vf_node_of(e.ino), 1);
	}
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	char *bytes;
	int64_t n;

	if (vf_stats_is(ino)) {
		vf_stats_read(req, size, off, fi);
		return;
	}
	bytes = vf_buffer();
	if (size > VF_MAX_IO)
		size = VF_MAX_IO;
	n = bytes == NULL ? -ENOMEM : vf_file_read(file_of(fi), bytes, size, (uint64_t)off);
	if (n < 0)
		fuse_reply_err(req, (int)-n);
	else
		fuse_reply_buf(req, bytes, (size_t)n);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size, off_t off,
		     struct fuse_file_info *fi)
{
	int64_t n;

	(void)ino;
	n = vf_file_write(file_of(fi), bytes, size, (uint64_t)off);
	if (n < 0)
		fuse_reply_err(req, (int)-n);
	else
		fuse_reply_write(req, (size_t)n);
}

/* close(2), once for each: what the kernel had collected has come already. */
static void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct vf_file *f = file_of(fi);
	bool dirty;
	int err = 0;

	if (vf_stats_is(ino)) {
		fuse_reply_err(req, 0);
		return;
	}
	pthread_mutex_lock(&f->meta);
	dirty = f->dirty;
	pthread_mutex_unlock(&f->meta);
	if (dirty && !vf_file_is_nameless(f)) {
		if (vf_options.close_wait)
			err = vf_back_write(f);
		else
			vf_back_start(f);
	}
	if (err == 0)
		err = vf_back_error(f);
	fuse_reply_err(req, err);
}

static void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	if (vf_stats_is(ino))
		vf_stats_release(fi);
	else
		vf_file_unuse(file_of(fi));
	fuse_reply_err(req, 0);
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *fi)
{
	fuse_reply_err(req, vf_stats_is(ino) ? 0 : vf_back_sync(file_of(fi), data_only != 0));
}

static int allocate(struct vf_file *f, int mode, off_t off, off_t len)
{
	const int zeroing = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;
	const uint64_t end = (uint64_t)off + (uint64_t)len;
	int err = 0;

	if ((mode & ~(zeroing | FALLOC_FL_KEEP_SIZE)) != 0)
		return EOPNOTSUPP;
	if ((mode & zeroing) != 0)
		err = vf_file_zero(f, (uint64_t)off, (uint64_t)len);
	else if (fallocate(f->fd, FALLOC_FL_KEEP_SIZE, off, len) < 0)
		err = errno;
	else
		atomic_store(&f->touched, true);
	if (err == 0 && (mode & FALLOC_FL_KEEP_SIZE) == 0 && end > vf_file_size(f))
		err = vf_file_resize(f, end);
	return err;
}

static void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
			 struct fuse_file_info *fi)
{
	fuse_reply_err(req, vf_stats_is(ino) ? EPERM : allocate(file_of(fi), mode, off, len));
}

/* Holes are LOWER's, which has to know what is written; what the kernel keeps it would not. */
static void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence,
		     struct fuse_file_info *fi)
{
	struct vf_file *f = file_of(fi);
	off_t found;
	int err;

	if (vf_options.kernel_cache || vf_stats_is(ino)) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	err = vf_back_write(f);
	found = err != 0 ? -1 : lseek(f->fd, off, whence);
	if (found < 0)
		fuse_reply_err(req, err != 0 ? err : errno);
	else
		fuse_reply_lseek(req, found);
}

void vf_ops_file(struct fuse_lowlevel_ops *ops)
{
	ops->open = op_open;
	ops->create = op_create;
	ops->read = op_read;
	ops->write = op_write;
	ops->flush = op_flush;
	ops->release = op_release;
	ops->fsync = op_fsync;
	ops->fallocate = op_fallocate;
	ops->lseek = op_lseek;
}
