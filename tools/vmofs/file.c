/*
 * Which nodes have a file, from the first use to the last page. A file that nobody uses stays, for
 * who opens it again; the ones unused longest go first.
 */
#include "vmofs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zircon/syscalls.h>

enum { BUCKETS = 1 << 12, MOST_UNUSED = 4096 };

static pthread_mutex_t files = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed =
	PTHREAD_COND_INITIALIZER; /* a node is busy no more, a file unused */
static struct vf_file *oldest, *newest;
static struct vf_file *by_id[BUCKETS];
static uint64_t count, unused;
static uint64_t next_id = 1;

bool vf_file_init(void)
{
	return true;
}

uint64_t vf_file_count(void)
{
	uint64_t n;

	pthread_mutex_lock(&files);
	n = count;
	pthread_mutex_unlock(&files);
	return n;
}

/* ---- lists; files lock */

static void list_remove(struct vf_file *f)
{
	*(f->older != NULL ? &f->older->newer : &oldest) = f->newer;
	*(f->newer != NULL ? &f->newer->older : &newest) = f->older;
	f->older = f->newer = NULL;
}

static void list_add(struct vf_file *f)
{
	f->older = newest;
	f->newer = NULL;
	*(newest != NULL ? &newest->newer : &oldest) = f;
	newest = f;
}

static struct vf_file **bucket_of(uint64_t id)
{
	return &by_id[id % BUCKETS];
}

static void ids_remove(struct vf_file *f)
{
	struct vf_file **at = bucket_of(f->id);

	while (*at != f)
		at = &(*at)->bucket_next;
	*at = f->bucket_next;
}

/* ---- making and unmaking; no lock, the node is busy */

static void destroy(struct vf_file *f)
{
	zx_handle_close(f->stream);
	zx_handle_close(f->vmo);
	if (f->fd >= 0)
		close(f->fd);
	pthread_rwlock_destroy(&f->lock);
	pthread_mutex_destroy(&f->back);
	pthread_mutex_destroy(&f->moment);
	pthread_mutex_destroy(&f->supply);
	pthread_mutex_destroy(&f->meta);
	free(f);
}

void vf_file_unref(struct vf_file *f)
{
	bool last;

	pthread_mutex_lock(&files);
	last = --f->refs == 0;
	pthread_mutex_unlock(&files);
	if (last)
		destroy(f);
}

struct vf_file *vf_file_by_id(uint64_t id)
{
	struct vf_file *f;

	pthread_mutex_lock(&files);
	for (f = *bucket_of(id); f != NULL; f = f->bucket_next)
		if (f->id == id)
			break;
	if (f != NULL)
		f->refs++;
	pthread_mutex_unlock(&files);
	return f;
}

void vf_file_complete(struct vf_file *f)
{
	pthread_mutex_lock(&files);
	ids_remove(f);
	f->refs--; /* the caller has one of its own */
	pthread_mutex_unlock(&files);
}

/* 0 or errno. Takes fd over only on success. */
static int make(struct vf_node *n, int fd, bool writable, struct vf_file **out)
{
	struct vf_file *f = calloc(1, sizeof(*f));
	struct stat st;
	zx_status_t zst;

	if (f == NULL)
		return ENOMEM;
	if (fstat(fd, &st) < 0) {
		const int err = errno;

		free(f);
		return err;
	}
	f->node = n;
	f->fd = fd;
	f->writable = writable;
	f->refs = 2;
	atomic_init(&f->whole, st.st_size == 0);
	f->seen_mtime = st.st_mtim;
	f->seen_size = st.st_size;
	pthread_rwlock_init(&f->lock, NULL);
	pthread_mutex_init(&f->back, NULL);
	pthread_mutex_init(&f->moment, NULL);
	pthread_mutex_init(&f->supply, NULL);
	pthread_mutex_init(&f->meta, NULL);
	pthread_mutex_lock(&files);
	f->id = next_id++;
	pthread_mutex_unlock(&files);
	zst = vf_pager_vmo(f->id, (uint64_t)st.st_size, &f->vmo);
	if (zst == ZX_OK)
		zst = zx_stream_create(ZX_STREAM_MODE_READ | ZX_STREAM_MODE_WRITE, f->vmo, 0,
				       &f->stream);
	if (zst != ZX_OK) {
		f->fd = -1;
		destroy(f);
		return vf_errno(zst);
	}
	pthread_mutex_lock(&files);
	f->bucket_next = *bucket_of(f->id);
	*bucket_of(f->id) = f;
	pthread_mutex_unlock(&files);
	*out = f;
	return 0;
}

