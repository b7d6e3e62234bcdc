/*
 * An fdf::MmioBuffer over a region of zirconia/mmio.h: what stands behind the region, be it memory, callbacks or a mock, answers a driver
 * in C++. The region has to outlive the buffer and its views. What the region refuses (alignment, range) ends the program.
 */
#ifndef LIB_MMIO_REGION_BUFFER_H_
#define LIB_MMIO_REGION_BUFFER_H_

#include <lib/mmio/mmio.h>
#include <zirconia/mmio.h>

namespace zirconia
{

namespace internal
{

inline zirconia_mmio_region_t *Region(const void *ctx)
{
	return static_cast<zirconia_mmio_region_t *>(const_cast<void *>(ctx));
}

inline constexpr fdf::MmioBufferOps kRegionOps = {
	[](const void *ctx, const mmio_buffer_t &, zx_off_t offs) {
		return zirconia_mmio_load8(Region(ctx), offs);
	},
	[](const void *ctx, const mmio_buffer_t &, zx_off_t offs) {
		return zirconia_mmio_load16(Region(ctx), offs);
	},
	[](const void *ctx, const mmio_buffer_t &, zx_off_t offs) {
		return zirconia_mmio_load32(Region(ctx), offs);
	},
	[](const void *ctx, const mmio_buffer_t &, zx_off_t offs) {
		return zirconia_mmio_load64(Region(ctx), offs);
	},
	[](const void *ctx, const mmio_buffer_t &, zx_off_t offs, void *buffer, size_t size) {
		for (size_t i = 0; i < size; i++)
			static_cast<uint8_t *>(buffer)[i] =
				zirconia_mmio_load8(Region(ctx), offs + i);
	},
	[](const void *ctx, const mmio_buffer_t &, uint8_t val, zx_off_t offs) {
		zirconia_mmio_store8(Region(ctx), offs, val);
	},
	[](const void *ctx, const mmio_buffer_t &, uint16_t val, zx_off_t offs) {
		zirconia_mmio_store16(Region(ctx), offs, val);
	},
	[](const void *ctx, const mmio_buffer_t &, uint32_t val, zx_off_t offs) {
		zirconia_mmio_store32(Region(ctx), offs, val);
	},
	[](const void *ctx, const mmio_buffer_t &, uint64_t val, zx_off_t offs) {
		zirconia_mmio_store64(Region(ctx), offs, val);
	},
	[](const void *ctx, const mmio_buffer_t &, zx_off_t offs, const void *buffer, size_t size) {
		for (size_t i = 0; i < size; i++)
			zirconia_mmio_store8(Region(ctx), offs + i,
					     static_cast<const uint8_t *>(buffer)[i]);
	},
};

} // namespace internal

inline fdf::MmioBuffer MmioBufferOver(zirconia_mmio_region_t *region,
				      const fdf::MmioBufferOps *ops = &internal::kRegionOps,
				      const void *ctx = nullptr)
{
	mmio_buffer_t buffer = {};

	/* Never dereferenced: the operations go to the region. */
	buffer.vaddr = reinterpret_cast<MMIO_PTR void *>(region);
	buffer.size = zirconia_mmio_len(region);
	buffer.vmo = ZX_HANDLE_INVALID;
	return fdf::MmioBuffer(buffer, ops, ctx == nullptr ? region : ctx);
}

} // namespace zirconia

#endif /* LIB_MMIO_REGION_BUFFER_H_ */
