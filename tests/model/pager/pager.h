/*
 * Random programs on a pager VMO, its slices, references and clones, against plain arrays. root.c knows the page states of the
 * pager VMO, children.c what clones see, service.c serves the pages, ops_*.c do one thing to the library and to the arrays.
 */
#ifndef MODEL_PAGER_H
#define MODEL_PAGER_H

#include "../../call/pager_t.h"

enum { PAGES_MAX = 64, VIEWS = 7 }; /* sets of pages are words of so many bits */

struct page {
	char state; /* A M C D W Z U, as in the table of page states */
	bool keep;
	bool lingers; /* absent, but a mapping that has shown it as zero may go on */
	uint8_t bytes[T_PAGE];
};

enum own { OWN_NOT, OWN_YES, OWN_MAYBE }; /* MAYBE: zeros that nobody can tell from none */

/* What a clone holds and where it looks otherwise. NULL stands for the pager VMO itself. */
struct clone {
	struct clone *parent;
	uint64_t off, limit, pages; /* limit: first page that does not look into the parent */
	bool hidden; /* the common past of two snapshots; nobody has a handle to it */
	unsigned views, children;
	uint8_t own[PAGES_MAX]; /* enum own */
	uint8_t bytes[PAGES_MAX][T_PAGE];
};

/* A handle with a mapping: the pager VMO (view 0), its slice or reference, a clone, a clone's slice or reference. */
struct view {
	zx_handle_t vmo;
	uint8_t *addr;
	struct clone *clone;
	uint64_t base, pages; /* pages: of a slice; of the others it follows the object's size */
	bool slice;
	bool resizable;  /* the object */
	bool can_resize; /* the handle */
};

struct world {
	struct pg p;
	bool trap, resizable, modified, detached, closed;
	uint64_t size; /* pages */
	struct page page[PAGES_MAX];
	uint64_t awaited
		[PAGES_MAX]; /* by start of a zero interval; only those with something awaited */
	struct view view[VIEWS];
	uint64_t step;
	uint64_t seed;
};

extern struct world m;
extern uint8_t scratch[PAGES_MAX * T_PAGE];

/* ---- main.c */

uint64_t below(uint64_t n);

/* ---- root.c: what happens to one page of the pager VMO */

bool root_is_own(uint64_t i);
bool root_starts(uint64_t i); /* the first page of a dirty zero interval */
void root_become_zero(uint64_t i, char state);
/* A page that somebody reads: ZX_OK when it is there or comes, else what a blocked operation returns. */
zx_status_t root_need(uint64_t i);
/* A page that is there and gets written. */
zx_status_t root_dirty(uint64_t i);
void root_drop(uint64_t i);
/* What the service has supplied besides what the operation waited for. Called after each operation. */
void root_settle(void);
void root_check(const char *what);
void root_check_ranges(void);

/* ---- service.c */

extern uint8_t disk[PAGES_MAX][T_PAGE];
extern _Atomic uint64_t service_bad; /* bit i: page i cannot be read */

void service_start(void);
void service_stop(void);
/* Waits until the service has nothing in hand. Returns the pages supplied since the last call, as bits. */
uint64_t service_idle(void);
uint64_t service_reads(void); /* requests so far */

/* ---- children.c */

uint64_t view_pages(const struct view *v);
/* Content of page i of a view; *out_bytes is valid until the next operation. */
zx_status_t view_need(const struct view *v, uint64_t i, const uint8_t **out_bytes);
/* Where page i of a clone comes from: *out_root is the page of the pager VMO, or PAGES_MAX when it is bytes of a clone or zeros. */
const uint8_t *clone_find(const struct clone *c, uint64_t i, uint64_t *out_root);
/* Page i of a clone becomes its own, with what it shows. */
zx_status_t clone_fork(struct clone *c, uint64_t i);
void clones_clip(struct clone *parent, uint64_t pages);
void view_close(struct view *v);
void views_close(void);
void do_child(struct view *parent);
void clone_resize(struct clone *c, uint64_t pages);

/* ---- ops_data.c, on any view */

void do_read(struct view *v);
void do_write(struct view *v);
void do_load(struct view *v);
void do_store(struct view *v);
void do_commit(struct view *v);
void do_prefetch(struct view *v);
void do_zero(struct view *v);

/* ---- ops_pager.c, on the pager VMO */

void do_supply(struct view *v);
void do_op_dirty(struct view *v);
void do_begin(struct view *v);
void do_end(struct view *v);
void do_evict(struct view *v);
void do_resize(struct view *v);
void do_stream_size(struct view *v);
void do_sectors(struct view *v);
void do_detach(struct view *v);

void random_range(uint64_t size, uint64_t *first, uint64_t *pages);
void random_bytes(uint64_t size, uint64_t *off, uint64_t *len);

#define STEP_ASSERT(condition, text, ...)                                                          \
	cr_assert(condition, "seed %llu, step %d: " text, (unsigned long long)m.seed, (int)m.step, \
		  ##__VA_ARGS__)
#define STEP_ZX(expr, expected)                                                                 \
	do {                                                                                    \
		const zx_status_t got_ = (expr), want_ = (expected);                            \
		STEP_ASSERT(got_ == want_, "%s: %s, not %s", #expr, zx_status_get_string(got_), \
			    zx_status_get_string(want_));                                       \
	} while (0)

#endif
