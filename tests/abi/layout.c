/*
 * Sizes and offsets of every structure of the interface, as Zircon lays them out on 64-bit
 * machines. Everything is checked by the compiler; running the program only says how much that was.
 */
#include <stddef.h>
#include <stdio.h>

#include <zircon/syscalls-next.h>
#include <zircon/syscalls/clock.h>
#include <zircon/syscalls/debug.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/iob.h>
#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/policy.h>
#include <zircon/syscalls/port.h>
#include <zircon/syscalls/resource.h>
#include <zircon/syscalls/scheduler.h>
#include <zircon/types.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define AT(type, field, offset) \
	_Static_assert(offsetof(type, field) == (offset), "offset of " #field " in " #type)
/* The type of a constant or of a typedef. */
#define IS(expr, type) \
	_Static_assert(_Generic((expr), type : 1, default : 0), #expr " is no " #type)

/* Small structures. */
SIZE(zx_iovec_t, 16);
AT(zx_iovec_t, buffer, 0);
AT(zx_iovec_t, capacity, 8);

SIZE(zx_string_view_t, 16);
AT(zx_string_view_t, c_str, 0);
AT(zx_string_view_t, length, 8);

SIZE(zx_wait_item_t, 12);
AT(zx_wait_item_t, handle, 0);
AT(zx_wait_item_t, waitfor, 4);
AT(zx_wait_item_t, pending, 8);

SIZE(zx_handle_info_t, 16);
AT(zx_handle_info_t, handle, 0);
AT(zx_handle_info_t, type, 4);
AT(zx_handle_info_t, rights, 8);
AT(zx_handle_info_t, unused, 12);

SIZE(zx_handle_disposition_t, 20);
AT(zx_handle_disposition_t, operation, 0);
AT(zx_handle_disposition_t, handle, 4);
AT(zx_handle_disposition_t, type, 8);
AT(zx_handle_disposition_t, rights, 12);
AT(zx_handle_disposition_t, result, 16);

SIZE(zx_channel_call_args_t, 48);
AT(zx_channel_call_args_t, wr_bytes, 0);
AT(zx_channel_call_args_t, wr_handles, 8);
AT(zx_channel_call_args_t, rd_bytes, 16);
AT(zx_channel_call_args_t, rd_handles, 24);
AT(zx_channel_call_args_t, wr_num_bytes, 32);
AT(zx_channel_call_args_t, wr_num_handles, 36);
AT(zx_channel_call_args_t, rd_num_bytes, 40);
AT(zx_channel_call_args_t, rd_num_handles, 44);

SIZE(zx_channel_call_etc_args_t, 48);
AT(zx_channel_call_etc_args_t, wr_bytes, 0);
AT(zx_channel_call_etc_args_t, wr_handles, 8);
AT(zx_channel_call_etc_args_t, rd_bytes, 16);
AT(zx_channel_call_etc_args_t, rd_handles, 24);
AT(zx_channel_call_etc_args_t, wr_num_bytes, 32);
AT(zx_channel_call_etc_args_t, wr_num_handles, 36);
AT(zx_channel_call_etc_args_t, rd_num_bytes, 40);
AT(zx_channel_call_etc_args_t, rd_num_handles, 44);

SIZE(zx_channel_iovec_t, 16);
AT(zx_channel_iovec_t, buffer, 0);
AT(zx_channel_iovec_t, capacity, 8);
AT(zx_channel_iovec_t, reserved, 12);

SIZE(zx_vmo_lock_state_t, 32);
AT(zx_vmo_lock_state_t, offset, 0);
AT(zx_vmo_lock_state_t, size, 8);
AT(zx_vmo_lock_state_t, discarded_offset, 16);
AT(zx_vmo_lock_state_t, discarded_size, 24);

SIZE(zx_pager_vmo_stats_t, 4);
AT(zx_pager_vmo_stats_t, modified, 0);

SIZE(zx_vmo_dirty_range_t, 24);
AT(zx_vmo_dirty_range_t, offset, 0);
AT(zx_vmo_dirty_range_t, length, 8);
AT(zx_vmo_dirty_range_t, options, 16);

SIZE(zx_cpu_set_t, 64);
AT(zx_cpu_set_t, mask, 0);

/* Handles. */
SIZE(zx_info_handle_basic_t, 32);
AT(zx_info_handle_basic_t, koid, 0);
AT(zx_info_handle_basic_t, rights, 8);
AT(zx_info_handle_basic_t, type, 12);
AT(zx_info_handle_basic_t, related_koid, 16);
AT(zx_info_handle_basic_t, reserved, 24);
AT(zx_info_handle_basic_t, padding1, 28);

SIZE(zx_info_handle_extended_t, 40);
AT(zx_info_handle_extended_t, type, 0);
AT(zx_info_handle_extended_t, handle_value, 4);
AT(zx_info_handle_extended_t, rights, 8);
AT(zx_info_handle_extended_t, reserved, 12);
AT(zx_info_handle_extended_t, koid, 16);
AT(zx_info_handle_extended_t, related_koid, 24);
AT(zx_info_handle_extended_t, peer_owner_koid, 32);

SIZE(zx_info_handle_count_t, 4);
AT(zx_info_handle_count_t, handle_count, 0);

SIZE(zx_info_process_handle_stats_t, 256);
AT(zx_info_process_handle_stats_t, handle_count, 0);

/* Tasks. */
SIZE(zx_info_process_t, 24);
AT(zx_info_process_t, return_code, 0);
AT(zx_info_process_t, start_time, 8);
AT(zx_info_process_t, flags, 16);
AT(zx_info_process_t, padding1, 20);

SIZE(zx_info_job_t, 16);
AT(zx_info_job_t, return_code, 0);
AT(zx_info_job_t, exited, 8);
AT(zx_info_job_t, kill_on_oom, 9);
AT(zx_info_job_t, debugger_attached, 10);
AT(zx_info_job_t, padding1, 11);

SIZE(zx_info_thread_t, 72);
AT(zx_info_thread_t, state, 0);
AT(zx_info_thread_t, wait_exception_channel_type, 4);
AT(zx_info_thread_t, cpu_affinity_mask, 8);

SIZE(zx_info_thread_stats_t, 16);
AT(zx_info_thread_stats_t, total_runtime, 0);
AT(zx_info_thread_stats_t, last_scheduled_cpu, 8);
AT(zx_info_thread_stats_t, padding1, 12);

SIZE(zx_info_task_stats_v1_t, 32);
AT(zx_info_task_stats_v1_t, mem_mapped_bytes, 0);
AT(zx_info_task_stats_v1_t, mem_private_bytes, 8);
AT(zx_info_task_stats_v1_t, mem_shared_bytes, 16);
AT(zx_info_task_stats_v1_t, mem_scaled_shared_bytes, 24);

SIZE(zx_info_task_stats_t, 40);
AT(zx_info_task_stats_t, mem_mapped_bytes, 0);
AT(zx_info_task_stats_t, mem_private_bytes, 8);
AT(zx_info_task_stats_t, mem_shared_bytes, 16);
AT(zx_info_task_stats_t, mem_scaled_shared_bytes, 24);
AT(zx_info_task_stats_t, mem_fractional_scaled_shared_bytes, 32);

SIZE(zx_info_task_runtime_v1_t, 16);
AT(zx_info_task_runtime_v1_t, cpu_time, 0);
AT(zx_info_task_runtime_v1_t, queue_time, 8);

SIZE(zx_info_task_runtime_t, 32);
AT(zx_info_task_runtime_t, cpu_time, 0);
AT(zx_info_task_runtime_t, queue_time, 8);
AT(zx_info_task_runtime_t, page_fault_time, 16);
AT(zx_info_task_runtime_t, lock_contention_time, 24);

/* Memory objects. */
SIZE(zx_info_vmo_v1_t, 104);
AT(zx_info_vmo_v1_t, koid, 0);
AT(zx_info_vmo_v1_t, name, 8);
AT(zx_info_vmo_v1_t, size_bytes, 40);
AT(zx_info_vmo_v1_t, parent_koid, 48);
AT(zx_info_vmo_v1_t, num_children, 56);
AT(zx_info_vmo_v1_t, num_mappings, 64);
AT(zx_info_vmo_v1_t, share_count, 72);
AT(zx_info_vmo_v1_t, flags, 80);
AT(zx_info_vmo_v1_t, padding1, 84);
AT(zx_info_vmo_v1_t, committed_bytes, 88);
AT(zx_info_vmo_v1_t, handle_rights, 96);
AT(zx_info_vmo_v1_t, cache_policy, 100);

SIZE(zx_info_vmo_v2_t, 120);
AT(zx_info_vmo_v2_t, koid, 0);
AT(zx_info_vmo_v2_t, name, 8);
AT(zx_info_vmo_v2_t, size_bytes, 40);
AT(zx_info_vmo_v2_t, parent_koid, 48);
AT(zx_info_vmo_v2_t, num_children, 56);
AT(zx_info_vmo_v2_t, num_mappings, 64);
AT(zx_info_vmo_v2_t, share_count, 72);
AT(zx_info_vmo_v2_t, flags, 80);
AT(zx_info_vmo_v2_t, padding1, 84);
AT(zx_info_vmo_v2_t, committed_bytes, 88);
AT(zx_info_vmo_v2_t, handle_rights, 96);
AT(zx_info_vmo_v2_t, cache_policy, 100);
AT(zx_info_vmo_v2_t, metadata_bytes, 104);
AT(zx_info_vmo_v2_t, committed_change_events, 112);

SIZE(zx_info_vmo_v3_t, 128);
AT(zx_info_vmo_v3_t, koid, 0);
AT(zx_info_vmo_v3_t, name, 8);
AT(zx_info_vmo_v3_t, size_bytes, 40);
AT(zx_info_vmo_v3_t, parent_koid, 48);
AT(zx_info_vmo_v3_t, num_children, 56);
AT(zx_info_vmo_v3_t, num_mappings, 64);
AT(zx_info_vmo_v3_t, share_count, 72);
AT(zx_info_vmo_v3_t, flags, 80);
AT(zx_info_vmo_v3_t, padding1, 84);
AT(zx_info_vmo_v3_t, committed_bytes, 88);
AT(zx_info_vmo_v3_t, handle_rights, 96);
AT(zx_info_vmo_v3_t, cache_policy, 100);
AT(zx_info_vmo_v3_t, metadata_bytes, 104);
AT(zx_info_vmo_v3_t, committed_change_events, 112);
AT(zx_info_vmo_v3_t, populated_bytes, 120);

SIZE(zx_info_vmo_t, 176);
AT(zx_info_vmo_t, koid, 0);
AT(zx_info_vmo_t, name, 8);
AT(zx_info_vmo_t, size_bytes, 40);
AT(zx_info_vmo_t, parent_koid, 48);
AT(zx_info_vmo_t, num_children, 56);
AT(zx_info_vmo_t, num_mappings, 64);
AT(zx_info_vmo_t, share_count, 72);
AT(zx_info_vmo_t, flags, 80);
AT(zx_info_vmo_t, padding1, 84);
AT(zx_info_vmo_t, committed_bytes, 88);
AT(zx_info_vmo_t, handle_rights, 96);
AT(zx_info_vmo_t, cache_policy, 100);
AT(zx_info_vmo_t, metadata_bytes, 104);
AT(zx_info_vmo_t, committed_change_events, 112);
AT(zx_info_vmo_t, populated_bytes, 120);
AT(zx_info_vmo_t, committed_private_bytes, 128);
AT(zx_info_vmo_t, populated_private_bytes, 136);
AT(zx_info_vmo_t, committed_scaled_bytes, 144);
AT(zx_info_vmo_t, populated_scaled_bytes, 152);
AT(zx_info_vmo_t, committed_fractional_scaled_bytes, 160);
AT(zx_info_vmo_t, populated_fractional_scaled_bytes, 168);

/* Regions and what is in them. */
SIZE(zx_info_vmar_t, 16);
AT(zx_info_vmar_t, base, 0);
AT(zx_info_vmar_t, len, 8);

SIZE(zx_info_maps_mapping_v1_t, 32);
AT(zx_info_maps_mapping_v1_t, mmu_flags, 0);
AT(zx_info_maps_mapping_v1_t, padding1, 4);
AT(zx_info_maps_mapping_v1_t, vmo_koid, 8);
AT(zx_info_maps_mapping_v1_t, vmo_offset, 16);
AT(zx_info_maps_mapping_v1_t, committed_pages, 24);

SIZE(zx_info_maps_mapping_v2_t, 40);
AT(zx_info_maps_mapping_v2_t, mmu_flags, 0);
AT(zx_info_maps_mapping_v2_t, padding1, 4);
AT(zx_info_maps_mapping_v2_t, vmo_koid, 8);
AT(zx_info_maps_mapping_v2_t, vmo_offset, 16);
AT(zx_info_maps_mapping_v2_t, committed_pages, 24);
AT(zx_info_maps_mapping_v2_t, populated_pages, 32);

SIZE(zx_info_maps_mapping_t, 88);
AT(zx_info_maps_mapping_t, mmu_flags, 0);
AT(zx_info_maps_mapping_t, padding1, 4);
AT(zx_info_maps_mapping_t, vmo_koid, 8);
AT(zx_info_maps_mapping_t, vmo_offset, 16);
AT(zx_info_maps_mapping_t, committed_bytes, 24);
AT(zx_info_maps_mapping_t, populated_bytes, 32);
AT(zx_info_maps_mapping_t, committed_private_bytes, 40);
AT(zx_info_maps_mapping_t, populated_private_bytes, 48);
AT(zx_info_maps_mapping_t, committed_scaled_bytes, 56);
AT(zx_info_maps_mapping_t, populated_scaled_bytes, 64);
AT(zx_info_maps_mapping_t, committed_fractional_scaled_bytes, 72);
AT(zx_info_maps_mapping_t, populated_fractional_scaled_bytes, 80);

SIZE(zx_info_maps_v1_t, 96);
AT(zx_info_maps_v1_t, name, 0);
AT(zx_info_maps_v1_t, base, 32);
AT(zx_info_maps_v1_t, size, 40);
AT(zx_info_maps_v1_t, depth, 48);
AT(zx_info_maps_v1_t, type, 56);
AT(zx_info_maps_v1_t, padding1, 60);
AT(zx_info_maps_v1_t, u.mapping, 64);

SIZE(zx_info_maps_v2_t, 104);
AT(zx_info_maps_v2_t, name, 0);
AT(zx_info_maps_v2_t, base, 32);
AT(zx_info_maps_v2_t, size, 40);
AT(zx_info_maps_v2_t, depth, 48);
AT(zx_info_maps_v2_t, type, 56);
AT(zx_info_maps_v2_t, padding1, 60);
AT(zx_info_maps_v2_t, u.mapping, 64);

SIZE(zx_info_maps_t, 152);
AT(zx_info_maps_t, name, 0);
AT(zx_info_maps_t, base, 32);
AT(zx_info_maps_t, size, 40);
AT(zx_info_maps_t, depth, 48);
AT(zx_info_maps_t, type, 56);
AT(zx_info_maps_t, padding1, 60);
AT(zx_info_maps_t, u.mapping, 64);

/* Other objects, and the system. */
SIZE(zx_info_bti_t, 32);
AT(zx_info_bti_t, minimum_contiguity, 0);
AT(zx_info_bti_t, aspace_size, 8);
AT(zx_info_bti_t, pmo_count, 16);
AT(zx_info_bti_t, quarantine_count, 24);

SIZE(zx_info_stream_t, 24);
AT(zx_info_stream_t, options, 0);
AT(zx_info_stream_t, padding1, 4);
AT(zx_info_stream_t, seek, 8);
AT(zx_info_stream_t, content_size, 16);

SIZE(zx_info_socket_t, 48);
AT(zx_info_socket_t, options, 0);
AT(zx_info_socket_t, padding1, 4);
AT(zx_info_socket_t, rx_buf_max, 8);
AT(zx_info_socket_t, rx_buf_size, 16);
AT(zx_info_socket_t, rx_buf_available, 24);
AT(zx_info_socket_t, tx_buf_max, 32);
AT(zx_info_socket_t, tx_buf_size, 40);

SIZE(zx_info_timer_t, 24);
AT(zx_info_timer_t, options, 0);
AT(zx_info_timer_t, clock_id, 4);
AT(zx_info_timer_t, deadline, 8);
AT(zx_info_timer_t, slack, 16);

SIZE(zx_info_resource_t, 56);
AT(zx_info_resource_t, kind, 0);
AT(zx_info_resource_t, flags, 4);
AT(zx_info_resource_t, base, 8);
AT(zx_info_resource_t, size, 16);
AT(zx_info_resource_t, name, 24);

SIZE(zx_info_msi_t, 24);
AT(zx_info_msi_t, target_addr, 0);
AT(zx_info_msi_t, target_data, 8);
AT(zx_info_msi_t, base_irq_id, 12);
AT(zx_info_msi_t, num_irq, 16);
AT(zx_info_msi_t, interrupt_count, 20);

SIZE(zx_info_vcpu_t, 4);
AT(zx_info_vcpu_t, flags, 0);

SIZE(zx_info_interrupt_t, 4);
AT(zx_info_interrupt_t, options, 0);

SIZE(zx_info_memory_stall_t, 16);
AT(zx_info_memory_stall_t, stall_time_some, 0);
AT(zx_info_memory_stall_t, stall_time_full, 8);

SIZE(zx_info_iob_t, 16);
AT(zx_info_iob_t, options, 0);
AT(zx_info_iob_t, region_count, 8);
AT(zx_info_iob_t, padding1, 12);

SIZE(zx_iob_region_info_t, 128);
AT(zx_iob_region_info_t, region, 0);
AT(zx_iob_region_info_t, koid, 120);

SIZE(zx_power_domain_info_t, 72);
AT(zx_power_domain_info_t, cpus, 0);
AT(zx_power_domain_info_t, domain_id, 64);
AT(zx_power_domain_info_t, idle_power_levels, 68);
AT(zx_power_domain_info_t, active_power_levels, 69);
AT(zx_power_domain_info_t, padding1, 70);

SIZE(zx_info_kmem_stats_t, 152);
AT(zx_info_kmem_stats_t, total_bytes, 0);
AT(zx_info_kmem_stats_t, free_bytes, 8);
AT(zx_info_kmem_stats_t, free_loaned_bytes, 16);
AT(zx_info_kmem_stats_t, wired_bytes, 24);
AT(zx_info_kmem_stats_t, total_heap_bytes, 32);
AT(zx_info_kmem_stats_t, free_heap_bytes, 40);
AT(zx_info_kmem_stats_t, vmo_bytes, 48);
AT(zx_info_kmem_stats_t, mmu_overhead_bytes, 56);
AT(zx_info_kmem_stats_t, ipc_bytes, 64);
AT(zx_info_kmem_stats_t, cache_bytes, 72);
AT(zx_info_kmem_stats_t, slab_bytes, 80);
AT(zx_info_kmem_stats_t, zram_bytes, 88);
AT(zx_info_kmem_stats_t, other_bytes, 96);
AT(zx_info_kmem_stats_t, vmo_reclaim_total_bytes, 104);
AT(zx_info_kmem_stats_t, vmo_reclaim_newest_bytes, 112);
AT(zx_info_kmem_stats_t, vmo_reclaim_oldest_bytes, 120);
AT(zx_info_kmem_stats_t, vmo_reclaim_disabled_bytes, 128);
AT(zx_info_kmem_stats_t, vmo_discardable_locked_bytes, 136);
AT(zx_info_kmem_stats_t, vmo_discardable_unlocked_bytes, 144);

SIZE(zx_info_kmem_stats_v1_t, 72);
AT(zx_info_kmem_stats_v1_t, total_bytes, 0);
AT(zx_info_kmem_stats_v1_t, free_bytes, 8);
AT(zx_info_kmem_stats_v1_t, wired_bytes, 16);
AT(zx_info_kmem_stats_v1_t, total_heap_bytes, 24);
AT(zx_info_kmem_stats_v1_t, free_heap_bytes, 32);
AT(zx_info_kmem_stats_v1_t, vmo_bytes, 40);
AT(zx_info_kmem_stats_v1_t, mmu_overhead_bytes, 48);
AT(zx_info_kmem_stats_v1_t, ipc_bytes, 56);
AT(zx_info_kmem_stats_v1_t, other_bytes, 64);

SIZE(zx_info_kmem_stats_extended_t, 120);
AT(zx_info_kmem_stats_extended_t, total_bytes, 0);
AT(zx_info_kmem_stats_extended_t, free_bytes, 8);
AT(zx_info_kmem_stats_extended_t, wired_bytes, 16);
AT(zx_info_kmem_stats_extended_t, total_heap_bytes, 24);
AT(zx_info_kmem_stats_extended_t, free_heap_bytes, 32);
AT(zx_info_kmem_stats_extended_t, vmo_bytes, 40);
AT(zx_info_kmem_stats_extended_t, vmo_pager_total_bytes, 48);
AT(zx_info_kmem_stats_extended_t, vmo_pager_newest_bytes, 56);
AT(zx_info_kmem_stats_extended_t, vmo_pager_oldest_bytes, 64);
AT(zx_info_kmem_stats_extended_t, vmo_discardable_locked_bytes, 72);
AT(zx_info_kmem_stats_extended_t, vmo_discardable_unlocked_bytes, 80);
AT(zx_info_kmem_stats_extended_t, mmu_overhead_bytes, 88);
AT(zx_info_kmem_stats_extended_t, ipc_bytes, 96);
AT(zx_info_kmem_stats_extended_t, other_bytes, 104);
AT(zx_info_kmem_stats_extended_t, vmo_reclaim_disabled_bytes, 112);

SIZE(zx_info_kmem_stats_compression_t, 168);
AT(zx_info_kmem_stats_compression_t, uncompressed_storage_bytes, 0);
AT(zx_info_kmem_stats_compression_t, compressed_storage_bytes, 8);
AT(zx_info_kmem_stats_compression_t, compressed_fragmentation_bytes, 16);
AT(zx_info_kmem_stats_compression_t, compression_time, 24);
AT(zx_info_kmem_stats_compression_t, decompression_time, 32);
AT(zx_info_kmem_stats_compression_t, total_page_compression_attempts, 40);
AT(zx_info_kmem_stats_compression_t, failed_page_compression_attempts, 48);
AT(zx_info_kmem_stats_compression_t, total_page_decompressions, 56);
AT(zx_info_kmem_stats_compression_t, compressed_page_evictions, 64);
AT(zx_info_kmem_stats_compression_t, eager_page_compressions, 72);
AT(zx_info_kmem_stats_compression_t, memory_pressure_page_compressions, 80);
AT(zx_info_kmem_stats_compression_t, critical_memory_page_compressions, 88);
AT(zx_info_kmem_stats_compression_t, pages_decompressed_unit_ns, 96);
AT(zx_info_kmem_stats_compression_t, pages_decompressed_within_log_time, 104);

SIZE(zx_info_cpu_stats_t, 120);
AT(zx_info_cpu_stats_t, cpu_number, 0);
AT(zx_info_cpu_stats_t, flags, 4);
AT(zx_info_cpu_stats_t, idle_time, 8);
AT(zx_info_cpu_stats_t, reschedules, 16);
AT(zx_info_cpu_stats_t, context_switches, 24);
AT(zx_info_cpu_stats_t, irq_preempts, 32);
AT(zx_info_cpu_stats_t, preempts, 40);
AT(zx_info_cpu_stats_t, yields, 48);
AT(zx_info_cpu_stats_t, ints, 56);
AT(zx_info_cpu_stats_t, timer_ints, 64);
AT(zx_info_cpu_stats_t, timers, 72);
AT(zx_info_cpu_stats_t, page_faults, 80);
AT(zx_info_cpu_stats_t, exceptions, 88);
AT(zx_info_cpu_stats_t, syscalls, 96);
AT(zx_info_cpu_stats_t, reschedule_ipis, 104);
AT(zx_info_cpu_stats_t, generic_ipis, 112);

/* Packets. */
SIZE(zx_port_packet_t, 48);
AT(zx_port_packet_t, key, 0);
AT(zx_port_packet_t, type, 8);
AT(zx_port_packet_t, status, 12);
AT(zx_port_packet_t, user, 16);
AT(zx_port_packet_t, signal, 16);
AT(zx_port_packet_t, guest_bell, 16);
AT(zx_port_packet_t, guest_mem, 16);
AT(zx_port_packet_t, guest_io, 16);
AT(zx_port_packet_t, guest_vcpu, 16);
AT(zx_port_packet_t, interrupt, 16);
AT(zx_port_packet_t, page_request, 16);
AT(zx_port_packet_t, processor_power_level_transition, 16);

SIZE(zx_packet_user_t, 32);
AT(zx_packet_user_t, u64, 0);
AT(zx_packet_user_t, u32, 0);
AT(zx_packet_user_t, u16, 0);
AT(zx_packet_user_t, c8, 0);

SIZE(zx_packet_signal_t, 32);
AT(zx_packet_signal_t, trigger, 0);
AT(zx_packet_signal_t, observed, 4);
AT(zx_packet_signal_t, count, 8);
AT(zx_packet_signal_t, timestamp, 16);
AT(zx_packet_signal_t, reserved1, 24);

SIZE(zx_packet_page_request_t, 32);
AT(zx_packet_page_request_t, command, 0);
AT(zx_packet_page_request_t, flags, 2);
AT(zx_packet_page_request_t, reserved0, 4);
AT(zx_packet_page_request_t, offset, 8);
AT(zx_packet_page_request_t, length, 16);
AT(zx_packet_page_request_t, reserved1, 24);

/* spec: clients A.1 #17 */
SIZE(zx_packet_interrupt_t, 32);
AT(zx_packet_interrupt_t, timestamp, 0);
AT(zx_packet_interrupt_t, reserved0, 8);
AT(zx_packet_interrupt_t, reserved1, 16);
AT(zx_packet_interrupt_t, reserved2, 24);

SIZE(zx_packet_guest_bell_t, 32);
AT(zx_packet_guest_bell_t, addr, 0);
AT(zx_packet_guest_bell_t, reserved0, 8);
AT(zx_packet_guest_bell_t, reserved1, 16);
AT(zx_packet_guest_bell_t, reserved2, 24);

SIZE(zx_packet_guest_io_t, 32);
AT(zx_packet_guest_io_t, port, 0);
AT(zx_packet_guest_io_t, access_size, 2);
AT(zx_packet_guest_io_t, input, 3);
AT(zx_packet_guest_io_t, u8, 4);
AT(zx_packet_guest_io_t, u16, 4);
AT(zx_packet_guest_io_t, u32, 4);
AT(zx_packet_guest_io_t, data, 4);
AT(zx_packet_guest_io_t, reserved0, 8);
AT(zx_packet_guest_io_t, reserved1, 16);
AT(zx_packet_guest_io_t, reserved2, 24);

SIZE(zx_packet_guest_vcpu_t, 32);
AT(zx_packet_guest_vcpu_t, type, 0);
AT(zx_packet_guest_vcpu_t, padding1, 4);
AT(zx_packet_guest_vcpu_t, interrupt, 8);
AT(zx_packet_guest_vcpu_t, interrupt.mask, 8);
AT(zx_packet_guest_vcpu_t, interrupt.vector, 16);
AT(zx_packet_guest_vcpu_t, startup.id, 8);
AT(zx_packet_guest_vcpu_t, startup.entry, 16);
AT(zx_packet_guest_vcpu_t, exit.retcode, 8);
AT(zx_packet_guest_vcpu_t, reserved, 24);

SIZE(zx_packet_processor_power_level_transition_request_t, 32);
AT(zx_packet_processor_power_level_transition_request_t, domain_id, 0);
AT(zx_packet_processor_power_level_transition_request_t, options, 4);
AT(zx_packet_processor_power_level_transition_request_t, control_interface, 8);
AT(zx_packet_processor_power_level_transition_request_t, control_argument, 16);
AT(zx_packet_processor_power_level_transition_request_t, reserved, 24);

/* I/O buffers. */
SIZE(zx_iob_discipline_t, 72);
AT(zx_iob_discipline_t, type, 0);
AT(zx_iob_discipline_t, reserved, 8);
AT(zx_iob_discipline_t, ring_buffer, 8);

SIZE(zx_iob_discipline_mediated_write_ring_buffer_t, 64);
AT(zx_iob_discipline_mediated_write_ring_buffer_t, tag, 0);
AT(zx_iob_discipline_mediated_write_ring_buffer_t, padding, 8);

SIZE(zx_iob_region_private_t, 32);
AT(zx_iob_region_private_t, options, 0);
AT(zx_iob_region_private_t, padding1, 4);
AT(zx_iob_region_private_t, padding2, 8);

SIZE(zx_iob_region_shared_t, 32);
AT(zx_iob_region_shared_t, options, 0);
AT(zx_iob_region_shared_t, shared_region, 4);
AT(zx_iob_region_shared_t, padding, 8);

SIZE(zx_iob_region_t, 120);
AT(zx_iob_region_t, type, 0);
AT(zx_iob_region_t, access, 4);
AT(zx_iob_region_t, size, 8);
AT(zx_iob_region_t, discipline, 16);
AT(zx_iob_region_t, private_region, 88);
AT(zx_iob_region_t, shared_region, 88);
AT(zx_iob_region_t, max_extension, 88);

/* Exceptions. */
SIZE(zx_exception_header_t, 8);
AT(zx_exception_header_t, size, 0);
AT(zx_exception_header_t, type, 4);

SIZE(zx_exception_context_t, 32);
AT(zx_exception_context_t, arch.u.x86_64.vector, 0);
AT(zx_exception_context_t, arch.u.x86_64.err_code, 8);
AT(zx_exception_context_t, arch.u.x86_64.cr2, 16);
AT(zx_exception_context_t, arch.u.arm_64.esr, 0);
AT(zx_exception_context_t, arch.u.arm_64.far, 8);
AT(zx_exception_context_t, arch.u.riscv_64.cause, 0);
AT(zx_exception_context_t, arch.u.riscv_64.tval, 8);
AT(zx_exception_context_t, synth_code, 24);
AT(zx_exception_context_t, synth_data, 28);

SIZE(zx_exception_report_t, 40);
AT(zx_exception_report_t, header, 0);
AT(zx_exception_report_t, context, 8);

SIZE(zx_exception_report_v1_t, 32);
AT(zx_exception_report_v1_t, header, 0);
AT(zx_exception_report_v1_t, context, 8);

SIZE(zx_exception_info_t, 24);
AT(zx_exception_info_t, pid, 0);
AT(zx_exception_info_t, tid, 8);
AT(zx_exception_info_t, type, 16);
AT(zx_exception_info_t, padding1, 20);

/* Clocks. */
SIZE(zx_clock_rate_t, 8);
AT(zx_clock_rate_t, synthetic_ticks, 0);
AT(zx_clock_rate_t, reference_ticks, 4);

SIZE(zx_clock_transformation_t, 24);
AT(zx_clock_transformation_t, reference_offset, 0);
AT(zx_clock_transformation_t, synthetic_offset, 8);
AT(zx_clock_transformation_t, rate, 16);

SIZE(zx_clock_create_args_v1_t, 8);
AT(zx_clock_create_args_v1_t, backstop_time, 0);

SIZE(zx_clock_details_v1_t, 112);
AT(zx_clock_details_v1_t, options, 0);
AT(zx_clock_details_v1_t, backstop_time, 8);
AT(zx_clock_details_v1_t, reference_ticks_to_synthetic, 16);
AT(zx_clock_details_v1_t, reference_to_synthetic, 40);
AT(zx_clock_details_v1_t, error_bound, 64);
AT(zx_clock_details_v1_t, query_ticks, 72);
AT(zx_clock_details_v1_t, last_value_update_ticks, 80);
AT(zx_clock_details_v1_t, last_rate_adjust_update_ticks, 88);
AT(zx_clock_details_v1_t, last_error_bounds_update_ticks, 96);
AT(zx_clock_details_v1_t, generation_counter, 104);
AT(zx_clock_details_v1_t, padding1, 108);

SIZE(zx_clock_update_args_v1_t, 24);
AT(zx_clock_update_args_v1_t, rate_adjust, 0);
AT(zx_clock_update_args_v1_t, padding1, 4);
AT(zx_clock_update_args_v1_t, value, 8);
AT(zx_clock_update_args_v1_t, error_bound, 16);

SIZE(zx_clock_update_args_v2_t, 32);
AT(zx_clock_update_args_v2_t, rate_adjust, 0);
AT(zx_clock_update_args_v2_t, padding1, 4);
AT(zx_clock_update_args_v2_t, synthetic_value, 8);
AT(zx_clock_update_args_v2_t, reference_value, 16);
AT(zx_clock_update_args_v2_t, error_bound, 24);

/* Profiles and IOMMUs. */
SIZE(zx_profile_info_t, 96);
AT(zx_profile_info_t, flags, 0);
AT(zx_profile_info_t, priority, 8);
AT(zx_profile_info_t, deadline_params, 8);
AT(zx_profile_info_t, cpu_affinity_mask, 32);

/* spec: clients A.1 #7 */
SIZE(zx_iommu_desc_dummy_t, 1);
AT(zx_iommu_desc_dummy_t, reserved, 0);

SIZE(zx_iommu_desc_stub_t, 1);
AT(zx_iommu_desc_stub_t, reserved, 0);

#if defined(__x86_64__)
SIZE(zx_packet_guest_mem_t, 32);
AT(zx_packet_guest_mem_t, addr, 0);
AT(zx_packet_guest_mem_t, cr3, 8);
AT(zx_packet_guest_mem_t, rip, 16);
AT(zx_packet_guest_mem_t, instruction_size, 24);
AT(zx_packet_guest_mem_t, default_operand_size, 25);
AT(zx_packet_guest_mem_t, reserved, 26);
#elif defined(__aarch64__)
SIZE(zx_packet_guest_mem_t, 32);
AT(zx_packet_guest_mem_t, addr, 0);
AT(zx_packet_guest_mem_t, access_size, 8);
AT(zx_packet_guest_mem_t, sign_extend, 9);
AT(zx_packet_guest_mem_t, xt, 10);
AT(zx_packet_guest_mem_t, read, 11);
AT(zx_packet_guest_mem_t, data, 16);
AT(zx_packet_guest_mem_t, reserved, 24);
#endif

/* Scalar types, and the types of constants. */
IS((zx_handle_t)0, uint32_t);
IS((zx_rights_t)0, uint32_t);
IS((zx_signals_t)0, uint32_t);
IS((zx_obj_type_t)0, uint32_t);
IS((zx_vm_option_t)0, uint32_t);
IS((zx_clock_t)0, uint32_t);
IS((zx_object_info_topic_t)0, uint32_t);
IS((zx_info_maps_type_t)0, uint32_t);
IS((zx_thread_state_t)0, uint32_t);
IS((zx_info_process_flags_t)0, uint32_t);
IS((zx_packet_type_t)0, uint32_t);
IS((zx_stream_seek_origin_t)0, uint32_t);
IS((zx_system_event_type_t)0, uint32_t);
IS((zx_system_memory_stall_type_t)0, uint32_t);
IS((zx_handle_op_t)0, uint32_t);
IS((zx_txid_t)0, uint32_t);
IS((zx_iob_region_type_t)0, uint32_t);
IS((zx_iob_access_t)0, uint32_t);
IS((zx_iob_allocate_id_options_t)0, uint32_t);
IS((zx_rsrc_kind_t)0, uint32_t);
IS((zx_rsrc_flags_t)0, uint32_t);
IS((zx_excp_type_t)0, uint32_t);
IS((zx_excp_policy_code_t)0, uint32_t);
IS((zx_status_t)0, int32_t);
IS((zx_futex_storage_t)0, int32_t);
IS((zx_koid_t)0, uint64_t);
IS((zx_off_t)0, uint64_t);
IS((zx_iob_discipline_type_t)0, uint64_t);
IS((zx_iob_write_options_t)0, uint64_t);
IS((zx_rsrc_system_base_t)0, uint64_t);
IS((zx_vaddr_t)0, uintptr_t);
IS((zx_paddr_t)0, uintptr_t);
IS((zx_gpaddr_t)0, uintptr_t);
IS((zx_time_t)0, int64_t);
IS((zx_duration_t)0, int64_t);
IS((zx_ticks_t)0, int64_t);
IS((zx_instant_mono_t)0, int64_t);
IS((zx_instant_boot_t)0, int64_t);
IS((zx_instant_mono_ticks_t)0, int64_t);
IS((zx_instant_boot_ticks_t)0, int64_t);
IS((zx_duration_mono_t)0, int64_t);
IS((zx_duration_boot_t)0, int64_t);
IS((zx_duration_mono_ticks_t)0, int64_t);
IS((zx_duration_boot_ticks_t)0, int64_t);
IS((zx_thread_state_topic_t)0, uint32_t);
SIZE(zx_futex_t, 4);

IS(ZX_OK, int);
IS(ZX_ERR_NO_MEMORY, int);
IS(ZX_RIGHT_READ, zx_rights_t);
IS(ZX_HANDLE_INVALID, zx_handle_t);
IS(ZX_KOID_INVALID, uint64_t);
IS(ZX_MAX_NAME_LEN, size_t);
IS(ZX_WAIT_MANY_MAX_ITEMS, size_t);
IS(ZX_PAGE_SIZE, uintptr_t);
IS(ZX_PAGE_SHIFT, uint32_t);
IS(ZX_VM_PERM_READ, zx_vm_option_t);
IS(ZX_VM_ALIGN_BASE, int);
IS(ZX_VM_FLAG_PERM_READ, uint32_t);
IS(ZX_VMO_DIRTY_RANGE_IS_ZERO, uint64_t);
IS(ZX_PAGER_VMO_READ, uint16_t);
IS(ZX_PAGER_VMO_DIRTY, uint16_t);
IS(ZX_PKT_TYPE_PAGE_REQUEST, zx_packet_type_t);
IS(ZX_TASK_RETCODE_SYSCALL_KILL, int64_t);
IS(ZX_CLOCK_OPT_MONOTONIC, uint64_t);
IS(ZX_SEC(1), zx_duration_t);
IS(ZX_RSRC_SYSTEM_VMEX_BASE, uint64_t);
IS(ZX_IOB_DISCIPLINE_TYPE_NONE, uint64_t);

/* Durations of constants can stand where the language wants a constant. */
static const zx_duration_t durations[] = {ZX_NSEC(1), ZX_USEC(1), ZX_MSEC(1),
					  ZX_SEC(1),  ZX_MIN(1),  ZX_HOUR(1)};

/* Both names of a call have the same prototype. */
IS(&_zx_vmo_create, __typeof__(&zx_vmo_create));
IS(&_zx_vmar_map, __typeof__(&zx_vmar_map));
IS(&_zx_clock_get_monotonic, __typeof__(&zx_clock_get_monotonic));

int main(void)
{
	for (size_t i = 1; i < sizeof(durations) / sizeof(durations[0]); i++)
		if (durations[i] <= durations[i - 1])
			return 1;
	printf("the layouts of %d structures are as they must be\n", 81);
	return 0;
}
