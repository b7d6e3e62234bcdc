/* zx::fifo */
#ifndef LIB_ZX_FIFO_H_
#define LIB_ZX_FIFO_H_

#include <lib/zx/object.h>
#include <zircon/calls/message.h>

namespace zx
{

class fifo;

template <> struct object_traits<fifo> {
	static constexpr bool supports_duplication = true;
	static constexpr bool supports_user_signal = true;
	static constexpr bool supports_wait = true;
	static constexpr bool has_peer_handle = true;
};

class fifo final : public object<fifo>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_FIFO;

	ZX_WRAPPER_(fifo);

	/* The two outs are different wrappers. */
	static zx_status_t create(uint32_t elem_count, uint32_t elem_size, uint32_t options,
				  fifo *endpoint0, fifo *endpoint1)
	{
		return zx_fifo_create(elem_count, elem_size, options,
				      endpoint0->reset_and_get_address(),
				      endpoint1->reset_and_get_address());
	}

	zx_status_t write(size_t elem_size, const void *buffer, size_t count,
			  size_t *actual_count) const
	{
		return zx_fifo_write(get(), elem_size, buffer, count, actual_count);
	}

	zx_status_t read(size_t elem_size, void *buffer, size_t count, size_t *actual_count) const
	{
		return zx_fifo_read(get(), elem_size, buffer, count, actual_count);
	}
};

using unowned_fifo = unowned<fifo>;

} // namespace zx

#endif /* LIB_ZX_FIFO_H_ */
