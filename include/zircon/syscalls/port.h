/*
 * Packets of ports.
 */
#ifndef ZIRCON_SYSCALLS_PORT_H_
#define ZIRCON_SYSCALLS_PORT_H_

#include <zircon/types.h>

__BEGIN_CDECLS

typedef uint32_t zx_packet_type_t;

/* zx_object_wait_async. */
#define ZX_WAIT_ASYNC_ONCE ((uint32_t)0u)
#define ZX_WAIT_ASYNC_TIMESTAMP ((uint32_t)1u)
#define ZX_WAIT_ASYNC_EDGE ((uint32_t)2u)
#define ZX_WAIT_ASYNC_BOOT_TIMESTAMP ((uint32_t)4u)

/* zx_port_create. */
#define ZX_PORT_BIND_TO_INTERRUPT ((uint32_t)(0x1u << 0))

/* zx_port_packet_t.type; 2 and 8 are retired. */
#define ZX_PKT_TYPE_USER ((zx_packet_type_t)0x00u)
#define ZX_PKT_TYPE_SIGNAL_ONE ((zx_packet_type_t)0x01u)
#define ZX_PKT_TYPE_GUEST_BELL ((zx_packet_type_t)0x03u)
#define ZX_PKT_TYPE_GUEST_MEM ((zx_packet_type_t)0x04u)
#define ZX_PKT_TYPE_GUEST_IO ((zx_packet_type_t)0x05u)
#define ZX_PKT_TYPE_GUEST_VCPU ((zx_packet_type_t)0x06u)
#define ZX_PKT_TYPE_INTERRUPT ((zx_packet_type_t)0x07u)
#define ZX_PKT_TYPE_PAGE_REQUEST ((zx_packet_type_t)0x09u)
#define ZX_PKT_TYPE_PROCESSOR_POWER_LEVEL_TRANSITION_REQUEST ((zx_packet_type_t)0x0Au)

#define ZX_PKT_IS_USER(type) ((type) == ZX_PKT_TYPE_USER)
#define ZX_PKT_IS_SIGNAL_ONE(type) ((type) == ZX_PKT_TYPE_SIGNAL_ONE)
#define ZX_PKT_IS_GUEST_BELL(type) ((type) == ZX_PKT_TYPE_GUEST_BELL)
#define ZX_PKT_IS_GUEST_MEM(type) ((type) == ZX_PKT_TYPE_GUEST_MEM)
#define ZX_PKT_IS_GUEST_IO(type) ((type) == ZX_PKT_TYPE_GUEST_IO)
#define ZX_PKT_IS_GUEST_VCPU(type) ((type) == ZX_PKT_TYPE_GUEST_VCPU)
#define ZX_PKT_IS_INTERRUPT(type) ((type) == ZX_PKT_TYPE_INTERRUPT)
#define ZX_PKT_IS_PAGE_REQUEST(type) ((type) == ZX_PKT_TYPE_PAGE_REQUEST)

/* zx_packet_guest_vcpu_t.type. */
#define ZX_PKT_GUEST_VCPU_INTERRUPT ((uint32_t)0u)
#define ZX_PKT_GUEST_VCPU_STARTUP ((uint32_t)1u)
#define ZX_PKT_GUEST_VCPU_EXIT ((uint32_t)2u)

/* zx_packet_page_request_t.command. */
#define ZX_PAGER_VMO_READ ((uint16_t)0u)
#define ZX_PAGER_VMO_COMPLETE ((uint16_t)1u)
#define ZX_PAGER_VMO_DIRTY ((uint16_t)2u)

/* Payloads: 32 bytes each. */

typedef union zx_packet_user {
	uint64_t u64[4];
	uint32_t u32[8];
	uint16_t u16[16];
	uint8_t c8[32];
} zx_packet_user_t;

typedef struct zx_packet_signal {
	zx_signals_t trigger;  /* what was waited for */
	zx_signals_t observed; /* complete state when the wait ended */
	uint64_t count;        /* 1 */
	zx_time_t timestamp;   /* when, if asked for; else 0 */
	uint64_t reserved1;
} zx_packet_signal_t;

