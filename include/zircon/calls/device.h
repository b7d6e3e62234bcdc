/*
 * What drivers use: resources, bus transaction initiators, pinned memory, interrupts. What holds
 * for every call is said in zircon/syscalls.h. "Resource errors" are ZX_ERR_BAD_HANDLE,
 * ZX_ERR_WRONG_TYPE (no resource, or of another kind) and ZX_ERR_OUT_OF_RANGE (it does not cover
 * the range), in this order.
 */
#ifndef ZIRCON_CALLS_DEVICE_H_
#define ZIRCON_CALLS_DEVICE_H_

#include <zircon/syscalls/smc.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Makes a bus transaction initiator: what a device sees memory through. options is 0; bti_id is the
 * device's number on the bus. The handle has ZX_DEFAULT_BTI_RIGHTS.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  options is not 0
 *   ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   iommu is no open IOMMU handle
 *   ZX_ERR_INVALID_ARGS  the IOMMU has no such bti_id; the dummy has all
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  out cannot be written
 *
 * Source: Zircon reference, zx_bti_create.
 */
__ZX_CALL(zx_status_t, zx_bti_create,
	  (zx_handle_t iommu, uint32_t options, uint64_t bti_id, zx_handle_t *out));

/*
 * Keeps [offset, offset + size) of a VMO in place, committing it, and stores the addresses at which
 * a device finds it: one per page, one per minimum contiguity (ZX_INFO_BTI) with ZX_BTI_COMPRESS,
 * one in all with ZX_BTI_CONTIGUOUS. num_addrs is exactly that number. `pmt` gets the handle with
 * which to end it: zx_pmt_unpin. Closing that handle instead quarantines the pages.
 *
 * options: at least one of ZX_BTI_PERM_READ, _WRITE, _EXECUTE, and one of COMPRESS and CONTIGUOUS
 * if wanted.
 *
 * Errors, in order:
 *   handle errors        handle is no open BTI handle with ZX_RIGHT_MAP
 *   ZX_ERR_INVALID_ARGS  offset or size not page-aligned; more addresses than a call can have
 *   ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   vmo is no open VMO handle
 *   ZX_ERR_ACCESS_DENIED vmo lacks MAP, or READ (for PERM_READ and PERM_EXECUTE) or WRITE
 *   ZX_ERR_INVALID_ARGS  COMPRESS with CONTIGUOUS; CONTIGUOUS, and the VMO is not; other options;
 *                        size is 0
 *   ZX_ERR_OUT_OF_RANGE  outside the VMO
 *   ZX_ERR_NOT_FOUND     the VMO is discardable and was discarded
 *   ZX_ERR_NO_MEMORY, or the pager's error   a page could not be had
 *   ZX_ERR_UNAVAILABLE   a page is pinned too often
 *   ZX_ERR_BAD_STATE     the BTI has pages in quarantine, or lost its last handle
 *   ZX_ERR_INVALID_ARGS  no PERM option; num_addrs is another number
 *   ZX_ERR_INVALID_ARGS  addrs or pmt cannot be written
 *
 * Source: Zircon reference, zx_bti_pin.
 */
__ZX_CALL(zx_status_t, zx_bti_pin,
	  (zx_handle_t handle, uint32_t options, zx_handle_t vmo, uint64_t offset, uint64_t size,
	   zx_paddr_t *addrs, size_t num_addrs, zx_handle_t *pmt));

/*
 * Unpins all pages in the quarantine of a BTI. The caller vouches that no device uses them.
 *
 * Errors, in order:
 *   handle errors        handle is no open BTI handle with ZX_RIGHT_WRITE
 *
 * Source: Zircon reference, zx_bti_release_quarantine.
 */
__ZX_CALL(zx_status_t, zx_bti_release_quarantine, (zx_handle_t handle));

/*
 * Unpins the pages of a pinned memory token. The call takes the handle, whatever it answers. No
 * right is needed.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *   ZX_ERR_WRONG_TYPE    handle is no pinned memory token; it is closed now
 *
 * Source: Zircon reference, zx_pmt_unpin.
 */
__ZX_CALL(zx_status_t, zx_pmt_unpin, (zx_handle_t handle));

/*
 * Makes an IOMMU of a type (ZX_IOMMU_TYPE_*) from its descriptor of desc_size bytes. Emulated is
 * the dummy, which passes addresses through.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    resource is not open
 *   ZX_ERR_WRONG_TYPE    resource is neither root nor ZX_RSRC_SYSTEM_IOMMU_BASE
 *   ZX_ERR_INVALID_ARGS  desc_size is more than ZX_IOMMU_MAX_DESC_LEN, or desc cannot be read
 *   ZX_ERR_NOT_SUPPORTED another type
 *   ZX_ERR_INVALID_ARGS  desc_size is not that of zx_iommu_desc_dummy_t
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  out cannot be written
 *
 * Source: Zircon reference, zx_iommu_create.
 */
