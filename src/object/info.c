/*
 * zx_object_get_info: which function answers which topic, and the writers that all of them end in.
 */
#include "object/info.h"

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

#include "base/span.h"
#include "object/object.h"
#include "object/resource.h"
#include "vm/fault.h"

/* ---- writers */

static zx_status_t write_count(size_t value, size_t *user)
{
	return user == NULL ? ZX_OK : zi_user_write(user, &value, sizeof(value));
}

zx_status_t zi_info_counts(size_t actual_value, size_t avail_value, size_t *actual, size_t *avail)
{
	zx_status_t st = write_count(actual_value, actual);

	return st == ZX_OK ? write_count(avail_value, avail) : st;
}

zx_status_t zi_info_one(const void *record, size_t record_size, void *buffer, size_t size,
			size_t *actual, size_t *avail)
{
	zx_status_t st;

	if (size < record_size) {
		st = zi_info_counts(0, 1, actual, avail);
		return st == ZX_OK ? ZX_ERR_BUFFER_TOO_SMALL : st;
	}
	st = zi_user_write(buffer, record, record_size);
	return st == ZX_OK ? zi_info_counts(1, 1, actual, avail) : st;
}

void zi_info_rows_begin(struct zi_info_rows *rows, void *buffer, size_t size, size_t record_size)
{
	*rows = (struct zi_info_rows){
		.buffer = buffer,
		.record_size = record_size,
		.capacity = size / record_size,
		.status = ZX_OK,
	};
}

bool zi_info_rows_add(struct zi_info_rows *rows, const void *record)
{
	if (rows->status != ZX_OK)
		return false;
	rows->total++;
	if (rows->written == rows->capacity)
		return true;
	rows->status = zi_user_write(ZI_USER_AT(rows->buffer, rows->written * rows->record_size),
				     record, rows->record_size);
	if (rows->status != ZX_OK)
		return false;
	rows->written++;
	return true;
}

zx_status_t zi_info_rows_end(struct zi_info_rows *rows, size_t *actual, size_t *avail)
{
	if (rows->status != ZX_OK)
		return rows->status;
	return zi_info_counts(rows->written, rows->total, actual, avail);
}

/* ---- topics about things that this library has none of */

/*
 * Topics that need a system resource. DIFFERS: there are no such statistics, so that a resource
 * that would do for them gets NOT_SUPPORTED.
 */
static zx_status_t info_system(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			       size_t *actual, size_t *avail)
{
	const uint64_t base = topic == ZX_INFO_MEMORY_STALL ? ZX_RSRC_SYSTEM_STALL_BASE :
							      ZX_RSRC_SYSTEM_INFO_BASE;
	zx_status_t st = zi_resource_validate(handle, ZX_RSRC_KIND_SYSTEM, base, 1);

	(void)buffer, (void)size, (void)actual, (void)avail;
	return st == ZX_OK ? ZX_ERR_NOT_SUPPORTED : st;
}

/* Topics of types that no call here makes: every handle is of the wrong type. */
static zx_status_t info_foreign(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
				size_t *actual, size_t *avail)
{
	zx_obj_type_t type = ZX_OBJ_TYPE_UPPER_BOUND;
	struct zi_object *o;

	(void)buffer, (void)size, (void)actual, (void)avail;
	switch (topic) {
	case ZX_INFO_SOCKET:
		type = ZX_OBJ_TYPE_SOCKET;
		break;
	case ZX_INFO_MSI:
		type = ZX_OBJ_TYPE_MSI;
		break;
	case ZX_INFO_VCPU:
		type = ZX_OBJ_TYPE_VCPU;
		break;
	}
	zx_status_t st = zi_handle_get(handle, type, ZX_RIGHT_INSPECT, &o, NULL);

	if (st != ZX_OK)
		return st;
	zi_object_unref(o);
	return ZX_ERR_NOT_SUPPORTED;
}

/*
 * ---- the table: by number and version. What has no entry is not supported, retired ones included.
 */

#define TOPIC_NUMBERS 41u
#define TOPIC_VERSIONS 4u
#define NUMBER(topic) ((topic)&0x0fffffffu)
#define VERSION(topic) ((topic) >> 28)
#define TOPIC(topic, fn) [NUMBER(topic)][VERSION(topic)] = fn

