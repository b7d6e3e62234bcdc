/* fzl::ResizeableVmoMapper: a mapped VMO of its own that shrinks and grows. */
#ifndef LIB_FZL_RESIZEABLE_VMO_MAPPER_H_
#define LIB_FZL_RESIZEABLE_VMO_MAPPER_H_

#include <stdint.h>

#include <memory>
#include <new>
#include <utility>

#include <lib/fzl/owned-vmo-mapper.h>
#include <zircon/calls/system.h>
#include <zircon/syscalls/object.h>

namespace fzl
{

class ResizeableVmoMapper : public OwnedVmoMapper
{
      public:
	/* Null when something was refused. */
	static std::unique_ptr<ResizeableVmoMapper>
	Create(uint64_t size, const char *name,
	       zx_vm_option_t map_options = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE,
	       fbl::RefPtr<VmarManager> vmar_manager = nullptr, uint32_t cache_policy = 0)
	{
		std::unique_ptr<ResizeableVmoMapper> made(new (std::nothrow) ResizeableVmoMapper());

		if (made == nullptr ||
		    made->CreateAndMap(size, name, map_options, std::move(vmar_manager),
				       cache_policy) != ZX_OK)
			return nullptr;
		return made;
	}

	ResizeableVmoMapper() = default;

	/* As OwnedVmoMapper; the VMO is resizable. */
	zx_status_t CreateAndMap(uint64_t size, const char *name,
				 zx_vm_option_t map_options = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE,
				 fbl::RefPtr<VmarManager> vmar_manager = nullptr,
				 uint32_t cache_policy = 0)
	{
		map_options_ = map_options;
		return OwnedVmoMapper::CreateAndMap(size, name, map_options,
						    std::move(vmar_manager), cache_policy,
						    ZX_VMO_RESIZABLE);
	}

	zx_status_t Map(zx::vmo vmo, uint64_t size = 0,
			zx_vm_option_t map_options = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE,
			fbl::RefPtr<VmarManager> vmar_manager = nullptr)
	{
		map_options_ = map_options;
		return OwnedVmoMapper::Map(std::move(vmo), size, map_options,
					   std::move(vmar_manager));
	}

	/*
	 * Gives the tail of the mapping and its memory back.
	 *
	 * ZX_ERR_BAD_STATE      nothing is mapped
	 * ZX_ERR_INVALID_ARGS   0, or more than now
	 * the status of zx_vmar_unmap, which refuses a size that is not a whole number of pages
	 *
	 * That the VMO could not be made smaller is not an error: then only the mapping shrank.
	 */
	zx_status_t Shrink(uint64_t size)
	{
		if (!vmo_.is_valid())
			return ZX_ERR_BAD_STATE;
		if (size == 0 || size > size_)
			return ZX_ERR_INVALID_ARGS;
		if (size == size_)
			return ZX_OK;

		const zx_status_t status = zx_vmar_unmap(VmarHandle(), start_ + size, size_ - size);
		if (status != ZX_OK)
			return status;
		if (vmo_.set_size(size) != ZX_OK)
			vmo_.op_range(ZX_VMO_OP_DECOMMIT, size, size_ - size, nullptr, 0);
		size_ = size;
		return ZX_OK;
	}

	/*
	 * Makes VMO and mapping larger, to whole pages. The mapping may move: start() tells.
	 *
	 * ZX_ERR_BAD_STATE      nothing is mapped
	 * ZX_ERR_INVALID_ARGS   less than now
	 * the status of zx_vmo_set_size or zx_vmar_map; then everything is as it was
	 */
	zx_status_t Grow(uint64_t size)
	{
		if (!vmo_.is_valid())
			return ZX_ERR_BAD_STATE;
		const uint64_t page = zx_system_get_page_size();
		const uint64_t old_end = size_ + (page - size_ % page) % page;
		uint64_t new_end = size;

		if (size < size_ ||
		    __builtin_add_overflow(size, (page - size % page) % page, &new_end))
			return ZX_ERR_INVALID_ARGS;
		if (new_end == old_end) {
			size_ = new_end;
			return ZX_OK;
		}

		zx_info_vmar_t region = {};
		zx_status_t status = zx_object_get_info(VmarHandle(), ZX_INFO_VMAR, &region,
							sizeof(region), nullptr, nullptr);
		if (status != ZX_OK)
			return status;
		status = vmo_.set_size(new_end);
		if (status != ZX_OK)
			return status;

		/* Right behind what is mapped, or all of it somewhere else. */
		uintptr_t tail = 0;
		status = zx_vmar_map(VmarHandle(), map_options_ | ZX_VM_SPECIFIC,
				     start_ + old_end - region.base, vmo_.get(), old_end,
				     new_end - old_end, &tail);
		if (status != ZX_OK)
			status = MoveTo(old_end, new_end);
		if (status != ZX_OK) {
			vmo_.set_size(old_end);
			return status;
		}
		size_ = new_end;
		return ZX_OK;
	}

      private:
	zx_status_t MoveTo(uint64_t old_end, uint64_t new_end)
	{
		uintptr_t start = 0;
		const zx_status_t status =
			zx_vmar_map(VmarHandle(), map_options_, 0, vmo_.get(), 0, new_end, &start);

		if (status != ZX_OK)
			return status;
		zx_vmar_unmap(VmarHandle(), start_, old_end);
		start_ = start;
		return ZX_OK;
	}

	zx_vm_option_t map_options_ = 0;
};

} // namespace fzl

#endif /* LIB_FZL_RESIZEABLE_VMO_MAPPER_H_ */
