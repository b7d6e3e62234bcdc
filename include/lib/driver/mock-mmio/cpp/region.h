/*
 * Registers that expect, each for itself, behind an fdf::MmioBuffer; for tests with GoogleTest or zxtest. zirconia/mmio_fake.h has them for C.
 *
 *	mock_mmio::Region regs(sizeof(uint32_t), 16);
 *	regs[0x08].ExpectRead(1).ExpectWrite(2);
 *	Driver driver(regs.GetMmioBuffer());
 *	...
 *	regs.VerifyAll();
 *
 * The region has to outlive the buffers that it gave.
 */
#ifndef LIB_DRIVER_MOCK_MMIO_CPP_REGION_H_
#define LIB_DRIVER_MOCK_MMIO_CPP_REGION_H_

#include <stddef.h>
#include <stdint.h>

#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <lib/driver/mock-mmio/cpp/register.h>
#include <lib/mmio/mmio.h>
#include <lib/mmio/region-buffer.h>
#include <zircon/assert.h>
#include <zirconia/mmio_fake.h>

namespace mock_mmio
{

class Region
{
      public:
	/* reg_offset: the number of the first register. */
	Region(size_t reg_size, size_t reg_count, size_t reg_offset = 0)
	    : reg_size_(reg_size), first_(reg_offset),
	      regs_(zirconia_mmio_regs_new(reg_size, reg_count, reg_offset)),
	      region_(std::make_unique<zirconia_mmio_region_t>())
	{
		ZX_ASSERT(regs_ != nullptr);
		zirconia_mmio_regs_region(regs_.get(), region_.get());
		for (size_t i = 0; i < reg_count; i++)
			registers_.emplace_back(regs_.get(), (reg_offset + i) * reg_size);
	}

	/* By the offset in bytes. */
	Register &operator[](size_t offset)
	{
		ZX_ASSERT(offset / reg_size_ >= first_ &&
			  offset / reg_size_ - first_ < registers_.size());
		return registers_[offset / reg_size_ - first_];
	}

	/* What did not come, or was wrong, fails the test; nothing is expected afterwards. */
	void VerifyAll()
	{
		if (const char *failure = zirconia_mmio_regs_verify_all(regs_.get()))
			ADD_FAILURE() << "mock_mmio::Region: " << failure;
	}

	fdf::MmioBuffer GetMmioBuffer()
	{
		return zirconia::MmioBufferOver(region_.get());
	}

      private:
	struct Free {
		void operator()(zirconia_mmio_regs_t *regs) const
		{
			zirconia_mmio_regs_free(regs);
		}
	};

	size_t reg_size_, first_;
	std::unique_ptr<zirconia_mmio_regs_t, Free> regs_;
	std::unique_ptr<zirconia_mmio_region_t> region_;
	std::vector<Register> registers_;
};

} // namespace mock_mmio

#endif /* LIB_DRIVER_MOCK_MMIO_CPP_REGION_H_ */
