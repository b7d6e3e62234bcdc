/*
 * The life of objects: type-stable memory, reference counts, and what happens to all of them in a
 * forked child.
 */
#include "object/object.h"

#include <pthread.h>
#include <string.h>

#include "base/assert.h"
#include "base/inject.h"
#include "base/koid.h"
#include "base/park.h"
#include "base/slab.h"
#include "object/fork_i.h"
#include "vm/model.h"
#include "vm/physical.h"
#include "vm/vmar.h"

/*
 * One cache per kind of object, found by its operations. A reader without a lock may look at the
 * counts of an object that is gone, so the memory of a kind stays with the kind, and they are 0 in
 * it while there is no object.
 */
#define KINDS_MAX 64

struct kind {
	const struct zi_object_ops *_Atomic ops;
	struct zi_cache *cache; /* set before ops */
	_Atomic size_t live;
};

static struct kind kinds[KINDS_MAX];
static struct zi_lock kinds_lock = ZI_LOCK_INIT(ZI_RANK_LEAF - 1); /* held while a cache is made */

static struct kind *find_kind(const struct zi_object_ops *ops)
{
	/* Types are small numbers, almost always with one kind each: the first look finds it. */
	unsigned first = ops->type % KINDS_MAX;

	for (unsigned i = 0; i < KINDS_MAX; i++) {
		struct kind *k = &kinds[(first + i) % KINDS_MAX];
		const struct zi_object_ops *found =
			atomic_load_explicit(&k->ops, memory_order_acquire);

		if (found == ops)
			return k;
		if (found == NULL)
			break;
	}
	return NULL;
}

static struct kind *add_kind(const struct zi_object_ops *ops)
{
	unsigned first = ops->type % KINDS_MAX;

	ZI_LOCK_SCOPE(&kinds_lock);
	for (unsigned i = 0; i < KINDS_MAX; i++) {
		struct kind *k = &kinds[(first + i) % KINDS_MAX];
		const struct zi_object_ops *found =
			atomic_load_explicit(&k->ops, memory_order_relaxed);

		if (found == ops)
			return k;
		if (found != NULL)
			continue;
		k->cache = ZI_ALLOC(TYPE, zi_cache_new(ops->type_name, ops->size));
		if (k->cache == NULL)
			return NULL;
		atomic_store_explicit(&k->ops, ops, memory_order_release);
		return k;
	}
	ZI_PANIC("more than %d kinds of objects", KINDS_MAX);
}

void *zi_object_new_as(const struct zi_object_ops *ops, zx_signals_t signals, zx_koid_t koid)
{
	struct kind *kind = find_kind(ops);
	bool fresh;

	if (kind == NULL) {
		zi_object_about_to_exist();
		kind = add_kind(ops);
	}
	if (kind == NULL)
		return NULL;
	struct zi_object *o = ZI_ALLOC(OBJECT, zi_cache_alloc(kind->cache, &fresh));
	if (o == NULL)
		return NULL;
	if (!fresh) {
		const size_t kept = sizeof(o->counts);

		memset((char *)o + kept, 0, ops->size - kept);
	}
	o->ops = ops;
	o->koid = koid;
	zi_lock_init(&o->lock, ZI_RANK_OBJECT);
	o->signals = signals;
	zi_list_init(&o->observers);
	atomic_fetch_add_explicit(&kind->live, 1, memory_order_relaxed);
	atomic_store_explicit(&o->counts, 1, memory_order_release);
	return o;
}

void *zi_object_new(const struct zi_object_ops *ops, zx_signals_t signals)
{
	return zi_object_new_as(ops, signals, zi_koid_next());
}

void zi_object_ref(struct zi_object *o)
{
	uint64_t before = atomic_fetch_add_explicit(&o->counts, 1, memory_order_relaxed);

	ZI_ASSERT((uint32_t)before != 0 && (uint32_t)before != UINT32_MAX);
}

void zi_object_destroy(struct zi_object *o)
{
	ZI_DASSERT(zi_list_is_empty(&o->observers));
	if (o->ops->destroy != NULL)
		o->ops->destroy(o);
	struct kind *kind = find_kind(o->ops);

	atomic_fetch_sub_explicit(&kind->live, 1, memory_order_relaxed);
	zi_cache_free(kind->cache, o);
}

void zi_object_each_kind(void (*fn)(void *ctx, const char *type_name, size_t live), void *ctx)
{
	for (unsigned i = 0; i < KINDS_MAX; i++) {
		const struct zi_object_ops *ops =
			atomic_load_explicit(&kinds[i].ops, memory_order_acquire);
		const size_t live = atomic_load_explicit(&kinds[i].live, memory_order_relaxed);

		if (ops != NULL && live != 0)
			fn(ctx, ops->type_name, live);
	}
}

static void add_live(void *ctx, const char *type_name, size_t live)
{
	(void)type_name;
	*(size_t *)ctx += live;
}

size_t zi_object_live(void)
{
	size_t sum = 0;

	zi_object_each_kind(add_live, &sum);
	return sum;
}

/* ---- fork */

void zi_object_after_fork(void)
{
	zi_lock_init(&kinds_lock, ZI_RANK_LEAF - 1);
	for (unsigned i = 0; i < KINDS_MAX; i++)
		atomic_store_explicit(&kinds[i].live, 0, memory_order_relaxed);
	zi_handle_after_fork();
	zi_task_after_fork();
	zi_eventpair_after_fork();
	zi_timer_after_fork();
	zi_resource_after_fork();
}

/* Only this thread exists here, and nothing is allocated: the order does not matter. */
static void in_child(void)
{
	zi_lock_after_fork();
	zi_inject_after_fork();
	zi_park_after_fork();
	zi_slab_after_fork();
	zi_aspace_after_fork();
	zi_physical_after_fork();
	zi_model_after_fork();
	zi_object_after_fork();
}

/* As in host/host.c. */
__attribute__((constructor)) static void watch_forks(void)
{
	(void)pthread_atfork(NULL, NULL, in_child);
}
