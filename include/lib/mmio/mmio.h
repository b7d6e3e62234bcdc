/*
 * fdf::MmioBuffer (formerly ddk::MmioBuffer): mapped registers of a device.
 *
 *	zx::result<fdf::MmioBuffer> mmio = fdf::MmioBuffer::Create(
 *		0, kSize, std::move(vmo), ZX_CACHE_POLICY_UNCACHED_DEVICE);
 *	...
 *	mmio->SetBits32(kEnable, kControl);
 *
 * Without NDEBUG an access outside of the buffer ends the program.
 */
#ifndef LIB_MMIO_MMIO_H_
#define LIB_MMIO_MMIO_H_

#include <optional>
#include <utility>

#include <lib/mmio/mmio-c.h>
#include <lib/mmio/mmio-ops.h>
#include <lib/mmio/mmio-pinned-buffer.h>
#include <lib/mmio/mmio-view.h>
#include <lib/zx/bti.h>
#include <lib/zx/resource.h>
#include <lib/zx/result.h>
#include <lib/zx/vmo.h>

namespace fdf
{

class MmioBuffer : public MmioAccess
{
      public:
	/* Takes the buffer over. */
	explicit MmioBuffer(mmio_buffer_t mmio, const MmioBufferOps *ops = &internal::kDefaultOps,
			    const void *ctx = nullptr)
	    : MmioAccess(mmio, 0, ops, ctx)
	{
		ZX_ASSERT(mmio.vaddr != nullptr);
	}
	~MmioBuffer()
	{
		mmio_buffer_release(&mmio_);
	}
	MmioBuffer(MmioBuffer &&other) noexcept : MmioAccess(other)
	{
		other.mmio_ = {};
	}
	MmioBuffer &operator=(MmioBuffer &&other) noexcept
	{
		if (&other != this) {
			mmio_buffer_release(&mmio_);
			MmioAccess::operator=(other);
			other.mmio_ = {};
		}
		return *this;
	}

	/* The statuses are those of mmio_buffer_init. */
	static zx::result<MmioBuffer> Create(zx_off_t offset, size_t size, zx::vmo vmo,
					     uint32_t cache_policy,
					     const MmioBufferOps *ops = &internal::kDefaultOps,
					     const void *ctx = nullptr)
	{
		mmio_buffer_t mmio = {};
		const zx_status_t status =
			mmio_buffer_init(&mmio, offset, size, vmo.release(), cache_policy);

		if (status != ZX_OK)
			return zx::error(status);
		return zx::ok(MmioBuffer(mmio, ops, ctx));
	}

	/* And of mmio_buffer_init_physical. */
	static zx::result<MmioBuffer> Create(zx_paddr_t base, size_t size,
					     const zx::resource &resource, uint32_t cache_policy,
					     const MmioBufferOps *ops = &internal::kDefaultOps,
					     const void *ctx = nullptr)
	{
		mmio_buffer_t mmio = {};
		const zx_status_t status =
			mmio_buffer_init_physical(&mmio, base, size, resource.get(), cache_policy);

		if (status != ZX_OK)
			return zx::error(status);
		return zx::ok(MmioBuffer(mmio, ops, ctx));
	}

	/* The older forms. */
	static zx_status_t Create(zx_off_t offset, size_t size, zx::vmo vmo, uint32_t cache_policy,
				  std::optional<MmioBuffer> *mmio_buffer)
	{
		return Fill(Create(offset, size, std::move(vmo), cache_policy), mmio_buffer);
	}
	static zx_status_t Create(zx_paddr_t base, size_t size, const zx::resource &resource,
				  uint32_t cache_policy, std::optional<MmioBuffer> *mmio_buffer)
	{
		return Fill(Create(base, size, resource, cache_policy), mmio_buffer);
	}

	void reset()
	{
		mmio_buffer_release(&mmio_);
		mmio_ = {};
	}

	/* Gives the buffer away. */
	[[nodiscard]] mmio_buffer_t release()
	{
		return std::exchange(mmio_, mmio_buffer_t{});
	}

	MMIO_PTR volatile void *get() const
	{
		return mmio_.vaddr;
	}
	/* In the VMO. */
	zx_off_t get_offset() const
	{
		return mmio_.offset;
	}
	size_t get_size() const
	{
		return mmio_.size;
	}
	zx::unowned_vmo get_vmo() const
	{
		return zx::unowned_vmo(mmio_.vmo);
	}

	/* This buffer has to outlive what is pinned. */
	zx::result<MmioPinnedBuffer> Pin(const zx::bti &bti)
	{
		mmio_pinned_buffer_t pinned = {};
		const zx_status_t status = mmio_buffer_pin(&mmio_, bti.get(), &pinned);

		if (status != ZX_OK)
			return zx::error(status);
		return zx::ok(MmioPinnedBuffer(pinned));
	}
	zx_status_t Pin(const zx::bti &bti, std::optional<MmioPinnedBuffer> *pinned_buffer)
	{
		return Fill(Pin(bti), pinned_buffer);
	}

	MmioView View(zx_off_t off) const
	{
		return MmioView(mmio_, off, ops_, ctx_);
	}
	MmioView View(zx_off_t off, size_t size) const
	{
		return MmioView(mmio_, off, size, ops_, ctx_);
	}

      private:
	template <typename T> static zx_status_t Fill(zx::result<T> made, std::optional<T> *out)
	{
		if (made.is_ok())
			out->emplace(std::move(*made));
		return made.status_value();
	}
};

} // namespace fdf

namespace ddk
{

using MmioBuffer = fdf::MmioBuffer;
using MmioView = fdf::MmioView;
using MmioBufferOps = fdf::MmioBufferOps;

} // namespace ddk

#endif /* LIB_MMIO_MMIO_H_ */
