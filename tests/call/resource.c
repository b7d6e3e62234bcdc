/* zi-test: valgrind */
/* Resources: who may have which range, and what asks for them. */
#include <signal.h>

#include <lib/fake-resource/resource.h>

#include "device_t.h"

#define MMIO ZX_RSRC_KIND_MMIO
#define IRQ ZX_RSRC_KIND_IRQ
#define IOPORT ZX_RSRC_KIND_IOPORT
#define ROOT ZX_RSRC_KIND_ROOT
#define SMC ZX_RSRC_KIND_SMC
#define SYSTEM ZX_RSRC_KIND_SYSTEM
#define EXCLUSIVE ZX_RSRC_FLAG_EXCLUSIVE

static zx_info_resource_t info_of(zx_handle_t h)
{
	zx_info_resource_t info;

	memset(&info, 0xee, sizeof(info));
	T_OK(zx_object_get_info(h, ZX_INFO_RESOURCE, &info, sizeof(info), NULL, NULL));
	return info;
}

static zx_status_t create(zx_handle_t parent, uint32_t options, uint64_t base, size_t size,
			  zx_handle_t *out)
{
	*out = ZX_HANDLE_INVALID;
	return zx_resource_create(parent, options, base, size, NULL, 0, out);
}

/* spec: clients A.3 #1-3; clients A.0 #1-3; clients A.2 #1 */
Test(call_resource, parent__bad_handle_type_or_rights__refused)
{
	const zx_handle_t root = dev_root(), event = ZX_HANDLE_INVALID;
	zx_handle_t closed = dev_root(), weak, h, ev = event;

	t_close(closed);
	T_OK(zx_event_create(0, &ev));
	T_OK(zx_handle_duplicate(root, t_rights(root) & ~ZX_RIGHT_WRITE, &weak));
	T_ZX(create(ZX_HANDLE_INVALID, MMIO, 0, PG, &h), ZX_ERR_BAD_HANDLE);
	T_ZX(create(closed, MMIO, 0, PG, &h), ZX_ERR_BAD_HANDLE);
	T_ZX(create(ev, 99, 0, PG, &h), ZX_ERR_WRONG_TYPE);
	T_ZX(create(weak, 99, 0, PG, &h), ZX_ERR_ACCESS_DENIED);
	T_OK(create(root, MMIO, 0, PG, &h));
	cr_assert_eq(t_rights(h),
		     ZX_RIGHT_TRANSFER | ZX_RIGHT_DUPLICATE | ZX_RIGHT_WRITE | ZX_RIGHT_INSPECT);
	cr_assert_eq(t_rights(root), t_rights(h));
}

