/*
 * A pager that serves a file: pages are read when they are first touched, written pages are written
 * back, and a disk that fails or goes away is told to whoever waits. cc 95_pager_file.c
 * $(pkg-config --cflags --libs zirconia) -lpthread
 *
 * zi-test: trap
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/port.h>
#include <zirconia/zirconia.h>

#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

#define FILE_SIZE 10000
#define KEY 0x42
#define QUIT 1

/* The file system's side. */
static int file;
static zx_handle_t port, pager, vmo; /* its own handle of the file's VMO */
static int reads, dirties;
static volatile int disk_broken;

/* ---- serving */

/* Bytes past the end of the file are zero. */
static void serve_read(uint64_t offset, uint64_t length)
{
	char *bytes = calloc(1, length);
	zx_handle_t aux;

	reads++;
	if (disk_broken) {
		CHECK(zx_pager_op_range(pager, ZX_PAGER_OP_FAIL, vmo, offset, length,
					(uint64_t)(int64_t)ZX_ERR_IO) == ZX_OK);
		free(bytes);
		return;
	}
	CHECK(bytes != NULL && pread(file, bytes, length, (off_t)offset) >= 0);
	CHECK(zx_vmo_create(length, 0, &aux) == ZX_OK);
	CHECK(zx_vmo_write(aux, bytes, 0, length) == ZX_OK);
	CHECK(zx_pager_supply_pages(pager, vmo, offset, length, aux, 0) == ZX_OK);
	CHECK(zx_handle_close(aux) == ZX_OK);
	free(bytes);
}

static void *serve(void *arg)
{
	zx_port_packet_t packet;

	(void)arg;
	for (;;) {
		CHECK(zx_port_wait(port, ZX_TIME_INFINITE, &packet) == ZX_OK);
		if (packet.type == ZX_PKT_TYPE_USER)
			return NULL;
		CHECK(packet.type == ZX_PKT_TYPE_PAGE_REQUEST && packet.key == KEY);
		switch (packet.page_request.command) {
		case ZX_PAGER_VMO_READ:
			serve_read(packet.page_request.offset, packet.page_request.length);
			break;
		case ZX_PAGER_VMO_DIRTY:
			/* Here a file system reserves the space that the page will need. */
			dirties++;
			CHECK(zx_pager_op_range(pager, ZX_PAGER_OP_DIRTY, vmo,
						packet.page_request.offset,
						packet.page_request.length, 0) == ZX_OK);
			break;
		default:
			CHECK(packet.page_request.command == ZX_PAGER_VMO_COMPLETE);
			printf("the VMO will not ask for anything any more\n");
		}
	}
}

/*
 * One round of write-back. Pages that are written meanwhile stay dirty for the next one. Answers
 * how many ranges there were.
 */
static size_t write_back(void)
{
	zx_vmo_dirty_range_t ranges[16];
	char bytes[4096];
	size_t count;
	uint64_t size, content;

	CHECK(zx_vmo_get_size(vmo, &size) == ZX_OK &&
	      zx_vmo_get_stream_size(vmo, &content) == ZX_OK);
	CHECK(zx_pager_query_dirty_ranges(pager, vmo, 0, size, ranges, sizeof(ranges), &count,
					  NULL) == ZX_OK);
	for (size_t i = 0; i < count; i++) {
		const zx_vmo_dirty_range_t *r = &ranges[i];

		printf("  write back %6llu + %5llu%s\n", (unsigned long long)r->offset,
		       (unsigned long long)r->length,
		       r->options & ZX_VMO_DIRTY_RANGE_IS_ZERO ? " (zeros)" : "");
		CHECK(zx_pager_op_range(pager, ZX_PAGER_OP_WRITEBACK_BEGIN, vmo, r->offset,
					r->length,
					r->options & ZX_VMO_DIRTY_RANGE_IS_ZERO) == ZX_OK);
		for (uint64_t at = r->offset; at < r->offset + r->length; at += sizeof(bytes)) {
			memset(bytes, 0, sizeof(bytes));
			if ((r->options & ZX_VMO_DIRTY_RANGE_IS_ZERO) == 0)
				CHECK(zx_vmo_read(vmo, bytes, at, sizeof(bytes)) == ZX_OK);
			CHECK(pwrite(file, bytes, sizeof(bytes), (off_t)at) == sizeof(bytes));
		}
		CHECK(zx_pager_op_range(pager, ZX_PAGER_OP_WRITEBACK_END, vmo, r->offset, r->length,
					0) == ZX_OK);
	}
	CHECK(ftruncate(file, (off_t)content) == 0);
	return count;
}

/* ---- the client's side */

static char expected[32768];

static void same_as_file(size_t size)
{
	char *bytes = malloc(size + 1); /* one more than the file may have */

	CHECK(bytes != NULL && pread(file, bytes, size + 1, 0) == (ssize_t)size);
	CHECK(memcmp(bytes, expected, size) == 0);
	free(bytes);
}

