/*
 * Instants, durations and ticks as types of their own, so that nanoseconds and ticks, and instants
 * of different clocks, are not mixed up. All arithmetic saturates, as in <zircon/time.h>.
 *
 *   zx::duration              a signed number of nanoseconds; zx::sec(5), zx::msec(n), ...
 *   zx::basic_time<clock>     an instant on that clock
 *     zx::time, zx::time_monotonic   on the monotonic clock, which deadlines refer to
 *     zx::time_boot                  on the boot clock
 *   zx::ticks, zx::basic_ticks<clock>   a reading of the tick counter, or a difference of two
 */
#ifndef LIB_ZX_TIME_H_
#define LIB_ZX_TIME_H_

#include <stdint.h>

#include <zircon/calls/clock.h>
#include <zircon/time.h>
#include <zircon/types.h>

namespace zx
{

#define ZX_ORDERED_(type, field)                           \
	constexpr bool operator==(const type &other) const \
	{                                                  \
		return field == other.field;               \
	}                                                  \
	constexpr bool operator!=(const type &other) const \
	{                                                  \
		return field != other.field;               \
	}                                                  \
	constexpr bool operator<(const type &other) const  \
	{                                                  \
		return field < other.field;                \
	}                                                  \
	constexpr bool operator<=(const type &other) const \
	{                                                  \
		return field <= other.field;               \
	}                                                  \
	constexpr bool operator>(const type &other) const  \
	{                                                  \
		return field > other.field;                \
	}                                                  \
	constexpr bool operator>=(const type &other) const \
	{                                                  \
		return field >= other.field;               \
	}

class duration final
{
      public:
	constexpr duration() = default;
	explicit constexpr duration(zx_duration_t value) : value_(value)
	{
	}
#ifdef __ZX_HAS_TIMESPEC
	explicit constexpr duration(const struct timespec &ts)
	    : value_(zx_duration_from_timespec(ts))
	{
	}
	constexpr struct timespec to_timespec() const
	{
		return zx_timespec_from_duration(value_);
	}
#endif

	static constexpr duration infinite()
	{
		return duration(ZX_TIME_INFINITE);
	}
	static constexpr duration infinite_past()
	{
		return duration(ZX_TIME_INFINITE_PAST);
	}

	constexpr zx_duration_t get() const
	{
		return value_;
	}
	zx_duration_t *get_address()
	{
		return &value_;
	}

	constexpr int64_t to_nsecs() const
	{
		return value_;
	}
	constexpr int64_t to_usecs() const
	{
		return value_ / 1000;
	}
	constexpr int64_t to_msecs() const
	{
		return value_ / 1000000;
	}
	constexpr int64_t to_secs() const
	{
		return value_ / 1000000000;
	}
	constexpr int64_t to_mins() const
	{
		return to_secs() / 60;
	}
	constexpr int64_t to_hours() const
	{
		return to_secs() / 3600;
	}

	constexpr duration operator+(duration other) const
	{
		return duration(zx_duration_add_duration(value_, other.value_));
	}
	constexpr duration operator-(duration other) const
	{
		return duration(zx_duration_sub_duration(value_, other.value_));
	}
	constexpr duration operator-() const
	{
		return duration() - *this;
	}
	constexpr duration operator*(int64_t factor) const
	{
		return duration(zx_duration_mul_int64(value_, factor));
	}
	constexpr duration operator/(int64_t divisor) const
	{
		return duration(value_ / divisor);
	}
	constexpr int64_t operator/(duration other) const
	{
		return value_ / other.value_;
	}
	constexpr duration operator%(duration other) const
	{
		return duration(value_ % other.value_);
	}

	constexpr duration &operator+=(duration other)
	{
		return *this = *this + other;
	}
	constexpr duration &operator-=(duration other)
	{
		return *this = *this - other;
	}
	constexpr duration &operator*=(int64_t factor)
	{
		return *this = *this * factor;
	}
	constexpr duration &operator/=(int64_t divisor)
	{
		return *this = *this / divisor;
	}
	constexpr duration &operator%=(duration other)
	{
		return *this = *this % other;
	}

	ZX_ORDERED_(duration, value_)

