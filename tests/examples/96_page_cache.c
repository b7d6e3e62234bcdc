/*
 * A tiny file system over a directory of the host: its files are read, written and mapped through a
 * page cache of VMO pages, and reach the host when they are synced.
 * cc 96_page_cache.c $(pkg-config --cflags --libs zirconia)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zirconia/page_cache.h>

#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

#define PAGE ((size_t)ZX_PAGE_SIZE)

/* ---- the backend: whole pages, cut where the file ends */

struct fs_file {
	int fd;
	size_t size; /* of the file as its users see it; the host's follows when it is synced */
	size_t reads, writes;
	zirconia_page_cache_t *cache;
};

/* Bytes of page `index` that belong to the file. */
static size_t in_file(const struct fs_file *f, size_t index)
{
	const size_t at = index * PAGE;
	const size_t n = at < f->size ? f->size - at : 0;

	return n < PAGE ? n : PAGE;
}

static zirconia_vm_error_t host_read(void *backend, size_t index, void *page,
				     zirconia_page_io_t *io)
{
	struct fs_file *f = backend;
	/* What the host does not have yet is a hole, and zero like the rest of the last page. */
	const ssize_t got = pread(f->fd, page, in_file(f, index), (off_t)(index * PAGE));

	f->reads++;
	if (got >= 0)
		memset((char *)page + got, 0, PAGE - (size_t)got);
	zirconia_page_io_done(io, got < 0 ? ZIRCONIA_VM_IO_ERROR : ZIRCONIA_VM_OK);
	return ZIRCONIA_VM_OK;
}

static zirconia_vm_error_t host_write(void *backend, size_t index, const void *page,
				      zirconia_page_io_t *io)
{
	struct fs_file *f = backend;
	const size_t n = in_file(f, index);
	const ssize_t put = pwrite(f->fd, page, n, (off_t)(index * PAGE));

	f->writes++;
	zirconia_page_io_done(io, put == (ssize_t)n ? ZIRCONIA_VM_OK : ZIRCONIA_VM_IO_ERROR);
	return ZIRCONIA_VM_OK;
}

static size_t host_npages(void *backend)
{
	const struct fs_file *f = backend;

	return (f->size + PAGE - 1) / PAGE;
}

static const zirconia_page_backend_ops_t host = {host_read, host_write, host_npages};

/* ---- the file system */

static void fs_open(int dir, const char *name, struct fs_file *f)
{
	struct stat st;

	memset(f, 0, sizeof(*f));
	f->fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK(f->fd >= 0 && fstat(f->fd, &st) == 0);
	f->size = (size_t)st.st_size;
	CHECK(zirconia_page_cache_create(&host, f, f->size, &f->cache) == ZIRCONIA_VM_OK);
}

static size_t fs_read(struct fs_file *f, size_t offset, void *buf, size_t n)
{
	zirconia_vm_writer_fallible_t to = zirconia_vm_writer_from_user(buf, n);
	zirconia_vm_count_t done;

	if (offset >= f->size)
		return 0;
	/* The object goes on to the end of its last page; the file does not. */
	zirconia_vm_writer_fallible_limit(&to, f->size - offset);
	done = zirconia_vm_object_read(zirconia_page_cache_object(f->cache), offset, &to);
	CHECK(done.error == ZIRCONIA_VM_OK);
	return done.count;
}

static void fs_truncate(struct fs_file *f, size_t size)
{
	if (size < f->size)
		CHECK(ftruncate(f->fd, (off_t)size) == 0);
	f->size = size;
	CHECK(zirconia_page_cache_resize(f->cache, size) == ZIRCONIA_VM_OK);
}

static void fs_write(struct fs_file *f, size_t offset, const void *buf, size_t n)
{
	zirconia_vm_reader_fallible_t from = zirconia_vm_reader_from_user(buf, n);

	if (offset + n > f->size)
		fs_truncate(f, offset + n);
	CHECK(zirconia_vm_object_write(zirconia_page_cache_object(f->cache), offset, &from).error ==
	      ZIRCONIA_VM_OK);
}

static void fs_sync(struct fs_file *f)
{
	CHECK(zirconia_page_cache_evict_range(f->cache, 0, f->size) == ZIRCONIA_VM_OK);
	CHECK(ftruncate(f->fd, (off_t)f->size) == 0);
}

static void fs_close(struct fs_file *f)
{
	fs_sync(f);
	CHECK(zirconia_page_cache_destroy(f->cache) == ZIRCONIA_VM_OK);
	CHECK(close(f->fd) == 0);
}

