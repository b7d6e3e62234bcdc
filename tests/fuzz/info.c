/* zi-test: valgrind */
/*
 * libFuzzer: zx_object_get_info with every topic and version, of every object, into buffers of every length. What comes back fits the
 * buffer, ends where the count says, and a refused question changes nothing.
 */
#include <string.h>

#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/iob.h>
#include <zircon/syscalls/object.h>

#include "fuzz_world.h"

/* Bytes of one record; the topics that there are, whatever the library makes of them. */
static const struct topic {
	uint32_t topic;
	size_t record; /* 0: not known here */
} topics[] = {
	{ZX_INFO_NONE, 0},
	{ZX_INFO_HANDLE_VALID, 0},
	{ZX_INFO_HANDLE_BASIC, sizeof(zx_info_handle_basic_t)},
	{ZX_INFO_PROCESS, sizeof(zx_info_process_t)},
	{ZX_INFO_PROCESS_THREADS, sizeof(zx_koid_t)},
	{ZX_INFO_VMAR, sizeof(zx_info_vmar_t)},
	{ZX_INFO_JOB_CHILDREN, sizeof(zx_koid_t)},
	{ZX_INFO_JOB_PROCESSES, sizeof(zx_koid_t)},
	{ZX_INFO_THREAD, sizeof(zx_info_thread_t)},
	{ZX_INFO_THREAD_EXCEPTION_REPORT_V1, 0},
	{ZX_INFO_THREAD_EXCEPTION_REPORT, sizeof(zx_exception_report_t)},
	{ZX_INFO_TASK_STATS_V1, 0},
	{ZX_INFO_TASK_STATS, sizeof(zx_info_task_stats_t)},
	{ZX_INFO_PROCESS_MAPS_V1, 0},
	{ZX_INFO_PROCESS_MAPS_V2, 0},
	{ZX_INFO_PROCESS_MAPS, sizeof(zx_info_maps_t)},
	{ZX_INFO_PROCESS_VMOS_V1, 0},
	{ZX_INFO_PROCESS_VMOS_V2, 0},
	{ZX_INFO_PROCESS_VMOS_V3, 0},
	{ZX_INFO_PROCESS_VMOS, sizeof(zx_info_vmo_t)},
	{ZX_INFO_THREAD_STATS, sizeof(zx_info_thread_stats_t)},
	{ZX_INFO_CPU_STATS, 0},
	{ZX_INFO_KMEM_STATS_V1, 0},
	{ZX_INFO_KMEM_STATS, 0},
	{ZX_INFO_RESOURCE, sizeof(zx_info_resource_t)},
	{ZX_INFO_HANDLE_COUNT, sizeof(zx_info_handle_count_t)},
	{ZX_INFO_BTI, sizeof(zx_info_bti_t)},
	{ZX_INFO_PROCESS_HANDLE_STATS, sizeof(zx_info_process_handle_stats_t)},
	{ZX_INFO_SOCKET, 0},
	{ZX_INFO_VMO_V1, 0},
	{ZX_INFO_VMO_V2, 0},
	{ZX_INFO_VMO_V3, 0},
	{ZX_INFO_VMO, sizeof(zx_info_vmo_t)},
	{ZX_INFO_JOB, sizeof(zx_info_job_t)},
	{ZX_INFO_TIMER, sizeof(zx_info_timer_t)},
	{ZX_INFO_STREAM, sizeof(zx_info_stream_t)},
	{ZX_INFO_HANDLE_TABLE, sizeof(zx_info_handle_extended_t)},
	{ZX_INFO_MSI, 0},
	{ZX_INFO_GUEST_STATS, 0},
	{ZX_INFO_TASK_RUNTIME_V1, 0},
	{ZX_INFO_TASK_RUNTIME, sizeof(zx_info_task_runtime_t)},
	{ZX_INFO_KMEM_STATS_EXTENDED, 0},
	{ZX_INFO_VCPU, 0},
	{ZX_INFO_KMEM_STATS_COMPRESSION, 0},
	{ZX_INFO_IOB, sizeof(zx_info_iob_t)},
	{ZX_INFO_IOB_REGIONS, sizeof(zx_iob_region_info_t)},
	{ZX_INFO_VMAR_MAPS, sizeof(zx_info_maps_t)},
	{ZX_INFO_POWER_DOMAINS, 0},
	{ZX_INFO_MEMORY_STALL, 0},
	{ZX_INFO_INTERRUPT, sizeof(zx_info_interrupt_t)},
	{ZX_INFO_CLOCK_MAPPED_SIZE, sizeof(uint64_t)},
};

enum { TOPICS = sizeof(topics) / sizeof(topics[0]), CANARY = 0xc5, BEFORE = 64 };

