/* Clock objects: their arithmetic and the rules of an update. */
#include "object/clock.h"

#include <string.h>

#include "base/time.h"
#include "object/info.h"
#include "vm/vmo.h"

#define PPM 1000000

__extension__ typedef __int128 wide; /* a time difference times a rate needs 96 bits */

int64_t zi_clock_reference(uint64_t options)
{
	return options & ZX_CLOCK_OPT_BOOT ? zi_time_boot() : zi_time_mono();
}

static int64_t clamp(wide n)
{
	return n > INT64_MAX ? INT64_MAX : n < INT64_MIN ? INT64_MIN : (int64_t)n;
}

/* Rounds down, also below zero, so that a clock never shows a tick before it has passed. */
int64_t zi_clock_apply(const zx_clock_transformation_t *line, int64_t reference)
{
	const wide passed = (wide)reference - line->reference_offset;
	const wide scaled = passed * line->rate.synthetic_ticks;
	const uint32_t per = line->rate.reference_ticks;
	wide whole = scaled / per;

	if (scaled < 0 && whole * per != scaled)
		whole--;
	return clamp(whole + line->synthetic_offset);
}

static bool is_started(const struct zi_clock_state *s)
{
	return s->line.rate.synthetic_ticks != 0;
}

int64_t zi_clock_read(struct zi_clock *c)
{
	ZI_LOCK_SCOPE(&c->object.lock);
	return zi_clock_apply(&c->state.line, zi_clock_reference(c->options));
}

void zi_clock_fill_details(uint64_t options, int64_t backstop, const struct zi_clock_state *state,
			   zx_clock_details_v1_t *out)
{
	memset(out, 0, sizeof(*out));
	out->options = options;
	out->backstop_time = backstop;
	out->reference_ticks_to_synthetic = state->line;
	out->reference_to_synthetic = state->line;
	out->error_bound = state->error_bound;
	out->query_ticks = zi_clock_reference(options);
	out->last_value_update_ticks = state->last_value_update;
	out->last_rate_adjust_update_ticks = state->last_rate_update;
	out->last_error_bounds_update_ticks = state->last_error_update;
	out->generation_counter = state->generation;
}

void zi_clock_details(struct zi_clock *c, zx_clock_details_v1_t *out_details)
{
	ZI_LOCK_SCOPE(&c->object.lock);
	zi_clock_fill_details(c->options, c->backstop, &c->state, out_details);
}

/* ---- update */

/* What an update may ask of a clock in this state. */
static zx_status_t check_update(const struct zi_clock *c, uint64_t options, bool v1)
{
	const bool set = options & ZX_CLOCK_UPDATE_OPTION_SYNTHETIC_VALUE_VALID;
	const bool rate = options & ZX_CLOCK_UPDATE_OPTION_RATE_ADJUST_VALID;
	const bool reference = options & ZX_CLOCK_UPDATE_OPTION_REFERENCE_VALUE_VALID;
	const bool started = is_started(&c->state);

	if (reference && (v1 || (!set && !rate)))
		return ZX_ERR_INVALID_ARGS;
	if (!set && !started)
		return ZX_ERR_BAD_STATE;
	if (set && started && (c->options & ZX_CLOCK_OPT_CONTINUOUS))
		return ZX_ERR_INVALID_ARGS;
	if (v1 || !started || !(c->options & ZX_CLOCK_OPT_MONOTONIC))
		return ZX_OK;
	/*
	 * A monotonic clock that runs: setting needs the instant at which the value holds, and is
	 * no rate change.
	 */
	if (set && !reference)
		return ZX_ERR_INVALID_ARGS;
	return (set || reference) && rate ? ZX_ERR_INVALID_ARGS : ZX_OK;
}

/* The line after the update; INVALID_ARGS when the clock would run back or below its backstop. */
static zx_status_t new_line(const struct zi_clock *c, uint64_t options,
			    const zx_clock_update_args_v2_t *args, int64_t now,
			    zx_clock_transformation_t *out_line)
{
	const zx_clock_transformation_t *old = &c->state.line;
	const bool set = options & ZX_CLOCK_UPDATE_OPTION_SYNTHETIC_VALUE_VALID;
	zx_clock_transformation_t line = *old;

	line.reference_offset = now;
	if (options & ZX_CLOCK_UPDATE_OPTION_REFERENCE_VALUE_VALID)
		line.reference_offset = args->reference_value;
	line.synthetic_offset =
		set ? args->synthetic_value : zi_clock_apply(old, line.reference_offset);
	if (options & ZX_CLOCK_UPDATE_OPTION_RATE_ADJUST_VALID)
		line.rate = (zx_clock_rate_t){(uint32_t)(PPM + args->rate_adjust), PPM};
	else if (!is_started(&c->state))
		line.rate = (zx_clock_rate_t){1, 1};

	int64_t shows = zi_clock_apply(&line, now);

	if ((c->options & ZX_CLOCK_OPT_MONOTONIC) && shows < zi_clock_apply(old, now))
		return ZX_ERR_INVALID_ARGS;
	if (shows < c->backstop)
		return ZX_ERR_INVALID_ARGS;
	*out_line = line;
	return ZX_OK;
}

