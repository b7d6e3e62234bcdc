/*
 * Types and descriptors of zx_iommu_create.
 */
#ifndef ZIRCON_SYSCALLS_IOMMU_H_
#define ZIRCON_SYSCALLS_IOMMU_H_

#include <zircon/types.h>

__BEGIN_CDECLS

#define ZX_IOMMU_TYPE_DUMMY ((uint32_t)0u)
#define ZX_IOMMU_TYPE_STUB ZX_IOMMU_TYPE_DUMMY /* newer name */
#define ZX_IOMMU_TYPE_INTEL ((uint32_t)1u)

#define ZX_IOMMU_MAX_DESC_LEN 4096

typedef struct zx_iommu_desc_dummy {
	uint8_t reserved;
} zx_iommu_desc_dummy_t;
typedef zx_iommu_desc_dummy_t zx_iommu_desc_stub_t;

__END_CDECLS

#endif /* ZIRCON_SYSCALLS_IOMMU_H_ */
