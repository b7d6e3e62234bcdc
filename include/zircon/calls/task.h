/*
 * Processes, jobs, threads. What holds for every call is said in zircon/syscalls.h.
 *
 * A process made here is an address space with handles to look at it; nothing ever runs in it.
 */
#ifndef ZIRCON_CALLS_TASK_H_
#define ZIRCON_CALLS_TASK_H_

#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/scheduler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Makes a process in a job, with an empty address space. options is 0, or ZX_PROCESS_SHARED for an
 * address space that others can share. Of the name (name_size bytes) the first 31 are kept. The
 * handles have ZX_DEFAULT_PROCESS_RIGHTS, and the rights that zx_vmar_root_self() has.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  other options, or name cannot be read (NULL, even with size 0)
 *   handle errors        job is no open job handle with ZX_RIGHT_MANAGE_PROCESS
 *   ZX_ERR_BAD_STATE     the job is dead
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  proc_handle or vmar_handle cannot be written
 *
 * Source: Zircon reference, zx_process_create.
 */
__ZX_CALL(zx_status_t, zx_process_create,
	  (zx_handle_t job, const char *name, size_t name_size, uint32_t options,
	   zx_handle_t *proc_handle, zx_handle_t *vmar_handle));

/*
 * Runs a process, from its first thread. Not emulated.
 * Source: Zircon reference, zx_process_start.
 */
__ZX_CALL(zx_status_t, zx_process_start,
	  (zx_handle_t handle, zx_handle_t thread, zx_vaddr_t entry, zx_vaddr_t stack,
	   zx_handle_t arg1, uintptr_t arg2));

/*
 * Ends the process of the caller at once, without the exit handlers of the C library. Linux keeps
 * the low eight bits of retcode. Safe in signal handlers.
 *
 * Source: Zircon reference, zx_process_exit.
 */
__ZX_CALL_NORETURN(zx_process_exit, (int64_t retcode));

/*
 * Reads memory of a process, whatever its protection, from vaddr to the end of the buffer (at most
 * 64 MiB), of the one mapping there, or of its VMO: fewer bytes than asked for are no error.
 * actual: bytes read, written only with ZX_OK.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  buffer is NULL; buffer_size is 0 or more than 64 MiB
 *   handle errors        handle is no open process handle with READ and WRITE
 *   ZX_ERR_NOT_FOUND     nothing is mapped at vaddr, or the process is dead
 *   ZX_ERR_NOT_SUPPORTED the VMO there is physical
 *   ZX_ERR_BAD_STATE     ... its cache policy is not ZX_CACHE_POLICY_CACHED
 *   ZX_ERR_OUT_OF_RANGE  ... it ends before vaddr
 *   ZX_ERR_NOT_FOUND     ... it was discarded
 *   the pager's error    ... a page could not be had
 *   ZX_ERR_INVALID_ARGS  buffer or actual cannot be written
 *
 * Source: Zircon reference, zx_process_read_memory.
 */
__ZX_CALL(zx_status_t, zx_process_read_memory,
	  (zx_handle_t handle, zx_vaddr_t vaddr, void *buffer, size_t buffer_size, size_t *actual));

/*
 * Writes memory of a process, with the limits of zx_process_read_memory. Where the mapping may
 * never be written a private copy takes its place first.
 *
 * Errors: those of zx_process_read_memory with ZX_RIGHT_WRITE needed and the buffer read, and
 *   ZX_ERR_NO_MEMORY     not enough memory
 *
 * Source: Zircon reference, zx_process_write_memory.
 */
__ZX_CALL(zx_status_t, zx_process_write_memory,
	  (zx_handle_t handle, zx_vaddr_t vaddr, const void *buffer, size_t buffer_size,
	   size_t *actual));

/*
 * Ends a task. A process that never ran is dead when the call returns: its address space is torn
 * down, then ZX_TASK_TERMINATED shows. The caller's own process ends with it. Killing a dead task
 * is fine.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *   ZX_ERR_ACCESS_DENIED handle lacks ZX_RIGHT_DESTROY
 *   ZX_ERR_WRONG_TYPE    handle is neither process nor job nor thread
 *   ZX_ERR_NOT_SUPPORTED handle is a thread
 *
 * Source: Zircon reference, zx_task_kill.
 */
__ZX_CALL(zx_status_t, zx_task_kill, (zx_handle_t handle));

/*
 * Stops a task until the token is closed. Not emulated.
 * Source: Zircon reference, zx_task_suspend.
 */
__ZX_CALL(zx_status_t, zx_task_suspend, (zx_handle_t handle, zx_handle_t *token));

/*
 * The same under its older name. Not emulated.
 * Source: Zircon reference, zx_task_suspend_token.
 */
