/*
 * Watched placements: userfaultfd on shared mappings of the arena. An access to a frame that has no
 * memory is not filled with zeros but signalled to the thread (SIGBUS), or told to whoever reads
 * the descriptor while the thread waits in the kernel.
 *
 * What is watched is the first touch of a frame through a placement; the physmap is never watched.
 * Only placements know: the kernel forgets a watch with its mapping.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/inject.h"
#include "base/span.h"
#include "host/calls.h"
#include "host/host_i.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#ifndef UFFD_FEATURE_SIGBUS
#define UFFD_FEATURE_SIGBUS (1 << 7)
#endif
#ifndef UFFD_FEATURE_THREAD_ID
#define UFFD_FEATURE_THREAD_ID (1 << 8)
#endif
#ifndef UFFD_FEATURE_WP_HUGETLBFS_SHMEM
#define UFFD_FEATURE_WP_HUGETLBFS_SHMEM (1 << 12)
#endif
#ifndef USERFAULTFD_IOC_NEW
#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#endif

static _Atomic int watch_fd = -1;
static bool stores_too; /* marks on pages of files; set before watch_fd */

/* For faults inside system calls too, if we are allowed to. */
static int fd_new(bool kernel_faults)
{
	int fd = -1;

	if (kernel_faults) {
		int dev;

		fd = ZI_HOST(USERFAULTFD, -1,
			     (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK));
		if (fd >= 0)
			return fd;
		dev = ZI_HOST(OPEN, -1, zi_sys_open("/dev/userfaultfd", O_RDWR | O_CLOEXEC));
		if (dev >= 0) {
			fd = ioctl(dev, USERFAULTFD_IOC_NEW, O_CLOEXEC | O_NONBLOCK);
			zi_sys_close(dev);
		}
	}
	if (fd < 0)
		fd = ZI_HOST(USERFAULTFD, -1,
			     (int)syscall(SYS_userfaultfd,
					  O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY));
	return fd;
}

static int open_with(enum zi_watch_mode mode, uint64_t features)
{
	struct uffdio_api api = {.api = UFFD_API, .features = features};
	/* With signals, system calls answer EFAULT in any case. */
	int fd = fd_new(mode == ZI_WATCH_EVENTS);

	if (fd >= 0 && ZI_HOST(USERFAULTFD, -1, ioctl(fd, UFFDIO_API, &api)) < 0) {
		zi_sys_close(fd);
		fd = -1;
	}
	return fd;
}

bool zi_watch_open(enum zi_watch_mode mode)
{
	const uint64_t need =
		UFFD_FEATURE_MISSING_SHMEM |
		(mode == ZI_WATCH_SIGBUS ? UFFD_FEATURE_SIGBUS : UFFD_FEATURE_THREAD_ID);
	int saved = errno;
	int fd = -1;

	if (!ZI_ON_VALGRIND()) {
		fd = open_with(mode, need | UFFD_FEATURE_WP_HUGETLBFS_SHMEM);
		stores_too = fd >= 0;
		if (fd < 0)
			fd = open_with(mode, need);
	}
	if (fd >= 0)
		atomic_store_explicit(&watch_fd, fd, memory_order_release);
	errno = saved;
	return fd >= 0;
}

void zi_watch_close(void)
{
	int fd = atomic_exchange_explicit(&watch_fd, -1, memory_order_relaxed);

	if (fd >= 0)
		zi_sys_close(fd);
}

static bool watch(uintptr_t addr, size_t len, uint64_t mode)
{
	struct uffdio_register reg = {
		.range = {.start = addr, .len = len},
		.mode = mode,
	};
	int saved = errno;
	bool ok = ZI_HOST(UFFD_REGISTER, -1,
			  ioctl(atomic_load_explicit(&watch_fd, memory_order_acquire),
				UFFDIO_REGISTER, &reg)) == 0;

	errno = saved;
	return ok;
}

