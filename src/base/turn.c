/* Turns that are taken already: wait, first spinning. */
#include "base/turn.h"

#include "base/lock.h"
#include "base/park.h"

void zi_turn_take_slow(struct zi_turn *t)
{
	struct zi_spin spin;

	zi_spin_begin(&spin, INT64_MAX);
	zi_spin_while(&spin, &t->word, 1);
	/* From here on "2", also when nobody else waits: who gives the turn cannot know. */
	while (atomic_exchange_explicit(&t->word, 2, memory_order_acquire) != 0)
		zi_futex_wait(&t->word, 2, INT64_MAX);
	zi_spin_end(&spin);
}

void zi_turn_give_slow(struct zi_turn *t)
{
	zi_futex_wake(&t->word, 1);
}
