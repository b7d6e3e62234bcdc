/*
 * Exceptions: types, reports, channels.
 */
#ifndef ZIRCON_SYSCALLS_EXCEPTION_H_
#define ZIRCON_SYSCALLS_EXCEPTION_H_

#include <zircon/types.h>

__BEGIN_CDECLS

typedef uint32_t zx_excp_type_t;
typedef uint32_t zx_excp_policy_code_t;

/* Raised by the processor. */
#define ZX_EXCP_GENERAL ((zx_excp_type_t)0x008u)
#define ZX_EXCP_FATAL_PAGE_FAULT ((zx_excp_type_t)0x108u)
#define ZX_EXCP_UNDEFINED_INSTRUCTION ((zx_excp_type_t)0x208u)
#define ZX_EXCP_SW_BREAKPOINT ((zx_excp_type_t)0x308u)
#define ZX_EXCP_HW_BREAKPOINT ((zx_excp_type_t)0x408u)
#define ZX_EXCP_UNALIGNED_ACCESS ((zx_excp_type_t)0x508u)

/* Raised by software. */
#define ZX_EXCP_SYNTH ((zx_excp_type_t)0x8000u)
#define ZX_EXCP_THREAD_STARTING ((zx_excp_type_t)0x8008u)
#define ZX_EXCP_THREAD_EXITING ((zx_excp_type_t)0x8108u)
#define ZX_EXCP_POLICY_ERROR ((zx_excp_type_t)0x8208u)
#define ZX_EXCP_PROCESS_STARTING ((zx_excp_type_t)0x8308u)
#define ZX_EXCP_USER ((zx_excp_type_t)0x8309u)
#define ZX_EXCP_IS_ARCH(excp) ((ZX_EXCP_SYNTH & (excp)) == 0)

#define ZX_EXCP_POLICY_CODE_PORT_TOO_MANY_PACKETS ((zx_excp_policy_code_t)17u)
#define ZX_EXCP_POLICY_CODE_PORT_TOO_MANY_OBSERVERS ((zx_excp_policy_code_t)19u)
#define ZX_EXCP_POLICY_CODE_HANDLE_LEAK ((zx_excp_policy_code_t)20u)

#define ZX_EXCEPTION_CHANNEL_TYPE_NONE ((uint32_t)0u)
#define ZX_EXCEPTION_CHANNEL_TYPE_DEBUGGER ((uint32_t)1u)
#define ZX_EXCEPTION_CHANNEL_TYPE_THREAD ((uint32_t)2u)
#define ZX_EXCEPTION_CHANNEL_TYPE_PROCESS ((uint32_t)3u)
#define ZX_EXCEPTION_CHANNEL_TYPE_JOB ((uint32_t)4u)
#define ZX_EXCEPTION_CHANNEL_TYPE_JOB_DEBUGGER ((uint32_t)5u)

/* Option of zx_task_create_exception_channel. */
#define ZX_EXCEPTION_CHANNEL_DEBUGGER ((uint32_t)1u)

typedef struct zx_x86_64_exc_data {
	uint64_t vector;
	uint64_t err_code;
	uint64_t cr2;
} zx_x86_64_exc_data_t;

typedef struct zx_arm64_exc_data {
	uint32_t esr;
	uint8_t padding1[4];
	uint64_t far;
	uint8_t padding2[8];
} zx_arm64_exc_data_t;

typedef struct zx_riscv64_exc_data {
	uint64_t cause;
	uint64_t tval;
	uint8_t padding1[8];
} zx_riscv64_exc_data_t;

typedef struct zx_exception_header {
	uint32_t size; /* bytes of the report, this header included */
	zx_excp_type_t type;
} zx_exception_header_t;

typedef struct zx_exception_arch {
	union {
		zx_x86_64_exc_data_t x86_64;
		zx_arm64_exc_data_t arm_64;
		zx_riscv64_exc_data_t riscv_64;
	} u;
} zx_exception_arch_t;

typedef struct zx_exception_context {
	zx_exception_arch_t arch;
	uint32_t synth_code; /* a ZX_EXCP_POLICY_CODE_* with ZX_EXCP_POLICY_ERROR */
	uint32_t synth_data;
} zx_exception_context_t;

typedef struct zx_exception_report {
	zx_exception_header_t header;
	zx_exception_context_t context;
} zx_exception_report_t;

typedef struct zx_exception_context_v1 {
	zx_exception_arch_t arch;
} zx_exception_context_v1_t;

typedef struct zx_exception_report_v1 {
	zx_exception_header_t header;
	zx_exception_context_v1_t context;
} zx_exception_report_v1_t;

/* What an exception channel delivers. */
typedef struct zx_exception_info {
	zx_koid_t pid;
	zx_koid_t tid;
	zx_excp_type_t type;
	uint8_t padding1[4];
} zx_exception_info_t;

__END_CDECLS

#endif /* ZIRCON_SYSCALLS_EXCEPTION_H_ */
