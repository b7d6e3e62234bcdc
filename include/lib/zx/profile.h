/* zx::profile */
#ifndef LIB_ZX_PROFILE_H_
#define LIB_ZX_PROFILE_H_

#include <lib/zx/job.h>
#include <lib/zx/object.h>
#include <zircon/calls/task.h>

namespace zx
{

class profile final : public object<profile>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_PROFILE;

	ZX_WRAPPER_(profile);

	static zx_status_t create(const job &job, uint32_t options, const zx_profile_info_t *info,
				  profile *result)
	{
		return zx_profile_create(job.get(), options, info, result->reset_and_get_address());
	}
};

using unowned_profile = unowned<profile>;

} // namespace zx

#endif /* LIB_ZX_PROFILE_H_ */
