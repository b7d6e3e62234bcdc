/* One register of a mock_mmio::Region: what is to come, reads and writes apart. */
#ifndef LIB_DRIVER_MOCK_MMIO_CPP_REGISTER_H_
#define LIB_DRIVER_MOCK_MMIO_CPP_REGISTER_H_

#include <stddef.h>
#include <stdint.h>

#include <gtest/gtest.h>
#include <zirconia/mmio_fake.h>

namespace mock_mmio
{

class Register
{
      public:
	Register(zirconia_mmio_regs_t *regs, size_t offset) : regs_(regs), offset_(offset)
	{
	}

	/* A read gets this value, which is the last value from then on. */
	Register &ExpectRead(uint64_t value)
	{
		zirconia_mmio_regs_expect_load(regs_, offset_, value);
		return *this;
	}
	/* A read gets the last value. */
	Register &ExpectRead()
	{
		zirconia_mmio_regs_expect_any_load(regs_, offset_);
		return *this;
	}
	/* A write of another value fails the test. */
	Register &ExpectWrite(uint64_t value)
	{
		zirconia_mmio_regs_expect_store(regs_, offset_, value);
		return *this;
	}
	Register &ExpectWrite()
	{
		zirconia_mmio_regs_expect_any_store(regs_, offset_);
		return *this;
	}
	/* Changes the last value. */
	Register &ReadReturns(uint64_t value)
	{
		zirconia_mmio_regs_load_returns(regs_, offset_, value);
		return *this;
	}

	/* Forgets what is to come. */
	void Clear()
	{
		zirconia_mmio_regs_clear(regs_, offset_);
	}

	/* What did not come, or was wrong anywhere in the region, fails the test. */
	void VerifyAndClear()
	{
		if (const char *failure = zirconia_mmio_regs_verify(regs_, offset_))
			ADD_FAILURE() << "mock_mmio::Register: " << failure;
	}

      private:
	zirconia_mmio_regs_t *regs_;
	size_t offset_;
};

} // namespace mock_mmio

#endif /* LIB_DRIVER_MOCK_MMIO_CPP_REGISTER_H_ */
