/* What a file holds: reading, writing, sizes, holes, times. */
#include "vmofs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <zircon/syscalls.h>

static uint64_t page_up(uint64_t n)
{
	return (n + VF_PAGE - 1) & ~(VF_PAGE - 1);
}

int vf_errno(zx_status_t st)
{
	switch (st) {
	case ZX_OK:
		return 0;
	case ZX_ERR_NO_MEMORY:
		return ENOMEM;
	case ZX_ERR_NO_SPACE:
		return ENOSPC;
	case ZX_ERR_OUT_OF_RANGE:
	case ZX_ERR_FILE_BIG:
		return EFBIG;
	case ZX_ERR_INVALID_ARGS:
		return EINVAL;
	default:
		return EIO;
	}
}

uint64_t vf_file_size(struct vf_file *f)
{
	uint64_t size = 0;

	(void)zx_vmo_get_stream_size(f->vmo, &size);
	return size;
}

/* ---- times and state */

void vf_file_modified(struct vf_file *f, uint64_t bytes)
{
	pthread_mutex_lock(&f->meta);
	if (!f->dirty) {
		f->dirty = true;
		f->dirty_since = vf_now();
	}
	f->dirty_bytes += bytes;
	f->mtime_ahead = true;
	clock_gettime(CLOCK_REALTIME_COARSE, &f->mtime);
	pthread_mutex_unlock(&f->meta);
}

void vf_file_set_mtime(struct vf_file *f, struct timespec mtime)
{
	pthread_mutex_lock(&f->meta);
	/* Else LOWER's own counts. */
	if (f->mtime_ahead)
		f->mtime = mtime;
	pthread_mutex_unlock(&f->meta);
}

void vf_file_overlay(struct vf_file *f, struct stat *st)
{
	const uint64_t size = vf_file_size(f);

	st->st_size = (off_t)size;
	pthread_mutex_lock(&f->meta);
	if (f->mtime_ahead) {
		st->st_mtim = f->mtime;
		if (st->st_ctim.tv_sec < f->mtime.tv_sec)
			st->st_ctim = f->mtime;
	}
	if (f->dirty) {
		/* Programs take a file of fewer blocks than bytes for one with holes. */
		const uint64_t most = (size + 511) / 512;
		uint64_t blocks = (uint64_t)st->st_blocks + (f->dirty_bytes + 511) / 512;

		if (blocks > most && (uint64_t)st->st_blocks < most)
			blocks = page_up(size) / 512;
		if (blocks > (uint64_t)st->st_blocks)
			st->st_blocks = (blkcnt_t)blocks;
	}
	pthread_mutex_unlock(&f->meta);
}

/* ---- transfers */

static pthread_key_t buffer_key;
static pthread_once_t buffer_once = PTHREAD_ONCE_INIT;

static void make_buffer_key(void)
{
	pthread_key_create(&buffer_key, free);
}

char *vf_buffer(void)
{
	static __thread char *buffer;
	void *fresh;

	if (buffer != NULL)
		return buffer;
	pthread_once(&buffer_once, make_buffer_key);
	if (posix_memalign(&fresh, VF_PAGE, VF_MAX_IO) != 0)
		return NULL;
	pthread_setspecific(buffer_key, fresh);
	buffer = fresh;
	return buffer;
}

int64_t vf_file_read(struct vf_file *f, char *bytes, size_t n, uint64_t off)
{
	zx_iovec_t to = {bytes, n};
	size_t got = 0;
	zx_status_t st;

	pthread_rwlock_rdlock(&f->lock);
	st = zx_stream_readv_at(f->stream, 0, off, &to, 1, &got);
	pthread_rwlock_unlock(&f->lock);
	VF_COUNT(reads, 1);
	VF_COUNT(read_bytes, got);
	return st == ZX_OK ? (int64_t)got : -(int64_t)vf_errno(st);
}

/*
 * Pages that are overwritten whole need not be read from LOWER. Nobody sees them read zero, because
 * readers are kept out; should the write fail then they may have lost what they held, as on a disk
 * that fails.
 */
static void skip_reading(struct vf_file *f, size_t n, uint64_t off)
{
	const uint64_t size = vf_file_size(f), end = off + n;
	const uint64_t from = page_up(off);
	uint64_t to = end >= size ? page_up(size) : end & ~(VF_PAGE - 1);

	if (to > page_up(size))
		to = page_up(size);
	if (from < to)
		vf_pager_supply_zeros(f, from, to - from);
}

int64_t vf_file_write(struct vf_file *f, const char *bytes, size_t n, uint64_t off)
{
	zx_iovec_t from = {(void *)(uintptr_t)bytes, n};
	size_t put = 0;
	zx_status_t st;

	if (off > INT64_MAX - n)
		return -EFBIG;
	vf_budget_wait();
	pthread_rwlock_wrlock(&f->lock);
	if (!atomic_load(&f->whole))
		skip_reading(f, n, off);
	pthread_mutex_lock(&f->moment);
	st = zx_stream_writev_at(f->stream, 0, off, &from, 1, &put);
	pthread_mutex_unlock(&f->moment);
	if (st != ZX_OK)
		put = 0;
	if (put != 0)
		vf_file_modified(f, put);
	pthread_rwlock_unlock(&f->lock);
	VF_COUNT(writes, 1);
	VF_COUNT(write_bytes, put);
	vf_budget_charge(put);
	return put != 0 || st == ZX_OK ? (int64_t)put : -(int64_t)vf_errno(st);
}

/* ---- sizes and holes: in LOWER at once, so that no write-back comes in between */

int vf_file_resize(struct vf_file *f, uint64_t size)
{
	zx_status_t st;
	int err = 0;

	if (size > INT64_MAX)
		return EFBIG;
	pthread_rwlock_wrlock(&f->lock);
	pthread_mutex_lock(&f->back);
	if (ftruncate(f->fd, (off_t)size) < 0) {
		err = errno;
	} else {
		atomic_store(&f->touched, true);
		st = zx_vmo_set_stream_size(f->vmo, size);
		err = vf_errno(st);
		if (err == 0 && size == 0)
			atomic_store(&f->whole, true);
		vf_file_modified(f, 0);
	}
	pthread_mutex_unlock(&f->back);
	pthread_rwlock_unlock(&f->lock);
	return err;
}

int vf_file_zero(struct vf_file *f, uint64_t off, uint64_t len)
{
	zx_status_t st = ZX_OK;
	uint64_t size;

	pthread_rwlock_wrlock(&f->lock);
	pthread_mutex_lock(&f->back);
	size = vf_file_size(f);
	if (off < size) {
		/* To the end of the file is to the end of its last page. */
		const uint64_t end = len >= size - off ? page_up(size) : off + len;

		st = zx_vmo_op_range(f->vmo, ZX_VMO_OP_ZERO, off, end - off, NULL, 0);
		vf_file_modified(f, 0);
	}
	pthread_mutex_unlock(&f->back);
	pthread_rwlock_unlock(&f->lock);
	return vf_errno(st);
}
