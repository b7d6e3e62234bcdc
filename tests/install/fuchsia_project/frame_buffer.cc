#include "frame_buffer.h"

#include <zircon/assert.h>
#include <zircon/errors.h>
#include <zircon/rights.h>

#include <algorithm>

namespace display {

zx::result<FrameBuffer> FrameBuffer::Create(uint32_t width, uint32_t height) {
  FrameBuffer buffer;
  const uint64_t size = uint64_t{width} * height * sizeof(uint32_t);
  zx_status_t status = buffer.mapper_.CreateAndMap(size, "frame-buffer");
  if (status != ZX_OK) {
    return zx::error(status);
  }
  buffer.width_ = width;
  buffer.height_ = height;
  return zx::ok(std::move(buffer));
}

zx::result<> FrameBuffer::Fill(uint32_t color) {
  if (!mapper_.vmo().is_valid()) {
    return zx::error(ZX_ERR_BAD_STATE);
  }
  std::fill_n(pixels(), size_t{width_} * height_, color);
  return zx::ok();
}

zx::result<zx::vmo> FrameBuffer::ShareReadOnly() const {
  zx::vmo vmo;
  zx_status_t status = mapper_.vmo().duplicate(
      ZX_RIGHTS_BASIC | ZX_RIGHT_READ | ZX_RIGHT_MAP | ZX_RIGHT_GET_PROPERTY, &vmo);
  return zx::make_result(status, std::move(vmo));
}

zx::result<zx::vmo> FrameBuffer::Snapshot() const {
  zx::vmo child;
  uint64_t size;
  if (zx_status_t status = mapper_.vmo().get_size(&size); status != ZX_OK) {
    return zx::error(status);
  }
  if (zx_status_t status = mapper_.vmo().create_child(ZX_VMO_CHILD_SNAPSHOT, 0, size, &child);
      status != ZX_OK) {
    return zx::error(status);
  }
  return zx::ok(std::move(child));
}

uint32_t FrameBuffer::Pixel(uint32_t x, uint32_t y) const {
  ZX_ASSERT(x < width_ && y < height_);
  return pixels()[size_t{y} * width_ + x];
}

}  // namespace display
