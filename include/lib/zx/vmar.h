/* zx::vmar: the calls of <zircon/calls/vmar.h>. */
#ifndef LIB_ZX_VMAR_H_
#define LIB_ZX_VMAR_H_

#include <lib/zx/clock.h>
#include <lib/zx/iob.h>
#include <lib/zx/object.h>
#include <lib/zx/vmo.h>
#include <zircon/calls/vmar.h>
#include <zircon/process.h>

namespace zx
{

class vmar;

template <> struct object_traits<vmar> {
	static constexpr bool supports_duplication = true;
	static constexpr bool supports_user_signal = false;
	static constexpr bool supports_wait = false;
	static constexpr bool has_peer_handle = false;
};

/* The destructor closes the handle; the region and what is mapped in it live on. */
class vmar final : public object<vmar>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_VMAR;

	ZX_WRAPPER_(vmar);

	zx_status_t map(zx_vm_option_t options, size_t vmar_offset, const vmo &vmo,
			uint64_t vmo_offset, size_t len, zx_vaddr_t *ptr) const
	{
		return zx_vmar_map(get(), options, vmar_offset, vmo.get(), vmo_offset, len, ptr);
	}

	/* The order of arguments until 2019. */
	zx_status_t map(size_t vmar_offset, const vmo &vmo, uint64_t vmo_offset, size_t len,
			zx_vm_option_t options, zx_vaddr_t *ptr) const
	{
		return map(options, vmar_offset, vmo, vmo_offset, len, ptr);
	}

	zx_status_t map_iob(zx_vm_option_t options, size_t vmar_offset, const iob &iob,
			    uint32_t region_index, uint64_t region_offset, size_t region_len,
			    zx_vaddr_t *ptr) const
	{
		return zx_vmar_map_iob(get(), options, vmar_offset, iob.get(), region_index,
				       region_offset, region_len, ptr);
	}

	zx_status_t map_clock(zx_vm_option_t options, size_t vmar_offset, const clock &clock,
			      size_t len, zx_vaddr_t *ptr) const
	{
		return zx_vmar_map_clock(get(), options, vmar_offset, clock.get(), len, ptr);
	}

	zx_status_t unmap(uintptr_t address, size_t len) const
	{
		return zx_vmar_unmap(get(), address, len);
	}

	zx_status_t protect(zx_vm_option_t prot, uintptr_t address, size_t len) const
	{
		return zx_vmar_protect(get(), prot, address, len);
	}

	zx_status_t op_range(uint32_t op, uint64_t offset, uint64_t size, void *buffer,
			     size_t buffer_size) const
	{
		return zx_vmar_op_range(get(), op, offset, size, buffer, buffer_size);
	}

	zx_status_t destroy()
	{
		return zx_vmar_destroy(get());
	}

	/* `child` may be this VMAR: then its old handle is closed, also after a failure. */
	zx_status_t allocate(zx_vm_option_t options, size_t offset, size_t size, vmar *child,
			     uintptr_t *child_addr) const
	{
		vmar made;
		const zx_status_t status = zx_vmar_allocate(
			get(), options, offset, size, made.reset_and_get_address(), child_addr);

		child->reset(made.release());
		return status;
	}

	static unowned<vmar> root_self()
	{
		return unowned<vmar>(zx_vmar_root_self());
	}
};

using unowned_vmar = unowned<vmar>;

} // namespace zx

#endif /* LIB_ZX_VMAR_H_ */