/* Nothing of it is dirty, or is to be lost. */
static void take_down(struct vf_file *f)
{
	struct vf_node *n = f->node;
	struct stat st;
	const bool ok = fstat(f->fd, &st) == 0;

	pthread_mutex_lock(&files);
	n->file = NULL;
	n->known = ok;
	if (ok) {
		n->known_mtime = st.st_mtim;
		n->known_size = st.st_size;
	}
	list_remove(f);
	count--;
	unused--;
	pthread_mutex_unlock(&files);
	(void)vf_pager_detach(f->vmo);
	VF_COUNT(drops, 1);
	vf_file_unref(f);
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Has somebody else changed the file in LOWER while nobody used it here? */
static bool changed_outside(struct vf_file *f)
{
	struct stat st;
	bool same;

	pthread_mutex_lock(&f->meta);
	same = f->dirty || f->mtime_ahead;
	pthread_mutex_unlock(&f->meta);
	return !same && fstat(f->fd, &st) == 0 &&
	       !(same_time(st.st_mtim, f->seen_mtime) && st.st_size == f->seen_size);
}

/* Reading is needed in any case: pages that are written in part are read first. */
static int open_lower(const struct vf_node *n, bool write, int *out_fd, bool *out_writable)
{
	const struct vf_path path = vf_node_path(n);
	int fd = open(path.text, O_RDWR | O_CLOEXEC);

	*out_writable = fd >= 0;
	if (fd < 0 && !write)
		fd = open(path.text, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	*out_fd = fd;
	return 0;
}

/* A descriptor that can only read becomes one that can write, in the same place. */
static int make_writable(struct vf_file *f)
{
	int fd, err = 0;
	bool writable;

	err = open_lower(f->node, true, &fd, &writable);
	if (err != 0)
		return err;
	if (dup3(fd, f->fd, O_CLOEXEC) < 0)
		err = errno;
	close(fd);
	if (err == 0)
		f->writable = true;
	return err;
}

/* ---- using */

static void use_locked(struct vf_file *f)
{
	if (f->users++ == 0)
		unused--;
}

/* The node is busy: nobody else makes, widens or takes down its file. */
static int use_busy(struct vf_node *n, bool write, int *fd, struct vf_file **out, bool *out_same)
{
	struct vf_file *f = n->file;
	bool writable = *fd >= 0;
	int err;

	*out_same = f != NULL;
	if (f != NULL && f->users == 0 && changed_outside(f)) {
		VF_COUNT(outside, 1);
		take_down(f);
		f = NULL;
		*out_same = false;
	} else if (f == NULL && n->known) {
		struct stat st;

		*out_same = fstatat(n->fd, "", &st, AT_EMPTY_PATH) == 0 &&
			    same_time(st.st_mtim, n->known_mtime) && st.st_size == n->known_size;
	}
	if (f != NULL)
		err = write && !f->writable ? make_writable(f) : 0;
	else {
		err = *fd >= 0 ? 0 : open_lower(n, write, fd, &writable);
		if (err == 0)
			err = make(n, *fd, writable, &f);
		if (err == 0)
			*fd = -1;
	}
	pthread_mutex_lock(&files);
	if (err == 0) {
		if (n->file == NULL) {
			n->file = f;
			list_add(f);
			count++;
			unused++;
		}
		use_locked(f);
		list_remove(f);
		list_add(f);
		*out = f;
	}
	n->busy = false;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&files);
	return err;
}

static int use(struct vf_node *n, bool write, int *fd, struct vf_file **out, bool *out_same)
{
	pthread_mutex_lock(&files);
	while (n->busy)
		pthread_cond_wait(&changed, &files);
	if (n->file != NULL && n->file->users != 0 && (!write || n->file->writable)) {
		use_locked(n->file);
		*out = n->file;
		*out_same = true;
		pthread_mutex_unlock(&files);
		return 0;
	}
	n->busy = true;
	pthread_mutex_unlock(&files);
	return use_busy(n, write, fd, out, out_same);
}

int vf_file_use(struct vf_node *n, bool write, struct vf_file **out, bool *out_same)
{
	int fd = -1, err;
	bool same;

	err = use(n, write, &fd, out, &same);
	if (fd >= 0)
		close(fd);
	if (err == 0 && out_same != NULL)
		*out_same = same;
	return err;
}

int vf_file_use_fd(struct vf_node *n, int fd, struct vf_file **out)
{
	bool same;
	const int err = use(n, true, &fd, out, &same);

	if (fd >= 0)
		close(fd);
	return err;
}

struct vf_file *vf_file_use_present(struct vf_node *n)
{
	struct vf_file *f;

	pthread_mutex_lock(&files);
	while (n->busy)
		pthread_cond_wait(&changed, &files);
	f = n->file;
	if (f != NULL)
		use_locked(f);
	pthread_mutex_unlock(&files);
	return f;
}

void vf_file_unuse(struct vf_file *f)
{
	struct stat st;
	bool trim;

	/* LOWER was changed by us: what it shows now is known. */
	if (atomic_exchange(&f->touched, false) && fstat(f->fd, &st) == 0) {
		pthread_mutex_lock(&f->meta);
		f->seen_mtime = st.st_mtim;
		f->seen_size = st.st_size;
		pthread_mutex_unlock(&f->meta);
	}
	pthread_mutex_lock(&files);
	if (--f->users == 0) {
		unused++;
		pthread_cond_broadcast(&changed);
	}
	trim = unused > MOST_UNUSED;
	pthread_mutex_unlock(&files);
	if (trim)
		vf_file_trim();
}

/* ---- taking down */

bool vf_file_is_nameless(const struct vf_file *f)
{
	struct stat st;

	return fstat(f->fd, &st) == 0 && st.st_nlink == 0;
}

int vf_file_drop(struct vf_node *n, bool forgotten)
{
	struct vf_file *f;
	int err = 0;

	pthread_mutex_lock(&files);
	while (n->busy || (forgotten && n->file != NULL && n->file->users != 0))
		pthread_cond_wait(&changed, &files);
	f = n->file;
	if (f == NULL || f->users != 0) {
		pthread_mutex_unlock(&files);
		return f == NULL ? 0 : EBUSY;
	}
	n->busy = true;
	pthread_mutex_unlock(&files);
	if (!forgotten || !vf_file_is_nameless(f))
		err = vf_back_write(f);
	if (err == 0 || forgotten) {
		if (err != 0)
			vf_complain("inode %llu of the folder: what was written is lost: %s",
				    (unsigned long long)n->ino, strerror(err));
		take_down(f);
	}
	pthread_mutex_lock(&files);
	n->busy = false;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&files);
	return err;
}

