/* zx_vmo_replace_as_executable. */
#include "vmo_t.h"

static zx_status_t replace(zx_handle_t h, zx_handle_t vmex)
{
	zx_handle_t out = ZX_HANDLE_INVALID;
	const zx_status_t st = zx_vmo_replace_as_executable(h, vmex, &out);

	cr_assert_eq(st == ZX_OK, out != ZX_HANDLE_INVALID);
	return st;
}

static void expect_gone(const char *row, zx_handle_t h)
{
	T_ZX_ROW(row, zx_object_get_info(h, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL),
		 ZX_ERR_BAD_HANDLE);
}

/* spec: vmo 12.1 #5 */
Test(call_vmo_executable, any_rights__same_plus_execute_and_the_old_handle_is_gone)
{
	static const zx_rights_t rights[] = {VMO_RIGHTS, 0, ZX_RIGHT_READ,
					     ZX_RIGHT_WRITE | ZX_RIGHT_MAP, ZX_RIGHT_DUPLICATE};

	T_EACH (rights, r) {
		zx_handle_t vmo = t_vmo(PG), out = ZX_HANDLE_INVALID;
		const zx_koid_t koid = t_koid(vmo);

		vmo_set_name(vmo, "x");
		vmo_put(vmo, 0, 'x');
		zx_handle_t h = vmo_dup(vmo, *r);
		T_OK(zx_vmo_replace_as_executable(h, ZX_HANDLE_INVALID, &out));
		expect_gone("replaced", h);
		cr_assert_neq(out, h);
		cr_assert_eq(t_rights(out), *r | ZX_RIGHT_EXECUTE);
		cr_assert_eq(t_koid(out), koid);
		cr_assert_not(t_rights(vmo) &
			      ZX_RIGHT_EXECUTE); /* other handles keep what they had */
		/* Once more is fine. */
		T_OK(zx_vmo_replace_as_executable(out, ZX_HANDLE_INVALID, &out));
		cr_assert_eq(t_rights(out), *r | ZX_RIGHT_EXECUTE);
		t_close(out);
		t_close(vmo);
	}
}

/* spec: vmo 12.1 #2 #3 */ /* spec: vmo 17.1 #15 */
Test(call_vmo_executable, handle__bad_or_of_another_type__bad_handle_and_consumed)
{
	zx_handle_t closed = t_vmo(PG), event, port;

	t_close(closed);
	T_OK(zx_event_create(0, &event));
	T_OK(zx_port_create(0, &port));
	T_ZX(replace(ZX_HANDLE_INVALID, ZX_HANDLE_INVALID), ZX_ERR_BAD_HANDLE);
	T_ZX(replace(closed, ZX_HANDLE_INVALID), ZX_ERR_BAD_HANDLE);
	T_ZX(replace(event, ZX_HANDLE_INVALID), ZX_ERR_BAD_HANDLE);
	expect_gone("event", event);
	T_ZX(replace(port, ZX_HANDLE_INVALID), ZX_ERR_BAD_HANDLE);
	expect_gone("port", port);
}

/* spec: vmo 12.1 #1 #4 */
Test(call_vmo_executable, vmex__bad__reported_last_and_the_handle_is_gone)
{
	zx_handle_t vmo = t_vmo(PG), closed = t_vmo(PG), event;
	const uint32_t before = vmo_handles();

	t_close(closed);
	T_OK(zx_event_create(0, &event));
	zx_handle_t h = vmo_dup(vmo, ZX_RIGHT_SAME_RIGHTS);
	T_ZX(replace(h, closed), ZX_ERR_BAD_HANDLE);
	expect_gone("closed vmex", h);
	h = vmo_dup(vmo, ZX_RIGHT_SAME_RIGHTS);
	T_ZX(replace(h, event), ZX_ERR_WRONG_TYPE);
	expect_gone("event as vmex", h);
	h = vmo_dup(vmo, ZX_RIGHT_SAME_RIGHTS);
	T_ZX(replace(h, vmo), ZX_ERR_WRONG_TYPE);
	expect_gone("vmo as vmex", h);
	/* A bad handle wins over a bad resource, and a wrong type too. */
	T_ZX(replace(closed, event), ZX_ERR_BAD_HANDLE);
	T_ZX(replace(vmo_dup(event, 0), event), ZX_ERR_BAD_HANDLE);
	/* The resource is not consumed. */
	T_OK(zx_object_get_info(event, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL));
	cr_assert_eq(vmo_handles(), before - 1);
}

Test(call_vmo_executable, bad_out__handle_consumed__and_no_new_one)
{
	zx_handle_t vmo = t_vmo(PG);

	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		const char *name;
		zx_handle_t *out = vmo_bad_out(i, &name);
		const uint32_t before = vmo_handles();
		zx_handle_t h = vmo_dup(vmo, ZX_RIGHT_SAME_RIGHTS);

		T_ZX_ROW(name, zx_vmo_replace_as_executable(h, ZX_HANDLE_INVALID, out),
			 ZX_ERR_INVALID_ARGS);
		expect_gone(name, h);
		cr_assert_eq(vmo_handles(), before, "%s", name);
	}
}

/* What EXECUTE on a handle does to children and mappings. */
Test(call_vmo_executable, execute__mapped_and_inherited__by_slices_not_by_snapshots)
{
	zx_handle_t plain = t_vmo(PG), vmo = ZX_HANDLE_INVALID;
	zx_vaddr_t addr = 0;
	const zx_vm_option_t rx = ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE;

	T_ZX(zx_vmar_map(zx_vmar_root_self(), rx, 0, plain, 0, PG, &addr), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmo_replace_as_executable(plain, ZX_HANDLE_INVALID, &vmo));
	T_OK(zx_vmar_map(zx_vmar_root_self(), rx, 0, vmo, 0, PG, &addr));
	t_unmap((void *)addr, PG);
	cr_assert_not(t_rights(vmo_child(vmo, SNAPSHOT, 0, PG)) & ZX_RIGHT_EXECUTE);
	cr_assert(t_rights(vmo_child(vmo, SNAPSHOT | NO_WRITE, 0, PG)) & ZX_RIGHT_EXECUTE);
	cr_assert(t_rights(vmo_child(vmo, SLICE, 0, PG)) & ZX_RIGHT_EXECUTE);
	cr_assert(t_rights(vmo_child(vmo, REFERENCE, 0, 0)) & ZX_RIGHT_EXECUTE);
}

#if defined(__x86_64__)
Test(call_vmo_executable, code__written_and_called__runs)
{
	static const uint8_t code[] = {0xb8, 0x2a, 0x00, 0x00, 0x00, 0xc3}; /* mov eax, 42; ret */
	zx_handle_t vmo = t_vmo(PG);
	zx_vaddr_t addr = 0;
	int (*function)(void);

	t_require("no-valgrind");
	T_OK(zx_vmo_write(vmo, code, 0, sizeof(code)));
	T_OK(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo));
	T_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE, 0, vmo, 0, PG,
			 &addr));
	memcpy(&function, &addr, sizeof(function));
	cr_assert_eq(function(), 42);
}
#endif
