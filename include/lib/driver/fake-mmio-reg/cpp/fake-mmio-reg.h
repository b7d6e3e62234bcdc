/*
 * Fake registers for drivers in C++: callbacks in the place of registers; zirconia/mmio_fake.h has them for C.
 *
 *	fake_mmio::FakeMmioRegRegion regs(sizeof(uint32_t), 16);
 *	regs[0x08].SetReadCallback([]() { return 1; });
 *	Driver driver(regs.GetMmioBuffer());
 *
 * The region has to outlive the buffers that it gave.
 */
#ifndef LIB_DRIVER_FAKE_MMIO_REG_CPP_FAKE_MMIO_REG_H_
#define LIB_DRIVER_FAKE_MMIO_REG_CPP_FAKE_MMIO_REG_H_

#include <stddef.h>
#include <stdint.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <lib/mmio/mmio.h>
#include <lib/mmio/region-buffer.h>
#include <zircon/assert.h>
#include <zirconia/mmio_fake.h>

namespace fake_mmio
{

class FakeMmioReg
{
      public:
	/* Without one, reads give 0 and writes are ignored. */
	void SetReadCallback(std::function<uint64_t()> read)
	{
		read_ = std::move(read);
	}
	void SetWriteCallback(std::function<void(uint64_t value)> write)
	{
		write_ = std::move(write);
	}

	uint64_t Read()
	{
		return read_ ? read_() : 0;
	}
	void Write(uint64_t value)
	{
		if (write_)
			write_(value);
	}

      private:
	std::function<uint64_t()> read_;
	std::function<void(uint64_t)> write_;
};

class FakeMmioRegRegion
{
      public:
	/* reg_size: bytes from one register to the next. */
	FakeMmioRegRegion(size_t reg_size, size_t reg_count)
	    : reg_size_(reg_size), regs_(reg_count),
	      fake_(zirconia_mmio_fake_new(reg_size, reg_count)),
	      region_(std::make_unique<zirconia_mmio_region_t>())
	{
		ZX_ASSERT(fake_ != nullptr);
		for (size_t i = 0; i < reg_count; i++) {
			zirconia_mmio_fake_on_load(fake_.get(), i * reg_size, Load, &regs_[i]);
			zirconia_mmio_fake_on_store(fake_.get(), i * reg_size, Store, &regs_[i]);
		}
		zirconia_mmio_fake_region(fake_.get(), region_.get());
	}

	/* By the offset in bytes. */
	FakeMmioReg &operator[](size_t offset)
	{
		ZX_ASSERT(offset / reg_size_ < regs_.size());
		return regs_[offset / reg_size_];
	}

	fdf::MmioBuffer GetMmioBuffer()
	{
		return zirconia::MmioBufferOver(region_.get());
	}

      private:
	struct Free {
		void operator()(zirconia_mmio_fake_t *fake) const
		{
			zirconia_mmio_fake_free(fake);
		}
	};

	static uint64_t Load(void *ctx)
	{
		return static_cast<FakeMmioReg *>(ctx)->Read();
	}
	static void Store(void *ctx, uint64_t value)
	{
		static_cast<FakeMmioReg *>(ctx)->Write(value);
	}

	size_t reg_size_;
	std::vector<FakeMmioReg> regs_; /* moving the vector does not move them */
	std::unique_ptr<zirconia_mmio_fake_t, Free> fake_;
	std::unique_ptr<zirconia_mmio_region_t> region_;
};

} // namespace fake_mmio

#endif /* LIB_DRIVER_FAKE_MMIO_REG_CPP_FAKE_MMIO_REG_H_ */