/* spec: clients A.3 #4 #5 #6 #7 #9 #10 #11 #12 */
Test(call_resource, create__each_wrong_argument__its_status)
{
	const zx_handle_t root = dev_root();
	const zx_handle_t part = dev_resource(root, MMIO, 0x10000, 0x3800);
	const zx_handle_t alone = dev_resource(root, MMIO | EXCLUSIVE, 0x20000, 0x1000);
	zx_handle_t all_irq;

	T_OK(zirconia_device_resource(IRQ, &all_irq));
	const struct {
		const char *name;
		zx_handle_t parent;
		uint32_t options;
		uint64_t base;
		size_t size;
		zx_status_t want;
	} rows[] = {
		{"kind too large", root, ZX_RSRC_KIND_COUNT, 0, PG, ZX_ERR_INVALID_ARGS},
		{"unknown flag", root, MMIO | 0x20000, 0, PG, ZX_ERR_INVALID_ARGS},
		{"highest flag", root, MMIO | 0x80000000, 0, PG, ZX_ERR_INVALID_ARGS},
		{"bad kind before the parent's range", part, 77, 0, 1, ZX_ERR_INVALID_ARGS},
		{"another kind than the parent", part, IRQ, 0x10000, 1, ZX_ERR_ACCESS_DENIED},
		{"root from a range", part, ROOT, 0, 0, ZX_ERR_ACCESS_DENIED},
		{"root from all interrupts", all_irq, ROOT, 0, 0, ZX_ERR_ACCESS_DENIED},
		{"MMIO from all interrupts", all_irq, MMIO, 0, PG, ZX_ERR_ACCESS_DENIED},
		{"before the parent", part, MMIO, 0xffff, 1, ZX_ERR_ACCESS_DENIED},
		{"after the parent", part, MMIO, 0x14000, 1, ZX_ERR_ACCESS_DENIED},
		{"over its end", part, MMIO, 0x13000, 0x1001, ZX_ERR_ACCESS_DENIED},
		{"wraps", part, MMIO, 0x10000, SIZE_MAX, ZX_ERR_ACCESS_DENIED},
		{"nothing of a range", part, MMIO, 0x10000, 0, ZX_ERR_ACCESS_DENIED},
		{"rest of the parent's last page", part, MMIO, 0x13fff, 1, ZX_OK},
		{"all of the parent", part, MMIO, 0x10000, 0x3800, ZX_OK},
		{"exclusive child of a range", part, MMIO | EXCLUSIVE, 0x10000, 1,
		 ZX_ERR_INVALID_ARGS},
		{"child of an exclusive range", alone, MMIO, 0x20000, 1, ZX_ERR_INVALID_ARGS},
		{"not covered before exclusive", part, MMIO | EXCLUSIVE, 0, 1,
		 ZX_ERR_ACCESS_DENIED},
		{"root with base", root, ROOT, 1, 0, ZX_ERR_INVALID_ARGS},
		{"root with size", root, ROOT, 0, 1, ZX_ERR_INVALID_ARGS},
		{"root", root, ROOT, 0, 0, ZX_OK},
		{"no secure monitor", root, SMC, 0, 1, ZX_ERR_BAD_STATE},
		{"no secure monitor, size 0", root, SMC, 0, 0, ZX_ERR_BAD_STATE},
		{"size 0", root, MMIO, 0x1000, 0, ZX_ERR_INVALID_ARGS},
		{"size 0 of all", all_irq, IRQ, 0, 0, ZX_ERR_INVALID_ARGS},
		{"base and size wrap", root, MMIO, UINT64_MAX, 1, ZX_ERR_INVALID_ARGS},
		{"last address", root, MMIO, UINT64_MAX - 1, 1, ZX_OK},
		{"I/O ports end", root, IOPORT, 0xffff, 2, ZX_ERR_NOT_FOUND},
		{"last I/O port", root, IOPORT, 0xffff, 1, ZX_OK},
		{"last privilege", root, SYSTEM, ZX_RSRC_SYSTEM_COUNT - 1, 1, ZX_OK},
		{"no such privilege", root, SYSTEM, ZX_RSRC_SYSTEM_COUNT, 1, ZX_ERR_NOT_FOUND},
		{"interrupt of all", all_irq, IRQ | EXCLUSIVE, 9, 1, ZX_OK},
		{"taken by an exclusive one", root, MMIO, 0x20800, 1, ZX_ERR_NOT_FOUND},
		{"over a taken one", root, MMIO, 0x1f000, 0x10000, ZX_ERR_NOT_FOUND},
		{"before a taken one", root, MMIO, 0x1f000, 0x1000, ZX_OK},
		{"after a taken one", root, MMIO, 0x21000, 0x1000, ZX_OK},
	};

	T_EACH (rows, r) {
		zx_handle_t h;

		T_ZX_ROW(r->name, create(r->parent, r->options, r->base, r->size, &h), r->want);
		cr_assert_eq(h != ZX_HANDLE_INVALID, r->want == ZX_OK, "%s", r->name);
		if (h != ZX_HANDLE_INVALID)
			t_close(h);
	}
}

