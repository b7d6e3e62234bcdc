/* zx_job_create */
#include <zircon/rights.h>
#include <zircon/syscalls.h>

#include "object/object.h"
#include "object/task.h"
#include "syscalls/entry.h"

/*
 * ZX_ERR_INVALID_ARGS  options; bad `out`
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (MANAGE_JOB)
 * ZX_ERR_OUT_OF_RANGE  32 levels below the root job
 * ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES
 * ZX_ERR_BAD_STATE     the parent was killed
 */
zx_status_t zx_job_create(zx_handle_t parent_job, uint32_t options, zx_handle_t *out)
{
	ZI_ENTRY(zx_job_create);
	struct zi_job *parent, *job;
	zx_status_t st;

	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	st = zi_handle_get(parent_job, ZX_OBJ_TYPE_JOB, ZX_RIGHT_MANAGE_JOB, &parent, NULL);
	if (st != ZX_OK)
		return st;
	st = zi_job_new(parent, "", &job);
	zi_object_unref(&parent->object);
	return st == ZX_OK ? zi_handle_publish(&job->object, ZX_DEFAULT_JOB_RIGHTS, out) : st;
}
