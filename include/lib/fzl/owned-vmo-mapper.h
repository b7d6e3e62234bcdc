/* fzl::OwnedVmoMapper: a mapping together with the handle of the VMO that is mapped. */
#ifndef LIB_FZL_OWNED_VMO_MAPPER_H_
#define LIB_FZL_OWNED_VMO_MAPPER_H_

#include <stdint.h>
#include <string.h>

#include <utility>

#include <lib/fzl/vmo-mapper.h>
#include <lib/zx/vmo.h>

namespace fzl
{

class OwnedVmoMapper : protected VmoMapper
{
      public:
	OwnedVmoMapper() = default;
	OwnedVmoMapper(OwnedVmoMapper &&) noexcept = default;
	OwnedVmoMapper &operator=(OwnedVmoMapper &&) noexcept = default;

	using VmoMapper::manager;
	using VmoMapper::size;
	using VmoMapper::start;

	/* As VmoMapper::CreateAndMap; the VMO gets the name as ZX_PROP_NAME. `name` may be null. */
	zx_status_t CreateAndMap(uint64_t size, const char *name,
				 zx_vm_option_t map_options = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE,
				 fbl::RefPtr<VmarManager> vmar_manager = nullptr,
				 uint32_t cache_policy = 0, uint32_t vmo_options = 0)
	{
		zx::vmo vmo;
		zx_status_t status =
			VmoMapper::CreateAndMap(size, map_options, std::move(vmar_manager), &vmo,
						ZX_RIGHT_SAME_RIGHTS, cache_policy, vmo_options);

		if (status != ZX_OK)
			return status;
		if (name != nullptr) {
			status = vmo.set_property(ZX_PROP_NAME, name, strlen(name));
			if (status != ZX_OK) {
				VmoMapper::Unmap();
				return status;
			}
		}
		vmo_ = std::move(vmo);
		return ZX_OK;
	}

	/* The VMO is taken over on success and closed otherwise. */
	zx_status_t Map(zx::vmo vmo, uint64_t size = 0,
			zx_vm_option_t map_options = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE,
			fbl::RefPtr<VmarManager> vmar_manager = nullptr)
	{
		const zx_status_t status =
			VmoMapper::Map(vmo, 0, size, map_options, std::move(vmar_manager));

		if (status == ZX_OK)
			vmo_ = std::move(vmo);
		return status;
	}

	void Reset()
	{
		VmoMapper::Unmap();
		vmo_.reset();
	}

	/* Unmaps, and gives the VMO away. */
	[[nodiscard]] zx::vmo Release()
	{
		VmoMapper::Unmap();
		return std::move(vmo_);
	}

	const zx::vmo &vmo() const
	{
		return vmo_;
	}

      protected:
	zx::vmo vmo_;
};

} // namespace fzl

#endif /* LIB_FZL_OWNED_VMO_MAPPER_H_ */
