/*
 * zi-test: serial no-tsan
 * Every file of the mounted tree against what the calls say; data read and written with its rights; no trace of it all.
 *
 * ThreadSanitizer takes the descriptors of the thread that serves, whose table is its own, for those of the same numbers in the
 * program: tests/unit/inspect_tree.c runs under it instead.
 */
#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>

#include <zircon/process.h>
#include <zircon/rights.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zirconia/device.h>
#include <zirconia/fs.h>
#include <zirconia/print_maps.h>

#include "fs_t.h"

#define PAGE 4096ul

static const char *dir;

static zx_koid_t koid_of(zx_handle_t handle)
{
	zx_info_handle_basic_t info;

	CHECK_OK(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
	return info.koid;
}

static zx_info_vmo_t info_of(zx_handle_t vmo)
{
	zx_info_vmo_t info;

	CHECK_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	return info;
}

static zx_handle_t new_vmo(uint64_t size, const char *name)
{
	zx_handle_t vmo;

	CHECK_OK(zx_vmo_create(size, 0, &vmo));
	CHECK_OK(zx_object_set_property(vmo, ZX_PROP_NAME, name, strlen(name)));
	return vmo;
}

__attribute__((format(printf, 1, 2))) static const char *path(const char *fmt, ...)
{
	static char text[4][4200];
	static unsigned next;
	char *to = text[next++ % 4];
	va_list ap;
	int n = snprintf(to, sizeof(text[0]), "%s/", dir);

	va_start(ap, fmt);
	vsnprintf(to + n, sizeof(text[0]) - (size_t)n, fmt, ap);
	va_end(ap);
	return to;
}

static const char *data_of(zx_koid_t koid)
{
	return path("vmo/%" PRIu64 "/data", koid);
}

/* ---- info.json */

static void check_number(const char *json, const char *key, uint64_t want)
{
	char text[96];
	const char *at;

	snprintf(text, sizeof(text), "\"%s\": ", key);
	at = strstr(json, text);
	if (at == NULL || strtoull(at + strlen(text), NULL, 10) != want) {
		fprintf(stderr, "%s is not %" PRIu64 " in\n%s\n", key, want, json);
		exit(1);
	}
}

static void check_info(zx_handle_t vmo)
{
	char *json = fs_read("%s/vmo/%" PRIu64 "/info.json", dir, koid_of(vmo));
	const zx_info_vmo_t i = info_of(vmo);

	check_number(json, "koid", i.koid);
	check_number(json, "size_bytes", i.size_bytes);
	check_number(json, "parent_koid", i.parent_koid);
	check_number(json, "num_children", i.num_children);
	check_number(json, "num_mappings", i.num_mappings);
	check_number(json, "share_count", i.share_count);
	check_number(json, "committed_bytes", i.committed_bytes);
	check_number(json, "populated_bytes", i.populated_bytes);
	check_number(json, "committed_private_bytes", i.committed_private_bytes);
	check_number(json, "populated_private_bytes", i.populated_private_bytes);
	check_number(json, "committed_scaled_bytes", i.committed_scaled_bytes);
	check_number(json, "populated_scaled_bytes", i.populated_scaled_bytes);
	check_number(json, "committed_fractional_scaled_bytes",
		     i.committed_fractional_scaled_bytes);
	check_number(json, "populated_fractional_scaled_bytes",
		     i.populated_fractional_scaled_bytes);
	check_number(json, "metadata_bytes", i.metadata_bytes);
	check_number(json, "committed_change_events", i.committed_change_events);
	CHECK((strstr(json, "\"IS_COW_CLONE\"") != NULL) ==
	      ((i.flags & ZX_INFO_VMO_IS_COW_CLONE) != 0));
	CHECK((strstr(json, "\"RESIZABLE\"") != NULL) == ((i.flags & ZX_INFO_VMO_RESIZABLE) != 0));
	CHECK((strstr(json, "\"PAGER_BACKED\"") != NULL) ==
	      ((i.flags & ZX_INFO_VMO_PAGER_BACKED) != 0));
	CHECK((strstr(json, "\"CONTIGUOUS\"") != NULL) ==
	      ((i.flags & ZX_INFO_VMO_CONTIGUOUS) != 0));
	CHECK((strstr(json, "\"DISCARDABLE\"") != NULL) ==
	      ((i.flags & ZX_INFO_VMO_DISCARDABLE) != 0));
	CHECK(strstr(json, "\"cache_policy\": \"CACHED\"") != NULL);
	free(json);
}

static void check_infos(void)
{
	zx_handle_t vmo = new_vmo(16 * PAGE, "parent"), snapshot, slice, resizable, discardable,
		    contiguous;
	zx_handle_t bti;
	zx_vaddr_t addr;

	CHECK_OK(zx_vmo_write(vmo, "data", 5 * PAGE - 2, 4));
	CHECK_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 16 * PAGE, &snapshot));
	CHECK_OK(zx_vmo_write(snapshot, "data", 5 * PAGE, 4));
	CHECK_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 0, 2 * PAGE, &slice));
	CHECK_OK(zx_vmo_create(3 * PAGE, ZX_VMO_RESIZABLE, &resizable));
	CHECK_OK(zx_vmo_create(3 * PAGE, ZX_VMO_DISCARDABLE, &discardable));
	CHECK_OK(zirconia_device_bti(&bti));
	CHECK_OK(zx_vmo_create_contiguous(bti, 4 * PAGE, 0, &contiguous));
	CHECK_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, snapshot,
			     0, 16 * PAGE, &addr));
	((volatile char *)addr)[9 * PAGE] = 1;

	const zx_handle_t all[] = {vmo, snapshot, slice, resizable, discardable, contiguous};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check_info(all[i]);

	char *name = fs_read("%s/vmo/%" PRIu64 "/name", dir, koid_of(vmo));

	CHECK(strcmp(name, "parent\n") == 0);
	free(name);
	char link[64] = "", want[64];

	CHECK(readlink(path("vmo/%" PRIu64 "/children/%" PRIu64, koid_of(vmo), koid_of(slice)),
		       link, sizeof(link)) > 0);
	snprintf(want, sizeof(want), "../../%" PRIu64, koid_of(slice));
	CHECK(strcmp(link, want) == 0);
	/* Through the link to the child's own directory. */
	name = fs_read("%s/vmo/%" PRIu64 "/children/%" PRIu64 "/info.json", dir, koid_of(vmo),
		       koid_of(snapshot));
	check_number(name, "koid", koid_of(snapshot));
	free(name);

	name = fs_read("%s/vmo/%" PRIu64 "/mappings", dir, koid_of(snapshot));
	snprintf(want, sizeof(want), "rw- %#zx-%#zx offset 0 ", addr, addr + 16 * PAGE);
	CHECK(strncmp(name, want, strlen(want)) == 0);
	free(name);
	CHECK_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, 16 * PAGE));
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		CHECK_OK(zx_handle_close(all[i]));
	CHECK_OK(zx_handle_close(bti));
}

