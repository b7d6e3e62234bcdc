/* zx::task<T>: what processes, threads and jobs have in common. */
#ifndef LIB_ZX_TASK_H_
#define LIB_ZX_TASK_H_

#include <lib/zx/channel.h>
#include <lib/zx/object.h>
#include <lib/zx/suspend_token.h>
#include <zircon/calls/task.h>

namespace zx
{

template <typename T> class task : public object<T>
{
      public:
	constexpr task() = default;
	explicit task(zx_handle_t value) : object<T>(value)
	{
	}
	task(task &&other) noexcept : object<T>(other.release())
	{
	}
	task &operator=(task &&other) noexcept
	{
		this->reset(other.release());
		return *this;
	}

	zx_status_t kill() const
	{
		return zx_task_kill(this->get());
	}

	zx_status_t suspend(suspend_token *result) const
	{
		/* Into a temporary first: `result` may own this very handle. */
		suspend_token made;
		const zx_status_t status =
			zx_task_suspend(this->get(), made.reset_and_get_address());

		result->reset(made.release());
		return status;
	}

	zx_status_t create_exception_channel(uint32_t options, channel *result) const
	{
		return zx_task_create_exception_channel(this->get(), options,
							result->reset_and_get_address());
	}
};

#define ZX_TASK_WRAPPER_(name)                                      \
	constexpr name() = default;                                 \
	explicit name(zx_handle_t value) : task(value)              \
	{                                                           \
	}                                                           \
	explicit name(object<void> &&other) : task(other.release()) \
	{                                                           \
	}                                                           \
	name(name &&other) noexcept : task(other.release())         \
	{                                                           \
	}                                                           \
	name &operator=(name &&other) noexcept                      \
	{                                                           \
		reset(other.release());                             \
		return *this;                                       \
	}

} // namespace zx

#endif /* LIB_ZX_TASK_H_ */
