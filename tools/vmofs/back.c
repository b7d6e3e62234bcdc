/*
 * Write-back: what the pager tells to be dirty is written to LOWER, range by range. A page that is
 * written meanwhile stays dirty, by the rules of WRITEBACK_BEGIN and _END.
 */
#include "vmofs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zircon/syscalls.h>

enum { RANGES = 128, MOST_WANTED = 256 };

static pthread_t thread;
static bool started;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
/* lock */
static bool stopping;
static uint64_t wanted[MOST_WANTED]; /* files to be written back now */
static unsigned wanted_count;        /* MOST_WANTED: there may be others */

static uint64_t page_up(uint64_t n)
{
	return (n + VF_PAGE - 1) & ~(VF_PAGE - 1);
}

/* ---- ranges; file->back is held */

static int write_lower(const struct vf_file *f, const char *bytes, uint64_t n, uint64_t off)
{
	for (uint64_t done = 0; done < n;) {
		const ssize_t put = pwrite(f->fd, bytes + done, n - done, (off_t)(off + done));

		if (put < 0 && errno != EINTR)
			return errno;
		if (put > 0)
			done += (uint64_t)put;
	}
	return 0;
}

static zx_status_t op(const struct vf_file *f, uint32_t what, uint64_t off, uint64_t len,
		      uint64_t data)
{
	return zx_pager_op_range(vf_pager(), what, f->vmo, off, len, data);
}

/*
 * Pages with bytes. Nothing past the end of the file is written; what makes the file longer after
 * the beginning of the write-back makes its last page dirty again.
 */
static int write_pages(struct vf_file *f, uint64_t off, uint64_t end)
{
	char *bytes = vf_buffer();
	int err = bytes == NULL ? ENOMEM : 0;

	while (err == 0 && off < end) {
		const uint64_t len = end - off < VF_MAX_IO ? end - off : VF_MAX_IO;
		uint64_t n = len, size;
		zx_status_t st;

		pthread_mutex_lock(&f->moment);
		st = op(f, ZX_PAGER_OP_WRITEBACK_BEGIN, off, len, 0);
		size = vf_file_size(f);
		pthread_mutex_unlock(&f->moment);
		if (off >= size)
			n = 0;
		else if (n > size - off)
			n = size - off;
		if (st == ZX_OK && n != 0)
			st = zx_vmo_read(f->vmo, bytes, off, n);
		err = st != ZX_OK ? vf_errno(st) : write_lower(f, bytes, n, off);
		if (err == 0)
			err = vf_errno(op(f, ZX_PAGER_OP_WRITEBACK_END, off, len, 0));
		VF_COUNT(pages_back, len / VF_PAGE);
		off += len;
	}
	return err;
}

static int write_zeros(struct vf_file *f, uint64_t off, uint64_t end)
{
	char *bytes = vf_buffer();
	int err = bytes == NULL ? ENOMEM : 0;

	if (err == 0)
		memset(bytes, 0, end - off < VF_MAX_IO ? end - off : VF_MAX_IO);
	while (err == 0 && off < end) {
		const uint64_t n = end - off < VF_MAX_IO ? end - off : VF_MAX_IO;

		err = write_lower(f, bytes, n, off);
		off += n;
	}
	return err;
}

/* Pages that read zero become a hole. Afterwards they are absent. */
static int write_hole(struct vf_file *f, uint64_t off, uint64_t end, uint64_t size)
{
	int err = vf_errno(
		op(f, ZX_PAGER_OP_WRITEBACK_BEGIN, off, end - off, ZX_VMO_DIRTY_RANGE_IS_ZERO));

	if (err == 0 && fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)off,
				  (off_t)(end - off)) < 0) {
		err = errno;
		if (err == EOPNOTSUPP || err == ENOSYS)
			err = off < size ? write_zeros(f, off, end < size ? end : size) : 0;
	}
	if (err != 0)
		return err;
	VF_COUNT(ranges_zero, 1);
	/* No bytes that were read from LOWER before this may be supplied after it. */
	pthread_mutex_lock(&f->supply);
	atomic_store(&f->whole, false);
	err = vf_errno(op(f, ZX_PAGER_OP_WRITEBACK_END, off, end - off, 0));
	pthread_mutex_unlock(&f->supply);
	return err;
}

/* One pass from front to end: what becomes dirty behind it waits for the next one. */
static int write_dirty(struct vf_file *f, uint64_t size)
{
	zx_vmo_dirty_range_t ranges[RANGES];
	const uint64_t end = page_up(size);
	uint64_t at = 0;
	size_t n = RANGES;
	int err = 0;

	while (err == 0 && n == RANGES && at < end) {
		err = vf_errno(zx_pager_query_dirty_ranges(vf_pager(), f->vmo, at, end - at, ranges,
							   sizeof(ranges), &n, NULL));
		for (size_t i = 0; i < n && err == 0; i++) {
			const uint64_t from = ranges[i].offset, to = from + ranges[i].length;

			if ((ranges[i].options & ZX_VMO_DIRTY_RANGE_IS_ZERO) != 0)
				err = write_hole(f, from, to, size);
			else
				err = write_pages(f, from, to);
			at = to;
		}
	}
	return err;
}

/* A file that ends in a hole is no longer than its last byte in LOWER. */
static int extend_lower(const struct vf_file *f, uint64_t size)
{
	struct stat st;

	if (fstat(f->fd, &st) < 0)
		return errno;
	if ((uint64_t)st.st_size < size && ftruncate(f->fd, (off_t)size) < 0)
		return errno;
	return 0;
}