zx_status_t zi_place_watched(uintptr_t addr, size_t len, uint64_t frame, uint32_t prot)
{
	/* Nobody may get at the frames before they are watched. */
	zx_status_t st = zi_place_frames(addr, len, frame, 0, false);

	if (st != ZX_OK)
		return st;
	if (!watch(addr, len, UFFDIO_REGISTER_MODE_MISSING)) {
		(void)zi_place_reserve(addr, len);
		return ZX_ERR_NO_MEMORY;
	}
	return prot != 0 ? zi_place_protect(addr, len, prot) : ZX_OK;
}

static bool set_mark(uintptr_t addr, size_t len, uint64_t mode)
{
	struct uffdio_writeprotect wp = {
		.range = {.start = addr, .len = len},
		.mode = mode,
	};
	int saved = errno;
	int rc;

	if (!stores_too)
		return false;
	do {
		rc = ZI_HOST(UFFD_WRITEPROTECT, -1,
			     ioctl(atomic_load_explicit(&watch_fd, memory_order_acquire),
				   UFFDIO_WRITEPROTECT, &wp));
	} while (rc < 0 && (errno == EAGAIN || errno == EINTR));
	errno = saved;
	return rc == 0;
}

/* Not from the start: where pages can be marked the kernel maps them one by one instead of by 16. */
bool zi_watch_begin_stores(uintptr_t addr, size_t len)
{
	return stores_too &&
	       watch(addr, len, UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP) &&
	       zi_watch_stores(addr, len);
}

bool zi_watch_stores(uintptr_t addr, size_t len)
{
	return set_mark(addr, len, UFFDIO_WRITEPROTECT_MODE_WP);
}

bool zi_watch_allow(uintptr_t addr, size_t len)
{
	return set_mark(addr, len, 0);
}

/*
 * Bytes written into frames, the kernel's own way: it fills a page of the file before anybody finds
 * it there. make_room: when the file is full, frames kept for later go.
 */
static size_t write_frames(uint64_t frame, const void *from, size_t len, bool make_room)
{
	const off_t at = (off_t)(frame << ZI_PAGE_SHIFT);
	int saved = errno;
	size_t done = 0;

	while (done < len) {
		ssize_t n = ZI_HOST(PWRITE, -1,
				    zi_sys_pwrite(zi_window.fd, (const char *)from + done,
						  len - done, at + (off_t)done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 && !(make_room && errno == ENOSPC && zi_extent_trim() != 0))
			break;
		if (n > 0)
			done += (size_t)n;
	}
	errno = saved;
	return done;
}

zx_status_t zi_frames_fill(uint64_t frame, uint64_t pages, const void *bytes)
{
	const size_t len = (size_t)pages << ZI_PAGE_SHIFT;

	return write_frames(frame, bytes, len, true) == len ? ZX_OK : ZX_ERR_NO_MEMORY;
}

uint64_t zi_frames_write(uint64_t frame, uint64_t pages, const void *user)
{
	return write_frames(frame, user, (size_t)pages << ZI_PAGE_SHIFT, false) >> ZI_PAGE_SHIFT;
}

/* ---- events */

bool zi_watch_next(struct zi_watch_fault *out_fault)
{
	int fd = atomic_load_explicit(&watch_fd, memory_order_acquire);
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	struct uffd_msg msg;

	for (;;) {
		ssize_t n = zi_sys_read(fd, &msg, sizeof(msg));

		if (n == (ssize_t)sizeof(msg) && msg.event == UFFD_EVENT_PAGEFAULT)
			break;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (n < 0 && errno == EAGAIN && zi_sys_poll(&ready, 1) < 0 && errno != EINTR)
			return false;
	}
	*out_fault = (struct zi_watch_fault){
		.addr = (uintptr_t)msg.arg.pagefault.address,
		.write = (msg.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WRITE) != 0,
		.thread = msg.arg.pagefault.feat.ptid,
	};
	return true;
}

void zi_watch_wake(uintptr_t addr, size_t len)
{
	struct uffdio_range range = {.start = addr, .len = len};
	int saved = errno;

	(void)ioctl(atomic_load_explicit(&watch_fd, memory_order_acquire), UFFDIO_WAKE, &range);
	errno = saved;
}

uint32_t zi_watch_thread_id(void)
{
	static _Thread_local uint32_t id __attribute__((tls_model("initial-exec")));

	if (id == 0)
		id = (uint32_t)syscall(SYS_gettid);
	return id;
}
