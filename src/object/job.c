/* Jobs: the tree, its end, and the lists of children. */
#include <stdlib.h>

#include <zircon/rights.h>

#include "base/assert.h"
#include "base/inject.h"
#include "object/task.h"

/* Zircon's limit: levels of jobs below the root. */
#define ROOT_MAX_HEIGHT 32u

struct zi_lock zi_tasks_lock = ZI_LOCK_INIT(ZI_RANK_TASKS);

static struct zi_job *job_of(struct zi_object *o)
{
	return ZI_CONTAINER(o, struct zi_job, object);
}

/* Requires the tasks lock. */
static void update_signals_locked(struct zi_job *job)
{
	zx_signals_t none = 0;

	if (zi_list_is_empty(&job->jobs))
		none |= ZX_JOB_NO_JOBS;
	if (zi_list_is_empty(&job->processes))
		none |= ZX_JOB_NO_PROCESSES;
	zi_object_update_signals(&job->object, ZX_JOB_NO_JOBS | ZX_JOB_NO_PROCESSES, none, 0);
}

/*
 * A dying job whose last child went is dead, and may be the last child of its parent. Requires the
 * tasks lock.
 */
static void finish_death_locked(struct zi_job *job)
{
	while (job != NULL && job->state == ZI_JOB_DYING && zi_list_is_empty(&job->jobs) &&
	       zi_list_is_empty(&job->processes)) {
		job->state = ZI_JOB_DEAD;
		zi_object_update_signals(&job->object, 0, ZX_JOB_TERMINATED, 0);
		if (job->parent == NULL)
			return;
		zi_list_del(&job->in_parent);
		job = job->parent;
		update_signals_locked(job);
	}
}

bool zi_job_add_process_locked(struct zi_job *job, struct zi_process *p)
{
	if (job->state != ZI_JOB_ALIVE)
		return false;
	zi_list_add_tail(&job->processes, &p->in_job);
	update_signals_locked(job);
	return true;
}

void zi_job_remove_process_locked(struct zi_process *p)
{
	if (!zi_link_is_linked(&p->in_job))
		return;
	zi_list_del(&p->in_job);
	update_signals_locked(p->job);
	finish_death_locked(p->job);
}

/* ---- killing */

/*
 * Marks a tree of jobs, leaves first so that those without processes are dead at once. Requires the
 * tasks lock.
 */
static void mark_locked(struct zi_job *job, int64_t return_code)
{
	if (job->state != ZI_JOB_ALIVE)
		return;
	job->state = ZI_JOB_DYING;
	job->return_code = return_code;
	ZI_LIST_FOREACH_SAFE (it, &job->jobs) {
		mark_locked(ZI_CONTAINER(it, struct zi_job, in_parent), return_code);
	}
	if (zi_list_is_empty(&job->jobs))
		finish_death_locked(job);
}

/*
 * A process of the tree that nobody kills yet, referenced; self comes last. Requires the tasks
 * lock.
 */
static struct zi_process *next_victim_locked(struct zi_job *job, struct zi_process **inout_self)
{
	ZI_LIST_FOREACH (it, &job->jobs) {
		struct zi_process *p =
			next_victim_locked(ZI_CONTAINER(it, struct zi_job, in_parent), inout_self);

		if (p != NULL)
			return p;
	}
	ZI_LIST_FOREACH (it, &job->processes) {
		struct zi_process *p = ZI_CONTAINER(it, struct zi_process, in_job);

		if (p->is_self)
			*inout_self = p;
		else if (p->state == ZI_PROCESS_INITIAL && zi_object_tryref(&p->object))
			return p;
	}
	return NULL;
}

void zi_job_kill(struct zi_job *job, int64_t return_code)
{
	struct zi_process *self = NULL, *victim;
	bool first;

	zi_lock(&zi_tasks_lock);
	first = job->state == ZI_JOB_ALIVE;
	mark_locked(job, return_code);
	zi_unlock(&zi_tasks_lock);
	if (!first)
		return;
	do {
		zi_lock(&zi_tasks_lock);
		victim = next_victim_locked(job, &self);
		zi_unlock(&zi_tasks_lock);
		if (victim != NULL) {
			zi_process_kill(victim, return_code);
			zi_object_unref(&victim->object);
		}
	} while (victim != NULL);
	if (self != NULL)
		zi_process_kill(self, return_code);
}

/* ---- children */

