/* zx::interrupt */
#ifndef LIB_ZX_INTERRUPT_H_
#define LIB_ZX_INTERRUPT_H_

#include <lib/zx/object.h>
#include <lib/zx/port.h>
#include <lib/zx/resource.h>
#include <lib/zx/time.h>
#include <zircon/calls/device.h>

namespace zx
{

class interrupt final : public object<interrupt>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_INTERRUPT;

	ZX_WRAPPER_(interrupt);

	static zx_status_t create(const resource &resource, uint32_t vector, uint32_t options,
				  interrupt *result)
	{
		return zx_interrupt_create(resource.get(), vector, options,
					   result->reset_and_get_address());
	}

	/* `timestamp` may be null. */
	zx_status_t wait(zx::time_boot *timestamp) const
	{
		return zx_interrupt_wait(get(),
					 timestamp == nullptr ? nullptr : timestamp->get_address());
	}
	/* Of an interrupt whose times are those of the monotonic clock, and in older programs. */
	zx_status_t wait(zx::time *timestamp) const
	{
		return zx_interrupt_wait(get(),
					 timestamp == nullptr ? nullptr : timestamp->get_address());
	}
	zx_status_t wait(std::nullptr_t) const
	{
		return zx_interrupt_wait(get(), nullptr);
	}

	zx_status_t destroy() const
	{
		return zx_interrupt_destroy(get());
	}

	zx_status_t trigger(uint32_t options, zx::time_boot timestamp) const
	{
		return zx_interrupt_trigger(get(), options, timestamp.get());
	}
	zx_status_t trigger(uint32_t options, zx::time timestamp) const
	{
		return zx_interrupt_trigger(get(), options, timestamp.get());
	}

	zx_status_t bind(const port &port, uint64_t key, uint32_t options) const
	{
		return zx_interrupt_bind(get(), port.get(), key, options);
	}

	zx_status_t ack() const
	{
		return zx_interrupt_ack(get());
	}
};

using unowned_interrupt = unowned<interrupt>;

} // namespace zx

#endif /* LIB_ZX_INTERRUPT_H_ */
