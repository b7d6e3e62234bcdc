/* Folders are read from LOWER as they are. */
#include "vmofs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct dir {
	DIR *stream;
	struct dirent *next; /* read, and not told yet */
	off_t at;
};

static struct dir *dir_of(const struct fuse_file_info *fi)
{
	return (struct dir *)(uintptr_t)fi->fh;
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct dir *d = calloc(1, sizeof(*d));
	const int fd = d == NULL ?
			       -1 :
			       openat(vf_node_of(ino)->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = d == NULL ? ENOMEM : errno;

	if (fd >= 0) {
		d->stream = fdopendir(fd);
		if (d->stream != NULL) {
			fi->fh = (uintptr_t)d;
			if (fuse_reply_open(req, fi) == 0)
				return;
			closedir(d->stream);
			free(d);
			return;
		}
		err = errno;
		close(fd);
	}
	free(d);
	fuse_reply_err(req, err);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* One entry into the buffer; 0: it does not fit. */
static size_t put(fuse_req_t req, struct vf_node *n, const struct dirent *d, char *to, size_t room,
		  bool plus)
{
	struct fuse_entry_param e = {
		.attr = {.st_ino = d->d_ino, .st_mode = (mode_t)d->d_type << 12},
	};
	size_t used;

	if (!plus) {
		used = fuse_add_direntry(req, to, room, d->d_name, &e.attr, d->d_off);
		return used > room ? 0 : used;
	}
	if (!is_dots(d->d_name)) {
		/* Removed since it was listed, or no descriptor is left: told without a node. */
		if (vf_node_lookup(n, d->d_name, &e) != 0)
			e = (struct fuse_entry_param){
				.attr = {.st_ino = d->d_ino, .st_mode = (mode_t)d->d_type << 12},
			};
	}
	used = fuse_add_direntry_plus(req, to, room, d->d_name, &e, d->d_off);
	if (used <= room)
		return used;
	if (e.ino != 0)
		vf_node_forget(vf_node_of(e.ino), 1);
	return 0;
}

static void read_entries(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
			 const struct fuse_file_info *fi, bool plus)
{
	struct dir *d = dir_of(fi);
	char *buffer = malloc(size);
	size_t used = 0;
	int err = buffer == NULL ? ENOMEM : 0;

	if (off != d->at) {
		seekdir(d->stream, off);
		d->next = NULL;
		d->at = off;
	}
	while (err == 0) {
		size_t n;

		if (d->next == NULL) {
			errno = 0;
			d->next = readdir(d->stream);
			if (d->next == NULL) {
				err = errno;
				break;
			}
		}
		n = put(req, vf_node_of(ino), d->next, buffer + used, size - used, plus);
		if (n == 0)
			break;
		used += n;
		d->at = d->next->d_off;
		d->next = NULL;
	}
	/* What was put already has been looked up: it must be told. */
	if (err != 0 && used == 0)
		fuse_reply_err(req, err);
	else
		fuse_reply_buf(req, buffer, used);
	free(buffer);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	read_entries(req, ino, size, off, fi, false);
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
			   struct fuse_file_info *fi)
{
	read_entries(req, ino, size, off, fi, true);
}

static void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct dir *d = dir_of(fi);

	(void)ino;
	closedir(d->stream);
	free(d);
	fuse_reply_err(req, 0);
}

static void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *fi)
{
	const int fd = dirfd(dir_of(fi)->stream);

	(void)ino;
	fuse_reply_err(req, (data_only ? fdatasync(fd) : fsync(fd)) < 0 ? errno : 0);
}

void vf_ops_dir(struct fuse_lowlevel_ops *ops)
{
	ops->opendir = op_opendir;
	ops->readdir = op_readdir;
	ops->readdirplus = op_readdirplus;
	ops->releasedir = op_releasedir;
	ops->fsyncdir = op_fsyncdir;
}
