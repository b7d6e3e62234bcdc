/* zx::exception */
#ifndef LIB_ZX_EXCEPTION_H_
#define LIB_ZX_EXCEPTION_H_

#include <lib/zx/object.h>
#include <lib/zx/process.h>
#include <lib/zx/thread.h>
#include <zircon/calls/task.h>

namespace zx
{

class exception;

template <> struct object_traits<exception> {
	static constexpr bool supports_duplication = false;
	static constexpr bool supports_user_signal = false;
	static constexpr bool supports_wait = false;
	static constexpr bool has_peer_handle = false;
};

class exception final : public object<exception>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_EXCEPTION;

	ZX_WRAPPER_(exception);

	zx_status_t get_thread(thread *result) const
	{
		return zx_exception_get_thread(get(), result->reset_and_get_address());
	}

	zx_status_t get_process(process *result) const
	{
		return zx_exception_get_process(get(), result->reset_and_get_address());
	}
};

using unowned_exception = unowned<exception>;

} // namespace zx

#endif /* LIB_ZX_EXCEPTION_H_ */
