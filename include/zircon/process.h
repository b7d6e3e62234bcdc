/*
 * Handles that every process has from its start.
 *
 * The library owns them: do not close, replace or transfer them; duplicate one to keep it. Each
 * function has a second name with an underscore in front. All are safe in threads; not in signal
 * handlers, because the first use sets the emulated process up. Source: Zircon, zircon/process.h.
 */
#ifndef ZIRCON_PROCESS_H_
#define ZIRCON_PROCESS_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/* Handle of the calling thread. */
__ZX_CALL(zx_handle_t, zx_thread_self, (void));

/* Handle of the process. */
__ZX_CALL(zx_handle_t, zx_process_self, (void));

/* Handle of the root region of the address space, with READ, WRITE, EXECUTE and OP_CHILDREN. */
__ZX_CALL(zx_handle_t, zx_vmar_root_self, (void));

/* Handle of the job in which new processes are made; may be ZX_HANDLE_INVALID. */
__ZX_CALL(zx_handle_t, zx_job_default, (void));

/*
 * Hands out the startup handle that belongs to the given info word (a PA_HND() value), once;
 * ZX_HANDLE_INVALID when there is none or it was taken. The caller owns what it gets.
 */
zx_handle_t zx_take_startup_handle(uint32_t hnd_info);

__END_CDECLS

#endif /* ZIRCON_PROCESS_H_ */
