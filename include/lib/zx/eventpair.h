/* zx::eventpair: two events that see each other. */
#ifndef LIB_ZX_EVENTPAIR_H_
#define LIB_ZX_EVENTPAIR_H_

#include <lib/zx/object.h>
#include <zircon/calls/port.h>

namespace zx
{

class eventpair;

template <> struct object_traits<eventpair> {
	static constexpr bool supports_duplication = true;
	static constexpr bool supports_user_signal = true;
	static constexpr bool supports_wait = true;
	static constexpr bool has_peer_handle = true;
};

class eventpair final : public object<eventpair>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_EVENTPAIR;

	ZX_WRAPPER_(eventpair);

	/* The two outs are different wrappers. */
	static zx_status_t create(uint32_t options, eventpair *endpoint0, eventpair *endpoint1)
	{
		return zx_eventpair_create(options, endpoint0->reset_and_get_address(),
					   endpoint1->reset_and_get_address());
	}
};

using unowned_eventpair = unowned<eventpair>;

} // namespace zx

#endif /* LIB_ZX_EVENTPAIR_H_ */
