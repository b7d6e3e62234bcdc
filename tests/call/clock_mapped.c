/*
 * zx_vmar_map_clock, and reading what it maps.
 *
 * zi-test: valgrind
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls/clock.h>
#include <zircon/syscalls/object.h>
#include <zirconia/fault.h>

#include "t.h"

#define V1 (UINT64_C(1) << ZX_CLOCK_ARGS_VERSION_SHIFT)
#define V2 (UINT64_C(2) << ZX_CLOCK_ARGS_VERSION_SHIFT)

static zx_handle_t a_clock(uint64_t options)
{
	zx_handle_t clock = ZX_HANDLE_INVALID;

	T_OK(zx_clock_create(options, NULL, &clock));
	return clock;
}

static zx_handle_t with_rights(zx_handle_t handle, zx_rights_t rights)
{
	zx_handle_t out = ZX_HANDLE_INVALID;

	T_OK(zx_handle_duplicate(handle, rights, &out));
	return out;
}

static zx_status_t map_clock(zx_handle_t clock, zx_vm_option_t options, zx_vaddr_t *addr)
{
	return zx_vmar_map_clock(zx_vmar_root_self(), options, 0, clock, T_PAGE, addr);
}

/* spec: vmar 7.3 #1 #2 #3 #4 #5 #6 */
Test(call_clock_mapped, map_clock__each_error__in_the_order_of_checks)
{
	zx_handle_t clock = a_clock(ZX_CLOCK_OPT_MAPPABLE | ZX_CLOCK_OPT_AUTO_START);
	zx_handle_t plain = a_clock(ZX_CLOCK_OPT_AUTO_START), event;
	zx_handle_t no_map = with_rights(clock, ZX_RIGHT_READ);
	zx_handle_t no_read = with_rights(clock, ZX_RIGHT_MAP);
	zx_handle_t root = zx_vmar_root_self(), closed;

	T_OK(zx_event_create(0, &event));
	closed = with_rights(event, ZX_RIGHT_SAME_RIGHTS);
	t_close(closed);

	const struct {
		const char *name;
		zx_handle_t vmar, clock;
		zx_vm_option_t options;
		uint64_t len;
		zx_status_t expected;
	} rows[] = {
		{"write, before the handles", closed, closed, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE,
		 T_PAGE, ZX_ERR_INVALID_ARGS},
		{"execute", root, clock, ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE, T_PAGE,
		 ZX_ERR_INVALID_ARGS},
		{"read if xom", root, clock, ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED, T_PAGE,
		 ZX_ERR_INVALID_ARGS},
		{"no length, before the handles", closed, closed, ZX_VM_PERM_READ, 0,
		 ZX_ERR_INVALID_ARGS},
		{"two pages", root, clock, ZX_VM_PERM_READ, 2 * T_PAGE, ZX_ERR_INVALID_ARGS},
		{"closed clock, before the VMAR", closed, closed, ZX_VM_PERM_READ, T_PAGE,
		 ZX_ERR_BAD_HANDLE},
		{"an event", closed, event, ZX_VM_PERM_READ, T_PAGE, ZX_ERR_WRONG_TYPE},
		{"not mappable, before the VMAR", closed, plain, ZX_VM_PERM_READ, T_PAGE,
		 ZX_ERR_INVALID_ARGS},
		{"closed VMAR", closed, clock, ZX_VM_PERM_READ, T_PAGE, ZX_ERR_BAD_HANDLE},
		{"an event as VMAR", event, clock, ZX_VM_PERM_READ, T_PAGE, ZX_ERR_WRONG_TYPE},
		{"no right to map", root, no_map, ZX_VM_PERM_READ, T_PAGE, ZX_ERR_ACCESS_DENIED},
		{"no right to read", root, no_read, ZX_VM_PERM_READ, T_PAGE, ZX_ERR_ACCESS_DENIED},
		{"stream size", root, clock,
		 ZX_VM_PERM_READ | ZX_VM_ALLOW_FAULTS | ZX_VM_FAULT_BEYOND_STREAM_SIZE, T_PAGE,
		 ZX_ERR_INVALID_ARGS},
		{"unknown option", root, clock, ZX_VM_PERM_READ | 1u << 25, T_PAGE,
		 ZX_ERR_INVALID_ARGS},
	};
	T_EACH (rows, r) {
		zx_vaddr_t addr = 7;

		T_ZX_ROW(r->name,
			 zx_vmar_map_clock(r->vmar, r->options, 0, r->clock, r->len, &addr),
			 r->expected);
		cr_expect_eq(addr, 7, "%s: the address is unchanged", r->name);
	}
	T_ZX(map_clock(clock, ZX_VM_PERM_READ, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	t_close(event);
	t_close(no_read);
	t_close(no_map);
	t_close(plain);
	t_close(clock);
}

Test(call_clock_mapped, mapped__updates__seen_as_through_the_handle)
{
	zx_handle_t clock = a_clock(ZX_CLOCK_OPT_MAPPABLE);
	zx_clock_details_v1_t by_handle, by_page;
	zx_vaddr_t addr;
	zx_time_t now;

	T_OK(map_clock(clock, ZX_VM_PERM_READ, &addr));
	const void *page = (const void *)addr;

	T_OK(zx_clock_read_mappable(page, &now));
	cr_assert_eq(now, 0, "a clock that has not started stands at its backstop");
	for (int64_t i = 1; i <= 20; i++) {
		const zx_clock_update_args_v2_t args = {.synthetic_value = i * 1000000,
							.error_bound = (uint64_t)i};
		zx_time_t before, between, after;

		T_OK(zx_clock_update(clock,
				     V2 | ZX_CLOCK_UPDATE_OPTION_SYNTHETIC_VALUE_VALID |
					     ZX_CLOCK_UPDATE_OPTION_ERROR_BOUND_VALID,
				     &args));
		T_OK(zx_clock_read(clock, &before));
		T_OK(zx_clock_read_mappable(page, &between));
		T_OK(zx_clock_read(clock, &after));
		cr_assert(before <= between && between <= after, "round %d", (int)i);
		T_OK(zx_clock_get_details(clock, V1, &by_handle));
		T_OK(zx_clock_get_details_mappable(page, V1, &by_page));
		by_page.query_ticks = by_handle.query_ticks;
		cr_assert_arr_eq(&by_page, &by_handle, sizeof(by_page), "round %d", (int)i);
	}
	T_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, T_PAGE));
	T_ZX(zx_clock_read_mappable(page, &now), ZX_ERR_INVALID_ARGS);
	t_close(clock);
}

