/*
 * Memory for the slabs of base, and its way to write: it may not talk to Linux itself. Runs on the fault
 * path.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

#include "base/format.h"
#include "base/slab.h"
#include "base/span.h"
#include "host/calls.h"

#if defined(__SANITIZE_ADDRESS__)
#define PAGES_LSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PAGES_LSAN 1
#endif
#endif

#ifdef PAGES_LSAN
#include <sanitizer/lsan_interface.h>
/* Objects in slabs hold on to memory of malloc's, which would seem lost otherwise. */
#define PAGES_ARE_ROOT(p, n) __lsan_register_root_region((p), (n))
#define PAGES_ARE_NO_ROOT(p, n) __lsan_unregister_root_region((p), (n))
#else
#define PAGES_ARE_ROOT(p, n) ((void)(p), (void)(n))
#define PAGES_ARE_NO_ROOT(p, n) ((void)(p), (void)(n))
#endif

static _Atomic size_t live;

void *zi_pages_from_system(size_t bytes)
{
	int saved = errno;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	errno = saved;
	if (p == MAP_FAILED)
		return NULL;
	PAGES_ARE_ROOT(p, bytes);
	atomic_fetch_add_explicit(&live, zi_page_up(bytes), memory_order_relaxed);
	return p;
}

void zi_pages_to_system(void *p, size_t bytes)
{
	PAGES_ARE_NO_ROOT(p, bytes);
	munmap(p, zi_page_up(bytes));
	atomic_fetch_sub_explicit(&live, zi_page_up(bytes), memory_order_relaxed);
}

void zi_pages_after_fork(void)
{
	atomic_store_explicit(&live, 0, memory_order_relaxed);
}

size_t zi_pages_live(void)
{
	return atomic_load_explicit(&live, memory_order_relaxed);
}

ssize_t zi_write_fd(int fd, const void *bytes, size_t n)
{
	return zi_sys_write(fd, bytes, n);
}
