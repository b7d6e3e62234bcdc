/* Attributes: LOWER's, but for what a file has ahead of it. */
#include "vmofs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

int vf_attr_fill(struct vf_node *n, struct stat *st)
{
	struct vf_file *f;

	if (fstatat(n->fd, "", st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0)
		return errno;
	if (!S_ISREG(n->type))
		return 0;
	f = vf_file_use_present(n);
	if (f != NULL) {
		vf_file_overlay(f, st);
		vf_file_unuse(f);
	}
	return 0;
}

/* In a folder with set-group-ID the new name has the folder's group already. */
static bool owner(fuse_req_t req, int dir_fd, uid_t *uid, gid_t *gid)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	struct stat st;

	if (geteuid() != 0 || (ctx->uid == 0 && ctx->gid == 0))
		return false;
	*uid = ctx->uid;
	*gid = ctx->gid;
	if (fstat(dir_fd, &st) == 0 && (st.st_mode & S_ISGID) != 0)
		*gid = (gid_t)-1;
	return true;
}

int vf_attr_give(fuse_req_t req, int dir_fd, const char *name)
{
	uid_t uid;
	gid_t gid;

	if (owner(req, dir_fd, &uid, &gid) &&
	    fchownat(dir_fd, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return errno;
	return 0;
}

int vf_attr_give_fd(fuse_req_t req, int dir_fd, int fd)
{
	uid_t uid;
	gid_t gid;

	if (owner(req, dir_fd, &uid, &gid) && fchown(fd, uid, gid) < 0)
		return errno;
	return 0;
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;
	int err = 0;

	(void)fi;
	if (vf_stats_is(ino))
		vf_stats_stat(&st);
	else
		err = vf_attr_fill(vf_node_of(ino), &st);
	if (err != 0)
		fuse_reply_err(req, err);
	else
		fuse_reply_attr(req, &st, vf_options.timeout);
}

static int set_size(struct vf_node *n, uint64_t size, const struct fuse_file_info *fi)
{
	struct vf_file *f;
	int err;

	if (fi != NULL && fi->fh != 0)
		return vf_file_resize((struct vf_file *)(uintptr_t)fi->fh, size);
	if (!S_ISREG(n->type))
		return EINVAL;
	err = vf_file_use(n, true, &f, NULL);
	if (err != 0)
		return err;
	err = vf_file_resize(f, size);
	vf_file_unuse(f);
	return err;
}

static int set_times(struct vf_node *n, const struct stat *to, int what)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
	const struct vf_path path = vf_node_path(n);
	int st;

	if ((what & FUSE_SET_ATTR_ATIME_NOW) != 0)
		times[0].tv_nsec = UTIME_NOW;
	else if ((what & FUSE_SET_ATTR_ATIME) != 0)
		times[0] = to->st_atim;
	if ((what & FUSE_SET_ATTR_MTIME_NOW) != 0)
		times[1].tv_nsec = UTIME_NOW;
	else if ((what & FUSE_SET_ATTR_MTIME) != 0)
		times[1] = to->st_mtim;
	if (S_ISREG(n->type) && (what & (FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW)) != 0) {
		struct vf_file *f = vf_file_use_present(n);
		struct timespec now;

		clock_gettime(CLOCK_REALTIME_COARSE, &now);
		if (f != NULL) {
			vf_file_set_mtime(f, times[1].tv_nsec == UTIME_NOW ? now : times[1]);
			st = utimensat(AT_FDCWD, path.text, times, 0) < 0 ? errno : 0;
			/* What is noted of LOWER when it is unused has to be this. */
			atomic_store(&f->touched, true);
			vf_file_unuse(f);
			return st;
		}
	}
	st = S_ISLNK(n->type) ? utimensat(n->fd, "", times, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) :
				utimensat(AT_FDCWD, path.text, times, 0);
	return st < 0 ? errno : 0;
}

static int set_owner(struct vf_node *n, const struct stat *to, int what)
{
	const uid_t uid = (what & FUSE_SET_ATTR_UID) != 0 ? to->st_uid : (uid_t)-1;
	const gid_t gid = (what & FUSE_SET_ATTR_GID) != 0 ? to->st_gid : (gid_t)-1;

	return fchownat(n->fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
}

static int set_all(struct vf_node *n, const struct stat *to, int what,
		   const struct fuse_file_info *fi)
{
	int err = 0;

	if ((what & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) != 0)
		err = set_owner(n, to, what);
	if (err == 0 && (what & FUSE_SET_ATTR_MODE) != 0 &&
	    chmod(vf_node_path(n).text, to->st_mode & 07777) < 0)
		err = errno;
	if (err == 0 && (what & FUSE_SET_ATTR_SIZE) != 0)
		err = set_size(n, (uint64_t)to->st_size, fi);
	if (err == 0 && (what & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_ATIME_NOW |
				 FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW)) != 0)
		err = set_times(n, to, what);
	return err;
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *to, int what,
		       struct fuse_file_info *fi)
{
	struct stat st;
	int err = EPERM;

	if (!vf_stats_is(ino)) {
		err = set_all(vf_node_of(ino), to, what, fi);
		if (err == 0)
			err = vf_attr_fill(vf_node_of(ino), &st);
	}
	if (err != 0)
		fuse_reply_err(req, err);
	else
		fuse_reply_attr(req, &st, vf_options.timeout);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs st;
	const struct vf_node *n = vf_node_of(vf_stats_is(ino) ? FUSE_ROOT_ID : ino);

	if (fstatvfs(n->fd, &st) < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_statfs(req, &st);
}

void vf_ops_attr(struct fuse_lowlevel_ops *ops)
{
	ops->getattr = op_getattr;
	ops->setattr = op_setattr;
	ops->statfs = op_statfs;
}