/* The mapping needs no handle, cannot be written, and is listed as a clock. */
Test(call_clock_mapped, mapping__handle_closed__lives_on_read_only)
{
	zx_handle_t clock = a_clock(ZX_CLOCK_OPT_MAPPABLE | ZX_CLOCK_OPT_AUTO_START);
	const zx_koid_t koid = t_koid(clock);
	zx_info_maps_t maps[64];
	size_t actual, avail, listed = 0;
	zx_time_t first, second;
	zx_vaddr_t addr;

	T_OK(map_clock(clock, ZX_VM_PERM_READ, &addr));
	t_close(clock);
	T_OK(zx_clock_read_mappable((const void *)addr, &first));
	T_OK(zx_clock_read_mappable((const void *)addr, &second));
	cr_assert(first > 0 && second >= first);
	T_ZX(zirconia_probe_write8((volatile void *)addr, 1), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, addr, T_PAGE),
	     ZX_ERR_ACCESS_DENIED);
	T_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_MAPS, maps, sizeof(maps),
				&actual, &avail));
	for (size_t i = 0; i < actual; i++) {
		if (maps[i].type != ZX_INFO_MAPS_TYPE_MAPPING || maps[i].base != addr)
			continue;
		listed++;
		cr_assert_str_eq(maps[i].name, "kernel-clock");
		cr_assert_eq(maps[i].u.mapping.vmo_koid, koid);
		cr_assert_eq(maps[i].u.mapping.mmu_flags & ZX_VM_PERM_WRITE, 0);
	}
	cr_assert_eq(listed, 1);
	T_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, T_PAGE));
}

static zx_handle_t shared_clock;
static _Atomic bool stop;

static void *update(void *arg)
{
	/* Value and error bound belong together. */
	for (int64_t i = 1; !atomic_load(&stop); i++) {
		const zx_clock_update_args_v2_t args = {.synthetic_value = i << 32,
							.error_bound = (uint64_t)i};

		T_OK(zx_clock_update(shared_clock,
				     V2 | ZX_CLOCK_UPDATE_OPTION_SYNTHETIC_VALUE_VALID |
					     ZX_CLOCK_UPDATE_OPTION_ERROR_BOUND_VALID,
				     &args));
	}
	return arg;
}

Test(call_clock_mapped, mapped__updated_meanwhile__never_torn, .timeout = 30)
{
	zx_clock_details_v1_t d;
	pthread_t thread;
	zx_vaddr_t addr;

	shared_clock = a_clock(ZX_CLOCK_OPT_MAPPABLE);
	T_OK(map_clock(shared_clock, ZX_VM_PERM_READ, &addr));
	cr_assert_eq(pthread_create(&thread, NULL, update, NULL), 0);
	for (int i = 0; i < 20000; i += d.generation_counter != 0) {
		T_OK(zx_clock_get_details_mappable((const void *)addr, V1, &d));
		if (d.generation_counter == 0)
			continue; /* the thread is not there yet */
		cr_assert_eq((uint64_t)d.reference_to_synthetic.synthetic_offset >> 32,
			     d.error_bound, "value and error bound of different updates");
	}
	cr_assert(d.generation_counter > 1, "nothing was updated meanwhile");
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	T_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, T_PAGE));
	t_close(shared_clock);
}
