/*
 * What Helgrind cannot see by itself, in builds for Valgrind only: that our words are locks, and that one thread goes on because of
 * another. ThreadSanitizer understands the atomic operations that Helgrind takes for plain ones.
 */
#ifndef ZI_BASE_ANNOTATE_H
#define ZI_BASE_ANNOTATE_H

#ifdef ZI_ANNOTATE
#include <valgrind/helgrind.h>
#define ZI_HG_LOCKED(l) VALGRIND_HG_MUTEX_LOCK_POST(l)
#define ZI_HG_UNLOCKING(l) VALGRIND_HG_MUTEX_UNLOCK_PRE(l)
#define ZI_HG_BEFORE(p) ANNOTATE_HAPPENS_BEFORE(p)
#define ZI_HG_AFTER(p) ANNOTATE_HAPPENS_AFTER(p)
#else
#define ZI_HG_LOCKED(l) ((void)0)
#define ZI_HG_UNLOCKING(l) ((void)0)
#define ZI_HG_BEFORE(p) ((void)0)
#define ZI_HG_AFTER(p) ((void)0)
#endif

#endif
