/*
 * Registers whose accesses have to come in one order, behind an fdf::MmioBuffer; for tests with GoogleTest or zxtest.
 * zirconia/mmio_mock.h has them for C.
 */
#ifndef LIB_DRIVER_MOCK_MMIO_CPP_GLOBALLY_ORDERED_REGION_H_
#define LIB_DRIVER_MOCK_MMIO_CPP_GLOBALLY_ORDERED_REGION_H_

#include <stddef.h>
#include <stdint.h>

#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <lib/mmio/mmio.h>
#include <lib/mmio/region-buffer.h>
#include <zircon/assert.h>
#include <zirconia/mmio_mock.h>

namespace mock_mmio
{

class GloballyOrderedRegion
{
      public:
	/* Bits. */
	enum class Size { kUseDefault = 0, k8 = 8, k16 = 16, k32 = 32, k64 = 64 };

	struct Access {
		zx_off_t address;
		uint64_t value; /* what a read gets, or a write must have */
		bool write = false;
		Size size = Size::kUseDefault;
	};
	using AccessList = std::vector<Access>;

	explicit GloballyOrderedRegion(size_t size, Size default_access_size = Size::k32)
	    : default_size_(default_access_size), mock_(zirconia_mmio_mock_new(size)),
	      region_(std::make_unique<zirconia_mmio_region_t>())
	{
		ZX_ASSERT(mock_ != nullptr);
		zirconia_mmio_mock_region(mock_.get(), region_.get());
	}

	/* An access that the region cannot have fails the test. */
	void Expect(const Access &access)
	{
		const Size size = access.size == Size::kUseDefault ? default_size_ : access.size;
		const size_t bytes = static_cast<size_t>(size) / 8;
		const bool ok = access.write ?
					zirconia_mmio_mock_expect_store(mock_.get(), access.address,
									bytes, access.value) :
					zirconia_mmio_mock_expect_load(mock_.get(), access.address,
								       bytes, access.value);

		if (!ok)
			ADD_FAILURE() << "mock_mmio::GloballyOrderedRegion: "
				      << zirconia_mmio_mock_failure(mock_.get());
	}
	void Expect(const AccessList &accesses)
	{
		for (const Access &access : accesses)
			Expect(access);
	}

	/* Anything that was wrong, or did not come, fails the test. */
	void CheckAllAccessesReplayed()
	{
		if (const char *failure = zirconia_mmio_mock_verify(mock_.get()))
			ADD_FAILURE() << "mock_mmio::GloballyOrderedRegion: " << failure;
	}

	fdf::MmioBuffer GetMmioBuffer()
	{
		return zirconia::MmioBufferOver(region_.get());
	}

      private:
	struct Free {
		void operator()(zirconia_mmio_mock_t *mock) const
		{
			zirconia_mmio_mock_free(mock);
		}
	};

	Size default_size_;
	std::unique_ptr<zirconia_mmio_mock_t, Free> mock_;
	std::unique_ptr<zirconia_mmio_region_t> region_;
};

} // namespace mock_mmio

#endif /* LIB_DRIVER_MOCK_MMIO_CPP_GLOBALLY_ORDERED_REGION_H_ */
