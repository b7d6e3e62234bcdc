#include "uart.h"

namespace uart {

zx::result<> Uart::Init(uint32_t clock_hz, uint32_t baud) {
  if (baud == 0 || clock_hz / baud > UINT16_MAX) {
    return zx::error(ZX_ERR_INVALID_ARGS);
  }
  mmio_.ClearBits32(kControlEnable, kControl);
  mmio_.Write16(static_cast<uint16_t>(clock_hz / baud), kDivisor);
  // Parity off, eight bits: a field of three bits from bit 4.
  mmio_.ModifyBits32(0b011, 4, 3, kControl);
  mmio_.SetBits32(kControlEnable, kControl);
  return zx::ok();
}

zx::result<size_t> Uart::Send(std::string_view text) {
  size_t sent = 0;
  for (char c : text) {
    if ((mmio_.Read32(kStatus) & kStatusReady) == 0) {
      return sent == 0 ? zx::result<size_t>(zx::error(ZX_ERR_SHOULD_WAIT)) : zx::ok(sent);
    }
    mmio_.Write8(static_cast<uint8_t>(c), kData);
    sent++;
  }
  return zx::ok(sent);
}

void Uart::Shutdown() { mmio_.ClearBits32(kControlEnable, kControl); }

}  // namespace uart
