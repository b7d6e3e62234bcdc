/*
 * How an fdf::MmioBuffer and its views touch their memory: a table of functions, which a mock
 * replaces, and the register arithmetic on top of it, the same for buffers and views.
 */
#ifndef LIB_MMIO_MMIO_OPS_H_
#define LIB_MMIO_MMIO_OPS_H_

#include <stddef.h>
#include <stdint.h>

#include <type_traits>

#include <lib/mmio-ptr/mmio-ptr.h>
#include <lib/mmio/mmio-c.h>
#include <zircon/assert.h>

namespace fdf
{

struct MmioBufferOps {
	uint8_t (*Read8)(const void *ctx, const mmio_buffer_t &mmio, zx_off_t offs);
	uint16_t (*Read16)(const void *ctx, const mmio_buffer_t &mmio, zx_off_t offs);
	uint32_t (*Read32)(const void *ctx, const mmio_buffer_t &mmio, zx_off_t offs);
	uint64_t (*Read64)(const void *ctx, const mmio_buffer_t &mmio, zx_off_t offs);
	void (*ReadBuffer)(const void *ctx, const mmio_buffer_t &mmio, zx_off_t offs, void *buffer,
			   size_t size);
	void (*Write8)(const void *ctx, const mmio_buffer_t &mmio, uint8_t val, zx_off_t offs);
	void (*Write16)(const void *ctx, const mmio_buffer_t &mmio, uint16_t val, zx_off_t offs);
	void (*Write32)(const void *ctx, const mmio_buffer_t &mmio, uint32_t val, zx_off_t offs);
	void (*Write64)(const void *ctx, const mmio_buffer_t &mmio, uint64_t val, zx_off_t offs);
	void (*WriteBuffer)(const void *ctx, const mmio_buffer_t &mmio, zx_off_t offs,
			    const void *buffer, size_t size);
};

namespace internal
{

template <typename T>
MMIO_PTR T *Address(const mmio_buffer_t &mmio, zx_off_t offs, size_t size = sizeof(T))
{
	ZX_DEBUG_ASSERT(offs <= mmio.size && size <= mmio.size - offs);
	return reinterpret_cast<MMIO_PTR T *>(static_cast<MMIO_PTR uint8_t *>(mmio.vaddr) + offs);
}

/* After every write: the device sees them one by one, in order. */
inline void Barrier()
{
#if defined(__x86_64__)
	__asm__ volatile("mfence" ::: "memory");
#elif defined(__aarch64__)
	__asm__ volatile("dmb sy" ::: "memory");
#elif defined(__riscv)
	__asm__ volatile("fence iorw, iorw" ::: "memory");
#else
	__sync_synchronize();
#endif
}

inline constexpr MmioBufferOps kDefaultOps = {
	[](const void *, const mmio_buffer_t &mmio, zx_off_t offs) {
		return MmioRead8(Address<uint8_t>(mmio, offs));
	},
	[](const void *, const mmio_buffer_t &mmio, zx_off_t offs) {
		return MmioRead16(Address<uint16_t>(mmio, offs));
	},
	[](const void *, const mmio_buffer_t &mmio, zx_off_t offs) {
		return MmioRead32(Address<uint32_t>(mmio, offs));
	},
	[](const void *, const mmio_buffer_t &mmio, zx_off_t offs) {
		return MmioRead64(Address<uint64_t>(mmio, offs));
	},
	[](const void *, const mmio_buffer_t &mmio, zx_off_t offs, void *buffer, size_t size) {
		MmioReadBuffer(buffer, Address<uint8_t>(mmio, offs, size), size);
	},
	[](const void *, const mmio_buffer_t &mmio, uint8_t val, zx_off_t offs) {
		MmioWrite8(val, Address<uint8_t>(mmio, offs));
		Barrier();
	},
	[](const void *, const mmio_buffer_t &mmio, uint16_t val, zx_off_t offs) {
		MmioWrite16(val, Address<uint16_t>(mmio, offs));
		Barrier();
	},
	[](const void *, const mmio_buffer_t &mmio, uint32_t val, zx_off_t offs) {
		MmioWrite32(val, Address<uint32_t>(mmio, offs));
		Barrier();
	},
	[](const void *, const mmio_buffer_t &mmio, uint64_t val, zx_off_t offs) {
		MmioWrite64(val, Address<uint64_t>(mmio, offs));
		Barrier();
	},
	[](const void *, const mmio_buffer_t &mmio, zx_off_t offs, const void *buffer,
	   size_t size) {
		MmioWriteBuffer(Address<uint8_t>(mmio, offs, size), buffer, size);
		Barrier();
	},
};

} // namespace internal

/* Offsets are relative to what derives from this. */
class MmioAccess
{
      public:
	uint8_t Read8(zx_off_t offs) const
	{
		return ops_->Read8(ctx_, mmio_, base_ + offs);
	}
	uint16_t Read16(zx_off_t offs) const
	{
		return ops_->Read16(ctx_, mmio_, base_ + offs);
	}
	uint32_t Read32(zx_off_t offs) const
	{
		return ops_->Read32(ctx_, mmio_, base_ + offs);
	}
	uint64_t Read64(zx_off_t offs) const
	{
		return ops_->Read64(ctx_, mmio_, base_ + offs);
	}
	void Write8(uint8_t val, zx_off_t offs) const
	{
		ops_->Write8(ctx_, mmio_, val, base_ + offs);
	}
	void Write16(uint16_t val, zx_off_t offs) const
	{
		ops_->Write16(ctx_, mmio_, val, base_ + offs);
	}
	void Write32(uint32_t val, zx_off_t offs) const
	{
		ops_->Write32(ctx_, mmio_, val, base_ + offs);
	}
	void Write64(uint64_t val, zx_off_t offs) const
	{
		ops_->Write64(ctx_, mmio_, val, base_ + offs);
	}

