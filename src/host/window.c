/*
 * The arena's file, the physmap and the root reservation: made once, all of the same size.
 *
 * Nothing of it uses memory: the file is sparse, the physmap is shared and unreserved, and the
 * reservation has no access. What limits the size is address space.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/inject.h"
#include "base/span.h"
#include "host/calls.h"
#include "host/host_i.h"
#include "host/recent.h"
#include "host/spare.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define GIB ((uint64_t)1 << 30)
#define BYTES_NATIVE (16 * 1024 * GIB)
#define BYTES_TSAN (256 * GIB)
#define BYTES_VALGRIND (16 * GIB)
/* With less than this nothing useful runs. */
#define BYTES_MIN ((uint64_t)4 << 20)

struct zi_window zi_window = {.fd = -1};
uint8_t *zi_physmap;

static uint64_t test_limit;

/* The program may be built with it and the library not: ask the process, not the compiler. */
extern void __tsan_init(void) __attribute__((weak));

void zi_window_limit(uint64_t bytes)
{
	test_limit = bytes;
}

static uint64_t power_of_two_below(uint64_t n)
{
	return n == 0 ? 0 : (uint64_t)1 << (63 - __builtin_clzll(n));
}

static uint64_t address_space_used(void)
{
	char text[128];
	unsigned long pages = 0;

	if (zi_probe_read("/proc/self/statm", text, sizeof(text)) &&
	    sscanf(text, "%lu", &pages) == 1)
		return (uint64_t)pages << ZI_PAGE_SHIFT;
	return 0;
}

static uint64_t bytes_wanted(void)
{
	uint64_t bytes = BYTES_NATIVE;
	struct rlimit limit;

	if (&__tsan_init != NULL)
		bytes = BYTES_TSAN;
	if (ZI_ON_VALGRIND())
		bytes = BYTES_VALGRIND;
	if (test_limit != 0)
		bytes = zi_min(bytes, test_limit);
	/* Sizing the file beyond this limit would raise SIGXFSZ. */
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		bytes = zi_min(bytes, limit.rlim_cur);
	/* The two windows together leave half of the limit, and half of what is left now, to the program. */
	if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
		uint64_t used = address_space_used();
		uint64_t left = limit.rlim_cur > used ? limit.rlim_cur - used : 0;

		bytes = zi_min(bytes, left / 4);
	}
	return power_of_two_below(bytes);
}

/* Executable mappings of VMOs need a file that is not marked otherwise; old kernels do not know the flag. */
static int file_new(void)
{
	static const unsigned flags[] = {MFD_EXEC, 0, MFD_NOEXEC_SEAL};
	int fd = -1;

	for (unsigned i = 0; fd < 0 && i < sizeof(flags) / sizeof(flags[0]); i++)
		fd = ZI_HOST(MEMFD_CREATE, -1, memfd_create("zirconia", MFD_CLOEXEC | flags[i]));
	return fd;
}

/* mmap at an address that is a multiple of `align` (a power of two, at least a page). */
static uint8_t *map_aligned(uint64_t bytes, uint64_t align, int prot, int flags, int fd)
{
	uint8_t *found = ZI_HOST(MMAP, MAP_FAILED,
				 mmap(NULL, bytes + align, PROT_NONE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));

	if (found == MAP_FAILED)
		return NULL;

	uint8_t *p = found + ((align - (uintptr_t)found % align) % align);

	if (ZI_HOST(MMAP, MAP_FAILED, mmap(p, bytes, prot, flags | MAP_FIXED, fd, 0)) ==
	    MAP_FAILED) {
		munmap(found, bytes + align);
		return NULL;
	}
	if (p != found)
		munmap(found, (size_t)(p - found));
	if (p + bytes != found + bytes + align)
		munmap(p + bytes, (size_t)(found + align - p));
	return p;
}

static bool try_size(struct zi_window *w, uint64_t bytes)
{
	/* Offsets inside the root look the same in every run; the address itself is the kernel's choice. */
	uint64_t align = zi_min(GIB, bytes / 8);
	/*
	 * At the end of a program Memcheck reads all memory that it takes for readable, in search of pointers:
	 * the whole physmap would become resident. It leaves out what can only be written. To the
	 * hardware, and to its check of single accesses, writable memory is readable anyway.
	 */
	int prot = ZI_ON_VALGRIND() ? PROT_WRITE : PROT_READ | PROT_WRITE;

	if (ZI_HOST(FTRUNCATE, -1, ftruncate(w->fd, (off_t)bytes)) < 0)
		return false;
	w->physmap = map_aligned(bytes, align, prot, MAP_SHARED | MAP_NORESERVE, w->fd);
	if (w->physmap == NULL)
		return false;
	w->root = map_aligned(bytes, align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			      -1);
	if (w->root == NULL) {
		munmap(w->physmap, bytes);
		w->physmap = NULL;
		return false;
	}
	w->bytes = bytes;
	return true;
}

static bool huge_pages_unasked(void)
{
	char text[128];

	return zi_probe_read("/sys/kernel/mm/transparent_hugepage/shmem_enabled", text,
			     sizeof(text)) &&
	       (strstr(text, "[always]") != NULL || strstr(text, "[within_size]") != NULL);
}

zx_status_t zi_window_open(void)
{
	struct zi_window w = {.fd = file_new()};

	if (w.fd < 0)
		return ZX_ERR_NO_MEMORY;
	zi_recent_reset();
	for (uint64_t bytes = bytes_wanted(); w.bytes == 0; bytes /= 2) {
		if (bytes < BYTES_MIN) {
			zi_sys_close(w.fd);
			return ZX_ERR_NO_MEMORY;
		}
		try_size(&w, bytes);
	}
	/*
	 * A core dump writes shared mappings of deleted files, and faults every hole of them in while it
	 * does: the physmap would become that many bytes of memory. What the program sees of its VMOs is
	 * dumped from their mappings (place.c). The reservation has no pages and is not dumped anyway.
	 */
	(void)ZI_HOST(MADVISE, -1, madvise(w.physmap, w.bytes, MADV_DONTDUMP));
	/* A huge page makes neighbours resident that nobody touched, and counts would be wrong. */
	w.no_huge_pages = huge_pages_unasked();
	if (w.no_huge_pages)
		(void)ZI_HOST(MADVISE, -1, madvise(w.physmap, w.bytes, MADV_NOHUGEPAGE));
	zi_spare_open();
	zi_window = w;
	zi_physmap = w.physmap;
	return ZX_OK;
}

void zi_window_close(void)
{
	if (zi_window.bytes == 0)
		return;
	munmap(zi_window.physmap, zi_window.bytes);
	munmap(zi_window.root, zi_window.bytes);
	zi_sys_close(zi_window.fd);
	zi_spare_close();
	zi_window = (struct zi_window){.fd = -1};
	zi_physmap = NULL;
}
