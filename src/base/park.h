/*
 * Waiting that spins before it sleeps, and learns per thread which pays.
 *
 * Being woken from a futex costs from 2,000 ns (another thread had the processor meanwhile) to
 * 30,000 (the processor slept); seeing a word change while spinning costs 100, but keeps a
 * processor from whoever is to change it. No rule knows which it is, so every thread keeps an
 * average of what its waits cost either way, and takes the cheaper one.
 */
#ifndef ZI_BASE_PARK_H
#define ZI_BASE_PARK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/annotate.h"

/* States of a word that one thread waits on and others set once. */
enum {
	ZI_PARK_EMPTY = 0,
	ZI_PARK_SET = 1,
	ZI_PARK_ASLEEP = 2, /* empty, and its owner needs a futex wake */
};

/*
 * Waits until the word is ZI_PARK_SET: true. False when the deadline (absolute, monotonic,
 * INT64_MAX for none) passed first; the word may become set right after. No lock of ours may be
 * held.
 */
bool zi_park(_Atomic uint32_t *word, int64_t deadline);

/*
 * Sets the word. True when its owner sleeps: the caller then owes it a zi_futex_wake(word, 1),
 * which may come after locks were released, and also after the word is gone: wakes may be spurious
 * everywhere.
 */
static inline bool zi_park_set(_Atomic uint32_t *word)
{
	ZI_HG_BEFORE(word);
	return atomic_exchange_explicit(word, ZI_PARK_SET, memory_order_acq_rel) == ZI_PARK_ASLEEP;
}

/* Returns when the monotonic clock has come to the deadline, and not before. No lock of ours may be held. */
void zi_sleep_until(int64_t deadline);

/* In the child of fork(2): nobody spins. */
void zi_park_after_fork(void);

/* The two halves, for waits on something other than one word. */

struct zi_spin {
	int64_t start;  /* monotonic ns */
	int64_t budget; /* ns from start; 0: do not spin (any more) */
	int64_t wasted; /* ns of spinning in vain */
	bool chosen;    /* this wait tries spinning */
	bool counted;   /* among the threads that spin now */
};

/* Spins while the word has the value and the budget lasts. True when it changed. */
void zi_spin_begin(struct zi_spin *s, int64_t deadline);
bool zi_spin_while(struct zi_spin *s, const _Atomic uint32_t *word, uint32_t value);
/* The wait is over; learns from how long it took. */
void zi_spin_end(struct zi_spin *s);

#endif
