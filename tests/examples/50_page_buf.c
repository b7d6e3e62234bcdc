/*
 * A PageBuf: a typed buffer of whole pages, here filled by the system with a list of mappings that
 * contains the buffer itself. cc 50_page_buf.c $(pkg-config --cflags --libs zirconia)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zirconia/page_buf.h>

#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

int main(void)
{
	zirconia_page_buf_t buf;
	zx_handle_t pinned;
	zx_vaddr_t pinned_base;
	size_t actual;
	size_t avail;
	size_t found = 0;

	/*
	 * The buffer is mapped a second time, read-only, into a region that could be kept resident
	 * as a whole.
	 */
	CHECK(zx_vmar_allocate(zx_vmar_root_self(), ZX_VM_CAN_MAP_READ, 0, 1 << 20, &pinned,
			       &pinned_base) == ZX_OK);
	CHECK(zirconia_page_buf_init_with_extra_vmar(&buf, 100, sizeof(zx_info_maps_t), pinned) ==
	      ZX_OK);
	zirconia_page_buf_set_name(&buf, "list of mappings");
	printf("asked for 100 rows, %zu bytes hold %zu\n", zirconia_page_buf_len_bytes(&buf),
	       zirconia_page_buf_len(&buf));
	CHECK(zirconia_page_buf_len(&buf) >= 100);

	zx_info_maps_t *rows = ZIRCONIA_PAGE_BUF_AS_MUT(&buf, zx_info_maps_t);

	/* The pages of the buffer come into being while the rows are written into them. */
	CHECK(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR_MAPS, rows,
				 zirconia_page_buf_len(&buf) * sizeof(*rows), &actual,
				 &avail) == ZX_OK);
	CHECK(actual == avail);
	for (size_t i = 0; i < actual; i++) {
		if (rows[i].type != ZX_INFO_MAPS_TYPE_MAPPING ||
		    (rows[i].base != buf.base && rows[i].base != buf.extra_base))
			continue;
		printf("  \"%s\" %s\n", rows[i].name,
		       rows[i].u.mapping.mmu_flags & ZX_VM_PERM_WRITE ? "read-write" : "read-only");
		found++;
	}
	CHECK(found == 2);
	CHECK(((zx_info_maps_t *)buf.extra_base)[0].base == rows[0].base);

	zirconia_page_buf_release(&buf);
	CHECK(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR_MAPS, NULL, 0, &actual,
				 &avail) == ZX_OK);
	printf("released\n");
	return 0;
}
