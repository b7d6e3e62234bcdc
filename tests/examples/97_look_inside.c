/*
 * A program that shows its objects as files: `ls` and `cat` tell what it has mapped, copied and waits for.
 * cc 97_look_inside.c -lzirconia; with a number of seconds it stays so long, for `ZIRCONIA_FS=DIR a.out 60` and a look from outside.
 * The serving thread has descriptors of its own, of which ThreadSanitizer does not know. zi-test: no-tsan
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zirconia/fs.h>

#define PAGE 4096ul
#define CHECK(expr)                                                                \
	do {                                                                       \
		if (!(expr)) {                                                     \
			fprintf(stderr, "line %d: not so: %s\n", __LINE__, #expr); \
			exit(1);                                                   \
		}                                                                  \
	} while (0)

static zx_handle_t named_vmo(const char *name, uint64_t pages)
{
	zx_handle_t vmo;

	CHECK(zx_vmo_create(pages * PAGE, 0, &vmo) == ZX_OK);
	CHECK(zx_object_set_property(vmo, ZX_PROP_NAME, name, strlen(name)) == ZX_OK);
	return vmo;
}

static zx_vaddr_t map(zx_handle_t vmo, uint64_t pages)
{
	zx_vaddr_t addr;

	CHECK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
			  pages * PAGE, &addr) == ZX_OK);
	return addr;
}

/* A scene of which a saved copy exists, a file of which some pages have come, and a port. */
static void make_objects(zx_handle_t *out_scene)
{
	zx_handle_t scene = named_vmo("scene", 16), saved, port, pager, file,
		    page = named_vmo("", 2);
	char *at = (char *)map(scene, 16);

	for (unsigned i = 0; i < 6; i++)
		memcpy(at + i * PAGE, "once upon a time", 17);
	CHECK(zx_vmo_create_child(scene, ZX_VMO_CHILD_SNAPSHOT, 0, 16 * PAGE, &saved) == ZX_OK);
	CHECK(zx_object_set_property(saved, ZX_PROP_NAME, "saved scene", 11) == ZX_OK);
	at[PAGE] = 'O';
	at[9 * PAGE] = '!';

	CHECK(zx_port_create(0, &port) == ZX_OK);
	CHECK(zx_pager_create(0, &pager) == ZX_OK);
	CHECK(zx_pager_create_vmo(pager, 0, port, 1, 16 * PAGE, &file) == ZX_OK);
	CHECK(zx_object_set_property(file, ZX_PROP_NAME, "file", 4) == ZX_OK);
	CHECK(zx_vmo_write(page, "from the file", 0, 14) == ZX_OK);
	CHECK(zx_vmo_write(page, "from the file", PAGE, 14) == ZX_OK);
	CHECK(zx_pager_supply_pages(pager, file, 2 * PAGE, 2 * PAGE, page, 0) == ZX_OK);
	((char *)map(file, 16))[3 * PAGE] = 'F';
	CHECK(zx_handle_close(page) == ZX_OK);
	*out_scene = scene;
}

/* Something to watch: every second one more page has content. */
static void stay(int seconds)
{
	const zx_handle_t ticks = named_vmo("ticks", 64);

	for (int i = 0; i < seconds; i++) {
		CHECK(zx_vmo_write(ticks, &i, (uint64_t)i % 64 * PAGE, sizeof(i)) == ZX_OK);
		sleep(1);
	}
}

static void show(const char *dir, const char *name)
{
	char path[512], text[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	CHECK(f != NULL);
	printf("\n%s:\n", name);
	while ((n = fread(text, 1, sizeof(text), f)) > 0)
		fwrite(text, 1, n, stdout);
	fclose(f);
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/zirconia-look.XXXXXX", why[256], name[64];
	zx_info_handle_basic_t info;
	zx_handle_t scene;

	make_objects(&scene);
	if (argc > 1) {
		stay(atoi(argv[1]));
		return 0;
	}
	CHECK(mkdtemp(dir) != NULL);
	if (zirconia_fs_mount(dir, 0, why, sizeof(why)) != ZX_OK) {
		printf("nothing to be seen here: %s\n", why);
	} else {
		printf("mounted at %s\n", dir);
		CHECK(zx_object_get_info(scene, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL) == ZX_OK);
		show(dir, "handles");
		show(dir, "vmar/tree");
		snprintf(name, sizeof(name), "vmo/%llu/pages", (unsigned long long)info.koid);
		show(dir, name);
		CHECK(zirconia_fs_unmount() == ZX_OK);
	}
	CHECK(rmdir(dir) == 0);
	return 0;
}
