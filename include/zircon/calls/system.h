/*
 * The machine, caches, random numbers. What holds for every call is said in zircon/syscalls.h.
 */
#ifndef ZIRCON_CALLS_SYSTEM_H_
#define ZIRCON_CALLS_SYSTEM_H_

#include <zircon/string_view.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Bytes of a page: a power of two, 4096. Cannot fail. Safe in signal handlers.
 *
 * Source: Zircon reference, zx_system_get_page_size.
 */
__ZX_CALL(uint32_t, zx_system_get_page_size, (void));

/*
 * Bytes of a line of the data cache, a power of two. Cannot fail.
 *
 * Source: Zircon reference, zx_system_get_dcache_line_size.
 */
__ZX_CALL(uint32_t, zx_system_get_dcache_line_size, (void));

/*
 * Number of processors, at least 1; the same for the life of the process. Cannot fail.
 *
 * Source: Zircon reference, zx_system_get_num_cpus.
 */
__ZX_CALL(uint32_t, zx_system_get_num_cpus, (void));

/*
 * Bytes of memory of the machine. Cannot fail.
 *
 * Source: Zircon reference, zx_system_get_physmem.
 */
__ZX_CALL(uint64_t, zx_system_get_physmem, (void));

/*
 * Name and version of the system, here "zirconia-" and the version of the library. Constant text.
 * Cannot fail. Safe in signal handlers.
 *
 * Source: Zircon reference, zx_system_get_version_string.
 */
__ZX_CALL(zx_string_view_t, zx_system_get_version_string, (void));

/*
 * Tells features of the machine: kind is ZX_FEATURE_KIND_*, the answer a number or bits
 * (zircon/features.h).
 *
 * Errors, in order:
 *   ZX_ERR_NOT_SUPPORTED unknown kind
 *   ZX_ERR_INVALID_ARGS  features cannot be written
 *
 * Source: Zircon reference, zx_system_get_features.
 */
__ZX_CALL(zx_status_t, zx_system_get_features, (uint32_t kind, uint32_t *features));

/*
 * Makes a handle to an event that shows a memory pressure level (ZX_SYSTEM_EVENT_*). Not emulated.
 * Source: Zircon reference, zx_system_get_event.
 */
__ZX_CALL(zx_status_t, zx_system_get_event,
	  (zx_handle_t root_job, zx_system_event_type_t kind, zx_handle_t *event));

/*
 * Tells how fast processors run. Not emulated.
 * Source: Zircon reference, zx_system_get_performance_info.
 */
__ZX_CALL(zx_status_t, zx_system_get_performance_info,
	  (zx_handle_t resource, uint32_t topic, size_t count, void *info, size_t *output_count));

/*
 * Makes caches agree for [addr, addr + size): with ZX_CACHE_FLUSH_INSN instructions with data, with
 * ZX_CACHE_FLUSH_DATA data with devices, with ZX_CACHE_FLUSH_INVALIDATE in addition the other way
 * round. Safe in signal handlers. A range that cannot be read may fault.
 *
 * Errors:
 *   ZX_ERR_INVALID_ARGS  neither INSN nor DATA; INVALIDATE without DATA; unknown options
 *
 * Source: Zircon reference, zx_cache_flush.
 */
__ZX_CALL(zx_status_t, zx_cache_flush, (const void *addr, size_t size, uint32_t options));

/*
 * Fills a buffer of any size with random numbers fit for keys. It has no way to fail: a buffer that
 * cannot be written stops the program.
 *
 * Source: Zircon reference, zx_cprng_draw.
 */
__ZX_CALL(void, zx_cprng_draw, (void *buffer, size_t buffer_size));

/*
 * Stirs up to ZX_CPRNG_ADD_ENTROPY_MAX_LEN bytes into the source of random numbers.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  buffer_size is more than that, or buffer cannot be read
 *
 * Source: Zircon reference, zx_cprng_add_entropy.
 */
__ZX_CALL(zx_status_t, zx_cprng_add_entropy, (const void *buffer, size_t buffer_size));

__END_CDECLS

#endif /* ZIRCON_CALLS_SYSTEM_H_ */
