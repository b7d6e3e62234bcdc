/*
 * A second process, as a loader sees it: an address space is laid out and filled before anything
 * runs in it. cc 80_second_process.c $(pkg-config --cflags --libs zirconia)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zirconia/print_maps.h>

#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

int main(void)
{
	const size_t page = zx_system_get_page_size();
	const size_t image_at = (size_t)1 << 20; /* from the base of the address space */
	zx_handle_t process;
	zx_handle_t root;
	zx_handle_t image;
	zx_handle_t vmo;
	zx_info_vmar_t range;
	zx_vaddr_t base;
	zx_vaddr_t data;
	zx_vaddr_t stack;
	size_t actual;
	char back[32];

	CHECK(zx_process_create(zx_job_default(), "guest", 5, 0, &process, &root) == ZX_OK);
	CHECK(zx_object_get_info(root, ZX_INFO_VMAR, &range, sizeof(range), NULL, NULL) == ZX_OK);
	printf("before:\n");
	fflush(stdout);
	CHECK(zirconia_print_maps(STDOUT_FILENO, process) == ZX_OK);

	/* The image goes where it wants to be; its data are written through the VMO. */
	CHECK(zx_vmo_create(4 * page, 0, &vmo) == ZX_OK);
	CHECK(zx_object_set_property(vmo, ZX_PROP_NAME, "image", 5) == ZX_OK);
	CHECK(zx_vmo_write(vmo, "data of the guest", 3 * page, 18) == ZX_OK);
	CHECK(zx_vmar_allocate(root,
			       ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC |
				       ZX_VM_SPECIFIC,
			       image_at, 8 * page, &image, &base) == ZX_OK);
	CHECK(base == range.base + image_at);
	CHECK(zx_vmar_map(image, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, 0, vmo, 0, 3 * page, &data) ==
	      ZX_OK);
	CHECK(zx_vmar_map(image, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_SPECIFIC, 4 * page, vmo,
			  3 * page, page, &data) == ZX_OK);
	CHECK(zx_handle_close(vmo) == ZX_OK);

	/* The stack may lie anywhere. */
	CHECK(zx_vmo_create(16 * page, 0, &vmo) == ZX_OK);
	CHECK(zx_object_set_property(vmo, ZX_PROP_NAME, "stack", 5) == ZX_OK);
	CHECK(zx_vmar_map(root, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, 16 * page, &stack) ==
	      ZX_OK);
	CHECK(zx_handle_close(vmo) == ZX_OK);

	/* A debugger's way in: its addresses mean nothing here, but can be read and written. */
	CHECK(zx_process_read_memory(process, data, back, 18, &actual) == ZX_OK);
	CHECK(actual == 18 && strcmp(back, "data of the guest") == 0);
	CHECK(zx_process_write_memory(process, stack + 16 * page - 8, "argument", 8, &actual) ==
	      ZX_OK);
	printf("after, with \"%s\" in its data:\n", back);
	fflush(stdout);
	CHECK(zirconia_print_maps(STDOUT_FILENO, process) == ZX_OK);

	printf("reading where nothing is: %s\n",
	       zx_status_get_string(
		       zx_process_read_memory(process, base + 3 * page, back, 1, &actual)));
	CHECK(zx_process_read_memory(process, base + 3 * page, back, 1, &actual) ==
	      ZX_ERR_NOT_FOUND);

	CHECK(zx_handle_close(image) == ZX_OK);
	CHECK(zx_handle_close(root) == ZX_OK);
	CHECK(zx_handle_close(process) == ZX_OK);
	return 0;
}