/* spec: clients A.3 #12 #13; clients A.3 result #2 */
Test(call_resource, exclusive__until_its_last_handle__keeps_all_others_out)
{
	const zx_handle_t root = dev_root();
	zx_handle_t shared = dev_resource(root, MMIO, 0x5000, 0x2000), dup, h, alone;

	T_OK(create(root, MMIO, 0x6000, 0x1000, &h)); /* shared ones overlap */
	t_close(h);
	T_ZX(create(root, MMIO | EXCLUSIVE, 0x6000, 0x1000, &alone), ZX_ERR_NOT_FOUND);
	T_ZX(create(root, MMIO | EXCLUSIVE, 0x4000, 0x1001, &alone), ZX_ERR_NOT_FOUND);
	T_OK(create(root, IRQ | EXCLUSIVE, 0x6000, 0x1000,
		    &h)); /* another kind is another matter */
	t_close(h);
	t_close(shared);
	T_OK(create(root, MMIO | EXCLUSIVE, 0x6000, 0x1000, &alone));
	T_ZX(create(root, MMIO | EXCLUSIVE, 0x6fff, 1, &h), ZX_ERR_NOT_FOUND);
	T_OK(zx_handle_duplicate(alone, ZX_RIGHT_SAME_RIGHTS, &dup));
	t_close(alone);
	T_ZX(create(root, MMIO, 0x6000, 1, &h), ZX_ERR_NOT_FOUND);
	t_close(dup);
	T_OK(create(root, MMIO, 0x6000, 1, &h));
}

/* spec: clients A.3 #8; clients A.3 result #1 #4; clients A.0 #4 */
Test(call_resource, name__kept_to_31_bytes__bad_pointer_refused)
{
	static const char name[] = "0123456789abcdef0123456789abcdefXYZ";
	const zx_handle_t root = dev_root();
	zx_info_resource_t info;
	zx_handle_t h;

	T_OK(zx_resource_create(root, MMIO | EXCLUSIVE, 0x9000, 0x1234, name, sizeof(name), &h));
	info = info_of(h);
	cr_assert_eq(info.kind, MMIO);
	cr_assert_eq(info.flags, EXCLUSIVE);
	cr_assert_eq(info.base, 0x9000);
	cr_assert_eq(info.size, 0x1234);
	cr_assert_str_eq(info.name, "0123456789abcdef0123456789abcde");
	T_ZX(zx_resource_create(root, MMIO, 0, 1, t_bad_ptr(), 3, &h), ZX_ERR_INVALID_ARGS);
	/* Before what the range says. */
	T_ZX(zx_resource_create(root, SMC, 0, 1, t_bad_ptr(), 3, &h), ZX_ERR_INVALID_ARGS);
	T_OK(zx_resource_create(root, MMIO, 0, 1, t_bad_ptr(), 0, &h));
	cr_assert_str_eq(info_of(h).name, "");
	T_ZX(zx_resource_create(root, MMIO | EXCLUSIVE, 0x100000, 1, NULL, 0, NULL),
	     ZX_ERR_INVALID_ARGS);
	T_OK(zx_resource_create(root, MMIO | EXCLUSIVE, 0x100000, 1, NULL, 0, &h));
}

/* spec: abi 9.11 topic #16; clients A.3 result #3 #4 */
Test(call_resource, info__needs_inspect__root_has_no_range)
{
	const zx_handle_t root = dev_root();
	zx_info_resource_t info = info_of(root);
	zx_handle_t weak, all;
	size_t actual = 7, avail = 7;

	cr_assert(info.kind == ROOT && info.flags == 0 && info.base == 0 && info.size == 0);
	T_OK(zirconia_device_resource(IOPORT, &all));
	info = info_of(all);
	cr_assert(info.kind == IOPORT && info.base == 0 && info.size == 0);
	T_OK(zx_handle_duplicate(root, ZX_RIGHT_WRITE, &weak));
	T_ZX(zx_object_get_info(weak, ZX_INFO_RESOURCE, &info, sizeof(info), NULL, NULL),
	     ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_object_get_info(t_vmo(PG), ZX_INFO_RESOURCE, &info, sizeof(info), NULL, NULL),
	     ZX_ERR_WRONG_TYPE);
	T_ZX(zx_object_get_info(root, ZX_INFO_RESOURCE, &info, sizeof(info) - 1, &actual, &avail),
	     ZX_ERR_BUFFER_TOO_SMALL);
	cr_assert(actual == 0 && avail == 1);
	T_ZX(zirconia_device_resource(ZX_RSRC_KIND_COUNT, &all), ZX_ERR_INVALID_ARGS);
	T_ZX(zirconia_device_resource(ROOT, NULL), ZX_ERR_INVALID_ARGS);
}

