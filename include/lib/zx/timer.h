/* zx::timer */
#ifndef LIB_ZX_TIMER_H_
#define LIB_ZX_TIMER_H_

#include <lib/zx/object.h>
#include <lib/zx/time.h>
#include <zircon/calls/clock.h>

namespace zx
{

class timer final : public object<timer>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_TIMER;

	ZX_WRAPPER_(timer);

	static zx_status_t create(uint32_t options, zx_clock_t clock_id, timer *result)
	{
		return zx_timer_create(options, clock_id, result->reset_and_get_address());
	}

	zx_status_t set(zx::time deadline, zx::duration slack) const
	{
		return zx_timer_set(get(), deadline.get(), slack.get());
	}

	/* Of a timer on the boot clock. */
	zx_status_t set(zx::time_boot deadline, zx::duration slack) const
	{
		return zx_timer_set(get(), deadline.get(), slack.get());
	}

	zx_status_t cancel() const
	{
		return zx_timer_cancel(get());
	}
};

using unowned_timer = unowned<timer>;

} // namespace zx

#endif /* LIB_ZX_TIMER_H_ */