__ZX_CALL(zx_status_t, zx_iommu_create,
	  (zx_handle_t resource, uint32_t type, const void *desc, size_t desc_size,
	   zx_handle_t *out));

/*
 * Makes a resource for [base, base + size) out of one that covers it. options holds the kind
 * (ZX_RSRC_KIND_*) and ZX_RSRC_FLAG_EXCLUSIVE if nobody else may have the range. Of the name
 * (name_size bytes) the first 31 are kept.
 *
 * Errors, in order:
 *   handle errors        parent_rsrc is no open resource handle with ZX_RIGHT_WRITE
 *   ZX_ERR_INVALID_ARGS  unknown kind or flag
 *   ZX_ERR_ACCESS_DENIED the parent does not cover it
 *   ZX_ERR_INVALID_ARGS  a parent that is no root, and it or the child is exclusive
 *   ZX_ERR_INVALID_ARGS  name cannot be read; root with a range; any other with size 0 or a range
 *                        that wraps
 *   ZX_ERR_BAD_STATE     there is nothing of the kind to hand out
 *   ZX_ERR_NOT_FOUND     the range is taken, or not there
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  resource_out cannot be written
 *
 * Source: Zircon reference, zx_resource_create.
 */
__ZX_CALL(zx_status_t, zx_resource_create,
	  (zx_handle_t parent_rsrc, uint32_t options, uint64_t base, size_t size, const char *name,
	   size_t name_size, zx_handle_t *resource_out));

/*
 * Makes an interrupt. With ZX_INTERRUPT_VIRTUAL, and ZX_INTERRUPT_TIMESTAMP_MONO if wanted, it is
 * one that programs trigger; src_obj and src_num are not looked at. The handle has
 * ZX_DEFAULT_INTERRUPT_RIGHTS.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  VIRTUAL with other options
 *   resource errors      without VIRTUAL: src_obj is no IRQ resource that covers src_num
 *   ZX_ERR_NOT_SUPPORTED without VIRTUAL
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  out_handle cannot be written
 *
 * Source: Zircon reference, zx_interrupt_create.
 */
__ZX_CALL(zx_status_t, zx_interrupt_create,
	  (zx_handle_t src_obj, uint32_t src_num, uint32_t options, zx_handle_t *out_handle));

/*
 * Has the interrupt queue packets of type ZX_PKT_TYPE_INTERRUPT with `key` on a port
 * (ZX_INTERRUPT_BIND), or no longer (ZX_INTERRUPT_UNBIND, which removes a queued one).
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  other options
 *   handle errors        handle is no open interrupt handle with ZX_RIGHT_READ
 *   handle errors        port_handle is no open port handle with ZX_RIGHT_WRITE
 *   ZX_ERR_WRONG_TYPE    the port was made without ZX_PORT_BIND_TO_INTERRUPT
 *   ZX_ERR_CANCELED      the interrupt is destroyed (BIND)
 *   ZX_ERR_BAD_STATE     BIND: a thread waits for the interrupt
 *   ZX_ERR_ALREADY_BOUND BIND: it is bound
 *   ZX_ERR_NOT_FOUND     UNBIND: it is not bound to this port
 *   ZX_ERR_CANCELED      the interrupt is destroyed (UNBIND)
 *
 * Source: Zircon reference, zx_interrupt_bind.
 */
__ZX_CALL(zx_status_t, zx_interrupt_bind,
	  (zx_handle_t handle, zx_handle_t port_handle, uint64_t key, uint32_t options));

/*
 * Waits until the interrupt triggers. Waiting again acknowledges. out_timestamp, optional: when it
 * triggered.
 *
 * Errors, in order:
 *   handle errors        handle is no open interrupt handle with ZX_RIGHT_WAIT
 *   ZX_ERR_BAD_STATE     it is bound to a port, or another thread waits
 *   ZX_ERR_CANCELED      it is or gets destroyed
 *   ZX_ERR_INVALID_ARGS  out_timestamp cannot be written
 *
 * Source: Zircon reference, zx_interrupt_wait.
 */
__ZX_CALL(zx_status_t, zx_interrupt_wait, (zx_handle_t handle, zx_instant_boot_t *out_timestamp));

/*
 * Ends the life of an interrupt; who waits gets ZX_ERR_CANCELED. The handle stays open. No right is
 * needed. Doing it again is fine.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   handle is no open interrupt handle
 *   ZX_ERR_NOT_FOUND     its packet was read from the port and not acknowledged; it is destroyed
 *
 * Source: Zircon reference, zx_interrupt_destroy.
 */
__ZX_CALL(zx_status_t, zx_interrupt_destroy, (zx_handle_t handle));