/* spec: abi 9.11 topic #22 #23 */ /* spec: clients A.3 validation #1 #3 #5 #6 */
Test(call_resource, system_topics__resource_check__then_not_supported)
{
	const zx_handle_t root = dev_root();
	const zx_handle_t info = dev_resource(root, SYSTEM, ZX_RSRC_SYSTEM_INFO_BASE, 1);
	const zx_handle_t stall = dev_resource(root, SYSTEM, ZX_RSRC_SYSTEM_STALL_BASE, 1);
	const zx_handle_t mmio = dev_resource(root, MMIO, ZX_RSRC_SYSTEM_INFO_BASE, 1);
	const zx_handle_t several = dev_resource(root, SYSTEM, 0, ZX_RSRC_SYSTEM_COUNT);
	zx_handle_t all, none;
	uint8_t buffer[4096];

	T_OK(zirconia_device_resource(SYSTEM, &all));
	T_OK(zx_handle_duplicate(info, 0, &none));
	const struct {
		const char *name;
		zx_handle_t handle;
		zx_status_t want, want_stall;
	} rows[] = {
		{"root", root, ZX_ERR_NOT_SUPPORTED, ZX_ERR_NOT_SUPPORTED},
		{"all", all, ZX_ERR_NOT_SUPPORTED, ZX_ERR_NOT_SUPPORTED},
		{"several", several, ZX_ERR_NOT_SUPPORTED, ZX_ERR_NOT_SUPPORTED},
		{"info", info, ZX_ERR_NOT_SUPPORTED, ZX_ERR_OUT_OF_RANGE},
		{"info without rights", none, ZX_ERR_NOT_SUPPORTED, ZX_ERR_OUT_OF_RANGE},
		{"stall", stall, ZX_ERR_OUT_OF_RANGE, ZX_ERR_NOT_SUPPORTED},
		{"mmio", mmio, ZX_ERR_WRONG_TYPE, ZX_ERR_WRONG_TYPE},
		{"vmo", t_vmo(PG), ZX_ERR_WRONG_TYPE, ZX_ERR_WRONG_TYPE},
		{"nothing", ZX_HANDLE_INVALID, ZX_ERR_BAD_HANDLE, ZX_ERR_BAD_HANDLE},
	};

	T_EACH (rows, r) {
		T_ZX_ROW(r->name,
			 zx_object_get_info(r->handle, ZX_INFO_KMEM_STATS, buffer, sizeof(buffer),
					    NULL, NULL),
			 r->want);
		T_ZX_ROW(r->name,
			 zx_object_get_info(r->handle, ZX_INFO_CPU_STATS, buffer, sizeof(buffer),
					    NULL, NULL),
			 r->want);
		T_ZX_ROW(r->name,
			 zx_object_get_info(r->handle, ZX_INFO_MEMORY_STALL, buffer, sizeof(buffer),
					    NULL, NULL),
			 r->want_stall);
	}
}

/* spec: vmo 12.1 #1 #4 */
Test(call_resource, vmex__good_and_bad_resources__executable_or_their_status)
{
	const zx_handle_t root = dev_root();
	const struct {
		const char *name;
		zx_handle_t vmex;
		zx_status_t want;
	} rows[] = {
		{"root", root, ZX_OK},
		{"vmex", dev_resource(root, SYSTEM, ZX_RSRC_SYSTEM_VMEX_BASE, 1), ZX_OK},
		{"several", dev_resource(root, SYSTEM, 0, 3), ZX_OK},
		{"debug", dev_resource(root, SYSTEM, ZX_RSRC_SYSTEM_DEBUG_BASE, 1),
		 ZX_ERR_OUT_OF_RANGE},
		{"mmio", dev_resource(root, MMIO, ZX_RSRC_SYSTEM_VMEX_BASE, 1), ZX_ERR_WRONG_TYPE},
	};

	T_EACH (rows, r) {
		const zx_handle_t vmo = t_vmo(PG);
		zx_handle_t out = ZX_HANDLE_INVALID;

		T_ZX_ROW(r->name, zx_vmo_replace_as_executable(vmo, r->vmex, &out), r->want);
		T_ZX_ROW(r->name,
			 zx_object_get_info(vmo, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL),
			 ZX_ERR_BAD_HANDLE);
		if (r->want == ZX_OK)
			cr_assert(t_rights(out) & ZX_RIGHT_EXECUTE);
		t_close(r->vmex); /* not consumed */
	}
}

