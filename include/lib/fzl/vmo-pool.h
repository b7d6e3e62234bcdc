/*
 * fzl::VmoPool: equal buffers, each a mapped VMO, that a producer fills one after the other and
 * consumers give back in any order. At most one buffer is being filled at a time.
 */
#ifndef LIB_FZL_VMO_POOL_H_
#define LIB_FZL_VMO_POOL_H_

#include <stddef.h>
#include <stdint.h>

#include <deque>
#include <utility>
#include <vector>

#include <lib/fzl/vmo-mapper.h>
#include <lib/zx/vmo.h>
#include <zircon/assert.h>

namespace fzl
{

class VmoPool
{
      public:
	/* Maps all of them; what was here before is given up. On failure the pool is empty. */
	zx_status_t Init(const zx::unowned_vmo *vmos, size_t num_vmos)
	{
		Clear();
		std::vector<VmoMapper> buffers(num_vmos);

		for (size_t i = 0; i < num_vmos; i++) {
			const zx_status_t status = buffers[i].Map(*vmos[i]);

			if (status != ZX_OK)
				return status;
		}
		buffers_ = std::move(buffers);
		Reset();
		return ZX_OK;
	}

	zx_status_t Init(const std::vector<zx::unowned_vmo> &vmos)
	{
		return Init(vmos.data(), vmos.size());
	}

	zx_status_t Init(const zx::vmo *vmos, size_t num_vmos)
	{
		std::vector<zx::unowned_vmo> unowned;

		for (size_t i = 0; i < num_vmos; i++)
			unowned.emplace_back(vmos[i]);
		return Init(unowned);
	}

	/* Every buffer is free again. */
	void Reset()
	{
		current_ = kNone;
		free_.clear();
		is_free_.assign(buffers_.size(), true);
		for (size_t i = 0; i < buffers_.size(); i++)
			free_.push_back(i);
	}

	/*
	 * Begins to fill a buffer. `buffer_index` may be null.
	 *
	 * ZX_ERR_BAD_STATE   one is being filled
	 * ZX_ERR_NOT_FOUND   none is free
	 */
	zx_status_t GetNewBuffer(uint32_t *buffer_index = nullptr)
	{
		if (HasBufferInProgress())
			return ZX_ERR_BAD_STATE;
		if (free_.empty())
			return ZX_ERR_NOT_FOUND;
		current_ = free_.front();
		free_.pop_front();
		is_free_[current_] = false;
		if (buffer_index != nullptr)
			*buffer_index = static_cast<uint32_t>(current_);
		return ZX_OK;
	}

	/* Ends the filling. ZX_ERR_BAD_STATE: none is being filled. `buffer_index` may be null. */
	zx_status_t BufferCompleted(uint32_t *buffer_index = nullptr)
	{
		if (!HasBufferInProgress())
			return ZX_ERR_BAD_STATE;
		if (buffer_index != nullptr)
			*buffer_index = static_cast<uint32_t>(current_);
		current_ = kNone;
		return ZX_OK;
	}

	/*
	 * Frees a buffer; the one that is being filled, too.
	 *
	 * ZX_ERR_INVALID_ARGS   there is no such buffer
	 * ZX_ERR_NOT_FOUND      it is free
	 */
	zx_status_t BufferRelease(uint32_t buffer_index)
	{
		if (buffer_index >= buffers_.size())
			return ZX_ERR_INVALID_ARGS;
		if (is_free_[buffer_index])
			return ZX_ERR_NOT_FOUND;
		if (current_ == buffer_index)
			current_ = kNone;
		is_free_[buffer_index] = true;
		free_.push_back(buffer_index);
		return ZX_OK;
	}

	bool HasBufferInProgress() const
	{
		return current_ != kNone;
	}
	size_t total_buffers() const
	{
		return buffers_.size();
	}
	size_t free_buffers() const
	{
		return free_.size();
	}

	/* Of the buffer that is being filled; 0 and null when there is none. */
	uint64_t CurrentBufferSize() const
	{
		return HasBufferInProgress() ? buffers_[current_].size() : 0;
	}
	void *CurrentBufferAddress() const
	{
		return HasBufferInProgress() ? buffers_[current_].start() : nullptr;
	}

      private:
	static constexpr size_t kNone = SIZE_MAX;

	void Clear()
	{
		buffers_.clear();
		Reset();
	}

	std::vector<VmoMapper> buffers_;
	std::vector<bool> is_free_;
	std::deque<size_t> free_;
	size_t current_ = kNone;
};

} // namespace fzl

#endif /* LIB_FZL_VMO_POOL_H_ */
