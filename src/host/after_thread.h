/* Work that has to wait for the end of a thread: giving back the stack that it runs on. */
#ifndef ZI_HOST_AFTER_THREAD_H
#define ZI_HOST_AFTER_THREAD_H

#include <zircon/types.h>

/*
 * Calls fn(ctx) once the calling thread has ended so far that it never touches its stack or its
 * thread-local memory again. The caller must end without coming back from where it is. NO_MEMORY:
 * fn will not be called.
 */
zx_status_t zi_host_after_thread(void (*fn)(void *ctx), void *ctx);

#endif