/* What was told as the time of the last change is that also in LOWER. */
static int put_mtime(struct vf_file *f)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
	bool again;

	do {
		pthread_mutex_lock(&f->meta);
		again = f->mtime_ahead;
		times[1] = f->mtime;
		pthread_mutex_unlock(&f->meta);
		/* An ordinary user may write to a file of somebody else's, but not set its times. */
		if (again && futimens(f->fd, times) < 0 && errno != EPERM)
			return errno;
		pthread_mutex_lock(&f->meta);
		/* Somebody may have set another one meanwhile, and LOWER's before we did. */
		again = again && (f->mtime.tv_sec != times[1].tv_sec ||
				  f->mtime.tv_nsec != times[1].tv_nsec);
		if (!again && !f->dirty)
			f->mtime_ahead = false;
		again = again && !f->dirty;
		pthread_mutex_unlock(&f->meta);
	} while (again);
	return 0;
}

int vf_back_write(struct vf_file *f)
{
	uint64_t size;
	bool dirty;
	int err;

	pthread_mutex_lock(&f->back);
	pthread_mutex_lock(&f->meta);
	dirty = f->dirty;
	f->dirty = false;
	f->dirty_bytes = 0;
	pthread_mutex_unlock(&f->meta);
	if (!dirty) {
		pthread_mutex_unlock(&f->back);
		return 0;
	}
	VF_COUNT(write_backs, 1);
	size = vf_file_size(f);
	err = write_dirty(f, size);
	if (err == 0)
		err = extend_lower(f, size);
	if (err == 0)
		err = put_mtime(f);
	if (err != 0) {
		VF_COUNT(back_errors, 1);
		pthread_mutex_lock(&f->meta);
		f->dirty = true;
		f->dirty_since = vf_now();
		pthread_mutex_unlock(&f->meta);
	}
	atomic_store(&f->touched, true);
	pthread_mutex_unlock(&f->back);
	return err;
}

int vf_back_sync(struct vf_file *f, bool data_only)
{
	int err = vf_back_write(f);
	const int earlier = vf_back_error(f);

	VF_COUNT(syncs, 1);
	if (err == 0 && (data_only ? fdatasync(f->fd) : fsync(f->fd)) < 0)
		err = errno;
	return err != 0 ? err : earlier;
}

int vf_back_error(struct vf_file *f)
{
	int err;

	pthread_mutex_lock(&f->meta);
	err = f->error;
	f->error = 0;
	pthread_mutex_unlock(&f->meta);
	return err;
}

/* ---- the thread */

void vf_back_start(struct vf_file *f)
{
	if (atomic_exchange(&f->wanted, true))
		return;
	pthread_mutex_lock(&lock);
	if (wanted_count < MOST_WANTED)
		wanted[wanted_count++] = f->id;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
}

static bool write_if_due(struct vf_file *f, void *arg)
{
	const double *now = arg;
	bool due;
	int err;

	pthread_mutex_lock(&f->meta);
	due = f->dirty && *now - f->dirty_since >= vf_options.write_back;
	pthread_mutex_unlock(&f->meta);
	if (!atomic_exchange(&f->wanted, false) && !due)
		return true;
	err = vf_back_write(f);
	if (err != 0) {
		pthread_mutex_lock(&f->meta);
		f->error = err;
		pthread_mutex_unlock(&f->meta);
	}
	return true;
}

/* The lock is held, and let go meanwhile. Those that found no room are met when all are looked at. */
static void write_wanted(const double *now)
{
	uint64_t ids[MOST_WANTED];
	const unsigned n = wanted_count;

	memcpy(ids, wanted, n * sizeof(ids[0]));
	wanted_count = 0;
	pthread_mutex_unlock(&lock);
	for (unsigned i = 0; i < n; i++)
		(void)vf_file_with(ids[i], write_if_due, (void *)(uintptr_t)now);
	pthread_mutex_lock(&lock);
}

static void *write_back(void *arg)
{
	const double pause = vf_options.write_back > 4   ? 1 :
			     vf_options.write_back > 0.2 ? vf_options.write_back / 4 :
							   0.05;
	double last = vf_now();

	(void)arg;
	pthread_mutex_lock(&lock);
	while (!stopping) {
		struct timespec until;
		double now;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += (long)(pause * 1e9) % 1000000000;
		until.tv_sec += (time_t)pause + until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (wanted_count == 0)
			pthread_cond_timedwait(&wake, &lock, &until);
		now = vf_now();
		write_wanted(&now);
		if (now - last < pause)
			continue;
		last = now;
		pthread_mutex_unlock(&lock);
		vf_file_each(write_if_due, &now);
		pthread_mutex_lock(&lock);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

bool vf_back_threads_start(void)
{
	started = pthread_create(&thread, NULL, write_back, NULL) == 0;
	return started;
}

void vf_back_threads_stop(void)
{
	if (!started)
		return;
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	started = false;
}

/* ---- the end */

static bool save(struct vf_file *f, void *arg)
{
	bool *saved = arg;
	int err;

	if (vf_file_is_nameless(f))
		return true;
	err = vf_back_write(f);
	if (err != 0) {
		vf_complain("inode %llu of the folder: what was written is lost: %s",
			    (unsigned long long)f->node->ino, strerror(err));
		*saved = false;
	}
	return true;
}

bool vf_back_all(void)
{
	bool saved = true;

	vf_file_each(save, &saved);
	return saved;
}
