/* zx::process */
#ifndef LIB_ZX_PROCESS_H_
#define LIB_ZX_PROCESS_H_

#include <lib/zx/job.h>
#include <lib/zx/task.h>
#include <lib/zx/vmar.h>
#include <zircon/process.h>

namespace zx
{

class thread;

class process final : public task<process>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_PROCESS;

	ZX_TASK_WRAPPER_(process);

	static zx_status_t create(const job &job, const char *name, uint32_t name_len,
				  uint32_t flags, process *proc, vmar *root_vmar)
	{
		return zx_process_create(job.get(), name, name_len, flags,
					 proc->reset_and_get_address(),
					 root_vmar->reset_and_get_address());
	}

	zx_status_t start(const thread &thread, uintptr_t entry, uintptr_t stack, object<void> arg1,
			  uintptr_t arg2) const;

	zx_status_t read_memory(uintptr_t vaddr, void *buffer, size_t len, size_t *actual) const
	{
		return zx_process_read_memory(get(), vaddr, buffer, len, actual);
	}

	zx_status_t write_memory(uintptr_t vaddr, const void *buffer, size_t len,
				 size_t *actual) const
	{
		return zx_process_write_memory(get(), vaddr, buffer, len, actual);
	}

	zx_status_t get_child(uint64_t koid, zx_rights_t rights, thread *result) const;

	static unowned<process> self()
	{
		return unowned<process>(zx_process_self());
	}
};

using unowned_process = unowned<process>;

/* Here, because job.h cannot know more than the name of a process. */
inline zx_status_t job::get_child(uint64_t koid, zx_rights_t rights, process *result) const
{
	/* Into a temporary first: `result` may own this very handle. */
	process made;
	const zx_status_t status =
		zx_object_get_child(get(), koid, rights, made.reset_and_get_address());

	result->reset(made.release());
	return status;
}

} // namespace zx

/* At the end, because processes and threads know each other. */
#include <lib/zx/thread.h>

#endif /* LIB_ZX_PROCESS_H_ */
