/*
 * I/O buffers: memory regions shared by two endpoints, each with its own access.
 */
#ifndef ZIRCON_SYSCALLS_IOB_H_
#define ZIRCON_SYSCALLS_IOB_H_

#include <zircon/types.h>

__BEGIN_CDECLS

typedef uint64_t zx_iob_discipline_type_t;
typedef uint32_t zx_iob_region_type_t;
typedef uint32_t zx_iob_access_t;
typedef uint32_t zx_iob_allocate_id_options_t;
typedef uint64_t zx_iob_write_options_t;

#define ZX_IOB_MAX_REGIONS 64

#define ZX_IOB_DISCIPLINE_TYPE_NONE ((zx_iob_discipline_type_t)0u)
#define ZX_IOB_DISCIPLINE_TYPE_ID_ALLOCATOR ((zx_iob_discipline_type_t)1u)
#define ZX_IOB_DISCIPLINE_TYPE_MEDIATED_WRITE_RING_BUFFER ((zx_iob_discipline_type_t)2u)

#define ZX_IOB_REGION_TYPE_PRIVATE ((zx_iob_region_type_t)0u)
#define ZX_IOB_REGION_TYPE_SHARED ((zx_iob_region_type_t)1u)

#define ZX_IOB_ACCESS_EP0_CAN_MAP_READ ((zx_iob_access_t)(1u << 0))
#define ZX_IOB_ACCESS_EP0_CAN_MAP_WRITE ((zx_iob_access_t)(1u << 1))
#define ZX_IOB_ACCESS_EP0_CAN_MEDIATED_READ ((zx_iob_access_t)(1u << 2))
#define ZX_IOB_ACCESS_EP0_CAN_MEDIATED_WRITE ((zx_iob_access_t)(1u << 3))
#define ZX_IOB_ACCESS_EP1_CAN_MAP_READ ((zx_iob_access_t)(1u << 4))
#define ZX_IOB_ACCESS_EP1_CAN_MAP_WRITE ((zx_iob_access_t)(1u << 5))
#define ZX_IOB_ACCESS_EP1_CAN_MEDIATED_READ ((zx_iob_access_t)(1u << 6))
#define ZX_IOB_ACCESS_EP1_CAN_MEDIATED_WRITE ((zx_iob_access_t)(1u << 7))

typedef struct zx_iob_discipline_mediated_write_ring_buffer {
	uint64_t tag; /* put in front of every message */
	uint8_t padding[56];
} zx_iob_discipline_mediated_write_ring_buffer_t;

typedef struct zx_iob_discipline {
	zx_iob_discipline_type_t type;
	__extension__ union {
		zx_iob_discipline_mediated_write_ring_buffer_t ring_buffer;
		uint64_t reserved[8];
	};
} zx_iob_discipline_t;

/* Memory made for the I/O buffer and gone with it. */
typedef struct zx_iob_region_private {
	uint32_t options;
	uint32_t padding1;
	uint64_t padding2[3];
} zx_iob_region_private_t;

/* Memory of an object from zx_iob_create_shared_region. */
typedef struct zx_iob_region_shared {
	uint32_t options;
	zx_handle_t shared_region;
	uint64_t padding[3];
} zx_iob_region_shared_t;

typedef struct zx_iob_region {
	zx_iob_region_type_t type;
	zx_iob_access_t access;
	uint64_t size; /* bytes, rounded up to pages; 0 for a shared region */
	zx_iob_discipline_t discipline;
	__extension__ union {
		zx_iob_region_private_t private_region;
		zx_iob_region_shared_t shared_region;
		uint8_t max_extension[32];
	};
} zx_iob_region_t;

/* One row of ZX_INFO_IOB_REGIONS. The EP0 bits describe the endpoint that asks. */
typedef struct zx_iob_region_info {
	zx_iob_region_t region;
	zx_koid_t koid; /* of the memory */
} zx_iob_region_info_t;

typedef struct zx_info_iob {
	uint64_t options;
	uint32_t region_count;
	uint8_t padding1[4];
} zx_info_iob_t;

__END_CDECLS

#endif /* ZIRCON_SYSCALLS_IOB_H_ */
