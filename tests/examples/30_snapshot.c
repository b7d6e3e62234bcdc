/*
 * A snapshot: a copy-on-write child that keeps what the parent was, and the accounting of who owns
 * which page. cc 30_snapshot.c $(pkg-config --cflags --libs zirconia)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>

#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

#define PAGES 16

static zx_info_vmo_t show(const char *who, zx_handle_t vmo)
{
	zx_info_vmo_t info;

	CHECK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL) == ZX_OK);
	printf("  %-9s sees %2" PRIu64 " pages, %2" PRIu64 " of them alone\n", who,
	       info.committed_bytes / ZX_PAGE_SIZE, info.committed_private_bytes / ZX_PAGE_SIZE);
	return info;
}

static char *map(zx_handle_t vmo)
{
	zx_vaddr_t addr;

	CHECK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
			  PAGES * ZX_PAGE_SIZE, &addr) == ZX_OK);
	return (char *)addr;
}

int main(void)
{
	zx_handle_t document;
	zx_handle_t undo;
	char *now;
	char *before;

	CHECK(zx_vmo_create(PAGES * ZX_PAGE_SIZE, 0, &document) == ZX_OK);
	now = map(document);
	for (int i = 0; i < PAGES; i++)
		snprintf(now + (size_t)i * ZX_PAGE_SIZE, ZX_PAGE_SIZE, "page %d, first draft", i);

	/* Whatever the size, no byte is copied here. */
	CHECK(zx_vmo_create_child(document, ZX_VMO_CHILD_SNAPSHOT, 0, PAGES * ZX_PAGE_SIZE,
				  &undo) == ZX_OK);
	printf("after the snapshot every page is shared:\n");
	CHECK(show("document", document).committed_private_bytes == 0);
	CHECK(show("snapshot", undo).committed_private_bytes == 0);

	/* Writing through an old mapping copies the page that is written. */
	strcpy(now + 3 * ZX_PAGE_SIZE, "page 3, second draft");
	before = map(undo);
	printf("after a write to page 3: now \"%s\", before \"%s\"\n", now + 3 * ZX_PAGE_SIZE,
	       before + 3 * ZX_PAGE_SIZE);
	CHECK(strcmp(before + 3 * ZX_PAGE_SIZE, "page 3, first draft") == 0);
	CHECK(show("document", document).committed_private_bytes == ZX_PAGE_SIZE);
	CHECK(show("snapshot", undo).committed_bytes == PAGES * ZX_PAGE_SIZE);

	/* Both sides may write. */
	strcpy(before + 5 * ZX_PAGE_SIZE, "a branch");
	CHECK(strcmp(now + 5 * ZX_PAGE_SIZE, "page 5, first draft") == 0);

	/* Without the snapshot, the document has its pages to itself again. */
	CHECK(zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)before, PAGES * ZX_PAGE_SIZE) ==
	      ZX_OK);
	CHECK(zx_handle_close(undo) == ZX_OK);
	printf("after closing the snapshot:\n");
	CHECK(show("document", document).committed_private_bytes == PAGES * ZX_PAGE_SIZE);
	CHECK(strcmp(now + 3 * ZX_PAGE_SIZE, "page 3, second draft") == 0);

	CHECK(zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)now, PAGES * ZX_PAGE_SIZE) == ZX_OK);
	CHECK(zx_handle_close(document) == ZX_OK);
	return 0;
}
