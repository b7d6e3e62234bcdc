/*
 * Processes as objects: zx_process_create, zx_task_kill, and the handles that a process has of
 * itself.
 */
#include <zircon/process.h>
#include <zircon/rights.h>
#include <zircon/syscalls.h>

#include "object/object.h"
#include "object/task.h"
#include "object/thread.h"
#include "syscalls/entry.h"
#include "syscalls/handle_i.h"
#include "vm/vmar.h"

#define ROOT_VMAR_RIGHTS \
	(ZX_DEFAULT_VMAR_RIGHTS | ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_EXECUTE)

/* Both references are the caller's. */
static zx_status_t make_process(struct zi_job *job, const char *name,
				struct zi_process **out_process, struct zi_vmar_object **out_vmar)
{
	struct zi_process *p = NULL;
	struct zi_vmar *root;
	zx_status_t st = zi_process_new(job, name, &p);

	if (st != ZX_OK)
		return st;
	root = zi_aspace_root(p->aspace);
	/* Gone already when the job was killed meanwhile. */
	st = root == NULL ? ZX_ERR_BAD_STATE : zi_vmar_object_new(root, out_vmar);
	if (st != ZX_OK) {
		zi_process_kill(p, 0);
		zi_object_unref(&p->object);
		return st;
	}
	*out_process = p;
	return ZX_OK;
}

/*
 * ZX_ERR_INVALID_ARGS   options; name NULL or bad
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (MANAGE_PROCESS)
 * ZX_ERR_NOT_SUPPORTED  ZX_PROCESS_SHARED
 * ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES
 * ZX_ERR_BAD_STATE      the job was killed
 * ZX_ERR_INVALID_ARGS   bad `proc_handle` or `vmar_handle`
 * DIFFERS: shared address spaces are for restricted mode, which is not emulated.
 */
zx_status_t zx_process_create(zx_handle_t job, const char *name, size_t name_size, uint32_t options,
			      zx_handle_t *proc_handle, zx_handle_t *vmar_handle)
{
	ZI_ENTRY(zx_process_create);
	char copy[ZX_MAX_NAME_LEN];
	struct zi_vmar_object *vmar = NULL;
	struct zi_process *p = NULL;
	struct zi_job *j;
	zx_status_t st;

	if (options != 0 && options != ZX_PROCESS_SHARED)
		return ZX_ERR_INVALID_ARGS;
	st = zi_name_read(copy, name, name_size);
	if (st != ZX_OK)
		return st;
	st = zi_handle_get(job, ZX_OBJ_TYPE_JOB, ZX_RIGHT_MANAGE_PROCESS, &j, NULL);
	if (st != ZX_OK)
		return st;
	st = options == 0 ? make_process(j, copy, &p, &vmar) : ZX_ERR_NOT_SUPPORTED;
	zi_object_unref(&j->object);
	if (st != ZX_OK)
		return st;
	return zi_publish_two(&p->object, ZX_DEFAULT_PROCESS_RIGHTS, proc_handle, &vmar->object,
			      ROOT_VMAR_RIGHTS, vmar_handle);
}

/* ZX_ERR_BAD_HANDLE, ZX_ERR_ACCESS_DENIED (DESTROY). ZX_ERR_WRONG_TYPE: neither process nor job */
zx_status_t zx_task_kill(zx_handle_t handle)
{
	ZI_ENTRY(zx_task_kill);
	struct zi_object *o;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_DESTROY, &o, NULL);

	if (st != ZX_OK)
		return st;
	switch (o->ops->type) {
	case ZX_OBJ_TYPE_JOB:
		zi_job_kill((struct zi_job *)o, ZX_TASK_RETCODE_SYSCALL_KILL);
		break;
	case ZX_OBJ_TYPE_PROCESS:
		zi_process_kill((struct zi_process *)o, ZX_TASK_RETCODE_SYSCALL_KILL);
		break;
	default:
		st = ZX_ERR_WRONG_TYPE;
		break;
	}
	zi_object_unref(o);
	return st;
}

zx_handle_t zx_process_self(void)
{
	ZI_ENTRY_VALUE(zx_process_self);
	return zi_process_self_handle();
}

zx_handle_t zx_vmar_root_self(void)
{
	ZI_ENTRY_VALUE(zx_vmar_root_self);
	return zi_vmar_root_handle();
}

zx_handle_t zx_job_default(void)
{
	ZI_ENTRY_VALUE(zx_job_default);
	return zi_job_default_handle();
}

zx_handle_t zx_thread_self(void)
{
	ZI_ENTRY_VALUE(zx_thread_self);
	return zi_thread_self();
}
