/*
 * A virtual memory object: what it is made of, how it is read and written, and what it costs.
 * cc 10_vmo.c $(pkg-config --cflags --libs zirconia)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/status.h>
#include <zircon/syscalls.h>

#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

static zx_info_vmo_t info_of(zx_handle_t vmo)
{
	zx_info_vmo_t info;

	CHECK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL) == ZX_OK);
	return info;
}

int main(void)
{
	const char text[] = "hello, memory";
	const char name[] = "greeting";
	char back[sizeof(text)];
	zx_handle_t read_only;
	zx_handle_t vmo;
	zx_info_vmo_t info;

	/* 1 MiB of zeros. Nothing is spent before something is written. */
	CHECK(zx_vmo_create(1 << 20, ZX_VMO_RESIZABLE, &vmo) == ZX_OK);
	CHECK(zx_object_set_property(vmo, ZX_PROP_NAME, name, sizeof(name)) == ZX_OK);
	info = info_of(vmo);
	printf("\"%s\" koid %" PRIu64 ": %" PRIu64 " bytes, %" PRIu64 " committed\n", info.name,
	       info.koid, info.size_bytes, info.committed_bytes);
	CHECK(info.committed_bytes == 0);

	/* A write across a page boundary commits two pages. */
	CHECK(zx_vmo_write(vmo, text, ZX_PAGE_SIZE - 5, sizeof(text)) == ZX_OK);
	CHECK(zx_vmo_read(vmo, back, ZX_PAGE_SIZE - 5, sizeof(back)) == ZX_OK);
	CHECK(strcmp(text, back) == 0);
	info = info_of(vmo);
	printf("read back \"%s\"; now %" PRIu64 " committed\n", back, info.committed_bytes);
	CHECK(info.committed_bytes == 2 * ZX_PAGE_SIZE);

	/* Rights belong to handles: this one can look, not touch. */
	CHECK(zx_handle_duplicate(vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP, &read_only) == ZX_OK);
	CHECK(zx_vmo_read(read_only, back, 0, 1) == ZX_OK);
	printf("writing through a read-only handle: %s\n",
	       zx_status_get_string(zx_vmo_write(read_only, text, 0, 1)));
	CHECK(zx_vmo_write(read_only, text, 0, 1) == ZX_ERR_ACCESS_DENIED);

	/* What is past the end does not exist; a smaller size gives the pages back. */
	printf("writing past the end: %s\n",
	       zx_status_get_string(zx_vmo_write(vmo, text, 1 << 20, 1)));
	CHECK(zx_vmo_write(vmo, text, 1 << 20, 1) == ZX_ERR_OUT_OF_RANGE);
	CHECK(zx_vmo_set_size(vmo, ZX_PAGE_SIZE) == ZX_OK);
	info = info_of(vmo);
	printf("cut to one page: %" PRIu64 " bytes, %" PRIu64 " committed\n", info.size_bytes,
	       info.committed_bytes);
	CHECK(info.size_bytes == ZX_PAGE_SIZE && info.committed_bytes == ZX_PAGE_SIZE);

	CHECK(zx_handle_close(read_only) == ZX_OK);
	CHECK(zx_handle_close(vmo) == ZX_OK);
	return 0;
}