struct zi_object *zi_job_find_child(struct zi_job *job, zx_koid_t koid)
{
	ZI_LOCK_SCOPE(&zi_tasks_lock);
	ZI_LIST_FOREACH (it, &job->jobs) {
		struct zi_object *o = &ZI_CONTAINER(it, struct zi_job, in_parent)->object;

		if (o->koid == koid)
			return zi_object_tryref(o) ? o : NULL;
	}
	ZI_LIST_FOREACH (it, &job->processes) {
		struct zi_object *o = &ZI_CONTAINER(it, struct zi_process, in_job)->object;

		if (o->koid == koid)
			return zi_object_tryref(o) ? o : NULL;
	}
	return NULL;
}

static struct zi_object *child_at(struct zi_link *link, size_t offset)
{
	return (struct zi_object *)(void *)((char *)link - offset);
}

/* References on up to `room` children; answers how many there are. */
static size_t reference_children(struct zi_link *head, size_t offset, struct zi_object **out,
				 size_t room)
{
	size_t n = 0;

	ZI_LOCK_SCOPE(&zi_tasks_lock);
	ZI_LIST_FOREACH (it, head) {
		n++;
	}
	if (n > room)
		return n;
	n = 0;
	ZI_LIST_FOREACH (it, head) {
		struct zi_object *o = child_at(it, offset);

		if (zi_object_tryref(o))
			out[n++] = o;
	}
	return n;
}

bool zi_task_walk(struct zi_link *head, size_t offset, bool (*fn)(void *ctx, struct zi_object *o),
		  void *ctx)
{
	struct zi_object **all = NULL;
	size_t room = 0, n;
	bool more = true;

	for (;;) {
		n = reference_children(head, offset, all, room);
		if (n <= room)
			break;
		free(all);
		room = n + 8;
		all = ZI_ALLOC(LIST, malloc(room * sizeof(*all)));
		if (all == NULL)
			return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (more)
			more = fn(ctx, all[i]);
		zi_object_unref(all[i]);
	}
	free(all);
	return true;
}

/* ---- the object */

/* Without handles, children and kill a job just ends; its parent then has one child less. */
static void job_destroy(struct zi_object *o)
{
	struct zi_job *job = job_of(o);

	zi_lock(&zi_tasks_lock);
	ZI_DASSERT(zi_list_is_empty(&job->jobs) && zi_list_is_empty(&job->processes));
	if (job->parent != NULL && zi_link_is_linked(&job->in_parent)) {
		zi_list_del(&job->in_parent);
		update_signals_locked(job->parent);
		finish_death_locked(job->parent);
	}
	zi_unlock(&zi_tasks_lock);
	if (job->parent != NULL)
		zi_object_unref(&job->parent->object);
}

static zx_koid_t job_related_koid(struct zi_object *o)
{
	struct zi_job *job = job_of(o);

	return job->parent == NULL ? 0 : job->parent->object.koid;
}

static void job_get_name(struct zi_object *o, char name[ZX_MAX_NAME_LEN])
{
	ZI_LOCK_SCOPE(&zi_tasks_lock);
	zi_name_copy(name, job_of(o)->name, ZX_MAX_NAME_LEN);
}

static void job_set_name(struct zi_object *o, const char *name, size_t len)
{
	ZI_LOCK_SCOPE(&zi_tasks_lock);
	zi_name_copy(job_of(o)->name, name, len);
}

static const struct zi_object_ops job_ops = {
	.type = ZX_OBJ_TYPE_JOB,
	.type_name = "job",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL,
	.size = sizeof(struct zi_job),
	.destroy = job_destroy,
	.related_koid = job_related_koid,
	.get_name = job_get_name,
	.set_name = job_set_name,
};

zx_status_t zi_job_new(struct zi_job *parent, const char *name, struct zi_job **out_job)
{
	struct zi_job *job;

	if (parent != NULL && parent->max_height == 0)
		return ZX_ERR_OUT_OF_RANGE;
	job = zi_object_new(&job_ops, ZX_JOB_NO_JOBS | ZX_JOB_NO_PROCESSES);
	if (job == NULL)
		return ZX_ERR_NO_MEMORY;
	job->max_height = parent == NULL ? ROOT_MAX_HEIGHT : parent->max_height - 1;
	zi_list_init(&job->jobs);
	zi_list_init(&job->processes);
	zi_name_copy(job->name, name, ZX_MAX_NAME_LEN);
	*out_job = job;
	if (parent == NULL)
		return ZX_OK;

	zi_lock(&zi_tasks_lock);
	bool alive = parent->state == ZI_JOB_ALIVE;

	if (alive) {
		zi_object_ref(&parent->object);
		job->parent = parent;
		zi_list_add_tail(&parent->jobs, &job->in_parent);
		update_signals_locked(parent);
	}
	zi_unlock(&zi_tasks_lock);
	if (!alive) {
		zi_object_unref(&job->object);
		return ZX_ERR_BAD_STATE;
	}
	return ZX_OK;
}
