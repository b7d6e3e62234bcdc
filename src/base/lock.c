/* The slow half of the lock, and its order checks for debug builds. */
#include "base/lock.h"
#include "base/assert.h"

/* More nested locks than ranks exist cannot be held in order. */
#define HELD_MAX 12

/*
 * A spin of 100 pauses lasts about 4 us on current processors, which is what sleeping and being
 * woken costs at the very least; most locks are held for less. A thread that spins in vain spins
 * less the next time.
 */
#define SPIN_MAX 100
#define SPIN_MIN 10

_Thread_local unsigned zi_locks_held __attribute__((tls_model("initial-exec")));

static _Thread_local int spin_less __attribute__((tls_model("initial-exec"))); /* halvings */

struct held {
	uint32_t self; /* this thread's number, 0: none yet */
	unsigned count;
	struct zi_lock *locks[HELD_MAX];
};
static _Thread_local struct held held __attribute__((tls_model("initial-exec")));

static const char *rank_name(uint16_t rank)
{
	switch (rank) {
	case ZI_RANK_HANDLES:
		return "handles";
	case ZI_RANK_TASKS:
		return "tasks";
	case ZI_RANK_ASPACE:
		return "aspace";
	case ZI_RANK_TREE:
		return "tree";
	case ZI_RANK_SOURCE:
		return "source";
	case ZI_RANK_STORE:
		return "store";
	case ZI_RANK_OBJECT:
		return "object";
	case ZI_RANK_PORT:
		return "port";
	case ZI_RANK_LEAF:
		return "leaf";
	default:
		return "unknown";
	}
}

/* Thread numbers are our own: the system's thread id would need a system call. */
static uint32_t self_number(void)
{
	static _Atomic uint32_t last;

	if (held.self == 0)
		held.self = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
	return held.self;
}

static void check_order(const struct zi_lock *l)
{
	for (unsigned i = 0; i < held.count; i++) {
		const struct zi_lock *other = held.locks[i];

		if (other == l)
			ZI_PANIC("lock of rank %s (%u) taken twice by one thread",
				 rank_name(l->rank), l->rank);
		if (other->rank >= l->rank)
			ZI_PANIC("lock order: rank %s (%u) taken while rank %s (%u) is held",
				 rank_name(l->rank), l->rank, rank_name(other->rank), other->rank);
	}
}

static inline void pause_briefly(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

void zi_lock_slow(struct zi_lock *l)
{
	const int limit = SPIN_MAX >> spin_less;
	int spun = 0;

#ifndef NDEBUG
	check_order(l); /* before waiting: a deadlock would never come to the check after it */
#endif
	for (; spun < limit; spun++) {
		uint32_t free_word = 0;

		if (atomic_load_explicit(&l->word, memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_weak_explicit(
			    &l->word, &free_word, 1, memory_order_acquire, memory_order_relaxed))
			break;
		pause_briefly();
	}
	if (spun < limit) {
		spin_less = spin_less > 0 ? spin_less - 1 : 0;
		return;
	}
	if (limit > SPIN_MIN)
		spin_less++;
	while (atomic_exchange_explicit(&l->word, 2, memory_order_acquire) != 0)
		zi_futex_wait(&l->word, 2, INT64_MAX);
}

void zi_unlock_slow(struct zi_lock *l)
{
	zi_futex_wake(&l->word, 1);
}

void zi_lock_debug_enter(struct zi_lock *l)
{
	check_order(l);
	if (held.count == HELD_MAX)
		ZI_PANIC("a thread holds more than %d locks", HELD_MAX);
	held.locks[held.count++] = l;
	atomic_store_explicit(&l->owner, self_number(), memory_order_relaxed);
}

void zi_lock_debug_leave(struct zi_lock *l)
{
	unsigned i = held.count;

	while (i > 0 && held.locks[i - 1] != l)
		i--;
	if (i == 0)
		ZI_PANIC("lock of rank %s (%u) released by a thread that does not hold it "
			 "(holder %u, this thread %u)",
			 rank_name(l->rank), l->rank,
			 atomic_load_explicit(&l->owner, memory_order_relaxed), self_number());
	for (; i < held.count; i++)
		held.locks[i - 1] = held.locks[i];
	held.count--;
	atomic_store_explicit(&l->owner, 0, memory_order_relaxed);
}

bool zi_lock_debug_is_mine(const struct zi_lock *l)
{
	return atomic_load_explicit(&l->owner, memory_order_relaxed) == self_number();
}

void zi_lock_after_fork(void)
{
	zi_locks_held = 0;
	held.count = 0;
}
