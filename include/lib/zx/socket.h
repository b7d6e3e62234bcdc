/* zx::socket */
#ifndef LIB_ZX_SOCKET_H_
#define LIB_ZX_SOCKET_H_

#include <lib/zx/object.h>
#include <zircon/calls/message.h>

namespace zx
{

class socket;

template <> struct object_traits<socket> {
	static constexpr bool supports_duplication = true;
	static constexpr bool supports_user_signal = true;
	static constexpr bool supports_wait = true;
	static constexpr bool has_peer_handle = true;
};

class socket final : public object<socket>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_SOCKET;

	ZX_WRAPPER_(socket);

	/* The two outs are different wrappers. */
	static zx_status_t create(uint32_t options, socket *endpoint0, socket *endpoint1)
	{
		return zx_socket_create(options, endpoint0->reset_and_get_address(),
					endpoint1->reset_and_get_address());
	}

	zx_status_t write(uint32_t options, const void *buffer, size_t len, size_t *actual) const
	{
		return zx_socket_write(get(), options, buffer, len, actual);
	}

	zx_status_t read(uint32_t options, void *buffer, size_t len, size_t *actual) const
	{
		return zx_socket_read(get(), options, buffer, len, actual);
	}

	zx_status_t set_disposition(uint32_t disposition, uint32_t disposition_peer) const
	{
		return zx_socket_set_disposition(get(), disposition, disposition_peer);
	}
};

using unowned_socket = unowned<socket>;

} // namespace zx

#endif /* LIB_ZX_SOCKET_H_ */
