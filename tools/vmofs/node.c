/* Inodes of LOWER that the kernel knows, by device and number. */
#include "vmofs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUCKETS = 1 << 14 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct vf_node *buckets[BUCKETS];
static struct vf_node root;
static uint64_t count;

bool vf_node_init(int lower_fd)
{
	struct stat st;

	if (fstat(lower_fd, &st) < 0)
		return false;
	root = (struct vf_node){
		.fd = lower_fd,
		.dev = st.st_dev,
		.ino = st.st_ino,
		.type = S_IFDIR,
		.lookups = 1,
	};
	return true;
}

struct vf_node *vf_node_of(fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? &root : (struct vf_node *)(uintptr_t)ino;
}

fuse_ino_t vf_node_number(const struct vf_node *n)
{
	return n == &root ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)n;
}

bool vf_node_is_root(const struct vf_node *n)
{
	return n == &root;
}

struct vf_path vf_node_path(const struct vf_node *n)
{
	struct vf_path p;

	snprintf(p.text, sizeof(p.text), "/proc/self/fd/%d", n->fd);
	return p;
}

uint64_t vf_node_count(void)
{
	uint64_t n;

	pthread_mutex_lock(&lock);
	n = count;
	pthread_mutex_unlock(&lock);
	return n;
}

static struct vf_node **bucket_of(dev_t dev, ino_t ino)
{
	const uint64_t mixed = ((uint64_t)ino ^ (uint64_t)dev << 32) * 0x9E3779B97F4A7C15ull;

	return &buckets[mixed >> 50];
}

/* Takes fd over. NULL: no memory. */
static struct vf_node *find_or_make(int fd, const struct stat *st)
{
	struct vf_node **bucket = bucket_of(st->st_dev, st->st_ino);
	struct vf_node *n;

	pthread_mutex_lock(&lock);
	for (n = *bucket; n != NULL; n = n->next)
		if (n->ino == st->st_ino && n->dev == st->st_dev)
			break;
	if (n != NULL) {
		n->lookups++;
		pthread_mutex_unlock(&lock);
		close(fd);
		return n;
	}
	n = calloc(1, sizeof(*n));
	if (n != NULL) {
		n->fd = fd;
		n->dev = st->st_dev;
		n->ino = st->st_ino;
		n->type = st->st_mode & S_IFMT;
		n->lookups = 1;
		n->next = *bucket;
		*bucket = n;
		count++;
	} else {
		close(fd);
	}
	pthread_mutex_unlock(&lock);
	return n;
}

static int fill(struct vf_node *n, struct fuse_entry_param *e)
{
	int err;

	*e = (struct fuse_entry_param){
		.ino = vf_node_number(n),
		.attr_timeout = vf_options.timeout,
		.entry_timeout = vf_options.timeout,
	};
	err = vf_attr_fill(n, &e->attr);
	if (err != 0)
		vf_node_forget(n, 1);
	return err;
}

int vf_node_lookup(struct vf_node *parent, const char *name, struct fuse_entry_param *e)
{
	struct stat st;
	struct vf_node *n;
	int fd, err;

	fd = openat(parent->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (fstat(fd, &st) < 0) {
		err = errno;
		close(fd);
		return err;
	}
	n = find_or_make(fd, &st);
	return n == NULL ? ENOMEM : fill(n, e);
}

int vf_node_again(struct vf_node *n, struct fuse_entry_param *e)
{
	pthread_mutex_lock(&lock);
	n->lookups++;
	pthread_mutex_unlock(&lock);
	return fill(n, e);
}

static void remove_locked(struct vf_node *n)
{
	struct vf_node **at = bucket_of(n->dev, n->ino);

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	count--;
}

void vf_node_forget(struct vf_node *n, uint64_t times)
{
	bool gone;

	if (n == &root || times == 0)
		return;
	pthread_mutex_lock(&lock);
	if (n->lookups > times) {
		n->lookups -= times;
		pthread_mutex_unlock(&lock);
		return;
	}
	/*
	 * The last one stays counted until the file is saved: who looks the inode up meanwhile has
	 * to find this node, not what LOWER has.
	 */
	n->lookups = 1;
	pthread_mutex_unlock(&lock);
	if (S_ISREG(n->type))
		(void)vf_file_drop(n, true);
	pthread_mutex_lock(&lock);
	gone = --n->lookups == 0;
	if (gone)
		remove_locked(n);
	pthread_mutex_unlock(&lock);
	if (gone) {
		close(n->fd);
		free(n);
	}
}

void vf_node_forget_all(void)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (buckets[i] != NULL) {
			struct vf_node *n = buckets[i];

			buckets[i] = n->next;
			close(n->fd);
			free(n);
		}
	}
	close(root.fd);
}
