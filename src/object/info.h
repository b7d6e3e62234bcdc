/*
 * zx_object_get_info: the table of topics (info.c), and what every topic needs to hand its records
 * out.
 *
 * A topic is one function. It looks the handle up with the type and right of its topic, gathers the
 * data, and hands the record or the rows to the writers below, which are the only places that touch
 * the program's buffer. No lock of ours may be held there: the buffer may be mapped from the very
 * object that is being listed.
 */
#ifndef ZI_OBJECT_INFO_H
#define ZI_OBJECT_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/syscalls/object.h>
#include <zircon/types.h>

struct zi_aspace;

/* ---- writers: info.c */

/*
 * The end of a topic with one record: BUFFER_TOO_SMALL (*actual 0, *avail 1) when it does not fit,
 * otherwise the record is written and both counts are 1. A bad user pointer is INVALID_ARGS; when
 * it is `buffer`, the counts stay untouched. `actual` and `avail` are user pointers and may be
 * NULL.
 */
zx_status_t zi_info_one(const void *record, size_t record_size, void *buffer, size_t size,
			size_t *actual, size_t *avail);

/*
 * Array topics, row by row. Fields are read by nobody else; `room` tells whether rows still reach
 * the buffer.
 */
struct zi_info_rows {
	uint8_t *buffer; /* user memory */
	size_t record_size;
	size_t capacity; /* whole records that fit */
	size_t written;
	size_t total;       /* rows added, written or not */
	zx_status_t status; /* first failure to write; then nothing is written any more */
};

void zi_info_rows_begin(struct zi_info_rows *rows, void *buffer, size_t size, size_t record_size);
/*
 * Adds a row; beyond the capacity it is only counted. False when user memory was bad: the caller
 * may stop early.
 */
bool zi_info_rows_add(struct zi_info_rows *rows, const void *record);
/* Counts `n` rows that are known not to fit. */
static inline void zi_info_rows_skip(struct zi_info_rows *rows, size_t n)
{
	rows->total += n;
}
static inline bool zi_info_rows_room(const struct zi_info_rows *rows)
{
	return rows->status == ZX_OK && rows->written < rows->capacity;
}
/*
 * Writes the counts and answers the status of the call: ZX_OK also when rows were left out,
 * INVALID_ARGS for bad memory.
 */
zx_status_t zi_info_rows_end(struct zi_info_rows *rows, size_t *actual, size_t *avail);
/*
 * Writes both counts (each may be NULL): ZX_OK or INVALID_ARGS. For topics that report counts
 * together with an error.
 */
zx_status_t zi_info_counts(size_t actual_value, size_t avail_value, size_t *actual, size_t *avail);

/*
 * ---- topics. All have this form; `topic` is one of the values that info.c sends to the function.
 */

typedef zx_status_t zi_info_fn(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			       size_t *actual, size_t *avail);

/*
 * The answer of zx_object_get_info: NOT_SUPPORTED for an unknown topic, before the handle is looked
 * at.
 */
zi_info_fn zi_info_get;

/* info_handle.c: HANDLE_VALID, HANDLE_BASIC, HANDLE_COUNT, HANDLE_TABLE, PROCESS_HANDLE_STATS */
zi_info_fn zi_info_handle_valid;
zi_info_fn zi_info_handle_basic;
zi_info_fn zi_info_handle_count;
zi_info_fn zi_info_handle_table;
zi_info_fn zi_info_handle_stats;

/*
 * info_task.c: PROCESS, PROCESS_THREADS, JOB, JOB_CHILDREN, JOB_PROCESSES, THREAD, THREAD_STATS,
 * TASK_RUNTIME*
 */
zi_info_fn zi_info_process;
zi_info_fn zi_info_process_threads;
zi_info_fn zi_info_job;
zi_info_fn zi_info_job_list;
zi_info_fn zi_info_thread;
zi_info_fn zi_info_thread_stats;
zi_info_fn zi_info_thread_exception;
zi_info_fn zi_info_task_runtime;

/* timer.c, clock.c, stream.c, iob.c */
zi_info_fn zi_info_timer;
zi_info_fn zi_info_clock_mapped_size;
zi_info_fn zi_info_stream;
zi_info_fn zi_info_iob;
zi_info_fn zi_info_iob_regions;

/* resource.c, bti.c, interrupt.c */
zi_info_fn zi_info_resource;
zi_info_fn zi_info_bti;
zi_info_fn zi_info_interrupt;

/* info_vmo.c: VMO in all versions */
zi_info_fn zi_info_vmo;

/* info_maps.c: PROCESS_MAPS* and VMAR_MAPS; VMAR; TASK_STATS*; PROCESS_VMOS* */
/*
 * Rows of an address space, in memory of ours: from malloc, the caller's to free. Starts zeroed but
 * for the limit. BAD_STATE: destroyed. Whether memory was out is told by no_memory.
 */
struct zi_maps_rows {
	zx_info_maps_t *row;
	size_t count; /* of row */
	size_t room;  /* allocated */
	size_t limit; /* more than this are only counted */
	size_t total;
	bool no_memory;
};
zx_status_t zi_info_gather_maps(struct zi_aspace *as, struct zi_maps_rows *rows);
/* What TASK_STATS says. BAD_STATE: destroyed. */
zx_status_t zi_info_sum_up(struct zi_aspace *as, zx_info_task_stats_t *out);
zi_info_fn zi_info_maps;
zi_info_fn zi_info_vmar;
zi_info_fn zi_info_task_stats;
zi_info_fn zi_info_process_vmos;

#endif
