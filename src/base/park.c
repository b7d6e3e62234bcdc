/* Spin, then sleep: see park.h. */
#include <sched.h>

#include "base/inject.h"
#include "base/lock.h"
#include "base/park.h"
#include "base/time.h"

/*
 * Measured on two idle processors: a round trip between two spinning threads takes 400 ns, between
 * two sleeping ones 27,000 to 60,000. On two busy ones the other side cannot run while this one
 * spins, and sleeping takes 2,400.
 */
#define SPIN_MAX_NS 40000
/* One long wait must not count for more than a few short ones. */
#define SAMPLE_MAX_NS 250000
/* Reading the clock costs 25 ns and more: it is asked once per so many looks at the word. */
#define LOOKS_PER_CLOCK 32

/*
 * What waits cost this thread lately, with and without spinning: running averages over some eight
 * waits, in 16ths of a nanosecond. The way that is not taken gets cheaper by a 256th each time, so
 * that it is tried again now and then.
 */
static _Thread_local struct {
	uint32_t spinning;
	uint32_t sleeping;
} cost __attribute__((tls_model("initial-exec")));

static _Atomic int spinners;

/*
 * How many threads may spin at once: as many as there are processors, although whoever is to end
 * their waits needs one too. Of two threads that talk, the one that has just been answered still
 * counts when the other begins to spin.
 */
static int spinners_max(void)
{
	static _Atomic int known = -1;
	int n = atomic_load_explicit(&known, memory_order_relaxed);

	if (n < 0) {
		cpu_set_t set;

		CPU_ZERO(&set);
		n = ZI_HOST(SCHED_GETAFFINITY, -1, sched_getaffinity(0, sizeof(set), &set)) == 0 ?
			    CPU_COUNT(&set) :
			    1;
		n = n == 1 ? 0 : n;
		atomic_store_explicit(&known, n, memory_order_relaxed);
	}
	return n;
}

static inline void pause_briefly(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

void zi_spin_begin(struct zi_spin *s, int64_t deadline)
{
	*s = (struct zi_spin){.start = zi_time_mono()};
	s->chosen = cost.spinning <= cost.sleeping;
	if (!s->chosen)
		return;
	s->counted = true;
	if (atomic_fetch_add_explicit(&spinners, 1, memory_order_relaxed) >= spinners_max()) {
		s->chosen = false;
		return;
	}
	s->budget = SPIN_MAX_NS;
	if (deadline < s->start + s->budget)
		s->budget = deadline > s->start ? deadline - s->start : 0;
}

/* Spins no longer, whether it sleeps now or goes on. */
static void stop(struct zi_spin *s)
{
	if (s->counted)
		atomic_fetch_sub_explicit(&spinners, 1, memory_order_relaxed);
	s->counted = false;
	s->budget = 0;
}

bool zi_spin_while(struct zi_spin *s, const _Atomic uint32_t *word, uint32_t value)
{
	while (s->budget != 0) {
		for (int i = 0; i < LOOKS_PER_CLOCK; i++) {
			if (atomic_load_explicit(word, memory_order_acquire) != value)
				return true;
			pause_briefly();
		}
		if (zi_time_mono() - s->start < s->budget)
			continue;
		s->wasted = s->budget;
		break;
	}
	stop(s);
	return atomic_load_explicit(word, memory_order_acquire) != value;
}

void zi_spin_end(struct zi_spin *s)
{
	int64_t took = zi_time_mono() - s->start;

	stop(s);
	if (took > SAMPLE_MAX_NS)
		took = SAMPLE_MAX_NS;
	/* A spin in vain counts twice: as time, and as work that others could have done. */
	const uint32_t sample = (uint32_t)(took + s->wasted) * 16;

	if (s->chosen) {
		cost.spinning += sample / 8 - cost.spinning / 8;
		cost.sleeping -= cost.sleeping / 256;
	} else {
		cost.sleeping += sample / 8 - cost.sleeping / 8;
		cost.spinning -= cost.spinning / 256;
	}
}

bool zi_park(_Atomic uint32_t *word, int64_t deadline)
{
	uint32_t seen = atomic_load_explicit(word, memory_order_acquire);
	struct zi_spin spin;

	if (seen == ZI_PARK_SET) {
		ZI_HG_AFTER(word);
		return true;
	}
	zi_spin_begin(&spin, deadline);
	zi_spin_while(&spin, word, ZI_PARK_EMPTY);
	seen = ZI_PARK_EMPTY;
	/* Fails exactly when the word is set: nobody but the owner makes it ASLEEP. */
	if (atomic_compare_exchange_strong_explicit(word, &seen, ZI_PARK_ASLEEP,
						    memory_order_acquire, memory_order_acquire))
		seen = ZI_PARK_ASLEEP;
	while (seen != ZI_PARK_SET) {
		bool in_time = zi_futex_wait(word, ZI_PARK_ASLEEP, deadline);

		seen = atomic_load_explicit(word, memory_order_acquire);
		if (!in_time)
			break;
	}
	zi_spin_end(&spin);
	if (seen == ZI_PARK_SET)
		ZI_HG_AFTER(word);
	return seen == ZI_PARK_SET;
}

/* Waits for a word that nobody else knows; Linux signals end such a wait early, never the sleep. */
void zi_sleep_until(int64_t deadline)
{
	_Atomic uint32_t word = 0;

	while (zi_time_mono() < deadline)
		zi_futex_wait(&word, 0, deadline);
}

void zi_park_after_fork(void)
{
	atomic_store_explicit(&spinners, 0, memory_order_relaxed);
}
