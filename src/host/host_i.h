/* Between the files of src/host only. */
#ifndef ZI_HOST_HOST_I_H
#define ZI_HOST_HOST_I_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/host.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ZI_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define ZI_SANITIZED 1
#endif
#endif
#ifndef ZI_SANITIZED
#define ZI_SANITIZED 0
#endif

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define ZI_HAVE_VALGRIND 1
#endif
#endif
#ifdef ZI_HAVE_VALGRIND
#define ZI_ON_VALGRIND() (RUNNING_ON_VALGRIND != 0)
#define ZI_VG_MAKE_DEFINED(addr, len) ((void)VALGRIND_MAKE_MEM_DEFINED((addr), (len)))
#else
#define ZI_ON_VALGRIND() false
#define ZI_VG_MAKE_DEFINED(addr, len) ((void)(addr), (void)(len))
#endif

/* ------------------------------------------------------------------ window.c */

/* The arena's file, its alias and the reservation. Written by start only; a zero `bytes` means none. */
struct zi_window {
	int fd;
	bool no_huge_pages; /* the system would give huge pages to shared memory unasked */
	uint8_t *physmap;
	uint8_t *root;
	uint64_t bytes; /* of each of the two */
};
extern struct zi_window zi_window;

zx_status_t zi_window_open(void);
void zi_window_close(void); /* only for the child of a fork, and for tests */
/* For tests, before the start: no larger window than this (0: the normal size). */
void zi_window_limit(uint64_t bytes);

static inline bool zi_window_in_root(uintptr_t addr)
{
	return addr - (uintptr_t)zi_window.root < zi_window.bytes;
}

static inline bool zi_window_in_physmap(uintptr_t addr)
{
	return addr - (uintptr_t)zi_window.physmap < zi_window.bytes;
}

/* ------------------------------------------------------------------ arena.c */

void zi_arena_reset(uint64_t pages); /* empties all lists: every frame is free, none resident */
bool zi_arena_check(void);           /* full walk: every frame is in one place */

/* ------------------------------------------------------------------ probe.c */

void zi_probe(struct zi_host_caps *caps); /* everything but the windows */
/* Reads a small file of /proc or /sys into buf as a string; false when that is not possible. */
bool zi_probe_read(const char *path, char *buf, size_t cap);

/* ------------------------------------------------------------------ valgrind.c */

/* Before our handlers are installed: does the Valgrind we run on show a handler all registers as they are? */
bool zi_valgrind_has_exact_registers(void);
void zi_valgrind_advise(void); /* tells in Valgrind's log when it does not */

/* ------------------------------------------------------------------ sigfault.c, sigwrap.c */

void zi_trap_on_signal(int sig, siginfo_t *info, void *context);
/*
 * Puts our handler in front of the program's, once per process; the handlers found become the chained ones. False: the system
 * refused, and nothing has changed.
 */
bool zi_signals_install(void);
/* Calls the program's handler, or arranges for the default action. */
void zi_signals_chain(int sig, siginfo_t *info, void *context);
void zi_signals_after_fork(void);

/* ------------------------------------------------------------------ copy.S, copy.c */

enum zi_copy_site { ZI_COPY_NONE, ZI_COPY_CAPTURED, ZI_COPY_RESOLVED };

/* What the handler tells the copy that it stopped. */
struct zi_copy_stop {
	uintptr_t addr;
	bool addr_known;
	bool write;
	zx_status_t status;
};

enum zi_copy_site zi_copy_site_of(uintptr_t ip);
/* Leaves the message and returns the address at which the copy goes on. */
uintptr_t zi_copy_stop(enum zi_copy_site site, const struct zi_copy_stop *stop);
void zi_copy_setup(void);

#endif