/* ---- its use */

/* What the host has under the name, not by way of the cache. */
static size_t on_host(int dir, const char *name, char *buf, size_t n)
{
	const int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	const ssize_t got = read(fd, buf, n);

	CHECK(fd >= 0 && got >= 0 && close(fd) == 0);
	return (size_t)got;
}

int main(void)
{
	char path[] = "/tmp/zirconia-example-XXXXXX";
	static char buf[16 * ZX_PAGE_SIZE], big[10 * ZX_PAGE_SIZE + 123];
	struct fs_file f;
	zx_vaddr_t addr;
	size_t n;
	int dir;

	CHECK(mkdtemp(path) != NULL);
	dir = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	CHECK(dir >= 0);

	/* Written to the cache first, to the host when synced: 15 bytes, not a page. */
	fs_open(dir, "greeting", &f);
	fs_write(&f, 0, "hello, there...", 15);
	n = on_host(dir, "greeting", buf, sizeof(buf));
	printf("the host has %zu bytes before, ", n);
	CHECK(n == 0);
	fs_sync(&f);
	n = on_host(dir, "greeting", buf, sizeof(buf));
	printf("and %zu after the sync: \"%.*s\"\n", n, (int)n, buf);
	CHECK(n == 15 && memcmp(buf, "hello, there...", 15) == 0);

	/* Through a mapping: the store is noticed, and written back. */
	CHECK(zirconia_vm_object_map(zirconia_page_cache_object(f.cache),
				     ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, PAGE,
				     &addr) == ZIRCONIA_VM_OK);
	memcpy((char *)addr + 7, "mapping!", 8);
	CHECK(zirconia_page_cache_state(f.cache, 0) == ZIRCONIA_PAGE_DIRTY);
	fs_sync(&f);
	n = on_host(dir, "greeting", buf, sizeof(buf));
	printf("stored through a mapping: \"%.*s\"\n", (int)n, buf);
	CHECK(n == 15 && memcmp(buf, "hello, mapping!", 15) == 0);
	CHECK(zx_vmar_unmap(zx_vmar_root_self(), addr, PAGE) == ZX_OK);
	fs_close(&f);

	/* A larger file: read once, ahead of what is asked for, and from memory after that. */
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i % 127);
	fs_open(dir, "big", &f);
	fs_write(&f, 0, big, sizeof(big));
	fs_close(&f);
	fs_open(dir, "big", &f);
	for (size_t at = 0; at < sizeof(big); at += 1000)
		CHECK(fs_read(&f, at, buf, 1000) ==
			      (sizeof(big) - at < 1000 ? sizeof(big) - at : 1000) &&
		      buf[0] == big[at]);
	printf("%zu bytes in pieces of 1000: %zu pages read from the host\n", sizeof(big), f.reads);
	CHECK(f.reads == 11);
	CHECK(fs_read(&f, 0, buf, sizeof(buf)) == sizeof(big));
	CHECK(memcmp(buf, big, sizeof(big)) == 0 && f.reads == 11);

	/* One byte changes one page; the tail page stays as short as it is. */
	fs_write(&f, 3 * PAGE + 1, "!", 1);
	fs_write(&f, sizeof(big) - 1, "?", 1);
	fs_sync(&f);
	printf("two bytes changed: %zu pages written\n", f.writes);
	CHECK(f.writes == 2);
	CHECK(on_host(dir, "big", buf, sizeof(buf)) == sizeof(big));
	CHECK(buf[3 * PAGE + 1] == '!' && buf[sizeof(big) - 1] == '?');

	/* Cut and grown again: what was behind the cut is gone. */
	fs_truncate(&f, PAGE + 10);
	fs_truncate(&f, 2 * PAGE);
	CHECK(fs_read(&f, PAGE, buf, PAGE) == PAGE);
	CHECK(buf[9] == big[PAGE + 9] && buf[10] == 0 && buf[PAGE - 1] == 0);
	fs_close(&f);
	n = on_host(dir, "big", buf, sizeof(buf));
	printf("cut to a page and 10 bytes, grown to two pages: %zu bytes on the host\n", n);
	CHECK(n == 2 * PAGE && buf[PAGE + 9] == big[PAGE + 9] && buf[PAGE + 10] == 0);

	CHECK(unlinkat(dir, "greeting", 0) == 0 && unlinkat(dir, "big", 0) == 0);
	CHECK(close(dir) == 0 && rmdir(path) == 0);
	return 0;
}
