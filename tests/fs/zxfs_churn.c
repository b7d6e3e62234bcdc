/*
 * zi-test: serial no-tsan
 * Thousands of objects come and go while somebody walks the whole tree: every file is whole or gone, nothing breaks, nothing stays.
 *
 * ThreadSanitizer takes the descriptors of the thread that serves, whose table is its own, for those of the same numbers in the
 * program: tests/unit/inspect_tree.c runs under it instead.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>

#include <zircon/process.h>
#include <zircon/rights.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zirconia/debug.h>
#include <zirconia/fs.h>

#include "fs_t.h"

#define PAGE 4096ul
#define KEPT 200

static _Atomic bool stop;
static _Atomic unsigned long made, read_files, gone_files;

static void *churn(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	zx_handle_t kept[KEPT] = {0};

	while (!stop) {
		const unsigned i = (unsigned)rand_r(&seed) % KEPT;
		zx_handle_t vmo, child, port;
		zx_vaddr_t addr;

		if (kept[i] != ZX_HANDLE_INVALID)
			CHECK_OK(zx_handle_close(kept[i]));
		CHECK_OK(zx_vmo_create((1 + (uint64_t)rand_r(&seed) % 16) * PAGE, 0, &vmo));
		CHECK_OK(zx_vmo_write(vmo, &i, 0, sizeof(i)));
		CHECK_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, PAGE, &child));
		CHECK_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0,
				     child, 0, PAGE, &addr));
		*(volatile unsigned *)addr = i;
		CHECK_OK(zx_port_create(0, &port));
		CHECK_OK(zx_handle_close(port));
		CHECK_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, PAGE));
		CHECK_OK(zx_handle_close(child));
		kept[i] = vmo;
		atomic_fetch_add(&made, 4);
	}
	for (unsigned i = 0; i < KEPT; i++) {
		if (kept[i] != ZX_HANDLE_INVALID)
			CHECK_OK(zx_handle_close(kept[i]));
	}
	return NULL;
}

static void check_text(const char *name, const char *text, size_t len)
{
	const char *base = strrchr(name, '/') + 1;

	if (strcmp(base, "info.json") == 0)
		CHECK(len > 4 && text[0] == '{' && strcmp(text + len - 2, "}\n") == 0);
	else if (strcmp(base, "pages") == 0)
		CHECK(strstr(text, " pages\n") != NULL);
	else if (strcmp(base, "data") != 0 && len > 0)
		CHECK(text[len - 1] == '\n');
}

/* What has gone meanwhile is not there, and that is all that may happen. */
static void walk(const char *at, unsigned max_entries)
{
	DIR *d = opendir(at);
	struct dirent *e;

	if (d == NULL) {
		CHECK(errno == ENOENT);
		return;
	}
	while (!stop && max_entries-- > 0 && (e = readdir(d)) != NULL) {
		char name[8192];
		struct stat st;
		size_t len;

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", at, e->d_name);
		if (lstat(name, &st) != 0) {
			CHECK(errno == ENOENT);
		} else if (S_ISDIR(st.st_mode)) {
			walk(name, max_entries);
		} else if (S_ISREG(st.st_mode)) {
			char *text = fs_try_read(name, &len);

			if (text == NULL) {
				CHECK(errno == ENOENT);
				gone_files++;
				continue;
			}
			check_text(name, text, len);
			free(text);
			read_files++;
		}
	}
	closedir(d);
}

int main(void)
{
	pthread_t thread[2];
	zx_handle_t root = zx_vmar_root_self(), vmo;
	zx_info_process_handle_stats_t stats;
	const char *dir;
	time_t end;

	fs_require();
	alarm(100);
	dir = fs_make_dir();
	CHECK(root != ZX_HANDLE_INVALID);
	CHECK_OK(zirconia_fs_mount(dir, 0, NULL, 0));
	for (uintptr_t i = 0; i < 2; i++)
		CHECK(pthread_create(&thread[i], NULL, churn, (void *)(i + 1)) == 0);
	/* Longer where the machine is busy. */
	end = time(NULL) + 8;
	while (time(NULL) < end || ((made <= 4000 || read_files <= 100) && time(NULL) < end + 60))
		walk(dir, 400);
	stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	printf("%lu objects made, %lu files read, %lu gone before\n", made, read_files, gone_files);
	CHECK(made > 4000 && read_files > 100);

	/* Every handle that is left is the program's own, and the library's books are in order. */
	CHECK_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS, &stats,
				    sizeof(stats), NULL, NULL));
	CHECK(stats.handle_count[ZX_OBJ_TYPE_VMO] == 0 &&
	      stats.handle_count[ZX_OBJ_TYPE_PORT] == 0);
	CHECK_OK(zx_vmo_create(PAGE, 0, &vmo));
	CHECK_OK(zirconia_debug_check(vmo));
	CHECK_OK(zirconia_fs_unmount());
	return 0;
}
