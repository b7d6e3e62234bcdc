/* zi-test: timeout=300 */
/* Handles, ports, waits, timers, tasks, devices, I/O buffers and listings when memory is out: see inject_t.h. */
#include <zircon/syscalls-next.h>
#include <zircon/syscalls/clock.h>
#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/resource.h>
#include <zirconia/device.h>

#include "inject_t.h"

/* ---- handles */

static void handles(void)
{
	zx_handle_t event = 0, copies[300], next = 0;

	CALL(zx_event_create(0, &event));
	for (unsigned i = 0; i < 300; i++)
		CALL(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copies[i]));
	CALL(zx_handle_replace(copies[0], ZX_RIGHT_WAIT, &next));
	copies[0] = next;
	SURE(zx_handle_close_many(copies, 300));
	inj_close(event);
}

Test(inject_object, handles__each_point_fails__no_memory, .timeout = 300)
{
	inj_run(handles, true); /* the table keeps its room: see inject_start */
}

/* ---- ports and waits */

static void ports(void)
{
	zx_handle_t port = 0, a = 0, b = 0, event = 0, timer = 0;
	zx_port_packet_t packet = {.key = 5, .type = ZX_PKT_TYPE_USER};
	zx_signals_t seen = 0;

	CALL(zx_port_create(0, &port));
	CALL(zx_eventpair_create(0, &a, &b));
	CALL(zx_event_create(0, &event));
	CALL(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &timer));
	for (unsigned i = 0; i < 40; i++) {
		packet.key = i;
		CALL(zx_port_queue(port, &packet));
	}
	for (unsigned i = 0; i < 40; i++) {
		CALL(zx_port_wait(port, ZX_TIME_INFINITE, &packet));
		cr_assert_eq(packet.key, i, "%s", inj.spec);
	}
	CALL(zx_object_wait_async(event, port, 100, ZX_USER_SIGNAL_0, 0));
	CALL(zx_object_wait_async(a, port, 101, ZX_EVENTPAIR_PEER_CLOSED, 0));
	CALL(zx_object_wait_async(timer, port, 102, ZX_TIMER_SIGNALED, 0));
	CALL(zx_object_wait_async(event, port, 103, ZX_USER_SIGNAL_1, 0));
	CALL(zx_timer_set(timer, 1, 0));
	CALL(zx_port_wait(port, ZX_TIME_INFINITE, &packet));
	cr_assert_eq(packet.key, 102, "%s", inj.spec);
	CALL(zx_object_signal(event, 0, ZX_USER_SIGNAL_0));
	CALL(zx_port_wait(port, ZX_TIME_INFINITE, &packet));
	cr_assert_eq(packet.key, 100, "%s", inj.spec);
	CALL(zx_port_cancel(port, event, 103));
	inj_close(b);
	CALL(zx_port_wait(port, ZX_TIME_INFINITE, &packet));
	cr_assert_eq(packet.key, 101, "%s", inj.spec);
	CALL(zx_object_wait_one(a, ZX_EVENTPAIR_PEER_CLOSED, 0, &seen));
	CALL(zx_timer_set(timer, zx_deadline_after(ZX_SEC(100)), 0));
	CALL(zx_timer_cancel(timer));
	inj_close(timer);
	inj_close(event);
	inj_close(a);
	inj_close(port);
}

Test(inject_object, ports__each_point_fails__no_memory, .timeout = 300)
{
	cr_assert_gt(inj_run(ports, true), 30u);
}

/* ---- small objects */

static void small(void)
{
	zx_handle_t clock = 0, counter = 0, stamp = 0, irq = 0, port = 0;
	zx_port_packet_t packet;
	int64_t value = 0;

	CALL(zx_clock_create(ZX_CLOCK_OPT_AUTO_START, NULL, &clock));
	CALL(zx_clock_read(clock, &value));
	CALL(zx_counter_create(0, &counter));
	CALL(zx_counter_add(counter, 7));
	CALL(zx_interrupt_create(ZX_HANDLE_INVALID, 0, ZX_INTERRUPT_VIRTUAL, &irq));
	CALL(zx_port_create(ZX_PORT_BIND_TO_INTERRUPT, &port));
	CALL(zx_interrupt_bind(irq, port, 9, 0));
	CALL(zx_interrupt_trigger(irq, 0, 5));
	CALL(zx_port_wait(port, ZX_TIME_INFINITE, &packet));
	cr_assert_eq(packet.key, 9, "%s", inj.spec);
	CALL(zx_interrupt_ack(irq));
	CALL(zx_interrupt_destroy(irq));
	(void)stamp;
	inj_close(port);
	inj_close(irq);
	inj_close(counter);
	inj_close(clock);
}

Test(inject_object, small__each_point_fails__no_memory, .timeout = 300)
{
	cr_assert_gt(inj_run(small, true), 4u);
}

/* ---- tasks and what listings tell of them */

static void list(zx_handle_t of, uint32_t topic, size_t size)
{
	static uint8_t rows[64 << 10];
	size_t actual = 0, avail = 0;

	CALL(zx_object_get_info(of, topic, rows, size == 0 ? sizeof(rows) : size, &actual, &avail));
	cr_assert_leq(actual, avail, "%s", inj.spec);
}

