/* zx::port: the calls of <zircon/calls/port.h> on ports. */
#ifndef LIB_ZX_PORT_H_
#define LIB_ZX_PORT_H_

#include <lib/zx/object.h>
#include <zircon/calls/port.h>

namespace zx
{

class port;

template <> struct object_traits<port> {
	static constexpr bool supports_duplication = true;
	static constexpr bool supports_user_signal = false;
	static constexpr bool supports_wait = false;
	static constexpr bool has_peer_handle = false;
};

class port final : public object<port>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_PORT;

	ZX_WRAPPER_(port);

	static zx_status_t create(uint32_t options, port *result)
	{
		return zx_port_create(options, result->reset_and_get_address());
	}

	zx_status_t queue(const zx_port_packet_t *packet) const
	{
		return zx_port_queue(get(), packet);
	}

	zx_status_t wait(zx::time deadline, zx_port_packet_t *packet) const
	{
		return zx_port_wait(get(), deadline.get(), packet);
	}

	zx_status_t cancel(const object_base &source, uint64_t key) const
	{
		return zx_port_cancel(get(), source.get(), key);
	}

	/* Whatever the source. */
	zx_status_t cancel_key(uint64_t key) const
	{
		return zx_port_cancel_key(get(), 0, key);
	}
};

using unowned_port = unowned<port>;

} // namespace zx

#endif /* LIB_ZX_PORT_H_ */