int main(void)
{
	char name[] = "/tmp/zirconia-pager-XXXXXX";
	zx_port_packet_t quit = {.key = QUIT, .type = ZX_PKT_TYPE_USER};
	zx_pager_vmo_stats_t stats;
	pthread_t server;
	zx_handle_t client;
	zx_vaddr_t addr;
	static char bytes[32768];

	file = mkstemp(name);
	CHECK(file >= 0 && unlink(name) == 0);
	for (int i = 0; i < FILE_SIZE; i++)
		expected[i] = (char)('a' + i % 23);
	CHECK(write(file, expected, FILE_SIZE) == FILE_SIZE);

	CHECK(zx_port_create(0, &port) == ZX_OK && zx_pager_create(0, &pager) == ZX_OK);
	CHECK(zx_pager_create_vmo(pager, ZX_VMO_RESIZABLE | ZX_VMO_TRAP_DIRTY, port, KEY, FILE_SIZE,
				  &vmo) == ZX_OK);
	CHECK(pthread_create(&server, NULL, serve, NULL) == 0);
	CHECK(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &client) == ZX_OK);
	printf("absent pages are noticed by %s\n", zirconia_trap_engine());

	/* Reading. */
	CHECK(zx_vmo_read(client, bytes, 0, FILE_SIZE) == ZX_OK);
	CHECK(memcmp(bytes, expected, FILE_SIZE) == 0);
	printf("read %d bytes with %d request(s)\n", FILE_SIZE, reads);
	CHECK(reads == 1);

	/* Writing, through a mapping and by a call. */
	CHECK(zx_vmar_map(zx_vmar_root_self(),
			  ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_ALLOW_FAULTS, 0, client, 0,
			  20480, &addr) == ZX_OK);
	memcpy((char *)addr + 5000, "through a mapping", 17);
	memcpy(expected + 5000, "through a mapping", 17);
	CHECK(zx_vmo_write(client, "by a call", 9000, 9) == ZX_OK);
	memcpy(expected + 9000, "by a call", 9);
	CHECK(dirties == 2);
	CHECK(zx_vmo_set_size(client, 20000) == ZX_OK);
	CHECK(zx_pager_query_vmo_stats(pager, vmo, ZX_PAGER_RESET_VMO_STATS, &stats,
				       sizeof(stats)) == ZX_OK);
	CHECK(stats.modified == ZX_PAGER_VMO_STATS_MODIFIED);
	printf("modified, and grown to 20000 bytes:\n");
	CHECK(write_back() == 2 && write_back() == 0);
	same_as_file(20000);

	/* Written during write-back: the page stays dirty. */
	((char *)addr)[5000] = 'T';
	CHECK(zx_pager_op_range(pager, ZX_PAGER_OP_WRITEBACK_BEGIN, vmo, 4096, 4096, 0) == ZX_OK);
	((char *)addr)[5001] = 'H';
	CHECK(zx_pager_op_range(pager, ZX_PAGER_OP_WRITEBACK_END, vmo, 4096, 4096, 0) == ZX_OK);
	expected[5000] = 'T';
	expected[5001] = 'H';
	printf("written while it was written back:\n");
	CHECK(write_back() == 1 && write_back() == 0);
	same_as_file(20000);

	/* Pages that were written back as zeros are read from the file like any others. */
	CHECK(pwrite(file, "from the disk", 13, 16384) == 13);
	CHECK(zx_vmo_read(client, bytes, 16384, 13) == ZX_OK &&
	      memcmp(bytes, "from the disk", 13) == 0);

	/* The disk fails; the next try may succeed. */
	CHECK(zx_vmo_set_size(client, 28672) == ZX_OK && write_back() == 1);
	disk_broken = 1;
	CHECK(zx_vmo_read(client, bytes, 24576, 10) == ZX_ERR_IO);
	disk_broken = 0;
	CHECK(zx_vmo_read(client, bytes, 24576, 10) == ZX_OK);
	printf("a failing disk: %s, and then fine\n", zx_status_get_string(ZX_ERR_IO));

	/* The file system goes away. What is dirty can still be saved. */
	memcpy((char *)addr, "last words", 10);
	memcpy(expected, "last words", 10);
	CHECK(zx_pager_detach_vmo(pager, vmo) == ZX_OK);
	CHECK(zx_vmo_read(client, bytes, 8192, 1) == ZX_ERR_BAD_STATE);
	printf("detached:\n");
	CHECK(write_back() == 1);
	CHECK(pread(file, bytes, 10, 0) == 10 && memcmp(bytes, "last words", 10) == 0);

	CHECK(zx_vmar_unmap(zx_vmar_root_self(), addr, 20480) == ZX_OK);
	CHECK(zx_handle_close(client) == ZX_OK && zx_handle_close(vmo) == ZX_OK);
	CHECK(zx_port_queue(port, &quit) == ZX_OK && pthread_join(server, NULL) == 0);
	CHECK(zx_handle_close(pager) == ZX_OK && zx_handle_close(port) == ZX_OK);
	printf("%d read and %d dirty requests were served\n", reads, dirties);
	return 0;
}
