/*
 * The memory behind frames: giving it back, asking what is resident, making it resident. All of it runs on
 * the fault path, so errno is kept and nothing is allocated.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/inject.h"
#include "base/span.h"
#include "host/calls.h"
#include "host/host_i.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static inline off_t frame_off(uint64_t frame)
{
	return (off_t)(frame << ZI_PAGE_SHIFT);
}

/* Two ways to say the same, for sandboxes that know only one of them. */
static int punch(uint64_t frame, uint64_t pages)
{
	int rc;

	do {
		rc = ZI_HOST(FALLOCATE, -1,
			     zi_sys_fallocate(zi_window.fd,
					      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					      frame_off(frame), frame_off(pages)));
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		rc = ZI_HOST(MADVISE, -1,
			     madvise(zi_frame_ptr(frame), (size_t)frame_off(pages), MADV_REMOVE));
	return rc;
}

void zi_frames_discard(uint64_t frame, uint64_t pages)
{
	int saved = errno;
	uint64_t at = frame;
	uint64_t run_frame;
	uint64_t run_pages;

	ZI_DASSERT(frame != 0 && zi_in_range(frame, pages, zi_window.bytes >> ZI_PAGE_SHIFT));
	/* Where the kernel cannot punch, the promise that matters is kept: the frames read zero. */
	if (punch(frame, pages) < 0)
		while (at < frame + pages &&
		       zi_frames_next_data(at, frame + pages - at, &run_frame, &run_pages)) {
			memset(zi_frame_ptr(run_frame), 0, (size_t)run_pages << ZI_PAGE_SHIFT);
			at = run_frame + run_pages;
		}
	errno = saved;
}

uint64_t zi_frames_find_data(uint64_t frame, uint64_t pages)
{
	int saved = errno;
	off_t data = ZI_HOST(LSEEK, -1, lseek(zi_window.fd, frame_off(frame), SEEK_DATA));
	bool none = data < 0 && errno == ENXIO;

	errno = saved;
	if (data < 0)
		return none ? pages : 0;
	return zi_min(((uint64_t)data >> ZI_PAGE_SHIFT) - frame, pages);
}

bool zi_frames_next_data(uint64_t frame, uint64_t pages, uint64_t *out_frame, uint64_t *out_pages)
{
	int saved = errno;
	uint64_t end = frame + pages;
	off_t data = ZI_HOST(LSEEK, -1, lseek(zi_window.fd, frame_off(frame), SEEK_DATA));
	off_t hole;

	if (data < 0) {
		/* Some sandboxes cannot tell: then everything counts as data. */
		bool none = errno == ENXIO;

		errno = saved;
		*out_frame = frame;
		*out_pages = pages;
		return !none;
	}
	if ((uint64_t)data >> ZI_PAGE_SHIFT >= end) {
		errno = saved;
		return false;
	}
	*out_frame = (uint64_t)data >> ZI_PAGE_SHIFT;
	if (*out_frame + 1 == end) {
		*out_pages = 1;
		errno = saved;
		return true;
	}
	hole = ZI_HOST(LSEEK, -1, lseek(zi_window.fd, data, SEEK_HOLE));
	*out_pages = hole < 0 ? end - *out_frame :
				zi_min(((uint64_t)hole + ZI_PAGE_MASK) >> ZI_PAGE_SHIFT, end) -
					*out_frame;
	errno = saved;
	return true;
}

/* For kernels before 5.14: allocating first reports a lack of memory, which a touch could not. */
static zx_status_t populate_by_hand(uint64_t frame, uint64_t pages)
{
	int rc;

	do {
		rc = ZI_HOST(FALLOCATE, -1,
			     zi_sys_fallocate(zi_window.fd, FALLOC_FL_KEEP_SIZE, frame_off(frame),
					      frame_off(pages)));
	} while (rc < 0 && errno == EINTR);
	if (rc < 0 && errno != EOPNOTSUPP && errno != ENOSYS)
		return ZX_ERR_NO_MEMORY;
	for (uint64_t i = 0; i < pages; i++)
		__atomic_fetch_or(zi_frame_ptr(frame + i), 0, __ATOMIC_RELAXED);
	return ZX_OK;
}

static zx_status_t populate(uint64_t frame, uint64_t pages)
{
	int rc;

	do {
		rc = ZI_HOST(MADVISE, -1,
			     madvise(zi_frame_ptr(frame), (size_t)pages << ZI_PAGE_SHIFT,
				     MADV_POPULATE_WRITE));
	} while (rc < 0 && (errno == EINTR || errno == EAGAIN));
	if (rc == 0)
		return ZX_OK;
	return errno == EINVAL ? populate_by_hand(frame, pages) : ZX_ERR_NO_MEMORY;
}

zx_status_t zi_frames_populate(uint64_t frame, uint64_t pages)
{
	int saved = errno;
	zx_status_t st = populate(frame, pages);

	/* Memory kept for reuse must not be why there is none. */
	if (st != ZX_OK && zi_extent_trim() > 0)
		st = populate(frame, pages);
	errno = saved;
	return st;
}

void zi_frames_peek(uint64_t frame, uint64_t off, void *buf, size_t n)
{
	int saved = errno;
	off_t from = frame_off(frame) + (off_t)off;
	size_t done = 0;

	while (done < n) {
		ssize_t got = ZI_HOST(PREAD, -1,
				      zi_sys_pread(zi_window.fd, (char *)buf + done, n - done,
						   from + (off_t)done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			/* Cannot happen on a file that is longer; a mapping always works. */
			memcpy((char *)buf + done, zi_physmap + from + done, n - done);
			break;
		}
		done += (size_t)got;
	}
	errno = saved;
}

/* Vector registers of whatever width the machine has; 64 bytes keep four of the narrowest busy. */
typedef uint64_t zi_vector __attribute__((vector_size(64), may_alias));

bool zi_frame_is_zero(uint64_t frame)
{
	const zi_vector *at = (const zi_vector *)(const void *)zi_frame_ptr(frame);

	/* Most pages that hold anything hold it early: look in pieces of 512 bytes. */
	for (unsigned i = 0; i < ZI_PAGE / sizeof(*at); i += 8) {
		zi_vector any = at[i] | at[i + 1] | at[i + 2] | at[i + 3] | at[i + 4] | at[i + 5] |
				at[i + 6] | at[i + 7];

		if ((any[0] | any[1] | any[2] | any[3] | any[4] | any[5] | any[6] | any[7]) != 0)
			return false;
	}
	return true;
}
