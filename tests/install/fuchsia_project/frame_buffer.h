#ifndef FRAME_BUFFER_H_
#define FRAME_BUFFER_H_

#include <lib/fzl/owned-vmo-mapper.h>
#include <lib/zx/result.h>
#include <lib/zx/vmo.h>

#include <cstdint>

namespace display {

// A picture in a VMO, mapped for drawing, shared with a reader that may not change it.
class FrameBuffer {
 public:
  static zx::result<FrameBuffer> Create(uint32_t width, uint32_t height);

  FrameBuffer(FrameBuffer&&) = default;
  FrameBuffer& operator=(FrameBuffer&&) = default;

  zx::result<> Fill(uint32_t color);
  zx::result<zx::vmo> ShareReadOnly() const;
  zx::result<zx::vmo> Snapshot() const;

  uint32_t Pixel(uint32_t x, uint32_t y) const;
  uint32_t* pixels() const { return static_cast<uint32_t*>(mapper_.start()); }

 private:
  FrameBuffer() = default;

  uint32_t width_ = 0;
  uint32_t height_ = 0;
  fzl::OwnedVmoMapper mapper_;
};

}  // namespace display

#endif  // FRAME_BUFFER_H_
