/*
 * What the library offers beyond Zircon's own interface.
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
