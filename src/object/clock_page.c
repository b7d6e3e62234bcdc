/*
 * Mapped clocks: the state in a page that programs may map read-only and read without a handle.
 *
 * There are two slots, written in turn, each from its end to its start: a number at the end, the
 * state, the number at the start. A reader copies in the other direction; equal numbers mean that
 * nothing was written in between. While one slot is being written, for as long as that takes, the
 * other one holds the state before.
 */
#include "object/clock.h"
#include "vm/fault.h"
#include "vm/vmo.h"

#define MAGIC UINT64_C(0x6b636f6c632d697a) /* "zi-clock" */
/* Both slots written while a reader copies, so often in a row: the page is none of ours. */
#define TRIES 10000

struct slot {
	uint64_t first; /* counts what was written, from 1 */
	struct zi_clock_state state;
	uint64_t last; /* the same */
};

struct page {
	uint64_t magic;
	uint64_t options;
	int64_t backstop;
	struct slot slot[2];
};

/* Cannot fail: the page is the VMO's, and the source is ours. */
static void copy_out(struct zi_clock *c, const struct zi_clock_state *state)
{
	const struct slot slot = {.first = c->writes, .state = *state, .last = c->writes};
	const uint64_t at = offsetof(struct page, slot) + (c->writes & 1) * sizeof(slot);
	const size_t middle = offsetof(struct slot, state);
	const size_t end = offsetof(struct slot, last);

	zi_vmo_write(c->vmo, &slot.last, at + end, sizeof(slot.last));
	zi_vmo_write(c->vmo, &slot.state, at + middle, end - middle);
	zi_vmo_write(c->vmo, &slot.first, at, sizeof(slot.first));
	if (c->writes == 1) {
		const struct page page = {
			.magic = MAGIC, .options = c->options, .backstop = c->backstop};

		zi_vmo_write(c->vmo, &page, 0, offsetof(struct page, slot));
	}
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
		struct zi_clock_state state;
		bool newer;

		if (atomic_exchange(&c->showing, true))
			return;
		do {
			zi_lock(&c->object.lock);
			state = c->state;
			zi_unlock(&c->object.lock);
			newer = c->writes == 0 || state.generation != c->shown;
			if (newer) {
				c->writes++;
				copy_out(c, &state);
			}
			c->shown = state.generation;
		} while (newer);
		atomic_store(&c->showing, false);
		zi_lock(&c->object.lock);
		newer = c->state.generation != state.generation;
		zi_unlock(&c->object.lock);
		if (!newer)
			return;
	}
}

/* The newer of the two states that are whole; NULL: none is. */
static const struct zi_clock_state *newest(const struct page *page)
{
	const struct slot *best = NULL;

	for (int i = 0; i < 2; i++) {
		const struct slot *s = &page->slot[i];

		if (s->first != 0 && s->first == s->last &&
		    (best == NULL || s->first > best->first))
			best = s;
	}
	return best != NULL ? &best->state : NULL;
}

zx_status_t zi_clock_page_read(const void *user, uint64_t *out_options, int64_t *out_backstop,
			       struct zi_clock_state *out_state)
{
	const struct zi_clock_state *state = NULL;
	struct page page;

	for (int i = 0; i < TRIES && state == NULL; i++) {
		if (zi_user_read(&page, user, sizeof(page)) != ZX_OK || page.magic != MAGIC)
			return ZX_ERR_INVALID_ARGS;
		state = newest(&page);
	}
	/* A foreign page may hold anything: a divisor of zero must not reach the arithmetic. */
	if (state == NULL || state->line.rate.reference_ticks == 0)
		return ZX_ERR_INVALID_ARGS;
	*out_options = page.options;
	*out_backstop = page.backstop;
	*out_state = *state;
	return ZX_OK;
}