/* ---- pages */

static void check_pages(void)
{
	zx_handle_t vmo = new_vmo(8 * PAGE, "pages"), child;

	CHECK_OK(zx_vmo_write(vmo, "a", 0, 1));
	CHECK_OK(zx_vmo_write(vmo, "a", PAGE, 1));
	CHECK_OK(zx_vmo_write(vmo, "a", 2 * PAGE, 1));
	CHECK_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 8 * PAGE, &child));
	CHECK_OK(zx_vmo_write(child, "b", PAGE, 1));
	CHECK_OK(zx_vmo_op_range(child, ZX_VMO_OP_ZERO, 2 * PAGE, PAGE, NULL, 0));
	char *text = fs_read("%s/vmo/%" PRIu64 "/pages", dir, koid_of(child));

	CHECK(strcmp(text, "0x000000000000  soz.....\n8 pages\n") == 0);
	free(text);
	CHECK_OK(zx_handle_close(child));
	CHECK_OK(zx_handle_close(vmo));
}

/* ---- data */

static void check_data(void)
{
	zx_handle_t vmo = new_vmo(300 * PAGE, "data"), weak;
	const zx_koid_t koid = koid_of(vmo);
	char *seen, *want = malloc(300 * PAGE), buf[16] = "";
	zx_vaddr_t addr;
	struct stat st;
	size_t len;
	int fd;

	for (unsigned i = 0; i < 300; i += 7)
		CHECK_OK(zx_vmo_write(vmo, &i, i * PAGE + i, sizeof(i)));
	CHECK_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
			     300 * PAGE, &addr));
	((volatile char *)addr)[100 * PAGE] = 'm';
	const uint64_t committed = info_of(vmo).committed_bytes;

	CHECK(stat(data_of(koid), &st) == 0 && (uint64_t)st.st_size == 300 * PAGE);
	CHECK((st.st_mode & 07777) == 0644 && st.st_uid == geteuid());
	seen = fs_try_read(data_of(koid), &len);
	CHECK(seen != NULL && len == 300 * PAGE);
	CHECK(info_of(vmo).committed_bytes == committed);
	CHECK_OK(zx_vmo_read(vmo, want, 0, 300 * PAGE));
	CHECK(memcmp(seen, want, len) == 0);
	free(seen);
	free(want);

	fd = open(data_of(koid), O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(pwrite(fd, "through the file", 16, 200 * PAGE - 5) == 16);
	CHECK(memcmp((void *)(addr + 200 * PAGE - 5), "through the file", 16) == 0);
	((volatile char *)addr)[3] = 'x';
	CHECK(pread(fd, buf, 4, 0) == 4 && buf[3] == 'x');
	/* A short write at the end, and none past it; a VMO is not cut by opening it. */
	CHECK(pwrite(fd, "0123456789", 10, 300 * PAGE - 4) == 4);
	CHECK(pwrite(fd, "x", 1, 300 * PAGE) == -1 && errno == ENOSPC);
	CHECK(pread(fd, buf, 1, 300 * PAGE) == 0);
	CHECK(ftruncate(fd, 0) == -1 && errno == EPERM);
	close(fd);
	CHECK(open(data_of(koid), O_WRONLY | O_TRUNC | O_CLOEXEC) == -1 && errno == EPERM);

	/* A page that a snapshot shares, and that a mapping shows: each has its own afterwards. */
	zx_handle_t snapshot;

	CHECK_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 300 * PAGE, &snapshot));
	fd = open(data_of(koid), O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0 && pwrite(fd, "mine", 4, 100 * PAGE) == 4);
	close(fd);
	CHECK(memcmp((void *)(addr + 100 * PAGE), "mine", 4) == 0);
	CHECK_OK(zx_vmo_read(snapshot, buf, 100 * PAGE, 2));
	CHECK(buf[0] == 'm' && buf[1] == '\0');
	CHECK_OK(zx_handle_close(snapshot));

	/* Rights. */
	CHECK_OK(zx_handle_duplicate(vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP | ZX_RIGHT_INSPECT, &weak));
	CHECK_OK(zx_handle_close(vmo));
	CHECK(open(data_of(koid), O_RDWR | O_CLOEXEC) == -1 && errno == EACCES);
	CHECK(stat(data_of(koid), &st) == 0 && (st.st_mode & 07777) == 0444);
	fd = open(data_of(koid), O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && pread(fd, buf, 4, 0) == 4);
	CHECK_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, 300 * PAGE));
	CHECK_OK(zx_handle_replace(weak, ZX_RIGHT_MAP, &weak));
	CHECK(open(data_of(koid), O_RDONLY | O_CLOEXEC) == -1 && errno == EACCES);
	/* Rights are looked at when it is opened, as everywhere. */
	CHECK(pread(fd, buf, 4, 0) == 4);
	CHECK_OK(zx_handle_close(weak));
	CHECK(pread(fd, buf, 4, 0) == -1 && errno == ENOENT);
	close(fd);
	CHECK(stat(data_of(koid), &st) == -1 && errno == ENOENT);
}

