#include "frame_buffer.h"

#include <lib/fzl/memory-probe.h>
#include <lib/fzl/vmar-manager.h>
#include <lib/fzl/vmo-mapper.h>
#include <zxtest/zxtest.h>

namespace display {
namespace {

class FrameBufferTest : public zxtest::Test {
 protected:
  void SetUp() override {
    zx::result<FrameBuffer> buffer = FrameBuffer::Create(64, 48);
    ASSERT_OK(buffer);
    buffer_.emplace(std::move(*buffer));
    ASSERT_OK(buffer_->Fill(0xff00ff00));
  }

  std::optional<FrameBuffer> buffer_;
};

TEST(FrameBuffer, EmptyIsRefused) {
  EXPECT_STATUS(FrameBuffer::Create(0, 48), ZX_ERR_INVALID_ARGS);
}

TEST_F(FrameBufferTest, ReaderSeesButCannotChange) {
  zx::result<zx::vmo> shared = buffer_->ShareReadOnly();
  ASSERT_OK(shared);

  auto region = fzl::VmarManager::Create(1 << 20);
  ASSERT_NOT_NULL(region.get());
  fzl::VmoMapper mapper;
  EXPECT_STATUS(mapper.Map(*shared, 0, 0, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, region),
                ZX_ERR_ACCESS_DENIED);
  ASSERT_OK(mapper.Map(*shared, 0, 0, ZX_VM_PERM_READ, region));
  EXPECT_EQ(*static_cast<uint32_t*>(mapper.start()), 0xff00ff00);
  buffer_->pixels()[0] = 7;
  EXPECT_EQ(*static_cast<uint32_t*>(mapper.start()), 7);
  ASSERT_DEATH([&] { *static_cast<volatile uint32_t*>(mapper.start()) = 8; },
               "a reader wrote into the picture");
  EXPECT_FALSE(probe_for_write(mapper.start()));
  EXPECT_STATUS(shared->write("x", 0, 1), ZX_ERR_ACCESS_DENIED);
}

TEST_F(FrameBufferTest, SnapshotStays) {
  auto snapshot = buffer_->Snapshot();
  ASSERT_TRUE(snapshot.is_ok(), "%s", snapshot.status_string());
  ASSERT_OK(buffer_->Fill(1));
  uint32_t pixel = 0;
  ASSERT_OK(snapshot->read(&pixel, 4 * 64, sizeof(pixel)));
  EXPECT_EQ(pixel, 0xff00ff00, "pixel %u of the snapshot", 64);
  EXPECT_EQ(buffer_->Pixel(0, 1), 1);
}

TEST_F(FrameBufferTest, OutsideIsDeath) {
  ASSERT_NO_DEATH([&] { (void)buffer_->Pixel(63, 47); });
  ASSERT_DEATH([&] { (void)buffer_->Pixel(64, 0); });
  uint32_t* const pixels = buffer_->pixels();
  buffer_.reset();
  ASSERT_DEATH([&] { (void)*static_cast<volatile uint32_t*>(pixels); });
}

}  // namespace
}  // namespace display
