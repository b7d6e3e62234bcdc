/*
 * Magazines: a few freed slots of each slab class kept by the thread that freed them, so that making and ending objects takes
 * no lock. For slab.c only.
 *
 * A thread gets its magazines when it first makes an object of a zi_cache, never on the fault path. They go back when it ends.
 * zi_locks_held is raised while they are touched: a fault in a signal handler that struck there is told from any other.
 */
#ifndef ZI_BASE_MAGAZINE_H
#define ZI_BASE_MAGAZINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lock.h"

enum { ZI_MAGAZINE_SLOTS = 14, ZI_MAGAZINES = 96 };

struct zi_magazine {
	uint32_t count;
	void *slot[ZI_MAGAZINE_SLOTS];
};

struct zi_magazines {
	struct zi_magazine of[ZI_MAGAZINES];
	_Atomic int64_t live; /* bytes handed out less bytes taken back through these magazines */
	struct zi_magazines *next, **pprev; /* all threads'; guarded by the registry lock */
};

extern _Thread_local struct zi_magazines *zi_magazines_own
	__attribute__((tls_model("initial-exec")));

/* Gives this thread magazines if it has none; without memory it stays without. */
void zi_magazines_adopt(void);
/* Sum of `live` over all threads. */
int64_t zi_magazines_live(void);
/* Memory of the magazines themselves, of all threads. */
size_t zi_magazines_held(void);
void zi_magazines_after_fork(void);
/* Implemented by slab.c: every slot of the thread's magazines goes back to its class. */
void zi_slab_flush(struct zi_magazines *m);

static inline void zi_magazines_count(struct zi_magazines *m, int64_t bytes)
{
	/* Only this thread writes: no read-modify-write is needed. */
	int64_t live = atomic_load_explicit(&m->live, memory_order_relaxed);

	atomic_store_explicit(&m->live, live + bytes, memory_order_relaxed);
}

/* A slot of class `index`, NULL: none at hand. */
static inline void *zi_magazine_pop(unsigned index, size_t size)
{
	struct zi_magazines *m = zi_magazines_own;
	void *p = NULL;

	if (m == NULL)
		return NULL;
	zi_locks_held++;
	atomic_signal_fence(memory_order_seq_cst);
	if (m->of[index].count != 0) {
		p = m->of[index].slot[--m->of[index].count];
		zi_magazines_count(m, (int64_t)size);
	}
	atomic_signal_fence(memory_order_seq_cst);
	zi_locks_held--;
	return p;
}

/* False: no room, the slot must go back to its class. */
static inline bool zi_magazine_push(unsigned index, void *p, size_t size)
{
	struct zi_magazines *m = zi_magazines_own;
	bool done = false;

	if (m == NULL)
		return false;
	zi_locks_held++;
	atomic_signal_fence(memory_order_seq_cst);
	if (m->of[index].count < ZI_MAGAZINE_SLOTS) {
		m->of[index].slot[m->of[index].count++] = p;
		zi_magazines_count(m, -(int64_t)size);
		done = true;
	}
	atomic_signal_fence(memory_order_seq_cst);
	zi_locks_held--;
	return done;
}

#endif
