/* zx::resource */
#ifndef LIB_ZX_RESOURCE_H_
#define LIB_ZX_RESOURCE_H_

#include <lib/zx/object.h>
#include <zircon/calls/device.h>
#include <zircon/syscalls/resource.h>

namespace zx
{

class resource final : public object<resource>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_RESOURCE;

	ZX_WRAPPER_(resource);

	/* `result` may be the parent: then the old handle is closed, also after a failure. */
	static zx_status_t create(const resource &parent, uint32_t options, uint64_t base,
				  size_t len, const char *name, size_t name_len, resource *result)
	{
		resource made;
		const zx_status_t status =
			zx_resource_create(parent.get(), options, base, len, name, name_len,
					   made.reset_and_get_address());

		result->reset(made.release());
		return status;
	}
};

using unowned_resource = unowned<resource>;

} // namespace zx

#endif /* LIB_ZX_RESOURCE_H_ */
