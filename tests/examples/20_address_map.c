/*
 * A region of the address space, laid out like a program image: mappings at fixed places, guard
 * pages, permissions that change. cc 20_address_map.c $(pkg-config --cflags --libs zirconia)
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

static void show(const char *what, zx_handle_t vmar)
{
	printf("%s:\n", what);
	fflush(stdout);
	CHECK(zirconia_print_maps(STDOUT_FILENO, vmar) == ZX_OK);
}

static zx_handle_t named_vmo(const char *name, uint64_t size)
{
	zx_handle_t vmo;

	CHECK(zx_vmo_create(size, 0, &vmo) == ZX_OK);
	CHECK(zx_object_set_property(vmo, ZX_PROP_NAME, name, strlen(name)) == ZX_OK);
	return vmo;
}

int main(void)
{
	const size_t page = zx_system_get_page_size();
	const zx_vm_option_t rw = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
	const zx_handle_t text = named_vmo("text", 4 * page);
	const zx_handle_t data = named_vmo("data", 8 * page);
	zx_handle_t image;
	zx_vaddr_t base;
	zx_vaddr_t text_at;
	zx_vaddr_t data_at;

	/*
	 * The region keeps its 16 pages from everybody else, whether or not anything is mapped in
	 * them.
	 */
	CHECK(zx_vmar_allocate(zx_vmar_root_self(),
			       ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC, 0,
			       16 * page, &image, &base) == ZX_OK);
	show("an empty region", image);

	CHECK(zx_vmar_map(image, rw | ZX_VM_SPECIFIC, page, text, 0, 4 * page, &text_at) == ZX_OK);
	CHECK(zx_vmar_map(image, rw | ZX_VM_SPECIFIC, 6 * page, data, 0, 8 * page, &data_at) ==
	      ZX_OK);
	CHECK(text_at == base + page && data_at == base + 6 * page);
	strcpy((char *)text_at, "written while it was writable");
	memset((void *)data_at, 1, 3 * page);
	show("two mappings with guard pages around them", image);

	/* Another mapping cannot lie over these, nor run out of the region. */
	CHECK(zx_vmar_map(image, rw | ZX_VM_SPECIFIC, 5 * page, data, 0, 2 * page, &data_at) ==
	      ZX_ERR_ALREADY_EXISTS);
	CHECK(zx_vmar_map(image, rw | ZX_VM_SPECIFIC, 15 * page, data, 0, 2 * page, &data_at) ==
	      ZX_ERR_INVALID_ARGS);

	/* text becomes read-only; of data, pages 2 and 3 go. */
	CHECK(zx_vmar_protect(image, ZX_VM_PERM_READ, text_at, 4 * page) == ZX_OK);
	CHECK(zx_vmar_unmap(image, base + 8 * page, 2 * page) == ZX_OK);
	CHECK(strcmp((char *)text_at, "written while it was writable") == 0);
	show("after protect and a partial unmap", image);

	/* Raising the permissions over the hole is refused: there is nothing to protect. */
	printf("protecting across the hole: %s\n",
	       zx_status_get_string(zx_vmar_protect(image, rw, base + 7 * page, 4 * page)));
	CHECK(zx_vmar_protect(image, rw, base + 7 * page, 4 * page) == ZX_ERR_NOT_FOUND);

	/* Destroying the region unmaps all of it; the objects live on. */
	CHECK(zx_vmar_destroy(image) == ZX_OK);
	CHECK(zirconia_print_maps(STDOUT_FILENO, image) == ZX_ERR_BAD_STATE);
	char back[8];
	CHECK(zx_vmo_read(text, back, 0, sizeof(back)) == ZX_OK &&
	      memcmp(back, "written ", 8) == 0);
	printf("destroyed; the text is still in its VMO\n");

	CHECK(zx_handle_close(image) == ZX_OK);
	CHECK(zx_handle_close(text) == ZX_OK);
	CHECK(zx_handle_close(data) == ZX_OK);
	return 0;
}
