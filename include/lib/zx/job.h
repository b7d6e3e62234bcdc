/* zx::job */
#ifndef LIB_ZX_JOB_H_
#define LIB_ZX_JOB_H_

#include <lib/zx/task.h>
#include <zircon/process.h>

namespace zx
{

class process;

class job final : public task<job>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_JOB;

	ZX_TASK_WRAPPER_(job);

	/* `result` may be the parent: then the old handle is closed, also after a failure. */
	static zx_status_t create(const job &parent, uint32_t options, job *result)
	{
		job made;
		const zx_status_t status =
			zx_job_create(parent.get(), options, made.reset_and_get_address());

		result->reset(made.release());
		return status;
	}

	zx_status_t get_child(uint64_t koid, zx_rights_t rights, job *result) const
	{
		job made;
		const zx_status_t status =
			zx_object_get_child(get(), koid, rights, made.reset_and_get_address());

		result->reset(made.release());
		return status;
	}
	zx_status_t get_child(uint64_t koid, zx_rights_t rights, process *result) const;

	zx_status_t set_policy(uint32_t options, uint32_t topic, const void *policy,
			       uint32_t count) const
	{
		return zx_job_set_policy(get(), options, topic, policy, count);
	}

	zx_status_t set_critical(uint32_t options, const object<process> &process) const
	{
		return zx_job_set_critical(get(), options, process.get());
	}

	static unowned<job> default_job()
	{
		return unowned<job>(zx_job_default());
	}
};

using unowned_job = unowned<job>;

} // namespace zx

/* At the end, because jobs and processes know each other. */
#include <lib/zx/process.h>

#endif /* LIB_ZX_JOB_H_ */
