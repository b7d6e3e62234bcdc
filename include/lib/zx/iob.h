/* zx::iob: I/O buffers, memory regions shared by two endpoints. */
#ifndef LIB_ZX_IOB_H_
#define LIB_ZX_IOB_H_

#include <lib/zx/object.h>
#include <zircon/calls/iob.h>
#include <zircon/syscalls-next.h>

namespace zx
{

class iob;

template <> struct object_traits<iob> {
	static constexpr bool supports_duplication = true;
	static constexpr bool supports_user_signal = true;
	static constexpr bool supports_wait = true;
	static constexpr bool has_peer_handle = true;
};

class iob final : public object<iob>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_IOB;

	ZX_WRAPPER_(iob);

	/* The two outs are different wrappers. */
	static zx_status_t create(uint64_t options, const zx_iob_region_t *regions,
				  uint64_t region_count, iob *endpoint0, iob *endpoint1)
	{
		return zx_iob_create(options, regions, region_count,
				     endpoint0->reset_and_get_address(),
				     endpoint1->reset_and_get_address());
	}

	zx_status_t allocate_id(zx_iob_allocate_id_options_t options, uint32_t region_index,
				const void *blob, size_t blob_size, uint32_t *id) const
	{
		return zx_iob_allocate_id(get(), options, region_index, blob, blob_size, id);
	}

	zx_status_t writev(zx_iob_write_options_t options, uint32_t region_index,
			   const zx_iovec_t *vectors, size_t num_vectors) const
	{
		return zx_iob_writev(get(), options, region_index, vectors, num_vectors);
	}
};

using unowned_iob = unowned<iob>;

} // namespace zx

#endif /* LIB_ZX_IOB_H_ */
