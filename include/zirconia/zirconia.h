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
 *   ZIRCONIA_PAGER_TIMEOUT  seconds after which a wait for a pager's page fails, 0 for never. Default: 300
 *   ZIRCONIA_INJECT         failures on purpose: see <zirconia/inject.h>. A mistake in it ends the program
 *   ZIRCONIA_INJECT_SEED    number: what its p= decides by. Default: 1
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