/* ---- a pager that never answers */

struct toucher {
	volatile char *at;
	char seen;
};

static void *touch(void *arg)
{
	struct toucher *t = arg;

	t->seen = *t->at;
	return NULL;
}

static void check_pager(void)
{
	zx_handle_t port, pager, vmo, aux = new_vmo(PAGE, "aux");
	zx_port_packet_t packet;
	struct toucher toucher;
	pthread_t thread;
	zx_vaddr_t addr;
	char buf[2] = "xy", want[128];
	char *text;
	int fd;

	CHECK_OK(zx_port_create(0, &port));
	CHECK_OK(zx_pager_create(0, &pager));
	CHECK_OK(zx_pager_create_vmo(pager, 0, port, 1, 64 * PAGE, &vmo));
	CHECK_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "slow", 4));
	check_info(vmo);
	fd = open(data_of(koid_of(vmo)), O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(pread(fd, buf, 1, 3 * PAGE) == 1 && buf[0] == '\0');
	CHECK(pwrite(fd, "w", 1, 3 * PAGE) == -1 && errno == EAGAIN);
	free(fs_read("%s", data_of(koid_of(vmo))));
	text = fs_read("%s/vmo/%" PRIu64 "/pages", dir, koid_of(vmo));
	CHECK(strstr(text,
		     "0x000000000000  "
		     "................................................................\n") == text);
	free(text);
	CHECK_ZX(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);

	/* Somebody waits for it, and is seen waiting. */
	CHECK_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, 64 * PAGE, &addr));
	toucher = (struct toucher){.at = (volatile char *)addr + 9 * PAGE};
	CHECK(pthread_create(&thread, NULL, touch, &toucher) == 0);
	CHECK_OK(zx_port_wait(port, ZX_TIME_INFINITE, &packet));
	text = fs_read("%s/pagers/%" PRIu64 "/requests", dir, koid_of(pager));
	snprintf(want, sizeof(want),
		 "vmo %" PRIu64
		 " \"slow\" size 0x40000\n  READ 0x9000-0xa000 4K pages left 1 behind 0\n",
		 koid_of(vmo));
	CHECK(strcmp(text, want) == 0);
	free(text);
	free(fs_read("%s", data_of(koid_of(vmo))));
	check_info(vmo);

	CHECK_OK(zx_vmo_write(aux, "p", 0, 1));
	CHECK_OK(zx_pager_supply_pages(pager, vmo, 9 * PAGE, PAGE, aux, 0));
	pthread_join(thread, NULL);
	CHECK(toucher.seen == 'p');
	CHECK(pwrite(fd, "W", 1, 9 * PAGE + 1) == 1);
	CHECK_OK(zx_vmo_read(vmo, buf, 9 * PAGE, 2));
	CHECK(buf[0] == 'p' && buf[1] == 'W');
	text = fs_read("%s/pagers/%" PRIu64 "/dirty", dir, koid_of(pager));
	snprintf(want, sizeof(want),
		 "vmo %" PRIu64 " \"slow\" size 0x40000 modified\n  DIRTY 0x9000-0xa000 4K\n",
		 koid_of(vmo));
	CHECK(strcmp(text, want) == 0);
	free(text);
	close(fd);
	CHECK_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, 64 * PAGE));
	CHECK_OK(zx_handle_close(vmo));
	CHECK_OK(zx_handle_close(pager));
	CHECK_OK(zx_handle_close(port));
	CHECK_OK(zx_handle_close(aux));
}

