/* Extended attributes, passed through if that was asked for: the kernel wants one for each write. */
#include "vmofs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/xattr.h>

/* By a path in /proc, which ends at the file itself; for a symbolic link it would follow it. */
static bool refuse(fuse_req_t req, fuse_ino_t ino)
{
	if (!vf_stats_is(ino) && !S_ISLNK(vf_node_of(ino)->type))
		return false;
	fuse_reply_err(req, EPERM);
	return true;
}

/* What was read: the size alone when that was asked for. */
static void reply(fuse_req_t req, ssize_t n, const char *value, size_t size)
{
	if (n < 0)
		fuse_reply_err(req, errno);
	else if (size == 0)
		fuse_reply_xattr(req, (size_t)n);
	else
		fuse_reply_buf(req, value, (size_t)n);
}

static void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	char *value;

	if (refuse(req, ino))
		return;
	value = malloc(size + 1);
	if (value == NULL) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	reply(req, getxattr(vf_node_path(vf_node_of(ino)).text, name, value, size), value, size);
	free(value);
}

static void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	char *names;

	if (refuse(req, ino))
		return;
	names = malloc(size + 1);
	if (names == NULL) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	reply(req, listxattr(vf_node_path(vf_node_of(ino)).text, names, size), names, size);
	free(names);
}

static void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value,
			size_t size, int flags)
{
	if (refuse(req, ino))
		return;
	fuse_reply_err(req,
		       setxattr(vf_node_path(vf_node_of(ino)).text, name, value, size, flags) < 0 ?
			       errno :
			       0);
}

static void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	if (refuse(req, ino))
		return;
	fuse_reply_err(req, removexattr(vf_node_path(vf_node_of(ino)).text, name) < 0 ? errno : 0);
}

void vf_ops_xattr(struct fuse_lowlevel_ops *ops)
{
	ops->getxattr = op_getxattr;
	ops->listxattr = op_listxattr;
	ops->setxattr = op_setxattr;
	ops->removexattr = op_removexattr;
}
