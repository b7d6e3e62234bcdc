/*
 * libzirconia-io.so: system calls of the program that are given memory of a pager's VMO, or of a
 * clone, which is not there yet.
 *
 * Where Zircon's kernel waits for such a page Linux answers EFAULT. The functions here make the
 * memory ready and try again. What receives messages makes it ready first: the kernel drops a
 * message that it could not deliver. What the C library calls inside itself (stdio) does not come
 * by here, so fread and fwrite are wrapped as such.
 *
 * Loaded with LD_PRELOAD next to the shared library; in a program without that one every function
 * is the C library's.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <zircon/errors.h>
#include <zircon/types.h>

#define EXPORT __attribute__((visibility("default")))

/*
 * A page may be gone again when the kernel comes to it. More often than this in a row, somebody
 * works against us.
 */
enum { TRIES_MAX = 100 };
/* A long transfer may be cut short anyway: no more than this is made ready for it at once. */
#define READY_MAX ((size_t)1 << 20)

/* As zirconia/fault.h declares it; absent when the program does not use the shared library. */
extern zx_status_t zirconia_make_ready(const volatile void *addr, size_t len, bool write)
	__attribute__((weak));

static bool make_ready(const void *addr, size_t len, bool write)
{
	int saved = errno;
	bool ok = zirconia_make_ready != NULL && zirconia_make_ready(addr, len, write) == ZX_OK;

	errno = saved;
	return ok;
}

static bool make_ready_vector(const struct iovec *vector, size_t count, size_t limit, bool write)
{
	bool ok = make_ready(vector, count * sizeof(*vector), false);

	for (size_t i = 0; ok && i < count && limit > 0; i++) {
		size_t len = vector[i].iov_len < limit ? vector[i].iov_len : limit;

		ok = make_ready(vector[i].iov_base, len, write);
		limit -= len;
	}
	return ok;
}

/* The C library's function of that name. */
#define NEXT(name)                                                      \
	static __typeof__(name) *next;                                  \
	__typeof__(name) *f = __atomic_load_n(&next, __ATOMIC_RELAXED); \
                                                                        \
	if (f == NULL) {                                                \
		f = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);        \
		__atomic_store_n(&next, f, __ATOMIC_RELAXED);           \
	}                                                               \
	if (f == NULL) {                                                \
		errno = ENOSYS;                                         \
		return (__typeof__(f(ARGS)))-1;                         \
	}

/* Calls it until it fails for another reason than memory that can be made ready. */
#define RETRY(result, ready)                                                       \
	ssize_t result;                                                            \
	int tries = 0;                                                             \
                                                                                   \
	do {                                                                       \
		result = f(ARGS);                                                  \
	} while (result < 0 && errno == EFAULT && tries++ < TRIES_MAX && (ready)); \
	return result

static size_t at_once(size_t len)
{
	return len < READY_MAX ? len : READY_MAX;
}

/* ---- files */

#define ARGS fd, buf, n
EXPORT ssize_t read(int fd, void *buf, size_t n)
{
	NEXT(read)
	RETRY(r, make_ready(buf, at_once(n), true));
}

EXPORT ssize_t write(int fd, const void *buf, size_t n)
{
	NEXT(write)
	RETRY(r, make_ready(buf, at_once(n), false));
}
#undef ARGS

#define ARGS fd, buf, n, off
EXPORT ssize_t pread(int fd, void *buf, size_t n, off_t off)
{
	NEXT(pread)
	RETRY(r, make_ready(buf, at_once(n), true));
}

EXPORT ssize_t pread64(int fd, void *buf, size_t n, off64_t off)
{
	NEXT(pread64)
	RETRY(r, make_ready(buf, at_once(n), true));
}

EXPORT ssize_t pwrite(int fd, const void *buf, size_t n, off_t off)
{
	NEXT(pwrite)
	RETRY(r, make_ready(buf, at_once(n), false));
}

EXPORT ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t off)
{
	NEXT(pwrite64)
	RETRY(r, make_ready(buf, at_once(n), false));
}
#undef ARGS

#define COUNT ((size_t)(count > 0 ? count : 0))
#define ARGS fd, vector, count
EXPORT ssize_t readv(int fd, const struct iovec *vector, int count)
{
	NEXT(readv)
	RETRY(r, make_ready_vector(vector, COUNT, READY_MAX, true));
}

EXPORT ssize_t writev(int fd, const struct iovec *vector, int count)
{
	NEXT(writev)
	RETRY(r, make_ready_vector(vector, COUNT, READY_MAX, false));
}
#undef ARGS

#define ARGS fd, vector, count, off
EXPORT ssize_t preadv(int fd, const struct iovec *vector, int count, off_t off)
{
	NEXT(preadv)
	RETRY(r, make_ready_vector(vector, COUNT, READY_MAX, true));
}

EXPORT ssize_t pwritev(int fd, const struct iovec *vector, int count, off_t off)
{
	NEXT(pwritev)
	RETRY(r, make_ready_vector(vector, COUNT, READY_MAX, false));
}
#undef ARGS

/* ---- sockets: a message goes whole or not at all */

#define ARGS fd, buf, n, flags
EXPORT ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	NEXT(send)
	RETRY(r, make_ready(buf, n, false));
}

EXPORT ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	NEXT(recv)
	(void)make_ready(buf, n, true);
	RETRY(r, make_ready(buf, n, true));
}
#undef ARGS

static size_t name_len(const socklen_t *len)
{
	return len != NULL && make_ready(len, sizeof(*len), true) ? *len : 0;
}

#define ARGS fd, buf, n, flags, name, len
EXPORT ssize_t sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *name,
		      socklen_t len)
{
	NEXT(sendto)
	RETRY(r, make_ready(buf, n, false) && make_ready(name, len, false));
}

EXPORT ssize_t recvfrom(int fd, void *buf, size_t n, int flags, struct sockaddr *name,
			socklen_t *len)
{
	NEXT(recvfrom)
	if (make_ready(buf, n, true))
		(void)make_ready(name, name_len(len), true);
	RETRY(r, make_ready(buf, n, true) && make_ready(name, name_len(len), true));
}
#undef ARGS

static bool make_ready_message(const struct msghdr *m, bool write)
{
	return make_ready(m, sizeof(*m), write) && make_ready(m->msg_name, m->msg_namelen, write) &&
	       make_ready(m->msg_control, m->msg_controllen, write) &&
	       make_ready_vector(m->msg_iov, m->msg_iovlen, SIZE_MAX, write);
}

#define ARGS fd, message, flags
EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	NEXT(sendmsg)
	RETRY(r, make_ready_message(message, false));
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	NEXT(recvmsg)
	(void)make_ready_message(message, true);
	RETRY(r, make_ready_message(message, true));
}
#undef ARGS

/*
 * ---- stdio reads and writes large pieces straight from and to the buffer; an error there is
 * remembered by the file
 */

#define ARGS buf, size, n, file
EXPORT size_t fread(void *buf, size_t size, size_t n, FILE *file)
{
	size_t bytes;

	NEXT(fread)
	if (!__builtin_mul_overflow(size, n, &bytes))
		(void)make_ready(buf, bytes, true);
	return f(ARGS);
}

EXPORT size_t fwrite(const void *buf, size_t size, size_t n, FILE *file)
{
	size_t bytes;

	NEXT(fwrite)
	if (!__builtin_mul_overflow(size, n, &bytes))
		(void)make_ready(buf, bytes, false);
	return f(ARGS);
}
#undef ARGS
