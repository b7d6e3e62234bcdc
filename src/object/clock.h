/* Clock objects: a line over the monotonic or the boot clock, set and bent by whoever keeps it. */
#ifndef ZI_OBJECT_CLOCK_H
#define ZI_OBJECT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/syscalls/clock.h>
#include <zircon/types.h>

#include "object/object.h"

struct zi_vmo;

/*
 * What readers need. A tick is a nanosecond here, so that one transformation serves for ticks and
 * for time.
 */
struct zi_clock_state {
	zx_clock_transformation_t line; /* rate 0/1: not started */
	uint64_t error_bound;
	int64_t last_value_update; /* all in ns of the reference clock */
	int64_t last_rate_update;
	int64_t last_error_update;
	int32_t rate_adjust; /* ppm in force */
	uint32_t generation;
};

struct zi_clock {
	struct zi_object object;
	uint64_t options; /* ZX_CLOCK_OPT_*; fixed */
	int64_t backstop; /* fixed */
	/* A page that mapped readers see, one reference; NULL: not mappable. */
	struct zi_vmo *vmo;
	struct zi_clock_state state; /* object lock */
	struct zi_lock updating;     /* of a mappable clock: state and page change together */
	uint64_t writes;             /* to the page; that lock */
};

/* ---- clock.c */

/* INVALID_ARGS by the rules of zx_clock_create; NO_MEMORY. */
zx_status_t zi_clock_new(uint64_t options, int64_t backstop, struct zi_clock **out_clock);
int64_t zi_clock_read(struct zi_clock *c);
void zi_clock_details(struct zi_clock *c, zx_clock_details_v1_t *out_details);
/*
 * Options are ZX_CLOCK_UPDATE_OPTION_* and known; v1: the older arguments, which have no reference
 * value.
 */
zx_status_t zi_clock_update(struct zi_clock *c, uint64_t options,
			    const zx_clock_update_args_v2_t *args, bool v1);

/*
 * The page for zx_vmar_map_clock: NULL when the clock is not mappable. The mapping is listed with
 * ZI_CLOCK_LIST_NAME and the clock's koid. No reference is given.
 */
static inline struct zi_vmo *zi_clock_vmo(const struct zi_clock *c)
{
	return c->vmo;
}
#define ZI_CLOCK_LIST_NAME "kernel-clock"
#define ZI_CLOCK_MAPPED_SIZE ((uint64_t)4096)

/* Arithmetic, for both files. */
int64_t zi_clock_apply(const zx_clock_transformation_t *line, int64_t reference);
int64_t zi_clock_reference(uint64_t options);
void zi_clock_fill_details(uint64_t options, int64_t backstop, const struct zi_clock_state *state,
			   zx_clock_details_v1_t *out_details);

/* ---- clock_page.c */

/* The page of a new clock. NO_MEMORY: there is none. */
zx_status_t zi_clock_page_init(struct zi_clock *c);
/* Around a change of the state; `changed`: it shall be shown. c->updating is held. */
void zi_clock_page_begin(struct zi_clock *c);
void zi_clock_page_end(struct zi_clock *c, bool changed);

struct zi_clock_shown {
	uint64_t options;
	int64_t backstop;
	struct zi_clock_state state;
	int64_t reference; /* an instant at which the state was the clock's */
};
/* Reads a mapped clock at a user address: INVALID_ARGS when there is none. */
zx_status_t zi_clock_page_read(const void *user, struct zi_clock_shown *out_shown);

#endif
