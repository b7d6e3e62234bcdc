/* Process objects: this process, and those that only own an address space. */
#include <signal.h>
#include <string.h>

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

#include "base/assert.h"
#include "object/self_i.h"
#include "object/task.h"
#include "object/thread.h"
#include "vm/vmar.h"

static struct zi_process *process_of(struct zi_object *o)
{
	return ZI_CONTAINER(o, struct zi_process, object);
}

bool zi_process_is_running(struct zi_process *p)
{
	ZI_LOCK_SCOPE(&zi_tasks_lock);
	return p->state == ZI_PROCESS_RUNNING;
}

struct zi_aspace *zi_process_aspace(struct zi_process *p)
{
	struct zi_aspace *as = p->aspace;
	zx_koid_t none = 0;

	if (as != NULL)
		return as;
	as = zi_aspace_self();
	if (as != NULL)
		atomic_compare_exchange_strong_explicit(&as->koid, &none, p->object.koid,
							memory_order_relaxed, memory_order_relaxed);
	return as;
}

struct zi_object *zi_process_find_thread(struct zi_process *p, zx_koid_t koid)
{
	ZI_LOCK_SCOPE(&zi_tasks_lock);
	ZI_LIST_FOREACH (it, &p->threads) {
		struct zi_object *o = &ZI_CONTAINER(it, struct zi_thread, in_process)->object;

		if (o->koid == koid)
			return zi_object_tryref(o) ? o : NULL;
	}
	return NULL;
}

void zi_process_kill(struct zi_process *p, int64_t return_code)
{
	/* DIFFERS: the return code of this process is what Linux says of one that was killed. */
	if (p->is_self) {
		raise(SIGKILL);
		return;
	}
	zi_lock(&zi_tasks_lock);
	bool first = p->state == ZI_PROCESS_INITIAL;

	if (first) {
		p->state = ZI_PROCESS_DYING;
		p->return_code = return_code;
	}
	zi_unlock(&zi_tasks_lock);
	if (!first)
		return;
	/* Who sees TERMINATED must find the address space gone. */
	zi_aspace_destroy(p->aspace);
	zi_lock(&zi_tasks_lock);
	p->state = ZI_PROCESS_DEAD;
	zi_job_remove_process_locked(p);
	zi_unlock(&zi_tasks_lock);
	zi_object_update_signals(&p->object, 0, ZX_PROCESS_TERMINATED, 0);
}

static void process_on_zero_handles(struct zi_object *o)
{
	struct zi_process *p = process_of(o);

	/* Nobody can start it any more. Self goes on without handles. */
	if (!p->is_self)
		zi_process_kill(p, 0);
}

static void process_destroy(struct zi_object *o)
{
	struct zi_process *p = process_of(o);

	ZI_ASSERT(!p->is_self);
	/*
	 * A process that could not be added to its job was never killed. The root VMAR refers to
	 * the address space.
	 */
	if (p->aspace != NULL)
		zi_aspace_destroy(p->aspace);
	zi_aspace_unref(p->aspace);
	zi_object_unref(&p->job->object);
}

static zx_koid_t process_related_koid(struct zi_object *o)
{
	return process_of(o)->job->object.koid;
}

static void process_get_name(struct zi_object *o, char name[ZX_MAX_NAME_LEN])
{
	ZI_LOCK_SCOPE(&zi_tasks_lock);
	zi_name_copy(name, process_of(o)->name, ZX_MAX_NAME_LEN);
}

static void process_set_name(struct zi_object *o, const char *name, size_t len)
{
	ZI_LOCK_SCOPE(&zi_tasks_lock);
	zi_name_copy(process_of(o)->name, name, len);
}

static const struct zi_object_ops process_ops = {
	.type = ZX_OBJ_TYPE_PROCESS,
	.type_name = "process",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL,
	.size = sizeof(struct zi_process),
	.on_zero_handles = process_on_zero_handles,
	.destroy = process_destroy,
	.related_koid = process_related_koid,
	.get_name = process_get_name,
	.set_name = process_set_name,
};

struct zi_process *zi_process_make(struct zi_job *job, const char *name)
{
	struct zi_process *p = zi_object_new(&process_ops, 0);

	if (p == NULL)
		return NULL;
	zi_list_init(&p->threads);
	zi_name_copy(p->name, name, ZX_MAX_NAME_LEN);
	zi_object_ref(&job->object);
	p->job = job;
	return p;
}

zx_status_t zi_process_new(struct zi_job *job, const char *name, struct zi_process **out_process)
{
	struct zi_process *p = zi_process_make(job, name);

	if (p == NULL)
		return ZX_ERR_NO_MEMORY;
	p->state = ZI_PROCESS_DEAD;
	p->aspace = zi_aspace_new();
	if (p->aspace == NULL) {
		zi_object_unref(&p->object);
		return ZX_ERR_NO_MEMORY;
	}
	atomic_store_explicit(&p->aspace->koid, p->object.koid, memory_order_relaxed);

	zi_lock(&zi_tasks_lock);
	bool added = zi_job_add_process_locked(job, p);

	if (added)
		p->state = ZI_PROCESS_INITIAL;
	zi_unlock(&zi_tasks_lock);
	if (!added) {
		zi_object_unref(&p->object);
		return ZX_ERR_BAD_STATE;
	}
	*out_process = p;
	return ZX_OK;
}
