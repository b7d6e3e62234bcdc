/* zi-test: valgrind */
/* Calls about hardware that a process does not have: who may ask, and what the answer is. */
#include <zircon/syscalls/smc.h>

#include "device_t.h"

#define SYSTEM ZX_RSRC_KIND_SYSTEM

/* Resources, and what a call that needs privilege `base` of the system says of them. */
struct asked {
	const char *name;
	zx_handle_t resource;
	bool allowed;
	zx_status_t refused;
};

enum { ASKED = 8 };

static void ask(uint64_t base, struct asked out[ASKED])
{
	const zx_handle_t root = dev_root();
	const uint64_t other =
		base == ZX_RSRC_SYSTEM_INFO_BASE ? base + 1 : ZX_RSRC_SYSTEM_INFO_BASE;
	zx_handle_t all, none = dev_resource(root, SYSTEM, base, 1);

	T_OK(zirconia_device_resource(SYSTEM, &all));
	const struct asked list[ASKED] = {
		{"root", root, true, ZX_OK},
		{"all privileges", all, true, ZX_OK},
		{"the privilege", dev_resource(root, SYSTEM, base, 1), true, ZX_OK},
		{"the privilege, no rights", vmo_dup(none, 0), true, ZX_OK},
		{"another privilege", dev_resource(root, SYSTEM, other, 1), false,
		 ZX_ERR_WRONG_TYPE},
		{"another kind", dev_resource(root, ZX_RSRC_KIND_MMIO, base, 1), false,
		 ZX_ERR_WRONG_TYPE},
		{"a VMO", t_vmo(PG), false, ZX_ERR_WRONG_TYPE},
		{"nothing", ZX_HANDLE_INVALID, false, ZX_ERR_BAD_HANDLE},
	};

	memcpy(out, list, sizeof(list));
}

/* spec: clients A.14 framebuffer_get_info #1-2; clients A.14 framebuffer_set_range #1 */
Test(call_platform, framebuffer__privilege_asked_for__then_there_is_none)
{
	uint32_t words[4] = {7, 7, 7, 7};
	struct asked list[ASKED];

	ask(ZX_RSRC_SYSTEM_FRAMEBUFFER_BASE, list);
	T_EACH (list, r) {
		T_ZX_ROW(r->name,
			 zx_framebuffer_get_info(r->resource, &words[0], &words[1], &words[2],
						 &words[3]),
			 r->allowed ? ZX_ERR_INVALID_ARGS : r->refused);
		T_ZX_ROW(r->name,
			 _zx_framebuffer_get_info(r->resource, NULL, NULL, NULL, t_bad_ptr()),
			 r->allowed ? ZX_ERR_INVALID_ARGS : r->refused);
		T_ZX_ROW(r->name,
			 zx_framebuffer_set_range(r->resource, t_vmo(PG), T_PAGE, 1, 1, 1, 1),
			 ZX_ERR_NOT_SUPPORTED);
	}
	for (unsigned i = 0; i < 4; i++)
		cr_assert_eq(words[i], 7);
}

/* spec: clients A.14 smc_call #1-3 */
Test(call_platform, secure_monitor__pointers_then_resource__then_not_supported)
{
	/* The six bits above the function numbers say whose service it is. */
	const zx_smc_parameters_t params = {.func_id = 0x84000001};
	const zx_handle_t root = dev_root();
	zx_smc_result_t result;
	zx_handle_t all;

	memset(&result, 0x5a, sizeof(result));
	T_OK(zirconia_device_resource(ZX_RSRC_KIND_SMC, &all));
	T_ZX(zx_smc_call(ZX_HANDLE_INVALID, NULL, &result), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_smc_call(ZX_HANDLE_INVALID, &params, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_smc_call(ZX_HANDLE_INVALID, t_bad_ptr(), &result), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_smc_call(ZX_HANDLE_INVALID, &params, &result), ZX_ERR_BAD_HANDLE);
	T_ZX(zx_smc_call(t_vmo(PG), &params, &result), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_smc_call(dev_resource(root, ZX_RSRC_KIND_MMIO, 4, 1), &params, &result),
	     ZX_ERR_WRONG_TYPE);
	T_ZX(zx_smc_call(all, &params, &result), ZX_ERR_NOT_SUPPORTED);
	T_ZX(zx_smc_call(root, &params, &result), ZX_ERR_NOT_SUPPORTED);
	cr_assert(t_all(&result, sizeof(result), 0x5a));
}

static uint64_t denied_base;

static bool deny_service(void *ctx, zx_rsrc_kind_t kind, uint64_t base, uint64_t size)
{
	(void)ctx;
	denied_base = base;
	return kind == ZX_RSRC_KIND_SMC && size == 1;
}

/* spec: clients A.14 smc_call #2; clients A.3 validation #2 */
Test(call_platform, secure_monitor__what_is_asked_for__is_the_service_of_the_function)
{
	const zx_smc_parameters_t params = {.func_id = 0xb2000055};
	zx_smc_result_t result;

	zirconia_device_set_filter(deny_service, NULL);
	T_ZX(zx_smc_call(dev_root(), &params, &result), ZX_ERR_ACCESS_DENIED);
	cr_assert_eq(denied_base, 0x32);
	zirconia_device_set_filter(NULL, NULL);
}

/* spec: clients A.14 msi #1-2 */
Test(call_platform, message_signalled_interrupts__privilege_asked_for__then_not_supported)
{
	struct asked list[ASKED];
	zx_handle_t out = 77;

	ask(ZX_RSRC_SYSTEM_MSI_BASE, list);
	T_EACH (list, r) {
		const zx_status_t want = r->allowed ? ZX_ERR_NOT_SUPPORTED : r->refused;

		T_ZX_ROW(r->name, zx_msi_allocate(r->resource, 4, &out), want);
		T_ZX_ROW(r->name, zx_msi_create(r->resource, 0, 1, t_vmo(PG), 0, &out), want);
	}
	cr_assert_eq(out, 77);
}

/* spec: clients A.14 ioports #1-2 */
Test(call_platform, io_ports__resource_asked_for__then_not_supported)
{
	const zx_handle_t root = dev_root();
	const struct asked list[] = {
		{"root", root, true, ZX_OK},
		{"the ports", dev_resource(root, ZX_RSRC_KIND_IOPORT, 0x60, 5), true, ZX_OK},
		{"other ports", dev_resource(root, ZX_RSRC_KIND_IOPORT, 0x62, 5), false,
		 ZX_ERR_OUT_OF_RANGE},
		{"another kind", dev_resource(root, ZX_RSRC_KIND_MMIO, 0x60, 5), false,
		 ZX_ERR_WRONG_TYPE},
		{"a VMO", t_vmo(PG), false, ZX_ERR_WRONG_TYPE},
		{"nothing", ZX_HANDLE_INVALID, false, ZX_ERR_BAD_HANDLE},
	};

	T_EACH (list, r) {
		const zx_status_t want = r->allowed ? ZX_ERR_NOT_SUPPORTED : r->refused;

		T_ZX_ROW(r->name, zx_ioports_request(r->resource, 0x60, 5), want);
		T_ZX_ROW(r->name, zx_ioports_release(r->resource, 0x60, 5), want);
	}
}