/*
 * Acknowledges a packet of a bound interrupt, so that the next trigger queues another one.
 *
 * Errors, in order:
 *   handle errors        handle is no open interrupt handle with ZX_RIGHT_WRITE
 *   ZX_ERR_BAD_STATE     it is not bound to a port
 *   ZX_ERR_CANCELED      it is destroyed
 *   ZX_ERR_BAD_STATE     a second trigger waits and the first packet was not read
 *
 * Source: Zircon reference, zx_interrupt_ack.
 */
__ZX_CALL(zx_status_t, zx_interrupt_ack, (zx_handle_t handle));

/*
 * Triggers a virtual interrupt. options is 0. Of several triggers before an acknowledgement one is
 * kept, with the timestamp of the first.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  options is not 0
 *   handle errors        handle is no open interrupt handle with ZX_RIGHT_SIGNAL
 *   ZX_ERR_BAD_STATE     it is not virtual
 *   ZX_ERR_CANCELED      it is destroyed
 *
 * Source: Zircon reference, zx_interrupt_trigger.
 */
__ZX_CALL(zx_status_t, zx_interrupt_trigger,
	  (zx_handle_t handle, uint32_t options, zx_instant_boot_t timestamp));

/*
 * Gives the process access to `len` I/O ports from io_addr. Only with a resource of
 * lib/fake-resource/resource.h does this succeed, and then nothing happens.
 *
 * Errors, in order:
 *   resource errors      resource is no IOPORT resource that covers the ports
 *   ZX_ERR_NOT_SUPPORTED it is, and is a real one
 *
 * Source: Zircon reference, zx_ioports_request.
 */
__ZX_CALL(zx_status_t, zx_ioports_request, (zx_handle_t resource, uint16_t io_addr, uint32_t len));

/*
 * Takes that access back. Only with a resource of
 * lib/fake-resource/resource.h does this succeed, and then nothing happens.
 *
 * Errors, in order:
 *   resource errors      resource is no IOPORT resource that covers the ports
 *   ZX_ERR_NOT_SUPPORTED it is, and is a real one
 *
 * Source: Zircon reference, zx_ioports_release.
 */
__ZX_CALL(zx_status_t, zx_ioports_release, (zx_handle_t resource, uint16_t io_addr, uint32_t len));

/*
 * Tells the format and size of the screen that firmware set up. There is none.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    no resource
 *   ZX_ERR_WRONG_TYPE    no resource for the screen
 *   ZX_ERR_INVALID_ARGS  otherwise
 *
 * Source: Zircon reference, zx_framebuffer_get_info.
 */
__ZX_CALL(zx_status_t, zx_framebuffer_get_info,
	  (zx_handle_t resource, uint32_t *format, uint32_t *width, uint32_t *height,
	   uint32_t *stride));

/*
 * Makes a VMO the memory of that screen. Not emulated.
 * Source: Zircon reference, zx_framebuffer_set_range.
 */
__ZX_CALL(zx_status_t, zx_framebuffer_set_range,
	  (zx_handle_t resource, zx_handle_t vmo, uint32_t len, uint32_t format, uint32_t width,
	   uint32_t height, uint32_t stride));

/*
 * Calls the firmware of an Arm processor. Nobody is called.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS   a pointer is NULL, or the parameters cannot be read
 *   ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_OUT_OF_RANGE, ZX_ERR_ACCESS_DENIED
 *                         the resource does not permit the service
 *   ZX_ERR_NOT_SUPPORTED  otherwise
 *
 * Source: Zircon reference, zx_smc_call.
 */
__ZX_CALL(zx_status_t, zx_smc_call,
	  (zx_handle_t handle, const zx_smc_parameters_t *parameters,
	   zx_smc_result_t *out_smc_result));

/*
 * Allocates `count` message signalled interrupts. There are none.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE     no resource
 *   ZX_ERR_WRONG_TYPE     no resource for message signalled interrupts
 *   ZX_ERR_NOT_SUPPORTED  otherwise
 *
 * Source: Zircon reference, zx_msi_allocate.
 */
__ZX_CALL(zx_status_t, zx_msi_allocate,
	  (zx_handle_t handle, uint32_t count, zx_handle_t *out_allocation));

/*
 * Makes an interrupt out of such an allocation. There are none.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE     no resource
 *   ZX_ERR_WRONG_TYPE     no resource for message signalled interrupts
 *   ZX_ERR_NOT_SUPPORTED  otherwise
 *
 * Source: Zircon reference, zx_msi_create.
 */
__ZX_CALL(zx_status_t, zx_msi_create,
	  (zx_handle_t handle, uint32_t options, uint32_t msi_id, zx_handle_t vmo,
	   size_t vmo_offset, zx_handle_t *out_interrupt));

__END_CDECLS

#endif /* ZIRCON_CALLS_DEVICE_H_ */
