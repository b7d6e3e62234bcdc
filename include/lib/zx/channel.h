/* zx::channel */
#ifndef LIB_ZX_CHANNEL_H_
#define LIB_ZX_CHANNEL_H_

#include <lib/zx/object.h>
#include <zircon/calls/message.h>

namespace zx
{

class channel;

template <> struct object_traits<channel> {
	static constexpr bool supports_duplication = false;
	static constexpr bool supports_user_signal = true;
	static constexpr bool supports_wait = true;
	static constexpr bool has_peer_handle = true;
};

class channel final : public object<channel>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_CHANNEL;

	ZX_WRAPPER_(channel);

	/* The two outs are different wrappers. */
	static zx_status_t create(uint32_t flags, channel *endpoint0, channel *endpoint1)
	{
		return zx_channel_create(flags, endpoint0->reset_and_get_address(),
					 endpoint1->reset_and_get_address());
	}

	zx_status_t read(uint32_t flags, void *bytes, zx_handle_t *handles, uint32_t num_bytes,
			 uint32_t num_handles, uint32_t *actual_bytes,
			 uint32_t *actual_handles) const
	{
		return zx_channel_read(get(), flags, bytes, handles, num_bytes, num_handles,
				       actual_bytes, actual_handles);
	}

	zx_status_t read_etc(uint32_t flags, void *bytes, zx_handle_info_t *handles,
			     uint32_t num_bytes, uint32_t num_handles, uint32_t *actual_bytes,
			     uint32_t *actual_handles) const
	{
		return zx_channel_read_etc(get(), flags, bytes, handles, num_bytes, num_handles,
					   actual_bytes, actual_handles);
	}

	/* The handles are gone afterwards, whatever the status. */
	zx_status_t write(uint32_t flags, const void *bytes, uint32_t num_bytes,
			  const zx_handle_t *handles, uint32_t num_handles) const
	{
		return zx_channel_write(get(), flags, bytes, num_bytes, handles, num_handles);
	}

	zx_status_t write_etc(uint32_t flags, const void *bytes, uint32_t num_bytes,
			      zx_handle_disposition_t *handles, uint32_t num_handles) const
	{
		return zx_channel_write_etc(get(), flags, bytes, num_bytes, handles, num_handles);
	}

	zx_status_t call(uint32_t flags, zx::time deadline, const zx_channel_call_args_t *args,
			 uint32_t *actual_bytes, uint32_t *actual_handles) const
	{
		return zx_channel_call(get(), flags, deadline.get(), args, actual_bytes,
				       actual_handles);
	}

	zx_status_t call_etc(uint32_t flags, zx::time deadline, zx_channel_call_etc_args_t *args,
			     uint32_t *actual_bytes, uint32_t *actual_handles) const
	{
		return zx_channel_call_etc(get(), flags, deadline.get(), args, actual_bytes,
					   actual_handles);
	}
};

using unowned_channel = unowned<channel>;

} // namespace zx

#endif /* LIB_ZX_CHANNEL_H_ */
