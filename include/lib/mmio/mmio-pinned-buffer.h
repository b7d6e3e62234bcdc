/* fdf::MmioPinnedBuffer: an MMIO buffer pinned for a device; unpinned in the end. */
#ifndef LIB_MMIO_MMIO_PINNED_BUFFER_H_
#define LIB_MMIO_MMIO_PINNED_BUFFER_H_

#include <lib/mmio/mmio-c.h>
#include <zircon/assert.h>

namespace fdf
{

class MmioPinnedBuffer
{
      public:
	explicit MmioPinnedBuffer(mmio_pinned_buffer_t pinned) : pinned_(pinned)
	{
		ZX_ASSERT(pinned_.paddr != 0);
	}
	~MmioPinnedBuffer()
	{
		reset();
	}
	MmioPinnedBuffer(MmioPinnedBuffer &&other) noexcept : pinned_(other.pinned_)
	{
		other.pinned_ = {};
	}
	MmioPinnedBuffer &operator=(MmioPinnedBuffer &&other) noexcept
	{
		if (&other != this) {
			reset();
			pinned_ = other.pinned_;
			other.pinned_ = {};
		}
		return *this;
	}

	void reset()
	{
		mmio_buffer_unpin(&pinned_);
		pinned_ = {};
	}

	zx_paddr_t get_paddr() const
	{
		return pinned_.paddr;
	}

      private:
	mmio_pinned_buffer_t pinned_;
};

} // namespace fdf

namespace ddk
{

using MmioPinnedBuffer = fdf::MmioPinnedBuffer;

} // namespace ddk

#endif /* LIB_MMIO_MMIO_PINNED_BUFFER_H_ */
