/* Names: what makes, finds and removes them goes to LOWER at once. */
#include "vmofs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e;
	int err = 0;

	if (vf_stats_named(parent, name))
		vf_stats_entry(&e);
	else
		err = vf_node_lookup(vf_node_of(parent), name, &e);
	if (err != 0)
		fuse_reply_err(req, err);
	else
		fuse_reply_entry(req, &e);
}

static void forget(fuse_ino_t ino, uint64_t times)
{
	if (!vf_stats_is(ino))
		vf_node_forget(vf_node_of(ino), times);
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

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	char target[PATH_MAX + 1];
	const ssize_t n = readlinkat(vf_node_of(ino)->fd, "", target, sizeof(target));

	if (n < 0 || n == (ssize_t)sizeof(target)) {
		fuse_reply_err(req, n < 0 ? errno : ENAMETOOLONG);
		return;
	}
	target[n] = '\0';
	fuse_reply_readlink(req, target);
}

/* A name was made: it gets its owner, and the kernel its entry. */
static void reply_made(fuse_req_t req, struct vf_node *dir, const char *name, int flags)
{
	struct fuse_entry_param e;
	int err = vf_attr_give(req, dir->fd, name);

	if (err == 0)
		err = vf_node_lookup(dir, name, &e);
	else
		unlinkat(dir->fd, name, flags);
	if (err != 0)
		fuse_reply_err(req, err);
	else
		fuse_reply_entry(req, &e);
}

static bool refuse(fuse_req_t req, fuse_ino_t parent, const char *name, int err)
{
	if (!vf_stats_named(parent, name))
		return false;
	fuse_reply_err(req, err);
	return true;
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	struct vf_node *dir = vf_node_of(parent);

	if (refuse(req, parent, name, EEXIST))
		return;
	if (mknodat(dir->fd, name, mode, rdev) < 0)
		fuse_reply_err(req, errno);
	else
		reply_made(req, dir, name, 0);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct vf_node *dir = vf_node_of(parent);

	if (refuse(req, parent, name, EEXIST))
		return;
	if (mkdirat(dir->fd, name, mode) < 0)
		fuse_reply_err(req, errno);
	else
		reply_made(req, dir, name, AT_REMOVEDIR);
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct vf_node *dir = vf_node_of(parent);

	if (refuse(req, parent, name, EEXIST))
		return;
	if (symlinkat(target, dir->fd, name) < 0)
		fuse_reply_err(req, errno);
	else
		reply_made(req, dir, name, 0);
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e;
	struct vf_node *n, *dir = vf_node_of(parent);
	int err;

	if (vf_stats_is(ino)) {
		fuse_reply_err(req, EPERM);
		return;
	}
	if (refuse(req, parent, name, EEXIST))
		return;
	n = vf_node_of(ino);
	/* The other way, by the descriptor itself, takes a privilege. */
	if (linkat(n->fd, "", dir->fd, name, AT_EMPTY_PATH) < 0 &&
	    linkat(AT_FDCWD, vf_node_path(n).text, dir->fd, name, AT_SYMLINK_FOLLOW) < 0) {
		fuse_reply_err(req, errno);
		return;
	}
	err = vf_node_again(n, &e);
	if (err != 0)
		fuse_reply_err(req, err);
	else
		fuse_reply_entry(req, &e);
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	if (refuse(req, parent, name, EPERM))
		return;
	fuse_reply_err(req, unlinkat(vf_node_of(parent)->fd, name, 0) < 0 ? errno : 0);
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	if (refuse(req, parent, name, ENOTDIR))
		return;
	fuse_reply_err(req, unlinkat(vf_node_of(parent)->fd, name, AT_REMOVEDIR) < 0 ? errno : 0);
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t to_parent,
		      const char *to_name, unsigned flags)
{
	int st;

	if (refuse(req, parent, name, EPERM) || refuse(req, to_parent, to_name, EPERM))
		return;
	if (flags == 0)
		st = renameat(vf_node_of(parent)->fd, name, vf_node_of(to_parent)->fd, to_name);
	else
		st = renameat2(vf_node_of(parent)->fd, name, vf_node_of(to_parent)->fd, to_name,
			       flags);
	fuse_reply_err(req, st < 0 ? errno : 0);
}

void vf_ops_name(struct fuse_lowlevel_ops *ops)
{
	ops->lookup = op_lookup;
	ops->forget = op_forget;
	ops->forget_multi = op_forget_multi;
	ops->readlink = op_readlink;
	ops->mknod = op_mknod;
	ops->mkdir = op_mkdir;
	ops->symlink = op_symlink;
	ops->link = op_link;
	ops->unlink = op_unlink;
	ops->rmdir = op_rmdir;
	ops->rename = op_rename;
}