static bool is_canary(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != CANARY)
			return false;
	return true;
}

/* Lengths that end inside of records, at their ends, and anywhere. */
static size_t length_of(struct fz_in *in, size_t record)
{
	const uint8_t kind = fz_u8(in);
	size_t size = kind % 4 == 0 ? fz_u8(in) * record :
		      kind % 4 == 1 ? fz_u8(in) % 8 * record + fz_u8(in) % 16 - 8 :
		      kind % 4 == 2 ? (size_t)fz_u(in, 2) :
				      fz_u8(in);

	return size % (FZ_AREA_LEN / 2);
}

/* Into memory of which every byte is looked at. */
static void ask_and_look(struct fz_in *in, zx_handle_t h, const struct topic *t)
{
	const size_t record = t->record, size = length_of(in, record);
	uint8_t *buffer = fz_area + FZ_AREA_LEN - size;
	size_t actual = 77, avail = 77;
	const uint8_t counts = fz_u8(in);
	zx_status_t st;

	memset(buffer - BEFORE, CANARY, size + BEFORE);
	st = zx_object_get_info(h, t->topic, buffer, size, counts & 1 ? NULL : &actual,
				counts & 2 ? NULL : &avail);
	if (!is_canary(buffer - BEFORE, BEFORE))
		fz_fail("topic %#x: bytes before the buffer were changed", t->topic);
	if (st != ZX_OK && !is_canary(buffer, size))
		fz_fail("topic %#x: status %d, and the buffer was changed", t->topic, st);
	if ((counts & 3) != 0)
		return;
	/* Topics 13 and 14 tell counts of processes that have nothing to list, too. */
	if (st != ZX_OK && st != ZX_ERR_BUFFER_TOO_SMALL && (actual != 77 || avail != 77) &&
	    (t->topic & 0xff) != (ZX_INFO_PROCESS_MAPS & 0xff) &&
	    (t->topic & 0xff) != (ZX_INFO_PROCESS_VMOS & 0xff))
		fz_fail("topic %#x: status %d, and the counts were changed", t->topic, st);
	if (st != ZX_OK || record == 0)
		return;
	if (actual > avail || actual * record > size)
		fz_fail("topic %#x: %zu of %zu records in %zu bytes", t->topic, actual, avail,
			size);
	if (actual < avail && size - actual * record >= record)
		fz_fail("topic %#x: %zu of %zu records, and room for more", t->topic, actual,
			avail);
	if (!is_canary(buffer + actual * record, size - actual * record))
		fz_fail("topic %#x: bytes after %zu records were changed", t->topic, actual);
}

static void ask(struct fz_in *in)
{
	const uint8_t kind = fz_u8(in), which = fz_u8(in);
	const struct topic *t = &topics[which % TOPICS];
	const zx_handle_t h = fz_handle(in, ZX_OBJ_TYPE_NONE);
	size_t room;

	if (kind < 160) {
		ask_and_look(in, h, t);
	} else if (kind < 240) {
		void *buffer = fz_pointer(in, &room), *actual = fz_pointer(in, &room),
		     *avail = fz_pointer(in, &room);

		(void)zx_object_get_info(h, t->topic, buffer, fz_number(in), actual, avail);
	} else {
		const struct topic any = {(uint32_t)fz_u(in, 4), 0};

		ask_and_look(in, h, &any);
	}
}

/* Something for lists to tell: mappings, children, closed handles. */
static void change(struct fz_in *in)
{
	const zx_handle_t vmo = fz_handle(in, ZX_OBJ_TYPE_VMO);
	zx_handle_t h;
	zx_vaddr_t addr;

	switch (fz_u8(in) % 4) {
	case 0:
		if (zx_vmar_map(fz_handle(in, ZX_OBJ_TYPE_VMAR), ZX_VM_PERM_READ, 0, vmo, 0,
				fz_number(in), &addr) == ZX_OK)
			fz_mapped(addr);
		break;
	case 1:
		if (zx_vmo_create_child(vmo, 1u << fz_u8(in) % 8, 0, fz_number(in), &h) == ZX_OK)
			fz_hold(h);
		break;
	case 2:
		if (zx_job_create(fz_handle(in, ZX_OBJ_TYPE_JOB), 0, &h) == ZX_OK)
			fz_hold(h);
		break;
	default:
		h = fz_handle(in, ZX_OBJ_TYPE_NONE);
		(void)zx_handle_close(h);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fz_in in = {data, size};

	fz_begin();
	fz_first_objects();
	for (unsigned i = 0; i < 200 && in.left != 0; i++) {
		if (fz_u8(&in) % 4 == 0)
			change(&in);
		else
			ask(&in);
	}
	fz_end();
	return 0;
}
