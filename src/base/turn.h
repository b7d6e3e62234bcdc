/*
 * A lock for long work: it may be held while memory of the program is touched and while a pager is
 * waited for, which a struct zi_lock never is. So it has no rank and does not count as a lock held:
 * take it before any zi_lock, and never two at once.
 */
#ifndef ZI_BASE_TURN_H
#define ZI_BASE_TURN_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/annotate.h"

/* Zeroed memory is a free one. */
struct zi_turn {
	_Atomic uint32_t word; /* 0 free, 1 taken, 2 taken and perhaps waited for */
};

void zi_turn_take_slow(struct zi_turn *t);
void zi_turn_give_slow(struct zi_turn *t);

static inline void zi_turn_take(struct zi_turn *t)
{
	uint32_t free_word = 0;

	if (!atomic_compare_exchange_strong_explicit(&t->word, &free_word, 1, memory_order_acquire,
						     memory_order_relaxed))
		zi_turn_take_slow(t);
	ZI_HG_LOCKED(t);
}

static inline void zi_turn_give(struct zi_turn *t)
{
	ZI_HG_UNLOCKING(t);
	if (atomic_exchange_explicit(&t->word, 0, memory_order_release) == 2)
		zi_turn_give_slow(t);
}

#endif