static bool deny_second_page(void *ctx, zx_rsrc_kind_t kind, uint64_t base, uint64_t size)
{
	++*(unsigned *)ctx;
	return kind == MMIO && base < 2 * PG && base + size > PG;
}

/* spec: clients A.3 validation #2 */
Test(call_resource, filter__denies_to_roots__not_to_what_they_gave_out_before)
{
	const zx_handle_t root = dev_root();
	zx_handle_t all, part = dev_resource(root, MMIO, 0, 4 * PG), h;
	unsigned asked = 0;

	T_OK(zirconia_device_resource(MMIO, &all));
	zirconia_device_set_filter(deny_second_page, &asked);
	T_ZX(create(root, MMIO, PG, 1, &h), ZX_ERR_ACCESS_DENIED);
	T_ZX(create(all, MMIO, 0, 2 * PG, &h), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_vmo_create_physical(root, PG, PG, &h), ZX_ERR_ACCESS_DENIED);
	T_OK(create(root, MMIO, 2 * PG, PG, &h));
	T_OK(create(root, IRQ, PG, 1, &h));
	cr_assert_eq(asked, 5);
	T_OK(create(part, MMIO, PG, 1, &h));
	cr_assert_eq(asked, 5);
	zirconia_device_set_filter(NULL, NULL);
	T_OK(create(root, MMIO, PG, 1, &h));
}

/* spec: clients A.6 #1-5; clients A.2 #2 */
Test(call_resource, iommu_create__each_wrong_argument__its_status)
{
	const zx_handle_t root = dev_root();
	const zx_handle_t iommu = dev_resource(root, SYSTEM, ZX_RSRC_SYSTEM_IOMMU_BASE, 1);
	const zx_handle_t other = dev_resource(root, SYSTEM, ZX_RSRC_SYSTEM_INFO_BASE, 1);
	static uint8_t desc[ZX_IOMMU_MAX_DESC_LEN + 1];
	const struct {
		const char *name;
		zx_handle_t resource;
		uint32_t type;
		const void *desc;
		size_t size;
		zx_status_t want;
	} rows[] = {
		{"no handle", ZX_HANDLE_INVALID, 0, desc, 1, ZX_ERR_BAD_HANDLE},
		{"no resource", t_vmo(PG), 0, desc, 1, ZX_ERR_WRONG_TYPE},
		{"another privilege", other, 0, desc, 1, ZX_ERR_WRONG_TYPE},
		{"another kind", dev_resource(root, MMIO, ZX_RSRC_SYSTEM_IOMMU_BASE, 1), 0, desc, 1,
		 ZX_ERR_WRONG_TYPE},
		{"long", root, 9, desc, sizeof(desc), ZX_ERR_INVALID_ARGS},
		{"unreadable", root, 9, t_bad_ptr(), 1, ZX_ERR_INVALID_ARGS},
		{"unknown type", root, 9, desc, 1, ZX_ERR_NOT_SUPPORTED},
		{"Intel", root, ZX_IOMMU_TYPE_INTEL, desc, 1, ZX_ERR_NOT_SUPPORTED},
		{"longest unknown", root, ZX_IOMMU_TYPE_INTEL, desc, ZX_IOMMU_MAX_DESC_LEN,
		 ZX_ERR_NOT_SUPPORTED},
		{"no descriptor", root, 0, desc, 0, ZX_ERR_INVALID_ARGS},
		{"two bytes", root, 0, desc, 2, ZX_ERR_INVALID_ARGS},
		{"root", root, ZX_IOMMU_TYPE_DUMMY, desc, 1, ZX_OK},
		{"privilege", iommu, ZX_IOMMU_TYPE_STUB, desc, 1, ZX_OK},
	};

	T_EACH (rows, r) {
		zx_handle_t h = ZX_HANDLE_INVALID;

		T_ZX_ROW(r->name, zx_iommu_create(r->resource, r->type, r->desc, r->size, &h),
			 r->want);
		if (r->want == ZX_OK)
			cr_assert_eq(t_rights(h),
				     ZX_RIGHT_TRANSFER | ZX_RIGHT_DUPLICATE | ZX_RIGHT_INSPECT);
	}
	T_ZX(zx_iommu_create(root, 0, desc, 1, NULL), ZX_ERR_INVALID_ARGS);
}

