/*
 * What the library offers beyond Zircon's own interface.
 *
 * Options are environment variables, read once, when the program first needs the library. A value that cannot be understood is told on
 * stderr and counts as not given. Programs with set-user-ID take no options.
 *
 *   ZIRCONIA_BEHAVIOUR      2025 or 2026: the kernels of which year, where the two differ. Default: 2026, but stream writes grow VMOs
 *   ZIRCONIA_ASLR           1 places mappings at random, 0 (default) compactly
 *   ZIRCONIA_SEED           number, also 0x...: repeats a random placement
 *   ZIRCONIA_TRAP           sigbus, thread or mprotect: how accesses to pages of a pager are noticed. Default: what the system allows
 *   ZIRCONIA_FS             directory at which the program's objects are mounted as files: <zirconia/fs.h>. Default: nowhere
 *   ZIRCONIA_PAGER_TIMEOUT  seconds after which a wait for a pager's page fails, 0 for never. Default: 300
 *   ZIRCONIA_INJECT         failures on purpose: see <zirconia/inject.h>. A mistake in it ends the program
 *   ZIRCONIA_INJECT_SEED    number: what its p= decides by. Default: 1
 *
 * What Zircon's processes do not do, and Linux's may:
 *
 *   fork                the child begins with an empty world of its own, in which every call works: the parent's handles are ZX_ERR_BAD_HANDLE,
 *                       its mappings are gone, and nothing the child does reaches the parent. Other threads of the parent may be anywhere.
 *                       Not for threads whose stack lies in a VMO; not for _Fork and clone, which must be followed by exec or _exit
 *   vfork, posix_spawn  the new program gets no descriptor, signal mask or disposition of the library's; nor with exec after fork
 *   exit, _exit         wait for nobody: threads in waits, faults or on pages of a pager just end. Handlers of atexit may make calls
 *   signals             do not interrupt calls; a wait goes on after a handler, to the same deadline. Handlers make no calls
 *   pthread_cancel      takes effect after the call; none is a cancellation point. Asynchronous cancellation in calls is not allowed
 *   pthread_exit        anywhere but in calls (that is, in functions which calls call), in a handler of SIGSEGV too
 *   dlopen, dlclose     the library stays loaded, as its signal handlers stay. With dlopen, handlers of SIGSEGV and SIGBUS that the program
 *                       installs later replace them: it should install its own first
 */
#ifndef ZIRCONIA_ZIRCONIA_H_
#define ZIRCONIA_ZIRCONIA_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/* Version that a program is compiled against. */
#define ZIRCONIA_VERSION_MAJOR 0
#define ZIRCONIA_VERSION_MINOR 1
#define ZIRCONIA_VERSION_PATCH 0
#define ZIRCONIA_VERSION_STRING "0.1.0"

/* Version of the library that the program runs with, as "major.minor.patch". Constant text. */
const char *zirconia_version(void);

/*
 * Says in one line of plain words what a status means, without a full stop. Numbers that are no
 * status get a line that says so. Constant text, never NULL. Safe in threads and signal handlers.
 */
const char *zirconia_status_meaning(zx_status_t status);

/*
 * How accesses to pages that a pager has to supply are noticed: "sigbus", "thread" or "mprotect". Chosen once, by what the system allows,
 * or as the environment variable ZIRCONIA_TRAP says if that is possible. NULL: the library could not be started. Constant text.
 */
const char *zirconia_trap_engine(void);

__END_CDECLS

#endif /* ZIRCONIA_ZIRCONIA_H_ */
