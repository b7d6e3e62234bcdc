/* Spin, then sleep: see park.h. */
#include <sched.h>

#include "base/lock.h"
#include "base/park.h"
#include "base/time.h"

/*
 * Measured on two cores: a round trip between two spinning threads takes 400 ns, between two sleeping ones 27,000 to 60,000.
 * A wait that is expected below ZI_SPIN_WORTH_NS is therefore one that spinning would have shortened; longer spins than
 * ZI_SPIN_MAX_NS cost the other threads more than they save.
 */
#define ZI_SPIN_MAX_NS 40000
#define ZI_SPIN_WORTH_NS 100000
/* One long wait must not count for more than a few short ones. */
#define ZI_SPIN_SAMPLE_MAX_NS 250000
/* Reading the clock costs 25 ns and more: it is asked once per so many looks at the word. */
#define LOOKS_PER_CLOCK 32

/* Expected length of this thread's next wait. The first waits spin. */
static _Thread_local int32_t expected_ns __attribute__((tls_model("initial-exec")));
static _Atomic int spinning;

/* How many threads may spin at once: one processor is left for whoever is to end the wait. 0 on a single one. */
static int spinners_max(void)
{
	static _Atomic int known = -1;
	int n = atomic_load_explicit(&known, memory_order_relaxed);

	if (n < 0) {
		cpu_set_t set;

		CPU_ZERO(&set);
		n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) - 1 : 0;
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
	s->start = zi_time_mono();
	s->budget = 0;
	s->counted = false;
	if (expected_ns >= ZI_SPIN_WORTH_NS)
		return;
	s->counted = true;
	if (atomic_fetch_add_explicit(&spinning, 1, memory_order_relaxed) >= spinners_max())
		return;
	s->budget = ZI_SPIN_MAX_NS;
	if (deadline < s->start + s->budget)
		s->budget = deadline > s->start ? deadline - s->start : 0;
}

/* Spins no longer, whether it sleeps now or goes on. */
static void leave(struct zi_spin *s)
{
	if (s->counted)
		atomic_fetch_sub_explicit(&spinning, 1, memory_order_relaxed);
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
		if (zi_time_mono() - s->start >= s->budget)
			break;
	}
	leave(s);
	return atomic_load_explicit(word, memory_order_acquire) != value;
}

void zi_spin_end(struct zi_spin *s)
{
	int64_t took = zi_time_mono() - s->start;

	leave(s);
	if (took > ZI_SPIN_SAMPLE_MAX_NS)
		took = ZI_SPIN_SAMPLE_MAX_NS;
	expected_ns += ((int32_t)took - expected_ns) / 4;
}

bool zi_park(_Atomic uint32_t *word, int64_t deadline)
{
	uint32_t seen = atomic_load_explicit(word, memory_order_acquire);
	struct zi_spin spin;

	if (seen == ZI_PARK_SET)
		return true;
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
	return seen == ZI_PARK_SET;
}
