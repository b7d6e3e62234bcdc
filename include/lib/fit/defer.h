/*
 * fit::defer: something to be done when a scope is left, unless it was done before or called off.
 *
 *	auto unmap = fit::defer([&] { mapper.Unmap(); });
 *	...
 *	unmap.cancel();
 */
#ifndef LIB_FIT_DEFER_H_
#define LIB_FIT_DEFER_H_

#include <functional>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace fit
{

namespace internal
{

/* An action, or none: what cannot say of itself that it is empty gets a mark. */
template <typename T,
	  bool = std::is_default_constructible_v<T> &&std::is_constructible_v<bool, T &>>
class slot
{
      public:
	constexpr slot() = default;
	explicit slot(T action) : action_(std::move(action))
	{
	}

	bool full() const
	{
		return action_.has_value();
	}
	void clear()
	{
		action_.reset();
	}
	slot take()
	{
		slot taken = std::move(*this);

		clear();
		return taken;
	}
	void run()
	{
		(*action_)();
	}

      private:
	std::optional<T> action_;
};

template <typename T> class slot<T, true>
{
      public:
	constexpr slot() = default;
	explicit slot(T action) : action_(std::move(action))
	{
	}

	bool full() const
	{
		return static_cast<bool>(action_);
	}
	void clear()
	{
		action_ = T();
	}
	slot take()
	{
		return slot(std::exchange(action_, T()));
	}
	void run()
	{
		action_();
	}

      private:
	T action_ = T();
};

} // namespace internal

template <typename T> class [[nodiscard]] deferred_action
{
      public:
	constexpr deferred_action() = default;
	explicit deferred_action(T target) : target_(std::move(target))
	{
	}
	deferred_action(deferred_action &&other) noexcept : target_(other.target_.take())
	{
	}
	~deferred_action()
	{
		call();
	}

	/* What this one had to do is done first. */
	deferred_action &operator=(deferred_action &&other)
	{
		if (&other != this) {
			call();
			target_.~Slot();
			new (&target_) Slot(other.target_.take());
		}
		return *this;
	}
	deferred_action &operator=(T target)
	{
		return *this = deferred_action(std::move(target));
	}
	deferred_action(const deferred_action &) = delete;
	deferred_action &operator=(const deferred_action &) = delete;

	explicit operator bool() const
	{
		return target_.full();
	}
	void cancel()
	{
		target_.clear();
	}

	/* Now instead of later. The action is given up before it runs, so it may touch this object. */
	void call()
	{
		if (!target_.full())
			return;
		Slot target = target_.take();

		target.run();
	}

      private:
	using Slot = internal::slot<T>;

	Slot target_;
};

using deferred_callback = deferred_action<std::function<void()>>;

template <typename T> deferred_action<std::decay_t<T>> defer(T &&target)
{
	return deferred_action<std::decay_t<T>>(std::forward<T>(target));
}

inline deferred_callback defer_callback(std::function<void()> target)
{
	return deferred_callback(std::move(target));
}

} // namespace fit

#endif /* LIB_FIT_DEFER_H_ */