	void ReadBuffer(zx_off_t offs, void *buffer, size_t size) const
	{
		ops_->ReadBuffer(ctx_, mmio_, base_ + offs, buffer, size);
	}
	void WriteBuffer(zx_off_t offs, const void *buffer, size_t size) const
	{
		ops_->WriteBuffer(ctx_, mmio_, base_ + offs, buffer, size);
	}

	template <typename T> T Read(zx_off_t offs) const
	{
		static_assert(std::is_unsigned_v<T>, "registers are unsigned numbers");
		if constexpr (sizeof(T) == 1)
			return static_cast<T>(Read8(offs));
		else if constexpr (sizeof(T) == 2)
			return static_cast<T>(Read16(offs));
		else if constexpr (sizeof(T) == 4)
			return static_cast<T>(Read32(offs));
		else
			return static_cast<T>(Read64(offs));
	}

	template <typename T> void Write(T val, zx_off_t offs) const
	{
		static_assert(std::is_unsigned_v<T>, "registers are unsigned numbers");
		if constexpr (sizeof(T) == 1)
			Write8(static_cast<uint8_t>(val), offs);
		else if constexpr (sizeof(T) == 2)
			Write16(static_cast<uint16_t>(val), offs);
		else if constexpr (sizeof(T) == 4)
			Write32(static_cast<uint32_t>(val), offs);
		else
			Write64(static_cast<uint64_t>(val), offs);
	}

	template <typename T> T ReadMasked(T mask, zx_off_t offs) const
	{
		return static_cast<T>(Read<T>(offs) & mask);
	}

	/* The bits of `mask` become those of `bits`; two accesses. */
	template <typename T> void ModifyBits(T bits, T mask, zx_off_t offs) const
	{
		Write<T>(static_cast<T>((Read<T>(offs) & static_cast<T>(~mask)) | (bits & mask)),
			 offs);
	}
	template <typename T>
	void ModifyBits(T bits, size_t shift, size_t count, zx_off_t offs) const
	{
		ModifyBits<T>(static_cast<T>(bits << shift), Mask<T>(shift, count), offs);
	}
	template <typename T> void SetBits(T bits, zx_off_t offs) const
	{
		ModifyBits<T>(bits, bits, offs);
	}
	template <typename T> void ClearBits(T bits, zx_off_t offs) const
	{
		ModifyBits<T>(T{0}, bits, offs);
	}
	template <typename T> T GetBits(size_t shift, size_t count, zx_off_t offs) const
	{
		return static_cast<T>(ReadMasked<T>(Mask<T>(shift, count), offs) >> shift);
	}
	template <typename T> bool GetBit(size_t shift, zx_off_t offs) const
	{
		return GetBits<T>(shift, 1, offs) != 0;
	}
	template <typename T> void ModifyBit(bool val, size_t shift, zx_off_t offs) const
	{
		ModifyBits<T>(static_cast<T>(val), shift, 1, offs);
	}
	template <typename T> void SetBit(size_t shift, zx_off_t offs) const
	{
		ModifyBit<T>(true, shift, offs);
	}
	template <typename T> void ClearBit(size_t shift, zx_off_t offs) const
	{
		ModifyBit<T>(false, shift, offs);
	}

	/* `count` elements, ascending. */
	template <typename T>
	void CopyFrom(const MmioAccess &source, zx_off_t source_offs, zx_off_t dest_offs,
		      size_t count) const
	{
		for (size_t i = 0; i < count; i++)
			Write<T>(source.Read<T>(source_offs + i * sizeof(T)),
				 dest_offs + i * sizeof(T));
	}

	uint32_t ReadMasked32(uint32_t mask, zx_off_t offs) const
	{
		return ReadMasked<uint32_t>(mask, offs);
	}
	void ModifyBits32(uint32_t bits, uint32_t mask, zx_off_t offs) const
	{
		ModifyBits<uint32_t>(bits, mask, offs);
	}
	void ModifyBits32(uint32_t bits, size_t shift, size_t count, zx_off_t offs) const
	{
		ModifyBits<uint32_t>(bits, shift, count, offs);
	}
	void SetBits32(uint32_t bits, zx_off_t offs) const
	{
		SetBits<uint32_t>(bits, offs);
	}
	void ClearBits32(uint32_t bits, zx_off_t offs) const
	{
		ClearBits<uint32_t>(bits, offs);
	}
	void CopyFrom32(const MmioAccess &source, zx_off_t source_offs, zx_off_t dest_offs,
			size_t count) const
	{
		CopyFrom<uint32_t>(source, source_offs, dest_offs, count);
	}

      protected:
	MmioAccess(const mmio_buffer_t &mmio, zx_off_t base, const MmioBufferOps *ops,
		   const void *ctx)
	    : mmio_(mmio), base_(base), ops_(ops), ctx_(ctx)
	{
	}
	~MmioAccess() = default;
	MmioAccess(const MmioAccess &) = default;
	MmioAccess &operator=(const MmioAccess &) = default;

	template <typename T> static constexpr T Mask(size_t shift, size_t count)
	{
		ZX_DEBUG_ASSERT(shift < sizeof(T) * 8 && count <= sizeof(T) * 8 - shift);
		/* All ones shifted by the width is no number of T. */
		const uint64_t ones = count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;

		return static_cast<T>(ones << shift);
	}

	mmio_buffer_t mmio_;
	zx_off_t base_; /* of offset 0, in mmio_ */
	const MmioBufferOps *ops_;
	const void *ctx_; /* handed to the ops */
};

} // namespace fdf

#endif /* LIB_MMIO_MMIO_OPS_H_ */
