/* Rounding, powers of two and sizes of arrays. */
#ifndef FBL_ALGORITHM_H_
#define FBL_ALGORITHM_H_

#include <stddef.h>

#include <algorithm>
#include <type_traits>

namespace fbl
{

using std::clamp;
using std::max;
using std::min;

template <typename T> constexpr bool is_pow2(T value)
{
	static_assert(std::is_unsigned_v<T>, "powers of two are asked of unsigned numbers");
	return value != 0 && (value & (value - 1)) == 0;
}

/* To a multiple that need not be a power of two. A result that does not fit wraps around. */
template <typename T, typename U> constexpr std::common_type_t<T, U> round_up(T value, U multiple)
{
	using C = std::common_type_t<T, U>;
	const C rest = static_cast<C>(static_cast<C>(value) % static_cast<C>(multiple));

	if (rest == 0)
		return static_cast<C>(value);
	return static_cast<C>(static_cast<C>(value) + (static_cast<C>(multiple) - rest));
}

template <typename T, typename U> constexpr std::common_type_t<T, U> round_down(T value, U multiple)
{
	using C = std::common_type_t<T, U>;

	return static_cast<C>(static_cast<C>(value) -
			      static_cast<C>(value) % static_cast<C>(multiple));
}

template <typename T, size_t N> constexpr size_t count_of(const T (&)[N])
{
	return N;
}

} // namespace fbl

#endif /* FBL_ALGORITHM_H_ */