      private:
	zx_duration_t value_ = 0;
};

constexpr duration operator*(int64_t factor, duration value)
{
	return value * factor;
}

using duration_mono = duration;
using duration_boot = duration;

constexpr duration nsec(int64_t n)
{
	return duration(zx_duration_from_nsec(n));
}
constexpr duration usec(int64_t n)
{
	return duration(zx_duration_from_usec(n));
}
constexpr duration msec(int64_t n)
{
	return duration(zx_duration_from_msec(n));
}
constexpr duration sec(int64_t n)
{
	return duration(zx_duration_from_sec(n));
}
constexpr duration min(int64_t n)
{
	return duration(zx_duration_from_min(n));
}
constexpr duration hour(int64_t n)
{
	return duration(zx_duration_from_hour(n));
}

template <zx_clock_t kClockId> class basic_ticks final
{
      public:
	constexpr basic_ticks() = default;
	explicit constexpr basic_ticks(zx_ticks_t value) : value_(value)
	{
	}

	static basic_ticks now()
	{
		if constexpr (kClockId == ZX_CLOCK_BOOT)
			return basic_ticks(zx_ticks_get_boot());
		else
			return basic_ticks(zx_ticks_get());
	}
	static basic_ticks per_second()
	{
		return basic_ticks(zx_ticks_per_second());
	}
	static constexpr basic_ticks infinite()
	{
		return basic_ticks(ZX_TIME_INFINITE);
	}
	static constexpr basic_ticks infinite_past()
	{
		return basic_ticks(ZX_TIME_INFINITE_PAST);
	}

	constexpr zx_ticks_t get() const
	{
		return value_;
	}
	zx_ticks_t *get_address()
	{
		return &value_;
	}

	constexpr basic_ticks operator+(basic_ticks other) const
	{
		return basic_ticks(zx_ticks_add_ticks(value_, other.value_));
	}
	constexpr basic_ticks operator-(basic_ticks other) const
	{
		return basic_ticks(zx_ticks_sub_ticks(value_, other.value_));
	}
	constexpr basic_ticks operator*(uint64_t factor) const
	{
		return basic_ticks(
			factor > INT64_MAX ?
				(value_ == 0 ? 0 : zx_ticks_mul_int64(value_, INT64_MAX)) :
				zx_ticks_mul_int64(value_, static_cast<int64_t>(factor)));
	}
	constexpr basic_ticks operator/(int64_t divisor) const
	{
		return basic_ticks(value_ / divisor);
	}
	constexpr basic_ticks &operator+=(basic_ticks other)
	{
		return *this = *this + other;
	}
	constexpr basic_ticks &operator-=(basic_ticks other)
	{
		return *this = *this - other;
	}

	ZX_ORDERED_(basic_ticks, value_)

      private:
	zx_ticks_t value_ = 0;
};

using ticks = basic_ticks<ZX_CLOCK_MONOTONIC>;
using ticks_boot = basic_ticks<ZX_CLOCK_BOOT>;

template <zx_clock_t kClockId> class basic_time final
{
      public:
	constexpr basic_time() = default;
	explicit constexpr basic_time(zx_time_t value) : value_(value)
	{
	}
#ifdef __ZX_HAS_TIMESPEC
	explicit constexpr basic_time(const struct timespec &ts) : value_(zx_time_from_timespec(ts))
	{
	}
	constexpr struct timespec to_timespec() const
	{
		return zx_timespec_from_time(value_);
	}
#endif

	static constexpr basic_time infinite()
	{
		return basic_time(ZX_TIME_INFINITE);
	}
	static constexpr basic_time infinite_past()
	{
		return basic_time(ZX_TIME_INFINITE_PAST);
	}

	constexpr zx_time_t get() const
	{
		return value_;
	}
	zx_time_t *get_address()
	{
		return &value_;
	}

	constexpr duration operator-(basic_time other) const
	{
		return duration(zx_time_sub_time(value_, other.value_));
	}
	constexpr basic_time operator+(duration delta) const
	{
		return basic_time(zx_time_add_duration(value_, delta.get()));
	}
	constexpr basic_time operator-(duration delta) const
	{
		return basic_time(zx_time_sub_duration(value_, delta.get()));
	}
	constexpr basic_time &operator+=(duration delta)
	{
		return *this = *this + delta;
	}
	constexpr basic_time &operator-=(duration delta)
	{
		return *this = *this - delta;
	}

	ZX_ORDERED_(basic_time, value_)

      private:
	zx_time_t value_ = 0;
};

#undef ZX_ORDERED_

template <zx_clock_t kClockId>
constexpr basic_time<kClockId> operator+(duration delta, basic_time<kClockId> instant)
{
	return instant + delta;
}

using time = basic_time<ZX_CLOCK_MONOTONIC>;
using time_monotonic = time;
using time_mono = time;
using time_boot = basic_time<ZX_CLOCK_BOOT>;

inline zx_status_t nanosleep(zx::time deadline)
{
	return zx_nanosleep(deadline.get());
}

inline time deadline_after(duration delay)
{
	return time(zx_deadline_after(delay.get()));
}

} // namespace zx

#endif /* LIB_ZX_TIME_H_ */