/* Requires the object's lock. */
static zx_status_t update_locked(struct zi_clock *c, uint64_t options,
				 const zx_clock_update_args_v2_t *args, bool v1, bool *out_starts)
{
	const bool set = options & ZX_CLOCK_UPDATE_OPTION_SYNTHETIC_VALUE_VALID;
	const bool rate = options & ZX_CLOCK_UPDATE_OPTION_RATE_ADJUST_VALID;
	const bool reference = options & ZX_CLOCK_UPDATE_OPTION_REFERENCE_VALUE_VALID;
	const int64_t now = zi_clock_reference(c->options);
	struct zi_clock_state *s = &c->state;
	const bool starts = !is_started(s);
	zx_status_t st = check_update(c, options, v1);

	if (st != ZX_OK)
		return st;
	/*
	 * The same rate again moves nothing; recomputing the line would add a rounding error each
	 * time.
	 */
	if (set || (rate && (reference || args->rate_adjust != s->rate_adjust))) {
		st = new_line(c, options, args, now, &s->line);
		if (st != ZX_OK)
			return st;
	}
	if (set)
		s->last_value_update = now;
	if (rate || starts) {
		s->last_rate_update = now;
		s->rate_adjust = rate ? args->rate_adjust : 0;
	}
	if (options & ZX_CLOCK_UPDATE_OPTION_ERROR_BOUND_VALID) {
		s->last_error_update = now;
		s->error_bound = args->error_bound;
	}
	s->generation++;
	*out_starts = starts;
	return ZX_OK;
}

zx_status_t zi_clock_update(struct zi_clock *c, uint64_t options,
			    const zx_clock_update_args_v2_t *args, bool v1)
{
	bool starts = false;

	if (c->vmo != NULL) {
		zi_lock(&c->updating);
		zi_clock_page_begin(c);
	}
	zi_lock(&c->object.lock);
	zx_status_t st = update_locked(c, options, args, v1, &starts);
	zi_unlock(&c->object.lock);
	if (c->vmo != NULL) {
		zi_clock_page_end(c, st == ZX_OK);
		zi_unlock(&c->updating);
	}
	if (st != ZX_OK)
		return st;
	zi_object_update_signals(&c->object, 0, starts ? ZX_CLOCK_STARTED : 0, ZX_CLOCK_UPDATED);
	return ZX_OK;
}

/* ---- the object */

static void clock_destroy(struct zi_object *o)
{
	/* Mappings keep the page, with the last state in it. */
	zi_vmo_unref(ZI_CONTAINER(o, struct zi_clock, object)->vmo);
}

static const struct zi_object_ops clock_ops = {
	.type = ZX_OBJ_TYPE_CLOCK,
	.type_name = "clock",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL,
	.size = sizeof(struct zi_clock),
	.destroy = clock_destroy,
};

zx_status_t zi_clock_new(uint64_t options, int64_t backstop, struct zi_clock **out_clock)
{
	const bool starts = options & ZX_CLOCK_OPT_AUTO_START;
	const int64_t now = zi_clock_reference(options);
	struct zi_clock *c;
	zx_status_t st;

	if (options & ~ZX_CLOCK_OPTS_ALL)
		return ZX_ERR_INVALID_ARGS;
	if ((options & ZX_CLOCK_OPT_CONTINUOUS) && !(options & ZX_CLOCK_OPT_MONOTONIC))
		return ZX_ERR_INVALID_ARGS;
	if (backstop < 0 || (starts && backstop > now))
		return ZX_ERR_INVALID_ARGS;
	c = zi_object_new(&clock_ops, starts ? ZX_CLOCK_STARTED : 0);
	if (c == NULL)
		return ZX_ERR_NO_MEMORY;
	c->options = options;
	c->backstop = backstop;
	c->state.error_bound = ZX_CLOCK_UNKNOWN_ERROR;
	if (starts) {
		c->state.line.rate = (zx_clock_rate_t){1, 1};
		c->state.last_value_update = c->state.last_rate_update = now;
	} else {
		c->state.line.synthetic_offset = backstop;
		c->state.line.rate = (zx_clock_rate_t){0, 1};
	}
	if (options & ZX_CLOCK_OPT_MAPPABLE) {
		st = zi_clock_page_init(c);
		if (st != ZX_OK) {
			zi_object_unref(&c->object);
			return st;
		}
	}
	*out_clock = c;
	return ZX_OK;
}

zx_status_t zi_info_clock_mapped_size(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
				      size_t *actual, size_t *avail)
{
	const uint64_t mapped = ZI_CLOCK_MAPPED_SIZE;
	struct zi_clock *c;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_CLOCK, ZX_RIGHT_INSPECT, &c, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	bool mappable = zi_clock_vmo(c) != NULL;

	zi_object_unref(&c->object);
	if (!mappable)
		return ZX_ERR_INVALID_ARGS;
	return zi_info_one(&mapped, sizeof(mapped), buffer, size, actual, avail);
}
