/*
 * Records of the debug log.
 */
#ifndef ZIRCON_SYSCALLS_LOG_H_
#define ZIRCON_SYSCALLS_LOG_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/* Severities. */
#define ZX_LOG_TRACE 0x10
#define ZX_LOG_DEBUG 0x20
#define ZX_LOG_INFO 0x30
#define ZX_LOG_WARNING 0x40
#define ZX_LOG_ERROR 0x50
#define ZX_LOG_FATAL 0x60

/* Flags of a record. */
#define ZX_LOG_LOCAL 0x10
#define ZX_LOG_FLAGS_MASK 0x10

/* Option of a reader. */
#define ZX_LOG_FLAG_READABLE 0x40000000

/* C++ has no arrays of open length; compilers know C's all the same. */
#if defined(__cplusplus)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#endif

typedef struct zx_log_record {
	uint64_t sequence; /* one more than that of the record before */
	uint8_t padding1[4];
	uint16_t datalen; /* bytes of data */
	uint8_t severity;
	uint8_t flags;
	zx_instant_boot_t timestamp;
	uint64_t pid; /* koids of who wrote it */
	uint64_t tid;
	char data[];
} zx_log_record_t;

#if defined(__cplusplus)
#pragma GCC diagnostic pop
#endif

#define ZX_LOG_RECORD_MAX ((size_t)256u)
#define ZX_LOG_RECORD_DATA_MAX (ZX_LOG_RECORD_MAX - sizeof(zx_log_record_t))

__END_CDECLS

#endif /* ZIRCON_SYSCALLS_LOG_H_ */
