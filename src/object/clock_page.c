/*
 * Mapped clocks: the state in a page that programs may map read-only and read without a handle.
 *
 * The page is written from its end to its start: the generation at the end, the state, the
 * generation at the start. A reader copies in the other direction; equal generations mean that no
 * update came in between.
 */
#include <sched.h>

#include "object/clock.h"
#include "vm/fault.h"
#include "vm/vmo.h"

#define MAGIC UINT64_C(0x6b636f6c632d697a) /* "zi-clock" */
/* An update writes for less than a microsecond: a page that changes for longer is none of ours. */
#define TRIES 10000

struct page {
	uint64_t first; /* generation */
	uint64_t magic;
	uint64_t options;
	int64_t backstop;
	struct zi_clock_state state;
	uint64_t last; /* generation */
};

static void copy_out(struct zi_clock *c, const struct page *page)
{
	const size_t middle = offsetof(struct page, magic);
	const size_t end = offsetof(struct page, last);

	/* Cannot fail: the page is the VMO's, and the source is ours. */
	zi_vmo_write(c->vmo, &page->last, end, sizeof(page->last));
	zi_vmo_write(c->vmo, &page->magic, middle, end - middle);
	zi_vmo_write(c->vmo, &page->first, 0, sizeof(page->first));
}

/*
 * VMOs cannot be written with the object's lock held. Whoever finds another thread at it leaves:
 * that thread looks for a newer state before and after it gives the page up.
 */
void zi_clock_show(struct zi_clock *c)
{
	if (c->vmo == NULL)
		return;
	for (;;) {
		struct page page = {.magic = MAGIC, .options = c->options, .backstop = c->backstop};
		bool newer;

		if (atomic_exchange(&c->showing, true))
			return;
		do {
			zi_lock(&c->object.lock);
			page.state = c->state;
			zi_unlock(&c->object.lock);
			newer = page.state.generation != c->shown;
			page.first = page.last = page.state.generation;
			if (newer)
				copy_out(c, &page);
			c->shown = page.state.generation;
		} while (newer);
		atomic_store(&c->showing, false);
		zi_lock(&c->object.lock);
		newer = c->state.generation != page.state.generation;
		zi_unlock(&c->object.lock);
		if (!newer)
			return;
	}
}

zx_status_t zi_clock_page_read(const void *user, uint64_t *out_options, int64_t *out_backstop,
			       struct zi_clock_state *out_state)
{
	struct page page;

	for (int i = 0; i < TRIES; i++) {
		if (zi_user_read(&page, user, sizeof(page)) != ZX_OK || page.magic != MAGIC)
			return ZX_ERR_INVALID_ARGS;
		if (page.first != page.last) {
			sched_yield();
			continue;
		}
		/*
		 * A foreign page may hold anything: a divisor of zero must not reach the
		 * arithmetic.
		 */
		if (page.state.line.rate.reference_ticks == 0)
			return ZX_ERR_INVALID_ARGS;
		*out_options = page.options;
		*out_backstop = page.backstop;
		*out_state = page.state;
		return ZX_OK;
	}
	return ZX_ERR_INVALID_ARGS;
}