/* ---- tables */

static void check_handles(void)
{
	zx_info_handle_extended_t rows[256];
	zx_handle_t made[3] = {new_vmo(PAGE, "two words")};

	CHECK_OK(zx_eventpair_create(0, &made[1], &made[2]));
	(void)zx_process_self();
	char *text = fs_read("%s/handles", dir), *save;
	size_t n, avail, lines = 0;
	char total[32];

	CHECK_OK(zx_object_get_info(zx_process_self(), ZX_INFO_HANDLE_TABLE, rows, sizeof(rows), &n,
				    &avail));
	CHECK(n == avail && n > 3 && n < 256);
	snprintf(total, sizeof(total), "%zu handles", n);
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		unsigned value;
		uint64_t koid, related;
		char type[32];

		if (lines++ == 0)
			continue;
		if (sscanf(line, "0x%x %31s %" SCNu64 " %" SCNu64, &value, type, &koid, &related) !=
		    4) {
			CHECK(strcmp(line, total) == 0);
			continue;
		}
		size_t i = 0;

		while (i < n && rows[i].handle_value != value)
			i++;
		CHECK(i < n && rows[i].koid == koid && rows[i].related_koid == related);
		CHECK((strcmp(type, "vmo") == 0) == (rows[i].type == ZX_OBJ_TYPE_VMO));
	}
	CHECK(lines == n + 2);
	free(text);
	CHECK_OK(zx_handle_close_many(made, 3));
}