void vf_file_trim(void)
{
	for (int tries = 0; tries < 64; tries++) {
		struct vf_file *f;
		struct vf_node *n = NULL;

		pthread_mutex_lock(&files);
		if (unused > MOST_UNUSED)
			for (f = oldest; f != NULL && n == NULL; f = f->newer)
				if (f->users == 0 && !f->node->busy && !f->dirty)
					n = f->node;
		if (n != NULL)
			n->busy = true;
		pthread_mutex_unlock(&files);
		if (n == NULL)
			return;
		/* What became dirty since is kept. */
		pthread_mutex_lock(&n->file->meta);
		const bool dirty = n->file->dirty || n->file->mtime_ahead;
		pthread_mutex_unlock(&n->file->meta);
		if (!dirty)
			take_down(n->file);
		pthread_mutex_lock(&files);
		n->busy = false;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&files);
		if (dirty)
			return;
	}
}

bool vf_file_with(uint64_t id, bool (*fn)(struct vf_file *f, void *arg), void *arg)
{
	struct vf_file *f;
	bool more;

	pthread_mutex_lock(&files);
	for (f = *bucket_of(id); f != NULL; f = f->bucket_next)
		if (f->id == id)
			break;
	if (f != NULL && (f->node->file != f || f->node->busy))
		f = NULL;
	if (f != NULL)
		use_locked(f);
	pthread_mutex_unlock(&files);
	if (f == NULL)
		return true;
	more = fn(f, arg);
	vf_file_unuse(f);
	return more;
}

void vf_file_each(bool (*fn)(struct vf_file *f, void *arg), void *arg)
{
	uint64_t *ids;
	uint64_t n = 0;
	bool more = true;

	pthread_mutex_lock(&files);
	ids = malloc((count + 1) * sizeof(*ids));
	if (ids != NULL)
		for (struct vf_file *f = oldest; f != NULL && n < count; f = f->newer)
			ids[n++] = f->id;
	pthread_mutex_unlock(&files);
	for (uint64_t i = 0; i < n && more; i++)
		more = vf_file_with(ids[i], fn, arg);
	free(ids);
}
