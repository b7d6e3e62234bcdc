/*
 * A small futex mutex and the futex itself.
 *
 * The lock may be taken in the fault handler: it allocates nothing and is not held, by the rule in
 * vm/vm.h, while memory of the program is touched. Debug builds check the order of ranks and
 * that the owner unlocks.
 */
#ifndef ZI_BASE_LOCK_H
#define ZI_BASE_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/annotate.h"
#include "base/assert.h"

/* Outer locks have smaller ranks; equal ranks may not nest. */
enum zi_lock_rank {
	ZI_RANK_HANDLES = 10, /* handle table writers */
	ZI_RANK_TASKS = 15,   /* jobs and processes */
	ZI_RANK_ASPACE = 20,  /* one address space */
	ZI_RANK_CLOCK = 25,   /* updates of one mappable clock */
	ZI_RANK_TREE = 30,    /* one tree of clones, with the mappings of its VMOs */
	ZI_RANK_SOURCE = 40,  /* one pager source: its queue of requests */
	ZI_RANK_STORE = 50,   /* arena: free extents */
	ZI_RANK_OBJECT = 60,  /* signals and observers of one object */
	ZI_RANK_PORT = 70,    /* packet queue of one port */
	ZI_RANK_LEAF = 90,    /* slabs, small tables: takes nothing further */
};

struct zi_lock {
	_Atomic uint32_t word;  /* 0 free, 1 held, 2 held with waiters */
	uint16_t rank;          /* enum zi_lock_rank */
	_Atomic uint32_t owner; /* thread id of the holder; debug builds only */
};

#define ZI_LOCK_INIT(r)     \
	{                   \
		.rank = (r) \
	}

static inline void zi_lock_init(struct zi_lock *l, enum zi_lock_rank rank)
{
	atomic_init(&l->word, 0);
	atomic_init(&l->owner, 0);
	l->rank = (uint16_t)rank;
}

/*
 * Number of zi locks that this thread holds. Non-zero in the fault handler means that the fault
 * struck a signal handler of the program which had interrupted one of our calls.
 */
extern _Thread_local unsigned zi_locks_held __attribute__((tls_model("initial-exec")));

void zi_lock_slow(struct zi_lock *l);
void zi_unlock_slow(struct zi_lock *l);
void zi_lock_debug_enter(struct zi_lock *l); /* rank check before, bookkeeping of ranks held */
void zi_lock_debug_leave(struct zi_lock *l);
bool zi_lock_debug_is_mine(const struct zi_lock *l); /* debug builds only */
/* In the child of fork(2): this thread holds nothing. The locks themselves are for their owners to reset. */
void zi_lock_after_fork(void);

static inline bool zi_trylock(struct zi_lock *l)
{
	uint32_t free_word = 0;

	zi_locks_held++;
	atomic_signal_fence(
		memory_order_seq_cst); /* a handler must see the count before the lock */
	if (atomic_compare_exchange_strong_explicit(&l->word, &free_word, 1, memory_order_acquire,
						    memory_order_relaxed)) {
		ZI_HG_LOCKED(l);
#ifndef NDEBUG
		zi_lock_debug_enter(l);
#endif
		return true;
	}
	zi_locks_held--;
	return false;
}

static inline void zi_lock(struct zi_lock *l)
{
	uint32_t free_word = 0;

	zi_locks_held++;
	atomic_signal_fence(memory_order_seq_cst);
	if (!atomic_compare_exchange_strong_explicit(&l->word, &free_word, 1, memory_order_acquire,
						     memory_order_relaxed))
		zi_lock_slow(l);
	ZI_HG_LOCKED(l);
#ifndef NDEBUG
	zi_lock_debug_enter(l);
#endif
}

static inline void zi_unlock(struct zi_lock *l)
{
#ifndef NDEBUG
	zi_lock_debug_leave(l);
#endif
	ZI_HG_UNLOCKING(l);
	if (atomic_exchange_explicit(&l->word, 0, memory_order_release) == 2)
		zi_unlock_slow(l);
	atomic_signal_fence(memory_order_seq_cst);
	zi_locks_held--;
}

/* For functions with the suffix _locked: the caller holds `l` (checked in debug builds). */
static inline void zi_lock_assert_held(const struct zi_lock *l)
{
#ifndef NDEBUG
	ZI_ASSERT(zi_lock_debug_is_mine(l));
#else
	(void)l;
#endif
}

static inline void zi_lock_scope_end(struct zi_lock **l)
{
	zi_unlock(*l);
}

#define ZI_LOCK_SCOPE_NAME2(line) zi_scope_##line
#define ZI_LOCK_SCOPE_NAME(line) ZI_LOCK_SCOPE_NAME2(line)
/* Holds the lock to the end of the enclosing block. */
#define ZI_LOCK_SCOPE(l)                             \
	struct zi_lock *ZI_LOCK_SCOPE_NAME(__LINE__) \
		__attribute__((cleanup(zi_lock_scope_end), unused)) = (zi_lock(l), (l))

/*
 * Futex. deadline_ns is an absolute CLOCK_MONOTONIC time in nanoseconds, INT64_MAX for none.
 * Returns false only when the deadline passed; spurious returns of true are allowed.
 */
bool zi_futex_wait(_Atomic uint32_t *word, uint32_t expected, int64_t deadline_ns);
void zi_futex_wake(_Atomic uint32_t *word, unsigned count);

#endif