static void check_maps(void)
{
	FILE *file = tmpfile();
	char *text = fs_read("%s/vmar/maps", dir), *want;
	long len;

	CHECK(file != NULL);
	CHECK_OK(zirconia_print_maps(fileno(file), zx_process_self()));
	len = lseek(fileno(file), 0, SEEK_END);
	want = calloc(1, (size_t)len + 1);
	CHECK(pread(fileno(file), want, (size_t)len, 0) == len);
	CHECK(strcmp(text, want) == 0);
	free(text);
	text = fs_read("%s/process/%" PRIu64 "/maps", dir, koid_of(zx_process_self()));
	CHECK(strcmp(text, want) == 0);
	free(text);
	text = fs_read("%s/vmar/tree", dir);
	CHECK(strstr(text, "`-- root ") != NULL);
	free(text);
	free(want);
	fclose(file);
}

/* This thread has asked for itself and is listed; the one that serves the tree is not. */
static void check_threads(void)
{
	zx_koid_t koids[8];
	size_t n, avail;
	char *text;

	CHECK(zx_thread_self() != ZX_HANDLE_INVALID);
	CHECK_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_THREADS, koids,
				    sizeof(koids), &n, &avail));
	CHECK(n == 1 && avail == 1);
	text = fs_read("%s/process/%" PRIu64 "/threads", dir, koid_of(zx_process_self()));
	CHECK((zx_koid_t)strtoull(strchr(text, '\n') + 1, NULL, 10) == koids[0]);
	CHECK(strchr(strchr(text, '\n') + 1, '\n')[1] == '\0');
	free(text);
}

static void check_limits(void)
{
	char *text = fs_read("%s/limits", dir);
	zx_info_process_handle_stats_t stats;
	uint64_t total = 0;

	CHECK_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS, &stats,
				    sizeof(stats), NULL, NULL));
	for (size_t i = 0; i < 64; i++)
		total += stats.handle_count[i];
	CHECK(strncmp(text, "handles ", 8) == 0 && strtoull(text + 8, NULL, 10) == total);
	CHECK(strstr(text, "\nhandles_max            262144\n") != NULL);
	free(text);
}

/* ---- all files at once leave no trace */

static void read_all(const char *at)
{
	DIR *d = opendir(at);
	struct dirent *e;
	struct stat st;

	CHECK(d != NULL);
	while ((e = readdir(d)) != NULL) {
		char name[8192];

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", at, e->d_name);
		CHECK(lstat(name, &st) == 0);
		CHECK(e->d_type == DT_DIR ? S_ISDIR(st.st_mode) :
		      e->d_type == DT_LNK ? S_ISLNK(st.st_mode) :
					    S_ISREG(st.st_mode));
		if (S_ISDIR(st.st_mode))
			read_all(name);
		else if (S_ISREG(st.st_mode))
			free(fs_read("%s", name));
	}
	closedir(d);
}

