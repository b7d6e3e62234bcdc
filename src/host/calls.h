/*
 * System calls whose C library functions are cancellation points. A thread that somebody cancels must not
 * disappear inside a call of ours, with locks held: these go to the kernel directly, and set errno.
 * CheckLayers.cmake sees to it that nothing below src/dev uses the functions of the C library.
 */
#ifndef ZI_HOST_CALLS_H
#define ZI_HOST_CALLS_H

#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static inline int zi_sys_open(const char *path, int flags)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

static inline int zi_sys_close(int fd)
{
	return (int)syscall(SYS_close, fd);
}

static inline ssize_t zi_sys_read(int fd, void *buf, size_t n)
{
	return syscall(SYS_read, fd, buf, n);
}

static inline ssize_t zi_sys_write(int fd, const void *buf, size_t n)
{
	return syscall(SYS_write, fd, buf, n);
}

static inline ssize_t zi_sys_pread(int fd, void *buf, size_t n, off_t at)
{
	return syscall(SYS_pread64, fd, buf, n, at);
}

static inline ssize_t zi_sys_pwrite(int fd, const void *buf, size_t n, off_t at)
{
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

static inline int zi_sys_fallocate(int fd, int mode, off_t at, off_t len)
{
	return (int)syscall(SYS_fallocate, fd, mode, at, len);
}

static inline int zi_sys_poll(struct pollfd *fds, unsigned n)
{
	return (int)syscall(SYS_ppoll, fds, n, NULL, NULL, 0);
}

static inline ssize_t zi_sys_getrandom(void *buf, size_t n)
{
	return syscall(SYS_getrandom, buf, n, 0);
}

static inline void zi_sys_pause(long ns)
{
	const struct timespec time = {.tv_nsec = ns};

	syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, NULL);
}

#endif
