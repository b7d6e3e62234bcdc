#include "uart.h"

#include <lib/fzl/vmo-mapper.h>
#include <zircon/syscalls.h>
#include <zxtest/zxtest.h>

#include <string>

namespace uart {
namespace {

constexpr size_t kSize = 0x20;

// The driver on a VMO, its registers seen from the other side.
class UartTest : public zxtest::Test {
 public:
  void SetUp() override {
    zx::vmo vmo, driver_side;
    ASSERT_OK(zx::vmo::create(zx_system_get_page_size(), 0, &vmo));
    ASSERT_OK(vmo.set_cache_policy(ZX_CACHE_POLICY_UNCACHED_DEVICE));
    ASSERT_OK(vmo.duplicate(ZX_RIGHT_SAME_RIGHTS, &driver_side));
    ASSERT_OK(device_.Map(vmo));
    auto mmio =
        fdf::MmioBuffer::Create(0, kSize, std::move(driver_side), ZX_CACHE_POLICY_UNCACHED_DEVICE);
    ASSERT_OK(mmio);
    uart_.emplace(*std::move(mmio));
  }

 protected:
  template <typename T>
  volatile T& Register(zx_off_t offset) {
    return *reinterpret_cast<volatile T*>(static_cast<char*>(device_.start()) + offset);
  }

  fzl::VmoMapper device_;
  std::optional<Uart> uart_;
};

TEST_F(UartTest, InitSetsRegisters) {
  Register<uint32_t>(kControl) = 0xffff'ffff;
  ASSERT_OK(uart_->Init(48'000'000, 115'200));
  EXPECT_EQ(Register<uint32_t>(kControl), 0xffff'ffbf);
  EXPECT_EQ(Register<uint16_t>(kDivisor), 416);
  uart_->Shutdown();
  EXPECT_EQ(Register<uint32_t>(kControl), 0xffff'ffbe);
}

TEST_F(UartTest, InitChecksBaud) {
  EXPECT_STATUS(uart_->Init(48'000'000, 0), ZX_ERR_INVALID_ARGS);
  EXPECT_STATUS(uart_->Init(48'000'000, 1), ZX_ERR_INVALID_ARGS);
  EXPECT_EQ(Register<uint32_t>(kControl), 0);
}

TEST_F(UartTest, SendWaitsForReady) {
  EXPECT_STATUS(uart_->Send("x"), ZX_ERR_SHOULD_WAIT);
  Register<uint32_t>(kStatus) = kStatusReady;
  zx::result<size_t> sent = uart_->Send("hello");
  ASSERT_OK(sent);
  EXPECT_EQ(*sent, 5);
  EXPECT_EQ(Register<uint8_t>(kData), 'o');
  EXPECT_OK(uart_->Send(""));
}

// Instead of memory, a device that remembers what was written.
struct FakeDevice {
  mutable std::string sent;
};

TEST(UartOnFakeOps, EveryByteIsOneWrite) {
  FakeDevice device;
  fdf::MmioBufferOps ops = {};
  ops.Read32 = [](const void*, const mmio_buffer_t&, zx_off_t) { return kStatusReady; };
  ops.Write8 = [](const void* ctx, const mmio_buffer_t&, uint8_t value, zx_off_t offset) {
    EXPECT_EQ(offset, kData);
    static_cast<const FakeDevice*>(ctx)->sent.push_back(static_cast<char>(value));
  };
  uint8_t nothing[kSize];
  mmio_buffer_t raw = {};
  raw.vaddr = nothing;
  raw.size = sizeof(nothing);
  Uart uart(fdf::MmioBuffer(raw, &ops, &device));
  ASSERT_OK(uart.Send("one by one"));
  EXPECT_STR_EQ(device.sent, "one by one");
}

}  // namespace
}  // namespace uart
