/*
 * Mapped clocks: the state in a page that programs may map read-only and read without a handle.
 *
 * There are two slots, written in turn, each from its end to its start: a number at the end, the
 * state, the number at the start. A reader copies in the other direction; equal numbers mean that
 * nothing was written in between. Before the state changes, the page says which number comes next:
 * a reader that does not find it there waits, so that it never sees a state that others know to be
 * over. It does not wait for ever, because the updating thread may have lost its processor; the
 * other slot is whole all the time.
 */
#include <sched.h>

#include "object/clock.h"
#include "vm/fault.h"
#include "vm/vmo.h"

#define MAGIC UINT64_C(0x6b636f6c632d697a) /* "zi-clock" */
/* Looks at a page that says it is changing: some milliseconds. */
#define PATIENCE 10000

struct slot {
	uint64_t first; /* counts what was written, from 1 */
	struct zi_clock_state state;
	uint64_t last; /* the same */
};

struct page {
	uint64_t magic;
	uint64_t options;
	int64_t backstop;
	uint64_t next; /* the number of the newest slot, or of the one to come */
	struct slot slot[2];
};

/* Cannot fail once the page is there: the source is ours. */
static void put(struct zi_clock *c, uint64_t at, const void *bytes, size_t n)
{
	(void)zi_vmo_write(c->vmo, bytes, at, n);
}

static void put_slot(struct zi_clock *c, const struct zi_clock_state *state)
{
	const struct slot slot = {.first = c->writes, .state = *state, .last = c->writes};
	const uint64_t at = offsetof(struct page, slot) + (c->writes & 1) * sizeof(slot);
	const size_t middle = offsetof(struct slot, state);
	const size_t end = offsetof(struct slot, last);

	put(c, at + end, &slot.last, sizeof(slot.last));
	put(c, at + middle, &slot.state, end - middle);
	put(c, at, &slot.first, sizeof(slot.first));
}

zx_status_t zi_clock_page_init(struct zi_clock *c)
{
	const struct page page = {
		.magic = MAGIC,
		.options = c->options,
		.backstop = c->backstop,
		.next = 1,
		.slot = {[1] = {.first = 1, .state = c->state, .last = 1}},
	};
	zx_status_t st = zi_vmo_create(ZI_CLOCK_MAPPED_SIZE, 0, &c->vmo);

	if (st != ZX_OK) {
		c->vmo = NULL;
		return st;
	}
	zi_lock_init(&c->updating, ZI_RANK_CLOCK);
	c->writes = 1;
	return zi_vmo_write(c->vmo, &page, 0, sizeof(page));
}

void zi_clock_page_begin(struct zi_clock *c)
{
	const uint64_t next = c->writes + 1;

	put(c, offsetof(struct page, next), &next, sizeof(next));
}

void zi_clock_page_end(struct zi_clock *c, bool changed)
{
	struct zi_clock_state state;

	if (!changed) {
		put(c, offsetof(struct page, next), &c->writes, sizeof(c->writes));
		return;
	}
	zi_lock(&c->object.lock);
	state = c->state;
	zi_unlock(&c->object.lock);
	c->writes++;
	put_slot(c, &state);
}

/* The newer of the two slots that are whole; NULL: none is. */
static const struct slot *newest(const struct page *page)
{
	const struct slot *best = NULL;

	for (int i = 0; i < 2; i++) {
		const struct slot *s = &page->slot[i];

		if (s->first != 0 && s->first == s->last &&
		    (best == NULL || s->first > best->first))
			best = s;
	}
	return best;
}

static zx_status_t copy_page(const void *user, struct page *out_page)
{
	/* A foreign page may hold anything: a divisor of zero must not reach the arithmetic. */
	if (zi_user_read(out_page, user, sizeof(*out_page)) != ZX_OK || out_page->magic != MAGIC)
		return ZX_ERR_INVALID_ARGS;
	for (int i = 0; i < 2; i++)
		if (out_page->slot[i].first != 0 &&
		    out_page->slot[i].state.line.rate.reference_ticks == 0)
			out_page->slot[i].first = out_page->slot[i].last + 1;
	return ZX_OK;
}

zx_status_t zi_clock_page_read(const void *user, struct zi_clock_shown *out_shown)
{
	const struct page *shared = user;
	struct page page;

	for (int i = 0;; i++) {
		const struct slot *s;
		uint64_t next;
		zx_status_t st = copy_page(user, &page);

		if (st != ZX_OK)
			return st;
		s = newest(&page);
		if (s != NULL) {
			*out_shown = (struct zi_clock_shown){
				.options = page.options,
				.backstop = page.backstop,
				.state = s->state,
				.reference = zi_clock_reference(page.options),
			};
			if (zi_user_read(&next, &shared->next, sizeof(next)) != ZX_OK)
				return ZX_ERR_INVALID_ARGS;
			if (next == s->first || i >= PATIENCE)
				return ZX_OK;
		} else if (i >= PATIENCE) {
			return ZX_ERR_INVALID_ARGS;
		}
		sched_yield();
	}
}
