/* Topics about jobs, processes and threads. */
#include <sched.h>
#include <string.h>

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

#include "base/time.h"
#include "object/info.h"
#include "object/task.h"
#include "object/thread.h"

zx_status_t zi_info_process(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			    size_t *actual, size_t *avail)
{
	zx_info_process_t info;
	struct zi_process *p;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_PROCESS, ZX_RIGHT_INSPECT, &p, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	memset(&info, 0, sizeof(info));
	zi_lock(&zi_tasks_lock);
	info.start_time = p->start_time;
	if (p->start_time != 0)
		info.flags |= ZX_INFO_PROCESS_FLAG_STARTED;
	if (p->state == ZI_PROCESS_DYING || p->state == ZI_PROCESS_DEAD)
		info.flags |= ZX_INFO_PROCESS_FLAG_EXITED;
	if (p->state == ZI_PROCESS_DEAD)
		info.return_code = p->return_code;
	zi_unlock(&zi_tasks_lock);
	zi_object_unref(&p->object);
	return zi_info_one(&info, sizeof(info), buffer, size, actual, avail);
}

/* ---- lists of koids */

static bool add_koid(void *ctx, struct zi_object *o)
{
	return zi_info_rows_add(ctx, &o->koid);
}

static zx_status_t write_koids(struct zi_link *head, size_t offset, void *buffer, size_t size,
			       size_t *actual, size_t *avail)
{
	struct zi_info_rows rows;

	zi_info_rows_begin(&rows, buffer, size, sizeof(zx_koid_t));
	if (!zi_task_walk(head, offset, add_koid, &rows))
		return ZX_ERR_NO_MEMORY;
	return zi_info_rows_end(&rows, actual, avail);
}

zx_status_t zi_info_process_threads(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
				    size_t *actual, size_t *avail)
{
	struct zi_process *p;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_PROCESS, ZX_RIGHT_ENUMERATE, &p, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	/* The caller at least is a thread. */
	if (p->is_self)
		zi_thread_self();
	st = write_koids(&p->threads, offsetof(struct zi_thread, in_process), buffer, size, actual,
			 avail);
	zi_object_unref(&p->object);
	return st;
}

zx_status_t zi_info_job_list(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			     size_t *actual, size_t *avail)
{
	struct zi_job *job;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_JOB, ZX_RIGHT_ENUMERATE, &job, NULL);

	if (st != ZX_OK)
		return st;
	if (topic == ZX_INFO_JOB_CHILDREN)
		st = write_koids(&job->jobs, offsetof(struct zi_job, in_parent), buffer, size,
				 actual, avail);
	else
		st = write_koids(&job->processes, offsetof(struct zi_process, in_job), buffer, size,
				 actual, avail);
	zi_object_unref(&job->object);
	return st;
}

zx_status_t zi_info_job(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			size_t *actual, size_t *avail)
{
	zx_info_job_t info;
	struct zi_job *job;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_JOB, ZX_RIGHT_INSPECT, &job, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	memset(&info, 0, sizeof(info));
	zi_lock(&zi_tasks_lock);
	info.return_code = job->return_code;
	info.exited = job->state == ZI_JOB_DEAD;
	info.kill_on_oom = job->kill_on_oom;
	zi_unlock(&zi_tasks_lock);
	zi_object_unref(&job->object);
	return zi_info_one(&info, sizeof(info), buffer, size, actual, avail);
}

/* ---- threads */

static void get_affinity(struct zi_thread *t, zx_cpu_set_t *out)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	zi_lock(&zi_tasks_lock);
	if (t->alive && pthread_getaffinity_np(t->pthread, sizeof(set), &set) != 0)
		CPU_ZERO(&set);
	zi_unlock(&zi_tasks_lock);
	for (unsigned cpu = 0; cpu < ZX_CPU_SET_MAX_CPUS && cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &set))
			out->mask[cpu / ZX_CPU_SET_BITS_PER_WORD] |=
				UINT64_C(1) << cpu % ZX_CPU_SET_BITS_PER_WORD;
	}
}

zx_status_t zi_info_thread(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			   size_t *actual, size_t *avail)
{
	zx_info_thread_t info;
	struct zi_thread *t;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_THREAD, ZX_RIGHT_INSPECT, &t, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	memset(&info, 0, sizeof(info));
	info.state = atomic_load_explicit(&t->state, memory_order_relaxed);
	get_affinity(t, &info.cpu_affinity_mask);
	zi_object_unref(&t->object);
	return zi_info_one(&info, sizeof(info), buffer, size, actual, avail);
}

/* DIFFERS: the processor is told for the calling thread only. */
zx_status_t zi_info_thread_stats(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
				 size_t *actual, size_t *avail)
{
	zx_info_thread_stats_t info;
	struct zi_thread *t;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_THREAD, ZX_RIGHT_INSPECT, &t, NULL);
	int cpu = -1;

	(void)topic;
	if (st != ZX_OK)
		return st;
	if (t == zi_thread_current)
		cpu = sched_getcpu();
	memset(&info, 0, sizeof(info));
	info.total_runtime = zi_thread_runtime(t);
	info.last_scheduled_cpu = cpu < 0 ? ZX_INFO_INVALID_CPU : (uint32_t)cpu;
	zi_object_unref(&t->object);
	return zi_info_one(&info, sizeof(info), buffer, size, actual, avail);
}

/* Exceptions are never pending: a fault that nobody handles ends the process. */
zx_status_t zi_info_thread_exception(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
				     size_t *actual, size_t *avail)
{
	struct zi_thread *t;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_THREAD, ZX_RIGHT_INSPECT, &t, NULL);

	(void)topic, (void)buffer, (void)size, (void)actual, (void)avail;
	if (st != ZX_OK)
		return st;
	zi_object_unref(&t->object);
	return ZX_ERR_BAD_STATE;
}

/* ---- TASK_RUNTIME */

static int64_t process_runtime(const struct zi_process *p)
{
	return p->is_self ? zi_time_of(CLOCK_PROCESS_CPUTIME_ID) : 0;
}

/* Only self ever runs. */
static int64_t job_runtime(const struct zi_job *job)
{
	struct zi_process *self = zi_process_self();

	for (const struct zi_job *j = self == NULL ? NULL : self->job; j != NULL; j = j->parent) {
		if (j == job)
			return process_runtime(self);
	}
	return 0;
}

/* DIFFERS: only the processor time is told; time in queues, faults and locks is 0. */
zx_status_t zi_info_task_runtime(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
				 size_t *actual, size_t *avail)
{
	const size_t record = topic == ZX_INFO_TASK_RUNTIME_V1 ? sizeof(zx_info_task_runtime_v1_t) :
								 sizeof(zx_info_task_runtime_t);
	zx_info_task_runtime_t info;
	struct zi_object *o;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_INSPECT, &o, NULL);

	if (st != ZX_OK)
		return st;
	memset(&info, 0, sizeof(info));
	switch (o->ops->type) {
	case ZX_OBJ_TYPE_JOB:
		info.cpu_time = job_runtime((struct zi_job *)o);
		break;
	case ZX_OBJ_TYPE_PROCESS:
		info.cpu_time = process_runtime((struct zi_process *)o);
		break;
	case ZX_OBJ_TYPE_THREAD:
		info.cpu_time = zi_thread_runtime((struct zi_thread *)o);
		break;
	default:
		st = ZX_ERR_WRONG_TYPE;
		break;
	}
	zi_object_unref(o);
	return st == ZX_OK ? zi_info_one(&info, record, buffer, size, actual, avail) : st;
}