static void check_no_trace(void)
{
	zx_handle_t vmo = new_vmo(1024 * PAGE, "hardly touched"), child, event;
	zx_vaddr_t addr;

	CHECK_OK(zx_vmo_write(vmo, "x", 77 * PAGE, 1));
	CHECK_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 1024 * PAGE, &child));
	CHECK_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
			     1024 * PAGE, &addr));
	CHECK_OK(zx_event_create(0, &event));
	const zx_info_vmo_t before = info_of(vmo), child_before = info_of(child);
	const zx_koid_t koid = koid_of(event);

	read_all(dir);
	const zx_info_vmo_t after = info_of(vmo), child_after = info_of(child);

	CHECK(memcmp(&before, &after, sizeof(after)) == 0);
	CHECK(memcmp(&child_before, &child_after, sizeof(after)) == 0);
	CHECK_OK(zx_handle_close(event));
	CHECK_OK(zx_event_create(0, &event));
	CHECK(koid_of(event) == koid + 1);
	CHECK_OK(zx_handle_close(event));
	CHECK_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, 1024 * PAGE));
	CHECK_OK(zx_handle_close(child));
	CHECK_OK(zx_handle_close(vmo));
}

static void check_refusals(void)
{
	struct stat st;

	CHECK(open(path("limits"), O_RDWR | O_CLOEXEC) == -1 && errno == EACCES);
	/* Root may write to any directory; then the answer is the file system's. */
	const int no = geteuid() == 0 ? EROFS : EACCES;

	CHECK(mkdir(path("new"), 0755) == -1 && errno == no);
	CHECK(unlink(path("limits")) == -1 && errno == no);
	CHECK(rename(path("limits"), path("limit")) == -1 && errno == no);
	CHECK(chmod(path("limits"), 0777) == -1 && errno == EPERM);
	CHECK(open(path("new"), O_CREAT | O_RDWR | O_CLOEXEC, 0600) == -1 && errno == no);
	CHECK(stat(path("vmo/1"), &st) == -1 && errno == ENOENT);
	CHECK(stat(path("handles/x"), &st) == -1 && errno == ENOTDIR);
}

/* ---- mounting itself */

static void check_read_only(void)
{
	zx_handle_t vmo = new_vmo(PAGE, "ro");

	CHECK_OK(zirconia_fs_mount(dir, ZIRCONIA_FS_READ_ONLY, NULL, 0));
	CHECK(open(data_of(koid_of(vmo)), O_RDWR | O_CLOEXEC) == -1 && errno == EROFS);
	free(fs_read("%s", data_of(koid_of(vmo))));
	CHECK_OK(zirconia_fs_unmount());
	CHECK_OK(zx_handle_close(vmo));
}

int main(void)
{
	char why[256];

	fs_require();
	dir = fs_make_dir();
	alarm(100);
	CHECK_ZX(zirconia_fs_unmount(), ZX_ERR_BAD_STATE);
	CHECK_ZX(zirconia_fs_mount(NULL, 0, why, sizeof(why)), ZX_ERR_INVALID_ARGS);
	CHECK_ZX(zirconia_fs_mount("", 0, why, sizeof(why)), ZX_ERR_INVALID_ARGS);
	CHECK_ZX(zirconia_fs_mount(dir, 8, why, sizeof(why)), ZX_ERR_INVALID_ARGS);
	CHECK_OK(zirconia_fs_mount(dir, 0, why, sizeof(why)));
	CHECK(why[0] == '\0' && fs_is_mounted(dir));
	CHECK_ZX(zirconia_fs_mount(dir, 0, why, sizeof(why)), ZX_ERR_ALREADY_EXISTS);
	/* Before the program has made anything. */
	read_all(dir);
	check_infos();
	check_pages();
	check_data();
	check_pager();
	check_maps();
	check_handles();
	check_threads();
	check_limits();
	check_no_trace();
	check_refusals();
	CHECK_OK(zirconia_fs_unmount());
	CHECK(!fs_is_mounted(dir));
	CHECK_ZX(zirconia_fs_unmount(), ZX_ERR_BAD_STATE);
	for (int i = 0; i < 5; i++)
		check_read_only();
	return 0;
}
