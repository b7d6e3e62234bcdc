/*
 * PCI devices, as drivers name their parts.
 */
#ifndef ZIRCON_SYSCALLS_PCI_H_
#define ZIRCON_SYSCALLS_PCI_H_

#include <zircon/types.h>

__BEGIN_CDECLS

typedef uint32_t zx_pci_bar_types_t;

#define ZX_PCI_BAR_TYPE_UNUSED ((zx_pci_bar_types_t)0u)
#define ZX_PCI_BAR_TYPE_MMIO ((zx_pci_bar_types_t)1u)
#define ZX_PCI_BAR_TYPE_PIO ((zx_pci_bar_types_t)2u)

#define ZX_PCI_MAX_BUSSES 256u
#define ZX_PCI_MAX_DEVICES_PER_BUS 32u
#define ZX_PCI_MAX_FUNCTIONS_PER_DEVICE 8u
#define ZX_PCI_MAX_FUNCTIONS_PER_BUS (ZX_PCI_MAX_DEVICES_PER_BUS * ZX_PCI_MAX_FUNCTIONS_PER_DEVICE)
#define ZX_PCI_MAX_LEGACY_IRQ_PINS 4u
#define ZX_PCI_MAX_MSI_IRQS 32u
#define ZX_PCI_MAX_MSIX_IRQS 2048u
#define ZX_PCI_STANDARD_CONFIG_HDR_SIZE 64u
#define ZX_PCI_BASE_CONFIG_SIZE 256u
#define ZX_PCI_EXTENDED_CONFIG_SIZE 4096u
#define ZX_PCI_MAX_BAR_REGS 6u
#define ZX_PCI_NO_IRQ_MAPPING UINT32_MAX

typedef struct zx_pcie_device_info {
	uint16_t vendor_id;
	uint16_t device_id;
	uint8_t base_class;
	uint8_t sub_class;
	uint8_t program_interface;
	uint8_t revision_id;
	uint8_t bus_id;
	uint8_t dev_id;
	uint8_t func_id;
	uint8_t padding1;
} zx_pcie_device_info_t;

__END_CDECLS

#endif /* ZIRCON_SYSCALLS_PCI_H_ */