/* ---- the fake root, and I/O ports */

/* spec: clients A.16 resource #2-4 #6-9; clients A.14 ioports #1 #2 */
Test(call_resource, fake_root__its_children_and_vmos__follow_the_simple_rules)
{
	zx_handle_t fake, mmio, ports, h;
	zx_info_resource_t info;

	T_OK(fake_root_resource_create(&fake));
	T_OK(create(fake, MMIO | EXCLUSIVE, 0x4000, 0x4000, &mmio));
	info = info_of(mmio);
	cr_assert(info.kind == MMIO && info.flags == 0 && info.base == 0x4000 &&
		  info.size == 0x4000);
	T_ZX(create(fake, MMIO | EXCLUSIVE, 0x7fff, 1, &h), ZX_ERR_ACCESS_DENIED);
	T_OK(create(fake, MMIO, 0x7fff, 1, &h));
	T_ZX(create(mmio, IOPORT, 0x4000, 1, &h), ZX_ERR_WRONG_TYPE);
	T_ZX(create(mmio, MMIO, 0x3fff, 1, &h), ZX_ERR_ACCESS_DENIED);
	T_ZX(create(mmio, MMIO, 0x7fff, 2, &h), ZX_ERR_ACCESS_DENIED);
	T_OK(create(mmio, MMIO, 0x4000, 0x4000, &h));
	T_ZX(zx_vmo_create_physical(mmio, 0x8000, PG, &h), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmo_create_physical(mmio, 0x5000, PG, &h));
	cr_assert_eq(vmo_info(h).flags, ZX_INFO_VMO_TYPE_PAGED | ZX_INFO_VMO_VIA_HANDLE);
	T_OK(zx_vmo_write(h, "x", 0, 1)); /* cached memory like any other */
	t_close(mmio);
	T_OK(create(fake, MMIO | EXCLUSIVE, 0x7fff, 1, &mmio));
	/* Fake ranges are no real ones. */
	T_OK(create(dev_root(), MMIO | EXCLUSIVE, 0x7fff, 1, &h));
	T_OK(create(fake, IOPORT, 0x60, 5, &ports));
	T_OK(zx_ioports_request(ports, 0x60, 5));
	T_ZX(zx_ioports_request(ports, 0x60, 6), ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_ioports_request(mmio, 0x60, 1), ZX_ERR_WRONG_TYPE);
	T_OK(zx_ioports_release(ports, 0x64, 1));
	T_ZX(zx_ioports_request(dev_root(), 0x60, 1), ZX_ERR_NOT_SUPPORTED);
	T_ZX(zx_ioports_request(dev_resource(dev_root(), IOPORT, 1, 1), 2, 1), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_ioports_release(0, 0x60, 1), ZX_ERR_BAD_HANDLE);
}

/* spec: clients A.16 resource #5 */
Test(call_resource, fake_interrupts__abort, .signal = SIGABRT)
{
	zx_handle_t fake, h;

	T_OK(fake_root_resource_create(&fake));
	zx_resource_create(fake, IRQ, 1, 1, NULL, 0, &h);
}
