/*
 * What this process has without having made it: its job, its process object, its root VMAR, and the
 * handles to them. Made when somebody first asks, since most programs ask for few of them, and anew
 * in a forked child.
 */
#include <errno.h>

#include <zircon/rights.h>

#include "base/time.h"
#include "object/fork_i.h"
#include "object/self_i.h"
#include "object/task.h"
#include "vm/vmar.h"

/*
 * Held while one of these is made: outside of all other locks, and never when one exists already.
 */
static struct zi_lock making = ZI_LOCK_INIT(ZI_RANK_HANDLES - 1);

static struct {
	struct zi_job *_Atomic root;
	struct zi_process *_Atomic process;
	_Atomic zx_handle_t process_handle;
	_Atomic zx_handle_t vmar_handle;
	_Atomic zx_handle_t job_handle;
} self;

/* DIFFERS: the root job is the default job: there is nothing above this process. */
static struct zi_job *root_locked(void)
{
	struct zi_job *job = atomic_load_explicit(&self.root, memory_order_relaxed);

	if (job == NULL && zi_job_new(NULL, "root", &job) == ZX_OK)
		atomic_store_explicit(&self.root, job, memory_order_release);
	return job;
}

static struct zi_process *process_locked(void)
{
	struct zi_process *p = atomic_load_explicit(&self.process, memory_order_relaxed);
	struct zi_job *job = root_locked();

	if (p != NULL || job == NULL)
		return p;
	p = zi_process_make(job, program_invocation_short_name);
	if (p == NULL)
		return NULL;
	p->is_self = true;
	p->state = ZI_PROCESS_RUNNING;
	/* DIFFERS: the process begins when the library first hears of it. */
	p->start_time = zi_time_mono();
	zi_lock(&zi_tasks_lock);
	zi_job_add_process_locked(job, p);
	zi_unlock(&zi_tasks_lock);
	atomic_store_explicit(&self.process, p, memory_order_release);
	return p;
}

struct zi_job *zi_job_root(void)
{
	struct zi_job *job = atomic_load_explicit(&self.root, memory_order_acquire);

	if (job != NULL)
		return job;
	ZI_LOCK_SCOPE(&making);
	return root_locked();
}

struct zi_process *zi_process_self(void)
{
	struct zi_process *p = atomic_load_explicit(&self.process, memory_order_acquire);

	if (p != NULL)
		return p;
	ZI_LOCK_SCOPE(&making);
	return process_locked();
}

struct zi_process *zi_process_self_if_made(void)
{
	return atomic_load_explicit(&self.process, memory_order_acquire);
}

struct zi_job *zi_job_root_if_made(void)
{
	return atomic_load_explicit(&self.root, memory_order_acquire);
}

/* ---- handles */

/* An object with a reference for the caller, NULL: no memory. The lock `making` is held. */
typedef struct zi_object *get_object_fn(void);

static struct zi_object *get_process(void)
{
	struct zi_process *p = process_locked();

	if (p == NULL)
		return NULL;
	zi_object_ref(&p->object);
	return &p->object;
}

static struct zi_object *get_job(void)
{
	/* The process comes with it: a job that says "no processes" would be wrong. */
	struct zi_process *p = process_locked();

	if (p == NULL)
		return NULL;
	zi_object_ref(&p->job->object);
	return &p->job->object;
}

static struct zi_object *get_vmar(void)
{
	struct zi_process *p = process_locked();
	struct zi_aspace *as = p == NULL ? NULL : zi_process_aspace(p);
	struct zi_vmar *root = as == NULL ? NULL : zi_aspace_root(as);
	struct zi_vmar_object *o;

	if (root == NULL || zi_vmar_object_new(root, &o) != ZX_OK)
		return NULL;
	return &o->object;
}

static zx_handle_t own_handle(_Atomic zx_handle_t *where, get_object_fn *get, zx_rights_t rights)
{
	zx_handle_t handle = atomic_load_explicit(where, memory_order_acquire);
	struct zi_object *o = NULL;

	if (handle != ZX_HANDLE_INVALID)
		return handle;
	zi_lock(&making);
	handle = atomic_load_explicit(where, memory_order_relaxed);
	if (handle == ZX_HANDLE_INVALID)
		o = get();
	if (o != NULL && zi_handle_add(o, rights, &handle) == ZX_OK)
		atomic_store_explicit(where, handle, memory_order_release);
	zi_unlock(&making);
	zi_object_unref(o);
	return handle;
}

zx_handle_t zi_process_self_handle(void)
{
	return own_handle(&self.process_handle, get_process, ZX_DEFAULT_PROCESS_RIGHTS);
}

zx_handle_t zi_vmar_root_handle(void)
{
	return own_handle(&self.vmar_handle, get_vmar,
			  ZX_DEFAULT_VMAR_RIGHTS | ZX_RIGHT_READ | ZX_RIGHT_WRITE |
				  ZX_RIGHT_EXECUTE);
}

zx_handle_t zi_job_default_handle(void)
{
	return own_handle(&self.job_handle, get_job, ZX_DEFAULT_JOB_RIGHTS);
}

static void forget(void)
{
	atomic_store_explicit(&self.root, NULL, memory_order_relaxed);
	atomic_store_explicit(&self.process, NULL, memory_order_relaxed);
	atomic_store_explicit(&self.process_handle, ZX_HANDLE_INVALID, memory_order_relaxed);
	atomic_store_explicit(&self.vmar_handle, ZX_HANDLE_INVALID, memory_order_relaxed);
	atomic_store_explicit(&self.job_handle, ZX_HANDLE_INVALID, memory_order_relaxed);
}

void zi_self_end(void)
{
	struct zi_process *p = atomic_load_explicit(&self.process, memory_order_relaxed);
	struct zi_job *root = atomic_load_explicit(&self.root, memory_order_relaxed);

	forget();
	zi_aspace_self_end();
	if (p != NULL) {
		zi_lock(&zi_tasks_lock);
		p->state = ZI_PROCESS_DEAD;
		p->is_self = false;
		zi_job_remove_process_locked(p);
		zi_unlock(&zi_tasks_lock);
		zi_object_unref(&p->object);
	}
	if (root != NULL)
		zi_object_unref(&root->object);
}

void zi_task_after_fork(void)
{
	zi_lock_init(&making, ZI_RANK_HANDLES - 1);
	zi_lock_init(&zi_tasks_lock, ZI_RANK_TASKS);
	forget();
	zi_thread_after_fork();
}
