/* zx::event */
#ifndef LIB_ZX_EVENT_H_
#define LIB_ZX_EVENT_H_

#include <lib/zx/object.h>
#include <zircon/calls/port.h>

namespace zx
{

class event final : public object<event>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_EVENT;

	ZX_WRAPPER_(event);

	static zx_status_t create(uint32_t options, event *result)
	{
		return zx_event_create(options, result->reset_and_get_address());
	}
};

using unowned_event = unowned<event>;

} // namespace zx

#endif /* LIB_ZX_EVENT_H_ */
