#!/usr/bin/env bash
# libzirconia-io.so: system calls on memory that a pager supplies. Without it they fail where the kernel does not wait; with it they work.
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-preload.XXXXXX")
trap 'rm -rf "$work"' EXIT
lib=$ZI_BUILD/lib

cat >"$work/main.c" <<'C'
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/port.h>

#define PAGE 4096
#define PAGES 64
#define CHECK(cond) do { if (!(cond)) { printf("line %d: %s, errno %d\n", __LINE__, #cond, errno); exit(1); } } while (0)

static zx_handle_t port, pager, vmo;

/* Page k is full of the letter 'a' + k % 26. */
static void *serve(void *arg)
{
	(void)arg;
	for (;;) {
		zx_port_packet_t p;
		zx_handle_t aux;
		char bytes[PAGE];

		CHECK(zx_port_wait(port, ZX_TIME_INFINITE, &p) == ZX_OK);
		const uint64_t off = p.page_request.offset, len = p.page_request.length;
		if (p.page_request.command != ZX_PAGER_VMO_READ)
			continue;
		CHECK(zx_vmo_create(len, 0, &aux) == ZX_OK);
		for (uint64_t at = 0; at < len; at += PAGE) {
			memset(bytes, 'a' + (int)((off + at) / PAGE % 26), PAGE);
			CHECK(zx_vmo_write(aux, bytes, at, PAGE) == ZX_OK);
		}
		CHECK(zx_pager_supply_pages(pager, vmo, off, len, aux, 0) == ZX_OK);
		CHECK(zx_handle_close(aux) == ZX_OK);
	}
}

int main(int argc, char **argv)
{
	const int expect_fail = argc > 1 && strcmp(argv[1], "fails") == 0;
	char buf[PAGE];
	zx_vaddr_t addr;
	pthread_t id;
	int fd[2], pair[2];
	FILE *file = tmpfile();

	CHECK(zx_port_create(0, &port) == ZX_OK && zx_pager_create(0, &pager) == ZX_OK);
	CHECK(zx_pager_create_vmo(pager, 0, port, 1, PAGES * PAGE, &vmo) == ZX_OK);
	CHECK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, PAGES * PAGE, &addr) == ZX_OK);
	CHECK(pthread_create(&id, NULL, serve, NULL) == 0 && pipe(fd) == 0 && file != NULL);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	char *m = (char *)addr;
	void *volatile bad = (void *)8;

	const ssize_t n = write(fd[1], m, 8);
	if (expect_fail) {
		CHECK(n == -1 && errno == EFAULT);
		printf("fails\n");
		return 0;
	}
	CHECK(n == 8 && read(fd[0], buf, 8) == 8 && memcmp(buf, "aaaaaaaa", 8) == 0);
	/* Across pages, and into pages that are absent. */
	CHECK(write(fd[1], "12345678", 8) == 8 && read(fd[0], m + 2 * PAGE - 4, 8) == 8);
	CHECK(memcmp(m + 2 * PAGE - 5, "b12345678c", 10) == 0);
	struct iovec v[2] = {{m + 4 * PAGE - 1, 2}, {m + 6 * PAGE, 1}};
	CHECK(writev(fd[1], v, 2) == 3 && read(fd[0], buf, 3) == 3 && memcmp(buf, "deg", 3) == 0);
	v[0].iov_base = m + 8 * PAGE;
	v[1].iov_base = m + 9 * PAGE;
	CHECK(write(fd[1], "xyz", 3) == 3 && readv(fd[0], v, 2) == 3);
	CHECK(memcmp(m + 8 * PAGE, "xyi", 3) == 0 && memcmp(m + 9 * PAGE, "zj", 2) == 0);
	/* Messages are not lost. */
	CHECK(send(pair[0], m + 11 * PAGE, 100, 0) == 100 && recv(pair[1], m + 12 * PAGE, 100, 0) == 100);
	CHECK(m[12 * PAGE + 99] == 'l' && m[12 * PAGE + 100] == 'm');
	struct msghdr h = {.msg_iov = v, .msg_iovlen = 2};
	v[0] = (struct iovec){m + 14 * PAGE, 3};
	v[1] = (struct iovec){m + 15 * PAGE, 3};
	CHECK(sendmsg(pair[0], &h, 0) == 6);
	v[0].iov_base = m + 16 * PAGE;
	v[1].iov_base = m + 17 * PAGE;
	CHECK(recvmsg(pair[1], &h, 0) == 6 && memcmp(m + 16 * PAGE, "oooq", 4) == 0 && memcmp(m + 17 * PAGE, "pppr", 4) == 0);
	/* stdio with pieces larger than its buffer; pread and pwrite on the same file. */
	CHECK(fwrite(m + 20 * PAGE, 1, 6 * PAGE, file) == 6 * PAGE && fflush(file) == 0);
	rewind(file);
	CHECK(fread(m + 30 * PAGE, PAGE, 6, file) == 6);
	CHECK(m[30 * PAGE] == 'u' && m[36 * PAGE - 1] == 'z' && m[36 * PAGE] == 'k');
	CHECK(pwrite(fileno(file), m + 40 * PAGE, 2 * PAGE, 0) > 0 && pread(fileno(file), m + 50 * PAGE, 10, 5) == 10);
	CHECK(m[50 * PAGE] == 'o' && m[50 * PAGE + 10] == 'y');
	/* What cannot be made ready fails as it should. */
	CHECK(zx_pager_detach_vmo(pager, vmo) == ZX_OK);
	CHECK(write(fd[1], m + 60 * PAGE, 8) == -1 && errno == EFAULT);
	CHECK(write(fd[1], bad, 8) == -1 && errno == EFAULT);
	CHECK(read(-1, m, 1) == -1 && errno == EBADF);
	printf("fine\n");
	return 0;
}
C

"$CC" -o "$work/main" "$work/main.c" -I"$ZI_SOURCE/include" -L"$lib" -lzirconia -lpthread -Wl,-rpath,"$lib"
for engine in mprotect sigbus; do
	[ "$(ZIRCONIA_TRAP=$engine timeout 60 "$work/main" fails)" = fails ] || { echo "FAILED: $engine without the preload"; exit 1; }
done
for engine in mprotect sigbus thread; do
	out=$(ZIRCONIA_TRAP=$engine LD_PRELOAD="$lib/libzirconia-io.so" timeout 60 "$work/main") || true
	[ "$out" = fine ] || { echo "FAILED: $engine: $out"; exit 1; }
done
# Programs that know nothing of the library are left alone.
[ "$(echo hello | LD_PRELOAD="$lib/libzirconia-io.so" cat)" = hello ]
