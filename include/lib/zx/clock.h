/* zx::clock, and the readings of the system'\''s own clocks. */
#ifndef LIB_ZX_CLOCK_H_
#define LIB_ZX_CLOCK_H_

#include <lib/zx/object.h>
#include <lib/zx/time.h>
#include <zircon/calls/clock.h>
#include <zircon/syscalls/clock.h>

namespace zx
{

class clock final : public object<clock>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_CLOCK;

	class update_args;

	ZX_WRAPPER_(clock);

	/* `args` may be null. */
	static zx_status_t create(uint64_t options, const zx_clock_create_args_v1_t *args,
				  clock *result)
	{
		if (args != nullptr)
			options |= ZX_CLOCK_ARGS_VERSION(1);
		return zx_clock_create(options, args, result->reset_and_get_address());
	}

	static time get_monotonic()
	{
		return time(zx_clock_get_monotonic());
	}
	static time_boot get_boot()
	{
		return time_boot(zx_clock_get_boot());
	}

	zx_status_t read(zx_time_t *now) const
	{
		return zx_clock_read(get(), now);
	}

	zx_status_t get_details(zx_clock_details_v1_t *details) const
	{
		return zx_clock_get_details(get(), ZX_CLOCK_ARGS_VERSION(1), details);
	}

	zx_status_t update(const update_args &args) const;
};

/* What an update changes: only what was set. */
class clock::update_args
{
      public:
	constexpr update_args() = default;

	constexpr update_args &reset()
	{
		return *this = update_args();
	}

	constexpr update_args &set_value(zx::time value)
	{
		args_.synthetic_value = value.get();
		options_ |= ZX_CLOCK_UPDATE_OPTION_SYNTHETIC_VALUE_VALID;
		return *this;
	}

	constexpr update_args &set_reference_value(zx::time value)
	{
		args_.reference_value = value.get();
		options_ |= ZX_CLOCK_UPDATE_OPTION_REFERENCE_VALUE_VALID;
		return *this;
	}

	constexpr update_args &set_both_values(zx::time reference_value, zx::time synthetic_value)
	{
		return set_reference_value(reference_value).set_value(synthetic_value);
	}

	/* In parts per million. */
	constexpr update_args &set_rate_adjust(int32_t rate)
	{
		args_.rate_adjust = rate;
		options_ |= ZX_CLOCK_UPDATE_OPTION_RATE_ADJUST_VALID;
		return *this;
	}

	/* In nanoseconds. */
	constexpr update_args &set_error_bound(uint64_t error_bound)
	{
		args_.error_bound = error_bound;
		options_ |= ZX_CLOCK_UPDATE_OPTION_ERROR_BOUND_VALID;
		return *this;
	}

      private:
	friend class clock;

	zx_clock_update_args_v2_t args_ = {};
	uint64_t options_ = ZX_CLOCK_ARGS_VERSION(2);
};

inline zx_status_t clock::update(const update_args &args) const
{
	return zx_clock_update(get(), args.options_, &args.args_);
}

using unowned_clock = unowned<clock>;

} // namespace zx

#endif /* LIB_ZX_CLOCK_H_ */
