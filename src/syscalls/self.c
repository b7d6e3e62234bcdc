/*
 * What a process and its threads do to themselves: end, make room for others, and take what they
 * were given.
 */
#include <zircon/process.h>
#include <zircon/syscalls.h>

#include "host/machine.h"
#include "syscalls/entry.h"

/* DIFFERS: Linux keeps the low eight bits of the return code. */
void zx_process_exit(int64_t retcode)
{
	ZI_ENTRY_VALUE(zx_process_exit);
	zi_host_exit_process((int)(retcode & 0xff));
}

/* DIFFERS: Cleanup handlers and destructors of thread-specific data of the C library run. */
void zx_thread_exit(void)
{
	ZI_ENTRY_VALUE(zx_thread_exit);
	zi_host_exit_thread();
}

zx_status_t zx_thread_legacy_yield(uint32_t options)
{
	ZI_ENTRY(zx_thread_legacy_yield);
	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	zi_host_yield();
	return ZX_OK;
}

/* A Linux process is started without handles: there is never one to take. */
zx_handle_t zx_take_startup_handle(uint32_t hnd_info)
{
	(void)hnd_info;
	return ZX_HANDLE_INVALID;
}