static void tasks(void)
{
	zx_handle_t job = 0, child = 0, process = 0, root = 0, vmo = 0;
	zx_vaddr_t at = 0;

	CALL(zx_job_create(zx_job_default(), 0, &job));
	CALL(zx_job_create(job, 0, &child));
	CALL(zx_process_create(child, "one", 3, 0, &process, &root));
	CALL(zx_vmo_create(4 * PG, 0, &vmo));
	CALL(zx_vmar_map(root, INJ_RW, 0, vmo, 0, 4 * PG, &at));
	list(job, ZX_INFO_JOB_CHILDREN, 0);
	list(child, ZX_INFO_JOB_PROCESSES, 0);
	list(process, ZX_INFO_PROCESS, sizeof(zx_info_process_t));
	list(zx_process_self(), ZX_INFO_PROCESS_MAPS, 0);
	list(zx_process_self(), ZX_INFO_PROCESS_VMOS, 0);
	list(zx_process_self(), ZX_INFO_PROCESS_THREADS, 0);
	list(zx_process_self(), ZX_INFO_HANDLE_TABLE, 0);
	list(zx_process_self(), ZX_INFO_TASK_STATS, sizeof(zx_info_task_stats_t));
	list(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS,
	     sizeof(zx_info_process_handle_stats_t));
	list(zx_vmar_root_self(), ZX_INFO_VMAR_MAPS, 0);
	list(zx_thread_self(), ZX_INFO_THREAD, sizeof(zx_info_thread_t));
	zx_handle_t found = 0;
	zx_info_handle_basic_t basic;
	CALL(zx_object_get_info(process, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL, NULL));
	CALL(zx_object_get_child(child, basic.koid, ZX_RIGHT_SAME_RIGHTS, &found));
	inj_close(found);
	CALL(zx_task_kill(job));
	inj_close(vmo);
	inj_close(root);
	inj_close(process);
	inj_close(child);
	inj_close(job);
}

Test(inject_object, tasks__each_point_fails__no_memory, .timeout = 300)
{
	cr_assert_gt(inj_run(tasks, true), 15u);
}

/* ---- devices */

static void devices(void)
{
	const zx_iommu_desc_dummy_t desc = {.reserved = 0};
	zx_handle_t root = 0, part = 0, iommu = 0, bti = 0, pmt = 0, vmo = 0, block = 0,
		    physical = 0;
	zx_paddr_t addrs[8], start = 0;
	uint64_t bank = 0;

	CALL(zirconia_device_resource(ZX_RSRC_KIND_ROOT, &root));
	CALL(zx_resource_create(root, ZX_RSRC_KIND_IRQ, 5, 3, "irq", 3, &part));
	CALL(zx_iommu_create(root, ZX_IOMMU_TYPE_DUMMY, &desc, sizeof(desc), &iommu));
	CALL(zx_bti_create(iommu, 0, 3, &bti));
	CALL(zx_vmo_create(8 * PG, 0, &vmo));
	inj_watch(vmo);
	CALL_PART(zx_bti_pin(bti, ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE, vmo, 0, 8 * PG, addrs, 8,
			     &pmt));
	CALL(zx_pmt_unpin(pmt));
	CALL(zx_vmo_create_contiguous(bti, 4 * PG, 0, &block));
	inj_watch(block);
	CALL(zx_bti_pin(bti, ZX_BTI_PERM_READ | ZX_BTI_CONTIGUOUS, block, 0, 4 * PG, &start, 1,
			&pmt));
	inj_close(pmt); /* without unpinning: quarantine */
	inj_close(block);
	CALL(zx_bti_release_quarantine(bti));
	(void)bank;
	(void)physical;
	inj_close(vmo);
	inj_close(bti);
	inj_close(iommu);
	inj_close(part);
	inj_close(root);
}

/* spec: clients A.0 #5; clients A.8 #16 */
Test(inject_object, devices__each_point_fails__no_memory, .timeout = 300)
{
	cr_assert_gt(inj_run(devices, true), 10u);
}

/* ---- I/O buffers */

static void buffers(void)
{
	const zx_iob_region_t regions[] = {
		{.type = ZX_IOB_REGION_TYPE_PRIVATE,
		 .access = ZX_IOB_ACCESS_EP0_CAN_MAP_READ | ZX_IOB_ACCESS_EP0_CAN_MAP_WRITE |
			   ZX_IOB_ACCESS_EP1_CAN_MAP_READ,
		 .size = 2 * PG,
		 .discipline.type = ZX_IOB_DISCIPLINE_TYPE_NONE},
		{.type = ZX_IOB_REGION_TYPE_PRIVATE,
		 .access = ZX_IOB_ACCESS_EP0_CAN_MAP_WRITE | ZX_IOB_ACCESS_EP0_CAN_MAP_READ |
			   ZX_IOB_ACCESS_EP1_CAN_MEDIATED_WRITE,
		 .size = PG,
		 .discipline.type = ZX_IOB_DISCIPLINE_TYPE_ID_ALLOCATOR},
	};
	zx_handle_t a = 0, b = 0;
	zx_vaddr_t at = 0, there = 0;

	CALL(zx_iob_create(0, regions, 2, &a, &b));
	CALL(zx_vmar_map_iob(zx_vmar_root_self(), INJ_RW, 0, a, 0, 0, 2 * PG, &at));
	CALL(zx_vmar_map_iob(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, b, 0, 0, 2 * PG, &there));
	CALL_PART(inj_store(at + PG, 9));
	CALL_LOAD(there + PG, 9);
	CALL(zx_vmar_unmap(zx_vmar_root_self(), there, 2 * PG));
	inj_close(b);
	CALL(zx_vmar_unmap(zx_vmar_root_self(), at, 2 * PG));
	inj_close(a);
}

Test(inject_object, buffers__each_point_fails__no_memory, .timeout = 300)
{
	cr_assert_gt(inj_run(buffers, true), 10u);
}