__ZX_CALL(zx_status_t, zx_task_suspend_token, (zx_handle_t handle, zx_handle_t *token));

/*
 * Makes a channel that gets the exceptions of a task. Not emulated.
 * Source: Zircon reference, zx_task_create_exception_channel.
 */
__ZX_CALL(zx_status_t, zx_task_create_exception_channel,
	  (zx_handle_t handle, uint32_t options, zx_handle_t *out));

/*
 * Makes a job inside another one. options is 0. The handle has ZX_DEFAULT_JOB_RIGHTS.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  options is not 0
 *   handle errors        parent_job is no open job handle with ZX_RIGHT_MANAGE_JOB
 *   ZX_ERR_OUT_OF_RANGE  jobs are nested too deeply
 *   ZX_ERR_BAD_STATE     the parent is dead
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  out cannot be written
 *
 * Source: Zircon reference, zx_job_create.
 */
__ZX_CALL(zx_status_t, zx_job_create, (zx_handle_t parent_job, uint32_t options, zx_handle_t *out));

/*
 * Sets what the processes of a job may do; everything is allowed here. Not emulated.
 * Source: Zircon reference, zx_job_set_policy.
 */
__ZX_CALL(zx_status_t, zx_job_set_policy,
	  (zx_handle_t handle, uint32_t options, uint32_t topic, const void *policy,
	   uint32_t count));

/*
 * Has a job die with a process. Not emulated.
 * Source: Zircon reference, zx_job_set_critical.
 */
__ZX_CALL(zx_status_t, zx_job_set_critical,
	  (zx_handle_t job, uint32_t options, zx_handle_t process));

/*
 * Makes a thread in a process. Not emulated: threads come from the C library.
 * Source: Zircon reference, zx_thread_create.
 */
__ZX_CALL(zx_status_t, zx_thread_create,
	  (zx_handle_t process, const char *name, size_t name_size, uint32_t options,
	   zx_handle_t *out));

/*
 * Runs such a thread. Not emulated.
 * Source: Zircon reference, zx_thread_start.
 */
__ZX_CALL(zx_status_t, zx_thread_start,
	  (zx_handle_t handle, zx_vaddr_t thread_entry, zx_vaddr_t stack, uintptr_t arg1,
	   uintptr_t arg2));

/*
 * Ends the calling thread; with the last one the process ends. Cleanup handlers of the C library
 * run.
 *
 * Source: Zircon reference, zx_thread_exit.
 */
__ZX_CALL_NORETURN(zx_thread_exit, (void));

/*
 * Reads registers of a suspended thread. Not emulated.
 * Source: Zircon reference, zx_thread_read_state.
 */
__ZX_CALL(zx_status_t, zx_thread_read_state,
	  (zx_handle_t handle, uint32_t kind, void *buffer, size_t buffer_size));

/*
 * Writes registers of a suspended thread. Not emulated.
 * Source: Zircon reference, zx_thread_write_state.
 */
__ZX_CALL(zx_status_t, zx_thread_write_state,
	  (zx_handle_t handle, uint32_t kind, const void *buffer, size_t buffer_size));

/*
 * Lets other threads run. options is 0. Safe in signal handlers.
 *
 * Errors:
 *   ZX_ERR_INVALID_ARGS  options is not 0
 *
 * Source: Zircon reference, zx_thread_legacy_yield.
 */
__ZX_CALL(zx_status_t, zx_thread_legacy_yield, (uint32_t options));

/*
 * Raises an exception of the program's own in the calling thread. Not emulated.
 * Source: Zircon reference, zx_thread_raise_exception.
 */
__ZX_CALL(zx_status_t, zx_thread_raise_exception,
	  (uint32_t options, zx_excp_type_t type, const zx_exception_context_t *context));

/*
 * Makes a profile for zx_object_set_profile. Not emulated.
 * Source: Zircon reference, zx_profile_create.
 */
__ZX_CALL(zx_status_t, zx_profile_create,
	  (zx_handle_t root_job, uint32_t options, const zx_profile_info_t *profile,
	   zx_handle_t *out));

/*
 * Makes a handle to the thread of an exception. Not emulated.
 * Source: Zircon reference, zx_exception_get_thread.
 */
__ZX_CALL(zx_status_t, zx_exception_get_thread, (zx_handle_t handle, zx_handle_t *out));

/*
 * Makes a handle to the process of an exception. Not emulated.
 * Source: Zircon reference, zx_exception_get_process.
 */
__ZX_CALL(zx_status_t, zx_exception_get_process, (zx_handle_t handle, zx_handle_t *out));

__END_CDECLS

#endif /* ZIRCON_CALLS_TASK_H_ */
