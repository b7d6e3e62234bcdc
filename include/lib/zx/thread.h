/* zx::thread */
#ifndef LIB_ZX_THREAD_H_
#define LIB_ZX_THREAD_H_

#include <lib/zx/process.h>
#include <lib/zx/task.h>
#include <zircon/process.h>

namespace zx
{

class thread final : public task<thread>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_THREAD;

	ZX_TASK_WRAPPER_(thread);

	static zx_status_t create(const process &process, const char *name, uint32_t name_len,
				  uint32_t flags, thread *result)
	{
		return zx_thread_create(process.get(), name, name_len, flags,
					result->reset_and_get_address());
	}

	zx_status_t start(void (*entry)(uintptr_t arg1, uintptr_t arg2), void *stack,
			  uintptr_t arg1, uintptr_t arg2) const
	{
		return start(reinterpret_cast<uintptr_t>(entry), reinterpret_cast<uintptr_t>(stack),
			     arg1, arg2);
	}

	zx_status_t start(uintptr_t entry, uintptr_t stack, uintptr_t arg1, uintptr_t arg2) const
	{
		return zx_thread_start(get(), entry, stack, arg1, arg2);
	}

	zx_status_t read_state(uint32_t kind, void *buffer, size_t len) const
	{
		return zx_thread_read_state(get(), kind, buffer, len);
	}

	zx_status_t write_state(uint32_t kind, const void *buffer, size_t len) const
	{
		return zx_thread_write_state(get(), kind, buffer, len);
	}

	static unowned<thread> self()
	{
		return unowned<thread>(zx_thread_self());
	}
};

using unowned_thread = unowned<thread>;

/* Here, because process.h cannot know more than the name of a thread. */
inline zx_status_t process::start(const thread &thread, uintptr_t entry, uintptr_t stack,
				  object<void> arg1, uintptr_t arg2) const
{
	return zx_process_start(get(), thread.get(), entry, stack, arg1.release(), arg2);
}

inline zx_status_t process::get_child(uint64_t koid, zx_rights_t rights, thread *result) const
{
	/* Into a temporary first: `result` may own this very handle. */
	thread made;
	const zx_status_t status =
		zx_object_get_child(get(), koid, rights, made.reset_and_get_address());

	result->reset(made.release());
	return status;
}

} // namespace zx

#endif /* LIB_ZX_THREAD_H_ */