typedef struct zx_packet_guest_bell {
	zx_gpaddr_t addr;
	uint64_t reserved0;
	uint64_t reserved1;
	uint64_t reserved2;
} zx_packet_guest_bell_t;

#if defined(__aarch64__)
typedef struct zx_packet_guest_mem {
	zx_gpaddr_t addr;
	uint8_t access_size;
	bool sign_extend;
	uint8_t xt;
	bool read;
	uint8_t padding1[4];
	uint64_t data;
	uint64_t reserved;
} zx_packet_guest_mem_t;
#else
typedef struct zx_packet_guest_mem {
	zx_gpaddr_t addr;
	zx_gpaddr_t cr3;
	zx_vaddr_t rip;
	uint8_t instruction_size;
	uint8_t default_operand_size;
	uint8_t reserved[6];
} zx_packet_guest_mem_t;
#endif

typedef struct zx_packet_guest_io {
	uint16_t port;
	uint8_t access_size; /* bytes */
	bool input;
	__extension__ union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint8_t data[4];
	};
	uint64_t reserved0;
	uint64_t reserved1;
	uint64_t reserved2;
} zx_packet_guest_io_t;

typedef struct zx_packet_guest_vcpu_interrupt {
	uint64_t mask;
	uint8_t vector;
	uint8_t padding1[7];
} zx_packet_guest_vcpu_interrupt_t;

typedef struct zx_packet_guest_vcpu_startup {
	uint64_t id;
	zx_gpaddr_t entry;
} zx_packet_guest_vcpu_startup_t;

typedef struct zx_packet_guest_vcpu_exit {
	int64_t retcode;
	uint64_t reserved;
} zx_packet_guest_vcpu_exit_t;

typedef struct zx_packet_guest_vcpu {
	uint32_t type; /* ZX_PKT_GUEST_VCPU_* */
	uint8_t padding1[4];
	__extension__ union {
		zx_packet_guest_vcpu_interrupt_t interrupt;
		zx_packet_guest_vcpu_startup_t startup;
		zx_packet_guest_vcpu_exit_t exit;
	};
	uint64_t reserved;
} zx_packet_guest_vcpu_t;

typedef struct zx_packet_interrupt {
	zx_instant_boot_t timestamp;
	uint64_t reserved0;
	uint64_t reserved1;
	uint64_t reserved2;
} zx_packet_interrupt_t;

typedef struct zx_packet_page_request {
	uint16_t command; /* ZX_PAGER_VMO_* */
	uint16_t flags;   /* 0 */
	uint32_t reserved0;
	uint64_t offset; /* bytes, page-aligned */
	uint64_t length; /* bytes, page-aligned; 0 with ZX_PAGER_VMO_COMPLETE */
	uint64_t reserved1;
} zx_packet_page_request_t;

typedef struct zx_packet_processor_power_level_transition_request {
	uint32_t domain_id;
	uint32_t options;
	uint64_t control_interface;
	uint64_t control_argument;
	uint64_t reserved;
} zx_packet_processor_power_level_transition_request_t;

typedef struct zx_port_packet {
	uint64_t key; /* chosen by the program */
	zx_packet_type_t type;
	zx_status_t status;
	__extension__ union {
		zx_packet_user_t user;
		zx_packet_signal_t signal;
		zx_packet_guest_bell_t guest_bell;
		zx_packet_guest_mem_t guest_mem;
		zx_packet_guest_io_t guest_io;
		zx_packet_guest_vcpu_t guest_vcpu;
		zx_packet_interrupt_t interrupt;
		zx_packet_page_request_t page_request;
		zx_packet_processor_power_level_transition_request_t
			processor_power_level_transition;
	};
} zx_port_packet_t;

__END_CDECLS

#endif /* ZIRCON_SYSCALLS_PORT_H_ */
