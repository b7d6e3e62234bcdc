/* Processes, their address spaces and threads. */
#include "inspect/tasks.h"

#include <inttypes.h>

#include <zircon/syscalls/object.h>

#include "inspect/text.h"
#include "object/info.h"
#include "object/thread.h"
#include "vm/vmar.h"

struct zi_aspace *zi_process_aspace_if_made(struct zi_process *p)
{
	return p->is_self ? zi_aspace_self_if_started() : p->aspace;
}

/* ---- walking */

struct walk {
	bool (*fn)(void *ctx, struct zi_process *p, struct zi_aspace *as);
	void *ctx;
	bool ok;
};

static bool each_process(void *ctx, struct zi_object *o)
{
	struct walk *w = ctx;
	struct zi_process *p = ZI_CONTAINER(o, struct zi_process, object);

	if (!w->fn(w->ctx, p, zi_process_aspace_if_made(p)))
		w->ok = false;
	return w->ok;
}

static bool each_job(void *ctx, struct zi_object *o)
{
	struct walk *w = ctx;
	struct zi_job *job = ZI_CONTAINER(o, struct zi_job, object);

	if (!zi_task_walk(&job->processes, offsetof(struct zi_process, in_job), each_process, w) ||
	    !zi_task_walk(&job->jobs, offsetof(struct zi_job, in_parent), each_job, w))
		w->ok = false;
	return w->ok;
}

bool zi_processes_walk(bool (*fn)(void *ctx, struct zi_process *p, struct zi_aspace *as), void *ctx)
{
	struct walk w = {.fn = fn, .ctx = ctx, .ok = true};
	struct zi_job *root = zi_job_root_if_made();
	struct zi_aspace *self = zi_aspace_self_if_started();

	if (root != NULL)
		each_job(&w, &root->object);
	if (w.ok && self != NULL && zi_process_self_if_made() == NULL)
		w.ok = fn(ctx, NULL, self);
	return w.ok;
}

struct wanted {
	zx_koid_t koid;
	struct zi_process *found;
};

static bool is_wanted(void *ctx, struct zi_process *p, struct zi_aspace *as)
{
	struct wanted *w = ctx;

	(void)as;
	if (p == NULL || p->object.koid != w->koid)
		return true;
	zi_object_ref(&p->object);
	w->found = p;
	return false;
}

struct zi_process *zi_process_by_koid(zx_koid_t koid)
{
	struct zi_process *self = zi_process_self_if_made();
	struct wanted w = {.koid = koid};

	if (self != NULL && self->object.koid == koid) {
		zi_object_ref(&self->object);
		return self;
	}
	zi_processes_walk(is_wanted, &w);
	return w.found;
}

/* ---- files */

static const char *state_name(enum zi_process_state state)
{
	switch (state) {
	case ZI_PROCESS_INITIAL:
		return "initial";
	case ZI_PROCESS_RUNNING:
		return "running";
	case ZI_PROCESS_DYING:
		return "dying";
	default:
		return "dead";
	}
}

static void print_memory(struct zi_aspace *as, struct zi_text *t)
{
	zx_info_task_stats_t s;

	if (zi_info_sum_up(as, &s) != ZX_OK)
		return;
	zi_json_object(t, "memory");
	zi_json_number(t, "mapped_bytes", s.mem_mapped_bytes);
	zi_json_number(t, "private_bytes", s.mem_private_bytes);
	zi_json_number(t, "shared_bytes", s.mem_shared_bytes);
	zi_json_number(t, "scaled_shared_bytes", s.mem_scaled_shared_bytes);
	zi_json_number(t, "fractional_scaled_shared_bytes", s.mem_fractional_scaled_shared_bytes);
	zi_json_end(t, '}');
}

zx_status_t zi_process_print_info(struct zi_process *p, struct zi_text *t)
{
	struct zi_aspace *as = zi_process_aspace_if_made(p);
	char name[ZX_MAX_NAME_LEN];
	enum zi_process_state state;
	int64_t start, code;

	zi_lock(&zi_tasks_lock);
	zi_name_copy(name, p->name, ZX_MAX_NAME_LEN);
	state = p->state;
	start = p->start_time;
	code = p->return_code;
	zi_unlock(&zi_tasks_lock);

	zi_json_object(t, NULL);
	zi_json_number(t, "koid", p->object.koid);
	zi_json_string(t, "name", name);
	zi_json_bool(t, "self", p->is_self);
	zi_json_string(t, "state", state_name(state));
	zi_json_number(t, "job", p->job->object.koid);
	zi_json_signed(t, "start_time", start);
	zi_json_signed(t, "return_code", code);
	if (as != NULL)
		print_memory(as, t);
	zi_json_end(t, '}');
	return ZX_OK;
}

static const char *thread_state_name(zx_thread_state_t state)
{
	switch (state) {
	case ZX_THREAD_STATE_RUNNING:
		return "running";
	case ZX_THREAD_STATE_DEAD:
		return "dead";
	case ZX_THREAD_STATE_BLOCKED_PAGER:
		return "waits for a pager";
	case ZX_THREAD_STATE_BLOCKED_PORT:
		return "waits for a packet";
	case ZX_THREAD_STATE_BLOCKED_WAIT_ONE:
	case ZX_THREAD_STATE_BLOCKED_WAIT_MANY:
		return "waits for signals";
	case ZX_THREAD_STATE_BLOCKED_SLEEPING:
		return "sleeps";
	case ZX_THREAD_STATE_BLOCKED_FUTEX:
		return "waits for a futex";
	case ZX_THREAD_STATE_BLOCKED_INTERRUPT:
		return "waits for an interrupt";
	default:
		return "waits";
	}
}

static bool print_thread(void *ctx, struct zi_object *o)
{
	struct zi_thread *thread = ZI_CONTAINER(o, struct zi_thread, object);
	struct zi_text *t = ctx;
	char name[ZX_MAX_NAME_LEN];

	o->ops->get_name(o, name);
	zi_text_add(t, "%-8" PRIu64 " %12.6f  %-22s ", o->koid,
		    (double)zi_thread_runtime(thread) / 1e9,
		    thread_state_name(atomic_load_explicit(&thread->state, memory_order_relaxed)));
	zi_text_quoted(t, name);
	zi_text_bytes(t, "\n", 1);
	return true;
}

zx_status_t zi_process_print_threads(struct zi_process *p, struct zi_text *t)
{
	zi_text_add(t, "%-8s %12s  %-22s %s\n", "koid", "cpu seconds", "state", "name");
	return zi_task_walk(&p->threads, offsetof(struct zi_thread, in_process), print_thread, t) ?
		       ZX_OK :
		       ZX_ERR_NO_MEMORY;
}
