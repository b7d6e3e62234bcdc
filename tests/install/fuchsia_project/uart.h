#ifndef UART_H_
#define UART_H_

#include <lib/mmio/mmio.h>
#include <lib/zx/result.h>

#include <cstdint>
#include <string_view>

namespace uart {

inline constexpr zx_off_t kControl = 0x00;
inline constexpr zx_off_t kStatus = 0x04;
inline constexpr zx_off_t kData = 0x08;
inline constexpr zx_off_t kDivisor = 0x10;
inline constexpr uint32_t kControlEnable = 1u << 0;
inline constexpr uint32_t kStatusReady = 1u << 5;

class Uart {
 public:
  explicit Uart(fdf::MmioBuffer mmio) : mmio_(std::move(mmio)) {}

  zx::result<> Init(uint32_t clock_hz, uint32_t baud);
  zx::result<size_t> Send(std::string_view text);
  void Shutdown();

 private:
  fdf::MmioBuffer mmio_;
};

}  // namespace uart

#endif  // UART_H_
