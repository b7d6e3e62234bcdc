/* fdf::MmioView: a part of an fdf::MmioBuffer. It may be copied; it never unmaps. */
#ifndef LIB_MMIO_MMIO_VIEW_H_
#define LIB_MMIO_MMIO_VIEW_H_

#include <lib/mmio/mmio-ops.h>
#include <lib/zx/vmo.h>

namespace fdf
{

class MmioView : public MmioAccess
{
      public:
	MmioView(const mmio_buffer_t &mmio, zx_off_t offset,
		 const MmioBufferOps *ops = &internal::kDefaultOps, const void *ctx = nullptr)
	    : MmioAccess(mmio, offset, ops, ctx), size_(mmio.size - offset)
	{
		ZX_ASSERT(offset < mmio.size);
	}
	MmioView(const mmio_buffer_t &mmio, zx_off_t offset, size_t size,
		 const MmioBufferOps *ops = &internal::kDefaultOps, const void *ctx = nullptr)
	    : MmioAccess(mmio, offset, ops, ctx), size_(size)
	{
		ZX_ASSERT(offset <= mmio.size && size <= mmio.size - offset);
		/* Accesses are held to the end of the view, not of the buffer. */
		mmio_.size = static_cast<size_t>(offset + size);
	}

	MmioView View(zx_off_t off) const
	{
		return MmioView(mmio_, base_ + off, ops_, ctx_);
	}
	MmioView View(zx_off_t off, size_t size) const
	{
		ZX_ASSERT(off <= size_ && size <= size_ - off);
		return MmioView(mmio_, base_ + off, size, ops_, ctx_);
	}

	MMIO_PTR volatile void *get() const
	{
		return static_cast<MMIO_PTR uint8_t *>(mmio_.vaddr) + base_;
	}
	/* In the VMO. */
	zx_off_t get_offset() const
	{
		return mmio_.offset + base_;
	}
	size_t get_size() const
	{
		return size_;
	}
	zx::unowned_vmo get_vmo() const
	{
		return zx::unowned_vmo(mmio_.vmo);
	}

      private:
	size_t size_;
};

} // namespace fdf

#endif /* LIB_MMIO_MMIO_VIEW_H_ */
