/* Threads that wait for pages. Runs in the trap handler too: memory comes from slabs only. */
#include "base/assert.h"
#include "base/inject.h"
#include "base/lock.h"
#include "base/options.h"
#include "base/park.h"
#include "base/slab.h"
#include "base/time.h"
#include "vm/node.h"
#include "vm/source.h"

#define NS_PER_S INT64_C(1000000000)

static _Atomic(void (*)(bool waiting)) hook;

void zi_page_wait_set_hook(void (*fn)(bool waiting))
{
	atomic_store_explicit(&hook, fn, memory_order_release);
}

/*
 * Zircon gives a page request up after this long (kernel.userpager.overtime_timeout_seconds).
 * DIFFERS: long waits are not reported before that.
 */
static int64_t deadline(void)
{
	const uint64_t seconds = zi_option(ZI_OPTION_PAGER_TIMEOUT)->number;

	return seconds == 0 ? INT64_MAX : zi_time_mono() + (int64_t)seconds * NS_PER_S;
}

zx_status_t zi_page_wait_ask(struct zi_page_wait *w, struct zi_source *s, enum zi_ask ask,
			     uint64_t first, uint64_t pages)
{
	struct zi_request *r = w->request;

	if (r != NULL && r->attached) {
		if (r->source == s && r->ask == ask && first >= r->first &&
		    first - r->first < r->pages) {
			r->next = first;
			atomic_store_explicit(&r->word, ZI_PARK_EMPTY, memory_order_relaxed);
			return ZX_ERR_SHOULD_WAIT;
		}
		/* Requests of an operation are all in one tree: its lock is held. */
		zi_source_cancel(r);
	}
	if (s->detached)
		return ZX_ERR_BAD_STATE;
	if (r == NULL) {
		r = w->request = ZI_ALLOC(REQUEST, zi_slab_alloc(sizeof(*r)));
		if (r == NULL)
			return ZX_ERR_NO_MEMORY;
	}
	r->early = w->early;
	zi_source_ask(s, r, ask, first, pages);
	return ZX_ERR_SHOULD_WAIT;
}

zx_status_t zi_page_wait(struct zi_page_wait *w)
{
	struct zi_request *r = w->request;
	void (*tell)(bool waiting) = atomic_load_explicit(&hook, memory_order_acquire);
	zx_status_t told = zi_inject_is_armed() ? zi_inject_reach(ZI_POINT_PAGER_WAIT) : 0;
	bool in_time;

	if (told != ZX_OK) {
		ZI_LOCK_SCOPE(&r->source->tree->lock);
		zi_source_cancel(r);
		return told;
	}
	if (tell != NULL)
		tell(true);
	in_time = zi_park(&r->word, deadline());
	if (tell != NULL)
		tell(false);
	if (in_time)
		return r->error;
	ZI_LOCK_SCOPE(&r->source->tree->lock);
	/* It may have come just now. */
	if (!r->attached)
		return r->error;
	zi_source_cancel(r);
	return ZX_ERR_TIMED_OUT;
}

bool zi_page_wait_again(struct zi_page_wait *w, zx_status_t *st)
{
	if (*st != ZX_ERR_SHOULD_WAIT)
		return false;
	*st = zi_page_wait(w);
	return *st == ZX_OK;
}

void zi_page_wait_done(struct zi_page_wait *w)
{
	struct zi_request *r = w->request;

	if (r == NULL)
		return;
	w->request = NULL;
	/* Nobody but an early one is still attached when its wait is over. */
	if (w->early) {
		ZI_LOCK_SCOPE(&r->source->tree->lock);
		zi_source_cancel(r);
	}
	zi_slab_free(r, sizeof(*r));
}
