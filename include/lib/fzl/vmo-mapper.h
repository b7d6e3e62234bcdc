/*
 * fzl::VmoMapper: a mapping of a VMO that ends with the object. It keeps no handle of the VMO; the
 * mapping keeps the memory.
 *
 * A manager says in which sub-VMAR to map; null means the root VMAR.
 */
#ifndef LIB_FZL_VMO_MAPPER_H_
#define LIB_FZL_VMO_MAPPER_H_

#include <stddef.h>
#include <stdint.h>

#include <utility>

#include <fbl/ref_ptr.h>
#include <lib/fzl/vmar-manager.h>
#include <lib/zx/vmar.h>
#include <lib/zx/vmo.h>
#include <zircon/assert.h>

namespace fzl
{

class VmoMapper
{
      public:
	VmoMapper() = default;
	~VmoMapper()
	{
		Unmap();
	}
	VmoMapper(VmoMapper &&other) noexcept
	{
		Take(other);
	}
	/* What was mapped here is unmapped. */
	VmoMapper &operator=(VmoMapper &&other) noexcept
	{
		if (&other != this) {
			Unmap();
			Take(other);
		}
		return *this;
	}
	VmoMapper(const VmoMapper &) = delete;
	VmoMapper &operator=(const VmoMapper &) = delete;

	/*
	 * Makes a VMO and maps all of it. With `vmo_out`, its handle is handed out, with
	 * `vmo_rights`. In this order:
	 *
	 * ZX_ERR_INVALID_ARGS   size 0
	 * ZX_ERR_BAD_STATE      something is mapped here
	 * ZX_ERR_INVALID_ARGS   the manager has no VMAR
	 * then the status of zx_vmo_create, zx_vmo_set_cache_policy (unless the policy is 0),
	 * zx_vmar_map, zx_handle_replace (unless the rights stay the same). After a failure nothing
	 * is mapped.
	 */
	zx_status_t CreateAndMap(uint64_t size, zx_vm_option_t map_flags,
				 fbl::RefPtr<VmarManager> vmar_manager = nullptr,
				 zx::vmo *vmo_out = nullptr,
				 zx_rights_t vmo_rights = ZX_RIGHT_SAME_RIGHTS,
				 uint32_t cache_policy = 0, uint32_t vmo_options = 0)
	{
		if (size == 0)
			return ZX_ERR_INVALID_ARGS;
		zx_status_t status = CheckReadyToMap(vmar_manager);
		if (status != ZX_OK)
			return status;

		zx::vmo vmo;
		status = zx::vmo::create(size, vmo_options, &vmo);
		if (status != ZX_OK)
			return status;
		if (cache_policy != 0) {
			status = vmo.set_cache_policy(cache_policy);
			if (status != ZX_OK)
				return status;
		}
		status = InternalMap(vmo, 0, size, map_flags, std::move(vmar_manager));
		if (status != ZX_OK || vmo_out == nullptr)
			return status;

		if (vmo_rights != ZX_RIGHT_SAME_RIGHTS) {
			status = vmo.replace(vmo_rights, &vmo);
			if (status != ZX_OK) {
				Unmap();
				return status;
			}
		}
		*vmo_out = std::move(vmo);
		return ZX_OK;
	}

	/*
	 * Maps [offset, offset + size) of a VMO; size 0 means up to its end. In this order:
	 *
	 * ZX_ERR_INVALID_ARGS   no VMO
	 * ZX_ERR_BAD_STATE      something is mapped here
	 * ZX_ERR_INVALID_ARGS   the manager has no VMAR
	 * the status of zx_vmo_get_size
	 * ZX_ERR_OUT_OF_RANGE   the range is not inside the VMO
	 * the status of zx_vmar_map
	 */
	zx_status_t Map(const zx::vmo &vmo, uint64_t offset = 0, uint64_t size = 0,
			zx_vm_option_t map_flags = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE,
			fbl::RefPtr<VmarManager> vmar_manager = nullptr)
	{
		if (!vmo.is_valid())
			return ZX_ERR_INVALID_ARGS;
		zx_status_t status = CheckReadyToMap(vmar_manager);
		if (status != ZX_OK)
			return status;

		uint64_t vmo_size = 0;
		status = vmo.get_size(&vmo_size);
		if (status != ZX_OK)
			return status;
		if (offset > vmo_size || size > vmo_size - offset)
			return ZX_ERR_OUT_OF_RANGE;
		return InternalMap(vmo, offset, size != 0 ? size : vmo_size - offset, map_flags,
				   std::move(vmar_manager));
	}

	/* Nothing, when nothing is mapped. */
	void Unmap()
	{
		if (start_ != 0) {
			[[maybe_unused]] const zx_status_t status =
				zx_vmar_unmap(VmarHandle(), start_, size_);

			ZX_DEBUG_ASSERT(status == ZX_OK);
		}
		manager_.reset();
		start_ = 0;
		size_ = 0;
	}

	void *start() const
	{
		return reinterpret_cast<void *>(start_);
	}
	/* As it was asked for, not rounded to pages. */
	uint64_t size() const
	{
		return size_;
	}
	const fbl::RefPtr<VmarManager> &manager() const
	{
		return manager_;
	}

      protected:
	zx_handle_t VmarHandle() const
	{
		return manager_ != nullptr ? manager_->vmar().get() : zx_vmar_root_self();
	}

	zx_status_t CheckReadyToMap(const fbl::RefPtr<VmarManager> &vmar_manager) const
	{
		if (start_ != 0)
			return ZX_ERR_BAD_STATE;
		if (vmar_manager != nullptr && !vmar_manager->vmar().is_valid())
			return ZX_ERR_INVALID_ARGS;
		return ZX_OK;
	}

	zx_status_t InternalMap(const zx::vmo &vmo, uint64_t offset, uint64_t size,
				zx_vm_option_t map_flags, fbl::RefPtr<VmarManager> vmar_manager)
	{
		const zx_handle_t vmar =
			vmar_manager != nullptr ? vmar_manager->vmar().get() : zx_vmar_root_self();
		uintptr_t start = 0;
		const zx_status_t status =
			zx_vmar_map(vmar, map_flags, 0, vmo.get(), offset, size, &start);

		if (status != ZX_OK)
			return status;
		start_ = start;
		size_ = size;
		manager_ = std::move(vmar_manager);
		return ZX_OK;
	}

	void Take(VmoMapper &other)
	{
		manager_ = std::move(other.manager_);
		start_ = std::exchange(other.start_, 0);
		size_ = std::exchange(other.size_, 0);
	}

	fbl::RefPtr<VmarManager> manager_;
	uintptr_t start_ = 0; /* 0: nothing is mapped */
	uint64_t size_ = 0;   /* bytes */
};

} // namespace fzl

#endif /* LIB_FZL_VMO_MAPPER_H_ */
