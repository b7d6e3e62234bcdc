// A camera's pool: frames are filled in turn and handed to a consumer as read-only handles.
#include <fbl/auto_lock.h>
#include <fbl/mutex.h>
#include <fbl/ref_counted.h>
#include <fbl/ref_ptr.h>
#include <lib/fit/defer.h>
#include <lib/fzl/vmo-pool.h>
#include <lib/zx/event.h>
#include <lib/zx/vmo.h>
#include <zxtest/zxtest.h>

#include <array>
#include <cstring>
#include <thread>
#include <vector>

namespace {

constexpr size_t kFrames = 3;
constexpr size_t kFrameSize = 2 * 4096;

class Camera : public fbl::RefCounted<Camera> {
 public:
  zx_status_t Init() {
    for (zx::vmo& vmo : vmos_) {
      if (zx_status_t status = zx::vmo::create(kFrameSize, 0, &vmo); status != ZX_OK) {
        return status;
      }
    }
    fbl::AutoLock lock(&lock_);
    return pool_.Init(vmos_.data(), vmos_.size());
  }

  zx_status_t Shoot(uint8_t value, uint32_t* index) {
    fbl::AutoLock lock(&lock_);
    if (zx_status_t status = pool_.GetNewBuffer(); status != ZX_OK) {
      return status;
    }
    memset(pool_.CurrentBufferAddress(), value, pool_.CurrentBufferSize());
    return pool_.BufferCompleted(index);
  }

  zx_status_t GiveBack(uint32_t index) {
    fbl::AutoLock lock(&lock_);
    return pool_.BufferRelease(index);
  }

  zx::vmo Share(uint32_t index) {
    zx::vmo copy;
    EXPECT_OK(vmos_[index].duplicate(ZX_RIGHT_READ | ZX_RIGHT_MAP | ZX_RIGHT_INSPECT, &copy));
    return copy;
  }

 private:
  fbl::Mutex lock_;
  fzl::VmoPool pool_;
  std::array<zx::vmo, kFrames> vmos_;
};

TEST(Camera, FramesGoRound) {
  auto camera = fbl::MakeRefCounted<Camera>();
  ASSERT_OK(camera->Init());
  uint32_t index[kFrames + 1];
  for (size_t i = 0; i < kFrames; i++) {
    ASSERT_OK(camera->Shoot(static_cast<uint8_t>(i + 1), &index[i]));
  }
  EXPECT_STATUS(camera->Shoot(9, &index[kFrames]), ZX_ERR_NOT_FOUND);
  ASSERT_OK(camera->GiveBack(index[1]));
  EXPECT_STATUS(camera->GiveBack(index[1]), ZX_ERR_NOT_FOUND);
  ASSERT_OK(camera->Shoot(9, &index[kFrames]));
  EXPECT_EQ(index[kFrames], index[1]);

  uint8_t first = 0, last = 0;
  zx::vmo shared = camera->Share(index[2]);
  ASSERT_OK(shared.read(&first, 0, 1));
  ASSERT_OK(shared.read(&last, kFrameSize - 1, 1));
  EXPECT_EQ(first, 3);
  EXPECT_EQ(last, 3);
  EXPECT_STATUS(shared.write(&first, 0, 1), ZX_ERR_ACCESS_DENIED);
}

TEST(Camera, ConsumerOnAnotherThread) {
  auto camera = fbl::MakeRefCounted<Camera>();
  ASSERT_OK(camera->Init());
  zx::event taken;
  ASSERT_OK(zx::event::create(0, &taken));
  int given_back = 0;
  std::thread consumer([camera, &taken, &given_back] {
    auto done = fit::defer([&] { taken.signal(0, ZX_USER_SIGNAL_7); });
    for (int i = 0; i < 50;) {
      uint32_t index;
      if (camera->Shoot(static_cast<uint8_t>(i), &index) != ZX_OK) {
        break;
      }
      if (camera->GiveBack(index) == ZX_OK) {
        given_back++;
      }
      i++;
    }
  });
  zx_signals_t seen = 0;
  EXPECT_OK(taken.wait_one(ZX_USER_SIGNAL_7, zx::deadline_after(zx::sec(20)), &seen));
  consumer.join();
  EXPECT_EQ(given_back, 50);
}

}  // namespace
