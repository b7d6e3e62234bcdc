/* The older names of zx::result and zx::make_result. */
#ifndef LIB_ZX_STATUS_H_
#define LIB_ZX_STATUS_H_

#include <lib/zx/result.h>

namespace zx
{

template <typename T = void> using status = result<T>;

constexpr result<> make_status(zx_status_t value)
{
	return make_result(value);
}

template <typename T> constexpr result<std::decay_t<T>> make_status(zx_status_t status, T &&value)
{
	return make_result(status, std::forward<T>(value));
}

} // namespace zx

#endif /* LIB_ZX_STATUS_H_ */
