/*
 * Power control and performance of processors.
 */
#ifndef ZIRCON_SYSCALLS_SYSTEM_H_
#define ZIRCON_SYSCALLS_SYSTEM_H_

#include <zircon/types.h>

__BEGIN_CDECLS

#define ZX_SYSTEM_POWERCTL_ENABLE_ALL_CPUS ((uint32_t)1u)
#define ZX_SYSTEM_POWERCTL_DISABLE_ALL_CPUS_BUT_PRIMARY ((uint32_t)2u)
#define ZX_SYSTEM_POWERCTL_ACPI_TRANSITION_S_STATE ((uint32_t)3u)
#define ZX_SYSTEM_POWERCTL_X86_SET_PKG_PL1 ((uint32_t)4u)
#define ZX_SYSTEM_POWERCTL_REBOOT ((uint32_t)5u)
#define ZX_SYSTEM_POWERCTL_REBOOT_BOOTLOADER ((uint32_t)6u)
#define ZX_SYSTEM_POWERCTL_REBOOT_RECOVERY ((uint32_t)7u)
#define ZX_SYSTEM_POWERCTL_SHUTDOWN ((uint32_t)8u)
#define ZX_SYSTEM_POWERCTL_ACK_KERNEL_INITIATED_REBOOT ((uint32_t)9u)

/* Topics of zx_system_get_performance_info. */
#define ZX_CPU_PERF_SCALE ((uint32_t)1u)
#define ZX_CPU_DEFAULT_PERF_SCALE ((uint32_t)2u)
#define ZX_CPU_POWER_LIMIT ((uint32_t)3u)

typedef struct zx_cpu_performance_scale {
	uint32_t integral_part;
	uint32_t fractional_part; /* 2^32 is 1 */
} zx_cpu_performance_scale_t;

typedef struct zx_cpu_performance_info {
	uint32_t logical_cpu_number;
	zx_cpu_performance_scale_t performance_scale;
} zx_cpu_performance_info_t;

typedef struct zx_cpu_power_limit {
	uint32_t logical_cpu_number;
	uint8_t padding1[4];
	uint64_t max_power_nw; /* nanowatts */
} zx_cpu_power_limit_t;

__END_CDECLS

#endif /* ZIRCON_SYSCALLS_SYSTEM_H_ */
