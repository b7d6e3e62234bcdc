/*
 * What was placed in the root reservation of late. A program that maps something for a moment mostly does so again, and then the
 * same frames come to the same addresses: a run that is taken away only loses its access, which is one change of protection, and
 * gets it back when it is placed again. Books only; src/host/place.c acts on them.
 *
 * Runs here never overlap. A hidden one lies where nothing is mapped: who holds the lock of the address space has it to himself.
 */
#ifndef ZI_HOST_RECENT_H
#define ZI_HOST_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ZI_RECENT_RUNS = 16,
	ZI_RECENT_HIDDEN =
		8, /* that many host maps more than without; the other places are for shown ones */
	ZI_RECENT_PAGES = 64, /* larger runs are not kept */
};

struct zi_run {
	uintptr_t addr;
	size_t len;
	uint64_t frame;
	bool hidden;
};

struct zi_runs {
	struct zi_run run[ZI_RECENT_RUNS];
	unsigned count;
};

void zi_recent_reset(void); /* before the first placement */

/*
 * [fault] Takes out all runs that overlap the range. True: one is the range itself, it is in *out_same. Hidden ones of which a part
 * lies outside are in *out_cut: the caller turns them into reservation, so that no host map is forgotten.
 */
bool zi_recent_take(uintptr_t addr, size_t len, struct zi_run *out_same, struct zi_runs *out_cut);

/* [fault] The range shows these frames. May forget another shown run. */
void zi_recent_shown(uintptr_t addr, size_t len, uint64_t frame);

/*
 * May a run be hidden, with the lock of the address space held? When there are too many already, now and then one of them
 * (*out_old) goes: the caller turns it into reservation. Otherwise out_old->len is 0.
 */
bool zi_recent_may_hide(struct zi_run *out_old);
void zi_recent_hidden(const struct zi_run *run);

unsigned zi_recent_count_hidden(void); /* for tests */

#endif
