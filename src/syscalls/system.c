/*
 * Questions about the machine, caches, random numbers.
 */
#include <string.h>

#include <zircon/features.h>
#include <zircon/syscalls.h>
#include <zirconia/zirconia.h>

#include "base/span.h"
#include "host/machine.h"
#include "syscalls/entry.h"
#include "vm/fault.h"

uint32_t zx_system_get_page_size(void)
{
	ZI_ENTRY_VALUE(zx_system_get_page_size);
	return (uint32_t)ZX_PAGE_SIZE;
}

uint32_t zx_system_get_dcache_line_size(void)
{
	ZI_ENTRY_VALUE(zx_system_get_dcache_line_size);
	return zi_host_dcache_line();
}

uint32_t zx_system_get_num_cpus(void)
{
	ZI_ENTRY_VALUE(zx_system_get_num_cpus);
	return zi_host_cpus();
}

uint64_t zx_system_get_physmem(void)
{
	ZI_ENTRY_VALUE(zx_system_get_physmem);
	return zi_host_physmem();
}

zx_string_view_t zx_system_get_version_string(void)
{
	ZI_ENTRY_VALUE(zx_system_get_version_string);
	static const char text[] = "zirconia-" ZIRCONIA_VERSION_STRING;

	return (zx_string_view_t){.c_str = text, .length = sizeof(text) - 1};
}

zx_status_t zx_system_get_features(uint32_t kind, uint32_t *features)
{
	ZI_ENTRY(zx_system_get_features);
	uint32_t bits;

	switch (kind) {
	case ZX_FEATURE_KIND_CPU:
		/* DIFFERS: On arm64 the bits of single instruction sets are not told. */
		bits = ZX_HAS_CPU_FEATURES;
		break;
	case ZX_FEATURE_KIND_HW_BREAKPOINT_COUNT:
	case ZX_FEATURE_KIND_HW_WATCHPOINT_COUNT:
		/* DIFFERS: No hardware breakpoints or watchpoints, because debug registers are not emulated. */
	case ZX_FEATURE_KIND_ADDRESS_TAGGING:
	case ZX_FEATURE_KIND_VM:
		bits = 0;
		break;
	default:
		return ZX_ERR_NOT_SUPPORTED;
	}
	return zi_user_write(features, &bits, sizeof(bits));
}

zx_status_t zx_cache_flush(const void *addr, size_t size, uint32_t options)
{
	ZI_ENTRY(zx_cache_flush);
	switch (options) {
	case ZX_CACHE_FLUSH_INSN:
	case ZX_CACHE_FLUSH_DATA:
	case ZX_CACHE_FLUSH_DATA | ZX_CACHE_FLUSH_INSN:
	case ZX_CACHE_FLUSH_DATA | ZX_CACHE_FLUSH_INVALIDATE:
	case ZX_CACHE_FLUSH_DATA | ZX_CACHE_FLUSH_INVALIDATE | ZX_CACHE_FLUSH_INSN:
		break;
	default:
		return ZX_ERR_INVALID_ARGS;
	}
	zi_host_cache_flush(addr, size, (options & ZX_CACHE_FLUSH_INSN) != 0,
			    (options & ZX_CACHE_FLUSH_DATA) != 0,
			    (options & ZX_CACHE_FLUSH_INVALIDATE) != 0);
	return ZX_OK;
}

void zx_cprng_draw(void *buffer, size_t buffer_size)
{
	ZI_ENTRY_VALUE(zx_cprng_draw);
	uint8_t chunk[ZX_CPRNG_DRAW_MAX_LEN];
	uint8_t *to = buffer;

	while (buffer_size > 0) {
		size_t n = buffer_size < sizeof(chunk) ? buffer_size : sizeof(chunk);

		zi_host_random(chunk, n);
		/* The call has no way to say no: a caller without random numbers must not go on. */
		if (zi_user_write(to, chunk, n) != ZX_OK)
			__builtin_trap();
		to = ZI_USER_AT(to, n);
		buffer_size -= n;
	}
	explicit_bzero(chunk, sizeof(chunk));
}

/* DIFFERS: Where /dev/urandom cannot be written the entropy is dropped; nobody can tell. */
zx_status_t zx_cprng_add_entropy(const void *buffer, size_t buffer_size)
{
	ZI_ENTRY(zx_cprng_add_entropy);
	uint8_t copy[ZX_CPRNG_ADD_ENTROPY_MAX_LEN];
	zx_status_t status;

	if (buffer_size > sizeof(copy))
		return ZX_ERR_INVALID_ARGS;
	status = zi_user_read(copy, buffer, buffer_size);
	if (status == ZX_OK && buffer_size > 0)
		(void)zi_host_add_entropy(copy, buffer_size);
	explicit_bzero(copy, sizeof(copy));
	return status;
}
