/*
 * Accesses that cannot be: what Zircon would raise for each, asked without faulting, and caught
 * when it happens. cc 85_faults.c $(pkg-config --cflags --libs zirconia)
 */
#include <stdio.h>
#include <stdlib.h>

#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/exception.h>
#include <zirconia/fault.h>

#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

static void store(void *addr)
{
	*(volatile char *)addr = 1;
}

/* A store to addr: what is said before, and what happens. */
static void expect(const char *what, zx_vaddr_t addr, zx_status_t status)
{
	const zx_status_t said = zirconia_fault_probe((void *)addr, 1, ZX_VM_PERM_WRITE);
	zirconia_fault_info_t fault;
	const bool faulted = zirconia_fault_catch(store, (void *)addr, &fault);

	printf("  %-34s %s\n", what, faulted ? zx_status_get_string(fault.status) : "fine");
	CHECK(said == status && faulted == (status != ZX_OK));
	if (faulted)
		CHECK(fault.type == ZX_EXCP_FATAL_PAGE_FAULT && fault.status == status &&
		      fault.addr == addr);
}

int main(void)
{
	const size_t page = zx_system_get_page_size();
	zx_handle_t vmo;
	zx_vaddr_t addr;

	CHECK(zx_vmo_create(4 * page, ZX_VMO_RESIZABLE, &vmo) == ZX_OK);
	CHECK(zx_vmar_map(zx_vmar_root_self(),
			  ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_ALLOW_FAULTS, 0, vmo, 0,
			  4 * page, &addr) == ZX_OK);
	printf("a store to\n");
	expect("the last page of the VMO", addr + 3 * page, ZX_OK);

	CHECK(zx_vmo_set_size(vmo, 3 * page) == ZX_OK);
	expect("that page after the VMO shrank", addr + 3 * page, ZX_ERR_OUT_OF_RANGE);

	CHECK(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, addr + page, page) == ZX_OK);
	expect("a page made read-only", addr + page, ZX_ERR_ACCESS_DENIED);

	CHECK(zx_vmar_unmap(zx_vmar_root_self(), addr, page) == ZX_OK);
	expect("a page that was unmapped", addr, ZX_ERR_NOT_FOUND);

	CHECK(zx_vmo_set_size(vmo, 4 * page) == ZX_OK);
	expect("the last page, grown back", addr + 3 * page, ZX_OK);

	/* A call never faults: it answers. */
	printf("zx_vmo_read into the unmapped page: %s\n",
	       zx_status_get_string(zx_vmo_read(vmo, (void *)addr, 0, 1)));
	CHECK(zx_vmo_read(vmo, (void *)addr, 0, 1) == ZX_ERR_NOT_FOUND);

	CHECK(zx_vmar_unmap(zx_vmar_root_self(), addr, 4 * page) == ZX_OK);
	CHECK(zx_handle_close(vmo) == ZX_OK);
	return 0;
}
