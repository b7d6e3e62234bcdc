/*
 * fzl::PinnedVmo: a VMO pinned for a device, as runs of device addresses. It keeps no handle of the
 * VMO.
 */
#ifndef LIB_FZL_PINNED_VMO_H_
#define LIB_FZL_PINNED_VMO_H_

#include <stddef.h>
#include <stdint.h>

#include <memory>
#include <new>
#include <utility>

#include <lib/zx/bti.h>
#include <lib/zx/pmt.h>
#include <lib/zx/vmo.h>
#include <zircon/assert.h>
#include <zircon/calls/system.h>

namespace fzl
{

class PinnedVmo
{
      public:
	struct Region {
		zx_paddr_t phys_addr;
		uint64_t size; /* bytes */
	};

	PinnedVmo() = default;
	~PinnedVmo()
	{
		Unpin();
	}
	PinnedVmo(PinnedVmo &&other) noexcept
	{
		Take(other);
	}
	PinnedVmo &operator=(PinnedVmo &&other) noexcept
	{
		if (&other != this) {
			Unpin();
			Take(other);
		}
		return *this;
	}

	/*
	 * Pins all of the VMO. With ZX_BTI_CONTIGUOUS it becomes one region, otherwise pages that
	 * follow each other are put together. In this order:
	 *
	 * ZX_ERR_BAD_STATE      something is pinned here
	 * ZX_ERR_INVALID_ARGS   options other than READ, WRITE and CONTIGUOUS; no VMO or no BTI
	 * the status of zx_vmo_get_size
	 * ZX_ERR_NO_MEMORY      no memory for the addresses
	 * the status of zx_bti_pin
	 */
	zx_status_t Pin(const zx::vmo &vmo, const zx::bti &bti, uint32_t options)
	{
		constexpr uint32_t allowed =
			ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE | ZX_BTI_CONTIGUOUS;

		if (pmt_.is_valid())
			return ZX_ERR_BAD_STATE;
		if ((options & ~allowed) != 0 || !vmo.is_valid() || !bti.is_valid())
			return ZX_ERR_INVALID_ARGS;

		uint64_t size = 0;
		zx_status_t status = vmo.get_size(&size);
		if (status != ZX_OK)
			return status;

		const uint64_t page = zx_system_get_page_size();
		const bool contiguous = (options & ZX_BTI_CONTIGUOUS) != 0;
		const size_t count = contiguous ? 1 : static_cast<size_t>(size / page);
		std::unique_ptr<zx_paddr_t[]> addrs(new (std::nothrow) zx_paddr_t[count]);

		if (addrs == nullptr)
			return ZX_ERR_NO_MEMORY;
		status = bti.pin(options, vmo, 0, size, addrs.get(), count, &pmt_);
		if (status != ZX_OK)
			return status;

		status = MakeRegions(addrs.get(), count, contiguous ? size : page);
		if (status != ZX_OK)
			Unpin();
		return status;
	}

	/* Nothing, when nothing is pinned. */
	void Unpin()
	{
		if (pmt_.is_valid()) {
			[[maybe_unused]] const zx_status_t status = pmt_.unpin();

			ZX_DEBUG_ASSERT(status == ZX_OK);
		}
		regions_.reset();
		region_count_ = 0;
	}

	uint32_t region_count() const
	{
		return region_count_;
	}
	const Region &region(uint32_t index) const
	{
		ZX_DEBUG_ASSERT(index < region_count_);
		return regions_[index];
	}

      private:
	zx_status_t MakeRegions(const zx_paddr_t *addrs, size_t count, uint64_t step)
	{
		uint32_t runs = 0;

		for (size_t i = 0; i < count; i++)
			if (i == 0 || addrs[i] != addrs[i - 1] + step)
				runs++;
		regions_.reset(new (std::nothrow) Region[runs]);
		if (regions_ == nullptr)
			return ZX_ERR_NO_MEMORY;
		region_count_ = 0;
		for (size_t i = 0; i < count; i++) {
			if (i == 0 || addrs[i] != addrs[i - 1] + step)
				regions_[region_count_++] = {addrs[i], step};
			else
				regions_[region_count_ - 1].size += step;
		}
		return ZX_OK;
	}

	void Take(PinnedVmo &other)
	{
		pmt_ = std::move(other.pmt_);
		regions_ = std::move(other.regions_);
		region_count_ = std::exchange(other.region_count_, 0);
	}

	zx::pmt pmt_;
	std::unique_ptr<Region[]> regions_;
	uint32_t region_count_ = 0;
};

} // namespace fzl

#endif /* LIB_FZL_PINNED_VMO_H_ */
