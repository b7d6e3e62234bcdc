/* The magazines of all threads. */
#include "base/magazine.h"

#include <pthread.h>

#include "base/inject.h"
#include "base/slab.h"

#define PAGE ((size_t)4096)

_Thread_local struct zi_magazines *zi_magazines_own;

static struct {
	struct zi_lock lock;
	struct zi_magazines *all;
	int64_t gone;         /* `live` of threads that have ended */
	_Atomic unsigned key; /* the key + 1; 0: there is none yet */
} registry = {.lock = ZI_LOCK_INIT(ZI_RANK_LEAF)};

/* At the end of a thread. Destructors that run later may make it adopt again; then this runs again. */
static void give_back(void *arg)
{
	struct zi_magazines *m = arg;

	zi_magazines_own = NULL;
	zi_slab_flush(m);
	zi_lock(&registry.lock);
	registry.gone += atomic_load_explicit(&m->live, memory_order_relaxed);
	*m->pprev = m->next;
	if (m->next != NULL)
		m->next->pprev = m->pprev;
	zi_unlock(&registry.lock);
	zi_pages_to_system(m, sizeof(*m));
}

/* Once, if it can be had. Of two threads that come at the same time, one gives its key back. */
static bool make_key(void)
{
	unsigned none = 0;
	pthread_key_t key;

	if (atomic_load_explicit(&registry.key, memory_order_acquire) != 0)
		return true;
	if (ZI_HOST_E(PTHREAD_KEY, pthread_key_create(&key, give_back)) != 0)
		return false;
	if (!atomic_compare_exchange_strong(&registry.key, &none, key + 1))
		pthread_key_delete(key);
	return true;
}

static int set_own(void *value)
{
	return pthread_setspecific(atomic_load_explicit(&registry.key, memory_order_acquire) - 1,
				   value);
}

void zi_magazines_adopt(void)
{
	if (zi_magazines_own != NULL || !make_key())
		return;
	struct zi_magazines *m = ZI_ALLOC(MAGAZINES, zi_pages_from_system(sizeof(*m)));

	if (m == NULL)
		return;
	if (ZI_HOST_E(PTHREAD_KEY, set_own(m)) != 0) {
		zi_pages_to_system(m, sizeof(*m));
		return;
	}
	zi_lock(&registry.lock);
	m->next = registry.all;
	m->pprev = &registry.all;
	if (m->next != NULL)
		m->next->pprev = &m->next;
	registry.all = m;
	zi_unlock(&registry.lock);
	zi_magazines_own = m;
}

int64_t zi_magazines_live(void)
{
	ZI_LOCK_SCOPE(&registry.lock);
	int64_t sum = registry.gone;

	for (struct zi_magazines *m = registry.all; m != NULL; m = m->next)
		sum += atomic_load_explicit(&m->live, memory_order_relaxed);
	return sum;
}

size_t zi_magazines_held(void)
{
	ZI_LOCK_SCOPE(&registry.lock);
	size_t sum = 0;

	for (struct zi_magazines *m = registry.all; m != NULL; m = m->next)
		sum += (sizeof(*m) + PAGE - 1) & ~(PAGE - 1);
	return sum;
}

void zi_magazines_after_fork(void)
{
	/* The slots belong to a world that is gone; so do the magazines of threads that are not here. */
	zi_lock_init(&registry.lock, ZI_RANK_LEAF);
	registry.all = NULL;
	registry.gone = 0;
	zi_magazines_own = NULL;
	if (atomic_load_explicit(&registry.key, memory_order_acquire) != 0)
		(void)set_own(NULL);
}
