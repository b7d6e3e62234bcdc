/*
 * fzl::VmarManager: a sub-VMAR of one's own, in which mappers of this directory can put their
 * mappings. It is destroyed, with all that is mapped in it, when its last reference goes. Managers
 * nest: a child keeps its parent.
 */
#ifndef LIB_FZL_VMAR_MANAGER_H_
#define LIB_FZL_VMAR_MANAGER_H_

#include <stddef.h>
#include <stdint.h>

#include <utility>

#include <fbl/ref_counted.h>
#include <fbl/ref_ptr.h>
#include <lib/zx/vmar.h>

namespace fzl
{

class VmarManager : public fbl::RefCounted<VmarManager>
{
      public:
	/* Null for size 0, for a parent without a VMAR, and when zx_vmar_allocate refuses. */
	static fbl::RefPtr<VmarManager>
	Create(size_t size, fbl::RefPtr<VmarManager> parent = nullptr,
	       zx_vm_option_t options = ZX_VM_COMPACT | ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE)
	{
		if (size == 0 || (parent != nullptr && !parent->vmar().is_valid()))
			return nullptr;

		const zx_handle_t in =
			parent != nullptr ? parent->vmar().get() : zx_vmar_root_self();
		zx::vmar vmar;
		uintptr_t start = 0;

		if (zx_vmar_allocate(in, options, 0, size, vmar.reset_and_get_address(), &start) !=
		    ZX_OK)
			return nullptr;
		return fbl::AdoptRef(
			new VmarManager(std::move(vmar), start, size, std::move(parent)));
	}

	~VmarManager()
	{
		if (vmar_.is_valid())
			vmar_.destroy();
	}

	const zx::vmar &vmar() const
	{
		return vmar_;
	}
	void *start() const
	{
		return reinterpret_cast<void *>(start_);
	}
	size_t size() const
	{
		return size_;
	}
	const fbl::RefPtr<VmarManager> &parent() const
	{
		return parent_;
	}

      private:
	VmarManager(zx::vmar vmar, uintptr_t start, size_t size, fbl::RefPtr<VmarManager> parent)
	    : parent_(std::move(parent)), vmar_(std::move(vmar)), start_(start), size_(size)
	{
	}

	const fbl::RefPtr<VmarManager> parent_;
	zx::vmar vmar_;
	const uintptr_t start_;
	const size_t size_;
};

} // namespace fzl

#endif /* LIB_FZL_VMAR_MANAGER_H_ */
