/* zx::stream: the calls of <zircon/calls/stream.h>. */
#ifndef LIB_ZX_STREAM_H_
#define LIB_ZX_STREAM_H_

#include <lib/zx/object.h>
#include <lib/zx/vmo.h>
#include <zircon/calls/stream.h>

namespace zx
{

class stream final : public object<stream>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_STREAM;

	ZX_WRAPPER_(stream);

	static zx_status_t create(uint32_t options, const vmo &vmo, zx_off_t seek, stream *result)
	{
		return zx_stream_create(options, vmo.get(), seek, result->reset_and_get_address());
	}

	zx_status_t writev(uint32_t options, const zx_iovec_t *vector, size_t num_vector,
			   size_t *actual) const
	{
		return zx_stream_writev(get(), options, vector, num_vector, actual);
	}

	zx_status_t writev_at(uint32_t options, zx_off_t offset, const zx_iovec_t *vector,
			      size_t num_vector, size_t *actual) const
	{
		return zx_stream_writev_at(get(), options, offset, vector, num_vector, actual);
	}

	zx_status_t readv(uint32_t options, zx_iovec_t *vector, size_t num_vector,
			  size_t *actual) const
	{
		return zx_stream_readv(get(), options, vector, num_vector, actual);
	}

	zx_status_t readv_at(uint32_t options, zx_off_t offset, zx_iovec_t *vector,
			     size_t num_vector, size_t *actual) const
	{
		return zx_stream_readv_at(get(), options, offset, vector, num_vector, actual);
	}

	zx_status_t seek(zx_stream_seek_origin_t whence, int64_t offset, zx_off_t *out_seek) const
	{
		return zx_stream_seek(get(), whence, offset, out_seek);
	}
};

using unowned_stream = unowned<stream>;

} // namespace zx

#endif /* LIB_ZX_STREAM_H_ */
