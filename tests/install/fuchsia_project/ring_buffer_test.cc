// A ring buffer in a VMO that is mapped twice in a row, so that a message is never split.
#include <lib/fzl/vmar-manager.h>
#include <lib/zx/result.h>
#include <lib/zx/vmar.h>
#include <lib/zx/vmo.h>
#include <zircon/syscalls.h>
#include <zxtest/zxtest.h>

#include <cstring>
#include <string>

namespace {

class Ring {
 public:
  static zx::result<Ring> Create(size_t size) {
    if (size == 0 || size % zx_system_get_page_size() != 0) {
      return zx::error(ZX_ERR_INVALID_ARGS);
    }
    Ring ring;
    ring.size_ = size;
    if (zx_status_t status = zx::vmo::create(size, 0, &ring.vmo_); status != ZX_OK) {
      return zx::error(status);
    }
    zx_vaddr_t base;
    zx_status_t status = zx::vmar::root_self()->allocate(
        ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC, 0, 2 * size, &ring.vmar_,
        &base);
    if (status != ZX_OK) {
      return zx::error(status);
    }
    for (size_t offset : {size_t{0}, size}) {
      zx_vaddr_t at;
      status = ring.vmar_.map(ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_SPECIFIC, offset,
                              ring.vmo_, 0, size, &at);
      if (status != ZX_OK) {
        return zx::error(status);
      }
      EXPECT_EQ(at, base + offset);
    }
    ring.base_ = reinterpret_cast<char*>(base);
    return zx::ok(std::move(ring));
  }

  Ring(Ring&&) = default;
  ~Ring() {
    if (vmar_.is_valid()) {
      vmar_.destroy();
    }
  }

  bool Write(const std::string& text) {
    if (text.size() > size_ - (head_ - tail_)) {
      return false;
    }
    memcpy(base_ + head_ % size_, text.data(), text.size());
    head_ += text.size();
    return true;
  }

  std::string Read(size_t count) {
    count = std::min(count, head_ - tail_);
    std::string text(base_ + tail_ % size_, count);
    tail_ += count;
    return text;
  }

  const char* base() const { return base_; }
  size_t size() const { return size_; }

 private:
  Ring() = default;

  zx::vmo vmo_;
  zx::vmar vmar_;
  char* base_ = nullptr;
  size_t size_ = 0, head_ = 0, tail_ = 0;
};

TEST(Ring, WrapsWithoutSplitting) {
  auto ring = Ring::Create(4096);
  ASSERT_OK(ring);
  std::string expected;
  for (int round = 0; round < 1000; round++) {
    const std::string text = "message " + std::to_string(round);
    ASSERT_TRUE(ring->Write(text), "round %d", round);
    ASSERT_STR_EQ(ring->Read(text.size()), text, "round %d", round);
  }
  ASSERT_TRUE(ring->Write(std::string(4096, 'x')));
  EXPECT_FALSE(ring->Write("y"));
  EXPECT_EQ(ring->Read(5000).size(), 4096);
  EXPECT_BYTES_EQ(ring->base(), ring->base() + ring->size(), ring->size());
}

TEST(Ring, BadSizes) {
  EXPECT_STATUS(Ring::Create(0), ZX_ERR_INVALID_ARGS);
  EXPECT_STATUS(Ring::Create(100), ZX_ERR_INVALID_ARGS);
}

TEST(Ring, NothingStaysMapped) {
  const char* base = nullptr;
  {
    auto ring = Ring::Create(8192);
    ASSERT_OK(ring);
    base = ring->base();
    ASSERT_NO_DEATH([&] { (void)*static_cast<const volatile char*>(base + 16383); });
  }
  ASSERT_DEATH([&] { (void)*static_cast<const volatile char*>(base); });
}

}  // namespace
