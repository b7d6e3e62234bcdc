/* Ticks and nanoseconds, converted into each other without losing precision on the way. */
#ifndef LIB_FZL_TIME_H_
#define LIB_FZL_TIME_H_

#include <zircon/calls/clock.h>
#include <zircon/types.h>

/* Saturating; rounded towards minus infinity. */
static inline int64_t fzl_scale_(int64_t value, int64_t to, int64_t from)
{
	__extension__ typedef __int128 wide;
	const wide product = (wide)value * to;
	wide quotient = product / from;

	if (product % from < 0)
		quotient--;
	if (quotient > INT64_MAX)
		return INT64_MAX;
	if (quotient < INT64_MIN)
		return INT64_MIN;
	return (int64_t)quotient;
}

static inline zx_ticks_t fzl_ns_to_ticks(zx_duration_t ns)
{
	return fzl_scale_(ns, zx_ticks_per_second(), 1000000000);
}

static inline zx_duration_t fzl_ticks_to_ns(zx_ticks_t ticks)
{
	return fzl_scale_(ticks, 1000000000, zx_ticks_per_second());
}

#ifdef __cplusplus

#include <lib/zx/time.h>

namespace fzl
{

inline zx::ticks NsToTicks(zx::duration ns)
{
	return zx::ticks(fzl_ns_to_ticks(ns.get()));
}

inline zx::duration TicksToNs(zx::ticks ticks)
{
	return zx::duration(fzl_ticks_to_ns(ticks.get()));
}

} // namespace fzl

#endif /* __cplusplus */

#endif /* LIB_FZL_TIME_H_ */