static zi_info_fn *const topics[TOPIC_NUMBERS][TOPIC_VERSIONS] = {
	TOPIC(ZX_INFO_HANDLE_VALID, zi_info_handle_valid),
	TOPIC(ZX_INFO_HANDLE_BASIC, zi_info_handle_basic),
	TOPIC(ZX_INFO_HANDLE_COUNT, zi_info_handle_count),
	TOPIC(ZX_INFO_HANDLE_TABLE, zi_info_handle_table),
	TOPIC(ZX_INFO_PROCESS_HANDLE_STATS, zi_info_handle_stats),

	TOPIC(ZX_INFO_PROCESS, zi_info_process),
	TOPIC(ZX_INFO_PROCESS_THREADS, zi_info_process_threads),
	TOPIC(ZX_INFO_JOB, zi_info_job),
	TOPIC(ZX_INFO_JOB_CHILDREN, zi_info_job_list),
	TOPIC(ZX_INFO_JOB_PROCESSES, zi_info_job_list),
	TOPIC(ZX_INFO_THREAD, zi_info_thread),
	TOPIC(ZX_INFO_THREAD_STATS, zi_info_thread_stats),
	TOPIC(ZX_INFO_THREAD_EXCEPTION_REPORT_V1, zi_info_thread_exception),
	TOPIC(ZX_INFO_THREAD_EXCEPTION_REPORT, zi_info_thread_exception),
	TOPIC(ZX_INFO_TASK_RUNTIME_V1, zi_info_task_runtime),
	TOPIC(ZX_INFO_TASK_RUNTIME, zi_info_task_runtime),

	TOPIC(ZX_INFO_TASK_STATS_V1, zi_info_task_stats),
	TOPIC(ZX_INFO_TASK_STATS, zi_info_task_stats),
	TOPIC(ZX_INFO_PROCESS_MAPS_V1, zi_info_maps),
	TOPIC(ZX_INFO_PROCESS_MAPS_V2, zi_info_maps),
	TOPIC(ZX_INFO_PROCESS_MAPS, zi_info_maps),
	TOPIC(ZX_INFO_VMAR_MAPS, zi_info_maps),
	TOPIC(ZX_INFO_VMAR, zi_info_vmar),
	TOPIC(ZX_INFO_PROCESS_VMOS_V1, zi_info_process_vmos),
	TOPIC(ZX_INFO_PROCESS_VMOS_V2, zi_info_process_vmos),
	TOPIC(ZX_INFO_PROCESS_VMOS_V3, zi_info_process_vmos),
	TOPIC(ZX_INFO_PROCESS_VMOS, zi_info_process_vmos),
	TOPIC(ZX_INFO_VMO_V1, zi_info_vmo),
	TOPIC(ZX_INFO_VMO_V2, zi_info_vmo),
	TOPIC(ZX_INFO_VMO_V3, zi_info_vmo),
	TOPIC(ZX_INFO_VMO, zi_info_vmo),

	TOPIC(ZX_INFO_TIMER, zi_info_timer),
	TOPIC(ZX_INFO_CLOCK_MAPPED_SIZE, zi_info_clock_mapped_size),
	TOPIC(ZX_INFO_STREAM, zi_info_stream),
	TOPIC(ZX_INFO_IOB, zi_info_iob),
	TOPIC(ZX_INFO_IOB_REGIONS, zi_info_iob_regions),

	TOPIC(ZX_INFO_RESOURCE, zi_info_resource),
	TOPIC(ZX_INFO_BTI, zi_info_bti),
	TOPIC(ZX_INFO_SOCKET, info_foreign),
	TOPIC(ZX_INFO_MSI, info_foreign),
	TOPIC(ZX_INFO_VCPU, info_foreign),
	TOPIC(ZX_INFO_INTERRUPT, zi_info_interrupt),

	TOPIC(ZX_INFO_CPU_STATS, info_system),
	TOPIC(ZX_INFO_GUEST_STATS, info_system),
	TOPIC(ZX_INFO_KMEM_STATS_V1, info_system),
	TOPIC(ZX_INFO_KMEM_STATS, info_system),
	TOPIC(ZX_INFO_KMEM_STATS_EXTENDED, info_system),
	TOPIC(ZX_INFO_KMEM_STATS_COMPRESSION, info_system),
	TOPIC(ZX_INFO_POWER_DOMAINS, info_system),
	TOPIC(ZX_INFO_MEMORY_STALL, info_system),
};

zx_status_t zi_info_get(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			size_t *actual, size_t *avail)
{
	zi_info_fn *fn = NULL;

	if (NUMBER(topic) < TOPIC_NUMBERS && VERSION(topic) < TOPIC_VERSIONS)
		fn = topics[NUMBER(topic)][VERSION(topic)];
	return fn == NULL ? ZX_ERR_NOT_SUPPORTED : fn(handle, topic, buffer, size, actual, avail);
}
