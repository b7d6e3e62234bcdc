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
	int64_t gone; /* `live` of threads that have ended */
	_Atomic bool keyed;
	pthread_key_t key;
} registry = { .lock = ZI_LOCK_INIT(ZI_RANK_LEAF) };

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

static void make_key(void)
{
	if (ZI_HOST_E(PTHREAD_KEY, pthread_key_create(&registry.key, give_back)) == 0)
		atomic_store_explicit(&registry.keyed, true, memory_order_release);
}

void zi_magazines_adopt(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (zi_magazines_own != NULL)
		return;
	pthread_once(&once, make_key);
	if (!atomic_load_explicit(&registry.keyed, memory_order_acquire))
		return;
	struct zi_magazines *m = ZI_ALLOC(MAGAZINES, zi_pages_from_system(sizeof(*m)));

	if (m == NULL)
		return;
	if (ZI_HOST_E(PTHREAD_KEY, pthread_setspecific(registry.key, m)) != 0) {
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
	if (atomic_load_explicit(&registry.keyed, memory_order_acquire))
		pthread_setspecific(registry.key, NULL);
}
