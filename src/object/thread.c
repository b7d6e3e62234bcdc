/*
 * Thread objects: for the threads of this process that asked for their handle. DIFFERS: a thread is
 * listed from its first zx_thread_self() on, in that order; threads that never ask are not listed.
 */
#include "object/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <zircon/rights.h>

#include "base/inject.h"
#include "base/time.h"
#include "object/self_i.h"
#include "object/task.h"

_Thread_local struct zi_thread *zi_thread_current __attribute__((tls_model("initial-exec")));

/* Its destructor is what runs at the end of a thread. */
static _Atomic unsigned at_exit_key; /* the key + 1; 0: there is none yet */

static int set_at_exit(void *value)
{
	return pthread_setspecific(atomic_load_explicit(&at_exit_key, memory_order_acquire) - 1,
				   value);
}

static struct zi_thread *thread_of(struct zi_object *o)
{
	return ZI_CONTAINER(o, struct zi_thread, object);
}

void zi_thread_leave(void)
{
	struct zi_thread *t = zi_thread_current;

	if (t == NULL)
		return;
	zi_thread_current = NULL;
	set_at_exit(NULL);
	zi_lock(&zi_tasks_lock);
	t->alive = false;
	zi_list_del(&t->in_process);
	zi_unlock(&zi_tasks_lock);
	atomic_store_explicit(&t->state, ZX_THREAD_STATE_DEAD, memory_order_relaxed);
	zi_object_update_signals(&t->object, ZX_THREAD_RUNNING, ZX_THREAD_TERMINATED, 0);
	zi_handle_close(t->self);
	zi_object_unref(&t->object);
}

static void at_exit(void *t)
{
	(void)t;
	zi_thread_leave();
}

/* Once; without memory the next thread that asks tries again. Of two that come at the same time, one gives its key back. */
static bool make_key(void)
{
	unsigned none = 0;
	pthread_key_t key;

	if (atomic_load_explicit(&at_exit_key, memory_order_acquire) != 0)
		return true;
	if (ZI_HOST_E(PTHREAD_KEY, pthread_key_create(&key, at_exit)) != 0)
		return false;
	if (!atomic_compare_exchange_strong(&at_exit_key, &none, key + 1))
		pthread_key_delete(key);
	return true;
}

static void thread_destroy(struct zi_object *o)
{
	zi_object_unref(&thread_of(o)->process->object);
}

static zx_koid_t thread_related_koid(struct zi_object *o)
{
	return thread_of(o)->process->object.koid;
}

static void thread_get_name(struct zi_object *o, char name[ZX_MAX_NAME_LEN])
{
	ZI_LOCK_SCOPE(&zi_tasks_lock);
	zi_name_copy(name, thread_of(o)->name, ZX_MAX_NAME_LEN);
}

static void thread_set_name(struct zi_object *o, const char *name, size_t len)
{
	ZI_LOCK_SCOPE(&zi_tasks_lock);
	zi_name_copy(thread_of(o)->name, name, len);
}

static const struct zi_object_ops thread_ops = {
	.type = ZX_OBJ_TYPE_THREAD,
	.type_name = "thread",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL,
	.size = sizeof(struct zi_thread),
	.destroy = thread_destroy,
	.related_koid = thread_related_koid,
	.get_name = thread_get_name,
	.set_name = thread_set_name,
};

static struct zi_thread *make_thread(struct zi_process *process)
{
	struct zi_thread *t = zi_object_new(&thread_ops, ZX_THREAD_RUNNING);

	if (t == NULL)
		return NULL;
	zi_object_ref(&process->object);
	t->process = process;
	t->pthread = pthread_self();
	atomic_store_explicit(&t->state, ZX_THREAD_STATE_RUNNING, memory_order_relaxed);
	if (pthread_getname_np(t->pthread, t->name, sizeof(t->name)) != 0)
		memset(t->name, 0, sizeof(t->name));
	return t;
}

zx_handle_t zi_thread_self(void)
{
	struct zi_process *process;
	struct zi_thread *t = zi_thread_current;

	if (t != NULL)
		return t->self;
	process = make_key() ? zi_process_self() : NULL;
	t = process == NULL ? NULL : make_thread(process);
	if (t == NULL)
		return ZX_HANDLE_INVALID;
	if (ZI_HOST_E(PTHREAD_KEY, set_at_exit(t)) != 0) {
		zi_object_unref(&t->object);
		return ZX_HANDLE_INVALID;
	}
	if (zi_handle_add(&t->object, ZX_DEFAULT_THREAD_RIGHTS, &t->self) != ZX_OK) {
		set_at_exit(NULL);
		zi_object_unref(&t->object);
		return ZX_HANDLE_INVALID;
	}
	zi_lock(&zi_tasks_lock);
	t->alive = true;
	zi_list_add_tail(&process->threads, &t->in_process);
	zi_unlock(&zi_tasks_lock);
	zi_thread_current = t;
	return t->self;
}

int64_t zi_thread_runtime(struct zi_thread *t)
{
	clockid_t clock;

	/*
	 * An ending thread takes the lock before it is gone, so that its number stays valid here.
	 */
	ZI_LOCK_SCOPE(&zi_tasks_lock);
	if (!t->alive || pthread_getcpuclockid(t->pthread, &clock) != 0)
		return 0;
	return zi_time_of(clock);
}

void zi_thread_after_fork(void)
{
	if (zi_thread_current == NULL)
		return;
	zi_thread_current = NULL;
	set_at_exit(NULL);
}
