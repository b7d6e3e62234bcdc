/* Which frames the latest placements show, and which of them were hidden: see recent.h. */
#include "host/recent.h"

#include "base/assert.h"
#include "base/lock.h"

/* So many runs are not hidden for want of a place until an old one makes way. */
enum { PATIENCE = 64 };

static struct {
	struct zi_lock lock;
	struct zi_run runs[ZI_RECENT_RUNS]; /* len 0: empty */
	unsigned hidden;
	unsigned next_shown, next_hidden; /* where to look first for one that goes */
	unsigned passed_over;
} recent = {.lock = ZI_LOCK_INIT(ZI_RANK_LEAF)};

void zi_recent_reset(void)
{
	zi_lock_init(&recent.lock, ZI_RANK_LEAF);
	for (unsigned i = 0; i < ZI_RECENT_RUNS; i++)
		recent.runs[i] = (struct zi_run){0};
	recent.hidden = 0;
	recent.passed_over = 0;
}

static void drop_locked(struct zi_run *r)
{
	if (r->hidden)
		recent.hidden--;
	*r = (struct zi_run){0};
}

bool zi_recent_take(uintptr_t addr, size_t len, struct zi_run *out_same, struct zi_runs *out_cut)
{
	const uintptr_t end = addr + len;
	bool same = false;

	out_cut->count = 0;
	ZI_LOCK_SCOPE(&recent.lock);
	for (struct zi_run *r = recent.runs; r < recent.runs + ZI_RECENT_RUNS; r++) {
		if (r->addr >= end || r->addr + r->len <= addr)
			continue;
		if (r->addr == addr && r->len == len) {
			*out_same = *r;
			same = true;
		} else if (r->hidden && (r->addr < addr || r->addr + r->len > end)) {
			out_cut->run[out_cut->count++] = *r;
		}
		drop_locked(r);
	}
	return same;
}

void zi_recent_shown(uintptr_t addr, size_t len, uint64_t frame)
{
	struct zi_run *place = NULL;

	ZI_LOCK_SCOPE(&recent.lock);
	for (unsigned i = 0; i < ZI_RECENT_RUNS && (place == NULL || place->len != 0); i++) {
		struct zi_run *r = &recent.runs[(recent.next_shown + i) % ZI_RECENT_RUNS];

		if (r->len == 0 || (place == NULL && !r->hidden))
			place = r;
	}
	ZI_ASSERT(place != NULL);
	recent.next_shown = (unsigned)(place - recent.runs) + 1;
	*place = (struct zi_run){.addr = addr, .len = len, .frame = frame};
}

bool zi_recent_may_hide(struct zi_run *out_old)
{
	out_old->len = 0;
	ZI_LOCK_SCOPE(&recent.lock);
	if (recent.hidden < ZI_RECENT_HIDDEN)
		return true;
	if (++recent.passed_over % PATIENCE != 0)
		return false;
	for (;;) {
		struct zi_run *r = &recent.runs[recent.next_hidden++ % ZI_RECENT_RUNS];

		if (!r->hidden)
			continue;
		*out_old = *r;
		drop_locked(r);
		return true;
	}
}

void zi_recent_hidden(const struct zi_run *run)
{
	struct zi_run *place = NULL;

	ZI_LOCK_SCOPE(&recent.lock);
	ZI_ASSERT(recent.hidden < ZI_RECENT_HIDDEN);
	for (struct zi_run *r = recent.runs; r < recent.runs + ZI_RECENT_RUNS; r++)
		if (r->len == 0 || (place == NULL && !r->hidden))
			place = r;
	ZI_ASSERT(place != NULL);
	*place = *run;
	place->hidden = true;
	recent.hidden++;
}

unsigned zi_recent_count_hidden(void)
{
	ZI_LOCK_SCOPE(&recent.lock);
	return recent.hidden;
}
