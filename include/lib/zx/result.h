/*
 * zx::result<T>: a value, or the status that says why there is none.
 *
 *	zx::result<zx::vmo> Make()
 *	{
 *		zx::vmo vmo;
 *
 *		if (zx_status_t status = zx::vmo::create(size, 0, &vmo); status != ZX_OK)
 *			return zx::error(status);
 *		return zx::ok(std::move(vmo));
 *	}
 *
 * There is no conversion to bool: is_ok() and is_error() say what is asked. Taking the value of an
 * error, the error of a value, or making an error of ZX_OK ends the program.
 */
#ifndef LIB_ZX_RESULT_H_
#define LIB_ZX_RESULT_H_

#include <optional>
#include <type_traits>
#include <utility>

#include <zircon/assert.h>
#include <zircon/status.h>
#include <zircon/types.h>

namespace zx
{

template <typename T = void> class result;

/* A status on its way into some result. */
class [[nodiscard]] error
{
      public:
	explicit constexpr error(zx_status_t status) : status_(status)
	{
		ZX_ASSERT(status != ZX_OK);
	}
	constexpr zx_status_t status() const
	{
		return status_;
	}

      private:
	zx_status_t status_;
};

using error_result = error;

/* A value on its way into some result. */
template <typename T = void> class [[nodiscard]] success
{
      public:
	explicit constexpr success(T &&value) : value_(std::move(value))
	{
	}
	explicit constexpr success(const T &value) : value_(value)
	{
	}
	constexpr T &&take()
	{
		return std::move(value_);
	}

      private:
	T value_;
};

template <> class [[nodiscard]] success<void>
{
};

constexpr success<> ok()
{
	return success<>();
}

template <typename T> constexpr success<std::decay_t<T>> ok(T &&value)
{
	return success<std::decay_t<T>>(std::forward<T>(value));
}

namespace internal
{

/* The status half, the same for all results. */
class result_status
{
      public:
	constexpr bool is_ok() const
	{
		return status_ == ZX_OK;
	}
	constexpr bool is_error() const
	{
		return status_ != ZX_OK;
	}

	constexpr zx_status_t status_value() const
	{
		return status_;
	}
	constexpr zx_status_t error_value() const
	{
		ZX_ASSERT(is_error());
		return status_;
	}
	constexpr error take_error() const
	{
		return error(error_value());
	}
	const char *status_string() const
	{
		return zx_status_get_string(status_);
	}

      protected:
	explicit constexpr result_status(zx_status_t status) : status_(status)
	{
	}

	zx_status_t status_;
};

template <typename T, typename = void> struct has_arrow : std::false_type {
};
template <typename T>
struct has_arrow<T, std::void_t<decltype(std::declval<T &>().operator->())>> : std::true_type {
};

template <typename T> struct is_result : std::false_type {
};
template <typename T> struct is_result<result<T>> : std::true_type {
};
template <typename T> struct is_result<success<T>> : std::true_type {
};
template <> struct is_result<error> : std::true_type {
};

} // namespace internal

template <typename T> class [[nodiscard]] result : public internal::result_status
{
      public:
	using value_type = T;

	constexpr result(error failure) : result_status(failure.status())
	{
	}

	template <typename U, typename = std::enable_if_t<std::is_constructible_v<T, U &&>>>
	constexpr result(success<U> &&value) : result_status(ZX_OK), value_(value.take())
	{
	}

	template <typename U = T,
		  typename = std::enable_if_t<std::is_convertible_v<U &&, T> &&
					      !internal::is_result<std::decay_t<U>>::value>>
	constexpr result(U &&value) : result_status(ZX_OK), value_(std::forward<U>(value))
	{
	}

	template <typename U, typename = std::enable_if_t<!std::is_same_v<T, U> &&
							  std::is_constructible_v<T, U &&>>>
	constexpr result(result<U> &&other) : result_status(other.status_value())
	{
		if (other.is_ok())
			value_.emplace(std::move(other).value());
	}

	constexpr T &value() &
	{
		require();
		return *value_;
	}
	constexpr const T &value() const &
	{
		require();
		return *value_;
	}
	constexpr T &&value() &&
	{
		require();
		return std::move(*value_);
	}

	constexpr T &operator*() &
	{
		return value();
	}
	constexpr const T &operator*() const &
	{
		return value();
	}
	constexpr T &&operator*() &&
	{
		return std::move(*this).value();
	}

	/* A value that has an arrow of its own (a smart pointer, zx::unowned) is looked through. */
	constexpr decltype(auto) operator->()
	{
		return arrow(value());
	}
	constexpr decltype(auto) operator->() const
	{
		return arrow(value());
	}

	template <typename U> constexpr T value_or(U &&fallback) const &
	{
		return is_ok() ? *value_ : static_cast<T>(std::forward<U>(fallback));
	}
	template <typename U> constexpr T value_or(U &&fallback) &&
	{
		return is_ok() ? std::move(*value_) : static_cast<T>(std::forward<U>(fallback));
	}

	constexpr success<T> take_value()
	{
		require();
		return success<T>(std::move(*value_));
	}

	constexpr void swap(result &other)
	{
		std::swap(status_, other.status_);
		std::swap(value_, other.value_);
	}

      private:
	constexpr void require() const
	{
		if (!is_ok())
			ZX_PANIC("zx::result: the value of an error was taken: %s",
				 status_string());
	}

	template <typename V> static constexpr decltype(auto) arrow(V &value)
	{
		if constexpr (std::is_pointer_v<V>)
			return V(value);
		else if constexpr (internal::has_arrow<V>::value)
			return (value);
		else
			return &value;
	}

	std::optional<T> value_;
};

template <> class [[nodiscard]] result<void> : public internal::result_status
{
      public:
	using value_type = void;

	constexpr result(error failure) : result_status(failure.status())
	{
	}
	constexpr result(success<>) : result_status(ZX_OK)
	{
	}

	constexpr success<> take_value()
	{
		ZX_ASSERT(is_ok());
		return ok();
	}
};

constexpr result<> make_result(zx_status_t status)
{
	if (status == ZX_OK)
		return ok();
	return error(status);
}

template <typename T> constexpr result<std::decay_t<T>> make_result(zx_status_t status, T &&value)
{
	if (status == ZX_OK)
		return ok(std::forward<T>(value));
	return error(status);
}

} // namespace zx

#endif /* LIB_ZX_RESULT_H_ */
